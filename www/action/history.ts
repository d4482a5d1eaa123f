/**
 * Finds the two commits to compare in the local clone, and fetches history where the clone is too shallow.
 *
 * In: a `Range` of the event. Out: ids of commits that are there. If they cannot be had, the reason says what to set.
 */

import type { Range, Revision } from "./event.ts";
import { type Git, GitFailure } from "./git.ts";
import { Refusal } from "./refusal.ts";

export interface Revisions {
  /** Null in an audit: one state, nothing to compare it with. */
  old: string | null;
  new: string;
  /** Whose policy judges: the tip of the base, because a change could choose an old commit to branch off. */
  policy: string;
}

/** Each step fetches more than the one before; most changes are done after the first. */
const DEPTHS = ["--depth=50", "--depth=500", "--depth=5000", "--unshallow"];

const REMEDY = "set `fetch-depth: 0` at actions/checkout";

/** Makes sure that both commits are there. */
export async function findRevisions(git: Git, range: Range): Promise<Revisions> {
  if (!(await git.agrees("rev-parse", "--git-dir"))) {
    throw new Refusal("there is no git repository in the workspace; run actions/checkout before this step");
  }
  await ensure(git, range.head);
  switch (range.kind) {
    case "state":
      return { old: null, new: range.head, policy: range.head };
    case "between":
      await ensure(git, range.base);
      return { old: range.base, new: range.head, policy: range.base };
    case "since-fork-point": {
      const base = await locate(git, range.base);
      return { old: await forkPoint(git, base, range.head), new: range.head, policy: base };
    }
  }
}

async function locate(git: Git, revision: Revision): Promise<string> {
  if ("branch" in revision) return locateBranch(git, revision.branch);
  await ensure(git, revision.sha);
  return revision.sha;
}

async function locateBranch(git: Git, branch: string): Promise<string> {
  const tracked = `refs/remotes/origin/${branch}`;
  if (!(await git.agrees("rev-parse", "--verify", "--quiet", `${tracked}^{commit}`))) {
    await fetch(git, `branch ${branch}`, `+refs/heads/${branch}:${tracked}`);
  }
  return git.text("rev-parse", "--verify", `${tracked}^{commit}`);
}

async function ensure(git: Git, sha: string): Promise<void> {
  if (await git.agrees("cat-file", "-e", `${sha}^{commit}`)) return;
  await fetch(git, `commit ${sha.slice(0, 12)}`, sha);
}

async function fetch(git: Git, what: string, refspec: string): Promise<void> {
  // A depth would cut the history of a clone that is whole.
  const depth = (await isShallow(git)) ? ["--depth=1"] : [];
  try {
    await git.fetch(...depth, "origin", refspec);
  } catch (error) {
    throw unreachable(what, error);
  }
}

async function forkPoint(git: Git, base: string, head: string): Promise<string> {
  const found = (await mergeBase(git, base, head)) ?? (await deepen(git, base, head));
  if (found !== null) return found;
  throw new Refusal(
    `commits ${base.slice(0, 12)} and ${head.slice(0, 12)} have no history in common; rebase the branch onto its base`,
  );
}

async function deepen(git: Git, base: string, head: string): Promise<string | null> {
  for (const depth of DEPTHS) {
    if (!(await isShallow(git))) return null;
    try {
      await git.fetch(depth, "origin", base, head);
    } catch (error) {
      throw unreachable("the commit where the branch left its base", error);
    }
    const found = await mergeBase(git, base, head);
    if (found !== null) return found;
  }
  return null;
}

async function mergeBase(git: Git, base: string, head: string): Promise<string | null> {
  const found = await git.text("merge-base", base, head).catch(() => "");
  return found === "" ? null : found;
}

async function isShallow(git: Git): Promise<boolean> {
  return (await git.text("rev-parse", "--is-shallow-repository")) === "true";
}

function unreachable(what: string, error: unknown): Refusal {
  const reason = error instanceof GitFailure ? error.message : "git failed";
  return new Refusal(`${what} is not in the clone and cannot be fetched (${reason}); ${REMEDY}`);
}
