//! The weights of `pallet_members`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-24, AMD EPYC, steps 50, repeat 20

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_members::WeightInfo for WeightInfo<T> {
	fn admit() -> Weight {
		// At least 71_905 ns.
		Weight::from_parts(77_535_000, 0)
			.saturating_add(T::DbWeight::get().reads(8))
			.saturating_add(T::DbWeight::get().writes(8))
	}
	fn suspend() -> Weight {
		// At least 45_695 ns.
		Weight::from_parts(53_119_000, 0)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn remove() -> Weight {
		// At least 1_126_513 ns.
		Weight::from_parts(1_241_849_000, 0)
			.saturating_add(T::DbWeight::get().reads(134))
			.saturating_add(T::DbWeight::get().writes(197))
	}
	fn add_key() -> Weight {
		// At least 131_146 ns.
		Weight::from_parts(168_136_000, 0)
			.saturating_add(T::DbWeight::get().reads(22))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn revoke_key() -> Weight {
		// At least 183_344 ns.
		Weight::from_parts(331_101_000, 0)
			.saturating_add(T::DbWeight::get().reads(22))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn admit_validator() -> Weight {
		// At least 145_923 ns.
		Weight::from_parts(241_413_000, 0)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	fn remove_validator() -> Weight {
		// At least 143_138 ns.
		Weight::from_parts(186_560_000, 0)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(3))
	}
}
