/**
 * What happened: reads the payload of the workflow's event and says which commits to compare.
 *
 * In: `GITHUB_EVENT_NAME`, the payload file. Out: an `Event`. Nothing is looked up here, in git or over the network.
 */

import { readFile } from "node:fs/promises";
import { Refusal } from "./refusal.ts";

/** A commit by its id, or a branch of the remote by its name. */
export type Revision = { sha: string } | { branch: string };

/** Which states to compare. */
export type Range =
  /** What the head did since it left the base. */
  | { kind: "since-fork-point"; base: Revision; head: string }
  /** The two states as they are. */
  | { kind: "between"; base: string; head: string }
  /** One state, as it stands: an audit. */
  | { kind: "state"; head: string };

export interface Event {
  name: string;
  range: Range;
  /** Where a comment can go. */
  pullRequest: number | null;
  /** The change comes from another repository, so the token is usually read-only. */
  fork: boolean;
}

/** The part of GitHub's payloads that matters here; everything may be absent in a payload of another kind. */
interface Payload {
  before?: string;
  after?: string;
  ref?: string;
  deleted?: boolean;
  repository?: { default_branch?: string };
  pull_request?: {
    number?: number;
    base?: { sha?: string; repo?: { full_name?: string } | null };
    head?: { sha?: string; repo?: { full_name?: string } | null };
  };
  merge_group?: { base_sha?: string; head_sha?: string };
}

const SUPPORTED = "pull_request, pull_request_target, merge_group, push, workflow_dispatch or schedule";

/** Reads the event of this run. */
export async function readEvent(env: NodeJS.ProcessEnv): Promise<Event> {
  const name = env.GITHUB_EVENT_NAME ?? "";
  const payload = await readPayload(env.GITHUB_EVENT_PATH);
  switch (name) {
    case "pull_request":
    case "pull_request_target":
      return pullRequest(name, payload);
    case "merge_group":
      return mergeGroup(name, payload);
    case "push":
      return push(name, payload);
    case "workflow_dispatch":
    case "schedule":
      return onDemand(name, payload, env);
    default:
      throw new Refusal(`the event \`${name}\` brings no change to review; run this step on ${SUPPORTED}`);
  }
}

async function readPayload(path: string | undefined): Promise<Payload> {
  if (path === undefined || path === "") {
    throw new Refusal("GITHUB_EVENT_PATH is not set; this step has to run in a GitHub workflow");
  }
  try {
    const payload: unknown = JSON.parse(await readFile(path, "utf8"));
    return typeof payload === "object" && payload !== null ? payload : {};
  } catch {
    throw new Refusal(
      "the event's payload in GITHUB_EVENT_PATH cannot be read; it must be the JSON file GitHub writes",
    );
  }
}

function pullRequest(name: string, payload: Payload): Event {
  const { number, base, head } = payload.pull_request ?? {};
  return {
    name,
    range: {
      kind: "since-fork-point",
      base: { sha: commit(base?.sha, "pull_request.base.sha") },
      head: commit(head?.sha, "pull_request.head.sha"),
    },
    pullRequest: number ?? null,
    // A fork that was deleted meanwhile has no repository any more.
    fork: head?.repo == null || head.repo.full_name !== base?.repo?.full_name,
  };
}

function mergeGroup(name: string, payload: Payload): Event {
  const base = commit(payload.merge_group?.base_sha, "merge_group.base_sha");
  const head = commit(payload.merge_group?.head_sha, "merge_group.head_sha");
  return { name, range: { kind: "since-fork-point", base: { sha: base }, head }, pullRequest: null, fork: false };
}

function push(name: string, payload: Payload): Event {
  if (payload.deleted === true) {
    throw new Refusal(
      "this push deletes a branch or tag, so there is nothing to review; skip it with `if: !github.event.deleted`",
    );
  }
  const head = commit(payload.after, "after");
  const known = isCommit(payload.before);
  const range: Range = known
    ? { kind: "between", base: payload.before ?? "", head }
    : againstDefaultBranch(head, payload.ref, payload);
  return { name, range, pullRequest: null, fork: false };
}

function onDemand(name: string, payload: Payload, env: NodeJS.ProcessEnv): Event {
  const head = commit(env.GITHUB_SHA, "GITHUB_SHA");
  return { name, range: againstDefaultBranch(head, env.GITHUB_REF, payload), pullRequest: null, fork: false };
}

/** A new branch is compared with where it left the default branch; the default branch itself is looked at as it stands. */
function againstDefaultBranch(head: string, ref: string | undefined, payload: Payload): Range {
  const branch = payload.repository?.default_branch;
  const isDefault = branch === undefined || ref === `refs/heads/${branch}`;
  return isDefault ? { kind: "state", head } : { kind: "since-fork-point", base: { branch }, head };
}

function commit(value: string | undefined, field: string): string {
  if (value === undefined || !isCommit(value)) {
    throw new Refusal(`the event's payload has no commit in \`${field}\`; run this step on ${SUPPORTED}`);
  }
  return value;
}

/** All zeros stand for "no commit": a branch that was just made. */
function isCommit(value: string | undefined): boolean {
  return value !== undefined && /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(value) && !/^0+$/.test(value);
}
