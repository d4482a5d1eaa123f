//! Compose files with their overrides, `extends`, `include` and `.env`.
//!
//! In: the Compose files of a folder. Out: the project as `docker compose up` takes it, and one for each further file that
//! is laid over it (`-f compose.yaml -f compose.prod.yaml`). A file that stands for itself and refers to nothing is left as
//! it is written. Values keep the file and place where they are written, those of `.env` too.

mod interpolate;
mod model;
mod project;

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Document, Node};
use crate::problem::{Problem, ProblemKind};

use self::project::Project;
use super::{Built, Covered, Effective, Layering, Tree, filled_roots, folder_of};

/// See the module.
pub(super) static LAYERING: Layering =
    Layering { name: "compose", does: "Compose files with their overrides, `extends`, `include` and `.env`", build };

/// Files of one folder that are laid over its Compose file; a folder with more holds something else.
const MOST_VARIANTS: usize = 32;

/// Nodes up to which a project is put together. The largest known have some ten thousand.
const MOST_NODES: usize = 200_000;

fn build(tree: &Tree<'_>) -> Vec<Built> {
    let mut folders: BTreeMap<&str, Vec<File<'_>>> = BTreeMap::new();
    for (path, document) in tree.iter() {
        let Some(role) = role_of(path) else { continue };
        let Some(root) = only_project(document) else { continue };
        folders.entry(folder_of(path)).or_default().push(File { path, document, root, role });
    }
    folders.values().flat_map(|files| stacks(files)).filter_map(|stack| stack.built(tree)).collect()
}

/// A Compose file.
#[derive(Debug, Clone, Copy)]
struct File<'a> {
    path: &'a str,
    document: &'a Document,
    root: &'a Node,
    role: Role<'a>,
}

/// What a file of its name is for. The numbers say which of several is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role<'a> {
    /// What `docker compose` reads without being told.
    Default(u8),
    /// What it lays over it without being told.
    Override(u8),
    /// Any other, by what its name adds: `prod`.
    Variant(&'a str),
}

/// <https://docs.docker.com/compose/intro/compose-application-model/#the-compose-file>
fn role_of(path: &str) -> Option<Role<'_>> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, order) = match (name.strip_suffix(".yaml"), name.strip_suffix(".yml")) {
        (Some(stem), _) => (stem, 0),
        (None, Some(stem)) => (stem, 1),
        (None, None) => return None,
    };
    let (rest, order) = match (stem.strip_prefix("compose"), stem.strip_prefix("docker-compose")) {
        (Some(rest), _) => (rest, order),
        (None, Some(rest)) => (rest, order + 2),
        (None, None) => return None,
    };
    match rest {
        "" => Some(Role::Default(order)),
        ".override" => Some(Role::Override(order)),
        _ => rest.strip_prefix(['.', '-', '_']).filter(|word| !word.is_empty()).map(Role::Variant),
    }
}

/// The one document of a file, if it has services.
fn only_project(document: &Document) -> Option<&Node> {
    let mut roots = filled_roots(document);
    let (_, _, root) = roots.next()?;
    let alone = roots.next().is_none();
    (alone && root.get("services").is_some_and(|services| !services.entries().is_empty())).then_some(root)
}

/// Files that are read as one, the weakest first.
#[derive(Debug)]
struct Stack<'a> {
    layer: String,
    files: Vec<File<'a>>,
}

fn stacks<'a>(files: &[File<'a>]) -> Vec<Stack<'a>> {
    let least =
        |wanted: fn(&Role<'_>) -> bool| files.iter().filter(|f| wanted(&f.role)).min_by_key(|f| f.role).copied();
    let base = least(|role| matches!(role, Role::Default(_)));
    let over = least(|role| matches!(role, Role::Override(_)));
    let mut stacks = Vec::new();
    if let Some(base) = base {
        stacks.push(Stack { layer: String::new(), files: [base].into_iter().chain(over).collect() });
    }
    let variants = files.iter().filter(|f| matches!(f.role, Role::Variant(_)));
    for variant in variants.take(MOST_VARIANTS) {
        stacks.push(match base.filter(|base| lays_over(base.root, variant.root)) {
            Some(base) => Stack { layer: variant.path.to_owned(), files: vec![base, *variant] },
            None => Stack { layer: String::new(), files: vec![*variant] },
        });
    }
    stacks
}

