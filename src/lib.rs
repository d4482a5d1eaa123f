//! Plimsoll reviews configuration changes before they sail.

pub mod catalogue;
pub mod document;
pub mod problem;
pub mod quantity;
pub mod source;
