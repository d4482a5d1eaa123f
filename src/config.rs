//! The policy file `plimsoll.toml`: what the user decided and what no file of the repository says.
//!
//! In: its text and the names of the rules. Out: a [`Config`], or a [`ConfigError`] that says what, where and the
//! remedy. Nothing is ignored: an unknown key is an error, because a typo in a policy is a policy that does not hold.

mod extends;
mod gate;
mod reader;
mod schema;

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::catalogue::{Catalogue, Entries};
use crate::connection::Engine;
use crate::facts::{Declared, DeclaredServer, DeclaredWorkload};
use crate::finding::Severity;
use crate::limits::Limits;
use crate::platform::{ListKey, ListKeys};
use crate::report::Report;
use crate::rule::Policy;
use crate::setting::Environment;

pub use gate::Gate;
use reader::{Table, Text, Value};

pub use schema::schema;

/// From which severity on a review fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailOn {
    /// Low and above.
    Low,
    /// Medium and above.
    Medium,
    /// High and above.
    #[default]
    High,
    /// Critical only.
    Critical,
    /// Nothing fails.
    Never,
}

impl FailOn {
    /// The names, in order.
    pub const NAMES: [&'static str; 5] = ["low", "medium", "high", "critical", "never"];

    /// Reads the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<FailOn> {
        let all = [FailOn::Low, FailOn::Medium, FailOn::High, FailOn::Critical, FailOn::Never];
        FailOn::NAMES.iter().zip(all).find(|(n, _)| **n == name).map(|(_, f)| f)
    }

    /// The least severity that fails; `None` if nothing does.
    #[must_use]
    pub fn severity(self) -> Option<Severity> {
        match self {
            FailOn::Low => Some(Severity::Low),
            FailOn::Medium => Some(Severity::Medium),
            FailOn::High => Some(Severity::High),
            FailOn::Critical => Some(Severity::Critical),
            FailOn::Never => None,
        }
    }

    /// Whether a finding that counts is at or above it.
    #[must_use]
    pub fn is_reached(self, report: &Report) -> bool {
        let counted = report.findings.iter().filter(|f| f.suppressed.is_none());
        self.severity().is_some_and(|least| counted.into_iter().any(|f| f.severity >= least))
    }
}

/// What the user decided for a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleSeverity {
    /// The rule does not run.
    Off,
    /// All its findings have this severity.
    Fixed(Severity),
}

/// A suppression: findings that match it do not count, and are listed with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// Name of the rule.
    pub rule: String,
    /// Path pattern; `None` for all files.
    pub file: Option<String>,
    /// Pattern for the setting; `None` for all settings.
    pub setting: Option<String>,
    /// Why, in at least two words.
    pub reason: String,
    /// Last day on which it holds, `YYYY-MM-DD`.
    pub until: String,
    /// Line of the entry in the policy file, from 1.
    pub line: u32,
}

/// A read policy file. The default is that of an empty file.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// From which severity on a review fails, if told.
    pub fail_on: Option<FailOn>,
    /// Path patterns with the environment they stand for, in file order; the first that matches counts.
    pub environments: Vec<(String, Environment)>,
    /// A shared policy of the same tree that this one builds on; see [`Config::extended`].
    pub extends: Option<String>,
    /// Patterns of the hosts that an environment may lead to, in lower case; what is absent may lead anywhere.
    pub allowed_hosts: BTreeMap<Environment, Vec<String>>,
    /// What was decided for single rules.
    pub rules: BTreeMap<String, RuleSeverity>,
    /// Suppressions in file order.
    pub allow: Vec<Allow>,
    /// Share of the usable connections above which a server is called near its limit (above 0, up to 1), if told.
    pub target: Option<f64>,
    /// Whether the strict rollout gates, if told.
    pub strict_rollout: Option<bool>,
    /// Whether a suppression that comes with the change under review takes no effect, if told.
    pub forbid_new_suppressions: Option<bool>,
    /// Patterns of the files to read; empty for all.
    pub include: Vec<String>,
    /// Patterns of the files to leave out.
    pub exclude: Vec<String>,
    /// What has to be confirmed before a merge; `None` for no gate.
    pub gate: Option<Gate>,
    /// How much of each file is read.
    pub limits: Limits,
    /// Lists whose items go by keys that no reader could know.
    pub lists: ListKeys,
    /// Servers and workloads that no file of the repository describes.
    pub declared: Declared,
    /// Pool libraries, server limits and programs that the built-in catalogue does not know.
    pub entries: Entries,
}

