//! How one Compose file is laid over another: by its own rules, key by key.
//!
//! <https://docs.docker.com/reference/compose-file/merge/>

use std::collections::BTreeMap;

use crate::document::{Entry, Node, NodeKind, OffsetMap, Scalar, ScalarKind};
use crate::format::MAX_DEPTH;
use crate::layer::merge::owned;

/// Lays a whole file over another.
pub(super) fn over(below: &Node, above: &Node) -> Node {
    mapping(below, above, &|key, below, above| match key {
        "services" => Some(mapping(below, above, &|_, below, above| Some(service(below, above)))),
        _ => merged(key, below, above, 0),
    })
}

/// Lays a service over another of its name, or over the one that it extends.
pub(super) fn service(below: &Node, above: &Node) -> Node {
    mapping(below, above, &|key, below, above| merged(key, below, above, 0))
}

/// What is left of two values of one key; none where the key is reset.
fn merged(key: &str, below: &Node, above: &Node, depth: usize) -> Option<Node> {
    match above.tag.as_deref() {
        Some("!reset") => return None,
        Some("!override") => return Some(above.clone()),
        _ if depth > MAX_DEPTH => return Some(above.clone()),
        _ => {}
    }
    let deeper = |key: &str, below: &Node, above: &Node| merged(key, below, above, depth + 1);
    Some(match key {
        "command" | "entrypoint" | "test" => above.clone(),
        "environment" | "labels" | "annotations" | "sysctls" | "args" | "extra_hosts" => {
            mapping(&by_key(below, '='), &by_key(above, '='), &|_, _, above| Some(above.clone()))
        }
        "depends_on" | "networks" | "models" => mapping(&by_name(below), &by_name(above), &deeper),
        "volumes" | "devices" | "configs" | "secrets" if is_list(below) && is_list(above) => by_target(below, above),
        "env_file" | "tmpfs" | "dns" | "dns_search" => appended(&listed(below), &listed(above)),
        _ => match (&below.kind, &above.kind) {
            (NodeKind::Mapping(_), NodeKind::Mapping(_)) => mapping(below, above, &deeper),
            (NodeKind::Sequence(_), NodeKind::Sequence(_)) => appended(below, above),
            _ => above.clone(),
        },
    })
}

/// Merges two mappings; `join` says what is left of two values of one key.
fn mapping(below: &Node, above: &Node, join: &dyn Fn(&str, &Node, &Node) -> Option<Node>) -> Node {
    if !matches!(below.kind, NodeKind::Mapping(_)) || !matches!(above.kind, NodeKind::Mapping(_)) {
        return above.clone();
    }
    let mut entries: Vec<Option<Entry>> = below.entries().iter().map(|e| Some(owned(e, below.source))).collect();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (at, entry) in entries.iter().flatten().enumerate() {
        places.insert(entry.key.text.to_string(), at);
    }
    for entry in above.entries() {
        let entry = owned(entry, above.source);
        let Some(slot) = places.get(entry.key.text.as_str()).and_then(|&at| entries.get_mut(at)) else {
            if entry.value.tag.as_deref() != Some("!reset") {
                places.insert(entry.key.text.to_string(), entries.len());
                entries.push(Some(entry));
            }
            continue;
        };
        let value = match slot.as_ref() {
            Some(known) => join(&entry.key.text, &known.value, &entry.value),
            None => Some(entry.value.clone()),
        };
        *slot = value.map(|value| Entry { key: entry.key, value });
    }
    Node { kind: NodeKind::Mapping(entries.into_iter().flatten().collect()), ..below.clone() }
}

/// `NAME=value` items as a mapping; a mapping stays one.
pub(super) fn by_key(node: &Node, separator: char) -> Node {
    let entry = |item: &Node| {
        let scalar = item.as_scalar()?;
        let end = scalar.text.find(separator).unwrap_or(scalar.text.len());
        let value = if end < scalar.text.len() { scalar.part(end + 1..scalar.text.len())? } else { nothing(scalar) };
        let key = scalar.part(0..end)?;
        let value = Node { source: item.source.or(node.source), via: item.via, ..Node::scalar(value) };
        Some(Entry { key, value })
    };
    converted(node, entry)
}

/// Names as the keys of a mapping; a mapping stays one.
fn by_name(node: &Node) -> Node {
    let entry = |item: &Node| {
        let scalar = item.as_scalar()?;
        let value = Node { source: item.source.or(node.source), ..Node::scalar(nothing(scalar)) };
        Some(Entry { key: scalar.clone(), value })
    };
    converted(node, entry)
}

fn converted(node: &Node, entry: impl Fn(&Node) -> Option<Entry>) -> Node {
    if !is_list(node) {
        return node.clone();
    }
    match node.items().iter().map(entry).collect::<Option<Vec<Entry>>>() {
        Some(entries) => Node { kind: NodeKind::Mapping(entries), ..node.clone() },
        None => node.clone(),
    }
}

/// A value that is not written, behind what is.
fn nothing(scalar: &Scalar) -> Scalar {
    let end = scalar.text.len();
    let span = scalar.source_span(end..end);
    Scalar { text: smol_str::SmolStr::default(), kind: ScalarKind::Null, quoted: false, span, map: OffsetMap::None }
}

fn is_list(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Sequence(_))
}

/// One value as a list of it.
fn listed(node: &Node) -> Node {
    if is_list(node) {
        node.clone()
    } else {
        Node { source: node.source, ..Node::sequence(node.span, vec![node.clone()]) }
    }
}

/// The items of both lists; what stands in both counts once.
fn appended(below: &Node, above: &Node) -> Node {
    let mut seen = std::collections::BTreeSet::new();
    let items = from(below).chain(from(above));
    let once = items.filter(|item| item.as_text().is_none_or(|text| seen.insert(text.to_owned()))).collect();
    Node { kind: NodeKind::Sequence(once), ..below.clone() }
}

/// The items of both lists, of which those with one target are one.
fn by_target(below: &Node, above: &Node) -> Node {
    let mut items: Vec<Node> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for item in from(below).chain(from(above)) {
        let known = target(&item).and_then(|target| match places.get(&target) {
            Some(&at) => Some(at),
            None => {
                places.insert(target, items.len());
                None
            }
        });
        match known.and_then(|at| items.get_mut(at)) {
            Some(slot) => *slot = item,
            None => items.push(item),
        }
    }
    Node { kind: NodeKind::Sequence(items), ..below.clone() }
}

/// Where in the container a volume, device, config or secret comes up.
fn target(item: &Node) -> Option<String> {
    let long = || item.get("target").or_else(|| item.get("source"))?.as_text();
    let short = item.as_text().map(|text| text.split(':').nth(1).unwrap_or(text));
    short.or_else(long).map(str::to_owned)
}

/// The items of a list, each with its file.
fn from(list: &Node) -> impl Iterator<Item = Node> + '_ {
    list.items().iter().map(|item| Node { source: item.source.or(list.source), ..item.clone() })
}

/// The names in a list, or the keys of a mapping.
pub(super) fn names(node: &Node) -> Vec<&str> {
    let keys = node.entries().iter().map(|entry| entry.key.text.as_str());
    keys.chain(node.items().iter().filter_map(Node::as_text)).collect()
}
