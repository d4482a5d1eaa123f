//! Servers of managed services, whose limit follows from the size of the instance where nobody sets it.
//!
//! In: blocks and objects that make such a server (Terraform, CloudFormation, Crossplane), the parameter groups they take,
//! the catalogue's dated tables. Out: one server each, whose limit stands where the size is written. A size that is
//! lowered lowers the limit, though no line about connections changed.

use std::collections::BTreeMap;

use crate::catalogue::Catalogue;
use crate::connection::Engine;
use crate::facts::links::{HostName, block_of};
use crate::facts::servers::{Running, Sight};
use crate::facts::{Facts, Origin, Reading, Server, Size};
use crate::quantity::Interval;
use crate::setting::{Resource, Setting, SettingRef, Standing};

/// Kinds of objects outside Terraform that may be such a server.
const KINDS: [&str; 7] =
    ["DBInstance", "DBCluster", "Instance", "RDSInstance", "ClusterInstance", "SQLInstance", "DatabaseInstance"];

/// Terraform's types that make a server, set its parameters, or run as a member of one.
const TYPES: [&str; 15] = [
    "aws_db_instance",
    "aws_rds_cluster",
    "aws_rds_cluster_instance",
    "aws_db_parameter_group",
    "aws_rds_cluster_parameter_group",
    "aws_db_proxy",
    "aws_db_proxy_target",
    "aws_db_proxy_default_target_group",
    "google_sql_database_instance",
    "azurerm_postgresql_flexible_server",
    "azurerm_postgresql_flexible_server_configuration",
    "azurerm_mysql_flexible_server",
    "azurerm_mysql_flexible_server_configuration",
    "digitalocean_database_cluster",
    "heroku_addon",
];

/// Whether a resource of an unchanged file may be a managed server or a part of one.
pub(super) fn may_be_managed(resource: &Resource) -> bool {
    let of = resource.id.name.split('.').next().unwrap_or_default();
    KINDS.contains(&resource.id.kind.as_str())
        || resource.id.kind == "resource" && TYPES.contains(&of)
        || resource.id.kind == "module" && resource.settings.iter().any(|s| s.path.last() == "instance_class")
}

/// What a service makes of a size: its limit and its reserved slots. `None` if it knows no such size.
pub(crate) fn limit_of(catalogue: &Catalogue, service: &str, size: &str) -> Option<(Reading, Reading)> {
    let found = catalogue.limit_of_size(service, size)?;
    let value = Interval::between(found.least, found.most);
    let limit = Reading { value, origin: Origin::Table(format!("{size}, {}", found.whose)), at: None };
    Some((limit, Reading::default_of(found.reserved, found.whose)))
}

/// A limit that was computed when the server was made stays when the size changes: it is one of both.
pub fn keep_provisioned(old: &Facts, new: &mut Facts) {
    for server in new.servers.iter_mut().filter(|s| s.size.as_ref().is_some_and(|size| size.is_kept)) {
        let Some(was) = old.servers.iter().find(|s| s.id == server.id && s.size != server.size) else { continue };
        server.limit.value = server.limit.value.hull(was.limit.value);
    }
}

/// Finds all managed servers of a side.
pub(super) fn servers(sight: &Sight<'_>) -> Vec<Running> {
    let finder = Finder::new(sight);
    let mut found: Vec<Running> = Vec::new();
    for &(at, resource) in &finder.resources {
        found.extend(finder.server(at, resource));
        found.extend(finder.readers(resource, found.last()));
    }
    found
}

/// A key's setting by the last step of its path, in any of its spellings.
fn attribute<'a>(resource: &'a Resource, names: &[&str]) -> Option<(u32, &'a Setting)> {
    let found = resource.settings.iter().position(|s| names.contains(&s.path.last()))?;
    Some((u32::try_from(found).ok()?, resource.settings.get(found)?))
}

fn text<'a>(resource: &'a Resource, names: &[&str]) -> Option<&'a str> {
    attribute(resource, names).map(|(_, s)| s.value.text.trim())
}

