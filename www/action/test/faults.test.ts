/**
 * Every call to GitHub answered by every fault, against the bundled action: the verdict of the step stays right, the
 * report is whole in the summary, there is at most one comment, the gate stays closed, and a sentence says what to do.
 *
 * `PLIMSOLL_TABLE=FILE` writes what became of each as a Markdown table.
 */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, beforeEach, describe, it } from "node:test";
import { FakeGitHub, type Fault } from "./fake-github.ts";
import { Repository } from "./repository.ts";
import { type Result, runStep, type Step } from "./runner.ts";

const compose = (pool: number) => `services:
  orders-db:
    image: postgres:17
    command: postgres -c max_connections=100
  api:
    image: registry.example.com/shop/api:1.4.2
    deploy:
      replicas: 5
    environment:
      SPRING_DATASOURCE_URL: jdbc:postgresql://orders-db:5432/orders
      SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: "${pool}"
`;
const FILE = "production/compose.yaml";
const MARK = "<!-- plimsoll:default -->\n";
const BOT = { login: "github-actions[bot]", type: "Bot" } as const;

interface Call {
  name: string;
  method: string;
  path: RegExp;
  /** Whether a comment of an earlier run is there. */
  isLater?: boolean;
}

const CALLS: Call[] = [
  { name: "list comments", method: "GET", path: /issues\/7\/comments$/ },
  { name: "who am I", method: "GET", path: /^\/user$/, isLater: true },
  { name: "head of the pull request", method: "GET", path: /pulls\/7$/ },
  { name: "create the comment", method: "POST", path: /issues\/7\/comments$/ },
  { name: "update the comment", method: "PATCH", path: /issues\/comments\/\d+$/, isLater: true },
  { name: "read the comment back", method: "GET", path: /issues\/comments\/\d+$/, isLater: true },
  { name: "list statuses", method: "GET", path: /statuses$/ },
  { name: "post the status", method: "POST", path: /statuses\/[0-9a-f]+$/ },
  { name: "list labels", method: "GET", path: /labels$/ },
  { name: "set a label", method: "POST", path: /issues\/7\/labels$/ },
];
const FAULTS: Fault["status"][] = [401, 403, 404, 409, 422, 429, 500, "cut", "hang", "slow", "garbage"];

