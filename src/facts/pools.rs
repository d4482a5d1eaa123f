//! Which pools exist, and how many connections each may hold.
//!
//! In: scopes, endpoints, the catalogue. Out: one [`Pool`] for each data source of each process that reads the settings.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{Ambiguity, Catalogue, Kind, Library, Match, Query, ReadValue, Role};
use crate::connection::Engine;
use crate::facts::{Endpoint, Entry, Meaning, Origin, Pool, PoolKey, PoolSetting, Reading, Scope};
use crate::placeholder;
use crate::quantity::Interval;
use crate::setting::{Setting, SettingRef, Settings};
use crate::source::{Location, Sources};

/// Finds all pools of a side and notes the role of each pool setting.
pub(super) fn pools(
    sources: &Sources,
    settings: &Settings,
    scopes: &[Scope],
    endpoints: &[Endpoint],
    catalogue: &Catalogue,
    meanings: &mut BTreeMap<SettingRef, Meaning>,
) -> Vec<Pool> {
    let finder = Finder { sources, settings, endpoints, catalogue, by_setting: by_setting(endpoints) };
    let mut pools: Vec<Pool> = scopes.iter().flat_map(|scope| finder.of_scope(scope)).collect();
    for pool in &pools {
        for setting in &pool.settings {
            let meaning = meanings.entry(setting.setting).or_default();
            // A parameter inside a connection string does not give its role to the whole string.
            if meaning.role.as_deref() != Some("url") {
                meaning.role = Some(setting.role.as_str().to_owned());
            }
            meaning.library = Some(pool.library.clone());
        }
    }
    // What is covered has told the meaning of its settings; it runs only as the layer makes it.
    pools.retain(|pool| !pool.covered);
    pools.sort_by(|a, b| (&a.key, a.at).cmp(&(&b.key, b.at)));
    pools
}

/// Drops the pools of what is covered where the same pool, or one written at the same place, takes effect.
pub(super) fn leave_effective(pools: &mut Vec<Pool>) {
    // Without its workload, a covered resource tells no container.
    let name = |p: &Pool| (p.key.owner.clone(), p.key.library.clone(), p.key.group.clone());
    let effective = || pools.iter().filter(|p| !p.covered);
    let names: BTreeSet<_> = effective().map(name).collect();
    let places: BTreeSet<Location> = effective().map(|p| p.at).collect();
    pools.retain(|p| !p.covered || !(names.contains(&name(p)) || places.contains(&p.at)));
}

fn by_setting(endpoints: &[Endpoint]) -> BTreeMap<SettingRef, usize> {
    let parts = endpoints.iter().enumerate();
    parts.flat_map(|(i, e)| e.parts.iter().map(move |p| (p.setting, i)).chain([(e.setting, i)])).collect()
}

struct Finder<'a> {
    sources: &'a Sources,
    settings: &'a Settings,
    endpoints: &'a [Endpoint],
    catalogue: &'a Catalogue,
    by_setting: BTreeMap<SettingRef, usize>,
}

/// Pool settings that belong together, while they are collected.
#[derive(Default)]
struct Draft {
    settings: Vec<PoolSetting>,
    endpoint: Option<usize>,
    certain: bool,
}

