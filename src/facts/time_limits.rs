//! Which times end connections, statements and requests from outside the pools.
//!
//! In: settings, scopes, servers, workloads. Out: one [`TimeLimit`] for each that is written and is no zero: a server's
//! own (`wait_timeout`), a router's in front of a workload (`proxy-read-timeout`), a program's for its requests
//! (`gunicorn --timeout`). What a default or a cloud sets and no file says is not guessed.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{Ends, ServerKind, ServerTime, Unit, in_unit};
use crate::connection::Engine;
use crate::facts::servers::Sight;
use crate::facts::{Origin, Scope, Server, TimeLimit};
use crate::setting::{Resource, ServiceShape, Setting, SettingRef, Shape, Standing, UnitKind};
use crate::source::Location;

/// All time limits of a side, in order of their places.
pub(super) fn time_limits(sight: &Sight<'_>, servers: &[Server]) -> Vec<TimeLimit> {
    let mut taken = BTreeSet::new();
    let mut found = of_running_servers(sight, servers, &mut taken);
    found.extend(of_configured_servers(sight, servers, &taken));
    found.extend(of_routers(sight));
    found.extend(of_programs(sight));
    found.sort_by(|a, b| (a.at, &a.who, &a.name).cmp(&(b.at, &b.who, &b.name)));
    found
}

/// The servers that run in the tree: their mounted files, then their command line.
fn of_running_servers(sight: &Sight<'_>, servers: &[Server], taken: &mut BTreeSet<SettingRef>) -> Vec<TimeLimit> {
    let mut found = Vec::new();
    for scope in sight.scopes {
        let Some(kind) = scope.image.as_deref().and_then(|image| sight.catalogue.server_of_image(image)) else {
            continue;
        };
        let Some(workload) = scope.owner.and_then(|(w, _)| sight.workloads.get(w)) else { continue };
        let Some(at) = servers.iter().position(|s| s.at == Some(workload.at)) else { continue };
        for time in &kind.times {
            let limit =
                |text: &str, place: Location| server_limit(time, text, place, Some((at, servers.get(at)?)), kind);
            let entry = scope.entries.iter().rev().find(|e| !e.is_env && last(&e.key) == time.key);
            taken.extend(entry.map(|e| e.setting));
            let in_file = entry.and_then(|e| limit(&e.value(sight.settings).text, e.at(sight.settings)));
            let in_command = words(sight, scope).and_then(|words| {
                let texts: Vec<&str> = words.iter().map(|(text, _)| text.as_str()).collect();
                let (index, value) = kind.time_in_words(time, &texts)?;
                limit(value, words.get(index)?.1)
            });
            found.extend(in_command.or(in_file));
        }
    }
    found
}

/// The words of a server's command with their places.
fn words(sight: &Sight<'_>, scope: &Scope) -> Option<Vec<(String, Location)>> {
    let (workload, container) = scope.owner?;
    let resource = sight.settings.resources.get(*sight.resources.get(workload)?)?;
    let Shape::Workload(shape) = &resource.shape else { return None };
    let command = &shape.containers.iter().filter(|c| !c.init).nth(container)?.command;
    let settings = command.iter().filter_map(|&at| resource.settings.get(at as usize));
    let of_setting = |setting: &Setting| -> Vec<(String, Location)> {
        let text = &setting.value.text;
        let word = |word: &str| {
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            let place = setting.value.place(start..start + word.len(), setting.at.source);
            (word.trim_matches(['"', '\'']).to_owned(), place)
        };
        text.split_whitespace().map(word).collect()
    };
    Some(settings.flat_map(of_setting).collect())
}

/// Servers that are only configured: `my.cnf`, a parameter group, an operator's object.
fn of_configured_servers(sight: &Sight<'_>, servers: &[Server], taken: &BTreeSet<SettingRef>) -> Vec<TimeLimit> {
    let keys: BTreeSet<&str> =
        sight.catalogue.servers().iter().flat_map(|k| &k.times).map(|t| t.key.as_str()).collect();
    let mut found = Vec::new();
    for (at, resource, setting) in sight.settings.iter() {
        let key = last(&setting.logical);
        let is_workload = matches!(resource.shape, Shape::Workload(_)) || resource.standing == Standing::Covered;
        if !keys.contains(key) || is_workload || taken.contains(&at) {
            continue;
        }
        let Some(kind) = kind_of(sight, resource, setting) else { continue };
        let Some(time) = kind.times.iter().find(|t| t.key == key) else { continue };
        let server = servers.iter().position(|s| {
            s.limit_setting.is_some_and(|limit| {
                limit.resource == at.resource && parent(&sight.settings.get(limit).logical) == parent(&setting.logical)
            })
        });
        let known = server.and_then(|at| Some((at, servers.get(at)?)));
        let mut limit = server_limit(time, &setting.value.text, setting.at, known, kind);
        if let Some(limit) = limit.as_mut().filter(|_| known.is_none()) {
            limit.environment = resource.environment;
        }
        found.extend(limit);
    }
    found
}

/// The kind of server whose configuration a setting is part of: that to which a limit on connections would belong if it
/// stood in its place.
fn kind_of<'a>(sight: &Sight<'a>, resource: &Resource, setting: &Setting) -> Option<&'a ServerKind> {
    let unit = setting.unit.and_then(|u| resource.units.get(u as usize));
    let is_env = unit.is_some_and(|u| u.kind == UnitKind::Env);
    let context = format!("{} {} {}", sight.sources.get(resource.source).path, resource.id, setting.path);
    let place = setting.path.parent();
    let beside = |name: &str| resource.settings.iter().any(|s| s.path.last() == name && s.path.parent() == place);
    let key = match parent(&setting.logical) {
        "" => "max_connections".to_owned(),
        section => format!("{section}.max_connections"),
    };
    sight.catalogue.server_of_setting(&key, is_env, &context, &beside)
}

