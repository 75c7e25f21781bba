//! Tests by theme.

mod allowance;
mod council;
mod keys;
mod validators;
