//! One file line by line, masked: the changed parts with some context, and what changed inside a line.
//!
//! In: both sides of a file and the bytes that are secret. Out: a [`FileDiff`] of printable text. The work is bounded
//! by size, never by a clock, so that the same files give the same diff everywhere.

mod align;
mod inline;

use crate::report::{DiffLine, FileDiff, Hunk};
use crate::secret::{Redactor, Shown};
use crate::source::{Side, Source, Span};

use align::Step;
use inline::Line;

/// Unchanged lines around a change.
const CONTEXT: usize = 3;
/// Up to this many lines a file may be shown whole, for a reader who unfolds what did not change.
const WHOLE_LINES: usize = 1_500;
/// A change above this is no reading matter; it is counted and not shown.
const MOST_CHANGED_LINES: usize = 20_000;

/// How much of a file that changed is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// The changes with three lines around them.
    #[default]
    Changes,
    /// All of it, unless it is long.
    WholeFile,
}

/// Compares two sides of a file. `secrets` are byte ranges of the old and the new text that must not be shown, beside
/// what the redactor finds by itself.
#[must_use]
pub fn file_diff(
    old: Option<&Source>,
    new: Option<&Source>,
    redactor: &Redactor,
    secrets: (&[Span], &[Span]),
    extent: Extent,
) -> FileDiff {
    let mut diff = outline(old, new, redactor);
    let unreadable = [old, new].into_iter().flatten().find(|s| !s.readable);
    if let Some(source) = unreadable {
        let why = source.problems.first().map_or("not readable as text", |p| p.message.as_str());
        diff.skipped = Some(redactor.text(why));
        return diff;
    }
    let steps = align::align(&lines(old), &lines(new));
    let changed = steps.iter().filter(|s| !matches!(s, Step::Same(..))).count();
    if changed == 0 && diff.status == "modified" {
        diff.skipped = Some(Shown::of_static("only line ends or the encoding differ"));
        return diff;
    }
    if changed > MOST_CHANGED_LINES {
        diff.skipped = Some(Shown::of_static("more than 20,000 changed lines; not shown line by line"));
        return diff;
    }
    let masks = (old.map(|s| masks(s, redactor, secrets.0)), new.map(|s| masks(s, redactor, secrets.1)));
    let whole = extent == Extent::WholeFile && diff.old_lines.max(diff.new_lines) <= WHOLE_LINES;
    let context = if whole { steps.len() } else { CONTEXT };
    let view = View {
        old: old.map(|source| Masked { source, masks: masks.0.unwrap_or_default() }),
        new: new.map(|source| Masked { source, masks: masks.1.unwrap_or_default() }),
        redactor,
    };
    diff.hunks =
        hunk_ranges(&steps, context).into_iter().map(|range| view.hunk(steps.get(range).unwrap_or_default())).collect();
    diff
}

/// One line as it may be printed. `line` is its bytes, `secrets` are the bytes of the text that must not be shown.
#[must_use]
pub fn masked_line(source: &Source, line: Span, secrets: &[Span], redactor: &Redactor) -> Shown {
    let text = source.slice(line);
    let touching = secrets.iter().filter(|s| s.start < line.end && s.end > line.start);
    let inside = touching.map(|s| (s.start.max(line.start) - line.start, s.end.min(line.end) - line.start));
    let mut hidden: Vec<std::ops::Range<usize>> = inside.map(|(start, end)| start as usize..end as usize).collect();
    hidden.extend(redactor.secret_spans(text));
    redactor.text(&Line::new(text, hidden).masked())
}

