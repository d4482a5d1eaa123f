/**
 * The calls to GitHub's API that the action needs, with bounded waiting and repeating.
 *
 * In: where the API is (`GITHUB_API_URL`, so GitHub Enterprise too), the token, the repository. Out: what was asked for,
 * its shape checked. A call that is refused becomes a `Refusal` whose sentence names the permission or setting that is
 * missing; one of unknown outcome becomes `Uncertain`.
 */

import http from "node:http";
import { Octokit } from "@octokit/core";
import { paginateRest } from "@octokit/plugin-paginate-rest";
import { retry } from "@octokit/plugin-retry";
import { patientFetch, retryBase } from "./patience.ts";
import { Refusal } from "./refusal.ts";
import * as shape from "./shape.ts";

export type { Approval, Comment, PullRequest, Status, StatusState } from "./shape.ts";

export interface GitHub {
  /** Login of whom the token speaks for; null where the token may not ask, as that of an app. */
  whoAmI(): Promise<string | null>;
  /** The commit that a pull request's branch is at now; null where the token may not see it. */
  headOf(pullRequest: number): Promise<string | null>;
  pull(pullRequest: number): Promise<shape.PullRequest>;
  /** The open pull request of a branch (`owner:branch`) whose head is this commit; null if there is none. */
  findPull(branch: string, head: string): Promise<shape.PullRequest | null>;
  /** All comments of a pull request, oldest first. */
  comments(pullRequest: number): Promise<shape.Comment[]>;
  /** A comment as it is now; null if it is gone. */
  comment(id: number): Promise<shape.Comment | null>;
  create(pullRequest: number, body: string): Promise<shape.Comment>;
  /** Null if the comment is gone. */
  update(id: number, body: string): Promise<shape.Comment | null>;
  remove(id: number): Promise<void>;
  /** Newest first, 100 at most. */
  statuses(commit: string): Promise<shape.Status[]>;
  /** Gives the id. */
  setStatus(commit: string, status: Pick<shape.Status, "context" | "state" | "description" | "url">): Promise<number>;
  /** `admin`, `maintain`, `write`, `triage`, `read` or `none`. */
  roleOf(login: string): Promise<string>;
  isInTeam(organisation: string, team: string, login: string): Promise<boolean>;
  /** Approving reviews that still hold, each with the commit that was approved. */
  approvals(pullRequest: number): Promise<shape.Approval[]>;
  labels(pullRequest: number): Promise<string[]>;
  /** Makes the label if the repository has none of the name. */
  addLabel(pullRequest: number, name: string, color: string): Promise<void>;
  removeLabel(pullRequest: number, name: string): Promise<void>;
}

/** GitHub took too long or broke down while something was written: it may or may not be there. */
export class Uncertain extends Error {
  override readonly name = "Uncertain";
}

/** The body is too long for GitHub. */
export class TooLong extends Error {
  override readonly name = "TooLong";
}

const RETRIES = 2;

const Client = Octokit.plugin(paginateRest, retry);
type Failure = { status?: number; message?: string; response?: { headers?: Record<string, unknown> } };

/** What a call is for, to say which permission is missing. */
type Purpose = "comment" | "status" | "label" | "reviewers" | "pull request";

