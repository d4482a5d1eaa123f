//! What changed inside a pair of lines: by word, and by letter where a word was slipped. Secrets are one word each.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::secret::{MASK, Redactor, Shown};

/// Pieces of text with "differs from the other side".
pub(super) type Parts = Vec<(Shown, bool)>;

/// Lines with more words are marked as a whole, and longer ones are shown up to this many bytes.
const MOST_WORDS: usize = 400;
const MOST_BYTES: usize = 4_000;

/// A line in words.
pub(super) struct Line<'a> {
    words: Vec<Word<'a>>,
    cut: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Word<'a> {
    /// As written, also for a secret: it is compared and never printed.
    text: &'a str,
    secret: bool,
}

impl<'a> Line<'a> {
    /// Takes a line with the byte ranges in it that are secret, in any order.
    pub(super) fn new(text: &'a str, mut secrets: Vec<Range<usize>>) -> Line<'a> {
        secrets.sort_by_key(|r| (r.start, r.end));
        let mut words = Vec::new();
        let mut at = 0;
        for range in secrets {
            let (start, end) = (range.start.max(at), floor(text, range.end));
            let start = floor(text, start);
            if start >= end {
                continue;
            }
            split(text.get(at..start).unwrap_or_default(), &mut words);
            words.push(Word { text: text.get(start..end).unwrap_or_default(), secret: true });
            at = end;
        }
        split(text.get(at..).unwrap_or_default(), &mut words);
        // Masks are placed first, so that the cut cannot show the half of a secret.
        let mut bytes = 0;
        let kept = words.iter().take_while(|w| {
            bytes += w.text.len();
            bytes <= MOST_BYTES
        });
        let kept = kept.count();
        let cut = kept < words.len();
        words.truncate(kept);
        Line { words, cut }
    }
}

impl Line<'_> {
    /// The text with its secrets masked.
    pub(super) fn masked(&self) -> String {
        let mut pieces = Pieces::default();
        self.words.iter().for_each(|w| pieces.word(*w, false));
        let text: String = pieces.pieces.into_iter().map(|(text, _)| text).collect();
        if self.cut { text + "…" } else { text }
    }
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

/// Runs of letters and digits are words; everything else stands alone.
fn split<'a>(text: &'a str, words: &mut Vec<Word<'a>>) {
    let mut start = 0;
    let mut in_word = false;
    for (i, c) in text.char_indices() {
        let part = c.is_alphanumeric() || c == '_';
        if i > start && !(part && in_word) {
            words.push(Word { text: text.get(start..i).unwrap_or_default(), secret: false });
            start = i;
        }
        in_word = part;
    }
    if start < text.len() {
        words.push(Word { text: text.get(start..).unwrap_or_default(), secret: false });
    }
}

/// The line as one colour.
pub(super) fn plain(line: &Line<'_>, changed: bool, redactor: &Redactor) -> Parts {
    let mut pieces = Pieces::default();
    line.words.iter().for_each(|w| pieces.word(*w, changed));
    pieces.finish(line, redactor)
}

/// Both lines with what differs marked.
pub(super) fn pair(old: &Line<'_>, new: &Line<'_>, redactor: &Redactor) -> (Parts, Parts) {
    if old.words.len().max(new.words.len()) > MOST_WORDS {
        return (plain(old, true, redactor), plain(new, true, redactor));
    }
    let ops = capture_diff_slices(Algorithm::Myers, &old.words, &new.words);
    if !are_alike(&ops, old, new) {
        return (plain(old, true, redactor), plain(new, true, redactor));
    }
    let (mut left, mut right) = (Pieces::default(), Pieces::default());
    for op in ops {
        let (a, b) = (&old.words[op.old_range()], &new.words[op.new_range()]);
        match (op, a, b) {
            (DiffOp::Equal { .. }, ..) => {
                a.iter().for_each(|w| left.word(*w, false));
                b.iter().for_each(|w| right.word(*w, false));
            }
            (DiffOp::Replace { .. }, [a], [b]) if is_slip(a, b) => letters(a.text, b.text, &mut left, &mut right),
            _ => {
                a.iter().for_each(|w| left.word(*w, true));
                b.iter().for_each(|w| right.word(*w, true));
            }
        }
    }
    (left.finish(old, redactor), right.finish(new, redactor))
}

