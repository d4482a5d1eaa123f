//! A host is a slip of the finger away from one that is in use.

use std::collections::BTreeSet;

use crate::connection::{self, HostTypo, HostTypoKind};
use crate::declare_rule;
use crate::facts::EndpointPart;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{Address, Difference, Hosts, addresses, text};
use crate::rule::names::is_literal;
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A new host that differs from the old one, or from a host in use elsewhere, by one or two slips: swapped, lost,
    /// doubled or wrong letters, a lost dot, a letter of another alphabet that looks the same, a blank at the end. Names
    /// that differ by system (`db1` and `db2`, an environment, a region, a version, reader and writer) are none, nor is
    /// a name that was in use before, nor a rename in all places at once.
    ///
    /// ## Why it hurts
    ///
    /// The name does not resolve, and everything that uses it is down as soon as it restarts. Reviewers read past it,
    /// because the eye completes what it expects.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders
    /// reports:
    ///   url: postgresql://reports@orders-db.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-bd.prod.example.internal:5432/orders
    /// reports:
    ///   url: postgresql://reports@orders-db.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders
    /// reports:
    ///   url: postgresql://reports@orders-db.prod.example.internal:5432/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Write the host as it stands in the other places. If the new name is meant, resolve it once from where the
    /// workload runs (`getent hosts NAME`) before the merge.
    ///
    /// ## When it is wrong
    ///
    /// When a server is renamed to a name that close, in one place first. Allow it there, with a date.
    ///
    /// ## References
    ///
    /// - <https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/>
    /// - <https://www.unicode.org/reports/tr39/>
    pub(super) static HOST_TYPO = "host-typo", Critical, High,
        "A host is a slip of the finger away from one that is in use", check;
}

/// Words that hosts are made of. A host that loses one of them to something unknown was misspelt.
const COMMON_WORDS: &[&str] = &[
    "amazonaws",
    "aws",
    "azure",
    "backend",
    "cache",
    "central",
    "cloud",
    "cluster",
    "com",
    "core",
    "data",
    "database",
    "databases",
    "db",
    "east",
    "example",
    "external",
    "internal",
    "io",
    "local",
    "main",
    "mariadb",
    "master",
    "mongo",
    "mongodb",
    "mysql",
    "net",
    "north",
    "org",
    "pgbouncer",
    "pooler",
    "postgres",
    "postgresql",
    "primary",
    "private",
    "prod",
    "production",
    "proxy",
    "public",
    "rds",
    "read",
    "reader",
    "redis",
    "replica",
    "replicas",
    "secondary",
    "server",
    "service",
    "shard",
    "shared",
    "slave",
    "south",
    "sql",
    "stage",
    "staging",
    "standby",
    "svc",
    "test",
    "valkey",
    "west",
    "windows",
    "write",
    "writer",
];

/// Whether a new host is the mended spelling of the old one: the old one held a word that nothing around it knows, and
/// the new one does not.
pub(super) fn is_mending(ctx: &Context<'_>, address: &Address<'_>, was: &str, is: &str) -> bool {
    let slip = is_literal(was) && is_literal(is) && connection::host_typo(was, is).is_some();
    slip && spelling(&words_around(ctx, address, was, is), was, is) == Spelling::OldIsOdd
}

/// A slip, and what speaks for it.
struct Slip {
    typo: HostTypo,
    meant: String,
    severity: Severity,
    confidence: Confidence,
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let hosts = Hosts::of(ctx);
    let known = hosts.all();
    for address in addresses(ctx) {
        for difference in address.host_differences(ctx) {
            let Some(part) = difference.new else { continue };
            let Some(slip) = slip(ctx, &hosts, &known, &address, &difference) else { continue };
            out.push(finding(ctx, &hosts, &address, &difference, part, &slip));
        }
    }
}

fn slip(
    ctx: &Context<'_>,
    hosts: &Hosts<'_>,
    known: &BTreeSet<&str>,
    address: &Address<'_>,
    d: &Difference<'_>,
) -> Option<Slip> {
    let is = d.is().filter(|t| is_literal(t) && !t.trim().is_empty() && !connection::is_local(t.trim()))?;
    if !hosts.before(is).is_empty() || hosts.is_served(is) {
        return None;
    }
    let was = d.was().filter(|t| is_literal(t) && !connection::is_local(t.trim()));
    let of_old = was.and_then(|was| Some((was, connection::host_typo(was, is)?)));
    match of_old {
        Some((was, typo)) => slip_of_old(ctx, hosts, address, was, is, typo),
        None => slip_of_another(ctx, hosts, known, is),
    }
}

