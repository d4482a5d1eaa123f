/** The page: first screen → running → report, and what went wrong in between. One screen is shown at a time. */

import { announce, append, button, count, h } from "./dom.ts";
import { editScreen } from "./edit.ts";
import { fromLink, fromPage, type Given } from "./given.ts";
import { intake } from "./intake.ts";
import { keysOf, startKeys } from "./keys.ts";
import type { Ending, Job, Outcome, Progress, Stage } from "./protocol.ts";
import { reportScreen } from "./report/screen.ts";
import { keepOffline, Session } from "./session.ts";

const STAGES: Record<Stage, string> = {
  starting: "Starting the engine",
  reading: "Reading the files",
  reviewing: "Reviewing",
  writing: "Writing the report",
};

const session = new Session();
const first = intake((given) => void open(given));

startKeys();
session.warm();
keepOffline();
void begin();
window.addEventListener("hashchange", () => void openLink());

async function begin(): Promise<void> {
  showFirst("");
  const given = fromPage();
  if (given) return open(given);
  const example = /^#example=([\w-]+)$/.exec(location.hash)?.[1];
  if (example && first.example(example)) return;
  await openLink();
}

async function openLink(): Promise<void> {
  try {
    const given = await fromLink(location.hash);
    if (given) await open(given);
  } catch {
    showFirst("The link cannot be read: it was cut off, or comes from another version. Ask for it again");
  }
}

async function open(given: Given): Promise<void> {
  if (given.kind === "job") return start(given.job);
  // The rules are the engine's; a report without them is still a report.
  const rules = await session.rules().catch(() => []);
  const json = `${JSON.stringify(given.report, null, 2)}\n`;
  showReport({ report: given.report, diff: given.diff, rules, json, files: [], knobs: [], took: null });
}

function showFirst(notice: string): void {
  first.notice(notice);
  keysOf([["w", "Swap Before and After", () => first.swap()]]);
  show("Plimsoll", first.element);
}

async function start(job: Job): Promise<void> {
  const progress = h("p", { class: "stage" }, STAGES.starting);
  const cancel = button("Cancel", () => session.cancel(), { class: "cancel" });
  const heading = h("h1", { tabindex: -1 }, "Reviewing the change");
  keysOf([["Escape", "Cancel", () => session.cancel()]]);
  show("Reviewing – Plimsoll", h("div", { class: "screen running" }, wave(), heading, progress, cancel));
  announce("Reviewing the change");
  const ending = await session.review(job, (now) => {
    progress.textContent = describe(now);
  });
  ended(ending, job);
}

function ended(ending: Ending, job: Job): void {
  switch (ending.kind) {
    case "done":
      showReport(ending.outcome);
      break;
    case "cancelled":
      showFirst("Cancelled: nothing was reviewed");
      break;
    case "bad-config":
    case "refused":
      showFirst(ending.message);
      break;
    case "failure":
      showFailure(ending.message, job);
  }
}

function showReport(outcome: Outcome): void {
  const { report } = outcome;
  const version = document.getElementById("version");
  if (version) version.textContent = `${report.tool.name} ${report.tool.version}`;
  const screen = reportScreen(outcome, session, {
    back: () => showFirst(""),
    edit: (path, line) => void showEdit(outcome, path, line ?? null),
  });
  show(`${report.level}, ${report.score} of 100 – Plimsoll`, screen);
  announce(`The review is there: ${report.summary}`);
}

async function showEdit(outcome: Outcome, path: string | null, line: number | null): Promise<void> {
  const actions = { done: showReport, failed: (message: string) => showFailure(message, null) };
  const screen = await editScreen(outcome, session, path, actions);
  show("Editing – Plimsoll", screen.element);
  if (line !== null) screen.go(line);
}

/** A broken engine is never shown as an empty result. */
function showFailure(message: string, job: Job | null): void {
  keysOf([]);
  const screen = h(
    "div",
    { class: "screen failure", role: "alert" },
    h("h1", { tabindex: -1 }, "This is a bug in Plimsoll"),
    h("p", { class: "lead" }, "The engine broke off. Nothing was reviewed, and this says nothing about your change."),
    h("p", {}, "Please report it with this message. It holds nothing of your files:"),
    h("pre", { tabindex: 0 }, h("code", {}, message)),
    job &&
      h("p", {}, `It was given ${count(job.old.length, "file")} before and ${count(job.new.length, "file")} after.`),
  );
  const again = job && button("Try again", () => void start(job), { class: "primary" });
  append(
    screen,
    h(
      "div",
      { class: "actions" },
      again,
      button("Back to the files", () => showFirst("")),
    ),
  );
  show("A bug – Plimsoll", screen);
}

function show(title: string, screen: HTMLElement): void {
  document.title = title;
  const main = document.getElementById("main");
  const initial = !main?.querySelector(".screen");
  main?.replaceChildren(screen);
  window.scrollTo(0, 0);
  // The heading of a new screen is where reading goes on; on opening the page the focus stays where it is.
  if (!initial) screen.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
}

function describe({ stage, done, total }: Progress): string {
  return total > 0 ? `${STAGES[stage]}: ${done} of ${total}` : STAGES[stage];
}

/** The mark, floating while the engine works. */
function wave(): HTMLElement {
  const mark = document.querySelector(".mark")?.cloneNode(true);
  return h(
    "div",
    { class: "afloat", "aria-hidden": "true" },
    mark instanceof SVGElement ? mark : null,
    h("div", { class: "water" }),
  );
}
