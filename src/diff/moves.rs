//! What went at one place of a resource and came at another: moved, not removed and added.
//!
//! In the order of trust: equal subtrees; subtrees that have most in common; single values under the same name, and
//! values under another name at the same place. A value that tells nothing (`true`, `1`) goes along with a subtree and
//! never by itself, and nothing moves from one environment's section to another's.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::setting::{KeyPath, Resource, Segment, Setting, Shape, UnitKind};

use super::ChangeKind;
use super::list::{Both, Matching};
use super::resource::{Comparison, Found, Place, is_filled};
use super::tree::{Tree, are_kept_apart, is_telling};

/// In thousandths: subtrees under other names are one if they have this much in common.
const ALIKE: usize = 600;

/// From this length on a value is rarely the same by accident.
const LONG: usize = 8;

/// Settings of both sides that are spoken for.
#[derive(Default)]
struct Taken {
    old: BTreeSet<u32>,
    new: BTreeSet<u32>,
}

impl<'a> Comparison<'a> {
    /// Turns what is on one side only into changes.
    pub(super) fn follow_moves(&mut self) {
        let mut taken = Taken::default();
        if !self.gone.is_empty() && !self.came.is_empty() {
            let (gone, came) = (self.gone.clone(), self.came.clone());
            self.equal_subtrees(&gone, &came, &mut taken);
            self.alike_subtrees(&mut taken);
            let inner = |tree: &Tree<'a>, roots: &[usize]| roots.iter().flat_map(|root| tree.below(*root)).collect();
            let (gone, came): (Vec<usize>, Vec<usize>) = (inner(&self.old, &self.gone), inner(&self.new, &self.came));
            self.equal_subtrees(&gone, &came, &mut taken);
        }
        let removed = left(&self.old, &self.gone, &self.lone_old, &taken.old, self.new.resource);
        let added = left(&self.new, &self.came, &self.lone_new, &taken.new, self.old.resource);
        self.values(&removed, &added);
    }

