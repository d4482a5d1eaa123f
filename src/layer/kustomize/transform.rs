//! What a kustomization says about all of its objects: namespace, names, labels, images, replicas.

use std::collections::BTreeMap;

use crate::document::{Entry, Node, NodeKind};
use crate::layer::merge;
use crate::source::SourceId;

use super::Kustomization;
use super::build::{Builder, items};
use super::object::{Object, Objects, is_cluster_wide};

/// Kinds that `replicas` counts.
const COUNTED: [&str; 4] = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];

impl<'a> Builder<'a> {
    pub(super) fn namespace(&mut self, own: &Kustomization<'a>, objects: &mut Objects) {
        let Some(entry) = merge::entry_as(own.node, "namespace", "namespace", own.source) else { return };
        let Some(namespace) = entry.value.as_text().filter(|text| !text.is_empty()) else { return };
        for object in objects.iter_mut() {
            if object.namespace() == namespace || is_cluster_wide(object.kind()) {
                continue;
            }
            object.remember();
            if let Some(metadata) = merge::get_mut(&mut object.node, "metadata") {
                merge::put(metadata, entry.clone());
            }
        }
    }

    /// `namePrefix` and `nameSuffix`.
    pub(super) fn affixes(&mut self, own: &Kustomization<'a>, objects: &mut Objects) {
        let affix = |key: &str| merge::entry_as(own.node, key, "name", own.source);
        let text = |entry: &Option<Entry>| entry.as_ref().and_then(|e| e.value.as_text()).unwrap_or("").to_owned();
        let (prefix, suffix) = (affix("namePrefix"), affix("nameSuffix"));
        let (before, after) = (text(&prefix), text(&suffix));
        if before.is_empty() && after.is_empty() {
            return;
        }
        let Some(entry) = prefix.filter(|_| !before.is_empty()).or(suffix) else { return };
        for at in 0..objects.len() {
            let Some(object) = objects.get_mut(at) else { continue };
            let keeps = matches!(object.kind(), "Namespace" | "CustomResourceDefinition" | "APIService");
            if keeps || object.name().is_empty() {
                continue;
            }
            let name = format!("{before}{}{after}", object.name());
            object.remember();
            if let Some(metadata) = merge::get_mut(&mut object.node, "metadata") {
                let value = Node { source: Some(own.source), ..Node::scalar(merge::composed(name, entry.value.span)) };
                merge::put(metadata, Entry { key: entry.key.clone(), value });
            }
            objects.renamed(at);
        }
    }

    /// `commonLabels`, `labels` and `commonAnnotations`.
    pub(super) fn labels(&mut self, own: &Kustomization<'a>, objects: &mut Objects) {
        let is_set = |node: &Node, key: &str| node.get(key).and_then(Node::as_text) == Some("true");
        if let Some(pairs) = own.node.get("commonLabels") {
            self.label(own.source, pairs, Reach { field: "labels", templates: true, selectors: true }, objects);
        }
        for item in items(own.node, "labels") {
            let Some(pairs) = item.get("pairs") else { continue };
            let selectors = is_set(item, "includeSelectors");
            let templates = selectors || is_set(item, "includeTemplates");
            self.label(own.source, pairs, Reach { field: "labels", templates, selectors }, objects);
        }
        if let Some(pairs) = own.node.get("commonAnnotations") {
            let reach = Reach { field: "annotations", templates: true, selectors: false };
            self.label(own.source, pairs, reach, objects);
        }
    }

    fn label(&mut self, source: SourceId, pairs: &Node, reach: Reach, objects: &mut Objects) {
        let pairs: Vec<Entry> = pairs.entries().iter().map(|entry| merge::owned(entry, Some(source))).collect();
        for object in objects.iter_mut().filter(|_| !pairs.is_empty()) {
            // Labels, templates and selectors.
            if !self.charge(pairs.len() * 3, source) {
                return;
            }
            reach.label(object, &pairs, source);
        }
    }

    pub(super) fn replicas(&mut self, own: &Kustomization<'a>, objects: &mut Objects) {
        for item in items(own.node, "replicas") {
            let Some(name) = item.get("name").and_then(Node::as_text) else { continue };
            let Some(entry) = merge::entry_as(item, "count", "replicas", own.source) else { continue };
            let found: Vec<usize> = COUNTED.iter().flat_map(|kind| objects.named(kind, name)).collect();
            if found.is_empty() {
                self.no_target(
                    own,
                    item.span,
                    "a number of replicas whose workload is not there; kustomize refuses that",
                );
            }
            if !self.charge(found.len(), own.source) {
                return;
            }
            for at in found {
                let Some(object) = objects.get_mut(at) else { continue };
                object.changed = true;
                if let Some(spec) = merge::ensure(&mut object.node, &["spec"], entry.value.span, own.source) {
                    merge::put(spec, entry.clone());
                }
            }
        }
    }

