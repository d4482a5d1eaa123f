//! What a host name tells: where it runs, and what stands behind it. Names are hints; nothing is resolved.

/// What a host does for its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostRole {
    /// Takes writes.
    Writer,
    /// Serves reads alone.
    Reader,
    /// A proxy that may share connections.
    Proxy,
    /// A pooler that shares connections.
    Pooler,
}

impl HostRole {
    /// As a report says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            HostRole::Writer => "writer",
            HostRole::Reader => "reader",
            HostRole::Proxy => "proxy",
            HostRole::Pooler => "pooler",
        }
    }
}

const PRODUCTION: [&str; 5] = ["production", "prod", "prd", "live", "produktion"];
const STAGING: [&str; 9] =
    ["staging", "stage", "stg", "uat", "preprod", "preproduction", "preprd", "acceptance", "acc"];
const DEVELOPMENT: [&str; 11] =
    ["development", "develop", "dev", "test", "tst", "testing", "qa", "local", "sandbox", "nonprod", "nonprd"];

/// Whether the host is the machine (or pod) itself.
#[must_use]
pub fn is_local(host: &str) -> bool {
    let host = host.trim().trim_end_matches('.').trim_matches(['[', ']']).to_ascii_lowercase();
    matches!(
        host.as_str(),
        "localhost" | "::1" | "0.0.0.0" | "::" | "host.docker.internal" | "." | "(local)" | "localhost.localdomain"
    ) || host.starts_with("127.") && host.parse::<std::net::Ipv4Addr>().is_ok()
        || host.starts_with("(localdb)")
        || host.starts_with('/')
}

/// The environment that the host's own words name; `None` where there is none or where they disagree.
#[must_use]
pub fn host_environment(host: &str) -> Option<&'static str> {
    let host = significant(host);
    let words: Vec<&str> = host
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()))
        .collect();
    let mut found: Option<&'static str> = None;
    let mut i = 0;
    while let Some(word) = words.get(i) {
        let pair = words.get(i + 1).map(|next| format!("{word}{next}"));
        let joined = pair.as_deref().filter(|_| matches!(*word, "pre" | "non" | "not")).and_then(environment_word);
        i += if joined.is_some() { 2 } else { 1 };
        let Some(environment) = joined.or_else(|| environment_word(word)) else { continue };
        if found.is_some_and(|before| before != environment) {
            return None;
        }
        found = Some(environment);
    }
    found
}

pub(super) fn environment_word(word: &str) -> Option<&'static str> {
    let lists: [(&'static str, &[&str]); 3] =
        [("production", &PRODUCTION), ("staging", &STAGING), ("development", &DEVELOPMENT)];
    lists.into_iter().find(|(_, list)| list.contains(&word)).map(|(name, _)| name)
}

/// Lower case, without what every cluster has and without a top-level domain that looks like an environment.
fn significant(host: &str) -> String {
    let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
    let host = host.strip_suffix(".cluster.local").unwrap_or(&host);
    let labels = host.split('.').count();
    let last = host.rsplit('.').next().unwrap_or("");
    // `db.shop.dev` is a domain; `db.dev` is more likely a service in the namespace `dev`.
    if labels >= 3 && matches!(last, "dev" | "live" | "local" | "test") {
        return host.get(..host.len() - last.len() - 1).unwrap_or(host).to_owned();
    }
    host.to_owned()
}

/// Whether the name is one that a provider gives to its databases.
pub(super) fn is_managed(host: &str) -> bool {
    let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
    SERVICES.iter().any(|service| host.ends_with(service.end))
}

/// What the host does, as far as its name tells.
#[must_use]
pub fn host_role(host: &str) -> Option<HostRole> {
    let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
    if host.is_empty() || host.starts_with('/') || host.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    if let Some(role) = SERVICES.iter().find_map(|service| service.role(&host)) {
        return role;
    }
    let mut words = host
        .split('.')
        .take(2)
        .flat_map(|label| label.split(['-', '_']))
        .map(|w| w.trim_end_matches(|c: char| c.is_ascii_digit()));
    // An operator's pooler in front of replicas is named after both; what it shares counts more than what it serves.
    if words
        .clone()
        .any(|w| matches!(w, "pooler" | "pgbouncer" | "bouncer" | "pgcat" | "odyssey" | "supavisor" | "pgpool"))
    {
        return Some(HostRole::Pooler);
    }
    if host.split('.').next().is_some_and(|label| label.ends_with("-haproxy-replicas")) {
        return Some(HostRole::Reader);
    }
    if words.clone().any(|w| matches!(w, "proxysql" | "haproxy" | "maxscale" | "proxy" | "dbproxy")) {
        return Some(HostRole::Proxy);
    }
    words.find_map(|word| match word {
        "ro" | "reader" | "readers" | "readonly" | "replica" | "replicas" | "repl" | "slave" | "secondary"
        | "standby" | "read" | "follower" => Some(HostRole::Reader),
        "rw" | "primary" | "master" | "writer" | "leader" => Some(HostRole::Writer),
        _ => None,
    })
}

/// A provider whose names say what stands behind them: the end of the names, and marks in them in the order of trial.
struct Service {
    end: &'static str,
    /// Text within the name before that end, and the role it means; `None` where no role can be told.
    marks: &'static [(&'static str, Option<HostRole>)],
    /// The role of a name without any mark.
    other: Option<HostRole>,
}

