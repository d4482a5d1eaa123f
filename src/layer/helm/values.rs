//! What templates compute with: the values of a chart, each leaf with its place.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::text::Text;
use crate::document::{Entry, Node, NodeKind, Scalar, ScalarKind};
use crate::source::{SourceId, Span};

/// A value of a template.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// No such key, which is what a value that the pipeline sets looks like.
    Missing,
    /// Cannot be told without the cluster or the engine.
    Unknown,
    /// `null`.
    Null,
    Leaf(Rc<Leaf>),
    List(Rc<Vec<Value>>),
    Map(Rc<Map>),
    /// The files of the chart.
    Files,
}

/// A mapping; the keys know their places.
pub(super) type Map = BTreeMap<String, Item>;

/// An entry of a mapping.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// The key as text.
    pub(super) key: Text,
    pub(super) value: Value,
}

/// Text, number, boolean.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) text: Text,
    pub(super) kind: ScalarKind,
    /// As it is written, where it is.
    pub(super) written: Option<(Scalar, SourceId)>,
}

impl Value {
    pub(super) fn text(text: Text) -> Value {
        Value::Leaf(Rc::new(Leaf { text, kind: ScalarKind::Str, written: None }))
    }

    pub(super) fn made(text: &str) -> Value {
        Value::text(Text::made(text))
    }

    pub(super) fn bool(value: bool) -> Value {
        let text = Text::made(if value { "true" } else { "false" });
        Value::Leaf(Rc::new(Leaf { text, kind: ScalarKind::Bool, written: None }))
    }

    pub(super) fn int(value: i64, of: Option<&Text>) -> Value {
        let text = of.map_or_else(|| Text::made(value.to_string()), |of| of.replaced(value.to_string()));
        Value::Leaf(Rc::new(Leaf { text, kind: ScalarKind::Int, written: None }))
    }

    pub(super) fn list(items: Vec<Value>) -> Value {
        Value::List(Rc::new(items))
    }

    pub(super) fn map(map: Map) -> Value {
        Value::Map(Rc::new(map))
    }

    /// A mapping of made keys.
    pub(super) fn of(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        let item = |(key, value): (&str, Value)| (key.to_owned(), Item { key: Text::made(key), value });
        Value::map(entries.into_iter().map(item).collect())
    }

    /// The values that a document in `source` holds.
    pub(super) fn of_node(node: &Node, source: SourceId) -> Value {
        value_of(node, source, None)
    }

    pub(super) fn get(&self, key: &str) -> Value {
        match self {
            Value::Map(map) => map.get(key).map_or(Value::Missing, |item| item.value.clone()),
            Value::Unknown => Value::Unknown,
            _ => Value::Missing,
        }
    }

    pub(super) fn path<'a>(&self, keys: impl IntoIterator<Item = &'a str>) -> Value {
        keys.into_iter().fold(self.clone(), |value, key| value.get(key))
    }

    pub(super) fn as_map(&self) -> Option<&Map> {
        if let Value::Map(map) = self { Some(map) } else { None }
    }

    /// The text of a leaf.
    pub(super) fn as_text(&self) -> Option<&Text> {
        if let Value::Leaf(leaf) = self { Some(&leaf.text) } else { None }
    }

    /// The text of a leaf that is known.
    pub(super) fn plain(&self) -> Option<String> {
        self.as_text().filter(|text| !text.is_masked()).map(Text::plain)
    }

    pub(super) fn number(&self) -> Option<f64> {
        self.plain()?.trim().parse().ok()
    }

    /// Whether it counts as true; `None` where that cannot be told.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Value::Missing | Value::Null => Some(false),
            Value::Unknown => None,
            Value::List(items) => Some(!items.is_empty()),
            Value::Map(map) => Some(!map.is_empty()),
            Value::Files => Some(true),
            Value::Leaf(leaf) if leaf.text.is_masked() => None,
            Value::Leaf(leaf) => {
                let text = leaf.text.plain();
                Some(match leaf.kind {
                    ScalarKind::Null => false,
                    ScalarKind::Bool => matches!(text.to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "y"),
                    ScalarKind::Int | ScalarKind::Float => text.trim().parse::<f64>().ok() != Some(0.0),
                    ScalarKind::Str => !text.is_empty(),
                })
            }
        }
    }

    /// Sets `path` in nested mappings, replacing what stands in the way.
    pub(super) fn set(&mut self, path: &[(String, Text)], value: Value) {
        let Some(((key, text), rest)) = path.split_first() else {
            *self = value;
            return;
        };
        if self.as_map().is_none() {
            *self = Value::map(Map::new());
        }
        let Value::Map(map) = self else { return };
        let item =
            Rc::make_mut(map).entry(key.clone()).or_insert_with(|| Item { key: text.clone(), value: Value::Missing });
        item.key = text.clone();
        item.value.set(rest, value);
    }
}

