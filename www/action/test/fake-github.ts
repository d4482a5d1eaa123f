/**
 * A stand-in for GitHub's REST API on 127.0.0.1, with the limits and refusals that matter to the action.
 *
 * It knows one repository with its pull requests, comments, commit statuses, labels, people and a few tokens. It is
 * strict where GitHub is: pages of 30, at most 100; bodies of at most 65,536 characters; descriptions of statuses of at
 * most 140; a token without permission gets 403, an unknown one 401. Faults can be queued: the next request that matches
 * is answered with them. Lists can lag behind, as GitHub's do.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

export interface StoredComment {
  id: number;
  issue: number;
  body: string;
  login: string;
  type: "User" | "Bot";
  edits: number;
  updatedAt: string;
}

export interface StoredStatus {
  id: number;
  sha: string;
  context: string;
  state: string;
  description: string;
  target_url: string;
  login: string;
  type: "User" | "Bot";
}

export interface StoredReview {
  login: string;
  state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED";
  commit: string;
}

export interface Fault {
  method: string;
  path: RegExp;
  /** An HTTP status, or what else can happen to an answer. */
  status: number | "cut" | "hang" | "slow" | "garbage";
  message?: string;
  headers?: Record<string, string>;
  /** The request is carried out all the same, only the answer is lost. */
  afterwards?: boolean;
  /** How often; once if not given. */
  times?: number;
}

type Permission = "comments" | "statuses" | "labels" | "members";

interface Account {
  login: string;
  type: "User" | "Bot";
  may: Permission[];
  /** Tokens of apps may not ask who they are. */
  mayAskUser: boolean;
}

const ALL: Permission[] = ["comments", "statuses", "labels"];

const ACCOUNTS: Record<string, Account> = {
  "token-workflow": { login: "github-actions[bot]", type: "Bot", may: ALL, mayAskUser: false },
  "token-comments": { login: "github-actions[bot]", type: "Bot", may: ["comments", "labels"], mayAskUser: false },
  "token-fork": { login: "github-actions[bot]", type: "Bot", may: [], mayAskUser: false },
  "token-app": { login: "harbour-app[bot]", type: "Bot", may: [...ALL, "members"], mayAskUser: false },
  "token-person": { login: "deckhand", type: "User", may: ALL, mayAskUser: true },
  "token-stranger": { login: "stranger", type: "User", may: [], mayAskUser: true },
};

const MAX_BODY = 65_536;
const REFUSED = "Resource not accessible by integration";

export class FakeGitHub {
  readonly comments: StoredComment[] = [];
  readonly statuses: StoredStatus[] = [];
  readonly reviews: StoredReview[] = [];
  /** Of the repository: names with colours. */
  readonly labels = new Map<string, string>();
  /** Of the pull request. */
  readonly labelled = new Set<string>();
  /** Roles in the repository by login. */
  readonly roles = new Map<string, string>();
  /** Members by `organisation/team`. */
  readonly teams = new Map<string, string[]>();
  readonly requests: { method: string; path: string; bytes: number }[] = [];
  readonly #faults: Fault[] = [];
  readonly #server: Server;
  readonly #repository: string;
  readonly #pulls: number[];
  /** The commits of the pull requests' branch and of its base. */
  head = "";
  base = "";
  /** Who opened the pull request, and where the branch is. */
  author = "deckhand";
  headRepository = "harbour/fleet";
  state: "open" | "closed" = "open";
  /** Comments made so lately that a list does not hold them yet: how many lists. */
  lag = 0;
  /** Called when a request has been carried out; other runs and people can slip in there. */
  afterwards: (method: string, path: string) => void = () => {};
  #nextId = 1001;
  #clock = Date.UTC(2026, 0, 1, 12, 0, 0);
  #lagging = new Map<number, number>();

  private constructor(repository: string, pulls: number[]) {
    this.#repository = repository;
    this.#pulls = pulls;
    this.#server = createServer((request, response) => void this.#answer(request, response).catch(() => {}));
  }

