//! The pool cannot carry the traffic that was declared for it.

use crate::catalogue::Role;
use crate::declare_rule;
use crate::facts::{DeclaredWorkload, Facts, Pool};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A pool whose size, over all replicas and processes, is at or near what the declared traffic keeps busy.
    /// `requests_per_second` and `hold_time_ms` under `[[workload]]` in `plimsoll.toml` are the inputs; without them this
    /// rule says nothing.
    ///
    /// ## Why it hurts
    ///
    /// By Little's law `requests a second × hold time` connections are busy on average. At the size of the pool the queue
    /// grows without end and every request meets the acquire timeout; a little below it the waiting is already long.
    ///
    /// ## Example
    ///
    /// ```toml both plimsoll.toml
    /// [[workload]]
    /// match = { kind = "service", name = "checkout" }
    /// requests_per_second = 400
    /// hold_time_ms = 45
    /// ```
    ///
    /// ```yaml before compose.yaml
    /// services:
    ///   checkout:
    ///     image: registry.example.org/shop/checkout:1.0
    ///     environment:
    ///       SPRING_DATASOURCE_URL: jdbc:postgresql://db.example.internal:5432/shop
    ///       SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: "40"
    /// ```
    ///
    /// ```yaml after compose.yaml
    /// services:
    ///   checkout:
    ///     image: registry.example.org/shop/checkout:1.0
    ///     environment:
    ///       SPRING_DATASOURCE_URL: jdbc:postgresql://db.example.internal:5432/shop
    ///       SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: "16"
    /// ```
    ///
    /// ```yaml fixed compose.yaml
    /// services:
    ///   checkout:
    ///     image: registry.example.org/shop/checkout:1.0
    ///     environment:
    ///       SPRING_DATASOURCE_URL: jdbc:postgresql://db.example.internal:5432/shop
    ///       SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: "36"
    /// ```
    ///
    /// ## What to do
    ///
    /// Take the size that leaves room for a slow minute, or shorten the time that a request holds a connection.
    ///
    /// ## When it is wrong
    ///
    /// When the declared numbers are old, or not every request needs the database.
    ///
    /// ## References
    ///
    /// - J. D. C. Little, "A Proof for the Queuing Formula L = λW", Operations Research 9 (1961)
    /// - A. K. Erlang's C formula for the share of requests that wait
    pub(super) static POOL_BELOW_TRAFFIC = "pool-below-traffic", High, High,
        "A pool cannot carry the declared traffic", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for pair in ctx.pools() {
        let Some(new) = pair.new else { continue };
        let Some(now) = load(ctx, ctx.new.facts, new) else { continue };
        let before = pair.old.and_then(|old| load(ctx, ctx.old.facts, old));
        let worse = before.as_ref().is_none_or(|b| now.connections < b.connections || now.busy > b.busy);
        if worse && now.utilisation() > limit(now.each) {
            out.push(finding(ctx, new, &now));
        }
    }
}

/// The traffic of a pool and what it has to carry it.
struct Load {
    /// Connections busy on average, over all replicas.
    busy: f64,
    /// Connections of all replicas and processes.
    connections: f64,
    /// Connections of one process.
    each: u64,
    /// Processes over all replicas.
    processes: f64,
    rate: f64,
    hold: f64,
}

impl Load {
    fn utilisation(&self) -> f64 {
        self.busy / self.connections
    }

    /// Share of requests that wait, and their mean wait in milliseconds: Erlang C for one process's pool.
    fn waiting(&self) -> Option<(f64, f64)> {
        let offered = self.busy / self.processes;
        let servers = as_float(self.each);
        if offered >= servers {
            return None;
        }
        let blocking = (1..=self.each.min(10_000)).fold(1.0, |b, k| offered * b / (as_float(k) + offered * b));
        let wait = blocking / (1.0 - offered / servers * (1.0 - blocking));
        Some((wait, wait * self.hold / (servers - offered)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "pool sizes are far below 2^52")]
fn as_float(n: u64) -> f64 {
    n as f64
}

/// Small pools need more slack than large ones for the same waiting time.
fn limit(each: u64) -> f64 {
    match each {
        0..=5 => 0.6,
        6..=20 => 0.7,
        _ => 0.8,
    }
}

fn told<'a>(ctx: &Context<'a>, facts: &Facts, pool: &Pool) -> Option<&'a DeclaredWorkload> {
    let (w, _) = pool.owner?;
    let id = &facts.workloads.get(w)?.id;
    ctx.policy.declared.workloads.iter().find(|d| d.matches(id) && d.requests_per_second.is_some())
}

fn load(ctx: &Context<'_>, facts: &Facts, pool: &Pool) -> Option<Load> {
    let told = told(ctx, facts, pool)?;
    let (w, c) = pool.owner?;
    let workload = facts.workloads.get(w)?;
    // The least number of replicas that the declared traffic can meet is the greatest: a scaler answers load.
    let replicas = workload.max_replicas.value.known()?;
    let processes = workload.containers.get(c)?.processes.value.known()?;
    let each = pool.ceiling().known()?;
    let (rate, hold) = (told.requests_per_second?, told.hold_time_ms?);
    let count = replicas.checked_mul(processes)?;
    if each == 0 || count == 0 {
        return None;
    }
    Some(Load {
        busy: rate * hold / 1000.0,
        connections: as_float(each.checked_mul(count)?),
        each,
        processes: as_float(count),
        rate,
        hold,
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and far below 2^64")]
fn enough(load: &Load) -> u64 {
    // Half as much again as what is busy on average, spread over the processes.
    (load.busy * 1.5 / load.processes).ceil() as u64
}

fn finding(ctx: &Context<'_>, pool: &Pool, load: &Load) -> Finding {
    let percent = (load.utilisation() * 100.0).round();
    let setting = pool.setting(Role::PoolMax);
    let name = ctx.name(setting.map_or(pool.library.as_str(), |s| s.name.as_str()));
    let full = load.utilisation() >= 1.0;
    let severity = if full { Severity::Critical } else { Severity::High };
    let title = if full {
        shown!("{} cannot carry the declared traffic: {} connections busy on average, {} there", name, round(load.busy), load.connections)
    } else {
        shown!("{} runs at {} % of its size under the declared traffic", name, percent)
    };
    let waits = match load.waiting() {
        Some((share, mean)) => shown!("{} % of requests wait, {} ms on average", (share * 100.0).round(), round(mean)),
        None => Shown::of_static("the queue grows without end"),
    };
    let at = setting.map_or(pool.at, |s| s.at);
    let proposed = enough(load);
    FindingBuilder::new(POOL_BELOW_TRAFFIC.name, severity, Confidence::High, at, title)
        .message(shown!(
            "{} requests a second × {} ms = {} connections busy; {} processes × {} = {}: {}",
            load.rate,
            load.hold,
            round(load.busy),
            load.processes,
            load.each,
            load.connections,
            waits
        ))
        .subject(ctx.owner(pool), pool.environment)
        .setting(name.clone(), None, ctx.written(setting))
        .symptom(Shown::of_static("Connection is not available, request timed out"))
        .symptom(Shown::of_static("response times grow while the database is idle"))
        .fix(shown!("set {} to {} or more, if the server has room for it", name, proposed), Some(shown!("{}", proposed)))
        .rollback(shown!("set {} back to its old size; processes take it when they restart", name))
        .question(shown!("Is the declared traffic ({} requests a second, {} ms each) still right for this pool?", load.rate, load.hold))
        .build()
}

/// One decimal, so that the sum can be checked by hand.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
