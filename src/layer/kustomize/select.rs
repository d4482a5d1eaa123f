//! Which objects a `target`, `select` or `reject` means.

use crate::document::Node;

use super::object::{Object, Objects, is_cluster_wide};

/// A selector; what it does not name, it does not ask for.
#[derive(Debug, Default)]
pub(super) struct Selector {
    group: Option<Pattern>,
    version: Option<Pattern>,
    kind: Option<Pattern>,
    name: Option<Pattern>,
    namespace: Option<Pattern>,
    labels: Vec<Requirement>,
    annotations: Vec<Requirement>,
}

impl Selector {
    /// Reads a selector; `None` where it asks in words that are not understood.
    pub(super) fn of(node: &Node) -> Option<Selector> {
        let pattern = |key: &str| match node.get(key).and_then(Node::as_text).filter(|text| !text.is_empty()) {
            Some(text) => Pattern::of(text).map(Some),
            None => Some(None),
        };
        let requirements = |key: &str| node.get(key).and_then(Node::as_text).map_or(Some(Vec::new()), requirements);
        let api = node.get("apiVersion").and_then(Node::as_text);
        let (group, version) = api.map_or(("", ""), |api| api.split_once('/').unwrap_or(("", api)));
        let or_api = |asked: Option<Pattern>, text: &str| {
            asked.or_else(|| (!text.is_empty()).then(|| Pattern::Literal(text.to_owned())))
        };
        Some(Selector {
            group: or_api(pattern("group")?, group),
            version: or_api(pattern("version")?, version),
            kind: pattern("kind")?,
            name: pattern("name")?,
            namespace: pattern("namespace")?,
            labels: requirements("labelSelector")?,
            annotations: requirements("annotationSelector")?,
        })
    }

    fn matches(&self, object: &Object) -> bool {
        let fits = |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|p| p.matches(text));
        let (group, version) = object.api().split_once('/').unwrap_or(("", object.api()));
        let everywhere = is_cluster_wide(object.kind());
        let called = |(namespace, name): (&str, &str)| {
            let here = everywhere || fits(&self.namespace, namespace);
            let default = || namespace.is_empty() && fits(&self.namespace, "default");
            fits(&self.name, name) && (here || default())
        };
        let holds = |all: &[Requirement], key: &str| all.iter().all(|r| r.holds(object.node.path(&["metadata", key])));
        fits(&self.kind, object.kind())
            && fits(&self.group, group)
            && fits(&self.version, version)
            && object.names().any(called)
            && holds(&self.labels, "labels")
            && holds(&self.annotations, "annotations")
    }

    /// The objects that it means, in order. `left` is charged with the number of those that had to be looked at.
    pub(super) fn select(&self, objects: &Objects, left: &mut usize) -> Vec<usize> {
        let candidates: Vec<usize> = match (&self.kind, &self.name) {
            (Some(Pattern::Literal(kind)), Some(Pattern::Literal(name))) => objects.named(kind, name),
            _ => objects.iter().map(|(at, _)| at).collect(),
        };
        let Some(rest) = left.checked_sub(candidates.len()) else {
            *left = 0;
            return Vec::new();
        };
        *left = rest;
        candidates.into_iter().filter(|at| objects.get(*at).is_some_and(|object| self.matches(object))).collect()
    }
}

/// A regular expression over a whole text, as far as people use them for names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Literal(String),
    Any(Vec<Vec<Token>>),
}

/// One character or a run of them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    what: Class,
    may_lack: bool,
    may_repeat: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Class {
    Any,
    One(char),
    Set(Vec<(char, char)>, bool),
}

impl Class {
    fn holds(&self, c: char) -> bool {
        match self {
            Class::Any => true,
            Class::One(one) => *one == c,
            Class::Set(ranges, negated) => ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *negated,
        }
    }
}

/// More ways to spell a name than this are not tried.
const MAX_ALTERNATIVES: usize = 64;

