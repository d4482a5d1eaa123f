//! The report for a terminal: what is wrong, where, why and what to do, readable in twenty seconds.
//!
//! Colour is an addition: without it nothing is lost.

use crate::finding::Severity;
use crate::report::{Report, ReportedBudget, ReportedFinding, ReportedTerm};
use crate::secret::MASK;
use crate::source::Side;

use super::RenderOptions;
use super::words;

const DEFAULT_WIDTH: usize = 100;
/// Before the text of a finding's rows: `  why      `.
const LABEL_WIDTH: usize = 11;

/// Makes the text.
pub(super) fn render(report: &Report, options: &RenderOptions) -> String {
    let mut page =
        Page { out: String::new(), color: options.color, width: options.width.unwrap_or(DEFAULT_WIDTH).clamp(40, 400) };
    headline(&mut page, report);
    let counted = words::counted(report);
    for finding in counted.iter().filter(|f| f.cause.is_none()) {
        page.blank();
        self::finding(&mut page, finding, report.audit);
        same_edit(&mut page, finding, &counted);
    }
    budget(&mut page, report, options.explain);
    score(&mut page, report);
    checklist(&mut page, report);
    suppressed(&mut page, report);
    coverage(&mut page, report);
    page.out
}

struct Page {
    out: String,
    color: bool,
    width: usize,
}

#[derive(Clone, Copy)]
enum Ink {
    Plain,
    Bold,
    Dim,
    Of(Severity),
}

impl Page {
    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A heading with an empty line above it.
    fn heading(&mut self, text: &str) {
        let heading = self.ink(Ink::Bold, text);
        self.blank();
        self.line(&heading);
    }

    /// `text` in a colour, if colours are wanted. The codes are the sixteen colours that each terminal theme adapts.
    fn ink(&self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Plain => return text.to_owned(),
            Ink::Bold => "1",
            Ink::Dim => "2",
            Ink::Of(Severity::Critical) => "1;31",
            Ink::Of(Severity::High) => "31",
            Ink::Of(Severity::Medium) => "33",
            Ink::Of(Severity::Low) => "36",
            Ink::Of(Severity::Info) => "34",
        };
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A row with a label, wrapped under itself.
    fn row(&mut self, label: &str, text: &str, ink: Ink) {
        let text = words::visible(&words::one_line(text));
        if text.is_empty() {
            return;
        }
        for (i, part) in wrap(&text, self.width - LABEL_WIDTH).iter().enumerate() {
            let label = if i == 0 { label } else { "" };
            let label = self.ink(Ink::Dim, &format!("  {label:<9}"));
            let part = self.ink(ink, part);
            self.line(&format!("{label}{part}"));
        }
    }

    /// Wrapped text behind a prefix.
    fn paragraph(&mut self, prefix: &str, text: &str, ink: Ink) {
        let indent = prefix.chars().count();
        let text = words::visible(&words::one_line(text));
        for (i, part) in wrap(&text, self.width.saturating_sub(indent)).iter().enumerate() {
            let lead = if i == 0 { prefix.to_owned() } else { " ".repeat(indent) };
            let part = self.ink(ink, part);
            self.line(&format!("{lead}{part}"));
        }
    }
}

fn headline(page: &mut Page, report: &Report) {
    let ink = report.level.map_or(Ink::Bold, Ink::Of);
    let what = page.ink(ink, &words::level(report).to_uppercase());
    page.line(&format!("{what}  score {} of 100", report.score));
    page.paragraph("", report.summary.as_str(), Ink::Bold);
    page.paragraph("", &words::below_summary(report), Ink::Plain);
}

