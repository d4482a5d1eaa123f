/** All settings that changed, by meaning, in one table that can be narrowed. */

import type { Change } from "../../../engine/report.ts";
import { announce, button, type Child, count, h } from "../dom.ts";
import type { Context } from "./context.ts";
import { KIND_LABEL, sideValue } from "./labels.ts";
import { type Section, section } from "./section.ts";
import { type Column, group, row, table } from "./table.ts";

const COLUMNS: readonly Column[] = [{ label: "Setting" }, { label: "Before" }, { label: "After" }, { label: "Where" }];

/** Rows made at once. */
const PAGE = 200;

export function changesSection(changes: readonly Change[], context: Context): Section {
  if (changes.length === 0) {
    return section("changes", "Changes", 0, h("p", { class: "empty" }, "No setting differs between the two sides."));
  }
  const body = group("tbody", []);
  const more = h("p", { class: "rest" });
  const show = (matching: readonly Change[], limit: number) => {
    body.replaceChildren(...matching.slice(0, limit).map((change) => changeRow(change, context)));
    const rest = matching.length - limit;
    more.replaceChildren();
    if (rest > 0) more.append(button(`Show ${rest} more`, () => show(matching, matching.length)));
    if (matching.length === 0) more.append("No change matches.");
  };
  const filter = h("input", { id: "changes-filter", type: "search", autocomplete: "off", spellcheck: "false" });
  filter.addEventListener("input", () => {
    const matching = matches(changes, filter.value);
    show(matching, PAGE);
    announce(count(matching.length, "change"));
  });
  show(changes, PAGE);
  return section(
    "changes",
    "Changes",
    changes.length,
    h(
      "p",
      { class: "filter" },
      h("label", { for: "changes-filter" }, "Narrow by setting, value, file or role"),
      filter,
    ),
    table("changes", COLUMNS, { caption: "Changed settings, by meaning", body }),
    more,
  );
}

function matches(changes: readonly Change[], wanted: string): readonly Change[] {
  const words = wanted
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  return changes.filter((change) => {
    const { file, path, old, new: after, role, subject, kind } = change;
    const text = [file, path, old, after, role, subject, kind].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function changeRow(change: Change, context: Context): HTMLElement {
  const { file, oldLine, newLine, role, subject } = change;
  const where = newLine !== null ? context.placeLink(file, "new", newLine) : oldPlace(file, oldLine, context);
  const kind = h("span", { class: `kind kind-${change.kind}` }, KIND_LABEL[change.kind]);
  const was = change.oldPath ? h("span", {}, "was ", h("code", {}, change.oldPath)) : null;
  const tags = h("span", { class: "tags" }, kind, was, role && h("span", {}, role), subject && h("span", {}, subject));
  const values = [sideValue(change.old, "removed"), sideValue(change.new, "added"), where];
  return row(COLUMNS, [h("code", {}, change.path), tags], values);
}

function oldPlace(file: string, line: number | null, context: Context): Child {
  return line === null ? h("span", { class: "place" }, file) : context.placeLink(file, "old", line);
}
