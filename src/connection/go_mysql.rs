//! `user:password@tcp(host:port)/database?name=value`: the form of the Go driver of MySQL. Nothing in front of the
//! database is escaped, so it is read from its ends: the last `/`, the last `@` before it.

use std::ops::Range;

use super::scan::{self, Input};
use super::{ConnectionString, Fault, FaultKind, HostPort, dialects, postgres};
use crate::placeholder;
use crate::secret::Secret;

/// Networks that a DSN names wherever it stands; others only under a key that asks for one.
const NETWORKS: [&str; 8] = ["tcp", "tcp4", "tcp6", "unix", "cloudsql", "cloudsql-mysql", "ssh+tcp", "mysql+tcp"];
/// Longest name of a network that is looked for.
const LONGEST: usize = 24;
/// Where the network stands: `tcp` and what is in its brackets.
struct Network {
    /// The `@` in front of it.
    at: Option<usize>,
    name: Range<usize>,
    /// `None` where nothing is in brackets and the driver's default is taken.
    address: Option<Range<usize>>,
    /// Where the database's `/` is due.
    end: usize,
    /// A bracket that nobody closes.
    open: bool,
}

pub(super) fn parse(input: &Input<'_>, hint: Option<&str>) -> Option<ConnectionString> {
    let asked = hint.is_some_and(asks);
    let bare = || asked.then(|| without_network(input)).flatten();
    let network =
        with_address(input, asked).or_else(|| asked.then(|| without_address(input)).flatten()).or_else(bare)?;
    let range = input.range.clone();
    let start = scheme_end(input, network.at.unwrap_or(range.start));
    let scheme = range.start..start.map_or(range.start, |start| start - 3);
    let mut found = ConnectionString::new(&dialects::GO_MYSQL, input.part(scheme));
    if let Some(at) = network.at {
        let start = start.unwrap_or(range.start);
        let colon = input.find(start..at, b":");
        let user = start..colon.unwrap_or(at);
        found.user = (!user.is_empty()).then(|| input.part(user));
        found.password = colon.map(|colon| (Secret::new(input.raw(colon + 1..at)), colon + 1..at));
    }
    if let Some(address) = network.address {
        if network.open {
            let message = "the bracket of the address is not closed; write `)` before the `/`".to_owned();
            found.faults.push(Fault { kind: FaultKind::UnbalancedQuote, message, range: network.name.clone() });
        }
        if address == network.name {
            let message = "the driver knows no network of this name; write `tcp(host:port)`".to_owned();
            found.faults.push(Fault { kind: FaultKind::BadHost, message, range: address.clone() });
        }
        found.hosts.push(host(input, input.raw(network.name), address));
    }
    tail(input, network.end..range.end, &mut found);
    Some(found)
}

/// Whether a key asks for a DSN of MySQL.
fn asks(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.ends_with("dsn") || ["mysql", "mariadb", "tidb"].iter().any(|word| key.contains(word))
}

/// Some migration tools want the driver's name in front: `mysql://app:pw@tcp(…)/orders`.
fn scheme_end(input: &Input<'_>, at: usize) -> Option<usize> {
    let start = input.range.start;
    let marked = placeholder::find(input.bytes(start..at), b"://") == Some(5);
    (marked && input.raw(start..at).starts_with("mysql")).then_some(start + 8)
}

/// `@tcp(host:port)`, the last one, or `tcp(host:port)` at the start.
fn with_address(input: &Input<'_>, asked: bool) -> Option<Network> {
    let range = input.range.clone();
    let bytes = input.bytes(range.clone());
    let last_close = bytes.iter().rposition(|&b| b == b')');
    let starts = bytes.iter().enumerate().rev().filter(|(_, b)| **b == b'@').map(|(i, _)| Some(i));
    starts.chain([None]).find_map(|at| {
        let from = at.map_or(0, |at| at + 1);
        let rest = bytes.get(from..)?;
        let len = rest.iter().take(LONGEST).take_while(|b| b.is_ascii_alphanumeric() || b"+-_".contains(b)).count();
        if rest.get(len) != Some(&b'(') || len == 0 {
            return None;
        }
        let name = range.start + from..range.start + from + len;
        if !(NETWORKS.contains(&input.raw(name.clone())) || asked && at.is_some()) {
            return None;
        }
        let open = name.end + 1;
        let closes = last_close.is_some_and(|last| range.start + last >= open);
        let close = closes.then(|| input.find(open..range.end, b")")).flatten();
        let stop = close.or_else(|| input.find(open..range.end, b"/?")).unwrap_or(range.end);
        Some(Network {
            at: at.map(|at| range.start + at),
            end: stop + usize::from(close.is_some()),
            name,
            address: Some(open..stop),
            open: close.is_none(),
        })
    })
}

