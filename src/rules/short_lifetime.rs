//! Connections are thrown away so soon that making new ones becomes the work.

use crate::catalogue::{ReadValue, Role};
use crate::declare_rule;
use crate::facts::{Facts, Pool};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::{Context, PoolChange};
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A maximum lifetime, recycle time or idle timeout that this change lowers to minutes or seconds, with the logins a
    /// second that follow from it.
    ///
    /// ## Why it hurts
    ///
    /// `open connections ÷ lifetime` logins a second, each a forked process, a key exchange and cold caches on the
    /// server. Under load the pool spends its time connecting, requests wait for connections that are being made, and
    /// the pool looks exhausted although the database does little real work.
    ///
    /// ## Example
    ///
    /// ```properties before prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.max-lifetime=1800000
    /// ```
    ///
    /// ```properties after prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.max-lifetime=30000
    /// ```
    ///
    /// ```properties fixed prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.max-lifetime=1500000
    /// ```
    ///
    /// ## What to do
    ///
    /// Stay some seconds below the shortest limit on the way (the server's, the proxy's, the load balancer's), and not
    /// much below that. Half an hour is a usual lifetime, ten minutes a usual idle time.
    ///
    /// ## When it is wrong
    ///
    /// When credentials or a proxy really end sessions that early.
    ///
    /// ## References
    ///
    /// - <https://github.com/brettwooldridge/HikariCP#gear-configuration-knobs-baby>
    pub(super) static SHORT_LIFETIME = "short-lifetime", High, High,
        "Connections are recycled so fast that connecting becomes the work", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for (role, floor) in [(Role::MaxLifetime, 300_000), (Role::Recycle, 300_000), (Role::IdleTimeout, 30_000)] {
        out.extend(ctx.pool_changes(role).iter().filter_map(|change| finding(ctx, change, role, floor)));
    }
}

fn finding(ctx: &Context<'_>, change: &PoolChange<'_>, role: Role, floor: u64) -> Option<Finding> {
    let (pool, setting) = (change.new_pool?, change.new?);
    let ReadValue::Millis(is) = setting.value else { return None };
    let was = match change.old_value() {
        Some(ReadValue::Millis(ms)) => Some(*ms),
        Some(ReadValue::Forever | ReadValue::Disabled | ReadValue::Unlimited) => None,
        _ => setting.default_value.as_ref().and_then(|d| match d {
            ReadValue::Millis(ms) => Some(*ms),
            _ => None,
        }),
    };
    if is == 0 || is >= floor || was.is_some_and(|was| was <= is) {
        return None;
    }
    if role == Role::IdleTimeout && keeps_all(pool) {
        return None;
    }
    let severity = severity(is, floor, role);
    let name = ctx.name(&setting.name);
    let words = ctx.name(&setting.words);
    let title = match change.old {
        Some(old) => shown!("{} lowered: {} → {}", name, ctx.name(&old.words), words),
        None => shown!("{} set to {}", name, words),
    };
    let churn = churn(ctx.new.facts, change, is);
    let corrected = setting.correction.as_deref().map(|c| shown!("; {}", ctx.name(c))).unwrap_or_default();
    Some(
        FindingBuilder::new(SHORT_LIFETIME.name, severity, Confidence::High, setting.at, title)
            .message(shown!("{}{}", churn, corrected))
            .subject(ctx.owner(pool), pool.environment)
            .setting(name.clone(), ctx.written(change.old), ctx.written(change.new))
            .symptom(Shown::of_static("the pool looks exhausted while the server is busy with logins"))
            .symptom(Shown::of_static("Connection is not available, request timed out"))
            .fix(shown!("keep {} well above {}", name, words), ctx.written(change.old))
            .rollback(match ctx.written(change.old) {
                Some(old) => shown!("set {} back to {}; processes take it when they restart", name, old),
                None => shown!("take {} out again; processes take it when they restart", name),
            })
            .question(shown!("Which limit on the way to the server asks for {} = {}?", name, words))
            .build(),
    )
}

/// Whether the pool never gives an idle connection up: HikariCP looks at the idle timeout only where fewer connections
/// than the maximum are kept open, and keeps the maximum where nothing is said.
fn keeps_all(pool: &Pool) -> bool {
    let hikari = pool.key.library.contains("hikari");
    let kept = match pool.setting(Role::PoolMinIdle).map(|s| &s.value) {
        None => hikari,
        Some(ReadValue::SameAsMax) => true,
        Some(_) => pool.min_idle.value.known().is_some_and(|idle| Some(idle) == pool.max.value.known()),
    };
    kept && hikari
}

fn severity(is: u64, floor: u64, role: Role) -> Severity {
    let steep = is * 4 < floor;
    match (role, steep) {
        (Role::IdleTimeout, true) => Severity::Medium,
        (Role::IdleTimeout, false) => Severity::Low,
        (_, true) => Severity::High,
        (_, false) => Severity::Medium,
    }
}

/// `open connections ÷ lifetime` logins a second.
fn churn(facts: &Facts, change: &PoolChange<'_>, lifetime_ms: u64) -> Shown {
    let all = change.new_pool.and_then(|pool| facts.total(pool));
    match all {
        Some(open) => shown!(
            "{} connections with a life of {} s are {} logins a second on the server",
            open,
            lifetime_ms / 1000,
            (open * 1000).div_ceil(lifetime_ms.max(1))
        ),
        None => shown!("each connection is made anew every {} s", (lifetime_ms / 1000).max(1)),
    }
}
