//! What stands behind an equals sign: literals, objects, lists, calls around them, and everything else as text.

use super::Reader;
use super::lexer::{Kind, Token};
use crate::document::{Entry, Node, NodeKind, OffsetMap, Scalar, ScalarKind};
use crate::format::MAX_DEPTH;
use crate::format::decoded::{self, Decoded};
use crate::source::Span;

/// Functions whose lists are one list in the end, or whose value is the text of one.
const LISTS: [&str; 14] = [
    "base64encode",
    "base64gzip",
    "compact",
    "concat",
    "distinct",
    "flatten",
    "jsonencode",
    "nonsensitive",
    "sensitive",
    "setunion",
    "sort",
    "tolist",
    "toset",
    "yamlencode",
];

impl<'a> Reader<'a> {
    /// The value that the tokens `from..to` are; `None` where they are none, which is then a problem.
    pub(super) fn value(&mut self, from: usize, to: usize, depth: usize) -> Option<Node> {
        let (from, to) = self.without_line_ends(from, to);
        let Some(first) = self.token(from, to) else {
            let before = from.checked_sub(1).and_then(|i| self.tokens.get(i)).map(|t| Span::new(t.start, t.end));
            self.error("a name without a value; it was not read", before.unwrap_or_default());
            return None;
        };
        if first.kind == Kind::Broken {
            return None;
        }
        self.structure(from, to, depth).or_else(|| self.leaf(from, to))
    }

    /// An object, a list, or what passes one on. Nothing is read twice: where it gives `None`, no text was made yet.
    fn structure(&mut self, from: usize, to: usize, depth: usize) -> Option<Node> {
        let (from, to) = self.without_line_ends(from, to);
        let first = self.token(from, to)?;
        let is_bracket = first.kind == Kind::Open && is_whole(first, to);
        if is_bracket && depth > MAX_DEPTH {
            self.too_deep(self.span(from, to));
            return None;
        }
        match self.source(first) {
            _ if depth > MAX_DEPTH => None,
            "(" if is_bracket => self.structure(from + 1, to - 1, depth + 1),
            "{" if is_bracket && !self.is_for(from, to) => Some(self.object(from, to, depth)),
            "[" if is_bracket && !self.is_for(from, to) => Some(self.list(from, to, depth)),
            _ if is_bracket => None,
            _ if first.kind == Kind::Word && self.is_bracketed(from + 1, to, "(") => self.call(from, to, depth),
            _ => self.choice(from, to, depth),
        }
    }

    /// Whether the tokens `from..to` are one pair of brackets and what it holds.
    fn is_bracketed(&self, from: usize, to: usize, sign: &str) -> bool {
        self.is(from, to, sign) && self.token(from, to).is_some_and(|open| is_whole(open, to))
    }

    /// A literal, or any other expression as text.
    fn leaf(&mut self, from: usize, to: usize) -> Option<Node> {
        let (mut from, mut to) = self.without_line_ends(from, to);
        while self.is_bracketed(from, to, "(") && from + 2 < to {
            (from, to) = self.without_line_ends(from + 1, to - 1);
        }
        let (first, second) = (self.token(from, to)?, self.token(from + 1, to));
        let scalar = match (first.kind, second) {
            (Kind::Text, None) => self.quoted(first),
            (Kind::Heredoc, None) => self.heredoc(first),
            (Kind::Number, None) => self.plain(first, first, number_kind(self.source(first))),
            (Kind::Word, None) => self.plain(first, first, word_kind(self.source(first))),
            (Kind::Sign, Some(n)) if to == from + 2 && n.kind == Kind::Number && self.source(first) == "-" => {
                self.plain(first, n, number_kind(self.source(n)))
            }
            _ => return self.expression(from, to),
        };
        Some(Node::scalar(scalar))
    }

    fn without_line_ends(&self, mut from: usize, mut to: usize) -> (usize, usize) {
        let is_line = |at: usize| self.tokens.get(at).is_some_and(|token| token.kind == Kind::Line);
        while from < to && is_line(from) {
            from += 1;
        }
        while from < to && is_line(to - 1) {
            to -= 1;
        }
        (from, to)
    }

    fn plain(&self, first: &Token, last: &Token, kind: ScalarKind) -> Scalar {
        Scalar::plain(self.text.get(first.start..last.end).unwrap_or(""), first.start, kind)
    }

    /// Whether brackets hold `for …`, which makes a value and is none.
    fn is_for(&self, from: usize, to: usize) -> bool {
        let first = (from + 1..to).find(|&i| self.tokens.get(i).is_some_and(|token| token.kind != Kind::Line));
        first.is_some_and(|first| self.is(first, to, "for") && !self.ends_a_key(first + 1, to))
    }

    fn ends_a_key(&self, at: usize, to: usize) -> bool {
        self.token(at, to).is_some_and(|token| token.kind == Kind::Assign) || self.is(at, to, ":")
    }

