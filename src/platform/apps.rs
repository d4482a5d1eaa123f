//! Applications on hosting platforms: a file names what runs, its variables and, often, how many copies.
//!
//! In: `fly.toml`, `render.yaml`, `app.json`, `app.yaml`, `serverless.yml` and their like. Out: one workload a service,
//! process or function, and one resource for the rest of the file, whose variables every part reads. What differs
//! between the platforms is data; see [`kinds`].

mod kinds;

use crate::document::{Entry, Node};
use crate::setting::{
    ConfigRef, ConfigShape, ContainerShape, Environment, KeyPath, ResourceId, Segment, Shape, WorkloadShape,
};

use super::flatten::{Flat, last_of_each};
use super::{Platform, Reading, Root};
use super::{list, pieces};
use kinds::{APPS, App, Part};

pub(super) static PLATFORM: Platform = Platform {
    name: "apps",
    recognises: "files of hosting platforms: App Engine, Azure Container Apps, Cloud Foundry, DigitalOcean, Fly, Heroku, \
                 Netlify, Railway, Render, Serverless, Vercel",
    claims: |root| app_of(root).is_some(),
    read,
};

fn app_of(root: &Root<'_>) -> Option<&'static App> {
    APPS.iter().find(|app| (app.claims)(root))
}

fn text<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a str> {
    node.path(keys).and_then(Node::as_text)
}

fn read(root: &Root<'_>) -> Reading {
    let mut reading = Reading::default();
    let Some(app) = app_of(root) else { return reading };
    let environment = app.stage.iter().find_map(|keys| text(root.node, keys)).and_then(Environment::guess);
    let mut taken = Vec::new();
    for part in app.parts {
        for (name, node) in members(root, part) {
            taken.push(node);
            let id = ResourceId::new(part.kind, "", &name);
            let flat = pieces::flatten(root, node, pieces::structure(app.env), &name);
            let own = environment.or_else(|| Environment::guess(&name));
            let shape = shape(root, app, part, &name, node, &flat);
            pieces::push(root, id, own, flat, shape, &mut reading);
        }
    }
    pieces::push_rest(root, &taken, pieces::structure(app.env), environment, &mut reading);
    reading
}

/// The things of one kind with their names: the document itself, the entries of a mapping, or the items of a list.
fn members<'a>(root: &Root<'a>, part: &Part) -> Vec<(String, &'a Node)> {
    let named = |node: &Node| part.name.iter().find_map(|keys| text(node, keys)).map(str::to_owned);
    if part.at.is_empty() {
        return vec![(named(root.node).unwrap_or_else(|| root.path.to_owned()), root.node)];
    }
    let Some(list) = root.node.path(part.at) else { return Vec::new() };
    let of_entry = |entry: &'a Entry| (entry.key.text.to_string(), &entry.value);
    let steps = list::steps(part.at.last().unwrap_or(&""), list.items());
    let of_item = |(item, step): (&'a Node, list::Step)| {
        let place = match step {
            list::Step::Item(name) => name,
            list::Step::Index(index) => format!("{} {}", root.path, index + 1),
        };
        (named(item).unwrap_or(place), item)
    };
    let entries = last_of_each(list.entries()).into_iter().map(of_entry);
    let all = entries.chain(list.items().iter().zip(steps).map(of_item));
    all.filter(|(_, node)| !node.entries().is_empty()).collect()
}

fn shape(root: &Root<'_>, app: &App, part: &Part, name: &str, node: &Node, flat: &Flat) -> Shape {
    let base = KeyPath::default();
    if part.is_configuration {
        let env_unit = flat.env_blocks.first().map(|&(_, unit)| unit);
        return Shape::Config(ConfigShape { env_unit, file_units: Vec::new() });
    }
    let mut containers = containers(part, name, node, flat);
    for container in &mut containers {
        container.env_from = groups(app, node);
        if !part.at.is_empty() {
            container.env_from.insert(0, pieces::shared_variables(root));
        }
    }
    Shape::Workload(Box::new(WorkloadShape {
        replicas: part.copies.iter().find_map(|keys| flat.at(&base, keys)),
        rollout: part.rollout.clone(),
        host_names: vec![name.to_owned()],
        containers,
        ..WorkloadShape::default()
    }))
}

fn containers(part: &Part, name: &str, node: &Node, flat: &Flat) -> Vec<ContainerShape> {
    let base = KeyPath::default();
    let whole = || vec![pieces::container(name, node, &base, part.image, part.command, flat)];
    let Some(keys) = part.containers else { return whole() };
    let at = keys.iter().fold(base.clone(), |path, key| path.child(Segment::Key(key)));
    let Some(nested) = node.path(keys) else { return whole() };
    if !nested.entries().is_empty() {
        // Processes of one application: each is a command, all read the same variables.
        let process = |entry: &&Entry| ContainerShape {
            name: entry.key.text.to_string(),
            command: flat.at(&at, &[&entry.key.text]).into_iter().collect(),
            ..pieces::container(&entry.key.text, node, &base, part.image, &[], flat)
        };
        return last_of_each(nested.entries()).iter().map(process).collect();
    }
    let steps = list::steps(keys.last().unwrap_or(&""), nested.items());
    let of_item = |(item, step): (&Node, list::Step)| {
        let own = text(item, &["name"]).unwrap_or(name);
        pieces::container(own, item, &at.child(step.segment()), part.image, part.command, flat)
    };
    nested.items().iter().zip(steps).map(of_item).collect()
}

/// Groups of variables that a service names (Render's `fromGroup`).
fn groups(app: &App, node: &Node) -> Vec<ConfigRef> {
    let blocks = app.env.iter().filter_map(|key| node.get(key));
    let items = blocks.flat_map(Node::items);
    let named = items.filter_map(|item| text(item, &["fromGroup"]));
    named.map(|name| ConfigRef { kind: "envVarGroup".into(), name: name.to_owned(), prefix: String::new() }).collect()
}

#[cfg(test)]
mod tests;
