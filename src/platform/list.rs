//! Who is who in a list: items go by what names them, so that reordering a list of named things changes nothing.
//!
//! In: the items of one list and the key it stands under. Out: one step per item. Position is the last resort, and the
//! rule where order means something (`command`, `args`).

use std::collections::BTreeMap;

use crate::document::{Node, NodeKind, ScalarKind};
use crate::setting::Segment;

/// How one item is named among its siblings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// By its own identity.
    Item(String),
    /// By its position among the items without identity.
    Index(usize),
}

impl Step {
    pub(super) fn segment(&self) -> Segment<'_> {
        match self {
            Step::Item(name) => Segment::Item(name),
            Step::Index(index) => Segment::Index(*index),
        }
    }
}

/// One step for each of `items`, all different; `key` is the key under which the list stands.
pub(super) fn steps(key: &str, items: &[Node]) -> Vec<Step> {
    let names = if is_ordered(key) { vec![None; items.len()] } else { names(key, items) };
    let mut position = 0;
    names
        .into_iter()
        .map(|name| match name {
            Some(name) => Step::Item(name),
            None => {
                position += 1;
                Step::Index(position - 1)
            }
        })
        .collect()
}

/// Lists whose order is their meaning.
fn is_ordered(key: &str) -> bool {
    matches!(
        key,
        "command"
            | "args"
            | "arguments"
            | "entrypoint"
            | "cmd"
            | "argv"
            | "test"
            | "CMD"
            | "ENTRYPOINT"
            | "RUN"
            | "run"
    )
}

fn names(key: &str, items: &[Node]) -> Vec<Option<String>> {
    if items.iter().all(|item| matches!(item.kind, NodeKind::Scalar(_))) {
        return unique(items.iter().map(|item| own_text(key, item)).collect());
    }
    // The first key that names every item wins; otherwise the one that names the most, if that is at least half.
    let mut best: Option<(usize, Vec<Option<String>>)> = None;
    for name_of in NAMERS {
        let named = unique(items.iter().map(name_of).collect());
        let count = named.iter().flatten().count();
        if count == items.len() {
            return named;
        }
        if best.as_ref().is_none_or(|(most, _)| count > *most) {
            best = Some((count, named));
        }
    }
    match best {
        Some((count, named)) if count * 2 >= items.len() => named,
        _ => vec![None; items.len()],
    }
}

/// Ways to name a mapping in a list, the most telling first.
///
/// `mountPath` stands before `name`, because one volume may be mounted twice.
const NAMERS: &[fn(&Node) -> Option<String>] = &[
    |item| word(item, "mountPath"),
    |item| word(item, "devicePath"),
    |item| word(item, "name"),
    |item| word(item, "id"),
    |item| word(item, "key"),
    |item| port(item, "containerPort"),
    |item| port(item, "port"),
    ingress_host,
];

fn word(item: &Node, key: &str) -> Option<String> {
    item.get(key)?.as_text().filter(|text| is_name(text)).map(str::to_owned)
}

fn port(item: &Node, key: &str) -> Option<String> {
    // A port beside an address is a part of an endpoint and not a name.
    if item.get("host").or_else(|| item.get("address")).is_some() {
        return None;
    }
    let number = word(item, key)?;
    let protocol = item.get("protocol").and_then(Node::as_text).unwrap_or("TCP");
    Some(format!("{number}/{protocol}"))
}

/// The host of an Ingress rule. Anywhere else a host is a value, and a changed one must be seen as changed.
fn ingress_host(item: &Node) -> Option<String> {
    item.get("http").or_else(|| item.get("paths"))?;
    word(item, "host")
}

