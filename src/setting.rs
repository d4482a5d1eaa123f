//! The flat view of one side: every value with its key, its place and the thing it belongs to.
//!
//! Platforms make it from documents. A setting is identified by *whom it belongs to* (kind, namespace, name) and by its
//! key path, in which list items go by their own identity. The file is kept beside the identity, so that a resource
//! which moves to another file is recognised as the same one.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::document::Scalar;
use crate::problem::Problem;
use crate::source::{Location, SourceId, Span, fnv1a};

/// Everything one side of a review sets.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Sorted by identity, then by file. What both sides have alike is one value for both.
    pub resources: Vec<Arc<Resource>>,
    /// What had to be said about values that are files themselves, with the file they stand in.
    pub problems: Vec<(SourceId, Problem)>,
}

/// Index of a resource in [`Settings`].
pub type ResourceIndex = usize;

/// One setting of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SettingRef {
    /// Index into [`Settings::resources`].
    pub resource: u32,
    /// Index into [`Resource::settings`].
    pub setting: u32,
}

/// A thing that settings belong to: a Kubernetes object, a Compose service, or a plain file.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Who it is.
    pub id: ResourceId,
    /// The file it stands in.
    pub source: SourceId,
    /// That file's path, relative to the side's root: what both sides know it by.
    pub path: String,
    /// Where it runs, as far as path, namespace and names tell.
    pub environment: Environment,
    /// Its values, sorted by path; paths are unique.
    pub settings: Vec<Setting>,
    /// Groups of settings that a process reads together.
    pub units: Vec<Unit>,
    /// What the platform knows about its role.
    pub shape: Shape,
    /// Whether it is deployed as it is written.
    pub standing: Standing,
}

impl Resource {
    /// Whether one of its values is encrypted where it is written: by SOPS or Ansible Vault, or as the payload of a sealed secret.
    #[must_use]
    pub fn is_encrypted(&self, setting: &Setting) -> bool {
        setting.value.is_encrypted()
            || self.id.kind == "SealedSecret" && setting.path.to_string().starts_with("spec.encryptedData")
    }
}

/// How a resource gets to where it runs.
///
/// Differences are looked for between what is *written*; what runs is what is written or *effective*, and never *covered*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Standing {
    /// As it is written in its file.
    #[default]
    Written,
    /// Only through a layer (an overlay, a chart with its values, an override) that takes it in or replaces it.
    Covered,
    /// Made by a layer of what others wrote; its settings keep the places where they are written.
    Effective,
}

/// Identity of a resource. Holds no list index and, where the platform gives a name, no file path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId {
    /// `Deployment`, `service` (Compose), `file`; never empty.
    pub kind: String,
    /// Namespace or project; empty where there is none.
    pub namespace: String,
    /// Name; for plain files the path (with `#2` for the second document).
    pub name: String,
    /// The layer that makes it effective: an overlay's folder, a values file; empty for what is written.
    pub layer: String,
}

impl ResourceId {
    /// What is written under these words, without a layer.
    #[must_use]
    pub fn new(kind: &str, namespace: &str, name: &str) -> ResourceId {
        let [kind, namespace, name] = [kind, namespace, name].map(str::to_owned);
        ResourceId { kind, namespace, name, layer: String::new() }
    }

    /// Whether it stands for a whole plain file and not for a named thing.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.kind == "file"
    }
}

impl std::fmt::Display for ResourceId {
    /// `Deployment shop/api`, `service web`, or the file's path; `Deployment shop/api (overlays/prod)` of a layer.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.is_file(), self.namespace.is_empty()) {
            (true, _) => f.write_str(&self.name),
            (false, true) => write!(f, "{} {}", self.kind, self.name),
            (false, false) => write!(f, "{} {}/{}", self.kind, self.namespace, self.name),
        }?;
        // A file that a layer completes goes by its own name.
        let is_said = self.layer.is_empty() || self.is_file() && self.layer == self.name;
        if is_said { Ok(()) } else { write!(f, " ({})", self.layer) }
    }
}

