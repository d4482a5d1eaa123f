//! What libpq makes of parameters, in both of its notations: they override, ports are paired with hosts, and the
//! query of a URI is stricter than the web's.

use std::ops::Range;

use super::scan::{self, Input, hex_pair};
use super::{ConnectionString, Fault, FaultKind, HostPort, Part};
use crate::parameter;
use crate::secret::Secret;

/// Whether libpq knows a parameter of this name.
pub(super) fn is_keyword(name: &str) -> bool {
    parameter::LIBPQ.contains(name)
}

/// Gives host, port, database, user and password that stand among the parameters their places. They win over what a
/// URI says in front of its `?`, and the last of several wins.
pub(super) fn place(input: &Input<'_>, found: &mut ConnectionString) {
    let host = take(found, "host").filter(|part| !part.text.is_empty());
    let ports = take(found, "port").map(|part| list(input, &part)).unwrap_or_default();
    if let Some(host) = host {
        found.hosts = list(input, &host).into_iter().map(|host| HostPort { host, port: None }).collect();
        found.faults.retain(|fault| fault.kind != FaultKind::EmptyHost);
    } else if found.hosts.iter().all(|server| server.host.text.is_empty())
        && let Some(address) = take(found, "hostaddr")
    {
        let port = found.hosts.first().and_then(|server| server.port.clone());
        let with = |host| HostPort { host, port: port.clone() };
        found.hosts = list(input, &address).into_iter().map(with).collect();
        found.faults.retain(|fault| fault.kind != FaultKind::EmptyHost);
    }
    pair(ports, found);
    addresses(found);
    if let Some(database) = take(found, "dbname")
        && let Some(unused) = found.database.replace(database)
        && let Some(login) = super::hide::in_database(input, &unused)
    {
        found.secrets.push(("password".to_owned(), Secret::new(input.raw(login.clone())), login));
    }
    found.user = take(found, "user").or(found.user.take());
    if found.secrets.iter().any(|(name, ..)| name.eq_ignore_ascii_case("password")) {
        // The one in front of the host is not used, and a secret all the same.
        let before = found.password.take();
        scan::take_password(found, &["password"]);
        found.secrets.extend(before.map(|(secret, range)| ("password".to_owned(), secret, range)));
    }
}

/// Takes all parameters of a name out; the last one counts.
fn take(found: &mut ConnectionString, name: &str) -> Option<Part> {
    let mut last = None;
    let mut odd = None;
    found.params.retain_mut(|param| {
        let same = param.name.text.eq_ignore_ascii_case(name);
        if same {
            odd = odd.take().or((param.name.text != name).then(|| param.name.range.clone()));
            let taken = Part { text: std::mem::take(&mut param.value.text), range: param.value.range.clone() };
            last = Some(taken);
        }
        !same
    });
    if let Some(range) = odd {
        let message = format!("libpq knows no parameter of this spelling; write `{name}`");
        found.faults.push(Fault { kind: FaultKind::ParameterCase, message, range });
    }
    last
}

/// One port serves all hosts; several go one by one.
fn pair(ports: Vec<Part>, found: &mut ConnectionString) {
    let Some(first) = ports.first() else { return };
    mismatch(&ports, found);
    if found.hosts.is_empty() {
        let name = Part { text: "port".to_owned(), range: first.range.start..first.range.start };
        scan::add_param(found, name, first.clone());
        return;
    }
    for (i, server) in found.hosts.iter_mut().enumerate() {
        let port = if ports.len() == 1 { ports.first() } else { ports.get(i) };
        server.port = port.filter(|port| !port.text.is_empty()).cloned();
    }
}

fn mismatch(ports: &[Part], found: &mut ConnectionString) {
    let (count, hosts) = (ports.len(), found.hosts.len().max(1));
    if let Some(first) = ports.first().filter(|_| count > 1 && count != hosts) {
        let message = format!("{count} ports for {hosts} hosts; libpq takes one for all or one for each");
        found.faults.push(Fault { kind: FaultKind::BadPort, message, range: first.range.clone() });
    }
}

/// `hostaddr` beside `host` must have as many entries.
fn addresses(found: &mut ConnectionString) {
    let Some(address) = found.params.iter().rfind(|param| param.name.text == "hostaddr") else { return };
    let (addresses, hosts) = (address.value.text.split(',').count(), found.hosts.len());
    if addresses != hosts && hosts > 0 && !address.value.text.is_empty() {
        let message = format!("{addresses} addresses in `hostaddr` for {hosts} hosts; libpq refuses this");
        found.faults.push(Fault { kind: FaultKind::BadHost, message, range: address.value.range.clone() });
    }
}

