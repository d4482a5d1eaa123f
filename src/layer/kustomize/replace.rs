//! Values that are copied from one object into others: `replacements` and `vars`.

use std::collections::BTreeMap;

use crate::document::{Entry, Node, NodeKind, Scalar};
use crate::layer::{Covered, merge};
use crate::source::{SourceId, Span};

use super::Kustomization;
use super::build::{Builder, Found, items};
use super::object::Objects;
use super::select::Selector;
use super::transform::containers_mut;

/// A variable that texts may hold as `$(NAME)`.
pub(super) struct Variable {
    name: String,
    /// What its value is read from.
    reference: Node,
    path: String,
    span: Span,
}

/// One step of a field path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    /// The items whose key has this value.
    Where(String, String),
    /// All items.
    All,
}

impl<'a> Builder<'a> {
    pub(super) fn replacements(&mut self, own: &Kustomization<'a>, objects: &mut Objects) {
        for item in items(own.node, "replacements") {
            let Some(path) = item.get("path") else {
                self.replacement(own, item.span, item, own.source, objects);
                continue;
            };
            let Some(named) = path.as_text() else { continue };
            match self.find(own, named) {
                Found::File(_, document) => {
                    for (root, _, node) in merge::filled(document) {
                        self.covers.insert(Covered { source: document.source, root });
                        let all = if node.items().is_empty() { std::slice::from_ref(node) } else { node.items() };
                        all.iter().for_each(|one| self.replacement(own, item.span, one, document.source, objects));
                    }
                }
                missing => self.missing(own, path.span, &missing),
            }
        }
    }

    fn replacement(&mut self, own: &Kustomization<'a>, span: Span, item: &Node, home: SourceId, objects: &mut Objects) {
        let Some(value) = item.get("source").and_then(|source| self.value(source, home, objects)) else {
            return self.no_target(own, span, "a replacement whose source is not there; kustomize refuses that");
        };
        let mut done = 0_usize;
        for target in items(item, "targets") {
            let Some(select) = target.get("select").and_then(Selector::of) else { continue };
            let rejects: Vec<Selector> = items(target, "reject").iter().filter_map(Selector::of).collect();
            let rejected: Vec<usize> = rejects.iter().flat_map(|r| r.select(objects, &mut self.left)).collect();
            let paths = items(target, "fieldPaths").iter().filter_map(Node::as_text);
            let paths: Vec<Vec<Step>> = if target.get("fieldPaths").is_some() {
                paths.map(steps).collect()
            } else {
                vec![steps("metadata.name")]
            };
            for at in select.select(objects, &mut self.left).into_iter().filter(|at| !rejected.contains(at)) {
                if !self.charge(objects.size(at).min(64), own.source) {
                    return;
                }
                let Some(object) = objects.get_mut(at) else { continue };
                let before = (object.namespace().to_owned(), object.name().to_owned());
                for path in &paths {
                    let put = Put { value: &value, options: target.get("options"), span, source: own.source };
                    done += put.at(&mut object.node, path);
                }
                object.changed = true;
                object.was_called(before);
                objects.renamed(at);
            }
        }
        if done == 0 {
            self.no_target(own, span, "a replacement whose target is not there; kustomize refuses that");
        }
    }

    /// The text that a `source` names, as a scalar that knows its file.
    fn value(&mut self, source: &Node, home: SourceId, objects: &Objects) -> Option<Node> {
        if let Some(literal) = source.get("sourceValue") {
            return Some(merge::from_file(literal, home));
        }
        let at = Selector::of(source)?.select(objects, &mut self.left).into_iter().next()?;
        let object = objects.get(at)?;
        let path = source.get("fieldPath").and_then(Node::as_text).unwrap_or("metadata.name");
        let (found, file) = get(&object.node, &steps(path), object.source)?;
        let scalar = found.as_scalar().filter(|_| !merge::is_null(found));
        let delimiter = source.path(&["options", "delimiter"]).and_then(Node::as_text).filter(|d| !d.is_empty());
        let (Some(scalar), Some(delimiter)) = (scalar, delimiter) else {
            let node = merge::from_file(found, file);
            return (self.left > merge::size(&node)).then_some(node);
        };
        let index = index_of(source.get("options")).unwrap_or(0);
        let start: usize = scalar.text.split(delimiter).take(index).map(|part| part.len() + delimiter.len()).sum();
        let part = scalar.text.split(delimiter).nth(index)?;
        let piece = scalar.part(start..start + part.len())?;
        Some(Node { source: Some(file), ..Node::scalar(piece) })
    }

