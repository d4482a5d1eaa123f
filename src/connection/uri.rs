//! `scheme://user:password@host:port,host:port/database?name=value`, and what a slip of the finger makes of it.

use std::ops::Range;

use super::scan::{self, Input};
use super::{
    ConnectionString, DIALECTS, Dialect, Engine, Family, Fault, FaultKind, HostPort, Part, dialects, postgres,
    sqlalchemy,
};
use crate::placeholder::ATOM;
use crate::secret::{Secret, userinfo};

/// Schemes of others; near ones of ours are not taken for typing errors.
const FOREIGN: [&str; 34] = [
    "http",
    "https",
    "ftp",
    "sftp",
    "file",
    "s3",
    "gs",
    "git",
    "ssh",
    "tcp",
    "udp",
    "tls",
    "ssl",
    "ws",
    "wss",
    "grpc",
    "ldap",
    "ldaps",
    "smtp",
    "smtps",
    "imap",
    "nats",
    "kafka",
    "mysqlx",
    "prisma",
    "memcached",
    "mqtt",
    "mqtts",
    "neo4j",
    "bolt",
    "postfix",
    "docker",
    "oci",
    "jdbc",
];

/// Drivers that may stand behind a `+`, as SQLAlchemy and its like name them.
const DRIVERS: [&str; 24] = [
    "psycopg2",
    "psycopg2cffi",
    "psycopg",
    "psycopg_async",
    "psycopg3",
    "asyncpg",
    "pg8000",
    "pygresql",
    "pypostgresql",
    "zope",
    "pymysql",
    "mysqldb",
    "mysqlconnector",
    "mariadbconnector",
    "aiomysql",
    "asyncmy",
    "cymysql",
    "pyodbc",
    "aioodbc",
    "pymssql",
    "oursql",
    "http",
    "native",
    "oracledb",
];

/// How far the scheme could be read.
struct Scheme {
    part: Part,
    dialect: &'static Dialect,
    /// Where the authority starts.
    rest: usize,
    fault: Option<Fault>,
}

pub(super) fn parse(input: &Input<'_>, hint: Option<&str>) -> Option<ConnectionString> {
    let scheme = scheme(input, hint)?;
    let rest = scheme.rest..input.range.end;
    if rest.is_empty() {
        return None;
    }
    let mut found = ConnectionString::new(scheme.dialect, scheme.part);
    found.faults.extend(scheme.fault);
    if matches!(found.dialect.engine, Engine::Sqlite) {
        file(input, rest, &mut found);
        return Some(found);
    }
    let mut pieces = addresses(input, &found.scheme, rest).into_iter();
    body(input, pieces.next()?, &mut found);
    for piece in pieces {
        further(input, piece, &mut found);
    }
    if matches!(found.dialect.engine, Engine::PostgreSql | Engine::CockroachDb) {
        postgres::place(input, &mut found);
    }
    from_params(&mut found);
    if found.dialect.engine == Engine::MongoDb {
        mongo(input, &mut found);
    }
    Some(found)
}

/// Whether the text starts with a scheme that only this notation has. Brackets may be those of Go's driver.
pub(super) fn is_plain(input: &Input<'_>) -> bool {
    let bytes = input.bytes(input.range.clone());
    let schemes: [&[u8]; 7] = [b"postgresql", b"postgres", b"mysql", b"mongodb", b"redis", b"rediss", b"amqp"];
    let starts = |scheme: &[u8]| bytes.strip_prefix(scheme).is_some_and(|rest| rest.starts_with(b"://"));
    schemes.into_iter().any(starts) && !bytes.contains(&b'(')
}

