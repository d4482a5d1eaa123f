//! YAML: any number of documents, anchors, merge keys, tags, comments.
//!
//! Scalars get the type that YAML 1.2 gives them, and the 1.1 booleans, because most readers of configuration still know
//! those. Aliases are expanded within a budget. A document that breaks off is kept up to the break, and the documents
//! after it are read.

mod scalar;

use super::Format;
use super::decoded;
use super::template::{self, Masked};
use crate::document::{Comment, Document, Entry, FormatId, Node, NodeKind, OffsetMap, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};
use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span as Range, StructureStyle, Tag, options};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// YAML.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Yaml,
    name: "YAML",
    reads: "`.yaml` and `.yml` files with any number of documents, anchors, merge keys and template expressions",
    extensions: &["yaml", "yml"],
    names: &[],
    words: &[],
    is_plainly: |_| false,
    parse,
};

/// Lines of quoted texts in one file that are joined although they are not indented.
const JOINED_LINES: usize = 200;

/// Size of a file up to which that is tried, because each line costs a reading of the file.
const JOINED_BYTES: usize = 1024 * 1024;

fn parse(source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Yaml);
    let masked = template::mask_yaml(&source.text);
    let text = masked.text(&source.text);
    let mut builder = Builder::new(text, source, &masked);
    builder.read();
    let mended = builder.flush_left.and_then(|at| join_flush_lines(text, at));
    if let Some(mended) = &mended {
        let mut second = Builder::new(mended, source, &masked);
        second.read();
        if second.errors.is_empty() {
            builder = second;
        }
    }
    masked.report_errors(builder.errors, &mut document.problems);
    document.problems.append(&mut builder.problems);
    document.problems.sort_by_key(|problem| problem.span);
    document.comments = builder.comments;
    document.comments.sort_by_key(|comment| comment.span);
    document.roots = builder.roots;
    masked.restore(&source.text, &mut document);
    document
}

/// Makes a tree of the parser's events.
struct Builder<'a> {
    text: &'a str,
    original: &'a str,
    masked: &'a Masked,
    roots: Vec<Node>,
    comments: Vec<Comment>,
    problems: Vec<Problem>,
    /// Syntax errors apart from the rest, because only the first few are named.
    errors: Vec<Problem>,
    stack: Vec<Frame>,
    /// Items and entries of all open collections, the innermost last: each collection is cut off at its full size.
    items: Vec<Node>,
    entries: Vec<Entry>,
    anchors: BTreeMap<usize, Anchor>,
    /// What aliases of the file may still add: nodes, and 64 bytes of text count as one more.
    budget: usize,
    depth: usize,
    /// The first line of a quoted text that is not indented, on which the parser stopped.
    flush_left: Option<usize>,
    /// Where the last piece of content ended: block collections end there.
    end: usize,
}

/// A collection that is still open.
struct Frame {
    start: usize,
    kind: Collection,
    tag: Option<String>,
    anchor: usize,
}

/// With the number of items or entries that belong to the collections around it.
enum Collection {
    Sequence { from: usize },
    Mapping { from: usize, key: Option<Scalar> },
}

