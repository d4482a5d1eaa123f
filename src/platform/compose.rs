//! Compose files: each service is a workload that others reach by its names.
//!
//! In: a mapping with `services`. Out: one resource a service, with paths from the service on, and one for the rest of
//! the file. `environment` reads the same as a mapping and as a list.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Entry, Node, OffsetMap, Scalar, ScalarKind};
use crate::setting::{
    ConfigRef, ConfigShape, ContainerShape, Environment, KeyPath, Resource, ResourceId, Rollout, Segment, Shape,
    Standing, UnitKind, WorkloadShape,
};
use crate::source::{SourceId, Span};

use super::flatten::{EnvBlocks, Flat, Flatten, Here, Scope, last_of_each};
use super::list;
use super::{Platform, Reading, Root};

pub(super) static PLATFORM: Platform = Platform {
    name: "compose",
    recognises: "compose*.yaml, docker-compose*.yml, and any file whose services name an image or a build",
    claims,
    read,
};

fn claims(root: &Root<'_>) -> bool {
    services(root).is_some()
}

/// The services of a Compose file; none if it is no such file. Before `services` was a key they stood at the top.
fn services<'a>(root: &Root<'a>) -> Option<&'a [Entry]> {
    let name = root.file_name().to_ascii_lowercase();
    let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    let named =
        yaml && (name.starts_with("compose") || name.contains("docker-compose") || name.contains("docker-stack"));
    let listed = root.node.get("services").map(Node::entries);
    let entries = listed.or_else(|| named.then(|| root.node.entries())).filter(|entries| !entries.is_empty())?;
    // Helm values may have `services` too; their images are mappings.
    let runs = |service: &Entry| {
        service.value.get("image").is_some_and(|image| image.as_text().is_some())
            || ["build", "extends"].iter().any(|key| service.value.get(key).is_some())
    };
    let mappings = entries.iter().all(|service| !service.value.entries().is_empty());
    let running = entries.iter().filter(|service| runs(service)).count();
    let sure = (named && listed.is_some()) || running * 2 >= entries.len();
    (mappings && sure).then_some(entries)
}

fn read(root: &Root<'_>) -> Reading {
    let top = root.node.get("services").is_none();
    let project = root.node.get("name").and_then(Node::as_text).unwrap_or_default();
    let mut reading = Reading::default();
    let services = last_of_each(services(root).unwrap_or_default());
    let linked = linked_names(&services);
    let inline = inline_configs(root);
    let inside: BTreeSet<&str> = inline.iter().map(|config| config.name).collect();
    for service in services {
        let id = ResourceId::new("service", project, &service.key.text);
        let mut flat = Flatten::of(root);
        flatten_service(service, &mut flat);
        let flat = flat.finish();
        let mut workload = workload(root, service, &flat, &inside);
        workload
            .host_names
            .extend(linked.get(service.key.text.as_str()).into_iter().flatten().map(|n| (*n).to_owned()));
        workload.host_names.sort();
        workload.host_names.dedup();
        let environment = of_profiles(&service.value);
        push(root, id, flat, Shape::Workload(Box::new(workload)), &mut reading);
        if let (Some(environment), Some(resource)) = (environment, reading.resources.last_mut()) {
            resource.environment = environment;
        }
    }
    contents(root, project, &inline, &mut reading);
    if top {
        return reading;
    }
    let mut rest = Flatten::of(root);
    for entry in last_of_each(root.node.entries()).into_iter().filter(|entry| entry.key.text != "services") {
        rest.walk(&entry.value, &Here::default().entry(entry), Scope::STRUCTURE);
    }
    let name = if root.index == 0 { root.path.to_owned() } else { format!("{}#{}", root.path, root.index + 1) };
    let id = ResourceId::new("file", "", &name);
    let rest = rest.finish();
    if !rest.settings.is_empty() {
        push(root, id, rest, Shape::Plain, &mut reading);
    }
    reading
}

/// Names that others give a service where they link to it: `links: [db:orders-db]`.
fn linked_names<'a>(services: &[&'a Entry]) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for service in services {
        let links = service.value.get("links").map(Node::items).unwrap_or_default();
        for (target, name) in links.iter().filter_map(|link| link.as_text()?.split_once(':')) {
            names.entry(target).or_default().push(name);
        }
    }
    names
}

/// Where a service runs that is started with certain profiles only.
fn of_profiles(service: &Node) -> Option<Environment> {
    let profiles = service.get("profiles")?.items().iter().filter_map(Node::as_text);
    let mut told: Vec<Environment> = profiles.map(|p| Environment::guess(p).unwrap_or_default()).collect();
    told.dedup();
    match told.as_slice() {
        [one] if *one != Environment::Unknown => Some(*one),
        _ => None,
    }
}

