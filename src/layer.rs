//! Files that take effect only together: an overlay over its base, a chart with its values, a Compose file with its
//! override, a profile over the defaults.
//!
//! In: the documents of one side. Out: documents as they take effect, made of the nodes of the written ones. Every node
//! still knows the file and the bytes where a reviewer would edit it ([`Node::source`]); nothing is rendered to text.
//! What cannot be told without running the tool (functions, plugins, remote bases) is left as it is written.

mod compose;
mod helm;
mod kustomize;
mod merge;
pub(crate) mod overlay;
mod profiles;
pub(crate) mod spring;

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Document, FormatId, Node, ScalarKind};
use crate::problem::Problem;
use crate::source::{SourceId, Sources};

/// A way in which files are put together.
pub struct Layering {
    /// Short name, as documentation lists it.
    pub name: &'static str,
    /// What it puts together, in one line of Markdown for the documentation.
    pub does: &'static str,
    /// Puts together what a side holds of it.
    pub build: fn(&Tree<'_>) -> Vec<Built>,
}

/// Every way, in the order in which they are built.
pub static LAYERINGS: &[&Layering] = &[&kustomize::LAYERING, &helm::LAYERING, &compose::LAYERING, &profiles::LAYERING];

/// Everything that one layer makes.
#[derive(Debug)]
pub struct Built {
    /// Its name in reports: an overlay's folder, a values file, a Compose file beside the default one. Empty where it only
    /// completes what is written: its resources keep their names and take the place of the written ones.
    pub layer: String,
    /// The path of the file that makes it; tells the environment.
    pub path: String,
    /// What takes effect.
    pub documents: Vec<Effective>,
    /// The written documents that are deployed through this layer only.
    pub covers: Vec<Covered>,
    /// What could not be put in effect, with the file that asks for it.
    pub problems: Vec<(SourceId, Problem)>,
}

/// A document as it takes effect.
#[derive(Debug)]
pub struct Effective {
    /// The path of the file that gives it its name and kind, relative to the side's root.
    pub path: String,
    /// The file in which its root stands.
    pub source: SourceId,
    /// The syntax of that file.
    pub format: FormatId,
    /// Its number among the documents of that file.
    pub index: usize,
    /// Its content.
    pub node: Node,
}

/// A document that is written for a layer to take in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Covered {
    /// The file.
    pub source: SourceId,
    /// Index into [`Document::roots`].
    pub root: usize,
}

/// The files of one side by path.
pub struct Tree<'a> {
    sources: &'a Sources,
    files: BTreeMap<&'a str, &'a Document>,
}

impl<'a> Tree<'a> {
    /// All documents of a side.
    #[must_use]
    pub fn new(sources: &'a Sources, documents: impl IntoIterator<Item = &'a Document>) -> Tree<'a> {
        let by_path = |document: &'a Document| (sources.get(document.source).path.as_str(), document);
        Tree { sources, files: documents.into_iter().map(by_path).collect() }
    }

    /// The path of a file.
    #[must_use]
    pub fn path(&self, source: SourceId) -> &'a str {
        &self.sources.get(source).path
    }

    /// The text of a file, for what takes a file in as it is.
    #[must_use]
    pub fn text(&self, source: SourceId) -> &'a str {
        &self.sources.get(source).text
    }

    /// The file at `path`, with the path as the side holds it.
    #[must_use]
    pub fn entry(&self, path: &str) -> Option<(&'a str, &'a Document)> {
        self.files.get_key_value(path).map(|(path, document)| (*path, *document))
    }

    /// The file at `path`.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&'a Document> {
        self.files.get(path).copied()
    }

    /// All files, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a Document)> + '_ {
        self.files.iter().map(|(path, document)| (*path, *document))
    }

    /// The files below `folder` (empty: the root of the side) at any depth, sorted by path.
    pub fn below(&self, folder: &str) -> impl Iterator<Item = (&'a str, &'a Document)> + '_ {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let within = prefix.clone();
        let from = self.files.range::<str, _>((std::ops::Bound::Included(prefix.as_str()), std::ops::Bound::Unbounded));
        let found: Vec<_> = from.take_while(|(path, _)| path.starts_with(&within)).map(|(p, d)| (*p, *d)).collect();
        found.into_iter()
    }
}

