//! The weights of `pallet_annotation`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-25, AMD EPYC, steps 50, repeat 20

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_imports, unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_annotation::WeightInfo for WeightInfo<T> {
	fn create() -> Weight {
		// At least 54_282 ns.
		Weight::from_parts(56_725_000, 0)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn contribute() -> Weight {
		// At least 20_821 ns.
		Weight::from_parts(21_893_000, 0)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// `n` from 1 to 100.
	fn review(n: u32, ) -> Weight {
		// At least 24_016 ns.
		Weight::from_parts(5_320_010, 0)
			// ± 58_060
			.saturating_add(Weight::from_parts(8_351_753, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(2))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(n.into())))
	}
	fn claim() -> Weight {
		// At least 49_574 ns.
		Weight::from_parts(51_998_000, 0)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	fn close() -> Weight {
		// At least 55_033 ns.
		Weight::from_parts(57_327_000, 0)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// `n` from 1 to 100.
	fn prune(n: u32, ) -> Weight {
		// At least 20_561 ns.
		Weight::from_parts(16_578_022, 0)
			// ± 2_938
			.saturating_add(Weight::from_parts(3_294_090, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(n.into())))
	}
}
