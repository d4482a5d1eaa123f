/** The gate from event to commit status: the bundled action, real git, the real engine, a stand-in for GitHub. */

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { FakeGitHub, type StoredComment } from "./fake-github.ts";
import { Repository } from "./repository.ts";
import { type Result, runStep, type Step } from "./runner.ts";

/** Five replicas share a server that takes 100 connections: 10 each is fine, 40 each is not. */
const compose = (server: string, pool: number, note = "") => `services:
  ${server}:
    image: postgres:17
    command: postgres -c max_connections=100
  api:
    image: registry.example.com/shop/api:1.4.2
    deploy:
      replicas: 5
    environment:
      SPRING_DATASOURCE_URL: jdbc:postgresql://${server}:5432/shop
      SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: "${pool}"${note}
`;
const ORDERS = "orders/production/compose.yaml";
const SEARCH = "search/production/compose.yaml";

describe("the gate", () => {
  let repository: Repository;
  let github: FakeGitHub;
  let base = "";
  let head = "";
  before(async () => {
    github = await FakeGitHub.start();
    repository = new Repository();
    base = repository.commit({
      [ORDERS]: compose("orders-db", 10),
      [SEARCH]: compose("search-db", 10),
      "plimsoll.toml": "[gate]\n",
    });
    head = branch(base, { [ORDERS]: compose("orders-db", 40), [SEARCH]: compose("search-db", 40) });
  });
  after(async () => {
    await github.stop();
    repository.dispose();
  });
  beforeEach(() => {
    github.reset();
    for (const [login, role] of Object.entries({ deckhand: "write", bosun: "write", mate: "write", quay: "admin" })) {
      github.roles.set(login, role);
    }
    github.roles.set("passenger", "read");
  });

  const branch = (from: string, files: Record<string, string>) => {
    repository.git("checkout", "--quiet", "--detach", from);
    return repository.commit(files);
  };
  let clones = 0;
  const clone = () => repository.clone(`clone-${clones++}`, base, "whole");
  let workspace = "";
  const step = (changes: Partial<Step>): Promise<Result> => {
    workspace ||= clone();
    return runStep({
      root: repository.root,
      workspace,
      event: "pull_request_target",
      payload: {},
      apiUrl: github.url,
      ...changes,
      inputs: { "github-token": "token-workflow", ...changes.inputs },
    });
  };
  /** A push to the pull request. */
  const push = (to = head, onto = base, changes: Partial<Step> = {}): Promise<Result> => {
    Object.assign(github, { head: to, base: onto });
    return step({ payload: { pull_request: github.showPull() }, ...changes });
  };
  /** What follows from somebody's doing at the comment. */
  const follow = (payload: object, changes: Partial<Step> = {}) =>
    step({ event: "issue_comment", payload, ...changes });

  const report = (): StoredComment => {
    const own = github.comments.filter(({ body }) => body.startsWith("<!-- plimsoll:default -->"));
    assert.equal(own.length, 1, "there is one comment");
    return own[0] as StoredComment;
  };
  const state = (sha = head) => github.status(sha)?.state;
  /** The lines of the checklist, without the ids. */
  const items = () =>
    report()
      .body.split("\n")
      .filter((line) => line.startsWith("- ["))
      .map((line) => line.replace(/ <!--.*$/, ""));
  const boxes = () => items().map((line) => line.slice(2, 5));
  const tickAll = (body: string) => body.replaceAll("- [ ]", "- [x]");
  const tick = (login: string, change = tickAll) => follow(github.edit(report().id, login, change));
  const tickOne = (nth: number) => (body: string) => {
    let seen = -1;
    return body.replace(/^- \[ \]/gm, (box) => (++seen === nth ? "- [x]" : box));
  };

  it("waits for a peer, says so in comment, status and outputs, and does not fail the step", async () => {
    const result = await push();
    assert.equal(result.exitCode, 0, result.log);
    assert.deepEqual(boxes(), ["[ ]", "[ ]"]);
    assert.match(report().body, /\*\*Before merging: 0 of 2 confirmed\*\*/);
    assert.equal(state(), "pending");
    assert.match(github.status(head)?.description ?? "", /0 of 2 items/);
    assert.match(
      github.status(head)?.target_url ?? "",
      /^https:\/\/github\.test\/.*\?plimsoll=[0-9a-f.]+#issuecomment-/,
    );
    assert.equal(result.outputs.gate, "pending");
    assert.match(result.outputs["blocked-by"] ?? "", /pool-exceeds-server-limit/);
    assert.match(result.summary, /The gate: pending/);
  });

  it("opens when a peer has ticked all, and says who and when", async () => {
    await push();
    const result = await tick("bosun");
    assert.equal(result.exitCode, 0, result.log);
    assert.equal(state(), "success");
    assert.deepEqual(boxes(), ["[x]", "[x]"]);
    assert.match(items()[0] ?? "", /<sub>confirmed by `bosun` on 2026-01-01 12:00 UTC<\/sub>/);
    // The same again writes nothing.
    const [edits, posted] = [report().edits, github.statuses.length];
    await push();
    assert.deepEqual([report().edits, github.statuses.length, state()], [edits, posted, "success"]);
  });

  it("does not count the author, people without the role, bots, or a box that nobody is known to have ticked", async () => {
    await push();
    for (const [login, words] of [
      ["deckhand", /the author's own/],
      ["passenger", /not among the reviewers/],
      ["ferry[bot]", /no person/],
    ] as const) {
      await tick(login);
      assert.equal(state(), "pending", login);
      assert.deepEqual(boxes(), ["[ ]", "[ ]"], login);
      assert.match(report().body, words);
    }
    report().body = tickAll(report().body);
    await push();
    assert.equal(state(), "pending");
    assert.match(report().body, /not known by whom/);
    assert.deepEqual(boxes(), ["[ ]", "[ ]"]);
  });

  it("asks again only for what changed", async () => {
    await push();
    await tick("bosun");
    const next = branch(head, { [ORDERS]: compose("orders-db", 60) });
    await push(next);
    assert.equal(state(next), "pending");
    assert.match(report().body, /Before merging: 1 of 2 confirmed/);
    const [orders = "", search = ""] = ["orders", "search"].map((name) => items().find((line) => line.includes(name)));
    assert.match(orders, /^- \[ \].*asked again: it changed since `bosun` confirmed it/);
    assert.match(search, /^- \[x\].*confirmed by `bosun`/);
    // Lines that moved change nothing.
    const moved = branch(next, { [SEARCH]: `# moved\n\n${compose("search-db", 40)}` });
    await push(moved);
    assert.match(items().find((line) => line.includes("search")) ?? "", /^- \[x\]/);
  });

  it("opens when what was found is gone, and the comment says what was resolved", async () => {
    await push();
    const fixed = branch(head, { [ORDERS]: compose("orders-db", 10), [SEARCH]: compose("search-db", 10) });
    const result = await push(fixed);
    assert.equal(state(fixed), "success");
    assert.equal(result.outputs.gate, "success");
    assert.match(report().body, /✅ Resolved since the first review: `pool-exceeds-server-limit` in `orders\//);
  });

  it("makes neither comment nor fuss where nothing has to be confirmed", async () => {
    const harmless = branch(base, { "README.md": "# fleet\n" });
    await push(harmless);
    assert.equal(github.comments.length, 0);
    assert.equal(state(harmless), "success");
  });

  it("closes when a tick is taken back, whichever run ends last", async () => {
    await push();
    const ticked = github.edit(report().id, "bosun", tickAll);
    await follow(ticked);
    assert.equal(state(), "success");
    await follow(github.edit(report().id, "mate", (body) => body.replace("- [x]", "- [ ]")));
    assert.equal(state(), "pending");
    // The event of the tick comes once more, late.
    await follow(ticked);
    assert.equal(state(), "pending");
    assert.deepEqual(boxes(), ["[ ]", "[x]"]);
  });

  it("counts nothing from a run that is repeated", async () => {
    await push();
    await follow(github.edit(report().id, "bosun", tickAll), { env: { GITHUB_RUN_ATTEMPT: "2" } });
    assert.equal(state(), "pending");
    assert.match(report().body, /not known by whom/);
  });

  it("counts ticks of two people at once, both runs at the same time", async () => {
    await push();
    const first = github.edit(report().id, "bosun", tickOne(0));
    const second = github.edit(report().id, "mate", tickOne(0));
    await Promise.all([follow(first, { workspace: clone() }), follow(second, { workspace: clone() })]);
    assert.equal(state(), "success");
    assert.match(report().body, /confirmed by `bosun`/);
    assert.match(report().body, /confirmed by `mate`/);
  });

  it("loses no tick that is set while a run writes", async () => {
    await push();
    let event: object | null = null;
    github.afterwards = (method) => {
      if (method !== "GET" || event !== null) return;
      // After the run has read the comment, before it writes.
      event = github.edit(report().id, "bosun", tickAll);
    };
    const next = branch(head, { "README.md": "# fleet\n" });
    await push(next);
    assert.equal(state(next), "pending", "not by accident");
    await follow(event ?? {});
    assert.equal(state(next), "success");
  });

  it("takes no record that somebody wrote into the comment", async () => {
    await push();
    const forge = (body: string) =>
      body.replace(/^<!-- plimsoll:state (.*) -->$/m, (_, json: string) => {
        const memory = JSON.parse(json) as { ticks: object[] };
        for (const [, item, evidence] of body.matchAll(/plimsoll:check (\S+) (\S+)/g)) {
          memory.ticks.push({ item, evidence, by: "bosun", at: "2026-01-01T12:00:00Z" });
        }
        return `<!-- plimsoll:state ${JSON.stringify(memory).replaceAll("-", "\\u002d")} -->`;
      });
    const edited = github.edit(report().id, "deckhand", (body) => tickAll(forge(body)));
    const forged = report().body;
    await follow(edited);
    assert.equal(state(), "pending");
    assert.doesNotMatch(report().body, /by `bosun`/);
    // Also if the event of the edit never came, and a person posts a status with a seal.
    report().body = forged;
    const status = github.status(head);
    assert.ok(status);
    github.statuses.push({ ...status, state: "success", login: "deckhand", type: "User" });
    await push();
    assert.equal(state(), "pending");
    assert.match(report().body, /could not be verified/);
    assert.doesNotMatch(report().body, /by `bosun`/);
  });

  it("does not count a tick on text that somebody changed", async () => {
    await push();
    github.edit(report().id, "deckhand", (body) => body.replace(/^- \[ \] .*?( <)/m, "- [ ] Is the weather nice?$1"));
    await tick("bosun");
    assert.equal(state(), "pending");
    assert.match(report().body, /was not as it was written here/);
    assert.doesNotMatch(report().body, /weather/);
    await tick("bosun");
    assert.equal(state(), "success");
  });

  it("is closed again when the comment is removed", async () => {
    await push();
    await tick("bosun");
    assert.equal(state(), "success");
    await follow(github.remove(report().id, "deckhand"));
    assert.equal(state(), "pending");
    assert.deepEqual(boxes(), ["[ ]", "[ ]"]);
  });

  it("lets an item be struck out with a reason", async () => {
    await push();
    const strike = (reason: string) => (body: string) =>
      body.replace(/^- \[ \] (.*?)( <sub>.*)?( <!-- plimsoll:check)/m, `- [ ] ~~$1~~ ${reason}$3`);
    await tick("bosun", strike("no"));
    assert.match(report().body, /without a reason of at least two words/);
    assert.equal(boxes()[0], "[ ]");
    await tick("bosun", strike("the load test @everybody saw"));
    assert.match(
      items()[0] ?? "",
      /^- \[x\] ~~.*~~ <sub>does not apply: `the load test @everybody saw`; by `bosun` on/,
    );
    await tick("bosun");
    assert.equal(state(), "success");
  });

  it("can be overridden by a role, with a reason, as long as nothing else has to be confirmed", async () => {
    await push();
    await follow(github.say("bosun", "/plimsoll override we need it now"));
    assert.match(report().body, /`bosun` may not override/);
    await follow(github.say("quay", "/plimsoll override now"));
    assert.match(report().body, /no reason of at least two words/);
    assert.equal(state(), "pending");
    await follow(github.say("quay", "/plimsoll override the incident needs it\nsecond line"));
    assert.equal(state(), "success");
    assert.match(report().body, /let through by `quay` on 2026-01-01 12:\d\d UTC: `the incident needs it`/);
    assert.match(github.status(head)?.description ?? "", /let through by quay: the incident needs it/);
    await push();
    assert.equal(state(), "success");
    const next = branch(head, { [ORDERS]: compose("orders-db", 60) });
    await push(next);
    assert.equal(state(next), "pending");
    assert.match(report().body, /The override of `quay` is over/);
  });

  it("pays no attention to other comments", async () => {
    await push();
    const before = github.requests.length;
    const result = await follow(github.say("bosun", "nice weather"));
    assert.match(result.log, /::notice .*nothing to do: that comment is no command/);
    assert.equal(github.requests.length, before);
    const trap = github.seed({ body: "hello", login: "bosun" });
    assert.match((await follow(github.edit(trap.id, "bosun", () => "x"))).log, /no report of Plimsoll's/);
    github.state = "closed";
    assert.match((await tick("bosun")).log, /the pull request is closed/);
  });

  it("asks as many and whom the policy names", async () => {
    const policy = `[gate]\ncount = 2\nreviewers = ["codeowners", "@harbour/dba"]\n`;
    const owners = "* @nobody\n/orders/ @bosun @mate\n/search/ @harbour/dba\n";
    const strict = branch(base, { "plimsoll.toml": policy, ".github/CODEOWNERS": owners });
    const change = branch(strict, { [ORDERS]: compose("orders-db", 40) });
    github.teams.set("harbour/dba", ["mate", "quay"]);
    await push(change, strict);
    assert.equal(boxes().length, 1);
    await tick("bosun");
    assert.equal(state(change), "pending");
    assert.match(items()[0] ?? "", /confirmed by `bosun` on .*; 1 of 2/);
    await tick("passenger");
    assert.match(report().body, /`passenger` does not count/);
    await tick("mate");
    assert.equal(state(change), "success", report().body);
    // The token of a workflow does not see teams; that is said, and counts for nobody.
    const teams = branch(base, { "plimsoll.toml": `[gate]\nreviewers = "@harbour/dba"\n` });
    const other = branch(teams, { [ORDERS]: compose("orders-db", 40) });
    await push(other, teams);
    await tick("quay");
    assert.equal(state(other), "pending");
    assert.match(report().body, /Not everybody could be placed: the token may not ask who belongs to a team/);
  });

  it("takes approvals of the head commit where the policy says so", async () => {
    const lenient = branch(base, { "plimsoll.toml": "[gate]\napprovals = true\n" });
    const change = branch(lenient, { [ORDERS]: compose("orders-db", 40) });
    github.reviews.push({ login: "bosun", state: "APPROVED", commit: base });
    await push(change, lenient);
    assert.equal(state(change), "pending", "an approval of another commit");
    github.reviews.push({ login: "deckhand", state: "APPROVED", commit: change });
    github.reviews.push({ login: "bosun", state: "APPROVED", commit: change });
    await push(change, lenient, { event: "pull_request_review" });
    assert.equal(state(change), "success");
    github.reviews.push({ login: "bosun", state: "CHANGES_REQUESTED", commit: change });
    await push(change, lenient, { event: "pull_request_review" });
    assert.equal(state(change), "pending");
  });

  it("is judged by the tip of the base, and asks about what would get around it", async () => {
    const open = branch(base, { "plimsoll.toml": "" });
    const later = branch(open, { "plimsoll.toml": "[gate]\n" });
    const note = "   # plimsoll: allow pool-exceeds-server-limit because we like it";
    const around = branch(open, {
      "plimsoll.toml": "",
      [ORDERS]: compose("orders-db", 40, note),
      [SEARCH]: " ".repeat(1024 * 1024 + 1),
      ".github/workflows/plimsoll.yml": "on: push # without plimsoll\n",
    });
    await push(around, later);
    assert.equal(state(around), "pending");
    const text = items().join("\n");
    assert.match(text, /Is it right to accept `pool-exceeds-server-limit` at `orders\/.*`, because `we like it`\?/);
    assert.match(text, /Does `\.github\/workflows\/plimsoll\.yml` still run Plimsoll/);
    assert.match(text, /Is the change of `search\/production\/compose\.yaml` safe\? It was not read/);
    const relaxing = branch(later, { "plimsoll.toml": "[gate]\nauthor = true\n" });
    const result = await push(relaxing, later);
    assert.equal(state(relaxing), "pending");
    assert.match(items().join("\n"), /Is the change of `plimsoll\.toml` meant\?/);
    assert.equal(result.outputs["blocked-by"], "policy");
  });

  it("lets a merge queue pass what was confirmed, and nothing else", async () => {
    await push();
    await tick("bosun");
    const queue = (to: string, number = 7) => {
      const head_ref = `refs/heads/gh-readonly-queue/main/pr-${number}-${base}`;
      return step({ event: "merge_group", payload: { merge_group: { base_sha: base, head_sha: to, head_ref } } });
    };
    const merged = branch(base, { [ORDERS]: compose("orders-db", 40), [SEARCH]: compose("search-db", 40) });
    assert.equal((await queue(merged)).outputs.gate, "success");
    assert.equal(state(merged), "success");
    const worse = branch(base, { [ORDERS]: compose("orders-db", 70), [SEARCH]: compose("search-db", 40) });
    const result = await queue(worse);
    assert.equal(state(worse), "failure");
    assert.match(github.status(worse)?.description ?? "", /not confirmed/);
    assert.match(result.outputs["blocked-by"] ?? "", /pool-exceeds-server-limit/);
    await queue(branch(worse, { "a.md": "" }), 8);
    const harmless = branch(base, { "README.md": "# fleet\n" });
    await queue(harmless, 8);
    assert.equal(state(harmless), "success");
  });

  it("posts its comment although it may post no status, and says what is missing", async () => {
    const inputs = { "github-token": "token-comments" };
    const result = await push(head, base, { inputs });
    assert.equal(result.exitCode, 0, result.log);
    assert.deepEqual(boxes(), ["[ ]", "[ ]"]);
    assert.match(result.summary, /add `statuses: write`/);
    assert.equal(state(), undefined);
  });

  it("does not forget what was confirmed when GitHub lets nobody see the seals", async () => {
    await push();
    await tick("bosun");
    github.inject({ method: "GET", path: /statuses$/, status: 403, times: 20 });
    const next = branch(head, { "README.md": "# fleet\n" });
    await push(next);
    assert.notEqual(state(next), "success");
    github.clearFaults();
    await push(next);
    assert.equal(state(next), "success");
    assert.match(items()[0] ?? "", /confirmed by `bosun`/);
  });

  it("reviews a fork from its objects, on `pull_request_target` and after another run", async () => {
    github.headRepository = "mallory/fleet";
    assert.equal((await push()).exitCode, 0);
    assert.equal(state(), "pending");
    const run = {
      event: "pull_request",
      head_sha: head,
      head_branch: "pools",
      head_repository: { owner: { login: "mallory" } },
    };
    const again = await step({ event: "workflow_run", payload: { workflow_run: run } });
    assert.equal(again.outputs.gate, "pending", again.log);
    const stale = await step({ event: "workflow_run", payload: { workflow_run: { ...run, head_sha: base } } });
    assert.match(stale.log, /no open pull request has that commit/);
  });

  it("tells the risk in a label that follows it", async () => {
    const inputs = { label: "config-risk" };
    github.labelled.add("config-risk: low").add("other");
    await push(head, base, { inputs });
    assert.deepEqual([...github.labelled], ["other", "config-risk: critical"]);
    assert.equal(github.labels.get("config-risk: critical"), "b60205");
    const harmless = branch(head, { [ORDERS]: compose("orders-db", 10), [SEARCH]: compose("search-db", 10) });
    await push(harmless, base, { inputs });
    assert.deepEqual([...github.labelled], ["other"]);
    const refused = await push(head, base, { inputs: { ...inputs, "github-token": "token-fork" } });
    assert.equal(refused.exitCode, 0);
    assert.match(refused.summary, /may not set labels; add `pull-requests: write`/);
  });
});
