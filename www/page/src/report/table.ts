/**
 * Tables that become stacks on a narrow page. Roles are written out, because a table laid out as anything else is no
 * table any more to a screen reader; the labels of columns go along with each cell.
 */

import { type Child, h } from "../dom.ts";

export interface Column {
  label: string;
  numeric?: boolean;
}

export function table(
  name: string,
  columns: readonly Column[],
  { caption, body, foot }: { caption: Child; body: HTMLElement; foot?: Child },
): HTMLElement {
  const head = columns.map(({ label, numeric }) =>
    h("th", { role: "columnheader", scope: "col", class: numeric && "num" }, label),
  );
  return h(
    "table",
    { class: `stacks ${name}`, role: "table" },
    h("caption", {}, caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head)),
    body,
    foot,
  );
}

export function group(tag: "tbody" | "tfoot", rows: readonly HTMLElement[]): HTMLElement {
  return h(tag, { role: "rowgroup" }, rows);
}

/** A row: the first column heads it. */
export function row(columns: readonly Column[], head: Child, cells: readonly Child[]): HTMLElement {
  const rest = cells.map((cell, index) => {
    const { label = "", numeric } = columns[index + 1] ?? {};
    return h("td", { role: "cell", "data-label": label, class: numeric && "num" }, cell);
  });
  return h("tr", { role: "row" }, h("th", { role: "rowheader", scope: "row" }, head), rest);
}