/// What is wrong in a policy file. Quotes keys, never values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file as the user knows it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in Unicode scalar values.
    pub column: u32,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl std::fmt::Display for ConfigError {
    /// `plimsoll.toml:3:1: unknown key "treshold"; did you mean "threshold"?`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: {}; {}", self.file, self.line, self.column, self.what, self.remedy)
    }
}

impl std::error::Error for ConfigError {}

const TOP: [&str; 16] = [
    "extends",
    "fail-on",
    "environments",
    "allowed-hosts",
    "rules",
    "allow",
    "policy",
    "paths",
    "gate",
    "limits",
    "list",
    "server",
    "workload",
    "library",
    "server-limit",
    "program",
];
const RULE_KEYS: [&str; 1] = ["severity"];
const ALLOW_KEYS: [&str; 5] = ["rule", "file", "setting", "reason", "until"];
const LIMIT_KEYS: [&str; 4] = ["file-size", "values", "depth", "alias-values"];
const POLICY_KEYS: [&str; 3] = ["target", "strict-rollout", "forbid-new-suppressions"];
const PATH_KEYS: [&str; 2] = ["include", "exclude"];
const LIST_KEYS: [&str; 2] = ["path", "key"];
const SERVER_KEYS: [&str; 7] =
    ["id", "match", "engine", "max-connections", "reserved", "fixed-clients", "observed-peak"];
const WORKLOAD_KEYS: [&str; 9] = [
    "match",
    "server",
    "processes",
    "pool-max",
    "max-replicas",
    "threads",
    "connections-per-task",
    "requests-per-second",
    "hold-time-ms",
];
const MATCH_KEYS: [&str; 3] = ["kind", "namespace", "name"];
const MOST_CONNECTIONS: u64 = 10_000_000;

impl Config {
    /// Reads a policy file. `rules` are the names of all rules.
    ///
    /// # Errors
    /// The first mistake in the file, with its place and the remedy.
    pub fn parse(text: &str, rules: &[&str]) -> Result<Config, ConfigError> {
        let at = Text(text);
        let parsed = DeTable::parse(text).map_err(|e| {
            at.error(&e.span().unwrap_or(0..0), format!("not valid TOML: {}", unquoted(e.message())), "mend the syntax")
        })?;
        let root = Table::root(at, &parsed);
        root.only(&TOP)?;
        let mut config = Config::default();
        for (key, _, value) in root.entries() {
            match key.replace('_', "-").as_str() {
                "fail-on" => config.fail_on = Some(value.one_of(&FailOn::NAMES.join(", "), FailOn::from_name)?),
                "extends" => config.extends = Some(shared_path(&value)?),
                "allowed-hosts" => config.allowed_hosts = allowed_hosts(&value.table()?)?,
                "environments" => config.environments = environments(&value.table()?)?,
                "rules" => config.rules = rule_settings(&value.table()?, rules)?,
                "allow" => config.allow = all(&value, |t| allow(t, rules, at))?,
                "policy" => policy(&value.table()?, &mut config)?,
                "paths" => paths(&value.table()?, &mut config)?,
                "gate" => config.gate = Some(gate::gate(&value.table()?)?),
                "limits" => config.limits = limits(&value.table()?)?,
                "list" => config.lists = ListKeys::new(all(&value, list)?),
                "server" => config.declared.servers = all(&value, server)?,
                "workload" => config.declared.workloads = all(&value, workload)?,
                "library" => config.entries.libraries = entries(&value)?,
                "server-limit" => config.entries.servers = entries(&value)?,
                _ => config.entries.programs = entries(&value)?,
            }
        }
        check_servers(&root, &config)?;
        check_entries(&root, &config)?;
        Ok(config)
    }

