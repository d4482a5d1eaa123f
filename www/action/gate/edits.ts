/**
 * What somebody did to the comment, taken from the event's payload: boxes ticked and unticked, items struck out, and the
 * command that overrides. The payload names who did it; the comment itself does not.
 */

import type { Edit } from "../event.ts";
import type { Item } from "./items.ts";
import type { Memory, Tick } from "./record.ts";

/** An item as it stands in a comment. */
export interface Line {
  checked: boolean;
  evidence: string;
  /** The reason behind an item that is struck out; null if it is not. */
  struck: string | null;
}

const ITEM = /^\s*[-*+] \[([ xX])\] (.*?)\s*<!-- plimsoll:check ([\w:-]+) ([0-9a-f]+) -->\s*$/;

/** The items of a comment by their ids. */
export function readLines(body: string): Map<string, Line> {
  const lines = new Map<string, Line>();
  for (const line of body.split(/\r?\n/)) {
    const [, mark = "", text = "", id = "", evidence = ""] = ITEM.exec(line) ?? [];
    if (id === "") continue;
    const [, reason] = /^~~.+~~(.*)$/.exec(text) ?? [];
    lines.set(id, { checked: mark !== " ", evidence, struck: reason === undefined ? null : reasonOf(reason) });
  }
  return lines;
}

/** What stands behind the struck text, without what the action itself put there. */
function reasonOf(text: string): string {
  return text
    .replace(/<sub>.*?<\/sub>/g, "")
    .replace(/^[\s:–—-]+/, "")
    .trim();
}

/** At least two words: one is no reason. */
export function isReason(text: string): boolean {
  return text.split(/\s+/).filter((word) => /\p{L}/u.test(word)).length >= 2;
}

export type Deed =
  | { kind: "ticked" | "unticked" | "struck-without-reason"; item: string; evidence: string }
  | { kind: "struck"; item: string; evidence: string; reason: string };

/** What an edit did to the items. */
export function deeds(before: string, after: string): Deed[] {
  const [old, now] = [readLines(before), readLines(after)];
  const found: Deed[] = [];
  for (const [item, was] of old) {
    const is = now.get(item);
    if (is === undefined) continue;
    // What was seen is what stood there before; the evidence that an editor writes proves nothing.
    const evidence = was.evidence;
    if (is.struck !== null && was.struck === null) {
      if (isReason(is.struck)) found.push({ kind: "struck", item, evidence, reason: is.struck });
      else found.push({ kind: "struck-without-reason", item, evidence });
    } else if (is.checked && !was.checked) found.push({ kind: "ticked", item, evidence });
    else if (!is.checked && was.checked) found.push({ kind: "unticked", item, evidence });
  }
  return found;
}

/** The ticks after a deed. What is older than the last word on the item changes nothing. */
export function applyDeed(ticks: Tick[], deed: Deed, by: string, at: string): Tick[] {
  if (deed.kind === "struck-without-reason") return ticks;
  const { item, evidence } = deed;
  const tick = { item, evidence, by, at, reason: deed.kind === "struck" ? deed.reason : null };
  const last = ticks.filter((other) => other.item === item && other.off).map((other) => other.at);
  if (deed.kind === "unticked") {
    return [...ticks.filter((other) => other.item !== item || other.at > at), { ...tick, off: true }];
  }
  if (last.some((taken) => taken >= at)) return ticks;
  return [...ticks.filter((other) => other.item !== item || other.by !== by || other.off), { ...tick, off: false }];
}

/** Ticks of items that are still asked. */
export function withoutGone(memory: Memory, items: Item[]): Tick[] {
  const asked = new Set(items.map((item) => item.id));
  return memory.ticks.filter((tick) => asked.has(tick.item));
}

export type Command = { kind: "override"; reason: string } | { kind: "recheck" } | { kind: "unknown" };

/** The command that a comment of its own gives; null if it is none. */
export function readCommand(edit: Edit): Command | null {
  if (edit.action !== "created") return null;
  const [, word, rest = ""] = /^\/plimsoll\b[ \t]*(\S*)[ \t]*([^\r\n]*)/.exec(edit.after) ?? [];
  if (word === undefined) return null;
  if (word === "recheck") return { kind: "recheck" };
  return word === "override" ? { kind: "override", reason: rest.trim() } : { kind: "unknown" };
}
