//! `jdbc:` and `r2dbc:`: a prefix, possibly of wrappers, in front of what the driver itself reads.

use std::ops::Range;

use super::scan::{self, Input};
use super::{
    ConnectionString, DIALECTS, Dialect, Engine, Family, Fault, FaultKind, HostPort, Param, Part, dialects, host_list,
    oracle, pgjdbc, uri,
};

/// Prefixes of drivers that stand in front of another driver.
const WRAPPERS: [&str; 9] =
    ["aws-wrapper", "p6spy", "otel", "opentelemetry", "tc", "log4jdbc", "proxy", "pool", "datadog"];

pub(super) fn parse(input: &Input<'_>) -> Option<ConnectionString> {
    let start = input.range.start;
    if let Some(found) = x_protocol(input) {
        return Some(found);
    }
    let mut words = words(input);
    let kind = words.next()?;
    let spelt = input.raw(kind.clone()).to_ascii_lowercase();
    let reactive = spelt == "r2dbc" || spelt == "r2dbcs";
    let exact = reactive || spelt == "jdbc" || spelt == "jdbc-secretsmanager";
    let mut driver = words.next()?;
    while WRAPPERS.contains(&input.raw(driver.clone())) {
        driver = words.next()?;
    }
    let second = words.next();
    if !exact && (strsim::osa_distance(&spelt, "jdbc") > 1 || lookup(input, &driver, None).is_none()) {
        return None;
    }
    let (dialect, end, fault) =
        match second.as_ref().and_then(|second| lookup(input, &driver, Some(second)).map(|d| (d, second.end))) {
            Some((dialect, end)) => (dialect, end, None),
            None => match lookup(input, &driver, None) {
                Some(dialect) => (dialect, driver.end, None),
                None => unknown(input, &driver)?,
            },
        };
    let dialect = if reactive { reactive_dialect(dialect) } else { dialect };
    // MariaDB's driver takes the other's scheme if it is asked to.
    let taken = dialect.id == "jdbc-mysql" && input.raw(input.range.clone()).contains("permitMysqlScheme");
    let dialect = if taken { &dialects::JDBC_MARIADB } else { dialect };
    let shortest = end;
    let end = if matches!(dialect.engine, Engine::H2 | Engine::Sqlite) { end } else { skip_version(input, end) };
    let mut found = ConnectionString::new(dialect, input.part(start..end));
    if end > shortest
        && !reactive
        && !taken
        && matches!(dialect.id, "jdbc-mysql" | "jdbc-mariadb")
        && !is_container(input)
    {
        let word = input.raw(shortest + 1..end);
        let message =
            format!("no driver takes `{word}` in front of `//`; remove it or write a mode that the driver knows");
        found.faults.push(Fault { kind: FaultKind::UnknownScheme, message, range: shortest + 1..end });
    }
    if !exact {
        let message = format!("no driver takes `{}:`; write `jdbc:`", input.raw(kind.clone()));
        found.faults.push(Fault { kind: FaultKind::UnknownScheme, message, range: kind });
    }
    found.faults.extend(fault);
    if dialect.id == "jdbc-postgresql" && found.scheme.text.bytes().any(|b| b.is_ascii_uppercase()) {
        let message = "the driver takes its prefix in small letters only; write `jdbc:postgresql:`".to_owned();
        found.faults.push(Fault { kind: FaultKind::SchemeCase, message, range: start..end });
    }
    body(input, end + 1, reactive, &mut found);
    Some(found)
}

fn body(input: &Input<'_>, start: usize, reactive: bool, found: &mut ConnectionString) {
    let rest = start.min(input.range.end)..input.range.end;
    match found.dialect.engine {
        Engine::Oracle if !reactive => oracle::body(input, rest, found),
        Engine::H2 | Engine::Sqlite => embedded(input, rest, found),
        Engine::PostgreSql if !reactive => pgjdbc::server(input, rest, found),
        _ => server(input, rest, found),
    }
    named_parts(input, found);
}