/// Whether two lines have enough in common for marks inside them to help: some word with a letter or digit.
fn are_alike(ops: &[DiffOp], old: &Line<'_>, new: &Line<'_>) -> bool {
    let weight = |words: &[Word<'_>]| -> usize {
        words.iter().filter(|w| w.text.chars().any(char::is_alphanumeric)).map(|w| w.text.len()).sum()
    };
    let equal = ops.iter().filter(|op| matches!(op, DiffOp::Equal { .. }));
    let common: usize = equal.map(|op| weight(&old.words[op.old_range()])).sum();
    let least = weight(&old.words).min(weight(&new.words));
    common * 5 >= least && common > 0
}

/// Two words that share most of their letters. Numbers are never: the eye reads them as a whole.
fn is_slip(a: &Word<'_>, b: &Word<'_>) -> bool {
    let has_letter = |w: &Word<'_>| w.text.chars().any(char::is_alphabetic);
    if a.secret || b.secret || !has_letter(a) || !has_letter(b) {
        return false;
    }
    let (prefix, suffix) = common_ends(a.text, b.text);
    (prefix + suffix) * 2 >= a.text.len().min(b.text.len())
}

/// Bytes that both words share at the beginning and, beyond that, at the end; whole characters.
fn common_ends(a: &str, b: &str) -> (usize, usize) {
    let prefix: usize = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).map(|(x, _)| x.len_utf8()).sum();
    let (a, b) = (a.get(prefix..).unwrap_or_default(), b.get(prefix..).unwrap_or_default());
    let ends = a.chars().rev().zip(b.chars().rev());
    (prefix, ends.take_while(|(x, y)| x == y).map(|(x, _)| x.len_utf8()).sum())
}

fn letters(a: &str, b: &str, left: &mut Pieces, right: &mut Pieces) {
    let (prefix, suffix) = common_ends(a, b);
    for (text, pieces) in [(a, left), (b, right)] {
        let end = text.len() - suffix;
        for (range, changed) in [(0..prefix, false), (prefix..end, true), (end..text.len(), false)] {
            pieces.word(Word { text: text.get(range).unwrap_or_default(), secret: false }, changed);
        }
    }
}

/// Words joined to pieces of one kind.
#[derive(Default)]
struct Pieces {
    pieces: Vec<(String, bool)>,
    after_secret: bool,
}

impl Pieces {
    fn word(&mut self, word: Word<'_>, changed: bool) {
        if word.text.is_empty() {
            return;
        }
        let text = if word.secret { MASK } else { word.text };
        // Two secrets side by side are one mask: how many there are is nobody's business.
        let marked = !changed || self.pieces.last().is_some_and(|(_, kind)| *kind);
        if word.secret && self.after_secret && marked {
            return;
        }
        self.after_secret = word.secret;
        match self.pieces.last_mut() {
            Some((piece, kind)) if *kind == changed => piece.push_str(text),
            _ => self.pieces.push((text.to_owned(), changed)),
        }
    }

    fn finish(mut self, line: &Line<'_>, redactor: &Redactor) -> Parts {
        if line.cut {
            self.pieces.push(("… (the line goes on)".to_owned(), false));
        }
        self.pieces.into_iter().map(|(text, changed)| (redactor.text(&text), changed)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(old: &str, new: &str) -> (String, String) {
        let redactor = Redactor::new();
        let (a, b) = pair(&Line::new(old, Vec::new()), &Line::new(new, Vec::new()), &redactor);
        let join = |parts: Parts| {
            parts.iter().map(|(t, c)| if *c { format!("[{t}]") } else { t.to_string() }).collect::<String>()
        };
        (join(a), join(b))
    }

    #[test]
    fn lines_with_nothing_in_common_are_marked_as_a_whole() {
        assert_eq!(marks("alpha: one", "beta: two"), ("[alpha: one]".to_owned(), "[beta: two]".to_owned()));
    }

    #[test]
    fn a_swap_is_marked_by_letter() {
        assert_eq!(marks("host: orders", "host: ordres"), ("host: ord[er]s".to_owned(), "host: ord[re]s".to_owned()));
    }

    #[test]
    fn very_long_lines_are_cut_after_masking() {
        let text = "a".repeat(MOST_BYTES - 2) + " topsecret";
        let at = text.find("topsecret").unwrap_or(0);
        let secret = at..text.len();
        let shown = plain(&Line::new(&text, vec![secret]), true, &Redactor::new());
        let all: String = shown.iter().map(|(t, _)| t.to_string()).collect();
        assert!(!all.contains("top") && all.ends_with("goes on)"));
    }

    #[test]
    fn ranges_off_a_character_are_no_trouble() {
        let shown = plain(&Line::new("äöü", vec![1..3, 2..99]), false, &Redactor::new());
        assert!(!shown.is_empty());
    }
}
