//! The class or adapter that opens connections is another one, or does not fit its address.

use crate::connection::{Driver, DriverKind, Engine, is_driver_key, is_driver_slip, read_driver};
use crate::declare_rule;
use crate::facts::Endpoint;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::Explained;
use crate::rule::Context;
use crate::rule::names::is_literal;
use crate::rule::references::option_of;
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A driver class, a dialect, an adapter or a pool's class that changed: for another engine, for another driver of the
    /// same engine, or to a name that is a slip away from a known one. Two names of one driver (`com.mysql.jdbc.Driver` and
    /// `com.mysql.cj.jdbc.Driver`) are worth a line only.
    ///
    /// ## Why it hurts
    ///
    /// The class is looked up when the service starts: one that is not in the image, or that does not take the URL beside
    /// it, keeps the service down. Another pool reads other keys, so the limits that were written have no effect.
    ///
    /// ## Example
    ///
    /// ```properties before prod/application.properties
    /// spring.datasource.url=jdbc:mysql://orders-db.prod.example.internal:3306/orders
    /// spring.datasource.driver-class-name=com.mysql.cj.jdbc.Driver
    /// ```
    ///
    /// ```properties after prod/application.properties
    /// spring.datasource.url=jdbc:mysql://orders-db.prod.example.internal:3306/orders
    /// spring.datasource.driver-class-name=org.postgresql.Driver
    /// ```
    ///
    /// ```properties fixed prod/application.properties
    /// spring.datasource.url=jdbc:mysql://orders-db.prod.example.internal:3306/orders
    /// spring.datasource.driver-class-name=com.mysql.cj.jdbc.Driver
    /// ```
    ///
    /// ## What to do
    ///
    /// Change URL, driver, dialect and image together.
    ///
    /// ## When it is wrong
    ///
    /// For a planned migration whose other steps stand elsewhere, and for a driver that wraps another one.
    ///
    /// ## References
    ///
    /// - <https://docs.oracle.com/javase/8/docs/api/java/sql/DriverManager.html>
    /// - <https://dev.mysql.com/doc/connector-j/en/connector-j-reference-driver-name.html>
    pub(super) static DRIVER_CHANGED = "driver-changed", Medium, High,
        "The driver, dialect or pool class of a connection is another one", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.audit {
        out.extend(ctx.changes.iter().filter_map(|change| finding(ctx, change)));
    }
}

/// Whether a bare `type` or `driver` stands beside the parts of an address.
fn stands_in_an_address(ctx: &Context<'_>, change: &Explained, key: &str) -> bool {
    let Some(new) = &change.new else { return false };
    let (section, last) = key.rsplit_once('.').unwrap_or(("", key));
    let holder = ctx.new_resource(new.setting).id.to_string();
    let beside = |e: &Endpoint| {
        let logical = &ctx.new.settings.get(e.setting).logical;
        e.key.owner == holder && logical.rsplit_once('.').map_or("", |(section, _)| section) == section
    };
    ["driver", "type", "dialect", "adapter", "client", "engine"].contains(&last)
        && ctx.new.facts.endpoints.iter().any(beside)
}

/// What is to be said, in which words.
struct Verdict {
    severity: Severity,
    message: Shown,
    fix: Shown,
}

fn finding(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let (old, new) = (change.old.as_ref()?, change.new.as_ref()?);
    let (key, was, is) = match (option_of(&old.text), option_of(&new.text)) {
        (Some((name, was)), Some((same, is))) if name == same => (name, was, is),
        _ => (change.logical.as_str(), old.text.as_str(), new.text.as_str()),
    };
    let (was, is) = (was.trim(), is.trim());
    if was == is || !is_literal(was) || !is_literal(is) || is.is_empty() {
        return None;
    }
    let key = match is_driver_key(key) {
        true => key,
        false if is_driver_key(&change.path) => change.path.as_str(),
        false if stands_in_an_address(ctx, change, key) => key,
        false => return None,
    };
    let verdict = judge(ctx, change, was, is)?;
    let (name, before, after) = (ctx.name(key), ctx.name(was), ctx.name(is));
    let builder = FindingBuilder::new(
        DRIVER_CHANGED.name,
        verdict.severity,
        Confidence::High,
        new.at,
        shown!("{} changed: {} → {}", name, before, after),
    )
    .message(verdict.message)
    .subject(change.subject.as_deref().map(|s| ctx.name(s)), change.environment)
    .setting(name.clone(), Some(before.clone()), Some(after.clone()))
    .symptom(symptom(is))
    .fix(verdict.fix, Some(before.clone()))
    .rollback(wording::set_back(&name, Some(&before)));
    if verdict.severity > Severity::Low {
        return Some(
            builder.question(shown!("Is {} in the image, and does it take the address beside it?", after)).build(),
        );
    }
    Some(builder.build())
}