fn finding(page: &mut Page, finding: &ReportedFinding, audit: bool) {
    let severity = page.ink(Ink::Of(finding.severity), &finding.severity.as_str().to_uppercase());
    let place = page.ink(
        Ink::Bold,
        &words::visible(&format!("{}:{}:{}", finding.place.file, finding.place.line, finding.place.column)),
    );
    let side = if finding.place.side == Side::Old { " (before the change)" } else { "" };
    let rule = page.ink(Ink::Dim, finding.rule);
    page.line(&format!("{severity}  {place}{side}  {rule}"));
    page.paragraph("  ", finding.title.as_str(), Ink::Bold);
    excerpt(page, finding);
    let change = words::transition(finding, audit, str::to_owned);
    let setting = finding.setting.as_ref().map(|s| s.as_str().to_owned());
    page.row("setting", &[setting, change].into_iter().flatten().collect::<Vec<_>>().join(": "), Ink::Plain);
    page.row("who", &who(finding), Ink::Plain);
    page.row("why", finding.message.as_str(), Ink::Plain);
    for (place, text) in words::further_evidence(finding) {
        page.row("also", &format!("{}  {text}", words::place_with_side(place)), Ink::Plain);
    }
    for symptom in &finding.symptoms {
        page.row("on call", symptom.as_str(), Ink::Plain);
    }
    page.row("fix", finding.fix.as_str(), Ink::Bold);
    if let Some(replacement) = words::value_to_write(finding) {
        page.row("write", replacement, Ink::Bold);
    }
    page.row("rollback", finding.rollback.as_str(), Ink::Plain);
}

/// The other places of the same edit: one row each, with what differs.
fn same_edit(page: &mut Page, finding: &ReportedFinding, counted: &[&ReportedFinding]) {
    for other in counted.iter().filter(|other| other.cause.as_ref() == Some(&finding.id)) {
        page.row("same in", &format!("{}  {}", words::place_with_side(&other.place), other.title), Ink::Plain);
    }
}

