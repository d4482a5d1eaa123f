//! `Server=db1;Port=5432;Password="a;b"`: the notation of ADO.NET, ODBC and PDO. Names have synonyms, quotes differ.

use std::ops::Range;

use super::scan::{self, Input};
use super::{ConnectionString, Dialect, Engine, Fault, FaultKind, HostPort, Part, dialects, jdbc, oracle, port_engine};
use crate::parameter::{self, fold};

/// Names of the server, folded.
const SERVER: [&str; 9] =
    ["server", "datasource", "host", "address", "addr", "networkaddress", "servername", "hostname", "dbq"];
/// Names that make it sure that a database is meant, folded.
const COMPANY: [&str; 14] = [
    "database",
    "initialcatalog",
    "dbname",
    "userid",
    "uid",
    "user",
    "username",
    "password",
    "pwd",
    "port",
    "integratedsecurity",
    "trustedconnection",
    "driver",
    "maxpoolsize",
];

pub(super) fn parse(input: &Input<'_>, hint: Option<&str>) -> Option<ConnectionString> {
    let prefix = [("pgsql:", &dialects::PDO_PGSQL), ("mysql:", &dialects::PDO_MYSQL)];
    let pdo = prefix.iter().find(|(name, _)| input.raw(input.range.clone()).starts_with(name));
    let start = input.range.start + pdo.map_or(0, |(name, _)| name.len());
    if pdo.is_none() && input.find(input.range.clone(), b";").is_none() {
        return None;
    }
    let body = start..input.range.end;
    if !is_list(input, body.clone()) {
        return None;
    }
    let names: Vec<String> = pieces(input, &body);
    let has = |list: &[&str]| names.iter().any(|name| list.contains(&name.as_str()));
    if !(has(&SERVER) || has(&["driver", "dsn"]) || pdo.is_some())
        || !has(&COMPANY) && pdo.is_none()
        || names.len() < 2 && pdo.is_none()
    {
        return None;
    }
    let dialect = pdo.map_or_else(|| choose(input, &body, &names, hint), |(_, dialect)| *dialect);
    let scheme = if pdo.is_some() {
        input.part(input.range.start..start - 1)
    } else {
        Part { text: String::new(), range: start..start }
    };
    let mut found = ConnectionString::new(dialect, scheme);
    pairs(input, body.clone(), dialect.id.starts_with("odbc"), &mut found);
    if dialect.id == "libpq-kv" {
        let message =
            "`;` between the pairs; libpq separates them with blanks and takes the rest for the first value".to_owned();
        let at = input.find(body.clone(), b";").unwrap_or(body.start);
        found.faults.push(Fault { kind: FaultKind::WrongSeparator, message, range: at..at + 1 });
    }
    place(input, &mut found);
    Some(found)
}

/// The first piece is a pair with a name of letters; whatever else is no list of pairs.
fn is_list(input: &Input<'_>, range: Range<usize>) -> bool {
    let Some(equals) = input.find(range.clone(), b"=") else { return false };
    let name = input.raw(range.start..equals).trim();
    !name.is_empty() && name.len() < 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ' || b == b'_')
}

/// Folded names of all pieces, read roughly.
fn pieces(input: &Input<'_>, range: &Range<usize>) -> Vec<String> {
    // A list of so many pairs is no connection string any more; the first ones tell which it would be.
    const ENOUGH: usize = 64;
    let piece = |r: Range<usize>| input.find(r.clone(), b"=").map(|equals| fold(input.raw(r.start..equals)));
    input
        .split(range.clone(), b";")
        .into_iter()
        .filter_map(piece)
        .filter(|name| !name.is_empty() && name.len() < 48)
        .take(ENOUGH)
        .collect()
}

