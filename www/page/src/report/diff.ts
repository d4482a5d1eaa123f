/**
 * The changed files: side by side, in one column, or as settings; with changed words marked, findings on their lines and
 * what did not change folded. Lines are made when they are looked at.
 */

import type { Change, Diff, DiffLine, FileDiff, Finding, Hunk, Report, Side } from "../../../engine/report.ts";
import { announce, button, type Child, count, h } from "../dom.ts";
import { recall, remember } from "../storage.ts";
import { changesOf } from "./changes.ts";
import type { Context } from "./context.ts";
import type { Filters } from "./filters.ts";
import { badge } from "./labels.ts";
import { type Section, section } from "./section.ts";
import { fileTree } from "./tree.ts";

/** Files unfolded at once; the others are made when they are opened. */
const OPEN = 12;

/** Unchanged lines shown around a change; more are folded. */
const AROUND = 3;

export type View = "split" | "unified" | "settings";

const VIEWS: readonly [view: View, label: string][] = [
  ["split", "Side by side"],
  ["unified", "One column"],
  ["settings", "Settings"],
];

/** What stands next to each other: a line of each side, or one of them alone. */
interface Row {
  old: DiffLine | null;
  new: DiffLine | null;
}

interface FileView {
  file: FileDiff;
  element: HTMLDetailsElement;
  build(): void;
  /** Makes it again, as the view says now. */
  rebuild(): void;
}

interface Actions {
  /** Null where there is no text to change. */
  edit: ((path: string) => void) | null;
}

export class DiffView {
  readonly section: Section;
  private readonly places = new Map<string, { view: FileView; anchor: string }>();
  private readonly findings: readonly Finding[];
  private readonly changes: readonly Change[];
  private readonly views: FileView[];
  private readonly radios: HTMLInputElement[] = [];
  private view: View = recall<View>("view", "split");

  constructor(
    diff: Diff,
    report: Report,
    private readonly context: Context,
    filters: Filters,
    private readonly actions: Actions,
  ) {
    this.findings = report.findings;
    this.changes = report.changes;
    const changed = diff.files.filter((file) => file.status !== "unchanged");
    // Files with findings first; otherwise in the engine's order.
    changed.sort((a, b) => Number(this.on(b).length > 0) - Number(this.on(a).length > 0));
    this.views = changed.map((file, index) => this.file(file, index));
    filters.onChange(() => {
      for (const { file, element } of this.views) element.hidden = !filters.path(file.path);
    });
    this.section = section("files", "Files", changed.length, this.contents(report));
  }

  private contents(report: Report): Child {
    if (this.views.length === 0) {
      const why =
        report.changes.length > 0
          ? "The lines of the files did not come with this report."
          : "No file differs between the two sides.";
      return h("p", { class: "empty" }, why);
    }
    const worst = (file: FileDiff) => this.on(file).filter((finding) => !finding.suppressed)[0]?.severity ?? null;
    const entries = this.views.map((view) => ({
      path: view.file.path,
      tone: worst(view.file),
      findings: this.on(view.file).length,
      open: () => this.openFile(view),
    }));
    const tree = this.views.length > 1 && fileTree(entries);
    const files = h(
      "div",
      { class: "files" },
      this.views.map((view) => view.element),
    );
    return [this.viewChooser(), h("div", { class: tree ? "with-tree" : "" }, tree, files)];
  }

  private viewChooser(): HTMLElement {
    const choices = VIEWS.map(([view, label]) => {
      const id = `view-${view}`;
      const radio = h("input", { id, type: "radio", name: "view", checked: view === this.view });
      radio.addEventListener("change", () => this.show(view));
      this.radios.push(radio);
      return [radio, h("label", { for: id }, label)];
    });
    return h("fieldset", { class: "modes view" }, h("legend", { class: "unseen" }, "How files are shown"), choices);
  }

