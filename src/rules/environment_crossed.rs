//! The configuration of one environment reaches into another.

use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{Address, Difference, addresses, named_environment};
use crate::rule::names::is_literal;
use crate::rule::wording;
use crate::secret::Shown;
use crate::setting::Environment;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A host or database whose name belongs to another environment than the file: a staging host in production, a
    /// production host in staging or in tests. Only where the change brings it in.
    ///
    /// ## Why it hurts
    ///
    /// Nothing fails. The service is healthy and reads and writes the wrong data; tests that clean up after themselves
    /// can empty production tables.
    ///
    /// ## Example
    ///
    /// ```yaml before overlays/production/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml after overlays/production/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.staging.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml fixed overlays/production/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db2.prod.example.internal:5432/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Use the host of the file's own environment. If the environments share the server on purpose, say so in the change
    /// and allow it.
    ///
    /// ## When it is wrong
    ///
    /// When a server's name carries the word of an environment by accident, or a path says `prod` and means a product.
    /// `--env GLOB=ENVIRONMENT` tells what a path means.
    ///
    /// ## References
    ///
    /// - <https://www.traviscistatus.com/incidents/z2b3lz2kwcfp>
    pub(super) static ENVIRONMENT_CROSSED = "environment-crossed", High, High,
        "The configuration of one environment reaches into another", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for address in addresses(ctx) {
        if ctx.audit && address.environment() != Environment::Production {
            continue;
        }
        for d in address.host_differences(ctx) {
            out.extend(finding(ctx, &address, &d, "host"));
        }
        if let Some(d) = address.difference("database") {
            out.extend(finding(ctx, &address, &d, "database"));
        }
    }
}

fn finding(ctx: &Context<'_>, address: &Address<'_>, d: &Difference<'_>, word: &'static str) -> Option<Finding> {
    let part = d.new?;
    let is = part.text.as_deref().filter(|t| is_literal(t))?;
    let there = named_environment(is)?;
    let was = d.was().filter(|t| is_literal(t)).and_then(named_environment);
    // In a file that tells nothing the old name is the only witness.
    let home = match address.environment() {
        Environment::Unknown => was.filter(|e| *e == Environment::Production)?,
        told => told,
    };
    // What pointed elsewhere before is not made worse.
    let crossed_before = was.is_some_and(|e| e != home);
    if there == home || crossed_before || is_own_database(address, home, there, word) {
        return None;
    }
    let told = address.environment() != Environment::Unknown;
    let confidence = if told { Confidence::High } else { Confidence::Medium };
    let label = address.label(ctx, word, d);
    let (old, new) = (d.was().map(|t| ctx.name(t)), ctx.name(is));
    let title = match &old {
        Some(old) => {
            shown!("{} leads from {} into {}: {} → {}", label, home.as_str(), there.as_str(), old.clone(), new)
        }
        None => shown!("{} leads from {} into {}: {}", label, home.as_str(), there.as_str(), new),
    };
    Some(
        FindingBuilder::new(ENVIRONMENT_CROSSED.name, severity(address, home, there), confidence, part.at, title)
            .message(shown!(
                "the name says {} and the file is for {}; the service stays healthy and works on the wrong data",
                there.as_str(),
                home.as_str()
            ))
            .subject(address.subject(ctx), address.environment())
            .setting(address.key_of(ctx, d), old.clone(), Some(new.clone()))
            .symptom(Shown::of_static("no error: records are missing, foreign or written twice"))
            .symptom(wording::login_failed(address.new))
            .fix(shown!("use the {} of {}", word, home.as_str()), old.clone())
            .rollback(wording::set_back(&label, old.as_ref()))
            .question(shown!("Is {} meant to work on {} data from {}?", new, there.as_str(), home.as_str()))
            .discriminator(shown!("{}", word))
            .build(),
    )
}

/// A database called `orders_dev` on a laptop's or a test's own server crosses nothing; developers' files and staging are
/// close relatives, and their names are often used for each other.
fn is_own_database(address: &Address<'_>, home: Environment, there: Environment, word: &str) -> bool {
    let relatives = home != Environment::Production && there != Environment::Production;
    let local = crate::rule::addresses::text(address.new, "host").is_some_and(crate::connection::is_local);
    relatives || word == "database" && home != Environment::Production && local
}

fn severity(address: &Address<'_>, home: Environment, there: Environment) -> Severity {
    // Development is weighed a step less, and a test that reaches production is as bad as the other way round.
    let into_production = there == Environment::Production && home == Environment::Development;
    if into_production && address.environment() == Environment::Development {
        Severity::Critical
    } else {
        Severity::High
    }
}
