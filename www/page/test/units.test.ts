/** What needs no browser: the Markdown subset, and which side is which. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fromFileList, type Picked } from "../src/collect.ts";
import { inline, parse } from "../src/markdown.ts";
import { bothSides, jobOf, pasted, sideOf } from "../src/sides.ts";

const picked = (name: string, folder = true, paths = ["a.yaml"]): Picked => ({
  name,
  folder,
  files: paths.map((path) => ({ path, blob: new Blob([name]) })),
});

test("markdown is read in blocks", () => {
  const kinds = parse(
    " # Head\n\n text\n more\n\n - one\n   two\n - three\n\n ```yaml before x\n a: 1\n   b: 2\n ```\n > said\n",
  );
  assert.deepEqual(kinds, [
    { kind: "heading", level: 1, parts: [{ kind: "text", text: "Head" }] },
    { kind: "paragraph", parts: [{ kind: "text", text: "text more" }] },
    { kind: "list", ordered: false, items: [[{ kind: "text", text: "one two" }], [{ kind: "text", text: "three" }]] },
    { kind: "code", info: "yaml before x", text: "a: 1\n  b: 2" },
    { kind: "quote", parts: [{ kind: "text", text: "said" }] },
  ]);
});

test("a table keeps escaped pipes", () => {
  assert.deepEqual(parse("| a | b |\n|---|---|\n| x \\| y | z |\n"), [
    {
      kind: "table",
      head: [[{ kind: "text", text: "a" }], [{ kind: "text", text: "b" }]],
      rows: [[[{ kind: "text", text: "x | y" }], [{ kind: "text", text: "z" }]]],
    },
  ]);
});

test("an open fence takes the rest as code", () => {
  assert.deepEqual(parse("```\na\n# b"), [{ kind: "code", info: "", text: "a\n# b" }]);
});

test("nothing means anything inside of code", () => {
  assert.deepEqual(inline("`**a** [b](https://c)`"), [{ kind: "code", text: "**a** [b](https://c)" }]);
});

test("stars in arithmetic are stars", () => {
  assert.deepEqual(inline("2 * 3 * 4"), [{ kind: "text", text: "2 * 3 * 4" }]);
});

test("only https makes a link", () => {
  for (const href of ["javascript:alert(1)", "data:text/html,x", "http://x", "//x", "file:///etc/passwd"]) {
    assert.ok(
      inline(`[x](${href})`).every((part) => part.kind !== "link"),
      href,
    );
  }
  assert.deepEqual(inline("[x](https://example.com/)"), [
    { kind: "link", href: "https://example.com/", parts: [{ kind: "text", text: "x" }] },
  ]);
});

test("names decide which side is before", () => {
  const sides = bothSides([picked("after"), picked("before")]);
  assert.deepEqual([sides?.old.label, sides?.new.label], ["before", "after"]);
});

test("without telling names the order decides", () => {
  const sides = bothSides([picked("v7"), picked("v6")]);
  assert.deepEqual([sides?.old.label, sides?.new.label], ["v7", "v6"]);
});

test("a file and a folder are no pair", () => {
  assert.equal(bothSides([picked("a"), picked("b.yaml", false)]), null);
});

test("a folder of two unnamed folders is one side", () => {
  assert.equal(bothSides([picked("repository", true, ["api/a.yaml", "web/a.yaml"])]), null);
});

test("several folders on a side keep their names", () => {
  const side = sideOf([picked("api"), picked("web")]);
  assert.deepEqual(
    side?.files.map((file) => file.path),
    ["api/a.yaml", "web/a.yaml"],
  );
});

test("two single files are paired under the new name", async () => {
  const job = await jobOf(pasted("old.yaml", "a"), pasted("new.yaml", "b"), null, new Date(2026, 0, 5));
  assert.deepEqual([job.old[0]?.path, job.new[0]?.path, job.options.today], ["new.yaml", "new.yaml", "2026-01-05"]);
});

test("the policy is the file at the root of the new side", async () => {
  const side = (path: string) => ({ label: "x", single: false, files: [{ path, blob: new Blob(["fail-on"]) }] });
  const config = async (path: string) => (await jobOf(side("a"), side(path), null, new Date())).options.config;
  assert.deepEqual([await config("plimsoll.toml"), await config("sub/plimsoll.toml")], ["fail-on", null]);
});

test("a file of a chosen folder is named below it", () => {
  const file = (path: string) => Object.defineProperty(new File(["x"], "n"), "webkitRelativePath", { value: path });
  const [folder] = fromFileList([file("repo/prod/a.yaml"), file("repo/.git/HEAD"), file("repo/.git/config")]);
  assert.deepEqual(
    folder?.files.map((one) => one.path),
    ["prod/a.yaml", ".git"],
  );
});
