//! The policy file as JSON Schema, for editors that complete and check it.
//!
//! Made from the same lists of keys as the reader, so that the two cannot part; a test writes `docs/plimsoll.schema.json`.

use serde_json::{Map, Value, json};

use super::{
    ALLOW_KEYS, FailOn, LIMIT_KEYS, LIST_KEYS, MATCH_KEYS, PATH_KEYS, POLICY_KEYS, RULE_KEYS, SERVER_KEYS, TOP,
    WORKLOAD_KEYS, gate,
};
use crate::connection::Engine;
use crate::finding::Severity;
use crate::limits::Limits;
use crate::setting::Environment;

/// The schema. `rules` are the names of all rules.
#[must_use]
pub fn schema(rules: &[&str]) -> Value {
    let mut severities: Vec<&str> = vec!["off"];
    severities.extend(Severity::ALL.iter().map(|s| s.as_str()));
    let rule = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["severity"],
        "properties": object(&RULE_KEYS, |_| json!({"enum": severities})),
    });
    let rules_by_name: Map<String, Value> =
        rules.iter().map(|name| ((*name).to_owned(), json!({"$ref": "#/$defs/rule"}))).collect();
    let told = |key: &str| top(key, rules, &rules_by_name);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "plimsoll.toml",
        "description": "What a team decided for Plimsoll, and what no file of its repository says. Keys may be written with - or _; here with -.",
        "type": "object",
        "additionalProperties": false,
        "properties": object(&TOP, told),
        "$defs": {"rule": rule, "environment": environment(), "severity": {"enum": severities}},
    })
}

fn object(keys: &[&str], value: impl Fn(&str) -> Value) -> Map<String, Value> {
    keys.iter().map(|key| ((*key).to_owned(), value(key))).collect()
}

fn closed(keys: &[&str], required: &[&str], value: impl Fn(&str) -> Value) -> Value {
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": object(keys, value)})
}

fn list(items: &Value) -> Value {
    json!({"type": "array", "items": items})
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn count(least: u64, description: &str) -> Value {
    json!({"type": "integer", "minimum": least, "description": description})
}

fn globs(description: &str) -> Value {
    json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}], "description": description})
}

fn environment() -> Value {
    let all = [Environment::Production, Environment::Staging, Environment::Development, Environment::Unknown];
    json!({"enum": all.map(Environment::as_str)})
}

fn top(key: &str, rules: &[&str], rules_by_name: &Map<String, Value>) -> Value {
    match key {
        "extends" => text("A shared policy of the same tree, relative to its root; what is written here wins"),
        "fail-on" => json!({"enum": FailOn::NAMES, "description": "From which severity on a review fails"}),
        "environments" => json!({
            "type": "object",
            "description": "Path pattern to environment; the first that matches counts",
            "additionalProperties": {"$ref": "#/$defs/environment"},
        }),
        "allowed-hosts" => json!({
            "type": "object",
            "description": "Patterns of the hosts that an environment may lead to; others are findings",
            "additionalProperties": false,
            "properties": object(&["production", "staging", "development"], |_| globs("Host patterns")),
        }),
        "rules" => json!({
            "type": "object",
            "description": "What was decided for single rules",
            "additionalProperties": false,
            "properties": rules_by_name,
        }),
        "allow" => list(&closed(&ALLOW_KEYS, &["rule", "reason", "until"], |key| allow(key, rules))),
        "policy" => closed(&POLICY_KEYS, &[], policy),
        "paths" => {
            closed(&PATH_KEYS, &[], |key| globs(if key == "include" { "Read only these" } else { "Leave these out" }))
        }
        "gate" => closed(&gate::KEYS, &[], gate_key),
        "limits" => closed(&LIMIT_KEYS, &[], limit),
        "list" => list(&closed(&LIST_KEYS, &LIST_KEYS, |key| match key {
            "path" => text("Keys of the list with dots; * for one key, ** for any number"),
            _ => globs("What tells two items apart"),
        })),
        "server" => list(&closed(&SERVER_KEYS, &["id"], server)),
        "workload" => list(&closed(&WORKLOAD_KEYS, &["match"], workload)),
        _ => list(&json!({"type": "object", "description": "See docs/catalogue.md"})),
    }
}

fn allow(key: &str, rules: &[&str]) -> Value {
    match key {
        "rule" => json!({"enum": rules}),
        "file" => text("Path pattern; all files if left out"),
        "setting" => text("Pattern on the setting; all if left out"),
        "reason" => json!({"type": "string", "pattern": "\\S\\s+\\S", "description": "Why, in at least two words"}),
        _ => {
            json!({"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$", "description": "Last day on which it holds"})
        }
    }
}

fn policy(key: &str) -> Value {
    match key {
        "target" => json!({
            "type": "number", "exclusiveMinimum": 0, "maximum": 1,
            "description": "Share of the usable connections above which a server counts as nearly full",
        }),
        "strict-rollout" => {
            json!({"type": "boolean", "description": "Whether a rollout with as many old replicas as new ones decides too"})
        }
        _ => {
            json!({"type": "boolean", "description": "Whether suppressions that come with the change under review are void"})
        }
    }
}

fn gate_key(key: &str) -> Value {
    let people = || globs("codeowners, @login, @organisation/team, or a role in the repository");
    match key {
        "required" => json!({
            "enum": ["low", "medium", "high", "critical"],
            "description": "Findings from this severity on have to be confirmed",
        }),
        "count" => {
            json!({"type": "integer", "minimum": 1, "maximum": gate::MOST_REVIEWERS, "description": "Different reviewers that each item needs"})
        }
        "author" => json!({"type": "boolean", "description": "Whether the author may confirm"}),
        "approvals" => {
            json!({"type": "boolean", "description": "Whether an approval of the head commit confirms every item"})
        }
        _ => people(),
    }
}

fn limit(key: &str) -> Value {
    let (usual, most) = (Limits::default(), Limits::MOST);
    let (usual, most) = match key {
        "file-size" => (usual.file_bytes, most.file_bytes),
        "values" => (usual.values, most.values),
        "depth" => (usual.depth, most.depth),
        _ => (usual.alias_values, most.alias_values),
    };
    json!({"type": "integer", "minimum": 1, "maximum": most, "default": usual})
}

fn server(key: &str) -> Value {
    match key {
        "id" => text("Name in the report"),
        "match" => closed(&["host"], &["host"], |_| globs("Hosts that lead to it, as patterns")),
        "engine" => json!({"enum": Engine::ALL.iter().map(|e| e.as_str()).collect::<Vec<_>>()}),
        "max-connections" => count(1, "Connections that it accepts"),
        "reserved" => count(0, "Slots that applications never get"),
        "fixed-clients" => count(0, "Exporters, backups, people"),
        _ => count(0, "Connections seen in practice; it informs only"),
    }
}

fn workload(key: &str) -> Value {
    match key {
        "match" => closed(&MATCH_KEYS, &[], |_| text("Pattern; all if left out")),
        "server" => text("Id of the server that it connects to"),
        "processes" => count(1, "Of one replica"),
        "pool-max" => count(1, "Connections of one process"),
        "max-replicas" => count(1, "Replicas at peak"),
        "threads" => count(1, "Of one process, that may each want a connection"),
        "connections-per-task" => count(1, "Connections that one thread holds at once"),
        "requests-per-second" => json!({"type": "number", "exclusiveMinimum": 0, "description": "Over all replicas"}),
        _ => json!({"type": "number", "exclusiveMinimum": 0, "description": "How long one request holds a connection"}),
    }
}
