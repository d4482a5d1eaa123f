//! Processes between clients and servers: what each may open, who reaches it, and which servers stand behind it.
//!
//! In: containers of a pooler's image or with a pooler's configuration, operators' objects, RDS proxies. Out: one
//! [`Pooler`] each, with the servers that its own configuration leads to.

use std::collections::BTreeSet;

use crate::catalogue::{Library, ReadValue, Role};
use crate::connection::Engine;
use crate::facts::links::{self, HostName, Names, block_of};
use crate::facts::operators::{at_path, number_at, text_at};
use crate::facts::servers::Sight;
use crate::facts::{
    Endpoint, Link, Origin, Pods, Pool, PoolMode, Pooler, PoolerCap, Reading, Route, Scope, Server, workloads,
};
use crate::quantity::Interval;
use crate::setting::{Resource, Rollout, Standing};

/// A pooler before its servers are known.
pub(super) struct Found {
    pub(super) pooler: Pooler,
    pub(super) names: Vec<HostName>,
    /// Its own addresses.
    endpoints: Vec<usize>,
    /// The host behind it, where its object names it.
    target: Option<(String, String, String)>,
}

/// Finds all poolers, and marks their own addresses among the endpoints.
pub(super) fn find(sight: &Sight<'_>, pools: &[Pool], endpoints: &mut [Endpoint]) -> Vec<Found> {
    let configured: BTreeSet<(&str, &str)> =
        pools.iter().filter(|p| p.is_pooler).map(|p| (p.key.owner.as_str(), p.key.container.as_str())).collect();
    let mut found = Vec::new();
    for scope in sight.scopes.iter().filter(|s| s.owner.is_some()) {
        let image = scope.image.as_deref();
        let by_image = image.and_then(|image| sight.catalogue.pooler_of_image(image));
        let is_configured = configured.contains(&(scope.owner_name.as_str(), scope.container.as_str()));
        // A client may bring a setting that is called like a pooler's; what it runs tells.
        if by_image.is_some() || is_configured && image.is_some_and(is_pooler_name) {
            found.extend(in_container(sight, scope, by_image, pools, endpoints));
        }
    }
    for resource in sight.settings.resources.iter().filter(|r| r.standing != Standing::Covered) {
        found.extend(of_object(sight, resource, pools));
    }
    for at in found.iter().flat_map(|f| &f.endpoints) {
        if let Some(endpoint) = endpoints.get_mut(*at) {
            endpoint.of_pooler = true;
        }
    }
    found
}

fn is_pooler_name(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    ["bouncer", "pooler", "odyssey", "pgcat", "pgdog", "pgpool", "proxysql", "maxscale"]
        .iter()
        .any(|w| name.contains(w))
        && !name.contains("exporter")
}

fn in_container(
    sight: &Sight<'_>,
    scope: &Scope,
    by_image: Option<&Library>,
    pools: &[Pool],
    endpoints: &[Endpoint],
) -> Option<Found> {
    let (w, _) = scope.owner?;
    let (workload, resource) = (sight.workloads.get(w)?, sight.resource(w)?);
    let own = own_pools(pools, &scope.owner_name, Some(&scope.container));
    let first = own.iter().find_map(|&i| pools.get(i)).map(|p| p.key.library.as_str());
    let library = by_image.or_else(|| sight.catalogue.libraries().iter().find(|l| Some(l.id.as_str()) == first))?;
    let values =
        Values { library, pools: own.iter().filter_map(|&i| pools.get(i)).collect(), scope: Some(scope), sight };
    let settings: BTreeSet<_> = scope.entries.iter().map(|e| e.setting).collect();
    let is_own = |(_, e): &(usize, &Endpoint)| settings.contains(&e.setting);
    // In a pod with others it is reached as localhost; a service in front of the pod leads to the others.
    let alone = workload.containers.iter().filter(|c| !c.image.as_deref().is_some_and(is_helper)).count() == 1;
    let name = if alone { workload.id.to_string() } else { format!("{} in {}", scope.container, workload.id) };
    let pooler = Pooler {
        name,
        product: library.name.clone(),
        engine: engine_of(library),
        environment: workload.environment,
        workload: Some(w),
        pods: Pods {
            min: workload.min_replicas.clone(),
            max: workload.max_replicas.clone(),
            surge: workload.surge.clone(),
            rolling: workload.rolling,
        },
        mode: values.mode(),
        cap: values.cap(),
        client_max: values.client_max(),
        routes: Vec::new(),
        pools: own,
        at: workload.at,
    };
    let names = if alone { sight.names_of(resource) } else { Vec::new() };
    let endpoints = endpoints.iter().enumerate().filter(is_own).map(|(i, _)| i).collect();
    Some(Found { pooler, names, endpoints, target: None })
}

