//! The pipeline: bytes → documents → settings → changes and facts → budget → findings → score → report.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use crate::budget;
use crate::budget::shared::{self, SharedFacts};
use crate::budget::what_if::{self, WhatIf};
use crate::catalogue::{Catalogue, Entries};
use crate::conclude;
use crate::config::{Config, RuleSeverity};
use crate::diff::{self, Change, ChangeKind};
use crate::document::Document;
use crate::facts::{self, Facts};
use crate::format;
use crate::layer::{self, Tree};
use crate::limits::Limits;
use crate::meaning::{self, Meant};
use crate::platform::{self, EnvironmentRules, FileReading, ListKeys};
use crate::report::Report;
use crate::rule::{Context, State};
use crate::rules::{self, Override};
use crate::secret::Redactor;
use crate::setting::{Environment, Resource, ResourceId, SettingRef, Settings, Shape, Standing};
use crate::source::{self, Location, Side, Source, SourceId, Sources};
use crate::spread::Spread;
use crate::suppression::{self, Allow, Terms};
use crate::textdiff::Extent;

/// Name of the policy file at the root of the new side.
const POLICY_FILE: &str = "plimsoll.toml";

/// One file of one side.
#[derive(Debug, Clone)]
pub struct Input {
    /// Relative to the side's root, `/`-separated.
    pub path: String,
    /// What it holds.
    pub content: Content,
}

/// What a file holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It was not read; why.
    Skipped(String),
    /// What to know about files that are no input of a review, under the name that stands for them.
    Note(String),
}

/// What to review, and how.
#[derive(Debug, Default)]
pub struct Request {
    /// Files before.
    pub old: Vec<Input>,
    /// Files after.
    pub new: Vec<Input>,
    /// The policy.
    pub config: Config,
    /// Globs on paths that tell the environment; they win over the policy's and over guesses.
    pub environments: Vec<(String, Environment)>,
    /// The date, `YYYY-MM-DD`, for suppressions that end; without it none has ended.
    pub today: Option<String>,
    /// Look at `new` as it stands instead of at a change.
    pub audit: bool,
    /// Identities of findings that an audit was told before and does not count again.
    pub baseline: BTreeSet<String>,
    /// How much of a changed file the line diff shows.
    pub extent: Extent,
    /// How independent files are read: by default one after the other.
    pub spread: Spread,
    /// Numbers of the new side that are taken to be others; the budget compares with what is written.
    pub what_if: Vec<WhatIf>,
    /// What other repositories open, on both sides.
    pub others: Vec<SharedFacts>,
    /// The name under which the new side's facts are told to others; without it they are not made.
    pub export_as: Option<String>,
}

/// One side, read.
struct SideRead<'a> {
    documents: Vec<&'a Document>,
    settings: Settings,
    facts: Facts,
}

