//! How one tree is laid over another, shared by the layerings.
//!
//! In: nodes of two files. Out: one node in which each value keeps the file that it comes from.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::document::{Document, Entry, Node, NodeKind, OffsetMap, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{SourceId, Span};

/// `node`, marked as standing in `source`.
pub(super) fn from_file(node: &Node, source: SourceId) -> Node {
    Node { source: node.source.or(Some(source)), ..node.clone() }
}

/// Lays `over` over `base`: mappings are merged key by key, anything else is replaced.
///
/// Both nodes must know their file ([`from_file`]).
#[allow(dead_code, reason = "for layerings that are still to come")]
pub(super) fn deep(base: &Node, over: &Node) -> Node {
    let (NodeKind::Mapping(below), NodeKind::Mapping(above)) = (&base.kind, &over.kind) else { return over.clone() };
    let mut entries: Vec<Entry> = below.iter().map(|entry| owned(entry, base.source)).collect();
    for entry in above {
        let entry = owned(entry, over.source);
        match entries.iter_mut().rev().find(|known| known.key.text == entry.key.text) {
            Some(known) if is_mapping(&known.value) && is_mapping(&entry.value) => {
                known.value = deep(&known.value, &entry.value);
            }
            // The key goes with its value, so that both stand in one file.
            Some(known) => *known = entry,
            None => entries.push(entry),
        }
    }
    Node { kind: NodeKind::Mapping(entries), ..base.clone() }
}

/// An entry whose value says which file it stands in.
pub(super) fn owned(entry: &Entry, source: Option<SourceId>) -> Entry {
    let value = Node { source: entry.value.source.or(source), ..entry.value.clone() };
    Entry { key: entry.key.clone(), value }
}

/// Whether a node is a mapping.
pub(super) fn is_mapping(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Mapping(_))
}

/// Whether a node is null or nothing at all.
pub(super) fn is_null(node: &Node) -> bool {
    node.as_scalar().is_some_and(|scalar| scalar.kind == ScalarKind::Null)
}

/// The value of `key` in a mapping, to be changed: the last one where the key stands twice.
pub(super) fn get_mut<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Node> {
    let NodeKind::Mapping(entries) = &mut node.kind else { return None };
    entries.iter_mut().rev().find(|entry| entry.key.text == key).map(|entry| &mut entry.value)
}

/// Puts an entry in place of the one with its key, or at the end. Nothing happens to a node that is no mapping.
pub(super) fn put(node: &mut Node, entry: Entry) {
    let NodeKind::Mapping(entries) = &mut node.kind else { return };
    match entries.iter_mut().rev().find(|known| known.key.text == entry.key.text) {
        Some(known) => *known = entry,
        None => entries.push(entry),
    }
}

/// Puts many entries, each in place of the one with its key or at the end.
pub(super) fn put_all(node: &mut Node, new: Vec<Entry>) {
    let NodeKind::Mapping(entries) = &mut node.kind else { return };
    let mut known: BTreeMap<String, usize> =
        entries.iter().enumerate().map(|(at, entry)| (entry.key.text.to_string(), at)).collect();
    for entry in new {
        match known.get(entry.key.text.as_str()).and_then(|at| entries.get_mut(*at)) {
            Some(place) => *place = entry,
            None => {
                known.insert(entry.key.text.to_string(), entries.len());
                entries.push(entry);
            }
        }
    }
}

/// Takes `keys` out of a mapping.
pub(super) fn remove(node: &mut Node, keys: &[&str]) {
    if let NodeKind::Mapping(entries) = &mut node.kind {
        entries.retain(|entry| !keys.contains(&entry.key.text.as_str()));
    }
}

/// Number of nodes at and below `node`.
pub(super) fn size(node: &Node) -> usize {
    let below: usize = match &node.kind {
        NodeKind::Scalar(_) => 0,
        NodeKind::Sequence(items) => items.iter().map(size).sum(),
        NodeKind::Mapping(entries) => entries.iter().map(|entry| size(&entry.value)).sum(),
    };
    below + 1
}

/// Number of levels at and below `node`.
pub(super) fn depth(node: &Node) -> usize {
    let below = match &node.kind {
        NodeKind::Scalar(_) => None,
        NodeKind::Sequence(items) => items.iter().map(depth).max(),
        NodeKind::Mapping(entries) => entries.iter().map(|entry| depth(&entry.value)).max(),
    };
    below.unwrap_or(0) + 1
}

/// A text that stands nowhere as a whole; `span` is what decides about it.
pub(super) fn composed(text: impl Into<SmolStr>, span: Span) -> Scalar {
    Scalar { text: text.into(), kind: ScalarKind::Str, quoted: true, span, map: OffsetMap::None }
}

/// The documents of a file that hold anything: position among its roots, number among those that hold anything.
pub(super) fn filled(document: &Document) -> impl Iterator<Item = (usize, usize, &Node)> {
    let roots = document.roots.iter().enumerate().filter(|(_, node)| !is_null(node)).enumerate();
    roots.map(|(index, (position, node))| (position, index, node))
}

/// The mapping that `keys` lead to, made where it is missing, as if it stood at `span` of `source`; `None` where
/// something else is in its place.
pub(super) fn ensure<'a>(node: &'a mut Node, keys: &[&str], span: Span, source: SourceId) -> Option<&'a mut Node> {
    let found = keys.iter().try_fold(node, |node, key| {
        if node.get(key).is_none_or(is_null) {
            let empty = Node { source: Some(source), ..Node::mapping(span, Vec::new()) };
            put(node, Entry { key: composed(*key, span), value: empty });
        }
        get_mut(node, key)
    })?;
    is_mapping(found).then_some(found)
}

/// The last entry of `key`, marked as standing in `source`, under the name `called`.
pub(super) fn entry_as(node: &Node, key: &str, called: &str, source: SourceId) -> Option<Entry> {
    let entry = node.entries().iter().rev().find(|entry| entry.key.text == key)?;
    Some(Entry { key: composed(called, entry.key.span), value: from_file(&entry.value, source) })
}

/// How much may still be put together: many layers over one large base would fill any memory.
#[derive(Debug)]
pub(super) struct Allowance {
    /// Nodes.
    left: usize,
}

impl Default for Allowance {
    fn default() -> Allowance {
        // Some thousand profiles of some hundred keys each.
        Allowance { left: 500_000 }
    }
}

impl Allowance {
    /// Whether nothing more is put together.
    pub(super) fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// Whether a tree is within it, which is less by its nodes from now on.
    pub(super) fn covers(&mut self, node: &Node) -> bool {
        let mut left = self.left;
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            if left == 0 {
                break;
            }
            left -= 1;
            open.extend(node.items());
            open.extend(node.entries().iter().map(|entry| &entry.value));
        }
        self.left = left;
        left > 0
    }

    /// What is said of the file that is not put together with others.
    pub(super) fn problem() -> Problem {
        let text = "more than 500,000 nodes in files that are laid over each other; this one is read by itself";
        Problem::new(ProblemKind::TooLarge, text)
    }
}
