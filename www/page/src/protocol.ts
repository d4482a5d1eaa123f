/** What the page and its worker say to each other. */

import type { ReviewOptions } from "../../engine/engine.ts";
import type { Diff, Report, Rule } from "../../engine/report.ts";

/** A file of one side: its contents, or why it was not taken. */
export type Input = { path: string; blob: Blob } | { path: string; skipped: string };

/** What to review. */
export interface Job {
  old: Input[];
  new: Input[];
  options: ReviewOptions;
}

export type Stage = "starting" | "reading" | "reviewing" | "writing";

export interface Progress {
  stage: Stage;
  /** Files done of `total`; both 0 where nothing is counted. */
  done: number;
  total: number;
}

/** A finished review with all that the page shows or exports. */
export interface Outcome {
  report: Report;
  diff: Diff;
  rules: Rule[];
  json: string;
  markdown: string;
}

/** How a run ended. */
export type Ending =
  | { kind: "done"; outcome: Outcome }
  /** `plimsoll.toml` is wrong; the message says what, where and the remedy. */
  | { kind: "bad-config"; message: string }
  /** A bug of ours. Never a verdict. */
  | { kind: "failure"; message: string }
  | { kind: "cancelled" };

export type FromWorker = { kind: "progress"; progress: Progress } | { kind: "end"; ending: Ending };
