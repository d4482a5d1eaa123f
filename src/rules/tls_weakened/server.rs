//! TLS on the side of a server or pooler: what it offers, and what it asks of its clients.

use super::{Weakened, folded, level_of, message, severity, words};
use crate::connection::{Engine, TlsLevel};
use crate::finding::{Finding, Severity};
use crate::meaning::Explained;
use crate::rule::Context;
use crate::secret::Shown;
use crate::setting::Setting;
use crate::shown;

/// What a server or pooler asks of its clients, or asks for towards its server.
pub(super) fn finding(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let name = folded(change.logical.rsplit(['.', ':', '/', '!']).next().unwrap_or_default());
    // Crunchy's operator asks for TLS on both sides of its PgBouncer unless told otherwise.
    let by_operator = change.path.contains("proxy.pgBouncer.config");
    let default = match (name.as_str(), by_operator) {
        ("mode", _) if is_of_mongodb(&change.path) => TlsLevel::Disabled,
        // A parameter group names the setting in the path; a server that does not insist still offers TLS.
        ("value" | "forcessl" | "rdsforcessl", _) if folded(&change.path).contains("forcessl") => TlsLevel::Preferred,
        ("clienttlssslmode", true) => TlsLevel::Required,
        ("servertlssslmode", true) => TlsLevel::VerifyFull,
        ("servertlssslmode", false) => TlsLevel::Preferred,
        ("clienttlssslmode" | "requiresecuretransport", _) => TlsLevel::Disabled,
        ("ssl", _) if is_of_postgresql(ctx, change) => TlsLevel::Disabled,
        _ => return None,
    };
    let text = |side: &Option<crate::meaning::ChangeSide>| side.as_ref().map(|s| s.text.trim().to_owned());
    let (was, is) = (text(&change.old), text(&change.new));
    let level = |text: &Option<String>| text.as_deref().map_or(default, |t| level_of(Some(t)));
    // A server that does not insist takes plain text as well.
    let insists = |l: TlsLevel| if default == TlsLevel::Preferred && l == TlsLevel::Disabled { default } else { l };
    let (before, after) = (insists(level(&was)), insists(level(&is)));
    // What goes with the whole file is not weakened.
    let holder = change.old.as_ref().map(|old| &ctx.old.settings.resource_of(old.setting).id);
    let stays = holder.is_none_or(|id| ctx.new.settings.resources.iter().any(|r| r.id == *id));
    if before == TlsLevel::Unset || after == TlsLevel::Unset || !stays {
        return None;
    }
    let severity = severity(before, after, Engine::Unknown)?;
    let key = ctx.name(&change.logical);
    let (was, is) = (was.map(|t| ctx.name(&t)), is.map(|t| ctx.name(&t)));
    let weakened = Weakened {
        title: shown!("{} weakened: {} → {}", key, words(before), words(after)),
        label: key.clone(),
        key,
        at: change.new.as_ref().or(change.old.as_ref())?.at,
        // A default is a guess of the version that runs.
        severity: if was.is_some() && is.is_some() { severity } else { severity.min(Severity::Medium) },
        old: was,
        new: is,
        engine: Engine::Unknown,
        subject: change.subject.as_deref().map(|s| ctx.name(s)),
        environment: change.environment,
    };
    let label = weakened.label.clone();
    let old = weakened.old.clone();
    let mut finding = weakened.finding(message(before, after));
    if name == "ssl" {
        finding.message = Shown::of_static(
            "the server offers no TLS: clients that insist on it cannot connect, the others send user names, passwords and data in plain text",
        );
        finding.symptoms = vec![Shown::of_static("server does not support SSL, but SSL was required")];
        finding.fix = Shown::of_static("keep TLS on, and give the server its certificate and key");
        finding.rollback = match old {
            Some(old) => shown!("set {} back to {} and reload the server", label, old),
            None => shown!("take {} out again and reload the server", label),
        };
    }
    Some(finding)
}

/// Whether a path is that of MongoDB's mode of TLS, by its newer or its older name.
fn is_of_mongodb(path: &str) -> bool {
    let path = folded(path);
    path.ends_with("nettlsmode") || path.ends_with("netsslmode")
}

/// Whether a key is one of PostgreSQL's own configuration: in its file, where an operator, a chart or Patroni take it, or among
/// settings that only that server has.
fn is_of_postgresql(ctx: &Context<'_>, change: &Explained) -> bool {
    const BESIDE: [&str; 6] = [
        "max_connections",
        "shared_buffers",
        "listen_addresses",
        "ssl_cert_file",
        "wal_level",
        "superuser_reserved_connections",
    ];
    let (settings, side) = match (&change.new, &change.old) {
        (Some(new), _) => (ctx.new.settings, new),
        (None, Some(old)) => (ctx.old.settings, old),
        (None, None) => return false,
    };
    let path = change.path.to_ascii_lowercase();
    let file = ctx.sources.get(side.at.source).path.to_ascii_lowercase();
    let file = file.rsplit('/').next().unwrap_or_default();
    let is_own = file.starts_with("postgres") && file.ends_with(".conf");
    let within = ["parameters", "extendedconf", "configuration"].iter().any(|word| path.contains(word));
    let section = settings.get(side.setting).path.parent();
    let beside = |s: &Setting| s.path.parent() == section && BESIDE.contains(&s.path.last());
    is_own
        || path.contains("postgresql.conf")
        || path.contains("postgres") && within
        || settings.resource_of(side.setting).settings.iter().any(beside)
}