impl Pattern {
    fn of(text: &str) -> Option<Pattern> {
        let text = text.strip_prefix('^').unwrap_or(text);
        let text = text.strip_suffix('$').unwrap_or(text);
        if !text.contains(|c| r".*+?|()[]{}\^$".contains(c)) {
            return Some(Pattern::Literal(text.to_owned()));
        }
        let spelled = alternatives(text, 0)?;
        spelled.iter().map(|text| tokens(text)).collect::<Option<_>>().map(Pattern::Any)
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Pattern::Literal(literal) => literal == text,
            Pattern::Any(ways) => ways.iter().any(|tokens| runs(tokens, text)),
        }
    }
}

/// The texts that `a(b|c)|d` stands for: `ab`, `ac`, `d`.
fn alternatives(text: &str, depth: usize) -> Option<Vec<String>> {
    if depth > 8 {
        return None;
    }
    let mut all = Vec::new();
    for way in split_outside(text, '|') {
        let Some(open) = way.find('(') else {
            all.push(way.to_owned());
            continue;
        };
        let (before, rest) = (way.get(..open)?, way.get(open + 1..)?);
        let close = closing(rest)?;
        let (inner, after) = (rest.get(..close)?, rest.get(close + 1..)?);
        if after.starts_with(['*', '+', '?', '{']) {
            return None;
        }
        let inner = alternatives(inner.strip_prefix("?:").unwrap_or(inner), depth + 1)?;
        let after = alternatives(after, depth + 1)?;
        for middle in &inner {
            all.extend(after.iter().take(MAX_ALTERNATIVES).map(|after| format!("{before}{middle}{after}")));
        }
        if all.len() > MAX_ALTERNATIVES {
            return None;
        }
    }
    (all.len() <= MAX_ALTERNATIVES).then_some(all)
}

/// Splits where `mark` stands outside of parentheses.
fn split_outside(text: &str, mark: char) -> Vec<&str> {
    let mut depth = 0_usize;
    text.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == mark && depth == 0
    })
    .collect()
}

fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
        None
    })
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let what = match c {
            '.' => Class::Any,
            '[' => set(&mut chars)?,
            '\\' => match chars.next()? {
                'd' => Class::Set(vec![('0', '9')], false),
                'w' => Class::Set(vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')], false),
                c if !c.is_alphanumeric() => Class::One(c),
                _ => return None,
            },
            '*' | '+' | '?' | '{' | '}' | ')' | '^' | '$' => return None,
            c => Class::One(c),
        };
        let sign = chars.next_if(|c| matches!(c, '*' | '+' | '?'));
        if sign == Some('+') {
            tokens.push(Token { what: what.clone(), may_lack: false, may_repeat: false });
        }
        let several = matches!(sign, Some('*' | '+'));
        tokens.push(Token { what, may_lack: sign.is_some(), may_repeat: several });
    }
    Some(tokens)
}

fn set(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Class> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let from = match chars.next()? {
            ']' if !ranges.is_empty() => return Some(Class::Set(ranges, negated)),
            '\\' => chars.next()?,
            c => c,
        };
        let to = if chars.next_if_eq(&'-').is_some() { *chars.peek()? } else { from };
        match to {
            // A dash at the end stands for itself.
            ']' => ranges.extend([(from, from), ('-', '-')]),
            to if to == from => ranges.push((from, from)),
            to => {
                chars.next();
                ranges.push((from, to));
            }
        }
    }
}

/// Whether `tokens` spell the whole of `text`: all the places where they may be are followed at once.
fn runs(tokens: &[Token], text: &str) -> bool {
    let mut here = vec![false; tokens.len() + 1];
    let skip = |places: &mut Vec<bool>| {
        for (at, token) in tokens.iter().enumerate() {
            if token.may_lack && places.get(at) == Some(&true) {
                places.get_mut(at + 1).into_iter().for_each(|next| *next = true);
            }
        }
    };
    here.first_mut().into_iter().for_each(|first| *first = true);
    skip(&mut here);
    for c in text.chars() {
        let mut next = vec![false; tokens.len() + 1];
        for (at, token) in tokens.iter().enumerate() {
            if here.get(at) == Some(&true) && token.what.holds(c) {
                let to = if token.may_repeat { at } else { at + 1 };
                next.get_mut(to).into_iter().for_each(|place| *place = true);
            }
        }
        skip(&mut next);
        here = next;
    }
    here.last() == Some(&true)
}

