//! Text that remembers where each part of it comes from.

use crate::document::{OffsetMap, Piece, Pieces, Scalar};
use crate::source::{Location, SourceId, Span};

/// Where a piece of text comes from; see [`Piece`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) at: Location,
    pub(super) key: Span,
    /// The whole value that it is a part of.
    pub(super) whole: Span,
    pub(super) exact: bool,
    pub(super) inserted: bool,
    pub(super) masked: bool,
}

impl Origin {
    fn moved(self, by: usize, len: usize) -> Origin {
        if !self.exact {
            return self;
        }
        let start = self.at.span.start as usize + by;
        Origin { at: Location { source: self.at.source, span: Span::new(start, start + len) }, ..self }
    }
}

/// A run of text with one origin; none where the template engine made it up.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bit {
    pub(super) text: String,
    pub(super) origin: Option<Origin>,
}

/// A text in bits.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Text {
    pub(super) bits: Vec<Bit>,
}

impl Text {
    /// Text that stands nowhere.
    pub(super) fn made(text: impl Into<String>) -> Text {
        Text { bits: vec![Bit { text: text.into(), origin: None }] }
    }

    /// `text`, which stands in `source` byte for byte from `start`.
    pub(super) fn written(text: &str, source: SourceId, start: usize) -> Text {
        let span = Span::new(start, start + text.len());
        let at = Location { source, span };
        let origin = Origin { at, key: span, whole: span, exact: true, inserted: false, masked: false };
        Text { bits: vec![Bit { text: text.to_owned(), origin: Some(origin) }] }
    }

    /// The value of a scalar in `source`, under the key at `key`.
    pub(super) fn value(scalar: &Scalar, source: SourceId, key: Option<Span>) -> Text {
        let key = key.unwrap_or(scalar.span);
        let origin = |span: Span, exact: bool| {
            let at = Location { source, span };
            Some(Origin { at, key, whole: scalar.span, exact, inserted: true, masked: false })
        };
        let bit = |text: &str, span: Span, exact: bool| Bit { text: text.to_owned(), origin: origin(span, exact) };
        let len = scalar.text.len();
        let bits = match &scalar.map {
            OffsetMap::Linear(start) => {
                vec![bit(&scalar.text, Span::new(*start as usize, *start as usize + len), true)]
            }
            OffsetMap::Runs(runs) => {
                let ends = runs.iter().skip(1).map(|&(decoded, _)| decoded as usize).chain([len]);
                let run = |(&(decoded, start), end): (&(u32, u32), usize)| {
                    let text = scalar.text.get(decoded as usize..end).filter(|text| !text.is_empty())?;
                    let place = scalar.source_span(decoded as usize..end);
                    // An escape stands for less than it is written as.
                    let exact = place.len() == text.len() && place.start == start;
                    Some(bit(text, place, exact))
                };
                runs.iter().zip(ends).filter_map(run).collect()
            }
            OffsetMap::None | OffsetMap::Pieces(_) => vec![bit(&scalar.text, scalar.span, false)],
        };
        Text { bits }
    }

    /// Keeps the place of an expression of unknown value: a word of its length.
    pub(super) fn mask(expression: &str, mut at: Text) -> Text {
        let origin = at.bits.first_mut().and_then(|bit| bit.origin);
        let masked = origin.map(|origin| Origin { masked: true, inserted: false, exact: false, ..origin });
        Text { bits: vec![Bit { text: "x".repeat(expression.len()), origin: masked }] }
    }

    pub(super) fn len(&self) -> usize {
        self.bits.iter().map(|bit| bit.text.len()).sum()
    }

    /// Whether a part of it is not known.
    pub(super) fn is_masked(&self) -> bool {
        self.bits.iter().any(Bit::is_masked)
    }

    /// The text alone.
    pub(super) fn plain(&self) -> String {
        self.bits.iter().map(|bit| bit.text.as_str()).collect()
    }

    pub(super) fn push(&mut self, other: &Text) {
        self.bits.extend(other.bits.iter().filter(|bit| !bit.text.is_empty()).cloned());
    }

    pub(super) fn push_made(&mut self, text: &str) {
        match self.bits.last_mut() {
            Some(Bit { text: last, origin: None }) => last.push_str(text),
            _ => self.bits.push(Bit { text: text.to_owned(), origin: None }),
        }
    }

