//! Shell scripts, for what they set: assignments, files they write, and the commands they run.
//!
//! Nothing is executed or expanded. Of two assignments of one name the later counts, unless they stand in different
//! branches or the later one adds to the earlier: then all are kept, as a list. Of the commands those are kept that set
//! something by an option. A script that sets nothing gives nothing, and no problem.

use super::decoded;
use super::words::{self, Rules, Word, Words, made_key};
use super::{Format, template};
use crate::document::{Document, Entry, FormatId, Node, Scalar, ScalarKind};
use crate::problem::Problem;
use crate::source::{Source, SourceId, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Shell.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Shell,
    name: "Shell",
    reads: "`.sh` files and scripts with `#!/bin/sh` or its like: assignments, `export`, files written, commands",
    extensions: &["sh", "bash"],
    names: &[],
    words: &[],
    is_plainly: is_script,
    parse,
};

const RULES: Rules =
    Rules { escape: '\\', stops: &[';', '&', '|', ')', '<', '>'], escapes_in_single: false, comments_between: false };

/// Open quotes after which the rest of a file is not read.
const MOST_UNCLOSED: usize = 3;

/// Bytes up to which the end of a list in parentheses is looked for.
const LONGEST_LIST: usize = 65_536;

/// Branches inside branches that are told apart, and settings of one name.
const MOST_BRANCHES: usize = 32;
const MOST_SLOTS: usize = 256;

/// The key under which the commands of a script stand.
const COMMANDS: &str = "run";

/// Whether a text starts as a script of a shell does.
fn is_script(text: &str) -> bool {
    let Some(line) = text.strip_prefix("#!").and_then(|rest| rest.lines().next()) else { return false };
    let program = |word: &str| matches!(word.rsplit('/').next(), Some("sh" | "bash" | "dash" | "ash" | "ksh" | "zsh"));
    line.split_whitespace().any(program)
}

/// Whether a script only runs commands and sets nothing.
pub(super) fn is_bare(root: &Node) -> bool {
    root.entries().iter().all(|entry| entry.key.text == COMMANDS)
}

fn parse(source: &Source, id: SourceId) -> Document {
    read(source, id, false)
}

/// Reads a script that is a part of another file, where every command is worth a line: the text around it is shown no more.
pub(super) fn parse_whole(source: &Source, id: SourceId) -> Document {
    read(source, id, true)
}

fn read(source: &Source, id: SourceId, every_command: bool) -> Document {
    let masked = template::mask(&source.text, 'x');
    let text = masked.text(&source.text);
    let mut reader = Reader {
        words: Words::new(text, RULES),
        document: decoded::document(id, FormatId::Shell),
        errors: Vec::new(),
        variables: BTreeMap::new(),
        commands: Vec::new(),
        files: Vec::new(),
        heredocs: Vec::new(),
        frames: Vec::new(),
        branches: 0,
        condition: None,
        missing: BTreeSet::new(),
        every_command,
    };
    let mut at = 0;
    while at < text.len() && reader.errors.len() < MOST_UNCLOSED {
        let next = reader.statement(at);
        let step = reader.words.rest(at).chars().next().map_or(1, char::len_utf8);
        at = if next > at { next } else { at + step };
    }
    let Reader { mut document, errors, variables, commands, files, .. } = reader;
    masked.report_errors(errors, &mut document.problems);
    let mut entries: Vec<Entry> = variables.into_values().filter_map(variable).collect();
    entries.sort_by_key(|entry| entry.key.span);
    if let Some(span) = commands.iter().map(|node| node.span).reduce(Span::to) {
        entries.push(Entry { key: made_key(COMMANDS, span), value: Node::sequence(span, commands) });
    }
    entries.extend(files);
    document.roots.extend((!entries.is_empty()).then(|| decoded::mapping(entries)));
    masked.restore(&source.text, &mut document);
    document
}

/// One value for a name that is set once, a list for one that is set in several ways.
fn variable(slots: Vec<Slot>) -> Option<Entry> {
    let mut entries = slots.into_iter().map(|slot| slot.entry);
    let first = entries.next()?;
    let mut values = vec![first.value];
    values.extend(entries.map(|entry| entry.value));
    let span = values.iter().map(|value| value.span).reduce(Span::to)?;
    let value = if values.len() == 1 { values.pop()? } else { Node::sequence(span, values) };
    Some(Entry { key: first.key, value })
}

/// An assignment with the branches in which it stands, from the outermost.
struct Slot {
    branches: Vec<u32>,
    entry: Entry,
}

/// A text that follows the line on which it is announced.
struct Heredoc {
    delimiter: String,
    /// The file that is written from it.
    file: Option<Scalar>,
}