    fn object(&mut self, from: usize, to: usize, depth: usize) -> Node {
        let end = to - 1;
        let mut entries = Vec::new();
        let mut at = from + 1;
        while let Some(token) = self.token(at, end) {
            if matches!(token.kind, Kind::Line | Kind::Comma) {
                at += 1;
                continue;
            }
            let next = self.find(at, end, |token| matches!(token.kind, Kind::Line | Kind::Comma)).max(at + 1);
            let sign = (at..next).find(|&i| self.ends_a_key(i, next)).filter(|&sign| sign > at);
            match sign {
                Some(sign) => {
                    if let (Some(key), Some(value)) = (self.key(at, sign), self.value(sign + 1, next, depth + 1)) {
                        entries.push(Entry { key, value });
                    }
                }
                None => self.error("no `key = value`; this was not read", self.span(at, next)),
            }
            at = next;
        }
        self.problems.extend(decoded::duplicates(&entries).into_iter().map(|(_, key)| decoded::duplicate_key(key)));
        Node::mapping(self.span(from, to), entries)
    }

    /// The key that the tokens `from..to` are: a name, a quoted text, or an expression as it stands.
    fn key(&mut self, from: usize, to: usize) -> Option<Scalar> {
        match to - from {
            1 => self.name(from),
            _ => {
                let span = self.span(from, to);
                Some(Scalar::plain(self.text.get(span.range())?, span.start as usize, ScalarKind::Str))
            }
        }
    }

    fn list(&mut self, from: usize, to: usize, depth: usize) -> Node {
        let items = self.items(from, to, depth + 1);
        Node::sequence(self.span(from, to), items)
    }

    fn items(&mut self, from: usize, to: usize, depth: usize) -> Vec<Node> {
        let parts = self.parts(from, to);
        parts.into_iter().filter_map(|(from, to)| self.value(from, to, depth)).collect()
    }

    /// What stands between the brackets `from` and `to - 1`, divided by commas.
    fn parts(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        let end = to - 1;
        let mut parts = Vec::new();
        let mut at = from + 1;
        while at < end {
            let comma = self.find(at, end, |token| token.kind == Kind::Comma);
            parts.push(self.without_line_ends(at, comma));
            at = comma + 1;
        }
        parts.retain(|(from, to)| from < to);
        parts
    }

    /// A call that passes on an object, a list or a heredoc: `jsonencode({…})`, `merge(local.x, {…})`, `concat([…], […])`.
    ///
    /// What else it is given stands under the function's name. `None` for other calls, which are expressions.
    fn call(&mut self, from: usize, to: usize, depth: usize) -> Option<Node> {
        let (function, span) = (self.tokens.get(from)?, self.span(from, to));
        let name = self.source(function);
        let parts = self.parts(from + 1, to);
        let is_given = |sign| parts.iter().any(|&(from, to)| self.is_bracketed(from, to, sign));
        let makes_list = LISTS.contains(&name);
        if is_given("[") && !is_given("{") && !makes_list {
            return None;
        }
        let only = <[_; 1]>::try_from(parts.as_slice()).ok();
        if let Some([(from, to)]) = only
            && self.token(from, to).is_some_and(|token| token.kind == Kind::Heredoc && to == from + 1)
        {
            return self.leaf(from, to);
        }
        let mut read: Vec<Option<Node>> = parts.iter().map(|&(from, to)| self.structure(from, to, depth + 1)).collect();
        if read.iter().all(Option::is_none) || (only.is_some() && makes_list) {
            return read.pop().flatten();
        }
        let texts = parts.iter().zip(read);
        let given: Vec<Node> = texts.filter_map(|(&(from, to), node)| node.or_else(|| self.leaf(from, to))).collect();
        let has_object = given.iter().any(|node| matches!(node.kind, NodeKind::Mapping(_)));
        if makes_list && !has_object {
            return Some(joined(given, span));
        }
        Some(merged(Scalar::plain(name, function.start, ScalarKind::Str), given, span))
    }

    /// `condition ? {…} : {…}`, where an object or a list is to choose: an object of `if`, `then` and `else`.
    fn choice(&mut self, from: usize, to: usize, depth: usize) -> Option<Node> {
        let question = self.find(from, to, |token| self.source(token) == "?");
        let mut open = 0usize;
        let mut at = question;
        let colon = loop {
            at = self.find(at, to, |token| matches!(self.source(token), "?" | ":"));
            open = if self.is(at, to, "?") { open + 1 } else { open.saturating_sub(1) };
            if open == 0 || at >= to {
                break at;
            }
            at += 1;
        };
        let chosen = [(question + 1, colon), (colon + 1, to)].map(|(from, to)| self.without_line_ends(from, to));
        if colon >= to || !chosen.iter().any(|&(from, to)| ["{", "["].iter().any(|b| self.is_bracketed(from, to, b))) {
            return None;
        }
        let [yes, no] = chosen.map(|(from, to)| self.structure(from, to, depth + 1).or_else(|| self.leaf(from, to)));
        let condition = self.leaf(from, question);
        let sign = |name: &str, at: usize| {
            let (text, span) = (name.to_owned(), self.span(at, at + 1));
            Scalar { text: text.into(), kind: ScalarKind::Str, quoted: false, span, map: OffsetMap::None }
        };
        let keys = [sign("if", question), sign("then", question), sign("else", colon)];
        let values = [condition, yes, no];
        let entries = keys.into_iter().zip(values).filter_map(|(key, value)| Some(Entry { key, value: value? }));
        Some(Node::mapping(self.span(from, to), entries.collect()))
    }

