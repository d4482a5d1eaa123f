//! What the vocabulary of an XML file means by its elements: Tomcat, .NET, Spring beans, WildFly, persistence units.
//!
//! Attributes are keys of their element, and an element of nothing but text is a value. Elements that hold a name and a
//! value, as `<property name="x" value="y"/>` does, are that key. Elements that have an identity are items of a list,
//! also where they are alone, so that a second one does not rename the first.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Entry, FormatId, Node, NodeKind, OffsetMap, Scalar, ScalarKind};
use crate::setting::{Environment, Resource, ResourceId, Shape, Standing, UnitKind};
use crate::source::Span;

use super::flatten::{Flatten, Here, Scope};
use super::{Platform, Reading, Root, list};

pub(super) static PLATFORM: Platform = Platform {
    name: "xml",
    recognises: "XML of Tomcat, WildFly, GlassFish, Spring, .NET and persistence units",
    claims: |root| root.format == FormatId::Xml,
    read,
};

/// What always names an element: attributes, or elements of nothing but text.
const IDENTITIES: [&str; 9] =
    ["id", "name", "key", "jndi-name", "jndiName", "pool-name", "unit-name", "path", "className"];

/// What names an element where others of its kind stand beside it.
const TELLING: [&str; 12] =
    ["class", "type", "port", "username", "rolename", "ref", "resource", "file", "location", "uri", "pattern", "index"];

/// Elements whose text, or whatever they hold, is the value of the key that they name.
const PAIRS: [&str; 10] =
    ["property", "entry", "add", "param", "parameter", "setting", "prop", "variable", "attribute", "option"];

/// Longest text that may name an element.
const LONGEST_IDENTITY: usize = 160;

fn read(root: &Root<'_>) -> Reading {
    let mut flat = Flatten::of(root);
    let unit = flat.unit(UnitKind::File, root.file_name());
    walk(&mut flat, root.node, &Here::default(), Scope::file(unit), root.file_name());
    let name = match root.index {
        0 => root.path.to_owned(),
        index => format!("{}#{}", root.path, index + 1),
    };
    let flat = flat.finish();
    let resource = Resource {
        id: ResourceId::new("file", "", &name),
        source: root.source,
        path: root.path.to_owned(),
        environment: Environment::Unknown,
        settings: flat.settings,
        units: flat.units,
        shape: Shape::Plain,
        standing: Standing::Written,
    };
    Reading { resources: vec![resource], problems: flat.problems }
}

/// Adds the settings of an XML tree; `file` is the name of the file that holds it.
pub(super) fn walk(flat: &mut Flatten, root: &Node, here: &Here<'_>, scope: Scope, file: &str) {
    let scope = if is_tooling(root, file) { Scope::STRUCTURE } else { scope };
    let mut walk = Walk { flat, file };
    for (entry, step) in elements(root).zip(roots(root)) {
        let below = here.key(&entry.key.text, entry.key.span);
        let below = if step == 0 { below } else { below.item(&list::Step::Index(step)) };
        // Java's own form of properties: the entries are the keys of the program.
        let below = if entry.key.text == "properties" { below.called("") } else { below };
        walk.element(entry, &below, scope, &[]);
    }
}

/// The number of each root among those of its name. A file has one, a piece of a file may have several.
fn roots(root: &Node) -> Vec<usize> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let number = |entry: &'_ Entry| entry.key.text.to_string();
    let names: Vec<String> = elements(root).map(number).collect();
    let mut numbers = Vec::with_capacity(names.len());
    for name in &names {
        let count = seen.entry(name).or_default();
        numbers.push(*count);
        *count += 1;
    }
    numbers
}

/// Files of loggers and build tools: what they call a pool or a connection is none of a service's.
fn is_tooling(root: &Node, file: &str) -> bool {
    let file = file.to_ascii_lowercase();
    let is_named = ["logback", "log4j", "log4net", "nlog"].iter().any(|name| file.starts_with(name));
    let is_logger = |entry: &Entry| match entry.key.text.as_str() {
        "project" | "log4j:configuration" | "nlog" | "log4net" => true,
        "configuration" => elements(&entry.value).any(|child| child.key.text == "appender"),
        "Configuration" => elements(&entry.value).any(|child| child.key.text == "Appenders"),
        _ => false,
    };
    is_named || elements(root).any(is_logger)
}

