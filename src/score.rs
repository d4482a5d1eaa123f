//! From findings to a number between 0 and 100, and back to what each finding gave.
//!
//! The score is a pure function of the findings that count. Each one has a weight, `severity × confidence ×
//! environment`. One mistake that shows in several places is one cause and weighs as its heaviest finding; further causes
//! of the same rule weigh a part. Causes combine like independent chances of trouble, `1 − Π(1 − weight)`. So another
//! finding never lowers the score, order does not matter, and many small things do not add up to a certain outage.
//! `docs/scoring.md` says how the numbers were chosen.

use std::collections::BTreeMap;

use crate::finding::{Confidence, Finding, Severity};
use crate::secret::Shown;
use crate::setting::Environment;

/// What a further cause of the same rule weighs, as a share of its own weight: whoever looks at the first sees the kind.
pub const FURTHER_CAUSE: f64 = 0.25;

/// The score and each finding's part in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Score {
    /// 0–100.
    pub value: u32,
    /// One a finding, in the order given; their points add up to `value`.
    pub parts: Vec<Part>,
}

/// A finding's part in the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// Its points.
    pub points: u32,
    /// The index of the finding that it is counted with; `None` where it counts itself.
    pub cause: Option<usize>,
    /// Whether its rule has a heavier cause already, so that it counts in part.
    pub is_further: bool,
}

/// Scores findings; `counts[i]` is false for a suppressed one, which gives nothing.
#[must_use]
pub fn score(findings: &[Finding], counts: &[bool]) -> Score {
    let counted = findings.iter().zip(counts.iter().chain(std::iter::repeat(&true)));
    let own: Vec<f64> = counted.map(|(f, counts)| if *counts { weight(f) } else { 0.0 }).collect();
    let mut parts = causes(findings, &own);
    let weights: Vec<f64> = own.iter().zip(&parts).map(|(weight, part)| weight * part.factor()).collect();
    let mut sorted = weights.clone();
    // A fixed order makes the product the same whatever the order of the findings was.
    sorted.sort_by(|a, b| b.total_cmp(a));
    let safe: f64 = sorted.iter().map(|w| 1.0 - w).product();
    let any = sorted.iter().any(|w| *w > 0.0);
    let value = percent(1.0 - safe).max(u32::from(any)).min(100);
    for (part, points) in parts.iter_mut().zip(shares(value, &weights)) {
        part.points = points;
    }
    Score { value, parts }
}

impl Part {
    /// How much of the finding's weight counts.
    fn factor(self) -> f64 {
        match (self.cause, self.is_further) {
            (Some(_), _) => 0.0,
            (None, true) => FURTHER_CAUSE,
            (None, false) => 1.0,
        }
    }
}

/// What makes two findings one mistake. It is told by the finding alone, so that another finding never joins what were
/// two causes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Cause<'a> {
    /// The same edit in several places: rule, before, after; where one side is absent, of the same setting.
    Edit(&'static str, &'a Option<Shown>, &'a Option<Shown>, Option<&'a Shown>),
    /// A finding by itself.
    Single(usize),
}

/// Rules whose findings are each an outage of their own, whatever edit they come from: one a server.
const ALONE: [&str; 1] = ["pool-exceeds-server-limit"];

fn cause(index: usize, finding: &Finding) -> Cause<'_> {
    match (&finding.old, &finding.new) {
        _ if ALONE.contains(&finding.rule) => Cause::Single(index),
        (None, None) => Cause::Single(index),
        (old @ Some(_), new @ Some(_)) => Cause::Edit(finding.rule, old, new, None),
        (old, new) => Cause::Edit(finding.rule, old, new, finding.setting.as_ref()),
    }
}

/// Who counts with whom. Of one cause the heaviest finding counts, of one rule's causes the heaviest counts whole; among
/// equals the first in the order given.
fn causes(findings: &[Finding], weights: &[f64]) -> Vec<Part> {
    let heavier = |a: usize, b: usize| weights.get(a) > weights.get(b);
    let mut leads: BTreeMap<Cause<'_>, usize> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        let lead = leads.entry(cause(index, finding)).or_insert(index);
        if heavier(index, *lead) {
            *lead = index;
        }
    }
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for &lead in leads.values() {
        let Some(finding) = findings.get(lead) else { continue };
        let known = first.entry(finding.rule).or_insert(lead);
        if heavier(lead, *known) || !heavier(*known, lead) && lead < *known {
            *known = lead;
        }
    }
    let part = |(index, finding): (usize, &Finding)| {
        let lead = leads.get(&cause(index, finding)).copied().unwrap_or(index);
        Part {
            points: 0,
            cause: (lead != index).then_some(lead),
            is_further: first.get(finding.rule).is_some_and(|first| *first != lead),
        }
    };
    findings.iter().enumerate().map(part).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of one, rounded to a percentage")]
fn percent(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u32
}

/// Weight of a finding, 0–1.
#[must_use]
pub fn weight(finding: &Finding) -> f64 {
    severity_weight(finding.severity) * confidence_weight(finding.confidence) * environment_weight(finding.environment)
}

fn severity_weight(severity: Severity) -> f64 {
    match severity {
        Severity::Info => 0.0,
        Severity::Low => 0.05,
        Severity::Medium => 0.2,
        Severity::High => 0.5,
        Severity::Critical => 0.85,
    }
}