    /// An expression as its text. Line ends and their indentation are one blank, so that layout says nothing.
    fn expression(&mut self, from: usize, to: usize) -> Option<Node> {
        let span = self.span(from, to);
        if !self.is_expression(from, to) {
            self.error("no value that HCL knows; it was not read", span);
            return None;
        }
        let mut out = Decoded::default();
        let mut end = span.start as usize;
        for token in self.tokens.get(from..to)?.iter().filter(|token| token.kind != Kind::Line) {
            let gap = self.text.get(end..token.start).unwrap_or("");
            match gap.find(['\n', '\r']) {
                Some(line) => {
                    out.skip(end..end + line);
                    out.replace(" ", end + line..token.start);
                }
                None if gap.len() > 1 && gap.trim().is_empty() => out.replace(" ", end..token.start),
                None => out.copy(gap, end),
            }
            out.copy(self.source(token), token.start);
            end = token.end;
        }
        Some(Node::scalar(out.scalar(span, ScalarKind::Str, false)))
    }

    /// Whether operands and operators take turns. What brackets hold is not looked at.
    fn is_expression(&self, from: usize, to: usize) -> bool {
        let mut has_operand = false;
        let mut before = "";
        let mut at = from;
        while let Some(token) = self.token(at, to) {
            let sign = self.source(token);
            let fits = match token.kind {
                Kind::Line => true,
                Kind::Word | Kind::Number | Kind::Text | Kind::Heredoc => !std::mem::replace(&mut has_operand, true),
                Kind::Open => {
                    at = token.close;
                    token.closed && (!std::mem::replace(&mut has_operand, true) || sign != "{")
                }
                Kind::Sign if sign == "*" && before == "." => {
                    has_operand = true;
                    true
                }
                Kind::Sign if sign == "..." => has_operand,
                Kind::Sign if matches!(sign, "-" | "!") && !has_operand => true,
                Kind::Sign => {
                    let is_operator = matches!(
                        sign,
                        "." | "?"
                            | ":"
                            | "=="
                            | "!="
                            | "<"
                            | ">"
                            | "<="
                            | ">="
                            | "&&"
                            | "||"
                            | "+"
                            | "-"
                            | "*"
                            | "/"
                            | "%"
                    );
                    is_operator && std::mem::take(&mut has_operand)
                }
                Kind::Close | Kind::Comma | Kind::Assign | Kind::Broken => false,
            };
            if !fits {
                return false;
            }
            before = sign;
            at += 1;
        }
        has_operand
    }
}

/// The items of all lists as one; what is no list is an item.
fn joined(given: Vec<Node>, span: Span) -> Node {
    let items = given.into_iter().flat_map(|node| match node.kind {
        NodeKind::Sequence(items) => items,
        _ => vec![node],
    });
    Node::sequence(span, items.collect())
}

/// All objects as one, the later ones over the earlier; the other arguments under the function's name.
fn merged(function: Scalar, given: Vec<Node>, span: Span) -> Node {
    let (mut rest, mut entries) = (Vec::new(), Vec::new());
    for node in given {
        match node.kind {
            NodeKind::Mapping(own) => entries.extend(own),
            _ => rest.push(node),
        }
    }
    let others = match rest.len() {
        0 | 1 => rest.pop(),
        _ => rest.iter().map(|node| node.span).reduce(Span::to).map(|span| Node::sequence(span, rest)),
    };
    entries.splice(0..0, others.map(|value| Entry { key: function, value }));
    Node::mapping(span, entries)
}

/// Whether a bracket holds everything up to `to`.
fn is_whole(open: &Token, to: usize) -> bool {
    open.closed && open.close + 1 == to
}

fn number_kind(text: &str) -> ScalarKind {
    if text.bytes().all(|b| b.is_ascii_digit()) { ScalarKind::Int } else { ScalarKind::Float }
}

fn word_kind(word: &str) -> ScalarKind {
    match word {
        "true" | "false" => ScalarKind::Bool,
        "null" => ScalarKind::Null,
        _ => ScalarKind::Str,
    }
}
