//! Files with template expressions in them: Go templates, Jinja, ERB.
//!
//! Nothing is rendered. Each expression is masked in place by text of the same length which the reader of the file can
//! digest, and put back into the values afterwards, so that a value reads `{{ .Values.x }}` and every place stays exact.

mod tokens;

use self::tokens::Syntax;
use super::decoded::{self, Decoded};
use crate::document::{Document, Entry, Node, NodeKind, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::Span;
use std::collections::BTreeMap;
use std::ops::Range;

/// How the expressions of a file were masked.
pub(super) struct Masked {
    text: Option<String>,
    items: Vec<Item>,
}

/// One expression, or several on a line of their own.
struct Item {
    /// The bytes that were masked.
    hit: Range<usize>,
    /// The bytes that a value shows instead.
    show: Range<usize>,
    /// Whether it stands on lines of its own and was taken out of the structure.
    is_line: bool,
}

/// A block scalar in which expressions are content.
#[derive(Clone, Copy)]
struct Block {
    /// Columns before the line with the `|` or `>`.
    header: usize,
    /// Columns before the content.
    content: usize,
}

/// Masks the expressions of a YAML text with word characters.
pub(super) fn mask_yaml(text: &str) -> Masked {
    let expressions = with_tokens(text, expressions(text), Syntax::Yaml);
    let blocks = block_scalars(text, &expressions);
    mask_with(text, b'x', &expressions, &blocks)
}

/// Masks the expressions of another text with `filler`.
pub(super) fn mask(text: &str, filler: char) -> Masked {
    debug_assert!(filler.is_ascii(), "a mask has the length of what it masks");
    mask_with(text, filler as u8, &expressions(text), &[])
}

/// Masks the expressions of a text that takes only numbers without quotes.
pub(super) fn mask_bare(text: &str) -> Masked {
    mask_with(text, b'1', &with_tokens(text, expressions(text), Syntax::Bare), &[])
}

/// Expressions with the tokens that stand in none of them.
fn with_tokens(text: &str, mut found: Vec<Range<usize>>, syntax: Syntax) -> Vec<Range<usize>> {
    let tokens = tokens::tokens(text, syntax);
    let is_apart = |token: &Range<usize>| {
        let next = found.partition_point(|expression| expression.end <= token.start);
        found.get(next).is_none_or(|expression| expression.start >= token.end)
    };
    let apart: Vec<_> = tokens.into_iter().filter(is_apart).collect();
    if !apart.is_empty() {
        found.extend(apart);
        found.sort_by_key(|range| range.start);
    }
    found
}

/// Masks the expressions of a JSON text: with digits where they write a value, with blanks where they steer between values.
pub(super) fn mask_json(text: &str) -> Masked {
    let mut masked = mask_bare(text);
    let Some(mut bytes) = masked.text.take().map(String::into_bytes) else { return masked };
    let mut at = 0;
    let mut in_string = false;
    for item in &masked.items {
        in_string ^= opens_string(bytes.get(at..item.hit.start).unwrap_or_default(), in_string);
        at = item.hit.end;
        if !in_string && !item.is_line && !writes_a_value(text.get(item.show.clone()).unwrap_or("")) {
            fill(&mut bytes, item.hit.clone(), b' ');
        }
    }
    masked.text = String::from_utf8(bytes).ok();
    masked
}

/// Whether a piece of JSON changes from outside a string to inside one, or back.
fn opens_string(piece: &[u8], in_string: bool) -> bool {
    let mut inside = in_string;
    let mut is_escaped = false;
    for &byte in piece {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if inside => is_escaped = true,
            b'"' => inside = !inside,
            _ => {}
        }
    }
    inside != in_string
}

fn mask_with(text: &str, filler: u8, expressions: &[Range<usize>], blocks: &[(Range<usize>, Block)]) -> Masked {
    if expressions.is_empty() {
        return Masked { text: None, items: Vec::new() };
    }
    let mut bytes = text.as_bytes().to_vec();
    let mut items = Vec::new();
    let mut index = 0;
    while let Some(expression) = expressions.get(index) {
        let Some((line, used)) = own_lines(text, expressions, index) else {
            fill(&mut bytes, expression.clone(), filler);
            items.push(Item { hit: expression.clone(), show: expression.clone(), is_line: false });
            index += 1;
            continue;
        };
        let block = blocks.partition_point(|(range, _)| range.end <= line.start);
        let block = blocks.get(block).filter(|(range, _)| range.contains(&line.start)).map(|&(_, block)| block);
        items.push(mask_line(&mut bytes, expression.start, line, block, filler));
        index += used;
    }
    Masked { text: String::from_utf8(bytes).ok(), items }
}

