//! Plimsoll reviews configuration changes before they sail.
//!
//! It compares two states of deployment configuration by meaning, understands connection strings and pool limits, adds
//! up who may open how many connections against which server, and says how risky the change is and what to do.
//!
//! The one door is [`review::review`]: files of both sides in, a [`report::Report`] out; [`render::render`] turns it
//! into text. Nothing here reads a disk, a clock or an environment.

pub mod budget;
pub mod catalogue;
#[cfg(feature = "cli")]
pub mod cli;
pub mod conclude;
pub mod config;
pub mod connection;
pub mod diff;
pub mod document;
#[cfg(feature = "cli")]
pub mod drill;
pub mod facts;
pub mod finding;
pub mod format;
pub mod layer;
pub mod limits;
pub mod meaning;
mod parameter;
pub mod patch;
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
pub mod spread;
pub mod suppression;
pub mod textdiff;

/// The version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
