//! TOML, built from the parser's events, so that comments, places and doubled keys are kept.
//!
//! Tables and dotted keys become nested mappings; a list of tables becomes a list. A broken line is named, the rest is
//! read.

use super::decoded::{self, Decoded, Escapes};
use super::{Format, template};
use crate::document::{Document, Entry, FormatId, Node, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};
use std::borrow::Cow;
use std::collections::BTreeMap;
use toml_parser::decoder::{Encoding, ScalarKind as TomlKind};
use toml_parser::parser::{Event, EventKind, RecursionGuard, ValidateWhitespace, parse_document};

/// TOML.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Toml,
    name: "TOML",
    reads: "`.toml` files",
    extensions: &["toml"],
    names: &["pipfile", "cargo.lock", "poetry.lock"],
    words: &[],
    is_plainly: |_| false,
    parse,
};

const ESCAPES: Escapes = Escapes {
    letters: &[
        ('b', '\u{8}'),
        ('t', '\t'),
        ('n', '\n'),
        ('f', '\u{c}'),
        ('r', '\r'),
        ('e', '\u{1b}'),
        ('"', '"'),
        ('\\', '\\'),
    ],
    hex: &[('x', 2), ('u', 4), ('U', 8)],
};

fn parse(source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Toml);
    // Digits read as a number, as a bare key and as text inside quotes.
    let masked = template::mask_bare(&source.text);
    let text = masked.text(&source.text);
    let toml = toml_parser::Source::new(text);
    let tokens = toml.lex().into_vec();
    let mut errors: Vec<toml_parser::ParseError> = Vec::new();
    let mut events: Vec<Event> = Vec::new();
    let mut collect = |event: Event| events.push(event);
    let mut validate = ValidateWhitespace::new(&mut collect, toml);
    let mut guard = RecursionGuard::new(&mut validate, 64);
    parse_document(&tokens, &mut guard, &mut errors);

    let mut reader = Reader { text, toml, events, at: 0, errors, problems: Vec::new() };
    let root = reader.document(&mut document);
    let mut syntax: Vec<Problem> = reader.errors.iter().map(|error| problem(text, error)).collect();
    syntax.sort_by_key(|problem| problem.span);
    masked.report_errors(syntax, &mut document.problems);
    document.problems.append(&mut reader.problems);
    document.roots.extend((!root.entries.is_empty()).then(|| root.into_node()));
    masked.restore(&source.text, &mut document);
    document
}

fn problem(text: &str, error: &toml_parser::ParseError) -> Problem {
    let place = error.unexpected().or(error.context());
    let start = super::boundary(text, place.map_or(0, |s| s.start()));
    let end = super::boundary(text, place.map_or(0, |s| s.end()).max(start));
    let span = Span::new(start, end);
    let description = error.description();
    if description.contains("recursion") {
        return super::too_deep(Some(span));
    }
    Problem::at(ProblemKind::Syntax, format!("TOML: {description}; the rest was read as far as possible"), span)
}

/// A table while it is built.
#[derive(Default)]
struct Table {
    entries: Vec<(Scalar, Item)>,
    /// The last entry of each name.
    index: BTreeMap<String, usize>,
    span: Span,
    /// Whether a header named it, so that a second header is a mistake.
    has_header: bool,
}

enum Item {
    Value(Node),
    Table(Table),
    Tables(Vec<Table>),
}

impl Table {
    fn at(span: Span) -> Table {
        Table { span, ..Table::default() }
    }

    fn push(&mut self, key: Scalar, item: Item) {
        self.index.insert(key.text.to_string(), self.entries.len());
        self.entries.push((key, item));
    }

    fn find(&mut self, name: &str) -> Option<&mut Item> {
        let &index = self.index.get(name)?;
        self.entries.get_mut(index).map(|(_, item)| item)
    }

