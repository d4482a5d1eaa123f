//! Spring Boot's configuration files: `application.yml`, `application-prod.properties`, `bootstrap.yaml`.
//!
//! A nested key and a dotted one are the same key, in YAML and in properties, so a rewrite from one to the other
//! changes nothing. A document for a profile is a resource of its own.

use std::collections::BTreeSet;

use crate::document::{Entry, FormatId, Node};
use crate::layer::spring::{is_spring_name, prefixed, prefixed_profile, profile};
use crate::setting::{Environment, Resource, ResourceId, Shape, Standing, UnitKind};

use super::flatten::{EnvBlocks, Flatten, Here, Scope, root_label};
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
    let mut reading = Reading::default();
    let name = match root_label(root.node, root.index, &mut BTreeSet::new()) {
        Some(label) => format!("{}#{label}", root.path),
        None => root.path.to_owned(),
    };
    let environment = profile(root.node).or_else(|| file_profile(root)).and_then(|p| Environment::guess(&p));
    let Some((rest, sections)) = prefixed(root.node) else {
        push(root, root.node, &Here::default(), (&name, environment), &mut reading);
        return reading;
    };
    // A document may be for nothing but profiles.
    if !rest.entries().is_empty() {
        push(root, &rest, &Here::default(), (&name, environment), &mut reading);
    }
    for (key, node) in sections {
        let entry = Entry { key, value: node };
        let profile = prefixed_profile(&entry.key.text);
        let name = format!("{name}#{profile}");
        // The reader of the profile knows its keys without the prefix.
        let here = Here::default().entry(&entry).called("");
        let told = Environment::guess(profile).or(environment);
        push(root, &entry.value, &here, (&name, told), &mut reading);
    }
    reading
}

fn push(
    root: &Root<'_>,
    node: &Node,
    here: &Here<'_>,
    (name, environment): (&str, Option<Environment>),
    reading: &mut Reading,
) {
    let mut flat = Flatten::of(root);
    let unit = flat.unit(UnitKind::File, root.file_name());
    let scope = Scope { split_keys: true, env: EnvBlocks::No, ..Scope::file(unit) };
    flat.walk(node, here, scope);
    let flat = flat.finish();
    reading.problems.extend(flat.problems);
    reading.resources.push(Resource {
        id: ResourceId::new("file", "", name),
        source: root.source,
        path: root.path.to_owned(),
        environment: environment.unwrap_or_default(),
        settings: flat.settings,
        units: flat.units,
        shape: Shape::Plain,
        standing: Standing::Written,
    });
}

fn file_profile(root: &Root<'_>) -> Option<String> {
    let (stem, _) = root.file_name().rsplit_once('.')?;
    stem.split_once('-').map(|(_, profile)| profile.to_owned())
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{paths, read_by_processes, resource, side};
    use crate::setting::Environment;

    #[test]
    fn yaml_and_properties_give_the_same_keys() {
        let (_, yaml) = side(&[("application.yml", "spring:\n  datasource.hikari:\n    maximum-pool-size: 5\n")]);
        let (_, flat) = side(&[("application.properties", "spring.datasource.hikari.maximum-pool-size=5\n")]);
        assert_eq!(paths(&yaml.resources[0]), paths(&flat.resources[0]));
        assert_eq!(yaml.resources[0].settings[0].path, flat.resources[0].settings[0].path);
        let expected = "file application.yml spring.datasource.hikari.maximum-pool-size = 5";
        assert_eq!(read_by_processes(&yaml.resources[0]), [expected]);
    }

    #[test]
    fn a_profile_is_a_resource_with_its_environment() {
        let text =
            "a: 1\n---\nspring:\n  config:\n    activate: {on-profile: prod}\na: 2\n---\nspring.profiles: dev\na: 3\n";
        let (_, settings) = side(&[("src/application.yml", text), ("src/application-uat.yml", "a: 4\n")]);
        let environment = |id| resource(&settings, id).environment;
        assert_eq!(environment("src/application.yml"), Environment::Unknown);
        assert_eq!(environment("src/application.yml#prod"), Environment::Production);
        assert_eq!(environment("src/application.yml#dev"), Environment::Development);
        assert_eq!(environment("src/application-uat.yml"), Environment::Staging);
    }

    #[test]
    fn brackets_keep_a_key_together() {
        let (_, settings) = side(&[("application.properties", "logging.level[org.pg.Driver]=INFO\n")]);
        assert_eq!(settings.resources[0].settings[0].path.last(), "level[org.pg.Driver]");
    }

    #[test]
    fn other_files_are_left_to_others() {
        let (_, settings) = side(&[("applications.properties", "a.b=1\n")]);
        assert_eq!(settings.resources[0].settings[0].path.last(), "a.b");
    }
}
