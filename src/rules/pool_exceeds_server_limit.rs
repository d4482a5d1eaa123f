//! More connections are allowed than the server has slots for.

use crate::budget::{Cause, Factor, Load, ServerBudget, Term, Verdict};
use crate::connection::Engine;
use crate::declare_rule;
use crate::facts::Origin;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::quantity::Interval;
use crate::rule::{Context, wording};
use crate::secret::Shown;
use crate::shown;
use crate::source::{Location, Side};

declare_rule! {
    /// ## What it finds
    ///
    /// A change after which the workloads of the tree may open more connections than their database server accepts:
    /// replicas (the autoscaler's maximum) × processes × pool size, added up over everyone who connects, against
    /// `max_connections` less the reserved slots. Pool, replicas and limit usually stand in different files.
    ///
    /// ## Why it hurts
    ///
    /// Pools are ceilings, and a slow minute is enough to fill them all at once. The server then refuses everybody:
    /// new replicas never become ready, other services on the same server lose their logins, and administrators
    /// cannot get in to look.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/api.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: api, namespace: shop}
    /// spec:
    ///   replicas: 6
    ///   template:
    ///     spec:
    ///       containers:
    ///       - name: api
    ///         image: registry.example.org/shop/api:1.4
    ///         env:
    ///         - {name: SPRING_DATASOURCE_URL, value: "jdbc:postgresql://orders-db:5432/orders"}
    ///         - {name: SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE, value: "10"}
    /// ```
    ///
    /// ```yaml after prod/api.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: api, namespace: shop}
    /// spec:
    ///   replicas: 6
    ///   template:
    ///     spec:
    ///       containers:
    ///       - name: api
    ///         image: registry.example.org/shop/api:1.4
    ///         env:
    ///         - {name: SPRING_DATASOURCE_URL, value: "jdbc:postgresql://orders-db:5432/orders"}
    ///         - {name: SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE, value: "40"}
    /// ```
    ///
    /// ```yaml fixed prod/api.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: api, namespace: shop}
    /// spec:
    ///   replicas: 6
    ///   template:
    ///     spec:
    ///       containers:
    ///       - name: api
    ///         image: registry.example.org/shop/api:1.4
    ///         env:
    ///         - {name: SPRING_DATASOURCE_URL, value: "jdbc:postgresql://orders-db:5432/orders"}
    ///         - {name: SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE, value: "11"}
    /// ```
    ///
    /// The server stands in a file that the change does not touch:
    ///
    /// ```yaml both prod/orders-db.yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: {name: orders-db, namespace: shop}
    /// spec:
    ///   template:
    ///     metadata: {labels: {app: orders-db}}
    ///     spec:
    ///       containers:
    ///       - name: postgres
    ///         image: postgres:16
    ///         args: ["-c", "max_connections=120"]
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: orders-db, namespace: shop}
    /// spec:
    ///   selector: {app: orders-db}
    /// ```
    ///
    /// ## What to do
    ///
    /// Take the proposed size, or lower replicas or processes, or put a pooler in between. Raising the server's limit
    /// costs memory for each connection and usually needs a restart *before* the rollout.
    ///
    /// ## When it is wrong
    ///
    /// When a pooler that is not in the tree stands in between, when the limit in the tree is not the live one, or when
    /// two workloads never run together. Declare such facts under `[[server]]` and `[[workload]]` in `plimsoll.toml`.
    ///
    /// ## References
    ///
    /// - <https://www.postgresql.org/docs/current/runtime-config-connection.html>
    /// - <https://github.com/brettwooldridge/HikariCP/wiki/About-Pool-Sizing>
    pub(super) static POOL_EXCEEDS_SERVER_LIMIT = "pool-exceeds-server-limit", Critical, High,
        "Workloads may open more connections than their server accepts", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for row in ctx.budget.iter().filter(|row| row.pooler.is_none()) {
        let Some((severity, scenario)) = judge(row) else { continue };
        let Some(after) = row.after else { continue };
        let demand = match row.scenario {
            "peak" => after.peak,
            "failover" => after.failover,
            "strict rollout" => after.strict,
            _ => after.rollout,
        };
        let Some(cause) = row.causes.first() else { continue };
        out.push(finding(ctx, row, cause, severity, demand, scenario));
    }
}

fn judge(row: &ServerBudget) -> Option<(Severity, &'static str)> {
    // A dated table of a service is no line of the repository: what rests on it can be otherwise.
    let certain = row.weakest < Origin::Table(String::new());
    match row.verdict {
        Verdict::OverCertain | Verdict::OverPeak | Verdict::OverRollout if row.only_assumed => {
            Some((Severity::Medium, "counting the clients that are assumed where none are declared"))
        }
        Verdict::OverCertain => Some((Severity::Critical, "at peak scale")),
        Verdict::OverPeak if certain => Some((Severity::Critical, "at peak scale")),
        Verdict::OverPeak => Some((Severity::Medium, "at peak scale, where every unknown is at its worst")),
        Verdict::OverRollout if certain => Some((Severity::High, "while the new version rolls out")),
        Verdict::OverRollout => Some((Severity::Medium, "while the new version rolls out")),
        Verdict::OverFailover if certain => Some((Severity::Medium, "once the clients of its readers move here")),
        Verdict::OverFailover => Some((Severity::Low, "once the clients of its readers move here")),
        Verdict::Near | Verdict::LimitShrunk => near(row),
        _ => None,
    }
}

