//! HOCON, as Akka, Play and Lightbend's libraries read it: JSON with fewer marks.
//!
//! Dotted keys stay as they are written. Objects of one name are merged. `url = ${?DB_URL}` behind another `url` takes its
//! place only where the variable is set, so it is kept beside it, as `url?`. Nothing is expanded or included.

use super::decoded::{self, Decoded, Escapes};
use super::template::{self, Masked};
use super::words::{gathered, made_key};
use super::{Format, MAX_DEPTH, too_deep};
use crate::document::{Document, Entry, FormatId, Node, NodeKind, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};
use std::collections::BTreeMap;

/// HOCON.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Hocon,
    name: "HOCON",
    reads: "`.hocon` files, `application.conf`, `reference.conf`, and other `.conf` files in that syntax",
    extensions: &["hocon"],
    names: &["application.conf", "reference.conf"],
    words: &[],
    is_plainly: |_| false,
    parse,
};

const ESCAPES: Escapes = Escapes {
    letters: &[
        ('"', '"'),
        ('\\', '\\'),
        ('/', '/'),
        ('b', '\u{8}'),
        ('f', '\u{c}'),
        ('n', '\n'),
        ('r', '\r'),
        ('t', '\t'),
    ],
    hex: &[('u', 4)],
};

/// Whether a `.conf` file reads as HOCON from its first line to its last and as nothing simpler.
pub(super) fn is_hocon(text: &str) -> bool {
    let masked = template::mask(text, 'x');
    let mut reader = Reader::new(masked.text(text));
    let entries = reader.file();
    reader.errors.is_empty() && !reader.too_deep && !entries.is_empty()
}

fn parse(source: &Source, id: SourceId) -> Document {
    let masked = template::mask(&source.text, 'x');
    let mut document = decoded::document(id, FormatId::Hocon);
    let mut reader = Reader::new(masked.text(&source.text));
    let entries = reader.file();
    finish(reader, &masked, &mut document);
    document.roots.extend((!entries.is_empty()).then(|| decoded::mapping(entries)));
    masked.restore(&source.text, &mut document);
    document
}

