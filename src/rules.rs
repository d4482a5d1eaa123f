//! All rules, in the order of their documentation, and how they are run.

mod authentication_off;
mod connection_added;
mod connection_setting_removed;
mod dangling_reference;
mod database_changed;
mod driver_changed;
mod encrypted_value_changed;
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
mod host_without_server;
mod interpolation_order;
mod lifetime_beyond_server_limit;
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
mod pool_safeguard_removed;
mod pool_setting_changed;
mod pool_size_lowered;
mod pool_size_raised;
mod pool_unlimited;
mod pooler_bypassed;
mod pooler_overrun;
mod port_changed;
mod port_of_another_engine;
mod prepared_statements_through_pooler;
mod process_count_changed;
mod reader_to_writer;
mod reference_changed;
mod review_weakened;
mod scheme_changed;
mod secret_reference_to_literal;
mod server_limit_lowered;
mod server_limit_raised;
mod server_switched_off;
mod server_without_password;
mod setting_without_effect;
mod short_lifetime;
mod suppression_void;
mod timeout_removed;
mod timeout_too_short;
mod timeouts_out_of_order;
mod tls_weakened;
mod user_changed;
mod value_corrected_by_library;
mod value_in_wrong_unit;
mod value_not_a_string;
mod value_not_allowed;
mod writer_to_reader;

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Severity};
use crate::rule::precedence::{self, Cause};
use crate::rule::{Context, Rule};
use crate::setting::Environment;
use crate::source::Location;

/// Every rule. A test holds the folder against this list.
pub static RULES: &[&Rule] = &[
    // Budget
    &pool_exceeds_server_limit::POOL_EXCEEDS_SERVER_LIMIT,
    &pooler_overrun::POOLER_OVERRUN,
    &server_limit_lowered::SERVER_LIMIT_LOWERED,
    &server_limit_raised::SERVER_LIMIT_RAISED,
    // Pools
    &pool_unlimited::POOL_UNLIMITED,
    &pool_size_raised::POOL_SIZE_RAISED,
    &pool_size_lowered::POOL_SIZE_LOWERED,
    &pool_below_traffic::POOL_BELOW_TRAFFIC,
    &pool_below_threads::POOL_BELOW_THREADS,
    &process_count_changed::PROCESS_COUNT_CHANGED,
    &min_idle_near_max::MIN_IDLE_NEAR_MAX,
    &short_lifetime::SHORT_LIFETIME,
    &timeout_too_short::TIMEOUT_TOO_SHORT,
    &timeout_removed::TIMEOUT_REMOVED,
    &timeouts_out_of_order::TIMEOUTS_OUT_OF_ORDER,
    &lifetime_beyond_server_limit::LIFETIME_BEYOND_SERVER_LIMIT,
    &value_corrected_by_library::VALUE_CORRECTED_BY_LIBRARY,
    &pool_safeguard_removed::POOL_SAFEGUARD_REMOVED,
    &setting_without_effect::SETTING_WITHOUT_EFFECT,
    &pool_setting_changed::POOL_SETTING_CHANGED,
    // Connection
    &authentication_off::AUTHENTICATION_OFF,
    &connection_added::CONNECTION_ADDED,
    &connection_setting_removed::CONNECTION_SETTING_REMOVED,
    &dangling_reference::DANGLING_REFERENCE,
    &database_changed::DATABASE_CHANGED,
    &driver_changed::DRIVER_CHANGED,
    &encrypted_value_changed::ENCRYPTED_VALUE_CHANGED,
    &environment_crossed::ENVIRONMENT_CROSSED,
    &failover_lost::FAILOVER_LOST,
    &half_changed_endpoint::HALF_CHANGED_ENDPOINT,
    &host_changed::HOST_CHANGED,
    &host_not_allowed::HOST_NOT_ALLOWED,
    &host_typo::HOST_TYPO,
    &host_without_server::HOST_WITHOUT_SERVER,
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
    &reader_to_writer::READER_TO_WRITER,
    &reference_changed::REFERENCE_CHANGED,
    &scheme_changed::SCHEME_CHANGED,
    &secret_reference_to_literal::SECRET_REFERENCE_TO_LITERAL,
    &server_switched_off::SERVER_SWITCHED_OFF,
    &server_without_password::SERVER_WITHOUT_PASSWORD,
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
    ("pool-size-raised", &["pool-exceeds-server-limit", "pooler-overrun", "pool-unlimited"]),
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
            "reader-to-writer",
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
    ("process-count-changed", &["pool-exceeds-server-limit", "pool-below-threads"]),
    (
        "connection-added",
        &[
            "dangling-reference",
            "environment-crossed",
            "half-changed-endpoint",
            "host-typo",
            "localhost-outside-development",
            "malformed-connection-string",
            "misplaced-key",
            "placeholder-left",
            "port-of-another-engine",
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
    ("short-lifetime", &["value-in-wrong-unit", "lifetime-beyond-server-limit"]),
    // A wait of milliseconds is below everything else; that it is so short says it all.
    ("timeouts-out-of-order", &["timeout-too-short", "value-in-wrong-unit", "value-corrected-by-library"]),
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
    let mut found = file_overwritten::lead(ctx, precedence::settle(merge(ctx, found), GIVES_WAY, cause));
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

/// What makes a finding of `rule` and one of `other` speak of one mistake.
fn cause(rule: &str, other: &str) -> Cause {
    match (rule, other) {
        // The name that dangles is a part of the address that moved.
        (_, "dangling-reference" | "interpolation-order") => Cause::Touching,
        // What is gone from its place and what stands at another are two places of one key.
        (_, "misplaced-key") => Cause::Key,
        ("port-changed", "pooler-bypassed")
        | ("user-changed", "password-in-plain-text")
        | ("tls-weakened", "parameter-misspelt" | "value-not-allowed")
        | ("parameters-contradict", "tls-weakened") => Cause::OneString,
        // The budget names the server and has counted what the lower limit means to it.
        ("server-limit-lowered", "pool-exceeds-server-limit") => Cause::Server,
        _ => Cause::Place,
    }
}
