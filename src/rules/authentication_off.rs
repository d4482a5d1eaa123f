//! A server or pooler lets anybody in.

use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::Explained;
use crate::rule::Context;
use crate::secret::Shown;
use crate::setting::Environment;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A setting that makes a server or pooler ask for no password: `POSTGRES_HOST_AUTH_METHOD=trust`, PgBouncer's `auth_type` of
    /// `trust` or `any`, an empty password that is allowed (`MYSQL_ALLOW_EMPTY_PASSWORD`), `skip-grant-tables`, MongoDB's
    /// `authorization: disabled`, a line of `pg_hba.conf` that trusts other machines.
    ///
    /// ## Why it hurts
    ///
    /// Whoever reaches the port is the user he says he is, the superuser included. Inside a cluster every pod reaches it.
    ///
    /// ## Example
    ///
    /// ```ini before prod/pgbouncer.ini
    /// [pgbouncer]
    /// listen_addr = 0.0.0.0
    /// auth_type = scram-sha-256
    /// ```
    ///
    /// ```ini after prod/pgbouncer.ini
    /// [pgbouncer]
    /// listen_addr = 0.0.0.0
    /// auth_type = trust
    /// ```
    ///
    /// ```ini fixed prod/pgbouncer.ini
    /// [pgbouncer]
    /// listen_addr = 0.0.0.0
    /// auth_type = scram-sha-256
    /// auth_file = /etc/pgbouncer/userlist.txt
    /// ```
    ///
    /// ## What to do
    ///
    /// Ask for a password, and hand it over by a secret.
    ///
    /// ## When it is wrong
    ///
    /// On the own machine, which is reported lower where the environment is known.
    ///
    /// ## References
    ///
    /// - <https://www.postgresql.org/docs/current/auth-trust.html>
    /// - <https://www.pgbouncer.org/config.html#auth_type>
    pub(super) static AUTHENTICATION_OFF = "authentication-off", High, High,
        "A server or pooler lets anybody in", check;
}

/// Keys, folded, with the values that let anybody in.
const SWITCHES: &[(&str, &[&str])] = &[
    ("postgreshostauthmethod", &["trust"]),
    ("authtype", &["trust", "any"]),
    ("mysqlallowemptypassword", ON),
    ("mariadballowemptypassword", ON),
    ("mariadballowemptyrootpassword", ON),
    ("allowemptypassword", ON),
    ("skipgranttables", ON),
    ("authorization", &["disabled"]),
];
const ON: &[&str] = &["1", "yes", "true", "on"];

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    out.extend(ctx.changes.iter().filter_map(|change| finding(ctx, change)));
}

fn finding(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let new = change.new.as_ref().filter(|new| !new.secret)?;
    // In compose files the pooler's name is that of its service, not a step of the path.
    let place = format!("{} {}", change.path, change.subject.as_deref().unwrap_or_default());
    let was_open = change.old.as_ref().is_some_and(|old| lets_in(&change.logical, &place, &old.text));
    if was_open || !lets_in(&change.logical, &place, &new.text) {
        return None;
    }
    let (key, is) = (ctx.name(&change.logical), ctx.shown(&change.logical, new));
    let was = change.old.as_ref().map(|old| ctx.shown(&change.logical, old));
    let title = match &was {
        Some(was) => shown!("{} lets anybody in: {} → {}", key, was, is),
        None => shown!("{} lets anybody in: {}", key, is),
    };
    let builder = FindingBuilder::new(AUTHENTICATION_OFF.name, severity(ctx, change), Confidence::High, new.at, title)
        .message(Shown::of_static("whoever reaches the port needs no password, the superuser included"))
        .subject(change.subject.as_deref().map(|s| ctx.name(s)), change.environment)
        .setting(key.clone(), was.clone(), Some(is))
        .symptom(Shown::of_static("none: every login works, with any password"))
        .fix(Shown::of_static("ask for a password, and hand it over by a secret"), was.clone())
        .rollback(match &was {
            Some(was) => shown!("set {} back to {} and restart the server", key, was),
            None => shown!("take {} out again and restart the server", key),
        })
        .question(Shown::of_static("Who can reach the port of this server?"));
    Some(builder.build())
}

/// What asked for a password and does not any more is graver than what starts without one.
fn severity(ctx: &Context<'_>, change: &Explained) -> Severity {
    let file = change.new.as_ref().map_or("", |new| ctx.sources.get(new.at.source).path.as_str());
    let known_file = change.new.as_ref().is_some_and(|new| ctx.is_known_file(new.at));
    match change.environment {
        Environment::Development if !known_file => Severity::Low,
        Environment::Production if change.old.is_some() => Severity::High,
        _ if change.old.is_some() && !file.contains("compose") => Severity::High,
        _ => Severity::Medium,
    }
}

fn lets_in(key: &str, path: &str, value: &str) -> bool {
    let last = folded(key.rsplit(['.', ':', '/', '!']).next().unwrap_or_default());
    let named = |(name, _): &&(&str, &[&str])| last == *name || name.len() > 12 && last.ends_with(name);
    if let Some((name, open)) = SWITCHES.iter().find(named) {
        let at_home = match *name {
            // Many programs have keys of these names.
            "authtype" => folded(path).contains("pgbouncer") || folded(key).contains("pgbouncer"),
            "authorization" => folded(key).ends_with("securityauthorization"),
            _ => true,
        };
        return at_home && open.contains(&value.trim().to_ascii_lowercase().as_str());
    }
    value.len() < 200 && trusts_others(value)
}

/// `host all all 0.0.0.0/0 trust` of `pg_hba.conf`; the own machine may be trusted.
fn trusts_others(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [kind, _, _, from @ .., method] = words.as_slice() else { return false };
    let own = |from: &&str| from.starts_with("127.") || from.starts_with("::1") || from.starts_with("localhost");
    let remote = matches!(*kind, "host" | "hostssl" | "hostnossl") && !from.is_empty() && !from.iter().any(own);
    remote && *method == "trust"
}

fn folded(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lets_anybody_in_is_told_from_what_asks() {
        for (key, path, value) in [
            ("POSTGRES_HOST_AUTH_METHOD", "", "trust"),
            ("pgbouncer.auth_type", "pgbouncer.auth_type", "any"),
            ("MYSQL_ALLOW_EMPTY_PASSWORD", "", "yes"),
            ("security.authorization", "", "disabled"),
            ("hba", "", "host all all 10.0.0.0/8 trust"),
        ] {
            assert!(lets_in(key, path, value), "{key}");
        }
        for (key, path, value) in [
            ("POSTGRES_HOST_AUTH_METHOD", "", "scram-sha-256"),
            ("auth_type", "grafana.auth_type", "any"),
            ("authorization", "headers.authorization", "disabled"),
            ("MYSQL_ALLOW_EMPTY_PASSWORD", "", "no"),
            ("hba", "", "host all all 127.0.0.1/32 trust"),
            ("hba", "", "local all all trust"),
            ("text", "", "in whom we trust"),
        ] {
            assert!(!lets_in(key, path, value), "{key}");
        }
    }
}