/// Reviews a change. Never fails: what could not be read is part of the report.
#[must_use]
pub fn review(request: Request) -> Report {
    let Request { old, new, config, environments, today, audit, baseline, extent, spread, what_if, others, export_as } =
        request;
    let (config, unheld) = with_shared_policy(config, &old, &new);
    let environments = EnvironmentRules::new(environments.into_iter().chain(config.environments.clone()).collect());
    let (catalogue, unusable) = catalogue(&config);
    let policy = config.policy();
    let mut gathered = gather(old, new, &config);
    gathered.skipped.extend(unusable.into_iter().chain(unheld));
    let files = read_files(&gathered, config.limits, &catalogue, &environments, &config.lists, &spread);
    let sources = files.sources;

    let read = |side: Side| {
        let on = |at: &usize| gathered.files.get(*at).is_some_and(|file| file.is_on(side));
        let there: Vec<usize> = (0..files.documents.len()).filter(on).collect();
        let documents: Vec<&Document> = there.iter().filter_map(|&at| files.documents.get(at)).collect();
        let layers = layer::build(&Tree::new(&sources, documents.iter().copied()));
        let readings = there.iter().filter_map(|&at| files.readings.get(at));
        let settings = platform::gather(readings, &layers, &environments, &config.lists);
        let facts = facts::assemble(&sources, &settings, &catalogue, &policy.declared);
        SideRead { documents, settings, facts }
    };
    let sides = [Side::Old, Side::New];
    let mut both = spread.map(sides.len(), |at| read(if at == 0 { Side::Old } else { Side::New })).into_iter();
    let (Some(mut old), Some(mut new)) = (both.next(), both.next()) else { unreachable!("two sides were asked for") };
    facts::keep_provisioned(&old.facts, &mut new.facts);
    for other in &others {
        other.join(&mut old.facts);
        other.join(&mut new.facts);
    }
    let written = (!what_if.is_empty()).then(|| new.facts.clone());
    let turned: Vec<_> = what_if.iter().map(|what| what_if::apply(&mut new.facts, what, &catalogue)).collect();

    let changes = if audit { Vec::new() } else { diff::diff(&old.settings, &new.settings) };
    let explained = meaning::explain(&changes, old.meant(), new.meant());
    let redactor = redactor(&sources, &[&old, &new]);
    let mut rolling = rolling(&changes, &old, &new);
    // More replicas or a larger pool come with a release of their own.
    rolling.extend(turned.iter().flatten().cloned());
    let options = budget::Options { target: policy.target, strict_rollout: policy.strict_rollout, rolling: &rolling };
    let before = written.as_ref().filter(|_| audit).unwrap_or(&old.facts);
    let budget = budget::budget(before, &new.facts, &options);
    let environment_of = |path: &str| environments.of_path(path);
    let states =
        meaning::files(&sources, (&old.documents, &old.settings), (&new.documents, &new.settings), &environment_of);
    let allowed = allowed(&config, (&sources, &old.documents, &new.documents));
    let terms = Terms { today: today.as_deref(), forbids_new: policy.forbid_new_suppressions && !audit };
    let allowances = suppression::allowances(&sources, (&old.documents, &new.documents), &allowed, terms);
    let context = Context {
        sources: &sources,
        old: State { settings: &old.settings, facts: &old.facts },
        new: State { settings: &new.settings, facts: &new.facts },
        changes: &explained,
        budget: &budget,
        files: &states,
        allowances: &allowances,
        redactor: &redactor,
        policy: &policy,
        audit,
    };
    let findings = rules::run(&context, &overrides(&config));
    let mut report = conclude::conclude(&conclude::Reviewed {
        context: &context,
        findings,
        documents: (&old.documents, &new.documents),
        skipped: gathered.skipped,
        notes: gathered.notes,
        counted: gathered.counted,
        baseline: &baseline,
        extent,
    });
    report.mistakes = turned.iter().filter_map(|t| t.as_ref().err()).map(|error| redactor.text(error)).collect();
    report.shared = export_as.map(|from| {
        let place = |at: Location| {
            let source = sources.get(at.source);
            format!("{}:{}", redactor.text(&source.path), source.position(at.span.start).line)
        };
        shared::export(&new.facts, &from, &|text| redactor.text(text).to_string(), &place)
    });
    report
}

/// The policy with the shared one that it builds on. What stood before the change wins, so that a change cannot relax its
/// own review; a shared policy that does not hold is named, not dropped in silence.
fn with_shared_policy(config: Config, old: &[Input], new: &[Input]) -> (Config, Option<(String, String)>) {
    let Some(name) = config.extends.clone() else { return (config, None) };
    let text = old.iter().chain(new).find(|input| input.path == name).and_then(|input| match &input.content {
        Content::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    });
    let Some(text) = text else {
        return (config, Some((name, "the policy builds on this file, which is not in the tree".to_owned())));
    };
    match config.clone().extended(text, &rules::names()) {
        Ok(whole) => (whole, None),
        Err(error) => (config, Some((name, format!("the policy builds on this file: {error}")))),
    }
}

