/**
 * The comment on the pull request: one for each key, found again by its marker and its author, and edited only if it
 * says something else now.
 *
 * In: the door to GitHub, the policy, and a way to write the body within so many bytes. Out: what became of it. Nothing
 * here fails the run: a comment that is refused is an `Outcome` with the reason.
 */

import { setTimeout as pause } from "node:timers/promises";
import { type Comment, type GitHub, TooLong, Uncertain } from "./github.ts";
import type { CommentPolicy } from "./inputs.ts";
import { Refusal } from "./refusal.ts";
import { keepTicks } from "./ticks.ts";

export interface Draft {
  pullRequest: number;
  /** The commit that was reviewed. */
  head: string;
  key: string;
  policy: CommentPolicy;
  /** Whether the review has anything to say. */
  hasFindings: boolean;
  /** Writes the report within so many bytes of UTF-8. */
  write: (maxBytes: number) => string;
}

export type Outcome =
  | { kind: "created" | "updated" | "unchanged"; url: string }
  | { kind: "none" }
  | { kind: "refused"; why: string };

/** Safe under every reading of GitHub's limit; the others are for servers that take less. */
const BODY_BYTES = [60_000, 30_000, 10_000];
const ATTEMPTS = 3;

/** A slow run must not write over what the run of a later push said. */
const OUTDATED = "the pull request has a newer commit, and the run for that one comments";

/** Writes, updates or leaves out the comment. */
export async function publish(github: GitHub, draft: Draft, pauseMs = 1000): Promise<Outcome> {
  if (draft.policy === "never") return { kind: "none" };
  let trouble = "";
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      return await publishOnce(github, draft);
    } catch (error) {
      if (error instanceof Refusal) return { kind: "refused", why: error.message };
      if (!(error instanceof Uncertain)) throw error;
      // It may have been made all the same, so the next attempt looks first.
      trouble = error.message;
      if (attempt < ATTEMPTS) await pause(pauseMs * attempt);
    }
  }
  return { kind: "refused", why: trouble };
}

async function publishOnce(github: GitHub, draft: Draft): Promise<Outcome> {
  const earlier = await findEarlier(github, draft);
  if (earlier === null && draft.policy === "on-findings" && !draft.hasFindings) return { kind: "none" };
  const current = await github.headOf(draft.pullRequest);
  if (current !== null && current !== draft.head) throw new Refusal(OUTDATED);
  for (const bytes of BODY_BYTES) {
    try {
      return await put(github, draft, earlier, compose(draft, bytes));
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
    }
  }
  throw new Refusal("the report is too long for a comment on this server; see the job summary");
}

async function put(github: GitHub, draft: Draft, earlier: Comment | null, body: string): Promise<Outcome> {
  if (earlier === null) return { kind: "created", url: (await github.create(draft.pullRequest, body)).url };
  const ticked = keepTicks(earlier.body, body);
  if (sameText(earlier.body, ticked)) return { kind: "unchanged", url: earlier.url };
  return { kind: "updated", url: (await github.update(earlier.id, ticked)).url };
}

/** The marker alone is no proof, anybody can write it: the author has to be us. */
async function findEarlier(github: GitHub, draft: Draft): Promise<Comment | null> {
  const mark = marker(draft.key);
  const marked = (await github.comments(draft.pullRequest)).filter((comment) => comment.body.startsWith(mark));
  if (marked.length === 0) return null;
  const me = await github.whoAmI();
  // The token of a workflow or an app may not ask who it is; what it writes is signed by a bot, though.
  return marked.find(({ author }) => (me === null ? author.isBot : author.login === me)) ?? null;
}

function compose(draft: Draft, maxBytes: number): string {
  const head = `${marker(draft.key)}\n`;
  return head + draft.write(maxBytes - Buffer.byteLength(head));
}

function marker(key: string): string {
  return `<!-- plimsoll:${key} -->`;
}

/** GitHub may change line ends and trims what is at the end. */
function sameText(left: string, right: string): boolean {
  const plain = (text: string) => text.replaceAll("\r\n", "\n").trimEnd();
  return plain(left) === plain(right);
}
