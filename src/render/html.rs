//! One page that holds everything: no script, no network, readable from a mail attachment or an archive.

use crate::report::{DiffLine, FileDiff, Place, Report, ReportedBudget, ReportedFinding, ReportedTerm};
use crate::secret::Shown;
use crate::source::Side;

use super::{RenderOptions, words};

const STYLE: &str = include_str!("html/style.css");

/// Makes the page.
pub(super) fn render(report: &Report, options: &RenderOptions) -> String {
    let mut out = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n",
    );
    let title = format!("Plimsoll: {}, score {} of 100", words::level(report), report.score);
    out.push_str(&format!("<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"));
    header(&mut out, report, &title);
    words::counted(report).into_iter().for_each(|f| finding(&mut out, f, report.audit, options));
    section(&mut out, "Connection budget", report.budget.iter().map(|b| server(b, options)).collect());
    section(&mut out, "Before merging", checklist(report));
    section(&mut out, "How the score came about", score(report));
    section(&mut out, "Not counted", suppressed(report, options));
    section(&mut out, "Changes", changes(report));
    section(&mut out, "Files", report.files.iter().map(file).collect());
    section(&mut out, "Read", coverage(report));
    out.push_str("</body>\n</html>\n");
    out
}

fn esc(text: &str) -> String {
    words::html(text)
}

/// A section with a heading; nothing where it has no content.
fn section(out: &mut String, heading: &str, content: String) {
    if !content.is_empty() {
        out.push_str(&format!("<section>\n<h2>{heading}</h2>\n{content}</section>\n"));
    }
}

fn header(out: &mut String, report: &Report, title: &str) {
    let below = words::below_summary(report);
    out.push_str(&format!(
        "<header class=\"{}\">\n<h1>{title}</h1>\n<p class=\"summary\">{}</p>\n<p>{}</p>\n</header>\n",
        words::level_name(report),
        esc(report.summary.as_str()),
        esc(&below)
    ));
}

fn at(place: &Place, options: &RenderOptions) -> String {
    let name = esc(&words::place(place));
    let shown = match words::link(&options.links, place) {
        Some(address) => format!("<a href=\"{}\" rel=\"noreferrer\">{name}</a>", esc(&address)),
        None => name,
    };
    let side = if place.side == Side::Old { " before the change" } else { "" };
    format!("<code>{shown}</code>{side}")
}

fn finding(out: &mut String, finding: &ReportedFinding, audit: bool, options: &RenderOptions) {
    let severity = finding.severity.as_str();
    out.push_str(&format!(
        "<article class=\"{severity}\" id=\"{}\">\n<h2><span class=\"tag\">{severity}</span> {}</h2>\n<p>{} · {} · {} · \
         confidence {}</p>\n<pre>{}</pre>\n<dl>\n",
        esc(&finding.id),
        esc(finding.title.as_str()),
        at(&finding.place, options),
        esc(finding.rule),
        finding.environment.as_str(),
        finding.confidence.as_str(),
        esc(finding.excerpt.as_str())
    ));
    let mut row = |label: &str, inner: &str| {
        if !inner.is_empty() {
            out.push_str(&format!("<dt>{label}</dt><dd>{inner}</dd>\n"));
        }
    };
    row("Setting", &finding.setting.as_ref().map(|s| esc(s.as_str())).unwrap_or_default());
    row("Value", &words::transition(finding, audit, |v| format!("<code>{}</code>", esc(v))).unwrap_or_default());
    row("Who", &finding.subject.as_ref().map(|s| esc(s.as_str())).unwrap_or_default());
    row("Why", &esc(finding.message.as_str()));
    for (place, text) in words::further_evidence(finding) {
        row("Also", &format!("{} <code>{}</code>", at(place, options), esc(text.as_str())));
    }
    for symptom in &finding.symptoms {
        row("On call", &format!("<code>{}</code>", esc(symptom.as_str())));
    }
    row("Fix", &esc(finding.fix.as_str()));
    let replacement = words::value_to_write(finding).map(|r| format!("<code>{}</code>", esc(r)));
    row("Write", &replacement.unwrap_or_default());
    row("Rollback", &esc(finding.rollback.as_str()));
    out.push_str("</dl>\n</article>\n");
}

