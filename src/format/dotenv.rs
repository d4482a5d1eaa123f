//! `.env` files: `KEY=value` lines as Docker, Compose and the dotenv libraries read them.
//!
//! Quoted values may span lines. Nothing is expanded: `${OTHER}` stays as it is written.

use super::decoded::{self, Decoded};
use super::{Format, template};
use crate::document::{Document, Entry, FormatId, Node, OffsetMap, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};

/// `.env` files.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Dotenv,
    name: "dotenv",
    reads: "`.env`, `.env.*` and `*.env` files",
    extensions: &["env"],
    names: &["env.list", "env.txt"],
    words: &[],
    is_plainly: |_| false,
    parse,
};

fn parse(source: &Source, id: SourceId) -> Document {
    let masked = template::mask(&source.text, 'x');
    let text = masked.text(&source.text);
    let mut reader = Reader { text, document: decoded::document(id, FormatId::Dotenv), errors: Vec::new() };
    let mut entries = Vec::new();
    let mut at = 0;
    while at < text.len() {
        at = reader.line(at, &mut entries);
    }
    let Reader { mut document, errors, .. } = reader;
    masked.report_errors(errors, &mut document.problems);
    if !entries.is_empty() {
        let root = decoded::mapping(entries);
        masked.report_equal(root.entries(), &mut document.problems);
        document.roots.push(root);
    }
    masked.restore(&source.text, &mut document);
    document
}

/// Whether `text` may be the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.bytes().all(is_part)
}

struct Reader<'a> {
    text: &'a str,
    document: Document,
    errors: Vec<Problem>,
}

impl Reader<'_> {
    fn slice(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or("")
    }

    /// Reads the line at `at`, and further ones where a quoted value spans them; gives the start of the next.
    fn line(&mut self, at: usize, entries: &mut Vec<Entry>) -> usize {
        let end = decoded::line_end(self.text, at);
        let next = decoded::after_break(self.text, end);
        let start = self.skip_blanks(at, end);
        if start == end {
            return next;
        }
        if self.slice(start, end).starts_with('#') {
            self.document.comments.push(decoded::comment(self.text, start..end, 1));
            return next;
        }
        let start = match self.slice(start, end).strip_prefix("export") {
            Some(rest) if rest.starts_with([' ', '\t']) => self.skip_blanks(start + 6, end),
            _ => start,
        };
        let line = self.slice(start, end);
        // `KEY: value`, as Ruby's dotenv has it; the value may hold a `=`.
        let colon = line.find(": ").filter(|&colon| line.get(..colon).is_some_and(is_name));
        let (name, value) = match colon.or_else(|| line.find('=')) {
            Some(sign) => (line.get(..sign).unwrap_or(""), Some(start + sign + 1)),
            None => (line, None),
        };
        let name = name.trim_end();
        if !is_name(name) {
            let message = "no `KEY=value` line, comment or blank line; this line was not read";
            self.errors.push(Problem::at(ProblemKind::Syntax, message, Span::new(start, end)));
            return next;
        }
        let key = Scalar::plain(name, start, ScalarKind::Str);
        let Some(value) = value else {
            // A name alone passes the variable on from the environment.
            let place = Span::new(key.span.end as usize, key.span.end as usize);
            let text = String::new();
            let omitted =
                Scalar { text: text.into(), kind: ScalarKind::Null, quoted: false, span: place, map: OffsetMap::None };
            entries.push(Entry { key, value: Node::scalar(omitted) });
            return next;
        };
        let (value, stop) = self.value(value, end);
        entries.push(Entry { key, value: Node::scalar(value) });
        stop
    }

    /// Reads a value that starts at `at` on a line that ends at `end`.
    fn value(&mut self, at: usize, end: usize) -> (Scalar, usize) {
        let start = self.skip_blanks(at, end);
        let quote = self.slice(start, end).chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
        let Some(quote) = quote else { return self.unquoted(at, start, end) };
        let Some((scalar, after)) = self.quoted(start, quote) else {
            if !self.slice(start + 1, end).contains(quote) {
                let message = "a quote that is not closed; the value was read up to the end of the line";
                self.errors.push(Problem::at(ProblemKind::Syntax, message, Span::new(start, end)));
            }
            return self.unquoted(at, start, end);
        };
        let line_end = decoded::line_end(self.text, after);
        let comment = self.skip_blanks(after, line_end);
        if comment < line_end {
            self.document.comments.push(decoded::comment(self.text, comment..line_end, 1));
        }
        (scalar, decoded::after_break(self.text, line_end))
    }

    /// A quoted value that nothing but a comment follows.
    fn quoted(&self, start: usize, quote: char) -> Option<(Scalar, usize)> {
        let mut out = Decoded::default();
        let mut at = start + 1;
        out.copy("", at);
        loop {
            let rest = self.text.get(at..)?;
            let stop = rest.find([quote, '\\'])?;
            out.copy(rest.get(..stop)?, at);
            at += stop;
            if rest.get(stop..)?.starts_with(quote) {
                break;
            }
            let escaped = (quote == '"').then(|| unescape(rest.as_bytes().get(stop + 1).copied())).flatten();
            match escaped {
                Some(c) => out.replace(c, at..at + 2),
                None => out.copy("\\", at),
            }
            at += if escaped.is_some() { 2 } else { 1 };
        }
        let after = at + 1;
        let rest = self.slice(after, decoded::line_end(self.text, after)).trim_start();
        let is_alone = rest.is_empty() || rest.starts_with('#');
        is_alone.then(|| (out.scalar(Span::new(start, after), ScalarKind::Str, true), after))
    }

    fn unquoted(&mut self, from: usize, start: usize, end: usize) -> (Scalar, usize) {
        let line = self.slice(from, end);
        let is_comment = |&(i, _): &(usize, &str)| line.get(..i).is_some_and(|before| before.ends_with([' ', '\t']));
        let stop = line.match_indices('#').find(is_comment).map_or(end, |(i, _)| from + i);
        if stop < end {
            self.document.comments.push(decoded::comment(self.text, stop..end, 1));
        }
        let start = start.min(stop);
        let value = Scalar::plain(self.slice(start, stop).trim_end(), start, ScalarKind::Str);
        (value, decoded::after_break(self.text, end))
    }

    fn skip_blanks(&self, at: usize, end: usize) -> usize {
        end - self.slice(at, end).trim_start().len()
    }
}

