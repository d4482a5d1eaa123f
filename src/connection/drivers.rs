//! Drivers, dialects, adapters and pool classes by name.
//!
//! In: a key or a value. Out: whether the key holds a driver, and which engine and family a name stands for. It judges
//! nothing by itself.

use super::Engine;
use crate::secret::words_of;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Driver {
    /// The engine it speaks to; unknown for pools, and for drivers that wrap another.
    pub engine: Engine,
    /// Names of one driver share it.
    pub family: &'static str,
    /// What it does.
    pub kind: DriverKind,
}

/// What a driver's name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriverKind {
    /// Opens connections.
    Driver,
    /// Keeps connections.
    Pool,
    /// Writes SQL.
    Dialect,
}

/// Classes by a part of their name in lower case, the most telling first.
const CLASSES: &[(&str, Engine, &str, DriverKind)] = &[
    ("hikari", Engine::Unknown, "HikariCP", DriverKind::Pool),
    ("org.apache.tomcat.jdbc.pool", Engine::Unknown, "Tomcat JDBC", DriverKind::Pool),
    ("druid", Engine::Unknown, "Druid", DriverKind::Pool),
    ("c3p0", Engine::Unknown, "c3p0", DriverKind::Pool),
    ("commons.dbcp2", Engine::Unknown, "DBCP 2", DriverKind::Pool),
    ("commons.dbcp", Engine::Unknown, "DBCP 1", DriverKind::Pool),
    ("oracle.ucp", Engine::Unknown, "UCP", DriverKind::Pool),
    ("software.amazon.jdbc", Engine::Unknown, "AWS JDBC wrapper", DriverKind::Driver),
    ("p6spy", Engine::Unknown, "P6Spy", DriverKind::Driver),
    ("opentelemetry.instrumentation.jdbc", Engine::Unknown, "OpenTelemetry JDBC", DriverKind::Driver),
    ("dialect.postgre", Engine::PostgreSql, "PostgreSQL dialect", DriverKind::Dialect),
    ("dialect.mysql", Engine::MySql, "MySQL dialect", DriverKind::Dialect),
    ("dialect.mariadb", Engine::MariaDb, "MariaDB dialect", DriverKind::Dialect),
    ("dialect.oracle", Engine::Oracle, "Oracle dialect", DriverKind::Dialect),
    ("dialect.sqlserver", Engine::SqlServer, "SQL Server dialect", DriverKind::Dialect),
    ("dialect.h2", Engine::H2, "H2 dialect", DriverKind::Dialect),
    ("dialect.db2", Engine::Db2, "Db2 dialect", DriverKind::Dialect),
    ("com.impossibl.postgres", Engine::PostgreSql, "pgjdbc-ng", DriverKind::Driver),
    ("org.postgresql", Engine::PostgreSql, "pgjdbc", DriverKind::Driver),
    ("com.mysql", Engine::MySql, "Connector/J", DriverKind::Driver),
    ("org.gjt.mm.mysql", Engine::MySql, "Connector/J", DriverKind::Driver),
    ("org.mariadb", Engine::MariaDb, "MariaDB Connector/J", DriverKind::Driver),
    ("com.microsoft.sqlserver", Engine::SqlServer, "mssql-jdbc", DriverKind::Driver),
    ("net.sourceforge.jtds", Engine::SqlServer, "jTDS", DriverKind::Driver),
    ("oracle.jdbc", Engine::Oracle, "Oracle JDBC", DriverKind::Driver),
    ("com.clickhouse", Engine::ClickHouse, "ClickHouse JDBC", DriverKind::Driver),
    ("ru.yandex.clickhouse", Engine::ClickHouse, "ClickHouse JDBC", DriverKind::Driver),
    ("com.amazon.redshift", Engine::Redshift, "Redshift JDBC", DriverKind::Driver),
    ("com.ibm.db2", Engine::Db2, "Db2 JDBC", DriverKind::Driver),
    ("org.h2", Engine::H2, "H2", DriverKind::Driver),
    ("org.sqlite", Engine::Sqlite, "SQLite JDBC", DriverKind::Driver),
    ("backends.postgresql", Engine::PostgreSql, "Django PostgreSQL", DriverKind::Driver),
    ("backends.mysql", Engine::MySql, "Django MySQL", DriverKind::Driver),
    ("backends.sqlite3", Engine::Sqlite, "Django SQLite", DriverKind::Driver),
    ("backends.oracle", Engine::Oracle, "Django Oracle", DriverKind::Driver),
    ("backends.postgis", Engine::PostgreSql, "Django PostGIS", DriverKind::Driver),
];

