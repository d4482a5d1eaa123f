//! The settings of a resource as the tree that they were written as, with fingerprints to find equal parts by.
//!
//! A fingerprint only proposes; whether two parts are equal is always decided by their values.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::document::ScalarKind;
use crate::setting::{Environment, Resource, Segment, Setting};
use crate::source::fnv1a;

/// Index of the root.
pub(super) const ROOT: usize = 0;

/// A resource's settings by their steps.
pub(super) struct Tree<'a> {
    pub(super) resource: &'a Resource,
    nodes: Vec<Node<'a>>,
}

/// One step of a path with everything below it.
pub(super) struct Node<'a> {
    /// How its parent knows it; the root has none.
    pub(super) step: Option<Segment<'a>>,
    pub(super) parent: usize,
    /// In the order of paths.
    pub(super) children: Vec<usize>,
    /// The setting at this very path.
    pub(super) setting: Option<u32>,
    /// The settings at and below it.
    pub(super) settings: Range<u32>,
    /// Fingerprint of what is below it, with the texts; its own step does not count.
    pub(super) content: u64,
}

impl<'a> Tree<'a> {
    pub(super) fn of(resource: &'a Resource) -> Tree<'a> {
        let root = Node { step: None, parent: ROOT, children: Vec::new(), setting: None, settings: 0..0, content: 0 };
        let mut tree = Tree { resource, nodes: vec![root] };
        // The nodes that lead to the setting before, without the root.
        let mut open: Vec<usize> = Vec::new();
        for (at, setting) in resource.settings.iter().enumerate() {
            let at = index(at);
            let steps: Vec<Segment<'a>> = setting.path.segments().collect();
            let same = open.iter().zip(&steps).take_while(|(node, step)| tree.step(**node) == Some(**step)).count();
            open.truncate(same);
            for step in steps.into_iter().skip(same) {
                let parent = open.last().copied().unwrap_or(ROOT);
                open.push(tree.add(parent, step, at));
            }
            let last = open.last().copied().unwrap_or(ROOT);
            if let Some(node) = tree.nodes.get_mut(last) {
                node.setting = Some(at);
            }
            for node in open.iter().copied().chain([ROOT]) {
                if let Some(node) = tree.nodes.get_mut(node) {
                    node.settings.end = at + 1;
                }
            }
        }
        tree.fingerprint();
        tree
    }

    fn add(&mut self, parent: usize, step: Segment<'a>, at: u32) -> usize {
        let made = self.nodes.len();
        let node = Node { step: Some(step), parent, children: Vec::new(), setting: None, settings: at..at, content: 0 };
        self.nodes.push(node);
        if let Some(parent) = self.nodes.get_mut(parent) {
            parent.children.push(made);
        }
        made
    }

    /// Children come after their parents, so that from the end every child is done before its parent.
    fn fingerprint(&mut self) {
        for at in (0..self.nodes.len()).rev() {
            let Some(node) = self.nodes.get(at) else { continue };
            let own = node.setting.and_then(|at| self.setting(at)).map_or(0, |s| fnv1a(s.value.text.as_bytes()));
            // A sum, because the numbers of items of one name, and with them their order, are not theirs to keep.
            let content = node.children.iter().fold(own, |hash, child| {
                let (step, content) = self.nodes.get(*child).map_or((0, 0), |c| (mark_of(c.step), c.content));
                hash.wrapping_add(mixed(step, content))
            });
            if let Some(node) = self.nodes.get_mut(at) {
                node.content = content;
            }
        }
    }

    /// The node of an index that this tree gave.
    pub(super) fn node(&self, at: usize) -> &Node<'a> {
        // The root is always there, and stands in for an index of another tree.
        self.nodes.get(at).unwrap_or(&self.nodes[ROOT])
    }

    pub(super) fn step(&self, at: usize) -> Option<Segment<'a>> {
        self.nodes.get(at).and_then(|node| node.step)
    }

    /// The words of a node's own step; empty for positions.
    pub(super) fn name(&self, at: usize) -> &'a str {
        match self.step(at) {
            Some(Segment::Key(name) | Segment::Item(name) | Segment::Embedded(name)) => name,
            Some(Segment::Index(_)) | None => "",
        }
    }

    pub(super) fn setting(&self, at: u32) -> Option<&'a Setting> {
        self.resource.settings.get(at as usize)
    }

    /// The node and all below it, parents first.
    pub(super) fn below(&self, at: usize) -> Vec<usize> {
        let mut found = vec![at];
        let mut next = 0;
        while let Some(&node) = found.get(next) {
            found.extend(&self.node(node).children);
            next += 1;
        }
        found
    }

    /// The nearest list item or key above (or at) a node that names an environment; empty where none does.
    pub(super) fn section(&self, at: usize) -> &'a str {
        let mut here = at;
        while here != ROOT {
            let name = self.name(here);
            if is_environment(name) {
                return name;
            }
            here = self.node(here).parent;
        }
        ""
    }

    /// Fingerprints of the settings below a node, each with its way from there; sorted. `takes` chooses among them.
    pub(super) fn marks(&self, at: usize, takes: &dyn Fn(&Setting) -> bool) -> Vec<u64> {
        let mut marks = Vec::new();
        let mut open = vec![(at, 0_u64)];
        while let Some((node, way)) = open.pop() {
            let node = self.node(node);
            if let Some(setting) = node.setting.and_then(|at| self.setting(at)).filter(|s| takes(s)) {
                marks.push(mixed(way, fnv1a(setting.value.text.as_bytes())));
            }
            open.extend(node.children.iter().map(|&child| (child, mixed(way, mark_of(self.step(child))))));
        }
        marks.sort_unstable();
        marks
    }

    /// Whether a list item holds its own name, so that another name is seen as another value.
    pub(super) fn names_itself(&self, item: usize) -> bool {
        let Some(Segment::Item(_)) = self.step(item) else { return true };
        let settings = self.node(item).settings.clone();
        settings.into_iter().filter_map(|at| self.setting(at)).any(|setting| self.is_name_of(setting, item))
    }

    /// Whether a setting of a list item is what it goes by, alone or with others.
    pub(super) fn is_name_of(&self, setting: &Setting, item: usize) -> bool {
        let (Some(Segment::Item(name)), text) = (self.step(item), setting.value.text.as_str()) else { return false };
        let name = unnumbered(name);
        if text.is_empty() {
            return false;
        }
        let at_a_seam = |(at, _): (usize, &str)| {
            let before = name.get(..at).is_none_or(|b| b.is_empty() || b.ends_with(['/', ' ', ',', '=']));
            let after = name.get(at + text.len()..).is_none_or(|a| a.is_empty() || a.starts_with(['/', ' ', ',', '=']));
            before && after
        };
        name.match_indices(text).any(at_a_seam)
    }
}

