//! The weights of `consensus`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-25, AMD EPYC, steps 50, repeat 20
//!
//! `set_keys`, `purge_keys`, `report_author`, `report_voter` and `restarts_too_early` by another runner of the same
//! benchmarks, 2026-11-27, which measures calls of other pallets as 1.6 to 2 times what this tool does. So they are
//! rather too large.

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
		// At least 70_701 ns.
		Weight::from_parts(84_341_000, 0)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	pub fn report_author() -> Weight {
		// At least 1_660_093 ns.
		Weight::from_parts(1_731_183_000, 0)
			.saturating_add(T::DbWeight::get().reads(116))
			.saturating_add(T::DbWeight::get().writes(6))
	}
	pub fn report_voter() -> Weight {
		// At least 1_661_052 ns.
		Weight::from_parts(1_704_631_000, 0)
			.saturating_add(T::DbWeight::get().reads(114))
			.saturating_add(T::DbWeight::get().writes(6))
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