/// One condition of a label selector.
#[derive(Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    /// The values that fit; empty: any.
    values: Vec<String>,
    negated: bool,
}

impl Requirement {
    fn holds(&self, labels: Option<&Node>) -> bool {
        let own = labels.and_then(|labels| labels.get(&self.key)).and_then(Node::as_text);
        let fits = own.is_some_and(|own| self.values.is_empty() || self.values.iter().any(|value| value == own));
        fits != self.negated
    }
}

fn requirements(text: &str) -> Option<Vec<Requirement>> {
    split_outside(text, ',').into_iter().map(str::trim).filter(|part| !part.is_empty()).map(requirement).collect()
}

fn requirement(text: &str) -> Option<Requirement> {
    let made = |key: &str, values: Vec<String>, negated| {
        let key = key.trim().to_owned();
        (!key.is_empty() && !key.contains(char::is_whitespace)).then_some(Requirement { key, values, negated })
    };
    if let Some((key, value)) = text.split_once("!=") {
        return made(key, vec![value.trim().to_owned()], true);
    }
    if let Some((key, value)) = text.split_once('=') {
        return made(key, vec![value.trim_start_matches('=').trim().to_owned()], false);
    }
    for (word, negated) in [(" notin ", true), (" in ", false)] {
        if let Some((key, list)) = text.split_once(word) {
            let list = list.trim().strip_prefix('(')?.strip_suffix(')')?;
            return made(key, list.split(',').map(|value| value.trim().to_owned()).collect(), negated);
        }
    }
    match text.strip_prefix('!') {
        Some(key) => made(key, Vec::new(), true),
        None => made(text, Vec::new(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched_as_a_whole() {
        let cases = [
            ("api", "api", true),
            ("api", "api-2", false),
            (".*", "anything", true),
            ("api.*", "api-2", true),
            (".*-api", "shop-api", true),
            ("api|worker", "worker", true),
            ("api|worker", "workers", false),
            ("(api|worker)-v[0-9]+", "worker-v12", true),
            ("(api|worker)-v[0-9]+", "worker-v", false),
            ("^shop-.+$", "shop-", false),
            ("^shop-.+$", "shop-a", true),
            ("a.b", "axb", true),
            (r"a\.b", "axb", false),
            ("a?b", "b", true),
            ("[^a]b", "cb", true),
            ("[^a]b", "ab", false),
        ];
        for (pattern, text, expected) in cases {
            let pattern = Pattern::of(pattern).expect(pattern);
            assert_eq!(pattern.matches(text), expected, "{pattern:?} {text}");
        }
        assert_eq!(Pattern::of("(a|b)+"), None);
        assert_eq!(Pattern::of("a{2}"), None);
        assert_eq!(Pattern::of("("), None);
    }

    #[test]
    fn a_pattern_does_not_explode() {
        let many = "(a|b)".repeat(30);
        assert_eq!(Pattern::of(&many), None);
        let stars = Pattern::of(&".*".repeat(200)).expect("known words only");
        assert!(stars.matches(&"a".repeat(5000)));
        assert_eq!(Pattern::of(&"(".repeat(50_000)), None);
    }

    #[test]
    fn labels_are_asked_for() {
        let read = |text: &str| requirements(text).expect(text);
        let made = |key: &str, values: &[&str], negated| Requirement {
            key: key.into(),
            values: values.iter().map(|v| (*v).to_owned()).collect(),
            negated,
        };
        assert_eq!(read("a=b, c!=d"), [made("a", &["b"], false), made("c", &["d"], true)]);
        assert_eq!(
            read("a in (b, c),!d,e"),
            [made("a", &["b", "c"], false), made("d", &[], true), made("e", &[], false)]
        );
        assert_eq!(requirements("a in b"), None);
    }
}
