/** Addresses on the GitHub server that a report points to. */

import type { RenderOptions } from "../engine/engine.ts";
import type { Revisions } from "./history.ts";

/** Where GitHub shows a commit's files. */
export function fileBases(env: NodeJS.ProcessEnv, revisions: Revisions): RenderOptions["links"] {
  const repository = env.GITHUB_REPOSITORY;
  if (!repository) return undefined;
  const base = `${env.GITHUB_SERVER_URL || "https://github.com"}/${repository}/blob`;
  return { new: `${base}/${revisions.new}/`, ...(revisions.old && { old: `${base}/${revisions.old}/` }) };
}

/** The page of this run, whose summary has the whole report. */
export function runAddress(env: NodeJS.ProcessEnv): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = env;
  return server && repository && id ? `${server}/${repository}/actions/runs/${id}` : undefined;
}
