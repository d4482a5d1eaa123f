//! Dockerfiles: what `ENV`, `ARG`, `CMD` and `ENTRYPOINT` set, stage by stage.
//!
//! The last stage is what runs; its instructions are the root's entries. Earlier ones stand below `stages`, by their
//! names. Nothing is expanded, and no image is looked into.

use super::decoded;
use super::words::{self, Rules, Words, gathered, made_key};
use super::{Format, embedded, json, template};
use crate::document::{Document, Entry, FormatId, Node, NodeKind, Scalar};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};
use std::collections::BTreeSet;
use std::ops::Range;

/// Dockerfile.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Dockerfile,
    name: "Dockerfile",
    reads: "`Dockerfile`, `Containerfile`: variables, arguments and commands of every stage",
    extensions: &[],
    names: &[],
    words: &["dockerfile", "containerfile"],
    is_plainly: |_| false,
    parse,
};

/// Instructions of which several count, one after the other.
const LISTS: [&str; 8] = ["RUN", "COPY", "ADD", "EXPOSE", "VOLUME", "ONBUILD", "WORKDIR", "USER"];

/// Instructions of which the last counts.
const SINGLE: [&str; 6] = ["CMD", "ENTRYPOINT", "HEALTHCHECK", "SHELL", "STOPSIGNAL", "MAINTAINER"];

fn parse(source: &Source, id: SourceId) -> Document {
    let masked = template::mask(&source.text, 'x');
    let text = masked.text(&source.text);
    let rules = Rules { escape: escape(text), stops: &[], escapes_in_single: false, comments_between: true };
    let mut reader = Reader {
        words: Words::new(text, rules),
        document: decoded::document(id, FormatId::Dockerfile),
        errors: Vec::new(),
        before: Vec::new(),
        stages: Vec::new(),
        missing: BTreeSet::new(),
    };
    let mut at = 0;
    while at < text.len() {
        at = reader.line(at);
    }
    let Reader { mut document, errors, before, stages, .. } = reader;
    masked.report_errors(errors, &mut document.problems);
    let entries = root(before, stages);
    document.roots.extend((!entries.is_empty()).then(|| decoded::mapping(entries)));
    masked.restore(&source.text, &mut document);
    document
}

/// The escape character: the directive `# escape` on one of the first lines can make it a backquote.
fn escape(text: &str) -> char {
    let mut directives = text.lines().map_while(|line| line.strip_prefix('#')?.split_once('='));
    let told = directives.find(|(name, _)| name.trim().eq_ignore_ascii_case("escape"));
    if told.is_some_and(|(_, value)| value.trim() == "`") { '`' } else { '\\' }
}

/// One `FROM` with what follows it.
struct Stage {
    name: Option<String>,
    entries: Vec<Entry>,
}

