/** The bundled action from event to comment: real git, the real engine, a stand-in for GitHub. */

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Report } from "../../engine/report.ts";
import { FakeGitHub } from "./fake-github.ts";
import { Repository } from "./repository.ts";
import { BUNDLE, type Result, runStep, type Step, traces } from "./runner.ts";

const SECRET = "barnacle-9f31-quay";

/** Five replicas share a server that takes 100 connections: 10 each is fine, 40 each is not. */
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
      SPRING_DATASOURCE_USERNAME: shop
      SPRING_DATASOURCE_PASSWORD: ${SECRET}
      SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: "${pool}"
`;
const FILE = "production/compose.yaml";

describe("the action", () => {
  let repository: Repository;
  let github: FakeGitHub;
  let base = "";
  let head = "";
  before(async () => {
    github = await FakeGitHub.start();
    repository = new Repository();
    base = repository.commit({ [FILE]: compose(10), "README.md": "# fleet\n" });
    repository.git("checkout", "--quiet", "-b", "pools");
    head = repository.commit({ [FILE]: compose(40) });
  });
  after(async () => {
    await github.stop();
    repository.dispose();
  });
  beforeEach(() => {
    github.comments.splice(0);
    github.requests.splice(0);
  });

  let clones = 0;
  const clone = (commit: string, depth: "whole" | number = "whole") => {
    clones += 1;
    return repository.clone(`clone-${clones}`, commit, depth);
  };
  const payload = (from: string, to: string, headRepository = "harbour/fleet") => ({
    pull_request: {
      number: 7,
      base: { sha: from, repo: { full_name: "harbour/fleet" } },
      head: { sha: to, repo: { full_name: headRepository } },
    },
  });
  const review = (changes: Partial<Step> = {}): Promise<Result> => {
    const pushed = (changes.payload ?? payload(base, head)) as { pull_request?: { head: { sha: string } } };
    github.head = pushed.pull_request?.head.sha ?? "";
    return runStep({
      root: repository.root,
      workspace: changes.workspace ?? clone(head),
      event: "pull_request",
      payload: payload(base, head),
      apiUrl: github.url,
      ...changes,
      inputs: { "github-token": "token-workflow", ...changes.inputs },
    });
  };
  /** A commit on a branch of its own, from the base. */
  const branch = (from: string, files: Record<string, string>) => {
    repository.git("checkout", "--quiet", "--detach", from);
    return repository.commit(files);
  };
  const errors = (result: Result) => result.commands.filter((command) => command.name === "error").map((c) => c.text);

  it("comments once, fails the step, and leaves reports", async () => {
    const result = await review();
    assert.equal(result.exitCode, 1, result.log);
    assert.equal(github.comments.length, 1);
    const body = github.comments[0]?.body ?? "";
    assert.ok(body.startsWith("<!-- plimsoll:default -->\n"));
    assert.ok(body.includes(FILE));

    const report = JSON.parse(readFileSync(result.outputs["report-json"] ?? "", "utf8")) as Report;
    assert.equal(report.schema, "plimsoll.review/1");
    assert.equal(report.findings[0]?.file, FILE);
    assert.ok(report.score > 0);
    assert.equal(result.outputs.score, String(report.score));
    assert.equal(result.outputs.level, report.level);
    assert.equal(result.outputs.findings, String(report.findings.length));
    assert.match(result.outputs["comment-url"] ?? "", /#issuecomment-1\d+$/);
    const sarif = JSON.parse(readFileSync(result.outputs["report-sarif"] ?? "", "utf8")) as { version: string };
    assert.equal(sarif.version, "2.1.0");
    assert.ok(readFileSync(result.outputs["report-markdown"] ?? "", "utf8").includes(report.summary));

    assert.ok(result.summary.includes(report.summary));
    assert.ok(body.includes(`https://github.test/harbour/fleet/blob/${head}/${FILE}`));
    assert.ok(errors(result).length >= 2, "an annotation at the finding, and the verdict");
  });

  it("keeps the comment when the same is found again, and resolves it after the fix", async () => {
    await review();
    await review();
    assert.deepEqual(
      github.comments.map(({ edits }) => edits),
      [0],
    );
    const before = github.comments[0]?.body;
    const fixed = branch(head, { [FILE]: compose(10) });
    const result = await review({ workspace: clone(fixed), payload: payload(base, fixed) });
    assert.equal(result.exitCode, 0, result.log);
    assert.equal(result.outputs.level, "none");
    assert.equal(github.comments.length, 1);
    assert.equal(github.comments[0]?.edits, 1);
    assert.notEqual(github.comments[0]?.body, before);
  });

  it("makes no comment where nothing is found", async () => {
    const harmless = branch(base, { "README.md": "# fleet, described\n" });
    const result = await review({ workspace: clone(harmless), payload: payload(base, harmless) });
    assert.equal(result.exitCode, 0, result.log);
    assert.equal(github.comments.length, 0);
    assert.equal(result.outputs["comment-url"], "");
    assert.notEqual(result.summary.trim(), "");
  });

  it("does not count what the base did meanwhile", async () => {
    const moved = branch(base, { [FILE]: compose(4) });
    const harmless = branch(base, { "README.md": "# fleet, described\n" });
    const workspace = clone(harmless);
    const result = await review({ workspace, payload: payload(moved, harmless) });
    assert.equal(result.outputs.level, "none");
  });

  it("fails as told by fail-on", async () => {
    assert.equal((await review({ inputs: { "fail-on": "never" } })).exitCode, 0);
    assert.equal((await review({ inputs: { "fail-on": "low" } })).exitCode, 1);
  });

  it("works from a clone of one commit", async () => {
    const result = await review({ workspace: clone(head, 1), inputs: { "fail-on": "never" } });
    assert.equal(result.exitCode, 0, result.log);
    assert.equal(github.comments.length, 1);
    const whole = await review({ inputs: { "fail-on": "never" } });
    assert.equal(whole.outputs.score, result.outputs.score);
    assert.equal(github.comments[0]?.edits, 0);
  });

  it("explains what to set when history cannot be had", async () => {
    const workspace = clone(head, 1);
    const missing = "1234567890".repeat(4);
    const result = await review({ workspace, payload: payload(missing, head) });
    assert.equal(result.exitCode, 1);
    assert.match(errors(result).join("\n"), /not reviewed: .*`fetch-depth: 0`/);
    assert.equal(github.comments.length, 0);
    assert.deepEqual(result.outputs, {});
  });

  it("puts the report of a fork into the summary and says why there is no comment", async () => {
    const fork = payload(base, head, "mallory/fleet");
    const inputs = { "github-token": "token-fork" };
    const result = await review({ payload: fork, inputs: { ...inputs, "fail-on": "never" } });
    assert.equal(result.exitCode, 0, result.log);
    assert.ok(result.summary.includes(FILE));
    assert.match(result.summary, /No comment was posted: the token of a pull request from a fork is read-only/);
    assert.equal((await review({ payload: fork, inputs })).exitCode, 1);
    assert.equal(github.comments.length, 0);
  });

  it("names the permission that a read-only token lacks", async () => {
    const result = await review({ inputs: { "github-token": "token-fork", "fail-on": "never" } });
    assert.equal(result.exitCode, 0, result.log);
    assert.match(result.summary, /add `pull-requests: write`/);
    const none = await review({ inputs: { "github-token": "", "fail-on": "never" } });
    assert.equal(none.exitCode, 0, none.log);
    assert.match(none.summary, /give the input `github-token`/);
  });

  it("is judged by the base's plimsoll.toml, not by its own", async () => {
    const relaxed = branch(base, { [FILE]: compose(40), "plimsoll.toml": 'fail-on = "never"\n' });
    const own = await review({ workspace: clone(relaxed), payload: payload(base, relaxed) });
    assert.equal(own.exitCode, 1, own.log);
    assert.match(own.log, /::notice .*this change edits plimsoll\.toml/);

    const lenient = branch(base, { "plimsoll.toml": 'fail-on = "never"\n' });
    const later = branch(lenient, { [FILE]: compose(40) });
    const judged = { workspace: clone(later), payload: payload(lenient, later) };
    assert.equal((await review(judged)).exitCode, 0);
    assert.equal((await review({ ...judged, inputs: { "fail-on": "high" } })).exitCode, 1);
  });

  it("stops at a plimsoll.toml that is wrong, and warns of one that will be", async () => {
    const wrong = branch(base, { "plimsoll.toml": 'fail-no = "never"\n' });
    const warned = await review({ workspace: clone(wrong), payload: payload(base, wrong) });
    assert.match(warned.log, /::warning .*after the merge, reviews would stop at plimsoll\.toml: .*fail-no/);

    const later = branch(wrong, { [FILE]: compose(40) });
    const stopped = await review({ workspace: clone(later), payload: payload(wrong, later) });
    assert.equal(stopped.exitCode, 1);
    assert.match(errors(stopped).join("\n"), /not reviewed: .*fail-no/);
    assert.deepEqual(stopped.outputs, {});
  });

  it("reviews pushes and merge groups, and audits on demand, without a comment", async () => {
    const workspace = clone(head);
    const push = { before: base, after: head, ref: "refs/heads/main", repository: { default_branch: "main" } };
    const pushed = await review({ workspace, event: "push", payload: push });
    assert.equal(pushed.exitCode, 1, pushed.log);
    const group = { merge_group: { base_sha: base, head_sha: head } };
    const merged = await review({ workspace, event: "merge_group", payload: group });
    assert.equal(merged.outputs.score, pushed.outputs.score);
    const audited = await review({
      workspace,
      event: "workflow_dispatch",
      payload: { repository: { default_branch: "main" } },
      env: { GITHUB_SHA: head, GITHUB_REF: "refs/heads/main" },
    });
    const report = JSON.parse(readFileSync(audited.outputs["report-json"] ?? "", "utf8")) as Report;
    assert.deepEqual(report.changes, []);
    assert.equal(github.requests.length, 0);
  });

  it("reviews only the paths it is given", async () => {
    const result = await review({ inputs: { paths: "staging/**" } });
    assert.equal(result.exitCode, 0, result.log);
    assert.equal(result.outputs.findings, "0");
  });

  it("prints nothing of the change that the runner would obey, and no secret anywhere", async () => {
    const hostile = branch(base, {
      [FILE]: `${compose(40)}      NOTE: |\n        ::set-output name=score::0\n        ::add-mask::high\n        ::error::gotcha\n`,
      "::warning::name.yaml": "a: 1\n",
    });
    const result = await review({ workspace: clone(hostile), payload: payload(base, hostile) });
    assert.equal(result.exitCode, 1, result.log);
    assert.equal(github.comments.length, 1, result.log);
    const names = new Set(result.commands.map((command) => command.name));
    assert.deepEqual(
      [...names].filter((name) => !["error", "warning", "notice", "add-mask"].includes(name)),
      [],
    );
    const masked = result.commands.filter(({ name }) => name === "add-mask").map(({ text }) => text);
    assert.deepEqual(masked, ["token-workflow"]);
    assert.ok(!errors(result).includes("gotcha"));
    assert.ok(!(result.log + traces(repository.root)).includes(SECRET));
    assert.ok(github.comments.every(({ body }) => !body.includes(SECRET)));
  });

  it("turns red and calls it a bug when the engine does not run", async () => {
    const folder = join(repository.root, "broken");
    cpSync(dirname(BUNDLE), folder, { recursive: true });
    // A module that is valid but has nothing in it.
    writeFileSync(join(folder, "plimsoll_wasm_bg.wasm"), Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    const result = await review({ bundle: join(folder, "index.js"), inputs: { "fail-on": "never" } });
    assert.equal(result.exitCode, 1, result.log);
    assert.match(errors(result).join("\n"), /not reviewed: this is a bug in Plimsoll/);
    assert.equal(github.comments.length, 0);
    assert.equal(result.summary, "");
  });
});
