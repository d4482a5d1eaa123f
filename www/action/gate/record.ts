/**
 * What a comment remembers for the next run: a line of JSON in an HTML comment. And the seals that tell whether somebody
 * wrote in it.
 *
 * Anybody with write access can edit the comment. The seals stand in the address of a commit status, which nobody can
 * post in the action's name: a record that no seal fits is no record.
 */

import { createHash } from "node:crypto";

/** Somebody confirmed an item, or struck it out with a reason, or took that back. */
export interface Tick {
  item: string;
  /** What the item stood for then. */
  evidence: string;
  by: string;
  /** ISO 8601. */
  at: string;
  /** Why the item does not apply; null for a plain tick. */
  reason: string | null;
  /** The tick was taken back; kept so that a slow run cannot bring it back. */
  off: boolean;
}

/** Somebody who may let everything pass. */
export interface Override {
  by: string;
  at: string;
  reason: string;
  /** Of all required items together: another finding, and it is over. */
  evidence: string;
}

/** A finding by its id, with what to call it once it is gone. */
export type Known = [id: string, rule: string, file: string];

export interface Memory {
  /** The commit that the comment is about; its statuses hold the seals. */
  head: string;
  findings: Known[];
  fixed: Known[];
  ticks: Tick[];
  override: Override | null;
}

/** More would crowd out the report. A tick that is left out is asked again. */
const MOST_FINDINGS = 60;
const MOST_TICKS = 150;
const MOST_TEXT = 300;

const OPEN = "<!-- plimsoll:state ";
const CLOSE = " -->";

export function emptyMemory(head: string): Memory {
  return { head, findings: [], fixed: [], ticks: [], override: null };
}

/** The record as a line of the comment: nothing in it can end the line or the HTML comment. */
export function writeMemory(memory: Memory): string {
  return `${OPEN}${canonical(memory)}${CLOSE}`;
}

/** The record of a comment, whoever wrote it; null if there is none that can be read. It is the second line. */
export function readMemory(body: string): Memory | null {
  const line = body.split(/\r?\n/, 2)[1] ?? "";
  if (!line.startsWith(OPEN) || !line.endsWith(CLOSE)) return null;
  try {
    return toMemory(JSON.parse(line.slice(OPEN.length, -CLOSE.length)));
  } catch {
    return null;
  }
}

/** Seal of what a record says about confirmations; what was found and mended is only for show. */
export function sealOf(memory: Memory): string {
  return digest(canonical({ ...memory, findings: [], fixed: [] }));
}

/** Seal of what a reader sees: all of the comment but whether its boxes are ticked. */
export function sealOfText(body: string): string {
  return digest(
    body
      .replaceAll("\r\n", "\n")
      .replace(/^(\s*[-*+] \[)[xX](\] )/gm, "$1 $2")
      .trimEnd(),
  );
}

/** 128 bits: a collision is out of reach also for whoever writes both texts. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function canonical(memory: Memory): string {
  const { head, findings, fixed, ticks, override } = memory;
  const json = JSON.stringify({
    v: 1,
    head,
    findings: findings.slice(0, MOST_FINDINGS),
    fixed: fixed.slice(0, MOST_FINDINGS),
    ticks: ticks.slice(-MOST_TICKS).map(({ item, evidence, by, at, reason, off }) => ({
      item,
      evidence,
      by,
      at,
      ...(reason !== null && { reason: clip(reason) }),
      ...(off && { off }),
    })),
    ...(override && { override: { ...override, reason: clip(override.reason) } }),
  });
  // `--` and `>` could end the HTML comment; the rest keeps the line plain.
  return json.replace(/[-<>&@`\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function clip(text: string): string {
  return [...text].slice(0, MOST_TEXT).join("");
}

type Fields = Record<string, unknown>;

function toMemory(data: unknown): Memory | null {
  const { v, head, findings, fixed, ticks, override } = (data ?? {}) as Fields;
  if (v !== 1 || typeof head !== "string" || !Array.isArray(findings) || !Array.isArray(fixed)) return null;
  if (!Array.isArray(ticks)) return null;
  return {
    head,
    findings: findings.filter(isKnown),
    fixed: fixed.filter(isKnown),
    ticks: ticks.map(toTick).filter((tick) => tick !== null),
    override: override === undefined ? null : toOverride(override as Fields),
  };
}

function isKnown(data: unknown): data is Known {
  return Array.isArray(data) && data.length === 3 && data.every((part) => typeof part === "string");
}

function toTick(data: unknown): Tick | null {
  const { item, evidence, by, at, reason, off } = (data ?? {}) as Fields;
  if (![item, evidence, by, at].every((part) => typeof part === "string")) return null;
  const why = typeof reason === "string" ? reason : null;
  return { item, evidence, by, at, reason: why, off: off === true } as Tick;
}

function toOverride({ by, at, reason, evidence }: Fields): Override | null {
  return [by, at, reason, evidence].every((part) => typeof part === "string")
    ? ({ by, at, reason, evidence } as Override)
    : null;
}
