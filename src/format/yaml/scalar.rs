//! YAML scalars: what type a plain one has, and where each character of a decoded one stands.
//!
//! The parser gives the decoded text and the bytes it came from, but not how the two lie to each other. This file follows
//! the rules of folding, escaping and indentation once more; where the outcome is not the parser's text to the byte, the
//! whole scalar is the place.

use crate::document::{OffsetMap, ScalarKind};
use crate::format::decoded::{self, Decoded, Escapes};
use crate::source::Span;
use granit_parser::ScalarStyle;
use std::ops::Range;

const ESCAPES: Escapes = Escapes {
    letters: &[
        ('0', '\0'),
        ('a', '\u{7}'),
        ('b', '\u{8}'),
        ('t', '\t'),
        ('\t', '\t'),
        ('n', '\n'),
        ('v', '\u{b}'),
        ('f', '\u{c}'),
        ('r', '\r'),
        ('e', '\u{1b}'),
        (' ', ' '),
        ('"', '"'),
        ('/', '/'),
        ('\\', '\\'),
        ('N', '\u{85}'),
        ('_', '\u{a0}'),
        ('L', '\u{2028}'),
        ('P', '\u{2029}'),
    ],
    hex: &[('x', 2), ('u', 4), ('U', 8)],
};

/// The place of a scalar, and of each of its characters.
pub(super) fn place(text: &str, bytes: Range<usize>, style: ScalarStyle, value: &str) -> (Span, OffsetMap) {
    let raw = text.get(bytes.clone()).unwrap_or("");
    let whole = Span::new(bytes.start, bytes.end);
    match style {
        ScalarStyle::Plain if raw == value => (whole, OffsetMap::Linear(whole.start)),
        ScalarStyle::Plain => (whole, same(flow(text, bytes, style), value)),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
            let inner = bytes.start + 1..bytes.end.saturating_sub(1).max(bytes.start + 1);
            (whole, same(flow(text, inner, style), value))
        }
        ScalarStyle::Literal | ScalarStyle::Folded => {
            // The parser's range runs on to the next line's content.
            let span = Span::new(bytes.start, bytes.start + raw.trim_end_matches([' ', '\t', '\n', '\r']).len());
            (span, block(text, bytes.start, style, value).unwrap_or_default())
        }
    }
}

fn same(decoded: Decoded, value: &str) -> OffsetMap {
    if decoded.text() == value { decoded.finish().1 } else { OffsetMap::None }
}

/// Decodes a plain or quoted scalar, without its quotes.
fn flow(text: &str, inner: Range<usize>, style: ScalarStyle) -> Decoded {
    let mut out = Decoded::default();
    let mut at = inner.start;
    if inner.is_empty() {
        out.copy("", at);
    }
    while at < inner.end {
        let rest = text.get(at..inner.end).unwrap_or("");
        let blanks = blanks(rest);
        let after = rest.get(blanks..).unwrap_or("");
        if after.starts_with(['\n', '\r']) {
            at = fold(&mut out, text, at..inner.end);
            continue;
        }
        if blanks > 0 {
            out.copy(rest.get(..blanks).unwrap_or(""), at);
            at += blanks;
            continue;
        }
        if style == ScalarStyle::SingleQuoted && rest.starts_with("''") {
            out.replace("'", at..at + 2);
            at += 2;
            continue;
        }
        if style == ScalarStyle::DoubleQuoted && rest.starts_with('\\') {
            let Some(next) = escape(&mut out, text, at..inner.end) else { return out };
            at = next;
            continue;
        }
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let run = rest.get(first..).unwrap_or("").find([' ', '\t', '\n', '\r', '\'', '\\']);
        let run = run.map_or(rest.len(), |i| first + i);
        out.copy(rest.get(..run).unwrap_or(""), at);
        at += run;
    }
    out
}

/// One line end is a blank, each further one is a line end; blanks around them are nothing.
fn fold(out: &mut Decoded, text: &str, range: Range<usize>) -> usize {
    let (breaks, next) = breaks(text, range.clone());
    match breaks {
        1 => out.replace(" ", range.start..next),
        _ => out.replace(&"\n".repeat(breaks - 1), range.start..next),
    }
    next
}

