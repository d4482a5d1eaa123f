//! From a tree to a flat list of settings.
//!
//! In: nodes, and a [`Scope`] that says how a subtree is read. Out: settings sorted by path, and the units they belong
//! to. Every leaf becomes a setting, empty lists and mappings too. What the names mean is the platforms' business.

mod variables;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use smol_str::SmolStr;

use crate::document::{Entry, FormatId, Node, NodeKind, OffsetMap, Scalar, ScalarKind};
use crate::format;
use crate::layer::spring::{is_spring_name, profile, split_key};
use crate::problem::{Problem, ProblemKind};
use crate::setting::{KeyPath, Segment, Setting, Unit, UnitKind};
use crate::source::{Location, SourceId, Span};

use super::list::{self, ListKeys};
use super::{Root, xml};
pub(super) use variables::sets_variables;
use variables::{holds_variables, is_env_key};

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
    /// Under these keys, whatever the variables are called.
    Under(&'static [&'static str]),
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
    item: Option<SmolStr>,
    /// The name of the file that the value is, where its key does not say it.
    file: Option<&'static str>,
    /// The file in which it is written, where that is another than the document's.
    source: Option<SourceId>,
    depth: usize,
}

impl<'a> Here<'a> {
    /// One step down to a mapping's entry.
    pub(super) fn entry(&self, entry: &'a Entry) -> Here<'a> {
        self.key(&entry.key.text, entry.key.span).of(&entry.value)
    }

    /// One step down to each item of a list under this key.
    pub(super) fn items(&self, items: &[Node]) -> Vec<Here<'a>> {
        list::steps(self.key, items).iter().map(|step| self.item(step)).collect()
    }

    /// Among values between which a template chooses, each has a place of its own; the reader knows one key.
    fn chosen(mut self, node: &Node) -> Here<'a> {
        if let Some(number) = node.alternative() {
            self.path = self.path.child(Segment::Index(number));
        }
        self
    }

    /// The same place in the file that `node` comes from.
    pub(super) fn of(mut self, node: &Node) -> Here<'a> {
        self.source = node.source.or(self.source);
        self.chosen(node)
    }

    /// One step down to `key`, which stands at `span`.
    pub(super) fn key(&self, key: &'a str, span: Span) -> Here<'a> {
        Here {
            path: self.path.child(Segment::Key(key)),
            logical: join(&self.logical, key),
            key,
            key_span: Some(span),
            item: None,
            file: None,
            source: self.source,
            depth: self.depth + 1,
        }
    }

    /// The same place under another name for its reader.
    pub(super) fn called(mut self, logical: &str) -> Here<'a> {
        logical.clone_into(&mut self.logical);
        self
    }

    /// The same place, whose value is a file of this name.
    pub(super) fn holding(mut self, file: &'static str) -> Here<'a> {
        self.file = Some(file);
        self
    }

    /// One step down to a list's item.
    pub(super) fn item(&self, step: &list::Step) -> Here<'a> {
        let (shown, item) = match step {
            list::Step::Item(name) => (format!("[{name}]"), Some(SmolStr::new(name))),
            list::Step::Index(index) => (format!("[{index}]"), Some(smol_str::format_smolstr!("{index}"))),
        };
        Here {
            path: self.path.child(step.segment()),
            logical: format!("{}{shown}", self.logical),
            key: self.key,
            key_span: None,
            item,
            file: None,
            source: self.source,
            depth: self.depth + 1,
        }
    }

    /// One step down to a list's item by its position.
    pub(super) fn position(&self, index: usize) -> Here<'a> {
        self.item(&list::Step::Index(index))
    }

    /// The place of the nearest key.
    pub(super) fn place(&self) -> Option<Span> {
        self.key_span
    }

    fn step(&self) -> Step<'_> {
        let item = self.item.as_deref().map_or(Item::No, Item::Named);
        Step { key: self.key, key_span: self.key_span, item, file: self.file, source: self.source, depth: self.depth }
    }

    /// Inside a file that is this value; `part` tells several documents of it apart.
    fn inside(&self, part: Option<&str>) -> Here<'a> {
        let path = self.path.parent().child(Segment::Embedded(self.key));
        let path = part.map_or(path.clone(), |part| path.child(Segment::Item(part)));
        Here { path, key: self.key, source: self.source, depth: self.depth + 1, ..Here::default() }
    }
}

