//! What auditors do, with proofs of an invented chain: fetching, verifying, asking, exporting.

#[path = "../support/cases.rs"]
mod cases;
#[path = "../support/published.rs"]
mod published;
#[path = "../../verifier/tests/verifier/support/mod.rs"]
mod support;

mod command_line;
mod everything;
mod exports;
mod fetching;
mod questions;
mod samples;
