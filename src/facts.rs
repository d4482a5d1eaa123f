//! What one side *means*: who runs how often, which pools may open how many connections, and against which server.
//!
//! In: all settings of a side (a budget needs the whole picture, so changes are not looked at), the catalogue, and what
//! the user declared. Out: workloads, endpoints, pools, servers and the links between them, each with its place and its
//! origin. Nothing is guessed without saying so; what cannot be known is an interval with an unknown end.

mod aliases;
mod arguments;
mod bare;
mod between;
mod endpoints;
mod links;
mod managed;
mod operators;
mod poolers;
mod pools;
pub mod references;
mod relevance;
mod scopes;
mod servers;
mod time_limits;
mod workloads;

pub(crate) use arguments::{assignment, option_name, word_ranges};
pub use between::{Foreign, Pods, PoolMode, Pooler, PoolerCap, Route, SecretLink};
pub use managed::keep_provisioned;
pub(crate) use managed::limit_of;
pub use relevance::keep_relevant;

use std::collections::BTreeMap;

use crate::catalogue::{Catalogue, Ends, ReadValue, Role, Unit};
use crate::connection::{ConnectionString, Engine};
use crate::document::Scalar;
use crate::quantity::Interval;
use crate::setting::{Environment, ResourceId, SettingRef, Settings};
use crate::source::{Location, Sources};

/// Reads what one side means.
#[must_use]
pub fn assemble(sources: &Sources, settings: &Settings, catalogue: &Catalogue, declared: &Declared) -> Facts {
    let resources = workloads::workload_resources(settings);
    let mut workloads = workloads::workloads(sources, settings, &resources, declared);
    let scopes = scopes::scopes(sources, settings, &resources);
    workloads::count_processes(&mut workloads, &scopes, settings, &resources, catalogue, declared);
    let endpoints::Found { mut endpoints, mut meanings } = endpoints::endpoints(settings, &scopes);
    let mut pools = pools::pools(sources, settings, &scopes, &endpoints, catalogue, &mut meanings);
    pools::leave_effective(&mut pools);
    declare_pools(&mut pools, &workloads, declared);
    let sight = servers::Sight {
        sources,
        settings,
        scopes: &scopes,
        workloads: &workloads,
        resources: &resources,
        catalogue,
        declared,
    };
    let servers::Found { servers, poolers, secret_links } = servers::servers(&sight, &pools, &mut endpoints);
    for (at, role) in servers::limit_roles(&servers).chain(workloads::roles(settings)) {
        meanings.entry(at).or_default().role = Some(role.to_owned());
    }
    let time_limits = time_limits::time_limits(&sight, &servers);
    let references = references::references(sources, settings);
    Facts {
        workloads,
        endpoints,
        pools,
        servers,
        time_limits,
        poolers,
        secret_links,
        foreign: Vec::new(),
        meanings,
        references,
    }
}

/// A pool ceiling that the user declared wins over what the files say.
fn declare_pools(pools: &mut [Pool], workloads: &[Workload], declared: &Declared) {
    for pool in pools {
        let id = pool.owner.and_then(|(w, _)| workloads.get(w)).map(|w| &w.id);
        let told = id.and_then(|id| declared.workloads.iter().find(|d| d.matches(id))).and_then(|d| d.pool_max);
        if let Some(n) = told {
            pool.max = Reading { value: Interval::exact(n), origin: Origin::Declared, at: None };
            pool.overflow = Reading::default_of(0, "part of the declared pool");
        }
    }
}

/// What one process reads: the settings it sees, the later ones overriding the earlier.
#[derive(Debug, Clone)]
struct Scope {
    /// Workload and container; `None` where no container of the tree is seen to read it.
    owner: Option<(usize, usize)>,
    /// The owner in the report: the workload, or the resource that holds the settings.
    owner_name: String,
    /// Name of the container; empty where there is none.
    container: String,
    environment: Environment,
    image: Option<String>,
    /// Whether it only shows what layers start from.
    covered: bool,
    entries: Vec<Entry>,
}

/// A setting as a process sees it.
#[derive(Debug, Clone)]
struct Entry {
    /// Its key for the process: prefix applied, renamed by a reference.
    key: String,
    is_env: bool,
    /// Resource and unit that it comes from.
    unit: (usize, u32),
    unit_name: String,
    setting: SettingRef,
    /// The value, where it is a part of the setting: an option in a command line.
    part: Option<Scalar>,
}

