//! Patches: where they stand, what they change, and which objects they mean.

use crate::document::{FormatId, Node, Scalar};
use crate::format;
use crate::layer::{Covered, merge};
use crate::source::{SourceId, Span};

use super::Kustomization;
use super::build::{Builder, Found, items};
use super::json6902;
use super::object::{Object, Objects};
use super::select::Selector;
use super::strategic::{self, Fate, Lists};

/// A patch with the file that it stands in.
struct Patch {
    node: Node,
    source: SourceId,
    format: FormatId,
    /// Its number among the documents of the file.
    index: usize,
    /// The document that it is, if it has a file of its own.
    file: Option<Covered>,
}

const NO_TARGET: &str = "a patch whose target is not there; kustomize refuses that";

impl<'a> Builder<'a> {
    /// `patchesStrategicMerge`: files or texts.
    pub(super) fn merge_patches(&mut self, own: &Kustomization<'a>, objects: &mut Objects) {
        for item in items(own.node, "patchesStrategicMerge") {
            let Some(scalar) = item.as_scalar() else { continue };
            let is_inline = scalar.text.contains('\n') || scalar.text.contains(": ");
            for patch in if is_inline { self.inline(own, scalar) } else { self.in_file(own, item) } {
                self.merge_into_its_own(own, item.span, &patch, objects);
            }
        }
    }

    /// `patches`: of either kind, with a target or without.
    pub(super) fn patches(&mut self, own: &Kustomization<'a>, objects: &mut Objects) {
        items(own.node, "patches").iter().for_each(|item| self.patch(own, item, objects));
    }

    /// `patchesJson6902`, which come after names have changed.
    pub(super) fn json_patches(&mut self, own: &Kustomization<'a>, objects: &mut Objects) {
        items(own.node, "patchesJson6902").iter().for_each(|item| self.patch(own, item, objects));
    }

    fn patch(&mut self, own: &Kustomization<'a>, item: &Node, objects: &mut Objects) {
        let inline = item.get("patch").and_then(Node::as_scalar).filter(|scalar| !scalar.text.trim().is_empty());
        let found = match (inline, item.get("path")) {
            (Some(text), _) => self.inline(own, text),
            (None, Some(path)) => self.in_file(own, path),
            (None, None) => return,
        };
        let Some(target) = item.get("target").filter(|target| !target.entries().is_empty()) else {
            for patch in &found {
                if json6902::is_patch(&patch.node) {
                    self.not_applied(own, item.span, "a JSON patch without a target; kustomize refuses that");
                } else {
                    self.merge_into_its_own(own, item.span, patch, objects);
                }
            }
            return;
        };
        let Some(selector) = Selector::of(target) else {
            let message = "the target of this patch is written in a way that is not understood; the patch was left out";
            return self.not_applied(own, item.span, message);
        };
        for patch in &found {
            let targets = selector.select(objects, &mut self.left);
            self.aimed(own, item.span, patch, &targets);
            if json6902::is_patch(&patch.node) {
                targets.into_iter().for_each(|at| self.operate(own, item.span, patch, at, objects));
            } else {
                let bare = without_identity(&patch.node);
                targets.into_iter().for_each(|at| self.merge(&bare, patch.source, at, objects));
            }
        }
    }

    /// Merges a patch into the object that it names itself.
    fn merge_into_its_own(&mut self, own: &Kustomization<'a>, span: Span, patch: &Patch, objects: &mut Objects) {
        let text = |keys: &[&str]| patch.node.path(keys).and_then(Node::as_text).unwrap_or_default();
        let (kind, name) = (text(&["kind"]), text(&["metadata", "name"]));
        let namespace = text(&["metadata", "namespace"]);
        let candidates = objects.named(kind, name);
        if !self.charge(candidates.len(), own.source) {
            return;
        }
        let fits = |at: &usize| objects.get(*at).is_some_and(|object| object.is_called(name, namespace));
        let mut targets: Vec<usize> = candidates.iter().copied().filter(fits).collect();
        if let ([], [only]) = (targets.as_slice(), candidates.as_slice()) {
            let message = "a patch for another namespace than the object's; kustomize finds no target for it";
            self.no_target(own, span, message);
            targets.push(*only);
        }
        if targets.is_empty() && self.is_incomplete && self.stands_alone(patch, objects) {
            return;
        }
        self.aimed(own, span, patch, &targets);
        let bare = without_identity(&patch.node);
        targets.into_iter().for_each(|at| self.merge(&bare, patch.source, at, objects));
    }

