//! Which charts the tree holds, what they are made of, and with which values they are deployed.

use std::collections::{BTreeMap, BTreeSet};

use super::release;
use super::settle::NAMESPACE;
use super::text::Text;
use super::values::{Item, Value, lay};
use crate::document::{Document, FormatId, Node, NodeKind, Scalar, ScalarKind};
use crate::layer::{Covered, Tree, folder_of, resolve};
use crate::setting::Environment;
use crate::source::SourceId;

/// Charts inside charts up to which they are followed.
const MAX_NESTING: usize = 8;

/// Values files of one chart that are followed; more stay as they are written.
const MAX_FILES: usize = 40;

/// A chart of the tree.
pub(super) struct Chart<'a> {
    /// Its folder; empty at the root.
    pub(super) folder: String,
    /// Its `Chart.yaml`.
    pub(super) source: SourceId,
    node: &'a Node,
}

/// All charts by folder.
pub(super) struct Charts<'a> {
    charts: BTreeMap<String, Chart<'a>>,
}

/// A chart with the values that it is deployed with.
pub(super) struct Layer {
    /// The chart's folder.
    pub(super) chart: String,
    /// Its name in reports.
    pub(super) name: String,
    /// The file that makes it.
    pub(super) path: String,
    /// That file.
    pub(super) source: Option<SourceId>,
    /// What is laid over the chart's own values, in order.
    pub(super) values: Vec<Value>,
    /// The documents that the values come from.
    pub(super) covers: Vec<Covered>,
    /// The release's name, where one is told.
    pub(super) release: Option<String>,
    /// The namespace it is deployed to, where one is told.
    pub(super) namespace: Option<Node>,
}

impl<'a> Charts<'a> {
    pub(super) fn of(tree: &Tree<'a>) -> Charts<'a> {
        let mut charts = BTreeMap::new();
        for (path, document) in tree.iter() {
            if path.rsplit('/').next() != Some("Chart.yaml") {
                continue;
            }
            let Some(node) = document.roots.first() else { continue };
            let folder = folder_of(path).to_owned();
            charts.insert(folder.clone(), Chart { folder, source: document.source, node });
        }
        Charts { charts }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.charts.is_empty()
    }

    pub(super) fn get(&self, folder: &str) -> Option<&Chart<'a>> {
        self.charts.get(folder)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Chart<'a>> {
        self.charts.values()
    }

    /// The chart with its subcharts, each with the values that it sees.
    pub(super) fn deployed<'s>(
        &'s self,
        tree: &Tree<'a>,
        chart: &'s Chart<'a>,
        values: &Value,
    ) -> Vec<(&'s Chart<'a>, Value)> {
        let mut found = Vec::new();
        let mut above = BTreeSet::new();
        self.deploy(tree, chart, values.clone(), &mut above, &mut found);
        found
    }

    fn deploy<'s>(
        &'s self,
        tree: &Tree<'a>,
        chart: &'s Chart<'a>,
        values: Value,
        above: &mut BTreeSet<&'s str>,
        found: &mut Vec<(&'s Chart<'a>, Value)>,
    ) {
        if above.len() >= MAX_NESTING || found.len() >= 200 || !above.insert(&chart.folder) {
            return;
        }
        let needs = chart.dependencies(tree);
        found.push((chart, values.clone()));
        let mut seen = BTreeSet::new();
        for need in &needs {
            let Some(sub) = self.find(chart, need) else { continue };
            seen.insert(sub.folder.as_str());
            if !need.is_off(&values) {
                self.deploy(tree, sub, sub.below_parent(tree, &values, need.key()), above, found);
            }
        }
        // What lies in `charts/` is deployed whether it is declared or not.
        for (folder, sub) in &self.charts {
            if folder_of(folder) == chart.inside("charts") && !seen.contains(folder.as_str()) {
                let key = sub.name();
                self.deploy(tree, sub, sub.below_parent(tree, &values, key), above, found);
            }
        }
        above.remove(chart.folder.as_str());
    }

    fn find(&self, chart: &Chart<'a>, need: &Need<'_>) -> Option<&Chart<'a>> {
        let beside = need.repository.and_then(|url| url.strip_prefix("file://"));
        let beside = beside.and_then(|path| resolve(&chart.folder, path)).and_then(|folder| self.get(&folder));
        beside.or_else(|| self.get(&format!("{}/{}", chart.inside("charts"), need.name)))
    }

    /// Folders of charts that only others deploy.
    fn nested(&self, tree: &Tree<'a>) -> BTreeSet<&str> {
        let is_inside = |folder: &&String| {
            let parent = folder_of(folder);
            parent == "charts" && self.charts.contains_key("")
                || parent.strip_suffix("/charts").is_some_and(|owner| self.charts.contains_key(owner))
        };
        let inside = self.charts.keys().filter(is_inside).map(String::as_str);
        let required = self.charts.values().flat_map(|chart| {
            let needs = chart.dependencies(tree);
            needs.iter().filter_map(|need| self.find(chart, need).map(|sub| sub.folder.as_str())).collect::<Vec<_>>()
        });
        inside.chain(required).collect()
    }
}

