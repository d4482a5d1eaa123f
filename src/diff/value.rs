//! What changed between two resources, setting by setting.
//!
//! Both sides come sorted by path, so one merge finds what is on one side only. Lists by position are compared item by
//! item: equal items are matched wherever they stand, so that an argument put in front does not change all the others.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::document::{Scalar, ScalarKind};
use crate::setting::{Environment, KeyPath, Resource, Segment, Setting, UnitKind};
use crate::source::fnv1a;

use super::ChangeKind;

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
    let mut comparison = Comparison { old, new, found: Vec::new(), removed: Vec::new(), added: Vec::new() };
    comparison.run();
    comparison.finish()
}

struct Comparison<'a> {
    old: &'a Resource,
    new: &'a Resource,
    found: Vec<Found>,
    removed: Vec<u32>,
    added: Vec<u32>,
}

/// An item of a list by position: the settings it is made of.
#[derive(Debug, Clone)]
struct Item {
    settings: Range<u32>,
    content: u64,
}

/// The settings of a resource outside lists by position, and those lists.
struct Parts<'a> {
    single: Vec<u32>,
    lists: Vec<(&'a str, Vec<Item>)>,
}

impl<'a> Comparison<'a> {
    fn run(&mut self) {
        let (old, new) = (self.old, self.new);
        let (a, b) = (parts(old), parts(new));
        let path = |resource: &'a Resource| move |at: &u32| setting(resource, *at).map(|s| &s.path);
        merge(&a.single, &b.single, path(old), path(new), |left, right| self.settle(left.copied(), right.copied()));
        merge(
            &a.lists,
            &b.lists,
            |l| l.0,
            |l| l.0,
            |left, right| match (left, right) {
                (Some((_, old)), Some((_, new))) => self.list(old, new),
                (Some((_, items)), None) => self.removed.extend(items.iter().flat_map(|item| item.settings.clone())),
                (None, Some((_, items))) => self.added.extend(items.iter().flat_map(|item| item.settings.clone())),
                (None, None) => {}
            },
        );
    }

    fn settle(&mut self, old: Option<u32>, new: Option<u32>) {
        match (old, new) {
            (Some(old), Some(new)) => {
                let (Some(before), Some(after)) = (setting(self.old, old), setting(self.new, new)) else { return };
                if let Some(kind) = self.value_change(before, after) {
                    self.found.push(Found { kind, old: Some(old), new: Some(new) });
                }
            }
            (Some(old), None) => self.removed.push(old),
            (None, Some(new)) => self.added.push(new),
            (None, None) => {}
        }
    }

    /// Compares two lists by position. The k-th of equal items is the k-th on the other side; what is left over is
    /// paired by the option it sets, then in order.
    fn list(&mut self, old: &[Item], new: &[Item]) {
        let mut partner: Vec<Option<usize>> = vec![None; old.len()];
        let mut free: Vec<bool> = vec![true; new.len()];
        pair_up(old, new, &mut partner, &mut free, |_, item| Some(item.content));
        let matched: Vec<usize> = partner.iter().flatten().copied().collect();
        let reordered = !matched.is_sorted();
        let (before, after) = (self.old, self.new);
        pair_up(old, new, &mut partner, &mut free, |side, item| {
            option_of(if side == 0 { before } else { after }, item)
        });
        pair_up(old, new, &mut partner, &mut free, |side, item| {
            let resource = if side == 0 { before } else { after };
            option_of(resource, item).is_none().then_some(())
        });
        if reordered {
            let place = old.iter().zip(new).find(|(a, b)| a.content != b.content);
            self.found.push(Found {
                kind: ChangeKind::Reordered,
                old: place.map(|(item, _)| item.settings.start),
                new: place.map(|(_, item)| item.settings.start),
            });
        }
        for (item, to) in old.iter().zip(&partner) {
            match to.and_then(|to| new.get(to)) {
                Some(to) if to.content == item.content => self.retyped(item, to),
                Some(to) => self.item(item, to),
                None => self.removed.extend(item.settings.clone()),
            }
        }
        let added = new.iter().zip(free).filter(|(_, free)| *free);
        self.added.extend(added.flat_map(|(item, _)| item.settings.clone()));
    }

    /// Compares two items setting by setting.
    fn item(&mut self, old: &Item, new: &Item) {
        let (before, after) = (self.old, self.new);
        let rest = |resource: &'a Resource| move |at: &u32| rest_of(resource, *at);
        let (a, b): (Vec<u32>, Vec<u32>) = (old.settings.clone().collect(), new.settings.clone().collect());
        merge(&a, &b, rest(before), rest(after), |left, right| self.settle(left.copied(), right.copied()));
    }

    /// Items of the same texts may still differ in type.
    fn retyped(&mut self, old: &Item, new: &Item) {
        for (a, b) in old.settings.clone().zip(new.settings.clone()) {
            self.settle(Some(a), Some(b));
        }
    }

