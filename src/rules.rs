//! All rules, in the order of their documentation, and how they are run.

mod min_idle_near_max;
mod pool_below_threads;
mod pool_below_traffic;
mod pool_exceeds_server_limit;
mod pool_setting_changed;
mod pool_size_lowered;
mod pool_size_raised;
mod pool_unlimited;
mod server_limit_lowered;
mod server_limit_raised;
mod short_lifetime;
mod timeout_removed;
mod timeout_too_short;

use std::collections::BTreeMap;

use crate::finding::{Finding, Severity};
use crate::rule::{Context, Rule};
use crate::source::Location;

/// Every rule. A test holds the folder against this list.
pub static RULES: &[&Rule] = &[
    // Budget
    &pool_exceeds_server_limit::POOL_EXCEEDS_SERVER_LIMIT,
    &server_limit_lowered::SERVER_LIMIT_LOWERED,
    &server_limit_raised::SERVER_LIMIT_RAISED,
    // Pools
    &pool_unlimited::POOL_UNLIMITED,
    &pool_size_raised::POOL_SIZE_RAISED,
    &pool_size_lowered::POOL_SIZE_LOWERED,
    &pool_below_traffic::POOL_BELOW_TRAFFIC,
    &pool_below_threads::POOL_BELOW_THREADS,
    &min_idle_near_max::MIN_IDLE_NEAR_MAX,
    &short_lifetime::SHORT_LIFETIME,
    &timeout_too_short::TIMEOUT_TOO_SHORT,
    &timeout_removed::TIMEOUT_REMOVED,
    &pool_setting_changed::POOL_SETTING_CHANGED,
];

/// The rule of this name.
#[must_use]
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.name == name).copied()
}

/// The names of all rules, in order.
#[must_use]
pub fn names() -> Vec<&'static str> {
    RULES.iter().map(|r| r.name).collect()
}

/// What the policy does to a rule's severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Override {
    /// The rule is not run.
    Off,
    /// Its findings get this severity.
    Severity(Severity),
}

/// A rule that gives way to others at the same place: `(gives way, to)`. An empty list means to every other rule.
const GIVES_WAY: &[(&str, &[&str])] = &[
    ("pool-setting-changed", &[]),
    ("pool-size-raised", &["pool-exceeds-server-limit", "pool-unlimited"]),
    ("pool-size-lowered", &["pool-below-traffic"]),
    ("server-limit-raised", &["pool-exceeds-server-limit"]),
    ("server-limit-lowered", &["pool-exceeds-server-limit"]),
];

/// Runs all rules. One mistake at one place is one finding: of several by the same rule the worst stays (two workloads
/// that read the same line), and a general rule gives way to a precise one.
#[must_use]
pub fn run(ctx: &Context<'_>, overrides: &BTreeMap<String, Override>) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for rule in RULES {
        let wanted = overrides.get(rule.name);
        if wanted == Some(&Override::Off) {
            continue;
        }
        let before = found.len();
        (rule.check)(ctx, &mut found);
        if let Some(Override::Severity(severity)) = wanted {
            found.iter_mut().skip(before).for_each(|f| f.severity = *severity);
        }
    }
    give_way(merge(found))
}

/// One finding a rule, place and discriminator: the worst.
fn merge(found: Vec<Finding>) -> Vec<Finding> {
    let mut kept: BTreeMap<(Location, &'static str, String), Finding> = BTreeMap::new();
    for finding in found {
        let key = (finding.at, finding.rule, finding.discriminator.as_str().to_owned());
        match kept.get_mut(&key) {
            Some(known) if rank(known) >= rank(&finding) => {}
            Some(known) => *known = finding,
            None => {
                kept.insert(key, finding);
            }
        }
    }
    kept.into_values().collect()
}

fn rank(finding: &Finding) -> (Severity, crate::finding::Confidence) {
    (finding.severity, finding.confidence)
}

fn give_way(found: Vec<Finding>) -> Vec<Finding> {
    let yields = |finding: &Finding| {
        let Some((_, to)) = GIVES_WAY.iter().find(|(rule, _)| *rule == finding.rule) else { return false };
        found.iter().any(|other| {
            other.at == finding.at
                && other.rule != finding.rule
                && (to.is_empty() || to.contains(&other.rule))
                && (to.is_empty() || other.severity >= finding.severity)
        })
    };
    let stay: Vec<bool> = found.iter().map(|f| !yields(f)).collect();
    found.into_iter().zip(stay).filter(|(_, stay)| *stay).map(|(f, _)| f).collect()
}
