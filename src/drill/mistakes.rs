//! Mistakes that people make in connection strings and numbers, each at a random place.

use crate::catalogue::Role;
use crate::connection::Engine;
use crate::setting::Environment;

use super::{Class, Edit, Number, Random, Specimen};

/// All of them.
pub const MISTAKES: &[Class] = &[
    Class { name: "two letters of the host changed places", make: |s, r| host(s, r, transposed) },
    Class { name: "a letter of the host is missing", make: |s, r| host(s, r, missing) },
    Class { name: "a letter of the host is doubled", make: |s, r| host(s, r, doubled) },
    Class { name: "a letter of the host is another", make: |s, r| host(s, r, replaced) },
    Class { name: "a dot of the host is missing", make: |s, r| host(s, r, dot_missing) },
    Class { name: "a dot of the host is doubled", make: |s, r| host(s, r, dot_doubled) },
    Class { name: "a dot at the end of the host", make: dot_at_end },
    Class { name: "a lookalike letter in the host", make: |s, r| host(s, r, lookalike) },
    Class { name: "an invisible character in the host", make: |s, r| host(s, r, invisible) },
    Class { name: "a blank behind the host", make: blank_behind },
    Class { name: "the host of another environment", make: other_environment },
    Class {
        name: "this machine as the host",
        make: |s, r| served(s).and_then(|()| host(s, r, |_, _| Some("localhost".into()))),
    },
    Class { name: "the port of another engine", make: foreign_port },
    Class { name: "a letter in the port", make: |s, _| port(s, |p| Some(p.replacen('0', "O", 1)).filter(|o| o != p)) },
    Class { name: "a port out of range", make: |s, _| port(s, |p| Some(format!("{p}9"))) },
    Class { name: "two digits of the port changed places", make: |s, r| port_digits(s, r) },
    Class { name: "a letter of the scheme is missing", make: |s, r| scheme(s, r, missing) },
    Class { name: "a letter of the scheme is doubled", make: |s, r| scheme(s, r, doubled) },
    Class { name: "the scheme of another engine", make: foreign_scheme },
    Class { name: "a slash behind the scheme is missing", make: single_slash },
    Class { name: "a letter of the database is missing", make: |s, r| name_of(s, r, "database", missing) },
    Class { name: "the database of another environment", make: other_database },
    Class { name: "a letter of the user is missing", make: |s, r| name_of(s, r, "user", missing) },
    Class { name: "protection switched off", make: unprotected },
    Class { name: "a misspelt parameter", make: misspelt },
    Class { name: "a placeholder for the host", make: |s, r| host(s, r, |_, _| Some("CHANGEME".into())) },
    Class { name: "a zero of a pool's size is missing", make: |s, _| number(s, Role::PoolMax, zero_missing) },
    Class { name: "a digit too many in a pool's size", make: |s, _| number(s, Role::PoolMax, |n| Some(n * 10)) },
    Class { name: "a time limit written in seconds", make: |s, _| number(s, Role::AcquireTimeout, in_seconds) },
    Class { name: "a lifetime written in seconds", make: |s, _| number(s, Role::MaxLifetime, in_seconds) },
    Class { name: "a server's limit cut to a tenth", make: |s, _| limit(s, zero_missing) },
    Class { name: "the file of another environment in its place", make: |s, r| s.other_environments_file(r) },
];

/// The only edit of a number's class: its digits.
fn number(s: &Specimen<'_>, role: Role, slip: fn(u64) -> Option<u64>) -> Option<Edit> {
    let Number { role: is, value, range } = s.number()?;
    (*is == Some(role)).then_some(())?;
    Some(Edit { range: range.clone(), text: slip(*value)?.to_string() })
}

fn limit(s: &Specimen<'_>, slip: fn(u64) -> Option<u64>) -> Option<Edit> {
    let Number { role, value, range } = s.number()?;
    role.is_none().then_some(())?;
    Some(Edit { range: range.clone(), text: slip(*value)?.to_string() })
}

fn zero_missing(n: u64) -> Option<u64> {
    (n >= 10 && n.is_multiple_of(10)).then_some(n / 10)
}

/// Milliseconds as they are often written, taken for seconds.
fn in_seconds(n: u64) -> Option<u64> {
    (n >= 5000 && n.is_multiple_of(1000)).then_some(n / 1000)
}

type Slip = fn(&str, &mut Random) -> Option<String>;

fn in_string(s: &Specimen<'_>) -> Option<()> {
    s.is_string.then_some(())
}

/// Where this machine as the host is a mistake.
fn served(s: &Specimen<'_>) -> Option<()> {
    matches!(s.environment, Environment::Production | Environment::Staging).then_some(())
}