/// A compound command that is open.
struct Frame {
    kind: Compound,
    /// The branch that is being read; `None` before the first.
    branch: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Compound {
    /// Up to `fi` or `done`.
    Block,
    /// Up to `esac`; the flag says whether a pattern comes next.
    Case(bool),
    /// Up to `}`.
    Group,
}

struct Reader<'a> {
    words: Words<'a>,
    document: Document,
    errors: Vec<Problem>,
    variables: BTreeMap<String, Vec<Slot>>,
    commands: Vec<Node>,
    files: Vec<Entry>,
    heredocs: Vec<Heredoc>,
    frames: Vec<Frame>,
    /// Branches seen so far.
    branches: u32,
    /// The branch of what follows `&&` or `||` on this line.
    condition: Option<u32>,
    /// Ends of texts that were looked for in vain.
    missing: BTreeSet<String>,
    /// Whether commands that set nothing are kept too.
    every_command: bool,
}

impl<'a> Reader<'a> {
    /// Reads what starts at `at`: a statement, a word of the grammar, a comment, a line end. Gives the next place.
    fn statement(&mut self, at: usize) -> usize {
        let at = self.words.skip_blanks(at);
        let rest = self.words.rest(at);
        let text = self.words.text;
        if rest.starts_with(['\n', '\r']) {
            self.condition = None;
            return self.behind_heredocs(decoded::after_break(text, at));
        }
        if rest.starts_with('#') {
            let end = decoded::line_end(text, at);
            self.document.comments.push(decoded::comment(text, at..end, 1));
            return end;
        }
        if let Some(Frame { kind: Compound::Case(true), .. }) = self.frames.last()
            && !rest.starts_with("esac")
        {
            return self.pattern(at);
        }
        if rest.starts_with("&&") || rest.starts_with("||") {
            self.condition = Some(self.new_branch());
            return at + 2;
        }
        if rest.starts_with(";;") {
            self.condition = None;
            if let Some(frame) = self.frames.last_mut().filter(|frame| matches!(frame.kind, Compound::Case(_))) {
                frame.kind = Compound::Case(true);
            }
            return at + 2;
        }
        match rest.chars().next() {
            None => at,
            Some(c) if matches!(c, ';' | '&' | '|' | '(' | ')' | '!') => {
                self.condition = self.condition.filter(|_| c != ';');
                at + 1
            }
            Some('{') => self.open(Compound::Group, at + 1),
            Some('}') => self.close(at + 1),
            Some(_) => self.keyword(at).unwrap_or_else(|| self.command(at)),
        }
    }

    fn new_branch(&mut self) -> u32 {
        self.branches += 1;
        self.branches
    }

    fn open(&mut self, kind: Compound, next: usize) -> usize {
        self.frames.push(Frame { kind, branch: None });
        next
    }

    fn close(&mut self, next: usize) -> usize {
        self.frames.pop();
        next
    }

    fn branch(&mut self, next: usize) -> usize {
        let branch = self.new_branch();
        if let Some(frame) = self.frames.last_mut() {
            frame.branch = Some(branch);
        }
        next
    }

