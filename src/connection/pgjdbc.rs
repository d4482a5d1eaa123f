//! `jdbc:postgresql://host:port,host:port/database?name=value`, as pgjdbc's `Driver.parseURL` reads it.
//!
//! It wants the `/` behind the hosts, takes hosts and names of parameters as they are written, and decodes the rest as a
//! form of the web: `%XX`, and `+` for a blank.

use std::ops::Range;

use super::scan::{self, Input};
use super::{ConnectionString, Fault, FaultKind, HostPort, postgres, uri};

/// `range` lies behind `jdbc:postgresql:`.
pub(super) fn server(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let query = input.find(range.clone(), b"?");
    let address = range.start..query.unwrap_or(range.end);
    let (path, query) = if is_name(input.bytes(address.clone())) {
        (Some(name(input, address, found)), query)
    } else {
        hosts(input, range.clone(), found)
    };
    if let Some(path) = path {
        database(input, path, found);
    }
    if let Some(query) = query {
        parameters(input, query + 1..range.end, found);
    }
    places(input, found);
}

/// `jdbc:postgresql:orders`: a database on this machine.
fn name(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) -> Range<usize> {
    let slashes = input.bytes(range.clone()).iter().take_while(|&&b| b == b'/').count();
    if slashes > 0 {
        let message =
            "one `/` behind the driver's name, which it refuses; write `//` and the host, or nothing".to_owned();
        let range = range.start..range.start + slashes;
        found.faults.push(Fault { kind: FaultKind::MissingSlashes, message, range });
    }
    range.start + slashes..range.end
}

fn database(input: &Input<'_>, path: Range<usize>, found: &mut ConnectionString) {
    let bytes = input.bytes(path.clone());
    let broken = postgres::torn_escape(bytes);
    let slash = bytes.contains(&b'/').then_some("a `/` in the database's name; the driver refuses it, write `%2F`");
    if let Some(message) = broken.or(slash) {
        found.faults.push(Fault { kind: FaultKind::BadEscape, message: message.to_owned(), range: path.clone() });
    }
    found.database = Some(scan::form(input, path)).filter(|database| !database.text.is_empty());
}

/// Whether it names a database and no server.
fn is_name(bytes: &[u8]) -> bool {
    let bytes = match bytes {
        [b'/', b'/', ..] | [b':', ..] => return false,
        [b'/', rest @ ..] => rest,
        _ => bytes,
    };
    let colon = bytes.iter().position(|&b| b == b':');
    let has_port = colon.and_then(|i| bytes.get(i + 1)).is_some_and(u8::is_ascii_digit);
    !has_port && !bytes.contains(&b'/') && !bytes.contains(&b'@')
}

/// Takes login and hosts; returns where the database's name and where the `?` stand.
fn hosts(
    input: &Input<'_>,
    range: Range<usize>,
    found: &mut ConnectionString,
) -> (Option<Range<usize>>, Option<usize>) {
    let start = range.start + slashes(input, range.clone(), found);
    // A login may hold a raw `?`.
    let behind = uri::login(input, start..range.end, found);
    if behind > start && !found.dialect.user_info {
        let message = "this driver reads no user and password in front of the host; give them as parameters".to_owned();
        found.faults.push(Fault { kind: FaultKind::UserInfoIgnored, message, range: start..behind });
    }
    let query = input.find(behind..range.end, b"?");
    let range = range.start..query.unwrap_or(range.end);
    let slash = input.find(behind..range.end, b"/");
    let authority = behind..slash.unwrap_or(range.end);
    if !authority.is_empty() {
        let separate = uri::has_own_logins(input, &authority, found);
        for piece in input.split(authority.clone(), b",") {
            let piece = if separate { uri::own_login(input, piece, found) } else { piece };
            let server = host_port(input, piece, found);
            if server.host.text.is_empty() {
                found.faults.push(uri::no_host(server.host.range.clone()));
            }
            found.hosts.push(server);
        }
    }
    let is_whole = input.bytes(authority.clone()).last().is_none_or(|&b| b != crate::placeholder::ATOM);
    if slash.is_none() && is_whole {
        let message = "no `/` behind the host; pgjdbc refuses the string without it".to_owned();
        found.faults.push(Fault {
            kind: FaultKind::RefusedBySome,
            message,
            range: query.map_or(authority, |q| q..q + 1),
        });
    }
    (slash.map(|slash| slash + 1..range.end), query)
}

