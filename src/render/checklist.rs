//! The checklist alone, as a Markdown task list. Each item carries its id in a comment, so that ticks can be kept.

use crate::report::{CheckItem, Report};

use super::{RenderOptions, inert};

/// Makes the list.
pub(super) fn render(report: &Report, _: &RenderOptions) -> String {
    if report.checklist.is_empty() {
        return "Nothing to confirm\n".to_owned();
    }
    report.checklist.iter().map(item).collect()
}

/// One line of the list.
pub(super) fn item(item: &CheckItem) -> String {
    let id: String = item.id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':')).collect();
    let optional = if item.required { "" } else { " (optional)" };
    format!("- [ ] {}{optional} <!-- plimsoll:check {} -->\n", inert::prose(item.text.as_str()), id.replace("--", "-"))
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
        assert_eq!(render(&sample::hostile(), &RenderOptions::default()).lines().count(), 2);
    }
}
