//! Which part of the change moved the sum or the limit, and which value would fit.

use std::collections::BTreeMap;

use crate::budget::load::{Clients, Line, Scenario, Sum};
use crate::budget::{Cause, Factor, PoolerFigures, Proposal};
use crate::catalogue::Role;
use crate::facts::{Pool, PoolerCap, Reading};
use crate::quantity::Interval;
use crate::source::Location;

/// What moved, the heaviest first; of a server that takes its readers' clients over, also what moved there.
pub(super) fn causes(before: Option<&Sum<'_>>, after: &Sum<'_>, failover: bool) -> Vec<Cause> {
    let mut causes = Vec::new();
    let old = before.map_or(&[][..], |b| b.lines.as_slice());
    lines_causes(old, &after.lines, &mut causes);
    if failover {
        lines_causes(before.map_or(&[][..], |b| b.readers.as_slice()), &after.readers, &mut causes);
    }
    if let Some(before) = before {
        causes.extend(limit_cause(before, after));
    }
    causes.sort_by(|a, b| b.weight.cmp(&a.weight).then(a.factor.cmp(&b.factor)).then(a.at.cmp(&b.at)));
    causes
}

fn lines_causes(old: &[Line<'_>], new: &[Line<'_>], causes: &mut Vec<Cause>) {
    let key = |l: &Line<'_>| (l.who.clone(), l.pool_name.clone());
    let known: BTreeMap<_, &Line<'_>> = old.iter().rev().map(|l| (key(l), l)).collect();
    for line in new {
        match known.get(&key(line)) {
            Some(old) => {
                line_causes(old, line, causes);
                client_causes(old, line, causes);
            }
            None => causes.extend(new_line(line)),
        }
    }
}

/// What a pooler's clients moved, where it opens more for them: a pair of user and database more, or it was not full.
fn client_causes(old: &Line<'_>, new: &Line<'_>, causes: &mut Vec<Cause>) {
    let demand = |line: &Line<'_>| far(line.demand(Scenario::Rollout));
    let moved = demand(new).abs_diff(demand(old));
    if moved == 0 || new.clients.is_empty() {
        return;
    }
    let mut of_clients = Vec::new();
    lines_causes(&old.clients, &new.clients, &mut of_clients);
    causes.extend(of_clients.into_iter().map(|cause| Cause { weight: cause.weight.min(moved), ..cause }));
}

fn far(interval: Interval) -> u64 {
    interval.hi.unwrap_or(interval.lo)
}

fn line_causes(old: &Line<'_>, new: &Line<'_>, causes: &mut Vec<Cause>) {
    let rollout = Scenario::Rollout;
    let of = |replicas, processes, ceiling| far(new.demand_of(replicas, processes, ceiling, rollout));
    let (copies, processes, ceiling) = (&new.copies, new.processes.value, new.ceiling);
    let now = of(copies.rollout, processes, ceiling);
    if let (Some(was), Some(is)) = (old.pool, new.pool)
        && (old.ceiling != ceiling && old.pooler.is_some() || was.ceiling() != is.ceiling())
    {
        let then = of(copies.rollout, processes, old.ceiling);
        causes.push(pool_cause(new, was, is, now.abs_diff(then)));
    }
    if new.pool.is_none() && old.ceiling != ceiling {
        causes.extend(cap_cause(old, new, now.abs_diff(of(copies.rollout, processes, old.ceiling))));
    }
    let mut reading = |factor, name: &str, was: &Reading, is: &Reading, then: u64| {
        if was.value == is.value {
            return;
        }
        let Some(at) = is.at.or(was.at) else { return };
        causes.push(Cause {
            factor,
            subject: new.who.clone(),
            setting: name.to_owned(),
            old: Some(was.value.to_string()),
            new: Some(is.value.to_string()),
            at,
            old_at: was.at,
            weight: now.abs_diff(then),
        });
    };
    let then = of(old.copies.rollout, processes, ceiling);
    reading(Factor::Replicas, "replicas", &old.copies.replicas, &copies.replicas, then);
    let then = of(copies.rollout, old.processes.value, ceiling);
    reading(Factor::Processes, "processes", &old.processes, &new.processes, then);
    let surges = |line: &Line<'_>| match (line.workload, line.pooler) {
        (Some(workload), _) => Some((workload.surge.clone(), workload.max_replicas.value)),
        (None, Some(pooler)) => Some((pooler.pods.surge.clone(), pooler.pods.max.value)),
        (None, None) => None,
    };
    if let (Some((was, replicas_before)), Some((is, replicas))) = (surges(old), surges(new))
        && replicas_before == replicas
    {
        let then = of(copies.replicas.value.plus(was.value.min(replicas)), processes, ceiling);
        reading(Factor::Surge, "maxSurge", &was, &is, then);
    }
}

