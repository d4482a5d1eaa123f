//! A file was replaced by something else: another environment's copy, a sample, a default.

use std::collections::{BTreeMap, BTreeSet};

use crate::declare_rule;
use crate::finding::{Confidence, Evidence, Finding, FindingBuilder, Severity};
use crate::meaning::{Explained, FileFacts, FileState};
use crate::rule::names::is_placeholder;
use crate::rule::wording::counted;
use crate::rule::{Context, State};
use crate::secret::Shown;
use crate::setting::Environment;
use crate::shown;
use crate::source::{Location, SourceId};

declare_rule! {
    /// ## What it finds
    ///
    /// A file of which at least 40 % of the settings (and at least 5) went at once, or half of the values changed,
    /// together with a sign that it was replaced and not edited: its comments are gone, it equals another file now (a
    /// sample, the default, another environment's), placeholders or empty values came in, the mark of what manages it is
    /// gone, versions went back, or pools are at their library's defaults again. The finding names what it looks like and
    /// what was lost. Lock files and generated files are left alone.
    ///
    /// ## Why it hurts
    ///
    /// A bot, a template or a wrong copy took the place of what people had tuned: hosts of another environment, pools and
    /// timeouts back at their defaults. Each line looks plausible, and the whole is an outage.
    ///
    /// ## Example
    ///
    /// ```properties before prod/app.properties
    /// # Tuned for production; ask the team before you change it.
    /// # Every host is reached through the private network.
    /// spring.datasource.url=jdbc:postgresql://orders-db.prod.example.internal:5432/orders
    /// spring.datasource.username=orders_app
    /// spring.datasource.hikari.maximum-pool-size=12
    /// spring.datasource.hikari.max-lifetime=1500000
    /// spring.datasource.hikari.connection-timeout=5000
    /// orders.retention=3650d
    /// orders.bucket=orders-prod
    /// logging.level.root=INFO
    /// ```
    ///
    /// ```properties after prod/app.properties
    /// spring.datasource.url=jdbc:postgresql://postgres:5432/app
    /// logging.level.root=DEBUG
    /// ```
    ///
    /// ```properties fixed prod/app.properties
    /// # Tuned for production; ask the team before you change it.
    /// # Every host is reached through the private network.
    /// spring.datasource.url=jdbc:postgresql://orders-db.prod.example.internal:5432/orders
    /// spring.datasource.username=orders_app
    /// spring.datasource.hikari.maximum-pool-size=12
    /// spring.datasource.hikari.max-lifetime=1500000
    /// spring.datasource.hikari.connection-timeout=5000
    /// orders.retention=3650d
    /// orders.bucket=orders-prod-2
    /// logging.level.root=WARN
    /// ```
    ///
    /// ## What to do
    ///
    /// Restore the file and apply only what was meant. Keep generated values apart from those that people set.
    ///
    /// ## When it is wrong
    ///
    /// For a rewrite on purpose, such as the move to another chart.
    ///
    /// ## References
    ///
    /// - <https://sre.google/sre-book/release-engineering/>
    pub(super) static FILE_OVERWRITTEN = "file-overwritten", Critical, Medium,
        "A file was replaced by something else", check;
}

/// Fewer settings than this say nothing in percent.
const FEWEST: usize = 5;

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.audit {
        out.extend(ctx.files.iter().filter_map(|file| finding(ctx, file)));
    }
}

