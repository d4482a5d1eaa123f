// Builds the action: `node action/build.mjs` writes action/dist, which is committed because GitHub runs it as it is.
//
//   --check     only tells whether dist/BUILD was made from the sources as they are now; 1 if not
//   --pkg DIR   take the engine from there instead of engine/pkg
//   --out DIR   write there instead of action/dist
//
// The same inputs give the same bytes. dist/BUILD holds a digest over all of them, Rust included, so that a forgotten
// build is seen without the Rust tools.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const www = dirname(dirname(fileURLToPath(import.meta.url)));
const repository = dirname(www);

const INPUTS = [
  "Cargo.lock",
  "Cargo.toml",
  "scripts/build-wasm",
  "src",
  "wasm/Cargo.toml",
  "wasm/src",
  "www/action",
  "www/engine",
  "www/package-lock.json",
];
/** Made from the inputs, or without influence on the bundle. */
const OUTSIDE = ["www/action/dist", "www/action/test", "www/engine/pkg", "www/engine/test"];

const { values: flags } = parseArgs({
  options: { check: { type: "boolean" }, pkg: { type: "string" }, out: { type: "string" } },
});
const pkg = resolve(flags.pkg ?? join(www, "engine", "pkg"));
const dist = resolve(flags.out ?? join(www, "action", "dist"));

if (flags.check) check();
else await build();

function check() {
  const file = join(dist, "BUILD");
  const built = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (built === stamp()) return;
  process.stderr.write(
    "www/action/dist was not built from these sources; build the wasm, then run npm run build:action\n",
  );
  process.exitCode = 1;
}

async function build() {
  const wasm = join(pkg, "plimsoll_wasm_bg.wasm");
  if (!existsSync(wasm)) {
    process.stderr.write(`there is no engine in ${relative(process.cwd(), pkg)}; build the wasm package first\n`);
    process.exitCode = 1;
    return;
  }
  const esbuild = await import("esbuild");
  const result = await esbuild.build({
    absWorkingDir: www,
    entryPoints: ["action/main.ts"],
    outfile: join(dist, "index.js"),
    write: false,
    metafile: true,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    charset: "utf8",
    legalComments: "none",
    alias: { "#wasm": join(pkg, "plimsoll_wasm.js") },
    logLevel: "warning",
  });
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  writeFileSync(join(dist, "index.js"), result.outputFiles[0].contents);
  writeFileSync(join(dist, "plimsoll_wasm_bg.wasm"), readFileSync(wasm));
  writeFileSync(join(dist, "package.json"), '{ "type": "module" }\n');
  writeFileSync(join(dist, "LICENSES.txt"), licences(Object.keys(result.metafile.inputs)));
  writeFileSync(join(dist, "BUILD"), stamp());
}

/** The licences of the packages inside the bundle, which ask to be passed on. */
function licences(inputs) {
  const packages = inputs.map((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]).filter(Boolean);
  const texts = [...new Set(packages)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(www, folder, "package.json"), "utf8"));
    const file = readdirSync(join(www, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? "" : `\n\n${readFileSync(join(www, folder, file), "utf8").trim()}`;
    return `${name} ${version} (${license})${text}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

function stamp() {
  const hash = createHash("sha256");
  for (const path of INPUTS.flatMap(files)) {
    const content = readFileSync(join(repository, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return `sha256 ${hash.digest("hex")}\n`;
}

/** A file, or all files in a folder, sorted by path; what editors and systems leave behind is no input. */
function files(path) {
  if (OUTSIDE.includes(path)) return [];
  const full = join(repository, path);
  if (!existsSync(full)) return [];
  const entries = readdirSync(dirname(full), { withFileTypes: true });
  const entry = entries.find((candidate) => candidate.name === path.split("/").at(-1));
  if (entry?.isFile()) return [path];
  return readdirSync(full)
    .filter((name) => !name.startsWith(".") && !name.endsWith("~"))
    .sort()
    .flatMap((name) => files(join(path, name).split(sep).join("/")));
}
