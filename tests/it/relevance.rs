//! What is let go of an unchanged file bears on nothing: the facts are the same with it and without it.

use std::sync::Arc;

use plimsoll::catalogue::Catalogue;
use plimsoll::facts::{self, Declared};
use plimsoll::format;
use plimsoll::layer::{self, Tree};
use plimsoll::platform::{self, EnvironmentRules, FileReading, ListKeys};
use plimsoll::review::{Content, Input};
use plimsoll::source::{Side, Source, Sources};

use crate::support::{inputs, root};

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads its cases from the disk")]
fn the_facts_do_not_miss_what_is_let_go() {
    let catalogue = Catalogue::builtin().expect("the built-in catalogue");
    let cases = std::fs::read_dir(root().join("tests/cases")).expect("tests/cases is part of the repository");
    let mut emptied = 0;
    for case in cases {
        let case = case.expect("readable").path();
        for side in ["before", "after"] {
            let files = inputs(&case.join(side));
            let whole = read(&files, None);
            let kept = read(&files, Some(&catalogue));
            assert_eq!(whole.0, kept.0, "{}/{side}", case.display());
            emptied += whole.1 - kept.1;
        }
    }
    assert!(emptied > 100, "only {emptied} settings were let go: the test shows nothing");
}

/// The facts of a side in words, and the number of settings that they were made from.
fn read(files: &[Input], relevant_to: Option<&Catalogue>) -> (String, usize) {
    let mut sources = Sources::default();
    for file in files {
        if let Content::Bytes(bytes) = &file.content {
            sources.push(Source::new(&file.path, Side::New, bytes));
        }
    }
    let documents: Vec<_> = sources.iter().map(|(id, source)| format::parse(source, id)).collect();
    let (rules, lists) = (EnvironmentRules::default(), ListKeys::default());
    let path = |at| sources.get(at).path.as_str();
    let mut readings: Vec<FileReading> =
        documents.iter().map(|d| platform::read(path(d.source), d, &rules, &lists)).collect();
    if let Some(catalogue) = relevant_to {
        readings.iter_mut().for_each(|file| facts::keep_relevant(file, catalogue));
    }
    let settings = platform::gather(&readings, &layer::build(&Tree::new(&sources, &documents)), &rules, &lists);
    let catalogue = Catalogue::builtin().expect("the built-in catalogue");
    let facts = facts::assemble(&sources, &settings, &catalogue, &Declared::default());
    let meant = facts.meanings.values().filter(|m| m.role.is_some() || m.secret).count();
    let said =
        format!("{:#?}\n{:#?}\n{:#?}\n{:#?}\n{meant}", facts.workloads, facts.endpoints, facts.pools, facts.servers);
    (said, settings.resources.iter().map(Arc::as_ref).map(|r| r.settings.len()).sum())
}
