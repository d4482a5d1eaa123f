/** Runs a review in a worker of its own. Cancelling ends the worker, whatever it is doing. */

import script from "virtual:worker";
import type { Ending, FromWorker, Job, Progress } from "./protocol.ts";

export interface Run {
  ended: Promise<Ending>;
  cancel(): void;
}

/** Browsers with Trusted Types take the worker's address only from a policy; the others take the text. */
interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
const policy = factory?.createPolicy("plimsoll", { createScriptURL: onlyBlobs });

export function startReview(job: Job, onProgress: (progress: Progress) => void): Run {
  const { promise, resolve } = deferred<Ending>();
  const worker = startWorker();
  const end = (ending: Ending) => {
    worker.terminate();
    resolve(ending);
  };
  worker.onmessage = (event: MessageEvent<FromWorker>) => {
    if (event.data.kind === "progress") onProgress(event.data.progress);
    else end(event.data.ending);
  };
  worker.onerror = (event) => end({ kind: "failure", message: event.message || "the worker did not start" });
  worker.onmessageerror = () => end({ kind: "failure", message: "the worker's answer could not be read" });
  worker.postMessage(job);
  return { ended: promise, cancel: () => end({ kind: "cancelled" }) };
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

function onlyBlobs(url: string): string {
  if (!url.startsWith("blob:")) throw new TypeError("only the worker that is inside this page may be started");
  return url;
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
