/** The first screen: takes the two sides, by drop, by choice or as pasted text. It is made once and keeps its contents. */

import examples from "virtual:examples";
import type { Environment, Side } from "../../engine/report.ts";
import { fromDrop, fromFileList, opened, type Picked } from "./collect.ts";
import { announce, append, button, type Child, count, h, svg } from "./dom.ts";
import { asReport, type Given, patch, recognise } from "./given.ts";
import type { Input, Job } from "./protocol.ts";
import { bothSides, jobOf, pasted, SIDE_LABEL, type SideInput, type Sides, sideOf } from "./sides.ts";

export interface Intake {
  element: HTMLElement;
  /** Says something above the inputs; empty takes it away. */
  notice(text: string): void;
  swap(): void;
  /** Starts the example of this name; false if there is none. */
  example(name: string): boolean;
}

/** How the change is given. */
type Way = "files" | "paste" | "diff";

/** One side's card and what it holds. */
interface Card {
  element: HTMLElement;
  /** The chosen files. */
  picked: SideInput | null;
  name: HTMLInputElement;
  text: HTMLTextAreaElement;
  status: HTMLElement;
  clear: HTMLButtonElement;
  files: HTMLElement;
  paste: HTMLElement;
}

export function intake(onGiven: (given: Given) => void): Intake {
  const onJob = (job: Job) => onGiven({ kind: "job", job });
  const notice = h("p", { class: "notice", role: "alert", hidden: true });
  const say = (text: string) => {
    notice.textContent = text;
    notice.hidden = text === "";
    if (text !== "" && notice.isConnected) notice.scrollIntoView({ block: "nearest" });
  };
  /** What was chosen, on its side; a report or a diff needs no other side and is opened at once. */
  const take = async (picked: Picked[], onSides: (picked: Picked[]) => string) => {
    say("");
    try {
      const given = await recognise(picked);
      if (given) return onGiven(given);
      say(onSides(await opened(picked)));
    } catch (error) {
      say(error instanceof Error ? error.message : "The browser could not read what was given");
    }
  };
  const choose = (side: Side) => (picked: Picked[]) =>
    take(picked, (open) => {
      hold(cards[side], sideOf(open));
      return "";
    });
  const cards: Record<Side, Card> = { old: card("old", choose("old")), new: card("new", choose("new")) };
  const diff = diffBox();
  const hint = h(
    "p",
    { class: "hint" },
    "Or drop both at once anywhere on this page. Zip and tar.gz archives are opened; a unified diff or a report of Plimsoll (JSON) may come alone.",
  );
  const pair = h("div", { class: "sides" });
  const mode = modes((way) => {
    for (const one of [cards.old, cards.new]) {
      one.files.hidden = way !== "files";
      one.paste.hidden = way !== "paste";
    }
    pair.hidden = way === "diff";
    diff.element.hidden = way !== "diff";
    hint.hidden = way !== "files";
    say("");
  });
  const environment = environments();
  const swap = button([swapIcon(), h("span", {}, "Swap")], () => turn(cards), { class: "swap" });
  pair.append(cards.old.element, swap, cards.new.element);
  const form = h(
    "form",
    { novalidate: true, "aria-label": "What to review" },
    notice,
    mode.element,
    pair,
    diff.element,
    hint,
    environment.element,
    h("div", { class: "actions" }, submitButton()),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (mode.way() === "diff") {
      reviewDiff(diff.text.value, environment.value(), onGiven, say);
      return;
    }
    const sides = given(cards, mode.way() === "paste");
    say(missing(sides, mode.way() === "paste"));
    if (sides.old && sides.new) onJob(await jobOf(sides.old, sides.new, environment.value(), new Date()));
  });
  const play = (name: string) => {
    const example = examples.find((one) => one.name === name);
    if (example) void exampleJob(example, environment.value()).then(onJob);
    return example !== undefined;
  };
  const element = h("div", { class: "screen intake" }, opening(), form, gallery(play), privacy());
  takeDrops(element, cards, mode, take, say);
  return { element, notice: say, swap: () => turn(cards), example: play };
}

/** A diff holds all that is needed; a report that is pasted here is opened as what it is. */
function reviewDiff(
  text: string,
  environment: Environment | null,
  onGiven: (given: Given) => void,
  say: (text: string) => void,
): void {
  const report = asReport(text);
  const made = patch("pasted diff", text);
  if (made.kind === "job" && environment) made.job.options.env = [["**", environment]];
  if (text.trim() === "") say("The diff is empty: paste what git diff prints");
  else onGiven(report ? { kind: "report", report, diff: { files: [] } } : made);
}

