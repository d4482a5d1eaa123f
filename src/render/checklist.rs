//! The checklist alone, as a Markdown task list. Each item carries its id in a comment, so that ticks can be kept.
//!
//! A finding of medium or more that asks nothing by itself is an item too: whoever confirms all of the list has seen
//! all that is risky.

use serde::Serialize;

use crate::finding::Severity;
use crate::report::{CheckItem, Report, ReportedFinding};
use crate::shown;

use super::{RenderOptions, inert, words};

/// Makes the list.
pub(super) fn render(report: &Report, _: &RenderOptions) -> String {
    let items = items(report);
    if items.is_empty() {
        return "Nothing to confirm\n".to_owned();
    }
    items.iter().map(line).collect()
}

/// What there is to confirm: the questions of the findings, then the findings without a question.
pub(super) fn items(report: &Report) -> Vec<CheckItem> {
    let asked = |finding: &ReportedFinding| report.checklist.iter().any(|item| item.because.contains(&finding.id));
    let unasked = words::counted(report).into_iter().filter(|f| f.severity >= Severity::Medium && !asked(f));
    let own = unasked.map(|finding| CheckItem {
        id: finding.id.clone(),
        text: shown!("Is it meant and safe: {}?", finding.title),
        because: vec![finding.id.clone()],
        required: true,
    });
    report.checklist.iter().cloned().chain(own).collect()
}

/// One line of the list.
pub(super) fn line(item: &CheckItem) -> String {
    let optional = if item.required { "" } else { " (optional)" };
    format!("- [ ] {}{optional} <!-- plimsoll:check {} -->\n", text(item), id(item))
}

#[derive(Serialize)]
struct CheckJson<'a> {
    id: String,
    because: &'a [String],
    markdown: String,
}

/// All items with their text made inert.
pub(super) fn json(report: &Report) -> String {
    let items = items(report);
    let all: Vec<CheckJson<'_>> =
        items.iter().map(|item| CheckJson { id: id(item), because: &item.because, markdown: text(item) }).collect();
    serde_json::to_string(&all).unwrap_or_else(|_| "[]".to_owned())
}

fn text(item: &CheckItem) -> String {
    inert::prose(item.text.as_str())
}

/// The id as it can stand in an HTML comment.
fn id(item: &CheckItem) -> String {
    let kept = item.id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':'));
    // Two dashes could end the comment.
    kept.fold(String::new(), |id, c| if c == '-' && id.ends_with('-') { id } else { id + c.encode_utf8(&mut [0; 4]) })
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_sample_reads_as_intended() {
        sample::check_golden("report.checklist.md", &render(&sample::report(), &RenderOptions::default()));
    }

    #[test]
    fn an_item_is_one_line_whatever_it_says() {
        let text = render(&sample::hostile(), &RenderOptions::default());
        assert!(text.lines().all(|line| line.starts_with("- [ ] ") && line.ends_with(" -->")), "{text}");
    }

    #[test]
    fn what_is_risky_and_asks_nothing_is_asked_for_all_the_same() {
        let mut report = sample::report();
        report.checklist.clear();
        let risky = words::counted(&report).into_iter().filter(|f| f.severity >= Severity::Medium).count();
        let items = items(&report);
        assert!(risky > 0 && items.len() == risky && items.iter().all(|item| item.required));
    }
}
