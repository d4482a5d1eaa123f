//! The syntaxes that can be read, and how a file's syntax is found.
//!
//! In: a source. Out: a [`Document`]. Reading never fails: what cannot be read is a problem of the document. Each file
//! under `format/` holds one [`Format`] and is the only place that knows the parser behind it.

#[cfg(test)]
mod check;
mod conf;
mod decoded;
mod dockerfile;
mod dotenv;
mod embedded;
mod guess;
mod haproxy;
mod hcl;
mod hocon;
mod json;
mod nginx;
mod prisma;
mod procfile;
mod properties;
mod shell;
mod systemd;
mod template;
mod toml;
mod words;
mod xml;
mod yaml;

use crate::document::{Document, FormatId};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};

pub use embedded::{parse_composed, parse_embedded};
pub use guess::{detect, is_named};

/// A syntax that can be read.
pub struct Format {
    /// Its name in documents.
    pub id: FormatId,
    /// Its name for people.
    pub name: &'static str,
    /// Which files it reads, in one line of Markdown for the documentation.
    pub reads: &'static str,
    /// Endings of file names, in lower case, without the dot.
    pub extensions: &'static [&'static str],
    /// Whole file names, in lower case, that say it without an ending.
    pub names: &'static [&'static str],
    /// Words that say it at either end of a file name, in lower case: `dockerfile` of `Dockerfile.prod`, `api.Dockerfile`.
    pub words: &'static [&'static str],
    /// Whether a text is plainly of this syntax and of no other, for files whose name says nothing or says it wrong.
    pub is_plainly: fn(&str) -> bool,
    /// Reads a file of this syntax. Never fails; see [`Document::problems`].
    pub parse: fn(&Source, SourceId) -> Document,
}

/// Every syntax, in the order in which file names are tried.
pub static FORMATS: &[&Format] = &[
    &yaml::FORMAT,
    &json::FORMAT,
    &toml::FORMAT,
    &dotenv::FORMAT,
    &properties::FORMAT,
    &conf::FORMAT,
    &systemd::FORMAT,
    &xml::FORMAT,
    &hcl::FORMAT,
    &prisma::FORMAT,
    &dockerfile::FORMAT,
    &procfile::FORMAT,
    &shell::FORMAT,
    &nginx::FORMAT,
    &haproxy::FORMAT,
    &hocon::FORMAT,
];

/// Nesting up to which a file is read. People stay below ten.
pub const MAX_DEPTH: usize = 128;

/// The format behind an id; `None` for [`FormatId::Unknown`].
#[must_use]
pub fn by_id(id: FormatId) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.id == id)
}

/// Finds the syntax of a file and reads it. Never fails.
///
/// A file that could not be taken as text (its problems say why) has no roots and no further problem.
#[must_use]
pub fn parse(source: &Source, id: SourceId) -> Document {
    if !source.readable {
        return decoded::document(id, FormatId::Unknown);
    }
    if let Some(format) = by_id(detect(&source.path, &source.text)) {
        if let Some(problem) = too_many(source) {
            let mut document = decoded::document(id, format.id);
            document.problems.push(problem);
            return document;
        }
        return (format.parse)(source, id);
    }
    let mut document = decoded::document(id, FormatId::Unknown);
    document.problems.push(Problem::new(ProblemKind::UnknownFormat, "no known configuration format; not read"));
    document
}

/// The problem of a file with more values than may be read. Each value of each syntax needs one of these marks, so that
/// their number bounds what reading can cost.
fn too_many(source: &Source) -> Option<Problem> {
    let most = source.limits.values;
    if source.text.len() <= most {
        return None;
    }
    let is_mark = |b: &&u8| matches!(b, b'\n' | b'\r' | b',' | b':' | b'=' | b'<' | b';' | b'[' | b'{');
    let marks = source.text.as_bytes().iter().filter(is_mark).count();
    let message = || format!("more than {most} values; not read (see [limits] values)");
    (marks > most).then(|| Problem::new(ProblemKind::TooLarge, message()))
}

/// The problem of a file nested deeper than [`MAX_DEPTH`].
fn too_deep(span: Option<Span>) -> Problem {
    let message = format!("nested deeper than {MAX_DEPTH} levels; not read from there on");
    Problem { kind: ProblemKind::TooLarge, message, span }
}

/// The problem of a template that does not read as a file of its syntax.
fn templated(span: Span) -> Problem {
    let message = "a template whose structure cannot be read without rendering it; review the rendered file as well";
    Problem::at(ProblemKind::Templated, message, span)
}

