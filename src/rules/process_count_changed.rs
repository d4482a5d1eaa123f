//! More or fewer processes open the same pool.

use std::collections::BTreeSet;

use crate::budget::Verdict;
use crate::declare_rule;
use crate::facts::{Facts, Pool};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::Explained;
use crate::rule::names;
use crate::rule::{Context, State};
use crate::secret::Shown;
use crate::setting::{Environment, ResourceId, SettingRef};
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// Another number of replicas, worker processes or concurrent jobs of something that connects to a database. Where the
    /// server's limit is known, the budget says more, and this rule gives way to it.
    ///
    /// ## Why it hurts
    ///
    /// Each process opens a pool of its own, so the number multiplies every pool size in the files: 10 replicas with
    /// 4 workers and a pool of 20 may hold 800 connections, though no line says so.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/values.yaml
    /// conf:
    ///   orders:
    ///     DEFAULT:
    ///       api_workers: 1
    ///     database:
    ///       connection: mysql+pymysql://orders@orders-db.example.internal/orders
    /// ```
    ///
    /// ```yaml after prod/values.yaml
    /// conf:
    ///   orders:
    ///     DEFAULT:
    ///       api_workers: 4
    ///     database:
    ///       connection: mysql+pymysql://orders@orders-db.example.internal/orders
    /// ```
    ///
    /// ```yaml fixed prod/values.yaml
    /// conf:
    ///   orders:
    ///     DEFAULT:
    ///       api_workers: 1
    ///       api_listen: 0.0.0.0
    ///     database:
    ///       connection: mysql+pymysql://orders@orders-db.example.internal/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Multiply the pool by the number of processes, and see that the server's limit has room for it.
    ///
    /// ## When it is wrong
    ///
    /// For workers that open no connection, and where all of them go through one pooler.
    ///
    /// ## References
    ///
    /// - <https://devcenter.heroku.com/articles/concurrency-and-database-connections>
    pub(super) static PROCESS_COUNT_CHANGED = "process-count-changed", Low, Medium,
        "Another number of processes opens the same pool", check;
}

/// From here on a number looks like a slip of a digit.
const TENFOLD: u64 = 10;

/// What shares a pool rather than opening one.
const THREADS: &str = "processes or threads";

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if ctx.audit {
        return;
    }
    let clients = Clients::of(ctx.new);
    out.extend(ctx.changes.iter().filter_map(|change| finding(ctx, &clients, change)));
}

/// What connects to a database.
struct Clients<'a> {
    facts: &'a Facts,
    owners: BTreeSet<String>,
}

impl<'a> Clients<'a> {
    fn of(side: State<'a>) -> Clients<'a> {
        let facts = side.facts;
        let holder = |at: SettingRef| side.settings.resource_of(at).id.to_string();
        let endpoints = facts.endpoints.iter().map(|e| holder(e.setting));
        let readers = facts.endpoints.iter().flat_map(|e| &e.workloads).filter_map(|&w| facts.workloads.get(w));
        let pools = facts.pools.iter().map(|p| p.key.owner.clone());
        // Where the host stands elsewhere, a user, port or database of one still tells.
        let parts = ["url", "host", "port", "user", "database"];
        let told = facts.meanings.iter().filter(|(_, m)| m.role.as_deref().is_some_and(|role| parts.contains(&role)));
        let holders: BTreeSet<u32> = told.map(|(at, _)| at.resource).collect();
        let of_parts = side.settings.resources.iter().zip(0_u32..).filter(|(_, at)| holders.contains(at));
        let of_parts = of_parts.map(|(resource, _)| resource.id.to_string());
        let owners = endpoints.chain(readers.map(|w| w.id.to_string())).chain(pools).chain(of_parts).collect();
        Clients { facts, owners }
    }

    /// The largest pool of a workload.
    fn largest_pool(&self, id: &ResourceId) -> Option<&'a Pool> {
        let of = |p: &&Pool| p.owner.and_then(|(w, _)| self.facts.workloads.get(w)).is_some_and(|w| w.id == *id);
        self.facts.pools.iter().filter(of).max_by_key(|p| p.ceiling().known())
    }
}

