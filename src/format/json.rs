//! JSON, with comments and trailing commas where the file has them.
//!
//! Both are common in configuration (.NET, editors) and change no value. A missing comma is an error. `.json5` may also
//! write bare keys, single quotes and the wider numbers.

use super::Format;
use super::decoded::{self, Decoded, Escapes};
use super::template::{self, Masked};
use crate::document::{Comment, Document, Entry, FormatId, Node, OffsetMap, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};
use jsonc_parser::ast::{ObjectPropName, StringLit, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::{ParseError, ParseErrorKind};
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};

/// JSON and JSONC.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Json,
    name: "JSON",
    reads: "`.json`, `.jsonc` and `.json5` files, with comments and trailing commas",
    extensions: &["json", "jsonc", "json5", "tfvars.json", "webmanifest"],
    names: &[],
    words: &[],
    is_plainly: |_| false,
    parse,
};

const ESCAPES: Escapes = Escapes {
    letters: &[
        ('"', '"'),
        ('\'', '\''),
        ('\\', '\\'),
        ('/', '/'),
        ('b', '\u{8}'),
        ('f', '\u{c}'),
        ('n', '\n'),
        ('r', '\r'),
        ('t', '\t'),
        ('v', '\u{b}'),
        ('0', '\0'),
    ],
    hex: &[('u', 4), ('x', 2)],
};

fn parse(source: &Source, id: SourceId) -> Document {
    let mut document = decoded::document(id, FormatId::Json);
    // Digits read as a number where a value is expected, and as text inside quotes.
    let masked = template::mask_json(&source.text);
    read(masked.text(&source.text), &source.path, &masked, &mut document);
    masked.restore(&source.text, &mut document);
    document
}

fn read(text: &str, path: &str, masked: &Masked, document: &mut Document) {
    let collect = CollectOptions { comments: CommentCollectionStrategy::Separate, tokens: false };
    let parsed = match parse_to_ast(text, &collect, &options(path)) {
        Ok(parsed) => parsed,
        Err(error) => return masked.report_errors(vec![problem(text, &error)], &mut document.problems),
    };
    // The map holds every comment twice, under the token before and the token after it.
    let comments = parsed.comments.iter().flat_map(|map| map.values()).flat_map(|group| group.iter());
    document.comments = comments.map(|c| comment(text, c.range().start, c.range().end)).collect();
    document.comments.sort_by_key(|c| c.span);
    document.comments.dedup();
    let Some(value) = parsed.value else { return };
    let Some(root) = node(text, &value, 0) else { return document.problems.push(super::too_deep(None)) };
    masked.report_all_equal(&root, &mut document.problems);
    document.roots.push(root);
}

fn options(path: &str) -> ParseOptions {
    let loose = path.ends_with(".json5");
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_missing_commas: false,
        allow_loose_object_property_names: loose,
        allow_single_quoted_strings: loose,
        allow_hexadecimal_numbers: loose,
        allow_unary_plus_numbers: loose,
        allow_bare_decimal_point_numbers: loose,
        allow_non_finite_numbers: loose,
        allow_extended_string_escapes: loose,
    }
}

fn problem(text: &str, error: &ParseError) -> Problem {
    let start = super::boundary(text, error.range().start);
    let span = Span::new(start, super::boundary(text, error.range().end.max(start)));
    if matches!(error.kind(), ParseErrorKind::NestingDepthExceeded) {
        return super::too_deep(Some(span));
    }
    let what = match error.kind() {
        ParseErrorKind::ExpectedComma => "a comma is missing before this place",
        ParseErrorKind::UnterminatedObject => "an object opened here is not closed; add the missing }",
        ParseErrorKind::UnterminatedArray => "a list opened here is not closed; add the missing ]",
        ParseErrorKind::UnterminatedCommentBlock => "a comment opened here is not closed; add the missing */",
        ParseErrorKind::String(_) => "a string here is not closed or holds an unknown escape",
        ParseErrorKind::ExpectedStringObjectProperty => "a key here is not in double quotes",
        ParseErrorKind::ExpectedColonAfterObjectKey => "a colon is missing after the key here",
        ParseErrorKind::ExpectedObjectValue => "a value is missing after the colon here",
        ParseErrorKind::MultipleRootJsonValues => {
            "something follows the end of the value here; only one value is allowed"
        }
        _ => "something here is no JSON",
    };
    Problem::at(ProblemKind::Syntax, format!("JSON: {what}; the file was not read"), span)
}

