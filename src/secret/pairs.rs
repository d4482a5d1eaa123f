//! Finds the values of secret keys in free text: `password=…`, `"apiKey": "…"`, `--token …`, `<password>…</password>`,
//! and `name: DB_PASSWORD` with its `value: …`.
//!
//! A value without quotes is taken to reach as far as it could: it ends at the line's end, or where a name follows that
//! clients know. Hiding a word too many costs a look into the file; half a password in a comment costs the password.

use std::ops::Range;

use super::keys::is_secret_key;
use crate::parameter;
use crate::placeholder::is_reference;

/// Longest key that is looked at.
const LONGEST_KEY: usize = 128;

/// Appends the ranges of all secret values. `shadow` is `text` with expressions made opaque.
pub(super) fn find(text: &str, shadow: &[u8], out: &mut Vec<Range<usize>>) {
    let mut named_secret_at: Option<usize> = None;
    let mut i = 0;
    while let Some(at) = shadow[i..].iter().position(|b| b"=:> ".contains(b)).map(|n| i + n) {
        i = at + 1;
        let Some(key) = key_before(shadow, at) else { continue };
        let Some(name) = text.get(key.clone()) else { continue };
        let Some(start) = value_start(shadow, at, &key) else { continue };
        let is_tag = shadow[at] == b'>';
        let last = name.rsplit('.').next().unwrap_or(name);
        if last.eq_ignore_ascii_case("name") || last.eq_ignore_ascii_case("key") {
            let value = value_range(shadow, start, is_tag);
            named_secret_at = text.get(value.clone()).filter(|v| is_secret_key(first_word(v))).map(|_| value.end);
            if !is_secret_key(name) {
                continue;
            }
        }
        let belongs = last.eq_ignore_ascii_case("value") && named_secret_at.is_some_and(|from| at - from.min(at) < 256);
        if !belongs && !is_secret_key(name) {
            continue;
        }
        let value = value_range(shadow, start, is_tag);
        let Some(content) = text.get(value.clone()) else { continue };
        i = value.end.max(i);
        if !is_trivial(content) && !is_reference(content) {
            out.push(value);
        }
    }
}

fn first_word(value: &str) -> &str {
    value.split([' ', '"', '\'', ',', '/', '>', '}']).next().unwrap_or(value)
}

/// Values that say something about a secret and are none.
pub(super) fn is_trivial(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    ["", "null", "~", "true", "false", "yes", "no", "on", "off", "none", "|", ">", "|-", ">-", "{}", "[]"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word))
}

/// The key that ends at the separator `at`, without quotes.
fn key_before(b: &[u8], at: usize) -> Option<Range<usize>> {
    let mut end = at;
    if b[at] == b' ' {
        // `--password abc`
        let key = ident_before(b, end)?;
        return b.get(key.start..key.start + 2).filter(|dashes| dashes == b"--").map(|_| key);
    }
    for _ in 0..4 {
        match end.checked_sub(1).map(|i| b[i]) {
            Some(b' ' | b'\t' | b'"' | b'\'' | b'\\') => end -= 1,
            _ => break,
        }
    }
    let key = ident_before(b, end)?;
    let opens_tag = key.start.checked_sub(1).is_some_and(|i| b[i] == b'<');
    (b[at] != b'>' || opens_tag && end == at).then_some(key)
}

fn ident_before(b: &[u8], end: usize) -> Option<Range<usize>> {
    let from = end.saturating_sub(LONGEST_KEY);
    let len = b[from..end].iter().rev().take_while(|c| c.is_ascii_alphanumeric() || b"_.-".contains(c)).count();
    (len > 0).then_some(end - len..end)
}

fn value_start(b: &[u8], at: usize, key: &Range<usize>) -> Option<usize> {
    let mut start = at + 1;
    if b[at] == b'=' && b.get(start) == Some(&b'>') {
        start += 1;
    }
    // `token://…` is a scheme, handled where URLs are.
    if b[at] == b':' && b.get(start..start + 2) == Some(b"//") && key.end == at {
        return None;
    }
    while matches!(b.get(start), Some(b' ' | b'\t')) {
        start += 1;
    }
    Some(start)
}

/// The bytes of the value that starts at `start`, without quotes that enclose it.
pub(super) fn value_range(b: &[u8], start: usize, is_tag: bool) -> Range<usize> {
    if is_tag {
        let end = b[start..].iter().position(|c| b"<\n".contains(c)).map_or(b.len(), |n| start + n);
        return start..end;
    }
    if let Some(inner) = quoted(b, start) {
        return inner;
    }
    let line_end = b[start..].iter().position(|&c| c == b'\n' || c == b'\r').map_or(b.len(), |n| start + n);
    let mut end = (start..line_end).find(|&j| stops(b, j, line_end)).unwrap_or(line_end);
    while end > start && matches!(b[end - 1], b' ' | b'\t') {
        end -= 1;
    }
    start..end
}

