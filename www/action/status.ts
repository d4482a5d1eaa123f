/** The commit status: posted on the reviewed commit, and again only where it says something else now. */

import type { GitHub, Status } from "./github.ts";

/** GitHub takes no more characters. */
const MOST_DESCRIPTION = 140;

export type Wanted = Pick<Status, "context" | "state" | "description" | "url">;

/** `plimsoll/gate`, with the key of the comment where that is not the usual one. */
export function statusName(what: string, key: string): string {
  return key === "default" ? `plimsoll/${what}` : `plimsoll/${what} (${key})`;
}

export async function setStatus(
  github: Pick<GitHub, "statuses" | "setStatus">,
  commit: string,
  wanted: Wanted,
): Promise<void> {
  const status = { ...wanted, description: clip(wanted.description) };
  const stands = (await github.statuses(commit)).find(({ context }) => context === status.context);
  const isSame =
    stands !== undefined &&
    stands.state === status.state &&
    stands.description === status.description &&
    stands.url === status.url;
  if (!isSame) await github.setStatus(commit, status);
}

function clip(text: string): string {
  const characters = [...text.replace(/\s+/g, " ").trim()];
  return characters.length > MOST_DESCRIPTION
    ? `${characters.slice(0, MOST_DESCRIPTION - 1).join("")}…`
    : characters.join("");
}
