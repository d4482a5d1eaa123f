//! A wait that had an end has none any more.

use crate::catalogue::{ReadValue, Role};
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::parameter::ParamRole;
use crate::rule::addresses::{Address, addresses};
use crate::rule::parameters::{is_misspelt, name_of, part_named, part_with};
use crate::rule::{Context, PoolChange, wording};
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A timeout that becomes endless: set to the library's value for "for ever" (often `0` or `-1`), or a removed line
    /// or parameter of a connection string where the library waits for ever by default.
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
    for address in addresses(ctx) {
        for role in [ParamRole::ConnectTimeout, ParamRole::SocketTimeout, ParamRole::StatementTimeout] {
            out.extend(in_string(ctx, &address, role));
        }
    }
}

/// A timeout inside a connection string that is gone or zero, where that means no end.
fn in_string(ctx: &Context<'_>, address: &Address<'_>, role: ParamRole) -> Option<Finding> {
    let old = address.old.filter(|_| !address.is_for_another_engine())?;
    let (part, about) = part_with(old, role)?;
    let name = name_of(part)?;
    let was = part.text.as_deref()?.trim();
    let ended = was.trim_start_matches('0').starts_with(|c: char| c.is_ascii_digit());
    let now = part_named(address.new, name);
    let is = now.and_then(|p| p.text.as_deref());
    let endless = match is {
        Some(is) => is.trim() == "0",
        None => matches!(about.default, Some("0" | "-1")) && part_with(address.new, role).is_none(),
    };
    let of_pool = |s: &crate::facts::PoolSetting| s.setting == part.setting && s.name == name;
    let told = ctx.old.facts.pools.iter().flat_map(|pool| &pool.settings).any(of_pool);
    let told = told || now.is_none() && is_misspelt(address.new, name);
    if !ended || !endless || told || address.new.string.is_none() || is_set_beside(ctx, address) {
        return None;
    }
    let (key, name, was) = (ctx.name(address.key()), ctx.name(name), ctx.name(was));
    let label = shown!("{} of {}", name, key);
    let title = match is {
        Some(is) => shown!("{} has no end any more: {} → {}", label, was, ctx.name(is)),
        None => shown!("{} is gone: {} → no end, the client's default", label, was),
    };
    let severity = if role == ParamRole::StatementTimeout { Severity::Low } else { Severity::Medium };
    let at = now.map_or(address.new.at, |p| p.at);
    Some(
        FindingBuilder::new(TIMEOUT_REMOVED.name, severity, Confidence::Medium, at, title)
            .message(Shown::of_static("a server that does not answer can hold every thread that asks it"))
            .subject(address.subject(ctx), address.environment())
            .setting(key, Some(was.clone()), is.map(|t| ctx.name(t)))
            .symptom(Shown::of_static(
                "the service stands still without an error; thread dumps show everyone waiting for the database",
            ))
            .fix(shown!("keep {} at {}", name, was), Some(was.clone()))
            .rollback(wording::set_back(&label, Some(&was)))
            .discriminator(name)
            .build(),
    )
}

/// Whether a timeout came in a key of its own, where the same thing reads it.
fn is_set_beside(ctx: &Context<'_>, address: &Address<'_>) -> bool {
    let came = |c: &&crate::meaning::Explained| c.old.is_none() && c.logical.to_ascii_lowercase().contains("timeout");
    let here = |c: &crate::meaning::Explained| {
        let side = c.new.as_ref();
        side.is_some_and(|n| n.setting.resource == address.new.setting.resource && !c.logical.contains("://"))
    };
    ctx.changes.iter().filter(came).any(|c| c.role.as_deref().is_none_or(|r| !r.starts_with("param:")) && here(c))
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
