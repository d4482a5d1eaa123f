//! Addresses whose keys say nothing by themselves: `host`, `port` and `database` side by side in a section.
//!
//! In: a side's settings. Out: the sections that are addresses, each with its parts. A `host` alone is anything; beside a
//! driver's name, or beside a database and a user, it is a database's. What the keys' own words tell comes first: a
//! section of which one key is known already is left to them.

use std::collections::BTreeMap;

use crate::connection::{self, Engine, PartRole, read_driver};
use crate::document::Scalar;
use crate::setting::{Setting, SettingRef, Settings};

/// A section that is an address.
pub(super) struct Section<'a> {
    /// What its keys share: the section's path, empty at the top of a file.
    pub(super) name: String,
    /// The engine that its driver names.
    pub(super) engine: Engine,
    /// Its parts.
    pub(super) parts: Vec<(PartRole, SettingRef, &'a Setting)>,
}

/// All of them, in order. `known` tells what is a part of an address already.
pub(super) fn sections<'a>(settings: &'a Settings, known: &dyn Fn(SettingRef) -> bool) -> Vec<Section<'a>> {
    let mut found: BTreeMap<(u32, Option<u32>, &str), Candidate<'a>> = BTreeMap::new();
    for (at, _, setting) in settings.iter() {
        // Structure of a manifest has keys of the same words and is no address.
        let Some(unit) = setting.unit else { continue };
        let (name, last) = split(&setting.logical);
        let Some(meaning) = meaning_of(last, &setting.value) else { continue };
        let candidate = found.entry((at.resource, Some(unit), name)).or_default();
        candidate.is_known |= known(at);
        match meaning {
            Meaning::Part(role) => candidate.parts.push((role, at, setting)),
            Meaning::Driver(engine) => candidate.driver = Some(engine),
        }
    }
    let is_one = |(_, candidate): &((u32, Option<u32>, &str), Candidate<'a>)| candidate.is_address();
    let section = |((_, _, name), candidate): ((u32, Option<u32>, &str), Candidate<'a>)| Section {
        name: name.to_owned(),
        engine: candidate.driver.unwrap_or(Engine::Unknown),
        parts: candidate.parts,
    };
    found.into_iter().filter(is_one).map(section).collect()
}

#[derive(Default)]
struct Candidate<'a> {
    is_known: bool,
    driver: Option<Engine>,
    parts: Vec<(PartRole, SettingRef, &'a Setting)>,
}

impl Candidate<'_> {
    fn is_address(&self) -> bool {
        let has = |wanted: PartRole| self.parts.iter().filter(|(role, ..)| *role == wanted).count() == 1;
        let login = has(PartRole::User) || has(PartRole::Password);
        !self.is_known && has(PartRole::Host) && (self.driver.is_some() || has(PartRole::Database) && login)
    }
}

enum Meaning {
    Part(PartRole),
    Driver(Engine),
}

/// What a bare key says.
fn meaning_of(key: &str, value: &Scalar) -> Option<Meaning> {
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    Some(Meaning::Part(match key.as_str() {
        "host" | "hostname" => PartRole::Host,
        "port" => PartRole::Port,
        "database" | "dbname" | "databasename" => PartRole::Database,
        "user" | "username" => PartRole::User,
        "password" | "passwd" => PartRole::Password,
        "sslmode" => PartRole::TlsMode,
        "adapter" | "dialect" | "driver" | "client" | "type" | "engine" => {
            let driver = read_driver(&value.text)?;
            return Some(Meaning::Driver(driver.engine));
        }
        _ => return None,
    }))
}

/// Section and last key.
fn split(logical: &str) -> (&str, &str) {
    logical.rsplit_once('.').unwrap_or(("", logical))
}

/// Whether a setting may be the host of such a section, so that its file has to be kept.
pub(super) fn may_be_host(setting: &Setting) -> bool {
    let (_, last) = split(&setting.logical);
    setting.unit.is_some()
        && matches!(last, "host" | "hostname" | "Host" | "HOST")
        && !connection::is_local(&setting.value.text)
}
