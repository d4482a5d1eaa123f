//! Words as shells split them, with exact places: quotes, escapes, continued lines, expressions in one piece.
//!
//! Shared by the readers of scripts, Dockerfiles and systemd units, whose rules differ in a few points only.

use super::decoded::{self, Decoded};
use crate::document::{Entry, Node, NodeKind, OffsetMap, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::Span;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;

/// How a syntax writes words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// What takes the meaning from the next character, and continues a line at its end.
    pub(super) escape: char,
    /// Characters outside quotes that end a word, beside blanks and line ends.
    pub(super) stops: &'static [char],
    /// Whether escapes count in single quotes too.
    pub(super) escapes_in_single: bool,
    /// Whether lines of comments may stand between a continued line and what continues it.
    pub(super) comments_between: bool,
}

/// A text with the rules of its words.
pub(super) struct Words<'a> {
    pub(super) text: &'a str,
    pub(super) rules: Rules,
    /// Openers of expressions whose end was looked for in vain: not looked for again.
    unclosed: Cell<[bool; 3]>,
}

/// One word.
pub(super) struct Word {
    /// Its decoded text; the span covers its quotes.
    pub(super) scalar: Scalar,
    /// Where it ends.
    pub(super) end: usize,
    /// Whether every quote in it is closed.
    pub(super) closed: bool,
}

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a str, rules: Rules) -> Words<'a> {
        Words { text, rules, unclosed: Cell::new([false; 3]) }
    }

    /// The same words up to `end`, where the text is cut.
    pub(super) fn until(&self, end: usize) -> Words<'a> {
        let text = self.text.get(..end).unwrap_or(self.text);
        Words { text, rules: self.rules, unclosed: self.unclosed.clone() }
    }

    pub(super) fn rest(&self, at: usize) -> &'a str {
        self.text.get(at..).unwrap_or("")
    }

    /// Behind the blanks and continued line ends at `at`; stops at a line end.
    pub(super) fn skip_blanks(&self, at: usize) -> usize {
        let mut at = at;
        loop {
            at = self.text.len() - self.rest(at).trim_start_matches([' ', '\t']).len();
            match self.continued(at) {
                Some(next) => at = next,
                None => return at,
            }
        }
    }

    /// Where the text goes on if the line is continued at `at`.
    pub(super) fn continued(&self, at: usize) -> Option<usize> {
        let behind = self.rest(at).strip_prefix(self.rules.escape)?;
        let end = if self.rules.comments_between { behind.trim_start_matches([' ', '\t']) } else { behind };
        let end = self.text.len() - end.len();
        let mut next = decoded::after_break(self.text, end);
        if next == end {
            return None;
        }
        while self.rules.comments_between && next < self.text.len() {
            let line_end = decoded::line_end(self.text, next);
            let line = self.text.get(next..line_end).unwrap_or("").trim();
            if !line.is_empty() && !line.starts_with('#') {
                break;
            }
            next = decoded::after_break(self.text, line_end);
        }
        Some(next)
    }

    /// Where the logical line from `at` on ends: the first line end that is not continued.
    pub(super) fn logical_end(&self, at: usize) -> usize {
        let mut at = at;
        loop {
            let end = decoded::line_end(self.text, at);
            let line = self.text.get(at..end).unwrap_or("");
            let kept = if self.rules.comments_between { line.trim_end() } else { line };
            if !kept.ends_with(self.rules.escape) {
                return end;
            }
            // A doubled backslash at the end of a line is a character; shells alone tell.
            match self.continued(at + kept.len() - self.rules.escape.len_utf8()) {
                Some(next) if next > at => at = next,
                _ => return end,
            }
        }
    }

    /// The text of a logical line with continued line ends taken out.
    pub(super) fn logical(&self, range: Range<usize>) -> Scalar {
        let mut out = Decoded::default();
        out.copy("", range.start);
        let (mut at, mut from) = (range.start, range.start);
        while let Some(found) = self.text.get(at..range.end).and_then(|rest| rest.find(self.rules.escape)) {
            let escape = at + found;
            match self.continued(escape).filter(|&next| next <= range.end) {
                Some(next) => {
                    out.copy(self.text.get(from..escape).unwrap_or(""), from);
                    out.skip(escape..next);
                    (at, from) = (next, next);
                }
                None => at = escape + self.rules.escape.len_utf8(),
            }
        }
        let last = self.text.get(from..range.end).unwrap_or("").trim_end();
        out.copy(last, from);
        out.scalar(Span::new(range.start, from + last.len()), ScalarKind::Str, false)
    }

    /// The word at `at`.
    pub(super) fn word(&self, at: usize) -> Word {
        let mut out = Decoded::default();
        out.copy("", at);
        let (start, mut at, mut quote) = (at, at, None);
        while let Some(c) = self.rest(at).chars().next() {
            let is_end = matches!(c, ' ' | '\t' | '\n' | '\r') || self.rules.stops.contains(&c);
            match quote {
                None if is_end => break,
                None if matches!(c, '"' | '\'') => {
                    quote = Some(c);
                    at = self.left_out(&mut out, at, 1);
                    continue;
                }
                Some(open) if open == c => {
                    quote = None;
                    at = self.left_out(&mut out, at, 1);
                    continue;
                }
                _ => {}
            }
            let is_plain = quote == Some('\'') && !self.rules.escapes_in_single;
            at = if is_plain { self.copied(&mut out, at, c.len_utf8()) } else { self.piece(&mut out, at, c, quote) };
        }
        let quoted = self.text.get(start..at).is_some_and(|raw| raw.starts_with(['"', '\'']));
        let scalar = out.scalar(Span::new(start, at), ScalarKind::Str, quoted);
        Word { scalar, end: at, closed: quote.is_none() }
    }

    /// One character, escape, continued line end or expression outside single quotes.
    fn piece(&self, out: &mut Decoded, at: usize, c: char, quote: Option<char>) -> usize {
        if c == self.rules.escape {
            if let Some(next) = self.continued(at) {
                out.skip(at..next);
                return next;
            }
            let Some(escaped) = self.rest(at + c.len_utf8()).chars().next() else { return self.copied(out, at, 1) };
            let means_something = quote.is_none() || matches!(escaped, '"' | '\'' | '$' | '`') || escaped == c;
            if !means_something || matches!(escaped, '\n' | '\r') {
                return self.copied(out, at, c.len_utf8());
            }
            let end = at + c.len_utf8() + escaped.len_utf8();
            out.replace(escaped.encode_utf8(&mut [0; 4]), at..end);
            return end;
        }
        match self.expression_end(at) {
            Some(end) => self.copied(out, at, end - at),
            None => self.copied(out, at, c.len_utf8()),
        }
    }

    fn copied(&self, out: &mut Decoded, at: usize, len: usize) -> usize {
        out.copy(self.text.get(at..at + len).unwrap_or(""), at);
        at + len
    }

    fn left_out(&self, out: &mut Decoded, at: usize, len: usize) -> usize {
        out.skip(at..at + len);
        at + len
    }

    /// Where `$(…)`, `${…}` or a command in backquotes ends that starts at `at`.
    pub(super) fn expression_end(&self, at: usize) -> Option<usize> {
        let rest = self.rest(at);
        let (index, open, close, skip) = match rest.as_bytes() {
            [b'$', b'(', ..] => (0, b'(', b')', 1),
            [b'$', b'{', ..] => (1, b'{', b'}', 1),
            [b'`', ..] if self.rules.escape != '`' => (2, b'`', b'`', 0),
            _ => return None,
        };
        let mut unclosed = self.unclosed.get();
        if unclosed.get(index).copied().unwrap_or(true) {
            return None;
        }
        let mut depth = 0usize;
        for (i, &b) in rest.as_bytes().iter().enumerate().skip(skip) {
            let is_end = b == close && depth > 0;
            depth = if is_end { depth - 1 } else { depth + usize::from(b == open) };
            if is_end && depth == 0 {
                return Some(at + i + 1);
            }
        }
        if let Some(flag) = unclosed.get_mut(index) {
            *flag = true;
        }
        self.unclosed.set(unclosed);
        None
    }
}