impl Finder<'_> {
    fn of_scope(&self, scope: &Scope) -> Vec<Pool> {
        let mut drafts: BTreeMap<(usize, String), Draft> = BTreeMap::new();
        for entry in &scope.entries {
            let setting = self.settings.get(entry.setting);
            if let Some(found) = self.recognise(scope, entry, setting) {
                let draft = drafts.entry((found.library, found.group.clone())).or_default();
                draft.certain |= found.ambiguity == Ambiguity::Low;
                let name = if entry.part.is_some() { &entry.key } else { &setting.logical };
                let value = entry.value(self.settings);
                draft.put(self.pool_setting(&found, entry, name, &value.text, entry.at(self.settings)));
            }
            if let Some(&endpoint) = self.by_setting.get(&entry.setting) {
                self.parameters(entry, endpoint, &mut drafts);
            }
        }
        self.implied(scope, &mut drafts);
        self.fold(&mut drafts);
        let only = self.only_endpoint(scope);
        drafts.into_iter().map(|((library, group), draft)| self.pool(scope, library, group, draft, only)).collect()
    }

    fn recognise(&self, scope: &Scope, entry: &Entry, setting: &Setting) -> Option<Match<'_>> {
        let segments: Vec<&str> = if entry.is_env { vec![entry.key.as_str()] } else { steps(&entry.key) };
        let siblings =
            |name: &str| scope.entries.iter().any(|e| e.unit == entry.unit && is_sibling(&e.key, &entry.key, name));
        let images: Vec<&str> = scope.image.iter().map(String::as_str).collect();
        let file = self.sources.get(setting.at.source).path.as_str();
        let file = if entry.unit_name.is_empty() { file } else { entry.unit_name.as_str() };
        let query =
            Query { path: &segments, is_env: entry.is_env, siblings: &siblings, file, dialect: None, images: &images };
        self.catalogue.recognise(&query)
    }

    /// Pool parameters inside a connection string.
    fn parameters(&self, entry: &Entry, endpoint: usize, drafts: &mut BTreeMap<(usize, String), Draft>) {
        let Some(found) = self.endpoints.get(endpoint) else { return };
        let Some(string) = found.string.as_ref().filter(|_| self.is_its_own(entry, found)) else { return };
        for param in &string.params {
            let path = [param.name.text.as_str()];
            let query = Query {
                path: &path,
                is_env: false,
                siblings: &|_| false,
                file: "",
                dialect: Some(string.dialect.id),
                images: &[],
            };
            let Some(recognised) = self.catalogue.recognise(&query) else { continue };
            let role = format!("param:{}", param.name.text);
            let at = found.parts.iter().find(|p| p.role == role).map_or(found.at, |p| p.at);
            let draft = drafts.entry((recognised.library, entry.key.clone())).or_default();
            draft.certain |= recognised.ambiguity == Ambiguity::Low;
            draft.endpoint = Some(endpoint);
            draft.put(self.pool_setting(&recognised, entry, &param.name.text, &param.value.text, at));
        }
    }

    /// Whether an endpoint stands in this very entry; a command line holds more than one.
    fn is_its_own(&self, entry: &Entry, endpoint: &Endpoint) -> bool {
        let (inner, outer) = (entry.at(self.settings).span, endpoint.at.span);
        endpoint.setting == entry.setting && outer.start <= inner.start && inner.end <= outer.end
    }

    /// Data sources whose library opens a pool of its default size when nothing is written.
    fn implied(&self, scope: &Scope, drafts: &mut BTreeMap<(usize, String), Draft>) {
        for entry in &scope.entries {
            let Some(&endpoint) = self.by_setting.get(&entry.setting) else { continue };
            let Some(found) = self.endpoints.get(endpoint).filter(|e| self.is_its_own(entry, e)) else { continue };
            let dialect = found.string.as_ref().map(|s| s.dialect.id);
            let Some((library, group)) = self.catalogue.implied_pool(&entry.key, entry.is_env, dialect) else {
                continue;
            };
            let taken = drafts.iter().any(|((l, g), d)| {
                let same = self.catalogue.library(*l).may_be_same_as(self.catalogue.library(library));
                d.endpoint == Some(endpoint) || same && (*g == group || g.is_empty() || group.starts_with(g.as_str()))
            });
            if !taken {
                drafts.insert((library, group), Draft { endpoint: Some(endpoint), certain: true, ..Draft::default() });
            }
        }
    }

    /// Settings without a size join another draft that may be the same pool: `DB_POOL_SIZE` beside a framework's own
    /// timeouts is one pool, not two.
    fn fold(&self, drafts: &mut BTreeMap<(usize, String), Draft>) {
        let keys: Vec<(usize, String)> = drafts.keys().cloned().collect();
        for key in &keys {
            let sized = |d: &Draft| d.settings.iter().any(|s| counts(s.role));
            if drafts.get(key).is_none_or(sized) {
                continue;
            }
            let may_be = |other: &&(usize, String)| {
                *other != key
                    && drafts.get(*other).is_some_and(sized)
                    && self.catalogue.library(other.0).may_be_same_as(self.catalogue.library(key.0))
                    && (other.1 == key.1 || other.1.is_empty() || key.1.is_empty())
            };
            let Some(home) = keys.iter().find(may_be).cloned() else { continue };
            let Some(moved) = drafts.remove(key) else { continue };
            if let Some(draft) = drafts.get_mut(&home) {
                draft.endpoint = draft.endpoint.or(moved.endpoint);
                moved.settings.into_iter().for_each(|s| draft.put_if_absent(s));
            }
        }
    }

    /// The one database that a scope speaks of, if there is just one.
    fn only_endpoint(&self, scope: &Scope) -> Option<usize> {
        let mut seen: Vec<usize> =
            scope.entries.iter().filter_map(|e| self.by_setting.get(&e.setting).copied()).collect();
        seen.sort_unstable();
        seen.dedup();
        let databases = |i: &usize| self.endpoints.get(*i).is_some_and(|e| is_database(e.engine));
        seen.retain(databases);
        match seen.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// The endpoint whose key shares the pool's prefix: `spring.datasource.url` for `spring.datasource.hikari.*`.
    fn endpoint_of_group(&self, scope: &Scope, group: &str) -> Option<usize> {
        if group.is_empty() {
            return None;
        }
        let squeeze = |s: &str| s.to_ascii_lowercase().replace(['.', '_', '-'], "");
        let wanted = squeeze(group);
        let candidates = scope.entries.iter().filter_map(|e| self.by_setting.get(&e.setting).map(|&i| (e, i)));
        let mut fitting = candidates.filter(|(e, _)| squeeze(&e.key).starts_with(&wanted)).map(|(_, i)| i);
        fitting.next()
    }

    fn pool_setting(&self, found: &Match<'_>, entry: &Entry, name: &str, raw: &str, at: Location) -> PoolSetting {
        let value = crate::catalogue::read_value(found.setting, raw);
        let default = found.setting.default.as_deref();
        let default_value = default.map(|d| crate::catalogue::read_value(found.setting, d));
        PoolSetting {
            role: found.setting.role,
            setting: entry.setting,
            at,
            name: name.to_owned(),
            raw: raw.to_owned(),
            words: words(found.setting, &value, raw),
            default: default_value.as_ref().map(|v| crate::catalogue::in_words(found.setting, v)),
            default_value,
            correction: crate::catalogue::correction(found.setting, &value),
            taken: crate::catalogue::taken(found.setting, &value),
            says: found.setting.below_says.clone(),
            unit: found.setting.unit,
            value,
        }
    }

    fn pool(&self, scope: &Scope, library: usize, group: String, draft: Draft, only: Option<usize>) -> Pool {
        let about = self.catalogue.library(library);
        let endpoint = draft.endpoint.or_else(|| self.endpoint_of_group(scope, &group)).or(only);
        let linked = endpoint.and_then(|i| self.endpoints.get(i));
        let at = draft.settings.iter().map(|s| s.at).min().or(linked.map(|e| e.at));
        let fallback = || self.settings.get(scope.entries[0].setting).at;
        let max = reading(&draft, about, Role::PoolMax);
        let min_idle = idle(&draft, about, &max);
        Pool {
            key: PoolKey {
                owner: scope.owner_name.clone(),
                container: scope.container.clone(),
                library: about.id.clone(),
                group,
            },
            library: about.name.clone(),
            environment: scope.environment,
            owner: scope.owner,
            endpoint,
            is_pooler: about.kind == Kind::Pooler,
            covered: scope.covered,
            engine: linked.map_or_else(|| library_engine(about), |e| e.engine),
            overflow: overflow(&draft, about),
            max,
            min_idle,
            ambiguous: !draft.certain,
            at: at.unwrap_or_else(fallback),
            defaults: Role::ALL.iter().filter_map(|role| Some((*role, about.default_of(*role)?))).collect(),
            settings: draft.settings,
        }
    }
}

