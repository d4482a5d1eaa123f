//! What the test binaries share: folders to reviews, and expectation files.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    dead_code,
    reason = "tests read the disk; not every binary uses all"
)]

use std::path::{Path, PathBuf};

use plimsoll::config::Config;
use plimsoll::report::Report;
use plimsoll::review::{Content, Input, Request, review};
use plimsoll::setting::Environment;
use serde::Deserialize;

/// `[options]` of a case.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Options {
    /// The date of the review.
    pub(crate) today: Option<String>,
    /// Globs that tell the environment.
    #[serde(default)]
    pub(crate) env: Vec<(String, String)>,
    /// The severity that fails the run; for the readers of the case.
    pub(crate) fail_on: Option<String>,
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Reviews two folders as the command line does: `plimsoll.toml` at the root of the new one is the policy.
pub(crate) fn review_folders(old: &Path, new: &Path, options: &Options) -> Report {
    let config = match std::fs::read_to_string(new.join("plimsoll.toml")) {
        Ok(text) => Config::parse(&text, &plimsoll::rules::names()).expect("the case's policy is valid"),
        Err(_) => Config::default(),
    };
    let environment =
        |(glob, name): &(String, String)| (glob.clone(), Environment::from_name(name).expect("an environment"));
    review(Request {
        old: inputs(old),
        new: inputs(new),
        config,
        environments: options.env.iter().map(environment).collect(),
        today: options.today.clone(),
        audit: false,
        ..Request::default()
    })
}

/// All files below a folder; none if it is not there.
pub(crate) fn inputs(folder: &Path) -> Vec<Input> {
    let mut files = Vec::new();
    collect(folder, folder, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<Input>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            files.push(Input { path: name, content: Content::Bytes(std::fs::read(&path).expect("readable")) });
        }
    }
}

/// Compares with an expectation file; `UPDATE_EXPECT=1` rewrites it.
pub(crate) fn compare(path: &Path, actual: &str) -> Result<(), libtest_mimic::Failed> {
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, actual)?;
        return Ok(());
    }
    let name = path.file_name().unwrap().to_string_lossy();
    let at = expected.lines().zip(actual.lines()).position(|(a, b)| a != b);
    let at = at.unwrap_or_else(|| expected.lines().count().min(actual.lines().count()));
    let line = |text: &str| text.lines().nth(at).unwrap_or("(end)").to_owned();
    Err(format!(
        "{name} differs at line {}:\n  expected {}\n  actual   {}\nread the difference, then UPDATE_EXPECT=1 accepts it",
        at + 1,
        line(&expected),
        line(actual)
    )
    .into())
}
