/**
 * What has to be confirmed beside the findings, because it would get around the gate: the change edits what judges it,
 * accepts its own findings, or has a part that nobody read.
 */

import type { GatePolicy } from "../../engine/engine.ts";
import type { Finding, Report } from "../../engine/report.ts";
import type { Changed, Git } from "../git.ts";
import { isPlausible } from "../select.ts";
import { readText } from "../sources.ts";
import { code } from "./inert.ts";
import { contentOf, type Extra, RANK } from "./items.ts";
import { CODEOWNERS } from "./owners.ts";
import { digest } from "./record.ts";

export interface Scene {
  git: Git;
  /** The commit whose policy judges. */
  policyCommit: string;
  /** Path of plimsoll.toml. */
  config: string;
  policy: GatePolicy;
  report: Report;
  changed: Changed[];
  blobOf: (finding: Finding) => string;
}

export async function findExtras(scene: Scene): Promise<Extra[]> {
  return [...rules(scene), ...(await workflows(scene)), ...(await ownAllowances(scene)), ...unread(scene)];
}

function rules({ changed, config, policy }: Scene): Extra[] {
  const byOwners = policy.reviewers.includes("codeowners");
  const judging = changed.filter(({ path }) => path === config || (byOwners && CODEOWNERS.includes(path)));
  return judging.map((file) => ({
    id: name("policy", file.path),
    markdown: `Is the change of ${code(file.path)} meant? It judges changes after the merge, not this one`,
    content: blob(file),
    file: file.path,
  }));
}

/** A workflow that mentions the action could leave it out next time. */
async function workflows({ git, changed }: Scene): Promise<Extra[]> {
  const files = changed.filter(({ path }) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path));
  const blobs = await git.blobs(files.flatMap((file) => [file.old, file.new]).filter((oid) => oid !== null));
  const mentions = (oid: string | null) => /plimsoll/i.test(Buffer.from(blobs.get(oid ?? "") ?? []).toString("utf8"));
  return files
    .filter((file) => mentions(file.old) || mentions(file.new))
    .map((file) => ({
      id: name("workflow", file.path),
      markdown: `Does ${code(file.path)} still run Plimsoll as it should after the merge?`,
      content: blob(file),
      file: file.path,
    }));
}

/** An allowance in a comment of a file counts by itself only if the base has it. */
async function ownAllowances({ git, policyCommit, policy, report, blobOf }: Scene): Promise<Extra[]> {
  const extras: Extra[] = [];
  for (const finding of report.findings) {
    const { suppressed, rule, severity, file, line } = finding;
    if (suppressed?.by !== "inline" || RANK[severity] < RANK[policy.required]) continue;
    const before = (await readText(git, policyCommit, file)) ?? "";
    const isOld = before
      .split("\n")
      .some((text) => text.includes(`plimsoll: allow ${rule} `) && text.includes(suppressed.reason));
    if (isOld) continue;
    extras.push({
      id: `allow:${finding.id}`,
      markdown: `Is it right to accept ${code(rule)} at ${code(`${file}:${line}`)}, because ${code(suppressed.reason)}?`,
      content: JSON.stringify([contentOf(finding, blobOf), suppressed.reason]),
      file,
    });
  }
  return extras;
}

function unread({ report, changed }: Scene): Extra[] {
  const reasons = new Map(report.coverage.skipped.map(({ file, reason }) => [file, reason]));
  return changed
    .filter((file) => reasons.has(file.path) && isPlausible(file.path))
    .map((file) => ({
      id: name("unread", file.path),
      markdown: `Is the change of ${code(file.path)} safe? It was not read: ${code(reasons.get(file.path) ?? "")}`,
      content: blob(file),
      file: file.path,
    }));
}

function name(kind: string, path: string): string {
  return `${kind}:${digest(path).slice(0, 12)}`;
}

function blob(file: Changed): string {
  return file.new ?? "gone";
}
