/** What a workflow may write, and that `action.yml` says the same. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { INPUTS, readInputs } from "../inputs.ts";
import { Refusal } from "../refusal.ts";
import { metadata } from "./metadata.ts";

const refused = (env: Record<string, string>, words: RegExp) =>
  assert.throws(
    () => readInputs(env),
    (error) => error instanceof Refusal && words.test(error.message),
  );

describe("the inputs", () => {
  it("stand in action.yml with the names, defaults and descriptions of the code", () => {
    const action = readFileSync("../action.yml", "utf8");
    assert.ok(action.includes(metadata()), `action.yml has to contain exactly:\n\n${metadata()}`);
  });

  it("have the same meaning whether GitHub fills in the defaults or nobody does", () => {
    const filled = Object.entries(INPUTS).map(([name, input]) => [`INPUT_${name.toUpperCase()}`, input.default]);
    const byGitHub = readInputs({ ...Object.fromEntries(filled), "INPUT_GITHUB-TOKEN": "" });
    assert.deepEqual(byGitHub, readInputs({}));
    assert.deepEqual(readInputs({}), {
      token: "",
      config: "plimsoll.toml",
      failOn: null,
      comment: "on-findings",
      commentKey: "default",
      label: "",
      paths: [],
      environments: [],
    });
  });

  it("are read line by line where there are many", () => {
    const inputs = readInputs({
      INPUT_PATHS: "deploy/**\r\n\n  !deploy/dev/** \n",
      INPUT_ENVIRONMENT: "clusters/live/**=production\ncharts/a=b/** = staging",
    });
    assert.deepEqual(inputs.paths, ["deploy/**", "!deploy/dev/**"]);
    assert.deepEqual(inputs.environments, [
      ["clusters/live/**", "production"],
      ["charts/a=b/**", "staging"],
    ]);
  });

  it("are refused with the values that are allowed", () => {
    refused({ "INPUT_FAIL-ON": "severe" }, /`fail-on` must be one of low, medium, high, critical, never/);
    refused({ INPUT_COMMENT: "yes" }, /`comment` must be one of always, on-findings, never/);
    refused({ INPUT_ENVIRONMENT: "live/**=prod" }, /`environment` must be one of production/);
    refused({ INPUT_ENVIRONMENT: "production" }, /lines such as/);
    refused({ INPUT_ENVIRONMENT: "=production" }, /lines such as/);
  });

  it("cannot break out of the comment's marker or the repository", () => {
    for (const key of ["a --> b", "--", "a--b", "-a", "a-", "é", "x".repeat(65)]) {
      refused({ "INPUT_COMMENT-KEY": key }, /`comment-key`/);
    }
    assert.equal(readInputs({ "INPUT_COMMENT-KEY": "eu-west-1_live.2" }).commentKey, "eu-west-1_live.2");
    refused({ INPUT_LABEL: "risk, or not" }, /`label`/);
    assert.equal(readInputs({ INPUT_LABEL: "config-risk: " }).label, "config-risk");
    refused({ INPUT_CONFIG: "../plimsoll.toml" }, /inside the repository/);
    refused({ INPUT_CONFIG: "/etc/plimsoll.toml" }, /inside the repository/);
    assert.equal(readInputs({ INPUT_CONFIG: "./ci/plimsoll.toml" }).config, "ci/plimsoll.toml");
  });
});
