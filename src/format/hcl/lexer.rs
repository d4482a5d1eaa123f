//! From text to tokens, with every bracket knowing where it closes.
//!
//! Quoted texts and heredocs are one token each, whatever stands in them. What a bracket holds can be passed over in one
//! step, so that reading takes linear time.

use super::text;
use crate::document::Comment;
use crate::format::decoded;
use crate::problem::{Problem, ProblemKind};
use crate::source::Span;
use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name; it may hold dashes.
    Word,
    Number,
    /// A quoted text.
    Text,
    Heredoc,
    Open,
    Close,
    /// The end of a line.
    Line,
    Comma,
    /// `=` alone.
    Assign,
    /// Any other sign.
    Sign,
    /// A quoted text or a heredoc without its end.
    Broken,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Of an opening bracket: the token that closes it, or the one before which its content must have ended.
    pub(super) close: usize,
    /// Whether it is closed at all.
    pub(super) closed: bool,
}

impl Token {
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// The tokens of a text.
pub(super) struct Lexed {
    pub(super) tokens: Vec<Token>,
    pub(super) comments: Vec<Comment>,
    pub(super) errors: Vec<Problem>,
}

/// Splits a text.
pub(super) fn lex(text: &str) -> Lexed {
    let found = Lexed { tokens: Vec::new(), comments: Vec::new(), errors: Vec::new() };
    let mut lexer = Lexer { text, found, wasted: 0, comment_ends: true };
    let mut at = 0;
    while at < text.len() {
        at = lexer.step(at);
    }
    let mut found = lexer.found;
    if !pair(text, &mut found.tokens, false) {
        pair(text, &mut found.tokens, true);
    }
    found
}

struct Lexer<'a> {
    text: &'a str,
    found: Lexed,
    /// Bytes that were searched for ends that are not there. Once they are as many as the text, nobody looks further than
    /// the line.
    wasted: usize,
    comment_ends: bool,
}

impl Lexer<'_> {
    /// Reads one token, comment or blank at `at`; gives what follows.
    fn step(&mut self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or("");
        let Some(c) = rest.chars().next() else { return self.text.len() };
        match c {
            ' ' | '\t' => at + 1,
            '\n' | '\r' => self.push(Kind::Line, at, decoded::after_break(self.text, at)),
            '#' => self.line_comment(at, 1),
            '/' if rest.starts_with("//") => self.line_comment(at, 2),
            '/' if rest.starts_with("/*") => self.block_comment(at),
            '"' => self.quoted(at),
            '<' if rest.starts_with("<<") => self.heredoc(at),
            '{' | '[' | '(' => self.push(Kind::Open, at, at + 1),
            '}' | ']' | ')' => self.push(Kind::Close, at, at + 1),
            ',' => self.push(Kind::Comma, at, at + 1),
            c if c.is_alphabetic() || c == '_' => {
                let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
                let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                self.push(Kind::Word, at, at + len)
            }
            c if c.is_ascii_digit() => self.push(Kind::Number, at, at + number(rest)),
            c => {
                let sign = ["...", "==", "=>", "!=", ">=", "<=", "&&", "||"].iter().find(|s| rest.starts_with(**s));
                let kind = if c == '=' && sign.is_none() { Kind::Assign } else { Kind::Sign };
                self.push(kind, at, at + sign.map_or(c.len_utf8(), |sign| sign.len()))
            }
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) -> usize {
        self.found.tokens.push(Token { kind, start, end, close: usize::MAX, closed: false });
        end
    }

    fn line_comment(&mut self, at: usize, mark: usize) -> usize {
        let end = decoded::line_end(self.text, at);
        self.found.comments.push(decoded::comment(self.text, at..end, mark));
        end
    }

    fn block_comment(&mut self, at: usize) -> usize {
        let body = self.text.get(at + 2..).unwrap_or("");
        let Some(len) = body.find("*/").filter(|_| self.comment_ends) else {
            self.comment_ends = false;
            let end = decoded::line_end(self.text, at);
            return self.broken("a comment that is not closed; its first line was not read", at, end);
        };
        let end = at + 2 + len + 2;
        let text = body.get(..len).unwrap_or("").trim().to_owned();
        self.found.comments.push(Comment { span: Span::new(at, end), text });
        end
    }

    fn broken(&mut self, message: &str, at: usize, end: usize) -> usize {
        self.found.errors.push(Problem::at(ProblemKind::Syntax, message, Span::new(at, end)));
        self.push(Kind::Broken, at, end)
    }

    fn quoted(&mut self, at: usize) -> usize {
        let may_span_lines = self.wasted <= self.text.len();
        match text::quoted_end(self.text.as_bytes(), at, may_span_lines) {
            Ok(end) => self.push(Kind::Text, at, end),
            Err(stopped) => {
                self.wasted += stopped - at;
                let end = decoded::line_end(self.text, at);
                self.broken("a quoted text that is not closed; this was not read", at, end)
            }
        }
    }

    fn heredoc(&mut self, at: usize) -> usize {
        let Some(head) = text::heredoc_head(self.text, at) else { return self.push(Kind::Sign, at, at + 2) };
        if self.wasted <= self.text.len() {
            if let Some(end) = text::heredoc_end(self.text, &head) {
                return self.push(Kind::Heredoc, at, end);
            }
            self.wasted += self.text.len() - at;
        }
        self.broken("a heredoc whose end is missing; its first line was not read", at, decoded::line_end(self.text, at))
    }
}