/// Close to the line is worth a word only if this change brought it there.
fn near(row: &ServerBudget) -> Option<(Severity, &'static str)> {
    let (before, after) = (row.before?, row.after?);
    let grew = after.peak.hi > before.peak.hi || after.usable.hi < before.usable.hi;
    grew.then_some((Severity::Low, "at peak scale"))
}

fn finding(
    ctx: &Context<'_>,
    row: &ServerBudget,
    cause: &Cause,
    severity: Severity,
    demand: Interval,
    scenario: &'static str,
) -> Finding {
    let usable = row.after.map_or(Interval::ZERO, |l| l.usable);
    let server = ctx.name(&row.server);
    let over = demand.hi.unwrap_or(demand.lo) > usable.lo;
    let verb = if over { "can exceed" } else { "come close to" };
    let title = shown!("{} connections {} the {} usable slots of {}", far(demand), verb, usable, server);
    let confidence = if row.weakest <= Origin::Declared || matches!(row.weakest, Origin::Default(_)) {
        Confidence::High
    } else {
        Confidence::Medium
    };
    let mut made = FindingBuilder::new(POOL_EXCEEDS_SERVER_LIMIT.name, severity, confidence, cause.at, title)
        .message(message(ctx, row, scenario))
        .subject(Some(ctx.name(&cause.subject)), row.environment)
        .setting(
            ctx.name(&cause.setting),
            cause.old.as_deref().map(|old| written(ctx, cause, cause.old_at, old)),
            cause.new.as_deref().map(|new| written(ctx, cause, Some(cause.at), new)),
        )
        .discriminator(server.clone())
        .rollback(rollback(ctx, cause))
        .question(shown!(
            "Is the load line of {} still right: {} of {} connections {}?",
            server,
            far(demand),
            usable,
            scenario
        ));
    for symptom in
        wording::refusals_of(Engine::from_name(row.engine).unwrap_or(Engine::Unknown)).iter().filter(|_| over)
    {
        made = made.symptom(Shown::of_static(symptom));
    }
    for (at, text) in evidence(ctx, row) {
        made = made.evidence(at, text);
    }
    let (fix, replacement) = fix(ctx, row, cause);
    made.fix(fix, replacement).build()
}

fn far(interval: Interval) -> u64 {
    interval.hi.unwrap_or(interval.lo)
}

/// The arithmetic of the new side in one line: `api 12 × 1 × 40 = 480, other clients 5`.
fn message(ctx: &Context<'_>, row: &ServerBudget, scenario: &'static str) -> Shown {
    let rollout = matches!(row.scenario, "rollout" | "strict rollout");
    let mut terms: Vec<&Term> = row.terms.iter().filter(|t| t.side == Side::New).collect();
    terms.sort_by_key(|t| std::cmp::Reverse(far(t.product)));
    let mut text = shown!("{}: ", scenario);
    for (i, term) in terms.iter().enumerate().take(6) {
        let comma = if i == 0 { "" } else { ", " };
        let who = ctx.name(&term.workload);
        text = shown!("{}{}{} {}", text, comma, arithmetic(term, rollout), who);
    }
    if terms.len() > 6 {
        text = shown!("{}, and {} more", text, terms.len() - 6);
    }
    if let Some(after) = row.after.filter(|_| row.scenario == "failover") {
        text = shown!("{}, {} for the clients of its readers", text, after.failover.minus(after.peak));
    }
    let pick = |load: &Load| match row.scenario {
        "failover" => load.failover,
        "strict rollout" => load.strict,
        _ if rollout => load.rollout,
        _ => load.peak,
    };
    let total = row.after.as_ref().map_or(Interval::ZERO, pick);
    let before = row.before.as_ref().map(pick);
    let usable = row.after.map_or(Interval::ZERO, |l| l.usable);
    let text = match before {
        Some(before) => shown!("{}; together {} of {} usable, {} before", text, total, usable, before),
        None => shown!("{}; together {} of {} usable", text, total, usable),
    };
    // A ceiling far above what was ever seen is still a ceiling; the reader should know how far.
    match row.observed_peak.filter(|seen| far(total) > seen.saturating_mul(3)) {
        Some(seen) => shown!("{}; at most {} were seen so far, as plimsoll.toml says", text, seen),
        None => text,
    }
}

