//! Small tools that the grammars share: text with expressions made opaque, percent decoding, hosts with ports.

use std::ops::Range;

use super::dialects::Escapes;
use super::{ConnectionString, Fault, FaultKind, HostPort, Param, Part};
use crate::placeholder::{self, ATOM};
use crate::secret::{Redactor, Secret};

/// The text under the reader, with the range that is the connection string itself.
pub(super) struct Input<'a> {
    pub(super) text: &'a str,
    /// The bytes of the text with expressions made opaque: structure is looked for here, at the same offsets.
    pub(super) shadow: Vec<u8>,
    pub(super) range: Range<usize>,
}

impl<'a> Input<'a> {
    pub(super) fn new(text: &'a str, range: Range<usize>) -> Input<'a> {
        Input { text, shadow: placeholder::opaque(text), range }
    }

    pub(super) fn raw(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or("")
    }

    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.shadow.get(range).unwrap_or(&[])
    }

    /// First place in `range` of any byte in `set`.
    #[inline]
    pub(super) fn find(&self, range: Range<usize>, set: &[u8]) -> Option<usize> {
        let start = range.start;
        // A set is a handful of bytes: comparing with each is faster than a search in it.
        self.bytes(range).iter().position(|b| set.iter().any(|other| other == b)).map(|i| start + i)
    }

    pub(super) fn rfind(&self, range: Range<usize>, byte: u8) -> Option<usize> {
        let start = range.start;
        self.bytes(range).iter().rposition(|&b| b == byte).map(|i| start + i)
    }

    /// As written.
    pub(super) fn part(&self, range: Range<usize>) -> Part {
        Part { text: self.raw(range.clone()).to_owned(), range }
    }

    /// With `%XX` resolved.
    pub(super) fn decoded(&self, range: Range<usize>) -> Part {
        Part { text: decode(self.raw(range.clone()), self.bytes(range.clone())), range }
    }

    /// The pieces of `range` between bytes of `separators`.
    #[inline]
    pub(super) fn split(&self, range: Range<usize>, separators: &[u8]) -> Vec<Range<usize>> {
        let mut out = Vec::new();
        let mut start = range.start;
        for (i, b) in self.bytes(range.clone()).iter().enumerate() {
            if separators.iter().any(|other| other == b) {
                out.push(start..range.start + i);
                start = range.start + i + 1;
            }
        }
        out.push(start..range.end);
        out
    }
}

/// Without one pair of quotes around all of it.
pub(super) fn unquoted(text: &str, range: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let quote = bytes.get(range.start).copied().unwrap_or(0);
    let last = range.end.checked_sub(1).and_then(|i| bytes.get(i)).copied();
    if range.len() < 2 || !matches!(quote, b'"' | b'\'' | b'`') || last != Some(quote) {
        return range;
    }
    range.start + 1..range.end - 1
}

/// Resolves `%XX` outside expressions; escapes that make no text stay as written.
fn decode(raw: &str, shadow: &[u8]) -> String {
    if !shadow.contains(&b'%') {
        return raw.to_owned();
    }
    let bytes = raw.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&b) = bytes.get(i) {
        let escaped = (b == b'%' && shadow.get(i) == Some(&b'%')).then(|| hex_pair(bytes, i + 1)).flatten();
        out.push(escaped.unwrap_or(b));
        i += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| raw.to_owned())
}

pub(super) fn hex_pair(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |i: usize| char::from(*bytes.get(i)?).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some(digit(at)? * 16 + digit(at + 1)?)
}

pub(super) fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

pub(super) fn is_atoms(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&b| b == ATOM)
}

/// One `host[:port]`, the host possibly in brackets.
pub(super) fn host_port(input: &Input<'_>, range: Range<usize>) -> HostPort {
    let bytes = input.bytes(range.clone());
    if bytes.first() == Some(&b'[')
        && let Some(close) = bytes.iter().position(|&b| b == b']')
    {
        let after = range.start + close + 1;
        if !matches!(bytes.get(close + 1), None | Some(b':')) {
            // Something between the bracket and the port.
            return HostPort { host: input.part(range), port: None };
        }
        let port = (input.bytes(after..range.end).first() == Some(&b':')).then(|| input.part(after + 1..range.end));
        return HostPort { host: input.part(range.start + 1..range.start + close), port };
    }
    let colon = bytes.iter().rposition(|&b| b == b':').map(|i| range.start + i);
    // More than one colon and no brackets: an address of the sixth version, written bare.
    let bare = bytes.iter().filter(|&&b| b == b':').count() > 1
        && bytes.iter().all(|b| b.is_ascii_hexdigit() || b":.".contains(b));
    match colon.filter(|_| !bare) {
        Some(colon) => {
            HostPort { host: input.decoded(range.start..colon), port: Some(input.decoded(colon + 1..range.end)) }
        }
        None => HostPort { host: input.decoded(range), port: None },
    }
}

/// Files a `name=value` away: secrets apart, and remembers whether the one before was a secret.
pub(super) fn add_param(found: &mut ConnectionString, name: Part, value: Part) {
    if is_secret_name(&name.text) {
        let secret = Secret::new(&value.text);
        found.secrets.push((name.text, secret, value.range));
        return;
    }
    found.params.push(Param { name, value });
}

/// Whether a parameter of this name holds a secret, also where the name is misspelt.
pub(super) fn is_secret_name(name: &str) -> bool {
    Redactor::is_secret_key(name) || is_near_password(name)
}

