//! What changed between two sides, by meaning.
//!
//! In: the settings of both sides. Out: changes in report order. Formatting, comments, quoting, the order of mappings,
//! of named list items, of documents and of files make none. `diff(x, x)` is empty; `diff(a, b)` mirrors `diff(b, a)`.

use crate::setting::{ResourceId, SettingRef};

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