/// What MongoDB's clients want more than others.
fn mongo(input: &Input<'_>, found: &mut ConnectionString) {
    let mut add = |kind, message: &str, range: Range<usize>| {
        found.faults.push(Fault { kind, message: message.to_owned(), range })
    };
    let end = found.scheme.range.end;
    if found.hosts.is_empty() {
        add(FaultKind::EmptyHost, "no host; MongoDB's clients want one", end..(end + 3).min(input.range.end));
    }
    if found.dialect.id == "mongodb-srv"
        && let Some(second) = found.hosts.get(1)
    {
        add(
            FaultKind::BadHost,
            "`mongodb+srv` takes one name, whose hosts are in DNS; remove the others",
            second.host.range.clone(),
        );
    }
    let raw = |range: &Range<usize>, marks: &[u8]| input.find(range.clone(), marks).is_some();
    if let Some((_, range)) = found.password.as_ref().filter(|(_, range)| raw(range, b":")) {
        add(FaultKind::UnescapedPassword, "the password holds `:` unescaped; write `%3A`", range.clone());
    }
    if let Some(user) = found.user.as_ref().filter(|user| raw(&user.range, b"@/")) {
        add(
            FaultKind::UnescapedPassword,
            "the user holds `@` or `/` unescaped; write `%40` or `%2F`",
            user.range.clone(),
        );
    }
    if let Some(database) = found.database.as_ref().filter(|database| raw(&database.range, b"/")) {
        add(FaultKind::RefusedBySome, "a `/` in the database's name; remove it", database.range.clone());
    }
    for param in found
        .params
        .iter()
        .filter(|p| p.value.range.is_empty() && p.value.range.start == p.name.range.end && p.name.text != "#")
    {
        add(FaultKind::RefusedBySome, "a parameter without `=`; some clients refuse it", param.name.range.clone());
    }
}

/// The dialect of a scheme in lower case; near ones as second.
fn lookup(name: &str) -> Option<&'static Dialect> {
    let of_family = || DIALECTS.iter().filter(|d| d.family == Family::Uri);
    if let Some(dialect) = of_family().find(|d| d.schemes.contains(&name)) {
        return Some(dialect);
    }
    let base = lookup_base(name.split_once('+')?.0)?;
    Some(match base.engine {
        Engine::PostgreSql => &dialects::SQLALCHEMY_POSTGRES,
        Engine::MySql => &dialects::SQLALCHEMY_MYSQL,
        _ => base,
    })
}

fn lookup_base(name: &str) -> Option<&'static Dialect> {
    DIALECTS.iter().find(|d| d.family == Family::Uri && d.schemes.contains(&name)).copied()
}

/// A known scheme within a slip or two.
fn near(name: &str) -> Option<(&'static str, &'static Dialect)> {
    if FOREIGN.contains(&name) || name.len() < 4 || name.len() > 24 {
        return None;
    }
    let known =
        DIALECTS.iter().filter(|d| d.family == Family::Uri).flat_map(|d| d.schemes.iter().map(move |s| (*s, *d)));
    let allowed = |scheme: &str| if scheme.len().min(name.len()) >= 6 { 2 } else { 1 };
    let close = known
        .filter(|(scheme, _)| scheme.len() >= 5 && scheme.len().abs_diff(name.len()) <= 2)
        .map(|(scheme, d)| (strsim::osa_distance(name, scheme), scheme, d));
    let best = close
        .filter(|(distance, scheme, _)| *distance <= allowed(scheme))
        .min_by_key(|(distance, scheme, _)| (*distance, *scheme))?;
    Some((best.1, best.2))
}

fn scheme(input: &Input<'_>, hint: Option<&str>) -> Option<Scheme> {
    let start = input.range.start;
    let bytes = input.bytes(input.range.clone());
    let len = bytes.iter().take(40).take_while(|b| b.is_ascii_alphanumeric() || b"+.-_".contains(b)).count();
    let after = bytes.get(len..)?;
    if len == 0 || !bytes.first()?.is_ascii_alphabetic() {
        return hint.is_some_and(names_url).then(|| torn_scheme(input)).flatten();
    }
    let part = input.part(start..start + len);
    let name = part.text.to_ascii_lowercase();
    let marks = after.iter().take_while(|b| b":/".contains(b)).count();
    let under_url = hint.is_some_and(names_url);
    if after.starts_with(b"://") {
        let known = known_or_near(part, &name, start + len + 3);
        return known.or_else(|| under_url.then(|| torn_scheme(input)).flatten());
    }
    let is_torn = under_url && !after.starts_with(b":/") && !after.starts_with(b"//");
    if let Some(torn) = is_torn.then(|| torn_scheme(input)).flatten() {
        return Some(torn);
    }
    // `postgres:16` is an image and `redis:6379` an address: only a login or the key's name makes a broken URI of it.
    let login = (after.starts_with(b":") || after.starts_with(b"//")) && after.contains(&b'@');
    let asked = under_url && marks >= 2 && after.len() > marks;
    if !login && !asked {
        return None;
    }
    let (dialect, meant) = match lookup(&name) {
        Some(dialect) => (dialect, name),
        None if under_url => near(&name).map(|(meant, dialect)| (dialect, meant.to_owned()))?,
        None => return None,
    };
    let rest = start + len + marks;
    let message = format!("`://` is incomplete behind the scheme; write `{meant}://`");
    let fault = Some(Fault { kind: FaultKind::MissingSlashes, message, range: start + len..rest });
    Some(Scheme { part, dialect, rest, fault })
}

