//! Which addresses the settings hold: whole connection strings, and endpoints spread over several keys.
//!
//! In: all settings and scopes. Out: endpoints with each part's exact place. A part spread over keys keeps its setting.

use std::collections::{BTreeMap, BTreeSet};

use crate::connection::{self, ConnectionString, Engine, PartKey, PartRole};
use crate::document::Scalar;
use crate::facts::{Endpoint, EndpointKey, EndpointPart, Entry, Meaning, Scope};
use crate::facts::{aliases, bare};
use crate::placeholder;
use crate::secret::Redactor;
use crate::setting::{Resource, Setting, SettingRef, Settings, Standing};
use crate::source::{Location, SourceId, fnv1a};

/// Endpoints and what each setting turned out to be.
pub(super) struct Found {
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) meanings: BTreeMap<SettingRef, Meaning>,
}

/// Finds all endpoints of a side. `scopes` tell which workloads read which setting.
pub(super) fn endpoints(settings: &Settings, scopes: &[Scope]) -> Found {
    let readers = readers(scopes);
    let mut found = Found { endpoints: Vec::new(), meanings: BTreeMap::new() };
    let mut groups: BTreeMap<(u32, Option<u32>, String), Vec<Spread>> = BTreeMap::new();
    for (at, resource, setting) in settings.iter() {
        if setting.value.is_encrypted() {
            found.meanings.entry(at).or_default().secret = true;
            continue;
        }
        if is_payload(resource, setting) || Redactor::is_secret_key(&setting.logical) {
            found.meanings.entry(at).or_default().secret = !is_reference(&setting.value.text);
        }
        if let Some(string) = connection_string(setting) {
            let key = key_name(setting);
            let endpoint = from_string(resource, key, &setting.value, setting.at, at, string);
            found.add(endpoint);
        } else if let Some(part) = part_of_group(setting) {
            let group = (at.resource, setting.unit, part.group.clone());
            groups.entry(group).or_default().push(Spread { part, at, value: &setting.value, place: setting.at });
        } else if let Some(engine) = aliases::engine(resource, setting) {
            found.add_alias(resource, setting, at, engine);
        }
    }
    for ((_, _, name), parts) in groups {
        found.add_group(settings, &name, &parts);
    }
    found.add_bare(settings);
    for scope in scopes {
        found.add_arguments(settings, scope);
    }
    found.endpoints.sort_by(|a, b| (&a.key, a.at).cmp(&(&b.key, b.at)));
    found.mark_superseded(settings);
    for (index, endpoint) in found.endpoints.iter_mut().enumerate() {
        endpoint.workloads = readers.get(&endpoint.setting).cloned().unwrap_or_default();
        for part in &endpoint.parts {
            found.meanings.entry(part.setting).or_default().endpoint = Some(index);
        }
    }
    found
}

/// Which workloads read a setting.
fn readers(scopes: &[Scope]) -> BTreeMap<SettingRef, Vec<usize>> {
    let mut readers: BTreeMap<SettingRef, Vec<usize>> = BTreeMap::new();
    for scope in scopes {
        let Some((workload, _)) = scope.owner else { continue };
        for entry in &scope.entries {
            let list = readers.entry(entry.setting).or_default();
            if list.last() != Some(&workload) {
                list.push(workload);
            }
        }
    }
    readers
}

/// Whether a value points at a secret, or says that there is none, instead of being one.
fn is_reference(text: &str) -> bool {
    matches!(text.trim(), "" | "null") || placeholder::is_reference(text)
}

/// Whether a setting is what an object keeps secret.
fn is_payload(resource: &Resource, setting: &Setting) -> bool {
    match resource.id.kind.as_str() {
        "Secret" => !is_frame(setting),
        "SealedSecret" => resource.is_encrypted(setting),
        _ => false,
    }
}

/// What every object has around its payload: its name is no secret, though that of a Secret.
fn is_frame(setting: &Setting) -> bool {
    let path = setting.path.to_string();
    let frame = ["metadata.name", "metadata.namespace", "apiVersion", "kind", "type"].contains(&path.as_str());
    frame || path.starts_with("metadata.labels.")
}

/// Keys that name an address of something else than a server that takes connections.
fn is_not_an_address(setting: &Setting) -> bool {
    // An image reference or an annotation may look like `host:port/name`.
    let last = setting.path.last();
    matches!(last, "image" | "repository" | "$schema" | "apiVersion" | "kind")
}

fn connection_string(setting: &Setting) -> Option<ConnectionString> {
    let text = setting.value.text.as_str();
    if is_not_an_address(setting) || !text.contains([':', '=']) {
        return None;
    }
    connection::parse(text, Some(&setting.logical))
}

