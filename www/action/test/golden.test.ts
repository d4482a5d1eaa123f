/**
 * The comment in a dozen situations, as it is posted. `UPDATE_EXPECT=1` rewrites golden/; read the difference, and look at
 * pictures of it with `node action/test/look.mjs FOLDER`.
 */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { type Engine, type GatePolicy, loadEngine, type RenderOptions } from "../../engine/engine.ts";
import { gatedText, plainText, type Said } from "../conversation.ts";
import type { Edit } from "../event.ts";
import type { Gate } from "../gate/gate.ts";
import { gateItems } from "../gate/items.ts";
import { readOwners } from "../gate/owners.ts";
import { people } from "../gate/people.ts";
import { sealedAddress } from "../gate/seal.ts";
import type { Status } from "../shape.ts";

const GOLDEN = "action/test/golden";
const HEAD = "c0ffee".padEnd(40, "0");
const AT = "2026-01-02T15:04:05Z";
const POLICY: GatePolicy = {
  required: "medium",
  reviewers: ["write"],
  count: 1,
  author: false,
  approvals: false,
  override: ["admin"],
};

type Files = Record<string, string>;

const workload = (
  name: string,
  pool: number,
  host = `${name}-db.prod`,
  tls = "verify-full",
  replicas = 6,
) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  replicas: ${replicas}
  template:
    spec:
      containers:
        - name: ${name}
          image: registry.example.com/${name}:1.4.2
          env:
            - {name: SPRING_DATASOURCE_URL, value: "jdbc:postgresql://${host}:5432/shop?sslmode=${tls}"}
            - {name: SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE, value: "${pool}"}
`;
const server = (name: string, limit: number) => `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ${name}-db, namespace: prod}
spec:
  template:
    spec:
      containers:
        - name: postgres
          image: postgres:17
          args: ["-c", "max_connections=${limit}"]
