// Builds dist/review.html: one file with its script, style, worker, engine and examples inside; and dist/site, the same
// page for a web server, which can be installed and opened without a network.
//
// `node page/build.mjs` takes the engine from engine/pkg. Everything executable is in one script whose hash is in the
// content security policy, so the page runs nothing else and can reach nothing.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const www = dirname(here);

/** The gallery: incidents that the repository's tests hold, with what a visitor is told of them. */
const GALLERY = [
  {
    name: "pool-flood",
    folder: "../examples/pool-flood",
    title: "The pool that floods the server",
    why: "One number goes from 5 to 40. What it is multiplied by, and what it is measured against, stand in files that the change does not touch.",
  },
  {
    name: "aggressive-recycling",
    folder: "../tests/cases/incident-2-aggressive-recycling",
    title: "Connections thrown away too early",
    why: "A lifetime shortened to seconds: every client reconnects all the time.",
  },
  {
    name: "pool-too-small",
    folder: "../tests/cases/incident-3-pool-too-small",
    title: "The pool that starves its threads",
    why: "A pool cut below the traffic that goes through it.",
  },
  {
    name: "overwritten-by-update",
    folder: "../tests/cases/incident-4-overwritten-by-update",
    title: "The setting that an update took back",
    why: "A file replaced as a whole, and a tuned value with it.",
  },
  {
    name: "host-typo",
    folder: "../tests/cases/incident-5-host-typo",
    title: "The host with a letter amiss",
    why: "Two names that look alike, and one that nothing answers to.",
  },
];

/** Together the examples may weigh this much; more would make the page slow to open for something few look at. */
const EXAMPLES_BYTES = 256 * 1024;

/**
 * Builds the page and gives its text.
 * `glue` and `wasm` are the two halves of the engine, `examples` a folder of folders with `before` and `after` in each
 * instead of the gallery, `hosted` whether a server gives it out.
 */
export async function buildPage({ glue, wasm, examples, hosted = false } = {}) {
  const engine = {
    glue: glue ?? join(www, "engine/pkg/plimsoll_wasm.js"),
    wasm: wasm ?? join(www, "engine/pkg/plimsoll_wasm_bg.wasm"),
  };
  for (const file of Object.values(engine)) {
    if (!existsSync(file)) throw new Error(`${relative(www, file)} is missing: run scripts/build-wasm first`);
  }
  const packed = gzipSync(readFileSync(engine.wasm), { level: 9 }).toString("base64");
  const worker = await bundle("src/worker.ts", { "virtual:engine": packed }, engine.glue);
  const script = await bundle("src/main.ts", {
    "virtual:worker": worker,
    "virtual:examples": examples ? readExamples(examples) : gallery(),
  });
  const style = await minifiedStyle();
  return fill(readFileSync(join(here, "index.html"), "utf8"), script, style, hosted);
}

/** The files of the hosted page beside index.html. */
export function siteFiles(index) {
  const version = createHash("sha256").update(index).digest("hex").slice(0, 16);
  const manifest = JSON.parse(readFileSync(join(here, "site/manifest.webmanifest"), "utf8"));
  return {
    "manifest.webmanifest": `${JSON.stringify(manifest)}\n`,
    "icon.svg": readFileSync(join(here, "site/icon.svg"), "utf8"),
    "offline.js": readFileSync(join(here, "site/offline.js"), "utf8").replace("{{version}}", version),
  };
}

async function bundle(entry, modules, glue) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    platform: "browser",
    target: ["es2022", "chrome110", "firefox115", "safari16.4"],
    charset: "utf8",
    // The glue would look for the wasm beside itself if it were not given; here it always is.
    define: { "import.meta.url": '""' },
    plugins: [inlined(modules, glue)],
    logLevel: "warning",
  });
  // In a string or a pattern an escaped `<` is the same, and it neither ends the script's element nor opens a comment.
  return result.outputFiles[0].text.replace(/<(?=!--|\/script)/gi, "\\x3c");
}

