//! What was given to review, and where in it something stands.
//!
//! In: a path, a side and bytes. Out: readable text with a line index, and the small types `Span` and `Location` that
//! every later stage uses to say "here". Lines and columns are derived from byte spans in this file and nowhere else.

use crate::limits::Limits;
use crate::problem::{Problem, ProblemKind};

/// Which of the two states a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Before the change.
    Old,
    /// After the change.
    New,
}

impl Side {
    /// `old` or `new`, as the JSON report spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Old => "old",
            Side::New => "new",
        }
    }
}

/// Index of a [`Source`] in the [`Sources`] of one review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A half-open byte range `start..end` in a source's text, on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`; an inverted range becomes empty at `start`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Span {
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        Span { start, end: end.max(start) }
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether the range holds no byte.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// As a range usable on `str`.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether `offset` lies inside.
    #[must_use]
    pub fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }
}

/// A place in one of the reviewed files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The file.
    pub source: SourceId,
    /// The bytes in it.
    pub span: Span,
}

/// A position as people count: both from 1, columns in Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in Unicode scalar values.
    pub column: u32,
}

/// One file of one side.
#[derive(Debug, Clone)]
pub struct Source {
    /// Relative to the side's root, `/`-separated.
    pub path: String,
    /// The state it belongs to.
    pub side: Side,
    /// The text. A byte-order mark is removed, UTF-16 is converted; bytes that are no text were replaced by U+FFFD.
    pub text: String,
    /// What had to be said about the bytes themselves (encoding, size, binary content).
    pub problems: Vec<Problem>,
    /// Whether the content can be read at all; a binary file is listed and left alone.
    pub readable: bool,
    /// How much of it is read.
    pub limits: Limits,
    /// Number of the given bytes: a mark in front or another encoding does not show in the text.
    bytes: usize,
    line_starts: Vec<u32>,
}

impl Source {
    /// Takes a file as it was given. Never fails: what cannot be read as text becomes a [`Problem`].
    #[must_use]
    pub fn new(path: &str, side: Side, bytes: &[u8]) -> Source {
        Source::owned(path, side, bytes.to_vec(), Limits::default())
    }

    /// The same without a copy: bytes that are text become the text.
    #[must_use]
    pub fn owned(path: &str, side: Side, bytes: Vec<u8>, limits: Limits) -> Source {
        let mut problems = Vec::new();
        let len = bytes.len();
        let path = clean_path(path);
        let (text, readable) = decode(bytes, is_latin_1(&path), limits.file_bytes, &mut problems);
        let line_starts = line_starts(&text);
        Source { path, side, text, problems, readable, limits, bytes: len, line_starts }
    }

    /// Whether both were made from the same bytes.
    #[must_use]
    pub fn same_bytes(&self, other: &Source) -> bool {
        self.bytes == other.bytes && self.text == other.text
    }

    /// Where `offset` stands. An offset past the end is the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let offset = (offset as usize).min(self.text.len());
        let line = self.line_starts.partition_point(|&start| start as usize <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0) as usize;
        let column = self.text.get(start..offset).map_or(0, |s| s.chars().count());
        Position { line: count(line), column: count(column + 1) }
    }

    /// The text under `span`; empty where the span does not fit the text.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Number of lines; an empty file has none.
    #[must_use]
    pub fn line_count(&self) -> usize {
        if self.text.is_empty() { 0 } else { self.line_starts.len() - usize::from(self.text.ends_with('\n')) }
    }

    /// Line `number` (from 1) without its line end; empty past the end.
    #[must_use]
    pub fn line(&self, number: u32) -> &str {
        let span = self.line_span(number);
        self.slice(span)
    }

    /// The bytes of line `number` (from 1) without its line end; empty past the end.
    #[must_use]
    pub fn line_span(&self, number: u32) -> Span {
        let index = (number as usize).saturating_sub(1);
        let Some(&start) = self.line_starts.get(index) else { return Span::default() };
        let end = self.line_starts.get(index + 1).map_or(self.text.len(), |&next| next as usize);
        let line = self.text.get(start as usize..end).unwrap_or("").trim_end_matches(['\n', '\r']);
        Span::new(start as usize, start as usize + line.len())
    }
}

/// All files of a review, both sides.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// The files of one review, whose ids are their positions.
    #[must_use]
    pub fn of(files: Vec<Source>) -> Sources {
        Sources { files }
    }

    /// Adds a file and returns its id.
    pub fn push(&mut self, source: Source) -> SourceId {
        self.files.push(source);
        SourceId(count(self.files.len() - 1))
    }

    /// The file behind an id.
    ///
    /// # Panics
    /// If the id comes from another review.
    #[must_use]
    pub fn get(&self, id: SourceId) -> &Source {
        self.files.get(id.0 as usize).expect("a source id is made by `push` of the same review")
    }

    /// All files with their ids, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.files.iter().enumerate().map(|(i, s)| (SourceId(count(i)), s))
    }

    /// Number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The text at a place.
    #[must_use]
    pub fn text(&self, at: Location) -> &str {
        self.get(at.source).slice(at.span)
    }
}

