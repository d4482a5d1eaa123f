//! The change relaxes its own review: thresholds, what is read, what is accepted, the pipeline's step.

mod pipeline;

use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::Explained;
use crate::rule::Context;
use crate::rule::allowance::{Allowance, Scope, Standing};
use crate::secret::Shown;
use crate::setting::{Environment, KeyPath, Segment};
use crate::shown;
use crate::source::Location;

declare_rule! {
    /// ## What it finds
    ///
    /// A change to `plimsoll.toml` or to the pipeline that runs Plimsoll after which the same mistake would be told later
    /// or not at all: a higher `fail-on`, a rule switched off or lowered, files left out, a production path that counts as
    /// another environment, a raised limit of a declared server, an added or prolonged suppression, a step that is gone or
    /// may fail. `forbid-new-suppressions = true` under `[policy]` makes added suppressions void and this finding high.
    ///
    /// ## Why it hurts
    ///
    /// A check that the author of a change may switch off in the same change checks nothing. That one line is easily
    /// overlooked beside the lines that it is for.
    ///
    /// ## Example
    ///
    /// ```toml before plimsoll.toml
    /// fail-on = "high"
    /// ```
    ///
    /// ```toml after plimsoll.toml
    /// fail-on = "never"
    /// ```
    ///
    /// ```toml fixed plimsoll.toml
    /// fail-on = "medium"
    /// ```
    ///
    /// ## What to do
    ///
    /// Make it a change of its own, seen by whoever owns the review.
    ///
    /// ## When it is wrong
    ///
    /// For a threshold that was relaxed on purpose and with the owner's word.
    ///
    /// ## References
    ///
    /// - [The policy file](../policy.md)
    /// - <https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners>
    pub(super) static REVIEW_WEAKENED = "review-weakened", Medium, High,
        "The change relaxes its own review", check;
}

/// Name of the policy file.
const POLICY_FILE: &str = "plimsoll.toml";

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if ctx.audit {
        return;
    }
    out.extend(ctx.changes.iter().filter_map(|change| of_policy(ctx, change)));
    out.extend(policy_gone(ctx));
    out.extend(ctx.allowances.iter().filter_map(|allowance| added(ctx, allowance)));
    pipeline::check(ctx, out);
}

/// How a line weakens the review: how much it matters, and what happens in words.
struct Weakening {
    severity: Severity,
    title: Shown,
}

impl Weakening {
    fn new(severity: Severity, title: Shown) -> Option<Weakening> {
        Some(Weakening { severity, title })
    }

    /// `old` and `new` as they may be printed.
    fn finding(self, at: Location, setting: Shown, old: Option<Shown>, new: Option<Shown>) -> Finding {
        let rollback = match &old {
            Some(old) => shown!("set {} back to {}", setting, old.clone()),
            None => shown!("take {} away again", setting),
        };
        FindingBuilder::new(REVIEW_WEAKENED.name, self.severity, Confidence::High, at, self.title)
            .message(Shown::of_static("the same change would be judged more mildly than before it"))
            .subject(None, Environment::Unknown)
            .setting(setting, old, new)
            .fix(Shown::of_static("make it a change of its own, seen by whoever owns the review"), None)
            .rollback(rollback)
            .question(Shown::of_static("Is the review meant to become more lenient, and does its owner know?"))
            .build()
    }
}

/// A changed line of a policy file.
fn of_policy(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let side = change.new.as_ref().or(change.old.as_ref())?;
    let (state, is_new) = if change.new.is_some() { (ctx.new, true) } else { (ctx.old, false) };
    let holder = state.settings.resource_of(side.setting);
    if holder.path.rsplit('/').next() != Some(POLICY_FILE) {
        return None;
    }
    let keys = keys(&state.settings.get(side.setting).path);
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let text = |side: &Option<crate::meaning::ChangeSide>| side.as_ref().map(|s| s.text.trim().to_owned());
    let (old, new) = (text(&change.old), text(&change.new));
    // What replaced a file as a whole is told by the file.
    let there = |path: &str| ctx.files.iter().any(|f| f.path == path && f.old.is_some());
    if is_new && !there(&holder.path) {
        return None;
    }
    let weakening = line(ctx, &keys, old.as_deref(), new.as_deref())?;
    let shown = |side: &Option<crate::meaning::ChangeSide>| side.as_ref().map(|s| ctx.shown(&change.logical, s));
    Some(weakening.finding(side.at, ctx.name(&change.path), shown(&change.old), shown(&change.new)))
}