/// An element that is a key with its value.
struct Pair<'a> {
    name: &'a Scalar,
    /// The value; without one, what the element holds besides its name stands below the key.
    value: Option<&'a Scalar>,
    /// Attributes and elements that are said by the name and the value.
    said: Vec<&'a str>,
}

/// How an element is called among its siblings.
enum Called<'a> {
    Plain,
    Item(list::Step),
    Pair(Pair<'a>),
}

struct Walk<'f> {
    flat: &'f mut Flatten,
    file: &'f str,
}

impl Walk<'_> {
    /// Adds an element at `here`, without what is `said` already.
    fn element<'a>(&mut self, entry: &'a Entry, here: &Here<'a>, scope: Scope, said: &[&str]) {
        let node = &entry.value;
        let has_elements = elements(node).any(|child| !said.contains(&child.key.text.as_str()));
        let has_attributes = attributes(node).any(|attribute| !said.contains(&attribute.key.text.as_str()));
        match text(node) {
            Some(text) if has_elements => {
                self.value(text, &here.key("#text", text.span), scope);
            }
            Some(text) => self.value(text, here, scope),
            None if !has_elements && !has_attributes => self.flat.leaf(nothing(node.span), here, scope.unit),
            None => {}
        }
        self.below(node, here, scope, said, &entry.key.text);
    }

    /// Adds the attributes and elements of a node.
    fn below<'a>(&mut self, node: &'a Node, here: &Here<'a>, scope: Scope, said: &[&str], name: &str) {
        for attribute in attributes(node).filter(|attribute| !said.contains(&attribute.key.text.as_str())) {
            self.attribute(attribute, here, scope);
        }
        let children: Vec<&Entry> = elements(node).filter(|child| !said.contains(&child.key.text.as_str())).collect();
        let called = called(&children);
        let is_env = name == "environmentVariables" && called.iter().any(|called| matches!(called, Called::Pair(_)));
        let env = is_env.then(|| self.flat.unit(UnitKind::Env, self.file)).filter(|_| scope.unit.is_some());
        for (child, called) in children.into_iter().zip(called) {
            match called {
                Called::Plain => self.element(child, &here.key(&child.key.text, child.key.span), scope, &[]),
                Called::Item(step) => {
                    let below = here.key(&child.key.text, child.key.span).item(&step);
                    let said = identity(child).filter(|(key, text)| is_own_name(key) && is_called(&step, text));
                    self.element(child, &below, scope, said.map(|(key, _)| key).as_slice());
                }
                Called::Pair(pair) => {
                    let below = here.key(&pair.name.text, pair.name.span);
                    match env {
                        Some(unit) if pair.value.is_some() => {
                            let variable = Scope { unit: Some(unit), ..Scope::STRUCTURE };
                            self.pair(child, &pair, &below.called(&pair.name.text), variable);
                        }
                        _ => self.pair(child, &pair, &below, scope),
                    }
                }
            }
        }
    }

    fn pair<'a>(&mut self, entry: &'a Entry, pair: &Pair<'a>, here: &Here<'a>, scope: Scope) {
        match pair.value {
            Some(value) => {
                self.value(value, here, scope);
                self.below(&entry.value, here, scope, &pair.said, &entry.key.text);
            }
            None => self.element(entry, here, scope, &pair.said),
        }
    }

    fn attribute<'a>(&mut self, attribute: &'a Entry, here: &Here<'a>, scope: Scope) {
        let name = attribute.key.text.as_str();
        // Which vocabulary the file is written in is no setting of anybody.
        let is_declaration = name.starts_with("xmlns") || name.starts_with("xsi:");
        let scope = if is_declaration { Scope::STRUCTURE } else { scope };
        // Spring's short form of properties.
        let key = name.strip_prefix("p:").unwrap_or(name);
        let below = here.key(key, attribute.key.span);
        match attribute.value.as_scalar() {
            Some(value) if is_declaration => {
                let words: Vec<&str> = value.text.split_whitespace().collect();
                let value = Scalar { text: words.join(" ").into(), map: OffsetMap::None, ..value.clone() };
                self.flat.leaf(value, &below, scope.unit);
            }
            _ => self.flat.walk(&attribute.value, &below, scope),
        }
    }

    /// Adds a text without the blanks around it, which are layout.
    fn value(&mut self, text: &Scalar, here: &Here<'_>, scope: Scope) {
        let trimmed = match text.quoted {
            true => None,
            false => {
                let start = text.text.len() - text.text.trim_start().len();
                text.part(start..start + text.text.trim().len())
            }
        };
        let node = Node::scalar(trimmed.unwrap_or_else(|| text.clone()));
        self.flat.walk(&node, here, scope);
    }
}