/// What an anchor stands for; `None` where keeping it would have been over the budget.
struct Anchor {
    node: Option<Node>,
    cost: usize,
    depth: usize,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, source: &'a Source, masked: &'a Masked) -> Builder<'a> {
        Builder {
            text,
            original: &source.text,
            masked,
            roots: Vec::new(),
            comments: Vec::new(),
            problems: Vec::new(),
            errors: Vec::new(),
            stack: Vec::new(),
            items: Vec::new(),
            entries: Vec::new(),
            anchors: BTreeMap::new(),
            budget: source.limits.alias_values,
            depth: source.limits.depth,
            flush_left: None,
            end: 0,
        }
    }

    fn read(&mut self) {
        let options = options! {
            emit_anchor_events: false,
            emit_unresolved_aliases: true,
            // The parser's own bound would refuse a long block of comments.
            max_buffered_comment_events: self.text.len(),
            flow_nesting_limit: self.depth,
            block_nesting_limit: self.depth,
        };
        let mut parser = Parser::new_from_str_with_options(self.text, options);
        loop {
            match parser.next_event() {
                None => break,
                Some(Ok((Event::StreamEnd, _))) => break,
                Some(Ok((event, range))) => {
                    if self.take(event, range).is_some() {
                        continue;
                    }
                    self.errors.push(super::too_deep(Some(self.place(range.byte_range().unwrap_or_default().start))));
                }
                Some(Err(error)) => self.report(&error),
            }
            self.close_all();
            if !parser.proceed_next_document().unwrap_or(false) {
                break;
            }
        }
        self.close_all();
    }

    /// Takes one event; `None` if it goes deeper than allowed.
    fn take(&mut self, event: Event<'a>, range: Range) -> Option<()> {
        let bytes = range.byte_range().unwrap_or(self.end..self.end);
        match event {
            Event::Comment(..) => self.comments.push(decoded::comment(self.text, bytes, 1)),
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::DocumentEnd => self.close_all(),
            Event::Scalar(value, style, anchor, tag) => {
                let tag = self.tag(tag.as_deref(), range);
                let scalar = self.scalar(&value, style, bytes, tag.as_ref());
                self.end = self.end.max(scalar.span.end as usize);
                let node = Node { tag: tag.map(|t| t.name), ..Node::scalar(scalar) };
                self.keep(anchor, &node);
                self.add(node);
            }
            Event::SequenceStart(_, anchor, tag) => {
                let kind = Collection::Sequence { from: self.items.len() };
                self.open(kind, bytes.start, anchor, tag.as_deref(), range)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                let kind = Collection::Mapping { from: self.entries.len(), key: None };
                debug_assert!(matches!(style, StructureStyle::Block | StructureStyle::Flow));
                self.open(kind, bytes.start, anchor, tag.as_deref(), range)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                // A bracket has a place; the end of a block has none, it is where its content ended.
                if !bytes.is_empty() {
                    self.end = self.end.max(bytes.end);
                }
                self.close();
            }
            Event::Alias(anchor) => {
                self.end = self.end.max(bytes.end);
                let node = self.expand(anchor, Span::new(bytes.start, bytes.end));
                self.add(node);
            }
            Event::UnresolvedAlias(_) => {
                self.end = self.end.max(bytes.end);
                let span = Span::new(bytes.start, bytes.end);
                let message = "an alias to an anchor that is not defined above it; read as text";
                self.problems.push(Problem::at(ProblemKind::Syntax, message, span));
                let node = self.as_text(span);
                self.add(node);
            }
            _ => {}
        }
        Some(())
    }

    fn open(&mut self, kind: Collection, start: usize, anchor: usize, tag: Option<&Tag>, range: Range) -> Option<()> {
        if self.stack.len() >= self.depth {
            return None;
        }
        let tag = self.tag(tag, range).map(|t| t.name);
        self.end = self.end.max(start);
        self.stack.push(Frame { start, kind, tag, anchor });
        Some(())
    }

    fn close(&mut self) {
        let Some(frame) = self.stack.pop() else { return };
        let start = frame.start;
        let end = self.end.max(start);
        let span = Span::new(start, end);
        let mut node = match frame.kind {
            Collection::Sequence { from } => Node::sequence(span, self.items.split_off(from)),
            Collection::Mapping { from, .. } => {
                let entries = self.entries.split_off(from);
                self.masked.report_equal(&entries, &mut self.problems);
                Node::mapping(span, self.merge(entries))
            }
        };
        node.tag = frame.tag;
        self.keep(frame.anchor, &node);
        self.add(node);
    }

    /// Ends the document, whether it is complete or broke off.
    fn close_all(&mut self) {
        while !self.stack.is_empty() {
            self.close();
        }
    }

    fn add(&mut self, node: Node) {
        let Some(frame) = self.stack.last_mut() else {
            // A document in which nothing stands is none.
            let is_omitted = node.span.is_empty() && node.as_scalar().is_some();
            return if !is_omitted {
                self.roots.push(node)
            };
        };
        match &mut frame.kind {
            Collection::Sequence { .. } => self.items.push(node),
            Collection::Mapping { key, .. } => match key.take() {
                Some(key) => self.entries.push(Entry { key, value: node }),
                None => *key = Some(as_key(self.text, node)),
            },
        }
    }

    fn scalar(&self, value: &str, style: ScalarStyle, bytes: std::ops::Range<usize>, tag: Option<&TagName>) -> Scalar {
        let is_plain = style == ScalarStyle::Plain;
        let core = tag.map(|t| t.core.as_deref().unwrap_or("str"));
        if is_plain && bytes.is_empty() {
            let kind = if core == Some("str") { ScalarKind::Str } else { ScalarKind::Null };
            let span = Span::new(bytes.start, bytes.start);
            return Scalar { text: SmolStr::default(), kind, quoted: false, span, map: OffsetMap::None };
        }
        let kind = match core {
            Some("null") => ScalarKind::Null,
            Some("bool") => ScalarKind::Bool,
            Some("int") => ScalarKind::Int,
            Some("float") => ScalarKind::Float,
            None if is_plain => scalar::resolve(value),
            _ => ScalarKind::Str,
        };
        let (span, map) = scalar::place(self.text, bytes, style, value);
        Scalar { text: SmolStr::new(value), kind, quoted: !is_plain, span, map }
    }

    fn as_text(&self, span: Span) -> Node {
        let text = self.text.get(span.range()).unwrap_or("");
        Node::scalar(Scalar::plain(text, span.start as usize, ScalarKind::Str))
    }

    /// The tag as it is written, and its name in the core schema.
    fn tag(&self, tag: Option<&Tag>, range: Range) -> Option<TagName> {
        let tag = tag?;
        let bytes = range.tag_span().and_then(|span| span.byte_range());
        let masked = bytes.and_then(|bytes| self.masked.original(self.original, bytes));
        let name = masked.map_or_else(|| tag.original(), str::to_owned);
        Some(TagName { name, core: tag.core_suffix().map(str::to_owned) })
    }

    fn keep(&mut self, anchor: usize, node: &Node) {
        if anchor == 0 {
            return;
        }
        let (cost, depth) = measure(node);
        let node = (cost <= self.budget).then(|| node.clone());
        self.budget = self.budget.saturating_sub(cost);
        self.anchors.insert(anchor, Anchor { node, cost, depth });
    }

    /// What an alias stands for; its own text where that is not to be had.
    fn expand(&mut self, anchor: usize, alias: Span) -> Node {
        let Some(target) = self.anchors.get(&anchor) else {
            let message = "an alias inside the value that it stands for; read as text";
            self.problems.push(Problem::at(ProblemKind::Syntax, message, alias));
            return self.as_text(alias);
        };
        let is_too_deep = self.stack.len() + target.depth > self.depth;
        let node = target.node.as_ref().filter(|_| target.cost <= self.budget && !is_too_deep);
        let Some(mut node) = node.cloned() else {
            let is_first = !self.problems.iter().any(|p| p.kind == ProblemKind::TooLarge);
            if is_first {
                let message = "aliases expand to too many values or too deep; from here on they are read as text";
                self.problems.push(Problem::at(ProblemKind::TooLarge, message, alias));
            }
            return self.as_text(alias);
        };
        self.budget -= target.cost;
        came_through(&mut node, alias);
        node
    }

    /// Replaces merge keys by what they merge: explicit keys win, then the earlier of several mappings.
    fn merge(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let is_merge = |entry: &Entry| entry.key.text == "<<" && !entry.key.quoted;
        if !entries.iter().any(is_merge) {
            return entries;
        }
        let explicit = entries.iter().filter(|entry| !is_merge(entry));
        let mut taken: BTreeSet<SmolStr> = explicit.map(|entry| entry.key.text.clone()).collect();
        let mut merged = Vec::with_capacity(entries.len());
        for entry in entries {
            if !is_merge(&entry) {
                merged.push(entry);
                continue;
            }
            let Some(sources) = mappings_of(&entry.value) else {
                let message = "a merge key takes a mapping or a list of mappings; kept as an ordinary key";
                self.problems.push(Problem::at(ProblemKind::Syntax, message, entry.key.span));
                merged.push(entry);
                continue;
            };
            for source in sources {
                let via = source.via.unwrap_or(entry.key.span);
                for inherited in source.entries().iter().filter(|e| taken.insert(e.key.text.clone())) {
                    let mut inherited = inherited.clone();
                    came_through(&mut inherited.value, via);
                    merged.push(inherited);
                }
            }
        }
        merged
    }

    fn report(&mut self, error: &ScanError) {
        let span = self.place(error.marker().byte_offset().unwrap_or(self.end));
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            return self.errors.push(super::too_deep(Some(span)));
        }
        if matches!(error.kind(), ErrorKind::InvalidQuotedScalarIndent) {
            self.flush_left = self.flush_left.or(error.marker().byte_offset());
        }
        let what = explain(error.kind());
        let message = format!("YAML: {what}; the rest of this document was not read");
        self.errors.push(Problem::at(ProblemKind::Syntax, message, span));
    }

    /// From an offset to the end of its line.
    fn place(&self, at: usize) -> Span {
        let start = super::boundary(self.text, at);
        Span::new(start, decoded::line_end(self.text, start))
    }
}

