//! An address leads to a host that the policy does not allow in its environment.

use crate::connection;
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{Address, addresses, hosts};
use crate::rule::names::is_literal;
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A new or changed host of a database address that none of the patterns fits which `[allowed-hosts]` in
    /// `plimsoll.toml` gives for the environment. Without that table the rule says nothing. In an audit every written host
    /// is held against the patterns.
    ///
    /// ## Why it hurts
    ///
    /// A service that works on the wrong server stays healthy: nothing fails but the data.
    ///
    /// ## Example
    ///
    /// ```toml both plimsoll.toml
    /// [allowed-hosts]
    /// production = ["*.live.example.internal"]
    /// ```
    ///
    /// ```properties before prod/orders.env
    /// DATABASE_URL=postgresql://app@orders-db.live.example.internal:5432/orders
    /// ```
    ///
    /// ```properties after prod/orders.env
    /// DATABASE_URL=postgresql://app@orders-db.lab.example.internal:5432/orders
    /// ```
    ///
    /// ```properties fixed prod/orders.env
    /// DATABASE_URL=postgresql://app@ledger-db.live.example.internal:5432/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Use a host of the environment, or add the pattern to the policy in a change of its own.
    ///
    /// ## When it is wrong
    ///
    /// When the patterns are out of date.
    ///
    /// ## References
    ///
    /// - [The policy file](../policy.md)
    pub(super) static HOST_NOT_ALLOWED = "host-not-allowed", High, High,
        "An address leads to a host that the policy does not allow in its environment", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if ctx.policy.allowed_hosts.is_empty() {
        return;
    }
    out.extend(addresses(ctx).iter().flat_map(|address| of_address(ctx, address)));
}

fn of_address(ctx: &Context<'_>, address: &Address<'_>) -> Vec<Finding> {
    let environment = address.environment();
    let Some(allowed) = ctx.policy.allowed_hosts.get(&environment) else { return Vec::new() };
    let was_there = |host: &str| address.old.is_some_and(|old| hosts(old).any(|p| p.text.as_deref() == Some(host)));
    let one = |part: &crate::facts::EndpointPart| {
        let host = part.text.as_deref().map(str::trim).filter(|h| is_literal(h) && !h.is_empty())?;
        let name = host.to_lowercase();
        let fits = allowed.iter().any(|pattern| fast_glob::glob_match(pattern, &name));
        // The machine itself is the business of localhost-outside-development.
        if fits || connection::is_local(host) || was_there(host) {
            return None;
        }
        let label = ctx.name(&address.new.key.name);
        let new = ctx.name(host);
        let title = shown!("{} leads to {}, which the policy does not allow in {}", label, new, environment.as_str());
        let patterns: Vec<Shown> = allowed.iter().take(4).map(|p| ctx.name(p)).collect();
        let patterns = Shown::join(&patterns, ", ");
        let old = address.old.and_then(|old| hosts(old).next()).and_then(|p| p.text.as_deref()).map(|t| ctx.name(t));
        Some(
            FindingBuilder::new(HOST_NOT_ALLOWED.name, Severity::High, Confidence::High, part.at, title)
                .message(shown!("allowed are {}", patterns))
                .subject(address.subject(ctx), environment)
                .setting(label.clone(), old.clone(), Some(new.clone()))
                .symptom(Shown::of_static("no error: records are missing, foreign or written twice"))
                .fix(
                    shown!("use a host of {}, or add it to the policy in a change of its own", environment.as_str()),
                    None,
                )
                .rollback(wording::set_back(&label, old.as_ref()))
                .question(shown!("Is {} a server of {}?", new, environment.as_str()))
                .discriminator(new)
                .build(),
        )
    };
    hosts(address.new).filter_map(one).collect()
}
