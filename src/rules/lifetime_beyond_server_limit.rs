//! A pool keeps connections longer than the server on the other side does.

use crate::catalogue::Ends;
use crate::connection::Engine;
use crate::declare_rule;
use crate::facts::{Endpoint, Facts, Pool, TimeLimit};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::addresses::{pooler_of, text};
use crate::rule::times::{Length, Time, is_checked_when_taken, longest_rest, time_words};
use crate::rule::{Context, PoolPair, State};
use crate::secret::Shown;
use crate::setting::Environment;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A pool whose connections may lie unused for longer than the other side bears, where this change brings that about:
    /// `wait_timeout` of MySQL and MariaDB, `idle_session_timeout` of PostgreSQL, or the 350 s of an AWS load balancer in
    /// the address. The least of idle timeout, lifetime, recycle time and keepalive interval counts.
    ///
    /// ## Why it hurts
    ///
    /// The server closes first, and the pool does not know. The next request gets a dead connection and fails, mostly in
    /// the quiet hours and in the first minute after them.
    ///
    /// ## Example
    ///
    /// ```yaml both compose.yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     command: mysqld --wait_timeout=600
    ///   api:
    ///     image: registry.example.org/shop/api:1.0
    ///     env_file: api.env
    /// ```
    ///
    /// ```sh before api.env
    /// SPRING_DATASOURCE_URL=jdbc:mysql://db:3306/shop
    /// SPRING_DATASOURCE_HIKARI_MAX_LIFETIME=540000
    /// SPRING_DATASOURCE_HIKARI_KEEPALIVE_TIME=0
    /// ```
    ///
    /// ```sh after api.env
    /// SPRING_DATASOURCE_URL=jdbc:mysql://db:3306/shop
    /// SPRING_DATASOURCE_HIKARI_MAX_LIFETIME=1800000
    /// SPRING_DATASOURCE_HIKARI_KEEPALIVE_TIME=0
    /// ```
    ///
    /// ```sh fixed api.env
    /// SPRING_DATASOURCE_URL=jdbc:mysql://db:3306/shop
    /// SPRING_DATASOURCE_HIKARI_MAX_LIFETIME=480000
    /// SPRING_DATASOURCE_HIKARI_KEEPALIVE_TIME=0
    /// ```
    ///
    /// ## What to do
    ///
    /// Keep the pool's lifetime, or a keepalive, half a minute below the shortest limit on the way.
    ///
    /// ## When it is wrong
    ///
    /// When connections are never idle for so long, or the client sets the time of its own session.
    ///
    /// ## References
    ///
    /// - <https://github.com/brettwooldridge/HikariCP#gear-configuration-knobs-baby>
    /// - <https://dev.mysql.com/doc/refman/8.4/en/gone-away.html>
    /// - <https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-SESSION-TIMEOUT>
    /// - <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html>
    pub(super) static LIFETIME_BEYOND_SERVER_LIMIT = "lifetime-beyond-server-limit", Medium, High,
        "A pool keeps connections longer than the other side does", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for pair in ctx.pools() {
        let Some(new) = pair.new else { continue };
        let Some(now) = overrun(ctx, ctx.new, new) else { continue };
        let before = pair.old.and_then(|old| overrun(ctx, ctx.old, old));
        // What was too long before is context, unless it got longer or the limit shorter.
        let is_worse = before.is_none_or(|b| now.limit.millis < b.limit.millis || now.rest.length > b.rest.length);
        if is_worse {
            out.push(finding(ctx, pair, new, &now));
        }
    }
}

/// A limit that a pool overruns.
struct Overrun<'a> {
    rest: Time<'a>,
    limit: Limit,
}

struct Limit {
    millis: u64,
    who: Shown,
    name: Shown,
    says: Shown,
    at: Option<crate::source::Location>,
    confidence: Confidence,
}

fn overrun<'a>(ctx: &Context<'_>, side: State<'a>, pool: &'a Pool) -> Option<Overrun<'a>> {
    let limit = limit_of(ctx, side.facts, pool)?;
    let rest = longest_rest(ctx, pool)?;
    // HikariCP asks for some seconds; a tenth of short limits.
    let margin = (limit.millis / 10).min(30_000);
    let fits = rest.length.millis().is_some_and(|ms| ms.saturating_add(margin) <= limit.millis);
    (!fits).then_some(Overrun { rest, limit })
}

/// The shortest idle limit on the way of a pool.
fn limit_of(ctx: &Context<'_>, facts: &Facts, pool: &Pool) -> Option<Limit> {
    let endpoint = facts.endpoints.get(pool.endpoint?)?;
    let of_server = written_limit(facts, endpoint, pool).map(|(limit, confidence)| Limit {
        millis: limit.millis,
        who: ctx.name(&limit.who),
        name: ctx.name(&limit.name),
        says: ctx.name(&limit.says),
        at: Some(limit.at),
        confidence,
    });
    let candidates = [of_server, balancer_limit(endpoint)];
    candidates.into_iter().flatten().min_by_key(|limit| limit.millis)
}

