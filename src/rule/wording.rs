//! The error words that drivers use, so that findings say what the on-call would see.
//!
//! In: the endpoint, whose dialect or engine tells the driver. Out: printable text. The words are those of the drivers'
//! own messages, shortened before any value.

use crate::connection::Engine;
use crate::facts::Endpoint;
use crate::secret::Shown;
use crate::shown;

/// Families of drivers that word their errors alike.
enum Family {
    Java,
    DotNet,
    PostgreSql,
    MySql,
    MongoDb,
    Redis,
    Other,
}

fn family(endpoint: &Endpoint) -> Family {
    let dialect = endpoint.string.as_ref().map_or("", |s| s.dialect.id);
    if dialect.starts_with("jdbc") || endpoint.key.name.starts_with("spring.") {
        return Family::Java;
    }
    if dialect.starts_with("ado-net") {
        return Family::DotNet;
    }
    match endpoint.engine {
        Engine::PostgreSql => Family::PostgreSql,
        Engine::MySql | Engine::MariaDb => Family::MySql,
        Engine::MongoDb => Family::MongoDb,
        Engine::Redis => Family::Redis,
        _ => Family::Other,
    }
}

/// The name does not resolve.
pub(crate) fn no_such_host(endpoint: &Endpoint) -> Shown {
    Shown::of_static(match family(endpoint) {
        Family::Java => "java.net.UnknownHostException",
        Family::DotNet => "SocketException: Name or service not known",
        Family::PostgreSql => "could not translate host name to address: Name or service not known",
        Family::MySql => "ERROR 2005 (HY000): Unknown MySQL server host",
        Family::MongoDb => "MongoServerSelectionError: getaddrinfo ENOTFOUND",
        Family::Redis => "Redis connection failed: getaddrinfo ENOTFOUND",
        Family::Other => "getaddrinfo ENOTFOUND; Name or service not known",
    })
}

/// Nobody listens.
pub(crate) fn refused(endpoint: &Endpoint) -> Shown {
    Shown::of_static(match family(endpoint) {
        Family::Java => "java.net.ConnectException: Connection refused",
        Family::DotNet => "SocketException: Connection refused",
        Family::PostgreSql => {
            "Connection refused. Is the server running on that host and accepting TCP/IP connections?"
        }
        Family::MySql => "ERROR 2003 (HY000): Can't connect to MySQL server (111)",
        Family::MongoDb => "MongoServerSelectionError: connect ECONNREFUSED",
        Family::Redis => "Redis connection failed: connect ECONNREFUSED",
        Family::Other => "connect ECONNREFUSED",
    })
}

/// The server does not let the user in.
pub(crate) fn login_failed(endpoint: &Endpoint) -> Shown {
    Shown::of_static(match endpoint.engine {
        Engine::PostgreSql => "FATAL: password authentication failed for user",
        Engine::MySql | Engine::MariaDb => "ERROR 1045 (28000): Access denied for user",
        Engine::SqlServer => "Login failed for user",
        Engine::MongoDb => "MongoServerError: Authentication failed",
        Engine::Redis => "WRONGPASS invalid username-password pair or user is disabled",
        Engine::Oracle => "ORA-01017: invalid username/password; logon denied",
        _ => "authentication failed",
    })
}

/// The server has no such database.
pub(crate) fn no_such_database(endpoint: &Endpoint) -> Shown {
    Shown::of_static(match endpoint.engine {
        Engine::PostgreSql => "FATAL: database does not exist",
        Engine::MySql | Engine::MariaDb => "ERROR 1049 (42000): Unknown database",
        Engine::SqlServer => "Cannot open database requested by the login",
        Engine::Oracle => "ORA-12514: TNS:listener does not currently know of service requested",
        Engine::MongoDb => "empty collections: a database of that name is made at the first write",
        Engine::Redis => "keys are missing, or ERR DB index is out of range",
        _ => "unknown database",
    })
}

/// The server is a copy that takes no writes.
pub(crate) fn read_only(endpoint: &Endpoint) -> Shown {
    Shown::of_static(match endpoint.engine {
        Engine::PostgreSql => "ERROR: cannot execute INSERT in a read-only transaction",
        Engine::MySql | Engine::MariaDb => "The MySQL server is running with the --read-only option",
        Engine::Redis => "READONLY You can't write against a read only replica",
        Engine::MongoDb => "NotWritablePrimary: not primary",
        Engine::SqlServer => "Failed to update database because the database is read-only",
        _ => "writes fail: the server is read-only",
    })
}

/// The server has no room for another connection.
pub(crate) fn too_many(endpoint: &Endpoint) -> Shown {
    too_many_on(endpoint.engine)
}

/// When a server takes another limit of connections.
pub(crate) fn limit_taken(engine: Engine) -> &'static str {
    match engine {
        Engine::PostgreSql => "PostgreSQL takes it only at a restart",
        Engine::MySql | Engine::MariaDb => "the file is read at a restart, and SET GLOBAL takes it at once",
        _ => "most servers take it at a restart",
    }
}

/// An engine has no room for another connection.
pub(crate) fn too_many_on(engine: Engine) -> Shown {
    Shown::of_static(refusals_of(engine).first().copied().unwrap_or_default())
}

/// All that a full server says, the commonest first.
pub(crate) fn refusals_of(engine: Engine) -> &'static [&'static str] {
    match engine {
        Engine::MySql | Engine::MariaDb => &["ERROR 1040 (HY000): Too many connections"],
        Engine::PostgreSql => &[
            "FATAL: sorry, too many clients already",
            "FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute",
        ],
        _ => &["the server refuses further connections at peak"],
    }
}

/// What is seen of a connection without TLS: nothing, unless the server insists on it.
pub(crate) fn tls_refused(engine: Engine) -> Shown {
    Shown::of_static(match engine {
        Engine::PostgreSql => "none; a server that insists on TLS says: no pg_hba.conf entry for host, no encryption",
        Engine::MySql | Engine::MariaDb => {
            "none; a server that insists on TLS says: Connections using insecure transport are prohibited"
        }
        Engine::SqlServer => "none; a server that insists on TLS closes the connection during the login",
        Engine::Redis => "none; a server that listens for TLS alone closes the connection: Connection reset by peer",
        Engine::MongoDb => "none; a server that insists on TLS says: connection closed",
        _ => "none; a server that insists on TLS refuses the client",
    })
}

/// How to undo a change of a setting: the value to go back to, or to take it out.
pub(crate) fn set_back(what: &Shown, old: Option<&Shown>) -> Shown {
    match old {
        Some(old) => shown!("set {} back to {}; clients read it at start, so restart them", what, old.clone()),
        None => shown!("take {} out again; clients read it at start, so restart them", what),
    }
}

/// `1 place`, `3 places`.
pub(crate) fn counted(n: usize, one: &'static str, many: &'static str) -> Shown {
    if n == 1 { shown!("1 {}", one) } else { shown!("{} {}", n, many) }
}
