//! Two environments of one application part ways.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::Role;
use crate::connection;
use crate::declare_rule;
use crate::facts::Endpoint;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::addresses::{Address, addresses, subject, text};
use crate::rule::names::is_literal;
use crate::rule::wording;
use crate::rule::{Context, State};
use crate::secret::Shown;
use crate::setting::Environment;
use crate::shown;
use crate::source::Location;

declare_rule! {
    /// ## What it finds
    ///
    /// The same application in production and in staging, told by names that differ in the environment alone
    /// (`prod/orders.env` and `staging/orders.env`, two overlays, two values files), where the change makes the two differ
    /// in kind: a parameter of the connection or a setting of the pool that is written in one of them only, or another
    /// word for it (a pool mode, a driver). Hosts, names, passwords and sizes are expected to differ and stay quiet.
    ///
    /// It is high where production comes to lead to the very server that staging uses, though no name says so.
    ///
    /// ## Why it hurts
    ///
    /// What production alone has was never rehearsed, and what staging alone has protects nobody. Most such differences
    /// are copies that were forgotten.
    ///
    /// ## Example
    ///
    /// ```properties before prod/orders.env
    /// DATABASE_URL=postgresql://app@db-7.example.internal:5432/orders?sslmode=verify-full
    /// ```
    ///
    /// ```properties before staging/orders.env
    /// DATABASE_URL=postgresql://app@db-3.example.internal:5432/orders?sslmode=verify-full
    /// ```
    ///
    /// ```properties after prod/orders.env
    /// DATABASE_URL=postgresql://app@db-3.example.internal:5432/orders?sslmode=verify-full
    /// ```
    ///
    /// ```properties after staging/orders.env
    /// DATABASE_URL=postgresql://app@db-3.example.internal:5432/orders?sslmode=verify-full
    /// ```
    ///
    /// ```properties fixed prod/orders.env
    /// DATABASE_URL=postgresql://app@db-8.example.internal:5432/orders?sslmode=verify-full
    /// ```
    ///
    /// ```properties fixed staging/orders.env
    /// DATABASE_URL=postgresql://app@db-3.example.internal:5432/orders?sslmode=verify-full
    /// ```
    ///
    /// ## What to do
    ///
    /// Change both, staging first, or write down why they differ.
    ///
    /// ## When it is wrong
    ///
    /// When a setting is tried in staging and follows in production later: that is a note and no alarm.
    ///
    /// ## References
    ///
    /// - <https://12factor.net/dev-prod-parity>
    pub(super) static ENVIRONMENTS_DRIFT = "environments-drift", Low, Medium,
        "Production and staging of one application come to differ in kind", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if ctx.audit {
        return;
    }
    out.extend(addresses(ctx).iter().flat_map(|address| shared_server(ctx, address)));
    let (before, after) = (applications(ctx.old), applications(ctx.new));
    out.extend(after.iter().filter_map(|(name, now)| drift(ctx, before.get(name)?, now)));
}

/// A name without its environment: `prod/orders.env` and `staging/orders.env` are one.
fn without_environment(name: &str) -> String {
    let mut bare = String::with_capacity(name.len());
    for piece in name.split_inclusive(|c: char| !c.is_ascii_alphabetic()) {
        let word = piece.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
        let is_told = Environment::guess(word).is_some();
        bare.push_str(if is_told { "*" } else { word });
        bare.push_str(piece.get(word.len()..).unwrap_or_default());
    }
    bare
}

/// What is written of a setting, as far as two environments should agree on it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// A number or a span of time: that it is there counts, not how much it is.
    Amount,
    /// Anything else.
    Word(String),
}

impl Kind {
    fn of(text: &str) -> Kind {
        let text = text.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
        let starts_as_number = text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit());
        if starts_as_number || !is_literal(&text) { Kind::Amount } else { Kind::Word(text) }
    }
}

/// A setting of an application in one environment.
struct Trait {
    kind: Kind,
    at: Location,
}

/// Traits by name.
type Traits = BTreeMap<String, Trait>;

/// One application's configuration in the environments.
type Application = BTreeMap<Environment, Traits>;

