//! Lists of hosts as the drivers of MySQL and MariaDB take them: plain, in keys, in brackets.
//!
//! `db1:3306,db2`, `(host=db1,port=3306)`, `address=(host=db1)(port=3306)`, `[db1,(host=db2)]`.

use std::ops::Range;

use super::scan::{self, Input};
use super::{ConnectionString, Engine, Fault, FaultKind, HostPort, Param, Part};
use crate::secret::Secret;

/// Where the list ends: at the first `/` or `?` outside its brackets.
pub(super) fn end(input: &Input<'_>, range: Range<usize>) -> usize {
    let mut depth = 0_usize;
    for (i, b) in input.bytes(range.clone()).iter().enumerate() {
        match b {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'/' | b'?' if depth == 0 => return range.start + i,
            _ => {}
        }
    }
    // A bracket that nobody closes must not swallow the rest.
    let plain = || input.find(range.clone(), b"/?").unwrap_or(range.end);
    if depth == 0 { range.end } else { plain() }
}

/// Adds all hosts of the list.
pub(super) fn hosts(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    for piece in pieces(input, range) {
        match within_brackets(input, &piece) {
            Some(inner) => pieces(input, inner).into_iter().for_each(|piece| host(input, piece, found)),
            None => host(input, piece, found),
        }
    }
}

/// Pieces between commas outside brackets.
fn pieces(input: &Input<'_>, range: Range<usize>) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let (mut start, mut depth) = (range.start, 0_usize);
    for (i, b) in input.bytes(range.clone()).iter().enumerate() {
        match b {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                out.push(start..range.start + i);
                start = range.start + i + 1;
            }
            _ => {}
        }
    }
    out.push(start..range.end);
    out
}

/// What is in `[a,b]`; an address of the sixth version stands in such brackets too.
fn within_brackets(input: &Input<'_>, piece: &Range<usize>) -> Option<Range<usize>> {
    let bytes = input.bytes(piece.clone());
    let inner = bytes.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"))?;
    let six = inner.iter().all(|b| b.is_ascii_hexdigit() || b":.%".contains(b)) && inner.contains(&b':');
    (!six).then_some(piece.start + 1..piece.end - 1)
}

fn host(input: &Input<'_>, piece: Range<usize>, found: &mut ConnectionString) {
    let first = found.hosts.is_empty();
    let mut piece = piece;
    if piece.is_empty() {
        let message = "a comma without a host beside it; remove it or write the host".to_owned();
        found.faults.push(Fault { kind: FaultKind::EmptyHost, message, range: piece });
        return;
    }
    if let Some(at) = input.rfind(piece.clone(), b'@') {
        login(input, piece.start..at, first, found);
        piece.start = at + 1;
    }
    let text = input.raw(piece.clone());
    let keys = text.strip_prefix("address=").filter(|keys| keys.starts_with('(')).unwrap_or(text);
    if !keys.starts_with('(') {
        found.hosts.push(scan::host_port(input, piece));
        return;
    }
    if !keys.ends_with(')') {
        let message = "the brackets of an address are not closed, or something stands behind them".to_owned();
        found.faults.push(Fault { kind: FaultKind::UnbalancedQuote, message, range: piece.clone() });
    }
    let mut server = HostPort { host: Part { text: String::new(), range: piece.clone() }, port: None };
    for pair in input.split(piece.end - keys.len()..piece.end, b"(),") {
        let Some(equals) = input.find(pair.clone(), b"=") else { continue };
        let name = Part { text: input.raw(pair.start..equals).trim().to_owned(), range: pair.start..equals };
        let value = input.decoded(equals + 1..pair.end);
        match name.text.to_ascii_lowercase().as_str() {
            "host" => server.host = value,
            "port" => server.port = Some(value),
            // The login of one host, which one in front of all wins over; MariaDB's driver knows none.
            "user" => {
                let counts = first && found.user.is_none() && found.dialect.engine != Engine::MariaDb;
                if counts {
                    found.user = Some(value);
                } else {
                    let name = Part { text: "address.user".to_owned(), range: name.range };
                    found.params.push(Param { name, value });
                }
            }
            "password" if first && found.password.is_none() => {
                found.password = Some((Secret::new(&value.text), value.range));
            }
            _ => scan::add_param(found, name, value),
        }
    }
    found.hosts.push(server);
}

/// The login of a further host; the first one's is the string's.
fn login(input: &Input<'_>, range: Range<usize>, first: bool, found: &mut ConnectionString) {
    let colon = input.find(range.clone(), b":");
    let user = range.start..colon.unwrap_or(range.end);
    if first && found.user.is_none() && !user.is_empty() {
        found.user = Some(input.decoded(user));
    } else if !user.is_empty() {
        let name = Part { text: "address.user".to_owned(), range: user.clone() };
        found.params.push(Param { name, value: input.decoded(user) });
    }
    let Some(colon) = colon else { return };
    let (secret, range) = (Secret::new(&input.decoded(colon + 1..range.end).text), colon + 1..range.end);
    if first && found.password.is_none() {
        found.password = Some((secret, range));
    } else {
        found.secrets.push(("password".to_owned(), secret, range));
    }
}