/// `postgresql:://`, `po(tgres://`, `postgres<//`: a scheme with something in it that no scheme has.
fn torn_scheme(input: &Input<'_>) -> Option<Scheme> {
    const LONGEST: usize = 24;
    let start = input.range.start;
    let bytes = input.bytes(input.range.clone());
    let double = bytes.windows(2).take(LONGEST).position(|two| two == b"//");
    // `postgresql:</db1`: without a `:` it is a path.
    let single =
        || bytes.iter().take(LONGEST).position(|&b| b == b'/').filter(|&i| bytes.iter().take(i).any(|&b| b == b':'));
    let len = double.or_else(single)?;
    let part = input.part(start..start + len);
    let letters: String =
        part.text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let slashes = bytes.iter().skip(len).take_while(|&&b| b == b'/').count();
    let login = part.text.split_once(':').is_some_and(|(_, behind)| behind.contains('@'));
    if len == 0 || login || len + slashes >= bytes.len() {
        return None;
    }
    let (meant, dialect) = lookup_base(&letters)
        .map(|dialect| (letters.as_str(), dialect))
        .or_else(|| near(&letters))
        .or_else(|| with_driver(&letters))?;
    let message = format!("no client knows a scheme of this spelling; write `{meant}://`");
    let fault = Some(Fault { kind: FaultKind::UnknownScheme, message, range: part.range.clone() });
    Some(Scheme { part, dialect, rest: start + len + slashes.min(2), fault })
}

