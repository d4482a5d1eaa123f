//! systemd units and drop-ins: sections of `Key=value` lines, some of them lists that an empty value resets.
//!
//! `Environment=` is read as variables; the word rules are systemd's own. Specifiers (`%n`) and variables stay as written.

use super::decoded;
use super::words::{self, Rules, Words, gathered};
use super::{Format, template};
use crate::document::{Document, Entry, FormatId, Node, NodeKind, Scalar, ScalarKind};
use crate::problem::{Problem, ProblemKind};
use crate::source::{Source, SourceId, Span};
use std::collections::BTreeMap;
use std::ops::Range;

/// systemd.
pub(super) static FORMAT: Format = Format {
    id: FormatId::Systemd,
    name: "systemd",
    reads: "`.service` and other units, quadlets, and drop-ins such as `app.service.d/override.conf`",
    extensions: &["service", "socket", "timer", "mount", "automount", "container"],
    names: &[],
    words: &[],
    is_plainly,
    parse,
};

const RULES: Rules = Rules { escape: '\\', stops: &[], escapes_in_single: true, comments_between: true };

/// Sections that no other file has together with keys in this spelling.
const SECTIONS: [&str; 14] = [
    "Unit",
    "Service",
    "Install",
    "Socket",
    "Timer",
    "Mount",
    "Automount",
    "Path",
    "Slice",
    "Swap",
    "Scope",
    "Container",
    "Pod",
    "Volume",
];

/// Keys of which several count.
const LISTS: [&str; 24] = [
    "After",
    "Before",
    "Requires",
    "Wants",
    "BindsTo",
    "PartOf",
    "Conflicts",
    "WantedBy",
    "RequiredBy",
    "Documentation",
    "EnvironmentFile",
    "PassEnvironment",
    "UnsetEnvironment",
    "ExecStartPre",
    "ExecStartPost",
    "ExecStop",
    "ExecStopPost",
    "ExecReload",
    "ListenStream",
    "ListenDatagram",
    "Volume",
    "PublishPort",
    "Network",
    "Label",
];

/// Whether all sections are systemd's and one of them runs something or has its manners.
fn is_plainly(text: &str) -> bool {
    let mut sections = 0;
    let mut known = false;
    for line in text.lines().take(200).map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            if !SECTIONS.contains(&name) {
                return false;
            }
            sections += 1;
        } else if let Some((key, _)) = line.split_once('=') {
            let starts = ["Exec", "Environment", "Limit", "Listen", "WantedBy", "After", "Restart", "Description"];
            known |= sections > 0 && starts.iter().any(|start| key.starts_with(start));
        }
    }
    sections > 0 && known
}

fn parse(source: &Source, id: SourceId) -> Document {
    let masked = template::mask(&source.text, 'x');
    let text = masked.text(&source.text);
    let mut reader = Reader {
        words: Words::new(text, RULES),
        document: decoded::document(id, FormatId::Systemd),
        errors: Vec::new(),
        sections: Vec::new(),
        known: BTreeMap::new(),
        current: None,
    };
    let mut at = 0;
    while at < text.len() {
        at = reader.line(at);
    }
    let Reader { mut document, errors, sections, .. } = reader;
    masked.report_errors(errors, &mut document.problems);
    let entries: Vec<Entry> = sections.into_iter().map(Section::finish).collect();
    document.roots.extend((!entries.is_empty()).then(|| decoded::mapping(entries)));
    masked.restore(&source.text, &mut document);
    document
}

struct Section {
    key: Scalar,
    header: Span,
    entries: Vec<Entry>,
}

impl Section {
    fn finish(self) -> Entry {
        let entries = gathered(self.entries, |key| LISTS.contains(&key));
        let spans = entries.iter().map(|entry| entry.key.span.to(entry.value.span));
        let span = spans.fold(self.header, Span::to);
        Entry { key: self.key, value: Node::mapping(span, entries) }
    }
}

struct Reader<'a> {
    words: Words<'a>,
    document: Document,
    errors: Vec<Problem>,
    sections: Vec<Section>,
    /// Sections by name: one that is opened again goes on.
    known: BTreeMap<String, usize>,
    current: Option<usize>,
}