  /** Starts on a free port. */
  static async start(repository = "harbour/fleet", pulls = [7]): Promise<FakeGitHub> {
    const fake = new FakeGitHub(repository, pulls);
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Forgets everything that tests left behind. */
  reset(): void {
    for (const list of [this.comments, this.statuses, this.reviews, this.requests, this.#faults]) list.splice(0);
    for (const map of [this.labels, this.labelled, this.roles, this.teams]) map.clear();
    Object.assign(this, { state: "open", author: "deckhand", headRepository: this.#repository, lag: 0 });
    this.afterwards = () => {};
  }

  /** Answers the next request that matches with a fault. */
  inject(fault: Fault): void {
    this.#faults.push({ ...fault });
  }

  /** Forgets the faults that nobody met. */
  clearFaults(): void {
    this.#faults.splice(0);
  }

  /** Puts a comment there, as if somebody had written it. */
  seed(comment: { issue?: number; body: string; login: string; type?: "User" | "Bot" }): StoredComment {
    const { issue = 7, body, login, type = "User" } = comment;
    const stored = { id: this.#nextId++, issue, body, login, type, edits: 0, updatedAt: this.#now() };
    this.comments.push(stored);
    return stored;
  }

  /** Somebody edits a comment on the page; gives the payload of the event that follows. */
  edit(id: number, login: string, change: (body: string) => string): object {
    const stored = this.comments.find((comment) => comment.id === id);
    if (stored === undefined) throw new Error(`no comment ${id}`);
    const from = stored.body;
    stored.body = change(from);
    stored.updatedAt = this.#now();
    return this.#event("edited", stored, login, { changes: { body: { from } } });
  }

  /** Somebody removes a comment; gives the payload of the event that follows. */
  remove(id: number, login: string): object {
    const at = this.comments.findIndex((comment) => comment.id === id);
    const [stored] = this.comments.splice(at, 1);
    if (stored === undefined) throw new Error(`no comment ${id}`);
    return this.#event("deleted", stored, login);
  }

  /** Somebody says something; gives the payload of the event that follows. */
  say(login: string, body: string): object {
    return this.#event("created", this.seed({ body, login }), login);
  }

  #event(action: string, comment: StoredComment, login: string, more: object = {}): object {
    const type = login.endsWith("[bot]") ? "Bot" : "User";
    const issue = { number: comment.issue, pull_request: { url: `${this.url}/pulls/${comment.issue}` } };
    return { action, issue, comment: this.#show(comment), sender: { login, type }, ...more };
  }

  /** How many requests of this kind came in. */
  count(method: string, path: RegExp): number {
    return this.requests.filter((request) => request.method === method && path.test(request.path)).length;
  }

  /** What GitHub shows at the commit: the newest status of the context. */
  status(sha: string, context = "plimsoll/gate"): StoredStatus | undefined {
    return this.statuses.findLast((status) => status.sha === sha && status.context === context);
  }

  #now(): string {
    this.#clock += 1000;
    return new Date(this.#clock).toISOString().replace(".000Z", "Z");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? "GET";
    const url = new URL(request.url ?? "/", this.url);
    const body = await readBody(request);
    this.requests.push({ method, path: url.pathname, bytes: Buffer.byteLength(body) });
    const fault = this.#takeFault(method, url.pathname);
    if (fault !== undefined && !fault.afterwards && fault.status !== "slow") return fail(response, fault);
    const account = ACCOUNTS[(request.headers.authorization ?? "").replace(/^(?:token|bearer) /i, "")];
    const reply = account === undefined ? error(401, "Bad credentials") : this.#route(account, method, url, body);
    this.afterwards(method, url.pathname);
    if (fault !== undefined && fault.status !== "slow") return fail(response, fault);
    if (fault !== undefined) await pause(300);
    send(response, reply.status, reply.data, reply.headers);
  }

  #takeFault(method: string, path: string): Fault | undefined {
    const fault = this.#faults.find((candidate) => candidate.method === method && candidate.path.test(path));
    if (fault === undefined) return undefined;
    fault.times = (fault.times ?? 1) - 1;
    if (fault.times <= 0) this.#faults.splice(this.#faults.indexOf(fault), 1);
    return fault;
  }

  #route(account: Account, method: string, url: URL, body: string): Reply {
    if (method === "GET" && url.pathname === "/user") {
      return account.mayAskUser
        ? { status: 200, data: { login: account.login, type: account.type } }
        : error(403, REFUSED);
    }
    const membership = /^\/orgs\/([^/]+)\/teams\/([^/]+)\/memberships\/([^/]+)$/.exec(url.pathname);
    if (membership !== null) return this.#membership(account, membership);
    const prefix = `/repos/${this.#repository}/`;
    if (!url.pathname.startsWith(prefix)) return error(404, "Not Found");
    const rest = `${method} ${url.pathname.slice(prefix.length)}`;
    const routes: [RegExp, (...parts: string[]) => Reply][] = [
      [/^GET pulls$/, () => this.#findPulls(url)],
      [/^GET pulls\/(\d+)$/, (number) => this.#pull(Number(number))],
      [/^GET pulls\/(\d+)\/reviews$/, () => ({ status: 200, data: this.reviews.map((review) => showReview(review)) })],
      [/^(GET|POST) issues\/(\d+)\/comments$/, (verb, n) => this.#conversation(account, verb, Number(n), url, body)],
      [/^(GET|PATCH|DELETE) issues\/comments\/(\d+)$/, (verb, id) => this.#one(account, verb, Number(id), body)],
      [/^GET commits\/([0-9a-f]+)\/statuses$/, (sha) => this.#listStatuses(sha, url)],
      [/^POST statuses\/([0-9a-f]+)$/, (sha) => this.#setStatus(account, sha, body)],
      [/^GET collaborators\/([^/]+)\/permission$/, (login) => this.#permission(login)],
      [/^POST labels$/, () => this.#makeLabel(account, body)],
      [/^(GET|POST) issues\/\d+\/labels$/, (verb) => this.#issueLabels(account, verb, body)],
      [/^DELETE issues\/\d+\/labels\/(.+)$/, (name) => this.#takeLabel(account, decodeURIComponent(name))],
    ];
    for (const [pattern, answer] of routes) {
      const match = pattern.exec(rest);
      if (match !== null) return answer(...match.slice(1).map((part) => part ?? ""));
    }
    return error(404, "Not Found");
  }

  #pull(number: number): Reply {
    return this.#pulls.includes(number) ? { status: 200, data: this.showPull(number) } : error(404, "Not Found");
  }

  /** As in an event's payload too. */
  showPull(number = 7): object {
    return {
      number,
      state: this.state,
      user: { login: this.author, type: "User" },
      base: { sha: this.base, ref: "main", repo: { full_name: this.#repository } },
      head: { sha: this.head, ref: "pools", repo: { full_name: this.headRepository } },
    };
  }

  #findPulls(url: URL): Reply {
    const owner = this.headRepository.split("/")[0];
    const fits = this.state === "open" && url.searchParams.get("head") === `${owner}:pools`;
    return { status: 200, data: fits ? this.#pulls.map((number) => this.showPull(number)) : [] };
  }

  #conversation(account: Account, method: string, issue: number, url: URL, body: string): Reply {
    if (!this.#pulls.includes(issue)) return error(404, "Not Found");
    if (method === "GET") return this.#list(issue, url);
    if (!account.may.includes("comments")) return error(403, REFUSED);
    const text = checkBody(body);
    if (typeof text !== "string") return text;
    const stored = this.seed({ issue, body: text, login: account.login, type: account.type });
    if (this.lag > 0) this.#lagging.set(stored.id, this.lag);
    return { status: 201, data: this.#show(stored) };
  }

  #list(issue: number, url: URL): Reply {
    const size = Math.min(Number(url.searchParams.get("per_page") ?? 30) || 30, 100);
    const page = Math.max(Number(url.searchParams.get("page") ?? 1) || 1, 1);
    const all = this.comments.filter((comment) => comment.issue === issue && !this.#isLagging(comment.id));
    const last = Math.max(Math.ceil(all.length / size), 1);
    const link = (to: number, rel: string) => {
      const address = new URL(url);
      address.searchParams.set("page", String(to));
      return `<${address.href}>; rel="${rel}"`;
    };
    const links = page < last ? [link(page + 1, "next"), link(last, "last")] : [];
    if (page > 1) links.push(link(page - 1, "prev"), link(1, "first"));
    const data = all.slice((page - 1) * size, page * size).map((comment) => this.#show(comment));
    return { status: 200, data, headers: links.length > 0 ? { link: links.join(", ") } : {} };
  }

  #isLagging(id: number): boolean {
    const left = this.#lagging.get(id) ?? 0;
    this.#lagging.set(id, left - 1);
    return left > 0;
  }

  #one(account: Account, method: string, id: number, body: string): Reply {
    const stored = this.comments.find((comment) => comment.id === id);
    if (stored === undefined) return error(404, "Not Found");
    if (method === "GET") return { status: 200, data: this.#show(stored) };
    if (!account.may.includes("comments")) return error(403, REFUSED);
    if (method === "DELETE") {
      this.comments.splice(this.comments.indexOf(stored), 1);
      return { status: 204, data: null };
    }
    const text = checkBody(body);
    if (typeof text !== "string") return text;
    stored.body = text;
    stored.edits += 1;
    stored.updatedAt = this.#now();
    return { status: 200, data: this.#show(stored) };
  }

  #listStatuses(sha: string, url: URL): Reply {
    const size = Math.min(Number(url.searchParams.get("per_page") ?? 30) || 30, 100);
    const all = this.statuses.filter((status) => status.sha === sha).reverse();
    return { status: 200, data: all.slice(0, size).map(showStatus) };
  }

  #setStatus(account: Account, sha: string, body: string): Reply {
    if (!account.may.includes("statuses")) return error(403, REFUSED);
    const {
      state,
      description = "",
      context = "default",
      target_url = "",
    } = JSON.parse(body) as Record<string, string>;
    const known = ["error", "failure", "pending", "success"].includes(state ?? "");
    if (!known || [...description].length > 140) return error(422, "Validation Failed");
    const { login, type } = account;
    const stored = { id: this.#nextId++, sha, context, state: state ?? "", description, target_url, login, type };
    this.statuses.push(stored);
    return { status: 201, data: showStatus(stored) };
  }

  #permission(login: string): Reply {
    const role = this.roles.get(login);
    if (role === undefined) return error(404, "Not Found");
    // As GitHub does: `maintain` and `triage` are known to `role_name` alone.
    const permission = role === "maintain" ? "write" : role === "triage" ? "read" : role;
    return { status: 200, data: { permission, role_name: role, user: { login } } };
  }

  #membership(account: Account, [, organisation, team, login = ""]: string[]): Reply {
    if (!account.may.includes("members")) return error(403, REFUSED);
    const members = this.teams.get(`${organisation}/${team}`) ?? [];
    return members.includes(login)
      ? { status: 200, data: { state: "active", role: "member" } }
      : error(404, "Not Found");
  }

  #makeLabel(account: Account, body: string): Reply {
    if (!account.may.includes("labels")) return error(403, REFUSED);
    const { name = "", color = "" } = JSON.parse(body) as Record<string, string>;
    if (this.labels.has(name.toLowerCase())) return error(422, "Validation Failed");
    this.labels.set(name.toLowerCase(), color);
    return { status: 201, data: { name, color } };
  }

  #issueLabels(account: Account, method: string, body: string): Reply {
    if (method === "POST") {
      if (!account.may.includes("labels")) return error(403, REFUSED);
      for (const name of (JSON.parse(body) as { labels: string[] }).labels) this.labelled.add(name);
    }
    return { status: 200, data: [...this.labelled].map((name) => ({ name })) };
  }

  #takeLabel(account: Account, name: string): Reply {
    if (!account.may.includes("labels")) return error(403, REFUSED);
    return this.labelled.delete(name) ? { status: 200, data: [] } : error(404, "Label does not exist");
  }

  #show(comment: StoredComment): object {
    return {
      id: comment.id,
      body: comment.body,
      html_url: `https://github.test/${this.#repository}/pull/${comment.issue}#issuecomment-${comment.id}`,
      user: { login: comment.login, type: comment.type },
      created_at: "2026-01-01T12:00:00Z",
      updated_at: comment.updatedAt,
    };
  }
}

interface Reply {
  status: number;
  data: unknown;
  headers?: Record<string, string>;
}

function showStatus({ login, type, sha: _, ...status }: StoredStatus): object {
  return { ...status, target_url: status.target_url || null, creator: { login, type } };
}

function showReview({ login, state, commit }: StoredReview): object {
  return { state, commit_id: commit, user: { login, type: "User" }, submitted_at: "2026-01-01T12:00:00Z" };
}

function checkBody(json: string): string | Reply {
  const parsed: unknown = JSON.parse(json);
  const text = (parsed as { body?: unknown } | null)?.body;
  if (typeof text !== "string" || text === "") return error(422, "Validation Failed");
  if ([...text].length > MAX_BODY) {
    return error(
      422,
      `Validation Failed: {"resource":"IssueComment","code":"unprocessable","field":"data","message":"Body is too long (maximum is ${MAX_BODY} characters)"}`,
    );
  }
  return text;
}

function error(status: number, message: string): Reply {
  return { status, data: { message, documentation_url: "https://docs.github.com/rest", status: String(status) } };
}

function fail(response: ServerResponse, { status, message = "Injected", headers }: Fault): void {
  if (typeof status === "number") send(response, status, error(status, message).data, headers);
  else if (status === "cut") response.socket?.destroy();
  else if (status === "garbage") garble(response);
}

function garble(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json; charset=utf-8" });
  response.end('<html><body>Unicorn!</body></html>\n{"id": "seven", "body": [');
}

function send(response: ServerResponse, status: number, data: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
  response.end(status === 204 ? undefined : JSON.stringify(data));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
