//! A pool may hold clearly more connections than before.

use crate::budget::Verdict;
use crate::catalogue::{ReadValue, Role};
use crate::declare_rule;
use crate::facts::{Facts, Pool};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::{Context, PoolChange, Traffic};
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A pool maximum (or overflow) that rises, also by the removal of a line whose default is larger, or by a line
    /// where a smaller default held before.
    ///
    /// ## Why it hurts
    ///
    /// Every process of every replica gets the larger pool, so `+30` can be `+360` on the server. Past the number of
    /// connections that the database can work on at once, more of them make every query slower.
    ///
    /// ## Example
    ///
    /// ```properties before prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.maximum-pool-size=10
    /// ```
    ///
    /// ```properties after prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.maximum-pool-size=100
    /// ```
    ///
    /// ```properties fixed prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.maximum-pool-size=10
    /// ```
    ///
    /// ## What to do
    ///
    /// Multiply by replicas and processes and compare with the server's limit. If requests wait for connections, look
    /// first at how long each holds one.
    ///
    /// ## When it is wrong
    ///
    /// When a pooler in transaction mode stands behind it, or the server was sized up for this.
    ///
    /// ## References
    ///
    /// - <https://github.com/brettwooldridge/HikariCP/wiki/About-Pool-Sizing>
    pub(super) static POOL_SIZE_RAISED = "pool-size-raised", Medium, High,
        "A pool may hold clearly more connections than before", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for role in [Role::PoolMax, Role::PoolOverflow, Role::PoolerPoolSize, Role::PoolerReserve, Role::PoolerServerMax] {
        out.extend(ctx.pool_changes(role).iter().filter_map(|change| finding(ctx, change)));
    }
}

fn finding(ctx: &Context<'_>, change: &PoolChange<'_>) -> Option<Finding> {
    // A pool that is new as a whole is judged by the budget, not by growth.
    let pool = change.pool()?;
    let stays = match (change.old_pool, change.new_pool) {
        (Some(old), None) => ctx.falls_to_default(old),
        (None, Some(new)) => ctx.came_from_default(new),
        _ => true,
    };
    if !stays {
        return None;
    }
    let (Some(ReadValue::Count(was)), Some(ReadValue::Count(is))) = (change.old_value(), change.new_value()) else {
        return None;
    };
    if is <= was {
        return None;
    }
    let at = change.at()?;
    let name = ctx.name(change.name());
    let factor = is.checked_div(*was).unwrap_or(u64::MAX);
    let title = match (change.new, factor) {
        (None, _) => shown!("{} is gone: {} → {}, the default of {}", name, *was, *is, ctx.name(&pool.library)),
        (Some(_), _) if change.old.is_none() => {
            shown!("{} set: {} → {}; {} was the default of {}", name, *was, *is, *was, ctx.name(&pool.library))
        }
        (_, 10) if was * 10 == *is && *is >= 50 => {
            shown!("{} raised 10-fold: {} → {}, which may be a zero too many", name, *was, *is)
        }
        (_, 3..100) => shown!("{} raised {}-fold: {} → {}", name, factor, *was, *is),
        (_, 2) if was * 2 == *is => shown!("{} doubled: {} → {}", name, *was, *is),
        _ => shown!("{} raised: {} → {}", name, *was, *is),
    };
    let confidence = if pool.ambiguous { Confidence::Medium } else { Confidence::High };
    let relief = change.old_pool.zip(change.new_pool).and_then(|(old, new)| relief(ctx, old, new));
    let fits = change.new_pool.is_some_and(|new| has_room(ctx, new));
    let severity = match (fits, relief.is_some()) {
        (true, _) => Severity::Info,
        (false, true) => Severity::Low,
        (false, false) => severity(*was, *is),
    };
    let builder = FindingBuilder::new(POOL_SIZE_RAISED.name, severity, confidence, at, title)
        .message(relief.unwrap_or_else(|| growth(ctx, change, is - was)))
        .subject(ctx.owner(pool), pool.environment)
        .setting(name.clone(), ctx.written(change.old), ctx.written(change.new))
        .rollback(shown!("set {} back to {}; processes take it when they restart", name, *was));
    if fits {
        return Some(builder.fix(Shown::of_static("nothing; the server has room for it as computed"), None).build());
    }
    let builder = builder
        .symptom(Shown::of_static("the server refuses connections at peak or during a rollout (too many clients)"))
        .fix(shown!("check replicas × processes × {} against the server's limit, or keep {}", *is, *was), None)
        .question(shown!("Does the server have room for {} on every process and replica?", *is));
    Some(builder.build())
}

/// What the growth comes to: over all replicas where they are known, else for each process.
fn growth(ctx: &Context<'_>, change: &PoolChange<'_>, more: u64) -> Shown {
    let total = |facts: &Facts, pool: Option<&Pool>| facts.total(pool?);
    match (total(ctx.old.facts, change.old_pool), total(ctx.new.facts, change.new_pool)) {
        (Some(before), Some(after)) => {
            shown!("over all replicas and processes up to {} connections, {} before", after, before)
        }
        _ => shown!("each process of each replica may open {} connections more", more),
    }
}

/// Whether the server has proven room for all of its clients.
fn has_room(ctx: &Context<'_>, new: &Pool) -> bool {
    ctx.budget_of(ctx.new.facts, new).is_some_and(|row| row.verdict == Verdict::Fits && row.after.is_some())
}

/// Why a larger pool is no cause for worry here: the server has proven room for it, or the declared traffic needs it.
fn relief(ctx: &Context<'_>, old: &Pool, new: &Pool) -> Option<Shown> {
    if let Some(row) = ctx.budget_of(ctx.new.facts, new)
        && let (Verdict::Fits, Some(after)) = (row.verdict, row.after)
    {
        return Some(shown!(
            "fits: {} of {} connections of {} in the worst computed case",
            after.rollout,
            after.usable,
            ctx.name(&row.server)
        ));
    }
    let load = |facts, pool| Traffic::of(&ctx.policy.declared, facts, pool);
    let (before, after) = (load(ctx.old.facts, old)?, load(ctx.new.facts, new)?);
    let mends = !before.fits() && after.fits();
    mends.then(|| {
        shown!(
            "the declared traffic needs it: {} requests a second × {} ms keep {} connections busy",
            after.rate,
            after.hold_ms,
            after.busy
        )
    })
}

/// Ten times as much is a changed design; a small pool that doubles is growth.
fn severity(was: u64, is: u64) -> Severity {
    let times = |n: u64| is >= was.saturating_mul(n);
    match () {
        () if is <= 10 => Severity::Low,
        () if times(8) || was == 0 && is >= 50 => Severity::High,
        () if is * 2 >= was * 3 => Severity::Medium,
        () => Severity::Low,
    }
}
