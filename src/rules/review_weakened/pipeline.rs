//! The step of a pipeline that runs Plimsoll.
//!
//! In: the settings and changes of pipelines. Out: findings where the step is gone, may fail, fails later than before or
//! follows a branch. A step is known by the action that it uses or by the command that it runs.

use super::{Weakening, fail_on};
use crate::finding::{Finding, Severity};
use crate::meaning::Explained;
use crate::rule::{Context, State};
use crate::secret::Shown;
use crate::setting::{KeyPath, Resource, Setting, Standing};
use crate::shown;

/// A step that runs Plimsoll.
struct Step<'a> {
    resource: &'a Resource,
    /// What the step is known by.
    setting: &'a Setting,
    /// Where its keys stand.
    root: KeyPath,
}

pub(super) fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let before = steps(ctx.old);
    if before.is_empty() {
        return;
    }
    let after = steps(ctx.new);
    if let (Some(gone), true) = (before.first(), after.is_empty()) {
        let title = Shown::of_static("the step that runs this review is gone");
        let setting = ctx.name(&gone.setting.path.to_string());
        let old = Some(ctx.redactor.text(gone.setting.value.text.trim())).map(|text| text.shortened(80));
        out.extend(Weakening::new(Severity::High, title).map(|w| w.finding(gone.setting.at, setting, old, None)));
        return;
    }
    out.extend(ctx.changes.iter().filter_map(|change| of_step(ctx, (&before, &after), change)));
}

fn steps(state: State<'_>) -> Vec<Step<'_>> {
    let resources =
        state.settings.resources.iter().filter(|r| r.standing != Standing::Effective && is_pipeline(&r.path));
    resources
        .flat_map(|resource| resource.settings.iter().map(move |setting| (resource.as_ref(), setting)))
        .filter(|(_, setting)| runs_review(setting))
        .map(|(resource, setting)| Step { resource, setting, root: setting.path.parent() })
        .collect()
}

fn is_pipeline(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.contains(".github/")
        || path.contains(".gitea/")
        || path.contains(".gitlab")
        || path.contains(".circleci/")
        || ["azure-pipelines", "bitbucket-pipelines", ".drone", ".woodpecker", "Jenkinsfile", "cloudbuild", "buildspec"]
            .iter()
            .any(|known| name.starts_with(known))
}

/// `uses: someone/plimsoll@v1`, or a command line with `plimsoll review`.
fn runs_review(setting: &Setting) -> bool {
    let text = setting.value.text.trim();
    let action = text.split('@').next().unwrap_or(text);
    let used = setting.path.last() == "uses"
        && action.split('/').any(|part| part == "plimsoll" || part.starts_with("plimsoll-"));
    used || text.contains("plimsoll review") || text.contains("plimsoll audit")
}

/// A change to such a step or to its job.
fn of_step(ctx: &Context<'_>, (before, after): (&[Step<'_>], &[Step<'_>]), change: &Explained) -> Option<Finding> {
    let (side, state, steps) = match (&change.new, &change.old) {
        (Some(new), _) => (new, ctx.new, after),
        (None, Some(old)) => (old, ctx.old, before),
        (None, None) => return None,
    };
    let (holder, setting) = (state.settings.resource_of(side.setting), state.settings.get(side.setting));
    let of_job = setting.path.segments().count() == 1;
    let step = steps.iter().find(|s| s.resource.id == holder.id && (of_job || setting.path.is_below(&s.root)))?;
    let text = |side: &Option<crate::meaning::ChangeSide>| side.as_ref().map(|s| s.text.trim().to_owned());
    let (old, new) = (text(&change.old), text(&change.new));
    let (old, new) = (old.as_deref(), new.as_deref());
    let weakening = match setting.path.last() {
        "fail-on" | "fail_on" => fail_on(ctx, old.filter(|t| !t.is_empty()), new.filter(|t| !t.is_empty())),
        "continue-on-error" | "allow_failure" if new == Some("true") && old != Some("true") => {
            Weakening::new(Severity::High, Shown::of_static("the job passes whatever the review says"))
        }
        "if" if old.is_none() => {
            Weakening::new(Severity::Low, Shown::of_static("the review runs under a condition only"))
        }
        "paths" | "environment" if !of_job => Weakening::new(
            Severity::Low,
            Shown::of_static("what the review reads, or what it takes for production, changed"),
        ),
        "uses" if std::ptr::eq(step.setting, setting) && follows_branch(new?) && !old.is_some_and(follows_branch) => {
            Weakening::new(Severity::Low, shown!("the review follows a branch: {}", ctx.name(new?)))
        }
        _ if runs_review(setting) => command(ctx, old?, new?),
        _ => None,
    }?;
    let shown =
        |side: &Option<crate::meaning::ChangeSide>| side.as_ref().map(|s| ctx.shown(&change.logical, s).shortened(80));
    Some(weakening.finding(side.at, ctx.name(&change.path), shown(&change.old), shown(&change.new)))
}

fn follows_branch(action: &str) -> bool {
    action.rsplit('@').next().is_some_and(|version| matches!(version, "main" | "master" | "HEAD" | "develop"))
}

/// A command line that runs the review: its threshold, and whether its failure is swallowed.
fn command(ctx: &Context<'_>, old: &str, new: &str) -> Option<Weakening> {
    let swallowed =
        |text: &str| text.lines().any(|l| l.contains("plimsoll") && (l.contains("|| true") || l.contains("|| :")));
    if swallowed(new) && !swallowed(old) {
        return Weakening::new(Severity::High, Shown::of_static("the job passes whatever the review says"));
    }
    fail_on(ctx, threshold(old), threshold(new))
}

/// What `--fail-on` says in a command line.
fn threshold(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("--fail-on")?;
    rest.split(|c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\'')).find(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_of_a_command_line_is_read() {
        assert_eq!(threshold("plimsoll review --git a...b --fail-on medium"), Some("medium"));
        assert_eq!(threshold("plimsoll review --fail-on=\"never\" old new"), Some("never"));
        assert_eq!(threshold("plimsoll review old new"), None);
    }

    #[test]
    fn a_branch_is_told_from_a_version() {
        assert!(follows_branch("someone/plimsoll@main") && !follows_branch("someone/plimsoll@v1"));
    }
}
