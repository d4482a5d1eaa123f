// Makes the pictures of docs/images from the built page: `node page/shots.mjs`.
//
// They are taken from the examples in the page, with nothing drawn by hand; look at them before you commit them.

import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../../docs/images");
const page = pathToFileURL(join(here, "dist/review.html")).href;

/** Name, example, window, theme, and what is done before the picture is taken. */
const SHOTS = [
  ["page-verdict", "pool-flood", [1280, 800], "light", async () => {}],
  ["page-budget", "pool-flood", [1100, 640], "light", (tab) => to(tab, "#budget")],
  ["page-files", "host-typo", [1280, 760], "dark", (tab) => to(tab, "#files")],
  ["page-phone", "host-typo", [390, 760], "light", (tab) => to(tab, "#findings")],
  [
    "page-edit",
    "pool-flood",
    [1180, 640],
    "dark",
    async (tab) => {
      await tab.getByRole("button", { name: "Change it here" }).click();
      await tab.locator(".live").waitFor();
    },
  ],
];

async function to(tab, selector) {
  await tab.locator(selector).evaluate((element) => element.scrollIntoView({ block: "start", behavior: "instant" }));
}

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu"],
});
for (const [name, example, [width, height], colorScheme, prepare] of SHOTS) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
  const tab = await context.newPage();
  await tab.goto(`${page}#example=${example}`);
  await tab.locator(".report").waitFor();
  await prepare(tab);
  await tab.evaluate(() => document.activeElement?.blur());
  await tab.waitForTimeout(300);
  await tab.screenshot({ path: join(out, `${name}.png`) });
  await context.close();
}
await browser.close();
