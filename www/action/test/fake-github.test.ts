/** The stand-in behaves as GitHub does where the action depends on it. */

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { FakeGitHub } from "./fake-github.ts";

describe("the fake GitHub", () => {
  let github: FakeGitHub;
  before(async () => {
    github = await FakeGitHub.start();
  });
  after(() => github.stop());
  beforeEach(() => github.comments.splice(0));

  const call = (path: string, token = "token-workflow", init: RequestInit = {}) =>
    fetch(`${github.url}${path}`, { ...init, headers: { authorization: `token ${token}` } });
  const post = (body: string, token?: string) =>
    call("/repos/harbour/fleet/issues/7/comments", token, { method: "POST", body: JSON.stringify({ body }) });

  it("gives 30 comments a page, 100 at most, and links to the next page", async () => {
    for (let n = 1; n <= 130; n += 1) github.seed({ body: `${n}`, login: "someone" });
    const short = await call("/repos/harbour/fleet/issues/7/comments");
    assert.equal(((await short.json()) as unknown[]).length, 30);
    const long = await call("/repos/harbour/fleet/issues/7/comments?per_page=500");
    assert.equal(((await long.json()) as unknown[]).length, 100);
    const next = /<([^>]*)>; rel="next"/.exec(long.headers.get("link") ?? "")?.[1] ?? "";
    const rest = await fetch(next, { headers: { authorization: "token token-workflow" } });
    assert.equal(((await rest.json()) as unknown[]).length, 30);
    assert.doesNotMatch(rest.headers.get("link") ?? "", /rel="next"/);
  });

  it("takes 65,536 characters and refuses one more with GitHub's words", async () => {
    assert.equal((await post("x".repeat(65_536))).status, 201);
    const refused = await post("x".repeat(65_537));
    assert.equal(refused.status, 422);
    assert.match(await refused.text(), /Body is too long \(maximum is 65536 characters\)/);
    assert.equal(github.comments.length, 1);
  });

  it("tells tokens apart", async () => {
    assert.equal((await post("hello", "token-nobody")).status, 401);
    assert.equal((await post("hello", "token-fork")).status, 403);
    assert.equal((await call("/user", "token-workflow")).status, 403);
    assert.equal(((await (await call("/user", "token-person")).json()) as { login: string }).login, "deckhand");
    assert.equal((await call("/repos/other/place/issues/7/comments")).status, 404);
    assert.equal((await call("/repos/harbour/fleet/issues/8/comments")).status, 404);
  });

  it("updates a comment and remembers that it was edited", async () => {
    const { id } = github.seed({ body: "before", login: "github-actions[bot]", type: "Bot" });
    const path = `/repos/harbour/fleet/issues/comments/${id}`;
    const updated = await call(path, undefined, { method: "PATCH", body: '{"body":"after"}' });
    assert.equal(updated.status, 200);
    assert.deepEqual(
      github.comments.map(({ body, edits }) => ({ body, edits })),
      [{ body: "after", edits: 1 }],
    );
  });

  it("answers with an injected fault as often as asked, and may have done the work", async () => {
    github.inject({ method: "POST", path: /comments$/, status: 502, afterwards: true, times: 2 });
    assert.equal((await post("one")).status, 502);
    assert.equal((await post("two")).status, 502);
    assert.equal((await post("three")).status, 201);
    assert.equal(github.comments.length, 3);
  });
});
