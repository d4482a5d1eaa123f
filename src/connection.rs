//! Connection strings: what they say, where they say it, and what is wrong with them.
//!
//! In: the text of one setting. Out: scheme, hosts, database, user, secrets and parameters, each with its bytes in that
//! text, and the faults a client would stumble over. Nothing is resolved and nobody is asked: text alone. Endpoints
//! spread over several keys are recognised by their keys ([`part_role_for_key`]).
//!
//! Each grammar family is one file; what differs between the members of a family is data in [`DIALECTS`].

mod ado_net;
mod check;
mod dialects;
mod doubt;
mod drivers;
mod go_mysql;
mod hide;
mod host;
mod host_list;
mod jdbc;
mod keys;
mod libpq;
mod named_list;
mod oracle;
mod pgjdbc;
mod postgres;
mod scan;
mod sqlalchemy;
mod tls;
mod typo;
mod uri;

use std::ops::Range;

use crate::secret::{MASK, Secret};

pub use dialects::{DIALECTS, Dialect, Engine, Family, pooler_port, port_engine};
pub use doubt::{Doubt, DoubtKind};
pub use drivers::{Driver, DriverKind, is_driver_key, is_driver_slip, read_driver};
pub use host::{HostRole, host_environment, host_role, is_local};
pub use keys::{PartKey, PartRole, engine_in_name, part_role_for_key};
pub use tls::TlsLevel;
pub use typo::{HostTypo, HostTypoKind, host_typo};

/// A longer text, in bytes, is not read as a connection string; see [`is_too_long`].
pub const MAX_TEXT: usize = 64 * 1024;

/// A piece of a connection string: what it means and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Decoded: escapes and quotes resolved.
    pub text: String,
    /// Bytes in the text that was parsed, as written there.
    pub range: Range<usize>,
}

/// A server to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// Name, address, socket folder, or an expression.
    pub host: Part,
    /// As written; may be an expression or no number at all.
    pub port: Option<Part>,
}

/// A parameter that is no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// As written.
    pub name: Part,
    /// Decoded.
    pub value: Part,
}

/// A connection string, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionString {
    /// The notation.
    pub dialect: &'static Dialect,
    /// `postgresql`, `jdbc:mysql:loadbalance`; empty where the notation has none.
    pub scheme: Part,
    /// In the order in which they are tried; empty where the client's default host is used.
    pub hosts: Vec<HostPort>,
    /// Database, service, virtual host, or index.
    pub database: Option<Part>,
    /// User.
    pub user: Option<Part>,
    /// Password: decoded, and the bytes to hide. May be a reference, see [`Secret::is_reference`].
    pub password: Option<(Secret, Range<usize>)>,
    /// In the order of the text; secret ones are in `secrets`.
    pub params: Vec<Param>,
    /// Other secrets by the parameter's name.
    pub secrets: Vec<(String, Secret, Range<usize>)>,
    /// What is wrong with it, by place.
    pub faults: Vec<Fault>,
}

/// Something a client would stumble over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What it is.
    pub kind: FaultKind,
    /// Says what and the remedy; holds no text of the file but a parameter's or scheme's own name.
    pub message: String,
    /// Where it stands.
    pub range: Range<usize>,
}

/// Kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// A scheme that no client knows, near one that is known.
    UnknownScheme,
    /// A known scheme in capitals, which most clients refuse.
    SchemeCase,
    /// `:` or slashes between scheme and host are missing.
    MissingSlashes,
    /// No number, or none from 1 to 65535.
    BadPort,
    /// A `:` with nothing behind it.
    EmptyPort,
    /// A port where the notation takes none.
    PortNotAllowed,
    /// No host where one must be.
    EmptyHost,
    /// Blanks in a host, or other characters that no host has.
    BadHost,
    /// A dot at a host's end, or two in a row.
    StrayDot,
    /// Blanks or line ends around the whole.
    EdgeSpace,
    /// A character of the password that must be percent-encoded or quoted.
    UnescapedPassword,
    /// `%` without two hexadecimal digits.
    BadEscape,
    /// User and password in front of the host, which this client does not read.
    UserInfoIgnored,
    /// A quote that is not closed.
    UnbalancedQuote,
    /// A piece that is no `name=value`.
    NotAPair,
    /// The separator of another notation.
    WrongSeparator,
    /// A parameter that the client refuses, or one that is near a known one.
    UnknownParameter,
    /// A known parameter in the wrong case, which the client does not read.
    ParameterCase,
    /// Some clients of the scheme refuse it, others read it as it is meant.
    RefusedBySome,
}

/// A piece of an endpoint with the role that the report gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointPart {
    /// `scheme`, `host`, `host[1]`, `port`, `database`, `user`, `password`, `param:NAME`.
    pub role: String,
    /// `None` for secrets.
    pub text: Option<String>,
    /// Bytes in the text that was parsed.
    pub range: Range<usize>,
}

