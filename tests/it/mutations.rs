//! Every mistake class, made at random places of the cases' own endpoints, must be found; what changes nothing must stay
//! quiet.
//!
//! `MUTATIONS=5000 cargo test --test it mutations -- --nocapture` tries more and prints the table.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a test that reads the cases and prints a table"
)]

mod harmless;
mod mistakes;

use std::collections::BTreeMap;
use std::ops::Range;

use plimsoll::catalogue::Catalogue;
use plimsoll::connection::{Engine, is_local};
use plimsoll::facts::{Declared, assemble};
use plimsoll::finding::Severity;
use plimsoll::format;
use plimsoll::platform::{EnvironmentRules, settings};
use plimsoll::report::Report;
use plimsoll::review::{Content, Input, Request, review};
use plimsoll::setting::Environment;
use plimsoll::source::{Side, Source, Sources};

use crate::support::{inputs, root};

/// Mutations a class in the ordinary run.
const ROUNDS: usize = 25;

/// An endpoint of a case with the files around it.
pub(super) struct Specimen {
    case: String,
    files: Vec<(String, String)>,
    file: usize,
    pub(super) engine: Engine,
    pub(super) environment: Environment,
    /// Whether it is one string, and not spread over keys.
    pub(super) is_string: bool,
    /// Where the whole string stands.
    pub(super) whole: Range<usize>,
    parts: Vec<(String, Range<usize>, String)>,
}

/// Replaces bytes of the specimen's file.
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// A class of changes.
pub(super) struct Class {
    pub(super) name: &'static str,
    pub(super) make: fn(&Specimen, &mut Random) -> Option<Edit>,
}

impl Specimen {
    /// A part that stands in the file letter by letter.
    pub(super) fn part(&self, role: &str) -> Option<(&Range<usize>, &str)> {
        self.parts.iter().find(|(name, _, _)| name == role).map(|(_, range, text)| (range, text.as_str()))
    }

    /// A host that is a name of some length, not this machine and no address.
    pub(super) fn named_host(&self) -> Option<(&Range<usize>, &str)> {
        let (range, host) = self.part("host")?;
        let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        let letters = host.bytes().filter(u8::is_ascii_alphabetic).count();
        (plain && letters >= 6 && !is_local(host)).then_some((range, host))
    }

    pub(super) fn text(&self) -> &str {
        &self.files[self.file].1
    }

    /// What stands in the place of the whole string.
    pub(super) fn string(&self) -> &str {
        &self.text()[self.whole.clone()]
    }

    fn review(&self, edit: &Edit) -> Report {
        let input = |(path, text): &(String, String)| Input {
            path: path.clone(),
            content: Content::Bytes(text.clone().into_bytes()),
        };
        let old: Vec<Input> = self.files.iter().map(input).collect();
        let mut changed = self.files.clone();
        changed[self.file].1.replace_range(edit.range.clone(), &edit.text);
        review(Request { old, new: changed.iter().map(input).collect(), ..Request::default() })
    }
}

/// A small generator with a fixed start, so that a failure comes back.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(start: u64) -> Random {
        Random(start)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }

    pub(super) fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        (!all.is_empty()).then(|| &all[self.below(all.len())])
    }
}

fn specimens() -> Vec<Specimen> {
    let mut cases: Vec<_> = std::fs::read_dir(root().join("tests/cases")).expect("cases").flatten().collect();
    cases.sort_by_key(std::fs::DirEntry::file_name);
    cases.iter().flat_map(of_case).collect()
}

fn of_case(case: &std::fs::DirEntry) -> Vec<Specimen> {
    let mut files = Vec::new();
    for input in inputs(&case.path().join("before")) {
        let Content::Bytes(bytes) = input.content else { continue };
        let Ok(text) = String::from_utf8(bytes) else { return Vec::new() };
        files.push((input.path, text));
    }
    let mut sources = Sources::default();
    let add = |(path, text): &(String, String)| {
        let id = sources.push(Source::new(path, Side::New, text.as_bytes()));
        format::parse(sources.get(id), id)
    };
    let documents: Vec<_> = files.iter().map(add).collect();
    let settings = settings(&sources, &documents, &EnvironmentRules::default());
    let facts =
        assemble(&sources, &settings, &Catalogue::builtin().expect("the built-in catalogue"), &Declared::default());
    let live = facts.endpoints.iter().filter(|e| !e.superseded);
    let specimen = |endpoint: &plimsoll::facts::Endpoint| {
        let file = endpoint.at.source.0 as usize;
        let text = &files.get(file)?.1;
        let part = |part: &plimsoll::facts::EndpointPart| {
            let range = part.at.span.range();
            let written = part.text.clone().filter(|t| text.get(range.clone()) == Some(t.as_str()));
            (part.at.source == endpoint.at.source).then_some((part.role.clone(), range, written?))
        };
        let parts: Vec<_> = endpoint.parts.iter().filter_map(part).collect();
        let whole = endpoint.at.span.range();
        text.get(whole.clone())?;
        Some(Specimen {
            case: case.file_name().to_string_lossy().into_owned(),
            files: files.clone(),
            file,
            engine: endpoint.engine,
            environment: endpoint.environment,
            is_string: endpoint.string.is_some(),
            whole,
            parts,
        })
    };
    live.filter_map(specimen).filter(|s| s.text().is_ascii()).collect()
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
    let specimens = specimens();
    let mut table: BTreeMap<&'static str, Tally> = BTreeMap::new();
    for class in classes {
        let mut random = Random::new(7);
        let tally = table.entry(class.name).or_default();
        for _ in 0..rounds * 20 {
            if tally.made == rounds {
                break;
            }
            let Some(specimen) = random.pick(&specimens) else { break };
            let Some(edit) = (class.make)(specimen, &mut random) else { continue };
            let before = &specimen.text()[edit.range.clone()];
            if before == edit.text {
                continue;
            }
            tally.made += 1;
            let report = specimen.review(&edit);
            if is_right(&report) {
                tally.right += 1;
            } else {
                let found: Vec<String> =
                    report.findings.iter().map(|f| format!("{} {}", f.severity.as_str(), f.rule)).collect();
                tally.wrong.push(format!("{}: {before:?} -> {:?}: {found:?}", specimen.case, edit.text));
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
    let share = share(&run(mistakes::CLASSES, found));
    println!("mistakes found at medium or more: {:.2} %", share * 100.0);
    assert!(share >= 0.99, "only {:.2} % of the mistakes were found", share * 100.0);
}

#[test]
fn harmless_rewrites_stay_quiet() {
    let quiet = |report: &Report| report.findings.iter().all(|f| f.severity <= Severity::Info);
    let share = share(&run(harmless::CLASSES, quiet));
    println!("harmless rewrites that stay quiet: {:.2} %", share * 100.0);
    assert!(share >= 0.99, "only {:.2} % of the harmless rewrites stayed quiet", share * 100.0);
}
