//! What a client would stumble over, whatever the grammar: ports, hosts, escapes, names of parameters.

use super::scan::{is_atoms, is_digits};
use super::{ConnectionString, Dialect, Engine, Family, Fault, FaultKind, Part};
use crate::parameter::fold;
use crate::placeholder::opaque;

/// Longest parameter name that is compared with known ones.
const LONGEST_NAME: usize = 40;
/// As many parameters of a string are judged; the longest real ones have some thirty.
pub(super) const MOST_PARAMS: usize = 100;

/// Appends faults, and puts all in the order of the text.
pub(super) fn check(text: &str, found: &mut ConnectionString) {
    let mut faults = Vec::new();
    for server in &found.hosts {
        host(&server.host, &mut faults);
        if let Some(part) = &server.port {
            port(found, part, &mut faults);
        }
    }
    if found.dialect.id == "mongodb-srv"
        && let Some(port) = found.hosts.iter().find_map(|server| server.port.as_ref())
    {
        let message = "`mongodb+srv` takes its ports from DNS; remove the port".to_owned();
        faults.push(Fault { kind: FaultKind::PortNotAllowed, message, range: port.range.clone() });
    }
    if matches!(found.dialect.family, Family::Uri) || matches!(found.dialect.id, "jdbc-mysql" | "mysqlx-uri") {
        escapes(text, found, &mut faults);
    }
    if found.dialect.id == "libpq-uri" {
        super::postgres::escapes(text, found, &mut faults);
    }
    separators(found, &mut faults);
    parameters(found, &mut faults);
    found.faults.append(&mut faults);
    quieten(found);
    found.faults.sort_by_key(|fault| (fault.range.start, fault.range.end, fault.kind));
}

/// That some clients refuse a piece is no news where it has a fault for all of them.
fn quieten(found: &mut ConnectionString) {
    let is_mild = |fault: &Fault| fault.kind == FaultKind::RefusedBySome;
    if !found.faults.iter().any(is_mild) {
        return;
    }
    let grave: Vec<_> = found.faults.iter().filter(|fault| !is_mild(fault)).map(|fault| fault.range.clone()).collect();
    let meets = |fault: &Fault| grave.iter().any(|r| r.start < fault.range.end && fault.range.start < r.end);
    found.faults.retain(|fault| !is_mild(fault) || !meets(fault));
}

fn host(part: &Part, faults: &mut Vec<Fault>) {
    let mut add =
        |kind, message: &str| faults.push(Fault { kind, message: message.to_owned(), range: part.range.clone() });
    let text = part.text.as_str();
    // A folder of sockets, or a pipe.
    if text.starts_with(['/', '\\', '(', '.']) && !text.starts_with("..") {
        return;
    }
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let shadow = if text.bytes().all(is_plain) { Vec::new() } else { opaque(text) };
    if shadow.iter().any(|b| b.is_ascii_whitespace()) {
        add(FaultKind::BadHost, "white space in the host; remove it");
    } else if !text.is_ascii() {
        add(FaultKind::BadHost, "a character in the host that is no letter, digit, `-` or `.`; type the name again");
    } else if shadow.iter().any(|b| b"\"'<>|^`\\@[]#&;".contains(b)) {
        add(FaultKind::BadHost, "a character in the host that no host name has; remove it");
    } else if text.contains(':')
        && text.bytes().all(|b| b.is_ascii_hexdigit() || b":.".contains(&b))
        && text.parse::<std::net::Ipv6Addr>().is_err()
    {
        add(FaultKind::BadHost, "no address of IPv6, though it has the colons of one");
    } else if text.contains("..") {
        add(FaultKind::StrayDot, "two dots in a row in the host; a piece of the name is missing");
    } else if text.len() > 1 && text.ends_with('.') {
        add(FaultKind::StrayDot, "a dot at the end of the host; certificates are issued without it, remove it");
    }
}

fn port(found: &ConnectionString, part: &Part, faults: &mut Vec<Fault>) {
    let good = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let in_range = |text: &str| text.parse::<u16>().is_ok_and(|port| port > 0);
    if good(&part.text) && in_range(&part.text) {
        return;
    }
    let shadow = opaque(&part.text);
    if is_atoms(&shadow) {
        return;
    }
    let libpq = found.dialect.id.starts_with("libpq");
    let trimmed = part.text.trim_ascii();
    // A sign is a number's, and libpq reads them as C does, with white space around.
    let signed = found.dialect.engine == Engine::PostgreSql && trimmed.len() == part.text.len();
    if (libpq || signed) && in_range(trimmed) {
        if trimmed.len() < part.text.len() {
            let message = "white space in the port, which only libpq takes; remove it".to_owned();
            faults.push(Fault { kind: FaultKind::EdgeSpace, message, range: part.range.clone() });
        }
        return;
    }
    let message = match &part.text {
        text if text.is_empty() => "a `:` without a port; remove it or write the port",
        _ if is_digits(&shadow) && libpq => {
            "the port is out of range, libpq says `invalid port number`; ports go from 1 to 65535"
        }
        _ if is_digits(&shadow) => "the port is out of range; ports go from 1 to 65535",
        text if text.contains(':') => {
            "a second `:` behind the host; an IPv6 address needs brackets, a host has one port"
        }
        _ if shadow.iter().any(|b| b.is_ascii_whitespace()) => "white space in the port; remove it",
        _ => "the port is no number",
    };
    let kind = if part.text.is_empty() { FaultKind::EmptyPort } else { FaultKind::BadPort };
    faults.push(Fault { kind, message: message.to_owned(), range: part.range.clone() });
}

