/**
 * The small part of Markdown in which rules are documented, as a tree and as DOM nodes.
 *
 * Headings, paragraphs, lists, fenced code, tables, quotes; code, strong, emphasis and https links in the line. What is
 * not understood stays as its text. There is no HTML: `<b>` shows as `<b>`.
 */

import { append, type Child, h } from "./dom.ts";

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "strong" | "em"; parts: Inline[] }
  | { kind: "link"; href: string; parts: Inline[] };

export type Block =
  | { kind: "heading"; level: number; parts: Inline[] }
  | { kind: "paragraph" | "quote"; parts: Inline[] }
  | { kind: "code"; info: string; text: string }
  | { kind: "list"; ordered: boolean; items: Inline[][] }
  | { kind: "table"; head: Inline[][]; rows: Inline[][][] };

const FENCE = /^\s*(`{3,}|~{3,})\s*(.*?)\s*$/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^\s*(?:([-*+])|(\d{1,9})[.)])\s+(.*)$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** The blocks of a text. Never fails. */
export function parse(text: string): Block[] {
  const lines = dedent(text.replaceAll("\r\n", "\n").split("\n"));
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    if (line.trim() === "") at += 1;
    else at = block(lines, at, blocks);
  }
  return blocks;
}

/** The nodes of a text; headings start at `level`. */
export function render(text: string, level: 2 | 3 | 4 = 3): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const blocks = parse(text);
  const top = Math.min(...blocks.map((block) => (block.kind === "heading" ? block.level : 6)));
  append(fragment, ...blocks.map((block) => blockNode(block, level - top)));
  return fragment;
}

/** Reads the block that starts at `at` and gives the line behind it. */
function block(lines: readonly string[], at: number, into: Block[]): number {
  const line = lines[at] ?? "";
  const fence = FENCE.exec(line);
  if (fence) return code(lines, at, fence[1] ?? "```", fence[2] ?? "", into);
  const heading = HEADING.exec(line);
  if (heading) {
    into.push({ kind: "heading", level: heading[1]?.length ?? 1, parts: inline(heading[2] ?? "") });
    return at + 1;
  }
  if (line.includes("|") && TABLE_RULE.test(lines[at + 1] ?? "")) return table(lines, at, into);
  if (ITEM.test(line)) return list(lines, at, into);
  return paragraph(lines, at, into);
}

function code(lines: readonly string[], at: number, fence: string, info: string, into: Block[]): number {
  const closing = lines.findIndex((line, index) => index > at && line.trim().startsWith(fence));
  const end = closing < 0 ? lines.length : closing;
  into.push({ kind: "code", info, text: lines.slice(at + 1, end).join("\n") });
  return end + 1;
}

function table(lines: readonly string[], at: number, into: Block[]): number {
  let end = at + 2;
  while (end < lines.length && lines[end]?.includes("|")) end += 1;
  const rows = lines.slice(at + 2, end).map(cells);
  into.push({ kind: "table", head: cells(lines[at] ?? ""), rows });
  return end;
}

function cells(line: string): Inline[][] {
  const inner = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => inline(cell.trim().replaceAll("\\|", "|")));
}

function list(lines: readonly string[], at: number, into: Block[]): number {
  const items: string[] = [];
  const ordered = ITEM.exec(lines[at] ?? "")?.[2] !== undefined;
  let end = at;
  for (; end < lines.length; end += 1) {
    const line = lines[end] ?? "";
    const item = ITEM.exec(line);
    if (item) items.push(item[3] ?? "");
    else if (line.trim() === "" || startsBlock(line)) break;
    else items.push(`${items.pop() ?? ""} ${line.trim()}`);
  }
  into.push({ kind: "list", ordered, items: items.map(inline) });
  return end;
}

function paragraph(lines: readonly string[], at: number, into: Block[]): number {
  let end = at + 1;
  while (end < lines.length && lines[end]?.trim() !== "" && !startsBlock(lines[end] ?? "")) end += 1;
  const own = lines.slice(at, end).map((line) => line.trim());
  const quoted = own.every((line) => line.startsWith(">"));
  const text = quoted ? own.map((line) => line.replace(/^>\s?/, "")) : own;
  into.push({ kind: quoted ? "quote" : "paragraph", parts: inline(text.join(" ")) });
  return end;
}

