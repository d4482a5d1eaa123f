//! Every mistake class of `plimsoll drill`, made at random places of the cases and examples, must be found; what changes
//! nothing must stay quiet.
//!
//! `MUTATIONS=5000 cargo test --test it mutations -- --nocapture` tries more and prints the table.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a test that reads the cases and prints a table"
)]

use std::collections::BTreeMap;

use plimsoll::drill::{Class, Edit, File, HARMLESS, MISTAKES, Random, Specimen, specimens};
use plimsoll::finding::Severity;
use plimsoll::report::Report;
use plimsoll::review::{Content, Input, Request, review};

use crate::support::{inputs, root};

/// Mutations a class in the ordinary run.
const ROUNDS: usize = 25;

fn reviewed(specimen: &Specimen<'_>, edit: &Edit) -> Report {
    let input = |(path, text): &File| Input { path: path.clone(), content: Content::Bytes(text.clone().into_bytes()) };
    let old: Vec<Input> = specimen.files().iter().map(input).collect();
    let new = specimen.files_after(edit).iter().map(input).collect();
    review(Request { old, new, ..Request::default() })
}

/// The trees of the cases and of the examples, each with its name; those with a file that is no text are left out.
fn trees() -> Vec<(String, Vec<File>)> {
    let folders = |parent: &str, below: &str| {
        let mut found: Vec<_> = std::fs::read_dir(root().join(parent)).into_iter().flatten().flatten().collect();
        found.sort_by_key(std::fs::DirEntry::file_name);
        found
            .into_iter()
            .map(|d| (d.file_name().to_string_lossy().into_owned(), d.path().join(below)))
            .collect::<Vec<_>>()
    };
    let tree = |(name, folder): (String, std::path::PathBuf)| {
        let file = |input: Input| match input.content {
            Content::Bytes(bytes) => String::from_utf8(bytes).ok().map(|text| (input.path, text)),
            _ => None,
        };
        let files: Option<Vec<File>> = inputs(&folder).into_iter().map(file).collect();
        Some((name, files?))
    };
    folders("tests/cases", "before").into_iter().chain(folders("examples", "before")).filter_map(tree).collect()
}

/// How often a class could be made, how often it was judged rightly, and what went wrong.
#[derive(Default)]
struct Tally {
    made: usize,
    right: usize,
    wrong: Vec<String>,
}

fn run(classes: &[Class], is_right: fn(&Report) -> bool) -> BTreeMap<&'static str, Tally> {
    let rounds = std::env::var("MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS);
    let trees = trees();
    let specimens: Vec<(&str, Specimen<'_>)> =
        trees.iter().flat_map(|(name, files)| specimens(files).into_iter().map(move |s| (name.as_str(), s))).collect();
    let mut table: BTreeMap<&'static str, Tally> = BTreeMap::new();
    for class in classes {
        let mut random = Random::new(7);
        let tally = table.entry(class.name).or_default();
        for _ in 0..rounds * 40 {
            if tally.made == rounds {
                break;
            }
            let Some((case, specimen)) = random.pick(&specimens) else { break };
            let Some(edit) = (class.make)(specimen, &mut random).filter(|e| specimen.is_changed_by(e)) else {
                continue;
            };
            let before: String = specimen.text()[edit.range.clone()].chars().take(60).collect();
            tally.made += 1;
            let report = reviewed(specimen, &edit);
            if is_right(&report) {
                tally.right += 1;
            } else {
                let found: Vec<String> =
                    report.findings.iter().map(|f| format!("{} {}", f.severity.as_str(), f.rule)).collect();
                let after: String = edit.text.chars().take(60).collect();
                tally.wrong.push(format!("{case}: {before:?} -> {after:?}: {found:?}"));
            }
        }
    }
    table
}

/// Prints the table and gives the share of right judgements.
fn share(table: &BTreeMap<&'static str, Tally>) -> f64 {
    let (mut made, mut right) = (0, 0);
    for (class, tally) in table {
        println!("{class:40} {:5} of {:5}", tally.right, tally.made);
        for wrong in tally.wrong.iter().take(4) {
            println!("      {wrong}");
        }
        assert!(tally.made > 0, "{class} could nowhere be made");
        made += tally.made;
        right += tally.right;
    }
    right as f64 / made as f64
}

#[test]
fn mistakes_are_found() {
    let found = |report: &Report| report.findings.iter().any(|f| f.severity >= Severity::Medium);
    let share = share(&run(MISTAKES, found));
    println!("mistakes found at medium or more: {:.2} %", share * 100.0);
    assert!(share >= 0.99, "only {:.2} % of the mistakes were found", share * 100.0);
}

#[test]
fn harmless_rewrites_stay_quiet() {
    let quiet = |report: &Report| report.findings.iter().all(|f| f.severity <= Severity::Info);
    let share = share(&run(HARMLESS, quiet));
    println!("harmless rewrites that stay quiet: {:.2} %", share * 100.0);
    assert!(share >= 0.99, "only {:.2} % of the harmless rewrites stayed quiet", share * 100.0);
}
