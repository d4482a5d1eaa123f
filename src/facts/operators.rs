//! Servers that an operator makes of an object: their names in the network, their default limits, their readers.
//!
//! In: custom objects and what is known of their operators. Out: one server an object, whether or not its limit is
//! written: a limit that is taken out of an object falls to the default, and that is no end of the server.

use crate::connection::Engine;
use crate::facts::links::HostName;
use crate::facts::servers::{Running, Sight};
use crate::facts::{Origin, Reading, Server, Size};
use crate::quantity::Interval;
use crate::setting::{Resource, ResourceId, Setting, Standing};

/// An operator's kind of object.
struct Operator {
    kind: &'static str,
    /// What stands in its `apiVersion`.
    group: &'static str,
    engine: Engine,
    /// The limit where none is written; `None` where the operator chooses one that no document gives.
    default: Option<u64>,
    /// What follows the object's name in the services that lead to the primary.
    primary: &'static [&'static str],
    /// The same for the readers; empty where it makes no such service.
    readers: &'static [&'static str],
    /// Where the number of instances stands.
    instances: &'static str,
}

/// - <https://cloudnative-pg.io/documentation/current/service_management/>
/// - <https://github.com/zalando/postgres-operator/blob/master/docs/reference/cluster_manifest.md>
/// - <https://access.crunchydata.com/documentation/postgres-operator/latest/>
/// - <https://github.com/percona/percona-xtradb-cluster-operator/blob/main/pkg/pxc/app/config/autotune.go>
/// - <https://dev.mysql.com/doc/mysql-operator/en/>
/// - <https://github.com/mariadb-operator/mariadb-operator/blob/main/docs/api_reference.md>
const OPERATORS: &[Operator] = &[
    Operator {
        kind: "Cluster",
        group: "cnpg.io",
        engine: Engine::PostgreSql,
        default: Some(100),
        primary: &["-rw", "-r"],
        readers: &["-ro"],
        instances: "spec.instances",
    },
    Operator {
        kind: "postgresql",
        group: "acid.zalan.do",
        engine: Engine::PostgreSql,
        default: None,
        primary: &[""],
        readers: &["-repl"],
        instances: "spec.numberOfInstances",
    },
    Operator {
        kind: "PostgresCluster",
        group: "crunchydata.com",
        engine: Engine::PostgreSql,
        default: Some(100),
        primary: &["-primary", "-ha"],
        readers: &["-replicas"],
        instances: "",
    },
    Operator {
        kind: "PerconaPGCluster",
        group: "percona.com",
        engine: Engine::PostgreSql,
        default: Some(100),
        primary: &["-primary", "-ha"],
        readers: &["-replicas"],
        instances: "",
    },
    Operator {
        kind: "PerconaXtraDBCluster",
        group: "percona.com",
        engine: Engine::MySql,
        default: Some(151),
        primary: &["-haproxy", "-proxysql", "-pxc"],
        readers: &[],
        instances: "spec.pxc.size",
    },
    Operator {
        kind: "InnoDBCluster",
        group: "mysql.oracle.com",
        engine: Engine::MySql,
        default: Some(151),
        primary: &[""],
        readers: &[],
        instances: "spec.instances",
    },
    Operator {
        kind: "MysqlCluster",
        group: "presslabs",
        engine: Engine::MySql,
        default: Some(151),
        primary: &["-mysql-master", "-mysql"],
        readers: &["-mysql-replicas"],
        instances: "spec.replicas",
    },
    Operator {
        kind: "MariaDB",
        group: "mariadb.com",
        engine: Engine::MariaDb,
        default: Some(151),
        primary: &["", "-primary"],
        readers: &["-secondary"],
        instances: "spec.replicas",
    },
];

/// Whether objects of this kind may be a database server or a pooler of an operator.
pub(super) fn may_be_database(kind: &str) -> bool {
    kind == "Pooler" || OPERATORS.iter().any(|o| o.kind == kind)
}

fn operator_of(resource: &Resource) -> Option<&'static Operator> {
    let group = text_at(resource, "apiVersion")?;
    OPERATORS.iter().find(|o| o.kind == resource.id.kind && group.contains(o.group))
}

