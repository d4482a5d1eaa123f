//! A connection is protected less than before.

mod server;

use crate::connection::{self, ConnectionString, Engine, TlsLevel};
use crate::declare_rule;
use crate::facts::{Endpoint, EndpointPart};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::Explained;
use crate::rule::Context;
use crate::rule::addresses::{Address, addresses, part_changes, text};
use crate::rule::elsewhere;
use crate::rule::names::is_literal;
use crate::rule::parameters::{name_of, part_named};
use crate::rule::wording;
use crate::secret::Shown;
use crate::setting::{Environment, SettingRef};
use crate::shown;
use crate::source::Location;

declare_rule! {
    /// ## What it finds
    ///
    /// TLS that becomes weaker: a lower `sslmode` (or `ssl-mode`, `tls`, `Encrypt`, a key such as `PGSSLMODE`), `rediss:`
    /// that becomes `redis:`, a removed parameter, or a switch that takes the check of the certificate away. On servers and
    /// poolers: `ssl = off` of PostgreSQL, `require_secure_transport`, `rds.force_ssl`, PgBouncer's modes.
    ///
    /// ## Why it hurts
    ///
    /// Usually nothing is seen, and credentials and data can be read on the way. Servers that insist on TLS refuse the
    /// client instead.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders?sslmode=verify-full
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders?sslmode=disable
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders?sslmode=verify-full&application_name=orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Keep the level. If a certificate is refused, give the client its authority (`sslrootcert`, a trust store) instead of
    /// switching the check off.
    ///
    /// ## When it is wrong
    ///
    /// Where a mesh or a proxy in the same pod encrypts, and on the local machine, which is reported low.
    ///
    /// ## References
    ///
    /// - <https://www.postgresql.org/docs/current/libpq-ssl.html>
    /// - <https://learn.microsoft.com/sql/connect/ado-net/connection-string-syntax>
    pub(super) static TLS_WEAKENED = "tls-weakened", High, High,
        "A connection is protected less than before", check;
}

/// Parameters that set the level, folded: lower case, letters alone.
const MODES: &[&str] =
    &["sslmode", "tls", "ssl", "usessl", "encrypt", "secure", "requiressl", "verifyservercertificate"];

/// Switches that take the check of a certificate away, with the value that does it.
const UNCHECKED: &[(&str, &[&str])] = &[
    ("trustservercertificate", &["true", "yes", "1"]),
    ("tlsinsecure", &["true"]),
    ("tlsallowinvalidcertificates", &["true"]),
    ("tlsallowinvalidhostnames", &["true"]),
    ("sslinvalidcertallowed", &["true"]),
    ("sslinvalidhostnameallowed", &["true"]),
    ("allowinvalidcertificates", &["true"]),
    ("skipverify", &["true", "1"]),
    ("insecure", &["true", "1"]),
    ("verifyservercertificate", &["false"]),
    ("rejectunauthorized", &["false", "0", "no"]),
    ("sslaccept", &["acceptinvalidcerts"]),
    ("sslcertreqs", &["none"]),
    ("sslcheckhostname", &["false"]),
    ("verify", &["verifynone"]),
    ("allowpublickeyretrieval", &["true"]),
    ("sslfactory", &["orgpostgresqlsslnonvalidatingfactory"]),
];

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for address in addresses(ctx) {
        match address.old {
            Some(old) => out.extend(of_string(ctx, &address, old).or_else(|| of_switch(ctx, &address, old))),
            None if ctx.audit => out.extend(as_it_stands(ctx, &address)),
            None => {}
        }
    }
    if !ctx.audit {
        out.extend(of_keys(ctx));
        out.extend(ctx.changes.iter().filter_map(|change| of_lost_key(ctx, change)));
        out.extend(ctx.changes.iter().filter_map(|change| of_plain_switch(ctx, change)));
        out.extend(ctx.changes.iter().filter_map(|change| server::finding(ctx, change)));
    }
}

