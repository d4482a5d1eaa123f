//! How one tree is laid over another, shared by the layerings.
//!
//! In: nodes of two files. Out: one node in which each value keeps the file that it comes from.

use crate::document::{Entry, Node, NodeKind};
use crate::problem::{Problem, ProblemKind};
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
