//! What each change means: endpoint strings by part, settings by role, files as a whole.
//!
//! In: changes and the facts of both sides. Out: [`Explained`] changes in the same order. A connection string that
//! changed becomes one entry a part that differs, each with its own place.

use crate::diff::{Change, ChangeKind};
use crate::document::Document;
use crate::facts::{Endpoint, EndpointPart, Facts, Meaning};
use crate::problem::ProblemKind;
use crate::setting::{Environment, Resource, SettingRef, Settings, Standing};
use crate::source::{Location, Side, SourceId, Sources, Span};

/// One change with its meaning. Endpoint strings that changed are one entry a part.
#[derive(Debug, Clone)]
pub struct Explained {
    /// What happened.
    pub kind: ChangeKind,
    /// Catalogue role or endpoint part (`host`, `param:sslmode`); `None` if it means nothing to us.
    pub role: Option<String>,
    /// Full path as printed.
    pub path: String,
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
    let old_string = change.old.and_then(|at| string_at(old, at));
    let new_string = change.new.and_then(|at| string_at(new, at));
    let whole = whole(change, old, new);
    let (Some((i, before)), Some((j, after))) = (old_string, new_string) else {
        return vec![whole];
    };
    let parts = changed_parts(before, after);
    if parts.is_empty() {
        // The text differs and no part does: another spelling of the same address.
        return vec![whole];
    }
    let endpoints = (Some(i), Some(j));
    let explain = |(role, before, after): (String, Option<&EndpointPart>, Option<&EndpointPart>)| {
        let kind = match (before, after) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
            _ => ChangeKind::Modified,
        };
        let side = |part: Option<&EndpointPart>| {
            part.map(|p| ChangeSide {
                setting: p.setting,
                at: p.at,
                text: p.text.clone().unwrap_or_default(),
                secret: p.text.is_none(),
            })
        };
        Explained { kind, role: Some(role), old: side(before), new: side(after), endpoints, ..whole.clone() }
    };
    parts.into_iter().map(explain).collect()
}

/// The endpoint that is written as one string in this setting.
fn string_at(side: Meant<'_>, at: SettingRef) -> Option<(usize, &Endpoint)> {
    let index = side.facts.meanings.get(&at)?.endpoint?;
    let endpoint = side.facts.endpoints.get(index)?;
    (endpoint.string.is_some() && endpoint.setting == at).then_some((index, endpoint))
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
        Some(ChangeSide { setting: at, at: setting.at, text: setting.value.text.clone(), secret })
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
        logical: setting.map(|s| s.logical.clone()).unwrap_or_default(),
        old: side(old, change.old),
        new: side(new, change.new),
        subject: resource.and_then(subject),
        environment: resource.map_or(Environment::Unknown, |r| r.environment),
        endpoints: (endpoint(old, change.old), endpoint(new, change.new)),
    }
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
    old: (&[Document], &Settings),
    new: (&[Document], &Settings),
    environment_of: &dyn Fn(&str) -> Environment,
) -> Vec<FileFacts> {
    let mut files: std::collections::BTreeMap<String, FileFacts> = std::collections::BTreeMap::new();
    for (side, (documents, settings)) in [(Side::Old, old), (Side::New, new)] {
        for document in documents {
            let path = sources.get(document.source).path.clone();
            let state = file_state(document, settings);
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

fn file_state(document: &Document, settings: &Settings) -> FileState {
    let broken = document.problems.iter().find(|p| p.kind == ProblemKind::Syntax);
    let here = |span: Span| Location { source: document.source, span };
    let owned = settings.resources.iter().filter(|r| r.source == document.source && r.standing != Standing::Effective);
    FileState {
        at: here(Span::default()),
        parsed: broken.is_none(),
        broken_at: broken.map(|p| here(p.span.unwrap_or_default())),
        settings: owned.map(|r| r.settings.len()).sum(),
        comments: document.comments.len(),
    }
}
