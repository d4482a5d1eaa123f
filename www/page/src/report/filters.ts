/** Narrows what the report shows: by severity, rule, environment, file, and words. It hides and never judges. */

import type { Change, Environment, Finding, Report, Severity } from "../../../engine/report.ts";
import { announce, button, count, h } from "../dom.ts";
import { ENVIRONMENT_LABEL } from "./labels.ts";

const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low", "info"];

interface Wanted {
  severities: Set<Severity>;
  rule: string;
  environment: string;
  file: string;
  words: string[];
}

export class Filters {
  readonly element: HTMLElement;
  readonly search: HTMLInputElement;
  private readonly listeners: (() => void)[] = [];
  private readonly wanted: Wanted = { severities: new Set(SEVERITIES), rule: "", environment: "", file: "", words: [] };
  private readonly state = h("p", { class: "filter-state" });
  private readonly clearButton = button("Show all", () => this.clear(), { class: "quiet", hidden: true });
  private readonly inputs: (HTMLInputElement | HTMLSelectElement)[] = [];

  constructor(private readonly report: Report) {
    const { findings, changes } = report;
    this.search = h("input", { id: "filter-text", type: "search", autocomplete: "off", spellcheck: "false" });
    this.search.addEventListener("input", () => {
      this.wanted.words = this.search.value
        .toLowerCase()
        .split(/\s+/)
        .filter((word) => word !== "");
      this.changed();
    });
    const files = unique([...findings.map((one) => one.file), ...changes.map((one) => one.file)]);
    const environments = unique(findings.map((one) => one.environment));
    const word = (name: string) => ENVIRONMENT_LABEL[name as Environment];
    this.element = h(
      "section",
      { class: "filters", "aria-label": "Narrow the report" },
      h("p", { class: "field find" }, h("label", { for: "filter-text" }, "Search"), this.search),
      this.chips(findings),
      this.select("rule", "Rule", unique(findings.map((one) => one.rule))),
      this.select("environment", "Environment", environments, word),
      this.select("file", "File", files),
      this.clearButton,
      this.state,
    );
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  finding(finding: Finding): boolean {
    const { severities, rule, environment, file } = this.wanted;
    const { title, message, setting, subject, old, new: after } = finding;
    return (
      severities.has(finding.severity) &&
      (rule === "" || finding.rule === rule) &&
      (environment === "" || finding.environment === environment) &&
      (file === "" || finding.file === file) &&
      this.says(title, message, setting, subject, old, after, finding.file, finding.rule)
    );
  }

  change(change: Change): boolean {
    const { file, path, old, new: after, role, subject, kind } = change;
    return this.path(file) && this.says(file, path, old, after, role, subject, kind);
  }

  /** Whether a file is wanted by its name alone. */
  path(path: string): boolean {
    return this.wanted.file === "" || this.wanted.file === path;
  }

  clear(): void {
    this.wanted.severities = new Set(SEVERITIES);
    Object.assign(this.wanted, { rule: "", environment: "", file: "", words: [] });
    this.search.value = "";
    for (const input of this.inputs) {
      if (input instanceof HTMLInputElement) input.checked = true;
      else input.value = "";
    }
    this.changed();
  }

  private says(...texts: (string | null)[]): boolean {
    if (this.wanted.words.length === 0) return true;
    const text = texts.join(" ").toLowerCase();
    return this.wanted.words.every((word) => text.includes(word));
  }

  private changed(): void {
    const { severities, rule, environment, file, words } = this.wanted;
    const narrowed =
      severities.size < SEVERITIES.length || rule !== "" || environment !== "" || file !== "" || words.length > 0;
    this.clearButton.hidden = !narrowed;
    const { findings } = this.report;
    const shown = findings.filter((one) => this.finding(one)).length;
    const text = `${shown} of ${count(findings.length, "finding")}, ${this.report.changes.filter((one) => this.change(one)).length} of ${count(this.report.changes.length, "change")}`;
    this.state.textContent = narrowed ? text : "";
    announce(narrowed ? text : "Everything is shown");
    for (const listener of this.listeners) listener();
  }

  private chips(findings: readonly Finding[]): HTMLElement | null {
    const there = SEVERITIES.filter((severity) => findings.some((one) => one.severity === severity));
    if (there.length < 2) return null;
    const chip = (severity: Severity) => {
      const id = `filter-${severity}`;
      const box = h("input", { id, type: "checkbox", checked: true });
      box.addEventListener("change", () => {
        if (box.checked) this.wanted.severities.add(severity);
        else this.wanted.severities.delete(severity);
        this.changed();
      });
      this.inputs.push(box);
      const n = findings.filter((one) => one.severity === severity).length;
      return h("span", { class: `chip tone-${severity}` }, box, h("label", { for: id }, `${severity} ${n}`));
    };
    return h("fieldset", { class: "chips" }, h("legend", { class: "unseen" }, "Severity"), there.map(chip));
  }

  private select(
    key: "rule" | "environment" | "file",
    label: string,
    values: readonly string[],
    word = (value: string) => value,
  ): HTMLElement | null {
    if (values.length < 2) return null;
    const id = `filter-${key}`;
    const select = h("select", { id }, h("option", { value: "" }, "all"));
    select.append(...values.map((value) => h("option", { value }, word(value))));
    select.addEventListener("change", () => {
      this.wanted[key] = select.value;
      this.changed();
    });
    this.inputs.push(select);
    return h("p", { class: "field" }, h("label", { for: id }, label), select);
  }
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
