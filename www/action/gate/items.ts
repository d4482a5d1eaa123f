/**
 * The items that have to be confirmed, each with its evidence: a digest of what a reviewer confirms. Line numbers are no
 * part of it, values and numbers are; if it changes, what was confirmed is another thing.
 */

import type { GateSeverity } from "../../engine/engine.ts";
import type { Check, Finding, Report } from "../../engine/report.ts";
import { digest } from "./record.ts";

export interface Item {
  id: string;
  evidence: string;
  /** One inert line of Markdown. */
  markdown: string;
  required: boolean;
  /** Where its findings are, for the owners of these files. */
  files: string[];
  /** Rules of its findings, or the kind of an extra. */
  names: string[];
}

/** Something beside the findings that has to be confirmed, such as a change of the policy. */
export interface Extra {
  id: string;
  markdown: string;
  /** What is confirmed. */
  content: string;
  file: string;
}

export const RANK = { info: 0, low: 1, medium: 2, high: 3, critical: 4 } as const;

/** What stands for a secret in the report. */
const MASK = "••••";

/** Required ones first, each part in the order of the report. */
export function gateItems(
  report: Report,
  checks: Check[],
  least: GateSeverity,
  extras: Extra[],
  blobOf: (finding: Finding) => string,
): Item[] {
  const findings = new Map(report.findings.map((finding) => [finding.id, finding]));
  const fromChecks = checks.map(({ id, because, markdown }) => {
    const causes = because.map((cause) => findings.get(cause)).filter((finding) => finding !== undefined);
    const counting = causes.filter((finding) => finding.suppressed === null);
    // The question may have numbers in it that change; whom it is about does not.
    const stable = [...because].sort()[0] ?? id;
    return {
      id: stable,
      evidence: evidenceOf(stable, causes, blobOf),
      markdown,
      required: counting.some((finding) => RANK[finding.severity] >= RANK[least]),
      files: [...new Set(causes.map((finding) => finding.file))],
      names: [...new Set(causes.map((finding) => finding.rule))],
    };
  });
  const fromExtras = extras.map(({ id, markdown, content, file }) => ({
    id,
    evidence: digest(JSON.stringify([id, content])),
    markdown,
    required: true,
    files: [file],
    names: [id.split(":", 1)[0] ?? id],
  }));
  const items = [...fromChecks, ...fromExtras];
  return [...items.filter((item) => item.required), ...items.filter((item) => !item.required)];
}

/** Evidence of all that is required, for an override. */
export function evidenceOfAll(items: Item[]): string {
  const required = items.filter((item) => item.required).map(({ id, evidence }) => `${id} ${evidence}`);
  return digest(required.sort().join("\n"));
}

function evidenceOf(id: string, causes: Finding[], blobOf: (finding: Finding) => string): string {
  const contents = causes.map((finding) => JSON.stringify(contentOf(finding, blobOf)));
  return digest(JSON.stringify([id, ...contents.sort()]));
}

export function contentOf(finding: Finding, blobOf: (finding: Finding) => string): unknown {
  const { rule, severity, environment, subject, setting, title, message, file, side } = finding;
  const values = [finding.old, finding.new, finding.excerpt, ...finding.evidence.map((evidence) => evidence.text)];
  const words = [rule, severity, environment, subject, setting, finding.old, finding.new, title, message, file, side];
  const places = finding.evidence.map((evidence) => [evidence.file, evidence.side, evidence.text]);
  // Two secrets look the same here, so the file as a whole stands for the one that was seen.
  const hidden = values.some((value) => value?.includes(MASK)) ? blobOf(finding) : "";
  return [words, places, hidden];
}
