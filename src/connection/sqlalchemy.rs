//! What SQLAlchemy makes of hosts and parameters of a PostgreSQL URL, before libpq or another driver gets them.
//!
//! It decodes user, password and database, takes hosts as they are written and one port for all of them, and reads the
//! query as a form of the web. Several hosts with ports of their own are written `?host=db1:5432&host=db2:5433`.

use std::ops::Range;

use super::scan::{self, Input};
use super::{ConnectionString, Fault, FaultKind, HostPort, Part, uri};

/// `range` is what stands between the login and the path.
pub(super) fn hosts(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let bytes = input.bytes(range.clone());
    if bytes.first() == Some(&b'[') || !bytes.contains(&b',') {
        let server = uri::host_port(input, range, found);
        push(input, server.host, server.port.map(|port| input.part(port.range)), found);
        return;
    }
    let colon = input.find(range.clone(), b":");
    let port = colon.map(|colon| input.part(colon + 1..range.end));
    for piece in input.split(range.start..colon.unwrap_or(range.end), b",") {
        push(input, input.part(piece), port.clone(), found);
    }
}

fn push(input: &Input<'_>, host: Part, port: Option<Part>, found: &mut ConnectionString) {
    if host.text.is_empty() {
        found.faults.push(uri::no_host(host.range.clone()));
    }
    found.hosts.push(HostPort { host: input.part(host.range), port });
}

/// `range` lies behind the `?`.
pub(super) fn query(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let before = found.params.len();
    scan::query(input, range, b"&", found);
    for param in found.params.iter_mut().skip(before) {
        param.name = scan::form(input, param.name.range.clone());
        param.value = scan::form(input, param.value.range.clone());
    }
    // What has no value is dropped.
    let mut at = 0;
    found.params.retain(|param| {
        at += 1;
        at <= before || !param.value.text.is_empty()
    });
    let is_host = |name: &str| name == "host";
    if !found.params.iter().any(|param| is_host(&param.name.text)) {
        return;
    }
    let values: Vec<Part> =
        found.params.iter().filter(|param| is_host(&param.name.text)).map(|param| param.value.clone()).collect();
    let with_port = |part: &Part| part.text.contains(':') && !part.text.starts_with(['[', '/']);
    let several = values.len() > 1 || values.iter().any(|part| with_port(part));
    if !several {
        return;
    }
    if let Some(listed) = values.iter().find(|part| with_port(part) && part.text.contains(',')) {
        let message = "SQLAlchemy takes no ports in a list; write `host=db1:5432&host=db2:5433`".to_owned();
        found.faults.push(Fault { kind: FaultKind::BadHost, message, range: listed.range.clone() });
    }
    found.params.retain(|param| !is_host(&param.name.text));
    found.faults.retain(|fault| fault.kind != FaultKind::EmptyHost);
    found.hosts =
        values.iter().flat_map(|part| super::postgres::list(input, part)).map(|part| split(input, part)).collect();
}

/// `db1:5432`
fn split(input: &Input<'_>, part: Part) -> HostPort {
    if input.raw(part.range.clone()) != part.text {
        let (host, port) = part.text.split_once(':').unwrap_or((&part.text, ""));
        let piece = |text: &str| Part { text: text.to_owned(), range: part.range.clone() };
        return HostPort { host: piece(host), port: Some(piece(port)).filter(|port| !port.text.is_empty()) };
    }
    match input.find(part.range.clone(), b":") {
        Some(colon) => {
            let port = (colon + 1 < part.range.end).then(|| input.part(colon + 1..part.range.end));
            HostPort { host: input.part(part.range.start..colon), port }
        }
        None => HostPort { host: part, port: None },
    }
}

/// Its own way with a `%` that starts no escape: it stays as it is, where others refuse it.
pub(super) fn raw_percent(range: Range<usize>) -> Fault {
    let message = "a `%` that starts no escape, which SQLAlchemy takes as it is; others refuse it, write `%25`";
    Fault { kind: FaultKind::RefusedBySome, message: message.to_owned(), range }
}
