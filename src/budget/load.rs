//! The sums of a server or a pooler: lines of `replicas × processes × pool`, and what they add up to in each scenario.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::budget::index::Index;
use crate::budget::{Factor, Load, Term, pooler};
use crate::facts::{Facts, Foreign, Link, Origin, Pods, Pool, Pooler, Reading, Server, Workload};
use crate::quantity::Interval;
use crate::setting::Environment;
use crate::source::{Location, Side};

/// Which replicas are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scenario {
    /// From the least to the greatest number.
    Steady,
    /// The greatest number.
    Peak,
    /// The workloads of this change roll out at that size.
    Rollout,
    /// A line's own next release, whether it is of this change or a later one.
    NextRollout,
    /// As many old replicas as new ones.
    Strict,
}

/// Replicas of one line in each scenario.
#[derive(Debug, Clone)]
pub(super) struct Copies {
    pub(super) steady: Interval,
    pub(super) replicas: Reading,
    pub(super) rollout: Interval,
    pub(super) next_rollout: Interval,
    pub(super) strict: Interval,
}

impl Copies {
    pub(super) fn at(&self, scenario: Scenario) -> Interval {
        match scenario {
            Scenario::Steady => self.steady,
            Scenario::Peak => self.replicas.value,
            Scenario::Rollout => self.rollout,
            Scenario::NextRollout => self.next_rollout,
            Scenario::Strict => self.strict,
        }
    }

    fn of_pods(pods: &Pods, moving: bool, can_roll: bool) -> Copies {
        let max = pods.max.value;
        // A rollout makes no more new copies than there are to be.
        let surge = pods.surge.value.min(max);
        Copies {
            steady: Interval { lo: pods.min.value.lo, hi: max.hi },
            replicas: pods.max.clone(),
            rollout: if moving { max.plus(surge) } else { max },
            next_rollout: if can_roll { max.plus(surge) } else { max },
            strict: if moving { max.times(Interval::exact(2)) } else { max },
        }
    }
}

/// One product of a sum, with what it was made from.
#[derive(Debug, Clone)]
pub(super) struct Line<'a> {
    /// Who opens the connections; the holder of the settings where no workload reads them.
    pub(super) who: String,
    /// What is configured.
    pub(super) pool_name: String,
    pub(super) pool: Option<&'a Pool>,
    pub(super) workload: Option<&'a Workload>,
    /// The pooler that it is.
    pub(super) pooler: Option<&'a Pooler>,
    /// The pooler's pools of one process: pairs of user and database.
    pub(super) pairs: Interval,
    pub(super) copies: Copies,
    pub(super) processes: Reading,
    pub(super) ceiling: Interval,
    /// Most connections over all replicas, where something else bounds them: the clients of a pooler.
    pub(super) most: Option<Clients5>,
    pub(super) floor: Interval,
    pub(super) link: &'static str,
    /// Whether it only may belong to the server: counted in the upper ends alone.
    pub(super) maybe: bool,
    /// Whether another repository told of it.
    pub(super) foreign: bool,
    pub(super) origin: Origin,
    /// Places of numbers that belong to no pool or workload.
    pub(super) places: Vec<Location>,
    /// The clients of the pooler that it is.
    pub(super) clients: Vec<Line<'a>>,
}

/// Demand of a pooler's clients in each scenario.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clients5 {
    steady: Interval,
    peak: Interval,
    rollout: Interval,
    next: Interval,
    strict: Interval,
}

impl Clients5 {
    pub(super) fn of(sum: impl Fn(Scenario) -> Interval) -> Clients5 {
        Clients5 {
            steady: sum(Scenario::Steady),
            peak: sum(Scenario::Peak),
            rollout: sum(Scenario::Rollout),
            next: sum(Scenario::NextRollout),
            strict: sum(Scenario::Strict),
        }
    }

    fn at(&self, scenario: Scenario) -> Interval {
        match scenario {
            Scenario::Steady => self.steady,
            Scenario::Peak => self.peak,
            Scenario::Rollout => self.rollout,
            Scenario::NextRollout => self.next,
            Scenario::Strict => self.strict,
        }
    }
}

