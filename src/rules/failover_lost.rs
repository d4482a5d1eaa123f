//! A connection string loses what it needs when a server fails.

use crate::declare_rule;
use crate::facts::{Endpoint, EndpointPart};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::parameter::ParamRole;
use crate::rule::Context;
use crate::rule::addresses::{Address, addresses, hosts, text};
use crate::rule::names::is_literal;
use crate::rule::parameters::{is_misspelt, name_of, part_with};
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;
use crate::source::Location;

declare_rule! {
    /// ## What it finds
    ///
    /// A replica set or sentinel's master that is gone or another, the database of the users (`authSource`) gone or changed,
    /// and `target_session_attrs` or its kin removed where several hosts are listed. A host that goes from a list is told by
    /// `host-changed`.
    ///
    /// ## Why it hurts
    ///
    /// Nothing is seen until a server fails: then the client knows no other, or writes to one that only reads. A lost
    /// `authSource` is seen at once, because the users are looked for in another database.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: mongodb://orders@db-1.example.internal,db-2.example.internal/orders?replicaSet=rs0&authSource=admin
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: mongodb://orders@db-1.example.internal,db-2.example.internal/orders?replicaSet=rs0
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: mongodb://orders@db-2.example.internal,db-1.example.internal/orders?replicaSet=rs0&authSource=admin
    /// ```
    ///
    /// ## What to do
    ///
    /// Keep the options that find the writer.
    ///
    /// ## When it is wrong
    ///
    /// When the cluster was really renamed, or its users moved.
    ///
    /// ## References
    ///
    /// - <https://www.mongodb.com/docs/manual/reference/connection-string-options/>
    /// - <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS>
    pub(super) static FAILOVER_LOST = "failover-lost", Medium, Medium,
        "A connection string loses what it needs when a server fails", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for address in addresses(ctx) {
        let Some(old) = address.old.filter(|_| !address.is_for_another_engine()) else { continue };
        if dialect(old) != dialect(address.new) {
            continue;
        }
        for role in [ParamRole::ReplicaSet, ParamRole::AuthSource, ParamRole::Target] {
            out.extend(option(ctx, &address, old, role));
        }
    }
}

fn dialect(endpoint: &Endpoint) -> Option<&'static str> {
    endpoint.string.as_ref().map(|s| s.dialect.id)
}

/// An option that is gone or has another value.
fn option(ctx: &Context<'_>, address: &Address<'_>, old: &Endpoint, role: ParamRole) -> Option<Finding> {
    let (part, about) = part_with(old, role)?;
    let was = part.text.as_deref().filter(|t| is_literal(t))?;
    let now = part_with(address.new, role).map(|(part, _)| part);
    let is = now.and_then(|p| p.text.as_deref());
    let literal = is.is_none_or(is_literal);
    let slip = now.is_none() && is_misspelt(address.new, name_of(part)?);
    if is == Some(was) || !literal || slip || now.is_some_and(|p| p.text.is_none()) {
        return None;
    }
    let several = hosts(address.new).count() > 1;
    let writer = matches!(was, "read-write" | "primary" | "master");
    let (message, what) = match role {
        ParamRole::ReplicaSet if is.is_some() => ("the client accepts no member of a set of another name", "the set"),
        ParamRole::ReplicaSet if several => {
            ("without the set's name some drivers take the hosts for routers", "the set")
        }
        ParamRole::ReplicaSet => ("the client goes to the one host and follows no election", "the set"),
        ParamRole::AuthSource if is_default(address.new, was, is) => return None,
        ParamRole::AuthSource => ("the user is looked for in another database", "the users' database"),
        // The default takes any server; one host is what it is.
        ParamRole::Target if writer && several && is.is_none_or(|is| Some(is) == about.default) => {
            ("the first host that answers is taken, a read-only one as well", "the writer")
        }
        _ => return None,
    };
    let name = ctx.name(name_of(part)?);
    let key = ctx.name(address.key());
    let (old_value, new_value) = (ctx.name(was), is.map(|t| ctx.name(t)));
    let title = match &new_value {
        Some(new) => shown!("{} of {} changed: {} → {}", name, key, old_value, new),
        None => shown!("{} of {} is gone: it was {}", name, key, old_value),
    };
    let symptom = match role {
        ParamRole::AuthSource => wording::login_failed(address.new),
        ParamRole::Target => wording::read_only(address.new),
        _ => Shown::of_static("server selection timed out; or writes fail after an election"),
    };
    let at = now.map_or_else(|| place(address), |p| p.at);
    let lost =
        Lost { title, message, at, old: Some(old_value), new: new_value, severity: Severity::Medium, symptom, what };
    Some(lost.finding(ctx, address))
}

/// Whether the database of the users is the same as before, written or not: that of the path, else `admin`.
fn is_default(new: &Endpoint, was: &str, is: Option<&str>) -> bool {
    let implied = text(new, "database").unwrap_or("admin");
    is.unwrap_or(implied) == was
}

fn place(address: &Address<'_>) -> Location {
    let last = |p: &&EndpointPart| p.role == "database" || p.role.starts_with("host");
    address.new.parts.iter().rev().find(last).map_or(address.new.at, |p| p.at)
}

struct Lost {
    title: Shown,
    message: &'static str,
    at: Location,
    old: Option<Shown>,
    new: Option<Shown>,
    severity: Severity,
    symptom: Shown,
    what: &'static str,
}

impl Lost {
    fn finding(self, ctx: &Context<'_>, address: &Address<'_>) -> Finding {
        let key = ctx.name(address.key());
        FindingBuilder::new(FAILOVER_LOST.name, self.severity, Confidence::Medium, self.at, self.title)
            .message(Shown::of_static(self.message))
            .subject(address.subject(ctx), address.environment())
            .setting(key.clone(), self.old.clone(), self.new)
            .symptom(self.symptom)
            .fix(shown!("keep {} in {}", self.what, key), self.old.clone())
            .rollback(wording::set_back(&shown!("{} in {}", self.what, key), self.old.as_ref()))
            .question(Shown::of_static("Has the cluster itself changed like this?"))
            .discriminator(Shown::of_static(self.what))
            .build()
    }
}
