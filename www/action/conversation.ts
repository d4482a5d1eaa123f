/**
 * What a comment says: the report, what was mended since, the checklist with its ticks, and what the next run has to
 * remember.
 */

import type { RenderOptions } from "../engine/engine.ts";
import type { Report } from "../engine/report.ts";
import type { Text } from "./comment.ts";
import { type Gate, playRound, type Round } from "./gate/gate.ts";
import { code } from "./gate/inert.ts";
import { emptyMemory, type Known, type Memory, readMemory, sealOf, writeMemory } from "./gate/record.ts";
import type { GitHub } from "./github.ts";
import { keepTicks } from "./ticks.ts";

export interface Said {
  report: Report;
  /** The commit that was reviewed. */
  head: string;
  markdown: (options: RenderOptions) => string;
}

/** Longer lists are counted. */
const MOST_FIXED = 10;
const MOST_PATH = 160;

/** The comment without a gate: ticks are kept, and count for nobody but the people. */
export function plainText(said: Said, earlier: string | null): Text {
  const memory = remember(said, earlier === null ? null : readMemory(earlier));
  const write = (maxBytes: number) => {
    const text = compose(said, memory, maxBytes, {});
    return earlier === null ? text : keepTicks(earlier, text);
  };
  return { isNeeded: said.report.level !== "none", write, holds: (body) => readMemory(body)?.head === said.head };
}

/** The comment with the gate's checklist, and what was judged. */
export async function gatedText(
  said: Said,
  gate: Gate,
  github: Pick<GitHub, "statuses" | "whoAmI">,
  earlier: string | null,
): Promise<{ text: Text; round: Round }> {
  const played = await playRound(gate, github, earlier);
  const known = remember(said, earlier === null ? null : readMemory(earlier));
  const memory = { ...played.memory, findings: known.findings, fixed: known.fixed };
  const round = { ...played, memory };
  const seal = sealOf(memory);
  const text: Text = {
    isNeeded: said.report.level !== "none" || gate.items.some((item) => item.required),
    write: (maxBytes) => compose(said, memory, maxBytes, { checklist: round.markdown }),
    holds: (body) => {
      const stands = readMemory(body);
      return stands !== null && sealOf(stands) === seal;
    },
  };
  return { text, round };
}

function compose(said: Said, memory: Memory, maxBytes: number, options: RenderOptions): string {
  const whole = `${writeMemory(memory)}\n`;
  // Where there is little room the report goes first; who confirmed what is never left out.
  const isTooMuch = Buffer.byteLength(whole) > maxBytes / 4;
  const line = isTooMuch ? `${writeMemory({ ...memory, findings: [], fixed: [] })}\n` : whole;
  const opening = fixedLine(memory.fixed);
  const room = Math.max(maxBytes - Buffer.byteLength(line), 0);
  return line + said.markdown({ ...options, maxBytes: room, ...(opening !== "" && { opening }) });
}

/** What was found before and is not any more; it stays in the list until it comes back. */
function remember({ report, head }: Said, before: Memory | null): Memory {
  const findings = report.findings
    .filter((finding) => finding.suppressed === null)
    .map(({ id, rule, file }): Known => [id, rule, [...file].slice(0, MOST_PATH).join("")]);
  const now = new Set(report.findings.map((finding) => finding.id));
  const earlier = [...(before?.fixed ?? []), ...(before?.findings ?? [])];
  const fixed = new Map(earlier.filter(([id]) => !now.has(id)).map((known) => [known[0], known]));
  return { ...emptyMemory(head), findings, fixed: [...fixed.values()] };
}

function fixedLine(fixed: Known[]): string {
  if (fixed.length === 0) return "";
  const named = fixed.slice(0, MOST_FIXED).map(([, rule, file]) => `${code(rule)} in ${code(file)}`);
  const more = fixed.length > MOST_FIXED ? ` and ${fixed.length - MOST_FIXED} more` : "";
  return `✅ Resolved since the first review: ${named.join(", ")}${more}`;
}