impl<'a> Line<'a> {
    /// Connections in a scenario.
    pub(super) fn demand(&self, scenario: Scenario) -> Interval {
        self.demand_of(self.copies.at(scenario), self.processes.value, self.ceiling, scenario)
    }

    /// Connections in a scenario if a factor were another.
    pub(super) fn demand_of(
        &self,
        replicas: Interval,
        processes: Interval,
        ceiling: Interval,
        scenario: Scenario,
    ) -> Interval {
        let full = replicas.times(processes).times(ceiling);
        let full = self.most.map_or(full, |most| full.min(most.at(scenario)));
        if self.maybe { Interval { lo: 0, hi: full.hi } } else { full }
    }

    pub(super) fn evidence(&self) -> Vec<(Factor, Location)> {
        let pool = self.pool.map(|p| [p.max.at, p.overflow.at]).into_iter().flatten().flatten();
        let mut places: Vec<(Factor, Location)> =
            pool.chain(self.places.iter().copied()).map(|at| (Factor::Pool, at)).collect();
        places.extend(self.copies.replicas.at.map(|at| (Factor::Replicas, at)));
        places.extend(self.processes.at.map(|at| (Factor::Processes, at)));
        if places.is_empty() {
            places.extend(self.pool.map(|p| (Factor::Pool, p.at)));
        }
        places.dedup();
        places
    }

    /// What is missing in this line, each with who needs it.
    fn unknowns(&self) -> Vec<String> {
        let mut origins = vec![&self.copies.replicas.origin, &self.processes.origin];
        // A pooler's own figures are no pool of a client.
        let pool = self.pool.filter(|_| self.pooler.is_none());
        origins.extend(pool.iter().flat_map(|p| [&p.max.origin, &p.overflow.origin]));
        let mut missing: Vec<String> =
            origins.into_iter().filter_map(why).map(|why| format!("{}: {why}", self.who)).collect();
        if self.pooler.is_some() && self.demand(Scenario::Peak).hi.is_none() {
            missing.push(format!("{}: users and databases of its clients are not in the tree", self.who));
        } else if self.pooler.is_none() && self.pool.is_none() && self.ceiling.hi.is_none() {
            missing.push(format!("{}: no file sets its pool size", self.who));
        }
        missing
    }

    pub(super) fn term(&self, side: Side) -> Term {
        Term {
            side,
            workload: self.who.clone(),
            pool_name: self.pool_name.clone(),
            replicas: self.copies.replicas.value,
            processes: self.processes.value,
            pool: self.ceiling,
            product: self.demand(Scenario::Peak),
            rollout_replicas: self.copies.rollout,
            rollout_product: self.demand(Scenario::Rollout),
            via: None,
            origin: self.origin.clone(),
            evidence: self.evidence(),
            link: if self.maybe { "may belong here: the only server of its engine in the tree" } else { self.link },
        }
    }
}

/// Which of the clients that no file shows are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clients {
    /// Those that are declared.
    Declared,
    /// Those that are assumed as well.
    All,
}

/// The sum of one server or pooler on one side.
pub(super) struct Sum<'a> {
    /// The server; of a pooler a stand-in whose limit is the number of clients that it takes.
    pub(super) server: Cow<'a, Server>,
    pub(super) lines: Vec<Line<'a>>,
    pub(super) could_be: Vec<String>,
    /// The clients of its readers, which come here when the last of those is lost.
    pub(super) readers: Vec<Line<'a>>,
}

/// Whether a workload or a pooler, by its name in the report, rolls out with the change.
pub(super) type Rolls<'r> = &'r dyn Fn(&str) -> bool;

