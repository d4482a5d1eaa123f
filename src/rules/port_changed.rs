//! An address leads to another port of the same host.

use crate::connection;
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{Hosts, PartChange, part_changes, text};
use crate::rule::names::is_literal;
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A port that changed, came or went, where the host stayed. Writing out the default port, or leaving it out, is no
    /// change.
    ///
    /// ## Why it hurts
    ///
    /// Another port is another process: a pooler with other rules, another instance, or nobody. Two swapped digits
    /// refuse every connection, or let them hang behind a firewall.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5423/orders
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Compare with the port of the server's definition, and with other clients of the same host.
    ///
    /// ## When it is wrong
    ///
    /// When the server moves to the new port in the same rollout.
    ///
    /// ## References
    ///
    /// - <https://www.iana.org/assignments/service-names-port-numbers/service-names-port-numbers.xhtml>
    pub(super) static PORT_CHANGED = "port-changed", Medium, High,
        "An address leads to another port of the same host", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let changes = part_changes(ctx, "port", "port");
    if changes.is_empty() {
        return;
    }
    let hosts = Hosts::of(ctx);
    out.extend(changes.iter().filter_map(|change| finding(ctx, &hosts, change)));
}

fn finding(ctx: &Context<'_>, hosts: &Hosts<'_>, change: &PartChange<'_>) -> Option<Finding> {
    let default = default_port(change);
    let (was, is) = (change.old.map(str::trim), change.new.map(str::trim));
    let effective = |port: Option<&str>| match port {
        Some(text) if !text.is_empty() => Some(text.to_owned()),
        _ => default.map(|d| d.to_string()),
    };
    let (before, after) = (effective(was)?, effective(is)?);
    // What is no number is malformed, and another rule's to say.
    let readable = |port: &str| !is_literal(port) || port.parse::<u16>().is_ok_and(|p| p > 0);
    if before == after || !readable(&after) {
        return None;
    }
    let (severity, why) = judge(ctx, hosts, change, &before, &after);
    let (old, new) = (ctx.name(&before), ctx.name(&after));
    let title = match (was, is) {
        (_, None) => shown!("{} is gone: {} → {}, the default", change.label, old, new),
        (None, _) => shown!("{} changed: {}, the default → {}", change.label, old, new),
        _ => shown!("{} changed: {} → {}", change.label, old, new),
    };
    let builder = FindingBuilder::new(PORT_CHANGED.name, severity, Confidence::High, change.at, title)
        .message(why)
        .subject(change.subject.clone(), change.environment)
        .setting(change.key.clone(), change.old_shown(ctx), change.new_shown(ctx))
        .fix(shown!("confirm that the server listens on {}", new), Some(old.clone()))
        .rollback(wording::set_back(&change.label, Some(&old)))
        .discriminator(Shown::of_static("port"));
    let builder = match change.address {
        Some(address) => builder.symptom(wording::refused(address.new)),
        None => builder,
    };
    let asks = severity > Severity::Low;
    Some(if asks { builder.question(shown!("What listens on port {}?", new)).build() } else { builder.build() })
}

fn default_port(change: &PartChange<'_>) -> Option<u16> {
    let endpoint = change.address?.new;
    let told = endpoint.string.as_ref().and_then(|s| s.dialect.default_port);
    told.or_else(|| connection::DIALECTS.iter().find(|d| d.engine == endpoint.engine).and_then(|d| d.default_port))
}

fn judge(
    ctx: &Context<'_>,
    hosts: &Hosts<'_>,
    change: &PartChange<'_>,
    before: &str,
    after: &str,
) -> (Severity, Shown) {
    let pooler = after.parse().ok().and_then(connection::pooler_port);
    let host = change.address.and_then(|a| text(a.new, "host"));
    let seen = host.is_some_and(|host| {
        let places = hosts.before(host).iter();
        places.filter(|p| text(p.endpoint, "port") == Some(after)).count() > 0
    });
    match () {
        () if !is_literal(after) => (
            Severity::Low,
            Shown::of_static("the port comes from a variable or template now; its value is not in the files"),
        ),
        () if change.follows_host(ctx) => {
            (Severity::Info, Shown::of_static("the host changed too; the port may belong to it"))
        }
        () if pooler.is_some() => (
            Severity::Low,
            shown!(
                "{} is usual for {}; where it pools by transaction, prepared statements, session settings and advisory locks stop working",
                ctx.name(after),
                pooler.unwrap_or_default()
            ),
        ),
        () if seen => (Severity::Low, Shown::of_static("others reach the same host on this port already")),
        () if is_digit_slip(before, after) => {
            (Severity::High, shown!("{} is {} with two digits swapped or one lost", ctx.name(after), ctx.name(before)))
        }
        () => (
            Severity::Medium,
            Shown::of_static("the host stayed and the port did not; nothing in the files says what listens there"),
        ),
    }
}

/// Two neighbouring digits swapped, or one lost or doubled. A digit that is merely another one is no slip: `5433` is the
/// second server on many machines.
fn is_digit_slip(before: &str, after: &str) -> bool {
    let (a, b) = (before.as_bytes(), after.as_bytes());
    let lost = |long: &[u8], short: &[u8]| {
        long.len() == short.len() + 1
            && (0..long.len()).any(|i| long.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, c)| c).eq(short))
    };
    let swapped = || {
        let differ: Vec<usize> = (0..a.len()).filter(|&i| a.get(i) != b.get(i)).collect();
        matches!(differ.as_slice(), [i, j] if i + 1 == *j && a.get(*i) == b.get(*j) && a.get(*j) == b.get(*i))
    };
    a.len() == b.len() && swapped() || a.len() > 2 && (lost(a, b) || lost(b, a))
}

#[cfg(test)]
mod tests {
    use super::is_digit_slip;

    #[test]
    fn swapped_lost_and_doubled_digits_are_slips() {
        assert!(is_digit_slip("5432", "5423") && is_digit_slip("5432", "543") && is_digit_slip("3306", "33306"));
        assert!(!is_digit_slip("5432", "5433") && !is_digit_slip("5432", "6432") && !is_digit_slip("5432", "3306"));
    }
}
