/**
 * From commits to a review: starts the engine, gives it both sides and what to judge by.
 *
 * `plimsoll.toml` is taken from the base side, so that a change cannot relax its own review.
 */

import { readFile } from "node:fs/promises";
import { BadConfig, type Engine, loadEngine, type Policy, type Review, type ReviewOptions } from "../engine/engine.ts";
import { annotate } from "./commands.ts";
import type { Git } from "./git.ts";
import type { Revisions } from "./history.ts";
import { INPUTS, type Inputs } from "./inputs.ts";
import { Refusal } from "./refusal.ts";
import { pathFilter } from "./select.ts";
import { addSources, readText } from "./sources.ts";

export interface Reviewed {
  review: Review;
  policy: Policy;
}

/** Reviews the change between two commits, or audits one. */
export async function reviewRevisions(git: Git, revisions: Revisions, inputs: Inputs): Promise<Reviewed> {
  const engine = await loadEngine(await readFile(new URL("./plimsoll_wasm_bg.wasm", import.meta.url)));
  const request = engine.request();
  const options = {
    env: inputs.environments,
    failOn: inputs.failOn,
    today: new Date().toISOString().slice(0, 10),
    audit: revisions.old === null,
  };
  const config = await readConfig(engine, git, revisions, inputs.config, options);
  try {
    request.options({ ...options, config });
  } catch (error) {
    if (error instanceof BadConfig) throw new Refusal(error.message);
    throw error;
  }
  const policy = request.policy();
  await addSources(request, git, revisions, pathFilter(inputs.paths));
  return { review: request.run(), policy };
}

/** The configuration that judges; tells about one that will judge only after the merge. */
async function readConfig(
  engine: Engine,
  git: Git,
  revisions: Revisions,
  path: string,
  options: ReviewOptions,
): Promise<string | null> {
  const coming = await readText(git, revisions.new, path);
  const judging = await readText(git, revisions.policy, path);
  const before = revisions.old === null ? coming : await readText(git, revisions.old, path);
  if (judging === null && coming === null && path !== INPUTS.config.default) {
    throw new Refusal(`${path} is neither in the base nor in the change; check the input \`config\``);
  }
  if (coming !== null && coming !== before) announce(engine, path, coming, options);
  return judging;
}

function announce(engine: Engine, path: string, config: string, options: ReviewOptions): void {
  try {
    engine.request().options({ ...options, config });
    annotate(
      "notice",
      `this change edits ${path}; the base's state of it judges this review, the new one those after the merge`,
    );
  } catch (error) {
    if (!(error instanceof BadConfig)) throw error;
    annotate("warning", `after the merge, reviews would stop at ${path}: ${error.message}`);
  }
}