/// `paswsord`, `p(ssword`: near enough to hide what follows.
pub(super) fn is_near_password(name: &str) -> bool {
    // Cheap first: nearly all names end here.
    let is_alike = |b: &u8| matches!(b | 0x20, b'p' | b'a' | b's' | b'w' | b'o' | b'r' | b'd');
    if name.len() > 24 || name.bytes().filter(is_alike).count() < 5 {
        return false;
    }
    let letters: String = name.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
    ["password", "sslpassword"]
        .iter()
        .any(|word| letters.len().abs_diff(word.len()) <= 2 && strsim::osa_distance(&letters, word) <= 2)
}

fn holds_password(name: &str) -> bool {
    name.as_bytes().windows(5).any(|five| five.eq_ignore_ascii_case(b"passw"))
}

/// Decoded as a form of the web: `%XX`, and `+` for a blank.
pub(super) fn form(input: &Input<'_>, range: Range<usize>) -> Part {
    if !input.bytes(range.clone()).contains(&b'+') {
        return input.decoded(range);
    }
    let pieces = input.split(range.clone(), b"+").into_iter().map(|piece| input.decoded(piece).text);
    Part { text: pieces.collect::<Vec<_>>().join(" "), range }
}

/// `a=b&c=d`. A piece behind a secret that is no parameter of anybody is taken as the secret's tail: `&` was not escaped.
pub(super) fn query(input: &Input<'_>, range: Range<usize>, separators: &[u8], found: &mut ConnectionString) {
    let mut after_secret = false;
    for piece in input.split(range, separators) {
        if piece.is_empty() {
            continue;
        }
        let equals = input.find(piece.clone(), b"=");
        let name = input.decoded(piece.start..equals.unwrap_or(piece.end));
        let behind = equals.map_or(piece.end, |equals| equals + 1)..piece.end;
        let known = |found: &ConnectionString| {
            crate::parameter::is_known_pair(name.text.trim(), input.bytes(behind.clone()))
                || super::check::nearest(found.dialect.params, &name.text).is_some()
        };
        if after_secret && (equals.is_none() || !known(found)) {
            extend_secret(found, input, piece.end);
            continue;
        }
        let Some(equals) = equals else {
            after_secret = is_near_password(&name.text);
            // `passwordZq17`: the `=` is lost, and what follows the name may be the password.
            if after_secret || holds_password(&name.text) {
                let message = "no `=` behind the name of the password".to_owned();
                found.faults.push(Fault { kind: FaultKind::NotAPair, message, range: piece.clone() });
                found.secrets.push(("password".to_owned(), Secret::new(&name.text), name.range));
                continue;
            }
            found.params.push(Param { value: Part { text: String::new(), range: piece.end..piece.end }, name });
            continue;
        };
        after_secret = is_secret_name(&name.text);
        let value = value(input, equals + 1..piece.end, found.dialect.escapes, after_secret);
        add_param(found, name, value);
    }
}

/// A parameter's value, decoded as its client does. A `+` of a secret stays: the same text elsewhere must be known again.
fn value(input: &Input<'_>, range: Range<usize>, escapes: Escapes, secret: bool) -> Part {
    let shadow = input.bytes(range.clone());
    match escapes {
        Escapes::None => input.part(range),
        Escapes::Form if !secret && shadow.contains(&b'+') => {
            let raw = input.raw(range.clone());
            let blanks =
                raw.char_indices().map(|(i, c)| if c == '+' && shadow.get(i) == Some(&b'+') { ' ' } else { c });
            Part { text: decode(&blanks.collect::<String>(), shadow), range }
        }
        Escapes::Form | Escapes::Percent => input.decoded(range),
    }
}

/// Makes the last secret reach up to `end`.
pub(super) fn extend_secret(found: &mut ConnectionString, input: &Input<'_>, end: usize) {
    let Some((name, secret, range)) = found.secrets.last_mut() else { return };
    let end = end.max(range.end);
    secret.append(&input.decoded(range.end..end).text);
    range.end = end;
    let (start, kind) = (range.start, FaultKind::UnescapedPassword);
    // A tail of several pieces is one fault.
    if let Some(fault) = found.faults.last_mut().filter(|fault| fault.kind == kind && fault.range.start == start) {
        fault.range.end = end;
        return;
    }
    let message = format!("`{name}` holds a separator that is not escaped; percent-encode or quote it");
    found.faults.push(Fault { kind, message, range: start..end });
}

/// Takes a parameter out, as a piece of its own; the last one counts.
pub(super) fn take(found: &mut ConnectionString, names: &[&str]) -> Option<Part> {
    let matches = |param: &Param| names.iter().any(|name| crate::parameter::compare(&param.name.text, name).is_eq());
    let at = found.params.iter().rposition(matches)?;
    Some(found.params.remove(at).value)
}

/// Moves `password` from the other secrets to its own place.
pub(super) fn take_password(found: &mut ConnectionString, names: &[&str]) {
    let matches = |given: &str| names.iter().any(|name| crate::parameter::compare(given, name).is_eq());
    let at = found.secrets.iter().rposition(|(name, ..)| matches(name));
    if let (Some(at), None) = (at, &found.password) {
        let (_, secret, range) = found.secrets.remove(at);
        found.password = Some((secret, range));
    }
}
