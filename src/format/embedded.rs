//! A file inside a value: a ConfigMap key that holds `application.properties`, a JSON text in a variable.
//!
//! The decoded text is read like a file of its own, then every place in the result is carried over to the file around it,
//! through its indentation, quotes and escapes.

use super::guess::{self, Named};
use super::{Format, by_id, conf, decoded, json, shell};
use crate::document::{Document, FormatId, Node, NodeKind, OffsetMap, Pieces, Scalar};
use crate::problem::ProblemKind;
use crate::source::{Location, Side, Source, SourceId, Span};

/// Reads the file that `scalar` holds, if it holds one; `name` is its key.
///
/// `None` for ordinary values: words, numbers, addresses, prose. A value whose key is a file name and whose content breaks
/// off gives a document with a problem. All places are places of the file `source`.
#[must_use]
pub fn parse_embedded(name: &str, scalar: &Scalar, source: SourceId) -> Option<Document> {
    let text = scalar.text.as_str();
    let is_one_line = !text.trim_end().contains(['\n', '\r']);
    let looks_like_json = text.trim_start().starts_with(['{', '[']);
    if text.trim().is_empty() || (is_one_line && !looks_like_json && !text.contains('=') && !text.contains(": ")) {
        return None;
    }
    let named = match guess::by_name(name) {
        Named::Format(_) => guess::detect(name, text),
        Named::Other => return None,
        Named::Nothing => FormatId::Unknown,
    };
    let is_named = named != FormatId::Unknown;
    let format = match named {
        FormatId::Unknown if is_one_line && looks_like_json => &json::FORMAT,
        FormatId::Unknown | FormatId::Shell if is_one_line => return None,
        FormatId::Unknown if are_directives(name, text) => &conf::FORMAT,
        FormatId::Unknown => by_id(guess::by_content(text))?,
        id => by_id(id)?,
    };
    let document = inside(format, name, scalar, source)?;
    // A script that sets nothing is a text.
    let is_bare = document.format == FormatId::Shell && document.roots.iter().all(shell::is_bare);
    let is_structure = document.roots.iter().any(holds_entries) && !is_bare;
    let is_broken = document.problems.iter().any(|p| p.kind != ProblemKind::DuplicateKey);
    let is_file = if is_named { is_structure || (is_broken && !is_one_line) } else { is_structure && !is_broken };
    is_file.then_some(document)
}

/// Reads the text of `scalar` as a file of a format and that name, with the places of the file around it.
pub(super) fn inside(format: &Format, name: &str, scalar: &Scalar, source: SourceId) -> Option<Document> {
    let inner = Source::new(name, Side::New, scalar.text.as_bytes());
    // A byte-order mark or a NUL inside a value: offsets would no longer be those of the value.
    if inner.text != scalar.text {
        return None;
    }
    let parse = if format.id == FormatId::Shell { shell::parse_whole } else { format.parse };
    let mut document = parse(&inner, source);
    carry_over(&mut document, scalar);
    Some(document)
}

/// Reads `outer` as YAML: a text put together from a template and the values written into it.
#[must_use]
pub fn parse_composed(outer: &Scalar, source: SourceId) -> Document {
    let inner = Source::new("composed.yaml", Side::New, outer.text.as_bytes());
    let mut document = (super::yaml::FORMAT.parse)(&inner, source);
    carry_over(&mut document, outer);
    document
}

/// Whether a text is a server's configuration of `name value` lines: the content cannot say it alone, because prose looks
/// the same, but charts name the key for it (`commonConfiguration`).
fn are_directives(name: &str, text: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_named = ["configuration", "config", "conf", "cnf"].iter().any(|end| name.ends_with(end));
    let is_directive = |line: &str| {
        let mut words = line.split_whitespace();
        let is_word =
            |word: &str| word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c));
        words.next().is_some_and(is_word) && (1..4).contains(&words.count())
    };
    let lines = || decoded::lines(text).filter_map(|line| text.get(line)).map(str::trim);
    let mut written = lines().filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    is_named && written.peek().is_some() && written.all(is_directive)
}

