//! Reading a value as its library would: units, special numbers, bounds.
//!
//! In: a setting and the text as written. Out: a [`ReadValue`], its words, and what the library makes of a value out of
//! bounds. A text that is no plain value (a template, a reference, a number without a unit) is said to be so.

use super::schema::{Means, Setting, Special, Unit};
use crate::placeholder;

/// A value as the library understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadValue {
    /// A number of things.
    Count(u64),
    /// A time in milliseconds, rounded up so that no time becomes zero.
    Millis(u64),
    /// Percent.
    Percent(u64),
    /// Yes or no.
    Bool(bool),
    /// No upper bound.
    Unlimited,
    /// No end.
    Forever,
    /// Off.
    Disabled,
    /// As if it were not written.
    LibraryDefault,
    /// As many as the pool's maximum.
    SameAsMax,
    /// The library does not start with it.
    Refused,
    /// A meaning of its own, in words.
    Other(String),
    /// A text. May hold anything: print it through the redactor only.
    Text(String),
    /// No plain value: a template, a reference, or a number whose unit is missing or unknown.
    NotANumber,
}

const NANOS_PER_MILLI: i128 = 1_000_000;
const NANOS_PER_SECOND: i128 = 1_000 * NANOS_PER_MILLI;

/// Reads a value as the setting's library would. Of an expression its default counts: `${POOL:16}` is 16.
#[must_use]
pub fn read_value(setting: &Setting, text: &str) -> ReadValue {
    let value = read_plain(setting, text.trim());
    match placeholder::fallback(text) {
        Some(fallback) if value == ReadValue::NotANumber => read_value(setting, fallback.text),
        _ => value,
    }
}

fn read_plain(setting: &Setting, text: &str) -> ReadValue {
    if let Some(special) = special_by_text(setting, text) {
        return meaning(special);
    }
    match setting.unit {
        Unit::Text if is_placeholder(text) => ReadValue::NotANumber,
        Unit::Text => ReadValue::Text(text.to_owned()),
        Unit::Bool => bool_of(text).map_or(ReadValue::NotANumber, ReadValue::Bool),
        _ => number(setting, text),
    }
}

fn number(setting: &Setting, text: &str) -> ReadValue {
    let Some(amount) = amount(setting.unit, text) else { return ReadValue::NotANumber };
    let same = |key: &&String| self::amount(setting.unit, key) == Some(amount);
    if let Some(special) = setting.special.keys().find(same).and_then(|key| setting.special.get(key)) {
        return meaning(special);
    }
    if amount < 0 {
        return setting.special.get("<0").map_or(ReadValue::NotANumber, meaning);
    }
    match setting.unit {
        Unit::Count => u64::try_from(amount).map_or(ReadValue::NotANumber, ReadValue::Count),
        Unit::Percent => u64::try_from(amount).map_or(ReadValue::NotANumber, ReadValue::Percent),
        _ => u64::try_from((amount + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI)
            .map_or(ReadValue::NotANumber, ReadValue::Millis),
    }
}

fn special_by_text<'a>(setting: &'a Setting, text: &str) -> Option<&'a Special> {
    setting.special.iter().find(|(key, _)| key.eq_ignore_ascii_case(text)).map(|(_, special)| special)
}

fn meaning(special: &Special) -> ReadValue {
    match special.means {
        Means::Unlimited => ReadValue::Unlimited,
        Means::Forever => ReadValue::Forever,
        Means::Disabled => ReadValue::Disabled,
        Means::Default => ReadValue::LibraryDefault,
        Means::Refused => ReadValue::Refused,
        Means::SameAsMax => ReadValue::SameAsMax,
        Means::Other => ReadValue::Other(special.note.clone()),
    }
}

/// Whether a text stands for a value that is filled in elsewhere.
fn is_placeholder(text: &str) -> bool {
    let percent = text.len() > 2 && text.starts_with('%') && text.ends_with('%');
    percent || ["${", "$(", "{{", "<%", "#{", "%("].iter().any(|mark| text.contains(mark))
}

