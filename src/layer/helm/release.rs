//! Who deploys the charts of the tree: Flux's `HelmRelease`, Argo CD's `Application`, helmfile.

use super::chart::{Charts, Layer, namespace_of, values_of};
use super::text::Text;
use super::values::Value;
use crate::document::{Document, Node, NodeKind};
use crate::format;
use crate::layer::{Covered, Tree, folder_of, resolve};
use crate::source::SourceId;

/// The layers that releases in the tree make of charts in the tree.
pub(super) fn layers<'a>(tree: &Tree<'a>, charts: &Charts<'a>) -> Vec<Layer> {
    let finder = Finder { tree, charts };
    let mut layers = Vec::new();
    for (path, document) in tree.iter() {
        let name = path.rsplit('/').next().unwrap_or(path);
        for (root, node) in document.roots.iter().enumerate() {
            let at = At { path, document, root, node };
            match node.get("kind").and_then(Node::as_text) {
                Some("HelmRelease") => layers.extend(finder.helm_release(&at)),
                Some("Application") => finder.application(&at, &mut layers),
                _ if name.starts_with("helmfile") || path.contains("helmfile.d/") => finder.helmfile(&at, &mut layers),
                _ => {}
            }
        }
    }
    // Two releases that one file makes are told apart by their names.
    let names: Vec<String> = layers.iter().map(|layer| layer.name.clone()).collect();
    for layer in &mut layers {
        let is_shared = names.iter().filter(|name| **name == layer.name).count() > 1;
        if let (true, Some(release)) = (is_shared, &layer.release) {
            layer.name = format!("{}#{release}", layer.name);
        }
    }
    layers
}

struct Finder<'t, 'a> {
    tree: &'t Tree<'a>,
    charts: &'t Charts<'a>,
}

/// A document that may make releases.
struct At<'a> {
    path: &'a str,
    document: &'a Document,
    root: usize,
    node: &'a Node,
}

/// Values of a release while they are gathered.
#[derive(Default)]
struct Given {
    values: Vec<Value>,
    covers: Vec<Covered>,
    /// The last values file: the most telling name.
    file: Option<(String, SourceId)>,
}

impl Given {
    fn add_file(&mut self, path: &str, document: &Document) {
        if let Some(value) = values_of(document) {
            self.values.push(value);
            self.covers.push(Covered { source: document.source, root: 0 });
            self.file = Some((path.to_owned(), document.source));
        }
    }

    fn add_node(&mut self, node: Option<&Node>, source: SourceId) {
        if let Some(node) = node.filter(|node| matches!(node.kind, NodeKind::Mapping(_))) {
            self.values.push(Value::of_node(node, source));
        }
    }

    /// Values as the text of a file.
    fn add_text(&mut self, node: Option<&Node>, source: SourceId) {
        let Some(scalar) = node.and_then(Node::as_scalar) else { return };
        let read = format::parse_embedded("values.yaml", scalar, source);
        self.add_node(read.as_ref().and_then(|document| document.roots.first()), source);
    }

    /// `a.b.c: value`, as `--set` and its like have it.
    fn add_path(&mut self, path: Option<&Node>, value: Option<&Node>, source: SourceId) {
        let (Some(path), Some(value)) = (path.and_then(Node::as_text), value) else { return };
        if path.contains(['[', '\\']) {
            return;
        }
        let step = |step: &str| (step.to_owned(), Text::made(step));
        let mut set = Value::of([]);
        set.set(&path.split('.').map(step).collect::<Vec<_>>(), Value::of_node(value, source));
        self.values.push(set);
    }
}

