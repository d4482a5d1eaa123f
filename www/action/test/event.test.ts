/** Which commits an event asks to compare. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { type Event, isFork, readEvent } from "../event.ts";
import { Refusal } from "../refusal.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const NONE = "0".repeat(40);
const repository = { default_branch: "main" };

describe("the event", () => {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-event-"));
  after(() => rmSync(folder, { recursive: true }));

  const read = (name: string, payload: unknown, env: Record<string, string> = {}): Promise<Event> => {
    const path = join(folder, "event.json");
    writeFileSync(path, typeof payload === "string" ? payload : JSON.stringify(payload));
    return readEvent({ GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: path, ...env });
  };
  const pull = (headRepository: string | null) => ({
    pull_request: {
      number: 7,
      state: "open",
      user: { login: "deckhand" },
      base: { sha: A, ref: "main", repo: { full_name: "harbour/fleet" } },
      head: { sha: B, ref: "pools", repo: headRepository === null ? null : { full_name: headRepository } },
    },
  });
  const refused = (event: Promise<Event>, words: RegExp) =>
    assert.rejects(event, (error) => error instanceof Refusal && words.test(error.message));

  it("of a pull request compares with where the branch left its base", async () => {
    for (const name of ["pull_request", "pull_request_target", "pull_request_review"]) {
      assert.deepEqual(await read(name, pull("harbour/fleet")), {
        name,
        range: { kind: "since-fork-point", base: { sha: A }, head: B },
        pull: {
          number: 7,
          author: "deckhand",
          isOpen: true,
          base: { sha: A, ref: "main", repository: "harbour/fleet" },
          head: { sha: B, repository: "harbour/fleet" },
        },
        wanted: null,
        edit: null,
        queued: null,
      });
    }
  });

  it("tells a fork, even one that is gone", async () => {
    const fork = async (headRepository: string | null) => {
      const { pull: found } = await read("pull_request", pull(headRepository));
      return found !== null && isFork(found);
    };
    assert.equal(await fork("harbour/fleet"), false);
    assert.equal(await fork("mallory/fleet"), true);
    assert.equal(await fork(null), true);
  });

  it("of a comment names who did what to it, and asks for the pull request", async () => {
    const comment = { id: 12, body: "after", created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-02T00:00:00Z" };
    const edited = {
      action: "edited",
      issue: { number: 7, pull_request: {} },
      comment,
      changes: { body: { from: "before" } },
      sender: { login: "quay", type: "User" },
    };
    const { range, wanted, edit } = await read("issue_comment", edited);
    assert.deepEqual([range, wanted], [null, { number: 7 }]);
    assert.deepEqual(edit, {
      action: "edited",
      by: { login: "quay", isBot: false },
      at: "2026-01-02T00:00:00Z",
      id: 12,
      before: "before",
      after: "after",
    });
    const onIssue = await read("issue_comment", { ...edited, issue: { number: 7 } });
    assert.deepEqual([onIssue.wanted, onIssue.edit], [null, null]);
  });

  it("of a run after another asks for the pull request of its branch and commit", async () => {
    const run = {
      event: "pull_request",
      head_sha: B,
      head_branch: "pools",
      head_repository: { owner: { login: "mallory" } },
    };
    assert.deepEqual((await read("workflow_run", { workflow_run: run })).wanted, { branch: "mallory:pools", head: B });
    assert.equal((await read("workflow_run", { workflow_run: { ...run, event: "push" } })).wanted, null);
  });

  it("of a merge queue names the pull request", async () => {
    const group = { base_sha: A, head_sha: B, head_ref: `refs/heads/gh-readonly-queue/main/pr-12-${A}` };
    assert.equal((await read("merge_group", { merge_group: group })).queued, 12);
    assert.equal((await read("merge_group", { merge_group: { ...group, head_ref: "refs/heads/x" } })).queued, null);
  });

  it("of a merge queue compares the group with its base", async () => {
    const { range } = await read("merge_group", { merge_group: { base_sha: A, head_sha: B } });
    assert.deepEqual(range, { kind: "since-fork-point", base: { sha: A }, head: B });
  });

  it("of a push compares before with after", async () => {
    const { range } = await read("push", { before: A, after: B, ref: "refs/heads/main", repository });
    assert.deepEqual(range, { kind: "between", base: A, head: B });
  });

  it("of a new branch compares with where it left the default branch", async () => {
    const { range } = await read("push", { before: NONE, after: B, ref: "refs/heads/pools", repository });
    assert.deepEqual(range, { kind: "since-fork-point", base: { branch: "main" }, head: B });
  });

  it("of a new default branch, or on demand there, looks at the state", async () => {
    const state = { kind: "state", head: B };
    const first = await read("push", { before: NONE, after: B, ref: "refs/heads/main", repository });
    assert.deepEqual(first.range, state);
    const env = { GITHUB_SHA: B, GITHUB_REF: "refs/heads/main" };
    assert.deepEqual((await read("workflow_dispatch", { repository }, env)).range, state);
    assert.deepEqual((await read("schedule", { repository }, env)).range, state);
  });

  it("on demand on another branch compares with the default branch", async () => {
    const env = { GITHUB_SHA: B, GITHUB_REF: "refs/heads/pools" };
    const { range } = await read("workflow_dispatch", { repository }, env);
    assert.deepEqual(range, { kind: "since-fork-point", base: { branch: "main" }, head: B });
  });

  it("without a change to review is refused with what to use", async () => {
    await refused(read("release", {}), /`release` brings no change/);
    await refused(read("push", { deleted: true, before: A, after: NONE }), /deletes a branch/);
    await refused(read("pull_request", {}), /no commit in `pull_request\.base\.sha`/);
    await refused(read("pull_request", { pull_request: { base: { sha: "--upload-pack=x" } } }), /no commit in/);
    await refused(read("pull_request", "{"), /cannot be read/);
    await refused(readEvent({ GITHUB_EVENT_NAME: "push" }), /GITHUB_EVENT_PATH is not set/);
  });
});
