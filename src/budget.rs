//! The connection budget: who may open how many connections against which server, before and after.
//!
//! In: the facts of both sides. Out: one [`ServerBudget`] a server, with each factor's place, so that a person can check
//! the arithmetic in a minute. It speaks of what the committed configuration *allows*; it predicts no load.

mod causes;
mod index;
mod load;
mod pooler;
pub mod shared;
mod verdict;
pub mod what_if;

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Facts, Origin, PoolMode, Server};
use crate::quantity::Interval;
use crate::setting::Environment;
use crate::source::{Location, Side};

/// What the budget needs beside the facts.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Share of the usable connections above which a server is called near its limit (0–1).
    pub target: f64,
    /// Whether the strict rollout gates.
    pub strict_rollout: bool,
    /// Workloads (as printed) that this change rolls out.
    pub rolling: &'a BTreeSet<String>,
}

/// Computes the budget of every server and every pooler of either side, by name.
#[must_use]
pub fn budget(old: &Facts, new: &Facts, options: &Options<'_>) -> Vec<ServerBudget> {
    let sides = Both { old: Seen::new(old), new: Seen::new(new), options };
    let ids = |facts: &'_ Facts| facts.servers.iter().map(|s| s.id.clone()).collect::<Vec<_>>();
    let names: BTreeSet<String> = ids(old).into_iter().chain(ids(new)).collect();
    let mut rows: Vec<ServerBudget> = names.iter().filter_map(|name| sides.server(name)).collect();
    let poolers: BTreeSet<&str> = old.poolers.iter().chain(&new.poolers).map(|p| p.name.as_str()).collect();
    rows.extend(poolers.into_iter().filter_map(|name| sides.pooler(name)));
    rows
}

/// The facts of one side with their links.
struct Seen<'a> {
    facts: &'a Facts,
    index: index::Index,
    servers: BTreeMap<&'a str, usize>,
}

impl<'a> Seen<'a> {
    fn new(facts: &'a Facts) -> Seen<'a> {
        let servers = facts.servers.iter().enumerate().map(|(at, s)| (s.id.as_str(), at)).collect();
        Seen { facts, index: index::Index::new(facts), servers }
    }

    /// The sum of a pooler's clients, where it has any.
    fn clients(&self, pooler: &str, rolls: load::Rolls<'_>) -> Option<load::Sum<'a>> {
        let at = self.facts.poolers.iter().position(|p| p.name == pooler)?;
        load::Sum::of_pooler(self.facts, &self.index, at, rolls).filter(load::Sum::is_used)
    }
}

struct Both<'a, 'o> {
    old: Seen<'a>,
    new: Seen<'a>,
    options: &'a Options<'o>,
}

impl Both<'_, '_> {
    fn rolls(&self, who: &str) -> bool {
        self.options.rolling.contains(who)
    }

    fn server(&self, name: &str) -> Option<ServerBudget> {
        let rolls = |who: &str| self.rolls(who);
        let sum = |side: &Seen<'_>| side.servers.get(name).copied();
        let before = sum(&self.old).and_then(|at| load::Sum::of_server(self.old.facts, &self.old.index, at, &rolls));
        let after = sum(&self.new).and_then(|at| load::Sum::of_server(self.new.facts, &self.new.index, at, &rolls));
        // A server nobody in the tree connects to has no budget; its limit is judged by a rule.
        let used = |s: &Option<load::Sum<'_>>| s.as_ref().is_some_and(load::Sum::is_used);
        if !used(&before) && !used(&after) {
            return None;
        }
        let about = after.as_ref().or(before.as_ref())?.server.clone();
        let after = after.filter(load::Sum::is_used);
        let moved = |a: &load::Sum<'_>| before.as_ref().is_some_and(|b| b.server.usable() != a.server.usable());
        let any_release = after.as_ref().is_some_and(moved);
        let judged = after.as_ref().map(|after| {
            let judge = |clients| judge(before.as_ref(), after, clients, any_release, self.options);
            // What is over without the assumed clients is over for sure; the rest says that it counts them.
            let sure = judge(load::Clients::Declared);
            let all = judge(load::Clients::All);
            let only_assumed = verdict::is_over(all.0) && !verdict::is_over(sure.0);
            if verdict::is_over(sure.0) { (sure, false) } else { (all, only_assumed) }
        });
        let ((verdict, scenario), only_assumed) = judged.unwrap_or(((Verdict::Fits, ""), false));
        let row = Row { before, after, any_release, verdict, scenario, figures: None };
        Some(ServerBudget { only_assumed, ..row.finish(&about) })
    }

    fn pooler(&self, name: &str) -> Option<ServerBudget> {
        let rolls = |who: &str| self.rolls(who);
        let at = |side: &Seen<'_>| side.facts.poolers.iter().position(|p| p.name == name);
        let cap = |side: &Seen<'_>| at(side).map(|at| pooler::server_cap(side.facts, &side.index, at, &rolls));
        let (before, after) = (self.old.clients(name, &rolls), self.new.clients(name, &rolls)?);
        let about = self.new.facts.poolers.get(at(&self.new)?)?;
        // What takes any number of clients can only leave them waiting.
        if about.client_max.is_none() && about.mode != PoolMode::Session {
            return None;
        }
        let figures = PoolerFigures {
            product: about.product.clone(),
            mode: about.mode,
            pods: about.pods.min.value,
            server_cap: cap(&self.new).unwrap_or(Interval::ZERO),
            server_cap_before: cap(&self.old),
        };
        let load = |s: &load::Sum<'_>| s.load(load::Clients::All, false);
        let sides = verdict::PoolerSides { before: before.as_ref().map(load), after: load(&after), figures: &figures };
        let (verdict, scenario) = verdict::pooler_verdict(&sides);
        let server = after.server.clone();
        let row = Row { before, after: Some(after), any_release: false, verdict, scenario, figures: Some(figures) };
        Some(row.finish(&server))
    }
}

/// The two sums of a row with what was found of them.
struct Row<'a> {
    before: Option<load::Sum<'a>>,
    after: Option<load::Sum<'a>>,
    any_release: bool,
    verdict: Verdict,
    scenario: &'static str,
    figures: Option<PoolerFigures>,
}

impl Row<'_> {
    fn finish(self, about: &Server) -> ServerBudget {
        let Row { before, after, any_release, verdict, scenario, figures } = self;
        let load = |s: &load::Sum<'_>| s.load(load::Clients::All, any_release);
        let failover = verdict == Verdict::OverFailover;
        let causes = after.as_ref().map(|a| causes::causes(before.as_ref(), a, failover)).unwrap_or_default();
        let terms = |s: &Option<load::Sum<'_>>, side| {
            s.iter().flat_map(|s| s.lines.iter().map(|l| l.term(side)).chain(fixed_term(s, side))).collect::<Vec<_>>()
        };
        let mut all_terms = terms(&before, Side::Old);
        all_terms.extend(terms(&after, Side::New));
        let proposal = match (&after, verdict::is_over(verdict), verdict) {
            (Some(after), true, _) => causes::proposal(after, &causes),
            (Some(after), _, Verdict::Refused) => causes::enough_clients(after, figures.as_ref()),
            _ => None,
        };
        ServerBudget {
            server: about.id.clone(),
            engine: about.engine.as_str(),
            environment: about.environment,
            verdict,
            scenario,
            before: before.as_ref().map(load),
            after: after.as_ref().map(load),
            terms: all_terms,
            unknowns: after.as_ref().map(load::Sum::unknowns).unwrap_or_default(),
            proposal,
            causes,
            limit_at: about.limit.at,
            weakest: after.as_ref().map_or(Origin::Literal, load::Sum::weakest),
            only_assumed: false,
            could_be: after.as_ref().map(|a| a.could_be.clone()).unwrap_or_default(),
            observed_peak: about.observed_peak,
            pooler: figures,
        }
    }
}

