//! The weights of `pallet_lineage`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-24, AMD EPYC, steps 50, repeat 20

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_lineage::WeightInfo for WeightInfo<T> {
	fn register() -> Weight {
		// At least 48_332 ns.
		Weight::from_parts(51_176_000, 0)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(6))
	}
	fn start() -> Weight {
		// At least 48_382 ns.
		Weight::from_parts(51_177_000, 0)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(6))
	}
	/// `i` from 1 to 64.
	/// `o` from 1 to 16.
	fn derive(i: u32, o: u32, ) -> Weight {
		// At least 166_538 ns.
		Weight::from_parts(17_922_748, 0)
			// ± 14_777
			.saturating_add(Weight::from_parts(7_852_931, 0).saturating_mul(i.into()))
			// ± 60_140
			.saturating_add(Weight::from_parts(9_145_916, 0).saturating_mul(o.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(i.into())))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(o.into())))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(i.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(o.into())))
	}
	fn attach_evidence() -> Weight {
		// At least 27_922 ns.
		Weight::from_parts(29_584_000, 0)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(1))
	}
}
