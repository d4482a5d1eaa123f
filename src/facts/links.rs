//! Which endpoint reaches which server or pooler.
//!
//! In: endpoints, the servers and poolers with their names. Out: a link on each endpoint whose host leads to one. The first
//! way that succeeds wins, and it is named.

use std::collections::BTreeMap;

use crate::connection::{Engine, PartRole, part_role_for_key};
use crate::facts::servers::Sight;
use crate::facts::{Endpoint, Link, Pooler, Reading, Scope, SecretLink, Server, operators};
use crate::setting::{ResourceId, Shape};

/// A name in the network.
#[derive(Debug, Clone)]
pub(super) struct HostName {
    /// As clients say it, in lower case: `orders-db`, or `aws_db_instance.orders` for an address taken from a block.
    pub(super) name: String,
    /// The namespace in which its short form holds; of a block the folder.
    pub(super) namespace: String,
    /// The layer that deploys it; empty for what is deployed as it is written.
    pub(super) layer: String,
}

/// The names of all that runs in the tree.
#[derive(Default)]
pub(super) struct Names {
    /// By index of the server.
    pub(super) servers: BTreeMap<usize, Vec<HostName>>,
    /// By pooler: the workload that it runs in, if any, and its names.
    pub(super) poolers: Vec<(Option<usize>, Vec<HostName>)>,
}

/// Where a client is: what a short name means depends on it.
struct Client<'a> {
    namespace: &'a str,
    layer: &'a str,
}

/// What a host leads to.
enum Target {
    Server(usize, Link),
    Pooler(usize, Link),
}

/// Links one endpoint.
pub(super) fn link(sight: &Sight<'_>, endpoint: &mut Endpoint, servers: &mut Vec<Server>, names: &Names) {
    match target(sight, endpoint, servers, names) {
        Some(Target::Server(at, link)) => endpoint.server = Some((at, link)),
        Some(Target::Pooler(at, link)) => endpoint.pooler = Some((at, link)),
        None => {}
    }
}

fn target(sight: &Sight<'_>, endpoint: &Endpoint, servers: &mut Vec<Server>, names: &Names) -> Option<Target> {
    if let Some(told) = declared_link(sight, endpoint, servers) {
        return Some(Target::Server(told, Link::Declared));
    }
    let (host, port) = host_of(sight, endpoint)?;
    let by_glob = |s: &Server| s.hosts.iter().any(|h| fast_glob::glob_match(h, &host));
    let declared = sight.declared.servers.len();
    if let Some(at) = servers.iter().take(declared).position(by_glob) {
        return Some(Target::Server(at, Link::Declared));
    }
    let client = Client {
        namespace: sight.settings.resource_of(endpoint.setting).id.namespace.as_str(),
        layer: layer_of(sight, endpoint),
    };
    if crate::connection::is_local(&host) {
        return beside(sight, endpoint, servers, names, &client);
    }
    // What one layer deploys reaches what the same layer deploys; another's only where it has none of that name.
    for own in [true, false] {
        let pooler = |(_, list): &(Option<usize>, Vec<HostName>)| is_named(list, &host, &client, own);
        if let Some(at) = names.poolers.iter().position(pooler).filter(|_| !endpoint.of_pooler) {
            return Some(Target::Pooler(at, Link::ServiceName));
        }
        if let Some((at, _)) = names.servers.iter().find(|(_, list)| is_named(list, &host, &client, own)) {
            return Some(Target::Server(*at, service_or_block(&host)));
        }
    }
    if let Some(at) = by_host(&host, servers) {
        return Some(Target::Server(at, Link::HostName));
    }
    let name = cluster_name(&host, client.namespace);
    address_only(endpoint, &name, port, servers).map(|at| Target::Server(at, Link::AddressOnly))
}

/// The server that a host means for something in a namespace; what is no client's address (a pooler's own target) is
/// looked up by it too.
pub(super) fn server_of_host(
    host: &str,
    namespace: &str,
    layer: &str,
    servers: &[Server],
    names: &Names,
) -> Option<(usize, Link)> {
    let client = Client { namespace, layer };
    for own in [true, false] {
        if let Some((at, _)) = names.servers.iter().find(|(_, list)| is_named(list, host, &client, own)) {
            return Some((*at, service_or_block(host)));
        }
    }
    by_host(host, servers).map(|at| (at, Link::HostName))
}

fn is_named(list: &[HostName], host: &str, client: &Client<'_>, own: bool) -> bool {
    list.iter().any(|name| (name.layer == client.layer) == own && reaches(host, client.namespace, name))
}

fn service_or_block(host: &str) -> Link {
    let is_block = host.contains('_') && host.contains('.') || host.starts_with("module.");
    if is_block { Link::Reference } else { Link::ServiceName }
}

