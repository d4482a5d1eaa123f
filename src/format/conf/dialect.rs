//! What configuration files of one look read differently, by the file's name or by the key.

use crate::document::{Entry, Node, OffsetMap, Scalar};
use crate::format::decoded::Decoded;
use crate::source::Span;

/// How a file is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// What starts a comment behind a value, after a blank.
    comments: &'static [char],
    /// Whether `-` and `_` in a key are the same.
    is_mysql: bool,
    /// Whether a percent sign is written twice.
    is_interpolated: bool,
}

/// Keys that may stand several times, each time with another value.
const LISTS: [&str; 20] = [
    "save",
    "include",
    "include_dir",
    "include_if_exists",
    "%include",
    "!include",
    "!includedir",
    "extension",
    "zend_extension",
    "plugin-load-add",
    "plugin_load_add",
    "replicate_do_db",
    "replicate_ignore_db",
    "rename-command",
    "loadmodule",
    "client-output-buffer-limit",
    "attach-daemon",
    "fetch",
    "hba",
    "LoadModule",
];

/// Whether several settings of this name count.
pub(super) fn is_list(key: &str) -> bool {
    LISTS.contains(&key)
}

impl Dialect {
    /// The dialect of a file of this name.
    pub(super) fn of(path: &str) -> Dialect {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let is_mysql = name.starts_with("my.") || name.starts_with(".my.") || name.contains(".cnf");
        let starts = |names: &[&str]| names.iter().any(|start| name.trim_start_matches('_').starts_with(start));
        // PostgreSQL, MySQL and supervisor say that a comment may stand behind a value; for others a `#` or `;` may be a part
        // of a password or a connection string.
        let comments: &[char] = match () {
            () if is_mysql || name.contains("postgres") => &['#'],
            () if starts(&["php", "supervisor"]) => &[';'],
            () if starts(&["grafana"]) => &['#', ';'],
            () => &[],
        };
        Dialect { comments, is_mysql, is_interpolated: starts(&["alembic", "airflow", "supervisor"]) }
    }

    pub(super) fn comments_behind(&self) -> &'static [char] {
        self.comments
    }

    /// A key as the server knows it.
    pub(super) fn key(&self, key: Scalar) -> Scalar {
        if !self.is_mysql || !key.text.contains('-') || key.text.starts_with('!') {
            return key;
        }
        Scalar { text: key.text.replace('-', "_").into(), map: OffsetMap::None, ..key }
    }

    /// A bare value as its reader gets it: two percent signs are one where the reader fills in names between them.
    pub(super) fn value(&self, value: Scalar) -> Scalar {
        let is_address = value.text.contains("://");
        if !value.text.contains("%%") || !(self.is_interpolated || is_address) {
            return value;
        }
        let mut out = Decoded::default();
        let mut from = 0;
        let text = value.text.as_str();
        let place = |at: usize| value.span.start as usize + at;
        while let Some(found) = text.get(from..).and_then(|rest| rest.find("%%")) {
            let at = from + found;
            out.copy(text.get(from..at).unwrap_or(""), place(from));
            let is_escape = text.get(at + 2..at + 4).is_some_and(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
            if self.is_interpolated || is_escape {
                out.copy("%", place(at));
                out.skip(place(at + 1)..place(at + 2));
            } else {
                out.copy("%%", place(at));
            }
            from = at + 2;
        }
        out.copy(text.get(from..).unwrap_or(""), place(from));
        out.scalar(value.span, value.kind, value.quoted)
    }
}

/// Whether a key of this name may hold variables.
pub(super) fn holds_variables(key: &str) -> bool {
    matches!(key, "environment" | "env")
}

/// `A="b",C='d',E=f`: variables, if the value is nothing else. A comma or line end may follow the last. uWSGI's `env` is
/// one variable, commas and all.
pub(super) fn variables(key: &str, value: &Scalar) -> Option<Vec<Entry>> {
    let text = value.text.as_str();
    let mut pairs = Vec::new();
    let mut at = 0;
    while at < text.len() {
        at = text.len() - text.get(at..)?.trim_start_matches([',', ' ', '\t', '\n', '\r']).len();
        if at == text.len() {
            break;
        }
        let equals = at + text.get(at..)?.find('=')?;
        let name = text.get(at..equals)?;
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_name || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let rest = text.get(equals + 1..)?;
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (start, end, next) = match quote {
            Some(quote) => {
                let end = equals + 2 + rest.get(1..)?.find(quote)?;
                (equals + 2, end, end + 1)
            }
            None if key == "env" => (equals + 1, text.len(), text.len()),
            None => {
                let end = equals + 1 + rest.find([',', '\n']).unwrap_or(rest.len());
                (equals + 1, end, end)
            }
        };
        let key = Scalar { quoted: false, ..value.part(at..equals)? };
        let part = value.part(start..end)?;
        let span = if start == end { Span { start: part.span.start, end: part.span.start } } else { part.span };
        pairs.push(Entry { key, value: Node::scalar(Scalar { span, ..part }) });
        at = next;
    }
    (!pairs.is_empty()).then_some(pairs)
}
