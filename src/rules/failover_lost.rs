//! A connection string loses what it needs when a server fails.

use crate::declare_rule;
use crate::facts::{Endpoint, EndpointPart};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::Explained;
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
    /// `target_session_attrs` or its kin removed where several hosts are listed, and a plugin of the AWS wrapper that is not
    /// listed any more. A host that goes from a list is told by `host-changed`.
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
    out.extend(ctx.changes.iter().filter_map(|change| plugins(ctx, change)));
}

/// Plugins that go from the list of an AWS wrapper, which does failover and the choice of readers by them.
fn plugins(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let (old, new) = (change.old.as_ref()?, change.new.as_ref()?);
    let name: String = change.logical.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = name.to_ascii_lowercase();
    let in_string = change.role.as_deref() == Some("param:wrapperPlugins");
    if !in_string && !name.ends_with("wrapperplugins") && !name.ends_with("wrapperpluginscsv") {
        return None;
    }
    // `failover2` is the newer `failover`.
    let plain = |plugin: &str| plugin.trim().trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let after: Vec<String> = new.text.split(',').map(plain).collect();
    let lost = old.text.split(',').map(str::trim).filter(|p| !p.is_empty() && !after.contains(&plain(p)));
    let lost: Vec<Shown> = lost.map(|plugin| ctx.name(plugin)).collect();
    if lost.is_empty() || !is_literal(&old.text) || !is_literal(&new.text) {
        return None;
    }
    let (key, was, is) = (ctx.name(&change.logical), ctx.name(&old.text), ctx.name(&new.text));
    let lost = Shown::join(&lost, ", ");
    let title = shown!("{} lists {} no more", key, lost);
    Some(
        FindingBuilder::new(FAILOVER_LOST.name, Severity::Medium, Confidence::Medium, new.at, title)
            .message(Shown::of_static("the wrapper does only what its plugins do: failover, and reads from copies"))
            .subject(change.subject.as_deref().map(|s| ctx.name(s)), change.environment)
            .setting(key.clone(), Some(was.clone()), Some(is))
            .symptom(Shown::of_static("none, until a failover: connections stay with the server that was lost"))
            .fix(shown!("keep {} unless what it does is not wanted any more", lost), Some(was.clone()))
            .rollback(wording::set_back(&key, Some(&was)))
            .question(shown!("What takes the place of {}?", lost))
            .discriminator(Shown::of_static("plugins"))
            .build(),
    )
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
        ParamRole::ReplicaSet if is.is_some() => {
            ("the client accepts no member of a set of another name", "the name of the set")
        }
        ParamRole::ReplicaSet if several => {
            ("without the set's name some drivers take the hosts for routers", "the name of the set")
        }
        ParamRole::ReplicaSet => ("the client goes to the one host and follows no election", "the name of the set"),
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
