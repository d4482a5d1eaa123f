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

/// What the host does, as far as its name tells.
#[must_use]
pub fn host_role(host: &str) -> Option<HostRole> {
    let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
    if host.is_empty() || host.starts_with('/') || host.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    // AWS names its endpoints so: <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Endpoints.html>
    let amazon = host.contains(".rds.amazonaws.com")
        || host.contains(".docdb.amazonaws.com")
        || host.contains(".neptune.amazonaws.com");
    if amazon {
        return amazon_role(&host);
    }
    let mut words = host
        .split('.')
        .take(2)
        .flat_map(|label| label.split(['-', '_']))
        .map(|w| w.trim_end_matches(|c: char| c.is_ascii_digit()));
    if host.contains(".pooler.supabase.com")
        || words
            .clone()
            .any(|w| matches!(w, "pooler" | "pgbouncer" | "bouncer" | "pgcat" | "odyssey" | "supavisor" | "pgpool"))
    {
        return Some(HostRole::Pooler);
    }
    if words.clone().any(|w| matches!(w, "proxysql" | "haproxy" | "maxscale" | "proxy" | "dbproxy")) {
        return Some(HostRole::Proxy);
    }
    words.find_map(|word| match word {
        "ro" | "reader" | "readers" | "readonly" | "replica" | "replicas" | "repl" | "slave" | "secondary"
        | "standby" | "read" => Some(HostRole::Reader),
        "rw" | "primary" | "master" | "writer" | "leader" => Some(HostRole::Writer),
        _ => None,
    })
}

fn amazon_role(host: &str) -> Option<HostRole> {
    if host.contains(".cluster-ro-") {
        Some(HostRole::Reader)
    } else if host.contains(".proxy-") {
        Some(HostRole::Proxy)
    } else if host.contains(".cluster-") && !host.contains(".cluster-custom-") {
        Some(HostRole::Writer)
    } else {
        None
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
