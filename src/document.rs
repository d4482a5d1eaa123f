//! One file as a tree whose every node knows its bytes.
//!
//! Parsers under `format/` build it; `platform/` reads it. Building never fails and never panics: an unreadable file is
//! a document with no roots and a problem. Mappings keep order and duplicates, no value is invented.

mod pieces;

use smol_str::SmolStr;

use crate::problem::Problem;
use crate::source::{Location, SourceId, Span};

pub use pieces::{Piece, Pieces};

/// The syntax a file was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FormatId {
    /// YAML, any number of documents.
    Yaml,
    /// JSON, with comments where the file has them.
    Json,
    /// TOML 1.1.
    Toml,
    /// `KEY=value` lines as `.env` files hold them.
    Dotenv,
    /// Java properties.
    Properties,
    /// `key = value` or `key value` lines, with `[sections]` or without: postgresql.conf, my.cnf, pgbouncer.ini, redis.conf.
    Conf,
    /// XML: application servers, .NET, persistence units.
    Xml,
    /// HCL 2: Terraform, Nomad, Packer.
    Hcl,
    /// A Prisma schema.
    Prisma,
    /// A Dockerfile.
    Dockerfile,
    /// A Procfile: `name: command` lines.
    Procfile,
    /// A shell script, for the variables that it sets.
    Shell,
    /// A systemd unit or drop-in.
    Systemd,
    /// Directives with `;` and blocks in braces, as nginx has them.
    Nginx,
    /// HAProxy's sections.
    Haproxy,
    /// HOCON: Akka, Play and what else Lightbend's library reads.
    Hocon,
    /// Text that no reader understands.
    Unknown,
}

/// A parsed file.
#[derive(Debug, Clone)]
pub struct Document {
    /// The file it was read from.
    pub source: SourceId,
    /// The syntax it was read as.
    pub format: FormatId,
    /// One node a YAML document, otherwise one; empty where nothing could be read.
    pub roots: Vec<Node>,
    /// Comments in order, without their marks.
    pub comments: Vec<Comment>,
    /// What had to be said about it.
    pub problems: Vec<Problem>,
    /// Number of template expressions that were masked to read the structure around them.
    pub templated: usize,
}

/// A comment of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The whole comment with its mark.
    pub span: Span,
    /// The text after the mark, trimmed.
    pub text: String,
}

/// A value with its place.
///
/// Children lie inside their parent's span and in order, except below an alias: what an anchor defined keeps the place
/// where a reviewer would edit it, and `via` says where it was used.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The bytes of the value, quotes included.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
    /// An explicit tag (`!!str`, `!reference`), without the exclamation marks' resolution.
    pub tag: Option<String>,
    /// Where the alias or merge key stands through which this node came here.
    pub via: Option<Span>,
    /// The file it stands in, with everything below it, where that is another than its parent's: what an overlay, a
    /// values file or an override put in place.
    pub source: Option<SourceId>,
}

/// The three shapes of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// Text, number, boolean, null.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Key–value pairs in file order, duplicates kept.
    Mapping(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key as the file's rules decode it.
    pub key: Scalar,
    /// Its value.
    pub value: Node,
}

/// A leaf: the decoded text, what it is, and how its bytes lie in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// Decoded text: quotes, escapes and indentation resolved. Short texts are kept in place, long ones are shared.
    pub text: SmolStr,
    /// What the file's own rules make of it (YAML 1.2 core with the 1.1 booleans, JSON, TOML); text formats give `Str`.
    pub kind: ScalarKind,
    /// Whether it was quoted or a block scalar, so that it is text whatever it looks like.
    pub quoted: bool,
    /// The raw bytes, quotes included.
    pub span: Span,
    /// From decoded offsets to source offsets.
    pub map: OffsetMap,
}

/// The type a reader of the format gives a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScalarKind {
    /// `null`, `~`, or nothing at all.
    Null,
    /// A boolean.
    Bool,
    /// A whole number.
    Int,
    /// Another number.
    Float,
    /// Text.
    Str,
}

/// Piecewise map from offsets in decoded text to offsets in the source.
///
/// Each run `(decoded, source)` says: from `decoded` on, up to the next run, text and source go byte by byte. Two runs at
/// the same decoded offset are a seam, where the source holds something the text does not (a continued line): what stands
/// before ends at the first, what follows starts at the second.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OffsetMap {
    /// The value is not in the file (a default, an omitted value): everything maps to the scalar's span.
    #[default]
    None,
    /// One run: decoded offset 0 is this source offset.
    Linear(u32),
    /// Several runs, sorted by decoded offset, the first at 0.
    Runs(Box<[(u32, u32)]>),
    /// Put together from several places, which may stand in several files.
    Pieces(Box<Pieces>),
}

