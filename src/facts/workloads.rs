//! What runs, and in how many copies.
//!
//! In: workload and autoscaler shapes, the catalogue's process managers, what the user declared. Out: replicas, surge
//! and processes with their origins.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalogue::{Catalogue, Role};
use crate::facts::{Container, Declared, Origin, Reading, Scope, Workload, operators};
use crate::placeholder;
use crate::quantity::Interval;
use crate::setting::{
    ContainerShape, Resource, ResourceId, Rollout, Setting, SettingRef, Settings, Shape, Standing, WorkloadShape,
};
use crate::source::{Location, Sources};

/// Kubernetes' default for `maxSurge`, in percent of the replicas.
/// <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-surge>
const DEFAULT_SURGE_PERCENT: u64 = 25;

/// Kubernetes' default for `terminationGracePeriodSeconds`.
/// <https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination>
const DEFAULT_GRACE_SECONDS: u32 = 30;

/// Flagger's kind of object.
pub(super) const CANARY: &str = "Canary";

/// Indices of the resources that run something, in order. What only a layer deploys runs as the layer makes it.
pub(super) fn workload_resources(settings: &Settings) -> Vec<usize> {
    let runs = |r: &Resource| matches!(r.shape, Shape::Workload(_)) && r.standing != Standing::Covered;
    settings.resources.iter().enumerate().filter(|(_, r)| runs(r)).map(|(i, _)| i).collect()
}

/// Reads all workloads. Processes are filled in by [`count_processes`], which needs the scopes.
pub(super) fn workloads(
    sources: &Sources,
    settings: &Settings,
    resources: &[usize],
    declared: &Declared,
) -> Vec<Workload> {
    let scalers = scalers(settings);
    let doubled = doubled(settings);
    let read = |&at: &usize| {
        let resource = settings.resources.get(at)?;
        let Shape::Workload(shape) = &resource.shape else { return None };
        let id = &resource.id;
        let is_doubled = doubled.contains(&(id.namespace.as_str(), id.kind.as_str(), id.name.as_str()));
        let rollout = if is_doubled { &Rollout::Doubled } else { &shape.rollout };
        Some(workload(sources, &scalers, resource, (shape, rollout), declared))
    };
    resources.iter().filter_map(read).collect()
}

fn workload(
    sources: &Sources,
    scalers: &Scalers<'_>,
    resource: &Resource,
    (shape, rollout): (&WorkloadShape, &Rollout),
    declared: &Declared,
) -> Workload {
    let told = declared.workloads.iter().find(|d| d.matches(&resource.id));
    let written = match (shape.job, shape.parallelism, shape.replicas) {
        (true, Some(at), _) | (_, None, Some(at)) | (false, Some(_), Some(at)) => count_at(resource, at),
        _ if *rollout == Rollout::Elastic => {
            Reading::unknown(1, format!("{} scales with the load and no maximum is written", resource.id))
        }
        _ => Reading::default_of(1, "one replica where nothing is written"),
    };
    let (mut min, mut max) = (written.clone(), written);
    if let Some((low, high)) = autoscaled(sources, scalers, resource) {
        (min, max) = (low, high);
    }
    if let Some(n) = told.and_then(|t| t.max_replicas) {
        max = Reading { value: Interval::exact(n), origin: Origin::Declared, at: None };
        min.value = Interval { lo: min.value.lo.min(n), hi: min.value.hi.map(|h| h.min(n)) };
    }
    let rolling = !matches!(rollout, Rollout::InPlace);
    let surge = surge(resource, rollout, max.value);
    let grace = shape.grace_seconds.and_then(|at| count_at(resource, at).value.known());
    Workload {
        id: resource.id.clone(),
        environment: resource.environment,
        min_replicas: min,
        max_replicas: max,
        surge,
        rolling,
        job: shape.job,
        grace_seconds: grace.map_or(DEFAULT_GRACE_SECONDS, |s| u32::try_from(s).unwrap_or(u32::MAX)),
        containers: shape.containers.iter().filter(|c| !c.init).map(|c| container(resource, c)).collect(),
        at: first_place(resource),
    }
}

fn first_place(resource: &Resource) -> Location {
    let first = resource.settings.iter().map(|s| s.at).min();
    first.unwrap_or(Location { source: resource.source, span: crate::source::Span::default() })
}

fn container(resource: &Resource, shape: &ContainerShape) -> Container {
    Container {
        name: shape.name.clone(),
        image: shape.image.and_then(|at| resource.settings.get(at as usize)).map(|s| s.value.text.to_string()),
        processes: Reading::default_of(1, "one process a container"),
        threads: None,
        request_timeout: None,
    }
}

/// A count as written; a reference or a template is unknown and not 1.
fn count_at(resource: &Resource, at: u32) -> Reading {
    let Some(setting) = resource.settings.get(at as usize) else { return Reading::unknown(0, "not written") };
    match parse_count(&setting.value.text) {
        Some(n) => Reading::literal(n, setting.at),
        None => {
            let why = format!("{} is not a plain number", setting.path);
            Reading { value: Interval::at_least(0), origin: Origin::Unknown(why), at: Some(setting.at) }
        }
    }
}

