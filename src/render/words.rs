//! The words that all outputs share, so that a number or a verdict reads the same wherever it is met.

use crate::budget::{Load, Verdict};
use crate::finding::Severity;
use crate::quantity::Interval;
use crate::report::{
    Coverage, Place, Report, ReportedBudget, ReportedFinding, ReportedProposal, ReportedTerm, Suppression,
};
use crate::secret::Shown;
use crate::source::Side;

/// Where the product lives.
pub(super) const HOMEPAGE: &str = "https://github.com/plimsoll-review/plimsoll";

/// Where a rule is explained.
pub(super) fn docs(rule: &str) -> String {
    format!("{HOMEPAGE}/blob/main/docs/rules/{rule}.md")
}

/// `1 file`, `3 files`.
pub(super) fn count(n: usize, one: &str) -> String {
    format!("{n} {}", plural(n as u64 == 1, one))
}

fn plural(single: bool, one: &str) -> String {
    match (single, one) {
        (true, _) => one.to_owned(),
        (false, "process") => "processes".to_owned(),
        (false, _) => format!("{one}s"),
    }
}

/// `12 replicas`, `2–6 replicas`, `unknown replicas`.
pub(super) fn amount(n: Interval, one: &str) -> String {
    format!("{n} {}", plural(n.hi.unwrap_or(n.lo) == 1, one))
}

/// `prod/api.yaml:14`.
pub(super) fn place(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

/// `prod/api.yaml:14`, with a word where that line is gone.
pub(super) fn place_with_side(at: &Place) -> String {
    match at.side {
        Side::New => place(at),
        Side::Old => format!("{} before the change", place(at)),
    }
}

/// Findings that count.
pub(super) fn counted(report: &Report) -> Vec<&ReportedFinding> {
    report.findings.iter().filter(|f| f.suppressed.is_none()).collect()
}

/// Findings that do not count, with why.
pub(super) fn suppressed(report: &Report) -> Vec<(&ReportedFinding, &Suppression)> {
    report.findings.iter().filter_map(|f| f.suppressed.as_ref().map(|s| (f, s))).collect()
}

/// `high risk`, the level of the worst finding; a report without findings has no claim to safety.
pub(super) fn level(report: &Report) -> String {
    match report.level {
        Some(level) => format!("{} risk", level.as_str()),
        None => "nothing risky found".to_owned(),
    }
}

/// `none`, `low` … as the JSON report spells it.
pub(super) fn level_name(report: &Report) -> &'static str {
    report.level.map_or("none", Severity::as_str)
}

/// `3 findings: 1 critical, 2 medium`.
pub(super) fn tally(findings: &[&ReportedFinding]) -> String {
    let each: Vec<String> = Severity::ALL
        .into_iter()
        .rev()
        .map(|s| (findings.iter().filter(|f| f.severity == s).count(), s))
        .filter(|(n, _)| *n > 0)
        .map(|(n, s)| format!("{n} {}", s.as_str()))
        .collect();
    format!("{}: {}", count(findings.len(), "finding"), each.join(", "))
}

/// The line under the summary: how many findings of which kind, or how far the look went that found none.
pub(super) fn below_summary(report: &Report) -> String {
    let counted = counted(report);
    if !counted.is_empty() {
        return tally(&counted);
    }
    let files = &report.coverage;
    let seen = format!("{} read, {} skipped", count(files.parsed, "file"), files.skipped.len());
    if report.audit {
        return seen;
    }
    format!("{}; {seen}", count(report.changes.len(), "change"))
}

/// `12 files: 11 read, 9 unchanged, 1 skipped; 3 values masked`.
pub(super) fn coverage(coverage: &Coverage) -> String {
    let mut line = format!(
        "{}: {} read, {} unchanged, {} skipped",
        count(coverage.files, "file"),
        coverage.parsed,
        coverage.unchanged,
        coverage.skipped.len()
    );
    let extras = [
        (coverage.notes.len(), "note", "notes"),
        (coverage.templated, "file with templates read around", "files with templates read around"),
        (coverage.masked, "value masked", "values masked"),
        (coverage.suppressed, "finding suppressed", "findings suppressed"),
        (coverage.truncated, "item left out for size", "items left out for size"),
    ];
    for (n, one, many) in extras.into_iter().filter(|(n, ..)| *n > 0) {
        line.push_str(&format!("; {n} {}", if n == 1 { one } else { many }));
    }
    line
}

