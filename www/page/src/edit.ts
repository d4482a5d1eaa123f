/** The playground: the new side as text, and what the engine says of it while it is written. */

import type { Finding, Report } from "../../engine/report.ts";
import { button, type Child, count, h } from "./dom.ts";
import { keysOf } from "./keys.ts";
import { latest } from "./latest.ts";
import type { Ending, Outcome } from "./protocol.ts";
import { badge, LEVEL_LABEL } from "./report/labels.ts";
import type { Session } from "./session.ts";

/** Findings listed beside the text; the report has them all. */
const LISTED = 30;

interface Actions {
  done(outcome: Outcome): void;
  failed(message: string): void;
}

interface EditScreen {
  element: HTMLElement;
  /** Puts the cursor on a line; the screen must be shown. */
  go(line: number): void;
}

export async function editScreen(
  outcome: Outcome,
  session: Session,
  wanted: string | null,
  actions: Actions,
): Promise<EditScreen> {
  let last = outcome;
  const changed = new Set(outcome.diff.files.filter((file) => file.status !== "unchanged").map((file) => file.path));
  const files = [...outcome.files].sort((a, b) => Number(changed.has(b)) - Number(changed.has(a)));
  const select = h("select", { id: "edit-file" });
  select.append(...files.map((path) => h("option", { value: path }, changed.has(path) ? `${path} (changed)` : path)));
  const worst = outcome.report.findings.find(({ side, file }) => side === "new" && files.includes(file));
  select.value = wanted ?? worst?.file ?? files[0] ?? "";
  const area = h("textarea", { id: "edit-text", spellcheck: "false", autocomplete: "off", autocapitalize: "off" });
  const panel = h("div", { class: "live", "aria-live": "polite" });
  const to = async (finding: Finding) => {
    if (finding.side === "old" || !files.includes(finding.file)) return;
    if (select.value !== finding.file) {
      select.value = finding.file;
      await open();
    }
    goLine(area, finding.line);
  };
  const show = (next: Outcome) => {
    last = next;
    panel.replaceChildren(...live(next.report, outcome.report, next === outcome ? null : next.took, to));
  };
  const open = async () => {
    area.value = await session.textOf(select.value);
    area.setSelectionRange(0, 0);
  };
  const failed = (ending: Ending) => {
    if (ending.kind === "done") return show(ending.outcome);
    if (ending.kind === "failure") return actions.failed(ending.message);
    if (ending.kind !== "cancelled") panel.replaceChildren(h("p", { class: "notice" }, ending.message));
  };
  area.addEventListener(
    "input",
    latest(() => session.edit(select.value, area.value).then(failed)),
  );
  select.addEventListener("change", () => void open());
  if (files.length > 0) await open();
  show(outcome);
  const back = button("Back to the report", () => actions.done(last), { class: "primary" });
  keysOf([["b", "Back to the report", () => actions.done(last)]]);
  const element = h(
    "div",
    { class: "screen edit" },
    h("h1", { tabindex: -1 }, "Change the new side"),
    h("p", { class: "lead" }, "The report follows what you write. Nothing is saved; copy the text when it is right."),
    h("div", { class: "edit-bar" }, h("label", { for: select.id }, "File"), select, back),
    h(
      "div",
      { class: "edit-body" },
      h("div", { class: "edit-text" }, h("label", { for: area.id, class: "unseen" }, "Text after the change"), area),
      panel,
    ),
  );
  return { element, go: (line) => goLine(area, line) };
}

function live(
  now: Report,
  start: Report,
  took: number | null,
  onFinding: (finding: Finding) => Promise<void>,
): HTMLElement[] {
  const counting = now.findings.filter((finding) => !finding.suppressed);
  const item = (finding: Finding): Child =>
    h(
      "li",
      {},
      badge(finding.severity, finding.severity),
      button(finding.title, () => void onFinding(finding), { class: "link" }),
    );
  const difference = now.score - start.score;
  const moved =
    difference === 0
      ? "as in the report"
      : `${Math.abs(difference)} ${difference < 0 ? "less" : "more"} than in the report`;
  return [
    h(
      "p",
      { class: `live-score tone-${now.level}` },
      h("strong", {}, now.score),
      badge(LEVEL_LABEL[now.level], now.level),
      h("span", {}, moved),
    ),
    h("p", { class: "live-summary" }, now.summary),
    h("ul", { class: "live-findings" }, counting.slice(0, LISTED).map(item)),
    h(
      "p",
      { class: "took" },
      `${count(counting.length, "finding")}${took === null ? "" : `, in ${Math.round(took)} ms`}`,
    ),
  ];
}

function goLine(area: HTMLTextAreaElement, line: number): void {
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  const height = area.scrollHeight / Math.max(1, lines.length);
  area.scrollTop = Math.max(0, (line - 6) * height);
}
