//! Names that changed, carried into the objects that refer to them.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Node, NodeKind};
use crate::layer::merge;

use super::object::Objects;

/// New names by kind and old name; `None` where two objects had that name.
type Renames = BTreeMap<String, BTreeMap<String, Option<String>>>;

/// Renames references in all objects. A name that an object still has means that one.
pub(super) fn carry(objects: &mut Objects) {
    let renames = renames(objects);
    if renames.is_empty() {
        return;
    }
    for object in objects.iter_mut() {
        if !matches!(object.kind(), "ConfigMap" | "Secret") {
            object.changed |= walk(&mut object.node, &renames);
        }
    }
}

fn renames(objects: &Objects) -> Renames {
    let mut renames = Renames::new();
    if objects.iter().all(|(_, object)| !object.is_renamed()) {
        return renames;
    }
    let current: BTreeSet<(&str, &str)> = objects.iter().map(|(_, object)| (object.kind(), object.name())).collect();
    for (_, object) in objects.iter().filter(|(_, object)| object.is_renamed()) {
        for (_, old) in object.names().filter(|(_, old)| !current.contains(&(object.kind(), *old))) {
            let of_kind = renames.entry(object.kind().to_owned()).or_default();
            let new = of_kind.entry(old.to_owned()).or_insert_with(|| Some(object.name().to_owned()));
            if new.as_deref() != Some(object.name()) {
                *new = None;
            }
        }
    }
    renames
}

/// Renames below `node`; whether anything changed.
fn walk(node: &mut Node, renames: &Renames) -> bool {
    let mut changed = false;
    match &mut node.kind {
        NodeKind::Scalar(_) => {}
        NodeKind::Sequence(items) => items.iter_mut().for_each(|item| changed |= walk(item, renames)),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                changed |= refer(&entry.key.text, &mut entry.value, renames);
                changed |= walk(&mut entry.value, renames);
            }
        }
    }
    changed
}

/// Renames what `node`, which stands under `key`, refers to.
fn refer(key: &str, node: &mut Node, renames: &Renames) -> bool {
    let mut below =
        |field: &str, kind: &str| merge::get_mut(node, field).is_some_and(|name| rename(name, kind, renames));
    match key {
        "configMapKeyRef" | "configMapRef" | "configMap" => below("name", "ConfigMap"),
        "secretKeyRef" | "secretRef" | "secret" => below("name", "Secret"),
        "persistentVolumeClaim" => below("claimName", "PersistentVolumeClaim"),
        "service" => below("name", "Service"),
        "serviceName" => rename(node, "Service", renames),
        "serviceAccountName" => rename(node, "ServiceAccount", renames),
        "secretName" => rename(node, "Secret", renames),
        "scaleTargetRef" | "targetRef" | "workloadRef" | "roleRef" => {
            let kind = node.get("kind").and_then(Node::as_text).unwrap_or("Deployment").to_owned();
            merge::get_mut(node, "name").is_some_and(|name| rename(name, &kind, renames))
        }
        "imagePullSecrets" => {
            let NodeKind::Sequence(items) = &mut node.kind else { return false };
            let names = items.iter_mut().filter_map(|item| merge::get_mut(item, "name"));
            names.map(|name| rename(name, "Secret", renames)).filter(|renamed| *renamed).count() > 0
        }
        _ => false,
    }
}

/// The new name stands nowhere; its place is that of the reference.
fn rename(node: &mut Node, kind: &str, renames: &Renames) -> bool {
    let new = node.as_text().and_then(|old| renames.get(kind)?.get(old)?.clone());
    let Some(new) = new else { return false };
    node.kind = NodeKind::Scalar(merge::composed(new, node.span));
    true
}
