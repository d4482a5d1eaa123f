//! Configuration files of servers and tools: `[section]` headers, `key = value`, `key value` and `key: value` lines.
//!
//! One reader for postgresql.conf, my.cnf, pgbouncer.ini, redis.conf and their like. What differs (comments behind a
//! value) follows from the file's name, because a `#` in a password must not cut it.

use super::Format;
use super::decoded::{self, Decoded};
use super::template::{self, Masked};
use crate::document::{Document, Entry, FormatId, Node, NodeKind, OffsetMap, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::ops::Range;

/// Configuration files by line.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Conf,
    name: "INI and conf",
    reads: "`.ini`, `.conf`, `.cnf` and `.cfg` files: postgresql.conf, my.cnf, pgbouncer.ini, redis.conf",
    extensions: &["conf", "cnf", "cfg", "ini"],
    names: &[".my.cnf", ".pg_service.conf"],
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
        comments_behind: comments_behind(&source.path),
        document: &mut document,
        errors: Vec::new(),
        entries: Vec::new(),
        section: None,
        sections: BTreeMap::new(),
        keys: BTreeMap::new(),
    };
    decoded::lines(text).for_each(|line| reader.line(line));
    let Reader { errors, entries, .. } = reader;
    masked.report_errors(errors, &mut document.problems);
    document.roots.extend((!entries.is_empty()).then(|| decoded::mapping(entries)));
    masked.restore(&source.text, &mut document);
    document
}

/// Whether a comment may stand behind a value: PostgreSQL and MySQL say so, for others a `#` may be part of a password.
fn comments_behind(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.contains("postgres") || name.starts_with("my.") || name.starts_with(".my.") || name.ends_with(".cnf")
}

struct Reader<'a> {
    text: &'a str,
    masked: &'a Masked,
    comments_behind: bool,
    document: &'a mut Document,
    errors: Vec<Problem>,
    entries: Vec<Entry>,
    /// Index of the current section in `entries`.
    section: Option<usize>,
    sections: BTreeMap<String, usize>,
    /// Keys written with `=`, by section. Others may stand several times (`save 900 1`).
    keys: BTreeMap<(Option<usize>, String), Span>,
}

