//! What the settings refer to, and what there is to refer to: keys of ConfigMaps and Secrets, variables of a container,
//! declarations of Terraform, of Hiera, of an `.env` file or of properties.
//!
//! In: all settings of one side. Out: [`References`], which answers for any reference whether the tree holds its target.
//! A tree is seldom whole: what is simply not there is [`Found::Missing`], of which only a comparison with the other side
//! or a nearly equal name makes a mistake. Where an object is there and may hold more than is seen, the answer is
//! [`Found::Unknown`].

mod objects;
mod text;

pub use text::{Atom, Notation, atoms, only_name};

use std::collections::{BTreeMap, BTreeSet};

use crate::connection;
use crate::setting::{KeyPath, Resource, Segment, Setting, SettingRef, Settings, Shape, Standing};
use crate::source::{Location, SourceId, Sources};

use self::objects::Object;

/// Who answers to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Space {
    /// A ConfigMap of the namespace.
    ConfigMap,
    /// A Secret of the namespace.
    Secret,
    /// The variables of a container.
    Container,
    /// The declarations of a Terraform module.
    Terraform,
    /// The keys of the Hiera data.
    Hiera,
    /// The files of a folder: `.env` for Compose, properties for Spring.
    Files,
    /// The values of a Helm chart.
    Values,
}

impl Space {
    /// What the target is called in a sentence.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Space::ConfigMap => "ConfigMap",
            Space::Secret => "Secret",
            Space::Container | Space::Files => "variable",
            Space::Terraform => "declaration",
            Space::Hiera => "key",
            Space::Values => "value",
        }
    }
}

/// One reference with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The setting that holds it.
    pub setting: SettingRef,
    /// The bytes of the name (of the key, where an object's key is meant).
    pub at: Location,
    /// Who answers to it.
    pub space: Space,
    /// Where the name holds: a namespace, a container, a folder.
    pub scope: String,
    /// The name: an object's, a variable's, an address.
    pub name: String,
    /// The key in the object, if one is meant.
    pub key: Option<String>,
    /// Whether nothing happens without a target: it is marked optional, or has a default.
    pub optional: bool,
    /// The key whose value comes from it: the variable's name, or the logical key of the setting.
    pub reader: String,
    /// Who holds it: the resource and the path in it.
    pub owner: String,
}

/// What a side has to say about a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The target is in the tree.
    Here,
    /// It cannot be told.
    Unknown,
    /// The object is in the tree, and the key is not in it; a container has no such variable. With the nearest key.
    NoSuchKey(Option<String>),
    /// Nothing of the name is in the tree. With the object whose name is a slip away, if there is one.
    Missing(Option<String>),
    /// The variable is defined further down, where it comes too late.
    Late(Location),
}

/// All references of a side and all that can be referred to.
#[derive(Debug, Clone, Default)]
pub struct References {
    /// In the order of the settings.
    pub uses: Vec<Reference>,
    objects: BTreeMap<(Space, String), Vec<Object>>,
    containers: BTreeMap<String, Container>,
    names: BTreeMap<(Space, String), BTreeSet<String>>,
    /// The same without their scopes.
    anywhere: BTreeMap<Space, BTreeSet<String>>,
}

/// The variables of one container.
#[derive(Debug, Clone, Default)]
struct Container {
    /// Where each is defined.
    variables: BTreeMap<String, Location>,
    /// Objects whose keys are variables too: kind, namespace, name, prefix.
    from: Vec<(Space, String, String, String)>,
    /// Names that those objects give.
    given: BTreeSet<String>,
    /// Whether there may be more than is seen.
    open: bool,
}