/// One value.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Full key path inside the resource.
    pub path: KeyPath,
    /// The value. An empty list or mapping is the text `[]` or `{}`.
    pub value: Scalar,
    /// The bytes of the value, where a reviewer would edit it.
    pub at: Location,
    /// The bytes of its key in the same file; the value's own span for list items without a key.
    pub key_span: Span,
    /// The group it belongs to, if a process reads it; manifest structure (`spec.replicas`) has none.
    pub unit: Option<u32>,
    /// Its key as the reading process knows it: `spring.datasource.url`, `DB_HOST`; for structure, the printed path.
    pub logical: String,
}

/// Settings that a process reads together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Environment block or configuration file.
    pub kind: UnitKind,
    /// The file's name (`application.properties`) or the container's name for an environment block; may be empty.
    pub name: String,
}

/// How a process gets to see a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitKind {
    /// As environment variables: keys are single names.
    Env,
    /// As a configuration file: keys are paths.
    File,
    /// As the words of its command line, in order.
    Command,
}

/// What a resource is to the connection budget, as the platform reads it. Rules do not look here; facts do.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Runs containers.
    Workload(Box<WorkloadShape>),
    /// Scales a workload.
    Autoscaler(AutoscalerShape),
    /// Gives configuration to workloads by name (ConfigMap, Secret).
    Config(ConfigShape),
    /// Gives a name in the network to workloads.
    Service(ServiceShape),
    /// A file or object with no special role.
    Plain,
}

/// A workload as written. Numbers are indices into the resource's settings.
#[derive(Debug, Clone, Default)]
pub struct WorkloadShape {
    /// `spec.replicas`, `deploy.replicas`, `scale`.
    pub replicas: Option<u32>,
    /// How a new version replaces the old one.
    pub rollout: Rollout,
    /// Labels of its pods, for service selectors; sorted.
    pub labels: Vec<(String, String)>,
    /// Names under which others reach it (Compose: service name, `container_name`, aliases); sorted.
    pub host_names: Vec<String>,
    /// `terminationGracePeriodSeconds`, if written.
    pub grace_seconds: Option<u32>,
    /// Its containers; initContainers carry `init`.
    pub containers: Vec<ContainerShape>,
    /// Whether it runs to completion (Job, CronJob).
    pub job: bool,
    /// `spec.parallelism` of a Job.
    pub parallelism: Option<u32>,
}

/// How a rollout places new pods beside old ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Rollout {
    /// New pods beside old ones; index of the `maxSurge` setting, if written (default 25 %).
    Rolling {
        /// The setting that gives `maxSurge`.
        max_surge: Option<u32>,
    },
    /// As many new copies as there are old ones, before those go: blue/green, ECS, hosted applications.
    Doubled,
    /// Copies come and go with the load, those of both versions during a rollout: functions, Knative revisions. Where
    /// no number is written, nothing bounds them.
    Elastic,
    /// Old ones stop first: Recreate, StatefulSet, DaemonSet, a Compose service.
    #[default]
    InPlace,
}

/// A container as written. Numbers are indices into the resource's settings.
#[derive(Debug, Clone, Default)]
pub struct ContainerShape {
    /// Its name.
    pub name: String,
    /// The image text, if written.
    pub image: Option<u32>,
    /// Command and arguments in order.
    pub command: Vec<u32>,
    /// Unit of its literal environment variables.
    pub env_unit: Option<u32>,
    /// Variables that come from elsewhere.
    pub env_refs: Vec<EnvRef>,
    /// Whole objects or files read as environment, in order of precedence, last wins.
    pub env_from: Vec<ConfigRef>,
    /// Whole objects or files mounted into it.
    pub mounts: Vec<ConfigRef>,
    /// Whether it ends before the others start.
    pub init: bool,
}

/// A variable taken from one key of another object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvRef {
    /// The variable's name.
    pub name: String,
    /// The object.
    pub from: ConfigRef,
    /// The key in it.
    pub key: String,
    /// Where the reference stands.
    pub at: Location,
}