fn finish(reader: Reader<'_>, masked: &Masked, document: &mut Document) {
    document.comments = reader.comments;
    document.problems.extend(reader.too_deep.then(|| too_deep(None)));
    masked.report_errors(reader.errors, &mut document.problems);
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    comments: Vec<crate::document::Comment>,
    errors: Vec<Problem>,
    too_deep: bool,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Reader<'a> {
        Reader { text, at: 0, comments: Vec::new(), errors: Vec::new(), too_deep: false }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn error(&mut self, message: &str, span: Span) {
        self.errors.push(Problem::at(ProblemKind::Syntax, message, span));
    }

    /// Skips blanks, line ends, commas and comments.
    fn skip(&mut self, is_blank: impl Fn(char) -> bool) {
        loop {
            self.at = self.text.len() - self.rest().trim_start_matches(&is_blank).len();
            let mark = if self.rest().starts_with("//") { 2 } else { usize::from(self.rest().starts_with('#')) };
            if mark == 0 {
                return;
            }
            let end = decoded::line_end(self.text, self.at);
            self.comments.push(decoded::comment(self.text, self.at..end, mark));
            self.at = end;
        }
    }

    /// The whole file, whose braces may be left out.
    fn file(&mut self) -> Vec<Entry> {
        self.skip(char::is_whitespace);
        if self.next() == Some('{') {
            let object = self.object(0);
            self.skip(char::is_whitespace);
            if self.at < self.text.len() {
                self.error("something follows the end of the object here", Span::new(self.at, self.text.len()));
            }
            return match object.kind {
                NodeKind::Mapping(entries) => entries,
                _ => Vec::new(),
            };
        }
        let entries = self.fields(0, None);
        if self.at < self.text.len() {
            self.error("a } that closes nothing; what follows was not read", Span::new(self.at, self.at + 1));
        }
        entries
    }

    fn object(&mut self, depth: usize) -> Node {
        let start = self.at;
        self.at += 1;
        let entries = self.fields(depth + 1, Some(start));
        let spans = entries.iter().map(|entry| entry.key.span.to(entry.value.span));
        Node::mapping(spans.fold(Span::new(start, self.at), Span::to), entries)
    }

    /// Fields up to the closing brace of the object that was opened at `opened`, or to the end.
    fn fields(&mut self, depth: usize, opened: Option<usize>) -> Vec<Entry> {
        let mut fields = Fields::default();
        loop {
            self.skip(|c| c.is_whitespace() || c == ',');
            match self.next() {
                None => {
                    if let Some(start) = opened.filter(|_| !self.too_deep) {
                        let span = Span::new(start, start + 1);
                        self.error("an object opened here is not closed; add the missing }", span);
                    }
                    break;
                }
                Some('}') => {
                    self.at += usize::from(opened.is_some());
                    break;
                }
                Some(_) => {
                    let start = self.at;
                    match self.field(depth) {
                        Some(entry) => fields.add(entry),
                        None => self.skip_line(start),
                    }
                }
            }
        }
        fields.finish()
    }

    fn skip_line(&mut self, start: usize) {
        if self.too_deep {
            self.at = self.text.len();
            return;
        }
        let end = decoded::line_end(self.text, self.at.max(start));
        self.error("no `key = value`, `key { … }` or include here; this line was not read", Span::new(start, end));
        self.at = end.max(start + 1).min(self.text.len());
    }

    fn field(&mut self, depth: usize) -> Option<Entry> {
        let is_include = self.rest().strip_prefix("include").is_some_and(|rest| {
            let rest = rest.trim_start_matches([' ', '\t']);
            ["\"", "required(", "file(", "url(", "classpath("].iter().any(|start| rest.starts_with(start))
        });
        if is_include {
            let key = Scalar::plain("include", self.at, ScalarKind::Str);
            self.at += "include".len();
            self.skip(|c| matches!(c, ' ' | '\t'));
            return Some(Entry { key, value: self.value(depth)? });
        }
        let key = self.key()?;
        self.skip(|c| matches!(c, ' ' | '\t'));
        let rest = self.rest();
        match rest.chars().next()? {
            '{' => {}
            '=' | ':' => self.at += 1,
            '+' if rest.starts_with("+=") => self.at += 2,
            _ => return None,
        }
        self.skip(char::is_whitespace);
        Some(Entry { key, value: self.value(depth)? })
    }

    /// A key: words and quoted words joined by dots.
    fn key(&mut self) -> Option<Scalar> {
        let start = self.at;
        let mut out = Decoded::default();
        out.copy("", start);
        while let Some(c) = self.next() {
            if c == '"' {
                self.quoted(&mut out)?;
                continue;
            }
            let is_part = c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '*' | '@');
            if !is_part || self.rest().starts_with("//") {
                break;
            }
            out.copy(self.rest().get(..c.len_utf8())?, self.at);
            self.at += c.len_utf8();
        }
        (self.at > start).then(|| out.scalar(Span::new(start, self.at), ScalarKind::Str, false))
    }

    /// Decodes a quoted text, with three quotes or one, into `out`.
    fn quoted(&mut self, out: &mut Decoded) -> Option<()> {
        if let Some(body) = self.rest().strip_prefix("\"\"\"") {
            let end = body.find("\"\"\"")?;
            // More quotes than three at the end belong to the text.
            let more = body.get(end + 3..)?.len() - body.get(end + 3..)?.trim_start_matches('"').len();
            out.skip(self.at..self.at + 3);
            out.copy(body.get(..end + more)?, self.at + 3);
            let next = self.at + 6 + end + more;
            out.skip(next - 3..next);
            self.at = next;
            return Some(());
        }
        out.skip(self.at..self.at + 1);
        self.at += 1;
        loop {
            let rest = self.rest();
            let stop = rest.find(['"', '\\', '\n'])?;
            out.copy(rest.get(..stop)?, self.at);
            self.at += stop;
            match rest.get(stop..)?.chars().next()? {
                '"' => {
                    out.skip(self.at..self.at + 1);
                    self.at += 1;
                    return Some(());
                }
                '\\' => {
                    let (c, len) = ESCAPES.read(self.text, self.at)?;
                    out.replace(c.encode_utf8(&mut [0; 4]), self.at..self.at + len);
                    self.at += len;
                }
                _ => return None,
            }
        }
    }

    /// A value: an object, a list, or texts one after the other.
    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth >= MAX_DEPTH {
            self.too_deep = true;
            return None;
        }
        match self.next()? {
            '{' => Some(self.object(depth)),
            '[' => self.list(depth),
            _ => self.text(depth),
        }
    }

    fn list(&mut self, depth: usize) -> Option<Node> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip(|c| c.is_whitespace() || c == ',');
            match self.next() {
                None => {
                    self.error("a list opened here is not closed; add the missing ]", Span::new(start, start + 1));
                    break;
                }
                Some(']') => {
                    self.at += 1;
                    break;
                }
                Some('}') => return None,
                Some(_) => items.push(self.value(depth + 1)?),
            }
        }
        Some(Node::sequence(Span::new(start, self.at), items))
    }

    /// Quoted and bare texts and substitutions up to the end of the value. An object behind a substitution extends it.
    fn text(&mut self, depth: usize) -> Option<Node> {
        let start = self.at;
        let mut out = Decoded::default();
        out.copy("", start);
        let (mut end, mut kept) = (start, 0);
        let mut quoted = false;
        while let Some(c) = self.next() {
            let rest = self.rest();
            if matches!(c, '\n' | '\r' | ',' | '}' | ']' | '#') || rest.starts_with("//") && !self.in_address(start) {
                break;
            }
            if matches!(c, '{' | '[') {
                return self.extended(start..end, depth);
            }
            if c == '"' {
                quoted = true;
                self.quoted(&mut out)?;
            } else if let Some(len) = rest.strip_prefix("${").and_then(|rest| rest.find('}')).filter(|&len| len < 512) {
                out.copy(rest.get(..len + 3)?, self.at);
                self.at += len + 3;
            } else {
                out.copy(rest.get(..c.len_utf8())?, self.at);
                self.at += c.len_utf8();
                if c.is_whitespace() {
                    continue;
                }
            }
            (end, kept) = (self.at, out.text().len());
        }
        let scalar = out.scalar(Span::new(start, self.at), ScalarKind::Str, quoted);
        let text = scalar.part(0..kept)?;
        let kind = if quoted { ScalarKind::Str } else { kind(&text.text) };
        (end > start).then(|| Node::scalar(Scalar { span: Span::new(start, end), kind, quoted, ..text }))
    }

    /// Whether `//` stands in a bare address (`jdbc:h2://x`), which HOCON would not take but people write.
    fn in_address(&self, start: usize) -> bool {
        self.text.get(start..self.at).is_some_and(|before| before.ends_with(':'))
    }

    /// `${base} { a = 1 }`: the object, with what it extends beside its own fields.
    fn extended(&mut self, base: std::ops::Range<usize>, depth: usize) -> Option<Node> {
        let text = self.text.get(base.clone())?;
        let own = self.value(depth + 1)?;
        let span = Span::new(base.start, base.end).to(own.span);
        let base = Scalar::plain(text, base.start, ScalarKind::Str);
        let entry = Entry { key: made_key("extends", base.span), value: Node::scalar(base) };
        Some(match own.kind {
            NodeKind::Mapping(mut entries) => {
                entries.insert(0, entry);
                Node::mapping(span, entries)
            }
            NodeKind::Sequence(mut items) => {
                items.insert(0, entry.value);
                Node::sequence(span, items)
            }
            NodeKind::Scalar(_) => own,
        })
    }
}