/// How many bytes stand in front of the address, and what is wrong with them.
fn slashes(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) -> usize {
    let bytes = input.bytes(range.clone());
    let count = bytes.iter().take_while(|&&b| b == b'/' || b == b':').count();
    let behind = bytes.get(count..).unwrap_or(&[]);
    let behind = behind.iter().position(|&b| b == b'?').and_then(|end| behind.get(..end)).unwrap_or(behind);
    let message = match bytes.get(..count).unwrap_or(&[]) {
        // `///orders`: the default host; `//:5432/orders`: the default host on another port.
        b"//" | b"//:" => return 2,
        b"///" if !behind.iter().any(|b| b"/@".contains(b)) => return 2,
        mark if mark.starts_with(b"//") => "too many marks before the host; the driver refuses it, write `//`",
        _ => "`//` is missing behind the driver's name; all of it is read as the database's name",
    };
    let range = range.start..range.start + count;
    found.faults.push(Fault { kind: FaultKind::MissingSlashes, message: message.to_owned(), range });
    count
}

/// One `host[:port]`: as written, the port behind the last `:`.
fn host_port(input: &Input<'_>, piece: Range<usize>, found: &mut ConnectionString) -> HostPort {
    let server = uri::host_port(input, piece, found);
    HostPort { host: input.part(server.host.range), port: server.port.map(|port| input.part(port.range)) }
}

fn parameters(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let (params, secrets) = (found.params.len(), found.secrets.len());
    scan::query(input, range, b"&", found);
    for param in found.params.iter_mut().skip(params) {
        param.name.text = input.raw(param.name.range.clone()).to_owned();
        param.value = scan::form(input, param.value.range.clone());
        if postgres::torn_escape(input.bytes(param.value.range.clone())).is_some() {
            let message = "a `%` that starts no escape; the driver refuses the string, write `%25`".to_owned();
            found.faults.push(Fault { kind: FaultKind::BadEscape, message, range: param.value.range.clone() });
        }
    }
    for (_, _, range) in found.secrets.iter().skip(secrets) {
        let raw = input.bytes(range.clone());
        if raw.contains(&b'+') {
            let message = "a `+` in the password, which the driver reads as a blank; write `%2B`".to_owned();
            found.faults.push(Fault { kind: FaultKind::UnescapedPassword, message, range: range.clone() });
        }
        if let Some(message) = postgres::torn_escape(raw) {
            found.faults.push(Fault { kind: FaultKind::BadEscape, message: message.to_owned(), range: range.clone() });
        }
    }
}

/// The driver's own names for host, port and database may be parameters, too, and win.
fn places(input: &Input<'_>, found: &mut ConnectionString) {
    let mut take = |name: &str| {
        let at = found.params.iter().rposition(|param| param.name.text == name)?;
        Some(found.params.remove(at).value)
    };
    let (host, port, database) = (take("PGHOST"), take("PGPORT"), take("PGDBNAME"));
    if let Some(host) = host {
        let old = found.hosts.first().and_then(|server| server.port.clone());
        found.hosts =
            postgres::list(input, &host).into_iter().map(|host| HostPort { host, port: old.clone() }).collect();
    }
    if let (Some(port), Some(server)) = (port, found.hosts.first_mut()) {
        server.port = Some(port);
    }
    found.database = database.or(found.database.take());
    // The last of several counts.
    if let Some(user) = scan::take(found, &["user"]) {
        found.params.retain(|param| param.name.text != "user");
        found.user = Some(user);
    }
}
