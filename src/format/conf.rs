//! Configuration files of servers and tools: `[section]` headers, `key = value`, `key value` and `key: value` lines.
//!
//! One reader for postgresql.conf, my.cnf, pgbouncer.ini, php.ini, redis.conf, alembic.ini and their like. What differs
//! (comments behind a value, percent signs) follows from the file's name, because a `#` in a password must not cut it.

mod dialect;

use super::Format;
use super::decoded::{self, Decoded};
use super::template::{self, Masked};
use super::words::{gathered_but, made_key};
use crate::document::{Document, Entry, FormatId, Node, NodeKind, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};
use dialect::Dialect;
use std::collections::BTreeMap;
use std::ops::Range;

/// Configuration files by line.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Conf,
    name: "INI and conf",
    reads: "`.ini`, `.conf`, `.cnf` and `.cfg` files: postgresql.conf, my.cnf, pgbouncer.ini, php.ini, odbc.ini, \
            alembic.ini, supervisord.conf, redis.conf and their like",
    extensions: &["conf", "cnf", "cfg", "ini"],
    names: &[".my.cnf", ".pg_service.conf", ".odbc.ini", ".gitconfig", ".editorconfig"],
    words: &[],
    is_plainly: |_| false,
    parse,
};

fn parse(source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Conf);
    let masked = template::mask(&source.text, 'x');
    let text = masked.text(&source.text);
    let mut reader = Reader {
        text,
        masked: &masked,
        dialect: Dialect::of(&source.path),
        document: &mut document,
        errors: Vec::new(),
        sections: vec![Section::default()],
        current: 0,
        known: BTreeMap::new(),
        enclosing: Vec::new(),
        last: None,
    };
    let mut expressions = masked.value_lines(&source.text).peekable();
    for line in decoded::lines(text) {
        while let Some(expression) = expressions.next_if(|expression| expression.start <= line.start) {
            reader.expression(&source.text, expression);
        }
        reader.line(line);
    }
    expressions.for_each(|expression| reader.expression(&source.text, expression));
    let Reader { errors, sections, .. } = reader;
    masked.report_errors(errors, &mut document.problems);
    let entries = finish(sections);
    document.roots.extend((!entries.is_empty()).then(|| decoded::mapping(entries)));
    masked.restore(&source.text, &mut document);
    document
}

/// What stands under one header; the first section is what stands before all of them.
#[derive(Default)]
struct Section {
    header: Option<(Scalar, Span)>,
    entries: Vec<Entry>,
    /// Keys that have one value, with their last place. Others may stand several times (`save 900 1`).
    single: BTreeMap<String, Span>,
}

fn finish(sections: Vec<Section>) -> Vec<Entry> {
    let mut all = Vec::new();
    for section in sections {
        let single = section.single;
        let entries = gathered_but(section.entries, dialect::is_list, |key| single.contains_key(key));
        let Some((key, header)) = section.header else {
            all.extend(entries);
            continue;
        };
        let spans = entries.iter().map(|entry| entry.key.span.to(entry.value.span));
        all.push(Entry { key, value: Node::mapping(spans.fold(header, Span::to), entries) });
    }
    all
}

/// The setting that the next line may continue.
#[derive(Clone, Copy)]
struct Last {
    /// Columns before its key.
    indent: usize,
    /// Columns before the line that continued it, if one did.
    continued: Option<usize>,
}

struct Reader<'a> {
    text: &'a str,
    masked: &'a Masked,
    dialect: Dialect,
    document: &'a mut Document,
    errors: Vec<Problem>,
    sections: Vec<Section>,
    /// Index of the current section.
    current: usize,
    known: BTreeMap<String, usize>,
    /// Apache's sections that are open: `<VirtualHost *:80>`.
    enclosing: Vec<String>,
    last: Option<Last>,
}