  /** The next way of showing files. */
  turn(): void {
    const at = VIEWS.findIndex(([view]) => view === this.view);
    const [view, label] = VIEWS[(at + 1) % VIEWS.length] ?? ["split", ""];
    this.show(view);
    announce(`Files: ${label}`);
  }

  private show(view: View): void {
    this.view = view;
    remember("view", view);
    for (const [index, radio] of this.radios.entries()) radio.checked = VIEWS[index]?.[0] === view;
    for (const one of this.views) one.rebuild();
  }

  private openFile(view: FileView): HTMLElement {
    view.build();
    view.element.open = true;
    return view.element.querySelector("summary") ?? view.element;
  }

  /** Whether the line is shown. */
  has(file: string, side: Side, line: number): boolean {
    return this.places.has(key(file, side, line));
  }

  /** The id of the line; empty where it is not shown. */
  anchor(file: string, side: Side, line: number): string {
    return this.places.get(key(file, side, line))?.anchor ?? "";
  }

  /** Makes the line visible and gives its element. */
  reveal(file: string, side: Side, line: number): HTMLElement | null {
    const found = this.places.get(key(file, side, line));
    if (!found) return null;
    if (this.view === "settings") this.show("split");
    found.view.build();
    found.view.element.open = true;
    const there = document.getElementById(found.anchor);
    if (there) return there;
    for (const fold of found.view.element.querySelectorAll<HTMLButtonElement>("button.fold")) fold.click();
    return document.getElementById(found.anchor);
  }

  private file(file: FileDiff, index: number): FileView {
    const body = h("div", { class: "file-body" });
    const element = h("details", { class: `file status-${file.status}` }, fileHead(file, this.on(file).length), body);
    let built: View | null = null;
    const view: FileView = {
      file,
      element,
      build: () => {
        if (built !== this.view) body.replaceChildren(...this.body(file, index));
        built = this.view;
      },
      rebuild: () => {
        if (built !== null) view.build();
      },
    };
    this.remember(file, index, view);
    element.addEventListener("toggle", () => {
      if (element.open) view.build();
    });
    if (index < OPEN) {
      view.build();
      element.open = true;
    }
    return view;
  }

  private remember(file: FileDiff, index: number, view: FileView): void {
    for (const line of file.hunks.flatMap((hunk) => hunk.lines)) {
      // A line that both sides share is shown once where the page is narrow: on the new side.
      const anchor = line.new !== null ? cellId(index, "new", line.new) : cellId(index, "old", line.old ?? 0);
      if (line.new !== null) this.places.set(key(file.path, "new", line.new), { view, anchor });
      if (line.old !== null) this.places.set(key(file.oldPath ?? file.path, "old", line.old), { view, anchor });
    }
  }

  /** Findings with their place in this file. */
  private on(file: FileDiff): Finding[] {
    const path = (side: Side) => (side === "old" ? (file.oldPath ?? file.path) : file.path);
    return this.findings.filter((finding) => finding.file === path(finding.side));
  }

  private body(file: FileDiff, index: number): HTMLElement[] {
    const findings = this.on(file);
    const outside = findings.filter((finding) => !this.has(finding.file, finding.side, finding.line));
    const parts: HTMLElement[] = [];
    if (file.skipped !== null) parts.push(h("p", { class: "empty" }, file.skipped));
    if (outside.length > 0)
      parts.push(
        h(
          "ul",
          { class: "outside" },
          outside.map((one) => h("li", {}, this.note(one, true))),
        ),
      );
    if (this.view === "settings") parts.push(this.settings(file));
    else if (file.hunks.length > 0) parts.push(this.table(file, index, findings));
    const { edit } = this.actions;
    if (edit && file.status !== "removed") {
      const change = button("Change this file", () => edit(file.path), { class: "link" });
      parts.push(h("p", { class: "file-tools" }, change));
    }
    return parts;
  }

