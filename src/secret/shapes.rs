//! Secrets that are known by their looks: issued tokens, private keys, and the logins of addresses.

use std::ops::Range;

use super::userinfo;
use crate::placeholder::{self, ATOM};

/// Prefix of an issued token, and how many characters follow at least.
const PREFIXES: [(&str, usize); 34] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghu_", 20),
    ("ghs_", 20),
    ("ghr_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("xoxa-", 8),
    ("xoxb-", 8),
    ("xoxp-", 8),
    ("xoxr-", 8),
    ("xoxs-", 8),
    ("xapp-", 8),
    ("sk_live_", 12),
    ("rk_live_", 12),
    ("sk_test_", 12),
    ("sk-", 20),
    ("whsec_", 12),
    ("SG.", 30),
    ("npm_", 30),
    ("pypi-", 30),
    ("dckr_pat_", 12),
    ("hvs.", 16),
    ("hvb.", 16),
    ("npg_", 8),
    ("dop_v1_", 20),
    ("eyJ", 20),
    ("AGE-SECRET-KEY-", 20),
    ("dp.st.", 16),
    ("shpat_", 20),
    ("PMAK-", 20),
];

/// Schemes of servers that take connections; also found where `://` is broken.
const SCHEMES: [&str; 19] = [
    "postgres",
    "postgresql",
    "pgsql",
    "mysql",
    "mysql2",
    "mariadb",
    "mongodb",
    "redis",
    "rediss",
    "valkey",
    "amqp",
    "amqps",
    "sqlserver",
    "mssql",
    "clickhouse",
    "cockroachdb",
    "redshift",
    "nats",
    "db2",
];

/// Appends tokens and private keys.
pub(super) fn find(text: &str, out: &mut Vec<Range<usize>>) {
    let b = text.as_bytes();
    let mut i = 0;
    while i < b.len() {
        let starts_word = i == 0 || !b[i - 1].is_ascii_alphanumeric();
        let Some(len) = starts_word.then(|| token_at(b, i)).flatten() else {
            i += 1;
            continue;
        };
        out.push(i..i + len);
        i += len;
    }
}

fn token_at(b: &[u8], at: usize) -> Option<usize> {
    let rest = &b[at..];
    if *rest.first()? == b'-' {
        return private_key(rest);
    }
    let (prefix, least) = PREFIXES.iter().find(|(prefix, _)| rest.starts_with(prefix.as_bytes()))?;
    let body = &rest[prefix.len()..];
    let len = body.iter().take_while(|c| c.is_ascii_alphanumeric() || b"_-.+/=".contains(c)).count();
    (len >= *least).then_some(prefix.len() + len)
}

/// From `-----BEGIN … PRIVATE KEY-----` to the line of its end, or all of the rest.
fn private_key(rest: &[u8]) -> Option<usize> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    if !rest.starts_with(BEGIN) {
        return None;
    }
    let head = &rest[BEGIN.len()..rest.len().min(80)];
    placeholder::find(head, b"PRIVATE KEY")?;
    let end = placeholder::find(rest, b"-----END ")
        .map_or(rest.len(), |end| end + rest[end..].iter().position(|&c| c == b'\n').unwrap_or(rest.len() - end));
    Some(end)
}

