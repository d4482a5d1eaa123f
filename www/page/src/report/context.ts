/** What the parts of the report screen need of each other: ways from a place to its line, from a rule to its pages. */

import type { Side } from "../../../engine/report.ts";

export interface Context {
  /** `file:line`, as a link to the line where it is on the page. */
  placeLink(file: string, side: Side, line: number): HTMLElement;
  /** A button that opens the rule's documentation. */
  ruleButton(rule: string): HTMLElement;
  /** A link to a finding of this report. */
  findingLink(id: string, text: string): HTMLElement;
}

/** The id of a finding's card. */
export function findingAnchor(id: string): string {
  return `finding-${id}`;
}

/** Goes to an element as a link would, and moves the focus with it. */
export function goTo(element: HTMLElement): void {
  for (let up: Element | null = element; up; up = up.parentElement) {
    if (up instanceof HTMLDetailsElement) up.open = true;
  }
  if (!element.hasAttribute("tabindex")) element.setAttribute("tabindex", "-1");
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "center" });
  element.classList.remove("arrived");
  requestAnimationFrame(() => element.classList.add("arrived"));
}
