/** The page with the real engine: what goes in, what is seen, and that nothing goes out. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import type { Report } from "../../engine/report.ts";
import {
  dropOn,
  exported,
  POOL,
  pasteBoth,
  review,
  tooWide,
  toReport,
  unfold,
  violations,
  withPage,
} from "./browser.ts";

/** The password in the files of the test. It must be nowhere. */
const SECRET = "correct-horse-battery";
const site = withPage();

test("two folders chosen by input are reviewed", async () => {
  const { page, requests, errors } = await site.open();
  await page.locator("#old-folder").setInputFiles(join(POOL, "before"));
  await page.locator("#new-folder").setInputFiles(join(POOL, "after"));
  await review(page);
  await seesThePool(page);
  assert.deepEqual({ requests, errors }, { requests: [], errors: [] });
});

test("two folders dropped at once are reviewed", async () => {
  const { page, requests } = await site.open();
  await dropOn(page, "h1", [join(POOL, "before"), join(POOL, "after")]);
  await page.locator("[data-side=new].full").waitFor();
  await review(page);
  await seesThePool(page);
  assert.deepEqual(requests, []);
});

test("two files of different names are one file in two versions", async () => {
  const { page } = await site.open();
  const transfer = await page.evaluateHandle(
    (texts) => {
      const made = new DataTransfer();
      for (const [name, text] of texts) made.items.add(new File([text], name));
      return made;
    },
    [
      ["old-api.yaml", readFileSync(join(POOL, "before/api.yaml"), "utf8")],
      ["api.yaml", readFileSync(join(POOL, "after/api.yaml"), "utf8")],
    ] as [string, string][],
  );
  await page.dispatchEvent("main", "drop", { dataTransfer: transfer });
  await page.locator("[data-side=new].full").waitFor();
  await review(page);
  await page.locator(".report").waitFor();
  const changed = (await page.locator("#changes").textContent()) ?? "";
  assert.match(changed, /HIKARI_MAXIMUM_POOL_SIZE/);
  assert.equal(await page.locator(".file").count(), 1);
  assert.match((await page.locator(".file .state").first().textContent()) ?? "", /modified/);
});

test("no secret is anywhere in the page or in what it exports", async () => {
  const { page } = await site.open();
  await page.locator("#old-folder").setInputFiles(join(POOL, "before"));
  await page.locator("#new-folder").setInputFiles(join(POOL, "after"));
  await review(page);
  await page.locator(".report").waitFor();
  await unfold(page);
  assert.ok(!(await page.content()).includes(SECRET));
  for (const name of ["JSON", "Markdown", "SARIF", "HTML"]) {
    const { text } = await exported(page, name);
    assert.ok(text.length > 200 && !text.includes(SECRET), name);
  }
});

test("the page says what the engine's JSON says", async () => {
  const { page } = await site.open();
  await toReport(page);
  const report = JSON.parse((await exported(page, "JSON")).text) as Report;
  assert.equal(report.schema, "plimsoll.review/1");
  assert.equal(await page.locator("h1").textContent(), report.summary);
  assert.equal(await page.locator(".score").textContent(), `${report.score}`);
  assert.equal(await page.locator(".server").count(), report.budget.length);
  const checks = page.locator(".checklist input[type=checkbox]");
  assert.equal(await checks.count(), report.checklist.length);
});

test("every finding opens the page of its rule", async () => {
  const { page } = await site.open();
  await toReport(page);
  const openers = page.locator(".card button.rule-name");
  assert.ok((await openers.count()) > 0);
  assert.equal(await openers.count(), await page.locator("#findings .card").count());
  await openers.first().click();
  const docs = page.getByRole("dialog").locator(".docs");
  assert.ok((await docs.locator("h3").count()) > 2);
  // Markdown that was not understood would show its signs.
  assert.doesNotMatch((await docs.textContent()) ?? "", /## |```|\]\(http/);
});

test("the main path needs no mouse", async () => {
  const { page } = await site.open();
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Skip to the content");
  await page.keyboard.press("Enter");
  await tabTo(page, "Files or folders");
  await page.keyboard.press("ArrowRight");
  await tabTo(page, "old-text");
  await page.keyboard.insertText(readFileSync(join(POOL, "before/api.yaml"), "utf8"));
  await tabTo(page, "new-text");
  await page.keyboard.insertText(readFileSync(join(POOL, "after/api.yaml"), "utf8"));
  await tabTo(page, "Review the change");
  await page.keyboard.press("Enter");
  await page.locator(".report").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H1");
  await tabTo(page, "Changes");
  await page.keyboard.press("Enter");
  assert.equal(await focused(page), "Changes");
  await tabTo(page, "config.yaml:");
  await page.keyboard.press("Enter");
  assert.match(await page.evaluate(() => document.activeElement?.id ?? ""), /^file-0-new-\d+$/);
});

test("a file that is no configuration is named as not read", async () => {
  const { page } = await site.open();
  await pasteBoth(page, "a: 1\n", "a: [1\n");
  await review(page);
  await page.locator(".report").waitFor();
  assert.match((await page.locator("#coverage").textContent()) ?? "", /config\.yaml/);
});

test("over http it works the same, with one request in all", async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.setHeader("content-type", "text/html; charset=utf-8").end(site.html());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/review.html`;
  try {
    const { page } = await site.open({ url });
    await toReport(page);
    assert.deepEqual(asked, ["/review.html"]);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

for (const scheme of ["light", "dark"] as const) {
  test(`the report of the example has no accessibility violation, ${scheme}`, async () => {
    const { page } = await site.open({ scheme, width: 390 });
    await toReport(page);
    await unfold(page);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(await tooWide(page), []);
  });
}

/** 8 replicas with a pool of 50 against a server of 100. */
async function seesThePool(page: Page): Promise<void> {
  await page.locator(".report").waitFor();
  const finding = page.locator("#findings .card", { hasText: "api.yaml:" }).first();
  assert.match((await finding.textContent()) ?? "", /50/);
  assert.match((await page.locator(".server .terms").first().textContent()) ?? "", /400/);
  assert.ok((await page.locator(".file .note").count()) > 0);
}

/** What has the focus: its id for a field, its text for anything else. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element instanceof HTMLTextAreaElement) return element.id;
    if (element instanceof HTMLInputElement) return element.labels?.[0]?.textContent ?? element.id;
    return element?.textContent ?? "";
  });
}

async function tabTo(page: Page, start: string): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    if ((await focused(page)).startsWith(start)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`${start} cannot be reached with Tab`);
}