/// Appends the passwords in front of `@` in addresses, well-formed or not. `shadow` has expressions made opaque.
pub(super) fn find_logins(text: &str, shadow: &[u8], out: &mut Vec<Range<usize>>) {
    if !shadow.contains(&b'@') && !text.contains('@') {
        return;
    }
    let mut i = 0;
    // Up to here a wider look found nothing.
    let mut barren = 0;
    let mut line_end = 0;
    while let Some(sep) = shadow[i..].iter().position(|&b| b == b':' || b == b'/').map(|n| i + n) {
        i = sep + 1;
        let Some((scheme, start)) = scheme_before(shadow, sep) else { continue };
        // One look for the end serves all addresses of a line.
        if start > line_end || line_end == 0 {
            line_end = shadow[start..].iter().position(|&b| b == b'\n').map_or(shadow.len(), |n| start + n);
        }
        let region = start..next_scheme(shadow, start, line_end);
        let separate = userinfo::separate(&shadow[region.clone()]);
        if let Some(last) = separate.last() {
            i = (start + last.at).max(i);
            let passwords = separate.iter().filter_map(userinfo::UserInfo::password);
            passwords.for_each(|r| push(text, start + r.start..start + r.end, out));
            continue;
        }
        let found = login(scheme, text.as_bytes(), shadow, &region).or_else(|| {
            // A password may itself hold `://`.
            let cut = region.end < line_end && (region.is_empty() || shadow[region.clone()].contains(&b':'));
            let broken = start >= barren && cut;
            let wide = start..line_end.min(start + 4096);
            if !broken {
                return None;
            }
            let found = login(scheme, text.as_bytes(), shadow, &wide);
            barren = if found.is_none() { wide.end } else { barren };
            found
        });
        let Some((secret, end)) = found else { continue };
        i = end.max(i);
        push(text, secret, out);
    }
    find_bare(text, shadow, out);
}

fn push(text: &str, secret: Range<usize>, out: &mut Vec<Range<usize>>) {
    let Some(content) = text.get(secret.clone()) else { return };
    if !content.is_empty() && !placeholder::is_reference(content) {
        out.push(secret);
    }
}

/// The password in `region`, and where its `@` stands.
fn login(scheme: &str, raw: &[u8], shadow: &[u8], region: &Range<usize>) -> Option<(Range<usize>, usize)> {
    let info =
        userinfo::find(scheme, &shadow[region.clone()]).or_else(|| userinfo::find(scheme, &raw[region.clone()]))?;
    let base = region.start;
    let lone = || {
        // A user alone is no secret, but Redis clients are given the password so, and tokens stand there too.
        let user = &raw[base + info.user().start..base + info.user().end];
        let token = user.len() >= 20 && user.iter().any(u8::is_ascii_digit) && user.iter().any(u8::is_ascii_alphabetic);
        let is_secret = userinfo::is_redis(scheme)
            || token && !user.contains(&b'.')
            || userinfo::may_hold_password(&shadow[base + info.user().start..base + info.user().end]);
        is_secret.then_some(info.user())
    };
    let password = info.password().or_else(lone)?;
    Some((base + password.start..base + password.end, base + info.at))
}

/// The scheme whose separator starts at `sep`, and where its authority starts: `x://`, and `postgres:/`, `postgres:`,
/// `postgres//` for schemes that are known.
fn scheme_before(b: &[u8], sep: usize) -> Option<(&str, usize)> {
    let len = b[sep.saturating_sub(64)..sep]
        .iter()
        .rev()
        .take_while(|c| c.is_ascii_alphanumeric() || b"+.-_".contains(c))
        .count();
    let scheme = std::str::from_utf8(&b[sep - len..sep]).ok()?;
    if b[sep..].starts_with(b"://") {
        return Some((scheme, sep + 3));
    }
    if scheme.is_empty() || !is_known_scheme(scheme) {
        return None;
    }
    let slashes = b[sep + 1..].iter().take_while(|&&c| c == b'/').count();
    if b[sep] == b'/' && slashes == 0 {
        return None;
    }
    Some((scheme, sep + 1 + slashes))
}

fn is_known_scheme(scheme: &str) -> bool {
    let base = scheme.split('+').next().unwrap_or(scheme);
    SCHEMES.iter().any(|known| base.eq_ignore_ascii_case(known))
}