/// Reads `text` as a connection string; `None` if it is none of any dialect.
///
/// `hint` is the key of the setting: it decides where the text alone is in doubt (`spring.r2dbc.url`, `DATABASE_URL`).
/// Takes time linear in the text; text above [`MAX_TEXT`] is none.
#[must_use]
pub fn parse(text: &str, hint: Option<&str>) -> Option<ConnectionString> {
    if text.len() > MAX_TEXT || text.len() < 4 || !text.contains([':', '=', '/']) {
        return None;
    }
    let trimmed = text.trim();
    let start = text.len() - text.trim_start().len();
    let range = scan::unquoted(text, start..start + trimmed.len());
    let input = scan::Input::new(text, range.clone());
    // The most common notation is known by its first bytes, and no other one takes such text.
    let plain = uri::is_plain(&input).then(|| uri::parse(&input, hint)).flatten();
    let mut found = plain
        .or_else(|| jdbc::parse(&input))
        .or_else(|| go_mysql::parse(&input, hint))
        .or_else(|| oracle::parse(&input, hint))
        .or_else(|| named_list::parse(&input, hint))
        .or_else(|| uri::parse(&input, hint))
        .or_else(|| jdbc::torn(&input))
        .or_else(|| ado_net::parse(&input, hint))
        .or_else(|| libpq::parse(&input, hint))?;
    if trimmed.len() < text.len() {
        let at = if start > 0 { 0..start } else { start + trimmed.len()..text.len() };
        let message = "white space around the connection string; remove it".to_owned();
        found.faults.push(Fault { kind: FaultKind::EdgeSpace, message, range: at });
    } else if range.len() < trimmed.len() {
        let message = "quotes around the connection string are part of the value; remove them".to_owned();
        found.faults.push(Fault { kind: FaultKind::UnbalancedQuote, message, range: start..start + 1 });
    }
    check::check(text, &mut found);
    hide::strays(&input, &mut found);
    Some(found)
}

/// Whether `text` starts as a connection string does and is longer than [`MAX_TEXT`], so that [`parse`] does not read it.
#[must_use]
pub fn is_too_long(text: &str, hint: Option<&str>) -> bool {
    const HEAD: usize = 1024;
    if text.len() <= MAX_TEXT {
        return false;
    }
    let head = text.get(..(0..=HEAD).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0)).unwrap_or("");
    // A file inside a value has lines; an address has none.
    !head.trim_start().contains('\n') && parse(head, hint).is_some()
}

impl ConnectionString {
    /// The texts of all its secrets, for the redactor to learn.
    #[must_use]
    pub fn secret_values(&self) -> Vec<&str> {
        let others = self.secrets.iter().map(|(_, secret, _)| secret);
        self.password.iter().map(|(secret, _)| secret).chain(others).map(Secret::text_for_matching).collect()
    }

    fn new(dialect: &'static Dialect, scheme: Part) -> ConnectionString {
        ConnectionString {
            dialect,
            scheme,
            hosts: Vec::new(),
            database: None,
            user: None,
            password: None,
            params: Vec::new(),
            secrets: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// All pieces, in a stable order: scheme, hosts with their ports, database, user, password, parameters as written.
    #[must_use]
    pub fn parts(&self) -> Vec<EndpointPart> {
        let mut parts = Vec::new();
        let hidden = self.secret_ranges();
        let visible = |part: &Part| {
            let apart = hidden.iter().all(|r| r.end <= part.range.start || part.range.end <= r.start);
            apart.then(|| part.text.clone())
        };
        let mut add = |role: String, part: &Part| {
            parts.push(EndpointPart { role, text: visible(part), range: part.range.clone() });
        };
        if !self.scheme.text.is_empty() {
            add("scheme".to_owned(), &self.scheme);
        }
        for (i, server) in self.hosts.iter().enumerate() {
            add(numbered("host", i), &server.host);
            if let Some(port) = &server.port {
                add(numbered("port", i), port);
            }
        }
        if let Some(database) = &self.database {
            add("database".to_owned(), database);
        }
        if let Some(user) = &self.user {
            add("user".to_owned(), user);
        }
        if let Some((secret, range)) = &self.password {
            parts.push(secret_part("password".to_owned(), secret, range));
        }
        let rest = parts.len();
        for param in &self.params {
            let text = visible(&param.value);
            parts.push(EndpointPart {
                role: format!("param:{}", param.name.text),
                text,
                range: param.value.range.clone(),
            });
        }
        for (name, secret, range) in &self.secrets {
            parts.push(secret_part(format!("param:{name}"), secret, range));
        }
        if let Some(tail) = parts.get_mut(rest..) {
            tail.sort_by_key(|part| part.range.start);
            number_doubles(tail);
        }
        parts
    }

    /// `original`, the text that was parsed, with every literal secret replaced by [`MASK`].
    #[must_use]
    pub fn redacted(&self, original: &str) -> String {
        let mut out = String::with_capacity(original.len());
        let mut at = 0;
        for range in self.secret_ranges() {
            out.push_str(original.get(at..range.start).unwrap_or(""));
            out.push_str(MASK);
            at = range.end.max(at);
        }
        out.push_str(original.get(at..).unwrap_or(""));
        out
    }

    /// The bytes of all literal secrets, in order and apart from each other.
    #[must_use]
    pub fn secret_ranges(&self) -> Vec<Range<usize>> {
        let password = self.password.iter().map(|(secret, range)| (secret, range));
        let others = self.secrets.iter().map(|(_, secret, range)| (secret, range));
        let literal = password.chain(others).filter(|(secret, _)| !secret.is_reference());
        let mut ranges: Vec<Range<usize>> = literal.map(|(_, r)| r.clone()).filter(|r| !r.is_empty()).collect();
        ranges.sort_by_key(|r| (r.start, r.end));
        let mut out: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            match out.last_mut() {
                Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                _ => out.push(range),
            }
        }
        out
    }

    /// All literal secrets, to teach a redactor.
    pub fn literal_secrets(&self) -> impl Iterator<Item = &Secret> {
        let password = self.password.iter().map(|(secret, _)| secret);
        password.chain(self.secrets.iter().map(|(_, secret, _)| secret)).filter(|s| !s.is_empty() && !s.is_reference())
    }

    /// Hosts in lower case without a dot at the end, with their ports; 0 where there is none and no default.
    #[must_use]
    pub fn target(&self) -> Vec<(String, u16)> {
        let default = self.dialect.default_port.unwrap_or(0);
        let port = |part: &Part| part.text.trim().parse().unwrap_or(0);
        let target = |server: &HostPort| {
            let host = server.host.text.trim().trim_end_matches('.').to_lowercase();
            (host, server.port.as_ref().map_or(default, port))
        };
        self.hosts.iter().map(target).collect()
    }

    /// The value of a parameter, its name compared without case and separators.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        let hit = self.params.iter().rev().find(|param| crate::parameter::compare(&param.name.text, name).is_eq());
        hit.map(|param| param.value.text.as_str())
    }

