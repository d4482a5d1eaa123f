//! `custom-environment-variables` of Node's `config` package: it maps keys to the names of variables.
//!
//! Its values are no settings, so they are kept as structure: `DB_HOST` there is no host.

use crate::setting::{Environment, Resource, ResourceId, Shape, Standing};

use super::flatten::{Flatten, Here, Scope};
use super::{Platform, Reading, Root};

pub(super) static PLATFORM: Platform = Platform {
    name: "node",
    recognises: "custom-environment-variables.* of a `config` folder, as names and not as values",
    claims: |root| root.file_name().starts_with("custom-environment-variables."),
    read,
};

fn read(root: &Root<'_>) -> Reading {
    let mut flat = Flatten::of(root);
    flat.walk(root.node, &Here::default(), Scope::STRUCTURE);
    let flat = flat.finish();
    let resource = Resource {
        id: ResourceId::new("file", "", root.path),
        source: root.source,
        path: root.path.to_owned(),
        environment: Environment::Unknown,
        settings: flat.settings,
        units: flat.units,
        shape: Shape::Plain,
        standing: Standing::Written,
    };
    Reading { resources: vec![resource], problems: flat.problems }
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{paths, read_by_processes, resource, side};

    #[test]
    fn names_of_variables_are_no_values() {
        let path = "config/custom-environment-variables.json";
        let (_, settings) = side(&[(path, r#"{"db": {"host": "DB_HOST"}}"#)]);
        let file = resource(&settings, path);
        assert_eq!(paths(file), ["db.host"]);
        assert!(read_by_processes(file).is_empty());
    }
}