/// Names, status and sizes.
fn outline(old: Option<&Source>, new: Option<&Source>, redactor: &Redactor) -> FileDiff {
    let path = new.or(old).map_or("", |s| s.path.as_str());
    let old_path = old.map(|s| s.path.as_str()).filter(|p| *p != path);
    let status = match (old, new) {
        (None, _) => "added",
        (_, None) => "removed",
        (Some(_), Some(_)) if old_path.is_some() => "renamed",
        (Some(a), Some(b)) if a.same_bytes(b) => "unchanged",
        (Some(_), Some(_)) => "modified",
    };
    FileDiff {
        path: redactor.text(path),
        old_path: old_path.map(|p| redactor.text(p)),
        status,
        old_lines: old.map_or(0, Source::line_count),
        new_lines: new.map_or(0, Source::line_count),
        skipped: None,
        hunks: Vec::new(),
    }
}

fn lines(source: Option<&Source>) -> Vec<&str> {
    let Some(source) = source else { return Vec::new() };
    (1..=source.line_count()).map(|n| source.line(u32::try_from(n).unwrap_or(u32::MAX))).collect()
}

/// The secret byte ranges of a text, sorted and without overlap.
fn masks(source: &Source, redactor: &Redactor, told: &[Span]) -> Vec<Span> {
    let found = redactor.secret_spans(&source.text).into_iter().map(|r| Span::new(r.start, r.end));
    let mut all: Vec<Span> = found.chain(told.iter().copied()).filter(|s| !s.is_empty()).collect();
    all.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(all.len());
    for span in all {
        match merged.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// The steps of each hunk: changes with their context, joined where the context meets.
fn hunk_ranges(steps: &[Step], context: usize) -> Vec<std::ops::Range<usize>> {
    let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
    for (i, _) in steps.iter().enumerate().filter(|(_, s)| !matches!(s, Step::Same(..))) {
        let (start, end) = (i.saturating_sub(context), (i + context + 1).min(steps.len()));
        match ranges.last_mut() {
            Some(last) if start <= last.end => last.end = end,
            _ => ranges.push(start..end),
        }
    }
    ranges
}

struct Masked<'a> {
    source: &'a Source,
    masks: Vec<Span>,
}

impl Masked<'_> {
    /// Line `index` (from 0) with the masks that touch it.
    fn line(&self, index: usize, redactor: &Redactor) -> Line<'_> {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let span = self.source.line_span(number);
        let first = self.masks.partition_point(|m| m.end <= span.start);
        let touching = self.masks.iter().skip(first).take_while(|m| m.start < span.end);
        let mut inside: Vec<std::ops::Range<usize>> = touching
            .map(|m| m.start.max(span.start) - span.start..m.end.min(span.end) - span.start)
            .map(|r| r.start as usize..r.end as usize)
            .collect();
        let text = self.source.slice(span);
        // A line may look like a secret by itself where the whole text did not, and the other way round.
        inside.extend(redactor.secret_spans(text));
        Line::new(text, inside)
    }
}

struct View<'a> {
    old: Option<Masked<'a>>,
    new: Option<Masked<'a>>,
    redactor: &'a Redactor,
}

