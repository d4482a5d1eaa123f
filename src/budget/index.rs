//! Who connects where, read once from the facts of a side, so that each sum costs no more than its own lines.

use std::collections::{BTreeMap, BTreeSet};

use crate::budget::load::Members;
use crate::connection::Engine;
use crate::facts::{Facts, Link, Pool};

/// Where a client goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum To {
    Server(usize),
    Pooler(usize),
}

/// The links of one side, by their ends.
pub(super) struct Index {
    members: BTreeMap<To, Members>,
    /// Pools of which nobody knows where they go, by engine.
    loose: BTreeMap<&'static str, Vec<usize>>,
    /// Servers by engine, their readers not counted.
    servers: BTreeMap<&'static str, usize>,
    poolers: BTreeMap<usize, Vec<usize>>,
    readers: BTreeMap<usize, Vec<usize>>,
    nobody: Members,
}

impl Index {
    pub(super) fn new(facts: &Facts) -> Index {
        let mut index = Index {
            members: BTreeMap::new(),
            loose: BTreeMap::new(),
            servers: BTreeMap::new(),
            poolers: BTreeMap::new(),
            readers: BTreeMap::new(),
            nobody: Members::default(),
        };
        index.add_servers(facts);
        let by_secret = by_secret(facts);
        let mut pooled: BTreeSet<(usize, To)> = BTreeSet::new();
        for (at, pool) in facts.pools.iter().enumerate().filter(|(_, p)| !p.is_pooler && !p.covered) {
            match destination(facts, pool, &by_secret) {
                Destination::Known(to, link) => {
                    index.members.entry(to).or_default().pools.push((at, link));
                    pooled.extend(pool.owner.map(|(w, _)| (w, to)));
                }
                Destination::Unknown => index.loose.entry(pool.engine.as_str()).or_default().push(at),
                Destination::Nowhere => {}
            }
        }
        index.add_unpooled(facts, &pooled);
        index
    }

    fn add_servers(&mut self, facts: &Facts) {
        let ids: BTreeMap<&str, usize> = facts.servers.iter().enumerate().map(|(i, s)| (s.id.as_str(), i)).collect();
        for (at, server) in facts.servers.iter().enumerate() {
            match server.replica_of.as_deref().and_then(|id| ids.get(id)) {
                Some(&primary) => self.readers.entry(primary).or_default().push(at),
                None => *self.servers.entry(server.engine.as_str()).or_default() += 1,
            }
        }
        for (at, pooler) in facts.poolers.iter().enumerate() {
            let targets: BTreeSet<usize> = pooler.routes.iter().map(|r| r.server.0).collect();
            targets.into_iter().for_each(|server| self.poolers.entry(server).or_default().push(at));
        }
    }

    /// Workloads that use an address, or a Secret that stands for one, without any pool setting in sight.
    fn add_unpooled(&mut self, facts: &Facts, pooled: &BTreeSet<(usize, To)>) {
        let mut bare: BTreeMap<(To, usize), Link> = BTreeMap::new();
        for endpoint in facts.endpoints.iter().filter(|e| !e.of_pooler) {
            let to = endpoint.pooler.map(|(q, link)| (To::Pooler(q), link));
            let Some((to, link)) = to.or(endpoint.server.map(|(s, link)| (To::Server(s), link))) else { continue };
            // Variables that a whole project shares name the server to itself too.
            let is_itself = |w: usize| {
                let server = endpoint.server.and_then(|(s, _)| facts.servers.get(s)).and_then(|s| s.at);
                server.is_some() && server == facts.workloads.get(w).map(|w| w.at)
            };
            let others = endpoint.workloads.iter().filter(|&&w| !pooled.contains(&(w, to)) && !is_itself(w));
            for &workload in others {
                bare.entry((to, workload)).or_insert(link);
            }
        }
        // An address that is written says more than the name of a Secret.
        let placed: BTreeSet<usize> = bare.keys().map(|(_, w)| *w).chain(pooled.iter().map(|(w, _)| *w)).collect();
        for secret in facts.secret_links.iter().filter(|s| !placed.contains(&s.owner.0)) {
            let to = secret.pooler.map(To::Pooler).or(secret.server.map(To::Server));
            if let Some(to) = to {
                bare.entry((to, secret.owner.0)).or_insert(Link::OperatorSecret);
            }
        }
        for ((to, workload), link) in bare {
            self.members.entry(to).or_default().unpooled.push((workload, link));
        }
    }

    pub(super) fn of_server(&self, server: usize) -> &Members {
        self.members.get(&To::Server(server)).unwrap_or(&self.nobody)
    }

    pub(super) fn of_pooler(&self, pooler: usize) -> &Members {
        self.members.get(&To::Pooler(pooler)).unwrap_or(&self.nobody)
    }

    /// Pools of an engine that are linked to nothing.
    pub(super) fn loose(&self, engine: Engine) -> &[usize] {
        self.loose.get(engine.as_str()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether there is one server of the engine in the tree.
    pub(super) fn is_lone(&self, engine: Engine) -> bool {
        self.servers.get(engine.as_str()) == Some(&1)
    }

    /// Poolers in front of a server.
    pub(super) fn poolers_of(&self, server: usize) -> &[usize] {
        self.poolers.get(&server).map(Vec::as_slice).unwrap_or_default()
    }

    /// Servers whose clients come to this one when they are lost.
    pub(super) fn readers_of(&self, server: usize) -> &[usize] {
        self.readers.get(&server).map(Vec::as_slice).unwrap_or_default()
    }
}

enum Destination {
    Known(To, Link),
    Unknown,
    Nowhere,
}

/// The one place that a container's Secrets lead to; of several none.
fn by_secret(facts: &Facts) -> BTreeMap<(usize, usize), Option<To>> {
    let mut found: BTreeMap<(usize, usize), Option<To>> = BTreeMap::new();
    for secret in &facts.secret_links {
        let to = secret.pooler.map(To::Pooler).or(secret.server.map(To::Server));
        found.entry(secret.owner).and_modify(|known| *known = known.filter(|k| Some(*k) == to)).or_insert(to);
    }
    found
}

fn destination(facts: &Facts, pool: &Pool, by_secret: &BTreeMap<(usize, usize), Option<To>>) -> Destination {
    let endpoint = pool.endpoint.and_then(|e| facts.endpoints.get(e));
    if endpoint.is_some_and(|e| e.of_pooler) {
        return Destination::Nowhere;
    }
    if let Some((pooler, link)) = endpoint.and_then(|e| e.pooler) {
        return Destination::Known(To::Pooler(pooler), link);
    }
    if let Some((server, link)) = endpoint.and_then(|e| e.server) {
        return Destination::Known(To::Server(server), link);
    }
    match pool.owner.and_then(|owner| by_secret.get(&owner)).copied().flatten() {
        Some(to) if endpoint.is_none() => Destination::Known(to, Link::OperatorSecret),
        _ => Destination::Unknown,
    }
}