impl Reader<'_> {
    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or("")
    }

    fn line(&mut self, line: Range<usize>) {
        let content = self.slice(line.clone());
        let start = line.end - content.trim_start().len();
        let end = start + self.slice(start..line.end).trim_end().len();
        let content = self.slice(start..end);
        if content.is_empty() {
            return;
        }
        if content.starts_with(['#', ';']) {
            return self.document.comments.push(decoded::comment(self.text, start..end, 1));
        }
        if content.starts_with('[') {
            return self.header(start..end);
        }
        let Some((key, separator, value)) = split(content) else {
            let message = "no section, `key = value` line or comment; this line was not read";
            return self.errors.push(Problem::at(ProblemKind::Syntax, message, Span::new(start, end)));
        };
        let key = Scalar::plain(content.get(..key).unwrap_or(""), start, ScalarKind::Str);
        let value = self.value(start + value..end);
        if separator == '=' {
            let place = (self.section, key.text.to_string());
            let known = self.keys.insert(place, key.span);
            if known.is_some_and(|first| !self.masked.has_line_between(first.end, key.span.start)) {
                self.document.problems.push(decoded::duplicate_key(key.span));
            }
        }
        self.add(Entry { key, value: Node::scalar(value) });
    }

    fn add(&mut self, entry: Entry) {
        let Some(section) = self.section.and_then(|index| self.entries.get_mut(index)) else {
            return self.entries.push(entry);
        };
        section.value.span = section.value.span.to(entry.key.span).to(entry.value.span);
        if let NodeKind::Mapping(entries) = &mut section.value.kind {
            entries.push(entry);
        }
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
        if let Some(&known) = self.sections.get(key.text.as_str()) {
            self.section = Some(known);
            return;
        }
        self.sections.insert(key.text.to_string(), self.entries.len());
        self.section = Some(self.entries.len());
        let span = Span::new(range.start, range.start + close + 1);
        self.entries.push(Entry { key, value: Node::mapping(span, Vec::new()) });
    }

    fn value(&mut self, range: Range<usize>) -> Scalar {
        let raw = self.slice(range.clone());
        if raw.is_empty() {
            return omitted(range.start);
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
        if value.is_empty() { omitted(range.start) } else { Scalar::plain(value, range.start, ScalarKind::Str) }
    }

    /// Where a comment starts behind a bare value.
    fn comment_in(&self, raw: &str) -> Option<usize> {
        let follows_blank =
            |&(i, _): &(usize, &str)| raw.get(..i).is_some_and(|b| b.is_empty() || b.ends_with([' ', '\t']));
        raw.match_indices('#').find(follows_blank).map(|(i, _)| i).filter(|_| self.comments_behind)
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

fn omitted(at: usize) -> Scalar {
    Scalar {
        text: SmolStr::default(),
        kind: ScalarKind::Null,
        quoted: false,
        span: Span::new(at, at),
        map: OffsetMap::None,
    }
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
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/' | b'*' | b'!');
    !word.is_empty() && word.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::check::{self, comments, leaves, only_problem};

    #[test]
    fn postgresql_conf_has_quotes_and_comments_behind_values() {
        let text = "# head\nmax_connections = 200\t# (change requires restart)\nlisten_addresses = '*'  # all\n\
                    work_mem 4MB\nlog_line_prefix = '%m it''s # '\nport = # none\nsuperuser_reserved_connections=3\n";
        let document = check::read("postgresql.conf", text);
        assert_eq!(
            leaves(&document),
            [
                "max_connections=200 Str `200`",
                "listen_addresses=* Str `'*'`",
                "work_mem=4MB Str `4MB`",
                "log_line_prefix=%m it's #  Str `'%m it''s # '`",
                "port= Null ``",
                "superuser_reserved_connections=3 Str `3`",
            ]
        );
        assert_eq!(comments(&document), ["head", "(change requires restart)", "all", "none"]);
        assert!(document.problems.is_empty());
    }

    #[test]
    fn my_cnf_has_sections_and_flags() {
        let text = "[mysqld]\nmax_connections=500 # peak\nskip-networking\n!includedir /etc/mysql/conf.d/\n\
                    [client]\nport = 3306\n[mysqld]\nwait_timeout = 60\n";
        assert_eq!(
            leaves(&check::read("my.cnf", text)),
            [
                "mysqld.max_connections=500 Str `500`",
                "mysqld.skip-networking= Null ``",
                "mysqld.!includedir=/etc/mysql/conf.d/ Str `/etc/mysql/conf.d/`",
                "mysqld.wait_timeout=60 Str `60`",
                "client.port=3306 Str `3306`",
            ]
        );
    }

    #[test]
    fn pgbouncer_ini_keeps_whole_connection_strings() {
        let text = "[databases]\n; fallback\n* = host=db port=5432\napp = host=db password='a#b' pool_size=20\n\
                    [pgbouncer] ; main\ndefault_pool_size = 20\n";
        let document = check::read("pgbouncer.ini", text);
        assert_eq!(
            leaves(&document),
            [
                "databases.*=host=db port=5432 Str `host=db port=5432`",
                "databases.app=host=db password='a#b' pool_size=20 Str `host=db password='a#b' pool_size=20`",
                "pgbouncer.default_pool_size=20 Str `20`",
            ]
        );
        assert_eq!(comments(&document), ["fallback", "main"]);
    }

    #[test]
    fn redis_conf_has_values_after_blanks() {
        let text = "maxclients 10000\nsave 900 1\nsave 300 10\nrequirepass a=b #c\nbind 127.0.0.1 ::1\nunixsocket \"/tmp/r\\\\ \\\"s\"\n";
        let document = check::read("redis.conf", text);
        assert_eq!(
            leaves(&document),
            [
                "maxclients=10000 Str `10000`",
                "save=900 1 Str `900 1`",
                "save=300 10 Str `300 10`",
                "requirepass=a=b #c Str `a=b #c`",
                "bind=127.0.0.1 ::1 Str `127.0.0.1 ::1`",
                "unixsocket=/tmp/r\\ \"s Str `\"/tmp/r\\\\ \\\"s\"`",
            ]
        );
        assert!(document.problems.is_empty());
    }

    #[test]
    fn other_ini_files_may_have_colons_and_phrases() {
        let text = "[db]\nurl: postgres://u:p@h/d\nMax Pool Size = 5\nhost : x\n";
        assert_eq!(
            leaves(&check::read("app.ini", text)),
            ["db.url=postgres://u:p@h/d Str `postgres://u:p@h/d`", "db.Max Pool Size=5 Str `5`", "db.host=x Str `x`"]
        );
    }

    #[test]
    fn a_line_that_is_nothing_is_named_and_the_rest_is_read() {
        let document = check::read("a.ini", "a = 1\n[open\n(what) is this\nb = 2\n");
        assert_eq!(leaves(&document), ["a=1 Str `1`", "b=2 Str `2`"]);
        assert_eq!(document.problems.len(), 2);
        assert!(document.problems.iter().all(|p| p.kind == ProblemKind::Syntax));
    }

    #[test]
    fn a_template_is_read_around_its_expressions() {
        let text = "[databases]\n{% for u in users %}\n{{ u }} = host={{ h('#x') }} port=5432\n{% endfor %}\n\
                    [x]\n{% if a %}\nb = 1\n{% else %}\nb = 2\n{% endif %}\n";
        let document = check::read("pgbouncer.ini.j2", text);
        assert_eq!(
            leaves(&document),
            [
                "databases.{{ u }}=host={{ h('#x') }} port=5432 Str `host={{ h('#x') }} port=5432`",
                "x.b=1 Str `1`",
                "x.b=2 Str `2`"
            ]
        );
        assert!(document.problems.is_empty());
        assert_eq!(document.templated, 7);
    }

    #[test]
    fn equal_keys_of_one_section_are_named() {
        let document = check::read("a.ini", "[x]\na = 1\n[y]\na = 1\n[x]\na = 2\n");
        assert_eq!(only_problem(&document), (ProblemKind::DuplicateKey, "a".into()));
        assert_eq!(document.problems[0].span.map(|s| s.start), Some(24));
    }
}