/// Exporters and agents beside a pooler take no part in its traffic.
fn is_helper(image: &str) -> bool {
    ["exporter", "agent", "fluent", "istio", "envoy", "vector"].iter().any(|word| image.contains(word))
}

fn own_pools(pools: &[Pool], owner: &str, container: Option<&str>) -> Vec<usize> {
    let is_own = |p: &Pool| p.is_pooler && p.key.owner == owner && container.is_none_or(|c| c == p.key.container);
    pools.iter().enumerate().filter(|(_, p)| is_own(p)).map(|(i, _)| i).collect()
}

fn engine_of(library: &Library) -> Engine {
    library.engines.first().and_then(|e| Engine::from_name(e)).unwrap_or(Engine::Unknown)
}

/// What the configuration of one pooler says.
struct Values<'a> {
    library: &'a Library,
    pools: Vec<&'a Pool>,
    scope: Option<&'a Scope>,
    sight: &'a Sight<'a>,
}

impl Values<'_> {
    /// A number as it is written, else the product's default.
    fn number(&self, role: Role) -> Reading {
        match self.pools.iter().find_map(|p| p.setting(role)) {
            Some(setting) => {
                let unknown = |why: String| Reading { at: Some(setting.at), ..Reading::unknown(0, why) };
                match setting.value {
                    ReadValue::Count(n) => Reading::literal(n, setting.at),
                    ReadValue::Unlimited => unknown(format!("{} is unlimited", setting.name)),
                    ReadValue::Disabled => Reading::literal(0, setting.at),
                    _ => unknown(format!("{} is not a plain number", setting.name)),
                }
            }
            None => match self.library.default_of(role) {
                Some(ReadValue::Count(n)) => Reading::default_of(n, format!("{}'s default", self.library.name)),
                _ => Reading { origin: Origin::Default(format!("{} sets no bound", self.library.name)), ..unbounded() },
            },
        }
    }

    /// A number that has no role of its own, by the last step of its key.
    fn entry(&self, key: &str) -> Option<Reading> {
        let scope = self.scope?;
        let is_it = |e: &&crate::facts::Entry| {
            let last = e.key.rsplit('.').next().unwrap_or(&e.key).to_ascii_lowercase();
            last == key || e.is_env && last.strip_suffix(key).is_some_and(|before| before.ends_with('_'))
        };
        let entry = scope.entries.iter().rev().find(is_it)?;
        let n: u64 = entry.value(self.sight.settings).text.trim().parse().ok()?;
        Some(Reading::literal(n, entry.at(self.sight.settings)))
    }

    /// All numbers whose key ends so and runs through a word: the sizes of all users of a pool.
    fn all(&self, within: &str, last: &str) -> Vec<Reading> {
        let entries = self.scope.map(|s| s.entries.as_slice()).unwrap_or_default();
        let is_it = |key: &str| key.contains(within) && key.rsplit('.').next() == Some(last);
        let read = |e: &crate::facts::Entry| {
            let n: u64 = e.value(self.sight.settings).text.trim().parse().ok()?;
            Some(Reading::literal(n, e.at(self.sight.settings)))
        };
        entries.iter().filter(|e| is_it(&e.key)).filter_map(read).collect()
    }

    fn mode(&self) -> PoolMode {
        let written = self.pools.iter().find_map(|p| p.setting(Role::PoolerMode)).map(|s| s.raw.as_str());
        let default = match self.library.id.as_str() {
            "pgbouncer" | "pgpool" | "odyssey" => PoolMode::Session,
            _ => PoolMode::Transaction,
        };
        written.map_or(default, |text| mode_of(text, default))
    }

    fn cap(&self) -> PoolerCap {
        let listed = |all: Vec<Reading>, or: Role| if all.is_empty() { vec![self.number(or)] } else { all };
        match self.library.id.as_str() {
            "pgcat" => PoolerCap::Sum(listed(self.all("pools.", "pool_size"), Role::PoolerPoolSize)),
            "proxysql" => PoolerCap::Sum(listed(self.all("mysql_servers", "max_connections"), Role::PoolerServerMax)),
            "pgpool" => PoolerCap::Product(self.number(Role::PoolerClientMax), self.number(Role::PoolerPoolSize)),
            "maxscale" => match self.number(Role::PoolerServerMax) {
                most if most.value.hi.is_some() => PoolerCap::Sum(vec![most]),
                _ => PoolerCap::PassThrough,
            },
            "cloudsql-auth-proxy" => PoolerCap::PassThrough,
            _ => PoolerCap::Pairs {
                size: self.number(Role::PoolerPoolSize),
                reserve: match self.number(Role::PoolerReserve) {
                    none if none.value.hi.is_none() => Reading::default_of(0, "no reserve"),
                    some => some,
                },
                database: self.number(Role::PoolerServerMax),
                user: match self.entry("max_user_connections") {
                    Some(most) if most.value.lo > 0 => most,
                    _ => unbounded(),
                },
            },
        }
    }

    fn client_max(&self) -> Option<Reading> {
        // Pgpool's further clients wait in the listen queue.
        if self.library.id == "pgpool" {
            return None;
        }
        Some(self.number(Role::PoolerClientMax)).filter(|most| most.value.hi.is_some())
    }
}

