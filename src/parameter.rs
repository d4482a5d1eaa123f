//! Parameters of connection strings: which names clients know, what they mean, and what becomes of a name nobody knows.
//!
//! In: a name. Out: what `catalogue/parameters.toml` says of it. The tables are embedded in a compact form that a test makes
//! of the TOML; a family is read from it when it is first asked for, and names are found by bisection. Whether the case
//! of a name matters is said by the notation, see `Dialect`.

use std::cmp::Ordering;
use std::sync::OnceLock;

/// The tables, one family after the other; see [`Family::read`] for the lines.
const EMBEDDED: &str = include_str!("catalogue/parameters.txt");

/// A set of clients that read one notation alike.
#[derive(Debug)]
pub(crate) struct Family {
    id: &'static str,
    table: OnceLock<Table>,
}

#[derive(Debug, Default)]
struct Table {
    readers: Vec<Reader>,
    params: Vec<Param>,
    /// Sorted by the folded name.
    names: Vec<Name>,
}

#[derive(Debug, Clone, Copy)]
struct Name {
    text: &'static str,
    /// Index of what is known of it beside the name.
    param: Option<usize>,
}

/// A client, and what it makes of names and of their repetition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    /// As people call it.
    pub(crate) name: &'static str,
    /// What it does with a name that it does not know.
    pub(crate) unknown: Unknown,
    /// What it does with a name that stands twice.
    pub(crate) repeated: Repeated,
    /// The TLS level that holds where nothing is written; empty where it is not known.
    pub(crate) tls: &'static str,
    /// The words of its refusal; empty where there are none.
    pub(crate) says: &'static str,
}

/// What a client does with a parameter that it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unknown {
    /// It refuses the string.
    Refused,
    /// It sends the name to the server, which refuses what is no setting of its own.
    Server,
    /// It drops the parameter and says so in its log.
    Warned,
    /// It drops the parameter without a word.
    Ignored,
}

/// What a client does with a parameter that stands twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Repeated {
    /// The first one counts.
    First,
    /// The last one counts.
    Last,
    /// It refuses the string.
    Refused,
}

/// What is known of a parameter beside its name.
#[derive(Debug, Clone)]
pub(crate) struct Param {
    /// What it does.
    pub(crate) role: ParamRole,
    /// Unit of a bare number.
    pub(crate) unit: Option<Unit>,
    /// What holds where it is not written.
    pub(crate) default: Option<&'static str>,
    /// All values that it takes, where they are few.
    pub(crate) values: Vec<&'static str>,
    /// The TLS level of each value, in the order of `values`; empty for other parameters.
    pub(crate) levels: Vec<&'static str>,
    /// Values that take the check of the server's certificate away.
    pub(crate) unchecked: Vec<&'static str>,
}

/// What a parameter does, as far as a rule asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ParamRole {
    /// Whether and how strictly TLS is used.
    TlsMode,
    /// An older switch that the mode wins over.
    TlsSwitch,
    /// Whether the certificate is checked.
    TlsCheck,
    /// End of the wait for a connection.
    ConnectTimeout,
    /// End of the wait for an answer on a connection.
    SocketTimeout,
    /// End of a query.
    StatementTimeout,
    /// End of the wait for a free connection.
    PoolTimeout,
    /// Another wait.
    OtherTimeout,
    /// How long a connection is kept.
    Lifetime,
    /// Writer or reader.
    Target,
    /// Replica set or sentinel's master.
    ReplicaSet,
    /// The database that holds the user.
    AuthSource,
    /// Where to go when the server is lost.
    Failover,
    /// Prepared statements, which a pooler in transaction mode may not carry.
    Prepared,
    /// Anything else.
    Other,
}

/// Unit of a bare number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Milliseconds.
    Millis,
    /// Seconds.
    Seconds,
    /// Go's durations: a number alone is an error.
    GoDuration,
}

