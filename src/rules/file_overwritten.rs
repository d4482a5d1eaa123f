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
    /// together with a sign that it was replaced and not edited: its comments are gone, it equals another file now, or
    /// placeholders came in. Lock files and generated files are left alone.
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
    let signs = signs(ctx, file, old, new, &damage);
    if signs.is_empty() {
        return None;
    }
    let keys = damage.connection_keys(ctx);
    let path = ctx.name(&file.path);
    let title = shown!(
        "{} looks overwritten: {} of {} settings gone, {} with another value",
        path,
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

/// What speaks for a replaced file, in words; empty where nothing does.
fn signs(ctx: &Context<'_>, file: &FileFacts, old: &FileState, new: &FileState, damage: &Damage<'_>) -> Vec<Shown> {
    let mut signs = Vec::new();
    if let Some((twin, same, all)) = twin(ctx, file, old.at.source, new.at.source) {
        signs.push(shown!("it equals {} now in {} of {} settings", ctx.name(&twin), same, all));
    }
    if old.comments >= 2 && new.comments * 4 <= old.comments {
        signs.push(shown!(
            "{} of {} are gone",
            old.comments - new.comments,
            counted(old.comments, "comment", "comments")
        ));
    }
    let came = |c: &&&Explained| {
        c.new.as_ref().is_some_and(|n| is_placeholder(&n.text))
            && !c.old.as_ref().is_some_and(|o| is_placeholder(&o.text))
    };
    let placeholders = damage.changed.iter().filter(came).count();
    if placeholders > 0 {
        signs.push(shown!("{} came in", counted(placeholders, "placeholder", "placeholders")));
    }
    signs
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
