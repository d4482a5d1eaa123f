/** The real engine through its typed door. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { BadConfig, type Engine, EngineFailure, loadEngine, type Review, type ReviewOptions } from "../engine.ts";

const SECRET = "barnacle-9f31-quay";
const compose = (pool: number) => `services:
  orders-db:
    image: postgres:17
    command: postgres -c max_connections=100
  api:
    image: registry.example.com/shop/api:1.4.2
    deploy: { replicas: 5 }
    environment:
      SPRING_DATASOURCE_URL: jdbc:postgresql://shop:${SECRET}@orders-db:5432/orders
      SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: "${pool}"
`;

describe("the engine", () => {
  let engine: Engine;
  before(async () => {
    engine = await loadEngine(readFileSync("engine/pkg/plimsoll_wasm_bg.wasm"));
  });

  const review = (options: ReviewOptions = {}): Review => {
    const request = engine.request();
    request.options(options);
    request.add("old", "production/compose.yaml", new TextEncoder().encode(compose(10)));
    request.add("new", "production/compose.yaml", new TextEncoder().encode(compose(40)));
    request.skip("new", "charts", "a submodule, not followed");
    return request.run();
  };

  it("gives a report of the documented shape", () => {
    const validate = new Ajv2020({ strict: false }).compile(
      JSON.parse(readFileSync("../docs/report.schema.json", "utf8")) as object,
    );
    const report = review().report();
    assert.ok(validate(report), JSON.stringify(validate.errors, null, 2));
    assert.equal(report.tool.version, engine.version);
    assert.ok(report.findings.length > 0);
    assert.deepEqual(report.coverage.skipped, [{ file: "charts", reason: "a submodule, not followed" }]);
  });

  it("writes every format, twice the same, without a secret", () => {
    const formats = [
      "text",
      "markdown",
      "json",
      "sarif",
      "github",
      "gitlab",
      "junit",
      "html",
      "checklist",
      "diff",
    ] as const;
    for (const format of formats) {
      const text = review().render(format);
      assert.notEqual(text.trim(), "", format);
      assert.equal(text, review().render(format), format);
      assert.ok(!text.includes(SECRET), format);
    }
  });

  it("shows the changed line with its changed part", () => {
    const [file] = review().diff().files;
    assert.equal(file?.path, "production/compose.yaml");
    const changed = file?.hunks.flatMap((hunk) => hunk.lines).filter((line) => line.kind === "added");
    assert.ok(changed?.some((line) => line.parts.some((part) => part.changed && part.text.includes("4"))));
  });

  it("keeps Markdown within the bytes it is given", () => {
    for (const maxBytes of [60_000, 4_000, 1_500]) {
      assert.ok(Buffer.byteLength(review().render("markdown", { maxBytes })) <= maxBytes, String(maxBytes));
    }
  });

  it("fails from the severity asked for, else from that of plimsoll.toml, else from high", () => {
    assert.equal(review().failed("high"), true);
    assert.equal(review().failed("never"), false);
    assert.equal(review().failed(null), true);
    assert.equal(review({ config: 'fail-on = "never"\n' }).failed(null), false);
    assert.equal(review({ config: 'fail-on = "never"\n', failOn: "high" }).failed(null), true);
  });

  it("refuses a wrong plimsoll.toml with its place", () => {
    assert.throws(
      () => review({ config: '\nfail-no = "high"\n' }),
      (error) => error instanceof BadConfig && /plimsoll\.toml:2/.test(error.message),
    );
  });

  it("explains its rules", () => {
    const rules = engine.rules();
    assert.ok(rules.length > 10);
    for (const rule of rules) assert.ok(rule.summary !== "" && rule.docs.length > 40, rule.name);
    const known = new Set(rules.map((rule) => rule.name));
    for (const finding of review().report().findings) assert.ok(known.has(finding.rule), finding.rule);
  });

  it("calls what breaks inside a failure of its own", () => {
    const request = engine.request();
    const wrong = "neither" as unknown as "old";
    assert.throws(() => request.add(wrong, "a.yaml", new Uint8Array()), EngineFailure);
  });
});
