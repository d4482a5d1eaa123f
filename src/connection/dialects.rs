//! The notations that are understood, and what engines listen where. Data only.

use crate::parameter::{self, Param, Reader};

/// What answers behind an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// PostgreSQL and what speaks its protocol without limits of its own.
    PostgreSql,
    /// MySQL.
    MySql,
    /// MariaDB.
    MariaDb,
    /// Microsoft SQL Server.
    SqlServer,
    /// MongoDB.
    MongoDb,
    /// Redis and Valkey.
    Redis,
    /// RabbitMQ and other AMQP brokers.
    RabbitMq,
    /// Oracle Database.
    Oracle,
    /// SQLite: a file, no server.
    Sqlite,
    /// ClickHouse.
    ClickHouse,
    /// Cassandra and Scylla.
    Cassandra,
    /// CockroachDB.
    CockroachDb,
    /// Amazon Redshift.
    Redshift,
    /// IBM Db2.
    Db2,
    /// H2, embedded or as a server.
    H2,
    /// Not told.
    Unknown,
}

impl Engine {
    /// Whether a client of one does not understand the other. What is not told is nobody's stranger.
    #[must_use]
    pub fn is_stranger_to(self, other: Engine) -> bool {
        let mysql = |e: Engine| matches!(e, Engine::MySql | Engine::MariaDb);
        self != other && self != Engine::Unknown && other != Engine::Unknown && !(mysql(self) && mysql(other))
    }

    /// All.
    pub const ALL: &'static [Engine] = &[
        Engine::PostgreSql,
        Engine::MySql,
        Engine::MariaDb,
        Engine::SqlServer,
        Engine::MongoDb,
        Engine::Redis,
        Engine::RabbitMq,
        Engine::Oracle,
        Engine::Sqlite,
        Engine::ClickHouse,
        Engine::Cassandra,
        Engine::CockroachDb,
        Engine::Redshift,
        Engine::Db2,
        Engine::H2,
        Engine::Unknown,
    ];

    /// Reads the name that reports use.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Engine> {
        Engine::ALL.iter().copied().find(|e| e.as_str() == name)
    }

    /// As reports spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Engine::PostgreSql => "postgresql",
            Engine::MySql => "mysql",
            Engine::MariaDb => "mariadb",
            Engine::SqlServer => "sqlserver",
            Engine::MongoDb => "mongodb",
            Engine::Redis => "redis",
            Engine::RabbitMq => "rabbitmq",
            Engine::Oracle => "oracle",
            Engine::Sqlite => "sqlite",
            Engine::ClickHouse => "clickhouse",
            Engine::Cassandra => "cassandra",
            Engine::CockroachDb => "cockroachdb",
            Engine::Redshift => "redshift",
            Engine::Db2 => "db2",
            Engine::H2 => "h2",
            Engine::Unknown => "unknown",
        }
    }
}

/// Which grammar reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// `scheme://user:password@host:port/database?name=value`
    Uri,
    /// `jdbc:` and `r2dbc:` in front of whatever the driver reads.
    Jdbc,
    /// `host=db1 port=5432`
    Libpq,
    /// `Server=db1;Port=5432`
    AdoNet,
    /// `user:password@tcp(host:port)/database`
    GoMySql,
    /// `b1:9092,b2:9092`, told by its key, and what else has no scheme of its own.
    List,
}

/// A notation of connection strings.
#[derive(Debug)]
pub struct Dialect {
    /// Stable name.
    pub id: &'static str,
    /// What it connects to.
    pub engine: Engine,
    /// Who reads it.
    pub family: Family,
    /// Schemes, in lower case, without a driver's suffix.
    pub schemes: &'static [&'static str],
    /// The port that is meant where none is written; `None` where the notation knows none.
    pub default_port: Option<u16>,
    /// The families of clients whose parameters it takes.
    pub(crate) params: &'static [&'static parameter::Family],
    /// Whether every client refuses an unknown parameter.
    pub strict: bool,
    /// Whether a parameter in the wrong case is not read.
    pub case_sensitive: bool,
    /// Whether a widespread client ends the password at the first `@`, not the last.
    pub first_at: bool,
    /// Whether a user and password may stand in front of the host.
    pub user_info: bool,
    /// Whether the scheme alone asks for TLS.
    pub tls_by_scheme: bool,
    /// How the values of parameters are escaped.
    pub escapes: Escapes,
}

