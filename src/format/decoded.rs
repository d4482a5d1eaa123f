//! Decoding with exact places, shared by the readers of this folder.
//!
//! In: pieces of a file that are taken over, replaced (an escape, a folded line end) or left out. Out: a [`Scalar`] whose
//! every character knows its bytes.

use crate::document::{Comment, Document, Entry, FormatId, Node, OffsetMap, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{SourceId, Span};
use std::collections::BTreeMap;
use std::ops::Range;

/// Syntax errors named one by one in a file; more are counted.
const NAMED_ERRORS: usize = 5;

/// A text under construction together with its places.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    text: String,
    runs: Vec<(u32, u32)>,
    end: usize,
}

impl Decoded {
    /// Takes over `piece`, which stands byte for byte at `at`.
    pub(super) fn copy(&mut self, piece: &str, at: usize) {
        self.mark(at);
        self.text.push_str(piece);
        self.end = at + piece.len();
    }

    /// Writes `with` for the bytes `source`.
    pub(super) fn replace(&mut self, with: &str, source: Range<usize>) {
        self.mark(source.start);
        self.text.push_str(with);
        self.end = source.end;
        if with.ends_with('\n') {
            // Without a seam a line end would be taken for one that stands in the file as such.
            self.skip(source.end..source.end);
        }
    }

    /// Leaves out the bytes `source`.
    pub(super) fn skip(&mut self, source: Range<usize>) {
        self.mark(source.start);
        self.mark(source.end);
        self.end = source.end;
    }

    /// The text so far.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The finished map.
    pub(super) fn finish(mut self) -> (String, OffsetMap) {
        if self.text.is_empty() && self.runs.is_empty() {
            return (self.text, OffsetMap::None);
        }
        self.mark(self.end);
        (self.text, OffsetMap::from_runs(self.runs))
    }

    /// The finished scalar under `span`.
    pub(super) fn scalar(self, span: Span, kind: ScalarKind, quoted: bool) -> Scalar {
        let (text, map) = self.finish();
        let map = if map == OffsetMap::None { OffsetMap::Linear(span.start) } else { map };
        Scalar { text: text.into(), kind, quoted, span, map }
    }

    fn mark(&mut self, at: usize) {
        self.runs.push((offset(self.text.len()), offset(at)));
    }
}

fn offset(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// What a backslash means in a format.
pub(super) struct Escapes {
    /// A letter and the character that it stands for.
    pub(super) letters: &'static [(char, char)],
    /// A letter and the number of hexadecimal digits after it.
    pub(super) hex: &'static [(char, usize)],
}

impl Escapes {
    /// The character for the escape whose backslash stands at `at`, and the number of bytes of the escape.
    pub(super) fn read(&self, text: &str, at: usize) -> Option<(char, usize)> {
        let letter = text.get(at + 1..)?.chars().next()?;
        if let Some(&(_, c)) = self.letters.iter().find(|&&(l, _)| l == letter) {
            return Some((c, 1 + letter.len_utf8()));
        }
        let &(_, digits) = self.hex.iter().find(|&&(l, _)| l == letter)?;
        let high = hex(text, at + 2, digits)?;
        if let Some(c) = char::from_u32(high) {
            return Some((c, 2 + digits));
        }
        // Half of a character beyond the basic plane: the other half must follow.
        let second = at + 2 + digits;
        let follows = text.get(second..second + 2)? == "\\u" && (0xd800..0xdc00).contains(&high);
        let low = hex(text, second + 2, digits).filter(|low| follows && (0xdc00..0xe000).contains(low))?;
        let c = char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))?;
        Some((c, 2 * (2 + digits)))
    }
}

fn hex(text: &str, at: usize, digits: usize) -> Option<u32> {
    let digits = text.get(at..at + digits)?;
    let valid = digits.bytes().all(|b| b.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| valid)
}

/// An empty document of a format.
pub(super) fn document(source: SourceId, format: FormatId) -> Document {
    Document { source, format, roots: Vec::new(), comments: Vec::new(), problems: Vec::new(), templated: 0 }
}

/// The comment under `range`, whose text follows a mark of `mark` bytes.
pub(super) fn comment(text: &str, range: Range<usize>, mark: usize) -> Comment {
    let body = text.get(range.start + mark..range.end).unwrap_or("");
    Comment { span: Span::new(range.start, range.end), text: body.trim().to_owned() }
}

/// A value that is not there: null, with the place where it would stand.
pub(super) fn omitted(at: usize) -> Scalar {
    Scalar {
        text: smol_str::SmolStr::default(),
        kind: ScalarKind::Null,
        quoted: false,
        span: Span::new(at, at),
        map: OffsetMap::None,
    }
}

