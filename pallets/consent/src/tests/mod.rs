//! Tests by theme.

mod cohort;
mod history;
mod subject;