impl OffsetMap {
    /// Joins runs, dropping those which continue the one before.
    #[must_use]
    pub fn from_runs(runs: Vec<(u32, u32)>) -> OffsetMap {
        let mut kept: Vec<(u32, u32)> = Vec::new();
        for (index, &(decoded, source)) in runs.iter().enumerate() {
            let is_seam = runs.get(index + 1).is_some_and(|&(next, _)| next == decoded);
            match *kept.as_slice() {
                [.., (d, _), (e, _)] if d == decoded && e == decoded => drop(kept.pop()),
                [(0, _)] if decoded == 0 => drop(kept.pop()),
                [.., (d, s)] if decoded > d && source.wrapping_sub(s) == decoded - d && !is_seam => continue,
                _ => {}
            }
            kept.push((decoded, source));
        }
        match kept.as_slice() {
            [] => OffsetMap::None,
            [(0, source)] => OffsetMap::Linear(*source),
            _ => OffsetMap::Runs(kept.into_boxed_slice()),
        }
    }

    fn source_of(&self, offset: u32) -> Option<u32> {
        match self {
            OffsetMap::None => None,
            OffsetMap::Linear(base) => Some(base.saturating_add(offset)),
            OffsetMap::Runs(runs) => {
                let index = runs.partition_point(|&(decoded, _)| decoded <= offset).checked_sub(1)?;
                runs.get(index).map(|&(decoded, source)| source.saturating_add(offset - decoded))
            }
            OffsetMap::Pieces(_) => None,
        }
    }

    /// Where the piece before `offset` ends, if a run starts there: the run's own place, or the first of a seam's two.
    /// The flag says whether it is a seam.
    fn boundary_at(&self, offset: u32) -> Option<(u32, bool)> {
        let OffsetMap::Runs(runs) = self else { return None };
        let index = runs.partition_point(|&(decoded, _)| decoded < offset);
        let &(decoded, source) = runs.get(index)?;
        let is_seam = runs.get(index + 1).is_some_and(|&(next, _)| next == offset);
        (decoded == offset).then_some((source, is_seam))
    }

    /// The map of a text of `len` bytes which was read from the text that `outer` maps: for a file inside a value.
    #[must_use]
    pub fn through(&self, len: usize, outer: &OffsetMap) -> OffsetMap {
        let own: &[(u32, u32)] = match self {
            OffsetMap::None | OffsetMap::Pieces(_) => return OffsetMap::None,
            OffsetMap::Linear(base) => &[(0, *base)],
            OffsetMap::Runs(runs) => runs,
        };
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        let outer_runs: &[(u32, u32)] = match outer {
            OffsetMap::None => return OffsetMap::None,
            OffsetMap::Linear(base) => &[(0, *base)],
            OffsetMap::Runs(runs) => runs,
            OffsetMap::Pieces(outer) => return outer.through(own, len),
        };
        let mut runs = Vec::with_capacity(own.len());
        for (index, &(decoded, inner)) in own.iter().enumerate() {
            let end = own.get(index + 1).map_or(len, |&(next, _)| next);
            let reach = inner.saturating_add(end.saturating_sub(decoded));
            // A run of no bytes marks where the piece before it ends.
            let start = match outer.boundary_at(inner) {
                Some((source, _)) if reach == inner => Some(source),
                _ => outer.source_of(inner),
            };
            runs.extend(start.map(|source| (decoded, source)));
            let first = outer_runs.partition_point(|&(d, _)| d <= inner);
            let within = outer_runs.iter().skip(first).take_while(|&&(d, _)| d < reach);
            runs.extend(within.map(|&(d, s)| (decoded + (d - inner), s)));
            let is_last = index + 1 == own.len();
            if let (true, Some((source, _))) = (is_last && reach > inner, outer.boundary_at(reach)) {
                runs.push((len, source));
            }
        }
        OffsetMap::from_runs(runs)
    }
}

impl Scalar {
    /// A scalar whose text stands in the source byte for byte from `start`.
    #[must_use]
    pub fn plain(text: &str, start: usize, kind: ScalarKind) -> Scalar {
        let span = Span::new(start, start + text.len());
        Scalar { text: SmolStr::new(text), kind, quoted: false, span, map: OffsetMap::Linear(span.start) }
    }

