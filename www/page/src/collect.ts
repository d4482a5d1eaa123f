/**
 * From what a person drops or picks to the files of a side.
 *
 * Paths come out relative to the folder that was given, with `/`. What is left out is named with its reason, so that
 * the report lists it; nothing is dropped silently.
 */

import { isArchive, unpack } from "./archive.ts";
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
  const named = new Set<string>();
  for (const file of all) {
    const [root, ...rest] = file.webkitRelativePath.split("/");
    if (!root || rest.length === 0) {
      singles.push(single(file));
      continue;
    }
    const picked = roots.get(root) ?? { name: root, folder: true, files: [] };
    roots.set(root, picked);
    keep(picked, rest, file, named);
  }
  return [...roots.values(), ...singles];
}

/** A dropped thing by all the ways in which browsers hand it out. */
interface Dropped {
  /** Chromium; the only way to a folder on a page opened from the disk. */
  handle: Promise<FileSystemHandle | null>;
  /** All others. */
  entry: FileSystemEntry | null;
  file: File | null;
}

/** Newer than the type library. */
interface HandleItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

/** What was dropped. Must be called in the event itself: afterwards the browser has taken it away. */
export async function fromDrop(transfer: DataTransfer): Promise<Picked[]> {
  const dropped = [...transfer.items].filter((item) => item.kind === "file").map(allWays);
  const picked = await Promise.all(dropped.map(read));
  return picked.filter((one) => one !== null);
}

function allWays(item: DataTransferItem & HandleItem): Dropped {
  const none = Promise.resolve(null);
  return {
    handle: item.getAsFileSystemHandle?.().catch(() => null) ?? none,
    entry: item.webkitGetAsEntry(),
    file: item.getAsFile(),
  };
}

async function read({ handle: pending, entry, file }: Dropped): Promise<Picked | null> {
  const handle = await pending;
  const isFolder = handle ? handle.kind === "directory" : entry?.isDirectory;
  if (!isFolder) return file ? single(file) : null;
  const picked: Picked = { name: handle?.name ?? entry?.name ?? "", folder: true, files: [] };
  if (handle) await walkHandle(handle as FileSystemDirectoryHandle, "", picked);
  else if (entry) await walk(entry as FileSystemDirectoryEntry, "", picked);
  picked.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return picked;
}

async function walkHandle(folder: FileSystemDirectoryHandle, prefix: string, into: Picked): Promise<void> {
  for await (const handle of folder.values()) {
    const path = prefix + handle.name;
    if (handle.kind === "directory") {
      if (FOREIGN.has(handle.name)) leaveOut(into, path);
      else await walkHandle(handle as FileSystemDirectoryHandle, `${path}/`, into);
    } else {
      await take(path, into, () => (handle as FileSystemFileHandle).getFile());
    }
  }
}

async function walk(folder: FileSystemDirectoryEntry, prefix: string, into: Picked): Promise<void> {
  for (const entry of await children(folder)) {
    const path = prefix + entry.name;
    if (entry.isDirectory) {
      if (FOREIGN.has(entry.name)) leaveOut(into, path);
      else await walk(entry as FileSystemDirectoryEntry, `${path}/`, into);
    } else {
      await take(path, into, () => new Promise((done, failed) => (entry as FileSystemFileEntry).file(done, failed)));
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

async function take(path: string, into: Picked, open: () => Promise<File>): Promise<void> {
  try {
    into.files.push(input(path, await open()));
  } catch {
    into.files.push({ path, skipped: "the browser could not open it" });
  }
}

/** Adds a file of a folder input, unless it lies in a foreign folder; that is named once, and then it is in `named`. */
function keep(picked: Picked, parts: readonly string[], file: File, named: Set<string>): void {
  const foreign = parts.slice(0, -1).findIndex((part) => FOREIGN.has(part));
  if (foreign < 0) {
    picked.files.push(input(parts.join("/"), file));
    return;
  }
  const folder = parts.slice(0, foreign + 1).join("/");
  if (!named.has(`${picked.name}/${folder}`)) leaveOut(picked, folder);
  named.add(`${picked.name}/${folder}`);
}

/** Archives among what was given, as the folders that they are. Says which one cannot be read and why. */
export async function opened(picked: readonly Picked[]): Promise<Picked[]> {
  const isForeign = (path: string) => path.split("/").some((part) => FOREIGN.has(part));
  const open = async (one: Picked): Promise<Picked> => {
    const file = one.files[0];
    if (one.folder || !file || !("blob" in file) || !isArchive(one.name)) return one;
    try {
      return { name: one.name, folder: true, files: await unpack(file.blob as File, isForeign) };
    } catch (error) {
      throw new Error(`${one.name} cannot be read: ${error instanceof Error ? error.message : "it is damaged"}`);
    }
  };
  return Promise.all(picked.map(open));
}

function leaveOut(picked: Picked, folder: string): void {
  picked.files.push({ path: folder, skipped: "folder of foreign or generated files, not looked into" });
}

function single(file: File): Picked {
  return { name: file.name, folder: false, files: [input(file.name, file)] };
}

function input(path: string, file: File): Input {
  if (file.size > LARGEST && !isArchive(file.name))
    return { path, skipped: `larger than ${LARGEST / 1024 / 1024} MiB` };
  return { path, blob: file };
}
