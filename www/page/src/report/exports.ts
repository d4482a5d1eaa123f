/** The report as JSON and as Markdown, to a file or to the clipboard. Both are written by the engine. */

import { announce, button, h } from "../dom.ts";
import type { Outcome } from "../protocol.ts";

/** How long the address of a download stays valid; browsers start it at once. */
const KEEP_MS = 60_000;

export function exportBar({ json, markdown }: Outcome): HTMLElement {
  const forms = [
    { name: "JSON", text: json, file: "plimsoll-review.json", type: "application/json" },
    { name: "Markdown", text: markdown, file: "plimsoll-review.md", type: "text/markdown" },
  ];
  const buttons = forms.flatMap(({ name, text, file, type }) => [
    button(`Copy ${name}`, () => void copy(name, text)),
    button(`Download ${name}`, () => download(text, file, type)),
  ]);
  return h("div", { class: "exports", role: "group", "aria-label": "Export" }, buttons);
}

function download(text: string, file: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: file }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}

async function copy(name: string, text: string): Promise<void> {
  const done = (await copyModern(text)) || copyOld(text);
  announce(done ? `${name} copied` : `The browser refused to copy; download ${name} instead`);
  toast(done ? `${name} copied` : `Copying was refused: download ${name} instead`);
}

async function copyModern(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not there over plain http, and refusable.
    return false;
  }
}

function copyOld(text: string): boolean {
  const area = h("textarea", { class: "unseen", "aria-hidden": "true", tabindex: -1 });
  area.value = text;
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}

function toast(text: string): void {
  document.querySelector(".toast")?.remove();
  const element = h("div", { class: "toast", "aria-hidden": "true" }, text);
  document.body.append(element);
  setTimeout(() => element.remove(), 3000);
}
