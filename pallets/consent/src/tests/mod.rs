//! Tests, by topic.

mod cohort;
mod history;
mod subject;
