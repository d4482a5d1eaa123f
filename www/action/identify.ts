/** Completes an event whose payload does not describe its pull request, and lets go of those that ask for nothing. */

import { annotate } from "./commands.ts";
import { marker } from "./comment.ts";
import { type Event, ofPull, type Wanted } from "./event.ts";
import { readCommand } from "./gate/edits.ts";
import { type GitHub, openGitHub, Uncertain } from "./github.ts";
import type { Inputs } from "./inputs.ts";
import { Refusal } from "./refusal.ts";
import type { PullRequest } from "./shape.ts";

/** The event with its pull request; null if there is nothing to do, which is said. */
export async function identify(env: NodeJS.ProcessEnv, event: Event, inputs: Inputs): Promise<Event | null> {
  if (event.range !== null) return event;
  const reason = event.wanted === null ? "this event is about no pull request" : idle(event, inputs);
  if (reason !== null || event.wanted === null) return nothing(reason ?? "");
  if (inputs.token === "") throw new Refusal("the pull request has to be asked for; give the input `github-token`");
  const pull = await find(openGitHub(env, inputs.token, false), event.wanted);
  if (pull === null) return nothing("no open pull request has that commit for its head any more");
  if (!pull.isOpen) return nothing("the pull request is closed");
  return { ...event, ...ofPull(pull) };
}

/** Why a comment asks for nothing; null if it does. */
function idle({ edit }: Event, inputs: Inputs): string | null {
  if (edit === null) return null;
  if (edit.action === "created") return readCommand(edit) === null ? "that comment is no command of Plimsoll's" : null;
  const isReport = (edit.before ?? edit.after).startsWith(marker(inputs.commentKey));
  return isReport ? null : "that comment is no report of Plimsoll's";
}

async function find(github: GitHub, wanted: Wanted): Promise<PullRequest | null> {
  try {
    return "number" in wanted ? await github.pull(wanted.number) : await github.findPull(wanted.branch, wanted.head);
  } catch (error) {
    throw error instanceof Uncertain ? new Refusal(error.message) : error;
  }
}

function nothing(reason: string): null {
  annotate("notice", `nothing to do: ${reason}`);
  return null;
}
