//! Which servers take connections, what their limits are, and which endpoint reaches which server.
//!
//! In: workloads, scopes, endpoints, settings, what the user declared. Out: servers, and a link on each endpoint whose
//! host leads to one. The first way that succeeds wins, and it is named.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalogue::{Catalogue, Role, ServerKind};
use crate::connection::Engine;
use crate::facts::{Declared, DeclaredServer, Endpoint, Link, Origin, Reading, Scope, Server, Workload};
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

/// Finds all servers and links the endpoints to them.
pub(super) fn servers(sight: &Sight<'_>, endpoints: &mut [Endpoint]) -> Vec<Server> {
    let mut servers = sight.declared_servers();
    let mut names: BTreeMap<usize, Vec<HostName>> = BTreeMap::new();
    for found in sight.running_servers() {
        let at = merge(&mut servers, found.server);
        names.entry(at).or_default().extend(found.names);
    }
    for server in sight.configured_servers(&servers) {
        merge(&mut servers, server);
    }
    for endpoint in endpoints.iter_mut() {
        endpoint.server = link(sight, endpoint, &mut servers, &names);
    }
    servers
}

/// A server that runs in the tree, with the names under which others reach it.
struct Running {
    server: Server,
    names: Vec<HostName>,
    /// The layer that deploys it.
    layer: String,
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

/// A name in the network.
struct HostName {
    name: String,
    /// The namespace in which its short form holds.
    namespace: String,
    /// The layer that deploys it; empty for what is deployed as it is written.
    layer: String,
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
        known.limit_setting = found.limit_setting;
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
            id: told.id.clone(),
            engine,
            limit: limit.unwrap_or_else(|| Reading::unknown(0, format!("max_connections of [[server]] {}", told.id))),
            reserved: told.reserved.map_or_else(|| self.reserved_default(engine), exact),
            engine_default: self.catalogue.server_named(engine.as_str()).and_then(|kind| kind.default),
            limit_name: None,
            limit_setting: None,
            hosts: told.hosts.iter().map(|h| h.to_ascii_lowercase()).collect(),
            fixed_clients: told.fixed_clients.map_or_else(assumed_clients, exact),
            observed_peak: told.observed_peak,
            environment: crate::setting::Environment::Unknown,
            at: None,
        }
    }

    fn reserved_default(&self, engine: Engine) -> Reading {
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
                    id: server_name(&workload.id, &names),
                    engine: engine_of(kind),
                    limit,
                    reserved: self.reserved_in(kind, scope),
                    engine_default: kind.default,
                    limit_name: name,
                    limit_setting: setting,
                    hosts: names.iter().map(|n| n.name.clone()).collect(),
                    fixed_clients: assumed_clients(),
                    observed_peak: None,
                    environment: workload.environment,
                    at: Some(workload.at),
                },
                names,
                layer: workload.id.layer.clone(),
            });
        }
        tell_apart(&mut found);
        found
    }

    fn resource(&self, workload: usize) -> Option<&Resource> {
        self.resources.get(workload).and_then(|&at| self.settings.resources.get(at)).map(Arc::as_ref)
    }

    /// Every name under which a workload is reached: its services' names, its own host names.
    fn names_of(&self, resource: &Resource) -> Vec<HostName> {
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

    fn default_limit(&self, kind: &ServerKind) -> Reading {
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
                id,
                engine: engine_of(kind),
                limit: Reading::literal(n, setting.at),
                reserved: Reading::default_of(kind.reserved_total(), format!("{}'s reserved slots", kind.name)),
                engine_default: kind.default,
                limit_name: Some(setting.logical.clone()),
                limit_setting: Some(at),
                hosts: operator_hosts(&resource.id),
                fixed_clients: assumed_clients(),
                observed_peak: None,
                environment: resource.environment,
                at: Some(setting.at),
            });
        }
        found
    }
}

fn engine_of(kind: &ServerKind) -> Engine {
    Engine::from_name(&kind.id).unwrap_or(Engine::Unknown)
}

