/** The label that tells the risk of a pull request: one of four names, the others taken off. */

import type { Level } from "../engine/report.ts";
import type { GitHub } from "./github.ts";

/** The colours of the marks in the comment. */
const COLORS = { low: "1d76db", medium: "fbca04", high: "d93f0b", critical: "b60205" } as const;

/** Sets `<beginning>: <level>`; with level none only takes off. */
export async function setLabel(
  github: Pick<GitHub, "labels" | "addLabel" | "removeLabel">,
  pullRequest: number,
  beginning: string,
  level: Level,
): Promise<void> {
  const names = Object.keys(COLORS).map((one) => `${beginning}: ${one}`);
  const wanted = level === "none" ? null : `${beginning}: ${level}`;
  const present = await github.labels(pullRequest);
  // GitHub takes names that differ in their case for one.
  const isSame = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();
  for (const label of present) {
    const isOurs = names.some((name) => isSame(name, label));
    if (isOurs && (wanted === null || !isSame(label, wanted))) await github.removeLabel(pullRequest, label);
  }
  if (wanted === null || level === "none" || present.some((label) => isSame(label, wanted))) return;
  await github.addLabel(pullRequest, wanted, COLORS[level]);
}
