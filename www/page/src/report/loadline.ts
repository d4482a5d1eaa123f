/**
 * The load line of a server as a drawing: what may be opened before and after, against what the server grants.
 *
 * Widths are percentages, so it fits any page without distorting; all numbers in it are also in the table below it.
 */

import type { Interval, Load, ServerBudget } from "../../../engine/report.ts";
import { svg } from "../dom.ts";
import { interval } from "./labels.ts";

const BAR = 18;
const ROW = 50;
const TOP = 34;

/** Connections to a position in per cent; an open end runs to the edge. */
interface Scale {
  at(connections: number): number;
}

export function loadLine(server: ServerBudget, index: number): SVGSVGElement {
  const scale = scaleOf(server);
  const rows = [
    { label: "Before", load: server.before },
    { label: "After", load: server.after },
  ];
  const limit = (server.after ?? server.before)?.usable ?? null;
  const earlier = server.before?.usable ?? null;
  const height = TOP + rows.length * ROW;
  const hatch = `hatch-${index}`;
  return svg(
    "svg",
    { class: "loadline", width: "100%", height, role: "img", "aria-label": describe(server) },
    pattern(hatch),
    rows.flatMap(({ load }, row) => bar(load, scale, TOP + row * ROW + 20, hatch)),
    earlier && limit && earlier.lo !== limit.lo && earlierMark(earlier, scale),
    limit && mark(limit, scale, height, hatch),
    rows.map(({ label, load }, row) => words(label, load, TOP + row * ROW + 12)),
  );
}

function scaleOf({ before, after }: ServerBudget): Scale {
  const loads = [before, after].filter((load) => load !== null);
  const shown = loads.flatMap(({ usable, peak, rollout }) => [usable, peak, rollout]);
  const largest = Math.max(1, ...shown.map(({ lo, hi }) => hi ?? lo));
  // Unknown ends need room to be seen running out of the picture.
  const room = shown.some(({ hi }) => hi === null) ? 1.35 : 1.06;
  return { at: (connections) => Math.min(100, (connections / (largest * room)) * 100) };
}

/** Peak and rollout of a side; what lies above the line for certain in another colour. */
function bar(load: Load | null, scale: Scale, top: number, hatch: string): SVGElement[] {
  const track = svg("rect", { class: "track", x: 0, y: top, width: "100%", height: BAR, rx: 3 });
  if (!load) return [track];
  const { usable, peak, rollout } = load;
  // Where the limit is not known, nothing is drawn as above it.
  const ceiling = usable.hi ?? Number.POSITIVE_INFINITY;
  const most = peak.hi ?? peak.lo;
  const widest = Math.max(most, rollout.hi ?? rollout.lo);
  const piece = (kind: string, from: number, to: number) =>
    to > from ? [rect(kind, scale.at(from), scale.at(to), top)] : [];
  const open = peak.hi === null || rollout.hi === null;
  return [
    track,
    ...piece("peak", 0, Math.min(most, ceiling)),
    ...piece("peak over", ceiling, most),
    ...piece("rollout", most, Math.min(widest, Math.max(most, ceiling))),
    ...piece("rollout over", Math.max(most, ceiling), widest),
    // From what is proven to what is possible.
    ...(most > peak.lo ? [hatched(hatch, scale.at(peak.lo), scale.at(most), top)] : []),
    ...(open ? [hatched(hatch, scale.at(widest), 100, top)] : []),
  ];
}

function words(label: string, load: Load | null, y: number): SVGElement {
  const side = svg("tspan", { class: "side" }, label);
  return svg("text", { class: "words", x: 0, y }, side, load ? ` ${demand(load)}` : " absent");
}

function rect(kind: string, from: number, to: number, y: number): SVGElement {
  return svg("rect", { class: kind, x: `${from}%`, y, width: `${to - from}%`, height: BAR });
}

function hatched(hatch: string, from: number, to: number, y: number): SVGElement {
  return svg("rect", { fill: `url(#${hatch})`, x: `${from}%`, y, width: `${Math.max(0, to - from)}%`, height: BAR });
}

/** Where the line was before the change. */
function earlierMark(usable: Interval, scale: Scale): SVGElement {
  const x = `${scale.at(usable.lo)}%`;
  return svg("line", { class: "earlier", x1: x, x2: x, y1: TOP + 17, y2: TOP + ROW - 8 });
}

/** The line itself, with the disc at its head. Without a known limit there is no line, only the words. */
function mark(usable: Interval, scale: Scale, height: number, hatch: string): SVGElement {
  const text = (x: number, dx: number, anchor: string, words: string) =>
    svg("svg", { x: `${x}%`, y: 0, overflow: "visible" }, svg("text", { x: dx, y: 15, "text-anchor": anchor }, words));
  if (usable.lo === 0 && usable.hi === null) {
    return svg("g", { class: "mark-line unlimited" }, text(100, 0, "end", "limit not known"));
  }
  const x = scale.at(usable.lo);
  const end = usable.hi === null ? 100 : scale.at(usable.hi);
  const band = { x: `${x}%`, y: 18, width: `${end - x}%`, height: height - 18 };
  // On a narrow page the words take half of the width.
  const right = x > 50;
  return svg(
    "g",
    { class: "mark-line" },
    end > x && svg("rect", { class: "band", fill: `url(#${hatch})`, ...band }),
    svg("line", { x1: `${x}%`, x2: `${x}%`, y1: 17, y2: height }),
    svg("circle", { cx: `${x}%`, cy: 11, r: 6 }),
    // The bar of the mark is as wide as twice its disc, whatever the width of the drawing.
    svg("svg", { x: `${x}%`, y: 0, overflow: "visible" }, svg("path", { d: "M-12 11H12" })),
    text(x, right ? -18 : 18, right ? "end" : "start", `${interval(usable)} usable`),
  );
}

function pattern(id: string): SVGElement {
  const tile = { id, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" };
  return svg("pattern", tile, svg("path", { class: "hatch", d: "M0 0V7" }));
}

function demand({ peak, rollout }: Load): string {
  return `peak ${interval(peak)}, rollout ${interval(rollout)}`;
}

function describe({ server, before, after }: ServerBudget): string {
  const side = (label: string, load: Load | null) =>
    load ? `${label}: ${demand(load)} of ${interval(load.usable)} usable` : `${label}: absent`;
  return `${server}. ${side("Before", before)}. ${side("After", after)}`;
}
