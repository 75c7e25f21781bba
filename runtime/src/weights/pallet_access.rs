//! The weights of `pallet_access`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-25, AMD EPYC, steps 50, repeat 20
//!
//! `record_activities` by another runner of the same benchmarks, 2026-11-27, steps 20, repeat 10, while the machine was
//! about 1.4 times slower. So it is rather too large.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_imports, unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_access::WeightInfo for WeightInfo<T> {
	/// `n` from 1 to 2000.
	fn record_events(n: u32, ) -> Weight {
		// At least 136_075 ns.
		Weight::from_parts(354_734_390, 0)
			// ± 4_898
			.saturating_add(Weight::from_parts(2_012_959, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// `s` from 0 to 2000.
	fn record_subjects(s: u32, ) -> Weight {
		// At least 4_455_981 ns.
		Weight::from_parts(4_716_401_725, 0)
			// ± 16_168
			.saturating_add(Weight::from_parts(4_684_433, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// `a` from 0 to 2000.
	fn record_activities(a: u32, ) -> Weight {
		// At least 5_521_785 ns.
		Weight::from_parts(5_788_246_604, 0)
			// ± 51_830
			.saturating_add(Weight::from_parts(10_240_329, 0).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(a.into())))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// `p` from 4 to 2000.
	fn record_pages(p: u32, ) -> Weight {
		// At least 4_295_550 ns.
		Weight::from_parts(4_014_137_277, 0)
			// ± 257_635
			.saturating_add(Weight::from_parts(70_730_878, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(p.into())))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(p.into())))
	}
	/// `s` from 1 to 32.
	/// `p` from 0 to 32.
	fn expire(s: u32, p: u32, ) -> Weight {
		// At least 30_235 ns.
		Weight::from_parts(31_187_000, 0)
			// ± 9_656
			.saturating_add(Weight::from_parts(1_832_037, 0).saturating_mul(s.into()))
			// ± 9_691
			.saturating_add(Weight::from_parts(408_871, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(p.into())))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(p.into())))
	}
	fn pin_rules() -> Weight {
		// At least 9_499_483 ns.
		Weight::from_parts(10_029_970_000, 0)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
}