fn parse_count(text: &str) -> Option<u64> {
    let plain = |text: &str| text.trim().replace('_', "").parse().ok();
    plain(text).or_else(|| plain(placeholder::fallback(text)?.text))
}

/// Workloads by namespace, kind and name whose old version stays up in full while Flagger tries the new one.
/// <https://docs.flagger.app/usage/how-it-works>
fn doubled(settings: &Settings) -> BTreeSet<(&str, &str, &str)> {
    let canaries = settings.resources.iter().filter(|r| r.id.kind == CANARY && r.standing != Standing::Covered);
    let target = |resource: &'_ Arc<Resource>| {
        let at = |path: &str| operators::text_at(resource, path).map(str::to_owned);
        at("apiVersion").filter(|version| version.starts_with("flagger.app/"))?;
        Some((at("spec.targetRef.kind")?, at("spec.targetRef.name")?))
    };
    let named: BTreeSet<(&str, String, String)> =
        canaries.filter_map(|r| target(r).map(|(kind, name)| (r.id.namespace.as_str(), kind, name))).collect();
    let ids = settings.resources.iter().map(|r| &r.id);
    let is_named = |id: &&ResourceId| named.contains(&(id.namespace.as_str(), id.kind.clone(), id.name.clone()));
    let found = ids.filter(|_| !named.is_empty()).filter(is_named);
    found.map(|id| (id.namespace.as_str(), id.kind.as_str(), id.name.as_str())).collect()
}

/// Autoscalers by namespace and name of what they scale.
type Scalers<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a Resource>>;

fn scalers(settings: &Settings) -> Scalers<'_> {
    let mut scalers = Scalers::new();
    for resource in &settings.resources {
        if let Shape::Autoscaler(shape) = &resource.shape {
            let target = (resource.id.namespace.as_str(), shape.target_name.as_str());
            scalers.entry(target).or_default().push(resource);
        }
    }
    scalers
}

/// The autoscaler's range for an object that is no workload of the tree: an operator's pooler.
pub(super) fn scaled(sources: &Sources, settings: &Settings, target: &Resource) -> Option<(Reading, Reading)> {
    autoscaled(sources, &scalers(settings), target)
}

/// The autoscaler's range, where one scales this workload. Of several the nearest file counts, as for overlays.
fn autoscaled(sources: &Sources, scalers: &Scalers<'_>, target: &Resource) -> Option<(Reading, Reading)> {
    let fits = |r: &&&Resource| match &r.shape {
        Shape::Autoscaler(a) => a.target_kind.is_empty() || a.target_kind == target.id.kind,
        _ => false,
    };
    let path = |r: &Resource| sources.get(r.source).path.as_str();
    let home = path(target);
    let nearness = |r: &&&Resource| home.bytes().zip(path(r).bytes()).take_while(|(a, b)| a == b).count();
    let known = scalers.get(&(target.id.namespace.as_str(), target.id.name.as_str()))?;
    let same_layer = |r: &&&Resource| r.id.layer == target.id.layer && r.standing != Standing::Covered;
    let resource = known.iter().filter(fits).filter(same_layer).max_by_key(nearness)?;
    let Shape::Autoscaler(shape) = &resource.shape else { return None };
    let min = shape.min.map_or_else(|| Reading::default_of(1, "the autoscaler's minimum"), |at| count_at(resource, at));
    let max = match (shape.max, shape.default_max) {
        (Some(at), _) => count_at(resource, at),
        (None, Some(n)) => Reading::default_of(n, "the autoscaler's maximum"),
        (None, None) => Reading::unknown(min.value.lo, format!("{} has no maximum", resource.id)),
    };
    Some((min, max))
}

/// Replicas beside the old ones in a rollout: a number, or a share of the replicas rounded up.
pub(super) fn surge(resource: &Resource, rollout: &Rollout, replicas: Interval) -> Reading {
    let share = |percent: u64| {
        let part = |n: u64| n.saturating_mul(percent).div_ceil(100);
        Interval { lo: part(replicas.lo), hi: replicas.hi.map(part) }
    };
    let max_surge = match rollout {
        Rollout::InPlace => return Reading::default_of(0, "old replicas stop before new ones start"),
        Rollout::Doubled | Rollout::Elastic => {
            let whose = Origin::Default("as many new copies as old ones".to_owned());
            return Reading { value: share(100), origin: whose, at: None };
        }
        Rollout::Rolling { max_surge } => max_surge,
    };
    let Some(setting) = max_surge.and_then(|at| resource.settings.get(at as usize)) else {
        let whose = Origin::Default("Kubernetes' maxSurge of 25 %".to_owned());
        return Reading { value: share(DEFAULT_SURGE_PERCENT), origin: whose, at: None };
    };
    let text = setting.value.text.trim();
    let value = match text.strip_suffix('%') {
        Some(percent) => parse_count(percent).map(share),
        None => parse_count(text).map(Interval::exact),
    };
    match value {
        Some(value) => Reading { value, origin: Origin::Literal, at: Some(setting.at) },
        None => Reading { value: Interval::at_least(0), origin: unread(setting), at: Some(setting.at) },
    }
}

