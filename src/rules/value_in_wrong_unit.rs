//! A number makes sense in another unit than the one its client reads.

use crate::catalogue::{ReadValue, Role, Unit};
use crate::connection::DoubtKind;
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::times::time_words;
use crate::rule::{Context, PoolChange, parameters};
use crate::secret::Shown;
use crate::setting::Environment;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A timeout in a connection string that its client reads in milliseconds and that is 60 or less, or one in seconds that lasts
    /// a quarter of an hour for a connection, or hours for an answer. Zero means "no end" and is left to other rules.
    ///
    /// And a time of a pool that is out of all reason in its unit and sound in the next one: `pool_timeout = 30000` where
    /// seconds are read, `connectionTimeoutMillis: 30`.
    ///
    /// ## Why it hurts
    ///
    /// pgjdbc counts `connectTimeout` in seconds, Connector/J the same word in milliseconds. Five milliseconds fail every
    /// connection; ten thousand seconds are no limit at all.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: jdbc:mysql://orders-db.prod.example.internal:3306/orders?connectTimeout=5000
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: jdbc:mysql://orders-db.prod.example.internal:3306/orders?connectTimeout=5
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: jdbc:mysql://orders-db.prod.example.internal:3306/orders?connectTimeout=8000
    /// ```
    ///
    /// ## What to do
    ///
    /// Write the number in the client's unit; the message names it.
    ///
    /// ## When it is wrong
    ///
    /// For a batch job that may wait for hours.
    ///
    /// ## References
    ///
    /// - <https://jdbc.postgresql.org/documentation/use/>
    /// - <https://dev.mysql.com/doc/connector-j/en/connector-j-connp-props-networking.html>
    pub(super) static VALUE_IN_WRONG_UNIT = "value-in-wrong-unit", Medium, Medium,
        "A number makes sense in another unit than the one its client reads", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    parameters::findings(ctx, &VALUE_IN_WRONG_UNIT, DoubtKind::Unit, out);
    for (role, sane) in SANE {
        out.extend(ctx.pool_changes(*role).iter().filter_map(|change| of_pool(ctx, change, *sane)));
    }
}

/// Milliseconds between which a time of a pool makes sense, however unusual it is. They are wide: the libraries' own
/// floors and ten times the longest default that is known.
const SANE: &[(Role, (u64, u64))] = &[
    (Role::AcquireTimeout, (100, 3_600_000)),
    (Role::ConnectTimeout, (100, 1_800_000)),
    (Role::ValidationTimeout, (50, 600_000)),
    (Role::IdleTimeout, (1_000, 172_800_000)),
    (Role::MaxLifetime, (2_000, 1_209_600_000)),
    (Role::Recycle, (2_000, 1_209_600_000)),
    (Role::Keepalive, (1_000, 86_400_000)),
];

/// A bare number out of all reason that makes sense a thousand times, or sixty times, smaller or greater.
fn of_pool(ctx: &Context<'_>, change: &PoolChange<'_>, (least, most): (u64, u64)) -> Option<Finding> {
    let (pool, setting) = (change.new_pool?, change.new?);
    let ReadValue::Millis(is) = setting.value else { return None };
    let is_bare = setting.raw.trim().bytes().all(|b| b.is_ascii_digit());
    // What the library puts another value in the place of is told as that.
    if !is_bare || setting.taken != setting.value || pool.ambiguous || (least..=most).contains(&is) {
        return None;
    }
    let too_long = is > most;
    // Sound by the measure of the default or of what stood there before, not only possible.
    let usual = |value: Option<&ReadValue>| match value {
        Some(ReadValue::Millis(ms)) if (least..=most).contains(ms) => Some(*ms),
        _ => None,
    };
    let usual = usual(change.old_value()).or_else(|| usual(setting.default_value.as_ref()));
    let near = |ms: u64| usual.map_or((least..=most).contains(&ms), |usual| ms <= usual * 20 && ms * 20 >= usual);
    let meant =
        [1000, 60].into_iter().map(|n| if too_long { is / n } else { is.saturating_mul(n) }).find(|ms| near(*ms))?;
    let name = ctx.name(&setting.name);
    let (unit, size) = match setting.unit {
        Unit::Seconds => ("seconds", 1_000),
        Unit::Minutes => ("minutes", 60_000),
        Unit::Hours => ("hours", 3_600_000),
        _ => ("milliseconds", 1),
    };
    let written = meant.div_ceil(size);
    let title =
        shown!("{} of {} is {}: it counts in {}", name, ctx.name(setting.raw.trim()), ctx.name(&setting.words), unit);
    let effect =
        if too_long { "a time of so many hours is no limit" } else { "nothing is answered in so short a time" };
    let severity = match (too_long, pool.environment) {
        (false, Environment::Production) => Severity::High,
        _ => Severity::Medium,
    };
    Some(
        FindingBuilder::new(VALUE_IN_WRONG_UNIT.name, severity, Confidence::High, setting.at, title)
            .message(shown!("{}; {} would be usual", effect, time_words(meant)))
            .subject(ctx.owner(pool), pool.environment)
            .setting(name.clone(), ctx.written(change.old), ctx.written(change.new))
            .symptom(Shown::of_static(if too_long {
                "the service hangs instead of failing"
            } else {
                "every request fails at once: timed out"
            }))
            .fix(shown!("write {} if {} were meant", written, time_words(meant)), Some(shown!("{}", written)))
            .rollback(match ctx.written(change.old) {
                Some(old) => shown!("set {} back to {}; processes take it when they restart", name, old),
                None => shown!("take {} out again; processes take it when they restart", name),
            })
            .build(),
    )
}