fn judge(ctx: &Context<'_>, change: &Explained, was: &str, is: &str) -> Option<Verdict> {
    let together = || Shown::of_static("change URL, driver, dialect and image together");
    let (old, new) = match (read_driver(was), read_driver(is)) {
        (Some(old), Some(new)) => (old, new),
        (Some(_), None) => return misspelt(was, is),
        // What is known now and was not before is a slip that is mended, or the first that says anything.
        _ => return None,
    };
    let engines = (old.engine, new.engine);
    if old.engine.is_stranger_to(new.engine) {
        let beside = engine_beside(ctx, change);
        let (severity, message) = match beside {
            Some(engine) if engine == new.engine => {
                (Severity::Low, shown!("it follows the address, which is for {} now", engine.as_str()))
            }
            Some(engine) => (
                Severity::High,
                shown!("the address beside it is for {}: the driver does not take it", engine.as_str()),
            ),
            None => (
                Severity::High,
                shown!(
                    "{} and {} are different servers with different data; the driver takes no address of the other",
                    engines.0.as_str(),
                    engines.1.as_str()
                ),
            ),
        };
        return Some(Verdict { severity, message, fix: together() });
    }
    if old.family == new.family && is_driver_slip(was, is) {
        return misspelt(was, is);
    }
    Some(same_engine(&old, &new))
}

/// Another name, driver or pool for the same engine.
fn same_engine(old: &Driver, new: &Driver) -> Verdict {
    let (severity, message) = match (old.kind, new.kind) {
        (DriverKind::Pool, DriverKind::Pool) => {
            (Severity::Low, "another pool: it reads other keys, and has its own defaults for what is not written")
        }
        (DriverKind::Dialect, _) | (_, DriverKind::Dialect) => {
            (Severity::Low, "the SQL that is written for the server differs; the connection does not")
        }
        _ if old.family == new.family => (Severity::Info, "two names of one driver"),
        _ => (Severity::Medium, "another driver has to be in the image, and has its own parameters and defaults"),
    };
    Verdict {
        severity,
        message: Shown::of_static(message),
        fix: Shown::of_static("see that the image has it, and that the settings beside it are those it reads"),
    }
}

/// A name that nobody knows, a slip away from one that is known.
fn misspelt(was: &str, is: &str) -> Option<Verdict> {
    let distance = strsim::damerau_levenshtein(was, is);
    (distance <= 2 && was.len() > 5).then(|| Verdict {
        severity: Severity::High,
        message: Shown::of_static("no driver of this name is known, and it is a slip away from the one before"),
        fix: Shown::of_static("write the name as it was"),
    })
}

/// The engine of the address that the driver stands beside, where the files tell.
fn engine_beside(ctx: &Context<'_>, change: &Explained) -> Option<Engine> {
    let new = change.new.as_ref()?;
    let holder = ctx.new.settings.resource_of(new.setting).id.to_string();
    let path = ctx.new.settings.get(new.setting).path.parent().to_string();
    let section = change.logical.rsplit_once(['.', '_']).map_or("", |(section, _)| section);
    let beside = |e: &&Endpoint| {
        let at = ctx.new.settings.get(e.setting);
        let same =
            if section.is_empty() { at.path.parent().to_string() == path } else { at.logical.starts_with(section) };
        e.key.owner == holder && same && e.engine != Engine::Unknown && e.string.is_some()
    };
    ctx.new.facts.endpoints.iter().find(beside).map(|e| e.engine)
}

fn symptom(driver: &str) -> Shown {
    Shown::of_static(match driver.contains('.') {
        true if driver.starts_with("django") => {
            "django.core.exceptions.ImproperlyConfigured: isn't an available database backend"
        }
        true => "Cannot load driver class; Failed to determine a suitable driver class; No suitable driver",
        false => "the adapter or its package cannot be loaded",
    })
}