fn host(s: &Specimen<'_>, random: &mut Random, slip: Slip) -> Option<Edit> {
    let (range, host) = s.named_host()?;
    Some(Edit { range: range.clone(), text: slip(host, random)? })
}

/// A place inside a word: between two letters, not at the edges of the whole.
fn inside(text: &str, random: &mut Random, fits: impl Fn(&[u8], usize) -> bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let places: Vec<usize> = (1..bytes.len().saturating_sub(1)).filter(|&at| fits(bytes, at)).collect();
    random.pick(&places).copied()
}

fn transposed(text: &str, random: &mut Random) -> Option<String> {
    let letters =
        |b: &[u8], at: usize| b[at].is_ascii_alphabetic() && b[at + 1].is_ascii_alphabetic() && b[at] != b[at + 1];
    let at = inside(text, random, letters)?;
    let mut bytes = text.as_bytes().to_vec();
    bytes.swap(at, at + 1);
    String::from_utf8(bytes).ok()
}

fn missing(text: &str, random: &mut Random) -> Option<String> {
    let at = inside(text, random, |b, at| b[at].is_ascii_alphabetic())?;
    Some(format!("{}{}", &text[..at], &text[at + 1..]))
}

fn doubled(text: &str, random: &mut Random) -> Option<String> {
    let at = inside(text, random, |b, at| b[at].is_ascii_alphabetic())?;
    Some(format!("{}{}", &text[..=at], &text[at..]))
}

fn replaced(text: &str, random: &mut Random) -> Option<String> {
    let at = inside(text, random, |b, at| b[at].is_ascii_lowercase())?;
    let is = text.as_bytes()[at];
    let neighbour = char::from(if is == b'z' { b'y' } else { is + 1 });
    Some(format!("{}{neighbour}{}", &text[..at], &text[at + 1..]))
}

fn dot_missing(text: &str, random: &mut Random) -> Option<String> {
    let at = inside(text, random, |b, at| b[at] == b'.')?;
    Some(format!("{}{}", &text[..at], &text[at + 1..]))
}

fn dot_doubled(text: &str, random: &mut Random) -> Option<String> {
    let at = inside(text, random, |b, at| b[at] == b'.')?;
    Some(format!("{}.{}", &text[..at], &text[at..]))
}

/// Not inside a cluster, where it is written on purpose.
fn dot_at_end(s: &Specimen<'_>, _: &mut Random) -> Option<Edit> {
    let (range, host) = s.named_host().filter(|(_, host)| !host.ends_with(".svc") && !host.ends_with(".local"))?;
    Some(Edit { range: range.clone(), text: format!("{host}.") })
}

/// Where the text goes on behind it; at the end of a value most readers trim it away.
fn blank_behind(s: &Specimen<'_>, _: &mut Random) -> Option<Edit> {
    let (range, host) = s.named_host().filter(|_| s.is_string)?;
    let goes_on = matches!(s.text().as_bytes().get(range.end), Some(b':' | b'/'));
    goes_on.then(|| Edit { range: range.clone(), text: format!("{host} ") })
}

fn lookalike(text: &str, random: &mut Random) -> Option<String> {
    let at = inside(text, random, |b, at| b"aeopc".contains(&b[at]))?;
    let other = match text.as_bytes()[at] {
        b'a' => 'а',
        b'e' => 'е',
        b'o' => 'о',
        b'p' => 'р',
        _ => 'с',
    };
    Some(format!("{}{other}{}", &text[..at], &text[at + 1..]))
}

fn invisible(text: &str, random: &mut Random) -> Option<String> {
    let at = inside(text, random, |_, _| true)?;
    Some(format!("{}\u{200b}{}", &text[..at], &text[at..]))
}

/// Exchanges a word of an environment in a name.
fn exchanged(text: &str) -> Option<String> {
    const WORDS: [(&str, &str); 4] =
        [("production", "staging"), ("prod", "staging"), ("staging", "prod"), ("prd", "stg")];
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
    WORDS.iter().find_map(|(from, to)| {
        let at = text.find(from)?;
        let alone = is_edge(text[..at].chars().next_back()) && is_edge(text[at + from.len()..].chars().next());
        alone.then(|| text.replacen(from, to, 1))
    })
}

fn other_environment(s: &Specimen<'_>, _: &mut Random) -> Option<Edit> {
    let (range, host) = s.named_host()?;
    Some(Edit { range: range.clone(), text: exchanged(host)? })
}

fn other_database(s: &Specimen<'_>, random: &mut Random) -> Option<Edit> {
    let (range, name) = s.part("database").filter(|(_, name)| is_name(name))?;
    let text = exchanged(name).or_else(|| {
        served(s)?;
        Some(format!("{name}_{}", random.pick(&["staging", "dev", "test"])?))
    })?;
    Some(Edit { range: range.clone(), text })
}

