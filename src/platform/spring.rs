//! Spring Boot's configuration files: `application.yml`, `application-prod.properties`, `bootstrap.yaml`.
//!
//! A nested key and a dotted one are the same key, in YAML and in properties, so a rewrite from one to the other
//! changes nothing. A document for a profile is a resource of its own.

use std::collections::BTreeSet;

use crate::document::FormatId;
use crate::setting::{Environment, Resource, ResourceId, Shape, UnitKind};

use super::flatten::{Flatten, Here, Scope, is_spring_name, profile, root_label};
use super::{Platform, Reading, Root};

pub(super) static PLATFORM: Platform = Platform {
    name: "spring",
    recognises: "application*.yml, application*.properties and bootstrap*, by profile",
    claims,
    read,
};

fn claims(root: &Root<'_>) -> bool {
    is_spring_name(root.file_name()) && matches!(root.format, FormatId::Yaml | FormatId::Properties)
}

fn read(root: &Root<'_>) -> Reading {
    let mut flat = Flatten::new(root.source);
    let unit = flat.unit(UnitKind::File, root.file_name());
    let scope = Scope { split_keys: true, env: super::flatten::EnvBlocks::No, ..Scope::file(unit) };
    flat.walk(root.node, &Here::default(), scope);
    let name = match root_label(root.node, root.index, &mut BTreeSet::new()) {
        Some(label) => format!("{}#{label}", root.path),
        None => root.path.to_owned(),
    };
    let environment = profile(root.node).or_else(|| file_profile(root)).and_then(|p| Environment::guess(&p));
    let flat = flat.finish();
    let resource = Resource {
        id: ResourceId { kind: "file".into(), namespace: String::new(), name },
        source: root.source,
        path: root.path.to_owned(),
        environment: environment.unwrap_or_default(),
        settings: flat.settings,
        units: flat.units,
        shape: Shape::Plain,
    };
    Reading { resources: vec![resource], problems: flat.problems }
}

/// `prod` of `application-prod.yml`.
fn file_profile(root: &Root<'_>) -> Option<String> {
    let (stem, _) = root.file_name().rsplit_once('.')?;
    stem.split_once('-').map(|(_, profile)| profile.to_owned())
}
