//! What each change means: endpoint strings by part, settings by role, files as a whole.
//!
//! In: changes and the facts of both sides. Out: [`Explained`] changes in the same order. A connection string that
//! changed becomes one entry a part that differs, each with its own place; so does a command line or a text of several
//! lines, whose options and lines are settings of their own.

mod equal;
mod pieces;

use crate::diff::{Change, ChangeKind};
use crate::document::Document;
use crate::facts::{Endpoint, EndpointPart, Facts, Meaning};
use crate::problem::ProblemKind;
use crate::secret::MASK;
use crate::setting::{Environment, Resource, SettingRef, Settings, Standing};
use crate::source::{Location, Side, SourceId, Sources, Span};
use std::ops::Range;

/// One change with its meaning. Endpoint strings that changed are one entry a part.
#[derive(Debug, Clone)]
pub struct Explained {
    /// What happened.
    pub kind: ChangeKind,
    /// Catalogue role or endpoint part (`host`, `param:sslmode`); `None` if it means nothing to us.
    pub role: Option<String>,
    /// Full path as printed.
    pub path: String,
    /// The path before, where that was another.
    pub old_path: Option<String>,
    /// The key as the reading process knows it.
    pub logical: String,
    /// Before.
    pub old: Option<ChangeSide>,
    /// After.
    pub new: Option<ChangeSide>,
    /// Whom it concerns: workload or resource; `None` for plain files.
    pub subject: Option<String>,
    /// Where it applies.
    pub environment: Environment,
    /// Endpoints on both sides that it belongs to.
    pub endpoints: (Option<usize>, Option<usize>),
}

/// One side of a change.
#[derive(Debug, Clone)]
pub struct ChangeSide {
    /// The setting.
    pub setting: SettingRef,
    /// The bytes of the value or of the part.
    pub at: Location,
    /// The text as written or decoded. May hold a secret: print it through the redactor only.
    pub text: String,
    /// Whether the whole text is a secret.
    pub secret: bool,
}

/// A file on both sides.
#[derive(Debug, Clone, Default)]
pub struct FileFacts {
    /// Its path.
    pub path: String,
    /// Before; `None` where it was not there.
    pub old: Option<FileState>,
    /// After.
    pub new: Option<FileState>,
    /// Where it applies.
    pub environment: Environment,
}

/// A file on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// Its first byte, for findings about the file as a whole.
    pub at: Location,
    /// Whether it was read without a syntax error.
    pub parsed: bool,
    /// Where the syntax broke, if it did.
    pub broken_at: Option<Location>,
    /// Number of settings.
    pub settings: usize,
    /// Number of comments.
    pub comments: usize,
}

/// One side's settings and facts.
#[derive(Debug, Clone, Copy)]
pub struct Meant<'a> {
    /// All settings.
    pub settings: &'a Settings,
    /// What they mean.
    pub facts: &'a Facts,
}

/// Explains changes: which role they have, whom they concern, and for connection strings which part it is.
#[must_use]
pub fn explain(changes: &[Change], old: Meant<'_>, new: Meant<'_>) -> Vec<Explained> {
    let reach = (Reach::of(old.settings), Reach::of(new.settings));
    let mut explained: Vec<Explained> = changes.iter().flat_map(|change| explain_one(change, old, new)).collect();
    for entry in &mut explained {
        let reached =
            [(&reach.0, &entry.old), (&reach.1, &entry.new)].map(|(reach, side)| reach.environment(side.as_ref()));
        entry.environment = reached.into_iter().flatten().chain([entry.environment]).min().unwrap_or_default();
    }
    equal::mark(&mut explained, old, new);
    explained
}

/// Where the settings of a side take effect that stand in files which only layers deploy.
struct Reach(std::collections::BTreeMap<SourceId, Vec<(Span, Environment)>>);

impl Reach {
    fn of(settings: &Settings) -> Reach {
        let mut reach = Reach(std::collections::BTreeMap::new());
        for resource in settings.resources.iter().filter(|r| r.standing == Standing::Effective) {
            for setting in &resource.settings {
                reach.0.entry(setting.at.source).or_default().push((setting.at.span, resource.environment));
            }
        }
        reach.0.values_mut().for_each(|places| places.sort_unstable());
        reach
    }