/** Opens the door to the API for the repository of this run. `forked`: refusals are explained as those of a fork. */
export function openGitHub(env: NodeJS.ProcessEnv, token: string, forked: boolean): GitHub {
  const client = makeClient(env, token);
  const [owner = "", repo = ""] = (env.GITHUB_REPOSITORY ?? "").split("/");
  const here = { owner, repo };
  const ask = async <T>(purpose: Purpose, call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      throw explain(error as Failure, purpose, forked);
    }
  };
  /** Null for a status that means "not for you to know", or "not there". */
  const askOrNull = async <T>(purpose: Purpose, call: () => Promise<T>, ...unknown: number[]): Promise<T | null> => {
    try {
      return await call();
    } catch (error) {
      if (unknown.some((status) => status === (error as Failure).status)) return null;
      throw explain(error as Failure, purpose, forked);
    }
  };
  const issue = (issue_number: number) => ({ ...here, issue_number });
  const pullRoute = "GET /repos/{owner}/{repo}/pulls/{pull_number}";
  return readable({
    whoAmI: async () => {
      const answer = await askOrNull("comment", () => client.request("GET /user"), 403);
      return answer === null ? null : shape.login(answer.data);
    },
    headOf: async (pull_number) => {
      const answer = await askOrNull("comment", () => client.request(pullRoute, { ...here, pull_number }), 403, 404);
      return answer === null ? null : shape.pull(answer.data).head.sha;
    },
    pull: async (pull_number) => {
      const answer = await ask("pull request", () => client.request(pullRoute, { ...here, pull_number }));
      return shape.pull(answer.data);
    },
    findPull: async (branch, head) => {
      const query = { ...here, head: branch, state: "open", per_page: 100 } as const;
      const answer = await ask("pull request", () => client.request("GET /repos/{owner}/{repo}/pulls", query));
      return shape.list(answer.data, shape.pull).find((pull) => pull.head.sha === head) ?? null;
    },
    comments: async (number) => {
      const route = "GET /repos/{owner}/{repo}/issues/{issue_number}/comments";
      const query = { ...issue(number), per_page: 100 };
      const all = await ask("comment", () => client.paginate(route, query, (page) => reallyAnswered(page).data));
      return shape.list(all, shape.comment);
    },
    comment: async (comment_id) => {
      const route = "GET /repos/{owner}/{repo}/issues/comments/{comment_id}";
      const answer = await askOrNull("comment", () => client.request(route, { ...here, comment_id }), 404, 410);
      return answer === null ? null : shape.comment(answer.data);
    },
    create: async (number, body) => {
      const route = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";
      // Repeating a creation blindly could leave two comments; whoever calls this looks first whether it is there.
      const once = { retries: 0 };
      const answer = await ask("comment", () => client.request(route, { ...issue(number), body, request: once }));
      return shape.comment(answer.data);
    },
    update: async (comment_id, body) => {
      const route = "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}";
      const call = () => client.request(route, { ...here, comment_id, body });
      const answer = await askOrNull("comment", call, 404, 410);
      return answer === null ? null : shape.comment(answer.data);
    },
    remove: async (comment_id) => {
      const route = "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}";
      await askOrNull("comment", () => client.request(route, { ...here, comment_id }), 404, 410);
    },
    statuses: async (ref) => {
      const route = "GET /repos/{owner}/{repo}/commits/{ref}/statuses";
      const answer = await ask("status", () => client.request(route, { ...here, ref, per_page: 100 }));
      return shape.list(answer.data, shape.status);
    },
    setStatus: async (sha, { context, state, description, url }) => {
      const route = "POST /repos/{owner}/{repo}/statuses/{sha}";
      const target = url === "" ? {} : { target_url: url };
      const what = { ...here, sha, context, state, description, ...target };
      return shape.status((await ask("status", () => client.request(route, what))).data).id;
    },
    roleOf: async (username) => {
      const route = "GET /repos/{owner}/{repo}/collaborators/{username}/permission";
      const answer = await askOrNull("reviewers", () => client.request(route, { ...here, username }), 404);
      return answer === null ? "none" : shape.role(answer.data);
    },
    isInTeam: async (org, team_slug, username) => {
      const route = "GET /orgs/{org}/teams/{team_slug}/memberships/{username}";
      const answer = await askOrNull("reviewers", () => client.request(route, { org, team_slug, username }), 404);
      return answer !== null && shape.isActive(answer.data);
    },
    approvals: async (pull_number) => {
      const route = "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews";
      const query = { ...here, pull_number, per_page: 100 };
      return shape.approvals(await ask("pull request", () => client.paginate(route, query)));
    },
    labels: async (number) => {
      const route = "GET /repos/{owner}/{repo}/issues/{issue_number}/labels";
      const answer = await ask("label", () => client.request(route, { ...issue(number), per_page: 100 }));
      return shape.list(answer.data, shape.labelName);
    },
    addLabel: async (number, name, color) => {
      const description = "Risk that Plimsoll sees in the change of configuration";
      const make = () => client.request("POST /repos/{owner}/{repo}/labels", { ...here, name, color, description });
      // 422: it is there already.
      await askOrNull("label", make, 422);
      const route = "POST /repos/{owner}/{repo}/issues/{issue_number}/labels";
      await ask("label", () => client.request(route, { ...issue(number), labels: [name] }));
    },
    removeLabel: async (number, name) => {
      const route = "DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}";
      await askOrNull("label", () => client.request(route, { ...issue(number), name }), 404);
    },
  });
}