/// The built-in knowledge with the user's own libraries. Entries that cannot be used are named, not dropped in silence.
fn catalogue(config: &Config) -> (Cow<'static, Catalogue>, Option<(String, String)>) {
    let builtin = Catalogue::shared();
    if config.entries == Entries::default() {
        return (Cow::Borrowed(builtin), None);
    }
    match builtin.clone().with_user(config.entries.clone()) {
        Ok(all) => (Cow::Owned(all), None),
        Err(error) => (Cow::Borrowed(builtin), Some(("plimsoll.toml".to_owned(), error.to_string()))),
    }
}

fn overrides(config: &Config) -> BTreeMap<String, Override> {
    let decide = |severity: &RuleSeverity| match severity {
        RuleSeverity::Off => Override::Off,
        RuleSeverity::Fixed(severity) => Override::Severity(*severity),
    };
    config.rules.iter().map(|(name, severity)| (name.clone(), decide(severity))).collect()
}

/// The policy's suppressions with their places, if the policy is a file of the review.
fn allowed(config: &Config, (sources, old, new): (&Sources, &[&Document], &[&Document])) -> Vec<Allow> {
    let file = |documents: &[&Document]| {
        documents.iter().map(|d| d.source).find(|source| sources.get(*source).path == POLICY_FILE)
    };
    let read = |source| Config::parse(&sources.get(source).text, &rules::names()).map(|told| told.allow).ok();
    // A policy from elsewhere says nothing of the lines of this one.
    let is_told = |own: Vec<crate::config::Allow>| config.allow.starts_with(&own);
    let here = file(new).filter(|source| read(*source).is_some_and(is_told));
    let own = here.and_then(read).map_or(0, |own| own.len());
    // Where the old policy cannot be read, nothing is called new.
    let before = file(old).map_or(Some(Vec::new()), read);
    let is_known = |a: &crate::config::Allow| {
        let same = |b: &crate::config::Allow| {
            (&a.rule, &a.file, &a.setting) == (&b.rule, &b.file, &b.setting) && a.until <= b.until
        };
        before.as_ref().is_none_or(|before| before.iter().any(same))
    };
    // What a shared policy accepts stands behind, and in another file.
    let allow = |(at, a): (usize, &crate::config::Allow)| Allow {
        rule: a.rule.clone(),
        file: a.file.clone().unwrap_or_default(),
        setting: a.setting.clone().unwrap_or_default(),
        reason: a.reason.clone(),
        until: a.until.clone(),
        at: here.filter(|_| at < own).map(|source| Location { source, span: sources.get(source).line_span(a.line) }),
        is_new: at < own && !is_known(a),
    };
    config.allow.iter().enumerate().map(allow).collect()
}

impl SideRead<'_> {
    fn meant(&self) -> Meant<'_> {
        Meant { settings: &self.settings, facts: &self.facts }
    }
}

/// The files of both sides as they were given.
struct Gathered {
    files: Vec<File>,
    skipped: Vec<(String, String)>,
    notes: Vec<(String, String)>,
    counted: conclude::Counted,
}

/// A file to read. One that is the same on both sides is read once, and its places are the new side's.
struct File {
    path: String,
    side: Side,
    is_unchanged: bool,
    /// Taken when it is read.
    bytes: Mutex<Vec<u8>>,
}

impl File {
    fn new(path: &str, side: Side, is_unchanged: bool, bytes: Vec<u8>) -> File {
        File { path: path.to_owned(), side, is_unchanged, bytes: Mutex::new(bytes) }
    }

    fn is_on(&self, side: Side) -> bool {
        self.is_unchanged || self.side == side
    }
}

