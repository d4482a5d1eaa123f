/**
 * What the page can be opened with besides two sides: a report, a unified diff, what `plimsoll page` put into it, and
 * a link that carries a report.
 */

import type { Diff, Report } from "../../engine/report.ts";
import type { Picked } from "./collect.ts";
import type { Input, Job } from "./protocol.ts";
import { localDate } from "./sides.ts";

export type Given = { kind: "job"; job: Job } | { kind: "report"; report: Report; diff: Diff };

const NO_DIFF: Diff = { files: [] };
const LINK = "#review=";

/** A report or a diff in a single file that was given; null if it is neither. */
export async function recognise(picked: readonly Picked[]): Promise<Given | null> {
  const [one] = picked;
  const file = one?.files[0];
  if (picked.length !== 1 || !one || one.folder || !file || !("blob" in file)) return null;
  if (/\.(diff|patch)$/i.test(one.name)) return patch(one.name, await file.blob.text());
  if (!/\.json$/i.test(one.name)) return null;
  const report = asReport(await file.blob.text());
  return report && { kind: "report", report, diff: NO_DIFF };
}

export function patch(name: string, text: string): Given {
  return { kind: "job", job: { old: [], new: [], patch: { name, text }, options: { today: localDate(new Date()) } } };
}

export function asReport(text: string): Report | null {
  try {
    const value = JSON.parse(text) as unknown;
    return isReport(value) ? value : null;
  } catch {
    return null;
  }
}

/** Enough of the shape that the page can show it: a text that only looks like a report must not break the page. */
function isReport(value: unknown): value is Report {
  if (typeof value !== "object" || value === null) return false;
  const report = value as Partial<Report>;
  const lists = [report.findings, report.changes, report.budget, report.checklist];
  return (
    report.schema === "plimsoll.review/1" &&
    typeof report.summary === "string" &&
    typeof report.score === "number" &&
    typeof report.coverage === "object" &&
    Array.isArray(report.coverage?.skipped) &&
    lists.every(Array.isArray)
  );
}

/** What the program that serves the page has put into it. */
export function fromPage(): Given | null {
  const text = document.getElementById("given")?.textContent ?? "";
  if (text.trim() === "") return null;
  const given = JSON.parse(text) as { kind: string } & Record<string, unknown>;
  if (given.kind === "report" && isReport(given.report)) {
    return { kind: "report", report: given.report, diff: given.diff as Diff };
  }
  if (given.kind !== "sides") return null;
  const { old, new: after, config, env, today } = given as unknown as Served;
  const options = { config, env, today };
  return { kind: "job", job: { old: old.map(served), new: after.map(served), options } };
}

interface Served {
  old: ServedInput[];
  new: ServedInput[];
  config: string | null;
  env: [string, string][];
  today: string;
}

type ServedInput = { path: string } & ({ base64: string } | { skipped: string } | { note: string });

function served(input: ServedInput): Input {
  if (!("base64" in input)) return input;
  return { path: input.path, blob: new Blob([bytesOf(input.base64)]) };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

/** A report and its lines in the part of an address that browsers keep to themselves. All of it is masked already. */
export async function linkOf(report: Report, diff: Diff): Promise<string> {
  const packed = await through(JSON.stringify({ report, diff }), new CompressionStream("deflate-raw"));
  let binary = "";
  for (const byte of packed) binary += String.fromCharCode(byte);
  const code = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return location.href.replace(/#.*$/, "") + LINK + code;
}

/** What an address carries; null if it carries nothing, and an error if that cannot be read. */
export async function fromLink(hash: string): Promise<Given | null> {
  if (!hash.startsWith(LINK)) return null;
  const bytes = bytesOf(hash.slice(LINK.length).replaceAll("-", "+").replaceAll("_", "/"));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const { report, diff } = JSON.parse(await new Response(stream).text()) as { report: unknown; diff: Diff };
  if (!isReport(report) || !Array.isArray(diff?.files)) throw new TypeError("no report");
  return { kind: "report", report, diff };
}

async function through(text: string, transform: CompressionStream): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(transform);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
