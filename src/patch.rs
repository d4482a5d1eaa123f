//! Both sides from a unified diff: what the hunks show is known, the rest is not.
//!
//! Lines keep their numbers: what lies before and between hunks becomes empty lines. Who hands the sides to a review adds
//! [`ONLY_A_PATCH`], since a budget needs the files that a patch leaves out.

use crate::review::Content;

/// What the report has to say of a review of a patch alone.
pub const ONLY_A_PATCH: &str =
    "only the patch was given: files and lines outside it are not known, and the budget may lack them";

/// A file of the patch.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Patched {
    /// Its path before; `None` where it was not there.
    pub old: Option<String>,
    /// Its path after; `None` where it is gone.
    pub new: Option<String>,
    old_text: String,
    new_text: String,
    binary: bool,
    hunks: usize,
}

impl Patched {
    /// What is known of both sides of the file.
    #[must_use]
    pub fn contents(self) -> (Content, Content) {
        let content = |text: String| match (self.binary, self.hunks) {
            (true, _) => Content::Skipped("binary, not in the patch".to_owned()),
            // Renamed or with another mode: the patch holds nothing of it.
            (false, 0) => {
                Content::Skipped("renamed, empty or with another mode: its lines are not in the patch".to_owned())
            }
            _ => Content::Bytes(text.into_bytes()),
        };
        (content(self.old_text), content(self.new_text))
    }
}

/// Reads all files of a patch. What is no part of a diff (a commit message) is passed over.
#[must_use]
pub fn parse(text: &str) -> Vec<Patched> {
    let mut files: Vec<Patched> = Vec::new();
    let mut lines = text.split_inclusive('\n').peekable();
    let mut open = false;
    while let Some(line) = lines.next() {
        let bare = line.trim_end_matches(['\n', '\r']);
        if let Some(names) = bare.strip_prefix("diff --git ") {
            let (old, new) = git_names(names);
            files.push(Patched { old, new, ..Patched::default() });
            open = true;
        } else if let Some(old) = bare.strip_prefix("--- ")
            && lines.peek().is_some_and(|next| next.starts_with("+++ "))
        {
            let new = lines.next().unwrap_or_default().trim_end_matches(['\n', '\r']);
            let new = new.strip_prefix("+++ ").unwrap_or_default();
            if !open {
                files.push(Patched::default());
            }
            open = false;
            let Some(file) = files.last_mut() else { continue };
            (file.old, file.new) = names(old, new);
        } else if let Some(file) = files.last_mut() {
            header_or_hunk(file, bare, &mut lines);
        }
    }
    files
}

/// A line between the names of a file and the next file.
fn header_or_hunk<'a>(file: &mut Patched, line: &str, lines: &mut impl Iterator<Item = &'a str>) {
    if let Some(name) = line.strip_prefix("rename from ") {
        file.old = Some(unquoted(name));
    } else if let Some(name) = line.strip_prefix("rename to ") {
        file.new = Some(unquoted(name));
    } else if line.starts_with("new file mode ") {
        file.old = None;
    } else if line.starts_with("deleted file mode ") {
        file.new = None;
    } else if line.starts_with("Binary files ") || line.starts_with("GIT binary patch") {
        file.binary = true;
    } else if let Some(hunk) = hunk_header(line) {
        file.hunks += 1;
        take_hunk(file, hunk, lines);
    }
}

struct Hunk {
    old: (usize, usize),
    new: (usize, usize),
}

/// `@@ -14,3 +14,4 @@`: first line and number of lines on each side.
fn hunk_header(line: &str) -> Option<Hunk> {
    let inner = line.strip_prefix("@@ -")?;
    let (ranges, _) = inner.split_once(" @@")?;
    let (old, new) = ranges.split_once(" +")?;
    let range = |text: &str| {
        let (start, count) = text.split_once(',').unwrap_or((text, "1"));
        // No file of a size that is read has more lines.
        let number = |t: &str| t.parse::<usize>().ok().filter(|n| *n <= crate::limits::Limits::MOST.file_bytes);
        Some((number(start)?, number(count)?))
    };
    Some(Hunk { old: range(old)?, new: range(new)? })
}

/// Takes the lines of a hunk by its counts, so that a removed line `-- x` is not read as a file name.
fn take_hunk<'a>(file: &mut Patched, hunk: Hunk, lines: &mut impl Iterator<Item = &'a str>) {
    pad(&mut file.old_text, hunk.old);
    pad(&mut file.new_text, hunk.new);
    let (mut old, mut new) = (hunk.old.1, hunk.new.1);
    while old > 0 || new > 0 {
        let Some(line) = lines.next() else { return };
        let (sign, text) = line.split_at_checked(1).unwrap_or((" ", line));
        match sign {
            "-" => file.old_text.push_str(text),
            "+" => file.new_text.push_str(text),
            "\\" => continue,
            // Some editors strip the blank of an empty context line.
            "\n" => [&mut file.old_text, &mut file.new_text].into_iter().for_each(|t| t.push('\n')),
            _ => [&mut file.old_text, &mut file.new_text].into_iter().for_each(|t| t.push_str(text)),
        }
        old = old.saturating_sub(usize::from(sign != "+"));
        new = new.saturating_sub(usize::from(sign != "-"));
    }
}