    /// Whether the text is what an encryption tool left of a value: SOPS, Ansible Vault. It says nothing about the value.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        let text = self.text.trim();
        text.starts_with("ENC[AES256_GCM,") || text.starts_with("$ANSIBLE_VAULT;") || text.starts_with("-----BEGIN AGE")
    }

    /// The source bytes of `range` of the decoded text.
    ///
    /// An escape at the end of the range is covered whole, and a range which ends at a line end of a block scalar does not
    /// swallow the next line's indentation.
    #[must_use]
    pub fn source_span(&self, range: std::ops::Range<usize>) -> Span {
        let start = u32::try_from(range.start).unwrap_or(u32::MAX);
        let end = u32::try_from(range.end).unwrap_or(u32::MAX).max(start);
        if let OffsetMap::Pieces(pieces) = &self.map {
            // What comes from another file has no place in this one but the whole value's.
            let piece = pieces.place(start..end).filter(|piece| piece.at.source == pieces.home);
            return piece.map_or(self.span, |piece| piece.at.span);
        }
        let Some(from) = self.map.source_of(start) else { return self.span };
        if end == start {
            return Span { start: from, end: from };
        }
        let ends_in_break = self.text.as_bytes().get(range.end - 1) == Some(&b'\n');
        if let Some((source, is_seam)) = self.map.boundary_at(end)
            && (is_seam || !ends_in_break)
        {
            return Span { start: from, end: source.max(from) };
        }
        let last = self.map.source_of(end - 1).unwrap_or(from);
        Span { start: from, end: (last + 1).max(from) }
    }

    /// Where `range` of the decoded text stands, for a scalar that stands in `source`.
    ///
    /// A part of a text that was put together may stand in another file.
    #[must_use]
    pub fn place(&self, range: std::ops::Range<usize>, source: SourceId) -> Location {
        let OffsetMap::Pieces(pieces) = &self.map else { return Location { source, span: self.source_span(range) } };
        let bound = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let piece = pieces.place(bound(range.start)..bound(range.end));
        piece.map_or(Location { source: pieces.home, span: self.span }, |piece| piece.at)
    }

    /// Where it stands as a whole, for a scalar read from `source`.
    #[must_use]
    pub fn home(&self, source: SourceId) -> Location {
        let source = if let OffsetMap::Pieces(pieces) = &self.map { pieces.home } else { source };
        Location { source, span: self.span }
    }

    /// A scalar that is a part of this one's text, keeping exact places: for text inside text.
    #[must_use]
    pub fn part(&self, range: std::ops::Range<usize>) -> Option<Scalar> {
        let text = SmolStr::new(self.text.get(range.clone())?);
        let mut span = self.source_span(range.clone());
        let start = u32::try_from(range.start).ok()?;
        let end = u32::try_from(range.end).ok()?;
        let map = match &self.map {
            OffsetMap::None => OffsetMap::None,
            OffsetMap::Linear(base) => OffsetMap::Linear(base + start),
            OffsetMap::Pieces(pieces) => {
                let place = pieces.place(start..end);
                span = place.map_or(span, |piece| piece.at.span);
                let home = place.map_or(pieces.home, |piece| piece.at.source);
                OffsetMap::Pieces(Box::new(Pieces { home, ..pieces.part(start, end) }))
            }
            OffsetMap::Runs(runs) => {
                let first = (0, self.map.source_of(start)?);
                let rest = runs.iter().filter(|&&(d, _)| d > start && d <= end).map(|&(d, s)| (d - start, s));
                OffsetMap::from_runs(std::iter::once(first).chain(rest).collect())
            }
        };
        Some(Scalar { text, kind: ScalarKind::Str, quoted: self.quoted, span, map })
    }
}

/// Starts the tag of a value which stands under one key with others because a template chooses between them.
const ALTERNATIVE: &str = "\u{1}alternative ";

impl Node {
    /// Marks the value as number `number` of those among which a template chooses, the last one apart.
    #[must_use]
    pub fn as_alternative(self, number: usize) -> Node {
        Node { tag: Some(format!("{ALTERNATIVE}{number}")), ..self }
    }

    /// Its number, where a template chooses between it and others of the same key.
    #[must_use]
    pub fn alternative(&self) -> Option<usize> {
        self.tag.as_deref()?.strip_prefix(ALTERNATIVE)?.parse().ok()
    }

