/** The head of the report: the level, the score with what it is made of, and the one sentence. */

import type { Finding, Report } from "../../../engine/report.ts";
import { type Child, count, h, svg } from "../dom.ts";
import type { Context } from "./context.ts";
import { badge, LEVEL_LABEL, VERDICT } from "./labels.ts";
import { loadLine } from "./loadline.ts";

/** Reasons shown at once; the others are behind a fold. */
const SHOWN = 4;

export function verdictSection(report: Report, context: Context, tools: HTMLElement): HTMLElement {
  const { level, coverage } = report;
  const unread = coverage.skipped.length;
  const facts = [
    count(report.findings.length - coverage.suppressed, "finding"),
    count(report.changes.length, "changed setting"),
    `${coverage.parsed} of ${count(coverage.files, "file")} read`,
    unread > 0 && h("strong", {}, `${unread} not read, or not wholly`),
  ].flatMap((fact) => (fact === false ? [] : [h("span", {}, fact)]));
  return h(
    "section",
    { class: `verdict tone-${level}`, "aria-labelledby": "verdict-title" },
    h(
      "div",
      { class: "answer" },
      disc(report.score),
      h(
        "div",
        {},
        h("p", { class: "question" }, "May this sail? ", badge(LEVEL_LABEL[level], level)),
        h("h1", { id: "verdict-title", tabindex: -1 }, report.summary),
        h("p", { class: "facts" }, facts),
      ),
    ),
    reasons(report, context),
    worstServer(report),
    tools,
  );
}

/** The server that the change weighs on most, as a drawing; nothing where all is well. */
function worstServer({ budget }: Report): Child {
  const [worst] = budget;
  if (!worst?.after || ["none", "info"].includes(VERDICT[worst.verdict].tone)) return null;
  const { label, tone } = VERDICT[worst.verdict];
  const caption = h("p", {}, h("code", {}, worst.server), " ", badge(label, tone));
  return h("div", { class: "worst" }, caption, loadLine(worst, 500));
}

/** The mark as a gauge: the water stands as high as the score. */
function disc(score: number): HTMLElement {
  const surface = 100 - score;
  return h(
    "div",
    { class: "disc" },
    svg(
      "svg",
      { viewBox: "-14 -2 128 104", role: "img", "aria-label": `Risk score ${score} of 100` },
      svg("clipPath", { id: "disc-clip" }, svg("circle", { cx: 50, cy: 50, r: 47 })),
      svg("rect", { class: "fill", x: 0, y: surface, width: 100, height: score, "clip-path": "url(#disc-clip)" }),
      svg("circle", { class: "ring", cx: 50, cy: 50, r: 47 }),
      svg("path", { class: "line", d: "M-12 50H3M97 50h15" }),
      svg("text", { class: "score", x: 50, y: 60, "text-anchor": "middle" }, score),
    ),
    h("p", { "aria-hidden": "true" }, "risk, of 100"),
  );
}

/** What the score is made of: points by finding, as a bar and as a list that adds up. */
function reasons(report: Report, context: Context): HTMLElement {
  const scored = report.findings.filter((finding) => finding.points > 0);
  if (scored.length === 0) {
    return h("div", { class: "reasons" }, h("h2", {}, "The score"), h("p", {}, "0 points: no finding counts."));
  }
  const row = (finding: Finding) =>
    h(
      "li",
      {},
      h("span", { class: `points tone-${finding.severity}` }, `+${finding.points}`),
      h("span", {}, context.findingLink(finding.id, finding.title), h("small", {}, finding.pointsBecause)),
    );
  const rest = scored.slice(SHOWN);
  const restPoints = rest.reduce((sum, finding) => sum + finding.points, 0);
  return h(
    "div",
    { class: "reasons" },
    h("h2", {}, `What the score of ${report.score} is made of`),
    pointsBar(scored),
    h("ul", {}, scored.slice(0, SHOWN).map(row)),
    rest.length > 0 &&
      h("details", {}, h("summary", {}, `+${restPoints} from ${rest.length} more`), h("ul", {}, rest.map(row))),
  );
}

function pointsBar(scored: readonly Finding[]): SVGSVGElement {
  const bar = svg("svg", { class: "points-bar", width: "100%", height: 10, "aria-hidden": "true" });
  let from = 0;
  bar.appendChild(svg("rect", { class: "rest", width: "100%", height: 10 }));
  for (const { points, severity } of scored) {
    bar.appendChild(svg("rect", { class: `tone-${severity}`, x: `${from}%`, width: `${points}%`, height: 10 }));
    from += points;
  }
  return bar;
}