/// The files whose documents a layer may take in, of all files with their content; the trees of the others need not be
/// kept. It errs on the side of keeping.
///
/// Files that put others together name them somewhere in their text; charts own all that is below them.
#[must_use]
pub fn participants<'a>(files: &[(&'a str, &[u8])]) -> BTreeSet<&'a str> {
    let charts: BTreeSet<&str> =
        files.iter().filter(|(path, _)| owns_its_folder(path)).map(|(path, _)| folder_of(path)).collect();
    let mut named: BTreeSet<String> = BTreeSet::new();
    for (_, content) in files.iter().filter(|(path, content)| is_index(path, content)) {
        let text = String::from_utf8_lossy(content);
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
        named.extend(text.split(|c| !is_part(c)).map(name_of).filter(|name| name.contains('.')).map(str::to_owned));
    }
    let in_a_chart = |path: &str| ancestors(path).any(|folder| charts.contains(folder));
    let takes_part = |(path, content): &&(&'a str, &[u8])| {
        in_a_chart(path) || named.contains(name_of(path)) || is_index(path, content) || is_layered_by_name(path)
    };
    files.iter().filter(takes_part).map(|(path, _)| *path).collect()
}

/// Whether a file may take in anything below its folder: a chart its templates, a helmfile what an expression names.
fn owns_its_folder(path: &str) -> bool {
    let name = name_of(path);
    name == "Chart.yaml" || name.starts_with("helmfile")
}

/// Whether a file puts others together: a kustomization, a Compose file, what deploys a chart.
fn is_index(path: &str, content: &[u8]) -> bool {
    const MARKS: [&[u8]; 6] =
        [b"HelmRelease", b"argoproj.io/", b"kustomize.", b"releases:", b"services:", b"valuesObject"];
    let name = name_of(path).to_ascii_lowercase();
    let is_yaml = [".yaml", ".yml", ".gotmpl"].iter().any(|ending| name.ends_with(ending));
    let has = |mark: &[u8]| content.windows(mark.len()).any(|window| window == mark);
    name.starts_with("kustomization") || name == "chart.yaml" || (is_yaml && MARKS.into_iter().any(has))
}

/// Whether a file goes by the name of one that others are laid over, or that is laid over others.
fn is_layered_by_name(path: &str) -> bool {
    const STARTS: [&str; 9] = [
        "application",
        "bootstrap",
        "appsettings",
        "values",
        "compose",
        "docker-compose",
        "docker-stack",
        ".env",
        "default",
    ];
    let name = name_of(path).to_ascii_lowercase();
    let in_config = ancestors(path).any(|folder| name_of(folder) == "config");
    in_config || STARTS.iter().any(|start| name.starts_with(start)) || name.ends_with(".env") || name.contains("values")
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folders that a file lies in, from the innermost to the root of the side.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder_of(path)), |folder| (!folder.is_empty()).then(|| folder_of(folder)))
}

/// Everything that the layers of a side make, in order.
#[must_use]
pub fn build(tree: &Tree<'_>) -> Vec<Built> {
    LAYERINGS.iter().flat_map(|layering| (layering.build)(tree)).collect()
}

/// The documents of a file that hold anything: number among them, index into [`Document::roots`], content.
pub(crate) fn filled_roots(document: &Document) -> impl Iterator<Item = (usize, usize, &Node)> {
    let filled = |node: &Node| node.as_scalar().is_none_or(|s| s.kind != ScalarKind::Null);
    let roots = document.roots.iter().enumerate().filter(move |(_, node)| filled(node)).enumerate();
    roots.map(|(index, (position, node))| (index, position, node))
}

/// The folder of a path without a slash at the end; empty at the root.
pub(crate) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// `relative` as seen from `folder`, relative to the side's root; `None` where it leaves the side or is no path in it.
pub(crate) fn resolve(folder: &str, relative: &str) -> Option<String> {
    if relative.starts_with('/') || relative.contains("://") || relative.starts_with("git@") {
        return None;
    }
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in relative.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()?),
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test looks at the source tree, the core does not")]
    fn every_layering_is_in_the_table() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/layer");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder is part of the sources")
            .map(|entry| entry.expect("readable").path())
            .filter(|path| {
                path.is_file() && std::fs::read_to_string(path).expect("UTF-8").contains("static LAYERING: Layering")
            })
            .map(|path| path.file_stem().expect("a file").to_string_lossy().into_owned())
            .collect();
        let mut listed: Vec<&str> = LAYERINGS.iter().map(|layering| layering.name).collect();
        files.sort();
        listed.sort_unstable();
        assert_eq!(files, listed);
    }

    #[test]
    fn paths_are_resolved_inside_the_side() {
        assert_eq!(resolve("overlays/prod", "../../base").as_deref(), Some("base"));
        assert_eq!(resolve("a", "./b/./c.yaml").as_deref(), Some("a/b/c.yaml"));
        assert_eq!(resolve("a", "../../b"), None);
        assert_eq!(resolve("", "https://example.org/x"), None);
        assert_eq!(resolve("a/b", "..").as_deref(), Some("a"));
    }
}
