//! The configuration of each pallet, by domain.

pub mod audit;
pub mod consensus;
pub mod governance;
pub mod membership;
pub mod system;
