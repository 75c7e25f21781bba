//! Tests, by topic.

mod derive;
mod walk;