/** Gives `virtual:…` imports their contents, and `#wasm` its file. */
function inlined(modules, glue) {
  return {
    name: "inlined",
    setup(setup) {
      setup.onResolve({ filter: /^#wasm$/ }, () => ({ path: glue }));
      setup.onResolve({ filter: /^virtual:/ }, (args) => ({ path: args.path, namespace: "inlined" }));
      setup.onLoad({ filter: /.*/, namespace: "inlined" }, (args) => ({
        contents: JSON.stringify(modules[args.path]),
        loader: "json",
      }));
    },
  };
}

async function minifiedStyle() {
  const result = await build({
    absWorkingDir: here,
    entryPoints: ["style.css"],
    bundle: true,
    write: false,
    minify: true,
    target: ["chrome110", "firefox115", "safari16.4"],
    logLevel: "warning",
  });
  return result.outputFiles[0].text;
}

function gallery() {
  return GALLERY.map(({ name, folder, title, why }) => example(name, join(www, folder), title, why)).map(bounded);
}

function readExamples(folder) {
  const named = readdirSync(folder).sort();
  const found = named.filter((name) => ["before", "after"].every((side) => existsSync(join(folder, name, side))));
  return found.map((name) => example(name, join(folder, name), name.replaceAll("-", " "), "")).map(bounded);
}

function example(name, folder, title, why) {
  return { name, title, why, before: readTree(join(folder, "before")), after: readTree(join(folder, "after")) };
}

function bounded(example, _, all) {
  const size = JSON.stringify(all).length;
  if (size > EXAMPLES_BYTES)
    throw new Error(`the examples take ${size} bytes; the page has room for ${EXAMPLES_BYTES}`);
  return example;
}

function readTree(root) {
  return readdirSync(root, { recursive: true })
    .map((name) => ({ path: name.split(sep).join("/"), file: join(root, name) }))
    .filter(({ file }) => statSync(file).isFile())
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, file }) => ({ path, text: readFileSync(file, "utf8") }));
}

/** What only a page from a server has. */
const HOSTED = '<link rel="manifest" href="manifest.webmanifest">';

function fill(template, script, style, hosted) {
  if (/<\/script|<!--/i.test(script)) throw new Error("the script would end its own element");
  if (/<\/style/i.test(style)) throw new Error("the style would end its own element");
  const policy = [
    "default-src 'none'",
    "connect-src 'none'",
    `script-src '${hash(script)}' 'wasm-unsafe-eval'`,
    `style-src '${hash(style)}'`,
    hosted ? "img-src data: 'self'" : "img-src data:",
    hosted ? "worker-src blob: 'self'" : "worker-src blob:",
    ...(hosted ? ["manifest-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types plimsoll",
  ].join("; ");
  const parts = {
    "{{policy}}": policy,
    "{{hosted}}": hosted ? HOSTED : "",
    "/*{{script}}*/": script,
    "/*{{style}}*/": style,
  };
  for (const slot of Object.keys(parts)) if (!template.includes(slot)) throw new Error(`index.html has no ${slot}`);
  return template.replace(/\{\{(?:policy|hosted)\}\}|\/\*\{\{(?:script|style)\}\}\*\//g, (slot) => parts[slot]);
}

function hash(text) {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const dist = join(here, "dist");
  const html = await buildPage();
  const index = await buildPage({ hosted: true });
  mkdirSync(join(dist, "site"), { recursive: true });
  writeFileSync(join(dist, "review.html"), html);
  writeFileSync(join(dist, "site/index.html"), index);
  for (const [name, text] of Object.entries(siteFiles(index))) writeFileSync(join(dist, "site", name), text);
  const kib = (bytes) => Math.round(bytes / 1024);
  const sizes = `${kib(Buffer.byteLength(html))} KiB, ${kib(gzipSync(html, { level: 9 }).length)} KiB with gzip`;
  process.stdout.write(`page/dist/review.html: ${sizes}\n`);
}
