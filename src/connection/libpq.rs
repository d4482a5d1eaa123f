//! `host=db1 port=5432 dbname=orders`: keywords of libpq, separated by blanks, quoted with `'`.

use std::ops::Range;

use super::scan::{self, Input};
use super::{ConnectionString, Fault, FaultKind, HostPort, Part, dialects};
use crate::parameter;

pub(super) fn parse(input: &Input<'_>) -> Option<ConnectionString> {
    let pairs = pairs(input)?;
    let known = |name: &str| parameter::LIBPQ.contains(name);
    let names = || pairs.iter().filter_map(|pair| pair.name.as_ref()).map(|name| name.text.as_str());
    let places = names().any(|name| matches!(name, "host" | "hostaddr" | "dbname" | "service"));
    if !places || names().filter(|name| known(name)).count() < 2 {
        return None;
    }
    let mut found = ConnectionString::new(
        &dialects::LIBPQ_KV,
        Part { text: String::new(), range: input.range.start..input.range.start },
    );
    let mut after_secret = false;
    for pair in pairs {
        let name = pair.name.filter(|name| {
            !after_secret || known(&name.text) || super::check::nearest(&[&parameter::LIBPQ], &name.text).is_some()
        });
        let Some(name) = name else {
            if after_secret {
                scan::extend_secret(&mut found, input, pair.value.range.end);
            } else {
                let message =
                    "a word without `=`; separate `name=value` pairs with blanks and quote values that hold some"
                        .to_owned();
                found.faults.push(Fault { kind: FaultKind::NotAPair, message, range: pair.value.range });
            }
            continue;
        };
        if pair.open {
            let message = format!("the quote of `{}` is not closed", name.text);
            found.faults.push(Fault { kind: FaultKind::UnbalancedQuote, message, range: pair.value.range.clone() });
        }
        after_secret = crate::secret::Redactor::is_secret_key(&name.text);
        scan::add_param(&mut found, name, pair.value);
    }
    place(input, &mut found);
    Some(found)
}

struct Pair {
    /// `None` for a word without `=`.
    name: Option<Part>,
    value: Part,
    /// A quote that nobody closes.
    open: bool,
}

/// `None` as soon as the text cannot be of this notation.
fn pairs(input: &Input<'_>) -> Option<Vec<Pair>> {
    let end = input.range.end;
    let mut at = input.range.start;
    let mut out: Vec<Pair> = Vec::new();
    loop {
        at += input.bytes(at..end).iter().take_while(|b| b.is_ascii_whitespace()).count();
        if at >= end {
            return Some(out);
        }
        let stop =
            at + input.bytes(at..end).iter().position(|b| *b == b'=' || b.is_ascii_whitespace()).unwrap_or(end - at);
        let blanks = input.bytes(stop..end).iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let equals = stop + blanks;
        let word = input.part(at..stop);
        let is_name = !word.text.is_empty() && word.text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if input.bytes(equals..(equals + 1).min(end)) != b"=" || !is_name && !out.is_empty() {
            // The first word must be a pair; later ones may be torn pieces of a value.
            if out.is_empty() {
                return None;
            }
            let piece = at + input.bytes(at..end).iter().position(u8::is_ascii_whitespace).unwrap_or(end - at);
            out.push(Pair { name: None, value: input.part(at..piece), open: false });
            at = piece;
            continue;
        }
        if !is_name {
            return None;
        }
        let start = equals + 1 + input.bytes(equals + 1..end).iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let (value, next, open) = value(input, start..end);
        out.push(Pair { name: Some(word), value, open });
        at = next;
    }
}

/// The value at the start of `range`, where reading goes on, and whether its quote stays open.
fn value(input: &Input<'_>, range: Range<usize>) -> (Part, usize, bool) {
    let bytes = input.bytes(range.clone());
    let quoted = bytes.first() == Some(&b'\'');
    let skip = usize::from(quoted);
    let mut text: Vec<u8> = Vec::new();
    let raw = input.text.as_bytes().get(range.clone()).unwrap_or(&[]);
    let mut i = skip;
    while let (Some(&b), Some(&byte)) = (bytes.get(i), raw.get(i)) {
        if quoted && b == b'\'' || !quoted && b.is_ascii_whitespace() {
            break;
        }
        if b == b'\\' && i + 1 < bytes.len() {
            i += 1;
            text.extend(raw.get(i));
        } else {
            text.push(byte);
        }
        i += 1;
    }
    let i = i.min(bytes.len());
    let place = range.start + skip..range.start + i;
    let open = quoted && i >= bytes.len();
    let text = String::from_utf8(text).unwrap_or_else(|_| input.raw(place.clone()).to_owned());
    (Part { text, range: place }, range.start + i + usize::from(quoted && !open), open)
}

/// Gives host, port, database and user their places.
pub(super) fn place(input: &Input<'_>, found: &mut ConnectionString) {
    let address = scan::take(found, &["hostaddr"]);
    let host = scan::take(found, &["host"]).or(address);
    let ports = scan::take(found, &["port"]);
    let ports: Vec<Part> = ports.map(|p| list(input, &p)).unwrap_or_default();
    if let Some(host) = host {
        for (i, host) in list(input, &host).into_iter().enumerate() {
            // One port serves all hosts; several go one by one.
            let port = if ports.len() == 1 { ports.first() } else { ports.get(i) };
            found.hosts.push(HostPort { host, port: port.filter(|p| !p.text.is_empty()).cloned() });
        }
    } else if let Some(port) = ports.into_iter().next() {
        let name = Part { text: "port".to_owned(), range: port.range.start..port.range.start };
        scan::add_param(found, name, port);
    }
    found.database = scan::take(found, &["dbname"]);
    found.user = scan::take(found, &["user"]);
    scan::take_password(found, &["password"]);
}

/// The pieces between commas; a decoded value whose bytes differ from its text stays whole.
fn list(input: &Input<'_>, part: &Part) -> Vec<Part> {
    if input.raw(part.range.clone()) != part.text || !part.text.contains(',') {
        return vec![part.clone()];
    }
    input.split(part.range.clone(), b",").into_iter().map(|piece| input.part(piece)).collect()
}