    /// Pairs subtrees of the same content, the largest first.
    fn equal_subtrees(&mut self, gone: &[usize], came: &[usize], taken: &mut Taken) {
        let mut groups: BTreeMap<(Reverse<u32>, u64), Both<usize>> = BTreeMap::new();
        for &node in gone.iter().filter(|node| is_movable(&self.old, **node)) {
            groups.entry(size_and_content(&self.old, node)).or_default().0.push(node);
        }
        for &node in came.iter().filter(|node| is_movable(&self.new, **node)) {
            groups.entry(size_and_content(&self.new, node)).or_default().1.push(node);
        }
        for (olds, news) in groups.into_values().filter(|(olds, news)| !olds.is_empty() && !news.is_empty()) {
            let is_free = |tree: &Tree<'_>, node: &usize, taken: &BTreeSet<u32>| {
                taken.range(tree.node(*node).settings.clone()).next().is_none()
            };
            let mut olds: Vec<usize> = olds.into_iter().filter(|node| is_free(&self.old, node, &taken.old)).collect();
            let mut news: Vec<usize> = news.into_iter().filter(|node| is_free(&self.new, node, &taken.new)).collect();
            olds.dedup();
            news.dedup();
            let mut matching = Matching::new(olds.len(), news.len());
            let of =
                |tree: &Tree<'a>, nodes: &[usize], at: usize| nodes.get(at).map(|n| (tree.section(*n), tree.name(*n)));
            matching.by_key(|at| of(&self.old, &olds, at), |at| of(&self.new, &news, at));
            matching.by_key(|at| of(&self.old, &olds, at).map(|k| k.0), |at| of(&self.new, &news, at).map(|k| k.0));
            for (a, b) in matching.finish(&olds, &news).0 {
                self.move_to(a, b, taken);
            }
        }
    }

    /// Pairs whole subtrees that have most in common.
    fn alike_subtrees(&mut self, taken: &mut Taken) {
        let mut sections: BTreeMap<&str, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for &node in self.gone.iter().filter(|node| is_movable(&self.old, **node)) {
            sections.entry(self.old.section(node)).or_default().0.push(node);
        }
        for &node in self.came.iter().filter(|node| is_movable(&self.new, **node)) {
            sections.entry(self.new.section(node)).or_default().1.push(node);
        }
        for (olds, news) in sections.into_values() {
            let marks = |tree: &Tree<'_>, nodes: &[usize], at: usize| {
                nodes.get(at).map(|node| tree.marks(*node, &|_| true)).unwrap_or_default()
            };
            let mut matching = Matching::new(olds.len(), news.len());
            matching.by_likeness(ALIKE, |at| marks(&self.old, &olds, at), |at| marks(&self.new, &news, at));
            for (a, b) in matching.finish(&olds, &news).0 {
                self.move_to(a, b, taken);
            }
        }
    }

    /// Compares two subtrees as one that has moved; what has no counterpart in it may have gone elsewhere.
    fn move_to(&mut self, old: usize, new: usize, taken: &mut Taken) {
        self.gone.retain(|node| *node != old);
        self.came.retain(|node| *node != new);
        let (gone, came, lone) = (self.gone.len(), self.came.len(), (self.lone_old.len(), self.lone_new.len()));
        self.pair(old, new, Place::Moved);
        taken.old.extend(self.old.node(old).settings.clone());
        taken.new.extend(self.new.node(new).settings.clone());
        for node in self.gone.iter().skip(gone) {
            self.old.node(*node).settings.clone().for_each(|at| _ = taken.old.remove(&at));
        }
        for node in self.came.iter().skip(came) {
            self.new.node(*node).settings.clone().for_each(|at| _ = taken.new.remove(&at));
        }
        self.lone_old.iter().skip(lone.0).for_each(|at| _ = taken.old.remove(at));
        self.lone_new.iter().skip(lone.1).for_each(|at| _ = taken.new.remove(at));
    }

    /// Pairs single values; the rest is removed and added.
    fn values(&mut self, removed: &[u32], added: &[u32]) {
        let mut matching = Matching::new(removed.len(), added.len());
        let of = |tree: &Tree<'a>, all: &[u32], at: usize| all.get(at).and_then(|at| tree.setting(*at));
        let old = |at: usize| Some(Value { resource: self.old.resource, setting: of(&self.old, removed, at)? });
        let new = |at: usize| Some(Value { resource: self.new.resource, setting: of(&self.new, added, at)? });
        matching.by_key(|at| old(at)?.logical(), |at| new(at)?.logical());
        matching.by_key(|at| old(at)?.identity(), |at| new(at)?.identity());
        matching.by_only_key(
            |at| old(at)?.content_of_group(),
            |at| new(at)?.content_of_group(),
            |a, b| old(a).zip(new(b)).is_some_and(|(a, b)| a.is_renamed(&b)),
        );
        matching.by_only_key(|at| old(at)?.place(), |at| new(at)?.place(), |_, _| true);
        let (pairs, left) = matching.finish(removed, added);
        for (a, b) in pairs {
            self.settle(a, b, Place::Moved);
        }
        self.found.extend(left.0.into_iter().map(|at| Found { kind: ChangeKind::Removed, old: Some(at), new: None }));
        self.found.extend(left.1.into_iter().map(|at| Found { kind: ChangeKind::Added, old: None, new: Some(at) }));
    }
}

/// Whether a subtree can be known again: it holds more than one value, and one that tells something.
fn is_movable(tree: &Tree<'_>, node: usize) -> bool {
    let settings = tree.node(node).settings.clone();
    settings.len() > 1 && settings.into_iter().filter_map(|at| tree.setting(at)).any(is_telling)
}

fn size_and_content(tree: &Tree<'_>, node: usize) -> (Reverse<u32>, u64) {
    let node = tree.node(node);
    (Reverse(node.settings.end - node.settings.start), node.content)
}