impl<'a> Sum<'a> {
    /// The sum of a server.
    pub(super) fn of_server(facts: &'a Facts, index: &Index, server: usize, rolls: Rolls<'_>) -> Option<Sum<'a>> {
        let about = facts.servers.get(server)?;
        let mut lines = lines_of(facts, index.of_server(server), rolls);
        let loose = index.loose(about.engine);
        let lone = index.is_lone(about.engine);
        let mut could_be = Vec::new();
        // What is known to run elsewhere is no client of this server.
        let elsewhere = |p: &Pool| {
            let known = |e: Environment| e != Environment::Unknown;
            known(p.environment) && known(about.environment) && p.environment != about.environment
        };
        for pool in loose.iter().filter_map(|&i| facts.pools.get(i)).filter(|p| !elsewhere(p)) {
            if lone && about.replica_of.is_none() && pool.owner.is_some() && !pool.ambiguous {
                let mut line = pool_line(facts, pool, Link::AddressOnly, rolls);
                line.maybe = true;
                lines.push(line);
            } else {
                could_be.push(format!("{} ({})", pool.key.owner, pool.library));
            }
        }
        lines.extend(index.poolers_of(server).iter().filter_map(|&q| pooler::line(facts, index, q, server, rolls)));
        lines.extend(facts.foreign.iter().filter(|f| f.server == server).map(foreign_line));
        could_be.sort();
        could_be.dedup();
        let readers = index.readers_of(server).iter();
        let readers = readers.flat_map(|&r| lines_of(facts, index.of_server(r), rolls)).collect();
        Some(Sum { server: Cow::Borrowed(about), lines, could_be, readers })
    }

    /// The sum of a pooler's clients.
    pub(super) fn of_pooler(facts: &'a Facts, index: &Index, at: usize, rolls: Rolls<'_>) -> Option<Sum<'a>> {
        let about = facts.poolers.get(at)?;
        let lines = lines_of(facts, index.of_pooler(at), rolls);
        let server = Cow::Owned(pooler::stand_in(facts, about));
        Some(Sum { server, lines, could_be: Vec::new(), readers: Vec::new() })
    }

    pub(super) fn total(&self, scenario: Scenario) -> Interval {
        total(&self.lines, scenario)
    }

    /// What one workload that this change leaves alone adds when its own next release rolls out: the largest such.
    fn next_surge(&self) -> Interval {
        let of = |l: &Line<'a>| l.demand(Scenario::NextRollout).minus(l.demand(Scenario::Rollout));
        self.lines.iter().map(of).fold(Interval::ZERO, Interval::max)
    }

    /// Demand in all scenarios. `any_release`: the limit moved, so that the next release of any one workload counts too.
    pub(super) fn load(&self, clients: Clients, any_release: bool) -> Load {
        let fixed = &self.server.fixed_clients;
        let fixed = match clients {
            Clients::Declared if fixed.origin != Origin::Declared => Interval::ZERO,
            _ => fixed.value,
        };
        let next = if any_release { self.next_surge() } else { Interval::ZERO };
        let peak = self.total(Scenario::Peak).plus(fixed);
        let rollout = self.total(Scenario::Rollout).plus(fixed).plus(next);
        Load {
            usable: self.server.usable(),
            steady: self.total(Scenario::Steady).plus(fixed),
            peak,
            rollout,
            strict: self.total(Scenario::Strict).plus(fixed).max(rollout),
            failover: self.after_failover(peak),
        }
    }

    /// A primary takes the clients of its readers over; readers share the load of the one that is lost.
    fn after_failover(&self, peak: Interval) -> Interval {
        let nodes = self.server.nodes;
        if self.server.replica_of.is_none() || nodes < 2 {
            return peak.plus(total(&self.readers, Scenario::Peak));
        }
        let scaled = |n: u64| n.saturating_mul(nodes).div_ceil(nodes - 1);
        Interval { lo: scaled(peak.lo), hi: peak.hi.map(scaled) }
    }

    /// Whether something that rolls out lets old replicas linger for a minute or more.
    pub(super) fn lingers(&self) -> bool {
        const LONG_GRACE_SECONDS: u32 = 60;
        let lingers = |l: &Line<'a>| {
            let moves = l.copies.strict != l.copies.replicas.value;
            moves && l.workload.is_some_and(|w| w.grace_seconds >= LONG_GRACE_SECONDS)
        };
        self.lines.iter().any(lingers)
    }

    /// Connections that stand open without any load.
    pub(super) fn floor(&self) -> Interval {
        let of = |l: &Line<'a>| l.copies.replicas.value.times(l.processes.value).times(l.floor);
        self.lines.iter().filter(|l| !l.maybe).map(of).fold(Interval::ZERO, Interval::plus)
    }

    pub(super) fn weakest(&self) -> Origin {
        let lines = self.lines.iter().map(|l| l.origin.clone());
        lines.chain([self.server.limit.origin.clone()]).max().unwrap_or(Origin::Literal)
    }

    pub(super) fn unknowns(&self) -> Vec<String> {
        let mut missing: Vec<String> = self.lines.iter().flat_map(Line::unknowns).collect();
        missing.extend(why(&self.server.limit.origin).map(str::to_owned));
        missing.sort();
        missing.dedup();
        missing
    }

    /// Whether anybody is known, or may be, to connect.
    pub(super) fn is_used(&self) -> bool {
        !self.lines.is_empty() || !self.could_be.is_empty()
    }
}