fn judge(
    before: Option<&load::Sum<'_>>,
    after: &load::Sum<'_>,
    clients: load::Clients,
    any_release: bool,
    options: &Options<'_>,
) -> (Verdict, &'static str) {
    let sides = verdict::Sides {
        before: before.map(|b| b.load(clients, any_release)),
        after: after.load(clients, any_release),
        floor_before: before.map_or(Interval::ZERO, load::Sum::floor),
        floor_after: after.floor(),
        is_whole: after.could_be.is_empty(),
    };
    verdict::verdict(&sides, options.target, options.strict_rollout || after.lingers())
}

/// Exporters, backups and people as a term of their own, so that the printed lines add up.
fn fixed_term(sum: &load::Sum<'_>, side: Side) -> Option<Term> {
    let fixed = &sum.server.fixed_clients;
    (fixed.value != Interval::ZERO).then(|| Term {
        side,
        workload: "other clients".to_owned(),
        pool_name: "exporters, backups and people".to_owned(),
        replicas: Interval::exact(1),
        processes: Interval::exact(1),
        pool: fixed.value,
        product: fixed.value,
        rollout_replicas: Interval::exact(1),
        rollout_product: fixed.value,
        via: None,
        origin: fixed.origin.clone(),
        evidence: Vec::new(),
        link: "counted for every server",
    })
}

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
    /// Whether it goes over only because of the clients that are assumed for lack of a declaration.
    pub only_assumed: bool,
    /// Clients that may belong to this server but are not linked to it.
    pub could_be: Vec<String>,
    /// Connections seen in practice, declared by the user.
    pub observed_peak: Option<u64>,
    /// Of a pooler, which is a server to its clients: what it is to its own servers.
    pub pooler: Option<PoolerFigures>,
}

/// What a pooler may open, beside what its clients may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolerFigures {
    /// Its product: `PgBouncer`.
    pub product: String,
    /// How long a client keeps a connection to the server.
    pub mode: PoolMode,
    /// Its processes at least.
    pub pods: Interval,
    /// Connections to its servers that all its processes together may open.
    pub server_cap: Interval,
    /// The same before; `None` where it was not there.
    pub server_cap_before: Option<Interval>,
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
    /// What they open during a rollout.
    pub rollout_product: Interval,
    /// Pooler in between, if any.
    pub via: Option<String>,
    /// The weakest origin of the factors.
    pub origin: Origin,
    /// Where the factors are written.
    pub evidence: Vec<(Factor, Location)>,
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
    /// Where it stood before, if it was written.
    pub old_at: Option<Location>,
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
    /// Which factor it is a value for: the largest that fits, and for the limit the smallest.
    pub factor: Factor,
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
