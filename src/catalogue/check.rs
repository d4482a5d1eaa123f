//! What the tables must hold beyond their types. The same checks run over the built-in tables and over a user's.

use super::recognise::{relax, segments_of};
use super::role::Role;
use super::schema::{Entries, Implied, Library, Needs, Program, ServerKind, Setting, Unit};
use super::value::{ReadValue, read_value};

/// Why a table is refused: what, where, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueError(pub(super) String);

impl std::fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CatalogueError {}

/// Letters that a one-segment key needs to be enough by itself; `pool`, `max`, `timeout` mean too much.
const LEAST_LONE_KEY: usize = 9;

pub(super) fn check(entries: &Entries) -> Result<(), CatalogueError> {
    for (at, library) in entries.libraries.iter().enumerate() {
        let ids = entries.libraries.iter().take(at).map(|l| l.id.as_str());
        check_id("library", &library.id, ids)?;
        check_library(library).map_err(|what| error("library", &library.id, &what))?;
    }
    for (at, server) in entries.servers.iter().enumerate() {
        let ids = entries.servers.iter().take(at).map(|s| s.id.as_str());
        check_id("server-limit", &server.id, ids)?;
        check_server(server).map_err(|what| error("server-limit", &server.id, &what))?;
    }
    for (at, program) in entries.programs.iter().enumerate() {
        let ids = entries.programs.iter().take(at).map(|p| p.id.as_str());
        check_id("program", &program.id, ids)?;
        check_program(program).map_err(|what| error("program", &program.id, &what))?;
    }
    for (at, managed) in entries.managed.iter().enumerate() {
        let ids = entries.managed.iter().take(at).map(|m| m.id.as_str());
        check_id("managed", &managed.id, ids)?;
        if managed.steps.windows(2).any(|pair| matches!(pair, [a, b] if a.0 >= b.0)) {
            return Err(error("managed", &managed.id, "its steps are not in order; put the smallest first"));
        }
        if managed.memory.is_some_and(|memory| memory.bytes_each == 0) {
            return Err(error("managed", &managed.id, "bytes_each is 0; give the bytes of one connection"));
        }
    }
    Ok(())
}

fn error(table: &str, id: &str, what: &str) -> CatalogueError {
    CatalogueError(format!("[[{table}]] {id}: {what}"))
}

fn check_id<'a>(table: &str, id: &str, mut before: impl Iterator<Item = &'a str>) -> Result<(), CatalogueError> {
    let well_formed = !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !well_formed {
        return Err(CatalogueError(format!(
            "[[{table}]]: an id has only small letters, digits and '-'; give it one like `my-pool`"
        )));
    }
    if before.any(|other| other == id) {
        return Err(error(table, id, "the id stands twice; give the second another id, or merge the two"));
    }
    Ok(())
}

fn check_library(library: &Library) -> Result<(), String> {
    if library.settings.is_empty() {
        return Err("it has no [[library.setting]]; add at least one".to_owned());
    }
    for setting in &library.settings {
        check_setting(library, setting).map_err(|what| format!("setting {}: {what}", setting.role.as_str()))?;
    }
    match &library.implied {
        Some(Implied { keys, dialects }) if keys.is_empty() && dialects.is_empty() => {
            Err("implied names neither keys nor dialects; add one or leave it out".to_owned())
        }
        _ => Ok(()),
    }
}

fn check_setting(library: &Library, setting: &Setting) -> Result<(), String> {
    let names = [&setting.keys, &setting.short, &setting.env, &setting.params];
    if names.iter().all(|list| list.is_empty()) {
        return Err("nothing names it; add keys, short, env or params".to_owned());
    }
    if names.into_iter().flatten().any(|name| segments_of(name).is_empty()) {
        return Err("a name is empty; remove it".to_owned());
    }
    let too_short = |key: &&String| segments_of(key).len() == 1 && relax(key).len() < LEAST_LONE_KEY;
    if let Some(key) = setting.keys.iter().find(too_short) {
        return Err(format!("the key {key} is too short to be enough; move it to short and say what it needs"));
    }
    let lists = |n: &Needs| n.siblings.len() + n.under.len() + n.files.len() + n.images.len();
    let says = |needs: Option<&Needs>| needs.is_some_and(|n| lists(n) > 0);
    let (own, all) = (says(setting.needs.as_ref()), says(library.needs.as_ref()));
    if setting.short.is_empty() && own || !setting.short.is_empty() && !own && !all {
        return Err("short and needs go together; give both or neither".to_owned());
    }
    if setting.params.is_empty() != setting.dialects.is_empty() {
        return Err("params and dialects go together; give both or neither".to_owned());
    }
    let bounded = setting.min.is_some() || setting.max.is_some();
    if bounded && matches!(setting.unit, Unit::Text | Unit::Bool | Unit::Duration) {
        return Err("min and max need a unit of numbers; use ms, s, min, h, count or percent".to_owned());
    }
    if setting.min.zip(setting.max).is_some_and(|(min, max)| min > max) {
        return Err("min is greater than max; swap them".to_owned());
    }
    if setting.below_becomes.is_some() && setting.min.is_none() {
        return Err("below_becomes needs min; say below which value".to_owned());
    }
    let unread = |text: &String| read_value(setting, text) == ReadValue::NotANumber;
    if setting.below_becomes.as_ref().is_some_and(unread) {
        return Err("below_becomes is no value of its unit; correct it".to_owned());
    }
    if setting.default.as_ref().is_some_and(unread) {
        return Err("the default is no value of its unit; correct it, or move it to default_note".to_owned());
    }
    Ok(())
}

fn check_server(server: &ServerKind) -> Result<(), String> {
    if server.limit_key.trim().is_empty() {
        return Err("limit_key is empty; name the key of the limit".to_owned());
    }
    let out_of_order = server.min.zip(server.max).is_some_and(|(min, max)| min > max);
    if out_of_order {
        return Err("min is greater than max; swap them".to_owned());
    }
    let timed = |t: &super::schema::ServerTime| matches!(t.unit, Unit::Millis | Unit::Seconds | Unit::Minutes);
    if server.times.iter().any(|t| t.key.trim().is_empty() || !timed(t)) {
        return Err("a time needs a key and the unit ms, s or min; give it both".to_owned());
    }
    Ok(())
}

fn check_program(program: &Program) -> Result<(), String> {
    if program.settings.is_empty() {
        return Err("it has no [[program.setting]]; add at least one".to_owned());
    }
    let counts = [Role::Processes, Role::Threads, Role::Concurrency, Role::RequestTimeout];
    if program.settings.iter().any(|s| !counts.contains(&s.role)) {
        return Err("the role of a program's setting is processes, threads, concurrency or request_timeout".to_owned());
    }
    Ok(())
}
