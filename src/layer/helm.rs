//! Helm charts with their values.

use super::{Built, Layering, Tree};

/// See the module.
pub(super) static LAYERING: Layering = Layering { name: "helm", does: "Helm charts with their values", build };

fn build(_tree: &Tree<'_>) -> Vec<Built> {
    Vec::new()
}
