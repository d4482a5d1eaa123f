//! Two spellings of one value, for keys whose unit is known: `30s` and `30000`, `1000m` and `1`.
//!
//! The diff sees texts. Whether two texts are one value is known where the catalogue has read them, and for processor and
//! memory where Kubernetes has a notation of its own. What is the same is [`ChangeKind::Retyped`]: told, and no alarm.

use std::collections::BTreeMap;

use crate::catalogue::ReadValue;
use crate::diff::ChangeKind;
use crate::facts::{Facts, PoolSetting};
use crate::placeholder;
use crate::setting::{Segment, SettingRef, Settings};
use crate::source::Location;

use super::{ChangeSide, Explained, Meant};

/// Marks the changes in which only the spelling differs.
pub(super) fn mark(explained: &mut [Explained], old: Meant<'_>, new: Meant<'_>) {
    let (before, after) = (read(old.facts), read(new.facts));
    for change in explained.iter_mut().filter(|change| change.kind == ChangeKind::Modified) {
        let (Some(was), Some(is)) = (&change.old, &change.new) else { continue };
        let values = (before.get(&key(was)), after.get(&key(is)));
        let same = matches!(values, (Some(a), Some(b)) if is_same(a, b)) || is_same_quantity((old, was), (new, is));
        if same {
            change.kind = ChangeKind::Retyped;
        }
    }
}

/// The values that the catalogue understood, by their setting and place.
type Read<'a> = BTreeMap<(SettingRef, Location), &'a PoolSetting>;

fn read(facts: &Facts) -> Read<'_> {
    let settings = facts.pools.iter().flat_map(|pool| &pool.settings);
    settings.map(|setting| ((setting.setting, setting.at), setting)).collect()
}

fn key(side: &ChangeSide) -> (SettingRef, Location) {
    (side.setting, side.at)
}

fn is_same(old: &PoolSetting, new: &PoolSetting) -> bool {
    let understood = match &old.value {
        ReadValue::NotANumber | ReadValue::Text(_) | ReadValue::Refused => false,
        // Times are read in whole milliseconds; what is below that is not compared.
        ReadValue::Millis(_) => !is_below_millis(&old.raw) && !is_below_millis(&new.raw),
        _ => true,
    };
    // `${POOL:10}` is ten until somebody sets POOL.
    let is_written = |setting: &PoolSetting| placeholder::fallback(&setting.raw).is_none();
    understood && old.role == new.role && old.value == new.value && is_written(old) && is_written(new)
}

fn is_below_millis(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["ns", "us", "µs", "μs", "micro", "nano"].iter().any(|unit| text.contains(unit))
}

/// Whether both are one amount in Kubernetes' notation, where a container or volume asks for it.
fn is_same_quantity(old: (Meant<'_>, &ChangeSide), new: (Meant<'_>, &ChangeSide)) -> bool {
    let amount = |(meant, side): (Meant<'_>, &ChangeSide)| {
        is_quantity(meant.settings, side.setting).then(|| quantity(side.text.trim())).flatten()
    };
    amount(old).is_some_and(|a| amount(new) == Some(a))
}

/// Whether a setting is a request or limit of a resource: `resources.limits.cpu`, `resources.requests.storage`.
fn is_quantity(settings: &Settings, at: SettingRef) -> bool {
    let path = &settings.get(at).path;
    let steps: Vec<&str> = path
        .segments()
        .map(|segment| match segment {
            Segment::Key(key) | Segment::Embedded(key) | Segment::Item(key) => key,
            Segment::Index(_) => "",
        })
        .collect();
    matches!(steps.as_slice(), [.., "resources", "limits" | "requests", _] | [.., "hard", _] | [.., "capacity", _])
}

/// An amount as digits and a power of ten, or of two where that is its unit: exact, so that only what is equal is equal.
///
/// <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>
fn quantity(text: &str) -> Option<(i128, i32)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (before, after) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{before}{after}");
    if digits.is_empty() || digits.len() > 18 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let decimal = |power: i32| Some((1_i128, power));
    let binary = |power: u32| 1024_i128.checked_pow(power).map(|factor| (factor, 0));
    let (factor, power) = match unit {
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "" => decimal(0),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        exponent => decimal(exponent.strip_prefix(['e', 'E'])?.parse().ok().filter(|n: &i32| n.abs() <= 18)?),
    }?;
    let mut value = digits.parse::<i128>().ok()?.checked_mul(factor)?;
    let mut power = power - i32::try_from(after.len()).ok()?;
    if value == 0 {
        return Some((0, 0));
    }
    while value % 10 == 0 {
        value /= 10;
        power += 1;
    }
    Some((value, power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_amount_has_many_spellings() {
        let same = [
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("1e3", "1k"),
            ("128974848", "123Mi"),
            ("0", "0m"),
            ("2.50", "2500m"),
        ];
        for (a, b) in same {
            assert_eq!(quantity(a), quantity(b), "{a} {b}");
            assert!(quantity(a).is_some(), "{a}");
        }
        for (a, b) in [("1", "1m"), ("1G", "1Gi"), ("1000Mi", "1Gi"), ("100m", "1")] {
            assert_ne!(quantity(a), quantity(b), "{a} {b}");
        }
        for none in ["", "m", "1 Gi", "-1", "1gb", "${CPU}", "1e99", "."] {
            assert_eq!(quantity(none), None, "{none}");
        }
    }
}
