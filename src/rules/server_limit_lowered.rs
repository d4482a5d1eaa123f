//! The server accepts fewer connections than before.

use std::collections::BTreeSet;

use crate::connection::Engine;
use crate::declare_rule;
use crate::facts::{Origin, Server};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::quantity::Interval;
use crate::rule::{Context, wording};
use crate::secret::Shown;
use crate::setting::{SettingRef, Settings};
use crate::shown;
use crate::source::Location;

declare_rule! {
    /// ## What it finds
    ///
    /// A database server whose `max_connections` falls, also when it falls because the line was deleted and the
    /// engine's default takes over, or because the instance gets a smaller size or less memory: managed services and some
    /// operators set the limit by it, and no line about connections changes.
    ///
    /// ## Why it hurts
    ///
    /// The clients' pools stay as they are. At the next restart the server comes back with fewer slots, and the first
    /// busy minute is refused. A deleted line is the worst kind: nothing in the file says what the limit is now.
    ///
    /// ## Example
    ///
    /// ```ini before prod/postgresql.conf
    /// max_connections = 400
    /// shared_buffers = 2GB
    /// ```
    ///
    /// ```ini after prod/postgresql.conf
    /// max_connections = 150
    /// shared_buffers = 2GB
    /// ```
    ///
    /// ```ini fixed prod/postgresql.conf
    /// max_connections = 400
    /// shared_buffers = 4GB
    /// ```
    ///
    /// ## What to do
    ///
    /// Add up what the clients' pools allow, lower those first, then the limit. On PostgreSQL with standbys lower the
    /// primary first; a standby with a smaller limit than its primary refuses to start.
    ///
    /// ## When it is wrong
    ///
    /// When the clients were already lowered, or a pooler took their place.
    ///
    /// ## References
    ///
    /// - <https://www.postgresql.org/docs/current/runtime-config-connection.html>
    /// - <https://www.postgresql.org/docs/current/hot-standby.html>
    pub(super) static SERVER_LIMIT_LOWERED = "server-limit-lowered", High, High,
        "A server accepts fewer connections than before", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    // One line may set the limit of several servers; it is one finding. Readers have the limit of their primary.
    let mut told = BTreeSet::new();
    for new in ctx.new.facts.servers.iter().filter(|s| s.replica_of.is_none()) {
        if new.limit.at.is_some_and(|at| !told.insert(at)) {
            continue;
        }
        if let Some(found) = smaller(ctx, new) {
            out.push(found);
            continue;
        }
        let (Some(was), Some(is)) = (ctx.limit_before(new), new.limit.value.known()) else { continue };
        if is < was {
            let old = ctx.old.facts.servers.iter().find(|s| s.id == new.id);
            out.extend(finding(ctx, old, new, was, is));
        }
    }
    removed_limits(ctx, out);
}

/// A limit that fell with the size of the instance: both ends of it, where a table gives an interval.
fn smaller(ctx: &Context<'_>, new: &Server) -> Option<Finding> {
    let old = ctx.old.facts.servers.iter().find(|s| s.id == new.id)?;
    let (was, is) = (old.limit.value, new.limit.value);
    let fell = is.hi? < was.hi? && is.lo <= was.lo;
    if !fell || old.size.is_none() || new.size.is_none() {
        return None;
    }
    let at = new.limit.at?;
    let written = |at: Location| ctx.name(ctx.sources.text(at).trim().trim_matches(['"', '\'']));
    let name = ctx.name(new.limit_name.as_deref().unwrap_or("size"));
    let server = ctx.name(&new.id);
    let severity = if is.hi? * 2 <= was.hi? { Severity::High } else { Severity::Medium };
    let mut made = FindingBuilder::new(
        SERVER_LIMIT_LOWERED.name,
        severity,
        Confidence::Medium,
        at,
        shown!("a smaller {} lowers the connections of {}: {} → {}", name, server, was, is),
    )
    .message(shown!(
        "the limit follows the size where nobody sets max_connections ({}); applications can get {} slots instead of {}",
        ctx.name(whose(&new.limit.origin)),
        new.usable(),
        old.usable()
    ))
    .subject(Some(server.clone()), new.environment)
    .setting(name.clone(), old.limit.at.map(written), Some(written(at)))
    .symptom(wording::too_many_on(new.engine))
    .fix(shown!("keep the size, set max_connections, or lower the clients' pools below {} first", is), None)
    .rollback(shown!("put {} back to what it was; the instance restarts with it", name))
    .question(shown!("Do all clients of {} together stay below {} connections?", server, is));
    if let Some(at) = old.limit.at {
        made = made.evidence(at, shown!("the size before"));
    }
    Some(made.build())
}

