// Builds dist/review.html: one file with its script, style, worker, engine and examples inside.
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

/** Together the examples may weigh this much; more would make the page slow to open for something few look at. */
const EXAMPLES_BYTES = 256 * 1024;

/**
 * Builds the page and gives its text.
 * `glue` and `wasm` are the two halves of the engine, `examples` a folder of folders with `before` and `after` in each.
 */
export async function buildPage({ glue, wasm, examples } = {}) {
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
    "virtual:examples": readExamples(examples ?? join(www, "../examples")),
  });
  const style = await minifiedStyle();
  return fill(readFileSync(join(here, "index.html"), "utf8"), script, style);
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
  return result.outputFiles[0].text;
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

function readExamples(folder) {
  if (!existsSync(folder)) return [];
  const named = readdirSync(folder).sort();
  const found = named
    .filter((name) => ["before", "after"].every((side) => existsSync(join(folder, name, side))))
    .map((name) => ({
      name,
      before: readTree(join(folder, name, "before")),
      after: readTree(join(folder, name, "after")),
    }));
  const size = JSON.stringify(found).length;
  if (size > EXAMPLES_BYTES)
    throw new Error(`the examples take ${size} bytes; the page has room for ${EXAMPLES_BYTES}`);
  return found;
}

function readTree(root) {
  return readdirSync(root, { recursive: true })
    .map((name) => ({ path: name.split(sep).join("/"), file: join(root, name) }))
    .filter(({ file }) => statSync(file).isFile())
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, file }) => ({ path, text: readFileSync(file, "utf8") }));
}

function fill(template, script, style) {
  if (/<\/script|<!--/i.test(script)) throw new Error("the script would end its own element");
  if (/<\/style/i.test(style)) throw new Error("the style would end its own element");
  const policy = [
    "default-src 'none'",
    "connect-src 'none'",
    `script-src '${hash(script)}' 'wasm-unsafe-eval'`,
    `style-src '${hash(style)}'`,
    "img-src data:",
    "worker-src blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types plimsoll",
  ].join("; ");
  const parts = { "{{policy}}": policy, "/*{{script}}*/": script, "/*{{style}}*/": style };
  for (const slot of Object.keys(parts)) if (!template.includes(slot)) throw new Error(`index.html has no ${slot}`);
  return template.replace(/\{\{policy\}\}|\/\*\{\{(?:script|style)\}\}\*\//g, (slot) => parts[slot]);
}

function hash(text) {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const html = await buildPage();
  const dist = join(here, "dist");
  mkdirSync(dist, { recursive: true });
  writeFileSync(join(dist, "review.html"), html);
  process.stdout.write(`page/dist/review.html: ${Math.round(Buffer.byteLength(html) / 1024)} KiB\n`);
}
