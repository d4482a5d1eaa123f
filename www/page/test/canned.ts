/**
 * A realistic report for tests of the page alone: all verdicts' shapes, unknown ends, suppressed findings, a hostile text.
 * The engine's own numbers are tested with the engine.
 */

import type { Diff, DiffLine, Finding, Report, Rule } from "../../engine/report.ts";

const exact = (n: number) => ({ lo: n, hi: n });
const load = (usable: number, steady: number, peak: number, rollout: number, strict: number) => ({
  usable: exact(usable),
  steady: exact(steady),
  peak: exact(peak),
  rollout: exact(rollout),
  strict: exact(strict),
  failover: exact(peak),
});

/** Text that would do something if it ever were taken for markup. */
export const HOSTILE = '<img src=x onerror="document.title=1">';

function finding(over: Partial<Finding> & Pick<Finding, "id" | "rule" | "severity" | "title">): Finding {
  return {
    confidence: "high",
    points: 0,
    pointsBecause: `${over.severity} severity × high confidence × production`,
    environment: "production",
    message: over.title,
    subject: null,
    setting: null,
    old: null,
    new: null,
    file: "prod/orders-api.yaml",
    side: "new",
    line: 42,
    column: 14,
    endLine: 42,
    endColumn: 18,
    excerpt: '              value: "40"',
    evidence: [],
    symptoms: [],
    fix: { text: "", replacement: null },
    rollback: "",
    docs: `docs/rules/${over.rule}.md`,
    suppressed: null,
    ...over,
  };
}

export const findings: Finding[] = [
  finding({
    id: "a1",
    rule: "pool-exceeds-server-limit",
    severity: "critical",
    points: 68,
    title: "12 replicas with a pool of 40 can open 480 connections; orders-db allows 197",
    message:
      "orders-api can open 480 connections at peak and 600 during a rollout, orders-worker 16 more; 496 of 197 usable. Before the change it was 76 of 197",
    subject: "Deployment orders/orders-api",
    setting: "spring.datasource.hikari.maximum-pool-size",
    old: "5",
    new: "40",
    evidence: [
      { file: "prod/orders-api-autoscaling.yaml", side: "new", line: 13, text: "maxReplicas: 12" },
      { file: "prod/orders-db-config.yaml", side: "new", line: 10, text: "max_connections = 200, 3 of them reserved" },
    ],
    symptoms: ["FATAL: sorry, too many clients already", "HikariPool-1 - Connection is not available"],
    fix: { text: "lower maximum-pool-size to at most 15, or put a pooler in between", replacement: "15" },
    rollback: "set maximum-pool-size back to 5; the pods restart",
  }),
  finding({
    id: "a2",
    rule: "host-changed",
    severity: "high",
    confidence: "medium",
    points: 14,
    title: "the host of orders-worker moves from orders-db to oders-db, one letter away",
    message: "no Service, StatefulSet or container of that name is in these files; orders-db is",
    subject: "Deployment orders/orders-worker",
    setting: "SPRING_DATASOURCE_URL host",
    old: "orders-db",
    new: "oders-db",
    file: "prod/orders-worker.yaml",
    line: 25,
    fix: { text: "write orders-db", replacement: "orders-db" },
    rollback: "set the host back to orders-db",
    symptoms: ["java.net.UnknownHostException: oders-db"],
  }),
  finding({
    id: "a3",
    rule: "acquire-timeout-removed",
    severity: "medium",
    points: 3,
    environment: "unknown",
    title: "the wait for a free connection has no end any more",
    message: `connection-timeout is gone; the library waits 30 s by default ${HOSTILE}`,
    setting: "spring.datasource.hikari.connection-timeout",
    old: "3000",
    new: null,
    side: "old",
    line: 45,
    evidence: [{ file: "prod/orders-api.yaml", side: "old", line: 45, text: "the line that was removed" }],
    fix: {
      text: "keep SPRING_DATASOURCE_HIKARI_CONNECTION_TIMEOUT_IN_MILLISECONDS below that of the callers",
      replacement: null,
    },
  }),
  finding({
    id: "a4",
    rule: "min-idle-lowered",
    severity: "info",
    environment: "staging",
    title: "2 fewer connections are kept open while idle",
    file: "prod/orders-api.yaml",
    line: 300,
  }),
  finding({
    id: "a5",
    rule: "tls-mode-weakened",
    severity: "high",
    title: "sslmode falls from verify-full to require",
    setting: "sslmode",
    old: "verify-full",
    new: "require",
    file: "prod/orders-worker.yaml",
    line: 27,
    suppressed: { by: "inline", reason: "the mesh verifies the server", until: "2027-01-31" },
  }),
];