/// All applications of a side by what names them, without the environment.
fn applications(state: State<'_>) -> BTreeMap<String, Application> {
    let mut found: BTreeMap<String, Application> = BTreeMap::new();
    let mut add = |owner: &str, environment: Environment, name: String, text: &str, at: Location| {
        if matches!(environment, Environment::Production | Environment::Staging) {
            let traits = found.entry(without_environment(owner)).or_default().entry(environment).or_default();
            traits.insert(name, Trait { kind: Kind::of(text), at });
        }
    };
    for endpoint in state.facts.endpoints.iter().filter(|e| !e.superseded) {
        for part in &endpoint.parts {
            let (Some(name), Some(text)) = (part.role.strip_prefix("param:"), part.text.as_deref()) else { continue };
            let label = format!("{name} of {}", without_environment(&endpoint.key.name));
            add(&endpoint.key.owner, endpoint.environment, label, text, part.at);
        }
        // That the address is there at all, so that one without parameters has traits too.
        let label = without_environment(&endpoint.key.name);
        add(&endpoint.key.owner, endpoint.environment, label, "0", endpoint.at);
    }
    for pool in state.facts.pools.iter().filter(|p| !p.covered && !p.ambiguous) {
        for setting in pool.settings.iter().filter(|s| !is_size(s.role)) {
            let label = without_environment(&setting.name);
            add(&pool.key.owner, pool.environment, label, &setting.raw, setting.at);
        }
    }
    found
}

fn is_size(role: Role) -> bool {
    matches!(role, Role::PoolMax | Role::PoolMinIdle | Role::PoolMaxIdle | Role::PoolOverflow | Role::PoolInitial)
}

/// What the change made differ between the two environments of an application: one finding for all of it.
fn drift(ctx: &Context<'_>, before: &Application, after: &Application) -> Option<Finding> {
    const PAIR: [Environment; 2] = [Environment::Production, Environment::Staging];
    let [production_before, staging_before] = PAIR.map(|e| before.get(&e));
    let [production, staging] = PAIR.map(|e| after.get(&e));
    let (production_before, staging_before) = (production_before?, staging_before?);
    let (production, staging) = (production?, staging?);
    let mut parted: Vec<(&str, Option<&Trait>, Option<&Trait>)> = Vec::new();
    let names: BTreeSet<&String> = production.keys().chain(staging.keys()).collect();
    for name in names {
        let kinds = |a: &Traits, b: &Traits| (a.get(name).map(|t| t.kind.clone()), b.get(name).map(|t| t.kind.clone()));
        let (was, is) = (kinds(production_before, staging_before), kinds(production, staging));
        if was.0 == was.1 && is.0 != is.1 {
            parted.push((name, production.get(name), staging.get(name)));
        }
    }
    // An application that is written anew in one place shares little with the other; nothing drifted there.
    if parted.is_empty() || parted.len() * 2 > production.len().max(staging.len()) && parted.len() > 3 {
        return None;
    }
    let (_, ours, theirs) = parted.first()?;
    let at = ours.or(*theirs)?.at;
    let named: Vec<Shown> = parted.iter().take(4).map(|(name, ..)| ctx.name(name)).collect();
    let title = shown!("production and staging differ now in {}", Shown::join(&named, ", "));
    let told: Vec<Shown> =
        parted.iter().take(4).map(|(name, ours, theirs)| in_words(ctx, name, *ours, *theirs)).collect();
    let builder = FindingBuilder::new(ENVIRONMENTS_DRIFT.name, Severity::Low, Confidence::Medium, at, title)
        .message(shown!("{}; before the change they agreed", Shown::join(&told, ", ")))
        .subject(None, Environment::Production)
        .setting(ctx.name(parted.first()?.0), None, None)
        .symptom(Shown::of_static("production behaves otherwise than the rehearsal did"))
        .fix(Shown::of_static("change both, staging first, or write down why they differ"), None)
        .rollback(Shown::of_static("set it back to what both had"));
    let places = parted.iter().flat_map(|(name, ours, theirs)| ours.iter().chain(theirs).map(move |t| (*name, t.at)));
    Some(
        places
            .filter(|(_, place)| *place != at)
            .take(4)
            .fold(builder, |b, (name, at)| b.evidence(at, ctx.name(name)))
            .build(),
    )
}