/// A value in quotes after which the text goes on as text does behind a value.
fn quoted(b: &[u8], start: usize) -> Option<Range<usize>> {
    let (quote, open) = match (b.get(start)?, b.get(start + 1)) {
        (q @ (b'"' | b'\'' | b'`'), _) => (*q, start + 1),
        (b'\\', Some(b'"')) => (b'"', start + 2),
        _ => return None,
    };
    let escaped = open == start + 2;
    let mut j = open;
    while j < b.len() && b[j] != b'\n' {
        if b[j] == b'\\' && quote == b'"' && !(escaped && b.get(j + 1) == Some(&b'"')) {
            j += 2;
            continue;
        }
        let closes = if escaped { b[j] == b'\\' } else { b[j] == quote };
        if !closes {
            j += 1;
        } else if !escaped && j > open && b.get(j + 1) == Some(&quote) {
            j += 2;
        } else {
            let after = j + 1 + usize::from(escaped);
            return goes_on(b, after.min(b.len())).then_some(open..j);
        }
    }
    None
}

/// Whether `k`, behind a closing quote, is a place where a value can have ended.
fn goes_on(b: &[u8], k: usize) -> bool {
    let line = &b[k..k + line_length(b, k)];
    let next = skip(b, k, b" \t");
    match b.get(next) {
        None | Some(b'\n' | b'\r') => true,
        Some(b'#') => next > k,
        Some(b'>') => matches!(b.get(next + 1), None | Some(b'<' | b' ' | b'\n' | b'\r')),
        Some(b'/') => b.get(next + 1) == Some(&b'>'),
        Some(b'}' | b']' | b')' | b'"' | b'\'' | b'\\') => {
            only_closers(line) || pair_follows(b, skip(b, next, b"}]) \t,\"'\\"))
        }
        Some(b',') => {
            let after = skip(b, next + 1, b" \t");
            matches!(b.get(after), None | Some(b'\n' | b'\r' | b'"' | b'\'' | b'{' | b'['))
                || any_pair(b, after)
                || flag(b, after)
        }
        Some(b';' | b'&') => {
            let after = skip(b, next + 1, b" \t;&");
            matches!(b.get(after), None | Some(b'\n' | b'\r' | b'"' | b'\'')) || pair_follows(b, after)
        }
        Some(_) => next > k && (any_pair(b, next) || flag(b, next)),
    }
}

/// Whether an unquoted value may end before byte `j`. Never true on one or two odd characters alone.
fn stops(b: &[u8], j: usize, line_end: usize) -> bool {
    match b[j] {
        b' ' | b'\t' => {
            let k = skip(b, j, b" \t");
            k >= line_end || pair_follows(b, k) || flag(b, k) || b[k] == b'\\' && k + 1 >= line_end
        }
        b';' | b'&' => {
            let k = skip(b, j, b" \t;&");
            k >= line_end || pair_follows(b, k) || b[j..].starts_with(b"&amp;") && pair_follows(b, j + 5)
        }
        b',' => {
            let k = skip(b, j + 1, b" \t");
            // `,--c` alone is met in passwords; lists of options have a blank or a quote there.
            let parted = k > j + 1 || matches!(b.get(k), Some(b'"' | b'\''));
            k >= line_end || parted && flag(b, k) || pair_follows(b, k) || json_key(b, k)
        }
        b')' | b'}' | b']' | b'"' | b'\'' | b'`' => {
            let k = skip(b, j, b")}]\"'`,; \t\\");
            k >= line_end
                || (k > j + 2 && b[j + 1..k].iter().any(|c| b"\"'".contains(c)) || k > j + 1)
                    && (pair_follows(b, k) || flag(b, k))
        }
        _ => false,
    }
}

fn only_closers(line: &[u8]) -> bool {
    line.iter().all(|c| b")}]\"'`,; \t\\/>".contains(c))
}

fn line_length(b: &[u8], from: usize) -> usize {
    // A line of closers is short; whatever is longer is none.
    b[from..].iter().take(64).position(|&c| c == b'\n' || c == b'\r').unwrap_or((b.len() - from).min(64))
}

fn skip(b: &[u8], from: usize, set: &[u8]) -> usize {
    let from = from.min(b.len());
    from + b[from..].iter().take_while(|c| set.contains(c)).take(64).count()
}

