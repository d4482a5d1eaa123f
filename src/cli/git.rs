//! Both sides from a git repository, by the `git` program: whole trees, because a budget needs unchanged files too.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::review::{Content, Input};

use super::Failure;
use super::inputs::{Both, MOST_BYTES, PassedOver, plausible};
use super::output::Progress;

/// The mode of a commit of another repository in a tree.
const SUBMODULE: &str = "160000";
/// The mode of a symbolic link; its content is where it leads.
const LINK: &str = "120000";

/// Reads both sides of `BASE...HEAD` (from their merge base) or `BASE..HEAD` (between the two).
pub(super) fn read(range: &str, progress: &mut Progress) -> Result<Both, Failure> {
    let remedy = "write it like --git main...HEAD";
    let (base, head, from_merge_base) = match (range.split_once("..."), range.split_once("..")) {
        (Some((base, head)), _) => (base, head, true),
        (None, Some((base, head))) => (base, head, false),
        (None, None) => return Err(Failure::new("--git has no range", remedy)),
    };
    if base.is_empty() {
        return Err(Failure::new("--git has no BASE", remedy));
    }
    let head = if head.is_empty() { "HEAD" } else { head };
    let (mut old, new) = (commit(base)?, commit(head)?);
    if from_merge_base {
        old = git(&["merge-base", &old, &new]).ok().filter(|id| !id.is_empty()).ok_or_else(|| {
            let remedy =
                "fetch more history (git fetch --unshallow, or fetch-depth: 0), or compare the trees with BASE..HEAD";
            Failure::new("BASE and HEAD have no common ancestor in this clone", remedy)
        })?;
    }
    let mut blobs = Blobs::open()?;
    let both = both(&tree(&old)?, &tree(&new)?, &mut blobs, progress)?;
    blobs.close();
    Ok(both)
}

/// The id of a commit. `--end-of-options` keeps a name that begins with a dash from being an option.
fn commit(name: &str) -> Result<String, Failure> {
    git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")]).map_err(|failure| {
        match failure {
            Trouble::NotStarted => not_started(),
            Trouble::Said(said) if !said.is_empty() => {
                Failure::new(format!("git: {said}"), "run it inside a git repository")
            }
            Trouble::Said(_) => {
                let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
                Failure::new(format!("git knows no commit {name:?} here"), "fetch it, or check the name")
            }
        }
    })
}

enum Trouble {
    NotStarted,
    Said(String),
}

fn not_started() -> Failure {
    Failure::new("the git program cannot be started", "install git, or review two folders")
}