macro_rules! families {
    ($($(#[doc = $doc:literal])+ $ident:ident = $id:literal;)+) => {
        $($(#[doc = $doc])+ pub(crate) static $ident: Family = Family::named($id);)+
        /// Every family, for whoever only has to know whether a name is one.
        static ALL: &[&Family] = &[$(&$ident),+];
    };
}

families! {
    /// libpq's keywords.
    LIBPQ = "libpq";
    /// What the other clients of PostgreSQL URIs know beyond libpq.
    POSTGRES_URI = "postgres-uri";
    /// pgjdbc, the Redshift driver, and wrappers around them.
    JDBC_POSTGRESQL = "jdbc-postgresql";
    /// Connector/J.
    JDBC_MYSQL = "jdbc-mysql";
    /// MariaDB Connector/J.
    JDBC_MARIADB = "jdbc-mariadb";
    /// Clients of MySQL URIs.
    MYSQL_URI = "mysql-uri";
    /// go-sql-driver/mysql.
    GO_MYSQL = "go-mysql";
    /// PDO of PHP.
    PDO_MYSQL = "pdo-mysql";
    /// mssql-jdbc.
    JDBC_SQLSERVER = "jdbc-sqlserver";
    /// Clients of SQL Server's URIs.
    SQLSERVER_URI = "sqlserver-uri";
    /// SqlClient of .NET.
    SQLCLIENT = "sqlclient";
    /// Npgsql.
    NPGSQL = "npgsql";
    /// MySqlConnector and Connector/NET.
    MYSQL_NET = "mysql-net";
    /// ODBC drivers of the databases here.
    ODBC = "odbc";
    /// MongoDB.
    MONGODB = "mongodb";
    /// Redis clients.
    REDIS = "redis";
    /// RabbitMQ clients.
    AMQP = "amqp";
    /// Oracle, Db2, ClickHouse, Snowflake, H2, SQLite, R2DBC.
    OTHER = "other";
}

impl Family {
    const fn named(id: &'static str) -> Family {
        Family { id, table: OnceLock::new() }
    }

    /// The id in the table.
    pub(crate) fn id(&self) -> &'static str {
        self.id
    }

    /// Whether it has a name, spelt exactly so.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.spellings(name).iter().any(|known| known.text == name)
    }

    /// Whether it has a name, whatever its case and separators.
    pub(crate) fn knows(&self, name: &str) -> bool {
        !self.spellings(name).is_empty()
    }

    /// The known names that are `name` but for case and separators.
    pub(crate) fn alike(&self, name: &str) -> impl Iterator<Item = &'static str> {
        self.spellings(name).iter().map(|known| known.text)
    }

    /// All names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.table().names.iter().map(|name| name.text)
    }

    /// The clients.
    pub(crate) fn readers(&'static self) -> &'static [Reader] {
        &self.table().readers
    }

    /// What is known of a parameter; of several spellings the one that is written.
    pub(crate) fn param(&'static self, name: &str) -> Option<&'static Param> {
        let alike = self.spellings(name);
        let best = alike.iter().find(|known| known.text == name).or_else(|| alike.first())?;
        self.table().params.get(best.param?)
    }

    fn spellings(&self, name: &str) -> &[Name] {
        let names = &self.table().names;
        let start = names.partition_point(|known| compare(known.text, name) == Ordering::Less);
        let tail = names.get(start..).unwrap_or_default();
        let count = tail.iter().take_while(|known| compare(known.text, name) == Ordering::Equal).count();
        tail.get(..count).unwrap_or_default()
    }

    fn table(&self) -> &Table {
        self.table.get_or_init(|| self.read())
    }

    /// Reads the lines of this family: `@` a client, `-` names alone, others a parameter with its fields between tabs.
    fn read(&self) -> Table {
        let mut table = Table::default();
        let lines = EMBEDDED.lines().skip_while(|line| line.strip_prefix('=') != Some(self.id)).skip(1);
        for line in lines.take_while(|line| !line.starts_with('=')) {
            if let Some(reader) = line.strip_prefix('@') {
                table.readers.push(Reader::read(reader));
            } else if let Some(names) = line.strip_prefix('-') {
                table.names.extend(names.split(',').map(|text| Name { text, param: None }));
            } else {
                let (names, param) = Param::read(line);
                let at = Some(table.params.len());
                table.names.extend(names.split(',').map(|text| Name { text, param: at }));
                table.params.push(param);
            }
        }
        table.names.sort_by(|a, b| compare(a.text, b.text).then_with(|| a.text.cmp(b.text)));
        table
    }
}

impl Reader {
    fn read(line: &'static str) -> Reader {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        Reader {
            name: next(),
            unknown: match next() {
                "refused" => Unknown::Refused,
                "server" => Unknown::Server,
                "warned" => Unknown::Warned,
                _ => Unknown::Ignored,
            },
            repeated: match next() {
                "first" => Repeated::First,
                "refused" => Repeated::Refused,
                _ => Repeated::Last,
            },
            tls: next(),
            says: next(),
        }
    }
}

impl Param {
    /// The names, and what is known of them.
    fn read(line: &'static str) -> (&'static str, Param) {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        let (names, role, unit, default) = (next(), ParamRole::read(next()), next(), next());
        let list = |text: &'static str| text.split(',').filter(|value| !value.is_empty());
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        for value in list(next()) {
            let (value, level) = value.split_once(':').map_or((value, None), |(value, level)| (value, Some(level)));
            values.push(value);
            levels.extend(level);
        }
        let unit = match unit {
            "ms" => Some(Unit::Millis),
            "s" => Some(Unit::Seconds),
            "go" => Some(Unit::GoDuration),
            _ => None,
        };
        let default = Some(default).filter(|default| !default.is_empty());
        (names, Param { role, unit, default, values, levels, unchecked: list(next()).collect() })
    }

    /// The TLS level that a value asks for, by name; `None` where the table does not say.
    pub(crate) fn level_of(&self, value: &str) -> Option<&'static str> {
        let at = self.values.iter().position(|known| compare(known, value) == Ordering::Equal)?;
        self.levels.get(at).copied()
    }
}