fn value_of(node: &Node, source: SourceId, key: Option<Span>) -> Value {
    let source = node.source.unwrap_or(source);
    match &node.kind {
        NodeKind::Scalar(scalar) if scalar.kind == ScalarKind::Null => Value::Null,
        NodeKind::Scalar(scalar) => Value::Leaf(Rc::new(Leaf {
            text: Text::value(scalar, source, key),
            kind: scalar.kind,
            written: Some((scalar.clone(), source)),
        })),
        NodeKind::Sequence(items) => Value::list(items.iter().map(|item| value_of(item, source, None)).collect()),
        NodeKind::Mapping(entries) => {
            let item = |entry: &Entry| {
                let key = Text::value(&entry.key, source, None);
                let value = value_of(&entry.value, source, Some(entry.key.span));
                (entry.key.text.to_string(), Item { key, value })
            };
            Value::map(entries.iter().map(item).collect())
        }
    }
}

/// Lays `over` over `base` as Helm does: mappings are merged, anything else is replaced, `null` takes a key away.
pub(super) fn lay(base: &Value, over: &Value) -> Value {
    let (Value::Map(below), Value::Map(above)) = (base, over) else { return over.clone() };
    let mut merged = (**below).clone();
    for (key, item) in above.iter() {
        let value = match (merged.get(key), &item.value) {
            (_, Value::Null) => {
                merged.remove(key);
                continue;
            }
            (Some(known), Value::Map(_)) if known.value.as_map().is_some() => lay(&known.value, &item.value),
            (_, value) => value.clone(),
        };
        merged.insert(key.clone(), Item { key: item.key.clone(), value });
    }
    Value::map(merged)
}

/// The values again as a tree, without the leaves that `used` names; nothing where none is left.
pub(super) fn leftover(value: &Value, used: &dyn Fn(SourceId, Span) -> bool) -> Option<Node> {
    match value {
        Value::Leaf(leaf) => {
            let (scalar, source) = leaf.written.as_ref()?;
            let node = Node { source: Some(*source), ..Node::scalar(scalar.clone()) };
            (!used(*source, scalar.span)).then_some(node)
        }
        Value::List(items) => {
            let left: Vec<Node> = items.iter().filter_map(|item| leftover(item, used)).collect();
            let first = left.first()?;
            Some(Node { source: first.source, ..Node::sequence(first.span, left) })
        }
        Value::Map(map) => {
            let entry = |item: &Item| {
                let value = leftover(&item.value, used)?;
                let place = item.key.bits.first().and_then(|bit| bit.origin);
                let span = place.filter(|o| Some(o.at.source) == value.source).map_or(value.span, |o| o.at.span);
                let key = Scalar { span, ..Scalar::plain(&item.key.plain(), span.start as usize, ScalarKind::Str) };
                Some(Entry { key, value })
            };
            let left: Vec<Entry> = map.values().filter_map(entry).collect();
            let (span, source) = left.first().map(|entry| (entry.value.span, entry.value.source))?;
            Some(Node { source, ..Node::mapping(span, left) })
        }
        _ => None,
    }
}