struct Reader<'a> {
    words: Words<'a>,
    document: Document,
    errors: Vec<Problem>,
    /// Arguments before the first stage.
    before: Vec<Entry>,
    stages: Vec<Stage>,
    /// Ends of texts that were looked for in vain.
    missing: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    fn slice(&self, range: Range<usize>) -> &'a str {
        self.words.text.get(range).unwrap_or("")
    }

    /// Reads the instruction or comment at `at`; gives the start of the next.
    fn line(&mut self, at: usize) -> usize {
        let text = self.words.text;
        let end = decoded::line_end(text, at);
        let start = end - self.slice(at..end).trim_start().len();
        if start == end || self.slice(start..end).starts_with('#') {
            if start < end {
                self.document.comments.push(decoded::comment(text, start..end, 1));
            }
            return decoded::after_break(text, end);
        }
        let end = self.words.logical_end(start);
        let next = decoded::after_break(text, end);
        let word = self.slice(start..end);
        let name = start + word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
        let instruction = self.slice(start..name).to_ascii_uppercase();
        let arguments = self.words.skip_blanks(name).min(end)..end;
        let key = made_key(&instruction, Span::new(start, name));
        if !self.instruction(key, arguments.clone()) {
            let message = "no Dockerfile instruction; this line was not read";
            self.errors.push(Problem::at(ProblemKind::Syntax, message, Span::new(start, end)));
            return next;
        }
        match instruction.as_str() {
            "RUN" | "COPY" | "ADD" => self.behind_heredocs(arguments, next),
            _ => next,
        }
    }

    fn instruction(&mut self, key: Scalar, arguments: Range<usize>) -> bool {
        match key.text.as_str() {
            "FROM" => self.from(key, arguments),
            "ENV" | "ARG" | "LABEL" => {
                let pairs = self.pairs(key.text == "ARG", arguments);
                if let Some(span) = pairs.iter().map(|e| e.key.span.to(e.value.span)).reduce(Span::to) {
                    self.add_pairs(key, Node::mapping(span, pairs));
                }
            }
            "CMD" | "ENTRYPOINT" | "RUN" => {
                let value = self.command(arguments);
                self.add(Entry { key, value });
            }
            name if LISTS.contains(&name) || SINGLE.contains(&name) => {
                let value = Node::scalar(self.words.logical(arguments));
                self.add(Entry { key, value });
            }
            _ => return false,
        }
        true
    }

    fn from(&mut self, key: Scalar, arguments: Range<usize>) {
        let mut stage = Stage { name: None, entries: Vec::new() };
        let words = self.split(arguments);
        let mut words = words.into_iter().filter(|word| !word.text.starts_with("--"));
        if let Some(image) = words.next() {
            stage.entries.push(Entry { key, value: Node::scalar(image) });
        }
        let is_named = words.next().is_some_and(|word| word.text.eq_ignore_ascii_case("as"));
        stage.name = words.next().filter(|_| is_named).map(|name| name.text.to_string());
        self.stages.push(stage);
    }

    fn split(&mut self, range: Range<usize>) -> Vec<Scalar> {
        let (found, unclosed) = words::split(&self.words, range);
        self.errors.extend(unclosed.map(words::unclosed));
        found
    }

    /// `A=b C="d e"`, the older `A b c`, and a bare `A` for arguments.
    fn pairs(&mut self, may_be_bare: bool, range: Range<usize>) -> Vec<Entry> {
        let split = self.split(range.clone());
        let is_old = !may_be_bare && split.first().is_some_and(|word| !word.text.contains('='));
        if let (true, Some(key)) = (is_old, split.first()) {
            let value = self.words.skip_blanks(key.span.end as usize).min(range.end);
            let value = Node::scalar(self.words.logical(value..range.end));
            return vec![Entry { key: key.clone(), value }];
        }
        let bare = |word: &Scalar| {
            let value = Node::scalar(decoded::omitted(word.span.end as usize));
            may_be_bare.then(|| Entry { key: word.clone(), value })
        };
        split.iter().filter_map(|word| words::pair(word).or_else(|| bare(word))).collect()
    }

    /// A command as a JSON list of words, or as one text for the shell.
    fn command(&self, range: Range<usize>) -> Node {
        let whole = self.words.logical(range);
        if whole.text.starts_with('[') {
            let inner = embedded::inside(&json::FORMAT, "cmd.json", &whole, self.document.source);
            let list = inner.and_then(|document| document.roots.into_iter().next());
            if let Some(list) = list.filter(|list| list.items().iter().all(|item| item.as_scalar().is_some())) {
                return list;
            }
        }
        Node::scalar(whole)
    }

    fn entries(&mut self) -> &mut Vec<Entry> {
        match self.stages.last_mut() {
            Some(stage) => &mut stage.entries,
            None => &mut self.before,
        }
    }

    fn add(&mut self, entry: Entry) {
        self.entries().push(entry);
    }

    /// Adds variables to those that the stage has.
    fn add_pairs(&mut self, key: Scalar, pairs: Node) {
        let known = self.entries().iter_mut().find(|entry| entry.key.text == key.text);
        match known {
            Some(known) => merge(&mut known.value, pairs),
            None => self.add(Entry { key, value: pairs }),
        }
    }

    /// Where the next instruction starts if this one reads texts that follow it: `RUN <<EOF`.
    fn behind_heredocs(&mut self, arguments: Range<usize>, next: usize) -> usize {
        let mut at = next;
        let line = self.slice(arguments);
        for (mark, _) in line.match_indices("<<") {
            let name = line.get(mark + 2..).unwrap_or("").trim_start_matches(['-', '"', '\'']);
            let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
            let name = name.get(..end).filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
            let Some(name) = name.filter(|name| !self.missing.contains(*name)) else { continue };
            match self.behind_line(at, name) {
                Some(next) => at = next,
                None => drop(self.missing.insert(name.to_owned())),
            }
        }
        at
    }

    /// Behind the line that is `name` and nothing else, from `at` on.
    fn behind_line(&self, at: usize, name: &str) -> Option<usize> {
        let mut at = at;
        while at < self.words.text.len() {
            let end = decoded::line_end(self.words.text, at);
            let next = decoded::after_break(self.words.text, end);
            if self.slice(at..end).trim_start_matches('\t') == name {
                return Some(next);
            }
            at = next;
        }
        None
    }
}

fn merge(into: &mut Node, pairs: Node) {
    into.span = into.span.to(pairs.span);
    if let (NodeKind::Mapping(known), NodeKind::Mapping(more)) = (&mut into.kind, pairs.kind) {
        known.extend(more);
    }
}

