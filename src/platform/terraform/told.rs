//! A document as its JSON form would have it.
//!
//! An expression is wrapped in `${…}`, so that `var.x` and `"${var.x}"` are the same and nobody takes a reference for a
//! literal. A block that may stand several times and has a name is a list even where it stands once.

use crate::document::{Entry, FormatId, Node, NodeKind, OffsetMap, Scalar, ScalarKind};

/// Attributes that hold the names of other things, in both syntaxes without `${…}`.
const NAMES_OF_THINGS: [&str; 6] =
    ["depends_on", "ignore_changes", "provider", "providers", "replace_triggered_by", "type"];

/// Blocks whose name says which of several they are.
const NAMED: [&str; 14] = [
    "container",
    "containers",
    "database_flags",
    "env",
    "environment",
    "environment_variable",
    "init_container",
    "parameter",
    "parameters",
    "set",
    "set_sensitive",
    "setting",
    "settings",
    "connection_string",
];

pub(super) fn told(node: &Node, format: FormatId) -> Node {
    below(node, "", format == FormatId::Hcl)
}

fn below(node: &Node, key: &str, wraps: bool) -> Node {
    let kind = match &node.kind {
        NodeKind::Scalar(scalar) => return Node { kind: NodeKind::Scalar(value(scalar, wraps)), ..node.clone() },
        NodeKind::Sequence(items) => NodeKind::Sequence(
            items.iter().map(|item| below(item, "", wraps && !NAMES_OF_THINGS.contains(&key))).collect(),
        ),
        NodeKind::Mapping(entries) => NodeKind::Mapping(entries.iter().map(|entry| one(entry, wraps)).collect()),
    };
    let told = Node { span: node.span, kind, tag: node.tag.clone(), via: node.via, source: node.source };
    if NAMED.contains(&key) && told.get("name").is_some_and(|name| name.as_scalar().is_some()) {
        return Node::sequence(told.span, vec![told]);
    }
    told
}

fn one(entry: &Entry, wraps: bool) -> Entry {
    let key = entry.key.text.as_str();
    let wraps = wraps && !NAMES_OF_THINGS.contains(&key);
    Entry { key: entry.key.clone(), value: below(&entry.value, key, wraps) }
}

fn value(scalar: &Scalar, wraps: bool) -> Scalar {
    let is_expression = scalar.kind == ScalarKind::Str && !scalar.quoted && !scalar.text.contains(['\n', '{']);
    if wraps && is_expression { wrapped(scalar) } else { scalar.clone() }
}

/// `${…}` around an expression; the three signs have no bytes of their own.
fn wrapped(scalar: &Scalar) -> Scalar {
    let len = u32::try_from(scalar.text.len()).unwrap_or(u32::MAX).saturating_add(2);
    let (start, end) = (scalar.span.start, scalar.span.end);
    let mut runs = vec![(0, start), (1, start)];
    match &scalar.map {
        OffsetMap::None | OffsetMap::Pieces(_) => runs.push((2, start)),
        OffsetMap::Linear(base) => runs.push((2, *base)),
        OffsetMap::Runs(own) => runs.extend(own.iter().map(|&(decoded, source)| (decoded + 2, source))),
    }
    runs.extend([(len, end), (len.saturating_add(1), end)]);
    let text = format!("${{{}}}", scalar.text);
    Scalar {
        text: text.into(),
        kind: ScalarKind::Str,
        quoted: true,
        span: scalar.span,
        map: OffsetMap::from_runs(runs),
    }
}
