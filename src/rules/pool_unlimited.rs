//! A pool has no upper end any more.

use crate::catalogue::{ReadValue, Role};
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::{Context, PoolChange};
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A pool maximum or overflow that becomes unlimited: `0` for Go's `database/sql`, `-1` for SQLAlchemy's
    /// `max_overflow`, or a removed line where the library has no limit of its own.
    ///
    /// ## Why it hurts
    ///
    /// Without an upper end the number of connections follows the number of waiting requests. The first slow query
    /// fills the server, and everybody who shares it is refused.
    ///
    /// ## Example
    ///
    /// ```toml before prod/config.toml
    /// [database]
    /// url = "postgres://app@orders-db.example.internal:5432/orders"
    /// max_open_conns = 25
    /// max_idle_conns = 5
    /// ```
    ///
    /// ```toml after prod/config.toml
    /// [database]
    /// url = "postgres://app@orders-db.example.internal:5432/orders"
    /// max_open_conns = 0
    /// max_idle_conns = 5
    /// ```
    ///
    /// ```toml fixed prod/config.toml
    /// [database]
    /// url = "postgres://app@orders-db.example.internal:5432/orders"
    /// max_open_conns = 20
    /// max_idle_conns = 5
    /// ```
    ///
    /// ## What to do
    ///
    /// Give it a number: the server's usable connections divided by all processes that connect.
    ///
    /// ## When it is wrong
    ///
    /// When the number of concurrent requests is bounded elsewhere, for example by one worker per process.
    ///
    /// ## References
    ///
    /// - <https://go.dev/doc/database/manage-connections>
    /// - <https://docs.sqlalchemy.org/en/20/core/pooling.html>
    pub(super) static POOL_UNLIMITED = "pool-unlimited", High, High,
        "A pool has no upper end any more", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for role in [Role::PoolMax, Role::PoolOverflow] {
        out.extend(ctx.pool_changes(role).iter().filter_map(|change| finding(ctx, change)));
    }
}

fn finding(ctx: &Context<'_>, change: &PoolChange<'_>) -> Option<Finding> {
    let gone = change.old_pool.filter(|old| change.new_pool.is_none() && ctx.falls_to_default(old));
    let pool = change.new_pool.or(gone)?;
    let was = change.old_value().filter(|_| change.old_pool.is_some());
    if change.new_value() != Some(&ReadValue::Unlimited) || was == Some(&ReadValue::Unlimited) {
        return None;
    }
    let at = change.at()?;
    let name = ctx.name(change.name());
    let title = match (change.new, ctx.written(change.old)) {
        (None, Some(old)) => {
            shown!("{} is gone: {} → unlimited, the default of {}", name, old, ctx.name(&pool.library))
        }
        (_, Some(old)) => {
            shown!("{} is unlimited now: {} → {}", name, old, ctx.written(change.new).unwrap_or_default())
        }
        (_, None) => shown!("{} is unlimited: {}", name, ctx.written(change.new).unwrap_or_default()),
    };
    let severity = if change.old.is_some() { Severity::High } else { Severity::Medium };
    let confidence = if pool.ambiguous { Confidence::Medium } else { Confidence::High };
    Some(
        FindingBuilder::new(POOL_UNLIMITED.name, severity, confidence, at, title)
            .message(shown!("for {} this value sets no limit; one slow query is enough to open as many connections as there are requests", ctx.name(&pool.library)))
            .subject(ctx.owner(pool), pool.environment)
            .setting(name.clone(), ctx.written(change.old), ctx.written(change.new))
            .symptom(Shown::of_static("too many clients / too many connections, for everybody on the server"))
            .fix(shown!("give {} a number that the server can serve on all replicas", name), ctx.written(change.old))
            .rollback(match ctx.written(change.old) {
                Some(old) => shown!("set {} back to {}; processes take it when they restart", name, old),
                None => shown!("set {} to a number; processes take it when they restart", name),
            })
            .question(shown!("What bounds the connections of this pool, if not {}?", name))
            .build(),
    )
}
