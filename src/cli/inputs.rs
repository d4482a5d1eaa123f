//! Files, directories and standard input as the two sides of a review.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::format;
use crate::limits::Limits;
use crate::review::{Content, Input};

use super::output::{Progress, reason};
use super::{Failure, shown};

/// The path that stands for standard input.
pub(super) const STDIN: &str = "-";

/// What is read of a file at the most; the policy's own bound is far below.
pub(super) const MOST_BYTES: usize = Limits::MOST.file_bytes;

/// Folders that hold other people's files. They are named in the report, because somebody may keep configuration there.
const FOREIGN: [&str; 3] = ["node_modules", "vendor", ".terraform"];

/// Both sides of a review.
#[derive(Debug, Default)]
pub(super) struct Both {
    pub(super) old: Vec<Input>,
    pub(super) new: Vec<Input>,
}

/// Reads OLD and NEW: two directories, or two files under one name.
pub(super) fn read_both(old: &Path, new: &Path, progress: &mut Progress) -> Result<Both, Failure> {
    if old.as_os_str() == STDIN && new.as_os_str() == STDIN {
        return Err(Failure::new("OLD and NEW are both standard input", "give a file for one of them"));
    }
    let (old_is_folder, new_is_folder) = (is_folder(old)?, is_folder(new)?);
    if old_is_folder && new_is_folder {
        let (old, new) = (folder(old, progress)?, folder(new, progress)?);
        return Ok(with_changed(old, new, progress));
    }
    if old_is_folder != new_is_folder && !is_null(old) && !is_null(new) {
        let (folder, file) = if old_is_folder { ("OLD", "NEW") } else { ("NEW", "OLD") };
        return Err(Failure::new(
            format!("{folder} is a folder and {file} is a file"),
            "give two folders, or two files",
        ));
    }
    let name = common_name(old, new);
    let side = |path: &Path, is_folder: bool, progress: &mut Progress| match (is_null(path), is_folder) {
        (true, _) => Ok(Folder::default()),
        (_, true) => folder(path, progress),
        _ => {
            let content = Content::Bytes(file_or_stdin(path)?);
            Ok(Folder { inputs: vec![Input { path: name.clone(), content }], others: BTreeMap::new() })
        }
    };
    let (old, new) = (side(old, old_is_folder, progress)?, side(new, new_is_folder, progress)?);
    Ok(with_changed(old, new, progress))
}

/// Reads one state.
pub(super) fn read_one(path: &Path, progress: &mut Progress) -> Result<Vec<Input>, Failure> {
    if is_folder(path)? {
        let Folder { mut inputs, others } = folder(path, progress)?;
        inputs.extend(left_out(others.len(), "no configuration by their names, not read"));
        return Ok(inputs);
    }
    let name = if path.as_os_str() == STDIN { "stdin".to_owned() } else { file_name(path) };
    Ok(vec![Input { path: name, content: Content::Bytes(file_or_stdin(path)?) }])
}

/// The name under which two files are compared: that of NEW, unless it is a pipe and OLD is a file.
fn common_name(old: &Path, new: &Path) -> String {
    let is_file = |path: &Path| path.as_os_str() != STDIN && path.is_file();
    match (is_file(old), is_file(new)) {
        (true, false) => file_name(old),
        (false, false) => "stdin".to_owned(),
        _ => file_name(new),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| "stdin".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// What tools give for "not there".
fn is_null(path: &Path) -> bool {
    path == Path::new("/dev/null") || path.as_os_str().eq_ignore_ascii_case("nul")
}

fn is_folder(path: &Path) -> Result<bool, Failure> {
    if path.as_os_str() == STDIN || is_null(path) {
        return Ok(false);
    }
    match std::fs::metadata(path) {
        Ok(data) => Ok(data.is_dir()),
        Err(error) => Err(Failure::new(format!("cannot read {}: {}", shown(path), reason(&error)), "check the path")),
    }
}

fn file_or_stdin(path: &Path) -> Result<Vec<u8>, Failure> {
    if path.as_os_str() == STDIN { stdin() } else { read_file(path) }
}

/// Standard input, whole. More than a file may have is cut; the core then says that it is too large.
pub(super) fn stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let limit = MOST_BYTES as u64 + 1;
    match std::io::stdin().lock().take(limit).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Failure::new(format!("cannot read standard input: {}", reason(&error)), "give a file")),
    }
}

/// A file, whole, up to the size that the core reads.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = || {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error: std::io::Error| {
        let what = format!("cannot read {}: {}", shown(path), reason(&error));
        Failure::new(what, "check the path and its permissions")
    })
}

/// What a folder holds.
#[derive(Debug, Default)]
struct Folder {
    /// Files that may be configuration, in order of path.
    inputs: Vec<Input>,
    /// The other files: by their path in the folder, where they are.
    others: BTreeMap<String, PathBuf>,
}

