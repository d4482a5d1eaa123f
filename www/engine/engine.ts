/**
 * The typed door to the wasm engine, for the action and for the page.
 *
 * In: the wasm bytes, or where to get them. Out: an `Engine` that takes files of both sides and gives a `Review`. This
 * file converts and names; it judges nothing, and what a reader sees is worded by the engine.
 */

import init, * as wasm from "#wasm";
import type { Check, Diff, FailOn, Report, Rule, Side } from "./report.ts";

/** What `Review.render` can write. */
export type Format =
  | "text"
  | "markdown"
  | "json"
  | "sarif"
  | "github"
  | "gitlab"
  | "junit"
  | "html"
  | "checklist"
  | "diff";

/** What a review is judged by. */
export interface ReviewOptions {
  /** The text of `plimsoll.toml`; null where there is none. */
  config?: string | null;
  /** Which files belong to which environment; the first match wins. */
  env?: [glob: string, environment: string][];
  /** Null: what `plimsoll.toml` says, otherwise `high`. */
  failOn?: FailOn | null;
  /** `YYYY-MM-DD`, to tell which suppressions have run out; null: none runs out. */
  today?: string | null;
  /** Look at the new side alone, as it stands. */
  audit?: boolean;
  /** Show changed files whole in the line diff, unless they are long. */
  wholeFiles?: boolean;
  /** Numbers that are taken to be others, like `replicas(Deployment shop/api)=20`; see `Engine.knobs`. */
  whatIf?: string[];
}

/** How a report is written. */
export interface RenderOptions {
  color?: boolean;
  /** Bound of the Markdown in bytes of UTF-8; what does not fit is counted in it. */
  maxBytes?: number;
  /** Bases of permanent links, with the `/` at the end. */
  links?: { new?: string; old?: string };
  /** Where the whole report is: a sentence or an address. */
  fullReport?: string;
  /** Markdown of the caller's own that comes after the headline; what it quotes has to be inert. */
  opening?: string;
  /** Markdown of the caller's own in the place of the checklist; never cut. */
  checklist?: string;
}

/** From which severity on a finding has to be confirmed. */
export type GateSeverity = "low" | "medium" | "high" | "critical";

/** `[gate]` of `plimsoll.toml`. */
export interface GatePolicy {
  required: GateSeverity;
  /** `codeowners`, `@login`, `@organisation/team`, or a role in the repository. */
  reviewers: string[];
  /** How many different reviewers each item needs. */
  count: number;
  /** Whether the author may confirm. */
  author: boolean;
  /** Whether an approval of the head commit confirms every item. */
  approvals: boolean;
  /** Who may let everything pass, written like `reviewers`. */
  override: string[];
}

/** What the policy says beside the review itself. */
export interface Policy {
  gate: GatePolicy | null;
  failOn: FailOn | null;
}

export interface Engine {
  readonly version: string;
  rules(): Rule[];
  /** Names of the numbers that `whatIf` can turn; empty for an engine that cannot. */
  knobs(): string[];
  request(): PatchRequest;
}

export interface ReviewRequest {
  /** Adds a file; `path` is relative to the side's root, with `/`. */
  add(side: Side, path: string, bytes: Uint8Array): void;
  /** Names a file that was not read, and why; it is listed in the report's coverage. */
  skip(side: Side, path: string, reason: string): void;
  /** Tells something about files that are no input, under a name that stands for them; the report lists it. */
  note(about: string, text: string): void;
  /** Throws `BadConfig` if the text of `plimsoll.toml` is wrong. */
  options(options: ReviewOptions): void;
  /** What the policy that was set says beside the review itself. */
  policy(): Policy;
  run(): Review;
}

/** A request that takes a unified diff too. */
export interface PatchRequest extends ReviewRequest {
  /** Adds what a unified diff shows of both sides; false if the text holds none. */
  patch(name: string, text: string): boolean;
}

export interface Review {
  report(): Report;
  diff(): Diff;
  render(format: Format, options?: RenderOptions): string;
  /** The checklist item by item, with the findings that ask nothing by themselves. */
  checks(): Check[];
  /** Whether a finding that counts is at or above `failOn`; null: at or above what the review's options say. */
  failed(failOn: FailOn | null): boolean;
  /** Gives the engine its memory back; the review must not be used any more. */
  free(): void;
}

/** `plimsoll.toml` is wrong; the message says what, where and the remedy. */
export class BadConfig extends Error {
  override readonly name = "BadConfig";
}

/** The engine broke. That is a bug of Plimsoll, never a verdict; after it the engine must be loaded again. */
export class EngineFailure extends Error {
  override readonly name = "EngineFailure";
}

/** Starts the engine from the bytes of the wasm file, a compiled module, or its address. */
export async function loadEngine(source: BufferSource | WebAssembly.Module | URL | string): Promise<Engine> {
  try {
    await init({ module_or_path: source });
  } catch (error) {
    throw new EngineFailure(`the engine did not start: ${describe(error)}`, { cause: error });
  }
  return {
    version: guarded(() => wasm.version()),
    rules: () => guarded(() => JSON.parse(wasm.rules()) as Rule[]),
    knobs: () => guarded(knobs),
    request: () => wrapRequest(guarded(() => new wasm.Request())),
  };
}

/** Older engines have none, so it is asked for by name. */
function knobs(): string[] {
  const export_: unknown = Reflect.get(wasm, "knobs");
  return typeof export_ === "function" ? (JSON.parse(export_() as string) as string[]) : [];
}

function wrapRequest(inner: wasm.Request): PatchRequest {
  return {
    add: (side, path, bytes) => guarded(() => inner.add(side, path, bytes)),
    skip: (side, path, reason) => guarded(() => inner.skip(side, path, reason)),
    note: (about, text) => guarded(() => inner.note(about, text)),
    patch: (name, text) => guarded(() => inner.patch(name, text)),
    options: (options) => setOptions(inner, options),
    policy: () => guarded(() => JSON.parse(inner.policy()) as Policy),
    run: () => wrapReview(guarded(() => inner.run())),
  };
}

function wrapReview(inner: wasm.Review): Review {
  const render = (format: Format, options: RenderOptions = {}) =>
    guarded(() => inner.render(format, JSON.stringify(options)));
  return {
    render,
    report: () => JSON.parse(render("json")) as Report,
    diff: () => JSON.parse(render("diff")) as Diff,
    checks: () => guarded(() => JSON.parse(inner.checks()) as Check[]),
    failed: (failOn) => guarded(() => inner.failed(failOn ?? "")),
    free: () => guarded(() => inner.free()),
  };
}

function setOptions(inner: wasm.Request, options: ReviewOptions): void {
  const json = JSON.stringify({
    config: options.config ?? null,
    env: options.env ?? [],
    failOn: options.failOn ?? null,
    today: options.today ?? null,
    audit: options.audit ?? false,
    wholeFiles: options.wholeFiles ?? false,
    ...(options.whatIf ? { whatIf: options.whatIf } : {}),
  });
  try {
    inner.options(json);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw broken(error);
    throw new BadConfig(describe(error), { cause: error });
  }
}

/** Nothing that goes through here may fail on input, so whatever is thrown is a bug of the engine. */
function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw error instanceof EngineFailure ? error : broken(error);
  }
}

function broken(error: unknown): EngineFailure {
  return new EngineFailure(`the engine stopped: ${describe(error)}`, { cause: error });
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