    /// Thresholds and declarations as the rules take them.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let usual = Policy::default();
        Policy {
            target: self.target.unwrap_or(usual.target),
            strict_rollout: self.strict_rollout.unwrap_or(usual.strict_rollout),
            forbid_new_suppressions: self.forbid_new_suppressions.unwrap_or(usual.forbid_new_suppressions),
            allowed_hosts: self.allowed_hosts.clone(),
            declared: self.declared.clone(),
        }
    }

    /// Whether `[paths]` lets a file in.
    #[must_use]
    pub fn reads(&self, path: &str) -> bool {
        let any = |globs: &[String]| globs.iter().any(|g| fast_glob::glob_match(g, path));
        (self.include.is_empty() || any(&self.include)) && !any(&self.exclude)
    }

    /// The environment that `[environments]` gives a file, if one of its patterns matches.
    #[must_use]
    pub fn environment(&self, path: &str) -> Option<Environment> {
        self.environments.iter().find(|(glob, _)| fast_glob::glob_match(glob, path)).map(|(_, e)| *e)
    }
}

/// The name that was probably meant, if one is near enough to be worth asking.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    crate::rule::names::nearest(name, known)
}

/// Whether a path pattern can match anything; says why not. For patterns that come from the command line.
#[must_use]
pub fn glob_fault(glob: &str) -> Option<&'static str> {
    reader::glob_fault(glob)
}

/// Messages of the TOML reader quote what they found; what they found may be a value.
fn unquoted(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let pieces: Vec<&str> = line.split('"').collect();
    if pieces.len() < 3 {
        return line.to_owned();
    }
    pieces.iter().enumerate().map(|(i, piece)| if i % 2 == 0 { piece } else { "…" }).collect()
}

fn all<T>(
    value: &Value<'_, '_>,
    read: impl Fn(&Table<'_, '_>) -> Result<T, ConfigError>,
) -> Result<Vec<T>, ConfigError> {
    value.tables()?.iter().map(read).collect()
}

fn environments(table: &Table<'_, '_>) -> Result<Vec<(String, Environment)>, ConfigError> {
    let mut out = Vec::new();
    for (glob, _, value) in table.entries() {
        if let Some(fault) = reader::glob_fault(glob) {
            return Err(value.error(format!("has no path pattern for its key: {fault}"), "write it like \"prod/**\""));
        }
        let environment = value.one_of("production, staging, development, unknown", Environment::from_name)?;
        out.push((glob.to_owned(), environment));
    }
    Ok(out)
}

/// A path inside the tree.
fn shared_path(value: &Value<'_, '_>) -> Result<String, ConfigError> {
    let path = value.string()?;
    let leads_out =
        path.starts_with('/') || path.contains('\\') || path.split('/').any(|step| matches!(step, ".." | "."));
    if path.trim().is_empty() || leads_out {
        return Err(
            value.error("is no file of the tree", "write its path from the root, like \"ops/plimsoll-base.toml\"")
        );
    }
    Ok(path)
}

fn allowed_hosts(table: &Table<'_, '_>) -> Result<BTreeMap<Environment, Vec<String>>, ConfigError> {
    table.only(&["production", "staging", "development"])?;
    let mut out = BTreeMap::new();
    for (name, _, value) in table.entries() {
        let hosts: Vec<String> = value.globs()?.iter().map(|host| host.to_lowercase()).collect();
        out.extend(Environment::from_name(name).map(|environment| (environment, hosts)));
    }
    Ok(out)
}

