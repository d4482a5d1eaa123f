//! The contract with other programs: schema `plimsoll.review/1`, described in `docs/report.schema.json`.
//!
//! The structs mirror the report so that its inside stays free to change. A field here is a promise.

use serde::Serialize;

use crate::budget::Load;
use crate::quantity::Interval;
use crate::report::{
    CheckItem, Coverage, Place, Report, ReportedBudget, ReportedChange, ReportedFinding, ReportedTerm, Suppression,
};

use super::{RenderOptions, words};

const SCHEMA: &str = "plimsoll.review/1";

/// Makes the JSON text.
pub(super) fn render(report: &Report, _: &RenderOptions) -> String {
    pretty(&Review::of(report))
}

/// Indented JSON with a newline at the end.
pub(super) fn pretty<T: Serialize>(value: &T) -> String {
    let text = serde_json::to_string_pretty(value);
    let mut text = text.expect("strings, numbers and lists of them always serialise");
    text.push('\n');
    text
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Review<'a> {
    schema: &'static str,
    tool: Tool,
    audit: bool,
    score: u32,
    level: &'static str,
    summary: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    routine: bool,
    findings: Vec<FindingJson<'a>>,
    changes: Vec<ChangeJson<'a>>,
    budget: Vec<BudgetJson<'a>>,
    checklist: Vec<CheckJson<'a>>,
    coverage: CoverageJson<'a>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

impl<'a> Review<'a> {
    fn of(report: &'a Report) -> Self {
        Review {
            schema: SCHEMA,
            tool: Tool { name: "plimsoll", version: env!("CARGO_PKG_VERSION") },
            audit: report.audit,
            score: report.score,
            level: words::level_name(report),
            summary: report.summary.as_str(),
            routine: report.routine,
            findings: report.findings.iter().map(FindingJson::of).collect(),
            changes: report.changes.iter().map(ChangeJson::of).collect(),
            budget: report.budget.iter().map(BudgetJson::of).collect(),
            checklist: report.checklist.iter().map(CheckJson::of).collect(),
            coverage: CoverageJson::of(&report.coverage),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FindingJson<'a> {
    id: &'a str,
    rule: &'static str,
    severity: &'static str,
    confidence: &'static str,
    points: u32,
    points_because: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    environment: &'static str,
    title: &'a str,
    message: &'a str,
    subject: Option<&'a str>,
    setting: Option<&'a str>,
    old: Option<&'a str>,
    new: Option<&'a str>,
    file: &'a str,
    side: &'static str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    excerpt: &'a str,
    evidence: Vec<EvidenceJson<'a>>,
    symptoms: Vec<&'a str>,
    fix: FixJson<'a>,
    rollback: &'a str,
    docs: String,
    suppressed: Option<SuppressedJson<'a>>,
}

impl<'a> FindingJson<'a> {
    fn of(finding: &'a ReportedFinding) -> Self {
        FindingJson {
            id: &finding.id,
            rule: finding.rule,
            severity: finding.severity.as_str(),
            confidence: finding.confidence.as_str(),
            points: finding.points,
            points_because: &finding.points_because,
            cause: finding.cause.as_deref(),
            environment: finding.environment.as_str(),
            title: finding.title.as_str(),
            message: finding.message.as_str(),
            subject: finding.subject.as_ref().map(|s| s.as_str()),
            setting: finding.setting.as_ref().map(|s| s.as_str()),
            old: finding.old.as_ref().map(|s| s.as_str()),
            new: finding.new.as_ref().map(|s| s.as_str()),
            file: finding.place.file.as_str(),
            side: finding.place.side.as_str(),
            line: finding.place.line,
            column: finding.place.column,
            end_line: finding.place.end_line,
            end_column: finding.place.end_column,
            excerpt: finding.excerpt.as_str(),
            evidence: finding.evidence.iter().map(|(place, text)| EvidenceJson::of(place, text.as_str())).collect(),
            symptoms: finding.symptoms.iter().map(|s| s.as_str()).collect(),
            fix: FixJson { text: finding.fix.as_str(), replacement: finding.replacement.as_ref().map(|s| s.as_str()) },
            rollback: finding.rollback.as_str(),
            docs: words::docs(finding.rule),
            suppressed: finding.suppressed.as_ref().map(SuppressedJson::of),
        }
    }
}

#[derive(Serialize)]
struct EvidenceJson<'a> {
    file: &'a str,
    side: &'static str,
    line: u32,
    text: &'a str,
}

impl<'a> EvidenceJson<'a> {
    fn of(place: &'a Place, text: &'a str) -> Self {
        EvidenceJson { file: place.file.as_str(), side: place.side.as_str(), line: place.line, text }
    }
}

#[derive(Serialize)]
struct FixJson<'a> {
    text: &'a str,
    replacement: Option<&'a str>,
}

#[derive(Serialize)]
struct SuppressedJson<'a> {
    by: &'static str,
    reason: &'a str,
    until: Option<&'a str>,
}

