//! Which settings one process reads together.
//!
//! In: settings with their shapes. Out: one [`Scope`] a container, in which later layers override earlier ones (mounted
//! files, then `envFrom`, then `env`), and one a resource for configuration that no container of the tree is seen to read.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::facts::{Entry, Scope, arguments};
use crate::setting::{ConfigRef, ContainerShape, Resource, SettingRef, Settings, Shape, Standing, UnitKind};
use crate::source::Sources;

/// Files up to which a mounted folder is taken for configuration.
const MOST_MOUNTED: usize = 64;

/// A unit by its resource and its number in it.
type UnitAt = (usize, u32);

/// Builds all scopes: containers first, in order of workloads, then what nobody reads.
///
/// `workloads[i]` is the index of the resource behind workload `i`.
pub(super) fn scopes(sources: &Sources, settings: &Settings, workloads: &[usize]) -> Vec<Scope> {
    let index = Index::new(sources, settings);
    let mut read = BTreeSet::new();
    let mut scopes = Vec::new();
    for (workload, &at) in workloads.iter().enumerate() {
        let Some(resource) = settings.resources.get(at) else { continue };
        let Shape::Workload(shape) = &resource.shape else { continue };
        let running = shape.containers.iter().filter(|c| !c.init);
        for (container, shape) in running.enumerate() {
            let mut scope = Scope {
                owner: Some((workload, container)),
                owner_name: resource.id.to_string(),
                container: shape.name.clone(),
                environment: resource.environment,
                image: text_of(resource, shape.image),
                covered: false,
                entries: Vec::new(),
            };
            index.fill(&mut scope, at, resource, shape, &mut read);
            arguments::add_options(&mut scope, settings);
            // What the command line says wins over the environment.
            scope.entries.extend(arguments::of_command(settings, at, &shape.command));
            scopes.push(scope);
        }
    }
    for (at, resource) in settings.resources.iter().enumerate() {
        if !matches!(resource.shape, Shape::Workload(_)) || resource.standing == Standing::Covered {
            let mut unread = unread_scopes(settings, at, resource, &read);
            unread.iter_mut().for_each(|scope| arguments::add_options(scope, settings));
            scopes.extend(unread);
        }
    }
    scopes
}

fn text_of(resource: &Resource, setting: Option<u32>) -> Option<String> {
    resource.settings.get(setting? as usize).map(|s| s.value.text.to_string())
}

/// Configuration that no container in the tree is seen to read: a plain file, a values file, an unused ConfigMap.
///
/// Each environment block is a process of its own (`web.env` and `worker.env` of a values file); files of one resource
/// are read together.
fn unread_scopes(settings: &Settings, at: usize, resource: &Resource, read: &BTreeSet<UnitAt>) -> Vec<Scope> {
    let mut scopes: Vec<Scope> = Vec::new();
    let mut files = scope_of(resource, "");
    for (unit, about) in resource.units.iter().enumerate() {
        let unit = u32::try_from(unit).unwrap_or(u32::MAX);
        if read.contains(&(at, unit)) {
            continue;
        }
        if about.kind == UnitKind::Command {
            let words: Vec<u32> = resource.unit_settings(unit).map(|(setting, _)| setting).collect();
            files.entries.extend(arguments::of_command(settings, at, &words));
            continue;
        }
        let is_block = about.kind == UnitKind::Env && resource.units.len() > 1;
        if !is_block {
            push_unit(&mut files.entries, at, resource, unit, "");
            continue;
        }
        let mut block = scope_of(resource, &about.name);
        push_unit(&mut block.entries, at, resource, unit, "");
        scopes.push(block);
    }
    scopes.push(files);
    scopes.retain(|s| !s.entries.is_empty());
    scopes
}

fn scope_of(resource: &Resource, container: &str) -> Scope {
    Scope {
        owner: None,
        owner_name: resource.id.to_string(),
        container: container.to_owned(),
        environment: resource.environment,
        image: None,
        covered: resource.standing == Standing::Covered,
        entries: Vec::new(),
    }
}

