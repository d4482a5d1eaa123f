//! Trees laid over each other by readers that have their own idea of a key: `a.b` and `a: {b: …}` are one to Spring,
//! `A:B` and `a: {b: …}` to .NET.
//!
//! In: trees, the weakest first. Out: one tree in which each value keeps its file. Lists and values are replaced.

use std::collections::BTreeMap;

use crate::document::{Entry, Node, NodeKind, Scalar, ScalarKind};
use crate::source::SourceId;

use super::spring;

/// Levels down to which keys are taken apart and merged; what is deeper is kept as it is written.
const MOST_LEVELS: usize = 100;

/// How a reader compares keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// Letter by letter.
    Exact,
    /// Parts by dots; case, `-` and `_` make no difference (Spring's relaxed binding).
    Dotted,
    /// Parts by colons; case makes no difference (.NET).
    Colons,
}

impl Keys {
    /// The parts of a key.
    fn split(self, key: &Scalar) -> Vec<&str> {
        match self {
            Keys::Exact => vec![key.text.as_str()],
            Keys::Dotted => spring::split_key(key).into_iter().map(|(part, _)| part).collect(),
            Keys::Colons => key.text.split(':').collect(),
        }
    }

    /// What two spellings of one part have in common.
    fn folded(self, part: &str) -> String {
        match self {
            Keys::Exact => part.to_owned(),
            // What stands in brackets is the name of something.
            Keys::Dotted if part.contains('[') => part.to_owned(),
            Keys::Dotted => part.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect(),
            Keys::Colons => part.to_lowercase(),
        }
    }
}

/// A .NET file with one spelling for each key: nested ones.
pub(crate) fn by_colons(node: &Node, source: SourceId) -> Node {
    let mut overlay = Overlay::new(Keys::Colons);
    if node.entries().is_empty() {
        return node.clone();
    }
    overlay.lay(node, source, |_| false);
    overlay.into_node(node)
}

/// Trees on top of each other.
#[derive(Debug)]
pub(super) struct Overlay {
    keys: Keys,
    root: Branch,
}

#[derive(Debug, Default)]
struct Branch {
    slots: BTreeMap<String, Slot>,
}

#[derive(Debug)]
struct Slot {
    /// Its number in the order of the files.
    order: usize,
    key: Scalar,
    /// The value; none for a mapping.
    leaf: Option<Node>,
    branch: Branch,
}

impl Overlay {
    pub(super) fn new(keys: Keys) -> Overlay {
        Overlay { keys, root: Branch::default() }
    }

    /// Lays a mapping of the file `source` on top, without the entries that `leave_out` names by their parts.
    pub(super) fn lay(&mut self, node: &Node, source: SourceId, leave_out: fn(&[&str]) -> bool) {
        let mut laying = Laying { keys: self.keys, leave_out, steps: Vec::new() };
        laying.entries(&mut self.root, node, node.source.unwrap_or(source));
    }

    /// The whole as one mapping.
    pub(super) fn into_node(self, like: &Node) -> Node {
        Node { source: like.source, ..Node::mapping(like.span, self.root.into_entries()) }
    }
}

struct Laying<'a> {
    keys: Keys,
    leave_out: fn(&[&str]) -> bool,
    steps: Vec<&'a str>,
}

impl<'a> Laying<'a> {
    fn entries(&mut self, branch: &mut Branch, node: &'a Node, source: SourceId) {
        for entry in node.entries() {
            let mut parts = self.keys.split(&entry.key);
            if self.steps.len() + parts.len() > MOST_LEVELS {
                parts = vec![entry.key.text.as_str()];
            }
            let depth = self.steps.len();
            self.steps.extend(parts);
            if !(self.leave_out)(&self.steps) {
                self.entry(branch, depth, entry, entry.value.source.unwrap_or(source));
            }
            self.steps.truncate(depth);
        }
    }

    fn entry(&mut self, branch: &mut Branch, depth: usize, entry: &'a Entry, source: SourceId) {
        let parts: Vec<&str> = self.steps.iter().skip(depth).copied().collect();
        let Some((last, above)) = parts.split_last() else { return };
        let key = |part: &str| match parts.len() {
            1 => entry.key.clone(),
            _ => spring::spelled(part, entry.key.span),
        };
        let home = above.iter().fold(branch, |branch, part| branch.below(self.keys.folded(part), || key(part)));
        let folded = self.keys.folded(last);
        let merges = !entry.value.entries().is_empty() && self.steps.len() < MOST_LEVELS;
        if merges {
            let below = home.below(folded, || key(last));
            return self.entries(below, &entry.value, source);
        }
        home.put(folded, key(last), Node { source: Some(source), ..entry.value.clone() });
    }
}

impl Branch {
    /// The branch under a key; a value that stands there gives way.
    fn below(&mut self, folded: String, key: impl FnOnce() -> Scalar) -> &mut Branch {
        let order = self.slots.len();
        let new = || Slot { order, key: key(), leaf: None, branch: Branch::default() };
        let slot = self.slots.entry(folded).or_insert_with(new);
        slot.leaf = None;
        &mut slot.branch
    }

    fn put(&mut self, folded: String, key: Scalar, value: Node) {
        let order = self.slots.len();
        let new = Slot { order, key: key.clone(), leaf: None, branch: Branch::default() };
        let slot = self.slots.entry(folded).or_insert(new);
        // A section that is named and left empty takes nothing away.
        let is_empty = match &value.kind {
            NodeKind::Scalar(scalar) => scalar.kind == ScalarKind::Null,
            NodeKind::Mapping(entries) => entries.is_empty(),
            NodeKind::Sequence(_) => false,
        };
        if is_empty && !slot.branch.slots.is_empty() {
            return;
        }
        (slot.key, slot.leaf, slot.branch) = (key, Some(value), Branch::default());
    }

    fn into_entries(self) -> Vec<Entry> {
        let mut slots: Vec<Slot> = self.slots.into_values().collect();
        slots.sort_by_key(|slot| slot.order);
        let entry = |slot: Slot| {
            let Some(value) = slot.leaf else {
                // A section of which everything was left out is gone.
                let entries = slot.branch.into_entries();
                let span = slot.key.span;
                return (!entries.is_empty()).then(|| Entry { key: slot.key, value: Node::mapping(span, entries) });
            };
            Some(Entry { key: slot.key, value })
        };
        slots.into_iter().filter_map(entry).collect()
    }
}
