//! A value is written that its library does not take: it puts another in its place, or does not start.

use crate::catalogue::{ReadValue, Role, Unit, in_unit};
use crate::declare_rule;
use crate::facts::{Pool, PoolSetting};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::times::{Length, closes_idle, is_hikari, time, time_words};
use crate::rule::{Context, PoolPair};
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A value that a change writes and that its library refuses or replaces: HikariCP's `maxLifetime` below 30 s (30 min
    /// hold instead), an `idleTimeout` below 10 s, a `connectionTimeout` below 250 ms (it does not start), a
    /// `leakDetectionThreshold` below 2 s (off); and times that switch each other off there, an idle timeout or a
    /// keepalive that is not below the lifetime.
    ///
    /// ## Why it hurts
    ///
    /// The file says one thing and the process does another, and only a line in its log tells. It is often a slip of the
    /// unit: `max-lifetime: 1800` was meant as half an hour in seconds and is read as two seconds.
    ///
    /// ## Example
    ///
    /// ```properties before prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.max-lifetime=1500000
    /// ```
    ///
    /// ```properties after prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.max-lifetime=1500
    /// ```
    ///
    /// ```properties fixed prod/application.properties
    /// spring.datasource.url=jdbc:postgresql://orders-db.example.internal:5432/orders
    /// spring.datasource.hikari.max-lifetime=1500000
    /// ```
    ///
    /// ## What to do
    ///
    /// Write a value that the library takes, in its unit, or remove the line and let the default hold.
    ///
    /// ## When it is wrong
    ///
    /// When the version in use has other bounds, or `com.zaxxer.hikari.timeoutMs.floor` moves them.
    ///
    /// ## References
    ///
    /// - <https://github.com/brettwooldridge/HikariCP/blob/dev/src/main/java/com/zaxxer/hikari/HikariConfig.java>
    /// - <https://github.com/apache/tomcat/blob/main/modules/jdbc-pool/src/main/java/org/apache/tomcat/jdbc/pool/ConnectionPool.java>
    pub(super) static VALUE_CORRECTED_BY_LIBRARY = "value-corrected-by-library", Medium, High,
        "A value is written that its library replaces or refuses", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for pair in ctx.pools() {
        let Some(new) = pair.new else { continue };
        for correction in corrections(ctx, new) {
            let known = |old: &Pool| corrections(ctx, old).iter().any(|o| o.is_same(&correction));
            if !pair.old.is_some_and(known) {
                out.push(finding(ctx, pair, new, &correction));
            }
        }
    }
}

/// A setting that does not do what it says.
struct Correction<'a> {
    setting: &'a PoolSetting,
    /// What becomes of it.
    becomes: Shown,
    /// The library's own words.
    says: Shown,
    severity: Severity,
}

impl Correction<'_> {
    fn is_same(&self, other: &Correction<'_>) -> bool {
        self.setting.role == other.setting.role && self.setting.value == other.setting.value
    }
}

fn corrections<'a>(ctx: &Context<'_>, pool: &'a Pool) -> Vec<Correction<'a>> {
    let own = pool.settings.iter().filter_map(|setting| own_bounds(ctx, setting));
    own.chain(by_neighbours(ctx, pool)).collect()
}

/// A value outside the bounds of its setting.
fn own_bounds<'a>(ctx: &Context<'_>, setting: &'a PoolSetting) -> Option<Correction<'a>> {
    let words = setting.correction.as_deref()?;
    let severity = match &setting.taken {
        // The process does not start.
        ReadValue::Refused => Severity::High,
        _ if is_refused(setting) => Severity::High,
        _ if setting.taken == setting.value => Severity::Medium,
        // Only a log line is lost.
        _ if setting.role == Role::LeakDetection => Severity::Low,
        _ => Severity::Medium,
    };
    Some(Correction { setting, becomes: ctx.name(words), says: ctx.name(&setting.says), severity })
}

/// Whether the library's own words say that it does not start with the value.
fn is_refused(setting: &PoolSetting) -> bool {
    !setting.says.is_empty() && setting.correction.as_deref().is_some_and(|c| c.contains("refused"))
}

