/**
 * The gate: what has to be confirmed before a merge, by whom, and whether it is.
 *
 * In: the comment as it is, the event's edit, the items, the policy of the base. Out: the record to keep, the section of
 * the comment, and the commit status. Where anything is in doubt the gate stays closed.
 */

import type { GatePolicy } from "../../engine/engine.ts";
import type { Edit } from "../event.ts";
import type { GitHub } from "../github.ts";
import { Refusal } from "../refusal.ts";
import type { Approval, StatusState } from "../shape.ts";
import { applyDeed, type Deed, deeds, isReason, readCommand, readLines, withoutGone } from "./edits.ts";
import { code } from "./inert.ts";
import { evidenceOfAll, type Item } from "./items.ts";
import { emptyMemory, type Memory, readMemory, sealOf, sealOfText } from "./record.ts";
import { sealsAt } from "./seal.ts";
import { lapsedNote, section } from "./section.ts";
import { counts, judge, sameLogin, type Terms, type Verdict } from "./verdict.ts";

export interface Gate {
  policy: GatePolicy;
  /** Name of the commit status. */
  context: string;
  items: Item[];
  terms: Terms;
  approvals: Approval[];
  /** What somebody did to the comment; null if nobody did, or if this is a repeated run of it. */
  edit: Edit | null;
  /** The commit that was reviewed. */
  head: string;
}

export interface Round {
  memory: Memory;
  verdict: Verdict;
  markdown: string;
  state: StatusState;
  description: string;
  /** Whether the record may be sealed: not while it could not be told whether somebody else wrote in it. */
  isVerified: boolean;
}

type Door = Pick<GitHub, "statuses" | "whoAmI">;

/** Judges by the comment as it is now, which may be missing. */
export async function playRound(gate: Gate, github: Door, body: string | null): Promise<Round> {
  const notes: string[] = [];
  const source = textThatCounts(gate.edit, body);
  const memory = await verified(gate, github, source, notes);
  if (memory === null) return await pass(gate, source, notes);
  memory.ticks = withoutGone(memory, gate.items);
  const touched = await follow(gate, github, memory, notes);
  const verdict = await judge(gate.items, memory, gate.approvals, gate.terms);
  notes.push(...strangeTicks(verdict, body, touched));
  if (verdict.lapsed !== null) {
    notes.push(lapsedNote(verdict.lapsed));
    memory.override = null;
  }
  for (const doubt of gate.terms.people.doubts) notes.push(`Not everybody could be placed: ${doubt}.`);
  const { markdown, left } = section(verdict, gate.policy, [...new Set(notes)]);
  return { memory: { ...memory, head: gate.head }, verdict, markdown, isVerified: true, ...statusOf(verdict, left) };
}

/** A round in which nothing can be verified: nothing counts, and the record stays as it is for the next one. */
async function pass(gate: Gate, source: string | null, notes: string[]): Promise<Round> {
  const memory = (source === null ? null : readMemory(source)) ?? emptyMemory(gate.head);
  const verdict = await judge(gate.items, emptyMemory(gate.head), [], gate.terms);
  const { markdown } = section(verdict, gate.policy, notes);
  const description = "who confirmed what could not be verified; the run says why";
  return { memory, verdict, markdown, isVerified: false, state: "pending", description };
}

/** What the status says; items that found no room in the comment cannot be confirmed. */
export function statusOf(verdict: Verdict, left = 0): { state: StatusState; description: string } {
  const { items, open, override, passed } = verdict;
  const required = items.filter(({ item }) => item.required).length;
  if (override !== null) return { state: "success", description: `let through by ${override.by}: ${override.reason}` };
  if (!passed || left > 0) {
    return {
      state: "pending",
      description: `${required - open.length} of ${required} items of the checklist confirmed`,
    };
  }
  return {
    state: "success",
    description:
      required === 0 ? "nothing that somebody has to confirm" : `all ${required} items of the checklist confirmed`,
  };
}

/** An edit may have changed the record too; what stood there before is in the event, unless we wrote since. */
function textThatCounts(edit: Edit | null, body: string | null): string | null {
  const isUntouched = edit?.action === "edited" && edit.before !== null && body !== null && sameText(body, edit.after);
  return isUntouched ? edit.before : body;
}

