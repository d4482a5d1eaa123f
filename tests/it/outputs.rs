//! One real change with several mistakes in every format: the files are compared, and all say the same in the same order.
//!
//! `UPDATE_EXPECT=1` writes `tests/outputs`; other programs' schemas are held against it by `www/engine/test/outputs.test.ts`
//! and `scripts/check-junit`.

use plimsoll::finding::Severity;
use plimsoll::render::{Format, RenderOptions, render};
use plimsoll::report::{Report, ReportedFinding};
use plimsoll::rules::RULES;

use crate::generated::fresh;
use crate::support::{Options, review_folders, root};

const FORMATS: [(Format, &str); 9] = [
    (Format::Text, "txt"),
    (Format::Markdown, "md"),
    (Format::Json, "json"),
    (Format::Sarif, "sarif"),
    (Format::Github, "github.txt"),
    (Format::Gitlab, "gitlab.json"),
    (Format::Junit, "junit.xml"),
    (Format::Html, "html"),
    (Format::Checklist, "checklist.md"),
];

fn report() -> Report {
    let case = root().join("tests/cases/many-mistakes-in-one-change");
    let options = Options { today: Some("2026-11-01".to_owned()), ..Options::default() };
    review_folders(&case.join("before"), &case.join("after"), &options)
}

fn written(report: &Report, format: Format) -> String {
    render(report, format, &RenderOptions { rules: RULES, fail_on: Some(Severity::High), ..RenderOptions::default() })
}

#[test]
fn every_format_of_a_rich_change_is_as_it_was_read() {
    let report = report();
    for (format, ending) in FORMATS {
        fresh(&root().join(format!("tests/outputs/rich.{ending}")), &written(&report, format));
    }
}

/// The first letters of a title, as far as no format has to escape them.
fn plain(finding: &ReportedFinding) -> String {
    finding.title.as_str().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == ' ').collect()
}

#[test]
fn every_format_names_the_same_findings_worst_first() {
    let report = report();
    let counted: Vec<&ReportedFinding> =
        report.findings.iter().filter(|f| f.suppressed.is_none() && f.cause.is_none()).collect();
    assert!(counted.len() >= 6, "{} findings", counted.len());
    assert!(
        report.findings.iter().any(|f| f.cause.is_some()) && report.findings.iter().any(|f| f.suppressed.is_some())
    );
    for (format, ending) in FORMATS.into_iter().filter(|(format, _)| *format != Format::Checklist) {
        let text = written(&report, format);
        // The summary repeats the worst one: what counts is where each is told by its place.
        let places: Vec<Option<usize>> = counted.iter().map(|f| text.rfind(plain(f).trim())).collect();
        assert!(places.iter().all(Option::is_some), "{ending}: {places:?}");
    }
}

#[test]
fn the_score_is_the_same_wherever_it_is_told() {
    let report = report();
    for (format, mark) in
        [(Format::Text, "score {} of 100"), (Format::Markdown, "score {} of 100"), (Format::Json, "\"score\": {}")]
    {
        let mark = mark.replace("{}", &report.score.to_string());
        assert!(written(&report, format).contains(&mark), "{mark}");
    }
}
