//! What changed between two resources that are one.
//!
//! Both sides are walked as trees: what has the same keys is compared, lists item by item ([`super::list`]), and what is
//! left on one side only may have come up again on the other ([`super::moves`]). The answer is the same with the sides
//! swapped.

use std::collections::BTreeMap;

use crate::document::ScalarKind;
use crate::setting::{Resource, Segment, Setting};

use super::tree::{ROOT, Tree, index};
use super::{ChangeKind, order, value};

/// A change between two given resources; indices into their settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: ChangeKind,
    pub(super) old: Option<u32>,
    pub(super) new: Option<u32>,
}

/// All changes; a resource that stands on one side only has all its settings added or removed.
pub(super) fn compare(old: Option<&Resource>, new: Option<&Resource>) -> Vec<Found> {
    let (Some(old), Some(new)) = (old, new) else {
        let all = |r: Option<&Resource>| 0..index(r.map_or(0, |r| r.settings.len()));
        let removed = all(old).map(|at| Found { kind: ChangeKind::Removed, old: Some(at), new: None });
        let added = all(new).map(|at| Found { kind: ChangeKind::Added, old: None, new: Some(at) });
        return removed.chain(added).collect();
    };
    let mut found = if is_same(old, new) { Vec::new() } else { Comparison::of(old, new).found() };
    let changed: Vec<(u32, u32)> = found.iter().filter_map(|f| Some((f.old?, f.new?))).collect();
    found.extend(order::reordered(old, new).into_iter().filter(|f| {
        // What is another value is told already.
        f.old.zip(f.new).is_none_or(|pair| !changed.contains(&pair))
    }));
    found
}

/// Whether all values are the same to the letter.
fn is_same(old: &Resource, new: &Resource) -> bool {
    let same =
        |(a, b): (&Setting, &Setting)| a.path == b.path && a.value.kind == b.value.kind && a.value.text == b.value.text;
    old.settings.len() == new.settings.len() && old.settings.iter().zip(&new.settings).all(same)
}

pub(super) struct Comparison<'a> {
    pub(super) old: Tree<'a>,
    pub(super) new: Tree<'a>,
    pub(super) found: Vec<Found>,
    /// Nodes of the old side that have no counterpart, as far up as that holds.
    pub(super) gone: Vec<usize>,
    /// Nodes of the new side that have none.
    pub(super) came: Vec<usize>,
    /// Values of the old side at a place where the new one has only more below.
    pub(super) lone_old: Vec<u32>,
    /// The reverse.
    pub(super) lone_new: Vec<u32>,
}

/// What it means that two places have one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing: it is one place.
    Same,
    /// That it has moved.
    Moved,
}

impl<'a> Comparison<'a> {
    fn of(old: &'a Resource, new: &'a Resource) -> Comparison<'a> {
        Comparison {
            old: Tree::of(old),
            new: Tree::of(new),
            found: Vec::new(),
            gone: Vec::new(),
            came: Vec::new(),
            lone_old: Vec::new(),
            lone_new: Vec::new(),
        }
    }

    fn found(mut self) -> Vec<Found> {
        self.pair(ROOT, ROOT, Place::Same);
        self.follow_moves();
        self.found
    }

    /// Compares two nodes that are one, with all below them.
    pub(super) fn pair(&mut self, old: usize, new: usize, place: Place) {
        match (self.old.node(old).setting, self.new.node(new).setting) {
            (Some(a), Some(b)) => self.settle(a, b, place),
            (Some(a), None) => self.lone_old.push(a),
            (None, Some(b)) => self.lone_new.push(b),
            (None, None) => {}
        }
        let (mut keys, mut items) = (Keys::new(), (Vec::new(), Vec::new()));
        for &child in &self.old.node(old).children {
            match key_of(self.old.step(child)) {
                Some(key) => keys.entry(key).or_default().0 = Some(child),
                None => items.0.push(child),
            }
        }
        for &child in &self.new.node(new).children {
            match key_of(self.new.step(child)) {
                Some(key) => keys.entry(key).or_default().1 = Some(child),
                None => items.1.push(child),
            }
        }
        for sides in keys.into_values() {
            match sides {
                (Some(a), Some(b)) => self.pair(a, b, place),
                (Some(a), None) => self.gone.push(a),
                (None, Some(b)) => self.came.push(b),
                (None, None) => {}
            }
        }
        if !items.0.is_empty() || !items.1.is_empty() {
            self.list(&items.0, &items.1, place);
        }
    }

    /// Compares two values that stand for the same.
    pub(super) fn settle(&mut self, old: u32, new: u32, place: Place) {
        let (Some(before), Some(after)) = (self.old.setting(old), self.new.setting(new)) else { return };
        let moved = (place == Place::Moved).then_some(ChangeKind::Moved);
        let change = value::change((self.old.resource, before), (self.new.resource, after));
        if let Some(kind) = change.or(moved) {
            self.found.push(Found { kind, old: Some(old), new: Some(new) });
        }
    }
}

/// Children by their key, on both sides.
type Keys<'a> = BTreeMap<(u8, &'a str), (Option<usize>, Option<usize>)>;

/// A key to pair children by; list items have none.
fn key_of(step: Option<Segment<'_>>) -> Option<(u8, &str)> {
    match step {
        Some(Segment::Key(key)) => Some((0, key)),
        Some(Segment::Embedded(key)) => Some((1, key)),
        Some(Segment::Item(_) | Segment::Index(_)) | None => None,
    }
}

/// Whether an empty value merely made room for what the other side has below it.
pub(super) fn is_filled(setting: &Setting, other: &Resource) -> bool {
    let null = setting.value.kind == ScalarKind::Null;
    if !null && (setting.value.quoted || !matches!(setting.value.text.as_str(), "[]" | "{}")) {
        return false;
    }
    let next = other.settings.partition_point(|s| s.path <= setting.path);
    other.settings.get(next).is_some_and(|s| s.path.is_below(&setting.path))
}