/// Type of a block of Terraform; empty elsewhere.
fn type_of(resource: &Resource) -> &str {
    match resource.id.kind.as_str() {
        "resource" => resource.id.name.split('.').next().unwrap_or_default(),
        _ => "",
    }
}

struct Finder<'a> {
    sight: &'a Sight<'a>,
    resources: Vec<(usize, &'a Resource)>,
    /// Blocks by folder and address.
    blocks: BTreeMap<(&'a str, String), usize>,
}

/// A limit with where it stands.
struct Limit {
    reading: Reading,
    reserved: Reading,
    name: String,
    setting: Option<SettingRef>,
    size: Option<Size>,
}

impl<'a> Finder<'a> {
    fn new(sight: &'a Sight<'a>) -> Finder<'a> {
        let all = sight.settings.resources.iter().enumerate().map(|(at, r)| (at, r.as_ref()));
        let resources: Vec<(usize, &Resource)> =
            all.filter(|(_, r)| r.standing != Standing::Covered && may_be_managed(r)).collect();
        let address = |r: &Resource| match r.id.kind.as_str() {
            "module" => format!("module.{}", r.id.name),
            _ => r.id.name.clone(),
        };
        let blocks =
            resources.iter().map(|(at, r)| ((r.id.namespace.as_str(), address(r).to_ascii_lowercase()), *at)).collect();
        Finder { sight, resources, blocks }
    }

    /// The block that an attribute refers to.
    fn referred(&self, resource: &'a Resource, names: &[&str]) -> Option<(usize, &'a Resource)> {
        let block = block_of(text(resource, names)?)?;
        let at = *self.blocks.get(&(resource.id.namespace.as_str(), block))?;
        Some((at, self.sight.settings.resources.get(at)?.as_ref()))
    }

    fn server(&self, at: usize, resource: &'a Resource) -> Option<Running> {
        let engine = self.engine(resource)?;
        let limit = self.limit(at, resource, engine)?;
        let first = resource.settings.iter().map(|s| s.at).min();
        let hosts = hosts(resource);
        let server = Server {
            limit: limit.reading,
            reserved: limit.reserved,
            limit_name: Some(limit.name),
            limit_setting: limit.setting,
            hosts,
            environment: resource.environment,
            at: first,
            size: limit.size,
            ..Server::named(resource.id.to_string(), engine)
        };
        Some(Running { server, names: self.names(resource, ""), layer: resource.id.layer.clone() })
    }

    /// The name under which other blocks take its address.
    fn names(&self, resource: &Resource, end: &str) -> Vec<HostName> {
        let address = match resource.id.kind.as_str() {
            "resource" => resource.id.name.clone(),
            "module" => format!("module.{}", resource.id.name),
            _ => return Vec::new(),
        };
        let name = format!("{address}{end}").to_ascii_lowercase();
        vec![HostName { name, namespace: resource.id.namespace.clone(), layer: resource.id.layer.clone() }]
    }

    /// The engine of a block that makes a server; `None` for any other.
    fn engine(&self, resource: &Resource) -> Option<Engine> {
        let named = |text: &str| {
            let text = text.to_ascii_lowercase();
            let is = |word: &str| text.contains(word);
            match () {
                () if is("postgres") || text == "pg" => Some(Engine::PostgreSql),
                () if is("maria") => Some(Engine::MariaDb),
                () if is("mysql") => Some(Engine::MySql),
                () => None,
            }
        };
        match type_of(resource) {
            "aws_db_instance" | "aws_rds_cluster" | "digitalocean_database_cluster" => {
                // A replica takes the engine of what it replicates.
                named(text(resource, &["engine"])?)
            }
            "google_sql_database_instance" => named(text(resource, &["database_version"])?),
            "azurerm_postgresql_flexible_server" => Some(Engine::PostgreSql),
            "azurerm_mysql_flexible_server" => Some(Engine::MySql),
            "heroku_addon" => named(text(resource, &["plan"])?),
            "" => {
                let class = text(resource, &["instance_class", "DBInstanceClass", "instanceClass", "dbInstanceClass"]);
                let tier = text(resource, &["tier"]).filter(|_| resource.id.kind == "SQLInstance");
                class.filter(|c| c.starts_with("db.")).or(tier)?;
                named(text(resource, &["engine", "Engine", "databaseVersion"])?)
            }
            _ => None,
        }
    }

    /// The limit that is set, else the one that comes with the size.
    fn limit(&self, at: usize, resource: &'a Resource, engine: Engine) -> Option<Limit> {
        let (service, size, place) = self.size(at, resource, engine)?;
        let kept = service.starts_with("azure");
        let about = Size { service, name: size.clone(), is_kept: kept };
        let by_size = limit_of(self.sight.catalogue, service, &size);
        let reserved = by_size.as_ref().map_or_else(|| self.sight.reserved_default(engine), |(_, r)| r.clone());
        if let Some((setting, reading)) = self.set(at, resource, service, &size) {
            let name = self.sight.settings.get(setting).logical.clone();
            return Some(Limit { reading, reserved, name, setting: Some(setting), size: None });
        }
        let (setting, key) = match place {
            Some(place) => (Some(place), self.sight.settings.get(place).path.last().to_owned()),
            None => (None, "max_connections".to_owned()),
        };
        let place = setting.map(|at| self.sight.settings.get(at).at);
        let reading = match by_size {
            Some((reading, _)) if self.has_unseen_group(resource) => Reading {
                origin: Origin::Assumed(format!("the default of {size}; its parameter group is not in the tree")),
                at: place,
                ..reading
            },
            Some((reading, _)) => Reading { at: place, ..reading },
            None => Reading {
                at: place,
                ..Reading::unknown(0, format!("no table gives the limit of {} of {}", key, resource.id))
            },
        };
        Some(Limit { reading, reserved, name: key, setting: None, size: Some(about) })
    }

    /// Whether it takes its parameters from a group that no file describes.
    fn has_unseen_group(&self, resource: &'a Resource) -> bool {
        let group = text(resource, &GROUPS).unwrap_or_default();
        !group.is_empty() && !group.starts_with("default.") && self.group(resource).is_none()
    }

    /// The parameter group of a block: the one it refers to, or the one of the name it gives.
    fn group(&self, resource: &'a Resource) -> Option<(usize, &'a Resource)> {
        let by_name = || {
            let wanted = text(resource, &GROUPS)?;
            let named = |(_, r): &&(usize, &'a Resource)| {
                type_of(r).ends_with("parameter_group") && text(r, &["name"]) == Some(wanted)
            };
            self.resources.iter().find(named).copied()
        };
        self.referred(resource, &GROUPS).or_else(by_name)
    }

    /// A limit that is written: in the block itself, in its parameter group, or in a block that configures it.
    fn set(&self, at: usize, resource: &'a Resource, service: &str, size: &str) -> Option<(SettingRef, Reading)> {
        let configures = |(_, r): &&(usize, &'a Resource)| {
            type_of(r).ends_with("_configuration")
                && self.referred(r, &["server_id", "server_name"]).map(|(s, _)| s) == Some(at)
                && text(r, &["name"]) == Some("max_connections")
        };
        let own = std::iter::once((at, resource));
        let all = own.chain(self.group(resource)).chain(self.resources.iter().find(configures).copied());
        for (holder, about) in all {
            let is_limit = |s: &Setting| {
                matches!(s.logical.as_str(), "postgresql.parameters.max_connections" | "mysqld.max_connections")
            };
            let Some(found) = about.settings.iter().position(is_limit) else { continue };
            let setting = about.settings.get(found)?;
            let reference = SettingRef { resource: u32::try_from(holder).ok()?, setting: u32::try_from(found).ok()? };
            return Some((reference, self.parameter(setting, service, size)));
        }
        None
    }

    /// A parameter's value: a number, or a formula of the instance's memory.
    fn parameter(&self, setting: &Setting, service: &str, size: &str) -> Reading {
        let value = setting.value.text.trim();
        if let Ok(n) = value.parse() {
            return Reading::literal(n, setting.at);
        }
        let by_size = self.sight.catalogue.limit_of_size(service, size);
        match by_size.and_then(|nominal| formula(value, nominal.most, service)) {
            Some(most) => Reading {
                value: Interval::between(most * 7 / 10, most),
                origin: Origin::Table(format!("its formula on the memory of {size}")),
                at: Some(setting.at),
            },
            None => Reading {
                at: Some(setting.at),
                ..Reading::unknown(0, format!("{} is not a plain number", setting.path))
            },
        }
    }

    /// Service and size of a block, with the setting that gives the size.
    fn size(
        &self,
        at: usize,
        resource: &'a Resource,
        engine: Engine,
    ) -> Option<(&'static str, String, Option<SettingRef>)> {
        let of = |at: usize, resource: &Resource, names: &[&str]| {
            let (setting, found) = attribute(resource, names)?;
            let resource = u32::try_from(at).ok()?;
            Some((found.value.text.trim().to_owned(), Some(SettingRef { resource, setting })))
        };
        let postgres = engine == Engine::PostgreSql;
        let pick = |service: &'static str, other: &'static str| if postgres { service } else { other };
        let (service, found) = match type_of(resource) {
            "google_sql_database_instance" => {
                (pick("cloudsql-postgresql", "cloudsql-mysql"), of(at, resource, &["tier"]))
            }
            "azurerm_postgresql_flexible_server" => ("azure-postgresql", of(at, resource, &["sku_name"])),
            "azurerm_mysql_flexible_server" => ("azure-mysql", of(at, resource, &["sku_name"])),
            "digitalocean_database_cluster" => {
                (pick("digitalocean-postgresql", "digitalocean-mysql"), of(at, resource, &["size"]))
            }
            "heroku_addon" => {
                let plan = of(at, resource, &["plan"]);
                let plain = plan.map(|(p, s)| (p.rsplit(':').next().unwrap_or_default().to_owned(), s));
                ("heroku-postgresql", plain)
            }
            "aws_rds_cluster" => {
                if let Some(found) = of(at, resource, &["max_capacity"]) {
                    (pick("aurora-serverless-v2-postgresql", "aurora-serverless-v2-mysql"), Some(found))
                } else {
                    let member = self.members(at).next();
                    let class = member.and_then(|(at, r)| of(at, r, &["instance_class"]));
                    (pick("aurora-postgresql", "aurora-mysql"), class)
                }
            }
            _ if resource.id.kind == "SQLInstance" => {
                (pick("cloudsql-postgresql", "cloudsql-mysql"), of(at, resource, &["tier"]))
            }
            _ => {
                let aurora = text(resource, &["engine", "Engine"]).is_some_and(|e| e.starts_with("aurora"));
                let service = match (aurora, engine) {
                    (true, Engine::PostgreSql) => "aurora-postgresql",
                    (true, _) => "aurora-mysql",
                    (false, Engine::PostgreSql) => "rds-postgresql",
                    (false, Engine::MariaDb) => "rds-mariadb",
                    (false, _) => "rds-mysql",
                };
                let names = ["instance_class", "DBInstanceClass", "instanceClass", "dbInstanceClass"];
                (service, of(at, resource, &names))
            }
        };
        let (size, place) = found?;
        Some((service, size, place))
    }

    /// The instances of a cluster.
    fn members(&self, cluster: usize) -> impl Iterator<Item = (usize, &'a Resource)> {
        self.resources.iter().copied().filter(move |(_, r)| {
            type_of(r) == "aws_rds_cluster_instance"
                && self.referred(r, &["cluster_identifier"]).map(|(at, _)| at) == Some(cluster)
        })
    }

    /// The readers of an Aurora cluster: what its reader endpoint leads to.
    fn readers(&self, resource: &'a Resource, cluster: Option<&Running>) -> Option<Running> {
        if type_of(resource) != "aws_rds_cluster" {
            return None;
        }
        let primary = cluster.filter(|c| c.server.id == resource.id.to_string())?;
        let (at, _) = self.resources.iter().find(|(_, r)| std::ptr::eq(*r, resource))?;
        let count = |(_, r): (usize, &Resource)| text(r, &["count"]).map_or(Some(1), |n| n.parse::<u64>().ok());
        let members: u64 = self.members(*at).map(|m| count(m).unwrap_or(2)).sum();
        let server = Server {
            hosts: identifier(resource)
                .map(|name| format!("{name}.cluster-ro-*.rds.amazonaws.com"))
                .into_iter()
                .collect(),
            environment: resource.environment,
            at: primary.server.at,
            limit_name: primary.server.limit_name.clone(),
            replica_of: Some(primary.server.id.clone()),
            nodes: members.saturating_sub(1).max(1),
            ..Server::named(format!("{} (readers)", resource.id), primary.server.engine)
        };
        Some(Running { server, names: self.names(resource, ".reader"), layer: resource.id.layer.clone() })
    }
}