/// Values that HikariCP puts right because of others beside them.
fn by_neighbours<'a>(ctx: &Context<'_>, pool: &'a Pool) -> Vec<Correction<'a>> {
    let lifetime = time(ctx, pool, Role::MaxLifetime).filter(|_| is_hikari(pool));
    let Some((life, words)) = lifetime.and_then(|t| Some((t.length.millis()?, t.words()))) else { return Vec::new() };
    let written = |role: Role| {
        let setting = pool.setting(role).filter(|s| s.taken == s.value)?;
        Some((setting, Length::of(&setting.value)?.millis()?))
    };
    let mut found = Vec::new();
    if let Some((setting, idle)) = written(Role::IdleTimeout).filter(|(_, ms)| ms + 1000 > life)
        && closes_idle(pool)
    {
        let becomes = shown!("idle connections stay: {} is not a second below {}", time_words(idle), words);
        let says = Shown::of_static("idleTimeout is close to or more than maxLifetime, disabling it.");
        found.push(Correction { setting, becomes, says, severity: Severity::Low });
    }
    if let Some((setting, keepalive)) = written(Role::Keepalive).filter(|(_, ms)| *ms >= life) {
        let becomes = shown!("no keepalive: {} is not below {}", time_words(keepalive), words);
        let says = Shown::of_static("keepaliveTime is greater than or equal to maxLifetime, disabling it.");
        found.push(Correction { setting, becomes, says, severity: Severity::Low });
    }
    if let Some((setting, leak)) = written(Role::LeakDetection).filter(|(_, ms)| *ms > life) {
        let becomes = shown!("leak detection is off: {} is above {}", time_words(leak), words);
        let says =
            Shown::of_static("leakDetectionThreshold is less than 2000ms or more than maxLifetime, disabling it.");
        found.push(Correction { setting, becomes, says, severity: Severity::Low });
    }
    found
}

/// The number in the next unit, where it would make sense there: `1800` milliseconds were meant as seconds.
fn meant(setting: &PoolSetting, old: Option<&PoolSetting>) -> Option<u64> {
    let bare: u64 = setting.raw.trim().parse().ok()?;
    let usual = old.map(|o| &o.taken).or(setting.default_value.as_ref());
    let ReadValue::Millis(usual) = usual? else { return None };
    let in_seconds = in_unit(Unit::Seconds, setting.raw.trim())?;
    let near = in_seconds.saturating_mul(10) >= *usual && in_seconds <= usual.saturating_mul(10);
    (setting.unit == Unit::Millis && bare > 0 && near).then_some(in_seconds)
}

fn finding(ctx: &Context<'_>, pair: PoolPair<'_>, pool: &Pool, correction: &Correction<'_>) -> Finding {
    let setting = correction.setting;
    let old = pair.old.and_then(|pool| pool.setting(setting.role));
    let name = ctx.name(&setting.name);
    let refused = is_refused(setting) || setting.taken == ReadValue::Refused;
    let title = match refused {
        true => shown!(
            "{} refuses {} of {}: {}",
            ctx.name(&pool.library),
            name,
            ctx.name(setting.raw.trim()),
            correction.becomes
        ),
        false => shown!("{} of {} is not what holds: {}", name, ctx.name(&setting.words), correction.becomes),
    };
    let meant = meant(setting, old);
    let hint = match meant {
        Some(ms) => shown!("{} counts in milliseconds; as seconds it would be {}", name, time_words(ms)),
        None if refused => Shown::of_static("the process does not start with this value"),
        None => shown!("{} puts it right by itself and only its log tells", ctx.name(&pool.library)),
    };
    let confidence = if pool.ambiguous { Confidence::Low } else { Confidence::High };
    let builder =
        FindingBuilder::new(VALUE_CORRECTED_BY_LIBRARY.name, correction.severity, confidence, setting.at, title)
            .message(hint)
            .subject(ctx.owner(pool), pool.environment)
            .setting(name.clone(), ctx.written(old), ctx.written(Some(setting)))
            .fix(
                match meant {
                    Some(ms) => shown!("write {} if {} were meant", ms, time_words(ms)),
                    None => shown!("write a value that holds, or take {} out", name),
                },
                meant.map(|ms| shown!("{}", ms)).or_else(|| ctx.written(old)),
            )
            .rollback(match ctx.written(old) {
                Some(old) => shown!("set {} back to {}; processes take it when they restart", name, old),
                None => shown!("take {} out again; processes take it when they restart", name),
            });
    let told = !correction.says.as_str().is_empty();
    if told { builder.symptom(correction.says.clone()).build() } else { builder.build() }
}