impl<'a> Reader<'a> {
    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or("")
    }

    fn line(&mut self, line: Range<usize>) {
        let content = self.slice(line.clone());
        let start = line.end - content.trim_start().len();
        let end = start + self.slice(start..line.end).trim_end().len();
        let content = self.slice(start..end);
        if content.is_empty() {
            self.last = None;
            return;
        }
        if content.starts_with(['#', ';']) {
            return self.document.comments.push(decoded::comment(self.text, start..end, 1));
        }
        let indent = start - line.start;
        if self.continues(indent, content) {
            return self.continue_with(start..end, indent);
        }
        self.last = None;
        if content.starts_with('[') {
            return self.header(start..end);
        }
        if content.starts_with('<') && content.ends_with('>') {
            return self.enclosure(start..end);
        }
        let Some((key, separator, value)) = split(content) else {
            let message = "no section, `key = value` line or comment; this line was not read";
            return self.errors.push(Problem::at(ProblemKind::Syntax, message, Span::new(start, end)));
        };
        let key = self.dialect.key(Scalar::plain(content.get(..key).unwrap_or(""), start, ScalarKind::Str));
        let value = self.value(start + value..end);
        self.last = matches!(separator, '=' | ':').then_some(Last { indent, continued: None });
        self.setting(key, separator, value);
    }

    fn setting(&mut self, key: Scalar, separator: char, value: Scalar) {
        let variables = dialect::holds_variables(&key.text).then(|| dialect::variables(&key.text, &value)).flatten();
        if let Some(pairs) = variables {
            return self.variables(key, pairs);
        }
        let mut key = key;
        if separator == '=' && !dialect::is_list(&key.text) {
            key = self.single(key);
        }
        self.add(Entry { key, value: Node::scalar(value) });
    }

    /// Notes a key that has one value. Where a line of a template divides two of a name they are alternatives: the later
    /// one gets a number, so that neither is lost.
    fn single(&mut self, key: Scalar) -> Scalar {
        let masked = self.masked;
        let Some(section) = self.sections.get_mut(self.current) else { return key };
        let Some(first) = section.single.insert(key.text.to_string(), key.span) else { return key };
        if !masked.has_line_between(first.end, key.span.start) {
            self.document.problems.push(decoded::duplicate_key(key.span));
            return key;
        }
        let numbered = (2..).map(|n| format!("{}[{n}]", key.text)).find(|name| !section.single.contains_key(name));
        let Some(name) = numbered else { return key };
        section.single.insert(name.clone(), key.span);
        made_key(&name, key.span)
    }

    /// `environment = A="b",C="d"`: variables, with those that stand there already.
    fn variables(&mut self, key: Scalar, pairs: Vec<Entry>) {
        let value = decoded::mapping(pairs);
        let Some(section) = self.sections.get_mut(self.current) else { return };
        let is_known = |entry: &&mut Entry| entry.key.text == key.text && !entry.value.entries().is_empty();
        let Some(known) = section.entries.iter_mut().find(is_known) else {
            return section.entries.push(Entry { key, value });
        };
        known.value.span = known.value.span.to(value.span);
        if let (NodeKind::Mapping(pairs), NodeKind::Mapping(more)) = (&mut known.value.kind, value.kind) {
            pairs.extend(more);
        }
    }

    /// A line of a template that writes something (`{{ include "x" . }}`): what it writes is not known, but it is there.
    fn expression(&mut self, original: &str, range: Range<usize>) {
        let text = original.get(range.clone()).unwrap_or("");
        let key = made_key(text.trim(), Span::new(range.start, range.end));
        self.add(Entry { key, value: Node::scalar(decoded::omitted(range.end)) });
    }

    fn add(&mut self, entry: Entry) {
        if let Some(section) = self.sections.get_mut(self.current) {
            section.entries.push(entry);
        }
    }

    /// Whether an indented line goes on with the value before it, as Python's reader has it: behind an empty value, a
    /// comma or another such line, or where it could be no setting of its own.
    fn continues(&self, indent: usize, content: &str) -> bool {
        let Some(last) = self.last.filter(|last| indent > last.indent) else { return false };
        if last.continued.is_some_and(|columns| indent >= columns) {
            return true;
        }
        let before = self.sections.get(self.current).and_then(|section| section.entries.last());
        let value = before.and_then(|entry| entry.value.as_scalar()).map(|scalar| scalar.text.as_str());
        let is_open = value.is_none_or(|text| text.is_empty() || text.ends_with(','));
        is_open || !matches!(split(content), Some((_, '=' | ':', _)))
    }

    fn continue_with(&mut self, range: Range<usize>, indent: usize) {
        if let Some(last) = &mut self.last {
            last.continued = Some(indent);
        }
        let Some(section) = self.sections.get_mut(self.current) else { return };
        let Some(entry) = section.entries.last_mut() else { return };
        let more = self.text.get(range.clone()).unwrap_or("");
        let NodeKind::Scalar(value) = &mut entry.value.kind else {
            // Variables that go on on the next line.
            let line = Scalar::plain(more, range.start, ScalarKind::Str);
            if let (NodeKind::Mapping(pairs), Some(more)) =
                (&mut entry.value.kind, dialect::variables(&entry.key.text, &line))
            {
                entry.value.span = more.iter().fold(entry.value.span, |span, pair| span.to(pair.value.span));
                pairs.extend(more);
            }
            return;
        };
        if value.text.is_empty() {
            *value = self.dialect.value(Scalar::plain(more, range.start, ScalarKind::Str));
        } else {
            *value = lengthened(value, more, range);
        }
        if let Some(pairs) =
            dialect::holds_variables(&entry.key.text).then(|| dialect::variables(&entry.key.text, value)).flatten()
        {
            entry.value = decoded::mapping(pairs);
            return;
        }
        entry.value.span = value.span;
    }

    /// A section header. A section that is opened again goes on, as MySQL and PgBouncer have it.
    fn header(&mut self, range: Range<usize>) {
        let content = self.slice(range.clone());
        let Some(close) = content.find(']') else {
            let message = "a section header without its ]; this line was not read";
            return self.errors.push(Problem::at(ProblemKind::Syntax, message, Span::new(range.start, range.end)));
        };
        let after = content.get(close + 1..).unwrap_or("").trim_start();
        if !after.is_empty() && !after.starts_with(['#', ';']) {
            let message = "text behind a section header; this line was not read";
            return self.errors.push(Problem::at(ProblemKind::Syntax, message, Span::new(range.start, range.end)));
        }
        if !after.is_empty() {
            let comment = decoded::comment(self.text, range.end - after.len()..range.end, 1);
            self.document.comments.push(comment);
        }
        let inner = self.slice(range.start + 1..range.start + close);
        let start = range.start + 1 + (inner.len() - inner.trim_start().len());
        let key = Scalar::plain(self.slice(start..range.start + close).trim_end(), start, ScalarKind::Str);
        self.open(key, Span::new(range.start, range.start + close + 1));
    }

    /// `<Name arguments>` and `</Name>`, as Apache has them: sections inside sections.
    fn enclosure(&mut self, range: Range<usize>) {
        let inner = self.slice(range.start + 1..range.end - 1).trim();
        if inner.starts_with('/') {
            self.enclosing.pop();
        } else if self.enclosing.len() < super::MAX_DEPTH {
            self.enclosing.push(inner.to_owned());
        }
        let span = Span::new(range.start, range.end);
        match self.enclosing.is_empty() {
            true => self.current = 0,
            false => self.open(made_key(&self.enclosing.join(" > "), span), span),
        }
    }

    fn open(&mut self, key: Scalar, header: Span) {
        let next = self.sections.len();
        self.current = *self.known.entry(key.text.to_string()).or_insert(next);
        if self.current == next {
            self.sections.push(Section { header: Some((key, header)), ..Section::default() });
        }
    }

    fn value(&mut self, range: Range<usize>) -> Scalar {
        let raw = self.slice(range.clone());
        if raw.is_empty() {
            return decoded::omitted(range.start);
        }
        let quote = raw.chars().next().filter(|c| matches!(c, '\'' | '"'));
        if let Some((scalar, end)) = quote.and_then(|quote| self.quoted(range.clone(), quote)) {
            let comment = end + (range.end - end - self.slice(end..range.end).trim_start().len());
            if comment < range.end {
                self.document.comments.push(decoded::comment(self.text, comment..range.end, 1));
            }
            return scalar;
        }
        let end = range.start + self.comment_in(raw).unwrap_or(raw.len());
        if end < range.end {
            self.document.comments.push(decoded::comment(self.text, end..range.end, 1));
        }
        let value = self.slice(range.start..end).trim_end();
        if value.is_empty() {
            return decoded::omitted(range.start);
        }
        self.dialect.value(Scalar::plain(value, range.start, ScalarKind::Str))
    }

    /// Where a comment starts behind a bare value.
    fn comment_in(&self, raw: &str) -> Option<usize> {
        let follows_blank =
            |&(i, _): &(usize, &str)| raw.get(..i).is_some_and(|b| b.is_empty() || b.ends_with([' ', '\t']));
        raw.match_indices(self.dialect.comments_behind()).find(follows_blank).map(|(i, _)| i)
    }
    /// A quoted value that nothing but a comment follows. A doubled quote is one; in double quotes a backslash escapes a
    /// quote and itself.
    fn quoted(&self, range: Range<usize>, quote: char) -> Option<(Scalar, usize)> {
        let mut out = Decoded::default();
        let mut at = range.start + 1;
        out.copy("", at);
        loop {
            let rest = self.text.get(at..range.end)?;
            let stop = rest.find([quote, '\\'])?;
            out.copy(rest.get(..stop)?, at);
            at += stop;
            let two = rest.get(stop..)?.as_bytes();
            let mark = quote as u8;
            match two {
                [a, b, ..] if *a == mark && *b == mark => {
                    out.replace(quote.encode_utf8(&mut [0; 4]), at..at + 2);
                    at += 2;
                }
                [a, ..] if *a == mark => break,
                [b'\\', b, ..] if *b == mark || (*b == b'\\' && quote == '"') => {
                    let escaped = rest.get(stop + 1..stop + 2)?;
                    out.replace(escaped, at..at + 2);
                    at += 2;
                }
                _ => {
                    out.copy("\\", at);
                    at += 1;
                }
            }
        }
        let after = at + 1;
        let rest = self.slice(after..range.end).trim_start();
        let is_alone =
            rest.is_empty() || rest.starts_with('#') || (rest.starts_with(';') && self.slice(after..after + 1) == " ");
        is_alone.then(|| (out.scalar(Span::new(range.start, after), ScalarKind::Str, true), after))
    }
}