fn escape(out: &mut Decoded, text: &str, range: Range<usize>) -> Option<usize> {
    let at = range.start;
    let is_continued = text.get(at + 1..range.end).is_some_and(|rest| rest.starts_with(['\n', '\r']));
    if !is_continued {
        let (c, len) = ESCAPES.read(text, at)?;
        out.replace(c.encode_utf8(&mut [0; 4]), at..at + len);
        return Some(at + len);
    }
    let (breaks, next) = breaks(text, at + 1..range.end);
    match breaks {
        1 => out.skip(at..next),
        _ => out.replace(&"\n".repeat(breaks - 1), at..next),
    }
    Some(next)
}

/// Counts the line ends from `range.start` on, with the blanks around them, and finds what follows.
fn breaks(text: &str, range: Range<usize>) -> (usize, usize) {
    let mut count = 0;
    let mut at = range.start;
    loop {
        at += blanks(text.get(at..range.end).unwrap_or(""));
        let next = decoded::after_break(text, at).min(range.end);
        if next == at {
            return (count.max(1), at);
        }
        count += 1;
        at = next;
    }
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// Follows a block scalar line by line; `None` where the lines do not make up `value`.
fn block(text: &str, start: usize, style: ScalarStyle, value: &str) -> Option<OffsetMap> {
    let mut first = line_start(text, start)?;
    let indent = indentation(text, start, first)?;
    // The blank lines before the content belong to the value, but not to the parser's range.
    let leading = value.len() - value.trim_start_matches('\n').len();
    let leading = if leading == value.len() { 0 } else { leading };
    for _ in 0..leading {
        let before = text.get(..first)?;
        let end = before.strip_suffix("\r\n").or(before.strip_suffix(['\n', '\r']))?.len();
        first = line_start(text, end)?;
    }
    let mut lines = Block { text, value, indent, at: 0, out: Decoded::default() };
    match style {
        ScalarStyle::Folded => lines.folded(first)?,
        _ => lines.literal(first)?,
    }
    (lines.at == value.len()).then(|| lines.out.finish().1)
}

fn line_start(text: &str, at: usize) -> Option<usize> {
    Some(text.get(..at)?.rfind(['\n', '\r']).map_or(0, |i| i + 1))
}

/// The columns before the content: the parser starts at the content of the first line that has some.
fn indentation(text: &str, start: usize, first: usize) -> Option<usize> {
    let has_content = |line: &Range<usize>| text.get(line.clone()).is_some_and(|l| !l.trim_matches(' ').is_empty());
    let line = decoded::lines(text.get(first..)?).map(|l| first + l.start..first + l.end).find(has_content)?;
    let spaces = text.get(line.clone())?;
    let spaces = spaces.len() - spaces.trim_start_matches(' ').len();
    let is_here = line.start <= start && start <= line.end;
    Some(if is_here { (start - line.start).min(spaces) } else { spaces })
}

struct Block<'a> {
    text: &'a str,
    value: &'a str,
    indent: usize,
    /// How much of the value has been found.
    at: usize,
    out: Decoded,
}