/// Files that stand in the Compose file itself: `configs: {tuning: {content: …}}`, by the name under which they come up.
fn contents(root: &Root<'_>, project: &str, inline: &[Inline<'_>], reading: &mut Reading) {
    for config in inline {
        let mut flat = Flatten::of(root);
        let entry = Entry { key: spelled(&config.file, config.content.span), value: config.content.clone() };
        let node = Node { source: config.source, ..Node::mapping(config.content.span, vec![entry]) };
        let unit = flat.unit(UnitKind::File, &config.file);
        let scope = Scope { any_file: true, env: EnvBlocks::No, ..Scope::file(unit) };
        flat.walk(&node, &Here::default(), scope);
        let flat = flat.finish();
        let shape = ConfigShape { env_unit: None, file_units: flat.file_units.clone() };
        push(root, ResourceId::new("config", project, config.name), flat, Shape::Config(shape), reading);
    }
}

/// A config with its content.
struct Inline<'a> {
    name: &'a str,
    file: String,
    content: &'a Node,
    source: Option<SourceId>,
}

fn inline_configs<'a>(root: &Root<'a>) -> Vec<Inline<'a>> {
    let Some(configs) = root.node.get("configs") else { return Vec::new() };
    let targets = targets(root);
    let inline = |entry: &'a Entry| {
        let content = entry.value.get("content").filter(|content| content.as_text().is_some())?;
        let name = entry.key.text.as_str();
        let file = targets.get(name).copied().unwrap_or(name).to_owned();
        Some(Inline { name, file, content, source: entry.value.source.or(configs.source) })
    };
    last_of_each(configs.entries()).into_iter().filter_map(inline).collect()
}

/// The file names under which configs come up in the services that name one; of several the last.
fn targets<'a>(root: &Root<'a>) -> BTreeMap<&'a str, &'a str> {
    let services = root.node.get("services").map(Node::entries).unwrap_or_default();
    let uses = services.iter().filter_map(|s| s.value.get("configs")).flat_map(Node::items);
    let named = uses.filter_map(|u| {
        let name = u.get("target")?.as_text()?.rsplit('/').next().filter(|name| !name.is_empty())?;
        Some((u.get("source")?.as_text()?, name))
    });
    named.collect()
}

fn spelled(text: &str, span: Span) -> Scalar {
    Scalar { text: text.into(), kind: ScalarKind::Str, quoted: false, span, map: OffsetMap::None }
}

fn push(root: &Root<'_>, id: ResourceId, flat: Flat, shape: Shape, reading: &mut Reading) {
    reading.problems.extend(flat.problems);
    reading.resources.push(Resource {
        environment: Environment::guess(&id.namespace).unwrap_or_default(),
        id,
        source: root.source,
        path: root.path.to_owned(),
        settings: flat.settings,
        units: flat.units,
        shape,
        standing: Standing::Written,
    });
}

fn flatten_service(service: &Entry, flat: &mut Flatten) {
    let here = Here::default();
    for entry in last_of_each(service.value.entries()) {
        let below = here.entry(entry);
        if entry.key.text == "environment" && entry.value.as_scalar().is_none() {
            flat.env_block(&entry.value, &below, &service.key.text);
        } else {
            flat.walk(&entry.value, &below, Scope::STRUCTURE);
        }
    }
    if service.value.entries().is_empty() {
        flat.walk(&service.value, &here, Scope::STRUCTURE);
    }
}

fn workload(root: &Root<'_>, service: &Entry, flat: &Flat, inline: &BTreeSet<&str>) -> WorkloadShape {
    let node = &service.value;
    let at = |keys: &[&str]| flat.at(&KeyPath::default(), keys);
    let deployed = |keys: [&str; 2]| node.get("deploy")?.path(&keys).and_then(Node::as_text);
    // As many as there are machines, which no file tells: the setting is there and is no number.
    let global = node.path(&["deploy", "mode"]).and_then(Node::as_text).is_some_and(|mode| mode.starts_with("global"));
    let replicas = if global { at(&["deploy", "mode"]) } else { None };
    // New containers come up beside the old ones, as many at a time as `parallelism` says.
    let rollout = match deployed(["update_config", "order"]) {
        Some("start-first") => Rollout::Rolling { max_surge: at(&["deploy", "update_config", "parallelism"]) },
        _ => Rollout::InPlace,
    };
    WorkloadShape {
        replicas: replicas.or_else(|| at(&["deploy", "replicas"])).or_else(|| at(&["scale"])),
        rollout,
        labels: Vec::new(),
        host_names: host_names(service),
        grace_seconds: at(&["stop_grace_period"]),
        containers: vec![container(root, service, flat, inline)],
        job: false,
        parallelism: None,
    }
}

