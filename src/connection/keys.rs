//! Endpoints spread over keys: `DB_HOST`, `PGPORT`, `spring.datasource.username`.
//!
//! In: a setting's key. Out: which part of an address it holds and what its siblings share. Only keys that name a
//! database, cache or queue count: `SMTP_HOST` and `server.port` are addresses of something else.

use super::Engine;
use crate::secret::words_of;

/// Which part of an address a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartRole {
    /// Host, possibly with a port.
    Host,
    /// Port.
    Port,
    /// Database, service, or index.
    Database,
    /// User.
    User,
    /// Password.
    Password,
    /// The whole address.
    Url,
    /// Whether and how TLS is used.
    TlsMode,
}

/// A key that holds a part of an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartKey {
    /// The part.
    pub role: PartRole,
    /// What the parts of one address share: the key without the words of the role, `DB`, `PG`, `spring.datasource`.
    pub group: String,
    /// What the key says about the engine.
    pub engine: Option<Engine>,
}

/// Words of a role, the longest first: `ssl_mode` before `mode`. The flag: only directly behind a word of the group.
const ROLES: [(&[&str], PartRole, bool); 58] = [
    (&["host", "name"], PartRole::Host, false),
    (&["server", "name"], PartRole::Host, true),
    (&["user", "name"], PartRole::User, false),
    (&["user", "id"], PartRole::User, true),
    (&["database", "name"], PartRole::Database, true),
    (&["db", "name"], PartRole::Database, true),
    (&["port", "number"], PartRole::Port, false),
    (&["tcp", "port"], PartRole::Port, true),
    (&["jdbc", "url"], PartRole::Url, false),
    (&["connection", "string"], PartRole::Url, false),
    (&["connection", "url"], PartRole::Url, false),
    (&["connection", "uri"], PartRole::Url, false),
    (&["ssl", "mode"], PartRole::TlsMode, false),
    (&["tls", "mode"], PartRole::TlsMode, false),
    (&["ssl", "enabled"], PartRole::TlsMode, false),
    (&["tls", "enabled"], PartRole::TlsMode, false),
    (&["use", "ssl"], PartRole::TlsMode, true),
    (&["use", "tls"], PartRole::TlsMode, true),
    (&["ip", "address"], PartRole::Host, true),
    (&["host"], PartRole::Host, false),
    (&["hostname"], PartRole::Host, false),
    (&["hosts"], PartRole::Host, true),
    (&["sentinels"], PartRole::Host, true),
    (&["nodes"], PartRole::Host, true),
    (&["contact", "points"], PartRole::Host, true),
    (&["seeds"], PartRole::Host, true),
    (&["server"], PartRole::Host, true),
    (&["address"], PartRole::Host, true),
    (&["addr"], PartRole::Host, true),
    (&["endpoint"], PartRole::Host, true),
    (&["servername"], PartRole::Host, true),
    (&["fqdn"], PartRole::Host, true),
    (&["ip"], PartRole::Host, true),
    (&["portnumber"], PartRole::Port, true),
    (&["databasename"], PartRole::Database, true),
    (&["port"], PartRole::Port, false),
    (&["database"], PartRole::Database, false),
    (&["db"], PartRole::Database, true),
    (&["dbname"], PartRole::Database, false),
    (&["schema"], PartRole::Database, true),
    (&["name"], PartRole::Database, true),
    (&["vhost"], PartRole::Database, false),
    (&["keyspace"], PartRole::Database, true),
    (&["user"], PartRole::User, false),
    (&["username"], PartRole::User, false),
    (&["login"], PartRole::User, true),
    (&["password"], PartRole::Password, false),
    (&["passwd"], PartRole::Password, false),
    (&["pass"], PartRole::Password, false),
    (&["pwd"], PartRole::Password, false),
    (&["url"], PartRole::Url, false),
    (&["uri"], PartRole::Url, false),
    (&["dsn"], PartRole::Url, false),
    (&["jdbcurl"], PartRole::Url, false),
    (&["sslmode"], PartRole::TlsMode, false),
    (&["tlsmode"], PartRole::TlsMode, false),
    (&["ssl"], PartRole::TlsMode, true),
    (&["tls"], PartRole::TlsMode, true),
];