/// The setting at a path as it is written in the report: `spec.instances`.
pub(super) fn at_path<'a>(resource: &'a Resource, path: &str) -> Option<&'a Setting> {
    let last = path.rsplit('.').next().unwrap_or(path);
    resource.settings.iter().find(|s| s.path.last() == last && s.path.to_string() == path)
}

pub(super) fn text_at<'a>(resource: &'a Resource, path: &str) -> Option<&'a str> {
    at_path(resource, path).map(|s| s.value.text.trim())
}

/// A number at a path, with its place.
pub(super) fn number_at(resource: &Resource, path: &str) -> Option<Reading> {
    let setting = at_path(resource, path)?;
    Some(match setting.value.text.trim().parse() {
        Ok(n) => Reading::literal(n, setting.at),
        Err(_) => {
            let origin = Origin::Unknown(format!("{path} of {} is not a plain number", resource.id));
            Reading { value: Interval::at_least(0), origin, at: Some(setting.at) }
        }
    })
}

/// The servers of operators' objects. One whose limit is written is among `known` already, and keeps it.
pub(super) fn servers(sight: &Sight<'_>, known: &[Server]) -> Vec<Running> {
    let mut found = Vec::new();
    for resource in sight.settings.resources.iter().filter(|r| r.standing != Standing::Covered) {
        let Some(operator) = operator_of(resource) else { continue };
        let id = resource.id.to_string();
        let written = known.iter().find(|s| s.id == id && s.limit.at.is_some());
        let (limit, reserved, name) = match written {
            Some(server) => (server.limit.clone(), server.reserved.clone(), server.limit_name.clone()),
            None => unwritten(sight, operator, resource),
        };
        let first = resource.settings.iter().map(|s| s.at).min();
        let size = at_path(resource, MEMORY).filter(|s| name.as_deref() == Some(MEMORY) && Some(s.at) == limit.at);
        let server = Server {
            limit,
            reserved,
            size: size.map(|s| Size {
                service: "percona-xtradb",
                name: s.value.text.trim().to_owned(),
                is_kept: false,
            }),
            limit_name: name,
            limit_setting: written.and_then(|s| s.limit_setting),
            engine_default: operator.default,
            hosts: hosts(&resource.id),
            environment: resource.environment,
            at: written.and_then(|s| s.at).or(first),
            ..Server::named(&id, operator.engine)
        };
        found.extend(readers(operator, resource, &server));
        let names = host_names(&resource.id, operator.primary);
        found.push(Running { server, names, layer: resource.id.layer.clone() });
    }
    found
}

fn host_names(id: &ResourceId, suffixes: &[&str]) -> Vec<HostName> {
    let name = |suffix: &&str| HostName {
        name: format!("{}{suffix}", id.name).to_ascii_lowercase(),
        namespace: id.namespace.clone(),
        layer: id.layer.clone(),
    };
    suffixes.iter().map(name).collect()
}

/// What one operator computes the limit from.
const MEMORY: &str = "spec.pxc.resources.limits.memory";

/// The limit where none is written: from the memory of its containers for one operator, else the default.
fn unwritten(sight: &Sight<'_>, operator: &Operator, resource: &Resource) -> (Reading, Reading, Option<String>) {
    let reserved = sight.reserved_default(operator.engine);
    if let Some(setting) = at_path(resource, MEMORY).filter(|_| operator.kind == "PerconaXtraDBCluster") {
        let size = sight.catalogue.limit_of_size("percona-xtradb", setting.value.text.trim());
        let limit = match size {
            Some(size) => Reading {
                value: Interval::between(size.least, size.most),
                origin: Origin::Default(size.whose),
                at: Some(setting.at),
            },
            None => Reading::unknown(0, format!("{MEMORY} of {} is not a plain size", resource.id)),
        };
        return (limit, reserved, Some(MEMORY.to_owned()));
    }
    let kind = sight.catalogue.server_named(operator.engine.as_str());
    let limit = match (operator.default, kind) {
        (Some(n), Some(kind)) => Reading::default_of(n, format!("{}'s default max_connections", kind.name)),
        _ => Reading::unknown(0, format!("max_connections of {} is the operator's choice; set it", resource.id)),
    };
    (limit, reserved, kind.map(|k| k.limit_key.clone()))
}