fn server(budget: &ReportedBudget, options: &RenderOptions) -> String {
    let mut out = format!(
        "<h3>{} ({}) {}</h3>\n<table>\n<tr><th></th><th>before</th><th>after</th><th></th></tr>\n",
        esc(budget.server.as_str()),
        esc(budget.engine),
        words::verdict(budget)
    );
    for row in words::load_rows(budget) {
        let limit = || match &budget.limit_at {
            Some(place) => at(place, options),
            None => budget.limit_because.as_ref().map(|why| esc(why.as_str())).unwrap_or_default(),
        };
        let note = if row.name == "usable" { limit() } else { row.mark.to_owned() };
        out.push_str(&format!(
            "<tr><th>{}</th><td>{}</td><td>{}</td><td>{note}</td></tr>\n",
            row.name, row.before, row.after
        ));
    }
    out.push_str("</table>\n<ul>\n");
    let mut item = |inner: String| out.push_str(&format!("<li>{inner}</li>\n"));
    words::term_pairs(budget).into_iter().for_each(|(t, before)| item(term(t, before, options)));
    if let Some(proposal) = &budget.proposal {
        let (fits, setting) = (words::proposal(proposal), esc(proposal.setting.as_str()));
        item(format!("{fits}: <code>{setting} = {}</code>", proposal.value));
    }
    budget.unknowns.iter().for_each(|u| item(format!("missing: {}", esc(u.as_str()))));
    budget.could_be.iter().for_each(|c| item(format!("not counted, may belong here: {}", esc(c.as_str()))));
    out.push_str("</ul>\n");
    out
}

fn term(term: &ReportedTerm, before: Option<&ReportedTerm>, options: &RenderOptions) -> String {
    let gone = if term.side == Side::Old { "no more: " } else { "" };
    let who = esc(&format!("{}, {}", term.workload, term.pool_name));
    let mut line = format!("{gone}{who}: {}", words::arithmetic(term));
    if let Some(before) = before.filter(|b| b.product != term.product) {
        line.push_str(&format!(", was {}", before.product));
    }
    if let Some(via) = &term.via {
        line.push_str(&format!(", through {}", esc(via.as_str())));
    }
    if let Some(origin) = words::origin(term) {
        line.push_str(&format!(", {origin}"));
    }
    let places: Vec<String> = term.evidence.iter().map(|place| at(place, options)).collect();
    if !places.is_empty() {
        line.push_str(&format!(" ({})", places.join(", ")));
    }
    line
}

fn checklist(report: &Report) -> String {
    if report.checklist.is_empty() {
        return String::new();
    }
    let item = |item: &crate::report::CheckItem| {
        let optional = if item.required { "" } else { " (optional)" };
        format!("<li><label><input type=\"checkbox\"> {}{optional}</label></li>\n", esc(item.text.as_str()))
    };
    format!("<ul class=\"checks\">\n{}</ul>\n", report.checklist.iter().map(item).collect::<String>())
}

fn score(report: &Report) -> String {
    let counted = words::counted(report);
    if counted.is_empty() {
        return String::new();
    }
    let row = |f: &&ReportedFinding| {
        format!("<tr><td>+{}</td><th>{}</th><td>{}</td></tr>\n", f.points, esc(f.rule), esc(&f.points_because))
    };
    format!("<table>\n{}</table>\n", counted.iter().map(row).collect::<String>())
}

fn suppressed(report: &Report, options: &RenderOptions) -> String {
    let suppressed = words::suppressed(report);
    if suppressed.is_empty() {
        return String::new();
    }
    let items = suppressed.into_iter().map(|(finding, why)| {
        format!("<li>{} {}: {}</li>\n", at(&finding.place, options), esc(finding.rule), esc(&words::suppression(why)))
    });
    format!("<ul>\n{}</ul>\n", items.collect::<String>())
}

