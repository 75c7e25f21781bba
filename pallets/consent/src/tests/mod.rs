//! Tests, by topic.

mod cohort;
mod hindsight;
mod history;
mod subject;