/** The record in a text, if a seal of ours fits it; null if GitHub does not let us see the seals. */
async function verified(gate: Gate, github: Door, text: string | null, notes: string[]): Promise<Memory | null> {
  const memory = text === null ? null : readMemory(text);
  if (memory === null) {
    if (text !== null && readLines(text).size > 0) notes.push(FORGOTTEN);
    return emptyMemory(gate.head);
  }
  try {
    const seals = await sealsAt(github, gate.context, memory.head);
    if (seals.records.has(sealOf(memory))) return memory;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    notes.push(`Who confirmed what could not be verified: ${error.message}.`);
    return null;
  }
  if (memory.ticks.length > 0 || memory.override !== null) notes.push(FORGOTTEN);
  return { ...memory, ticks: [], override: null };
}

const FORGOTTEN = "Who confirmed what could not be verified in this comment, so all of it is asked again.";

/** Takes into the record what the event tells; gives the items that it is about. */
async function follow(gate: Gate, github: Door, memory: Memory, notes: string[]): Promise<Set<string>> {
  const { edit } = gate;
  const touched = new Set<string>();
  if (edit === null) return touched;
  await command(gate, edit, memory, notes);
  if (edit.action !== "edited" || edit.before === null) return touched;
  const wasOurs = await isOurText(gate, github, edit.before);
  for (const deed of deeds(edit.before, edit.after)) {
    touched.add(deed.item);
    const refusal = await refusalOf(gate, edit, deed, wasOurs);
    if (refusal !== null) notes.push(refusal);
    else memory.ticks = applyDeed(memory.ticks, deed, edit.by.login, edit.at);
  }
  return touched;
}

/** Whether an editor had before them what we wrote: the text of an item could have been changed. */
async function isOurText(gate: Gate, github: Door, text: string): Promise<boolean> {
  const memory = readMemory(text);
  return memory !== null && (await sealsAt(github, gate.context, memory.head)).texts.has(sealOfText(text));
}

async function command(gate: Gate, edit: Edit, memory: Memory, notes: string[]): Promise<void> {
  const given = readCommand(edit);
  if (given === null || given.kind === "recheck") return;
  const who = code(edit.by.login);
  if (given.kind === "unknown") {
    notes.push(`${code("/plimsoll")} takes ${code("override <reason>")} or ${code("recheck")}.`);
  } else if (edit.by.isBot || !(await gate.terms.people.isOneOf(edit.by.login, gate.policy.override, []))) {
    notes.push(`${who} may not override.`);
  } else if (!isReason(given.reason)) {
    notes.push(`The override of ${who} has no reason of at least two words.`);
  } else {
    memory.override = { by: edit.by.login, at: edit.at, reason: given.reason, evidence: evidenceOfAll(gate.items) };
  }
}

/** Why a deed does not count; null if it does. */
async function refusalOf(gate: Gate, edit: Edit, deed: Deed, wasOurs: boolean): Promise<string | null> {
  const who = code(edit.by.login);
  const item = gate.items.find((candidate) => candidate.id === deed.item);
  // Taking back always counts: it closes the gate.
  if (deed.kind === "unticked" || item === undefined) return null;
  if (deed.kind === "struck-without-reason") return `${who} struck out an item without a reason of at least two words.`;
  if (!wasOurs) return `What ${who} ticked was not as it was written here; please look at it and tick it again.`;
  if (edit.by.isBot) return `The tick of ${who} does not count: that is no person.`;
  if (sameLogin(edit.by.login, gate.terms.author) && !gate.policy.author) {
    return `The tick of ${who} does not count: it is the author's own.`;
  }
  const may = await counts(edit.by.login, item, gate.terms);
  return may ? null : `The tick of ${who} does not count: they are not among the reviewers of that item.`;
}

/** Boxes that are ticked although no event told by whom; they are shown open again. */
function strangeTicks(verdict: Verdict, body: string | null, touched: Set<string>): string[] {
  const lines = readLines(body ?? "");
  const strange = verdict.items.filter(
    ({ item, done }) => !done && !touched.has(item.id) && lines.get(item.id)?.checked === true,
  );
  return strange.some(({ outdated }) => outdated.length === 0)
    ? ["A box was ticked and it is not known by whom; please tick it again."]
    : [];
}

/** GitHub may change line ends and trims what is at the end. */
export function sameText(left: string, right: string): boolean {
  const plain = (text: string) => text.replaceAll("\r\n", "\n").trimEnd();
  return plain(left) === plain(right);
}
