//! A suppression that suppresses nothing.

use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::allowance::{Allowance, Standing};
use crate::secret::Shown;
use crate::setting::Environment;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A suppression, in a comment or in an `[[allow]]` table, that does not hold: its date is past, it names a rule that
    /// does not exist, it has no reason, or it came with this change and no finding of the change is what it speaks of.
    ///
    /// ## Why it hurts
    ///
    /// Its author believes that something was looked at and accepted. What is past its date counts again without anybody
    /// having decided so, and what speaks of nothing today hides the first finding that it happens to fit tomorrow.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// pool:
    ///   size: 10
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// pool:
    ///   # plimsoll: allow pool-sise-raised because load test of the pooler
    ///   size: 10
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// pool:
    ///   # sized in the load test of the pooler
    ///   size: 10
    /// ```
    ///
    /// ## What to do
    ///
    /// Take it away, mend the name, or decide anew and write a later date.
    ///
    /// ## When it is wrong
    ///
    /// When a comment is written for a change that is still to come.
    ///
    /// ## References
    ///
    /// - [The policy file](../policy.md)
    pub(super) static SUPPRESSION_VOID = "suppression-void", Low, High,
        "A suppression does not hold, or speaks of nothing", check;
}

/// What can be told without the findings. The rest is [`unused`].
fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for allowance in ctx.allowances {
        let Standing::Unreadable(fault) = allowance.standing else { continue };
        if allowance.is_new || ctx.audit {
            out.extend(finding(
                ctx,
                allowance,
                Severity::Low,
                Shown::of_static("cannot be read"),
                Shown::of_static(fault),
            ));
        }
    }
    let unknown = ctx.allowances.iter().filter(|a| !is_unreadable(a) && super::rule(&a.rule).is_none());
    for allowance in unknown.filter(|a| a.is_new || ctx.audit) {
        let name = ctx.name(&allowance.rule);
        let near = crate::rule::names::nearest(&allowance.rule, super::names());
        let message = match near {
            Some(near) => shown!("there is no rule {}; did you mean {}?", name, near),
            None => shown!("there is no rule {}; plimsoll rules lists them", name),
        };
        out.extend(finding(ctx, allowance, Severity::Low, Shown::of_static("names no rule"), message));
    }
}

fn is_unreadable(allowance: &Allowance) -> bool {
    matches!(allowance.standing, Standing::Unreadable(_))
}

/// Suppressions that are past their date while their finding is there, and those that came for nothing. In an audit every
/// one past its date is named: that is the time to tidy up.
pub(super) fn unused(ctx: &Context<'_>, found: &[Finding]) -> Vec<Finding> {
    let mut void = Vec::new();
    for allowance in ctx.allowances.iter().filter(|a| super::rule(&a.rule).is_some()) {
        let covers = found.iter().any(|f| allowance.covers(ctx.sources, f));
        let until = ctx.name(allowance.until.as_deref().unwrap_or_default());
        let (severity, what, message) = match allowance.standing {
            Standing::Expired if covers => (
                Severity::Low,
                shown!("ended on {}", until),
                Shown::of_static("what it speaks of is still there and counts again"),
            ),
            Standing::Expired if ctx.audit || allowance.is_new => (
                Severity::Info,
                shown!("ended on {}", until),
                Shown::of_static("what it spoke of is no finding any more"),
            ),
            Standing::Holds if allowance.is_new && !covers && !ctx.audit => (
                Severity::Low,
                Shown::of_static("came for nothing"),
                Shown::of_static("no finding of this change is what it speaks of; later it could hide one"),
            ),
            _ => continue,
        };
        void.extend(finding(ctx, allowance, severity, what, message));
    }
    void
}

fn finding(
    ctx: &Context<'_>,
    allowance: &Allowance,
    severity: Severity,
    what: Shown,
    message: Shown,
) -> Option<Finding> {
    let at = allowance.at?;
    let rule = ctx.name(&allowance.rule);
    let title = shown!("the suppression of {} {}", rule, what);
    Some(
        FindingBuilder::new(SUPPRESSION_VOID.name, severity, Confidence::High, at, title)
            .message(message)
            .subject(None, Environment::Unknown)
            .fix(Shown::of_static("take it away, or decide anew and write a later date"), None)
            .rollback(Shown::of_static("nothing runs differently"))
            .discriminator(shown!("{} {}", rule, ctx.name(&allowance.reason)))
            .build(),
    )
}
