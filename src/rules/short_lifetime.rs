//! Connections are thrown away so soon that making new ones becomes the work.

use crate::catalogue::{ReadValue, Role};
use crate::declare_rule;
use crate::facts::Facts;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::addresses::pooler_of;
use crate::rule::times::{closes_idle, time_words};
use crate::rule::{Context, PoolChange, wording};
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A maximum lifetime, recycle time or idle timeout that this change lowers to minutes or seconds, with the logins a
    /// second that follow from it. Also a pool that is switched off, a connection that is replaced after few uses, and a
    /// pool that keeps few of its many connections when they come back (`max_idle_conns` far below `max_open_conns`).
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
    for role in [Role::PoolEnabled, Role::MaxUses, Role::PoolMaxIdle] {
        out.extend(ctx.pool_changes(role).iter().filter_map(|change| discarded(ctx, change, role)));
    }
}

/// Connections that are thrown away for another reason than their age.
fn discarded(ctx: &Context<'_>, change: &PoolChange<'_>, role: Role) -> Option<Finding> {
    let (pool, setting) = (change.new_pool?, change.new?);
    let old_pool = change.old_pool.filter(|_| !ctx.audit)?;
    let name = ctx.name(&setting.name);
    let (severity, effect) = match role {
        Role::PoolEnabled
            if is_pooled(change.old_value()) == Some(true) && is_pooled(Some(&setting.value)) == Some(false) =>
        {
            // Behind a pooler a pool less is sound.
            let pooled = pool.endpoint.and_then(|at| ctx.new.facts.endpoints.get(at)).and_then(pooler_of);
            let severity = if pooled.is_some() { Severity::Low } else { Severity::Medium };
            (severity, Shown::of_static("every use logs in anew: as many logins a second as requests"))
        }
        Role::MaxUses => {
            let (ReadValue::Count(is), was) = (&setting.value, change.old_value()) else { return None };
            let fell = !matches!(was, Some(ReadValue::Count(was)) if was <= is);
            if *is >= FEW_USES || *is == 0 || !fell {
                return None;
            }
            (
                Severity::Medium,
                shown!("a connection is replaced after {} uses: one login for every {} requests", *is, *is),
            )
        }
        Role::PoolMaxIdle => {
            let (ReadValue::Count(kept), Some(most)) = (&setting.value, pool.ceiling().known()) else { return None };
            let few = |kept: u64, most: u64| most >= 10 && kept * 4 < most;
            let was = match (change.old_value(), old_pool.ceiling().known()) {
                (Some(ReadValue::Count(kept)), Some(most)) => few(*kept, most),
                _ => false,
            };
            if !few(*kept, most) || was {
                return None;
            }
            (
                Severity::Low,
                shown!(
                    "of {} connections {} are kept when they come back; the others are closed and made again",
                    most,
                    *kept
                ),
            )
        }
        _ => return None,
    };
    let title = match change.old {
        Some(old) => shown!("{} changed: {} → {}", name, ctx.name(&old.words), ctx.name(&setting.words)),
        None => shown!("{} set to {}", name, ctx.name(&setting.words)),
    };
    let confidence = if pool.ambiguous { Confidence::Low } else { Confidence::High };
    Some(
        FindingBuilder::new(SHORT_LIFETIME.name, severity, confidence, setting.at, title)
            .message(effect)
            .subject(ctx.owner(pool), pool.environment)
            .setting(name.clone(), ctx.written(change.old), ctx.written(change.new))
            .symptom(Shown::of_static("the server is busy with logins; latency grows with every burst"))
            .fix(shown!("keep {} as it was", name), ctx.written(change.old))
            .rollback(wording::set_back(&name, ctx.written(change.old).as_ref()))
            .build(),
    )
}

/// Uses below which replacing a connection is most of the work.
const FEW_USES: u64 = 100;

/// Whether connections are kept at all.
fn is_pooled(value: Option<&ReadValue>) -> Option<bool> {
    match value? {
        ReadValue::Bool(on) => Some(*on),
        ReadValue::Disabled => Some(false),
        ReadValue::Text(class) => Some(!class.to_ascii_lowercase().ends_with("nullpool")),
        _ => None,
    }
}

fn finding(ctx: &Context<'_>, change: &PoolChange<'_>, role: Role, floor: u64) -> Option<Finding> {
    let (pool, setting) = (change.new_pool?, change.new?);
    // What the library puts another value in the place of is told as that.
    let ReadValue::Millis(is) = setting.value else { return None };
    if setting.taken != setting.value {
        return None;
    }
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
    if role == Role::IdleTimeout && !closes_idle(pool) {
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
    Some(
        FindingBuilder::new(SHORT_LIFETIME.name, severity, Confidence::High, setting.at, title)
            .message(churn)
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
    let open = change.new_pool.and_then(|pool| Some((facts.copies(pool)?, pool.ceiling().known()?)));
    let life = time_words(lifetime_ms);
    let Some((copies, each)) = open else { return shown!("each connection is made anew every {}", life) };
    let logins = tenths(copies.saturating_mul(each).saturating_mul(10_000) / lifetime_ms.max(1));
    if copies == 1 {
        return shown!("{} connections ÷ {} = {} logins a second on the server", each, life, logins);
    }
    shown!("{} processes × {} connections ÷ {} = {} logins a second on the server", copies, each, life, logins)
}

/// A number of tenths with its point: `6.7`; what is less than one tenth is `less than 0.1`.
fn tenths(n: u64) -> Shown {
    match n {
        0 => Shown::of_static("less than 0.1"),
        n if n.is_multiple_of(10) => shown!("{}", n / 10),
        n => shown!("{}.{}", n / 10, n % 10),
    }
}
