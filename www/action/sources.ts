/**
 * Hands both sides of the change to the engine, from git objects alone.
 *
 * Whole trees, not only what changed: the connection budget needs the files that stayed as they are. What is not read
 * is named with its reason, so that it shows up in the report's coverage.
 */

import type { ReviewRequest } from "../engine/engine.ts";
import type { Side } from "../engine/report.ts";
import type { Git, TreeEntry } from "./git.ts";
import type { Revisions } from "./history.ts";
import { isPlausible, kindOfOther } from "./select.ts";

/** Larger files are data, not configuration. */
const MAX_FILE_BYTES = 1024 * 1024;
/** What the engine has to hold at once, both sides together. */
const MAX_TOTAL_BYTES = 256 * 1024 * 1024;

const MISSING = "not wholly in the clone; set `fetch-depth: 0` and no `filter` at actions/checkout";

interface File {
  side: Side;
  path: string;
  oid: string;
}

interface Skipped {
  side: Side;
  path: string;
  reason: string;
}

/** Adds the files of both sides to the request. */
export async function addSources(
  request: ReviewRequest,
  git: Git,
  revisions: Revisions,
  wanted: (path: string) => boolean,
): Promise<void> {
  const files: File[] = [];
  const skipped: Skipped[] = [];
  const others: File[] = [];
  if (revisions.old !== null) classify(await git.tree(revisions.old), "old", wanted, files, skipped, others);
  classify(await git.tree(revisions.new), "new", wanted, files, skipped, others);
  // An audit knows no change; only what can be configuration by its name is looked at.
  const passed = revisions.old === null ? [] : takeChanged(others, files);

  const small = await withinBounds(git, files, skipped);
  const readable = sameOnBothSides(small, skipped);
  const blobs = await git.blobs([...new Set(readable.map((file) => file.oid))]);
  for (const { side, path, oid } of readable) {
    const bytes = blobs.get(oid);
    if (bytes === undefined) skipped.push({ side, path, reason: MISSING });
    else request.add(side, path, bytes);
  }
  for (const { side, path, reason } of skipped) request.skip(side, path, reason);
  if (passed.length > 0) request.note(...noteOn(passed));
}

/**
 * Hands in what changed although its name does not say that it is configuration: the engine reads it, or says that it
 * does not. Returns the changed files that are certainly none.
 */
function takeChanged(others: File[], files: File[]): string[] {
  const versions = new Map<string, File[]>();
  for (const file of others) versions.set(file.path, [...(versions.get(file.path) ?? []), file]);
  const passed: string[] = [];
  for (const [path, sides] of versions) {
    if (sides.length === 2 && sides[0]?.oid === sides[1]?.oid) continue;
    if (kindOfOther(path) === null) files.push(...sides);
    else passed.push(path);
  }
  return passed;
}

function noteOn(passed: string[]): [about: string, text: string] {
  const kinds = [...new Set(passed.map((path) => kindOfOther(path) ?? ""))].sort();
  const files = passed.length === 1 ? "1 changed file" : `${passed.length} changed files`;
  return [`(${files})`, `no configuration by their names, not read: ${kinds.join(", ")}`];
}

/** Takes regular files that can be configuration. Links and submodules are never followed. */
function classify(
  entries: TreeEntry[],
  side: Side,
  wanted: (path: string) => boolean,
  files: File[],
  skipped: Skipped[],
  others: File[],
): void {
  let unreadableNames = 0;
  for (const { mode, oid, path } of entries) {
    if (path === null) unreadableNames += 1;
    else if (!wanted(path)) continue;
    else if (mode === "160000") skipped.push({ side, path, reason: "a submodule, not followed" });
    else if (mode !== "120000" && isPlausible(path)) files.push({ side, path, oid });
    else if (mode !== "120000") others.push({ side, path, oid });
    else if (matters(path)) skipped.push({ side, path, reason: "a symbolic link, not followed" });
  }
  if (unreadableNames > 0) {
    skipped.push({ side, path: "(names that are not UTF-8)", reason: `${unreadableNames} files, not read` });
  }
}

/** A link without an extension may stand for a folder of configuration; one to a picture does not matter. */
function matters(link: string): boolean {
  const hasExtension = link.slice(link.lastIndexOf("/") + 1).includes(".");
  return isPlausible(link) || !hasExtension;
}

async function withinBounds(git: Git, files: File[], skipped: Skipped[]): Promise<File[]> {
  const sizes = await git.sizes([...new Set(files.map((file) => file.oid))]);
  const counted = new Set<string>();
  let total = 0;
  return files.filter((file) => {
    const size = sizes.get(file.oid);
    const added = counted.has(file.oid) ? 0 : (size ?? 0);
    const reason = whyNot(size, total + added);
    if (reason !== null) {
      skipped.push({ side: file.side, path: file.path, reason });
      return false;
    }
    counted.add(file.oid);
    total += added;
    return true;
  });
}

function whyNot(size: number | undefined, total: number): string | null {
  if (size === undefined) return MISSING;
  if (size > MAX_FILE_BYTES) return "larger than 1 MiB";
  if (total > MAX_TOTAL_BYTES)
    return "beyond the 256 MiB of configuration that are read at once; narrow the input `paths`";
  return null;
}

/** A file read on one side alone would look as if it had been added or removed. */
function sameOnBothSides(files: File[], skipped: Skipped[]): File[] {
  const unread = new Map(skipped.map((skip) => [skip.path, skip.reason]));
  return files.filter(({ side, path }) => {
    const reason = unread.get(path);
    if (reason !== undefined) skipped.push({ side, path, reason: `not read because its other side is ${reason}` });
    return reason === undefined;
  });
}

/** The text of a file in a commit; null if it is not there or not a regular file. */
export async function readText(git: Git, commit: string, path: string): Promise<string | null> {
  const entry = (await git.tree(commit, path)).find((candidate) => candidate.path === path);
  if (entry === undefined || !entry.mode.startsWith("100")) return null;
  const bytes = (await git.blobs([entry.oid])).get(entry.oid);
  return bytes === undefined ? null : new TextDecoder("utf-8").decode(bytes);
}
