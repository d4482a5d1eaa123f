/** The checklist with its ticks. Ticks live as long as the page, so that a second review of the change keeps them. */

import type { ChecklistItem } from "../../../engine/report.ts";
import { h } from "../dom.ts";
import type { Context } from "./context.ts";
import { type Section, section } from "./section.ts";

const ticked = new Set<string>();

export function checklistSection(items: readonly ChecklistItem[], context: Context): Section {
  if (items.length === 0) {
    return section("checklist", "Checklist", 0, h("p", { class: "empty" }, "There is nothing to confirm."));
  }
  const state = h("p", { class: "tally", "aria-live": "polite" });
  const tally = () => {
    const done = items.filter((item) => ticked.has(item.id)).length;
    state.textContent = `${done} of ${items.length} confirmed`;
  };
  const list = h(
    "ul",
    { class: "checklist" },
    items.map((item) => row(item, context, tally)),
  );
  tally();
  return section("checklist", "Checklist", items.length, state, list);
}

function row(item: ChecklistItem, context: Context, onChange: () => void): HTMLElement {
  const id = `check-${item.id}`;
  const box = h("input", { id, type: "checkbox", checked: ticked.has(item.id) });
  box.addEventListener("change", () => {
    if (box.checked) ticked.add(item.id);
    else ticked.delete(item.id);
    onChange();
  });
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
  );
}