/// `%` without two hexadecimal digits in what is percent-decoded.
fn escapes(text: &str, found: &ConnectionString, faults: &mut Vec<Fault>) {
    let parts = [found.user.as_ref(), found.database.as_ref()].into_iter().flatten().map(|part| part.range.clone());
    // What libpq's URIs need more is looked at in `postgres`.
    let parts = parts.filter(|_| found.dialect.id != "libpq-uri");
    let secrets = found.password.iter().map(|(_, range)| range).chain(found.secrets.iter().map(|(.., range)| range));
    for range in parts.chain(secrets.cloned()) {
        let Some(raw) = text.get(range.clone()).filter(|raw| raw.contains('%')) else { continue };
        if let Some(message) = super::postgres::broken_escape(&opaque(raw)) {
            if found.dialect.id.starts_with("sqlalchemy") {
                faults.push(super::sqlalchemy::raw_percent(range));
                continue;
            }
            faults.push(Fault { kind: FaultKind::BadEscape, message: message.to_owned(), range });
        }
    }
}

/// `&` where a `?` must stand, `;` between parameters that `&` separates, and the other way round.
fn separators(found: &ConnectionString, faults: &mut Vec<Fault>) {
    let uri_like = matches!(found.dialect.family, Family::Uri | Family::GoMySql)
        || found.dialect.id.starts_with("jdbc") && found.dialect.engine != Engine::SqlServer;
    let wrong = |message: &str, range: &std::ops::Range<usize>| Fault {
        kind: FaultKind::WrongSeparator,
        message: message.to_owned(),
        range: range.clone(),
    };
    if uri_like
        && let Some(database) = &found.database
        && holds_pair(&database.text, '&')
    {
        faults.push(wrong("`&` before the first parameter; write `?`", &database.range));
    }
    let semicolons =
        uri_like && !matches!(found.dialect.engine, Engine::H2 | Engine::Db2 | Engine::SqlServer | Engine::MongoDb);
    for param in &found.params {
        if semicolons && holds_pair(&param.value.text, ';') {
            faults.push(wrong("`;` between parameters; write `&`", &param.value.range));
        } else if uri_like && holds_pair(&param.value.text, '?') {
            faults.push(wrong("a second `?`; write `&` between parameters", &param.value.range));
        } else if matches!(found.dialect.family, Family::AdoNet) && holds_pair(&param.value.text, '&') {
            faults.push(wrong("`&` between parameters; write `;`", &param.value.range));
        }
    }
}

/// Whether a known parameter follows a separator inside a value.
fn holds_pair(value: &str, separator: char) -> bool {
    value
        .split(separator)
        .skip(1)
        .any(|piece| piece.split_once('=').is_some_and(|(name, _)| crate::parameter::is_known(name)))
}

fn parameters(found: &ConnectionString, faults: &mut Vec<Fault>) {
    if found.dialect.params.is_empty() {
        return;
    }
    for param in found.params.iter().take(MOST_PARAMS) {
        let name = param.name.text.trim();
        if !is_name(name) {
            if matches!(found.dialect.id, "jdbc-mysql" | "mysqlx-uri") && !name.is_empty() {
                let message =
                    "a character in a parameter's name that the driver refuses; write the name again".to_owned();
                faults.push(Fault { kind: FaultKind::UnknownParameter, message, range: param.name.range.clone() });
            }
            continue;
        }
        if let Some((kind, message)) = judged(found.dialect, name) {
            faults.push(Fault { kind, message, range: param.name.range.clone() });
        }
    }
}

/// Whether a text can be a parameter's name, so that a message may repeat it.
pub(super) fn is_name(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_' | b'-' | b'.');
    !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(is_plain)
}

fn judged(dialect: &Dialect, name: &str) -> Option<(FaultKind, String)> {
    let known = dialect.params;
    if known.iter().any(|family| family.contains(name)) {
        return None;
    }
    // What blanks and capitals mean depends on the family: ADO.NET reads `MaxPoolSize` where its manual has blanks, mostly.
    let mut alike = known.iter().flat_map(|family| family.alike(name));
    if let Some(same) = alike.find(|known| known.eq_ignore_ascii_case(name) || dialect.family == Family::AdoNet) {
        let silent = dialect.case_sensitive && dialect.family != Family::AdoNet;
        return silent
            .then(|| (FaultKind::ParameterCase, format!("`{name}` is not read in this spelling; write `{same}`")));
    }
    if let Some(meant) = nearest(known, name) {
        return Some((
            FaultKind::UnknownParameter,
            format!("no client of this dialect knows `{name}`; write `{meant}`"),
        ));
    }
    let refuses = dialect.strict && !matches!(fold(name).as_str(), "pooling");
    refuses.then(|| (FaultKind::UnknownParameter, format!("`{name}` is unknown and the client refuses it; remove it")))
}

/// The known name that is a slip or two away from `name`, if exactly that is plausible.
pub(super) fn nearest(known: &[&'static crate::parameter::Family], name: &str) -> Option<&'static str> {
    let name = name.trim();
    if name.len() < 4 || name.len() > LONGEST_NAME {
        return None;
    }
    let folded = fold(name);
    // Short names are near to everything.
    let allowed = if folded.chars().count() >= 7 { 2 } else { 1 };
    let candidates = known.iter().flat_map(|family| family.names());
    let candidates = candidates.filter(|known| known.len().abs_diff(name.len()) <= allowed + 2);
    let distances = candidates.map(|known| (strsim::osa_distance(&fold(known), &folded), known));
    // Distance 0 is another spelling of a known name.
    distances
        .filter(|(distance, known)| *distance <= allowed && (*distance > 0 || *known != name))
        .min()
        .map(|(_, known)| known)
}
