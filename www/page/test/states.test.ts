/** Every state of the page, over an engine that can be brought into any of them. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  dropOn,
  exported,
  FAKE_ENGINE,
  POOL,
  pasteBoth,
  review,
  tooWide,
  toReport,
  unfold,
  violations,
  withPage,
} from "./browser.ts";
import { HOSTILE, report } from "./canned.ts";

const site = withPage(FAKE_ENGINE);

test("the head of the report has level, score, its reasons and the sentence", async () => {
  const { page, errors } = await site.open();
  await toReport(page);
  const head = page.locator(".verdict");
  assert.equal(await head.locator("h1").textContent(), report.summary);
  assert.equal(await head.locator(".question .badge").textContent(), "critical");
  assert.equal(await head.getByRole("img").first().getAttribute("aria-label"), "Risk score 85 of 100");
  const points = await head.locator(".points").allTextContents();
  assert.equal(
    points.map(Number).reduce((sum, n) => sum + n, 0),
    report.score,
  );
  assert.match((await head.locator(".facts").textContent()) ?? "", /2 not read/);
  assert.deepEqual(errors, []);
});

test("the budget prints its arithmetic with a place for each factor", async () => {
  const { page } = await site.open();
  await toReport(page);
  const row = page.locator(".terms").first().locator("tbody tr").first();
  const cells = await row.locator("td").allTextContents();
  assert.deepEqual(cells.slice(0, 4), ["12", "1", "40", "480"]);
  assert.match(cells[4] ?? "", /prod\/orders-api-autoscaling\.yaml:13.*prod\/orders-api\.yaml:42/);
});

test("an unknown is neither a number nor above the line", async () => {
  const { page } = await site.open();
  await toReport(page);
  const card = page.locator(".server", { hasText: "search-db" });
  assert.equal(await card.locator(".loadline .over").count(), 0);
  assert.match((await card.locator(".loadline").textContent()) ?? "", /limit not known/);
  assert.match((await card.locator(".terms tfoot").textContent()) ?? "", /Usable\s*unknown/);
});

test("a place leads to its line in the diff, and the note there back to the finding", async () => {
  const { page } = await site.open();
  await toReport(page);
  await page.locator("#finding-a1 .where a").click();
  const arrived = page.locator(":focus");
  assert.equal(await arrived.getAttribute("id"), "file-0-new-42");
  assert.match((await arrived.textContent()) ?? "", /value: "40"/);
  assert.equal(await arrived.locator("mark").textContent(), "40");
  await page.locator(".note a", { hasText: "12 replicas" }).click();
  assert.equal(await page.locator(":focus").getAttribute("id"), "finding-a1");
});

test("a finding on a line that is gone stands at the old side", async () => {
  const { page } = await site.open();
  await toReport(page);
  await page.locator("#finding-a3 .where a").click();
  assert.equal(await page.locator(":focus").getAttribute("id"), "file-0-old-45");
});

test("text from files never becomes markup", async () => {
  const { page } = await site.open();
  await toReport(page);
  await page.getByRole("button", { name: "pool-exceeds-server-limit" }).click();
  assert.equal(await page.locator("main img").count(), 0);
  assert.ok((await page.locator(".docs").textContent())?.includes(HOSTILE));
  assert.ok((await page.locator("#changes").textContent())?.includes(HOSTILE));
  assert.notEqual(await page.title(), "1");
});

test("a rule's page opens as a dialog and gives the focus back", async () => {
  const { page } = await site.open();
  await toReport(page);
  const opener = page.getByRole("button", { name: "pool-exceeds-server-limit" });
  await opener.click();
  const dialog = page.getByRole("dialog");
  assert.equal(await dialog.getByRole("heading", { level: 3 }).first().textContent(), "What it finds");
  assert.equal(await dialog.locator("pre").textContent(), "pool: 5\n  nested: yes");
  assert.equal(await dialog.locator("a").count(), 1);
  assert.deepEqual(await violationsOf(page), []);
  await page.keyboard.press("Escape");
  assert.ok(await opener.evaluate((element) => element === document.activeElement));
});

test("the changes can be narrowed", async () => {
  const { page } = await site.open();
  await toReport(page);
  const rows = page.locator(".changes tbody tr");
  assert.equal(await rows.count(), 4);
  await page.getByRole("searchbox").fill("acquire removed");
  assert.equal(await rows.count(), 1);
  await page.getByRole("searchbox").fill("no such thing");
  assert.match((await page.locator("#changes").textContent()) ?? "", /No change matches/);
});

test("ticks are counted and survive a second review", async () => {
  const { page } = await site.open();
  await toReport(page);
  await page.getByRole("checkbox", { name: /Does the host oders-db exist/ }).check();
  assert.equal(await page.locator(".tally").textContent(), "1 of 3 confirmed");
  await page.getByRole("button", { name: "Review another change" }).click();
  await toReport(page);
  assert.equal(await page.locator(".tally").textContent(), "1 of 3 confirmed");
});

test("reports leave the page as the engine wrote them", async () => {
  const { page } = await site.open();
  await toReport(page);
  assert.deepEqual(await exported(page, "JSON"), { name: "plimsoll-review.json", text: JSON.stringify(report) });
  for (const [name, ending] of [
    ["Markdown", "md"],
    ["SARIF", "sarif"],
    ["HTML", "html"],
  ] as const) {
    const text = `# ${name.toLowerCase()}`;
    assert.deepEqual(await exported(page, name), { name: `plimsoll-review.${ending}`, text });
  }
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy Markdown" }).click();
  await page.locator(".toast", { hasText: "Markdown copied" }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "# markdown");
});

test("a panic is a bug, never an empty result", async () => {
  const { page } = await site.open();
  await pasteBoth(page, "a: 1", "please panic");
  await review(page);
  await page.getByRole("heading", { name: "This is a bug in Plimsoll" }).waitFor();
  const text = (await page.locator("main").textContent()) ?? "";
  assert.match(text, /Nothing was reviewed/);
  assert.doesNotMatch(text, /nothing risky|no finding/i);
  await page.getByRole("button", { name: "Back to the files" }).click();
  assert.equal(await page.locator("#new-text").inputValue(), "please panic");
});

test("a run can be cancelled and the inputs stay", async () => {
  const { page } = await site.open();
  await pasteBoth(page, "a: 1", "take long");
  await review(page);
  await page.getByText("Reviewing", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  assert.match((await page.getByRole("alert").textContent()) ?? "", /Cancelled: nothing was reviewed/);
  assert.equal(await page.locator("#new-text").inputValue(), "take long");
});

test("a wrong plimsoll.toml is told with what, where and the remedy", async () => {
  const { page } = await site.open();
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-policy-"));
  writeFileSync(join(folder, "plimsoll.toml"), "[policy]\ntreshold = 1\n");
  await page.locator("#old-folder").setInputFiles(join(POOL, "before"));
  await page.locator("#new-folder").setInputFiles(folder);
  await review(page);
  const alert = page.getByRole("alert").filter({ hasText: "plimsoll.toml:3:1" });
  await alert.waitFor();
  assert.match((await alert.textContent()) ?? "", /did you mean "threshold"/);
  rmSync(folder, { recursive: true });
});

test("a review without findings says what was looked at", async () => {
  const { page } = await site.open();
  await pasteBoth(page, "a: 1", "be calm");
  await review(page);
  await page.locator(".report").waitFor();
  assert.equal(await page.locator(".question .badge").textContent(), "nothing found");
  assert.match((await page.locator("#findings").textContent()) ?? "", /none of a connection or pool/);
  assert.deepEqual(await violationsOf(page), []);
});

test("a missing side is asked for", async () => {
  const { page } = await site.open();
  await review(page);
  assert.match((await page.getByRole("alert").textContent()) ?? "", /^Before is empty/);
});

test("the sides can be swapped and emptied", async () => {
  const { page } = await site.open();
  await page.locator("#old-folder").setInputFiles(join(POOL, "after"));
  await page.locator("#new-folder").setInputFiles(join(POOL, "before"));
  await page.getByRole("button", { name: "Swap" }).click();
  assert.match((await page.locator("[data-side=old] .status").textContent()) ?? "", /^before2 files$/);
  await page.getByRole("button", { name: "Remove After" }).click();
  assert.match((await page.locator("[data-side=new] .status").textContent()) ?? "", /Drop a file/);
});

for (const [where, selector] of [
  ["beside the cards", "h1"],
  ["on a card", "[data-side=old]"],
] as const) {
  test(`two folders dropped at once ${where} fill both sides`, async () => {
    const { page } = await site.open();
    await dropOn(page, selector, [join(POOL, "after"), join(POOL, "before")]);
    await page.locator("[data-side=new] .status", { hasText: "after2 files" }).waitFor();
    assert.match((await page.locator("[data-side=old] .status").textContent()) ?? "", /^before2 files$/);
  });
}

test("a folder dropped on each card fills that side", async () => {
  const { page } = await site.open();
  await dropOn(page, "[data-side=new]", [join(POOL, "before")]);
  await page.locator("[data-side=new] .status", { hasText: "before2 files" }).waitFor();
  await dropOn(page, "[data-side=old]", [join(POOL, "after/api.yaml")]);
  await page.locator("[data-side=old] .status", { hasText: "api.yaml" }).waitFor();
});

test("a folder with a before and an after in it fills both sides", async () => {
  const { page } = await site.open();
  await dropOn(page, "h1", [POOL]);
  await page.locator("[data-side=new] .status", { hasText: "after2 files" }).waitFor();
  assert.match((await page.locator("[data-side=old] .status").textContent()) ?? "", /^before2 files$/);
});

test("foreign folders are left out by name", async () => {
  const { page } = await site.open();
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-foreign-"));
  mkdirSync(join(folder, "app/node_modules/x"), { recursive: true });
  writeFileSync(join(folder, "app/config.yaml"), "a: 1\n");
  writeFileSync(join(folder, "app/node_modules/x/a.json"), "{}");
  writeFileSync(join(folder, "app/node_modules/x/b.json"), "{}");
  await page.locator("#old-folder").setInputFiles(folder);
  assert.match((await page.locator("[data-side=old] .counts").textContent()) ?? "", /^1 file, 1 left out$/);
  rmSync(folder, { recursive: true });
});

test("the policy of the page forbids every way out", async () => {
  const { page } = await site.open();
  const tried = await page.evaluate(async () => {
    const reach = await fetch("https://example.com/").then(
      () => "sent",
      () => "refused",
    );
    let markup = "made";
    try {
      document.body.insertAdjacentHTML("beforeend", "<b id=markup></b>");
    } catch {
      markup = "refused";
    }
    return { reach, markup };
  });
  assert.deepEqual(tried, { reach: "refused", markup: "refused" });
  assert.doesNotMatch(site.html(), /unsafe-inline|'unsafe-eval'/);
});

for (const scheme of ["light", "dark"] as const) {
  test(`no screen has an accessibility violation, ${scheme}`, async () => {
    const { page } = await site.open({ scheme });
    const seen: Record<string, string[]> = { "files screen": await violationsOf(page) };
    await pasteBoth(page, "a: 1", "take long");
    await page.getByRole("button", { name: "Swap" }).click();
    await page.getByRole("button", { name: "Swap" }).click();
    seen["paste screen"] = await violationsOf(page);
    await review(page);
    await page.getByRole("button", { name: "Cancel" }).waitFor();
    seen["running screen"] = await violationsOf(page);
    await page.getByRole("button", { name: "Cancel" }).click();
    seen["cancelled screen"] = await violationsOf(page);
    await page.locator("#new-text").fill("please panic");
    await review(page);
    await page.getByRole("heading", { name: "This is a bug" }).waitFor();
    seen["bug screen"] = await violationsOf(page);
    await page.getByRole("button", { name: "Back to the files" }).click();
    await toReport(page);
    await unfold(page);
    seen["report screen"] = await violationsOf(page);
    const none = Object.fromEntries(Object.keys(seen).map((screen) => [screen, []]));
    assert.deepEqual(seen, none);
  });
}

for (const width of [360, 900, 1440]) {
  test(`nothing is wider than a window of ${width} px`, async () => {
    const { page } = await site.open({ width });
    assert.deepEqual(await tooWide(page), []);
    await toReport(page);
    await unfold(page);
    assert.deepEqual(await tooWide(page), []);
    assert.deepEqual(await violationsOf(page), []);
  });
}

/** Colours are judged when they stand still. */
async function violationsOf(page: Parameters<typeof violations>[0]): Promise<string[]> {
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .map((one) =>
          one.effect?.getComputedTiming().iterations === Number.POSITIVE_INFINITY
            ? null
            : one.finished.catch(() => null),
        ),
    ),
  );
  return violations(page);
}
