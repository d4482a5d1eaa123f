//! Any file that no other platform claims: Helm values, application settings, `.env` files, server configuration.
//!
//! Each document is one resource named by its path, read as the file it is. Variables that it carries for somebody
//! else, as Helm values do, are environment blocks of their own.

use crate::document::FormatId;
use crate::setting::{Environment, Resource, ResourceId, Shape, UnitKind};

use super::flatten::{Flatten, Here, Scope};
use super::{Platform, Reading, Root};

pub(super) static PLATFORM: Platform = Platform {
    name: "plain",
    recognises: "any YAML, JSON, TOML, properties, dotenv or server configuration file",
    claims: |_| true,
    read,
};

fn read(root: &Root<'_>) -> Reading {
    let mut flat = Flatten::new(root.source);
    let kind = if root.format == FormatId::Dotenv { UnitKind::Env } else { UnitKind::File };
    let unit = flat.unit(kind, root.file_name());
    if root.format == FormatId::Dotenv {
        flat.variables(root.node, &Here::default(), unit);
    } else {
        flat.walk(root.node, &Here::default(), Scope::file(unit));
    }
    let name = match root.index {
        0 => root.path.to_owned(),
        index => format!("{}#{}", root.path, index + 1),
    };
    let id = ResourceId { kind: "file".into(), namespace: String::new(), name };
    let flat = flat.finish();
    let resource = Resource {
        id,
        source: root.source,
        path: root.path.to_owned(),
        environment: Environment::Unknown,
        settings: flat.settings,
        units: flat.units,
        shape: Shape::Plain,
    };
    Reading { resources: vec![resource], problems: flat.problems }
}
