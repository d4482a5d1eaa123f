/**
 * Keeps the gate of a pull request and of a merge queue: writes comment and commit status until both say the same as
 * what stands on GitHub, also if other runs and people write at the same time.
 */

import type { GatePolicy } from "../engine/engine.ts";
import type { Finding } from "../engine/report.ts";
import { type Draft, marker, type Outcome, publish } from "./comment.ts";
import { gatedText, type Said } from "./conversation.ts";
import type { Edit } from "./event.ts";
import { findExtras } from "./gate/extras.ts";
import { type Gate, playRound, type Round } from "./gate/gate.ts";
import { gateItems, type Item } from "./gate/items.ts";
import { CODEOWNERS, readOwners } from "./gate/owners.ts";
import { people } from "./gate/people.ts";
import { sealedAddress } from "./gate/seal.ts";
import type { Git } from "./git.ts";
import { type GitHub, Uncertain } from "./github.ts";
import type { Revisions } from "./history.ts";
import type { Inputs } from "./inputs.ts";
import { Refusal } from "./refusal.ts";
import type { Reviewed } from "./review.ts";
import type { Approval, PullRequest, StatusState } from "./shape.ts";
import { readText } from "./sources.ts";
import { setStatus, statusName } from "./status.ts";
import { turnAt } from "./turn.ts";

export interface Scene {
  git: Git;
  github: GitHub;
  revisions: Revisions;
  reviewed: Reviewed;
  policy: GatePolicy;
  inputs: Inputs;
  /** The page of this run. */
  runUrl: string;
}

/** What became of the gate. */
export interface Kept {
  outcome: Outcome;
  state: StatusState;
  description: string;
  /** Rules and other names of what is not confirmed yet. */
  blockedBy: string[];
  /** Why GitHub did not take the status; null if it did. */
  refused: string | null;
}

/** Comment and status may have to be written again if others write at the same time. */
const ROUNDS = 3;

/** Makes the gate of a pull request. */
export async function openGate(scene: Scene, pull: PullRequest, edit: Edit | null): Promise<Gate> {
  const { git, github, revisions, policy, inputs } = scene;
  const owners = await readCodeOwners(git, revisions.policy);
  const who = people(github, owners);
  return {
    policy,
    context: statusName("gate", inputs.commentKey),
    items: await itemsOf(scene),
    terms: { policy, people: who, author: pull.author },
    approvals: policy.approvals ? await approvalsOf(github, pull, who.doubts) : [],
    edit,
    head: revisions.new,
  };
}

/** Approvals of the very commit; what GitHub does not tell is none. */
async function approvalsOf(github: GitHub, pull: PullRequest, doubts: Set<string>): Promise<Approval[]> {
  try {
    return (await github.approvals(pull.number)).filter(({ commit }) => commit === pull.head.sha);
  } catch (error) {
    doubts.add(reasonOf(error));
    return [];
  }
}

/** Publishes the comment and posts the status, until nobody writes in between. */
export async function keepGate(
  scene: Scene,
  gate: Gate,
  said: Said,
  draft: Omit<Draft, "compose">,
  pauseMs?: number,
): Promise<Kept> {
  const { github } = scene;
  const turn = turnAt(github, gate.head, gate.context);
  let kept: Kept | null = null;
  for (let round = 1; round <= ROUNDS; round += 1) {
    let played: Round | null = null;
    const compose = async (earlier: string | null) => {
      const { text, round: told } = await gatedText(said, gate, github, earlier);
      played = told;
      const { memory, isVerified } = told;
      const address = (url: string, body: string) => (isVerified ? sealedAddress(url, memory, body) : scene.runUrl);
      const announce = (url: string, body: string, isLast: boolean) => turn.take(address(url, body), isLast);
      return { ...text, announce };
    };
    const outcome = await publish(github, { ...draft, prepare: turn.ask, compose }, pauseMs);
    kept = conclude(gate, outcome, played);
    kept.refused = await post(scene, gate, kept, played);
    if (kept.refused !== null || (await stillStands(github, outcome))) return kept;
  }
  return kept ?? Promise.reject(new Error("no round was played"));
}