/// The level inside one string.
fn of_string(ctx: &Context<'_>, address: &Address<'_>, old: &Endpoint) -> Option<Finding> {
    // A file on the own disk, or another engine with other words, cannot be compared.
    if address.is_for_another_engine() {
        return None;
    }
    let (before, after) = (old.string.as_ref()?.tls_level(), address.new.string.as_ref()?.tls_level());
    let severity = severity(before, after, address.new.engine)?;
    let default = address.new.string.as_ref().and_then(ConnectionString::default_tls_levels);
    if after == TlsLevel::Unset && is_said_elsewhere(ctx, address) || is_default_anyway(before, after, default) {
        return None;
    }
    let (at_old, at_new) = (mode_part(old), mode_part(address.new));
    // A level that an expression sets is not known to be lower.
    if at_new.and_then(|p| p.text.as_deref()).is_some_and(|t| !is_literal(t)) {
        return None;
    }
    let label = shown!("TLS of {}", ctx.name(address.key()));
    let title = match after {
        TlsLevel::Unset => {
            let default = match default {
                Some((weak, strong)) if weak == strong => shown!("the client's default, {}", weak.as_str()),
                _ => Shown::of_static("the client's default"),
            };
            shown!("{} is not asked for any more: {} → {}", label, before.as_str(), default)
        }
        _ => shown!("{} weakened: {} → {}", label, words(before), after.as_str()),
    };
    let shown = |part: Option<&EndpointPart>| part.and_then(|p| p.text.as_deref()).map(|t| ctx.name(t));
    let weakened = Weakened {
        title,
        key: ctx.name(address.key()),
        label,
        at: at_new.map_or(address.new.at, |p| p.at),
        old: shown(at_old).or_else(|| Some(Shown::of_static(before.as_str()))),
        new: shown(at_new),
        severity: lowered_if_local(severity, address),
        engine: address.new.engine,
        subject: address.subject(ctx),
        environment: address.environment(),
    };
    Some(weakened.finding(message(before, after)))
}

/// Whether what is written now, or not any more, is what the clients do anyway.
fn is_default_anyway(before: TlsLevel, after: TlsLevel, default: Option<(TlsLevel, TlsLevel)>) -> bool {
    let Some((weakest, strongest)) = default else { return false };
    match (before, after) {
        // Older versions of SQL Server's clients do not encrypt, which is worth a line.
        (before, TlsLevel::Unset) => weakest >= before && before < TlsLevel::VerifyFull,
        (TlsLevel::Unset, after) => strongest <= after,
        _ => false,
    }
}

/// A switch that takes the check away, where the level itself stays.
fn of_switch(ctx: &Context<'_>, address: &Address<'_>, old: &Endpoint) -> Option<Finding> {
    let part = address.new.parts.iter().find(|p| {
        is_unchecked(address.new, p) && !old.parts.iter().any(|o| o.role == p.role && is_unchecked(old, o))
    })?;
    let name = ctx.name(part.role.trim_start_matches("param:"));
    let value = ctx.name(part.text.as_deref().unwrap_or_default());
    let label = shown!("{} of {}", name, ctx.name(address.key()));
    let was = old.parts.iter().find(|o| o.role == part.role).and_then(|p| p.text.as_deref()).map(|t| ctx.name(t));
    let harmless = folded(&part.role).contains("publickey");
    let severity = if harmless { Severity::Low } else { Severity::High };
    let weakened = Weakened {
        title: shown!(
            "{} takes a check away: {} → {}",
            label,
            was.clone().unwrap_or(Shown::of_static("not set")),
            value
        ),
        key: ctx.name(address.key()),
        label,
        at: part.at,
        old: was,
        new: Some(value),
        severity: lowered_if_local(severity, address),
        engine: address.new.engine,
        subject: address.subject(ctx),
        environment: address.environment(),
    };
    Some(weakened.finding("the client accepts whoever answers, so traffic can be read and changed on the way"))
}