---
apiVersion: v1
kind: Service
metadata: {name: ${name}-db, namespace: prod}
spec: {selector: {app: ${name}-db}, ports: [{port: 5432}]}
`;
const fleet = (changes: Files = {}): Files => ({
  "prod/orders.yaml": workload("orders", 5),
  "prod/orders-db.yaml": server("orders", 100),
  "prod/search.yaml": workload("search", 5),
  "prod/search-db.yaml": server("search", 100),
  ...changes,
});
const RISKY = fleet({
  "prod/orders.yaml": workload("orders", 40),
  "prod/search.yaml": workload("search", 5, "saerch-db.prod", "disable"),
});

describe("the comment", () => {
  let engine: Engine;
  before(async () => {
    engine = await loadEngine(readFileSync("engine/pkg/plimsoll_wasm_bg.wasm"));
  });

  const review = (after: Files, before = fleet()) => {
    const request = engine.request();
    request.options({ today: "2026-01-02" });
    for (const [path, text] of Object.entries(before)) request.add("old", path, Buffer.from(text));
    for (const [path, text] of Object.entries(after)) request.add("new", path, Buffer.from(text));
    const reviewed = request.run();
    const base = "https://github.com/harbour/fleet/blob";
    const links = { new: `${base}/${HEAD}/`, old: `${base}/${"b".repeat(40)}/` };
    const fullReport = "https://github.com/harbour/fleet/actions/runs/4711";
    const markdown = (options: RenderOptions) => reviewed.render("markdown", { links, fullReport, ...options });
    const said: Said = { report: reviewed.report(), head: HEAD, markdown };
    return { said, checks: reviewed.checks() };
  };

  const plain = (after: Files, earlier: string | null = null, bytes = 60_000) =>
    posted(plainText(review(after).said, earlier).write(bytes));

  /** A conversation: each step sees the comment of the one before and what somebody did to it. */
  const talk = (policy: Partial<GatePolicy> = {}) => {
    const seals: Status[] = [];
    const github = {
      whoAmI: async () => null,
      statuses: async () => seals,
      roleOf: async (login: string) => ({ bosun: "write", mate: "write", quay: "admin" })[login] ?? "read",
      isInTeam: async () => false,
    };
    let comment: string | null = null;
    return async (after: Files, by?: string, change: (body: string) => string = (body) => body): Promise<string> => {
      const { said, checks } = review(after);
      const terms = { policy: { ...POLICY, ...policy }, people: people(github, readOwners("")), author: "deckhand" };
      const items = gateItems(said.report, checks, terms.policy.required, [], () => "blob");
      const told = by === undefined ? null : event(by, comment, change);
      const gate: Gate = { policy: terms.policy, context: "c", items, terms, approvals: [], edit: told, head: HEAD };
      const { text, round } = await gatedText(said, gate, github, told?.action === "edited" ? told.after : comment);
      comment = posted(text.write(60_000));
      const creator = { login: "github-actions[bot]", isBot: true };
      const url = sealedAddress("https://x/#1", round.memory, comment);
      seals.push({ id: seals.length, context: "c", state: round.state, description: "", url, creator });
      return comment;
    };
  };
  const event = (login: string, comment: string | null, change: (body: string) => string): Edit => {
    const after = change(comment ?? "");
    const says = after.startsWith("/plimsoll");
    const action = says ? "created" : "edited";
    return { action, by: { login, isBot: false }, at: AT, id: 1, before: says ? null : comment, after };
  };
  const tickAll = (body: string) => body.replaceAll("- [ ]", "- [x]");
  const tickFirst = (body: string) => body.replace("- [ ]", "- [x]");

  it("of a first review", () => golden("first-review", plain(RISKY)));

  it("of a change without risk is one line", () => {
    const text = plain(fleet({ "prod/orders.yaml": workload("orders", 5).replace("1.4.2", "1.4.3") }));
    golden("routine", text);
    assert.ok(text.split("\n").filter((line) => line !== "" && !line.startsWith("<!--")).length <= 2, text);
  });

  it("after everything was mended", () => golden("resolved", plain(fleet(), plain(RISKY))));

  it("after a part was mended", () => {
    golden("partly-resolved", plain(fleet({ "prod/orders.yaml": workload("orders", 40) }), plain(RISKY)));
  });

  it("of a budget that moved and fits", () => {
    golden("budget-moved", plain(fleet({ "prod/orders.yaml": workload("orders", 9) })));
  });

  it("of more findings than a reader takes in", () => {
    const many = Array.from({ length: 30 }, (_, n) => [`prod/api-${n}.yaml`, n] as const);
    const before = Object.fromEntries(many.map(([path, n]) => [path, workload(`api-${n}`, 5, `db-${n}.prod`)]));
    const after = Object.fromEntries(
      many.map(([path, n]) => [path, workload(`api-${n}`, 5 + n, `db-${n}.prod`, "disable")]),
    );
    const { said } = review(after, before);
    golden("many-findings", posted(plainText(said, null).write(60_000)));
    const short = posted(plainText(said, null).write(12_000));
    assert.ok(Buffer.byteLength(short) <= 12_100);
    golden("cut-for-size", short);
  });

  it("with a gate that waits", async () => golden("gate-waiting", await talk()(RISKY)));

  it("with a gate that is half confirmed, by two people", async () => {
    const say = talk({ count: 2 });
    await say(RISKY);
    await say(RISKY, "bosun", tickAll);
    golden("gate-half-confirmed", await say(RISKY, "mate", tickFirst));
  });

  it("with a gate that is confirmed", async () => {
    const say = talk();
    await say(RISKY);
    golden("gate-confirmed", await say(RISKY, "bosun", tickAll));
  });

  it("with a gate that asks again for what changed", async () => {
    const say = talk();
    await say(RISKY);
    await say(RISKY, "bosun", tickAll);
    golden("gate-asked-again", await say({ ...RISKY, "prod/orders.yaml": workload("orders", 60) }));
  });

  it("with an item struck out", async () => {
    const say = talk();
    await say(RISKY);
    const strike = (body: string) =>
      body.replace(/^- \[ \] (.*?)( <!-- plimsoll:check)/m, "- [ ] ~~$1~~ agreed with @harbour/dba$2");
    golden("gate-struck-out", await say(RISKY, "bosun", strike));
  });

  it("with an override", async () => {
    const say = talk();
    await say(RISKY);
    golden("gate-overridden", await say(RISKY, "quay", () => "/plimsoll override the incident of tonight needs it"));
  });

  it("with the author's own tick", async () => {
    const say = talk();
    await say(RISKY);
    golden("gate-own-tick", await say(RISKY, "deckhand", tickAll));
  });
});

function posted(text: string): string {
  return `<!-- plimsoll:default -->\n${text}`;
}

function golden(name: string, text: string): void {
  const path = join(GOLDEN, `${name}.md`);
  if (process.env.UPDATE_EXPECT) {
    mkdirSync(GOLDEN, { recursive: true });
    writeFileSync(path, text);
  }
  assert.equal(text, readFileSync(path, "utf8"), `${path}; UPDATE_EXPECT=1 rewrites it`);
}