/// A limit that is written and cannot be read as a number: a template, a reference.
fn unreadable(what: &str, at: Location) -> Reading {
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

fn assumed_clients() -> Reading {
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

/// Services that operators make for a database object: the object's name, with a suffix for the role.
/// <https://cloudnative-pg.io/documentation/current/service_management/>
fn operator_hosts(id: &ResourceId) -> Vec<String> {
    if id.is_file() || id.kind == "ConfigMap" || id.kind == "Secret" {
        return Vec::new();
    }
    ["", "-rw", "-r", "-primary", "-pgbouncer"].iter().map(|s| format!("{}{s}", id.name).to_ascii_lowercase()).collect()
}

fn link(
    sight: &Sight<'_>,
    endpoint: &Endpoint,
    servers: &mut Vec<Server>,
    names: &BTreeMap<usize, Vec<HostName>>,
) -> Option<(usize, Link)> {
    if let Some(told) = declared_link(sight, endpoint, servers) {
        return Some((told, Link::Declared));
    }
    let (host, port) = host_of(sight, endpoint)?;
    let by_glob = |s: &Server| s.hosts.iter().any(|h| fast_glob::glob_match(h, &host));
    let declared = sight.declared.servers.len();
    if let Some(at) = servers.iter().take(declared).position(by_glob) {
        return Some((at, Link::Declared));
    }
    let namespace = sight.settings.resource_of(endpoint.setting).id.namespace.as_str();
    // What one layer deploys reaches what the same layer deploys; another's only where it has none of that name.
    let layer = layer_of(sight, endpoint);
    for own in [true, false] {
        let fits = |name: &HostName| (name.layer == layer) == own && reaches(&host, namespace, name);
        if let Some((at, _)) = names.iter().find(|(_, names)| names.iter().any(fits)) {
            return Some((*at, Link::ServiceName));
        }
    }
    let first = host.split('.').next().unwrap_or(&host);
    // A server of the tree is known by its first label too; one of which only the address is known is not.
    let named = |s: &Server| s.at.is_some() && s.hosts.iter().any(|h| *h == host || h == first);
    if let Some(at) = servers.iter().position(named) {
        return Some((at, Link::HostName));
    }
    if crate::connection::is_local(&host) {
        return None;
    }
    address_only(endpoint, &cluster_name(&host, namespace), port, servers)
}

/// The layer that deploys an endpoint: its holder's, or that of all who read it.
fn layer_of<'a>(sight: &Sight<'a>, endpoint: &Endpoint) -> &'a str {
    let holder = sight.settings.resource_of(endpoint.setting).id.layer.as_str();
    let mut readers = endpoint.workloads.iter().filter_map(|&w| sight.workloads.get(w)).map(|w| w.id.layer.as_str());
    match readers.next() {
        Some(first) if holder.is_empty() && readers.all(|layer| layer == first) => first,
        _ => holder,
    }
}

/// `[[workload]] server = "…"`, where every workload that uses the endpoint is told the same.
fn declared_link(sight: &Sight<'_>, endpoint: &Endpoint, servers: &[Server]) -> Option<usize> {
    let told = |id: &ResourceId| {
        sight.declared.workloads.iter().find(|d| d.matches(id)).and_then(|d| d.server.as_deref()).map(str::to_owned)
    };
    let users = endpoint.workloads.iter().filter_map(|&w| sight.workloads.get(w)).map(|w| &w.id);
    let holder = &sight.settings.resource_of(endpoint.setting).id;
    let mut wanted: Vec<String> = users.chain([holder]).filter_map(told).collect();
    wanted.dedup();
    match wanted.as_slice() {
        [one] => servers.iter().position(|s| s.id == *one),
        _ => None,
    }
}

/// Host and port of an endpoint; variables of the same process are filled in where their value is in the tree.
fn host_of(sight: &Sight<'_>, endpoint: &Endpoint) -> Option<(String, Option<u16>)> {
    let text = |role: &str| endpoint.parts.iter().find(|p| p.role == role).and_then(|p| p.text.clone());
    let host = fill(sight, endpoint, &text("host")?);
    let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
    let plain = !host.is_empty() && !host.contains(['$', '{', '<', '%', ' ', '/']);
    let port = text("port").and_then(|p| fill(sight, endpoint, &p).trim().parse().ok());
    plain.then_some((host, port))
}

