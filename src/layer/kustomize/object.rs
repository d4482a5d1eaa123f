//! The objects of one kustomization, while it is built.
//!
//! They are found by kind and name, also by the names that they had before a prefix or a namespace was added: overlays
//! may use either.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{FormatId, Node};
use crate::layer::{Effective, merge};
use crate::source::SourceId;

/// An object, as far as it is built.
#[derive(Debug)]
pub(super) struct Object {
    /// Its content; the root knows its file.
    pub(super) node: Node,
    /// Path of the file that gives it its kind and name.
    pub(super) path: String,
    /// That file.
    pub(super) source: SourceId,
    pub(super) format: FormatId,
    pub(super) index: usize,
    /// Whether it differs from what is written.
    pub(super) changed: bool,
    /// Namespaces and names that it had before.
    earlier: Vec<(String, String)>,
    /// Whether a patch deleted it.
    gone: bool,
}

impl Object {
    pub(super) fn new(node: Node, path: &str, source: SourceId, format: FormatId, index: usize) -> Object {
        let path = path.to_owned();
        Object { node, path, source, format, index, changed: false, earlier: Vec::new(), gone: false }
    }

    fn text(&self, keys: &[&str]) -> &str {
        self.node.path(keys).and_then(Node::as_text).unwrap_or_default()
    }

    pub(super) fn api(&self) -> &str {
        self.text(&["apiVersion"])
    }

    pub(super) fn kind(&self) -> &str {
        self.text(&["kind"])
    }

    pub(super) fn name(&self) -> &str {
        self.text(&["metadata", "name"])
    }

    pub(super) fn namespace(&self) -> &str {
        self.text(&["metadata", "namespace"])
    }

    /// Now and before.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        let earlier = self.earlier.iter().map(|(namespace, name)| (namespace.as_str(), name.as_str()));
        std::iter::once((self.namespace(), self.name())).chain(earlier)
    }

    /// Whether its names no longer are those that are written.
    pub(super) fn is_renamed(&self) -> bool {
        self.earlier.iter().any(|(_, name)| name != self.name())
    }

    /// Whether it goes, or went, by this name in this namespace.
    pub(super) fn is_called(&self, name: &str, namespace: &str) -> bool {
        let everywhere = is_cluster_wide(self.kind());
        let same = |own: &str| everywhere || or_default(own) == or_default(namespace);
        self.names().any(|(own, called)| called == name && same(own))
    }

    /// What it is called is kept before it changes.
    pub(super) fn remember(&mut self) {
        let now = (self.namespace().to_owned(), self.name().to_owned());
        if !self.earlier.contains(&now) {
            self.earlier.push(now);
        }
        self.changed = true;
    }

    /// Keeps the namespace and name of before, if they are others now.
    pub(super) fn was_called(&mut self, before: (String, String)) {
        let same = self.namespace() == before.0 && self.name() == before.1;
        if !same && !self.earlier.contains(&before) {
            self.earlier.push(before);
        }
    }

    pub(super) fn delete(&mut self) {
        self.gone = true;
    }

    pub(super) fn effective(self) -> Option<Effective> {
        let Object { node, path, source, format, index, .. } = self;
        (!self.gone).then_some(Effective { path, source, format, index, node })
    }
}

fn or_default(namespace: &str) -> &str {
    if namespace.is_empty() { "default" } else { namespace }
}

/// Kinds that live in no namespace, of those that people write.
pub(super) fn is_cluster_wide(kind: &str) -> bool {
    matches!(
        kind,
        "Namespace"
            | "ClusterRole"
            | "ClusterRoleBinding"
            | "CustomResourceDefinition"
            | "PersistentVolume"
            | "StorageClass"
            | "PriorityClass"
            | "IngressClass"
            | "RuntimeClass"
            | "APIService"
            | "Node"
            | "CSIDriver"
            | "MutatingWebhookConfiguration"
            | "ValidatingWebhookConfiguration"
            | "ClusterIssuer"
            | "ClusterSecretStore"
            | "ClusterPolicy"
    )
}

/// The objects of a kustomization in their order, with an index by kind and name.
#[derive(Debug, Default)]
pub(super) struct Objects {
    list: Vec<Object>,
    by_name: BTreeMap<(String, String), Vec<usize>>,
    taken: BTreeSet<[String; 4]>,
}

impl Objects {
    /// Adds an object. False where one of this kind, namespace and name is there; that one stays.
    pub(super) fn push(&mut self, object: Object) -> bool {
        let group = object.api().split_once('/').map_or("", |(group, _)| group);
        let id = [group, object.kind(), object.namespace(), object.name()].map(str::to_owned);
        // What has no name yet cannot be told from its like.
        if !object.name().is_empty() && !self.taken.insert(id) {
            return false;
        }
        let at = self.list.len();
        let names: BTreeSet<String> = object.names().map(|(_, name)| name.to_owned()).collect();
        for name in names {
            self.by_name.entry((object.kind().to_owned(), name)).or_default().push(at);
        }
        self.list.push(object);
        true
    }

    /// Where an object's name was changed.
    pub(super) fn renamed(&mut self, at: usize) {
        let Some(object) = self.list.get(at) else { return };
        let found = self.by_name.entry((object.kind().to_owned(), object.name().to_owned())).or_default();
        if found.last() != Some(&at) && !found.contains(&at) {
            found.push(at);
        }
    }

    /// Those of a kind that go, or went, by a name, in any namespace.
    pub(super) fn named(&self, kind: &str, name: &str) -> Vec<usize> {
        let found = self.by_name.get(&(kind.to_owned(), name.to_owned())).map(Vec::as_slice).unwrap_or_default();
        found.iter().copied().filter(|at| self.get(*at).is_some()).collect()
    }

    pub(super) fn get(&self, at: usize) -> Option<&Object> {
        self.list.get(at).filter(|object| !object.gone)
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut Object> {
        self.list.get_mut(at).filter(|object| !object.gone)
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Object)> {
        self.list.iter().enumerate().filter(|(_, object)| !object.gone)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Object> {
        self.list.iter_mut().filter(|object| !object.gone)
    }

    pub(super) fn into_objects(self) -> impl Iterator<Item = Object> {
        self.list.into_iter().filter(|object| !object.gone)
    }

    /// Whether anything differs from what is written.
    pub(super) fn is_changed(&self) -> bool {
        self.list.iter().any(|object| object.changed || object.gone)
    }

    /// Number of nodes of the object at `at`.
    pub(super) fn size(&self, at: usize) -> usize {
        self.get(at).map_or(0, |object| merge::size(&object.node))
    }
}