/// Empty lines up to the first line of a hunk. A range without lines names the line before it.
fn pad(text: &mut String, (start, count): (usize, usize)) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let before = if count == 0 { start } else { start.saturating_sub(1) };
    let have = text.matches('\n').count();
    text.extend(std::iter::repeat_n('\n', before.saturating_sub(have)));
}

/// The names of `--- a/x` and `+++ b/x`, without what git puts before them.
fn names(old: &str, new: &str) -> (Option<String>, Option<String>) {
    let name = |text: &str| {
        let text = if text.starts_with('"') { text } else { text.split('\t').next().unwrap_or(text) };
        let name = unquoted(text.trim_end());
        (name != "/dev/null").then_some(name)
    };
    let (old, new) = (name(old), name(new));
    let has = |n: &Option<String>, prefix: &str| n.as_ref().is_none_or(|n| n.starts_with(prefix));
    if has(&old, "a/") && has(&new, "b/") {
        let cut = |n: Option<String>| n.map(|n| n.chars().skip(2).collect());
        return (cut(old), cut(new));
    }
    (old, new)
}

/// The names of `diff --git a/x b/x`. Where blanks make them ambiguous both are the same name, and lines below tell.
fn git_names(text: &str) -> (Option<String>, Option<String>) {
    let middle = text.match_indices(" b/").map(|(i, _)| i).find(|&i| {
        let (old, new) = (text.get(2..i), text.get(i + 3..));
        old.is_some() && old == new
    });
    let Some(at) = middle.or_else(|| text.find(" b/")) else { return (None, None) };
    let (old, new) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
    names(old, new)
}

/// A name as git writes it when it holds unusual bytes: in quotes, with escapes.
fn unquoted(name: &str) -> String {
    let Some(inner) = name.strip_prefix('"').and_then(|n| n.strip_suffix('"')) else { return name.to_owned() };
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b't') => bytes.push(b'\t'),
            Some(b'n') => bytes.push(b'\n'),
            Some(digit @ b'0'..=b'7') => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    let Some(next) = rest.next_if(|b| (b'0'..=b'7').contains(b)) else { break };
                    value = value * 8 + u32::from(next - b'0');
                }
                bytes.push(u8::try_from(value).unwrap_or(b'?'));
            }
            Some(other) => bytes.push(other),
            None => bytes.push(b'\\'),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "From 1234\nSubject: raise the pool\n---\n prod/api.yaml | 2 +-\n\ndiff --git a/prod/api.yaml b/prod/api.yaml\nindex 1..2 100644\n--- a/prod/api.yaml\n+++ b/prod/api.yaml\n@@ -3,3 +3,3 @@ spring:\n   hikari:\n-    max: 10\n+    max: 40\n     min: 1\n@@ -9 +9,2 @@\n z: 1\n+-- x: 2\n";

    #[test]
    fn both_sides_keep_their_line_numbers() {
        let files = parse(PATCH);
        assert_eq!(files.len(), 1);
        let lines: Vec<&str> = files[0].old_text.lines().collect();
        assert_eq!((lines[2], lines[3], lines[8]), ("  hikari:", "    max: 10", "z: 1"));
        let lines: Vec<&str> = files[0].new_text.lines().collect();
        assert_eq!((lines[3], lines[8], lines[9]), ("    max: 40", "z: 1", "-- x: 2"));
        assert_eq!(files[0].new.as_deref(), Some("prod/api.yaml"));
    }

    #[test]
    fn plain_diffs_have_no_prefix_to_cut() {
        let files = parse(
            "--- old/x.env\t2026-01-01\n+++ new/x.env\t2026-01-02\n@@ -1 +1 @@\n-A=1\n+A=2\n\\ No newline at end of file\n",
        );
        assert_eq!((files[0].old.as_deref(), files[0].new_text.as_str()), (Some("old/x.env"), "A=2\n"));
    }

    #[test]
    fn quoted_names_are_read() {
        assert_eq!(unquoted("\"a/\\303\\274 \\\"x\\\".yaml\""), "a/ü \"x\".yaml");
    }

    #[test]
    fn broken_patches_do_no_harm() {
        for text in [
            "@@ -1 +1 @@\n",
            "--- a\n+++ b\n@@ -9999999999999,1 +1 @@\n",
            "diff --git\n",
            "--- a\n+++ b\n@@ -1,5 +1,5 @@\n x",
        ] {
            let _ = parse(text);
        }
    }
}
