//! HCL 2: Terraform, Nomad, Packer, Terragrunt.
//!
//! In: a file. Out: the tree that the JSON form of the same configuration has: a block is a mapping under its type and
//! labels, blocks of one type without labels are a list, attributes are keys. Nothing is evaluated: an expression that is
//! neither a literal nor an object nor a list is its own text. Reading goes on behind what is broken.

mod lexer;
#[cfg(test)]
mod tests;
mod text;
mod value;

use self::lexer::{Kind, Token};
use super::decoded;
use super::template;
use super::{Format, MAX_DEPTH, too_deep};
use crate::document::{Document, Entry, FormatId, Node, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};
use std::collections::BTreeMap;

/// HCL.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Hcl,
    name: "HCL",
    reads: "`.tf`, `.tfvars`, `.hcl` and `.nomad` files; expressions are kept as text, not evaluated",
    extensions: &["tf", "tfvars", "hcl", "nomad"],
    names: &[],
    words: &[],
    is_plainly,
    parse,
};

/// Labels of one block. Terraform and Nomad have two at most.
const MOST_LABELS: usize = 8;

fn parse(source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Hcl);
    // Of a plain file, `{{ … }}` is content: Nomad and Consul render it in heredocs at run time.
    let is_rendered = FORMAT.extensions.iter().any(|e| source.path.to_ascii_lowercase().ends_with(&format!(".{e}")));
    let masked = template::mask(if is_rendered { "" } else { &source.text }, 'x');
    let text = masked.text(&source.text);
    let lexed = lexer::lex(text);
    document.comments = lexed.comments;
    let mut reader = Reader { text, tokens: &lexed.tokens, errors: lexed.errors, problems: Vec::new() };
    let entries = reader.body(0, lexed.tokens.len(), 0);
    let Reader { mut errors, problems, .. } = reader;
    errors.sort_by_key(|problem| problem.span);
    masked.report_errors(errors, &mut document.problems);
    document.problems.extend(problems);
    document.roots.extend((!entries.is_empty()).then(|| decoded::mapping(entries)));
    masked.restore(&source.text, &mut document);
    document
}

/// Whether the first line that is no comment is the head of a block as Terraform and Nomad have them.
fn is_plainly(text: &str) -> bool {
    let lines = text.lines().map(str::trim).take(200);
    let is_comment = |line: &str| line.is_empty() || line.starts_with(['#', '*']) || line.starts_with("//");
    let first = lines.map(|line| if line.starts_with("/*") { "" } else { line }).find(|line| !is_comment(line));
    let Some(head) = first.and_then(|line| line.split_once('{')).map(|(head, _)| head.trim()) else { return false };
    let (word, labels) = head.split_once(' ').unwrap_or((head, ""));
    let labels: Vec<&str> = labels.split_whitespace().collect();
    let quoted = labels.iter().all(|label| label.len() > 2 && label.starts_with('"') && label.ends_with('"'));
    let wanted = match word {
        "resource" | "data" => 2,
        "variable" | "module" | "output" | "provider" | "job" | "include" | "dependency" => 1,
        "terraform" | "locals" => 0,
        _ => return false,
    };
    quoted && labels.len() == wanted
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    errors: Vec<Problem>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn token(&self, at: usize, to: usize) -> Option<&'a Token> {
        self.tokens.get(at).filter(|_| at < to)
    }

    fn source(&self, token: &Token) -> &'a str {
        self.text.get(token.range()).unwrap_or("")
    }

    fn is(&self, at: usize, to: usize, sign: &str) -> bool {
        self.token(at, to).is_some_and(|token| self.source(token) == sign)
    }

    /// The bytes of the tokens `from..to`.
    fn span(&self, from: usize, to: usize) -> Span {
        let last = to.checked_sub(1).and_then(|last| self.tokens.get(last));
        match (self.tokens.get(from), last) {
            (Some(first), Some(last)) => Span::new(first.start, last.end),
            _ => Span::default(),
        }
    }

    fn error(&mut self, message: &str, span: Span) {
        self.errors.push(Problem::at(ProblemKind::Syntax, message, span));
    }

    /// Says once that something is nested too deep.
    fn too_deep(&mut self, span: Span) {
        if self.problems.iter().all(|problem| problem.kind != ProblemKind::TooLarge) {
            self.problems.push(too_deep(Some(span)));
        }
    }

    /// The attributes and blocks among the tokens `from..to`.
    fn body(&mut self, from: usize, to: usize, depth: usize) -> Vec<Entry> {
        let mut found = Items::default();
        let mut at = from;
        while let Some(token) = self.token(at, to) {
            at = match token.kind {
                Kind::Line | Kind::Comma => at + 1,
                Kind::Word | Kind::Text => self.item(at, to, depth, &mut found),
                _ => self.pass_over(at, to),
            };
        }
        found.entries(&mut self.problems)
    }

    /// Reads the attribute or block that starts at `at`; gives what follows it.
    fn item(&mut self, at: usize, to: usize, depth: usize, found: &mut Items) -> usize {
        if self.token(at + 1, to).is_some_and(|token| token.kind == Kind::Assign) {
            let end = self.line_end(at + 2, to);
            if let (Some(key), Some(value)) = (self.name(at), self.value(at + 2, end, depth)) {
                found.attribute(Entry { key, value });
            }
            return end;
        }
        let is_label = |token: &Token| matches!(token.kind, Kind::Word | Kind::Text);
        let labels = (at..to).take_while(|&i| self.tokens.get(i).is_some_and(is_label)).count();
        let open = at + labels;
        let Some(brace) = self.token(open, to).filter(|_| self.is(open, to, "{") && labels <= MOST_LABELS) else {
            return self.pass_over(at, to);
        };
        if !brace.closed {
            self.error("a block that is not closed; it was read up to the next one", self.span(at, open + 1));
        }
        let close = brace.close.min(to);
        let next = if brace.closed { close + 1 } else { close };
        if depth + labels > MAX_DEPTH {
            self.too_deep(self.span(at, open + 1));
            return next;
        }
        let entries = self.body(open + 1, close, depth + labels);
        let body = Node::mapping(self.span(open, next.max(open + 1)), entries);
        let names = (at..open).filter_map(|i| self.name(i)).collect();
        found.block(names, body);
        next
    }

    /// Names what is neither attribute nor block, and gives the end of its line.
    fn pass_over(&mut self, at: usize, to: usize) -> usize {
        let end = self.line_end(at, to).max(at + 1);
        self.error("no attribute, block or comment; this was not read", self.span(at, end));
        end
    }

    /// The key that a word or a quoted text is.
    fn name(&mut self, at: usize) -> Option<Scalar> {
        let token = self.tokens.get(at)?;
        match token.kind {
            Kind::Text => Some(self.quoted(token)),
            _ => Some(Scalar::plain(self.source(token), token.start, ScalarKind::Str)),
        }
    }

    /// The end of the line at `at`, over everything in brackets that are closed.
    fn line_end(&self, at: usize, to: usize) -> usize {
        self.find(at, to, |token| token.kind == Kind::Line)
    }

    /// The first token outside brackets that is wanted, else `to`.
    fn find(&self, from: usize, to: usize, wanted: impl Fn(&Token) -> bool) -> usize {
        let mut at = from;
        while let Some(token) = self.token(at, to) {
            if wanted(token) {
                return at;
            }
            at = if token.kind == Kind::Open && token.closed { token.close + 1 } else { at + 1 };
        }
        to
    }
}

