//! Java properties: `key=value`, `key: value`, `key value`, escapes, continued lines.
//!
//! A dotted key stays one key. Blanks at the end of a value belong to it, as Java has it.

use super::decoded::{self, Decoded, Escapes};
use super::{Format, template};
use crate::document::{Document, Entry, FormatId, Node, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};

/// Java properties.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Properties,
    name: "Java properties",
    reads: "`.properties` files with escapes and continued lines",
    extensions: &["properties"],
    names: &[],
    words: &[],
    is_plainly: |_| false,
    parse,
};

const ESCAPES: Escapes =
    Escapes { letters: &[('t', '\t'), ('n', '\n'), ('r', '\r'), ('f', '\u{c}')], hex: &[('u', 4)] };

const BLANKS: [char; 3] = [' ', '\t', '\u{c}'];

fn parse(source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Properties);
    let masked = template::mask(&source.text, 'x');
    let text = masked.text(&source.text);
    let mut reader = Reader { text, at: 0, errors: Vec::new() };
    let mut entries = Vec::new();
    while reader.at < text.len() {
        reader.skip_blanks();
        let end = decoded::line_end(reader.text, reader.at);
        if reader.rest().starts_with(['#', '!']) {
            document.comments.push(decoded::comment(reader.text, reader.at..end, 1));
        } else if reader.at < end {
            entries.push(reader.entry());
            continue;
        }
        reader.at = decoded::after_break(reader.text, end);
    }
    masked.report_errors(reader.errors, &mut document.problems);
    if !entries.is_empty() {
        let root = decoded::mapping(entries);
        masked.report_equal(root.entries(), &mut document.problems);
        document.roots.push(root);
    }
    masked.restore(&source.text, &mut document);
    document
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    errors: Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches(BLANKS).len();
    }

    fn entry(&mut self) -> Entry {
        let key = self.read(|c| matches!(c, '=' | ':') || BLANKS.contains(&c));
        self.separator();
        if self.rest().starts_with(['=', ':']) {
            self.at += 1;
            self.separator();
        }
        let value = self.read(|_| false);
        self.at = decoded::after_break(self.text, self.at);
        Entry { key, value: Node::scalar(value) }
    }

    /// Skips blanks between key and value, where the line may also be continued.
    fn separator(&mut self) {
        loop {
            self.skip_blanks();
            let Some(next) = self.continued() else { return };
            self.at = next;
        }
    }

    /// Where the text goes on if the line is continued here.
    fn continued(&self) -> Option<usize> {
        let end = self.at + 1;
        let next = decoded::after_break(self.text, end);
        let is_at_line_end = next > end || end == self.text.len();
        if !self.rest().starts_with('\\') || !is_at_line_end {
            return None;
        }
        let line = self.text.get(next..).unwrap_or("");
        Some(self.text.len() - line.trim_start_matches(BLANKS).len())
    }

    /// Decodes up to the end of the logical line or the first bare character that `stops`.
    fn read(&mut self, stops: impl Fn(char) -> bool) -> Scalar {
        let start = self.at;
        let mut out = Decoded::default();
        out.copy("", start);
        // Where the text last stood, so that a continued line that stays empty is not part of the value.
        let mut end = start;
        while let Some(c) = self.rest().chars().next() {
            if matches!(c, '\n' | '\r') || stops(c) {
                break;
            }
            if c != '\\' {
                let rest = self.rest();
                let run = rest.find(|c| matches!(c, '\\' | '\n' | '\r') || stops(c)).unwrap_or(rest.len());
                out.copy(rest.get(..run).unwrap_or(""), self.at);
                self.at += run;
            } else if let Some(next) = self.continued() {
                out.skip(self.at..next);
                self.at = next;
                continue;
            } else {
                self.escape(&mut out);
            }
            end = self.at;
        }
        out.scalar(Span::new(start, end), ScalarKind::Str, false)
    }

    fn escape(&mut self, out: &mut Decoded) {
        if let Some((c, len)) = ESCAPES.read(self.text, self.at) {
            out.replace(c.encode_utf8(&mut [0; 4]), self.at..self.at + len);
            self.at += len;
            return;
        }
        let escaped = self.rest().chars().nth(1);
        if escaped == Some('u') {
            let message = "an escape \\u without four hexadecimal digits; Java refuses the file";
            self.errors.push(Problem::at(ProblemKind::Syntax, message, Span::new(self.at, self.at + 2)));
        }
        // Any other escaped character stands for itself.
        let len = 1 + escaped.map_or(0, char::len_utf8);
        let itself = self.text.get(self.at + 1..self.at + len).unwrap_or("");
        out.replace(itself, self.at..self.at + len);
        self.at += len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::check::{self, comments, leaves, only_problem};

    fn read(text: &str) -> Document {
        check::read("application.properties", text)
    }

    #[test]
    fn separators_are_equals_colon_or_blanks() {
        let document = read("a=1\nb: 2\nc 3\nd = 4 \n e\t:\t5\r\nf\ng=\n");
        assert_eq!(
            leaves(&document),
            ["a=1 Str `1`", "b=2 Str `2`", "c=3 Str `3`", "d=4  Str `4 `", "e=5 Str `5`", "f= Str ``", "g= Str ``"]
        );
    }

    #[test]
    fn odd_lines_are_read_as_java_reads_them() {
        let table: [(&str, &str); 6] = [
            ("a\\:b=c", "a:b=c Str `c`"),
            ("a = \\\n  b", "a=b Str `b`"),
            ("a=b\\\n\n", "a=b Str `b`"),
            ("a=${B:c}@d", "a=${B:c}@d Str `${B:c}@d`"),
            ("a=c:\\\\x", "a=c:\\x Str `c:\\\\x`"),
            ("a=b\\\n#c", "a=b#c Str `b\\\n#c`"),
        ];
        for (text, leaf) in table {
            let document = read(text);
            assert_eq!(leaves(&document), [leaf], "{text}");
            assert!(document.problems.is_empty(), "{text}");
        }
    }

    #[test]
    fn dotted_keys_stay_one_key() {
        let document = read("spring.datasource.url=jdbc:postgresql://db:5432/app?a=b\n");
        let entry = &document.roots[0].entries()[0];
        assert_eq!(entry.key.text, "spring.datasource.url");
        assert_eq!(entry.value.as_text(), Some("jdbc:postgresql://db:5432/app?a=b"));
    }

    #[test]
    fn escapes_and_continued_lines_are_decoded_with_their_places() {
        let text = "hosts = a,\\\n    b\\u00e9\\=c\nk\\ y=v\\t";
        let document = read(text);
        let entries = document.roots[0].entries();
        let value = entries[0].value.as_scalar().expect("a scalar");
        assert_eq!(value.text, "a,bé=c");
        let place = |part: &str| {
            let at = value.text.find(part).expect("in the text");
            &text[value.source_span(at..at + part.len()).range()]
        };
        assert_eq!((place("a,"), place("b"), place("é"), place("c")), ("a,", "b", "\\u00e9", "c"));
        assert_eq!((entries[1].key.text.as_str(), entries[1].value.as_text()), ("k y", Some("v\t")));
    }

    #[test]
    fn comments_have_two_marks_and_are_not_continued() {
        let document = read("# one \\\n! two\na=1 # no comment\n");
        assert_eq!(comments(&document), ["one \\", "two"]);
        assert_eq!(leaves(&document), ["a=1 # no comment Str `1 # no comment`"]);
    }

    #[test]
    fn a_broken_escape_is_named() {
        let document = read("a=\\u00g1\n");
        assert_eq!(only_problem(&document), (ProblemKind::Syntax, "\\u".into()));
        assert_eq!(document.roots[0].get("a").and_then(Node::as_text), Some("u00g1"));
    }

    #[test]
    fn equal_keys_are_named() {
        assert_eq!(only_problem(&read("a=1\na = 2\n")), (ProblemKind::DuplicateKey, "a".into()));
    }
}
