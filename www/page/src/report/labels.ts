/** Words and tones for the values of the report's enumerations. Labels only: what they mean is said by the engine. */

import type { Change, Environment, Interval, Level, Verdict } from "../../../engine/report.ts";
import { h, number } from "../dom.ts";

/** Colours with a meaning; see style.css. */
export type Tone = "critical" | "high" | "medium" | "low" | "info" | "none";

export const LEVEL_LABEL: Record<Level, string> = {
  none: "nothing found",
  low: "low",
  medium: "medium",
  high: "high",
  critical: "critical",
};

export const VERDICT: Record<Verdict, { label: string; tone: Tone }> = {
  "over-certain": { label: "over in every reading", tone: "critical" },
  "over-peak": { label: "over at peak", tone: "critical" },
  "over-rollout": { label: "over in a rollout", tone: "high" },
  "over-strict": { label: "over in a strict rollout", tone: "low" },
  "over-failover": { label: "over in a failover", tone: "medium" },
  "limit-shrunk": { label: "limit shrunk", tone: "high" },
  refused: { label: "clients refused", tone: "critical" },
  starved: { label: "clients wait", tone: "medium" },
  near: { label: "near the line", tone: "medium" },
  "cannot-tell": { label: "cannot tell", tone: "info" },
  "pre-existing": { label: "over before, not worse", tone: "info" },
  fits: { label: "fits", tone: "none" },
};

export const KIND_LABEL: Record<Change["kind"], string> = {
  added: "added",
  removed: "removed",
  modified: "modified",
  moved: "moved",
  retyped: "retyped",
  reordered: "reordered",
};

export const ENVIRONMENT_LABEL: Record<Environment, string> = {
  production: "production",
  staging: "staging",
  development: "development",
  unknown: "environment unknown",
};

/** A coloured word. The word says it all; the colour repeats it. */
export function badge(label: string, tone: Tone): HTMLElement {
  return h("span", { class: `badge tone-${tone}` }, label);
}

/** `480`, `60–480`, `at least 60`: an unknown end is never a number. */
export function interval({ lo, hi }: Interval): string {
  if (hi === null) return lo === 0 ? "unknown" : `at least ${number(lo)}`;
  return lo === hi ? number(lo) : `${number(lo)}–${number(hi)}`;
}

/** `file:line`. */
export function place(file: string, line: number): string {
  return `${file}:${line}`;
}

/** A value that is not there, told apart from an empty one. */
export function absent(): HTMLElement {
  return h("span", { class: "absent" }, "absent");
}

/** A value of one side. */
export function sideValue(text: string | null, side: "removed" | "added"): HTMLElement {
  return text === null ? absent() : h("code", { class: side }, text);
}
