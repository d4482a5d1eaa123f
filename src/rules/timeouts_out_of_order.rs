//! A time that should end within another one outlasts it.

use crate::catalogue::{Ends, Role};
use crate::declare_rule;
use crate::facts::{Pool, TimeLimit};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::parameter::ParamRole;
use crate::rule::times::{Length, Time, is_hikari, is_touched, time, time_or_param, time_words};
use crate::rule::{Context, PoolPair, State};
use crate::secret::Shown;
use crate::setting::Environment;
use crate::shown;
use crate::source::Location;

declare_rule! {
    /// ## What it finds
    ///
    /// Two times of one pool whose order this change turns round: a wait for a connection that outlasts the request it is
    /// for (gunicorn's `--timeout`, an Ingress' `proxy-read-timeout`, an Istio or Gateway route's timeout), a validation or
    /// connect timeout that outlasts the wait, a statement timeout that outlasts the socket's or the request's, an idle
    /// timeout or keepalive that outlasts the lifetime, leak detection below the statement timeout, an eviction interval
    /// above the idle timeout.
    ///
    /// ## Why it hurts
    ///
    /// The outer time ends first, and the inner one goes on for nobody: threads wait for connections that no caller wants
    /// any more, queries run on after their client has gone and keep their locks, and retries come on top.
    ///
    /// ## Example
    ///
    /// ```yaml before compose.yaml
    /// services:
    ///   web:
    ///     image: registry.example.org/shop/web:1.0
    ///     command: gunicorn shop:app --workers 4 --timeout 60
    ///     environment:
    ///       DATABASE_URL: postgresql://app@db.example.internal:5432/shop
    ///       SQLALCHEMY_POOL_TIMEOUT: "20"
    /// ```
    ///
    /// ```yaml after compose.yaml
    /// services:
    ///   web:
    ///     image: registry.example.org/shop/web:1.0
    ///     command: gunicorn shop:app --workers 4 --timeout 60
    ///     environment:
    ///       DATABASE_URL: postgresql://app@db.example.internal:5432/shop
    ///       SQLALCHEMY_POOL_TIMEOUT: "90"
    /// ```
    ///
    /// ```yaml fixed compose.yaml
    /// services:
    ///   web:
    ///     image: registry.example.org/shop/web:1.0
    ///     command: gunicorn shop:app --workers 4 --timeout 60
    ///     environment:
    ///       DATABASE_URL: postgresql://app@db.example.internal:5432/shop
    ///       SQLALCHEMY_POOL_TIMEOUT: "25"
    /// ```
    ///
    /// ## What to do
    ///
    /// From the inside out each time shorter than the next: validation, connect, wait for a connection (half of the
    /// request), statement, socket (some seconds more than the statement), request.
    ///
    /// ## When it is wrong
    ///
    /// When the times belong to different work: a batch that shares the pool with requests.
    ///
    /// ## References
    ///
    /// - <https://github.com/brettwooldridge/HikariCP#gear-configuration-knobs-baby>
    /// - <https://docs.gunicorn.org/en/stable/settings.html#timeout>
    /// - <https://www.npgsql.org/doc/connection-string-parameters.html>
    pub(super) static TIMEOUTS_OUT_OF_ORDER = "timeouts-out-of-order", Medium, High,
        "A time outlasts the one that it should end within", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for pair in ctx.pools() {
        let Some(new) = pair.new.filter(|pool| !pool.is_pooler) else { continue };
        let before: Vec<Kind> =
            pair.old.map(|old| faults(ctx, ctx.old, old).iter().map(|f| f.kind).collect()).unwrap_or_default();
        for fault in faults(ctx, ctx.new, new).iter().filter(|f| !before.contains(&f.kind)) {
            out.extend(finding(ctx, pair, new, fault));
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    AcquireBeyondRequest,
    ValidationBeyondAcquire,
    ConnectBeyondAcquire,
    StatementBeyondSocket,
    StatementBeyondRequest,
    IdleBeyondLifetime,
    KeepaliveBeyondLifetime,
    LeakBelowStatement,
    EvictionBeyondIdle,
}

impl Kind {
    fn effect(self) -> &'static str {
        match self {
            Kind::AcquireBeyondRequest => {
                "the caller gives up first; the thread waits on for nobody, and retries add to the queue"
            }
            Kind::ValidationBeyondAcquire => "one dead connection uses up the whole wait, and the request fails",
            Kind::ConnectBeyondAcquire => "a server that does not answer is reported as an exhausted pool",
            Kind::StatementBeyondSocket => {
                "the client closes its connection while the query runs on in the server and keeps its locks"
            }
            Kind::StatementBeyondRequest => "the query runs on after its caller has gone",
            Kind::IdleBeyondLifetime => "the idle timeout never acts",
            Kind::KeepaliveBeyondLifetime => "the keepalive never acts",
            Kind::LeakBelowStatement => "statements that are allowed to run are reported as leaks",
            Kind::EvictionBeyondIdle => {
                "idle connections stay until the pool next looks, which is later than the idle timeout says"
            }
        }
    }

    fn symptom(self, pool: &Pool) -> &'static str {
        match self {
            Kind::AcquireBeyondRequest => "504 at the caller while threads still wait for a connection",
            Kind::ValidationBeyondAcquire | Kind::ConnectBeyondAcquire => {
                "Connection is not available, request timed out"
            }
            Kind::StatementBeyondSocket => "Read timed out; the server still shows the query as active",
            Kind::StatementBeyondRequest => "queries without a client in pg_stat_activity or the process list",
            Kind::IdleBeyondLifetime | Kind::KeepaliveBeyondLifetime => "none; the setting is without effect",
            Kind::LeakBelowStatement if is_hikari(pool) => "Connection leak detection triggered",
            Kind::LeakBelowStatement => "connections are reported or taken back while their statement runs",
            Kind::EvictionBeyondIdle if pool.key.library == "npgsql" => {
                "Connection can't have 'Connection Idle Lifetime' under 'Connection Pruning Interval'"
            }
            Kind::EvictionBeyondIdle => "more idle sessions on the server than the idle timeout lets expect",
        }
    }

    fn severity(self, pool: &Pool, fault: &Fault<'_>) -> Severity {
        let both_written = fault.inner.at.is_some() && fault.outer.at.is_some();
        let production = pool.environment == Environment::Production;
        match self {
            Kind::AcquireBeyondRequest | Kind::StatementBeyondSocket => Severity::Medium,
            Kind::ValidationBeyondAcquire if both_written && production && fault.inner.length > fault.outer.length => {
                Severity::Medium
            }
            Kind::LeakBelowStatement if takes_back(pool) => Severity::Medium,
            // The driver refuses such a string: nothing connects.
            Kind::EvictionBeyondIdle if pool.key.library == "npgsql" => Severity::High,
            _ => Severity::Low,
        }
    }
}