impl<'a> Block<'a> {
    fn rest(&self) -> &'a str {
        self.value.get(self.at..).unwrap_or("")
    }

    /// The lines from `first` on: where the content starts and ends, and where the line end does.
    fn lines(&self, first: usize) -> impl Iterator<Item = (usize, usize, usize)> + use<'a> {
        let (text, indent) = (self.text, self.indent);
        decoded::lines(text.get(first..).unwrap_or("")).map(move |line| {
            let (start, end) = (first + line.start, first + line.end);
            let spaces = text.get(start..end).map_or(0, |l| l.len() - l.trim_start_matches(' ').len());
            (start + spaces.min(indent), end, decoded::after_break(text, end))
        })
    }

    fn literal(&mut self, first: usize) -> Option<()> {
        for (start, end, next) in self.lines(first) {
            if self.rest().is_empty() {
                break;
            }
            self.content(start..end)?;
            if !self.rest().is_empty() {
                self.line_end(end..next)?;
            }
        }
        Some(())
    }

    fn folded(&mut self, first: usize) -> Option<()> {
        let mut breaks: Vec<Range<usize>> = Vec::new();
        let mut is_first = true;
        for (start, end, next) in self.lines(first) {
            if self.rest().is_empty() {
                return Some(());
            }
            if start == end {
                breaks.push(end..next);
                continue;
            }
            let content = self.text.get(start..end)?;
            if !self.rest().trim_start_matches(['\n', ' ']).starts_with(content.trim_start_matches(' ')) {
                break;
            }
            match breaks.first() {
                Some(only) if breaks.len() == 1 && !is_first && self.rest().starts_with(' ') => {
                    self.out.replace(" ", only.clone());
                    self.at += 1;
                }
                _ => self.line_ends(&breaks, is_first)?,
            }
            self.content(start..end)?;
            breaks.clear();
            breaks.push(end..next);
            is_first = false;
        }
        let left = self.rest().len();
        breaks.iter().take(left).try_for_each(|line_end| self.line_end(line_end.clone()))
    }

    /// Line ends between two lines of content: all of them, or all but the first, which was folded away.
    fn line_ends(&mut self, breaks: &[Range<usize>], is_first: bool) -> Option<()> {
        let rest = self.rest();
        let count = rest.len() - rest.trim_start_matches('\n').len();
        let skipped = breaks.len().checked_sub(count)?;
        if skipped > usize::from(!is_first) {
            return None;
        }
        breaks.iter().take(skipped).for_each(|line_end| self.out.skip(line_end.clone()));
        breaks.iter().skip(skipped).try_for_each(|line_end| self.line_end(line_end.clone()))
    }

    fn content(&mut self, range: Range<usize>) -> Option<()> {
        let content = self.text.get(range.clone())?;
        self.rest().starts_with(content).then_some(())?;
        self.out.copy(content, range.start);
        self.at += content.len();
        Some(())
    }

    fn line_end(&mut self, range: Range<usize>) -> Option<()> {
        self.rest().starts_with('\n').then_some(())?;
        self.out.replace("\n", range);
        self.at += 1;
        Some(())
    }
}

/// The type of a plain scalar: YAML 1.2 core, and from 1.1 the booleans, octal and binary numbers and underscores.
pub(super) fn resolve(text: &str) -> ScalarKind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => ScalarKind::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => ScalarKind::Bool,
        "yes" | "Yes" | "YES" | "no" | "No" | "NO" | "on" | "On" | "ON" | "off" | "Off" | "OFF" => ScalarKind::Bool,
        ".nan" | ".NaN" | ".NAN" => ScalarKind::Float,
        _ => number(text),
    }
}

fn number(text: &str) -> ScalarKind {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return ScalarKind::Float;
    }
    let based = |prefix: &str, digits: fn(&u8) -> bool| {
        let rest = unsigned.strip_prefix(prefix).filter(|rest| !rest.is_empty());
        rest.is_some_and(|rest| rest.as_bytes().iter().all(digits))
    };
    let is_based = based("0x", u8::is_ascii_hexdigit)
        || based("0o", |b| (b'0'..=b'7').contains(b))
        || based("0b", |b| matches!(b, b'0' | b'1'));
    if is_based || is_digits(unsigned) {
        return ScalarKind::Int;
    }
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !(whole.is_empty() && fraction.is_empty());
    let all_digits = (whole.is_empty() || is_digits(whole)) && (fraction.is_empty() || is_digits(fraction));
    if has_digits && all_digits && is_digits(exponent) { ScalarKind::Float } else { ScalarKind::Str }
}

/// Digits with underscores between them, starting with a digit.
fn is_digits(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_have_types() {
        let table: [(ScalarKind, &[&str]); 5] = [
            (ScalarKind::Null, &["", "~", "null", "NULL"]),
            (ScalarKind::Bool, &["true", "False", "yes", "NO", "on", "Off"]),
            (ScalarKind::Int, &["0", "-12", "+5", "0x1F", "0o17", "0755", "0b11", "1_000"]),
            (ScalarKind::Float, &["1.5", "-.5", "1.", "1e3", "1.2E-3", ".inf", "-.INF", ".nan"]),
            (
                ScalarKind::Str,
                &["nUll", "y", "n", ".", "-", "+", "e3", "1e", "1.2.3", "10m", "0x", "1:30", "_1", "--1", "1e+"],
            ),
        ];
        for (kind, texts) in table {
            for text in texts {
                assert_eq!(resolve(text), kind, "{text}");
            }
        }
    }
}