    /// The table under `key`, made where there is none; `None` where something else stands there.
    fn descend(&mut self, key: &Scalar) -> Option<&mut Table> {
        if !self.index.contains_key(key.text.as_str()) {
            self.push(key.clone(), Item::Table(Table::at(key.span)));
        }
        match self.find(&key.text)? {
            Item::Table(table) => Some(table),
            Item::Tables(tables) => tables.last_mut(),
            Item::Value(_) => None,
        }
    }

    fn into_node(self) -> Node {
        let entries: Vec<Entry> =
            self.entries.into_iter().map(|(key, item)| Entry { key, value: item.into_node() }).collect();
        let inner = entries.iter().map(|e| e.key.span.to(e.value.span)).reduce(Span::to);
        let own = (!self.span.is_empty()).then_some(self.span);
        let span = own.into_iter().chain(inner).reduce(Span::to).unwrap_or_default();
        Node::mapping(span, entries)
    }
}

impl Item {
    fn into_node(self) -> Node {
        match self {
            Item::Value(node) => node,
            Item::Table(table) => table.into_node(),
            Item::Tables(tables) => {
                let items: Vec<Node> = tables.into_iter().map(Table::into_node).collect();
                let span = items.iter().map(|item| item.span).reduce(Span::to).unwrap_or_default();
                Node::sequence(span, items)
            }
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    toml: toml_parser::Source<'a>,
    events: Vec<Event>,
    at: usize,
    errors: Vec<toml_parser::ParseError>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<Event> {
        let event = self.events.get(self.at).copied();
        self.at += 1;
        event
    }

    fn peek(&self) -> Option<EventKind> {
        self.events.get(self.at).map(Event::kind)
    }

    fn document(&mut self, document: &mut Document) -> Table {
        let comments = self.events.iter().filter(|event| event.kind() == EventKind::Comment);
        let range = |event: &Event| event.span().start()..event.span().end();
        document.comments = comments.map(|event| decoded::comment(self.text, range(event), 1)).collect();
        let mut root = Table::default();
        let mut header: Vec<Scalar> = Vec::new();
        while let Some(event) = self.next() {
            match event.kind() {
                EventKind::StdTableOpen | EventKind::ArrayTableOpen => header = self.header(event, &mut root),
                EventKind::SimpleKey => {
                    self.at -= 1;
                    self.key_value(&mut root, &header);
                }
                _ => {}
            }
        }
        root
    }

    fn header(&mut self, open: Event, root: &mut Table) -> Vec<Scalar> {
        let is_list = open.kind() == EventKind::ArrayTableOpen;
        let mut path = Vec::new();
        let mut end = open.span().end();
        while let Some(event) = self.events.get(self.at).copied() {
            match event.kind() {
                EventKind::SimpleKey => path.push(self.key(event)),
                EventKind::Newline => break,
                EventKind::StdTableClose | EventKind::ArrayTableClose => {
                    end = event.span().end();
                    self.at += 1;
                    break;
                }
                _ => {}
            }
            self.at += 1;
        }
        let span = Span::new(open.span().start(), end);
        if path.len() > super::MAX_DEPTH {
            self.problems.push(super::too_deep(Some(span)));
            path.clear();
        }
        let Some((last, parents)) = path.split_last() else { return path };
        let Some(parent) = self.descend(root, parents) else { return path };
        if is_list {
            let table = Table { has_header: true, ..Table::at(span) };
            match parent.find(&last.text) {
                Some(Item::Tables(tables)) => tables.push(table),
                Some(_) => self.problems.push(decoded::duplicate_key(last.span)),
                None => parent.push(last.clone(), Item::Tables(vec![table])),
            }
            return path;
        }
        let Some(table) = parent.descend(last) else {
            self.problems.push(decoded::duplicate_key(last.span));
            return path;
        };
        if table.has_header {
            self.problems.push(decoded::duplicate_key(last.span));
        }
        table.has_header = true;
        table.span = span;
        path
    }

    fn key_value(&mut self, root: &mut Table, header: &[Scalar]) {
        let path = self.keys();
        let span = path.iter().map(|key| key.span).reduce(Span::to);
        let has_value = self.peek() == Some(EventKind::KeyValSep);
        let depth = header.len() + path.len();
        let value = if has_value { self.value(depth) } else { None };
        if depth > super::MAX_DEPTH {
            return self.problems.push(super::too_deep(span));
        }
        let (Some(value), Some((last, parents))) = (value, path.split_last()) else { return };
        let Some(table) = self.descend(root, header) else { return };
        let Some(table) = self.descend(table, parents) else { return };
        if table.index.contains_key(last.text.as_str()) {
            self.problems.push(decoded::duplicate_key(last.span));
        }
        table.push(last.clone(), Item::Value(value));
    }

    fn descend<'t>(&mut self, mut table: &'t mut Table, path: &[Scalar]) -> Option<&'t mut Table> {
        for key in path {
            let Some(below) = table.descend(key) else {
                self.problems.push(decoded::duplicate_key(key.span));
                return None;
            };
            table = below;
        }
        Some(table)
    }

