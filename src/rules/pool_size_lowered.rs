//! A pool may hold clearly fewer connections than before.

use crate::catalogue::{ReadValue, Role};
use crate::declare_rule;
use crate::facts::Pool;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::{Context, PoolChange, Traffic};
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A pool maximum that falls, also by the removal of a line whose default is smaller, and with a note where it looks
    /// like a lost zero.
    ///
    /// ## Why it hurts
    ///
    /// A pool that is too small turns work into waiting. The curve is flat and then vertical: 20 → 10 may do nothing,
    /// 10 → 6 can queue every request until the acquire timeout, while the database looks idle.
    ///
    /// ## Example
    ///
    /// ```properties before prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.maximum-pool-size=50
    /// ```
    ///
    /// ```properties after prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.maximum-pool-size=5
    /// ```
    ///
    /// ```properties fixed prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.maximum-pool-size=50
    /// ```
    ///
    /// ## What to do
    ///
    /// Compare with the connections in use at peak (HikariCP `hikaricp.connections.active`, or what the server shows).
    /// A pool carries at most `size ÷ hold time` acquisitions a second: 5 connections held for 50 ms are 100.
    ///
    /// ## When it is wrong
    ///
    /// When the pool was never near its maximum, which is common after a first guess.
    ///
    /// ## References
    ///
    /// - <https://github.com/brettwooldridge/HikariCP/wiki/About-Pool-Sizing>
    pub(super) static POOL_SIZE_LOWERED = "pool-size-lowered", Medium, High,
        "A pool may hold clearly fewer connections than before", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for role in [Role::PoolMax, Role::PoolOverflow, Role::PoolerPoolSize, Role::PoolerClientMax, Role::PoolerServerMax]
    {
        out.extend(ctx.pool_changes(role).iter().filter_map(|change| finding(ctx, change, role)));
    }
}

fn finding(ctx: &Context<'_>, change: &PoolChange<'_>, role: Role) -> Option<Finding> {
    let (Some(old_pool), Some(pool)) = (change.old_pool, change.new_pool.or(change.old_pool)) else { return None };
    if change.new_pool.is_none() && !ctx.falls_to_default(old_pool) {
        return None;
    }
    let was = match change.old_value()? {
        ReadValue::Count(n) => Some(*n),
        ReadValue::Unlimited => None,
        _ => return None,
    };
    let Some(ReadValue::Count(is)) = change.new_value() else { return None };
    // From unlimited to a limit is the sound direction.
    let was = was.filter(|was| is < was)?;
    let at = change.at()?;
    let name = ctx.name(change.name());
    let removed = change.new.is_none();
    let zero = !removed && was == is * 10 && *is > 0;
    let title = match (removed, zero) {
        (true, _) => shown!("{} is gone: {} → {}, the default of {}", name, was, *is, ctx.name(&pool.library)),
        (_, true) => shown!("{} lowered: {} → {}, which looks like a lost zero", name, was, *is),
        _ => shown!("{} lowered: {} → {}", name, was, *is),
    };
    let confidence = if pool.ambiguous { Confidence::Medium } else { Confidence::High };
    let relief = change.new_pool.and_then(|new| relief(ctx, old_pool, new));
    let relieved = relief.is_some();
    let severity = if relief.is_some() { Severity::Low } else { severity(was, *is, role) };
    let builder =
        FindingBuilder::new(POOL_SIZE_LOWERED.name, severity, confidence, at, title)
            .message(relief.unwrap_or_else(|| {
                shown!(
                    "a process can work on {} of its queries at once instead of {}; at 50 ms a query that is {} a second at most{}",
                    *is,
                    was,
                    is * 20,
                    blocks(*is)
                )
            }))
            .subject(ctx.owner(pool), pool.environment)
            .setting(name.clone(), ctx.written(change.old), ctx.written(change.new))
            .rollback(shown!("set {} back to {}; processes take it when they restart", name, was));
    // What mends the server or is enough for the traffic asks for no undoing.
    if relieved {
        return Some(
            builder.fix(shown!("keep {}, and watch the pool's waiting requests once it is out", *is), None).build(),
        );
    }
    let builder = builder
        .symptom(waiting(&pool.key.library))
        .fix(
            shown!("keep {} unless the connections in use at peak stay well below {}", was, *is),
            Some(shown!("{}", was)),
        )
        .question(shown!("How many connections of this pool are in use at peak, and are {} enough?", *is));
    Some(builder.build())
}

/// What very small pools add: whoever holds one connection and asks for a second waits for the others who do the same.
fn blocks(is: u64) -> Shown {
    match is {
        1 => Shown::of_static("; a task that asks for a second connection waits for itself"),
        2 | 3 => shown!("; {} tasks that each hold one connection and ask for a second wait for each other", is),
        _ => Shown::default(),
    }
}

/// Why a smaller pool is no cause for worry here: it brings the server back below its line, the replicas make up for
/// it, or the declared traffic needs no more.
fn relief(ctx: &Context<'_>, old: &Pool, new: &Pool) -> Option<Shown> {
    if let Some(row) = ctx.budget_of(ctx.new.facts, new)
        && let (Some(before), Some(after)) = (row.before, row.after)
        && before.rollout.hi.is_some_and(|d| d > before.usable.lo)
        && before.usable.hi.is_some()
        && after.rollout.hi < before.rollout.hi
    {
        return Some(shown!(
            "brings {} from {} to {} connections of {} usable",
            ctx.name(&row.server),
            before.rollout,
            after.rollout,
            after.usable
        ));
    }
    if let Some(load) = Traffic::of(&ctx.policy.declared, ctx.new.facts, new)
        && load.fits()
    {
        return Some(shown!(
            "enough for the declared traffic: {} connections busy of {}",
            load.busy,
            load.each * load.processes
        ));
    }
    let (before, after) = (ctx.old.facts.total(old)?, ctx.new.facts.total(new)?);
    // Twenty pools of three make requests wait that one pool of sixty would not.
    let small = new.ceiling().known().is_some_and(|each| each <= 5);
    let small = if small { "; many small pools make requests wait sooner than few large ones" } else { "" };
    (after >= before).then(|| {
        shown!("more replicas or processes make up for it: {} connections in all, {} before{}", after, before, small)
    })
}

fn severity(was: u64, is: u64, role: Role) -> Severity {
    match () {
        () if role == Role::PoolOverflow => Severity::Low,
        () if is * 5 <= was * 2 && was >= 20 => Severity::High,
        () if is * 2 <= was => Severity::Medium,
        () => Severity::Low,
    }
}

/// What the on-call sees when a pool is empty, in the library's words.
fn waiting(library: &str) -> Shown {
    Shown::of_static(match library {
        l if l.contains("hikari") => "Connection is not available, request timed out",
        l if l.contains("sqlalchemy") => "QueuePool limit reached, connection timed out",
        l if l.contains("rails") || l.contains("active") => {
            "ActiveRecord::ConnectionTimeoutError: could not obtain a connection from the pool"
        }
        l if l.contains("npgsql") => "The connection pool has been exhausted",
        l if l.contains("sqlclient") => {
            "Timeout expired. The timeout period elapsed prior to obtaining a connection from the pool"
        }
        l if l.contains("prisma") => "Timed out fetching a new connection from the connection pool",
        _ => "requests wait for a connection while the database is idle",
    })
}
