//! Environment variables, however a platform writes them: `{A: b}`, `{A: {value: b}}`, `[{name: A, value: b}]`, `[A=b]`.
//!
//! In: the node that holds them. Out: settings in a unit of their own, each by the name that the process knows; and whether a node
//! or a key looks like one that holds any.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use crate::document::{Entry, Node, NodeKind, OffsetMap, Scalar, ScalarKind};
use crate::platform::list;
use crate::setting::UnitKind;

use super::{Flatten, Here, Scope, last_of_each};

impl Flatten {
    /// Adds environment variables written as a mapping, as `{name, value}` items or as `NAME=value` items, and returns
    /// their unit. A variable without a literal value stays structure.
    pub(in crate::platform) fn env_block(&mut self, node: &Node, here: &Here<'_>, owner: &str) -> u32 {
        let unit = self.unit(UnitKind::Env, owner);
        self.env_blocks.push((here.path.clone(), unit));
        self.variables(node, here, unit);
        unit
    }

    /// Adds the variables of `node` to `unit`.
    pub(in crate::platform) fn variables(&mut self, node: &Node, here: &Here<'_>, unit: u32) {
        let scope = Scope { unit: Some(unit), ..Scope::STRUCTURE };
        for entry in last_of_each(node.entries()) {
            let below = here.entry(entry);
            match entry.value.kind {
                NodeKind::Scalar(_) => self.walk(&entry.value, &below.called(&entry.key.text), scope),
                _ => self.described_variable(&entry.key.text, &entry.value, &below, scope),
            }
        }
        let names: Vec<Option<&str>> = node.items().iter().map(variable_name).collect();
        let mut later: BTreeSet<&str> = BTreeSet::new();
        let mut wins = vec![false; names.len()];
        // The last of two variables of one name counts; the earlier ones keep their place in the list only.
        for (name, wins) in names.iter().zip(wins.iter_mut()).rev() {
            *wins = name.is_some_and(|name| later.insert(name));
        }
        for (index, item) in node.items().iter().enumerate() {
            let name = names.get(index).copied().flatten().filter(|_| wins.get(index) == Some(&true));
            match (name, &item.kind) {
                (Some(name), NodeKind::Scalar(scalar)) => self.assignment(name, scalar, &here.clone().of(item), unit),
                (Some(name), _) => self.named_variable(name, item, here, unit),
                (None, _) => self.walk(item, &here.item(&list::Step::Index(index)).of(item), Scope::STRUCTURE),
            }
        }
        if node.items().is_empty() && node.entries().is_empty() {
            self.walk(node, here, Scope::STRUCTURE);
        }
    }

    /// `NAME: {value: db, description: …}`, or a reference in words of the platform, which stays structure.
    fn described_variable(&mut self, name: &str, node: &Node, here: &Here<'_>, scope: Scope) {
        if !node.entries().iter().any(is_value) {
            return self.walk(node, here, Scope::STRUCTURE);
        }
        for entry in last_of_each(node.entries()) {
            let below = here.entry(entry);
            match is_value(entry) {
                true => self.walk(&entry.value, &below.called(name), scope),
                false => self.walk(&entry.value, &below, Scope::STRUCTURE),
            }
        }
    }

    /// `NAME=value` or a bare `NAME`, whose value comes from elsewhere and is null here.
    fn assignment(&mut self, name: &str, scalar: &Scalar, here: &Here<'_>, unit: u32) {
        let below = here.key(name, scalar.source_span(0..name.len())).called(name);
        let value = match scalar.text.find('=') {
            Some(at) => scalar.part(at + 1..scalar.text.len()),
            None => None,
        };
        let end = scalar.text.len();
        let null = || Scalar {
            text: SmolStr::default(),
            kind: ScalarKind::Null,
            quoted: false,
            span: scalar.source_span(end..end),
            map: OffsetMap::None,
        };
        self.leaf(value.unwrap_or_else(null), &below, Some(unit));
    }