/// A server of the tree is known by its first label too; one of which only the address is known is not.
fn by_host(host: &str, servers: &[Server]) -> Option<usize> {
    let first = host.split('.').next().unwrap_or(host);
    let says = |h: &String| *h == host || h == first || h.contains('*') && fast_glob::glob_match(h.as_str(), host);
    servers.iter().position(|s| s.at.is_some() && s.hosts.iter().any(says))
}

/// What `localhost` means in a pod: the pooler in it, or the server that a proxy in it leads to.
fn beside(
    sight: &Sight<'_>,
    endpoint: &Endpoint,
    servers: &mut Vec<Server>,
    names: &Names,
    client: &Client<'_>,
) -> Option<Target> {
    if endpoint.of_pooler {
        return None;
    }
    let in_pod = |workload: &Option<usize>| workload.is_some_and(|w| endpoint.workloads.contains(&w));
    if let Some(at) = names.poolers.iter().position(|(workload, _)| in_pod(workload)) {
        return Some(Target::Pooler(at, Link::Sidecar));
    }
    let proxies = sight.scopes.iter().filter(|s| s.owner.is_some_and(|(w, _)| endpoint.workloads.contains(&w)));
    let instance = proxies.into_iter().find_map(|scope| proxied(sight, scope))?;
    let name = instance.rsplit(':').next().unwrap_or(&instance).to_ascii_lowercase();
    if let Some((at, _)) = server_of_host(&name, client.namespace, client.layer, servers, names) {
        return Some(Target::Server(at, Link::Sidecar));
    }
    address_only(endpoint, &instance, None, servers).map(|at| Target::Server(at, Link::Sidecar))
}

/// The instance that a Cloud SQL proxy leads to: `project:region:name`.
/// <https://github.com/GoogleCloudPlatform/cloud-sql-proxy>
fn proxied(sight: &Sight<'_>, scope: &Scope) -> Option<String> {
    let image = scope.image.as_deref()?;
    if !image.contains("cloud-sql-proxy") && !image.contains("cloudsql-proxy") && !image.contains("gce-proxy") {
        return None;
    }
    let (w, c) = scope.owner?;
    let resource = sight.resource(w)?;
    let Shape::Workload(shape) = &resource.shape else { return None };
    let container = shape.containers.iter().filter(|c| !c.init).nth(c)?;
    let words = container.command.iter().filter_map(|&at| resource.settings.get(at as usize));
    words.flat_map(|s| s.value.text.split_whitespace()).find_map(|word| {
        let word = word.rsplit_once("instances=").map_or(word, |(_, rest)| rest);
        let name = word.split(['=', '?', ',']).next()?.trim_matches(['"', '\'']);
        (name.split(':').filter(|part| !part.is_empty()).count() == 3 && !name.contains(['/', '$']))
            .then(|| name.to_owned())
    })
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
    let port = text("port").and_then(|p| fill(sight, endpoint, &p).trim().parse().ok());
    if let Some(block) = block_of(&host) {
        return Some((block, port));
    }
    let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
    let plain = !host.is_empty() && !host.contains(['$', '{', '<', '%', ' ', '/']);
    plain.then_some((host, port))
}

