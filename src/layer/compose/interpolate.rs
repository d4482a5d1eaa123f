//! Variables in Compose files: `${POOL:-10}` with the value of `.env`, or its default.
//!
//! In: a tree, and the `.env` file beside it. Out: the tree as Compose reads it. A value that is one variable takes the
//! place of its line in `.env`; a default keeps its place inside the expression. What is set nowhere in the tree comes from
//! the machine that runs it, and stays an expression.

use std::collections::BTreeMap;

use crate::document::{Entry, FormatId, Node, NodeKind, OffsetMap, Scalar, ScalarKind};
use crate::format::MAX_DEPTH;
use crate::layer::Tree;
use crate::source::SourceId;

/// Levels of defaults inside defaults that are looked at.
const MOST_NESTED: usize = 8;

/// Bytes of a variable's value up to which it is put into a longer text.
const LONGEST_PIECE: usize = 256;

/// What is known of the variables of a project.
pub(super) struct Variables<'a> {
    known: BTreeMap<&'a str, (&'a Entry, SourceId)>,
}

/// A value as Compose reads it.
enum Filled<'a> {
    /// As it is written.
    Same,
    /// One variable: its line in `.env`.
    Whole(&'a Entry, SourceId),
    /// Another text in the same place.
    Text(Scalar),
}

impl<'a> Variables<'a> {
    /// The variables of a folder: of `.env`, or of the one that goes by the name of a further Compose file.
    pub(super) fn of(tree: &Tree<'a>, folder: &str, variant: Option<&str>) -> Variables<'a> {
        let path = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let own = variant.and_then(|variant| tree.get(&path(&format!(".env.{variant}"))));
        let file = own.or_else(|| tree.get(&path(".env"))).filter(|file| file.format == FormatId::Dotenv);
        let mut known = BTreeMap::new();
        if let Some(file) = file {
            let entries = file.roots.iter().flat_map(Node::entries);
            let set = entries.filter(|entry| entry.value.as_text().is_some());
            known.extend(set.map(|entry| (entry.key.text.as_str(), (entry, file.source))));
        }
        Variables { known }
    }

    /// The tree with all variables filled in, and whether it differs from the written one.
    pub(super) fn fill(&self, root: &Node) -> (Node, bool) {
        let mut changed = false;
        let node = self.node(root, 0, false, &mut changed);
        (node, changed)
    }

    fn node(&self, node: &Node, depth: usize, variables: bool, changed: &mut bool) -> Node {
        if depth > 2 * MAX_DEPTH {
            return node.clone();
        }
        let kind = match &node.kind {
            NodeKind::Scalar(scalar) => {
                return match self.value(scalar) {
                    Filled::Same => node.clone(),
                    Filled::Whole(entry, source) => {
                        *changed = true;
                        Node { source: Some(source), ..entry.value.clone() }
                    }
                    Filled::Text(scalar) => {
                        *changed = true;
                        Node { kind: NodeKind::Scalar(scalar), ..node.clone() }
                    }
                };
            }
            NodeKind::Sequence(items) => {
                NodeKind::Sequence(items.iter().map(|item| self.node(item, depth + 1, false, changed)).collect())
            }
            NodeKind::Mapping(entries) => {
                NodeKind::Mapping(entries.iter().map(|entry| self.entry(entry, depth, variables, changed)).collect())
            }
        };
        Node { kind, ..node.clone() }
    }

    fn entry(&self, entry: &Entry, depth: usize, variables: bool, changed: &mut bool) -> Entry {
        let value = match (variables, entry.value.as_scalar()) {
            // A variable without a value takes that of the same name.
            (true, Some(scalar)) if scalar.kind == ScalarKind::Null => self.whole(&entry.key.text),
            (_, Some(scalar)) => self.value(scalar),
            (_, None) => Filled::Same,
        };
        if let Filled::Whole(line, source) = value {
            *changed = true;
            // The key goes with its value, so that both stand in one file.
            let key = Scalar { span: line.key.span, map: OffsetMap::None, ..entry.key.clone() };
            return Entry { key, value: Node { source: Some(source), ..line.value.clone() } };
        }
        let below = entry.key.text == "environment";
        Entry { key: entry.key.clone(), value: self.node(&entry.value, depth + 1, below, changed) }
    }

    fn whole(&self, name: &str) -> Filled<'_> {
        self.known.get(name).map_or(Filled::Same, |&(entry, source)| Filled::Whole(entry, source))
    }

