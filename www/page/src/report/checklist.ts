/** The checklist with ticks and notes. Both are kept in this browser, so that a second review of the change has them. */

import type { ChecklistItem } from "../../../engine/report.ts";
import { h } from "../dom.ts";
import { recall, remember } from "../storage.ts";
import type { Context } from "./context.ts";
import { type Section, section } from "./section.ts";

/** What is kept of an item. */
interface Mark {
  done: boolean;
  note: string;
}

/** Marks kept at most; the oldest go first. */
const MOST = 500;

const marks = new Map<string, Mark>(recall<[string, Mark][]>("checklist", []));

export function checklistSection(items: readonly ChecklistItem[], context: Context): Section {
  if (items.length === 0) {
    return section("checklist", "Checklist", 0, h("p", { class: "empty" }, "There is nothing to confirm."));
  }
  const state = h("p", { class: "tally", "aria-live": "polite" });
  const tally = () => {
    const done = items.filter((item) => marks.get(item.id)?.done).length;
    state.textContent = `${done} of ${items.length} confirmed`;
  };
  const list = h(
    "ul",
    { class: "checklist" },
    items.map((item) => row(item, context, tally)),
  );
  tally();
  const kept = h("p", { class: "hint" }, "Ticks and notes stay in this browser and are not part of the report.");
  return section("checklist", "Checklist", items.length, state, list, kept);
}

function row(item: ChecklistItem, context: Context, onChange: () => void): HTMLElement {
  const id = `check-${item.id}`;
  const mark = marks.get(item.id) ?? { done: false, note: "" };
  const box = h("input", { id, type: "checkbox", checked: mark.done });
  const note = h("input", {
    id: `note-${item.id}`,
    type: "text",
    class: "note-text",
    autocomplete: "off",
    placeholder: "Note",
  });
  note.value = mark.note;
  note.setAttribute("aria-label", `Note on: ${item.text}`);
  box.addEventListener("change", () => {
    keep(item.id, { done: box.checked, note: note.value });
    onChange();
  });
  note.addEventListener("input", () => keep(item.id, { done: box.checked, note: note.value }));
  const because = item.because.map((finding, index) => context.findingLink(finding, `finding ${index + 1}`));
  const sources =
    item.because.length === 1 && item.because[0] ? [context.findingLink(item.because[0], "why")] : because;
  return h(
    "li",
    {},
    box,
    h("label", { for: id }, item.text),
    item.required && h("span", { class: "required" }, "before the merge"),
    h("span", { class: "because" }, sources),
    note,
  );
}

function keep(id: string, mark: Mark): void {
  marks.delete(id);
  if (mark.done || mark.note !== "") marks.set(id, mark);
  remember("checklist", [...marks].slice(-MOST));
}
