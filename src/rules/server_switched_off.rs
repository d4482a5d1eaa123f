//! A chart's own database is switched off.

use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::Explained;
use crate::rule::Context;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// `postgresql.enabled` and its kin from true to false: the chart brings no database, cache or queue of its own any
    /// more. Where the change gives an address in the same file, it is worth a line only.
    ///
    /// ## Why it hurts
    ///
    /// The subchart's server goes with the next upgrade, and its name with it. Whoever used it starts without a database;
    /// its volume may stay, but nothing serves it.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/values.yaml
    /// postgresql:
    ///   enabled: true
    /// externalDatabase:
    ///   host: ""
    /// ```
    ///
    /// ```yaml after prod/values.yaml
    /// postgresql:
    ///   enabled: false
    /// externalDatabase:
    ///   host: ""
    /// ```
    ///
    /// ```yaml fixed prod/values.yaml
    /// postgresql:
    ///   enabled: true
    ///   nameOverride: orders-db
    /// externalDatabase:
    ///   host: ""
    /// ```
    ///
    /// ## What to do
    ///
    /// Give the address of the server that takes its place in the same change, and move the data before.
    ///
    /// ## When it is wrong
    ///
    /// Where nothing used the subchart's server, or the address comes from a secret.
    ///
    /// ## References
    ///
    /// - <https://helm.sh/docs/topics/charts/#tags-and-condition-fields-in-dependencies>
    pub(super) static SERVER_SWITCHED_OFF = "server-switched-off", Medium, Medium,
        "A chart brings no database of its own any more", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.audit {
        out.extend(ctx.changes.iter().filter_map(|change| finding(ctx, change)));
    }
}

fn finding(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let (old, new) = (change.old.as_ref()?, change.new.as_ref()?);
    if old.text.trim() != "true" || new.text.trim() != "false" {
        return None;
    }
    let (section, last) = change.path.rsplit_once('.')?;
    let name = section.rsplit('.').next().unwrap_or(section);
    // `postgresql.metrics.enabled` is about something in it; the section itself must be the server.
    if last != "enabled" || !is_server(name) {
        return None;
    }
    let source = new.at.source;
    let came = ctx.changes.iter().any(|c| {
        let part = matches!(c.role.as_deref(), Some("host" | "url"));
        part && c.new.as_ref().is_some_and(|n| n.at.source == source && !n.text.trim().is_empty())
    });
    let severity = if came { Severity::Low } else { Severity::Medium };
    let key = ctx.name(&change.path);
    let builder = FindingBuilder::new(
        SERVER_SWITCHED_OFF.name,
        severity,
        Confidence::Medium,
        new.at,
        shown!("{} changed: true → false; the chart brings no {} of its own any more", key, ctx.name(name)),
    )
    .message(match came {
        true => Shown::of_static("an address comes in the same change; the data have to be there before"),
        false => {
            Shown::of_static("its server and name go with the next upgrade, and no address comes in its place here")
        }
    })
    .subject(change.subject.as_deref().map(|s| ctx.name(s)), change.environment)
    .setting(key.clone(), Some(Shown::of_static("true")), Some(Shown::of_static("false")))
    .symptom(Shown::of_static("clients of the subchart's service cannot resolve its name"))
    .fix(Shown::of_static("give the address of the server that takes its place, and move the data before"), None)
    .rollback(shown!("set {} back to true; the volume keeps the data unless it was deleted", key));
    Some(match came {
        true => builder.build(),
        false => builder
            .question(Shown::of_static("Where is the database after this change, and have the data moved?"))
            .build(),
    })
}

/// Whether a section is named after a server, and not after something beside one.
fn is_server(name: &str) -> bool {
    const SERVERS: [&str; 14] = [
        "postgresql",
        "postgresql-ha",
        "postgres",
        "mysql",
        "mariadb",
        "mariadb-galera",
        "mongodb",
        "redis",
        "redis-cluster",
        "redis-ha",
        "valkey",
        "rabbitmq",
        "pgbouncer",
        "cockroachdb",
    ];
    SERVERS.contains(&name)
}