fn who(finding: &ReportedFinding) -> String {
    let subject = finding.subject.as_ref().map(|s| s.as_str().to_owned());
    let environment = match finding.environment {
        crate::setting::Environment::Unknown => None,
        known => Some(known.as_str().to_owned()),
    };
    let sure = Some(format!("confidence {}", finding.confidence.as_str()));
    [subject, environment, sure].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The line with a caret under the place, where that is still to be seen.
fn excerpt(page: &mut Page, finding: &ReportedFinding) {
    let text: Vec<char> = words::visible(finding.excerpt.as_str())
        .chars()
        .map(|c| if matches!(c, '\t' | '\n') { ' ' } else { c })
        .collect();
    let Some(indent) = text.iter().position(|c| !c.is_whitespace()) else { return };
    let mark = underlined(finding, &text, indent);
    let (from, to) = mark.unwrap_or((indent, indent + 1));
    let room = page.width.saturating_sub(10).max(20);
    // A long line is shown around the place; what stands far from it helps nobody.
    let start = if to.saturating_sub(indent) > room { from.saturating_sub(room / 4).max(indent) } else { indent };
    let end = text.len().min(start + room);
    let cut = |cut: bool| if cut { "…" } else { "" };
    let line: String = text.get(start..end).unwrap_or_default().iter().collect();
    let lead = cut(start > indent);
    let number = finding.place.line.to_string();
    let gutter = page.ink(Ink::Dim, &format!("  {number} |"));
    page.line(&format!("{gutter} {lead}{line}{}", cut(end < text.len())));
    if mark.is_none() {
        return;
    }
    let to = to.min(end).max(from + 1);
    let blanks = " ".repeat(from.saturating_sub(start) + lead.chars().count());
    let bar = page.ink(Ink::Dim, &format!("  {} |", " ".repeat(number.len())));
    let caret = page.ink(Ink::Of(finding.severity), &"^".repeat(to - from));
    page.line(&format!("{bar} {blanks}{caret}"));
}

/// The characters to underline. Masking moves columns: in a masked line the value is looked for, and if it is not there
/// exactly once, nothing is underlined.
fn underlined(finding: &ReportedFinding, text: &[char], indent: usize) -> Option<(usize, usize)> {
    let place = &finding.place;
    if finding.excerpt.as_str().contains(MASK) {
        let value = if place.side == Side::New { &finding.new } else { &finding.old };
        return only_place_of(value.as_ref()?.as_str(), text);
    }
    let end = text.iter().rposition(|c| !c.is_whitespace()).map_or(text.len(), |last| last + 1);
    let from = (place.column as usize).saturating_sub(1).max(indent);
    let to = if place.end_line > place.line { end } else { (place.end_column as usize).saturating_sub(1) };
    (from < end).then(|| (from, to.clamp(from + 1, end)))
}

fn only_place_of(value: &str, text: &[char]) -> Option<(usize, usize)> {
    let value: Vec<char> = value.chars().collect();
    if value.is_empty() || value.iter().collect::<String>().contains(MASK) {
        return None;
    }
    let mut places = text.windows(value.len()).enumerate().filter(|(_, w)| *w == value.as_slice());
    let (first, _) = places.next()?;
    places.next().is_none().then(|| (first, first + value.len()))
}

fn budget(page: &mut Page, report: &Report, explain: bool) {
    let is_shown = |b: &&ReportedBudget| explain || words::is_worth_showing(report, b);
    let (shown, quiet): (Vec<_>, Vec<_>) = report.budget.iter().partition(is_shown);
    if report.budget.is_empty() {
        return;
    }
    page.heading("Connection budget");
    for budget in shown {
        server(page, budget, explain);
    }
    if !quiet.is_empty() {
        page.paragraph("  ", &words::not_moved(&quiet), Ink::Plain);
    }
}

fn server(page: &mut Page, budget: &ReportedBudget, explain: bool) {
    let name = format!("{} ({}) {}", budget.server, budget.engine, words::verdict(budget));
    page.paragraph("  ", &name, Ink::Bold);
    let rows = words::load_rows(budget);
    let widest = |cells: &mut dyn Iterator<Item = usize>| cells.fold(7, usize::max) + 2;
    let name_width = widest(&mut rows.iter().map(|r| r.name.len()));
    let before_width = widest(&mut rows.iter().map(|r| r.before.chars().count()));
    let after_width = widest(&mut rows.iter().map(|r| r.after.chars().count()));
    page.line(&format!("    {:<name_width$}{:>before_width$}{:>after_width$}", "", "before", "after"));
    for row in rows {
        let limit = match (&budget.limit_at, &budget.limit_because) {
            _ if row.name != "usable" => String::new(),
            (Some(place), _) => words::place(place),
            (None, why) => why.as_ref().map(ToString::to_string).unwrap_or_default(),
        };
        let note = if row.mark.is_empty() { limit } else { format!("← {}", row.mark) };
        let cells = format!("{:<name_width$}{:>before_width$}{:>after_width$}", row.name, row.before, row.after);
        page.line(&words::visible(&format!("    {cells}  {note}")));
    }
    for (term, before) in words::term_pairs(budget) {
        self::term(page, term, before);
        for line in words::derivation(term).into_iter().filter(|_| explain) {
            page.paragraph("        ", &line, Ink::Plain);
        }
    }
    if let Some(proposal) = &budget.proposal {
        let fits = format!("{}: {} = {}", words::proposal(proposal), proposal.setting, proposal.value);
        page.paragraph("    ", &fits, Ink::Bold);
    }
    for unknown in &budget.unknowns {
        page.paragraph("    missing: ", unknown.as_str(), Ink::Plain);
    }
    for client in &budget.could_be {
        page.paragraph("    not counted, may belong here: ", client.as_str(), Ink::Plain);
    }
}

fn term(page: &mut Page, term: &ReportedTerm, before: Option<&ReportedTerm>) {
    let gone = if term.side == Side::Old { "no more: " } else { "" };
    page.paragraph("    ", &format!("{gone}{}, {}", term.workload, term.pool_name), Ink::Plain);
    let mut sum = words::arithmetic(term);
    if let Some(before) = before.filter(|b| b.product != term.product) {
        sum.push_str(&format!(", was {}", before.product));
    }
    if let Some(via) = &term.via {
        sum.push_str(&format!(", through {via}"));
    }
    if let Some(origin) = words::origin(term) {
        sum.push_str(&format!(", {origin}"));
    }
    let places: Vec<String> = term.evidence.iter().map(words::place).collect();
    if !places.is_empty() {
        sum.push_str(&format!(" ({})", places.join(", ")));
    }
    page.paragraph("      ", &sum, Ink::Plain);
}

fn score(page: &mut Page, report: &Report) {
    let counted = words::counted(report);
    if counted.is_empty() {
        return;
    }
    page.heading(&format!("Score {} of 100", report.score));
    for finding in counted.into_iter().filter(|f| f.cause.is_none()) {
        let points = format!("  {:>4}  ", format!("+{}", finding.points));
        let because = format!("{}: {}", finding.rule, finding.points_because);
        page.paragraph(&points, &because, Ink::Plain);
    }
}

fn checklist(page: &mut Page, report: &Report) {
    if report.checklist.is_empty() {
        return;
    }
    page.heading("Before merging");
    for item in &report.checklist {
        let wait = if item.required { "" } else { " (optional)" };
        page.paragraph("  [ ] ", &format!("{}{wait}", item.text), Ink::Plain);
    }
}

fn suppressed(page: &mut Page, report: &Report) {
    let suppressed = words::suppressed(report);
    if suppressed.is_empty() {
        return;
    }
    page.heading("Not counted");
    for (finding, why) in suppressed {
        let line = format!("{}  {}: {}", words::place_with_side(&finding.place), finding.rule, words::suppression(why));
        page.paragraph("  ", &line, Ink::Plain);
    }
}

fn coverage(page: &mut Page, report: &Report) {
    page.heading("Read");
    page.paragraph("  ", &words::coverage(&report.coverage), Ink::Plain);
    for (file, reason) in &report.coverage.skipped {
        page.paragraph("  ", &format!("skipped {file}: {reason}"), Ink::Dim);
    }
    for (about, note) in &report.coverage.notes {
        page.paragraph("  ", &format!("note {about}: {note}"), Ink::Dim);
    }
}

/// Breaks at blanks so that no line is longer than `width` characters, unless one word is.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut length = 0;
    for word in text.split(' ') {
        let size = word.chars().count();
        match lines.last_mut() {
            Some(line) if length + 1 + size <= width => {
                line.push(' ');
                line.push_str(word);
                length += 1 + size;
            }
            _ => {
                lines.push(word.to_owned());
                length = size;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn plain(report: &Report) -> String {
        render(report, &RenderOptions::default())
    }

    #[test]
    fn the_sample_reads_as_intended() {
        sample::check_golden("report.txt", &plain(&sample::report()));
        sample::check_golden("quiet.txt", &plain(&sample::quiet()));
    }

    #[test]
    fn colours_add_codes_and_change_no_word() {
        let colored = render(&sample::report(), &RenderOptions { color: true, ..RenderOptions::default() });
        assert!(colored.contains("\u{1b}[1;31m"));
        let mut bare = String::new();
        for (i, piece) in colored.split("\u{1b}[").enumerate() {
            bare.push_str(if i == 0 { piece } else { piece.split_once('m').map_or("", |(_, rest)| rest) });
        }
        // A colour may keep blanks at a line's end that plain text drops.
        let trimmed: Vec<&str> = bare.lines().map(str::trim_end).collect();
        assert_eq!(trimmed, plain(&sample::report()).lines().collect::<Vec<_>>());
    }

    #[test]
    fn file_content_cannot_write_control_codes() {
        let text = plain(&sample::hostile());
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'));
    }

    #[test]
    fn an_audit_speaks_of_no_before() {
        let mut report = sample::report();
        report.audit = true;
        report.findings.iter_mut().for_each(|f| f.old = None);
        assert!(!plain(&report).contains("not set →"));
    }

    #[test]
    fn a_limit_that_no_file_writes_says_where_it_comes_from() {
        let mut report = sample::report();
        let server = report.budget.first_mut().expect("the sample has a server");
        server.limit_at = None;
        server.limit_because = Some(sample::shown("PostgreSQL's default max_connections: 200 − 3 reserved"));
        assert!(plain(&report).contains("197  PostgreSQL's default max_connections: 200 − 3 reserved\n"));
    }

    #[test]
    fn a_server_without_clients_is_not_said_to_fit() {
        let mut report = sample::report();
        let server = report.budget.first_mut().expect("the sample has a server");
        server.verdict = crate::budget::Verdict::Fits;
        server.terms.retain(|term| term.side == Side::Old);
        server.could_be.clear();
        assert!(plain(&report).contains("orders-db (postgresql) is no longer used by anything in the files"));
    }

    #[test]
    fn lines_are_wrapped_at_the_width() {
        let text = render(&sample::report(), &RenderOptions { width: Some(60), ..RenderOptions::default() });
        let wide: Vec<&str> = text.lines().filter(|l| l.chars().count() > 60 && l.contains("  why")).collect();
        assert!(wide.is_empty(), "{wide:?}");
    }

    #[test]
    fn a_caret_in_a_very_long_line_stays_on_the_page() {
        let mut report = sample::report();
        let finding = &mut report.findings[0];
        finding.excerpt = sample::shown(&format!("{}pool: 40{}", " x".repeat(4000), " y".repeat(4000)));
        finding.place.column = 8001;
        finding.place.end_column = 8009;
        let text = plain(&report);
        assert!(text.lines().all(|l| l.chars().count() < 140));
        assert!(text.contains("pool: 40"));
    }
}
