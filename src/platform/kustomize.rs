//! Kustomize's own file: what it generates is configuration under a name, as if somebody had written the object.
//!
//! In: a `kustomization.yaml`. Out: one ConfigMap or Secret a generator, with the variables of its `literals`, and the
//! rest of the file. Files that a generator takes in (`envs`, `files`) are reviewed where they stand.

use crate::document::Node;
use crate::setting::{ConfigShape, Environment, Resource, ResourceId, Shape, Standing};

use super::flatten::{Flat, Flatten, Here, Scope, last_of_each};
use super::{Platform, Reading, Root};

pub(super) static PLATFORM: Platform = Platform {
    name: "kustomize",
    recognises: "kustomization.yaml with its ConfigMap and Secret generators",
    claims,
    read,
};

const GENERATORS: [(&str, &str); 2] = [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")];

const PATCHES: [&str; 3] = ["patches", "patchesJson6902", "patchesStrategicMerge"];

fn claims(root: &Root<'_>) -> bool {
    let api = root.node.get("apiVersion").and_then(Node::as_text);
    let named = matches!(root.file_name(), "kustomization.yaml" | "kustomization.yml" | "Kustomization");
    match api {
        Some(api) => api.starts_with("kustomize.config.k8s.io/"),
        None => named && !root.node.entries().is_empty(),
    }
}

fn read(root: &Root<'_>) -> Reading {
    let mut reading = Reading::default();
    let mut rest = Flatten::of(root);
    for entry in last_of_each(root.node.entries()) {
        let here = Here::default().entry(entry);
        let generator = GENERATORS.iter().find(|(key, _)| *key == entry.key.text);
        let named = entry.value.items().iter().all(|item| item.get("name").and_then(Node::as_text).is_some());
        match generator {
            Some((_, kind)) if named && !entry.value.items().is_empty() => {
                entry.value.items().iter().for_each(|item| generated(root, kind, item, &mut reading));
            }
            // Patches are objects, or operations on them, inside a text.
            _ if PATCHES.contains(&entry.key.text.as_str()) => {
                rest.walk(&entry.value, &here, Scope { files: 1, ..Scope::STRUCTURE });
            }
            _ => rest.walk(&entry.value, &here, Scope::STRUCTURE),
        }
    }
    let rest = rest.finish();
    if !rest.settings.is_empty() {
        let id = ResourceId::new("Kustomization", "", root.path);
        push(root, id, rest, Shape::Plain, &mut reading);
    }
    reading
}

fn generated(root: &Root<'_>, kind: &str, generator: &Node, reading: &mut Reading) {
    let text = |key: &str| generator.get(key).and_then(Node::as_text).unwrap_or_default().to_owned();
    let id = ResourceId::new(kind, &text("namespace"), &text("name"));
    let mut flat = Flatten::of(root);
    let mut env_unit = None;
    for entry in last_of_each(generator.entries()) {
        let here = Here::default().entry(entry);
        if entry.key.text == "literals" && !entry.value.items().is_empty() {
            env_unit = Some(flat.env_block(&entry.value, &here, &id.name));
        } else {
            flat.walk(&entry.value, &here, Scope::STRUCTURE);
        }
    }
    let shape = Shape::Config(ConfigShape { env_unit, file_units: Vec::new() });
    push(root, id, flat.finish(), shape, reading);
}

fn push(root: &Root<'_>, id: ResourceId, flat: Flat, shape: Shape, reading: &mut Reading) {
    let own = root.node.get("namespace").and_then(Node::as_text).unwrap_or_default();
    reading.problems.extend(flat.problems);
    reading.resources.push(Resource {
        environment: Environment::guess(&id.namespace).or_else(|| Environment::guess(own)).unwrap_or_default(),
        id,
        source: root.source,
        path: root.path.to_owned(),
        settings: flat.settings,
        units: flat.units,
        shape,
        standing: Standing::Written,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::tests::{paths, read_by_processes, resource, side};

    const FILE: &str = "namespace: shop-prod
configMapGenerator:
  - name: app
    envs: [app.env]
    literals:
      - DB_URL=postgres://db/shop?sslmode=require
      - DB_POOL=5
secretGenerator:
  - {name: keys, files: [tls.key]}
images:
  - {name: shop/api, newTag: '2'}
";

    #[test]
    fn a_generator_is_the_object_it_makes() {
        let (sources, settings) = side(&[("overlays/a/kustomization.yaml", FILE)]);
        let app = resource(&settings, "ConfigMap app");
        let expected = ["env app DB_POOL = 5", "env app DB_URL = postgres://db/shop?sslmode=require"];
        assert_eq!(read_by_processes(app), expected);
        assert_eq!(app.environment, Environment::Production);
        let pool = app.settings.iter().find(|s| s.logical == "DB_POOL").expect("it is set");
        assert_eq!(sources.text(pool.at), "5");
        assert!(matches!(&app.shape, Shape::Config(shape) if shape.env_unit == pool.unit));
        assert!(matches!(&resource(&settings, "Secret keys").shape, Shape::Config(shape) if shape.env_unit.is_none()));
    }

    #[test]
    fn the_rest_of_the_file_is_kept() {
        let (_, settings) = side(&[("kustomization.yaml", FILE)]);
        let rest = resource(&settings, "Kustomization kustomization.yaml");
        assert_eq!(paths(rest), ["images[shop/api].name", "images[shop/api].newTag", "namespace"]);
    }

    #[test]
    fn an_object_of_that_name_from_elsewhere_is_left_alone() {
        let text = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\n";
        let (_, settings) = side(&[("kustomization.yaml", text)]);
        assert_eq!(settings.resources[0].id.to_string(), "Kustomization a");
    }
}