    /// A word of the grammar at `at`, or the head of a function.
    fn keyword(&mut self, at: usize) -> Option<usize> {
        let rest = self.words.rest(at);
        let len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len());
        let (word, behind) = rest.split_at_checked(len)?;
        if let Some(body) = behind.trim_start_matches([' ', '\t']).strip_prefix("()").filter(|_| len > 0) {
            return Some(self.function(self.words.text.len() - body.len()));
        }
        if !(behind.is_empty() || behind.starts_with([' ', '\t', '\n', '\r', ';', ')'])) {
            return None;
        }
        let next = at + len;
        Some(match word {
            "if" | "while" | "until" | "for" | "select" => {
                self.open(Compound::Block, next);
                if matches!(word, "for" | "select") { self.end_of_words(next) } else { next }
            }
            "then" | "do" | "else" | "elif" => self.branch(next),
            "fi" | "done" | "esac" => self.close(next),
            "case" => {
                let end = decoded::line_end(self.words.text, next);
                let line = self.words.text.get(next..end).unwrap_or("");
                let head = line.find(" in").map_or(end, |i| next + i + 3);
                self.open(Compound::Case(true), head)
            }
            "function" => self.function(self.end_of_words(next)),
            _ => return None,
        })
    }

    /// The body of a function is a branch of its own.
    fn function(&mut self, at: usize) -> usize {
        let brace = self.words.text.len() - self.words.rest(at).trim_start().len();
        if !self.words.rest(brace).starts_with('{') {
            return at;
        }
        self.open(Compound::Group, brace + 1);
        self.branch(brace + 1)
    }

    /// The end of the words that are no command: up to the end of the statement or a brace.
    fn end_of_words(&self, at: usize) -> usize {
        let rest = self.words.rest(at);
        at + rest.find([';', '\n', '\r', '{']).unwrap_or(rest.len())
    }

    /// The pattern of a `case`, up to its parenthesis.
    fn pattern(&mut self, at: usize) -> usize {
        let end = decoded::line_end(self.words.text, at);
        let close = self.words.text.get(at..end).and_then(|line| line.find(')'));
        if let Some(frame) = self.frames.last_mut() {
            frame.kind = Compound::Case(false);
        }
        self.branch(close.map_or(end, |i| at + i + 1))
    }

    /// A simple command: assignments, then words.
    fn command(&mut self, at: usize) -> usize {
        let mut at = at;
        while let Some(next) = self.assignment(at) {
            at = self.words.skip_blanks(next);
        }
        let rest = self.words.rest(at);
        if rest.is_empty() || rest.starts_with(['\n', '\r', ';', '&', '|', ')', '#']) {
            return at;
        }
        for (open, close) in [("[[", "]]"), ("((", "))")].into_iter().filter(|(open, _)| rest.starts_with(open)) {
            let line = self.words.text.get(at..decoded::line_end(self.words.text, at)).unwrap_or("");
            if let Some(end) = line.strip_prefix(open).and_then(|_| line.find(close)) {
                return at + end + 2;
            }
        }
        let len = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != ':').unwrap_or(rest.len());
        let is_word = rest.get(len..).is_some_and(|behind| behind.starts_with([' ', '\t']));
        match rest.get(..len).filter(|_| is_word) {
            Some("export" | "declare" | "typeset" | "readonly" | "local") => self.declaration(at + len),
            Some(":") => self.defaults(at + len),
            _ => self.run(at),
        }
    }

    /// `NAME=value` or `NAME+=value` at `at`.
    fn assignment(&mut self, at: usize) -> Option<usize> {
        let rest = self.words.rest(at);
        let len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let behind = rest.get(len..)?;
        let sign = if behind.starts_with("+=") { 2 } else { usize::from(behind.starts_with('=')) };
        let name = rest.get(..len)?;
        if sign == 0 || len == 0 || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let value = at + len + sign;
        let key = Scalar::plain(name, at, ScalarKind::Str);
        if self.words.rest(value).starts_with('(')
            && let Some(close) = self.words.rest(value).bytes().take(LONGEST_LIST).position(|b| b == b')')
        {
            let list = self.words.rest(value).get(..=close).unwrap_or("");
            let value = Node::scalar(Scalar::plain(list, value, ScalarKind::Str));
            let next = value.span.end as usize;
            self.set(Entry { key, value }, sign == 2);
            return Some(next);
        }
        let word = self.word(value);
        let end = word.end;
        let name = key.text.clone();
        let adds = sign == 2 || mentions(&word.scalar.text, &name);
        self.set(Entry { key, value: Node::scalar(word.scalar) }, adds);
        Some(end)
    }

    /// A word; one whose quote is never closed ends with its line.
    fn word(&mut self, at: usize) -> Word {
        let word = self.words.word(at);
        if word.closed {
            return word;
        }
        let end = decoded::line_end(self.words.text, at);
        self.errors.push(words::unclosed(Span::new(at, end)));
        let word = self.words.until(end).word(at);
        Word { end, ..word }
    }

    /// Keeps an assignment. One that adds nothing to earlier ones replaces those of its own branch.
    fn set(&mut self, entry: Entry, adds: bool) {
        let mut branches: Vec<u32> = self.frames.iter().filter_map(|frame| frame.branch).take(MOST_BRANCHES).collect();
        branches.extend(self.condition);
        let slots = self.variables.entry(entry.key.text.to_string()).or_default();
        if !adds && slots.len() < MOST_SLOTS {
            slots.retain(|slot| !slot.branches.starts_with(&branches));
        }
        slots.push(Slot { branches, entry });
    }

    /// What follows `export` and its like.
    fn declaration(&mut self, at: usize) -> usize {
        let mut at = self.words.skip_blanks(at);
        loop {
            let rest = self.words.rest(at);
            if rest.is_empty() || rest.starts_with(['\n', '\r', '#']) || rest.starts_with(RULES.stops) {
                return at;
            }
            let next = self.assignment(at).unwrap_or_else(|| self.word(at).end.max(at + 1));
            at = self.words.skip_blanks(next);
        }
    }

    /// `: "${NAME:=value}"` sets what has no value.
    fn defaults(&mut self, at: usize) -> usize {
        let mut at = self.words.skip_blanks(at);
        loop {
            let rest = self.words.rest(at);
            if rest.is_empty() || rest.starts_with(['\n', '\r', '#']) || rest.starts_with(RULES.stops) {
                return at;
            }
            let word = self.word(at);
            if let Some(entry) = default(&word.scalar) {
                self.set(entry, true);
            }
            at = self.words.skip_blanks(word.end.max(at + 1));
        }
    }

    /// A command with its redirections; kept as its text.
    fn run(&mut self, start: usize) -> usize {
        let mut at = start;
        let mut end = start;
        let mut file = None;
        let mut delimiters = Vec::new();
        let is_tee = self.words.rest(start).starts_with("tee ");
        loop {
            let rest = self.words.rest(at);
            if rest.is_empty() || rest.starts_with(['\n', '\r']) {
                break;
            }
            if rest.starts_with('#') && at > end {
                break;
            }
            if rest.starts_with("<<") && !rest.starts_with("<<<") {
                let skipped = if rest.starts_with("<<-") { 3 } else { 2 };
                let word = self.word(self.words.skip_blanks(at + skipped));
                end = word.end.max(at + skipped);
                delimiters.push(word.scalar.text);
            } else if rest.starts_with("&>") || rest.starts_with(['<', '>']) {
                let marks = rest.len() - rest.trim_start_matches(['&', '<', '>', '|']).len();
                let to = self.words.skip_blanks(at + marks);
                let word = self.word(to);
                end = word.end.max(at + marks);
                let writes = rest.starts_with('>') && !rest.get(..marks).is_some_and(|marks| marks.contains('&'));
                file = file.or((writes && !word.scalar.text.is_empty()).then_some(word.scalar));
            } else if rest.starts_with(RULES.stops) {
                break;
            } else {
                let word = self.word(at);
                end = word.end.max(at + 1);
                if is_tee && at > start && !word.scalar.text.starts_with('-') {
                    file = file.or(Some(word.scalar));
                }
            }
            at = self.words.skip_blanks(end);
        }
        self.heredocs.extend(
            delimiters.into_iter().map(|delimiter| Heredoc { delimiter: delimiter.to_string(), file: file.take() }),
        );
        let command = self.words.logical(start..end);
        if self.every_command || sets_something(&command.text) {
            self.commands.push(Node::scalar(command));
        }
        at.max(end)
    }

    /// Reads the texts that were announced on the line before `at`; gives the place behind them.
    fn behind_heredocs(&mut self, at: usize) -> usize {
        let mut at = at;
        for heredoc in std::mem::take(&mut self.heredocs) {
            let known = !self.missing.contains(&heredoc.delimiter);
            let Some((body, next)) = known.then(|| self.body(at, &heredoc.delimiter)).flatten() else {
                self.missing.insert(heredoc.delimiter);
                return at;
            };
            let text = self.words.text.get(body.clone()).unwrap_or("");
            if let Some(file) = heredoc.file {
                let value = Scalar { quoted: true, ..Scalar::plain(text, body.start, ScalarKind::Str) };
                self.files.push(Entry { key: file, value: Node::scalar(value) });
            }
            at = next;
        }
        at
    }

    /// The bytes up to the line that is `delimiter`, and what follows that line.
    fn body(&self, start: usize, delimiter: &str) -> Option<(Range<usize>, usize)> {
        let text = self.words.text;
        let mut at = start;
        while at < text.len() {
            let end = decoded::line_end(text, at);
            let next = decoded::after_break(text, end);
            if text.get(at..end).unwrap_or("").trim_start_matches('\t') == delimiter {
                return Some((start..at, next));
            }
            at = next;
        }
        None
    }
}