/// A dependency of a chart.
struct Need<'a> {
    name: &'a str,
    alias: Option<&'a str>,
    repository: Option<&'a str>,
    condition: Option<&'a str>,
}

impl Need<'_> {
    fn key(&self) -> &str {
        self.alias.unwrap_or(self.name)
    }

    /// Whether the values switch it off.
    fn is_off(&self, values: &Value) -> bool {
        let paths = self.condition.unwrap_or("").split(',').map(str::trim).filter(|path| !path.is_empty());
        // The first path that exists decides.
        let told = paths.map(|path| values.path(path.split('.'))).find(|value| !matches!(value, Value::Missing));
        told.is_some_and(|value| value.truth() == Some(false))
    }
}

impl<'a> Chart<'a> {
    /// `name` inside its folder.
    pub(super) fn inside(&self, name: &str) -> String {
        if self.folder.is_empty() { name.to_owned() } else { format!("{}/{name}", self.folder) }
    }

    pub(super) fn name(&self) -> &str {
        let told = self.node.get("name").and_then(Node::as_text);
        told.unwrap_or_else(|| self.folder.rsplit('/').next().unwrap_or(""))
    }

    fn is_library(&self) -> bool {
        self.node.get("type").and_then(Node::as_text) == Some("library")
    }

    pub(super) fn below(
        &self,
        tree: &Tree<'a>,
        folder: &str,
    ) -> impl Iterator<Item = (&'a str, &'a Document)> + use<'a> {
        let folder = if folder.is_empty() { self.folder.clone() } else { self.inside(folder) };
        let found: Vec<_> = tree.below(&folder).collect();
        found.into_iter()
    }

    /// The templates that make objects.
    pub(super) fn templates(&self, tree: &Tree<'a>) -> impl Iterator<Item = (&'a str, &'a Document)> + use<'a> {
        let is_library = self.is_library();
        self.below(tree, "templates").filter(move |(path, _)| {
            let name = path.rsplit('/').next().unwrap_or(path);
            let is_test = path.contains("/templates/tests/") || path.starts_with("templates/tests/");
            let is_object = name.ends_with(".yaml") || name.ends_with(".yml");
            is_object && !name.starts_with('_') && !is_library && !is_test
        })
    }

    pub(super) fn values_file(&self, tree: &Tree<'a>) -> Option<&'a Document> {
        tree.get(&self.inside("values.yaml")).or_else(|| tree.get(&self.inside("values.yml")))
    }

    /// Its own values.
    pub(super) fn values(&self, tree: &Tree<'a>) -> Value {
        self.values_file(tree).and_then(values_of).unwrap_or_else(|| Value::of([]))
    }

    /// Its values as a subchart: the parent's under `key` win, and what is global wins over both.
    fn below_parent(&self, tree: &Tree<'a>, parent: &Value, key: &str) -> Value {
        let own = lay(&self.values(tree), &or_empty(parent.get(key)));
        let global = lay(&or_empty(own.get("global")), &or_empty(parent.get("global")));
        let mut map = own.as_map().cloned().unwrap_or_default();
        map.insert("global".to_owned(), Item { key: Text::made("global"), value: global });
        Value::map(map)
    }

    fn dependencies(&self, tree: &Tree<'a>) -> Vec<Need<'a>> {
        let older = tree.get(&self.inside("requirements.yaml")).and_then(|document| document.roots.first());
        let lists = [Some(self.node), older].into_iter().flatten().filter_map(|node| node.get("dependencies"));
        let need = |item: &'a Node| {
            let text = |key: &str| item.get(key).and_then(Node::as_text).filter(|text| !text.is_empty());
            let name = text("name")?;
            Some(Need { name, alias: text("alias"), repository: text("repository"), condition: text("condition") })
        };
        lists.flat_map(|list| list.items().iter().filter_map(need)).collect()
    }

    /// What templates know as `.Chart`.
    fn about(&self) -> Value {
        let node = Value::of_node(self.node, self.source);
        let version = |key: &str| node.get(key);
        Value::of([
            ("Name", Value::made(self.name())),
            ("Version", version("version")),
            ("AppVersion", version("appVersion")),
            ("Description", version("description")),
            ("Type", version("type")),
            ("IsRoot", Value::bool(true)),
        ])
    }
}

impl Layer {
    /// What a template is given.
    pub(super) fn data(&self, chart: &Chart<'_>, values: &Value, path: &str) -> Value {
        let namespace = match self.namespace.as_ref().and_then(Node::as_text) {
            Some(told) => Value::made(told),
            None => Value::Unknown,
        };
        let top = self.chart.rsplit('/').next().unwrap_or("");
        let release = Value::of([
            ("Name", Value::made(self.release.as_deref().unwrap_or(top))),
            ("Namespace", namespace),
            ("Service", Value::made("Helm")),
            ("IsInstall", Value::bool(true)),
            ("IsUpgrade", Value::bool(false)),
            ("Revision", Value::int(1, None)),
        ]);
        let template = Value::of([("Name", Value::made(path)), ("BasePath", Value::made(&chart.inside("templates")))]);
        Value::of([
            ("Values", values.clone()),
            ("Release", release),
            ("Chart", chart.about()),
            ("Capabilities", Value::Unknown),
            ("Files", Value::Files),
            ("Template", template),
        ])
    }
}

fn or_empty(value: Value) -> Value {
    if value.as_map().is_some() { value } else { Value::of([]) }
}

/// The values in the first document of a file.
pub(super) fn values_of(document: &Document) -> Option<Value> {
    let root = document.roots.first()?;
    matches!(root.kind, NodeKind::Mapping(_)).then(|| Value::of_node(root, document.source))
}

/// Every way in which the charts of the tree are deployed.
pub(super) fn layers<'a>(tree: &Tree<'a>, charts: &Charts<'a>) -> Vec<Layer> {
    let mut layers = release::layers(tree, charts);
    let told: BTreeSet<String> = layers.iter().map(|layer| layer.chart.clone()).collect();
    let nested = charts.nested(tree);
    for chart in charts.iter() {
        if nested.contains(chart.folder.as_str()) || chart.is_library() {
            continue;
        }
        let taken: BTreeSet<SourceId> = layers.iter().flat_map(|l| l.covers.iter().map(|c| c.source)).collect();
        let files = values_files(tree, charts, chart);
        let own = files.iter().filter(|(_, document)| !taken.contains(&document.source));
        let before = layers.len();
        layers.extend(own.take(MAX_FILES).filter_map(|(path, document)| {
            let mut values = vec![values_of(document)?];
            let covers = vec![Covered { source: document.source, root: 0 }];
            // A folder of files for one environment: the common ones come first in it.
            values.retain(|value| value.as_map().is_some());
            Some(layer(chart, path, Some(document.source), values, covers))
        }));
        let is_alone = layers.len() == before && !told.contains(&chart.folder);
        if let (true, Some(document)) = (is_alone, chart.values_file(tree)) {
            let path = chart.inside("values.yaml");
            layers.push(layer(chart, &path, Some(document.source), Vec::new(), Vec::new()));
        }
    }
    layers
}

