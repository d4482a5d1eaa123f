//! How strictly a connection is protected, as far as its string tells.

use std::cmp::Ordering;

use super::{ConnectionString, Engine};
use crate::parameter::fold;

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
/// Switches that take the check of the certificate away where they are on.
const TRUST: [&str; 8] = [
    "trustServerCertificate",
    "tlsInsecure",
    "tlsAllowInvalidCertificates",
    "sslInvalidCertAllowed",
    "sslInsecure",
    "allowInvalidCertificates",
    "skip_verify",
    "insecure",
];

pub(super) fn level(string: &ConnectionString) -> TlsLevel {
    let Some(level) = MODES.iter().find_map(|name| string.param(name).map(|value| of_value(string, name, value)))
    else {
        return if string.dialect.tls_by_scheme { weakened(string, by_scheme(string)) } else { TlsLevel::Unset };
    };
    weakened(string, level)
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
    let is_on = |name: &str| string.param(name).is_some_and(|v| matches!(fold(v).as_str(), "true" | "yes" | "1"));
    let unchecked = TRUST.iter().any(|name| is_on(name))
        || string.param("ssl_cert_reqs").is_some_and(|v| v.eq_ignore_ascii_case("none"))
        || string.param("verify").is_some_and(|v| v == "verify_none");
    let strict = string.param("encrypt").is_some_and(|v| v.eq_ignore_ascii_case("strict"));
    if unchecked && !strict && level > TlsLevel::Required {
        return TlsLevel::Required;
    }
    let any_name = is_on("tlsAllowInvalidHostnames") || is_on("sslInvalidHostNameAllowed");
    if any_name && level > TlsLevel::VerifyCa { TlsLevel::VerifyCa } else { level }
}
