/**
 * From what a person drops or picks to the files of a side.
 *
 * Paths come out relative to the folder that was given, with `/`. What is left out is named with its reason, so that
 * the report lists it; nothing is dropped silently.
 */

import type { Input } from "./protocol.ts";

/** A file or folder as it was given. */
export interface Picked {
  name: string;
  folder: boolean;
  files: Input[];
}

/** Folders that hold no deployment configuration of this repository, and can hold very many files. */
const FOREIGN = new Set([".git", "node_modules", "target", "vendor"]);

/** No deployment configuration is this large; reading it would only stall the page. */
const LARGEST = 16 * 1024 * 1024;

/** What a file input has: single files, or one folder with all below it. */
export function fromFileList(files: Iterable<File>): Picked[] {
  const all = [...files];
  const roots = new Map<string, Picked>();
  const singles: Picked[] = [];
  for (const file of all) {
    const [root, ...rest] = file.webkitRelativePath.split("/");
    if (!root || rest.length === 0) {
      singles.push(single(file));
      continue;
    }
    const picked = roots.get(root) ?? { name: root, folder: true, files: [] };
    roots.set(root, picked);
    keep(picked, rest.join("/"), file);
  }
  return [...roots.values(), ...singles];
}

/** What was dropped. Must be called in the event itself: afterwards the browser has taken it away. */
export function fromDrop(transfer: DataTransfer): Promise<Picked[]> {
  const pending = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  return Promise.all(pending.map(({ entry, file }) => read(entry, file))).then((all) =>
    all.filter((picked) => picked !== null),
  );
}

async function read(entry: FileSystemEntry | null, file: File | null): Promise<Picked | null> {
  if (entry && isDirectory(entry)) {
    const picked: Picked = { name: entry.name, folder: true, files: [] };
    await walk(entry, "", picked);
    picked.files.sort((a, b) => (a.path < b.path ? -1 : 1));
    return picked;
  }
  return file ? single(file) : null;
}

async function walk(folder: FileSystemDirectoryEntry, prefix: string, into: Picked): Promise<void> {
  for (const entry of await children(folder)) {
    const path = prefix + entry.name;
    if (isDirectory(entry)) {
      if (FOREIGN.has(entry.name)) leaveOut(into, path);
      else await walk(entry, `${path}/`, into);
    } else {
      await take(entry as FileSystemFileEntry, path, into);
    }
  }
}

/** `readEntries` gives some at a time, and an empty list at the end. */
async function children(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function take(entry: FileSystemFileEntry, path: string, into: Picked): Promise<void> {
  try {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    into.files.push(input(path, file));
  } catch {
    into.files.push({ path, skipped: "the browser could not open it" });
  }
}

/** Adds a file of a folder input, unless it lies in a foreign folder, which is then named once. */
function keep(picked: Picked, path: string, file: File): void {
  const parts = path.split("/");
  const foreign = parts.slice(0, -1).findIndex((part) => FOREIGN.has(part));
  if (foreign < 0) {
    picked.files.push(input(path, file));
    return;
  }
  const folder = parts.slice(0, foreign + 1).join("/");
  if (!picked.files.some((known) => known.path === folder)) leaveOut(picked, folder);
}

function leaveOut(picked: Picked, folder: string): void {
  picked.files.push({ path: folder, skipped: "folder of foreign or generated files, not looked into" });
}

function single(file: File): Picked {
  return { name: file.name, folder: false, files: [input(file.name, file)] };
}

function input(path: string, file: File): Input {
  if (file.size > LARGEST) return { path, skipped: `larger than ${LARGEST / 1024 / 1024} MiB` };
  return { path, blob: file };
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
