/**
 * What happened: reads the payload of the workflow's event and says which commits to compare.
 *
 * In: `GITHUB_EVENT_NAME`, the payload file. Out: an `Event`. Nothing is looked up here, in git or over the network; what
 * the payload does not hold is named, so that the caller can ask.
 */

import { readFile } from "node:fs/promises";
import { Refusal } from "./refusal.ts";
import type { PullRequest } from "./shape.ts";

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

/** How to find a pull request that the payload does not describe. */
export type Wanted = { number: number } | { branch: string; head: string };

/** What somebody did to a comment. */
export interface Edit {
  action: "created" | "edited" | "deleted";
  by: { login: string; isBot: boolean };
  /** When, as GitHub writes it. */
  at: string;
  id: number;
  /** The text before an edit. */
  before: string | null;
  after: string;
}

export interface Event {
  name: string;
  /** Null where the pull request has to be asked for first. */
  range: Range | null;
  /** Where a comment can go. */
  pull: PullRequest | null;
  wanted: Wanted | null;
  edit: Edit | null;
  /** The pull request that a merge queue is about to merge. */
  queued: number | null;
}

type Account = { login?: string; type?: string } | null;
type Side = { sha?: string; ref?: string; repo?: { full_name?: string } | null };

/** The part of GitHub's payloads that matters here; everything may be absent in a payload of another kind. */
interface Payload {
  action?: string;
  before?: string;
  after?: string;
  ref?: string;
  deleted?: boolean;
  repository?: { default_branch?: string };
  pull_request?: { number?: number; state?: string; user?: Account; base?: Side; head?: Side };
  merge_group?: { base_sha?: string; head_sha?: string; head_ref?: string };
  issue?: { number?: number; pull_request?: object };
  comment?: { id?: number; body?: string; created_at?: string; updated_at?: string };
  changes?: { body?: { from?: string } };
  sender?: Account;
  workflow_run?: {
    event?: string;
    head_sha?: string;
    head_branch?: string;
    head_repository?: { owner?: { login?: string } } | null;
  };
}

const SUPPORTED =
  "pull_request, pull_request_target, pull_request_review, issue_comment, workflow_run, merge_group, push, workflow_dispatch or schedule";

/** Reads the event of this run. */
export async function readEvent(env: NodeJS.ProcessEnv): Promise<Event> {
  const name = env.GITHUB_EVENT_NAME ?? "";
  const payload = await readPayload(env.GITHUB_EVENT_PATH);
  switch (name) {
    case "pull_request":
    case "pull_request_target":
    case "pull_request_review":
      return event(name, ofPull(pullRequest(payload)));
    case "issue_comment":
      return issueComment(name, payload);
    case "workflow_run":
      return workflowRun(name, payload);
    case "merge_group":
      return mergeGroup(name, payload);
    case "push":
      return event(name, { range: push(payload) });
    case "workflow_dispatch":
    case "schedule":
      return event(name, { range: onDemand(payload, env) });
    default:
      throw new Refusal(`the event \`${name}\` brings no change to review; run this step on ${SUPPORTED}`);
  }
}

/** The event once its pull request is known. */
export function ofPull(pull: PullRequest): { range: Range; pull: PullRequest } {
  return { pull, range: { kind: "since-fork-point", base: { sha: pull.base.sha }, head: pull.head.sha } };
}

/** The change comes from another repository, so the token is usually read-only. A fork that is gone has none any more. */
export function isFork(pull: PullRequest): boolean {
  return pull.head.repository === null || pull.head.repository !== pull.base.repository;
}

function event(name: string, known: Partial<Event>): Event {
  return { name, range: null, pull: null, wanted: null, edit: null, queued: null, ...known };
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

function pullRequest(payload: Payload): PullRequest {
  const { number, state, user, base, head } = payload.pull_request ?? {};
  const baseSha = commit(base?.sha, "pull_request.base.sha");
  const headSha = commit(head?.sha, "pull_request.head.sha");
  if (number === undefined) throw new Refusal("the event's payload has no number of a pull request");
  return {
    number,
    author: user?.login ?? "",
    isOpen: state !== "closed",
    base: { sha: baseSha, ref: base?.ref ?? "", repository: base?.repo?.full_name ?? "" },
    head: { sha: headSha, repository: head?.repo?.full_name ?? null },
  };
}

function issueComment(name: string, payload: Payload): Event {
  const { action, issue, comment, changes, sender } = payload;
  if (issue?.pull_request === undefined || issue.number === undefined || comment?.id === undefined) {
    return event(name, {});
  }
  const edit: Edit = {
    action: action === "edited" || action === "deleted" ? action : "created",
    by: { login: sender?.login ?? "", isBot: sender?.type === "Bot" },
    at: comment.updated_at ?? comment.created_at ?? "",
    id: comment.id,
    before: changes?.body?.from ?? null,
    after: comment.body ?? "",
  };
  return event(name, { wanted: { number: issue.number }, edit });
}

/** The run after one on `pull_request`, with a token that may write. Nothing that run left behind is read. */
function workflowRun(name: string, payload: Payload): Event {
  const { event: first, head_sha, head_branch, head_repository } = payload.workflow_run ?? {};
  const owner = head_repository?.owner?.login;
  if (first !== "pull_request" || owner === undefined || head_branch === undefined) return event(name, {});
  const head = commit(head_sha, "workflow_run.head_sha");
  return event(name, { wanted: { branch: `${owner}:${head_branch}`, head } });
}

function mergeGroup(name: string, payload: Payload): Event {
  const { base_sha, head_sha, head_ref = "" } = payload.merge_group ?? {};
  const base = commit(base_sha, "merge_group.base_sha");
  const head = commit(head_sha, "merge_group.head_sha");
  const queued = /\/pr-(\d+)-[0-9a-f]+$/.exec(head_ref)?.[1];
  return event(name, {
    range: { kind: "since-fork-point", base: { sha: base }, head },
    queued: queued === undefined ? null : Number(queued),
  });
}

function push(payload: Payload): Range {
  if (payload.deleted === true) {
    throw new Refusal(
      "this push deletes a branch or tag, so there is nothing to review; skip it with `if: !github.event.deleted`",
    );
  }
  const head = commit(payload.after, "after");
  const known = isCommit(payload.before);
  return known
    ? { kind: "between", base: payload.before ?? "", head }
    : againstDefaultBranch(head, payload.ref, payload);
}

function onDemand(payload: Payload, env: NodeJS.ProcessEnv): Range {
  const head = commit(env.GITHUB_SHA, "GITHUB_SHA");
  return againstDefaultBranch(head, env.GITHUB_REF, payload);
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
