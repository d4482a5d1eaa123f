//! Parameters that a client takes, and that hardly do what was meant: doubled, contradicting, in another unit.
//!
//! In: a connection string and what `parameter` knows of its notation. Out: doubts, each with its place. Values that hold
//! an expression are left alone. Nothing here makes a string malformed; see `check` for that.

use std::ops::Range;

use super::check::{MOST_PARAMS, is_name};
use super::{ConnectionString, Family, Param, TlsLevel};
use crate::parameter::{self, Param as About, ParamRole, Repeated, Unit, compare};
use crate::placeholder;

/// Something about a parameter that makes a reader wonder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// What it is.
    pub kind: DoubtKind,
    /// Says what and the remedy; holds no text of the file but names of parameters.
    pub message: String,
    /// The parameter.
    pub name: String,
    /// Where it stands.
    pub range: Range<usize>,
    /// Whether the connection fails or loses its protection by it.
    pub grave: bool,
}

/// Kinds of doubts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DoubtKind {
    /// The same parameter stands twice with different values.
    Repeated,
    /// Two parameters that cannot both be meant.
    Contradiction,
    /// A number that makes sense in another unit than the client's.
    Unit,
    /// A value that the client does not know.
    Value,
}

/// All doubts, by place.
pub(super) fn doubts(string: &ConnectionString) -> Vec<Doubt> {
    let mut found = Vec::new();
    repeated(string, &mut found);
    let judged = |param: &&Param| is_name(param.name.text.trim()) && is_plain(&param.value.text);
    for param in string.params.iter().take(MOST_PARAMS).filter(judged) {
        found.extend(value(string, param).or_else(|| unit(string, param)));
    }
    contradictions(string, &mut found);
    found.sort_by_key(|doubt| (doubt.range.start, doubt.range.end, doubt.kind));
    found
}

fn is_plain(value: &str) -> bool {
    !value.trim().is_empty() && !placeholder::is_in(value) && !value.contains(['$', '%', '<', '{', '(', '['])
}

/// What the tables say of a parameter, by the family that spells it so.
fn about(string: &ConnectionString, name: &str) -> impl Iterator<Item = &'static About> {
    string.dialect.about(name)
}

/// Names that may stand more than once.
const LISTS: [&str; 7] =
    ["readPreferenceTags", "host", "port", "nodes", "auth_mechanism", "server", "authMechanismProperties"];

fn repeated(string: &ConnectionString, found: &mut Vec<Doubt>) {
    for (i, param) in string.params.iter().take(MOST_PARAMS).enumerate() {
        let name = param.name.text.trim();
        let is_same = |other: &&Param| {
            let other_name = other.name.text.trim();
            other_name == name || string.dialect.family == Family::AdoNet && compare(other_name, name).is_eq()
        };
        let Some(first) = string.params.get(..i).and_then(|before| before.iter().find(is_same)) else { continue };
        let list = LISTS.iter().any(|known| compare(known, name).is_eq());
        if list || first.value.text == param.value.text || !is_name(name) || !string.dialect.knows(name) {
            continue;
        }
        let grave = about(string, name).any(|p| matches!(p.role, ParamRole::TlsMode | ParamRole::TlsCheck));
        let message = format!("`{name}` stands twice with different values: {}; keep one", winner(string));
        found.push(Doubt {
            kind: DoubtKind::Repeated,
            message,
            name: name.to_owned(),
            range: param.value.range.clone(),
            grave,
        });
    }
}

