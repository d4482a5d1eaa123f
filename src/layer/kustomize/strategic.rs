//! Strategic merge: a patch that looks like the object it changes.
//!
//! Mappings are merged key by key, `null` takes a key away, and lists of Kubernetes' own kinds whose items have a merge
//! key are merged item by item. `$patch` says otherwise where it stands. Other kinds' lists are replaced, because nobody
//! knows their keys. <https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/>

use std::collections::BTreeMap;

use crate::document::{Entry, Node, NodeKind};
use crate::layer::merge;
use crate::source::SourceId;

/// How the lists of a kind are merged.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lists {
    /// By Kubernetes' merge keys.
    Keyed,
    /// The same, where `ports` are those of a Service.
    Service,
    /// Not at all.
    Replaced,
}

impl Lists {
    /// Those of an object.
    pub(super) fn of(api: &str, kind: &str) -> Lists {
        let group = api.split_once('/').map_or("", |(group, _)| group);
        let builtin = !group.contains('.') || group.ends_with(".k8s.io");
        match (builtin, kind) {
            (true, "Service") => Lists::Service,
            (true, _) => Lists::Keyed,
            (false, _) => Lists::Replaced,
        }
    }

    /// The keys that name an item of the list under `field`; the first must be there.
    fn keys(self, field: &str) -> Option<&'static [&'static str]> {
        match (self, field) {
            (Lists::Replaced, _) => None,
            (Lists::Service, "ports") => Some(&["port", "protocol"]),
            (_, "ports") => Some(&["containerPort", "protocol"]),
            (_, "containers" | "initContainers" | "ephemeralContainers" | "env" | "volumes" | "imagePullSecrets")
            | (_, "secrets" | "webhooks" | "resourceClaims") => Some(&["name"]),
            (_, "volumeMounts") => Some(&["mountPath"]),
            (_, "volumeDevices") => Some(&["devicePath"]),
            (_, "hostAliases") => Some(&["ip"]),
            (_, "topologySpreadConstraints") => Some(&["topologyKey", "whenUnsatisfiable"]),
            (_, "conditions") => Some(&["type"]),
            (_, "ownerReferences") => Some(&["uid"]),
            _ => None,
        }
    }
}

/// What becomes of what was patched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Fate {
    /// It stays, changed or not.
    Stays,
    /// The patch deletes it.
    Goes,
}

/// Lays `patch`, which stands in the file `from`, over `base`.
pub(super) fn apply(base: &mut Node, patch: &Node, from: SourceId, lists: Lists) -> Fate {
    match directive(patch) {
        Some("delete") => return Fate::Goes,
        Some("replace") => {
            *base = cleaned(patch, from);
            return Fate::Stays;
        }
        _ => {}
    }
    let Node { kind: NodeKind::Mapping(known), .. } = base else { return Fate::Stays };
    mapping(known, patch.entries(), from, lists);
    if let Some(kept) = patch.get("$retainKeys") {
        let names: Vec<&str> = kept.items().iter().filter_map(Node::as_text).collect();
        known.retain(|entry| names.contains(&entry.key.text.as_str()));
    }
    Fate::Stays
}

fn mapping(known: &mut Vec<Entry>, patch: &[Entry], from: SourceId, lists: Lists) {
    let mut index: BTreeMap<String, usize> = positions(known.iter().map(|entry| Some(entry.key.text.to_string())));
    let mut gone: Vec<bool> = vec![false; known.len()];
    for entry in patch.iter().filter(|entry| !entry.key.text.starts_with('$')) {
        let from = entry.value.source.unwrap_or(from);
        let at = index.get(entry.key.text.as_str()).copied();
        let fate = match at.and_then(|at| known.get_mut(at)) {
            Some(_) if merge::is_null(&entry.value) => Fate::Goes,
            Some(below) => one_entry(below, entry, from, lists),
            None if merge::is_null(&entry.value) || directive(&entry.value) == Some("delete") => continue,
            None => {
                index.insert(entry.key.text.to_string(), known.len());
                known.push(Entry { key: entry.key.clone(), value: cleaned(&entry.value, from) });
                gone.push(false);
                continue;
            }
        };
        if let Some(gone) = at.and_then(|at| gone.get_mut(at)) {
            *gone = fate == Fate::Goes;
        }
    }
    keep(known, &gone);
}