/// Masks lines that hold nothing but expressions. Line ends are the mask: they change no structure anywhere. Inside a block
/// scalar they are content and become a content line.
fn mask_line(bytes: &mut [u8], first: usize, line: Range<usize>, block: Option<Block>, filler: u8) -> Item {
    let content = block.map(|b| line.start + b.content).filter(|&content| content < line.end);
    let Some(content) = content else {
        fill(bytes, line.clone(), b'\n');
        return Item { hit: line.clone(), show: first..line.end, is_line: true };
    };
    fill(bytes, line.start..content, b' ');
    fill(bytes, content..line.end, filler);
    Item { show: content.min(first)..line.end, hit: line, is_line: false }
}

fn fill(bytes: &mut [u8], range: Range<usize>, with: u8) {
    if let Some(part) = bytes.get_mut(range) {
        part.fill(with);
    }
}

/// All expressions, in order and apart from each other.
fn expressions(text: &str) -> Vec<Range<usize>> {
    const MARKS: [(&str, &str); 6] =
        [("{{/*", "*/"), ("{{- /*", "*/"), ("{{{", "}}}"), ("{{", "}}"), ("{%", "%}"), ("{#", "#}")];
    let mut found = Vec::new();
    let mut at = 0;
    // An opening mark without its end is looked for once, not from every place.
    let mut open_ended = [false; MARKS.len() + 1];
    let is_mark = |b: &u8| matches!(b, b'{' | b'<');
    while let Some(next) = text.as_bytes().get(at..).and_then(|rest| rest.iter().position(is_mark)).map(|i| at + i) {
        let rest = text.get(next..).unwrap_or("");
        let marks = MARKS.iter().chain([&("<%", "%>")]).enumerate();
        let mut end = None;
        for (index, (open, close)) in marks {
            if !rest.starts_with(open) || open_ended.get(index).copied().unwrap_or(true) {
                continue;
            }
            end = rest
                .get(open.len()..)
                .and_then(|body| closing(body, open, close))
                .map(|i| open.len() + i + close.len());
            // A comment ends in two steps, `*/` and `}}`.
            end = end.and_then(|e| if *close == "*/" { rest.get(e..)?.find("}}").map(|i| e + i + 2) } else { Some(e) });
            if end.is_some() {
                break;
            }
            if let Some(flag) = open_ended.get_mut(index) {
                *flag = true;
            }
        }
        found.extend(end.map(|e| next..next + e));
        at = next + end.unwrap_or(1);
    }
    found
}

/// Where an expression is closed; braces in a text of a Go template close nothing: `{{ "}}" }}`.
fn closing(body: &str, open: &str, close: &str) -> Option<usize> {
    let first = body.find(close)?;
    let quotes = |end: usize| body.get(..end).map_or(0, |part| part.matches('"').count());
    if open != "{{" || quotes(first) % 2 == 0 {
        return Some(first);
    }
    // Only the same line is looked at, and not far: a lone quote closes nothing anywhere.
    let reach = super::boundary(body, first + 256);
    let rest = body.get(first..reach).unwrap_or("").split(['\n', '\r']).next().unwrap_or("");
    let later = rest.match_indices(close).map(|(at, _)| first + at).skip(1).take(4).find(|&at| quotes(at) % 2 == 0);
    later.or(Some(first))
}

/// The lines from expression `index` on if they hold nothing but expressions, and how many they hold.
fn own_lines(text: &str, expressions: &[Range<usize>], index: usize) -> Option<(Range<usize>, usize)> {
    let first = expressions.get(index)?;
    // Only the gap before the expression is looked at, so that a line of many expressions is not searched many times.
    let gap = index.checked_sub(1).and_then(|i| expressions.get(i)).map_or(0, |before| before.end);
    let before = text.get(gap..first.start)?;
    let start = match before.rfind(['\n', '\r']) {
        Some(i) => gap + i + 1,
        None if gap == 0 => 0,
        None => return None,
    };
    if !text.get(start..first.start)?.trim().is_empty() {
        return None;
    }
    let mut end = first.end;
    let mut used = 1;
    for next in expressions.get(index + 1..)? {
        let between = text.get(end..next.start)?;
        if between.contains(['\n', '\r']) || !between.trim().is_empty() {
            break;
        }
        end = next.end;
        used += 1;
    }
    let rest = text.get(end..decoded::line_end(text, end))?;
    rest.trim().is_empty().then_some((start..end, used))
}