/// What the change does to a server, in words that follow its name.
pub(super) fn verdict(budget: &ReportedBudget) -> &'static str {
    if has_no_clients(budget) {
        return "is no longer used by anything in the files";
    }
    match budget.verdict {
        Verdict::Fits => "fits",
        Verdict::Near => "fits, with little room left",
        Verdict::OverCertain if is_over_in_every_reading(budget) => "is over its limit in every reading of the files",
        Verdict::OverCertain => "is over its limit at peak",
        Verdict::OverPeak => "can exceed its limit at peak scale",
        Verdict::OverRollout => "can exceed its limit during a rollout",
        Verdict::OverStrict => "can exceed its limit during a rollout whose old replicas stop slowly",
        Verdict::OverFailover => "can exceed its limit after a failover",
        Verdict::LimitShrunk => "has a smaller limit, with little room left",
        Verdict::Starved => "can leave clients waiting for a connection",
        Verdict::Refused => "can refuse clients",
        Verdict::CannotTell => "cannot be judged: a number is missing",
        Verdict::PreExisting => "was over its limit before and is no worse now",
    }
}

/// Whether even the smallest number of replicas is too many.
fn is_over_in_every_reading(budget: &ReportedBudget) -> bool {
    budget.after.is_some_and(|after| after.usable.hi.is_some_and(|usable| after.steady.lo > usable))
}

/// Whether the last client of a server is gone. Clients that are counted for every server do not make it used.
fn has_no_clients(budget: &ReportedBudget) -> bool {
    let of = |side: Side| budget.terms.iter().any(move |t| t.side == side && !is_fixed(t));
    budget.after.is_none() || of(Side::Old) && !of(Side::New) && budget.could_be.is_empty()
}

/// Exporters, backups and people: no workload, and no place in a file.
fn is_fixed(term: &ReportedTerm) -> bool {
    term.link == "counted for every server"
}

/// `40`, `40–60`, or `no upper bound (at least 40)`: a number that nothing bounds must not read like a small one.
fn ceiling(n: Interval) -> String {
    match n.hi {
        None if n.lo > 0 => format!("no upper bound (at least {})", n.lo),
        _ => n.to_string(),
    }
}

/// `largest value that fits`, or for a limit the smallest.
pub(super) fn proposal(proposal: &ReportedProposal) -> &'static str {
    if proposal.is_limit { "smallest limit that fits" } else { "largest value that fits" }
}

/// Whether the change can take a server over its limit.
pub(super) fn is_over(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::OverCertain | Verdict::OverPeak | Verdict::OverRollout)
}

/// `480 of 197 usable (was 120 of 197)`: the scenario that the verdict is about.
pub(super) fn load_sentence(budget: &ReportedBudget) -> String {
    let (row, pick) = scenario(budget.verdict);
    let Some(after) = budget.after else {
        return budget
            .before
            .map_or_else(String::new, |b| format!("was {row} {} of {} usable", ceiling(pick(&b)), b.usable));
    };
    let now = format!("{row} {} of {} usable", ceiling(pick(&after)), after.usable);
    match budget.before {
        None => format!("{now}; not seen before"),
        Some(before) if before == after => format!("{now}; unchanged"),
        Some(before) => format!("{now}; was {} of {}", ceiling(pick(&before)), before.usable),
    }
}

type Pick = fn(&Load) -> Interval;

fn scenario(verdict: Verdict) -> (&'static str, Pick) {
    match verdict {
        Verdict::OverRollout => ("rollout", |l| l.rollout),
        Verdict::OverStrict => ("slow rollout", |l| l.strict),
        Verdict::OverFailover => ("failover", |l| l.failover),
        _ => ("peak", |l| l.peak),
    }
}

/// A line of a server's table.
pub(super) struct LoadRow {
    /// `usable`, `steady`, `peak`, …
    pub(super) name: &'static str,
    /// Before; empty where the server was not there.
    pub(super) before: String,
    /// After; empty where it is gone.
    pub(super) after: String,
    /// `over` or `can be over` on the new side, else empty.
    pub(super) mark: &'static str,
}

/// The table of a server: usable and peak always, the other scenarios where they say something new.
pub(super) fn load_rows(budget: &ReportedBudget) -> Vec<LoadRow> {
    let differs = |a: Pick, b: Pick| [budget.before, budget.after].iter().flatten().any(|l| a(l) != b(l));
    let rows: [(&'static str, Pick, bool); 6] = [
        ("usable", |l| l.usable, true),
        ("steady", |l| l.steady, differs(|l| l.steady, |l| l.peak)),
        ("peak", |l| l.peak, true),
        ("rollout", |l| l.rollout, differs(|l| l.rollout, |l| l.peak)),
        ("slow rollout", |l| l.strict, differs(|l| l.strict, |l| l.rollout)),
        ("failover", |l| l.failover, differs(|l| l.failover, |l| l.peak)),
    ];
    rows.into_iter()
        .filter(|(.., shown)| *shown)
        .map(|(name, pick, _)| LoadRow {
            name,
            before: budget.before.map_or_else(|| "–".to_owned(), |l| cell(name, pick(&l))),
            after: budget.after.map_or_else(|| "–".to_owned(), |l| cell(name, pick(&l))),
            mark: budget.after.filter(|_| name != "usable").map_or("", |l| over(pick(&l), l.usable)),
        })
        .collect()
}

fn cell(name: &str, n: Interval) -> String {
    if name == "usable" { n.to_string() } else { ceiling(n) }
}

fn over(demand: Interval, usable: Interval) -> &'static str {
    if usable.hi.is_some_and(|room| demand.lo > room) {
        return "over";
    }
    match demand.hi {
        Some(most) if most > usable.lo && usable.hi.is_some() => "can be over",
        _ => "",
    }
}

