/** What the program writes for other programs is what those document. The samples are written and compared by the crate. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";

const read = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

const validator = (schema: string) => {
  // `format` is a note to readers; the places that matter are checked below.
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  return ajv.compile(read(schema) as object);
};

const holds = (schema: string, report: string) => {
  const validate = validator(schema);
  assert.ok(validate(read(report)), `${report}: ${JSON.stringify(validate.errors?.slice(0, 5), null, 2)}`);
};

/** The sample that the renderers share, and a real change with several mistakes. */
const SAMPLES = ["../src/render/golden/report", "../tests/outputs/rich"];

interface Sarif {
  runs: {
    tool: { driver: { rules: { id: string }[] } };
    results: {
      ruleId: string;
      ruleIndex: number;
      partialFingerprints: Record<string, string>;
      locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
    }[];
  }[];
}

describe("the outputs for other programs", () => {
  for (const sample of SAMPLES) {
    it(`${sample}: JSON, SARIF and code quality are valid`, () => {
      holds("../docs/report.schema.json", `${sample}.json`);
      holds("engine/test/schemas/sarif-2.1.0.json", `${sample}.sarif`);
      holds("engine/test/schemas/code-quality.json", `${sample}.gitlab.json`);
    });

    it(`${sample}: SARIF points at its own rules, at relative files, once each`, () => {
      const [run] = (read(`${sample}.sarif`) as Sarif).runs;
      assert.ok(run);
      const { rules } = run.tool.driver;
      const prints = run.results.map((result) => JSON.stringify(result.partialFingerprints));
      assert.equal(new Set(prints).size, prints.length);
      for (const result of run.results) {
        assert.equal(rules[result.ruleIndex]?.id, result.ruleId);
        for (const { physicalLocation } of result.locations) {
          const { uri } = physicalLocation.artifactLocation;
          assert.ok(!uri.startsWith("/") && !uri.includes("\\") && !uri.includes(" "), uri);
        }
      }
    });
  }

  it("the schema of the policy file takes its documented example and refuses a slip", () => {
    const validate = validator("../docs/plimsoll.schema.json");
    const example = { "fail-on": "high", rules: { "host-changed": { severity: "low" } }, policy: { target: 0.8 } };
    assert.ok(validate(example), JSON.stringify(validate.errors));
    assert.ok(!validate({ "fail-onn": "high" }));
    assert.ok(!validate({ rules: { "host-chnaged": { severity: "low" } } }));
    assert.ok(!validate({ allow: [{ rule: "host-changed", reason: "because", until: "2027-01-31" }] }));
  });
});
