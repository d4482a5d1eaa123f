//! Text that was put together from several places: of a template and of the values written into it.

use std::ops::Range;

use super::OffsetMap;
use crate::source::{Location, SourceId, Span};

/// Where the parts of a text come from that stands nowhere as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pieces {
    /// The file in which the scalar's own span stands.
    pub home: SourceId,
    /// Sorted by [`Piece::decoded`], the first at 0.
    pub pieces: Box<[Piece]>,
}

/// A part of such a text, from `decoded` up to the next part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Its first byte in the decoded text.
    pub decoded: u32,
    /// Where it comes from.
    pub at: Location,
    /// The key under which it stands there; its own place where there is none.
    pub key: Span,
    /// Whether text and source go byte by byte; else the whole piece stands for the whole place.
    pub exact: bool,
    /// Whether it was written in at a place of its own, as opposed to the text around it.
    pub inserted: bool,
    /// Whether it only keeps the place of an expression whose value is not known.
    pub masked: bool,
}

impl Piece {
    /// The place behind it.
    #[must_use]
    pub fn end(&self) -> Location {
        let end = self.at.span.end;
        Location { source: self.at.source, span: Span { start: end, end } }
    }

    /// Its part from `start` to `end` of the decoded text.
    fn within(&self, start: u32, end: u32) -> Piece {
        let decoded = start.max(self.decoded);
        if !self.exact {
            return Piece { decoded, ..*self };
        }
        let from = self.at.span.start.saturating_add(decoded - self.decoded).min(self.at.span.end);
        let to = self.at.span.start.saturating_add(end.saturating_sub(self.decoded)).clamp(from, self.at.span.end);
        Piece { decoded, at: Location { source: self.at.source, span: Span { start: from, end: to } }, ..*self }
    }
}

impl Pieces {
    /// The pieces that stand in `range`, cut to it.
    fn within(&self, range: Range<u32>) -> impl Iterator<Item = Piece> + '_ {
        let first = self.pieces.partition_point(|piece| piece.decoded <= range.start).saturating_sub(1);
        let end_of = |index: usize| self.pieces.get(index + 1).map_or(u32::MAX, |next| next.decoded);
        let found = self.pieces.iter().enumerate().skip(first);
        let found = found.take_while(move |(_, piece)| piece.decoded < range.end.max(range.start + 1));
        found.map(move |(index, piece)| piece.within(range.start, range.end.min(end_of(index))))
    }

    /// Where `range` comes from, and the key there: one piece's place, or the one place that something was written in
    /// from; the text around it where that were several.
    #[must_use]
    pub fn place(&self, range: Range<u32>) -> Option<Piece> {
        let mut all = self.within(range.clone());
        let first = all.next()?;
        let Some(second) = all.next() else { return Some(first) };
        let inserted = |piece: &Piece| piece.inserted && !piece.masked;
        let mut written_in = self.within(range.clone()).filter(inserted);
        match (written_in.next(), written_in.next()) {
            (Some(one), None) => Some(one),
            // One value read in several pieces: a block scalar with its lines.
            (Some(one), Some(_)) => {
                let mut rest = self.within(range.clone()).filter(inserted);
                let is_one = rest.all(|piece| piece.key == one.key && piece.at.source == one.at.source);
                if is_one { Some(one) } else { Some(self.around(range).unwrap_or(one)) }
            }
            (None, _) => {
                let spans = self.within(range).filter(|piece| piece.at.source == first.at.source);
                let span = spans.map(|piece| piece.at.span).fold(first.at.span.to(second.at.span), Span::to);
                let is_one_file = second.at.source == first.at.source;
                let at = if is_one_file { Location { source: first.at.source, span } } else { first.at };
                Some(Piece { at, key: at.span, exact: false, ..first })
            }
        }
    }

    /// The text around what was written in, from its first byte to its last.
    fn around(&self, range: Range<u32>) -> Option<Piece> {
        let mut own = self.within(range).filter(|piece| piece.exact && !piece.inserted);
        let first = own.next()?;
        let beside = own.filter(|piece| piece.at.source == first.at.source);
        let span = beside.map(|piece| piece.at.span).fold(first.at.span, Span::to);
        let at = Location { source: first.at.source, span };
        Some(Piece { at, key: span, exact: false, ..first })
    }

    /// The pieces of `start..end`, counted from `start`.
    pub(super) fn part(&self, start: u32, end: u32) -> Pieces {
        let cut = self.within(start..end).map(|piece| Piece { decoded: piece.decoded - start, ..piece });
        Pieces { home: self.home, pieces: cut.collect() }
    }

    /// The map of a text of `len` bytes whose runs `own` lead into this one.
    pub(super) fn through(&self, own: &[(u32, u32)], len: u32) -> OffsetMap {
        let mut pieces: Vec<Piece> = Vec::with_capacity(own.len());
        for (index, &(decoded, inner)) in own.iter().enumerate() {
            let end = own.get(index + 1).map_or(len, |&(next, _)| next);
            let reach = inner.saturating_add(end.saturating_sub(decoded));
            if reach == inner && !(pieces.is_empty() && index + 1 == own.len()) {
                continue;
            }
            let moved = |piece: Piece| Piece { decoded: decoded + piece.decoded.saturating_sub(inner), ..piece };
            pieces.extend(self.within(inner..reach).map(moved));
        }
        OffsetMap::Pieces(Box::new(Pieces { home: self.home, pieces: pieces.into_boxed_slice() }))
    }
}
