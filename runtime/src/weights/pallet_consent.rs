//! The weights of `pallet_consent`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-24, AMD EPYC, steps 50, repeat 20

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_consent::WeightInfo for WeightInfo<T> {
	fn grant() -> Weight {
		// At least 114_370 ns.
		Weight::from_parts(123_764_000, 0)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// `d` from 0 to 16.
	fn narrow(d: u32, ) -> Weight {
		// At least 251_084 ns.
		Weight::from_parts(264_387_230, 0)
			// ± 89_383
			.saturating_add(Weight::from_parts(43_137_571, 0).saturating_mul(d.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(d.into())))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(d.into())))
	}
	fn declare_dataset() -> Weight {
		// At least 81_832 ns.
		Weight::from_parts(87_400_000, 0)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// `n` from 1 to 1000.
	fn enrol(n: u32, ) -> Weight {
		// At least 153_629 ns.
		Weight::from_parts(620_134_617, 0)
			// ± 478_077
			.saturating_add(Weight::from_parts(102_506_605, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(n.into())))
	}
}