  private settings(file: FileDiff): HTMLElement {
    const changes = this.changes.filter((change) => change.file === file.path || change.oldFile === file.path);
    const table = changesOf(changes, this.context, count(changes.length, "changed setting"));
    return table ?? h("p", { class: "empty" }, "No setting of this file differs: only its layout does.");
  }

  private table(file: FileDiff, index: number, findings: readonly Finding[]): HTMLElement {
    const body = h("tbody", { role: "rowgroup" });
    const unified = this.view === "unified";
    const make = (row: Row) => [
      ...(unified ? unifiedLines(row, index) : [line(row, index)]),
      ...this.notes(row, findings),
    ];
    const noted = (row: Row) => this.notes(row, findings).length > 0;
    let next = 1;
    for (const hunk of file.hunks) {
      if (hunk.newStart > next) body.append(gap(hunk.newStart - next));
      const rows = unified ? single(hunk) : pairs(hunk);
      for (const run of runs(rows, noted))
        body.append(...(run.folded ? [fold(run.rows, make)] : run.rows.flatMap(make)));
      next = 1 + Math.max(next - 1, ...hunk.lines.map((one) => one.new ?? 0));
    }
    if (file.newLines >= next && file.hunks.length > 0) body.append(gap(file.newLines - next + 1));
    const sided = file.status === "added" || file.status === "removed" ? `only-${file.status}` : "";
    const labels = unified ? ["Old line", "New line", "Text"] : ["Old line", "Before", "New line", "After"];
    const head = labels.map((label) => h("th", { role: "columnheader", scope: "col" }, label));
    return h(
      "table",
      { class: `diff ${unified ? "unified" : sided}`, role: "table", "aria-label": file.path },
      h("thead", { class: "unseen", role: "rowgroup" }, h("tr", { role: "row" }, head)),
      body,
    );
  }

  private notes(row: Row, findings: readonly Finding[]): HTMLElement[] {
    const here = findings.filter((finding) => {
      const line = finding.side === "old" ? row.old?.old : row.new?.new;
      return line === finding.line;
    });
    return here.map((finding) =>
      h("tr", { class: "note", role: "row" }, h("td", { colspan: 4, role: "cell" }, this.note(finding, false))),
    );
  }

  private note(finding: Finding, withLine: boolean): HTMLElement {
    const line = withLine && [" ", h("span", { class: "place" }, `line ${finding.line}`)];
    const muted = finding.suppressed && " (suppressed)";
    const link = this.context.findingLink(finding.id, finding.title);
    return h(
      "p",
      { class: `tone-${finding.severity}` },
      badge(finding.severity, finding.severity),
      " ",
      link,
      line,
      muted,
    );
  }
}

function fileHead(file: FileDiff, findings: number): HTMLElement {
  const removed = sum(file.hunks, "removed");
  const added = sum(file.hunks, "added");
  return h(
    "summary",
    {},
    h("span", { class: "path" }, file.oldPath !== null && `${file.oldPath} → `, file.path),
    h("span", { class: "state" }, file.status),
    h(
      "span",
      { class: "delta" },
      h("span", { class: "plus" }, `+${added}`),
      " ",
      h("span", { class: "minus" }, `−${removed}`),
    ),
    findings > 0 && h("span", { class: "state" }, count(findings, "finding")),
  );
}

function sum(hunks: readonly Hunk[], kind: DiffLine["kind"]): number {
  return hunks.reduce((n, hunk) => n + hunk.lines.filter((line) => line.kind === kind).length, 0);
}

/** Rows in stretches that are shown or folded: far from every change and without a finding. */
function runs(rows: readonly Row[], noted: (row: Row) => boolean): { folded: boolean; rows: Row[] }[] {
  const shown = rows.map(() => false);
  for (const [at, row] of rows.entries()) {
    if (row.old !== null && row.old === row.new && !noted(row)) continue;
    for (let near = Math.max(0, at - AROUND); near <= Math.min(rows.length - 1, at + AROUND); near += 1)
      shown[near] = true;
  }
  const found: { folded: boolean; rows: Row[] }[] = [];
  for (const [at, row] of rows.entries()) {
    const folded = !shown[at];
    const last = found.at(-1);
    if (last?.folded === folded) last.rows.push(row);
    else found.push({ folded, rows: [row] });
  }
  return found;
}

