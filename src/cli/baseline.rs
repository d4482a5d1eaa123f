//! The baseline of an audit: what was found when a team began, so that later audits count only what came since.
//!
//! JSON with the identity of each finding, and its rule, file and title for the people who read it. Titles are masked like
//! those of every report.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Failure, inputs, shown};
use crate::report::{Report, ReportedFinding};

const SCHEMA: &str = "plimsoll.baseline/1";

#[derive(Serialize, Deserialize)]
struct Baseline {
    schema: String,
    findings: Vec<Known>,
}

#[derive(Serialize, Deserialize)]
struct Known {
    id: String,
    rule: String,
    file: String,
    title: String,
}

/// The identities that a baseline holds.
pub(super) fn read(path: &Path) -> Result<BTreeSet<String>, Failure> {
    let bytes = inputs::read_file(path)?;
    let read: Option<Baseline> = serde_json::from_slice(&bytes).ok();
    match read.filter(|baseline| baseline.schema == SCHEMA) {
        Some(baseline) => Ok(baseline.findings.into_iter().map(|known| known.id).collect()),
        None => Err(Failure::new(format!("{} is no baseline", shown(path)), "write one with --write-baseline")),
    }
}

/// Writes what a report holds, in the order of the identities, so that two baselines can be compared line by line.
pub(super) fn write(path: &Path, report: &Report) -> Result<(), Failure> {
    let known = |f: &ReportedFinding| Known {
        id: f.id.clone(),
        rule: f.rule.to_owned(),
        file: f.place.file.as_str().to_owned(),
        title: f.title.as_str().to_owned(),
    };
    let accepted = |f: &&ReportedFinding| f.suppressed.as_ref().is_none_or(|s| s.by == "baseline");
    let mut findings: Vec<Known> = report.findings.iter().filter(accepted).map(known).collect();
    findings.sort_by(|a, b| a.id.cmp(&b.id));
    let baseline = Baseline { schema: SCHEMA.to_owned(), findings };
    let text = serde_json::to_string_pretty(&baseline).expect("strings and lists of them always serialise") + "\n";
    std::fs::write(path, text)
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", shown(path)), "choose another place"))
}
