//! HAProxy: sections without brackets, lines of words, `server` lines whose options are settings of their own.
//!
//! `listen mysql` with `server db1 10.0.0.1:3306 maxconn 100` reads `listen[mysql].server[db1].maxconn`.

use super::decoded;
use super::words::{self, Rules, Words, gathered, made_key};
use super::{Format, template};
use crate::document::{Document, Entry, FormatId, Node, Scalar};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};
use std::ops::Range;

/// HAProxy.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Haproxy,
    name: "HAProxy",
    reads: "`haproxy.cfg`, and `.cfg` files with HAProxy's sections",
    extensions: &[],
    names: &["haproxy.cfg"],
    words: &["haproxy"],
    is_plainly,
    parse,
};

const RULES: Rules = Rules { escape: '\\', stops: &['#'], escapes_in_single: false, comments_between: false };

/// Words that open a section.
const SECTIONS: [&str; 14] = [
    "global",
    "defaults",
    "frontend",
    "backend",
    "listen",
    "resolvers",
    "userlist",
    "peers",
    "mailers",
    "cache",
    "program",
    "http-errors",
    "ring",
    "log-forward",
];

/// Keywords whose next word is a part of their name.
const NAMED: [&str; 9] =
    ["timeout", "option", "no", "stats", "errorfile", "acl", "tune.ssl", "compression", "http-check"];

/// Options of a `server` line that take a value.
const VALUED: [&str; 26] = [
    "maxconn",
    "minconn",
    "maxqueue",
    "weight",
    "inter",
    "fastinter",
    "downinter",
    "rise",
    "fall",
    "port",
    "addr",
    "cookie",
    "sni",
    "ca-file",
    "crt",
    "verify",
    "alpn",
    "check-sni",
    "on-error",
    "on-marked-down",
    "on-marked-up",
    "pool-max-conn",
    "pool-purge-delay",
    "pool-low-conn",
    "resolvers",
    "slowstart",
];

/// Whether sections of HAProxy stand at line starts, two different ones, and lines in them are indented.
fn is_plainly(text: &str) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    let mut indented = false;
    for line in text.lines().take(500).filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if line.starts_with([' ', '\t']) {
            indented = true;
            continue;
        }
        let mut words = line.split_whitespace();
        let Some(word) = words.next().filter(|word| SECTIONS.contains(word)) else { return false };
        let is_header = words.nth(1).is_none_or(|third| third.starts_with('#') || third == "from");
        if !is_header {
            return false;
        }
        if !seen.contains(&word) {
            seen.push(word);
        }
    }
    indented && seen.len() > 1
}

fn parse(source: &Source, id: SourceId) -> Document {
    let masked = template::mask(&source.text, 'x');
    let text = masked.text(&source.text);
    let mut reader = Reader {
        words: Words::new(text, RULES),
        document: decoded::document(id, FormatId::Haproxy),
        errors: Vec::new(),
        sections: Vec::new(),
    };
    decoded::lines(text).for_each(|line| reader.line(line));
    let Reader { mut document, errors, sections, .. } = reader;
    masked.report_errors(errors, &mut document.problems);
    let entries: Vec<Entry> = sections.into_iter().map(Section::finish).collect();
    document.roots.extend((!entries.is_empty()).then(|| decoded::mapping(entries)));
    masked.restore(&source.text, &mut document);
    document
}

struct Section {
    key: Scalar,
    entries: Vec<Entry>,
}

impl Section {
    fn finish(self) -> Entry {
        let entries = gathered(self.entries, |_| false);
        let spans = entries.iter().map(|entry| entry.key.span.to(entry.value.span));
        let span = spans.reduce(Span::to).unwrap_or(Span { start: self.key.span.end, end: self.key.span.end });
        Entry { key: self.key, value: Node::mapping(span, entries) }
    }
}

struct Reader<'a> {
    words: Words<'a>,
    document: Document,
    errors: Vec<Problem>,
    sections: Vec<Section>,
}

impl Reader<'_> {
    fn line(&mut self, line: Range<usize>) {
        let content = self.words.text.get(line.clone()).unwrap_or("");
        let start = line.end - content.trim_start().len();
        let is_at_margin = start == line.start;
        let words = self.split(start..line.end);
        let Some(first) = words.first() else { return };
        if is_at_margin || self.sections.is_empty() {
            if SECTIONS.contains(&first.text.as_str()) {
                return self.section(&words);
            }
            if self.sections.is_empty() {
                let message = "a line before the first section; it was not read";
                return self.errors.push(Problem::at(ProblemKind::Syntax, message, first.span));
            }
        }
        let Some(section) = self.sections.last_mut() else { return };
        section.entries.extend(setting(self.words.text, words));
    }

    /// The words of a line; a comment ends them.
    fn split(&mut self, range: Range<usize>) -> Vec<Scalar> {
        let words = self.words.until(range.end);
        let mut found = Vec::new();
        let mut at = words.skip_blanks(range.start);
        while at < range.end {
            if words.rest(at).starts_with('#') {
                self.document.comments.push(decoded::comment(words.text, at..range.end, 1));
                break;
            }
            let word = words.word(at);
            if !word.closed {
                self.errors.push(words::unclosed(word.scalar.span));
            }
            found.push(word.scalar);
            at = words.skip_blanks(word.end.max(at + 1));
        }
        found
    }

    fn section(&mut self, words: &[Scalar]) {
        let Some(first) = words.first() else { return };
        let text = match words.get(1) {
            Some(name) => format!("{}[{}]", first.text, name.text),
            None => first.text.to_string(),
        };
        let span = words.get(1).map_or(first.span, |name| first.span.to(name.span));
        self.sections.push(Section { key: made_key(&text, span), entries: Vec::new() });
    }
}

