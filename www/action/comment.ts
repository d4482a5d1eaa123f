/**
 * The comment on the pull request: one for each key, found again by its marker and its author, and edited only if it
 * says something else now.
 *
 * In: the door to GitHub, the policy, and a way to write the body within so many bytes. Out: what became of it. Nothing
 * here fails the run: a comment that is refused is an `Outcome` with the reason.
 */

import { setTimeout as pause } from "node:timers/promises";
import { sameText } from "./gate/gate.ts";
import { type Comment, type GitHub, TooLong, Uncertain } from "./github.ts";
import type { CommentPolicy } from "./inputs.ts";
import { Refusal } from "./refusal.ts";

export interface Draft {
  pullRequest: number;
  /** The commit that was reviewed. */
  head: string;
  key: string;
  policy: CommentPolicy;
  /** Called before the comment is read. `isLast`: there will be no other attempt. */
  prepare?: (isLast: boolean) => Promise<void>;
  /** Composes the comment, given what an earlier one says. */
  compose: (earlier: string | null) => Promise<Text>;
}

export interface Text {
  /** Whether there is anything to say where nothing was said before. */
  isNeeded: boolean;
  /** Writes it within so many bytes of UTF-8. */
  write: (maxBytes: number) => string;
  /** Whether the comment, as it stands after a while, still says what this run has to say. */
  holds: (body: string) => boolean;
  /** Called before an earlier comment is written over. */
  announce?: (url: string, body: string, isLast: boolean) => Promise<void>;
}

export type Outcome =
  | { kind: "created" | "updated" | "unchanged"; url: string; id: number; body: string }
  | { kind: "none" }
  | { kind: "refused"; why: string };

/** Safe under every reading of GitHub's limit; the others are for servers that take less. */
const BODY_BYTES = [60_000, 30_000, 10_000];
const ATTEMPTS = 4;

/** A slow run must not write over what the run of a later push said. */
export const OUTDATED = "the pull request has a newer commit, and the run for that one comments";

/** Somebody else wrote at the same time; the next attempt starts from what stands there then. */
export class Overtaken extends Error {
  override readonly name = "Overtaken";
}

/** Writes, updates or leaves out the comment. */
export async function publish(github: GitHub, draft: Draft, pauseMs = 1000): Promise<Outcome> {
  if (draft.policy === "never") return { kind: "none" };
  let trouble = "";
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      return await publishOnce(github, draft, attempt === ATTEMPTS);
    } catch (error) {
      if (error instanceof Refusal) return { kind: "refused", why: error.message };
      if (!(error instanceof Uncertain || error instanceof Overtaken)) throw error;
      // It may have been made all the same, so the next attempt looks first.
      trouble = error.message;
      if (attempt < ATTEMPTS) await pause(pauseMs * attempt);
    }
  }
  return { kind: "refused", why: trouble };
}

async function publishOnce(github: GitHub, draft: Draft, isLast: boolean): Promise<Outcome> {
  await draft.prepare?.(isLast);
  const earlier = await findEarlier(github, draft);
  const text = await draft.compose(earlier?.body ?? null);
  if (earlier === null && draft.policy === "on-findings" && !text.isNeeded) return { kind: "none" };
  const current = await github.headOf(draft.pullRequest);
  if (current !== null && current !== draft.head) throw new Refusal(OUTDATED);
  for (const bytes of BODY_BYTES) {
    try {
      return await put(github, draft, earlier, text, compose(draft, text, bytes), isLast);
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
    }
  }
  throw new Refusal("the report is too long for a comment on this server; see the job summary");
}

async function put(
  github: GitHub,
  draft: Draft,
  earlier: Comment | null,
  text: Text,
  body: string,
  isLast: boolean,
): Promise<Outcome> {
  if (earlier === null) return create(github, draft, body);
  if (sameText(earlier.body, body)) return { kind: "unchanged", url: earlier.url, id: earlier.id, body };
  await text.announce?.(earlier.url, body, isLast);
  const updated = await github.update(earlier.id, body);
  if (updated === null) throw new Overtaken("the comment was removed while it was written");
  const stands = await github.comment(earlier.id);
  if (stands === null || !text.holds(stands.body))
    throw new Overtaken("another run wrote the comment at the same time");
  return { kind: "updated", url: updated.url, id: updated.id, body };
}

/** Two runs may both have seen none: of two comments the older one stays. */
async function create(github: GitHub, draft: Draft, body: string): Promise<Outcome> {
  const made = await github.create(draft.pullRequest, body);
  const first = await findEarlier(github, draft).catch(() => null);
  if (first === null || first.id === made.id) return { kind: "created", url: made.url, id: made.id, body };
  throw new Overtaken("another run made the comment at the same time");
}

/**
 * The marker alone is no proof, anybody can write it: the author has to be us. Of several the oldest is kept, and the
 * others, left behind by runs that were cut off, are removed.
 */
async function findEarlier(github: GitHub, draft: Draft): Promise<Comment | null> {
  const mark = marker(draft.key);
  const marked = (await github.comments(draft.pullRequest)).filter((comment) => comment.body.startsWith(mark));
  if (marked.length === 0) return null;
  const me = await github.whoAmI();
  // The token of a workflow or an app may not ask who it is; what it writes is signed by a bot, though.
  const own = marked.filter(({ author }) => (me === null ? author.isBot : author.login === me));
  const [first = null, ...others] = own.sort((a, b) => a.id - b.id);
  for (const other of others) {
    if (other.author.login === first?.author.login) await github.remove(other.id).catch(ignoreRefusal);
  }
  return first;
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof Refusal || error instanceof Uncertain)) throw error;
}

function compose(draft: Draft, text: Text, maxBytes: number): string {
  const head = `${marker(draft.key)}\n`;
  return head + text.write(maxBytes - Buffer.byteLength(head));
}

/** What a comment of ours begins with. */
export function marker(key: string): string {
  return `<!-- plimsoll:${key} -->`;
}
