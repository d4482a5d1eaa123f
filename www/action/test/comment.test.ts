/** The comment's life against the stand-in for GitHub. */

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { type Draft, type Outcome, publish } from "../comment.ts";
import { openGitHub } from "../github.ts";
import { keepTicks } from "../ticks.ts";
import { FakeGitHub } from "./fake-github.ts";

const MARK = "<!-- plimsoll:default -->\n";
const HEAD = "a".repeat(40);
const BOT = { login: "github-actions[bot]", type: "Bot" } as const;

type Changes = Partial<Omit<Draft, "compose">> & { hasFindings?: boolean; write?: (maxBytes: number) => string };

describe("the comment", () => {
  let github: FakeGitHub;
  before(async () => {
    github = await FakeGitHub.start("harbour/fleet", [7, 9]);
  });
  after(() => github.stop());
  beforeEach(() => {
    github.reset();
    github.head = HEAD;
  });

  const comment = (changes: Changes = {}, token = "token-workflow", forked = false): Promise<Outcome> => {
    const env = { GITHUB_API_URL: github.url, GITHUB_REPOSITORY: "harbour/fleet", PLIMSOLL_RETRY_BASE_MS: "1" };
    const { hasFindings = true, write = () => "report", ...rest } = changes;
    const draft: Draft = {
      pullRequest: 7,
      head: HEAD,
      key: "default",
      policy: "on-findings",
      compose: async (earlier) => ({
        isNeeded: hasFindings,
        write: (bytes) => (earlier === null ? write(bytes) : keepTicks(earlier, write(bytes))),
        holds: () => true,
      }),
      ...rest,
    };
    return publish(openGitHub(env, token, forked), draft, 1);
  };
  const bodies = () => github.comments.map((stored) => stored.body);
  const why = async (outcome: Promise<Outcome>): Promise<string> => {
    const result = await outcome;
    return result.kind === "refused" ? result.why : `not refused but ${result.kind}`;
  };

  it("is created once and left alone while it says the same", async () => {
    assert.equal((await comment()).kind, "created");
    const second = await comment();
    assert.equal(second.kind, "unchanged");
    assert.match("url" in second ? second.url : "", /#issuecomment-\d+$/);
    assert.deepEqual(bodies(), [`${MARK}report`]);
    assert.equal(github.comments[0]?.edits, 0);
  });

  it("is updated in place when the report changes", async () => {
    await comment();
    assert.equal((await comment({ write: () => "another report" })).kind, "updated");
    assert.deepEqual(bodies(), [`${MARK}another report`]);
  });

  it("is not made when nothing was found, and made with policy always", async () => {
    assert.equal((await comment({ hasFindings: false })).kind, "none");
    assert.deepEqual(bodies(), []);
    assert.equal((await comment({ hasFindings: false, policy: "always" })).kind, "created");
  });

  it("is brought up to date when what it told of is resolved", async () => {
    await comment();
    const outcome = await comment({ hasFindings: false, write: () => "nothing found" });
    assert.equal(outcome.kind, "updated");
    assert.deepEqual(bodies(), [`${MARK}nothing found`]);
  });

  it("asks GitHub nothing with policy never", async () => {
    assert.equal((await comment({ policy: "never" })).kind, "none");
    assert.equal(github.requests.length, 0);
  });

  it("is found on a later page", async () => {
    for (let n = 0; n < 230; n += 1) github.seed({ body: `chat ${n}`, login: "someone" });
    github.seed({ body: `${MARK}old report`, ...BOT });
    assert.equal((await comment()).kind, "updated");
    assert.equal(github.comments.length, 231);
  });

  it("is not taken over from somebody else who wrote the marker", async () => {
    github.seed({ body: `${MARK}trap`, login: "mallory" });
    assert.equal((await comment()).kind, "created");
    assert.deepEqual(bodies(), [`${MARK}trap`, `${MARK}report`]);
  });

  it("of a person's token is told apart by login", async () => {
    github.seed({ body: `${MARK}by the workflow`, ...BOT });
    assert.equal((await comment({}, "token-person")).kind, "created");
    assert.equal((await comment({ write: () => "again" }, "token-person")).kind, "updated");
    assert.deepEqual(bodies(), [`${MARK}by the workflow`, `${MARK}again`]);
  });

  it("of a slow run does not write over that of a later push", async () => {
    await comment({ write: () => "of the later push" });
    assert.match(await why(comment({ head: "b".repeat(40) })), /newer commit/);
    assert.deepEqual(bodies(), [`${MARK}of the later push`]);
  });

  it("is not made again when GitHub answers 409 to the list", async () => {
    await comment();
    github.inject({ method: "GET", path: /comments$/, status: 409, times: 1000 });
    assert.match(await why(comment({ write: () => "again" })), /run the job again later/);
    assert.equal(github.comments.length, 1);
  });

  it("is made by a token that does not see the pull request's commits", async () => {
    github.inject({ method: "GET", path: /pulls/, status: 403 });
    assert.equal((await comment({ head: "b".repeat(40) })).kind, "created");
  });

  it("with another key is another comment", async () => {
    await comment();
    await comment({ key: "staging" });
    assert.deepEqual(bodies(), [`${MARK}report`, "<!-- plimsoll:staging -->\nreport"]);
  });

  it("keeps the ticks of items that still say the same", async () => {
    const list = (pool: number) =>
      `- [ ] the pool of ${pool} fits\n- [ ] the host [moved](https://x/${pool}) on purpose`;
    await comment({ write: () => list(20) });
    const stored = github.comments[0];
    assert.ok(stored);
    stored.body = stored.body.replaceAll("[ ]", "[x]");
    await comment({ write: () => list(40) });
    assert.equal(bodies()[0], `${MARK}- [ ] the pool of 40 fits\n- [x] the host [moved](https://x/40) on purpose`);
    stored.body = `${MARK}${list(40).replaceAll("[ ]", "[x]")}`.replaceAll("\n", "\r\n");
    assert.equal((await comment({ write: () => list(40) })).kind, "unchanged");
  });

  it("stays within 60,000 bytes, marker included, and gets shorter if GitHub takes less", async () => {
    const asked: number[] = [];
    github.inject({
      method: "POST",
      path: /comments$/,
      status: 422,
      message: "Body is too long (maximum is 20000 characters)",
    });
    const outcome = await comment({
      write: (bytes) => {
        asked.push(bytes);
        return "x".repeat(bytes);
      },
    });
    assert.equal(outcome.kind, "created");
    assert.deepEqual(
      asked.map((bytes) => bytes + MARK.length),
      [60_000, 30_000],
    );
    assert.equal(bodies()[0]?.length, 30_000);
  });

  it("says so when no length is accepted", async () => {
    const message = "Body is too long (maximum is 10 characters)";
    github.inject({ method: "POST", path: /comments$/, status: 422, message, times: 3 });
    assert.match(await why(comment()), /too long/);
  });

  it("names the missing permission", async () => {
    assert.match(await why(comment({}, "token-fork")), /`pull-requests: write`/);
    assert.match(await why(comment({}, "token-fork", true)), /from a fork is read-only/);
    assert.match(await why(comment({}, "token-nobody")), /`github-token`/);
    assert.match(await why(comment({ pullRequest: 8 })), /`pull-requests: write`/);
    assert.deepEqual(bodies(), []);
  });

  it("says that the rate limit is used up rather than that a permission is missing", async () => {
    const headers = { "x-ratelimit-remaining": "0" };
    github.inject({ method: "GET", path: /comments$/, status: 403, message: "API rate limit exceeded", headers });
    assert.match(await why(comment()), /rate limit/);
    assert.equal(github.requests.length, 1);
  });

  it("is made although GitHub stumbles", async () => {
    github.inject({ method: "GET", path: /comments$/, status: 502, times: 2 });
    github.inject({ method: "POST", path: /comments$/, status: 500 });
    assert.equal((await comment()).kind, "created");
    assert.deepEqual(bodies(), [`${MARK}report`]);
  });

  it("is not made twice when only the answer was lost", async () => {
    github.inject({ method: "POST", path: /comments$/, status: 502, afterwards: true });
    assert.equal((await comment()).kind, "unchanged");
    assert.deepEqual(bodies(), [`${MARK}report`]);
  });

  it("is given up after a bounded number of attempts", async () => {
    github.inject({ method: "GET", path: /comments$/, status: 503, times: 1000 });
    assert.match(await why(comment({ pullRequest: 9 })), /status 503/);
    assert.equal(github.count("GET", /comments$/), 12);
    github.clearFaults();
  });

  it("fails with a sentence when nobody is at the address", async () => {
    const env = { GITHUB_API_URL: "http://127.0.0.1:1", GITHUB_REPOSITORY: "a/b", PLIMSOLL_RETRY_BASE_MS: "1" };
    const compose = async () => ({ isNeeded: true, write: () => "", holds: () => true });
    const draft: Draft = { pullRequest: 7, head: HEAD, key: "k", policy: "always", compose };
    assert.match(await why(publish(openGitHub(env, "token", false), draft, 1)), /could not be reached/);
  });
});
