/** CODEOWNERS: who owns a file. The last line that matches decides, as on GitHub. */

export interface Owners {
  /** `@login` and `@organisation/team`, in lower case; empty if nobody owns the file. */
  of(path: string): string[];
}

/** Where GitHub looks, the first that is there counts. */
export const CODEOWNERS = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

export function readOwners(text: string): Owners {
  const rules = text
    .split(/\r?\n/)
    .map((line) => line.replace(/(?:^|\s)#.*$/, "").trim())
    .filter((line) => line !== "")
    .map((line) => {
      const [pattern = "", ...owners] = line.split(/(?<!\\)\s+/);
      return {
        pattern: toPattern(pattern.replaceAll("\\ ", " ")),
        owners: owners.filter((owner) => owner.startsWith("@")).map((owner) => owner.toLowerCase()),
      };
    });
  return { of: (path) => rules.findLast((rule) => rule.pattern.test(path))?.owners ?? [] };
}

/** As in .gitignore, without `!` and `[ ]`, which CODEOWNERS does not know. */
function toPattern(pattern: string): RegExp {
  const isFolder = pattern.endsWith("/");
  const trimmed = pattern.replace(/^\//, "").replace(/\/$/, "");
  const anchored = pattern.startsWith("/") || trimmed.includes("/");
  const tokens = trimmed.match(/\*\*\/|\/\*\*$|\*\*|[*?]|[^*?/]+|\//g) ?? [];
  const body = tokens.map((token) => {
    if (token === "**/") return "(?:[^/]+/)*";
    if (token === "/**") return "/.*";
    if (token === "**") return ".*";
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    return token.replace(/[\\^$.+()|[\]{}]/g, "\\$&");
  });
  // `docs/*` means the files right there, `docs` and `docs/` all below.
  const below = /(?:^|\/)\*$/.test(trimmed) && trimmed !== "*" ? "" : isFolder ? "/.*" : "(?:/.*)?";
  return new RegExp(`^${anchored ? "" : "(?:.*/)?"}${body.join("")}${below}$`, "su");
}