/** Unchanged lines behind a button, which gives them. */
function fold(rows: readonly Row[], make: (row: Row) => HTMLElement[]): HTMLElement {
  const open = button(
    `Show ${count(rows.length, "unchanged line")}`,
    () => {
      const made = rows.flatMap(make);
      const hadFocus = document.activeElement === open;
      element.replaceWith(...made);
      if (!hadFocus) return;
      made[0]?.setAttribute("tabindex", "-1");
      made[0]?.focus();
    },
    { class: "fold" },
  );
  const element = h("tr", { class: "gap", role: "row" }, h("td", { colspan: 4, role: "cell" }, open));
  return element;
}

/** One line after the other, the removed ones first. */
function single(hunk: Hunk): Row[] {
  return hunk.lines.map((line) => {
    if (line.kind === "same") return { old: line, new: line };
    return line.kind === "removed" ? { old: line, new: null } : { old: null, new: line };
  });
}

function unifiedLines(row: Row, file: number): HTMLElement[] {
  const line = row.new ?? row.old;
  if (!line) return [];
  const side: Side = row.new ? "new" : "old";
  const kind = line.kind === "same" ? "" : line.kind;
  const [, text] = cells(line, side, file);
  const no = (n: number | null) => h("td", { class: `no ${kind}`, role: "cell" }, n);
  return [h("tr", { class: kind === "" ? "same" : "changed", role: "row" }, no(line.old), no(line.new), text)];
}

/** Puts the removed and the added lines of a changed stretch next to each other. */
function pairs(hunk: Hunk): Row[] {
  const rows: Row[] = [];
  let removed: DiffLine[] = [];
  let added: DiffLine[] = [];
  const flush = () => {
    for (let i = 0; i < Math.max(removed.length, added.length); i += 1) {
      rows.push({ old: removed[i] ?? null, new: added[i] ?? null });
    }
    removed = [];
    added = [];
  };
  for (const line of hunk.lines) {
    if (line.kind === "removed") removed.push(line);
    else if (line.kind === "added") added.push(line);
    else {
      flush();
      rows.push({ old: line, new: line });
    }
  }
  flush();
  return rows;
}

function line(row: Row, file: number): HTMLElement {
  const same = row.old !== null && row.old === row.new;
  return h(
    "tr",
    { class: same ? "same" : "changed", role: "row" },
    cells(row.old, "old", file),
    cells(row.new, "new", file),
  );
}

function cells(line: DiffLine | null, side: Side, file: number): Child[] {
  if (!line)
    return [h("td", { class: `no ${side} void`, role: "cell" }), h("td", { class: `text ${side} void`, role: "cell" })];
  const n = line[side] ?? 0;
  const kind = line.kind === "same" ? "" : line.kind;
  const sign = { same: "", removed: "−", added: "+" }[line.kind];
  const spoken = kind !== "" && h("span", { class: "unseen" }, `${kind}: `);
  const text = line.parts.map((part) => (part.changed && kind !== "" ? h("mark", {}, part.text) : part.text));
  return [
    h("td", { class: `no ${side} ${kind}`, role: "cell" }, n),
    h(
      "td",
      { id: cellId(file, side, n), class: `text ${side} ${kind}`, role: "cell", "data-sign": sign },
      spoken,
      text,
    ),
  ];
}

function gap(lines: number): HTMLElement {
  return h("tr", { class: "gap", role: "row" }, h("td", { colspan: 4, role: "cell" }, count(lines, "unchanged line")));
}

function cellId(file: number, side: Side, line: number): string {
  return `file-${file}-${side}-${line}`;
}

function key(file: string, side: Side, line: number): string {
  return `${side}\n${line}\n${file}`;
}