/// The words of a line, and the first of them in which a quote stays open.
pub(super) fn split(words: &Words<'_>, range: Range<usize>) -> (Vec<Scalar>, Option<Span>) {
    let words = words.until(range.end);
    let (mut found, mut unclosed) = (Vec::new(), None);
    let mut at = words.skip_blanks(range.start);
    while at < range.end {
        let word = words.word(at);
        if !word.closed {
            unclosed = unclosed.or(Some(word.scalar.span));
        }
        found.push(word.scalar);
        at = words.skip_blanks(word.end.max(at + 1));
    }
    (found, unclosed)
}

/// The problem of a quote that is open at the end of what it may span.
pub(super) fn unclosed(span: Span) -> Problem {
    Problem::at(ProblemKind::Syntax, "a quote that is not closed; the value was read up to the end of the line", span)
}

/// The name and the value of a word `NAME=value`.
pub(super) fn pair(word: &Scalar) -> Option<Entry> {
    let equals = word.text.find('=')?;
    let key = Scalar { quoted: false, ..word.part(0..equals)? };
    let value = word.part(equals + 1..word.text.len())?;
    (equals > 0).then(|| Entry { key, value: Node::scalar(value) })
}

/// The words from `from` on as one text with a blank between them; nothing where there is none.
pub(super) fn joined(text: &str, words: &[Scalar], from: usize) -> Scalar {
    let (Some(start), Some(last)) = (words.get(from), words.last()) else {
        return decoded::omitted(words.last().map_or(0, |word| word.span.end as usize));
    };
    if from + 1 == words.len() {
        return start.clone();
    }
    let mut out = Decoded::default();
    let mut before = start.span.start as usize;
    for (index, word) in words.iter().skip(from).enumerate() {
        // Behind a quote a word may follow without a blank.
        let is_apart = text.get(before..).is_some_and(|rest| rest.starts_with([' ', '\t', '\n', '\r', '\\']));
        if index > 0 && is_apart && before < word.span.start as usize {
            out.replace(" ", before..word.span.start as usize);
        }
        for (at, c) in word.text.char_indices() {
            out.replace(c.encode_utf8(&mut [0; 4]), word.source_span(at..at + c.len_utf8()).range());
        }
        before = word.span.end as usize;
    }
    out.scalar(start.span.to(last.span), ScalarKind::Str, false)
}