fn bool_of(text: &str) -> Option<bool> {
    let is = |words: [&str; 6]| words.iter().any(|w| w.eq_ignore_ascii_case(text));
    match (is(["true", "yes", "on", "1", "t", "y"]), is(["false", "no", "off", "0", "f", "n"])) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// The number that a text means in the setting's unit: things or percent as such, times in nanoseconds.
fn amount(unit: Unit, text: &str) -> Option<i128> {
    let per_unit = match unit {
        Unit::Text | Unit::Bool => return None,
        Unit::Count => return whole(text),
        Unit::Percent => return whole(text.strip_suffix('%').unwrap_or(text).trim_end()),
        Unit::Millis => Some(NANOS_PER_MILLI),
        Unit::Seconds => Some(NANOS_PER_SECOND),
        Unit::Minutes => Some(60 * NANOS_PER_SECOND),
        Unit::Hours => Some(3600 * NANOS_PER_SECOND),
        Unit::Duration => None,
    };
    if let Some(bare) = decimal(text) {
        // Zero is zero in every unit; any other bare number in a text that needs a unit is not guessed.
        return match per_unit {
            Some(nanos) => scale(bare, nanos),
            None if bare.digits == 0 => Some(0),
            None => None,
        };
    }
    iso_time(text).or_else(|| clock_time(text)).or_else(|| unit_time(text))
}

/// A decimal number: `digits / 10^places`.
#[derive(Clone, Copy)]
struct Decimal {
    digits: i128,
    places: u32,
}

/// Most digits that are read; more are no sane setting, and less than this never overflows the arithmetic below.
const MOST_DIGITS: usize = 18;

/// Reads `-1`, `10_000`, `1.5`, `1e3`.
fn decimal(text: &str) -> Option<Decimal> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) if !e.is_empty() && e.len() <= 2 => (m, e.strip_prefix('+').unwrap_or(e).parse::<u32>().ok()?),
        Some(_) => return None,
        None => (text, 0),
    };
    let (negative, body) = match mantissa.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (before, after) = body.split_once('.').unwrap_or((body, ""));
    let well_formed =
        !before.is_empty() && !before.starts_with('_') && !before.ends_with('_') && !before.contains("__");
    if !well_formed || (after.is_empty() && body.contains('.')) {
        return None;
    }
    let digits: String = before.chars().filter(|c| *c != '_').chain(after.chars()).collect();
    if digits.len() > MOST_DIGITS || exponent > 9 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut value: i128 = digits.parse().ok()?;
    let mut places = u32::try_from(after.len()).ok()?;
    let shift = exponent.min(places);
    places -= shift;
    value = value.checked_mul(10_i128.checked_pow(exponent - shift)?)?;
    Some(Decimal { digits: if negative { -value } else { value }, places })
}

fn scale(number: Decimal, factor: i128) -> Option<i128> {
    Some(number.digits.checked_mul(factor)? / 10_i128.checked_pow(number.places)?)
}

/// A whole number; `10.0` is one, `10.5` is not.
fn whole(text: &str) -> Option<i128> {
    let number = decimal(text)?;
    let divisor = 10_i128.checked_pow(number.places)?;
    (number.digits % divisor == 0).then(|| number.digits / divisor)
}

/// ISO 8601: `PT30S`, `PT1H30M`, `P1D`, `-PT1S`.
fn iso_time(text: &str) -> Option<i128> {
    let (sign, body) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let body = body.strip_prefix(['P', 'p'])?;
    let (days, time) = body.split_once(['T', 't']).unwrap_or((body, ""));
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let days = sum_of(days, |unit| matches!(unit, "d" | "D").then_some(86_400 * NANOS_PER_SECOND))?;
    let time = sum_of(time, |unit| match unit {
        "H" | "h" => Some(3600 * NANOS_PER_SECOND),
        "M" | "m" => Some(60 * NANOS_PER_SECOND),
        "S" | "s" => Some(NANOS_PER_SECOND),
        _ => None,
    })?;
    Some(sign * days.checked_add(time)?)
}

/// `hh:mm:ss`, with days before a dot: `00:05:00`, `1.00:00:00`.
fn clock_time(text: &str) -> Option<i128> {
    let mut parts = text.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let days = whole(days)?.checked_mul(24)?;
    let hours = days.checked_add(whole(hours)?)?;
    let seconds = scale(decimal(seconds)?, NANOS_PER_SECOND)?;
    let minutes = hours.checked_mul(60)?.checked_add(whole(minutes)?)?;
    minutes.checked_mul(60 * NANOS_PER_SECOND)?.checked_add(seconds)
}

/// `30s`, `5 min`, `1h30m`, `250ms`, `-1ms`.
fn unit_time(text: &str) -> Option<i128> {
    let (sign, body) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let total = sum_of(body, |unit| {
        Some(match unit.to_ascii_lowercase().as_str() {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" | "msec" | "msecs" | "milli" | "millis" | "millisecond" | "milliseconds" => NANOS_PER_MILLI,
            "s" | "sec" | "secs" | "second" | "seconds" => NANOS_PER_SECOND,
            "m" | "min" | "mins" | "minute" | "minutes" => 60 * NANOS_PER_SECOND,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3600 * NANOS_PER_SECOND,
            "d" | "day" | "days" => 86_400 * NANOS_PER_SECOND,
            _ => return None,
        })
    })?;
    (!body.trim().is_empty()).then_some(sign * total)
}

