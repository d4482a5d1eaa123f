/**
 * Whose word counts: people, teams, owners of the files and roles in the repository, as `[gate]` names them.
 *
 * What GitHub does not tell counts as no, and the reason is kept for the reader.
 */

import type { GitHub } from "../github.ts";
import { Uncertain } from "../github.ts";
import { Refusal } from "../refusal.ts";
import type { Owners } from "./owners.ts";

export interface People {
  /** Whether somebody is one of these, for a thing in these files. */
  isOneOf(login: string, who: string[], files: string[]): Promise<boolean>;
  /** Why somebody could not be placed. */
  readonly doubts: Set<string>;
}

/** Least first; a role stands for itself and those above it. */
const ROLES = ["read", "triage", "write", "maintain", "admin"];

export function people(github: Pick<GitHub, "roleOf" | "isInTeam">, owners: Owners): People {
  const doubts = new Set<string>();
  const known = new Map<string, Promise<boolean>>();
  const once = (key: string, ask: () => Promise<boolean>): Promise<boolean> => {
    const asked = known.get(key) ?? ask().catch((error: unknown) => doubt(doubts, error));
    known.set(key, asked);
    return asked;
  };
  const hasRole = (login: string, role: string) =>
    once(`${login} ${role}`, async () => ROLES.indexOf(await github.roleOf(login)) >= ROLES.indexOf(role));
  const isNamed = (login: string, name: string): Promise<boolean> => {
    const [first = "", team] = name.slice(1).split("/");
    if (team === undefined) return Promise.resolve(first.toLowerCase() === login.toLowerCase());
    return once(`${login} ${name}`, () => github.isInTeam(first, team, login));
  };
  const owns = async (login: string, files: string[]): Promise<boolean> => {
    for (const file of files) {
      const named = owners.of(file);
      // Nobody owns it, so nobody in particular is asked; GitHub sees it so too.
      const own = named.length === 0 ? await hasRole(login, "write") : await any(named, (name) => isNamed(login, name));
      if (!own) return false;
    }
    return true;
  };
  const is = (login: string, who: string, files: string[]): Promise<boolean> => {
    if (who === "codeowners") return owns(login, files);
    return who.startsWith("@") ? isNamed(login, who) : hasRole(login, who);
  };
  return { doubts, isOneOf: (login, who, files) => any(who, (one) => is(login, one, files)) };
}

async function any<T>(items: T[], test: (item: T) => Promise<boolean>): Promise<boolean> {
  for (const item of items) if (await test(item)) return true;
  return false;
}

function doubt(doubts: Set<string>, error: unknown): boolean {
  if (!(error instanceof Refusal || error instanceof Uncertain)) throw error;
  doubts.add(error.message);
  return false;
}
