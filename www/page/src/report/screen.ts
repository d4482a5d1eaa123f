/** The report screen: the verdict first, then everything it rests on, and a way to every part. */

import type { Side } from "../../../engine/report.ts";
import { append, button, h } from "../dom.ts";
import { type Key, keysOf } from "../keys.ts";
import type { Outcome } from "../protocol.ts";
import type { Session } from "../session.ts";
import { budgetSection } from "./budget.ts";
import { changesSection } from "./changes.ts";
import { checklistSection } from "./checklist.ts";
import { type Context, findingAnchor, goTo } from "./context.ts";
import { coverageSection } from "./coverage.ts";
import { DiffView } from "./diff.ts";
import { copyMarkdown, exportBar, linkDialog } from "./exports.ts";
import { Filters } from "./filters.ts";
import { findingsSection } from "./findings.ts";
import { place } from "./labels.ts";
import { ruleDialog } from "./rules.ts";
import type { Section } from "./section.ts";
import { verdictSection } from "./verdict.ts";

/** With fewer findings and changes there is nothing to narrow. */
const WORTH_NARROWING = 4;

interface Actions {
  back(): void;
  /** Opens the new side as text, at this place if one is named. */
  edit(path: string | null, line?: number): void;
}

export function reportScreen(outcome: Outcome, session: Session, actions: Actions): HTMLElement {
  const { report } = outcome;
  const rules = ruleDialog(outcome.rules);
  const filters = new Filters(report);
  const card = (id: string) => document.getElementById(findingAnchor(id));
  const context: Context = {
    placeLink: (file, side, line) =>
      placeLink(files, file, side, line) ?? textLink(outcome, actions, file, side, line) ?? plainPlace(file, line),
    ruleButton: (rule) => rules.button(rule),
    findingLink: (id, text) =>
      jump(text, `#${findingAnchor(id)}`, () => {
        // A finding that is filtered away is asked for all the same.
        if (!card(id)) filters.clear();
        return card(id);
      }),
  };
  const whatIf =
    outcome.knobs.length > 0 ? { knobs: outcome.knobs, ask: (turns: string[]) => session.whatIf(turns) } : null;
  const canEdit = outcome.files.length > 0;
  const files = new DiffView(outcome.diff, report, context, filters, { edit: canEdit ? actions.edit : null });
  const editButton = canEdit && button("Change it here", () => actions.edit(null));
  const tools = h(
    "div",
    { class: "tools" },
    exportBar(outcome, session),
    h("div", { class: "row" }, editButton, button("Review another change", actions.back)),
  );
  const sections: Section[] = [
    findingsSection(report, context, filters),
    budgetSection(report.budget, context, whatIf),
    files.section,
    changesSection(report.changes, context, filters),
    checklistSection(report.checklist, context),
    coverageSection(report.coverage),
  ];
  const screen = h("div", { class: "screen report" });
  const narrow = report.findings.length + report.changes.length >= WORTH_NARROWING && filters.element;
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
        narrow,
        sections.map((one) => one.element),
      ),
    ),
    rules.element,
  );
  keysOf(keys(outcome, session, actions, { filters, files, sections, screen }));
  return screen;
}

interface Parts {
  filters: Filters;
  files: DiffView;
  sections: readonly Section[];
  screen: HTMLElement;
}

function keys(outcome: Outcome, session: Session, actions: Actions, parts: Parts): Key[] {
  const { filters, files, sections, screen } = parts;
  const step = (selector: string, by: number) => () => walk([...screen.querySelectorAll<HTMLElement>(selector)], by);
  const inCard = (selector: string) => () =>
    document.activeElement?.closest(".card")?.querySelector<HTMLElement>(selector)?.click();
  const live: Key[] = outcome.took === null ? [] : [["c", "Copy the Markdown", () => copyMarkdown(session)]];
  const edit: Key[] = outcome.files.length === 0 ? [] : [["e", "Change the new side", () => actions.edit(null)]];
  return [
    ["j", "Next finding", step("#findings .card", 1)],
    ["k", "Previous finding", step("#findings .card", -1)],
    ["o", "Open the rule of this finding", inCard("button.rule-name")],
    ["a", "Accept this finding", inCard(".card-tools button.link")],
    ["n", "Next file", step("#files .file > summary", 1)],
    ["p", "Previous file", step("#files .file > summary", -1)],
    ["v", "Show files in another way", () => files.turn()],
    ["/", "Search", () => filters.search.focus()],
    ["x", "Show all again", () => filters.clear()],
    ...live,
    ["l", "Make a link", () => void linkDialog(outcome)],
    ...edit,
    ["b", "Review another change", actions.back],
    ...sections.map(
      ({ id, label }, index): Key => [
        `${index + 1}`,
        label,
        () => {
          const heading = document.getElementById(`${id}-title`);
          if (heading) goTo(heading);
        },
      ],
    ),
  ];
}

/** The next one of a list from where the focus is. */
function walk(all: readonly HTMLElement[], by: number): void {
  const at = all.findIndex((one) => one === document.activeElement || one.contains(document.activeElement));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  if (next) goTo(next);
}

function contents(sections: readonly Section[]): HTMLElement {
  const links = sections.map(({ id, label, count }) => {
    const link = jump(label, `#${id}`, () => document.getElementById(`${id}-title`));
    if (count !== null) append(link, " ", h("span", { class: "n" }, count));
    return h("li", {}, link);
  });
  return h("nav", { class: "contents", "aria-label": "Parts of the report" }, h("ul", {}, links));
}

/** A link to the line among the changed files; null if it is not there. */
function placeLink(files: DiffView, file: string, side: Side, line: number): HTMLElement | null {
  if (!files.has(file, side, line)) return null;
  const link = jump(place(file, line), `#${files.anchor(file, side, line)}`, () => files.reveal(file, side, line));
  link.classList.add("place");
  return link;
}

/** A way to the line of a file that did not change, or not there: into its text. */
function textLink({ files }: Outcome, actions: Actions, file: string, side: Side, line: number): HTMLElement | null {
  if (side === "old" || !files.includes(file)) return null;
  return button(place(file, line), () => actions.edit(file, line), {
    class: "link place",
    title: "Open the file there",
  });
}

function plainPlace(file: string, line: number): HTMLElement {
  return h("span", { class: "place" }, place(file, line));
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