    /// A key, dotted or not, up to what follows it.
    fn keys(&mut self) -> Vec<Scalar> {
        let mut path = Vec::new();
        while let Some(event) = self.events.get(self.at).copied() {
            match event.kind() {
                EventKind::SimpleKey => path.push(self.key(event)),
                EventKind::KeySep | EventKind::Whitespace => {}
                _ => break,
            }
            self.at += 1;
        }
        path
    }

    fn key(&mut self, event: Event) -> Scalar {
        let mut decoded: Cow<'_, str> = Cow::Borrowed("");
        if let Some(raw) = self.toml.get(event) {
            raw.decode_key(&mut decoded, &mut self.errors);
        }
        self.string(event, &decoded)
    }

    /// The value after `=`; `None` where there is none.
    fn value(&mut self, depth: usize) -> Option<Node> {
        loop {
            let event = self.events.get(self.at).copied()?;
            match event.kind() {
                EventKind::Scalar => {
                    self.at += 1;
                    return Some(self.scalar(event));
                }
                EventKind::ArrayOpen => {
                    self.at += 1;
                    return Some(self.list(event, depth));
                }
                EventKind::InlineTableOpen => {
                    self.at += 1;
                    return Some(self.inline_table(event, depth));
                }
                EventKind::KeyValSep | EventKind::Whitespace | EventKind::Error => self.at += 1,
                _ => return None,
            }
        }
    }

    fn list(&mut self, open: Event, depth: usize) -> Node {
        let mut items = Vec::new();
        let mut end = open.span().end();
        while let Some(event) = self.next() {
            match event.kind() {
                EventKind::ArrayClose => {
                    end = event.span().end();
                    break;
                }
                EventKind::Scalar | EventKind::ArrayOpen | EventKind::InlineTableOpen => {
                    self.at -= 1;
                    let item = self.value(depth + 1);
                    items.extend(item.filter(|_| depth < super::MAX_DEPTH));
                }
                _ => {}
            }
        }
        let end = items.last().map_or(end, |item: &Node| end.max(item.span.end as usize));
        Node::sequence(Span::new(open.span().start(), end), items)
    }

    fn inline_table(&mut self, open: Event, depth: usize) -> Node {
        let mut table = Table::default();
        let mut end = open.span().end();
        while let Some(event) = self.next() {
            match event.kind() {
                EventKind::InlineTableClose => {
                    end = event.span().end();
                    break;
                }
                EventKind::SimpleKey => {
                    self.at -= 1;
                    let path = self.keys();
                    let depth = depth + path.len();
                    let value = self.value(depth).filter(|_| depth < super::MAX_DEPTH);
                    let (Some(value), Some((last, parents))) = (value, path.split_last()) else { continue };
                    let Some(parent) = self.descend(&mut table, parents) else { continue };
                    if parent.index.contains_key(last.text.as_str()) {
                        self.problems.push(decoded::duplicate_key(last.span));
                    }
                    parent.push(last.clone(), Item::Value(value));
                }
                _ => {}
            }
        }
        let node = table.into_node();
        Node { span: Span::new(open.span().start(), end.max(node.span.end as usize)), ..node }
    }

