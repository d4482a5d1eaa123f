//! A client logs in as somebody else.

use crate::connection::{Engine, host_typo};
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{PartChange, part, part_changes};
use crate::rule::names::is_literal;
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A user name that changed, and whether it is a superuser now.
    ///
    /// ## Why it hurts
    ///
    /// Another user has another password, other rights and often its own connection limit. A superuser works, which is
    /// the trouble: it may drop what it likes, and it takes the last slots that are kept for people who repair.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: postgresql://orders_app@orders-db.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: postgresql://postgres@orders-db.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: postgresql://orders_app@orders-db.prod.example.internal:5432/orders?application_name=orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Confirm that the user exists, has its rights and its password in place, and a limit that is large enough.
    ///
    /// ## When it is wrong
    ///
    /// For migrations and operators, which need an owner's rights.
    ///
    /// ## References
    ///
    /// - <https://www.postgresql.org/docs/current/role-attributes.html>
    pub(super) static USER_CHANGED = "user-changed", Low, High,
        "A client logs in as somebody else", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.audit {
        out.extend(part_changes(ctx, "user", "user").iter().filter_map(|change| finding(ctx, change)));
    }
}

fn finding(ctx: &Context<'_>, change: &PartChange<'_>) -> Option<Finding> {
    let clean = |t: Option<&str>| t.map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let (was, is) = (clean(change.old), clean(change.new));
    if was == is {
        return None;
    }
    let engine = change.engine();
    let powerful = |user: &Option<String>| user.as_deref().is_some_and(|u| is_superuser(engine, u));
    let promoted = powerful(&is) && !powerful(&was);
    let (old, new) = (was.as_deref().map(|t| ctx.name(t)), is.as_deref().map(|t| ctx.name(t)));
    let title = match (&old, &new) {
        (Some(old), Some(new)) => shown!("{} changed: {} → {}", change.label, old, new),
        (Some(old), None) => shown!("{} is gone: it was {}", change.label, old),
        (None, Some(new)) => shown!("{} is named now: {}", change.label, new),
        (None, None) => return None,
    };
    let slip = was.as_deref().zip(is.as_deref()).and_then(|(was, is)| host_typo(was, is));
    let message = match () {
        () if slip.is_some() => shown!(
            "it looks like a slip of the keyboard: {}",
            slip.as_ref().map(|slip| ctx.name(&slip.what)).unwrap_or_default()
        ),
        () if promoted => Shown::of_static(
            "a superuser may drop and read everything on the server, and takes the slots kept for repair",
        ),
        () if is.as_deref().is_some_and(|u| !is_literal(u)) => {
            Shown::of_static("the user comes from a variable or template now")
        }
        () if password_stays(change) => Shown::of_static("the password stayed as it was; two users seldom share one"),
        () => Shown::of_static("another user has other rights, another password and often its own connection limit"),
    };
    let asks = promoted || slip.is_some();
    let severity = if asks { Severity::Medium } else { Severity::Low };
    let builder = FindingBuilder::new(USER_CHANGED.name, severity, Confidence::High, change.at, title)
        .message(message)
        .subject(change.subject.clone(), change.environment)
        .setting(change.key.clone(), old.clone(), new)
        .fix(
            Shown::of_static("confirm that the user exists on the server with its rights and its password"),
            old.clone().filter(|_| asks),
        )
        .rollback(wording::set_back(&change.label, old.as_ref()))
        .discriminator(Shown::of_static("user"));
    let builder = match change.address {
        Some(address) => builder.symptom(wording::login_failed(address.new)),
        None => builder,
    };
    Some(if slip.is_some() {
        builder.question(Shown::of_static("Does a user of this exact name exist on the server?")).build()
    } else if promoted {
        builder.question(Shown::of_static("Does this service need the rights of a superuser?")).build()
    } else {
        builder.build()
    })
}

/// Whether a literal password is the same for both users.
fn password_stays(change: &PartChange<'_>) -> bool {
    let Some(address) = change.address else { return false };
    let mark = |e| part(e, "password").map_or(0, |p| p.secret_mark);
    address.old.is_some_and(|old| mark(old) != 0 && mark(old) == mark(address.new))
}

fn is_superuser(engine: Engine, user: &str) -> bool {
    let user = user.to_ascii_lowercase();
    let any = ["postgres", "root", "administrator", "rdsadmin", "cloudsqladmin", "azure_superuser", "superuser"];
    match engine {
        Engine::SqlServer => user == "sa" || any.contains(&user.as_str()),
        Engine::Oracle => ["sys", "system", "sysdba"].contains(&user.as_str()),
        _ => user == "admin" || any.contains(&user.as_str()),
    }
}
