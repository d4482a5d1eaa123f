//! What the change does to a server. Only what the change makes worse counts against it.

use crate::budget::{Load, PoolerFigures, Verdict};
use crate::facts::PoolMode;
use crate::quantity::Interval;

/// What the verdict is made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides {
    pub(super) before: Option<Load>,
    pub(super) after: Load,
    /// Connections that stand open without load, before and after.
    pub(super) floor_before: Interval,
    pub(super) floor_after: Interval,
    /// Whether all that may connect is counted: clients that could belong here make every sum a least one.
    pub(super) is_whole: bool,
}

/// Verdict and the scenario it speaks of.
pub(super) fn verdict(sides: &Sides, target: f64, strict_gates: bool) -> (Verdict, &'static str) {
    let after = sides.after;
    let usable = after.usable;
    let peak = |l: &Load| l.peak;
    let floor = |interval: Interval| interval.lo > usable.hi.unwrap_or(u64::MAX);
    if certainly_over(after.peak, usable) || floor(sides.floor_after) {
        let was_floor = sides.before.is_some_and(|b| sides.floor_before.lo > b.usable.hi.unwrap_or(u64::MAX));
        let worse = worse(sides, &peak) || floor(sides.floor_after) && !was_floor;
        return if worse { (Verdict::OverCertain, "peak") } else { (Verdict::PreExisting, "peak") };
    }
    if over(after.peak, usable) {
        return if worse(sides, &peak) { (Verdict::OverPeak, "peak") } else { (Verdict::PreExisting, "peak") };
    }
    if over(after.rollout, usable) {
        let worse = worse(sides, &|l| l.rollout);
        return if worse { (Verdict::OverRollout, "rollout") } else { (Verdict::PreExisting, "rollout") };
    }
    if over(after.failover, usable) && after.failover != after.peak {
        return match worse(sides, &|l| l.failover) {
            true => (Verdict::OverFailover, "failover"),
            false => (Verdict::PreExisting, "failover"),
        };
    }
    if after.peak.hi.is_none() || usable.hi.is_none() {
        return (Verdict::CannotTell, "");
    }
    let near = share(after.peak, usable) > target;
    let shrunk = sides.before.is_some_and(|b| falls(b.usable, usable));
    if shrunk && near {
        return (Verdict::LimitShrunk, "peak");
    }
    if near {
        return (Verdict::Near, "peak");
    }
    match over(after.strict, usable) && worse(sides, &|l| l.strict) {
        true if strict_gates => (Verdict::OverRollout, "strict rollout"),
        true => (Verdict::OverStrict, "strict rollout"),
        false if !sides.is_whole || after.rollout.hi.is_none() => (Verdict::CannotTell, ""),
        false => (Verdict::Fits, ""),
    }
}

/// What the verdict on a pooler is made from.
pub(super) struct PoolerSides<'a> {
    /// Clients, and how many the pooler takes.
    pub(super) before: Option<Load>,
    pub(super) after: Load,
    pub(super) figures: &'a PoolerFigures,
}

/// Several processes share clients unevenly: one is full before the others are. A common factor, in percent.
const UNEVEN_PERCENT: u64 = 125;

/// Verdict on a pooler and the scenario it speaks of: too many clients, or more of them than connections to serve them.
pub(super) fn pooler_verdict(sides: &PoolerSides<'_>) -> (Verdict, &'static str) {
    let (after, figures) = (sides.after, sides.figures);
    let whole = Sides {
        before: sides.before,
        after,
        floor_before: Interval::ZERO,
        floor_after: Interval::ZERO,
        is_whole: true,
    };
    let peak = |l: &Load| l.peak;
    if certainly_over(after.peak, after.usable) || over(after.peak, after.usable) {
        return if worse(&whole, &peak) { (Verdict::Refused, "peak") } else { (Verdict::PreExisting, "peak") };
    }
    if over(after.rollout, after.usable) {
        let worse = worse(&whole, &|l| l.rollout);
        return if worse { (Verdict::Refused, "rollout") } else { (Verdict::PreExisting, "rollout") };
    }
    // Where a client keeps its connection, those above the cap wait until another one leaves.
    if figures.mode == PoolMode::Session && over(after.peak, figures.server_cap) {
        let capped = |load: Load, cap: Interval| Load { usable: cap, ..load };
        let cap_before = figures.server_cap_before.unwrap_or(figures.server_cap);
        let waiting = Sides {
            before: sides.before.map(|b| capped(b, cap_before)),
            after: capped(after, figures.server_cap),
            ..whole
        };
        return if worse(&waiting, &peak) { (Verdict::Starved, "peak") } else { (Verdict::PreExisting, "peak") };
    }
    let uneven = after.peak.percent_up(UNEVEN_PERCENT);
    if figures.pods.lo > 1 && over(uneven, after.usable) {
        return (Verdict::Near, "peak");
    }
    match (after.peak.hi, after.usable.hi) {
        (Some(_), Some(_)) => (Verdict::Fits, ""),
        _ => (Verdict::CannotTell, ""),
    }
}

/// Whether a verdict says that demand exceeds the limit because of the change.
pub(super) fn is_over(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::OverCertain | Verdict::OverPeak | Verdict::OverRollout)
}

/// Some reading of the configuration exceeds the limit. The exact boundary is allowed.
fn over(demand: Interval, usable: Interval) -> bool {
    usable.hi.is_some() && demand.hi.is_some_and(|d| d > usable.lo)
}

/// Every reading of the configuration exceeds the limit.
fn certainly_over(demand: Interval, usable: Interval) -> bool {
    usable.hi.is_some_and(|u| demand.lo > u)
}

