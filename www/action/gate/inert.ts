/** Text of people and of the change made harmless in Markdown. What the engine writes is inert already. */

/** As code: neither a mention, nor a link, nor markup. On one line, without characters that nobody sees. */
export function code(text: string, most = 200): string {
  const plain = [...text.replace(/\s+/g, " ").trim()].slice(0, most).join("").replace(UNSEEN, "\ufffd");
  if (plain === "") return "(empty)";
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = plain.startsWith("`") || plain.endsWith("`") ? " " : "";
  return `${fence}${pad}${plain}${pad}${fence}`;
}

/** Control characters, those that turn the direction of the text, and those without width. */
const UNSEEN =
  /\u034f|[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
