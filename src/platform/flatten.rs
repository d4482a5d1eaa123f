//! From a tree to a flat list of settings.
//!
//! In: nodes, and a [`Scope`] that says how a subtree is read. Out: settings sorted by path, and the units they belong
//! to. Every leaf becomes a setting, empty lists and mappings too. What the names mean is the platforms' business.

use std::collections::BTreeSet;

use crate::document::{Entry, FormatId, Node, NodeKind, OffsetMap, Scalar, ScalarKind};
use crate::format;
use crate::problem::{Problem, ProblemKind};
use crate::setting::{KeyPath, Segment, Setting, Unit, UnitKind};
use crate::source::{Location, SourceId, Span};

use super::list;

/// Deeper values are listed as not read. Parsers stop far earlier; files inside values may add to it.
const MAX_DEPTH: usize = 200;

/// How a subtree is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    /// The unit its leaves belong to.
    pub(super) unit: Option<u32>,
    /// Where environment variables are looked for.
    pub(super) env: EnvBlocks,
    /// How many levels of files inside values are opened.
    pub(super) files: u8,
    /// Whether any text may be a file, not only what spans lines or looks like JSON.
    pub(super) any_file: bool,
    /// Whether `a.b: 1` and `a: {b: 1}` are the same to the reader (Spring).
    pub(super) split_keys: bool,
}

/// Where environment variables are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EnvBlocks {
    /// Nowhere.
    No,
    /// Under keys that are named like it and hold UPPER_CASE names.
    Guess,
    /// In the `env` list of Kubernetes containers.
    Containers,
}

impl Scope {
    /// Manifest structure: no unit, nothing opened.
    pub(super) const STRUCTURE: Scope =
        Scope { unit: None, env: EnvBlocks::No, files: 0, any_file: false, split_keys: false };

    /// The content of a configuration file.
    pub(super) fn file(unit: u32) -> Scope {
        Scope { unit: Some(unit), env: EnvBlocks::Guess, files: 2, any_file: false, split_keys: false }
    }
}

/// Where in the tree the walk is.
#[derive(Debug, Clone, Default)]
pub(super) struct Here<'a> {
    /// Path inside the resource.
    pub(super) path: KeyPath,
    /// The same as the reader of the unit says it.
    pub(super) logical: String,
    /// The nearest mapping key.
    key: &'a str,
    /// Its place.
    key_span: Option<Span>,
    /// The name of the list item, if the last step is one.
    item: Option<String>,
    /// The file in which it is written, where that is another than the document's.
    source: Option<SourceId>,
    depth: usize,
}

impl<'a> Here<'a> {
    /// One step down to a mapping's entry.
    pub(super) fn entry(&self, entry: &'a Entry) -> Here<'a> {
        self.key(&entry.key.text, entry.key.span).of(&entry.value)
    }

    /// The same place in the file that `node` comes from.
    fn of(mut self, node: &Node) -> Here<'a> {
        self.source = node.source.or(self.source);
        self
    }

    fn key(&self, key: &'a str, span: Span) -> Here<'a> {
        Here {
            path: self.path.child(Segment::Key(key)),
            logical: join(&self.logical, key),
            key,
            key_span: Some(span),
            item: None,
            source: self.source,
            depth: self.depth + 1,
        }
    }

    /// The same place under another name for its reader.
    pub(super) fn called(mut self, logical: &str) -> Here<'a> {
        logical.clone_into(&mut self.logical);
        self
    }

