//! How one tree is laid over another, shared by the layerings.
//!
//! In: nodes of two files. Out: one node in which each value keeps the file that it comes from.

use crate::document::{Entry, Node, NodeKind};
use crate::source::SourceId;

/// `node`, marked as standing in `source`.
pub(super) fn from_file(node: &Node, source: SourceId) -> Node {
    Node { source: node.source.or(Some(source)), ..node.clone() }
}

/// Lays `over` over `base`: mappings are merged key by key, anything else is replaced.
///
/// Both nodes must know their file ([`from_file`]).
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
