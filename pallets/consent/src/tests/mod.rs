//! Tests, by topic.

mod change;
mod cohort;
mod hindsight;
mod history;
mod subject;
