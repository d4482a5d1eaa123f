//! A file inside a value: a ConfigMap key that holds `application.properties`, a JSON text in a variable.
//!
//! The decoded text is read like a file of its own, then every place in the result is carried over to the file around it,
//! through its indentation, quotes and escapes.

use super::guess::{self, Named};
use super::{Format, by_id, json, shell};
use crate::document::{Document, FormatId, Node, NodeKind, Scalar};
use crate::problem::ProblemKind;
use crate::source::{Side, Source, SourceId, Span};

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
    node.span = outer.source_span(node.span.range());
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
    // An omitted value at a line start moves behind the indentation, its parent's end stays before it.
    let own = |child: &Node| child.via.is_none().then_some(child.span);
    node.span = match &node.kind {
        NodeKind::Scalar(_) => node.span,
        NodeKind::Sequence(items) => items.iter().filter_map(own).fold(node.span, Span::to),
        NodeKind::Mapping(entries) => entries.iter().filter_map(|e| own(&e.value)).fold(node.span, Span::to),
    };
}

fn carry_scalar(scalar: &mut Scalar, outer: &Scalar) {
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
    fn content_alone_can_make_a_file() {
        let text = "config: |\n  A=1\n  B=2\nsettings: |\n  a: 1\n  b:\n    - c\n";
        assert_eq!(read(text, &["config"]).map(|d| d.format), Some(FormatId::Dotenv));
        assert_eq!(read(text, &["settings"]).map(|d| d.format), Some(FormatId::Yaml));
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
        fn any_embedded_text_keeps_its_places(lines in prop::collection::vec("[a-c=: '\"\\\\é#|>{}\\[\\]-]{0,12}", 1..6), indent in 1..5usize) {
            let pad = " ".repeat(indent);
            let body: String = lines.iter().map(|line| format!("{pad}{line}\n")).collect();
            for name in ["a.yaml", "a.json", "a.toml", "a.env", "a.properties", "a.conf"] {
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
