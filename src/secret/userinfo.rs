//! Where user and password end in what follows `scheme://`, also where the text is malformed.
//!
//! Drivers disagree about a raw `@`, `/`, `?` or `#` in a password. This reading takes the longest password that is
//! plausible, because whatever might be a piece of one must be hidden.

use std::ops::Range;

use super::keys::is_secret_key;
use crate::parameter;
use crate::placeholder::ATOM;

/// Schemes of the web, where `@` in a path is ordinary (`/@scope/name`, `/repo@v2`).
const WEB: [&str; 12] = ["http", "https", "ftp", "git", "ssh", "oci", "s3", "gs", "file", "ws", "wss", "docker"];

/// The `user[:password]` in front of the last `@` that belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UserInfo {
    /// Offset of the first `:`, if there is one.
    pub(crate) colon: Option<usize>,
    /// Offset of the `@` that ends it.
    pub(crate) at: usize,
}

impl UserInfo {
    /// The user's bytes.
    pub(crate) fn user(&self) -> Range<usize> {
        0..self.colon.unwrap_or(self.at)
    }

    /// The password's bytes, if a `:` stands before.
    pub(crate) fn password(&self) -> Option<Range<usize>> {
        self.colon.map(|colon| colon + 1..self.at)
    }
}

/// Reads `rest`, the bytes behind `scheme://` up to the end of the line or the next URL.
///
/// Expressions must have been made opaque before. Linear in the length.
pub(crate) fn find(scheme: &str, rest: &[u8]) -> Option<UserInfo> {
    let token_end = rest.iter().position(|&b| ends_word(b)).unwrap_or(rest.len());
    let token = &rest[..token_end];
    let authority_end = token.iter().position(|&b| ends_authority(b)).unwrap_or(token.len());
    let web = is_web(scheme);
    let first_colon = token[..authority_end].iter().position(|&b| b == b':');
    let inside = last_at(&token[..authority_end]);

    let head_end = token.iter().position(|&b| b == b';' || ends_authority(b)).unwrap_or(token.len());
    let numeric =
        is_port(first_colon.filter(|&colon| colon < head_end).map_or(&[], |colon| &token[colon + 1..head_end]));
    let head_is_host = numeric && last_at(&token[..head_end]).is_none();
    if head_is_host && inside.is_some_and(|at| is_assigned(&token[..at])) {
        // `//db1:1433;user=a@b`: the `@` is a parameter's.
        return None;
    }

    let mut at = inside;
    let colon_in_front = first_colon.is_some_and(|colon| inside.is_none_or(|at| colon < at));
    // Redis clients are given a password without a user and without a `:`.
    let alone = first_colon.is_none() && (inside.is_some() && !web || is_redis(scheme));
    if colon_in_front || alone {
        let scan = Scan { token, authority_end, web, numeric: inside.is_none() && numeric, had_user: inside.is_some() };
        let free = |at: &usize| !(head_is_host || inside.is_some()) || !is_assigned(&rest[..*at]);
        at = scan.behind_authority().filter(free).or(at);
        if token_end < rest.len() {
            at = scan.behind_token(rest).filter(free).or(at);
        }
    }
    let at = at?;
    let colon = rest[..at].iter().position(|&b| b == b':');
    // A user of odd characters is the front of a password that holds a `:`, where no user is needed.
    let odd = |user: &[u8]| !user.iter().all(|b| b.is_ascii_alphanumeric() || b"._-%~+".contains(b) || *b == ATOM);
    let colon = colon.filter(|&colon| !is_redis(scheme) || !odd(&rest[..colon]));
    Some(UserInfo { colon, at })
}

/// The logins of `u:p@h1,v:q@h2`, where every host of a list has its own; empty where there are not several.
///
/// A password may look like that, too (`p@h1,v:q`): only hosts that are alike, as servers of one kind are, tell it.
pub(crate) fn separate(rest: &[u8]) -> Vec<UserInfo> {
    let (mut logins, mut hosts) = (Vec::new(), Vec::new());
    if rest.iter().filter(|&&b| b == b'@').take(2).count() < 2 || !rest.contains(&b',') {
        return logins;
    }
    let end = rest.iter().position(|&b| ends_word(b) || ends_authority(b)).unwrap_or(rest.len());
    let authority = &rest[..end];
    let mut start = 0;
    for piece in authority.split(|&b| b == b',') {
        if let Some(at) = last_at(piece) {
            let Some(colon) = piece[..at].iter().position(|&b| b == b':') else { return Vec::new() };
            let single = !piece[..at].contains(&b'@');
            let host = piece[at + 1..].split(|&b| b == b':').next().unwrap_or(&[]);
            if !single || !leads_to_host(&[&piece[at + 1..], b"/"].concat()) {
                return Vec::new();
            }
            logins.push(UserInfo { colon: Some(start + colon), at: start + at });
            hosts.push(host);
        } else if logins.is_empty() {
            return Vec::new();
        }
        start += piece.len() + 1;
    }
    let alike = hosts.windows(2).all(|two| are_alike(two[0], two[1]));
    if logins.len() > 1 && alike { logins } else { Vec::new() }
}