/// A number of bytes as a person says it: `32 MiB`.
pub(crate) fn in_bytes(n: usize) -> String {
    const UNITS: [(usize, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(unit, _)| n >= *unit && n.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{} {name}", n / unit),
        None => format!("{n} bytes"),
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Removes `./`, turns `\` into `/` and drops leading slashes, so that one file has one name.
pub(crate) fn clean_path(path: &str) -> String {
    let path = path.replace('\\', "/");
    path.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join("/")
}

/// Whether bytes that are not UTF-8 are ISO-8859-1 in a file of this name: Java wrote properties so up to version 8.
fn is_latin_1(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.ends_with(".properties") || name.contains(".properties.")
}

fn decode(bytes: Vec<u8>, is_latin_1: bool, most: usize, problems: &mut Vec<Problem>) -> (String, bool) {
    if bytes.len() > most {
        let message = format!("larger than {}; not read (see [limits] file-size)", in_bytes(most));
        problems.push(Problem::new(ProblemKind::TooLarge, message));
        return (String::new(), false);
    }
    if bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
        problems.push(Problem::new(ProblemKind::NotText, "a Git LFS pointer; the content is not in the repository"));
        return (String::new(), false);
    }
    if let Some(text) = decode_utf16(&bytes) {
        problems.push(Problem::new(ProblemKind::Encoding, "UTF-16, read as such"));
        return (text, true);
    }
    let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => rest.to_vec(),
        None => bytes,
    };
    if bytes.contains(&0) {
        problems.push(Problem::new(ProblemKind::NotText, "binary content (NUL bytes); not read"));
        return (String::new(), false);
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text, true),
        Err(error) if is_latin_1 => {
            let message = "not valid UTF-8; read as ISO-8859-1, as Java reads properties files";
            problems.push(Problem::new(ProblemKind::Encoding, message));
            (error.as_bytes().iter().map(|&byte| char::from(byte)).collect(), true)
        }
        Err(error) => {
            problems
                .push(Problem::new(ProblemKind::Encoding, "not valid UTF-8; the bytes that are no text were replaced"));
            (String::from_utf8_lossy(error.as_bytes()).into_owned(), true)
        }
    }
}

fn decode_utf16(bytes: &[u8]) -> Option<String> {
    let (body, little) = match bytes {
        [0xff, 0xfe, body @ ..] => (body, true),
        [0xfe, 0xff, body @ ..] => (body, false),
        _ => return None,
    };
    let units = body.chunks_exact(2).map(|pair| match pair {
        [a, b] if little => u16::from_le_bytes([*a, *b]),
        [a, b] => u16::from_be_bytes([*a, *b]),
        _ => 0xfffd,
    });
    Some(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

fn line_starts(text: &str) -> Vec<u32> {
    let mut starts = vec![0];
    starts.extend(text.bytes().enumerate().filter(|&(_, b)| b == b'\n').map(|(i, _)| count(i + 1)));
    starts
}

/// 64-bit FNV-1a: a stable fingerprint, the same in every build and on every machine. Not for secrets.
#[must_use]
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new("a.yaml", Side::New, text.as_bytes())
    }

    #[test]
    fn positions_count_from_one_and_by_character() {
        let s = source("ä: 1\nb: 2\n");
        assert_eq!(s.position(0), Position { line: 1, column: 1 });
        assert_eq!(s.position(2), Position { line: 1, column: 2 });
        assert_eq!(s.position(6), Position { line: 2, column: 1 });
        assert_eq!(s.position(999), Position { line: 3, column: 1 });
    }

    #[test]
    fn lines_lose_their_ends() {
        let s = source("a\r\nbb\n");
        assert_eq!(s.line_count(), 2);
        assert_eq!((s.line(1), s.line(2), s.line(3)), ("a", "bb", ""));
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_first_key() {
        assert_eq!(Source::new("a", Side::Old, b"\xef\xbb\xbfk=v").text, "k=v");
    }

    #[test]
    fn utf16_is_read() {
        let s = Source::new("a", Side::Old, &[0xff, 0xfe, b'k', 0, b'=', 0, b'v', 0]);
        assert_eq!(s.text, "k=v");
        assert!(s.readable);
    }

    #[test]
    fn properties_that_are_no_utf8_are_latin_1() {
        let s = Source::new("a/b.properties", Side::Old, b"a=caf\xe9");
        assert_eq!((s.text.as_str(), s.problems.len()), ("a=caf\u{e9}", 1));
        assert_eq!(Source::new("a.properties", Side::Old, "a=é".as_bytes()).text, "a=é");
        assert_eq!(Source::new("a.yaml", Side::Old, b"a: caf\xe9").text, "a: caf\u{fffd}");
    }

    #[test]
    fn binary_content_is_named_and_left_alone() {
        let s = Source::new("a.db", Side::Old, b"a\0b");
        assert!(!s.readable);
        assert_eq!(s.problems.len(), 1);
    }

    #[test]
    fn paths_have_one_spelling() {
        assert_eq!(Source::new("./a\\b//c.yaml", Side::Old, b"").path, "a/b/c.yaml");
    }
}
