//! The server accepts more connections than before.

use crate::declare_rule;
use crate::facts::Origin;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::{Context, wording};
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A database server whose `max_connections` rises by a quarter or more.
    ///
    /// ## Why it hurts
    ///
    /// It seldom hurts at once. Each connection costs memory (an idle PostgreSQL backend takes about 2–10 MB), the new
    /// value counts only after a restart on PostgreSQL, and a limit that is raised every month usually hides a pool
    /// that grows with the replicas.
    ///
    /// ## Example
    ///
    /// ```ini before prod/postgresql.conf
    /// max_connections = 200
    /// ```
    ///
    /// ```ini after prod/postgresql.conf
    /// max_connections = 400
    /// ```
    ///
    /// ```ini fixed prod/postgresql.conf
    /// max_connections = 220
    /// ```
    ///
    /// ## What to do
    ///
    /// Check that the memory is there, restart before the clients grow (standbys first on PostgreSQL), and ask whether a
    /// pooler would serve better.
    ///
    /// ## When it is wrong
    ///
    /// When the machine was sized up in the same change.
    ///
    /// ## References
    ///
    /// - <https://www.postgresql.org/docs/current/runtime-config-connection.html>
    pub(super) static SERVER_LIMIT_RAISED = "server-limit-raised", Low, High,
        "A server accepts many more connections than before", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for new in &ctx.new.facts.servers {
        let (Some(was), Some(is)) = (ctx.limit_before(new), new.limit.value.known()) else { continue };
        let Some(at) = new.limit.at.filter(|_| new.limit.origin == Origin::Literal) else { continue };
        // A quarter more is growth; less is rounding.
        if is * 4 < was * 5 {
            continue;
        }
        let name = ctx.name(new.limit_name.as_deref().unwrap_or("max_connections"));
        let server = ctx.name(&new.id);
        let was_written = ctx.old.facts.servers.iter().any(|s| s.id == new.id && s.limit.origin == Origin::Literal);
        let default = if was_written { "" } else { ", from the engine's default" };
        let title = shown!("{} of {} raised: {} → {}{}", name, server, was, is, Shown::of_static(default));
        out.push(
            FindingBuilder::new(SERVER_LIMIT_RAISED.name, Severity::Low, Confidence::High, at, title)
                .message(shown!("{} more connections can cost {}–{} MB of memory at 2–10 MB each; {}", is - was, (is - was) * 2, (is - was) * 10, wording::limit_taken(new.engine)))
                .subject(Some(server.clone()), new.environment)
                .setting(name.clone(), Some(shown!("{}", was)), Some(shown!("{}", is)))
                .fix(shown!("check the server's memory, and that it has taken the value before the clients grow; consider a pooler in front of {}", server), None)
                .rollback(shown!("set {} back to {} once the clients need no more than that", name, was))
                .build(),
        );
    }
}
