//! Tests by theme.

mod record;
mod replay;
