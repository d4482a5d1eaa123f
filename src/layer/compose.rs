//! Compose files with their overrides, `extends` and `.env`.

use super::{Built, Layering, Tree};

/// See the module.
pub(super) static LAYERING: Layering =
    Layering { name: "compose", does: "Compose files with their overrides, `extends` and `.env`", build };

fn build(_tree: &Tree<'_>) -> Vec<Built> {
    Vec::new()
}
