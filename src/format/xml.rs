//! XML files: application servers, .NET, persistence units, Spring beans.
//!
//! The tree is the file's own. An element is a mapping under its name, in file order: attributes (quoted scalars), text
//! (bare scalars under an empty key), elements (mappings). What the vocabulary means by it is `platform/xml`'s business.
//! Entities are the five predefined ones and numbers; a DTD is passed over, so nothing is ever fetched or expanded.

mod looks;

pub(super) use looks::is_html;

use super::decoded::{self, Decoded};
use super::template::{self, Masked};
use super::{Format, MAX_DEPTH};
use crate::document::{Comment, Document, Entry, FormatId, Node, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::ops::Range;

/// XML.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Xml,
    name: "XML",
    reads: "`.xml` and `.config` files: context.xml, web.config, persistence.xml, Spring beans, WildFly",
    extensions: &["xml", "config"],
    names: &[],
    words: &[],
    is_plainly: looks::is_plainly,
    parse,
};

/// How often reading starts anew behind a place that is no XML. A file with more of them is none.
const MAX_RESTARTS: usize = 20;

fn parse(source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Xml);
    let masked = template::mask(&source.text, 'x');
    let text = masked.text(&source.text);
    let mut tree = Tree {
        text,
        masked: &masked,
        document: &mut document,
        errors: Vec::new(),
        open: Vec::new(),
        below: 0,
        is_too_deep: false,
        roots: Vec::new(),
    };
    tree.read();
    let Tree { errors, roots, .. } = tree;
    masked.report_errors(errors, &mut document.problems);
    if !roots.is_empty() {
        document.roots.push(Node::mapping(Span::new(0, text.len()), roots));
    }
    masked.restore(&source.text, &mut document);
    for comment in &mut document.comments {
        comment.text = comment_text(source.slice(comment.span)).to_owned();
    }
    document
}

fn comment_text(raw: &str) -> &str {
    raw.strip_prefix("<!--").unwrap_or(raw).trim_end_matches("-->").trim()
}

/// An element whose end is still to come.
struct Open {
    key: Scalar,
    start: usize,
    entries: Vec<Entry>,
    has_elements: bool,
    /// Text since the last element, with the bytes that it came from.
    text: Decoded,
    text_span: Option<Span>,
}

struct Tree<'a> {
    text: &'a str,
    masked: &'a Masked,
    document: &'a mut Document,
    errors: Vec<Problem>,
    open: Vec<Open>,
    /// Open elements that are too deep to be kept.
    below: usize,
    is_too_deep: bool,
    roots: Vec<Entry>,
}

