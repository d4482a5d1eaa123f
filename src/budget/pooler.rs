//! A pooler in both its roles: as a client of its server, and as what its own clients connect to.
//!
//! `server_demand = min(pods × cap, clients)`. The cap of PgBouncer and its kin is for each pair of user and database, so
//! that the clients' connection strings decide it. A client whose user or database is not written counts as a pair of its
//! own at most, and as one of the others' at least.

use std::collections::BTreeSet;

use crate::budget::index::Index;
use crate::budget::load::{Clients5, Line, Rolls, Scenario, lines_of, pooler_copies, total};
use crate::facts::{Facts, Origin, Pooler, PoolerCap, Reading, Route, Server};
use crate::quantity::Interval;
use crate::source::Location;

/// User and database of a client, as far as they are written.
type Pair = (Option<String>, Option<String>);

/// The pooler as a line of a server's sum.
pub(super) fn line<'a>(
    facts: &'a Facts,
    index: &Index,
    at: usize,
    server: usize,
    rolls: Rolls<'_>,
) -> Option<Line<'a>> {
    let pooler = facts.poolers.get(at)?;
    let routes: Vec<&Route> = pooler.routes.iter().filter(|r| r.server.0 == server).collect();
    let link = routes.first()?.server.1;
    let clients = lines_of(facts, index.of_pooler(at), rolls);
    let (mine, pairs): (Vec<Line<'a>>, Vec<Vec<Pair>>) = routed(facts, pooler, &routes, clients);
    let limit = facts.servers.get(server)?.limit.clone();
    let caps: Vec<Interval> = routes.iter().zip(&pairs).map(|(r, p)| pod_cap(pooler, r, p, &limit)).collect();
    let ceiling = caps.into_iter().fold(Interval::ZERO, Interval::plus);
    let workload = pooler.workload.and_then(|w| facts.workloads.get(w));
    let copies = pooler_copies(pooler, workload, rolls);
    let most = (!mine.is_empty()).then(|| Clients5::of(|scenario| total(&mine, scenario)));
    let (origin, places) = told(pooler);
    let origin = origin.max(copies.replicas.origin.clone());
    Some(Line {
        who: pooler.name.clone(),
        pool_name: format!("{}, {}", pooler.product, pooler.mode.as_str()),
        pool: pooler.pools.first().and_then(|&p| facts.pools.get(p)),
        workload,
        pooler: Some(pooler),
        pairs: pairs.iter().map(|p| count(p, |_| true)).fold(Interval::ZERO, Interval::plus),
        copies,
        processes: Reading::default_of(1, "one process of it"),
        ceiling,
        most,
        floor: Interval::ZERO,
        link: link.as_str(),
        maybe: false,
        foreign: false,
        origin,
        places,
        clients: mine,
    })
}

/// The clients that go to one server through the pooler, and their pairs by route.
fn routed<'a>(
    facts: &Facts,
    pooler: &Pooler,
    routes: &[&Route],
    clients: Vec<Line<'a>>,
) -> (Vec<Line<'a>>, Vec<Vec<Pair>>) {
    let mut pairs: Vec<Vec<Pair>> = vec![Vec::new(); routes.len()];
    let mut mine = Vec::new();
    for line in clients {
        let pair = pair_of(facts, &line);
        let named = |r: &Route| r.database.is_some() && r.database == pair.1;
        let has_own = pooler.routes.iter().any(named);
        // Of a client whose database is not written, nobody knows the way where several lead on.
        let fits = |r: &Route| match &r.database {
            Some(_) => named(r) || pair.1.is_none(),
            None => !has_own,
        };
        let mut taken = false;
        for (route, list) in routes.iter().zip(&mut pairs).filter(|(r, _)| fits(r)) {
            list.push((pair.0.clone(), pair.1.clone().or_else(|| route.database.clone())));
            taken = true;
        }
        if taken {
            mine.push(line);
        }
    }
    (mine, pairs)
}

fn pair_of(facts: &Facts, line: &Line<'_>) -> Pair {
    let by_pool = line.pool.and_then(|p| p.endpoint);
    let Some(endpoint) = by_pool.and_then(|e| facts.endpoints.get(e)) else { return (None, None) };
    let text = |role: &str| {
        let part = endpoint.parts.iter().find(|p| p.role == role)?;
        part.text.clone().filter(|t| !t.is_empty() && !t.contains(['$', '{', '<', '%']))
    };
    (text("user").or_else(|| endpoint.user.clone()), text("database"))
}

/// Distinct pairs among the clients; without any client in sight one at least.
fn count(pairs: &[Pair], of: impl Fn(&Pair) -> bool) -> Interval {
    distinct(pairs.iter().filter(|p| of(p)).map(|(user, database)| user.clone().zip(database.clone())))
}

