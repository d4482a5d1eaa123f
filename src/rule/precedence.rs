//! Which findings say less well what another one says, found by an index instead of a look at every pair.
//!
//! In: all findings, which rule gives way to which, and what makes two of them speak of one mistake. Out: those that stay.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Severity};
use crate::secret::Shown;
use crate::source::{Location, SourceId};

/// What makes two findings of different rules speak of one mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// They stand at the same place.
    Place,
    /// Their places touch.
    Touching,
    /// They speak of the same key of the same subject, wherever.
    Key,
    /// They speak of the same key of the same subject in one file: two parts of one connection string.
    OneString,
    /// They stand at the same place, or the other one names the subject of this one in its discriminator.
    Server,
}

/// Drops every finding that gives way: `table` holds `(gives way, to)`, an empty list means to every other rule.
pub(crate) fn settle(
    found: Vec<Finding>,
    table: &[(&str, &[&str])],
    cause: impl Fn(&str, &str) -> Cause,
) -> Vec<Finding> {
    let index = Index::new(&found);
    let yields = |finding: &Finding| {
        let Some((_, to)) = table.iter().find(|(rule, _)| *rule == finding.rule) else { return false };
        let least = if to.is_empty() { Severity::Info } else { finding.severity };
        let others = index.rules.iter().filter(|rule| **rule != finding.rule && (to.is_empty() || to.contains(rule)));
        others.into_iter().any(|other| index.speaks_of_it(finding, other, cause(finding.rule, other), least))
    };
    let stay: Vec<bool> = found.iter().map(|finding| !yields(finding)).collect();
    found.into_iter().zip(stay).filter(|(_, stay)| *stay).map(|(finding, _)| finding).collect()
}

/// What two findings may share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Anchor<'a> {
    Place(Location),
    Key(&'a Shown, Option<&'a Shown>),
    OneString(SourceId, &'a Shown, Option<&'a Shown>),
    Server(&'a Shown, Option<&'a Shown>),
}

/// Findings by what they may share with others. Of one rule only the worst counts, so an entry stays small however many
/// findings meet at it.
struct Index<'a> {
    rules: BTreeSet<&'static str>,
    worst: BTreeMap<(Anchor<'a>, &'static str), Severity>,
    spans: BTreeMap<(SourceId, &'static str), BTreeMap<Severity, Spans>>,
}

impl<'a> Index<'a> {
    fn new(found: &'a [Finding]) -> Index<'a> {
        let mut index = Index { rules: BTreeSet::new(), worst: BTreeMap::new(), spans: BTreeMap::new() };
        for finding in found {
            index.rules.insert(finding.rule);
            let key = finding.setting.as_ref().map(|setting| Anchor::Key(setting, finding.subject.as_ref()));
            let anchors = [
                Some(Anchor::Place(finding.at)),
                key,
                one_string(finding),
                Some(Anchor::Server(&finding.discriminator, finding.setting.as_ref())),
            ];
            for anchor in anchors.into_iter().flatten() {
                let worst = index.worst.entry((anchor, finding.rule)).or_insert(finding.severity);
                *worst = finding.severity.max(*worst);
            }
            let of_rule = index.spans.entry((finding.at.source, finding.rule)).or_default();
            let span = finding.at.span;
            of_rule.entry(finding.severity).or_default().0.push((span.start, span.end));
        }
        index.spans.values_mut().flat_map(BTreeMap::values_mut).for_each(Spans::sort);
        index
    }

    /// Whether a finding of the rule `other`, at least as severe as `least`, has the same cause as `finding`.
    fn speaks_of_it(&self, finding: &Finding, other: &'static str, cause: Cause, least: Severity) -> bool {
        let has = |anchor: Anchor<'_>| self.worst.get(&(anchor, other)).is_some_and(|worst| *worst >= least);
        let at_place = || has(Anchor::Place(finding.at));
        match cause {
            Cause::Place => at_place(),
            Cause::Key => {
                finding.setting.as_ref().is_some_and(|setting| has(Anchor::Key(setting, finding.subject.as_ref())))
            }
            Cause::OneString => one_string(finding).is_some_and(has),
            Cause::Server => {
                let named = finding.subject.as_ref().map(|name| Anchor::Server(name, finding.setting.as_ref()));
                at_place() || named.is_some_and(has)
            }
            Cause::Touching => {
                let of_rule = self.spans.get(&(finding.at.source, other));
                let (start, end) = (finding.at.span.start, finding.at.span.end);
                of_rule.is_some_and(|spans| spans.range(least..).any(|(_, spans)| spans.touch(start, end)))
            }
        }
    }
}

fn one_string(finding: &Finding) -> Option<Anchor<'_>> {
    let setting = finding.setting.as_ref()?;
    Some(Anchor::OneString(finding.at.source, setting, finding.subject.as_ref()))
}