    /// The gravest environment in which the setting takes effect.
    fn environment(&self, side: Option<&ChangeSide>) -> Option<Environment> {
        let at = side?.at;
        let places = self.0.get(&at.source)?;
        let first = places.partition_point(|(span, _)| span.start < at.span.start);
        let here = places.iter().skip(first).take_while(|(span, _)| span.start < at.span.end.max(at.span.start + 1));
        here.map(|(_, environment)| *environment).min()
    }
}

fn explain_one(change: &Change, old: Meant<'_>, new: Meant<'_>) -> Vec<Explained> {
    let whole = whole(change, old, new);
    let (Some(before), Some(after)) = (change.old, change.new) else { return vec![whole] };
    let strings = (string_at(old, before, whole_place(old, before)), string_at(new, after, whole_place(new, after)));
    if let (Some(before), Some(after)) = strings {
        // Where the text differs and no part does it is another spelling of the same address.
        return parts_of_string(&whole, before, after);
    }
    if change.kind != ChangeKind::Modified || whole.old.iter().chain(&whole.new).any(|side| side.secret) {
        return vec![whole];
    }
    let texts = (&old.settings.get(before).value.text, &new.settings.get(after).value.text);
    if let Some(found) = pieces::differences(texts.0, texts.1) {
        return pieces_of_text(&whole, found, (old, before), (new, after));
    }
    match (option_at(old, before), option_at(new, after)) {
        (Some(before), Some(after)) => parts_of_string(&whole, before, after),
        _ => vec![whole],
    }
}

/// The address in the only option that a setting holds: `--url=postgres://…`.
fn option_at(side: Meant<'_>, at: SettingRef) -> Option<(usize, &Endpoint)> {
    let told = side.facts.meanings.get(&at)?.endpoint?;
    let endpoint = side.facts.endpoints.get(told)?;
    let is_one_word = !side.settings.get(at).value.text.trim().contains(char::is_whitespace);
    (is_one_word && endpoint.string.is_some() && endpoint.setting == at).then_some((told, endpoint))
}

/// One entry a part that differs between two addresses; the whole where none does.
fn parts_of_string(whole: &Explained, before: (usize, &Endpoint), after: (usize, &Endpoint)) -> Vec<Explained> {
    let parts = changed_parts(before.1, after.1);
    if parts.is_empty() {
        return vec![whole.clone()];
    }
    let endpoints = (Some(before.0), Some(after.0));
    let explain = |(role, before, after): (String, Option<&EndpointPart>, Option<&EndpointPart>)| {
        let side = |part: Option<&EndpointPart>| {
            part.map(|p| ChangeSide {
                setting: p.setting,
                at: p.at,
                text: p.text.clone().unwrap_or_default(),
                secret: p.text.is_none(),
            })
        };
        let kind = kind_of(before.is_some(), after.is_some());
        Explained { kind, role: Some(role), old: side(before), new: side(after), endpoints, ..whole.clone() }
    };
    parts.into_iter().map(explain).collect()
}

fn kind_of(was: bool, is: bool) -> ChangeKind {
    match (was, is) {
        (false, _) => ChangeKind::Added,
        (_, false) => ChangeKind::Removed,
        _ => ChangeKind::Modified,
    }
}

