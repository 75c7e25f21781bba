//! The weights of `frame_system_extensions`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-25, AMD EPYC, steps 50, repeat 20

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_imports, unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> frame_system::ExtensionsWeightInfo for WeightInfo<T> {
	fn check_genesis() -> Weight {
		// At least 1_402 ns.
		Weight::from_parts(1_582_000, 0)
	}
	fn check_mortality_mortal_transaction() -> Weight {
		// At least 2_974 ns.
		Weight::from_parts(3_285_000, 0)
	}
	fn check_mortality_immortal_transaction() -> Weight {
		// At least 2_904 ns.
		Weight::from_parts(3_295_000, 0)
	}
	fn check_non_zero_sender() -> Weight {
		// At least 410 ns.
		Weight::from_parts(500_000, 0)
	}
	fn check_nonce() -> Weight {
		// At least 5_448 ns.
		Weight::from_parts(5_888_000, 0)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn check_spec_version() -> Weight {
		// At least 320 ns.
		Weight::from_parts(390_000, 0)
	}
	fn check_tx_version() -> Weight {
		// At least 310 ns.
		Weight::from_parts(390_000, 0)
	}
	fn check_weight() -> Weight {
		// At least 2_774 ns.
		Weight::from_parts(3_025_000, 0)
	}
	fn weight_reclaim() -> Weight {
		// At least 1_572 ns.
		Weight::from_parts(1_772_000, 0)
	}
}