/// Sums `number unit` pairs; nothing at all is zero.
fn sum_of(text: &str, nanos_of: impl Fn(&str) -> Option<i128>) -> Option<i128> {
    let mut total: i128 = 0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let split = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '_'))?;
        let (number, tail) = rest.split_at(split);
        let tail = tail.trim_start();
        let end = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let (unit, next) = tail.split_at(end);
        total = total.checked_add(scale(decimal(number)?, nanos_of(unit)?)?)?;
        rest = next.trim_start();
    }
    Some(total)
}

/// A value in words with its unit: `30 s`, `unlimited`. A text is given as it is.
#[must_use]
pub fn in_words(setting: &Setting, value: &ReadValue) -> String {
    match value {
        ReadValue::Count(n) => n.to_string(),
        ReadValue::Millis(n) => time_in_words(*n),
        ReadValue::Percent(n) => format!("{n} %"),
        ReadValue::Bool(true) => "on".to_owned(),
        ReadValue::Bool(false) | ReadValue::Disabled => "off".to_owned(),
        ReadValue::Unlimited => "unlimited".to_owned(),
        ReadValue::Forever => "without end".to_owned(),
        ReadValue::LibraryDefault => match default_of(setting) {
            Some(default) => format!("the default of {}", in_words(setting, &default)),
            None => "the default".to_owned(),
        },
        ReadValue::SameAsMax => "the same as the maximum".to_owned(),
        ReadValue::Refused => "refused".to_owned(),
        ReadValue::Other(words) | ReadValue::Text(words) => words.clone(),
        ReadValue::NotANumber => "not a plain value".to_owned(),
    }
}

/// The default, unless it would lead back to itself.
fn default_of(setting: &Setting) -> Option<ReadValue> {
    let value = read_value(setting, setting.default.as_deref()?);
    (value != ReadValue::LibraryDefault).then_some(value)
}

fn time_in_words(millis: u64) -> String {
    let (number, unit) = in_greatest_unit(millis);
    format!("{number} {unit}")
}

