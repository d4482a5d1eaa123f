/** Everything that can be given to the page besides files and folders, with the real engine. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { deflateRawSync, gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import type { Report } from "../../engine/report.ts";
import { exported, POOL, review, toReport, withPage } from "./browser.ts";

const site = withPage();
const scratch = mkdtempSync(join(tmpdir(), "plimsoll-inputs-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const text = (side: string, name: string) => readFileSync(join(POOL, side, name));
const tree = (side: string) => ["api.yaml", "db.yaml"].map((name) => ({ path: name, bytes: text(side, name) }));

test("two zip archives are two folders", async () => {
  const { page, requests } = await site.open();
  await page.locator("#old-files").setInputFiles(file("before.zip", zip(tree("before"))));
  await page.locator("#new-files").setInputFiles(file("after.zip", zip(tree("after"))));
  await page.locator("[data-side=new].full").waitFor();
  await review(page);
  await seesThePool(page);
  assert.deepEqual(requests, []);
});

test("one tar.gz with a before and an after in it is both sides", async () => {
  const { page } = await site.open();
  const both = (["before", "after"] as const).flatMap((side) =>
    tree(side).map(({ path, bytes }) => ({ path: `change/${side}/${path}`, bytes })),
  );
  const packed = gzipSync(tar(both));
  const handle = await page.evaluateHandle(
    ([name, code]) => {
      const made = new DataTransfer();
      made.items.add(new File([Uint8Array.from(atob(code), (char) => char.charCodeAt(0))], name));
      return made;
    },
    ["change.tar.gz", packed.toString("base64")] as const,
  );
  await page.dispatchEvent("main", "drop", { dataTransfer: handle });
  await page.locator("[data-side=new].full").waitFor();
  assert.match((await page.locator("[data-side=old] .status").textContent()) ?? "", /^before2 files$/);
  await review(page);
  await seesThePool(page);
});

test("an archive that is damaged is named, with what is wrong", async () => {
  const { page } = await site.open();
  await page.locator("#old-files").setInputFiles(file("broken.zip", Buffer.from("no archive at all, but long enough")));
  const alert = page.getByRole("alert").filter({ hasText: "broken.zip cannot be read" });
  await alert.waitFor();
  assert.match((await alert.textContent()) ?? "", /no zip archive/);
});

test("a member that cannot be unpacked is listed and the rest is reviewed", async () => {
  const { page } = await site.open();
  const members = [...tree("after"), { path: "locked.yaml", bytes: Buffer.from("a: 1\n"), encrypted: true }];
  await page.locator("#old-files").setInputFiles(file("before.zip", zip(tree("before"))));
  await page.locator("#new-files").setInputFiles(file("after.zip", zip(members)));
  await page.locator("[data-side=new].full").waitFor();
  await review(page);
  await seesThePool(page);
  assert.match((await page.locator("#coverage").textContent()) ?? "", /locked\.yaml.*encrypted/);
});

test("a hostile name in an archive is text and nothing else", async () => {
  const { page, errors } = await site.open();
  const name = "<img src=x onerror=document.title='hit'>/../\u202egnp.yaml";
  const [old, fresh] = ["url: postgres://app@db1/x\n", "url: postgres://app@db2/x\n"].map((content) =>
    zip([...tree("before"), { path: name, bytes: Buffer.from(content) }]),
  ) as [Buffer, Buffer];
  await page.locator("#old-files").setInputFiles(file("before.zip", old));
  await page.locator("#new-files").setInputFiles(file("after.zip", fresh));
  await page.locator("[data-side=new].full").waitFor();
  await review(page);
  await page.locator(".report").waitFor();
  assert.match((await page.locator("#files").textContent()) ?? "", /<img src=x/);
  assert.equal(await page.locator("main img").count(), 0);
  assert.notEqual(await page.title(), "hit");
  assert.deepEqual(errors, []);
});

test("a place in a file that did not change opens that file there", async () => {
  const { page } = await site.open();
  await toReport(page);
  await page.locator(".terms .place", { hasText: "autoscaling.yaml:13" }).first().click();
  await page.locator(".edit").waitFor();
  assert.equal(await page.locator("#edit-file").inputValue(), "prod/orders-api-autoscaling.yaml");
  const chosen = await page.locator("#edit-text").evaluate((area) => {
    const { value, selectionStart, selectionEnd } = area as HTMLTextAreaElement;
    return value.slice(selectionStart, selectionEnd);
  });
  assert.match(chosen, /maxReplicas: 12/);
});

test("lowering the pool in place takes the risk away", async () => {
  const { page } = await site.open();
  await toReport(page);
  await page.getByRole("button", { name: "Change it here" }).click();
  await page.locator(".live").waitFor();
  const area = page.locator("#edit-text");
  const text = await area.inputValue();
  assert.match(text, /value: "40"/);
  await area.fill(text.replace('value: "40"', 'value: "6"'));
  await page.locator(".live-score", { hasText: "less than in the report" }).waitFor();
  await page.getByRole("button", { name: "Back to the report" }).click();
  assert.match((await page.locator("#budget").textContent()) ?? "", /fits/);
});

test("a pasted diff is reviewed and the report says that it was only a diff", async () => {
  const { page } = await site.open();
  await page.getByText("A diff", { exact: true }).click();
  await page.locator("#diff-text").fill(diffOfPool());
  await review(page);
  await page.locator(".report").waitFor();
  assert.match((await page.locator("#changes").textContent()) ?? "", /HIKARI_MAXIMUM_POOL_SIZE/);
  assert.match((await page.locator("#coverage").textContent()) ?? "", /only the patch was given/);
  assert.equal(await page.getByRole("button", { name: "Change it here" }).count(), 0);
});

test("a dropped patch file needs no other side", async () => {
  const { page } = await site.open();
  await page.locator("#new-files").setInputFiles(file("change.patch", Buffer.from(diffOfPool())));
  await page.locator(".report").waitFor();
  assert.ok((await page.locator(".diff .added").count()) > 0);
});

test("a text that is no diff is refused with the remedy", async () => {
  const { page } = await site.open();
  await page.getByText("A diff", { exact: true }).click();
  await page.locator("#diff-text").fill("just words");
  await review(page);
  const alert = page.getByRole("alert").filter({ hasText: "No unified diff" });
  await alert.waitFor();
  assert.match((await alert.textContent()) ?? "", /git diff/);
});

test("a report of another run is shown as it is", async () => {
  const { page } = await site.open();
  await toReport(page);
  const { text: json } = await exported(page, "JSON");
  const report = JSON.parse(json) as Report;
  const { page: other } = await site.open();
  await other.locator("#new-files").setInputFiles(file("review.json", Buffer.from(json)));
  await other.locator(".report").waitFor();
  assert.equal(await other.locator("h1").textContent(), report.summary);
  assert.match((await other.locator("#files").textContent()) ?? "", /did not come with this report/);
  assert.equal((await exported(other, "JSON")).text, json);
  await other.locator(".card button.rule-name").first().click();
  assert.ok((await other.getByRole("dialog").locator(".docs h3").count()) > 2);
});

test("a link carries the masked report with its lines", async () => {
  const { page } = await site.open();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.locator("#old-folder").setInputFiles(join(POOL, "before"));
  await page.locator("#new-folder").setInputFiles(join(POOL, "after"));
  await review(page);
  await seesThePool(page);
  const summary = await page.locator("h1").textContent();
  await page.getByRole("button", { name: "Copy a link" }).click();
  const dialog = page.getByRole("dialog");
  assert.match((await dialog.textContent()) ?? "", /thousand characters/);
  await dialog.getByRole("button", { name: "Copy the link" }).click();
  await page.locator(".toast", { hasText: "The link copied" }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const { page: other, requests } = await site.open({ url: link });
  await other.locator(".report").waitFor();
  assert.equal(await other.locator("h1").textContent(), summary);
  assert.ok((await other.locator(".diff .added").count()) > 0);
  assert.ok(!(await other.content()).includes("correct-horse-battery"));
  assert.deepEqual(requests, []);
});

test("a link that was cut off says so", async () => {
  const { page } = await site.open();
  await page.evaluate(() => {
    location.hash = "#review=q1b";
  });
  const alert = page.getByRole("alert").filter({ hasText: "The link cannot be read" });
  await alert.waitFor();
});

test("every example of the gallery is an incident that is found", async () => {
  const { page, errors } = await site.open();
  const names = await page.locator("button.example strong").allTextContents();
  assert.equal(names.length, 5);
  for (const [index] of names.entries()) {
    await page.locator("button.example").nth(index).click();
    await page.locator(".report").waitFor();
    assert.match((await page.locator(".question .badge").textContent()) ?? "", /medium|high|critical/, names[index]);
    await page.getByRole("button", { name: "Review another change" }).click();
  }
  assert.deepEqual(errors, []);
});

async function seesThePool(page: Page): Promise<void> {
  await page.locator(".report").waitFor();
  assert.match((await page.locator(".server .terms").first().textContent()) ?? "", /400/);
}

function file(name: string, buffer: Buffer): { name: string; mimeType: string; buffer: Buffer } {
  return { name, mimeType: "application/octet-stream", buffer };
}

function diffOfPool(): string {
  const args = ["diff", "--no-index", "before", "after"];
  try {
    return execFileSync("git", args, { cwd: POOL, encoding: "utf8" });
  } catch (error) {
    // git says with its status that there are differences.
    return (error as { stdout: string }).stdout;
  }
}

interface Member {
  path: string;
  bytes: Buffer;
  encrypted?: boolean;
}

/** A zip as its format says, without checksums, which nobody asks for here. */
function zip(members: readonly Member[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { path, bytes, encrypted } of members) {
    const name = Buffer.from(`repo/${path}`);
    const packed = deflateRawSync(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(encrypted ? 1 : 0, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, name, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, tail, name]));
    parts.push(local);
    at += local.length;
  }
  const size = directory.reduce((sum, entry) => sum + entry.length, 0);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

