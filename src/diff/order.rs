//! Order where it means something though the items have names.
//!
//! Init containers run one after another. A variable of a container may use those before it: `$(DB_HOST)` of a variable
//! that comes later stays as it is written (<https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/>).

use std::collections::{BTreeMap, BTreeSet};

use crate::setting::{KeyPath, Resource, Segment, Shape};

use super::ChangeKind;
use super::resource::Found;
use super::tree::index;

/// Changes of order between two workloads.
pub(super) fn reordered(old: &Resource, new: &Resource) -> Vec<Found> {
    let (Shape::Workload(before), Shape::Workload(after)) = (&old.shape, &new.shape) else { return Vec::new() };
    let names = |shape: &crate::setting::WorkloadShape| -> Vec<String> {
        shape.containers.iter().map(|container| container.name.clone()).collect()
    };
    let mut found: Vec<Found> = init_containers(old, new, &names(before), &names(after)).into_iter().collect();
    found.extend(variables(old, new));
    found
}

/// The first place at which the init containers run in another order.
fn init_containers(old: &Resource, new: &Resource, before: &[String], after: &[String]) -> Option<Found> {
    let common = |names: &[String], others: &[String]| -> Vec<String> {
        names.iter().filter(|name| others.contains(name)).cloned().collect()
    };
    let (before, after) = (common(before, after), common(after, before));
    if before == after {
        return None;
    }
    let (a, b) = (first_settings(old), first_settings(new));
    let is_init = |name: &&String| a.contains_key(name.as_str()) && b.contains_key(name.as_str());
    let mut steps = before.iter().filter(is_init).zip(after.iter().filter(is_init));
    let (was, is) = steps.find(|(was, is)| was != is)?;
    Some(Found { kind: ChangeKind::Reordered, old: a.get(was.as_str()).copied(), new: b.get(is.as_str()).copied() })
}

/// The first setting of each init container.
fn first_settings(resource: &Resource) -> BTreeMap<&str, u32> {
    let mut first = BTreeMap::new();
    for (at, setting) in resource.settings.iter().enumerate() {
        let mut steps = setting.path.segments().skip_while(|step| *step != Segment::Key("initContainers")).skip(1);
        if let Some(Segment::Item(name)) = steps.next() {
            first.entry(name).or_insert(index(at));
        }
    }
    first
}

/// Variables for which another one came into sight or went out of it.
fn variables(old: &Resource, new: &Resource) -> Vec<Found> {
    let (before, after) = (in_sight(old), in_sight(new));
    let mut found = Vec::new();
    for (name, (was_at, was)) in &before {
        let Some((is_at, is)) = after.get(name) else { continue };
        let same = |at: u32, r: &Resource| r.settings.get(at as usize).map(|s| s.value.text.clone());
        let differs = was.iter().any(|(used, seen)| is.get(used).is_some_and(|now| now != seen));
        if differs && same(*was_at, old) == same(*is_at, new) {
            found.push(Found { kind: ChangeKind::Reordered, old: Some(*was_at), new: Some(*is_at) });
        }
    }
    found
}

/// A list of variables and one that uses others.
type Variable = (KeyPath, String);

/// For each variable that uses others of its list: its value, and whether those stand before it.
fn in_sight(resource: &Resource) -> BTreeMap<Variable, (u32, BTreeMap<String, bool>)> {
    let mut using: Vec<(KeyPath, String, u32, Vec<String>)> = Vec::new();
    for (at, setting) in resource.settings.iter().enumerate() {
        let is_item = setting.unit.is_some() && setting.path.last() == "value" && setting.logical != "value";
        if !is_item || !setting.value.text.contains("$(") {
            continue;
        }
        let used = references(&setting.value.text);
        let list = setting.path.parent().parent();
        using.push((list, setting.logical.clone(), index(at), used));
    }
    let lists: BTreeSet<KeyPath> = using.iter().map(|(list, ..)| list.clone()).collect();
    let places: BTreeMap<KeyPath, BTreeMap<String, u32>> =
        lists.into_iter().map(|list| (list.clone(), places(resource, &list))).collect();
    let sight = |(list, name, at, used): (KeyPath, String, u32, Vec<String>)| {
        let places = places.get(&list)?;
        let own = places.get(&name)?;
        let seen = used.into_iter().filter(|other| *other != name);
        let seen = seen.filter_map(|other| Some((other.clone(), places.get(&other)? < own))).collect();
        Some(((list, name), (at, seen)))
    };
    using.into_iter().filter_map(sight).collect()
}

/// Where each variable of a list stands in its file.
fn places(resource: &Resource, list: &KeyPath) -> BTreeMap<String, u32> {
    let mut places: BTreeMap<String, u32> = BTreeMap::new();
    let depth = list.segments().count();
    let from = resource.settings.partition_point(|setting| setting.path < *list);
    for setting in resource.settings.iter().skip(from).take_while(|setting| setting.path.is_below(list)) {
        if let Some(Segment::Item(name)) = setting.path.segments().nth(depth) {
            let at = setting.at.span.start;
            places.entry(name.to_owned()).and_modify(|first| *first = at.min(*first)).or_insert(at);
        }
    }
    places
}

/// The variables that `$(NAME)` names; `$$(NAME)` is text.
fn references(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let after = rest.get(at + 1..).unwrap_or_default();
        if let Some(escaped) = after.strip_prefix('$') {
            rest = escaped;
            continue;
        }
        if let Some((name, _)) = after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            found.push(name.to_owned());
        }
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_from_escapes() {
        assert_eq!(references("a $(B) $$(C) $(D.e)$(F"), ["B", "D.e"]);
        assert_eq!(references("$$$(A)"), ["A"]);
    }
}
