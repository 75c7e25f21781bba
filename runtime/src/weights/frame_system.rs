//! The weights of `frame_system`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-25, AMD EPYC, steps 50, repeat 20

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_imports, unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> frame_system::WeightInfo for WeightInfo<T> {
	/// `b` from 0 to 3932160.
	fn remark(b: u32, ) -> Weight {
		// At least 1_433 ns.
		Weight::from_parts(11_655_317, 0)
			// ± 0
			.saturating_add(Weight::from_parts(208, 0).saturating_mul(b.into()))
	}
	/// `b` from 0 to 3932160.
	fn remark_with_event(b: u32, ) -> Weight {
		// At least 3_736 ns.
		Weight::from_parts(45_933_766, 0)
			// ± 3
			.saturating_add(Weight::from_parts(1_795, 0).saturating_mul(b.into()))
	}
	fn set_heap_pages() -> Weight {
		// At least 2_684 ns.
		Weight::from_parts(2_905_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn set_code() -> Weight {
		// At least 102_936_953 ns.
		Weight::from_parts(109_347_800_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// `i` from 0 to 1000.
	fn set_storage(i: u32, ) -> Weight {
		// At least 1_492 ns.
		Weight::from_parts(1_543_000, 0)
			// ± 1_773
			.saturating_add(Weight::from_parts(644_738, 0).saturating_mul(i.into()))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(i.into())))
	}
	/// `i` from 0 to 1000.
	fn kill_storage(i: u32, ) -> Weight {
		// At least 1_472 ns.
		Weight::from_parts(1_512_000, 0)
			// ± 727
			.saturating_add(Weight::from_parts(452_052, 0).saturating_mul(i.into()))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(i.into())))
	}
	/// `p` from 0 to 1000.
	fn kill_prefix(p: u32, ) -> Weight {
		// At least 2_865 ns.
		Weight::from_parts(2_905_000, 0)
			// ± 1_563
			.saturating_add(Weight::from_parts(920_881, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(p.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(p.into())))
	}
	fn authorize_upgrade() -> Weight {
		// At least 6_770 ns.
		Weight::from_parts(23_565_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn apply_authorized_upgrade() -> Weight {
		// At least 111_676_626 ns.
		Weight::from_parts(115_584_334_000, 0)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(2))
	}
}
