//! OpenShift templates: objects with `${PARAMETERS}`, and the values that these have unless somebody says otherwise.
//!
//! In: a `Template`. Out: its objects with parameters filled in where a value is nothing but one, and the template itself.
//! A value that is filled in keeps the place of the parameter, where a reviewer would edit it.

use std::collections::BTreeMap;

use crate::document::{Entry, Node, NodeKind};

use super::super::flatten::{Flatten, Here, Scope, last_of_each};
use super::text;

/// The objects of a template; none if it is something else of that name.
pub(super) fn objects(node: &Node) -> Option<Vec<Node>> {
    let objects = node.get("objects").map(Node::items).unwrap_or_default();
    if text(node, &["kind"]) != Some("Template") || objects.is_empty() || !objects.iter().all(super::is_object) {
        return None;
    }
    let parameters = node.get("parameters").map(Node::items).unwrap_or_default();
    let values: BTreeMap<&str, &Node> =
        parameters.iter().filter_map(|item| Some((text(item, &["name"])?, item.get("value")?))).collect();
    Some(objects.iter().map(|object| filled(object, &values)).collect())
}

/// A copy in which every value that is one parameter is that parameter's.
fn filled(node: &Node, values: &BTreeMap<&str, &Node>) -> Node {
    let kind = match &node.kind {
        NodeKind::Scalar(scalar) => {
            let value = parameter(&scalar.text).and_then(|name| values.get(name));
            return match value {
                Some(value) => Node { via: Some(node.span), ..(*value).clone() },
                None => node.clone(),
            };
        }
        NodeKind::Sequence(items) => NodeKind::Sequence(items.iter().map(|item| filled(item, values)).collect()),
        NodeKind::Mapping(entries) => {
            let entry = |e: &Entry| Entry { key: e.key.clone(), value: filled(&e.value, values) };
            NodeKind::Mapping(entries.iter().map(entry).collect())
        }
    };
    Node { span: node.span, kind, tag: node.tag.clone(), via: node.via, source: node.source }
}

/// `REPLICAS` of `${REPLICAS}` and of `${{REPLICAS}}`.
fn parameter(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("${")?.strip_suffix('}')?;
    let name = inner.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(inner);
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_').then_some(name)
}

/// Adds the template without its objects; a parameter's value goes by the parameter's name.
pub(super) fn flatten(node: &Node, flat: &mut Flatten) {
    for entry in last_of_each(node.entries()) {
        let here = Here::default().entry(entry);
        match entry.key.text.as_str() {
            "objects" => {}
            "parameters" if !entry.value.items().is_empty() => {
                for (item, at) in entry.value.items().iter().zip(here.items(entry.value.items())) {
                    parameter_of(item, &at.of(item), flat);
                }
            }
            _ => flat.walk(&entry.value, &here, Scope::STRUCTURE),
        }
    }
}

fn parameter_of(item: &Node, here: &Here<'_>, flat: &mut Flatten) {
    let name = text(item, &["name"]);
    if item.entries().is_empty() {
        flat.walk(item, here, Scope::STRUCTURE);
    }
    for entry in last_of_each(item.entries()) {
        let at = here.entry(entry);
        match name.filter(|_| entry.key.text == "value") {
            Some(name) => flat.walk(&entry.value, &at.called(name), Scope::STRUCTURE),
            None => flat.walk(&entry.value, &at, Scope::STRUCTURE),
        }
    }
}