/// The value in words; of an expression with a default, what it depends on.
fn words(setting: &crate::catalogue::Setting, value: &ReadValue, raw: &str) -> String {
    let words = crate::catalogue::in_words(setting, value);
    match placeholder::fallback(raw) {
        Some(fallback) if !fallback.name.is_empty() && *value != ReadValue::NotANumber => {
            format!("{words} unless {} is set", fallback.name)
        }
        _ => words,
    }
}

/// The engine of a library that speaks to one kind of server only.
fn library_engine(about: &Library) -> Engine {
    match about.engines.as_slice() {
        [one] => Engine::from_name(one).unwrap_or(Engine::Unknown),
        _ => Engine::Unknown,
    }
}

impl Draft {
    /// Later layers override earlier ones.
    fn put(&mut self, setting: PoolSetting) {
        self.settings.retain(|s| s.role != setting.role);
        self.settings.push(setting);
    }

    fn put_if_absent(&mut self, setting: PoolSetting) {
        if self.settings.iter().all(|s| s.role != setting.role) {
            self.settings.push(setting);
        }
    }
}

/// Whether a role says how many connections a pool holds.
fn counts(role: Role) -> bool {
    matches!(role, Role::PoolMax | Role::PoolOverflow)
}

/// Whether `other` is the key `name` beside `key`: the same parent, or another environment variable.
fn is_sibling(other: &str, key: &str, name: &str) -> bool {
    let parent = |k: &str| k.rsplit_once('.').map_or("", |(p, _)| p).to_owned();
    let leaf = |k: &str| k.rsplit_once('.').map_or(k, |(_, l)| l).to_ascii_lowercase().replace(['-', '_'], "");
    parent(other) == parent(key) && leaf(other) == name.to_ascii_lowercase().replace(['-', '_'], "")
}