/// Marks of Amazon's clusters, the longer ones first.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Endpoints.html>
const CLUSTER: &[(&str, Option<HostRole>)] = &[
    (".cluster-ro-", Some(HostRole::Reader)),
    (".cluster-custom-", None),
    (".proxy-", Some(HostRole::Proxy)),
    (".cluster-", Some(HostRole::Writer)),
    (".shardgrp-", Some(HostRole::Writer)),
    (".global-", Some(HostRole::Writer)),
];
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Endpoints.html>
const ELASTICACHE: &[(&str, Option<HostRole>)] = &[
    ("^master.", Some(HostRole::Writer)),
    ("^replica.", Some(HostRole::Reader)),
    ("-ro.", Some(HostRole::Reader)),
    ("clustercfg.", None),
    (".ng.", Some(HostRole::Writer)),
];

const SERVICES: [Service; 17] = [
    Service { end: ".rds.amazonaws.com", marks: CLUSTER, other: None },
    Service { end: ".rds.amazonaws.com.cn", marks: CLUSTER, other: None },
    Service { end: ".amazonaws.com.cn", marks: CLUSTER, other: None },
    Service { end: ".rds-fips.amazonaws.com", marks: CLUSTER, other: None },
    Service { end: ".rds.amazonaws.eu", marks: CLUSTER, other: None },
    Service { end: ".docdb.amazonaws.com", marks: CLUSTER, other: None },
    Service { end: ".neptune.amazonaws.com", marks: CLUSTER, other: None },
    Service { end: ".cache.amazonaws.com", marks: ELASTICACHE, other: None },
    Service { end: ".redshift.amazonaws.com", marks: &[], other: None },
    // <https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-read-replicas-virtual-endpoints>
    Service {
        end: ".postgres.database.azure.com",
        marks: &[(".reader.", Some(HostRole::Reader)), (".writer.", Some(HostRole::Writer))],
        other: None,
    },
    // The read-only listener of a failover group:
    // <https://learn.microsoft.com/azure/azure-sql/database/failover-group-sql-db>
    Service { end: ".database.windows.net", marks: &[(".secondary.", Some(HostRole::Reader))], other: None },
    Service { end: ".database.usgovcloudapi.net", marks: &[(".secondary.", Some(HostRole::Reader))], other: None },
    Service { end: ".database.chinacloudapi.cn", marks: &[(".secondary.", Some(HostRole::Reader))], other: None },
    Service { end: ".pooler.supabase.com", marks: &[], other: Some(HostRole::Pooler) },
    Service { end: ".supabase.co", marks: &[], other: None },
    // <https://neon.com/docs/connect/connection-pooling>
    Service { end: ".neon.tech", marks: &[("-pooler.", Some(HostRole::Pooler))], other: None },
    Service { end: "db.prisma.io", marks: &[("^pooled.", Some(HostRole::Pooler))], other: None },
];

