//! What one kustomization makes: its resources, then components, generators and transformers in kustomize's own order.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Document, Node, NodeKind};
use crate::layer::{Covered, Tree, merge, resolve};
use crate::problem::{Problem, ProblemKind};
use crate::source::{SourceId, Span};

use super::object::{Object, Objects};
use super::replace::Variable;
use super::{Kustomization, references};

/// Kustomizations that take each other in, at most.
const MAX_OPEN: usize = 50;

/// What a look at a kustomization costs in nodes, so that many that make nothing come to an end, too.
const VISIT: usize = 100;

/// Fields that ask for programs, plugins or configuration that is not read here, with what to say.
const NOT_APPLIED: [(&str, &str); 8] = [
    ("helmCharts", "`helmCharts` are not rendered; review the rendered manifests as well"),
    (
        "helmChartInflationGenerator",
        "`helmChartInflationGenerator` is not rendered; review the rendered manifests as well",
    ),
    ("generators", "`generators` are programs and were not run"),
    ("transformers", "`transformers` were not applied; what they change is reviewed as it is written"),
    ("configurations", "`configurations` were not applied; names and images are carried into the usual fields only"),
    ("crds", "`crds` were not read; lists of custom objects are replaced as a whole"),
    ("openapi", "`openapi` was not read; lists of custom objects are replaced as a whole"),
    ("inventory", "`inventory` was not applied"),
];

