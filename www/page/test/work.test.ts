/** What a reviewer does with a report: narrows, looks, ticks, accepts, changes and asks what if. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { lens, named, slip } from "../src/report/lens.ts";
import { comment, table } from "../src/report/suppress.ts";
import { FAKE_ENGINE, tooWide, toReport, violations, withPage } from "./browser.ts";
import { findings } from "./canned.ts";

const site = withPage(FAKE_ENGINE);

const cards = (page: Page) => page.locator("#findings .cards .card");

test("findings are narrowed by severity, rule and words, and shown again", async () => {
  const { page } = await site.open();
  await toReport(page);
  const all = await cards(page).count();
  await page.getByRole("checkbox", { name: /^critical/ }).uncheck();
  assert.equal(await cards(page).count(), all - 1);
  await page.locator("#filter-rule").selectOption("host-changed");
  assert.equal(await cards(page).count(), 1);
  await page.getByRole("searchbox").fill("no such word");
  assert.match((await page.locator("#findings").textContent()) ?? "", /No finding matches/);
  assert.match((await page.locator(".filter-state").textContent()) ?? "", /^0 of \d findings/);
  await page.getByRole("button", { name: "Show all" }).click();
  assert.equal(await cards(page).count(), all);
  await page.locator("#filter-file").selectOption("prod/orders-worker.yaml");
  assert.equal(await page.locator(".file:visible").count(), 1);
});

test("a link to a finding that is filtered away shows it again", async () => {
  const { page } = await site.open();
  await toReport(page);
  await page.getByRole("searchbox").fill("oders-db");
  await page.locator(".reasons a").first().click();
  assert.equal(await page.locator(":focus").getAttribute("id"), "finding-a1");
});

test("files are shown in one column and as settings, and the choice is kept", async () => {
  const { page } = await site.open();
  await toReport(page);
  await page.getByText("One column").click();
  assert.ok((await page.locator(".diff.unified").count()) > 0);
  await page.locator("#finding-a1 .where a").click();
  assert.equal(await page.locator(":focus").getAttribute("id"), "file-0-new-42");
  await page.getByText("Settings", { exact: true }).click();
  assert.equal(await page.locator(".diff").count(), 0);
  assert.match((await page.locator(".file").first().textContent()) ?? "", /POOL_SIZE/);
  await page.locator("#finding-a1 .where a").click();
  assert.equal(await page.locator(":focus").getAttribute("id"), "file-0-new-42");
});

test("the tree of files marks the worst finding of each and leads there", async () => {
  const { page } = await site.open();
  await toReport(page);
  const leaf = page.locator(".tree button", { hasText: "orders-api.yaml" });
  assert.match((await leaf.locator(".dot").getAttribute("class")) ?? "", /tone-critical/);
  await leaf.click();
  // The file may have to be drawn first.
  await page.locator(":focus", { hasText: "prod/orders-api.yaml" }).waitFor();
});

test("ticks and notes are there after the page was opened anew", async () => {
  const { page } = await site.open();
  await toReport(page);
  await page.getByRole("checkbox", { name: /Does the host oders-db exist/ }).check();
  await page.getByRole("textbox", { name: /^Note on: Does the host/ }).fill("asked <b>Ann</b>");
  await page.reload();
  await toReport(page);
  assert.equal(await page.locator(".tally").textContent(), "1 of 3 confirmed");
  assert.equal(await page.getByRole("textbox", { name: /^Note on: Does the host/ }).inputValue(), "asked <b>Ann</b>");
});

test("an acceptance is composed and copied", async () => {
  const { page } = await site.open();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await toReport(page);
  await page.locator("#finding-a2").getByRole("button", { name: "Accept" }).click();
  const dialog = page.getByRole("dialog");
  const copy = dialog.getByRole("button", { name: "Copy" });
  assert.ok(await copy.isDisabled());
  await dialog.getByLabel("Why it is all right").fill("planned migration");
  await dialog.getByLabel("Last day").fill("2027-01-31");
  assert.equal(
    (await dialog.locator("pre").textContent())?.trim(),
    "# plimsoll: allow host-changed until 2027-01-31 because planned migration",
  );
  await dialog.getByLabel("Where it is written").selectOption("config");
  await copy.click();
  assert.deepEqual(await violations(page), []);
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^\[\[allow\]\]\nrule = "host-changed"\nfile = "prod\/orders-worker\.yaml"/);
});

test("an acceptance takes the comment of its file, and its patterns are literal", () => {
  const [finding] = findings;
  assert.ok(finding);
  const words = { reason: "known risk", until: "2027-01-31" };
  const line = "plimsoll: allow pool-exceeds-server-limit until 2027-01-31 because known risk";
  assert.equal(comment({ ...finding, file: "a.xml", excerpt: "  <a/>" }, words), `  <!-- ${line} -->`);
  assert.equal(comment({ ...finding, file: "a.yaml", excerpt: "a: 1" }, words), `# ${line}`);
  assert.match(table({ ...finding, file: "a[1]/*.yaml" }, words), /file = "a\\\\\[1\\\\\]\/\\\\\*\.yaml"/);
});

test("the new side is changed in place and the score follows", async () => {
  const { page } = await site.open();
  await toReport(page);
  await page.getByRole("button", { name: "Change it here" }).click();
  await page.locator(".live").waitFor();
  assert.equal(await page.locator(".live-score strong").textContent(), "85");
  await page.locator("#edit-text").fill("be calm");
  await page.locator(".live-score", { hasText: "nothing found" }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Back to the report" }).click();
  assert.equal(await page.locator(".question .badge").textContent(), "nothing found");
});

test("a panic while typing is a bug too", async () => {
  const { page } = await site.open();
  await toReport(page);
  await page.getByRole("button", { name: "Change it here" }).click();
  await page.locator("#edit-text").fill("please panic");
  await page.getByRole("heading", { name: "This is a bug in Plimsoll" }).waitFor();
});

test("sliders ask the engine what if, and give the numbers back", async () => {
  const { page } = await site.open();
  await toReport(page);
  const server = page.locator(".server").first();
  await server.getByText("What if the numbers were others").click();
  const slider = server.getByRole("slider", { name: "Deployment orders/orders-api replicas" });
  await slider.fill("20");
  await server.locator(".what-if-result", { hasText: "fits" }).waitFor();
  assert.match((await server.locator(".what-if-result").textContent()) ?? "", /score 7, low/);
  assert.deepEqual(await violations(page), []);
  await server.getByRole("button", { name: "As written" }).click();
  assert.equal(await slider.inputValue(), "12");
  assert.equal(await page.locator(".score").textContent(), "85");
});

test("keys walk through findings and files, and the help names them", async () => {
  const { page } = await site.open();
  await toReport(page);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await page.locator(":focus").getAttribute("id"), "finding-a2");
  await page.keyboard.press("k");
  assert.equal(await page.locator(":focus").getAttribute("id"), "finding-a1");
  await page.keyboard.press("o");
  assert.equal(await page.getByRole("dialog").getByRole("heading").first().textContent(), "pool-exceeds-server-limit");
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await page.keyboard.type("j?");
  assert.equal(await page.getByRole("searchbox").inputValue(), "j?");
  await page.locator("h1").focus();
  await page.keyboard.press("x");
  await page.keyboard.press("v");
  assert.ok((await page.locator(".diff.unified").count()) > 0);
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keys" });
  assert.match((await help.textContent()) ?? "", /Next finding/);
  assert.deepEqual(await violations(page), []);
  await help.getByRole("checkbox").uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.press("v");
  assert.ok((await page.locator(".diff.unified").count()) > 0, "keys are off");
});

test("the server that the change weighs on most stands at the head", async () => {
  const { page } = await site.open();
  await toReport(page);
  const worst = page.locator(".verdict .worst");
  assert.match((await worst.textContent()) ?? "", /orders-db.*over at peak/);
  assert.match((await worst.locator(".loadline").getAttribute("aria-label")) ?? "", /After: peak 496/);
});

test("who asks for contrast or for no motion gets it, and it stays readable", async () => {
  const { page } = await site.open();
  await page.emulateMedia({ contrast: "more" });
  await toReport(page);
  assert.deepEqual(await violations(page), []);
  await page.emulateMedia({ contrast: "no-preference", forcedColors: "active" });
  assert.deepEqual(await violations(page), []);
  await page.emulateMedia({ forcedColors: "none", reducedMotion: "reduce" });
  await page.locator("#finding-a1 .where a").click();
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
});

test("a slip of a letter is named, a new number is not", () => {
  assert.deepEqual(slip("orders-db.prod", "oders-db.prod"), {
    before: "o",
    old: ["r"],
    new: [],
    after: "ders-db.prod",
  });
  assert.equal(slip("shop/api:3.41.0", "shop/api:3.42.0"), null);
  assert.equal(slip("orders-db", "billing-db"), null);
  assert.equal(named("l"), "small letter l (U+006C)");
  assert.equal(named("1"), "digit one (U+0031)");
  assert.equal(named("\u0430"), "Cyrillic letter \u0430 (U+0430)");
  assert.equal(named("\u200b"), "zero width space (U+200B)");
  assert.equal(lens("same", "same"), null);
});

for (const scheme of ["light", "dark"] as const) {
  test(`dialogs and views have no accessibility violation, ${scheme}`, async () => {
    const { page } = await site.open({ scheme, width: 390 });
    const seen: Record<string, string[]> = {};
    await page.getByText("A diff", { exact: true }).click();
    seen["diff input"] = await violations(page);
    await toReport(page);
    for (const view of ["One column", "Settings"]) {
      await page.getByText(view, { exact: true }).click();
      seen[view] = await violations(page);
    }
    await page.locator(".menu summary").click();
    seen.menu = await violations(page);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Copy a link" }).click();
    seen.link = await violations(page);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Change it here" }).click();
    await page.locator(".live").waitFor();
    seen.edit = [...(await violations(page)), ...(await tooWide(page))];
    assert.deepEqual(seen, Object.fromEntries(Object.keys(seen).map((name) => [name, []])));
  });
}
