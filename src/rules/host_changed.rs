//! An address leads to another host than before.

use crate::connection;
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{Address, Difference, Hosts, Place, addresses, hosts, named_environment};
use crate::rule::names::is_literal;
use crate::rule::wording;
use crate::secret::Shown;
use crate::setting::Environment;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A host that changed, or one that was dropped from a list of hosts. Two spellings of one name (case, a dot at the
    /// end, the long form of a name of the cluster) are no change, and a list in another order is none.
    ///
    /// ## Why it hurts
    ///
    /// Everything about the connection may differ behind another host: the data, the credentials, the network rules, the
    /// connection limit. The change takes effect for all replicas within one rollout.
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
    ///   url: postgresql://orders@warehouse.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: postgresql://orders@ORDERS-DB.prod.example.internal.:5432/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Confirm that the new host holds the data, lets this user in, is reachable from where the workload runs, and has
    /// room for its connections.
    ///
    /// ## When it is wrong
    ///
    /// For a planned move. It is reported low where all places move together, where the new host is in use already, and
    /// where the old value led to the wrong place.
    ///
    /// ## References
    ///
    /// - <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS>
    pub(super) static HOST_CHANGED = "host-changed", Medium, High,
        "An address leads to another host than before", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if ctx.audit {
        return;
    }
    let known = Hosts::of(ctx);
    for address in addresses(ctx) {
        let differences = address.host_differences(ctx);
        out.extend(differences.iter().filter_map(|d| finding(ctx, &known, &address, d)));
    }
}

fn finding(ctx: &Context<'_>, known: &Hosts<'_>, address: &Address<'_>, d: &Difference<'_>) -> Option<Finding> {
    let old_part = d.old?;
    let was = old_part.text.as_deref()?;
    let Some(part) = d.new else { return dropped(ctx, address, d, was) };
    let is = part.text.as_deref().filter(|t| !t.trim().is_empty())?;
    let (severity, why) = if super::host_typo::is_mending(ctx, address, was, is) {
        let why = "the old name looks like a slip of the new one, whose words stand elsewhere in the files too";
        (Severity::Low, Shown::of_static(why))
    } else {
        judge(known, address, was, is)
    };
    let label = address.label(ctx, "host", d);
    let (old, new) = (ctx.name(was), ctx.name(is));
    let title = shown!("{} changed: {} → {}", label, old, new);
    let left: Vec<&Place<'_>> = known.after(was).iter().filter(|p| p.at != part.at).collect();
    let builder = FindingBuilder::new(HOST_CHANGED.name, severity, Confidence::High, part.at, title)
        .message(why)
        .subject(address.subject(ctx), address.environment())
        .setting(address.key_of(ctx, d), Some(old.clone()), Some(new.clone()))
        .symptom(wording::no_such_host(address.new))
        .symptom(wording::refused(address.new))
        .fix(shown!("confirm that {} is the intended server and reachable from here", new), None)
        .rollback(wording::set_back(&label, Some(&old)))
        .discriminator(new.clone());
    let builder = left.iter().take(3).fold(builder, |b, place| b.evidence(place.at, shown!("still {}", old)));
    let asks = severity > Severity::Low;
    Some(if asks {
        builder.question(shown!("Does {} exist, hold the same data, and is it reachable from here?", new)).build()
    } else {
        builder.build()
    })
}

