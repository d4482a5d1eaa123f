/**
 * The worker: reads the files, runs the engine, answers with the report.
 *
 * One worker serves one review and is ended with it, so a broken engine or a cancelled run leaves nothing behind.
 */

import packed from "virtual:engine";
import { BadConfig, type Engine, loadEngine, type ReviewRequest } from "../../engine/engine.ts";
import type { Side } from "../../engine/report.ts";
import type { Ending, FromWorker, Input, Job, Stage } from "./protocol.ts";

/** Files read between two reports of progress. */
const STEP = 16;

self.onmessage = async (event: MessageEvent<Job>) => {
  send({ kind: "end", ending: await run(event.data) });
};

async function run(job: Job): Promise<Ending> {
  try {
    progress("starting");
    const engine = await loadEngine(await unpacked());
    return await review(engine, job);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: error instanceof BadConfig ? "bad-config" : "failure", message };
  }
}

async function review(engine: Engine, job: Job): Promise<Ending> {
  const request = engine.request();
  request.options(job.options);
  const total = job.old.length + job.new.length;
  progress("reading", 0, total);
  await addAll(request, "old", job.old, 0, total);
  await addAll(request, "new", job.new, job.old.length, total);
  progress("reviewing");
  const review = request.run();
  progress("writing");
  const json = review.render("json");
  const outcome = {
    report: JSON.parse(json),
    diff: review.diff(),
    rules: engine.rules(),
    json,
    markdown: review.render("markdown"),
  };
  return { kind: "done", outcome };
}

async function addAll(request: ReviewRequest, side: Side, inputs: Input[], before: number, total: number) {
  for (const [index, input] of inputs.entries()) {
    await add(request, side, input);
    if ((index + 1) % STEP === 0) progress("reading", before + index + 1, total);
  }
  progress("reading", before + inputs.length, total);
}

async function add(request: ReviewRequest, side: Side, input: Input): Promise<void> {
  if ("skipped" in input) return request.skip(side, input.path, input.skipped);
  let bytes: ArrayBuffer;
  try {
    bytes = await input.blob.arrayBuffer();
  } catch {
    // Moved, changed or forbidden since it was chosen. The report names it among what was not read.
    return request.skip(side, input.path, "the browser could not read it; choose it again");
  }
  request.add(side, input.path, new Uint8Array(bytes));
}

async function unpacked(): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

function progress(stage: Stage, done = 0, total = 0): void {
  send({ kind: "progress", progress: { stage, done, total } });
}

function send(message: FromWorker): void {
  self.postMessage(message);
}
