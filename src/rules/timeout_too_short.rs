//! A wait that is shorter than an ordinary hiccup.

use crate::catalogue::{ReadValue, Role};
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::{Context, PoolChange};
use crate::secret::Shown;
use crate::setting::Environment;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// An acquire or connect timeout that this change lowers to a fraction, or to under two seconds.
    ///
    /// ## Why it hurts
    ///
    /// A short spike, a garbage collection or one lost packet (a retransmission alone takes a second or more) then fails
    /// requests that would have been served. Callers retry, and the retries are the next spike.
    ///
    /// ## Example
    ///
    /// ```properties before prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.connection-timeout=10000
    /// ```
    ///
    /// ```properties after prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.connection-timeout=300
    /// ```
    ///
    /// ```properties fixed prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.connection-timeout=8000
    /// ```
    ///
    /// ## What to do
    ///
    /// Half of the caller's own timeout is a good acquire timeout; some seconds a good connect timeout.
    ///
    /// ## When it is wrong
    ///
    /// When failing fast is the plan, with a circuit breaker and callers that do not retry at once.
    ///
    /// ## References
    ///
    /// - <https://github.com/brettwooldridge/HikariCP#gear-configuration-knobs-baby>
    /// - <https://www.rfc-editor.org/rfc/rfc6298>
    pub(super) static TIMEOUT_TOO_SHORT = "timeout-too-short", Medium, High,
        "A wait is shorter than an ordinary hiccup", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for role in [Role::AcquireTimeout, Role::ConnectTimeout] {
        out.extend(ctx.pool_changes(role).iter().filter_map(|change| finding(ctx, change, role)));
    }
}

/// RFC 6298: the first retransmission of a lost packet comes after a second at the earliest.
const HICCUP_MS: u64 = 2000;

fn finding(ctx: &Context<'_>, change: &PoolChange<'_>, role: Role) -> Option<Finding> {
    let (pool, setting) = (change.new_pool?, change.new?);
    let ReadValue::Millis(is) = setting.value else { return None };
    // What the library puts another value in the place of is told as that.
    if setting.taken != setting.value {
        return None;
    }
    let was = match change.old_value().or(setting.default_value.as_ref()) {
        Some(ReadValue::Millis(ms)) => *ms,
        Some(ReadValue::Forever) => u64::MAX,
        _ => return None,
    };
    let steep = is.saturating_mul(4) <= was;
    if is == 0 || is >= was || !(is < HICCUP_MS || steep && is < 10_000) {
        return None;
    }
    let severity = match (role, is < HICCUP_MS && steep, pool.environment) {
        (Role::AcquireTimeout, true, Environment::Production) => Severity::High,
        (_, true, _) => Severity::Medium,
        _ => Severity::Low,
    };
    let what =
        if role == Role::AcquireTimeout { "wait for a free connection" } else { "wait for the server to answer" };
    let name = ctx.name(&setting.name);
    let words = ctx.name(&setting.words);
    let title = match change.old {
        Some(old) => shown!("{} lowered: {} → {}", name, ctx.name(&old.words), words),
        None => shown!("{} set to {}", name, words),
    };
    Some(
        FindingBuilder::new(TIMEOUT_TOO_SHORT.name, severity, Confidence::High, setting.at, title)
            .message(shown!("requests {} for {} at most; a short spike fails what would have been served", what, words))
            .subject(ctx.owner(pool), pool.environment)
            .setting(name.clone(), ctx.written(change.old), ctx.written(change.new))
            .symptom(Shown::of_static("Connection is not available, request timed out"))
            .fix(shown!("keep {} at half of the caller's own timeout", name), ctx.written(change.old))
            .rollback(match ctx.written(change.old) {
                Some(old) => shown!("set {} back to {}; processes take it when they restart", name, old),
                None => shown!("take {} out again; processes take it when they restart", name),
            })
            .question(shown!("Do callers of this service survive failures after {}?", words))
            .build(),
    )
}
