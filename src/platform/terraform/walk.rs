//! The values of one block: what a process reads as variables, what a server takes as parameters, and the rest.

use crate::document::{Entry, Node, NodeKind, OffsetMap, Scalar, ScalarKind};
use crate::placeholder;
use crate::platform::flatten::{Flatten, Here, Scope, last_of_each};
use crate::platform::list;
use crate::setting::UnitKind;

/// Attributes whose keys are environment variables, however they are spelled.
const VARIABLES: [&str; 8] = [
    "app_settings",
    "container_environment",
    "env_variables",
    "env_vars",
    "environment_variables",
    "environment_vars",
    "runtime_environment_variables",
    "secure_environment_variables",
];

/// Blocks and lists of `name` and `value`: what a server, a chart or a platform is told.
const PARAMETERS: [&str; 8] =
    ["database_flags", "parameter", "parameters", "set", "set_sensitive", "setting", "settings", "server_parameters"];

/// Words of resource types that are databases.
const DATABASES: [&str; 12] = [
    "db",
    "database",
    "docdb",
    "mariadb",
    "mongodb",
    "mssql",
    "mysql",
    "postgres",
    "postgresql",
    "rds",
    "redis",
    "sql",
];

/// Attributes of an entry in a store of secrets or parameters that hold what is stored.
const STORED: [&str; 6] = ["binary_data", "data", "secret_data", "secret_string", "string_data", "value"];

/// The logical name under which the attributes of a type stand: that of a database says what `port` is.
pub(super) fn prefix(of: &str) -> String {
    let is_database = of.split('_').any(|word| DATABASES.contains(&word));
    if is_database { of.to_owned() } else { String::new() }
}

pub(super) struct Walk<'f> {
    flat: &'f mut Flatten,
    scope: Scope,
    /// The name of the block, for variables of no container.
    owner: String,
    /// What stands before the parameters of a server: `postgresql.parameters.`.
    server: &'static str,
    /// The key under which a store keeps this block's value.
    stored: Option<String>,
}

