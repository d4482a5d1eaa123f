/** A real git repository in a temporary folder, with an "origin" that can be cloned from. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Nothing of the person's own git settings, and the same ids on every run. */
const ENVIRONMENT = {
  PATH: process.env.PATH ?? "",
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "deckhand",
  GIT_AUTHOR_EMAIL: "deckhand@example.com",
  GIT_COMMITTER_NAME: "deckhand",
  GIT_COMMITTER_EMAIL: "deckhand@example.com",
  GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z",
  GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z",
};

export class Repository {
  readonly root: string;
  readonly origin: string;

  constructor() {
    this.root = mkdtempSync(join(tmpdir(), "plimsoll-git-"));
    this.origin = join(this.root, "origin");
    mkdirSync(this.origin);
    this.git("init", "--quiet", "--initial-branch=main");
    // As GitHub does: any commit can be fetched by its id.
    this.git("config", "uploadpack.allowAnySHA1InWant", "true");
  }

  git(...args: string[]): string {
    return run(this.origin, ...args);
  }

  write(path: string, text: string | Uint8Array): void {
    const full = join(this.origin, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
  }

  link(path: string, target: string): void {
    symlinkSync(target, join(this.origin, path));
  }

  /** A submodule that was not checked out. */
  submodule(path: string, commit: string): void {
    mkdirSync(join(this.origin, path), { recursive: true });
    this.git("update-index", "--add", "--cacheinfo", `160000,${commit},${path}`);
  }

  remove(path: string): void {
    rmSync(join(this.origin, path));
  }

  /** Commits all there is; gives the id. */
  commit(files: Record<string, string> = {}): string {
    for (const [path, text] of Object.entries(files)) this.write(path, text);
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", "--message", "change");
    return this.git("rev-parse", "HEAD");
  }

  /** A clone such as actions/checkout makes: detached at a commit, with or without history. */
  clone(name: string, commit: string, depth: "whole" | number): string {
    const folder = join(this.root, name);
    mkdirSync(folder);
    run(folder, "init", "--quiet");
    run(folder, "remote", "add", "origin", `file://${this.origin}`);
    if (depth === "whole") run(folder, "fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*", commit);
    else run(folder, "fetch", "--quiet", "--no-tags", `--depth=${depth}`, "origin", commit);
    run(folder, "checkout", "--quiet", "--detach", commit);
    return folder;
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function run(folder: string, ...args: string[]): string {
  return execFileSync("git", args, { cwd: folder, env: ENVIRONMENT, encoding: "utf8", stdio: "pipe" }).trim();
}
