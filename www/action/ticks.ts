/**
 * Keeps the ticks of a task list when the text around it is written anew.
 *
 * A tick is kept where the item says the same as before, links aside; an item whose words or numbers changed has to be
 * looked at again.
 */

const ITEM = /^(\s*[-*+] \[)([ xX])(\] )(.*)$/;

/** `fresh` with the ticks that `previous` has. */
export function keepTicks(previous: string, fresh: string): string {
  const ticked = new Set<string>();
  for (const line of previous.split(/\r?\n/)) {
    const [, , mark, , text = ""] = ITEM.exec(line) ?? [];
    if (mark === "x" || mark === "X") ticked.add(withoutLinks(text));
  }
  if (ticked.size === 0) return fresh;
  return fresh
    .split("\n")
    .map((line) => {
      const [, open, mark, close, text = ""] = ITEM.exec(line) ?? [];
      return mark === " " && ticked.has(withoutLinks(text)) ? `${open}x${close}${text}` : line;
    })
    .join("\n");
}

/** Permanent links name a commit, so they differ with every push. */
function withoutLinks(text: string): string {
  return text.replace(/\]\([^)]*\)/g, "]").trim();
}
