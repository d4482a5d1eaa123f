/** The page: first screen → running → report, and what went wrong in between. One screen is shown at a time. */

import { announce, append, button, count, h } from "./dom.ts";
import { intake } from "./intake.ts";
import type { Ending, Job, Progress, Stage } from "./protocol.ts";
import { reportScreen } from "./report/screen.ts";
import { type Run, startReview } from "./runner.ts";

const STAGES: Record<Stage, string> = {
  starting: "Starting the engine",
  reading: "Reading the files",
  reviewing: "Reviewing",
  writing: "Writing the report",
};

const first = intake(start);
showFirst("");

function showFirst(notice: string): void {
  first.notice(notice);
  show("Plimsoll", first.element);
}

async function start(job: Job): Promise<void> {
  const progress = h("p", { class: "stage" }, STAGES.starting);
  let run: Run | null = null;
  const cancel = button("Cancel", () => run?.cancel(), { class: "cancel" });
  const heading = h("h1", { tabindex: -1 }, "Reviewing the change");
  show("Reviewing – Plimsoll", h("div", { class: "screen running" }, wave(), heading, progress, cancel));
  announce("Reviewing the change");
  run = startReview(job, (now) => {
    progress.textContent = describe(now);
  });
  ended(await run.ended, job);
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
      showFirst(ending.message);
      break;
    case "failure":
      showFailure(ending.message, job);
  }
}

function showReport(outcome: Parameters<typeof reportScreen>[0]): void {
  const { report } = outcome;
  const version = document.getElementById("version");
  if (version) version.textContent = `${report.tool.name} ${report.tool.version}`;
  show(
    `${report.level}, ${report.score} of 100 – Plimsoll`,
    reportScreen(outcome, () => showFirst("")),
  );
  announce(`The review is there: ${report.summary}`);
}

/** A broken engine is never shown as an empty result. */
function showFailure(message: string, job: Job): void {
  const screen = h(
    "div",
    { class: "screen failure", role: "alert" },
    h("h1", { tabindex: -1 }, "This is a bug in Plimsoll"),
    h("p", { class: "lead" }, "The engine broke off. Nothing was reviewed, and this says nothing about your change."),
    h("p", {}, "Please report it with this message. It holds nothing of your files:"),
    h("pre", { tabindex: 0 }, h("code", {}, message)),
    h("p", {}, `It was given ${count(job.old.length, "file")} before and ${count(job.new.length, "file")} after.`),
  );
  const again = button("Try again", () => void start(job), { class: "primary" });
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
