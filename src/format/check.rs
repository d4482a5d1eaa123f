//! What the tests of this folder share: reading a text, and showing what was read.

use crate::document::{Document, Node, NodeKind, OffsetMap, Scalar};
use crate::problem::ProblemKind;
use crate::source::{Side, Source, SourceId, Span};

thread_local! {
    static TEXT: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) };
}

/// Reads `text` as a file of that name and checks all places.
pub(super) fn read(path: &str, text: &str) -> Document {
    let source = Source::new(path, Side::New, text.as_bytes());
    let document = super::parse(&source, SourceId(0));
    places_fit(&source, &document);
    TEXT.set(source.text);
    document
}

/// The leaves of what [`read`] gave last: `path=text Kind` and the source under it in backquotes.
pub(super) fn leaves(document: &Document) -> Vec<String> {
    let mut found = Vec::new();
    for root in &document.roots {
        collect(root, "", &mut found);
    }
    found
}

fn collect(node: &Node, path: &str, found: &mut Vec<String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match &node.kind {
        NodeKind::Scalar(s) => found.push(format!("{path}={} {:?} `{}`", s.text, s.kind, slice(node.span))),
        NodeKind::Sequence(items) => {
            items.iter().enumerate().for_each(|(i, n)| collect(n, &below(&i.to_string()), found));
        }
        NodeKind::Mapping(entries) => entries.iter().for_each(|e| collect(&e.value, &below(&e.key.text), found)),
    }
}

/// The text under `span` of what [`read`] took last.
pub(super) fn slice(span: Span) -> String {
    TEXT.with_borrow(|text| text.get(span.range()).expect("a span inside the text").to_owned())
}

/// The comments' texts.
pub(super) fn comments(document: &Document) -> Vec<&str> {
    document.comments.iter().map(|c| c.text.as_str()).collect()
}

/// Kind and place of the only problem.
pub(super) fn only_problem(document: &Document) -> (ProblemKind, String) {
    let [problem] = document.problems.as_slice() else { panic!("one problem, not {:?}", document.problems) };
    (problem.kind, problem.span.map(slice).unwrap_or_default())
}

/// Checks that every span lies in the text and on character boundaries, children inside their parents, and that a
/// character of a value which was not decoded from something else stands at its place.
pub(super) fn places_fit(source: &Source, document: &Document) {
    let fits = |span: Span| assert!(source.text.get(span.range()).is_some(), "{span:?} in {:?}", source.text);
    document.comments.iter().for_each(|c| fits(c.span));
    document.problems.iter().filter_map(|p| p.span).for_each(fits);
    document.roots.iter().for_each(|root| node_fits(source, root));
}

fn node_fits(source: &Source, node: &Node) {
    assert!(source.text.get(node.span.range()).is_some(), "{:?} in {:?}", node.span, source.text);
    let inside = |child: &Node| {
        let is_inside = node.span.start <= child.span.start && child.span.end <= node.span.end;
        assert!(is_inside || child.via.is_some(), "{:?} not in {:?} of {:?}", child.span, node.span, source.text);
        node_fits(source, child);
    };
    match &node.kind {
        NodeKind::Scalar(scalar) => scalar_fits(source, scalar),
        NodeKind::Sequence(items) => items.iter().for_each(inside),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                scalar_fits(source, &entry.key);
                inside(&entry.value);
            }
        }
    }
}

fn scalar_fits(source: &Source, scalar: &Scalar) {
    assert!(source.text.get(scalar.span.range()).is_some(), "{:?} in {:?}", scalar.span, source.text);
    if scalar.map == OffsetMap::None {
        assert!(
            scalar.text.trim().is_empty() || source.path != "file.yaml" || source.text.contains('*'),
            "no places for {scalar:?} in {:?}",
            source.text
        );
        return;
    }
    let mut last = 0;
    for (at, c) in scalar.text.char_indices() {
        let span = scalar.source_span(at..at + c.len_utf8());
        let place = source.text.get(span.range());
        let place = place.unwrap_or_else(|| panic!("{c:?} at {span:?} of {scalar:?} in {:?}", source.text));
        assert!(span.start >= last, "places run backwards in {scalar:?} of {:?}", source.text);
        last = span.start;
        let is_escape = place.starts_with(['\\', '\'', '"', '&']) && place.len() > 1;
        let is_break = matches!(c, ' ' | '\n') && place.starts_with(['\n', '\r', ' ', '\t', '\u{85}', '\u{2028}']);
        // The line end that YAML adds to a block scalar at the end of a file.
        let is_added = c == '\n' && place.is_empty();
        assert!(place.starts_with(c) || is_escape || is_break || is_added, "{c:?} is {place:?} in {:?}", source.text);
    }
}
