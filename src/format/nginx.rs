//! nginx: directives that end in `;`, blocks in braces.
//!
//! A block goes by its name and its words (`upstream[db]`), a directive that stands several times by its first word
//! (`server[10.0.0.1:5432]`). Blocks of programs (`content_by_lua_block`) are not looked into.

use super::decoded::{self, Decoded};
use super::words::{self, made_key};
use super::{Format, MAX_DEPTH, template, too_deep};
use crate::document::{Document, Entry, FormatId, Node, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};
use std::collections::BTreeMap;

/// nginx.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Nginx,
    name: "nginx",
    reads: "`nginx.conf`, and `.conf` files with nginx's blocks and directives",
    extensions: &["nginx"],
    names: &["nginx.conf"],
    words: &[],
    is_plainly,
    parse,
};

/// Blocks and directives that tell nginx from other files with braces.
const TELLING: [&str; 16] = [
    "server_name",
    "proxy_pass",
    "fastcgi_pass",
    "uwsgi_pass",
    "location",
    "upstream",
    "listen",
    "proxy_set_header",
    "worker_processes",
    "worker_connections",
    "ssl_certificate",
    "add_header",
    "access_log",
    "map",
    "limit_req_zone",
    "resolver",
];

/// Whether two different telling directives start lines that end as nginx's do.
fn is_plainly(text: &str) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    for line in text.lines().take(500) {
        // Such a line at the margin is YAML's, which may hold a configuration of nginx as a text.
        if line.starts_with(|c: char| c.is_ascii_alphabetic())
            && line.split(' ').next().is_some_and(|w| w.ends_with(':'))
        {
            return false;
        }
        let line = line.split(" #").next().unwrap_or(line).trim();
        let ends = line.ends_with(';') || line.ends_with('{') || line.ends_with(";}") || line.ends_with("; }");
        let word = line.split([' ', '\t']).next().unwrap_or("");
        // `upstream = x;` and `listen: x` are others' ways.
        let behind = line.get(word.len()..).unwrap_or("").trim_start();
        let is_other = behind.starts_with(['=', ':']) || word.len() == line.len();
        if ends && !is_other && TELLING.contains(&word) && !seen.contains(&word) {
            seen.push(word);
        }
        if seen.len() > 1 {
            return true;
        }
    }
    false
}

fn parse(source: &Source, id: SourceId) -> Document {
    let masked = template::mask(&source.text, 'x');
    let text = masked.text(&source.text);
    let document = decoded::document(id, FormatId::Nginx);
    let mut reader = Reader { text, at: 0, document, errors: Vec::new(), too_deep: false };
    let entries = reader.read();
    let Reader { mut document, errors, .. } = reader;
    masked.report_errors(errors, &mut document.problems);
    document.roots.extend((!entries.is_empty()).then(|| decoded::mapping(entries)));
    masked.restore(&source.text, &mut document);
    document
}

/// A block that is being read.
struct Block {
    words: Vec<Scalar>,
    /// What stands in it.
    directives: Vec<Directive>,
}

/// A directive, or a block that is closed.
struct Directive {
    words: Vec<Scalar>,
    /// The content of a block.
    block: Option<(Span, Vec<Entry>)>,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    document: Document,
    errors: Vec<Problem>,
    too_deep: bool,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn read(&mut self) -> Vec<Entry> {
        let mut open: Vec<Block> = vec![Block { words: Vec::new(), directives: Vec::new() }];
        let mut words: Vec<Scalar> = Vec::new();
        loop {
            self.skip_blanks();
            let Some(c) = self.rest().chars().next() else { break };
            match c {
                ';' => {
                    self.at += 1;
                    finish(&mut open, &mut words, None);
                }
                '{' if words.first().is_some_and(|word| word.text.ends_with("_lua_block")) => {
                    let program = self.program();
                    words.push(program);
                    finish(&mut open, &mut words, None);
                }
                '{' => self.open(&mut open, std::mem::take(&mut words)),
                '}' => self.close(&mut open, &mut words),
                _ => words.push(self.word()),
            }
        }
        if let Some(span) = words.first().map(|word| word.span) {
            self.error("a directive without its ;", span);
            finish(&mut open, &mut words, None);
        }
        while open.len() > 1 {
            let end = self.text.len();
            let span = open.last().and_then(|block| block.words.first()).map_or(Span::new(end, end), |word| word.span);
            self.error("a block that is opened here is not closed; add the missing }", span);
            close_last(self.text, &mut open, end);
        }
        open.pop().map(|root| entries(self.text, root.directives)).unwrap_or_default()
    }