/// `app:pw@/orders` and `app:pw@tcp/orders`, under a key that asks for a DSN.
fn without_address(input: &Input<'_>) -> Option<Network> {
    let range = input.range.clone();
    let bytes = input.bytes(range.clone());
    let ends = |at: usize| {
        ["/", "tcp/", "unix/"].iter().find(|end| bytes.get(at + 1..).is_some_and(|b| b.starts_with(end.as_bytes())))
    };
    let at = bytes.iter().enumerate().rev().filter(|(_, b)| **b == b'@').find_map(|(at, _)| Some((at, ends(at)?)));
    let (at, end) = at.map(|(at, end)| (range.start + at, end.len()))?;
    let foreign = placeholder::find(input.bytes(range.start..at), b"://").is_some();
    let slash = at + end;
    (!foreign).then(|| Network { at: Some(at), name: at + 1..slash, address: None, end: slash, open: false })
}

/// `app:pw@db1:3306/orders`: a host without its network, as other clients take it.
fn without_network(input: &Input<'_>) -> Option<Network> {
    let range = input.range.clone();
    let text = input.bytes(range.clone());
    let at = input.rfind(range.clone(), b'@')?;
    let foreign = placeholder::find(text, b"://").is_some() || text.iter().any(u8::is_ascii_whitespace);
    let name = at + 1..input.find(at..range.end, b"/?")?;
    let login = input.find(range.start..at, b":").is_some();
    (login && !foreign && !name.is_empty()).then(|| Network {
        at: Some(at),
        address: Some(name.clone()),
        end: name.end,
        name,
        open: false,
    })
}

fn host(input: &Input<'_>, network: &str, range: Range<usize>) -> HostPort {
    if network.contains("tcp") || !(network.contains("unix") || network.contains("cloudsql")) {
        return scan::host_port(input, range);
    }
    HostPort { host: input.part(range), port: None }
}

/// `/database?name=value`
fn tail(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let query = input.find(range.clone(), b"?");
    let path = range.start..query.unwrap_or(range.end);
    let slash = input.find(path.clone(), b"/");
    if slash != Some(range.start) {
        let message = "no `/` behind the address; the driver wants one, also before an empty database".to_owned();
        let end = slash.unwrap_or(path.end);
        found.faults.push(Fault { kind: FaultKind::MissingSlashes, message, range: path.start..end });
    }
    let start = slash.map_or(path.end, |slash| slash + 1);
    if start < path.end {
        found.database = Some(input.decoded(start..path.end));
        if let Some(message) = postgres::broken_escape(input.bytes(start..path.end)) {
            bad_escape(found, message, start..path.end);
        }
    }
    if let Some(further) = input.find(start.min(range.end)..range.end, b"/") {
        bad_escape(
            found,
            "a `/` behind the database's; the driver splits at the last one, write `%2F`",
            further..further + 1,
        );
    }
    if let Some(query) = query {
        scan::query(input, query + 1..range.end, b"&", found);
        let broken = |range: &Range<usize>| postgres::broken_escape(input.bytes(range.clone()));
        let values: Vec<Range<usize>> = found.params.iter().map(|param| param.value.range.clone()).collect();
        for range in values {
            if let Some(message) = broken(&range) {
                bad_escape(found, message, range);
            }
        }
    }
}

fn bad_escape(found: &mut ConnectionString, message: &str, range: Range<usize>) {
    found.faults.push(Fault { kind: FaultKind::BadEscape, message: message.to_owned(), range });
}
