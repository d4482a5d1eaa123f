//! Which servers take connections, and what their limits are.
//!
//! In: workloads, scopes, settings, what the user declared. Out: servers and the poolers before them, with a link on each
//! endpoint whose host leads to one (`links`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalogue::{Catalogue, Role, ServerKind};
use crate::connection::Engine;
use crate::facts::links::{self, HostName, Names};
use crate::facts::{
    Declared, DeclaredServer, Endpoint, Origin, Pool, Pooler, Reading, Scope, SecretLink, Server, Workload, managed,
    operators, poolers,
};
use crate::quantity::Interval;
use crate::setting::{
    Resource, ResourceId, Segment, ServiceShape, Setting, SettingRef, Settings, Shape, Standing, UnitKind,
};
use crate::source::{Location, Sources};

/// Connections of exporters, backups and people that are assumed where nothing is declared.
const ASSUMED_FIXED_CLIENTS: u64 = 5;

/// Where the parts of a side are.
pub(super) struct Sight<'a> {
    pub(super) sources: &'a Sources,
    pub(super) settings: &'a Settings,
    pub(super) scopes: &'a [Scope],
    pub(super) workloads: &'a [Workload],
    pub(super) resources: &'a [usize],
    pub(super) catalogue: &'a Catalogue,
    pub(super) declared: &'a Declared,
}

/// What takes connections, and who is known to reach it by the name of a Secret alone.
pub(super) struct Found {
    pub(super) servers: Vec<Server>,
    pub(super) poolers: Vec<Pooler>,
    pub(super) secret_links: Vec<SecretLink>,
}

/// Finds all servers and poolers and links the endpoints to them.
pub(super) fn servers(sight: &Sight<'_>, pools: &[Pool], endpoints: &mut [Endpoint]) -> Found {
    let mut servers = sight.declared_servers();
    let mut names = Names::default();
    let mut add = |servers: &mut Vec<Server>, found: Vec<Running>| {
        for running in found {
            let at = merge(servers, running.server);
            names.servers.entry(at).or_default().extend(running.names);
        }
    };
    add(&mut servers, sight.running_servers());
    add(&mut servers, managed::servers(sight));
    for server in sight.configured_servers(&servers) {
        merge(&mut servers, server);
    }
    let made = operators::servers(sight, &servers);
    add(&mut servers, made);
    operators::count_readers(&mut servers);
    let found = poolers::find(sight, pools, endpoints);
    names.poolers = found.iter().map(|f| (f.pooler.workload, f.names.clone())).collect();
    for endpoint in endpoints.iter_mut() {
        links::link(sight, endpoint, &mut servers, &names);
    }
    sight.complete_declared(endpoints, &mut servers);
    links::name_users(sight, endpoints);
    let poolers = poolers::route(sight, found, endpoints, &servers, &names);
    let secret_links = links::by_secret(sight, &servers, &poolers);
    Found { servers, poolers, secret_links }
}

/// A server that runs in the tree, with the names under which others reach it.
pub(super) struct Running {
    pub(super) server: Server,
    pub(super) names: Vec<HostName>,
    /// The layer that deploys it.
    pub(super) layer: String,
}

/// Two layers deploy two servers, though both call theirs `db`; where one name means one server, it stays as it is.
fn tell_apart(found: &mut [Running]) {
    let mut layers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for running in found.iter() {
        layers.entry(running.server.id.clone()).or_default().insert(running.layer.clone());
    }
    let several = |id: &String| layers.get(id).is_some_and(|layers| layers.len() > 1);
    for running in found.iter_mut().filter(|r| !r.layer.is_empty() && several(&r.server.id)) {
        running.server.id = format!("{} ({})", running.server.id, running.layer);
    }
}

/// Adds a server, or completes the one of the same name.
fn merge(servers: &mut Vec<Server>, found: Server) -> usize {
    let Some(at) = servers.iter().position(|s| s.id == found.id) else {
        servers.push(found);
        return servers.len() - 1;
    };
    if let Some(known) = servers.get_mut(at) {
        if known.limit.origin != Origin::Declared {
            known.limit = found.limit;
            known.reserved = found.reserved;
        }
        known.limit_name = found.limit_name.or(known.limit_name.take());
        known.limit_setting = found.limit_setting.or(known.limit_setting);
        known.at = known.at.or(found.at);
        known.hosts.extend(found.hosts);
        if known.engine == Engine::Unknown {
            known.engine = found.engine;
        }
    }
    at
}

