//! Addresses that only their key tells: `bootstrap.servers`, contact points, nodes of Redis, hosts of search engines.
//!
//! `b1:9092,b2:9092`, `https://e1:9200,https://e2:9200`, `tcp://c1:9000/shop`. Without the key such text is nothing.

use std::ops::Range;

use super::scan::{self, Input};
use super::{ConnectionString, Dialect, Part, dialects};
use crate::parameter::fold;
use crate::placeholder::ATOM;
use crate::secret::Secret;

/// What a key holds, and ends with, letters and digits alone; the notation that its value has.
const KEYS: [(&str, &[&str], &Dialect); 10] = [
    ("", &["bootstrapservers", "bootstrapserver"], &dialects::KAFKA_LIST),
    (
        "kafka",
        &["brokers", "brokerlist", "broker", "servers", "hosts", "addresses", "endpoints", "url"],
        &dialects::KAFKA_LIST,
    ),
    ("", &["contactpoints"], &dialects::CASSANDRA_LIST),
    ("sentinel", &["sentinelnodes", "sentinels", "sentinelhosts", "sentineladdrs"], &dialects::SENTINEL_LIST),
    ("redis", &["clusternodes", "nodes", "clusterhosts", "startupnodes", "addrs"], &dialects::REDIS_LIST),
    ("memcache", &["servers", "hosts", "nodes", "endpoints", "url", "location"], &dialects::MEMCACHED_LIST),
    (
        "elasticsearch",
        &["hosts", "host", "url", "urls", "uri", "uris", "nodes", "endpoint", "addresses"],
        &dialects::ELASTICSEARCH_LIST,
    ),
    (
        "opensearch",
        &["hosts", "host", "url", "urls", "uri", "uris", "nodes", "endpoint", "addresses"],
        &dialects::ELASTICSEARCH_LIST,
    ),
    ("clickhouse", &["url", "uri", "dsn", "addr"], &dialects::CLICKHOUSE_HTTP),
    ("nats", &["url", "urls", "servers"], &dialects::NATS_URI),
];
/// Schemes that may stand in front of a host there.
const SCHEMES: [&str; 9] = ["http", "https", "tcp", "ssl", "tls", "plaintext", "sasl_ssl", "sasl_plaintext", "nats"];

pub(super) fn parse(input: &Input<'_>, hint: Option<&str>) -> Option<ConnectionString> {
    let key = fold(hint?);
    let key = key.trim_end_matches(|c: char| c.is_ascii_digit());
    // Every text of a review asks this: a plain comparison of so short texts is faster than a search.
    let holds = |word: &str| {
        let starts = |(at, b): (usize, &u8)| {
            word.as_bytes().first() == Some(b)
                && key.as_bytes().get(at..).is_some_and(|k| k.starts_with(word.as_bytes()))
        };
        word.is_empty() || key.as_bytes().iter().enumerate().any(starts)
    };
    let named = |(word, ends, _): &&(&str, &[&str], &Dialect)| ends.iter().any(|end| key.ends_with(end)) && holds(word);
    let (_, _, dialect) = KEYS.iter().find(named)?;
    let start = input.range.start;
    let mut found = ConnectionString::new(dialect, Part { text: String::new(), range: start..start });
    for piece in input.split(input.range.clone(), b",;") {
        let piece = trimmed(input, piece);
        if !piece.is_empty() {
            address(input, piece, &mut found)?;
        }
    }
    // A word alone is a name of something; an address has a port or a scheme.
    let sure = !found.scheme.text.is_empty() || found.hosts.iter().any(|server| server.port.is_some());
    sure.then_some(found)
}

fn trimmed(input: &Input<'_>, range: Range<usize>) -> Range<usize> {
    let bytes = input.bytes(range.clone());
    let start = bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let end = bytes.iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
    range.start + start..(range.end - end).max(range.start + start)
}

/// `[scheme://][user:password@]host[:port][/database]`; `None` as soon as it is none.
fn address(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) -> Option<()> {
    let mut start = range.start;
    if let Some(len) = input.bytes(range.clone()).windows(3).take(24).position(|three| three == b"://") {
        let scheme = input.part(start..start + len);
        if !SCHEMES.contains(&scheme.text.to_ascii_lowercase().as_str()) {
            return None;
        }
        if found.scheme.text.is_empty() {
            found.scheme = scheme;
        }
        start += len + 3;
    }
    let stop = input.find(start..range.end, b"/?").unwrap_or(range.end);
    let at = input.rfind(start..range.end, b'@');
    if let Some(at) = at {
        let colon = input.find(start..at, b":");
        let user = start..colon.unwrap_or(at);
        if !user.is_empty() && found.user.is_none() {
            found.user = Some(input.decoded(user));
        }
        if let Some(colon) = colon {
            let (secret, range) = (Secret::new(&input.decoded(colon + 1..at).text), colon + 1..at);
            match found.password {
                None => found.password = Some((secret, range)),
                Some(_) => found.secrets.push(("password".to_owned(), secret, range)),
            }
        }
        start = at + 1;
    }
    let stop = if stop < start { input.find(start..range.end, b"/?").unwrap_or(range.end) } else { stop };
    let server = scan::host_port(input, start..stop);
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b".-_:".contains(b) || *b == ATOM;
    if server.host.text.is_empty() || !input.bytes(server.host.range.clone()).iter().all(plain) {
        return None;
    }
    let is_port = |b: &u8| b.is_ascii_digit() || *b == ATOM;
    if server.port.as_ref().is_some_and(|port| !input.bytes(port.range.clone()).iter().all(is_port)) {
        return None;
    }
    found.hosts.push(server);
    let query = input.find(stop..range.end, b"?").unwrap_or(range.end);
    if query > stop + 1 {
        found.database = Some(input.decoded(stop + 1..query));
    }
    if query < range.end {
        scan::query(input, query + 1..range.end, b"&", found);
    }
    Some(())
}