/// Milliseconds in the greatest unit that divides them, for people: `250 ms`, `30 s`, `90 s`, `30 min`, `8 h`.
#[must_use]
pub fn in_greatest_unit(millis: u64) -> (u64, &'static str) {
    const UNITS: [(u64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    let fitting = UNITS.into_iter().find(|(size, _)| millis > 0 && millis.is_multiple_of(*size));
    fitting.map_or((millis, "ms"), |(size, unit)| (millis / size, unit))
}

/// What holds when this value is written: itself, or what the library puts in its place where it is too small.
#[must_use]
pub fn taken(setting: &Setting, value: &ReadValue) -> ReadValue {
    let too_small = setting.min.is_some_and(|n| less(value, &bound_of(setting.unit, n)));
    match setting.below_becomes.as_deref().filter(|_| too_small) {
        Some(instead) => read_value(setting, instead),
        None => value.clone(),
    }
}

/// A time in the setting's own unit and in words: what the number would be if it had been meant in another unit.
#[must_use]
pub fn in_unit(unit: Unit, text: &str) -> Option<u64> {
    let nanos = amount(unit, text.trim())?;
    u64::try_from(nanos / NANOS_PER_MILLI).ok()
}

/// What the library makes of a value that is out of its bounds: "below 250 ms it is reset to 30 s".
#[must_use]
pub fn correction(setting: &Setting, value: &ReadValue) -> Option<String> {
    if *value == ReadValue::Refused {
        return Some("the library refuses this value".to_owned());
    }
    let bound = |n: u64| bound_of(setting.unit, n);
    let least = setting.min.map(bound).filter(|least| less(value, least));
    if let Some(least) = least {
        return Some(outcome("below", &in_words(setting, &least), &setting.below_min));
    }
    let most = setting.max.map(bound).filter(|most| less(most, value))?;
    Some(outcome("above", &in_words(setting, &most), &setting.above_max))
}

fn outcome(side: &str, bound: &str, what: &str) -> String {
    let what = if what.is_empty() { "is refused" } else { what };
    format!("{side} {bound} it {what}")
}

fn bound_of(unit: Unit, n: u64) -> ReadValue {
    match unit {
        Unit::Count => ReadValue::Count(n),
        Unit::Percent => ReadValue::Percent(n),
        Unit::Seconds => ReadValue::Millis(n.saturating_mul(1_000)),
        Unit::Minutes => ReadValue::Millis(n.saturating_mul(60_000)),
        Unit::Hours => ReadValue::Millis(n.saturating_mul(3_600_000)),
        Unit::Millis | Unit::Duration | Unit::Bool | Unit::Text => ReadValue::Millis(n),
    }
}

/// Whether both are plain numbers of one kind and the first is smaller.
fn less(a: &ReadValue, b: &ReadValue) -> bool {
    match (a, b) {
        (ReadValue::Count(a), ReadValue::Count(b))
        | (ReadValue::Millis(a), ReadValue::Millis(b))
        | (ReadValue::Percent(a), ReadValue::Percent(b)) => a < b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(unit: &str, rest: &str) -> Setting {
        toml::from_str(&format!("role = \"pool_max\"\nunit = \"{unit}\"\n{rest}")).unwrap()
    }

    fn words(unit: &str, rest: &str, text: &str) -> String {
        let setting = setting(unit, rest);
        in_words(&setting, &read_value(&setting, text))
    }

    #[test]
    fn times_are_read_in_every_usual_form() {
        let forms =
            ["30s", "30 s", "30000", "PT30S", "pt30s", "30000ms", "30_000", "3e4", "00:00:30", "0.5m", "30 seconds"];
        for text in forms {
            assert_eq!(words("ms", "", text), "30 s", "{text}");
        }
        let others =
            [("1h30m", "90 min"), ("P1DT1H", "25 h"), ("1.00:00:00", "1 d"), ("1500", "1500 ms"), ("0", "0 ms")];
        for (text, expected) in others {
            assert_eq!(words("ms", "", text), expected, "{text}");
        }
    }

    #[test]
    fn a_bare_number_counts_in_the_unit_of_its_setting() {
        assert_eq!(words("s", "", "30"), "30 s");
        assert_eq!(words("min", "", "30"), "30 min");
        assert_eq!(words("s", "", "1.5"), "1500 ms");
    }

    #[test]
    fn a_bare_number_where_a_unit_is_needed_is_not_guessed() {
        assert_eq!(read_value(&setting("duration", ""), "30"), ReadValue::NotANumber);
        assert_eq!(read_value(&setting("duration", ""), "0"), ReadValue::Millis(0));
        assert_eq!(read_value(&setting("duration", ""), "30m"), ReadValue::Millis(1_800_000));
    }

    #[test]
    fn the_shortest_time_does_not_become_zero() {
        assert_eq!(
            read_value(&setting("duration", "special = { \"0\" = { means = \"forever\" } }"), "30ns"),
            ReadValue::Millis(1)
        );
    }

    #[test]
    fn special_values_are_known_in_every_spelling() {
        let rest = "special = { \"0\" = { means = \"forever\" }, \"<0\" = { means = \"disabled\" } }";
        for text in ["0", "0s", "00", "PT0S", " 0 ", "-0"] {
            assert_eq!(words("ms", rest, text), "without end", "{text}");
        }
        assert_eq!(words("ms", rest, "-1"), "off");
        assert_eq!(words("count", "special = { none = { means = \"unlimited\" } }", "None"), "unlimited");
    }

    #[test]
    fn what_is_no_plain_value_is_said_to_be_so() {
        let texts = [
            "${POOL}",
            "${POOL:ten}",
            "{{ .Values.pool }}",
            "$(POOL)",
            "",
            "ten",
            "10 20",
            "1,000",
            "10.5",
            "-5",
            "1e99",
        ];
        for text in texts {
            assert_eq!(read_value(&setting("count", ""), text), ReadValue::NotANumber, "{text}");
        }
        let long = "9".repeat(400);
        assert_eq!(read_value(&setting("count", ""), &long), ReadValue::NotANumber);
        assert_eq!(read_value(&setting("ms", ""), &format!("{long}h")), ReadValue::NotANumber);
    }

    #[test]
    fn the_default_of_an_expression_is_its_value() {
        let texts = ["${POOL:16}", "${A:${B:-16}}", "{{ .Values.pool | default 16 }}", "<%= ENV.fetch('POOL', 16) %>"];
        for text in texts {
            assert_eq!(read_value(&setting("count", ""), text), ReadValue::Count(16), "{text}");
        }
        assert_eq!(read_value(&setting("text", ""), "${MODE:session}"), ReadValue::Text("session".to_owned()));
        assert_eq!(read_value(&setting("bool", ""), "${ON:true}"), ReadValue::Bool(true));
    }

    #[test]
    fn a_value_out_of_bounds_has_its_consequence() {
        let setting = setting("ms", "min = 30000\nbelow_min = \"is reset to 30 min\"\nmax = 100000");
        let told = |text: &str| correction(&setting, &read_value(&setting, text));
        assert_eq!(told("20000").as_deref(), Some("below 30 s it is reset to 30 min"));
        assert_eq!(told("30000"), None);
        assert_eq!(told("101s").as_deref(), Some("above 100 s it is refused"));
        assert_eq!(told("${X}"), None);
    }

    #[test]
    fn a_value_that_means_the_default_says_which() {
        let rest = "default = \"10\"\nspecial = { \"0\" = { means = \"default\" } }";
        assert_eq!(words("count", rest, "0"), "the default of 10");
        assert_eq!(
            words("count", "default = \"0\"\nspecial = { \"0\" = { means = \"default\" } }", "0"),
            "the default"
        );
    }
}
