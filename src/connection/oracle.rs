//! Oracle's ways to name a service: Easy Connect, descriptors, aliases, behind `jdbc:oracle:` and alone.
//!
//! `app/pw@//db1:1521/shop`, `tcps://db1:2484/shop?retry_count=3`, `db1:1521:SID`, `(DESCRIPTION=(ADDRESS=(HOST=db1)…))`.

use std::ops::Range;

use super::scan::{self, Input};
use super::{ConnectionString, HostPort, Part, dialects, uri};
use crate::parameter::fold;
use crate::secret::{Secret, userinfo};

/// Reads a descriptor wherever it stands, and Easy Connect under a key that names Oracle.
pub(super) fn parse(input: &Input<'_>, hint: Option<&str>) -> Option<ConnectionString> {
    let range = input.range.clone();
    let start = input.raw(range.clone());
    let none = Part { text: String::new(), range: range.start..range.start };
    if start.get(..12).is_some_and(|head| head.eq_ignore_ascii_case("(description")) {
        let mut found = ConnectionString::new(&dialects::ORACLE_TNS, none);
        described(input, range, &mut found);
        return Some(found).filter(|found| !found.hosts.is_empty());
    }
    let key = fold(hint?);
    if !["oracle", "tns", "ezconnect"].iter().any(|word| key.contains(word)) || key.contains("home") {
        return None;
    }
    let mut found = ConnectionString::new(&dialects::ORACLE_EASY, none);
    let at = userinfo::oracle_at(input.bytes(range.clone())).map(|i| range.start + i);
    if let Some(at) = at {
        login(input, range.start..at, &mut found);
    }
    address(input, at.map_or(range.start, |at| at + 1)..range.end, &mut found);
    let plain = |server: &HostPort| {
        let host = &server.host.text;
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_${}()".contains(&b))
    };
    let port = found.hosts.iter().any(|server| server.port.is_some());
    (port && found.database.is_some() && found.hosts.iter().all(plain)).then_some(found)
}

/// Oracle: `thin:user/password@//host:port/service`, `@host:port:sid`, `@(DESCRIPTION=…)`.
pub(super) fn body(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let Some(at) = userinfo::oracle_at(input.bytes(range.clone())).map(|i| range.start + i) else {
        found.database = Some(input.part(range));
        return;
    };
    login(input, range.start..at, found);
    address(input, at + 1..range.end, found);
}

/// What stands behind the `@`.
pub(super) fn address(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let query = input.find(range.clone(), b"?").unwrap_or(range.end);
    let mut body = range.start..query;
    if input.bytes(body.clone()).first() == Some(&b'(') {
        described(input, body, found);
        return;
    }
    for prefix in ["tcps:", "tcp:", "ldap:", "//"] {
        if input.raw(body.clone()).starts_with(prefix) {
            body.start += prefix.len();
        }
    }
    let slash = input.find(body.clone(), b"/");
    let authority = body.start..slash.unwrap_or(body.end);
    let colons = input.split(authority.clone(), b":");
    match (slash, colons.as_slice()) {
        (None, [host, port, sid]) => {
            found.hosts.push(HostPort { host: input.part(host.clone()), port: Some(input.part(port.clone())) });
            found.database = Some(input.part(sid.clone()));
        }
        // A name alone is an alias that a file elsewhere resolves.
        (None, [_]) => found.database = Some(input.part(authority)),
        _ => {
            uri::hosts(input, authority, found);
            found.database = slash.map(|slash| input.part(slash + 1..body.end));
        }
    }
    if query < range.end {
        scan::query(input, query + 1..range.end, b"&", found);
    }
}

fn login(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let Some(slash) = input.find(range.clone(), b"/") else {
        found.user = (!range.is_empty()).then(|| input.part(range));
        return;
    };
    found.user = (slash > range.start).then(|| input.part(range.start..slash));
    let password = slash + 1..range.end;
    found.password = (!password.is_empty()).then(|| (Secret::new(input.raw(password.clone())), password));
}

/// `(HOST=a)(PORT=1)` in any nesting, as Oracle and Connector/J take it.
pub(super) fn described(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let mut hosts: Vec<HostPort> = Vec::new();
    let close = input.rfind(range.clone(), b')').unwrap_or(range.end);
    let mut last_was_secret = false;
    for piece in input.split(range.start..close, b"(),") {
        let Some(equals) = input.find(piece.clone(), b"=") else {
            if last_was_secret && !piece.is_empty() {
                scan::extend_secret(found, input, piece.end);
            }
            continue;
        };
        let name = Part { text: input.raw(piece.start..equals).trim().to_owned(), range: piece.start..equals };
        let value = input.part(equals + 1..piece.end);
        last_was_secret = false;
        match name.text.to_ascii_lowercase().as_str() {
            _ if value.text.trim().is_empty() => {}
            "host" => hosts.push(HostPort { host: value, port: None }),
            "port" => {
                if let Some(server) = hosts.last_mut().filter(|server| server.port.is_none()) {
                    server.port = Some(value);
                }
            }
            "service_name" | "sid" | "dbname" => found.database = Some(value),
            "user" => found.user = Some(value),
            _ => {
                let before = found.secrets.len();
                scan::add_param(found, name, value);
                last_was_secret = found.secrets.len() > before;
            }
        }
    }
    found.hosts = hosts;
}
