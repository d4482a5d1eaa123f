//! Kustomize overlays over their bases.
//!
//! In: every `kustomization.yaml` of a side. Out: for each that no other one takes in, its objects as `kustomize build`
//! would make them, without running anything. A kustomization that lists files and changes nothing about them makes no
//! layer: those files are deployed as they are written. Remote bases, plugins and charts are named and left out.

mod build;
mod generate;
mod json6902;
mod object;
mod patch;
mod references;
mod replace;
mod select;
mod strategic;
#[cfg(test)]
mod tests;
mod transform;

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Document, FormatId, Node};
use crate::problem::Problem;
use crate::source::SourceId;

use super::{Built, Covered, Layering, Tree, folder_of, merge, resolve};
use build::{Builder, items};
use object::{Object, Objects};

/// See the module.
pub(super) static LAYERING: Layering =
    Layering { name: "kustomize", does: "Kustomize overlays over their bases", build };

/// Nodes that the kustomizations of a side may make. A thousand objects have about a hundred thousand.
const MAX_NODES: usize = 2_000_000;

/// A kustomization.
#[derive(Debug)]
struct Kustomization<'a> {
    path: &'a str,
    /// Its folder, by which others take it in.
    folder: &'a str,
    source: SourceId,
    format: FormatId,
    /// Index among the roots of its file.
    root: usize,
    /// Number among those that hold anything.
    index: usize,
    node: &'a Node,
}

/// What a root makes, before it is known whether it is a layer.
struct Made<'a> {
    root: &'a Kustomization<'a>,
    objects: Objects,
    covers: BTreeSet<Covered>,
    problems: BTreeSet<(SourceId, Problem)>,
    /// Whether it takes in another kustomization.
    is_composed: bool,
    is_too_large: bool,
}

fn build(tree: &Tree<'_>) -> Vec<Built> {
    let known = kustomizations(tree);
    let taken_in: BTreeSet<String> = known.values().flat_map(|k| folders(k, &known)).collect();
    let mut left = MAX_NODES;
    let mut made = Vec::new();
    for root in known.values().filter(|k| !is_component(k) && !taken_in.contains(k.folder)) {
        let mut builder = Builder::new(tree, &known, left);
        let objects = builder.root(root);
        left = builder.left;
        let Builder { covers, problems, is_composed, is_too_large, .. } = builder;
        made.push(Made { root, objects, covers, problems, is_composed, is_too_large });
    }
    let mut users: BTreeMap<Covered, usize> = BTreeMap::new();
    made.iter().flat_map(|made| &made.covers).for_each(|document| *users.entry(*document).or_default() += 1);
    made.into_iter().filter_map(|made| layer(made, &users)).collect()
}

/// The layer that a root makes, unless all it does is to name files that nobody else takes in.
fn layer(made: Made<'_>, users: &BTreeMap<Covered, usize>) -> Option<Built> {
    let Made { root, objects, covers, problems, is_composed, is_too_large } = made;
    let is_shared = covers.iter().any(|document| users.get(document).is_some_and(|users| *users > 1));
    let layer = if root.folder.is_empty() { "kustomization" } else { root.folder }.to_owned();
    let path = root.path.to_owned();
    let problems = problems.into_iter().collect();
    let is_plain = !is_composed && !is_shared && !objects.is_changed();
    if is_plain || is_too_large {
        let empty = Built { layer, path, documents: Vec::new(), covers: Vec::new(), problems };
        return (!empty.problems.is_empty()).then_some(empty);
    }
    let documents = objects.into_objects().filter_map(Object::effective).collect();
    Some(Built { layer, path, documents, covers: covers.into_iter().collect(), problems })
}

/// The kustomizations of a side by folder.
fn kustomizations<'a>(tree: &Tree<'a>) -> BTreeMap<&'a str, Kustomization<'a>> {
    // In the order of kustomize itself, should a folder hold several.
    const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
    let rank = |path: &str| NAMES.iter().position(|name| *name == path.rsplit('/').next().unwrap_or(path));
    let mut known: BTreeMap<&str, Kustomization<'a>> = BTreeMap::new();
    for (path, document) in tree.iter() {
        let Some(mine) = rank(path) else { continue };
        let Some(found) = kustomization(path, document) else { continue };
        let wins = known.get(found.folder).and_then(|other| rank(other.path)).is_none_or(|theirs| mine < theirs);
        if wins {
            known.insert(found.folder, found);
        }
    }
    known
}

fn kustomization<'a>(path: &'a str, document: &'a Document) -> Option<Kustomization<'a>> {
    let (root, index, node) = first_filled(document)?;
    let api = node.get("apiVersion").and_then(Node::as_text);
    let is_one = merge::is_mapping(node) && api.is_none_or(|api| api.starts_with("kustomize.config.k8s.io/"));
    let (source, format) = (document.source, document.format);
    is_one.then(|| Kustomization { path, folder: folder_of(path), source, format, root, index, node })
}

fn first_filled(document: &Document) -> Option<(usize, usize, &Node)> {
    merge::filled(document).next()
}

fn is_component(own: &Kustomization<'_>) -> bool {
    own.node.get("kind").and_then(Node::as_text) == Some("Component")
}

/// The folders of the kustomizations that one takes in.
fn folders(own: &Kustomization<'_>, known: &BTreeMap<&str, Kustomization<'_>>) -> Vec<String> {
    let named = ["resources", "bases", "components"].iter().flat_map(|field| items(own.node, field));
    let paths = named.filter_map(|item| resolve(own.folder, item.as_text()?));
    // What takes in itself is no part of anything else.
    paths.filter(|path| known.contains_key(path.as_str()) && path != own.folder).collect()
}