/// Whether leak detection closes the connection instead of only telling.
fn takes_back(pool: &Pool) -> bool {
    let name = pool.setting(Role::LeakDetection).map(|s| s.name.to_ascii_lowercase()).unwrap_or_default();
    ["abandoned", "unreturned", "checkouttime", "inactive"]
        .iter()
        .any(|word| name.replace(['-', '_'], "").contains(word))
}

/// Two times in the wrong order.
struct Fault<'a> {
    kind: Kind,
    /// The one that should be shorter.
    inner: Time<'a>,
    /// The one that should be longer.
    outer: Time<'a>,
}

fn faults<'a>(ctx: &Context<'_>, side: State<'a>, pool: &'a Pool) -> Vec<Fault<'a>> {
    let own = |role: Role| time(ctx, pool, role);
    let told = |role: Role, param: ParamRole| time_or_param(ctx, side.facts, pool, role, param);
    let acquire = own(Role::AcquireTimeout);
    let connect = told(Role::ConnectTimeout, ParamRole::ConnectTimeout);
    let statement = told(Role::StatementTimeout, ParamRole::StatementTimeout).or_else(|| of_server(ctx, side, pool));
    let socket = told(Role::SocketTimeout, ParamRole::SocketTimeout);
    let request = request(ctx, side, pool);
    let lifetime = own(Role::MaxLifetime);
    // HikariCP puts these right by itself, which is told as that.
    let apart = lifetime.clone().filter(|_| !is_hikari(pool));
    let idle = own(Role::IdleTimeout);
    let leak = own(Role::LeakDetection);
    let pairs = [
        (Kind::AcquireBeyondRequest, acquire.clone(), request.clone()),
        (Kind::ValidationBeyondAcquire, own(Role::ValidationTimeout), acquire.clone()),
        (Kind::ConnectBeyondAcquire, connect, acquire),
        (Kind::StatementBeyondSocket, statement.clone(), socket),
        (Kind::StatementBeyondRequest, statement.clone(), request),
        (Kind::IdleBeyondLifetime, idle.clone(), apart.clone()),
        (Kind::KeepaliveBeyondLifetime, own(Role::Keepalive), apart),
        (Kind::LeakBelowStatement, statement, leak),
        (Kind::EvictionBeyondIdle, own(Role::EvictInterval), idle),
    ];
    let fault = |(kind, inner, outer): (Kind, Option<Time<'a>>, Option<Time<'a>>)| {
        let (inner, outer) = (inner?, outer?);
        is_wrong(kind, &inner, &outer).then_some(Fault { kind, inner, outer })
    };
    pairs.into_iter().filter_map(fault).collect()
}

