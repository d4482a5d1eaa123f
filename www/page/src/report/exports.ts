/** The report to take along: written by the engine, to a file or to the clipboard; and as a link. */

import type { Format } from "../../../engine/engine.ts";
import { announce, button, h } from "../dom.ts";
import { linkOf } from "../given.ts";
import type { Outcome } from "../protocol.ts";
import type { Session } from "../session.ts";

/** How long the address of a download stays valid; browsers start it at once. */
const KEEP_MS = 60_000;
/** Chat programs and mail cut addresses above about this; browsers take far more. */
const LONG_LINK = 8_000;

interface Form {
  name: string;
  format: Format;
  file: string;
  type: string;
}

const FORMS: readonly Form[] = [
  { name: "Markdown", format: "markdown", file: "plimsoll-review.md", type: "text/markdown" },
  { name: "JSON", format: "json", file: "plimsoll-review.json", type: "application/json" },
  { name: "SARIF", format: "sarif", file: "plimsoll-review.sarif", type: "application/sarif+json" },
  { name: "HTML", format: "html", file: "plimsoll-review.html", type: "text/html" },
];

export function exportBar(outcome: Outcome, session: Session): HTMLElement {
  const isLive = outcome.took !== null;
  const text = (format: Format) => (format === "json" ? Promise.resolve(outcome.json) : session.render(format));
  // A report that came without its files cannot be written anew.
  const forms = FORMS.filter(({ format }) => isLive || format === "json");
  const save = ({ name, format, file, type }: Form) =>
    button(`Download ${name}`, () => void text(format).then((made) => download(made, file, type)), { class: "item" });
  const menu = h(
    "details",
    { class: "menu" },
    h("summary", { class: "button" }, "Export"),
    h(
      "div",
      { class: "menu-items" },
      forms.map(save),
      button("Copy JSON", () => void copy("JSON", outcome.json), { class: "item" }),
      button("Print", () => window.print(), { class: "item" }),
    ),
  );
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget instanceof Node && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  const markdown = isLive && button("Copy Markdown", () => copyMarkdown(session));
  const link = button("Copy a link", () => void linkDialog(outcome), { "aria-haspopup": "dialog" });
  return h("div", { class: "exports", role: "group", "aria-label": "Export" }, markdown, link, menu);
}

export function copyMarkdown(session: Session): void {
  void session.render("markdown").then((text) => copy("Markdown", text));
}

export async function linkDialog({ report, diff }: Outcome): Promise<void> {
  const links = { whole: await linkOf(report, diff), short: await linkOf(report, { files: [] }) };
  const lines = h("input", { id: "link-lines", type: "checkbox", checked: links.whole.length <= LONG_LINK });
  const size = h("p", { class: "hint", "aria-live": "polite" });
  const chosen = () => (lines.checked ? links.whole : links.short);
  const tell = () => {
    const { length } = chosen();
    const long = length > LONG_LINK ? " Chat programs and mail may cut it: send the exported file instead." : "";
    size.textContent = `${Math.ceil(length / 1000)} thousand characters.${long}`;
  };
  lines.addEventListener("change", tell);
  tell();
  const local =
    location.protocol === "file:" && h("p", {}, "This page is a file on this machine, so the link works here only.");
  const dialog = h("dialog", { class: "share", "aria-labelledby": "link-title" });
  dialog.append(
    h(
      "header",
      {},
      h("h2", { id: "link-title" }, "A link to this report"),
      button("Close", () => dialog.close()),
    ),
    h(
      "div",
      { class: "docs" },
      h(
        "p",
        {},
        "The link carries the report itself, masked as you see it, behind the #, which browsers send to nobody. Whoever has the link can read it.",
      ),
      local,
      diff.files.length > 0 &&
        h("p", { class: "check" }, lines, h("label", { for: "link-lines" }, "with the changed lines")),
      size,
      h(
        "p",
        {},
        button("Copy the link", () => void copy("The link", chosen()), { class: "primary" }),
      ),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function download(text: string, file: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: file }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}

export async function copy(name: string, text: string): Promise<void> {
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
  // A dialog takes the focus away from everything outside it.
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}

function toast(text: string): void {
  document.querySelector(".toast")?.remove();
  const element = h("div", { class: "toast", "aria-hidden": "true" }, text);
  (document.querySelector("dialog[open]") ?? document.body).append(element);
  setTimeout(() => element.remove(), 3000);
}