    fn scalar(&mut self, event: Event) -> Node {
        let mut decoded: Cow<'_, str> = Cow::Borrowed("");
        let Some(raw) = self.toml.get(event) else {
            return Node::scalar(Scalar::plain("", event.span().start(), ScalarKind::Str));
        };
        let kind = match raw.decode_scalar(&mut decoded, &mut self.errors) {
            TomlKind::String => return Node::scalar(self.string(event, &decoded)),
            TomlKind::Boolean(_) => ScalarKind::Bool,
            TomlKind::DateTime => ScalarKind::Str,
            TomlKind::Float => ScalarKind::Float,
            TomlKind::Integer(_) => ScalarKind::Int,
        };
        Node::scalar(Scalar::plain(raw.as_str(), event.span().start(), kind))
    }

    fn string(&self, event: Event, value: &str) -> Scalar {
        let (start, end) = (event.span().start(), event.span().end());
        let span = Span::new(start, end);
        let Some(encoding) = event.encoding() else {
            return Scalar { text: value.into(), ..Scalar::plain(value, start, ScalarKind::Str) };
        };
        let quotes = if matches!(encoding, Encoding::MlBasicString | Encoding::MlLiteralString) { 3 } else { 1 };
        let has_escapes = matches!(encoding, Encoding::BasicString | Encoding::MlBasicString);
        let inner = start + quotes..end.saturating_sub(quotes).max(start + quotes);
        let scalar = decode(self.text, inner, quotes == 3, has_escapes).scalar(span, ScalarKind::Str, true);
        if scalar.text == value {
            return scalar;
        }
        // A string that the parser had to mend: its place is the whole of it.
        Scalar { text: value.into(), map: crate::document::OffsetMap::None, ..scalar }
    }
}