/// `at`, or the character boundary before it; never past the end.
fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Side;
    use proptest::prelude::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a test compares the folder with the list")]
    fn every_format_file_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/format");
        let files = std::fs::read_dir(folder).expect("the folder of this module").map(|f| f.expect("readable").path());
        let files = files.filter(|path| path.is_file());
        let read = |path: std::path::PathBuf| std::fs::read_to_string(path).expect("a source file");
        let holders = files.map(read).filter(|text| text.contains("\npub(super) static FORMAT: Format")).count();
        assert_eq!(holders, FORMATS.len());
    }

    #[test]
    fn names_and_endings_belong_to_one_format() {
        let mut all: Vec<_> = FORMATS.iter().flat_map(|f| f.extensions.iter().chain(f.names)).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(FORMATS.iter().all(|f| by_id(f.id).is_some_and(|found| std::ptr::eq(found, *f))));
        assert!(by_id(FormatId::Unknown).is_none());
    }

    #[test]
    fn an_unknown_file_says_so() {
        let document = parse(&Source::new("main.rs", Side::New, b"fn main() {}"), SourceId(0));
        assert!(document.roots.is_empty());
        assert_eq!(document.problems[0].kind, ProblemKind::UnknownFormat);
    }

    #[test]
    fn a_binary_file_is_not_read() {
        let document = parse(&Source::new("a.yaml", Side::New, b"a: \0"), SourceId(0));
        assert!(document.roots.is_empty() && document.problems.is_empty());
    }

    /// Every format reads every text without panicking, and all places fit the text.
    fn all_formats_survive(text: &str) {
        for format in FORMATS {
            let source =
                Source::new(if format.id == FormatId::Yaml { "file.yaml" } else { "file" }, Side::New, text.as_bytes());
            check::places_fit(&source, &(format.parse)(&source, SourceId(0)));
        }
        assert!(by_id(detect("file", text)).is_some() || detect("file", text) == FormatId::Unknown);
    }

    #[test]
    fn hostile_files_are_survived() {
        let texts = [
            "[".repeat(100_000),
            "- ".repeat(50_000),
            "{".repeat(50_000),
            "? ".repeat(20_000),
            "a.".repeat(50_000),
            "a: &a [*a]\n".repeat(200),
            "&a ".repeat(20_000),
            "\"\\".repeat(20_000),
            "'\r\n".repeat(20_000),
            "[[a]]\n".repeat(5_000),
            "[a.b]\r".repeat(5_000),
            "{{ a }}".repeat(20_000),
            "{{ a }}\n".repeat(20_000),
            "# c\n".repeat(20_000),
            "k \\\n".repeat(20_000),
            "---\n".repeat(5_000),
            "\u{feff}\u{feff}a: \u{85}\u{2028}b".into(),
            "a: |\n\u{a0} x\n\t\ty".into(),
            format!("a: \"{}", "x\\\"'#{[ ".repeat(20_000)),
            "\n \t\r\n".repeat(20_000),
            "<a>".repeat(50_000),
            "<a b='".repeat(20_000),
            "<a b=\"<".repeat(20_000),
            "</a><![CDATA[".repeat(20_000),
            "<a>&".repeat(20_000),
            "<!DOCTYPE a [".repeat(20_000),
            "<!-- ".repeat(20_000),
            "datasource a {".repeat(20_000),
            "model a {\"".repeat(20_000),
        ];
        texts.iter().for_each(|text| all_formats_survive(text));
    }

    fn fragments() -> impl Strategy<Value = String> {
        let pieces = vec![
            "a",
            "b: ",
            "- ",
            "\n",
            "\r\n",
            "\r",
            "  ",
            "    ",
            "\t",
            "'",
            "\"",
            "\\",
            "\\n",
            "\\u00e9",
            "\\ud83d\\ude00",
            "\\x41",
            "|\n",
            ">-\n",
            "|2+\n",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "=",
            " = ",
            "#",
            " # c",
            "; c",
            "!t ",
            "&x ",
            "*x",
            "<<: ",
            "---\n",
            "...\n",
            "{{ .x }}",
            "{{- if y }}",
            "{% z %}",
            "<%= e %>",
            "export ",
            "$",
            "é",
            "😀",
            "[s]\n",
            "[[t]]\n",
            "a.b = ",
            "\"\"\"",
            "'''",
            "1",
            "true",
            "~",
            "//",
            "/*",
            "*/",
            "? ",
            "%YAML 1.2\n",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\0",
            "@",
            "`",
            "\\L",
            "<a>",
            "</a>",
            "<b c=\"",
            "/>",
            ">",
            "<",
            "&amp;",
            "&#x41;",
            "&",
            "<![CDATA[",
            "]]>",
            "<!-- ",
            "-->",
            "<?x ?>",
            "<!DOCTYPE a>",
            "datasource a {\n",
            "model b {\n",
            "\\\n",
        ];
        prop::collection::vec(prop::sample::select(pieces), 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            all_formats_survive(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn any_syntax_is_read_without_panic(text in fragments()) {
            all_formats_survive(&text);
        }
    }
}
