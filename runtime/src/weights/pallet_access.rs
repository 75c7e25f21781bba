//! The weights of `pallet_access`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-25, AMD EPYC, steps 50, repeat 20
//!
//! `record_events`, and all reads and writes of `record`, by another runner of the same benchmarks, 2026-11-27, steps
//! 50, repeat 20. It measures what did not change as 1.6 times as much or more. `record_activities` by that runner with
//! steps 20, repeat 10. So these are rather too large.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_imports, unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_access::WeightInfo for WeightInfo<T> {
	/// `n` from 1 to 2000.
	fn record_events(n: u32, ) -> Weight {
		// At least 84_107 ns.
		Weight::from_parts(200_883_961, 0)
			// ± 7_770
			.saturating_add(Weight::from_parts(2_135_750, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// `s` from 0 to 2000.
	fn record_subjects(s: u32, ) -> Weight {
		// At least 4_455_981 ns.
		Weight::from_parts(4_716_401_725, 0)
			// ± 16_168
			.saturating_add(Weight::from_parts(4_684_433, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// `a` from 0 to 2000.
	fn record_activities(a: u32, ) -> Weight {
		// At least 5_521_785 ns.
		Weight::from_parts(5_788_246_604, 0)
			// ± 51_830
			.saturating_add(Weight::from_parts(10_240_329, 0).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(a.into())))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	fn pin_rules() -> Weight {
		// At least 9_499_483 ns.
		Weight::from_parts(10_029_970_000, 0)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
}
