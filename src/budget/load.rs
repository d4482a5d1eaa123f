//! The two sums of a server: lines of `replicas × processes × pool`, and what they add up to in each scenario.

use crate::budget::{Factor, Load, Term};
use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Facts, Link, Origin, Pool, Reading, Server, Workload};
use crate::quantity::Interval;
use crate::setting::Environment;
use crate::source::{Location, Side};

/// One product of a sum, with what it was made from.
#[derive(Debug, Clone)]
pub(super) struct Line<'a> {
    /// Who opens the connections; the holder of the settings where no workload reads them.
    pub(super) who: String,
    /// What is configured.
    pub(super) pool_name: String,
    pub(super) pool: Option<&'a Pool>,
    pub(super) workload: Option<&'a Workload>,
    pub(super) steady: Interval,
    pub(super) replicas: Reading,
    pub(super) rollout: Interval,
    /// Replicas of a rollout at this size, whether this change rolls it out or the next one does.
    pub(super) next_rollout: Interval,
    pub(super) strict: Interval,
    pub(super) processes: Reading,
    pub(super) ceiling: Interval,
    pub(super) floor: Interval,
    pub(super) link: Link,
    /// Whether it only may belong to the server: counted in the upper ends alone.
    pub(super) maybe: bool,
}

impl Line<'_> {
    pub(super) fn product(&self, replicas: Interval) -> Interval {
        let full = replicas.times(self.processes.value).times(self.ceiling);
        if self.maybe { Interval { lo: 0, hi: full.hi } } else { full }
    }

    pub(super) fn origin(&self) -> Origin {
        let mut weakest = self.replicas.origin.clone().max(self.processes.origin.clone());
        match self.pool {
            Some(pool) => weakest = weakest.max(pool.max.origin.clone()).max(pool.overflow.origin.clone()),
            None => weakest = weakest.max(Origin::Unknown("no pool size is written".to_owned())),
        }
        weakest
    }

    fn evidence(&self) -> Vec<(Factor, Location)> {
        let pool = self.pool.map(|p| [p.max.at, p.overflow.at]).into_iter().flatten().flatten();
        let mut places: Vec<(Factor, Location)> = pool.map(|at| (Factor::Pool, at)).collect();
        places.extend(self.replicas.at.map(|at| (Factor::Replicas, at)));
        places.extend(self.processes.at.map(|at| (Factor::Processes, at)));
        if places.is_empty() {
            places.extend(self.pool.map(|p| (Factor::Pool, p.at)));
        }
        places.dedup();
        places
    }

    /// What is missing in this line, each with who needs it.
    fn unknowns(&self) -> Vec<String> {
        let mut origins = vec![&self.replicas.origin, &self.processes.origin];
        origins.extend(self.pool.iter().flat_map(|p| [&p.max.origin, &p.overflow.origin]));
        let mut missing: Vec<String> =
            origins.into_iter().filter_map(why).map(|why| format!("{}: {why}", self.who)).collect();
        if self.pool.is_none() {
            missing.push(format!("{}: no file sets its pool size", self.who));
        }
        missing
    }

    pub(super) fn term(&self, side: Side) -> Term {
        Term {
            side,
            workload: self.who.clone(),
            pool_name: self.pool_name.clone(),
            replicas: self.replicas.value,
            processes: self.processes.value,
            pool: self.ceiling,
            product: self.product(self.replicas.value),
            rollout_replicas: self.rollout,
            via: None,
            origin: self.origin(),
            evidence: self.evidence(),
            link: if self.maybe {
                "may belong here: the only server of its engine in the tree"
            } else {
                self.link.as_str()
            },
        }
    }
}

/// Which of the clients that no pool of the tree explains are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clients {
    /// Those that the policy declares, or as many as are usual.
    All,
    /// Those that the policy declares.
    Declared,
}

/// All that is known of one side of a server.
#[derive(Debug, Clone)]
pub(super) struct Sum<'a> {
    pub(super) server: &'a Server,
    pub(super) lines: Vec<Line<'a>>,
    /// Clients that may belong here and are not counted.
    pub(super) could_be: Vec<String>,
}

