//! Runs every folder of `tests/cases` as a test of its name.
//!
//! A case is `before/`, `after/`, `case.toml`, `expected.json` and `expected.md`. The report must equal both to the byte
//! (through wasm too, see `www/engine/test`) and hold what `case.toml` says it must. `UPDATE_EXPECT=1` rewrites the expectation; the demands of `case.toml` stay.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads its cases from the disk")]

use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use plimsoll::finding::Severity;
use plimsoll::render::{self, Format, RenderOptions};
use plimsoll::report::Report;
use serde::Deserialize;

mod support;

/// `case.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Case {
    /// What it shows, for the reader.
    why: String,
    #[serde(default)]
    options: support::Options,
    #[serde(default)]
    expect: Expect,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    level: Option<String>,
    min_level: Option<String>,
    max_level: Option<String>,
    #[serde(default)]
    quiet: bool,
    changes: Option<usize>,
    #[serde(default)]
    findings: Vec<Wanted>,
    #[serde(default)]
    budget: Vec<WantedBudget>,
}

/// Figures of one server or pooler on the new side; what is not given may be anything.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedBudget {
    server: String,
    verdict: Option<String>,
    usable: Option<u64>,
    peak: Option<u64>,
    rollout: Option<u64>,
    failover: Option<u64>,
    proposal: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    rule: String,
    file: Option<String>,
    line: Option<u32>,
    min: Option<String>,
}

fn main() {
    let arguments = Arguments::from_args();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(support::root().join("tests/cases"))
        .expect("tests/cases is part of the repository")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.join("case.toml").is_file())
        .collect();
    folders.sort();
    let trial = |folder: PathBuf| {
        let name = folder.file_name().expect("a folder has a name").to_string_lossy().into_owned();
        Trial::test(name, move || run(&folder))
    };
    libtest_mimic::run(&arguments, folders.into_iter().map(trial).collect()).exit();
}

fn run(folder: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(folder.join("case.toml"))?;
    let case: Case = toml::from_str(&text).map_err(|e| format!("case.toml: {e}"))?;
    if case.why.trim().is_empty() {
        return Err("case.toml: `why` is empty".into());
    }
    let review = |old: &str, new: &str| support::review_folders(&folder.join(old), &folder.join(new), &case.options);
    let report = review("before", "after");
    let json = render::render(&report, Format::Json, &RenderOptions::default());
    demands(&report, &case.expect)?;
    if json != render::render(&review("before", "after"), Format::Json, &RenderOptions::default()) {
        return Err("two runs gave different bytes".into());
    }
    if !review("after", "after").changes.is_empty() {
        return Err("a review of a state against itself has changes".into());
    }
    no_secret(&report)?;
    let markdown = render::render(&report, Format::Markdown, &RenderOptions::default());
    let (json, markdown) = (
        support::compare(&folder.join("expected.json"), &json),
        support::compare(&folder.join("expected.md"), &markdown),
    );
    json.and(markdown)
}

fn severity(name: &str) -> Severity {
    Severity::from_name(name).unwrap_or_else(|| panic!("case.toml: no severity {name:?}"))
}

fn demands(report: &Report, expect: &Expect) -> Result<(), Failed> {
    let level = report.level.map_or("none", Severity::as_str);
    let rank = |name: &str| if name == "none" { 0 } else { severity(name) as usize };
    let shown = || {
        let lines = report
            .findings
            .iter()
            .map(|f| format!("  {} {} {}:{} {}", f.severity.as_str(), f.rule, f.place.file, f.place.line, f.title));
        lines.collect::<Vec<_>>().join("\n")
    };
    let fail = |what: String| Err(Failed::from(format!("{what}; found\n{}", shown())));
    if expect.level.as_deref().is_some_and(|wanted| wanted != level) {
        return fail(format!("level is {level}, wanted {}", expect.level.as_deref().unwrap_or("")));
    }
    if expect.min_level.as_deref().is_some_and(|min| rank(level) < rank(min)) {
        return fail(format!("level is {level}, wanted at least {}", expect.min_level.as_deref().unwrap_or("")));
    }
    if expect.max_level.as_deref().is_some_and(|max| rank(level) > rank(max)) {
        return fail(format!("level is {level}, wanted at most {}", expect.max_level.as_deref().unwrap_or("")));
    }
    if expect.quiet && report.findings.iter().any(|f| f.suppressed.is_none() && f.severity >= Severity::Medium) {
        return fail("wanted no finding of medium or more".into());
    }
    if let Some(changes) = expect.changes.filter(|n| *n != report.changes.len()) {
        let paths: Vec<String> = report.changes.iter().map(|c| format!("{} {}", c.kind.as_str(), c.path)).collect();
        return fail(format!("{} changes, wanted {changes}: {paths:?}", report.changes.len()));
    }
    for wanted in &expect.findings {
        let fits = |f: &&plimsoll::report::ReportedFinding| {
            f.rule == wanted.rule
                && wanted.file.as_deref().is_none_or(|file| f.place.file.as_str() == file)
                && wanted.line.is_none_or(|line| f.place.line == line)
                && wanted.min.as_deref().is_none_or(|min| f.severity >= severity(min))
        };
        if !report.findings.iter().any(|f| fits(&f)) {
            return fail(format!("wanted {wanted:?}"));
        }
    }
    expect.budget.iter().try_for_each(|wanted| budget(report, wanted))
}

fn budget(report: &Report, wanted: &WantedBudget) -> Result<(), Failed> {
    let names = || report.budget.iter().map(|b| format!("{b:?}")).collect::<Vec<_>>().join("\n");
    let Some(found) = report.budget.iter().find(|b| b.server.as_str() == wanted.server) else {
        return Err(format!("no budget of {:?}; found\n{}", wanted.server, names()).into());
    };
    let after = found.after.ok_or_else(|| format!("{} is gone", wanted.server))?;
    let figures = [
        ("usable", wanted.usable, after.usable.known()),
        ("peak", wanted.peak, after.peak.known()),
        ("rollout", wanted.rollout, after.rollout.known()),
        ("failover", wanted.failover, after.failover.known()),
        ("proposal", wanted.proposal, found.proposal.as_ref().map(|p| p.value)),
    ];
    for (name, wanted, found) in figures {
        if wanted.is_some() && wanted != found {
            return Err(format!("{name} is {found:?}, wanted {wanted:?}; found\n{}", names()).into());
        }
    }
    match &wanted.verdict {
        Some(verdict) if verdict != found.verdict.as_str() => {
            Err(format!("the verdict is {}, wanted {verdict}; found\n{}", found.verdict.as_str(), names()).into())
        }
        _ => Ok(()),
    }
}

/// Every password of the cases holds this word; no output may.
fn no_secret(report: &Report) -> Result<(), Failed> {
    for format in Format::ALL {
        let text = render::render(report, format, &RenderOptions::default());
        if text.contains("not-a-real-secret") {
            return Err(format!("{format:?} prints a secret").into());
        }
    }
    Ok(())
}