/// Attributes that name a parameter group.
const GROUPS: [&str; 5] = [
    "parameter_group_name",
    "db_cluster_parameter_group_name",
    "db_parameter_group_name",
    "DBParameterGroupName",
    "DBClusterParameterGroupName",
];

fn identifier(resource: &Resource) -> Option<&str> {
    let names = ["identifier", "cluster_identifier", "DBInstanceIdentifier", "DBClusterIdentifier"];
    text(resource, &names).filter(|name| !name.is_empty() && !name.contains(['$', '{']))
}

/// Names that its service gives a server in the network.
fn hosts(resource: &Resource) -> Vec<String> {
    let name = text(resource, &["name"]).filter(|n| !n.is_empty() && !n.contains(['$', '{']));
    let of_name = |end: &str| name.map(|n| format!("{n}{end}").to_ascii_lowercase()).into_iter().collect();
    match type_of(resource) {
        "google_sql_database_instance" => of_name(""),
        "azurerm_postgresql_flexible_server" => of_name(".postgres.database.azure.com"),
        "azurerm_mysql_flexible_server" => of_name(".mysql.database.azure.com"),
        "aws_rds_cluster" => identifier(resource)
            .map(|n| format!("{n}.cluster-*.rds.amazonaws.com").to_ascii_lowercase())
            .into_iter()
            .collect(),
        _ => {
            identifier(resource).map(|n| format!("{n}.*.rds.amazonaws.com").to_ascii_lowercase()).into_iter().collect()
        }
    }
}

