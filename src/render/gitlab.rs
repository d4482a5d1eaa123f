//! GitLab's code quality report: what the merge request widget and the changes view read.

use serde_json::{Value, json};

use crate::finding::Severity;
use crate::report::{Report, ReportedFinding};

use super::{RenderOptions, json, words};

/// Makes the JSON text. Suppressed findings are not in it: the format cannot say so.
pub(super) fn render(report: &Report, _: &RenderOptions) -> String {
    json::pretty(&words::counted(report).into_iter().map(issue).collect::<Vec<Value>>())
}

fn issue(finding: &ReportedFinding) -> Value {
    let mut body = format!("{}\n\n{}", finding.message, finding.fix);
    if finding.place.side == crate::source::Side::Old {
        body.push_str(&format!("\n\nIt stood at {} before the change", words::place(&finding.place)));
    }
    json!({
        "type": "issue",
        "check_name": finding.rule,
        "description": words::one_line(finding.title.as_str()),
        "content": {"body": body},
        "categories": ["Bug Risk"],
        "fingerprint": finding.id,
        "severity": severity(finding.severity),
        "location": {
            "path": finding.place.file.as_str(),
            "lines": {"begin": finding.place.line, "end": finding.place.end_line},
        },
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_sample_reads_as_intended() {
        sample::check_golden("report.gitlab.json", &render(&sample::report(), &RenderOptions::default()));
    }

    #[test]
    fn nothing_found_is_an_empty_list() {
        assert_eq!(render(&sample::quiet(), &RenderOptions::default()), "[]\n");
    }
}
