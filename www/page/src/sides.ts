/** Which of the given things is before and which is after, and the job that follows from it. */

import type { Environment, Side } from "../../engine/report.ts";
import type { Picked } from "./collect.ts";
import type { Input, Job } from "./protocol.ts";

/** One side as it was given. */
export interface SideInput {
  /** What a person calls it: the folder's or the file's name. */
  label: string;
  /** One file rather than a tree; two of them are compared whatever their names. */
  single: boolean;
  files: Input[];
}

export interface Sides {
  old: SideInput | null;
  new: SideInput | null;
}

const OLD_NAMES = /(^|[-_. /])(old|before|base|orig(inal)?|prev(ious)?|left)([-_. /]|$)/i;
const NEW_NAMES = /(^|[-_. /])(new|after|head|next|changed|right)([-_. /]|$)/i;

/** All that was given for one side, as that side. */
export function sideOf(picked: readonly Picked[]): SideInput | null {
  const first = picked[0];
  if (!first) return null;
  if (picked.length === 1) return { label: first.name, single: !first.folder, files: first.files };
  // Several at once keep their names apart: `a/x.yaml` and `b/x.yaml` are two files.
  const files = picked.flatMap((one) =>
    one.folder ? one.files.map((file) => ({ ...file, path: `${one.name}/${file.path}` })) : one.files,
  );
  return { label: `${first.name} and ${picked.length - 1} more`, single: false, files };
}

/** Both sides of a drop: two things, or one folder with a before and an after in it. Null if it is neither. */
export function bothSides(picked: readonly Picked[]): { old: SideInput; new: SideInput } | null {
  const pair = picked.length === 1 && picked[0] ? split(picked[0]) : picked;
  const [first, second] = pair;
  if (!first || !second || pair.length !== 2 || first.folder !== second.folder) return null;
  const [before, after] = inOrder(first, second);
  const [oldSide, newSide] = [sideOf([before]), sideOf([after])];
  return oldSide && newSide ? { old: oldSide, new: newSide } : null;
}

/** The names decide where they can; otherwise it is the order in which they came. */
function inOrder(first: Picked, second: Picked): [Picked, Picked] {
  const turned = OLD_NAMES.test(second.name) || NEW_NAMES.test(first.name);
  const straight = OLD_NAMES.test(first.name) || NEW_NAMES.test(second.name);
  return turned && !straight ? [second, first] : [first, second];
}

/** A folder that has nothing but two folders in it, one named as the old side and one as the new. */
function split(picked: Picked): Picked[] {
  const parts = new Map<string, Picked>();
  for (const file of picked.files) {
    const [root = "", ...rest] = file.path.split("/");
    if (rest.length === 0) continue;
    const part = parts.get(root) ?? { name: root, folder: true, files: [] };
    parts.set(root, part);
    part.files.push({ ...file, path: rest.join("/") });
  }
  const [first, second] = [...parts.values()];
  const named = (part: Picked | undefined) => part && (OLD_NAMES.test(part.name) || NEW_NAMES.test(part.name));
  return first && second && parts.size === 2 && named(first) && named(second) ? [first, second] : [];
}

/** The side of a pasted text. */
export function pasted(path: string, text: string): SideInput {
  return { label: path, single: true, files: [{ path, blob: new Blob([text]) }] };
}

/** What the worker is to do. The policy is `plimsoll.toml` at the root of the new side, as on the command line. */
export async function jobOf(
  before: SideInput,
  after: SideInput,
  environment: Environment | null,
  today: Date,
): Promise<Job> {
  const policy = after.files.find((file) => file.path === "plimsoll.toml");
  return {
    old: renamed(before, after),
    new: after.files,
    options: {
      config: policy && "blob" in policy ? await policy.blob.text() : null,
      env: environment ? [["**", environment]] : [],
      today: localDate(today),
    },
  };
}

/** Two single files are one file in two versions, so the old one takes the new one's name. */
function renamed(before: SideInput, after: SideInput): Input[] {
  const [oldFile, newFile] = [before.files[0], after.files[0]];
  if (!before.single || !after.single || !oldFile || !newFile) return before.files;
  return [{ ...oldFile, path: newFile.path }];
}

/** `YYYY-MM-DD` where the reader is. */
export function localDate(date: Date): string {
  const two = (n: number) => `${n}`.padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The word for a side on the page. */
export const SIDE_LABEL: Record<Side, string> = { old: "Before", new: "After" };
