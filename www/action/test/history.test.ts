/** The commits to compare are found in whole and in shallow clones. */

import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Range } from "../event.ts";
import { Git } from "../git.ts";
import { findRevisions } from "../history.ts";
import { Refusal } from "../refusal.ts";
import { Repository } from "./repository.ts";

describe("the commits to compare", () => {
  const repository = new Repository();
  let fork = "";
  let base = "";
  let head = "";
  before(() => {
    repository.commit({ "a.yaml": "a: 0\n" });
    fork = repository.commit({ "a.yaml": "a: 1\n" });
    repository.git("checkout", "--quiet", "-b", "pools");
    for (let n = 0; n < 60; n += 1) head = repository.commit({ "a.yaml": `a: 1${n}\n` });
    repository.git("checkout", "--quiet", "main");
    for (let n = 0; n < 3; n += 1) base = repository.commit({ "b.yaml": `b: ${n}\n` });
  });
  after(() => repository.dispose());

  const sinceFork = (): Range => ({ kind: "since-fork-point", base: { sha: base }, head });
  const refused = (found: Promise<unknown>, words: RegExp) =>
    assert.rejects(found, (error) => error instanceof Refusal && words.test(error.message));

  it("are the head and where it left its base", async () => {
    const git = new Git(repository.clone("whole", head, "whole"));
    assert.deepEqual(await findRevisions(git, sinceFork()), { old: fork, new: head, policy: base });
  });

  it("are fetched when the clone holds one commit", async () => {
    const git = new Git(repository.clone("shallow", head, 1));
    assert.deepEqual(await findRevisions(git, sinceFork()), { old: fork, new: head, policy: base });
  });

  it("are fetched when the clone is of another commit", async () => {
    const git = new Git(repository.clone("other", base, 1));
    assert.deepEqual(await findRevisions(git, sinceFork()), { old: fork, new: head, policy: base });
  });

  it("leave a whole clone whole", async () => {
    const clone = repository.clone("partial", base, "whole");
    repository.git("checkout", "--quiet", "--orphan", "island");
    const island = repository.commit({ "c.yaml": "c: 1\n" });
    repository.git("checkout", "--quiet", "main");
    const git = new Git(clone);
    const found = await findRevisions(git, { kind: "between", base: island, head: base });
    assert.deepEqual(found, { old: island, new: base, policy: island });
    assert.equal(await git.text("rev-parse", "--is-shallow-repository"), "false");
  });

  it("start from a branch of the remote", async () => {
    for (const depth of ["whole", 1] as const) {
      const git = new Git(repository.clone(`branch-${depth}`, head, depth));
      const range: Range = { kind: "since-fork-point", base: { branch: "main" }, head };
      assert.deepEqual(await findRevisions(git, range), { old: fork, new: head, policy: base });
    }
  });

  it("are one alone in an audit", async () => {
    const git = new Git(repository.clone("audit", head, 1));
    assert.deepEqual(await findRevisions(git, { kind: "state", head }), { old: null, new: head, policy: head });
  });

  it("that share no history are refused", async () => {
    repository.git("checkout", "--quiet", "--orphan", "desert");
    const desert = repository.commit({ "d.yaml": "d: 1\n" });
    repository.git("checkout", "--quiet", "main");
    const range: Range = { kind: "since-fork-point", base: { sha: desert }, head };
    for (const depth of ["whole", 1] as const) {
      const git = new Git(repository.clone(`unrelated-${depth}`, head, depth));
      await refused(findRevisions(git, range), /no history in common/);
    }
  });

  it("that cannot be fetched are refused with the setting that helps", async () => {
    const clone = repository.clone("cut-off", head, 1);
    const git = new Git(clone);
    await git.text("remote", "set-url", "origin", "file:///nonexistent/with:secret@nowhere");
    await refused(findRevisions(git, sinceFork()), /set `fetch-depth: 0` at actions\/checkout/);
  });

  it("need a repository", async () => {
    const empty = mkdtempSync(join(repository.root, "empty-"));
    await refused(findRevisions(new Git(empty), sinceFork()), /run actions\/checkout before this step/);
  });
});