    /// `text` in the place of this one, as a function made it.
    pub(super) fn replaced(&self, text: impl Into<String>) -> Text {
        let written_in = self.bits.iter().filter_map(|bit| bit.origin).find(|origin| origin.inserted);
        let origin = written_in.or_else(|| self.bits.iter().find_map(|bit| bit.origin));
        let at = |origin: Origin| Location { source: origin.at.source, span: origin.whole };
        let origin = origin.map(|origin| Origin { exact: false, at: at(origin), ..origin });
        Text { bits: vec![Bit { text: text.into(), origin }] }
    }

    /// In the place of the expression that makes it, where it comes from nowhere else.
    pub(super) fn placed(&self, expression: impl FnOnce() -> Text) -> Text {
        if self.bits.iter().any(|bit| bit.origin.is_some()) {
            return self.clone();
        }
        let at = expression().bits.first().and_then(|bit| bit.origin);
        Text { bits: vec![Bit { text: self.plain(), origin: at.map(|origin| Origin { exact: false, ..origin }) }] }
    }

    /// The part from `start` to `end`, on character boundaries.
    pub(super) fn slice(&self, start: usize, end: usize) -> Text {
        let mut bits = Vec::new();
        let mut at = 0;
        for bit in &self.bits {
            let (from, to) = (at, at + bit.text.len());
            at = to;
            if to <= start || from >= end {
                continue;
            }
            let (low, high) = (start.saturating_sub(from), end.min(to) - from);
            let Some(text) = bit.text.get(low..high) else { continue };
            bits.push(Bit { text: text.to_owned(), origin: bit.origin.map(|o| o.moved(low, high - low)) });
        }
        Text { bits }
    }

    /// Without the characters that `cut` names at both ends.
    pub(super) fn trimmed(&self, cut: impl Fn(char) -> bool) -> Text {
        let plain = self.plain();
        let start = plain.len() - plain.trim_start_matches(&cut).len();
        self.slice(start, plain.trim_end_matches(&cut).len().max(start))
    }

    /// With `change` made to each character; what is masked stays.
    pub(super) fn each(&self, change: impl Fn(char) -> String) -> Text {
        let mut out = Text::default();
        for bit in &self.bits {
            if bit.is_masked() {
                out.bits.push(bit.clone());
                continue;
            }
            let changed: String = bit.text.chars().map(&change).collect();
            let exact = changed.len() == bit.text.len();
            let origin = bit.origin.map(|origin| Origin { exact: origin.exact && exact, ..origin });
            out.bits.push(Bit { text: changed, origin });
        }
        out
    }

    /// With `with` written before each line but an empty text's.
    pub(super) fn indented(&self, with: usize) -> Text {
        let pad = " ".repeat(with);
        let mut out = Text::made(pad.clone());
        for bit in &self.bits {
            if bit.is_masked() || !bit.text.contains('\n') {
                out.bits.push(bit.clone());
                continue;
            }
            let mut at = 0;
            for line in bit.text.split_inclusive('\n') {
                let origin = bit.origin.map(|o| o.moved(at, line.len()));
                out.bits.push(Bit { text: line.to_owned(), origin });
                at += line.len();
                if line.ends_with('\n') {
                    out.push_made(&pad);
                }
            }
        }
        out
    }

    /// As a scalar that knows all places; `home` is the file of what stands nowhere.
    pub(super) fn into_scalar(self, home: Location) -> Scalar {
        let mut text = String::with_capacity(self.len());
        let mut pieces: Vec<Piece> = Vec::with_capacity(self.bits.len());
        for bit in self.bits {
            let decoded = u32::try_from(text.len()).unwrap_or(u32::MAX);
            let made = Piece {
                decoded,
                // What the engine made stands at the end of what came before it.
                at: pieces.last().map_or(home, |before: &Piece| before.end()),
                key: home.span,
                exact: false,
                inserted: false,
                masked: false,
            };
            let piece = bit.origin.map_or(made, |o| Piece {
                decoded,
                at: o.at,
                key: o.key,
                exact: o.exact,
                inserted: o.inserted,
                masked: o.masked,
            });
            text.push_str(&bit.text);
            pieces.push(piece);
        }
        let map = OffsetMap::Pieces(Box::new(Pieces { home: home.source, pieces: pieces.into_boxed_slice() }));
        Scalar { text: text.into(), kind: crate::document::ScalarKind::Str, quoted: true, span: home.span, map }
    }
}

impl Bit {
    pub(super) fn is_masked(&self) -> bool {
        self.origin.is_some_and(|origin| origin.masked)
    }
}