/// How the values of parameters are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    /// `%20`
    Percent,
    /// `%20`, and `+` for a blank, as forms of the web have it.
    Form,
    /// Not at all.
    None,
}

impl Dialect {
    /// Whether a client has a parameter of this name, whatever its case and separators.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.params.iter().any(|family| family.knows(name))
    }

    /// What is known of a parameter. Several families may know it: `connect_timeout` of libpq and of Prisma.
    pub(crate) fn about(&self, name: &str) -> impl Iterator<Item = &'static Param> {
        self.params.iter().filter_map(move |family| family.param(name))
    }

    /// The clients that read it, as far as they are told apart.
    pub(crate) fn readers(&self) -> impl Iterator<Item = &'static Reader> {
        // The wider family of PostgreSQL's URIs names libpq as well; and a URI is no driver's of Java or .NET.
        let wide = self.params.iter().any(|family| family.id() == parameter::POSTGRES_URI.id());
        let native = move |family: &&&'static parameter::Family| match family.id() {
            "libpq" => !wide,
            id if id.starts_with("jdbc") => self.family == Family::Jdbc && self.id.starts_with("jdbc"),
            "sqlclient" | "npgsql" | "mysql-net" => self.id.starts_with("ado-net"),
            _ => true,
        };
        self.params.iter().filter(native).flat_map(|family| family.readers())
    }
}

impl PartialEq for Dialect {
    fn eq(&self, other: &Dialect) -> bool {
        self.id == other.id
    }
}

const fn dialect(
    id: &'static str,
    engine: Engine,
    family: Family,
    schemes: &'static [&'static str],
    port: Option<u16>,
) -> Dialect {
    Dialect {
        id,
        engine,
        family,
        schemes,
        default_port: port,
        params: &[],
        strict: false,
        case_sensitive: false,
        first_at: false,
        user_info: true,
        tls_by_scheme: false,
        escapes: Escapes::Percent,
    }
}

macro_rules! dialects {
    ($($name:ident = $id:literal, $engine:ident, $family:ident, $schemes:expr, $port:expr, { $($field:ident: $value:expr),* };)+) => {
        $(pub(super) static $name: Dialect = Dialect {
            $($field: $value,)*
            ..dialect($id, Engine::$engine, Family::$family, &$schemes, $port)
        };)+
        /// Every notation, in the order in which they are tried.
        pub static DIALECTS: &[&Dialect] = &[$(&$name),+];
    };
}