/// Whether a command has an option with a value, or an address: `--pool 5`, `-Dpool=5`, `psql postgres://…`.
fn sets_something(command: &str) -> bool {
    let mut words = command.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let is_long = word.starts_with("--") || word.starts_with("-D");
        let is_followed = word.starts_with("--") && words.peek().is_some_and(|next| !next.starts_with('-'));
        if word.contains("://") || (is_long && word.contains('=')) || is_followed {
            return true;
        }
    }
    false
}

/// Whether a value takes in what the variable held before: `$NAME`, `${NAME…`.
fn mentions(value: &str, name: &str) -> bool {
    let follows = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    value.match_indices('$').any(|(at, _)| {
        let rest = value.get(at + 1..).unwrap_or("");
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        rest.strip_prefix(name).is_some_and(follows)
    })
}

/// Name and value of `${NAME:=value}`.
fn default(word: &Scalar) -> Option<Entry> {
    let inner = word.text.strip_prefix("${")?.strip_suffix('}')?;
    let sign = inner.find('=')?;
    let name = inner.get(..sign)?.trim_end_matches(':');
    let key = word.part(2..2 + name.len())?;
    let value = word.part(2 + sign + 1..word.text.len() - 1)?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then(|| Entry { key, value: Node::scalar(value) })
}

#[cfg(test)]
mod tests;
