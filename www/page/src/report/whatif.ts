/** The budget with other numbers: sliders for what the engine lets be turned. The engine does the sums and the verdict. */

import type { BudgetTerm, Interval, Report, ServerBudget } from "../../../engine/report.ts";
import { announce, button, type Child, h, number } from "../dom.ts";
import { latest } from "../latest.ts";
import { badge, interval, LEVEL_LABEL, VERDICT } from "./labels.ts";
import { loadLine } from "./loadline.ts";

export interface AskWhatIf {
  /** The names of what can be turned. */
  knobs: readonly string[];
  ask(turns: string[]): Promise<Report>;
}

/** A number that can be turned. */
interface Knob {
  name: string;
  label: string;
  subject: string;
  /** As it is written; null where the report does not have it. */
  value: number | null;
  input: HTMLInputElement;
}

const FACTORS: readonly [name: string, label: string, of: (term: BudgetTerm) => Interval][] = [
  ["replicas", "replicas", (term) => term.replicas],
  ["processes", "processes", (term) => term.processes],
  ["pool", "pool", (term) => term.pool],
];

export function whatIfPanel(server: ServerBudget, index: number, { knobs: names, ask }: AskWhatIf): Child {
  const clients = server.terms.filter((term) => term.side === "new" && term.evidence.length > 0);
  const result = h("div", { class: "what-if-result", "aria-live": "polite" });
  const change = latest(async () => {
    const turns = all.filter(isTurned).map(({ name, subject, input }) => `${name}(${subject})=${input.value}`);
    reset.hidden = turns.length === 0;
    if (turns.length === 0) return result.replaceChildren();
    try {
      result.replaceChildren(...shown(await ask(turns), server, index));
    } catch (error) {
      result.replaceChildren(h("p", { class: "notice" }, error instanceof Error ? error.message : "It cannot be told"));
    }
  });
  const rows = clients.flatMap((term) =>
    FACTORS.filter(([name]) => names.includes(name)).flatMap(([name, label, of]) => {
      const { lo, hi } = of(term);
      return lo === hi ? [slider(index, name, label, term.workload, lo, change)] : [];
    }),
  );
  const limit = names.includes("limit") ? [limitRow(index, server, change)] : [];
  const all = [...rows, ...limit].map(({ knob }) => knob);
  const reset = button(
    "As written",
    () => {
      for (const { input, value } of all) input.value = value === null ? "" : `${value}`;
      for (const { element } of rows) element.dispatchEvent(new Event("reset"));
      change();
      announce("The numbers are as written");
    },
    { class: "quiet", hidden: true },
  );
  if (all.length === 0) return null;
  return h(
    "details",
    { class: "what-if" },
    h("summary", {}, "What if the numbers were others"),
    h(
      "div",
      { class: "knobs" },
      [...rows, ...limit].map(({ element }) => element),
    ),
    reset,
    result,
  );
}

function isTurned({ input, value }: Knob): boolean {
  return input.value !== "" && input.checkValidity() && Number(input.value) !== value;
}

interface KnobRow {
  knob: Knob;
  element: HTMLElement;
}

function slider(
  index: number,
  name: string,
  label: string,
  subject: string,
  value: number,
  onChange: () => void,
): KnobRow {
  const id = `what-if-${index}-${name}-${subject}`;
  const most = Math.max(10, value * 3);
  const input = h("input", { id, type: "range", min: 0, max: most, step: 1, value });
  const told = h("output", { for: id }, number(value));
  const tell = () => {
    told.textContent = number(Number(input.value));
  };
  input.addEventListener("input", () => {
    tell();
    onChange();
  });
  const element = h("p", { class: "knob" }, h("label", { for: id }, h("span", {}, subject), ` ${label}`), input, told);
  element.addEventListener("reset", tell);
  return { knob: { name, label, subject, value, input }, element };
}

/** The report has what is usable and not what is written, so there is nothing to start from. */
function limitRow(index: number, server: ServerBudget, onChange: () => void): KnobRow {
  const id = `what-if-${index}-limit`;
  const input = h("input", {
    id,
    type: "number",
    min: 1,
    max: 1_000_000,
    placeholder: "as written",
    inputmode: "numeric",
  });
  input.addEventListener("input", onChange);
  const label = h("label", { for: id }, h("span", {}, server.server), " limit of the server");
  const element = h("p", { class: "knob" }, label, input);
  return { knob: { name: "limit", label: "limit", subject: server.server, value: null, input }, element };
}

function shown(report: Report, server: ServerBudget, index: number): HTMLElement[] {
  const now = report.budget.find((one) => one.server === server.server);
  if (!now) return [h("p", {}, "The server has no clients then.")];
  const { label, tone } = VERDICT[now.verdict];
  const sums = now.after ? `peak ${interval(now.after.peak)} of ${interval(now.after.usable)} usable` : "no clients";
  const head = h(
    "p",
    { class: "what-if-head" },
    h("strong", {}, "Then: "),
    badge(label, tone),
    ` ${sums}; score ${report.score}, ${LEVEL_LABEL[report.level]}`,
  );
  const drawing = h("div", {});
  drawing.append(loadLine(now, 1000 + index));
  return [head, drawing];
}
