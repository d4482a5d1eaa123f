/**
 * Types of what the engine hands out: the report `plimsoll.review/1` (`render("json")`) and the line diff for the page
 * (`render("diff")`). They say what is in the JSON and nothing more; all judgement and wording is made in Rust.
 *
 * All text is masked already: secrets never reach JavaScript readable. Lines and columns count from 1, columns in
 * Unicode scalar values.
 */

/** How bad a finding is if it is what it looks like. */
export type Severity = "info" | "low" | "medium" | "high" | "critical";

/** The worst severity that counts; `none` if nothing above info was found. */
export type Level = "none" | "low" | "medium" | "high" | "critical";

/** How sure the engine is that a finding is what it looks like. */
export type Confidence = "low" | "medium" | "high";

export type Environment = "production" | "staging" | "development" | "unknown";

export type Side = "old" | "new";

/** A review from which `failed` says true: at or above this severity; `never` fails nothing. */
export type FailOn = "low" | "medium" | "high" | "critical" | "never";

/** A finished review. */
export interface Report {
  schema: "plimsoll.review/1";
  tool: { name: string; version: string };
  /** One state was looked at, not a change. */
  audit: boolean;
  /** 0–100. */
  score: number;
  level: Level;
  /** One sentence, the same in every renderer. */
  summary: string;
  /** Nothing that a reviewer need stop for; absent where false. */
  routine?: boolean;
  /** Those that count first, then the worst first. */
  findings: Finding[];
  changes: Change[];
  budget: ServerBudget[];
  checklist: ChecklistItem[];
  coverage: Coverage;
}

/** One thing that a reviewer should look at. */
export interface Finding {
  /** Stable identity, without line numbers in it. */
  id: string;
  rule: string;
  severity: Severity;
  confidence: Confidence;
  /** Its share of the score; the shares add up to it. */
  points: number;
  /** How the share came about. */
  pointsBecause: string;
  /** Id of the finding that it is counted with, where one edit shows in several places. */
  cause?: string;
  environment: Environment;
  title: string;
  message: string;
  /** Whom it concerns. */
  subject: string | null;
  /** The setting as a person would say it. */
  setting: string | null;
  old: string | null;
  new: string | null;
  file: string;
  side: Side;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  /** The line it stands on. */
  excerpt: string;
  evidence: Evidence[];
  /** What the on-call would see. */
  symptoms: string[];
  fix: { text: string; replacement: string | null };
  rollback: string;
  /** Where the rule is documented. */
  docs: string;
  /** Set if the finding does not count. */
  suppressed: Suppression | null;
}

export interface Evidence {
  file: string;
  side: Side;
  line: number;
  text: string;
}

export interface Suppression {
  by: "inline" | "config";
  reason: string;
  /** Last day on which it holds, `YYYY-MM-DD`. */
  until: string | null;
}

/** A setting that differs between the sides. */
export interface Change {
  kind: "added" | "removed" | "modified" | "moved" | "retyped" | "reordered";
  file: string;
  path: string;
  old: string | null;
  new: string | null;
  oldLine: number | null;
  newLine: number | null;
  /** The file before, where that was another. */
  oldFile?: string;
  /** The path before, where that was another. */
  oldPath?: string;
  /** The catalogue's role or an endpoint part. */
  role: string | null;
  subject: string | null;
}

/** From `lo` to `hi`; `hi` is null where unknown. Unknown is neither 0 nor safe. */
export interface Interval {
  lo: number;
  hi: number | null;
}

export type Verdict =
  | "fits"
  | "near"
  | "over-certain"
  | "over-peak"
  | "over-rollout"
  | "over-strict"
  | "over-failover"
  | "limit-shrunk"
  | "starved"
  | "refused"
  | "cannot-tell"
  | "pre-existing";

/** Connections against one server on one side. */
export interface Load {
  usable: Interval;
  steady: Interval;
  peak: Interval;
  rollout: Interval;
  strict: Interval;
  failover: Interval;
}

/** Who may open how many connections against a server. */
export interface ServerBudget {
  server: string;
  engine: string;
  verdict: Verdict;
  /** Null where the server did not exist before. */
  before: Load | null;
  /** Null where it is gone. */
  after: Load | null;
  terms: BudgetTerm[];
  unknowns: string[];
  /** Clients that may belong here. */
  couldBe: string[];
  /** The largest setting that fits; null where none does. */
  proposal: { setting: string; value: number; isLimit: boolean } | null;
  /** Where the server's limit is written. */
  limitAt: Spot | null;
  /** Where the limit comes from if no file writes it. */
  limitBecause: string | null;
}

export interface Spot {
  file: string;
  line: number;
}

/** One workload's share: replicas × processes × pool = product. */
export interface BudgetTerm {
  side: Side;
  workload: string;
  /** What is configured. */
  poolName: string;
  replicas: Interval;
  /** Replicas while old and new ones run side by side. */
  rolloutReplicas: Interval;
  processes: Interval;
  pool: Interval;
  product: Interval;
  /** The pooler in between. */
  via: string | null;
  /** Where the weakest factor comes from: `literal`, `default of …`, `unknown`, … */
  origin: string;
  /** How the workload was linked to the server. */
  link: string;
  /** Where the factors are written. */
  evidence: Spot[];
}

/** A thing that a peer should confirm before the merge. */
export interface ChecklistItem {
  /** Stable across pushes. */
  id: string;
  text: string;
  /** Ids of the findings it comes from. */
  because: string[];
  required: boolean;
}

/** An item of the checklist as it can be shown: `checks()`. */
export interface Check {
  id: string;
  /** Ids of the findings it comes from. */
  because: string[];
  /** One line of Markdown in which nothing of the change is markup. */
  markdown: string;
}

/** What was read and what was not. */
export interface Coverage {
  files: number;
  parsed: number;
  unchanged: number;
  skipped: { file: string; reason: string }[];
  /** What to know about files that were read, or that are no configuration. */
  notes: { about: string; text: string }[];
  masked: number;
  suppressed: number;
  truncated: number;
  templated: number;
}

/** `render("diff")`: the changed files line by line, with three lines of context. */
export interface Diff {
  files: FileDiff[];
}

export interface FileDiff {
  path: string;
  /** The old path where it differs. */
  oldPath: string | null;
  status: "modified" | "added" | "removed" | "renamed" | "unchanged";
  oldLines: number;
  newLines: number;
  /** Why there are no hunks, if there is a reason. */
  skipped: string | null;
  hunks: Hunk[];
}

export interface Hunk {
  oldStart: number;
  newStart: number;
  lines: DiffLine[];
}

export interface DiffLine {
  kind: "same" | "removed" | "added";
  old: number | null;
  new: number | null;
  parts: { text: string; changed: boolean }[];
}

/** What `rules()` says about a rule. */
export interface Rule {
  name: string;
  summary: string;
  severity: Severity;
  confidence: Confidence;
  /** Markdown. */
  docs: string;
}
