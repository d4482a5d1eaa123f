//! Tokens that a pipeline replaces, where the syntax around them takes no such character: `port: @port@`,
//! `"port": ${PORT}`, `host: #{host}#`, `"size": __SIZE__`.
//!
//! Anywhere else, inside quotes or words, they read as text and need no help.

use std::ops::Range;

use super::decoded;

/// Where a token can stand that the syntax does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// YAML: at the start of a value; a `#` anywhere behind a blank.
    Yaml,
    /// JSON and TOML: where a value is expected and none is in quotes.
    Bare,
}

/// The tokens of a text, in order.
pub(super) fn tokens(text: &str, syntax: Syntax) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !text.contains(['@', '#', '%', '$', '_', '<']) {
        return found;
    }
    for line in decoded::lines(text) {
        let content = text.get(line.clone()).unwrap_or("");
        match syntax {
            Syntax::Yaml => in_yaml(content, line.start, &mut found),
            Syntax::Bare => bare(content, line.start, &mut found),
        }
    }
    found
}

fn in_yaml(line: &str, start: usize, found: &mut Vec<Range<usize>>) {
    let mut at = line.len() - line.trim_start().len();
    while let Some(rest) = line.get(at..).and_then(|rest| rest.strip_prefix("- ")) {
        at = line.len() - rest.trim_start().len();
    }
    if let Some(colon) = line.get(at..).and_then(|rest| rest.find(": ")) {
        let rest = line.get(at + colon + 2..).unwrap_or("");
        at = line.len() - rest.trim_start().len();
    }
    let value = line.get(at..).unwrap_or("");
    if value.starts_with(['@', '%'])
        && let Some(len) = token(value)
    {
        found.push(start + at..start + at + len);
        at += len;
    }
    // Behind a blank this would start a comment.
    while let Some(next) = line.get(at..).and_then(|rest| rest.find("#{")).map(|i| at + i) {
        let len = line.get(next..).and_then(token);
        found.extend(len.map(|len| start + next..start + next + len));
        at = next + len.unwrap_or(2);
    }
}

fn bare(line: &str, start: usize, found: &mut Vec<Range<usize>>) {
    let mut is_value = false;
    let mut at = 0;
    let mut quote = None;
    while let Some(c) = line.get(at..).and_then(|rest| rest.chars().next()) {
        let len = c.len_utf8();
        match (quote, c) {
            (Some(_), '\\') => at += 1,
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, ':' | '=' | ',' | '[') => is_value = true,
            (None, c) if c.is_whitespace() => {}
            (None, '@' | '#' | '%' | '$' | '_' | '<') if is_value => {
                is_value = false;
                if let Some(len) = line.get(at..).and_then(token) {
                    found.push(start + at..start + at + len);
                    at += len;
                    continue;
                }
                // A comment of TOML: nothing behind it is a value.
                if c == '#' {
                    return;
                }
            }
            (None, '#') => return,
            (None, _) => is_value = false,
        }
        at += len;
    }
}

/// The length of the token at the start of a text.
fn token(text: &str) -> Option<usize> {
    let name = |from: usize, extra: &str| {
        let rest = text.get(from..)?;
        let is_part = |c: char| c.is_ascii_alphanumeric() || extra.contains(c);
        let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        (len > 0 && len <= 100).then_some(from + len)
    };
    let closed = |end: usize, close: &str| text.get(end..)?.starts_with(close).then_some(end + close.len());
    match text.get(..2)? {
        "#{" => {
            let end = closed(name(2, "_.-: ")?, "}")?;
            Some(closed(end, "#").unwrap_or(end))
        }
        "${" => {
            let end = text.find(['}', '\n', '"']).filter(|&end| end <= 200)?;
            closed(end, "}")
        }
        "__" => {
            let end = name(2, "_.-")?;
            text.get(..end)?.ends_with("__").then_some(end)
        }
        two if two.starts_with('@') => closed(name(1, "_.-")?, "@"),
        two if two.starts_with('%') => closed(name(1, "_.-")?, "%"),
        two if two.starts_with('<') => closed(name(1, "_-")?, ">"),
        two if two.starts_with('$') => name(1, "_"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, syntax: Syntax) -> Vec<&str> {
        tokens(text, syntax).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn tokens_are_found_where_the_syntax_takes_none() {
        let yaml = "a: @db.host@\n- %X%\nb: #{c}# # d\ne: x #{f}\ng: a@b.c\nh: 5% # {i}\n";
        assert_eq!(found(yaml, Syntax::Yaml), ["@db.host@", "%X%", "#{c}#", "#{f}"]);
        let bare =
            "{\"a\": ${A}, \"b\": __B__, \"c\": [@c@, $D], \"e\": \"${F}\", \"g\": #{h}#, \"i\": <I>}\nj = 1 # = @k@\n";
        assert_eq!(found(bare, Syntax::Bare), ["${A}", "__B__", "@c@", "$D", "#{h}#", "<I>"]);
    }
}