/// Builds kustomizations of one side.
pub(super) struct Builder<'a> {
    pub(super) tree: &'a Tree<'a>,
    known: &'a BTreeMap<&'a str, Kustomization<'a>>,
    /// Nodes that may still be made, and objects that may still be looked at, on this side.
    pub(super) left: usize,
    /// A base that is taken in twice says the same twice.
    pub(super) problems: BTreeSet<(SourceId, Problem)>,
    pub(super) covers: BTreeSet<Covered>,
    pub(super) variables: Vec<Variable>,
    /// The folders that are being built.
    open: Vec<&'a str>,
    /// Whether a kustomization takes in another one.
    pub(super) is_composed: bool,
    /// Whether something that it needs is not in the tree, so that what is not found may be there.
    pub(super) is_incomplete: bool,
    pub(super) is_too_large: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn new(tree: &'a Tree<'a>, known: &'a BTreeMap<&'a str, Kustomization<'a>>, left: usize) -> Builder<'a> {
        Builder {
            tree,
            known,
            left,
            problems: BTreeSet::new(),
            covers: BTreeSet::new(),
            variables: Vec::new(),
            open: Vec::new(),
            is_composed: false,
            is_incomplete: false,
            is_too_large: false,
        }
    }

    /// The objects of a kustomization that nobody takes in.
    pub(super) fn root(&mut self, root: &Kustomization<'a>) -> Objects {
        let mut objects = Objects::default();
        self.kustomization(root, &mut objects);
        let variables = std::mem::take(&mut self.variables);
        self.insert_variables(root, &variables, &mut objects);
        objects
    }

    /// Adds what a kustomization makes to `objects`; a component changes what is there, too.
    fn kustomization(&mut self, own: &Kustomization<'a>, objects: &mut Objects) {
        if self.open.contains(&own.folder) {
            return self.not_applied(own, own.node.span, "a kustomization that takes in itself; that was left out");
        }
        if self.open.len() >= MAX_OPEN || !self.charge(VISIT, own.source) {
            return self.too_large(own.source);
        }
        self.open.push(own.folder);
        self.covers.insert(Covered { source: own.source, root: own.root });
        self.name_what_is_not_applied(own);
        self.resources(own, objects);
        self.components(own, objects);
        self.generate(own, objects);
        self.merge_patches(own, objects);
        self.patches(own, objects);
        self.namespace(own, objects);
        self.affixes(own, objects);
        self.labels(own, objects);
        self.json_patches(own, objects);
        self.replicas(own, objects);
        self.images(own, objects);
        self.replacements(own, objects);
        references::carry(objects);
        self.collect_variables(own, objects);
        self.open.pop();
    }

    /// Comes first: a patch may aim at what a chart or a program makes.
    fn name_what_is_not_applied(&mut self, own: &Kustomization<'a>) {
        for (field, message) in NOT_APPLIED {
            let asked = own.node.get(field).filter(|node| !node.items().is_empty() || !node.entries().is_empty());
            let Some(node) = asked else { continue };
            self.is_incomplete |= field.starts_with("helm") || field == "generators" || field == "transformers";
            self.not_applied(own, node.span, message);
        }
    }

    fn resources(&mut self, own: &Kustomization<'a>, objects: &mut Objects) {
        for item in ["resources", "bases"].iter().flat_map(|field| items(own.node, field)) {
            let Some(named) = item.as_text() else { continue };
            match self.find(own, named) {
                Found::Kustomization(below) => {
                    self.is_composed = true;
                    let mut made = Objects::default();
                    self.kustomization(below, &mut made);
                    for object in made.into_objects() {
                        self.push(own, item, object, objects);
                    }
                }
                Found::File(path, document) => self.load(own, item, path, document, objects),
                missing => self.missing(own, item.span, &missing),
            }
        }
    }

    fn components(&mut self, own: &Kustomization<'a>, objects: &mut Objects) {
        for item in items(own.node, "components") {
            let Some(named) = item.as_text() else { continue };
            match self.find(own, named) {
                Found::Kustomization(component) => {
                    self.is_composed = true;
                    self.kustomization(component, objects);
                }
                Found::File(..) => self.not_applied(own, item.span, "a component is a folder; this was left out"),
                missing => self.missing(own, item.span, &missing),
            }
        }
    }

    /// The file or kustomization that `named` means to `own`.
    pub(super) fn find(&self, own: &Kustomization<'a>, named: &str) -> Found<'a> {
        let is_remote = named.contains("://") || named.contains("?ref=") || named.starts_with("git@");
        let Some(path) = resolve(own.folder, named).filter(|_| !is_remote) else { return Found::Elsewhere };
        if let Some(kustomization) = self.known.get(path.as_str()) {
            return Found::Kustomization(kustomization);
        }
        match self.tree.get(&path) {
            Some(document) => Found::File(self.tree.path(document.source), document),
            None if self.tree.below(&path).next().is_some() => Found::Folder,
            // `github.com/owner/name//folder` needs no scheme.
            None if named.split('/').next().is_some_and(|host| host.contains('.') && !host.starts_with('.'))
                && named.contains("//") =>
            {
                Found::Elsewhere
            }
            None => Found::Nothing,
        }
    }

    /// Adds the objects of a file.
    fn load(
        &mut self,
        own: &Kustomization<'a>,
        item: &Node,
        path: &'a str,
        document: &'a Document,
        objects: &mut Objects,
    ) {
        for (root, index, node) in merge::filled(document) {
            let mut found = Vec::new();
            listed(node, document.source, 0, &mut found);
            if found.is_empty() || !self.charge(merge::size(node), document.source) {
                continue;
            }
            self.covers.insert(Covered { source: document.source, root });
            for (node, source) in found {
                let node = merge::from_file(node, source);
                self.push(own, item, Object::new(node, path, document.source, document.format, index), objects);
            }
        }
    }

    fn push(&mut self, own: &Kustomization<'a>, item: &Node, object: Object, objects: &mut Objects) {
        if !objects.push(object) {
            let message = "an object of a kind and name that is there already; kustomize refuses that";
            self.not_applied(own, item.span, message);
        }
    }

    /// Takes `nodes` from what may be made; false where nothing is left.
    pub(super) fn charge(&mut self, nodes: usize, source: SourceId) -> bool {
        match self.left.checked_sub(nodes) {
            Some(left) => self.left = left,
            None => self.left = 0,
        }
        if self.left == 0 {
            self.too_large(source);
        }
        self.left > 0
    }

    pub(super) fn too_large(&mut self, source: SourceId) {
        if !self.is_too_large {
            self.is_too_large = true;
            let message =
                "the kustomizations of this side make more than can be followed; the rest is as it is written";
            self.problems.insert((source, Problem::new(ProblemKind::TooLarge, message)));
        }
    }

    /// Says what could not be put in effect.
    pub(super) fn not_applied(&mut self, own: &Kustomization<'a>, span: Span, message: &str) {
        self.problems.insert((own.source, Problem::at(ProblemKind::NotApplied, message, span)));
    }

    /// Says that something is not there that an object of the tree should be. Not said where a part of the tree is
    /// missing that may hold it.
    pub(super) fn no_target(&mut self, own: &Kustomization<'a>, span: Span, message: &str) {
        if !self.is_incomplete && !self.is_too_large && self.left > 0 {
            self.not_applied(own, span, message);
        }
    }

    /// Says that a file or folder could not be taken in.
    pub(super) fn missing(&mut self, own: &Kustomization<'a>, span: Span, found: &Found<'_>) {
        self.is_incomplete = true;
        let message = match found {
            Found::Elsewhere => "what is named here stands outside of the reviewed tree; what it adds is not known",
            Found::Folder => "what is named here is a folder without a kustomization; it was left out",
            _ => "what is named here is not among the reviewed files; it was left out",
        };
        self.not_applied(own, span, message);
    }
}

/// What a path means.
pub(super) enum Found<'a> {
    Kustomization(&'a Kustomization<'a>),
    File(&'a str, &'a Document),
    /// A folder without a kustomization.
    Folder,
    /// Remote, or outside of the side.
    Elsewhere,
    Nothing,
}

/// The items of the list under `field`.
pub(super) fn items<'n>(node: &'n Node, field: &str) -> &'n [Node] {
    node.get(field).map(Node::items).unwrap_or_default()
}

/// The objects that a document is: itself, or the items of a `List`.
fn listed<'n>(node: &'n Node, source: SourceId, depth: usize, out: &mut Vec<(&'n Node, SourceId)>) {
    let source = node.source.unwrap_or(source);
    let text = |key: &str| node.get(key).and_then(Node::as_text);
    let (Some(_), Some(kind)) = (text("apiVersion"), text("kind")) else { return };
    match node.get("items").filter(|_| kind.ends_with("List") && depth < 8) {
        Some(list) if matches!(list.kind, NodeKind::Sequence(_)) => {
            let source = list.source.unwrap_or(source);
            list.items().iter().for_each(|item| listed(item, source, depth + 1, out));
        }
        _ => out.push((node, source)),
    }
}
