//! Workflow commands that GitHub shows as annotations beside the lines, worst first.
//!
//! GitHub keeps ten of each level for a step and drops the rest without a word, so a last notice tells the total.

use crate::finding::Severity;
use crate::report::{Report, ReportedFinding};
use crate::source::Side;

use super::{RenderOptions, words};

const KEPT_OF_A_LEVEL: usize = 10;

/// Makes one command a line.
pub(super) fn render(report: &Report, _: &RenderOptions) -> String {
    // The further places of one edit come last, so that they do not take the room of another mistake.
    let mut counted = words::counted(report);
    counted.sort_by_key(|f| f.cause.is_some());
    let mut out: String = counted.iter().map(|f| annotation(f)).collect();
    let level_of = |name| counted.iter().filter(|f| level(f.severity) == name).count();
    if ["error", "warning", "notice"].into_iter().any(|name| level_of(name) > KEPT_OF_A_LEVEL) {
        let text = format!("{}; GitHub shows 10 annotations of each kind", words::tally(&counted));
        out.insert_str(0, &format!("::notice title=plimsoll::{}\n", data(&text)));
    }
    out
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    }
}

fn annotation(finding: &ReportedFinding) -> String {
    let place = &finding.place;
    let mut properties = format!("file={}", property(place.file.as_str()));
    // A line that is gone has no place in the new file: the annotation goes to the file as a whole.
    if place.side == Side::New {
        properties.push_str(&format!(",line={},endLine={}", place.line, place.end_line));
        // GitHub takes columns only within one line.
        if place.line == place.end_line {
            properties.push_str(&format!(",col={},endColumn={}", place.column, place.end_column));
        }
    }
    let title = format!("{}: {}", finding.severity.as_str(), finding.rule);
    let mut text = format!("{}\n{}", finding.title, finding.message);
    if place.side == Side::Old {
        text.push_str(&format!("\nIt stood at {} before the change", words::place(place)));
    }
    if !finding.fix.as_str().is_empty() {
        text.push_str(&format!("\nFix: {}", finding.fix));
    }
    format!("::{} {properties},title={}::{}\n", level(finding.severity), property(&title), data(&text))
}

/// The message of a command: a line break would end it.
fn data(text: &str) -> String {
    words::visible(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command: colon and comma would end it too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_sample_reads_as_intended() {
        sample::check_golden("report.github.txt", &render(&sample::report(), &RenderOptions::default()));
    }

    #[test]
    fn file_content_cannot_start_a_command_of_its_own() {
        let text = render(&sample::hostile(), &RenderOptions::default());
        assert_eq!(text.lines().count(), 3);
        for line in text.lines() {
            let (properties, _) = line.trim_start_matches("::").split_once("::").expect("a command has two parts");
            assert!(properties.starts_with("error file=") || properties.starts_with("warning file="), "{properties}");
        }
    }

    #[test]
    fn more_than_github_shows_is_announced() {
        let text = render(&sample::large(30), &RenderOptions::default());
        assert!(text.starts_with("::notice title=plimsoll::30 findings"));
    }
}