/// Levels that stand in keys of their own: `PGSSLMODE`, `DB_SSL`.
fn of_keys(ctx: &Context<'_>) -> Vec<Finding> {
    let changes = part_changes(ctx, "tls_mode", "TLS");
    let finding = |change: &crate::rule::addresses::PartChange<'_>| {
        let (before, after) = (level_of(change.old), level_of(change.new));
        let severity = severity(before, after, change.engine())?;
        // The same key at another place: it moved.
        let moved = |c: &crate::meaning::Explained| c.old.is_none() && c.role.as_deref() == Some("tls_mode");
        let gone = change.address.and_then(|a| a.old?.parts.iter().find(|p| p.role == "tls_mode"));
        let kept = gone.is_some_and(|p| is_kept(ctx, p.setting, before));
        if change.new.is_none() && (kept || ctx.changes.iter().any(moved)) {
            return None;
        }
        let title = match change.new_shown(ctx) {
            Some(new) => shown!(
                "{} weakened: {} → {}",
                change.label,
                change.old_shown(ctx).unwrap_or(Shown::of_static("not set")),
                new
            ),
            None => shown!("{} is gone: {} → the client's default", change.label, words(before)),
        };
        let weakened = Weakened {
            title,
            key: change.key.clone(),
            label: change.label.clone(),
            at: change.at,
            old: change.old_shown(ctx),
            new: change.new_shown(ctx),
            severity: change.address.map_or(severity, |a| lowered_if_local(severity, &a)),
            engine: change.engine(),
            subject: change.subject.clone(),
            environment: change.environment,
        };
        Some(weakened.finding(message(before, after)))
    };
    changes.iter().filter_map(finding).collect()
}

/// A level in a key of its own that is gone, where its host stands elsewhere.
fn of_lost_key(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let old = change.old.as_ref().filter(|_| change.new.is_none() && change.role.as_deref() == Some("tls_mode"))?;
    let holder = &ctx.old.settings.resource_of(old.setting).id;
    let stays = ctx.new.settings.resources.iter().any(|r| r.id == *holder);
    let moved = ctx.changes.iter().any(|c| c.old.is_none() && c.role.as_deref() == Some("tls_mode"));
    let before = level_of(Some(&old.text));
    let severity = severity(before, TlsLevel::Unset, Engine::Unknown)?;
    if !stays || moved || change.endpoints.0.is_some() || is_kept(ctx, old.setting, before) {
        return None;
    }
    let key = ctx.name(&change.logical);
    let weakened = Weakened {
        title: shown!("{} is gone: {} → the client's default", key, words(before)),
        label: key.clone(),
        key,
        at: old.at,
        old: Some(ctx.name(&old.text)),
        new: None,
        severity,
        engine: engine_of_key(&change.logical),
        subject: change.subject.as_deref().map(|s| ctx.name(s)),
        environment: change.environment,
    };
    Some(weakened.finding(message(before, TlsLevel::Unset)))
}

/// Whether the key stands where the same process reads it, with the level that the lost line had or a higher one.
fn is_kept(ctx: &Context<'_>, lost: SettingRef, before: TlsLevel) -> bool {
    let key = &ctx.old.settings.get(lost).logical;
    let there = elsewhere::of_key(ctx, lost, key);
    there.is_some_and(|s| {
        let now = level_of(Some(&s.value.text));
        now != TlsLevel::Unset && severity(before, now, Engine::Unknown).is_none()
    })
}

/// A switch in a key of its own that takes the check away: `db.ssl.rejectUnauthorized`.
fn of_plain_switch(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    const OF_DATABASES: &[&str] = &[
        "db",
        "database",
        "datasource",
        "pg",
        "postgres",
        "postgresql",
        "mysql",
        "mariadb",
        "mssql",
        "redis",
        "mongo",
        "mongodb",
    ];
    let (old, new) = (change.old.as_ref()?, change.new.as_ref()?);
    let name = folded(change.logical.rsplit(['.', ':', '/']).next().unwrap_or_default());
    let (_, bad) = UNCHECKED.iter().find(|(known, _)| name.ends_with(known))?;
    let is_bad = |text: &str| bad.contains(&folded(text).as_str());
    // Node's switch is for every connection of the process.
    let told = crate::rule::names::has_word(&change.logical, OF_DATABASES) || name == "nodetlsrejectunauthorized";
    let holder = ctx.new_resource(new.setting).id.to_string();
    let beside = || ctx.new.facts.endpoints.iter().any(|e| e.key.owner == holder);
    let concerned = change.role.is_none() && (told || beside());
    if !concerned || !is_bad(&new.text) || is_bad(&old.text) {
        return None;
    }
    let (key, was, is) = (ctx.name(&change.logical), ctx.name(&old.text), ctx.name(&new.text));
    let weakened = Weakened {
        title: shown!("{} takes a check away: {} → {}", key, was, is),
        label: key.clone(),
        key,
        at: new.at,
        old: Some(was),
        new: Some(is),
        severity: Severity::High,
        engine: engine_of_key(&change.logical),
        subject: change.subject.as_deref().map(|s| ctx.name(s)),
        environment: change.environment,
    };
    Some(weakened.finding("the client accepts whoever answers, so traffic can be read and changed on the way"))
}