/// The block scalars of a YAML text, found by their headers, with the columns of their content.
fn block_scalars(text: &str, expressions: &[Range<usize>]) -> Vec<(Range<usize>, Block)> {
    if expressions.is_empty() {
        return Vec::new();
    }
    let is_own_line = |line: &Range<usize>| {
        let index = expressions.partition_point(|e| e.end <= line.start);
        let starts_before = |e: &Range<usize>| e.start < line.start || own_lines(text, expressions, index).is_some();
        expressions.get(index).is_some_and(|e| e.start < line.end && starts_before(e))
    };
    let mut found = Vec::new();
    let mut open: Option<(usize, Block)> = None;
    for line in decoded::lines(text) {
        let content = text.get(line.clone()).unwrap_or("");
        if content.trim().is_empty() || is_own_line(&line) {
            continue;
        }
        let columns = content.len() - content.trim_start_matches(' ').len();
        if let Some((start, block)) = &mut open {
            if columns > block.header {
                block.content = if block.content == 0 { columns } else { block.content };
                continue;
            }
            found.push((*start..line.start, finished(*block)));
            open = None;
        }
        if is_block_header(content) {
            open = Some((line.end, Block { header: columns, content: 0 }));
        }
    }
    found.extend(open.map(|(start, block)| (start..text.len() + 1, finished(block))));
    found
}

fn finished(block: Block) -> Block {
    // A block of nothing but expressions has no content line to learn from.
    let content = if block.content == 0 { block.header + 1 } else { block.content };
    Block { content, ..block }
}

/// Whether a line ends in the header of a block scalar: `key: |`, `- >-`, `key: !tag |2 # comment`.
fn is_block_header(line: &str) -> bool {
    let line = line.find(" #").map_or(line, |i| line.get(..i).unwrap_or(line)).trim_end();
    let Some(last) = line.split_whitespace().next_back() else { return false };
    let before = line.get(..line.len() - last.len()).unwrap_or("").trim_end();
    let is_indicator = last.starts_with(['|', '>']) && last.len() <= 3;
    let digits_and_signs = last.bytes().skip(1).all(|b| b == b'+' || b == b'-' || b.is_ascii_digit());
    let after_property = before.rsplit(' ').next().is_some_and(|word| word.starts_with(['!', '&']));
    is_indicator && digits_and_signs && (before.is_empty() || before.ends_with([':', '-']) || after_property)
}

impl Masked {
    /// The text to read: masked where there was something to mask.
    pub(super) fn text<'a>(&'a self, original: &'a str) -> &'a str {
        self.text.as_deref().unwrap_or(original)
    }