/// Collects what refers and what is referred to.
pub(super) fn references(sources: &Sources, settings: &Settings) -> References {
    // Looked up once a file: a file may hold thousands of resources.
    let templates: BTreeSet<SourceId> =
        sources.iter().filter(|(_, source)| source.text.contains("{{")).map(|(id, _)| id).collect();
    let mut found = References { objects: objects::objects(&templates, settings), ..References::default() };
    for (at, resource) in settings.resources.iter().enumerate() {
        found.declare(resource);
        let chart = chart_of(&resource.path);
        // What a layer takes in is referred to as the layer makes it, but templates are read as they are written.
        if resource.standing == Standing::Covered && chart.is_none() {
            continue;
        }
        let is_template = templates.contains(&resource.source);
        for (index, setting) in resource.settings.iter().enumerate() {
            let (Ok(r), Ok(s)) = (u32::try_from(at), u32::try_from(index)) else { break };
            let here = Here { at: SettingRef { resource: r, setting: s }, resource, setting, is_template };
            match chart {
                Some(chart) if resource.standing != Standing::Effective => found.note_values(&here, chart),
                _ => {}
            }
            if resource.standing != Standing::Covered {
                found.note(&here);
            }
        }
    }
    found.fill_containers();
    for ((space, _), names) in &found.names {
        found.anywhere.entry(*space).or_default().extend(names.iter().cloned());
    }
    found
}

/// A setting in its resource.
struct Here<'a> {
    at: SettingRef,
    resource: &'a Resource,
    setting: &'a Setting,
    is_template: bool,
}

impl Here<'_> {
    fn reference(&self, space: Space, scope: &str, name: &str) -> Reference {
        Reference {
            setting: self.at,
            at: self.setting.at,
            space,
            scope: scope.to_owned(),
            name: name.to_owned(),
            key: None,
            optional: false,
            reader: self.setting.logical.clone(),
            owner: format!("{} {}", self.resource.id, self.setting.path),
        }
    }

    /// The text of a neighbour under the same parent.
    fn beside(&self, key: &str) -> Option<&Setting> {
        let path = self.setting.path.parent().child(Segment::Key(key));
        let settings = &self.resource.settings;
        settings.get(settings.binary_search_by(|s| s.path.cmp(&path)).ok()?)
    }

    fn is_optional(&self) -> bool {
        self.beside("optional").is_some_and(|s| s.value.text == "true")
    }

    fn folder(&self) -> &str {
        folder(&self.resource.path)
    }
}

