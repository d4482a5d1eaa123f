//! The connection budget: who may open how many connections against which server, before and after.
//!
//! In: the facts of both sides. Out: one [`ServerBudget`] a server, with each factor's place, so that a person can check
//! the arithmetic in a minute. It speaks of what the committed configuration *allows*; it predicts no load.

use crate::facts::Origin;
use crate::quantity::Interval;
use crate::setting::Environment;
use crate::source::{Location, Side};

/// One server before and after.
#[derive(Debug, Clone)]
pub struct ServerBudget {
    /// The server's name in the report.
    pub server: String,
    /// Its engine: `postgresql`.
    pub engine: &'static str,
    /// Where it runs.
    pub environment: Environment,
    /// What the change does to it.
    pub verdict: Verdict,
    /// The scenario in which it goes over: `peak`, `rollout`; empty if it does not.
    pub scenario: &'static str,
    /// Before; `None` where the server was not there.
    pub before: Option<Load>,
    /// After; `None` where the server is gone.
    pub after: Option<Load>,
    /// The terms of both sums.
    pub terms: Vec<Term>,
    /// What is missing, each with the line of config that would settle it. No file text beyond names.
    pub unknowns: Vec<String>,
    /// What moved the sum or the limit, the largest first.
    pub causes: Vec<Cause>,
    /// The largest setting that fits.
    pub proposal: Option<Proposal>,
    /// Where the limit is written on the new side.
    pub limit_at: Option<Location>,
    /// The weakest origin on either side of the comparison.
    pub weakest: Origin,
    /// Clients that may belong to this server but are not linked to it.
    pub could_be: Vec<String>,
    /// Connections seen in practice, declared by the user.
    pub observed_peak: Option<u64>,
}

/// Demand on a server in the scenarios of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Slots that applications can get.
    pub usable: Interval,
    /// Minimum to maximum replicas.
    pub steady: Interval,
    /// All workloads at their greatest number of replicas.
    pub peak: Interval,
    /// The changed workloads roll out at that size.
    pub rollout: Interval,
    /// The same with as many old replicas as new ones.
    pub strict: Interval,
    /// A read endpoint is lost and its clients move here.
    pub failover: Interval,
}

/// One product of the sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Which sum it belongs to.
    pub side: Side,
    /// Who opens the connections: `Deployment shop/api`.
    pub workload: String,
    /// What is configured: `HikariCP spring.datasource`.
    pub pool_name: String,
    /// Replicas at peak.
    pub replicas: Interval,
    /// Processes of one replica.
    pub processes: Interval,
    /// Pool ceiling of one process, overflow included.
    pub pool: Interval,
    /// `replicas × processes × pool`.
    pub product: Interval,
    /// Replicas at peak plus those of a rollout.
    pub rollout_replicas: Interval,
    /// Pooler in between, if any.
    pub via: Option<String>,
    /// The weakest origin of the factors.
    pub origin: Origin,
    /// Where the factors are written.
    pub evidence: Vec<Location>,
    /// How it was linked to the server, in words.
    pub link: &'static str,
}

/// Something in the change that moved demand or limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Which factor it is.
    pub factor: Factor,
    /// Who it belongs to.
    pub subject: String,
    /// The setting as a person would say it.
    pub setting: String,
    /// Before, as text; `None` where it was not written.
    pub old: Option<String>,
    /// After, as text; `None` where it is not written any more.
    pub new: Option<String>,
    /// Where it stands (on the new side, or on the old one for a removal).
    pub at: Location,
    /// Connections that it adds at peak (or takes from the limit).
    pub weight: u64,
}

/// A factor of the arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Factor {
    /// Pool ceiling.
    Pool,
    /// Replicas or their maximum.
    Replicas,
    /// Processes.
    Processes,
    /// Surge of a rollout.
    Surge,
    /// The server's limit.
    Limit,
    /// A workload that is new to the server.
    Workload,
}

/// The largest setting that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The setting as a person would say it.
    pub setting: String,
    /// Its value.
    pub value: u64,
    /// Where it stands.
    pub at: Option<Location>,
}

/// What the change does to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Both sides known; the worst computed case fits.
    Fits,
    /// Fits, but above the target share at peak.
    Near,
    /// Every reading of the configuration exceeds the limit.
    OverCertain,
    /// Can exceed the limit at peak scale.
    OverPeak,
    /// Can exceed the limit while a new version rolls out.
    OverRollout,
    /// Only the strict rollout exceeds.
    OverStrict,
    /// Only a failover exceeds.
    OverFailover,
    /// The limit fell and little room is left.
    LimitShrunk,
    /// Clients of a pooler wait.
    Starved,
    /// A pooler refuses clients.
    Refused,
    /// A number is missing; nothing is proven either way.
    CannotTell,
    /// Over before and not worse now.
    PreExisting,
}

impl Verdict {
    /// As the JSON report spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Fits => "fits",
            Verdict::Near => "near",
            Verdict::OverCertain => "over-certain",
            Verdict::OverPeak => "over-peak",
            Verdict::OverRollout => "over-rollout",
            Verdict::OverStrict => "over-strict",
            Verdict::OverFailover => "over-failover",
            Verdict::LimitShrunk => "limit-shrunk",
            Verdict::Starved => "starved",
            Verdict::Refused => "refused",
            Verdict::CannotTell => "cannot-tell",
            Verdict::PreExisting => "pre-existing",
        }
    }
}
