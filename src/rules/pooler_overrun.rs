//! A pooler gets more clients than it takes, or than it has connections for.

use crate::budget::{Cause, Factor, PoolerFigures, ServerBudget, Verdict};
use crate::declare_rule;
use crate::facts::Origin;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::quantity::Interval;
use crate::rule::Context;
use crate::secret::Shown;
use crate::shown;
use crate::source::{Location, Side};

declare_rule! {
    /// ## What it finds
    ///
    /// A change after which the clients of a pooler (PgBouncer, PgCat, ProxySQL …) may open more connections than all its
    /// processes take (`max_client_conn`), or, where a client keeps its connection (`pool_mode = session`), more than the
    /// pooler may open to the server.
    ///
    /// ## Why it hurts
    ///
    /// Above `max_client_conn` clients are refused although the server is idle. In session mode the clients above the pool
    /// size wait for one that leaves, and a client with a pool of its own never does: it waits until `query_wait_timeout`.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/api.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: api, namespace: shop}
    /// spec:
    ///   replicas: 30
    ///   template:
    ///     spec:
    ///       containers:
    ///       - name: api
    ///         image: registry.example.org/shop/api:1.4
    ///         env:
    ///         - {name: SPRING_DATASOURCE_URL, value: "jdbc:postgresql://orders-pooler:5432/orders"}
    ///         - {name: SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE, value: "5"}
    /// ```
    ///
    /// ```yaml after prod/api.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: api, namespace: shop}
    /// spec:
    ///   replicas: 30
    ///   template:
    ///     spec:
    ///       containers:
    ///       - name: api
    ///         image: registry.example.org/shop/api:1.4
    ///         env:
    ///         - {name: SPRING_DATASOURCE_URL, value: "jdbc:postgresql://orders-pooler:5432/orders"}
    ///         - {name: SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE, value: "20"}
    /// ```
    ///
    /// ```yaml fixed prod/api.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: api, namespace: shop}
    /// spec:
    ///   replicas: 30
    ///   template:
    ///     spec:
    ///       containers:
    ///       - name: api
    ///         image: registry.example.org/shop/api:1.4
    ///         env:
    ///         - {name: SPRING_DATASOURCE_URL, value: "jdbc:postgresql://orders-pooler:5432/orders"}
    ///         - {name: SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE, value: "8"}
    /// ```
    ///
    /// The pooler stands in a file that the change does not touch:
    ///
    /// ```yaml both prod/orders-pooler.yaml
    /// apiVersion: postgresql.cnpg.io/v1
    /// kind: Pooler
    /// metadata: {name: orders-pooler, namespace: shop}
    /// spec:
    ///   cluster: {name: orders-db}
    ///   instances: 2
    ///   type: rw
    ///   pgbouncer:
    ///     poolMode: transaction
    ///     parameters: {max_client_conn: "200", default_pool_size: "20"}
    /// ```
    ///
    /// ## What to do
    ///
    /// Raise `max_client_conn` (an idle client costs a pooler a few kilobytes), or lower the clients' pools: behind a pooler
    /// in transaction mode small ones are enough. In session mode the pool size must cover all clients, or the mode change.
    ///
    /// ## When it is wrong
    ///
    /// When the pooler's settings in the tree are not the live ones, or clients do not run together. Declare such facts under
    /// `[[workload]]` in `plimsoll.toml`.
    ///
    /// ## References
    ///
    /// - <https://www.pgbouncer.org/config.html>
    /// - <https://cloudnative-pg.io/documentation/current/connection_pooling/>
    pub(super) static POOLER_OVERRUN = "pooler-overrun", High, Medium,
        "A pooler gets more clients than it can serve", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for row in ctx.budget {
        let (Some(pooler), Some(after), Some(cause)) = (&row.pooler, row.after, row.causes.first()) else { continue };
        // What rests on a number that nobody wrote may be otherwise.
        let certain = row.weakest <= Origin::Declared || matches!(row.weakest, Origin::Default(_));
        let (severity, can, room) = match row.verdict {
            Verdict::Refused if certain => (Severity::High, "clients, of which it refuses those above", after.usable),
            Verdict::Refused => (Severity::Medium, "clients, of which it refuses those above", after.usable),
            Verdict::Starved if certain => (Severity::Medium, "clients in session mode for", pooler.server_cap),
            _ => continue,
        };
        let clients = if row.scenario == "rollout" { after.rollout } else { after.peak };
        // Only while new pods stand beside old ones: they come up later.
        let severity = if row.scenario == "rollout" { severity.min(Severity::Medium) } else { severity };
        out.push(finding(ctx, row, pooler, cause, &Figures { severity, clients, can, room }));
    }
}