/// Words that make a group, and the engine they name.
const GROUPS: [(&str, Option<Engine>); 54] = [
    ("db", None),
    ("dbs", None),
    ("database", None),
    ("databases", None),
    ("datasource", None),
    ("datasources", None),
    ("rds", None),
    ("pg", Some(Engine::PostgreSql)),
    ("pgsql", Some(Engine::PostgreSql)),
    ("psql", Some(Engine::PostgreSql)),
    ("postgres", Some(Engine::PostgreSql)),
    ("postgresql", Some(Engine::PostgreSql)),
    ("pgbouncer", Some(Engine::PostgreSql)),
    ("aurora", None),
    ("mysql", Some(Engine::MySql)),
    ("mariadb", Some(Engine::MariaDb)),
    ("mongo", Some(Engine::MongoDb)),
    ("mongodb", Some(Engine::MongoDb)),
    ("mssql", Some(Engine::SqlServer)),
    ("sqlserver", Some(Engine::SqlServer)),
    ("oracle", Some(Engine::Oracle)),
    ("redis", Some(Engine::Redis)),
    ("valkey", Some(Engine::Redis)),
    ("rabbitmq", Some(Engine::RabbitMq)),
    ("rabbit", Some(Engine::RabbitMq)),
    ("amqp", Some(Engine::RabbitMq)),
    ("clickhouse", Some(Engine::ClickHouse)),
    ("cassandra", Some(Engine::Cassandra)),
    ("scylla", Some(Engine::Cassandra)),
    ("cockroachdb", Some(Engine::CockroachDb)),
    ("cockroach", Some(Engine::CockroachDb)),
    ("redshift", Some(Engine::Redshift)),
    ("db2", Some(Engine::Db2)),
    ("r2dbc", None),
    ("jdbc", None),
    ("sql", None),
    ("primarydb", None),
    ("broker", None),
    ("cache", None),
    ("memcached", None),
    ("memcache", None),
    ("keydb", Some(Engine::Redis)),
    ("dragonfly", Some(Engine::Redis)),
    ("elasticache", None),
    ("elasticsearch", None),
    ("opensearch", None),
    ("nats", None),
    ("neo4j", None),
    ("snowflake", None),
    ("couchbase", None),
    ("cloudsql", None),
    ("typeorm", None),
    ("flyway", None),
    ("liquibase", None),
];

/// Words that say that the address belongs to something beside the database.
const FOREIGN: [&str; 24] = [
    "exporter",
    "metrics",
    "admin",
    "health",
    "http",
    "https",
    "web",
    "ui",
    "management",
    "prometheus",
    "monitor",
    "monitoring",
    "smtp",
    "mail",
    "ldap",
    "kafka",
    "grpc",
    "probe",
    "debug",
    "console",
    "dashboard",
    "adminer",
    "pgadmin",
    "phpmyadmin",
];

/// Recognises a key that holds one part of an address to a database, cache or queue.
#[must_use]
pub fn part_role_for_key(key: &str) -> Option<PartKey> {
    if key.len() > 256 || !key.is_ascii() {
        return None;
    }
    let words = located(key);
    let texts: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
    // A virtual host is a name inside RabbitMQ or a web server, and no address.
    if texts.iter().any(|word| FOREIGN.contains(word)) || texts.ends_with(&["virtual", "host"]) {
        return None;
    }
    joined(key, &texts, &words).or_else(|| apart(key, &texts, &words))
}

/// Role and group in words of their own: `DB_HOST`, `database.user.name`.
fn apart(key: &str, texts: &[&str], words: &[(String, usize)]) -> Option<PartKey> {
    // `DB_NAME` is a name in the group `DB`; the role that leaves a group counts.
    let fits = |(role, _, close): &&(&[&str], PartRole, bool)| {
        let before = texts.len() - role.len().min(texts.len());
        texts.ends_with(role) && group_at(texts.get(..before).unwrap_or(&[]), *close).is_some()
    };
    let (role_words, role, close) = ROLES.iter().find(fits)?;
    let before = texts.len() - role_words.len();
    let group = texts.get(..before)?;
    let at = group_at(group, *close)?;
    // `spring.datasource.name` names the pool, `redis.name` a release; both are no database.
    let name_alone = role_words == &["name"];
    if name_alone
        && !matches!(
            *group.get(at)?,
            "db" | "database" | "pg" | "postgres" | "postgresql" | "mysql" | "mariadb" | "mongo" | "mongodb"
        )
    {
        return None;
    }
    let engine = group.iter().rev().filter_map(|word| group_word(word)).find_map(|(_, engine)| *engine);
    let end = words.get(before).map_or(key.len(), |(_, start)| *start);
    let shared = key.get(..end)?.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    Some(PartKey { role: *role, group: shared.to_owned(), engine })
}

