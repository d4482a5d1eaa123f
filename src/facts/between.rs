//! What stands between clients and servers, and clients that are known without their address: the types.

use crate::connection::Engine;
use crate::facts::{Link, Origin, Reading};
use crate::quantity::Interval;
use crate::setting::Environment;
use crate::source::Location;

/// A process between clients and servers.
#[derive(Debug, Clone)]
pub struct Pooler {
    /// Who it is: `Pooler shop/orders-pooler`, `Deployment shop/pgbouncer`.
    pub name: String,
    /// Display name of its product: `PgBouncer`.
    pub product: String,
    /// Engine that it speaks to.
    pub engine: Engine,
    /// Where it runs.
    pub environment: Environment,
    /// The workload that it is or that it runs beside; `None` for an operator's object.
    pub workload: Option<usize>,
    /// How many processes of it run.
    pub pods: Pods,
    /// What a connection to the server serves.
    pub mode: PoolMode,
    /// What one process may open.
    pub cap: PoolerCap,
    /// Clients that one process takes; `None` where it refuses none.
    pub client_max: Option<Reading>,
    /// The servers behind it.
    pub routes: Vec<Route>,
    /// Its own configuration.
    pub pools: Vec<usize>,
    /// Where it is defined.
    pub at: Location,
}

/// In how many copies something runs.
#[derive(Debug, Clone)]
pub struct Pods {
    /// Least number.
    pub min: Reading,
    /// Greatest number.
    pub max: Reading,
    /// Copies beside these during a rollout.
    pub surge: Reading,
    /// Whether a rollout places new copies beside old ones at all.
    pub rolling: bool,
}

/// How long a client keeps a connection to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolMode {
    /// As long as it is connected: more clients than connections wait.
    Session,
    /// For a transaction.
    Transaction,
    /// For a statement.
    Statement,
}

impl PoolMode {
    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            PoolMode::Session => "session mode",
            PoolMode::Transaction => "transaction mode",
            PoolMode::Statement => "statement mode",
        }
    }
}

/// What one process of a pooler may open to a server. An upper end that is unknown means that nothing bounds it.
#[derive(Debug, Clone)]
pub enum PoolerCap {
    /// So many for each pair of user and database.
    Pairs {
        /// Connections for one pair.
        size: Reading,
        /// Connections above it under load.
        reserve: Reading,
        /// Most for one database over all users.
        database: Reading,
        /// Most for one user over all databases.
        user: Reading,
    },
    /// A product: children × pools of each.
    Product(Reading, Reading),
    /// A sum over what it lists.
    Sum(Vec<Reading>),
    /// A share of the server's limit, in percent.
    Share(Reading),
    /// It opens one for each of its clients.
    PassThrough,
}

/// A way from a pooler to a server.
#[derive(Debug, Clone)]
pub struct Route {
    /// Name of the database that clients ask for; `None` for all that have no way of their own.
    pub database: Option<String>,
    /// The server, and how that was found.
    pub server: (usize, Link),
    /// Size of its pools, where it has one of its own.
    pub size: Option<Reading>,
    /// Most connections over all users, where it has a bound of its own.
    pub most: Option<Reading>,
}

/// A client that takes its address from a Secret whose content nobody sees and whose name tells the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretLink {
    /// Workload and container.
    pub owner: (usize, usize),
    /// The server, unless it leads to a pooler.
    pub server: Option<usize>,
    /// The pooler that it leads to.
    pub pooler: Option<usize>,
}

/// A term of another repository's budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// The repository, as it calls itself.
    pub from: String,
    /// Index of the server.
    pub server: usize,
    /// Who opens the connections.
    pub workload: String,
    /// What is configured.
    pub pool_name: String,
    /// Replicas from the least to the greatest number.
    pub steady: Interval,
    /// Replicas at peak.
    pub replicas: Interval,
    /// Replicas during a rollout of it.
    pub rollout: Interval,
    /// Processes of one replica.
    pub processes: Interval,
    /// Pool ceiling of one process.
    pub ceiling: Interval,
    /// Most connections over all, where that is less than the product: behind a pooler.
    pub most: Option<u64>,
    /// The weakest origin of its factors.
    pub origin: Origin,
}