/// Which of two counts.
fn winner(string: &ConnectionString) -> String {
    let takes = |wanted: Repeated| {
        let names: Vec<&str> = string.dialect.readers().filter(|r| r.repeated == wanted).map(|r| r.name).collect();
        (!names.is_empty()).then(|| listed(&names))
    };
    let (first, last, none) = (takes(Repeated::First), takes(Repeated::Last), takes(Repeated::Refused));
    match (first, last, none) {
        (None, None, None) => "most clients take the last".to_owned(),
        (None, Some(last), None) => format!("the last counts ({last})"),
        (first, last, none) => {
            let say = |who: Option<String>, what: &str| who.map(|who| format!("{what} for {who}"));
            let all = [say(first, "the first counts"), say(last, "the last counts"), say(none, "an error")];
            all.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// A value that no client of the notation takes.
fn value(string: &ConnectionString, param: &Param) -> Option<Doubt> {
    let (name, text) = (param.name.text.trim(), param.value.text.trim());
    let known: Vec<&About> = about(string, name).filter(|p| !p.values.is_empty()).collect();
    let open = |p: &&About| p.values.contains(&"*");
    let lists = string.dialect.params.iter().filter(|family| family.contains(name)).count();
    let doubt = |message: String, grave: bool| {
        let range = param.value.range.clone();
        Some(Doubt { kind: DoubtKind::Value, message, name: name.to_owned(), range, grave })
    };
    if known.is_empty() || lists > known.len() || known.iter().any(open) {
        return duration(string, param).and_then(|message| doubt(message, true));
    }
    let values = || known.iter().flat_map(|p| p.values.iter().copied());
    let libpq = string.dialect.params.iter().any(|family| family.id() == parameter::LIBPQ.id());
    let java = string.dialect.family == Family::Jdbc && !string.dialect.id.starts_with("r2dbc");
    let target = known.iter().any(|p| p.role == ParamRole::Target);
    // libpq compares letter by letter, and pgjdbc does so with its kinds of servers; drivers of Java otherwise take any
    // case, and those of .NET any separator as well.
    let takes = |value: &str| match () {
        () if libpq || target && string.dialect.id == "jdbc-postgresql" => value == text,
        () if java => value.eq_ignore_ascii_case(text),
        () => compare(value, text).is_eq(),
    };
    if values().any(takes) {
        return None;
    }
    if let Some(same) = values().find(|value| compare(value, text).is_eq()) {
        let who = if libpq { "libpq" } else { "its driver" };
        return doubt(format!("`{name}` is written in a spelling that {who} refuses; write `{same}`"), !libpq);
    }
    // A list of hosts or targets in order of preference.
    if text.contains(',') {
        return None;
    }
    let folded = parameter::fold(text);
    let near = values().map(|value| (strsim::osa_distance(&parameter::fold(value), &folded), value)).min();
    let remedy = match near {
        Some((distance, value)) if distance <= 3.min(folded.chars().count() / 2) => format!("write `{value}`"),
        _ => {
            let mut all: Vec<&str> = values().collect();
            all.sort_unstable();
            all.dedup();
            all.truncate(8);
            format!("it takes {}", listed(&all))
        }
    };
    let grave = known.iter().any(|p| !matches!(p.role, ParamRole::Other | ParamRole::Prepared));
    doubt(format!("`{name}` has a value that its client does not know; {remedy}"), grave)
}

/// The unit in which all clients of the notation read a number.
fn unit_of(string: &ConnectionString, name: &str) -> Option<(Unit, ParamRole)> {
    // R2DBC reads durations of ISO 8601.
    if string.dialect.id.starts_with("r2dbc") {
        return None;
    }
    let known: Vec<&About> = about(string, name).collect();
    let first = known.first()?;
    let unit = first.unit?;
    known.iter().all(|p| p.unit == Some(unit)).then_some((unit, first.role))
}

/// A number without the unit that Go wants, or with one that the client does not read.
fn duration(string: &ConnectionString, param: &Param) -> Option<String> {
    let (name, text) = (param.name.text.trim(), param.value.text.trim());
    let (unit, role) = unit_of(string, name)?;
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let suffix = text.get(digits..)?;
    let has_unit = matches!(suffix, "ms" | "s" | "m" | "h" | "sec" | "min" | "us");
    match unit {
        Unit::GoDuration if digits > 0 && suffix.is_empty() && text.bytes().any(|b| b != b'0') => {
            Some(format!("`{name}` has no unit, and Go refuses a bare number; write `{text}s` or `{text}ms`"))
        }
        // A setting of PostgreSQL that a client passes on may have one.
        Unit::Millis | Unit::Seconds if digits > 0 && has_unit && role != ParamRole::StatementTimeout => {
            let unit = if unit == Unit::Millis { "milliseconds" } else { "seconds" };
            Some(format!("`{name}` takes a bare number of {unit}; take the unit off"))
        }
        _ => None,
    }
}

/// A wait in milliseconds that is too short for a packet to come back, or one in seconds that lasts hours.
fn unit(string: &ConnectionString, param: &Param) -> Option<Doubt> {
    /// A connection over TLS takes three round trips or more; 60 ms is less than one between continents.
    const SHORT_MS: u64 = 60;
    /// A quarter of an hour: nobody waits so long for a connection.
    const LONG_CONNECT_S: u64 = 1000;
    const LONG_S: u64 = 10_000;
    let name = param.name.text.trim();
    let number: u64 = param.value.text.trim().parse().ok()?;
    let (unit, role) = unit_of(string, name)?;
    let connects = matches!(role, ParamRole::ConnectTimeout | ParamRole::PoolTimeout | ParamRole::OtherTimeout);
    let waits = connects || matches!(role, ParamRole::SocketTimeout | ParamRole::StatementTimeout);
    let message = match unit {
        Unit::Millis if (waits || role == ParamRole::Lifetime) && (1..=SHORT_MS).contains(&number) => {
            format!(
                "`{name}` is in milliseconds, and {number} of them are hardly meant; write `{number}000` for seconds"
            )
        }
        Unit::Seconds if connects && number >= LONG_CONNECT_S => {
            let seconds = number.div_ceil(1000);
            format!("`{name}` is in seconds, and {number} of them are hardly meant; write `{seconds}`")
        }
        // Whole hours are meant as they stand.
        Unit::Seconds if waits && number >= LONG_S && !number.is_multiple_of(3600) => {
            let seconds = number.div_ceil(1000);
            format!("`{name}` is in seconds, and {number} of them are hardly meant; write `{seconds}`")
        }
        _ => return None,
    };
    // Milliseconds that are too few fail every connection.
    let grave = unit == Unit::Millis;
    Some(Doubt { kind: DoubtKind::Unit, message, name: name.to_owned(), range: param.value.range.clone(), grave })
}

fn contradictions(string: &ConnectionString, found: &mut Vec<Doubt>) {
    let last = |name: &str| string.params.iter().rev().find(|param| compare(param.name.text.trim(), name).is_eq());
    let is = |name: &str, words: &[&str]| last(name).filter(|p| says(&p.value.text, words));
    let mut add = |param: &Param, message: String, grave: bool| {
        let (kind, name, range) =
            (DoubtKind::Contradiction, param.name.text.trim().to_owned(), param.value.range.clone());
        found.push(Doubt { kind, message, name, range, grave });
    };
    tls_contradiction(string, &mut add);
    if let (Some(_), Some(set)) = (is("directConnection", &["true"]), last("replicaSet"))
        && string.hosts.len() > 1
    {
        add(set, "`directConnection` goes to one host, and several are listed; remove it".to_owned(), true);
    }
    if let (Some(_), Some(check)) = (is("tlsInsecure", &["true", "false"]), last("tlsAllowInvalidCertificates")) {
        let message = "`tlsInsecure` and `tlsAllowInvalidCertificates` stand together, which drivers refuse; keep one";
        add(check, message.to_owned(), true);
    }
    if let (Some(_), Some(trust)) =
        (is("encrypt", &["false", "no", "optional"]), is("trustServerCertificate", &["true", "yes"]))
    {
        add(trust, "`encrypt` is off, so no certificate is looked at; remove one".to_owned(), false);
    }
    let size = last("Maximum Pool Size").or_else(|| last("Max Pool Size"));
    if let (Some(_), Some(pool)) = (is("Pooling", &["false", "no"]), size) {
        add(pool, "`Pooling` is off, so the size of the pool is not read; remove one".to_owned(), false);
    }
    let integrated =
        is("Integrated Security", &["true", "sspi", "yes"]).or_else(|| is("Trusted_Connection", &["yes", "true"]));
    if let Some(integrated) = integrated.filter(|_| string.password.is_some()) {
        let message = "the login of the operating system is asked for, so user and password are not read; remove one";
        add(integrated, message.to_owned(), false);
    }
}

/// A switch that says no beside a mode that says yes, and the other way round.
fn tls_contradiction(string: &ConnectionString, add: &mut impl FnMut(&Param, String, bool)) {
    const SWITCHES: [&str; 5] = ["ssl", "tls", "useSSL", "requireSSL", "verifyServerCertificate"];
    let switches = || string.params.iter().filter(|p| SWITCHES.contains(&p.name.text.trim()));
    let on = |p: &Param| says(&p.value.text, &["true", "1", "yes", "on"]);
    let off = |p: &Param| says(&p.value.text, &["false", "0", "no", "off"]);
    let mode = string.params.iter().rev().find(|p| {
        let name = p.name.text.trim();
        !SWITCHES.contains(&name) && about(string, name).any(|known| known.role == ParamRole::TlsMode)
    });
    if let Some(mode) = mode {
        let level = super::tls::of_param(string, mode);
        let strong = level >= TlsLevel::Required && level != TlsLevel::Unset;
        let clash = switches().find(|p| off(p) && strong || on(p) && level == TlsLevel::Disabled);
        if let Some(switch) = clash {
            let (name, mode) = (switch.name.text.trim(), mode.name.text.trim());
            let wins = match string.dialect.id {
                "jdbc-postgresql" | "jdbc-mysql" => format!("`{mode}` counts"),
                _ => "which one counts depends on the client".to_owned(),
            };
            add(switch, format!("`{name}` and `{mode}` contradict each other; {wins}, so remove `{name}`"), true);
        }
        return;
    }
    // Connector/J reads none of the others where `useSSL` is off; MongoDB's drivers refuse two switches that differ.
    let clash = switches()
        .find_map(|p| Some((switches().find(|o| off(o) && o.name.text != p.name.text)?, on(p).then_some(p)?)));
    if let Some((no, yes)) = clash
        && compare(no.name.text.trim(), "verifyServerCertificate").is_ne()
    {
        let (no, name) = (no.name.text.trim(), yes.name.text.trim());
        add(yes, format!("`{no}` is off and `{name}` is on; keep one of them"), true);
    }
}

fn says(value: &str, words: &[&str]) -> bool {
    words.iter().any(|word| value.trim().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(DoubtKind, String, bool)> {
        let string = crate::connection::parse(text, None).unwrap_or_else(|| panic!("{text}"));
        doubts(&string).into_iter().map(|d| (d.kind, d.name, d.grave)).collect()
    }

    #[test]
    fn what_is_hardly_meant_is_told() {
        use DoubtKind::{Contradiction, Repeated, Unit, Value};
        for (text, kind, name, grave) in [
            ("postgresql://db1/orders?sslmode=require&sslmode=disable", Repeated, "sslmode", true),
            ("Host=db1;Username=app;Timeout=5;timeout=9", Repeated, "timeout", false),
            ("jdbc:mysql://db1/orders?connectTimeout=5", Unit, "connectTimeout", true),
            ("jdbc:postgresql://db1/orders?connectTimeout=10000", Unit, "connectTimeout", false),
            ("jdbc:postgresql://db1/orders?socketTimeout=30000", Unit, "socketTimeout", false),
            ("mongodb://db1/orders?serverSelectionTimeoutMS=5", Unit, "serverSelectionTimeoutMS", true),
            ("postgresql://db1/orders?sslmode=required", Value, "sslmode", true),
            ("postgresql://db1/orders?sslmode=Require", Value, "sslmode", false),
            ("postgresql://db1/orders?target_session_attrs=readwrite", Value, "target_session_attrs", false),
            ("postgresql://db1/orders?target_session_attrs=writer", Value, "target_session_attrs", true),
            ("postgresql://db1/orders?connect_timeout=5s", Value, "connect_timeout", true),
            ("postgresql://db1/orders?pool_max_conn_lifetime=3600", Value, "pool_max_conn_lifetime", true),
            ("app@tcp(db1:3306)/orders?timeout=5", Value, "timeout", true),
            ("jdbc:mysql://db1/orders?sslMode=verify-full", Value, "sslMode", true),
            ("jdbc:postgresql://db1/orders?sslmode=verify_full", Value, "sslmode", true),
            ("jdbc:postgresql://db1/orders?targetServerType=prefersecondary", Value, "targetServerType", true),
            ("jdbc:sqlserver://db1;encrypt=yes", Value, "encrypt", true),
            ("jdbc:sqlserver://db1;encrypt=true;trustServerCertificate=yes", Value, "trustServerCertificate", true),
            ("jdbc:mariadb://db1/orders?sslMode=preferred", Value, "sslMode", true),
            ("jdbc:mysql://db1/orders?useSSL=1", Value, "useSSL", true),
            ("jdbc:postgresql://db1/orders?ssl=false&sslmode=require", Contradiction, "ssl", true),
            ("jdbc:mysql://db1/orders?useSSL=false&sslMode=REQUIRED", Contradiction, "useSSL", true),
            ("jdbc:mysql://db1/orders?useSSL=false&requireSSL=true", Contradiction, "requireSSL", true),
            ("mongodb://db1/orders?tls=true&ssl=false", Contradiction, "tls", true),
        ] {
            assert_eq!(kinds(text), [(kind, name.to_owned(), grave)], "{text}");
        }
    }

    #[test]
    fn what_is_meant_is_not_told() {
        for text in [
            "postgresql://db1/orders?sslmode=verify-full&connect_timeout=5&target_session_attrs=read-write",
            "postgresql://db1/orders?sslmode=no-verify",
            "postgresql://db1/orders?sslmode=${SSLMODE}&connect_timeout={{ timeout }}",
            "postgresql://db1/orders?pool_max_conn_lifetime=1h&statement_timeout=30s",
            "jdbc:postgresql://db1/orders?ssl=true&sslmode=require&socketTimeout=7200&connectTimeout=0",
            "jdbc:mysql://db1/orders?useSSL=false&verifyServerCertificate=false&connectTimeout=5000",
            "jdbc:mysql://db1/orders?useSSL=true&requireSSL=true&sslMode=verify_identity",
            "mongodb://db1,db2/orders?replicaSet=rs0&readPreferenceTags=dc:a&readPreferenceTags=dc:b",
            "app@tcp(db1:3306)/orders?tls=custom&timeout=5s&readTimeout=0",
            "Server=db1;Database=orders;Encrypt=True;TrustServerCertificate=False;Connect Timeout=30",
            "jdbc:mariadb://db1/orders?sslMode=REQUIRED",
            "jdbc:sqlserver://db1;encrypt=Mandatory;applicationIntent=readonly",
            "jdbc:postgresql://db1/orders?sslmode=Require&preferQueryMode=Simple",
            "sqlserver://db1?database=orders&encrypt=disable",
            "r2dbc:postgresql://db1/orders?connectTimeout=PT10S&sslMode=VERIFY_FULL",
        ] {
            assert_eq!(kinds(text), [], "{text}");
        }
    }
}
