//! The pool cannot carry the traffic that was declared for it.

use crate::catalogue::Role;
use crate::declare_rule;
use crate::facts::Pool;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::{Context, PoolPair, Traffic};
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
        if let (Some(new), Some(load)) = (pair.new, overload(ctx, pair)) {
            out.push(finding(ctx, pair.old, new, &load));
        }
    }
}

/// Whether the declared traffic is too much for the pool, and the change made it so or worse.
pub(super) fn is_overloaded(ctx: &Context<'_>, pair: PoolPair<'_>) -> bool {
    overload(ctx, pair).is_some()
}

fn overload(ctx: &Context<'_>, pair: PoolPair<'_>) -> Option<Traffic> {
    let now = Traffic::of(&ctx.policy.declared, ctx.new.facts, pair.new?)?;
    let before = pair.old.and_then(|old| Traffic::of(&ctx.policy.declared, ctx.old.facts, old));
    let worse = before.is_none_or(|b| now.utilisation() > b.utilisation());
    (worse && !now.fits()).then_some(now)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and far below 2^64")]
fn enough(load: &Traffic) -> u64 {
    // The least size that has the slack it needs.
    let start = (load.busy / f64::from(u32::try_from(load.processes).unwrap_or(u32::MAX))).floor() as u64;
    let fits = |each: &u64| Traffic { each: *each, ..*load }.fits();
    (start.max(1)..start.saturating_mul(3).max(10)).find(fits).unwrap_or(start.saturating_mul(2))
}

fn finding(ctx: &Context<'_>, old: Option<&Pool>, pool: &Pool, load: &Traffic) -> Finding {
    let percent = (load.utilisation() * 100.0).round();
    let setting = pool.setting(Role::PoolMax);
    let before = old.and_then(|p| p.setting(Role::PoolMax));
    let name = ctx.name(setting.map_or(pool.library.as_str(), |s| s.name.as_str()));
    let full = load.utilisation() >= 1.0;
    let severity = if full { Severity::Critical } else { Severity::High };
    let title = if full {
        shown!(
            "{} cannot carry the declared traffic: {} connections busy on average, {} there",
            name,
            round(load.busy),
            load.each * load.processes
        )
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
            load.hold_ms,
            round(load.busy),
            load.processes,
            load.each,
            load.each * load.processes,
            waits
        ))
        .subject(ctx.owner(pool), pool.environment)
        .setting(name.clone(), ctx.written(before), ctx.written(setting))
        .symptom(Shown::of_static("Connection is not available, request timed out"))
        .symptom(Shown::of_static("response times grow while the database is idle"))
        .fix(
            shown!("set {} to {} or more, if the server has room for it", name, proposed),
            Some(shown!("{}", proposed)),
        )
        .rollback(match ctx.written(before) {
            Some(size) => shown!("set {} back to {}; processes take it when they restart", name, size),
            None => shown!("set {} to {} or more; processes take it when they restart", name, proposed),
        })
        .question(shown!(
            "Is the declared traffic ({} requests a second, {} ms each) still right for this pool?",
            load.rate,
            load.hold_ms
        ))
        .build()
}

/// One decimal, so that the sum can be checked by hand.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
