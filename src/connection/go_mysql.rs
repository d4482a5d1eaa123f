//! `user:password@tcp(host:port)/database?name=value`: the form of the Go driver of MySQL. Nothing in it is escaped.

use super::scan::{self, Input};
use super::{ConnectionString, HostPort, Part, dialects};
use crate::placeholder;
use crate::secret::Secret;

const NETWORKS: [&str; 5] = ["tcp(", "tcp4(", "tcp6(", "unix(", "cloudsql("];

pub(super) fn parse(input: &Input<'_>) -> Option<ConnectionString> {
    let range = input.range.clone();
    let bytes = input.bytes(range.clone());
    let (network, at) = NETWORKS.iter().find_map(|network| {
        if bytes.starts_with(network.as_bytes()) {
            return Some((*network, None));
        }
        let mark = format!("@{network}");
        let at = bytes.windows(mark.len()).rposition(|w| w == mark.as_bytes())?;
        Some((*network, Some(range.start + at)))
    })?;
    let open = at.map_or(range.start, |at| at + 1) + network.len();
    let close = input.find(open..range.end, b")")?;
    // Some migration tools want the driver's name in front.
    let scheme_len =
        placeholder::find(input.bytes(range.start..at.unwrap_or(range.start)), b"://").filter(|&len| len == 5);
    let scheme_end = scheme_len
        .filter(|_| input.raw(range.clone()).starts_with("mysql"))
        .map_or(range.start, |len| range.start + len);
    let mut found = ConnectionString::new(&dialects::GO_MYSQL, input.part(range.start..scheme_end));
    if let Some(at) = at {
        let start = if scheme_end > range.start { scheme_end + 3 } else { range.start };
        let colon = input.find(start..at, b":");
        let user = start..colon.unwrap_or(at);
        found.user = (!user.is_empty()).then(|| input.part(user));
        found.password = colon.map(|colon| (Secret::new(input.raw(colon + 1..at)), colon + 1..at));
    }
    found.hosts.push(host(input, network, open..close));
    let slash = input.find(close..range.end, b"/");
    let query = input.find(close..range.end, b"?");
    if let Some(slash) = slash.filter(|&slash| query.is_none_or(|query| slash < query)) {
        let database = slash + 1..query.unwrap_or(range.end);
        found.database = (!database.is_empty()).then(|| input.part(database));
    }
    if let Some(query) = query {
        scan::query(input, query + 1..range.end, b"&", &mut found);
    }
    Some(found)
}

fn host(input: &Input<'_>, network: &str, range: std::ops::Range<usize>) -> HostPort {
    if network.starts_with("tcp") {
        return scan::host_port(input, range);
    }
    HostPort { host: Part { ..input.part(range) }, port: None }
}
