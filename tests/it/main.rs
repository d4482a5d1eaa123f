//! Tests of the whole product that are no cases.

#[path = "../support/mod.rs"]
mod support;

mod budgets;
mod examples;
mod generated;
mod hostile;
mod layers;
mod mutations;
mod outputs;
mod properties;
mod queueing;
mod relevance;
mod secrets;