/// Adapters that go by a bare name: of Rails, Laravel, Knex, Sequelize, TypeORM, Ecto, Go and Prisma.
const NAMES: &[(&str, Engine, &str)] = &[
    ("postgresql", Engine::PostgreSql, "postgresql"),
    ("postgres", Engine::PostgreSql, "postgresql"),
    ("pgsql", Engine::PostgreSql, "postgresql"),
    ("pg", Engine::PostgreSql, "postgresql"),
    ("postgis", Engine::PostgreSql, "postgis"),
    ("pdo_pgsql", Engine::PostgreSql, "postgresql"),
    ("pgx", Engine::PostgreSql, "pgx"),
    ("psycopg2", Engine::PostgreSql, "psycopg2"),
    ("psycopg", Engine::PostgreSql, "psycopg"),
    ("asyncpg", Engine::PostgreSql, "asyncpg"),
    ("mysql", Engine::MySql, "mysql"),
    ("mysql2", Engine::MySql, "mysql2"),
    ("mysqli", Engine::MySql, "mysqli"),
    ("trilogy", Engine::MySql, "trilogy"),
    ("pdo_mysql", Engine::MySql, "mysql"),
    ("mariadb", Engine::MariaDb, "mariadb"),
    ("mssql", Engine::SqlServer, "mssql"),
    ("sqlserver", Engine::SqlServer, "mssql"),
    ("sqlsrv", Engine::SqlServer, "mssql"),
    ("oracle", Engine::Oracle, "oracle"),
    ("oracledb", Engine::Oracle, "oracle"),
    ("sqlite", Engine::Sqlite, "sqlite"),
    ("sqlite3", Engine::Sqlite, "sqlite"),
    ("better-sqlite3", Engine::Sqlite, "sqlite"),
    ("mongodb", Engine::MongoDb, "mongodb"),
    ("cockroachdb", Engine::CockroachDb, "cockroachdb"),
    ("clickhouse", Engine::ClickHouse, "clickhouse"),
    ("h2", Engine::H2, "h2"),
];

/// Which driver, dialect or pool a value names; `None` if it is none that is known.
#[must_use]
pub fn read_driver(value: &str) -> Option<Driver> {
    let lower = value.trim().to_ascii_lowercase();
    if lower.contains(char::is_whitespace) || lower.contains("://") {
        return None;
    }
    if lower.contains('.') {
        let (_, engine, family, kind) = CLASSES.iter().find(|(part, ..)| lower.contains(part))?;
        return Some(Driver { engine: *engine, family, kind: *kind });
    }
    let (_, engine, family) = NAMES.iter().find(|(name, ..)| *name == lower)?;
    Some(Driver { engine: *engine, family, kind: DriverKind::Driver })
}

/// Last words of the classes and backends that there are.
const LAST: &[&str] = &[
    "Driver",
    "SQLServerDriver",
    "OracleDriver",
    "ClickHouseDriver",
    "DB2Driver",
    "P6SpyDriver",
    "OpenTelemetryDriver",
    "JDBC",
    "HikariDataSource",
    "DataSource",
    "BasicDataSource",
    "DruidDataSource",
    "DruidDataSourceWrapper",
    "ComboPooledDataSource",
    "postgresql",
    "postgresql_psycopg2",
    "mysql",
    "oracle",
    "sqlite3",
    "postgis",
];

/// Whether a name is not one that there is, though the one before was.
#[must_use]
pub fn is_driver_slip(was: &str, is: &str) -> bool {
    let known = |name: &str| LAST.contains(&name.rsplit('.').next().unwrap_or(name));
    let class = was.contains('.') && !was.to_ascii_lowercase().contains("dialect");
    class && known(was) && !known(is)
}

/// Whether a key holds the name of a driver, adapter, dialect or pool class.
#[must_use]
pub fn is_driver_key(key: &str) -> bool {
    let words = words_of(key);
    let ends =
        |tail: &[&str]| words.len() >= tail.len() && words.iter().rev().zip(tail.iter().rev()).all(|(w, t)| w == t);
    // These say it by themselves.
    let plain: [&[&str]; 8] = [
        &["driver", "class", "name"],
        &["driver", "class"],
        &["driverclassname"],
        &["driverclass"],
        &["jdbc", "driver"],
        &["hibernate", "dialect"],
        &["database", "platform"],
        &["datasource", "type"],
    ];
    // These only where a database is spoken of.
    let of_database: [&[&str]; 8] =
        [&["driver"], &["adapter"], &["dialect"], &["type"], &["client"], &["engine"], &["connection"], &["provider"]];
    let about = |word: &String| {
        ["db", "database", "databases", "datasource", "datasources", "jdbc", "sql", "sqldb", "typeorm", "knex"]
            .contains(&word.as_str())
    };
    let near = words.iter().rev().skip(1).take(2).any(about);
    plain.iter().any(|tail| ends(tail)) || near && of_database.iter().any(|tail| ends(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_drivers_are_known() {
        for key in [
            "spring.datasource.driver-class-name",
            "spring.datasource.type",
            "c3p0.driverClass",
            "DB_CONNECTION",
            "DB_DRIVER",
            "database.client",
            "SPRING_DATASOURCE_DRIVERCLASSNAME",
            "sqldb.type",
            "production.database.adapter",
        ] {
            assert!(is_driver_key(key), "{key}");
        }
        for key in ["storage.driver", "logging.driver", "spring.main.web-application-type", "render.engine", "type"] {
            assert!(!is_driver_key(key), "{key}");
        }
    }

    #[test]
    fn names_of_one_driver_are_one_family() {
        let family = |name: &str| read_driver(name).map(|d| d.family);
        assert_eq!(family("com.mysql.jdbc.Driver"), family("com.mysql.cj.jdbc.Driver"));
        assert_ne!(family("com.mysql.cj.jdbc.Driver"), family("org.mariadb.jdbc.Driver"));
        assert!(is_driver_slip("org.postgresql.Driver", "org.postgresql.Drivr"));
        assert!(!is_driver_slip("org.hibernate.dialect.MySQL5Dialect", "org.hibernate.dialect.MySQL8Dialect"));
        assert_eq!(read_driver("local"), None);
    }
}