/// The client that refuses least of the names; port, key and habits decide where several would take all.
fn choose(input: &Input<'_>, range: &Range<usize>, names: &[String], hint: Option<&str>) -> &'static Dialect {
    let has = |list: &[&str]| names.iter().any(|name| list.contains(&name.as_str()));
    let text = input.raw(range.clone()).to_ascii_lowercase();
    if has(&["driver"]) {
        let of = [
            ("postgres", &dialects::ODBC_POSTGRESQL),
            ("mysql", &dialects::ODBC_MYSQL),
            ("mariadb", &dialects::ODBC_MYSQL),
            ("oracle", &dialects::ODBC_ORACLE),
            ("db2", &dialects::ODBC_DB2),
        ];
        let named = of.iter().find(|(word, _)| text.contains(word));
        return named.map_or(&dialects::ODBC_SQLSERVER, |(_, dialect)| *dialect);
    }
    if has(&["hostname"]) && has(&["protocol"]) {
        return &dialects::ODBC_DB2;
    }
    if has(&["dsn"]) {
        return &dialects::ODBC_SQLSERVER;
    }
    if has(&["dbname"]) {
        return &dialects::LIBPQ_KV;
    }
    if has(&["datasource"])
        && !has(&["database", "initialcatalog"])
        && (text.contains("//") || text.contains("(description"))
    {
        return &dialects::ADO_ORACLE;
    }
    let engine = engine_hint(&text, hint);
    let candidates = [&dialects::ADO_SQLCLIENT, &dialects::ADO_NPGSQL, &dialects::ADO_MYSQL];
    let score = |dialect: &&&'static Dialect| {
        let refused = names.iter().filter(|name| !dialect.knows(name)).count();
        let told = usize::from(engine.is_some_and(|engine| engine != dialect.engine));
        let habit = usize::from(has(&["host", "username"]) && dialect.engine != Engine::PostgreSql);
        // Every client takes `Server`, `Port` means it is not SQL Server, `Uid` is what MySQL's manual shows.
        let port = usize::from(has(&["port"]) && dialect.engine == Engine::SqlServer)
            + usize::from(has(&["port"]) && has(&["uid"]) && dialect.engine != Engine::MySql);
        refused * 4 + told * 6 + habit * 2 + port * 3
    };
    candidates.iter().min_by_key(score).copied().unwrap_or(&dialects::ADO_SQLCLIENT)
}

fn engine_hint(text: &str, hint: Option<&str>) -> Option<Engine> {
    let port = text.split("port=").nth(1).map(|rest| rest.split(';').next().unwrap_or("").trim());
    if let Some(engine) = port.and_then(|port| port.parse().ok()).and_then(port_engine) {
        return Some(engine);
    }
    let hint = hint?.to_ascii_lowercase();
    let words = [
        ("npgsql", Engine::PostgreSql),
        ("postgres", Engine::PostgreSql),
        ("mysql", Engine::MySql),
        ("maria", Engine::MySql),
        ("sqlserver", Engine::SqlServer),
        ("mssql", Engine::SqlServer),
    ];
    words.iter().find(|(word, _)| hint.contains(word)).map(|(_, engine)| *engine)
}

/// `name=value;…` with values in `"`, `'`, and with `braces` in `{}`.
///
/// What stands behind a secret and is no name of this dialect is taken as the secret's tail: its `;` was not quoted.
pub(super) fn pairs(input: &Input<'_>, range: Range<usize>, braces: bool, found: &mut ConnectionString) {
    let known = found.dialect.params;
    let mut at = range.start;
    let mut after_secret = false;
    while at < range.end {
        let stop = input.find(at..range.end, b"=;").unwrap_or(range.end);
        let name = trimmed(input, at..stop);
        let is_pair = input.bytes(stop..(stop + 1).min(range.end)) == b"=";
        let names_param = |name: &str| {
            COMPANY.contains(&fold(name).as_str())
                || SERVER.contains(&fold(name).as_str())
                || parameter::is_known(name)
                || super::check::nearest(known, name).is_some()
        };
        if after_secret && (stop > at || is_pair) && !(is_pair && names_param(&name.text)) {
            let end = input.find(stop..range.end, b";").unwrap_or(range.end);
            scan::extend_secret(found, input, end);
            at = end + 1;
            continue;
        }
        if !is_pair {
            if !name.text.is_empty() {
                let message = "a piece without `=`; write `name=value` and quote values that hold `;`".to_owned();
                found.faults.push(Fault { kind: FaultKind::NotAPair, message, range: name.range });
            }
            at = stop + 1;
            continue;
        }
        let (value, next, open) = value(input, stop + 1..range.end, braces);
        let torn = found.dialect.id == "jdbc-sqlserver"
            && input.bytes(value.range.clone()).contains(&b'{')
            && !quoted(input, stop + 1..value.range.start);
        if open || torn {
            let message = format!("the quote of `{}` is not closed", name.text);
            found.faults.push(Fault { kind: FaultKind::UnbalancedQuote, message, range: value.range.clone() });
        }
        // What is quoted and closed has no tail.
        after_secret = scan::is_secret_name(&name.text) && !quoted(input, stop + 1..value.range.start);
        scan::add_param(found, name, value);
        at = next;
    }
}