/// The settings of one side that nothing speaks for, in order.
fn left(tree: &Tree<'_>, nodes: &[usize], lone: &[u32], taken: &BTreeSet<u32>, other: &Resource) -> Vec<u32> {
    let below = nodes.iter().flat_map(|node| tree.node(*node).settings.clone());
    let all: BTreeSet<u32> = below.chain(lone.iter().copied()).filter(|at| !taken.contains(at)).collect();
    all.into_iter().filter(|at| tree.setting(*at).is_some_and(|s| !is_filled(s, other))).collect()
}

/// A value that went or came, with what it may be known again by.
struct Value<'a> {
    resource: &'a Resource,
    setting: &'a Setting,
}

impl<'a> Value<'a> {
    fn text(&self) -> &'a str {
        &self.setting.value.text
    }

    fn is_variable(&self) -> bool {
        is_variable(self.resource, self.setting)
    }

    /// The key as its reader knows it, if it has one.
    fn name(&self) -> &'a str {
        if self.is_variable() { &self.setting.logical } else { self.setting.path.last() }
    }

    /// The same key with the same value for the same reader, written in another way (`a.b: 1` for `a: {b: 1}`).
    fn logical(&self) -> Option<(bool, &'a str, &'a str)> {
        Some((self.is_variable(), self.setting.logical.as_str(), self.text()))
    }

    /// The same name and value elsewhere, in no other environment's section and no other item of a list.
    fn identity(&self) -> Option<(String, String, &'a str, &'a str)> {
        let known = is_telling(self.setting) && !self.name().is_empty();
        known.then(|| (self.section(), self.item(), self.name(), self.text()))
    }

    /// The list item that it stands in; a variable is known by its own name wherever it stands.
    fn item(&self) -> String {
        if self.is_variable() {
            return String::new();
        }
        let items = self.setting.path.segments().rev().find_map(|segment| match segment {
            Segment::Item(name) => Some(name.to_owned()),
            Segment::Index(at) => Some(at.to_string()),
            _ => None,
        });
        items.unwrap_or_default()
    }

    /// The first step on the way that names an environment: `pool` that leaves `test:` and comes up under `production:` is
    /// two changes.
    fn section(&self) -> String {
        let named = self.setting.path.parent().segments().find_map(|segment| match segment {
            Segment::Key(name) | Segment::Item(name) if super::tree::is_environment(name) => Some(name.to_owned()),
            _ => None,
        });
        named.unwrap_or_default()
    }

    /// The value among its siblings, for a key that got another name.
    fn content_of_group(&self) -> Option<(KeyPath, &'a str)> {
        (is_telling(self.setting) && !self.name().is_empty()).then(|| (self.group(), self.text()))
    }

    /// The mapping or the list of variables that it stands in.
    fn group(&self) -> KeyPath {
        let parent = self.setting.path.parent();
        let is_item = self.is_variable() && self.setting.path.last() != self.setting.logical;
        if is_item { parent.parent() } else { parent }
    }

    fn is_renamed(&self, other: &Value<'_>) -> bool {
        let (a, b) = (self.name().to_lowercase(), other.name().to_lowercase());
        let alike = strsim::normalized_damerau_levenshtein(&a, &b) >= 0.6;
        !are_kept_apart(&a, &b) && (alike || self.text().chars().count() >= LONG)
    }

    /// Where a value is the same thing though it is written in another way: the printed path, and in a ConfigMap or
    /// Secret the key, which may stand under `data` or `stringData`.
    fn place(&self) -> Option<String> {
        // A position is no name: what stands at it now may be another thing.
        if self.setting.path.segments().any(|segment| matches!(segment, Segment::Index(_))) {
            return None;
        }
        let is_config = matches!(self.resource.shape, Shape::Config(_)) && self.setting.unit.is_some();
        Some(if is_config { self.setting.logical.clone() } else { self.setting.path.to_string() })
    }
}

/// Whether a setting is a variable of a process.
pub(super) fn is_variable(resource: &Resource, setting: &Setting) -> bool {
    let unit = setting.unit.and_then(|unit| resource.units.get(unit as usize));
    unit.is_some_and(|unit| unit.kind == UnitKind::Env)
}