fn comment(text: &str, start: usize, end: usize) -> Comment {
    let mut comment = decoded::comment(text, start..end, 2);
    if text.get(start..).is_some_and(|rest| rest.starts_with("/*")) {
        comment.text = comment.text.trim_end_matches("*/").trim_end().to_owned();
    }
    comment
}

fn node(text: &str, value: &Value<'_>, depth: usize) -> Option<Node> {
    if depth >= super::MAX_DEPTH {
        return None;
    }
    let span = Span::new(value.range().start, value.range().end);
    Some(match value {
        Value::Object(object) => {
            let entry = |name: &ObjectPropName<'_>, value: &Value<'_>| {
                Some(Entry { key: key(text, name), value: node(text, value, depth + 1)? })
            };
            let entries = object.properties.iter().map(|p| entry(&p.name, &p.value)).collect::<Option<_>>()?;
            Node::mapping(span, entries)
        }
        Value::Array(array) => {
            let items = array.elements.iter().map(|item| node(text, item, depth + 1)).collect::<Option<_>>()?;
            Node::sequence(span, items)
        }
        Value::StringLit(string) => Node::scalar(string_scalar(text, string)),
        Value::NumberLit(number) => {
            Node::scalar(Scalar::plain(number.value, number.range.start, number_kind(number.value)))
        }
        Value::BooleanLit(b) => {
            Node::scalar(literal(text, span, if b.value { "true" } else { "false" }, ScalarKind::Bool))
        }
        Value::NullKeyword(_) => Node::scalar(literal(text, span, "null", ScalarKind::Null)),
    })
}

fn literal(text: &str, span: Span, word: &str, kind: ScalarKind) -> Scalar {
    debug_assert_eq!(text.get(span.range()), Some(word));
    Scalar { text: word.into(), kind, quoted: false, span, map: OffsetMap::Linear(span.start) }
}

fn number_kind(number: &str) -> ScalarKind {
    let is_hex = number.contains(['x', 'X']);
    let is_float = !is_hex && number.contains(['.', 'e', 'E', 'I', 'N']);
    if is_float { ScalarKind::Float } else { ScalarKind::Int }
}

fn key(text: &str, name: &ObjectPropName<'_>) -> Scalar {
    match name {
        ObjectPropName::String(string) => string_scalar(text, string),
        ObjectPropName::Word(word) => Scalar::plain(word.value, word.range.start, ScalarKind::Str),
    }
}

fn string_scalar(text: &str, string: &StringLit<'_>) -> Scalar {
    let span = Span::new(string.range.start, string.range.end);
    let inner = span.start as usize + 1..(span.end as usize).saturating_sub(1);
    let scalar = decode(text, inner, span);
    if scalar.text == *string.value {
        return scalar;
    }
    // A rarer JSON5 escape: the value is the parser's, its place is the whole string.
    Scalar { text: string.value.as_ref().into(), map: OffsetMap::None, ..scalar }
}

