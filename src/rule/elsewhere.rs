//! Whether a setting that went from one place stands at another, so that moving is not taken for losing.
//!
//! In: a place of one side. Out: what stands on the other side where the same process can read it, as far as the files
//! tell. It judges nothing by itself.

use crate::rule::Context;
use crate::setting::{Resource, Setting, SettingRef, Shape};

/// Whether what held the old setting can read the new one: it is the same object, a family of files (`application.yml`
/// and `application-prod.yml`), or an object beside a workload that is no other workload's own.
pub(crate) fn is_near(ctx: &Context<'_>, old: SettingRef, new: SettingRef) -> bool {
    near(ctx.old.settings.resource_of(old), ctx.new.settings.resource_of(new))
}

fn near(was: &Resource, is: &Resource) -> bool {
    if was.id == is.id {
        return true;
    }
    let workload = |r: &Resource| matches!(r.shape, Shape::Workload(_));
    let apart = folder(&was.path) != folder(&is.path) || was.environment != is.environment;
    if apart || workload(was) && workload(is) {
        return false;
    }
    let plain = was.id.is_file() && is.id.is_file();
    !plain || family(&was.path) == family(&is.path)
}

/// Settings of the new side under this key that what held the old one can read.
pub(crate) fn of_key<'a>(ctx: &Context<'a>, old: SettingRef, key: &str) -> Option<&'a Setting> {
    let was = ctx.old.settings.resource_of(old);
    let holders = ctx.new.settings.resources.iter().filter(|is| near(was, is));
    holders.flat_map(|r| &r.settings).find(|s| s.logical == key && !s.value.text.trim().is_empty())
}

/// Whether a password of the new side was a password or value of the same folder before: it moved, and nobody learns it
/// who did not know it.
pub(crate) fn was_known(ctx: &Context<'_>, new: SettingRef, password: &str) -> bool {
    let home = folder(&ctx.new.settings.resource_of(new).path);
    let near = ctx.old.settings.resources.iter().filter(|r| folder(&r.path) == home);
    let as_value = || near.flat_map(|r| &r.settings).any(|s| s.value.text == password);
    let in_string = || {
        let near =
            ctx.old.facts.endpoints.iter().filter(|e| folder(&ctx.old.settings.resource_of(e.setting).path) == home);
        let mut secrets = near.filter_map(|e| e.string.as_ref()?.password.as_ref());
        secrets.any(|(secret, _)| secret.text_for_matching() == password)
    };
    as_value() || in_string()
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The name of a file up to what tells its variant: `application` of `application-prod.yml`, `.env` of `.env.local`.
fn family(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let end = name.char_indices().skip(1).find(|(_, c)| matches!(c, '-' | '.' | '_')).map_or(name.len(), |(i, _)| i);
    name.get(..end).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_one_file_are_a_family() {
        assert_eq!(family("prod/application-prod.yml"), family("prod/application.yml"));
        assert_eq!(family("app/.env.local"), family("app/.env"));
        assert_ne!(family("app/orders.env"), family("app/billing.env"));
    }
}