dialects! {
    LIBPQ_URI = "libpq-uri", PostgreSql, Uri, ["postgresql", "postgres"], Some(5432),
        { params: &[&parameter::LIBPQ, &parameter::POSTGRES_URI], case_sensitive: true, first_at: true };
    POSTGRES_ALIAS = "postgres-alias", PostgreSql, Uri, ["pgsql", "postgis", "psql", "pg", "ecto", "timescale", "timescaledb", "alloydb"], Some(5432),
        { params: &[&parameter::LIBPQ, &parameter::POSTGRES_URI], case_sensitive: true };
    SQLALCHEMY_POSTGRES = "sqlalchemy-postgresql", PostgreSql, Uri, [], Some(5432),
        { params: &[&parameter::LIBPQ, &parameter::POSTGRES_URI], case_sensitive: true, first_at: true, escapes: Escapes::Form };
    COCKROACH_URI = "cockroachdb-uri", CockroachDb, Uri, ["cockroachdb", "cockroach"], Some(26257),
        { params: &[&parameter::LIBPQ, &parameter::POSTGRES_URI], case_sensitive: true };
    REDSHIFT_URI = "redshift-uri", Redshift, Uri, ["redshift"], Some(5439), { params: &[&parameter::LIBPQ, &parameter::POSTGRES_URI] };
    MYSQL_URI = "mysql-uri", MySql, Uri, ["mysql", "mysql2", "trilogy", "mysqlgis", "mysql-connector"], Some(3306), { params: &[&parameter::MYSQL_URI, &parameter::JDBC_MYSQL], escapes: Escapes::Form };
    SQLALCHEMY_MYSQL = "sqlalchemy-mysql", MySql, Uri, [], Some(3306), { params: &[&parameter::MYSQL_URI, &parameter::JDBC_MYSQL], first_at: true, escapes: Escapes::Form };
    MARIADB_URI = "mariadb-uri", MariaDb, Uri, ["mariadb"], Some(3306), { params: &[&parameter::MYSQL_URI, &parameter::JDBC_MARIADB], escapes: Escapes::Form };
    MONGODB_URI = "mongodb-uri", MongoDb, Uri, ["mongodb"], Some(27017), { params: &[&parameter::MONGODB], escapes: Escapes::Form };
    MONGODB_SRV = "mongodb-srv", MongoDb, Uri, ["mongodb+srv"], Some(27017), { params: &[&parameter::MONGODB], tls_by_scheme: true, escapes: Escapes::Form };
    REDIS_URI = "redis-uri", Redis, Uri, ["redis", "valkey", "redis-socket", "redis+unix"], Some(6379), { params: &[&parameter::REDIS], escapes: Escapes::Form };
    REDISS_URI = "rediss-uri", Redis, Uri, ["rediss", "valkeys", "redis+tls"], Some(6379), { params: &[&parameter::REDIS], tls_by_scheme: true, escapes: Escapes::Form };
    REDIS_SENTINEL = "redis-sentinel-uri", Redis, Uri, ["redis-sentinel", "rediss-sentinel", "sentinel"], Some(26379), { params: &[&parameter::REDIS], escapes: Escapes::Form };
    AMQP_URI = "amqp-uri", RabbitMq, Uri, ["amqp", "pyamqp"], Some(5672), { params: &[&parameter::AMQP], escapes: Escapes::Form };
    AMQPS_URI = "amqps-uri", RabbitMq, Uri, ["amqps"], Some(5671), { params: &[&parameter::AMQP], tls_by_scheme: true, escapes: Escapes::Form };
    SQLSERVER_URI = "sqlserver-uri", SqlServer, Uri, ["sqlserver", "mssql", "azuresql", "mssqlms"], Some(1433), { params: &[&parameter::SQLSERVER_URI, &parameter::JDBC_SQLSERVER, &parameter::SQLCLIENT, &parameter::ODBC], escapes: Escapes::Form };
    CLICKHOUSE_URI = "clickhouse-uri", ClickHouse, Uri, ["clickhouse"], Some(9000), { params: &[&parameter::OTHER], escapes: Escapes::Form };
    CLICKHOUSES_URI = "clickhouses-uri", ClickHouse, Uri, ["clickhouses"], Some(9440), { params: &[&parameter::OTHER], tls_by_scheme: true, escapes: Escapes::Form };
    ORACLE_URI = "oracle-uri", Oracle, Uri, ["oracle", "oraclegis"], Some(1521), { params: &[&parameter::OTHER], escapes: Escapes::Form };
    CASSANDRA_URI = "cassandra-uri", Cassandra, Uri, ["cassandra", "scylla"], Some(9042), {};
    DB2_URI = "db2-uri", Db2, Uri, ["db2", "ibm_db_sa"], Some(50000), { params: &[&parameter::OTHER], escapes: Escapes::Form };
    SQLITE_URI = "sqlite-uri", Sqlite, Uri, ["sqlite", "sqlite3", "spatialite"], None, { params: &[&parameter::OTHER] };
    JDBC_POSTGRESQL = "jdbc-postgresql", PostgreSql, Jdbc, ["postgresql"], Some(5432),
        { params: &[&parameter::JDBC_POSTGRESQL], case_sensitive: true, user_info: false };
    JDBC_REDSHIFT = "jdbc-redshift", Redshift, Jdbc, ["redshift", "redshift:iam"], Some(5439), { params: &[&parameter::JDBC_POSTGRESQL], user_info: false };
    JDBC_MYSQL = "jdbc-mysql", MySql, Jdbc, ["mysql", "mysql:loadbalance", "mysql:replication", "mysql+srv", "mysql+srv:loadbalance", "mysql+srv:replication"], Some(3306),
        { params: &[&parameter::JDBC_MYSQL], case_sensitive: true, escapes: Escapes::Form };
    JDBC_MARIADB = "jdbc-mariadb", MariaDb, Jdbc,
        ["mariadb", "mariadb:replication", "mariadb:sequential", "mariadb:loadbalance", "mariadb:load-balance-read", "mariadb:failover", "mariadb:aurora"], Some(3306),
        { params: &[&parameter::JDBC_MARIADB], user_info: false, escapes: Escapes::None };
    JDBC_SQLSERVER = "jdbc-sqlserver", SqlServer, Jdbc, ["sqlserver", "jtds:sqlserver"], Some(1433), { params: &[&parameter::JDBC_SQLSERVER], user_info: false };
    JDBC_ORACLE = "jdbc-oracle", Oracle, Jdbc, ["oracle:thin", "oracle:oci", "oracle:oci8"], Some(1521), { params: &[&parameter::OTHER] };
    JDBC_CLICKHOUSE = "jdbc-clickhouse", ClickHouse, Jdbc, ["clickhouse", "ch", "clickhouse:http", "clickhouse:https", "ch:http", "ch:https"], Some(8123), { params: &[&parameter::OTHER] };
    JDBC_DB2 = "jdbc-db2", Db2, Jdbc, ["db2", "ids"], Some(50000), { params: &[&parameter::OTHER], user_info: false };
    JDBC_H2 = "jdbc-h2", H2, Jdbc, ["h2", "hsqldb"], None, { params: &[&parameter::OTHER] };
    JDBC_SQLITE = "jdbc-sqlite", Sqlite, Jdbc, ["sqlite"], None, { params: &[&parameter::OTHER] };
    R2DBC_POSTGRESQL = "r2dbc-postgresql", PostgreSql, Jdbc, [], Some(5432), { params: &[&parameter::OTHER, &parameter::JDBC_POSTGRESQL] };
    R2DBC_MYSQL = "r2dbc-mysql", MySql, Jdbc, [], Some(3306), { params: &[&parameter::OTHER, &parameter::JDBC_MYSQL] };
    R2DBC_MARIADB = "r2dbc-mariadb", MariaDb, Jdbc, [], Some(3306), { params: &[&parameter::OTHER, &parameter::JDBC_MARIADB] };
    R2DBC_SQLSERVER = "r2dbc-sqlserver", SqlServer, Jdbc, [], Some(1433), { params: &[&parameter::OTHER, &parameter::JDBC_SQLSERVER] };
    R2DBC_ORACLE = "r2dbc-oracle", Oracle, Jdbc, [], Some(1521), { params: &[&parameter::OTHER] };
    JDBC_OTHER = "jdbc-other", Unknown, Jdbc, [], None, {};
    LIBPQ_KV = "libpq-kv", PostgreSql, Libpq, [], Some(5432), { params: &[&parameter::LIBPQ], strict: true, case_sensitive: true };
    PDO_PGSQL = "pdo-pgsql", PostgreSql, AdoNet, ["pgsql"], Some(5432), { params: &[&parameter::LIBPQ], case_sensitive: true };
    PDO_MYSQL = "pdo-mysql", MySql, AdoNet, ["mysql"], Some(3306), { params: &[&parameter::PDO_MYSQL, &parameter::MYSQL_URI], case_sensitive: true };
    ADO_NPGSQL = "ado-net-npgsql", PostgreSql, AdoNet, [], Some(5432), { params: &[&parameter::NPGSQL], strict: true };
    ADO_MYSQL = "ado-net-mysql", MySql, AdoNet, [], Some(3306), { params: &[&parameter::MYSQL_NET], strict: true };
    ADO_SQLCLIENT = "ado-net-sqlclient", SqlServer, AdoNet, [], Some(1433), { params: &[&parameter::SQLCLIENT], strict: true };
    ADO_ORACLE = "ado-net-oracle", Oracle, AdoNet, [], Some(1521), { params: &[&parameter::OTHER] };
    ODBC_SQLSERVER = "odbc-sqlserver", SqlServer, AdoNet, [], Some(1433), { params: &[&parameter::ODBC, &parameter::SQLCLIENT] };
    ODBC_POSTGRESQL = "odbc-postgresql", PostgreSql, AdoNet, [], Some(5432), { params: &[&parameter::ODBC] };
    ODBC_MYSQL = "odbc-mysql", MySql, AdoNet, [], Some(3306), { params: &[&parameter::ODBC] };
    JDBC_SNOWFLAKE = "jdbc-snowflake", Unknown, Jdbc, ["snowflake"], Some(443), {};
    JDBC_CASSANDRA = "jdbc-cassandra", Cassandra, Jdbc, ["cassandra"], Some(9042), {};
    SNOWFLAKE_URI = "snowflake-uri", Unknown, Uri, ["snowflake"], Some(443), {};
    PRISMA_URI = "prisma-accelerate", Unknown, Uri, ["prisma", "prisma+postgres"], None, {};
    NATS_URI = "nats-uri", Unknown, Uri, ["nats"], Some(4222), {};
    MEMCACHED_URI = "memcached-uri", Unknown, Uri, ["memcached", "memcache", "pymemcache", "pylibmc"], Some(11211), {};
    ORACLE_TNS = "oracle-tns", Oracle, List, [], Some(1521), {};
    ORACLE_EASY = "oracle-easy-connect", Oracle, List, [], Some(1521), {};
    ODBC_ORACLE = "odbc-oracle", Oracle, AdoNet, [], Some(1521), {};
    ODBC_DB2 = "odbc-db2", Db2, AdoNet, [], Some(50000), {};
    KAFKA_LIST = "kafka-list", Unknown, List, [], Some(9092), {};
    CASSANDRA_LIST = "cassandra-list", Cassandra, List, [], Some(9042), {};
    SENTINEL_LIST = "redis-sentinel-list", Redis, List, [], Some(26379), {};
    REDIS_LIST = "redis-list", Redis, List, [], Some(6379), {};
    MEMCACHED_LIST = "memcached-list", Unknown, List, [], Some(11211), {};
    ELASTICSEARCH_LIST = "elasticsearch-list", Unknown, List, [], Some(9200), {};
    CLICKHOUSE_HTTP = "clickhouse-http", ClickHouse, List, [], Some(8123), {};
    MYSQLX_URI = "mysqlx-uri", MySql, Jdbc, ["mysqlx", "mysqlx+srv"], Some(33060), { params: &[&parameter::MYSQL_URI, &parameter::JDBC_MYSQL] };
    GO_MYSQL = "go-mysql", MySql, GoMySql, [], Some(3306), { params: &[&parameter::GO_MYSQL], case_sensitive: true, escapes: Escapes::Form };
}