/// The limit of the pool's server; where only its address is known, the one such limit of the tree for its engine.
fn written_limit<'a>(facts: &'a Facts, endpoint: &Endpoint, pool: &Pool) -> Option<(&'a TimeLimit, Confidence)> {
    let idle = || facts.time_limits.iter().filter(|l| l.ends == Ends::Idle);
    let server = endpoint.server.map(|(at, _)| at);
    if let Some(limit) = idle().filter(|l| l.server.is_some() && l.server == server).min_by_key(|l| l.millis) {
        return Some((limit, Confidence::High));
    }
    // A pooler between the two holds the server's connections itself.
    if pooler_of(endpoint).is_some() || server.and_then(|at| facts.servers.get(at)).is_some_and(|s| s.at.is_some()) {
        return None;
    }
    let same = |a: Engine, b: Engine| {
        a == b || matches!((a, b), (Engine::MySql, Engine::MariaDb) | (Engine::MariaDb, Engine::MySql))
    };
    let near = |a: Environment, b: Environment| a == b || a == Environment::Unknown || b == Environment::Unknown;
    let mut alike = idle().filter(|l| same(l.engine, endpoint.engine) && near(l.environment, pool.environment));
    let only = alike.next()?;
    alike.next().is_none().then_some((only, Confidence::Medium))
}

/// What an AWS load balancer in the address allows: 350 s unless its listener says otherwise.
fn balancer_limit(endpoint: &Endpoint) -> Option<Limit> {
    let host = text(endpoint, "host")?.to_ascii_lowercase();
    let is_balancer =
        host.contains(".elb.") && (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"));
    is_balancer.then(|| Limit {
        millis: 350_000,
        who: Shown::of_static("the load balancer"),
        name: Shown::of_static("its idle timeout"),
        says: Shown::of_static("Connection reset by peer"),
        at: None,
        confidence: Confidence::Medium,
    })
}

fn finding(ctx: &Context<'_>, pair: PoolPair<'_>, pool: &Pool, overrun: &Overrun<'_>) -> Finding {
    let Overrun { rest, limit } = overrun;
    let checked = is_checked_when_taken(pool);
    let severity = match (checked, pool.environment) {
        (true, _) => Severity::Low,
        (false, Environment::Production) if rest.length == Length::Endless => Severity::High,
        (false, _) => Severity::Medium,
    };
    let before = pair.old.and_then(|old| longest_rest(ctx, old)).map(|t| t.length);
    let pool_changed = before.is_none_or(|b| b != rest.length);
    let at = match (pool_changed, rest.at, limit.at) {
        (true, Some(at), _) | (false, _, Some(at)) | (_, Some(at), _) => at,
        _ => pool.at,
    };
    let title = match rest.length {
        Length::Endless => {
            shown!("connections may idle without end, {} ends them after {}", limit.who, time_words(limit.millis))
        }
        Length::Millis(ms) => {
            shown!(
                "connections may idle for {}, {} ends them after {}",
                time_words(ms),
                limit.who,
                time_words(limit.millis)
            )
        }
    };
    let margin = (limit.millis / 10).min(30_000);
    let most = limit.millis - margin;
    let effect = if checked {
        "the pool finds the dead connection when it hands it out, and the request waits for a new one"
    } else {
        "the pool hands the dead connection out, and the request fails"
    };
    let setting = rest.setting.or_else(|| pool.settings.first());
    let old = setting.and_then(|s| pair.old?.setting(s.role));
    let name = setting.map_or_else(|| ctx.name(&pool.library), |s| ctx.name(&s.name));
    let builder = FindingBuilder::new(LIFETIME_BEYOND_SERVER_LIMIT.name, severity, limit.confidence, at, title)
        .message(shown!("{} against {} of {}: {}", rest.words(), limit.name, limit.who, effect))
        .subject(ctx.owner(pool), pool.environment)
        .setting(name.clone(), ctx.written(old), ctx.written(setting))
        .symptom(limit.says.clone())
        .fix(shown!("have the pool replace or check its connections after {} at most", time_words(most)), None)
        .rollback(match ctx.written(old).filter(|_| pool_changed) {
            Some(old) => shown!("set {} back to {}; processes take it when they restart", name, old),
            None => shown!("set {} of {} back", limit.name, limit.who),
        })
        .question(shown!("Does something else keep idle connections of this pool below {}?", time_words(limit.millis)))
        .discriminator(limit.name.clone());
    let places = [(limit.at, &limit.name), (rest.at, &rest.name)];
    let others = places.into_iter().filter_map(|(place, name)| Some((place.filter(|p| *p != at)?, name)));
    others.fold(builder, |b, (place, name)| b.evidence(place, name.clone())).build()
}
