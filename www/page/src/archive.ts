/**
 * Reads zip, tar and tar.gz with what the browser has. What is wrong with an archive is said, never guessed around: a
 * member that cannot be read is named with its reason.
 */

import type { Input } from "./protocol.ts";

/** Together the members may unpack to this much, so that a bomb stops early. */
const MOST_BYTES = 512 * 1024 * 1024;
/** No deployment repository has as many files. */
const MOST_FILES = 50_000;

const ARCHIVE = /\.(zip|tar|tgz|tar\.gz)$/i;

export function isArchive(name: string): boolean {
  return ARCHIVE.test(name);
}

/** The members as files, without the one folder that all of them lie in. */
export async function unpack(file: File, isForeign: (path: string) => boolean): Promise<Input[]> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const members = /\.zip$/i.test(file.name) ? await unzip(bytes) : untar(await gunzipped(bytes));
  const wanted = members.filter((one) => !isForeign(one.path));
  return withoutRoot(wanted.sort((a, b) => (a.path < b.path ? -1 : 1)));
}

async function gunzipped(bytes: Uint8Array): Promise<Uint8Array> {
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? await inflate(bytes, "gzip", MOST_BYTES) : bytes;
}

async function inflate(bytes: Uint8Array, format: "gzip" | "deflate-raw", most: number): Promise<Uint8Array> {
  const reader = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream(format)).getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new RangeError("it unpacks to more than this page reads");
    }
    parts.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The members of a zip by its directory at the end. */
async function unzip(bytes: Uint8Array): Promise<Input[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = directoryEnd(view);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff) throw new RangeError("zip archives of 4 GB and more are not read");
  const members: Input[] = [];
  let room = MOST_BYTES;
  for (let i = 0; i < count; i += 1) {
    if (view.getUint32(at, true) !== 0x02014b50) throw new RangeError("its directory is damaged");
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    const packed = view.getUint32(at + 20, true);
    const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [
      number,
      number,
      number,
    ];
    const start = view.getUint32(at + 42, true);
    const path = text(bytes.subarray(at + 46, at + 46 + name));
    at += 46 + name + extra + comment;
    if (path.endsWith("/")) continue;
    if ((flags & 1) === 1) {
      members.push({ path, skipped: "encrypted in the archive" });
      continue;
    }
    const data = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
    const body = bytes.subarray(data, data + packed);
    const member = await zipMember(path, body, method, room);
    if ("blob" in member) room -= member.blob.size;
    members.push(member);
    if (members.length > MOST_FILES) throw new RangeError("it has more files than this page reads");
  }
  return members;
}

async function zipMember(path: string, body: Uint8Array, method: number, room: number): Promise<Input> {
  if (method === 0) return { path, blob: new Blob([body.slice()]) };
  if (method !== 8) return { path, skipped: "packed in a way that browsers cannot unpack" };
  try {
    return { path, blob: new Blob([(await inflate(body, "deflate-raw", room)).slice()]) };
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return { path, skipped: "damaged in the archive" };
  }
}

/** Where the end of the directory is: it may be followed by a comment. */
function directoryEnd(view: DataView): number {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 0xffff); at -= 1) {
    if (view.getUint32(at, true) === 0x06054b50) return at;
  }
  throw new RangeError("it is no zip archive");
}

function untar(bytes: Uint8Array): Input[] {
  const members: Input[] = [];
  let long: string | null = null;
  for (let at = 0; at + 512 <= bytes.length; ) {
    const head = bytes.subarray(at, at + 512);
    if (head.every((byte) => byte === 0)) break;
    const size = Number.parseInt(field(head, 124, 12).trim() || "0", 8);
    if (!Number.isFinite(size) || text(head.subarray(257, 262)) !== "ustar")
      throw new RangeError("it is no tar archive");
    const kind = String.fromCharCode(head[156] ?? 0);
    const body = bytes.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
    if (kind === "L") long = text(body).replace(/\0.*$/s, "");
    else if (kind === "x") long = paxPath(text(body)) ?? long;
    else if (kind !== "g") {
      const prefix = field(head, 345, 155);
      const path = long ?? (prefix === "" ? "" : `${prefix}/`) + field(head, 0, 100);
      long = null;
      if (kind === "0" || kind === "\0") members.push({ path, blob: new Blob([body.slice()]) });
      else if (kind === "2" || kind === "1") members.push({ path, skipped: "a link, not followed" });
    }
    if (members.length > MOST_FILES) throw new RangeError("it has more files than this page reads");
  }
  if (members.length === 0 && bytes.length > 0 && bytes.some((byte) => byte !== 0)) {
    throw new RangeError("it holds no files");
  }
  return members;
}

function field(head: Uint8Array, at: number, length: number): string {
  return text(head.subarray(at, at + length)).replace(/\0.*$/s, "");
}

/** `27 path=…` of an extended header. */
function paxPath(records: string): string | null {
  return /^\d+ path=(.*)$/m.exec(records)?.[1] ?? null;
}

function withoutRoot(members: Input[]): Input[] {
  const clean = members.map((one) => ({ ...one, path: one.path.replace(/^(\.?\/)+/, "") }));
  const roots = new Set(clean.map((one) => (one.path.includes("/") ? one.path.slice(0, one.path.indexOf("/")) : "")));
  const [root] = roots;
  if (roots.size !== 1 || !root) return clean;
  // `before` and `after` in one archive are two folders and stay; one folder around everything says nothing.
  return clean.map((one) => ({ ...one, path: one.path.slice(root.length + 1) }));
}