fn nothing(span: Span) -> Scalar {
    Scalar { text: smol_str::SmolStr::default(), kind: ScalarKind::Null, quoted: false, span, map: OffsetMap::None }
}

fn attributes(node: &Node) -> impl Iterator<Item = &Entry> {
    node.entries().iter().filter(|entry| entry.value.as_scalar().is_some_and(|value| value.quoted))
}

fn elements(node: &Node) -> impl Iterator<Item = &Entry> {
    node.entries().iter().filter(|entry| matches!(entry.value.kind, NodeKind::Mapping(_)))
}

fn attribute<'a>(node: &'a Node, name: &str) -> Option<&'a Scalar> {
    attributes(node).find(|entry| entry.key.text == name)?.value.as_scalar()
}

/// The first text of an element that holds more than blanks.
fn text(node: &Node) -> Option<&Scalar> {
    let texts = node.entries().iter().filter_map(|entry| entry.value.as_scalar().filter(|text| !text.quoted));
    texts.into_iter().find(|text| !text.text.trim().is_empty())
}

/// The text of an element that holds nothing else.
fn only_text(node: &Node) -> Option<&Scalar> {
    let is_bare = attributes(node).next().is_none() && elements(node).next().is_none();
    text(node).filter(|_| is_bare)
}

/// The key and the value that an element is.
fn pair(entry: &Entry) -> Option<Pair<'_>> {
    let by_attributes = ["name", "key"].iter().find_map(|name| {
        let value = attribute(&entry.value, name).filter(|value| !value.text.trim().is_empty())?;
        named_pair(entry, name, value)
    });
    by_attributes.or_else(|| pair_of_elements(&entry.value))
}

/// `<property name="x" …>`, `<add key="x" value="y"/>`.
fn named_pair<'a>(entry: &'a Entry, key: &'static str, name: &'a Scalar) -> Option<Pair<'a>> {
    let node = &entry.value;
    let mut children = elements(node);
    let (first, second) = (children.next(), children.next());
    let text = text(node);
    for attribute_name in ["value", "connectionString"] {
        let value = attribute(node, attribute_name).filter(|_| first.is_none() && text.is_none());
        if let Some(value) = value {
            return Some(Pair { name, value: Some(value), said: vec![key, attribute_name] });
        }
    }
    if !is_pair_word(&entry.key.text) {
        return None;
    }
    if let (Some(value), None) = (text, first) {
        return Some(Pair { name, value: Some(value), said: vec![key] });
    }
    if let (Some(only), None, None) = (first, second, text)
        && only.key.text == "value"
        && let Some(value) = only_text(&only.value)
    {
        return Some(Pair { name, value: Some(value), said: vec![key, "value"] });
    }
    for reference in ["ref", "value-ref"] {
        if let Some(value) = attribute(node, reference).filter(|_| first.is_none()) {
            return Some(Pair { name, value: Some(value), said: vec![key, reference] });
        }
    }
    first.map(|_| Pair { name, value: None, said: vec![key] })
}

/// `<property><name>x</name><value>y</value></property>`, `<env-entry>` with `<env-entry-name>` and `<env-entry-value>`.
fn pair_of_elements(node: &Node) -> Option<Pair<'_>> {
    let is_name = |child: &&Entry| child.key.text == "name" || child.key.text.ends_with("-name");
    let name = elements(node).find(is_name)?;
    let prefix = name.key.text.strip_suffix("name")?;
    let is_value = |child: &&Entry| child.key.text.strip_suffix("value") == Some(prefix);
    let value = elements(node).find(is_value)?;
    Some(Pair {
        name: only_text(&name.value).filter(|name| !name.text.contains(char::is_whitespace))?,
        value: Some(only_text(&value.value)?),
        said: vec![&name.key.text, &value.key.text],
    })
}

/// `property`, `init-param`, `xa-datasource-property`, `environmentVariable`.
fn is_pair_word(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PAIRS.iter().any(|word| name.strip_suffix(word).is_some_and(|rest| *word != "add" || rest.is_empty()))
}