/** The package takes 409 for an empty list, with an answer of its own making; a comment that is there would be made again. */
function reallyAnswered<T extends { headers: object }>(page: T): T {
  if (Object.keys(page.headers).length === 0) throw new shape.Unreadable();
  return page;
}

/** An answer of another shape than GitHub's says nothing about what was done. */
function readable(github: GitHub): GitHub {
  const calls = Object.entries(github).map(([name, call]) => {
    const checked = (...args: unknown[]) =>
      (call as (...args: unknown[]) => Promise<unknown>)(...args).catch((error: unknown) => {
        throw error instanceof shape.Unreadable ? new Uncertain(UNREADABLE) : error;
      });
    return [name, checked];
  });
  return Object.fromEntries(calls) as GitHub;
}

function makeClient(env: NodeJS.ProcessEnv, token: string): InstanceType<typeof Client> {
  return new Client({
    auth: token,
    baseUrl: env.GITHUB_API_URL || "https://api.github.com",
    userAgent: "plimsoll-action",
    request: { fetch: patientFetch(env) },
    // Not in `request`: there it would repeat refusals too. A limit is waited for by `patientFetch`.
    retry: {
      retries: RETRIES,
      retryAfterBaseValue: retryBase(env),
      doNotRetry: [400, 401, 403, 404, 409, 410, 422, 423, 429, 451],
    },
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
}

/** What a failed call means for the reader. */
function explain(failure: Failure, purpose: Purpose, forked: boolean): Error {
  if (failure instanceof shape.Unreadable) return new Uncertain(UNREADABLE);
  const { status, message = "" } = failure;
  const headers = failure.response?.headers ?? {};
  const limited = status === 429 || headers["x-ratelimit-remaining"] === "0" || /rate limit/i.test(message);
  if (limited && (status === 403 || status === 429)) {
    return new Refusal("GitHub's rate limit is used up; run the job again later");
  }
  switch (status) {
    case 401:
      return new Refusal("GitHub does not accept the token; check the input `github-token`");
    case 403:
      if (forked && purpose !== "reviewers") return new Refusal(FORK_REFUSED[purpose]);
      return new Refusal(REFUSED[purpose]);
    case 404:
      return new Refusal(
        `the token does not see the repository or the pull request; check \`github-token\` and add ${NEEDED[purpose]} to the job's \`permissions\``,
      );
    case 409:
      return new Uncertain("GitHub was busy with another change to the same thing; run the job again later");
    case 410:
    case 423:
      return new Refusal("the conversation of the pull request is locked or gone; unlock it");
    case 422:
      return /too long/i.test(message)
        ? new TooLong(message)
        : new Refusal(`GitHub did not accept the ${purpose} (status 422)`);
    default:
      return new Uncertain(
        failure.response === undefined
          ? "GitHub could not be reached; run the job again later"
          : `GitHub answered with status ${status}; run the job again later`,
      );
  }
}

const UNREADABLE = "GitHub's answer could not be read; run the job again later";

const NEEDED: Record<Purpose, string> = {
  comment: "`pull-requests: write`",
  status: "`statuses: write`",
  label: "`pull-requests: write`",
  reviewers: "`contents: read`",
  "pull request": "`pull-requests: read`",
};

const REFUSED: Record<Purpose, string> = {
  comment: "the token may not write comments; add `pull-requests: write` to the job's `permissions`",
  status: "the token may not write commit statuses; add `statuses: write` to the job's `permissions`",
  label: "the token may not set labels; add `pull-requests: write` to the job's `permissions`",
  reviewers:
    "the token may not ask who belongs to a team; give `github-token` a token of an app that may read the organisation's members, or name people or roles in [gate]",
  "pull request": "the token may not read pull requests; add `pull-requests: read` to the job's `permissions`",
};

const FORK_REFUSED: Record<Exclude<Purpose, "reviewers">, string> = {
  comment: "the token of a pull request from a fork is read-only, so GitHub took no comment",
  status: "the token of a pull request from a fork is read-only, so GitHub took no commit status",
  label: "the token of a pull request from a fork is read-only, so GitHub took no label",
  "pull request": "the token of a pull request from a fork may not read it",
};

/** Self-hosted runners are often behind a proxy; Node honours it if asked. For the whole process. */
export function useProxy(): void {
  (http as { setGlobalProxyFromEnv?: () => unknown }).setGlobalProxyFromEnv?.();
}
