//! SARIF 2.1.0 for code scanning: rules with their documentation, results with stable fingerprints and suppressions.

use serde_json::{Value, json};

use crate::finding::Severity;
use crate::report::{Place, Report, ReportedFinding};
use crate::rule::{Rule, plain_docs};
use crate::source::Side;

use super::{RenderOptions, json, words};

/// GitHub reads at most this many results and locations of one.
const MOST_RESULTS: usize = 25_000;
const MOST_RELATED: usize = 100;

/// Makes the SARIF text.
pub(super) fn render(report: &Report, options: &RenderOptions) -> String {
    let rules = rule_names(report, options.rules);
    let results: Vec<Value> = report.findings.iter().take(MOST_RESULTS).map(|f| result(f, &rules)).collect();
    let mut notes: Vec<Value> =
        report.coverage.skipped.iter().map(|(file, reason)| notification(&format!("{file}: {reason}"))).collect();
    if report.findings.len() > MOST_RESULTS {
        let left = report.findings.len() - MOST_RESULTS;
        notes.push(notification(&format!("{left} findings left out: SARIF readers take {MOST_RESULTS}")));
    }
    let driver = json!({
        "name": "plimsoll",
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "informationUri": words::HOMEPAGE,
        "rules": rules.iter().map(|name| descriptor(name, options.rules)).collect::<Vec<_>>(),
    });
    json::pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": notes}],
            "results": results,
            "properties": {
                "score": report.score,
                "level": words::level_name(report),
                "summary": report.summary.as_str(),
            },
        }],
    }))
}

/// Something that the reader of the log must know and that is no result.
fn notification(text: &str) -> Value {
    json!({"level": "note", "message": {"text": text}})
}

/// All documented rules in their order, then those that only the findings name.
fn rule_names(report: &Report, rules: &[&Rule]) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = rules.iter().map(|r| r.name).collect();
    for finding in &report.findings {
        if !names.contains(&finding.rule) {
            names.push(finding.rule);
        }
    }
    names
}

fn descriptor(name: &str, rules: &[&Rule]) -> Value {
    let mut descriptor = json!({"id": name, "helpUri": words::docs(name)});
    if let Some(rule) = rules.iter().find(|r| r.name == name) {
        descriptor["shortDescription"] = json!({"text": rule.summary});
        descriptor["help"] = json!({"text": rule.summary, "markdown": plain_docs(rule)});
        descriptor["defaultConfiguration"] = json!({"level": level(rule.severity)});
        descriptor["properties"] =
            json!({"precision": rule.confidence.as_str(), "tags": ["configuration", "database"]});
    }
    descriptor
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn result(finding: &ReportedFinding, rules: &[&'static str]) -> Value {
    let mut text = format!("{}\n{}", finding.title, finding.message);
    if finding.place.side == Side::Old {
        text.push_str(&format!("\nIt stood at {} before the change", words::place(&finding.place)));
    }
    for (label, more) in [("Fix", &finding.fix), ("Rollback", &finding.rollback)] {
        if !more.as_str().is_empty() {
            text.push_str(&format!("\n{label}: {more}"));
        }
    }
    let related: Vec<Value> = finding
        .evidence
        .iter()
        .take(MOST_RELATED)
        .enumerate()
        .map(|(id, (place, what))| {
            let mut related = location(place);
            related["id"] = json!(id);
            related["message"] = json!({"text": what.as_str()});
            related
        })
        .collect();
    let suppressions: Vec<Value> = finding
        .suppressed
        .iter()
        .map(|s| {
            let kind = if s.by == "inline" { "inSource" } else { "external" };
            json!({"kind": kind, "status": "accepted", "justification": words::suppression(s)})
        })
        .collect();
    json!({
        "ruleId": finding.rule,
        "ruleIndex": rules.iter().position(|r| *r == finding.rule),
        "level": level(finding.severity),
        "message": {"text": text},
        "locations": [location(&finding.place)],
        "relatedLocations": related,
        "partialFingerprints": {"plimsoll/v1": finding.id},
        "suppressions": suppressions,
        "rank": finding.points,
        "properties": {
            "severity": finding.severity.as_str(),
            "confidence": finding.confidence.as_str(),
            "environment": finding.environment.as_str(),
            "side": finding.place.side.as_str(),
        },
    })
}

/// A place that is gone has no region, since viewers would show that line of the new file.
fn location(place: &Place) -> Value {
    let artifact = json!({"uri": words::percent_encoded(place.file.as_str())});
    if place.side == Side::Old {
        return json!({"physicalLocation": {"artifactLocation": artifact}});
    }
    let mut region = json!({"startLine": place.line, "startColumn": place.column, "endLine": place.end_line});
    region["endColumn"] = json!(place.end_column.max(1));
    json!({"physicalLocation": {"artifactLocation": artifact, "region": region}})
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::finding::{Confidence, Finding};
    use crate::rule::Context;

    fn finds_nothing(_: &Context<'_>, _: &mut Vec<Finding>) {}

    static HOST_TYPO: Rule = Rule {
        name: "host-typo",
        summary: "A host is one slip of the finger away from another",
        severity: Severity::High,
        confidence: Confidence::Medium,
        docs: "# What it finds\n",
        check: finds_nothing,
    };

    fn options() -> RenderOptions {
        static RULES: &[&Rule] = &[&HOST_TYPO];
        RenderOptions { rules: RULES, ..RenderOptions::default() }
    }

    #[test]
    fn the_sample_reads_as_intended() {
        sample::check_golden("report.sarif", &render(&sample::report(), &options()));
    }

    #[test]
    fn every_result_points_to_its_rule() {
        let log: Value = serde_json::from_str(&render(&sample::report(), &options())).expect("JSON");
        let run = &log["runs"][0];
        for result in run["results"].as_array().expect("a list") {
            let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        }
    }
}
