/** The connection budget: a load line for every server, and the arithmetic behind it. */

import type { BudgetTerm, Interval, Load, ServerBudget, Side } from "../../../engine/report.ts";
import { append, button, type Child, count, h } from "../dom.ts";
import { SIDE_LABEL } from "../sides.ts";
import type { Context } from "./context.ts";
import { absent, badge, interval, VERDICT } from "./labels.ts";
import { loadLine } from "./loadline.ts";
import { type Section, section } from "./section.ts";
import { type Column, group, row, table } from "./table.ts";
import { type AskWhatIf, whatIfPanel } from "./whatif.ts";

export function budgetSection(servers: readonly ServerBudget[], context: Context, whatIf: AskWhatIf | null): Section {
  if (servers.length === 0) {
    return section(
      "budget",
      "Budget",
      0,
      h("p", { class: "empty" }, "No database server and its clients were recognised in these files."),
    );
  }
  const cards = servers.map((server, index) => card(server, index, context, whatIf));
  return section("budget", "Budget", servers.length, legend(), cards);
}

function legend(): HTMLElement {
  const item = (kind: string, text: string) => h("li", {}, h("span", { class: `swatch ${kind}` }), text);
  const items = [
    item("line", "usable connections, the line"),
    item("peak", "peak"),
    item("rollout", "more during a rollout"),
    item("over", "above the line"),
    item("unknown", "uncertain"),
  ];
  return h("ul", { class: "legend", "aria-hidden": "true" }, items);
}

function card(server: ServerBudget, index: number, context: Context, whatIf: AskWhatIf | null): HTMLElement {
  const { label, tone } = VERDICT[server.verdict];
  const title = `server-${index}-title`;
  const terms = (side: Side) => server.terms.filter((term) => term.side === side);
  const before = terms("old");
  const limit = server.limitAt
    ? context.placeLink(server.limitAt.file, "new", server.limitAt.line)
    : server.limitBecause;
  return h(
    "article",
    { class: `card server tone-${tone}`, "aria-labelledby": title },
    h(
      "header",
      {},
      badge(label, tone),
      h("h3", { id: title }, server.server),
      h("span", { class: "engine" }, server.engine),
    ),
    loadLine(server, index),
    termsTable("new", terms("new"), server.after, limit, context),
    listed("Not known", server.unknowns),
    listed("May belong here as well", server.couldBe),
    server.proposal && proposal(server.proposal),
    whatIf && whatIfPanel(server, index, whatIf),
    later("Before the change, and every scenario", () => [
      before.length > 0 && termsTable("old", before, server.before, null, context),
      scenarios(server),
    ]),
  );
}

/** A fold whose contents are made when it is opened for the first time. */
function later(label: string, make: () => Child): HTMLElement {
  const fold = h("details", {}, h("summary", {}, label));
  fold.addEventListener("toggle", () => append(fold, make()), { once: true });
  return fold;
}

function listed(label: string, texts: readonly string[]): Child {
  const items = texts.map((text) => h("li", {}, text));
  return texts.length > 0 && [h("h4", {}, label), h("ul", { class: "unknowns" }, items)];
}

function proposal({ setting, value, isLimit }: NonNullable<ServerBudget["proposal"]>): HTMLElement {
  return h(
    "p",
    { class: "fix" },
    h("strong", {}, "Fits"),
    h("span", {}, h("code", {}, setting), isLimit ? " from " : " up to ", h("code", {}, value)),
  );
}

/** Rows made at once. */
const PAGE = 30;

const TERMS: readonly Column[] = [
  { label: "Who" },
  { label: "replicas", numeric: true },
  { label: "× processes", numeric: true },
  { label: "× pool", numeric: true },
  { label: "= connections", numeric: true },
  { label: "Where" },
];

/** replicas × processes × pool = connections, each with the place where it is written. */
function termsTable(
  side: Side,
  terms: readonly BudgetTerm[],
  load: Load | null,
  limitAt: Child,
  context: Context,
): Child {
  if (terms.length === 0) return h("p", { class: "empty" }, `${SIDE_LABEL[side]}: no client of this server was found.`);
  const rows = terms.slice(0, PAGE).map((term) => termRow(term, context));
  const body = group("tbody", rows);
  const rest = terms.slice(PAGE);
  const more =
    rest.length > 0 &&
    button(`Show ${rest.length} more`, () => {
      body.append(...rest.map((term) => termRow(term, context)));
      if (more) more.remove();
    });
  const totals = load && [total("Peak", load.peak, null), total("Usable", load.usable, limitAt)];
  const caption = `${SIDE_LABEL[side]}: ${count(terms.length, "client")} at peak`;
  return [table("terms", TERMS, { caption, body, foot: totals && group("tfoot", totals) }), more];
}

function termRow(term: BudgetTerm, context: Context): HTMLElement {
  const places = term.evidence.map(({ file, line }) => h("li", {}, context.placeLink(file, term.side, line)));
  const { replicas, rolloutReplicas } = term;
  const rolling = rolloutReplicas.hi !== replicas.hi && `${interval(rolloutReplicas)} replicas in a rollout`;
  const facts = [term.poolName, term.via !== null && `via ${term.via}`, term.origin, term.link, rolling];
  const tags = facts.flatMap((fact) => (fact === false || fact === "" ? [] : [h("span", {}, fact)]));
  const who = [term.workload, h("span", { class: "tags" }, tags)];
  const factors = [term.replicas, term.processes, term.pool].map(amount);
  return row(TERMS, who, [
    ...factors,
    h("strong", {}, amount(term.product)),
    places.length > 0 && h("ul", { class: "places" }, places),
  ]);
}

function total(label: string, value: Interval, where: Child): HTMLElement {
  return h(
    "tr",
    { role: "row" },
    h("th", { role: "rowheader", scope: "row", colspan: 4 }, label),
    h("td", { role: "cell", class: "num" }, h("strong", {}, amount(value))),
    h("td", { role: "cell", class: "place" }, where),
  );
}

function amount(value: Interval): HTMLElement {
  return h("span", { class: value.hi === null && "unknown" }, interval(value));
}

const SCENARIOS: readonly [key: keyof Load, label: string][] = [
  ["usable", "Usable"],
  ["steady", "Steady"],
  ["peak", "Peak"],
  ["rollout", "Rollout"],
  ["strict", "Rollout, strict"],
  ["failover", "Failover"],
];

function scenarios({ before, after }: ServerBudget): HTMLElement {
  const columns = [{ label: "Scenario" }, { label: "Before", numeric: true }, { label: "After", numeric: true }];
  const cell = (load: Load | null, key: keyof Load) => (load ? amount(load[key]) : absent());
  const rows = SCENARIOS.map(([key, label]) => row(columns, label, [cell(before, key), cell(after, key)]));
  return table("scenarios", columns, { caption: "Connections in every scenario", body: group("tbody", rows) });
}
