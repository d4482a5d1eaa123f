//! All rules, in the order of their documentation, and how they are run.

mod authentication_off;
mod connection_setting_removed;
mod dangling_reference;
mod database_changed;
mod environment_crossed;
mod environments_drift;
mod failover_lost;
mod file_no_longer_parses;
mod file_overwritten;
mod half_changed_endpoint;
mod half_changed_pool;
mod host_changed;
mod host_not_allowed;
mod host_typo;
mod interpolation_order;
mod localhost_outside_development;
mod malformed_connection_string;
mod min_idle_near_max;
mod misplaced_key;
mod parameter_misspelt;
mod parameter_repeated;
mod parameter_unknown;
mod parameters_contradict;
mod password_in_plain_text;
mod placeholder_left;
mod pool_below_threads;
mod pool_below_traffic;
mod pool_exceeds_server_limit;
mod pool_setting_changed;
mod pool_size_lowered;
mod pool_size_raised;
mod pool_unlimited;
mod pooler_bypassed;
mod port_changed;
mod port_of_another_engine;
mod prepared_statements_through_pooler;
mod reference_changed;
mod review_weakened;
mod scheme_changed;
mod secret_reference_to_literal;
mod server_limit_lowered;
mod server_limit_raised;
mod short_lifetime;
mod suppression_void;
mod timeout_removed;
mod timeout_too_short;
mod tls_weakened;
mod user_changed;
mod value_in_wrong_unit;
mod value_not_a_string;
mod value_not_allowed;
mod writer_to_reader;

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Severity};
use crate::rule::{Context, Rule};
use crate::setting::Environment;
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
    // Connection
    &authentication_off::AUTHENTICATION_OFF,
    &connection_setting_removed::CONNECTION_SETTING_REMOVED,
    &dangling_reference::DANGLING_REFERENCE,
    &database_changed::DATABASE_CHANGED,
    &environment_crossed::ENVIRONMENT_CROSSED,
    &failover_lost::FAILOVER_LOST,
    &half_changed_endpoint::HALF_CHANGED_ENDPOINT,
    &host_changed::HOST_CHANGED,
    &host_not_allowed::HOST_NOT_ALLOWED,
    &host_typo::HOST_TYPO,
    &interpolation_order::INTERPOLATION_ORDER,
    &localhost_outside_development::LOCALHOST_OUTSIDE_DEVELOPMENT,
    &malformed_connection_string::MALFORMED_CONNECTION_STRING,
    &parameter_misspelt::PARAMETER_MISSPELT,
    &parameter_repeated::PARAMETER_REPEATED,
    &parameter_unknown::PARAMETER_UNKNOWN,
    &parameters_contradict::PARAMETERS_CONTRADICT,
    &misplaced_key::MISPLACED_KEY,
    &password_in_plain_text::PASSWORD_IN_PLAIN_TEXT,
    &placeholder_left::PLACEHOLDER_LEFT,
    &pooler_bypassed::POOLER_BYPASSED,
    &port_changed::PORT_CHANGED,
    &port_of_another_engine::PORT_OF_ANOTHER_ENGINE,
    &prepared_statements_through_pooler::PREPARED_STATEMENTS_THROUGH_POOLER,
    &reference_changed::REFERENCE_CHANGED,
    &scheme_changed::SCHEME_CHANGED,
    &secret_reference_to_literal::SECRET_REFERENCE_TO_LITERAL,
    &tls_weakened::TLS_WEAKENED,
    &user_changed::USER_CHANGED,
    &value_not_a_string::VALUE_NOT_A_STRING,
    &value_in_wrong_unit::VALUE_IN_WRONG_UNIT,
    &value_not_allowed::VALUE_NOT_ALLOWED,
    &writer_to_reader::WRITER_TO_READER,
    // Files
    &file_no_longer_parses::FILE_NO_LONGER_PARSES,
    &file_overwritten::FILE_OVERWRITTEN,
    &environments_drift::ENVIRONMENTS_DRIFT,
    &half_changed_pool::HALF_CHANGED_POOL,
    // The review itself
    &review_weakened::REVIEW_WEAKENED,
    &suppression_void::SUPPRESSION_VOID,
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
    (
        "host-changed",
        &[
            "reference-changed",
            "dangling-reference",
            "misplaced-key",
            "host-typo",
            "environment-crossed",
            "localhost-outside-development",
            "half-changed-endpoint",
            "placeholder-left",
            "malformed-connection-string",
            "writer-to-reader",
            "pooler-bypassed",
            "environments-drift",
            "host-not-allowed",
        ],
    ),
    ("host-not-allowed", &["environment-crossed", "host-typo", "localhost-outside-development"]),
    // A name that says so is the plainer word.
    ("environments-drift", &["environment-crossed", "host-typo", "localhost-outside-development"]),
    (
        "port-changed",
        &[
            "reference-changed",
            "dangling-reference",
            "misplaced-key",
            "port-of-another-engine",
            "placeholder-left",
            "malformed-connection-string",
            "pooler-bypassed",
        ],
    ),
    (
        "database-changed",
        &[
            "reference-changed",
            "dangling-reference",
            "misplaced-key",
            "environment-crossed",
            "placeholder-left",
            "malformed-connection-string",
        ],
    ),
    (
        "user-changed",
        &[
            "reference-changed",
            "dangling-reference",
            "misplaced-key",
            "placeholder-left",
            "malformed-connection-string",
            "password-in-plain-text",
        ],
    ),
    // Said once: the slip, the reader and the placeholder explain what the others only see.
    ("malformed-connection-string", &["host-typo", "placeholder-left", "scheme-changed"]),
    ("connection-setting-removed", &["misplaced-key"]),
    ("pooler-bypassed", &["misplaced-key"]),
    ("reference-changed", &["dangling-reference", "interpolation-order"]),
    ("half-changed-endpoint", &["host-typo", "environment-crossed"]),
    // A mode that its client does not read or that stands twice is why the level is lower.
    ("tls-weakened", &["parameter-misspelt", "value-not-allowed"]),
    ("parameter-repeated", &["tls-weakened"]),
    ("parameters-contradict", &["tls-weakened"]),
    ("timeout-too-short", &["value-in-wrong-unit"]),
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
    let mut found = file_overwritten::lead(ctx, give_way(merge(ctx, found)));
    match overrides.get(suppression_void::SUPPRESSION_VOID.name) {
        Some(Override::Off) => {}
        wanted => {
            let mut void = suppression_void::unused(ctx, &found);
            if let Some(Override::Severity(severity)) = wanted {
                void.iter_mut().for_each(|f| f.severity = *severity);
            }
            found.extend(void);
        }
    }
    found
}