function diffBox(): { element: HTMLElement; text: HTMLTextAreaElement } {
  const text = h("textarea", { id: "diff-text", rows: 14, ...plainText });
  const note = "Of files outside the diff nothing is known; the report says so, and a budget may lack them.";
  const element = h(
    "div",
    { class: "side diff-in", hidden: true },
    h("label", { for: text.id }, "Unified diff, as git diff prints it"),
    text,
    h("p", { class: "hint" }, note),
  );
  return { element, text };
}

/** The incidents that this product was made for, each a small repository before and after. */
function gallery(play: (name: string) => boolean): Child {
  if (examples.length === 0) return null;
  const item = ({ name, title, why }: (typeof examples)[number]) =>
    h(
      "li",
      {},
      button([h("strong", {}, title), h("span", {}, why)], () => play(name), { class: "example" }),
    );
  return h(
    "section",
    { class: "gallery", "aria-labelledby": "gallery-title" },
    h("h2", { id: "gallery-title" }, "Or see one of these go wrong"),
    h("ul", {}, examples.map(item)),
  );
}

function opening(): Child {
  const lead =
    "Give a deployment configuration before and after a change. Plimsoll reads both by meaning, adds up who may open how many database connections, and says what to do.";
  return [h("h1", { tabindex: -1 }, "May this change sail?"), h("p", { class: "lead" }, lead)];
}

function submitButton(): HTMLButtonElement {
  return h("button", { type: "submit", class: "primary" }, "Review the change");
}

function privacy(): HTMLElement {
  const text =
    "The files stay here: this page has no way to send anything, and secrets are masked before they are shown.";
  return h("p", { class: "private" }, lockIcon(), text);
}

/** What to say of a side that is not there; empty if both are. */
function missing(sides: Sides, pasting: boolean): string {
  const side: Side | null = sides.old ? (sides.new ? null : "new") : "old";
  return side ? `${SIDE_LABEL[side]} is empty: ${pasting ? "paste its text" : "drop or choose a file or folder"}` : "";
}

function card(side: Side, onPick: (picked: Picked[]) => void): Card {
  const label = SIDE_LABEL[side];
  const name = h("input", { id: `${side}-name`, type: "text", value: "config.yaml", ...plainText });
  const text = h("textarea", { id: `${side}-text`, rows: 12, ...plainText });
  const status = h("p", { class: "status", "aria-live": "polite" });
  const clear = button("Remove", () => hold(one, null), { class: "quiet", "aria-label": `Remove ${label}` });
  const choose = (folder: boolean) => chooser(side, folder, onPick);
  const files = h("div", { class: "choose" }, status, h("div", { class: "row" }, choose(false), choose(true), clear));
  const paste = h(
    "div",
    { class: "paste", hidden: true },
    h("label", { for: name.id }, "File name, it tells the format"),
    name,
    h("label", { for: text.id }, "Text"),
    text,
  );
  const heading = h("h2", { id: `${side}-title` }, label);
  const frame = { class: "side", "data-side": side, "aria-labelledby": heading.id };
  const element = h("section", frame, heading, files, paste);
  const one: Card = { element, picked: null, name, text, status, clear, files, paste };
  hold(one, null);
  return one;
}

/** A file input that looks like a button, with its label. */
function chooser(side: Side, folder: boolean, onPick: (picked: Picked[]) => void): Child {
  const id = `${side}-${folder ? "folder" : "files"}`;
  const input = h("input", { id, class: "unseen", type: "file", multiple: !folder, webkitdirectory: folder });
  input.addEventListener("change", () => {
    if (input.files?.length) onPick(fromFileList(input.files));
    // The same files chosen again are a new choice.
    input.value = "";
  });
  const spoken = h("span", { class: "unseen" }, ` for ${SIDE_LABEL[side]}`);
  return [input, h("label", { for: id, class: "button" }, folder ? "Choose a folder" : "Choose files", spoken)];
}

/** Configuration is no prose, and a spelling service must not see it. */
const plainText = { spellcheck: "false", autocomplete: "off", autocapitalize: "off", autocorrect: "off" };

/** Puts files into a card and shows what it holds. */
function hold(one: Card, side: SideInput | null): void {
  one.picked = side;
  one.clear.hidden = side === null;
  one.element.classList.toggle("full", side !== null);
  if (!side) {
    one.status.replaceChildren("Drop a file, a folder or an archive here");
    return;
  }
  const taken = side.files.filter((file) => "blob" in file).length;
  const left = side.files.length - taken;
  const counts = side.single ? "" : count(taken, "file") + (left > 0 ? `, ${left} left out` : "");
  one.status.replaceChildren(h("strong", {}, side.label), h("span", { class: "counts" }, counts));
}

function given(cards: Record<Side, Card>, pasting: boolean): Sides {
  if (!pasting) return { old: cards.old.picked, new: cards.new.picked };
  const text = (one: Card) => {
    const filled = one.text.value.trim() !== "";
    return filled ? pasted(one.name.value.trim() || "config.yaml", one.text.value) : null;
  };
  return { old: text(cards.old), new: text(cards.new) };
}