/// Replaces a value that is one reference (`$(DB_HOST)`, `${DB_HOST}`, `${DB_HOST:fallback}`) by what the process sees.
fn fill(sight: &Sight<'_>, endpoint: &Endpoint, text: &str) -> String {
    let trimmed = text.trim();
    let inner = trimmed
        .strip_prefix("$(")
        .and_then(|t| t.strip_suffix(')'))
        .or_else(|| trimmed.strip_prefix("${").and_then(|t| t.strip_suffix('}')));
    let Some(inner) = inner else { return text.to_owned() };
    let (name, fallback) = inner.split_once(':').map_or((inner, None), |(n, f)| (n, Some(f.trim_start_matches('-'))));
    let reads = |s: &&Scope| s.entries.iter().any(|e| e.setting == endpoint.setting);
    let value = sight.scopes.iter().filter(reads).find_map(|scope| {
        let entry = scope.entries.iter().rev().find(|e| e.is_env && e.key == name)?;
        Some(entry.value(sight.settings).text.clone())
    });
    value.map(String::from).or_else(|| fallback.map(str::to_owned)).unwrap_or_else(|| text.to_owned())
}

/// Whether `host`, as said in `namespace`, means a name of the cluster or of the Compose project.
fn reaches(host: &str, namespace: &str, name: &HostName) -> bool {
    let mut labels = host.split('.');
    let first = labels.next().unwrap_or_default();
    // A StatefulSet's pod is reached as `pod-0.service`.
    let rest: Vec<&str> = labels.collect();
    let said = match (first == name.name, rest.split_first()) {
        (true, _) => rest,
        (false, Some((second, tail))) if *second == name.name && is_pod_of(first, &name.name) => tail.to_vec(),
        _ => return false,
    };
    match said.as_slice() {
        [] => namespace == name.namespace || namespace.is_empty() || name.namespace.is_empty(),
        [told, ..] if *told == name.namespace => said.len() == 1 || said.get(1) == Some(&"svc"),
        _ => false,
    }
}

fn is_pod_of(pod: &str, service: &str) -> bool {
    pod.strip_prefix(service).and_then(|t| t.strip_prefix('-')).is_some_and(|n| n.parse::<u32>().is_ok())
        || pod.rsplit_once('-').is_some_and(|(_, n)| n.parse::<u32>().is_ok())
}

/// One name for all spellings of a service of the cluster (`db`, `db.shop`, `db.shop.svc.cluster.local`): `shop/db`.
/// Other hosts stay as they are.
fn cluster_name(host: &str, namespace: &str) -> String {
    let inner = host.strip_suffix(".svc.cluster.local").or_else(|| host.strip_suffix(".svc"));
    match (inner.and_then(|i| i.rsplit_once('.')), host.contains('.')) {
        (Some((name, namespace)), _) => format!("{namespace}/{name}"),
        (None, false) if !namespace.is_empty() => format!("{namespace}/{host}"),
        _ => host.to_owned(),
    }
}

/// The port that an address without one means, so that both spellings are one server.
fn usual_port(engine: Engine) -> Option<u16> {
    match engine {
        Engine::PostgreSql => Some(5432),
        Engine::MySql | Engine::MariaDb => Some(3306),
        Engine::SqlServer => Some(1433),
        Engine::Oracle => Some(1521),
        _ => None,
    }
}

/// A server of which only the address is known: it gets a budget with an unknown limit.
fn address_only(
    endpoint: &Endpoint,
    host: &str,
    port: Option<u16>,
    servers: &mut Vec<Server>,
) -> Option<(usize, Link)> {
    let counted = matches!(
        endpoint.engine,
        Engine::PostgreSql | Engine::MySql | Engine::MariaDb | Engine::SqlServer | Engine::Oracle
    );
    if !counted {
        return None;
    }
    let id = match port.filter(|p| Some(*p) != usual_port(endpoint.engine)) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let at = servers.iter().position(|s| s.id == id).unwrap_or_else(|| {
        servers.push(Server {
            id: id.clone(),
            engine: endpoint.engine,
            limit: Reading::unknown(
                0,
                format!("max_connections of {host} (declare it in plimsoll.toml under [[server]])"),
            ),
            reserved: Reading::default_of(0, "part of the unknown limit"),
            engine_default: None,
            limit_name: None,
            limit_setting: None,
            hosts: vec![host.to_owned()],
            fixed_clients: assumed_clients(),
            observed_peak: None,
            environment: endpoint.environment,
            at: None,
        });
        servers.len() - 1
    });
    Some((at, Link::AddressOnly))
}

/// Notes what the settings of servers mean, for the table of changes.
pub(super) fn limit_roles(servers: &[Server]) -> impl Iterator<Item = (SettingRef, &'static str)> + '_ {
    servers.iter().filter_map(|s| s.limit_setting).map(|at| (at, Role::ServerMaxConnections.as_str()))
}