pub(super) fn total(lines: &[Line<'_>], scenario: Scenario) -> Interval {
    lines.iter().map(|l| l.demand(scenario)).fold(Interval::ZERO, Interval::plus)
}

/// What is missing, where a number is not known.
fn why(origin: &Origin) -> Option<&str> {
    match origin {
        Origin::Unknown(why) => Some(why),
        _ => None,
    }
}

/// Who connects to one server or pooler: pools, and workloads without one.
#[derive(Debug, Default, Clone)]
pub(super) struct Members {
    pub(super) pools: Vec<(usize, Link)>,
    pub(super) unpooled: Vec<(usize, Link)>,
}

/// The lines of those who connect directly.
pub(super) fn lines_of<'a>(facts: &'a Facts, members: &Members, rolls: Rolls<'_>) -> Vec<Line<'a>> {
    let pools =
        members.pools.iter().filter_map(|&(at, link)| Some(pool_line(facts, facts.pools.get(at)?, link, rolls)));
    let mut lines: Vec<Line<'a>> = pools.collect();
    leave_one_of_alternatives(facts, &mut lines);
    let bare = members.unpooled.iter();
    lines.extend(bare.filter_map(|&(at, link)| Some(bare_line(facts.workloads.get(at)?, link, rolls))));
    lines
}

/// Profiles that read one address from one line, with nobody seen to read them, are versions of one program: of those the
/// largest counts.
fn leave_one_of_alternatives(facts: &Facts, lines: &mut Vec<Line<'_>>) {
    let place = |l: &Line<'_>| {
        let pool = l.pool.filter(|p| p.owner.is_none())?;
        Some((facts.endpoints.get(pool.endpoint?)?.at, pool.key.library.clone(), pool.key.group.clone()))
    };
    // No upper bound is more than any number; of equals the one that runs where it matters counts.
    let weight = |l: &Line<'_>| {
        let environment = l.pool.map(|p| p.environment);
        (l.ceiling.hi.unwrap_or(u64::MAX), environment == Some(Environment::Production))
    };
    let mut largest: BTreeMap<_, (_, usize)> = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(place) = place(line) else { continue };
        let weight = weight(line);
        let known = largest.entry(place).or_insert((weight, index));
        if weight > known.0 {
            *known = (weight, index);
        }
    }
    let kept: BTreeSet<usize> = largest.values().map(|(_, index)| *index).collect();
    let mut index = 0;
    lines.retain(|line| {
        index += 1;
        place(line).is_none() || kept.contains(&(index - 1))
    });
}

fn copies(workload: &Workload, rolls: bool) -> Copies {
    let can_roll = workload.rolling && !workload.job;
    let pods = Pods {
        min: workload.min_replicas.clone(),
        max: workload.max_replicas.clone(),
        surge: workload.surge.clone(),
        rolling: can_roll,
    };
    Copies::of_pods(&pods, rolls && can_roll, can_roll)
}

