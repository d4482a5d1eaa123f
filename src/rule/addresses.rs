//! How addresses changed, seen against the rest of the tree.
//!
//! In: the endpoints of both sides and the explained changes. Out: each address of the new side with what it was before,
//! the hosts that differ, and where else a host is in use. The rules about addresses share it, so that they agree on
//! what a change is; it judges nothing by itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::connection::{self, Engine, HostRole, host_role};
use crate::facts::{Endpoint, EndpointPart, Link};
use crate::rule::Context;
use crate::rule::names::{is_literal, is_proxy};
use crate::rule::references;
use crate::secret::Shown;
use crate::setting::{Environment, Standing};
use crate::shown;
use crate::source::Location;

/// An address of the new side with what it was before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address<'a> {
    /// Before; `None` for one that is new, and for all in an audit.
    pub(crate) old: Option<&'a Endpoint>,
    /// After.
    pub(crate) new: &'a Endpoint,
    /// Whether the file existed before. An address in a new file is no change of anything.
    pub(crate) in_known_file: bool,
}

/// A part that differs; at least one side is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Difference<'a> {
    /// Before.
    pub(crate) old: Option<&'a EndpointPart>,
    /// After.
    pub(crate) new: Option<&'a EndpointPart>,
}

impl<'a> Difference<'a> {
    /// The text before; `None` where there was none or where it is secret.
    pub(crate) fn was(&self) -> Option<&'a str> {
        self.old.and_then(|p| p.text.as_deref())
    }

    /// The text after; `None` where there is none or where it is secret.
    pub(crate) fn is(&self) -> Option<&'a str> {
        self.new.and_then(|p| p.text.as_deref())
    }
}

/// The part of an endpoint with this role.
pub(crate) fn part<'a>(endpoint: &'a Endpoint, role: &str) -> Option<&'a EndpointPart> {
    endpoint.parts.iter().find(|p| p.role == role)
}

/// The text of the part with this role; `None` where it is absent, empty or secret.
pub(crate) fn text<'a>(endpoint: &'a Endpoint, role: &str) -> Option<&'a str> {
    part(endpoint, role).and_then(|p| p.text.as_deref()).map(str::trim).filter(|t| !t.is_empty())
}

/// The hosts of an endpoint in order.
pub(crate) fn hosts(endpoint: &Endpoint) -> impl Iterator<Item = &EndpointPart> {
    endpoint.parts.iter().filter(|p| p.role == "host" || p.role.starts_with("host["))
}

/// Whether two parts say the same.
fn same(a: &EndpointPart, b: &EndpointPart) -> bool {
    a.text == b.text && a.secret_mark == b.secret_mark
}