/// Role and group in one word: `PGHOST`, `dbname`, `REDISPORT`.
fn joined(key: &str, texts: &[&str], words: &[(String, usize)]) -> Option<PartKey> {
    let (word, start) = (texts.last()?, words.last()?.1);
    let (role_word, role) = ROLES.iter().filter(|(role, ..)| role.len() == 1).find_map(|(role_words, role, _)| {
        let role_word = *role_words.first()?;
        let group = word.strip_suffix(role_word)?;
        // `dbname` under `database` is a role alone; `dburl` is both.
        (group_word(group).is_some() && (*word != "dbname" || texts.len() == 1)).then_some((role_word, *role))
    })?;
    if matches!(role_word, "db" | "name" | "tls" | "ssl") && texts.len() > 1 {
        return None;
    }
    let group = word.strip_suffix(role_word)?;
    let (_, engine) = group_word(group)?;
    let shared = key.get(..start + group.len())?;
    Some(PartKey { role, group: shared.to_owned(), engine: *engine })
}

/// The engine that a name of a host, a service or a record speaks of, unknown where it only says that it is a database,
/// cache or queue; `None` where it says nothing of the kind.
#[must_use]
pub fn engine_in_name(name: &str) -> Option<Engine> {
    let words = words_of(name);
    if words.iter().any(|word| FOREIGN.contains(&word.as_str())) {
        return None;
    }
    let named: Vec<_> = words.iter().filter_map(|word| group_word(word)).collect();
    let told = named.iter().find_map(|(_, engine)| *engine);
    told.or((!named.is_empty() || super::host::is_managed(name)).then_some(Engine::Unknown))
}

/// Which of several servers of one group is meant: `db_reader_endpoint`.
const WHICH: [&str; 14] = [
    "reader",
    "writer",
    "read",
    "write",
    "primary",
    "replica",
    "secondary",
    "master",
    "slave",
    "ro",
    "rw",
    "standby",
    "cluster",
    "instance",
];

/// Where the group's word stands, near enough to the role behind it.
fn group_at(group: &[&str], close: bool) -> Option<usize> {
    let which = group.iter().rev().take(2).take_while(|word| WHICH.contains(word)).count();
    let reach = if close { 1 + which } else { 4 };
    group.iter().rposition(|word| group_word(word).is_some()).filter(|at| group.len() - at <= reach)
}

fn group_word(word: &str) -> Option<&'static (&'static str, Option<Engine>)> {
    let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
    // `externaldatabase`, `ordersdb`: words that end in the group's word.
    let compound = |name: &str| {
        matches!(name, "database" | "db" | "datasource") && bare.len() > name.len() + 2 && bare.ends_with(name)
    };
    GROUPS
        .iter()
        .find(|(name, _)| *name == word || *name == bare)
        .or_else(|| GROUPS.iter().find(|(name, _)| compound(name)))
}

