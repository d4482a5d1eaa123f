//! The ConfigMaps and Secrets of a side with their keys, and what makes more of them.
//!
//! In: all settings. Out: by kind and name, each with its keys and whether it may hold more than is seen.

use std::collections::{BTreeMap, BTreeSet};

use super::Space;
use crate::setting::{Resource, Segment, Settings, Shape};
use crate::source::SourceId;

/// An object that gives values by key.
#[derive(Debug, Clone)]
pub(super) struct Object {
    namespace: String,
    pub(super) keys: BTreeSet<String>,
    /// Whether it may hold more keys: it is empty, templated, or filled by somebody else.
    pub(super) open: bool,
}

impl Object {
    /// Whether a reader of this namespace may mean it. An overlay may give both the same one, so an empty one fits all.
    pub(super) fn is_in(&self, namespace: &str) -> bool {
        self.namespace.is_empty() || namespace.is_empty() || self.namespace == namespace
    }
}

/// All objects of a side. Of a file that is a template more may come than is seen.
pub(super) fn objects(templates: &BTreeSet<SourceId>, settings: &Settings) -> BTreeMap<(Space, String), Vec<Object>> {
    let mut found: BTreeMap<(Space, String), Vec<Object>> = BTreeMap::new();
    for resource in &settings.resources {
        let Some((space, name)) = role(resource) else { continue };
        let keys = keys(resource);
        let is_generated =
            resource.path.ends_with("kustomization.yaml") || resource.path.ends_with("kustomization.yml");
        let is_open = || keys.is_empty() || is_generated || is_filled(resource);
        let open = is_open() || templates.contains(&resource.source) && resource.id.kind != "ExternalSecret";
        found.entry((space, name)).or_default().push(Object { namespace: resource.id.namespace.clone(), keys, open });
    }
    found
}

/// Which object a resource is or makes.
fn role(resource: &Resource) -> Option<(Space, String)> {
    let id = &resource.id;
    let target = || {
        let named = resource.settings.iter().find(|s| s.path.to_string() == "spec.target.name");
        named.map_or_else(|| id.name.clone(), |s| s.value.text.to_string())
    };
    match id.kind.as_str() {
        "ConfigMap" => Some((Space::ConfigMap, id.name.clone())),
        "Secret" => Some((Space::Secret, id.name.clone())),
        "ExternalSecret" => Some((Space::Secret, target())),
        kind if kind.contains("Secret") => Some((Space::Secret, id.name.clone())),
        _ => None,
    }
}

/// Whether what fills it is not seen.
fn is_filled(resource: &Resource) -> bool {
    match resource.id.kind.as_str() {
        "ConfigMap" | "Secret" => !matches!(resource.shape, Shape::Config(_)),
        "SealedSecret" => false,
        "ExternalSecret" => {
            let pulls = |s: Segment<'_>| matches!(s, Segment::Key("dataFrom" | "templateFrom"));
            resource.settings.iter().any(|s| s.path.segments().any(pulls))
        }
        _ => true,
    }
}

/// The keys that readers find in it.
fn keys(resource: &Resource) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for setting in &resource.settings {
        let steps: Vec<Segment<'_>> = setting.path.segments().collect();
        let key = match steps.as_slice() {
            [Segment::Key("data" | "stringData" | "binaryData"), step, ..] => text_of(step),
            [Segment::Key("spec"), Segment::Key("encryptedData"), step, ..] => text_of(step),
            [
                Segment::Key("spec"),
                Segment::Key("target"),
                Segment::Key("template"),
                Segment::Key("data"),
                step,
                ..,
            ] => text_of(step),
            [Segment::Key("spec"), Segment::Key("data"), .., Segment::Key("secretKey")] => {
                Some(setting.value.text.as_str())
            }
            _ => None,
        };
        keys.extend(key.map(str::to_owned));
    }
    keys
}

fn text_of<'a>(step: &Segment<'a>) -> Option<&'a str> {
    match step {
        Segment::Key(key) | Segment::Embedded(key) | Segment::Item(key) => Some(key),
        Segment::Index(_) => None,
    }
}