impl<'a> Address<'a> {
    /// The part of this role, if it differs.
    pub(crate) fn difference(&self, role: &str) -> Option<Difference<'a>> {
        let old = self.old.and_then(|e| part(e, role));
        let new = part(self.new, role);
        let differs = match (old, new) {
            (Some(a), Some(b)) => !same(a, b),
            (None, None) => false,
            _ => true,
        };
        differs.then_some(Difference { old, new })
    }

    /// Whether it was there before and now leads elsewhere: another host than any it had.
    pub(crate) fn host_moved(&self, ctx: &Context<'_>) -> bool {
        self.host_differences(ctx).iter().any(|d| d.old.is_some() && d.new.is_some())
    }

    /// Whether its string is for another engine than before. Where the parts stand in keys of their own, the engine may be
    /// a guess from the port, and proves nothing.
    pub(crate) fn is_for_another_engine(&self) -> bool {
        let told = |e: &Endpoint| e.string.as_ref().map(|s| s.dialect.engine);
        self.old.is_some_and(|old| told(old).is_some() && told(self.new).is_some() && told(old) != told(self.new))
    }

    /// Hosts that went, each with the one that came in its place. The order of a list of hosts makes no difference, nor
    /// do two spellings of one name.
    pub(crate) fn host_differences(&self, ctx: &Context<'_>) -> Vec<Difference<'a>> {
        let namespace = self.namespace(ctx);
        let equal = |a: &EndpointPart, b: &EndpointPart| match (a.text.as_deref(), b.text.as_deref()) {
            (Some(a), Some(b)) => same_host(a, b, namespace),
            _ => false,
        };
        let before: Vec<&EndpointPart> = self.old.map(|e| hosts(e).collect()).unwrap_or_default();
        let after: Vec<&EndpointPart> = hosts(self.new).collect();
        let gone: Vec<_> = before.iter().filter(|o| !after.iter().any(|n| equal(o, n))).copied().collect();
        let come: Vec<_> = after.iter().filter(|n| !before.iter().any(|o| equal(o, n))).copied().collect();
        let pairs = gone.len().max(come.len());
        (0..pairs).map(|i| Difference { old: gone.get(i).copied(), new: come.get(i).copied() }).collect()
    }

    fn namespace(&self, ctx: &Context<'a>) -> &'a str {
        &ctx.new_resource(self.new.setting).id.namespace
    }

    /// Where it runs.
    pub(crate) fn environment(&self) -> Environment {
        self.new.environment
    }

    /// Whom it concerns, as it may be printed: the one workload that uses it, or the thing that holds it.
    pub(crate) fn subject(&self, ctx: &Context<'_>) -> Option<Shown> {
        subject(ctx, self.new, ctx.new)
    }

    /// The key that holds the part, as a person would name it.
    pub(crate) fn key_of(&self, ctx: &Context<'_>, difference: &Difference<'_>) -> Shown {
        if self.new.string.is_some() {
            return ctx.name(&self.new.key.name);
        }
        match (difference.new, difference.old) {
            (Some(part), _) => ctx.name(&ctx.new.settings.get(part.setting).logical),
            (None, Some(part)) => ctx.name(&ctx.old.settings.get(part.setting).logical),
            (None, None) => ctx.name(&self.new.key.name),
        }
    }

    /// What to call the part in a sentence: `host of DATABASE_URL`, or the key itself where it holds nothing else.
    pub(crate) fn label(&self, ctx: &Context<'_>, word: &'static str, difference: &Difference<'_>) -> Shown {
        let key = self.key_of(ctx, difference);
        if self.new.string.is_some() { shown!("{} of {}", word, key) } else { key }
    }

    /// The programs beside this one in the same pod that stand between it and a database, if there is one.
    pub(crate) fn sidecar(&self, ctx: &Context<'_>) -> Option<Shown> {
        let workloads = self.new.workloads.iter().filter_map(|&w| ctx.new.facts.workloads.get(w));
        let mut containers = workloads.flat_map(|w| &w.containers).filter(|_| !self.new.workloads.is_empty());
        let proxy = containers.find(|c| is_proxy(&c.name) || c.image.as_deref().is_some_and(is_proxy))?;
        Some(ctx.name(&proxy.name))
    }

    /// The key as a text, to look for words in it.
    pub(crate) fn key(&self) -> &'a str {
        &self.new.key.name
    }
}

/// Whom an endpoint concerns; `None` for plain files, whose place says it.
pub(crate) fn subject(ctx: &Context<'_>, endpoint: &Endpoint, side: crate::rule::State<'_>) -> Option<Shown> {
    if let [only] = endpoint.workloads.as_slice() {
        return side.facts.workloads.get(*only).map(|w| ctx.name(&w.id.to_string()));
    }
    let holder = &side.settings.resource_of(endpoint.setting).id;
    (!holder.is_file()).then(|| ctx.name(&holder.to_string()))
}

/// Whether an address is written for a layer to take in: it counts as the layer makes it.
pub(crate) fn is_covered(side: crate::rule::State<'_>, endpoint: &Endpoint) -> bool {
    side.settings.resource_of(endpoint.setting).standing == Standing::Covered
}

/// Every address of the new side with its counterpart, in order.
pub(crate) fn addresses<'a>(ctx: &Context<'a>) -> Vec<Address<'a>> {
    let old = &ctx.old.facts.endpoints;
    let judged = |e: &&Endpoint| !e.superseded;
    let mut told: BTreeMap<usize, usize> = BTreeMap::new();
    let mut by_key: BTreeMap<_, Vec<&Endpoint>> = BTreeMap::new();
    let mut old_files: BTreeSet<&str> = BTreeSet::new();
    if !ctx.audit {
        let pairs = ctx.changes.iter().filter_map(|c| Some((c.endpoints.1?, c.endpoints.0?)));
        told.extend(pairs);
        for endpoint in old.iter().filter(judged) {
            by_key.entry(&endpoint.key).or_default().push(endpoint);
        }
        old_files.extend(ctx.files.iter().filter(|f| f.old.is_some()).map(|f| f.path.as_str()));
    }
    let all = ctx.new.facts.endpoints.iter().enumerate();
    let covered = all.filter(|(_, new)| is_covered(ctx.new, new)).map(|(index, new)| (new.at, (index, new)));
    let covered: BTreeMap<Location, (usize, &Endpoint)> = covered.collect();
    let before = |index: usize, new: &Endpoint| {
        let moved = told.get(&index).and_then(|&i| old.get(i));
        moved.or_else(|| by_key.get(&new.key).and_then(|known| counterpart(known, new)))
    };
    let address = |(index, new): (usize, &'a Endpoint)| {
        // What a layer that is new makes was there before as it is written.
        let written = || covered.get(&new.at).and_then(|(index, written)| before(*index, written));
        let old = before(index, new).or_else(written);
        Address { old, new, in_known_file: old_files.contains(ctx.sources.get(new.at.source).path.as_str()) }
    };
    let runs = |(_, new): &(usize, &Endpoint)| !is_covered(ctx.new, new);
    ctx.new.facts.endpoints.iter().enumerate().filter(runs).map(address).collect()
}