    pub(super) fn collect_variables(&mut self, own: &Kustomization<'a>, _objects: &Objects) {
        for item in items(own.node, "vars") {
            let text = |keys: &[&str]| item.path(keys).and_then(Node::as_text);
            let (Some(name), Some(reference)) = (text(&["name"]), item.get("objref")) else { continue };
            let path = text(&["fieldref", "fieldpath"]).or(text(&["fieldref", "fieldPath"])).unwrap_or("metadata.name");
            let (name, path) = (name.to_owned(), path.to_owned());
            self.variables.push(Variable { name, reference: reference.clone(), path, span: item.span });
        }
    }

    /// Writes the values of `vars` into the containers' texts.
    pub(super) fn insert_variables(&mut self, own: &Kustomization<'a>, all: &[Variable], objects: &mut Objects) {
        let mut values = BTreeMap::new();
        for variable in all {
            let found = Selector::of(&variable.reference).and_then(|selector| {
                let at = selector.select(objects, &mut self.left).into_iter().next()?;
                let object = objects.get(at)?;
                let (node, _) = get(&object.node, &steps(&variable.path), object.source)?;
                Some(node.as_text()?.to_owned())
            });
            match found {
                Some(text) => drop(values.insert(variable.name.as_str(), text)),
                None => {
                    self.no_target(own, variable.span, "a variable whose object is not there; kustomize refuses that")
                }
            }
        }
        if values.is_empty() {
            return;
        }
        for object in objects.iter_mut() {
            let mut changed = false;
            containers_mut(&mut object.node, &mut |container| expand(container, &values, &mut changed));
            object.changed |= changed;
        }
    }
}

fn expand(node: &mut Node, values: &BTreeMap<&str, String>, changed: &mut bool) {
    match &mut node.kind {
        NodeKind::Sequence(items) => items.iter_mut().for_each(|item| expand(item, values, changed)),
        NodeKind::Mapping(entries) => entries.iter_mut().for_each(|entry| expand(&mut entry.value, values, changed)),
        NodeKind::Scalar(scalar) => {
            if let Some(text) = expanded(&scalar.text, values) {
                *scalar = merge::composed(text, scalar.span);
                *changed = true;
            }
        }
    }
}

/// A text with its variables written out; `None` where it holds none that is known.
fn expanded(text: &str, values: &BTreeMap<&str, String>) -> Option<String> {
    let mut made = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some((before, after)) = rest.split_once("$(") {
        made.push_str(before);
        let value = after.split_once(')').and_then(|(name, after)| Some((values.get(name)?, after)));
        match value {
            // `$$(NAME)` stands for itself.
            Some((value, after)) if !before.ends_with('$') => {
                made.push_str(value);
                rest = after;
                found = true;
            }
            _ => {
                made.push_str("$(");
                rest = after;
            }
        }
    }
    made.push_str(rest);
    found.then_some(made)
}

/// The steps of `spec.containers.[name=api].image`; a dot in a key is written `\.`.
fn steps(path: &str) -> Vec<Step> {
    let mut parts = vec![String::new()];
    let mut in_brackets = false;
    let mut chars = path.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&'.') => parts.last_mut().into_iter().for_each(|part| part.push('.')),
            '.' if !in_brackets && parts.last().is_some_and(|part| part.ends_with('\\')) => {}
            '.' if !in_brackets => parts.push(String::new()),
            '[' if !in_brackets => {
                in_brackets = true;
                parts.push("[".to_owned());
            }
            ']' if in_brackets => in_brackets = false,
            c => parts.last_mut().into_iter().for_each(|part| part.push(c)),
        }
        if c == '\\' && chars.peek() == Some(&'.') {
            chars.next();
        }
    }
    parts.into_iter().filter(|part| !part.is_empty()).map(step).collect()
}

fn step(part: String) -> Step {
    let Some(inner) = part.strip_prefix('[') else {
        return if part == "*" { Step::All } else { Step::Key(part) };
    };
    match inner.split_once('=') {
        Some((key, value)) => Step::Where(key.to_owned(), value.to_owned()),
        None if inner == "*" => Step::All,
        None => Step::Key(inner.to_owned()),
    }
}

fn fits(item: &Node, key: &str, value: &str) -> bool {
    item.get(key).and_then(Node::as_text) == Some(value)
}

/// The first node at `path`, with its file.
fn get<'n>(node: &'n Node, path: &[Step], source: SourceId) -> Option<(&'n Node, SourceId)> {
    path.iter().try_fold((node, node.source.unwrap_or(source)), |(node, source), step| {
        let next = match step {
            Step::Key(key) => match node.get(key) {
                Some(next) => next,
                None => node.items().get(key.parse::<usize>().ok()?)?,
            },
            Step::Where(key, value) => node.items().iter().find(|item| fits(item, key, value))?,
            Step::All => node.items().first()?,
        };
        Some((next, next.source.unwrap_or(source)))
    })
}