/// Letters of a scheme and of a driver behind it.
fn with_driver(letters: &str) -> Option<(&'static str, &'static Dialect)> {
    let drivers = DRIVERS.iter().filter_map(|driver| letters.strip_suffix(&driver.replace('_', "")));
    let base = drivers.min_by_key(|base| base.len()).and_then(|base| {
        let exact = DIALECTS.iter().flat_map(|d| d.schemes.iter().map(move |s| (*s, *d)));
        exact.filter(|(_, d)| d.family == Family::Uri).find(|(scheme, _)| *scheme == base).or_else(|| near(base))
    });
    let (scheme, dialect) = match base {
        Some(found) => found,
        None if letters.starts_with("postgresql") => ("postgresql", &dialects::LIBPQ_URI as &'static Dialect),
        None => return None,
    };
    let sqlalchemy = dialect.engine == Engine::PostgreSql;
    Some((scheme, if sqlalchemy { &dialects::SQLALCHEMY_POSTGRES } else { dialect }))
}

/// Whether a key is one whose value is a connection string.
pub(super) fn names_url(key: &str) -> bool {
    let ends = |end: &&str| {
        let tail = key.len().checked_sub(end.len()).and_then(|start| key.as_bytes().get(start..));
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
    };
    ["url", "uri", "dsn", "conninfo"].iter().any(ends)
}

fn known_or_near(part: Part, name: &str, rest: usize) -> Option<Scheme> {
    let fault = |kind, message, part: &Part| Some(Fault { kind, message, range: part.range.clone() });
    if let Some(dialect) = lookup(name) {
        let fault = if part.text == name {
            driver_fault(&part)
        } else {
            let message = format!("`{}` in capitals is refused by most clients; write `{name}`", part.text);
            fault(FaultKind::SchemeCase, message, &part)
        };
        return Some(Scheme { part, dialect, rest, fault });
    }
    let (base, suffix) = name.split_once('+').map_or((name, ""), |(base, suffix)| (base, suffix));
    let (meant, dialect) = near(base)?;
    let meant = if suffix.is_empty() { meant.to_owned() } else { format!("{meant}+{suffix}") };
    let message = format!("no client knows the scheme `{}`; write `{meant}`", part.text);
    let fault = fault(FaultKind::UnknownScheme, message, &part);
    Some(Scheme { part, dialect, rest, fault })
}

/// `mysql+pymsql`: a driver near a known one.
fn driver_fault(part: &Part) -> Option<Fault> {
    let (base, driver) = part.text.split_once('+')?;
    let message = match (base, driver) {
        (_, "") => Some(format!("no driver behind the `+`; write `{base}`")),
        ("postgres", _) if DRIVERS.contains(&driver) => {
            Some(format!("SQLAlchemy knows `postgresql`, not `postgres`; write `postgresql+{driver}`"))
        }
        _ => None,
    };
    if let Some(message) = message {
        return Some(Fault { kind: FaultKind::UnknownScheme, message, range: part.range.clone() });
    }
    if driver.len() < 4 || driver.len() > 24 || DRIVERS.contains(&driver) || lookup_base(&part.text).is_some() {
        return None;
    }
    let meant = DRIVERS.iter().find(|known| strsim::osa_distance(known, driver) <= 2)?;
    let message = format!("no driver has the name of `{}`; write `{base}+{meant}`", part.text);
    Some(Fault { kind: FaultKind::UnknownScheme, message, range: part.range.clone() })
}

/// Several whole addresses joined by `;` or `,`, as brokers' clients take them.
fn addresses(input: &Input<'_>, scheme: &Part, range: Range<usize>) -> Vec<Range<usize>> {
    let text = input.raw(range.clone());
    if !text.contains([';', ',']) {
        return vec![range];
    }
    let mark = format!("{}://", scheme.text);
    let mut out = Vec::new();
    let mut start = range.start;
    for (i, _) in text.match_indices(&mark) {
        let at = range.start + i;
        if at > start && matches!(input.bytes(at - 1..at), b";" | b",") {
            out.push(start..at - 1);
            start = at + mark.len();
        }
    }
    out.push(start..range.end);
    out
}

fn file(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let query = input.find(range.clone(), b"?");
    found.database = Some(input.part(range.start..query.unwrap_or(range.end)));
    if let Some(query) = query {
        scan::query(input, query + 1..range.end, b"&", found);
    }
}

/// User, hosts, database and parameters behind `://`.
pub(super) fn body(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let range = too_many_slashes(input, range, found);
    let authority_start = login(input, range.clone(), found);
    let separators: &[u8] = match found.dialect.engine {
        Engine::SqlServer => b"/?#;",
        // libpq knows no fragment.
        Engine::PostgreSql if found.dialect.first_at => b"/?",
        _ => b"/?#",
    };
    let end = input.find(authority_start..range.end, separators).unwrap_or(range.end);
    hosts(input, authority_start..end, found);
    let query = input.find(end..range.end, if separators.contains(&b';') { b"?;" } else { b"?" });
    let hash = fragment(input, end..query.unwrap_or(range.end), found);
    let path_end = hash.or(query).unwrap_or(range.end);
    if input.bytes(end..end + 1) == b"/" && path_end > end + 1 {
        found.database = Some(input.decoded(end + 1..path_end));
    }
    if let Some(query) = query {
        let is_list = input.bytes(query..query + 1) == b";";
        let tail = fragment(input, query..range.end, found).unwrap_or(range.end);
        let separators: &[u8] = match found.dialect.engine {
            _ if is_list => b";",
            Engine::MongoDb => b"&;",
            _ => b"&",
        };
        let query = query + 1..tail.max(query + 1);
        if found.dialect.id == "sqlalchemy-postgresql" {
            sqlalchemy::query(input, query.clone(), found);
        } else {
            scan::query(input, query.clone(), separators, found);
        }
        if found.dialect.engine == Engine::PostgreSql && found.dialect.first_at {
            at_in_query(input, authority_start == range.start, end..query.end, found);
        }
        if found.dialect.id == "libpq-uri" {
            postgres::query(input, query, found);
        }
    }
}

/// `postgresql:///app:pw@db1/orders`: with a slash too many the login is a piece of the path. Returns what is behind it.
fn too_many_slashes(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) -> Range<usize> {
    let bytes = input.bytes(range.clone());
    let slashes = bytes.iter().take_while(|&&b| b == b'/').count();
    let path = bytes.get(slashes..).unwrap_or(&[]);
    let path = path.iter().position(|b| b"/?".contains(b)).and_then(|end| path.get(..end)).unwrap_or(path);
    let colon = path.iter().position(|&b| b == b':');
    let at = path.iter().rposition(|&b| b == b'@');
    if slashes == 0 || colon.zip(at).is_none_or(|(colon, at)| colon >= at) {
        return range;
    }
    let message = "a `/` too many before the login; all of it is read as the database's name".to_owned();
    let start = range.start + slashes;
    found.faults.push(Fault { kind: FaultKind::MissingSlashes, message, range: range.start..start });
    start..range.end
}

/// `db1?user=a@b`: libpq looks for the login's `@` up to the first `/`, also behind the `?`.
fn at_in_query(input: &Input<'_>, no_login: bool, range: Range<usize>, found: &mut ConnectionString) {
    let Some(mark) = input.find(range, b"/@") else { return };
    if no_login && input.bytes(mark..mark + 1) == b"@" {
        let message = "an `@` in a parameter and no `/` before the `?`: libpq takes what is before it for the user; \
                       write `%40`"
            .to_owned();
        found.faults.push(Fault { kind: FaultKind::UnescapedPassword, message, range: mark..mark + 1 });
    }
}

/// `#name` names the master of a Redis Sentinel; PostgreSQL's clients know no fragment and take it for text.
fn fragment(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) -> Option<usize> {
    if matches!(found.dialect.engine, Engine::PostgreSql | Engine::CockroachDb | Engine::MySql | Engine::MariaDb) {
        return None;
    }
    let hash = input.find(range.clone(), b"#")?;
    let name = Part { text: "#".to_owned(), range: hash..hash + 1 };
    scan::add_param(found, name, input.decoded(hash + 1..range.end));
    Some(hash)
}

/// Takes user and password; returns where the hosts start.
pub(super) fn login(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) -> usize {
    let scheme = found.scheme.text.clone();
    let shadow = input.bytes(range.clone());
    let raw = input.text.as_bytes().get(range.clone()).unwrap_or(&[]);
    // An expression may have swallowed the `@` of a password such as `a${b`; the bare text decides then.
    let swallowed = || looks_swallowed(shadow).then(|| userinfo::find(&scheme, raw)).flatten();
    let own = userinfo::separate(shadow).first().copied();
    let one = || userinfo::find(&scheme, shadow).or_else(swallowed).or_else(|| torn_login(found, shadow));
    let Some(info) = own.or_else(one) else {
        return range.start;
    };
    let shift = |r: Range<usize>| range.start + r.start..range.start + r.end;
    let user = shift(info.user());
    let password = info.password().map(shift);
    if password.is_none() && found.dialect.engine == Engine::Redis {
        keep_password(input, user, found);
        return range.start + info.at + 1;
    }
    let (user, password) = match (password, input.find(user.clone(), b";<>|`\"'")) {
        // Another character in the place of the `:` makes one long user of both.
        (None, Some(mark)) => {
            let message = "no `:` between user and password; all of it is read as the user".to_owned();
            let range = mark..mark + 1;
            found.faults.push(Fault { kind: FaultKind::UnescapedPassword, message, range });
            (user.start..mark, Some(mark + 1..user.end))
        }
        (password, _) => (user, password),
    };
    if found.dialect.first_at
        && let Some(at) = input.find(user.clone(), b"@")
    {
        let message = "an `@` in the user; libpq and SQLAlchemy end the login at the first one; write `%40`".to_owned();
        found.faults.push(Fault { kind: FaultKind::UnescapedPassword, message, range: at..at + 1 });
    }
    if !user.is_empty() {
        found.user = Some(input.decoded(user));
    }
    if let Some(password) = password {
        keep_password(input, password, found);
    }
    range.start + info.at + 1
}

/// A login that no URL can hold, with quotes or angle brackets in it.
fn torn_login(found: &ConnectionString, shadow: &[u8]) -> Option<userinfo::UserInfo> {
    let end = shadow.iter().position(|b| b"/?".contains(b)).unwrap_or(shadow.len());
    let authority = shadow.get(..end).filter(|_| found.dialect.engine == Engine::PostgreSql)?;
    let at = authority.iter().rposition(|&b| b == b'@')?;
    Some(userinfo::UserInfo { colon: authority.iter().position(|&b| b == b':').filter(|&colon| colon < at), at })
}

fn looks_swallowed(shadow: &[u8]) -> bool {
    let end = shadow.iter().position(|b| b"/?#".contains(b)).unwrap_or(shadow.len());
    let Some(colon) = shadow.iter().take(end).position(|&b| b == b':') else { return false };
    let port = shadow.get(colon + 1..end).unwrap_or(&[]);
    !port.is_empty() && !port.iter().all(|&b| b == ATOM || b.is_ascii_digit())
}

fn keep_password(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let raw = input.bytes(range.clone());
    let odd = raw.iter().find(|b| b"@/?# \t\"".contains(b)).copied();
    if let Some(odd) = odd {
        let how = if odd == b'@' && found.dialect.first_at {
            "libpq and SQLAlchemy end the password at the first `@`; "
        } else {
            ""
        };
        let name = if odd.is_ascii_whitespace() { "a blank".to_owned() } else { format!("`{}`", char::from(odd)) };
        let message = format!("the password holds {name} unescaped; {how}write `%{odd:02X}`");
        found.faults.push(Fault { kind: FaultKind::UnescapedPassword, message, range: range.clone() });
    }
    found.password = Some((Secret::new(&input.decoded(range.clone()).text), range));
}

pub(super) fn hosts(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    if range.is_empty() {
        if found.user.is_some() || found.password.is_some() {
            found.faults.push(no_host(range));
        }
        return;
    }
    if found.dialect.id == "sqlalchemy-postgresql" && !has_own_logins(input, &range, found) {
        sqlalchemy::hosts(input, range, found);
        return;
    }
    let separate = has_own_logins(input, &range, found);
    for piece in input.split(range, b",") {
        let piece = if separate { own_login(input, piece, found) } else { piece };
        let server = host_port(input, piece, found);
        if server.host.text.is_empty() {
            found.faults.push(no_host(server.host.range.clone()));
        }
        let several = matches!(found.dialect.engine, Engine::PostgreSql) && server.host.text.contains(',');
        if several {
            let port = server.port;
            let host = postgres::list(input, &server.host).into_iter();
            found.hosts.extend(host.map(|host| HostPort { host, port: port.clone() }));
            continue;
        }
        found.hosts.push(server);
    }
}

/// Whether more hosts of a list have a login than the first, whose login is read.
pub(super) fn has_own_logins(input: &Input<'_>, hosts: &Range<usize>, found: &ConnectionString) -> bool {
    let Some((_, password)) = &found.password else { return false };
    let start = found.user.as_ref().map_or(password.start.saturating_sub(1), |user| user.range.start);
    input.bytes(hosts.clone()).contains(&b'@') && !userinfo::separate(input.bytes(start..hosts.end)).is_empty()
}

/// The login of a further host. Returns what is behind it.
pub(super) fn own_login(input: &Input<'_>, piece: Range<usize>, found: &mut ConnectionString) -> Range<usize> {
    let Some(at) = input.rfind(piece.clone(), b'@') else { return piece };
    let Some(colon) = input.find(piece.start..at, b":") else { return piece };
    let secret = Secret::new(&input.decoded(colon + 1..at).text);
    found.secrets.push(("password".to_owned(), secret, colon + 1..at));
    let (kind, message) = match found.dialect.engine {
        // Spring takes one for each of RabbitMQ's addresses.
        Engine::RabbitMq => return at + 1..piece.end,
        Engine::PostgreSql | Engine::CockroachDb => (
            FaultKind::BadPort,
            "a login in front of a further host; libpq takes one, in front of the first host, and reads the user here \
             as a host and the password as its port; remove it",
        ),
        Engine::MongoDb => (
            FaultKind::UnescapedPassword,
            "a login in front of a further host; MongoDB's clients take one, in front of the first host, and refuse \
             the string (`Username and password must be escaped`); remove it",
        ),
        _ => (
            FaultKind::RefusedBySome,
            "a login in front of a further host; most clients take one, in front of the first host; remove it",
        ),
    };
    found.faults.push(Fault { kind, message: message.to_owned(), range: piece.start..at + 1 });
    at + 1..piece.end
}

/// One `host[:port]` of a URI; the host ends at the first `:` unless it stands in brackets.
pub(super) fn host_port(input: &Input<'_>, piece: Range<usize>, found: &mut ConnectionString) -> HostPort {
    let bytes = input.bytes(piece.clone());
    let mut bad = |message: &str, range: Range<usize>| {
        found.faults.push(Fault { kind: FaultKind::BadHost, message: message.to_owned(), range });
    };
    if bytes.first() == Some(&b'[') {
        let Some(close) = bytes.iter().position(|&b| b == b']').map(|i| piece.start + i) else {
            bad("no `]` closes the IPv6 address", piece.clone());
            return HostPort { host: input.part(piece), port: None };
        };
        let colon = input.find(close + 1..piece.end, b":");
        if colon.unwrap_or(piece.end) != close + 1 {
            bad("text between `]` and the port; only `:` or `/` may follow an IPv6 address", piece.clone());
        }
        let host = input.decoded(piece.start + 1..close);
        return HostPort { host, port: colon.map(|colon| input.decoded(colon + 1..piece.end)) };
    }
    let colons = bytes.iter().filter(|&&b| b == b':').count();
    let is_long = colons >= 7 || bytes.windows(2).any(|two| two == b"::");
    if is_long && bytes.iter().all(|b| b.is_ascii_hexdigit() || b":.".contains(b)) && piece.len() > colons {
        bad("an IPv6 address without brackets; what follows its first `:` is read as the port", piece.clone());
        return HostPort { host: input.part(piece), port: None };
    }
    let Some(colon) = input.find(piece.clone(), b":") else {
        return HostPort { host: input.decoded(piece), port: None };
    };
    let port = input.decoded(colon + 1..piece.end);
    if found.user.is_none() && found.password.is_none() && is_password(&port.text) {
        let message = "no number behind the `:`; if it is a password, the `@` before the host is missing".to_owned();
        found.faults.push(Fault { kind: FaultKind::BadPort, message, range: port.range.clone() });
        found.password = Some((Secret::new(&port.text), port.range));
        return HostPort { host: input.decoded(piece.start..colon), port: None };
    }
    HostPort { host: input.decoded(piece.start..colon), port: Some(port) }
}

/// Whether what stands where a port should be may be a password in front of a lost `@`.
fn is_password(port: &str) -> bool {
    let letters = port.bytes().filter(u8::is_ascii_alphabetic).count();
    letters > 1 && !crate::placeholder::is_in(port) && !port.to_ascii_lowercase().contains("port")
}

pub(super) fn no_host(range: Range<usize>) -> Fault {
    let message = "no host; the client takes its default, mostly the machine it runs on".to_owned();
    Fault { kind: FaultKind::EmptyHost, message, range }
}

/// A further address of the same list: its hosts count, its login is one more secret.
fn further(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let mut other = ConnectionString::new(found.dialect, found.scheme.clone());
    body(input, range, &mut other);
    found.hosts.extend(other.hosts);
    found.faults.extend(other.faults);
    if let Some((secret, range)) = other.password {
        found.secrets.push(("password".to_owned(), secret, range));
    }
    found.secrets.extend(other.secrets);
    found.params.extend(other.params);
}

/// Host, user, database and password given as parameters.
fn from_params(found: &mut ConnectionString) {
    if found.hosts.iter().all(|server| server.host.text.is_empty())
        && let Some(host) = scan::take(found, &["host", "hostaddr", "unixsocket"])
    {
        found.hosts = vec![HostPort { host, port: scan::take(found, &["port"]) }];
        found.faults.retain(|fault| fault.kind != FaultKind::EmptyHost);
    }
    if found.user.is_none() {
        found.user = scan::take(found, &["user", "username", "userid"]);
    }
    // Of Redis, the index among the parameters wins.
    if found.database.is_none() || found.dialect.engine == Engine::Redis && found.param("db").is_some() {
        found.database = scan::take(found, &["dbname", "database", "databasename", "db", "initialcatalog"]);
    }
    scan::take_password(found, &["password", "pwd"]);
}
