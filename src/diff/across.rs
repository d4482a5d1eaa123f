//! What went to another file or object while the place that it came from stays, or while the place that it went to was
//! there before: a file split in two, two ConfigMaps made one.
//!
//! A resource that moves as a whole is paired in [`super::pair`]. Here single settings follow, between configuration of
//! one kind and environment, where at least half of the new (or lost) place is made of what left (or entered) the other.

use std::collections::{BTreeMap, BTreeSet};

use crate::setting::{Environment, KeyPath, Resource, Setting, SettingRef, Settings, Shape};

use super::pair::{Pair, is_own};
use super::tree::is_telling;
use super::{Change, ChangeKind};

/// What one setting is known again by in another place.
type Identity<'a> = (&'a str, Environment, &'a KeyPath, &'a str);

/// Turns removals and additions that belong together into moves.
pub(super) fn follow(changes: &mut Vec<Change>, pairs: &[Pair], old: &Settings, new: &Settings) {
    let gone: BTreeSet<usize> = pairs.iter().filter(|p| p.new.is_none()).filter_map(|p| p.old).collect();
    let came: BTreeSet<usize> = pairs.iter().filter(|p| p.old.is_none()).filter_map(|p| p.new).collect();
    if gone.is_empty() && came.is_empty() {
        return;
    }
    let mut having: BTreeMap<Identity<'_>, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (at, change) in changes.iter().enumerate() {
        match (change.old.map(|s| identity(old, s)), change.new.map(|s| identity(new, s))) {
            (Some(Some(key)), None) => having.entry(key).or_default().0.push(at),
            (None, Some(Some(key))) => having.entry(key).or_default().1.push(at),
            _ => {}
        }
    }
    // By the two resources: which removal is which addition.
    let mut moves: BTreeMap<(u32, u32), Vec<(usize, usize)>> = BTreeMap::new();
    for (olds, news) in having.values() {
        let ([o], [n]) = (olds.as_slice(), news.as_slice()) else { continue };
        let of = |at: &usize| changes.get(*at);
        if let (Some(from), Some(to)) = (of(o).and_then(|c| c.old), of(n).and_then(|c| c.new)) {
            moves.entry((from.resource, to.resource)).or_default().push((*o, *n));
        }
    }
    let mut arrived = BTreeSet::new();
    for ((from, to), found) in moves {
        let is_most = |side: &Settings, at: u32, alone: &BTreeSet<usize>| {
            let size =
                side.resources.get(at as usize).map_or(0, |r| r.settings.iter().filter(|s| is_own(r, s)).count());
            alone.contains(&(at as usize)) && found.len() * 2 >= size
        };
        let tells =
            found.iter().any(|(o, _)| changes.get(*o).and_then(|c| c.old).is_some_and(|at| is_telling(old.get(at))));
        if !tells || !(is_most(old, from, &gone) || is_most(new, to, &came)) {
            continue;
        }
        for (o, n) in found {
            let Some(Change { new: target, resource, .. }) = changes.get(n).cloned() else { continue };
            if let Some(change) = changes.get_mut(o) {
                (change.kind, change.new, change.resource) = (ChangeKind::Moved, target, resource);
                arrived.insert(n);
            }
        }
    }
    let mut at = 0;
    changes.retain(|_| {
        at += 1;
        !arrived.contains(&(at - 1))
    });
}

/// What a setting of configuration is known by; `None` for what says only whose it is.
fn identity(side: &Settings, at: SettingRef) -> Option<Identity<'_>> {
    let (resource, setting): (&Resource, &Setting) = (side.resource_of(at), side.get(at));
    let is_configuration = resource.id.is_file() || matches!(resource.shape, Shape::Config(_));
    let known = is_configuration && is_own(resource, setting);
    known.then_some((resource.id.kind.as_str(), resource.environment, &setting.path, setting.value.text.as_str()))
}