/// The name of a list item without the number that tells it from earlier ones of the same name.
pub(super) fn unnumbered(name: &str) -> &str {
    match name.rsplit_once('#') {
        Some((base, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => base,
        _ => name,
    }
}

/// Whether a value tells anything by itself: `true`, `1`, nothing and an empty list are everywhere.
pub(super) fn is_telling(setting: &Setting) -> bool {
    let text = setting.value.text.as_str();
    text.len() > 1 && !matches!(setting.value.kind, ScalarKind::Null | ScalarKind::Bool) && !matches!(text, "[]" | "{}")
}

/// Whether a key or item stands for an environment.
pub(super) fn is_environment(name: &str) -> bool {
    Environment::guess(name).is_some()
}

/// Whether two names stand for two environments, which are never one thing under two names.
pub(super) fn are_kept_apart(one: &str, other: &str) -> bool {
    matches!((Environment::guess(one), Environment::guess(other)), (Some(a), Some(b)) if a != b)
}

fn mark_of(step: Option<Segment<'_>>) -> u64 {
    let (kind, text) = match step {
        Some(Segment::Key(text)) => (1, text),
        Some(Segment::Item(text)) => (2, unnumbered(text)),
        Some(Segment::Embedded(text)) => (3, text),
        Some(Segment::Index(at)) => return mixed(4, at as u64),
        None => (0, ""),
    };
    mixed(kind, fnv1a(text.as_bytes()))
}

fn mixed(hash: u64, more: u64) -> u64 {
    (hash.rotate_left(5) ^ more).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
}

pub(super) fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// What stands in more items than this tells nothing about which is which; bounds the work, too.
const COMMON: usize = 16;

/// Pairs things by the marks that they share, the likest first; `least` is in thousandths of the larger one's marks.
///
/// The marks must be sorted. The same with the sides swapped, and bounded: candidates share a mark that few have.
pub(super) fn likest(old: &[Vec<u64>], new: &[Vec<u64>], least: usize) -> Vec<(usize, usize)> {
    let mut having: BTreeMap<u64, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (at, marks) in old.iter().enumerate() {
        marks.iter().for_each(|mark| having.entry(*mark).or_default().0.push(at));
    }
    for (at, marks) in new.iter().enumerate() {
        marks.iter().for_each(|mark| having.entry(*mark).or_default().1.push(at));
    }
    let mut candidates: Vec<(usize, usize)> = having
        .into_values()
        .filter(|(olds, news)| olds.len() <= COMMON && news.len() <= COMMON)
        .flat_map(|(olds, news)| olds.into_iter().flat_map(move |o| news.clone().into_iter().map(move |n| (o, n))))
        .collect();
    candidates.sort_unstable();
    candidates.dedup();
    let mut scored: Vec<(usize, usize, usize, usize, usize)> = candidates
        .into_iter()
        .filter_map(|(o, n)| {
            let (a, b) = (old.get(o)?, new.get(n)?);
            let score = shared(a, b) * 1000 / a.len().max(b.len()).max(1);
            (score >= least).then_some((1000 - score, o.abs_diff(n), o.min(n), o, n))
        })
        .collect();
    // Of equal ones the nearest; two that mirror each other do not take anything from one another.
    scored.sort_unstable();
    let mut taken = (vec![false; old.len()], vec![false; new.len()]);
    let mut pairs = Vec::new();
    for (.., o, n) in scored {
        if let (Some(a @ false), Some(b @ false)) = (taken.0.get_mut(o), taken.1.get_mut(n)) {
            (*a, *b) = (true, true);
            pairs.push((o, n));
        }
    }
    pairs.sort_unstable();
    pairs
}

/// How many of two sorted lists are the same.
pub(super) fn shared(one: &[u64], other: &[u64]) -> usize {
    let (mut a, mut b) = (one.iter().peekable(), other.iter().peekable());
    let mut count = 0;
    while let (Some(left), Some(right)) = (a.peek(), b.peek()) {
        match left.cmp(right) {
            std::cmp::Ordering::Less => _ = a.next(),
            std::cmp::Ordering::Greater => _ = b.next(),
            std::cmp::Ordering::Equal => {
                count += 1;
                a.next();
                b.next();
            }
        }
    }
    count
}
