/** The checklist of the gate in the comment: what is confirmed, by whom, what is open, and how to go on. */

import type { GatePolicy } from "../../engine/engine.ts";
import { code } from "./inert.ts";
import type { Override, Tick } from "./record.ts";
import type { Judged, Verdict } from "./verdict.ts";

/** Items beyond this do not fit into a comment with the report. */
export const SECTION_BYTES = 32_000;

/** The section, and how many required items it has no room for. */
export function section(verdict: Verdict, policy: GatePolicy, notes: string[]): { markdown: string; left: number } {
  const head = `**${headline(verdict)}**\n`;
  const tail = [...notes, ...(verdict.open.length > 0 ? [help(policy)] : [])].map((note) => `\n<sub>${note}</sub>\n`);
  let room = SECTION_BYTES - Buffer.byteLength(head + tail.join(""));
  const lines: string[] = [];
  let left = 0;
  for (const judged of verdict.items) {
    const line = itemLine(judged, policy);
    room -= Buffer.byteLength(line) + 1;
    if (room > 0) lines.push(line);
    else if (judged.item.required) left += 1;
  }
  const more =
    left === 0
      ? ""
      : `\n_${left} more ${left === 1 ? "item has" : "items have"} no room here: mend or split the change, or override._\n`;
  return { markdown: `${head}\n${lines.join("\n")}\n${more}${tail.join("")}`, left };
}

function headline({ items, open, override }: Verdict): string {
  const required = items.filter(({ item }) => item.required).length;
  if (override !== null) {
    const reason = code(override.reason);
    return `Before merging: let through by ${code(override.by)} on ${day(override.at)}: ${reason}`;
  }
  if (required === 0) return "Before merging: nothing that somebody has to confirm";
  if (open.length === 0) return `Before merging: all ${required} confirmed`;
  return `Before merging: ${required - open.length} of ${required} confirmed`;
}

function itemLine(judged: Judged, policy: GatePolicy): string {
  const { item, confirmed, done } = judged;
  const reason = done ? (confirmed.find((tick) => tick.reason !== null)?.reason ?? null) : null;
  const text = reason === null ? item.markdown : `~~${item.markdown.replaceAll("~~", "")}~~`;
  const optional = item.required ? "" : " (optional)";
  const notes = remarks(judged, policy).join("; ");
  const aside = notes === "" ? "" : ` <sub>${notes}</sub>`;
  return `- [${done ? "x" : " "}] ${text}${optional}${aside} <!-- plimsoll:check ${item.id} ${item.evidence} -->`;
}

function remarks({ item, confirmed, outdated, uncounted, done }: Judged, policy: GatePolicy): string[] {
  const said = confirmed.map(said_);
  if (confirmed.length > 0 && !done) said.push(`${confirmed.length} of ${policy.count}`);
  if (!done) {
    for (const tick of outdated) said.push(`asked again: it changed since ${code(tick.by)} confirmed it`);
    for (const tick of uncounted) said.push(`${code(tick.by)} is not among those whose tick counts`);
  }
  return item.required || said.length > 0 ? said : [];
}

function said_({ by, at, reason }: Tick): string {
  const what = reason === null ? "confirmed" : `does not apply: ${code(reason)};`;
  return `${what} by ${code(by)} on ${day(at)}`;
}

/** `2026-11-24 20:01 UTC`. */
function day(at: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(at) ? `${at.slice(0, 10)} ${at.slice(11, 16)} UTC` : code(at);
}

function help(policy: GatePolicy): string {
  const who = `${listed(policy.reviewers)}${policy.author ? "" : ", not the author"}`;
  const many = policy.count === 1 ? "" : ` Each item needs ${policy.count} people.`;
  const approvals = policy.approvals ? " An approval of this commit confirms all." : "";
  return (
    `Tick what you have checked; a tick counts from: ${who}.${many}${approvals} What does not apply is struck out with ` +
    `~~ in an edit of this comment, the reason behind it. To let all pass, ${listed(policy.override)} may comment ` +
    `${code("/plimsoll override <reason>")}.`
  );
}

function listed(names: string[]): string {
  const word = (name: string) => {
    if (name === "codeowners") return "the code owners";
    return name.startsWith("@") ? code(name) : `people with ${name} access`;
  };
  return names.map(word).join(" or ");
}

export function lapsedNote({ by }: Override): string {
  return `The override of ${code(by)} is over: what has to be confirmed changed since, or they may not override.`;
}