fn layer(chart: &Chart<'_>, path: &str, source: Option<SourceId>, values: Vec<Value>, covers: Vec<Covered>) -> Layer {
    Layer {
        chart: chart.folder.clone(),
        name: path.to_owned(),
        path: path.to_owned(),
        source,
        values,
        covers,
        release: None,
        namespace: None,
    }
}

/// The values files of a chart for one environment each: `values-prod.yaml`, `values/prod.yaml`, `prod/values.yaml`,
/// `env/prod.yaml`, in the chart's folder or, for the only chart of a folder, beside it.
fn values_files<'a>(tree: &Tree<'a>, charts: &Charts<'a>, chart: &Chart<'a>) -> Vec<(&'a str, &'a Document)> {
    let is_yaml = |document: &Document| document.format == FormatId::Yaml && document.roots.len() == 1;
    let within = |folder: &str, path: &'a str| -> Option<&'a str> {
        if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
    };
    let mut found: Vec<_> = chart
        .below(tree, "")
        .filter(|(path, document)| {
            within(&chart.folder, path).is_some_and(|inner| is_values_name(inner, false)) && is_yaml(document)
        })
        .collect();
    let parent = folder_of(&chart.folder);
    let is_only = charts.iter().filter(|other| folder_of(&other.folder) == parent).count() == 1;
    if !chart.folder.is_empty() && !parent.is_empty() && is_only {
        let beside = tree.below(parent).filter(|(path, document)| {
            within(&chart.folder, path).is_none()
                && within(parent, path).is_some_and(|inner| is_values_name(inner, true))
                && is_yaml(document)
        });
        found.extend(beside);
    }
    found
}