/// The pieces between commas. Where the text was decoded, each piece has the place of the whole.
pub(super) fn list(input: &Input<'_>, part: &Part) -> Vec<Part> {
    if !part.text.contains(',') {
        return vec![part.clone()];
    }
    if input.raw(part.range.clone()) != part.text {
        let piece = |text: &str| Part { text: text.to_owned(), range: part.range.clone() };
        return part.text.split(',').map(piece).collect();
    }
    input.split(part.range.clone(), b",").into_iter().map(|piece| input.part(piece)).collect()
}

/// What libpq refuses in the query of a URI. `range` lies behind the `?`.
pub(super) fn query(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let pieces = input.split(range, b"&");
    let count = pieces.len();
    for (i, piece) in pieces.into_iter().enumerate() {
        let equals = input.find(piece.clone(), b"=").unwrap_or(piece.end);
        let name = input.decoded(piece.start..equals).text;
        let name = name.as_str();
        if scan::is_near_password(name) && !parameter::is_known(name) {
            let message = "no client knows a parameter of this spelling; write `password`".to_owned();
            found.faults.push(Fault { kind: FaultKind::UnknownParameter, message, range: piece.start..equals });
        } else if equals < piece.end && !super::check::is_name(name) {
            let message = "libpq knows no parameter of this name, and refuses the string".to_owned();
            found.faults.push(Fault { kind: FaultKind::UnknownParameter, message, range: piece.start..equals });
        }
        let is_secret = found.secrets.iter().any(|(_, _, r)| r.start <= piece.start && piece.end <= r.end);
        let equals = input.bytes(piece.clone()).iter().filter(|&&b| b == b'=').count();
        let (kind, message) = match equals {
            // The tail of a password has its own fault.
            _ if is_secret => continue,
            0 if piece.is_empty() && i + 1 == count => continue,
            0 if piece.is_empty() => {
                (FaultKind::RefusedBySome, "an empty parameter, which libpq refuses; remove the `&`")
            }
            0 if parameter::is_known(input.raw(piece.clone())) && !is_keyword(input.raw(piece.clone())) => continue,
            0 => (FaultKind::NotAPair, "libpq: missing key/value separator `=`; write `name=value`"),
            1 => continue,
            _ => (FaultKind::RefusedBySome, "libpq refuses a second `=` in a parameter; write `%3D`"),
        };
        found.faults.push(Fault { kind, message: message.to_owned(), range: piece });
    }
}

/// What libpq cannot decode in a URI: blanks, `%` without two digits, `%00`.
pub(super) fn escapes(text: &str, found: &ConnectionString, faults: &mut Vec<Fault>) {
    let hosts = found.hosts.iter().flat_map(|server| [Some(&server.host), server.port.as_ref()]);
    let params = found.params.iter().flat_map(|param| [Some(&param.name), Some(&param.value)]);
    let all = hosts.chain(params).chain([found.user.as_ref(), found.database.as_ref()]);
    for part in all.flatten() {
        let Some(raw) = text.get(part.range.clone()) else { continue };
        if !raw.contains(['%', ' ']) {
            continue;
        }
        let shadow = crate::placeholder::opaque(raw);
        let mut add = |kind, message: &str| {
            faults.push(Fault { kind, message: message.to_owned(), range: part.range.clone() });
        };
        if let Some(message) = broken_escape(&shadow) {
            add(FaultKind::BadEscape, message);
        }
        if shadow.trim_ascii().contains(&b' ') {
            add(FaultKind::RefusedBySome, "a blank in a URI; libpq refuses it since version 18, write `%20`");
        } else if shadow.starts_with(b" ") || shadow.ends_with(b" ") {
            add(
                FaultKind::EdgeSpace,
                "a blank at the edge, which libpq drops since version 18 and other clients take; remove it",
            );
        }
    }
}

/// What is wrong with a text that is percent-decoded.
pub(super) fn broken_escape(shadow: &[u8]) -> Option<&'static str> {
    let zero = || shadow.windows(3).any(|three| three == b"%00").then_some("`%00`, which no client takes; remove it");
    torn_escape(shadow).or_else(zero)
}

/// A `%` without two digits.
pub(super) fn torn_escape(shadow: &[u8]) -> Option<&'static str> {
    let mut marks = shadow.iter().enumerate().filter(|&(_, &b)| b == b'%').map(|(i, _)| i);
    marks.any(|i| hex_pair(shadow, i + 1).is_none()).then_some("a `%` that starts no escape; write `%25`")
}