impl Reader<'_> {
    fn line(&mut self, at: usize) -> usize {
        let text = self.words.text;
        let end = decoded::line_end(text, at);
        let line = text.get(at..end).unwrap_or("");
        let start = end - line.trim_start().len();
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            if !content.is_empty() {
                self.document.comments.push(decoded::comment(text, start..start + content.len(), 1));
            }
            return decoded::after_break(text, end);
        }
        if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            self.header(name, start..start + content.len());
            return decoded::after_break(text, end);
        }
        let end = self.words.logical_end(start);
        if !self.setting(start, end) {
            let message = "no section, `Key=value` line or comment; this line was not read";
            self.errors.push(Problem::at(ProblemKind::Syntax, message, Span::new(start, end)));
        }
        decoded::after_break(text, end)
    }

    fn header(&mut self, name: &str, range: Range<usize>) {
        let next = self.sections.len();
        let at = *self.known.entry(name.to_owned()).or_insert(next);
        self.current = Some(at);
        if at == next {
            let key = Scalar::plain(name, range.start + 1, ScalarKind::Str);
            let header = Span::new(range.start, range.end);
            self.sections.push(Section { key, header, entries: Vec::new() });
        }
    }

    fn setting(&mut self, start: usize, end: usize) -> bool {
        let line = self.words.text.get(start..end).unwrap_or("");
        let Some(equals) = line.find('=') else { return false };
        let name = line.get(..equals).unwrap_or("").trim_end();
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let (true, Some(current)) = (is_name, self.current) else { return false };
        let key = Scalar::plain(name, start, ScalarKind::Str);
        let value = self.words.skip_blanks(start + equals + 1).min(end);
        let variables = match name {
            "Environment" => self.variables(value..end),
            _ => None,
        };
        let value = variables.unwrap_or_else(|| Node::scalar(self.words.logical(value..end)));
        let Some(section) = self.sections.get_mut(current) else { return false };
        add(&mut section.entries, Entry { key, value });
        true
    }

    /// The variables of one line, if there are any.
    fn variables(&mut self, range: Range<usize>) -> Option<Node> {
        let (split, unclosed) = words::split(&self.words, range);
        self.errors.extend(unclosed.map(words::unclosed));
        let pairs: Vec<Entry> = split.iter().filter_map(words::pair).collect();
        (!pairs.is_empty()).then(|| decoded::mapping(pairs))
    }
}

/// Adds a setting. An empty value of a list or a command takes back what stands before, and what follows replaces it.
fn add(entries: &mut Vec<Entry>, entry: Entry) {
    let name = entry.key.text.as_str();
    let is_list = LISTS.contains(&name) || name.starts_with("Exec") || name == "Environment";
    if is_list && entry.value.as_text() == Some("") {
        entries.retain(|known| known.key.text != entry.key.text);
        return entries.push(entry);
    }
    if is_list {
        entries.retain(|known| known.key.text != name || known.value.as_text() != Some(""));
    }
    let known = entries.iter_mut().find(|known| known.key.text == name);
    match (known, entry.value.kind) {
        (Some(known), NodeKind::Mapping(more)) if !known.value.entries().is_empty() => {
            known.value.span = known.value.span.to(entry.value.span);
            if let NodeKind::Mapping(pairs) = &mut known.value.kind {
                pairs.extend(more);
            }
        }
        (_, kind) => entries.push(Entry { key: entry.key, value: Node { kind, ..entry.value } }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::check::{self, comments, leaves, only_problem};

    fn check(text: &str, expected: &[&str]) {
        let document = check::read("app.service", text);
        assert_eq!(leaves(&document), expected, "{text}");
        assert!(document.problems.is_empty(), "{:?}", document.problems);
    }

    #[test]
    fn variables_are_words_of_one_or_several_lines() {
        check(
            "[Service]\nEnvironment=\"A=b c\" D=e\n# no\nEnvironment='F=g\\'h' \\\n  I=j\n",
            &[
                "Service.Environment.A=b c Str `b c`",
                "Service.Environment.D=e Str `e`",
                "Service.Environment.F=g'h Str `g\\'h`",
                "Service.Environment.I=j Str `j`",
            ],
        );
    }

    #[test]
    fn lists_are_kept_and_an_empty_value_resets_them() {
        check(
            "[Unit]\nAfter=a\nAfter=b\nDescription = x ; y\n[Service]\nExecStart=\nExecStart=/bin/app \\\n  --pool 5\n",
            &[
                "Unit.After.0=a Str `a`",
                "Unit.After.1=b Str `b`",
                "Unit.Description=x ; y Str `x ; y`",
                "Service.ExecStart=/bin/app   --pool 5 Str `/bin/app \\\n  --pool 5`",
            ],
        );
        check("[Service]\nEnvironment=A=1\nEnvironment=\nEnvironment=B=2\n", &["Service.Environment.B=2 Str `2`"]);
        check("[Service]\nExecStart=a\nExecStart=\n", &["Service.ExecStart= Str ``"]);
    }

    #[test]
    fn comments_have_two_marks() {
        let document = check::read("a.socket", "; one\n[Socket]\n# two\nListenStream=5432\n");
        assert_eq!(comments(&document), ["one", "two"]);
        assert_eq!(leaves(&document), ["Socket.ListenStream.0=5432 Str `5432`"]);
    }

    #[test]
    fn a_line_that_is_nothing_is_named_and_the_rest_is_read() {
        let document = check::read("a.service", "[Service]\nwhat is this\nUser=x\n[Unit]\n[Service]\nGroup=y\n");
        assert_eq!(only_problem(&document), (ProblemKind::Syntax, "what is this".into()));
        assert_eq!(leaves(&document), ["Service.User=x Str `x`", "Service.Group=y Str `y`"]);
    }

    #[test]
    fn a_drop_in_is_told_by_its_sections() {
        for text in ["[Service]\nEnvironment=A=b\n", "# x\n[Unit]\nAfter=b\n[Service]\nLimitNOFILE=1\n"] {
            assert!(is_plainly(text), "{text}");
        }
        for text in
            ["[Service]\nport = 1\n", "[client]\nEnvironment=x\n", "Environment=x\n", "[Unit]\n[mysqld]\nAfter=a\n"]
        {
            assert!(!is_plainly(text), "{text}");
        }
    }
}
