/** All settings that changed, by meaning: connections by their parts, everything else in one table. */

import type { Change } from "../../../engine/report.ts";
import { button, type Child, h } from "../dom.ts";
import type { Context } from "./context.ts";
import type { Filters } from "./filters.ts";
import { KIND_LABEL, sideValue } from "./labels.ts";
import { lens } from "./lens.ts";
import { type Section, section } from "./section.ts";
import { type Column, group, row, table } from "./table.ts";

const COLUMNS: readonly Column[] = [{ label: "Setting" }, { label: "Before" }, { label: "After" }, { label: "Where" }];

/** Rows made at once. */
const PAGE = 200;

export function changesSection(changes: readonly Change[], context: Context, filters: Filters): Section {
  if (changes.length === 0) {
    return section("changes", "Changes", 0, h("p", { class: "empty" }, "No setting differs between the two sides."));
  }
  const body = group("tbody", []);
  const more = h("p", { class: "rest" });
  const show = (limit: number) => {
    const matching = changes.filter((change) => filters.change(change));
    body.replaceChildren(...matching.slice(0, limit).map((change) => changeRow(change, context)));
    const rest = matching.length - limit;
    more.replaceChildren();
    if (rest > 0) more.append(button(`Show ${rest} more`, () => show(matching.length)));
    if (matching.length === 0) more.append("No change matches.");
  };
  filters.onChange(() => show(PAGE));
  show(PAGE);
  const caption = "Changed settings, by meaning";
  return section("changes", "Changes", changes.length, table("changes", COLUMNS, { caption, body }), more);
}

/** The settings of one file that changed; null if there are none. */
export function changesOf(changes: readonly Change[], context: Context, caption: string): HTMLElement | null {
  if (changes.length === 0) return null;
  const body = group(
    "tbody",
    changes.map((change) => changeRow(change, context)),
  );
  return table("changes", COLUMNS, { caption, body });
}

function changeRow(change: Change, context: Context): HTMLElement {
  const { file, oldLine, newLine, role, subject } = change;
  const where = newLine !== null ? context.placeLink(file, "new", newLine) : oldPlace(file, oldLine, context);
  const kind = h("span", { class: `kind kind-${change.kind}` }, KIND_LABEL[change.kind]);
  const was = change.oldPath ? h("span", {}, "was ", h("code", {}, change.oldPath)) : null;
  const from = change.oldFile ? h("span", {}, "from ", h("code", {}, change.oldFile)) : null;
  const part = role && h("span", { class: "part" }, role.replaceAll("_", " "));
  const tags = h("span", { class: "tags" }, kind, was, from, part, subject && h("span", {}, subject));
  const after = [sideValue(change.new, "added"), lens(change.old, change.new)];
  return row(COLUMNS, [h("code", {}, change.path), tags], [sideValue(change.old, "removed"), after, where]);
}

function oldPlace(file: string, line: number | null, context: Context): Child {
  return line === null ? h("span", { class: "place" }, file) : context.placeLink(file, "old", line);
}