function turn({ old, new: after }: Record<Side, Card>): void {
  const kept = old.picked;
  hold(old, after.picked);
  hold(after, kept);
  [old.name.value, after.name.value] = [after.name.value, old.name.value];
  [old.text.value, after.text.value] = [after.text.value, old.text.value];
  announce("Before and After are swapped");
}

interface Mode {
  element: HTMLElement;
  way(): Way;
  set(way: Way): void;
}

const WAYS: readonly [way: Way, label: string][] = [
  ["files", "Files or folders"],
  ["paste", "Pasted text"],
  ["diff", "A diff"],
];

function modes(onChange: (way: Way) => void): Mode {
  const radios = WAYS.map(([way, label]) => {
    const id = `mode-${way}`;
    const radio = h("input", { id, type: "radio", name: "mode", checked: way === "files" });
    radio.addEventListener("change", () => onChange(way));
    return { way, radio, label: h("label", { for: id }, label) };
  });
  const element = h(
    "fieldset",
    { class: "modes" },
    h("legend", { class: "unseen" }, "How to give the change"),
    radios.flatMap(({ radio, label }) => [radio, label]),
  );
  const set = (wanted: Way) => {
    for (const { way, radio } of radios) radio.checked = way === wanted;
    onChange(wanted);
  };
  return { element, way: () => radios.find(({ radio }) => radio.checked)?.way ?? "files", set };
}

function environments(): { element: HTMLElement; value(): Environment | null } {
  const options: [value: string, label: string][] = [
    ["", "told by the paths"],
    ["production", "production"],
    ["staging", "staging"],
    ["development", "development"],
  ];
  const select = h("select", { id: "environment" });
  append(select, ...options.map(([value, label]) => h("option", { value }, label)));
  const element = h("p", { class: "environment" }, h("label", { for: "environment" }, "Environment"), select);
  return { element, value: () => (select.value === "" ? null : (select.value as Environment)) };
}

function exampleJob(example: (typeof examples)[number], environment: Environment | null): Promise<Job> {
  const tree = (files: typeof example.before): SideInput => ({
    label: example.name,
    single: false,
    files: files.map(({ path, text }): Input => ({ path, blob: new Blob([text]) })),
  });
  return jobOf(tree(example.before), tree(example.after), environment, new Date());
}

/** Drops on a card fill that side; anywhere else, or two things at once onto an empty pair, fill both. */
function takeDrops(
  screen: HTMLElement,
  cards: Record<Side, Card>,
  mode: Mode,
  take: (picked: Picked[], onSides: (picked: Picked[]) => string) => Promise<void>,
  say: (text: string) => void,
): void {
  const under = (event: DragEvent): Side | null => {
    const target = event.target instanceof Element ? event.target.closest("[data-side]") : null;
    return target ? (target.getAttribute("data-side") as Side) : null;
  };
  const mark = (event: DragEvent | null) => {
    const side = event && under(event);
    cards.old.element.classList.toggle("over", event !== null && side !== "new");
    cards.new.element.classList.toggle("over", event !== null && side !== "old");
  };
  const dragsFiles = (event: DragEvent) => screen.isConnected && (event.dataTransfer?.types.includes("Files") ?? false);
  document.addEventListener("dragover", (event) => {
    if (!dragsFiles(event)) return;
    event.preventDefault();
    mark(event);
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) mark(null);
  });
  document.addEventListener("drop", async (event) => {
    if (!dragsFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    mark(null);
    const side = under(event);
    const picked = await dropped(event.dataTransfer);
    if (mode.way() !== "files") mode.set("files");
    if (picked) await take(picked, (open) => place(cards, side, open));
    else say("The browser could not open what was dropped: choose it with the buttons");
  });
}

async function dropped(transfer: DataTransfer): Promise<Picked[] | null> {
  try {
    return await fromDrop(transfer);
  } catch {
    return null;
  }
}

/** Puts a drop where it belongs; gives what there is to say about it. */
function place(cards: Record<Side, Card>, side: Side | null, picked: Picked[]): string {
  const other = side && cards[side === "old" ? "new" : "old"];
  const pair = !other?.picked ? bothSides(picked) : null;
  if (pair && (side === null || picked.length === 2)) {
    hold(cards.old, pair.old);
    hold(cards.new, pair.new);
    return "";
  }
  if (side === null && picked.length > 1) return "Drop two files or two folders at once, or each onto its side";
  const target = side ? cards[side] : cards.old.picked ? cards.new : cards.old;
  hold(target, sideOf(picked));
  return "";
}

function icon(d: string): SVGSVGElement {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
    svg("path", { d }),
  );
}

const swapIcon = () => icon("M3 5.5h9.5M10 3l2.5 2.5L10 8M13 10.5H3.5M6 8l-2.5 2.5L6 13");
const lockIcon = () => icon("M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5");