fn finding(ctx: &Context<'_>, file: &FileFacts) -> Option<Finding> {
    let (old, new) = (file.old.as_ref()?, file.new.as_ref()?);
    let judged = matches!(file.environment, Environment::Production | Environment::Unknown);
    if !judged || is_generated(&file.path) || !old.parsed || !new.parsed || old.settings < FEWEST {
        return None;
    }
    let damage = Damage::of(ctx, old.at.source, new.at.source);
    let (lost, changed) = (damage.lost.len(), damage.changed.len());
    let much_lost = lost >= FEWEST && lost * 10 >= old.settings * 4;
    let much_changed = changed >= FEWEST && changed * 2 >= old.settings;
    if !much_lost && !much_changed {
        return None;
    }
    let twin = twin(ctx, file, old.at.source, new.at.source);
    let signs = signs(ctx, (old, new), &damage, twin.as_ref());
    if signs.is_empty() {
        return None;
    }
    let keys = damage.connection_keys(ctx);
    let path = ctx.name(&file.path);
    let by = twin.map_or_else(Shown::default, |(twin, ..)| shown!(" by {}{}", ctx.name(&twin), what_it_is(ctx, &twin)));
    let title = shown!(
        "{} looks overwritten{}: {} of {} settings gone, {} with another value",
        path,
        by,
        lost,
        old.settings,
        changed
    );
    let touched = if keys.is_empty() {
        Shown::of_static("no connection setting is among them")
    } else {
        shown!("among them {}", Shown::join(&keys.iter().take(6).map(|(_, key)| key.clone()).collect::<Vec<_>>(), ", "))
    };
    let severity = match (keys.is_empty(), file.environment) {
        (true, _) => Severity::Medium,
        (false, Environment::Production) => Severity::Critical,
        (false, _) => Severity::High,
    };
    let builder = FindingBuilder::new(FILE_OVERWRITTEN.name, severity, Confidence::Medium, new.at, title)
        .message(shown!("{}; {}", Shown::join(&signs, ", "), touched))
        .subject(None, file.environment)
        .symptom(Shown::of_static("the service starts with values that nobody chose for this environment"))
        .fix(shown!("restore {} and apply only what was meant", path), None)
        .rollback(shown!("restore {} as it was before; clients read it at start, so restart them", path))
        .question(shown!("Who or what wrote {}, and was all of it meant?", path));
    Some(keys.into_iter().take(3).fold(builder, |b, (at, key)| b.evidence(at, shown!("was {}", key))).build())
}

/// Rules whose findings keep a line of their own. The budget speaks of the whole tree, a password that was written once
/// stays in the history, and a connection that leads into another environment may have done harm already.
const STAY: &[&str] = &["environment-crossed", "host-typo", "password-in-plain-text", "pool-exceeds-server-limit"];

/// Takes the findings that follow from an overwritten file into the finding about the file: what it replaced or lost.
/// They are counted and listed there; what is critical by itself stays.
pub(super) fn lead(ctx: &Context<'_>, found: Vec<Finding>) -> Vec<Finding> {
    let mut leads: Vec<(Vec<SourceId>, Finding)> = Vec::new();
    let mut others: Vec<Finding> = Vec::new();
    for finding in found {
        match ctx.files.iter().find(|f| f.new.as_ref().is_some_and(|s| s.at == finding.at)) {
            Some(file) if finding.rule == FILE_OVERWRITTEN.name => {
                let sides = file.old.iter().chain(&file.new).map(|state| state.at.source);
                leads.push((sides.collect(), finding));
            }
            _ => others.push(finding),
        }
    }
    for (sources, leading) in &mut leads {
        let follows = |f: &Finding| {
            let replaced = f.old.is_some() && sources.contains(&f.at.source);
            replaced && f.severity < leading.severity.min(Severity::Critical) && !STAY.contains(&f.rule)
        };
        let (taken, left): (Vec<Finding>, Vec<Finding>) = others.into_iter().partition(follows);
        others = left;
        if !taken.is_empty() {
            let count = counted(taken.len(), "change", "changes");
            let verb = if taken.len() == 1 { "is" } else { "are" };
            leading.message = shown!("{}; {} of connections and pools {} part of it", leading.message, count, verb);
            leading.evidence = taken.into_iter().map(|f| Evidence { at: f.at, text: f.title }).collect();
        }
    }
    others.extend(leads.into_iter().map(|(_, leading)| leading));
    others.sort_by(|a, b| (a.at, a.rule).cmp(&(b.at, b.rule)));
    others
}

/// Files that tools write and people do not tune.
fn is_generated(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let locked =
        name.ends_with(".lock") || name.contains("-lock.") || name.contains(".lock.") || name.ends_with(".sum");
    let folder = ["node_modules/", "vendor/", "dist/", "generated/", "target/"]
        .iter()
        .any(|f| lower.starts_with(f) || lower.contains(&format!("/{f}")));
    locked || folder || name.contains("generated")
}

/// What happened to the settings of one file.
struct Damage<'a> {
    lost: Vec<&'a Explained>,
    changed: Vec<&'a Explained>,
}