fn unread(setting: &Setting) -> Origin {
    Origin::Unknown(format!("{} is not a plain number", setting.path))
}

/// Counts processes and threads of each container from its command, then its environment, then the program's default.
pub(super) fn count_processes(
    workloads: &mut [Workload],
    scopes: &[Scope],
    settings: &Settings,
    resources: &[usize],
    catalogue: &Catalogue,
    declared: &Declared,
) {
    for scope in scopes {
        let Some((w, c)) = scope.owner else { continue };
        let Some(resource) = resources.get(w).and_then(|&at| settings.resources.get(at)) else { continue };
        let Some(workload) = workloads.get_mut(w) else { continue };
        let told = declared.workloads.iter().find(|d| d.matches(&workload.id));
        let command = command_words(resource, c);
        let processes = read_role(Role::Processes, &command, scope, settings, catalogue);
        let threads = read_role(Role::Threads, &command, scope, settings, catalogue);
        let request_timeout = read_role(Role::RequestTimeout, &command, scope, settings, catalogue);
        let Some(container) = workload.containers.get_mut(c) else { continue };
        container.request_timeout = request_timeout;
        if let Some(found) = processes {
            container.processes = found;
        }
        container.threads = threads;
        if let Some(n) = told.and_then(|t| t.processes) {
            container.processes = Reading { value: Interval::exact(n), origin: Origin::Declared, at: None };
        }
        if let Some(n) = told.and_then(|t| t.threads) {
            container.threads = Some(Reading { value: Interval::exact(n), origin: Origin::Declared, at: None });
        }
    }
}

/// The words of a container's command and arguments, each with the place of the setting it stands in.
fn command_words(resource: &Resource, container: usize) -> Vec<(String, Location)> {
    let Shape::Workload(shape) = &resource.shape else { return Vec::new() };
    let Some(container) = shape.containers.iter().filter(|c| !c.init).nth(container) else { return Vec::new() };
    let parts = container.command.iter().filter_map(|&at| resource.settings.get(at as usize));
    parts.flat_map(|s| s.value.text.split_whitespace().map(|word| (word.to_owned(), s.at))).collect()
}

fn read_role(
    role: Role,
    command: &[(String, Location)],
    scope: &Scope,
    settings: &Settings,
    catalogue: &Catalogue,
) -> Option<Reading> {
    let words: Vec<&str> = command.iter().map(|(w, _)| w.as_str()).collect();
    let env = |name: &str| {
        let entry = scope.entries.iter().rev().find(|e| e.is_env && e.key.eq_ignore_ascii_case(name))?;
        Some((entry.value(settings).text.as_str(), entry.at(settings)))
    };
    if let Some(written) = written_key(role, scope, settings, catalogue) {
        return Some(written);
    }
    catalogue.processes_of(role, &words, scope.image.as_deref(), &env).map(|found| {
        let at = found.word.and_then(|i| command.get(i)).map(|(_, at)| *at).or(found.at);
        match found.count {
            Some(n) if at.is_some() => Reading { value: Interval::exact(n), origin: Origin::Literal, at },
            Some(n) => Reading::default_of(n, found.whose),
            None => Reading { value: Interval::at_least(1), origin: Origin::Unknown(found.whose), at },
        }
    })
}

/// A count that a configuration file sets (`server.tomcat.threads.max`).
fn written_key(role: Role, scope: &Scope, settings: &Settings, catalogue: &Catalogue) -> Option<Reading> {
    let entry = scope.entries.iter().rev().find(|e| !e.is_env && catalogue.is_program_key(role, &e.key))?;
    let at = entry.at(settings);
    Some(match parse_count(&entry.value(settings).text) {
        Some(n) => Reading::literal(n, at),
        None => Reading { value: Interval::at_least(1), origin: unread(settings.get(entry.setting)), at: Some(at) },
    })
}

/// Roles of the settings that count replicas.
pub(super) fn roles(settings: &Settings) -> impl Iterator<Item = (SettingRef, &'static str)> + '_ {
    let counted = |resource: &Resource| match &resource.shape {
        Shape::Workload(shape) => vec![shape.replicas, shape.parallelism],
        Shape::Autoscaler(shape) => vec![shape.min, shape.max],
        _ => Vec::new(),
    };
    settings.resources.iter().enumerate().flat_map(move |(at, resource)| {
        let resource_index = u32::try_from(at).unwrap_or(u32::MAX);
        let refs = counted(resource).into_iter().flatten();
        refs.map(move |setting| (SettingRef { resource: resource_index, setting }, Role::Replicas.as_str()))
    })
}
