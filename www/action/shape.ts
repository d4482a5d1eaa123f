/**
 * GitHub's answers as the action uses them, checked field by field: a proxy's error page or half an answer must not be
 * taken for data.
 */

/** An answer that is not what was asked for. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

export interface Comment {
  id: number;
  body: string;
  url: string;
  author: { login: string; isBot: boolean };
}

export interface PullRequest {
  number: number;
  author: string;
  isOpen: boolean;
  base: { sha: string; ref: string; repository: string };
  head: { sha: string; repository: string | null };
}

export type StatusState = "success" | "pending" | "failure" | "error";

export interface Status {
  id: number;
  context: string;
  state: StatusState;
  description: string;
  url: string;
  creator: { login: string; isBot: boolean };
}

export interface Approval {
  login: string;
  commit: string;
  at: string;
}

type Fields = Record<string, unknown>;

function fields(data: unknown): Fields {
  if (typeof data !== "object" || data === null || Array.isArray(data)) throw new Unreadable();
  return data as Fields;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new Unreadable();
  return value;
}

function whole(value: unknown): number {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw new Unreadable();
  return value;
}

export function list<T>(data: unknown, read: (item: unknown) => T): T[] {
  if (!Array.isArray(data)) throw new Unreadable();
  return data.map(read);
}

/** An account that was deleted is null. */
function account(data: unknown): { login: string; isBot: boolean } {
  if (data === null || data === undefined) return { login: "", isBot: false };
  const { login, type } = fields(data);
  return { login: text(login), isBot: type === "Bot" };
}

export function login(data: unknown): string {
  return text(fields(data).login);
}

export function comment(data: unknown): Comment {
  const { id, body, html_url, user } = fields(data);
  return { id: whole(id), body: body == null ? "" : text(body), url: text(html_url), author: account(user) };
}

export function pull(data: unknown): PullRequest {
  const { number, state, user, base, head } = fields(data);
  const [onto, from] = [fields(base), fields(head)];
  return {
    number: whole(number),
    author: account(user).login,
    isOpen: state !== "closed",
    base: { sha: text(onto.sha), ref: text(onto.ref), repository: repository(onto.repo) ?? "" },
    head: { sha: text(from.sha), repository: repository(from.repo) },
  };
}

function repository(data: unknown): string | null {
  return data == null ? null : text(fields(data).full_name);
}

const STATES: readonly string[] = ["success", "pending", "failure", "error"];

export function status(data: unknown): Status {
  const { id, context, state, description, target_url, creator } = fields(data);
  const known = text(state);
  return {
    id: whole(id),
    context: text(context),
    state: (STATES.includes(known) ? known : "error") as StatusState,
    description: description == null ? "" : text(description),
    url: target_url == null ? "" : text(target_url),
    creator: account(creator),
  };
}

/** `role_name` knows more roles than `permission`, and names of an organisation's own making. */
export function role(data: unknown): string {
  const { permission, role_name } = fields(data);
  const known = ["admin", "maintain", "write", "triage", "read", "none"];
  return typeof role_name === "string" && known.includes(role_name) ? role_name : text(permission);
}

export function isActive(data: unknown): boolean {
  return fields(data).state === "active";
}

export function labelName(data: unknown): string {
  return text(fields(data).name);
}

/** The last word of each reviewer, where that is an approval; a remark takes nothing back. */
export function approvals(data: unknown): Approval[] {
  const last = new Map<string, Approval | null>();
  for (const review of list(data, fields)) {
    const { login, isBot } = account(review.user);
    const state = text(review.state).toUpperCase();
    if (isBot || login === "" || !["APPROVED", "CHANGES_REQUESTED", "DISMISSED"].includes(state)) continue;
    const approved = state === "APPROVED";
    const at = typeof review.submitted_at === "string" ? review.submitted_at : "";
    const commit = typeof review.commit_id === "string" ? review.commit_id : "";
    last.set(login, approved ? { login, commit, at } : null);
  }
  return [...last.values()].filter((approval) => approval !== null);
}