    /// The lines that hold nothing but expressions and would write text, in order.
    pub(super) fn value_lines<'a>(&'a self, original: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let writes = |item: &&Item| item.is_line && writes_a_value(original.get(item.show.clone()).unwrap_or(""));
        self.items.iter().filter(writes).map(|item| item.show.clone())
    }

    /// Whether a line of expressions stands between two offsets, so that what it divides may be alternatives.
    pub(super) fn has_line_between(&self, from: u32, to: u32) -> bool {
        let first = self.items.partition_point(|item| item.hit.end <= from as usize);
        let within = self.items.iter().skip(first).take_while(|item| item.hit.start < to as usize);
        within.into_iter().any(|item| item.is_line)
    }

    /// Names the second of two equal keys of one mapping, unless a line of expressions divides them.
    pub(super) fn report_equal(&self, entries: &[Entry], problems: &mut Vec<Problem>) {
        let doubled = decoded::duplicates(entries).into_iter();
        let certain = doubled.filter(|(first, second)| !self.has_line_between(first.end, second.start));
        problems.extend(certain.map(|(_, second)| decoded::duplicate_key(second)));
    }

    /// Names the second of two equal keys in all mappings from `node` down.
    pub(super) fn report_all_equal(&self, node: &Node, problems: &mut Vec<Problem>) {
        self.report_equal(node.entries(), problems);
        node.items().iter().for_each(|item| self.report_all_equal(item, problems));
        node.entries().iter().for_each(|entry| self.report_all_equal(&entry.value, problems));
    }

    /// Keeps the first syntax errors and counts the rest. What breaks off in a template is one problem of its own kind.
    pub(super) fn report_errors(&self, mut errors: Vec<Problem>, problems: &mut Vec<Problem>) {
        let first = errors.iter().find(|error| error.kind == ProblemKind::Syntax).and_then(|error| error.span);
        if let (Some(span), false) = (first, self.items.is_empty()) {
            errors.retain(|error| error.kind != ProblemKind::Syntax);
            errors.push(super::templated(span));
        }
        decoded::report_errors(errors, problems);
    }

    /// The original text of `range` where something in it was masked.
    pub(super) fn original<'a>(&self, text: &'a str, range: Range<usize>) -> Option<&'a str> {
        self.touches(&range).then(|| text.get(range)).flatten()
    }

    /// Puts the expressions back into the values, keys and comments of `document`, and counts them.
    pub(super) fn restore(&self, original: &str, document: &mut Document) {
        if self.items.is_empty() {
            return;
        }
        document.templated = self.items.len();
        document.roots.iter_mut().for_each(|root| self.restore_node(original, root));
        for comment in &mut document.comments {
            if let Some(text) = self.original(original, comment.span.range()) {
                let text = text.trim_start_matches(['#', '/', '*']).trim_end_matches(['*', '/']);
                comment.text = text.trim().to_owned();
            }
        }
    }

    fn restore_node(&self, original: &str, node: &mut Node) {
        match &mut node.kind {
            NodeKind::Scalar(scalar) => {
                self.restore_scalar(original, scalar);
                node.span = scalar.span;
            }
            NodeKind::Sequence(items) => {
                items.iter_mut().for_each(|item| self.restore_node(original, item));
                let spans = items.iter().filter(|item| item.via.is_none()).map(|item| item.span);
                node.span = spans.fold(node.span, Span::to);
            }
            NodeKind::Mapping(entries) => {
                for entry in entries.iter_mut() {
                    self.restore_scalar(original, &mut entry.key);
                    self.restore_node(original, &mut entry.value);
                    if let NodeKind::Scalar(value) = &mut entry.value.kind {
                        self.restore_omitted(original, &entry.key, value);
                        entry.value.span = value.span;
                    }
                }
                let spans = entries.iter().filter(|e| e.value.via.is_none()).map(|e| e.value.span);
                node.span = spans.fold(node.span, Span::to);
                self.mark_alternatives(entries);
            }
        }
    }

    /// Marks values whose key comes again behind a line of expressions: the template chooses, so each of them counts.
    fn mark_alternatives(&self, entries: &mut [Entry]) {
        let mut later: BTreeMap<String, u32> = BTreeMap::new();
        let mut divided = Vec::new();
        for (index, entry) in entries.iter().enumerate().rev() {
            let next = later.insert(entry.key.text.to_string(), entry.key.span.start);
            if next.is_some_and(|next| self.has_line_between(entry.key.span.end, next)) {
                divided.push(index);
            }
        }
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        for index in divided.into_iter().rev() {
            let Some(entry) = entries.get_mut(index) else { continue };
            let number = numbers.entry(entry.key.text.to_string()).or_default();
            let value = std::mem::replace(&mut entry.value, Node::sequence(Span::default(), Vec::new()));
            entry.value = value.as_alternative(*number);
            *number += 1;
        }
    }

    fn restore_scalar(&self, original: &str, scalar: &mut Scalar) {
        // A block scalar may hold line ends behind the place that is shown for it.
        let reach = scalar.span.to(scalar.source_span(0..scalar.text.len()));
        if !self.touches(&reach.range()) {
            return;
        }
        let mut out = Decoded::default();
        let mut last = None;
        for (at, c) in scalar.text.char_indices() {
            let place = scalar.source_span(at..at + c.len_utf8());
            match self.item_in(place) {
                None => out.replace(c.encode_utf8(&mut [0; 4]), place.range()),
                Some((index, _)) if last == Some(index) => {}
                Some((index, item)) => {
                    last = Some(index);
                    scalar.span = scalar.span.to(Span::new(item.show.start, item.show.end));
                    out.copy(original.get(item.show.clone()).unwrap_or(""), item.show.start);
                }
            }
        }
        let (text, map) = out.finish();
        scalar.text = text.into();
        scalar.map = map;
        scalar.kind = ScalarKind::Str;
    }

    /// Gives an omitted value the expression on the line below it, which would write the value.
    fn restore_omitted(&self, original: &str, key: &Scalar, value: &mut Scalar) {
        if value.kind != ScalarKind::Null || !value.text.is_empty() {
            return;
        }
        let from = key.span.end as usize;
        let index = self.items.partition_point(|item| item.hit.start < from);
        let Some(item) = self.items.get(index).filter(|item| item.is_line) else { return };
        let between = original.get(from..item.hit.start).unwrap_or("?").trim().trim_start_matches(':').trim();
        let expression = original.get(item.show.clone()).unwrap_or("");
        if !between.is_empty() || !writes_a_value(expression) {
            return;
        }
        *value = Scalar { quoted: value.quoted, ..Scalar::plain(expression, item.show.start, ScalarKind::Str) };
    }

    fn touches(&self, range: &Range<usize>) -> bool {
        let first = self.items.partition_point(|item| item.hit.end <= range.start);
        self.items.get(first).is_some_and(|item| item.hit.start < range.end)
    }

    /// The expression of which something stands at `place`: an escape before it takes in its first byte.
    fn item_in(&self, place: Span) -> Option<(usize, &Item)> {
        let index = self.items.partition_point(|item| item.hit.end <= place.start as usize);
        let item = self.items.get(index)?;
        let is_reached = item.hit.start < (place.end as usize).max(place.start as usize + 1);
        is_reached.then_some((index, item))
    }
}

