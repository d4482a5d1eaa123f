//! The comment on a pull request: a headline, a table, the budget, the checklist, and what was not read.
//!
//! Everything that comes from the pull request is made inert. A comment over its size is cut by structure, least
//! important parts first, and says what was left out.

use crate::finding::{Confidence, Severity};
use crate::report::{Place, Report, ReportedBudget, ReportedFinding, ReportedTerm};
use crate::setting::Environment;
use crate::source::Side;

use super::{RenderOptions, checklist, inert, words};

const DEFAULT_MAX_BYTES: usize = 60_000;
/// Longer texts are clipped in a cell; the full report has them whole.
const MOST_IN_CELL: usize = 700;
const MOST_OF_VALUE: usize = 120;
/// A reason is read in a narrow column; the folded notes have it whole.
const MOST_OF_WHY: usize = 320;
/// Rows that are not folded: more than a reader takes in at a glance.
const OPEN_ROWS: usize = 10;

/// What is kept. The steps go from everything to the bare headline.
#[derive(Clone, Copy)]
struct Cut {
    findings: usize,
    notes: bool,
    arithmetic: bool,
    servers: usize,
    checks: usize,
    skipped: usize,
}

const CUTS: [Cut; 9] = [
    Cut { findings: usize::MAX, notes: true, arithmetic: true, servers: usize::MAX, checks: usize::MAX, skipped: 50 },
    Cut { findings: usize::MAX, notes: false, arithmetic: true, servers: usize::MAX, checks: usize::MAX, skipped: 10 },
    Cut { findings: 100, notes: false, arithmetic: true, servers: 20, checks: 50, skipped: 10 },
    Cut { findings: 50, notes: false, arithmetic: true, servers: 10, checks: 25, skipped: 5 },
    Cut { findings: 25, notes: false, arithmetic: false, servers: 10, checks: 15, skipped: 3 },
    Cut { findings: 12, notes: false, arithmetic: false, servers: 5, checks: 10, skipped: 0 },
    Cut { findings: 5, notes: false, arithmetic: false, servers: 2, checks: 5, skipped: 0 },
    Cut { findings: 1, notes: false, arithmetic: false, servers: 1, checks: 1, skipped: 0 },
    Cut { findings: 0, notes: false, arithmetic: false, servers: 0, checks: 0, skipped: 0 },
];

/// Makes the comment, no longer than `max_bytes`.
pub(super) fn render(report: &Report, options: &RenderOptions) -> String {
    let most = options.max_bytes.unwrap_or(DEFAULT_MAX_BYTES);
    let mut text = String::new();
    for cut in CUTS {
        text = compose(report, options, cut);
        if text.len() <= most {
            return text;
        }
    }
    // Not even the headline fits: what is left is its beginning.
    let end = (0..=most.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    text.truncate(end);
    text
}

fn compose(report: &Report, options: &RenderOptions, cut: Cut) -> String {
    let counted = words::counted(report);
    let kept = counted.get(..cut.findings.min(counted.len())).unwrap_or_default();
    let mut out = headline(report);
    if let Some(opening) = &options.opening {
        out.push_str(&format!("\n{}\n", opening.trim_end()));
    }
    findings(&mut out, kept, report.audit, options);
    left_out(&mut out, report, counted.len() - kept.len(), options, cut);
    checks(&mut out, report, options, cut);
    budget(&mut out, report, options, cut);
    if cut.notes {
        notes(&mut out, kept, options);
    }
    if cut.findings > 0 {
        score(&mut out, report, kept);
        suppressed(&mut out, report, options, cut);
    }
    coverage(&mut out, report, cut);
    out
}

/// Where something is found: a heading and a sentence. Otherwise one line.
fn headline(report: &Report) -> String {
    let mark = report.level.map_or("⚪", mark);
    let summary = inert::prose(&inert::clip(report.summary.as_str(), MOST_IN_CELL));
    let counted = words::counted(report);
    if counted.is_empty() {
        return format!("{mark} **Plimsoll:** {summary}\n");
    }
    let tally = words::tally(&counted);
    format!("## {mark} Plimsoll: {}, score {} of 100\n\n**{summary}**<br>{tally}\n", words::level(report), report.score)
}

fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "🔴",
        Severity::High => "🟠",
        Severity::Medium => "🟡",
        Severity::Low => "🔵",
        Severity::Info => "⚪",
    }
}