/// The steps of a key. What stands in brackets names an item and may hold dots: `Resource[jdbc/a.b].maxTotal`.
fn steps(key: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    key.split(|c: char| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == '.' && depth == 0
    })
    .collect()
}

/// Engines that have a limit of connections worth a budget.
fn is_database(engine: Engine) -> bool {
    !matches!(engine, Engine::Redis | Engine::RabbitMq)
}

/// The written value, or the library's default.
fn reading(draft: &Draft, about: &Library, role: Role) -> Reading {
    let written = draft.settings.iter().find(|s| s.role == role);
    let Some(setting) = written else { return default_reading(about, role) };
    let value = match &setting.taken {
        ReadValue::Count(n) => return Reading::literal(*n, setting.at),
        ReadValue::LibraryDefault => {
            return Reading { at: Some(setting.at), ..default_reading(about, role) };
        }
        ReadValue::Unlimited => (Interval::at_least(1), format!("{} is unlimited", setting.name)),
        ReadValue::Disabled => return Reading::literal(0, setting.at),
        _ => (Interval::at_least(1), format!("{} is not a plain number", setting.name)),
    };
    Reading { value: value.0, origin: Origin::Unknown(value.1), at: Some(setting.at) }
}

fn default_reading(about: &Library, role: Role) -> Reading {
    match about.default_of(role) {
        Some(ReadValue::Count(n)) => Reading::default_of(n, format!("{}'s default", about.name)),
        Some(ReadValue::Unlimited) => {
            Reading::unknown(1, format!("{} is unlimited unless a maximum is set", about.name))
        }
        _ => Reading::unknown(1, format!("no file sets the pool size of {}", about.name)),
    }
}

fn overflow(draft: &Draft, about: &Library) -> Reading {
    let written = draft.settings.iter().any(|s| s.role == Role::PoolOverflow);
    if written || matches!(about.default_of(Role::PoolOverflow), Some(ReadValue::Count(_))) {
        return reading(draft, about, Role::PoolOverflow);
    }
    Reading::default_of(0, format!("{} has no overflow", about.name))
}

/// Connections kept open without load; libraries that document "as many as the maximum" say so in the catalogue.
fn idle(draft: &Draft, about: &Library, max: &Reading) -> Reading {
    if draft.settings.iter().any(|s| s.role == Role::PoolMinIdle) {
        return reading(draft, about, Role::PoolMinIdle);
    }
    match about.default_of(Role::PoolMinIdle) {
        Some(ReadValue::Count(n)) => Reading::default_of(n, format!("{}'s default", about.name)),
        Some(ReadValue::SameAsMax) => Reading {
            value: max.value,
            origin: Origin::Default(format!("{} keeps as many as the maximum unless told", about.name)),
            at: max.at,
        },
        _ => Reading {
            value: Interval { lo: 0, hi: max.value.hi },
            origin: Origin::Unknown("no minimum is written".into()),
            at: None,
        },
    }
}
