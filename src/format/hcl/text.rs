//! Quoted texts and heredocs: where they end, and what they say.
//!
//! `${…}` and `%{…}` are kept as they stand; nothing inside them is decoded.

use super::Reader;
use super::lexer::Token;
use crate::document::{Scalar, ScalarKind};
use crate::format::MAX_DEPTH;
use crate::format::decoded::{self, Decoded, Escapes};
use crate::source::Span;

const ESCAPES: Escapes =
    Escapes { letters: &[('n', '\n'), ('r', '\r'), ('t', '\t'), ('"', '"'), ('\\', '\\')], hex: &[('u', 4), ('U', 8)] };

/// What surrounds a place in a template.
#[derive(Clone, Copy)]
enum Inside {
    Quotes,
    /// An expression, within this many braces of its own.
    Code(usize),
}

/// Where the text whose opening quote stands at `at` ends, quote included; else how far it was looked for.
pub(super) fn quoted_end(bytes: &[u8], at: usize, may_span_lines: bool) -> Result<usize, usize> {
    end_of(bytes, at + 1, Inside::Quotes, may_span_lines)
}

/// Where the `${…}` or `%{…}` at `at` ends.
fn expression_end(bytes: &[u8], at: usize) -> Result<usize, usize> {
    end_of(bytes, at + 2, Inside::Code(0), true)
}

fn end_of(bytes: &[u8], from: usize, inside: Inside, may_span_lines: bool) -> Result<usize, usize> {
    let mut outer: Vec<Inside> = Vec::new();
    let mut here = inside;
    let mut at = from;
    loop {
        let rest = bytes.get(at..).unwrap_or(&[]);
        let mut leaves = false;
        match (here, rest) {
            (_, []) | (Inside::Quotes, [b'\n' | b'\r', ..]) => return Err(at.min(bytes.len())),
            (Inside::Code(_), [b'\n' | b'\r', ..]) if !may_span_lines => return Err(at),
            (Inside::Quotes, [b'\\', _, ..]) => at += 2,
            (Inside::Quotes, [b'$', b'$', b'{', ..] | [b'%', b'%', b'{', ..]) => at += 3,
            (Inside::Quotes, [b'$' | b'%', b'{', ..]) => {
                outer.push(here);
                here = Inside::Code(0);
                at += 2;
            }
            (Inside::Quotes, [b'"', ..]) | (Inside::Code(0), [b'}', ..]) => {
                leaves = true;
                at += 1;
            }
            (Inside::Code(_), [b'"', ..]) => {
                outer.push(here);
                here = Inside::Quotes;
                at += 1;
            }
            (Inside::Code(braces), [b'{', ..]) => {
                here = Inside::Code(braces + 1);
                at += 1;
            }
            (Inside::Code(braces), [b'}', ..]) => {
                here = Inside::Code(braces - 1);
                at += 1;
            }
            _ => at += 1,
        }
        if leaves {
            match outer.pop() {
                Some(before) => here = before,
                None => return Ok(at),
            }
        }
        if outer.len() > MAX_DEPTH {
            return Err(at);
        }
    }
}

/// The head of a heredoc: `<<EOT` or `<<-EOT`, with nothing behind it.
pub(super) struct Head<'a> {
    mark: &'a str,
    /// Whether the indentation that all lines share is no content.
    flush: bool,
    /// Where the content starts.
    pub(super) content: usize,
}

pub(super) fn heredoc_head(text: &str, at: usize) -> Option<Head<'_>> {
    let end = decoded::line_end(text, at);
    let line = text.get(at..end)?.strip_prefix("<<")?;
    let (flush, mark) = line.strip_prefix('-').map_or((false, line), |mark| (true, mark));
    let mark = mark.trim_end();
    let starts = mark.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let plain = mark.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    (starts && plain).then(|| Head { mark, flush, content: decoded::after_break(text, end) })
}

