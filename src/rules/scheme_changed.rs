//! An address is for another engine or another driver.

use crate::connection::{Fault, FaultKind};
use crate::declare_rule;
use crate::facts::Endpoint;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{Address, addresses, text};
use crate::rule::names::is_literal;
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A scheme that names another engine (`mysql:` → `postgresql:`), another driver for the same engine
    /// (`postgresql+psycopg2:` → `postgresql+asyncpg:`), or another way to reach it (`mongodb:` → `mongodb+srv:`). Two
    /// names of one thing (`postgres:`, `postgresql:`) are none, and TLS by scheme (`rediss:`) has its own rule.
    ///
    /// ## Why it hurts
    ///
    /// Another engine is another database: the data has to be there. Another driver has to be in the image, and has its
    /// own parameters, defaults and pool.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: mysql://orders@orders-db.prod.example.internal/orders
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal/orders
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: mysql://orders@orders-db.prod.example.internal:3306/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Change scheme, driver class, port and image together, and confirm that the data has moved.
    ///
    /// ## When it is wrong
    ///
    /// For a planned migration whose steps are all in the change.
    ///
    /// ## References
    ///
    /// - <https://docs.sqlalchemy.org/en/20/core/engines.html#database-urls>
    pub(super) static SCHEME_CHANGED = "scheme-changed", Medium, High,
        "An address is for another engine or another driver", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.audit {
        out.extend(addresses(ctx).iter().filter_map(|address| finding(ctx, address)));
    }
}

fn finding(ctx: &Context<'_>, address: &Address<'_>) -> Option<Finding> {
    let old = address.old?;
    let d = address.difference("scheme")?;
    let (was, is) = (d.was()?, d.is()?);
    let part = d.new?;
    if !is_literal(was) || !is_literal(is) || was.eq_ignore_ascii_case(is) {
        return None;
    }
    // A scheme that no client knows is malformed, and another rule's to say.
    let misspelt =
        |f: &Fault| matches!(f.kind, FaultKind::UnknownScheme | FaultKind::SchemeCase | FaultKind::MissingSlashes);
    let faulty = |e: &Endpoint| e.string.as_ref().is_some_and(|s| s.faults.iter().any(misspelt));
    if faulty(old) || faulty(address.new) {
        return None;
    }
    let engines = (old.engine, address.new.engine);
    let other = engines.0.is_stranger_to(engines.1);
    if !other && plain(was) == plain(is) {
        return None;
    }
    let (label, before, after) = (address.label(ctx, "scheme", &d), ctx.name(was), ctx.name(is));
    let title = shown!("{} changed: {} → {}", label, before, after);
    let (severity, message) = if other {
        (
            Severity::High,
            shown!(
                "{} and {} are different servers with different data; what was written is not there",
                engines.0.as_str(),
                engines.1.as_str()
            ),
        )
    } else {
        (
            Severity::Medium,
            Shown::of_static("another driver has to be in the image, and has its own parameters, defaults and pool"),
        )
    };
    let builder = FindingBuilder::new(SCHEME_CHANGED.name, severity, Confidence::High, part.at, title)
        .message(message)
        .subject(address.subject(ctx), address.environment())
        .setting(address.key_of(ctx, &d), Some(before.clone()), Some(after.clone()))
        .symptom(symptom(address.new))
        .fix(Shown::of_static("change scheme, driver, port and image together"), Some(before.clone()))
        .rollback(wording::set_back(&label, Some(&before)));
    let builder = match text(address.new, "host").filter(|_| other && !address.host_moved(ctx)) {
        Some(host) => builder.question(shown!("Does {} speak {}?", ctx.name(host), engines.1.as_str())),
        None => builder.question(shown!("Is the driver for {} in the image?", after)),
    };
    Some(builder.build())
}

/// The scheme without what other rules speak of: the letter for TLS, and the several names of one engine.
fn plain(scheme: &str) -> String {
    let lower = scheme.trim_end_matches(['/', ':']).to_ascii_lowercase();
    let (head, driver) = lower.split_once('+').map_or((lower.as_str(), ""), |(h, d)| (h, d));
    let head = match head {
        "postgres" | "postgresql" | "pgsql" => "postgresql",
        "rediss" | "redis" | "valkey" | "valkeys" => "redis",
        "amqps" | "amqp" => "amqp",
        other => other,
    };
    if driver.is_empty() { head.to_owned() } else { format!("{head}+{driver}") }
}

fn symptom(endpoint: &Endpoint) -> Shown {
    let dialect = endpoint.string.as_ref().map_or("", |s| s.dialect.id);
    Shown::of_static(if dialect.starts_with("jdbc") {
        "No suitable driver found for the URL"
    } else {
        "the driver or its plugin cannot be loaded"
    })
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn names_of_one_thing_are_one() {
        assert_eq!(plain("postgres"), plain("postgresql"));
        assert_eq!(plain("rediss"), plain("redis"));
        assert_ne!(plain("postgresql+psycopg2"), plain("postgresql+asyncpg"));
        assert_ne!(plain("mongodb"), plain("mongodb+srv"));
    }
}
