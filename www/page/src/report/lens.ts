/**
 * A look through the glass at two values that differ in a letter or two: the letters large, and each called by its
 * name, because `l`, `1` and a Cyrillic `а` look alike.
 */

import { type Child, h } from "../dom.ts";

/** More than this is a different word and needs no glass. */
const MOST = 2;
/** Letters shown on either side. */
const AROUND = 10;

const DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

const SIGNS: Record<string, string> = {
  " ": "space",
  "\t": "tab",
  "\u00a0": "no-break space",
  "\u200b": "zero width space",
  "\u200c": "zero width non-joiner",
  "\u200d": "zero width joiner",
  "\u00ad": "soft hyphen",
  "\ufeff": "byte order mark",
  "-": "hyphen",
  "\u2010": "typographic hyphen",
  "\u2011": "no-break hyphen",
  "\u2013": "en dash",
  "\u2014": "em dash",
  _: "underscore",
  ".": "dot",
  ",": "comma",
  ":": "colon",
  ";": "semicolon",
  "/": "slash",
  "\\": "backslash",
  "'": "apostrophe",
  '"': "quotation mark",
  "@": "at sign",
};

const SCRIPTS = ["Cyrillic", "Greek", "Armenian", "Hebrew", "Arabic", "Cherokee", "Latin"];

/** Where two values differ, if it is little: the letters before, in the middle of each, and behind. */
export interface Slip {
  before: string;
  old: string[];
  new: string[];
  after: string;
}

export function slip(old: string, fresh: string): Slip | null {
  const [a, b] = [[...old], [...fresh]];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const [gone, come] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const longest = Math.max(gone.length, come.length);
  const common = start + end;
  // Numbers and versions differ in a digit as a matter of course.
  const isNumber = [...gone, ...come].every((letter) => /[0-9]/.test(letter)) && gone.length === come.length;
  if (longest === 0 || longest > MOST || common < 5 || isNumber) return null;
  return { before: a.slice(0, start).join(""), old: gone, new: come, after: a.slice(a.length - end).join("") };
}

/** The glass; nothing where it would show nothing. */
export function lens(old: string | null, fresh: string | null): Child {
  const found = old !== null && fresh !== null ? slip(old, fresh) : null;
  if (!found) return null;
  const before = [...found.before].slice(-AROUND).join("");
  const after = [...found.after].slice(0, AROUND).join("");
  const side = (label: string, kind: string, letters: readonly string[]) =>
    h(
      "span",
      { class: "glass" },
      h("span", { class: "glass-label" }, label),
      h("code", {}, before, h("mark", { class: kind }, letters.length === 0 ? "\u2038" : letters.map(visible)), after),
      h("span", { class: "glass-names" }, letters.length === 0 ? "nothing" : letters.map(named).join(", ")),
    );
  return h("span", { class: "lens" }, side("before", "removed", found.old), side("after", "added", found.new));
}

/** A sign that takes no room, or looks like none, as a box. */
function visible(letter: string): string {
  return /[\s\p{Cf}]/u.test(letter) ? "\u2423" : letter;
}

export function named(letter: string): string {
  const code = `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
  const sign = SIGNS[letter];
  if (sign) return `${sign} (${code})`;
  if (/[0-9]/.test(letter)) return `digit ${DIGITS[Number(letter)]} (${code})`;
  if (/[a-z]/.test(letter)) return `small letter ${letter} (${code})`;
  if (/[A-Z]/.test(letter)) return `capital letter ${letter} (${code})`;
  const script = SCRIPTS.find((name) => new RegExp(`\\p{Script=${name}}`, "u").test(letter));
  return script ? `${script} letter ${letter} (${code})` : code;
}
