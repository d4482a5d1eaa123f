/**
 * Whose turn it is to write the comment. GitHub cannot compare and swap, and two runs that read the same comment would
 * write over what the other one took in. It does keep commit statuses in one order for all, though: a run announces
 * itself in one, and writes only if no other run came in between.
 */

import { Overtaken } from "./comment.ts";
import { type GitHub, type Status, Uncertain } from "./github.ts";
import { Refusal } from "./refusal.ts";

export interface Turn {
  /** Before the comment is read: waits for a run that is writing. `isLast`: waits for nobody, it may have been cut off. */
  ask(isLast: boolean): Promise<void>;
  /** After it was read and before it is written: announces what will be written under this address. */
  take(url: string, isLast: boolean): Promise<void>;
}

const WRITING = "the checklist is being written";

export function turnAt(github: Pick<GitHub, "statuses" | "setStatus">, commit: string, context: string): Turn {
  const own = new Set<number>();
  let newest: number | null = null;
  const ours = async () => (await github.statuses(commit)).filter((status) => status.context === context);
  const isForeign = (status: Status) => !own.has(status.id);
  return {
    ask: (isLast) =>
      ifAllowed(async () => {
        const [last] = await ours();
        newest = last?.id ?? null;
        if (last?.description === WRITING && isForeign(last) && !isLast) throw overtaken();
      }),
    take: (url, isLast) =>
      ifAllowed(async () => {
        const id = await github.setStatus(commit, { context, state: "pending", description: WRITING, url });
        own.add(id);
        const all = await ours();
        const mine = all.findIndex((status) => status.id === id);
        const then = all.findIndex((status) => status.id === newest);
        const between = all.slice(mine + 1, then < 0 ? undefined : then);
        if (between.some(isForeign) && !isLast) throw overtaken();
      }),
  };
}

function overtaken(): Overtaken {
  return new Overtaken("other runs wrote the comment at the same time; run the job again");
}

/** Without statuses the gate stays closed, so at worst something is asked again; the comment must not wait for them. */
async function ifAllowed(call: () => Promise<void>): Promise<void> {
  await call().catch((error: unknown) => {
    if (!(error instanceof Refusal || error instanceof Uncertain)) throw error;
  });
}