/// Whether there is a mapping with entries, at the root or in a list there.
fn holds_entries(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Mapping(entries) => !entries.is_empty(),
        NodeKind::Sequence(items) => items.iter().any(|item| !item.entries().is_empty()),
        NodeKind::Scalar(_) => false,
    }
}

fn carry_over(document: &mut Document, outer: &Scalar) {
    let place = |span: Span| outer.source_span(span.range());
    document.roots.iter_mut().for_each(|root| carry_node(root, outer));
    document.comments.iter_mut().for_each(|comment| comment.span = place(comment.span));
    for problem in &mut document.problems {
        // A problem of the inner file as a whole has the value as its place.
        problem.span = Some(problem.span.map_or(outer.span, place));
    }
}

fn carry_node(node: &mut Node, outer: &Scalar) {
    let inner = node.span;
    node.span = outer.source_span(inner.range());
    node.via = node.via.map(|via| outer.source_span(via.range()));
    match &mut node.kind {
        NodeKind::Scalar(scalar) => carry_scalar(scalar, outer),
        NodeKind::Sequence(items) => items.iter_mut().for_each(|item| carry_node(item, outer)),
        NodeKind::Mapping(entries) => {
            for entry in entries.iter_mut() {
                carry_scalar(&mut entry.key, outer);
                carry_node(&mut entry.value, outer);
            }
        }
    }
    if let OffsetMap::Pieces(pieces) = &outer.map {
        return settle(node, inner, outer, pieces);
    }
    // An omitted value at a line start moves behind the indentation, its parent's end stays before it.
    let own = |child: &Node| child.via.is_none().then_some(child.span);
    node.span = match &node.kind {
        NodeKind::Scalar(_) => node.span,
        NodeKind::Sequence(items) => items.iter().filter_map(own).fold(node.span, Span::to),
        NodeKind::Mapping(entries) => entries.iter().filter_map(|e| own(&e.value)).fold(node.span, Span::to),
    };
}

/// Gives a node of a text that was put together its own file, and its key a place beside it.
fn settle(node: &mut Node, inner: Span, outer: &Scalar, pieces: &Pieces) {
    // A list or mapping stands where it starts, whatever is written into it.
    let end = if matches!(node.kind, NodeKind::Scalar(_)) { inner.end } else { inner.start };
    let place = pieces.place(inner.start..end);
    let home = place.map_or(Location { source: pieces.home, span: outer.span }, |piece| piece.at);
    node.span = home.span;
    node.source = Some(home.source);
    match &mut node.kind {
        NodeKind::Scalar(scalar) => {
            scalar.span = home.span;
            if let OffsetMap::Pieces(own) = &mut scalar.map {
                own.home = home.source;
            }
        }
        NodeKind::Sequence(_) => {}
        NodeKind::Mapping(entries) => entries.iter_mut().for_each(|entry| {
            let key = entry.key.home(home.source);
            if entry.value.source.is_some_and(|source| source != key.source) {
                entry.key.span = value_key(&entry.value);
                entry.key.map = OffsetMap::None;
            }
        }),
    }
}

/// The key under which a value that was written in stands in its own file.
fn value_key(value: &Node) -> Span {
    let pieces = value.as_scalar().map(|scalar| &scalar.map);
    match pieces {
        Some(OffsetMap::Pieces(pieces)) => {
            let inserted = pieces.pieces.iter().find(|piece| piece.inserted && piece.at.source == pieces.home);
            inserted.map_or(value.span, |piece| piece.key)
        }
        _ => value.span,
    }
}

