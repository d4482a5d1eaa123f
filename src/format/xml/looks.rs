//! Whether a text looks like XML, for files whose name says nothing or says it wrong.

use super::is_name_part;

/// Whether a text is XML and not HTML, Apache's or fluentd's sections, or a word in angle brackets.
pub(super) fn is_plainly(text: &str) -> bool {
    let Some(root) = root(text) else { return false };
    if is_html(text) || is_html(root) {
        return false;
    }
    let name = root.get(1..).unwrap_or("");
    let name = name.split(|c| !is_name_part(c)).next().unwrap_or("");
    if text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with("<?xml") {
        return !name.is_empty();
    }
    let Some(end) = root.find('>') else { return false };
    let tag = root.get(1 + name.len()..end).unwrap_or("");
    // `<Directory "/var/www">`, `<VirtualHost *:80>`, `<match **>`
    let has_attributes = tag.starts_with(|c: char| c.is_whitespace()) && tag.contains('=');
    if name.is_empty() || !(has_attributes || matches!(tag.trim(), "" | "/")) {
        return false;
    }
    let after = root.get(end + 1..).unwrap_or("").trim();
    if tag.ends_with('/') {
        return after.is_empty() && has_attributes;
    }
    let closing = format!("</{name}");
    after.starts_with('<') && after.rfind("</").and_then(|i| after.get(i..)).is_some_and(|e| e.starts_with(&closing))
}

/// The text from the root element on: behind declarations, comments and the document type.
fn root(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let close = match rest {
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.starts_with("<?") => "?>",
            _ if rest.starts_with("{{") => "}}",
            _ if rest.starts_with("{%") => "%}",
            _ if rest.starts_with("{#") => "#}",
            _ if rest.starts_with("<%") => "%>",
            _ if rest.starts_with("<!") => doctype_end(rest)?,
            _ => return rest.starts_with('<').then_some(rest),
        };
        let end = rest.find(close)? + close.len();
        rest = rest.get(end..)?.trim_start();
    }
}

/// What ends a document type: a bracket too where it has declarations of its own.
fn doctype_end(text: &str) -> Option<&'static str> {
    let (bracket, close) = (text.find('['), text.find('>')?);
    Some(if bracket.is_some_and(|bracket| bracket < close) { "]>" } else { ">" })
}

/// Whether a text is a page for people.
pub(in crate::format) fn is_html(text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let starts = |word: &str| start.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    starts("<!doctype html") || starts("<html")
}
