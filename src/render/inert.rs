//! Text from a pull request made harmless for GitHub's Markdown: no mention, link, image, tag, table cell or block.

use super::words;

/// Breaks up what GitHub would turn into a mention or a link, also inside plain text.
const ZERO_WIDTH: char = '\u{200b}';

/// Text for a paragraph or a table cell.
pub(super) fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in unlinked(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' => out.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '~' | '$' | '#' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// Text for a narrow column: long names may be broken where their parts meet, or they would squeeze the other columns.
pub(super) fn cell(text: &str) -> String {
    breakable(&words::one_line(text), prose)
}

/// A value as code in a narrow column.
pub(super) fn cell_code(text: &str) -> String {
    let text = words::visible(&words::one_line(text));
    if text.split(' ').all(|word| parts(word).len() < 2) {
        return code(&text);
    }
    format!("<code>{}</code>", breakable(&text, entities))
}

fn breakable(text: &str, escape: fn(&str) -> String) -> String {
    let word = |word| parts(word).into_iter().map(escape).collect::<Vec<_>>().join("<wbr>");
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// The parts of a long word, each with the sign that ends it; a short word is one part.
fn parts(word: &str) -> Vec<&str> {
    const LONGEST: usize = 20;
    if word.chars().nth(LONGEST).is_none() { vec![word] } else { word.split_inclusive(['_', '.', '/', '=']).collect() }
}

/// Text inside a line of HTML such as `<summary>`, where Markdown is not read but mentions are.
pub(super) fn summary(text: &str) -> String {
    let mut out = String::new();
    for c in unlinked(text).chars() {
        // Should a renderer read Markdown here after all, it finds none.
        if "[]()*_`~$|\\#!".contains(c) {
            out.push_str(&format!("&#{};", u32::from(c)));
        } else {
            out.push_str(&words::html(c.encode_utf8(&mut [0; 4])));
        }
    }
    out
}

/// A value as code. It can be copied as it is: nothing is put in between.
pub(super) fn code(text: &str) -> String {
    let text = words::visible(&words::one_line(text));
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    // A table takes a bar for the end of a cell even in code, and has no way to write it but an entity.
    if text.contains('|') {
        return format!("<code>{}</code>", entities(&text));
    }
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// At most `most` characters, with a visible sign where it was cut.
pub(super) fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn entities(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            out.push_str(&format!("&#{};", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

fn longest_run(text: &str, of: char) -> usize {
    let (mut longest, mut current) = (0, 0);
    for c in text.chars() {
        current = if c == of { current + 1 } else { 0 };
        longest = longest.max(current);
    }
    longest
}

/// Puts a zero-width space into `@name`, `#12`, `gh-12`, `://` and `www.`.
fn unlinked(text: &str) -> String {
    let text = words::visible(&words::one_line(text));
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let www = c == '.' && ends_with_word(&out, "www");
        if www {
            out.push(ZERO_WIDTH);
        }
        out.push(c);
        let issue = c == '-' && next.is_ascii_digit() && ends_with_word(out.trim_end_matches('-'), "gh");
        if (c == '@' && !next.is_whitespace())
            || (c == '#' && next.is_alphanumeric())
            || (c == ':' && next == '/')
            || issue
        {
            out.push(ZERO_WIDTH);
        }
    }
    out
}

fn ends_with_word(text: &str, word: &str) -> bool {
    text.len() >= word.len() && text.as_bytes()[text.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_references_and_addresses_are_broken_up() {
        for text in ["@team", "a@b.example", "#12", "GH-12", "https://x.example", "www.x.example", "o/r#7"] {
            assert!(prose(text).contains(ZERO_WIDTH), "{text}");
        }
        assert_eq!(prose("pool of 40 at 12:30"), "pool of 40 at 12:30");
    }

    #[test]
    fn markup_is_text() {
        assert_eq!(prose("<b> **x** [a](b) | c\nd"), "&lt;b&gt; \\*\\*x\\*\\* \\[a\\](b) &#124; c d");
    }

    #[test]
    fn code_survives_backticks_and_bars() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("``"), "``` `` ```");
        assert_eq!(code("a\\|b"), "<code>a&#92;&#124;b</code>");
        assert_eq!(code(" \n"), "(empty)");
    }

    #[test]
    fn long_names_can_be_broken_and_short_ones_stay() {
        assert_eq!(cell("SPRING_DATASOURCE_URL is"), "SPRING\\_<wbr>DATASOURCE\\_<wbr>URL is");
        assert_eq!(cell("POOL_SIZE"), "POOL\\_SIZE");
        assert_eq!(cell_code("orders-db.prod"), "`orders-db.prod`");
        assert_eq!(cell_code("SPRING_DATASOURCE_URL"), "<code>SPRING&#95;<wbr>DATASOURCE&#95;<wbr>URL</code>");
        assert!(cell("https://www.example.example/a_b").contains(":\u{200b}/<wbr>/<wbr>www\u{200b}."));
    }

    #[test]
    fn cutting_keeps_whole_characters() {
        assert_eq!(clip("äöü", 2), "äö…");
        assert_eq!(clip("äö", 2), "äö");
    }
}