/// What names an element: the attribute or element, and its text.
fn identity(entry: &Entry) -> Option<(&str, &str)> {
    let node = &entry.value;
    let by_attribute = |name: &&'static str| Some((*name, attribute(node, name)?.text.as_str()));
    let own = format!("{}-name", entry.key.text);
    let is_identity = |name: &str| {
        is_own_name(name) || name == own || matches!(name, "jndi-name" | "pool-name" | "res-ref-name" | "artifactId")
    };
    let by_element = || {
        let child = elements(node).find(|child| is_identity(&child.key.text))?;
        Some((child.key.text.as_str(), only_text(&child.value)?.text.trim()))
    };
    // What an element of such a name is called may be the secret itself.
    if list::is_secret_key(&entry.key.text) {
        return None;
    }
    let found = IDENTITIES.iter().filter_map(by_attribute).find(|(_, text)| may_name(text));
    found.or_else(|| by_element().filter(|(_, text)| may_name(text)))
}

/// Keys that say nothing but how the element is called.
fn is_own_name(key: &str) -> bool {
    matches!(key, "id" | "name" | "key")
}

fn is_called(step: &list::Step, text: &str) -> bool {
    matches!(step, list::Step::Item(name) if name == text)
}

/// Whether a text may stand in a path: one line, no address, nothing that looks like a key or a token.
fn may_name(text: &str) -> bool {
    let is_short = !text.trim().is_empty() && text.len() <= LONGEST_IDENTITY;
    is_short && !text.contains(char::is_control) && !text.contains("://") && !list::looks_random(text)
}

/// How each of some siblings is called.
fn called<'a>(children: &[&'a Entry]) -> Vec<Called<'a>> {
    let mut called: Vec<Option<Called<'a>>> = children.iter().map(|child| pair(child).map(Called::Pair)).collect();
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, child) in children.iter().enumerate() {
        if matches!(called.get(index), Some(None)) {
            groups.entry(&child.key.text).or_default().push(index);
        }
    }
    for (name, members) in groups {
        let entries: Vec<&Entry> = members.iter().filter_map(|&index| children.get(index).copied()).collect();
        for (index, step) in members.into_iter().zip(steps(name, &entries)) {
            if let Some(slot) = called.get_mut(index) {
                *slot = step.map(Called::Item);
            }
        }
    }
    called.into_iter().map(|called| called.unwrap_or(Called::Plain)).collect()
}

/// How each of some elements of one name is called; `None` for the only one without identity.
fn steps(name: &str, entries: &[&Entry]) -> Vec<Option<list::Step>> {
    let own: Vec<Option<String>> =
        entries.iter().map(|entry| identity(entry).map(|(_, text)| text.to_owned())).collect();
    let mut names = list::unique(own);
    let taken: BTreeSet<String> = names.iter().flatten().cloned().collect();
    let free: Vec<&Entry> = entries.iter().zip(&names).filter(|(_, name)| name.is_none()).map(|(e, _)| *e).collect();
    if free.len() < 2 {
        return names.into_iter().map(|name| name.map(list::Step::Item)).collect();
    }
    let texts: Vec<Node> = free.iter().filter_map(|entry| only_text(&entry.value)).cloned().map(Node::scalar).collect();
    let mut steps =
        if texts.len() == free.len() { list::steps(name, &texts) } else { told_apart(&free, &taken) }.into_iter();
    names.iter_mut().map(|name| name.take().map(list::Step::Item).or_else(|| steps.next())).collect()
}

/// Steps by the first attribute that tells all elements apart, else by position.
fn told_apart(entries: &[&Entry], taken: &BTreeSet<String>) -> Vec<list::Step> {
    let by = |key: &&str| {
        let texts: Option<Vec<String>> = entries
            .iter()
            .map(|entry| attribute(&entry.value, key).map(|text| text.text.to_string()).filter(|text| may_name(text)))
            .collect();
        let texts = texts.filter(|texts| !texts.iter().any(|text| taken.contains(text)))?;
        let all: Vec<Option<String>> = list::unique(texts.into_iter().map(Some).collect());
        all.into_iter().map(|name| name.map(list::Step::Item)).collect::<Option<Vec<_>>>()
    };
    let positions = || (0..entries.len()).map(list::Step::Index).collect();
    TELLING.iter().find_map(by).unwrap_or_else(positions)
}

#[cfg(test)]
mod tests;