/// `LEAST({DBInstanceClassMemory/9531392},2000)` on a memory for which the service's own formula gives `nominal`.
fn formula(text: &str, nominal: u64, service: &str) -> Option<u64> {
    let own = if service.ends_with("postgresql") { 9_531_392 } else { 12_582_880 };
    let memory = nominal.checked_mul(own)?;
    let inner = text.strip_prefix("LEAST(").and_then(|t| t.strip_suffix(')'));
    let parts: Vec<&str> = inner.map_or_else(|| vec![text], |inner| inner.split(',').collect());
    let value = |part: &str| {
        let part = part.trim();
        match part.strip_prefix("{DBInstanceClassMemory/").and_then(|p| p.strip_suffix('}')) {
            Some(each) => memory.checked_div(each.trim().parse().ok()?),
            None => part.parse().ok(),
        }
    };
    parts.into_iter().map(value).collect::<Option<Vec<u64>>>()?.into_iter().min()
}

#[cfg(test)]
mod tests {
    use super::formula;

    #[test]
    fn a_formula_of_the_memory_is_computed() {
        assert_eq!(formula("LEAST({DBInstanceClassMemory/9531392},2000)", 901, "rds-postgresql"), Some(901));
        assert_eq!(formula("LEAST({DBInstanceClassMemory/9531392},500)", 901, "rds-postgresql"), Some(500));
        assert_eq!(formula("{DBInstanceClassMemory/19062784}", 901, "rds-postgresql"), Some(450));
        for text in ["GREATEST({log(DBInstanceClassMemory)})", "{DBInstanceClassMemory/0}", "${var.n}", ""] {
            assert_eq!(formula(text, 901, "rds-postgresql"), None, "{text}");
        }
    }
}