/// The end of the mark that ends a heredoc.
pub(super) fn heredoc_end(text: &str, head: &Head<'_>) -> Option<usize> {
    let mut start = head.content;
    while start < text.len() {
        let end = decoded::line_end(text, start);
        let line = text.get(start..end)?;
        if line.trim() == head.mark {
            return Some(start + line.trim_end().len());
        }
        start = decoded::after_break(text, end);
    }
    None
}

impl Reader<'_> {
    /// What a quoted text says.
    pub(super) fn quoted(&mut self, token: &Token) -> Scalar {
        let (from, to) = (token.start + 1, (token.end - 1).max(token.start + 1));
        let mut out = Decoded::default();
        out.copy("", from);
        let broken = self.template(&mut out, from, to, true);
        if broken {
            self.error("a backslash with a letter that HCL does not know", Span::new(token.start, token.end));
        }
        out.scalar(Span::new(token.start, token.end), ScalarKind::Str, true)
    }

    /// Copies `from..to` with escapes resolved; says whether one was unknown.
    fn template(&self, out: &mut Decoded, from: usize, to: usize, backslashes: bool) -> bool {
        let (text, bytes) = (self.text, self.text.as_bytes());
        let mut unknown = false;
        let mut at = from;
        while at < to {
            let rest = text.get(at..to).unwrap_or("");
            let stop = at + rest.find(['$', '%', '\\']).unwrap_or(rest.len());
            out.copy(text.get(at..stop).unwrap_or(""), at);
            at = stop;
            let copied = match bytes.get(at..to).unwrap_or(&[]) {
                [] => 0,
                [b'\\', ..] if backslashes => match ESCAPES.read(text, at).filter(|(_, len)| at + len <= to) {
                    Some((c, len)) => {
                        out.replace(c.encode_utf8(&mut [0; 4]), at..at + len);
                        at += len;
                        0
                    }
                    None => {
                        unknown = true;
                        1
                    }
                },
                // A doubled sign is one, and no expression.
                [b'$', b'$', b'{', ..] | [b'%', b'%', b'{', ..] => {
                    out.skip(at..at + 1);
                    at += 1;
                    2
                }
                [b'$' | b'%', b'{', ..] => expression_end(bytes, at).map_or(1, |end| end.min(to) - at),
                _ => 1,
            };
            out.copy(text.get(at..at + copied).unwrap_or(""), at);
            at += copied;
        }
        unknown
    }

    /// What a heredoc says, line by line.
    pub(super) fn heredoc(&self, token: &Token) -> Scalar {
        let span = Span::new(token.start, token.end);
        let mut out = Decoded::default();
        let Some(head) = heredoc_head(self.text, token.start) else { return out.scalar(span, ScalarKind::Str, true) };
        out.copy("", head.content);
        let body = self.text.get(head.content..token.end).unwrap_or("");
        // The last line is the mark.
        let last = body.rfind(['\n', '\r']).map_or(0, |i| i + 1);
        let body = body.get(..last).unwrap_or("");
        let indent = if head.flush { shared_indent(body) } else { 0 };
        for line in decoded::lines(body) {
            let (start, end) = (head.content + line.start, head.content + line.end);
            let content = (start + indent).min(end);
            if content > start {
                out.skip(start..content);
            }
            self.template(&mut out, content, end, false);
            let next = decoded::after_break(self.text, end);
            match self.text.get(end..next) {
                Some("\n") => out.copy("\n", end),
                _ => out.replace("\n", end..next),
            }
        }
        out.scalar(span, ScalarKind::Str, true)
    }
}

/// Blanks before every line that holds anything.
fn shared_indent(text: &str) -> usize {
    let filled = decoded::lines(text).filter_map(|line| text.get(line)).filter(|line| !line.trim().is_empty());
    filled.map(|line| line.len() - line.trim_start_matches([' ', '\t']).len()).min().unwrap_or(0)
}