/// The new host is a slip of the old one.
fn slip_of_old(
    ctx: &Context<'_>,
    hosts: &Hosts<'_>,
    address: &Address<'_>,
    was: &str,
    is: &str,
    typo: HostTypo,
) -> Option<Slip> {
    let (left, come) = (hosts.after(was).len(), hosts.after(is).len());
    let spelling = spelling(&words_around(ctx, address, was, is), was, is);
    // Where all places moved together, only a misspelt word that everybody knows speaks against a rename.
    let misspelt = || self::spelling(&BTreeSet::new(), was, is) == Spelling::NewIsOdd;
    let renamed = come > 1 && come > left;
    if spelling == Spelling::OldIsOdd || renamed && !misspelt() && !is_unmistakable(is, &typo) {
        return None;
    }
    let sure = left > 0 || hosts.is_served(was) || spelling == Spelling::NewIsOdd || is_unmistakable(is, &typo);
    let confidence = if sure { Confidence::High } else { Confidence::Medium };
    Some(Slip { typo, meant: was.trim().to_owned(), severity: Severity::Critical, confidence })
}

/// The new host is a slip of one that others use: it must stand alone, and they must be the rule.
fn slip_of_another(ctx: &Context<'_>, hosts: &Hosts<'_>, known: &BTreeSet<&str>, is: &str) -> Option<Slip> {
    if hosts.after(is).len() != 1 {
        return None;
    }
    let established = |host: &str| {
        let places = if ctx.audit {
            hosts.after(host).len() >= 2
        } else {
            !hosts.before(host).is_empty() && !hosts.after(host).is_empty()
        };
        places || hosts.is_served(host)
    };
    let near = known.iter().filter(|k| is_near(k, is) && !connection::is_local(k) && established(k));
    let (meant, typo) =
        near.filter_map(|k| Some((*k, connection::host_typo(k, is)?))).min_by_key(|(k, t)| (t.distance, *k))?;
    let served = hosts.is_served(meant);
    let (severity, confidence) =
        if served { (Severity::Critical, Confidence::High) } else { (Severity::High, Confidence::Medium) };
    Some(Slip { typo, meant: meant.to_owned(), severity, confidence })
}

/// Cheap test before the exact one: what both begin and end with leaves at most two letters.
fn is_near(a: &str, b: &str) -> bool {
    if a.len().abs_diff(b.len()) > 2 || a.eq_ignore_ascii_case(b) {
        return false;
    }
    let head = a.bytes().zip(b.bytes()).take_while(|(x, y)| x.eq_ignore_ascii_case(y)).count();
    let tail = a.bytes().rev().zip(b.bytes().rev()).take_while(|(x, y)| x.eq_ignore_ascii_case(y)).count();
    head + tail + 2 >= a.len().max(b.len())
}

/// Letters of another script, blanks, empty labels: wrong in however many places they stand.
fn is_unmistakable(host: &str, typo: &HostTypo) -> bool {
    matches!(typo.kind, HostTypoKind::Lookalike | HostTypoKind::Trailing) || host.contains("..")
}

/// Which of two spellings holds a word that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    NewIsOdd,
    OldIsOdd,
    CannotTell,
}

/// Compares the words that differ with words that hosts are made of and with those around the setting.
fn spelling(around: &BTreeSet<String>, was: &str, is: &str) -> Spelling {
    let (was, is) = (words(was), words(is));
    let (gone, come) = (surplus(&was, &is), surplus(&is, &was));

    // `orders` in `orders-db.orders.svc` is known from the rest of the same host.
    let plain = |w: &str| COMMON_WORDS.contains(&w) || around.contains(w);
    let known =
        |w: &str, host: &[String]| plain(w) || host.iter().filter(|o| *o == w).count() > 1 || is_compound(w, &plain);
    let old_known = !gone.is_empty() && gone.iter().all(|w| known(w, &was));
    let new_known = !come.is_empty() && come.iter().all(|w| known(w, &is));
    match (old_known, new_known) {
        (true, false) if !come.is_empty() => Spelling::NewIsOdd,
        (false, true) if !gone.is_empty() => Spelling::OldIsOdd,
        _ => Spelling::CannotTell,
    }
}

/// Whether a word is two known ones written together: `ordersdb`.
fn is_compound(word: &str, plain: &dyn Fn(&str) -> bool) -> bool {
    let cuts = word.char_indices().map(|(i, _)| i).filter(|&i| i >= 2 && i + 2 <= word.len());
    cuts.into_iter().any(|i| matches!((word.get(..i), word.get(i..)), (Some(a), Some(b)) if plain(a) && plain(b)))
}