export const report: Report = {
  schema: "plimsoll.review/1",
  tool: { name: "plimsoll", version: "0.0.0-test" },
  audit: false,
  score: 85,
  level: "critical",
  summary: "12 replicas with a pool of 40 can open 480 connections; orders-db allows 197; 2 more findings",
  findings,
  changes: [
    {
      kind: "modified",
      file: "prod/orders-api.yaml",
      path: "Deployment/orders/orders-api spec.template.spec.containers[api].env[SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE].value",
      old: "5",
      new: "40",
      oldLine: 42,
      newLine: 42,
      role: "pool_max",
      subject: "Deployment orders/orders-api",
    },
    {
      kind: "removed",
      file: "prod/orders-api.yaml",
      path: "Deployment/orders/orders-api env[SPRING_DATASOURCE_HIKARI_CONNECTION_TIMEOUT].value",
      old: "3000",
      new: null,
      oldLine: 45,
      newLine: null,
      role: "acquire_timeout",
      subject: "Deployment orders/orders-api",
    },
    {
      kind: "modified",
      file: "prod/orders-worker.yaml",
      path: "Deployment/orders/orders-worker env[SPRING_DATASOURCE_URL].value",
      old: "jdbc:postgresql://orders-db:5432/orders?password=••••",
      new: "jdbc:postgresql://oders-db:5432/orders?password=••••",
      oldLine: 25,
      newLine: 25,
      role: "host",
      subject: "Deployment orders/orders-worker",
    },
    {
      kind: "added",
      file: "prod/reports.env",
      path: HOSTILE,
      old: null,
      new: HOSTILE,
      oldLine: null,
      newLine: 2,
      role: null,
      subject: null,
    },
  ],
  budget: [
    {
      server: "orders-db",
      engine: "postgresql",
      verdict: "over-peak",
      before: load(197, 31, 76, 91, 136),
      after: load(197, 136, 496, 616, 976),
      terms: [
        {
          side: "old",
          workload: "Deployment orders/orders-api",
          poolName: "spring.datasource.hikari",
          rolloutReplicas: exact(15),
          link: "by the host in its connection string",
          replicas: exact(12),
          processes: exact(1),
          pool: exact(5),
          product: exact(60),
          via: null,
          origin: "literal",
          evidence: [
            { file: "prod/orders-api-autoscaling.yaml", line: 13 },
            { file: "prod/orders-api.yaml", line: 42 },
          ],
        },
        {
          side: "old",
          workload: "Deployment orders/orders-worker",
          poolName: "DATABASE_URL",
          rolloutReplicas: exact(2),
          link: "by the host in its connection string",
          replicas: exact(2),
          processes: exact(1),
          pool: exact(8),
          product: exact(16),
          via: null,
          origin: "literal",
          evidence: [{ file: "prod/orders-worker.yaml", line: 10 }],
        },
        {
          side: "new",
          workload: "Deployment orders/orders-api",
          poolName: "spring.datasource.hikari",
          rolloutReplicas: exact(15),
          link: "by the host in its connection string",
          replicas: exact(12),
          processes: exact(1),
          pool: exact(40),
          product: exact(480),
          via: null,
          origin: "literal",
          evidence: [
            { file: "prod/orders-api-autoscaling.yaml", line: 13 },
            { file: "prod/orders-api.yaml", line: 42 },
          ],
        },
        {
          side: "new",
          workload: "Deployment orders/orders-worker",
          poolName: "DATABASE_URL",
          rolloutReplicas: exact(2),
          link: "by the host in its connection string",
          replicas: exact(2),
          processes: exact(1),
          pool: exact(8),
          product: exact(16),
          via: "pgbouncer",
          origin: "default of HikariCP 5",
          evidence: [{ file: "prod/orders-worker.yaml", line: 10 }],
        },
      ],
      couldBe: [],
      limitAt: { file: "prod/orders-db-config.yaml", line: 10 },
      limitBecause: null,
      unknowns: [],
      proposal: { setting: "spring.datasource.hikari.maximum-pool-size", value: 15, isLimit: false },
    },
    {
      server: "reports-db",
      engine: "mysql",
      verdict: "cannot-tell",
      before: null,
      after: {
        usable: { lo: 120, hi: 151 },
        steady: { lo: 10, hi: 40 },
        peak: { lo: 40, hi: null },
        rollout: { lo: 50, hi: null },
        strict: { lo: 80, hi: null },
        failover: { lo: 40, hi: null },
      },
      terms: [
        {
          side: "new",
          workload: "config/reports-nightly-production-replacement.toml",
          poolName: "DATABASE_URL",
          rolloutReplicas: exact(4),
          link: "by the host in its connection string",
          replicas: exact(4),
          processes: { lo: 1, hi: null },
          pool: exact(10),
          product: { lo: 40, hi: null },
          via: null,
          origin: "unknown",
          evidence: [{ file: "prod/reports.env", line: 2 }],
        },
      ],
      couldBe: ["Deployment reports/api: it has a client of this engine and no known host"],
      limitAt: null,
      limitBecause: null,
      unknowns: ["processes of CronJob reports/nightly: they follow the CPUs; set WEB_CONCURRENCY"],
      proposal: null,
    },
    {
      server: "search-db",
      engine: "mysql",
      verdict: "cannot-tell",
      before: null,
      after: {
        usable: { lo: 0, hi: null },
        steady: exact(20),
        peak: exact(20),
        rollout: exact(25),
        strict: exact(40),
        failover: exact(20),
      },
      terms: [
        {
          side: "new",
          workload: "Deployment shop/search",
          poolName: "DATABASE_URL",
          replicas: exact(2),
          rolloutReplicas: exact(3),
          processes: exact(1),
          pool: exact(10),
          product: exact(20),
          via: null,
          origin: "literal",
          link: "by the host in its connection string",
          evidence: [],
        },
      ],
      couldBe: [],
      limitAt: null,
      limitBecause: null,
      unknowns: ["the limit of search-db: tell it as max-connections in a [[server]] table"],
      proposal: null,
    },
    {
      server: "cache",
      engine: "redis",
      verdict: "fits",
      before: load(9968, 40, 60, 75, 120),
      after: load(9968, 40, 60, 75, 120),
      terms: [],
      couldBe: [],
      limitAt: { file: "prod/orders-db-config.yaml", line: 10 },
      limitBecause: null,
      unknowns: [],
      proposal: null,
    },
  ],
  checklist: [
    { id: "c1", text: "Does orders-db take 496 connections, or is a pooler planned?", because: ["a1"], required: true },
    { id: "c2", text: "Does the host oders-db exist in production?", because: ["a2", "a3"], required: true },
    {
      id: "c3",
      text: "Is SPRING_DATASOURCE_HIKARI_CONNECTION_TIMEOUT_IN_MILLISECONDS meant to go?",
      because: ["a3"],
      required: false,
    },
  ],
  coverage: {
    files: 12,
    parsed: 10,
    unchanged: 7,
    skipped: [
      { file: "prod/logo.png", reason: "binary file" },
      { file: "prod/broken.yaml", reason: "line 7: a mapping value is not allowed here" },
    ],
    notes: [{ about: "prod/api.yaml", text: "line 4: the key is given twice; the later one counts in most readers" }],
    masked: 3,
    suppressed: 1,
    truncated: 0,
    templated: 1,
  },
};