/// The value to write, unless the fix says it itself, as a word of its own.
pub(super) fn value_to_write(finding: &ReportedFinding) -> Option<&str> {
    let (value, fix) = (finding.replacement.as_ref()?.as_str(), finding.fix.as_str());
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    let said = fix.match_indices(value).any(|(at, _)| {
        let before = fix.get(..at).and_then(|t| t.chars().next_back());
        let after = fix.get(at + value.len()..).and_then(|t| t.chars().next());
        !is_word(before) && !is_word(after)
    });
    (!said && !value.is_empty()).then_some(value)
}

/// Evidence that stands on other lines than the finding itself.
pub(super) fn further_evidence(finding: &ReportedFinding) -> impl Iterator<Item = &(Place, Shown)> {
    let line = |place: &Place| (place.file.clone(), place.side, place.line);
    let own = line(&finding.place);
    finding.evidence.iter().filter(move |(place, _)| line(place) != own)
}

/// `12 replicas × 1 process × 40 = 480`; a bare number for clients that are no workload of the files.
pub(super) fn arithmetic(term: &ReportedTerm) -> String {
    let one = Some(1);
    if term.evidence.is_empty() && term.replicas.known() == one && term.processes.known() == one {
        return amount(term.product, "connection");
    }
    let product = term.replicas.times(term.processes).times(term.pool);
    let factors = format!(
        "{} × {} × {}",
        amount(term.replicas, "replica"),
        amount(term.processes, "process"),
        parenthesised(term.pool)
    );
    // Behind a pooler no more is open than its clients ask for.
    match term.product.hi {
        Some(most) if product.hi.is_none_or(|all| most < all) => {
            format!("{factors}, of which its clients can use {}", term.product)
        }
        _ => format!("{factors} = {}", term.product),
    }
}

/// What a term was made from, a line each: its factors by place, its rollout, its link. For `--explain`.
pub(super) fn derivation(term: &ReportedTerm) -> Vec<String> {
    let mut lines = vec![format!("at peak {}", arithmetic(term))];
    if term.rollout_product != term.product {
        lines
            .push(format!("during a rollout {} replicas, {} connections", term.rollout_replicas, term.rollout_product));
    }
    lines.push(format!("linked because {}", term.link));
    lines.push(format!("weakest origin of a factor: {}", term.origin));
    lines.extend(term.evidence.iter().map(|at| format!("read at {}", place(at))));
    lines
}

fn parenthesised(n: Interval) -> String {
    match n.known() {
        Some(n) => n.to_string(),
        None => format!("({n})"),
    }
}

/// Where a term's number comes from, if it is not all written in the files.
pub(super) fn origin(term: &ReportedTerm) -> Option<&'static str> {
    match term.origin {
        "literal" => None,
        "mapped" => Some("told in plimsoll.toml"),
        "default" => Some("the rest by documented default"),
        "assumed" => Some("assumed"),
        _ => Some("a factor is unknown"),
    }
}

/// The terms to print, each of the new side with its counterpart before; then those that are gone.
pub(super) fn term_pairs(budget: &ReportedBudget) -> Vec<(&ReportedTerm, Option<&ReportedTerm>)> {
    let same = |a: &ReportedTerm, b: &ReportedTerm| a.workload == b.workload && a.pool_name == b.pool_name;
    let old: Vec<&ReportedTerm> = budget.terms.iter().filter(|t| t.side == Side::Old).collect();
    let new: Vec<&ReportedTerm> = budget.terms.iter().filter(|t| t.side == Side::New).collect();
    // They are counted while the server is there; that nobody counts them any more is no news.
    let gone = old.iter().filter(|o| !is_fixed(o)).filter(|o| !new.iter().any(|n| same(n, o))).map(|o| (*o, None));
    let kept = new.iter().map(|n| (*n, old.iter().find(|o| same(o, n)).copied()));
    kept.chain(gone).collect()
}