/// Takes the files in, in the order of their paths.
fn gather(old: Vec<Input>, new: Vec<Input>, config: &Config) -> Gathered {
    let mut made =
        Gathered { files: Vec::new(), skipped: Vec::new(), notes: Vec::new(), counted: conclude::Counted::default() };
    let mut skips = BTreeMap::new();
    let mut take = |inputs: Vec<Input>| {
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for input in inputs {
            // A note stands for files that no pattern of the policy was asked about.
            if !matches!(input.content, Content::Note(_)) && !config.reads(&input.path) {
                continue;
            }
            match input.content {
                Content::Note(text) => made.notes.push((input.path, text)),
                Content::Skipped(reason) => drop(skips.insert(input.path, reason)),
                Content::Bytes(bytes) => drop(files.insert(source::clean_path(&input.path), bytes)),
            }
        }
        files
    };
    let (mut before, after) = (take(old), take(new));
    for (path, bytes) in after {
        let old = before.remove(&path);
        let is_unchanged = old.as_ref() == Some(&bytes);
        made.counted.unchanged += usize::from(is_unchanged);
        let changed = old.filter(|_| !is_unchanged);
        made.files.extend(changed.map(|bytes| File::new(&path, Side::Old, false, bytes)));
        made.files.push(File::new(&path, Side::New, is_unchanged, bytes));
    }
    made.files.extend(before.into_iter().map(|(path, bytes)| File::new(&path, Side::Old, false, bytes)));
    made.skipped = skips.into_iter().collect();
    made
}

/// Every file, read: the three lists go by the same index, which is the source's id.
struct Files {
    sources: Sources,
    documents: Vec<Document>,
    readings: Vec<FileReading>,
}

/// Reads all files, each by itself.
///
/// Of a file that did not change only what bears on connections is kept, and of all files the trees are let go that no
/// layer takes in, so that a large repository costs little more than its bytes.
fn read_files(
    gathered: &Gathered,
    limits: Limits,
    catalogue: &Catalogue,
    environments: &EnvironmentRules,
    lists: &ListKeys,
    spread: &Spread,
) -> Files {
    let files = &gathered.files;
    let contents: Vec<_> =
        files.iter().filter_map(|file| Some((file.path.as_str(), file.bytes.lock().ok()?))).collect();
    let listed: Vec<(&str, &[u8])> = contents.iter().map(|(path, bytes)| (*path, bytes.as_slice())).collect();
    let layered = layer::participants(&listed);
    drop(listed);
    drop(contents);
    let read = |at: usize| {
        let Some(file) = files.get(at) else { unreachable!("only files that are there are read") };
        let bytes = file.bytes.lock().map(|mut bytes| std::mem::take(&mut *bytes)).unwrap_or_default();
        let source = Source::owned(&file.path, file.side, bytes, limits);
        let mut document = format::parse(&source, SourceId(u32::try_from(at).unwrap_or(u32::MAX)));
        let mut reading = platform::read(&source.path, &document, environments, lists);
        if file.is_unchanged {
            facts::keep_relevant(&mut reading, catalogue);
        }
        if !layered.contains(file.path.as_str()) {
            document.roots = Vec::new();
        }
        (source, document, reading)
    };
    let mut made = Files { sources: Sources::default(), documents: Vec::new(), readings: Vec::new() };
    for (source, document, reading) in spread.map(files.len(), read) {
        made.sources.push(source);
        made.documents.push(document);
        made.readings.push(reading);
    }
    made
}

