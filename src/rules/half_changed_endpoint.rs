//! One part of an address moved on, and what belongs to it stayed behind.

use std::collections::BTreeSet;

use crate::connection;
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{Address, Difference, Hosts, Place, addresses, folded, text};
use crate::rule::names::{is_literal, words};
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// Three kinds of moves that stopped half-way, each only with evidence in the files: a host whose name changed from
    /// one application's to another's while database and user kept the first one's name; a host that everybody else
    /// reaches on another port than the one that stayed; and the same database of the same server, which one place left
    /// while another of the same environment still uses it.
    ///
    /// ## Why it hurts
    ///
    /// The login fails, or worse: it works, and two halves of a system write to two databases that drift apart.
    ///
    /// ## Example
    ///
    /// ```properties before prod/orders.env
    /// DB_HOST=orders-db.prod.example.internal
    /// DB_PORT=5432
    /// DB_NAME=orders
    /// DB_USER=orders_app
    /// ```
    ///
    /// ```properties after prod/orders.env
    /// DB_HOST=ledger-db.prod.example.internal
    /// DB_PORT=5432
    /// DB_NAME=orders
    /// DB_USER=orders_app
    /// ```
    ///
    /// ```properties fixed prod/orders.env
    /// DB_HOST=ledger-db.prod.example.internal
    /// DB_PORT=5432
    /// DB_NAME=ledger
    /// DB_USER=ledger_app
    /// ```
    ///
    /// ## What to do
    ///
    /// Change host, port, database and user together, and all places that share the database in one step.
    ///
    /// ## When it is wrong
    ///
    /// When several applications come to share a server whose name is that of the first, and for a cut-over in steps.
    ///
    /// ## References
    ///
    /// - <https://12factor.net/config>
    pub(super) static HALF_CHANGED_ENDPOINT = "half-changed-endpoint", High, Medium,
        "One part of an address moved on, and what belongs to it stayed behind", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if ctx.audit {
        return;
    }
    let hosts = Hosts::of(ctx);
    let all = addresses(ctx);
    let mut told: BTreeSet<(String, String)> = BTreeSet::new();
    for address in &all {
        for d in address.host_differences(ctx) {
            let (Some(was), Some(is)) = (d.was(), d.is()) else { continue };
            if !is_move(address, was, is) {
                continue;
            }
            out.extend(
                other_port(ctx, &hosts, address, &d, is).or_else(|| other_name(ctx, &hosts, address, &d, was, is)),
            );
            out.extend(left_behind(ctx, &hosts, address, &d, was, &mut told));
        }
    }
}

/// A move from one server to another, both written out; a slip or another way to the same server is none.
fn is_move(address: &Address<'_>, was: &str, is: &str) -> bool {
    let plain = |host: &str| is_literal(host) && !connection::is_local(host) && !host.trim().is_empty();
    let role = connection::host_role;
    let same_server = role(is).is_some() && role(is) != role(was);
    address.old.is_some() && plain(was) && plain(is) && !same_server && connection::host_typo(was, is).is_none()
}

/// Everybody else reaches the new host on another port than the one that stayed.
fn other_port(
    ctx: &Context<'_>,
    hosts: &Hosts<'_>,
    address: &Address<'_>,
    d: &Difference<'_>,
    is: &str,
) -> Option<Finding> {
    let port = text(address.new, "port").filter(|p| is_literal(p))?;
    if address.difference("port").is_some() {
        return None;
    }
    let others: Vec<&Place<'_>> = hosts.before(is).iter().collect();
    let ports: BTreeSet<&str> = others.iter().filter_map(|p| text(p.endpoint, "port")).collect();
    let theirs = ports.first().filter(|theirs| ports.len() == 1 && **theirs != port && is_literal(theirs))?;
    let builder = begin(
        ctx,
        address,
        d,
        shown!(
            "{} moved and its port stayed: {} is reached on {} elsewhere, here on {}",
            address.label(ctx, "host", d),
            ctx.name(is),
            ctx.name(theirs),
            ctx.name(port)
        ),
    )?;
    let builder = builder
        .message(shown!(
            "{} this host on {}",
            wording::counted(others.len(), "other place reaches", "other places reach"),
            ctx.name(theirs)
        ))
        .symptom(wording::refused(address.new))
        .fix(shown!("use port {} with {}", ctx.name(theirs), ctx.name(is)), None);
    Some(
        others
            .iter()
            .take(3)
            .fold(builder, |b, p| b.evidence(p.at, shown!("{} with port {}", ctx.name(is), ctx.name(theirs))))
            .build(),
    )
}

/// The name of an application went from the host, and database and user still carry it.
fn other_name(
    ctx: &Context<'_>,
    hosts: &Hosts<'_>,
    address: &Address<'_>,
    d: &Difference<'_>,
    was: &str,
    is: &str,
) -> Option<Finding> {
    let (gone, come) = exchanged_word(was, is)?;
    let stayed = |role: &str| address.difference(role).is_none();
    let carries = |role: &str, word: &str| text(address.new, role).is_some_and(|t| words(t).iter().any(|w| w == word));
    let named_so = carries("database", &gone) || carries("user", &gone);
    let contradicted = carries("database", &come) || carries("user", &come);
    let moved_on = !stayed("database") || !stayed("user") || !stayed("port");
    // A server that the tree defines, or that the same database was already used on, is a known home.
    let known = hosts.is_served(is)
        || hosts.before(is).iter().any(|p| text(p.endpoint, "database") == text(address.new, "database"));
    if !named_so || contradicted || moved_on || known {
        return None;
    }
    let (gone, come) = (ctx.name(&gone), ctx.name(&come));
    let label = address.label(ctx, "host", d);
    let builder = begin(
        ctx,
        address,
        d,
        shown!(
            "{} moved from {} to {}, and database and user did not: {} → {}",
            label,
            gone,
            come,
            ctx.name(was),
            ctx.name(is)
        ),
    )?;
    Some(
        builder
            .message(shown!(
                "the old host, the database and the user all carry the name {}; only the host changed",
                gone
            ))
            .symptom(wording::no_such_database(address.new))
            .symptom(wording::login_failed(address.new))
            .fix(Shown::of_static("change host, database and user together, or keep the host"), Some(ctx.name(was)))
            .build(),
    )
}