/// The last stage at the root, the others below `stages`; arguments before all stages are the root's.
fn root(before: Vec<Entry>, mut stages: Vec<Stage>) -> Vec<Entry> {
    let is_list = |key: &str| LISTS.contains(&key);
    let last = stages.pop();
    let named = stages.into_iter().enumerate().filter(|(_, stage)| !stage.entries.is_empty());
    let stages: Vec<Entry> = named
        .map(|(number, stage)| {
            let value = decoded::mapping(gathered(stage.entries, is_list));
            let name = stage.name.unwrap_or_else(|| number.to_string());
            Entry { key: made_key(&name, value.span), value }
        })
        .collect();
    let mut entries = before;
    if !stages.is_empty() {
        let value = decoded::mapping(stages);
        entries.push(Entry { key: made_key("stages", value.span), value });
    }
    for entry in last.map(|stage| stage.entries).unwrap_or_default() {
        let is_pairs = matches!(entry.value.kind, NodeKind::Mapping(_));
        match entries.iter_mut().find(|known| is_pairs && known.key.text == entry.key.text) {
            Some(known) => merge(&mut known.value, entry.value),
            None => entries.push(entry),
        }
    }
    gathered(entries, is_list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::check::{self, comments, leaves, only_problem};

    fn check(text: &str, expected: &[&str]) {
        let document = check::read("Dockerfile", text);
        assert_eq!(leaves(&document), expected, "{text}");
        assert!(document.problems.is_empty(), "{:?}", document.problems);
    }

    #[test]
    fn variables_are_read_in_every_notation() {
        check(
            "FROM a\nENV A=1 B=\"2 3\" C=4\\ 5\nENV D e f\nARG X\nARG Y=z\nENV G=h\n",
            &[
                "FROM=a Str `a`",
                "ENV.A=1 Str `1`",
                "ENV.B=2 3 Str `2 3`",
                "ENV.C=4 5 Str `4\\ 5`",
                "ENV.D=e f Str `e f`",
                "ENV.G=h Str `h`",
                "ARG.X= Null ``",
                "ARG.Y=z Str `z`",
            ],
        );
    }

    #[test]
    fn lines_are_continued_over_comments() {
        check(
            "FROM a\nENV A=1 \\\n  # why\n\n  B=2\nENV C=\"x\\\ny\"\n",
            &["FROM=a Str `a`", "ENV.A=1 Str `1`", "ENV.B=2 Str `2`", "ENV.C=xy Str `x\\\ny`"],
        );
        check(
            "# escape=`\nFROM a\nENV A=c:\\x `\n  B=2\n",
            &["FROM=a Str `a`", "ENV.A=c:\\x Str `c:\\x`", "ENV.B=2 Str `2`"],
        );
    }

    #[test]
    fn commands_are_words_or_one_text() {
        check(
            "FROM a\nENTRYPOINT [\"app\", \\\n  \"--pool=5\"]\nCMD exec app \\\n  -w 4\nHEALTHCHECK --interval=5s CMD x\n",
            &[
                "FROM=a Str `a`",
                "ENTRYPOINT.0=app Str `\"app\"`",
                "ENTRYPOINT.1=--pool=5 Str `\"--pool=5\"`",
                "CMD=exec app   -w 4 Str `exec app \\\n  -w 4`",
                "HEALTHCHECK=--interval=5s CMD x Str `--interval=5s CMD x`",
            ],
        );
        check("FROM a\nCMD [not json]\n", &["FROM=a Str `a`", "CMD=[not json] Str `[not json]`"]);
    }

    #[test]
    fn the_last_stage_is_what_runs() {
        check(
            "ARG V=1\nFROM --platform=x go:${V} AS build\nENV A=1\nRUN make\nFROM build\nRUN x\nENV A=2\n",
            &[
                "ARG.V=1 Str `1`",
                "stages.build.FROM=go:${V} Str `go:${V}`",
                "stages.build.ENV.A=1 Str `1`",
                "stages.build.RUN.0=make Str `make`",
                "FROM=build Str `build`",
                "RUN.0=x Str `x`",
                "ENV.A=2 Str `2`",
            ],
        );
    }

    #[test]
    fn texts_for_a_command_are_no_instructions() {
        let text = "# head\nFROM a\nRUN <<EOF\nENV A=1\nEOF\nENV B=2\n";
        check(text, &["FROM=a Str `a`", "RUN.0=<<EOF Str `<<EOF`", "ENV.B=2 Str `2`"]);
        assert_eq!(comments(&check::read("Dockerfile", text)), ["head"]);
    }

    #[test]
    fn a_line_that_is_nothing_is_named_and_the_rest_is_read() {
        let document = check::read("Dockerfile", "FROM a\nENVX A=1\nENV A=2\n");
        assert_eq!(only_problem(&document), (ProblemKind::Syntax, "ENVX A=1".into()));
        assert_eq!(leaves(&document), ["FROM=a Str `a`", "ENV.A=2 Str `2`"]);
    }
}