impl<'a> Finder<'_, 'a> {
    /// The chart's folder for a path that is relative to the repository's root or to `folder`.
    fn chart(&self, folder: &str, path: &str) -> Option<String> {
        let from_root = resolve("", path).filter(|found| self.charts.get(found).is_some());
        from_root.or_else(|| resolve(folder, path).filter(|found| self.charts.get(found).is_some()))
    }

    fn layer(
        &self,
        at: &At<'a>,
        chart: String,
        given: Given,
        release: Option<&str>,
        namespace: Option<&Node>,
    ) -> Layer {
        let Given { values, mut covers, file } = given;
        covers.push(Covered { source: at.document.source, root: at.root });
        let (path, source) = file.unwrap_or_else(|| (at.path.to_owned(), at.document.source));
        Layer {
            chart,
            name: path.clone(),
            path,
            source: Some(source),
            values,
            covers,
            release: release.map(str::to_owned),
            namespace: namespace_of(namespace, at.document.source),
        }
    }

    /// Flux: values from ConfigMaps first, then inline ones.
    /// <https://fluxcd.io/flux/components/helm/helmreleases/#values>
    fn helm_release(&self, at: &At<'a>) -> Option<Layer> {
        let chart = at.node.path(&["spec", "chart", "spec", "chart"])?.as_text()?;
        let chart = self.chart(folder_of(at.path), chart)?;
        let source = at.document.source;
        let mut given = Given::default();
        for file in at.node.path(&["spec", "chart", "spec", "valuesFiles"]).map(Node::items).unwrap_or_default() {
            if let Some((path, document)) = file.as_text().and_then(|file| self.file("", file)) {
                given.add_file(path, document);
            }
        }
        for from in at.node.path(&["spec", "valuesFrom"]).map(Node::items).unwrap_or_default() {
            self.values_from(at, from, &mut given);
        }
        given.add_node(at.node.path(&["spec", "values"]), source);
        // The release is known by its own file.
        given.file = None;
        let name = at.node.path(&["spec", "releaseName"]).or_else(|| at.node.path(&["metadata", "name"]));
        let namespace = at.node.path(&["spec", "targetNamespace"]).or_else(|| at.node.path(&["metadata", "namespace"]));
        Some(self.layer(at, chart, given, name.and_then(Node::as_text), namespace))
    }

    /// A key of a ConfigMap in the tree.
    fn values_from(&self, at: &At<'a>, from: &Node, given: &mut Given) {
        let text = |key: &str| from.get(key).and_then(Node::as_text);
        let (Some("ConfigMap"), Some(name)) = (text("kind"), text("name")) else { return };
        let key = text("valuesKey").unwrap_or("values.yaml");
        let namespace = at.node.path(&["metadata", "namespace"]).and_then(Node::as_text);
        // The nearest one counts: files beside the release come first.
        let folder = folder_of(at.path);
        let candidates = self.tree.below(folder).chain(self.tree.iter());
        for (_, document) in candidates {
            for root in &document.roots {
                let own = root.path(&["metadata", "namespace"]).and_then(Node::as_text);
                let is_it = root.get("kind").and_then(Node::as_text) == Some("ConfigMap")
                    && root.path(&["metadata", "name"]).and_then(Node::as_text) == Some(name)
                    && (own == namespace || own.is_none());
                if is_it && let Some(value) = root.path(&["data", key]) {
                    return given.add_text(Some(value), document.source);
                }
            }
        }
    }

    /// Argo CD: value files, then `values`, then `valuesObject`, then parameters; the later win.
    /// <https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-value-precedence>
    fn application(&self, at: &At<'a>, layers: &mut Vec<Layer>) {
        let Some(spec) = at.node.get("spec") else { return };
        let several = spec.get("sources").map(Node::items).unwrap_or_default();
        for one in spec.get("source").into_iter().chain(several).take(20) {
            let chart = one.get("path").and_then(Node::as_text).and_then(|path| self.chart("", path));
            let Some(chart) = chart else { continue };
            let source = at.document.source;
            let mut given = Given::default();
            let helm = one.get("helm");
            let below = |key: &str| helm.and_then(|helm| helm.get(key));
            for file in below("valueFiles").map(Node::items).unwrap_or_default() {
                if let Some((path, document)) = file.as_text().and_then(|file| self.file(&chart, file)) {
                    given.add_file(path, document);
                }
            }
            let files = given.values.len();
            given.add_text(below("values"), source);
            given.add_node(below("valuesObject"), source);
            for parameter in below("parameters").map(Node::items).unwrap_or_default() {
                given.add_path(parameter.get("name"), parameter.get("value"), source);
            }
            if given.values.len() > files {
                given.file = None;
            }
            let name = below("releaseName").or_else(|| at.node.path(&["metadata", "name"]));
            let namespace = spec.path(&["destination", "namespace"]);
            layers.push(self.layer(at, chart, given, name.and_then(Node::as_text), namespace));
        }
    }

    /// helmfile: the values of a release in order, then `set`.
    fn helmfile(&self, at: &At<'a>, layers: &mut Vec<Layer>) {
        let folder = folder_of(at.path);
        for release in at.node.get("releases").map(Node::items).unwrap_or_default().iter().take(500) {
            let chart = release.get("chart").and_then(Node::as_text);
            let Some(chart) = chart.and_then(|chart| self.chart_beside(folder, chart)) else { continue };
            let name = release.get("name").and_then(Node::as_text);
            let namespace = release.get("namespace");
            for environment in self.environments(at, release) {
                let mut given = Given::default();
                for values in release.get("values").map(Node::items).unwrap_or_default() {
                    match values.as_text() {
                        Some(file) => {
                            let file = in_environment(file, environment, name.unwrap_or_default());
                            if let Some((path, document)) = self.file(folder, &file) {
                                given.add_file(path, document);
                            }
                        }
                        None => given.add_node(Some(values), at.document.source),
                    }
                }
                for set in release.get("set").map(Node::items).unwrap_or_default() {
                    given.add_path(set.get("name"), set.get("value"), at.document.source);
                }
                layers.push(self.layer(at, chart.clone(), given, name, namespace));
            }
        }
    }

    fn chart_beside(&self, folder: &str, path: &str) -> Option<String> {
        resolve(folder, path).filter(|found| self.charts.get(found).is_some())
    }

    /// The environments of a helmfile whose names stand in the paths of a release's values; one without a name else.
    fn environments<'n>(&self, at: &At<'n>, release: &Node) -> Vec<Option<&'n str>> {
        let values = release.get("values").map(Node::items).unwrap_or_default();
        let depends = values.iter().filter_map(Node::as_text).any(|file| file.contains("Environment.Name"));
        let named = at.document.roots.iter().filter_map(|root| root.get("environments")).flat_map(Node::entries);
        let names: Vec<_> = named.map(|entry| Some(entry.key.text.as_str())).take(40).collect();
        if depends && !names.is_empty() { names } else { vec![None] }
    }

    /// A values file in the tree; `$ref/` stands for the root of a repository.
    fn file(&self, folder: &str, path: &str) -> Option<(&'a str, &'a Document)> {
        let rest = path.strip_prefix('$').and_then(|rest| rest.split_once('/')).map(|(_, rest)| rest);
        let absolute = rest.or_else(|| path.strip_prefix('/'));
        let found = match absolute {
            Some(path) => resolve("", path),
            None => resolve(folder, path),
        }?;
        self.tree.entry(&found)
    }
}

/// A path of helmfile for one environment.
fn in_environment(path: &str, environment: Option<&str>, release: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((expression, behind)) = after.split_once("}}") else { break };
        out.push_str(before);
        match expression.trim_matches(|c: char| c == '-' || c.is_whitespace()) {
            ".Environment.Name" => out.push_str(environment.unwrap_or_default()),
            ".Release.Name" => out.push_str(release),
            _ => out.push('?'),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}