/// A value with one more line.
fn lengthened(value: &Scalar, more: &str, range: Range<usize>) -> Scalar {
    let mut out = Decoded::default();
    for (at, c) in value.text.char_indices() {
        out.replace(c.encode_utf8(&mut [0; 4]), value.source_span(at..at + c.len_utf8()).range());
    }
    out.replace("\n", value.span.end as usize..range.start);
    out.copy(more, range.start);
    out.scalar(value.span.to(Span::new(range.start, range.end)), ScalarKind::Str, value.quoted)
}

/// Splits a line: the end of the key, what separates, the start of the value.
fn split(line: &str) -> Option<(usize, char, usize)> {
    let key = line.find([' ', '\t', '=']).unwrap_or(line.len());
    let rest = line.get(key..)?;
    let gap = rest.len() - rest.trim_start().len();
    let behind = rest.trim_start();
    let value_after = |mark: usize| {
        let tail = line.get(mark + 1..).unwrap_or("");
        mark + 1 + (tail.len() - tail.trim_start().len())
    };
    if behind.starts_with('=') {
        return (key > 0).then(|| (key, '=', value_after(key + gap)));
    }
    let word = line.get(..key)?;
    if let Some(name) = word.strip_suffix(':').filter(|name| is_key(name)) {
        return Some((name.len(), ':', key + gap));
    }
    if behind.starts_with(": ") && is_key(word) {
        return Some((key, ':', value_after(key + gap)));
    }
    // `Max Pool Size = 5`: words before the sign are the key.
    if let Some(equals) = line.find('=') {
        let name = line.get(..equals)?.trim_end();
        let is_phrase = name.bytes().all(|b| b.is_ascii_alphabetic() || b == b' ') && name.contains(' ');
        let spaced = line.get(..equals)?.ends_with(' ') && line.get(equals + 1..)?.starts_with(' ');
        if is_phrase && spaced {
            return Some((name.len(), '=', value_after(equals)));
        }
    }
    is_key(word).then_some((key, ' ', key + gap))
}

/// Whether a word can be a key where no sign says so.
fn is_key(word: &str) -> bool {
    let is_part =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/' | b'*' | b'!' | b'%' | b'\\');
    !word.is_empty() && word.bytes().all(is_part)
}

#[cfg(test)]
mod tests;
