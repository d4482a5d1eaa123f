/** The page's side of the worker: asks it, and starts another one where it was cancelled or broke. */

import script from "virtual:worker";
import type { Format } from "../../engine/engine.ts";
import type { Report, Rule } from "../../engine/report.ts";
import type { Ending, FromWorker, Job, Progress, Question } from "./protocol.ts";

/** Browsers with Trusted Types take the worker's address only from a policy; the others take the text. */
interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

/** The only other script: the service worker of the hosted page. */
const OFFLINE = "offline.js";

const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
const policy = factory?.createPolicy("plimsoll", { createScriptURL: onlyOurs });

interface Waiting {
  answer(message: FromWorker): void;
  fail(message: string): void;
}

export class Session {
  private worker: Worker | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;

  /** Starts the engine, so that it is ready when the first review is asked for. */
  warm(): void {
    void this.rules().catch(() => {});
  }

  review(job: Job, onProgress: (progress: Progress) => void): Promise<Ending> {
    return this.run({ kind: "review", job }, onProgress);
  }

  /** Reviews again with another text for a file of the new side. */
  edit(path: string, text: string): Promise<Ending> {
    return this.run({ kind: "edit", path, text }, () => {});
  }

  /** What the report would be with other numbers. */
  whatIf(turns: string[]): Promise<Report> {
    return new Promise((resolve, reject) => {
      const fail = (message: string) => reject(new Error(message));
      const answer = (message: FromWorker) => {
        if (message.kind === "report") resolve(message.report);
        else if (message.kind === "end") fail("message" in message.ending ? message.ending.message : "cancelled");
      };
      this.ask({ kind: "what-if", turns }, { answer, fail });
    });
  }

  render(format: Format): Promise<string> {
    return this.text({ kind: "render", format });
  }

  textOf(path: string): Promise<string> {
    return this.text({ kind: "text", path });
  }

  rules(): Promise<Rule[]> {
    return new Promise((resolve, reject) => {
      const fail = (message: string) => reject(new Error(message));
      const answer = (message: FromWorker) => {
        if (message.kind === "rules") resolve(message.rules);
        else fail(message.kind === "end" && message.ending.kind === "failure" ? message.ending.message : "no answer");
      };
      this.ask({ kind: "rules" }, { answer, fail });
    });
  }

  /** Ends the worker, whatever it is doing; the next question starts another. */
  cancel(): void {
    this.stop();
    const cancelled: Ending = { kind: "cancelled" };
    this.settle((id) => ({ id, kind: "end", ending: cancelled }));
  }

  private run(question: Question, onProgress: (progress: Progress) => void): Promise<Ending> {
    return new Promise((resolve) => {
      const fail = (message: string) => resolve({ kind: "failure", message });
      const answer = (message: FromWorker) => {
        if (message.kind === "progress") onProgress(message.progress);
        else if (message.kind === "end") resolve(message.ending);
      };
      this.ask(question, { answer, fail });
    });
  }

  private text(question: Question): Promise<string> {
    return new Promise((resolve, reject) => {
      const fail = (message: string) => reject(new Error(message));
      const answer = (message: FromWorker) => {
        if (message.kind === "text") resolve(message.text);
        else if (message.kind === "end") fail("the engine did not write it");
      };
      this.ask(question, { answer, fail });
    });
  }

  private ask(question: Question, waiting: Waiting): void {
    this.last += 1;
    this.waiting.set(this.last, waiting);
    this.worker ??= this.start();
    this.worker.postMessage({ id: this.last, ...question });
  }

  private start(): Worker {
    const worker = startWorker();
    worker.onmessage = (event: MessageEvent<FromWorker>) => this.take(event.data);
    worker.onerror = (event) => this.broke(event.message || "the worker did not start");
    worker.onmessageerror = () => this.broke("the worker's answer could not be read");
    return worker;
  }

  private take(message: FromWorker): void {
    const waiting = this.waiting.get(message.id);
    if (message.kind !== "progress") this.waiting.delete(message.id);
    // What broke once is not asked again.
    if (message.kind === "end" && message.ending.kind === "failure") this.stop();
    waiting?.answer(message);
  }

  private broke(message: string): void {
    this.stop();
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const one of all) one.fail(message);
  }

  private settle(message: (id: number) => FromWorker): void {
    const all = [...this.waiting.entries()];
    this.waiting.clear();
    for (const [id, one] of all) one.answer(message(id));
  }

  private stop(): void {
    this.worker?.terminate();
    this.worker = null;
  }
}

/** Lets the hosted page be opened without a network. A page from the disk needs none. */
export function keepOffline(): void {
  if (!document.querySelector("link[rel=manifest]") || !("serviceWorker" in navigator)) return;
  const url = new URL(OFFLINE, location.href).href;
  const register = () => navigator.serviceWorker.register(policy ? policy.createScriptURL(url) : url);
  // Refused in a private window or over plain http; the page works all the same.
  void register().catch(() => {});
}

function startWorker(): Worker {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  try {
    return new Worker(policy ? policy.createScriptURL(url) : url, { name: "plimsoll" });
  } finally {
    // The worker has taken its address; a later revocation would keep a megabyte alive for nothing.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}

function onlyOurs(url: string): string {
  if (url.startsWith("blob:") || url === new URL(OFFLINE, location.href).href) return url;
  throw new TypeError("only the scripts that belong to this page may be started");
}
