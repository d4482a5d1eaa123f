/** Every case of the repository through wasm: the bytes that the native engine is held to. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { type Engine, loadEngine, type ReviewOptions } from "../engine.ts";
import type { Side } from "../report.ts";

const CASES = "../tests/cases";

describe("the cases through wasm", () => {
  let engine: Engine;
  before(async () => {
    engine = await loadEngine(readFileSync("engine/pkg/plimsoll_wasm_bg.wasm"));
  });

  const names = existsSync(CASES)
    ? readdirSync(CASES).filter((name) => existsSync(join(CASES, name, "case.toml")))
    : [];

  it("are there", () => {
    assert.ok(names.length > 0);
  });

  for (const name of names.sort()) {
    it(name, () => {
      const folder = join(CASES, name);
      const request = engine.request();
      const policy = join(folder, "after", "plimsoll.toml");
      const config = existsSync(policy) ? readFileSync(policy, "utf8") : null;
      request.options({ ...readOptions(readFileSync(join(folder, "case.toml"), "utf8")), config });
      for (const [side, tree] of [
        ["old", "before"],
        ["new", "after"],
      ] as [Side, string][]) {
        for (const path of files(join(folder, tree))) request.add(side, path, readFileSync(join(folder, tree, path)));
      }
      const review = request.run();
      assert.equal(review.render("json"), readFileSync(join(folder, "expected.json"), "utf8"));
      assert.equal(review.render("markdown"), readFileSync(join(folder, "expected.md"), "utf8"));
    });
  }
});

/** Paths below a folder, none if it is not there. */
function files(folder: string, prefix = ""): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name), `${prefix}${entry.name}/`) : [`${prefix}${entry.name}`],
  );
}

/** `options = { … }` of a `case.toml`, whose values are JSON too. What this does not know is an error. */
function readOptions(toml: string): ReviewOptions {
  assert.doesNotMatch(toml, /^\[options\]/m, "options of a case stand on one line: options = { … }");
  const [, table = ""] = /^options *= *\{(.*)\}$/m.exec(toml) ?? [];
  const options: ReviewOptions = {};
  const rest = table.replace(/([\w-]+) *= *("[^"]*"|\[\[.*?\]\])/g, (_, key: string, value: string) => {
    if (key === "today") options.today = JSON.parse(value) as string;
    else if (key === "env") options.env = JSON.parse(value) as [string, string][];
    else assert.equal(key, "fail-on", "an option that only the native test knows");
    return "";
  });
  assert.match(rest, /^[\s,]*$/, "options that cannot be read");
  return options;
}