fn changes(report: &Report) -> String {
    if report.changes.is_empty() {
        return String::new();
    }
    let value = |v: &Option<crate::secret::Shown>| {
        v.as_ref().map_or_else(|| "–".to_owned(), |v| format!("<code>{}</code>", esc(v.as_str())))
    };
    let from = |old: &Option<crate::secret::Shown>| {
        old.as_ref().map(|old| format!("{} → ", esc(old.as_str()))).unwrap_or_default()
    };
    let rows = report.changes.iter().map(|c| {
        let line = c.new_line.or(c.old_line).map(|l| format!(":{l}")).unwrap_or_default();
        format!(
            "<tr><td>{}</td><td>{}{}{line}</td><td>{}{}</td><td>{}</td><td>{}</td></tr>\n",
            c.kind.as_str(),
            from(&c.old_file),
            esc(c.file.as_str()),
            from(&c.old_path),
            esc(c.path.as_str()),
            value(&c.old),
            value(&c.new)
        )
    });
    let head = "<tr><th></th><th>file</th><th>setting</th><th>before</th><th>after</th></tr>\n";
    format!("<table>\n{head}{}</table>\n", rows.collect::<String>())
}

fn file(file: &FileDiff) -> String {
    let old = file.old_path.as_ref().map(|p| format!(" (was {})", esc(p.as_str()))).unwrap_or_default();
    let mut out = format!("<details>\n<summary>{}{old}: {}</summary>\n", esc(file.path.as_str()), esc(file.status));
    if let Some(reason) = &file.skipped {
        out.push_str(&format!("<p>{}</p>\n", esc(reason.as_str())));
    }
    for hunk in &file.hunks {
        let lines: String = hunk.lines.iter().map(line).collect();
        out.push_str(&format!("<pre class=\"diff\">{lines}</pre>\n"));
    }
    out.push_str("</details>\n");
    out
}

fn line(line: &DiffLine) -> String {
    let sign = match line.kind {
        "removed" => '-',
        "added" => '+',
        _ => ' ',
    };
    let number = line.new.or(line.old).map_or_else(String::new, |n| n.to_string());
    let parts: String = line
        .parts
        .iter()
        .map(|(text, changed)| match changed {
            true if line.kind != "same" => format!("<b>{}</b>", esc(text.as_str())),
            _ => esc(text.as_str()),
        })
        .collect();
    format!("<span class=\"{}\">{number:>5} {sign} {parts}</span>", line.kind)
}

fn coverage(report: &Report) -> String {
    let skipped: String = report
        .coverage
        .skipped
        .iter()
        .map(|(file, reason)| format!("<li><code>{}</code>: {}</li>\n", esc(file.as_str()), esc(reason.as_str())))
        .collect();
    let note = |(about, note): &(Shown, Shown)| {
        format!("<li>note on <code>{}</code>: {}</li>\n", esc(about.as_str()), esc(note.as_str()))
    };
    let notes: String = report.coverage.notes.iter().map(note).collect();
    format!("<p>{}</p>\n<ul>\n{skipped}{notes}</ul>\n", words::coverage(&report.coverage))
}

#[cfg(test)]
mod tests {
    use super::super::{Links, sample};
    use super::*;

    #[test]
    fn the_sample_reads_as_intended() {
        sample::check_golden("report.html", &render(&sample::report(), &RenderOptions::default()));
    }

    #[test]
    fn the_page_has_no_script_and_loads_nothing() {
        let links = Links { old: None, new: Some("https://git.example/\"><script>/".to_owned()) };
        for report in [sample::report(), sample::hostile(), sample::quiet()] {
            let page = render(&report, &RenderOptions { links: links.clone(), ..RenderOptions::default() });
            for bad in ["<script", "<img", " src=", "url(", "@import", "<link"] {
                assert!(!page.replace("&lt;img src=x onerror", "").contains(bad), "{bad}");
            }
        }
    }
}