function tar(members: readonly Member[]): Buffer {
  const parts = members.flatMap(({ path, bytes }) => {
    const head = Buffer.alloc(512);
    head.write(path, 0);
    head.write(bytes.length.toString(8).padStart(11, "0"), 124);
    head.write("0", 156);
    head.write("ustar\x0000", 257, "latin1");
    return [head, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

const program = ["debug", "release"].map((kind) => join(process.cwd(), "../target", kind, "plimsoll")).find(existsSync);

test("the program writes the page with the masked report in it", async (t) => {
  if (!program) return t.skip("the command line is not built");
  const [built, saved] = [join(scratch, "built.html"), join(scratch, "saved.html")];
  writeFileSync(built, site.html());
  const sides = [join(POOL, "before"), join(POOL, "after")];
  execFileSync(program, ["page", ...sides, "--page", built, "--save", saved]);
  assert.ok(!readFileSync(saved, "utf8").includes("correct-horse-battery"));
  const { page, requests, errors } = await site.open({ url: pathToFileURL(saved).href });
  await seesThePool(page);
  assert.ok((await page.locator(".diff .added").count()) > 0);
  assert.deepEqual({ requests, errors }, { requests: [], errors: [] });
});

test("the program serves the page with both sides in it, to nobody else", async (t) => {
  const program = ["debug", "release"]
    .map((kind) => join(process.cwd(), "../target", kind, "plimsoll"))
    .find(existsSync);
  if (!program) return t.skip("the command line is not built");
  const { spawn } = await import("node:child_process");
  const built = join(scratch, "review.html");
  writeFileSync(built, site.html());
  const args = ["page", join(POOL, "before"), join(POOL, "after"), "--page", built];
  const server = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let told = "";
      server.stdout.on("data", (data: Buffer) => {
        told += data.toString();
        const [address] = told.split("\n");
        if (told.includes("\n") && address) resolve(address);
      });
      server.on("exit", () => reject(new Error("it ended")));
    });
    const { page, requests } = await site.open({ url });
    await seesThePool(page);
    assert.deepEqual(requests, []);
    const status = async (address: string, headers: Record<string, string> = {}) =>
      (await fetch(address, { headers })).status;
    assert.equal(await status(new URL("/", url).href), 404);
    assert.equal(await status(url), 200);
  } finally {
    server.kill();
  }
});
