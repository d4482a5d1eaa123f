//! Files that hold several things at once: services of an application, jobs of a pipeline, resources of a stack.
//!
//! In: a document and the nodes that are things of their own. Out: one resource a piece with paths from the piece on, and
//! one for the rest of the file, whose variables count for every piece.

use std::collections::BTreeSet;

use crate::document::{Entry, Node, NodeKind};
use crate::setting::{
    ConfigRef, ContainerShape, Environment, KeyPath, Resource, ResourceId, Segment, Shape, Standing, UnitKind,
};
use crate::source::Span;

use super::flatten::{EnvBlocks, Flat, Flatten, Here, Scope, last_of_each, sets_variables};
use super::list;
use super::{Reading, Root};

/// Manifest structure with variables under `keys`.
pub(super) fn structure(keys: &'static [&'static str]) -> Scope {
    Scope { env: EnvBlocks::Under(keys), ..Scope::STRUCTURE }
}

/// The settings at and below a node, with paths from it on; `owner` names the variables that stand right in it.
pub(super) fn flatten(root: &Root<'_>, node: &Node, scope: Scope, owner: &str) -> Flat {
    let mut flat = Flatten::of(root);
    let EnvBlocks::Under(keys) = scope.env else {
        flat.walk(node, &Here::default(), scope);
        return flat.finish();
    };
    for entry in last_of_each(node.entries()) {
        let below = Here::default().entry(entry);
        if keys.contains(&entry.key.text.as_str()) && sets_variables(&entry.value) {
            // A block right below the piece goes by the piece's name.
            flat.env_block(&entry.value, &below, owner);
        } else {
            flat.walk(&entry.value, &below, scope);
        }
    }
    if node.entries().is_empty() {
        flat.walk(node, &Here::default(), scope);
    }
    flat.finish()
}

/// Adds a resource.
pub(super) fn push(
    root: &Root<'_>,
    id: ResourceId,
    environment: Option<Environment>,
    flat: Flat,
    shape: Shape,
    out: &mut Reading,
) {
    out.problems.extend(flat.problems);
    out.resources.push(Resource {
        environment: environment.unwrap_or_default(),
        id,
        source: root.source,
        path: root.path.to_owned(),
        settings: flat.settings,
        units: flat.units,
        shape,
        standing: Standing::Written,
    });
}

/// Adds what is left of the file beside its `pieces`, if anything is.
pub(super) fn push_rest(
    root: &Root<'_>,
    pieces: &[&Node],
    scope: Scope,
    environment: Option<Environment>,
    out: &mut Reading,
) {
    let taken: BTreeSet<Span> = pieces.iter().map(|node| node.span).collect();
    let Some(rest) = without(root.node, &taken) else { return };
    let flat = flatten(root, &rest, scope, "");
    if !flat.settings.is_empty() {
        push(root, file_id(root), environment, flat, Shape::Plain, out);
    }
}

/// The whole document as one configuration file, its keys renamed by `called`.
pub(super) fn configuration(root: &Root<'_>, called: &dyn Fn(&str) -> Option<String>) -> Reading {
    let mut flat = Flatten::of(root);
    let unit = flat.unit(UnitKind::File, root.file_name());
    let scope = Scope::file(unit);
    for entry in last_of_each(root.node.entries()) {
        let below = Here::default().entry(entry);
        match called(&entry.key.text) {
            Some(name) => flat.walk(&entry.value, &below.called(&name), scope),
            None => flat.entry(entry, &Here::default(), scope),
        }
    }
    if root.node.entries().is_empty() {
        flat.walk(root.node, &Here::default(), scope);
    }
    let mut reading = Reading::default();
    push(root, file_id(root), None, flat.finish(), Shape::Plain, &mut reading);
    reading
}

/// The identity of what has no name but its file.
pub(super) fn file_id(root: &Root<'_>) -> ResourceId {
    match root.index {
        0 => ResourceId::new("file", "", root.path),
        index => ResourceId::new("file", "", &format!("{}#{}", root.path, index + 1)),
    }
}

/// The variables of the rest of the file, as every piece reads them.
pub(super) fn shared_variables(root: &Root<'_>) -> ConfigRef {
    ConfigRef { kind: "file".into(), name: root.path.to_owned(), prefix: String::new() }
}

/// The container at `base`, which reads the variables nearest below it.
pub(super) fn container(
    name: &str,
    node: &Node,
    base: &KeyPath,
    image: &[&str],
    command: &[&[&str]],
    flat: &Flat,
) -> ContainerShape {
    let below = flat.env_blocks.iter().filter(|(at, _)| at.is_below(base));
    ContainerShape {
        name: name.to_owned(),
        image: image.iter().find_map(|key| flat.at(base, &[key])),
        command: command.iter().flat_map(|keys| words(node, base, keys, flat)).collect(),
        env_unit: below.min_by_key(|(at, _)| at.segments().count()).map(|&(_, unit)| unit),
        ..ContainerShape::default()
    }
}

/// A command written as one text or as a list.
fn words(node: &Node, base: &KeyPath, keys: &[&str], flat: &Flat) -> Vec<u32> {
    let at = keys.iter().fold(base.clone(), |path, key| path.child(Segment::Key(key)));
    let Some(value) = node.path(keys) else { return Vec::new() };
    let steps = list::steps(keys.last().unwrap_or(&""), value.items());
    let items = steps.iter().filter_map(|step| flat.find(&at.child(step.segment())));
    flat.find(&at).filter(|_| value.as_scalar().is_some()).into_iter().chain(items).collect()
}

/// A copy of `node` without the nodes at `taken` and without what they leave empty; `None` if nothing is left.
fn without(node: &Node, taken: &BTreeSet<Span>) -> Option<Node> {
    let is_container = node.as_scalar().is_none();
    if is_container && taken.contains(&node.span) {
        return None;
    }
    let kind = match &node.kind {
        NodeKind::Scalar(_) => return Some(node.clone()),
        NodeKind::Sequence(items) => {
            let kept: Vec<Node> = items.iter().filter_map(|item| without(item, taken)).collect();
            if kept.is_empty() && !items.is_empty() {
                return None;
            }
            NodeKind::Sequence(kept)
        }
        NodeKind::Mapping(entries) => {
            let keep = |e: &Entry| Some(Entry { key: e.key.clone(), value: without(&e.value, taken)? });
            let kept: Vec<Entry> = entries.iter().filter_map(keep).collect();
            if kept.is_empty() && !entries.is_empty() {
                return None;
            }
            NodeKind::Mapping(kept)
        }
    };
    Some(Node { span: node.span, kind, tag: node.tag.clone(), via: node.via, source: node.source })
}