impl Entry {
    /// The value as the process gets it.
    fn value<'a>(&'a self, settings: &'a Settings) -> &'a Scalar {
        self.part.as_ref().unwrap_or_else(|| &settings.get(self.setting).value)
    }

    /// Where the value stands.
    fn at(&self, settings: &Settings) -> Location {
        let whole = settings.get(self.setting).at;
        // A part of a text that was put together may stand in another file than the whole.
        self.part.as_ref().map_or(whole, |part| part.home(whole.source))
    }
}

/// Where a number comes from, from the strongest to the weakest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Written in a file of the repository.
    Literal,
    /// Told in the policy file.
    Declared,
    /// A documented default; whose it is, in words.
    Default(String),
    /// From the table of a managed service; whose and of when, in words.
    Table(String),
    /// Taken for lack of anything better; why, in words.
    Assumed(String),
    /// Not to be had from the files; which line would settle it, in words.
    Unknown(String),
}

impl Origin {
    /// As the JSON report spells it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Origin::Literal => "literal",
            Origin::Declared => "mapped",
            Origin::Default(_) | Origin::Table(_) => "default",
            Origin::Assumed(_) => "assumed",
            Origin::Unknown(_) => "unknown",
        }
    }
}

/// A number with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The value; its ends say how sure it is.
    pub value: Interval,
    /// Where it comes from.
    pub origin: Origin,
    /// Where it is written, if it is.
    pub at: Option<Location>,
}

impl Reading {
    /// A number written in a file.
    #[must_use]
    pub fn literal(value: u64, at: Location) -> Reading {
        Reading { value: Interval::exact(value), origin: Origin::Literal, at: Some(at) }
    }

    /// A documented default.
    #[must_use]
    pub fn default_of(value: u64, whose: impl Into<String>) -> Reading {
        Reading { value: Interval::exact(value), origin: Origin::Default(whose.into()), at: None }
    }

    /// Not known; at least `lo`.
    #[must_use]
    pub fn unknown(lo: u64, why: impl Into<String>) -> Reading {
        Reading { value: Interval::at_least(lo), origin: Origin::Unknown(why.into()), at: None }
    }
}

impl Facts {
    /// Processes that each open a pool, over all replicas at peak; `None` where a factor is not known.
    #[must_use]
    pub fn copies(&self, pool: &Pool) -> Option<u64> {
        let (w, c) = pool.owner?;
        let workload = self.workloads.get(w)?;
        let processes = workload.containers.get(c)?.processes.value.known()?;
        workload.max_replicas.value.known()?.checked_mul(processes)
    }

    /// Connections that a pool may hold over all replicas and processes at peak; `None` where a factor is not known.
    #[must_use]
    pub fn total(&self, pool: &Pool) -> Option<u64> {
        self.copies(pool)?.checked_mul(pool.ceiling().known()?)
    }
}

/// Everything one side means. Order is deterministic throughout.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// What runs.
    pub workloads: Vec<Workload>,
    /// What is connected to.
    pub endpoints: Vec<Endpoint>,
    /// Which pools exist.
    pub pools: Vec<Pool>,
    /// Which servers take connections.
    pub servers: Vec<Server>,
    /// Times after which something beside the pools ends a connection, a statement or a request.
    pub time_limits: Vec<TimeLimit>,
    /// What stands between clients and servers.
    pub poolers: Vec<Pooler>,
    /// Clients that take their address from a Secret of which only the name is known.
    pub secret_links: Vec<SecretLink>,
    /// What other repositories open, where they told it.
    pub foreign: Vec<Foreign>,
    /// What single settings mean, for the table of changes.
    pub meanings: BTreeMap<SettingRef, Meaning>,
    /// What the settings refer to.
    pub references: references::References,
}

/// What a setting is to us.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meaning {
    /// Catalogue role or endpoint part (`host`, `port`, `param:sslmode`), if it has one.
    pub role: Option<String>,
    /// Whether its whole value is a secret.
    pub secret: bool,
    /// Index of the endpoint it is or belongs to.
    pub endpoint: Option<usize>,
    /// Display name of the library that reads it.
    pub library: Option<String>,
}

