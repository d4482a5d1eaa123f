//! defaults and profiles of Spring, .NET and Node.

use super::{Built, Layering, Tree};

/// See the module.
pub(super) static LAYERING: Layering =
    Layering { name: "profiles", does: "defaults and profiles of Spring, .NET and Node", build };

fn build(_tree: &Tree<'_>) -> Vec<Built> {
    Vec::new()
}
