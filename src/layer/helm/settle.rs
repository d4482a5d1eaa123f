//! From a rendered text to documents like those that are written.

use std::collections::BTreeMap;

use super::text::{Bit, Text};
use crate::document::{Document, Entry, Node, NodeKind, OffsetMap, Piece, Pieces, Scalar, ScalarKind};
use crate::problem::ProblemKind;
use crate::source::Location;

/// The expression that stands for the namespace where nothing tells it.
pub(super) const NAMESPACE: &str = "{{ .Release.Namespace }}";

/// Blanks the lines on which nothing stands but expressions of unknown value: an `include` of a template that is not
/// in the tree writes lines there, and a word in their place would break the structure.
pub(super) fn without_lone_masks(text: Text) -> Text {
    if !text.is_masked() {
        return text;
    }
    let plain = text.plain();
    let mut lone = Vec::new();
    let mut at = 0;
    let mut shown = vec![false; plain.len()];
    for bit in &text.bits {
        let end = at + bit.text.len();
        if let (false, Some(part)) = (bit.is_masked(), shown.get_mut(at..end)) {
            part.fill(true);
        }
        at = end;
    }
    let mut start = 0;
    for line in plain.split_inclusive('\n') {
        let range = start..start + line.len();
        start = range.end;
        let visible = |(i, c): (usize, char)| !c.is_whitespace() && shown.get(range.start + i) == Some(&true);
        if !line.trim().is_empty() && !line.char_indices().any(visible) {
            lone.push(range);
        }
    }
    let mut out = Text::default();
    let mut at = 0;
    for bit in text.bits {
        let start = at;
        at += bit.text.len();
        let line = lone.partition_point(|line| line.end <= start);
        let is_lone = bit.is_masked() && lone.get(line).is_some_and(|line| line.contains(&start));
        out.bits.push(if is_lone { Bit { text: " ".repeat(bit.text.len()), origin: None } } else { bit });
    }
    out
}

/// Whether a rendered text was read as a whole.
pub(super) fn is_whole(document: &Document) -> bool {
    let breaks = |kind| matches!(kind, ProblemKind::Syntax | ProblemKind::Templated | ProblemKind::TooLarge);
    !document.problems.iter().any(|problem| breaks(problem.kind))
}

/// Puts the expressions back into what was masked, and gives the object the namespace it is deployed to.
pub(super) fn finish(node: &mut Node, masks: &BTreeMap<Location, String>, namespace: Option<&Node>) {
    restore_node(node, masks);
    let is_object = node.get("apiVersion").is_some() && node.get("kind").is_some();
    let NodeKind::Mapping(entries) = &mut node.kind else { return };
    let Some(metadata) = entries.iter_mut().find(|entry| entry.key.text == "metadata").filter(|_| is_object) else {
        return;
    };
    let NodeKind::Mapping(about) = &mut metadata.value.kind else { return };
    about.retain(|entry| !(entry.key.text == "namespace" && entry.value.as_text() == Some(NAMESPACE)));
    let has_own = about.iter().any(|entry| entry.key.text == "namespace");
    if let (Some(namespace), false) = (namespace, has_own) {
        let key = Scalar { span: namespace.span, ..Scalar::plain("namespace", 0, ScalarKind::Str) };
        let key = Scalar { map: OffsetMap::None, ..key };
        about.push(Entry { key, value: namespace.clone() });
    }
}

fn restore_node(node: &mut Node, masks: &BTreeMap<Location, String>) {
    match &mut node.kind {
        NodeKind::Scalar(scalar) => restore(scalar, masks),
        NodeKind::Sequence(items) => items.iter_mut().for_each(|item| restore_node(item, masks)),
        NodeKind::Mapping(entries) => entries.iter_mut().for_each(|entry| {
            restore(&mut entry.key, masks);
            restore_node(&mut entry.value, masks);
        }),
    }
}

fn restore(scalar: &mut Scalar, masks: &BTreeMap<Location, String>) {
    let OffsetMap::Pieces(pieces) = &mut scalar.map else { return };
    if let [one] = pieces.pieces.as_ref()
        && !one.masked
    {
        // One place, as if it were written there.
        // A line end that the file leaves out has no byte.
        let is_whole = one.exact && one.at.span.len() == scalar.text.len();
        scalar.map = match (is_whole, one.exact) {
            (true, _) => OffsetMap::Linear(one.at.span.start),
            (false, true) => return,
            (false, false) => OffsetMap::None,
        };
        return;
    }
    if !pieces.pieces.iter().any(|piece| piece.masked) {
        return;
    }
    let ends: Vec<usize> = pieces.pieces.iter().skip(1).map(|piece| piece.decoded as usize).collect();
    let ends = ends.into_iter().chain([scalar.text.len()]);
    let mut text = String::with_capacity(scalar.text.len());
    let mut moved: Vec<Piece> = Vec::with_capacity(pieces.pieces.len());
    for (piece, end) in pieces.pieces.iter().zip(ends) {
        let decoded = u32::try_from(text.len()).unwrap_or(u32::MAX);
        moved.push(Piece { decoded, ..*piece });
        match masks.get(&piece.at).filter(|_| piece.masked) {
            Some(expression) => text.push_str(expression),
            None => text.push_str(scalar.text.get(piece.decoded as usize..end).unwrap_or("")),
        }
    }
    scalar.text = text.into();
    scalar.kind = ScalarKind::Str;
    **pieces = Pieces { home: pieces.home, pieces: moved.into_boxed_slice() };
}