/// What bounds a pooler whose configuration is no pool of a library: a share of the limit, an operator's total.
fn cap_cause(old: &Line<'_>, new: &Line<'_>, weight: u64) -> Option<Cause> {
    let told = |line: &Line<'_>| match &line.pooler?.cap {
        PoolerCap::Share(share) => Some(("max_connections_percent", share.value, share.at)),
        PoolerCap::Pairs { database, .. } => Some(("maxDBConnections", database.value, database.at)),
        _ => None,
    };
    let ((_, was, old_at), (setting, is, at)) = (told(old)?, told(new)?);
    (was != is).then_some(())?;
    Some(Cause {
        factor: Factor::Pool,
        subject: new.who.clone(),
        setting: setting.to_owned(),
        old: Some(was.to_string()),
        new: Some(is.to_string()),
        at: at.or(old_at)?,
        old_at,
        weight,
    })
}

fn pool_cause(line: &Line<'_>, was: &Pool, is: &Pool, weight: u64) -> Cause {
    let role = changed_role(was, is);
    let (old, new) = (was.setting(role), is.setting(role));
    let name = new.or(old).map_or_else(|| is.library.clone(), |s| s.name.clone());
    // A question of what would be changes the number and no file.
    let asked = old.map(|s| &s.raw) == new.map(|s| &s.raw) && was.max.value != is.max.value;
    Cause {
        factor: Factor::Pool,
        subject: line.who.clone(),
        setting: name,
        old: if asked { Some(was.max.value.to_string()) } else { old.map(|s| s.raw.clone()) },
        new: if asked { Some(is.max.value.to_string()) } else { new.map(|s| s.raw.clone()) },
        at: new.or(old).map_or(is.at, |s| s.at),
        old_at: old.map(|s| s.at),
        weight,
    }
}

/// The role that moved the ceiling of a pool, or of a pooler.
fn changed_role(was: &Pool, is: &Pool) -> Role {
    let moved = |role: &Role| was.setting(*role).map(|s| &s.raw) != is.setting(*role).map(|s| &s.raw);
    let of_pooler = [Role::PoolerPoolSize, Role::PoolerReserve, Role::PoolerServerMax, Role::PoolerClientMax];
    match is.is_pooler {
        true => of_pooler.into_iter().find(moved).unwrap_or(Role::PoolerPoolSize),
        false if was.max.value == is.max.value => Role::PoolOverflow,
        false => Role::PoolMax,
    }
}

fn new_line(line: &Line<'_>) -> Option<Cause> {
    let pool = line.pool.map(|p| p.max.at.unwrap_or(p.at));
    let at = pool.or(line.workload.map(|w| w.at)).or(line.pooler.map(|p| p.at))?;
    let role = if line.pooler.is_some() { Role::PoolerPoolSize } else { Role::PoolMax };
    let setting = line.pool.and_then(|p| p.setting(role));
    Some(Cause {
        factor: Factor::Workload,
        subject: line.who.clone(),
        setting: setting.map_or_else(|| line.pool_name.clone(), |s| s.name.clone()),
        old: None,
        new: setting.map(|s| s.raw.clone()),
        at,
        old_at: None,
        weight: far(line.demand(Scenario::Rollout)),
    })
}

