//! Which item of a list became which.
//!
//! In the order of trust: the same name; among items of one name or of none the same content, wherever it stands; the
//! option that an argument sets; the most in common; the place. What is left has changed its name if most else stayed.

use std::collections::BTreeMap;

use crate::setting::{Segment, Setting};

use super::ChangeKind;
use super::resource::{Comparison, Found, Place};
use super::tree::{Tree, are_kept_apart, is_telling, likest, unnumbered};

/// In thousandths: items without a name that have this much in common are one.
const ALIKE: usize = 500;
/// In thousandths: an item of another name is the same one if this much of the rest stayed.
const RENAMED: usize = 600;

impl<'a> Comparison<'a> {
    /// Compares the items of two lists that are one.
    pub(super) fn list(&mut self, old: &[usize], new: &[usize], place: Place) {
        let mut groups: BTreeMap<Option<&'a str>, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for &item in old {
            groups.entry(base_name(&self.old, item)).or_default().0.push(item);
        }
        for &item in new {
            groups.entry(base_name(&self.new, item)).or_default().1.push(item);
        }
        let mut left = (Vec::new(), Vec::new());
        for (name, (olds, news)) in groups {
            match (olds.as_slice(), news.as_slice()) {
                ([a], [b]) if name.is_some() => self.pair(*a, *b, place),
                _ => {
                    let group = self.group(&olds, &news, name.is_none(), place);
                    left.0.extend(group.0);
                    left.1.extend(group.1);
                }
            }
        }
        left.0.sort_unstable();
        left.1.sort_unstable();
        self.renamed(left.0, left.1);
    }

    /// Pairs items which their names do not tell apart; gives back those that are left.
    fn group(&mut self, old: &[usize], new: &[usize], by_place: bool, place: Place) -> (Vec<usize>, Vec<usize>) {
        let mut matching = Matching::new(old.len(), new.len());
        let content = |tree: &Tree<'a>, items: &[usize], at: usize| items.get(at).map(|item| tree.node(*item).content);
        matching.by_key(|at| content(&self.old, old, at), |at| content(&self.new, new, at));
        let reordered = by_place && !matching.partner.iter().flatten().is_sorted();
        matching.by_key(|at| self.old.option(old, at), |at| self.new.option(new, at));
        matching.by_likeness(ALIKE, |at| self.old.all_marks(old, at), |at| self.new.all_marks(new, at));
        // Arguments that set different options are different things.
        let unnamed = |tree: &Tree<'a>, items: &[usize], at: usize| tree.option(items, at).is_none().then_some(());
        matching.by_key(|at| unnamed(&self.old, old, at), |at| unnamed(&self.new, new, at));
        if reordered {
            self.reordered(old, new);
        }
        let (pairs, left) = matching.finish(old, new);
        for (a, b) in pairs {
            self.pair(a, b, place);
        }
        left
    }

    fn reordered(&mut self, old: &[usize], new: &[usize]) {
        let differs = |(a, b): &(&usize, &usize)| self.old.node(**a).content != self.new.node(**b).content;
        let Some((a, b)) = old.iter().zip(new).find(differs) else { return };
        let (a, b) = (self.old.node(*a).settings.start, self.new.node(*b).settings.start);
        self.found.push(Found { kind: ChangeKind::Reordered, old: Some(a), new: Some(b) });
    }

    /// Pairs items of different names whose rest stayed, so that a changed name is a changed value.
    fn renamed(&mut self, old: Vec<usize>, new: Vec<usize>) {
        let mut matching = Matching::new(old.len(), new.len());
        if let ([a], [b]) = (old.as_slice(), new.as_slice())
            && self.replaces(*a, *b)
        {
            matching.take(0, 0);
        } else {
            matching.by_likeness(RENAMED, |at| self.old.rest_marks(&old, at), |at| self.new.rest_marks(&new, at));
        }
        matching.keep(|a, b| match (old.get(a), new.get(b)) {
            (Some(a), Some(b)) => !are_kept_apart(self.old.name(*a), self.new.name(*b)),
            _ => false,
        });
        let (pairs, left) = matching.finish(&old, &new);
        for (a, b) in pairs {
            let told = self.old.names_itself(a) && self.new.names_itself(b);
            self.pair(a, b, if told { Place::Same } else { Place::Moved });
        }
        self.gone.extend(left.0);
        self.came.extend(left.1);
    }

    /// Whether the only item that went became the only one that came: a text that names itself, or something that is
    /// nothing beside its name.
    fn replaces(&self, old: usize, new: usize) -> bool {
        let (a, b) = (self.old.node(old), self.new.node(new));
        let is_text = |tree: &Tree<'_>, item: usize| {
            let text = tree.node(item).setting.and_then(|at| tree.setting(at)).map(|s| s.value.text.as_str());
            text.is_some_and(|text| text == unnumbered(tree.name(item)))
        };
        if a.children.is_empty() && b.children.is_empty() {
            return is_text(&self.old, old) && is_text(&self.new, new);
        }
        let ways = |tree: &Tree<'_>, item: usize| -> Vec<String> {
            let node = tree.node(item);
            node.children.iter().map(|&child| tree.name(child).to_owned()).collect()
        };
        let is_bare = |tree: &Tree<'_>, item: usize| {
            let settings = tree.node(item).settings.clone();
            settings.into_iter().filter_map(|at| tree.setting(at)).all(|s| tree.is_name_of(s, item))
        };
        ways(&self.old, old) == ways(&self.new, new) && is_bare(&self.old, old) && is_bare(&self.new, new)
    }
}