/// A pointer to an object or file that gives configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigRef {
    /// `ConfigMap`, `Secret`, or `file` (Compose `env_file`, a mounted host path).
    pub kind: String,
    /// Its name, or its path relative to the side's root.
    pub name: String,
    /// Prefix put before each key (`envFrom[].prefix`).
    pub prefix: String,
}

/// A HorizontalPodAutoscaler or its like.
#[derive(Debug, Clone, Default)]
pub struct AutoscalerShape {
    /// Kind of the scaled workload.
    pub target_kind: String,
    /// Name of the scaled workload.
    pub target_name: String,
    /// Setting of the least number of replicas.
    pub min: Option<u32>,
    /// Setting of the greatest number of replicas.
    pub max: Option<u32>,
    /// The greatest number where the setting is absent (100 for KEDA), if the platform documents one.
    pub default_max: Option<u64>,
}

/// A ConfigMap or Secret.
#[derive(Debug, Clone, Default)]
pub struct ConfigShape {
    /// Unit of its plain keys (what `envFrom` turns into variables).
    pub env_unit: Option<u32>,
    /// Units of files inside it: file name and unit.
    pub file_units: Vec<(String, u32)>,
}

/// A Service.
#[derive(Debug, Clone, Default)]
pub struct ServiceShape {
    /// Labels it selects; sorted.
    pub selector: Vec<(String, String)>,
    /// `spec.externalName`, if written.
    pub external_name: Option<String>,
}

impl Settings {
    /// Sorts resources by identity and settings by path; of two equal paths the later in the file stays.
    pub fn sort(&mut self) {
        for resource in &self.resources {
            debug_assert!(resource.settings.windows(2).all(|w| match w {
                [a, b] => a.path < b.path,
                _ => true,
            }));
        }
        self.resources.sort_by(|a, b| (&a.id, &a.path).cmp(&(&b.id, &b.path)));
        self.problems.sort();
    }

    /// The setting behind a reference.
    ///
    /// # Panics
    /// If the reference belongs to another side.
    #[must_use]
    pub fn get(&self, at: SettingRef) -> &Setting {
        self.resource_of(at)
            .settings
            .get(at.setting as usize)
            .expect("a setting reference is made from the same settings")
    }

    /// The resource a setting belongs to.
    ///
    /// # Panics
    /// If the reference belongs to another side.
    #[must_use]
    pub fn resource_of(&self, at: SettingRef) -> &Resource {
        self.resources.get(at.resource as usize).expect("a setting reference is made from the same settings")
    }

    /// All settings with their references, in order.
    pub fn iter(&self) -> impl Iterator<Item = (SettingRef, &Resource, &Setting)> {
        self.resources.iter().enumerate().flat_map(|(r, resource)| {
            resource.settings.iter().enumerate().map(move |(s, setting)| {
                let at = SettingRef {
                    resource: u32::try_from(r).unwrap_or(u32::MAX),
                    setting: u32::try_from(s).unwrap_or(u32::MAX),
                };
                (at, resource.as_ref(), setting)
            })
        })
    }
}

impl Resource {
    /// The settings of a unit with their indices.
    pub fn unit_settings(&self, unit: u32) -> impl Iterator<Item = (u32, &Setting)> {
        self.settings
            .iter()
            .enumerate()
            .filter(move |(_, s)| s.unit == Some(unit))
            .map(|(i, s)| (u32::try_from(i).unwrap_or(u32::MAX), s))
    }
}

/// Where a configuration runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Environment {
    /// Users depend on it.
    Production,
    /// A rehearsal for production.
    Staging,
    /// Developers, tests, samples.
    Development,
    /// Nothing tells.
    #[default]
    Unknown,
}

