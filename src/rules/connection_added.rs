//! A service or file connects to a server that it did not connect to before.

use std::collections::BTreeSet;

use crate::connection;
use crate::declare_rule;
use crate::facts::{Endpoint, EndpointKey};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{Address, Difference, addresses, hosts, subject, text};
use crate::rule::names::is_literal;
use crate::rule::wording;
use crate::secret::Shown;
use crate::setting::Environment;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// An address that comes to something that was there before: a host for parts that had none, a second database, a
    /// cache, a read replica. One finding an address, at its host. It gives way to every other rule at the same place, and
    /// is silent where the owner named the same server under a key that is gone.
    ///
    /// ## Why it hurts
    ///
    /// A new client takes connections that the server's limit was not made for, needs a way through the network and a
    /// login, and keeps the service from starting where it has none of them.
    ///
    /// ## Example
    ///
    /// ```env before prod/orders.env
    /// DATABASE_URL=postgresql://orders@orders-db.prod.example.internal/orders
    /// ```
    ///
    /// ```env after prod/orders.env
    /// DATABASE_URL=postgresql://orders@orders-db.prod.example.internal/orders
    /// AUDIT_DATABASE_URL=postgresql://orders@audit-db.prod.example.internal/audit
    /// ```
    ///
    /// ```env fixed prod/orders.env
    /// DATABASE_URL=postgresql://orders@orders-db.prod.example.internal/orders
    /// AUDIT_QUEUE_SIZE=100
    /// ```
    ///
    /// ## What to do
    ///
    /// See that the server takes the user from there, and that its limit has room for another pool.
    ///
    /// ## When it is wrong
    ///
    /// Where the address stood in a place that is not under review, and only its spelling came into the files.
    ///
    /// ## References
    ///
    /// - <https://www.postgresql.org/docs/current/auth-pg-hba-conf.html>
    pub(super) static CONNECTION_ADDED = "connection-added", Low, Medium,
        "A service connects to a server that it did not connect to before", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if ctx.audit {
        return;
    }
    let kept: BTreeSet<&EndpointKey> = ctx.new.facts.endpoints.iter().map(|e| &e.key).collect();
    let gone = ctx.old.facts.endpoints.iter().filter(|e| !kept.contains(&e.key));
    let gone: BTreeSet<(&str, String)> = gone.flat_map(targets).collect();
    for address in addresses(ctx).iter().filter(|a| a.old.is_none() && a.in_known_file) {
        // What the owner knew by another key, or another owner by this one, has moved; nobody connects anew.
        if !targets(address.new).any(|target| gone.contains(&target)) {
            out.extend(finding(ctx, address));
        }
    }
}

/// Every host that an endpoint connects to, with its owner and with its key.
fn targets(endpoint: &Endpoint) -> impl Iterator<Item = (&str, String)> {
    let named = hosts(endpoint).filter_map(|p| p.text.as_deref()).map(str::trim).filter(|t| !t.is_empty());
    named.flat_map(|host| {
        let host = host.to_ascii_lowercase();
        [(endpoint.key.owner.as_str(), host.clone()), (endpoint.key.name.as_str(), host)]
    })
}

fn finding(ctx: &Context<'_>, address: &Address<'_>) -> Option<Finding> {
    let host = hosts(address.new).next()?;
    let name = host.text.as_deref().map(str::trim).filter(|t| !t.is_empty() && !connection::is_local(t))?;
    let key = address.key_of(ctx, &Difference { old: None, new: Some(host) });
    let is = ctx.name(name);
    let severity = match address.environment() {
        Environment::Development => Severity::Info,
        _ => Severity::Low,
    };
    let target = match text(address.new, "database") {
        Some(database) => shown!("database {} on {}", ctx.name(database), is),
        None => is.clone(),
    };
    let message = if is_literal(name) {
        shown!(
            "a client that {} did not have: it needs a login there, a way through the network, and room for its pool",
            is
        )
    } else {
        Shown::of_static("a client that the server did not have; where it leads to is not in the files")
    };
    Some(
        FindingBuilder::new(
            CONNECTION_ADDED.name,
            severity,
            Confidence::Medium,
            host.at,
            shown!("{} is new: it leads to {}", key, target),
        )
        .message(message)
        .subject(subject(ctx, address.new, ctx.new), address.environment())
        .setting(key.clone(), None, Some(is))
        .symptom(wording::no_such_host(address.new))
        .symptom(wording::login_failed(address.new))
        .fix(
            Shown::of_static("see that login, network and the limit of connections are there before it is deployed"),
            None,
        )
        .rollback(wording::set_back(&key, None))
        .build(),
    )
}
