//! Procfiles: `name: command`, one process a line.

use super::decoded;
use super::{Format, template};
use crate::document::{Document, Entry, FormatId, Node, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};

/// Procfile.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Procfile,
    name: "Procfile",
    reads: "`Procfile`, `Procfile.*`: the command of each process",
    extensions: &[],
    names: &[],
    words: &["procfile"],
    is_plainly: |_| false,
    parse,
};

fn parse(source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Procfile);
    let masked = template::mask(&source.text, 'x');
    let text = masked.text(&source.text);
    let mut errors = Vec::new();
    let mut entries = Vec::new();
    for line in decoded::lines(text) {
        let content = text.get(line.clone()).unwrap_or("");
        let start = line.end - content.trim_start().len();
        let content = content.trim();
        let range = start..start + content.len();
        if content.starts_with('#') {
            document.comments.push(decoded::comment(text, range, 1));
        } else if let Some(entry) = process(content, start) {
            entries.push(entry);
        } else if !content.is_empty() {
            let message = "no `name: command` line or comment; this line was not read";
            errors.push(Problem::at(ProblemKind::Syntax, message, Span::new(range.start, range.end)));
        }
    }
    masked.report_errors(errors, &mut document.problems);
    if !entries.is_empty() {
        masked.report_equal(&entries, &mut document.problems);
        document.roots.push(decoded::mapping(entries));
    }
    masked.restore(&source.text, &mut document);
    document
}

fn process(line: &str, at: usize) -> Option<Entry> {
    let (name, command) = line.split_once(':')?;
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let command = command.trim();
    if name.is_empty() || command.is_empty() || !name.bytes().all(is_part) {
        return None;
    }
    let value = Scalar::plain(command, at + line.len() - command.len(), ScalarKind::Str);
    Some(Entry { key: Scalar::plain(name, at, ScalarKind::Str), value: Node::scalar(value) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::check::{self, comments, leaves, only_problem};

    #[test]
    fn each_line_is_a_process() {
        let document =
            check::read("Procfile", "# app\nweb: bundle exec puma -t 5:5 -p $PORT \r\nwork_er:DB_POOL=5 run\n");
        let expected = [
            "web=bundle exec puma -t 5:5 -p $PORT Str `bundle exec puma -t 5:5 -p $PORT`",
            "work_er=DB_POOL=5 run Str `DB_POOL=5 run`",
        ];
        assert_eq!(leaves(&document), expected);
        assert_eq!(comments(&document), ["app"]);
        assert!(document.problems.is_empty());
    }

    #[test]
    fn a_line_that_is_nothing_is_named_and_the_rest_is_read() {
        let document = check::read("Procfile.dev", "web run\na: b\n");
        assert_eq!(only_problem(&document), (ProblemKind::Syntax, "web run".into()));
        assert_eq!(leaves(&document), ["a=b Str `b`"]);
    }

    #[test]
    fn equal_names_are_named() {
        let document = check::read("Procfile", "web: a\nweb: b\n");
        assert_eq!(only_problem(&document), (ProblemKind::DuplicateKey, "web".into()));
    }
}