fn decode(text: &str, inner: std::ops::Range<usize>, is_multi_line: bool, has_escapes: bool) -> Decoded {
    let mut out = Decoded::default();
    let mut at = if is_multi_line { decoded::after_break(text, inner.start) } else { inner.start };
    out.copy("", at);
    while at < inner.end {
        let rest = text.get(at..inner.end).unwrap_or("");
        let run = if has_escapes { rest.find('\\').unwrap_or(rest.len()) } else { rest.len() };
        out.copy(rest.get(..run).unwrap_or(""), at);
        at += run;
        if at >= inner.end {
            break;
        }
        if let Some((c, len)) = ESCAPES.read(text, at) {
            out.replace(c.encode_utf8(&mut [0; 4]), at..at + len);
            at += len;
            continue;
        }
        // A backslash at the end of a line takes the line end and all blanks after it.
        let after = text.get(at + 1..inner.end).unwrap_or("");
        let next = inner.end - after.trim_start_matches([' ', '\t', '\n', '\r']).len();
        out.skip(at..next);
        at = next;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::NodeKind;
    use crate::format::check::{self, comments, leaves, only_problem};

    fn read(text: &str) -> Document {
        check::read("a.toml", text)
    }

    #[test]
    fn values_have_their_types_and_places() {
        let document =
            read("a = 1_000\nb = -2.5\nc = true\nd = 2026-01-31\ne = \"x\"\nf = 'y'\ng = [1, {h = 0x1f}] # c\n");
        assert_eq!(
            leaves(&document),
            [
                "a=1_000 Int `1_000`",
                "b=-2.5 Float `-2.5`",
                "c=true Bool `true`",
                "d=2026-01-31 Str `2026-01-31`",
                "e=x Str `\"x\"`",
                "f=y Str `'y'`",
                "g.0=1 Int `1`",
                "g.1.h=0x1f Int `0x1f`",
            ]
        );
        assert_eq!(comments(&document), ["c"]);
        assert!(document.problems.is_empty());
    }

    #[test]
    fn tables_and_dotted_keys_nest() {
        let document = read("x.y = 1\n[a.b]\nc.d = 2\n[a]\ne = 3\n[[l]]\nn = 1\n[[l]]\nn = 2\n[l.m]\no = 3\n");
        assert_eq!(
            leaves(&document),
            [
                "x.y=1 Int `1`",
                "a.b.c.d=2 Int `2`",
                "a.e=3 Int `3`",
                "l.0.n=1 Int `1`",
                "l.1.n=2 Int `2`",
                "l.1.m.o=3 Int `3`"
            ]
        );
        assert!(document.problems.is_empty(), "{:?}", document.problems);
    }

    #[test]
    fn an_empty_table_is_there() {
        let document = read("[a]\n[b]\nc = {}\n");
        assert!(matches!(document.roots[0].get("a").map(|n| &n.kind), Some(NodeKind::Mapping(e)) if e.is_empty()));
        assert_eq!(document.roots[0].path(&["b", "c"]).map(|n| check::slice(n.span)), Some("{}".into()));
    }

    #[test]
    fn strings_are_decoded_with_their_places() {
        let text = "a = \"p\\u00e9\\\"q\"\nb = \"\"\"\nx\\\n   y\n\"\"\"\nc = '''\nz\\'''\n";
        let document = read(text);
        let scalar = |key: &str| document.roots[0].get(key).and_then(Node::as_scalar).expect("a scalar");
        let (a, b, c) = (scalar("a"), scalar("b"), scalar("c"));
        assert_eq!((a.text.as_str(), b.text.as_str(), c.text.as_str()), ("pé\"q", "xy\n", "z\\"));
        let place = |s: &Scalar, part: &str| {
            let at = s.text.find(part).expect("in the text");
            &text[s.source_span(at..at + part.len()).range()]
        };
        assert_eq!((place(a, "é"), place(a, "q"), place(b, "x"), place(b, "y")), ("\\u00e9", "q", "x", "y"));
    }

    #[test]
    fn a_broken_line_is_named_and_the_rest_is_read() {
        let document = read("a = 1\nb = \nc = 3\n");
        assert!(leaves(&document).contains(&"c=3 Int `3`".to_owned()), "{:?}", leaves(&document));
        assert_eq!(document.problems.len(), 1);
        assert_eq!(document.problems[0].kind, ProblemKind::Syntax);
    }

    #[test]
    fn a_template_is_read_around_its_expressions() {
        let document = read("[a]\nport = {{ port }}\n{% if x %}\nhost = \"{{ h }}:1\"\n{% endif %}\n");
        assert_eq!(leaves(&document), ["a.port={{ port }} Str `{{ port }}`", "a.host={{ h }}:1 Str `\"{{ h }}:1\"`"]);
        assert!(document.problems.is_empty());
    }

    #[test]
    fn equal_keys_are_kept_and_named() {
        for text in
            ["a = 1\na = 2\n", "[t]\nb = 1\n[t]\nc = 2\n", "x = {y = 1, y = 2}\n", "a = 1\n[a]\n", "a = 1\na.b = 2\n"]
        {
            let document = read(text);
            assert_eq!(only_problem(&document).0, ProblemKind::DuplicateKey, "{text}");
        }
        assert_eq!(leaves(&read("a = 1\na = 2\n")), ["a=1 Int `1`", "a=2 Int `2`"]);
    }

    #[test]
    fn deep_nesting_is_refused_in_words() {
        for text in [
            format!("a = {}", "[".repeat(50_000)),
            "a.".repeat(20_000) + "a = 1",
            format!("[{}a]", "a.".repeat(20_000)),
        ] {
            let document = read(&text);
            assert!(document.problems.iter().any(|p| p.kind == ProblemKind::TooLarge), "{:?}", document.problems);
        }
    }
}
