//! A client goes around the pooler it went through.

use crate::connection;
use crate::declare_rule;
use crate::facts::Endpoint;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{Address, Difference, addresses, part, pooler_of, text};
use crate::rule::names::{is_for_migrations, is_literal};
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// An address that led to a pooler or proxy (by its name, or by a pooler's port) and leads to the server itself now.
    /// Keys for migrations and direct access are left alone.
    ///
    /// ## Why it hurts
    ///
    /// A pooler shares few connections of the server among many clients. Around it every client takes its own, which is
    /// fine at night and too many at peak.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-pgbouncer.prod.example.internal:6432/orders
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-pgbouncer.prod.example.internal:6432/orders
    ///   directUrl: postgresql://orders@orders-db.prod.example.internal:5432/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Keep the pooler for the service, and use a direct address only for what needs one (migrations, dumps, LISTEN).
    ///
    /// ## When it is wrong
    ///
    /// When the pooler is retired and the pools of all clients together fit the server; the budget tells.
    ///
    /// ## References
    ///
    /// - <https://www.pgbouncer.org/features.html>
    pub(super) static POOLER_BYPASSED = "pooler-bypassed", Medium, High,
        "A client goes around the pooler it went through", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.audit {
        out.extend(addresses(ctx).iter().filter_map(|address| finding(ctx, address)));
    }
}

fn finding(ctx: &Context<'_>, address: &Address<'_>) -> Option<Finding> {
    let old = address.old?;
    let pooler = pooler_of(old)?;
    if pooler_of(address.new).is_some() || is_for_migrations(address.key()) || !is_plain(address) {
        return None;
    }
    let moved = address.host_differences(ctx);
    let d = moved.first().copied().or_else(|| {
        address.difference("port").map(|_| Difference { old: part(old, "port"), new: part(address.new, "port") })
    })?;
    let at = d.new.map_or(address.new.at, |p| p.at);
    let (before, after) = (ctx.name(&target(old)), ctx.name(&target(address.new)));
    let key = address.key_of(ctx, &d);
    let title = shown!("{} goes around {}: {} → {}", key, pooler, before, after);
    Some(
        FindingBuilder::new(POOLER_BYPASSED.name, Severity::Medium, Confidence::Medium, at, title)
            .message(Shown::of_static(
                "every client can now take connections of the server itself, up to its pool times its replicas",
            ))
            .subject(address.subject(ctx), address.environment())
            .setting(key.clone(), Some(before.clone()), Some(after.clone()))
            .symptom(wording::too_many(address.new))
            .fix(shown!("keep {} unless the clients' pools together fit the server", before), Some(before.clone()))
            .rollback(wording::set_back(&key, Some(&before)))
            .question(shown!("Has {} room for all pools of this client at once?", after))
            .build(),
    )
}

/// A variable in the place of host or port tells nothing of where it leads.
fn is_plain(address: &Address<'_>) -> bool {
    let literal = |role: &str| text(address.new, role).is_none_or(is_literal);
    text(address.new, "host").is_some_and(|h| is_literal(h) && !connection::is_local(h)) && literal("port")
}

fn target(endpoint: &Endpoint) -> String {
    let host = text(endpoint, "host").unwrap_or("the default host");
    match text(endpoint, "port") {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
