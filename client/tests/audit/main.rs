//! What auditors do, with proofs of a chain that is made up: fetching, verifying, asking, exporting.

#[path = "../../verifier/tests/verifier/support/mod.rs"]
mod support;

mod command_line;
mod everything;
mod exports;
mod fetching;
mod questions;
mod samples;