/// Of several of one key (two containers with the same variables), the one that did not change.
fn counterpart<'a>(known: &[&'a Endpoint], new: &Endpoint) -> Option<&'a Endpoint> {
    let unchanged =
        |o: &&&Endpoint| o.parts.len() == new.parts.len() && o.parts.iter().zip(&new.parts).all(|(a, b)| same(a, b));
    known.iter().find(unchanged).or_else(|| known.first()).copied()
}

/// A part that changed: of a whole address, or of one whose host stands elsewhere.
#[derive(Debug, Clone)]
pub(crate) struct PartChange<'a> {
    /// The address, where its host is known.
    pub(crate) address: Option<Address<'a>>,
    /// Before; `None` where it was absent or is secret.
    pub(crate) old: Option<&'a str>,
    /// After; `None` where it is absent or secret.
    pub(crate) new: Option<&'a str>,
    /// Where to look: the new part, or the address that lost it.
    pub(crate) at: Location,
    /// The key that holds the part.
    pub(crate) key: Shown,
    /// What to call it in a sentence.
    pub(crate) label: Shown,
    /// Whom it concerns.
    pub(crate) subject: Option<Shown>,
    /// Where it runs.
    pub(crate) environment: Environment,
}

impl PartChange<'_> {
    /// What the part was, as it may be printed.
    pub(crate) fn old_shown(&self, ctx: &Context<'_>) -> Option<Shown> {
        self.old.map(|t| ctx.name(t))
    }

    /// What the part is, as it may be printed.
    pub(crate) fn new_shown(&self, ctx: &Context<'_>) -> Option<Shown> {
        self.new.map(|t| ctx.name(t))
    }

    /// Whether the address leads to another host or is for another engine now, so that the part only follows.
    pub(crate) fn follows_host(&self, ctx: &Context<'_>) -> bool {
        self.address.is_some_and(|a| a.host_moved(ctx) || a.is_for_another_engine())
    }

    /// Engine of the address; unknown where its host stands elsewhere.
    pub(crate) fn engine(&self) -> Engine {
        self.address.map_or(Engine::Unknown, |a| a.new.engine)
    }
}

/// All changes of one part. An address that is new as a whole has none: it replaces nothing.
pub(crate) fn part_changes<'a>(ctx: &Context<'a>, role: &str, word: &'static str) -> Vec<PartChange<'a>> {
    let mut found = Vec::new();
    for address in addresses(ctx).into_iter().filter(|a| a.old.is_some()) {
        let Some(d) = address.difference(role) else { continue };
        found.push(PartChange {
            address: Some(address),
            old: d.was(),
            new: d.is(),
            at: d.new.map_or(address.new.at, |p| p.at),
            key: address.key_of(ctx, &d),
            label: address.label(ctx, word, &d),
            subject: address.subject(ctx),
            environment: address.environment(),
        });
    }
    let loose = |c: &&crate::meaning::Explained| c.role.as_deref() == Some(role) && c.endpoints == (None, None);
    for change in ctx.changes.iter().filter(loose) {
        let (Some(old), Some(new)) = (&change.old, &change.new) else { continue };
        let text = |side: &'a crate::meaning::ChangeSide| (!side.secret).then_some(side.text.as_str());
        if text(old) == text(new) {
            continue;
        }
        found.push(PartChange {
            address: None,
            old: text(old),
            new: text(new),
            at: new.at,
            key: ctx.name(&change.logical),
            label: ctx.name(&change.logical),
            subject: change.subject.as_deref().map(|s| ctx.name(s)),
            environment: change.environment,
        });
    }
    let composed = references::composed_changes(ctx, role).into_iter().map(|c| PartChange {
        address: None,
        old: Some(c.old),
        new: Some(c.new),
        at: c.at,
        key: ctx.name(c.key),
        label: shown!("{} of {}", word, ctx.name(c.key)),
        subject: c.change.subject.as_deref().map(|s| ctx.name(s)),
        environment: c.change.environment,
    });
    found.extend(composed);
    found
}

/// What pools in front of the server, if the address says so.
pub(crate) fn pooler_of(endpoint: &Endpoint) -> Option<&'static str> {
    let by_name = hosts(endpoint).filter_map(|p| host_role(p.text.as_deref()?)).find_map(|role| match role {
        HostRole::Pooler => Some("the pooler"),
        HostRole::Proxy => Some("the proxy"),
        _ => None,
    });
    let by_port = || text(endpoint, "port").and_then(|p| p.parse().ok()).and_then(connection::pooler_port);
    by_name.or_else(by_port)
}