    fn value(&self, scalar: &Scalar) -> Filled<'_> {
        let text = scalar.text.as_str();
        if !text.contains('$') {
            return Filled::Same;
        }
        let whole = Expression::at(text, 0).filter(|found| found.end == text.len());
        if let Some(name) = whole.and_then(|found| found.name) {
            // A default that is the whole value is told from a value further on.
            return self.whole(name);
        }
        let mut pieces = Pieces::default();
        self.pieces(text, 0, 0, &mut pieces);
        if !pieces.changed {
            return Filled::Same;
        }
        let len = pieces.text.len();
        let map = OffsetMap::from_runs(pieces.runs).through(len, &scalar.map);
        Filled::Text(Scalar { text: pieces.text.into(), map, ..scalar.clone() })
    }

    /// Adds `text`, which stands at `at` of the whole, with its variables filled in.
    fn pieces(&self, text: &str, at: usize, depth: usize, out: &mut Pieces) {
        let mut done = 0;
        while let Some(dollar) = text.get(done..).and_then(|rest| rest.find('$')).map(|found| done + found) {
            out.copy(text.get(done..dollar).unwrap_or_default(), at + done);
            let Some(found) = Expression::at(text, dollar) else {
                out.copy("$", at + dollar);
                done = dollar + 1;
                continue;
            };
            self.piece(text, at, dollar, &found, depth, out);
            done = found.end;
        }
        out.copy(text.get(done..).unwrap_or_default(), at + done);
    }

    /// Adds the expression at `dollar` of `text`, which stands at `at` of the whole.
    fn piece(&self, text: &str, at: usize, dollar: usize, found: &Expression<'_>, depth: usize, out: &mut Pieces) {
        let (place, end) = (at + dollar, at + found.end);
        let Some(name) = found.name else {
            // `$$` is a `$`.
            out.copy("$", place + 1);
            out.changed = true;
            return;
        };
        let known = self.known.get(name).and_then(|(entry, _)| entry.value.as_text());
        // An empty value counts as none where the expression has a colon.
        let known = known.filter(|value| !(value.is_empty() && found.colon));
        match (known, found.operator) {
            (Some(_), Some('+')) | (None, Some('-')) if depth < MOST_NESTED => {
                let word = text.get(found.word.clone()).unwrap_or_default();
                out.changed = true;
                self.pieces(word, at + found.word.start, depth + 1, out);
            }
            (Some(value), operator) if operator != Some('+') && fits(name, value) => {
                out.put(value, place..end);
            }
            _ => out.copy(text.get(dollar..found.end).unwrap_or_default(), place),
        }
    }
}

/// Whether a value may be put into a longer text. What a variable's own name tells (a host, a pool) is found in its file
/// and is said there once.
fn fits(name: &str, value: &str) -> bool {
    const TOLD: [&str; 13] =
        ["HOST", "SERVER", "ADDR", "PORT", "USER", "PASS", "PWD", "DB", "DATABASE", "URL", "POOL", "SECRET", "TOKEN"];
    let told = name.split('_').any(|word| TOLD.iter().any(|told| word.to_ascii_uppercase().starts_with(told)));
    !told && value.len() <= LONGEST_PIECE && !value.contains('\n')
}

/// A text that is put together, with where each piece of it stands.
#[derive(Default)]
struct Pieces {
    text: String,
    runs: Vec<(u32, u32)>,
    changed: bool,
}

impl Pieces {
    fn run(&mut self, at: usize) {
        let decoded = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.runs.push((decoded, u32::try_from(at).unwrap_or(u32::MAX)));
    }

    fn copy(&mut self, text: &str, at: usize) {
        if !text.is_empty() {
            self.run(at);
            self.text.push_str(text);
            // What follows may stand elsewhere: the piece ends where it ends.
            self.run(at + text.len());
        }
    }

    /// A text that is not in the file: any part of it stands at the whole `place`.
    fn put(&mut self, text: &str, place: std::ops::Range<usize>) {
        self.changed = true;
        for c in text.chars() {
            self.run(place.start);
            self.text.push(c);
            self.run(place.end);
        }
    }
}

/// A variable in a text.
struct Expression<'t> {
    /// None for an escaped `$$`.
    name: Option<&'t str>,
    /// `-`, `+` or `?`.
    operator: Option<char>,
    colon: bool,
    /// What stands behind the operator.
    word: std::ops::Range<usize>,
    /// Where it ends.
    end: usize,
}

impl Expression<'_> {
    /// The expression that starts with the `$` at `at`.
    fn at(text: &str, at: usize) -> Option<Expression<'_>> {
        let rest = text.get(at..)?.strip_prefix('$')?;
        let plain = |name, end| Expression { name, operator: None, colon: false, word: end..end, end };
        if rest.starts_with('$') {
            return Some(plain(None, at + 2));
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let Some(inner) = rest.strip_prefix('{') else {
            let len = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            let name =
                rest.get(..len).filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))?;
            return Some(plain(Some(name), at + 1 + len));
        };
        let len = inner.find(|c| !is_name(c))?;
        let name = inner.get(..len).filter(|name| !name.is_empty())?;
        let colon = inner.get(len..)?.starts_with(':');
        let start = len + usize::from(colon);
        let operator = inner.get(start..)?.chars().next()?;
        if operator == '}' && !colon {
            return Some(plain(Some(name), at + 2 + len + 1));
        }
        if !matches!(operator, '-' | '+' | '?') {
            return None;
        }
        let close = closing(inner.get(start + 1..)?)?;
        let from = at + 2 + start + 1;
        Some(Expression {
            name: Some(name),
            operator: Some(operator),
            colon,
            word: from..from + close,
            end: from + close + 1,
        })
    }
}

/// Where the brace closes that was open before `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = ' ';
    // A default is a word; what runs on for longer is no expression of Compose.
    for (at, c) in text.char_indices().take(1024) {
        match c {
            '\n' => return None,
            '{' if before == '$' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
        before = c;
    }
    None
}
