//! Plimsoll reviews configuration changes before they sail.

pub mod catalogue;
pub mod diff;
pub mod document;
pub mod format;
pub mod platform;
pub mod problem;
pub mod quantity;
pub mod setting;
pub mod source;