    /// Says it where a patch has no target. Where the target may be in what is not in the tree, the patch is all that
    /// there is to review, so it stays as it is written.
    fn aimed(&mut self, own: &Kustomization<'a>, span: Span, patch: &Patch, targets: &[usize]) {
        if targets.is_empty() {
            self.no_target(own, span, NO_TARGET);
        }
        if !targets.is_empty() || !self.is_incomplete {
            self.covers.extend(patch.file);
        }
    }

    /// Takes a patch for the object itself, where that is in a base which is not in the tree: what it says takes effect,
    /// whatever else the object holds.
    fn stands_alone(&mut self, patch: &Patch, objects: &mut Objects) -> bool {
        let is_object = ["apiVersion", "kind"].iter().all(|key| patch.node.get(key).is_some());
        let deletes = patch.node.get("$patch").is_some();
        if !is_object || deletes || !self.charge(merge::size(&patch.node), patch.source) {
            return false;
        }
        let node = strategic::cleaned(&patch.node, patch.source);
        let mut object = Object::new(node, self.tree.path(patch.source), patch.source, patch.format, patch.index);
        object.changed = true;
        self.covers.extend(patch.file);
        objects.push(object)
    }

    fn merge(&mut self, patch: &Node, source: SourceId, at: usize, objects: &mut Objects) {
        if !self.charge(merge::size(patch), source) {
            return;
        }
        let Some(object) = objects.get_mut(at) else { return };
        let lists = Lists::of(object.api(), object.kind());
        object.changed = true;
        if strategic::apply(&mut object.node, patch, source, lists) == Fate::Goes {
            object.delete();
        }
    }

    fn operate(&mut self, own: &Kustomization<'a>, span: Span, patch: &Patch, at: usize, objects: &mut Objects) {
        if !self.charge(1, own.source) {
            return;
        }
        let Some(object) = objects.get_mut(at) else { return };
        let before = (object.namespace().to_owned(), object.name().to_owned());
        object.changed = true;
        let done = json6902::apply(&mut object.node, &patch.node, patch.source, &mut self.left);
        if self.charge(0, own.source) && done.is_err() {
            self.no_target(own, span, "a JSON patch with an operation that fits no place; kustomize refuses that");
        }
        if let Some(object) = objects.get_mut(at) {
            object.was_called(before);
        }
        objects.renamed(at);
    }

    /// The patches that a text of the kustomization holds.
    fn inline(&mut self, own: &Kustomization<'a>, text: &Scalar) -> Vec<Patch> {
        let Some(document) = format::parse_embedded("patch.yaml", text, own.source) else {
            self.not_applied(own, text.span, "a patch that could not be read; it was left out");
            return Vec::new();
        };
        self.problems.extend(document.problems.iter().map(|problem| (own.source, problem.clone())));
        let Kustomization { source, format, index, .. } = *own;
        let patch = |node: &Node| Patch { node: node.clone(), source, format, index, file: None };
        merge::filled(&document).map(|(_, _, node)| patch(node)).collect()
    }

    /// The patches that a file holds.
    fn in_file(&mut self, own: &Kustomization<'a>, path: &Node) -> Vec<Patch> {
        let Some(named) = path.as_text() else { return Vec::new() };
        let document = match self.find(own, named) {
            Found::File(_, document) => document,
            missing => {
                self.missing(own, path.span, &missing);
                return Vec::new();
            }
        };
        let mut found = Vec::new();
        for (root, index, node) in merge::filled(document) {
            if !self.charge(merge::size(node), document.source) {
                break;
            }
            let (source, format) = (document.source, document.format);
            let file = Some(Covered { source, root });
            found.push(Patch { node: node.clone(), source, format, index, file });
        }
        found
    }
}

/// What a patch changes: all but the words that say which object it means.
fn without_identity(patch: &Node) -> Node {
    let mut bare = patch.clone();
    if patch.get("$patch").and_then(Node::as_text) == Some("replace") {
        return bare;
    }
    merge::remove(&mut bare, &["apiVersion", "kind"]);
    if let Some(metadata) = merge::get_mut(&mut bare, "metadata") {
        merge::remove(metadata, &["name", "namespace"]);
    }
    bare
}