/// The engine that a key names; unknown where it names none.
fn engine_of_key(key: &str) -> Engine {
    let named = |words: &[&str]| crate::rule::names::has_word(key, words);
    match () {
        () if named(&["pg", "pgsslmode", "postgres", "postgresql"]) => Engine::PostgreSql,
        () if named(&["mysql", "mariadb"]) => Engine::MySql,
        () if named(&["mssql", "sqlserver"]) => Engine::SqlServer,
        () if named(&["redis", "valkey"]) => Engine::Redis,
        () if named(&["mongo", "mongodb"]) => Engine::MongoDb,
        () => Engine::Unknown,
    }
}

/// In an audit: TLS that is switched off towards another machine.
fn as_it_stands(ctx: &Context<'_>, address: &Address<'_>) -> Option<Finding> {
    let level = address.new.string.as_ref().map_or_else(|| level_of(text(address.new, "tls_mode")), |s| s.tls_level());
    if level != TlsLevel::Disabled || address.environment() == Environment::Development {
        return None;
    }
    let part = mode_part(address.new).or_else(|| address.new.parts.iter().find(|p| p.role == "tls_mode"))?;
    let label = shown!("TLS of {}", ctx.name(address.key()));
    let weakened = Weakened {
        title: shown!("{} is switched off", label),
        key: ctx.name(address.key()),
        label,
        at: part.at,
        old: None,
        new: part.text.as_deref().map(|t| ctx.name(t)),
        severity: lowered_if_local(Severity::Medium, address),
        engine: address.new.engine,
        subject: address.subject(ctx),
        environment: address.environment(),
    };
    Some(weakened.finding(message(TlsLevel::Unset, level)))
}

/// What the three ways to weaken have in common.
struct Weakened {
    title: Shown,
    key: Shown,
    label: Shown,
    at: Location,
    old: Option<Shown>,
    new: Option<Shown>,
    severity: Severity,
    engine: Engine,
    subject: Option<Shown>,
    environment: Environment,
}

impl Weakened {
    fn finding(self, message: &'static str) -> Finding {
        FindingBuilder::new(TLS_WEAKENED.name, self.severity, Confidence::High, self.at, self.title)
            .message(Shown::of_static(message))
            .subject(self.subject, self.environment)
            .setting(self.key, self.old.clone(), self.new)
            .symptom(wording::tls_refused(self.engine))
            .fix(
                Shown::of_static(
                    "keep the level, and give the client the authority of the certificate if it refuses it",
                ),
                self.old.clone(),
            )
            .rollback(wording::set_back(&self.label, self.old.as_ref()))
            .question(Shown::of_static("Who else can read the network between this service and its server?"))
            .discriminator(Shown::of_static("tls"))
            .build()
    }
}

fn severity(before: TlsLevel, after: TlsLevel, engine: Engine) -> Option<Severity> {
    use TlsLevel::{Disabled, Preferred, Required, Unset, VerifyCa, VerifyFull};
    match (before, after) {
        (Required | VerifyCa | VerifyFull, Disabled | Preferred) => Some(Severity::High),
        // Current SQL Server clients encrypt and check by default.
        (Required | VerifyCa | VerifyFull, Unset) if engine == Engine::SqlServer => Some(Severity::Low),
        (Required | VerifyCa | VerifyFull, Unset) => Some(Severity::High),
        (VerifyFull, VerifyCa | Required) | (VerifyCa, Required) | (Preferred, Disabled) => Some(Severity::Medium),
        (Unset, Disabled) if engine == Engine::SqlServer => Some(Severity::High),
        (Unset, Disabled) => Some(Severity::Medium),
        _ => None,
    }
}