impl<'a> Sum<'a> {
    /// Collects the lines of a server. `rolls` tells which workloads roll out with this change.
    pub(super) fn new(facts: &'a Facts, server: usize, rolls: &dyn Fn(&Workload) -> bool) -> Option<Sum<'a>> {
        let about = facts.servers.get(server)?;
        let mut lines = Vec::new();
        let mut could_be = Vec::new();
        let lone = facts.servers.iter().filter(|s| s.engine == about.engine).count() == 1;
        for pool in facts.pools.iter().filter(|p| !p.is_pooler && !p.covered) {
            let linked = pool.endpoint.and_then(|e| facts.endpoints.get(e)).and_then(|e| e.server);
            match linked {
                Some((at, link)) if at == server => lines.push(pool_line(facts, pool, link, rolls)),
                Some(_) => {}
                None if pool.engine != about.engine => {}
                None if lone && pool.owner.is_some() && !pool.ambiguous => {
                    let mut line = pool_line(facts, pool, Link::AddressOnly, rolls);
                    line.maybe = true;
                    lines.push(line);
                }
                None => could_be.push(format!("{} ({})", pool.key.owner, pool.library)),
            }
        }
        leave_one_of_alternatives(facts, &mut lines);
        lines.extend(unpooled(facts, server, rolls));
        could_be.sort();
        could_be.dedup();
        Some(Sum { server: about, lines, could_be })
    }

    fn total(&self, replicas: impl Fn(&Line<'a>) -> Interval) -> Interval {
        self.lines.iter().map(|l| l.product(replicas(l))).fold(Interval::ZERO, Interval::plus)
    }

    /// What one workload that this change leaves alone adds when its own next release rolls out: the largest such.
    fn next_surge(&self) -> Interval {
        let of = |l: &Line<'a>| l.product(l.next_rollout).minus(l.product(l.rollout));
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
        let peak = self.total(|l| l.replicas.value).plus(fixed);
        Load {
            usable: self.server.usable(),
            steady: self.total(|l| l.steady).plus(fixed),
            peak,
            rollout: self.total(|l| l.rollout).plus(fixed).plus(next),
            strict: self.total(|l| l.strict).plus(fixed).max(self.total(|l| l.rollout).plus(fixed).plus(next)),
            failover: peak,
        }
    }

    /// Connections that stand open without any load.
    pub(super) fn floor(&self) -> Interval {
        let of = |l: &Line<'a>| l.replicas.value.times(l.processes.value).times(l.floor);
        self.lines.iter().filter(|l| !l.maybe).map(of).fold(Interval::ZERO, Interval::plus)
    }

    pub(super) fn weakest(&self) -> Origin {
        let lines = self.lines.iter().map(Line::origin);
        lines.chain([self.server.limit.origin.clone()]).max().unwrap_or(Origin::Literal)
    }

    pub(super) fn unknowns(&self) -> Vec<String> {
        let mut missing: Vec<String> = self.lines.iter().flat_map(Line::unknowns).collect();
        missing.extend(why(&self.server.limit.origin).map(str::to_owned));
        missing.sort();
        missing.dedup();
        missing
    }
}

/// What is missing, where a number is not known.
fn why(origin: &Origin) -> Option<&str> {
    match origin {
        Origin::Unknown(why) => Some(why),
        _ => None,
    }
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

struct Copies {
    steady: Interval,
    replicas: Reading,
    rollout: Interval,
    next_rollout: Interval,
    strict: Interval,
}

fn copies(workload: &Workload, rolls: bool) -> Copies {
    let max = workload.max_replicas.value;
    let moving = rolls && workload.rolling && !workload.job;
    Copies {
        steady: Interval { lo: workload.min_replicas.value.lo, hi: max.hi },
        replicas: workload.max_replicas.clone(),
        rollout: if moving { max.plus(workload.surge.value) } else { max },
        next_rollout: if workload.rolling && !workload.job { max.plus(workload.surge.value) } else { max },
        strict: if moving { max.times(Interval::exact(2)) } else { max },
    }
}

fn unowned(holder: &str) -> Copies {
    let why = format!("no workload in the tree reads {holder}; declare one under [[workload]] in plimsoll.toml");
    let reading = Reading::unknown(1, why);
    let value = reading.value;
    Copies { steady: value, rollout: value, next_rollout: value, strict: value, replicas: reading }
}

fn pool_line<'a>(facts: &'a Facts, pool: &'a Pool, link: Link, rolls: &dyn Fn(&Workload) -> bool) -> Line<'a> {
    let workload = pool.owner.and_then(|(w, _)| facts.workloads.get(w));
    let container = pool.owner.and_then(|(_, c)| workload.and_then(|w| w.containers.get(c)));
    let copies = workload.map_or_else(|| unowned(&pool.key.owner), |w| copies(w, rolls(w)));
    let name = [pool.library.as_str(), pool.key.group.as_str()];
    Line {
        who: pool.key.owner.clone(),
        pool_name: name.join(" ").trim().to_owned(),
        pool: Some(pool),
        workload,
        steady: copies.steady,
        replicas: copies.replicas,
        rollout: copies.rollout,
        next_rollout: copies.next_rollout,
        strict: copies.strict,
        processes: container.map_or_else(|| Reading::default_of(1, "one process"), |c| c.processes.clone()),
        ceiling: pool.ceiling(),
        floor: pool.min_idle.value,
        link,
        maybe: false,
    }
}

/// Workloads that use an endpoint of the server without any pool setting in sight: at least one connection each.
fn unpooled<'a>(facts: &'a Facts, server: usize, rolls: &dyn Fn(&Workload) -> bool) -> Vec<Line<'a>> {
    let mut lines: Vec<Line<'a>> = Vec::new();
    for (at, endpoint) in facts.endpoints.iter().enumerate() {
        let Some((_, link)) = endpoint.server.filter(|(s, _)| *s == server) else { continue };
        for &w in &endpoint.workloads {
            let Some(workload) = facts.workloads.get(w) else { continue };
            let pooled = facts.pools.iter().any(|p| {
                p.owner.is_some_and(|(o, _)| o == w) && (p.endpoint == Some(at) || same_server(facts, p, server))
            });
            let who = workload.id.to_string();
            if pooled || lines.iter().any(|l| l.who == who) {
                continue;
            }
            let copies = copies(workload, rolls(workload));
            let processes = workload.containers.first().map(|c| c.processes.clone());
            lines.push(Line {
                who,
                pool_name: "no pool size in the tree".to_owned(),
                pool: None,
                workload: Some(workload),
                steady: copies.steady,
                replicas: copies.replicas,
                rollout: copies.rollout,
                next_rollout: copies.next_rollout,
                strict: copies.strict,
                processes: processes.unwrap_or_else(|| Reading::default_of(1, "one process")),
                ceiling: Interval::at_least(1),
                floor: Interval::ZERO,
                link,
                maybe: false,
            });
        }
    }
    lines
}

fn same_server(facts: &Facts, pool: &Pool, server: usize) -> bool {
    let linked = pool.endpoint.and_then(|e| facts.endpoints.get(e)).and_then(|e| e.server);
    linked.is_some_and(|(at, _)| at == server)
}