/// Whether half of two names is the same, from the front or from the back.
fn are_alike(a: &[u8], b: &[u8]) -> bool {
    let shorter = a.len().min(b.len());
    let front = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let back = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    shorter > 0 && 2 * front.max(back) >= shorter
}

/// Whether a scheme is one of the web's, also behind a `+`.
pub(crate) fn is_web(scheme: &str) -> bool {
    let base = scheme.rsplit('+').next().unwrap_or(scheme);
    WEB.iter().any(|web| web.eq_ignore_ascii_case(base))
}

fn ends_word(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'`' | b'<' | b'>')
}

fn ends_authority(b: u8) -> bool {
    matches!(b, b'/' | b'?' | b'#')
}

pub(crate) fn is_redis(scheme: &str) -> bool {
    ["redis", "rediss", "valkey", "valkeys"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

struct Scan<'a> {
    token: &'a [u8],
    authority_end: usize,
    web: bool,
    /// What follows the first colon is a port, not a password, as far as one can see.
    numeric: bool,
    had_user: bool,
}

impl Scan<'_> {
    /// An `@` behind the authority's end that still belongs to a password with raw `/`, `?` or `#`.
    fn behind_authority(&self) -> Option<usize> {
        let at = last_at(&self.token[self.authority_end..])? + self.authority_end;
        let query = self.token[self.authority_end..at].iter().position(|&b| b == b'?').map(|i| i + self.authority_end);
        let Some(query) = query else { return self.in_path(at).then_some(at) };
        if self.in_query(query, at) {
            return Some(at);
        }
        let before = last_at(&self.token[self.authority_end..query])? + self.authority_end;
        self.in_path(before).then_some(before)
    }

    fn in_path(&self, at: usize) -> bool {
        let ordinary = self.web && (self.numeric || self.had_user);
        !ordinary || at.checked_sub(1).and_then(|i| self.token.get(i)) != Some(&b'/')
    }

    /// In a query `user=app@server` is ordinary; `s@host:5432/db` is the tail of a password.
    fn in_query(&self, query: usize, at: usize) -> bool {
        let segment = self.token[query..at].iter().rposition(|&b| b == b'&' || b == b'?').map_or(query, |i| query + i);
        let segment = self.token.get(segment + 1..at).unwrap_or(&[]);
        // Behind a login only a parameter that clients know has an `@` of its own: `a@b?c=d` may be a password.
        let named = if self.had_user { starts_pair(segment) } else { is_named(segment) };
        (!self.numeric && !self.had_user) || !named || leads_to_host(&self.token[at + 1..])
    }

    /// An `@` behind white space or quotes: a password that holds them.
    fn behind_token(&self, rest: &[u8]) -> Option<usize> {
        let start = self.token.len();
        let tail = rest.get(start..)?;
        if !self.numeric && !self.had_user {
            return last_at(tail).map(|i| start + i);
        }
        let at = start + last_at(tail)?;
        (!self.web && leads_to_host(&rest[at + 1..])).then_some(at)
    }
}

/// Whether a user without a password may be one with it, because the `:` between them is lost: it holds an encoded
/// character that no user has, or a long word that no person would spell so.
pub(crate) fn may_hold_password(user: &[u8]) -> bool {
    const LONGEST_WORD: usize = 9;
    // `@` of a tenant, `\` of a domain, `=` and `,` of a certificate's name are ordinary.
    let odd = |escape: &[u8]| {
        let code = std::str::from_utf8(escape).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
        code.is_some_and(|c| c.is_ascii_punctuation() && !b"@\\/=,._-~+#$".contains(&c))
    };
    let mut escapes = user.windows(3).filter(|w| w[0] == b'%').map(|w| &w[1..]);
    let mixed = |word: &[u8]| {
        let has = |is: fn(&u8) -> bool| word.iter().any(is);
        word.len() > LONGEST_WORD
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_digit)
    };
    let mut words = user.split(|b| !b.is_ascii_alphanumeric());
    !user.contains(&ATOM) && (escapes.any(odd) || words.any(mixed))
}