    /// `{name: DB_HOST, value: db}` or `{name: DB_HOST, valueFrom: …}`.
    fn named_variable(&mut self, name: &str, item: &Node, here: &Here<'_>, unit: u32) {
        let below = here.item(&list::Step::Item(name.to_owned())).of(item);
        let scope = Scope { unit: Some(unit), ..Scope::STRUCTURE };
        let entries = last_of_each(item.entries());
        for entry in &entries {
            let at = below.entry(entry);
            match entry.key.text.as_str() {
                _ if is_value(entry) => self.walk(&entry.value, &at.called(name), scope),
                // The name is the path already.
                "name" | "Name" if entries.len() > 1 => {}
                "key" | "Key" if entries.len() > 1 && item.get("name").is_none() => {}
                _ => self.walk(&entry.value, &at, Scope::STRUCTURE),
            }
        }
    }
}

/// Whether variables may stand under `key`: `env`, `extraEnvVars`, `environment_variables`, the `data` of a Secret that
/// an operator makes.
pub(super) fn is_env_key(key: &str) -> bool {
    let ends_with = |end: &&str| {
        let mut letters = key.bytes().rev().filter(u8::is_ascii_alphanumeric);
        end.bytes().rev().all(|wanted| letters.next().is_some_and(|b| b.eq_ignore_ascii_case(&wanted)))
    };
    let ends = ["env", "envs", "envvars", "environment", "variables", "stringdata"];
    key.eq_ignore_ascii_case("data") || ends.iter().any(ends_with)
}

/// Whether the keys or names of `node` are all spelled like environment variables.
pub(super) fn holds_variables(node: &Node) -> bool {
    let entries = node.entries();
    let items = node.items();
    let by_key = !entries.is_empty()
        && entries.iter().all(|e| is_variable(&e.key.text))
        && entries.iter().any(|e| e.value.as_scalar().is_some());
    let assigns = |item: &Node| item.as_scalar().is_none_or(|s| s.text.contains('='));
    by_key || (items.iter().any(assigns) && items.iter().all(|item| variable_name(item).is_some_and(is_variable)))
}

/// The variable that a list item sets: `{name: …}`, `NAME=value`, or a bare `NAME`.
fn variable_name(item: &Node) -> Option<&str> {
    match &item.kind {
        NodeKind::Mapping(_) => VARIABLE_NAMES.iter().find_map(|key| item.get(key)).and_then(Node::as_text),
        NodeKind::Scalar(scalar) => {
            let name = scalar.text.split('=').next().unwrap_or_default();
            let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-:".contains(c));
            plain.then_some(name)
        }
        NodeKind::Sequence(_) => None,
    }
}

/// Keys that name a variable in a list, by platform.
const VARIABLE_NAMES: [&str; 4] = ["name", "key", "Name", "Key"];

/// Whether an entry of a variable is its literal value.
fn is_value(entry: &Entry) -> bool {
    matches!(entry.key.text.as_str(), "value" | "Value" | "connectionString") && entry.value.as_scalar().is_some()
}

/// Whether a node under a key for variables sets any: `{A: b}`, `{A: {value: b}}`, `[{name: A}]`, `[A=b]`.
pub(in crate::platform) fn sets_variables(node: &Node) -> bool {
    let sets = |entry: &Entry| entry.value.as_scalar().is_some() || entry.value.entries().iter().any(is_value);
    let named = |item: &Node| match item.as_scalar() {
        Some(scalar) => scalar.text.contains('='),
        None => variable_name(item).is_some(),
    };
    node.entries().iter().any(sets) || node.items().iter().any(named)
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{read_by_processes, side};

    #[test]
    fn only_names_in_capitals_are_taken_for_variables() {
        let (_, settings) =
            side(&[("a.yaml", "env: {A_B: 1}\nx: {env: {A: 1, b: 2}, environments: {PROD: {A: 1}}}\n")]);
        let expected = [
            "env  A_B = 1",
            "file a.yaml x.env.A = 1",
            "file a.yaml x.env.b = 2",
            "file a.yaml x.environments.PROD.A = 1",
        ];
        assert_eq!(read_by_processes(&settings.resources[0]), expected);
    }
}
