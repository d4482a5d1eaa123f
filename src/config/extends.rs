//! A policy that builds on a shared one of the same tree: `extends = "policies/base.toml"`.
//!
//! In: a read policy and the text of the file that it names. Out: one policy. What the own file says wins over the shared one;
//! lists are put one after the other, own entries first, because the first that matches counts.

use super::{Config, ConfigError};
use crate::limits::Limits;

impl Config {
    /// Takes the shared policy in. `text` is that of the file named by `extends`; a policy that extends nothing stays.
    ///
    /// # Errors
    /// The first mistake in the shared file, with its place and the remedy; it may not extend another one.
    pub fn extended(self, text: &str, rules: &[&str]) -> Result<Config, ConfigError> {
        let Some(name) = self.extends.clone() else { return Ok(self) };
        let shared = Config::parse(text, rules).map_err(|error| ConfigError { file: name.clone(), ..error })?;
        if shared.extends.is_some() {
            return Err(ConfigError {
                file: name,
                line: 1,
                column: 1,
                what: "a shared policy extends another one".to_owned(),
                remedy: "write what both hold into one file".to_owned(),
            });
        }
        Ok(self.over(shared))
    }

    /// This policy where it says something, the shared one where it does not.
    fn over(mut self, shared: Config) -> Config {
        let usual = Limits::default();
        let limit = |own: usize, theirs: usize, usual: usize| if own == usual { theirs } else { own };
        self.extends = None;
        self.fail_on = self.fail_on.or(shared.fail_on);
        self.target = self.target.or(shared.target);
        self.strict_rollout = self.strict_rollout.or(shared.strict_rollout);
        self.gate = self.gate.or(shared.gate);
        self.forbid_new_suppressions = self.forbid_new_suppressions.or(shared.forbid_new_suppressions);
        self.environments.extend(shared.environments);
        for (rule, severity) in shared.rules {
            self.rules.entry(rule).or_insert(severity);
        }
        for (environment, hosts) in shared.allowed_hosts {
            self.allowed_hosts.entry(environment).or_insert(hosts);
        }
        self.allow.extend(shared.allow);
        // An own list of files replaces the shared one: put together, one would undo the other.
        if self.include.is_empty() {
            self.include = shared.include;
        }
        self.exclude.extend(shared.exclude);
        self.limits = Limits {
            file_bytes: limit(self.limits.file_bytes, shared.limits.file_bytes, usual.file_bytes),
            values: limit(self.limits.values, shared.limits.values, usual.values),
            depth: limit(self.limits.depth, shared.limits.depth, usual.depth),
            alias_values: limit(self.limits.alias_values, shared.limits.alias_values, usual.alias_values),
        };
        self.lists = self.lists.followed_by(shared.lists);
        let own = |id: &String, servers: &[crate::facts::DeclaredServer]| servers.iter().any(|s| s.id == *id);
        let theirs = shared.declared.servers.into_iter().filter(|s| !own(&s.id, &self.declared.servers));
        let theirs: Vec<_> = theirs.collect();
        self.declared.servers.extend(theirs);
        self.declared.workloads.extend(shared.declared.workloads);
        // Of two catalogue entries of one id the later one holds, so the shared ones go first.
        let entries = std::mem::replace(&mut self.entries, shared.entries);
        self.entries.libraries.extend(entries.libraries);
        self.entries.servers.extend(entries.servers);
        self.entries.programs.extend(entries.programs);
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, FailOn, RuleSeverity};
    use crate::finding::Severity;

    const RULES: [&str; 2] = ["host-changed", "pool-size-raised"];

    #[test]
    fn the_own_policy_wins_over_the_shared_one() {
        let own = "extends = \"ops/base.toml\"\nfail-on = \"medium\"\n[rules.\"host-changed\"]\nseverity = \"low\"\n\
                   [environments]\n\"a/**\" = \"staging\"\n";
        let shared = "fail-on = \"never\"\n[rules.\"host-changed\"]\nseverity = \"off\"\n[rules.\"pool-size-raised\"]\n\
                      severity = \"high\"\n[environments]\n\"**\" = \"production\"\n[policy]\ntarget = 0.7\n";
        let config = Config::parse(own, &RULES).and_then(|c| c.extended(shared, &RULES)).expect("both are valid");
        assert_eq!((config.fail_on, config.target, config.extends.clone()), (Some(FailOn::Medium), Some(0.7), None));
        assert_eq!(config.rules.get("host-changed"), Some(&RuleSeverity::Fixed(Severity::Low)));
        assert_eq!(config.rules.get("pool-size-raised"), Some(&RuleSeverity::Fixed(Severity::High)));
        assert_eq!(config.environment("a/x.yaml").map(|e| e.as_str()), Some("staging"));
        assert_eq!(config.environment("b/x.yaml").map(|e| e.as_str()), Some("production"));
    }

    #[test]
    fn mistakes_of_the_shared_policy_carry_its_name() {
        let own = || Config::parse("extends = \"ops/base.toml\"", &RULES).expect("valid");
        let error = |text: &str| own().extended(text, &RULES).expect_err("a mistake").to_string();
        assert_eq!(
            error("fail-onn = \"low\""),
            "ops/base.toml:1:1: unknown key \"fail-onn\"; did you mean \"fail-on\"?"
        );
        assert!(error("extends = \"x.toml\"").contains("extends another one"));
    }

    #[test]
    fn only_files_of_the_tree_are_extended() {
        for path in ["/etc/x.toml", "../x.toml", "a\\b.toml", ""] {
            let text = format!("extends = '{path}'");
            assert!(Config::parse(&text, &RULES).is_err(), "{path}");
        }
    }
}
