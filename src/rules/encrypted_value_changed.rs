//! A part of a connection changed inside an encrypted file, where nobody can review it.

use std::collections::BTreeSet;

use crate::connection::{PartRole, part_role_for_key};
use crate::declare_rule;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::meaning::{ChangeSide, Explained};
use crate::rule::Context;
use crate::rule::wording;
use crate::secret::Shown;
use crate::setting::{Setting, Settings};
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// An address, a host, a user or a database whose value is encrypted in the file (SOPS, Ansible Vault, a sealed
    /// secret), and that is new or changed. Where every value of the object changed, it was only encrypted anew, and
    /// where only a password changed, it was rotated: both are left alone.
    ///
    /// ## Why it hurts
    ///
    /// A typo in a connection string that nobody can read is approved by everybody. It shows when the service restarts.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/secret.sops.yaml
    /// kind: Secret
    /// metadata: {name: orders}
    /// stringData:
    ///   DATABASE_URL: ENC[AES256_GCM,data:aaaaaaaaaaaa,iv:aaaa,tag:aaaa,type:str]
    ///   API_TOKEN: ENC[AES256_GCM,data:bbbbbbbbbbbb,iv:bbbb,tag:bbbb,type:str]
    /// ```
    ///
    /// ```yaml after prod/secret.sops.yaml
    /// kind: Secret
    /// metadata: {name: orders}
    /// stringData:
    ///   DATABASE_URL: ENC[AES256_GCM,data:cccccccccccc,iv:cccc,tag:cccc,type:str]
    ///   API_TOKEN: ENC[AES256_GCM,data:bbbbbbbbbbbb,iv:bbbb,tag:bbbb,type:str]
    /// ```
    ///
    /// ```yaml fixed prod/secret.sops.yaml
    /// kind: Secret
    /// metadata: {name: orders}
    /// stringData:
    ///   DATABASE_URL: ENC[AES256_GCM,data:cccccccccccc,iv:cccc,tag:cccc,type:str]
    ///   API_TOKEN: ENC[AES256_GCM,data:dddddddddddd,iv:dddd,tag:dddd,type:str]
    /// ```
    ///
    /// ## What to do
    ///
    /// Ask the author what changed, or let somebody with the key compare both sides. Better, keep host, port and name in
    /// plain settings and encrypt the password alone.
    ///
    /// ## When it is wrong
    ///
    /// When only the password inside an address was rotated.
    ///
    /// ## References
    ///
    /// - <https://getsops.io/docs/>
    pub(super) static ENCRYPTED_VALUE_CHANGED = "encrypted-value-changed", Low, High,
        "A part of a connection changed where nobody can read it", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.audit {
        out.extend(ctx.changes.iter().filter_map(|change| finding(ctx, change)));
    }
}

fn finding(ctx: &Context<'_>, change: &Explained) -> Option<Finding> {
    let new = change.new.as_ref().filter(|new| is_encrypted(ctx.new.settings, new))?;
    let part = part_role_for_key(&change.logical)?.role;
    if matches!(part, PartRole::Password | PartRole::TlsMode | PartRole::Port) {
        return None;
    }
    let key = ctx.name(&change.logical);
    let title = match &change.old {
        Some(old) if !is_encrypted(ctx.old.settings, old) => {
            shown!("{} is encrypted now: its value cannot be compared", key)
        }
        Some(_) if !some_stayed(ctx, new) => return None,
        Some(_) => shown!("{} changed, encrypted: nobody sees how", key),
        None if is_new_object(ctx, new) => return None,
        None => shown!("{} is new, encrypted: nobody sees where it leads", key),
    };
    Some(
        FindingBuilder::new(ENCRYPTED_VALUE_CHANGED.name, Severity::Low, Confidence::High, new.at, title)
            .message(Shown::of_static("a slip in it would pass the review unseen, and shows when the service restarts"))
            .subject(change.subject.as_deref().map(|s| ctx.name(s)), change.environment)
            .setting(key.clone(), None, None)
            .symptom(Shown::of_static("connections fail at the next restart"))
            .fix(Shown::of_static("let somebody with the key compare both sides; encrypt the password alone"), None)
            .rollback(match &change.old {
                Some(_) => shown!("put the earlier value of {} back; clients read it at start, so restart them", key),
                None => wording::set_back(&key, None),
            })
            .build(),
    )
}

fn is_encrypted(settings: &Settings, side: &ChangeSide) -> bool {
    settings.resource_of(side.setting).is_encrypted(settings.get(side.setting))
}

/// Whether another encrypted value of the object is as it was, so that not the whole was encrypted anew.
fn some_stayed(ctx: &Context<'_>, new: &ChangeSide) -> bool {
    let holder = ctx.new.settings.resource_of(new.setting);
    let old = ctx.old.settings.resources.iter().filter(|r| r.id == holder.id);
    let before: BTreeSet<(&str, &str)> =
        old.flat_map(|r| &r.settings).map(|s| (s.logical.as_str(), s.value.text.as_str())).collect();
    let kept = |s: &Setting| before.contains(&(s.logical.as_str(), s.value.text.as_str()));
    // The checksum over the whole changes with any of its values.
    holder.settings.iter().any(|s| holder.is_encrypted(s) && s.logical != "mac" && kept(s))
}

fn is_new_object(ctx: &Context<'_>, new: &ChangeSide) -> bool {
    let holder = ctx.new.settings.resource_of(new.setting);
    !ctx.old.settings.resources.iter().any(|r| r.id == holder.id)
}