/// A value on its way into an object.
struct Put<'n> {
    value: &'n Node,
    options: Option<&'n Node>,
    span: Span,
    source: SourceId,
}

impl Put<'_> {
    /// Puts the value at every place that fits `path`; how many there are.
    fn at(&self, node: &mut Node, path: &[Step]) -> usize {
        let Some((step, rest)) = path.split_first() else {
            return usize::from(self.set(node));
        };
        let creates = self.options.and_then(|o| o.get("create")).and_then(Node::as_text) == Some("true");
        match (step, &mut node.kind) {
            (Step::Key(key), NodeKind::Sequence(items)) => {
                let item = key.parse::<usize>().ok().and_then(|at| items.get_mut(at));
                item.map_or(0, |item| self.at(item, rest))
            }
            (Step::Where(key, value), NodeKind::Sequence(items)) => {
                items.iter_mut().filter(|item| fits(item, key, value)).map(|item| self.at(item, rest)).sum()
            }
            (Step::All, NodeKind::Sequence(items)) => items.iter_mut().map(|item| self.at(item, rest)).sum(),
            (Step::Key(key), NodeKind::Mapping(_)) => {
                if creates && node.get(key).is_none() {
                    let empty = Node { source: Some(self.source), ..Node::mapping(self.span, Vec::new()) };
                    merge::put(node, Entry { key: merge::composed(key, self.span), value: empty });
                }
                self.entry(node, key, rest)
            }
            _ => 0,
        }
    }

    /// A key that gets its value from elsewhere has its place there, too.
    fn entry(&self, node: &mut Node, key: &str, rest: &[Step]) -> usize {
        let NodeKind::Mapping(entries) = &mut node.kind else { return 0 };
        let Some(entry) = entries.iter_mut().rev().find(|entry| entry.key.text == key) else { return 0 };
        let done = self.at(&mut entry.value, rest);
        if rest.is_empty() && done > 0 && entry.value.source == self.value.source {
            entry.key = merge::composed(key, self.value.span);
        }
        done
    }

    fn set(&self, node: &mut Node) -> bool {
        let delimiter = self.options.and_then(|o| o.get("delimiter")).and_then(Node::as_text).filter(|d| !d.is_empty());
        let (Some(delimiter), Some(old), Some(new)) = (delimiter, node.as_text(), self.value.as_text()) else {
            *node = self.value.clone();
            return true;
        };
        let mut parts: Vec<&str> = old.split(delimiter).collect();
        match index_of(self.options) {
            Some(index) => match parts.get_mut(index) {
                Some(part) => *part = new,
                None => parts.push(new),
            },
            // A negative index puts it in front.
            None => parts.insert(0, new),
        }
        let scalar: Scalar = merge::composed(parts.join(delimiter), self.value.span);
        *node = Node { source: self.value.source, ..Node::scalar(scalar) };
        true
    }
}

/// The `index` of options; 0 where it is absent, `None` where it is negative.
fn index_of(options: Option<&Node>) -> Option<usize> {
    match options.and_then(|options| options.get("index")).and_then(Node::as_text) {
        Some(text) => text.parse().ok(),
        None => Some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_paths_are_read() {
        let key = |text: &str| Step::Key(text.to_owned());
        let with = |k: &str, v: &str| Step::Where(k.to_owned(), v.to_owned());
        let cases = [
            ("metadata.name", vec![key("metadata"), key("name")]),
            (r"data.app\.properties", vec![key("data"), key("app.properties")]),
            (
                "spec.containers.[name=a.b].image",
                vec![key("spec"), key("containers"), with("name", "a.b"), key("image")],
            ),
            (
                "spec.containers[name=api].image",
                vec![key("spec"), key("containers"), with("name", "api"), key("image")],
            ),
            ("spec.containers.*.env.0", vec![key("spec"), key("containers"), Step::All, key("env"), key("0")]),
            ("data.[a.b]", vec![key("data"), key("a.b")]),
        ];
        for (path, expected) in cases {
            assert_eq!(steps(path), expected, "{path}");
        }
    }

    #[test]
    fn variables_are_written_out() {
        let values = BTreeMap::from([("DB", "orders-db".to_owned())]);
        let cases = [
            ("postgres://$(DB)/a", Some("postgres://orders-db/a")),
            ("$(DB)$(DB)", Some("orders-dborders-db")),
            ("$(OTHER)", None),
            ("$$(DB)", None),
            ("$(DB", None),
        ];
        for (text, expected) in cases {
            assert_eq!(expanded(text, &values).as_deref(), expected, "{text}");
        }
    }
}