impl<'a> Damage<'a> {
    fn of(ctx: &Context<'a>, old: SourceId, new: SourceId) -> Damage<'a> {
        let in_old = |c: &&Explained| c.old.as_ref().is_some_and(|s| ctx.old.settings.get(s.setting).at.source == old);
        let in_new = |c: &Explained| c.new.as_ref().is_some_and(|s| ctx.new.settings.get(s.setting).at.source == new);
        let differs = |c: &&Explained| c.old.as_ref().map(|s| &s.text) != c.new.as_ref().map(|s| &s.text);
        let mut damage = Damage { lost: Vec::new(), changed: Vec::new() };
        // A connection string comes as one entry a part; it is one setting.
        let mut seen = BTreeSet::new();
        for change in ctx.changes.iter().filter(in_old) {
            let Some(setting) = change.old.as_ref().map(|s| s.setting) else { continue };
            if change.new.is_none() && change.endpoints.1.is_none() && seen.insert(setting) {
                damage.lost.push(change);
            } else if in_new(change) && differs(&change) && seen.insert(setting) {
                damage.changed.push(change);
            }
        }
        damage
    }

    /// The settings with a meaning for connections, by place and name.
    fn connection_keys(&self, ctx: &Context<'_>) -> Vec<(Location, Shown)> {
        let touched = self.lost.iter().chain(&self.changed).filter(|c| c.role.is_some());
        let place = |c: &&&Explained| Some((c.old.as_ref()?.at, ctx.name(&c.logical)));
        touched.filter_map(|c| place(&c)).collect()
    }
}

/// What a file is to the one that it replaced, in words: a sample, or another environment's.
fn what_it_is(ctx: &Context<'_>, path: &str) -> Shown {
    let name = path.rsplit('/').next().unwrap_or(path);
    const SAMPLES: [&str; 8] = ["sample", "example", "template", "default", "defaults", "dist", "orig", "skeleton"];
    if crate::rule::names::has_word(name, &SAMPLES) {
        return Shown::of_static(", a sample");
    }
    match ctx.files.iter().find(|f| f.path == path).map(|f| f.environment) {
        Some(environment @ (Environment::Staging | Environment::Development)) => {
            shown!(", the copy of {}", environment.as_str())
        }
        _ => Shown::default(),
    }
}

/// What speaks for a replaced file, in words; empty where nothing does.
fn signs(
    ctx: &Context<'_>,
    (old, new): (&FileState, &FileState),
    damage: &Damage<'_>,
    twin: Option<&(String, usize, usize)>,
) -> Vec<Shown> {
    let mut signs = Vec::new();
    if let Some((twin, same, all)) = twin {
        signs.push(shown!("it equals {} now in {} of {} settings", ctx.name(twin), same, all));
    }
    if old.comments >= 2 && new.comments * 4 <= old.comments {
        signs.push(shown!(
            "{} of {} are gone",
            old.comments - new.comments,
            counted(old.comments, "comment", "comments")
        ));
    }
    let came = |is: fn(&str) -> bool| {
        let is_new = |c: &&&Explained| {
            c.new.as_ref().is_some_and(|n| is(&n.text)) && !c.old.as_ref().is_some_and(|o| is(&o.text))
        };
        damage.changed.iter().filter(is_new).count()
    };
    let placeholders = came(is_placeholder);
    if placeholders > 0 {
        signs.push(shown!("{} came in", counted(placeholders, "placeholder", "placeholders")));
    }
    let emptied = came(|text| text.trim().is_empty());
    if emptied >= 2 {
        signs.push(shown!("{} are empty now", counted(emptied, "value", "values")));
    }
    let back = damage.changed.iter().filter(|c| went_back(c)).count();
    if back > 0 {
        signs.push(shown!("{} went back", counted(back, "version", "versions")));
    }
    let marks = damage.lost.iter().filter(|c| is_mark_of_manager(&c.path)).count();
    if marks > 0 {
        signs.push(Shown::of_static("the mark of what manages it is gone"));
    }
    let defaults = at_default_again(ctx, old.at.source);
    if defaults >= 2 {
        signs.push(shown!(
            "{} at the library's default again",
            counted(defaults, "pool setting is", "pool settings are")
        ));
    }
    signs
}

/// `app.kubernetes.io/managed-by`, `meta.helm.sh/release-name`, the tracking marks of Argo CD and Flux.
fn is_mark_of_manager(path: &str) -> bool {
    const MARKS: [&str; 6] = [
        "managed-by",
        "managed_by",
        "meta.helm.sh/",
        "argocd.argoproj.io/",
        "toolkit.fluxcd.io/",
        "config.kubernetes.io/",
    ];
    MARKS.iter().any(|mark| path.contains(mark))
}

/// Whether a version is an earlier one now: an older revision was put back.
fn went_back(change: &Explained) -> bool {
    let last = change.path.rsplit(['.', '/']).next().unwrap_or_default().to_ascii_lowercase();
    if !matches!(last.as_str(), "image" | "tag" | "version" | "appversion" | "targetrevision" | "imagetag" | "newtag") {
        return false;
    }
    let numbers = |text: &str| -> Option<Vec<u64>> {
        let tag = text.rsplit(':').next().unwrap_or(text).trim_matches(['"', '\'']).trim_start_matches('v');
        let core = tag.split(['-', '+']).next().unwrap_or(tag);
        let numbers: Option<Vec<u64>> = core.split('.').map(|n| n.parse().ok()).collect();
        numbers.filter(|n| n.len() >= 2)
    };
    let (Some(old), Some(new)) = (&change.old, &change.new) else { return false };
    matches!((numbers(&old.text), numbers(&new.text)), (Some(a), Some(b)) if b < a)
}

/// Pool settings of a file that were written and whose library's default holds now, and is another value.
fn at_default_again(ctx: &Context<'_>, old: SourceId) -> usize {
    let falls = |pair: crate::rule::PoolPair<'_>| {
        let (Some(was), Some(is)) = (pair.old, pair.new) else { return 0 };
        let in_file = |s: &&crate::facts::PoolSetting| s.at.source == old;
        let at_default = |s: &&crate::facts::PoolSetting| {
            let now = is.setting(s.role);
            s.default_value
                .as_ref()
                .is_some_and(|default| *default != s.value && now.is_none_or(|now| now.value == *default))
        };
        was.settings.iter().filter(in_file).filter(at_default).count()
    };
    ctx.pools().into_iter().map(falls).sum()
}