fn unescape(letter: Option<u8>) -> Option<&'static str> {
    Some(match letter? {
        b'n' => "\n",
        b'r' => "\r",
        b't' => "\t",
        b'"' => "\"",
        b'\\' => "\\",
        b'$' => "$",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::check::{self, comments, leaves, only_problem};

    fn read(text: &str) -> Document {
        check::read(".env", text)
    }

    #[test]
    fn values_are_read_as_the_shell_would() {
        let document =
            read("A=1\nexport B = two words \nC='x # y'\nD=\"a\\\"b\\n\" # note\nE=\nF=p#w\nG=x # c\nH= # c\n");
        assert_eq!(
            leaves(&document),
            [
                "A=1 Str `1`",
                "B=two words Str `two words`",
                "C=x # y Str `'x # y'`",
                "D=a\"b\n Str `\"a\\\"b\\n\"`",
                "E= Str ``",
                "F=p#w Str `p#w`",
                "G=x Str `x`",
                "H= Str ``",
            ]
        );
        assert_eq!(comments(&document), ["note", "c", "c"]);
        assert!(document.problems.is_empty());
    }

    #[test]
    fn a_quoted_value_may_span_lines() {
        let document = read("A=\"one\r\ntwo\"\r\nB='x\ny'\nC=3\n");
        let leaves = leaves(&document);
        assert_eq!(leaves, ["A=one\r\ntwo Str `\"one\r\ntwo\"`", "B=x\ny Str `'x\ny'`", "C=3 Str `3`"]);
    }

    #[test]
    fn notations_of_other_readers_are_read() {
        let table: [(&str, &str); 7] = [
            ("A: b\n", "A=b Str `b`"),
            ("A: x://h/d?e=f # c\n", "A=x://h/d?e=f Str `x://h/d?e=f`"),
            ("A = b\r\n", "A=b Str `b`"),
            ("\u{feff}A=b", "A=b Str `b`"),
            ("A='b\\n$C'", "A=b\\n$C Str `'b\\n$C'`"),
            ("A=${B:-c d}/e", "A=${B:-c d}/e Str `${B:-c d}/e`"),
            ("export A=\"b\" # c", "A=b Str `\"b\"`"),
        ];
        for (text, leaf) in table {
            let document = check::read(".env", text);
            assert_eq!(leaves(&document), [leaf], "{text}");
            assert!(document.problems.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_stray_quote_takes_no_other_line_with_it() {
        let document = read("A=it's\nB='it\nC=2\nD='x'\nE=\"open\n");
        assert_eq!(
            leaves(&document),
            ["A=it's Str `it's`", "B='it Str `'it`", "C=2 Str `2`", "D=x Str `'x'`", "E=\"open Str `\"open`"]
        );
        assert_eq!(document.problems.len(), 2);
    }

    #[test]
    fn quotes_in_the_middle_stay() {
        assert_eq!(leaves(&read("A=\"x\"y\n")), ["A=\"x\"y Str `\"x\"y`"]);
    }

    #[test]
    fn a_name_alone_is_passed_on() {
        assert_eq!(leaves(&read("PATH\nA=1")), ["PATH= Null ``", "A=1 Str `1`"]);
    }

    #[test]
    fn a_line_that_is_nothing_is_named_and_the_rest_is_read() {
        let document = read("A=1\n$$ what\nB=2\n");
        assert_eq!(only_problem(&document), (ProblemKind::Syntax, "$$ what".into()));
        assert_eq!(leaves(&document).len(), 2);
    }

    #[test]
    fn equal_keys_are_named() {
        assert_eq!(only_problem(&read("A=1\nA=2\n")), (ProblemKind::DuplicateKey, "A".into()));
    }

    #[test]
    fn escapes_keep_their_places() {
        let text = "A=\"p\\$x\\\\\"";
        let document = read(text);
        let scalar = document.roots[0].get("A").and_then(Node::as_scalar).expect("a scalar");
        assert_eq!(scalar.text, "p$x\\");
        assert_eq!(&text[scalar.source_span(1..2).range()], "\\$");
        assert_eq!(&text[scalar.source_span(3..4).range()], "\\\\");
    }
}
