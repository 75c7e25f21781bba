//! Tests by theme.

mod derive;
mod walk;