function conclude(gate: Gate, outcome: Outcome, played: Round | null): Kept {
  const required = gate.items.filter((item) => item.required);
  if (required.length === 0) {
    const description = "nothing that somebody has to confirm";
    return { outcome, state: "success", description, blockedBy: [], refused: null };
  }
  // What is not in the comment could not have been seen, and would be forgotten.
  if (played === null || outcome.kind === "refused" || outcome.kind === "none") {
    const description = "the checklist could not be posted; the run says why";
    return { outcome, state: "pending", description, blockedBy: blockers(required), refused: null };
  }
  const { state, description, verdict } = played;
  return { outcome, state, description, blockedBy: state === "success" ? [] : blockers(verdict.open), refused: null };
}

/** Posts the status; gives the reason if GitHub did not take it. */
async function post(scene: Scene, gate: Gate, kept: Kept, played: Round | null): Promise<string | null> {
  const { outcome, state, description } = kept;
  const url =
    played?.isVerified === true && "url" in outcome
      ? sealedAddress(outcome.url, played.memory, outcome.body)
      : scene.runUrl;
  return reasonIfRefused(setStatus(scene.github, gate.head, { context: gate.context, state, description, url }));
}

/** Whether the comment is still what the status was made from. */
async function stillStands(github: GitHub, outcome: Outcome): Promise<boolean> {
  if (!("id" in outcome)) return true;
  const stands = await github.comment(outcome.id).catch(() => null);
  return stands !== null && stands.body.split(/\r?\n/, 2)[1] === outcome.body.split("\n", 2)[1];
}

/** What a merge queue is about to merge has to be what was confirmed in its pull request. */
export async function keepQueue(scene: Scene, queued: number | null): Promise<Kept> {
  const { github, revisions, inputs } = scene;
  const context = statusName("gate", inputs.commentKey);
  const items = await itemsOf(scene);
  const open = items.filter((item) => item.required);
  const decided = await decideQueue(scene, queued, items);
  const state = decided === null ? "success" : "failure";
  const description = decided ?? (open.length === 0 ? "nothing that somebody has to confirm" : "all items confirmed");
  const status = { context, state, description, url: scene.runUrl } as const;
  const refused = await reasonIfRefused(setStatus(github, revisions.new, status));
  const blockedBy = decided === null ? [] : blockers(open);
  return { outcome: { kind: "none" }, state, description, blockedBy, refused };
}

/** Null if all is confirmed, otherwise why not. */
async function decideQueue(scene: Scene, queued: number | null, items: Item[]): Promise<string | null> {
  const required = items.filter((item) => item.required);
  if (required.length === 0) return null;
  if (queued === null) return "the queue does not name its pull request, so nothing is known to be confirmed";
  try {
    const pull = await scene.github.pull(queued);
    const gate = { ...(await openGate(scene, pull, null)), items };
    const mark = marker(scene.inputs.commentKey);
    const comments = (await scene.github.comments(queued)).filter(({ body }) => body.startsWith(mark));
    // Whoever wrote it: without a seal of ours it counts for nothing.
    for (const { body } of comments) {
      const { verdict } = await playRound(gate, scene.github, body);
      if (verdict.passed) return null;
    }
    return `merged with what is before it, ${required.length === 1 ? "an item is" : "items are"} not confirmed`;
  } catch (error) {
    return reasonOf(error);
  }
}

async function itemsOf({ git, revisions, reviewed, policy, inputs }: Scene): Promise<Item[]> {
  if (revisions.old === null) return [];
  const report = reviewed.review.report();
  const changed = await git.changes(revisions.old, revisions.new);
  const blobs = new Map(changed.map((file) => [file.path, file]));
  const blobOf = ({ file, side }: Finding) => blobs.get(file)?.[side] ?? "unchanged";
  const policyCommit = revisions.policy;
  const extras = await findExtras({ git, policyCommit, config: inputs.config, policy, report, changed, blobOf });
  return gateItems(report, reviewed.review.checks(), policy.required, extras, blobOf);
}

async function readCodeOwners(git: Git, commit: string) {
  for (const path of CODEOWNERS) {
    const text = await readText(git, commit, path);
    if (text !== null) return readOwners(text);
  }
  return readOwners("");
}

/** Rules of the findings behind items; what comes from no finding goes by its kind. */
function blockers(items: Item[]): string[] {
  return [...new Set(items.flatMap((item) => item.names))];
}

/** A failure that the run survives, as a sentence. */
export async function reasonIfRefused(call: Promise<void>): Promise<string | null> {
  return call.then(
    () => null,
    (error: unknown) => reasonOf(error),
  );
}

function reasonOf(error: unknown): string {
  if (error instanceof Refusal || error instanceof Uncertain) return error.message;
  throw error;
}
