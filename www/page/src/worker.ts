/**
 * The worker: keeps the engine and the files of the last review, and answers one question after the other.
 *
 * A broken engine is never asked again: the page ends the worker with it, so nothing of it is left behind.
 */

import packed from "virtual:engine";
import { BadConfig, type Engine, loadEngine, type Review, type ReviewRequest } from "../../engine/engine.ts";
import type { Report, Rule, Side } from "../../engine/report.ts";
import type { Ending, FromWorker, Input, Job, Stage, ToWorker } from "./protocol.ts";

/** Files read between two reports of progress. */
const STEP = 16;

/** A file as the engine takes it. */
type Loaded = { path: string } & ({ bytes: Uint8Array } | { skipped: string } | { note: string });

interface Held {
  old: Loaded[];
  new: Loaded[];
  job: Job;
}

let engine: Promise<Engine> | null = null;
let rules: Rule[] | null = null;
let held: Held | null = null;
let last: Review | null = null;
let turn: Promise<void> = Promise.resolve();

self.onmessage = (event: MessageEvent<ToWorker>) => {
  const question = event.data;
  // One after the other: a review must not find the files of the next one.
  turn = turn.then(() => answer(question));
};

async function answer(question: ToWorker): Promise<void> {
  const { id } = question;
  try {
    switch (question.kind) {
      case "review":
        held = await load(id, question.job);
        return end(id, await review(id, held));
      case "edit":
        return end(id, await edit(id, question.path, question.text));
      case "what-if":
        return send({ id, kind: "report", report: await whatIf(question.turns) });
      case "render":
        if (!last) throw new Error("nothing was reviewed yet");
        return send({ id, kind: "text", text: last.render(question.format) });
      case "text":
        return send({ id, kind: "text", text: textOf(question.path) });
      case "rules":
        return send({ id, kind: "rules", rules: await allRules() });
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    end(id, { kind: error instanceof BadConfig ? "bad-config" : "failure", message });
  }
}

async function load(id: number, job: Job): Promise<Held> {
  progress(id, "starting");
  await started();
  const total = job.old.length + job.new.length;
  progress(id, "reading", 0, total);
  const old = await loadAll(id, job.old, 0, total);
  return { old, new: await loadAll(id, job.new, job.old.length, total), job };
}

async function review(id: number, { old, new: after, job }: Held): Promise<Ending> {
  const running = await started();
  const begin = performance.now();
  const request = running.request();
  request.options({ ...job.options, wholeFiles: true });
  if (job.patch && !request.patch(job.patch.name, job.patch.text)) {
    return { kind: "refused", message: "No unified diff was found in the text: make one with git diff, or diff -u" };
  }
  addAll(request, "old", old);
  addAll(request, "new", after);
  progress(id, "reviewing");
  last?.free();
  last = null;
  last = request.run();
  progress(id, "writing");
  const json = last.render("json");
  const diff = last.diff();
  const took = performance.now() - begin;
  const files = after.flatMap((file) => ("bytes" in file && isText(file.bytes) ? [file.path] : []));
  return {
    kind: "done",
    outcome: { report: JSON.parse(json), diff, rules: await allRules(), json, files, knobs: running.knobs(), took },
  };
}

async function whatIf(turns: string[]): Promise<Report> {
  if (!held) throw new Error("nothing was reviewed yet");
  const { old, new: after, job } = held;
  const request = (await started()).request();
  request.options({ ...job.options, whatIf: turns });
  if (job.patch) request.patch(job.patch.name, job.patch.text);
  addAll(request, "old", old);
  addAll(request, "new", after);
  const review = request.run();
  const report = review.report();
  review.free();
  return report;
}

async function edit(id: number, path: string, text: string): Promise<Ending> {
  if (!held) throw new Error("nothing was reviewed yet");
  const file = held.new.find((one) => one.path === path && "bytes" in one);
  if (!file) return { kind: "refused", message: `There is no text of ${path} to change` };
  Object.assign(file, { bytes: new TextEncoder().encode(text) });
  if (path === "plimsoll.toml") held.job.options.config = text;
  return review(id, held);
}

function textOf(path: string): string {
  const file = held?.new.find((one) => one.path === path);
  return file && "bytes" in file ? new TextDecoder().decode(file.bytes) : "";
}

function isText(bytes: Uint8Array): boolean {
  return !bytes.subarray(0, 4096).includes(0);
}

async function loadAll(id: number, inputs: Input[], before: number, total: number): Promise<Loaded[]> {
  const loaded: Loaded[] = [];
  for (const [index, input] of inputs.entries()) {
    loaded.push(await loadOne(input));
    if ((index + 1) % STEP === 0) progress(id, "reading", before + index + 1, total);
  }
  progress(id, "reading", before + inputs.length, total);
  return loaded;
}

async function loadOne(input: Input): Promise<Loaded> {
  if (!("blob" in input)) return input;
  try {
    return { path: input.path, bytes: new Uint8Array(await input.blob.arrayBuffer()) };
  } catch {
    // Moved, changed or forbidden since it was chosen. The report names it among what was not read.
    return { path: input.path, skipped: "the browser could not read it; choose it again" };
  }
}

function addAll(request: ReviewRequest, side: Side, files: readonly Loaded[]): void {
  for (const file of files) {
    if ("bytes" in file) request.add(side, file.path, file.bytes);
    else if ("skipped" in file) request.skip(side, file.path, file.skipped);
    else request.note(file.path, file.note);
  }
}

function started(): Promise<Engine> {
  engine ??= unpacked().then(loadEngine);
  return engine;
}

async function allRules(): Promise<Rule[]> {
  rules ??= (await started()).rules();
  return rules;
}

async function unpacked(): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

function progress(id: number, stage: Stage, done = 0, total = 0): void {
  send({ id, kind: "progress", progress: { stage, done, total } });
}

function end(id: number, ending: Ending): void {
  send({ id, kind: "end", ending });
}

function send(message: FromWorker): void {
  self.postMessage(message);
}
