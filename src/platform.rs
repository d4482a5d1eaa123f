//! From documents to settings: which kind of deployment file is this, and what do its lists and names mean.
//!
//! In: one side's documents. Out: its resources with their settings, sorted. A platform knows manifests and never
//! databases; what a setting means to a connection is decided by `facts`.

mod ansible;
mod apps;
mod arm;
mod ci;
mod cloudformation;
mod compose;
mod dotnet;
mod ecs;
mod flatten;
mod hiera;
mod kubernetes;
mod kustomize;
mod list;
mod node;
mod pieces;
mod plain;
mod process;
mod sections;
mod spring;
mod terraform;
mod xml;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::document::{Document, FormatId, Node};
use crate::layer::{self, Built, Covered, Tree};
use crate::problem::Problem;
use crate::setting::{Environment, Resource, Settings, Standing};
use crate::source::{SourceId, Sources};

pub use list::{ListKey, ListKeys};

/// A kind of deployment file.
#[derive(Debug)]
pub struct Platform {
    /// Short name, as documentation lists it.
    pub name: &'static str,
    /// What it recognises, in one line.
    pub recognises: &'static str,
    /// Whether one document of a file is of this kind.
    pub claims: fn(&Root<'_>) -> bool,
    /// Reads a document that it claims.
    pub read: fn(&Root<'_>) -> Reading,
}

/// All platforms; the first that claims a document reads it, and the last claims everything.
pub static PLATFORMS: &[&Platform] = &[
    &kustomize::PLATFORM,
    &kubernetes::PLATFORM,
    &xml::PLATFORM,
    // Pipelines and hosting platforms have `services` too.
    &ci::PLATFORM,
    &apps::PLATFORM,
    &compose::PLATFORM,
    &ecs::PLATFORM,
    &cloudformation::PLATFORM,
    &arm::PLATFORM,
    &ansible::PLATFORM,
    &hiera::PLATFORM,
    &spring::PLATFORM,
    &terraform::PLATFORM,
    &dotnet::PLATFORM,
    &node::PLATFORM,
    &sections::PLATFORM,
    &process::PLATFORM,
    &plain::PLATFORM,
];

/// One document of a file, as a platform gets to see it.
#[derive(Debug, Clone, Copy)]
pub struct Root<'a> {
    /// The file's path, relative to the side's root.
    pub path: &'a str,
    /// The file.
    pub source: SourceId,
    /// The file's syntax.
    pub format: FormatId,
    /// The document.
    pub node: &'a Node,
    /// Its number in the file, from 0.
    pub index: usize,
    /// Lists whose items go by keys that the user names.
    pub lists: &'a ListKeys,
}

impl<'a> Root<'a> {
    /// The file's name without its folders.
    #[must_use]
    pub fn file_name(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// The file's folder without a slash at the end; empty at the root.
    #[must_use]
    pub fn folder(&self) -> &'a str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

/// What a platform makes of one document.
#[derive(Debug, Default)]
pub struct Reading {
    /// The resources; their environment is unknown unless the document itself tells.
    pub resources: Vec<Resource>,
    /// What had to be said about values inside.
    pub problems: Vec<Problem>,
}

/// Which environment a file belongs to, as the user says it.
#[derive(Debug, Clone, Default)]
pub struct EnvironmentRules {
    globs: Vec<(String, Environment)>,
}

impl EnvironmentRules {
    /// Rules in order: the first pattern that matches a path decides. A pattern without `/` is matched against the
    /// file's name too, as in a `.gitignore`.
    #[must_use]
    pub fn new(globs: Vec<(String, Environment)>) -> EnvironmentRules {
        EnvironmentRules { globs }
    }

    /// What the rules say about `path`, relative to the side's root.
    #[must_use]
    pub fn of(&self, path: &str) -> Option<Environment> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let matches = |glob: &str| {
            fast_glob::glob_match(glob, path) || (!glob.contains('/') && fast_glob::glob_match(glob, name))
        };
        self.globs.iter().find(|(glob, _)| matches(glob)).map(|&(_, environment)| environment)
    }

    /// What `path` alone tells: by the rules, else by its words.
    #[must_use]
    pub fn of_path(&self, path: &str) -> Environment {
        self.of(path).or_else(|| Environment::guess(path)).unwrap_or_default()
    }
}

/// What one file says, whichever side it is on.
#[derive(Debug, Clone)]
pub struct FileReading {
    /// The file.
    pub source: SourceId,
    /// Its resources, each with the index of its document in [`Document::roots`].
    pub resources: Vec<(usize, Arc<Resource>)>,
    /// What had to be said about values inside.
    pub problems: Vec<Problem>,
}

/// Reads the documents of one file.
#[must_use]
pub fn read(path: &str, document: &Document, environments: &EnvironmentRules, lists: &ListKeys) -> FileReading {
    let told = environments.of(path);
    let mut read = FileReading { source: document.source, resources: Vec::new(), problems: Vec::new() };
    for (position, root) in roots(path, document, lists) {
        let reading = (platform_of(&root).read)(&root);
        read.problems.extend(reading.problems);
        read.resources.extend(reading.resources.into_iter().map(|mut resource| {
            if told.is_some() || resource.environment == Environment::Unknown {
                resource.environment = environments.of_path(path);
            }
            (position, Arc::new(resource))
        }));
    }
    read
}

/// The settings of one side: what its files say and what its layers make of it. The order of files has no influence.
#[must_use]
pub fn gather<'a>(
    readings: impl IntoIterator<Item = &'a FileReading>,
    layers: &[Built],
    environments: &EnvironmentRules,
    lists: &ListKeys,
) -> Settings {
    let mut all = Settings::default();
    let covered: BTreeSet<Covered> = layers.iter().flat_map(|layer| layer.covers.iter().copied()).collect();
    for file in readings {
        all.problems.extend(file.problems.iter().map(|problem| (file.source, problem.clone())));
        for (root, resource) in &file.resources {
            let mut resource = Arc::clone(resource);
            if covered.contains(&Covered { source: file.source, root: *root }) {
                Arc::make_mut(&mut resource).standing = Standing::Covered;
            }
            all.resources.push(resource);
        }
    }
    let made: Vec<Resource> = layers.iter().flat_map(|layer| made_by(layer, environments, lists)).collect();
    give_way(&mut all.resources, &made);
    all.resources.extend(made.into_iter().map(Arc::new));
    all.problems.extend(layers.iter().flat_map(|layer| layer.problems.iter().cloned()));
    all.sort();
    all
}

/// The settings of one side, from its documents.
#[must_use]
pub fn settings(sources: &Sources, documents: &[Document], environments: &EnvironmentRules) -> Settings {
    let layers = layer::build(&Tree::new(sources, documents));
    let path = |document: &Document| sources.get(document.source).path.as_str();
    let lists = ListKeys::default();
    let readings: Vec<FileReading> = documents.iter().map(|d| read(path(d), d, environments, &lists)).collect();
    gather(&readings, &layers, environments, &lists)
}

/// What a layer without a name makes takes the place of what is written under the same name in the same file.
fn give_way(written: &mut [Arc<Resource>], made: &[Resource]) {
    let unnamed = made.iter().filter(|r| r.id.layer.is_empty());
    let replaced: BTreeSet<_> = unnamed.map(|r| (&r.id, r.path.as_str())).collect();
    for resource in written {
        if replaced.contains(&(&resource.id, resource.path.as_str())) {
            Arc::make_mut(resource).standing = Standing::Covered;
        }
    }
}

/// The resources that a layer makes.
fn made_by(built: &Built, environments: &EnvironmentRules, lists: &ListKeys) -> Vec<Resource> {
    let told = environments.of(&built.path);
    let read = |document: &layer::Effective| {
        let root = Root {
            path: &document.path,
            source: document.source,
            format: document.format,
            node: &document.node,
            index: document.index,
            lists,
        };
        // Problems of the values were told where they are written.
        (platform_of(&root).read)(&root).resources
    };
    let mut resources: Vec<Resource> = built.documents.iter().flat_map(read).collect();
    for resource in &mut resources {
        resource.standing = Standing::Effective;
        built.layer.clone_into(&mut resource.id.layer);
        if told.is_some() || resource.environment == Environment::Unknown {
            resource.environment = environments.of_path(&built.path);
        }
    }
    resources
}

/// The platform that reads a document.
#[must_use]
pub fn platform_of(root: &Root<'_>) -> &'static Platform {
    PLATFORMS.iter().copied().find(|platform| (platform.claims)(root)).unwrap_or(&plain::PLATFORM)
}

/// The documents of a file that hold anything, with their index in [`Document::roots`].
fn roots<'a>(path: &'a str, document: &'a Document, lists: &'a ListKeys) -> impl Iterator<Item = (usize, Root<'a>)> {
    layer::filled_roots(document).map(move |(index, position, node)| {
        (position, Root { path, source: document.source, format: document.format, node, index, lists })
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::format;
    use crate::setting::UnitKind;
    use crate::source::{Side, Source};

    /// The settings of a side that holds these files.
    pub(crate) fn side(files: &[(&str, &str)]) -> (Sources, Settings) {
        let mut sources = Sources::default();
        let documents: Vec<Document> = files
            .iter()
            .map(|(path, text)| {
                let id = sources.push(Source::new(path, Side::New, text.as_bytes()));
                format::parse(sources.get(id), id)
            })
            .collect();
        let settings = settings(&sources, &documents, &EnvironmentRules::default());
        (sources, settings)
    }

    /// The only written resource of that name.
    pub(crate) fn resource<'a>(settings: &'a Settings, id: &str) -> &'a Resource {
        only(settings, id, |standing| standing != Standing::Effective)
    }

    /// The only resource of that name that a layer makes.
    pub(crate) fn effective<'a>(settings: &'a Settings, id: &str) -> &'a Resource {
        only(settings, id, |standing| standing == Standing::Effective)
    }

    fn only<'a>(settings: &'a Settings, id: &str, wanted: fn(Standing) -> bool) -> &'a Resource {
        let named = settings.resources.iter().map(Arc::as_ref).filter(|r| r.id.to_string() == id);
        let found: Vec<&Resource> = named.filter(|r| wanted(r.standing)).collect();
        let all: Vec<String> = settings.resources.iter().map(|r| r.id.to_string()).collect();
        assert_eq!(found.len(), 1, "{id} among {all:?}");
        found[0]
    }

    /// What processes read: `env web DB_HOST = db`, one line a setting.
    pub(crate) fn read_by_processes(resource: &Resource) -> Vec<String> {
        let line = |setting: &crate::setting::Setting| {
            let unit = &resource.units[setting.unit? as usize];
            let kind = match unit.kind {
                UnitKind::Env => "env",
                UnitKind::File => "file",
                UnitKind::Command => "command",
            };
            Some(format!("{kind} {} {} = {}", unit.name, setting.logical, setting.value.text))
        };
        resource.settings.iter().filter_map(line).collect()
    }

    /// The printed paths of all settings.
    pub(crate) fn paths(resource: &Resource) -> Vec<String> {
        resource.settings.iter().map(|s| s.path.to_string()).collect()
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test looks at the source tree, the core does not")]
    fn every_platform_file_is_in_the_table() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/platform");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder is part of the sources")
            .map(|entry| entry.expect("readable").path())
            .filter(|path| {
                path.is_file() && std::fs::read_to_string(path).expect("UTF-8").contains("static PLATFORM: Platform")
            })
            .map(|path| path.file_stem().expect("a file").to_string_lossy().into_owned())
            .collect();
        let mut listed: Vec<&str> = PLATFORMS.iter().map(|platform| platform.name).collect();
        files.sort();
        listed.sort_unstable();
        assert_eq!(files, listed);
    }

    #[test]
    fn the_first_rule_that_matches_a_path_decides() {
        let rules = EnvironmentRules::new(vec![
            ("live/**".into(), Environment::Production),
            ("*.canary.yaml".into(), Environment::Staging),
            ("**".into(), Environment::Development),
        ]);
        assert_eq!(rules.of("live/eu/a.canary.yaml"), Some(Environment::Production));
        assert_eq!(rules.of("x/a.canary.yaml"), Some(Environment::Staging));
        assert_eq!(rules.of("x/prod.yaml"), Some(Environment::Development));
        assert_eq!(EnvironmentRules::default().of("prod.yaml"), None);
    }

    #[test]
    fn a_namespace_tells_more_than_a_path_and_the_user_more_than_both() {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop-prod}\ndata: {A: b}\n";
        let mut sources = Sources::default();
        let id = sources.push(Source::new("staging/a.yaml", Side::New, text.as_bytes()));
        let documents = [format::parse(sources.get(id), id)];
        let environment =
            |rules| settings(&sources, &documents, &EnvironmentRules::new(rules)).resources[0].environment;
        assert_eq!(environment(vec![]), Environment::Production);
        assert_eq!(environment(vec![("staging/**".into(), Environment::Development)]), Environment::Development);
        let (_, other) = side(&[("staging/a.yaml", "a: 1\n")]);
        assert_eq!(other.resources[0].environment, Environment::Staging);
    }

    #[test]
    fn a_file_without_content_is_no_resource() {
        let (_, settings) = side(&[("a.yaml", ""), ("b.yaml", "---\n---\na: 1\n")]);
        assert_eq!(settings.resources.iter().map(|r| r.id.to_string()).collect::<Vec<_>>(), ["b.yaml"]);
    }

    #[test]
    fn paths_are_sorted_and_unique() {
        let (_, settings) = side(&[("a.yaml", "b: 1\na: {y: 1, x: 2}\na: {y: 3}\n\"a\\x1d\": 4\n")]);
        assert_eq!(paths(&settings.resources[0]), ["a", "a.y", "b"]);
        assert_eq!(settings.resources[0].settings[1].value.text, "3");
    }
}