/// Looks through a folder. Ignore files do not count: what git does not know may be deployed all the same.
fn folder(root: &Path, progress: &mut Progress) -> Result<Folder, Failure> {
    let mut found = Folder::default();
    let walk = WalkBuilder::new(root).standard_filters(false).follow_links(false).build_with_foreign();
    for entry in walk {
        let entry = entry.map_err(|error| {
            let why = error.io_error().map_or_else(|| "it cannot be listed".to_owned(), reason);
            Failure::new(format!("cannot read below {}: {why}", shown(root)), "check the permissions of its folders")
        })?;
        let Some(path) = relative(root, entry.path()) else { continue };
        let Some(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            if let Some(reason) = foreign(entry.path()) {
                found.inputs.push(Input { path: format!("{path}/"), content: Content::Skipped(reason.to_owned()) });
            }
        } else if kind.is_symlink() && (plausible(&path) || entry.path().is_dir()) {
            found.inputs.push(Input { path, content: content(entry.path()) });
        } else if kind.is_file() && plausible(&path) {
            progress.tick();
            found.inputs.push(Input { path, content: content(entry.path()) });
        } else if kind.is_file() || kind.is_symlink() {
            found.others.insert(path, entry.into_path());
        }
    }
    found.inputs.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// Both sides, with every file that changed: what the names do not tell to be configuration may be some all the same.
fn with_changed(old: Folder, new: Folder, progress: &mut Progress) -> Both {
    let mut both = Both { old: old.inputs, new: new.inputs };
    let mut passed = PassedOver::default();
    let paths: BTreeSet<&String> = old.others.keys().chain(new.others.keys()).collect();
    for path in paths {
        let (before, after) = (old.others.get(path), new.others.get(path));
        if before.zip(after).is_some_and(|(before, after)| is_same(before, after)) {
            passed.unchanged += 1;
        } else if !passed.takes(path) {
            progress.tick();
            let input = |at: &PathBuf| Input { path: path.clone(), content: content(at) };
            both.old.extend(before.map(input));
            both.new.extend(after.map(input));
        }
    }
    both.new.extend(passed.notes());
    both
}

/// Whether two files hold the same bytes. Links are the same if they lead to the same name.
fn is_same(one: &Path, other: &Path) -> bool {
    let same = || -> std::io::Result<bool> {
        let (a, b) = (std::fs::symlink_metadata(one)?, std::fs::symlink_metadata(other)?);
        if a.is_symlink() || b.is_symlink() {
            return Ok(a.is_symlink() && b.is_symlink() && std::fs::read_link(one)? == std::fs::read_link(other)?);
        }
        Ok(a.len() == b.len() && same_bytes(std::fs::File::open(one)?, std::fs::File::open(other)?)?)
    };
    // What cannot be compared counts as changed, and is named when it cannot be read.
    same().unwrap_or(false)
}

fn same_bytes(one: impl Read, other: impl Read) -> std::io::Result<bool> {
    const AT_ONCE: u64 = 64 * 1024;
    let (mut one, mut other) = (one, other);
    loop {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        (&mut one).take(AT_ONCE).read_to_end(&mut a)?;
        (&mut other).take(AT_ONCE).read_to_end(&mut b)?;
        if a != b || a.is_empty() {
            return Ok(a == b);
        }
    }
}

/// Files that are not handed in, for the report to count.
#[derive(Debug, Default)]
pub(super) struct PassedOver {
    /// Unchanged files that are no configuration by their names.
    pub(super) unchanged: usize,
    changed: usize,
    endings: BTreeSet<String>,
}

impl PassedOver {
    /// Takes a changed file that is known to be no configuration: program text, prose, a picture.
    pub(super) fn takes(&mut self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let kind = match name.rsplit_once('.') {
            Some((_, ending)) => ENDINGS_OF_NO_CONFIGURATION.contains(&ending).then(|| format!(".{ending}")),
            None => NAMES_OF_NO_CONFIGURATION.contains(&name.as_str()).then_some(name),
        };
        let Some(kind) = kind else { return false };
        self.changed += 1;
        self.endings.insert(kind);
        true
    }

    /// What the report says of them.
    pub(super) fn notes(self) -> Vec<Input> {
        let endings: Vec<String> = self.endings.into_iter().collect();
        let kinds = format!("no configuration by their names, not read: {}", endings.join(", "));
        let changed =
            (self.changed > 0).then(|| note(format!("({} changed {})", self.changed, files_word(self.changed)), kinds));
        changed
            .into_iter()
            .chain(left_out(self.unchanged, "unchanged and no configuration by their names, not read"))
            .collect()
    }
}

/// How many files were left out, if any.
fn left_out(n: usize, why: &str) -> Option<Input> {
    (n > 0).then(|| note(format!("({n} other {})", files_word(n)), why.to_owned()))
}

fn files_word(n: usize) -> &'static str {
    if n == 1 { "file" } else { "files" }
}

