//! Terraform, in both of its syntaxes, and what else is written in HCL: Nomad jobs, Terragrunt, Packer.
//!
//! In: a document. Out: one resource a block of a module (`resource`, `module`, `variable`, each of the `locals`), named by
//! its address in its folder, so that blocks and files may change places; one a task group of a Nomad job; one for the
//! file around them. Paths are addresses: `module.api.app_settings.DB_HOST`. Nothing is evaluated: an expression is shown
//! as its JSON form has it, `${var.db_host}`, which the rest of the program knows as a value from elsewhere.

mod shapes;
mod told;
mod walk;

use crate::document::{Entry, FormatId, Node, NodeKind};
use crate::setting::{Environment, KeyPath, Resource, ResourceId, Shape, Standing, UnitKind};

use self::walk::Walk;
use super::flatten::{Flatten, Here, Scope, last_of_each};
use super::{Platform, Reading, Root};

pub(super) static PLATFORM: Platform = Platform {
    name: "terraform",
    recognises: "*.tf, *.tf.json and *.tfvars, Nomad jobs, and any other HCL file",
    claims,
    read,
};

fn claims(root: &Root<'_>) -> bool {
    let name = root.file_name();
    let is_json = || name.ends_with(".tf.json") || name.ends_with(".tfvars.json");
    root.format == FormatId::Hcl || (root.format == FormatId::Json && is_json())
}

/// How many labels the blocks of a module have by type; the last of them names the block.
fn labels(block: &str) -> Option<usize> {
    match block {
        "resource" | "data" | "ephemeral" => Some(2),
        "module" | "variable" | "output" | "provider" | "check" => Some(1),
        "locals" => Some(0),
        _ => None,
    }
}

fn read(root: &Root<'_>) -> Reading {
    let node = told::told(root.node, root.format);
    let mut reading = Reading::default();
    let is_module = !root.file_name().contains(".tfvars");
    let mut rest = Vec::new();
    for entry in last_of_each(node.entries()) {
        let here = Here::default().entry(entry);
        match (labels(&entry.key.text).filter(|_| is_module), entry.key.text.as_str()) {
            (Some(0), _) => {
                // Locals go by their own names, wherever in the module they stand.
                let locals = bodies(&entry.value).flat_map(|body| last_of_each(body.entries()));
                locals.for_each(|local| {
                    push(
                        root,
                        entry,
                        &[&entry.key.text, &local.key.text],
                        &here.entry(local),
                        &local.value,
                        &mut reading,
                    )
                });
            }
            (Some(labels), _) => blocks(root, entry, labels, &mut reading),
            (None, "job") if is_module => bodies(&entry.value).for_each(|jobs| {
                last_of_each(jobs.entries())
                    .into_iter()
                    .for_each(|job| nomad(root, job, &here.entry(job), &mut reading));
            }),
            _ => rest.push(entry),
        }
    }
    file(root, &rest, &node, &mut reading);
    reading
}

/// What stands for one block: the body, or several of one name.
fn bodies(node: &Node) -> impl Iterator<Item = &Node> {
    let items = node.items();
    let one = items.is_empty().then_some(node);
    one.into_iter().chain(items)
}

/// The blocks of one type.
fn blocks(root: &Root<'_>, block: &Entry, labels: usize, reading: &mut Reading) {
    let here = Here::default().entry(block);
    for by_type in bodies(&block.value) {
        for first in last_of_each(by_type.entries()) {
            let here = here.entry(first);
            if labels == 1 {
                for body in bodies(&first.value) {
                    // A provider stands several times, under different aliases.
                    let alias =
                        body.get("alias").and_then(Node::as_text).map(|alias| format!("{}.{alias}", first.key.text));
                    let name = alias.as_deref().unwrap_or(&first.key.text);
                    push(root, block, &[&block.key.text, name], &here, body, reading);
                }
                continue;
            }
            for by_name in bodies(&first.value) {
                for second in last_of_each(by_name.entries()) {
                    let here = here.entry(second);
                    for body in bodies(&second.value) {
                        push(root, block, &[&block.key.text, &first.key.text, &second.key.text], &here, body, reading);
                    }
                }
            }
        }
    }
}