fn finding(ctx: &Context<'_>, clients: &Clients<'_>, change: &Explained) -> Option<Finding> {
    let (old, new) = (change.old.as_ref()?, change.new.as_ref()?);
    let (was, is) = (old.text.trim().parse::<u64>().ok()?, new.text.trim().parse::<u64>().ok()?);
    let unit = unit_of(&change.logical).or_else(|| unit_of(&change.path))?;
    let holder = &ctx.new_resource(new.setting).id;
    // A scaler speaks of the workload that it scales.
    let scales = || ctx.new.facts.workloads.iter().find(|w| w.max_replicas.at == Some(new.at)).map(|w| &w.id);
    let owner = if clients.owners.contains(&holder.to_string()) { holder } else { scales()? };
    if was == is || !clients.owners.contains(&owner.to_string()) {
        return None;
    }
    let severity = match () {
        () if was > 0 && is >= was.saturating_mul(TENFOLD) => Severity::Medium,
        () if is > was || is.saturating_mul(2) <= was => Severity::Low,
        () => Severity::Info,
    };
    let severity = if change.environment == Environment::Development { Severity::Info } else { severity };
    let key = ctx.name(&change.logical);
    let pool = clients.largest_pool(owner);
    if pool.is_some_and(|pool| is_counted(ctx, pool) || is_traded(ctx, pool, was, is)) {
        return None;
    }
    let message = match pool.filter(|_| unit != THREADS).and_then(|p| Some((p, p.ceiling().known()?))) {
        Some((pool, each)) => shown!(
            "each opens a pool of up to {} connections ({}): {} × {} = {}, it was {}",
            each,
            ctx.name(&pool.library),
            is,
            each,
            is.saturating_mul(each),
            was.saturating_mul(each)
        ),
        None if unit == THREADS => {
            Shown::of_static("each may want a connection; with more of them than the pool has, they wait")
        }
        None => Shown::of_static("each opens a pool of its own, whose size the files do not tell"),
    };
    let builder = FindingBuilder::new(
        PROCESS_COUNT_CHANGED.name,
        severity,
        Confidence::Medium,
        new.at,
        shown!("{} changed: {} → {} {} that connect to a database", key, was, is, unit),
    )
    .message(message)
    .subject(change.subject.as_deref().map(|s| ctx.name(s)), change.environment)
    .setting(key.clone(), Some(shown!("{}", was)), Some(shown!("{}", is)))
    .fix(Shown::of_static("multiply the pool by it, and see that the server's limit has room"), None)
    .rollback(shown!("set {} back to {}", key, was));
    if severity > Severity::Low {
        return Some(
            builder.question(shown!("Is {} meant, and does the database take that many clients?", is)).build(),
        );
    }
    Some(builder.build())
}

/// Whether the budget knows both sides of the sum, so that it has said all there is to say.
fn is_counted(ctx: &Context<'_>, pool: &Pool) -> bool {
    ctx.budget_of(ctx.new.facts, pool).is_some_and(|row| row.verdict != Verdict::CannotTell)
}

/// Whether the pool shrank as the processes grew, so that all of them may open as many connections as before.
fn is_traded(ctx: &Context<'_>, pool: &Pool, was: u64, is: u64) -> bool {
    let size = |pool: &Pool| pool.ceiling().known();
    let old = ctx.old.facts.pools.iter().find(|old| old.key == pool.key).and_then(size);
    let total = |count: u64, each: Option<u64>| each.and_then(|each| count.checked_mul(each));
    total(was, old).is_some() && total(was, old) == total(is, size(pool))
}

/// What a key counts; `None` if it counts nothing that opens pools.
fn unit_of(key: &str) -> Option<&'static str> {
    let words = names::words(key);
    if words.iter().any(|w| {
        matches!(w.as_str(), "nginx" | "history" | "connections" | "min" | "minimum" | "target" | "memory" | "size")
    }) {
        return None;
    }
    let last = words.last()?.as_str();
    let before = words.len().checked_sub(2).and_then(|at| words.get(at)).map_or("", String::as_str);
    Some(match (before, last) {
        (_, "workers" | "processes") | ("worker" | "process", "count" | "num" | "number") => "processes",
        ("web" | "sidekiq" | "celery" | "celeryd" | "worker", "concurrency") => THREADS,
        ("max", "threads") => THREADS,
        (_, "replicas") | ("replica", "count") => "replicas",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::unit_of;

    #[test]
    fn keys_that_multiply_pools_are_told_from_others() {
        for key in [
            "rpc_workers",
            "conf.nova.DEFAULT.osapi_compute_workers",
            "WEB_CONCURRENCY",
            "replicaCount",
            "spec.maxReplicas",
        ] {
            assert!(unit_of(key).is_some(), "{key}");
        }
        for key in [
            "nginx.worker_processes",
            "spec.minReplicas",
            "worker_connections",
            "max_parallel_workers_size",
            "revisionHistoryLimit",
        ] {
            assert!(unit_of(key).is_none(), "{key}");
        }
    }
}