impl Service {
    /// `None` for a host of somebody else; else what its name tells.
    fn role(&self, host: &str) -> Option<Option<HostRole>> {
        if !host.ends_with(self.end) || host.len() < self.end.len() {
            return None;
        }
        let marked = |mark: &&(&str, _)| match mark.0.strip_prefix('^') {
            Some(start) => host.starts_with(start),
            None => host.contains(mark.0),
        };
        Some(self.marks.iter().find(marked).map_or(self.other, |(_, role)| *role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_are_read_from_whole_words() {
        for (host, environment) in [
            ("orders-prod.c1.eu-west-1.rds.amazonaws.com", Some("production")),
            ("orders-prod2.example", Some("production")),
            ("db.prod.svc.cluster.local", Some("production")),
            ("pre-prod-db", Some("staging")),
            ("preprod-db", Some("staging")),
            ("non-prod-db", Some("development")),
            ("stg.db.example.com", Some("staging")),
            ("db.dev", Some("development")),
            ("db.shop.dev", None),
            ("orders.data.svc.cluster.local", None),
            ("product-db", None),
            ("delivery-db", None),
            ("prod-to-dev-db", None),
        ] {
            assert_eq!(host_environment(host), environment, "{host}");
        }
    }

    #[test]
    fn roles_are_read_from_names() {
        for (host, role) in [
            ("o.cluster-abc.eu-west-1.rds.amazonaws.com", Some(HostRole::Writer)),
            ("o.cluster-ro-abc.eu-west-1.rds.amazonaws.com", Some(HostRole::Reader)),
            ("o.proxy-abc.eu-west-1.rds.amazonaws.com", Some(HostRole::Proxy)),
            ("o.abc.eu-west-1.rds.amazonaws.com", None),
            ("o.cluster-custom-abc.eu-west-1.rds.amazonaws.com", None),
            ("o.shardgrp-abc.eu-west-1.rds.amazonaws.com", Some(HostRole::Writer)),
            ("o.endpoint.proxy-abc.eu-west-1.rds.amazonaws.com", Some(HostRole::Proxy)),
            ("o.global-abc.global.rds.amazonaws.com", Some(HostRole::Writer)),
            ("o.cluster-ro-abc.rds.cn-north-1.amazonaws.com.cn", Some(HostRole::Reader)),
            ("o.cluster-ro-abc.eu-west-1.docdb.amazonaws.com", Some(HostRole::Reader)),
            ("master.o.abc.euw1.cache.amazonaws.com", Some(HostRole::Writer)),
            ("replica.o.abc.euw1.cache.amazonaws.com", Some(HostRole::Reader)),
            ("o-ro.abc.ng.0001.euw1.cache.amazonaws.com", Some(HostRole::Reader)),
            ("clustercfg.o.abc.euw1.cache.amazonaws.com", None),
            ("o.reader.postgres.database.azure.com", Some(HostRole::Reader)),
            ("o.private.postgres.database.azure.com", None),
            ("o.secondary.database.windows.net", Some(HostRole::Reader)),
            ("aws-0-eu-west-1.pooler.supabase.com", Some(HostRole::Pooler)),
            ("db.abcdefghijklmnopqrst.supabase.co", None),
            ("ep-x-1.eu-central-1.aws.neon.tech", None),
            ("pooled.db.prisma.io", Some(HostRole::Pooler)),
            ("o-pooler-repl.data", Some(HostRole::Pooler)),
            ("o-haproxy-replicas.data", Some(HostRole::Reader)),
            ("o-haproxy.data", Some(HostRole::Proxy)),
            ("o-postgresql-read", Some(HostRole::Reader)),
            ("o-mysql-secondary", Some(HostRole::Reader)),
            ("orders-ro.data.svc", Some(HostRole::Reader)),
            ("orders-rw", Some(HostRole::Writer)),
            ("ep-x-1-pooler.eu-central-1.aws.neon.tech", Some(HostRole::Pooler)),
            ("pgbouncer.data", Some(HostRole::Pooler)),
            ("redis-replicas", Some(HostRole::Reader)),
            ("db1", None),
            ("10.0.0.1", None),
        ] {
            assert_eq!(host_role(host), role, "{host}");
        }
    }

    #[test]
    fn this_machine_has_many_names() {
        for host in [
            "localhost",
            "127.0.0.1",
            "::1",
            "[::1]",
            "0.0.0.0",
            "LOCALHOST.",
            "/var/run/postgresql",
            "host.docker.internal",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in ["db1", "127.example.com", "localhost.example.com", "10.0.0.1", ""] {
            assert!(!is_local(host), "{host}");
        }
    }
}
