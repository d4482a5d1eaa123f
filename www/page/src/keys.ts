/**
 * The keyboard: what each key does on the screen that is shown, and the help that lists it.
 *
 * Keys are single letters, which can get in the way of speech input, so they can be switched off in the help; that is
 * remembered.
 */

import { button, h } from "./dom.ts";
import { recall, remember } from "./storage.ts";

export type Key = readonly [key: string, label: string, run: () => void];

const ALWAYS = new Set(["?"]);
const NAMES: Record<string, string> = { Escape: "Esc" };

let current: readonly Key[] = [];
let enabled = recall("keys", true);

/** The keys of the screen that is shown now. */
export function keysOf(keys: readonly Key[]): void {
  current = keys;
}

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (writes(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "?") {
      event.preventDefault();
      return openHelp();
    }
    if (!enabled) return;
    const found = current.find(([key]) => key === event.key);
    if (!found) return;
    event.preventDefault();
    found[2]();
  });
  document.getElementById("keys")?.addEventListener("click", openHelp);
}

/** Whether a letter typed here is text. */
function writes(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button", "range"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

function openHelp(): void {
  const help: Key = ["?", "This help", () => {}];
  const row = ([key, label]: Key) => h("div", {}, h("dt", {}, h("kbd", {}, NAMES[key] ?? key)), h("dd", {}, label));
  const all = h("input", { id: "keys-on", type: "checkbox", checked: enabled });
  all.addEventListener("change", () => {
    enabled = all.checked;
    remember("keys", enabled);
  });
  const dialog = h("dialog", { class: "help", "aria-labelledby": "keys-title" });
  dialog.append(
    h(
      "header",
      {},
      h("h2", { id: "keys-title", tabindex: -1 }, "Keys"),
      button("Close", () => dialog.close()),
    ),
    h(
      "div",
      { class: "docs" },
      h("dl", { class: "keys" }, [...current.filter(([key]) => !ALWAYS.has(key)), help].map(row)),
      h("p", {}, "Tab and Shift Tab reach everything; Enter opens; Esc closes a dialog."),
      h("p", { class: "check" }, all, h("label", { for: "keys-on" }, "Single keys do something on this page")),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