/// Joins lines of quoted texts that are not indented, byte for byte, from the line at `at` on.
///
/// The standard forbids such lines, but the readers of Kubernetes, Ansible and Compose take them. `None` where joining
/// does not make the text readable, so that the first reading and its error stand.
fn join_flush_lines(text: &str, at: usize) -> Option<String> {
    if text.len() > JOINED_BYTES {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    let mut at = at;
    for _ in 0..JOINED_LINES {
        let before = bytes.get(..at)?;
        let end = before.iter().rposition(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r'))? + 1;
        bytes.get_mut(end..at)?.fill(b' ');
        let joined = std::str::from_utf8(&bytes).ok()?;
        let options = options! {
            emit_comments: false,
            emit_unresolved_aliases: true,
            flow_nesting_limit: super::MAX_DEPTH,
            block_nesting_limit: super::MAX_DEPTH,
        };
        let error = Parser::new_from_str_with_options(joined, options).find_map(Result::err);
        let Some(error) = error else { return String::from_utf8(bytes).ok() };
        let next = error.marker().byte_offset().filter(|&next| next > at)?;
        matches!(error.kind(), ErrorKind::InvalidQuotedScalarIndent).then_some(())?;
        at = next;
    }
    None
}

struct TagName {
    name: String,
    core: Option<String>,
}

/// Says what is wrong where the reason is one that people can act on.
fn explain(kind: &ErrorKind) -> &'static str {
    let name = format!("{kind:?}");
    let has = |part: &str| name.contains(part);
    match () {
        () if has("Tab") => "a tab where spaces must indent; use spaces",
        () if has("MappingValueNotAllowed") => {
            "a colon where no value may start; quote the text or check the indentation"
        }
        () if has("SequenceEntryNotAllowed") => "a list item where none may start; check the indentation",
        () if has("UnclosedFlow") || has("UnexpectedEofFlow") || has("MismatchedFlow") => {
            "a bracket or brace that does not match"
        }
        () if has("Quote") || has("Escape") => "a quoted text that is not closed, or an unknown escape in it",
        () if has("Indent") => "an indentation that fits nothing above it",
        () if has("SimpleKey") || has("ExpectedColon") || has("BlockMappingKey") => {
            "a line that is no key with a value"
        }
        () => "something that is no YAML; check the indentation and the quotes here",
    }
}

fn as_key(text: &str, node: Node) -> Scalar {
    let span = node.via.unwrap_or(node.span);
    match node.kind {
        NodeKind::Scalar(scalar) if node.via.is_none() => scalar,
        // An alias as a key: the anchor's text, at the place of the alias.
        NodeKind::Scalar(scalar) => Scalar { span, map: OffsetMap::None, ..scalar },
        // A list or mapping as a key is kept as it is written.
        _ => Scalar::plain(text.get(span.range()).unwrap_or(""), span.start as usize, ScalarKind::Str),
    }
}

fn mappings_of(value: &Node) -> Option<Vec<&Node>> {
    let is_mapping = |node: &&Node| matches!(node.kind, NodeKind::Mapping(_));
    match &value.kind {
        NodeKind::Mapping(_) => Some(vec![value]),
        NodeKind::Sequence(items) => items.iter().all(|item| is_mapping(&item)).then(|| items.iter().collect()),
        NodeKind::Scalar(_) => None,
    }
}

/// Notes on a node and all below it through which alias or merge key it came here.
fn came_through(node: &mut Node, via: Span) {
    node.via = Some(via);
    match &mut node.kind {
        NodeKind::Scalar(_) => {}
        NodeKind::Sequence(items) => items.iter_mut().for_each(|item| came_through(item, via)),
        NodeKind::Mapping(entries) => entries.iter_mut().for_each(|entry| came_through(&mut entry.value, via)),
    }
}

/// What copying a node costs, and how deep it is.
fn measure(node: &Node) -> (usize, usize) {
    let sum = |a: (usize, usize), b: (usize, usize)| (a.0 + b.0, a.1.max(b.1));
    let text = |scalar: &Scalar| scalar.text.len() / 64;
    let below = match &node.kind {
        NodeKind::Scalar(scalar) => (text(scalar), 0),
        NodeKind::Sequence(items) => items.iter().map(measure).fold((0, 0), sum),
        NodeKind::Mapping(entries) => {
            let entry = |e: &Entry| sum((text(&e.key), 0), measure(&e.value));
            entries.iter().map(entry).fold((0, 0), sum)
        }
    };
    (below.0 + 1, below.1 + 1)
}

#[cfg(test)]
mod tests;