fn rule_settings(table: &Table<'_, '_>, rules: &[&str]) -> Result<BTreeMap<String, RuleSeverity>, ConfigError> {
    let mut out = BTreeMap::new();
    table.only_rules(rules)?;
    for (name, _, value) in table.entries() {
        let inner = value.table()?;
        inner.only(&RULE_KEYS)?;
        let severity = inner.need("severity", "write severity = \"low\", or \"off\"")?;
        let read = |name: &str| match name {
            "off" => Some(RuleSeverity::Off),
            name => Severity::from_name(name).map(RuleSeverity::Fixed),
        };
        out.insert(name.to_owned(), severity.one_of("off, info, low, medium, high, critical", read)?);
    }
    Ok(out)
}

fn unknown_rule(name: &str, rules: &[&str]) -> (String, String) {
    let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    let remedy = match nearest(&name, rules.iter().copied()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => "`plimsoll rules` lists them".to_owned(),
    };
    (format!("unknown rule {name:?}"), remedy)
}

impl Table<'_, '_> {
    /// Refuses keys that are no rule.
    fn only_rules(&self, rules: &[&str]) -> Result<(), ConfigError> {
        for (key, _, value) in self.entries() {
            if !rules.contains(&key) {
                let (what, remedy) = unknown_rule(key, rules);
                return Err(value.error(format!("is about an {what}"), remedy));
            }
        }
        Ok(())
    }
}

fn allow(table: &Table<'_, '_>, rules: &[&str], at: Text<'_>) -> Result<Allow, ConfigError> {
    table.only(&ALLOW_KEYS)?;
    let rule = table.need("rule", "write rule = \"<name>\"; `plimsoll rules` lists them")?;
    let name = rule.string()?;
    if !rules.contains(&name.as_str()) {
        let (what, remedy) = unknown_rule(&name, rules);
        return Err(at.error(&rule.span, what, remedy));
    }
    let reason = table.need("reason", "write why, in at least two words")?;
    let why = reason.string()?;
    if why.split_whitespace().count() < 2 {
        return Err(reason.error("is no reason", "write why, in at least two words"));
    }
    let until = table.need("until", "write the last day on which it holds: until = \"2027-01-31\"")?;
    Ok(Allow {
        rule: name,
        file: table.get("file").map(|v| v.glob()).transpose()?,
        setting: table.get("setting").map(|v| v.string()).transpose()?,
        reason: why,
        until: until.day()?,
        line: at.error(&rule.span, "", "").line,
    })
}

fn limits(table: &Table<'_, '_>) -> Result<Limits, ConfigError> {
    table.only(&LIMIT_KEYS)?;
    let usual = Limits::default();
    let number = |key: &str, usual: usize, most: usize| {
        let told = table.get(key).map(|v| v.integer(1..=most as u64)).transpose()?;
        Ok::<usize, ConfigError>(told.and_then(|n| usize::try_from(n).ok()).unwrap_or(usual))
    };
    Ok(Limits {
        file_bytes: number("file-size", usual.file_bytes, Limits::MOST.file_bytes)?,
        values: number("values", usual.values, Limits::MOST.values)?,
        depth: number("depth", usual.depth, Limits::MOST.depth)?,
        alias_values: number("alias-values", usual.alias_values, Limits::MOST.alias_values)?,
    })
}

fn policy(table: &Table<'_, '_>, config: &mut Config) -> Result<(), ConfigError> {
    table.only(&POLICY_KEYS)?;
    config.target = table.get("target").map(|v| v.number(0.0, 1.0)).transpose()?;
    config.strict_rollout = table.get("strict-rollout").map(|v| v.boolean()).transpose()?;
    config.forbid_new_suppressions = table.get("forbid-new-suppressions").map(|v| v.boolean()).transpose()?;
    Ok(())
}

fn paths(table: &Table<'_, '_>, config: &mut Config) -> Result<(), ConfigError> {
    table.only(&PATH_KEYS)?;
    config.include = table.get("include").map(|v| v.globs()).transpose()?.unwrap_or_default();
    config.exclude = table.get("exclude").map(|v| v.globs()).transpose()?.unwrap_or_default();
    Ok(())
}

