//! `[gate]`: what has to be confirmed by whom before a merge. The GitHub Action acts on it; it is read here, so that a
//! typo in it is an error wherever the policy is read.

use serde::Serialize;

use crate::finding::Severity;

use super::ConfigError;
use super::reader::{Table, Value};

pub(super) const KEYS: [&str; 6] = ["required", "reviewers", "count", "author", "approvals", "override"];

/// Most reviewers that an item can ask for.
pub(super) const MOST_REVIEWERS: u64 = 10;

/// The terms of the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gate {
    /// Findings from this severity on have to be confirmed: `low`, `medium`, `high` or `critical`.
    pub required: &'static str,
    /// Whose confirmation counts: `codeowners`, `@login`, `@organisation/team`, or a role in the repository.
    pub reviewers: Vec<String>,
    /// How many different reviewers each item needs.
    pub count: u64,
    /// Whether the author of the pull request may confirm.
    pub author: bool,
    /// Whether an approval of the head commit confirms every item.
    pub approvals: bool,
    /// Who may let everything pass with a reason; written like `reviewers`.
    #[serde(rename = "override")]
    pub override_by: Vec<String>,
}

impl Default for Gate {
    fn default() -> Self {
        Gate {
            required: "medium",
            reviewers: vec!["write".to_owned()],
            count: 1,
            author: false,
            approvals: false,
            override_by: vec!["admin".to_owned()],
        }
    }
}

/// Roles in a repository, least first; a role stands for itself and those above it.
const ROLES: [&str; 4] = ["triage", "write", "maintain", "admin"];

pub(super) fn gate(table: &Table<'_, '_>) -> Result<Gate, ConfigError> {
    table.only(&KEYS)?;
    let usual = Gate::default();
    let severity = |value: Value<'_, '_>| value.one_of("low, medium, high, critical", required);
    let people = |key: &str, usual: Vec<String>| table.get(key).map_or(Ok(usual), |value| people(&value));
    let flag = |key: &str, usual: bool| table.get(key).map_or(Ok(usual), |value| value.boolean());
    Ok(Gate {
        required: table.get("required").map_or(Ok(usual.required), severity)?,
        reviewers: people("reviewers", usual.reviewers)?,
        count: table.get("count").map_or(Ok(usual.count), |value| value.integer(1..=MOST_REVIEWERS))?,
        author: flag("author", usual.author)?,
        approvals: flag("approvals", usual.approvals)?,
        override_by: people("override", usual.override_by)?,
    })
}

fn required(name: &str) -> Option<&'static str> {
    Severity::from_name(name).filter(|severity| *severity > Severity::Info).map(Severity::as_str)
}

fn people(value: &Value<'_, '_>) -> Result<Vec<String>, ConfigError> {
    let names = value.strings()?;
    if names.iter().all(|name| is_somebody(name)) {
        return Ok(names);
    }
    let remedy =
        format!("each entry is \"codeowners\", \"@login\", \"@organisation/team\", or a role: {}", ROLES.join(", "));
    Err(value.error("names nobody", remedy))
}

fn is_somebody(name: &str) -> bool {
    let is_name = |part: &str| {
        !part.is_empty() && part.len() <= 100 && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    match name.strip_prefix('@') {
        None => name == "codeowners" || ROLES.contains(&name),
        Some(named) => match named.split_once('/') {
            None => is_name(named),
            Some((organisation, team)) => is_name(organisation) && is_name(team),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn parse(text: &str) -> Result<Option<Gate>, String> {
        Config::parse(text, &[]).map(|config| config.gate).map_err(|e| e.to_string())
    }

    #[test]
    fn an_empty_table_is_the_usual_gate_and_none_is_none() {
        assert_eq!(parse(""), Ok(None));
        assert_eq!(parse("[gate]"), Ok(Some(Gate::default())));
    }

    #[test]
    fn everything_can_be_told() {
        let text = r#"
[gate]
required = "high"
reviewers = ["codeowners", "@harbour/dba", "@quay", "maintain"]
count = 2
author = true
approvals = true
override = "@harbour/on-call"
"#;
        let gate = parse(text).expect("it is valid").expect("it is there");
        assert_eq!((gate.required, gate.count, gate.author, gate.approvals), ("high", 2, true, true));
        assert_eq!(gate.reviewers, ["codeowners", "@harbour/dba", "@quay", "maintain"]);
        assert_eq!(gate.override_by, ["@harbour/on-call"]);
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            ("reviewer = [\"write\"]", "unknown key \"reviewer\" in gate; did you mean \"reviewers\"?"),
            ("required = \"info\"", "one of low, medium, high, critical"),
            ("reviewers = [\"everybody\"]", "gate reviewers names nobody"),
            ("override = [\"@a/b/c\"]", "gate override names nobody"),
            ("reviewers = [\"@\"]", "gate reviewers names nobody"),
            ("count = 0", "from 1 to 10"),
            ("author = \"no\"", "is not true or false"),
        ];
        for (line, want) in cases {
            let got = parse(&format!("[gate]\n{line}")).expect_err("it is a mistake");
            assert!(got.contains(want), "{line}: {got}");
        }
    }
}