/// Learns every secret of both sides, so that none can be printed wherever it stands.
///
/// A secret that is also a name (the password `billing` of the service billing) is masked at its own place only: masked
/// everywhere it would black out the report and tell what it is.
fn redactor(sources: &Sources, sides: &[&SideRead<'_>]) -> Redactor {
    let names = names(sources, sides);
    let mut redactor = Redactor::new();
    let mut learn = |secret: &str| {
        if !names.contains(&secret.to_lowercase()) {
            redactor.learn(secret);
        }
    };
    for side in sides {
        for (at, meaning) in &side.facts.meanings {
            if meaning.secret {
                learn(&side.settings.get(*at).value.text);
            }
        }
        for endpoint in &side.facts.endpoints {
            let strings = endpoint.string.iter();
            strings.flat_map(|s| s.secret_values()).for_each(&mut learn);
        }
    }
    redactor
}

/// All that is printed as a name, in lower case: paths, resources, hosts, databases and users.
fn names(sources: &Sources, sides: &[&SideRead<'_>]) -> String {
    let mut names: BTreeSet<String> = sources.iter().map(|(_, s)| s.path.to_lowercase()).collect();
    for side in sides {
        names.extend(side.settings.resources.iter().map(|r| r.id.to_string().to_lowercase()));
        let parts = side.facts.endpoints.iter().flat_map(|e| &e.parts);
        let named = parts.filter(|p| matches!(p.role.as_str(), "host" | "database" | "user"));
        names.extend(named.filter_map(|p| p.text.as_deref()).map(str::to_lowercase));
    }
    names.into_iter().collect::<Vec<_>>().join("\n")
}

/// The workload that an autoscaler scales.
fn scaled(resource: &Resource) -> Option<String> {
    let Shape::Autoscaler(shape) = &resource.shape else { return None };
    let id = ResourceId {
        kind: shape.target_kind.clone(),
        namespace: resource.id.namespace.clone(),
        name: shape.target_name.clone(),
        layer: resource.id.layer.clone(),
    };
    Some(id.to_string())
}

/// `changed` with the settings that layers made of them: those that stand at the same place.
fn with_effective(settings: &Settings, mut changed: BTreeSet<SettingRef>) -> BTreeSet<SettingRef> {
    let places: BTreeSet<Location> = changed.iter().map(|at| settings.get(*at).at).collect();
    let made = settings.iter().filter(|(_, resource, _)| resource.standing == Standing::Effective);
    changed.extend(made.filter(|(.., setting)| places.contains(&setting.at)).map(|(at, ..)| at));
    changed
}

/// Workloads that this change rolls out, or whose next rollout it makes larger: their own manifest or autoscaler
/// changed, or something they read.
fn rolling(changes: &[Change], old: &SideRead<'_>, new: &SideRead<'_>) -> BTreeSet<String> {
    // A manifest that only moved to another file changes no pod; a key that moved inside it does.
    let stays = |c: &&Change| match (c.old, c.new) {
        (Some(was), Some(is)) => old.settings.get(was).path == new.settings.get(is).path,
        _ => false,
    };
    let real = || changes.iter().filter(move |c| c.kind != ChangeKind::Moved || !stays(c));
    let changed_new = with_effective(&new.settings, real().filter_map(|c| c.new).collect());
    let changed_old = with_effective(&old.settings, real().filter_map(|c| c.old).collect());
    let mut rolling = BTreeSet::new();
    for (side, changed) in [(old, &changed_old), (new, &changed_new)] {
        for &at in changed {
            // More replicas start no rollout by themselves, but the next release rolls at that size.
            rolling.insert(side.settings.resource_of(at).id.to_string());
            rolling.extend(scaled(side.settings.resource_of(at)));
        }
        let places: BTreeSet<_> = changed.iter().map(|&at| side.settings.get(at).at).collect();
        let effective = side.settings.resources.iter().filter(|r| r.standing == Standing::Effective);
        let touched = effective.filter(|r| r.settings.iter().any(|s| places.contains(&s.at)));
        rolling.extend(touched.map(|r| r.id.to_string()));
        for pool in &side.facts.pools {
            if pool.settings.iter().any(|s| places.contains(&side.settings.get(s.setting).at)) {
                rolling.insert(pool.key.owner.clone());
            }
        }
        for endpoint in &side.facts.endpoints {
            if endpoint.parts.iter().any(|p| places.contains(&side.settings.get(p.setting).at)) {
                let users = endpoint.workloads.iter().filter_map(|&w| side.facts.workloads.get(w));
                rolling.extend(users.map(|w| w.id.to_string()));
            }
        }
    }
    rolling
}