/// The readers of a server that has a service of their own.
fn readers(operator: &Operator, resource: &Resource, primary: &Server) -> Option<Running> {
    let (first, instances) = (operator.readers.first()?, number_at(resource, operator.instances));
    let nodes = instances.and_then(|n| n.value.known()).unwrap_or(2).saturating_sub(1).max(1);
    let server = Server {
        reserved: primary.reserved.clone(),
        limit_name: primary.limit_name.clone(),
        engine_default: primary.engine_default,
        hosts: operator.readers.iter().map(|s| format!("{}{s}", resource.id.name).to_ascii_lowercase()).collect(),
        environment: primary.environment,
        at: primary.at,
        replica_of: Some(primary.id.clone()),
        nodes,
        ..Server::named(format!("{} ({}{first})", resource.id, resource.id.name), operator.engine)
    };
    Some(Running { server, names: host_names(&resource.id, operator.readers), layer: resource.id.layer.clone() })
}

/// Gives readers the limit of their primary, once for each of them.
pub(super) fn count_readers(servers: &mut [Server]) {
    let limits: Vec<(String, Reading, Reading)> =
        servers.iter().map(|s| (s.id.clone(), s.limit.clone(), s.reserved.clone())).collect();
    for reader in servers.iter_mut() {
        let Some((_, limit, reserved)) = limits.iter().find(|(id, ..)| reader.replica_of.as_ref() == Some(id)) else {
            continue;
        };
        let times = |reading: &Reading| Reading {
            value: reading.value.times(Interval::exact(reader.nodes)),
            ..reading.clone()
        };
        (reader.limit, reader.reserved) = (times(limit), times(reserved));
    }
}

/// Services that operators make for a database object: the object's name, with a suffix for the role.
pub(super) fn hosts(id: &ResourceId) -> Vec<String> {
    if id.is_file() || id.kind == "ConfigMap" || id.kind == "Secret" {
        return Vec::new();
    }
    ["", "-rw", "-r", "-primary"].iter().map(|s| format!("{}{s}", id.name).to_ascii_lowercase()).collect()
}

/// The operators' databases of a side, for the names of the Secrets that they make.
pub(super) struct Databases<'a> {
    known: Vec<(&'static Operator, &'a ResourceId, usize)>,
}

impl<'a> Databases<'a> {
    pub(super) fn new(sight: &Sight<'a>, servers: &[Server]) -> Databases<'a> {
        let objects = sight.settings.resources.iter().filter(|r| r.standing != Standing::Covered);
        let known = objects.filter_map(|resource| {
            let operator = operator_of(resource)?;
            let id = resource.id.to_string();
            Some((operator, &resource.id, servers.iter().position(|s| s.id == id)?))
        });
        Databases { known: known.collect() }
    }

    /// The server whose operator makes a Secret of this name, and whether the key leads to its pooler.
    ///
    /// - <https://cloudnative-pg.io/documentation/current/applications/>
    /// - <https://github.com/zalando/postgres-operator/blob/master/docs/user.md>
    pub(super) fn of_secret(&self, namespace: &str, secret: &str, key: &str) -> Option<(usize, bool)> {
        let tells = matches!(key, "uri" | "fqdn-uri" | "jdbc-uri" | "fqdn-jdbc-uri" | "host")
            || key.starts_with("pgbouncer-")
            || key.ends_with("pgbouncer-uri");
        let fits = |operator: &Operator, name: &str| match operator.kind {
            "Cluster" => tells && matches!(secret.strip_prefix(name), Some("-app" | "-superuser")),
            "PostgresCluster" | "PerconaPGCluster" => {
                tells && secret.strip_prefix(name).is_some_and(|rest| rest.starts_with("-pguser-"))
            }
            // Only user and password stand in it; that they are for this server is what counts.
            "postgresql" => secret.ends_with(&format!(".{name}.credentials.postgresql.acid.zalan.do")),
            _ => false,
        };
        let found = self.known.iter().find(|(operator, id, _)| id.namespace == namespace && fits(operator, &id.name));
        found.map(|(.., at)| (*at, key.contains("pgbouncer")))
    }
}