fn from_string(
    resource: &Resource,
    name: String,
    value: &Scalar,
    written: Location,
    at: SettingRef,
    string: ConnectionString,
) -> Endpoint {
    let source = written.source;
    let mut parts = Vec::new();
    for part in string.parts() {
        parts.push(EndpointPart {
            role: part.role,
            secret_mark: if part.text.is_none() { mark(value, part.range.clone()) } else { 0 },
            text: part.text,
            at: place(value, source, part.range),
            setting: at,
        });
    }
    Endpoint {
        key: EndpointKey { owner: resource.id.to_string(), name },
        engine: string.dialect.engine,
        string: Some(string),
        parts,
        setting: at,
        superseded: false,
        at: written,
        environment: resource.environment,
        workloads: Vec::new(),
        server: None,
        pooler: None,
        of_pooler: false,
        user: None,
    }
}

/// The path of an alias without the item that is its own name, so that one record of a list is the same when it leads
/// elsewhere.
fn place_of(setting: &Setting) -> String {
    let path = setting.path.to_string();
    path.strip_suffix(&format!("[{}]", setting.value.text)).map_or(path.clone(), str::to_owned)
}

/// The key as a reader knows it; structure keeps its full path, so that two arguments stay apart.
fn key_name(setting: &Setting) -> String {
    if setting.unit.is_some() { setting.logical.clone() } else { setting.path.to_string() }
}

fn mark(value: &Scalar, range: std::ops::Range<usize>) -> u64 {
    fnv1a(value.text.get(range).unwrap_or("").as_bytes()).max(1)
}

fn place(value: &Scalar, source: SourceId, range: std::ops::Range<usize>) -> Location {
    value.place(range, source)
}

/// A setting that is one part of an endpoint spread over keys.
struct Spread<'a> {
    part: PartKey,
    at: SettingRef,
    value: &'a Scalar,
    place: Location,
}

fn part_of_group(setting: &Setting) -> Option<PartKey> {
    // Structure of a manifest (`spec.ports[].name`) has keys of the same words and is no address.
    setting.unit?;
    let text = setting.value.text.trim();
    if text.contains('\n') || text.len() > 512 {
        return None;
    }
    connection::part_role_for_key(&setting.logical).or_else(|| part_of_item(&setting.logical))
}

/// A part of a list's item, whose own name stands between the words that tell: `xa-datasource[Orders].ServerName`.
fn part_of_item(key: &str) -> Option<PartKey> {
    let (parent, leaf) = key.rsplit_once("].")?;
    let (list, item) = parent.rsplit_once('[')?;
    let (above, name) = list.rsplit_once('.').unwrap_or(("", list));
    let turned = format!("{above}.{item}.{name}");
    let part = connection::part_role_for_key(&format!("{turned}.{leaf}"))?;
    // Where the last word is more than a role it has been looked at already.
    let group = parent.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    (part.group == turned).then(|| PartKey { group: group.to_owned(), ..part })
}

impl Found {
    fn add(&mut self, endpoint: Endpoint) {
        let meaning = self.meanings.entry(endpoint.setting).or_default();
        meaning.role = Some("url".to_owned());
        // Only its secret parts are secret: host, port and name stay readable.
        meaning.secret = false;
        self.endpoints.push(endpoint);
    }

    /// Sections whose keys are bare: `host`, `port`, `database`.
    fn add_bare(&mut self, settings: &Settings) {
        let known = |at| self.meanings.get(&at).is_some_and(|m| m.role.is_some());
        for section in bare::sections(settings, &known) {
            let engine = Some(section.engine).filter(|e| *e != Engine::Unknown);
            let mut parts = Vec::new();
            for &(role, at, setting) in &section.parts {
                let part = PartKey { role, group: section.name.clone(), engine };
                parts.push(Spread { part, at, value: &setting.value, place: setting.at });
            }
            let name = if section.name.is_empty() { "connection" } else { &section.name };
            self.add_group(settings, name, &parts);
        }
    }

    /// Where a name leads to: an endpoint that is a host alone.
    fn add_alias(&mut self, resource: &Resource, setting: &Setting, at: SettingRef, engine: Engine) {
        self.meanings.entry(at).or_default().role = Some("host".to_owned());
        let text = Some(setting.value.text.to_string());
        let host = EndpointPart { role: "host".to_owned(), text, secret_mark: 0, at: setting.at, setting: at };
        self.endpoints.push(Endpoint {
            key: EndpointKey { owner: resource.id.to_string(), name: place_of(setting) },
            engine,
            string: None,
            parts: vec![host],
            setting: at,
            superseded: false,
            at: setting.at,
            environment: resource.environment,
            workloads: Vec::new(),
            server: None,
            user: None,
            pooler: None,
            of_pooler: false,
        });
    }