impl Sight<'_> {
    fn declared_servers(&self) -> Vec<Server> {
        self.declared.servers.iter().map(|d| self.declared_server(d)).collect()
    }

    fn declared_server(&self, told: &DeclaredServer) -> Server {
        let engine = told.engine.unwrap_or(Engine::Unknown);
        let exact = |n: u64| Reading { value: Interval::exact(n), origin: Origin::Declared, at: None };
        let limit = told.max_connections.map(exact);
        Server {
            limit: limit.unwrap_or_else(|| Reading::unknown(0, format!("max_connections of [[server]] {}", told.id))),
            reserved: told.reserved.map_or_else(|| self.reserved_default(engine), exact),
            engine_default: self.catalogue.server_named(engine.as_str()).and_then(|kind| kind.default),
            hosts: told.hosts.iter().map(|h| h.to_ascii_lowercase()).collect(),
            fixed_clients: told.fixed_clients.map_or_else(assumed_clients, exact),
            observed_peak: told.observed_peak,
            ..Server::named(&told.id, engine)
        }
    }

    /// A declared server whose engine is not told has that of its clients, and its reserved slots.
    fn complete_declared(&self, endpoints: &[Endpoint], servers: &mut [Server]) {
        for endpoint in endpoints.iter().filter(|e| e.engine != Engine::Unknown) {
            let Some((at, _)) = endpoint.server.filter(|(at, _)| *at < self.declared.servers.len()) else { continue };
            let told = self.declared.servers.get(at).and_then(|d| d.reserved);
            let Some(server) = servers.get_mut(at).filter(|s| s.engine == Engine::Unknown) else { continue };
            server.engine = endpoint.engine;
            if told.is_none() {
                server.reserved = self.reserved_default(endpoint.engine);
            }
        }
    }

    pub(super) fn reserved_default(&self, engine: Engine) -> Reading {
        match self.catalogue.server_named(engine.as_str()) {
            Some(kind) => Reading::default_of(kind.reserved_total(), format!("{}'s reserved slots", kind.name)),
            None => Reading::default_of(0, "no reserved slots are known"),
        }
    }

    /// Servers that run in the tree: a container whose image is one.
    fn running_servers(&self) -> Vec<Running> {
        let mut found = Vec::new();
        for scope in self.scopes {
            let (Some((w, c)), Some(image)) = (scope.owner, scope.image.as_deref()) else { continue };
            let Some(kind) = self.catalogue.server_of_image(image) else { continue };
            let (Some(workload), Some(resource)) = (self.workloads.get(w), self.resource(w)) else { continue };
            let names = self.names_of(resource);
            let (limit, setting, name) = self.limit_in(kind, scope, resource, c);
            found.push(Running {
                server: Server {
                    limit,
                    reserved: self.reserved_in(kind, scope),
                    engine_default: kind.default,
                    limit_name: name,
                    limit_setting: setting,
                    hosts: names.iter().map(|n| n.name.clone()).collect(),
                    environment: workload.environment,
                    at: Some(workload.at),
                    ..Server::named(server_name(&workload.id, &names), engine_of(kind))
                },
                names,
                layer: workload.id.layer.clone(),
            });
        }
        tell_apart(&mut found);
        found
    }

    pub(super) fn resource(&self, workload: usize) -> Option<&Resource> {
        self.resources.get(workload).and_then(|&at| self.settings.resources.get(at)).map(Arc::as_ref)
    }

    /// Every name under which a workload is reached: its services' names, its own host names.
    pub(super) fn names_of(&self, resource: &Resource) -> Vec<HostName> {
        let Shape::Workload(shape) = &resource.shape else { return Vec::new() };
        let host_name = |name: &str| HostName {
            name: name.to_ascii_lowercase(),
            namespace: resource.id.namespace.clone(),
            layer: resource.id.layer.clone(),
        };
        let own = shape.host_names.iter().map(|name| host_name(name));
        let selects = |service: &ServiceShape| {
            !service.selector.is_empty() && service.selector.iter().all(|label| shape.labels.contains(label))
        };
        let services = self.settings.resources.iter().filter(|r| match &r.shape {
            Shape::Service(service) => {
                let beside = r.id.namespace == resource.id.namespace && r.id.layer == resource.id.layer;
                beside && r.standing != Standing::Covered && selects(service)
            }
            _ => false,
        });
        own.chain(services.map(|r| host_name(&r.id.name))).collect()
    }

    /// The limit from the command line, the mounted files or the environment; else the engine's default.
    fn limit_in(
        &self,
        kind: &ServerKind,
        scope: &Scope,
        resource: &Resource,
        container: usize,
    ) -> (Reading, Option<SettingRef>, Option<String>) {
        if let Some((reading, setting)) = self.limit_in_command(kind, scope, resource, container) {
            return (reading, Some(setting), Some(kind.limit_key.clone()));
        }
        for entry in scope.entries.iter().rev() {
            let (setting, at) = (self.settings.get(entry.setting), entry.at(self.settings));
            let names =
                if entry.is_env { kind.limit_env_matches(&entry.key) } else { kind.limit_key_matches(&entry.key) };
            if !names {
                continue;
            }
            let reading = match entry.value(self.settings).text.trim().parse() {
                Ok(n) => Reading::literal(n, at),
                Err(_) => unreadable(&setting.path.to_string(), at),
            };
            return (reading, Some(entry.setting), Some(entry.key.clone()));
        }
        (self.default_limit(kind), None, Some(kind.limit_key.clone()))
    }

    pub(super) fn default_limit(&self, kind: &ServerKind) -> Reading {
        match kind.default {
            Some(n) => Reading::default_of(n, format!("{}'s default max_connections", kind.name)),
            None => Reading::unknown(0, format!("{} has no documented default limit", kind.name)),
        }
    }

    fn limit_in_command(
        &self,
        kind: &ServerKind,
        scope: &Scope,
        resource: &Resource,
        container: usize,
    ) -> Option<(Reading, SettingRef)> {
        let Shape::Workload(shape) = &resource.shape else { return None };
        let command = &shape.containers.iter().filter(|c| !c.init).nth(container)?.command;
        let (workload, _) = scope.owner?;
        let resource_index = u32::try_from(*self.resources.get(workload)?).ok()?;
        let mut words = Vec::new();
        for &at in command {
            let Some(setting) = resource.settings.get(at as usize) else { continue };
            let reference = SettingRef { resource: resource_index, setting: at };
            words.extend(words_of(&setting.value.text).map(|(text, range)| Word {
                text,
                reference,
                at: setting.value.place(range, setting.at.source),
            }));
        }
        let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
        let (index, value) = kind.limit_in_words(&texts)?;
        let word = words.get(index)?;
        let reading = match value {
            Some(n) => Reading::literal(n, word.at),
            None => unreadable("the server's command line", word.at),
        };
        Some((reading, word.reference))
    }

    fn reserved_in(&self, kind: &ServerKind, scope: &Scope) -> Reading {
        let mut total = 0;
        let mut at = None;
        for (key, default) in &kind.reserved {
            let entry = scope.entries.iter().rev().find(|e| !e.is_env && last_word(&e.key) == key);
            let written = entry.map(|e| self.settings.get(e.setting));
            let value = written.and_then(|s| s.value.text.trim().parse::<u64>().ok());
            at = at.or(written.filter(|_| value.is_some()).map(|s| s.at));
            total += value.unwrap_or(*default);
        }
        match at {
            Some(at) => Reading::literal(total, at),
            None => Reading::default_of(total, format!("{}'s reserved slots", kind.name)),
        }
    }

    /// Servers that are only configured in the tree: a postgresql.conf, a my.cnf, an operator's object.
    fn configured_servers(&self, known: &[Server]) -> Vec<Server> {
        let taken: BTreeSet<SettingRef> = known.iter().filter_map(|s| s.limit_setting).collect();
        let mut found: Vec<Server> = Vec::new();
        for (at, resource, setting) in self.settings.iter() {
            if taken.contains(&at) || matches!(resource.shape, Shape::Workload(_)) {
                continue;
            }
            // Most settings are no number; the context below is costly to put together.
            let Ok(n) = setting.value.text.trim().parse::<u64>() else { continue };
            let is_env =
                setting.unit.and_then(|u| resource.units.get(u as usize)).is_some_and(|u| u.kind == UnitKind::Env);
            let context = format!("{} {} {}", self.sources.get(resource.source).path, resource.id, setting.path);
            let parent = setting.path.parent();
            let beside =
                |name: &str| resource.settings.iter().any(|s| s.path.last() == name && s.path.parent() == parent);
            let kind = self.catalogue.server_of_setting(&setting.logical, is_env, &context, &beside);
            let Some(kind) = kind else { continue };
            let id = configured_id(&resource.id, setting);
            if found.iter().any(|s| s.id == id) {
                continue;
            }
            found.push(Server {
                limit: Reading::literal(n, setting.at),
                reserved: reserved_beside(kind, resource, setting),
                engine_default: kind.default,
                limit_name: Some(setting.logical.clone()),
                limit_setting: Some(at),
                hosts: operators::hosts(&resource.id),
                environment: resource.environment,
                at: Some(setting.at),
                ..Server::named(id, engine_of(kind))
            });
        }
        found
    }
}

