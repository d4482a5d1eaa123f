//! What the team has agreed to accept: inline directives and `[[allow]]` tables.
//!
//! A suppressed finding is still listed, with its reason; it only does not count. A directive without a reason or past
//! its date suppresses nothing.

use crate::document::Document;
use crate::finding::Finding;
use crate::report::Suppression;
use crate::secret::Redactor;
use crate::source::{Location, SourceId, Sources};

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
}

/// A directive in a comment: `plimsoll: allow RULE until DATE because REASON`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Directive {
    source: SourceId,
    line: u32,
    /// Whether the comment has the line for itself, so that it speaks of the next one.
    alone: bool,
    rule: String,
    until: Option<String>,
    reason: String,
}

/// All that may suppress a finding.
#[derive(Debug, Clone, Default)]
pub struct Suppressions {
    directives: Vec<Directive>,
    allowed: Vec<Allow>,
    today: Option<String>,
}

impl Suppressions {
    /// Reads the directives of the documents of the new side. `today` is `YYYY-MM-DD`; without it no date is past.
    #[must_use]
    pub fn new(sources: &Sources, documents: &[&Document], allowed: Vec<Allow>, today: Option<String>) -> Suppressions {
        let directives = documents.iter().flat_map(|d| directives(sources, d)).collect();
        Suppressions { directives, allowed, today }
    }

    /// The suppression that holds for a finding.
    #[must_use]
    pub fn of(&self, sources: &Sources, finding: &Finding, redactor: &Redactor) -> Option<Suppression> {
        let holds = |until: Option<&str>| match (until, self.today.as_deref()) {
            (Some(until), Some(today)) => until >= today,
            _ => true,
        };
        let position = sources.get(finding.at.source).position(finding.at.span.start);
        let here = |d: &&Directive| {
            d.rule == finding.rule
                && d.source == finding.at.source
                && (d.line == position.line || d.alone && d.line + 1 == position.line)
                && holds(d.until.as_deref())
        };
        if let Some(directive) = self.directives.iter().find(here) {
            return Some(Suppression {
                by: "inline",
                reason: redactor.text(&directive.reason),
                until: directive.until.as_deref().map(|u| redactor.text(u)),
            });
        }
        let path = &sources.get(finding.at.source).path;
        let fits = |pattern: &str, text: &str| pattern.is_empty() || fast_glob::glob_match(pattern, text);
        let setting = finding.setting.as_ref().map_or("", |s| s.as_str());
        let allowed = |a: &&Allow| {
            a.rule == finding.rule && fits(&a.file, path) && fits(&a.setting, setting) && holds(Some(&a.until))
        };
        self.allowed.iter().find(allowed).map(|a| Suppression {
            by: "config",
            reason: redactor.text(&a.reason),
            until: Some(redactor.text(&a.until)),
        })
    }
}

fn directives(sources: &Sources, document: &Document) -> Vec<Directive> {
    let source = sources.get(document.source);
    let read = |comment: &crate::document::Comment| {
        let (rule, until, reason) = parse(&comment.text)?;
        let at = Location { source: document.source, span: comment.span };
        let line = source.position(at.span.start).line;
        let line_span = source.line_span(line);
        let before = source.text.get(line_span.start as usize..comment.span.start as usize).unwrap_or("");
        Some(Directive { source: document.source, line, alone: before.trim().is_empty(), rule, until, reason })
    };
    document.comments.iter().filter_map(read).collect()
}

/// Reads `plimsoll: allow RULE [until DATE] because REASON`.
fn parse(comment: &str) -> Option<(String, Option<String>, String)> {
    let rest = comment.trim().strip_prefix("plimsoll:")?.trim_start().strip_prefix("allow")?;
    let (head, reason) = rest.split_once("because")?;
    let mut words = head.split_whitespace();
    let rule = words.next()?.to_owned();
    let until = match (words.next(), words.next()) {
        (None, _) => None,
        (Some("until"), Some(date)) if is_date(date) => Some(date.to_owned()),
        _ => return None,
    };
    let reason = reason.trim();
    (reason.split_whitespace().count() >= 2).then(|| (rule, until, reason.to_owned()))
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
        assert_eq!(full, Some(("host-changed".into(), Some("2027-01-31".into()), "planned migration".into())));
        assert_eq!(parse("plimsoll: allow host-changed because migration"), None);
        assert_eq!(parse("plimsoll: allow host-changed until soon because planned migration"), None);
        assert_eq!(parse("plimsoll: allow host-changed"), None);
    }
}