/// Puts entries of equal keys into one list, where its first item stands. A key of which `is_list` is true holds a list
/// even if it comes once.
pub(super) fn gathered(entries: Vec<Entry>, is_list: impl Fn(&str) -> bool) -> Vec<Entry> {
    gathered_but(entries, is_list, |_| false)
}

/// The same, but for keys of which `is_single` is true: they stay as they are.
pub(super) fn gathered_but(
    entries: Vec<Entry>,
    is_list: impl Fn(&str) -> bool,
    is_single: impl Fn(&str) -> bool,
) -> Vec<Entry> {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for entry in &entries {
        *count.entry(entry.key.text.to_string()).or_default() += 1;
    }
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept: Vec<Entry> = Vec::new();
    for entry in entries {
        let several = count.get(entry.key.text.as_str()).is_some_and(|&n| n > 1) || is_list(&entry.key.text);
        if !several || is_single(&entry.key.text) || matches!(entry.value.kind, NodeKind::Mapping(_)) {
            kept.push(entry);
            continue;
        }
        let known = places.get(entry.key.text.as_str()).and_then(|&at| kept.get_mut(at));
        let Some(list) = known else {
            places.insert(entry.key.text.to_string(), kept.len());
            let span = entry.value.span;
            kept.push(Entry { key: entry.key, value: Node::sequence(span, vec![entry.value]) });
            continue;
        };
        list.value.span = list.value.span.to(entry.value.span);
        if let NodeKind::Sequence(items) = &mut list.value.kind {
            items.push(entry.value);
        }
    }
    kept
}

/// A key that the reader makes up for what stands under `span`.
pub(super) fn made_key(text: &str, span: Span) -> Scalar {
    Scalar { text: text.into(), kind: ScalarKind::Str, quoted: false, span, map: OffsetMap::None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: Rules =
        Rules { escape: '\\', stops: &[';', '&', '|', ')'], escapes_in_single: false, comments_between: false };

    fn words(text: &str, rules: Rules) -> Vec<String> {
        let words = Words::new(text, rules);
        let mut found = Vec::new();
        let mut at = words.skip_blanks(0);
        while at < text.len() && !matches!(text.as_bytes()[at], b'\n' | b'\r' | b';') {
            let word = words.word(at);
            assert!(word.end > at, "{text}");
            found.push(word.scalar.text.to_string());
            at = words.skip_blanks(word.end);
        }
        found
    }

    #[test]
    fn quotes_and_escapes_are_taken_out() {
        let table: [(&str, &[&str]); 7] = [
            ("a 'b c'\"d e\"f", &["a", "b cd ef"]),
            ("a\\ b \"c\\\"d\\n\"", &["a b", "c\"d\\n"]),
            ("A=\"x\\\ny\" b", &["A=xy", "b"]),
            ("a \\\n  b\nc", &["a", "b"]),
            ("$(a b) ${C:-d e} `f g`", &["$(a b)", "${C:-d e}", "`f g`"]),
            ("a;b", &["a"]),
            ("'it\\'", &["it\\"]),
        ];
        for (text, expected) in table {
            assert_eq!(words(text, SHELL), expected, "{text}");
        }
    }

    #[test]
    fn a_decoded_word_knows_its_bytes() {
        let text = "A=\"p\\$x\"'y z'";
        let word = Words::new(text, SHELL).word(0);
        let entry = pair(&word.scalar).expect("a pair");
        let value = entry.value.as_scalar().expect("a scalar");
        assert_eq!((entry.key.text.as_str(), value.text.as_str()), ("A", "p$xy z"));
        assert_eq!(&text[value.source_span(1..2).range()], "\\$");
        assert_eq!(&text[value.source_span(3..6).range()], "y z");
    }

    #[test]
    fn unclosed_expressions_are_plain_text_and_cost_little() {
        let text = "$(".repeat(100_000);
        assert_eq!(Words::new(&text, SHELL).word(0).end, text.len());
    }
}