/// Reserved slots that stand beside the limit, or the defaults.
fn reserved_beside(kind: &ServerKind, resource: &Resource, limit: &Setting) -> Reading {
    let parent = limit.path.parent();
    let written = |key: &str| resource.settings.iter().find(|s| s.path.last() == key && s.path.parent() == parent);
    let (mut total, mut at) = (0_u64, None);
    for (key, default) in &kind.reserved {
        let number = written(key).and_then(|s| Some((s.value.text.trim().parse::<u64>().ok()?, s.at)));
        at = at.or(number.map(|(_, at)| at));
        total = total.saturating_add(number.map_or(*default, |(n, _)| n));
    }
    match at {
        Some(at) => Reading::literal(total, at),
        None => Reading::default_of(total, format!("{}'s reserved slots", kind.name)),
    }
}

pub(super) fn engine_of(kind: &ServerKind) -> Engine {
    Engine::from_name(&kind.id).unwrap_or(Engine::Unknown)
}

/// A limit that is written and cannot be read as a number: a template, a reference.
pub(super) fn unreadable(what: &str, at: Location) -> Reading {
    let origin = Origin::Unknown(format!("{what} is not a plain number"));
    Reading { value: Interval::at_least(0), origin, at: Some(at) }
}

/// Name of a server that is only configured: its object, and the section where one file configures several.
fn configured_id(holder: &ResourceId, setting: &Setting) -> String {
    // A file inside a file has its own server: the charts of a values file each have one.
    if holder.is_file() && setting.path.segments().any(|s| matches!(s, Segment::Embedded(_))) {
        let around = setting.path.parent().to_string();
        return format!("{holder} {}", around.split(".primary").next().unwrap_or(&around).trim_end_matches('!'));
    }
    let section = setting.logical.rsplit_once('.').map_or("", |(parent, _)| parent);
    let whole = section.is_empty() || matches!(section, "mysqld" | "mariadb" | "server") || !holder.is_file();
    if whole { holder.to_string() } else { format!("{holder} {section}") }
}