/// Adds the resource that one block is; `address` is its type with its labels.
fn push(root: &Root<'_>, block: &Entry, address: &[&str], here: &Here<'_>, body: &Node, reading: &mut Reading) {
    let (kind, labels) = (block.key.text.as_str(), address.get(1..).unwrap_or(&[]));
    let kind = if kind == "locals" { "local" } else { kind };
    let id = ResourceId::new(kind, root.folder(), &labels.join("."));
    let mut flat = Flatten::of(root);
    let unit = flat.unit(UnitKind::File, root.file_name());
    let mut walk = Walk::new(&mut flat, unit, labels, body);
    match (kind, labels) {
        ("variable", [name]) => walk.variable(name, body, here),
        ("local", [name]) => walk.value(name, body, &here.clone().called(name)),
        ("provider", [name, ..]) => walk.value("", body, &here.clone().called(name)),
        ("output" | "data" | "check" | "ephemeral", _) => walk.structure(body, here),
        ("resource", [of, _]) => walk.value("", body, &here.clone().called(&walk::prefix(of))),
        _ => walk.value("", body, &here.clone().called("")),
    }
    let flat = flat.finish();
    let shape = shapes::shape(labels, body, &here.path, &flat);
    add(root, id, flat, shape, reading);
}

fn add(root: &Root<'_>, id: ResourceId, flat: super::flatten::Flat, shape: Shape, reading: &mut Reading) {
    reading.problems.extend(flat.problems);
    if flat.settings.is_empty() {
        return;
    }
    reading.resources.push(Resource {
        id,
        source: root.source,
        path: root.path.to_owned(),
        environment: Environment::Unknown,
        settings: flat.settings,
        units: flat.units,
        shape,
        standing: Standing::Written,
    });
}

/// A Nomad job: each of its groups runs on its own, in its own number.
fn nomad(root: &Root<'_>, job: &Entry, here: &Here<'_>, reading: &mut Reading) {
    let is_group = |entry: &&Entry| entry.key.text == "group" && matches!(entry.value.kind, NodeKind::Mapping(_));
    let entries = last_of_each(job.value.entries());
    for groups in entries.iter().filter(|entry| is_group(entry)) {
        let here = here.entry(groups);
        for group in last_of_each(groups.value.entries()) {
            let here = here.entry(group);
            let id = ResourceId::new("job", root.folder(), &format!("{}.{}", job.key.text, group.key.text));
            let mut flat = Flatten::of(root);
            let unit = flat.unit(UnitKind::File, root.file_name());
            Walk::new(&mut flat, unit, &[&group.key.text], &group.value).value(
                "",
                &group.value,
                &here.clone().called(""),
            );
            let flat = flat.finish();
            let shape = shapes::nomad_group(&group.value, &here.path, &flat);
            add(root, id, flat, shape, reading);
        }
    }
    let mut flat = Flatten::of(root);
    for entry in entries.into_iter().filter(|entry| !is_group(entry)) {
        flat.walk(&entry.value, &here.entry(entry), Scope::STRUCTURE);
    }
    let id = ResourceId::new("job", root.folder(), &job.key.text);
    add(root, id, flat.finish(), Shape::Plain, reading);
}

/// What belongs to the file itself: the values of a `.tfvars`, the settings of Terraform, any other HCL.
fn file(root: &Root<'_>, entries: &[&Entry], node: &Node, reading: &mut Reading) {
    let mut flat = Flatten::of(root);
    let unit = flat.unit(UnitKind::File, root.file_name());
    let mut walk = Walk::new(&mut flat, unit, &[], node);
    for entry in entries {
        let here = Here::default().entry(entry);
        match entry.key.text.as_str() {
            "terraform" | "moved" | "import" | "removed" => walk.structure(&entry.value, &here),
            key => walk.value(key, &entry.value, &here),
        }
    }
    if node.entries().is_empty() {
        walk.value("", node, &Here::default());
    }
    let name = if root.index == 0 { root.path.to_owned() } else { format!("{}#{}", root.path, root.index + 1) };
    let flat = flat.finish();
    debug_assert!(flat.settings.iter().all(|s| s.path != KeyPath::default() || node.entries().is_empty()));
    add(root, ResourceId::new("file", "", &name), flat, Shape::Plain, reading);
}

#[cfg(test)]
mod tests;