/// Words that `a` holds more often than `b`.
fn surplus<'a>(a: &'a [String], b: &[String]) -> Vec<&'a str> {
    let times = |list: &[String], word: &str| list.iter().filter(|w| *w == word).count();
    let more = |w: &&String| times(a, w) > times(b, w);
    a.iter().filter(more).map(String::as_str).collect()
}

/// Words of the database, the user, the key, the owner, the namespace and the file; of what else the tree names; and of
/// the settings beside it. What repeats one of the two spellings proves nothing for it.
fn words_around(ctx: &Context<'_>, address: &Address<'_>, was: &str, is: &str) -> BTreeSet<String> {
    let mut around = BTreeSet::new();
    let endpoint = address.new;
    let parts = ["database", "user"].iter().filter_map(|role| text(endpoint, role));
    let users = endpoint.workloads.iter().filter_map(|&w| ctx.new.facts.workloads.get(w)).map(|w| w.id.to_string());
    around.extend(parts.flat_map(words));
    around.extend(users.flat_map(|u| words(&u)));
    around.extend(words(&endpoint.key.name));
    around.extend(words(&endpoint.key.owner));
    around.extend(words(&ctx.sources.get(endpoint.at.source).path));
    let spelled = |text: &str| text.contains(was.trim()) || text.contains(is.trim());
    for side in [ctx.old, ctx.new] {
        for resource in &side.settings.resources {
            around.extend(words(&resource.id.namespace).into_iter().chain(words(&resource.id.name)));
        }
        let named = side.facts.endpoints.iter().flat_map(|e| ["host", "database"].map(|role| text(e, role)));
        around.extend(named.flatten().filter(|t| !spelled(t)).flat_map(words));
    }
    let beside = ctx.new_resource(endpoint.setting).settings.iter().filter(|s| s.value.text.len() < 200);
    around.extend(beside.filter(|s| !spelled(&s.value.text)).flat_map(|s| words(&s.value.text)));
    around
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// A name with a blank at its end resolves nowhere; any other may be meant.
fn fix(meant: &Shown, is: &Shown, d: &Difference<'_>) -> Shown {
    let blank = d.is().is_some_and(|t| t.trim() != t);
    if blank {
        return shown!("write {} without the blank", meant);
    }
    shown!("write {}, or confirm that {} resolves where this runs", meant, is)
}

fn finding(
    ctx: &Context<'_>,
    hosts: &Hosts<'_>,
    address: &Address<'_>,
    d: &Difference<'_>,
    part: &EndpointPart,
    slip: &Slip,
) -> Finding {
    let label = address.label(ctx, "host", d);
    let meant = ctx.name(&slip.meant);
    let is = ctx.name(d.is().unwrap_or_default());
    let what = ctx.name(&slip.typo.what);
    let places = hosts.after(&slip.meant);
    let title = shown!("{} looks like a typo: {}, {} → {}", label, what, meant, is);
    let others = wording::counted(places.len(), "other place", "other places");
    let message = match places.len() {
        0 => shown!("{} was named nowhere before the change, and {} was the host until now", is, meant),
        _ if ctx.audit => shown!("{} stands in 1 place and {} in {}", is, meant, others),
        _ => shown!("{} was named nowhere before the change, and {} still stands in {}", is, meant, others),
    };
    let old = d.was().map(|t| ctx.name(t));
    let builder = FindingBuilder::new(HOST_TYPO.name, slip.severity, slip.confidence, part.at, title)
        .message(message)
        .subject(address.subject(ctx), address.environment())
        .setting(address.key_of(ctx, d), old.clone(), Some(is.clone()))
        .symptom(wording::no_such_host(address.new))
        .fix(fix(&meant, &is, d), Some(meant.clone()))
        .rollback(wording::set_back(&label, old.as_ref()))
        .question(shown!("Does {} exist, and can this workload reach it?", is))
        .discriminator(is);
    let show =
        |b: FindingBuilder, place: &crate::rule::addresses::Place<'_>| b.evidence(place.at, shown!("still {}", meant));
    places.iter().take(3).fold(builder, show).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_what_two_letters_can_change() {
        assert!(is_near("orders-db.example", "orders-bd.example"));
        assert!(is_near("orders-db", "oders-db"));
        assert!(!is_near("orders-db", "orders-db"));
        assert!(!is_near("orders-db", "ledger-db"));
    }
}