fn port(s: &Specimen<'_>, slip: fn(&str) -> Option<String>) -> Option<Edit> {
    let (range, port) = s.part("port").filter(|(_, p)| p.len() >= 4)?;
    Some(Edit { range: range.clone(), text: slip(port)? })
}

fn port_digits(s: &Specimen<'_>, random: &mut Random) -> Option<Edit> {
    let (range, port) = s.part("port").filter(|(_, p)| p.len() >= 4)?;
    let at = inside(port, random, |b, at| b[at] != b[at + 1])?;
    let mut bytes = port.as_bytes().to_vec();
    bytes.swap(at, at + 1);
    Some(Edit { range: range.clone(), text: String::from_utf8(bytes).ok()? })
}

fn foreign_port(s: &Specimen<'_>, random: &mut Random) -> Option<Edit> {
    let others: &[(Engine, &str)] = &[
        (Engine::PostgreSql, "5432"),
        (Engine::MySql, "3306"),
        (Engine::SqlServer, "1433"),
        (Engine::MongoDb, "27017"),
        (Engine::Redis, "6379"),
    ];
    let (range, _) = s.part("port")?;
    let related = |e: Engine| e == s.engine || (s.engine == Engine::MariaDb && e == Engine::MySql);
    let (_, text) = random.pick(others).filter(|(engine, _)| !related(*engine) && s.engine != Engine::Unknown)?;
    Some(Edit { range: range.clone(), text: (*text).to_owned() })
}

fn scheme(s: &Specimen<'_>, random: &mut Random, slip: Slip) -> Option<Edit> {
    let (range, scheme) = s.part("scheme").filter(|(_, t)| !t.contains(':') && t.len() >= 5)?;
    let text = slip(scheme, random)?;
    // Some slips make another name of the same.
    (!matches!(text.as_str(), "postgres" | "postgresql" | "redis" | "mongodb"))
        .then(|| Edit { range: range.clone(), text })
}

fn foreign_scheme(s: &Specimen<'_>, _: &mut Random) -> Option<Edit> {
    let (range, scheme) = s.part("scheme")?;
    let text = match scheme {
        "postgres" | "postgresql" => "mysql",
        "mysql" => "postgresql",
        "jdbc:postgresql" => "jdbc:mysql",
        "jdbc:mysql" => "jdbc:postgresql",
        "mongodb" => "redis",
        _ => return None,
    };
    Some(Edit { range: range.clone(), text: text.to_owned() })
}

fn single_slash(s: &Specimen<'_>, _: &mut Random) -> Option<Edit> {
    in_string(s)?;
    let (range, scheme) = s.part("scheme").filter(|(_, t)| !t.contains(':'))?;
    let from = range.start;
    let text = s.text().get(from..)?;
    let mark = format!("{scheme}://");
    text.starts_with(&mark).then(|| Edit { range: from..from + mark.len(), text: format!("{scheme}:/") })
}

/// A name of some length that is no number and no well-known one.
fn is_name(name: &str) -> bool {
    name.len() >= 5
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
        && name.parse::<u64>().is_err()
}

fn name_of(s: &Specimen<'_>, random: &mut Random, role: &str, slip: Slip) -> Option<Edit> {
    let (range, name) = s.part(role).filter(|(_, name)| is_name(name))?;
    Some(Edit { range: range.clone(), text: slip(name, random)? })
}

fn unprotected(s: &Specimen<'_>, _: &mut Random) -> Option<Edit> {
    let values =
        [("param:sslmode", "disable"), ("param:sslMode", "DISABLED"), ("param:tls", "false"), ("param:ssl", "false")];
    let strict = |text: &str| {
        !matches!(
            text.to_ascii_lowercase().as_str(),
            "disable" | "disabled" | "false" | "allow" | "prefer" | "preferred"
        )
    };
    values.iter().find_map(|(role, text)| {
        let (range, _) = s.part(role).filter(|(_, value)| strict(value))?;
        Some(Edit { range: range.clone(), text: (*text).to_owned() })
    })
}

fn misspelt(s: &Specimen<'_>, random: &mut Random) -> Option<Edit> {
    const NAMES: [&str; 8] = [
        "sslmode",
        "sslMode",
        "connect_timeout",
        "connectTimeout",
        "socketTimeout",
        "application_name",
        "target_session_attrs",
        "replicaSet",
    ];
    in_string(s)?;
    let string = s.string();
    let present: Vec<(usize, &str)> =
        NAMES.iter().filter_map(|name| Some((string.find(&format!("{name}="))?, *name))).collect();
    let (at, name) = *random.pick(&present)?;
    let start = s.whole.start + at;
    Some(Edit { range: start..start + name.len(), text: missing(name, random)? })
}