    /// Whether a client of this notation has a parameter of this name or of one like it.
    #[must_use]
    pub fn knows_parameter(&self, name: &str) -> bool {
        self.dialect.params.is_empty() || self.dialect.knows(name) || self.nearest_parameter(name).is_some()
    }

    /// The known parameter that a name which is not known was probably meant to be.
    #[must_use]
    pub fn nearest_parameter(&self, name: &str) -> Option<&'static str> {
        let mut alike = self.dialect.params.iter().flat_map(|family| family.alike(name));
        alike.find(|known| known.eq_ignore_ascii_case(name)).or_else(|| check::nearest(self.dialect.params, name))
    }

    /// What its client takes and what is hardly meant: doubled, contradicting, in another unit. By place.
    #[must_use]
    pub fn doubts(&self) -> Vec<Doubt> {
        doubt::doubts(self)
    }

    /// The weakest and the strongest level that its clients take where the string says none; `None` where it is not known.
    #[must_use]
    pub fn default_tls_levels(&self) -> Option<(TlsLevel, TlsLevel)> {
        tls::default_levels(self)
    }

    /// Whether a parameter of this value takes the check of the server's certificate away, or a part of it.
    #[must_use]
    pub fn takes_check_away(&self, name: &str, value: &str) -> bool {
        tls::takes_check_away(self, name, value)
    }

    /// How strictly the connection is protected, as far as the string tells.
    #[must_use]
    pub fn tls_level(&self) -> TlsLevel {
        tls::level(self)
    }

    /// Which kind of server the string asks for by parameter: `Some(true)` a reader, `Some(false)` the writer.
    #[must_use]
    pub fn wants_reader(&self) -> Option<bool> {
        const NAMES: [&str; 6] = [
            "target_session_attrs",
            "targetServerType",
            "Target Session Attributes",
            "ApplicationIntent",
            "readPreference",
            "readOnly",
        ];
        let value = NAMES.iter().find_map(|name| self.param(name))?;
        match crate::parameter::fold(value).as_str() {
            "readonly" | "standby" | "preferstandby" | "secondary" | "slave" | "prefersecondary" | "preferslave"
            | "secondarypreferred" | "true" => Some(true),
            "readwrite" | "primary" | "master" | "preferprimary" | "primarypreferred" => Some(false),
            _ => None,
        }
    }
}

fn numbered(role: &str, i: usize) -> String {
    if i == 0 { role.to_owned() } else { format!("{role}[{i}]") }
}

fn secret_part(role: String, secret: &Secret, range: &Range<usize>) -> EndpointPart {
    let text = secret.is_reference().then(|| secret.text_for_matching().to_owned());
    EndpointPart { role, text, range: range.clone() }
}

/// A parameter that stands twice gets a number, so that every role is there once.
fn number_doubles(parts: &mut [EndpointPart]) {
    let mut seen: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for part in parts {
        let count = seen.entry(part.role.clone()).or_insert(0);
        let i = *count;
        *count += 1;
        part.role = numbered(&part.role, i);
    }
}

#[cfg(test)]
mod tests;