    fn item(&self, step: &list::Step) -> Here<'a> {
        let (shown, item) = match step {
            list::Step::Item(name) => (format!("[{name}]"), Some(name.clone())),
            list::Step::Index(index) => (format!("[{index}]"), Some(index.to_string())),
        };
        Here {
            path: self.path.child(step.segment()),
            logical: format!("{}{shown}", self.logical),
            key: self.key,
            key_span: None,
            item,
            source: self.source,
            depth: self.depth + 1,
        }
    }

    /// One step down to a list's item by its position.
    pub(super) fn position(&self, index: usize) -> Here<'a> {
        self.item(&list::Step::Index(index))
    }

    /// How an environment block under this place is called: by the list item, else by the key.
    fn owner(&self) -> &str {
        self.item.as_deref().unwrap_or(self.key)
    }

    /// Inside a file that is this value; `part` tells several documents of it apart.
    fn inside(&self, part: Option<&str>) -> Here<'a> {
        let path = self.path.parent().child(Segment::Embedded(self.key));
        let path = part.map_or(path.clone(), |part| path.child(Segment::Item(part)));
        Here { path, key: self.key, source: self.source, depth: self.depth + 1, ..Here::default() }
    }
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// Collects the settings of one resource.
#[derive(Debug)]
pub(super) struct Flatten {
    source: SourceId,
    settings: Vec<Setting>,
    units: Vec<Unit>,
    env_blocks: Vec<(KeyPath, u32)>,
    file_units: Vec<(String, u32)>,
    problems: Vec<Problem>,
}

/// The settings of one resource, sorted by path.
#[derive(Debug)]
pub(super) struct Flat {
    pub(super) settings: Vec<Setting>,
    pub(super) units: Vec<Unit>,
    /// Where environment blocks stand, with their units; sorted.
    pub(super) env_blocks: Vec<(KeyPath, u32)>,
    /// Files inside values: name and unit.
    pub(super) file_units: Vec<(String, u32)>,
    pub(super) problems: Vec<Problem>,
}

