//! An address leads to another database of the server.

use crate::connection::Engine;
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{PartChange, part_changes};
use crate::rule::names::is_literal;
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A database name (for Redis a database number, for a broker a virtual host) that changed or went.
    ///
    /// ## Why it hurts
    ///
    /// At best the database does not exist and nothing starts. At worst it does, and the service writes among another
    /// one's tables, or to an empty copy.
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
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/order_archive
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders?application_name=orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Confirm that the database exists, holds the schema that this version expects, and that the user may use it.
    ///
    /// ## When it is wrong
    ///
    /// When each release brings its own database (`core_v5_0` → `core_v5_1`).
    ///
    /// ## References
    ///
    /// - <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    pub(super) static DATABASE_CHANGED = "database-changed", Medium, High,
        "An address leads to another database of the server", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.audit {
        out.extend(part_changes(ctx, "database", "database").iter().filter_map(|change| finding(ctx, change)));
    }
}

fn finding(ctx: &Context<'_>, change: &PartChange<'_>) -> Option<Finding> {
    let clean = |t: Option<&str>| t.map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let (was, is) = (clean(change.old), clean(change.new));
    if was == is || is_default(change.engine(), was.as_deref(), is.as_deref()) {
        return None;
    }
    let (severity, why) = judge(ctx, change, was.as_deref(), is.as_deref());
    let (old, new) = (was.as_deref().map(|t| ctx.name(t)), is.as_deref().map(|t| ctx.name(t)));
    let title = match (&old, &new) {
        (Some(old), Some(new)) => shown!("{} changed: {} → {}", change.label, old, new),
        (Some(old), None) => shown!("{} is gone: it was {}", change.label, old),
        (None, Some(new)) => shown!("{} is named now: {}", change.label, new),
        (None, None) => return None,
    };
    let builder = FindingBuilder::new(DATABASE_CHANGED.name, severity, Confidence::High, change.at, title)
        .message(why)
        .subject(change.subject.clone(), change.environment)
        .setting(change.key.clone(), old.clone(), new.clone())
        .fix(
            Shown::of_static("confirm that the database exists, has the schema of this version, and lets this user in"),
            None,
        )
        .rollback(wording::set_back(&change.label, old.as_ref()))
        .discriminator(Shown::of_static("database"));
    let builder = match change.address {
        Some(address) => builder.symptom(wording::no_such_database(address.new)),
        None => builder,
    };
    Some(match new.filter(|_| severity > Severity::Low) {
        Some(new) => builder
            .question(shown!("Does the database {} exist, and is its schema the one this version expects?", new))
            .build(),
        None => builder.build(),
    })
}

/// Redis and Valkey use database 0 where none is named; a broker the virtual host `/`.
fn is_default(engine: Engine, was: Option<&str>, is: Option<&str>) -> bool {
    let default = match engine {
        Engine::Redis => "0",
        Engine::RabbitMq => "/",
        _ => return false,
    };
    was.unwrap_or(default) == is.unwrap_or(default)
}

fn judge(ctx: &Context<'_>, change: &PartChange<'_>, was: Option<&str>, is: Option<&str>) -> (Severity, Shown) {
    match (was, is) {
        (_, Some(is)) if !is_literal(is) => (
            Severity::Low,
            Shown::of_static("the name comes from a variable or template now; its value is not in the files"),
        ),
        _ if change.follows_host(ctx) => {
            (Severity::Low, Shown::of_static("the server changed too; the database may belong to it"))
        }
        (None, _) => (
            Severity::Low,
            Shown::of_static("until now the driver chose; most take the user's name or the login's default"),
        ),
        (_, None) => (
            Severity::Medium,
            Shown::of_static(
                "without a name the driver chooses: most take the user's name or the login's default, which may exist",
            ),
        ),
        (Some(was), Some(is)) if is_slip(was, is) => (
            Severity::Medium,
            shown!("{} and {} differ by so little that it may be a slip", ctx.name(was), ctx.name(is)),
        ),
        _ => (
            Severity::Medium,
            Shown::of_static("the same server is asked for other data; a database that exists gives no error"),
        ),
    }
}

/// One or two letters differ, and no digit: a counter is no slip.
fn is_slip(was: &str, is: &str) -> bool {
    let digits = |t: &str| t.chars().filter(char::is_ascii_digit).collect::<String>();
    was.len() > 3 && digits(was) == digits(is) && strsim::damerau_levenshtein(was, is) <= 2
}

#[cfg(test)]
mod tests {
    use super::is_slip;

    #[test]
    fn letters_slip_and_counters_count() {
        assert!(is_slip("orders", "oders") && is_slip("xxl-job", "xxl_job"));
        assert!(!is_slip("core_v5_0", "core_v5_1") && !is_slip("orders", "ledger"));
    }
}
