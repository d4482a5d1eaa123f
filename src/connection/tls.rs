//! How strictly a connection is protected, as far as its string tells.

use std::cmp::Ordering;

use super::{ConnectionString, Engine, Param};
use crate::parameter::{compare, fold};

/// Protection of a connection, from none to full.
///
/// `Unset` compares with nothing: what a client does then depends on the client and its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlsLevel {
    /// Plain text.
    Disabled,
    /// TLS if the server offers it, plain text otherwise: no protection from an attacker.
    Preferred,
    /// TLS always; the certificate is not checked.
    Required,
    /// The certificate's chain is checked, the host name is not.
    VerifyCa,
    /// Chain and host name are checked.
    VerifyFull,
    /// Not said, or said by an expression; the client's default holds.
    Unset,
}

impl TlsLevel {
    fn rank(self) -> Option<u8> {
        match self {
            TlsLevel::Disabled => Some(0),
            TlsLevel::Preferred => Some(1),
            TlsLevel::Required => Some(2),
            TlsLevel::VerifyCa => Some(3),
            TlsLevel::VerifyFull => Some(4),
            TlsLevel::Unset => None,
        }
    }

    /// As a report says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TlsLevel::Disabled => "disabled",
            TlsLevel::Preferred => "preferred",
            TlsLevel::Required => "required",
            TlsLevel::VerifyCa => "verify-ca",
            TlsLevel::VerifyFull => "verify-full",
            TlsLevel::Unset => "client's default",
        }
    }
}

impl PartialOrd for TlsLevel {
    fn partial_cmp(&self, other: &TlsLevel) -> Option<Ordering> {
        if self == other {
            return Some(Ordering::Equal);
        }
        Some(self.rank()?.cmp(&other.rank()?))
    }
}

/// Parameters that carry a mode or a switch, the stronger word first.
const MODES: [&str; 10] =
    ["sslmode", "sslMode", "ssl-mode", "tls", "ssl", "useSsl", "useSSL", "encrypt", "secure", "requireSSL"];

pub(super) fn level(string: &ConnectionString) -> TlsLevel {
    // The last one counts, as in `ConnectionString::param`.
    let param = |name: &&str| string.params.iter().rev().find(|p| compare(&p.name.text, name).is_eq());
    let Some(level) = MODES.iter().find_map(param).map(|param| of_param(string, param)) else {
        return if string.dialect.tls_by_scheme { weakened(string, by_scheme(string)) } else { TlsLevel::Unset };
    };
    weakened(string, level)
}

/// The level of one parameter: as the tables say of its driver, or as its words are commonly meant.
pub(super) fn of_param(string: &ConnectionString, param: &Param) -> TlsLevel {
    let (name, value) = (param.name.text.trim(), param.value.text.as_str());
    let told = string.dialect.about(name).find_map(|about| about.level_of(value.trim()));
    told.and_then(named).unwrap_or_else(|| of_value(string, name, value))
}

/// The weakest and the strongest level that a client of this notation takes where nothing is written.
pub(super) fn default_levels(string: &ConnectionString) -> Option<(TlsLevel, TlsLevel)> {
    if string.dialect.tls_by_scheme {
        return Some((by_scheme(string), by_scheme(string)));
    }
    let levels: Option<Vec<TlsLevel>> = string.dialect.readers().map(|reader| named(reader.tls)).collect();
    let levels = levels?;
    let weakest = levels.iter().copied().min_by_key(|level| level.rank())?;
    Some((weakest, levels.iter().copied().max_by_key(|level| level.rank())?))
}

/// A level by the name that the tables use.
fn named(level: &str) -> Option<TlsLevel> {
    use TlsLevel::{Disabled, Preferred, Required, VerifyCa, VerifyFull};
    [Disabled, Preferred, Required, VerifyCa, VerifyFull].into_iter().find(|known| known.as_str() == level)
}