fn list(table: &Table<'_, '_>) -> Result<ListKey, ConfigError> {
    table.only(&LIST_KEYS)?;
    let path = table.need("path", "write path = \"spec.routes\", or \"**.routes\" for any depth")?.key_path()?;
    let key = table.need("key", "write key = [\"host\", \"path\"]: what tells two items of the list apart")?;
    let keys = key.strings()?;
    if keys.is_empty() {
        return Err(key.error("names no key", "write key = \"id\", or several in a list"));
    }
    Ok(ListKey { path, keys })
}

fn server(table: &Table<'_, '_>) -> Result<DeclaredServer, ConfigError> {
    table.only(&SERVER_KEYS)?;
    let count = |key: &str, least: u64| table.get(key).map(|v| v.integer(least..=MOST_CONNECTIONS)).transpose();
    let mut hosts = Vec::new();
    if let Some(matches) = table.get("match") {
        let matches = matches.table()?;
        matches.only(&["host"])?;
        hosts = matches.need("host", "write match = { host = [\"db.example\"] }")?.strings()?;
    }
    let max_connections = count("max-connections", 1)?;
    let reserved = count("reserved", 0)?;
    if let (Some(max), Some(reserved)) = (max_connections, reserved)
        && reserved >= max
    {
        return Err(table.error("[[server]] reserves all its connections", "set reserved below max-connections"));
    }
    Ok(DeclaredServer {
        id: table.need("id", "write id = \"<name in the report>\"")?.string()?,
        engine: table.get("engine").map(|v| v.one_of(&engine_names(), Engine::from_name)).transpose()?,
        hosts: hosts.iter().map(|h| h.to_lowercase()).collect(),
        max_connections,
        reserved,
        fixed_clients: count("fixed-clients", 0)?,
        observed_peak: count("observed-peak", 0)?,
    })
}

fn engine_names() -> String {
    Engine::ALL.iter().map(|e| e.as_str()).collect::<Vec<_>>().join(", ")
}

fn workload(table: &Table<'_, '_>) -> Result<DeclaredWorkload, ConfigError> {
    table.only(&WORKLOAD_KEYS)?;
    let remedy = "write match = { kind = \"Deployment\", namespace = \"prod\", name = \"api-*\" }";
    let matches = table.need("match", remedy)?.table()?;
    matches.only(&MATCH_KEYS)?;
    let pattern = |key: &str| matches.get(key).map_or(Ok(String::new()), |v| v.string());
    let count = |key: &str, most: u64| table.get(key).map(|v| v.integer(1..=most)).transpose();
    let rate = |key: &str| table.get(key).map(|v| v.number(0.0, 1e9)).transpose();
    let found = DeclaredWorkload {
        kind: pattern("kind")?,
        namespace: pattern("namespace")?,
        name: pattern("name")?,
        server: table.get("server").map(|v| v.string()).transpose()?,
        processes: count("processes", 100_000)?,
        pool_max: count("pool-max", MOST_CONNECTIONS)?,
        max_replicas: count("max-replicas", 1_000_000)?,
        threads: count("threads", 1_000_000)?,
        connections_per_task: count("connections-per-task", 1000)?,
        requests_per_second: rate("requests-per-second")?,
        hold_time_ms: rate("hold-time-ms")?,
    };
    if found.kind.is_empty() && found.namespace.is_empty() && found.name.is_empty() {
        return Err(matches.error("[[workload]] matches everything", remedy));
    }
    Ok(found)
}

/// A server that nothing leads to, or two of one name, are declarations that do not hold.
fn check_servers(root: &Table<'_, '_>, config: &Config) -> Result<(), ConfigError> {
    let Some(value) = root.get("server") else { return Ok(()) };
    for (i, (table, server)) in value.tables()?.iter().zip(&config.declared.servers).enumerate() {
        if config.declared.servers.iter().take(i).any(|s| s.id == server.id) {
            return Err(table.error("[[server]] has the id of an earlier one", "give each server its own id"));
        }
        let named = config.declared.workloads.iter().any(|w| w.server.as_ref() == Some(&server.id));
        if server.hosts.is_empty() && !named {
            let remedy = "write match = { host = [\"db.example\"] }, or name it as server in a [[workload]]";
            return Err(table.error("[[server]] is reached by nothing", remedy));
        }
    }
    Ok(())
}