fn unbounded() -> Reading {
    Reading { value: Interval::at_least(0), origin: Origin::Default("no bound is set".to_owned()), at: None }
}

fn mode_of(text: &str, default: PoolMode) -> PoolMode {
    match text.trim().trim_matches(['"', '\'']).to_ascii_lowercase().as_str() {
        "session" => PoolMode::Session,
        "transaction" => PoolMode::Transaction,
        "statement" => PoolMode::Statement,
        _ => default,
    }
}

/// The pooler that an operator's object or a block makes.
fn of_object(sight: &Sight<'_>, resource: &Resource, pools: &[Pool]) -> Option<Found> {
    match resource.id.kind.as_str() {
        "Pooler" => {
            let cluster = text_at(resource, "spec.cluster.name")?;
            let way = text_at(resource, "spec.type").unwrap_or("rw");
            let made = Made {
                pods: pods(sight, resource, "spec.instances", 1),
                names: vec![resource.id.name.clone()],
                target: format!("{cluster}-{way}"),
                mode: text_at(resource, "spec.pgbouncer.poolMode"),
            };
            bouncer(sight, resource, pools, made)
        }
        "PostgresCluster" | "PerconaPGCluster" => {
            let has = resource.settings.iter().any(|s| s.path.to_string().starts_with("spec.proxy.pgBouncer"));
            let made = Made {
                pods: pods(sight, resource, "spec.proxy.pgBouncer.replicas", 1),
                names: vec![format!("{}-pgbouncer", resource.id.name)],
                target: format!("{}-primary", resource.id.name),
                mode: text_at(resource, "spec.proxy.pgBouncer.config.global.pool_mode"),
            };
            has.then(|| bouncer(sight, resource, pools, made)).flatten()
        }
        "postgresql" => zalando(sight, resource),
        "resource" => rds_proxy(sight, resource),
        _ => None,
    }
}

/// What differs between the operators that run PgBouncer.
struct Made<'a> {
    pods: Pods,
    names: Vec<String>,
    target: String,
    mode: Option<&'a str>,
}

fn bouncer(sight: &Sight<'_>, resource: &Resource, pools: &[Pool], made: Made<'_>) -> Option<Found> {
    let library = sight.catalogue.libraries().iter().find(|l| l.id == "pgbouncer")?;
    let name = resource.id.to_string();
    let own = own_pools(pools, &name, None);
    let values = Values { library, pools: own.iter().filter_map(|&i| pools.get(i)).collect(), scope: None, sight };
    let bound = |key: &str| {
        let is_it = |s: &&crate::setting::Setting| s.path.last() == key;
        let setting = resource.settings.iter().find(is_it)?;
        let n: u64 = setting.value.text.trim().parse().ok()?;
        (n > 0).then(|| Reading::literal(n, setting.at))
    };
    let mut cap = values.cap();
    if let (PoolerCap::Pairs { user, .. }, Some(most)) = (&mut cap, bound("max_user_connections")) {
        *user = most;
    }
    let mode = made.mode.map_or_else(|| values.mode(), |text| mode_of(text, PoolMode::Session));
    let pooler = Pooler {
        product: library.name.clone(),
        engine: Engine::PostgreSql,
        environment: resource.environment,
        workload: None,
        pods: made.pods,
        mode,
        cap,
        client_max: values.client_max(),
        routes: Vec::new(),
        pools: own,
        at: first_of(resource),
        name,
    };
    Some(object(resource, pooler, &made.names, made.target))
}