impl<'a> SuppressedJson<'a> {
    fn of(s: &'a Suppression) -> Self {
        SuppressedJson { by: s.by, reason: s.reason.as_str(), until: s.until.as_ref().map(|u| u.as_str()) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangeJson<'a> {
    kind: &'static str,
    file: &'a str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_path: Option<&'a str>,
    old: Option<&'a str>,
    new: Option<&'a str>,
    old_line: Option<u32>,
    new_line: Option<u32>,
    role: Option<&'a str>,
    subject: Option<&'a str>,
}

impl<'a> ChangeJson<'a> {
    fn of(change: &'a ReportedChange) -> Self {
        ChangeJson {
            kind: change.kind.as_str(),
            file: change.file.as_str(),
            path: change.path.as_str(),
            old_file: change.old_file.as_ref().map(|s| s.as_str()),
            old_path: change.old_path.as_ref().map(|s| s.as_str()),
            old: change.old.as_ref().map(|s| s.as_str()),
            new: change.new.as_ref().map(|s| s.as_str()),
            old_line: change.old_line,
            new_line: change.new_line,
            role: change.role.as_ref().map(|s| s.as_str()),
            subject: change.subject.as_ref().map(|s| s.as_str()),
        }
    }
}

#[derive(Serialize)]
struct IntervalJson {
    lo: u64,
    hi: Option<u64>,
}

impl From<Interval> for IntervalJson {
    fn from(n: Interval) -> Self {
        IntervalJson { lo: n.lo, hi: n.hi }
    }
}

#[derive(Serialize)]
struct LoadJson {
    usable: IntervalJson,
    steady: IntervalJson,
    peak: IntervalJson,
    rollout: IntervalJson,
    strict: IntervalJson,
    failover: IntervalJson,
}

impl From<Load> for LoadJson {
    fn from(load: Load) -> Self {
        LoadJson {
            usable: load.usable.into(),
            steady: load.steady.into(),
            peak: load.peak.into(),
            rollout: load.rollout.into(),
            strict: load.strict.into(),
            failover: load.failover.into(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BudgetJson<'a> {
    server: &'a str,
    engine: &'static str,
    verdict: &'static str,
    before: Option<LoadJson>,
    after: Option<LoadJson>,
    terms: Vec<TermJson<'a>>,
    unknowns: Vec<&'a str>,
    could_be: Vec<&'a str>,
    proposal: Option<ProposalJson<'a>>,
    limit_at: Option<SpotJson<'a>>,
    limit_because: Option<&'a str>,
}

impl<'a> BudgetJson<'a> {
    fn of(budget: &'a ReportedBudget) -> Self {
        BudgetJson {
            server: budget.server.as_str(),
            engine: budget.engine,
            verdict: budget.verdict.as_str(),
            before: budget.before.map(LoadJson::from),
            after: budget.after.map(LoadJson::from),
            terms: budget.terms.iter().map(TermJson::of).collect(),
            unknowns: budget.unknowns.iter().map(|s| s.as_str()).collect(),
            could_be: budget.could_be.iter().map(|s| s.as_str()).collect(),
            proposal: budget.proposal.as_ref().map(|p| ProposalJson {
                setting: p.setting.as_str(),
                value: p.value,
                is_limit: p.is_limit,
            }),
            limit_at: budget.limit_at.as_ref().map(SpotJson::of),
            limit_because: budget.limit_because.as_ref().map(|s| s.as_str()),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProposalJson<'a> {
    setting: &'a str,
    value: u64,
    is_limit: bool,
}

#[derive(Serialize)]
struct SpotJson<'a> {
    file: &'a str,
    line: u32,
}

impl<'a> SpotJson<'a> {
    fn of(place: &'a Place) -> Self {
        SpotJson { file: place.file.as_str(), line: place.line }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TermJson<'a> {
    side: &'static str,
    workload: &'a str,
    pool_name: &'a str,
    replicas: IntervalJson,
    rollout_replicas: IntervalJson,
    processes: IntervalJson,
    pool: IntervalJson,
    product: IntervalJson,
    via: Option<&'a str>,
    origin: &'static str,
    link: &'static str,
    evidence: Vec<SpotJson<'a>>,
}

impl<'a> TermJson<'a> {
    fn of(term: &'a ReportedTerm) -> Self {
        TermJson {
            side: term.side.as_str(),
            workload: term.workload.as_str(),
            pool_name: term.pool_name.as_str(),
            replicas: term.replicas.into(),
            rollout_replicas: term.rollout_replicas.into(),
            processes: term.processes.into(),
            pool: term.pool.into(),
            product: term.product.into(),
            via: term.via.as_ref().map(|s| s.as_str()),
            origin: term.origin,
            link: term.link,
            evidence: term.evidence.iter().map(SpotJson::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct CheckJson<'a> {
    id: &'a str,
    text: &'a str,
    because: &'a [String],
    required: bool,
}

impl<'a> CheckJson<'a> {
    fn of(item: &'a CheckItem) -> Self {
        CheckJson { id: &item.id, text: item.text.as_str(), because: &item.because, required: item.required }
    }
}

#[derive(Serialize)]
struct CoverageJson<'a> {
    files: usize,
    parsed: usize,
    unchanged: usize,
    skipped: Vec<SkippedJson<'a>>,
    notes: Vec<NoteJson<'a>>,
    masked: usize,
    suppressed: usize,
    truncated: usize,
    templated: usize,
}

#[derive(Serialize)]
struct SkippedJson<'a> {
    file: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct NoteJson<'a> {
    about: &'a str,
    text: &'a str,
}

impl<'a> CoverageJson<'a> {
    fn of(coverage: &'a Coverage) -> Self {
        CoverageJson {
            files: coverage.files,
            parsed: coverage.parsed,
            unchanged: coverage.unchanged,
            skipped: coverage
                .skipped
                .iter()
                .map(|(file, reason)| SkippedJson { file: file.as_str(), reason: reason.as_str() })
                .collect(),
            notes: coverage
                .notes
                .iter()
                .map(|(about, text)| NoteJson { about: about.as_str(), text: text.as_str() })
                .collect(),
            masked: coverage.masked,
            suppressed: coverage.suppressed,
            truncated: coverage.truncated,
            templated: coverage.templated,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::sample;
    use super::*;

    const SCHEMA_FILE: &str = include_str!("../../docs/report.schema.json");

    #[test]
    fn the_sample_reads_as_intended() {
        sample::check_golden("report.json", &render(&sample::report(), &RenderOptions::default()));
    }

    #[test]
    fn an_unknown_end_is_null_and_not_a_number() {
        let review: Value = serde_json::from_str(&render(&sample::report(), &RenderOptions::default())).expect("JSON");
        assert_eq!(review["budget"][1]["after"]["usable"], serde_json::json!({"lo": 0, "hi": null}));
        assert_eq!(review["budget"][1]["before"], Value::Null);
    }

    /// Walks report and schema side by side and collects what one has and the other has not.
    fn compare(
        at: &str,
        value: &Value,
        schema: &Value,
        root: &Value,
        seen: &mut BTreeSet<String>,
        wrong: &mut Vec<String>,
    ) {
        let schema = resolve(schema, root);
        match value {
            Value::Object(fields) => {
                let known = schema["properties"].as_object().cloned().unwrap_or_default();
                for (name, inner) in fields {
                    let path = format!("{at}.{name}");
                    let Some(inner_schema) = known.get(name) else {
                        wrong.push(format!("{path} is not in the schema"));
                        continue;
                    };
                    seen.insert(path.clone());
                    compare(&path, inner, inner_schema, root, seen, wrong);
                }
                for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if !fields.contains_key(name) {
                        wrong.push(format!("{at}.{name} is required and missing"));
                    }
                }
                let required = schema["required"].as_array().map_or(0, Vec::len);
                let optional = known.keys().filter(|name| OPTIONAL.contains(&name.as_str())).count();
                if required + optional != known.len() {
                    wrong.push(format!("{at}: every property is written, so every property is required"));
                }
            }
            Value::Array(items) => {
                items.iter().for_each(|i| compare(&format!("{at}[]"), i, &schema["items"], root, seen, wrong));
            }
            Value::String(text) => {
                if let Some(allowed) = schema["enum"].as_array()
                    && !allowed.iter().any(|a| a == text.as_str())
                {
                    wrong.push(format!("{at}: {text} is not in the schema's list"));
                }
            }
            _ => {}
        }
    }

    /// Follows `$ref`, and `anyOf` with null to what is not null.
    fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
        if let Some(name) = schema["$ref"].as_str() {
            return &root["$defs"][name.trim_start_matches("#/$defs/")];
        }
        match schema["anyOf"].as_array().and_then(|any| any.iter().find(|s| s["type"] != "null")) {
            Some(inner) => resolve(inner, root),
            None => schema,
        }
    }

    fn all_paths(at: &str, schema: &Value, root: &Value, out: &mut BTreeSet<String>) {
        let schema = resolve(schema, root);
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{at}.{name}");
            out.insert(path.clone());
            all_paths(&path, inner, root, out);
        }
        if schema["items"].is_object() {
            all_paths(&format!("{at}[]"), &schema["items"], root, out);
        }
    }

    /// Written only where there is something to say, so that the reports of all other changes are what they were.
    const OPTIONAL: [&str; 4] = ["oldFile", "oldPath", "cause", "routine"];

    #[test]
    fn report_and_schema_have_the_same_fields() {
        let schema: Value = serde_json::from_str(SCHEMA_FILE).expect("the schema is JSON");
        let review: Value = serde_json::from_str(&render(&sample::report(), &RenderOptions::default())).expect("JSON");
        let (mut seen, mut all, mut wrong) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        compare("", &review, &schema, &schema, &mut seen, &mut wrong);
        all_paths("", &schema, &schema, &mut all);
        all.retain(|path| !OPTIONAL.iter().any(|name| path.ends_with(&format!(".{name}"))));
        wrong.extend(all.difference(&seen).map(|path| format!("{path} is in the schema and never written")));
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn the_schema_lists_all_names_of_verdicts_and_severities() {
        let schema: Value = serde_json::from_str(SCHEMA_FILE).expect("the schema is JSON");
        let names = |def: &str| -> Vec<String> {
            let list = schema["$defs"][def]["enum"].as_array().cloned().unwrap_or_default();
            list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        assert_eq!(names("severity"), crate::finding::Severity::ALL.map(|s| s.as_str().to_owned()));
        use crate::budget::Verdict as V;
        let verdicts = [
            V::Fits,
            V::Near,
            V::OverCertain,
            V::OverPeak,
            V::OverRollout,
            V::OverStrict,
            V::OverFailover,
            V::LimitShrunk,
            V::Starved,
            V::Refused,
            V::CannotTell,
            V::PreExisting,
        ];
        assert_eq!(names("verdict"), verdicts.map(|v| v.as_str().to_owned()));
    }
}
