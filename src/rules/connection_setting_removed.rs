//! An address that something still needs is gone.

use crate::declare_rule;
use crate::facts::Endpoint;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::Context;
use crate::rule::addresses::{addresses, hosts, is_covered, subject, text};
use crate::rule::elsewhere;
use crate::rule::wording;
use crate::secret::Shown;
use crate::setting::{Environment, Segment};
use crate::shown;
use crate::source::Location;

declare_rule! {
    /// ## What it finds
    ///
    /// A connection string or host that was removed or emptied while the thing that held it stays. A value that moved to
    /// another key, a secret or another file is not gone, nor is one that goes with its service.
    ///
    /// ## Why it hurts
    ///
    /// The framework falls back to its default: the local machine, an SQLite file, or an error at start.
    ///
    /// ## Example
    ///
    /// ```properties before prod/app.env
    /// NODE_ENV=production
    /// DATABASE_URL=postgresql://orders@orders-db.prod.example.internal:5432/orders
    /// ```
    ///
    /// ```properties after prod/app.env
    /// NODE_ENV=production
    /// ```
    ///
    /// ```properties fixed prod/app.env
    /// NODE_ENV=production
    /// DB_URL=postgresql://orders@orders-db.prod.example.internal:5432/orders
    /// ```
    ///
    /// ## What to do
    ///
    /// Put it back, or name in the change where the service gets its address from now.
    ///
    /// ## When it is wrong
    ///
    /// When the service no longer uses the database, or the value comes from a place that the files do not show.
    ///
    /// ## References
    ///
    /// - <https://12factor.net/config>
    pub(super) static CONNECTION_SETTING_REMOVED = "connection-setting-removed", Medium, Medium,
        "An address that something still needs is gone", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if ctx.audit {
        return;
    }
    let addresses = addresses(ctx);
    let kept = |old: &Endpoint| addresses.iter().any(|a| a.old.is_some_and(|o| o.at == old.at));
    let gone = ctx.old.facts.endpoints.iter().filter(|old| !kept(old) && !is_covered(ctx.old, old));
    out.extend(gone.filter_map(|old| removed(ctx, old)));
    let emptied = addresses.iter().filter_map(|a| emptied(ctx, a));
    out.extend(emptied);
}

fn removed(ctx: &Context<'_>, old: &Endpoint) -> Option<Finding> {
    let holder = ctx.old.settings.resource_of(old.setting);
    let still = ctx.new.settings.resources.iter().find(|r| r.id == holder.id)?;
    let setting = ctx.old.settings.get(old.setting);
    // What takes effect is another setting than the written one that changed, at the same place.
    let written_at = |at| ctx.old.settings.get(at).at;
    let at = match ctx.changes.iter().find(|c| c.old.as_ref().is_some_and(|s| written_at(s.setting) == setting.at)) {
        // The key is there with another kind of value; emptied is gone.
        Some(change) => match &change.new {
            Some(new) if !new.text.trim().is_empty() => return None,
            Some(new) => new.at,
            None => old.at,
        },
        None => old.at,
    };
    let came = |e: &&Endpoint| !ctx.old.facts.endpoints.iter().any(|o| o.key == e.key);
    let replaced = ctx.new.facts.endpoints.iter().filter(came).any(|e| is_successor(old, e, &still.id.to_string()));
    // The line of an emptied value is still there, and refers to nothing.
    let emptied = at != old.at;
    if replaced
        || !emptied && is_referred_to(ctx, still, &setting.logical)
        || is_set_elsewhere(ctx, &setting.logical)
        || stands_elsewhere(ctx, old)
    {
        return None;
    }
    Some(finding(ctx, old, at, &setting.logical))
}

/// A new address that can be the same one under another key: of the same owner, or with the same target.
fn is_successor(old: &Endpoint, new: &Endpoint, owner: &str) -> bool {
    let target = |e: &Endpoint| (text(e, "host").map(str::to_owned), text(e, "database").map(str::to_owned));
    let related = new.engine == old.engine || new.engine == crate::connection::Engine::Unknown;
    related && (new.key.owner == owner || target(new) == target(old))
}