fn object(resource: &Resource, pooler: Pooler, names: &[String], target: String) -> Found {
    let host = |name: &String| HostName {
        name: name.to_ascii_lowercase(),
        namespace: resource.id.namespace.clone(),
        layer: resource.id.layer.clone(),
    };
    let target = (target.to_ascii_lowercase(), resource.id.namespace.clone(), resource.id.layer.clone());
    Found { pooler, names: names.iter().map(host).collect(), endpoints: Vec::new(), target: Some(target) }
}

fn first_of(resource: &Resource) -> crate::source::Location {
    let first = resource.settings.iter().map(|s| s.at).min();
    first.unwrap_or(crate::source::Location { source: resource.source, span: crate::source::Span::default() })
}

fn pods(sight: &Sight<'_>, resource: &Resource, path: &str, default: u64) -> Pods {
    let written = number_at(resource, path);
    let written = written.unwrap_or_else(|| Reading::default_of(default, "the operator's number of poolers"));
    let (min, max) =
        workloads::scaled(sight.sources, sight.settings, resource).unwrap_or_else(|| (written.clone(), written));
    let in_place = text_at(resource, "spec.deploymentStrategy.type") == Some("Recreate");
    let surge = ["spec.deploymentStrategy.rollingUpdate.maxSurge"].iter().find_map(|path| {
        let setting = at_path(resource, path)?;
        resource.settings.iter().position(|s| std::ptr::eq(s, setting)).and_then(|at| u32::try_from(at).ok())
    });
    let rollout = if in_place { Rollout::InPlace } else { Rollout::Rolling { max_surge: surge } };
    Pods { surge: workloads::surge(resource, &rollout, max.value), min, max, rolling: !in_place }
}

/// Zalando's operator derives the sizes of each pod from one number for all of them.
/// <https://github.com/zalando/postgres-operator/blob/master/pkg/cluster/connection_pooler.go>
fn zalando(sight: &Sight<'_>, resource: &Resource) -> Option<Found> {
    let on = text_at(resource, "spec.enableConnectionPooler") == Some("true");
    let has = || resource.settings.iter().any(|s| s.path.to_string().starts_with("spec.connectionPooler."));
    if !on && !has() {
        return None;
    }
    let pods = pods(sight, resource, "spec.connectionPooler.numberOfInstances", 2);
    let default = || Reading::default_of(60, "the operator's max_db_connections");
    let all = number_at(resource, "spec.connectionPooler.maxDBConnections").unwrap_or_else(default);
    let derived = |value: Interval| Reading { value, origin: all.origin.clone(), at: all.at };
    let per_pod = match (all.value.known(), pods.max.value.known()) {
        (Some(all), Some(pods)) if pods > 0 => Interval::exact(all / pods),
        _ => Interval::at_least(0),
    };
    let half = |n: Interval| Interval { lo: n.lo / 2, hi: n.hi.map(|n| n / 2) };
    let mode = text_at(resource, "spec.connectionPooler.mode")
        .map_or(PoolMode::Transaction, |m| mode_of(m, PoolMode::Transaction));
    let pooler = Pooler {
        name: format!("{} pooler", resource.id),
        product: "PgBouncer".to_owned(),
        engine: Engine::PostgreSql,
        environment: resource.environment,
        workload: None,
        pods,
        mode,
        cap: PoolerCap::Pairs {
            size: derived(half(per_pod)),
            reserve: derived(half(half(per_pod))),
            database: derived(per_pod),
            user: unbounded(),
        },
        client_max: Some(Reading::default_of(10_000, "the operator's max_client_conn")),
        routes: Vec::new(),
        pools: Vec::new(),
        at: first_of(resource),
    };
    Some(object(resource, pooler, &[format!("{}-pooler", resource.id.name)], resource.id.name.clone()))
}