fn limit_cause(before: &Sum<'_>, after: &Sum<'_>) -> Option<Cause> {
    let (was, is) = (before.server.usable(), after.server.usable());
    if was == is {
        return None;
    }
    let old_at = before.server.limit.at;
    let at: Location = after.server.limit.at.or(old_at).or(after.server.at)?;
    let name = after.server.limit_name.clone().or_else(|| before.server.limit_name.clone());
    // Where the limit follows from a size, the size is what a person wrote.
    let size = |sum: &Sum<'_>| sum.server.size.as_ref().map(|size| size.name.clone());
    let number = |sum: &Sum<'_>| sum.server.limit.value.to_string();
    Some(Cause {
        factor: Factor::Limit,
        subject: after.server.id.clone(),
        setting: name.unwrap_or_else(|| "max_connections".to_owned()),
        old: size(before).or_else(|| Some(number(before))),
        // A line that is gone has no new value; the message says which default holds.
        new: size(after).or_else(|| after.server.limit.at.map(|_| number(after))),
        at,
        old_at,
        weight: far(was).abs_diff(far(is)),
    })
}

/// The largest value that fits for the heaviest cause; `None` where something else is unknown or nothing fits.
///
/// For a pool: `floor((usable − all others) / (rollout replicas × processes))`, overflow kept. For the limit: what
/// today's demand needs. See the arithmetic in `docs/budget.md`.
pub(super) fn proposal(after: &Sum<'_>, causes: &[Cause]) -> Option<Proposal> {
    let cause = causes.iter().find(|c| c.weight > 0)?;
    let value = match cause.factor {
        Factor::Limit => {
            let demand = after.load(Clients::All, true).rollout.hi?;
            demand.checked_add(after.server.reserved.value.hi?)
        }
        factor => Room::of(after, cause)?.largest(factor),
    }?;
    let setting = match cause.factor {
        Factor::Limit if after.server.size.is_some() => Some("max_connections".to_owned()),
        Factor::Workload => {
            let line = line_of(after, cause)?;
            let role = if line.pooler.is_some() { Role::PoolerPoolSize } else { Role::PoolMax };
            line.pool?.setting(role).map(|s| s.name.clone())
        }
        _ => None,
    };
    Some(Proposal {
        factor: cause.factor,
        setting: setting.unwrap_or_else(|| cause.setting.clone()),
        value,
        at: Some(cause.at),
    })
}

/// The least number of clients for one process of a pooler that serves all of them; `None` where their number is not known.
pub(super) fn enough_clients(after: &Sum<'_>, figures: Option<&PoolerFigures>) -> Option<Proposal> {
    let clients = after.load(Clients::All, false).peak.hi?;
    let value = clients.div_ceil(figures?.pods.lo.max(1));
    let setting = after.server.limit_name.clone()?;
    Some(Proposal { factor: Factor::Limit, setting, value, at: after.server.limit.at })
}

fn line_of<'s, 'a>(after: &'s Sum<'a>, cause: &Cause) -> Option<&'s Line<'a>> {
    after.lines.iter().find(|l| l.who == cause.subject && names(l, cause))
}

/// What is left for the lines that a cause feeds, once all others have their share.
struct Room<'s, 'a> {
    /// The line that the cause is about.
    line: &'s Line<'a>,
    /// All lines that the same setting feeds: it has to fit them together.
    fed: Vec<&'s Line<'a>>,
    left: u64,
    overflow_only: bool,
}

