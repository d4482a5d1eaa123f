/**
 * The action: reads the event, reviews, and tells the result in annotations, summary, outputs, a comment, a label and a
 * commit status.
 *
 * Ends with 1 if a finding is at or above `fail-on`, or if nothing could be reviewed; never for want of a comment.
 */

import type { RenderOptions } from "../engine/engine.ts";
import type { FailOn, Report } from "../engine/report.ts";
import { annotate, appendSummary, mask, printCommands, printText, setOutputs } from "./commands.ts";
import { type Draft, type Outcome, publish } from "./comment.ts";
import { plainText, type Said } from "./conversation.ts";
import { type Event, isFork, readEvent } from "./event.ts";
import { Git } from "./git.ts";
import { type GitHub, openGitHub, useProxy } from "./github.ts";
import { findRevisions, type Revisions } from "./history.ts";
import { identify } from "./identify.ts";
import { type Inputs, readInputs } from "./inputs.ts";
import { type Kept, keepGate, keepQueue, openGate, reasonIfRefused } from "./keeper.ts";
import { setLabel } from "./label.ts";
import { fileBases, runAddress } from "./links.ts";
import { Refusal } from "./refusal.ts";
import { writeReports } from "./reports.ts";
import { type Reviewed, reviewRevisions } from "./review.ts";
import { setStatus, statusName } from "./status.ts";

const ISSUES = "https://github.com/plimsoll-review/plimsoll/issues";

/** What a run works with once both states are there. */
interface Run {
  env: NodeJS.ProcessEnv;
  inputs: Inputs;
  event: Event;
  /** Null without a token. */
  github: GitHub | null;
  git: Git;
  revisions: Revisions;
  reviewed: Reviewed;
  report: Report;
  said: Said;
}

/** What GitHub was told, and what it did not take. */
interface Told {
  outcome: Outcome;
  kept: Kept | null;
  refusals: string[];
}

async function run(env: NodeJS.ProcessEnv): Promise<void> {
  const inputs = readInputs(env);
  mask(inputs.token);
  useProxy();
  const event = await identify(env, await readEvent(env), inputs);
  if (event === null || event.range === null) return;
  const server = env.GITHUB_SERVER_URL || "https://github.com";
  const git = new Git(env.GITHUB_WORKSPACE || process.cwd(), { server, token: inputs.token });
  const revisions = await findRevisions(git, event.range);
  const reviewed = await reviewRevisions(git, revisions, inputs);
  const links = fileBases(env, revisions);
  const fullReport = runAddress(env);
  const markdown = (options: RenderOptions) =>
    reviewed.review.render("markdown", { ...options, ...(links && { links }) });
  const report = reviewed.review.report();
  const said = {
    report,
    head: revisions.new,
    markdown: (options: RenderOptions) => markdown({ ...options, ...(fullReport && { fullReport }) }),
  };
  const github = inputs.token === "" ? null : openGitHub(env, inputs.token, isReadOnly(event));

  printText(reviewed.review.render("text", { color: env.NO_COLOR === undefined }));
  printCommands(reviewed.review.render("github"));
  const paths = await writeReports(env, reviewed.review, links);
  const failOn = threshold(inputs, reviewed);
  const failed = reviewed.review.failed(failOn);
  const told = await tell({ env, inputs, event, github, git, revisions, reviewed, report, said }, failed);
  await summarise(env, event, told, (maxBytes) => markdown({ maxBytes }));
  const blockedBy = told.kept?.blockedBy ?? reachingRules(report, failed ? (failOn ?? "high") : "never");
  await setOutputs(env, {
    ...numbers(report),
    ...paths,
    gate: told.kept?.state ?? "off",
    "blocked-by": blockedBy.join(","),
    "comment-url": "url" in told.outcome ? told.outcome.url : "",
  });
  if (!failed) return;
  process.exitCode = 1;
  annotate("error", report.summary);
}

/** With a gate it is people who let pass; a step that stays red would leave them no way to. */
function threshold(inputs: Inputs, { policy }: Reviewed): FailOn | null {
  return inputs.failOn ?? policy.failOn ?? (policy.gate === null ? null : "never");
}

/** Whether the token can be expected to be read-only. */
function isReadOnly({ name, pull }: Event): boolean {
  return pull !== null && isFork(pull) && (name === "pull_request" || name === "pull_request_review");
}

async function tell(run: Run, failed: boolean): Promise<Told> {
  const { inputs, event, github } = run;
  if (event.pull === null) return tellQueue(run);
  if (github === null) {
    const silent = inputs.comment === "never" && run.reviewed.policy.gate === null;
    const why = "there is no token; give the input `github-token`";
    return { outcome: silent ? { kind: "none" } : { kind: "refused", why }, kept: null, refusals: [] };
  }
  const { outcome, kept } = await converse(run, github);
  const refusals = [kept?.refused, await label(run, github), kept === null ? await verdict(run, github, failed) : null];
  return { outcome, kept, refusals: refusals.filter((why) => why != null) };
}

