//! Plimsoll reviews configuration changes before they sail.

pub mod document;
pub mod format;
pub mod problem;
pub mod quantity;
pub mod source;