/// Something that runs in a number of copies.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Who it is: `Deployment shop/api`.
    pub id: ResourceId,
    /// Where it runs.
    pub environment: Environment,
    /// Least number of replicas.
    pub min_replicas: Reading,
    /// Greatest number of replicas: the autoscaler's maximum, else the written number.
    pub max_replicas: Reading,
    /// New replicas that stand beside the full number of old ones during a rollout (`maxSurge`, rounded up).
    pub surge: Reading,
    /// Whether a rollout places new replicas beside old ones at all.
    pub rolling: bool,
    /// Whether it runs to completion.
    pub job: bool,
    /// Seconds that stopping replicas may keep their connections.
    pub grace_seconds: u32,
    /// Its containers that keep running.
    pub containers: Vec<Container>,
    /// Where it is defined.
    pub at: Location,
}

/// A container with what multiplies its pools.
#[derive(Debug, Clone)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its image, if written.
    pub image: Option<String>,
    /// Processes that each open their own pools.
    pub processes: Reading,
    /// Worker threads of one process that may each want a connection, if a file tells.
    pub threads: Option<Reading>,
    /// Seconds after which its server gives a request up, if a file tells.
    pub request_timeout: Option<Reading>,
}

/// A time after which something beside the pools ends a connection, a statement or a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeLimit {
    /// What it ends.
    pub ends: Ends,
    /// Who ends it, in words: `shop/db`, `Ingress shop/web`.
    pub who: String,
    /// The key that sets it.
    pub name: String,
    /// Milliseconds; never 0.
    pub millis: u64,
    /// The server that ends it, if it is one that is known.
    pub server: Option<usize>,
    /// Workloads whose requests it ends.
    pub workloads: Vec<usize>,
    /// Engine of the server.
    pub engine: Engine,
    /// What the client is told.
    pub says: String,
    /// Where that runs.
    pub environment: Environment,
    /// Where it is written.
    pub at: Location,
}

/// A database (or cache, or broker) address as one process sees it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Stable identity across the two sides: the owner and the key (or group of keys).
    pub key: EndpointKey,
    /// Engine, as far as scheme, port or key names tell.
    pub engine: Engine,
    /// The parsed string, if it is one string; `None` where it is spread over keys.
    pub string: Option<ConnectionString>,
    /// Parts in a stable order, each with its place in the file.
    pub parts: Vec<EndpointPart>,
    /// The setting that holds the string, or the first part.
    pub setting: SettingRef,
    /// Whether it is only what a layer starts from, and what takes effect is another endpoint: changes of it are explained
    /// by it, and nothing judges it.
    pub superseded: bool,
    /// Where it is written.
    pub at: Location,
    /// Where it runs.
    pub environment: Environment,
    /// Workloads that use it.
    pub workloads: Vec<usize>,
    /// The server it reaches, and how that was found.
    pub server: Option<(usize, Link)>,
    /// The pooler that it reaches instead, and how that was found.
    pub pooler: Option<(usize, Link)>,
    /// Whether it is a pooler's own way to its server.
    pub of_pooler: bool,
    /// The user of a pooler's client whose string names none, from the key beside it.
    pub user: Option<String>,
}

/// Identity of an endpoint: the same on both sides of a change unless owner or key were renamed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EndpointKey {
    /// Who holds the setting: `Deployment shop/api`, or the file.
    pub owner: String,
    /// Key or group of keys: `DATABASE_URL`, `spring.datasource.url`, `DB`.
    pub name: String,
}

/// One part of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointPart {
    /// `scheme`, `host`, `host[1]`, `port`, `database`, `user`, `password`, `param:sslmode`.
    pub role: String,
    /// Decoded text; `None` for secrets.
    pub text: Option<String>,
    /// A fingerprint of a secret part for "changed" and "unchanged"; 0 for others. Never printed.
    pub secret_mark: u64,
    /// Its bytes in the file.
    pub at: Location,
    /// The setting it stands in.
    pub setting: SettingRef,
}

/// How a link was found; the report prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// The policy file says so.
    Declared,
    /// The host is the name of a service in the tree that leads to the server's workload.
    ServiceName,
    /// The host is written in the server's own definition.
    HostName,
    /// The address is taken from the block that makes the server.
    Reference,
    /// The Secret is one that an operator makes for the server.
    OperatorSecret,
    /// A proxy beside it in the pod leads there.
    Sidecar,
    /// Nothing says it, and it is the only server of its engine in the tree.
    OnlyOne,
    /// The address is all that is known of the server.
    AddressOnly,
}