/// What the walk knows of a node beside its path: [`Here`] without texts of its own.
#[derive(Debug, Clone, Copy)]
struct Step<'a> {
    key: &'a str,
    key_span: Option<Span>,
    item: Item<'a>,
    file: Option<&'static str>,
    source: Option<SourceId>,
    depth: usize,
}

/// The list item that a step goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item<'a> {
    No,
    Named(&'a str),
    At(usize),
}

impl<'a> Step<'a> {
    fn to_key(self, key: &'a str, span: Span, node: &Node) -> Step<'a> {
        let source = node.source.or(self.source);
        Step { key, key_span: Some(span), item: Item::No, file: None, source, depth: self.depth + 1 }
    }

    fn to_item<'b>(self, step: &'b list::Step, node: &Node) -> Step<'b>
    where
        'a: 'b,
    {
        let item = match step {
            list::Step::Item(name) => Item::Named(name),
            list::Step::Index(index) => Item::At(*index),
        };
        let source = node.source.or(self.source);
        Step { key: self.key, key_span: None, item, file: None, source, depth: self.depth + 1 }
    }

    /// How an environment block under this place is called: by the list item, else by the key.
    fn owner(self) -> SmolStr {
        match self.item {
            Item::No => self.key.into(),
            Item::Named(name) => name.into(),
            Item::At(index) => smol_str::format_smolstr!("{index}"),
        }
    }
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// Collects the settings of one resource.
#[derive(Debug)]
pub(super) struct Flatten {
    source: SourceId,
    lists: ListKeys,
    settings: Vec<Setting>,
    units: Vec<Unit>,
    env_blocks: Vec<(KeyPath, u32)>,
    file_units: Vec<(String, u32)>,
    problems: Vec<Problem>,
    /// Where the walk is: the path, and the same as the reader of the unit says it.
    path: KeyPath,
    logical: String,
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
            lists: ListKeys::default(),
            settings: Vec::new(),
            units: Vec::new(),
            env_blocks: Vec::new(),
            file_units: Vec::new(),
            problems: Vec::new(),
            path: KeyPath::default(),
            logical: String::new(),
        }
    }

    /// For a document whose lists may go by keys that the user names.
    pub(super) fn of(root: &Root<'_>) -> Flatten {
        Flatten { lists: root.lists.clone(), ..Flatten::new(root.source) }
    }

    /// Adds a unit and returns its number.
    pub(super) fn unit(&mut self, kind: UnitKind, name: &str) -> u32 {
        self.units.push(Unit { kind, name: name.to_owned() });
        u32::try_from(self.units.len() - 1).unwrap_or(u32::MAX)
    }

    /// Adds everything at and below `node`.
    pub(super) fn walk(&mut self, node: &Node, here: &Here<'_>, scope: Scope) {
        // One path grows and shrinks on the way down and up again, instead of one text a node.
        let path = std::mem::replace(&mut self.path, here.path.clone());
        let logical = std::mem::replace(&mut self.logical, here.logical.clone());
        self.descend(node, here.step(), scope);
        self.path = path;
        self.logical = logical;
    }

    fn descend(&mut self, node: &Node, at: Step<'_>, scope: Scope) {
        if at.depth > MAX_DEPTH {
            self.problems.push(Problem::at(
                ProblemKind::TooLarge,
                "nested deeper than 200 levels; not read",
                node.span,
            ));
            return;
        }
        match &node.kind {
            NodeKind::Scalar(scalar) => self.scalar(&tagged(node.tag.as_deref(), scalar), at, scope),
            NodeKind::Sequence(items) if items.is_empty() => self.put(empty("[]", node.span), at, scope.unit),
            NodeKind::Mapping(entries) if entries.is_empty() => self.put(empty("{}", node.span), at, scope.unit),
            NodeKind::Sequence(items) => self.items(items, at, scope),
            NodeKind::Mapping(entries) => self.entries(entries, at, scope),
        }
    }

    fn items(&mut self, items: &[Node], at: Step<'_>, scope: Scope) {
        let told = self.lists.steps(&self.path, items);
        let steps = told.unwrap_or_else(|| list::steps(at.key, items));
        let mut order: Vec<(&list::Step, &Node)> = steps.iter().zip(items).collect();
        if !order.is_sorted_by_key(|(step, _)| *step) {
            order.sort_by_key(|(step, _)| *step);
        }
        for (step, item) in order {
            let marks = (self.path.depth_mark(), self.logical.len());
            self.path.push(step.segment());
            let _ = match step {
                list::Step::Item(name) => write!(self.logical, "[{name}]"),
                list::Step::Index(index) => write!(self.logical, "[{index}]"),
            };
            self.choose(item);
            self.descend(item, at.to_item(step, item), scope);
            self.back_to(marks);
        }
    }

    /// The entries of a mapping in the order of their paths, so that there is little to sort at the end.
    fn entries(&mut self, entries: &[Entry], at: Step<'_>, scope: Scope) {
        let mut order = last_of_each(entries);
        if !scope.split_keys && !order.is_sorted_by_key(|entry| entry.key.text.as_str()) {
            order.sort_by_key(|entry| entry.key.text.as_str());
        }
        for entry in order {
            let marks = (self.path.depth_mark(), self.logical.len());
            self.enter(entry, at, scope);
            self.back_to(marks);
        }
    }

    /// Adds everything below one entry of the mapping at `here`.
    pub(super) fn entry(&mut self, entry: &Entry, here: &Here<'_>, scope: Scope) {
        let path = std::mem::replace(&mut self.path, here.path.clone());
        let logical = std::mem::replace(&mut self.logical, here.logical.clone());
        self.enter(entry, here.step(), scope);
        self.path = path;
        self.logical = logical;
    }

    fn enter(&mut self, entry: &Entry, at: Step<'_>, scope: Scope) {
        if scope.split_keys && entry.key.text.contains('.') {
            let mut below = at;
            for (key, span) in split_key(&entry.key) {
                self.go_to(key);
                below = below.to_key(key, span, &entry.value);
            }
            self.choose(&entry.value);
            return self.descend(&entry.value, below, scope);
        }
        self.go_to(&entry.key.text);
        self.choose(&entry.value);
        let below = at.to_key(&entry.key.text, entry.key.span, &entry.value);
        // An annotation may hold a document for a controller; the one for `kubectl apply` repeats the object.
        let opened = at.key == "annotations" && !below.key.ends_with("/last-applied-configuration");
        let scope = match scope.env {
            EnvBlocks::Containers if opened => Scope { files: 1, ..scope },
            _ => scope,
        };
        let is_env = match scope.env {
            EnvBlocks::No => false,
            EnvBlocks::Containers => {
                below.key == "env"
                    && at.item != Item::No
                    && matches!(at.key, "containers" | "initContainers" | "ephemeralContainers")
                    && !entry.value.items().is_empty()
            }
            EnvBlocks::Guess => is_env_key(below.key) && holds_variables(&entry.value),
            EnvBlocks::Under(keys) => keys.contains(&below.key) && sets_variables(&entry.value),
        };
        if is_env {
            let here = self.here(below);
            self.env_block(&entry.value, &here, &at.owner());
        } else {
            self.descend(&entry.value, below, scope);
        }
    }

    /// Among values between which a template chooses, each has a place of its own; the reader knows one key.
    fn choose(&mut self, node: &Node) {
        if let Some(number) = node.alternative() {
            self.path.push(Segment::Index(number));
        }
    }

    fn go_to(&mut self, key: &str) {
        self.path.push(Segment::Key(key));
        if !self.logical.is_empty() {
            self.logical.push('.');
        }
        self.logical.push_str(key);
    }

    fn back_to(&mut self, (path, logical): (usize, usize)) {
        self.path.cut(path);
        self.logical.truncate(logical);
    }

    /// The walk's place with texts of its own.
    fn here<'a>(&self, at: Step<'a>) -> Here<'a> {
        Here {
            path: self.path.clone(),
            logical: self.logical.clone(),
            key: at.key,
            key_span: at.key_span,
            item: match at.item {
                Item::No => None,
                _ => Some(at.owner()),
            },
            file: at.file,
            source: at.source,
            depth: at.depth,
        }
    }

    fn scalar(&mut self, scalar: &Scalar, at: Step<'_>, scope: Scope) {
        let opened = at.key_span.is_some()
            && scope.files > 0
            && (scope.any_file || may_hold_a_file(scalar))
            && self.embedded(scalar, at, scope);
        if !opened {
            self.put(scalar.clone(), at, scope.unit);
        }
    }

    /// Opens the file that a value is. False where it is none, or where a part of it could not be read: then the text
    /// itself is a setting too, so that nothing of it is lost.
    fn embedded(&mut self, scalar: &Scalar, at: Step<'_>, scope: Scope) -> bool {
        let file = at.file.unwrap_or(at.key);
        let Some(document) = format::parse_embedded(file, scalar, self.source) else { return false };
        let here = self.here(at);
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
            let name = label.as_ref().map_or(file.to_owned(), |label| format!("{file}#{label}"));
            let unit = self.unit(kind, &name);
            self.file_units.push((name, unit));
            let inside = Scope { files: scope.files - 1, any_file: false, split_keys, ..Scope::file(unit) };
            let below = here.inside(label.as_deref());
            match document.format {
                FormatId::Xml => xml::walk(self, root, &below, inside, file),
                _ => self.walk(root, &below, inside),
            }
        }
        let partial = document.problems.iter().any(is_loss);
        self.problems.extend(document.problems);
        !partial
    }

    /// Adds one setting.
    pub(super) fn leaf(&mut self, value: Scalar, here: &Here<'_>, unit: Option<u32>) {
        let (path, logical) = (here.path.clone(), here.logical.clone());
        self.push(value, here.step(), unit, path, logical);
    }

    /// Adds the setting at the walk's place.
    fn put(&mut self, value: Scalar, at: Step<'_>, unit: Option<u32>) {
        let (path, logical) = (self.path.clone(), self.logical.clone());
        self.push(value, at, unit, path, logical);
    }

    fn push(&mut self, value: Scalar, at: Step<'_>, unit: Option<u32>, path: KeyPath, logical: String) {
        // What is encrypted says nothing to its reader, only whether it changed.
        let unit = unit.filter(|_| !value.is_encrypted());
        let key_span = at.key_span.unwrap_or(value.span);
        let at = Location { source: at.source.unwrap_or(self.source), span: value.span };
        self.settings.push(Setting { path, value, at, key_span, unit, logical });
    }

    /// Sorts; of two settings with one path the later stays.
    pub(super) fn finish(mut self) -> Flat {
        if !self.settings.is_sorted_by(|a, b| a.path < b.path) {
            self.settings.reverse();
            self.settings.sort_by(|a, b| a.path.cmp(&b.path));
            self.settings.dedup_by(|later, kept| later.path == kept.path);
        }
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
    /// Up to this many entries comparing each with each costs less than a set.
    const FEW: usize = 12;
    let is_alone = |(at, entry): (usize, &Entry)| {
        entries.get(at + 1..).unwrap_or_default().iter().all(|other| other.key.text != entry.key.text)
    };
    if entries.len() <= FEW && entries.iter().enumerate().all(is_alone) {
        return entries.iter().collect();
    }
    let mut seen = BTreeSet::new();
    let mut kept: Vec<&Entry> = entries.iter().rev().collect();
    // Values between which a template chooses all count.
    kept.retain(|entry| entry.value.alternative().is_some() || seen.insert(entry.key.text.as_str()));
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

fn empty(text: &str, span: Span) -> Scalar {
    Scalar { text: text.into(), kind: ScalarKind::Str, quoted: false, span, map: OffsetMap::None }
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

/// A tagged scalar as a reader of the file takes it: what `!Ref` names is not the value.
fn tagged<'n>(tag: Option<&str>, scalar: &'n Scalar) -> Cow<'n, Scalar> {
    const REFERENCES: [&str; 8] =
        ["!Ref", "!GetAtt", "!ImportValue", "!secret", "!env", "!ENV", "!env_var", "!include"];
    match tag.filter(|tag| REFERENCES.contains(tag)) {
        Some(tag) => Cow::Owned(Scalar {
            text: smol_str::format_smolstr!("{tag} {}", scalar.text),
            kind: ScalarKind::Str,
            quoted: true,
            span: scalar.span,
            map: OffsetMap::None,
        }),
        None => Cow::Borrowed(scalar),
    }
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