const same = (old: number, text: string, shift = 0): DiffLine => ({
  kind: "same",
  old,
  new: old + shift,
  parts: [{ text, changed: false }],
});
const changed = (kind: "removed" | "added", n: number, head: string, marked: string, tail = ""): DiffLine => ({
  kind,
  old: kind === "removed" ? n : null,
  new: kind === "added" ? n : null,
  parts: [
    { text: head, changed: false },
    { text: marked, changed: true },
    { text: tail, changed: false },
  ],
});

export const diff: Diff = {
  files: [
    {
      path: "prod/orders-api.yaml",
      oldPath: null,
      status: "modified",
      oldLines: 61,
      newLines: 59,
      skipped: null,
      hunks: [
        {
          oldStart: 18,
          newStart: 18,
          lines: [
            same(18, "      containers:"),
            same(19, "        - name: api"),
            changed("removed", 20, "          image: shop/orders-api:3.", "41", ".0"),
            changed("added", 20, "          image: shop/orders-api:3.", "42", ".0"),
            same(21, "          ports:"),
          ],
        },
        {
          oldStart: 40,
          newStart: 40,
          lines: [
            same(40, "                  key: password"),
            same(41, "            - name: SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE"),
            changed("removed", 42, '              value: "', "5", '"'),
            changed("added", 42, '              value: "', "40", '"'),
            same(43, "            - name: SPRING_DATASOURCE_PASSWORD"),
            changed("removed", 44, "            ", "- name: SPRING_DATASOURCE_HIKARI_CONNECTION_TIMEOUT"),
            changed("removed", 45, '              value: "', "3000", '"'),
            same(46, "          resources:", -2),
          ],
        },
      ],
    },
    {
      path: "prod/orders-worker.yaml",
      oldPath: "prod/worker.yaml",
      status: "renamed",
      oldLines: 40,
      newLines: 40,
      skipped: null,
      hunks: [
        {
          oldStart: 24,
          newStart: 24,
          lines: [
            same(24, "            - name: SPRING_DATASOURCE_URL"),
            changed(
              "removed",
              25,
              "              value: jdbc:postgresql://",
              "orders-db",
              ":5432/orders?password=••••",
            ),
            changed("added", 25, "              value: jdbc:postgresql://", "oders-db", ":5432/orders?password=••••"),
            same(26, "            - name: SPRING_DATASOURCE_SSLMODE"),
            changed("removed", 27, "              value: ", "verify-full"),
            changed("added", 27, "              value: ", "require"),
          ],
        },
      ],
    },
    {
      path: "prod/reports.env",
      oldPath: null,
      status: "added",
      oldLines: 0,
      newLines: 2,
      skipped: null,
      hunks: [
        {
          oldStart: 1,
          newStart: 1,
          lines: [changed("added", 1, "# ", HOSTILE), changed("added", 2, "", "REPORTS_POOL=10")],
        },
      ],
    },
    {
      path: "prod/huge.json",
      oldPath: null,
      status: "modified",
      oldLines: 90_000,
      newLines: 90_001,
      skipped: "more than 20,000 lines changed; not shown line by line",
      hunks: [],
    },
  ],
};

export const rules: Rule[] = [
  {
    name: "pool-exceeds-server-limit",
    summary: "The pools of all workloads together can exceed what the server grants.",
    severity: "critical",
    confidence: "high",
    docs: ` # What it finds

 The **sum** over all workloads of \`replicas × processes × pool\`, against the *usable* limit.
 ${HOSTILE}

 # Example

 \`\`\`yaml before prod/api.yaml
 pool: 5
   nested: yes
 \`\`\`

 # What to do

 - lower the pool
 - put a pooler in between,
   or raise the limit

 | scenario | replicas |
 |---|---|
 | peak | the maximum |

 # References

 [Deployments](https://kubernetes.io/docs/concepts/workloads/controllers/deployment/), [not a link](javascript:alert(1))
`,
  },
];

/** The report of a change in which nothing was found. */
export const calm: Report = {
  ...report,
  score: 0,
  level: "none",
  summary: "nothing risky found: 3 changed settings, none of a connection or pool",
  findings: [],
  changes: [],
  budget: [],
  checklist: [],
  coverage: { ...report.coverage, skipped: [], suppressed: 0 },
};