function startsBlock(line: string): boolean {
  return FENCE.test(line) || HEADING.test(line) || ITEM.test(line);
}

/** Code first, because nothing means anything inside of it; then links, strong and emphasis. */
const INLINE =
  /(`+)(.+?)\1(?!`)|\[([^\]]+)\]\(([^()\s]+)\)|\*\*(.+?)\*\*|(?<![*\w])\*([^*\s](?:[^*]*[^*\s])?)\*(?![*\w])|<(https:\/\/[^\s<>]+)>/;

/** The parts of a line. */
export function inline(text: string): Inline[] {
  const parts: Inline[] = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    if (found.index > 0) parts.push({ kind: "text", text: rest.slice(0, found.index) });
    parts.push(inlineOf(found));
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest !== "") parts.push({ kind: "text", text: rest });
  return parts;
}

function inlineOf(found: RegExpExecArray): Inline {
  const [whole, , codeText, linkText, href, strong, em, bare] = found;
  if (codeText !== undefined) return { kind: "code", text: codeText.trim() };
  if (strong !== undefined) return { kind: "strong", parts: inline(strong) };
  if (em !== undefined) return { kind: "em", parts: inline(em) };
  if (bare !== undefined) return { kind: "link", href: bare, parts: [{ kind: "text", text: bare }] };
  const target = href ?? "";
  // Anything but https could run script or leave the page for something local.
  if (!target.startsWith("https://")) return { kind: "text", text: linkText ?? whole };
  return { kind: "link", href: target, parts: inline(linkText ?? "") };
}

function blockNode(block: Block, shift: number): Node {
  switch (block.kind) {
    case "heading":
      return h(headingTag(block.level + shift), {}, inlineNodes(block.parts));
    case "paragraph":
      return h("p", {}, inlineNodes(block.parts));
    case "quote":
      return h("blockquote", {}, inlineNodes(block.parts));
    case "code":
      return codeNode(block.info, block.text);
    case "list": {
      const items = block.items.map((item) => h("li", {}, inlineNodes(item)));
      return h(block.ordered ? "ol" : "ul", {}, items);
    }
    case "table": {
      const head = block.head.map((cell) => h("th", { scope: "col" }, inlineNodes(cell)));
      const rows = block.rows.map((row) =>
        h(
          "tr",
          {},
          row.map((cell) => h("td", {}, inlineNodes(cell))),
        ),
      );
      const whole = h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows));
      return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table" }, whole);
    }
  }
}

/** The info string of an example says which side and file it is; it stands above as a caption. */
function codeNode(info: string, text: string): Node {
  const pre = h("pre", { tabindex: 0 }, h("code", {}, text));
  return info === "" ? pre : h("figure", { class: "code" }, h("figcaption", {}, info), pre);
}

function headingTag(level: number): "h2" | "h3" | "h4" | "h5" | "h6" {
  return (["h2", "h3", "h4", "h5", "h6"] as const)[Math.min(Math.max(level, 2), 6) - 2] ?? "h6";
}

function inlineNodes(parts: readonly Inline[]): Child[] {
  return parts.map(inlineNode);
}

function inlineNode(part: Inline): Child {
  switch (part.kind) {
    case "text":
      return part.text;
    case "code":
      return h("code", {}, part.text);
    case "strong":
    case "em":
      return h(part.kind, {}, inlineNodes(part.parts));
    case "link":
      return h("a", { href: part.href, target: "_blank", rel: "noopener noreferrer" }, inlineNodes(part.parts));
  }
}

/** Takes away the indentation that all lines have in common. */
function dedent(lines: string[]): string[] {
  const depths = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const depth = depths.length === 0 ? 0 : Math.min(...depths);
  return lines.map((line) => line.slice(Math.min(depth, line.length - line.trimStart().length)));
}