fn message(before: TlsLevel, after: TlsLevel) -> &'static str {
    match (before, after) {
        (_, TlsLevel::Disabled) => "user names, passwords and data cross the network in plain text",
        (_, TlsLevel::Preferred) => {
            "the client falls back to plain text without a word if the server, or somebody between, offers no TLS"
        }
        (_, TlsLevel::Unset) => "the client's default holds now; many clients then use plain text, or fall back to it",
        (_, TlsLevel::VerifyCa) => "any host with a certificate of the same authority can pose as the server",
        _ => "the certificate is not checked any more, so whoever answers is taken for the server",
    }
}

fn words(level: TlsLevel) -> Shown {
    Shown::of_static(level.as_str())
}

fn lowered_if_local(severity: Severity, address: &Address<'_>) -> Severity {
    let local = text(address.new, "host").is_some_and(connection::is_local);
    if local { severity.min(Severity::Low) } else { severity }
}

/// Whether the same owner says the level in a key of its own now.
fn is_said_elsewhere(ctx: &Context<'_>, address: &Address<'_>) -> bool {
    let Some(old) = address.old else { return false };
    ctx.changes.iter().any(|c| {
        c.old.is_none()
            && c.role.as_deref() == Some("tls_mode")
            && c.new.as_ref().is_some_and(|n| elsewhere::is_near(ctx, old.setting, n.setting))
    })
}

/// The parameter that sets the level, of several the last, or the scheme.
fn mode_part(endpoint: &Endpoint) -> Option<&EndpointPart> {
    let is_mode = |p: &&EndpointPart| name_of(p).is_some_and(|name| MODES.contains(&folded(name).as_str()));
    let scheme = || endpoint.parts.iter().find(|p| p.role == "scheme");
    let by_scheme = matches!(endpoint.engine, Engine::Redis | Engine::RabbitMq | Engine::MongoDb);
    let first = endpoint.parts.iter().find(is_mode);
    let last = |first: &EndpointPart| name_of(first).and_then(|name| part_named(endpoint, name));
    first.and_then(last).or_else(|| scheme().filter(|_| by_scheme))
}

fn is_unchecked(endpoint: &Endpoint, part: &EndpointPart) -> bool {
    let (Some(name), Some(value)) = (name_of(part), part.text.as_deref()) else { return false };
    let told = endpoint.string.as_ref().is_some_and(|string| string.takes_check_away(name, value));
    let (name, value) = (folded(name), folded(value));
    told || UNCHECKED.iter().any(|(known, bad)| *known == name && bad.contains(&value.as_str()))
}

/// Letters and digits alone, in lower case.
fn folded(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The level that a key of its own tells.
fn level_of(value: Option<&str>) -> TlsLevel {
    match value.map(folded).as_deref() {
        Some("disable" | "disabled" | "none" | "false" | "no" | "off" | "0") => TlsLevel::Disabled,
        Some("allow" | "prefer" | "preferred" | "allowtls" | "prefertls" | "allowssl" | "preferssl") => {
            TlsLevel::Preferred
        }
        Some("requiretls" | "requiressl") => TlsLevel::Required,
        Some("require" | "required" | "true" | "yes" | "on" | "1" | "noverify" | "skipverify") => TlsLevel::Required,
        Some("verifyca") => TlsLevel::VerifyCa,
        Some("verifyfull" | "verifyidentity" | "strict") => TlsLevel::VerifyFull,
        _ => TlsLevel::Unset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_up_is_no_finding_and_going_down_is_one() {
        use TlsLevel::{Disabled, Preferred, Required, Unset, VerifyFull};
        for (before, after) in
            [(Disabled, Required), (Required, VerifyFull), (Unset, Required), (Unset, Preferred), (Disabled, Unset)]
        {
            assert_eq!(severity(before, after, Engine::PostgreSql), None, "{before:?} → {after:?}");
        }
        assert_eq!(severity(VerifyFull, Disabled, Engine::PostgreSql), Some(Severity::High));
        assert_eq!(severity(VerifyFull, Required, Engine::PostgreSql), Some(Severity::Medium));
    }

    #[test]
    fn keys_of_their_own_tell_a_level() {
        assert_eq!(level_of(Some("verify-full")), TlsLevel::VerifyFull);
        assert_eq!(level_of(Some("False")), TlsLevel::Disabled);
        assert_eq!(level_of(Some("${PGSSLMODE}")), TlsLevel::Unset);
    }
}