fn by_scheme(string: &ConnectionString) -> TlsLevel {
    // What `rediss` and `amqps` check differs between clients; only MongoDB's seed list promises the full check.
    if string.dialect.engine == Engine::MongoDb { TlsLevel::VerifyFull } else { TlsLevel::Required }
}

fn of_value(string: &ConnectionString, name: &str, value: &str) -> TlsLevel {
    match fold(value.trim()).as_str() {
        "disable" | "disabled" | "none" | "false" | "no" | "off" | "0" | "optional" => TlsLevel::Disabled,
        "allow" | "prefer" | "preferred" => TlsLevel::Preferred,
        "require" | "required" | "trust" | "noverify" | "skipverify" => TlsLevel::Required,
        "verifyca" => TlsLevel::VerifyCa,
        "verifyfull" | "verifyidentity" | "strict" => TlsLevel::VerifyFull,
        "true" | "yes" | "on" | "1" | "mandatory" | "" => switched_on(string, name),
        _ => TlsLevel::Unset,
    }
}

/// What a bare `true` means depends on the client.
fn switched_on(string: &ConnectionString, name: &str) -> TlsLevel {
    match string.dialect.engine {
        // pgjdbc: `ssl=true` alone is verify-full; libpq and others read it as `require`.
        Engine::PostgreSql if string.dialect.id == "jdbc-postgresql" => TlsLevel::VerifyFull,
        Engine::SqlServer | Engine::MongoDb => TlsLevel::VerifyFull,
        Engine::MySql | Engine::MariaDb if name == "tls" => TlsLevel::VerifyFull,
        Engine::MySql if string.dialect.id == "jdbc-mysql" => legacy_mysql(string),
        _ => TlsLevel::Required,
    }
}

/// `useSSL=true` alone falls back to plain text; `requireSSL` and `verifyServerCertificate` lift it.
fn legacy_mysql(string: &ConnectionString) -> TlsLevel {
    let on = |name| string.param(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if on("verifyServerCertificate") {
        TlsLevel::VerifyCa
    } else if on("requireSSL") {
        TlsLevel::Required
    } else {
        TlsLevel::Preferred
    }
}

fn weakened(string: &ConnectionString, level: TlsLevel) -> TlsLevel {
    let strict = string.param("encrypt").is_some_and(|v| v.eq_ignore_ascii_case("strict"));
    if strict || level <= TlsLevel::Required {
        return level;
    }
    let off = |param: &&Param| takes_check_away(string, param.name.text.trim(), &param.value.text);
    let unchecked = string.params.iter().filter(off);
    // A check of the name alone leaves the chain checked.
    let left = unchecked.map(|param| match fold(&param.name.text).as_str() {
        "tlsallowinvalidhostnames"
        | "sslinvalidhostnameallowed"
        | "sslcheckhostname"
        | "disablesslhostnameverification"
        | "sslserverdnmatch"
        | "oraclenetsslserverdnmatch" => TlsLevel::VerifyCa,
        "allowpublickeyretrieval" | "insecuremode" | "disableocspchecks" => level,
        _ => TlsLevel::Required,
    });
    left.chain([level]).min_by_key(|level| level.rank()).unwrap_or(level)
}

/// Whether a parameter with this value takes the check of the server's certificate away, or a part of it.
pub(super) fn takes_check_away(string: &ConnectionString, name: &str, value: &str) -> bool {
    /// Switches of clients that share a notation with others.
    const TRUST: [&str; 5] =
        ["trustServerCertificate", "sslInsecure", "allowInvalidCertificates", "skip_verify", "insecure"];
    let value = value.trim();
    let told =
        string.dialect.about(name).any(|about| about.unchecked.iter().any(|bad| bad.eq_ignore_ascii_case(value)));
    let trusts = TRUST.iter().any(|known| compare(known, name).is_eq());
    told || trusts && matches!(fold(value).as_str(), "true" | "yes" | "1")
}
