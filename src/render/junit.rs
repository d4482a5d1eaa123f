//! JUnit XML: a test case a finding, for CI systems that know nothing else.
//!
//! A finding at or above `fail_on` is a failure; one below passes and carries its text as output; a suppressed one is
//! skipped with its reason.

use crate::report::{Report, ReportedFinding};

use super::{RenderOptions, words};

/// Makes the XML text.
pub(super) fn render(report: &Report, options: &RenderOptions) -> String {
    let fails = |f: &ReportedFinding| f.suppressed.is_none() && options.fail_on.is_some_and(|from| f.severity >= from);
    let failures = report.findings.iter().filter(|f| fails(f)).count();
    let skipped = words::suppressed(report).len();
    let tests = report.findings.len().max(1);
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"");
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"plimsoll\" {counts}>\n  <testsuite \
         name=\"plimsoll review\" {counts}>\n"
    );
    if report.findings.is_empty() {
        let name = words::html(&words::below_summary(report));
        out.push_str(&format!("    <testcase classname=\"plimsoll\" name=\"{name}\"/>\n"));
    }
    for finding in &report.findings {
        out.push_str(&case(finding, fails(finding)));
    }
    let summary = format!("{}\n{}", report.summary, words::coverage(&report.coverage));
    out.push_str(&format!("    <system-out>{}</system-out>\n  </testsuite>\n</testsuites>\n", words::html(&summary)));
    out
}

fn case(finding: &ReportedFinding, fails: bool) -> String {
    let name = format!("{}: {}", words::place(&finding.place), words::one_line(finding.title.as_str()));
    let body = body(finding);
    let inner = match &finding.suppressed {
        Some(s) => format!("<skipped message=\"{}\"/>", words::html(&words::suppression(s))),
        None if fails => format!(
            "<failure type=\"{}\" message=\"{}\">{}</failure>",
            finding.severity.as_str(),
            words::html(&words::one_line(finding.title.as_str())),
            words::html(&body)
        ),
        None => format!("<system-out>{}</system-out>", words::html(&format!("{}: {body}", finding.severity.as_str()))),
    };
    format!(
        "    <testcase classname=\"plimsoll.{}\" name=\"{}\" file=\"{}\" line=\"{}\">\n      {inner}\n    </testcase>\n",
        words::html(finding.rule),
        words::html(&name),
        words::html(finding.place.file.as_str()),
        finding.place.line
    )
}

fn body(finding: &ReportedFinding) -> String {
    let mut lines = vec![words::place_with_side(&finding.place), finding.message.as_str().to_owned()];
    lines.extend(finding.symptoms.iter().map(|s| format!("on call: {s}")));
    lines.push(format!("fix: {}", finding.fix));
    lines.push(format!("rollback: {}", finding.rollback));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_sample_reads_as_intended() {
        sample::check_golden("report.junit.xml", &render(&sample::report(), &RenderOptions::default()));
    }

    #[test]
    fn without_a_threshold_nothing_fails() {
        let options = RenderOptions { fail_on: None, ..RenderOptions::default() };
        let text = render(&sample::report(), &options);
        assert!(text.contains("failures=\"0\"") && !text.contains("<failure"));
    }

    #[test]
    fn file_content_stays_text() {
        let text = render(&sample::hostile(), &RenderOptions::default());
        assert!(!text.contains("<img") && !text.contains('\u{202e}'));
    }
}