fn server_limit(
    time: &ServerTime,
    text: &str,
    at: Location,
    server: Option<(usize, &Server)>,
    kind: &ServerKind,
) -> Option<TimeLimit> {
    let millis = in_unit(time.unit, text).filter(|ms| *ms > 0)?;
    Some(TimeLimit {
        ends: time.ends,
        who: server.map_or_else(|| kind.name.clone(), |(_, server)| server.id.clone()),
        name: time.key.clone(),
        millis,
        server: server.map(|(at, _)| at),
        workloads: Vec::new(),
        engine: Engine::from_name(&kind.id).unwrap_or(Engine::Unknown),
        says: time.says.clone(),
        environment: server.map(|(_, server)| server.environment).unwrap_or_default(),
        at,
    })
}

/// What a router in front of workloads allows a request: kind of object, last segment of the key, unit.
const ROUTERS: &[(&str, &str, Unit)] = &[
    // https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#custom-timeouts
    ("Ingress", "proxy-read-timeout", Unit::Seconds),
    // https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute
    ("VirtualService", "timeout", Unit::Duration),
    // https://gateway-api.sigs.k8s.io/guides/http-timeouts/
    ("HTTPRoute", "request", Unit::Duration),
];

fn of_routers(sight: &Sight<'_>) -> Vec<TimeLimit> {
    let mut found = Vec::new();
    let mut services = None;
    for resource in sight.settings.resources.iter().filter(|r| r.standing != Standing::Covered) {
        let Some((_, key, unit)) = ROUTERS.iter().find(|(kind, ..)| *kind == resource.id.kind) else { continue };
        let written = |s: &&Setting| s.path.last().rsplit('/').next() == Some(key);
        let Some(setting) = resource.settings.iter().find(written) else { continue };
        let Some(millis) = in_unit(*unit, &setting.value.text).filter(|ms| *ms > 0) else { continue };
        let services = services.get_or_insert_with(|| workloads_of_services(sight));
        let names = resource.settings.iter().filter(|s| names_a_service(s)).map(|s| service_name(&s.value.text));
        let keys = names.map(|name| (resource.id.layer.as_str(), resource.id.namespace.as_str(), name));
        let mut workloads: Vec<usize> = keys.filter_map(|key| services.get(&key)).flatten().copied().collect();
        workloads.sort_unstable();
        workloads.dedup();
        if workloads.is_empty() {
            continue;
        }
        found.push(TimeLimit {
            ends: Ends::Request,
            who: resource.id.to_string(),
            name: (*key).to_owned(),
            millis,
            server: None,
            workloads,
            engine: Engine::Unknown,
            says: "504 Gateway Time-out".to_owned(),
            environment: resource.environment,
            at: setting.at,
        });
    }
    found
}

fn names_a_service(setting: &Setting) -> bool {
    let path = setting.path.to_string();
    path.ends_with("backend.service.name")
        || path.ends_with("backend.serviceName")
        || path.ends_with("destination.host")
        || path.contains("backendRefs") && path.ends_with(".name")
}

/// The first label: `web` of `web.shop.svc.cluster.local`.
fn service_name(host: &str) -> &str {
    host.split('.').next().unwrap_or(host)
}

/// The workloads behind each service: by layer, namespace and name.
fn workloads_of_services<'a>(sight: &Sight<'a>) -> BTreeMap<(&'a str, &'a str, &'a str), Vec<usize>> {
    let mut found: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for service in &sight.settings.resources {
        let Shape::Service(ServiceShape { selector, .. }) = &service.shape else { continue };
        if selector.is_empty() || service.standing == Standing::Covered {
            continue;
        }
        let selected = sight.resources.iter().enumerate().filter(|(_, at)| {
            let Some(resource) = sight.settings.resources.get(**at) else { return false };
            let Shape::Workload(shape) = &resource.shape else { return false };
            let beside = resource.id.namespace == service.id.namespace && resource.id.layer == service.id.layer;
            beside && selector.iter().all(|label| shape.labels.contains(label))
        });
        let key = (service.id.layer.as_str(), service.id.namespace.as_str(), service.id.name.as_str());
        found.entry(key).or_default().extend(selected.map(|(workload, _)| workload));
    }
    found
}

/// What a program gives its own requests.
fn of_programs(sight: &Sight<'_>) -> Vec<TimeLimit> {
    let mut found = Vec::new();
    for (index, workload) in sight.workloads.iter().enumerate() {
        for container in &workload.containers {
            let Some(reading) = container.request_timeout.as_ref().filter(|r| r.origin == Origin::Literal) else {
                continue;
            };
            let (Some(at), Some(seconds)) = (reading.at, reading.value.known().filter(|n| *n > 0)) else { continue };
            found.push(TimeLimit {
                ends: Ends::Request,
                who: format!("the server of {}", workload.id),
                name: "the request timeout".to_owned(),
                millis: seconds.saturating_mul(1000),
                server: None,
                workloads: vec![index],
                engine: Engine::Unknown,
                says: "WORKER TIMEOUT".to_owned(),
                environment: workload.environment,
                at,
            });
        }
    }
    found
}

fn last(key: &str) -> &str {
    key.rsplit_once('.').map_or(key, |(_, last)| last)
}

fn parent(key: &str) -> &str {
    key.rsplit_once('.').map_or("", |(parent, _)| parent)
}