impl Tree<'_> {
    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or("")
    }

    fn error(&mut self, message: &str, range: Range<usize>) {
        let end = super::boundary(self.text, range.end);
        let span = Span::new(super::boundary(self.text, range.start), end);
        self.errors.push(Problem::at(ProblemKind::Syntax, format!("XML: {message}"), span));
    }

    fn read(&mut self) {
        let mut from = self.text.len() - self.text.trim_start_matches('\u{feff}').len();
        for _ in 0..MAX_RESTARTS {
            let Some(at) = self.read_from(from) else { return self.finish() };
            let rest = self.text.get(at..).unwrap_or("");
            let Some(next) = rest.find('<') else { return self.finish() };
            from = at + next;
        }
        self.error("too many places are no XML; not read from here on", from..from + 1);
        self.finish();
    }

    /// Reads from `from` to the end, or to a place that is no markup; the answer is where to look for more.
    fn read_from(&mut self, from: usize) -> Option<usize> {
        let mut reader = Reader::from_str(self.text.get(from..)?);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        loop {
            let start = from + usize::try_from(reader.buffer_position()).ok()?;
            let event = reader.read_event();
            let range = start..from + usize::try_from(reader.buffer_position()).ok()?;
            match event {
                Ok(Event::Eof) => return None,
                Ok(Event::Start(_) | Event::Empty(_)) => {
                    if let Some(again) = self.start(range) {
                        return Some(again);
                    }
                }
                Ok(Event::End(_)) => self.end(range),
                Ok(Event::Text(_) | Event::GeneralRef(_)) => self.text(range, true),
                Ok(Event::CData(_)) => self.text(range.start + 9..range.end.saturating_sub(3), false),
                Ok(Event::Comment(_)) => {
                    let span = Span::new(range.start, range.end);
                    self.skip_in_text(range);
                    self.document.comments.push(Comment { span, text: String::new() });
                }
                Ok(Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => self.skip_in_text(range),
                // A document type without a name; the bytes are behind us.
                Err(quick_xml::Error::IllFormed(_)) => {}
                Err(_) => {
                    let at = from + usize::try_from(reader.error_position()).ok()?;
                    self.error("this markup is not closed; it was passed over", at..at + 1);
                    return Some(at + 1);
                }
            }
        }
    }

    /// A start tag. The answer is where to go on if the tag breaks off.
    fn start(&mut self, tag: Range<usize>) -> Option<usize> {
        let inner = tag.start + 1..tag.end.saturating_sub(1);
        let content = self.slice(inner.clone());
        let len = content.find(|c: char| c.is_ascii_whitespace() || "/<>=\"'".contains(c)).unwrap_or(content.len());
        if !content.starts_with(is_name_start) {
            self.error("a < that starts no tag; write &lt; for the character", tag.start..tag.start + 1);
            return Some(tag.start + 1);
        }
        let key = Scalar::plain(content.get(..len)?, inner.start, ScalarKind::Str);
        let is_empty = content.ends_with('/');
        let end = inner.end - usize::from(is_empty);
        let mut open = Open {
            key,
            start: tag.start,
            entries: Vec::new(),
            has_elements: false,
            text: Decoded::default(),
            text_span: None,
        };
        let broken = self.attributes(inner.start + len..end.max(inner.start + len), &mut open.entries);
        if let Some(parent) = self.open.last_mut().filter(|_| self.below == 0) {
            parent.has_elements = true;
        }
        self.flush();
        let Some(broken) = broken else {
            self.push(open);
            if is_empty {
                self.close(tag.end);
            }
            return None;
        };
        // What follows the broken quote is markup again, and this tag ended somewhere before it.
        let next = self.slice(broken..tag.end).find('<').map_or(tag.end, |i| broken + i);
        let was_empty = self.slice(tag.start..next).trim_end().ends_with("/>");
        self.push(open);
        if was_empty {
            self.close(next);
        }
        (next < tag.end).then_some(next)
    }

    fn push(&mut self, open: Open) {
        if self.below > 0 || self.open.len() >= MAX_DEPTH {
            if !self.is_too_deep {
                self.document.problems.push(super::too_deep(Some(open.key.span)));
            }
            self.is_too_deep = true;
            self.below += 1;
            return;
        }
        self.open.push(open);
    }

    /// Reads the attributes of a tag; the answer is where they break off.
    fn attributes(&mut self, range: Range<usize>, entries: &mut Vec<Entry>) -> Option<usize> {
        let mut at = range.start;
        loop {
            at = self.skip_blanks(at, range.end);
            if at >= range.end {
                break;
            }
            let rest = self.slice(at..range.end);
            let len = rest.find(|c: char| c.is_ascii_whitespace() || "=\"'<".contains(c)).unwrap_or(rest.len());
            if len == 0 {
                self.error("the quotes of this tag do not match; its attributes were read up to here", at..at + 1);
                return Some(at);
            }
            let key = Scalar::plain(rest.get(..len)?, at, ScalarKind::Str);
            let equals = self.skip_blanks(at + len, range.end);
            if !self.slice(equals..range.end).starts_with('=') {
                self.error("an attribute without a value; it was passed over", at..at + len);
                at += len;
                continue;
            }
            let open = self.skip_blanks(equals + 1, range.end);
            let Some((value, end)) = self.value(open..range.end) else {
                self.error("the quotes of this tag do not match; its attributes were read up to here", at..at + len);
                return Some(open);
            };
            at = end;
            entries.push(Entry { key, value: Node::scalar(value) });
        }
        self.masked.report_equal(entries, &mut self.document.problems);
        None
    }

    fn skip_blanks(&self, at: usize, end: usize) -> usize {
        let rest = self.slice(at..end);
        at + (rest.len() - rest.trim_start().len())
    }

    /// A value, and the end of its quotes. No value holds a `<`: there a quote was forgotten.
    fn value(&mut self, range: Range<usize>) -> Option<(Scalar, usize)> {
        let raw = self.slice(range.clone());
        let Some(quote) = raw.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
            let len = raw.find(|c: char| c.is_ascii_whitespace() || "\"'<".contains(c)).unwrap_or(raw.len());
            let bare = Scalar { quoted: true, ..Scalar::plain(raw.get(..len)?, range.start, ScalarKind::Str) };
            self.error(
                "a value that is not in quotes; a strict reader refuses the file",
                range.start..range.start + len,
            );
            return Some((bare, range.start + len));
        };
        let len = raw.get(1..)?.find(quote)?;
        if raw.get(1..=len)?.contains('<') {
            return None;
        }
        let inner = range.start + 1..range.start + 1 + len;
        let end = inner.end + 1;
        let mut out = Decoded::default();
        out.copy("", inner.start);
        self.decode(&mut out, inner, Text::Attribute);
        Some((out.scalar(Span::new(range.start, end), ScalarKind::Str, true), end))
    }

    /// Text between tags; `has_entities` is false for CDATA.
    fn text(&mut self, range: Range<usize>, has_entities: bool) {
        let is_blank = self.slice(range.clone()).trim().is_empty();
        if self.below > 0 {
            return;
        }
        let Some(mut open) = self.open.pop() else {
            if !is_blank {
                let start = self.skip_blanks(range.start, range.end);
                self.error("text outside of the root element; it was passed over", start..start + 1);
            }
            return;
        };
        let kind = if has_entities { Text::Content } else { Text::Literal };
        let span = Span::new(range.start, range.end);
        self.decode(&mut open.text, range, kind);
        open.text_span = Some(open.text_span.map_or(span, |before| before.to(span)));
        self.open.push(open);
    }

    fn skip_in_text(&mut self, range: Range<usize>) {
        if let Some(open) = self.open.last_mut().filter(|open| self.below == 0 && open.text_span.is_some()) {
            open.text.skip(range);
        }
    }

    /// Ends a run of text. Blanks between elements are layout, and so are lines of template expressions there.
    fn flush(&mut self) {
        if self.below > 0 {
            return;
        }
        let Some(open) = self.open.last_mut() else { return };
        let text = std::mem::take(&mut open.text);
        let Some(span) = open.text_span.take() else { return };
        let is_blank = text.text().trim().is_empty();
        let writes = !open.has_elements && self.masked.original(self.text, span.range()).is_some();
        if !is_blank || writes {
            let key = Scalar::plain("", span.start as usize, ScalarKind::Str);
            open.entries.push(Entry { key, value: Node::scalar(text.scalar(span, ScalarKind::Str, false)) });
        }
    }

    /// An end tag: closes the nearest element of its name, and with it what was left open inside.
    fn end(&mut self, tag: Range<usize>) {
        if self.below > 0 {
            self.below -= 1;
            return;
        }
        let name = self.slice(tag.start + 2..tag.end.saturating_sub(1)).trim();
        let Some(depth) = self.open.iter().rposition(|open| open.key.text == name) else {
            return self.error("an end tag that no start tag belongs to; it was passed over", tag);
        };
        while self.open.len() > depth + 1 {
            self.unclosed();
            self.close(tag.start);
        }
        self.close(tag.end);
    }

    fn unclosed(&mut self) {
        if let Some(span) = self.open.last().map(|open| open.key.span) {
            self.error("this element is not closed; it was read up to the end of the one around it", span.range());
        }
    }

    /// Closes the innermost element at `end`.
    fn close(&mut self, end: usize) {
        if self.below > 0 {
            self.below -= 1;
            return;
        }
        self.flush();
        let Some(open) = self.open.pop() else { return };
        let entry = Entry { key: open.key, value: Node::mapping(Span::new(open.start, end), open.entries) };
        match self.open.last_mut() {
            Some(parent) => parent.entries.push(entry),
            None => self.roots.push(entry),
        }
    }

    fn finish(&mut self) {
        self.below = 0;
        while !self.open.is_empty() {
            self.unclosed();
            self.close(self.text.len());
        }
        if self.roots.is_empty() && self.errors.is_empty() && !self.text.trim().is_empty() {
            self.error("no element; the file was not read", 0..0);
        }
    }

    /// Decodes entities and line ends.
    fn decode(&mut self, out: &mut Decoded, range: Range<usize>, kind: Text) {
        let mut at = range.start;
        while at < range.end {
            let rest = self.text.get(at..range.end).unwrap_or("");
            let stop = rest.find(|c| kind.is_special(c)).unwrap_or(rest.len());
            out.copy(rest.get(..stop).unwrap_or(""), at);
            at += stop;
            let rest = rest.get(stop..).unwrap_or("");
            let Some(c) = rest.chars().next() else { break };
            if c != '&' {
                let len = if rest.starts_with("\r\n") { 2 } else { 1 };
                out.replace(kind.line_end(), at..at + len);
                at += len;
                continue;
            }
            match entity(rest) {
                Entity::Character(c, len) => {
                    out.replace(c.encode_utf8(&mut [0; 4]), at..at + len);
                    at += len;
                }
                Entity::Named(len) => {
                    // Only the DTD would know it.
                    out.copy(rest.get(..len).unwrap_or(""), at);
                    at += len;
                }
                Entity::None => {
                    self.error("a bare &; write &amp; or a strict reader refuses the file", at..at + 1);
                    out.copy("&", at);
                    at += 1;
                }
            }
        }
    }
}