    pub(super) fn images(&mut self, own: &Kustomization<'a>, objects: &mut Objects) {
        let named = items(own.node, "images").iter().filter_map(|item| Some((item.get("name")?.as_text()?, item)));
        let images: BTreeMap<&str, &Node> = named.collect();
        if images.is_empty() {
            return;
        }
        for object in objects.iter_mut() {
            let mut changed = false;
            containers_mut(&mut object.node, &mut |container| {
                let Some(image) = container.get("image").and_then(Node::as_text) else { return };
                let Some(entry) = images.get(name_of(image)).and_then(|item| image_of(item, image, own.source)) else {
                    return;
                };
                merge::put(container, entry);
                changed = true;
            });
            object.changed |= changed;
        }
    }
}

/// Where labels or annotations are put.
#[derive(Clone, Copy)]
struct Reach {
    field: &'static str,
    templates: bool,
    selectors: bool,
}

impl Reach {
    fn label(self, object: &mut Object, pairs: &[Entry], source: SourceId) {
        let mut changed = put_all(&mut object.node, &["metadata", self.field], pairs, source);
        let kind = object.kind().to_owned();
        let template: &[&str] =
            if kind == "CronJob" { &["spec", "jobTemplate", "spec", "template"] } else { &["spec", "template"] };
        let is_pod = |node: &Node| node.path(template).is_some_and(|node| node.get("spec").is_some());
        if self.templates && is_pod(&object.node) {
            let labels: Vec<&str> = template.iter().copied().chain(["metadata", self.field]).collect();
            changed |= put_all(&mut object.node, &labels, pairs, source);
        }
        let selector: Option<&[&str]> = match kind.as_str() {
            "Service" | "ReplicationController" => Some(&["spec", "selector"]),
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => Some(&["spec", "selector", "matchLabels"]),
            _ => {
                let own = &["spec", "selector", "matchLabels"];
                object.node.path(own).is_some().then_some(own)
            }
        };
        if let Some(selector) = selector.filter(|_| self.selectors) {
            changed |= put_all(&mut object.node, selector, pairs, source);
        }
        object.changed |= changed;
    }
}

/// Puts what differs from what is there; whether anything did.
fn put_all(node: &mut Node, keys: &[&str], pairs: &[Entry], source: SourceId) -> bool {
    let known = node.path(keys);
    let differs = |pair: &&Entry| {
        known.and_then(|known| known.get(&pair.key.text)).map(Node::as_text) != Some(pair.value.as_text())
    };
    let new: Vec<&Entry> = pairs.iter().filter(differs).collect();
    let Some(first) = new.first() else { return false };
    let Some(home) = merge::ensure(node, keys, first.key.span, source) else { return false };
    new.into_iter().for_each(|pair| merge::put(home, pair.clone()));
    true
}

/// Calls `with` on every container below `node`.
pub(super) fn containers_mut(node: &mut Node, with: &mut dyn FnMut(&mut Node)) {
    match &mut node.kind {
        NodeKind::Scalar(_) => {}
        NodeKind::Sequence(items) => items.iter_mut().for_each(|item| containers_mut(item, with)),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                let holds = matches!(entry.key.text.as_str(), "containers" | "initContainers" | "ephemeralContainers");
                match &mut entry.value.kind {
                    NodeKind::Sequence(items) if holds => items.iter_mut().for_each(&mut *with),
                    _ => containers_mut(&mut entry.value, with),
                }
            }
        }
    }
}

/// An image's name without tag and digest. A colon before the last slash is that of a registry's port.
fn name_of(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let last = image.rfind('/').map_or(0, |slash| slash + 1);
    let tag = image.get(last..).and_then(|rest| rest.find(':'));
    tag.and_then(|tag| image.get(..last + tag)).unwrap_or(image)
}

/// The `image` of a container as an entry of `images` makes it; `None` where it makes no difference.
fn image_of(item: &Node, image: &str, source: SourceId) -> Option<Entry> {
    let entry = |key: &str| merge::entry_as(item, key, "image", source).filter(|e| e.value.as_text().is_some());
    let text = |entry: &Option<Entry>| entry.as_ref().and_then(|e| e.value.as_text()).map(str::to_owned);
    let (name, tag, digest) = (entry("newName"), entry("newTag"), entry("digest"));
    let old_name = name_of(image);
    let made = match (text(&name), text(&digest), text(&tag)) {
        (name, Some(digest), _) => format!("{}@{digest}", name.as_deref().unwrap_or(old_name)),
        (name, None, Some(tag)) => format!("{}:{tag}", name.as_deref().unwrap_or(old_name)),
        (Some(name), None, None) => format!("{name}{}", image.get(old_name.len()..).unwrap_or_default()),
        (None, None, None) => return None,
    };
    let Entry { key, value } = digest.or(tag).or(name)?;
    let value = Node { source: Some(source), ..Node::scalar(merge::composed(made, value.span)) };
    (value.as_text() != Some(image)).then_some(Entry { key, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_image_is_what_stands_before_tag_and_digest() {
        let cases = [
            ("api", "api"),
            ("api:1", "api"),
            ("shop/api:1@sha256:ab", "shop/api"),
            ("registry:5000/shop/api", "registry:5000/shop/api"),
            ("registry:5000/shop/api:2", "registry:5000/shop/api"),
            ("", ""),
        ];
        for (image, name) in cases {
            assert_eq!(name_of(image), name);
        }
    }
}
