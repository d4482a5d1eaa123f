/** What was read and what was not, so that silence is never taken for safety. */

import type { Coverage } from "../../../engine/report.ts";
import { count, h } from "../dom.ts";
import { type Section, section } from "./section.ts";

/** Up to this many are listed openly. */
const OPEN = 8;

export function coverageSection(coverage: Coverage): Section {
  const { skipped, notes } = coverage;
  const facts: [n: number, text: string][] = [
    [coverage.files, "files on either side"],
    [coverage.parsed, "read"],
    [coverage.unchanged, "unchanged"],
    [skipped.length, "not read, or not wholly"],
    [coverage.templated, "with template expressions, read around them"],
    [coverage.masked, "values masked"],
    [coverage.suppressed, "findings suppressed"],
    [coverage.truncated, "left out for size"],
  ];
  const list = h(
    "dl",
    { class: "coverage" },
    facts.map(([n, text]) => h("div", {}, h("dt", {}, text), h("dd", {}, n))),
  );
  const rows = skipped.map(({ file, reason }) => h("li", {}, h("span", { class: "place" }, file), " ", reason));
  const unread =
    skipped.length > 0 &&
    h(
      "details",
      { open: skipped.length <= OPEN },
      h("summary", {}, `${count(skipped.length, "file")} not read, or not wholly`),
      h("ul", { class: "unread" }, rows),
    );
  const remarks =
    notes.length > 0 &&
    h(
      "details",
      { open: notes.length <= OPEN },
      h("summary", {}, count(notes.length, "note")),
      h(
        "ul",
        { class: "unread" },
        notes.map(({ about, text }) => h("li", {}, h("span", { class: "place" }, about), " ", text)),
      ),
    );
  return section("coverage", "Coverage", null, list, unread, remarks);
}