fn push_unit(entries: &mut Vec<Entry>, at: usize, resource: &Resource, unit: u32, prefix: &str) {
    let Some(info) = resource.units.get(unit as usize) else { return };
    for (setting, value) in resource.unit_settings(unit) {
        entries.push(Entry {
            key: format!("{prefix}{}", value.logical),
            is_env: info.kind == UnitKind::Env,
            unit: (at, unit),
            unit_name: info.name.clone(),
            setting: SettingRef { resource: u32::try_from(at).unwrap_or(u32::MAX), setting },
            part: None,
        });
    }
}

/// Finds configuration objects by name and files by path.
struct Index<'a> {
    settings: &'a Settings,
    configs: BTreeMap<(&'a str, &'a str, &'a str), Vec<usize>>,
    files: BTreeMap<&'a str, Vec<usize>>,
    /// Files of which a layer makes something more, as they are written, with what the layer makes; and the other way.
    twins: BTreeMap<usize, usize>,
    sources: &'a Sources,
}

/// What is written and what takes its place, in both directions.
fn twins(settings: &Settings) -> BTreeMap<usize, usize> {
    let mut covered = BTreeMap::new();
    for (at, resource) in settings.resources.iter().enumerate() {
        if resource.standing == Standing::Covered {
            covered.insert((&resource.id, resource.path.as_str()), at);
        }
    }
    let effective = settings.resources.iter().enumerate().filter(|(_, r)| r.standing == Standing::Effective);
    let pairs = effective.filter_map(|(at, r)| Some((at, *covered.get(&(&r.id, r.path.as_str()))?)));
    pairs.flat_map(|(a, b)| [(a, b), (b, a)]).collect()
}