/// One finding a rule, place and discriminator: the worst. What two layers make of one line is one mistake.
fn merge(ctx: &Context<'_>, found: Vec<Finding>) -> Vec<Finding> {
    let sides = [ctx.old.settings, ctx.new.settings];
    let layers: BTreeSet<&str> = sides.iter().flat_map(|s| &s.resources).map(|r| r.id.layer.as_str()).collect();
    let mut kept: BTreeMap<(Location, &'static str, String), Finding> = BTreeMap::new();
    for finding in found {
        let key = (finding.at, finding.rule, without_layer(finding.discriminator.as_str(), &layers).to_owned());
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

/// A name without the layer behind it: `db` of `db (overlays/prod)`.
fn without_layer<'t>(name: &'t str, layers: &BTreeSet<&str>) -> &'t str {
    let split = name.strip_suffix(')').and_then(|inner| inner.rsplit_once(" ("));
    split.filter(|(_, layer)| layers.contains(layer)).map_or(name, |(name, _)| name)
}

fn rank(finding: &Finding) -> (Severity, crate::finding::Confidence, u8) {
    // A base that several environments build on is told with the one where it hurts most.
    let weight = match finding.environment {
        Environment::Production => 3,
        Environment::Staging => 2,
        Environment::Unknown => 1,
        Environment::Development => 0,
    };
    (finding.severity, finding.confidence, weight)
}

/// Whether two findings speak of one mistake: at the same place, or of two parts of one connection string.
fn is_same_cause(finding: &Finding, other: &Finding) -> bool {
    let one_string = || {
        let same = finding.setting.is_some() && finding.setting == other.setting && finding.subject == other.subject;
        same && finding.at.source == other.at.source
    };
    match (finding.rule, other.rule) {
        // The name that dangles is a part of the address that moved.
        (_, "dangling-reference" | "interpolation-order") => {
            let (a, b) = (finding.at.span, other.at.span);
            finding.at.source == other.at.source && a.start <= b.end && b.start <= a.end
        }
        // What is gone from its place and what stands at another are two places of one key.
        (_, "misplaced-key") => {
            finding.setting.is_some() && finding.setting == other.setting && finding.subject == other.subject
        }
        ("port-changed", "pooler-bypassed")
        | ("user-changed", "password-in-plain-text")
        | ("tls-weakened", "parameter-misspelt" | "value-not-allowed")
        | ("parameters-contradict", "tls-weakened") => one_string(),
        ("server-limit-lowered", "pool-exceeds-server-limit") => {
            // The budget names the server and has counted what the lower limit means to it.
            let server = finding.subject.as_ref() == Some(&other.discriminator);
            finding.at == other.at || server && finding.setting == other.setting
        }
        _ => finding.at == other.at,
    }
}

fn give_way(found: Vec<Finding>) -> Vec<Finding> {
    let yields = |finding: &Finding| {
        let Some((_, to)) = GIVES_WAY.iter().find(|(rule, _)| *rule == finding.rule) else { return false };
        found.iter().any(|other| {
            is_same_cause(finding, other)
                && other.rule != finding.rule
                && (to.is_empty() || to.contains(&other.rule))
                && (to.is_empty() || other.severity >= finding.severity)
        })
    };
    let stay: Vec<bool> = found.iter().map(|f| !yields(f)).collect();
    found.into_iter().zip(stay).filter(|(_, stay)| *stay).map(|(f, _)| f).collect()
}