fn kind(text: &str) -> ScalarKind {
    match text {
        "null" => ScalarKind::Null,
        "true" | "false" => ScalarKind::Bool,
        _ if text.parse::<i64>().is_ok() => ScalarKind::Int,
        _ if text.parse::<f64>().is_ok() && text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
            ScalarKind::Float
        }
        _ => ScalarKind::Str,
    }
}

/// The fields of one object while it is read.
#[derive(Default)]
struct Fields {
    entries: Vec<Entry>,
    places: BTreeMap<String, usize>,
}

impl Fields {
    /// Adds a field: objects of one name are merged, of other values the later counts.
    fn add(&mut self, entry: Entry) {
        let name = entry.key.text.to_string();
        let next = self.entries.len();
        let known = self.places.get(&name).and_then(|&at| self.entries.get_mut(at));
        let Some(known) = known.filter(|_| name != "include") else {
            self.places.insert(name, next);
            return self.entries.push(entry);
        };
        let is_optional = entry.value.as_text().is_some_and(|text| text.starts_with("${?") && text.ends_with('}'));
        if is_optional {
            let key = made_key(&format!("{name}?"), entry.key.span);
            return self.entries.push(Entry { key, value: entry.value });
        }
        if !matches!((&known.value.kind, &entry.value.kind), (NodeKind::Mapping(_), NodeKind::Mapping(_))) {
            self.places.insert(name, next);
            return self.entries.push(entry);
        }
        known.value.span = known.value.span.to(entry.value.span);
        if let NodeKind::Mapping(more) = entry.value.kind {
            let mut merged = Fields::default();
            if let NodeKind::Mapping(own) = &mut known.value.kind {
                std::mem::take(own).into_iter().chain(more).for_each(|field| merged.add(field));
                *own = merged.finish();
            }
        }
    }