    fn value_change(&self, old: &Setting, new: &Setting) -> Option<ChangeKind> {
        let variable = is_variable(self.old, old) && is_variable(self.new, new);
        // Kubernetes refuses a variable that is not text; everywhere else a variable is text however it is written.
        let typed = !matches!(self.new.id.kind.as_str(), "file" | "service");
        match (variable, old.value.text == new.value.text) {
            (true, true) if !typed && is_null(old) == is_null(new) => None,
            (true, false) => Some(ChangeKind::Modified),
            _ => scalar_change(&old.value, &new.value),
        }
    }

    /// Turns removals and additions into changes; what came up again under another key has moved.
    fn finish(mut self) -> Vec<Found> {
        let (old, new) = (self.old, self.new);
        self.removed.retain(|&at| setting(old, at).is_some_and(|s| !is_filled(s, new)));
        self.added.retain(|&at| setting(new, at).is_some_and(|s| !is_filled(s, old)));
        self.replaced_items();
        let mut homes: BTreeMap<(&str, &str, &str), Vec<u32>> = BTreeMap::new();
        for &at in self.added.iter().rev() {
            if let Some(identity) = setting(new, at).and_then(|s| moving_identity(new, s)) {
                homes.entry(identity).or_default().push(at);
            }
        }
        let mut arrived = BTreeSet::new();
        for &at in &self.removed {
            let identity = setting(old, at).and_then(|s| moving_identity(old, s));
            let home = identity.and_then(|identity| homes.get_mut(&identity)?.pop());
            arrived.extend(home);
            let kind = if home.is_some() { ChangeKind::Moved } else { ChangeKind::Removed };
            self.found.push(Found { kind, old: Some(at), new: home });
        }
        let added = self.added.iter().filter(|at| !arrived.contains(*at));
        self.found.extend(added.map(|&at| Found { kind: ChangeKind::Added, old: None, new: Some(at) }));
        self.found
    }
}

impl Comparison<'_> {
    /// Where one scalar item of a list went and one came, the item was modified: `hosts: [db-1]` to `hosts: [db-2]`.
    fn replaced_items(&mut self) {
        let mut lists: BTreeMap<KeyPath, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
        for &at in &self.removed {
            if let Some(list) = list_of_item(self.old, at) {
                lists.entry(list).or_default().0.push(at);
            }
        }
        for &at in &self.added {
            if let Some(list) = list_of_item(self.new, at) {
                lists.entry(list).or_default().1.push(at);
            }
        }
        let pairs: BTreeMap<u32, u32> = lists
            .into_values()
            .filter_map(|(from, to)| match (from.as_slice(), to.as_slice()) {
                ([from], [to]) => Some((*from, *to)),
                _ => None,
            })
            .collect();
        let arrived: BTreeSet<u32> = pairs.values().copied().collect();
        self.removed.retain(|at| !pairs.contains_key(at));
        self.added.retain(|at| !arrived.contains(at));
        let modified = |(from, to)| Found { kind: ChangeKind::Modified, old: Some(from), new: Some(to) };
        self.found.extend(pairs.into_iter().map(modified));
    }
}

/// The list in which a setting is an item that names itself.
fn list_of_item(resource: &Resource, at: u32) -> Option<KeyPath> {
    let setting = setting(resource, at)?;
    let Some(Segment::Item(name)) = setting.path.segments().next_back() else { return None };
    (name == setting.value.text).then(|| setting.path.parent())
}

fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn setting(resource: &Resource, at: u32) -> Option<&Setting> {
    resource.settings.get(at as usize)
}

fn is_null(setting: &Setting) -> bool {
    setting.value.kind == ScalarKind::Null
}

/// What follows the position in the path of a list item's setting.
fn rest_of(resource: &Resource, at: u32) -> &str {
    setting(resource, at).and_then(|s| s.path.split_position()).map_or("", |(_, _, rest)| rest)
}

/// Walks two sorted lists side by side.
fn merge<'a, T, K: Ord>(
    old: &'a [T],
    new: &'a [T],
    old_key: impl Fn(&'a T) -> K,
    new_key: impl Fn(&'a T) -> K,
    mut each: impl FnMut(Option<&'a T>, Option<&'a T>),
) {
    let (mut left, mut right) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) => old_key(a).cmp(&new_key(b)),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => return,
        };
        match order {
            std::cmp::Ordering::Less => each(left.next(), None),
            std::cmp::Ordering::Greater => each(None, right.next()),
            std::cmp::Ordering::Equal => each(left.next(), right.next()),
        }
    }
}

fn parts(resource: &Resource) -> Parts<'_> {
    let mut parts = Parts { single: Vec::new(), lists: Vec::new() };
    let mut position = None;
    for (at, setting) in resource.settings.iter().enumerate() {
        let at = index(at);
        let Some((list, number, rest)) = setting.path.split_position() else {
            parts.single.push(at);
            continue;
        };
        if parts.lists.last().is_none_or(|(last, _)| *last != list) {
            parts.lists.push((list, Vec::new()));
            position = None;
        }
        let Some((_, items)) = parts.lists.last_mut() else { continue };
        if position != Some(number) {
            items.push(Item { settings: at..at, content: 0 });
            position = Some(number);
        }
        let Some(item) = items.last_mut() else { continue };
        item.settings.end = at + 1;
        item.content = item.content.rotate_left(5).wrapping_mul(0x0100_0000_01b3)
            ^ fnv1a(rest.as_bytes())
            ^ fnv1a(setting.value.text.as_bytes()).rotate_left(17);
    }
    parts
}

