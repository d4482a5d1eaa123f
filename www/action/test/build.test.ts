/** The bundle is made the same way every time, and a forgotten build is noticed. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";

/** Enough of a package for the bundler; it is never run. */
const GLUE = `export class Request {} export class Review {}
export const rules = () => "[]"; export const version = () => "0";
export default async () => {};\n`;

describe("the build", () => {
  const root = mkdtempSync(join(tmpdir(), "plimsoll-build-"));
  after(() => rmSync(root, { recursive: true }));
  const pkg = join(root, "pkg");
  mkdirSync(pkg);
  writeFileSync(join(pkg, "plimsoll_wasm.js"), GLUE);
  writeFileSync(join(pkg, "plimsoll_wasm_bg.wasm"), Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

  const run = (...flags: string[]) => spawnSync(process.execPath, ["action/build.mjs", ...flags], { encoding: "utf8" });
  const build = (name: string, from = pkg) => {
    const out = join(root, name);
    return { out, ...run("--pkg", from, "--out", out) };
  };
  const contents = (folder: string) =>
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), "base64")]);

  it("gives the same bytes twice, all that the action needs beside each other", () => {
    const first = build("first");
    assert.equal(first.status, 0, first.stderr);
    assert.deepEqual(contents(build("second").out), contents(first.out));
    assert.deepEqual(readdirSync(first.out).sort(), [
      "BUILD",
      "LICENSES.txt",
      "index.js",
      "package.json",
      "plimsoll_wasm_bg.wasm",
    ]);
    const bundle = readFileSync(join(first.out, "index.js"), "utf8");
    assert.doesNotMatch(bundle, /from "@octokit|require\("@octokit/);
    assert.ok(!bundle.includes(process.cwd()), "no path of the machine that built it");
    assert.match(readFileSync(join(first.out, "LICENSES.txt"), "utf8"), /@octokit\/core 7\.0\.8 \(MIT\)/);
  });

  it("tells whether it is up to date without building", () => {
    const { out } = build("checked");
    assert.equal(run("--check", "--out", out).status, 0);
    writeFileSync(join(out, "BUILD"), `sha256 ${"0".repeat(64)}\n`);
    assert.equal(run("--check", "--out", out).status, 1);
    assert.match(run("--check", "--out", join(root, "nowhere")).stderr, /was not built from these sources/);
  });

  it("says what is missing without the engine", () => {
    const { status, stderr } = build("without", join(root, "nothing"));
    assert.equal(status, 1);
    assert.match(stderr, /build the wasm package first/);
  });
});