/// What a finding says in numbers.
struct Figures {
    severity: Severity,
    clients: Interval,
    can: &'static str,
    room: Interval,
}

fn finding(ctx: &Context<'_>, row: &ServerBudget, pooler: &PoolerFigures, cause: &Cause, figures: &Figures) -> Finding {
    let name = ctx.name(&row.server);
    let refused = row.verdict == Verdict::Refused;
    let clients = figures.clients.hi.unwrap_or(figures.clients.lo);
    let room = match refused {
        true => shown!("{}", figures.room),
        false => shown!("{} connections", figures.room),
    };
    let title = shown!("{} can get {} {} {}", name, clients, figures.can, room);
    let mut made = FindingBuilder::new(POOLER_OVERRUN.name, figures.severity, Confidence::Medium, cause.at, title)
        .message(message(ctx, row, pooler))
        .subject(Some(ctx.name(&cause.subject)), row.environment)
        .setting(
            ctx.name(&cause.setting),
            cause.old.as_deref().map(|o| ctx.name(o)),
            cause.new.as_deref().map(|n| ctx.name(n)),
        )
        .discriminator(name.clone())
        .rollback(match (&cause.old, cause.factor) {
            (Some(old), factor) if factor != Factor::Workload => {
                shown!("set {} back to {}", ctx.name(&cause.setting), ctx.name(old))
            }
            _ => shown!("take {} out again, or point it elsewhere", ctx.name(&cause.subject)),
        })
        .question(shown!("Can {} serve {} clients at once?", name, clients))
        .symptom(Shown::of_static(match refused {
            true => "FATAL: no more connections allowed (max_client_conn)",
            false => "FATAL: query_wait_timeout",
        }));
    for (at, text) in evidence(ctx, row) {
        made = made.evidence(at, text);
    }
    let (text, value) = fix(ctx, row, pooler, refused);
    made.fix(text, value).build()
}

fn message(ctx: &Context<'_>, row: &ServerBudget, pooler: &PoolerFigures) -> Shown {
    let mut text = Shown::default();
    let terms = row.terms.iter().filter(|t| t.side == Side::New);
    for (i, term) in terms.take(6).enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        let product = term.product;
        let factors = shown!("{} replicas × {} × {} = {}", term.replicas, term.processes, term.pool, product);
        text = shown!("{}{}{} for {}", text, comma, factors, ctx.name(&term.workload));
    }
    let before = row.before.map_or(Interval::ZERO, |b| b.peak);
    shown!(
        "{}; {} before; {} in {} may open {} connections to its servers",
        text,
        before,
        ctx.name(&pooler.product),
        pooler.mode.as_str(),
        pooler.server_cap
    )
}

fn evidence(ctx: &Context<'_>, row: &ServerBudget) -> Vec<(Location, Shown)> {
    let mut places = Vec::new();
    for term in row.terms.iter().filter(|t| t.side == Side::New) {
        let who = ctx.name(&term.workload);
        for (factor, at) in &term.evidence {
            places.push((
                *at,
                match factor {
                    Factor::Replicas => shown!("up to {} replicas of {}", term.replicas, who),
                    Factor::Processes => shown!("{} processes in each replica of {}", term.processes, who),
                    _ => shown!("{} connections in each pool of {}", term.pool, who),
                },
            ));
        }
    }
    places.extend(row.limit_at.map(|at| (at, shown!("clients that each process of {} takes", ctx.name(&row.server)))));
    places.sort();
    places.dedup_by_key(|(at, _)| *at);
    places
}

fn fix(ctx: &Context<'_>, row: &ServerBudget, pooler: &PoolerFigures, refused: bool) -> (Shown, Option<Shown>) {
    match &row.proposal {
        Some(proposal) if refused => {
            let setting = ctx.name(&proposal.setting);
            let text = shown!("set {} to {} or more, or lower the clients' pools", setting, proposal.value);
            (text, Some(shown!("{}", proposal.value)))
        }
        _ if refused => (Shown::of_static("let it take more clients, or lower the clients' pools"), None),
        _ => (
            shown!(
                "lower the clients' pools to {} in all, or let the pooler open more or change its mode",
                pooler.server_cap
            ),
            None,
        ),
    }
}