fn whose(origin: &Origin) -> &str {
    match origin {
        Origin::Table(whose) | Origin::Default(whose) | Origin::Assumed(whose) => whose,
        _ => "its size",
    }
}

/// A limit whose server is not named any more: the line that made it one is gone, and the default holds.
fn removed_limits(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for old in &ctx.old.facts.servers {
        let gone = !ctx.new.facts.servers.iter().any(|s| s.id == old.id);
        let (Some(setting), Some(at), Some(was)) = (old.limit_setting, old.limit.at, old.limit.value.known()) else {
            continue;
        };
        let owner = &ctx.old.settings.resource_of(setting).id;
        let stays = ctx.new.settings.resources.iter().any(|r| r.id == *owner);
        if !gone || !stays || old.limit.origin != Origin::Literal || is_kept(ctx, setting, was) {
            continue;
        }
        let name = ctx.name(old.limit_name.as_deref().unwrap_or("max_connections"));
        let title = shown!("{} of {} is gone: {} → the engine's default", name, ctx.name(&old.id), was);
        out.push(
            FindingBuilder::new(SERVER_LIMIT_LOWERED.name, Severity::High, Confidence::Medium, at, title)
                .message(Shown::of_static(match old.engine {
                    Engine::PostgreSql => "without the line the server takes its default of 100 at the next restart",
                    Engine::MySql | Engine::MariaDb => {
                        "without the line the server takes its default of 151 at the next restart"
                    }
                    _ => "without the line the server takes its default at the next restart",
                }))
                .subject(Some(ctx.name(&old.id)), old.environment)
                .setting(name.clone(), Some(shown!("{}", was)), None)
                .symptom(wording::too_many_on(old.engine))
                .fix(shown!("keep {} = {}, or say where the limit is set now", name, was), Some(shown!("{}", was)))
                .rollback(shown!("put {} = {} back; the server takes it at its next restart", name, was))
                .question(shown!("Where is the connection limit of {} set now?", ctx.name(&old.id)))
                .build(),
        );
    }
}

/// Whether the same line gives the same limit to a server that goes by another name now: the only one of its name came
/// to be one of two, or a layer deploys it.
fn is_kept(ctx: &Context<'_>, setting: SettingRef, was: u64) -> bool {
    let of = |settings: &Settings, at: SettingRef| {
        let id = &settings.resource_of(at).id;
        (id.kind.clone(), id.name.clone(), settings.get(at).path.clone())
    };
    let limits = ctx.new.facts.servers.iter().filter(|s| s.limit.value.known() == Some(was));
    let old = of(ctx.old.settings, setting);
    limits.filter_map(|s| s.limit_setting).any(|at| of(ctx.new.settings, at) == old)
}

fn finding(ctx: &Context<'_>, old: Option<&Server>, new: &Server, was: u64, is: u64) -> Option<Finding> {
    let was_written = old.is_some_and(|old| old.limit.origin == Origin::Literal);
    // A default or a table that stands on both sides did not change in this repository.
    if !was_written && new.limit.origin != Origin::Literal {
        return None;
    }
    let at = new.limit.at.or(old.and_then(|old| old.limit.at))?;
    let written = new.limit_name.as_deref().or(old.and_then(|old| old.limit_name.as_deref()));
    let name = ctx.name(written.unwrap_or("max_connections"));
    let removed = new.limit.at.is_none();
    let severity = if removed || is * 2 <= was { Severity::High } else { Severity::Medium };
    let server = ctx.name(&new.id);
    let title = match (removed, was_written) {
        (true, _) => shown!("{} of {} is gone: {} → {}, the engine's default", name, server, was, is),
        (false, true) => shown!("{} of {} lowered: {} → {}", name, server, was, is),
        (false, false) => shown!("{} of {} lowered: {} → {}, from the engine's default", name, server, was, is),
    };
    let now = (!removed).then(|| shown!("{}", is));
    let usable_before = old.map_or_else(|| Interval::exact(was).minus(new.reserved.value), Server::usable);
    Some(
        FindingBuilder::new(SERVER_LIMIT_LOWERED.name, severity, Confidence::High, at, title)
            .message(shown!(
                "applications can get {} slots of {} instead of {}; pools that are not lowered with it can exceed them",
                new.usable(),
                server,
                usable_before
            ))
            .subject(Some(server.clone()), new.environment)
            .setting(name.clone(), was_written.then(|| shown!("{}", was)), now)
            .symptom(wording::too_many_on(new.engine))
            .fix(
                shown!("keep {} at {} until the clients' pools add up to less than {}", name, was, is),
                Some(shown!("{}", was)),
            )
            .rollback(shown!("set {} back to {}; {}", name, was, wording::limit_taken(new.engine)))
            .question(shown!("Do all clients of {} together stay below {} connections?", server, is))
            .build(),
    )
}