/// Whether an expression puts out text, as opposed to steering (`if`, `range`, `end`) or commenting.
fn writes_a_value(expression: &str) -> bool {
    let Some(body) = expression.strip_prefix("{{") else {
        // A token of a pipeline always does.
        return expression.starts_with("<%=") || !expression.starts_with(['{', '<']) || is_named_token(expression);
    };
    let word = body.trim_start_matches(['-', '{', ' ']).split([' ', '}', '-', '(']).next().unwrap_or("");
    let steers =
        ["if", "else", "end", "range", "with", "define", "block", "break", "continue", "#if", "/if", "#each", "/each"];
    !steers.contains(&word) && !word.starts_with("/*") && !word.starts_with('$')
}

/// `<NAME>`, as opposed to `<% … %>`.
fn is_named_token(expression: &str) -> bool {
    expression.starts_with('<') && !expression.starts_with("<%")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        mask_yaml(text).text(text).to_owned()
    }

    #[test]
    fn an_expression_in_a_line_becomes_a_word() {
        assert_eq!(masked("a: {{ x }}/b"), "a: xxxxxxx/b");
        assert_eq!(masked("{{ a }}: <%= b %>"), "xxxxxxx: xxxxxxxx");
        assert_eq!(masked("a: ${{ x }}"), "a: $xxxxxxx");
        assert_eq!(masked("a: {b: {{ x }}}"), "a: {b: xxxxxxx}");
    }

    #[test]
    fn a_line_of_expressions_becomes_line_ends() {
        assert_eq!(masked("a: 1\n  {{ if x }} {% y %}\nb: 2"), format!("a: 1\n{}\nb: 2", "\n".repeat(20)));
        assert_eq!(masked("{{/* a }} b\n */}}\nc: 1"), format!("{}\nc: 1", "\n".repeat(17)));
    }

    #[test]
    fn a_line_of_expressions_in_a_block_scalar_is_content() {
        assert_eq!(masked("a: |\n  {{ x }}\n  b"), "a: |\n  xxxxxxx\n  b");
        assert_eq!(masked("a: |\n{{ x }}\n  b\nc: {{ y }}"), "a: |\n  xxxxx\n  b\nc: xxxxxxx");
        assert_eq!(masked("a: |-\n{{ x }}\nc: 1"), "a: |-\n xxxxxx\nc: 1");
    }

    #[test]
    fn text_without_expressions_is_not_copied() {
        assert!(mask_yaml("a: {b: {c: 1}}\nd: '{{ open'").text.is_none());
        assert!(mask_yaml(&"{{".repeat(50_000)).items.is_empty());
        assert!(mask_yaml(&"{{/* ".repeat(20_000)).items.is_empty());
    }

    #[test]
    fn braces_in_a_text_close_nothing() {
        assert_eq!(masked("a: {{ \"{{\" }}x{{ \"}}\" }}"), "a: xxxxxxxxxxxxxxxxxxxxx");
        assert_eq!(masked("a: {{ it's \" }}\nb: 1"), "a: xxxxxxxxxxxx\nb: 1");
    }

    #[test]
    fn steering_in_json_is_blank_outside_of_texts() {
        let text = "[{% if a %} {\"b\": {{ c }}, \"d\": \"{% if e %}x{% endif %}\"}, {% endif %} 1]";
        let expected = "[           {\"b\": 1111111, \"d\": \"1111111111x11111111111\"},             1]";
        assert_eq!(mask_json(text).text(text), expected);
    }

    #[test]
    fn steering_is_told_from_values() {
        for value in ["{{ .Values.x }}", "{{- toYaml .Values.y | nindent 4 }}", "<%= x %>", "{{ include \"a\" . }}"] {
            assert!(writes_a_value(value), "{value}");
        }
        for steering in
            ["{{ if x }}", "{{- end }}", "{{-end-}}", "{% set a = 1 %}", "{{/* c */}}", "<% x %>", "{{- $a := 1 }}"]
        {
            assert!(!writes_a_value(steering), "{steering}");
        }
    }
}
