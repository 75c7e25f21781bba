//! The weights of `pallet_access`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-24, AMD EPYC, steps 50, repeat 20

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_access::WeightInfo for WeightInfo<T> {
	/// `n` from 1 to 2000.
	fn record_events(n: u32, ) -> Weight {
		// At least 110_063 ns.
		Weight::from_parts(137_512_085, 0)
			// ± 33_384
			.saturating_add(Weight::from_parts(5_570_477, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// `s` from 0 to 2000.
	fn record_subjects(s: u32, ) -> Weight {
		// At least 10_807_546 ns.
		Weight::from_parts(9_768_654_469, 0)
			// ± 233_612
			.saturating_add(Weight::from_parts(12_843_616, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// `p` from 1 to 2000.
	fn record_pages(p: u32, ) -> Weight {
		// At least 10_650_502 ns.
		Weight::from_parts(12_239_527_311, 0)
			// ± 296_932
			.saturating_add(Weight::from_parts(23_465_533, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(p.into())))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(p.into())))
	}
	/// `s` from 1 to 32.
	/// `p` from 0 to 32.
	fn expire(s: u32, p: u32, ) -> Weight {
		// At least 14_324_090 ns.
		Weight::from_parts(14_898_973_154, 0)
			// ± 6_825_640
			.saturating_add(Weight::from_parts(72_266_273, 0).saturating_mul(s.into()))
			// ± 6_608_550
			.saturating_add(Weight::from_parts(52_152_282, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(p.into())))
			.saturating_add(T::DbWeight::get().writes(2))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(p.into())))
	}
	fn pin_rules() -> Weight {
		// At least 14_403_899 ns.
		Weight::from_parts(17_548_790_000, 0)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
}