/// Servers that the change leaves as they are, in one sentence: a few by name, the rest counted.
pub(super) fn not_moved(quiet: &[&ReportedBudget]) -> String {
    const NAMED: usize = 3;
    let name = |b: &&ReportedBudget| format!("{} {}", b.server, verdict(b));
    let mut names: Vec<String> = quiet.iter().take(NAMED).map(name).collect();
    if quiet.len() > NAMED {
        names.push(format!("and {} more servers", quiet.len() - NAMED));
    }
    format!("not moved by this change: {}", names.join("; "))
}

/// Whether a server's line is worth a reader's time: it moved, or it is in trouble.
pub(super) fn is_worth_showing(report: &Report, budget: &ReportedBudget) -> bool {
    let quiet = matches!(budget.verdict, Verdict::Fits | Verdict::PreExisting | Verdict::CannotTell);
    report.audit || budget.before != budget.after || !quiet
}

/// `10 → 40`, `10 → not set`, `not set → 40`; `None` where there is no value at all. An audit knows no before.
pub(super) fn transition<T>(finding: &ReportedFinding, audit: bool, show: impl Fn(&str) -> T) -> Option<String>
where
    T: std::fmt::Display,
{
    match (&finding.old, &finding.new) {
        (Some(old), Some(new)) if old == new => Some(show(new.as_str()).to_string()),
        (Some(old), Some(new)) => Some(format!("{} → {}", show(old.as_str()), show(new.as_str()))),
        (None, Some(new)) if audit => Some(show(new.as_str()).to_string()),
        (None, Some(new)) => Some(format!("not set → {}", show(new.as_str()))),
        (Some(old), None) => Some(format!("{} → not set", show(old.as_str()))),
        (None, None) => None,
    }
}

/// `accepted in the file until 2027-01-31: <reason>`.
pub(super) fn suppression(s: &Suppression) -> String {
    let by = if s.by == "inline" { "in the file" } else { "in plimsoll.toml" };
    let until = s.until.as_ref().map(|day| format!(" until {day}")).unwrap_or_default();
    format!("accepted {by}{until}: {}", s.reason)
}

/// One line: line breaks and runs of blanks become one blank.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Characters that must not reach a terminal, an XML file or a page as they are become visible.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(|c| if is_unprintable(c) { '\u{fffd}' } else { c }).collect()
}

fn is_unprintable(c: char) -> bool {
    let outside_xml = matches!(c, '\u{fffe}' | '\u{ffff}');
    (c.is_control() && !matches!(c, '\n' | '\t')) || is_unseen(c) || outside_xml
}

/// Characters that turn the direction of what follows, break a line or have no width: a reader would not see them, and
/// two values that differ in one of them alone would look the same.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Escapes text for HTML and XML, in elements and in attributes.
pub(super) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if is_unprintable(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// The address of a place, if the side has one.
pub(super) fn link(links: &super::Links, at: &Place) -> Option<String> {
    let base = match at.side {
        Side::New => links.new.as_ref(),
        Side::Old => links.old.as_ref(),
    }?;
    let lines = if at.end_line > at.line { format!("L{}-L{}", at.line, at.end_line) } else { format!("L{}", at.line) };
    Some(format!("{base}{}#{lines}", percent_encoded(at.file.as_str())))
}

/// A path as part of an address: everything but unreserved characters and `/` is escaped.
pub(super) fn percent_encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_follow_their_number() {
        assert_eq!((count(1, "file"), count(0, "file")), ("1 file".to_owned(), "0 files".to_owned()));
        assert_eq!(amount(Interval::exact(1), "process"), "1 process");
        assert_eq!(amount(Interval::between(1, 4), "process"), "1–4 processes");
    }

    #[test]
    fn a_demand_of_unknown_height_is_not_called_over_unless_its_floor_is() {
        let usable = Interval::exact(97);
        assert_eq!(over(Interval::at_least(98), usable), "over");
        assert_eq!(over(Interval::at_least(10), usable), "");
        assert_eq!(over(Interval::between(90, 98), usable), "can be over");
        assert_eq!(over(Interval::exact(97), usable), "");
        assert_eq!(over(Interval::exact(500), Interval::at_least(0)), "");
    }

    #[test]
    fn a_value_is_repeated_only_where_the_fix_does_not_say_it() {
        let mut finding = super::super::sample::report().findings.swap_remove(0);
        assert_eq!(value_to_write(&finding), None, "the fix says 13");
        finding.fix = super::super::sample::shown("lower it below 130");
        assert_eq!(value_to_write(&finding), Some("13"));
    }

    #[test]
    fn paths_in_addresses_are_escaped() {
        assert_eq!(percent_encoded("a b/ü#?.yaml"), "a%20b/%C3%BC%23%3F.yaml");
    }
}
