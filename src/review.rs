//! The pipeline: bytes → documents → settings → changes and facts → budget → findings → score → report.

use std::collections::{BTreeMap, BTreeSet};

use crate::budget;
use crate::catalogue::Catalogue;
use crate::conclude;
use crate::config::{Config, RuleSeverity};
use crate::diff::{self, Change, ChangeKind};
use crate::document::Document;
use crate::facts::{self, Facts};
use crate::format;
use crate::meaning::{self, Meant};
use crate::platform::{self, EnvironmentRules};
use crate::report::Report;
use crate::rule::{Context, State};
use crate::rules::{self, Override};
use crate::secret::Redactor;
use crate::setting::{Environment, Resource, ResourceId, Settings, Shape};
use crate::source::{Side, Source, Sources};
use crate::suppression::{Allow, Suppressions};

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
}

/// One side, read.
struct SideRead {
    documents: Vec<Document>,
    settings: Settings,
    facts: Facts,
}

/// Reviews a change. Never fails: what could not be read is part of the report.
#[must_use]
pub fn review(request: Request) -> Report {
    let Request { old, new, config, environments, today, audit } = request;
    let environments = EnvironmentRules::new(environments.into_iter().chain(config.environments.clone()).collect());
    let (catalogue, unusable) = catalogue(&config);
    let policy = config.policy();
    let mut gathered = gather(old, new, &config);
    gathered.skipped.extend(unusable);
    let sources = gathered.sources;

    let read = |documents: Vec<Document>| {
        let settings = platform::settings_with(&sources, &documents, &environments, &config.lists);
        let facts = facts::assemble(&sources, &settings, &catalogue, &policy.declared);
        SideRead { documents, settings, facts }
    };
    let old = read(gathered.old);
    let new = read(gathered.new);

    let changes = if audit { Vec::new() } else { diff::diff(&old.settings, &new.settings) };
    let explained = meaning::explain(&changes, old.meant(), new.meant());
    let redactor = redactor(&sources, &[&old, &new]);
    let rolling = rolling(&changes, &old, &new);
    let options = budget::Options { target: policy.target, strict_rollout: policy.strict_rollout, rolling: &rolling };
    let budget = budget::budget(&old.facts, &new.facts, &options);
    let environment_of = |path: &str| environments.of_path(path);
    let files =
        meaning::files(&sources, (&old.documents, &old.settings), (&new.documents, &new.settings), &environment_of);
    let context = Context {
        sources: &sources,
        old: State { settings: &old.settings, facts: &old.facts },
        new: State { settings: &new.settings, facts: &new.facts },
        changes: &explained,
        budget: &budget,
        files: &files,
        redactor: &redactor,
        policy: &policy,
        audit,
    };
    let findings = rules::run(&context, &overrides(&config));
    let suppressions = Suppressions::new(&sources, &new.documents, allowed(&config), today);
    conclude::conclude(&conclude::Reviewed {
        context: &context,
        findings,
        suppressions: &suppressions,
        documents: (&old.documents, &new.documents),
        skipped: gathered.skipped,
        notes: gathered.notes,
        counted: gathered.counted,
    })
}

/// The built-in knowledge with the user's own libraries. Entries that cannot be used are named, not dropped in silence.
fn catalogue(config: &Config) -> (Catalogue, Option<(String, String)>) {
    let builtin = || Catalogue::builtin().expect("the embedded catalogue is checked by a test");
    match builtin().with_user(config.entries.clone()) {
        Ok(all) => (all, None),
        Err(error) => (builtin(), Some(("plimsoll.toml".to_owned(), error.to_string()))),
    }
}

fn overrides(config: &Config) -> BTreeMap<String, Override> {
    let decide = |severity: &RuleSeverity| match severity {
        RuleSeverity::Off => Override::Off,
        RuleSeverity::Fixed(severity) => Override::Severity(*severity),
    };
    config.rules.iter().map(|(name, severity)| (name.clone(), decide(severity))).collect()
}

fn allowed(config: &Config) -> Vec<Allow> {
    let allow = |a: &crate::config::Allow| Allow {
        rule: a.rule.clone(),
        file: a.file.clone().unwrap_or_default(),
        setting: a.setting.clone().unwrap_or_default(),
        reason: a.reason.clone(),
        until: a.until.clone(),
    };
    config.allow.iter().map(allow).collect()
}

impl SideRead {
    fn meant(&self) -> Meant<'_> {
        Meant { settings: &self.settings, facts: &self.facts }
    }
}