/// Words with the offset at which each starts.
fn located(key: &str) -> Vec<(String, usize)> {
    let mut at = 0;
    let lower = key.to_ascii_lowercase();
    let place = |word: String| {
        let start = lower.get(at..).and_then(|rest| rest.find(&word)).map_or(at, |i| at + i);
        at = start + word.len();
        (word, start)
    };
    words_of(key).into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_addresses_are_known_by_their_keys() {
        for (key, role, group, engine) in [
            ("DB_HOST", PartRole::Host, "DB", None),
            ("DB_HOSTNAME", PartRole::Host, "DB", None),
            ("DATABASE_PORT", PartRole::Port, "DATABASE", None),
            ("DB_NAME", PartRole::Database, "DB", None),
            ("DB_DATABASE", PartRole::Database, "DB", None),
            ("DB_USER", PartRole::User, "DB", None),
            ("DB_PASSWORD", PartRole::Password, "DB", None),
            ("DB_PASS", PartRole::Password, "DB", None),
            ("PGHOST", PartRole::Host, "PG", Some(Engine::PostgreSql)),
            ("PGDATABASE", PartRole::Database, "PG", Some(Engine::PostgreSql)),
            ("PGSSLMODE", PartRole::TlsMode, "PG", Some(Engine::PostgreSql)),
            ("POSTGRES_HOST", PartRole::Host, "POSTGRES", Some(Engine::PostgreSql)),
            ("POSTGRES_DB", PartRole::Database, "POSTGRES", Some(Engine::PostgreSql)),
            ("MYSQL_HOST", PartRole::Host, "MYSQL", Some(Engine::MySql)),
            ("REDIS_PORT", PartRole::Port, "REDIS", Some(Engine::Redis)),
            ("REDISHOST", PartRole::Host, "REDIS", Some(Engine::Redis)),
            ("APP_DB_READ_HOST", PartRole::Host, "APP_DB_READ", None),
            ("DATABASE_URL", PartRole::Url, "DATABASE", None),
            ("DB_SSL_MODE", PartRole::TlsMode, "DB", None),
            ("spring.datasource.username", PartRole::User, "spring.datasource", None),
            ("spring.datasource.url", PartRole::Url, "spring.datasource", None),
            ("spring.data.redis.host", PartRole::Host, "spring.data.redis", Some(Engine::Redis)),
            ("database.host", PartRole::Host, "database", None),
            ("externalDatabase.port", PartRole::Port, "externalDatabase", None),
            ("postgresql.auth.username", PartRole::User, "postgresql.auth", Some(Engine::PostgreSql)),
            ("Database__Host", PartRole::Host, "Database", None),
            ("dbHost", PartRole::Host, "db", None),
            ("database.dbname", PartRole::Database, "database", None),
            ("orders_db_hostname", PartRole::Host, "orders_db", None),
            ("db_reader_endpoint", PartRole::Host, "db_reader", None),
            ("rds_cluster_endpoint", PartRole::Host, "rds_cluster", None),
            ("sqldb.host", PartRole::Host, "sqldb", None),
            ("BROKER_HOST", PartRole::Host, "BROKER", None),
            ("CACHE_PORT", PartRole::Port, "CACHE", None),
            ("ELASTICSEARCH_HOST", PartRole::Host, "ELASTICSEARCH", None),
            ("TYPEORM_DATABASE", PartRole::Database, "TYPEORM", None),
            ("DBNAME", PartRole::Database, "DB", None),
            ("DBHOST", PartRole::Host, "DB", None),
            ("db_ip", PartRole::Host, "db", None),
            ("spring.r2dbc.username", PartRole::User, "spring.r2dbc", None),
            ("quarkus.datasource.reactive.url", PartRole::Url, "quarkus.datasource.reactive", None),
            ("KC_DB_URL_HOST", PartRole::Host, "KC_DB_URL", None),
            ("xa-datasource.ServerName", PartRole::Host, "xa-datasource", None),
            ("xa-datasource.PortNumber", PartRole::Port, "xa-datasource", None),
            ("SPRING_RABBITMQ_HOST", PartRole::Host, "SPRING_RABBITMQ", Some(Engine::RabbitMq)),
        ] {
            let expected = PartKey { role, group: group.to_owned(), engine };
            assert_eq!(part_role_for_key(key), Some(expected), "{key}");
        }
    }

    #[test]
    fn addresses_of_something_else_are_left_alone() {
        for key in [
            "SMTP_HOST",
            "spring.rabbitmq.virtual-host",
            "HTTP_PORT",
            "server.port",
            "LDAP_HOST",
            "APP_NAME",
            "KAFKA_HOST",
            "host",
            "port",
            "name",
            "spring.application.name",
            "spring.datasource.name",
            "spring.datasource.driver-class-name",
            "DB_POOL_NAME",
            "DB_APPLICATION_NAME",
            "POSTGRES_EXPORTER_PORT",
            "RABBITMQ_MANAGEMENT_PORT",
            "REDIS_CLIENT_NAME",
            "metrics.port",
            "service.name",
            "DB_POOL_SIZE",
            "DB",
            "REDIS",
            "feedback.url",
            "mail.username",
        ] {
            assert_eq!(part_role_for_key(key), None, "{key}");
        }
    }
}
