/** The changed files as a tree, each with the mark of its worst finding. */

import type { Severity } from "../../../engine/report.ts";
import { button, h } from "../dom.ts";
import { goTo } from "./context.ts";

interface Entry {
  path: string;
  tone: Severity | null;
  findings: number;
  /** Shows the file and gives what to go to. */
  open(): HTMLElement;
}

interface Folder {
  folders: Map<string, Folder>;
  files: Entry[];
}

/** Above this, folders start closed. */
const OPEN = 60;

export function fileTree(entries: readonly Entry[]): HTMLElement {
  const root: Folder = { folders: new Map(), files: [] };
  for (const entry of entries) {
    let at = root;
    for (const part of entry.path.split("/").slice(0, -1)) {
      const next: Folder = at.folders.get(part) ?? { folders: new Map(), files: [] };
      at.folders.set(part, next);
      at = next;
    }
    at.files.push(entry);
  }
  return h("nav", { class: "tree", "aria-label": "Changed files" }, list(root, entries.length <= OPEN));
}

function list(folder: Folder, open: boolean): HTMLElement {
  const folders = [...folder.folders]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => branch(name, inner, open));
  const files = [...folder.files].sort((a, b) => (a.path < b.path ? -1 : 1)).map(leaf);
  return h("ul", {}, folders, files);
}

function branch(name: string, folder: Folder, open: boolean): HTMLElement {
  let [label, inner] = [name, folder];
  // A folder with nothing but a folder in it is one line.
  for (;;) {
    const [only] = inner.folders;
    if (inner.files.length > 0 || inner.folders.size !== 1 || !only) break;
    [label, inner] = [`${label}/${only[0]}`, only[1]];
  }
  return h("li", {}, h("details", { open }, h("summary", {}, `${label}/`), list(inner, open)));
}

function leaf({ path, tone, findings, open }: Entry): HTMLElement {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const mark =
    tone && h("span", { class: `dot tone-${tone}` }, h("span", { class: "unseen" }, `, ${tone}, `), findings);
  return h(
    "li",
    {},
    button([h("span", { class: "leaf" }, name), mark], () => goTo(open()), { class: "link", title: path }),
  );
}