fn note(about: String, text: String) -> Input {
    Input { path: about, content: Content::Note(text) }
}

/// A walk that sees foreign folders and does not enter them.
trait Foreign {
    fn build_with_foreign(&mut self) -> ignore::Walk;
}

impl Foreign for WalkBuilder {
    fn build_with_foreign(&mut self) -> ignore::Walk {
        self.filter_entry(|entry| {
            let inside_foreign = entry.path().parent().is_some_and(|p| entry.depth() > 1 && foreign(p).is_some());
            entry.file_name() != OsStr::new(".git") && !inside_foreign
        });
        self.build()
    }
}

/// Why a folder is not entered, if so.
fn foreign(folder: &Path) -> Option<&'static str> {
    let name = folder.file_name()?.to_str()?;
    if FOREIGN.contains(&name) {
        return Some("a folder of other people's files, not read");
    }
    // `target` is an ordinary word too; only a build leaves this mark in it.
    (name == "target" && folder.join("CACHEDIR.TAG").exists()).then_some("a build folder, not read")
}

fn relative(root: &Path, path: &Path) -> Option<String> {
    let rest = path.strip_prefix(root).ok()?;
    let parts: Vec<_> = rest.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// A file of a folder. One that cannot be read is named in the report and does not stop the review.
fn content(path: &Path) -> Content {
    if path.is_symlink() {
        return Content::Skipped("symbolic link, not followed".to_owned());
    }
    match read_file(path) {
        Ok(bytes) => limited(bytes),
        Err(_) => Content::Skipped("cannot be read: check its permissions".to_owned()),
    }
}

/// Bytes, unless there are too many.
pub(super) fn limited(bytes: Vec<u8>) -> Content {
    if bytes.len() > MOST_BYTES {
        return Content::Skipped("larger than 256 MiB; not read".to_owned());
    }
    Content::Bytes(bytes)
}

/// Endings of deployment files that no reader here understands: they are named as unread instead of passed over.
const UNREAD: [&str; 2] = ["jsonnet", "libsonnet"];

/// Names without an ending of files that are prose or build instructions.
const NAMES_OF_NO_CONFIGURATION: [&str; 7] =
    ["license", "readme", "changelog", "codeowners", "notice", "authors", "makefile"];
/// Endings of program text, prose, pictures and other files that hold no configuration of a deployment.
const ENDINGS_OF_NO_CONFIGURATION: [&str; 85] = [
    "adoc",
    "bmp",
    "c",
    "cc",
    "cjs",
    "clj",
    "cljs",
    "cpp",
    "cs",
    "css",
    "cts",
    "dart",
    "eot",
    "erl",
    "ex",
    "exs",
    "f90",
    "fs",
    "gif",
    "gitattributes",
    "gitignore",
    "gitkeep",
    "dockerignore",
    "go",
    "gradle",
    "groovy",
    "h",
    "hpp",
    "hrl",
    "hs",
    "htm",
    "html",
    "ico",
    "ipynb",
    "java",
    "jl",
    "jpeg",
    "jpg",
    "js",
    "jsx",
    "kt",
    "kts",
    "less",
    "lua",
    "m",
    "md",
    "mdx",
    "mjs",
    "ml",
    "mov",
    "mp3",
    "mp4",
    "mts",
    "otf",
    "pdf",
    "php",
    "pl",
    "pm",
    "png",
    "po",
    "proto",
    "py",
    "pyi",
    "r",
    "rb",
    "rs",
    "rst",
    "sass",
    "scala",
    "scss",
    "snap",
    "sum",
    "svelte",
    "svg",
    "swift",
    "tex",
    "ts",
    "tsx",
    "ttf",
    "vue",
    "wav",
    "webp",
    "woff",
    "woff2",
    "zig",
];

/// Whether a file may be configuration by its name; others are read only where they changed.
pub(super) fn plausible(path: &str) -> bool {
    if let Some(told) = format::is_named(path) {
        return told;
    }
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    match name.rsplit_once('.') {
        Some((_, extension)) => UNREAD.contains(&extension),
        // Names like `config` or `env` say nothing; prose and build files do.
        None => !NAMES_OF_NO_CONFIGURATION.contains(&name.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_is_told_from_the_rest_by_name() {
        let yes = [
            "a/b.yaml",
            ".env.production",
            "x.env",
            "application.properties",
            "pgbouncer.ini",
            "my.cnf",
            "config",
            "values.yaml.tpl",
            "main.tf",
            "Web.config",
            "app.toml",
            "appsettings.Production.json",
            "Dockerfile.prod",
            "api.Dockerfile",
            "Procfile",
            "schema.prisma",
            "app.service",
        ];
        for name in yes {
            assert!(plausible(name), "{name}");
        }
        for name in ["a.rs", "logo.png", "LICENSE", "README.md", "x.yaml.bak.gz", ".gitignore"] {
            assert!(!plausible(name), "{name}");
        }
    }
}
