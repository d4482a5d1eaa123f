//! A pool keeps nearly all of its connections open around the clock.

use crate::catalogue::{ReadValue, Role};
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::{Context, PoolChange, wording};
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A minimum of idle connections that this change brings to a large number: near the maximum, above it, or so many
    /// over all replicas that they fill a good part of the server without any load. Also a maximum that falls below a
    /// minimum which stays.
    ///
    /// ## Why it hurts
    ///
    /// Idle connections are taken whether anybody calls or not. They come all at once at a rollout, and the server has
    /// that much less room for everybody else.
    ///
    /// ## Example
    ///
    /// ```properties before prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.maximum-pool-size=60
    /// spring.datasource.hikari.minimum-idle=5
    /// ```
    ///
    /// ```properties after prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.maximum-pool-size=60
    /// spring.datasource.hikari.minimum-idle=55
    /// ```
    ///
    /// ```properties fixed prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.maximum-pool-size=60
    /// spring.datasource.hikari.minimum-idle=10
    /// ```
    ///
    /// ## What to do
    ///
    /// Keep as many idle as are busy at a quiet hour, or make the pool small and fixed on purpose.
    ///
    /// ## When it is wrong
    ///
    /// When a small pool of fixed size is meant, as HikariCP's authors advise; small pools are left alone for that reason.
    ///
    /// ## References
    ///
    /// - <https://github.com/brettwooldridge/HikariCP#gear-configuration-knobs-baby>
    pub(super) static MIN_IDLE_NEAR_MAX = "min-idle-near-max", Medium, High,
        "A pool keeps nearly all of its connections open without load", check;
}

/// Below this a fixed-size pool is sound practice.
const SMALL: u64 = 20;

/// As many as PostgreSQL accepts by default: standing open without load they leave no room for anybody.
const MANY: u64 = 100;

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    out.extend(ctx.pool_changes(Role::PoolMax).iter().filter_map(|change| max_below(ctx, change)));
    raised(ctx, out);
}

/// What libraries do with a minimum above the maximum, in their own words where they have some.
fn refusal(library: &str) -> Option<&'static str> {
    Some(match library {
        "npgsql" => "Connection can't have 'Max Pool Size' under 'Min Pool Size'",
        "sqlclient" => "Invalid min or max pool size values, min pool size cannot be greater than the max pool size.",
        "psycopg-pool" => "max_size must be greater or equal than min_size",
        "asyncpg" => "min_size is greater than max_size",
        "knex" => "Tarn: opt.max is smaller than opt.min",
        "druid" => "illegal maxActive",
        "bb8" => "min_idle must be no larger than max_size",
        _ => return None,
    })
}

/// A maximum that falls below a minimum which stays as it is.
fn max_below(ctx: &Context<'_>, change: &PoolChange<'_>) -> Option<Finding> {
    let (pool, setting) = (change.new_pool?, change.new?);
    let idle = pool.setting(Role::PoolMinIdle)?;
    let (ReadValue::Count(max), ReadValue::Count(min)) = (&setting.taken, &idle.value) else { return None };
    let was_above = change.old_pool.is_some_and(
        |old| matches!((old.max.value.known(), old.min_idle.value.known()), (Some(max), Some(min)) if min > max),
    );
    let min_moved =
        change.old_pool.and_then(|old| old.setting(Role::PoolMinIdle)).is_none_or(|o| o.value != idle.value);
    // A minimum that moved too is told at its own line.
    if pool.ceiling().known()? >= *min || was_above || min_moved {
        return None;
    }
    let name = ctx.name(&setting.name);
    let refusal = refusal(&pool.key.library);
    let effect = match refusal {
        Some(_) => shown!("{} refuses such a pool, and the process does not start", ctx.name(&pool.library)),
        None => shown!("what {} makes of it is not what the file says", ctx.name(&pool.library)),
    };
    let severity = if refusal.is_some() { Severity::High } else { Severity::Medium };
    let title = shown!("{} of {} is below {} of {}", name, *max, ctx.name(&idle.name), *min);
    let builder = FindingBuilder::new(MIN_IDLE_NEAR_MAX.name, severity, Confidence::High, setting.at, title)
        .message(effect)
        .subject(ctx.owner(pool), pool.environment)
        .setting(name.clone(), ctx.written(change.old), ctx.written(change.new))
        .evidence(idle.at, shown!("{} of {}", ctx.name(&idle.name), *min))
        .fix(shown!("lower {} to {} or less", ctx.name(&idle.name), *max), None)
        .rollback(wording::set_back(&name, ctx.written(change.old).as_ref()));
    Some(refusal.into_iter().fold(builder, |b, words| b.symptom(Shown::of_static(words))).build())
}

fn raised(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for change in ctx.pool_changes(Role::PoolMinIdle) {
        let (Some(pool), Some(setting)) = (change.new_pool, change.new) else { continue };
        let ReadValue::Count(idle) = setting.value else { continue };
        let was = match change.old_value() {
            Some(ReadValue::Count(n)) => *n,
            _ => 0,
        };
        let max = pool.ceiling().known();
        let near = max.is_some_and(|max| idle * 5 >= max * 4);
        let above = max.is_some_and(|max| idle > max);
        let all = ctx.new.facts.copies(pool).map(|n| n.saturating_mul(idle));
        let many = all.is_some_and(|all| all >= MANY);
        if idle <= was || !(above || near && (idle >= SMALL || many) || idle >= SMALL * 2) {
            continue;
        }
        let name = ctx.name(&setting.name);
        let title = match max {
            Some(max) if above => shown!("{} of {} is above the maximum of {}", name, idle, max),
            Some(max) => shown!("{} keeps {} of {} connections open without load", name, idle, max),
            None => shown!("{} keeps {} connections open without load", name, idle),
        };
        let message = match all {
            Some(all) => shown!(
                "over all replicas {} connections stand open around the clock, and all are opened at once at a rollout",
                all
            ),
            None => shown!(
                "each process holds {} connections around the clock, and opens them all at once when it starts",
                idle
            ),
        };
        let severity = if was * 2 < idle || above { Severity::Medium } else { Severity::Low };
        out.push(
            FindingBuilder::new(MIN_IDLE_NEAR_MAX.name, severity, Confidence::High, setting.at, title)
                .message(message)
                .subject(ctx.owner(pool), pool.environment)
                .setting(name.clone(), ctx.written(change.old), ctx.written(change.new))
                .symptom(Shown::of_static(
                    "the server shows hundreds of idle sessions; a rollout is refused connections",
                ))
                .fix(shown!("keep {} near what a quiet hour needs", name), ctx.written(change.old))
                .rollback(match ctx.written(change.old) {
                    Some(old) => shown!("set {} back to {}; processes take it when they restart", name, old),
                    None => shown!("take {} out again; processes take it when they restart", name),
                })
                .build(),
        );
    }
}
