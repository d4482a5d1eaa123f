//! What kept a pool's connections sound is switched off.

use crate::catalogue::{ReadValue, Role};
use crate::declare_rule;
use crate::facts::{Endpoint, Pool};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::addresses::pooler_of;
use crate::rule::times::{Length, is_hikari, time};
use crate::rule::{Context, PoolChange};
use crate::secret::Shown;
use crate::setting::Environment;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A safeguard of a pool that this change switches off or takes out so that a weaker default holds: the check of a
    /// connection before it is handed out (`pool_pre_ping`, `test-on-borrow`), leak detection, the reset when a connection
    /// comes back, autocommit; and prepared statements that are switched on behind a pooler, or that a pooler tracks no more.
    ///
    /// ## Why it hurts
    ///
    /// Without a check the connections that a failover, a proxy or a timeout closed are handed to requests, which fail one
    /// by one until the pool has met them all. Without a reset one request sees the session of another: its transaction,
    /// its `SET`, its temporary tables. Without autocommit a read leaves a transaction open.
    ///
    /// ## Example
    ///
    /// ```toml before prod/app.toml
    /// [database]
    /// url = "postgresql+psycopg://app@orders-pgbouncer.example.internal:6432/orders"
    /// pool_size = 10
    /// pool_pre_ping = true
    /// ```
    ///
    /// ```toml after prod/app.toml
    /// [database]
    /// url = "postgresql+psycopg://app@orders-pgbouncer.example.internal:6432/orders"
    /// pool_size = 10
    /// pool_pre_ping = false
    /// ```
    ///
    /// ```toml fixed prod/app.toml
    /// [database]
    /// url = "postgresql+psycopg://app@orders-pgbouncer.example.internal:6432/orders"
    /// pool_size = 10
    /// pool_pre_ping = true
    /// ```
    ///
    /// ## What to do
    ///
    /// Keep the safeguard, or say what stands in for it: a lifetime below every limit on the way, a keepalive.
    ///
    /// ## When it is wrong
    ///
    /// When the driver checks by itself, or the framework switches autocommit off and commits by itself.
    ///
    /// ## References
    ///
    /// - <https://docs.sqlalchemy.org/en/20/core/pooling.html#disconnect-handling-pessimistic>
    /// - <https://www.npgsql.org/doc/performance.html>
    /// - <https://www.pgbouncer.org/features.html>
    pub(super) static POOL_SAFEGUARD_REMOVED = "pool-safeguard-removed", Medium, High,
        "What kept a pool's connections sound is switched off", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if ctx.audit {
        return;
    }
    const ROLES: [Role; 5] =
        [Role::PrePing, Role::LeakDetection, Role::ResetOnReturn, Role::Autocommit, Role::PreparedStatements];
    for role in ROLES {
        out.extend(ctx.pool_changes(role).iter().filter_map(|change| finding(ctx, change, role)));
    }
}

/// What is lost, and how bad that is.
struct Loss {
    what: &'static str,
    effect: &'static str,
    symptom: &'static str,
    severity: Severity,
}

fn loss(ctx: &Context<'_>, change: &PoolChange<'_>, pool: &Pool, role: Role) -> Option<Loss> {
    let endpoint = pool.endpoint.and_then(|at| ctx.new.facts.endpoints.get(at));
    let name = change.name().to_ascii_lowercase().replace([' ', '_', '-'], "");
    let (was, is) = (change.old_value(), change.new_value());
    match role {
        Role::PrePing if is_on(was) && is_off(is) => Some(unchecked(ctx, pool, endpoint)),
        Role::LeakDetection
            if was.and_then(Length::of)?.millis().is_some() && is.and_then(Length::of)? == Length::Endless =>
        {
            Some(Loss {
                what: "leak detection is off",
                effect: "a request that never gives its connection back empties the pool, and nothing names it",
                symptom: "the pool runs empty over hours, without a hint in the log",
                severity: Severity::Low,
            })
        }
        Role::ResetOnReturn if is_reset(&name, was) == Some(true) && is_reset(&name, is) == Some(false) => Some(Loss {
            what: "connections come back to the pool as they are",
            effect: "a request may find the open transaction, the SET or the temporary tables of the one before",
            symptom: "idle in transaction; settings of another request",
            severity: Severity::Medium,
        }),
        Role::Autocommit if is_on(was) && is_off(is) => Some(Loss {
            what: "autocommit is off",
            effect: "every statement opens a transaction that stays until somebody commits; what nobody commits is lost",
            symptom: "idle in transaction; locks that stay; writes that are gone",
            severity: Severity::Medium,
        }),
        // The pooler's own switch is the other way round: with it on, clients may prepare.
        Role::PreparedStatements if pool.is_pooler => (is_on(was) && is_off(is)).then_some(Loss {
            what: "the pooler does not track prepared statements",
            effect: "clients that prepare statements meet connections of the server where nothing was prepared",
            symptom: "prepared statement does not exist; prepared statement already exists",
            severity: Severity::Medium,
        }),
        Role::PreparedStatements if is_off(was) && is_on(is) && endpoint.is_some_and(|e| pooler_of(e).is_some()) => {
            Some(Loss {
                what: "statements are prepared behind a pooler",
                effect: "in transaction mode the next statement runs on a connection where nothing was prepared",
                symptom: "prepared statement \"S_1\" already exists; prepared statement does not exist",
                severity: Severity::Medium,
            })
        }
        _ => None,
    }
}

