//! The times of a pool as they hold: written, put right by the library, by default, or told in its connection string.
//!
//! In: a pool and the facts of its side. Out: [`Time`]s that can be compared, each with its place if it has one. What is
//! not known is no time; nothing is judged here.

use crate::catalogue::{self, ReadValue, Role, Unit};
use crate::facts::{Facts, Pool, PoolSetting};
use crate::parameter::{self, ParamRole};
use crate::rule::parameters::{name_of, part_with};
use crate::rule::{Context, PoolPair};
use crate::secret::Shown;
use crate::shown;
use crate::source::Location;

/// How long something lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Length {
    /// So many milliseconds.
    Millis(u64),
    /// It never ends.
    Endless,
}

impl Length {
    /// What a value says as a time; `None` where it says none. Zero that is not explained is no time either.
    pub(crate) fn of(value: &ReadValue) -> Option<Length> {
        match value {
            ReadValue::Millis(ms) if *ms > 0 => Some(Length::Millis(*ms)),
            ReadValue::Forever | ReadValue::Unlimited | ReadValue::Disabled => Some(Length::Endless),
            _ => None,
        }
    }

    /// The milliseconds, unless it is endless.
    pub(crate) fn millis(self) -> Option<u64> {
        match self {
            Length::Millis(ms) => Some(ms),
            Length::Endless => None,
        }
    }

    /// `30 s`, `without end`.
    pub(crate) fn words(self) -> Shown {
        match self {
            Length::Millis(ms) => time_words(ms),
            Length::Endless => Shown::of_static("without end"),
        }
    }
}

/// Milliseconds for people: `30 s`.
pub(crate) fn time_words(millis: u64) -> Shown {
    let (number, unit) = catalogue::in_greatest_unit(millis);
    shown!("{} {}", number, unit)
}

/// A time of a pool.
#[derive(Debug, Clone)]
pub(crate) struct Time<'a> {
    /// Its key; for a default the word for it.
    pub(crate) name: Shown,
    /// How long it is.
    pub(crate) length: Length,
    /// Where it is written; `None` for a default.
    pub(crate) at: Option<Location>,
    /// The setting that writes it, if it is one of the pool's own.
    pub(crate) setting: Option<&'a PoolSetting>,
}

impl Time<'_> {
    /// `connection-timeout of 30 s`, `the default idle timeout of 10 min`.
    pub(crate) fn words(&self) -> Shown {
        match self.at {
            Some(_) => shown!("{} of {}", self.name, self.length.words()),
            None => shown!("the default {} of {}", self.name, self.length.words()),
        }
    }
}

/// The time of a role that holds in a pool.
pub(crate) fn time<'a>(ctx: &Context<'_>, pool: &'a Pool, role: Role) -> Option<Time<'a>> {
    let length = Length::of(pool.effective(role)?)?;
    let setting = pool.setting(role);
    let name = setting.map_or_else(|| Shown::of_static(word(role)), |s| ctx.name(&s.name));
    Some(Time { name, length, at: setting.map(|s| s.at), setting })
}

/// The time of a role in a pool, or else in its connection string.
pub(crate) fn time_or_param<'a>(
    ctx: &Context<'_>,
    facts: &Facts,
    pool: &'a Pool,
    role: Role,
    param: ParamRole,
) -> Option<Time<'a>> {
    if pool.setting(role).is_some() {
        return time(ctx, pool, role);
    }
    let endpoint = facts.endpoints.get(pool.endpoint?)?;
    let told = part_with(endpoint, param).and_then(|(part, about)| {
        let unit = match about.unit? {
            parameter::Unit::Millis => Unit::Millis,
            parameter::Unit::Seconds => Unit::Seconds,
            parameter::Unit::GoDuration => Unit::Duration,
        };
        let millis = catalogue::in_unit(unit, part.text.as_deref()?)?;
        let length = if millis == 0 { Length::Endless } else { Length::Millis(millis) };
        Some(Time { name: ctx.name(name_of(part)?), length, at: Some(part.at), setting: None })
    });
    told.or_else(|| time(ctx, pool, role))
}

/// What a time is called where no key of it is written.
fn word(role: Role) -> &'static str {
    match role {
        Role::AcquireTimeout => "wait for a connection",
        Role::ConnectTimeout => "connect timeout",
        Role::IdleTimeout => "idle timeout",
        Role::MaxLifetime => "lifetime",
        Role::Recycle => "recycle time",
        Role::Keepalive => "keepalive interval",
        Role::ValidationTimeout => "validation timeout",
        Role::LeakDetection => "leak detection",
        Role::StatementTimeout => "statement timeout",
        Role::SocketTimeout => "socket timeout",
        Role::EvictInterval => "eviction interval",
        other => other.as_str(),
    }
}

/// Whether a pool looks at idle connections at all. HikariCP closes them only where it keeps fewer than the maximum, and
/// keeps the maximum where no minimum is written.
pub(crate) fn closes_idle(pool: &Pool) -> bool {
    if !is_hikari(pool) {
        return true;
    }
    match pool.setting(Role::PoolMinIdle).map(|s| &s.taken) {
        None | Some(ReadValue::SameAsMax) => false,
        Some(_) => pool.min_idle.value.known() < pool.max.value.known() || pool.max.value.known().is_none(),
    }
}

/// Whether it is a HikariCP, under its own name or inside an application.
pub(crate) fn is_hikari(pool: &Pool) -> bool {
    pool.key.library.contains("hikari") || pool.setting(Role::PoolMax).is_some_and(|s| s.name.contains("hikari"))
}

/// Whether a connection is looked at before it is handed out, so that a dead one costs time and no request.
pub(crate) fn is_checked_when_taken(pool: &Pool) -> bool {
    is_hikari(pool) || matches!(pool.effective(Role::PrePing), Some(ReadValue::Bool(true)))
}

/// The longest time that a connection lies unused before the pool closes, replaces or asks it: the least of idle timeout,
/// lifetime, recycle time and keepalive. `None` where one that could be the least is not known.
pub(crate) fn longest_rest<'a>(ctx: &Context<'_>, pool: &'a Pool) -> Option<Time<'a>> {
    let idle = time(ctx, pool, Role::IdleTimeout).filter(|_| closes_idle(pool));
    let ages = [Role::MaxLifetime, Role::Recycle].map(|role| time(ctx, pool, role));
    let mut known: Vec<Time<'a>> = idle.into_iter().chain(ages.into_iter().flatten()).collect();
    if known.is_empty() {
        return None;
    }
    known.extend(time(ctx, pool, Role::Keepalive));
    // What is written and is no plain time may be the shortest.
    let unread = [Role::IdleTimeout, Role::MaxLifetime, Role::Recycle, Role::Keepalive]
        .iter()
        .any(|role| pool.setting(*role).is_some_and(|s| matches!(s.taken, ReadValue::NotANumber)));
    if unread {
        return None;
    }
    known.into_iter().min_by_key(|time| time.length)
}

/// Whether one of two settings is new or differs from what the pool had, so that the change is about it.
pub(crate) fn is_touched(pair: PoolPair<'_>, setting: Option<&PoolSetting>) -> bool {
    let Some(setting) = setting else { return false };
    let old = pair.old.and_then(|pool| pool.setting(setting.role));
    old.is_none_or(|old| old.value != setting.value || old.raw != setting.raw)
}