async function converse(run: Run, github: GitHub): Promise<{ outcome: Outcome; kept: Kept | null }> {
  const { env, inputs, event, git, revisions, reviewed, said } = run;
  const { pull, edit } = event;
  if (pull === null) return { outcome: { kind: "none" }, kept: null };
  const draft: Omit<Draft, "compose"> = {
    pullRequest: pull.number,
    head: pull.head.sha,
    key: inputs.commentKey,
    policy: inputs.comment,
  };
  const policy = reviewed.policy.gate;
  if (policy === null) {
    const outcome = await publish(
      github,
      { ...draft, compose: async (earlier) => plainText(said, earlier) },
      pauses(env),
    );
    return { outcome, kept: null };
  }
  const scene = { git, github, revisions, reviewed, policy, inputs, runUrl: runAddress(env) ?? "" };
  // A repeated run would bring back what was taken back since.
  const isRepeated = Number(env.GITHUB_RUN_ATTEMPT ?? "1") > 1;
  const gate = await openGate(scene, pull, isRepeated ? null : edit);
  // The checklist is in the comment, so a gate cannot do without.
  const gated = { ...draft, policy: draft.policy === "never" ? "on-findings" : draft.policy } as const;
  const kept = await keepGate(scene, gate, said, gated, pauses(env));
  return { outcome: kept.outcome, kept };
}

async function tellQueue(run: Run): Promise<Told> {
  const { env, event, github, git, revisions, reviewed, inputs } = run;
  const policy = reviewed.policy.gate;
  const nothing: Told = { outcome: { kind: "none" }, kept: null, refusals: [] };
  if (event.name !== "merge_group" || policy === null) return nothing;
  if (github === null)
    return { ...nothing, refusals: ["there is no token for the gate; give the input `github-token`"] };
  const scene = { git, github, revisions, reviewed, policy, inputs, runUrl: runAddress(env) ?? "" };
  const kept = await keepQueue(scene, event.queued);
  return { outcome: kept.outcome, kept, refusals: kept.refused === null ? [] : [kept.refused] };
}

async function label({ inputs, event, report }: Run, github: GitHub): Promise<string | null> {
  if (inputs.label === "" || event.pull === null) return null;
  return reasonIfRefused(setLabel(github, event.pull.number, inputs.label, report.level));
}

/** A run after another one is shown at no pull request; its verdict has to be posted. */
async function verdict({ env, inputs, event, report }: Run, github: GitHub, failed: boolean): Promise<string | null> {
  if (event.name !== "workflow_run" || event.pull === null) return null;
  const state = failed ? "failure" : "success";
  const context = statusName("review", inputs.commentKey);
  const description = `${report.level === "none" ? "no risk found" : `${report.level} risk`}, score ${report.score}`;
  const status = { context, state, description, url: runAddress(env) ?? "" } as const;
  return reasonIfRefused(setStatus(github, event.pull.head.sha, status));
}

async function summarise(
  env: NodeJS.ProcessEnv,
  event: Event,
  { outcome, kept, refusals }: Told,
  write: (maxBytes: number) => string,
): Promise<void> {
  const level = isReadOnly(event) ? "notice" : "warning";
  const notes: string[] = [];
  if (kept !== null) notes.push(`The gate: ${kept.state}, ${kept.description}`);
  if (outcome.kind === "refused") {
    notes.push(`No comment was posted: ${outcome.why}`);
    annotate(level, `no comment was posted: ${outcome.why}`);
  }
  for (const why of new Set(refusals)) {
    notes.push(`Not all was posted: ${why}`);
    annotate(level, `not all was posted: ${why}`);
  }
  const note = notes.map((text) => `\n\n${text}`).join("");
  await appendSummary(env, (maxBytes) => write(Math.max(maxBytes - Buffer.byteLength(note), 0)) + note);
}

function numbers(report: Report): Record<"score" | "level" | "findings" | "counts", string> {
  const counting = report.findings.filter((finding) => finding.suppressed === null);
  const counts = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { severity } of counting) counts[severity] += 1;
  const { score, level } = report;
  return { score: `${score}`, level, findings: `${counting.length}`, counts: JSON.stringify(counts) };
}

function reachingRules(report: Report, failOn: FailOn): string[] {
  const order = ["info", "low", "medium", "high", "critical", "never"];
  const reaching = report.findings.filter(
    ({ suppressed, severity }) => suppressed === null && order.indexOf(severity) >= order.indexOf(failOn),
  );
  return [...new Set(reaching.map((finding) => finding.rule))];
}

/** Tests have no time to wait. */
function pauses(env: NodeJS.ProcessEnv): number {
  return Number(env.PLIMSOLL_RETRY_BASE_MS) || 1000;
}

run(process.env).catch((error: unknown) => {
  process.exitCode = 1;
  if (error instanceof Refusal) return annotate("error", `not reviewed: ${error.message}`);
  const what = error instanceof Error ? error.message : "an unknown error";
  annotate(
    "error",
    `not reviewed: this is a bug in Plimsoll, not a verdict on the change; please report it at ${ISSUES} (${what})`,
  );
});