impl<'s, 'a> Room<'s, 'a> {
    /// `None` where anything else in the sum is unknown.
    fn of(after: &'s Sum<'a>, cause: &Cause) -> Option<Room<'s, 'a>> {
        let line = line_of(after, cause)?;
        let is_fed = |l: &Line<'a>| match cause.factor {
            Factor::Pool | Factor::Workload => {
                let place = |l: &Line<'a>| l.pool.and_then(|p| p.max.at);
                std::ptr::eq(l, line) || place(l).is_some() && place(l) == place(line)
            }
            _ => l.who == line.who,
        };
        let (fed, others): (Vec<_>, Vec<_>) = after.lines.iter().partition(|l| is_fed(l));
        let taken = others.iter().map(|l| l.demand(Scenario::Rollout)).fold(Interval::ZERO, Interval::plus);
        let taken = taken.plus(after.server.fixed_clients.value).hi?;
        let usable = after.server.usable();
        usable.hi?;
        let overflow = if line.pooler.is_some() { Role::PoolerReserve } else { Role::PoolOverflow };
        let role = line.pool.and_then(|p| p.setting(overflow));
        let overflow_only = role.is_some_and(|s| s.name == cause.setting);
        Some(Room { line, fed, left: usable.lo.checked_sub(taken)?, overflow_only })
    }

    fn sum(&self, of: impl Fn(&Line<'a>) -> Interval) -> Option<u64> {
        self.fed.iter().map(|l| of(l)).fold(Interval::ZERO, Interval::plus).hi
    }

    /// What the other part of the ceiling keeps: the overflow, or the pool where only the overflow moves.
    fn kept(&self) -> Option<u64> {
        let pool = self.line.pool?;
        if let Some(PoolerCap::Pairs { size, reserve, .. }) = self.line.pooler.map(|p| &p.cap) {
            return if self.overflow_only { size.value.hi } else { reserve.value.hi };
        }
        if self.line.pooler.is_some() {
            return None;
        }
        if self.overflow_only { pool.max.value.hi } else { pool.overflow.value.hi }
    }

    /// The largest value of a factor that fits while a new version rolls out; at least 1.
    fn largest(&self, factor: Factor) -> Option<u64> {
        let value = match factor {
            Factor::Pool | Factor::Workload => {
                let each = |l: &Line<'a>| l.copies.next_rollout.times(l.processes.value).times(l.pairs);
                let each = self.left.checked_div(self.sum(each)?)?;
                each.checked_sub(self.kept()?)?
            }
            Factor::Processes => self.left.checked_div(self.sum(|l| l.copies.next_rollout.times(l.ceiling))?)?,
            Factor::Replicas => {
                let each = self.sum(|l| l.processes.value.times(l.ceiling))?;
                replicas_that_fit(self.left, each, self.line)?
            }
            Factor::Surge => {
                let each = self.sum(|l| l.processes.value.times(l.ceiling))?;
                self.left.checked_div(each)?.checked_sub(self.line.copies.replicas.value.hi?)?
            }
            Factor::Limit => return None,
        };
        (value >= 1).then_some(value)
    }
}

fn names(line: &Line<'_>, cause: &Cause) -> bool {
    let setting = |role| line.pool.and_then(|p| p.setting(role)).is_some_and(|s| s.name == cause.setting);
    match cause.factor {
        Factor::Pool => {
            let known = [
                Role::PoolMax,
                Role::PoolOverflow,
                Role::PoolerPoolSize,
                Role::PoolerReserve,
                Role::PoolerServerMax,
                Role::PoolerClientMax,
            ];
            known.into_iter().any(setting) || line.pool.is_some_and(|p| p.library == cause.setting)
        }
        Factor::Workload => setting(Role::PoolMax) || setting(Role::PoolerPoolSize) || line.pool_name == cause.setting,
        _ => true,
    }
}

/// Scans downward, because a surge in percent rounds up.
fn replicas_that_fit(room: u64, each: u64, line: &Line<'_>) -> Option<u64> {
    let now = line.copies.replicas.value.hi?;
    let extra = line.copies.next_rollout.hi?.saturating_sub(now);
    let start = room.checked_div(each)?.min(now);
    let surge = |n: u64| if now == 0 { 0 } else { extra.saturating_mul(n).div_ceil(now) };
    (1..=start).rev().find(|&n| n.saturating_add(surge(n)).saturating_mul(each) <= room)
}
