/**
 * Seals: digests of what the action wrote, kept in the address of its commit status.
 *
 * A person can edit the comment but cannot post a status in the action's name, so a seal tells the one from the other.
 */

import type { GitHub } from "../github.ts";
import type { Status } from "../shape.ts";
import { type Memory, sealOf, sealOfText } from "./record.ts";

export interface Seals {
  /** Of records. */
  records: Set<string>;
  /** Of whole comments. */
  texts: Set<string>;
}

const SEAL = /[?&]plimsoll=([0-9a-f]{32})\.([0-9a-f]{32})(?:#|$)/;

/** All seals at a commit. Older ones count too: two runs may finish in another order than they wrote. */
export async function sealsAt(
  github: Pick<GitHub, "statuses" | "whoAmI">,
  context: string,
  commit: string,
): Promise<Seals> {
  const seals: Seals = { records: new Set(), texts: new Set() };
  if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(commit)) return seals;
  const me = await github.whoAmI();
  for (const status of await github.statuses(commit)) {
    const [, record, text] = SEAL.exec(status.url) ?? [];
    if (status.context !== context || !isOurs(status, me) || record === undefined || text === undefined) continue;
    seals.records.add(record);
    seals.texts.add(text);
  }
  return seals;
}

/** The token of a workflow or an app may not ask who it is; what it posts is signed by a bot, though. */
export function isOurs(status: Status, me: string | null): boolean {
  return me === null ? status.creator.isBot : status.creator.login === me;
}

/** The address of the comment with the seals of what it says. */
export function sealedAddress(url: string, memory: Memory, body: string): string {
  const [page = "", anchor = ""] = url.split("#", 2);
  return `${page}?plimsoll=${sealOf(memory)}.${sealOfText(body)}${anchor === "" ? "" : `#${anchor}`}`;
}