/// Where the next address starts, at most `end`. A `://` behind a scheme that nobody knows, in the same word, may be a
/// piece of a password: `app:a@b://c@db1`.
fn next_scheme(b: &[u8], start: usize, end: usize) -> usize {
    const MOST_IN_A_PASSWORD: usize = 8;
    let mut from = start;
    for _ in 0..MOST_IN_A_PASSWORD {
        let Some(sep) = placeholder::find(&b[from..end], b"://").map(|n| from + n) else { return end };
        let len = b[from..sep].iter().rev().take_while(|c| c.is_ascii_alphanumeric() || b"+.-".contains(c)).count();
        let same_word = !b[from..sep].iter().any(|c| b" \t\"'`<>".contains(c));
        let scheme = std::str::from_utf8(&b[sep - len..sep]).unwrap_or("");
        if !same_word || is_known_scheme(scheme) || userinfo::is_web(scheme) {
            return sep - len;
        }
        from = sep + 3;
    }
    from
}

/// `user:password@host` without any scheme, as the Go driver of MySQL and slips of the hand have it.
fn find_bare(text: &str, shadow: &[u8], out: &mut Vec<Range<usize>>) {
    for line in lines(shadow) {
        let bytes = &shadow[line.clone()];
        for mark in [&b"@tcp("[..], b"@tcp4(", b"@tcp6(", b"@unix(", b"@cloudsql(", b"@("] {
            let Some(at) = placeholder::find(bytes, mark) else { continue };
            if let Some(colon) = colon_of_pair(&bytes[..at]) {
                push(text, line.start + colon + 1..line.start + at, out);
            }
        }
        if let Some(secret) = oracle_login(bytes) {
            push(text, line.start + secret.start..line.start + secret.end, out);
        }
        let mut start = 0;
        for end in 0..=bytes.len() {
            if end < bytes.len() && !b" \t\"'`<>".contains(&bytes[end]) {
                continue;
            }
            if let Some(secret) = bare_login(&bytes[start..end]) {
                push(text, line.start + start + secret.start..line.start + start + secret.end, out);
            }
            start = end + 1;
        }
    }
}

/// `jdbc:oracle:thin:user/password@//host`: a `/` where others have a `:`.
fn oracle_login(line: &[u8]) -> Option<Range<usize>> {
    const MARK: &[u8] = b"oracle:thin:";
    let start = placeholder::find(line, MARK)? + MARK.len();
    let at = start + userinfo::oracle_at(&line[start..])?;
    let slash = start + line[start..at].iter().position(|&b| b == b'/')?;
    Some(slash + 1..at)
}

/// The `:` between user and password: the first that is no separator of a key from its value. `dsn: app@tcp(…)` has
/// none, unless the `:` stands within quotes: there `app: pw` is a password that begins with a blank.
fn colon_of_pair(before: &[u8]) -> Option<usize> {
    let colons = || before.iter().enumerate().filter(|&(_, &b)| b == b':').map(|(i, _)| i);
    let is_quote = |b: Option<&u8>| matches!(b, Some(b'"' | b'\''));
    // `key: value` and `"key":"value"`
    let of_key = |&i: &usize| {
        before.get(i + 1) == Some(&b' ')
            || is_quote(before.get(i + 1)) && is_quote(i.checked_sub(1).and_then(|i| before.get(i)))
    };
    let is_quoted = |i: &usize| before[..*i].iter().filter(|&&b| b == b'"' || b == b'\'').count() % 2 == 1;
    colons().find(|i| !of_key(i)).or_else(|| colons().find(is_quoted))
}

fn bare_login(token: &[u8]) -> Option<Range<usize>> {
    let at = token.iter().rposition(|&b| b == b'@')?;
    if placeholder::find(token, b"://").is_some() {
        return None;
    }
    if placeholder::find(token, b"oracle:thin:").is_some() {
        return None;
    }
    let colon = token[..at].iter().position(|&b| b == b':')?;
    let word = token[..colon].to_ascii_lowercase();
    let ordinary = [&b"mailto"[..], b"sip", b"npm", b"pkg", b"acct", b"xmpp", b"file", b"link", b"workspace"];
    if ordinary.iter().any(|o| word.ends_with(o))
        || !is_host_start(&token[at + 1..])
        || token.get(colon + 1) == Some(&b'@')
    {
        return None;
    }
    Some(colon + 1..at)
}

