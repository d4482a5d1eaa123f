//! What of a file that did not change has to be kept: only that which can bear on a connection.
//!
//! The test is coarse and errs on the side of keeping: a resource goes as a whole or stays as a whole, because whether a
//! key is a pool's may depend on the keys beside it.

use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::connection;
use crate::facts::{aliases, bare, managed, operators, workloads};
use crate::platform::FileReading;
use crate::secret::Redactor;
use crate::setting::{Resource, Setting, Shape};

/// Empties the resources of a file that cannot bear on a connection. They stay known by their names.
pub fn keep_relevant(file: &mut FileReading, catalogue: &Catalogue) {
    for (_, resource) in &mut file.resources {
        if !is_relevant(resource, catalogue) {
            let emptied = Arc::make_mut(resource);
            emptied.settings = Vec::new();
            emptied.units = Vec::new();
            emptied.shape = Shape::Plain;
        }
    }
}

fn is_relevant(resource: &Resource, catalogue: &Catalogue) -> bool {
    match resource.shape {
        Shape::Workload(_) | Shape::Autoscaler(_) | Shape::Service(_) => true,
        Shape::Config(_) | Shape::Plain => {
            let matters =
                |s: &Setting| may_matter(s, catalogue) || aliases::is_one(resource, s) || bare::may_be_host(s);
            resource.id.kind == workloads::CANARY
                || is_kept_whole(resource)
                || operators::may_be_database(&resource.id.kind)
                || managed::may_be_managed(resource)
                || resource.settings.iter().any(matters)
        }
    }
}

/// Secrets hold addresses, and routers say how long a request may last.
fn is_kept_whole(resource: &Resource) -> bool {
    matches!(resource.id.kind.as_str(), "Secret" | "Ingress" | "VirtualService" | "HTTPRoute")
}

/// Whether a setting may be an address, a part of one, a secret, or a setting of a pool, a server or a process.
fn may_matter(setting: &Setting, catalogue: &Catalogue) -> bool {
    let text = setting.value.text.as_str();
    let may_be_address = text.contains("://") || text.contains("jdbc:") || (text.contains('=') && text.len() < 4096);
    let is_option = text.starts_with('-') && text.len() > 2;
    may_be_address
        || is_option
        || setting.value.is_encrypted()
        || is_object_reference(setting)
        || catalogue.may_know(&setting.logical)
        || Redactor::is_secret_key(&setting.logical)
        || (setting.unit.is_some() && connection::part_role_for_key(&setting.logical).is_some())
}

/// Whether it names an object or a key of one, from which a connection may come.
fn is_object_reference(setting: &Setting) -> bool {
    match setting.path.last() {
        "valuesKey" => true,
        "name" | "key" => matches!(setting.path.parent().last(), "secretKeyRef" | "configMapKeyRef"),
        _ => false,
    }
}
