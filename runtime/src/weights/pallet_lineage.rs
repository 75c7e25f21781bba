//! The weights of `pallet_lineage`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-25, AMD EPYC, steps 50, repeat 20
//!
//! `register`, and `derive` for each output, have 20 µs more than was measured, for a registration that lapses first:
//! three look-ups and an event. So they are rather too large: another runner of the same benchmarks, 2026-11-27,
//! measures `start` and `attach_evidence` as 1.9 times what they have here, and these as 1.7 times at most.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_imports, unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_lineage::WeightInfo for WeightInfo<T> {
	fn register() -> Weight {
		// At least 36_335 ns.
		Weight::from_parts(58_398_000, 0)
			.saturating_add(T::DbWeight::get().reads(11))
			.saturating_add(T::DbWeight::get().writes(6))
	}
	fn start() -> Weight {
		// At least 36_214 ns.
		Weight::from_parts(38_147_000, 0)
			.saturating_add(T::DbWeight::get().reads(8))
			.saturating_add(T::DbWeight::get().writes(6))
	}
	/// `i` from 1 to 64.
	/// `o` from 1 to 16.
	fn derive(i: u32, o: u32, ) -> Weight {
		// At least 113_330 ns.
		Weight::from_parts(19_221_600, 0)
			// ± 6_732
			.saturating_add(Weight::from_parts(5_519_302, 0).saturating_mul(i.into()))
			// ± 27_398
			.saturating_add(Weight::from_parts(25_495_697, 0).saturating_mul(o.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(i.into())))
			.saturating_add(T::DbWeight::get().reads((3_u64).saturating_mul(o.into())))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(i.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(o.into())))
	}
	fn attach_evidence() -> Weight {
		// At least 20_010 ns.
		Weight::from_parts(21_032_000, 0)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(1))
	}
}
