//! Tests, by topic.

mod record;
mod replay;