/// Stretches of a file by their start, each with the furthest end so far.
#[derive(Default)]
struct Spans(Vec<(u32, u32)>);

impl Spans {
    fn sort(&mut self) {
        self.0.sort_unstable();
        let mut furthest = 0;
        for (_, end) in &mut self.0 {
            furthest = furthest.max(*end);
            *end = furthest;
        }
    }

    /// Whether one of them overlaps `start..end` or meets it.
    fn touch(&self, start: u32, end: u32) -> bool {
        let before = self.0.partition_point(|(other, _)| *other <= end);
        before.checked_sub(1).and_then(|last| self.0.get(last)).is_some_and(|(_, furthest)| *furthest >= start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Confidence, FindingBuilder};
    use crate::setting::Environment;
    use crate::source::Span;

    const RULES: [&str; 7] = ["general", "some", "key", "touching", "string", "server", "precise"];
    const TABLE: [(&str, &[&str]); 2] =
        [("general", &[]), ("some", &["key", "touching", "string", "server", "precise"])];

    fn cause(_: &str, other: &str) -> Cause {
        match other {
            "key" => Cause::Key,
            "touching" => Cause::Touching,
            "string" => Cause::OneString,
            "server" => Cause::Server,
            _ => Cause::Place,
        }
    }

    /// The same by a look at every pair.
    fn by_pairs(found: &[Finding]) -> Vec<Finding> {
        let same = |finding: &Finding, other: &Finding| {
            let key = finding.setting.is_some() && finding.setting == other.setting && finding.subject == other.subject;
            let (a, b) = (finding.at.span, other.at.span);
            let one_file = finding.at.source == other.at.source;
            match cause(finding.rule, other.rule) {
                Cause::Place => finding.at == other.at,
                Cause::Key => key,
                Cause::OneString => key && one_file,
                Cause::Touching => one_file && a.start <= b.end && b.start <= a.end,
                Cause::Server => {
                    let named = finding.subject.as_ref() == Some(&other.discriminator);
                    finding.at == other.at || named && finding.setting == other.setting
                }
            }
        };
        let yields = |finding: &Finding| {
            let Some((_, to)) = TABLE.iter().find(|(rule, _)| *rule == finding.rule) else { return false };
            found.iter().any(|other| {
                same(finding, other)
                    && other.rule != finding.rule
                    && (to.is_empty() || to.contains(&other.rule) && other.severity >= finding.severity)
            })
        };
        found.iter().filter(|finding| !yields(finding)).cloned().collect()
    }

    /// Findings out of a row of numbers, with few different places and names or with many.
    fn findings(count: usize, different: u32) -> Vec<Finding> {
        let mut state = 7u32;
        let mut next = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        };
        let severities = [Severity::Info, Severity::Low, Severity::Medium, Severity::High];
        (0..count)
            .map(|_| {
                let rule = RULES[next(7) as usize];
                let start = next(different);
                let span = Span { start, end: start + next(4) };
                let at = Location { source: SourceId(next(2)), span };
                let severity = severities[next(4) as usize];
                let mut finding =
                    FindingBuilder::new(rule, severity, Confidence::High, at, Shown::of_static("x")).build();
                finding.subject = (next(3) > 0).then(|| Shown::from(next(different)));
                finding.setting = (next(3) > 0).then(|| Shown::from(next(different)));
                finding.discriminator = Shown::from(next(different));
                finding.environment = Environment::Unknown;
                finding
            })
            .collect()
    }

    #[test]
    fn the_index_answers_as_a_look_at_every_pair_would() {
        for (count, different) in [(0, 1), (1, 1), (40, 3), (60, 12), (300, 40), (300, 400)] {
            let found = findings(count, different);
            assert_eq!(
                settle(found.clone(), &TABLE, cause),
                by_pairs(&found),
                "{count} findings of {different} places"
            );
        }
    }

    /// A look at every pair would be 10¹⁰ comparisons: this test would not end.
    #[test]
    fn many_findings_are_settled() {
        assert!(!settle(findings(100_000, 90_000), &TABLE, cause).is_empty());
        assert!(!settle(findings(100_000, 2), &TABLE, cause).is_empty());
    }
}
