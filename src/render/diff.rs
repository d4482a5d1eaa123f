//! The changed files line by line, as JSON for the review page. The text in it is masked already.

use serde::Serialize;

use crate::report::{DiffLine, FileDiff, Report};

use super::{RenderOptions, json};

/// Makes the JSON text.
pub(super) fn render(report: &Report, _: &RenderOptions) -> String {
    json::pretty(&DiffJson { files: report.files.iter().map(FileJson::of).collect() })
}

#[derive(Serialize)]
struct DiffJson<'a> {
    files: Vec<FileJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileJson<'a> {
    path: &'a str,
    old_path: Option<&'a str>,
    status: &'static str,
    old_lines: usize,
    new_lines: usize,
    skipped: Option<&'a str>,
    hunks: Vec<HunkJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HunkJson<'a> {
    old_start: u32,
    new_start: u32,
    lines: Vec<LineJson<'a>>,
}

#[derive(Serialize)]
struct LineJson<'a> {
    kind: &'static str,
    old: Option<u32>,
    new: Option<u32>,
    parts: Vec<PartJson<'a>>,
}

#[derive(Serialize)]
struct PartJson<'a> {
    text: &'a str,
    changed: bool,
}

impl<'a> FileJson<'a> {
    fn of(file: &'a FileDiff) -> Self {
        let hunks = file.hunks.iter().map(|hunk| HunkJson {
            old_start: hunk.old_start,
            new_start: hunk.new_start,
            lines: hunk.lines.iter().map(LineJson::of).collect(),
        });
        FileJson {
            path: file.path.as_str(),
            old_path: file.old_path.as_ref().map(|p| p.as_str()),
            status: file.status,
            old_lines: file.old_lines,
            new_lines: file.new_lines,
            skipped: file.skipped.as_ref().map(|s| s.as_str()),
            hunks: hunks.collect(),
        }
    }
}

impl<'a> LineJson<'a> {
    fn of(line: &'a DiffLine) -> Self {
        let parts = line.parts.iter().map(|(text, changed)| PartJson { text: text.as_str(), changed: *changed });
        LineJson { kind: line.kind, old: line.old, new: line.new, parts: parts.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_sample_reads_as_intended_and_keeps_secrets() {
        let text = render(&sample::report(), &RenderOptions::default());
        assert!(!text.contains("hunter2"));
        sample::check_golden("report.diff.json", &text);
    }
}
