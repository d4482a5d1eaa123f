/** The hand-written types have the fields of the documented schema, no more and no fewer. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { BudgetTerm, Change, ChecklistItem, Coverage, Finding, Load, Report, ServerBudget } from "../report.ts";

/** The compiler demands every field of `T` here, and allows no other. */
type Fields<T> = Record<keyof T, true>;

const report: Fields<Report> = {
  schema: true,
  tool: true,
  audit: true,
  score: true,
  level: true,
  summary: true,
  routine: true,
  findings: true,
  changes: true,
  budget: true,
  checklist: true,
  coverage: true,
};
const finding: Fields<Finding> = {
  id: true,
  rule: true,
  severity: true,
  confidence: true,
  points: true,
  pointsBecause: true,
  cause: true,
  environment: true,
  title: true,
  message: true,
  subject: true,
  setting: true,
  old: true,
  new: true,
  file: true,
  side: true,
  line: true,
  column: true,
  endLine: true,
  endColumn: true,
  excerpt: true,
  evidence: true,
  symptoms: true,
  fix: true,
  rollback: true,
  docs: true,
  suppressed: true,
};
const change: Fields<Change> = {
  kind: true,
  file: true,
  path: true,
  old: true,
  new: true,
  oldLine: true,
  newLine: true,
  role: true,
  subject: true,
  oldFile: true,
  oldPath: true,
};
const budget: Fields<ServerBudget> = {
  server: true,
  engine: true,
  verdict: true,
  before: true,
  after: true,
  terms: true,
  unknowns: true,
  couldBe: true,
  proposal: true,
  limitAt: true,
  limitBecause: true,
};
const load: Fields<Load> = { usable: true, steady: true, peak: true, rollout: true, strict: true, failover: true };
const term: Fields<BudgetTerm> = {
  side: true,
  workload: true,
  poolName: true,
  replicas: true,
  rolloutReplicas: true,
  processes: true,
  pool: true,
  product: true,
  via: true,
  origin: true,
  link: true,
  evidence: true,
};
const check: Fields<ChecklistItem> = { id: true, text: true, because: true, required: true };
const coverage: Fields<Coverage> = {
  files: true,
  parsed: true,
  unchanged: true,
  skipped: true,
  notes: true,
  masked: true,
  suppressed: true,
  truncated: true,
  templated: true,
};

interface Shape {
  properties: Record<string, Shape>;
}

describe("the types of the report", () => {
  const schema = JSON.parse(readFileSync("../docs/report.schema.json", "utf8")) as Shape & {
    $defs: Record<string, Shape>;
  };
  const agrees = (shape: Shape | undefined, fields: object) =>
    assert.deepEqual(Object.keys(fields).sort(), Object.keys(shape?.properties ?? {}).sort());

  it("have the fields of docs/report.schema.json", () => {
    agrees(schema, report);
    agrees(schema.$defs.finding, finding);
    agrees(schema.$defs.change, change);
    agrees(schema.$defs.budget, budget);
    agrees(schema.$defs.load, load);
    agrees(schema.$defs.term, term);
    agrees(schema.$defs.check, check);
    agrees(schema.properties.coverage, coverage);
  });
});