fn unchecked(ctx: &Context<'_>, pool: &Pool, endpoint: Option<&Endpoint>) -> Loss {
    let pooled = endpoint.is_some_and(|e| pooler_of(e).is_some());
    let ages = [Role::MaxLifetime, Role::Recycle, Role::IdleTimeout].map(|role| time(ctx, pool, role));
    let renews = ages.iter().flatten().any(|t| t.length.millis().is_some_and(|ms| ms <= 600_000));
    let severity = match (pool.environment, renews) {
        _ if is_hikari(pool) => Severity::Low,
        (_, true) => Severity::Low,
        (Environment::Production, false) => Severity::Medium,
        (_, false) if pooled => Severity::Medium,
        _ => Severity::Low,
    };
    Loss {
        what: "connections are handed out unchecked",
        effect: "after a failover, or when something on the way closes idle connections, requests get dead ones",
        symptom: "server closed the connection unexpectedly; MySQL server has gone away; Connection reset by peer",
        severity,
    }
}

fn is_on(value: Option<&ReadValue>) -> bool {
    matches!(value, Some(ReadValue::Bool(true))) || matches!(value, Some(ReadValue::Count(n)) if *n > 0)
}

fn is_off(value: Option<&ReadValue>) -> bool {
    matches!(value, Some(ReadValue::Bool(false) | ReadValue::Disabled | ReadValue::Count(0)))
}

/// Whether a connection is reset; some keys say it the other way round, and SQLAlchemy names the statement.
fn is_reset(name: &str, value: Option<&ReadValue>) -> Option<bool> {
    let says_no = name.starts_with("noreset");
    match value? {
        ReadValue::Bool(on) => Some(*on != says_no),
        ReadValue::Disabled => Some(false),
        ReadValue::Text(text) => match text.to_ascii_lowercase().as_str() {
            "none" | "null" | "false" => Some(false),
            "rollback" | "commit" | "true" => Some(true),
            _ => None,
        },
        _ => None,
    }
}

fn finding(ctx: &Context<'_>, change: &PoolChange<'_>, role: Role) -> Option<Finding> {
    let gone = change.old_pool.filter(|old| change.new_pool.is_none() && ctx.falls_to_default(old));
    let pool = change.new_pool.or(gone)?;
    // What is new as a whole has lost nothing.
    change.old_pool?;
    let loss = loss(ctx, change, pool, role)?;
    let name = ctx.name(change.name());
    let old = change.old.map(|s| ctx.name(&s.words));
    let title = match (&old, change.new) {
        (Some(old), Some(new)) => {
            shown!("{}: {} changed from {} to {}", loss.what, name, old.clone(), ctx.name(&new.words))
        }
        (Some(_), None) => {
            shown!("{}: {} is gone, and {} does without by default", loss.what, name, ctx.name(&pool.library))
        }
        (None, _) => shown!("{}: {} set to {}", loss.what, name, ctx.written(change.new)?),
    };
    let confidence = if pool.ambiguous { Confidence::Low } else { Confidence::High };
    Some(
        FindingBuilder::new(POOL_SAFEGUARD_REMOVED.name, loss.severity, confidence, change.at()?, title)
            .message(Shown::of_static(loss.effect))
            .subject(ctx.owner(pool), pool.environment)
            .setting(name.clone(), ctx.written(change.old), ctx.written(change.new))
            .symptom(Shown::of_static(loss.symptom))
            .fix(shown!("keep {} as it was", name), ctx.written(change.old))
            .rollback(match ctx.written(change.old) {
                Some(old) => shown!("set {} back to {}; processes take it when they restart", name, old),
                None => shown!("take {} out again; processes take it when they restart", name),
            })
            .question(shown!("What takes the place of {} for this pool?", name))
            .build(),
    )
}