/// Whether a host can follow the `@`: no digest, no version.
fn is_host_start(text: &[u8]) -> bool {
    if text.starts_with(b"sha256:") || text.starts_with(b"sha512:") {
        return false;
    }
    let Some(first) = text.first() else { return false };
    let head = text.iter().take_while(|c| c.is_ascii_digit() || **c == b'.').count();
    let dots = text[..head].iter().filter(|&&c| c == b'.').count();
    let version = first.is_ascii_digit() && head == text.len() && dots < 3;
    !version && (first.is_ascii_alphanumeric() || *first == b'[' || *first == ATOM || *first == b'(')
}

fn lines(b: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    b.split(|&c| c == b'\n').map(move |line| {
        let range = start..start + line.len();
        start = range.end + 1;
        range
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logins(text: &str) -> Vec<&str> {
        let mut out = Vec::new();
        find_logins(text, &placeholder::opaque(text), &mut out);
        out.sort_by_key(|r| (r.start, r.end));
        out.dedup();
        out.into_iter().map(|r| &text[r]).collect()
    }

    #[test]
    fn a_user_without_a_password_is_no_password() {
        for text in [
            "boulder@tcp(localhost:3306)/db",
            "dsn: boulder@tcp(localhost:3306)/db",
            "\"dsn\": \"boulder@tcp(localhost:3306)/db\"",
            "\"dsn\":\"boulder@tcp(localhost:3306)/db\"",
            "dsn: 'boulder@unix(/run/db.sock)/db'",
        ] {
            assert_eq!(logins(text), Vec::<&str>::new(), "{text}");
        }
        assert_eq!(logins("dsn: \"app: pw@tcp(db1)/db\""), vec![" pw"]);
    }

    #[test]
    fn passwords_of_addresses_are_found_also_where_the_address_is_broken() {
        for text in [
            "postgres://app:hunter2@db1/orders",
            "see postgres://app:hunter2@db1/orders, and more",
            "redis://:hunter2@r1:6379/0",
            "redis://hunter2@r1:6379",
            "app:hunter2@tcp(db1:3306)/orders",
            "dsn: app:hunter2@tcp(db1:3306)/orders",
            "https://app:hunter2@registry/@scope/x",
            "jdbc:oracle:thin:app/hunter2@//db1:1521/x",
            "KEY=app:hunter2@db1:5432/orders",
            "http://a/ postgres://app:hunter2@db1/orders",
        ] {
            assert_eq!(logins(text), ["hunter2"], "{text}");
        }
        for text in [
            "postgres:/app:hunter2@db1/orders",
            "postgres//app:hunter2@db1/orders",
            "postgres:app:hunter2@db1/orders",
            "postgres://app:hun://ter2@db1:5432/x",
        ] {
            let shown = logins(text).concat();
            assert!(shown.contains("hunter2") || shown.contains("hun://ter2"), "{text}");
        }
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in [
            "image: nginx:1.25@sha256:abc",
            "git@github.com:org/repo",
            "mailto:a@b.c",
            "npm:left-pad@1.3.0",
            "https://example.org/@scope",
            "postgres://app:${PW}@db1/x",
            "mail: a@b.c",
            "postgres://app@db1/orders",
            "see http://localhost:8080 or ask a@b.c",
        ] {
            assert_eq!(logins(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn issued_tokens_and_private_keys_are_known_by_their_looks() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_0123456789abcdefghijABCDEFGHIJ012345",
            "xoxb-123456789-abc",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        ] {
            let mut out = Vec::new();
            find(&format!("x {text}"), &mut out);
            assert_eq!(out.len(), 1, "{text}");
            assert_eq!(out.first(), Some(&(2..2 + text.len())), "{text}");
        }
        let mut out = Vec::new();
        find("-----BEGIN CERTIFICATE----- task-board risk-sk-x AKIA", &mut out);
        assert!(out.is_empty());
    }
}
