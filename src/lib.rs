//! Plimsoll reviews configuration changes before they sail.

pub mod budget;
pub mod catalogue;
#[cfg(feature = "cli")]
pub mod cli;
pub mod conclude;
pub mod config;
pub mod connection;
pub mod diff;
pub mod document;
pub mod facts;
pub mod finding;
pub mod format;
pub mod meaning;
mod parameter;
mod placeholder;
pub mod platform;
pub mod problem;
pub mod quantity;
pub mod render;
pub mod report;
pub mod review;
pub mod rule;
pub mod rules;
pub mod score;
pub mod secret;
pub mod setting;
pub mod source;
pub mod suppression;
pub mod textdiff;

/// The version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
