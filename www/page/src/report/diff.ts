/** The changed files side by side, with changed words marked and findings on their lines. */

import type { Diff, DiffLine, FileDiff, Finding, Hunk, Side } from "../../../engine/report.ts";
import { type Child, count, h } from "../dom.ts";
import type { Context } from "./context.ts";
import { badge } from "./labels.ts";
import { type Section, section } from "./section.ts";

/** Files unfolded at once; the others are made when they are opened. */
const OPEN = 12;

/** What stands next to each other: a line of each side, or one of them alone. */
interface Row {
  old: DiffLine | null;
  new: DiffLine | null;
}

interface FileView {
  element: HTMLDetailsElement;
  build(): void;
}

export class DiffView {
  readonly section: Section;
  private readonly places = new Map<string, { view: FileView; anchor: string }>();

  constructor(
    diff: Diff,
    private readonly findings: readonly Finding[],
    private readonly context: Context,
  ) {
    const changed = diff.files.filter((file) => file.status !== "unchanged");
    // Files with findings first; otherwise in the engine's order.
    changed.sort((a, b) => Number(this.on(b).length > 0) - Number(this.on(a).length > 0));
    const views = changed.map((file, index) => this.file(file, index));
    const empty = views.length === 0 && h("p", { class: "empty" }, "No file differs between the two sides.");
    this.section = section(
      "files",
      "Files",
      changed.length,
      empty,
      views.map((view) => view.element),
    );
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
    found.view.build();
    found.view.element.open = true;
    return document.getElementById(found.anchor);
  }

  private file(file: FileDiff, index: number): FileView {
    const body = h("div", { class: "file-body" });
    const element = h("details", { class: `file status-${file.status}` }, fileHead(file, this.on(file).length), body);
    let built = false;
    const view: FileView = {
      element,
      build: () => {
        if (!built) body.append(...this.body(file, index));
        built = true;
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
    if (file.hunks.length > 0) parts.push(this.table(file, index, findings));
    return parts;
  }

  private table(file: FileDiff, index: number, findings: readonly Finding[]): HTMLElement {
    const body = h("tbody", { role: "rowgroup" });
    let next = 1;
    for (const hunk of file.hunks) {
      if (hunk.newStart > next) body.append(gap(hunk.newStart - next));
      for (const row of pairs(hunk)) body.append(line(row, index), ...this.notes(row, findings));
      next = 1 + Math.max(next - 1, ...hunk.lines.map((one) => one.new ?? 0));
    }
    const sided = file.status === "added" || file.status === "removed" ? `only-${file.status}` : "";
    const head = ["Old line", "Before", "New line", "After"].map((label) =>
      h("th", { role: "columnheader", scope: "col" }, label),
    );
    return h(
      "table",
      { class: `diff ${sided}`, role: "table", "aria-label": file.path },
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