/// A word of a command with its place.
struct Word {
    text: String,
    reference: SettingRef,
    at: Location,
}

/// Words of a command text with their ranges.
fn words_of(text: &str) -> impl Iterator<Item = (String, std::ops::Range<usize>)> + '_ {
    text.split_whitespace().map(move |word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        (word.trim_matches(['"', '\'']).to_owned(), start..start + word.len())
    })
}

fn last_word(key: &str) -> &str {
    key.rsplit_once('.').map_or(key, |(_, last)| last)
}

pub(super) fn assumed_clients() -> Reading {
    Reading {
        value: Interval::exact(ASSUMED_FIXED_CLIENTS),
        origin: Origin::Assumed("for exporters, backups and people".to_owned()),
        at: None,
    }
}

/// The shortest name under which a server is reached; its workload's name where no service leads to it.
fn server_name(id: &ResourceId, names: &[HostName]) -> String {
    let name = names.iter().map(|n| n.name.as_str()).min_by_key(|n| (n.len(), *n)).unwrap_or(&id.name);
    if id.namespace.is_empty() { name.to_owned() } else { format!("{}/{name}", id.namespace) }
}

/// Notes what the settings of servers mean, for the table of changes.
pub(super) fn limit_roles(servers: &[Server]) -> impl Iterator<Item = (SettingRef, &'static str)> + '_ {
    servers.iter().filter_map(|s| s.limit_setting).map(|at| (at, Role::ServerMaxConnections.as_str()))
}