    /// A leaf node.
    #[must_use]
    pub fn scalar(scalar: Scalar) -> Node {
        Node { span: scalar.span, kind: NodeKind::Scalar(scalar), tag: None, via: None, source: None }
    }

    /// A mapping node.
    #[must_use]
    pub fn mapping(span: Span, entries: Vec<Entry>) -> Node {
        Node { span, kind: NodeKind::Mapping(entries), tag: None, via: None, source: None }
    }

    /// A list node.
    #[must_use]
    pub fn sequence(span: Span, items: Vec<Node>) -> Node {
        Node { span, kind: NodeKind::Sequence(items), tag: None, via: None, source: None }
    }

    /// The value of `key` in a mapping: the last one where the key stands twice, as most readers take it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().rev().find(|e| e.key.text == key).map(|e| &e.value)
    }

    /// Follows `keys` through nested mappings.
    #[must_use]
    pub fn path(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of a mapping; empty for anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            NodeKind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; empty for anything else.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            NodeKind::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The leaf, if it is one.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The leaf's text, unless it is null.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        self.as_scalar().filter(|s| s.kind != ScalarKind::Null).map(|s| s.text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_block_scalar_keeps_its_place() {
        // "ab\ncd" where the second line is indented by two: a=10 b=11 \n=12, c=15 d=16
        let map = OffsetMap::from_runs(vec![(0, 10), (3, 15)]);
        let scalar = Scalar { text: "ab\ncd".into(), kind: ScalarKind::Str, quoted: true, span: Span::new(8, 17), map };
        assert_eq!(scalar.source_span(0..2), Span::new(10, 12));
        assert_eq!(scalar.source_span(0..3), Span::new(10, 13));
        assert_eq!(scalar.source_span(3..5), Span::new(15, 17));
        let part = scalar.part(1..5).expect("inside");
        assert_eq!(part.text, "b\ncd");
        assert_eq!(part.source_span(2..4), Span::new(15, 17));
    }

    #[test]
    fn runs_that_continue_each_other_are_one() {
        assert_eq!(OffsetMap::from_runs(vec![(0, 4), (3, 7), (5, 9)]), OffsetMap::Linear(4));
    }

    #[test]
    fn an_escape_at_the_end_is_covered_whole() {
        // pa\u0041@h, where the escape decodes to one character
        let map = OffsetMap::from_runs(vec![(0, 0), (2, 2), (3, 8), (5, 10)]);
        let scalar = Scalar { text: "paA@h".into(), kind: ScalarKind::Str, quoted: true, span: Span::new(0, 10), map };
        assert_eq!(scalar.source_span(0..3), Span::new(0, 8));
        assert_eq!(scalar.source_span(3..5), Span::new(8, 10));
        let part = scalar.part(0..3).expect("inside");
        assert_eq!(part.source_span(0..3), Span::new(0, 8));
    }

    #[test]
    fn a_seam_belongs_to_neither_side() {
        // "ab" and "cd" on two lines joined by a backslash: ab\⏎  cd
        let map = OffsetMap::from_runs(vec![(0, 0), (2, 2), (2, 6), (4, 8)]);
        let scalar = Scalar { text: "abcd".into(), kind: ScalarKind::Str, quoted: false, span: Span::new(0, 8), map };
        assert_eq!(scalar.source_span(0..2), Span::new(0, 2));
        assert_eq!(scalar.source_span(2..4), Span::new(6, 8));
        assert_eq!(scalar.source_span(1..3), Span::new(1, 7));
    }

    #[test]
    fn a_text_inside_a_text_keeps_its_places() {
        // The outer value stands at 100 and its byte 2 is an escape of two bytes; the inner text is bytes 1..5 of it.
        let outer = OffsetMap::from_runs(vec![(0, 100), (2, 102), (3, 104)]);
        let inner = OffsetMap::Linear(1);
        let expected = OffsetMap::from_runs(vec![(0, 101), (1, 102), (2, 104)]);
        assert_eq!(inner.through(4, &outer), expected);
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        let entry = |v: &str, at| Entry {
            key: Scalar::plain("k", 0, ScalarKind::Str),
            value: Node::scalar(Scalar::plain(v, at, ScalarKind::Str)),
        };
        let node = Node::mapping(Span::new(0, 9), vec![entry("1", 2), entry("2", 6)]);
        assert_eq!(node.get("k").and_then(Node::as_text), Some("2"));
    }
}
