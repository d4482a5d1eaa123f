/**
 * What the workflow gives the action: the only place that knows names, defaults and allowed values.
 *
 * In: the environment of the step. Out: `Inputs`, checked. A wrong value is refused with the values that are allowed.
 * `action.yml` repeats names, defaults and descriptions for GitHub; a test holds it against the tables here.
 */

import type { FailOn } from "../engine/report.ts";
import { Refusal } from "./refusal.ts";

export type CommentPolicy = "always" | "on-findings" | "never";

export interface Inputs {
  /** Empty: nobody to ask GitHub as, so no comment. */
  token: string;
  /** Path of `plimsoll.toml` in the repository. */
  config: string;
  /** Null: what `plimsoll.toml` says, otherwise the engine's default. */
  failOn: FailOn | null;
  comment: CommentPolicy;
  commentKey: string;
  /** What the labels begin with; empty: no label. */
  label: string;
  /** Globs; empty: the whole repository. */
  paths: string[];
  environments: [glob: string, environment: string][];
}

interface Described {
  description: string;
}

/** Every input, as `action.yml` shows it. */
export const INPUTS = {
  "github-token": {
    description:
      "Token that reads and writes the comment; needs `pull-requests: write`, and `statuses: write` for the gate. Without these permissions the report is in the job summary alone.",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub's, not of this language.
    default: "${{ github.token }}",
  },
  config: {
    description:
      "Path of plimsoll.toml in the repository. It is read from the base side, so a change cannot relax its own review.",
    default: "plimsoll.toml",
  },
  "fail-on": {
    description:
      "Lowest severity that fails the step: low, medium, high, critical, or never. Empty: what plimsoll.toml says, otherwise high, or never where plimsoll.toml has a [gate].",
    default: "",
  },
  comment: {
    description:
      "When to comment on the pull request: always, on-findings or never. An earlier comment is brought up to date even if nothing is found any more.",
    default: "on-findings",
  },
  "comment-key": {
    description:
      "Tells the comments of several steps apart, for example in a matrix. Letters, digits, dot, dash and underscore.",
    default: "default",
  },
  label: {
    description:
      "Beginning of a label that tells the risk, such as config-risk for `config-risk: high`; made if missing, taken off when the risk is gone. Empty: no label.",
    default: "",
  },
  paths: {
    description:
      "Globs of the files to review, one on each line; a leading ! leaves files out. Empty: all. The connection budget counts these files only.",
    default: "",
  },
  environment: {
    description:
      "Which files belong to which environment, one GLOB=production, GLOB=staging or GLOB=development on each line; the first match wins.",
    default: "",
  },
} as const satisfies Record<string, Described & { default: string }>;

/** Every output, as `action.yml` shows it. */
export const OUTPUTS = {
  score: { description: "Risk of the change, 0 to 100." },
  level: { description: "Worst severity that counts: none, low, medium, high or critical." },
  findings: { description: "Number of findings that count; suppressed ones do not." },
  counts: {
    description: 'Findings that count by severity, as JSON: {"critical":1,"high":0,"medium":2,"low":0,"info":0}.',
  },
  gate: { description: "What the gate says: success, pending, failure, or off where there is none." },
  "blocked-by": {
    description:
      "Rules whose findings block the merge, separated by commas: those not confirmed yet, or without a gate those at or above `fail-on`.",
  },
  "report-json": { description: "Path of the whole report as JSON, schema plimsoll.review/1." },
  "report-markdown": { description: "Path of the whole report as Markdown." },
  "report-sarif": { description: "Path of the whole report as SARIF 2.1.0, for github/codeql-action/upload-sarif." },
  "comment-url": { description: "Address of the comment; empty if there is none." },
} as const satisfies Record<string, Described>;

type InputName = keyof typeof INPUTS;

const FAIL_ON = ["low", "medium", "high", "critical", "never"] as const;
const COMMENT = ["always", "on-findings", "never"] as const;
const ENVIRONMENT = ["production", "staging", "development"] as const;

/** Reads and checks the inputs of this step. */
export function readInputs(env: NodeJS.ProcessEnv): Inputs {
  const failOn = read(env, "fail-on");
  return {
    token: read(env, "github-token"),
    config: readConfigPath(env),
    failOn: failOn === "" ? null : oneOf("fail-on", failOn, FAIL_ON),
    comment: oneOf("comment", read(env, "comment") || INPUTS.comment.default, COMMENT),
    commentKey: readCommentKey(env),
    label: readLabel(env),
    paths: lines(read(env, "paths")),
    environments: lines(read(env, "environment")).map(readEnvironment),
  };
}

function read(env: NodeJS.ProcessEnv, name: InputName): string {
  const given = env[`INPUT_${name.toUpperCase()}`];
  if (given !== undefined) return given.trim();
  // GitHub fills in expressions; outside of a workflow there is nobody to do so.
  const fallback: string = INPUTS[name].default;
  return fallback.startsWith("${{") ? "" : fallback;
}

function readConfigPath(env: NodeJS.ProcessEnv): string {
  const path = (read(env, "config") || INPUTS.config.default).replace(/^\.\//, "");
  if (path.startsWith("/") || path.split("/").includes("..")) {
    throw new Refusal("input `config` must be a path inside the repository, such as plimsoll.toml");
  }
  return path;
}

function readCommentKey(env: NodeJS.ProcessEnv): string {
  const key = read(env, "comment-key") || INPUTS["comment-key"].default;
  // The key stands in an HTML comment, so it must not be able to end one.
  if (!/^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?$/.test(key) || key.includes("--")) {
    throw new Refusal(
      "input `comment-key` must be 1 to 64 letters, digits, dots, dashes or underscores, " +
        "begin and end with a letter, digit or underscore, and have no two dashes in a row",
    );
  }
  return key;
}

function readLabel(env: NodeJS.ProcessEnv): string {
  const label = read(env, "label").replace(/:$/, "").trim();
  if (!/^[\w ./-]{0,40}$/.test(label)) {
    throw new Refusal("input `label` must be at most 40 letters, digits, blanks, dots, dashes, slashes or underscores");
  }
  return label;
}

function readEnvironment(line: string): [string, string] {
  const at = line.lastIndexOf("=");
  const glob = line.slice(0, at).trim();
  const name = line.slice(at + 1).trim();
  if (at < 0 || glob === "") {
    throw new Refusal("input `environment` takes lines such as clusters/live/**=production");
  }
  return [glob, oneOf("environment", name, ENVIRONMENT)];
}

function oneOf<T extends string>(name: InputName, value: string, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === value);
  if (found === undefined) {
    throw new Refusal(`input \`${name}\` must be one of ${allowed.join(", ")}`);
  }
  return found;
}

function lines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