describe("faults of GitHub", () => {
  let repository: Repository;
  let github: FakeGitHub;
  let workspace = "";
  let base = "";
  let head = "";
  const table = new Map<string, string[]>();
  before(async () => {
    github = await FakeGitHub.start();
    repository = new Repository();
    base = repository.commit({ [FILE]: compose(10), "plimsoll.toml": "[gate]\n" });
    repository.git("checkout", "--quiet", "-b", "pools");
    head = repository.commit({ [FILE]: compose(40) });
    workspace = repository.clone("clone", head, "whole");
  });
  after(async () => {
    const file = process.env.PLIMSOLL_TABLE;
    if (file) writeFileSync(file, written(table));
    await github.stop();
    repository.dispose();
  });
  beforeEach(() => {
    github.reset();
    Object.assign(github, { head, base });
  });

  const run = (changes: Partial<Step> = {}): Promise<Result> =>
    runStep({
      root: repository.root,
      workspace,
      event: "pull_request",
      payload: { pull_request: github.showPull() },
      apiUrl: github.url,
      ...changes,
      inputs: { "github-token": "token-workflow", label: "config-risk", ...changes.inputs },
      env: { PLIMSOLL_REQUEST_TIMEOUT_MS: "400", ...changes.env },
    });
  const own = () => github.comments.filter(({ body }) => body.startsWith(MARK));
  const warnings = ({ commands }: Result) =>
    commands.filter(({ name, text }) => name === "warning" && /posted/.test(text)).map(({ text }) => text);

  const check = (result: Result, name: string) => {
    assert.equal(result.exitCode, 0, `${name}: ${result.log}`);
    assert.match(result.summary, /205 connections/, `${name}: the report is whole`);
    assert.ok(own().length <= 1, `${name}: ${own().length} comments`);
    assert.notEqual(github.status(head)?.state, "success", `${name}: nobody confirmed`);
    assert.ok(!result.log.includes("this is a bug"), `${name}: ${result.log}`);
    const posted = own().some(({ body }) => body.includes("205 connections"));
    assert.ok(posted || warnings(result).length > 0, `${name}: neither comment nor sentence`);
  };

  for (const call of CALLS) {
    it(`are survived when asked to ${call.name}`, async () => {
      const row: string[] = [];
      for (const status of FAULTS) {
        github.reset();
        if (call.isLater) github.seed({ body: `${MARK}what an earlier run said`, ...BOT });
        github.inject({ method: call.method, path: call.path, status, times: 1000 });
        const result = await run();
        check(result, `${call.name}, ${status}`);
        const posted = own().some(({ body }) => body.includes("205 connections"));
        row.push(`${posted ? "comment" : "no comment"}${shortened(warnings(result))}`);
      }
      table.set(call.name, row);
    });
  }

  it("that pass go unnoticed", async () => {
    for (const status of [429, 500, "cut", "garbage"] as const) {
      github.reset();
      github.inject({ method: "GET", path: /comments$/, status, headers: { "retry-after": "2" } });
      github.inject({ method: "POST", path: /comments$/, status });
      const result = await run();
      check(result, `once ${status}`);
      assert.deepEqual(warnings(result), [], String(status));
    }
  });

  it("after the comment was made make no second one", async () => {
    for (const status of [500, "cut", "hang", "garbage"] as const) {
      github.reset();
      github.inject({ method: "POST", path: /issues\/7\/comments$/, status, afterwards: true, times: 3 });
      const result = await run();
      check(result, `done, and ${status}`);
      assert.equal(own().length, 1);
    }
  });

  it("leave one comment when two runs start at once, or when lists lag", async () => {
    const results = await Promise.all([run(), run({ workspace: repository.clone("second", head, "whole") })]);
    for (const result of results) check(result, "two at once");
    assert.equal(own().length, 1);
    github.reset();
    github.lag = 1;
    check(await run(), "lagging");
    check(await run(), "after the lag");
    assert.equal(own().length, 1);
    github.seed({ body: `${MARK}left behind`, ...BOT });
    check(await run(), "one left behind");
    assert.equal(own().length, 1);
  });

  it("are none where the comment is among 300 of others, was removed, or belongs to a renamed app", async () => {
    for (let n = 0; n < 300; n += 1) github.seed({ body: `${n % 7 === 0 ? MARK : ""}chat ${n}`, login: "passenger" });
    github.seed({ body: `${MARK}what an earlier run said`, ...BOT });
    await run();
    assert.equal(github.comments.length, 301);
    assert.match(github.comments.at(-1)?.body ?? "", /205 connections/);

    github.reset();
    const gone = github.seed({ body: `${MARK}what an earlier run said`, ...BOT });
    github.afterwards = (method, path) => {
      if (method === "GET" && /pulls\/7$/.test(path) && github.comments.includes(gone)) github.remove(gone.id, "quay");
    };
    check(await run(), "removed meanwhile");
    assert.equal(own().length, 1);

    github.reset();
    github.seed({ body: `${MARK}what an earlier run said`, login: "old-harbour-app[bot]", type: "Bot" });
    check(await run({ inputs: { "github-token": "token-app" } }), "renamed app");
    assert.equal(own().length, 1);
  });

  it("end in bounded time when GitHub hangs at everything", async () => {
    for (const method of ["GET", "POST"]) github.inject({ method, path: /./, status: "hang", times: 1000 });
    const begin = performance.now();
    const result = await run({ env: { PLIMSOLL_REQUEST_TIMEOUT_MS: "200" } });
    check(result, "all hangs");
    assert.ok(performance.now() - begin < 30_000);
  });
});

/** The distinct sentences, without what all of them begin with. */
function shortened(sentences: string[]): string {
  const texts = sentences.map((text) => text.replace(/^.*?posted: /, ""));
  return [...new Set(texts)].map((text) => `; ${text}`).join("");
}

function written(table: Map<string, string[]>): string {
  const head = `| call | ${FAULTS.join(" | ")} |\n|${" --- |".repeat(FAULTS.length + 1)}\n`;
  return head + [...table].map(([name, row]) => `| ${name} | ${row.join(" | ")} |\n`).join("");
}
