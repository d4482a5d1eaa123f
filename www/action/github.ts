/**
 * The few calls to GitHub's API that a comment needs, with bounded waiting and repeating.
 *
 * In: where the API is (`GITHUB_API_URL`, so GitHub Enterprise too), the token, the repository. Out: comments. A call
 * that is refused becomes a `Refusal` whose sentence names the permission or setting that is missing.
 */

import http from "node:http";
import { Octokit } from "@octokit/core";
import { paginateRest } from "@octokit/plugin-paginate-rest";
import { retry } from "@octokit/plugin-retry";
import { Refusal } from "./refusal.ts";

export interface Comment {
  id: number;
  body: string;
  url: string;
  author: { login: string; isBot: boolean };
}

export interface GitHub {
  /** Login of whom the token speaks for; null where the token may not ask, as that of an app. */
  whoAmI(): Promise<string | null>;
  /** The commit that a pull request's branch is at now; null where the token may not see it. */
  headOf(pullRequest: number): Promise<string | null>;
  /** All comments of a pull request, oldest first. */
  comments(pullRequest: number): Promise<Comment[]>;
  create(pullRequest: number, body: string): Promise<Comment>;
  update(id: number, body: string): Promise<Comment>;
}

/** GitHub took too long or broke down while a comment was made: it may or may not be there. */
export class Uncertain extends Error {
  override readonly name = "Uncertain";
}

/** The body is too long for GitHub. */
export class TooLong extends Error {
  override readonly name = "TooLong";
}

const REQUEST_TIMEOUT_MS = 15_000;
const RETRIES = 2;

const Client = Octokit.plugin(paginateRest, retry);
type Failure = { status?: number; message?: string; response?: { headers?: Record<string, unknown> } };
type RawComment = {
  id: number | bigint;
  body?: string | undefined;
  html_url: string;
  user: { login: string; type?: string } | null;
};

/** Opens the door to the API for the repository of this run. `forked`: refusals are explained as those of a fork. */
export function openGitHub(env: NodeJS.ProcessEnv, token: string, forked: boolean): GitHub {
  const client = makeClient(env, token);
  const [owner = "", repo = ""] = (env.GITHUB_REPOSITORY ?? "").split("/");
  const here = { owner, repo };
  const ask = <T>(call: Promise<T>): Promise<T> =>
    call.catch((error: Failure) => {
      throw explain(error, forked);
    });
  /** Null for a status that means "not for you to know". */
  const askOrNull = <T>(call: Promise<T>, ...unknown: number[]): Promise<T | null> =>
    call.catch((error: Failure) => {
      if (unknown.some((status) => status === error.status)) return null;
      throw explain(error, forked);
    });
  return {
    whoAmI: async () => (await askOrNull(client.request("GET /user"), 403))?.data.login ?? null,
    headOf: async (pull_number) => {
      const route = "GET /repos/{owner}/{repo}/pulls/{pull_number}";
      return (await askOrNull(client.request(route, { ...here, pull_number }), 403, 404))?.data.head.sha ?? null;
    },
    comments: async (issue_number) => {
      const route = "GET /repos/{owner}/{repo}/issues/{issue_number}/comments";
      return (await ask(client.paginate(route, { ...here, issue_number, per_page: 100 }))).map(toComment);
    },
    create: async (issue_number, body) => {
      const route = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";
      // Repeating a creation blindly could leave two comments; whoever calls this looks first whether it is there.
      const once = { retries: 0 };
      return toComment((await ask(client.request(route, { ...here, issue_number, body, request: once }))).data);
    },
    update: async (comment_id, body) => {
      const route = "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}";
      return toComment((await ask(client.request(route, { ...here, comment_id, body }))).data);
    },
  };
}

function makeClient(env: NodeJS.ProcessEnv, token: string): InstanceType<typeof Client> {
  return new Client({
    auth: token,
    baseUrl: env.GITHUB_API_URL || "https://api.github.com",
    userAgent: "plimsoll-action",
    request: { fetch: impatientFetch },
    // Not in `request`: there it would repeat refusals too.
    retry: { retries: RETRIES, retryAfterBaseValue: retryBase(env) },
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
}

function toComment(raw: RawComment): Comment {
  const author = { login: raw.user?.login ?? "", isBot: raw.user?.type === "Bot" };
  return { id: Number(raw.id), body: raw.body ?? "", url: raw.html_url, author };
}

/** What a failed call means for the reader. */
function explain(failure: Failure, forked: boolean): Error {
  const { status, message = "" } = failure;
  const limited =
    status === 429 || failure.response?.headers?.["x-ratelimit-remaining"] === "0" || /rate limit/i.test(message);
  if (limited && (status === 403 || status === 429)) {
    return new Refusal("GitHub's rate limit is used up; run the job again later");
  }
  switch (status) {
    case 401:
      return new Refusal("GitHub does not accept the token; check the input `github-token`");
    case 403:
      return new Refusal(forked ? FORK_REFUSED : REFUSED);
    case 404:
      return new Refusal(
        "the token does not see the repository or the pull request; check `github-token` and add `pull-requests: write` to the job's `permissions`",
      );
    case 410:
    case 423:
      return new Refusal("the conversation of the pull request is locked or gone; unlock it");
    case 422:
      return /too long/i.test(message)
        ? new TooLong(message)
        : new Refusal("GitHub did not accept the comment (status 422)");
    default:
      return new Uncertain(
        failure.response === undefined
          ? "GitHub could not be reached; run the job again later"
          : `GitHub answered with status ${status}; run the job again later`,
      );
  }
}

const FORK_REFUSED = "the token of a pull request from a fork is read-only, so GitHub took no comment";
const REFUSED = "the token may not write comments; add `pull-requests: write` to the job's `permissions`";

/** A server that never answers must not hold the run. */
const impatientFetch: typeof fetch = (input, init) =>
  fetch(input, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });

/** Unit of the pauses between attempts, in milliseconds; tests have no time to wait. */
function retryBase(env: NodeJS.ProcessEnv): number {
  const given = Number(env.PLIMSOLL_RETRY_BASE_MS);
  return Number.isFinite(given) && given > 0 ? given : 1000;
}

/** Self-hosted runners are often behind a proxy; Node honours it if asked. For the whole process. */
export function useProxy(): void {
  (http as { setGlobalProxyFromEnv?: () => unknown }).setGlobalProxyFromEnv?.();
}
