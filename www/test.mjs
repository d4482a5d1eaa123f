// Runs the tests: `node test.mjs DIR…` bundles every DIR/*.test.ts and hands the result to node's own runner.
//
// Packages stay outside the bundles, and tests find files of this folder through the working directory.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));

/** The engine is loaded as it is built, so that a missing one fails its own tests and no others. */
const engine = {
  name: "engine",
  setup(build) {
    const path = pathToFileURL(join(root, "engine", "pkg", "plimsoll_wasm.js")).href;
    build.onResolve({ filter: /^#wasm$/ }, () => ({ path, external: true }));
  },
};

const folders = process.argv.slice(2);
// One place per set of folders, so that two runs at once do not sweep each other away.
const out = join(root, "node_modules", ".plimsoll-tests", folders.join("+").replaceAll("/", "."));
const tests = folders.flatMap((folder) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder))
        .filter((name) => name.endsWith(".test.ts"))
        .sort()
        .map((name) => `${folder}/${name}`)
    : [],
);
if (tests.length === 0) {
  process.stderr.write(`no *.test.ts in ${folders.join(", ") || "no folder at all"}\n`);
  process.exit(2);
}

rmSync(out, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: tests,
  outbase: root,
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  plugins: [engine],
  sourcemap: "inline",
  logLevel: "warning",
});

const built = tests.map((test) => join(out, test.replace(/\.ts$/, ".mjs")));
const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...built], { cwd: root, stdio: "inherit" });
process.exit(run.status ?? 1);