fn decode(text: &str, inner: std::ops::Range<usize>, span: Span) -> Scalar {
    let mut out = Decoded::default();
    let mut at = inner.start;
    while at < inner.end {
        let rest = text.get(at..inner.end).unwrap_or("");
        let plain = rest.find('\\').unwrap_or(rest.len());
        out.copy(rest.get(..plain).unwrap_or(""), at);
        at += plain;
        if at >= inner.end {
            break;
        }
        let Some((c, len)) = ESCAPES.read(text, at) else { break };
        out.replace(c.encode_utf8(&mut [0; 4]), at..at + len);
        at += len;
    }
    out.scalar(span, ScalarKind::Str, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::check::{self, leaves, only_problem};

    fn read(text: &str) -> Document {
        check::read("a.json", text)
    }

    #[test]
    fn values_have_their_types_and_places() {
        let document = read("{\"a\": [1, -2.5, true, null], \"b\": {\"c\": \"x\"}}");
        assert_eq!(
            leaves(&document),
            [
                "a.0=1 Int `1`",
                "a.1=-2.5 Float `-2.5`",
                "a.2=true Bool `true`",
                "a.3=null Null `null`",
                "b.c=x Str `\"x\"`"
            ]
        );
    }

    #[test]
    fn escapes_are_decoded_with_their_places() {
        let text = r#"{"url": "a\/b\u00e9\ud83d\ude00\"c"}"#;
        let document = read(text);
        let scalar = document.roots[0].path(&["url"]).and_then(Node::as_scalar).expect("a scalar");
        assert_eq!(scalar.text, "a/bé😀\"c");
        let place = |part: &str| {
            let at = scalar.text.find(part).expect("in the text");
            &text[scalar.source_span(at..at + part.len()).range()]
        };
        assert_eq!((place("/"), place("é"), place("😀"), place("c")), ("\\/", "\\u00e9", "\\ud83d\\ude00", "c"));
    }

    #[test]
    fn comments_and_trailing_commas_change_no_value() {
        let document = read("// head\n{\"a\": 1, /* tail */ }\n");
        assert_eq!(leaves(&document), ["a=1 Int `1`"]);
        let comments: Vec<_> = document.comments.iter().map(|c| c.text.as_str()).collect();
        assert_eq!(comments, ["head", "tail"]);
        assert!(document.problems.is_empty());
    }

    #[test]
    fn equal_keys_are_kept_and_named() {
        let document = read("{\"a\": 1, \"a\": 2}");
        assert_eq!(leaves(&document).len(), 2);
        assert_eq!(only_problem(&document), (ProblemKind::DuplicateKey, "\"a\"".into()));
        assert_eq!(document.problems[0].span.map(|s| s.start), Some(9));
    }

    #[test]
    fn an_error_has_a_place_and_no_tree() {
        for (text, at) in
            [("{\"a\": 1 \"b\": 2}", 7), ("{\"a\": ", 6), ("[1, 2", 0), ("{\"a\": \"x}", 6), ("{} {}", 3), ("nope", 0)]
        {
            let document = read(text);
            assert!(document.roots.is_empty(), "{text}");
            assert_eq!(document.problems.len(), 1, "{text}");
            assert_eq!(document.problems[0].kind, ProblemKind::Syntax, "{text}");
            let start = document.problems[0].span.map(|s| s.start).unwrap_or(u32::MAX);
            assert!(start.abs_diff(at) <= 2, "{text}: {start}");
        }
    }

    #[test]
    fn an_empty_file_is_empty_and_no_error() {
        let document = read("\n");
        assert!(document.roots.is_empty() && document.problems.is_empty());
    }

    #[test]
    fn a_template_is_read_around_its_expressions() {
        let document = read("{\"port\": {{ port }}, \"host\": \"db-{{ env }}\"}");
        assert_eq!(leaves(&document), ["port={{ port }} Str `{{ port }}`", "host=db-{{ env }} Str `\"db-{{ env }}\"`"]);
        assert_eq!(document.templated, 2);
    }

    #[test]
    fn deep_nesting_is_refused_in_words() {
        for text in ["[".repeat(100_000), format!("{}1{}", "[".repeat(200), "]".repeat(200)), "{\"a\":".repeat(50_000)]
        {
            let document = read(&text);
            assert!(document.roots.is_empty());
            assert_eq!(document.problems.len(), 1);
            assert_eq!(document.problems[0].kind, ProblemKind::TooLarge);
        }
    }

    #[test]
    fn json5_may_be_loose() {
        let document = check::read("a.json5", "{a: 'x', b: 0xff,}");
        assert_eq!(leaves(&document), ["a=x Str `'x'`", "b=0xff Int `0xff`"]);
        for (text, leaf) in [
            ("{$a_1: +5}", "$a_1=+5 Int `+5`"),
            ("{a: .5, /* c */}", "a=.5 Float `.5`"),
            ("{a: Infinity}", "a=Infinity Float `Infinity`"),
            ("{'a b': 'it\\'s', // c\n}", "a b=it's Str `'it\\'s'`"),
            ("{a: 'x\\\ny'}", "a=xy Str `'x\\\ny'`"),
            ("[-0x10]", "0=-0x10 Int `-0x10`"),
        ] {
            let document = check::read("a.json5", text);
            assert_eq!(leaves(&document), [leaf], "{text} {:?}", document.problems);
        }
        assert_eq!(read("{a: 1}").problems.len(), 1);
    }
}