/// The worst in a table; what can wait, and what is more than a reader takes in, in one that is folded.
fn findings(out: &mut String, findings: &[&ReportedFinding], audit: bool, options: &RenderOptions) {
    let can_wait = |finding: &ReportedFinding| finding.severity < Severity::Medium;
    let pressing = findings.iter().take_while(|finding| !can_wait(finding)).count();
    let open = if pressing == 0 { findings.len() } else { pressing }.min(OPEN_ROWS);
    let (open, folded) = findings.split_at_checked(open).unwrap_or((findings, &[]));
    table(out, open, audit, options);
    if folded.is_empty() {
        return;
    }
    let title = words::tally(folded).replacen(" finding", " more finding", 1);
    out.push_str(&format!("\n<details><summary>{} {title}</summary>\n", mark_of_worst(folded)));
    table(out, folded, audit, options);
    out.push_str("\n</details>\n");
}

fn mark_of_worst(findings: &[&ReportedFinding]) -> &'static str {
    findings.iter().map(|finding| finding.severity).max().map_or("⚪", mark)
}

fn table(out: &mut String, findings: &[&ReportedFinding], audit: bool, options: &RenderOptions) {
    if findings.is_empty() {
        return;
    }
    let values = if audit { "Where" } else { "Where, before → after" };
    out.push_str(&format!("\n| What | {values} | Why, and what to do |\n|:--|:--|:--|\n"));
    for finding in findings {
        let cells = [what(finding), before_after(finding, audit, options), why(finding)];
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
}

fn what(finding: &ReportedFinding) -> String {
    let subject = finding.subject.as_ref().map(|s| inert::prose(&inert::clip(s.as_str(), MOST_OF_VALUE)));
    let environment = match finding.environment {
        Environment::Unknown => None,
        known => Some(known.as_str().to_owned()),
    };
    let doubt = match finding.confidence {
        Confidence::High => None,
        less => Some(format!("confidence {}", less.as_str())),
    };
    let rule = format!("[{}]({})", finding.rule, words::docs(finding.rule));
    let facts: Vec<String> = subject.into_iter().chain(environment).chain([rule]).chain(doubt).collect();
    format!(
        "{} **{}**<br><sub>{}: {}</sub>",
        mark(finding.severity),
        inert::cell(&inert::clip(finding.title.as_str(), MOST_IN_CELL)),
        finding.severity.as_str(),
        facts.join(" · ")
    )
}

/// Three short lines, because the column has to be narrow: a phone shows no more than two of them.
fn before_after(finding: &ReportedFinding, audit: bool, options: &RenderOptions) -> String {
    let code = |text: &str| inert::cell_code(&inert::clip(text, MOST_OF_VALUE));
    let setting = finding.setting.as_ref().map(|s| code(s.as_str()));
    let change = words::transition(finding, audit, code);
    let place = placed(&finding.place, options, inert::cell_code);
    [Some(place), setting, change].into_iter().flatten().collect::<Vec<_>>().join("<br>")
}

fn why(finding: &ReportedFinding) -> String {
    let mut parts = vec![inert::cell(&inert::clip(finding.message.as_str(), MOST_OF_WHY))];
    if !finding.fix.as_str().is_empty() {
        parts.push(format!("**Fix:** {}", inert::cell(&inert::clip(finding.fix.as_str(), MOST_IN_CELL))));
    }
    if let Some(value) = words::value_to_write(finding) {
        parts.push(format!("**Write:** {}", inert::code(&inert::clip(value, MOST_OF_VALUE))));
    }
    parts.retain(|p| !p.is_empty());
    parts.join("<br>")
}

fn prose(text: &str) -> String {
    inert::prose(&inert::clip(text, MOST_IN_CELL))
}

/// A place, as a link where the side's files can be seen.
fn at(place: &Place, options: &RenderOptions) -> String {
    placed(place, options, inert::code)
}

fn placed(place: &Place, options: &RenderOptions, code: fn(&str) -> String) -> String {
    let name = code(&inert::clip(&words::place(place), 200));
    let shown = match words::link(&options.links, place) {
        Some(address) => format!("[{name}]({address})"),
        None => name,
    };
    if place.side == Side::Old { format!("{shown} before the change") } else { shown }
}

/// What this comment does not say, and where it is said.
fn left_out(out: &mut String, report: &Report, findings: usize, options: &RenderOptions, cut: Cut) {
    let servers = shown_servers(report).len().saturating_sub(cut.servers);
    let checks =
        if options.checklist.is_some() { 0 } else { checklist::items(report).len().saturating_sub(cut.checks) };
    let mut parts = Vec::new();
    if findings > 0 {
        parts.push(words::count(findings, "finding"));
    }
    if !cut.notes && !words::counted(report).is_empty() {
        parts.push("symptoms, evidence and rollback".to_owned());
    }
    if !cut.arithmetic && !shown_servers(report).is_empty() {
        parts.push("the arithmetic of the budget".to_owned());
    }
    if servers > 0 {
        parts.push(words::count(servers, "server"));
    }
    if checks > 0 {
        parts.push(words::count(checks, "checklist item"));
    }
    if parts.is_empty() {
        return;
    }
    let whole = options.full_report.as_ref().map(|whole| format!(". The whole report: {whole}")).unwrap_or_default();
    out.push_str(&format!("\n_Left out here for size: {}_{whole}\n", parts.join(", ")));
}

fn notes(out: &mut String, findings: &[&ReportedFinding], options: &RenderOptions) {
    if findings.is_empty() {
        return;
    }
    out.push_str("\n<details><summary>What the on-call would see, further places, and the way back</summary>\n\n");
    for finding in findings {
        out.push_str(&format!("- **{}** at {}\n", finding.rule, at(&finding.place, options)));
        if finding.message.as_str().chars().nth(MOST_OF_WHY).is_some() {
            out.push_str(&format!("  - why: {}\n", prose(finding.message.as_str())));
        }
        for symptom in &finding.symptoms {
            out.push_str(&format!("  - on call: {}\n", inert::code(&inert::clip(symptom.as_str(), MOST_IN_CELL))));
        }
        for (place, text) in words::further_evidence(finding) {
            let text = inert::code(&inert::clip(text.as_str(), MOST_OF_VALUE));
            out.push_str(&format!("  - also {}: {text}\n", at(place, options)));
        }
        if !finding.rollback.as_str().is_empty() {
            out.push_str(&format!("  - rollback: {}\n", prose(finding.rollback.as_str())));
        }
    }
    out.push_str("\n</details>\n");
}

fn shown_servers(report: &Report) -> Vec<&ReportedBudget> {
    report.budget.iter().filter(|b| words::is_worth_showing(report, b)).collect()
}

fn budget(out: &mut String, report: &Report, options: &RenderOptions, cut: Cut) {
    for budget in shown_servers(report).into_iter().take(cut.servers) {
        let name = inert::clip(budget.server.as_str(), MOST_OF_VALUE);
        let title = format!("{name} {}: {}", words::verdict(budget), words::load_sentence(budget));
        // The arithmetic is the heart of the matter where a limit can be exceeded: a reader should not have to ask for it.
        let open = if words::is_over(budget.verdict) { " open" } else { "" };
        let title = inert::summary(&title);
        out.push_str(&format!("\n<details{open}><summary>Connection budget: {title}</summary>\n\n"));
        let limit = match &budget.limit_at {
            Some(place) => at(place, options),
            None => budget.limit_because.as_ref().map(|why| prose(why.as_str())).unwrap_or_default(),
        };
        out.push_str("| | before | after | |\n|:--|--:|--:|:--|\n");
        for row in words::load_rows(budget) {
            let note = if row.name == "usable" { &limit } else { row.mark };
            out.push_str(&format!("| {} | {} | {} | {note} |\n", row.name, row.before, row.after));
        }
        out.push('\n');
        if cut.arithmetic {
            for (term, before) in words::term_pairs(budget) {
                self::term(out, term, before, options);
            }
        }
        if let Some(proposal) = &budget.proposal {
            let setting = inert::clip(proposal.setting.as_str(), MOST_OF_VALUE);
            let value = inert::code(&format!("{setting} = {}", proposal.value));
            out.push_str(&format!("- **{}:** {value}\n", words::proposal(proposal)));
        }
        for unknown in &budget.unknowns {
            out.push_str(&format!("- missing: {}\n", prose(unknown.as_str())));
        }
        for client in &budget.could_be {
            out.push_str(&format!("- not counted, may belong here: {}\n", prose(client.as_str())));
        }
        out.push_str("\n</details>\n");
    }
}

fn term(out: &mut String, term: &ReportedTerm, before: Option<&ReportedTerm>, options: &RenderOptions) {
    let gone = if term.side == Side::Old { "no more: " } else { "" };
    let who = prose(&format!("{}, {}", term.workload, term.pool_name));
    let mut line = format!("- {gone}{who}: {}", words::arithmetic(term));
    if let Some(before) = before.filter(|b| b.product != term.product) {
        line.push_str(&format!(", was {}", before.product));
    }
    if let Some(via) = &term.via {
        line.push_str(&format!(", through {}", prose(via.as_str())));
    }
    if let Some(origin) = words::origin(term) {
        line.push_str(&format!(", {origin}"));
    }
    let places: Vec<String> = term.evidence.iter().map(|place| at(place, options)).collect();
    if !places.is_empty() {
        line.push_str(&format!(" ({})", places.join(", ")));
    }
    out.push_str(&line);
    out.push('\n');
}

fn checks(out: &mut String, report: &Report, options: &RenderOptions, cut: Cut) {
    if let Some(own) = &options.checklist {
        out.push_str(&format!("\n{}\n", own.trim_end()));
        return;
    }
    let items = checklist::items(report);
    if items.is_empty() || cut.checks == 0 {
        return;
    }
    out.push_str("\n**Before merging**\n\n");
    items.iter().take(cut.checks).for_each(|item| out.push_str(&checklist::line(item)));
}

fn score(out: &mut String, report: &Report, findings: &[&ReportedFinding]) {
    if findings.is_empty() {
        return;
    }
    let title = format!("How the score of {} came about", report.score);
    out.push_str(&format!("\n<details><summary>{title}</summary>\n\n"));
    for finding in findings {
        let because = inert::prose(&finding.points_because);
        out.push_str(&format!("- +{} {}: {because}\n", finding.points, finding.rule));
    }
    out.push_str("\n</details>\n");
}

fn suppressed(out: &mut String, report: &Report, options: &RenderOptions, cut: Cut) {
    let suppressed = words::suppressed(report);
    if suppressed.is_empty() {
        return;
    }
    let title = format!("{} not counted", words::count(suppressed.len(), "finding"));
    out.push_str(&format!("\n<details><summary>{title}</summary>\n\n"));
    for (finding, why) in suppressed.iter().take(cut.findings.min(50)) {
        let why = prose(&words::suppression(why));
        out.push_str(&format!("- {} {}: {why}\n", at(&finding.place, options), finding.rule));
    }
    more(out, suppressed.len().saturating_sub(cut.findings.min(50)), "finding");
    out.push_str("\n</details>\n");
}

fn coverage(out: &mut String, report: &Report, cut: Cut) {
    let line = words::coverage(&report.coverage);
    let (skipped, notes) = (&report.coverage.skipped, &report.coverage.notes);
    if (skipped.is_empty() && notes.is_empty()) || cut.skipped == 0 {
        out.push_str(&format!("\n<sub>{line}</sub>\n"));
        return;
    }
    out.push_str(&format!("\n<details><summary><sub>{line}</sub></summary>\n\n"));
    for (file, reason) in skipped.iter().take(cut.skipped) {
        let file = inert::code(&inert::clip(file.as_str(), 200));
        out.push_str(&format!("- {file}: {}\n", prose(reason.as_str())));
    }
    more(out, skipped.len().saturating_sub(cut.skipped), "file");
    for (about, note) in notes.iter().take(cut.skipped) {
        let about = inert::code(&inert::clip(about.as_str(), 200));
        out.push_str(&format!("- note on {about}: {}\n", prose(note.as_str())));
    }
    more(out, notes.len().saturating_sub(cut.skipped), "note");
    out.push_str("\n</details>\n");
}

fn more(out: &mut String, n: usize, one: &str) {
    if n > 0 {
        out.push_str(&format!("- and {} more\n", words::count(n, one)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Links, sample};
    use super::*;

    fn options() -> RenderOptions {
        let links = Links {
            old: Some("https://git.example/shop/blob/0ld/".to_owned()),
            new: Some("https://git.example/shop/blob/n3w/".to_owned()),
        };
        RenderOptions { links, full_report: Some("see the run".to_owned()), ..RenderOptions::default() }
    }

    #[test]
    fn the_sample_reads_as_intended() {
        sample::check_golden("report.md", &render(&sample::report(), &options()));
        sample::check_golden("quiet.md", &render(&sample::quiet(), &options()));
    }

    /// Our own links, whose targets hold paths with every special character escaped.
    fn without_links(line: &str) -> String {
        let mut out = String::new();
        let line = line.replace(&format!("]({}", words::HOMEPAGE), "](https://git.example/");
        for (i, piece) in line.split("](https://git.example/").enumerate() {
            out.push_str(if i == 0 { piece } else { piece.split_once(')').map_or(piece, |(_, rest)| rest) });
        }
        out
    }

    #[test]
    fn everything_from_the_pull_request_is_inert() {
        let text = render(&sample::hostile(), &options());
        sample::check_golden("hostile.md", &text);
        // Code spans and link targets are inert by themselves; look at what is left.
        for line in text.lines() {
            let mut bare = String::new();
            for (i, piece) in line.split("<code>").enumerate() {
                bare.push_str(if i == 0 { piece } else { piece.split_once("</code>").map_or(piece, |(_, rest)| rest) });
            }
            let bare = without_links(&bare).replace("\\]", "");
            for bad in ["@o", "<img", "](h", "://", "www.", "```", "#12 "] {
                assert!(!bare.contains(bad), "{bad} in {line}");
            }
            assert!(!line.starts_with("# ") && !line.starts_with("::"));
        }
        let rows = text.lines().filter(|l| ["| 🔴", "| 🟠", "| 🟡"].iter().any(|mark| l.starts_with(mark)));
        for row in rows {
            assert_eq!(row.matches('|').count(), 4, "{row}");
        }
    }

    #[test]
    fn a_large_review_is_cut_by_structure_and_says_so() {
        for (findings, most) in [(120, 60_000), (400, 60_000), (400, 8_000), (400, 2_000)] {
            let text = render(&sample::large(findings), &RenderOptions { max_bytes: Some(most), ..options() });
            assert!(text.len() <= most, "{} over {most}", text.len());
            assert!(text.contains(&format!("{findings} findings: ")), "the headline keeps the total");
            assert!(text.contains("Left out here for size") && text.contains("see the run"), "{text}");
            assert_eq!(text.matches("<details").count(), text.matches("</details>").count());
        }
    }

    #[test]
    fn what_the_action_puts_in_is_never_cut() {
        let own = RenderOptions {
            opening: Some("mended since".to_owned()),
            checklist: Some("- [ ] own <!-- plimsoll:check x -->".to_owned()),
            ..options()
        };
        for most in [60_000, 2_000] {
            let text = render(&sample::large(400), &RenderOptions { max_bytes: Some(most), ..own.clone() });
            assert!(
                text.len() <= most && text.contains("mended since") && text.matches("- [ ]").count() == 1,
                "{text}"
            );
        }
    }

    #[test]
    fn the_smallest_limit_is_kept_too() {
        let text = render(&sample::large(10), &RenderOptions { max_bytes: Some(11), ..options() });
        assert!(text.len() <= 11);
    }
}