/// Whether what stands between `=` and the value opens a quote.
fn quoted(input: &Input<'_>, range: Range<usize>) -> bool {
    input.bytes(range).iter().any(|b| b"\"'{".contains(b))
}

/// The value at the start of `range`, where the next piece starts, and whether a quote stays open.
fn value(input: &Input<'_>, range: Range<usize>, braces: bool) -> (Part, usize, bool) {
    let blanks = input.bytes(range.clone()).iter().take_while(|b| b.is_ascii_whitespace()).count();
    let start = range.start + blanks;
    let plain_end = input.find(start..range.end, b";").unwrap_or(range.end);
    let plain = || (trimmed(input, start..plain_end), plain_end + 1, false);
    let close = match input.bytes(start..range.end).first() {
        Some(b'"') => b'"',
        Some(b'\'') => b'\'',
        Some(b'{') if braces => b'}',
        _ => return plain(),
    };
    let bytes = input.bytes(start..range.end);
    let mut i = 1;
    while i < bytes.len() {
        if bytes.get(i) == Some(&close) {
            if bytes.get(i + 1) != Some(&close) {
                break;
            }
            i += 1;
        }
        i += 1;
    }
    if i >= bytes.len() {
        // Nobody closes it: the client fails. A secret may reach to the end, so it is taken whole.
        return (input.part((start + 1).min(range.end)..range.end), range.end, true);
    }
    let end = start + i;
    let next = input.find(end..range.end, b";").unwrap_or(range.end);
    if !input.raw(end + 1..next).trim().is_empty() {
        // `"ab"cd`: a quote in front that encloses nothing.
        return plain();
    }
    let doubled = [close, close];
    let text = input.raw(start + 1..end);
    let (from, to) = (String::from_utf8_lossy(&doubled), char::from(close).to_string());
    (Part { text: text.replace(from.as_ref(), &to), range: start + 1..end }, next + 1, false)
}

fn trimmed(input: &Input<'_>, range: Range<usize>) -> Part {
    let text = input.raw(range.clone());
    let start = range.start + (text.len() - text.trim_start().len());
    input.part(start..start + text.trim().len())
}

/// Gives server, port, database and user their places.
fn place(input: &Input<'_>, found: &mut ConnectionString) {
    let server = scan::take(found, &SERVER);
    let port = scan::take(found, &["port"]);
    let microsoft = found.dialect.engine == Engine::SqlServer;
    if let Some(server) = server {
        if found.dialect.engine == Engine::Oracle {
            oracle_source(input, &server, found);
        } else if microsoft {
            found.hosts.push(microsoft_server(input, &server));
        } else {
            for piece in input.split(server.range.clone(), b",") {
                found.hosts.push(scan::host_port(input, piece));
            }
        }
        if let Some(port) = port {
            for server in found.hosts.iter_mut().filter(|server| server.port.is_none()) {
                server.port = Some(port.clone());
            }
        }
    }
    found.database = scan::take(found, &["database", "initialcatalog", "dbname", "db"]).or(found.database.take());
    found.user = scan::take(found, &["userid", "uid", "user", "username"]);
    scan::take_password(found, &["password", "pwd", "psw"]);
}

/// `tcp:host\instance,port`
fn microsoft_server(input: &Input<'_>, server: &Part) -> HostPort {
    let mut range = server.range.clone();
    let lower = input.raw(range.clone()).to_ascii_lowercase();
    if let Some(prefix) = ["tcp:", "np:", "lpc:", "admin:"].iter().find(|prefix| lower.starts_with(**prefix)) {
        range.start += prefix.len();
    }
    let comma = input.find(range.clone(), b",");
    let port = comma.map(|comma| trimmed(input, comma + 1..range.end));
    let mut host = trimmed(input, range.start..comma.unwrap_or(range.end));
    let _ = jdbc::strip_instance(input, &mut host);
    HostPort { host, port }
}

/// `//host:port/service`, a description, or an alias that a file elsewhere resolves.
fn oracle_source(input: &Input<'_>, source: &Part, found: &mut ConnectionString) {
    oracle::address(input, source.range.clone(), found);
}