/// Whether the thing takes the key, or more of its environment, from elsewhere now.
fn is_referred_to(ctx: &Context<'_>, holder: &crate::setting::Resource, key: &str) -> bool {
    let names_key = holder
        .settings
        .iter()
        .any(|s| s.path.segments().any(|g| matches!(g, Segment::Item(i) | Segment::Key(i) if i == key)));
    let from = [
        "envFrom",
        "env_file",
        "valueFrom",
        "secretRef",
        "existingSecret",
        "secretKeyRef",
        "secrets",
        "externalSecret",
    ];
    let came = ctx.changes.iter().filter(|c| c.old.is_none()).any(|c| {
        let same = c.new.as_ref().is_some_and(|n| ctx.new.settings.resource_of(n.setting).id == holder.id);
        same && from.iter().any(|word| c.path.contains(word))
    });
    names_key || came
}

/// Whether the key came in at another place.
fn is_set_elsewhere(ctx: &Context<'_>, key: &str) -> bool {
    ctx.changes.iter().any(|c| c.old.is_none() && c.new.is_some() && c.logical == key)
}

/// Whether the same target is still named, or named now, by something that the same process can read.
fn stands_elsewhere(ctx: &Context<'_>, old: &Endpoint) -> bool {
    let target = |e: &Endpoint| Some((text(e, "host")?.to_owned(), text(e, "database").map(str::to_owned)));
    let wanted = target(old);
    let same = |e: &&Endpoint| target(e) == wanted && elsewhere::is_near(ctx, old.setting, e.setting);
    wanted.is_some() && ctx.new.facts.endpoints.iter().any(|e| same(&e))
}

/// An address that is there and has lost its host.
fn emptied(ctx: &Context<'_>, address: &crate::rule::addresses::Address<'_>) -> Option<Finding> {
    let old = address
        .old
        .filter(|_| !address.is_for_another_engine())
        .filter(|o| hosts(o).any(|p| p.text.as_deref().is_some_and(|t| !t.trim().is_empty())))?;
    let named = hosts(address.new).any(|p| p.text.as_deref().is_none_or(|t| !t.trim().is_empty()));
    if named
        || address
            .new
            .string
            .as_ref()
            .is_some_and(|s| s.faults.len() > old.string.as_ref().map_or(0, |o| o.faults.len()))
    {
        return None;
    }
    let key = match &address.new.string {
        Some(_) => address.key(),
        None => ctx.new.settings.get(address.new.setting).logical.as_str(),
    };
    Some(finding(ctx, old, address.new.at, key))
}

fn finding(ctx: &Context<'_>, old: &Endpoint, at: Location, key: &str) -> Finding {
    let key = ctx.name(key);
    let was = match (&old.string, text(old, "host")) {
        (Some(string), _) => ctx.redactor.text(&string.redacted(&ctx.old.settings.get(old.setting).value.text)),
        (None, host) => ctx.name(host.unwrap_or_default()),
    };
    // A workload in production without its whole address does not start, or starts on the wrong database.
    let runs = !old.workloads.is_empty() && old.environment == Environment::Production;
    let severity = if runs { Severity::High } else { Severity::Medium };
    FindingBuilder::new(
        CONNECTION_SETTING_REMOVED.name,
        severity,
        Confidence::Medium,
        at,
        shown!("{} is gone: it was {}", key, was),
    )
    .message(Shown::of_static("what held it stays, and no other key of it took its place; frameworks then fall back to the local machine or refuse to start"))
    .subject(subject(ctx, old, ctx.old), old.environment)
    .setting(key.clone(), Some(was.clone()), None)
    .symptom(wording::refused(old))
    .fix(Shown::of_static("put it back, or say where the address comes from now"), Some(was.clone()))
    .rollback(wording::set_back(&key, Some(&was)))
    .question(shown!("Where does the service get its address from without {}?", key))
    .build()
}