/// The chart that a template belongs to.
fn chart_of(path: &str) -> Option<&str> {
    path.split_once("/templates/").map(|(chart, _)| chart).or_else(|| path.starts_with("templates/").then_some(""))
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The variable of a container that a setting defines or describes, and the path of the container.
fn variable_at(path: &KeyPath) -> Option<(String, KeyPath)> {
    let segments: Vec<Segment<'_>> = path.segments().collect();
    let at = segments.windows(2).rposition(|w| matches!(w, [Segment::Key("env"), Segment::Item(_)]))?;
    let Some(Segment::Item(name)) = segments.get(at + 1) else { return None };
    // Of two variables of one name the second is numbered.
    let name = name.split_once('#').map_or(*name, |(name, _)| name);
    let container = segments.iter().take(at).fold(KeyPath::default(), |path, step| path.child(*step));
    Some((name.to_owned(), container))
}

impl References {
    /// Notes what a setting refers to, and what it defines inside a container.
    fn note(&mut self, here: &Here<'_>) {
        if let Some(reference) = object_reference(here) {
            let is_whole = reference.key.is_none();
            let list = here.setting.path.parent().parent().parent();
            if is_whole && list.segments().next_back() == Some(Segment::Key("envFrom")) {
                self.env_from(here, &reference, &list.parent());
            }
            self.uses.push(reference);
            return;
        }
        let is_workload = matches!(here.resource.shape, Shape::Workload(_)) && here.resource.id.kind != "service";
        if is_workload {
            self.note_variable(here);
        }
        let text = here.setting.value.text.as_str();
        if text.len() > 4096 || !text.contains(['$', '%']) {
            return;
        }
        for atom in atoms(text) {
            let place = here.setting.value.place(atom.range.clone(), here.setting.at.source);
            for name in &atom.names {
                let made = match atom.notation {
                    Notation::Container if is_workload => self.of_container(here, name),
                    Notation::Dollar => of_dollar(here, name),
                    Notation::Hiera if name.contains("::") && !name.starts_with("::") => {
                        Some(here.reference(Space::Hiera, "", name))
                    }
                    _ => None,
                };
                self.uses.extend(made.map(|made| Reference { at: place, optional: atom.has_default, ..made }));
            }
        }
    }

    /// `{{ .Values.db.host }}` in a template of the chart.
    fn note_values(&mut self, here: &Here<'_>, chart: &str) {
        let text = here.setting.value.text.as_str();
        if !text.contains(".Values.") || text.len() > 4096 {
            return;
        }
        for atom in atoms(text).into_iter().filter(|atom| atom.notation == Notation::Template) {
            let at = here.setting.value.place(atom.range.clone(), here.setting.at.source);
            let names = atom.names.iter().filter_map(|name| name.split_once(".Values.")?.1.into());
            // Where several values are asked for, one stands in for another.
            let optional = atom.has_default || atom.names.len() > 1;
            let reference = |name: &str| Reference { at, optional, ..here.reference(Space::Values, chart, name) };
            self.uses.extend(names.map(reference));
        }
    }

    fn env_from(&mut self, here: &Here<'_>, reference: &Reference, container: &KeyPath) {
        let item = here.setting.path.parent().parent();
        let prefix = item.child(Segment::Key("prefix"));
        let prefix = here.resource.settings.iter().find(|s| s.path == prefix).map(|s| s.value.text.to_string());
        let container = self.containers.entry(scope_of(here.resource, container)).or_default();
        let scope = (reference.space, reference.scope.clone(), reference.name.clone(), prefix.unwrap_or_default());
        container.from.push(scope);
    }

    fn note_variable(&mut self, here: &Here<'_>) {
        let segments: Vec<Segment<'_>> = here.setting.path.segments().collect();
        // A list of sources that is templated, or an item without a name, may hold anything.
        let odd = segments.windows(2).any(|w| matches!(w, [Segment::Key("env"), Segment::Index(_)]));
        let Some((name, container)) = variable_at(&here.setting.path) else {
            if odd && let Some(at) = segments.iter().position(|s| *s == Segment::Key("env")) {
                let path = segments.iter().take(at).fold(KeyPath::default(), |path, s| path.child(*s));
                self.containers.entry(scope_of(here.resource, &path)).or_default().open = true;
            }
            return;
        };
        let container = self.containers.entry(scope_of(here.resource, &container)).or_default();
        container.open |= odd || here.is_template;
        // The first place of an item is as good as any: only the order of items matters.
        let known = container.variables.entry(name).or_insert(here.setting.at);
        if known.source == here.setting.at.source && here.setting.at.span.start < known.span.start {
            *known = here.setting.at;
        }
    }

    /// `$(NAME)` in a variable, a command or its arguments.
    fn of_container(&mut self, here: &Here<'_>, name: &str) -> Option<Reference> {
        let is_variable = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        // Kubernetes gives the addresses of its services to every container.
        let is_given =
            ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT", "_TCP", "_UDP"].iter().any(|end| name.ends_with(end))
                || name.contains("_SERVICE_PORT_")
                || name.contains("_TCP_");
        if !name.bytes().all(is_variable) || is_given && !name.starts_with("DB_") {
            return None;
        }
        let path = &here.setting.path;
        let (reader, container) = match variable_at(path) {
            Some(found) => found,
            None => {
                let list = path.parent();
                let is_word = matches!(list.last(), "args" | "command");
                is_word.then(|| (here.setting.logical.clone(), list.parent()))?
            }
        };
        let scope = scope_of(here.resource, &container);
        if here.is_template {
            self.containers.entry(scope.clone()).or_default().open = true;
        }
        Some(Reference { reader, ..here.reference(Space::Container, &scope, name) })
    }

    /// Notes the names that a resource gives to others.
    fn declare(&mut self, resource: &Resource) {
        let id = &resource.id;
        let address = match id.kind.as_str() {
            "variable" => Some(format!("var.{}", id.name)),
            "local" => Some(format!("local.{}", id.name)),
            "module" => Some(format!("module.{}", id.name)),
            "data" => Some(format!("data.{}", id.name)),
            "resource" => Some(id.name.clone()),
            _ => None,
        };
        if let Some(address) = address {
            self.names.entry((Space::Terraform, id.namespace.clone())).or_default().insert(address);
            return;
        }
        if !id.is_file() {
            return;
        }
        let file = resource.path.rsplit('/').next().unwrap_or("");
        let is_values = file.starts_with("values") && (file.ends_with(".yaml") || file.ends_with(".yml"));
        // Samples are copied before use; what they hold is read by nobody.
        let is_sample = ["example", "sample", "template", "dist"].iter().any(|word| file.contains(word));
        let is_env = !is_sample && (file == ".env" || file.starts_with(".env.") || file.ends_with(".env"));
        let is_properties =
            file.ends_with(".properties") || file.starts_with("application") || file.starts_with("bootstrap");
        for setting in &resource.settings {
            if let Some(Segment::Key(first)) =
                setting.path.segments().next().filter(|s| matches!(s, Segment::Key(k) if k.contains("::")))
            {
                self.names.entry((Space::Hiera, String::new())).or_default().insert(first.to_owned());
            } else if is_values {
                let scope = (Space::Values, folder(&resource.path).to_owned());
                self.names.entry(scope).or_default().insert(setting.path.to_string());
            } else if is_env || is_properties {
                let scope = (Space::Files, folder(&resource.path).to_owned());
                self.names.entry(scope).or_default().insert(setting.logical.clone());
            }
        }
    }

    /// Whether the target of a reference, of this side or the other, is there.
    #[must_use]
    pub fn find(&self, reference: &Reference) -> Found {
        match reference.space {
            Space::ConfigMap | Space::Secret => self.find_object(reference),
            Space::Container => self.find_variable(reference),
            Space::Values => {
                let names = self.names.get(&(reference.space, reference.scope.clone()));
                if names.is_some_and(|names| has_value(names, &reference.name)) {
                    Found::Here
                } else {
                    Found::Missing(None)
                }
            }
            Space::Terraform | Space::Hiera | Space::Files => {
                let names = self.names.get(&(reference.space, reference.scope.clone()));
                let is_here = names.is_some_and(|names| names.contains(&reference.name));
                // Of what a tree does not hold, the nearest name it holds says little.
                if is_here { Found::Here } else { Found::Missing(None) }
            }
        }
    }

    /// Whether something in the tree, anywhere, is called so: an object, a declaration, a value of a chart.
    #[must_use]
    pub fn declares(&self, name: &str) -> bool {
        let value = name.split_once(".Values.").map(|(_, path)| path);
        let address = terraform_address(name);
        let is_name = |(space, names): (&Space, &BTreeSet<String>)| match (space, value) {
            (Space::Values, Some(path)) => has_value(names, path),
            (Space::Values, None) => false,
            (Space::Terraform, _) => address.as_ref().is_some_and(|address| names.contains(address)),
            _ => names.contains(name),
        };
        let is_object = |space| self.objects.contains_key(&(space, name.to_owned()));
        is_object(Space::Secret) || is_object(Space::ConfigMap) || self.anywhere.iter().any(is_name)
    }

    /// The keys of an object, if all of them are seen.
    fn keys_of(&self, space: Space, namespace: &str, name: &str) -> Option<BTreeSet<&str>> {
        let found = self.objects_of(space, namespace, name);
        let all_seen = !found.is_empty() && found.iter().all(|o| !o.open);
        all_seen.then(|| found.iter().flat_map(|o| &o.keys).map(String::as_str).collect())
    }

    fn objects_of(&self, space: Space, namespace: &str, name: &str) -> Vec<&Object> {
        let all = self.objects.get(&(space, name.to_owned())).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(|o| o.is_in(namespace)).collect()
    }

    /// Keys of the object that a reference means, for whoever wants to know what went with it.
    #[must_use]
    pub fn keys(&self, reference: &Reference) -> Vec<String> {
        let found = self.objects_of(reference.space, &reference.scope, &reference.name);
        found.iter().flat_map(|o| o.keys.iter().cloned()).collect()
    }

    fn find_object(&self, reference: &Reference) -> Found {
        let (space, namespace, name) = (reference.space, reference.scope.as_str(), reference.name.as_str());
        if self.objects_of(space, namespace, name).is_empty() {
            let others =
                self.objects.iter().filter(|((s, _), all)| *s == space && all.iter().any(|o| o.is_in(namespace)));
            return Found::Missing(slip(others.map(|((_, name), _)| name.as_str()), name));
        }
        let Some(key) = &reference.key else { return Found::Here };
        match self.keys_of(space, namespace, name) {
            Some(keys) if keys.contains(key.as_str()) => Found::Here,
            Some(keys) => Found::NoSuchKey(nearest(keys.into_iter(), key)),
            None => Found::Unknown,
        }
    }

    /// Looks up what the objects that containers take in give to them.
    fn fill_containers(&mut self) {
        let mut containers = std::mem::take(&mut self.containers);
        for container in containers.values_mut() {
            for (space, namespace, name, prefix) in &container.from {
                match self.keys_of(*space, namespace, name) {
                    Some(keys) => container.given.extend(keys.iter().map(|key| format!("{prefix}{key}"))),
                    None => container.open = true,
                }
            }
        }
        self.containers = containers;
    }

    fn find_variable(&self, reference: &Reference) -> Found {
        let Some(container) = self.containers.get(&reference.scope) else { return Found::Unknown };
        let (defined, given) = (container.variables.get(&reference.name), &container.given);
        let is_seen = !container.open;
        if given.contains(&reference.name) {
            return Found::Here;
        }
        let Some(place) = defined else {
            let known = container.variables.keys().chain(given).map(String::as_str);
            return if is_seen { Found::NoSuchKey(nearest(known, &reference.name)) } else { Found::Unknown };
        };
        // Arguments see all variables, and a variable those above it.
        let is_variable = variable_of_owner(&reference.owner);
        if !is_variable || place.source != reference.at.source || place.span.start < reference.at.span.start {
            return Found::Here;
        }
        let is_itself = reference.reader == reference.name;
        if is_seen && !is_itself { Found::Late(*place) } else { Found::Unknown }
    }
}

/// Whether values hold a path: itself, something below it, or a part of it that is a text or empty.
fn has_value(names: &BTreeSet<String>, path: &str) -> bool {
    let below = format!("{path}.");
    let is_below = names.range::<String, _>(&below..).next().is_some_and(|name| name.starts_with(&below));
    let listed = format!("{path}[");
    let is_listed = names.range::<String, _>(&listed..).next().is_some_and(|name| name.starts_with(&listed));
    let above = path.match_indices('.').filter_map(|(at, _)| path.get(..at));
    names.contains(path) || is_below || is_listed || above.into_iter().any(|above| names.contains(above))
}

/// Whether the holder of a reference is a variable and no argument.
fn variable_of_owner(owner: &str) -> bool {
    owner.ends_with("].value")
}

fn scope_of(resource: &Resource, container: &KeyPath) -> String {
    format!("{} {container}", resource.id)
}

/// A ConfigMap or Secret that a setting names.
fn object_reference(here: &Here<'_>) -> Option<Reference> {
    let path = &here.setting.path;
    let last = path.last();
    if !matches!(last, "name" | "secretName") {
        return None;
    }
    let parent = path.parent();
    if last == "name" && parent.parent().segments().next_back() == Some(Segment::Key("valuesFrom")) {
        return values_from(here);
    }
    let (space, has_key) = match (parent.last(), last) {
        ("secretKeyRef", "name") => (Space::Secret, true),
        ("configMapKeyRef", "name") => (Space::ConfigMap, true),
        ("secretRef", "name") => (Space::Secret, false),
        ("configMapRef" | "configMap", "name") => (Space::ConfigMap, false),
        ("secret", "secretName") => (Space::Secret, false),
        _ => return None,
    };
    let name = here.setting.value.text.trim();
    // Whole objects are taken in by lists of a pod; `secretRef` elsewhere is an operator's own word.
    let in_pod = path.segments().any(|s| matches!(s, Segment::Key("envFrom" | "volumes" | "sources")));
    if name.is_empty() || !atoms(name).is_empty() || name.contains("{{") || !has_key && !in_pod {
        return None;
    }
    let reader = variable_at(path).map(|(name, _)| name);
    let reference = here.reference(space, &here.resource.id.namespace, name);
    let taken_in = || ["envFrom", "volumes"].into_iter().find(|list| path.segments().any(|s| s == Segment::Key(list)));
    let reader = reader.or_else(|| reader_above(path)).unwrap_or_else(|| taken_in().unwrap_or(name).to_owned());
    if !has_key {
        return Some(Reference { optional: here.is_optional(), reader, ..reference });
    }
    let key = here.beside("key")?;
    if key.value.text.contains("{{") {
        return None;
    }
    Some(Reference {
        key: Some(key.value.text.to_string()),
        at: key.at,
        optional: here.is_optional(),
        reader,
        ..reference
    })
}

/// Values of a HelmRelease that come from a key of an object: `values.yaml` where none is named.
fn values_from(here: &Here<'_>) -> Option<Reference> {
    let space = match here.beside("kind")?.value.text.as_str() {
        "Secret" => Space::Secret,
        "ConfigMap" => Space::ConfigMap,
        _ => return None,
    };
    let name = here.setting.value.text.trim();
    if name.is_empty() || name.contains(['$', '{']) {
        return None;
    }
    let (key, target) = (here.beside("valuesKey"), here.beside("targetPath"));
    let reader = target.map_or("valuesFrom", |t| t.value.text.as_str()).to_owned();
    let reference = here.reference(space, &here.resource.id.namespace, name);
    Some(Reference {
        key: Some(key.map_or("values.yaml", |k| k.value.text.as_str()).to_owned()),
        at: key.map_or(here.setting.at, |k| k.at),
        optional: here.is_optional(),
        reader,
        ..reference
    })
}

/// The key that gets its value from `valueFrom` in a mapping: `env.DB_HOST.valueFrom.secretKeyRef.name`.
fn reader_above(path: &KeyPath) -> Option<String> {
    let segments: Vec<Segment<'_>> = path.segments().collect();
    let at = segments.iter().position(|s| *s == Segment::Key("valueFrom"))?;
    match segments.get(at.checked_sub(1)?)? {
        Segment::Key(name) | Segment::Item(name) => Some((*name).to_owned()),
        _ => None,
    }
}

/// `${…}`: Terraform by its file, else the files of the folder.
fn of_dollar(here: &Here<'_>, name: &str) -> Option<Reference> {
    let path = here.resource.path.as_str();
    if path.ends_with(".tf") || path.ends_with(".tf.json") {
        let address = terraform_address(name)?;
        return Some(here.reference(Space::Terraform, here.folder(), &address));
    }
    let is_plain = here.resource.id.is_file() || here.resource.id.kind == "service";
    is_plain.then(|| here.reference(Space::Files, here.folder(), name))
}

/// The part of a traversal that is declared in the module: `var.x`, `module.x`, `aws_db_instance.x`, `data.t.n`.
fn terraform_address(name: &str) -> Option<String> {
    let steps: Vec<&str> = name.split('.').collect();
    match steps.as_slice() {
        ["data", kind, name, ..] => Some(format!("data.{kind}.{name}")),
        [kind @ ("var" | "local" | "module"), name, ..] => Some(format!("{kind}.{name}")),
        [kind, name, ..] if kind.contains('_') => Some(format!("{kind}.{name}")),
        _ => None,
    }
}

/// Most names that are compared with one; bounds the work on trees full of alike names.
const MOST_COMPARED: usize = 512;

/// Of the names that are there, the one of which `name` is a slip.
fn slip<'t>(known: impl Iterator<Item = &'t str>, name: &str) -> Option<String> {
    let near = known.filter(|k| k.len().abs_diff(name.len()) <= 2).take(MOST_COMPARED);
    let slips = near.filter_map(|k| Some((connection::host_typo(k, name)?.distance, k)));
    slips.min().map(|(_, k)| k.to_owned())
}

/// The most alike of the names that are there, if it is alike at all.
fn nearest<'t>(known: impl Iterator<Item = &'t str>, name: &str) -> Option<String> {
    let enough = name.len() / 2;
    let near = known.filter(|k| k.len().abs_diff(name.len()) <= enough.max(2) && k.len() < 256).take(MOST_COMPARED);
    let near = near.map(|k| (strsim::osa_distance(&k.to_ascii_lowercase(), &name.to_ascii_lowercase()), k));
    near.min().filter(|(distance, _)| *distance <= enough.max(2)).map(|(_, k)| k.to_owned())
}

#[cfg(test)]
mod tests;