impl View<'_> {
    fn hunk(&self, steps: &[Step]) -> Hunk {
        let mut lines: Vec<DiffLine> = Vec::with_capacity(steps.len());
        let mut rest = steps;
        while let Some(step) = rest.first() {
            if let Step::Same(o, n) = *step {
                let parts =
                    self.line(Side::New, n).map(|l| inline::plain(&l, false, self.redactor)).unwrap_or_default();
                lines.push(DiffLine { kind: "same", old: number(o), new: number(n), parts });
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let size = rest.iter().take_while(|s| !matches!(s, Step::Same(..))).count();
            lines.extend(self.block(rest.get(..size).unwrap_or_default()));
            rest = rest.get(size..).unwrap_or_default();
        }
        Hunk {
            old_start: lines.iter().find_map(|l| l.old).unwrap_or(0),
            new_start: lines.iter().find_map(|l| l.new).unwrap_or(0),
            lines,
        }
    }

    /// A run of changed lines: the removed ones, then the added ones, paired in order.
    fn block(&self, steps: &[Step]) -> Vec<DiffLine> {
        let removed: Vec<usize> =
            steps.iter().filter_map(|s| if let Step::Removed(o) = s { Some(*o) } else { None }).collect();
        let added: Vec<usize> =
            steps.iter().filter_map(|s| if let Step::Added(n) = s { Some(*n) } else { None }).collect();
        let old: Vec<Line<'_>> = removed.iter().filter_map(|&i| self.line(Side::Old, i)).collect();
        let new: Vec<Line<'_>> = added.iter().filter_map(|&i| self.line(Side::New, i)).collect();
        let pairs: Vec<_> = old.iter().zip(&new).map(|(o, n)| inline::pair(o, n, self.redactor)).collect();
        let before = removed.iter().zip(&old).enumerate().map(|(i, (&index, line))| DiffLine {
            kind: "removed",
            old: number(index),
            new: None,
            parts: pairs.get(i).map_or_else(|| inline::plain(line, true, self.redactor), |p| p.0.clone()),
        });
        let after = added.iter().zip(&new).enumerate().map(|(i, (&index, line))| DiffLine {
            kind: "added",
            old: None,
            new: number(index),
            parts: pairs.get(i).map_or_else(|| inline::plain(line, true, self.redactor), |p| p.1.clone()),
        });
        before.chain(after).collect()
    }

    fn line(&self, side: Side, index: usize) -> Option<Line<'_>> {
        let masked = match side {
            Side::Old => self.old.as_ref(),
            Side::New => self.new.as_ref(),
        }?;
        Some(masked.line(index, self.redactor))
    }
}

