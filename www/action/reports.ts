/** Writes the whole report into files that later steps of the job can take up. */

import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RenderOptions, Review } from "../engine/engine.ts";
import type { OutputName } from "./commands.ts";

const FILES = [
  ["report-json", "json", "report.json"],
  ["report-markdown", "markdown", "report.md"],
  ["report-sarif", "sarif", "report.sarif"],
] as const satisfies readonly (readonly [OutputName, string, string])[];

/** GitHub shows no more than this of a Markdown file. */
const MARKDOWN_BYTES = 512 * 1024;

export type ReportPaths = Record<(typeof FILES)[number][0], string>;

/** Writes the reports into a new folder of the runner's own; gives their paths. */
export async function writeReports(
  env: NodeJS.ProcessEnv,
  review: Review,
  links: RenderOptions["links"],
): Promise<ReportPaths> {
  const folder = await mkdtemp(join(env.RUNNER_TEMP || tmpdir(), "plimsoll-"));
  const written = FILES.map(async ([output, format, name]) => {
    const path = join(folder, name);
    await writeFile(path, review.render(format, { maxBytes: MARKDOWN_BYTES, ...(links && { links }) }));
    return [output, path] as const;
  });
  return Object.fromEntries(await Promise.all(written)) as ReportPaths;
}