impl<'a> Tree<'a> {
    /// The option that an argument sets: `--max-connections` of `--max-connections=100`, `max_connections` of
    /// `max_connections=100`.
    fn option(&self, items: &[usize], at: usize) -> Option<&'a str> {
        let node = self.node(*items.get(at)?);
        let setting = node.setting.filter(|_| node.children.is_empty()).and_then(|at| self.setting(at))?;
        let text = setting.value.text.as_str();
        let (name, _) = text.split_once('=').unwrap_or((text, ""));
        let is_option = name.starts_with('-') || name.len() < text.len();
        (is_option && !name.contains(char::is_whitespace)).then_some(name)
    }

    /// The marks of an item with more than one value; a text alone is like another or it is not.
    fn all_marks(&self, items: &[usize], at: usize) -> Vec<u64> {
        let Some(&item) = items.get(at).filter(|item| !self.node(**item).children.is_empty()) else {
            return Vec::new();
        };
        self.marks(item, &|_| true)
    }

    /// The marks of an item but for its name, if there is enough to know it again by.
    fn rest_marks(&self, items: &[usize], at: usize) -> Vec<u64> {
        let Some(&item) = items.get(at) else { return Vec::new() };
        let is_rest = |setting: &Setting| !self.is_name_of(setting, item);
        let settings = self.node(item).settings.clone();
        let rest: Vec<&Setting> =
            settings.into_iter().filter_map(|at| self.setting(at)).filter(|s| is_rest(s)).collect();
        // One value under another name is a rename only where the names are alike, which is not asked here.
        let enough = rest.len() > 1 || self.names_itself(item);
        if !enough || !rest.iter().any(|s| is_telling(s)) {
            return Vec::new();
        }
        self.marks(item, &is_rest)
    }
}

/// The name that an item shares with its duplicates; `None` for items by position.
fn base_name<'a>(tree: &Tree<'a>, item: usize) -> Option<&'a str> {
    match tree.step(item) {
        Some(Segment::Item(name)) => Some(unnumbered(name)),
        _ => None,
    }
}

/// Things of the old side and of the new one.
pub(super) type Both<T> = (Vec<T>, Vec<T>);

/// Pairs between two lists, made step by step.
pub(super) struct Matching {
    /// For each old one the new one.
    partner: Vec<Option<usize>>,
    is_free: Vec<bool>,
}