fn container(root: &Root<'_>, service: &Entry, flat: &Flat, inline: &BTreeSet<&str>) -> ContainerShape {
    let node = &service.value;
    let mut command = Vec::new();
    for key in ["entrypoint", "command"] {
        let base = KeyPath::default().child(Segment::Key(key));
        let Some(value) = node.get(key) else { continue };
        if value.as_scalar().is_some() {
            command.extend(flat.find(&base));
        }
        let steps = list::steps(key, value.items());
        command.extend(steps.iter().filter_map(|step| flat.find(&base.child(step.segment()))));
    }
    ContainerShape {
        name: service.key.text.to_string(),
        image: flat.at(&KeyPath::default(), &["image"]),
        command,
        env_unit: flat.env_unit(&KeyPath::default().child(Segment::Key("environment"))),
        env_refs: Vec::new(),
        env_from: env_files(node).into_iter().filter_map(|path| file(root, path)).collect(),
        mounts: mounts(root, node, inline),
        init: false,
    }
}

/// Names under which other services reach it, sorted.
fn host_names(service: &Entry) -> Vec<String> {
    let own = ["container_name", "hostname"].iter().filter_map(|key| service.value.get(key)?.as_text());
    let networks = service.value.get("networks").map(Node::entries).unwrap_or_default();
    let aliases = networks
        .iter()
        .filter_map(|network| network.value.get("aliases"))
        .flat_map(|aliases| aliases.items().iter().filter_map(Node::as_text));
    let mut names: Vec<String> =
        std::iter::once(service.key.text.as_str()).chain(own).chain(aliases).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

/// `env_file` as one path, a list of paths, or a list of `{path: …}`; later files win.
fn env_files(service: &Node) -> Vec<&str> {
    let Some(node) = service.get("env_file") else { return Vec::new() };
    let many = node.items().iter().filter_map(|item| item.as_text().or_else(|| item.get("path")?.as_text()));
    node.as_text().into_iter().chain(many).collect()
}

/// Files of the repository that the container sees: bind mounts, and `configs` and `secrets` that name a file.
fn mounts(root: &Root<'_>, service: &Node, inline: &BTreeSet<&str>) -> Vec<ConfigRef> {
    let volumes = service.get("volumes").map(Node::items).unwrap_or_default().iter().filter_map(|volume| {
        let long = || volume.get("source").and_then(Node::as_text);
        let short = volume.as_text().and_then(|text| text.split(':').next());
        // Anything else is the name of a volume or a path of the machine.
        short.or_else(long).filter(|path| path.starts_with("./") || path.starts_with("../"))
    });
    let named = ["configs", "secrets"].into_iter().flat_map(|kind| {
        let uses = service.get(kind).map(Node::items).unwrap_or_default();
        uses.iter().filter_map(move |item| {
            let name = item.as_text().or_else(|| item.get("source")?.as_text())?;
            root.node.path(&[kind, name, "file"])?.as_text()
        })
    });
    // A mount of the project's own folder brings the program and no configuration of its own.
    let inside = |mount: &ConfigRef| {
        !mount.name.is_empty() && !format!("{}/", root.folder()).starts_with(&format!("{}/", mount.name))
    };
    let files = volumes.chain(named).filter_map(|path| file(root, path)).filter(inside);
    let uses = service.get("configs").map(Node::items).unwrap_or_default();
    let used = uses.iter().filter_map(|u| u.as_text().or_else(|| u.get("source")?.as_text()));
    let config = |name: &str| ConfigRef { kind: "config".into(), name: name.to_owned(), prefix: String::new() };
    files.chain(used.filter(|name| inline.contains(name)).map(config)).collect()
}

/// A path beside the Compose file, as a path from the side's root; none if it leads out of it.
fn file(root: &Root<'_>, path: &str) -> Option<ConfigRef> {
    if path.starts_with(['/', '~', '$']) {
        return None;
    }
    let mut parts: Vec<&str> = root.folder().split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(ConfigRef { kind: "file".into(), name: parts.join("/"), prefix: String::new() })
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{paths, read_by_processes, resource, side};
    use crate::setting::{Resource, Rollout, Settings, Shape, WorkloadShape};

    fn workload<'a>(settings: &'a Settings, id: &str) -> (&'a Resource, &'a WorkloadShape) {
        let resource = resource(settings, id);
        match &resource.shape {
            Shape::Workload(shape) => (resource, shape),
            other => panic!("no workload: {other:?}"),
        }
    }

    const SHOP: &str = "services:
  web:
    image: shop/web:1
    container_name: shop-web
    deploy: {replicas: 3}
    env_file: [.env, ../shared/db.env]
    environment:
      - DATABASE_URL=postgres://app@db/shop?a=b
      - DEBUG
    volumes: ['./conf/app.conf:/etc/app.conf:ro', data:/data]
    configs: [tuning]
  db:
    image: postgres:17
    command: postgres -c max_connections=200
    networks:
      default: {aliases: [orders-db]}
    deploy:
      update_config: {order: start-first}
configs:
  tuning: {file: ./tuning.ini}
volumes: {data: {}}
";

    #[test]
    fn a_service_is_a_workload_under_its_names() {
        let (sources, settings) = side(&[("deploy/compose.yaml", SHOP)]);
        let (web, shape) = workload(&settings, "service web");
        assert_eq!(shape.host_names, ["shop-web", "web"]);
        assert_eq!(web.settings[shape.replicas.expect("written") as usize].value.text, "3");
        let expected = ["env web DATABASE_URL = postgres://app@db/shop?a=b", "env web DEBUG = "];
        assert_eq!(read_by_processes(web), expected);
        let url = web.settings.iter().find(|s| s.logical == "DATABASE_URL").expect("it is set");
        assert_eq!(sources.text(url.at), "postgres://app@db/shop?a=b");
        assert_eq!(sources.get(url.at.source).slice(url.key_span), "DATABASE_URL");
        let (db, shape) = workload(&settings, "service db");
        assert_eq!(shape.host_names, ["db", "orders-db"]);
        assert_eq!(shape.rollout, Rollout::Rolling { max_surge: None });
        let command: Vec<&str> =
            shape.containers[0].command.iter().map(|&at| db.settings[at as usize].value.text.as_str()).collect();
        assert_eq!(command, ["postgres -c max_connections=200"]);
    }

    #[test]
    fn files_are_named_from_the_root_of_the_side() {
        let (_, settings) = side(&[("deploy/compose.yaml", SHOP)]);
        let (_, shape) = workload(&settings, "service web");
        let names = |refs: &[crate::setting::ConfigRef]| refs.iter().map(|r| r.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&shape.containers[0].env_from), ["deploy/.env", "shared/db.env"]);
        assert_eq!(names(&shape.containers[0].mounts), ["deploy/conf/app.conf", "deploy/tuning.ini"]);
    }

    #[test]
    fn a_path_out_of_the_side_is_no_file_of_it() {
        let text = "services:\n  a: {image: x, env_file: ../../a.env}\n";
        let (_, settings) = side(&[("d/compose.yaml", text)]);
        assert!(workload(&settings, "service a").1.containers[0].env_from.is_empty());
    }

    #[test]
    fn a_list_of_variables_reads_as_the_mapping() {
        let (_, map) = side(&[("compose.yaml", "services:\n  a: {image: x, environment: {A: b, C: 1}}\n")]);
        let (_, list) = side(&[("compose.yaml", "services:\n  a: {image: x, environment: [A=b, C=1]}\n")]);
        assert_eq!(paths(&map.resources[0]), paths(&list.resources[0]));
        assert_eq!(read_by_processes(&map.resources[0]), read_by_processes(&list.resources[0]));
    }

    #[test]
    fn the_rest_of_the_file_is_kept() {
        let (_, settings) = side(&[("compose.yaml", SHOP)]);
        assert_eq!(paths(resource(&settings, "compose.yaml")), ["configs.tuning.file", "volumes.data"]);
    }

    #[test]
    fn services_may_stand_at_the_top_of_an_old_file() {
        let old = "db:\n  image: postgres\nweb:\n  build: .\n  environment: {A: b}\n";
        let (_, settings) = side(&[("docker-compose.yml", old)]);
        assert_eq!(settings.resources.len(), 2);
        assert_eq!(read_by_processes(workload(&settings, "service web").0), ["env web A = b"]);
    }

    #[test]
    fn helm_values_with_services_are_not_claimed() {
        let (_, settings) = side(&[("values.yaml", "services:\n  web:\n    image: {tag: 1}\n    port: 80\n")]);
        assert_eq!(settings.resources[0].id.to_string(), "values.yaml");
        let (_, settings) = side(&[("stack.yml", "services:\n  web: {image: a}\n")]);
        assert_eq!(settings.resources[0].id.to_string(), "service web");
    }
}
