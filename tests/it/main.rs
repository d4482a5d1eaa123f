//! Tests of the whole product that are no cases.

#[path = "../support/mod.rs"]
mod support;

mod examples;
mod generated;
mod layers;
mod properties;
mod secrets;