impl ParamRole {
    fn read(word: &str) -> ParamRole {
        match word {
            "tls-mode" => ParamRole::TlsMode,
            "tls-switch" => ParamRole::TlsSwitch,
            "tls-check" => ParamRole::TlsCheck,
            "connect-timeout" => ParamRole::ConnectTimeout,
            "socket-timeout" => ParamRole::SocketTimeout,
            "statement-timeout" => ParamRole::StatementTimeout,
            "pool-timeout" => ParamRole::PoolTimeout,
            "other-timeout" => ParamRole::OtherTimeout,
            "lifetime" => ParamRole::Lifetime,
            "target" => ParamRole::Target,
            "replica-set" => ParamRole::ReplicaSet,
            "auth-source" => ParamRole::AuthSource,
            "failover" => ParamRole::Failover,
            "prepared" => ParamRole::Prepared,
            _ => ParamRole::Other,
        }
    }
}

/// A name without case, blanks and separators, so that `Max Pool Size` and `max_pool_size` meet.
pub(crate) fn fold(name: &str) -> String {
    let is_letter = |c: &char| !matches!(c, ' ' | '_' | '-' | '.' | '\t');
    if name.is_ascii() {
        return name.chars().filter(is_letter).map(|c| c.to_ascii_lowercase()).collect();
    }
    name.chars().filter(is_letter).flat_map(char::to_lowercase).collect()
}

/// Two names as their folded forms compare, without building those.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    fn folded(name: &str) -> impl Iterator<Item = u8> {
        let letters = name.bytes().filter(|b| !matches!(b, b' ' | b'_' | b'-' | b'.' | b'\t'));
        letters.map(|b| b.to_ascii_lowercase())
    }
    folded(a).cmp(folded(b))
}

/// Whether `name` is a parameter of any client, in any spelling.
pub(crate) fn is_known(name: &str) -> bool {
    const GENERAL: [&str; 14] = [
        "host", "hostname", "server", "port", "database", "dbname", "db", "user", "username", "userid", "password",
        "passwd", "uid", "pwd",
    ];
    // Longer text is no name; and whoever asks may ask for every piece of a large file.
    if name.len() > 64 || name.is_empty() {
        return false;
    }
    let general = || GENERAL.iter().any(|known| compare(known, name) == Ordering::Equal);
    every_name().binary_search_by(|known| compare(known, name)).is_ok() || general()
}

/// Whether a parameter that clients know starts with `name` and a separator, so that a secret in front of it has ended.
/// `behind` is what follows the separator.
///
/// Names of one letter stand in passwords by chance (`a&w=b`): they count only with a value that they take.
pub(crate) fn is_known_pair(name: &str, behind: &[u8]) -> bool {
    if !is_known(name) {
        return false;
    }
    let end = behind.iter().take(10).position(|b| b"&;, \t\r\n\"'`".contains(b)).unwrap_or(behind.len());
    let value = behind.get(..end).unwrap_or(&[]);
    name.len() > 1 || value == b"majority" || (1..=3).contains(&value.len()) && value.iter().all(u8::is_ascii_digit)
}

/// The names of all families, sorted by their folded form.
fn every_name() -> &'static [&'static str] {
    static EVERY: OnceLock<Vec<&'static str>> = OnceLock::new();
    EVERY.get_or_init(|| {
        let mut names: Vec<&'static str> = ALL.iter().flat_map(|family| family.names()).collect();
        names.sort_by(|a, b| compare(a, b));
        names.dedup_by(|a, b| compare(a, b) == Ordering::Equal);
        names
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_meet_in_any_spelling() {
        for name in [
            "sslmode",
            "SSL Mode",
            "max_pool_size",
            "MaxPoolSize",
            "connection-limit",
            "User Id",
            "TrustServerCertificate",
        ] {
            assert!(is_known(name), "{name}");
        }
        for name in ["", "sslmod", "hunter2", "x"] {
            assert!(!is_known(name), "{name}");
        }
    }

    #[test]
    fn every_family_is_in_the_table() {
        for family in ALL {
            assert!(family.names().count() > 5, "{}", family.id());
        }
    }

    #[test]
    fn a_parameter_has_its_unit_its_values_and_its_default() {
        let timeout = JDBC_POSTGRESQL.param("connectTimeout").map(|p| (p.role, p.unit, p.default));
        assert_eq!(timeout, Some((ParamRole::ConnectTimeout, Some(Unit::Seconds), Some("10"))));
        assert_eq!(JDBC_MYSQL.param("connectTimeout").and_then(|p| p.unit), Some(Unit::Millis));
        assert_eq!(LIBPQ.param("sslmode").and_then(|p| p.level_of("verify-full")), Some("verify-full"));
        assert!(LIBPQ.param("dbname").is_none() && LIBPQ.contains("dbname") && !LIBPQ.contains("DBNAME"));
        assert!(NPGSQL.knows("MaxPoolSize") && SQLCLIENT.readers().iter().all(|r| r.unknown == Unknown::Refused));
    }
}
