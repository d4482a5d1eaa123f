//! From documents to settings: which kind of deployment file is this, and what do its lists and names mean.
//!
//! In: one side's documents. Out: its resources with their settings, sorted. A platform knows manifests and never
//! databases; what a setting means to a connection is decided by `facts`.

mod compose;
mod flatten;
mod kubernetes;
mod kustomize;
mod list;
mod plain;
mod process;
mod spring;

use std::collections::BTreeSet;

use crate::document::{Document, FormatId, Node, ScalarKind};
use crate::layer::{self, Built, Covered, Tree};
use crate::problem::Problem;
use crate::setting::{Environment, Resource, Settings, Standing};
use crate::source::{SourceId, Sources};

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
    &compose::PLATFORM,
    &spring::PLATFORM,
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

/// The settings of one side. `documents` are those of one side only; their order has no influence.
#[must_use]
pub fn settings(sources: &Sources, documents: &[Document], environments: &EnvironmentRules) -> Settings {
    let mut all = Settings::default();
    let built = layer::build(&Tree::new(sources, documents));
    let covered: BTreeSet<Covered> = built.iter().flat_map(|layer| layer.covers.iter().copied()).collect();
    for document in documents {
        let path = sources.get(document.source).path.as_str();
        let told = environments.of(path);
        for (position, root) in roots(path, document) {
            let reading = (platform_of(&root).read)(&root);
            let is_covered = covered.contains(&Covered { source: document.source, root: position });
            all.problems.extend(reading.problems.into_iter().map(|problem| (document.source, problem)));
            all.resources.extend(reading.resources.into_iter().map(|mut resource| {
                if told.is_some() || resource.environment == Environment::Unknown {
                    resource.environment = environments.of_path(path);
                }
                if is_covered {
                    resource.standing = Standing::Covered;
                }
                resource
            }));
        }
    }
    all.resources.extend(built.iter().flat_map(|layer| effective(layer, environments)));
    all.sort();
    all
}

/// The resources that a layer makes.
fn effective(built: &Built, environments: &EnvironmentRules) -> Vec<Resource> {
    let told = environments.of(&built.path);
    let read = |document: &layer::Effective| {
        let root = Root {
            path: &document.path,
            source: document.source,
            format: document.format,
            node: &document.node,
            index: document.index,
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
fn roots<'a>(path: &'a str, document: &'a Document) -> impl Iterator<Item = (usize, Root<'a>)> {
    let filled = |node: &Node| node.as_scalar().is_none_or(|s| s.kind != ScalarKind::Null);
    let roots = document.roots.iter().enumerate().filter(move |(_, node)| filled(node)).enumerate();
    roots.map(move |(index, (position, node))| {
        (position, Root { path, source: document.source, format: document.format, node, index })
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

    /// The only resource of that name.
    pub(crate) fn resource<'a>(settings: &'a Settings, id: &str) -> &'a Resource {
        let found: Vec<&Resource> = settings.resources.iter().filter(|r| r.id.to_string() == id).collect();
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