    fn open(&mut self, open: &mut Vec<Block>, words: Vec<Scalar>) {
        let start = self.at;
        self.at += 1;
        if words.is_empty() {
            self.error("a block without a name", Span::new(start, start + 1));
        }
        if open.len() > MAX_DEPTH {
            if !self.too_deep {
                self.document.problems.push(too_deep(Some(Span::new(start, start + 1))));
            }
            self.too_deep = true;
            self.at = self.text.len();
            return;
        }
        open.push(Block { words, directives: Vec::new() });
    }

    fn close(&mut self, open: &mut Vec<Block>, words: &mut Vec<Scalar>) {
        let start = self.at;
        self.at += 1;
        if let Some(first) = words.first() {
            self.error("a directive without its ;", first.span);
            finish(open, words, None);
        }
        if open.len() < 2 {
            return self.error("a } that closes nothing", Span::new(start, start + 1));
        }
        close_last(self.text, open, self.at);
    }

    fn error(&mut self, message: &str, span: Span) {
        self.errors.push(Problem::at(ProblemKind::Syntax, message, span));
    }

    fn skip_blanks(&mut self) {
        loop {
            self.at = self.text.len() - self.rest().trim_start().len();
            if !self.rest().starts_with('#') {
                return;
            }
            let end = decoded::line_end(self.text, self.at);
            self.document.comments.push(decoded::comment(self.text, self.at..end, 1));
            self.at = end;
        }
    }

    /// A word, quoted or not. A variable in braces is part of it.
    fn word(&mut self) -> Scalar {
        let start = self.at;
        let quote = self.rest().chars().next().filter(|c| matches!(c, '"' | '\''));
        let mut out = Decoded::default();
        self.at += usize::from(quote.is_some());
        out.copy("", self.at);
        let mut in_braces = false;
        while let Some(c) = self.rest().chars().next() {
            let is_end = match quote {
                Some(quote) => c == quote,
                None => c.is_whitespace() || c == ';' || (matches!(c, '{' | '}') && !in_braces && !self.is_variable()),
            };
            if is_end {
                break;
            }
            in_braces = (in_braces || (c == '$' && self.is_variable())) && c != '}';
            let escaped =
                self.rest().chars().nth(1).filter(|next| c == '\\' && (quote == Some(*next) || *next == '\\'));
            if let Some(next) = escaped {
                out.replace(next.encode_utf8(&mut [0; 4]), self.at..self.at + 2);
                self.at += 2;
                continue;
            }
            out.copy(self.text.get(self.at..self.at + c.len_utf8()).unwrap_or(""), self.at);
            self.at += c.len_utf8();
        }
        self.at += usize::from(quote.is_some() && self.at < self.text.len());
        // Whatever follows a closing quote without a blank starts another word; an empty bare word would not end.
        self.at = self.at.max(start + 1).min(self.text.len());
        out.scalar(Span::new(start, self.at), ScalarKind::Str, quote.is_some())
    }

    /// Whether `${` stands here, or the brace of one.
    fn is_variable(&self) -> bool {
        self.rest().starts_with("${")
            || (self.rest().starts_with('{') && self.text.get(..self.at).is_some_and(|t| t.ends_with('$')))
    }

    /// A program in braces, which are counted.
    fn program(&mut self) -> Scalar {
        let start = self.at;
        let mut depth = 0usize;
        let end = self.rest().bytes().position(|b| {
            depth = if b == b'}' { depth.saturating_sub(1) } else { depth + usize::from(b == b'{') };
            b == b'}' && depth == 0
        });
        self.at = end.map_or(self.text.len(), |end| start + end + 1);
        Scalar::plain(self.text.get(start..self.at).unwrap_or(""), start, ScalarKind::Str)
    }
}

fn finish(open: &mut [Block], words: &mut Vec<Scalar>, block: Option<(Span, Vec<Entry>)>) {
    let words = std::mem::take(words);
    if let (Some(parent), false) = (open.last_mut(), words.is_empty()) {
        parent.directives.push(Directive { words, block });
    }
}

fn close_last(text: &str, open: &mut Vec<Block>, end: usize) {
    let Some(block) = open.pop() else { return };
    let inner = entries(text, block.directives);
    let start = block.words.last().map_or(end, |word| word.span.end as usize);
    let spans = inner.iter().map(|entry| entry.key.span.to(entry.value.span));
    let span = spans.fold(Span::new(start, end), Span::to);
    let mut words = block.words;
    finish(open, &mut words, Some((span, inner)));
}

