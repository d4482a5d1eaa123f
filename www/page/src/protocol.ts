/** What the page and its worker say to each other. */

import type { Format, ReviewOptions } from "../../engine/engine.ts";
import type { Diff, Report, Rule } from "../../engine/report.ts";

/** A file of one side: its contents, or why it was not taken; or what to know of files that are no input. */
export type Input = { path: string; blob: Blob } | { path: string; skipped: string } | { path: string; note: string };

/** What to review. */
export interface Job {
  old: Input[];
  new: Input[];
  /** A unified diff instead of files, with its name. */
  patch?: { name: string; text: string };
  options: ReviewOptions;
}

export type Stage = "starting" | "reading" | "reviewing" | "writing";

export interface Progress {
  stage: Stage;
  /** Files done of `total`; both 0 where nothing is counted. */
  done: number;
  total: number;
}

/** A finished review with all that the page shows. */
export interface Outcome {
  report: Report;
  diff: Diff;
  rules: Rule[];
  json: string;
  /** The paths of the new side whose text can be changed; empty for a report that came without its files. */
  files: string[];
  /** The numbers of a budget that can be turned to see what if; empty where the engine does not offer it. */
  knobs: string[];
  /** How long the engine took, in milliseconds; null where it did not run. */
  took: number | null;
}

/** How a run ended. */
export type Ending =
  | { kind: "done"; outcome: Outcome }
  /** `plimsoll.toml` is wrong; the message says what, where and the remedy. */
  | { kind: "bad-config"; message: string }
  /** What was given cannot be reviewed. */
  | { kind: "refused"; message: string }
  /** A bug of ours. Never a verdict. */
  | { kind: "failure"; message: string }
  | { kind: "cancelled" };

/** A question to the worker. */
export type Question =
  | { kind: "review"; job: Job }
  /** Puts a text in the place of a file of the new side and reviews again. */
  | { kind: "edit"; path: string; text: string }
  /** Reviews the same files with numbers taken to be others, beside the last review. */
  | { kind: "what-if"; turns: string[] }
  /** Writes the last review in another form. */
  | { kind: "render"; format: Format }
  /** The text of a file of the new side. */
  | { kind: "text"; path: string }
  | { kind: "rules" };

export type ToWorker = { id: number } & Question;

export type FromWorker = { id: number } & (
  | { kind: "progress"; progress: Progress }
  | { kind: "end"; ending: Ending }
  | { kind: "text"; text: string }
  | { kind: "rules"; rules: Rule[] }
  | { kind: "report"; report: Report }
);