/// `--name=`, `--name ` or `-Dname=`: the next argument.
fn flag(b: &[u8], k: usize) -> bool {
    let k = skip(b, k, b"\"'");
    if b.get(k..k + 2) == Some(b"-D") {
        let name = b[k + 2..].iter().take(96).take_while(|c| c.is_ascii_alphanumeric() || b"._-".contains(c)).count();
        return name > 0 && b.get(k + 2 + name) == Some(&b'=');
    }
    if b.get(k..k + 2) != Some(b"--") || !b.get(k + 2).is_some_and(u8::is_ascii_alphabetic) {
        return false;
    }
    let len = b[k + 2..].iter().take(64).take_while(|c| c.is_ascii_alphanumeric() || **c == b'-').count();
    len > 0 && matches!(b.get(k + 2 + len), None | Some(b'=' | b' ' | b'"' | b'\'' | b'\n' | b',' | b']'))
}

/// The name in front of the `=` or `:` that follows `k`, if there is one, and what is behind that.
fn name_at(b: &[u8], k: usize) -> Option<(&[u8], &[u8])> {
    let k = skip(b, k, b"\"'");
    let rest = &b[k.min(b.len())..];
    let len = rest.iter().take(41).take_while(|c| c.is_ascii_alphanumeric() || b"_.- ".contains(c)).count();
    let name = rest.get(..len)?;
    let after = len + rest.iter().skip(len).position(|c| !b"\"'".contains(c))?;
    let is_name = name.first()?.is_ascii_alphabetic() && matches!(rest.get(after), Some(b'=' | b':'));
    is_name.then_some((name, rest.get(after + 1..).unwrap_or(&[])))
}

/// `"name":` with its quotes.
fn json_key(b: &[u8], k: usize) -> bool {
    let Some(quote) = b.get(k).filter(|b| matches!(b, b'"' | b'\'')) else { return false };
    let len = b[k + 1..].iter().take(64).take_while(|c| c.is_ascii_alphanumeric() || b"_.-".contains(c)).count();
    let after = skip(b, k + 2 + len, b" ");
    len > 0 && b.get(k + 1 + len) == Some(quote) && b.get(after) == Some(&b':')
}

fn any_pair(b: &[u8], k: usize) -> bool {
    name_at(b, k).is_some_and(|(name, _)| !name.trim_ascii().contains(&b' '))
}

/// Whether a parameter that clients know starts at `k`.
fn pair_follows(b: &[u8], k: usize) -> bool {
    let Some((name, behind)) = name_at(b, k) else { return false };
    std::str::from_utf8(name).is_ok_and(|name| parameter::is_known_pair(name.trim(), behind.trim_ascii_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> Vec<&str> {
        let mut out = Vec::new();
        find(text, &crate::placeholder::opaque(text), &mut out);
        out.into_iter().map(|r| &text[r]).collect()
    }

    #[test]
    fn values_of_secret_keys_are_found_in_every_notation() {
        for text in [
            "password=hunter2",
            "DB_PASSWORD: hunter2",
            "\"password\": \"hunter2\",",
            "password = 'hunter2'",
            "--password=hunter2 --x=1",
            "--password hunter2",
            "host=db password=hunter2 port=5432",
            "Server=a;Password=hunter2;Database=b",
            "?user=a&password=hunter2&ssl=true",
            "<password>hunter2</password>",
            "- name: DB_PASSWORD\n  value: hunter2",
            "<property name=\"password\" value=\"hunter2\"/>",
            "{\"a\": 1, \"password\": \"hunter2\", \"b\": 2}",
            "args: [\"--password=hunter2\", \"--x\"]",
            "\\\"password\\\":\\\"hunter2\\\"",
            "password => 'hunter2'",
        ] {
            assert_eq!(masked(text), ["hunter2"], "{text}");
        }
    }

    #[test]
    fn the_next_property_of_a_command_line_stays_readable() {
        assert_eq!(
            masked("-Dspring.datasource.password=abc123xyz -Dspring.datasource.hikari.maximum-pool-size=8"),
            ["abc123xyz"]
        );
    }

    #[test]
    fn odd_characters_do_not_end_a_value() {
        for secret in [
            "ab;cd",
            "ab cd",
            "ab\"cd",
            "ab&cd",
            "\"ab\"cd",
            "'ab' cd",
            "\"ab\";cd",
            "ab',cd",
            "ab}cd",
            "ab;cd=ef",
            "a=b",
            "ab #cd",
        ] {
            assert_eq!(masked(&format!("Server=x;Password={secret};Database=orders")), [secret], "{secret}");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "password: ${DB_PASS}",
            "password: null",
            "passwordless: yes",
            "secretName: db",
            "key: password",
            "auth: true",
            "host: a",
        ] {
            assert_eq!(masked(text), Vec::<&str>::new(), "{text}");
        }
    }
}
