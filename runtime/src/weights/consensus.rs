//! The weights of `consensus`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-25, AMD EPYC, steps 50, repeat 20
//!
//! `set_keys` and `restarts_too_early` by another runner of the same benchmarks, 2026-11-27, while the machine was
//! busy. So they are rather too large.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_imports, unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo<T> {
	pub fn set_keys() -> Weight {
		// At least 171_983 ns.
		Weight::from_parts(196_031_000, 0)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	pub fn purge_keys() -> Weight {
		// At least 32_479 ns.
		Weight::from_parts(35_003_000, 0)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	pub fn report_author() -> Weight {
		// At least 911_709 ns.
		Weight::from_parts(962_085_000, 0)
			.saturating_add(T::DbWeight::get().reads(114))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	pub fn report_voter() -> Weight {
		// At least 899_410 ns.
		Weight::from_parts(961_033_000, 0)
			.saturating_add(T::DbWeight::get().reads(112))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	pub fn plan_config_change() -> Weight {
		// At least 1_542 ns.
		Weight::from_parts(1_732_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}
	pub fn note_stalled() -> Weight {
		// At least 1_512 ns.
		Weight::from_parts(1_692_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}
	pub fn restarts_too_early() -> Weight {
		// At least 531_181 ns.
		Weight::from_parts(546_314_000, 0)
			.saturating_add(T::DbWeight::get().reads(103))
	}
}