/// `jdbc<postgresql://`, `jdbc:postgr.esql://`: a prefix with something in it that none has.
pub(super) fn torn(input: &Input<'_>) -> Option<ConnectionString> {
    const LONGEST: usize = 32;
    let start = input.range.start;
    let bytes = input.bytes(input.range.clone());
    let len = bytes.windows(2).take(LONGEST).position(|two| two == b"//")?;
    let prefix = input.raw(start..start + len);
    if prefix.contains('/') || !bytes.get(len + 2).is_some_and(u8::is_ascii_graphic) {
        return None;
    }
    let letters =
        |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let spelt = letters(prefix);
    // Cheap first: nearly all texts end here.
    let alike = spelt.bytes().take(5).filter(|b| b"jdbc".contains(b)).count();
    if spelt.len() < 8 || alike < 3 {
        return None;
    }
    let names =
        DIALECTS.iter().filter(|d| d.family == Family::Jdbc).flat_map(|d| d.schemes.iter().map(move |s| (*s, *d)));
    let near = names.map(|(name, dialect)| {
        let whole = format!("jdbc{}", letters(name));
        (strsim::osa_distance(&whole, &spelt), name, dialect)
    });
    let (_, name, dialect) = near
        .filter(|(distance, name, _)| *distance <= if name.len() >= 8 { 2 } else { 1 })
        .min_by_key(|(distance, name, _)| (*distance, *name))?;
    let mut found = ConnectionString::new(dialect, input.part(start..start + len));
    let message = format!("no driver takes a prefix of this spelling; write `jdbc:{name}:`");
    found.faults.push(Fault { kind: FaultKind::UnknownScheme, message, range: start..start + len });
    body(input, start + len, false, &mut found);
    Some(found)
}

/// `mysqlx://`: the X protocol of MySQL, with the lists of hosts of the same driver.
fn x_protocol(input: &Input<'_>) -> Option<ConnectionString> {
    let schemes = dialects::MYSQLX_URI.schemes.iter();
    let len = schemes.map(|s| s.len()).find(|&len| {
        let start = input.range.start;
        let scheme = input.raw(start..start + len);
        dialects::MYSQLX_URI.schemes.contains(&scheme) && input.raw(start + len..input.range.end).starts_with("://")
    })?;
    let end = input.range.start + len;
    let mut found = ConnectionString::new(&dialects::MYSQLX_URI, input.part(input.range.start..end));
    server(input, end + 1..input.range.end, &mut found);
    named_parts(input, &mut found);
    Some(found)
}

/// `jdbc:tc:…`: Testcontainers puts an image's version in front of the address.
fn is_container(input: &Input<'_>) -> bool {
    words(input).any(|word| input.raw(word) == "tc")
}

/// The words between colons, as long as they look like names of drivers.
fn words<'a>(input: &'a Input<'_>) -> impl Iterator<Item = Range<usize>> + 'a {
    let mut at = input.range.start;
    std::iter::from_fn(move || {
        let bytes = input.bytes(at..input.range.end);
        let len = bytes.iter().take(40).take_while(|b| b.is_ascii_alphanumeric() || b"+-_".contains(b)).count();
        if len == 0 || bytes.get(len) != Some(&b':') {
            return None;
        }
        let word = at..at + len;
        at += len + 1;
        Some(word)
    })
}