/// The steps of a path as the policy file spells them, `-` for `_`.
fn keys(path: &KeyPath) -> Vec<String> {
    let word = |segment: Segment<'_>| match segment {
        Segment::Key(key) | Segment::Embedded(key) => key.to_owned(),
        Segment::Item(item) => item.to_owned(),
        Segment::Index(index) => index.to_string(),
    };
    let mut keys: Vec<String> = path.segments().map(word).collect();
    if let Some(first) = keys.first_mut() {
        *first = first.replace('_', "-");
    }
    keys
}

/// Whether a line of the policy weakens the review, and how.
fn line(ctx: &Context<'_>, keys: &[&str], old: Option<&str>, new: Option<&str>) -> Option<Weakening> {
    let number = |text: Option<&str>| text.and_then(|t| t.replace('_', "").parse::<f64>().ok());
    let grew = || matches!((number(old), number(new)), (Some(a), Some(b)) if b > a);
    let shrank = || matches!((number(old), number(new)), (Some(a), Some(b)) if b < a);
    let shown = |text: Option<&str>| ctx.name(text.unwrap_or_default());
    match keys {
        ["fail-on"] => fail_on(ctx, old, new),
        ["rules", name, "severity"] => rule_severity(ctx, name, old, new),
        ["paths", "exclude", ..] if old.is_none() => {
            Weakening::new(Severity::Medium, shown!("files that match {} are left out of the review", shown(new)))
        }
        ["paths", "include", ..] if new.is_none() => {
            Weakening::new(Severity::Medium, shown!("files that match {} are not read any more", shown(old)))
        }
        ["environments", glob] if old == Some("production") => {
            Weakening::new(Severity::Medium, shown!("{} does not count as production any more", ctx.name(glob)))
        }
        ["allowed-hosts", environment, ..] if old.is_none() != new.is_none() => Weakening::new(
            Severity::Medium,
            shown!("which hosts {} may lead to changed: {}", ctx.name(environment), shown(new.or(old))),
        ),
        ["extends"] => Weakening::new(Severity::Medium, Shown::of_static("the review builds on another shared policy")),
        ["policy", "target"] if grew() => Weakening::new(
            Severity::Medium,
            shown!("a server counts as nearly full from a share of {} on, not from {}", shown(new), shown(old)),
        ),
        ["policy", key @ ("strict-rollout" | "strict_rollout")] if old == Some("true") && new != Some("true") => {
            Weakening::new(Severity::Low, shown!("{} is switched off", ctx.name(key)))
        }
        ["policy", "forbid-new-suppressions" | "forbid_new_suppressions"]
            if old == Some("true") && new != Some("true") =>
        {
            Weakening::new(Severity::High, Shown::of_static("suppressions may come with the change that they are for"))
        }
        ["server", .., key @ ("max-connections" | "max_connections")] if grew() => Weakening::new(
            Severity::Low,
            shown!(
                "the declared {} of a server goes from {} to {}: the budget believes it",
                ctx.name(key),
                shown(old),
                shown(new)
            ),
        ),
        ["server", .., key @ ("reserved" | "fixed-clients" | "fixed_clients")]
        | ["workload", .., key @ ("pool-max" | "pool_max" | "max-replicas" | "max_replicas" | "processes")]
            if shrank() =>
        {
            Weakening::new(
                Severity::Low,
                shown!(
                    "the declared {} goes from {} to {}: the budget believes it",
                    ctx.name(key),
                    shown(old),
                    shown(new)
                ),
            )
        }
        _ => None,
    }
}

/// From which severity on a review fails: higher is more lenient.
fn rank_of_threshold(name: &str) -> Option<usize> {
    ["low", "medium", "high", "critical", "never"].iter().position(|n| *n == name.trim())
}

/// Where no threshold is written, high holds.
const USUAL_THRESHOLD: &str = "high";

