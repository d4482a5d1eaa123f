//! One project: its files with what they extend and include, and its variables.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Entry, Node, NodeKind, OffsetMap, Scalar};
use crate::layer::merge::from_file;
use crate::layer::{Tree, filled_roots, folder_of, resolve};
use crate::problem::{Problem, ProblemKind};
use crate::source::SourceId;

use super::interpolate::Variables;
use super::{model, role_of};

/// Steps of `extends` and `include` that are followed. People stay below four.
const MOST_STEPS: usize = 16;

/// What is needed to read the files of a project.
pub(super) struct Project<'a> {
    tree: &'a Tree<'a>,
    /// The folder from which paths count.
    folder: &'a str,
    variables: Variables<'a>,
    /// Whether anything is another than it is written.
    pub(super) differs: bool,
    /// Files that are nothing but a part of this project.
    pub(super) taken_in: BTreeSet<String>,
    pub(super) problems: Vec<(SourceId, Problem)>,
    /// Services that were extended, by file and name.
    known: BTreeMap<(String, String), Option<Node>>,
}

impl<'a> Project<'a> {
    pub(super) fn new(tree: &'a Tree<'a>, folder: &'a str, variant: Option<&str>) -> Project<'a> {
        Project {
            tree,
            folder,
            variables: Variables::of(tree, folder, variant),
            differs: false,
            taken_in: BTreeSet::new(),
            problems: Vec::new(),
            known: BTreeMap::new(),
        }
    }

    /// A file with what it extends and includes, and with its variables filled in.
    pub(super) fn read(&mut self, path: &str, source: SourceId, root: &Node) -> Node {
        self.file(path, source, root, 0)
    }

    fn file(&mut self, path: &str, source: SourceId, root: &Node, steps: usize) -> Node {
        let root = from_file(root, source);
        let root = self.with_services(&root, path);
        let (root, changed) = self.variables.fill(&root);
        self.differs |= changed;
        self.with_included(root, path, steps)
    }

    /// The file with each service over the one that it extends.
    fn with_services(&mut self, root: &Node, path: &str) -> Node {
        let mut entries = root.entries().to_vec();
        for entry in entries.iter_mut().filter(|entry| entry.key.text == "services") {
            entry.value = Node { source: entry.value.source.or(root.source), ..entry.value.clone() };
            let mut services = entry.value.entries().to_vec();
            for service in &mut services {
                let mut open = Vec::new();
                let node = Node { source: service.value.source.or(entry.value.source), ..service.value.clone() };
                service.value = self.extended(path, &service.key.text, &node, &mut open);
            }
            entry.value.kind = NodeKind::Mapping(services);
        }
        Node { kind: NodeKind::Mapping(entries), ..root.clone() }
    }

    /// A service over the one that it extends. `open` holds those that wait for it.
    fn extended(&mut self, path: &str, name: &str, service: &Node, open: &mut Vec<(String, String)>) -> Node {
        let own = normal(service);
        let Some(extends) = service.get("extends") else { return own };
        let file = extends.get("file").and_then(Node::as_text);
        let wanted = extends.as_text().or_else(|| extends.get("service")?.as_text());
        let home = match file {
            Some(file) => resolve(folder_of(path), file),
            None => Some(path.to_owned()),
        };
        let (Some(home), Some(wanted)) = (home, wanted) else { return own };
        open.push((path.to_owned(), name.to_owned()));
        let below = self.base(&home, wanted, extends, service.source, open);
        open.pop();
        let Some(below) = below else { return own };
        self.differs = true;
        let below = rebased(&below, folder_of(&home), self.folder);
        model::service(&below, &without(&own, "extends"))
    }

    /// The service that another extends.
    fn base(
        &mut self,
        path: &str,
        name: &str,
        place: &Node,
        source: Option<SourceId>,
        open: &mut Vec<(String, String)>,
    ) -> Option<Node> {
        let key = (path.to_owned(), name.to_owned());
        if open.contains(&key) || open.len() > MOST_STEPS {
            self.say(place, source, "extends itself, or a chain that is too long; read without what it extends");
            return None;
        }
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        // A file that is not in view may well be there.
        let document = self.tree.get(path)?;
        let service = filled_roots(document).find_map(|(_, _, root)| root.get("services")?.get(name));
        let Some(service) = service else {
            self.say(place, source, "extends a service that the file does not define");
            return None;
        };
        if role_of(path).is_none() {
            self.taken_in.insert(path.to_owned());
        }
        let node = self.extended(path, name, &from_file(service, document.source), open);
        self.known.insert(key, Some(node.clone()));
        Some(node)
    }

    /// The file and what it includes; where both define a thing, its own stays.
    fn with_included(&mut self, root: Node, path: &str, steps: usize) -> Node {
        let Some(include) = root.get("include").filter(|_| steps < MOST_STEPS) else { return root };
        let paths: Vec<String> =
            include.items().iter().flat_map(included_paths).filter_map(|p| resolve(folder_of(path), p)).collect();
        let mut below: Option<Node> = None;
        for file in paths {
            // Whoever is read already is not read again.
            let Some(document) = self.tree.get(&file).filter(|_| self.taken_in.insert(file.clone())) else { continue };
            let Some((_, _, node)) = filled_roots(document).next().filter(|(_, _, node)| !node.entries().is_empty())
            else {
                continue;
            };
            let node = self.file(&file, document.source, node, steps + 1);
            let node = rebased_file(&node, folder_of(&file), self.folder);
            self.differs = true;
            below = Some(match below {
                Some(known) => model::over(&known, &node),
                None => node,
            });
        }
        match below {
            Some(below) => model::over(&below, &root),
            None => root,
        }
    }

    fn say(&mut self, place: &Node, source: Option<SourceId>, text: &str) {
        let Some(source) = place.source.or(source) else { return };
        let problem = (source, Problem::at(ProblemKind::Syntax, text, place.span));
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

/// The files of one item of `include`.
fn included_paths(item: &Node) -> Vec<&str> {
    let path = item.get("path");
    let one = item.as_text().or_else(|| path?.as_text());
    one.into_iter().chain(path.map(Node::items).unwrap_or_default().iter().filter_map(Node::as_text)).collect()
}

/// A service whose variables are a mapping.
fn normal(service: &Node) -> Node {
    let mut node = service.clone();
    if let NodeKind::Mapping(entries) = &mut node.kind {
        for entry in entries.iter_mut().filter(|entry| entry.key.text == "environment") {
            let source = entry.value.source.or(service.source);
            entry.value = model::by_key(&Node { source, ..entry.value.clone() }, '=');
        }
    }
    node
}

fn without(node: &Node, key: &str) -> Node {
    let entries = node.entries().iter().filter(|entry| entry.key.text != key).cloned().collect();
    Node { kind: NodeKind::Mapping(entries), ..node.clone() }
}

/// A file of another folder with its paths as seen from `to`.
fn rebased_file(root: &Node, from: &str, to: &str) -> Node {
    let deep = |entry: &Entry, change: &dyn Fn(&Node) -> Node| {
        let inner =
            entry.value.entries().iter().map(|e| Entry { key: e.key.clone(), value: change(&e.value) }).collect();
        Entry { key: entry.key.clone(), value: Node { kind: NodeKind::Mapping(inner), ..entry.value.clone() } }
    };
    let entries = root.entries().iter().map(|entry| match entry.key.text.as_str() {
        "services" => deep(entry, &|node| rebased(node, from, to)),
        "configs" | "secrets" => deep(entry, &|node| with_paths(node, &["file"], &|text| moved(text, from, to))),
        _ => entry.clone(),
    });
    Node { kind: NodeKind::Mapping(entries.collect()), ..root.clone() }
}

/// A service of a file in the folder `from` with its paths as seen from `to`.
fn rebased(service: &Node, from: &str, to: &str) -> Node {
    if from == to {
        return service.clone();
    }
    let volume = |text: &str| {
        let (path, rest) = text.split_at(text.find(':')?);
        (path.starts_with("./") || path.starts_with("../")).then(|| Some(moved(path, from, to)? + rest))?
    };
    let entries = service.entries().iter().map(|entry| {
        let value = match entry.key.text.as_str() {
            "env_file" => each(&entry.value, &|node| with_paths(node, &["path"], &|text| moved(text, from, to))),
            "volumes" => each(&entry.value, &|node| match node.as_scalar() {
                Some(_) => with_paths(node, &[], &volume),
                None => with_paths(node, &["source"], &|text| moved(text, from, to).filter(|_| text.starts_with('.'))),
            }),
            _ => entry.value.clone(),
        };
        Entry { key: entry.key.clone(), value }
    });
    Node { kind: NodeKind::Mapping(entries.collect()), ..service.clone() }
}

/// The items of a list changed, or the one value that it is.
fn each(node: &Node, change: &dyn Fn(&Node) -> Node) -> Node {
    match &node.kind {
        NodeKind::Sequence(items) => {
            Node { kind: NodeKind::Sequence(items.iter().map(change).collect()), ..node.clone() }
        }
        _ => change(node),
    }
}

/// A text, or the texts under `keys` of a mapping, replaced by what `change` makes of them; the place stays.
fn with_paths(node: &Node, keys: &[&str], change: &dyn Fn(&str) -> Option<String>) -> Node {
    let replaced = |scalar: &Scalar| match change(&scalar.text) {
        Some(text) => Scalar { text: text.into(), map: OffsetMap::None, ..scalar.clone() },
        None => scalar.clone(),
    };
    let kind = match &node.kind {
        NodeKind::Scalar(scalar) => NodeKind::Scalar(replaced(scalar)),
        NodeKind::Mapping(entries) => NodeKind::Mapping(
            entries
                .iter()
                .map(|entry| match (keys.contains(&entry.key.text.as_str()), entry.value.as_scalar()) {
                    (true, Some(scalar)) => {
                        let value = Node { kind: NodeKind::Scalar(replaced(scalar)), ..entry.value.clone() };
                        Entry { key: entry.key.clone(), value }
                    }
                    _ => entry.clone(),
                })
                .collect(),
        ),
        NodeKind::Sequence(_) => return node.clone(),
    };
    Node { kind, ..node.clone() }
}

/// A path as seen from the folder `to`; none where it is not relative.
fn moved(path: &str, from: &str, to: &str) -> Option<String> {
    if path.starts_with(['/', '~', '$']) {
        return None;
    }
    let target = resolve(from, path)?;
    let steps = |folder: &'_ str| -> Vec<String> {
        folder.split('/').filter(|step| !step.is_empty()).map(str::to_owned).collect()
    };
    let (home, target) = (steps(to), steps(&target));
    let shared = home.iter().zip(&target).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(home.len() - shared);
    let rest: Vec<&str> = target.iter().skip(shared).map(String::as_str).collect();
    let start = if up.is_empty() { "./" } else { up.as_str() };
    Some(format!("{start}{}", rest.join("/")))
}
