//! What the calls cost, measured by `scripts/weights`.

pub mod pallet_access;
pub mod pallet_annotation;
pub mod pallet_consent;
pub mod pallet_lineage;
pub mod pallet_members;