/// Catalogue entries, by the catalogue's own schema.
fn entries<T: for<'de> Deserialize<'de>>(value: &Value<'_, '_>) -> Result<Vec<T>, ConfigError> {
    let entry = |value: &Value<'_, '_>| {
        let spanned = toml::Spanned::new(value.span.clone(), DeValue::clone(value.inner));
        T::deserialize(ValueDeserializer::from(spanned)).map_err(|e| {
            let mut at = value.clone();
            at.span = e.span().unwrap_or(value.span.clone());
            at.error(format!("is no catalogue entry: {}", unquoted(e.message())), "docs/catalogue.md has the schema")
        })
    };
    value.items()?.iter().map(entry).collect()
}

/// What the schema cannot say, the catalogue checks itself.
fn check_entries(root: &Table<'_, '_>, config: &Config) -> Result<(), ConfigError> {
    let Some(first) = ["library", "server-limit", "program"].into_iter().find_map(|key| root.get(key)) else {
        return Ok(());
    };
    match Catalogue::new(config.entries.clone()) {
        Ok(_) => Ok(()),
        Err(error) => Err(first.plain_error(error.to_string(), "docs/catalogue.md has the schema")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: [&str; 2] = ["host-changed", "pool-size-raised"];

    fn error(text: &str) -> String {
        Config::parse(text, &RULES).map(|_| String::new()).unwrap_or_else(|e| e.to_string())
    }

    #[test]
    fn a_full_file_is_read() {
        let text = r#"
fail-on = "medium"
[environments]
"zeta/**" = "staging"
"alpha/**" = "production"
[rules."pool-size-raised"]
severity = "off"
[[allow]]
rule = "host-changed"
file = "prod/**"
setting = "*.url"
reason = "planned move"
until = 2027-01-31
[policy]
target = 0.7
strict_rollout = true
[paths]
include = ["**/*.yaml"]
exclude = ["vendor/**"]
[[list]]
path = "spec.routes"
key = ["host", "path"]
[[server]]
id = "orders"
match = { host = ["ORDERS-db", "*.orders"] }
engine = "postgresql"
max_connections = 200
reserved = 3
[[workload]]
match = { kind = "Deployment", name = "api-*" }
server = "orders"
processes = 4
hold_time_ms = 12.5
"#;
        let config = Config::parse(text, &RULES).expect("it is valid");
        assert_eq!(config.fail_on, Some(FailOn::Medium));
        let order: Vec<&str> = config.environments.iter().map(|(g, _)| g.as_str()).collect();
        assert_eq!(order, ["zeta/**", "alpha/**"], "file order, not alphabetical");
        assert_eq!(config.rules.get("pool-size-raised"), Some(&RuleSeverity::Off));
        assert_eq!((config.allow[0].until.as_str(), config.allow[0].line), ("2027-01-31", 9));
        assert_eq!(config.declared.servers[0].hosts, ["orders-db", "*.orders"]);
        assert_eq!(config.declared.servers[0].engine, Some(Engine::PostgreSql));
        assert_eq!(config.declared.workloads[0].processes, Some(4));
        let policy = config.policy();
        assert!(policy.strict_rollout && policy.target < 0.71);
        assert!(config.reads("a/b.yaml") && !config.reads("vendor/b.yaml") && !config.reads("a.json"));
        assert_eq!(config.environment("alpha/x.yaml"), Some(Environment::Production));
    }

    #[test]
    fn an_empty_file_is_the_default() {
        let config = Config::parse("", &RULES).expect("it is valid");
        assert!(config.fail_on.is_none() && config.reads("anything"));
    }

    #[test]
    fn mistakes_are_named_with_place_and_remedy() {
        let cases = [
            ("\nfial-on = \"low\"", "plimsoll.toml:2:1: unknown key \"fial-on\"; did you mean \"fail-on\"?"),
            ("[policy]\ntraget = 1", "plimsoll.toml:2:1: unknown key \"traget\" in policy; did you mean \"target\"?"),
            (
                "fail-on = \"loud\"",
                "plimsoll.toml:1:11: fail-on is not a name known here; it is one of low, medium, high, critical, never",
            ),
            (
                "[policy]\ntarget = 80",
                "plimsoll.toml:2:10: policy target is out of range; write a number above 0, up to 1",
            ),
            (
                "[[allow]]\nrule = \"host-chnaged\"\nreason = \"a b\"\nuntil = \"2027-01-31\"",
                "plimsoll.toml:2:8: unknown rule \"host-chnaged\"; did you mean \"host-changed\"?",
            ),
            (
                "[[allow]]\nrule = \"host-changed\"\nreason = \"because\"\nuntil = \"2027-01-31\"",
                "plimsoll.toml:3:10: [[allow]] reason is no reason; write why, in at least two words",
            ),
            (
                "[[allow]]\nrule = \"host-changed\"\nreason = \"a b\"\nuntil = \"soon\"",
                "plimsoll.toml:4:9: [[allow]] until is not a day; write it like \"2027-01-31\"",
            ),
            ("[[server]]\nid = \"a\"", "[[server]] is reached by nothing"),
            ("[[server]]\nid = \"a\"\nmatch = { host = \"h\" }\nmax-connections = 3\nreserved = 3", "reserves all"),
            ("[[server]]\nid = \"a\"\nmax-connections = 1\nmax_connections = 2", "with '-' and with '_'"),
            ("[[workload]]\nmatch = {}", "matches everything"),
            ("[[library]]\nid = 3", "is no catalogue entry"),
            ("[[library]]\nid = \"acme\"\nname = \"Acme\"", "[[library]] acme: it has no [[library.setting]]"),
            ("[environments]\n\"{a\" = \"staging\"", "a bracket is not closed"),
            (
                "[[list]]\npath = \"a..b\"\nkey = \"id\"",
                "plimsoll.toml:2:8: [[list]] path is no path of keys: a key is empty; write it like \"spec.routes\"",
            ),
            ("[[list]]\npath = \"a.[b\"\nkey = \"id\"", "[[list]] path is no path of keys: a bracket is not closed"),
            ("[[list]]\npath = \"a.b\"", "[[list]] has no \"key\"; write key = [\"host\", \"path\"]"),
            ("[[list]]\nkey = \"id\"", "[[list]] has no \"path\""),
            ("[[list]]\npath = \"a\"\nkey = []", "[[list]] key names no key"),
            ("[[list]]\npath = \"a\"\nkeys = [\"id\"]", "unknown key \"keys\" in [[list]]; did you mean \"key\"?"),
            ("server = 3", "is not a list"),
            ("a = ", "not valid TOML"),
        ];
        for (text, want) in cases {
            let got = error(text);
            assert!(got.contains(want), "{text:?}\n got {got}\nwant {want}");
        }
    }

    #[test]
    fn values_are_never_quoted() {
        for text in [
            "fail-on = \"hunter22\"",
            "[[server]]\nid = \"a\"\nengine = \"hunter22\"",
            "[[library]]\nid = 1\nname = \"hunter22\"",
            "fail-on = hunter22",
            "[policy]\ntarget = \"hunter22\"",
        ] {
            let message = error(text);
            assert!(!message.is_empty() && !message.contains("hunter22"), "{message}");
        }
    }

    #[test]
    fn only_findings_that_count_fail() {
        let mut report = Report::default();
        assert!(!FailOn::Low.is_reached(&report));
        assert_eq!(FailOn::from_name("never").and_then(FailOn::severity), None);
        report.level = Some(Severity::Critical);
        assert!(!FailOn::Never.is_reached(&report));
    }
}