impl Link {
    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Link::Declared => "declared in plimsoll.toml",
            Link::ServiceName => "its host is a service in the tree",
            Link::HostName => "its host names the server",
            Link::Reference => "its address is taken from the server's block",
            Link::OperatorSecret => "its Secret is one that the operator makes for the server",
            Link::OnlyOne => "the only server of its engine in the tree",
            Link::Sidecar => "a proxy in the same pod leads there",
            Link::AddressOnly => "only its address is known",
        }
    }
}

/// A connection pool as configured in one place for one data source.
#[derive(Debug, Clone)]
pub struct Pool {
    /// Stable identity across the two sides.
    pub key: PoolKey,
    /// Display name of the library: `HikariCP`.
    pub library: String,
    /// Where it runs.
    pub environment: Environment,
    /// The workload and container that open it; `None` where no workload in the tree reads this configuration.
    pub owner: Option<(usize, usize)>,
    /// The endpoint it connects to.
    pub endpoint: Option<usize>,
    /// Engine, from the endpoint or the library.
    pub engine: Engine,
    /// Greatest number of connections of one pool, overflow not included.
    pub max: Reading,
    /// Connections above `max` that the library may open.
    pub overflow: Reading,
    /// Connections kept open without load.
    pub min_idle: Reading,
    /// Its settings in file order.
    pub settings: Vec<PoolSetting>,
    /// What holds for settings that are not written, where it is documented.
    pub defaults: BTreeMap<Role, ReadValue>,
    /// Whether it is a pooler's own configuration and no client's pool.
    pub is_pooler: bool,
    /// Whether it is deployed as a layer makes it, which is a pool of its own: nothing to count here.
    pub covered: bool,
    /// Whether the recognition is by an ambiguous name, so that it may inform but not gate.
    pub ambiguous: bool,
    /// Where it is configured.
    pub at: Location,
}

/// Identity of a pool.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PoolKey {
    /// `Deployment shop/api`, or the file.
    pub owner: String,
    /// Container; empty for files.
    pub container: String,
    /// Catalogue id of the library.
    pub library: String,
    /// What tells two pools of one owner apart: the prefix of their keys (`spring.datasource`).
    pub group: String,
}

/// One setting of a pool.
#[derive(Debug, Clone)]
pub struct PoolSetting {
    /// What it sets.
    pub role: Role,
    /// Where it is.
    pub setting: SettingRef,
    /// The bytes of its value.
    pub at: Location,
    /// Its key as the process knows it.
    pub name: String,
    /// Its value as written.
    pub raw: String,
    /// Its value as the library understands it.
    pub value: ReadValue,
    /// The value in words with its unit.
    pub words: String,
    /// The library's default in words, if one is documented.
    pub default: Option<String>,
    /// The default as the library understands it.
    pub default_value: Option<ReadValue>,
    /// A consequence of the library's own bounds on this value ("below 250 ms HikariCP resets it to 30 s"), if any.
    pub correction: Option<String>,
    /// The value that holds: as written, or what the library puts in its place.
    pub taken: ReadValue,
    /// What the library itself says about the correction, if that is known.
    pub says: String,
    /// Unit of a bare number.
    pub unit: Unit,
}

impl Pool {
    /// The setting of a role, if it is written.
    #[must_use]
    pub fn setting(&self, role: Role) -> Option<&PoolSetting> {
        self.settings.iter().find(|s| s.role == role)
    }

    /// What holds for a role: what is written as the library takes it, else the documented default.
    #[must_use]
    pub fn effective(&self, role: Role) -> Option<&ReadValue> {
        match self.setting(role) {
            Some(setting) if setting.taken == ReadValue::LibraryDefault => setting.default_value.as_ref(),
            Some(setting) => Some(&setting.taken),
            None => self.defaults.get(&role),
        }
    }

    /// Most connections one process can hold through this pool.
    #[must_use]
    pub fn ceiling(&self) -> Interval {
        self.max.value.plus(self.overflow.value)
    }
}

