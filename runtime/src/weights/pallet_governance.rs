//! The weights of `pallet_governance`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-25, AMD EPYC, steps 50, repeat 20

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_imports, unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_governance::WeightInfo for WeightInfo<T> {
	fn approve_upgrade() -> Weight {
		// At least 6_650 ns.
		Weight::from_parts(7_191_000, 0)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn cancel_upgrade() -> Weight {
		// At least 6_590 ns.
		Weight::from_parts(7_131_000, 0)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn apply_upgrade() -> Weight {
		// At least 67_647_855 ns.
		Weight::from_parts(70_973_048_000, 0)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	fn restart_finality() -> Weight {
		// At least 2_162_136 ns.
		Weight::from_parts(2_269_868_000, 0)
			.saturating_add(T::DbWeight::get().reads(402))
			.saturating_add(T::DbWeight::get().writes(101))
	}
}