fn in_words(ctx: &Context<'_>, name: &str, production: Option<&Trait>, staging: Option<&Trait>) -> Shown {
    let word = |t: &Trait| match &t.kind {
        Kind::Word(text) => ctx.redactor.value(name, text),
        Kind::Amount => Shown::of_static("a number"),
    };
    let name = ctx.name(name);
    match (production, staging) {
        (Some(_), None) => shown!("{} is set in production only", name),
        (None, Some(_)) => shown!("{} is set in staging only", name),
        (Some(ours), Some(theirs)) => {
            shown!("{} is {} in production and {} in staging", name, word(ours), word(theirs))
        }
        (None, None) => name,
    }
}

/// Production comes to lead to the server of staging, and no name tells.
fn shared_server(ctx: &Context<'_>, address: &Address<'_>) -> Vec<Finding> {
    if address.environment() != Environment::Production || address.old.is_none() {
        return Vec::new();
    }
    let one = |d: &crate::rule::addresses::Difference<'_>| {
        let (part, was, is) = (d.new?, d.was()?, d.is()?);
        let told = crate::rule::addresses::named_environment(is);
        if !is_literal(is) || connection::is_local(is.trim()) || told == Some(Environment::Production) {
            return None;
        }
        let rehearsal = counterpart(ctx, address, is)?;
        let same_database = text(rehearsal, "database") == text(address.new, "database");
        let severity = if same_database { Severity::High } else { Severity::Medium };
        let label = address.label(ctx, "host", d);
        let (old, new) = (ctx.name(was), ctx.name(is));
        let title = shown!("{} leads to the server of staging now: {} → {}", label, old, new);
        let theirs = subject(ctx, rehearsal, ctx.new).unwrap_or_else(|| ctx.name(&rehearsal.key.name));
        let database = if same_database { "the same database" } else { "another database" };
        Some(
            FindingBuilder::new(ENVIRONMENTS_DRIFT.name, severity, Confidence::Medium, part.at, title)
                .message(shown!(
                    "staging's {} uses {} of this server; before the change the two had a server each",
                    theirs,
                    database
                ))
                .subject(address.subject(ctx), address.environment())
                .setting(address.key_of(ctx, d), Some(old.clone()), Some(new.clone()))
                .evidence(rehearsal.at, shown!("staging: {}", new))
                .symptom(Shown::of_static("no error: records are missing, foreign or written twice"))
                .fix(Shown::of_static("use the server of production"), Some(old.clone()))
                .rollback(wording::set_back(&label, Some(&old)))
                .question(shown!("Are production and staging meant to share {}?", new))
                .discriminator(new)
                .build(),
        )
    };
    address.host_differences(ctx).iter().filter_map(one).collect()
}

/// The same address in staging, where it led to this host before the change and does so still.
fn counterpart<'a>(ctx: &Context<'a>, address: &Address<'_>, host: &str) -> Option<&'a Endpoint> {
    let (owner, name) = (without_environment(&address.new.key.owner), without_environment(&address.new.key.name));
    let is_same = |e: &&Endpoint| {
        e.environment == Environment::Staging
            && !e.superseded
            && without_environment(&e.key.owner) == owner
            && without_environment(&e.key.name) == name
            && text(e, "host").is_some_and(|h| h.eq_ignore_ascii_case(host.trim()))
    };
    let found = ctx.new.facts.endpoints.iter().find(is_same)?;
    ctx.old.facts.endpoints.iter().any(|e| is_same(&e)).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_the_environment_alone_are_one() {
        for (a, b) in [
            ("prod/orders.env", "staging/orders.env"),
            ("values-production.yaml", "values-stg.yaml"),
            ("Deployment shop-prod/api (overlays/prod)", "Deployment shop-staging/api (overlays/staging)"),
        ] {
            assert_eq!(without_environment(a), without_environment(b));
        }
        assert_ne!(without_environment("prod/orders.env"), without_environment("staging/ledger.env"));
        assert_eq!(without_environment("products/api"), "products/api");
    }

    #[test]
    fn amounts_are_alike_and_words_are_not() {
        assert_eq!(Kind::of("30s"), Kind::of("5"));
        assert_eq!(Kind::of("${POOL}"), Kind::Amount);
        assert_ne!(Kind::of("transaction"), Kind::of("session"));
    }
}
