//! What a setting does, whatever its library calls it.

use serde::{Deserialize, Serialize};

macro_rules! roles {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// What a setting does, whatever its library calls it. The names are part of the JSON report.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[allow(missing_docs, reason = "each variant is documented through the macro")]
        pub enum Role {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Role {
            /// All roles in the order of the documentation.
            pub const ALL: &'static [Role] = &[$(Role::$variant,)+];

            /// As the JSON report and the catalogue spell it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Role::$variant => $name,)+
                }
            }

            /// What it means, in a short sentence.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Role::$variant => concat!($($doc),+).trim_ascii(),)+
                }
            }
        }
    };
}

roles! {
    /// Most connections that one pool may hold open
    PoolMax = "pool_max",
    /// Connections that are kept open without load
    PoolMinIdle = "pool_min_idle",
    /// Most idle connections that are kept for reuse; a ceiling and not a minimum
    PoolMaxIdle = "pool_max_idle",
    /// Connections above the maximum that are opened under load
    PoolOverflow = "pool_overflow",
    /// Connections that are opened when the pool starts
    PoolInitial = "pool_initial",
    /// Longest wait for a connection from the pool
    AcquireTimeout = "acquire_timeout",
    /// Longest wait for the server to accept a connection
    ConnectTimeout = "connect_timeout",
    /// Longest silence on an open connection
    SocketTimeout = "socket_timeout",
    /// Longest run of one statement
    StatementTimeout = "statement_timeout",
    /// How long a connection may be idle before the pool closes it
    IdleTimeout = "idle_timeout",
    /// Age at which the pool replaces a connection
    MaxLifetime = "max_lifetime",
    /// How often an idle connection is kept awake
    Keepalive = "keepalive",
    /// The statement that tells whether a connection is alive
    ValidationQuery = "validation_query",
    /// Longest wait for that check
    ValidationTimeout = "validation_timeout",
    /// How long a connection may be held before a leak is reported
    LeakDetection = "leak_detection",
    /// How often the pool looks for connections to close; idle times are kept no finer than this
    EvictInterval = "evict_interval",
    /// How often a connection is used before it is replaced
    MaxUses = "max_uses",
    /// Whether connections are pooled at all
    PoolEnabled = "pool_enabled",
    /// Connections that are opened at once when the pool grows
    PoolIncrement = "pool_increment",
    /// How often, or how fast, opening a connection is tried again
    ConnectRetry = "connect_retry",
    /// What is undone when a connection comes back to the pool
    ResetOnReturn = "reset_on_return",
    /// Whether each statement is a transaction of its own
    Autocommit = "autocommit",
    /// Statements that are kept prepared on a connection
    PreparedStatements = "prepared_statements",
    /// Whether the pool opens its connections at start or at first use
    Lazy = "lazy",
    /// How many callers may wait for a connection
    QueueLimit = "queue_limit",
    /// Age at which a connection is replaced when it is next taken
    Recycle = "recycle",
    /// Whether a connection is checked each time it is taken
    PrePing = "pre_ping",
    /// Processes that each have pools of their own
    Processes = "processes",
    /// Threads of one process that share its pools
    Threads = "threads",
    /// Requests or jobs that run at once
    Concurrency = "concurrency",
    /// Seconds after which a server or a router gives a request up
    RequestTimeout = "request_timeout",
    /// Copies of a workload
    Replicas = "replicas",
    /// Most connections that a server accepts
    ServerMaxConnections = "server_max_connections",
    /// Slots of a server that applications never get
    ServerReserved = "server_reserved",
    /// Most clients that a pooler accepts
    PoolerClientMax = "pooler_client_max",
    /// Server connections of a pooler for each user and database
    PoolerPoolSize = "pooler_pool_size",
    /// Server connections that a pooler adds when clients wait
    PoolerReserve = "pooler_reserve",
    /// Most server connections of a pooler for one database
    PoolerServerMax = "pooler_server_max",
    /// When a pooler gives a server connection back
    PoolerMode = "pooler_mode",
    /// How the connection is encrypted
    TlsMode = "tls_mode",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_spelled_the_same_everywhere() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_string(role).unwrap(), format!("\"{}\"", role.as_str()));
        }
    }
}
