//! Plimsoll reviews configuration changes before they sail.

pub mod diff;
pub mod document;
mod parameter;
mod placeholder;
pub mod platform;
pub mod problem;
pub mod quantity;
pub mod secret;
pub mod setting;
pub mod source;
