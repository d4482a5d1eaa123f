//! Reads what the team has agreed to accept: inline directives and `[[allow]]` tables.
//!
//! In: the documents and policies of both sides, and the date. Out: [`Allowance`]s of the new side. A suppressed finding is
//! still listed, with its reason; it only does not count. A directive without a reason or past its date suppresses nothing.

use std::collections::BTreeMap;

use crate::document::{Comment, Document};
use crate::finding::Finding;
use crate::report::Suppression;
use crate::rule::allowance::{Allowance, Scope, Standing};
use crate::secret::Redactor;
use crate::source::{Location, Sources};

/// An `[[allow]]` table of the policy file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allow {
    /// The rule.
    pub rule: String,
    /// Glob on the file; empty matches all.
    pub file: String,
    /// Glob on the setting; empty matches all.
    pub setting: String,
    /// Why.
    pub reason: String,
    /// Last day on which it holds, `YYYY-MM-DD`.
    pub until: String,
    /// Where it stands, if its file is under review.
    pub at: Option<Location>,
    /// Whether the change under review brought it.
    pub is_new: bool,
}

/// What decides whether a suppression takes effect.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms<'a> {
    /// The date, `YYYY-MM-DD`; without it none is past.
    pub today: Option<&'a str>,
    /// Whether those that come with the change under review take no effect.
    pub forbids_new: bool,
}

/// The suppressions of the new side: the directives of its files, then the tables of the policy.
#[must_use]
pub fn allowances(
    sources: &Sources,
    documents: (&[&Document], &[&Document]),
    allowed: &[Allow],
    terms: Terms<'_>,
) -> Vec<Allowance> {
    let read = |documents: &[&Document]| -> Vec<Allowance> {
        documents.iter().flat_map(|document| directives(sources, document)).collect()
    };
    let mut found = read(documents.1);
    mark_new(sources, &read(documents.0), &mut found);
    found.extend(allowed.iter().map(|a| Allowance {
        rule: a.rule.clone(),
        scope: Scope::Globs { file: a.file.clone(), setting: a.setting.clone() },
        reason: a.reason.clone(),
        until: Some(a.until.clone()),
        at: a.at,
        is_new: a.is_new,
        standing: Standing::Holds,
    }));
    for allowance in found.iter_mut().filter(|a| a.standing == Standing::Holds) {
        let is_past = matches!((&allowance.until, terms.today), (Some(until), Some(today)) if until.as_str() < today);
        allowance.standing = match () {
            () if is_past => Standing::Expired,
            () if terms.forbids_new && allowance.is_new => Standing::Forbidden,
            () => Standing::Holds,
        };
    }
    found
}

/// The suppression that holds for a finding.
#[must_use]
pub fn of(allowances: &[Allowance], sources: &Sources, finding: &Finding, redactor: &Redactor) -> Option<Suppression> {
    let holds = |a: &&Allowance| a.standing == Standing::Holds && a.covers(sources, finding);
    allowances.iter().find(holds).map(|a| Suppression {
        by: a.by(),
        reason: redactor.text(&a.reason),
        until: a.until.as_deref().map(|until| redactor.text(until)),
    })
}

/// Marks the directives that stood nowhere before. One that moved, with its lines or to another file, is not new; of
/// several of the same words as many are new as came.
fn mark_new(sources: &Sources, old: &[Allowance], new: &mut [Allowance]) {
    type Words = (String, Option<String>, String);
    let words = |a: &Allowance| (a.rule.clone(), a.until.clone(), a.reason.clone());
    let path = |a: &Allowance| a.at.map(|at| sources.get(at.source).path.clone()).unwrap_or_default();
    let mut known: BTreeMap<Words, Vec<String>> = BTreeMap::new();
    for directive in old {
        known.entry(words(directive)).or_default().push(path(directive));
    }
    let mut take = |directive: &Allowance, anywhere: bool| {
        let Some(places) = known.get_mut(&words(directive)) else { return false };
        let here = path(directive);
        let found = places.iter().position(|place| anywhere || *place == here);
        found.map(|at| places.swap_remove(at)).is_some()
    };
    let known_here: Vec<bool> = new.iter().map(|directive| take(directive, false)).collect();
    for (directive, is_known) in new.iter_mut().zip(known_here) {
        directive.is_new = !is_known && !take(directive, true);
    }
}

fn directives(sources: &Sources, document: &Document) -> Vec<Allowance> {
    let source = sources.get(document.source);
    let read = |comment: &Comment| {
        let words = parse(&comment.text)?;
        let line = source.position(comment.span.start).line;
        let start = source.line_span(line).start as usize;
        let before = source.text.get(start..comment.span.start as usize).unwrap_or("");
        // A comment that has the line for itself speaks of the next one.
        let alone = before.trim().is_empty();
        Some(Allowance {
            rule: words.rule,
            scope: Scope::Lines { source: document.source, first: line, last: line + u32::from(alone) },
            reason: words.reason,
            until: words.until,
            at: Some(Location { source: document.source, span: comment.span }),
            is_new: false,
            standing: words.fault.map_or(Standing::Holds, Standing::Unreadable),
        })
    };
    document.comments.iter().filter_map(read).collect()
}

/// The words of a directive, and what is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Words {
    rule: String,
    until: Option<String>,
    reason: String,
    fault: Option<&'static str>,
}

/// Reads `plimsoll: allow RULE [until DATE] because REASON`; `None` where the comment is no directive.
fn parse(comment: &str) -> Option<Words> {
    let rest = comment.trim().strip_prefix("plimsoll:")?.trim_start().strip_prefix("allow")?;
    let (head, reason) = rest.split_once("because").unwrap_or((rest, ""));
    let mut words = head.split_whitespace();
    let rule = words.next().unwrap_or_default().to_owned();
    let (until, dated) = match (words.next(), words.next(), words.next()) {
        (None, ..) => (None, true),
        (Some("until"), Some(date), None) if is_date(date) => (Some(date.to_owned()), true),
        _ => (None, false),
    };
    let reason = reason.trim();
    let fault = match () {
        () if rule.is_empty() => Some("it names no rule"),
        () if !dated => Some("between the rule and \"because\" stands something other than \"until YYYY-MM-DD\""),
        () if reason.split_whitespace().count() < 2 => {
            Some("it gives no reason of at least two words after \"because\"")
        }
        () => None,
    };
    Some(Words { rule, until, reason: reason.to_owned(), fault })
}

/// `YYYY-MM-DD`, so that text order is date order.
#[must_use]
pub fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_needs_a_rule_and_a_reason_of_two_words() {
        let full = parse("plimsoll: allow host-changed until 2027-01-31 because planned migration");
        let wanted = Words {
            rule: "host-changed".into(),
            until: Some("2027-01-31".into()),
            reason: "planned migration".into(),
            fault: None,
        };
        assert_eq!(full, Some(wanted));
        for (comment, fault) in [
            ("plimsoll: allow host-changed because migration", "no reason"),
            ("plimsoll: allow host-changed until soon because planned migration", "until YYYY-MM-DD"),
            ("plimsoll: allow host-changed", "no reason"),
            ("plimsoll: allow", "no rule"),
        ] {
            let said = parse(comment).and_then(|words| words.fault).unwrap_or_default();
            assert!(said.contains(fault), "{comment}: {said}");
        }
        assert_eq!(parse("plimsoll reviews this file"), None);
    }
}