fn fail_on(ctx: &Context<'_>, old: Option<&str>, new: Option<&str>) -> Option<Weakening> {
    let (was, is) = (old.unwrap_or(USUAL_THRESHOLD), new.unwrap_or(USUAL_THRESHOLD));
    if rank_of_threshold(is)? <= rank_of_threshold(was)? {
        return None;
    }
    if is.trim() == "never" {
        return Weakening::new(
            Severity::High,
            shown!("the review fails for nothing any more, not from {} on", ctx.name(was)),
        );
    }
    Weakening::new(
        Severity::Medium,
        shown!("the review fails from {} on only, not from {}", ctx.name(is), ctx.name(was)),
    )
}

fn rule_severity(ctx: &Context<'_>, name: &str, old: Option<&str>, new: Option<&str>) -> Option<Weakening> {
    let usual = super::rule(name)?.severity;
    // Off is less than the least; where nothing is told the rule's own severity holds.
    let rank = |text: Option<&str>| match text {
        None => Some(Some(usual)),
        Some("off") => Some(None),
        Some(text) => Severity::from_name(text).map(Some),
    };
    let (was, is) = (rank(old)?, rank(new)?);
    if is >= was {
        return None;
    }
    match is {
        None => Weakening::new(
            if usual >= Severity::High { Severity::High } else { Severity::Medium },
            shown!("the rule {} is switched off", ctx.name(name)),
        ),
        Some(is) => {
            let was = was.map_or("off", Severity::as_str);
            Weakening::new(
                Severity::Low,
                shown!("findings of {} count as {}, not as {}", ctx.name(name), is.as_str(), was),
            )
        }
    }
}

/// The policy file was there and is gone, and none came elsewhere.
fn policy_gone(ctx: &Context<'_>) -> Option<Finding> {
    let is_policy = |path: &str| path.rsplit('/').next() == Some(POLICY_FILE);
    let gone = ctx.files.iter().find(|f| is_policy(&f.path) && f.old.is_some() && f.new.is_none())?;
    if ctx.files.iter().any(|f| is_policy(&f.path) && f.new.is_some()) {
        return None;
    }
    let at = gone.old.as_ref()?.at;
    let path = ctx.name(&gone.path);
    let title = shown!("{} is gone: what it told and forbade does not hold any more", path);
    Weakening::new(Severity::Medium, title).map(|weakening| weakening.finding(at, path.clone(), Some(path), None))
}

/// A suppression that came with the change.
fn added(ctx: &Context<'_>, allowance: &Allowance) -> Option<Finding> {
    if !allowance.is_new || !matches!(allowance.standing, Standing::Holds | Standing::Forbidden) {
        return None;
    }
    super::rule(&allowance.rule)?;
    let at = allowance.at?;
    let rule = ctx.name(&allowance.rule);
    let until = match &allowance.until {
        Some(until) => shown!("until {}", ctx.name(until)),
        None => Shown::of_static("without an end"),
    };
    let (severity, title) = match allowance.standing {
        Standing::Forbidden => {
            (Severity::High, shown!("a suppression of {} came with the change; the policy takes none", rule))
        }
        _ => (Severity::Info, shown!("a suppression of {} came with the change, {}", rule, until)),
    };
    let speaks_of = match &allowance.scope {
        Scope::Lines { .. } => Shown::of_static("it speaks of its own line"),
        Scope::Globs { file, .. } if file.is_empty() => Shown::of_static("it speaks of all files"),
        Scope::Globs { file, .. } => shown!("it speaks of {}", ctx.name(file)),
    };
    Some(
        FindingBuilder::new(REVIEW_WEAKENED.name, severity, Confidence::High, at, title)
            .message(shown!("{}; its reason: {}", speaks_of, ctx.name(&allowance.reason)))
            .subject(None, Environment::Unknown)
            .fix(Shown::of_static("agree on the suppression before the change that needs it"), None)
            .rollback(Shown::of_static("take the suppression away"))
            .question(shown!("Is it right to accept {} here?", rule))
            .discriminator(shown!("{} {}", rule, ctx.name(&allowance.reason)))
            .build(),
    )
}
