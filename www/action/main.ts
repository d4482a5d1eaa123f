/**
 * The action: reads the event, reviews, and tells the result in annotations, summary, outputs and a comment.
 *
 * Ends with 1 if a finding is at or above `fail-on`, or if nothing could be reviewed; never for want of a comment.
 */

import type { RenderOptions } from "../engine/engine.ts";
import { annotate, appendSummary, printCommands, printText, setOutputs } from "./commands.ts";
import { type Outcome, publish } from "./comment.ts";
import { type Event, readEvent } from "./event.ts";
import { Git } from "./git.ts";
import { openGitHub, useProxy } from "./github.ts";
import { findRevisions } from "./history.ts";
import { type Inputs, readInputs } from "./inputs.ts";
import { fileBases, runAddress } from "./links.ts";
import { Refusal } from "./refusal.ts";
import { writeReports } from "./reports.ts";
import { reviewRevisions } from "./review.ts";

const ISSUES = "https://github.com/plimsoll-review/plimsoll/issues";

async function run(env: NodeJS.ProcessEnv): Promise<void> {
  const inputs = readInputs(env);
  const event = await readEvent(env);
  const git = new Git(env.GITHUB_WORKSPACE || process.cwd());
  const revisions = await findRevisions(git, event.range);
  const review = await reviewRevisions(git, revisions, inputs);

  const report = review.report();
  const counting = report.findings.filter((finding) => finding.suppressed === null);
  const links = fileBases(env, revisions);
  const markdown = (options: RenderOptions) => review.render("markdown", { ...options, ...(links && { links }) });

  printText(review.render("text", { color: env.NO_COLOR === undefined }));
  printCommands(review.render("github"));
  const paths = await writeReports(env, review, links);
  const fullReport = runAddress(env);
  const write = (maxBytes: number) => markdown({ maxBytes, ...(fullReport && { fullReport }) });
  const outcome = await comment(env, inputs, event, report.level !== "none", write);
  const note = outcome.kind === "refused" ? `\n\nNo comment was posted: ${outcome.why}` : "";
  await appendSummary(
    env,
    (maxBytes) => markdown({ maxBytes: Math.max(maxBytes - Buffer.byteLength(note), 0) }) + note,
  );
  if (outcome.kind === "refused") annotate(event.fork ? "notice" : "warning", `no comment was posted: ${outcome.why}`);

  const url = "url" in outcome ? outcome.url : "";
  const { score, level } = report;
  await setOutputs(env, { score: `${score}`, level, findings: `${counting.length}`, ...paths, "comment-url": url });
  if (!review.failed(inputs.failOn)) return;
  process.exitCode = 1;
  annotate("error", report.summary);
}

async function comment(
  env: NodeJS.ProcessEnv,
  inputs: Inputs,
  event: Event,
  hasFindings: boolean,
  write: (maxBytes: number) => string,
): Promise<Outcome> {
  const { comment: policy, commentKey: key, token } = inputs;
  const { pullRequest, fork, range } = event;
  if (pullRequest === null || policy === "never") return { kind: "none" };
  if (token === "") return { kind: "refused", why: "there is no token; give the input `github-token`" };
  useProxy();
  return publish(openGitHub(env, token, fork), { pullRequest, head: range.head, key, policy, hasFindings, write });
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