fn lookup(input: &Input<'_>, driver: &Range<usize>, second: Option<&Range<usize>>) -> Option<&'static Dialect> {
    let name = input.raw(driver.start..second.unwrap_or(driver).end).to_ascii_lowercase();
    DIALECTS.iter().find(|d| d.family == Family::Jdbc && d.schemes.contains(&name.as_str())).copied()
}

/// A driver that is not known: near a known one, or of its own.
fn unknown(input: &Input<'_>, driver: &Range<usize>) -> Option<(&'static Dialect, usize, Option<Fault>)> {
    let name = input.raw(driver.clone()).to_ascii_lowercase();
    let names =
        DIALECTS.iter().filter(|d| d.family == Family::Jdbc).flat_map(|d| d.schemes.iter().map(move |s| (*s, *d)));
    let close = names.filter(|(scheme, _)| {
        let cut = name.len() >= 5 && scheme.starts_with(name.as_str());
        scheme.len() >= 5 && name.len() >= 4 && (cut || strsim::osa_distance(scheme, &name) <= 2)
    });
    let Some((meant, dialect)) = close.min_by_key(|(scheme, _)| (strsim::osa_distance(scheme, &name), *scheme)) else {
        return Some((&dialects::JDBC_OTHER, driver.end, None));
    };
    let message = format!("no driver takes `jdbc:{name}:`; write `jdbc:{meant}:`");
    Some((dialect, driver.end, Some(Fault { kind: FaultKind::UnknownScheme, message, range: driver.clone() })))
}

fn reactive_dialect(dialect: &'static Dialect) -> &'static Dialect {
    match dialect.engine {
        Engine::PostgreSql => &dialects::R2DBC_POSTGRESQL,
        Engine::MySql => &dialects::R2DBC_MYSQL,
        Engine::MariaDb => &dialects::R2DBC_MARIADB,
        Engine::SqlServer => &dialects::R2DBC_SQLSERVER,
        Engine::Oracle => &dialects::R2DBC_ORACLE,
        _ => dialect,
    }
}

/// `jdbc:tc:postgresql:16:///db` and `r2dbc:postgresql:failover://`: a word between driver and address.
fn skip_version(input: &Input<'_>, end: usize) -> usize {
    let rest = input.bytes(end + 1..input.range.end.max(end + 1));
    let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b".-_".contains(b)).count();
    if len > 0 && rest.get(len..).is_some_and(|after| after.starts_with(b"://")) { end + 1 + len } else { end }
}

/// `//host:port/database?a=b`, with `;a=b` where the driver wants that.
fn server(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let bytes = input.bytes(range.clone());
    let slashes = bytes.iter().take_while(|&&b| b == b'/').count().min(2);
    if bytes.is_empty() {
        return;
    }
    if slashes < 2 && range.len() > slashes {
        let message = format!("`//` is missing behind `{}:`", found.scheme.text);
        found.faults.push(Fault {
            kind: FaultKind::MissingSlashes,
            message,
            range: range.start..range.start + slashes,
        });
    }
    let body = range.start + slashes..range.end;
    let listed = matches!(found.dialect.engine, Engine::SqlServer) && found.dialect.id.starts_with("jdbc");
    let lists = matches!(found.dialect.engine, Engine::MySql | Engine::MariaDb);
    if lists && is_described(input.bytes(body.clone())) {
        let end = host_list::end(input, body.clone());
        host_list::hosts(input, body.start..end, found);
        tail(input, end..body.end, listed, found);
        return;
    }
    // Behind the first `;` stand parameters, and an `@` there is a parameter's.
    let before_params = input.find(body.clone(), b";").filter(|_| listed).unwrap_or(body.end);
    let had_login = uri::login(input, body.start..before_params, found);
    if had_login > body.start && !found.dialect.user_info {
        let message = "this driver reads no user and password in front of the host; give them as parameters".to_owned();
        found.faults.push(Fault { kind: FaultKind::UserInfoIgnored, message, range: body.start..had_login });
    }
    if lists {
        let end = host_list::end(input, had_login..body.end);
        if had_login < end {
            host_list::hosts(input, had_login..end, found);
        }
        tail(input, end..body.end, listed, found);
        return;
    }
    let end = input.find(had_login..body.end, if listed { b"/?;" } else { b"/?" }).unwrap_or(body.end);
    uri::hosts(input, had_login..end, found);
    tail(input, end..body.end, listed, found);
}

/// `(host=db1,port=3306)` or `address=(host=db1)(port=3306)`
fn is_described(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(16)).unwrap_or(bytes);
    start.starts_with(b"(") || start.starts_with(b"address") && start.contains(&b'(') || start.starts_with(b"[")
}

/// `/database?a=b`, `/database:a=b;c=d`, `;a=b`.
fn tail(input: &Input<'_>, range: Range<usize>, listed: bool, found: &mut ConnectionString) {
    let marks: &[u8] = match found.dialect.engine {
        Engine::Db2 => b":?",
        Engine::SqlServer if listed => b";?",
        Engine::Redshift => b"?;",
        _ => b"?",
    };
    let query = input.find(range.clone(), marks);
    let path = range.start..query.unwrap_or(range.end);
    if path.len() > 1 {
        found.database = Some(input.decoded(path.start + 1..path.end));
    }
    if matches!(found.dialect.id, "jdbc-mysql" | "mysqlx-uri") && input.bytes(path.start..path.end).starts_with(b"//") {
        let message = "two `/` in front of the database, which the driver refuses; remove one".to_owned();
        found.faults.push(Fault { kind: FaultKind::BadEscape, message, range: path.start..path.start + 2 });
    }
    let Some(query) = query else { return };
    let separators: &[u8] = if listed || input.bytes(query..query + 1) != b"?" { b";" } else { b"&" };
    let start = query + 1;
    if separators == b";" {
        braced(input, start..range.end, found);
    } else {
        scan::query(input, start..range.end, separators, found);
    }
}