/// The files of both sides, parsed.
struct Gathered {
    sources: Sources,
    old: Vec<Document>,
    new: Vec<Document>,
    skipped: Vec<(String, String)>,
    notes: Vec<(String, String)>,
    counted: conclude::Counted,
}

/// Takes the files in; one that is the same on both sides is kept and parsed once.
fn gather(old: Vec<Input>, new: Vec<Input>, config: &Config) -> Gathered {
    let mut made = Gathered {
        sources: Sources::default(),
        old: Vec::new(),
        new: Vec::new(),
        skipped: Vec::new(),
        notes: Vec::new(),
        counted: conclude::Counted::default(),
    };
    let mut before: BTreeMap<String, Source> = BTreeMap::new();
    let mut skips = BTreeMap::new();
    for (side, inputs) in [(Side::Old, old), (Side::New, new)] {
        let mut inputs = inputs;
        inputs.sort_by(|a, b| a.path.cmp(&b.path));
        for input in inputs {
            // A note stands for files that no pattern of the policy was asked about.
            if !matches!(input.content, Content::Note(_)) && !config.reads(&input.path) {
                continue;
            }
            let bytes = match input.content {
                Content::Note(text) => {
                    made.notes.push((input.path, text));
                    continue;
                }
                Content::Bytes(bytes) => bytes,
                Content::Skipped(reason) => {
                    skips.insert(input.path, reason);
                    continue;
                }
            };
            let source = Source::new(&input.path, side, &bytes);
            match side {
                Side::Old => {
                    before.insert(source.path.clone(), source);
                }
                Side::New => made.take_new(source, &mut before),
            }
        }
    }
    for source in before.into_values() {
        let document = made.parse(source);
        made.old.push(document);
    }
    made.old.sort_by(|a, b| made.sources.get(a.source).path.cmp(&made.sources.get(b.source).path));
    made.skipped = skips.into_iter().collect();
    made
}

impl Gathered {
    fn take_new(&mut self, source: Source, before: &mut BTreeMap<String, Source>) {
        let same = before.get(&source.path).is_some_and(|old| old.same_bytes(&source));
        if let Some(old) = before.remove(&source.path) {
            if same {
                self.counted.unchanged += 1;
                let document = self.parse(source);
                self.old.push(document.clone());
                self.new.push(document);
                return;
            }
            let document = self.parse(old);
            self.old.push(document);
        }
        let document = self.parse(source);
        self.new.push(document);
    }

    fn parse(&mut self, source: Source) -> Document {
        let id = self.sources.push(source);
        format::parse(self.sources.get(id), id)
    }
}

/// Learns every secret of both sides, so that none can be printed wherever it stands.
///
/// A secret that is also a name (the password `billing` of the service billing) is masked at its own place only: masked
/// everywhere it would black out the report and tell what it is.
fn redactor(sources: &Sources, sides: &[&SideRead]) -> Redactor {
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
fn names(sources: &Sources, sides: &[&SideRead]) -> String {
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

/// Workloads that this change rolls out, or whose next rollout it makes larger: their own manifest or autoscaler
/// changed, or something they read.
fn rolling(changes: &[Change], old: &SideRead, new: &SideRead) -> BTreeSet<String> {
    // A manifest that only moved to another file changes no pod; a key that moved inside it does.
    let stays = |c: &&Change| match (c.old, c.new) {
        (Some(was), Some(is)) => old.settings.get(was).path == new.settings.get(is).path,
        _ => false,
    };
    let real = || changes.iter().filter(move |c| c.kind != ChangeKind::Moved || !stays(c));
    let changed_new: BTreeSet<_> = real().filter_map(|c| c.new).collect();
    let changed_old: BTreeSet<_> = real().filter_map(|c| c.old).collect();
    let mut rolling = BTreeSet::new();
    for (side, changed) in [(old, &changed_old), (new, &changed_new)] {
        for &at in changed {
            // More replicas start no rollout by themselves, but the next release rolls at that size.
            rolling.insert(side.settings.resource_of(at).id.to_string());
            rolling.extend(scaled(side.settings.resource_of(at)));
        }
        for pool in &side.facts.pools {
            if pool.settings.iter().any(|s| changed.contains(&s.setting)) {
                rolling.insert(pool.key.owner.clone());
            }
        }
        for endpoint in &side.facts.endpoints {
            if endpoint.parts.iter().any(|p| changed.contains(&p.setting)) {
                let users = endpoint.workloads.iter().filter_map(|&w| side.facts.workloads.get(w));
                rolling.extend(users.map(|w| w.id.to_string()));
            }
        }
    }
    rolling
}
