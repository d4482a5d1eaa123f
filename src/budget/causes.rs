//! Which part of the change moved the sum or the limit, and which value would fit.

use crate::budget::load::{Clients, Line, Sum};
use crate::budget::{Cause, Factor, Proposal};
use crate::catalogue::Role;
use crate::facts::{Pool, Reading};
use crate::quantity::Interval;
use crate::source::Location;

/// What moved, the heaviest first.
pub(super) fn causes(before: Option<&Sum<'_>>, after: &Sum<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    for line in &after.lines {
        let old = before.and_then(|b| b.lines.iter().find(|l| l.who == line.who && l.pool_name == line.pool_name));
        match old {
            Some(old) => line_causes(old, line, &mut causes),
            None => causes.extend(new_line(line)),
        }
    }
    if let Some(before) = before {
        causes.extend(limit_cause(before, after));
    }
    causes.sort_by(|a, b| b.weight.cmp(&a.weight).then(a.factor.cmp(&b.factor)).then(a.at.cmp(&b.at)));
    causes
}

fn far(interval: Interval) -> u64 {
    interval.hi.unwrap_or(interval.lo)
}

fn line_causes(old: &Line<'_>, new: &Line<'_>, causes: &mut Vec<Cause>) {
    let others =
        |ceiling: Interval, replicas: Interval, processes: Interval| far(ceiling.times(replicas).times(processes));
    let now = others(new.ceiling, new.rollout, new.processes.value);
    if let (Some(was), Some(is)) = (old.pool, new.pool)
        && was.ceiling() != is.ceiling()
    {
        let then = others(old.ceiling, new.rollout, new.processes.value);
        causes.push(pool_cause(new, was, is, now.abs_diff(then)));
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
    let ceiling = new.ceiling;
    reading(
        Factor::Replicas,
        "replicas",
        &old.replicas,
        &new.replicas,
        others(ceiling, old.rollout, new.processes.value),
    );
    reading(
        Factor::Processes,
        "processes",
        &old.processes,
        &new.processes,
        others(ceiling, new.rollout, old.processes.value),
    );
    if let (Some(was), Some(is)) = (old.workload, new.workload) {
        let then = others(ceiling, new.replicas.value.plus(was.surge.value), new.processes.value);
        if was.max_replicas.value == is.max_replicas.value {
            reading(Factor::Surge, "maxSurge", &was.surge, &is.surge, then);
        }
    }
}

fn pool_cause(line: &Line<'_>, was: &Pool, is: &Pool, weight: u64) -> Cause {
    let role = if was.max.value == is.max.value { Role::PoolOverflow } else { Role::PoolMax };
    let (old, new) = (was.setting(role), is.setting(role));
    let name = new.or(old).map_or_else(|| is.library.clone(), |s| s.name.clone());
    Cause {
        factor: Factor::Pool,
        subject: line.who.clone(),
        setting: name,
        old: old.map(|s| s.raw.clone()),
        new: new.map(|s| s.raw.clone()),
        at: new.or(old).map_or(is.at, |s| s.at),
        old_at: old.map(|s| s.at),
        weight,
    }
}

fn new_line(line: &Line<'_>) -> Option<Cause> {
    let at = line.pool.map(|p| p.max.at.unwrap_or(p.at)).or(line.workload.map(|w| w.at))?;
    let setting = line.pool.and_then(|p| p.setting(Role::PoolMax));
    Some(Cause {
        factor: Factor::Workload,
        subject: line.who.clone(),
        setting: setting.map_or_else(|| line.pool_name.clone(), |s| s.name.clone()),
        old: None,
        new: setting.map(|s| s.raw.clone()),
        at,
        old_at: None,
        weight: far(line.product(line.rollout)),
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
    Some(Cause {
        factor: Factor::Limit,
        subject: after.server.id.clone(),
        setting: name.unwrap_or_else(|| "max_connections".to_owned()),
        old: Some(before.server.limit.value.to_string()),
        // A line that is gone has no new value; the message says which default holds.
        new: after.server.limit.at.map(|_| after.server.limit.value.to_string()),
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
        Factor::Workload => line_of(after, cause)?.pool?.setting(Role::PoolMax).map(|s| s.name.clone()),
        _ => None,
    };
    Some(Proposal {
        factor: cause.factor,
        setting: setting.unwrap_or_else(|| cause.setting.clone()),
        value,
        at: Some(cause.at),
    })
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
        let taken = others.iter().map(|l| l.product(l.rollout)).fold(Interval::ZERO, Interval::plus);
        let taken = taken.plus(after.server.fixed_clients.value).hi?;
        let usable = after.server.usable();
        usable.hi?;
        let role = line.pool.and_then(|p| p.setting(Role::PoolOverflow));
        let overflow_only = role.is_some_and(|s| s.name == cause.setting);
        Some(Room { line, fed, left: usable.lo.checked_sub(taken)?, overflow_only })
    }

    fn sum(&self, of: impl Fn(&Line<'a>) -> Interval) -> Option<u64> {
        self.fed.iter().map(|l| of(l)).fold(Interval::ZERO, Interval::plus).hi
    }

    /// The largest value of a factor that fits while a new version rolls out; at least 1.
    fn largest(&self, factor: Factor) -> Option<u64> {
        let value = match factor {
            Factor::Pool | Factor::Workload => {
                let each = self.left.checked_div(self.sum(|l| l.next_rollout.times(l.processes.value))?)?;
                let pool = self.line.pool?;
                let kept = if self.overflow_only { pool.max.value.hi? } else { pool.overflow.value.hi? };
                each.checked_sub(kept)?
            }
            Factor::Processes => self.left.checked_div(self.sum(|l| l.next_rollout.times(l.ceiling))?)?,
            Factor::Replicas => {
                let each = self.sum(|l| l.processes.value.times(l.ceiling))?;
                replicas_that_fit(self.left, each, self.line)?
            }
            Factor::Surge => {
                let each = self.sum(|l| l.processes.value.times(l.ceiling))?;
                self.left.checked_div(each)?.checked_sub(self.line.replicas.value.hi?)?
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
            setting(Role::PoolMax)
                || setting(Role::PoolOverflow)
                || line.pool.is_some_and(|p| p.library == cause.setting)
        }
        Factor::Workload => setting(Role::PoolMax) || line.pool_name == cause.setting,
        _ => true,
    }
}

/// Scans downward, because a surge in percent rounds up.
fn replicas_that_fit(room: u64, each: u64, line: &Line<'_>) -> Option<u64> {
    let now = line.replicas.value.hi?;
    let extra = line.next_rollout.hi?.saturating_sub(now);
    let start = room.checked_div(each)?.min(now);
    let surge = |n: u64| if now == 0 { 0 } else { extra.saturating_mul(n).div_ceil(now) };
    (1..=start).rev().find(|&n| n.saturating_add(surge(n)).saturating_mul(each) <= room)
}
