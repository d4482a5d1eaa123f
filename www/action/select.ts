/**
 * Which files of the repository the engine gets to see: those that can be configuration by their name, within the
 * globs of the input `paths`.
 *
 * Names only; the engine tells by the content what a file is. A name too many costs time, a name too few hides a change,
 * so this is generous.
 */

const EXTENSIONS = new Set(
  (
    "yaml yml json jsonc json5 toml env properties props conf cnf cfg cf config ini list xml hcl tf tfvars tofu nomad " +
    "service socket timer mount target path sh bash prisma hocon cscfg"
  ).split(" "),
);

/** A template is the file it makes: `values.yaml.j2` is read like `values.yaml`. */
const TEMPLATE_SUFFIXES = new Set(
  "j2 jinja jinja2 erb tpl tmpl template gotmpl mustache hbs example sample dist default defaults in local bak orig".split(
    " ",
  ),
);

const NAMES = /^(?:\.env(?:[._-].*)?|env|.*[._-]env|\.envrc|dockerfile(?:\..*)?|containerfile|procfile)$/;

/** Written by tools, large, and without a setting that anybody tunes. */
const GENERATED =
  /(?:^|\/)(?:node_modules|\.git)\/|(?:^|\/)(?:package-lock|npm-shrinkwrap|packages\.lock|composer\.lock|deno\.lock)\.json$|(?:^|\/)(?:pnpm-lock\.yaml|\.terraform\.lock\.hcl)$|\.min\.json$/;

/** Whether a file of this name can be configuration. */
export function isPlausible(path: string): boolean {
  if (GENERATED.test(path)) return false;
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (NAMES.test(name)) return true;
  const words = name.split(".");
  while (words.length > 2 && TEMPLATE_SUFFIXES.has(words.at(-1) ?? "")) words.pop();
  return words.length > 1 && (EXTENSIONS.has(words.at(-1) ?? "") || NAMES.test(words.join(".")));
}

/** Program text, prose, pictures: no configuration of a deployment, whatever changed in it. */
const OTHER_ENDINGS = new Set(
  (
    "adoc bmp c cc cjs clj cljs cpp cs css cts dart dockerignore eot erl ex exs f90 fs gif gitattributes gitignore " +
    "gitkeep go gradle groovy h hpp hrl hs htm html ico ipynb java jl jpeg jpg js jsx kt kts less lua m md mdx mjs ml " +
    "mov mp3 mp4 mts otf pdf php pl pm png po proto py pyi r rb rs rst sass scala scss snap sum svelte svg swift tex " +
    "ts tsx ttf vue wav webp woff woff2 zig"
  ).split(" "),
);

const OTHER_NAMES = new Set("license readme changelog codeowners notice authors makefile".split(" "));

/** What a file is that holds no configuration, as its ending (`.rs`) or its name; null if its name does not tell. */
export function kindOfOther(path: string): string | null {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const dot = name.lastIndexOf(".");
  if (dot < 0) return OTHER_NAMES.has(name) ? name : null;
  return OTHER_ENDINGS.has(name.slice(dot + 1)) ? name.slice(dot) : null;
}

/**
 * A filter from globs: `*` and `?` stay within a folder, `**` crosses folders, `{a,b}` is either, a folder's name means
 * all in it, and a leading `!` leaves out. The last glob that matches decides. Without a glob that includes, all is in.
 */
export function pathFilter(globs: string[]): (path: string) => boolean {
  const rules = globs.map((glob) => ({ keep: !glob.startsWith("!"), pattern: toPattern(glob.replace(/^!/, "")) }));
  const byDefault = !rules.some((rule) => rule.keep);
  return (path) => rules.findLast((rule) => rule.pattern.test(path))?.keep ?? byDefault;
}

function toPattern(glob: string): RegExp {
  const trimmed = glob.replace(/^\.?\//, "").replace(/\/$/, "");
  const tokens = trimmed.match(/\*\*\/|\*\*|[*?{},]|[^*?{},]+/g) ?? [];
  const braces = areBalanced(tokens);
  let depth = 0;
  const body = tokens.map((token) => {
    if (token === "**/") return "(?:[^/]+/)*";
    if (token === "**") return ".*";
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    if (braces && token === "{") depth += 1;
    else if (braces && token === "}") depth -= 1;
    else if (token !== "," || depth === 0) return token.replace(/[\\^$.+()|[\]{}]/g, "\\$&");
    return token === "{" ? "(?:" : token === "}" ? ")" : "|";
  });
  return new RegExp(`^${body.join("")}(?:/.*)?$`, "su");
}

/** A brace without its other half stands for itself, and so do all in that glob. */
function areBalanced(tokens: string[]): boolean {
  let depth = 0;
  for (const token of tokens) {
    if (token === "{") depth += 1;
    if (token === "}") depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}
