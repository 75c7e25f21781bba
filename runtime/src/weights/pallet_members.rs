//! The weights of `pallet_members`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-25, AMD EPYC, steps 50, repeat 20
//!
//! All but `name_nodes`, `close_network` and `charge` by another runner of the same benchmarks, 2026-11-27. It measures
//! these three as 1.7 to 2.6 times what they have here, so the others are rather too large.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_imports, unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_members::WeightInfo for WeightInfo<T> {
	fn admit() -> Weight {
		// At least 147_098 ns.
		Weight::from_parts(162_160_000, 0)
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().writes(8))
	}
	fn suspend() -> Weight {
		// At least 50_600 ns.
		Weight::from_parts(52_844_000, 0)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn reinstate() -> Weight {
		// At least 491_846 ns.
		Weight::from_parts(499_206_000, 0)
			.saturating_add(T::DbWeight::get().reads(133))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn remove() -> Weight {
		// At least 570_346 ns.
		Weight::from_parts(582_349_000, 0)
			.saturating_add(T::DbWeight::get().reads(70))
			.saturating_add(T::DbWeight::get().writes(134))
	}
	fn add_key() -> Weight {
		// At least 765_830 ns.
		Weight::from_parts(815_967_000, 0)
			.saturating_add(T::DbWeight::get().reads(134))
			.saturating_add(T::DbWeight::get().writes(8))
	}
	fn revoke_key() -> Weight {
		// At least 533_643 ns.
		Weight::from_parts(540_583_000, 0)
			.saturating_add(T::DbWeight::get().reads(132))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	fn admit_validator() -> Weight {
		// At least 599_128 ns.
		Weight::from_parts(608_410_000, 0)
			.saturating_add(T::DbWeight::get().reads(134))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn remove_validator() -> Weight {
		// At least 549_587 ns.
		Weight::from_parts(585_517_000, 0)
			.saturating_add(T::DbWeight::get().reads(132))
			.saturating_add(T::DbWeight::get().writes(4))
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
