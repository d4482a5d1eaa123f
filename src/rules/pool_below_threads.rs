//! More worker threads than connections, so that threads wait for each other.

use crate::catalogue::{ReadValue, Role};
use crate::declare_rule;
use crate::facts::{Facts, Pool};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::secret::Shown;
use crate::shown;
use crate::source::Side;

declare_rule! {
    /// ## What it finds
    ///
    /// A process whose worker threads outnumber its connections by more than the library's kind bears: a Rails or other
    /// thread-per-connection pool below its thread count, or any pool that this change brings to a tenth of the threads.
    /// Where `connections-per-task` under `[[workload]]` in `plimsoll.toml` says that a task holds several at once, a pool
    /// below `threads × (connections per task − 1) + 1`: with fewer, all threads can wait for each other for ever.
    ///
    /// ## Why it hurts
    ///
    /// Each thread that finds the pool empty waits for the acquire timeout and then fails. With a runtime that takes one
    /// connection a thread, a pool of 5 under 16 threads fails at the first burst.
    ///
    /// ## Example
    ///
    /// ```yaml before compose.yaml
    /// services:
    ///   web:
    ///     image: registry.example.org/shop/web:1.0
    ///     command: bundle exec puma -t 5:5
    ///     environment:
    ///       DATABASE_URL: postgres://app@db.example.internal:5432/shop?pool=5
    /// ```
    ///
    /// ```yaml after compose.yaml
    /// services:
    ///   web:
    ///     image: registry.example.org/shop/web:1.0
    ///     command: bundle exec puma -t 16:16
    ///     environment:
    ///       DATABASE_URL: postgres://app@db.example.internal:5432/shop?pool=5
    /// ```
    ///
    /// ```yaml fixed compose.yaml
    /// services:
    ///   web:
    ///     image: registry.example.org/shop/web:1.0
    ///     command: bundle exec puma -t 16:16
    ///     environment:
    ///       DATABASE_URL: postgres://app@db.example.internal:5432/shop?pool=16
    /// ```
    ///
    /// ## What to do
    ///
    /// Give the pool at least one connection a thread where each request needs one, or use fewer threads.
    ///
    /// ## When it is wrong
    ///
    /// When most threads never touch the database. For JVM servers many more threads than connections are normal, which
    /// is why only a steep change is named there.
    ///
    /// ## References
    ///
    /// - <https://guides.rubyonrails.org/configuring.html#database-pooling>
    /// - <https://github.com/brettwooldridge/HikariCP/wiki/About-Pool-Sizing>
    pub(super) static POOL_BELOW_THREADS = "pool-below-threads", Medium, Medium,
        "A pool is smaller than the threads that share it", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for pair in ctx.pools() {
        let Some(new) = pair.new else { continue };
        // The traffic tells how many connections are needed; the threads only guess.
        if super::pool_below_traffic::is_overloaded(ctx, pair) {
            continue;
        }
        if let Some(now) = deadlock(ctx, ctx.new.facts, new) {
            let before = pair.old.and_then(|old| deadlock(ctx, ctx.old.facts, old));
            if before.is_none_or(|b| now.missing() > b.missing()) {
                out.push(deadlock_finding(ctx, pair.old, new, &now));
            }
            continue;
        }
        let Some((pool, threads)) = short(ctx.new.facts, new) else { continue };
        let before = pair.old.and_then(|old| short(ctx.old.facts, old));
        if before.is_some_and(|(p, t)| (pool, threads) == (p, t) || pool * t >= p * threads) {
            continue;
        }
        out.push(finding(ctx, pair.old, new, pool, threads));
    }
}

/// Pool and threads, where the pool is too small for its kind.
fn short(facts: &Facts, pool: &Pool) -> Option<(u64, u64)> {
    let (w, c) = pool.owner?;
    let container = facts.workloads.get(w)?.containers.get(c)?;
    let threads = container.threads.as_ref()?.value.known()?;
    let size = pool.ceiling().known()?;
    // Active Record takes a connection for as long as the thread works; other libraries only for a query.
    let one_each = pool.key.library.contains("rails") || pool.key.library.contains("active");
    let bound = if one_each { threads } else { threads / 10 };
    (size < bound).then_some((size, threads))
}

/// A pool that its own tasks can block: each thread may hold all but one of the connections that its task needs.
struct Deadlock {
    size: u64,
    threads: u64,
    per_task: u64,
}

impl Deadlock {
    /// The least size with which one task can always end.
    /// <https://github.com/brettwooldridge/HikariCP/wiki/About-Pool-Sizing#pool-locking>
    fn least(&self) -> u64 {
        self.threads.saturating_mul(self.per_task.saturating_sub(1)).saturating_add(1)
    }

    fn missing(&self) -> u64 {
        self.least().saturating_sub(self.size)
    }
}