/// The entries of a block: each directive under a name that tells it from the others.
fn entries(text: &str, directives: Vec<Directive>) -> Vec<Entry> {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for directive in &directives {
        *count.entry(name(directive).to_owned()).or_default() += 1;
    }
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut made = Vec::new();
    for directive in directives {
        let name = name(&directive).to_owned();
        let several = count.get(&name).is_some_and(|&n| n > 1);
        let is_block = directive.block.is_some();
        let label = match directive.words.get(1) {
            Some(_) if is_block => joined(&directive.words, 1),
            Some(word) if several || name == "server" => word.text.to_string(),
            _ => String::new(),
        };
        let key = if label.is_empty() { name } else { format!("{name}[{label}]") };
        let number = taken.entry(key.clone()).or_insert(0);
        *number += 1;
        let key = if *number > 1 { format!("{key}[{number}]") } else { key };
        made.extend(entry(text, &key, directive, label.is_empty() || is_block));
    }
    made
}

fn name(directive: &Directive) -> &str {
    directive.words.first().map_or("", |word| word.text.as_str())
}

/// The words from `from` on as one text.
fn joined(words: &[Scalar], from: usize) -> String {
    words.iter().skip(from).map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn entry(text: &str, key: &str, directive: Directive, whole: bool) -> Option<Entry> {
    let first = directive.words.first()?;
    let key = match (first.text == key, first.quoted) {
        (true, false) => first.clone(),
        _ => made_key(key, first.span),
    };
    if let Some((span, entries)) = directive.block {
        return Some(Entry { key, value: Node::mapping(span, entries) });
    }
    let from = if whole { 1 } else { 2 };
    Some(Entry { key, value: Node::scalar(words::joined(text, &directive.words, from)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::check::{self, comments, leaves, only_problem};
    use crate::format::detect;

    fn check(text: &str, expected: &[&str]) {
        let document = check::read("nginx.conf", text);
        assert_eq!(leaves(&document), expected, "{text}");
        assert!(document.problems.is_empty(), "{:?}", document.problems);
    }

    #[test]
    fn blocks_and_directives_have_paths() {
        check(
            "worker_processes 4; # c\nstream {\n  upstream db {\n    server 10.0.0.1:5432 max_conns=10;\n    \
             server 10.0.0.2:5432;\n    zone a  64k;\n  }\n}\n",
            &[
                "worker_processes=4 Str `4`",
                "stream.upstream[db].server[10.0.0.1:5432]=max_conns=10 Str `max_conns=10`",
                "stream.upstream[db].server[10.0.0.2:5432]= Null ``",
                "stream.upstream[db].zone=a 64k Str `a  64k`",
            ],
        );
    }

    #[test]
    fn quotes_variables_and_repeated_names_are_read() {
        check(
            "server { listen 80; }\nserver { listen \"a;\\\"b\" x; add_header A 'b c'; add_header B ${d}e; }\n",
            &[
                "server.listen=80 Str `80`",
                "server[2].listen=a;\"b x Str `\"a;\\\"b\" x`",
                "server[2].add_header[A]=b c Str `'b c'`",
                "server[2].add_header[B]=${d}e Str `${d}e`",
            ],
        );
        check("map $a $b { default 1; x 2; }\n", &["map[$a $b].default=1 Str `1`", "map[$a $b].x=2 Str `2`"]);
    }

    #[test]
    fn programs_are_not_looked_into() {
        check(
            "location / { content_by_lua_block { if x then { y = ';' } } proxy_pass http://a; }\n",
            &[
                "location[/].content_by_lua_block={ if x then { y = ';' } } Str `{ if x then { y = ';' } }`",
                "location[/].proxy_pass=http://a Str `http://a`",
            ],
        );
    }

    #[test]
    fn errors_are_named_and_the_rest_is_read() {
        let document = check::read("nginx.conf", "# x\nhttp {\n  a 1;\n");
        assert_eq!(only_problem(&document), (ProblemKind::Syntax, "http".into()));
        assert_eq!((leaves(&document), comments(&document)), (vec!["http.a=1 Str `1`".to_owned()], vec!["x"]));
        let document = check::read("nginx.conf", "a 1; }\nb 2;\n");
        assert_eq!(only_problem(&document), (ProblemKind::Syntax, "}".into()));
        assert_eq!(leaves(&document).len(), 2);
    }

    #[test]
    fn other_files_with_braces_are_not_taken_for_it() {
        let nginx = "server {\n  listen 80;\n  server_name a;\n  location / {\n    proxy_pass http://b;\n  }\n}\n";
        assert_eq!(detect("sites/a.conf", nginx), FormatId::Nginx);
        for text in [
            "/var/log/*.log {\n  daily\n  rotate 7\n}\n",
            "zone \"a\" {\n  type master;\n};\noptions {\n  listen-on { any; };\n};\n",
            "server {\n  port = 80\n  listen = x\n}\n",
            "db {\n  url = \"x\"\n}\n",
            "map: a;\nlisten: b;\n",
            "data:\n  nginx.conf: |\n    server {\n      listen 80;\n      server_name a;\n",
        ] {
            assert_ne!(detect("sites/a.conf", text), FormatId::Nginx, "{text}");
        }
    }
}