impl Environment {
    /// As the JSON report spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Environment::Production => "production",
            Environment::Staging => "staging",
            Environment::Development => "development",
            Environment::Unknown => "unknown",
        }
    }

    /// Reads the names that the policy file and `--env` use.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Environment> {
        [Environment::Production, Environment::Staging, Environment::Development, Environment::Unknown]
            .into_iter()
            .find(|e| e.as_str() == name)
    }

    /// Guesses from the words of a path, namespace, profile or host name: the last telling word counts.
    ///
    /// Words are runs of letters, so that `production` is found in `apps/production/api` and not in `reproduction`.
    #[must_use]
    pub fn guess(text: &str) -> Option<Environment> {
        let lower = text.to_ascii_lowercase();
        let told = lower.split(|c: char| !c.is_ascii_alphabetic()).rev().find_map(environment_word);
        // A folder of that name holds tests; inside a longer name it is the work of the program.
        told.or_else(|| lower.split('/').any(|step| step == "integration").then_some(Environment::Development))
    }
}

fn environment_word(word: &str) -> Option<Environment> {
    match word {
        "prod" | "prd" | "production" | "live" => Some(Environment::Production),
        "staging" | "stage" | "stg" | "uat" | "preprod" | "preproduction" | "qa" => Some(Environment::Staging),
        "dev" | "develop" | "development" | "test" | "tests" | "testing" | "local" | "sandbox" | "sample"
        | "samples" | "example" | "examples" | "demo" | "ci" => Some(Environment::Development),
        _ => None,
    }
}

/// A path of keys, cheap to compare and to sort: parents come before their children, list items in their order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct KeyPath(String);

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment<'a> {
    /// A mapping key.
    Key(&'a str),
    /// A list item by its own identity (`web` for the container of that name).
    Item(&'a str),
    /// A list item by position: the visible last resort.
    Index(usize),
    /// A key whose value is itself a file.
    Embedded(&'a str),
}

const EMBEDDED: char = '\u{1c}';
const KEY: char = '\u{1d}';
const ITEM: char = '\u{1e}';
const INDEX: char = '\u{1f}';

impl KeyPath {
    /// The path one step further down. Control characters in a key are dropped.
    #[must_use]
    pub fn child(&self, segment: Segment<'_>) -> KeyPath {
        let mut path = KeyPath(String::with_capacity(self.0.len() + 24));
        path.0.push_str(&self.0);
        path.push(segment);
        path
    }

    /// Goes one step down in place.
    pub(crate) fn push(&mut self, segment: Segment<'_>) {
        let (mark, step) = match segment {
            Segment::Key(key) => (KEY, key),
            Segment::Item(item) => (ITEM, item),
            Segment::Embedded(key) => (EMBEDDED, key),
            Segment::Index(index) => {
                self.0.push(INDEX);
                let _ = write!(self.0, "{index:06}");
                return;
            }
        };
        self.0.push(mark);
        let is_mark = |b: u8| (0x1c..=0x1f).contains(&b);
        if step.bytes().any(is_mark) {
            self.0.extend(step.chars().filter(|c| !('\u{1c}'..='\u{1f}').contains(c)));
        } else {
            self.0.push_str(step);
        }
    }

    /// A mark to come back to with [`KeyPath::cut`].
    pub(crate) fn depth_mark(&self) -> usize {
        self.0.len()
    }

    /// Goes back up to where `depth_mark` was taken.
    pub(crate) fn cut(&mut self, mark: usize) {
        self.0.truncate(mark);
    }

    /// Its steps from the root.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = Segment<'_>> {
        let mut steps = Vec::new();
        let mut rest = self.0.as_str();
        while let Some(mark) = rest.chars().next() {
            let body = &rest[mark.len_utf8()..];
            let end = body.find([EMBEDDED, KEY, ITEM, INDEX]).unwrap_or(body.len());
            let (step, next) = body.split_at(end);
            steps.push(match mark {
                KEY => Segment::Key(step),
                ITEM => Segment::Item(step),
                INDEX => Segment::Index(step.parse().unwrap_or(0)),
                _ => Segment::Embedded(step),
            });
            rest = next;
        }
        steps.into_iter()
    }

    /// The last step's text; empty for positions and for the root.
    #[must_use]
    pub fn last(&self) -> &str {
        match self.0.rfind([EMBEDDED, KEY, ITEM, INDEX]) {
            Some(at) if !self.0[at..].starts_with(INDEX) => &self.0[at + 1..],
            _ => "",
        }
    }

    /// Whether this path is `other` or lies below it.
    #[must_use]
    pub fn is_below(&self, other: &KeyPath) -> bool {
        self.0
            .strip_prefix(&other.0)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([EMBEDDED, KEY, ITEM, INDEX]))
    }

    /// A stable number for the path; different paths have different ones but for rare accidents.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        fnv1a(self.0.as_bytes())
    }

    /// Splits at the outermost step by position: the list, the position, and what follows it in sorting order.
    #[must_use]
    pub fn split_position(&self) -> Option<(&str, usize, &str)> {
        let at = self.0.find(INDEX)?;
        let after = &self.0[at + 1..];
        let end = after.find([EMBEDDED, KEY, ITEM, INDEX]).unwrap_or(after.len());
        Some((&self.0[..at], after[..end].parse().unwrap_or(0), &after[end..]))
    }

    /// The path without its last step.
    #[must_use]
    pub fn parent(&self) -> KeyPath {
        let end = self.0.rfind([EMBEDDED, KEY, ITEM, INDEX]).unwrap_or(0);
        KeyPath(self.0[..end].to_owned())
    }
}