/// The copies of a pooler that no workload stands for.
pub(super) fn pooler_copies(pooler: &Pooler, workload: Option<&Workload>, rolls: Rolls<'_>) -> Copies {
    match workload {
        Some(workload) => copies(workload, rolls(&workload.id.to_string())),
        None => {
            let moving = pooler.pods.rolling && rolls(&pooler.name);
            Copies::of_pods(&pooler.pods, moving, pooler.pods.rolling)
        }
    }
}

fn unowned(holder: &str) -> Copies {
    let why = format!("no workload in the tree reads {holder}; declare one under [[workload]] in plimsoll.toml");
    let reading = Reading::unknown(1, why);
    let value = reading.value;
    Copies { steady: value, rollout: value, next_rollout: value, strict: value, replicas: reading }
}

fn pool_line<'a>(facts: &'a Facts, pool: &'a Pool, link: Link, rolls: Rolls<'_>) -> Line<'a> {
    let workload = pool.owner.and_then(|(w, _)| facts.workloads.get(w));
    let container = pool.owner.and_then(|(_, c)| workload.and_then(|w| w.containers.get(c)));
    let copies = workload.map_or_else(|| unowned(&pool.key.owner), |w| copies(w, rolls(&pool.key.owner)));
    let name = [pool.library.as_str(), pool.key.group.as_str()];
    let processes = container.map_or_else(|| Reading::default_of(1, "one process"), |c| c.processes.clone());
    let origins = [&copies.replicas, &processes, &pool.max, &pool.overflow].map(|r| r.origin.clone());
    Line {
        who: pool.key.owner.clone(),
        pool_name: name.join(" ").trim().to_owned(),
        pool: Some(pool),
        workload,
        pooler: None,
        pairs: Interval::exact(1),
        copies,
        processes,
        ceiling: pool.ceiling(),
        most: None,
        floor: pool.min_idle.value,
        link: link.as_str(),
        maybe: false,
        foreign: false,
        origin: origins.into_iter().max().unwrap_or(Origin::Literal),
        places: Vec::new(),
        clients: Vec::new(),
    }
}

/// A workload without any pool setting in sight: at least one connection each.
fn bare_line<'a>(workload: &'a Workload, link: Link, rolls: Rolls<'_>) -> Line<'a> {
    let who = workload.id.to_string();
    let processes = workload.containers.first().map(|c| c.processes.clone());
    Line {
        pool_name: "no pool size in the tree".to_owned(),
        pool: None,
        workload: Some(workload),
        pooler: None,
        pairs: Interval::exact(1),
        copies: copies(workload, rolls(&who)),
        processes: processes.unwrap_or_else(|| Reading::default_of(1, "one process")),
        ceiling: Interval::at_least(1),
        most: None,
        floor: Interval::ZERO,
        link: link.as_str(),
        maybe: false,
        foreign: false,
        origin: Origin::Unknown("no pool size is written".to_owned()),
        places: Vec::new(),
        clients: Vec::new(),
        who,
    }
}

/// What another repository told of one of its clients. It does not roll out with this change.
fn foreign_line(foreign: &Foreign) -> Line<'_> {
    let reading = |value: Interval| Reading { value, origin: foreign.origin.clone(), at: None };
    Line {
        who: format!("{} of {}", foreign.workload, foreign.from),
        pool_name: foreign.pool_name.clone(),
        pool: None,
        workload: None,
        pooler: None,
        pairs: Interval::exact(1),
        copies: Copies {
            steady: foreign.steady,
            replicas: reading(foreign.replicas),
            rollout: foreign.replicas,
            next_rollout: foreign.rollout,
            strict: foreign.replicas,
        },
        processes: reading(foreign.processes),
        ceiling: foreign.ceiling,
        most: foreign.most.map(|n| Clients5::of(|_| Interval::exact(n))),
        floor: Interval::ZERO,
        link: "told by another repository",
        maybe: false,
        foreign: true,
        origin: foreign.origin.clone(),
        places: Vec::new(),
        clients: Vec::new(),
    }
}