/// A host as names are compared: lower case, without the dot of the root.
pub(crate) fn folded(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// Whether two spellings name one host: case, the dot at the end, and the long forms of a name of the cluster.
pub(crate) fn same_host(a: &str, b: &str, namespace: &str) -> bool {
    let (a, b) = (folded(a), folded(b));
    if a == b {
        return true;
    }
    let (short, long) = if a.len() < b.len() { (&a, &b) } else { (&b, &a) };
    let Some(rest) = long.strip_prefix(short.as_str()).and_then(|r| r.strip_prefix('.')) else { return false };
    let labels: Vec<&str> = rest.split('.').collect();
    let home = |told: &str| namespace.is_empty() || told == namespace;
    match labels.as_slice() {
        ["svc"] | ["cluster", "local"] | ["svc", "cluster", "local"] => short.contains('.'),
        // `db` → `db.shop` is the same name for whoever lives in `shop`.
        [told] => !short.contains('.') && !namespace.is_empty() && *told == namespace,
        [told, "svc"] | [told, "svc", "cluster", "local"] => !short.contains('.') && home(told),
        _ => false,
    }
}

/// A place where a host is in use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The endpoint.
    pub(crate) endpoint: &'a Endpoint,
    /// The bytes of the host.
    pub(crate) at: Location,
}

/// Which hosts are in use where, on both sides.
#[derive(Debug)]
pub(crate) struct Hosts<'a> {
    old: BTreeMap<String, Vec<Place<'a>>>,
    new: BTreeMap<String, Vec<Place<'a>>>,
    served: BTreeSet<String>,
}

impl<'a> Hosts<'a> {
    /// Looks at all endpoints and servers of both sides.
    pub(crate) fn of(ctx: &Context<'a>) -> Hosts<'a> {
        // A server that is known by its address alone proves nothing about the name.
        let servers = ctx.old.facts.servers.iter().chain(&ctx.new.facts.servers).filter(|s| s.at.is_some());
        let named = servers.flat_map(|s| s.hosts.iter().map(|h| folded(h)));
        let told = |e: &&Endpoint| e.server.is_some_and(|(_, link)| matches!(link, Link::Declared | Link::ServiceName));
        let endpoints = ctx.old.facts.endpoints.iter().chain(&ctx.new.facts.endpoints).filter(told);
        let linked = endpoints.flat_map(hosts).filter_map(|p| p.text.as_deref()).map(folded);
        Hosts {
            old: if ctx.audit { BTreeMap::new() } else { places(&ctx.old.facts.endpoints) },
            new: places(&ctx.new.facts.endpoints),
            served: named.chain(linked).collect(),
        }
    }

    /// Places of a host before.
    pub(crate) fn before(&self, host: &str) -> &[Place<'a>] {
        self.old.get(&folded(host)).map_or(&[], Vec::as_slice)
    }

    /// Places of a host after.
    pub(crate) fn after(&self, host: &str) -> &[Place<'a>] {
        self.new.get(&folded(host)).map_or(&[], Vec::as_slice)
    }

    /// Whether the host is the name of a server that the tree itself defines, or that the user declared.
    pub(crate) fn is_served(&self, host: &str) -> bool {
        self.served.contains(&folded(host))
    }

    /// All hosts of both sides, each once.
    pub(crate) fn all(&self) -> BTreeSet<&str> {
        self.old.keys().chain(self.new.keys()).chain(&self.served).map(String::as_str).collect()
    }
}

fn places(endpoints: &[Endpoint]) -> BTreeMap<String, Vec<Place<'_>>> {
    let mut found: BTreeMap<String, Vec<Place<'_>>> = BTreeMap::new();
    for endpoint in endpoints {
        for part in hosts(endpoint) {
            let Some(host) = part.text.as_deref().filter(|h| !h.trim().is_empty() && is_literal(h)) else { continue };
            let known = found.entry(folded(host)).or_default();
            // One anchor that several keys refer to is one place.
            if !known.iter().any(|p| p.at == part.at) {
                known.push(Place { endpoint, at: part.at });
            }
        }
    }
    found
}

/// The environment that a host's or database's name tells.
pub(crate) fn named_environment(name: &str) -> Option<Environment> {
    match connection::host_environment(name)? {
        "production" => Some(Environment::Production),
        "staging" => Some(Environment::Staging),
        "development" => Some(Environment::Development),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_short_names_of_the_cluster_are_one_host() {
        assert!(same_host("orders-db", "orders-db.shop.svc.cluster.local", "shop"));
        assert!(same_host("orders-db.shop", "orders-db.shop.svc", "web"));
        assert!(same_host("DB.example.com.", "db.example.com", ""));
        assert!(!same_host("orders-db", "orders-db.billing.svc.cluster.local", "shop"));
        assert!(!same_host("db", "db.example.com", "shop"));
        assert!(!same_host("orders-db", "orders-db2", "shop"));
    }
}
