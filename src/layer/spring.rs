//! How Spring and its relatives name files, profiles and keys; the platforms read by the same words.

use crate::document::{Entry, Node, OffsetMap, Scalar, ScalarKind};
use crate::source::Span;

/// Keys that say for which profiles a document holds.
const ACTIVATION: [&[&str]; 6] = [
    &["spring", "config", "activate", "on-profile"],
    &["spring.config.activate.on-profile"],
    &["spring", "config.activate.on-profile"],
    &["spring.config.activate", "on-profile"],
    &["spring", "profiles"],
    &["spring.profiles"],
];

/// The Spring profiles for which a document holds, joined by commas.
pub(crate) fn profile(root: &Node) -> Option<String> {
    let node = ACTIVATION.iter().find_map(|keys| root.path(keys))?;
    let all: Vec<&str> = match node.as_text() {
        Some(text) => vec![text],
        None => node.items().iter().filter_map(Node::as_text).collect(),
    };
    (!all.is_empty()).then(|| all.join(","))
}

/// Whether a key, written with dots, says for which profiles its document holds.
pub(super) fn is_activation(steps: &[&str]) -> bool {
    matches!(steps, ["spring", "config", "activate", "on-profile"] | ["spring", "profiles"])
}

/// Whether Spring Boot reads a file of this name by default: `application-prod.yml`, `bootstrap.properties`.
pub(crate) fn is_spring_name(name: &str) -> bool {
    stem_and_profile(name).is_some()
}

/// `application` and `prod` of `application-prod.yml`.
pub(super) fn stem_and_profile(name: &str) -> Option<(&str, Option<&str>)> {
    let (stem, extension) = name.rsplit_once('.')?;
    if !matches!(extension, "properties" | "yml" | "yaml") {
        return None;
    }
    ["application", "bootstrap"].into_iter().find_map(|base| {
        let rest = stem.strip_prefix(base)?;
        if rest.is_empty() { Some((base, None)) } else { Some((base, Some(rest.strip_prefix('-')?))) }
    })
}

/// The parts of `a.b[c.d]` with their places; what stands in brackets is one with its key.
pub(crate) fn split_key(key: &Scalar) -> Vec<(&str, Span)> {
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
    parts.into_iter().map(|range| (key.text.get(range).unwrap_or_default(), key.span)).collect()
}

/// A document without what it says for single profiles by their prefix, and that by profile, in the order of their first
/// key: Quarkus' `%prod.quarkus.datasource.jdbc.max-size`. `None` where it has no such key.
pub(crate) fn prefixed(root: &Node) -> Option<(Node, Vec<(Scalar, Node)>)> {
    let is_prefixed = |entry: &&Entry| entry.key.text.starts_with('%');
    root.entries().iter().find(is_prefixed)?;
    let mut rest = Vec::new();
    let mut sections: Vec<(Scalar, Vec<Entry>)> = Vec::new();
    let mut index = std::collections::BTreeMap::new();
    for entry in root.entries() {
        if !is_prefixed(&entry) {
            rest.push(entry.clone());
            continue;
        }
        let text = entry.key.text.as_str();
        let (name, below) = text.split_once('.').map_or((text, None), |(name, below)| (name, Some(below)));
        let at = *index.entry(name.to_owned()).or_insert_with(|| {
            sections.push((spelled(name, entry.key.span), Vec::new()));
            sections.len() - 1
        });
        let Some((_, entries)) = sections.get_mut(at) else { continue };
        match below {
            Some(below) => entries.push(Entry { key: spelled(below, entry.key.span), value: entry.value.clone() }),
            None => entries.extend(entry.value.entries().iter().map(|e| super::merge::owned(e, entry.value.source))),
        }
    }
    let section = |(name, entries)| (name, Node { source: root.source, ..Node::mapping(root.span, entries) });
    let sections = sections.into_iter().map(section).collect();
    Some((Node { source: root.source, ..Node::mapping(root.span, rest) }, sections))
}

/// `prod` of `%prod`, `dev,test` of `%{dev,test}`.
pub(crate) fn prefixed_profile(name: &str) -> &str {
    name.trim_start_matches('%').trim_start_matches('{').trim_end_matches('}')
}

/// A key, or a part of one, whose place is the whole key.
pub(super) fn spelled(text: &str, span: Span) -> Scalar {
    Scalar { text: text.into(), kind: ScalarKind::Str, quoted: false, span, map: OffsetMap::None }
}
