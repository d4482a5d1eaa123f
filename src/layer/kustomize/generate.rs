//! ConfigMaps and Secrets that a kustomization generates, under the name that people write: without the hash, so that
//! references stay readable.

use crate::document::{Entry, Node, OffsetMap, Scalar, ScalarKind};
use crate::layer::{Covered, merge};
use crate::source::{SourceId, Span};

use super::Kustomization;
use super::build::{Builder, Found, items};
use super::object::{Object, Objects};

const GENERATORS: [(&str, &str); 2] = [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")];

impl<'a> Builder<'a> {
    pub(super) fn generate(&mut self, own: &Kustomization<'a>, objects: &mut Objects) {
        for (field, kind) in GENERATORS {
            for item in items(own.node, field) {
                if item.get("name").and_then(Node::as_text).is_some() {
                    self.generator(own, kind, item, objects);
                }
            }
        }
    }

    fn generator(&mut self, own: &Kustomization<'a>, kind: &str, item: &Node, objects: &mut Objects) {
        let data = self.data(own, item);
        if !self.charge(data.len() + 8, own.source) {
            return;
        }
        let text = |key: &str| item.get(key).and_then(Node::as_text).unwrap_or_default();
        let known = objects.named(kind, text("name")).into_iter().next();
        match (text("behavior"), known) {
            ("merge" | "replace", Some(at)) => {
                let replaces = text("behavior") == "replace";
                if let Some(object) = objects.get_mut(at) {
                    object.changed = true;
                    lay_over(object, kind, data, replaces, item.span, own.source);
                }
                return;
            }
            ("merge" | "replace", None) => {
                self.no_target(
                    own,
                    item.span,
                    "a generator that changes an object which is not there; kustomize refuses that",
                );
            }
            _ => {}
        }
        let node = object(own, kind, item, data);
        let mut made = Object::new(node, own.path, own.source, own.format, own.index);
        // Text of the kustomization itself is read where it stands; what it takes in from files is there only here.
        made.changed = ["envs", "env", "files"].iter().any(|field| item.get(field).is_some());
        if !objects.push(made) {
            self.not_applied(own, item.span, "a generator of an object that is there already; kustomize refuses that");
        }
    }

    /// The keys and values of a generator; of two equal keys the later counts.
    fn data(&mut self, own: &Kustomization<'a>, item: &Node) -> Vec<Entry> {
        let mut data = Vec::new();
        for path in items(item, "files").iter().filter_map(Node::as_scalar) {
            data.extend(self.file(own, path));
        }
        let single = item.get("env").filter(|node| node.as_text().is_some());
        for path in items(item, "envs").iter().chain(single) {
            self.variables_of(own, path, &mut data);
        }
        for literal in items(item, "literals").iter().filter_map(Node::as_scalar) {
            data.extend(assignment(literal, own.source));
        }
        data
    }

    /// `path` or `key=path`: the whole file under its name.
    fn file(&mut self, own: &Kustomization<'a>, item: &Scalar) -> Option<Entry> {
        let (key, path) = match item.text.split_once('=') {
            Some((key, path)) => (key, path),
            None => (item.text.rsplit('/').next().unwrap_or_default(), item.text.as_str()),
        };
        // A file that is no configuration is not among the reviewed ones; nothing is lost by it.
        let Found::File(_, document) = self.find(own, path) else { return None };
        let text = self.tree.text(document.source);
        self.take_whole(document.source, document.roots.len());
        let kind = ScalarKind::Str;
        let span = Span::new(0, text.len());
        let content = Scalar { text: text.into(), kind, quoted: true, span, map: OffsetMap::Linear(0) };
        let value = Node { source: Some(document.source), ..Node::scalar(content) };
        // The key stands in another file than the value, so the value's start is its place.
        Some(Entry { key: merge::composed(key, Span::default()), value })
    }

    /// The variables of a file of `KEY=value` lines.
    fn variables_of(&mut self, own: &Kustomization<'a>, path: &Node, data: &mut Vec<Entry>) {
        let Some(named) = path.as_text() else { return };
        let document = match self.find(own, named) {
            Found::File(_, document) => document,
            missing => return self.missing(own, path.span, &missing),
        };
        self.take_whole(document.source, document.roots.len());
        let text = self.tree.text(document.source);
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let content = line.trim_end_matches(['\n', '\r']);
            let inner = content.trim_start();
            let at = start + (content.len() - inner.len());
            start += line.len();
            if !inner.is_empty() && !inner.starts_with('#') {
                data.extend(assignment(&Scalar::plain(inner, at, ScalarKind::Str), document.source));
            }
        }
    }

    /// A file that a generator takes in as it is.
    fn take_whole(&mut self, source: SourceId, roots: usize) {
        self.covers.extend((0..roots).map(|root| Covered { source, root }));
    }
}

/// `KEY=value`, with quotes around the value taken off.
fn assignment(text: &Scalar, source: SourceId) -> Option<Entry> {
    let equals = text.text.find('=').filter(|at| *at > 0)?;
    let key = text.part(0..equals)?;
    let value = text.text.get(equals + 1..)?;
    let is_quoted =
        value.len() > 1 && ['"', '\''].iter().any(|quote| value.starts_with(*quote) && value.ends_with(*quote));
    let inset = usize::from(is_quoted);
    let value = text.part(equals + 1 + inset..text.text.len() - inset)?;
    Some(Entry { key, value: Node { source: Some(source), ..Node::scalar(value) } })
}

/// The key under which plain values stand: the `data` of a Secret is encoded.
fn plain_data(kind: &str) -> &'static str {
    if kind == "Secret" { "stringData" } else { "data" }
}

fn lay_over(object: &mut Object, kind: &str, data: Vec<Entry>, replaces: bool, span: Span, source: SourceId) {
    if replaces {
        merge::remove(&mut object.node, &["data", "stringData", "binaryData"]);
    }
    let Some(home) = merge::ensure(&mut object.node, &[plain_data(kind)], span, source) else { return };
    merge::put_all(home, data);
}

/// The object that a generator makes.
fn object(own: &Kustomization<'_>, kind: &str, item: &Node, data: Vec<Entry>) -> Node {
    let fixed = |key: &str, text: &str| Entry {
        key: merge::composed(key, item.span),
        value: Node::scalar(merge::composed(text, item.span)),
    };
    let mut metadata = Node::mapping(item.span, Vec::new());
    for key in ["name", "namespace"] {
        merge::entry_as(item, key, key, own.source).into_iter().for_each(|entry| merge::put(&mut metadata, entry));
    }
    for field in ["labels", "annotations"] {
        let all = own.node.path(&["generatorOptions", field]).map(Node::entries).unwrap_or_default();
        let own_ones = item.path(&["options", field]).map(Node::entries).unwrap_or_default();
        let entries: Vec<Entry> = all.iter().chain(own_ones).cloned().collect();
        if let (false, Some(home)) = (entries.is_empty(), merge::ensure(&mut metadata, &[field], item.span, own.source))
        {
            merge::put_all(home, entries);
        }
    }
    let mut values = Node::mapping(item.span, Vec::new());
    merge::put_all(&mut values, data);
    let own_type =
        item.get("type").filter(|_| kind == "Secret").and_then(|_| merge::entry_as(item, "type", "type", own.source));
    let fields = [fixed("apiVersion", "v1"), fixed("kind", kind)].into_iter().chain(own_type).chain([
        Entry { key: merge::composed("metadata", item.span), value: metadata },
        Entry { key: merge::composed(plain_data(kind), item.span), value: values },
    ]);
    Node { source: Some(own.source), ..Node::mapping(item.span, fields.collect()) }
}
