//! The logs of the datasets: their entries, and the roots of trees from which proofs are made.

mod read;
pub mod rows;
mod write;

pub use read::{EventQuery, Found, Page};
