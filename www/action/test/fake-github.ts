/**
 * A stand-in for GitHub's REST API on 127.0.0.1, with the limits and refusals that matter to a comment.
 *
 * It knows one repository, its pull requests' comments and four tokens. Faults can be queued: the next request that
 * matches is answered with them. It is strict where GitHub is: pages of 30, at most 100; bodies of at most 65,536
 * characters; a token without permission gets 403, an unknown one 401.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface StoredComment {
  id: number;
  issue: number;
  body: string;
  login: string;
  type: "User" | "Bot";
  edits: number;
}

export interface Fault {
  method: string;
  path: RegExp;
  status: number;
  message?: string;
  headers?: Record<string, string>;
  /** The request is carried out all the same, only the answer is lost. */
  afterwards?: boolean;
  /** How often; once if not given. */
  times?: number;
}

interface Account {
  login: string;
  type: "User" | "Bot";
  write: boolean;
  /** Tokens of apps may not ask who they are. */
  mayAskUser: boolean;
}

const ACCOUNTS: Record<string, Account> = {
  "token-workflow": { login: "github-actions[bot]", type: "Bot", write: true, mayAskUser: false },
  "token-fork": { login: "github-actions[bot]", type: "Bot", write: false, mayAskUser: false },
  "token-person": { login: "deckhand", type: "User", write: true, mayAskUser: true },
  "token-stranger": { login: "stranger", type: "User", write: false, mayAskUser: true },
};

const MAX_BODY = 65_536;
const REFUSED = "Resource not accessible by integration";

export class FakeGitHub {
  readonly comments: StoredComment[] = [];
  readonly requests: { method: string; path: string }[] = [];
  readonly #faults: Fault[] = [];
  readonly #server: Server;
  readonly #repository: string;
  readonly #pulls: number[];
  /** The commit that the pull requests' branch is at. */
  head = "";
  #nextId = 1001;

  private constructor(repository: string, pulls: number[]) {
    this.#repository = repository;
    this.#pulls = pulls;
    this.#server = createServer((request, response) => void this.#answer(request, response));
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
    const stored = { id: this.#nextId++, issue, body, login, type, edits: 0 };
    this.comments.push(stored);
    return stored;
  }

  /** How many requests of this kind came in. */
  count(method: string, path: RegExp): number {
    return this.requests.filter((request) => request.method === method && path.test(request.path)).length;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? "GET";
    const url = new URL(request.url ?? "/", this.url);
    const body = await readBody(request);
    this.requests.push({ method, path: url.pathname });
    const fault = this.#takeFault(method, url.pathname);
    if (fault !== undefined && !fault.afterwards) return refuse(response, fault.status, fault.message, fault.headers);
    const account = ACCOUNTS[(request.headers.authorization ?? "").replace(/^(?:token|bearer) /i, "")];
    const reply = account === undefined ? error(401, "Bad credentials") : this.#route(account, method, url, body);
    if (fault !== undefined) return refuse(response, fault.status, fault.message, fault.headers);
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
    const pull = new RegExp(`^/repos/${this.#repository}/pulls/(\\d+)$`).exec(url.pathname);
    if (pull !== null && method === "GET" && this.#pulls.includes(Number(pull[1]))) {
      return { status: 200, data: { number: Number(pull[1]), head: { sha: this.head } } };
    }
    const prefix = `/repos/${this.#repository}/issues/`;
    if (!url.pathname.startsWith(prefix)) return error(404, "Not Found");
    const rest = url.pathname.slice(prefix.length);
    const list = /^(\d+)\/comments$/.exec(rest);
    if (list !== null) return this.#conversation(account, method, Number(list[1]), url, body);
    const one = /^comments\/(\d+)$/.exec(rest);
    if (one !== null && method === "PATCH") return this.#update(account, Number(one[1]), body);
    return error(404, "Not Found");
  }

  #conversation(account: Account, method: string, issue: number, url: URL, body: string): Reply {
    if (!this.#pulls.includes(issue)) return error(404, "Not Found");
    if (method === "GET") return this.#list(issue, url);
    if (method !== "POST") return error(404, "Not Found");
    if (!account.write) return error(403, REFUSED);
    const text = checkBody(body);
    if (typeof text !== "string") return text;
    const stored = this.seed({ issue, body: text, login: account.login, type: account.type });
    return { status: 201, data: this.#show(stored) };
  }

  #list(issue: number, url: URL): Reply {
    const size = Math.min(Number(url.searchParams.get("per_page") ?? 30) || 30, 100);
    const page = Math.max(Number(url.searchParams.get("page") ?? 1) || 1, 1);
    const all = this.comments.filter((comment) => comment.issue === issue);
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

  #update(account: Account, id: number, body: string): Reply {
    const stored = this.comments.find((comment) => comment.id === id);
    if (stored === undefined) return error(404, "Not Found");
    if (!account.write) return error(403, REFUSED);
    const text = checkBody(body);
    if (typeof text !== "string") return text;
    stored.body = text;
    stored.edits += 1;
    return { status: 200, data: this.#show(stored) };
  }

  #show(comment: StoredComment): object {
    return {
      id: comment.id,
      body: comment.body,
      html_url: `https://github.test/${this.#repository}/pull/${comment.issue}#issuecomment-${comment.id}`,
      user: { login: comment.login, type: comment.type },
    };
  }
}

interface Reply {
  status: number;
  data: unknown;
  headers?: Record<string, string>;
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

function refuse(
  response: ServerResponse,
  status: number,
  message = "Injected",
  headers?: Record<string, string>,
): void {
  send(response, status, error(status, message).data, headers);
}

function send(response: ServerResponse, status: number, data: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
  response.end(JSON.stringify(data));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