impl Matching {
    pub(super) fn new(old: usize, new: usize) -> Matching {
        Matching { partner: vec![None; old], is_free: vec![true; new] }
    }

    fn take(&mut self, old: usize, new: usize) {
        if let (Some(partner @ None), Some(free @ true)) = (self.partner.get_mut(old), self.is_free.get_mut(new)) {
            *partner = Some(new);
            *free = false;
        }
    }

    fn free_old(&self) -> Vec<usize> {
        self.partner.iter().enumerate().filter(|(_, partner)| partner.is_none()).map(|(at, _)| at).collect()
    }

    fn free_new(&self) -> Vec<usize> {
        self.is_free.iter().enumerate().filter(|(_, free)| **free).map(|(at, _)| at).collect()
    }

    /// Pairs free ones of one key, the first with the first.
    pub(super) fn by_key<K: Ord>(&mut self, old: impl Fn(usize) -> Option<K>, new: impl Fn(usize) -> Option<K>) {
        let mut waiting: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for at in self.free_new().into_iter().rev() {
            if let Some(key) = new(at) {
                waiting.entry(key).or_default().push(at);
            }
        }
        for at in self.free_old() {
            if let Some(partner) = old(at).and_then(|key| waiting.get_mut(&key)?.pop()) {
                self.take(at, partner);
            }
        }
    }

    /// Pairs the one free thing that has a key with the one on the other side, where nothing else has it.
    pub(super) fn by_only_key<K: Ord>(
        &mut self,
        old: impl Fn(usize) -> Option<K>,
        new: impl Fn(usize) -> Option<K>,
        may: impl Fn(usize, usize) -> bool,
    ) {
        let mut having: BTreeMap<K, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for at in self.free_old() {
            if let Some(key) = old(at) {
                having.entry(key).or_default().0.push(at);
            }
        }
        for at in self.free_new() {
            if let Some(key) = new(at) {
                having.entry(key).or_default().1.push(at);
            }
        }
        for (olds, news) in having.into_values() {
            if let ([a], [b]) = (olds.as_slice(), news.as_slice())
                && may(*a, *b)
            {
                self.take(*a, *b);
            }
        }
    }

    /// Pairs free ones by what they have in common, the likest first.
    pub(super) fn by_likeness(
        &mut self,
        least: usize,
        old: impl Fn(usize) -> Vec<u64>,
        new: impl Fn(usize) -> Vec<u64>,
    ) {
        let (olds, news) = (self.free_old(), self.free_new());
        if olds.is_empty() || news.is_empty() {
            return;
        }
        let (a, b): (Vec<_>, Vec<_>) =
            (olds.iter().map(|at| old(*at)).collect(), news.iter().map(|at| new(*at)).collect());
        for (o, n) in likest(&a, &b, least) {
            if let (Some(&o), Some(&n)) = (olds.get(o), news.get(n)) {
                self.take(o, n);
            }
        }
    }

    /// Undoes pairs that may not be.
    fn keep(&mut self, may: impl Fn(usize, usize) -> bool) {
        for (old, partner) in self.partner.iter_mut().enumerate() {
            let Some(new) = partner.filter(|new| !may(old, *new)) else { continue };
            *partner = None;
            if let Some(free) = self.is_free.get_mut(new) {
                *free = true;
            }
        }
    }

    /// The pairs, and what is left of either side.
    pub(super) fn finish<T: Copy>(self, old: &[T], new: &[T]) -> (Vec<(T, T)>, Both<T>) {
        let left = (
            self.free_old().into_iter().filter_map(|at| old.get(at).copied()).collect(),
            self.free_new().into_iter().filter_map(|at| new.get(at).copied()).collect(),
        );
        let pairs = self.partner.iter().enumerate().filter_map(|(at, to)| Some((*old.get(at)?, *new.get((*to)?)?)));
        (pairs.collect(), left)
    }
}