/// A server that takes connections.
#[derive(Debug, Clone)]
pub struct Server {
    /// Name in the report, stable across the two sides.
    pub id: String,
    /// Engine.
    pub engine: Engine,
    /// Connections it accepts.
    pub limit: Reading,
    /// Slots that applications never get.
    pub reserved: Reading,
    /// The key that sets the limit, as its own file spells it.
    pub limit_name: Option<String>,
    /// The limit of its engine where nothing is written, if one is documented.
    pub engine_default: Option<u64>,
    /// The setting that gives the limit.
    pub limit_setting: Option<SettingRef>,
    /// Hosts under which it is reached, lower case.
    pub hosts: Vec<String>,
    /// Connections of exporters, backups and people: declared, or assumed.
    pub fixed_clients: Reading,
    /// Connections seen in practice, declared by the user; informs only.
    pub observed_peak: Option<u64>,
    /// Where it runs.
    pub environment: Environment,
    /// Where it is defined, if it is in the tree.
    pub at: Option<Location>,
    /// The server whose readers these are: their clients move there when the last reader is lost.
    pub replica_of: Option<String>,
    /// How many servers share the load; more than one for readers alone.
    pub nodes: u64,
    /// The size that gives the limit, where a managed service sets it by the size.
    pub size: Option<Size>,
}

/// The size of a managed instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// The service's id in the catalogue: `aurora-postgresql`.
    pub service: &'static str,
    /// The size as written: `db.t4g.medium`.
    pub name: String,
    /// Whether a change of the size leaves the limit as it was made with the server.
    pub is_kept: bool,
}

impl Server {
    /// A server of which nothing but its name and engine is known.
    #[must_use]
    pub fn named(id: impl Into<String>, engine: Engine) -> Server {
        let id = id.into();
        Server {
            limit: Reading::unknown(
                0,
                format!("max_connections of {id} (declare it in plimsoll.toml under [[server]])"),
            ),
            id,
            engine,
            reserved: Reading::default_of(0, "part of the unknown limit"),
            limit_name: None,
            engine_default: None,
            limit_setting: None,
            hosts: Vec::new(),
            fixed_clients: servers::assumed_clients(),
            observed_peak: None,
            environment: Environment::Unknown,
            at: None,
            replica_of: None,
            nodes: 1,
            size: None,
        }
    }

    /// Slots that applications can get: the limit less what is reserved.
    #[must_use]
    pub fn usable(&self) -> Interval {
        self.limit.value.minus(self.reserved.value)
    }
}

/// What the user told about things that no file of the repository says.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// `[[server]]` tables.
    pub servers: Vec<DeclaredServer>,
    /// `[[workload]]` tables.
    pub workloads: Vec<DeclaredWorkload>,
}

/// A `[[server]]` table of the policy file.
#[derive(Debug, Clone, Default)]
pub struct DeclaredServer {
    /// Its name in the report.
    pub id: String,
    /// Engine, if told.
    pub engine: Option<Engine>,
    /// Host patterns (globs) that lead to it.
    pub hosts: Vec<String>,
    /// Its limit.
    pub max_connections: Option<u64>,
    /// Slots that applications never get.
    pub reserved: Option<u64>,
    /// Connections of exporters, backups and people.
    pub fixed_clients: Option<u64>,
    /// Connections seen in practice.
    pub observed_peak: Option<u64>,
}

/// A `[[workload]]` table of the policy file.
#[derive(Debug, Clone, Default)]
pub struct DeclaredWorkload {
    /// Kind pattern; empty matches all.
    pub kind: String,
    /// Namespace pattern; empty matches all.
    pub namespace: String,
    /// Name pattern (for plain files: path pattern); empty matches all.
    pub name: String,
    /// The server it connects to.
    pub server: Option<String>,
    /// Processes of one replica.
    pub processes: Option<u64>,
    /// Pool ceiling of one process.
    pub pool_max: Option<u64>,
    /// Greatest number of replicas.
    pub max_replicas: Option<u64>,
    /// Worker threads of one process that want a connection.
    pub threads: Option<u64>,
    /// Connections that one task holds at once: 2 where a transaction opens another inside it.
    pub connections_per_task: Option<u64>,
    /// Requests a second that need a connection, over all replicas.
    pub requests_per_second: Option<f64>,
    /// Milliseconds that one request holds a connection.
    pub hold_time_ms: Option<f64>,
}

impl DeclaredWorkload {
    /// Whether it speaks of this workload.
    #[must_use]
    pub fn matches(&self, id: &ResourceId) -> bool {
        let fits = |pattern: &str, text: &str| pattern.is_empty() || fast_glob::glob_match(pattern, text);
        fits(&self.kind, &id.kind) && fits(&self.namespace, &id.namespace) && fits(&self.name, &id.name)
    }
}