fn carry_scalar(scalar: &mut Scalar, outer: &Scalar) {
    if let OffsetMap::Pieces(pieces) = &outer.map {
        let inner = scalar.span;
        let own = scalar.map.through(scalar.text.len(), &outer.map);
        let place = pieces.place(inner.start..inner.end).map_or(outer.home(pieces.home), |piece| piece.at);
        scalar.span = place.span;
        scalar.map = match own {
            OffsetMap::Pieces(own) => OffsetMap::Pieces(Box::new(Pieces { home: place.source, ..*own })),
            // A value that is omitted has no bytes, but a file.
            other => other,
        };
        return;
    }

    scalar.span = outer.source_span(scalar.span.range());
    scalar.map = scalar.map.through(scalar.text.len(), &outer.map);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::check::{self, leaves};
    use crate::format::parse;
    use proptest::prelude::*;

    /// Reads `text` as YAML, then the value at `path` as an embedded file, and checks its places.
    fn read(text: &str, path: &[&str]) -> Option<Document> {
        let outer = check::read("configmap.yaml", text);
        let scalar = outer.roots[0].path(path).and_then(Node::as_scalar).expect("a scalar at the path");
        let inner = parse_embedded(path[path.len() - 1], scalar, SourceId(0))?;
        check::places_fit(&Source::new("a", Side::New, text.as_bytes()), &inner);
        Some(inner)
    }

    #[test]
    fn a_block_scalar_holds_properties() {
        let text = "data:\n  application.properties: |\n    # pool\n    a.size=40\n    b=x\\u0041,\\\n      y\n";
        let inner = read(text, &["data", "application.properties"]).expect("a file");
        assert_eq!(inner.format, FormatId::Properties);
        assert_eq!(leaves(&inner), ["a.size=40 Str `40`", "b=xA,y Str `x\\u0041,\\\n      y`"]);
        assert_eq!(check::slice(inner.comments[0].span), "# pool");
        let scalar = inner.roots[0].get("b").and_then(Node::as_scalar).expect("a scalar");
        assert_eq!(check::slice(scalar.source_span(1..2)), "\\u0041");
        assert_eq!(check::slice(scalar.source_span(3..4)), "y");
    }

    #[test]
    fn a_block_scalar_holds_yaml_with_a_block_scalar() {
        let text = "data:\n  app.yml: |\n    a:\n      b: |\n        one\n        two\n      c: \"x\\ty\"\r\n";
        let inner = read(text, &["data", "app.yml"]).expect("a file");
        let scalar = inner.roots[0].path(&["a", "b"]).and_then(Node::as_scalar).expect("a scalar");
        assert_eq!(scalar.text, "one\ntwo\n");
        assert_eq!(check::slice(scalar.source_span(4..7)), "two");
        let c = inner.roots[0].path(&["a", "c"]).and_then(Node::as_scalar).expect("a scalar");
        assert_eq!((c.text.as_str(), check::slice(c.source_span(1..2))), ("x\ty", "\\t".into()));
    }

    #[test]
    fn a_string_holds_json_through_two_layers_of_escapes() {
        let text = "env: \"{\\\"url\\\": \\\"a\\\\nb\\\\u00e9c\\\"}\"\nsingle: '{\"q\": \"it''s\"}'\n";
        let inner = read(text, &["env"]).expect("a file");
        let scalar = inner.roots[0].get("url").and_then(Node::as_scalar).expect("a scalar");
        assert_eq!(scalar.text, "a\nbéc");
        assert_eq!(check::slice(scalar.source_span(1..2)), "\\\\n");
        assert_eq!(check::slice(scalar.source_span(3..5)), "\\\\u00e9");
        assert_eq!(check::slice(scalar.source_span(5..6)), "c");
        assert_eq!(check::slice(scalar.span), "\\\"a\\\\nb\\\\u00e9c\\\"");
        let inner = read(text, &["single"]).expect("a file");
        assert_eq!(leaves(&inner), ["q=it's Str `\"it''s\"`"]);
    }

    #[test]
    fn server_files_are_read_by_their_names() {
        let text = "postgresql.conf: |\n  max_connections = 200 # c\npgbouncer.ini: |-\n  [pgbouncer]\n  pool_mode = session\n";
        assert_eq!(leaves(&read(text, &["postgresql.conf"]).expect("a file")), ["max_connections=200 Str `200`"]);
        assert_eq!(
            leaves(&read(text, &["pgbouncer.ini"]).expect("a file")),
            ["pgbouncer.pool_mode=session Str `session`"]
        );
    }

    #[test]
    fn xml_is_read_with_its_entities() {
        let text = "data:\n  context.xml: |\n    <Context>\n      <Resource url=\"a&amp;b\"\n        max='5'/>\n      <w>x\n        y</w>\n    </Context>\n";
        let inner = read(text, &["data", "context.xml"]).expect("a file");
        assert_eq!(inner.format, FormatId::Xml);
        let url = inner.roots[0].path(&["Context", "Resource", "url"]).and_then(Node::as_scalar).expect("a scalar");
        assert_eq!((url.text.as_str(), check::slice(url.source_span(1..2))), ("a&b", "&amp;".into()));
        let content = "settings: |\n  <a b='1'>\n    <c/>\n  </a>\n";
        assert_eq!(read(content, &["settings"]).map(|d| d.format), Some(FormatId::Xml));
    }

    #[test]
    fn content_alone_can_make_a_file() {
        let text = "config: |\n  A=1\n  B=2\nsettings: |\n  a: 1\n  b:\n    - c\n";
        assert_eq!(read(text, &["config"]).map(|d| d.format), Some(FormatId::Dotenv));
        assert_eq!(read(text, &["settings"]).map(|d| d.format), Some(FormatId::Yaml));
    }

    #[test]
    fn a_key_of_a_chart_tells_a_servers_configuration() {
        let text = "commonConfiguration: |\n  # d\n  maxclients 100\n  save 900 1\nextendedConfiguration: |\n  \
                    max_connections = 300\n  work_mem = 8MB # s\nconfiguration: |-\n  [mysqld]\n  \
                    max_connections=500\nconfigNote: |\n  some words\n  and more\n";
        assert_eq!(
            leaves(&read(text, &["commonConfiguration"]).expect("a file")).first().map(String::as_str),
            Some("maxclients=100 Str `100`")
        );
        let server = leaves(&read(text, &["extendedConfiguration"]).expect("a file"));
        assert_eq!(server.first().map(String::as_str), Some("max_connections=300 Str `300`"));
        assert_eq!(leaves(&read(text, &["configuration"]).expect("a file")), ["mysqld.max_connections=500 Str `500`"]);
        assert!(read(text, &["configNote"]).is_none());
    }

    #[test]
    fn ordinary_values_are_no_files() {
        let values = [
            "info",
            "5432",
            "true",
            "postgres://u:p@h:5432/d?a=b",
            "host=db port=5432",
            "a: b",
            "-Xmx1g -Da=b",
            "{{ .Values.x }}",
            "[\"a\", \"b\"]",
            "{}",
            "{not json",
            "some words\nand more\n",
            "#!/bin/sh\nexec app\n",
            "",
        ];
        for value in values {
            let scalar = Scalar::plain(value, 0, crate::document::ScalarKind::Str);
            for name in ["LOG_LEVEL", "spring.datasource.url", "script.sh"] {
                assert!(parse_embedded(name, &scalar, SourceId(0)).is_none(), "{name}: {value}");
            }
        }
        let word = Scalar::plain("production", 0, crate::document::ScalarKind::Str);
        assert!(parse_embedded("app.env", &word, SourceId(0)).is_none());
    }

    #[test]
    fn a_named_file_that_breaks_off_says_so_at_its_place() {
        let text = "data:\n  app.json: |\n    {\"a\": 1\n     \"b\": 2}\n";
        let inner = read(text, &["data", "app.json"]).expect("a broken file");
        assert!(inner.roots.is_empty());
        let span = inner.problems[0].span.expect("a place");
        assert!(text[..span.start as usize].ends_with("1") || text[..span.start as usize].ends_with("     "));
    }

    proptest! {
        #[test]
        fn any_embedded_text_keeps_its_places(lines in prop::collection::vec("[a-c=: '\"\\\\é#|<>&;/{}\\[\\]-]{0,12}", 1..6), indent in 1..5usize) {
            let pad = " ".repeat(indent);
            let body: String = lines.iter().map(|line| format!("{pad}{line}\n")).collect();
            for name in ["a.yaml", "a.json", "a.toml", "a.env", "a.properties", "a.conf", "a.xml", "a.prisma"] {
                let text = format!("k:\n  - v: x\n{name}: |\n{body}");
                let source = Source::new("o.yaml", Side::New, text.as_bytes());
                let outer = parse(&source, SourceId(0));
                let Some(scalar) = outer.roots.first().and_then(|r| r.get(name)).and_then(Node::as_scalar) else { continue };
                if let Some(inner) = parse_embedded(name, scalar, SourceId(0)) {
                    check::places_fit(&source, &inner);
                }
            }
        }
    }
}