/// How bad, and why in words.
fn judge(known: &Hosts<'_>, address: &Address<'_>, was: &str, is: &str) -> (Severity, Shown) {
    let (left, come) = (known.after(was).len(), known.after(is).len());
    let in_use = known.before(is).len();
    match () {
        () if !is_literal(is) => (
            Severity::Low,
            Shown::of_static("the host comes from a variable or template now; its value is not in the files"),
        ),
        () if connection::is_local(was.trim())
            && is.trim().parse::<std::net::IpAddr>().is_ok()
            && in_use == 0
            && !connection::is_local(is.trim()) =>
        {
            (
                Severity::Medium,
                Shown::of_static(
                    "the address is that of one machine now; it fails when the machine is replaced, and no name says whose it is",
                ),
            )
        }
        () if connection::is_local(was.trim()) && !connection::is_local(is.trim()) => {
            (Severity::Low, Shown::of_static("the address leaves the local machine for a server"))
        }
        () if is_repair(address, was, is) => {
            (Severity::Low, Shown::of_static("the new name fits the environment of the file, the old one did not"))
        }
        () if is_local_among_services(known, address, was, is) => (
            Severity::High,
            Shown::of_static(
                "the file's other addresses keep the names of services: in a container the local machine is the container itself",
            ),
        ),
        () if connection::is_local(is.trim()) => {
            (Severity::Low, Shown::of_static("the address leads to the local machine now"))
        }
        () if known.is_served(is) => {
            (Severity::Low, Shown::of_static("the files under review define a server of this name"))
        }
        () if in_use > 0 && left == 0 => (
            Severity::Low,
            shown!("the new host was in use before, in {}", wording::counted(in_use, "place", "places")),
        ),
        () if left == 0 && come > 1 => (
            Severity::Low,
            shown!("all {} places that name this server move together; a server move is planned work", come),
        ),
        () if is_bare_among_others(known, address, was, is) => (
            Severity::High,
            Shown::of_static(
                "a bare name came where the file's other addresses keep the machine's; outside a container network it needs a search domain to resolve",
            ),
        ),
        () if left > 0 => (
            Severity::Medium,
            shown!(
                "{} after the change, and the old host still stands in {}",
                wording::counted(come, "place names the new host", "places name the new host"),
                wording::counted(left, "place", "places")
            ),
        ),
        () => (
            Severity::Medium,
            Shown::of_static("the new host was named nowhere before; nothing in the files says that it exists"),
        ),
    }
}

/// Whether an address left a service's name for the local machine, and another of its file keeps such a name.
fn is_local_among_services(known: &Hosts<'_>, address: &Address<'_>, was: &str, is: &str) -> bool {
    let bare = |host: &str| !host.contains(['.', ':']) && is_literal(host) && !connection::is_local(host);
    let here = |place: &Place<'_>| place.at.source == address.new.at.source;
    let mut others = known.all().into_iter().filter(|host| bare(host));
    connection::is_local(is.trim()) && bare(was.trim()) && others.any(|host| known.after(host).iter().any(here))
}

/// Whether one of several addresses of a plain file left a machine's address for a name without a domain.
fn is_bare_among_others(known: &Hosts<'_>, address: &Address<'_>, was: &str, is: &str) -> bool {
    let machine = was.trim().parse::<std::net::IpAddr>().is_ok();
    let bare = !is.trim().contains(['.', ':']);
    let stays = |place: &Place<'_>| place.at.source == address.new.at.source;
    machine
        && bare
        && address.new.workloads.is_empty()
        && known.before(is).is_empty()
        && known.after(was).iter().any(stays)
}

/// Whether the old name belonged to another environment and the new one does not.
fn is_repair(address: &Address<'_>, was: &str, is: &str) -> bool {
    let home = address.environment();
    let fits = |name: &str| named_environment(name).is_none_or(|e| e == home);
    home != Environment::Unknown && !fits(was) && fits(is)
}

/// A host of a list is gone, and none came in its place.
fn dropped(ctx: &Context<'_>, address: &Address<'_>, d: &Difference<'_>, was: &str) -> Option<Finding> {
    let left = hosts(address.new).count();
    let first = hosts(address.new).next()?;
    let severity = if left == 1 { Severity::Medium } else { Severity::Low };
    let label = address.label(ctx, "host list", d);
    let old = ctx.name(was);
    let title = shown!("{} lost {}: {} left", label, old, wording::counted(left, "host", "hosts"));
    let message = if left == 1 {
        Shown::of_static("with 1 host there is nothing to fail over to before the driver has learnt of the others")
    } else {
        Shown::of_static("fewer hosts are tried when one is down")
    };
    Some(
        FindingBuilder::new(HOST_CHANGED.name, severity, Confidence::High, first.at, title)
            .message(message)
            .subject(address.subject(ctx), address.environment())
            .setting(address.key_of(ctx, d), Some(old.clone()), None)
            .symptom(wording::refused(address.new))
            .fix(shown!("keep {} in the list unless it is taken out of service", old), None)
            .rollback(shown!("put {} back into {}; clients read it at start, so restart them", old, label))
            .discriminator(old)
            .build(),
    )
}