/// The engine that listens on a port by default; `None` for ports that belong to nobody in particular.
#[must_use]
pub fn port_engine(port: u16) -> Option<Engine> {
    Some(match port {
        5432 | 5433 | 6432 | 6543 => Engine::PostgreSql,
        3306 | 3307 | 6033 | 33060 => Engine::MySql,
        1433 | 1434 => Engine::SqlServer,
        1521 | 1522 | 2484 => Engine::Oracle,
        27017..=27019 | 10255 => Engine::MongoDb,
        6379 | 6380 | 16379 | 26379 => Engine::Redis,
        5671 | 5672 => Engine::RabbitMq,
        9042 | 9142 => Engine::Cassandra,
        8123 | 9440 => Engine::ClickHouse,
        26257 => Engine::CockroachDb,
        5439 => Engine::Redshift,
        50000 => Engine::Db2,
        _ => return None,
    })
}

/// The pooler or proxy that listens on a port by default.
#[must_use]
pub fn pooler_port(port: u16) -> Option<&'static str> {
    match port {
        6432 => Some("PgBouncer"),
        6543 => Some("Supabase pooler"),
        6033 => Some("ProxySQL"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_has_a_name_of_its_own() {
        for (i, dialect) in DIALECTS.iter().enumerate() {
            assert!(DIALECTS[..i].iter().all(|other| other.id != dialect.id), "{}", dialect.id);
        }
    }

    #[test]
    fn default_ports_belong_to_their_engine() {
        for dialect in DIALECTS {
            let Some(engine) = dialect.default_port.and_then(port_engine) else { continue };
            let same = engine == dialect.engine || engine == Engine::MySql && dialect.engine == Engine::MariaDb;
            assert!(same, "{}", dialect.id);
        }
    }
}