/// Whether a path inside a chart's folder (or `beside` it) is that of values for one environment.
fn is_values_name(path: &str, beside: bool) -> bool {
    let Some(stem) = path.strip_suffix(".yaml").or_else(|| path.strip_suffix(".yml")) else { return false };
    let steps: Vec<&str> = stem.split('/').collect();
    let is_environment = |word: &str| Environment::guess(word).is_some();
    let for_one = |name: &str| {
        let start = ["values-", "values_", "values."].iter().find_map(|start| name.strip_prefix(start));
        let end = ["-values", "_values", ".values"].iter().find_map(|end| name.strip_suffix(end));
        start.or(end).is_some_and(|rest| !rest.is_empty() && rest != "schema" && (!beside || is_environment(rest)))
    };
    match steps.as_slice() {
        [name] => for_one(name) || is_environment(name),
        [folder, name] => match *folder {
            "values" | "env" | "envs" | "environment" | "environments" => *name != "values" || !beside,
            folder => is_environment(folder) && folder != "ci" && (*name == "values" || for_one(name)),
        },
        [folder, inner, "values"] => {
            matches!(*folder, "env" | "envs" | "environment" | "environments") && !inner.is_empty()
        }
        _ => false,
    }
}

/// A namespace that is told, as a node.
pub(super) fn namespace_of(node: Option<&Node>, source: SourceId) -> Option<Node> {
    let scalar: &Scalar = node?.as_scalar().filter(|s| s.kind != ScalarKind::Null && s.text != NAMESPACE)?;
    Some(Node { source: Some(source), ..Node::scalar(scalar.clone()) })
}

#[cfg(test)]
mod tests {
    use super::is_values_name;

    #[test]
    fn values_of_an_environment_are_told_by_their_names() {
        let inside = [
            "values-prod.yaml",
            "values.staging.yml",
            "values_stg.yaml",
            "values/eu.yaml",
            "env/prd.yaml",
            "environments/prod/values.yaml",
            "prod/values.yaml",
            "prod.yaml",
            "prod-values.yaml",
        ];
        for path in inside {
            assert!(is_values_name(path, false), "{path}");
        }
        for path in ["values.yaml", "Chart.yaml", "templates/a.yaml", "ci/ct-values.yaml", "charts/a/values.yaml"] {
            assert!(!is_values_name(path, false), "{path}");
        }
        assert!(is_values_name("values-prod.yaml", true));
        assert!(!is_values_name("values-eu.yaml", true) && !is_values_name("values.yaml", true));
    }
}