/// Runs git and returns what it prints, without the last line end.
fn git(arguments: &[&str]) -> Result<String, Trouble> {
    let output = Command::new("git").args(arguments).stdin(Stdio::null()).output().map_err(|_| Trouble::NotStarted)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or_default().trim_start_matches("fatal: ");
        return Err(Trouble::Said(said.chars().filter(|c| !c.is_control()).collect()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// A file of a commit.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    mode: String,
    id: String,
    /// In bytes; `None` where git does not say.
    size: Option<usize>,
}

/// The files of a commit, by path.
type Tree = BTreeMap<String, Entry>;

/// Lists a commit.
fn tree(commit: &str) -> Result<Tree, Failure> {
    let listing = git(&["ls-tree", "-r", "-l", "-z", "--full-tree", commit]).map_err(|trouble| match trouble {
        Trouble::NotStarted => not_started(),
        Trouble::Said(said) => Failure::new(format!("git cannot list a tree: {said}"), "check the clone with git fsck"),
    })?;
    let mut entries = BTreeMap::new();
    for entry in listing.split('\0').filter(|e| !e.is_empty()) {
        // `<mode> <type> <id> <size>\t<path>`
        let Some((meta, path)) = entry.split_once('\t') else { continue };
        let fields: Vec<&str> = meta.split_whitespace().collect();
        let [mode, _, id, size] = fields.as_slice() else { continue };
        let entry = Entry { mode: (*mode).to_owned(), id: (*id).to_owned(), size: size.parse().ok() };
        entries.insert(path.to_owned(), entry);
    }
    Ok(entries)
}

/// The files of both commits that may be configuration, and whatever changed.
fn both(old: &Tree, new: &Tree, blobs: &mut Blobs, progress: &mut Progress) -> Result<Both, Failure> {
    let mut passed = PassedOver::default();
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut both = Both::default();
    for path in paths {
        let (before, after) = (old.get(path), new.get(path));
        let is_submodule = [before, after].into_iter().flatten().any(|entry| entry.mode == SUBMODULE);
        if !is_submodule && !plausible(path) {
            if before == after {
                passed.unchanged += 1;
                continue;
            }
            if passed.takes(path) {
                continue;
            }
        }
        for (entry, side) in [(before, &mut both.old), (after, &mut both.new)] {
            let Some(entry) = entry else { continue };
            let content = match not_followed(before, after) {
                Some(reason) if entry.mode == SUBMODULE || entry.mode == LINK => Content::Skipped(reason),
                _ => content(entry, blobs, progress)?,
            };
            side.push(Input { path: path.clone(), content });
        }
    }
    both.new.extend(passed.notes());
    Ok(both)
}

/// What is said of a submodule or a link, and of what became of it.
fn not_followed(before: Option<&Entry>, after: Option<&Entry>) -> Option<String> {
    let word = |entry: &Entry| match entry.mode.as_str() {
        SUBMODULE => Some("submodule"),
        LINK => Some("symbolic link"),
        _ => None,
    };
    let short = |entry: &Entry| entry.id.get(..7).unwrap_or_default().to_owned();
    let was = before.and_then(|entry| Some((entry, word(entry)?)));
    let is = after.and_then(|entry| Some((entry, word(entry)?)));
    Some(match (was, is) {
        (None, None) => return None,
        (Some((old, "submodule")), Some((new, "submodule"))) if old.id != new.id => {
            format!("submodule, not followed; its commit changed from {} to {}", short(old), short(new))
        }
        (Some((old, word)), Some((new, other))) if word == other && old.id != new.id => {
            format!("{word}, not followed; it leads elsewhere now")
        }
        (Some((_, word)), Some((_, other))) if word == other => format!("{word}, not followed"),
        (Some((_, word)), Some((_, other))) => format!("{other}, not followed; it was a {word}"),
        (None, Some((_, word))) if before.is_some() => format!("{word}, not followed; it was a file"),
        (None, Some((_, word))) => format!("{word}, not followed; it is new"),
        (Some((_, word)), None) if after.is_some() => format!("it was a {word}, which was not followed"),
        (Some((_, word)), None) => format!("{word}, not followed; it is gone"),
    })
}

fn content(entry: &Entry, blobs: &mut Blobs, progress: &mut Progress) -> Result<Content, Failure> {
    let skipped = |reason: &str| Ok(Content::Skipped(reason.to_owned()));
    match entry.mode.as_str() {
        _ if entry.size.is_some_and(|n| n > MOST_BYTES) => skipped("larger than 256 MiB; not read"),
        _ => {
            progress.tick();
            blobs.read(&entry.id)
        }
    }
}

/// A running `git cat-file --batch`, asked for one object at a time; what both sides share is read once.
struct Blobs {
    child: Child,
    ask: ChildStdin,
    answer: BufReader<ChildStdout>,
    known: BTreeMap<String, Vec<u8>>,
}

impl Blobs {
    fn open() -> Result<Blobs, Failure> {
        let mut command = Command::new("git");
        command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|_| not_started())?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(ask), Some(answer)) => {
                Ok(Blobs { child, ask, answer: BufReader::new(answer), known: BTreeMap::new() })
            }
            _ => Err(not_started()),
        }
    }

    fn read(&mut self, id: &str) -> Result<Content, Failure> {
        if let Some(bytes) = self.known.get(id) {
            return Ok(Content::Bytes(bytes.clone()));
        }
        let bytes = self.fetch(id).map_err(|_| {
            Failure::new("git stopped while files were read", "check the clone with git fsck, and the disk")
        })?;
        let Some(bytes) = bytes else {
            return Ok(Content::Skipped("not in this clone (partial clone): fetch it to have it read".to_owned()));
        };
        self.known.insert(id.to_owned(), bytes.clone());
        Ok(Content::Bytes(bytes))
    }

    /// Asks for an object: `<id> blob <size>`, the bytes, a line end; or `<id> missing`.
    fn fetch(&mut self, id: &str) -> std::io::Result<Option<Vec<u8>>> {
        writeln!(self.ask, "{id}")?;
        self.ask.flush()?;
        let mut head = String::new();
        if self.answer.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let Some(size) = head.split_whitespace().nth(2).and_then(|n| n.parse::<u64>().ok()) else { return Ok(None) };
        let mut bytes = Vec::new();
        (&mut self.answer).take(size).read_to_end(&mut bytes)?;
        let mut end = [0];
        self.answer.read_exact(&mut end)?;
        Ok(Some(bytes))
    }

    /// Lets git end: it does when nobody asks any more.
    fn close(self) {
        let Blobs { mut child, ask, .. } = self;
        drop(ask);
        // Its exit code says nothing that its answers did not.
        let _ = child.wait();
    }
}
