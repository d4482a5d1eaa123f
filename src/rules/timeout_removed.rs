//! A wait that had an end has none any more.

use crate::catalogue::{ReadValue, Role};
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::{Context, PoolChange};
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A timeout that becomes endless: set to the library's value for "for ever" (often `0` or `-1`), or a removed line
    /// where the library waits for ever by default.
    ///
    /// ## Why it hurts
    ///
    /// One server that does not answer then holds every thread that asks it, until the whole service stands still. The
    /// cause is hard to see, because nothing fails.
    ///
    /// ## Example
    ///
    /// ```properties before prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.connection-timeout=10000
    /// ```
    ///
    /// ```properties after prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.connection-timeout=0
    /// ```
    ///
    /// ```properties fixed prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.connection-timeout=15000
    /// ```
    ///
    /// ## What to do
    ///
    /// Give every wait an end that is shorter than the caller's patience.
    ///
    /// ## When it is wrong
    ///
    /// For a batch job that may wait as long as it likes.
    ///
    /// ## References
    ///
    /// - <https://github.com/brettwooldridge/HikariCP#gear-configuration-knobs-baby>
    pub(super) static TIMEOUT_REMOVED = "timeout-removed", Medium, High,
        "A wait that had an end has none any more", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for role in [Role::AcquireTimeout, Role::ConnectTimeout, Role::SocketTimeout, Role::StatementTimeout] {
        out.extend(ctx.pool_changes(role).iter().filter_map(|change| finding(ctx, change)));
    }
}

fn finding(ctx: &Context<'_>, change: &PoolChange<'_>) -> Option<Finding> {
    let old = change.old?;
    let gone = change.old_pool.filter(|old| change.new_pool.is_none() && ctx.falls_to_default(old));
    let pool = change.new_pool.or(gone)?;
    let ended = matches!(old.value, ReadValue::Millis(ms) if ms > 0);
    let endless = matches!(change.new_value(), Some(ReadValue::Forever | ReadValue::Disabled | ReadValue::Unlimited));
    if !ended || !endless {
        return None;
    }
    let at = change.at()?;
    let name = ctx.name(change.name());
    let title = match ctx.written(change.new) {
        Some(new) => shown!("{} has no end any more: {} → {}", name, ctx.name(&old.words), new),
        None => {
            shown!("{} is gone: {} → no end, the default of {}", name, ctx.name(&old.words), ctx.name(&pool.library))
        }
    };
    Some(
        FindingBuilder::new(TIMEOUT_REMOVED.name, Severity::Medium, Confidence::High, at, title)
            .message(Shown::of_static("a server that does not answer can hold every thread that asks it"))
            .subject(ctx.owner(pool), pool.environment)
            .setting(name.clone(), ctx.written(change.old), ctx.written(change.new))
            .symptom(Shown::of_static(
                "the service stands still without an error; thread dumps show everyone waiting for the database",
            ))
            .fix(shown!("keep {} at {}", name, ctx.name(&old.words)), ctx.written(change.old))
            .rollback(shown!(
                "set {} back to {}; processes take it when they restart",
                name,
                ctx.written(change.old).unwrap_or_default()
            ))
            .build(),
    )
}