fn confidence_weight(confidence: Confidence) -> f64 {
    match confidence {
        Confidence::Low => 0.5,
        Confidence::Medium => 0.8,
        Confidence::High => 1.0,
    }
}

fn environment_weight(environment: Environment) -> f64 {
    match environment {
        Environment::Production => 1.0,
        Environment::Unknown => 0.9,
        Environment::Staging => 0.6,
        Environment::Development => 0.4,
    }
}

/// Where a finding's points come from, in words: `high severity × medium confidence × production`.
#[must_use]
pub fn because(finding: &Finding, part: Part) -> String {
    if part.cause.is_some() {
        return "the same edit as another finding, counted there".to_owned();
    }
    let environment = match finding.environment {
        Environment::Unknown => "environment unknown",
        known => known.as_str(),
    };
    let further = if part.is_further { " × a quarter, as a further finding of its rule" } else { "" };
    let (severity, confidence) = (finding.severity.as_str(), finding.confidence.as_str());
    format!("{severity} severity × {confidence} confidence × {environment}{further}")
}

/// Splits `total` in proportion to the weights: the whole parts first, then one more for the largest remainders.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares of at most 100, rounded down")]
fn shares(total: u32, weights: &[f64]) -> Vec<u32> {
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        return vec![0; weights.len()];
    }
    let exact: Vec<f64> = weights.iter().map(|w| w / sum * f64::from(total)).collect();
    let mut shares: Vec<u32> = exact.iter().map(|e| e.floor() as u32).collect();
    let mut order: Vec<usize> = (0..weights.len()).filter(|&i| weights.get(i).is_some_and(|w| *w > 0.0)).collect();
    let rest = |i: &usize| exact.get(*i).map_or(0.0, |e| e - e.floor());
    order.sort_by(|a, b| rest(b).total_cmp(&rest(a)).then(a.cmp(b)));
    let missing = total.saturating_sub(shares.iter().sum());
    for i in order.into_iter().take(missing as usize) {
        if let Some(share) = shares.get_mut(i) {
            *share += 1;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FindingBuilder;
    use crate::secret::Shown;
    use crate::source::{Location, SourceId, Span};
    use proptest::prelude::*;

    fn finding((severity, confidence, environment, rule, edit): (usize, usize, usize, usize, usize)) -> Finding {
        let at = Location { source: SourceId(0), span: Span::default() };
        let severity = Severity::ALL.get(severity).copied().unwrap_or(Severity::Info);
        let confidences = [Confidence::Low, Confidence::Medium, Confidence::High];
        let environments =
            [Environment::Production, Environment::Staging, Environment::Development, Environment::Unknown];
        let rules = ["a", "b", ALONE[0]];
        let mut made =
            FindingBuilder::new(rules[rule], severity, confidences[confidence], at, Shown::of_static("t")).build();
        made.environment = environments[environment];
        if edit > 0 {
            made.old = Some(Shown::from(edit));
            made.new = Some(Shown::from(edit + 1));
        }
        made
    }

    fn one() -> impl Strategy<Value = Finding> {
        (0usize..5, 0usize..3, 0usize..4, 0usize..3, 0usize..4).prop_map(finding)
    }

    fn findings() -> impl Strategy<Value = Vec<Finding>> {
        prop::collection::vec(one(), 0..12)
    }

    proptest! {
        #[test]
        fn another_finding_never_lowers_the_score(all in findings(), another in one()) {
            let before = score(&all, &[]).value;
            let mut more = all;
            more.push(another);
            prop_assert!(score(&more, &[]).value >= before);
        }

        #[test]
        fn a_graver_finding_never_lowers_the_score(all in findings(), at in 0usize..12) {
            let before = score(&all, &[]).value;
            let mut graver = all;
            if let Some(finding) = graver.get_mut(at) {
                finding.severity = finding.severity.raised();
            }
            prop_assert!(score(&graver, &[]).value >= before);
        }

        #[test]
        fn order_does_not_matter(all in findings()) {
            let mut turned = all.clone();
            turned.reverse();
            prop_assert_eq!(score(&all, &[]).value, score(&turned, &[]).value);
        }

        #[test]
        fn shares_add_up_to_the_score(all in findings()) {
            let made = score(&all, &[]);
            prop_assert_eq!(made.parts.iter().map(|p| p.points).sum::<u32>(), made.value);
            prop_assert!(made.value <= 100);
        }

        #[test]
        fn the_same_edit_elsewhere_adds_nothing(all in findings(), which in 0usize..12) {
            let before = score(&all, &[]).value;
            let mut more = all;
            if let Some(again) = more.get(which).filter(|f| f.old.is_some() && f.rule != ALONE[0]).cloned() {
                more.push(again);
            }
            prop_assert_eq!(score(&more, &[]).value, before);
        }

        #[test]
        fn a_suppressed_finding_gives_nothing(all in findings()) {
            let none = vec![false; all.len()];
            let made = score(&all, &none);
            prop_assert_eq!(made.value, 0);
            prop_assert!(made.parts.iter().all(|p| p.points == 0));
        }

        #[test]
        fn one_finding_of_low_severity_never_reaches_one_of_medium(count in 1usize..12) {
            // Of one rule: many small things of a kind stay small.
            let low: Vec<Finding> = (0..count).map(|edit| finding((1, 2, 0, 0, edit))).collect();
            prop_assert!(score(&low, &[]).value < score(&[finding((2, 2, 0, 0, 0))], &[]).value);
        }
    }
}
