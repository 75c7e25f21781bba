//! The weights of `pallet_balances`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-25, AMD EPYC, steps 50, repeat 20

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_imports, unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_balances::WeightInfo for WeightInfo<T> {
	fn transfer_allow_death() -> Weight {
		// At least 40_130 ns.
		Weight::from_parts(41_973_000, 0)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn transfer_keep_alive() -> Weight {
		// At least 34_171 ns.
		Weight::from_parts(36_135_000, 0)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn force_set_balance_creating() -> Weight {
		// At least 15_803 ns.
		Weight::from_parts(16_645_000, 0)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn force_set_balance_killing() -> Weight {
		// At least 16_064 ns.
		Weight::from_parts(17_046_000, 0)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn force_transfer() -> Weight {
		// At least 41_252 ns.
		Weight::from_parts(42_984_000, 0)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	fn transfer_all() -> Weight {
		// At least 43_085 ns.
		Weight::from_parts(44_877_000, 0)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn force_unreserve() -> Weight {
		// At least 13_230 ns.
		Weight::from_parts(13_871_000, 0)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// `u` from 1 to 1000.
	fn upgrade_accounts(u: u32, ) -> Weight {
		// At least 13_220 ns.
		Weight::from_parts(13_411_000, 0)
			// ± 5_605
			.saturating_add(Weight::from_parts(12_392_613, 0).saturating_mul(u.into()))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(u.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(u.into())))
	}
	fn force_adjust_total_issuance() -> Weight {
		// At least 4_036 ns.
		Weight::from_parts(4_297_000, 0)
	}
	fn burn_allow_death() -> Weight {
		// At least 23_365 ns.
		Weight::from_parts(24_317_000, 0)
	}
	fn burn_keep_alive() -> Weight {
		// At least 17_306 ns.
		Weight::from_parts(18_097_000, 0)
	}
}