/// One entry an option or line that differs, and the whole where something beside them does.
fn pieces_of_text(
    whole: &Explained,
    found: pieces::Pieces,
    old: (Meant<'_>, SettingRef),
    new: (Meant<'_>, SettingRef),
) -> Vec<Explained> {
    let mut all = Vec::new();
    if found.rest {
        all.push(whole.clone());
    }
    let joint = if found.lines { '!' } else { '.' };
    for (before, after) in found.changed {
        let key = after.as_ref().or(before.as_ref()).map_or("", |piece| piece.key.as_str());
        let named = !key.is_empty();
        let path = if named { format!("{}{joint}{key}", whole.path) } else { whole.path.clone() };
        let logical = if named { key.to_owned() } else { whole.logical.clone() };
        let sides = (side_of(old, before.as_ref(), &found.hidden.0), side_of(new, after.as_ref(), &found.hidden.1));
        let kind = kind_of(sides.0.is_some(), sides.1.is_some());
        let part = Explained { kind, path, logical, role: None, endpoints: (None, None), ..whole.clone() };
        let (Some(before), Some(after)) = &sides else {
            let role = sides.0.iter().map(|side| (old.0, side)).chain(sides.1.iter().map(|side| (new.0, side)));
            let role = role.into_iter().find_map(|(meant, side)| role_at(meant, side));
            all.push(Explained { role, old: sides.0, new: sides.1, ..part });
            continue;
        };
        match (string_at(old.0, old.1, before.at), string_at(new.0, new.1, after.at)) {
            (Some(a), Some(b)) => {
                let given = Explained { old: sides.0.clone(), new: sides.1.clone(), ..part };
                all.extend(parts_of_string(&given, a, b));
            }
            _ => {
                let role = role_at(new.0, after).or_else(|| role_at(old.0, before));
                let endpoints = (endpoint_at(old.0, before), endpoint_at(new.0, after));
                all.push(Explained { role, endpoints, old: sides.0, new: sides.1, ..part });
            }
        }
    }
    all
}

fn side_of(
    (meant, at): (Meant<'_>, SettingRef),
    piece: Option<&pieces::Piece>,
    hidden: &[Range<usize>],
) -> Option<ChangeSide> {
    let piece = piece?;
    let setting = meant.settings.get(at);
    let text = without(&setting.value.text, piece.range.clone(), hidden)?;
    let place = Location { source: setting.at.source, span: setting.value.source_span(piece.range.clone()) };
    let parts = meant.facts.endpoints.iter().flat_map(|endpoint| &endpoint.parts);
    let is_secret_part = |p: &EndpointPart| p.setting == at && p.text.is_none() && p.at == place;
    let secret = piece.secret || parts.into_iter().any(is_secret_part);
    Some(ChangeSide { setting: at, at: place, text, secret })
}

/// The text under `range` with what is hidden in it masked.
fn without(text: &str, range: Range<usize>, hidden: &[Range<usize>]) -> Option<String> {
    let mut out = String::new();
    let mut at = range.start;
    for secret in hidden.iter().filter(|secret| secret.start < range.end && range.start < secret.end) {
        out.push_str(text.get(at..secret.start.max(at))?);
        out.push_str(MASK);
        at = secret.end.clamp(at, range.end);
    }
    out.push_str(text.get(at..range.end)?);
    Some(out)
}

/// The role of an option: of the pool setting or the part of an address that stands in the same bytes.
fn role_at(meant: Meant<'_>, side: &ChangeSide) -> Option<String> {
    let pools = meant.facts.pools.iter().flat_map(|pool| &pool.settings);
    let pool = pools.into_iter().find(|s| s.setting == side.setting && s.at == side.at);
    let parts = meant.facts.endpoints.iter().flat_map(|endpoint| &endpoint.parts);
    let part = || parts.into_iter().find(|p| p.setting == side.setting && p.at == side.at);
    pool.map(|s| s.role.as_str().to_owned()).or_else(|| part().map(|p| p.role.clone()))
}

fn endpoint_at(meant: Meant<'_>, side: &ChangeSide) -> Option<usize> {
    let holds = |endpoint: &Endpoint| endpoint.parts.iter().any(|p| p.setting == side.setting && p.at == side.at);
    meant.facts.endpoints.iter().position(holds)
}

/// Where a setting stands.
fn whole_place(meant: Meant<'_>, at: SettingRef) -> Location {
    meant.settings.get(at).at
}

/// The endpoint that is written as one string at a place of this setting.
fn string_at(side: Meant<'_>, at: SettingRef, place: Location) -> Option<(usize, &Endpoint)> {
    let told = side.facts.meanings.get(&at)?.endpoint?;
    let is_it = |endpoint: &&Endpoint| endpoint.string.is_some() && endpoint.setting == at && endpoint.at == place;
    if let Some(endpoint) = side.facts.endpoints.get(told).filter(is_it) {
        return Some((told, endpoint));
    }
    side.facts.endpoints.iter().enumerate().find(|(_, endpoint)| is_it(endpoint))
}

type PartChange<'a> = (String, Option<&'a EndpointPart>, Option<&'a EndpointPart>);

/// Parts that differ, in the order of the new string, removed ones last.
fn changed_parts<'a>(before: &'a Endpoint, after: &'a Endpoint) -> Vec<PartChange<'a>> {
    let same = |a: &EndpointPart, b: &EndpointPart| a.text == b.text && a.secret_mark == b.secret_mark;
    let of = |e: &'a Endpoint, role: &str| e.parts.iter().find(|p| p.role == role);
    let mut changed: Vec<PartChange<'a>> = Vec::new();
    for part in &after.parts {
        match of(before, &part.role) {
            Some(old) if same(old, part) => {}
            old => changed.push((part.role.clone(), old, Some(part))),
        }
    }
    let gone = before.parts.iter().filter(|p| of(after, &p.role).is_none());
    changed.extend(gone.map(|p| (p.role.clone(), Some(p), None)));
    changed
}

fn whole(change: &Change, old: Meant<'_>, new: Meant<'_>) -> Explained {
    let side = |meant: Meant<'_>, at: Option<SettingRef>| {
        let at = at?;
        let setting = meant.settings.get(at);
        let secret = meaning(meant, at).is_some_and(|m| m.secret);
        Some(ChangeSide { setting: at, at: setting.at, text: setting.value.text.to_string(), secret })
    };
    let (meant, at) = match (change.new, change.old) {
        (Some(at), _) => (new, Some(at)),
        (None, at) => (old, at),
    };
    let setting = at.map(|at| meant.settings.get(at));
    let resource = at.map(|at| meant.settings.resource_of(at));
    let role = |meant: Meant<'_>, at: Option<SettingRef>| meaning(meant, at?).and_then(|m| m.role.clone());
    let endpoint = |meant: Meant<'_>, at: Option<SettingRef>| meaning(meant, at?).and_then(|m| m.endpoint);
    Explained {
        kind: change.kind,
        role: role(new, change.new).or_else(|| role(old, change.old)),
        path: setting.map(|s| s.path.to_string()).unwrap_or_default(),
        old_path: old_path(change, old, new),
        logical: setting.map(|s| s.logical.clone()).unwrap_or_default(),
        old: side(old, change.old),
        new: side(new, change.new),
        subject: resource.and_then(subject),
        environment: resource.map_or(Environment::Unknown, |r| r.environment),
        endpoints: (endpoint(old, change.old), endpoint(new, change.new)),
    }
}

/// The path on the old side, where the setting has another one now.
fn old_path(change: &Change, old: Meant<'_>, new: Meant<'_>) -> Option<String> {
    let (was, is) = (&old.settings.get(change.old?).path, &new.settings.get(change.new?).path);
    (was != is).then(|| was.to_string())
}

fn meaning(meant: Meant<'_>, at: SettingRef) -> Option<&Meaning> {
    meant.facts.meanings.get(&at)
}

fn subject(resource: &Resource) -> Option<String> {
    (!resource.id.is_file()).then(|| resource.id.to_string())
}

/// The files of both sides by path.
#[must_use]
pub fn files(
    sources: &Sources,
    old: (&[&Document], &Settings),
    new: (&[&Document], &Settings),
    environment_of: &dyn Fn(&str) -> Environment,
) -> Vec<FileFacts> {
    let mut files: std::collections::BTreeMap<String, FileFacts> = std::collections::BTreeMap::new();
    for (side, (documents, settings)) in [(Side::Old, old), (Side::New, new)] {
        let mut counts: std::collections::BTreeMap<SourceId, usize> = std::collections::BTreeMap::new();
        for resource in settings.resources.iter().filter(|r| r.standing != Standing::Effective) {
            *counts.entry(resource.source).or_default() += resource.settings.len();
        }
        for document in documents {
            let path = sources.get(document.source).path.clone();
            let state = file_state(document, counts.get(&document.source).copied().unwrap_or(0));
            let file = files.entry(path.clone()).or_insert_with(|| FileFacts {
                environment: environment_of(&path),
                path,
                old: None,
                new: None,
            });
            match side {
                Side::Old => file.old = Some(state),
                Side::New => file.new = Some(state),
            }
        }
    }
    files.into_values().collect()
}

fn file_state(document: &Document, settings: usize) -> FileState {
    let broken = document.problems.iter().find(|p| p.kind == ProblemKind::Syntax);
    let here = |span: Span| Location { source: document.source, span };
    FileState {
        at: here(Span::default()),
        parsed: broken.is_none(),
        broken_at: broken.map(|p| here(p.span.unwrap_or_default())),
        settings,
        comments: document.comments.len(),
    }
}