impl<'a> Index<'a> {
    fn new(sources: &'a Sources, settings: &'a Settings) -> Index<'a> {
        let mut configs: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        let mut files: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, resource) in settings.resources.iter().enumerate() {
            match &resource.shape {
                Shape::Config(_) => {
                    let key = (resource.id.kind.as_str(), resource.id.namespace.as_str(), resource.id.name.as_str());
                    configs.entry(key).or_default().push(at);
                }
                Shape::Plain if resource.id.is_file() => {
                    files.entry(sources.get(resource.source).path.as_str()).or_default().push(at);
                }
                _ => {}
            }
        }
        Index { settings, configs, files, twins: twins(settings), sources }
    }

    /// The resources a reference means. Where several overlays define the object, the one nearest to the reader counts.
    fn resolve(&self, reader: &Resource, wanted: &ConfigRef) -> Vec<usize> {
        if wanted.kind == "file" {
            let found = self.files.get(wanted.name.as_str()).cloned();
            return self.as_read(found.unwrap_or_else(|| self.files_below(&wanted.name)));
        }
        let key = (wanted.kind.as_str(), reader.id.namespace.as_str(), wanted.name.as_str());
        let all = self.configs.get(&key).map(Vec::as_slice).unwrap_or_default();
        // What a layer makes reads what the same layer makes; then what is written, then what others cover.
        let standing = |at: &usize| {
            let resource = self.settings.resources.get(*at);
            let layer = resource.is_some_and(|r| r.id.layer == reader.id.layer);
            let written = resource.is_some_and(|r| r.id.layer.is_empty());
            let covered = resource.is_some_and(|r| r.standing == Standing::Covered);
            (layer, written, !covered)
        };
        let closest = all.iter().map(standing).max();
        let found: Vec<usize> = all.iter().copied().filter(|at| Some(standing(at)) == closest).collect();
        let reader_path = self.sources.get(reader.source).path.as_str();
        let nearness = |at: &usize| {
            let path = self.settings.resources.get(*at).map_or("", |r| self.sources.get(r.source).path.as_str());
            shared_folders(reader_path, path)
        };
        let best = found.iter().map(nearness).max();
        found.iter().copied().filter(|at| Some(nearness(at)) == best).take(1).collect()
    }

    /// Of a file that is also completed by others, what a process gets that is given this one: the variables of just this
    /// file, but a profile with its defaults, which the program brings along.
    fn as_read(&self, found: Vec<usize>) -> Vec<usize> {
        let gets = |at: &usize| {
            let Some(resource) = self.settings.resources.get(*at).filter(|_| self.twins.contains_key(at)) else {
                return true;
            };
            let is_env = resource.units.first().is_some_and(|unit| unit.kind == UnitKind::Env);
            is_env == (resource.standing == Standing::Covered)
        };
        found.into_iter().filter(gets).collect()
    }

    /// The files of a folder that is mounted as a whole, in order.
    fn files_below(&self, folder: &str) -> Vec<usize> {
        let prefix = format!("{folder}/");
        let from = self.files.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
        let below = from.take_while(|(path, _)| path.starts_with(&prefix));
        let found: Vec<usize> = below.flat_map(|(_, at)| at).copied().take(MOST_MOUNTED + 1).collect();
        // A whole source tree is mounted to be built or run, and is no folder of configuration.
        if found.len() > MOST_MOUNTED { Vec::new() } else { found }
    }

    fn fill(
        &self,
        scope: &mut Scope,
        at: usize,
        resource: &Resource,
        shape: &ContainerShape,
        read: &mut BTreeSet<UnitAt>,
    ) {
        let mut take = |config: usize, units: &dyn Fn(&Resource) -> Vec<u32>, prefix: &str| {
            let Some(found) = self.settings.resources.get(config) else { return };
            for unit in units(found) {
                read.insert((config, unit));
                read.extend(self.twins.get(&config).map(|twin| (*twin, unit)));
                push_unit(&mut scope.entries, config, found, unit, prefix);
            }
        };
        for mount in &shape.mounts {
            self.resolve(resource, mount).into_iter().for_each(|config| take(config, &file_units, ""));
        }
        for source in &shape.env_from {
            for config in self.resolve(resource, source) {
                // A file in an object that the container names is its configuration, whoever puts it in place.
                if matches!(self.settings.resources.get(config).map(|r| &r.shape), Some(Shape::Config(_))) {
                    take(config, &file_units, "");
                }
                take(config, &env_units, &source.prefix);
            }
        }
        for reference in &shape.env_refs {
            for config in self.resolve(resource, &reference.from) {
                if let Some(entry) = self.referenced(config, &reference.key, &reference.name) {
                    read.insert(entry.unit);
                    scope.entries.push(entry);
                }
            }
        }
        if let Some(unit) = shape.env_unit {
            push_unit(&mut scope.entries, at, resource, unit, "");
        }
    }

    /// One key of an object under the name that the container gives it.
    fn referenced(&self, config: usize, key: &str, name: &str) -> Option<Entry> {
        let resource = self.settings.resources.get(config)?;
        let unit = env_units(resource).into_iter().next()?;
        let (setting, _) = resource.unit_settings(unit).find(|(_, s)| s.logical == key)?;
        Some(Entry {
            key: name.to_owned(),
            is_env: true,
            unit: (config, unit),
            unit_name: String::new(),
            setting: SettingRef { resource: u32::try_from(config).unwrap_or(u32::MAX), setting },
            part: None,
        })
    }
}

fn env_units(resource: &Resource) -> Vec<u32> {
    match &resource.shape {
        Shape::Config(shape) => shape.env_unit.into_iter().collect(),
        _ => (0..u32::try_from(resource.units.len()).unwrap_or(u32::MAX)).collect(),
    }
}

fn file_units(resource: &Resource) -> Vec<u32> {
    match &resource.shape {
        Shape::Config(shape) => shape.file_units.iter().map(|(_, unit)| *unit).collect(),
        _ => (0..u32::try_from(resource.units.len()).unwrap_or(u32::MAX)).collect(),
    }
}

/// Number of leading folders that two paths share.
fn shared_folders(a: &str, b: &str) -> usize {
    let folders = |p: &str| p.rsplit_once('/').map(|(dir, _)| dir.to_owned()).unwrap_or_default();
    let (a, b) = (folders(a), folders(b));
    a.split('/').zip(b.split('/')).take_while(|(x, y)| x == y && !x.is_empty()).count()
}