/// A mapping that spans its entries.
pub(super) fn mapping(entries: Vec<Entry>) -> Node {
    let span = entries.iter().map(|e| e.key.span.to(e.value.span)).reduce(Span::to).unwrap_or_default();
    Node::mapping(span, entries)
}

/// The places of equal keys of one mapping: each with the one before it, in file order.
pub(super) fn duplicates(entries: &[Entry]) -> Vec<(Span, Span)> {
    const FEW: usize = 12;
    let stands_again = |(at, e): (usize, &Entry)| {
        entries.get(at + 1..).unwrap_or_default().iter().any(|other| other.key.text == e.key.text)
    };
    // Nearly all mappings are small and have no key twice.
    if entries.len() <= FEW && !entries.iter().enumerate().any(stands_again) {
        return Vec::new();
    }
    let mut seen = BTreeMap::new();
    entries
        .iter()
        .filter_map(|e| seen.insert(e.key.text.as_str(), e.key.span).map(|first| (first, e.key.span)))
        .collect()
}

/// The problem of a key that stands twice.
pub(super) fn duplicate_key(span: Span) -> Problem {
    let message = "this key stands twice in one mapping, and most readers take the later one; remove one of them";
    Problem::at(ProblemKind::DuplicateKey, message, span)
}

/// Keeps the first syntax errors and counts the rest.
pub(super) fn report_errors(errors: Vec<Problem>, problems: &mut Vec<Problem>) {
    let more = errors.len().saturating_sub(NAMED_ERRORS);
    let kind = errors.first().map_or(ProblemKind::Syntax, |first| first.kind);
    problems.extend(errors.into_iter().take(NAMED_ERRORS));
    if more > 0 {
        problems.push(Problem::new(kind, format!("{more} more places could not be read")));
    }
}

/// The lines of a text as ranges without their line ends; `\n`, `\r\n` and `\r` end a line.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let start = next.filter(|&start| start < text.len())?;
        let end = line_end(text, start);
        next = Some(after_break(text, end));
        Some(start..end)
    })
}

/// Where the line that holds `from` ends.
pub(super) fn line_end(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or(&[]);
    rest.iter().position(|&b| b == b'\n' || b == b'\r').map_or(text.len(), |i| from + i)
}

/// The first byte after the line end at `end`.
pub(super) fn after_break(text: &str, end: usize) -> usize {
    match text.as_bytes().get(end..).unwrap_or(&[]) {
        [b'\r', b'\n', ..] => end + 2,
        [b'\r' | b'\n', ..] => end + 1,
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_and_a_left_out_piece_keep_their_places() {
        // a\tb\⏎ c
        let mut decoded = Decoded::default();
        decoded.copy("a", 0);
        decoded.replace("\t", 1..3);
        decoded.copy("b", 3);
        decoded.skip(4..7);
        decoded.copy("c", 7);
        let scalar = decoded.scalar(Span::new(0, 8), ScalarKind::Str, false);
        assert_eq!(scalar.text, "a\tbc");
        assert_eq!(scalar.source_span(1..2), Span::new(1, 3));
        assert_eq!(scalar.source_span(2..3), Span::new(3, 4));
        assert_eq!(scalar.source_span(3..4), Span::new(7, 8));
    }

    #[test]
    fn escapes_know_their_length() {
        let json = Escapes { letters: &[('n', '\n')], hex: &[('u', 4)] };
        assert_eq!(json.read("\\n", 0), Some(('\n', 2)));
        assert_eq!(json.read("x\\u00e9", 1), Some(('é', 6)));
        assert_eq!(json.read("\\ud83d\\ude00", 0), Some(('😀', 12)));
        for broken in ["\\", "\\q", "\\u00", "\\ud83d", "\\ud83dx", "\\ud83d\\u0041", "\\u+123", "\\uéééé"] {
            assert_eq!(json.read(broken, 0), None, "{broken}");
        }
    }

    #[test]
    fn three_kinds_of_line_ends_end_a_line() {
        let found: Vec<_> = lines("a\r\nb\rc\n\nd").collect();
        assert_eq!(found, [0..1, 3..4, 5..6, 7..7, 8..9]);
    }

    #[test]
    fn errors_past_the_fifth_are_counted() {
        let mut problems = Vec::new();
        report_errors(vec![Problem::new(ProblemKind::Syntax, "x"); 7], &mut problems);
        assert_eq!(problems.len(), 6);
        assert!(problems[5].message.starts_with("2 more"));
    }
}