/// One line of a section.
fn setting(text: &str, words: Vec<Scalar>) -> Option<Entry> {
    let first = words.first()?;
    let second = words.get(1);
    match (first.text.as_str(), second) {
        ("server" | "default-server" | "server-template", _) => server(words),
        (name, Some(next)) if NAMED.contains(&name) => {
            let key = made_key(&format!("{name} {}", next.text), first.span.to(next.span));
            Some(Entry { key, value: Node::scalar(words::joined(text, &words, 2)) })
        }
        _ => Some(Entry { key: first.clone(), value: Node::scalar(words::joined(text, &words, 1)) }),
    }
}

/// `server name address [option [value]]…`; each option that takes a value is a setting.
fn server(words: Vec<Scalar>) -> Option<Entry> {
    let first = words.first()?;
    let has_name = first.text != "default-server";
    let name = words.get(1).filter(|_| has_name);
    let mut entries = Vec::new();
    let mut from = if has_name { 2 } else { 1 };
    if let Some(address) = words.get(from).filter(|_| has_name) {
        entries.push(Entry { key: made_key("address", address.span), value: Node::scalar(address.clone()) });
        from += 1;
    }
    let mut words_left = words.iter().skip(from);
    while let Some(option) = words_left.next() {
        let value = if VALUED.contains(&option.text.as_str()) { words_left.next() } else { None };
        let end = option.span.end as usize;
        let value = value.cloned().unwrap_or_else(|| decoded::omitted(end));
        entries.push(Entry { key: option.clone(), value: Node::scalar(value) });
    }
    let (text, span) = match name {
        Some(name) => (format!("{}[{}]", first.text, name.text), first.span.to(name.span)),
        None => (first.text.to_string(), first.span),
    };
    let value =
        if entries.is_empty() { Node::scalar(decoded::omitted(span.end as usize)) } else { decoded::mapping(entries) };
    Some(Entry { key: made_key(&text, span), value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::check::{self, comments, leaves, only_problem};
    use crate::format::detect;

    #[test]
    fn sections_and_servers_have_paths() {
        let text = "# head\nglobal\n    maxconn 4000\ndefaults\n    timeout connect  5s # c\n    mode tcp\nlisten mysql\n    \
                    bind *:3306 ssl\n    server db1 10.0.0.1:3306 maxconn 100 check\n    server db2 \"${H}:3306\" backup\n    \
                    balance leastconn\n    option mysql-check user x\n";
        let document = check::read("haproxy.cfg", text);
        let expected = [
            "global.maxconn=4000 Str `4000`",
            "defaults.timeout connect=5s Str `5s`",
            "defaults.mode=tcp Str `tcp`",
            "listen[mysql].bind=*:3306 ssl Str `*:3306 ssl`",
            "listen[mysql].server[db1].address=10.0.0.1:3306 Str `10.0.0.1:3306`",
            "listen[mysql].server[db1].maxconn=100 Str `100`",
            "listen[mysql].server[db1].check= Null ``",
            "listen[mysql].server[db2].address=${H}:3306 Str `\"${H}:3306\"`",
            "listen[mysql].server[db2].backup= Null ``",
            "listen[mysql].balance=leastconn Str `leastconn`",
            "listen[mysql].option mysql-check=user x Str `user x`",
        ];
        assert_eq!(leaves(&document), expected);
        assert_eq!(comments(&document), ["head", "c"]);
        assert!(document.problems.is_empty());
    }

    #[test]
    fn repeated_lines_are_a_list() {
        let document = check::read("haproxy.cfg", "frontend a\n  bind :80\n  bind :81\n");
        assert_eq!(leaves(&document), ["frontend[a].bind.0=:80 Str `:80`", "frontend[a].bind.1=:81 Str `:81`"]);
    }

    #[test]
    fn a_line_before_all_sections_is_named() {
        let document = check::read("haproxy.cfg", "maxconn 5\nglobal\n  maxconn 6\n");
        assert_eq!(only_problem(&document), (ProblemKind::Syntax, "maxconn".into()));
        assert_eq!(leaves(&document).len(), 1);
    }

    #[test]
    fn the_sections_tell_it() {
        let text = "global\n  daemon\ndefaults\n  mode tcp\nbackend x\n  server a b:1\n";
        assert_eq!(detect("lb.cfg", text), FormatId::Haproxy);
        for text in ["[global]\na = 1\n[defaults]\n", "global 1\ndefaults 2\n", "global\n  x\n"] {
            assert_ne!(detect("lb.cfg", text), FormatId::Haproxy, "{text}");
        }
    }
}