/// The `@` behind `user/password` in what follows `oracle:thin:`; the first one where there is no login.
pub(crate) fn oracle_at(rest: &[u8]) -> Option<usize> {
    let first = rest.iter().position(|&b| b == b'/' || b == b'@')?;
    if rest[first] == b'@' {
        return Some(first);
    }
    let mut ats = (first..rest.len()).rev().filter(|&i| rest[i] == b'@');
    let leads = |i: &usize| {
        let after = &rest[i + 1..];
        after.starts_with(b"//") || after.starts_with(b"(") || leads_to_host(after)
    };
    ats.clone().find(leads).or_else(|| ats.next())
}

/// Whether `text` starts with a name and then a port, a path or a further address, as what follows user information does.
fn leads_to_host(text: &[u8]) -> bool {
    let end = text.iter().position(|&b| !(b.is_ascii_alphanumeric() || b"._-[]".contains(&b) || b == ATOM));
    let Some(end) = end.filter(|&end| end > 0) else { return false };
    matches!(text[end], b'/' | b',')
        || text[end] == b':' && text.get(end + 1).is_some_and(|b| b.is_ascii_digit() || *b == ATOM)
}

/// Whether `before` holds the name of a parameter and its `=`, so that what follows belongs to that parameter.
fn is_assigned(before: &[u8]) -> bool {
    let starts = before.iter().enumerate().filter(|&(_, b)| b";&?".contains(b)).map(|(i, _)| i + 1);
    starts.into_iter().any(|start| starts_pair(&before[start..]))
}

/// Whether `segment` starts with the name of a parameter that clients know, and its `=`.
fn starts_pair(segment: &[u8]) -> bool {
    let Some(len) = segment.iter().take(64).position(|&b| b == b'=') else { return false };
    let name = std::str::from_utf8(&segment[..len]).unwrap_or("").trim();
    parameter::is_known_pair(name, &segment[len + 1..]) || is_secret_key(name)
}

/// Whether `segment` starts with a name that a parameter may have, and its `=`.
fn is_named(segment: &[u8]) -> bool {
    let Some(end) = segment.iter().position(|&b| b == b'=') else { return false };
    end > 0 && segment[..end].iter().all(|b| b.is_ascii_alphanumeric() || b"_-. %[]".contains(b) || *b == ATOM)
}

fn is_port(text: &[u8]) -> bool {
    let digits = |part: &[u8]| part.iter().all(|b| b.is_ascii_digit() || *b == ATOM);
    // `h1:1,h2:2` and `[::1]:5432` are lists and addresses; a password of that look is read as one.
    let is_address = text.contains(&b']');
    if !is_address
        && let Some(comma) = text.iter().position(|&b| b == b',')
        && !digits(&text[..comma])
    {
        return false;
    }
    if is_address || text.contains(&b',') {
        return text.iter().all(|b| b.is_ascii_alphanumeric() || b".:,-_[]%".contains(b) || *b == ATOM);
    }
    digits(text)
}

fn last_at(text: &[u8]) -> Option<usize> {
    text.iter().rposition(|&b| b == b'@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split<'a>(scheme: &str, rest: &'a str) -> Option<(&'a str, Option<&'a str>, &'a str)> {
        let info = find(scheme, rest.as_bytes())?;
        Some((&rest[info.user()], info.password().map(|r| &rest[r]), &rest[info.at + 1..]))
    }

    #[test]
    fn the_longest_plausible_password_is_taken() {
        for password in [
            "pw",
            "p@ss",
            "p:w",
            "p/w",
            "p#w",
            "p?w",
            "p@s/s",
            "p s",
            "p\"s",
            "1/2",
            "12?3",
            "12 34x",
            "p@s?s",
            "p?a=b",
            "12?a=b",
            "p,1.1?a=b",
            "",
        ] {
            let rest = format!("app:{password}@db1:5432/orders?sslmode=require");
            assert_eq!(
                split("postgres", &rest),
                Some(("app", Some(password), "db1:5432/orders?sslmode=require")),
                "{password}"
            );
        }
    }

    #[test]
    fn an_at_sign_that_is_no_separator_stays_outside() {
        for (scheme, rest) in [
            ("postgres", "db1:5432/orders?user=app@server"),
            ("https", "registry:443/@scope/name"),
            ("https", "example.org/@scope"),
            ("http", "localhost:8080 ask me@example.org"),
            ("mongodb", "h1:27017,h2:27017/db"),
        ] {
            assert_eq!(split(scheme, rest), None, "{rest}");
        }
        assert_eq!(split("postgres", "u:p@h/db?user=a@b"), Some(("u", Some("p"), "h/db?user=a@b")));
    }
}
