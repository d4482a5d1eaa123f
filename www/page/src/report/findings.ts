/** The findings, worst first, each with its reason, its places and what to do. */

import type { Finding, Report } from "../../../engine/report.ts";
import { append, button, type Child, h } from "../dom.ts";
import { type Context, findingAnchor } from "./context.ts";
import type { Filters } from "./filters.ts";
import { badge, ENVIRONMENT_LABEL, sideValue } from "./labels.ts";
import { lens } from "./lens.ts";
import { type Section, section } from "./section.ts";
import { suppressDialog } from "./suppress.ts";

/** Cards made at once; a page of hundreds helps nobody and takes long. */
const PAGE = 40;

export function findingsSection(report: Report, context: Context, filters: Filters): Section {
  const counting = report.findings.filter((finding) => !finding.suppressed);
  const suppressed = report.findings.filter((finding) => finding.suppressed);
  const empty = h("p", { class: "empty" }, report.summary);
  return section(
    "findings",
    "Findings",
    counting.length,
    counting.length === 0 ? empty : narrowed(counting, context, filters),
    suppressed.length > 0 &&
      h(
        "details",
        { class: "suppressed" },
        h("summary", {}, `Suppressed: ${suppressed.length}, not in the score`),
        suppressed.map((finding) => card(finding, context)),
      ),
  );
}

/** The cards that the filters let through, made anew when those change. */
function narrowed(findings: readonly Finding[], context: Context, filters: Filters): Child {
  const holder = h("div", {});
  const show = () => {
    const matching = findings.filter((finding) => filters.finding(finding));
    holder.replaceChildren();
    append(holder, matching.length > 0 ? paged(matching, context) : h("p", { class: "empty" }, "No finding matches."));
  };
  filters.onChange(show);
  show();
  return holder;
}

function paged(findings: readonly Finding[], context: Context): Child {
  const rest = findings.slice(PAGE);
  const list = h(
    "div",
    { class: "cards" },
    findings.slice(0, PAGE).map((finding) => card(finding, context)),
  );
  if (rest.length === 0) return list;
  const more = button(`Show ${rest.length} more`, () => {
    const cards = rest.map((finding) => card(finding, context));
    list.append(...cards);
    more.remove();
    cards[0]?.focus();
  });
  return [list, more];
}

function card(finding: Finding, context: Context): HTMLElement {
  const title = `${findingAnchor(finding.id)}-title`;
  return h(
    "article",
    { id: findingAnchor(finding.id), class: `card tone-${finding.severity}`, tabindex: -1, "aria-labelledby": title },
    h(
      "header",
      {},
      badge(finding.severity, finding.severity),
      finding.points > 0 && h("span", { class: "share" }, `+${finding.points}`),
      h("h3", { id: title }, finding.title),
    ),
    where(finding, context),
    change(finding),
    finding.message !== finding.title && h("p", { class: "why" }, finding.message),
    fix(finding),
    finding.suppressed && suppression(finding.suppressed),
    more(finding, context),
  );
}

function where(finding: Finding, context: Context): HTMLElement {
  const parts: Child[] = [
    context.placeLink(finding.file, finding.side, finding.line),
    finding.side === "old" && "before the change",
    finding.subject,
    ENVIRONMENT_LABEL[finding.environment],
    `${finding.confidence} confidence`,
  ];
  const shown = parts.filter((part) => part !== null && part !== false && part !== "");
  return h(
    "p",
    { class: "where" },
    shown.map((part) => h("span", {}, part)),
  );
}

function change({ setting, old, new: after }: Finding): Child {
  if (setting === null) return null;
  const arrow = h(
    "span",
    { class: "arrow" },
    h("span", { class: "unseen" }, "to"),
    h("span", { "aria-hidden": "true" }, "→"),
  );
  return h(
    "p",
    { class: "values" },
    h("code", { class: "setting" }, setting),
    old !== after && [sideValue(old, "removed"), arrow, sideValue(after, "added")],
    old === after && old !== null && h("code", {}, old),
    lens(old, after),
  );
}

function fix({ fix: { text, replacement } }: Finding): Child {
  const write = replacement !== null && [h("strong", {}, "Write"), h("span", {}, h("code", {}, replacement))];
  return text !== "" && h("p", { class: "fix" }, h("strong", {}, "Do"), h("span", {}, text), write);
}

function suppression({ by, reason, until }: NonNullable<Finding["suppressed"]>): HTMLElement {
  const origin = by === "inline" ? "a comment in the file" : "plimsoll.toml";
  return h("p", { class: "accepted" }, `Accepted by ${origin}${until ? `, until ${until}` : ""}: ${reason}`);
}

function more(finding: Finding, context: Context): HTMLElement {
  const { evidence, symptoms, rollback, excerpt } = finding;
  const part = (label: string, ...content: Child[]) => [h("dt", {}, label), h("dd", {}, content)];
  const places = evidence.map(({ file, side, line, text }) =>
    h("li", {}, context.placeLink(file, side, line), side === "old" && " before", " ", h("span", {}, text)),
  );
  const list = h(
    "dl",
    {},
    excerpt !== "" && part("The line", h("code", { class: "excerpt" }, excerpt.trim())),
    evidence.length > 0 && part("Evidence", h("ul", {}, places)),
    symptoms.length > 0 &&
      part(
        "What would be seen",
        h(
          "ul",
          {},
          symptoms.map((text) => h("li", {}, h("code", {}, text))),
        ),
      ),
    rollback !== "" && part("Rollback", rollback),
  );
  return h(
    "div",
    { class: "more" },
    list.childElementCount > 0 && h("details", {}, h("summary", {}, "Line, evidence, symptoms, rollback"), list),
    h(
      "span",
      { class: "card-tools" },
      !finding.suppressed &&
        button("Accept…", () => suppressDialog(finding), { class: "link", "aria-haspopup": "dialog" }),
      context.ruleButton(finding.rule),
    ),
  );
}