/// The text of a scalar item, where it can serve as a name.
fn own_text(key: &str, item: &Node) -> Option<String> {
    let scalar = item.as_scalar().filter(|s| s.kind != ScalarKind::Null)?;
    let text = scalar.text.as_str();
    // Ports (`8080:80`) and mounts (`data:/data`) may hold a colon; `user:password` must not become a name.
    let colon = match text.split_once(':') {
        Some((_, rest)) => text.starts_with(|c: char| c.is_ascii_digit()) || rest.starts_with('/'),
        None => true,
    };
    let telling = !is_secret_key(key) && colon && !text.contains(' ') && is_name(text);
    telling.then(|| text.to_owned())
}

/// Whether `text` may stand in a path: short, one word, and nothing that could carry a password.
fn is_name(text: &str) -> bool {
    let short = !text.is_empty() && text.len() <= 64;
    let plain = text.chars().all(|c| c.is_alphanumeric() || "-_./:*+ ".contains(c)) && !text.contains("://");
    short && plain && !looks_random(text)
}

/// Long runs of mixed letters and digits: keys, tokens, digests. They are values and never names.
fn looks_random(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|run| {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        run.len() >= 16 && digits >= 3 && digits < run.len()
    })
}

fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["pass", "secret", "token", "credential", "apikey", "private"].iter().any(|word| key.contains(word))
}

/// Keeps the names that stand once.
fn unique(names: Vec<Option<String>>) -> Vec<Option<String>> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names.iter().flatten() {
        *seen.entry(name).or_default() += 1;
    }
    let once: Vec<bool> =
        names.iter().map(|name| name.as_deref().is_some_and(|name| seen.get(name) == Some(&1))).collect();
    names.into_iter().zip(once).map(|(name, once)| name.filter(|_| once)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Entry, Scalar};
    use crate::source::Span;

    fn text(text: &str) -> Node {
        Node::scalar(Scalar::plain(text, 0, ScalarKind::Str))
    }

    fn item(pairs: &[(&str, &str)]) -> Node {
        let entry = |(k, v): &(&str, &str)| Entry { key: Scalar::plain(k, 0, ScalarKind::Str), value: text(v) };
        Node::mapping(Span::default(), pairs.iter().map(entry).collect())
    }

    fn check(key: &str, items: &[Node], expected: &[&str]) {
        let got: Vec<String> = steps(key, items)
            .into_iter()
            .map(|step| match step {
                Step::Item(name) => name,
                Step::Index(index) => format!("#{index}"),
            })
            .collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn named_things_go_by_their_name() {
        check("containers", &[item(&[("name", "web")]), item(&[("name", "proxy")])], &["web", "proxy"]);
    }

    #[test]
    fn a_volume_mounted_twice_goes_by_its_path() {
        let items = [item(&[("name", "conf"), ("mountPath", "/a")]), item(&[("name", "conf"), ("mountPath", "/b")])];
        check("volumeMounts", &items, &["/a", "/b"]);
    }

    #[test]
    fn a_changed_host_is_a_value_and_no_name() {
        check("servers", &[item(&[("host", "db-1"), ("port", "5432")])], &["#0"]);
    }

    #[test]
    fn arguments_keep_their_positions() {
        check("args", &[text("-c"), text("fsync=off")], &["#0", "#1"]);
    }

    #[test]
    fn words_name_themselves_where_unique() {
        check("features", &[text("a"), text("b"), text("a")], &["#0", "b", "#1"]);
    }

    #[test]
    fn no_secret_becomes_a_name() {
        check("urls", &[text("postgres://app:hunter2@db/orders")], &["#0"]);
        check("passwords", &[text("hunter2")], &["#0"]);
        check("users", &[text("admin:hunter2"), text("requirepass hunter2")], &["#0", "#1"]);
        check(
            "volumes",
            &[text("data:/data"), text("./a.conf:/etc/a.conf:ro")],
            &["data:/data", "./a.conf:/etc/a.conf:ro"],
        );
        check("ports", &[text("127.0.0.1:5432:5432")], &["127.0.0.1:5432:5432"]);
        check("keys", &[text("AKq83hfQpx72Lmv0Zt")], &["#0"]);
    }
}