/// What a body holds, by name in order of appearance.
#[derive(Default)]
struct Items {
    slots: Vec<Slot>,
    places: BTreeMap<String, usize>,
}

/// Everything of one name.
struct Slot {
    key: Scalar,
    attributes: Vec<Entry>,
    /// Blocks without further labels.
    bodies: Vec<Node>,
    /// Blocks by their next label.
    labelled: Items,
}

impl Items {
    fn slot(&mut self, key: &Scalar) -> Option<&mut Slot> {
        let next = self.slots.len();
        let at = *self.places.entry(key.text.to_string()).or_insert(next);
        if at == next {
            let (key, labelled) = (key.clone(), Items::default());
            self.slots.push(Slot { key, attributes: Vec::new(), bodies: Vec::new(), labelled });
        }
        self.slots.get_mut(at)
    }

    fn attribute(&mut self, entry: Entry) {
        if let Some(slot) = self.slot(&entry.key) {
            slot.attributes.push(entry);
        }
    }

    fn block(&mut self, names: Vec<Scalar>, body: Node) {
        let mut names = names.into_iter().peekable();
        let mut items = self;
        while let Some(name) = names.next() {
            let Some(slot) = items.slot(&name) else { return };
            if names.peek().is_none() {
                return slot.bodies.push(body);
            }
            items = &mut slot.labelled;
        }
    }

    fn entries(self, problems: &mut Vec<Problem>) -> Vec<Entry> {
        let mut entries = Vec::new();
        for slot in self.slots {
            let mut blocks = slot.bodies;
            let labelled = slot.labelled.entries(problems);
            if !labelled.is_empty() {
                blocks.push(decoded::mapping(labelled));
            }
            let first = usize::from(blocks.is_empty());
            let doubled = slot.attributes.iter().skip(first);
            problems.extend(doubled.map(|entry| decoded::duplicate_key(entry.key.span)));
            let block = match blocks.len() {
                0 | 1 => blocks.pop(),
                _ => blocks.iter().map(|b| b.span).reduce(Span::to).map(|span| Node::sequence(span, blocks)),
            };
            entries.extend(block.map(|value| Entry { key: slot.key, value }));
            entries.extend(slot.attributes);
        }
        entries
    }
}
