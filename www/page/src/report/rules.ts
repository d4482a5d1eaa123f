/** The documentation of rules, in a dialog. */

import type { Rule } from "../../../engine/report.ts";
import { button, h } from "../dom.ts";
import { render } from "../markdown.ts";
import { badge } from "./labels.ts";

export interface RuleDialog {
  element: HTMLElement;
  /** Opens a rule; just its name where the engine has no page for it. */
  button(rule: string): HTMLElement;
}

export function ruleDialog(rules: readonly Rule[]): RuleDialog {
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  const title = h("h2", { id: "rule-title", tabindex: -1 });
  const body = h("div", { class: "docs" });
  const dialog = h("dialog", { class: "rule", "aria-labelledby": "rule-title" });
  const close = button("Close", () => dialog.close());
  dialog.append(h("header", {}, title, close), body);
  // A click on the backdrop has the dialog itself as its target.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  const open = (rule: Rule) => {
    title.textContent = rule.name;
    body.replaceChildren(
      h("p", { class: "lead" }, rule.summary),
      h("p", {}, badge(rule.severity, rule.severity), ` usual severity, ${rule.confidence} confidence`),
      render(rule.docs),
    );
    dialog.showModal();
    dialog.scrollTop = 0;
    title.focus();
  };
  const opener = (name: string) => {
    const rule = byName.get(name);
    if (!rule) return h("span", { class: "rule-name" }, name);
    return button(name, () => open(rule), { class: "rule-name", "aria-haspopup": "dialog", title: "About this rule" });
  };
  return { element: dialog, button: opener };
}
