/** What the engine gets to see of two commits. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { ReviewRequest } from "../../engine/engine.ts";
import { Git } from "../git.ts";
import { pathFilter } from "../select.ts";
import { addSources, readText } from "../sources.ts";
import { Repository } from "./repository.ts";

const SMALL = 1024 * 1024;

describe("the sources", () => {
  const repository = new Repository();
  let old = "";
  let head = "";
  before(() => {
    repository.write("raw.yaml", Uint8Array.of(0x61, 0x3a, 0xff, 0x0d, 0x0a));
    repository.link("link.yaml", "same.yaml");
    repository.link("logo.png", "other.png");
    repository.link("current", "prod");
    old = repository.commit({
      "prod/api.yaml": "pool: 10\n",
      "same.yaml": "a: 1\n",
      "README.md": "# words\n",
      "grows.json": "{}",
      "plimsoll.toml": "# judges\n",
    });
    repository.write("grows.json", " ".repeat(SMALL + 1));
    repository.write("fits.json", " ".repeat(SMALL));
    repository.remove("link.yaml");
    repository.submodule("vendor/charts", old);
    head = repository.commit({ "prod/api.yaml": "pool: 40\n", "link.yaml": "a: 2\n", "größe.yaml": "ä: 1\n" });
  });
  after(() => repository.dispose());

  const sides = async (revisions: { old: string | null; new: string }, globs: string[] = []) => {
    const seen = { added: new Map<string, Buffer>(), skipped: new Map<string, string>(), notes: [] as string[] };
    const request: ReviewRequest = {
      add: (side, path, bytes) => seen.added.set(`${side} ${path}`, Buffer.from(bytes)),
      skip: (side, path, reason) => seen.skipped.set(`${side} ${path}`, reason),
      note: (about, text) => seen.notes.push(`${about} ${text}`),
      policy: () => ({ gate: null, failOn: null }),
      options: () => assert.fail("sources set no options"),
      run: () => assert.fail("sources run nothing"),
    };
    await addSources(request, new Git(repository.origin), { ...revisions, policy: revisions.new }, pathFilter(globs));
    return seen;
  };

  it("are whole trees of both sides, byte by byte", async () => {
    const { added } = await sides({ old, new: head });
    assert.deepEqual([...added.keys()].sort(), [
      "new fits.json",
      "new größe.yaml",
      "new plimsoll.toml",
      "new prod/api.yaml",
      "new raw.yaml",
      "new same.yaml",
      "old plimsoll.toml",
      "old prod/api.yaml",
      "old raw.yaml",
      "old same.yaml",
    ]);
    assert.equal(added.get("old prod/api.yaml")?.toString(), "pool: 10\n");
    assert.equal(added.get("new prod/api.yaml")?.toString(), "pool: 40\n");
    assert.deepEqual(added.get("new raw.yaml"), Buffer.from([0x61, 0x3a, 0xff, 0x0d, 0x0a]));
  });

  it("name what is not read, on both sides alike", async () => {
    const { skipped } = await sides({ old, new: head });
    assert.deepEqual(Object.fromEntries([...skipped].sort()), {
      "new current": "a symbolic link, not followed",
      "new grows.json": "larger than 1 MiB",
      "new link.yaml": "not read because its other side is a symbolic link, not followed",
      "new vendor/charts": "a submodule, not followed",
      "old current": "a symbolic link, not followed",
      "old grows.json": "not read because its other side is larger than 1 MiB",
      "old link.yaml": "a symbolic link, not followed",
    });
  });

  it("are all that changed, with what is no configuration counted", async () => {
    repository.write("b.weird", "two");
    repository.write("main.rs", "fn b() {}");
    const changed = repository.commit({ "README.md": "# other words\n" });
    const { added, notes } = await sides({ old, new: changed });
    assert.ok(added.has("new b.weird"));
    assert.ok(![...added.keys()].some((key) => key.endsWith("main.rs") || key.endsWith("README.md")));
    assert.ok(notes.includes("(2 changed files) no configuration by their names, not read: .md, .rs"), notes.join());
  });

  it("are limited to the globs", async () => {
    const { added, skipped } = await sides({ old, new: head }, ["prod/**"]);
    assert.deepEqual([...added.keys()], ["old prod/api.yaml", "new prod/api.yaml"]);
    assert.equal(skipped.size, 0);
  });

  it("of an audit are one side", async () => {
    const { added } = await sides({ old: null, new: old });
    assert.ok([...added.keys()].every((key) => key.startsWith("new ")));
    assert.ok(added.has("new same.yaml"));
  });

  it("give the text of one file, and nothing for a link or a folder", async () => {
    const git = new Git(repository.origin);
    assert.equal(await readText(git, old, "plimsoll.toml"), "# judges\n");
    assert.equal(await readText(git, old, "link.yaml"), null);
    assert.equal(await readText(git, old, "prod"), null);
    assert.equal(await readText(git, old, "absent.toml"), null);
  });
});