fn one_entry(known: &mut Entry, patch: &Entry, from: SourceId, lists: Lists) -> Fate {
    let keys = lists.keys(&patch.key.text);
    match (&mut known.value.kind, &patch.value.kind, keys) {
        (NodeKind::Mapping(_), NodeKind::Mapping(_), _) => return apply(&mut known.value, &patch.value, from, lists),
        (NodeKind::Sequence(items), NodeKind::Sequence(patches), Some(keys)) => list(items, patches, keys, from, lists),
        // The key goes with its value, so that both stand in one file.
        _ => *known = Entry { key: patch.key.clone(), value: cleaned(&patch.value, from) },
    }
    Fate::Stays
}

fn list(known: &mut Vec<Node>, patches: &[Node], keys: &[&str], from: SourceId, lists: Lists) {
    if patches.iter().any(|item| directive(item) == Some("replace")) {
        let real = patches.iter().filter(|item| item.entries().iter().any(|e| !e.key.text.starts_with('$')));
        *known = real.map(|item| cleaned(item, from)).collect();
        return;
    }
    let mut index = positions(known.iter().map(|item| identity(item, keys)));
    let mut gone: Vec<bool> = vec![false; known.len()];
    for patch in patches {
        let from = patch.source.unwrap_or(from);
        let id = identity(patch, keys);
        let at = id.as_ref().and_then(|id| index.get(id)).copied();
        match at.and_then(|at| known.get_mut(at)) {
            Some(item) => {
                let fate = apply(item, patch, from, lists);
                if let Some(gone) = at.and_then(|at| gone.get_mut(at)) {
                    *gone = fate == Fate::Goes;
                }
            }
            None if directive(patch) == Some("delete") => {}
            None => {
                index.extend(id.map(|id| (id, known.len())));
                known.push(cleaned(patch, from));
                gone.push(false);
            }
        }
    }
    keep(known, &gone);
}

/// Where each name stands; the last where one stands twice.
fn positions(names: impl Iterator<Item = Option<String>>) -> BTreeMap<String, usize> {
    names.enumerate().filter_map(|(at, name)| Some((name?, at))).collect()
}

fn keep<T>(all: &mut Vec<T>, gone: &[bool]) {
    let mut gone = gone.iter();
    all.retain(|_| gone.next() != Some(&true));
}

/// What names an item: the text of its merge keys; a port without a protocol is one of TCP.
fn identity(item: &Node, keys: &[&str]) -> Option<String> {
    let (first, rest) = keys.split_first()?;
    let mut name = item.get(first)?.as_text()?.to_owned();
    for key in rest {
        let own = item.get(key).and_then(Node::as_text);
        name.push('\u{0}');
        name.push_str(own.unwrap_or(if *key == "protocol" { "TCP" } else { "" }));
    }
    Some(name)
}

/// What a mapping says about itself.
fn directive(node: &Node) -> Option<&str> {
    node.get("$patch").and_then(Node::as_text)
}

/// `node` as it is put in place: without directives, without what it takes away.
pub(super) fn cleaned(node: &Node, from: SourceId) -> Node {
    let mut node = merge::from_file(node, from);
    clean(&mut node);
    node
}

fn clean(node: &mut Node) {
    match &mut node.kind {
        NodeKind::Scalar(_) => {}
        NodeKind::Sequence(items) => {
            items.retain(|item| directive(item) != Some("delete"));
            items.iter_mut().for_each(clean);
        }
        NodeKind::Mapping(entries) => {
            entries.retain(|entry| !entry.key.text.starts_with('$') && !merge::is_null(&entry.value));
            entries.iter_mut().for_each(|entry| clean(&mut entry.value));
        }
    }
}