/// Where a text stands; that decides what is decoded in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Attribute,
    Content,
    Literal,
}

impl Text {
    fn is_special(self, c: char) -> bool {
        match c {
            '&' => self != Text::Literal,
            '\r' => true,
            '\n' | '\t' => self == Text::Attribute,
            _ => false,
        }
    }

    /// What a line end reads as.
    fn line_end(self) -> &'static str {
        if self == Text::Attribute { " " } else { "\n" }
    }
}

/// What an `&` starts.
enum Entity {
    /// A character, and the number of bytes it was written in.
    Character(char, usize),
    /// A name that is none of the predefined ones, with the number of bytes.
    Named(usize),
    None,
}

/// Longest entity looked for.
const LONGEST_ENTITY: usize = 64;

fn entity(text: &str) -> Entity {
    let Some(end) = text.bytes().take(LONGEST_ENTITY).position(|b| b == b';') else { return Entity::None };
    let name = text.get(1..end).unwrap_or("");
    let character = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => number(name),
    };
    if let Some(c) = character {
        return Entity::Character(c, end + 1);
    }
    let is_name = name.starts_with(is_name_start) && name.chars().all(is_name_part);
    if is_name { Entity::Named(end + 1) } else { Entity::None }
}

/// `#65` and `#x41`; none of the characters that XML forbids.
fn number(name: &str) -> Option<char> {
    let digits = name.strip_prefix('#')?;
    let code = match digits.strip_prefix('x') {
        Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16).ok()?,
        None if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
        _ => return None,
    };
    char::from_u32(code).filter(|c| matches!(c, '\t' | '\n' | '\r') || *c >= ' ')
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == ':'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.')
}

#[cfg(test)]
mod tests;