/// A proxy of Amazon RDS: its share of the target's limit stands in a block of its own.
fn rds_proxy(sight: &Sight<'_>, resource: &Resource) -> Option<Found> {
    let address = resource.id.name.strip_prefix("aws_db_proxy.").map(|_| resource.id.name.to_ascii_lowercase())?;
    let text = |r: &Resource, key: &str| {
        r.settings.iter().find(|s| s.path.last() == key).map(|s| s.value.text.trim().to_owned())
    };
    let mine = |of: &str| {
        sight.settings.resources.iter().find(|r| {
            r.id.kind == "resource"
                && r.id.namespace == resource.id.namespace
                && r.id.name.split('.').next() == Some(of)
                && text(r, "db_proxy_name").and_then(|t| block_of(&t)).as_deref() == Some(address.as_str())
        })
    };
    let share = mine("aws_db_proxy_default_target_group")
        .and_then(|r| r.settings.iter().find(|s| s.path.last() == "max_connections_percent"))
        .and_then(|s| Some(Reading::literal(s.value.text.trim().parse().ok()?, s.at)))
        .unwrap_or_else(|| Reading::default_of(100, "RDS Proxy's share of the limit, in percent"));
    let to = mine("aws_db_proxy_target").and_then(|r| {
        let host = text(r, "db_instance_identifier").or_else(|| text(r, "db_cluster_identifier"))?;
        block_of(&host)
    });
    let engine = match text(resource, "engine_family").as_deref() {
        Some("MYSQL") => Engine::MySql,
        _ => Engine::PostgreSql,
    };
    let one = Reading::default_of(1, "one proxy");
    let pooler = Pooler {
        name: resource.id.to_string(),
        product: "Amazon RDS Proxy".to_owned(),
        engine,
        environment: resource.environment,
        workload: None,
        pods: Pods { min: one.clone(), max: one, surge: Reading::default_of(0, "it does not roll"), rolling: false },
        mode: PoolMode::Transaction,
        cap: PoolerCap::Share(share),
        client_max: None,
        routes: Vec::new(),
        pools: Vec::new(),
        at: first_of(resource),
    };
    let mut found = object(resource, pooler, &[address], to.clone().unwrap_or_default());
    if to.is_none() {
        found.target = None;
    }
    Some(found)
}

/// Adds the servers behind each pooler, now that its own addresses are linked.
pub(super) fn route(
    sight: &Sight<'_>,
    found: Vec<Found>,
    endpoints: &[Endpoint],
    servers: &[Server],
    names: &Names,
) -> Vec<Pooler> {
    let mut poolers = Vec::new();
    for Found { mut pooler, endpoints: own, target, .. } in found {
        if let Some((host, namespace, layer)) = target {
            let server = links::server_of_host(&host, &namespace, &layer, servers, names);
            pooler.routes.extend(server.map(|server| Route { database: None, server, size: None, most: None }));
        }
        pooler.routes.extend(own.iter().filter_map(|&at| route_of(sight, endpoints.get(at)?)));
        if pooler.routes.is_empty() {
            pooler.routes.extend(only_server(&pooler, servers));
        }
        poolers.push(pooler);
    }
    poolers
}

/// The one server of its engine in the tree, where nothing says what stands behind a pooler.
fn only_server(pooler: &Pooler, servers: &[Server]) -> Option<Route> {
    let mut same = servers.iter().enumerate().filter(|(_, s)| s.engine == pooler.engine && s.replica_of.is_none());
    let (at, _) = same.next()?;
    same.next().is_none().then_some(Route { database: None, server: (at, Link::OnlyOne), size: None, most: None })
}

/// One line of PgBouncer's `[databases]`, or the address in a container's environment.
fn route_of(sight: &Sight<'_>, endpoint: &Endpoint) -> Option<Route> {
    let key = sight.settings.get(endpoint.setting).logical.as_str();
    let name = key.strip_prefix("databases.").or_else(|| key.rsplit_once(".databases.").map(|(_, name)| name));
    let parameter = |name: &str| {
        let role = format!("param:{name}");
        let part = endpoint.parts.iter().find(|p| p.role == role)?;
        Some(Reading::literal(part.text.as_deref()?.trim().parse().ok()?, part.at))
    };
    Some(Route {
        database: name.filter(|n| *n != "*").map(str::to_owned),
        server: endpoint.server?,
        size: parameter("pool_size"),
        most: parameter("max_db_connections").filter(|most| most.value.lo > 0),
    })
}
