/**
 * What a step tells the runner: annotations and log lines on standard output, outputs and the job summary in files.
 *
 * Text that stems from the change never starts a command of the runner: data is escaped, free text is printed while
 * commands are switched off.
 */

import { randomUUID } from "node:crypto";
import { appendFile, stat } from "node:fs/promises";
import type { OUTPUTS } from "./inputs.ts";

/** What GitHub shows of one step's summary; beyond it the upload fails. */
const MAX_SUMMARY_BYTES = 1024 * 1024;

export type OutputName = keyof typeof OUTPUTS;

/** Shows a sentence on the run's page. */
export function annotate(level: "error" | "warning" | "notice", sentence: string): void {
  process.stdout.write(`::${level} title=Plimsoll::${escapeData(sentence)}\n`);
}

/** Has the runner blot out a text wherever it appears in the log. Too short a one would blot out half of it. */
export function mask(secret: string): void {
  if (secret.length >= 8) process.stdout.write(`::add-mask::${escapeData(secret)}\n`);
}

/** Prints lines that are commands already: the engine's rendering for GitHub. */
export function printCommands(commands: string): void {
  if (commands !== "") process.stdout.write(commands.endsWith("\n") ? commands : `${commands}\n`);
}

/** Prints text of any content to the log, as text. */
export function printText(text: string): void {
  const token = randomUUID();
  process.stdout.write(`::stop-commands::${token}\n${text.trimEnd()}\n::${token}::\n`);
}

/** Sets outputs of the step. */
export async function setOutputs(env: NodeJS.ProcessEnv, values: Record<OutputName, string>): Promise<void> {
  const file = env.GITHUB_OUTPUT;
  if (file === undefined || file === "") return;
  const entries = Object.entries(values).map(([name, value]) => {
    // A random word, so that no value can end its own entry and begin another.
    const delimiter = `plimsoll-${randomUUID()}`;
    return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
  });
  await appendFile(file, entries.join(""));
}

/** Appends to the job summary. `write` gets the number of bytes that there is room for. */
export async function appendSummary(env: NodeJS.ProcessEnv, write: (maxBytes: number) => string): Promise<void> {
  const file = env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === "") return;
  const used = await stat(file).then(
    (stats) => stats.size,
    () => 0,
  );
  const room = MAX_SUMMARY_BYTES - used - 2;
  const text = write(Math.max(room, 0));
  if (Buffer.byteLength(text) > room) {
    annotate("warning", "the job summary is full, so the report is not in it; it is in the output report-markdown");
    return;
  }
  await appendFile(file, `${text}\n`);
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
