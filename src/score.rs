//! From findings to a number between 0 and 100, and back to what each finding gave.
//!
//! The score is a pure function of the findings that count. Each one has a weight, `severity × confidence ×
//! environment`; weights combine like independent chances of trouble, `1 − Π(1 − weight)`. So another finding never
//! lowers the score, order does not matter, and many small things do not add up to a certain outage.

use crate::finding::{Confidence, Finding, Severity};
use crate::setting::Environment;

/// The score and each finding's share of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Score {
    /// 0–100.
    pub value: u32,
    /// One share a finding, in the order given; they add up to `value`.
    pub shares: Vec<u32>,
}

/// Scores findings; `counts[i]` is false for a suppressed one, which gives nothing.
#[must_use]
pub fn score(findings: &[Finding], counts: &[bool]) -> Score {
    let counted = findings.iter().zip(counts.iter().chain(std::iter::repeat(&true)));
    let weights: Vec<f64> = counted.map(|(f, counts)| if *counts { weight(f) } else { 0.0 }).collect();
    let mut sorted = weights.clone();
    // A fixed order makes the product the same whatever the order of the findings was.
    sorted.sort_by(|a, b| b.total_cmp(a));
    let safe: f64 = sorted.iter().map(|w| 1.0 - w).product();
    let any = sorted.iter().any(|w| *w > 0.0);
    let value = percent(1.0 - safe).max(u32::from(any)).min(100);
    Score { value, shares: shares(value, &weights) }
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
pub fn because(finding: &Finding) -> String {
    let environment = match finding.environment {
        Environment::Unknown => "environment unknown",
        known => known.as_str(),
    };
    format!("{} severity × {} confidence × {environment}", finding.severity.as_str(), finding.confidence.as_str())
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

    fn finding(severity: usize, confidence: usize, environment: usize) -> Finding {
        let at = Location { source: SourceId(0), span: Span::default() };
        let severity = Severity::ALL.get(severity % 5).copied().unwrap_or(Severity::Info);
        let confidences = [Confidence::Low, Confidence::Medium, Confidence::High];
        let environments =
            [Environment::Production, Environment::Staging, Environment::Development, Environment::Unknown];
        let mut made =
            FindingBuilder::new("r", severity, confidences[confidence % 3], at, Shown::of_static("t")).build();
        made.environment = environments[environment % 4];
        made
    }

    fn findings() -> impl Strategy<Value = Vec<Finding>> {
        prop::collection::vec((0usize..5, 0usize..3, 0usize..4).prop_map(|(s, c, e)| finding(s, c, e)), 0..12)
    }

    proptest! {
        #[test]
        fn another_finding_never_lowers_the_score(all in findings(), s in 0usize..5, c in 0usize..3, e in 0usize..4) {
            let before = score(&all, &[]).value;
            let mut more = all;
            more.push(finding(s, c, e));
            prop_assert!(score(&more, &[]).value >= before);
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
            prop_assert_eq!(made.shares.iter().sum::<u32>(), made.value);
            prop_assert!(made.value <= 100);
        }

        #[test]
        fn a_suppressed_finding_gives_nothing(all in findings()) {
            let none = vec![false; all.len()];
            prop_assert_eq!(score(&all, &none), Score { value: 0, shares: vec![0; all.len()] });
        }
    }
}
