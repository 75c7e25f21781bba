//! The weights of `pallet_annotation`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-24, AMD EPYC, steps 50, repeat 20

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_annotation::WeightInfo for WeightInfo<T> {
	fn create() -> Weight {
		// At least 77_365 ns.
		Weight::from_parts(84_375_000, 0)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn contribute() -> Weight {
		// At least 28_913 ns.
		Weight::from_parts(31_326_000, 0)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// `n` from 1 to 100.
	fn review(n: u32, ) -> Weight {
		// At least 34_741 ns.
		Weight::from_parts(19_321_281, 0)
			// ± 18_149
			.saturating_add(Weight::from_parts(11_084_026, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(2))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(n.into())))
	}
	fn claim() -> Weight {
		// At least 68_382 ns.
		Weight::from_parts(71_957_000, 0)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	fn close() -> Weight {
		// At least 73_690 ns.
		Weight::from_parts(77_425_000, 0)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// `n` from 1 to 100.
	fn prune(n: u32, ) -> Weight {
		// At least 29_704 ns.
		Weight::from_parts(28_910_278, 0)
			// ± 11_037
			.saturating_add(Weight::from_parts(4_448_251, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(n.into())))
	}
}
