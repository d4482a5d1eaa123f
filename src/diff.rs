//! What changed between two sides, by meaning.
//!
//! In: the settings of both sides. Out: changes in report order. Formatting, comments, quoting, the order of mappings,
//! of named list items, of documents and of files make none. `diff(x, x)` is empty; `diff(a, b)` mirrors `diff(b, a)`.

mod pair;
mod value;

use crate::setting::{Resource, ResourceId, SettingRef, Settings};

/// All differences between two sides, by resource and then by path.
///
/// A resource that went to another file is one [`ChangeKind::Moved`] on its first setting, beside what was changed in it.
#[must_use]
pub fn diff(old: &Settings, new: &Settings) -> Vec<Change> {
    let mut changes = Vec::new();
    for pair in pair::pairs(old, new) {
        let before = pair.old.and_then(|index| old.resources.get(index));
        let after = pair.new.and_then(|index| new.resources.get(index));
        let Some(resource) = after.or(before) else { continue };
        let mut found = value::compare(before, after);
        if let (Some(before), Some(after)) = (before, after)
            && has_moved(before, after)
            && !before.settings.is_empty()
            && !after.settings.is_empty()
        {
            found.push(value::Found { kind: ChangeKind::Moved, old: Some(0), new: Some(0) });
        }
        let at = |resource: Option<usize>, setting: Option<u32>| {
            Some(SettingRef { resource: u32::try_from(resource?).ok()?, setting: setting? })
        };
        changes.extend(found.into_iter().map(|found| Change {
            kind: found.kind,
            old: at(pair.old, found.old),
            new: at(pair.new, found.new),
            resource: resource.id.clone(),
        }));
    }
    let path = |change: &Change| {
        let new = change.new.map(|at| &new.get(at).path);
        new.or_else(|| change.old.map(|at| &old.get(at).path))
    };
    changes.sort_by(|a, b| {
        (&a.resource, path(a), a.kind, a.new, a.old).cmp(&(&b.resource, path(b), b.kind, b.new, b.old))
    });
    changes
}

/// Whether a resource goes by another file or name, and no setting of it says so.
fn has_moved(old: &Resource, new: &Resource) -> bool {
    let renamed = old.id.kind == "service" && old.id.name != new.id.name;
    old.path != new.path || renamed
}


/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// Where it stood before; absent for an addition.
    pub old: Option<SettingRef>,
    /// Where it stands now; absent for a removal.
    pub new: Option<SettingRef>,
    /// The resource it belongs to (the new one where both exist).
    pub resource: ResourceId,
}

/// What happened to a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Not there before.
    Added,
    /// Not there any more.
    Removed,
    /// Another value.
    Modified,
    /// The same value in another file or under another key.
    Moved,
    /// The same text, read as another type (`10` and `"10"`).
    Retyped,
    /// The same items in another order, where order means something.
    Reordered,
}

impl ChangeKind {
    /// As the JSON report spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Modified => "modified",
            ChangeKind::Moved => "moved",
            ChangeKind::Retyped => "retyped",
            ChangeKind::Reordered => "reordered",
        }
    }
}