/// The block that an expression of Terraform takes an address from: `aws_db_instance.orders` of
/// `${aws_db_instance.orders.address}`. A reader's address keeps that it is one.
pub(super) fn block_of(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix("${")?.strip_suffix('}')?;
    let mut steps = inner.split('.');
    let (of, name, attribute) = (steps.next()?, steps.next()?, steps.next()?);
    let is_block = of == "module" || of.contains('_');
    let is_word = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let name = name.split('[').next().unwrap_or(name);
    if !is_block || !is_word(of) || !is_word(name) {
        return None;
    }
    let reader = if attribute.contains("reader") { ".reader" } else { "" };
    Some(format!("{of}.{name}{reader}").to_ascii_lowercase())
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

/// Whether `host`, as said in `namespace`, means a name of the cluster, of the Compose project or of a folder's blocks.
fn reaches(host: &str, namespace: &str, name: &HostName) -> bool {
    if name.name.contains('.') {
        return host == name.name && namespace == name.namespace;
    }
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
        // Where the deployment puts an object into its namespace, the object itself names none.
        [_, "svc", ..] => name.namespace.is_empty(),
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
fn address_only(endpoint: &Endpoint, host: &str, port: Option<u16>, servers: &mut Vec<Server>) -> Option<usize> {
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
    let known = servers.iter().position(|s| s.id == id);
    Some(known.unwrap_or_else(|| {
        let why = format!("max_connections of {host} (declare it in plimsoll.toml under [[server]])");
        servers.push(Server {
            limit: Reading::unknown(0, why),
            hosts: vec![host.to_owned()],
            environment: endpoint.environment,
            ..Server::named(id, endpoint.engine)
        });
        servers.len() - 1
    }))
}

/// Names the user of each pooler's client whose string names none: PgBouncer has a pool for each user and database.
pub(super) fn name_users(sight: &Sight<'_>, endpoints: &mut [Endpoint]) {
    let is_unnamed = |e: &Endpoint| e.pooler.is_some() && e.parts.iter().all(|p| p.role != "user");
    let mut wanted: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, endpoint) in endpoints.iter().enumerate().filter(|(_, e)| is_unnamed(e)) {
        wanted.entry(endpoint.setting).or_default().push(at);
    }
    if wanted.is_empty() {
        return;
    }
    for scope in sight.scopes {
        for entry in scope.entries.iter().filter(|e| wanted.contains_key(&e.setting)) {
            let Some(user) = user_beside(sight, scope, &entry.key) else { continue };
            for &at in wanted.get(&entry.setting).into_iter().flatten() {
                if let Some(endpoint) = endpoints.get_mut(at) {
                    endpoint.user = Some(user.clone());
                }
            }
        }
    }
}

/// The user of the same group of keys, or the only one of the process.
fn user_beside(sight: &Sight<'_>, scope: &Scope, key: &str) -> Option<String> {
    let group = part_role_for_key(key).map(|part| part.group);
    let users = scope.entries.iter().filter_map(|e| {
        let part = part_role_for_key(&e.key).filter(|part| part.role == PartRole::User)?;
        Some((part.group, e.value(sight.settings).text.trim().to_owned()))
    });
    let users: Vec<(String, String)> =
        users.filter(|(_, user)| !user.is_empty() && !user.contains(['$', '{', '<'])).collect();
    let same = users.iter().rev().find(|(of, _)| Some(of) == group.as_ref());
    same.or(users.first().filter(|_| users.len() == 1)).map(|(_, user)| user.clone())
}

/// Clients whose address is in a Secret that an operator makes: its content is not seen, its name tells the server.
pub(super) fn by_secret(sight: &Sight<'_>, servers: &[Server], poolers: &[Pooler]) -> Vec<SecretLink> {
    let databases = operators::Databases::new(sight, servers);
    let mut found = Vec::new();
    for (w, &at) in sight.resources.iter().enumerate() {
        let Some(resource) = sight.settings.resources.get(at) else { continue };
        let Shape::Workload(shape) = &resource.shape else { continue };
        for (c, container) in shape.containers.iter().filter(|c| !c.init).enumerate() {
            let keys = container.env_refs.iter().filter(|r| r.from.kind == "Secret");
            let named = keys.map(|r| (r.from.name.as_str(), r.key.as_str()));
            let whole = container.env_from.iter().filter(|f| f.kind == "Secret").map(|f| (f.name.as_str(), "uri"));
            for (secret, key) in named.chain(whole) {
                let namespace = resource.id.namespace.as_str();
                let Some((server, pooled)) = databases.of_secret(namespace, secret, key) else { continue };
                let behind = |p: &Pooler| p.routes.iter().any(|r| r.server.0 == server);
                let pooler = if pooled { poolers.iter().position(behind) } else { None };
                found.push(SecretLink { owner: (w, c), server: pooler.is_none().then_some(server), pooler });
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_terraform_leads_to_its_block() {
        let of = |text: &str| block_of(text);
        assert_eq!(of("${aws_db_instance.orders.address}").as_deref(), Some("aws_db_instance.orders"));
        assert_eq!(
            of("${aws_rds_cluster.Orders[0].reader_endpoint}").as_deref(),
            Some("aws_rds_cluster.orders.reader")
        );
        assert_eq!(of("${module.db.db_instance_address}").as_deref(), Some("module.db"));
        for text in ["${var.db_host}", "${DB_HOST}", "db.example.org", "${local.a.b}", "${aws_x.a}", ""] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn names_of_the_cluster_hold_in_their_namespace() {
        let name = HostName { name: "db".to_owned(), namespace: "shop".to_owned(), layer: String::new() };
        for (host, namespace, expected) in [
            ("db", "shop", true),
            ("db", "other", false),
            ("db.shop", "other", true),
            ("db.shop.svc.cluster.local", "other", true),
            ("db-0.db", "shop", true),
            ("db.other", "shop", false),
            ("dbx", "shop", false),
        ] {
            assert_eq!(reaches(host, namespace, &name), expected, "{host} in {namespace}");
        }
        let placed_elsewhere = HostName { namespace: String::new(), ..name };
        assert!(reaches("db.shop.svc.cluster.local", "other", &placed_elsewhere));
        assert!(!reaches("db.example.org", "other", &placed_elsewhere));
    }
}