fn number(index: usize) -> Option<u32> {
    u32::try_from(index + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::MASK;

    fn diff(old: &str, new: &str) -> FileDiff {
        let old = Source::new("a.yaml", Side::Old, old.as_bytes());
        let new = Source::new("a.yaml", Side::New, new.as_bytes());
        file_diff(Some(&old), Some(&new), &Redactor::new(), (&[], &[]), Extent::Changes)
    }

    /// `-3 a[b]c`: sign, line number, text with the changed parts in brackets.
    fn shape(diff: &FileDiff) -> Vec<String> {
        let line = |l: &DiffLine| {
            let sign = match l.kind {
                "same" => ' ',
                "removed" => '-',
                _ => '+',
            };
            let text: String =
                l.parts.iter().map(|(t, changed)| if *changed { format!("[{t}]") } else { t.to_string() }).collect();
            format!("{sign}{} {text}", l.new.or(l.old).unwrap_or(0))
        };
        diff.hunks.iter().flat_map(|h| h.lines.iter().map(line)).collect()
    }

    #[test]
    fn a_changed_number_is_marked_as_a_whole() {
        assert_eq!(shape(&diff("a: 1\nmax: 10\n", "a: 1\nmax: 40\n")), [" 1 a: 1", "-2 max: [10]", "+2 max: [40]"]);
    }

    #[test]
    fn a_slip_in_a_word_is_marked_by_letter() {
        let diff = diff("host: orders-db-primary\n", "host: orders-db-prmary\n");
        assert_eq!(shape(&diff), ["-1 host: orders-db-pr[i]mary", "+1 host: orders-db-prmary"]);
    }

    #[test]
    fn far_changes_make_hunks_of_their_own() {
        let old: String = (0..30).map(|i| format!("k{i}: x\n")).collect();
        let new = old.replace("k2: x", "k2: y").replace("k25: x", "k25: y");
        let diff = diff(&old, &new);
        assert_eq!(diff.hunks.iter().map(|h| (h.old_start, h.new_start)).collect::<Vec<_>>(), [(1, 1), (23, 23)]);
    }

    #[test]
    fn a_file_shown_whole_is_one_hunk_unless_it_is_long() {
        let hunks = |lines: u32| {
            let old: String = (0..lines).map(|i| format!("k{i}: x\n")).collect();
            let new = old.replace("k2: x", "k2: y").replace("k25: x", "k25: y");
            let (old, new) = (Source::new("a", Side::Old, old.as_bytes()), Source::new("a", Side::New, new.as_bytes()));
            let diff = file_diff(Some(&old), Some(&new), &Redactor::new(), (&[], &[]), Extent::WholeFile);
            diff.hunks.iter().map(|h| h.lines.len()).collect::<Vec<_>>()
        };
        assert_eq!(hunks(60), [62]);
        assert_eq!(hunks(1_600).len(), 2);
    }

    #[test]
    fn added_and_removed_files_are_one_hunk() {
        let new = Source::new("a", Side::New, b"x\ny\n");
        let diff = file_diff(None, Some(&new), &Redactor::new(), (&[], &[]), Extent::Changes);
        assert_eq!((diff.status, diff.old_lines, diff.new_lines), ("added", 0, 2));
        assert_eq!(shape(&diff), ["+1 [x]", "+2 [y]"]);
        let old = Source::new("a", Side::Old, b"x\n");
        assert_eq!(file_diff(Some(&old), None, &Redactor::new(), (&[], &[]), Extent::Changes).status, "removed");
    }

    #[test]
    fn a_changed_secret_is_masked_and_marked_as_changed() {
        let diff = diff("user: app\npassword: hunter22\n", "user: app\npassword: hunter23\n");
        let masked = format!("password: [{MASK}]");
        assert_eq!(shape(&diff), [" 1 user: app".to_owned(), format!("-2 {masked}"), format!("+2 {masked}")]);
    }

    #[test]
    fn an_unchanged_secret_is_masked_and_not_marked() {
        let old = Source::new("a", Side::Old, b"url=app:s3cr3tword@db1 #1\n");
        let new = Source::new("a", Side::New, b"url=app:s3cr3tword@db1 #2\n");
        let told = [Span::new(8, 18)];
        let diff = file_diff(Some(&old), Some(&new), &Redactor::new(), (&told, &told), Extent::Changes);
        assert_eq!(shape(&diff), [format!("-1 url=app:{MASK}@db1 #[1]"), format!("+1 url=app:{MASK}@db1 #[2]")]);
    }

    #[test]
    fn a_secret_over_several_lines_shows_none_of_them() {
        let text = "a: 1\nkey: |\n  AAAA1111\n  BBBB2222\nz: 1\n";
        let old = Source::new("a", Side::Old, text.as_bytes());
        let new = Source::new("a", Side::New, text.replace("z: 1", "z: 2").as_bytes());
        let told = [Span::new(text.find("AAAA").unwrap_or(0), text.find("\nz").unwrap_or(0))];
        let shown =
            shape(&file_diff(Some(&old), Some(&new), &Redactor::new(), (&told, &told), Extent::Changes)).join("\n");
        assert!(!shown.contains("AAAA") && !shown.contains("BBBB"), "{shown}");
        assert!(shown.contains("z: [2]"));
    }

    #[test]
    fn a_single_line_is_masked_by_place_and_by_shape() {
        let source = Source::new("a", Side::New, b"x: 1\nurl: app:s3cr3tword@db1\n");
        let told = [Span::new(14, 24)];
        let shown = masked_line(&source, source.line_span(2), &told, &Redactor::new());
        assert_eq!(shown.as_str(), format!("url: app:{MASK}@db1"));
    }

    #[test]
    fn line_ends_alone_are_named_and_not_shown() {
        let diff = diff("a: 1\n", "a: 1\r\n");
        assert!(diff.hunks.is_empty());
        assert_eq!(diff.skipped.map(|s| s.to_string()).as_deref(), Some("only line ends or the encoding differ"));
    }

    #[test]
    fn binary_files_are_named_and_not_shown() {
        assert!(diff("a\0b", "a\0c").skipped.is_some());
    }

    #[test]
    fn huge_rewrites_are_counted_and_not_shown() {
        let text = |from: u32| (from..from + 15_000).map(|i| format!("{i}\n")).collect::<String>();
        let diff = diff(&text(0), &text(50_000));
        assert!(diff.hunks.is_empty() && diff.skipped.is_some());
    }
}
