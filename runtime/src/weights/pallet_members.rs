//! The weights of `pallet_members`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-25, AMD EPYC, steps 50, repeat 20
//!
//! `admit` and `add_key` have 80 µs more than was measured, for the check of a signature: `set_keys` of `consensus`
//! checks two and was measured with 196 µs. So they are rather too large.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_imports, unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_members::WeightInfo for WeightInfo<T> {
	fn admit() -> Weight {
		// At least 35_013 ns.
		Weight::from_parts(117_366_000, 0)
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().writes(8))
	}
	fn suspend() -> Weight {
		// At least 22_033 ns.
		Weight::from_parts(23_886_000, 0)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn remove() -> Weight {
		// At least 629_886 ns.
		Weight::from_parts(672_219_000, 0)
			.saturating_add(T::DbWeight::get().reads(134))
			.saturating_add(T::DbWeight::get().writes(198))
	}
	fn add_key() -> Weight {
		// At least 68_152 ns.
		Weight::from_parts(152_519_000, 0)
			.saturating_add(T::DbWeight::get().reads(23))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn revoke_key() -> Weight {
		// At least 91_898 ns.
		Weight::from_parts(96_785_000, 0)
			.saturating_add(T::DbWeight::get().reads(22))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn admit_validator() -> Weight {
		// At least 50_496 ns.
		Weight::from_parts(54_521_000, 0)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	fn remove_validator() -> Weight {
		// At least 33_029 ns.
		Weight::from_parts(37_205_000, 0)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	fn name_nodes() -> Weight {
		// At least 16_575 ns.
		Weight::from_parts(18_167_000, 0)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn close_network() -> Weight {
		// At least 225_519 ns.
		Weight::from_parts(237_287_000, 0)
			.saturating_add(T::DbWeight::get().reads(102))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn charge() -> Weight {
		// At least 24_727 ns.
		Weight::from_parts(26_370_000, 0)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(1))
	}
}
