/** Whether the gate is open: each required item against who confirmed it. */

import type { GatePolicy } from "../../engine/engine.ts";
import type { Approval } from "../shape.ts";
import { evidenceOfAll, type Item } from "./items.ts";
import type { People } from "./people.ts";
import type { Memory, Override, Tick } from "./record.ts";

export interface Judged {
  item: Item;
  /** Who confirmed what it is now. */
  confirmed: Tick[];
  /** Confirmations of what it was before. */
  outdated: Tick[];
  /** Ticks of people whose word does not count. */
  uncounted: Tick[];
  done: boolean;
}

export interface Verdict {
  items: Judged[];
  /** The override that holds. */
  override: Override | null;
  /** The override that held for other evidence, or whose author may not override any more. */
  lapsed: Override | null;
  open: Item[];
  passed: boolean;
}

export interface Terms {
  policy: GatePolicy;
  people: People;
  /** Login of who opened the pull request. */
  author: string;
}

/** Judges the items by what is remembered and, if the policy says so, by approvals of this very commit. */
export async function judge(items: Item[], memory: Memory, approvals: Approval[], terms: Terms): Promise<Verdict> {
  const judged: Judged[] = [];
  for (const item of items) judged.push(await judgeItem(item, memory.ticks, approvals, terms));
  const open = judged.filter(({ item, done }) => item.required && !done).map(({ item }) => item);
  const holds = memory.override !== null && (await mayStand(memory.override, items, terms));
  return {
    items: judged,
    override: holds ? memory.override : null,
    lapsed: holds ? null : memory.override,
    open,
    passed: open.length === 0 || holds,
  };
}

async function judgeItem(item: Item, ticks: Tick[], approvals: Approval[], terms: Terms): Promise<Judged> {
  const own = ticks.filter((tick) => tick.item === item.id && !tick.off);
  const current = own.filter((tick) => tick.evidence === item.evidence);
  const approving = approvals.map(
    ({ login, at }): Tick => ({ item: item.id, evidence: item.evidence, by: login, at, reason: null, off: false }),
  );
  const [confirmed, uncounted]: [Tick[], Tick[]] = [[], []];
  for (const tick of [...current, ...approving]) {
    if (!(await counts(tick.by, item, terms))) {
      if (current.includes(tick)) uncounted.push(tick);
    } else if (!confirmed.some((other) => sameLogin(other.by, tick.by))) confirmed.push(tick);
  }
  const outdated = own.filter((tick) => tick.evidence !== item.evidence);
  return { item, confirmed, outdated, uncounted, done: confirmed.length >= terms.policy.count };
}

/** Whether somebody's word on an item counts. */
export async function counts(login: string, item: Item, { policy, people, author }: Terms): Promise<boolean> {
  if (login === "" || (sameLogin(login, author) && !policy.author)) return false;
  return people.isOneOf(login, policy.reviewers, item.files);
}

async function mayStand(override: Override, items: Item[], { policy, people }: Terms): Promise<boolean> {
  return override.evidence === evidenceOfAll(items) && people.isOneOf(override.by, policy.override, []);
}

export function sameLogin(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
