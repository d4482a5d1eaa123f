/**
 * The `git` program as a child process: reads objects of the local clone, and fetches what is missing.
 *
 * Nothing is checked out and nothing of the change is ever run.
 */

import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { sep } from "node:path";

/** git ended with an error; the message is git's own, without credentials. */
export class GitFailure extends Error {
  override readonly name = "GitFailure";
}

/** An entry of a tree. */
export interface TreeEntry {
  /** `100644`, `100755`, `120000` (symbolic link) or `160000` (submodule). */
  mode: string;
  oid: string;
  /** From the root; null if the name is not UTF-8. */
  path: string | null;
}

/** A file that differs; null where it is not there. */
export interface Changed {
  path: string;
  old: string | null;
  new: string | null;
}

const TIMEOUT_MS = 10 * 60 * 1000;

/** What a server wants to see before it gives a private repository's objects. */
export interface Credentials {
  /** Such as `https://github.com`. */
  server: string;
  token: string;
}

export class Git {
  readonly #directory: string;
  readonly #credentials: Credentials | null;

  constructor(directory: string, credentials: Credentials | null = null) {
    // git compares what it trusts with the real path.
    this.#directory = existsSync(directory) ? realpathSync(directory) : directory;
    this.#credentials = credentials?.token ? credentials : null;
  }

  /** What git prints, without the line end. */
  async text(...args: string[]): Promise<string> {
    return (await this.#run(args)).toString("utf8").trim();
  }

  /**
   * Fetches from `origin`. actions/checkout may have left credentials or, told `persist-credentials: false`, none: then
   * the token of this step is shown. Both at once GitHub refuses.
   */
  async fetch(...args: string[]): Promise<void> {
    const command = ["fetch", "--no-tags", "--no-recurse-submodules", "--quiet", ...args];
    try {
      await this.#run(command);
    } catch (error) {
      if (this.#credentials === null) throw error;
      await this.#run(command, "", authorization(this.#credentials)).catch(() => {
        throw error;
      });
    }
  }

  /** Whether git agrees. */
  async agrees(...args: string[]): Promise<boolean> {
    return this.#run(args).then(
      () => true,
      () => false,
    );
  }

  /** All entries of a commit's tree, in git's order; with a path, those at or below it. */
  async tree(commit: string, path?: string): Promise<TreeEntry[]> {
    const below = path === undefined ? [] : ["--", path];
    const output = await this.#run(["ls-tree", "-r", "-z", "--full-tree", commit, ...below]);
    const entries: TreeEntry[] = [];
    for (let start = 0; start < output.length; ) {
      const end = output.indexOf(0, start);
      entries.push(readEntry(output.subarray(start, end)));
      start = end + 1;
    }
    return entries;
  }

  /** What differs between two commits; names that are not UTF-8 are left out. */
  async changes(old: string, next: string): Promise<Changed[]> {
    const output = await this.#run(["diff-tree", "-r", "-z", "--no-renames", old, next]);
    const parts = output.toString("utf8").split("\0");
    const changed: Changed[] = [];
    for (let at = 0; at + 1 < parts.length; at += 2) {
      const [, , before = "", after = ""] = (parts[at] ?? "").split(" ");
      const oid = (id: string) => (/^0+$/.test(id) ? null : id);
      changed.push({ path: parts[at + 1] ?? "", old: oid(before), new: oid(after) });
    }
    return changed;
  }

  /** Sizes in bytes of the blobs that the clone has. */
  async sizes(oids: string[]): Promise<Map<string, number>> {
    const output = await this.#run(["cat-file", "--batch-check"], oids.map((oid) => `${oid}\n`).join(""));
    const sizes = new Map<string, number>();
    for (const line of output.toString("utf8").split("\n")) {
      const [oid, type, size] = line.split(" ");
      if (oid !== undefined && type === "blob" && size !== undefined) sizes.set(oid, Number(size));
    }
    return sizes;
  }

  /** Contents of blobs. One that the clone does not have is absent. */
  async blobs(oids: string[]): Promise<Map<string, Uint8Array>> {
    const output = await this.#run(["cat-file", "--batch"], oids.map((oid) => `${oid}\n`).join(""));
    const blobs = new Map<string, Uint8Array>();
    for (let start = 0; start < output.length; ) {
      const headerEnd = output.indexOf(10, start);
      const [oid = "", , size] = output.toString("utf8", start, headerEnd).split(" ");
      start = headerEnd + 1;
      if (size === undefined) continue;
      const end = start + Number(size);
      blobs.set(oid, output.subarray(start, end));
      start = end + 1;
    }
    return blobs;
  }

  #run(args: string[], stdin = "", extra: NodeJS.ProcessEnv = {}): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      // In a container the clone often belongs to another user; git reads it only if told that this is meant.
      const trusted = ["-c", `safe.directory=${this.#directory.split(sep).join("/")}`, ...args];
      const env = { ...environment(), ...extra };
      const child = spawn("git", trusted, { cwd: this.#directory, env, timeout: TIMEOUT_MS });
      const output: Buffer[] = [];
      const errors: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
      child.on("error", () => reject(new GitFailure("the program `git` cannot be started")));
      child.on("close", (code) => {
        if (code === 0) resolve(Buffer.concat(output));
        else reject(new GitFailure(complaint(Buffer.concat(errors).toString("utf8"))));
      });
      // git may end before it has read everything; its exit code tells the story.
      child.stdin.on("error", () => {});
      child.stdin.end(stdin);
    });
  }
}

function environment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    LC_ALL: "C",
  };
}

/** In the environment, where no list of processes shows it. */
function authorization({ server, token }: Credentials): NodeJS.ProcessEnv {
  const taken = Number(process.env.GIT_CONFIG_COUNT) || 0;
  const secret = Buffer.from(`x-access-token:${token}`).toString("base64");
  return {
    GIT_CONFIG_COUNT: String(taken + 1),
    [`GIT_CONFIG_KEY_${taken}`]: `http.${server}/.extraheader`,
    [`GIT_CONFIG_VALUE_${taken}`]: `AUTHORIZATION: basic ${secret}`,
  };
}

function readEntry(entry: Buffer): TreeEntry {
  const tab = entry.indexOf(9);
  const [mode = "", , oid = ""] = entry.toString("utf8", 0, tab).split(" ");
  const name = entry.subarray(tab + 1);
  const path = name.toString("utf8");
  return { mode, oid, path: Buffer.from(path, "utf8").equals(name) ? path : null };
}

/** The line that says what went wrong, without user and password of an address. */
function complaint(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  const line = lines.find((text) => /^(?:fatal|error):/.test(text)) ?? lines.find((text) => text !== "");
  return (line ?? "git gave no reason").replace(/\/\/[^/@\s]*@/g, "//");
}