fn number(text: &str) -> usize {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or("");
        rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
    };
    let mut len = digits(0);
    if text.get(len..).is_some_and(|rest| rest.starts_with('.')) && digits(len + 1) > 0 {
        len += 1 + digits(len + 1);
    }
    let sign = text.get(len..).and_then(|rest| {
        let signed = ["e+", "e-", "E+", "E-", "e", "E"].iter().find(|e| rest.starts_with(**e));
        signed.map(|e| e.len())
    });
    match sign {
        Some(sign) if digits(len + sign) > 0 => len + sign + digits(len + sign),
        _ => len,
    }
}

/// Finds the partner of every bracket; false where one has none.
///
/// With `recover`, the head of a block at the start of a line ends everything that is still open, as people indent.
fn pair(text: &str, tokens: &mut [Token], recover: bool) -> bool {
    let sign = |token: &Token| text.as_bytes().get(token.start).copied().unwrap_or(0);
    let mut open: Vec<(usize, u8)> = Vec::new();
    let mut count = [0usize; 3];
    let slot = |b: u8| usize::from(matches!(b, b'[' | b']')) + 2 * usize::from(matches!(b, b'(' | b')'));
    let mut balanced = true;
    for at in 0..tokens.len() {
        if recover && !open.is_empty() && is_head(text, tokens, at) {
            open.drain(..).for_each(|(left, _)| end(tokens, left, at, false));
            count = [0; 3];
        }
        let Some(token) = tokens.get(at) else { break };
        let bracket = sign(token);
        match token.kind {
            Kind::Open => {
                open.push((at, bracket));
                count.get_mut(slot(bracket)).into_iter().for_each(|n| *n += 1);
            }
            Kind::Close if count.get(slot(bracket)).is_some_and(|n| *n > 0) => {
                while let Some((left, kind)) = open.pop() {
                    count.get_mut(slot(kind)).into_iter().for_each(|n| *n -= 1);
                    let closes = slot(kind) == slot(bracket);
                    end(tokens, left, at, closes);
                    balanced &= closes;
                    if closes {
                        break;
                    }
                }
            }
            Kind::Close => balanced = false,
            _ => {}
        }
    }
    balanced &= open.is_empty();
    let last = tokens.len();
    open.into_iter().for_each(|(left, _)| end(tokens, left, last, false));
    balanced
}

fn end(tokens: &mut [Token], open: usize, close: usize, closed: bool) {
    if let Some(token) = tokens.get_mut(open) {
        (token.close, token.closed) = (close, closed);
    }
}

/// Whether the head of a labelled block, or of a block that stands outermost only, starts a line here.
fn is_head(text: &str, tokens: &[Token], at: usize) -> bool {
    let Some(first) = tokens.get(at).filter(|token| token.kind == Kind::Word) else { return false };
    let before = first.start.checked_sub(1).and_then(|i| text.as_bytes().get(i));
    if before.is_some_and(|b| !matches!(b, b'\n' | b'\r')) {
        return false;
    }
    let labels =
        tokens.iter().skip(at + 1).take(super::MOST_LABELS).take_while(|token| token.kind == Kind::Text).count();
    let opens = tokens.get(at + 1 + labels).and_then(|token| text.get(token.range())) == Some("{");
    let outermost = matches!(text.get(first.range()), Some("locals" | "terraform"));
    opens && (labels > 0 || outermost)
}
