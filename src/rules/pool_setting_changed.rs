//! A setting of a pool changed in a way that no other rule speaks of.

use crate::catalogue::{ReadValue, Role};
use crate::declare_rule;
use crate::facts::PoolSetting;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::{Context, PoolChange};
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// Any other change of a pool's settings: a timeout raised, a validation query added, a size changed a little. It is
    /// a line for the review, not an alarm, and it gives way to every other rule at the same place.
    ///
    /// ## Why it hurts
    ///
    /// It mostly does not. Pool settings are rarely touched and often copied, so a second pair of eyes is cheap.
    ///
    /// ## Example
    ///
    /// ```properties before prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.idle-timeout=300000
    /// ```
    ///
    /// ```properties after prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.idle-timeout=600000
    /// ```
    ///
    /// ```properties fixed prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.idle-timeout=300000
    /// ```
    ///
    /// ## What to do
    ///
    /// Read it, and ask why if the change does not say.
    ///
    /// ## When it is wrong
    ///
    /// When the key belongs to another library that uses the same name.
    ///
    /// ## References
    ///
    /// - <https://github.com/brettwooldridge/HikariCP#gear-configuration-knobs-baby>
    pub(super) static POOL_SETTING_CHANGED = "pool-setting-changed", Low, High,
        "A setting of a connection pool changed", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if ctx.audit {
        return;
    }
    for role in Role::ALL {
        out.extend(ctx.pool_changes(*role).iter().filter_map(|change| finding(ctx, change, *role)));
    }
}

/// Whether what held the setting is gone as a whole.
fn is_gone(ctx: &Context<'_>, setting: &PoolSetting) -> bool {
    let holder = ctx.old.settings.resource_of(setting.setting);
    !ctx.new.settings.resources.iter().any(|r| r.id == holder.id || r.source == holder.source)
}

/// Whether a time goes back to where it does no harm: from one that another rule would have named.
fn is_repair(change: &PoolChange<'_>, role: Role) -> bool {
    let sane = match role {
        Role::MaxLifetime | Role::Recycle => 300_000,
        Role::IdleTimeout => 30_000,
        Role::AcquireTimeout | Role::ConnectTimeout => 2000,
        Role::SocketTimeout | Role::StatementTimeout => 1,
        _ => return false,
    };
    match (change.old_value(), change.new_value()) {
        (Some(ReadValue::Millis(was)), Some(ReadValue::Millis(is))) => *was < sane && *is >= sane,
        (Some(ReadValue::Millis(was)), Some(ReadValue::Forever | ReadValue::Disabled)) => {
            *was < sane && matches!(role, Role::MaxLifetime | Role::Recycle | Role::IdleTimeout)
        }
        (Some(ReadValue::Forever), Some(ReadValue::Millis(is))) => *is >= sane,
        _ => false,
    }
}

fn finding(ctx: &Context<'_>, change: &PoolChange<'_>, role: Role) -> Option<Finding> {
    let pool = change.pool()?;
    let at = change.at()?;
    let name = ctx.name(change.name());
    let (old, new) = (change.old.map(|s| ctx.name(&s.words)), change.new.map(|s| ctx.name(&s.words)));
    let same = change.old_value().is_some() && change.old_value() == change.new_value();
    let title = match (&old, &new) {
        (Some(old), Some(new)) => shown!("{} changed: {} → {}", name, old, new),
        (None, Some(new)) if same => {
            shown!("{} written out: {}, the default of {}", name, new, ctx.name(&pool.library))
        }
        (None, Some(new)) => shown!("{} added: {}", name, new),
        (Some(old), None) if same => {
            shown!("{} removed: {} is the default of {} already", name, old, ctx.name(&pool.library))
        }
        (Some(old), None) => match change.old.and_then(|s| s.default.as_deref()) {
            Some(default) => {
                shown!("{} removed: {} → {}, the default of {}", name, old, ctx.name(default), ctx.name(&pool.library))
            }
            None => shown!("{} removed: {}", name, old),
        },
        (None, None) => return None,
    };
    // With the workload go its settings; nobody has to be told line by line.
    if change.new_pool.is_none() && change.old.is_some_and(|s| is_gone(ctx, s)) {
        return None;
    }
    // A pool that appears or goes as a whole is one thing to know, not one for each of its lines.
    let part_of_whole = match (change.old_pool, change.new_pool) {
        (None, Some(new)) => !ctx.came_from_default(new),
        (_, new) => new.is_none(),
    };
    let quiet = part_of_whole || same || is_repair(change, role);
    let severity = if quiet { Severity::Info } else { Severity::Low };
    let confidence = if pool.ambiguous { Confidence::Low } else { Confidence::High };
    let correction = change.new.and_then(|s| s.correction.as_deref()).map(|c| ctx.name(c)).unwrap_or_default();
    Some(
        FindingBuilder::new(POOL_SETTING_CHANGED.name, severity, confidence, at, title)
            .message(correction)
            .subject(ctx.owner(pool), pool.environment)
            .setting(name.clone(), ctx.written(change.old), ctx.written(change.new))
            .rollback(match ctx.written(change.old) {
                Some(old) => shown!("set {} back to {}; processes take it when they restart", name, old),
                None => shown!("take {} out again; processes take it when they restart", name),
            })
            .build(),
    )
}