/// How many distinct values there are: of the unknown ones each may be another or none.
fn distinct<T: Ord>(values: impl Iterator<Item = Option<T>>) -> Interval {
    let (mut known, mut unknown, mut any) = (BTreeSet::new(), 0_u64, false);
    for value in values {
        any = true;
        match value {
            Some(value) => drop(known.insert(value)),
            None => unknown += 1,
        }
    }
    if !any {
        return Interval::at_least(1);
    }
    let known = u64::try_from(known.len()).unwrap_or(u64::MAX);
    Interval::between(known.max(1), known.saturating_add(unknown))
}

/// What one process may open to a server on one way.
fn pod_cap(pooler: &Pooler, route: &Route, pairs: &[Pair], limit: &Reading) -> Interval {
    match &pooler.cap {
        PoolerCap::Pairs { size, reserve, database, user } => {
            let size = route.size.as_ref().unwrap_or(size);
            // A pair has no more connections than the process has clients.
            let clients = pooler.client_max.as_ref().map_or(Interval::at_least(0), |most| most.value);
            let each = bounded(size.value.plus(reserve.value), clients);
            let all = each.times(count(pairs, |_| true));
            let databases = match route.database {
                Some(_) => Interval::exact(1),
                None => distinct(pairs.iter().map(|(_, database)| database.clone())),
            };
            let users = distinct(pairs.iter().map(|(user, _)| user.clone()));
            let of_database = route.most.as_ref().unwrap_or(database).value;
            bounded(bounded(all, per(of_database, databases)), per(user.value, users))
        }
        PoolerCap::Product(a, b) => a.value.times(b.value),
        PoolerCap::Sum(parts) => parts.iter().map(|r| r.value).fold(Interval::ZERO, Interval::plus),
        PoolerCap::Share(percent) => {
            let share = |n: u64, percent: u64| n.saturating_mul(percent) / 100;
            let hi = limit.value.hi.zip(percent.value.hi).map(|(n, p)| share(n, p));
            Interval { lo: share(limit.value.lo, percent.value.lo), hi }
        }
        PoolerCap::PassThrough => Interval::at_least(0),
    }
}

/// The smaller of a sum and a bound; a bound that is not set bounds nothing.
fn bounded(sum: Interval, bound: Interval) -> Interval {
    if bound.hi.is_none() { sum } else { sum.min(bound) }
}

fn per(bound: Interval, times: Interval) -> Interval {
    if bound.hi.is_none() { bound } else { bound.times(times) }
}

/// The weakest origin of what bounds a pooler, and the places.
fn told(pooler: &Pooler) -> (Origin, Vec<Location>) {
    let mut readings: Vec<&Reading> = match &pooler.cap {
        PoolerCap::Pairs { size, reserve, database, user } => vec![size, reserve, database, user],
        PoolerCap::Product(a, b) => vec![a, b],
        PoolerCap::Sum(parts) => parts.iter().collect(),
        PoolerCap::Share(share) => vec![share],
        PoolerCap::PassThrough => Vec::new(),
    };
    readings.extend(pooler.routes.iter().flat_map(|r| r.size.iter().chain(&r.most)));
    let set = readings.iter().filter(|r| r.value.hi.is_some());
    let origin = set.map(|r| r.origin.clone()).max().unwrap_or(Origin::Default(pooler.product.clone()));
    let mut places: Vec<Location> = readings.iter().filter_map(|r| r.at).collect();
    places.sort();
    places.dedup();
    (origin, places)
}

/// The pooler as a server of its clients: its limit is the number that all its processes take.
pub(super) fn stand_in(facts: &Facts, pooler: &Pooler) -> Server {
    let least = pooler.pods.min.value.lo;
    let limit = match &pooler.client_max {
        Some(most) => Reading {
            value: most.value.times(Interval::exact(least)),
            origin: most.origin.clone().max(pooler.pods.min.origin.clone()),
            at: most.at,
        },
        None => Reading::unknown(0, format!("{} of {} bounds no clients", pooler.product, pooler.name)),
    };
    let own = pooler.pools.iter().filter_map(|&p| facts.pools.get(p));
    let name = own.into_iter().find_map(|p| p.setting(crate::catalogue::Role::PoolerClientMax)).map(|s| s.name.clone());
    Server {
        limit,
        reserved: Reading::default_of(0, "a pooler keeps none back"),
        limit_name: Some(name.unwrap_or_else(|| "max_client_conn".to_owned())),
        fixed_clients: Reading::default_of(0, "no others"),
        environment: pooler.environment,
        at: Some(pooler.at),
        ..Server::named(&pooler.name, pooler.engine)
    }
}

/// Connections that all processes of a pooler may open to its servers, at peak.
pub(super) fn server_cap(facts: &Facts, index: &Index, at: usize, rolls: Rolls<'_>) -> Interval {
    let Some(pooler) = facts.poolers.get(at) else { return Interval::ZERO };
    let servers: BTreeSet<usize> = pooler.routes.iter().map(|r| r.server.0).collect();
    let of = |server: usize| {
        let line = line(facts, index, at, server, rolls)?;
        Some(line.copies.at(Scenario::Peak).times(line.ceiling))
    };
    servers.into_iter().filter_map(of).fold(Interval::ZERO, Interval::plus)
}
