/** Composes the line that accepts a finding: as a comment in the file or as a table of plimsoll.toml. */

import type { Finding } from "../../../engine/report.ts";
import { button, h } from "../dom.ts";
import { localDate } from "../sides.ts";
import { copy } from "./exports.ts";

/** How long an acceptance holds unless the reader says otherwise. */
const DAYS = 90;

export function suppressDialog(finding: Finding): void {
  const until = new Date();
  until.setDate(until.getDate() + DAYS);
  const reason = h("input", { id: "accept-reason", type: "text", autocomplete: "off" });
  const date = h("input", { id: "accept-until", type: "date", value: localDate(until) });
  const canComment = commentOf(finding.file) !== null;
  const where = h("select", { id: "accept-where" });
  if (canComment) where.append(h("option", { value: "line" }, "a comment above the line"));
  where.append(h("option", { value: "config" }, "plimsoll.toml"));
  const code = h("code", {});
  const wrong = h("p", { class: "hint", "aria-live": "polite" });
  const copyButton = button("Copy", () => void copy("The suppression", code.textContent ?? ""), { class: "primary" });
  const write = () => {
    const words = reason.value
      .trim()
      .split(/\s+/)
      .filter((word) => word !== "");
    const text = { reason: words.join(" "), until: date.value };
    code.textContent = where.value === "line" ? comment(finding, text) : table(finding, text);
    copyButton.disabled = words.length < 2 || text.until === "";
    wrong.textContent = copyButton.disabled ? "A reason of two words or more, and a last day, are needed." : "";
  };
  for (const input of [reason, date, where]) input.addEventListener("input", write);
  write();
  const dialog = h("dialog", { class: "accept", "aria-labelledby": "accept-title" });
  const field = (label: string, input: HTMLElement) =>
    h("p", { class: "field" }, h("label", { for: input.id }, label), input);
  dialog.append(
    h(
      "header",
      {},
      h("h2", { id: "accept-title" }, "Accept this finding"),
      button("Close", () => dialog.close()),
    ),
    h(
      "div",
      { class: "docs" },
      h("p", {}, finding.title),
      field("Why it is all right", reason),
      field("Last day on which it holds", date),
      field("Where it is written", where),
      h("pre", { tabindex: 0 }, code),
      wrong,
      h("p", {}, copyButton),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  reason.focus();
}

interface Words {
  reason: string;
  until: string;
}

export function comment(finding: Finding, { reason, until }: Words): string {
  const [open, close] = commentOf(finding.file) ?? ["#", ""];
  const indent = /^\s*/.exec(finding.excerpt)?.[0] ?? "";
  return `${indent}${open} plimsoll: allow ${finding.rule} until ${until} because ${reason || "…"}${close}`;
}

export function table(finding: Finding, { reason, until }: Words): string {
  const text = (value: string) => JSON.stringify(value);
  return [
    "[[allow]]",
    `rule = ${text(finding.rule)}`,
    `file = ${text(finding.file.replace(/[*?[\]{}!\\]/g, "\\$&"))}`,
    `reason = ${text(reason || "…")}`,
    `until = ${until}`,
  ].join("\n");
}

/** How a comment starts and ends in a file; null where there are none. */
function commentOf(file: string): [open: string, close: string] | null {
  if (/\.(json|base64)$/i.test(file)) return null;
  if (/\.(xml|config)$/i.test(file)) return ["<!--", " -->"];
  if (/\.(jsonc|json5)$/i.test(file)) return ["//", ""];
  return ["#", ""];
}
