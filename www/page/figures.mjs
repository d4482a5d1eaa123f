// Prints the page's figures, measured in the built page beside the native program: `node page/figures.mjs`.
//
// Build both first (`cargo build --release`, `npm run build:page`). Times are the least of several runs, since a machine
// that does other things only ever adds to them.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const html = join(here, "dist/review.html");
const module = join(here, "../engine/pkg/plimsoll_wasm_bg.wasm");
const native = join(here, "../../target/release/plimsoll");
const scratch = mkdtempSync(join(tmpdir(), "plimsoll-figures-"));

const service = (n, pool) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-${n}
  namespace: team-${n % 7}
spec:
  replicas: ${(n % 5) + 2}
  selector: {matchLabels: {app: service-${n}}}
  template:
    metadata: {labels: {app: service-${n}}}
    spec:
      containers:
        - name: app
          image: registry.example/service-${n}:1.${n}.0
          ports: [{containerPort: 8080}]
          env:
            - name: SPRING_DATASOURCE_URL
              value: jdbc:postgresql://db-${n % 11}.example.internal:5432/service_${n}
            - name: SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE
              value: "${pool}"
`;
const files = (count, changed) =>
  Array.from({ length: count }, (_, n) => service(n, n % 10 === 0 && changed ? 40 : 10));

const least = (times) => Math.min(...times);
const rows = [];
const row = (what, measured, wanted) => rows.push([what, measured, wanted]);
const ms = (value) => `${Math.round(value)} ms`;

function timeNative(old, fresh) {
  if (!existsSync(native)) return null;
  const run = () => {
    const start = performance.now();
    spawnSync(native, ["review", old, fresh, "--format", "json"], { maxBuffer: 1 << 28 });
    return performance.now() - start;
  };
  return least([run(), run(), run()]);
}

function write(folder, texts) {
  for (const [n, text] of texts.entries()) {
    const at = join(scratch, folder, `${n % 20}`);
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, `service-${n}.yaml`), text);
  }
  return join(scratch, folder);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"],
});
const tab = await (await browser.newContext()).newPage();
tab.setDefaultTimeout(120_000);
await tab.goto(pathToFileURL(html).href);

async function review(old, fresh, isFolder) {
  await tab.locator(isFolder ? "#old-folder" : "#old-files").setInputFiles(old);
  await tab.locator(isFolder ? "#new-folder" : "#new-files").setInputFiles(fresh);
  await tab.locator("[data-side=new].full").waitFor();
  const start = await tab.evaluate(() => {
    globalThis.began = performance.now();
    globalThis.seen = new Promise((resolve) => {
      const look = new MutationObserver(() => {
        if (!document.querySelector(".report")) return;
        look.disconnect();
        requestAnimationFrame(() => resolve(performance.now() - globalThis.began));
      });
      look.observe(document.querySelector("main"), { childList: true });
    });
    document.querySelector("form").requestSubmit();
    return globalThis.seen;
  });
  await tab.getByRole("button", { name: "Review another change" }).click();
  return start;
}

// One megabyte on each side.
const many = files(2000, false).join("---\n");
const count = Math.ceil(1_000_000 / (many.length / 2000));
const pair = { old: join(scratch, "before.yaml"), fresh: join(scratch, "after.yaml") };
writeFileSync(pair.old, files(count, false).join("---\n"));
writeFileSync(pair.fresh, files(count, true).join("---\n"));
const times = [];
for (let i = 0; i < 3; i += 1) times.push(await review(pair.old, pair.fresh, false));
const nativePair = timeNative(pair.old, pair.fresh);
row("1 MB pair to first result", ms(least(times)), "≤ 300 ms");
if (nativePair !== null)
  row("… against native", `${(least(times) / nativePair).toFixed(1)} × ${ms(nativePair)}`, "≤ 2.5 ×");

const trees = { old: write("old", files(1000, false)), fresh: write("new", files(1000, true)) };
row(
  "two folders of 1,000 files",
  ms(least([await review(trees.old, trees.fresh, true), await review(trees.old, trees.fresh, true)])),
  "≤ 1,500 ms",
);

// Typing, in a file of 2,000 lines.
const long = files(110, false).join("---\n").split("\n").slice(0, 2000).join("\n");
const typing = { old: join(scratch, "a.yaml"), fresh: join(scratch, "b.yaml") };
writeFileSync(typing.old, long);
writeFileSync(typing.fresh, long.replace('value: "10"', 'value: "11"'));
await tab.locator("#old-files").setInputFiles(typing.old);
await tab.locator("#new-files").setInputFiles(typing.fresh);
await tab.getByRole("button", { name: "Review the change" }).click();
await tab.getByRole("button", { name: "Change it here" }).click();
await tab.locator(".live").waitFor();
const keys = await tab.evaluate(async () => {
  const area = document.querySelector("#edit-text");
  const panel = document.querySelector(".live");
  const all = [];
  for (let i = 0; i < 12; i += 1) {
    const start = performance.now();
    const done = new Promise((resolve) => {
      const look = new MutationObserver(() => {
        look.disconnect();
        resolve(performance.now() - start);
      });
      look.observe(panel, { childList: true });
    });
    area.value = area.value.replace(/value: "1\d*"/, `value: "1${i}"`);
    area.dispatchEvent(new Event("input"));
    all.push(await done);
  }
  return all;
});
row("typing to updated findings, 2,000 lines", ms(least(keys)), "≤ 50 ms");
await tab.getByRole("button", { name: "Back to the report" }).click();
await tab.getByRole("button", { name: "Review another change" }).click();

// Memory of the page after each of ten reviews, and of the engine, which a worker keeps.
const session = await tab.context().newCDPSession(tab);
const memory = [];
for (let i = 0; i < 10; i += 1) {
  await review(typing.old, typing.fresh, false);
  await session.send("HeapProfiler.collectGarbage");
  memory.push((await session.send("Runtime.getHeapUsage")).usedSize);
}
const mib = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
row("page's heap after review 2 and 10", `${mib(memory[1])}, ${mib(memory[9])}`, "not growing");

const engine = await import(pathToFileURL(join(here, "../engine/pkg/plimsoll_wasm.js")).href);
const { memory: held } = engine.initSync({ module: readFileSync(module) });
const sizes = [];
for (let i = 0; i < 10; i += 1) {
  const request = new engine.Request();
  request.add("old", "a.yaml", readFileSync(typing.old));
  request.add("new", "a.yaml", readFileSync(typing.fresh));
  const done = request.run();
  done.render("json", "{}");
  done.free();
  sizes.push(held.buffer.byteLength);
}
row("engine's memory after review 2 and 10", `${mib(sizes[1])}, ${mib(sizes[9])}`, "not growing");

const page = readFileSync(html);
row("whole page, gzip", `${Math.round(gzipSync(page, { level: 9 }).length / 1024)} KiB`, "≤ 600 KiB");
row("engine, gzip", `${Math.round(gzipSync(readFileSync(module), { level: 9 }).length / 1024)} KiB`, "≤ 350 KiB");

await browser.close();
rmSync(scratch, { recursive: true, force: true });
const width = Math.max(...rows.map(([what]) => what.length));
const version = existsSync(native)
  ? execFileSync(native, ["--version"], { encoding: "utf8" }).trim()
  : "no native program";
process.stdout.write(`${version}; load ${loadavg()[0].toFixed(1)}\n`);
for (const [what, measured, wanted] of rows)
  process.stdout.write(`${what.padEnd(width)}  ${measured.padEnd(20)} ${wanted}\n`);