    fn finish(self) -> Vec<Entry> {
        let includes = self.entries.iter().filter(|entry| entry.key.text == "include").count();
        if includes < 2 {
            return self.entries;
        }
        let (includes, mut rest): (Vec<Entry>, Vec<Entry>) =
            self.entries.into_iter().partition(|entry| entry.key.text == "include");
        let mut all = gathered(includes, |_| false);
        all.append(&mut rest);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::check::{self, comments, leaves, only_problem};
    use crate::format::detect;

    fn check(text: &str, expected: &[&str]) {
        let document = check::read("application.conf", text);
        assert_eq!(leaves(&document), expected, "{text}");
        assert!(document.problems.is_empty(), "{:?}", document.problems);
    }

    #[test]
    fn fields_are_written_in_many_ways() {
        check(
            "# head\na.b = 1\nc : \"x\\ty\", d { e = two words // why\n  f += [1, \"b\"\n 3] }\n\"g h\".i=5s\n",
            &[
                "a.b=1 Int `1`",
                "c=x\ty Str `\"x\\ty\"`",
                "d.e=two words Str `two words`",
                "d.f.0=1 Int `1`",
                "d.f.1=b Str `\"b\"`",
                "d.f.2=3 Int `3`",
                "g h.i=5s Str `5s`",
            ],
        );
        check("{ \"a\": {\"b\": [true, null]}, }\n", &["a.b.0=true Bool `true`", "a.b.1=null Null `null`"]);
        assert_eq!(comments(&check::read("a.hocon", "// x\na = 1 # y\n")), ["x", "y"]);
    }

    #[test]
    fn texts_are_joined_with_their_places() {
        let text = "url = \"jdbc:x://\"${HOST}\":5432/db\" \nraw = \"\"\"a\"b\\n\"\"\"\nbare = http://x/y\n";
        check(
            text,
            &[
                "url=jdbc:x://${HOST}:5432/db Str `\"jdbc:x://\"${HOST}\":5432/db\"`",
                "raw=a\"b\\n Str `\"\"\"a\"b\\n\"\"\"`",
                "bare=http://x/y Str `http://x/y`",
            ],
        );
        let document = check::read("application.conf", text);
        let url = document.roots[0].get("url").and_then(Node::as_scalar).expect("a scalar");
        let at = url.text.find("5432").expect("the port");
        assert_eq!(check::slice(url.source_span(at..at + 4)), "5432");
    }

    #[test]
    fn objects_are_merged_and_optional_overrides_stand_beside() {
        check(
            "db { url = \"a\"\n url = ${?DB_URL}\n n = 1 }\ndb { n = 2 }\ndb.x = ${base} { y = 1 }\n",
            &[
                "db.url=a Str `\"a\"`",
                "db.url?=${?DB_URL} Str `${?DB_URL}`",
                "db.n=1 Int `1`",
                "db.n=2 Int `2`",
                "db.x.extends=${base} Str `${base}`",
                "db.x.y=1 Int `1`",
            ],
        );
        check(
            "include \"a\"\ninclude required(file(\"b\"))\n",
            &["include.0=a Str `\"a\"`", "include.1=required(file(b)) Str `required(file(\"b\"))`"],
        );
    }

    #[test]
    fn errors_are_named_and_the_rest_is_read() {
        let document = check::read("application.conf", "a = 1\nwhat is this\nb = 2\n");
        assert_eq!(only_problem(&document), (ProblemKind::Syntax, "what is this".into()));
        assert_eq!(leaves(&document), ["a=1 Int `1`", "b=2 Int `2`"]);
        let document = check::read("application.conf", "a { b = 1\n");
        assert_eq!(only_problem(&document), (ProblemKind::Syntax, "{".into()));
        assert_eq!(leaves(&document), ["a.b=1 Int `1`"]);
    }

    #[test]
    fn a_conf_file_in_that_syntax_is_told_from_others() {
        for text in ["db {\n  url = \"x\"\n}\n", "a {\n  b.c : 1\n}\nd = ${?E}\n"] {
            assert_eq!(detect("conf/prod.conf", text), FormatId::Hocon, "{text}");
        }
        for text in [
            "/var/log/*.log {\n  daily\n  rotate 7\n}\n",
            "zone \"a\" {\n  type master;\n};\n",
            "example.org {\n  reverse_proxy localhost:80\n}\n",
        ] {
            assert_eq!(detect("conf/prod.conf", text), FormatId::Unknown, "{text}");
        }
        assert_eq!(detect("redis.conf", "maxclients 5\n"), FormatId::Conf);
    }
}
