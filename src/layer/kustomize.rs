//! Kustomize overlays over their bases.

use super::{Built, Layering, Tree};

/// See the module.
pub(super) static LAYERING: Layering =
    Layering { name: "kustomize", does: "Kustomize overlays over their bases", build };

fn build(_tree: &Tree<'_>) -> Vec<Built> {
    Vec::new()
}
