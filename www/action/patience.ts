/**
 * How long the action waits for GitHub: a bound on every request, a bound on all of them, and a few pauses where GitHub
 * asks for one.
 *
 * A request that hit a limit was not carried out, so that it can be sent again whatever it is.
 */

import { setTimeout as pause } from "node:timers/promises";

/** A server that never answers must not hold the run. */
const REQUEST_MS = 15_000;
/** All requests together; the review is in the summary by other ways. */
const ALL_MS = 150_000;
/** GitHub asks for up to an hour; nobody waits so long for a comment. */
const LONGEST_PAUSE_MS = 20_000;
const PAUSES = 2;

/** A `fetch` that gives up in time and waits where GitHub's limits ask for it. */
export function patientFetch(env: NodeJS.ProcessEnv): typeof fetch {
  const most = number(env.PLIMSOLL_REQUEST_TIMEOUT_MS) ?? REQUEST_MS;
  const scale = retryBase(env) / 1000;
  const end = Date.now() + Math.min(ALL_MS, most * 10);
  return async (input, init) => {
    for (let waited = 0; ; waited += 1) {
      const left = Math.max(end - Date.now(), 1);
      const response = await fetch(input, { ...init, signal: AbortSignal.timeout(Math.min(most, left)) });
      const asked = pauseAsked(response);
      if (asked === null || waited === PAUSES || asked > LONGEST_PAUSE_MS) return response;
      await response.arrayBuffer().catch(() => {});
      await pause(asked * scale);
    }
  };
}

/** How long to wait before the same request has a chance, in milliseconds; null if it is no matter of waiting. */
function pauseAsked(response: Response): number | null {
  const { status, headers } = response;
  if (status !== 429 && status !== 403) return null;
  const after = number(headers.get("retry-after") ?? undefined);
  if (after !== null) return after * 1000;
  if (headers.get("x-ratelimit-remaining") === "0") {
    const reset = number(headers.get("x-ratelimit-reset") ?? undefined);
    return reset === null ? null : Math.max(reset * 1000 - Date.now(), 1000);
  }
  return status === 429 ? 1000 : null;
}

/** Unit of the pauses between attempts, in milliseconds; tests have no time to wait. */
export function retryBase(env: NodeJS.ProcessEnv): number {
  return number(env.PLIMSOLL_RETRY_BASE_MS) ?? 1000;
}

function number(text: string | undefined): number | null {
  const value = Number(text);
  return text !== undefined && text !== "" && Number.isFinite(value) && value > 0 ? value : null;
}