impl Flatten {
    pub(super) fn new(source: SourceId) -> Flatten {
        Flatten {
            source,
            settings: Vec::new(),
            units: Vec::new(),
            env_blocks: Vec::new(),
            file_units: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Adds a unit and returns its number.
    pub(super) fn unit(&mut self, kind: UnitKind, name: &str) -> u32 {
        self.units.push(Unit { kind, name: name.to_owned() });
        u32::try_from(self.units.len() - 1).unwrap_or(u32::MAX)
    }

    /// Adds everything at and below `node`.
    pub(super) fn walk(&mut self, node: &Node, here: &Here<'_>, scope: Scope) {
        if here.depth > MAX_DEPTH {
            self.problems.push(Problem::at(
                ProblemKind::TooLarge,
                "nested deeper than 200 levels; not read",
                node.span,
            ));
            return;
        }
        match &node.kind {
            NodeKind::Scalar(scalar) => self.scalar(scalar, here, scope),
            NodeKind::Sequence(items) if items.is_empty() => self.leaf(empty("[]", node.span), here, scope.unit),
            NodeKind::Mapping(entries) if entries.is_empty() => self.leaf(empty("{}", node.span), here, scope.unit),
            NodeKind::Sequence(items) => {
                for (item, step) in items.iter().zip(list::steps(here.key, items)) {
                    self.walk(item, &here.item(&step).of(item), scope);
                }
            }
            NodeKind::Mapping(entries) => {
                for entry in last_of_each(entries) {
                    self.entry(entry, here, scope);
                }
            }
        }
    }

    fn entry(&mut self, entry: &Entry, here: &Here<'_>, scope: Scope) {
        if scope.split_keys && entry.key.text.contains('.') {
            let mut below = here.clone();
            for (key, span) in split_key(&entry.key) {
                below = below.key(key, span);
            }
            return self.walk(&entry.value, &below.of(&entry.value), scope);
        }
        let below = here.entry(entry);
        let is_env = match scope.env {
            EnvBlocks::No => false,
            EnvBlocks::Containers => {
                matches!(here.key, "containers" | "initContainers" | "ephemeralContainers")
                    && here.item.is_some()
                    && below.key == "env"
                    && !entry.value.items().is_empty()
            }
            EnvBlocks::Guess => is_env_key(below.key) && holds_variables(&entry.value),
        };
        if is_env {
            self.env_block(&entry.value, &below, here.owner());
        } else {
            self.walk(&entry.value, &below, scope);
        }
    }

    /// Adds environment variables written as a mapping, as `{name, value}` items or as `NAME=value` items, and returns
    /// their unit. A variable without a literal value stays structure.
    pub(super) fn env_block(&mut self, node: &Node, here: &Here<'_>, owner: &str) -> u32 {
        let unit = self.unit(UnitKind::Env, owner);
        self.env_blocks.push((here.path.clone(), unit));
        self.variables(node, here, unit);
        unit
    }

    /// Adds the variables of `node` to `unit`.
    pub(super) fn variables(&mut self, node: &Node, here: &Here<'_>, unit: u32) {
        let scope = Scope { unit: Some(unit), ..Scope::STRUCTURE };
        for entry in last_of_each(node.entries()) {
            let below = here.entry(entry);
            match entry.value.kind {
                NodeKind::Scalar(_) => self.walk(&entry.value, &below.called(&entry.key.text), scope),
                _ => self.walk(&entry.value, &below, Scope::STRUCTURE),
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

    /// `NAME=value` or a bare `NAME`, whose value comes from elsewhere and is null here.
    fn assignment(&mut self, name: &str, scalar: &Scalar, here: &Here<'_>, unit: u32) {
        let below = here.key(name, scalar.source_span(0..name.len())).called(name);
        let value = match scalar.text.find('=') {
            Some(at) => scalar.part(at + 1..scalar.text.len()),
            None => None,
        };
        let end = scalar.text.len();
        let null = || Scalar {
            text: String::new(),
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
                "value" if entry.value.as_scalar().is_some() => self.walk(&entry.value, &at.called(name), scope),
                // The name is the path already.
                "name" if entries.len() > 1 => {}
                _ => self.walk(&entry.value, &at, Scope::STRUCTURE),
            }
        }
    }

    fn scalar(&mut self, scalar: &Scalar, here: &Here<'_>, scope: Scope) {
        let opened = here.key_span.is_some()
            && scope.files > 0
            && (scope.any_file || may_hold_a_file(scalar))
            && self.embedded(scalar, here, scope);
        if !opened {
            self.leaf(scalar.clone(), here, scope.unit);
        }
    }

    /// Opens the file that a value is. False where it is none, or where a part of it could not be read: then the text
    /// itself is a setting too, so that nothing of it is lost.
    fn embedded(&mut self, scalar: &Scalar, here: &Here<'_>, scope: Scope) -> bool {
        let Some(document) = format::parse_embedded(here.key, scalar, self.source) else { return false };
        let structured = document.roots.iter().any(|root| match &root.kind {
            NodeKind::Scalar(_) => false,
            NodeKind::Sequence(items) => !items.is_empty(),
            NodeKind::Mapping(entries) => !entries.is_empty(),
        });
        if !structured {
            return false;
        }
        let is_env = matches!(document.format, FormatId::Dotenv | FormatId::Shell);
        let kind = if is_env { UnitKind::Env } else { UnitKind::File };
        let split_keys = is_spring_name(here.key) || document.format == FormatId::Hocon;
        // What a proxy lets through is structure: no process reads it as its own configuration.
        let is_proxy = matches!(document.format, FormatId::Nginx | FormatId::Haproxy);
        let several = document.roots.len() > 1;
        let mut labels = BTreeSet::new();
        for (index, root) in document.roots.iter().enumerate() {
            let label = several.then(|| root_label(root, index, &mut labels)).flatten();
            if is_proxy {
                self.walk(root, &here.inside(label.as_deref()), Scope::STRUCTURE);
                continue;
            }
            let name = label.as_ref().map_or(here.key.to_owned(), |label| format!("{}#{label}", here.key));
            let unit = self.unit(kind, &name);
            self.file_units.push((name, unit));
            let inside = Scope { files: scope.files - 1, any_file: false, split_keys, ..Scope::file(unit) };
            self.walk(root, &here.inside(label.as_deref()), inside);
        }
        let partial = document.problems.iter().any(is_loss);
        self.problems.extend(document.problems);
        !partial
    }

    /// Adds one setting.
    pub(super) fn leaf(&mut self, value: Scalar, here: &Here<'_>, unit: Option<u32>) {
        let at = Location { source: here.source.unwrap_or(self.source), span: value.span };
        let key_span = here.key_span.unwrap_or(value.span);
        let logical = here.logical.clone();
        self.settings.push(Setting { path: here.path.clone(), value, at, key_span, unit, logical });
    }

    /// Sorts; of two settings with one path the later stays.
    pub(super) fn finish(mut self) -> Flat {
        self.settings.reverse();
        self.settings.sort_by(|a, b| a.path.cmp(&b.path));
        self.settings.dedup_by(|later, kept| later.path == kept.path);
        self.env_blocks.sort();
        Flat {
            settings: self.settings,
            units: self.units,
            env_blocks: self.env_blocks,
            file_units: self.file_units,
            problems: self.problems,
        }
    }
}

impl Flat {
    /// Index of the setting at `path`.
    pub(super) fn find(&self, path: &KeyPath) -> Option<u32> {
        let index = self.settings.binary_search_by(|s| s.path.cmp(path)).ok()?;
        u32::try_from(index).ok()
    }

    /// Index of the setting under `keys`, from `base` on.
    pub(super) fn at(&self, base: &KeyPath, keys: &[&str]) -> Option<u32> {
        self.find(&keys.iter().fold(base.clone(), |path, key| path.child(Segment::Key(key))))
    }

    /// The unit of the environment block that stands at `path`.
    pub(super) fn env_unit(&self, path: &KeyPath) -> Option<u32> {
        let index = self.env_blocks.binary_search_by(|(at, _)| at.cmp(path)).ok()?;
        self.env_blocks.get(index).map(|&(_, unit)| unit)
    }
}

/// The entries whose key does not come again, in file order: most readers let the last of two equal keys win.
pub(super) fn last_of_each(entries: &[Entry]) -> Vec<&Entry> {
    let mut seen = BTreeSet::new();
    let mut kept: Vec<&Entry> = entries.iter().rev().filter(|entry| seen.insert(entry.key.text.as_str())).collect();
    kept.reverse();
    kept
}

/// The name by which one of several documents of a file goes: its Spring profile, else its number from 2 on.
///
/// `taken` holds the names given before in the same file; the answer differs from all of them.
pub(super) fn root_label(root: &Node, index: usize, taken: &mut BTreeSet<String>) -> Option<String> {
    let number = (index > 0).then(|| (index + 1).to_string());
    let label = match profile(root) {
        Some(profile) if !taken.contains(&profile) => profile,
        Some(profile) => format!("{profile}#{}", index + 1),
        None => number?,
    };
    taken.insert(label.clone());
    Some(label)
}

/// The Spring profiles for which a document holds, joined by commas.
pub(super) fn profile(root: &Node) -> Option<String> {
    const KEYS: [&[&str]; 6] = [
        &["spring", "config", "activate", "on-profile"],
        &["spring.config.activate.on-profile"],
        &["spring", "config.activate.on-profile"],
        &["spring.config.activate", "on-profile"],
        &["spring", "profiles"],
        &["spring.profiles"],
    ];
    let node = KEYS.iter().find_map(|keys| root.path(keys))?;
    let all: Vec<&str> = match node.as_text() {
        Some(text) => vec![text],
        None => node.items().iter().filter_map(Node::as_text).collect(),
    };
    (!all.is_empty()).then(|| all.join(","))
}

/// Whether Spring Boot reads a file of this name by default: `application-prod.yml`, `bootstrap.properties`.
pub(super) fn is_spring_name(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let known = matches!(extension, "properties" | "yml" | "yaml");
    known
        && ["application", "bootstrap"]
            .iter()
            .any(|base| stem.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')))
}

fn empty(text: &str, span: Span) -> Scalar {
    Scalar { text: text.to_owned(), kind: ScalarKind::Str, quoted: false, span, map: OffsetMap::None }
}

fn is_loss(problem: &Problem) -> bool {
    matches!(problem.kind, ProblemKind::Syntax | ProblemKind::TooLarge | ProblemKind::Templated)
}

/// Text over several lines, or JSON.
fn may_hold_a_file(scalar: &Scalar) -> bool {
    let text = scalar.text.trim();
    let json = (text.starts_with('{') && text.ends_with('}')) || (text.starts_with('[') && text.ends_with(']'));
    scalar.kind == ScalarKind::Str && (text.contains('\n') || (json && !text.starts_with("{{")))
}

/// Whether variables may stand under `key`: `env`, `extraEnvVars`, `environment_variables`, the `data` of a Secret that
/// an operator makes.
fn is_env_key(key: &str) -> bool {
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let ends = ["env", "envs", "envvars", "environment", "variables", "stringdata"];
    key == "data" || ends.iter().any(|end| key.ends_with(end))
}

/// Whether the keys or names of `node` are all spelled like environment variables.
fn holds_variables(node: &Node) -> bool {
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
        NodeKind::Mapping(_) => item.get("name")?.as_text(),
        NodeKind::Scalar(scalar) => {
            let name = scalar.text.split('=').next().unwrap_or_default();
            let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-:".contains(c));
            plain.then_some(name)
        }
        NodeKind::Sequence(_) => None,
    }
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The parts of `a.b[c.d]` with their places; what stands in brackets is one with its key.
fn split_key(key: &Scalar) -> Vec<(&str, Span)> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    for (at, c) in key.text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '.' if depth == 0 => {
                parts.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(start..key.text.len());
    // The whole key is the place a reviewer looks for, whatever part of it a step is.
    parts.into_iter().map(|range| (&key.text[range], key.span)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::tests::{paths, read_by_processes, side};

    fn text(text: &str) -> Node {
        Node::scalar(Scalar::plain(text, 0, ScalarKind::Str))
    }

    #[test]
    fn what_is_nested_too_deep_is_named_and_not_read() {
        let mut node = text("x");
        for _ in 0..300 {
            node = Node::sequence(Span::default(), vec![node]);
        }
        let mut flat = Flatten::new(SourceId(0));
        flat.walk(&node, &Here::default(), Scope::STRUCTURE);
        let flat = flat.finish();
        assert!(flat.settings.is_empty());
        assert_eq!(flat.problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [ProblemKind::TooLarge]);
    }

    #[test]
    fn a_file_read_in_part_stays_a_value_too() {
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  app.yaml: |\n    a: 1\n    ---\n    b: [1\n";
        let (_, settings) = side(&[("a.yaml", map)]);
        let read = read_by_processes(&settings.resources[0]);
        assert!(read.contains(&"file app.yaml a = 1".to_owned()), "{read:?}");
        assert!(read.iter().any(|line| line.starts_with("env a app.yaml = a: 1")), "{read:?}");
        assert!(settings.problems.iter().any(|(_, problem)| problem.kind == ProblemKind::Syntax));
    }

    #[test]
    fn documents_of_one_value_are_kept_apart() {
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  application.yaml: |\n    a: 1\n    ---\n    \
                   spring.profiles: prod\n    a: 2\n";
        let (_, settings) = side(&[("a.yaml", map)]);
        let expected = [
            "file application.yaml a = 1",
            "file application.yaml#prod a = 2",
            "file application.yaml#prod spring.profiles = prod",
        ];
        assert_eq!(read_by_processes(&settings.resources[0]), expected);
        assert!(paths(&settings.resources[0]).contains(&"data.application.yaml![prod].a".to_owned()));
    }

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

    #[test]
    fn documents_for_one_profile_have_different_names() {
        let mut taken = BTreeSet::new();
        let prod = Node::mapping(
            Span::default(),
            vec![Entry { key: Scalar::plain("spring.profiles", 0, ScalarKind::Str), value: text("prod") }],
        );
        let labels: Vec<_> = (0..3).map(|index| root_label(&prod, index, &mut taken)).collect();
        assert_eq!(labels, [Some("prod".into()), Some("prod#2".into()), Some("prod#3".into())]);
    }
}