fn is_wrong(kind: Kind, inner: &Time<'_>, outer: &Time<'_>) -> bool {
    // Without an end is another rule's matter, and no order.
    let (Some(inner_ms), Some(outer_ms)) = (inner.length.millis(), outer.length.millis()) else { return false };
    let (written, both) = (inner.at.is_some() || outer.at.is_some(), inner.at.is_some() && outer.at.is_some());
    match kind {
        // Two defaults that are equal are what everybody has.
        Kind::ValidationBeyondAcquire => inner_ms > outer_ms && written || inner_ms == outer_ms && both,
        Kind::AcquireBeyondRequest | Kind::StatementBeyondSocket => inner_ms >= outer_ms && both,
        _ => inner_ms > outer_ms && both,
    }
}

/// The statement timeout of the pool's server.
fn of_server<'a>(ctx: &Context<'_>, side: State<'a>, pool: &Pool) -> Option<Time<'a>> {
    let (server, _) = side.facts.endpoints.get(pool.endpoint?)?.server?;
    let limits = side.facts.time_limits.iter().filter(|l| l.ends == Ends::Statement && l.server == Some(server));
    limits.min_by_key(|l| l.millis).map(|limit| outside(ctx, limit))
}

/// The shortest time that somebody gives the requests of the pool's workload.
fn request<'a>(ctx: &Context<'_>, side: State<'a>, pool: &Pool) -> Option<Time<'a>> {
    let (workload, _) = pool.owner?;
    let limits = side.facts.time_limits.iter().filter(|l| l.ends == Ends::Request && l.workloads.contains(&workload));
    limits.min_by_key(|l| l.millis).map(|limit| outside(ctx, limit))
}

fn outside<'a>(ctx: &Context<'_>, limit: &TimeLimit) -> Time<'a> {
    Time {
        name: shown!("{} of {}", ctx.name(&limit.name), ctx.name(&limit.who)),
        length: Length::Millis(limit.millis),
        at: Some(limit.at),
        setting: None,
    }
}

fn finding(ctx: &Context<'_>, pair: PoolPair<'_>, pool: &Pool, fault: &Fault<'_>) -> Option<Finding> {
    let Fault { kind, inner, outer } = fault;
    let at = place(pair, inner, outer)?;
    let title = shown!("{} outlasts {}", inner.words(), outer.words());
    let title = match kind {
        Kind::LeakBelowStatement => shown!("{} is below {}", outer.words(), inner.words()),
        _ if inner.length == outer.length => shown!("{} is no shorter than {}", inner.words(), outer.words()),
        _ => title,
    };
    let setting = [inner, outer].into_iter().filter_map(|t| t.setting).find(|s| s.at == at);
    let setting = setting.or(inner.setting).or(outer.setting);
    let old = setting.and_then(|s| pair.old?.setting(s.role));
    let name = setting.map_or_else(|| inner.name.clone(), |s| ctx.name(&s.name));
    let confidence = if pool.ambiguous { Confidence::Low } else { Confidence::High };
    // A pool in a file that is new as a whole was copied, and nobody depends on it yet.
    let severity = match pair.old {
        None if !ctx.came_from_default(pool) => kind.severity(pool, fault).lowered(),
        _ => kind.severity(pool, fault),
    };
    let builder = FindingBuilder::new(TIMEOUTS_OUT_OF_ORDER.name, severity, confidence, at, title)
        .message(Shown::of_static(kind.effect()))
        .subject(ctx.owner(pool), pool.environment)
        .setting(name.clone(), ctx.written(old), ctx.written(setting))
        .symptom(Shown::of_static(kind.symptom(pool)))
        .fix(fix(*kind, inner, outer), None)
        .rollback(match ctx.written(old) {
            Some(old) => shown!("set {} back to {}; processes take it when they restart", name, old),
            None => shown!("take {} out again; processes take it when they restart", name),
        })
        .discriminator(shown!("{} and {}", inner.name, outer.name));
    let others = [inner, outer].into_iter().filter_map(|t| Some((t.at.filter(|p| *p != at)?, t)));
    Some(others.fold(builder, |b, (place, t)| b.evidence(place, t.words())).build())
}

fn fix(kind: Kind, inner: &Time<'_>, outer: &Time<'_>) -> Shown {
    let Some(most) = outer.length.millis() else { return shown!("keep {} below {}", inner.name, outer.name) };
    match kind {
        Kind::LeakBelowStatement => shown!("raise {} above {}", outer.name, inner.length.words()),
        Kind::AcquireBeyondRequest => shown!("keep {} at {}, half of {}", inner.name, time_words(most / 2), outer.name),
        _ => shown!("keep {} below {}", inner.name, time_words(most)),
    }
}

/// Where to look: at the one that the change is about. A default is nowhere.
fn place(pair: PoolPair<'_>, inner: &Time<'_>, outer: &Time<'_>) -> Option<Location> {
    let touched = [inner, outer].into_iter().find(|t| is_touched(pair, t.setting));
    touched.and_then(|t| t.at).or(inner.at).or(outer.at)
}