impl<'f> Walk<'f> {
    /// For the block of these labels.
    pub(super) fn new(flat: &'f mut Flatten, unit: u32, labels: &[&str], body: &Node) -> Walk<'f> {
        let of = labels.first().filter(|_| labels.len() == 2).copied().unwrap_or_default();
        Walk {
            flat,
            scope: Scope::file(unit),
            owner: labels.last().copied().unwrap_or_default().to_owned(),
            server: server(of, body),
            stored: stored(of, labels, body),
        }
    }

    /// Everything at and below `node`, which stands under `key`.
    pub(super) fn value(&mut self, key: &str, node: &Node, here: &Here<'_>) {
        if is_choice(node) {
            for entry in node.entries() {
                let below = here.entry(entry);
                match entry.key.text.as_str() {
                    "if" => self.flat.walk(&entry.value, &below, Scope::STRUCTURE),
                    _ => self.value(key, &entry.value, &below.called(here.logical.as_str())),
                }
            }
            return;
        }
        if holds_variables(key, node) {
            let owner = self.owner.clone();
            self.flat.env_block(node, here, &owner);
            return;
        }
        let is_map = node.as_scalar().is_none() && node.items().is_empty();
        if PARAMETERS.contains(&key) && !(is_map && key.starts_with("set")) {
            return self.parameters(node, here);
        }
        match &node.kind {
            NodeKind::Mapping(entries) if !entries.is_empty() => self.entries(entries, node, here),
            // The values of a chart are one text, in a list of its own.
            NodeKind::Sequence(items) if key == "values" && items.len() == 1 => {
                items.iter().for_each(|item| self.value("", item, here));
            }
            NodeKind::Sequence(items) if !items.is_empty() => {
                for (item, step) in items.iter().zip(list::steps(key, items)) {
                    self.value("", item, &here.item(&step));
                }
            }
            _ => self.flat.walk(node, here, self.scope),
        }
    }

    fn entries(&mut self, entries: &[Entry], node: &Node, here: &Here<'_>) {
        let own = node.get("name").and_then(Node::as_text).filter(|name| !placeholder::is_in(name));
        let outer = own.map(|name| std::mem::replace(&mut self.owner, name.to_owned()));
        for entry in last_of_each(entries) {
            let (key, below) = (entry.key.text.as_str(), here.entry(entry));
            let below = match &self.stored {
                Some(name) if STORED.contains(&key) => below.called(name),
                _ => below,
            };
            self.value(key, &entry.value, &below);
        }
        if let Some(outer) = outer {
            self.owner = outer;
        }
    }

    /// `{name = "max_connections", value = "200"}`, or the same as a mapping.
    fn parameters(&mut self, node: &Node, here: &Here<'_>) {
        let (server, scope) = (self.server, self.scope);
        if !node.entries().is_empty() && !server.is_empty() {
            for entry in last_of_each(node.entries()) {
                let below = here.entry(entry).called(&format!("{server}{}", entry.key.text));
                self.value("", &entry.value, &below);
            }
            return;
        }
        let is_named = |item: &Node| item.get("name").is_some() && item.get("value").is_some();
        if node.items().is_empty() || !node.items().iter().all(is_named) {
            return self.value("", node, here);
        }
        let mut variables = None;
        for (item, step) in node.items().iter().zip(list::steps("", node.items())) {
            let below = here.item(&step);
            let name = item.get("name").and_then(Node::as_text).unwrap_or_default();
            let is_variable =
                item.get("namespace").and_then(Node::as_text).is_some_and(|n| n.ends_with(":environment"));
            for entry in last_of_each(item.entries()) {
                let at = below.entry(entry);
                match entry.key.text.as_str() {
                    "value" if is_variable => {
                        let unit = *variables.get_or_insert_with(|| self.flat.unit(UnitKind::Env, &self.owner));
                        let scope = Scope { unit: Some(unit), ..Scope::STRUCTURE };
                        self.flat.walk(&entry.value, &at.called(name), scope);
                    }
                    "value" => self.flat.walk(&entry.value, &at.called(&format!("{server}{name}")), scope),
                    // The name is the path already.
                    "name" if step == list::Step::Item(name.to_owned()) => {}
                    _ => self.flat.walk(&entry.value, &at, Scope::STRUCTURE),
                }
            }
        }
    }

    /// A variable of a module: its default is the value that counts.
    pub(super) fn variable(&mut self, name: &str, body: &Node, here: &Here<'_>) {
        for entry in last_of_each(body.entries()) {
            let below = here.entry(entry);
            match entry.key.text.as_str() {
                "default" => self.value(name, &entry.value, &below.called(name)),
                _ => self.structure(&entry.value, &below),
            }
        }
        // Without a default the declaration itself is all there is to see.
        if body.get("default").is_none() {
            let place = here.place().unwrap_or(body.span);
            let (text, kind) = (String::new(), ScalarKind::Null);
            let none = Scalar { text: text.into(), kind, quoted: false, span: place, map: OffsetMap::None };
            self.flat.leaf(none, here, None);
        }
    }

    /// What no process reads as it stands.
    pub(super) fn structure(&mut self, node: &Node, here: &Here<'_>) {
        self.flat.walk(node, here, Scope::STRUCTURE);
    }
}

/// `condition ? {…} : {…}`, as the reader gives it.
fn is_choice(node: &Node) -> bool {
    let keys = node.entries().iter().map(|entry| entry.key.text.as_str());
    keys.eq(["if", "then", "else"])
}

/// Whether the keys or names of `node`, which stands under `key`, are environment variables.
fn holds_variables(key: &str, node: &Node) -> bool {
    let is_scalar = |entry: &Entry| entry.value.as_scalar().is_some();
    if VARIABLES.contains(&key) && node.entries().iter().any(is_scalar) {
        return true;
    }
    let short: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    if !["data", "env", "envs", "envvars", "environment", "variables"].iter().any(|end| short.ends_with(end)) {
        return VARIABLES.contains(&key) && has_names(node);
    }
    let is_variable = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    // A call around the object may have brought its other arguments, under its name.
    let mut own = node.entries().iter().filter(|entry| entry.key.text != "merge").peekable();
    (own.peek().is_some() && own.all(|entry| is_scalar(entry) && is_variable(&entry.key.text))) || has_names(node)
}

/// A list of `{name, …}`.
fn has_names(node: &Node) -> bool {
    let is_named = |item: &Node| item.get("name").is_some_and(|name| name.as_scalar().is_some());
    !node.items().is_empty() && node.items().iter().all(is_named)
}

/// What stands before the names of a server's parameters, from the engine that the block names.
fn server(of: &str, body: &Node) -> &'static str {
    let named =
        ["family", "engine", "database_version", "engine_family"].iter().filter_map(|key| body.get(key)?.as_text());
    let names: Vec<String> = named.chain([of]).map(str::to_ascii_lowercase).collect();
    let is = |word: &str| names.iter().any(|name| name.contains(word));
    match () {
        () if is("postgres") || is("alloydb") => "postgresql.parameters.",
        () if is("mysql") || is("mariadb") => "mysqld.",
        () => "",
    }
}

/// The key under which a store of secrets or parameters hands out the value of this block.
fn stored(of: &str, labels: &[&str], body: &Node) -> Option<String> {
    if of.ends_with("_configuration") && !server(of, body).is_empty() {
        let name = body.get("name").and_then(Node::as_text)?;
        return Some(format!("{}{name}", server(of, body)));
    }
    // The type's own word makes a literal a secret, whatever the entry is called.
    let is_store = of.split('_').any(|word| word == "secret") || of == "aws_ssm_parameter";
    labels.last().filter(|_| is_store).map(|name| format!("{of}.{name}"))
}
