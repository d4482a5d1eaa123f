/** The built page in a real browser, for tests: opens it, watches it, looks it over. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before } from "node:test";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** Two versions of a small repository; the pool goes from 5 to 50 in 8 replicas, the server takes 100. */
export const POOL = join(process.cwd(), "page/test/pool");
const FAKE = join(process.cwd(), "page/test/fake-wasm.ts");

export const FAKE_ENGINE = { glue: FAKE, wasm: FAKE, examples: join(process.cwd(), "page/test") };

interface BuildOptions {
  glue?: string;
  wasm?: string;
  examples?: string;
}

interface OpenOptions {
  scheme?: "light" | "dark";
  width?: number;
  /** Lets the test inject axe; the page's own policy would not. */
  bypassCSP?: boolean;
  url?: string;
}

export interface Opened {
  page: Page;
  /** Addresses asked for, the page itself left out. */
  requests: string[];
  /** What went wrong in the page. */
  errors: string[];
}

/** Builds the page once for a test file and starts the browser; both end with the file. */
export function withPage(options: BuildOptions = {}): { open(options?: OpenOptions): Promise<Opened>; html(): string } {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-page-"));
  const file = join(folder, "review.html");
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  before(async () => {
    const address = pathToFileURL(join(process.cwd(), "page/build.mjs")).href;
    const build = (await import(address)) as { buildPage(options: BuildOptions): Promise<string> };
    writeFileSync(file, await build.buildPage(options));
    browser = await chromium.launch({
      executablePath: chromiumPath(),
      args: ["--headless", "--no-sandbox", "--disable-gpu"],
    });
  });
  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    contexts = [];
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    html: () => readFileSync(file, "utf8"),
    open: async ({ scheme = "light", width = 1280, bypassCSP = false, url = pathToFileURL(file).href } = {}) => {
      const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: scheme, bypassCSP });
      contexts.push(context);
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      const requests: string[] = [];
      const errors: string[] = [];
      page.on("request", (request) => {
        if (request.url() !== url.replace(/#.*/s, "") && !/^(blob|data):/.test(request.url()))
          requests.push(request.url());
      });
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      await page.goto(url);
      return { page, requests, errors };
    },
  };
}

/** Opens the first example and waits for its report. */
export async function toReport(page: Page): Promise<void> {
  await page.locator("button.example").first().click();
  await page.locator(".report").waitFor();
}

/** Opens the menu of exports and takes one of them. */
export async function exported(page: Page, name: string): Promise<{ name: string; text: string }> {
  await page.locator(".menu").evaluate((menu) => menu.setAttribute("open", ""));
  const waiting = page.waitForEvent("download");
  await page.getByRole("button", { name: `Download ${name}` }).click();
  const download = await waiting;
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
}

export async function pasteBoth(page: Page, old: string, fresh: string): Promise<void> {
  await page.getByText("Pasted text").click();
  await page.locator("#old-text").fill(old);
  await page.locator("#new-text").fill(fresh);
}

export async function review(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Review the change" }).click();
}

/** What axe objects to, as readable lines. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(join(process.cwd(), "node_modules/axe-core/axe.min.js"), "utf8"));
  return page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe;
    interface Violation {
      id: string;
      help: string;
      nodes: { html: string; failureSummary: string }[];
    }
    const { violations } = await axe.run();
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map((node) => `${id}: ${help}: ${node.html} ${node.failureSummary}`),
    );
  });
}

/** Opens everything that can be folded. */
export async function unfold(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
  });
  await page.waitForTimeout(100);
}

/** Drops files or folders from the disk at the middle of an element, as a hand would. */
export async function dropOn(page: Page, selector: string, paths: string[]): Promise<void> {
  const box = await page.locator(selector).boundingBox();
  if (!box) throw new Error(`${selector} is not on the page`);
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2, data };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, ...at });
  }
}

/** What is wider than its window or its frame, as readable lines. */
export function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("html, .verdict, .card, .file, .checklist, .changes, dialog")]
      .map((element) => ({ element, over: element.scrollWidth - element.clientWidth }))
      .filter(({ over }) => over > 0)
      .map(({ element, over }) => `${element.tagName}.${element.className} by ${over} px`),
  );
}

function chromiumPath(): string {
  const candidates = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = candidates.find((path) => path !== undefined && existsSync(path));
  if (!found) throw new Error("no Chromium found: install it, or name it in CHROMIUM");
  return found;
}
