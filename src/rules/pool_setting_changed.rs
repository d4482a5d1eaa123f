//! A setting of a pool changed in a way that no other rule speaks of.

use crate::catalogue::{ReadValue, Role};
use crate::declare_rule;
use crate::facts::{Pool, PoolSetting};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::{Context, PoolChange, names, references};
use crate::secret::Shown;
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
    for pair in ctx.pools() {
        let (Some(old), Some(new)) = (pair.old, pair.new) else { continue };
        let settings = new.settings.iter().filter_map(|is| Some((old.setting(is.role)?, is)));
        out.extend(settings.filter_map(|(was, is)| worked_out(ctx, new, was, is)));
    }
}

/// A value that comes out the same as far as the files tell, and is worked out otherwise: of other variables.
fn worked_out(ctx: &Context<'_>, pool: &Pool, was: &PoolSetting, is: &PoolSetting) -> Option<Finding> {
    if was.value != is.value || was.raw == is.raw || is.value == ReadValue::NotANumber {
        return None;
    }
    let (before, after) = (references::names_of(&was.raw), references::names_of(&is.raw));
    let gone: Vec<&String> = before.iter().filter(|name| !after.contains(name)).collect();
    if gone.is_empty() && after.iter().all(|name| before.contains(name)) {
        return None;
    }
    let (name, old, new) =
        (ctx.name(&is.name), ctx.redactor.value(&was.name, &was.raw), ctx.redactor.value(&is.name, &is.raw));
    // A pool that was as large as there are threads, and is not any more.
    let threads = |name: &&&String| names::has_word(name, &["threads", "thread", "concurrency", "workers"]);
    let lost = gone.iter().find(threads).filter(|_| is.role == Role::PoolMax);
    let (severity, message) = match lost {
        Some(variable) => (
            Severity::Medium,
            shown!(
                "the pool does not follow {} any more: with more threads than connections they wait for one another",
                ctx.name(variable)
            ),
        ),
        None if after.is_empty() => {
            (Severity::Low, Shown::of_static("the value is written out now; what sets the variable has no effect here"))
        }
        None => (
            Severity::Low,
            Shown::of_static("the value comes from other variables; what sets the old ones has no effect here"),
        ),
    };
    let confidence = if pool.ambiguous { Confidence::Low } else { Confidence::Medium };
    let title = shown!("{} is worked out otherwise: {} → {}", name, old, new);
    let builder = FindingBuilder::new(POOL_SETTING_CHANGED.name, severity, confidence, is.at, title)
        .message(message)
        .subject(ctx.owner(pool), pool.environment)
        .setting(name.clone(), Some(old.clone()), Some(new))
        .rollback(shown!("set {} back to {}; processes take it when they restart", name, old));
    Some(match lost {
        Some(variable) => {
            builder.question(shown!("Is the pool as large as {} wherever it is set?", ctx.name(variable))).build()
        }
        None => builder.build(),
    })
}

/// Settings of a pool that comes as a whole which are worth a line by themselves: how many connections, and in which mode.
fn is_weighty(ctx: &Context<'_>, setting: &PoolSetting, role: Role) -> bool {
    let unusual = matches!(setting.value, ReadValue::Unlimited | ReadValue::Forever | ReadValue::Other(_));
    let size = matches!(
        role,
        Role::PoolMax | Role::PoolOverflow | Role::PoolerMode | Role::PoolerPoolSize | Role::PoolerClientMax
    );
    ctx.is_known_file(setting.at) && (size || unusual) && !has_moved(ctx, setting)
}

/// Whether the same line stood in something that is gone: a workload with another namespace or kind is the same to us.
fn has_moved(ctx: &Context<'_>, setting: &PoolSetting) -> bool {
    let gone = |old: &&Pool| !ctx.new.facts.pools.iter().any(|new| new.key == old.key);
    let same = |old: &PoolSetting| old.role == setting.role && old.name == setting.name && old.raw == setting.raw;
    ctx.old.facts.pools.iter().filter(gone).any(|old| old.settings.iter().any(same))
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
    let weighty = change.old_pool.is_none() && change.new.is_some_and(|new| is_weighty(ctx, new, role));
    let quiet = part_of_whole && !weighty || same || is_repair(change, role);
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