/// How far the demand is above the limit, at the far ends.
fn excess(demand: Interval, usable: Interval) -> Option<u64> {
    let demand = demand.hi.unwrap_or(demand.lo);
    usable.hi.map(|_| demand.saturating_sub(usable.lo))
}

/// Whether the change made the excess larger, or brought the server.
fn worse(sides: &Sides, of: &dyn Fn(&Load) -> Interval) -> bool {
    let Some(before) = sides.before else { return true };
    let then = excess(of(&before), before.usable);
    let now = excess(of(&sides.after), sides.after.usable);
    match (then, now) {
        (Some(then), Some(now)) => now > then,
        // The limit was not known before: the demand alone tells.
        (None, Some(_)) => of(&sides.after).hi > of(&before).hi || of(&sides.after).lo > of(&before).lo,
        _ => false,
    }
}

fn falls(before: Interval, after: Interval) -> bool {
    matches!((before.hi, after.hi), (Some(b), Some(a)) if a < b)
}

/// Demand over usable connections, as a share; above 1 where nothing is usable.
#[expect(clippy::cast_precision_loss, reason = "a share for a threshold; counts are far below 2^52")]
fn share(demand: Interval, usable: Interval) -> f64 {
    let demand = demand.hi.unwrap_or(demand.lo) as f64;
    if usable.lo == 0 { f64::INFINITY } else { demand / usable.lo as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(usable: u64, peak: u64, rollout: u64) -> Load {
        let exact = Interval::exact;
        Load {
            usable: exact(usable),
            steady: exact(peak),
            peak: exact(peak),
            rollout: exact(rollout),
            strict: exact(peak * 2),
            failover: exact(peak),
        }
    }

    #[track_caller]
    fn check(before: Option<Load>, after: Load, expected: Verdict) {
        let sides = Sides { before, after, floor_before: Interval::ZERO, floor_after: Interval::ZERO, is_whole: true };
        assert_eq!(verdict(&sides, 0.8, false).0, expected);
    }

    #[test]
    fn the_exact_boundary_is_allowed_and_one_more_is_not() {
        check(Some(load(97, 40, 50)), load(97, 97, 97), Verdict::Near);
        check(Some(load(97, 40, 50)), load(97, 98, 98), Verdict::OverCertain);
    }

    #[test]
    fn what_was_over_before_and_is_not_worse_is_context() {
        check(Some(load(97, 200, 250)), load(97, 150, 190), Verdict::PreExisting);
        check(Some(load(97, 150, 190)), load(97, 151, 190), Verdict::OverCertain);
    }

    #[test]
    fn a_rollout_alone_can_exceed() {
        check(Some(load(125, 60, 70)), load(125, 116, 148), Verdict::OverRollout);
    }

    #[test]
    fn clients_that_could_belong_here_are_never_safe() {
        let sides = Sides {
            before: Some(load(97, 40, 50)),
            after: load(97, 40, 50),
            floor_before: Interval::ZERO,
            floor_after: Interval::ZERO,
            is_whole: false,
        };
        assert_eq!(verdict(&sides, 0.8, false).0, Verdict::CannotTell);
    }

    #[test]
    fn a_failover_alone_can_exceed() {
        let after = Load { failover: Interval::exact(130), ..load(97, 60, 70) };
        check(Some(load(97, 60, 70)), after, Verdict::OverFailover);
        check(Some(after), after, Verdict::PreExisting);
    }

    #[track_caller]
    fn check_pooler(clients: u64, takes: u64, opens: u64, mode: PoolMode, pods: u64, expected: Verdict) {
        let figures = PoolerFigures {
            product: "PgBouncer".to_owned(),
            mode,
            pods: Interval::exact(pods),
            server_cap: Interval::exact(opens),
            server_cap_before: Some(Interval::exact(opens)),
        };
        let sides =
            PoolerSides { before: Some(load(takes, 10, 10)), after: load(takes, clients, clients), figures: &figures };
        assert_eq!(pooler_verdict(&sides).0, expected);
    }

    #[test]
    fn a_pooler_refuses_leaves_waiting_or_serves() {
        check_pooler(9200, 6000, 1000, PoolMode::Transaction, 2, Verdict::Refused);
        check_pooler(108, 1000, 30, PoolMode::Session, 3, Verdict::Starved);
        check_pooler(108, 1000, 30, PoolMode::Transaction, 3, Verdict::Fits);
        check_pooler(900, 1000, 1000, PoolMode::Transaction, 2, Verdict::Near);
        check_pooler(900, 1000, 1000, PoolMode::Transaction, 1, Verdict::Fits);
        check_pooler(1000, 1000, 1000, PoolMode::Session, 1, Verdict::Fits);
    }

    #[test]
    fn an_unknown_limit_is_never_safe() {
        let mut after = load(97, 40, 50);
        after.usable = Interval::at_least(0);
        check(Some(after), after, Verdict::CannotTell);
    }

    #[test]
    fn an_unknown_demand_is_never_safe() {
        let mut after = load(97, 40, 50);
        after.peak = Interval::at_least(40);
        after.rollout = Interval::at_least(50);
        check(Some(load(97, 40, 50)), after, Verdict::CannotTell);
    }

    #[test]
    fn a_lower_limit_with_little_room_is_named() {
        check(Some(load(197, 90, 95)), load(97, 90, 95), Verdict::LimitShrunk);
    }

    #[test]
    fn an_idle_floor_above_the_limit_is_certain() {
        let sides = Sides {
            before: Some(load(97, 90, 90)),
            after: Load { peak: Interval::between(10, 300), ..load(97, 300, 300) },
            floor_before: Interval::ZERO,
            floor_after: Interval::exact(120),
            is_whole: true,
        };
        assert_eq!(verdict(&sides, 0.8, false).0, Verdict::OverCertain);
    }
}
