/** The first screen: takes the two sides, by drop, by choice or as pasted text. It is made once and keeps its contents. */

import examples from "virtual:examples";
import type { Environment, Side } from "../../engine/report.ts";
import { fromDrop, fromFileList, type Picked } from "./collect.ts";
import { announce, append, button, type Child, count, h, svg } from "./dom.ts";
import type { Job } from "./protocol.ts";
import { bothSides, jobOf, pasted, SIDE_LABEL, type SideInput, type Sides, sideOf } from "./sides.ts";

export interface Intake {
  element: HTMLElement;
  /** Says something above the inputs; empty takes it away. */
  notice(text: string): void;
}

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

export function intake(onJob: (job: Job) => void): Intake {
  const cards: Record<Side, Card> = { old: card("old"), new: card("new") };
  const notice = h("p", { class: "notice", role: "alert", hidden: true });
  const say = (text: string) => {
    notice.textContent = text;
    notice.hidden = text === "";
    if (text !== "" && notice.isConnected) notice.scrollIntoView({ block: "nearest" });
  };
  const hint = h("p", { class: "hint" }, "Or drop both at once anywhere on this page, before and after in this order.");
  const mode = modes((pasting) => {
    for (const one of [cards.old, cards.new]) {
      one.files.hidden = pasting;
      one.paste.hidden = !pasting;
    }
    hint.hidden = pasting;
    say("");
  });
  const environment = environments();
  const swap = button([swapIcon(), h("span", {}, "Swap")], () => turn(cards), { class: "swap" });
  const form = h(
    "form",
    { novalidate: true, "aria-label": "What to review" },
    notice,
    mode.element,
    h("div", { class: "sides" }, cards.old.element, swap, cards.new.element),
    hint,
    environment.element,
    h("div", { class: "actions" }, submitButton(), exampleButtons(environment.value, onJob)),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const sides = given(cards, mode.pasting());
    say(missing(sides, mode.pasting()));
    if (sides.old && sides.new) onJob(await jobOf(sides.old, sides.new, environment.value(), new Date()));
  });
  const element = h("div", { class: "screen intake" }, opening(), form, privacy());
  takeDrops(element, cards, mode, say);
  return { element, notice: say };
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

function card(side: Side): Card {
  const label = SIDE_LABEL[side];
  const name = h("input", { id: `${side}-name`, type: "text", value: "config.yaml", ...plainText });
  const text = h("textarea", { id: `${side}-text`, rows: 12, ...plainText });
  const status = h("p", { class: "status", "aria-live": "polite" });
  const clear = button("Remove", () => hold(one, null), { class: "quiet", "aria-label": `Remove ${label}` });
  const choose = (folder: boolean) => chooser(side, folder, (picked) => hold(one, sideOf(picked)));
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
    one.status.replaceChildren("Drop a file or a folder here");
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
  pasting(): boolean;
  set(pasting: boolean): void;
}

function modes(onChange: (pasting: boolean) => void): Mode {
  const radio = (id: string, checked: boolean) => h("input", { id, type: "radio", name: "mode", checked });
  const files = radio("mode-files", true);
  const paste = radio("mode-paste", false);
  for (const one of [files, paste]) one.addEventListener("change", () => onChange(paste.checked));
  const element = h(
    "fieldset",
    { class: "modes" },
    h("legend", { class: "unseen" }, "How to give the two sides"),
    files,
    h("label", { for: "mode-files" }, "Files or folders"),
    paste,
    h("label", { for: "mode-paste" }, "Pasted text"),
  );
  const set = (pasting: boolean) => {
    (pasting ? paste : files).checked = true;
    onChange(pasting);
  };
  return { element, pasting: () => paste.checked, set };
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

function exampleButtons(environment: () => Environment | null, onJob: (job: Job) => void): HTMLElement[] {
  return examples.map((example) => {
    const tree = (files: typeof example.before): SideInput => ({
      label: example.name,
      single: false,
      files: files.map(({ path, text }) => ({ path, blob: new Blob([text]) })),
    });
    const words = `Try an example: ${example.name.replaceAll("-", " ")}`;
    return button(words, async () => {
      onJob(await jobOf(tree(example.before), tree(example.after), environment(), new Date()));
    });
  });
}

/** Drops on a card fill that side; anywhere else, or two things at once onto an empty pair, fill both. */
function takeDrops(screen: HTMLElement, cards: Record<Side, Card>, mode: Mode, say: (text: string) => void): void {
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
    if (mode.pasting()) mode.set(false);
    say(
      picked ? place(cards, side, picked) : "The browser could not open what was dropped: choose it with the buttons",
    );
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