/// Pairs free items of one key, the first with the first; `key` gets the side (0 old, 1 new).
fn pair_up<K: Ord>(
    old: &[Item],
    new: &[Item],
    partner: &mut [Option<usize>],
    free: &mut [bool],
    key: impl Fn(usize, &Item) -> Option<K>,
) {
    let mut waiting: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (at, item) in new.iter().enumerate().rev().filter(|(at, _)| free.get(*at) == Some(&true)) {
        if let Some(key) = key(1, item) {
            waiting.entry(key).or_default().push(at);
        }
    }
    for (item, partner) in old.iter().zip(partner).filter(|(_, partner)| partner.is_none()) {
        *partner = key(0, item).and_then(|key| waiting.get_mut(&key)?.pop());
        if let Some(free) = partner.and_then(|at| free.get_mut(at)) {
            *free = false;
        }
    }
}

/// The option that an argument sets: `--max-connections` of `--max-connections=100`, `max_connections` of
/// `max_connections=100`.
fn option_of<'a>(resource: &'a Resource, item: &Item) -> Option<&'a str> {
    let setting = setting(resource, item.settings.start).filter(|_| item.settings.len() == 1)?;
    let text = setting.value.text.as_str();
    let (name, _) = text.split_once('=').unwrap_or((text, ""));
    let is_option = name.starts_with('-') || name.len() < text.len();
    (is_option && !name.contains(char::is_whitespace)).then_some(name)
}

/// Whether an empty value merely made room for what the other side has below it.
fn is_filled(setting: &Setting, other: &Resource) -> bool {
    let empty = is_null(setting) || (!setting.value.quoted && matches!(setting.value.text.as_str(), "[]" | "{}"));
    if !empty {
        return false;
    }
    let next = other.settings.partition_point(|s| s.path <= setting.path);
    other.settings.get(next).is_some_and(|s| s.path.is_below(&setting.path))
}

/// By what a setting is known again under another key: the environment's section it stands in, its last name and its
/// value. Values that tell nothing have no identity.
fn moving_identity<'a>(resource: &Resource, setting: &'a Setting) -> Option<(&'a str, &'a str, &'a str)> {
    let text = setting.value.text.as_str();
    let telling = text.len() > 1 && !matches!(setting.value.kind, ScalarKind::Null | ScalarKind::Bool);
    let name = if is_variable(resource, setting) { setting.logical.as_str() } else { setting.path.last() };
    // `pool` that leaves `test:` and comes up under `production:` is two changes.
    let section = match setting.path.segments().next() {
        Some(Segment::Key(key)) if Environment::guess(key).is_some() => key,
        _ => "",
    };
    (telling && !name.is_empty() && !matches!(text, "[]" | "{}")).then_some((section, name, text))
}

fn is_variable(resource: &Resource, setting: &Setting) -> bool {
    let unit = setting.unit.and_then(|unit| resource.units.get(unit as usize));
    unit.is_some_and(|unit| unit.kind == UnitKind::Env)
}

/// How two values of one key differ.
fn scalar_change(old: &Scalar, new: &Scalar) -> Option<ChangeKind> {
    if old.text == new.text {
        return (old.kind != new.kind).then_some(ChangeKind::Retyped);
    }
    let same = match (old.kind, new.kind) {
        (ScalarKind::Null, ScalarKind::Null) => return None,
        (ScalarKind::Bool, ScalarKind::Bool) => {
            if old.text.eq_ignore_ascii_case(&new.text) {
                return None;
            }
            truth(&old.text).is_some() && truth(&old.text) == truth(&new.text)
        }
        (ScalarKind::Int, ScalarKind::Int) => {
            let same = whole(&old.text).is_some() && whole(&old.text) == whole(&new.text);
            if same {
                return None;
            }
            false
        }
        (ScalarKind::Int | ScalarKind::Float, ScalarKind::Int | ScalarKind::Float) => {
            decimal(&old.text).is_some() && decimal(&old.text) == decimal(&new.text)
        }
        _ => false,
    };
    Some(if same { ChangeKind::Retyped } else { ChangeKind::Modified })
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" => Some(true),
        "false" | "no" | "off" | "n" => Some(false),
        _ => None,
    }
}

fn whole(text: &str) -> Option<i128> {
    let text = text.replace('_', "");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(&text)),
    };
    let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)];
    let (digits, radix) = prefixed
        .iter()
        .find_map(|&(prefix, radix)| Some((digits.strip_prefix(prefix)?, radix)))
        // `010` is eight to some readers and ten to others, so it is equal to nothing but itself.
        .or_else(|| (digits == "0" || !digits.starts_with('0')).then_some((digits, 10)))?;
    i128::from_str_radix(digits, radix).ok().map(|value| sign * value)
}

fn decimal(text: &str) -> Option<f64> {
    text.replace('_', "").parse::<f64>().ok().filter(|value| value.is_finite())
}
