/** The report screen: the verdict first, then everything it rests on, and a way to every part. */

import type { Side } from "../../../engine/report.ts";
import { append, button, h } from "../dom.ts";
import type { Outcome } from "../protocol.ts";
import { budgetSection } from "./budget.ts";
import { changesSection } from "./changes.ts";
import { checklistSection } from "./checklist.ts";
import { type Context, findingAnchor, goTo } from "./context.ts";
import { coverageSection } from "./coverage.ts";
import { DiffView } from "./diff.ts";
import { exportBar } from "./exports.ts";
import { findingsSection } from "./findings.ts";
import { place } from "./labels.ts";
import { ruleDialog } from "./rules.ts";
import type { Section } from "./section.ts";
import { verdictSection } from "./verdict.ts";

export function reportScreen(outcome: Outcome, onBack: () => void): HTMLElement {
  const { report } = outcome;
  const rules = ruleDialog(outcome.rules);
  const context: Context = {
    placeLink: (file, side, line) => placeLink(files, file, side, line),
    ruleButton: (rule) => rules.button(rule),
    findingLink: (id, text) => jump(text, `#${findingAnchor(id)}`, () => document.getElementById(findingAnchor(id))),
  };
  const files = new DiffView(outcome.diff, report.findings, context);
  const tools = h("div", { class: "tools" }, exportBar(outcome), button("Review another change", onBack));
  const sections: Section[] = [
    findingsSection(report, context),
    budgetSection(report.budget, context),
    files.section,
    changesSection(report.changes, context),
    checklistSection(report.checklist, context),
    coverageSection(report.coverage),
  ];
  const screen = h("div", { class: "screen report" });
  append(
    screen,
    verdictSection(report, context, tools),
    h(
      "div",
      { class: "body" },
      contents(sections),
      h(
        "div",
        { class: "sections" },
        sections.map((one) => one.element),
      ),
    ),
    rules.element,
  );
  return screen;
}

function contents(sections: readonly Section[]): HTMLElement {
  const links = sections.map(({ id, label, count }) => {
    const link = jump(label, `#${id}`, () => document.getElementById(`${id}-title`));
    if (count !== null) append(link, " ", h("span", { class: "n" }, count));
    return h("li", {}, link);
  });
  return h("nav", { class: "contents", "aria-label": "Parts of the report" }, h("ul", {}, links));
}

function placeLink(files: DiffView, file: string, side: Side, line: number): HTMLElement {
  const text = place(file, line);
  if (!files.has(file, side, line)) return h("span", { class: "place" }, text);
  const link = jump(text, `#${files.anchor(file, side, line)}`, () => files.reveal(file, side, line));
  link.classList.add("place");
  return link;
}

function jump(text: string, href: string, target: () => HTMLElement | null): HTMLAnchorElement {
  const link = h("a", { href }, text);
  link.addEventListener("click", (event) => {
    const element = target();
    if (!element) return;
    event.preventDefault();
    goTo(element);
  });
  return link;
}
