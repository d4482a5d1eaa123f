/** A part of the report screen. */

import { type Child, h } from "../dom.ts";

export interface Section {
  id: string;
  /** Its name in the heading and in the navigation. */
  label: string;
  /** How much there is of it; null where counting says nothing. */
  count: number | null;
  element: HTMLElement;
}

/** A section with its heading; the heading takes the focus when the navigation leads there. */
export function section(id: string, label: string, count: number | null, ...children: Child[]): Section {
  const heading = h("h2", { id: `${id}-title`, tabindex: -1 }, label);
  return { id, label, count, element: h("section", { id, "aria-labelledby": `${id}-title` }, heading, ...children) };
}