/// Whether a file makes sense only over another: a service of it says not what runs, or needs one that only the other has.
fn lays_over(base: &Node, variant: &Node) -> bool {
    let services = |root: &'_ Node| -> BTreeSet<String> {
        let entries = root.get("services").map(Node::entries).unwrap_or_default();
        entries.iter().map(|entry| entry.key.text.clone()).collect()
    };
    let (below, above) = (services(base), services(variant));
    let entries = variant.get("services").map(Node::entries).unwrap_or_default();
    entries.iter().any(|entry| {
        let runs = ["image", "build", "extends"].iter().any(|key| entry.value.get(key).is_some());
        let needs = |key: &str| {
            let node = entry.value.get(key);
            let names = node.map(model::names).unwrap_or_default();
            names.into_iter().any(|name| {
                let name = name.split(':').next().unwrap_or(name);
                below.contains(name) && !above.contains(name)
            })
        };
        (!runs && below.contains(&entry.key.text)) || needs("depends_on") || needs("links")
    })
}

impl Stack<'_> {
    fn built(&self, tree: &Tree<'_>) -> Option<Built> {
        let top = self.files.last()?;
        // A file that only completes another goes by the other's name.
        let named = if self.layer.is_empty() { self.files.first()? } else { top };
        let variant = match top.role {
            Role::Variant(name) => Some(name),
            _ => None,
        };
        let mut project = Project::new(tree, folder_of(top.path), variant);
        let mut model: Option<Node> = None;
        for file in &self.files {
            let own = project.read(file.path, file.document.source, file.root);
            model = Some(match model {
                Some(below) => model::over(&below, &own),
                None => own,
            });
        }
        let node = model?;
        if self.files.len() == 1 && !project.differs {
            return None;
        }
        let mut problems = std::mem::take(&mut project.problems);
        if count(&node, MOST_NODES).is_none() {
            let text = "a Compose project of more than 200,000 nodes; its files are read one by one";
            problems.push((named.document.source, Problem::new(ProblemKind::TooLarge, text)));
            return Some(self.of(named, Vec::new(), Vec::new(), problems));
        }
        let source = named.document.source;
        let (path, format) = (named.path.to_owned(), named.document.format);
        let documents = vec![Effective { path, source, format, index: 0, node }];
        // The file below a named layer is a project of its own.
        let own = self.files.iter().skip(usize::from(!self.layer.is_empty()));
        let mut covers: Vec<Covered> = own.filter(|_| self.files.len() > 1).map(|f| covered(f.document)).collect();
        covers.extend(project.taken_in.iter().filter_map(|path| tree.get(path)).map(covered));
        Some(self.of(named, documents, covers, problems))
    }

    fn of(
        &self,
        named: &File<'_>,
        documents: Vec<Effective>,
        covers: Vec<Covered>,
        problems: Vec<(crate::source::SourceId, Problem)>,
    ) -> Built {
        Built { layer: self.layer.clone(), path: named.path.to_owned(), documents, covers, problems }
    }
}

fn covered(document: &Document) -> Covered {
    let root = filled_roots(document).next().map_or(0, |(_, position, _)| position);
    Covered { source: document.source, root }
}

/// The number of nodes, as long as it is not above `most`.
fn count(node: &Node, most: usize) -> Option<usize> {
    let mut left = most;
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        left = left.checked_sub(1)?;
        open.extend(node.items());
        open.extend(node.entries().iter().map(|entry| &entry.value));
    }
    Some(most - left)
}

#[cfg(test)]
mod tests;
