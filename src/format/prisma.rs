//! Prisma schemas: the `datasource` and `generator` blocks. Models, enums and views are the schema and no configuration.
//!
//! `env("X")` keeps its text: it points at a value and is none.

use super::decoded::{self, Decoded, Escapes};
use super::template;
use super::{Format, boundary};
use crate::document::{Document, Entry, FormatId, Node, NodeKind, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};

/// Prisma.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Prisma,
    name: "Prisma",
    reads: "`.prisma` files: the `datasource` and `generator` blocks",
    extensions: &["prisma"],
    names: &[],
    words: &[],
    is_plainly,
    parse,
};

const ESCAPES: Escapes =
    Escapes { letters: &[('"', '"'), ('\\', '\\'), ('n', '\n'), ('r', '\r'), ('t', '\t')], hex: &[('u', 4)] };

/// Blocks that are read.
const BLOCKS: [&str; 2] = ["datasource", "generator"];

fn is_plainly(text: &str) -> bool {
    let is_header = |line: &str| {
        let mut words = line.split_whitespace();
        let opens = words.next().is_some_and(|word| BLOCKS.contains(&word)) && words.next().is_some_and(is_word);
        opens && words.next() == Some("{")
    };
    text.lines().map(str::trim_start).any(is_header)
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn parse(source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Prisma);
    let masked = template::mask(&source.text, 'x');
    let text = masked.text(&source.text);
    let mut reader = Reader { text, at: 0, document: &mut document, errors: Vec::new(), blocks: Vec::new() };
    reader.read();
    let Reader { errors, blocks, .. } = reader;
    masked.report_errors(errors, &mut document.problems);
    for block in blocks.iter().flat_map(|kind| kind.value.entries()) {
        masked.report_equal(block.value.entries(), &mut document.problems);
    }
    document.roots.extend((!blocks.is_empty()).then(|| Node::mapping(Span::new(0, text.len()), blocks)));
    masked.restore(&source.text, &mut document);
    document
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    document: &'a mut Document,
    errors: Vec<Problem>,
    /// One mapping for each kind of block, with the blocks of that kind by name.
    blocks: Vec<Entry>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn error(&mut self, message: &str, from: usize) {
        let span = Span::new(from, boundary(self.text, self.at.max(from)));
        self.errors.push(Problem::at(ProblemKind::Syntax, message, span));
    }

    fn read(&mut self) {
        while self.skip() {
            let start = self.at;
            let kind = self.word();
            let known = BLOCKS.contains(&kind.text.as_str());
            self.blanks();
            let name = self.word();
            self.blanks();
            if kind.text.is_empty() || !self.rest().starts_with('{') {
                self.at = decoded::line_end(self.text, self.at.max(start));
                self.error("no block of a Prisma schema; this line was not read", start);
                continue;
            }
            self.at += 1;
            if known && !name.text.is_empty() {
                let block = self.block(start);
                self.add(kind, Entry { key: name, value: block });
            } else {
                self.pass_over(start);
            }
        }
    }

    fn add(&mut self, kind: Scalar, block: Entry) {
        let span = kind.span.to(block.value.span);
        match self.blocks.iter_mut().find(|known| known.key.text == kind.text) {
            Some(known) => {
                known.value.span = known.value.span.to(span);
                if let NodeKind::Mapping(entries) = &mut known.value.kind {
                    entries.push(block);
                }
            }
            None => self.blocks.push(Entry { key: kind, value: Node::mapping(span, vec![block]) }),
        }
    }

    /// Skips blanks, line ends and comments; false at the end of the text.
    fn skip(&mut self) -> bool {
        loop {
            self.at =
                self.text.len() - self.rest().trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
            if !self.comment() {
                return self.at < self.text.len();
            }
        }
    }

    fn comment(&mut self) -> bool {
        let start = self.at;
        if self.rest().starts_with("//") {
            let end = decoded::line_end(self.text, start);
            let mark = 2 + usize::from(self.rest().starts_with("///"));
            self.document.comments.push(decoded::comment(self.text, start..end, mark));
            self.at = end;
            return true;
        }
        if !self.rest().starts_with("/*") {
            return false;
        }
        let end = self.rest().find("*/").map_or(self.text.len(), |i| start + i + 2);
        let mut comment = decoded::comment(self.text, start..end, 2);
        comment.text = comment.text.trim_end_matches("*/").trim_end().to_owned();
        self.document.comments.push(comment);
        self.at = end;
        true
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    fn word(&mut self) -> Scalar {
        let rest = self.rest();
        let len = rest.bytes().position(|b| !(b.is_ascii_alphanumeric() || b == b'_')).unwrap_or(rest.len());
        let word = Scalar::plain(rest.get(..len).unwrap_or(""), self.at, ScalarKind::Str);
        self.at += len;
        word
    }

    /// The settings of a block up to its `}`.
    fn block(&mut self, start: usize) -> Node {
        let mut entries = Vec::new();
        loop {
            if !self.skip() {
                self.error("this block is not closed; add the missing }", start);
                break;
            }
            if self.rest().starts_with('}') {
                self.at += 1;
                break;
            }
            let from = self.at;
            let key = self.word();
            self.blanks();
            if key.text.is_empty() || !self.rest().starts_with('=') {
                self.at = decoded::line_end(self.text, from);
                self.error("no `key = value` line; it was not read", from);
                continue;
            }
            self.at += 1;
            self.blanks();
            let value = self.value();
            entries.push(Entry { key, value });
        }
        Node::mapping(Span::new(start, self.at), entries)
    }

    fn value(&mut self) -> Node {
        match self.rest().as_bytes().first() {
            Some(b'"') => Node::scalar(self.string()),
            Some(b'[') => self.list(),
            _ => Node::scalar(self.bare(&[])),
        }
    }

    /// A list of values. It ends with its line where the bracket is missing, if no item follows.
    fn list(&mut self) -> Node {
        let start = self.at;
        let mut items = Vec::new();
        self.at += 1;
        while self.skip() {
            match self.rest().as_bytes().first() {
                Some(b']') => {
                    self.at += 1;
                    return Node::sequence(Span::new(start, self.at), items);
                }
                Some(b',') => self.at += 1,
                Some(b'"') => items.push(Node::scalar(self.string())),
                Some(b'}') => break,
                _ => {
                    let item = self.bare(&[',', ']']);
                    if item.text.is_empty() {
                        break;
                    }
                    items.push(Node::scalar(item));
                }
            }
        }
        self.error("this list is not closed; add the missing ]", start);
        Node::sequence(Span::new(start, self.at), items)
    }

    /// A word, a number or a call up to the end of the line, a comment or one of `ends`.
    fn bare(&mut self, ends: &[char]) -> Scalar {
        let start = self.at;
        let line = self.text.get(start..decoded::line_end(self.text, start)).unwrap_or("");
        let mut in_string = false;
        let mut end = line.len();
        for (at, c) in line.char_indices() {
            let ends_here = ends.contains(&c) || c == '}' || line.get(at..).is_some_and(|rest| rest.starts_with("//"));
            match c {
                '"' => in_string = !in_string,
                _ if !in_string && ends_here => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        self.at = start + end;
        let text = line.get(..end).unwrap_or("").trim_end();
        let kind = match text {
            "true" | "false" => ScalarKind::Bool,
            _ if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => ScalarKind::Int,
            _ => ScalarKind::Str,
        };
        Scalar::plain(text, start, kind)
    }

    fn string(&mut self) -> Scalar {
        let start = self.at;
        let end = decoded::line_end(self.text, start);
        let mut out = Decoded::default();
        self.at += 1;
        out.copy("", self.at);
        loop {
            let rest = self.text.get(self.at..end).unwrap_or("");
            let stop = rest.find(['"', '\\']).unwrap_or(rest.len());
            out.copy(rest.get(..stop).unwrap_or(""), self.at);
            self.at += stop;
            let rest = rest.get(stop..).unwrap_or("");
            if rest.starts_with('"') {
                self.at += 1;
                break;
            }
            if rest.is_empty() {
                self.error("a string here is not closed; it was read up to the end of the line", start);
                break;
            }
            match ESCAPES.read(self.text, self.at) {
                Some((c, len)) if self.at + len <= end => {
                    out.replace(c.encode_utf8(&mut [0; 4]), self.at..self.at + len);
                    self.at += len;
                }
                _ => {
                    out.copy("\\", self.at);
                    self.at += 1;
                }
            }
        }
        out.scalar(Span::new(start, self.at), ScalarKind::Str, true)
    }

    /// Passes over a block of the schema, whose braces may stand in strings and comments too.
    fn pass_over(&mut self, start: usize) {
        let mut depth = 1_usize;
        while self.skip() {
            let rest = self.rest();
            match rest.as_bytes().first() {
                Some(b'"') => drop(self.string()),
                Some(b'{') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b'}') => {
                    depth -= 1;
                    self.at += 1;
                    if depth == 0 {
                        return;
                    }
                }
                _ => {
                    let stop = rest.find(['"', '{', '}', '/', '\n']).unwrap_or(rest.len());
                    self.at += stop.max(rest.chars().next().map_or(1, char::len_utf8).min(rest.len()));
                }
            }
        }
        self.error("this block is not closed; add the missing }", start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::check::{self, comments, leaves, only_problem};

    fn read(text: &str) -> Document {
        check::read("schema.prisma", text)
    }

    #[test]
    fn data_sources_and_generators_are_read_and_models_are_not() {
        let text = "// head\ndatasource db {\n  provider = \"postgresql\" // engine\n  url      = env(\"DATABASE_URL\")\n}\n\n\
                    generator client {\n  provider        = \"prisma-client-js\"\n  previewFeatures = [\"metrics\", \"views\"]\n}\n\n\
                    generator docs { output = \"../docs\" }\n\n\
                    /// doc\nmodel User {\n  id   Int    @id /* } */\n  name String @default(\"}{\") // }\n}\nenum Role { A B }\n";
        let document = read(text);
        assert_eq!(
            leaves(&document),
            [
                "datasource.db.provider=postgresql Str `\"postgresql\"`",
                "datasource.db.url=env(\"DATABASE_URL\") Str `env(\"DATABASE_URL\")`",
                "generator.client.provider=prisma-client-js Str `\"prisma-client-js\"`",
                "generator.client.previewFeatures.0=metrics Str `\"metrics\"`",
                "generator.client.previewFeatures.1=views Str `\"views\"`",
                "generator.docs.output=../docs Str `\"../docs\"`",
            ]
        );
        assert_eq!(comments(&document), ["head", "engine", "doc", "}", "}"]);
        assert!(document.problems.is_empty(), "{:?}", document.problems);
    }

    #[test]
    fn an_escape_keeps_its_place() {
        let document = read("datasource db {\n  url = \"postgresql://a:\\\"b@db/x\"\n}\n");
        let url = document.roots[0].path(&["datasource", "db", "url"]).and_then(Node::as_scalar).expect("a value");
        assert_eq!(url.text, "postgresql://a:\"b@db/x");
        let at = url.text.find("db/").expect("in the text");
        assert_eq!(check::slice(url.source_span(at..at + 2)), "db");
    }

    #[test]
    fn what_breaks_off_is_named_and_the_rest_is_read() {
        let document = read("datasource db {\n  url = \"open\n  provider = \"mysql\"\n");
        assert_eq!(
            leaves(&document),
            ["datasource.db.url=open Str `\"open`", "datasource.db.provider=mysql Str `\"mysql\"`"]
        );
        assert_eq!(document.problems.len(), 2);
        let document = read("what is this\ndatasource db { provider = \"mysql\" }\n");
        assert_eq!(only_problem(&document), (ProblemKind::Syntax, "what is this".into()));
        assert_eq!(leaves(&document).len(), 1);
    }

    #[test]
    fn a_template_is_read_around_its_expressions() {
        let document = read("datasource db {\n  url = \"mysql://{{ .Values.host }}/a\"\n}\n");
        assert_eq!(
            leaves(&document),
            ["datasource.db.url=mysql://{{ .Values.host }}/a Str `\"mysql://{{ .Values.host }}/a\"`"]
        );
        assert_eq!(document.templated, 1);
    }

    #[test]
    fn a_schema_is_told_by_its_blocks() {
        assert!(is_plainly("// x\ndatasource db {\n  url = 1\n}\n"));
        assert!(!is_plainly("datasource: x\ngenerator \"a\" {\n}\n"));
    }
}