/// The one word in which two hosts of the same build differ: `orders-db.x` and `ledger-db.x`. No environment, no number.
fn exchanged_word(was: &str, is: &str) -> Option<(String, String)> {
    let split = |host: &str| folded(host.trim()).split(['.', '-', '_']).map(str::to_owned).collect::<Vec<_>>();
    let (was, is) = (split(was), split(is));
    let differ: Vec<(&String, &String)> = was.iter().zip(&is).filter(|(a, b)| a != b).collect();
    let ([(gone, come)], true) = (differ.as_slice(), was.len() == is.len() && was.len() > 1) else { return None };
    let is_name = |w: &str| {
        w.len() > 2 && w.chars().all(|c| c.is_ascii_alphabetic()) && connection::host_environment(w).is_none()
    };
    (is_name(gone) && is_name(come)).then(|| ((*gone).clone(), (*come).clone()))
}

fn begin(ctx: &Context<'_>, address: &Address<'_>, d: &Difference<'_>, title: Shown) -> Option<FindingBuilder> {
    let part = d.new?;
    let (old, new) = (d.was().map(|t| ctx.name(t)), d.is().map(|t| ctx.name(t)));
    let label = address.label(ctx, "host", d);
    Some(
        FindingBuilder::new(HALF_CHANGED_ENDPOINT.name, Severity::High, Confidence::Medium, part.at, title)
            .subject(address.subject(ctx), address.environment())
            .setting(address.key_of(ctx, d), old.clone(), new)
            .rollback(wording::set_back(&label, old.as_ref()))
            .question(Shown::of_static("Do host, port, database and user belong together after the change?")),
    )
}

/// Others used the same database of the same server before, and still do. The place to edit is theirs, so the finding
/// stands there.
fn left_behind(
    ctx: &Context<'_>,
    hosts: &Hosts<'_>,
    address: &Address<'_>,
    d: &Difference<'_>,
    was: &str,
    told: &mut BTreeSet<(String, String)>,
) -> Option<Finding> {
    let old = address.old?;
    let database = text(old, "database").filter(|t| is_literal(t))?;
    let same = |place: &&Place<'_>| {
        place.endpoint.environment == address.environment()
            && text(place.endpoint, "database") == Some(database)
            && text(place.endpoint, "port") == text(old, "port")
            && place.endpoint.engine == old.engine
    };
    let stayed: Vec<&Place<'_>> = hosts.after(was).iter().filter(same).collect();
    let there_before = |place: &&&Place<'_>| hosts.before(was).iter().any(|p| p.endpoint.key == place.endpoint.key);
    let first = stayed.iter().find(there_before)?;
    // The same database moved by several is one move.
    if address.difference("database").is_some() || !told.insert((folded(was), database.to_owned())) {
        return None;
    }
    let (from, to) = (ctx.name(was), ctx.name(d.is().unwrap_or_default()));
    let key = ctx.name(&first.endpoint.key.name);
    let mover = address.subject(ctx).unwrap_or_else(|| address.key_of(ctx, d));
    let title = shown!("{} still leads to {}, which {} left for {}", key, from, mover, to);
    let subject = crate::rule::addresses::subject(ctx, first.endpoint, ctx.new);
    let builder = FindingBuilder::new(HALF_CHANGED_ENDPOINT.name, Severity::High, Confidence::Medium, first.at, title)
        .message(shown!(
            "{} of this environment used the database {} there before and do so still; the two copies can drift apart",
            wording::counted(stayed.len(), "place", "places"),
            ctx.name(database)
        ))
        .subject(subject, first.endpoint.environment)
        .setting(key.clone(), Some(from.clone()), Some(from.clone()))
        .symptom(Shown::of_static("no error: migrations, jobs or readers work on the old database"))
        .fix(shown!("move this place to {} as well, or say why it stays", to), Some(to.clone()))
        .rollback(wording::set_back(&address.label(ctx, "host", d), Some(&from)))
        .question(shown!("Is {} meant to stay on {}?", key, from));
    let builder = d.new.map_or(builder.clone(), |p| builder.evidence(p.at, shown!("moved: {} → {}", from, to)));
    Some(
        stayed
            .iter()
            .filter(|p| p.at != first.at)
            .take(2)
            .fold(builder, |b, p| b.evidence(p.at, shown!("still {}", from)))
            .build(),
    )
}

#[cfg(test)]
mod tests {
    use super::exchanged_word;

    #[test]
    fn one_exchanged_name_is_told_from_environments_and_counters() {
        let exchanged = |a, b| exchanged_word(a, b).map(|(x, y)| format!("{x} {y}"));
        assert_eq!(exchanged("orders-db.prod.example", "ledger-db.prod.example").as_deref(), Some("orders ledger"));
        assert_eq!(exchanged("orders-db.prod.example", "orders-db.staging.example"), None);
        assert_eq!(exchanged("db1.example", "db2.example"), None);
        assert_eq!(exchanged("orders-db.prod.example", "warehouse.prod.example"), None);
    }
}