/// The settings of one file by resource kind and path, so that the same key of another file has the same name.
type Content<'a> = BTreeMap<(&'a str, String), &'a str>;

fn content<'a>(side: State<'a>, source: SourceId) -> Content<'a> {
    let resources = side.settings.resources.iter().filter(|r| r.source == source);
    resources
        .flat_map(|r| r.settings.iter().map(|s| ((r.id.kind.as_str(), s.path.to_string()), s.value.text.as_str())))
        .collect()
}

fn agreement(a: &Content<'_>, b: &Content<'_>) -> usize {
    a.iter().filter(|(key, value)| b.get(*key) == Some(value)).count()
}

/// The other file that this one equals now and did not before: nine of ten settings, and most of the other's.
fn twin(ctx: &Context<'_>, file: &FileFacts, old: SourceId, new: SourceId) -> Option<(String, usize, usize)> {
    let (before, after) = (content(ctx.old, old), content(ctx.new, new));
    if after.len() < FEWEST {
        return None;
    }
    let mut best: Option<(String, usize, usize)> = None;
    for other in ctx.files.iter().filter(|f| f.path != file.path) {
        // As it was before the change if it was there: the twin may have been moved here.
        let theirs = match (&other.old, &other.new) {
            (Some(state), _) => content(ctx.old, state.at.source),
            (None, Some(state)) => content(ctx.new, state.at.source),
            (None, None) => continue,
        };
        let (same, had) = (agreement(&after, &theirs), agreement(&before, &theirs));
        let equal = same * 10 >= after.len() * 9 && same * 10 >= theirs.len() * 6;
        let was_equal = had * 10 >= before.len() * 6;
        if equal && !was_equal && best.as_ref().is_none_or(|(_, known, _)| same > *known) {
            best = Some((other.path.clone(), same, after.len()));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::is_generated;

    #[test]
    fn lock_files_and_generated_files_are_left_alone() {
        assert!(
            is_generated("package-lock.json")
                && is_generated("infra/.terraform.lock.hcl")
                && is_generated("k8s/generated/app.yaml")
        );
        assert!(!is_generated("prod/app.properties") && !is_generated("prod/clock.yaml"));
    }
}
