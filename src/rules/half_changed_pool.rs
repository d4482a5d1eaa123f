//! The pool of one of several like workloads changed, and that of the others did not.

use crate::catalogue::{ReadValue, Role};
use crate::declare_rule;
use crate::facts::{Facts, Pool};
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::rule::{Context, PoolChange};
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// Workloads of one environment that run the same image with the same pool, of which the change gives one another
    /// greatest size or another time limit while the rest keep what they had.
    ///
    /// ## Why it hurts
    ///
    /// A limit that was raised because requests waited is met again by the workload that was forgotten, and a time limit
    /// that only some honour ends nothing.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/compose.yaml
    /// services:
    ///   api:
    ///     image: registry.example/orders:1.4
    ///     environment: {SPRING_DATASOURCE_URL: "jdbc:postgresql://db/orders", SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: 10}
    ///   worker:
    ///     image: registry.example/orders:1.4
    ///     environment: {SPRING_DATASOURCE_URL: "jdbc:postgresql://db/orders", SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: 10}
    /// ```
    ///
    /// ```yaml after prod/compose.yaml
    /// services:
    ///   api:
    ///     image: registry.example/orders:1.4
    ///     environment: {SPRING_DATASOURCE_URL: "jdbc:postgresql://db/orders", SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: 14}
    ///   worker:
    ///     image: registry.example/orders:1.4
    ///     environment: {SPRING_DATASOURCE_URL: "jdbc:postgresql://db/orders", SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: 10}
    /// ```
    ///
    /// ```yaml fixed prod/compose.yaml
    /// services:
    ///   api:
    ///     image: registry.example/orders:1.4
    ///     environment: {SPRING_DATASOURCE_URL: "jdbc:postgresql://db/orders", SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: 14}
    ///   worker:
    ///     image: registry.example/orders:1.4
    ///     environment: {SPRING_DATASOURCE_URL: "jdbc:postgresql://db/orders", SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: 14}
    /// ```
    ///
    /// ## What to do
    ///
    /// Change the others as well, or leave a word beside the one that differs.
    ///
    /// ## When it is wrong
    ///
    /// When the workloads of one image do different work and only one of them needs it.
    ///
    /// ## References
    ///
    /// - <https://github.com/brettwooldridge/HikariCP/wiki/About-Pool-Sizing>
    pub(super) static HALF_CHANGED_POOL = "half-changed-pool", Low, Low,
        "The pool of one of several like workloads changed, and the others kept theirs", check;
}

/// What several workloads of one image usually have alike.
const ROLES: [Role; 4] = [Role::PoolMax, Role::AcquireTimeout, Role::MaxLifetime, Role::StatementTimeout];

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if ctx.audit {
        return;
    }
    for role in ROLES {
        out.extend(ctx.pool_changes(role).iter().filter_map(|change| finding(ctx, role, change)));
    }
}

fn finding(ctx: &Context<'_>, role: Role, change: &PoolChange<'_>) -> Option<Finding> {
    let (old, new) = (change.old?, change.new?);
    let (was, pool) = (change.old_pool?, change.new_pool?);
    if was.covered || pool.covered || is_opaque(&old.value) || is_opaque(&new.value) {
        return None;
    }
    let image = image(ctx.new.facts, pool)?;
    let stayed = |other: &&Pool| {
        let before = ctx.old.facts.pools.iter().find(|p| p.key == other.key);
        let keeps = |p: &Pool| p.setting(role).is_some_and(|s| s.value == old.value);
        other.key != pool.key
            && (&other.key.library, &other.key.group) == (&pool.key.library, &pool.key.group)
            && other.environment == pool.environment
            && !other.covered
            && self::image(ctx.new.facts, other) == Some(image)
            && keeps(other)
            && before.is_some_and(keeps)
    };
    let others: Vec<&Pool> = ctx.new.facts.pools.iter().filter(stayed).collect();
    let first = others.first()?;
    // A line that several read is one line: nothing stayed behind that stands at the same place.
    let kept = first.setting(role).filter(|s| s.at != new.at)?;
    let names: Vec<Shown> = others.iter().filter_map(|p| ctx.owner(p)).take(3).collect();
    let names = Shown::join(&names, ", ");
    let key = ctx.name(&new.name);
    let (before, after) = (ctx.written(Some(old))?, ctx.written(Some(new))?);
    let mover = ctx.owner(pool)?;
    let title = shown!("{} of {} changed, {} → {}, and {} kept {}", key, mover, before, after, names, before);
    let verb = if others.len() == 1 { "runs" } else { "run" };
    Some(
        FindingBuilder::new(HALF_CHANGED_POOL.name, Severity::Low, Confidence::Low, kept.at, title)
            .message(shown!("{} {} the same image with the same pool: {}", names, verb, ctx.name(image)))
            .subject(ctx.owner(first), pool.environment)
            .setting(ctx.name(&kept.name), Some(before.clone()), Some(before.clone()))
            .evidence(new.at, shown!("changed: {} → {}", before, after))
            .fix(shown!("set {} here too, or say beside it why they differ", after), Some(after))
            .rollback(shown!("set {} of {} back to {}; it is read at start, so restart it", key, mover, before))
            .discriminator(shown!("{}", role.as_str()))
            .build(),
    )
}

fn is_opaque(value: &ReadValue) -> bool {
    matches!(value, ReadValue::NotANumber)
}

/// The image of the container that opens a pool, without its version.
fn image<'a>(facts: &'a Facts, pool: &Pool) -> Option<&'a str> {
    let (w, c) = pool.owner?;
    let image = facts.workloads.get(w)?.containers.get(c)?.image.as_deref()?;
    let bare = image.split('@').next().unwrap_or(image);
    let name = bare.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(bare, |(name, _)| name);
    (!name.is_empty()).then_some(name)
}