    /// Addresses among a process's options: `--database-url=…`, `-Ddb.host=…`.
    fn add_arguments(&mut self, settings: &Settings, scope: &Scope) {
        let mut groups: BTreeMap<String, Vec<Spread<'_>>> = BTreeMap::new();
        for (entry, value) in scope.entries.iter().filter_map(|e: &Entry| Some((e, e.part.as_ref()?))) {
            // A word that is an address as a whole is found already.
            if self.meanings.get(&entry.setting).is_some_and(|m| m.role.as_deref() == Some("url"))
                && value.text == settings.get(entry.setting).value.text
            {
                continue;
            }
            let (at, place) = (entry.setting, entry.at(settings));
            if value.text.contains([':', '='])
                && let Some(string) = connection::parse(&value.text, Some(&entry.key))
            {
                let endpoint = from_string(settings.resource_of(at), entry.key.clone(), value, place, at, string);
                let known = |e: &Endpoint| e.at == endpoint.at && e.key == endpoint.key;
                if !self.endpoints.iter().any(known) {
                    self.add(endpoint);
                }
            } else if let Some(part) = connection::part_role_for_key(&entry.key) {
                groups.entry(part.group.clone()).or_default().push(Spread { part, at, value, place });
            }
        }
        for (name, parts) in groups {
            self.add_group(settings, &name, &parts);
        }
    }

    /// An address of a covered resource gives way to the one of the same key, or at the same place, that takes effect.
    fn mark_superseded(&mut self, settings: &Settings) {
        let covered = |e: &Endpoint| settings.resource_of(e.setting).standing == Standing::Covered;
        let effective: Vec<&Endpoint> = self.endpoints.iter().filter(|e| !covered(e)).collect();
        let keys: BTreeSet<&EndpointKey> = effective.iter().map(|e| &e.key).collect();
        let places: BTreeSet<Location> = effective.iter().map(|e| e.at).collect();
        let gives_way = |e: &Endpoint| covered(e) && (keys.contains(&e.key) || places.contains(&e.at));
        let superseded: Vec<bool> = self.endpoints.iter().map(gives_way).collect();
        self.endpoints.iter_mut().zip(superseded).for_each(|(e, superseded)| e.superseded = superseded);
    }

    /// A group with a host is an endpoint; the parts of one without still get their roles.
    fn add_group(&mut self, settings: &Settings, name: &str, spread: &[Spread<'_>]) {
        let mut parts = Vec::new();
        let mut engine = Engine::Unknown;
        for item in spread {
            let text = item.value.text.as_str();
            let role = role_name(item.part.role);
            if let Some(told) = item.part.engine {
                engine = told;
            }
            let secret = item.part.role == PartRole::Password && !is_reference(text);
            let meaning = self.meanings.entry(item.at).or_default();
            meaning.role = Some(role.to_owned());
            // Of a command line only the option is secret, and the part below says so.
            meaning.secret = secret && item.place == settings.get(item.at).at;
            parts.push(EndpointPart {
                role: role.to_owned(),
                text: (!secret).then(|| text.to_owned()),
                secret_mark: if secret { mark(item.value, 0..text.len()) } else { 0 },
                at: item.place,
                setting: item.at,
            });
        }
        let Some(host) = spread.iter().find(|s| s.part.role == PartRole::Host) else { return };
        parts.sort_by_key(|p| (rank(&p.role), p.at));
        if engine == Engine::Unknown {
            let port = parts.iter().find(|p| p.role == "port").and_then(|p| p.text.as_deref());
            engine =
                port.and_then(|p| p.trim().parse().ok()).and_then(connection::port_engine).unwrap_or(Engine::Unknown);
        }
        let resource = settings.resource_of(host.at);
        self.endpoints.push(Endpoint {
            key: EndpointKey { owner: resource.id.to_string(), name: name.to_owned() },
            engine,
            string: None,
            parts,
            setting: host.at,
            superseded: false,
            at: host.place,
            environment: resource.environment,
            workloads: Vec::new(),
            server: None,
            pooler: None,
            of_pooler: false,
            user: None,
        });
    }
}

fn role_name(role: PartRole) -> &'static str {
    match role {
        PartRole::Host => "host",
        PartRole::Port => "port",
        PartRole::Database => "database",
        PartRole::User => "user",
        PartRole::Password => "password",
        PartRole::Url => "url",
        PartRole::TlsMode => "tls_mode",
    }
}

fn rank(role: &str) -> usize {
    ["host", "port", "database", "user", "password", "tls_mode"].iter().position(|r| *r == role).unwrap_or(9)
}