/// `12 replicas × 40 = 480 for`, with the processes where there are several; `5 for` where nothing is multiplied.
fn arithmetic(term: &Term, rollout: bool) -> Shown {
    let (replicas, counted) = match rollout {
        true => (term.rollout_replicas, term.rollout_product),
        false => (term.replicas, term.product),
    };
    let one = Interval::exact(1);
    let product = replicas.times(term.processes).times(term.pool);
    let sum = match (replicas == one, term.processes == one) {
        (true, true) => shown!("{}", product),
        (false, true) => shown!("{} replicas × {} = {}", replicas, term.pool, product),
        (true, false) => shown!("{} processes × {} = {}", term.processes, term.pool, product),
        (false, false) => {
            shown!("{} replicas × {} processes × {} = {}", replicas, term.processes, term.pool, product)
        }
    };
    // Behind a pooler no more is open than its clients ask for.
    match counted.hi < product.hi && counted.hi.is_some() || product.hi.is_none() && counted.hi.is_some() {
        true => shown!("{}, of which its clients can use {}, for", sum, counted),
        false => shown!("{} for", sum),
    }
}

fn evidence(ctx: &Context<'_>, row: &ServerBudget) -> Vec<(Location, Shown)> {
    let mut places = Vec::new();
    for term in row.terms.iter().filter(|t| t.side == Side::New) {
        let who = ctx.name(&term.workload);
        let overflows = term.evidence.iter().filter(|(factor, _)| *factor == Factor::Pool).count() > 1;
        for (factor, at) in &term.evidence {
            let text = match factor {
                Factor::Replicas => shown!("up to {} replicas of {}", term.replicas, who),
                Factor::Processes => shown!("{} processes in each replica of {}", term.processes, who),
                _ if overflows => shown!("part of the {} connections that each pool of {} may hold", term.pool, who),
                _ => shown!("{} connections in each pool of {}", term.pool, who),
            };
            places.push((*at, text));
        }
    }
    if let Some(at) = row.limit_at {
        places.push((at, shown!("the limit of {}", ctx.name(&row.server))));
    }
    places.sort();
    places.dedup_by_key(|(at, _)| *at);
    places
}

fn fix(ctx: &Context<'_>, row: &ServerBudget, cause: &Cause) -> (Shown, Option<Shown>) {
    let Some(proposal) = &row.proposal else {
        return match cause.factor {
            Factor::Limit => (Shown::of_static("keep the old limit, or lower the pools first"), None),
            _ if row.verdict == Verdict::Near => {
                (Shown::of_static("it fits; leave room for the next change, or raise the server's limit in time"), None)
            }
            _ => (
                Shown::of_static(
                    "nothing of this fits: lower other pools or replicas, put a pooler in front, or raise the limit first",
                ),
                None,
            ),
        };
    };
    let setting = ctx.name(&proposal.setting);
    let n = proposal.value;
    let text = match proposal.factor {
        Factor::Limit if proposal.setting != cause.setting => {
            shown!(
                "keep the size, or set {} to {} or more where its memory allows that, or lower the pools first",
                setting,
                n
            )
        }
        Factor::Limit => shown!("keep {} at {} or more, or lower the pools first", setting, n),
        Factor::Replicas => {
            shown!("at most {} replicas fit during a rollout with these pools; or lower the pool size", n)
        }
        Factor::Processes => shown!("at most {} processes a replica fit during a rollout; or lower the pool size", n),
        Factor::Surge => shown!("at most {} pods beside the old ones fit: set {} to {} or less", n, setting, n),
        _ => {
            shown!("set {} to {} or less, the largest that fits during a rollout; or raise the limit first", setting, n)
        }
    };
    // A size takes no number of connections.
    let fits_there = proposal.factor != Factor::Limit || proposal.setting == cause.setting;
    (text, fits_there.then(|| shown!("{}", n)))
}

fn rollback(ctx: &Context<'_>, cause: &Cause) -> Shown {
    let setting = ctx.name(&cause.setting);
    let when = match cause.factor {
        Factor::Limit => "the server takes it when it restarts, MySQL and MariaDB also while they run",
        Factor::Replicas => "it holds as soon as it is applied",
        Factor::Surge => "it holds from the next rollout on",
        _ => "processes take it when they restart",
    };
    match (&cause.old, cause.factor) {
        (_, Factor::Workload) => shown!("take {} out again, or point it elsewhere", ctx.name(&cause.subject)),
        (Some(old), _) => {
            shown!("set {} back to {}; {}", setting, written(ctx, cause, cause.old_at, old), when)
        }
        (None, _) => shown!("take {} out again; {}", setting, when),
    }
}

/// A value as read; a surge as its file spells it (`100%`), because the share is what a person wrote.
fn written(ctx: &Context<'_>, cause: &Cause, at: Option<Location>, read: &str) -> Shown {
    let spelled = at.filter(|_| cause.factor == Factor::Surge).map(|at| ctx.sources.text(at));
    ctx.name(spelled.map_or(read, |t| t.trim().trim_matches(['"', '\''])))
}