fn deadlock(ctx: &Context<'_>, facts: &Facts, pool: &Pool) -> Option<Deadlock> {
    let (w, c) = pool.owner?;
    let workload = facts.workloads.get(w)?;
    let told =
        ctx.policy.declared.workloads.iter().find(|d| d.matches(&workload.id) && d.connections_per_task.is_some());
    let threads = workload.containers.get(c)?.threads.as_ref()?.value.known()?;
    let found = Deadlock { size: pool.ceiling().known()?, threads, per_task: told?.connections_per_task? };
    (found.missing() > 0 && found.per_task > 1).then_some(found)
}

fn deadlock_finding(ctx: &Context<'_>, before: Option<&Pool>, pool: &Pool, found: &Deadlock) -> Finding {
    let Deadlock { size, threads, per_task } = *found;
    let setting = pool.setting(Role::PoolMax);
    let name = ctx.name(setting.map_or(pool.library.as_str(), |s| s.name.as_str()));
    let old = before.and_then(|p| p.setting(Role::PoolMax));
    let title =
        shown!("{} connections for {} threads whose tasks hold {} each can block for ever", size, threads, per_task);
    let at = setting.map_or(pool.at, |s| s.at);
    FindingBuilder::new(POOL_BELOW_THREADS.name, Severity::High, Confidence::High, at, title)
        .message(shown!(
            "{} threads × ({} − 1) + 1 = {} connections are needed so that one task can always end",
            threads,
            per_task,
            found.least()
        ))
        .subject(ctx.owner(pool), pool.environment)
        .setting(name.clone(), ctx.written(old), ctx.written(setting))
        .symptom(Shown::of_static("all threads wait for a connection, none works, and the database is idle"))
        .fix(
            shown!(
                "set {} to {} or more, or run {} threads at most",
                name,
                found.least(),
                (size.max(1) - 1) / (per_task - 1)
            ),
            Some(shown!("{}", found.least())),
        )
        .rollback(Shown::of_static("set threads and pool back together; processes take both when they restart"))
        .question(shown!("Do tasks still hold {} connections at once?", per_task))
        .build()
}

/// A larger pool as far as the server has room for it, else fewer threads.
fn fix(ctx: &Context<'_>, pool: &Pool, name: &Shown, size: u64, threads: u64) -> Shown {
    let copies = ctx.new.facts.copies(pool).filter(|n| *n > 0);
    let room = ctx.budget_of(ctx.new.facts, pool).and_then(|row| {
        let after = row.after?;
        let free = after.usable.lo.saturating_sub(after.rollout.hi?);
        // During a rollout old and new replicas hold their pools at once.
        let owner = &pool.key.owner;
        let own = row.terms.iter().filter(|t| t.side == Side::New && t.workload == *owner);
        let each = own.filter_map(|t| t.rollout_replicas.times(t.processes).hi).max();
        Some((size + free / each.max(copies)?.max(1), ctx.name(&row.server)))
    });
    match room {
        Some((most, server)) if most <= size => {
            shown!("lower the threads to {}; {} has no room for a larger pool", size, server)
        }
        Some((most, server)) if most < threads => shown!(
            "raise {} to {} at most, which is what {} has room for, and lower the threads to as many",
            name,
            most,
            server
        ),
        Some((_, server)) => {
            shown!("raise {} to {}, for which {} has room, or lower the threads", name, threads, server)
        }
        None => {
            shown!("raise {} to {} if the server has room for it in every process, or lower the threads", name, threads)
        }
    }
}

fn finding(ctx: &Context<'_>, before: Option<&Pool>, pool: &Pool, size: u64, threads: u64) -> Finding {
    let setting = pool.setting(Role::PoolMax);
    let name = ctx.name(setting.map_or(pool.library.as_str(), |s| s.name.as_str()));
    let title = shown!("{} connections for {} threads in each process", size, threads);
    let old = before.and_then(|p| p.setting(Role::PoolMax));
    let new = setting.filter(|s| matches!(s.value, ReadValue::Count(_)));
    FindingBuilder::new(POOL_BELOW_THREADS.name, Severity::Medium, Confidence::Medium, pool.at, title)
        .message(shown!(
            "when all threads are busy {} of them wait for a connection, up to the acquire timeout",
            threads - size
        ))
        .subject(ctx.owner(pool), pool.environment)
        .setting(name.clone(), ctx.written(old), ctx.written(new))
        .symptom(Shown::of_static("could not obtain a connection from the pool within the acquire timeout"))
        .fix(fix(ctx, pool, &name, size, threads), None)
        .rollback(Shown::of_static("set threads and pool back together; processes take both when they restart"))
        .question(shown!("Do more than {} of {} threads need the database at once?", size, threads))
        .build()
}