/// `a=b;c={d;e}`: the driver of SQL Server quotes with braces.
fn braced(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    super::ado_net::pairs(input, range, true, found);
}

/// `h2:mem:name;MODE=x`, `h2:tcp://host/path`, `sqlite:/path?x=y`.
fn embedded(input: &Input<'_>, range: Range<usize>, found: &mut ConnectionString) {
    let end = input.find(range.clone(), b";?").unwrap_or(range.end);
    let path = range.start..end;
    let text = input.raw(path.clone());
    if let Some(remote) = text.strip_prefix("tcp://").or_else(|| text.strip_prefix("ssl://")) {
        let start = path.end - remote.len();
        let slash = input.find(start..path.end, b"/").unwrap_or(path.end);
        uri::hosts(input, start..slash, found);
        found.database = (slash + 1 < path.end).then(|| input.part(slash + 1..path.end));
    } else {
        found.database = Some(input.part(path));
    }
    if end < range.end {
        braced(input, end + 1..range.end, found);
    }
}

/// Server, database, user and password given as parameters.
fn named_parts(input: &Input<'_>, found: &mut ConnectionString) {
    if found.user.is_none() {
        found.user = scan::take(found, &["user", "username", "uid"]);
    }
    scan::take_password(found, &["password", "pwd"]);
    cloud_sql(found);
    if found.dialect.id == "jdbc-snowflake" && found.database.as_ref().is_none_or(|d| d.text.is_empty()) {
        found.database = scan::take(found, &["db", "database"]);
    }
    if found.dialect.engine != Engine::SqlServer {
        return;
    }
    if let Some(database) = scan::take(found, &["databasename", "database"]) {
        found.database = Some(database);
    }
    let instance = found.hosts.first_mut().and_then(|server| strip_instance(input, &mut server.host));
    // What stands among the parameters wins over what stands in front of them.
    if let Some(host) = scan::take(found, &["servername", "server"]).filter(|host| !host.text.is_empty()) {
        let port = found.hosts.first_mut().and_then(|server| server.port.take());
        found.hosts = vec![HostPort { host, port }];
    }
    let other = found.hosts.first_mut().and_then(|server| strip_instance(input, &mut server.host));
    if let Some(value) = other.or(instance) {
        let name = Part { text: "instanceName".to_owned(), range: value.range.clone() };
        found.params.insert(0, Param { name, value });
    }
    if let Some(port) = scan::take(found, &["portnumber", "port"]).filter(|port| !port.text.is_empty()) {
        match found.hosts.first_mut() {
            Some(server) => server.port = Some(port),
            None => {
                let host = Part { text: String::new(), range: port.range.start..port.range.start };
                found.hosts.push(HostPort { host, port: Some(port) });
            }
        }
    }
}

/// `cloudSqlInstance=project:region:name` says where to connect, and a host that is written is not looked at.
fn cloud_sql(found: &mut ConnectionString) {
    if found.hosts.iter().all(|server| server.host.text.is_empty())
        && let Some(host) = scan::take(found, &["cloudsqlinstance"])
    {
        found.hosts = vec![HostPort { host, port: None }];
        found.faults.retain(|fault| fault.kind != FaultKind::EmptyHost);
    }
}

/// `host\instance` names one of several servers on a machine; returns the instance.
pub(super) fn strip_instance(input: &Input<'_>, host: &mut Part) -> Option<Part> {
    let slash = input.find(host.range.clone(), b"\\")?;
    let instance = input.part(slash + 1..host.range.end);
    *host = input.part(host.range.start..slash);
    Some(instance)
}