impl std::fmt::Display for KeyPath {
    /// `spec.containers[web].env[DB_HOST].value`, `data.application.properties!server.port`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut first = true;
        for segment in self.segments() {
            let dot = if first { "" } else { "." };
            first = false;
            match segment {
                Segment::Key(key) => write!(f, "{dot}{key}")?,
                Segment::Item(item) => write!(f, "[{item}]")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Embedded(key) => {
                    write!(f, "{dot}{key}!")?;
                    first = true;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(steps: &[Segment<'_>]) -> KeyPath {
        steps.iter().fold(KeyPath::default(), |p, s| p.child(*s))
    }

    #[test]
    fn paths_print_as_a_person_would_say_them() {
        let p = path(&[Segment::Key("spec"), Segment::Key("containers"), Segment::Item("web"), Segment::Key("image")]);
        assert_eq!(p.to_string(), "spec.containers[web].image");
        let p = path(&[Segment::Key("data"), Segment::Embedded("app.properties"), Segment::Key("server.port")]);
        assert_eq!(p.to_string(), "data.app.properties!server.port");
        assert_eq!((p.last(), p.parent().last()), ("server.port", "app.properties"));
    }

    #[test]
    fn list_positions_sort_as_numbers() {
        assert!(path(&[Segment::Index(2)]) < path(&[Segment::Index(10)]));
    }

    #[test]
    fn a_position_splits_a_path() {
        let list = path(&[Segment::Key("args")]);
        let p = list.child(Segment::Index(12)).child(Segment::Key("name"));
        let (before, position, after) = p.split_position().expect("it has a position");
        assert_eq!((before, position), (list.0.as_str(), 12));
        assert_eq!(list.child(Segment::Key("name")).0.strip_prefix(&list.0), Some(after));
        assert_eq!(list.split_position(), None);
    }

    #[test]
    fn a_path_is_below_its_parents_only() {
        let a = path(&[Segment::Key("pool")]);
        assert!(a.child(Segment::Key("max")).is_below(&a));
        assert!(!path(&[Segment::Key("pooler")]).is_below(&a));
    }

    #[test]
    fn environments_are_words_and_not_substrings() {
        assert_eq!(Environment::guess("apps/prod-eu/api.yaml"), Some(Environment::Production));
        assert_eq!(Environment::guess("reproduction/latest.yaml"), None);
        assert_eq!(Environment::guess("integration/pools.toml"), Some(Environment::Development));
        assert_eq!(Environment::guess("prod/integration-api.yaml"), Some(Environment::Production));
        assert_eq!(Environment::guess("application-staging.yml"), Some(Environment::Staging));
    }
}
