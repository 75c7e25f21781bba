//! The weights of `pallet_collective`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-25, AMD EPYC, steps 50, repeat 20
//!
//! `propose_proposed` by another runner of the same benchmarks, 2026-11-27, steps 4, repeat 3, while the machine was
//! busy. So it is rather too large.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_imports, unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_collective::WeightInfo for WeightInfo<T> {
	/// `m` from 0 to 100.
	/// `n` from 0 to 100.
	/// `p` from 0 to 32.
	fn set_members(m: u32, n: u32, p: u32, ) -> Weight {
		// At least 9_104 ns.
		Weight::from_parts(9_224_000, 0)
			// ± 10_701
			.saturating_add(Weight::from_parts(559_516, 0).saturating_mul(m.into()))
			// ± 33_212
			.saturating_add(Weight::from_parts(4_635_139, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(p.into())))
			.saturating_add(T::DbWeight::get().writes(2))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(p.into())))
	}
	/// `b` from 2 to 1024.
	/// `m` from 1 to 100.
	fn execute(b: u32, m: u32, ) -> Weight {
		// At least 9_214 ns.
		Weight::from_parts(8_977_530, 0)
			// ± 4
			.saturating_add(Weight::from_parts(1_403, 0).saturating_mul(b.into()))
			// ± 47
			.saturating_add(Weight::from_parts(6_002, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// `b` from 2 to 1024.
	/// `m` from 1 to 100.
	fn propose_execute(b: u32, m: u32, ) -> Weight {
		// At least 11_347 ns.
		Weight::from_parts(10_824_307, 0)
			// ± 5
			.saturating_add(Weight::from_parts(1_485, 0).saturating_mul(b.into()))
			// ± 56
			.saturating_add(Weight::from_parts(9_120, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(2))
	}
	/// `b` from 2 to 1024.
	/// `m` from 2 to 100.
	/// `p` from 1 to 400.
	fn propose_proposed(b: u32, m: u32, p: u32, ) -> Weight {
		// At least 49_939 ns.
		Weight::from_parts(59_720_991, 0)
			// ± 18_317
			.saturating_add(Weight::from_parts(19_411, 0).saturating_mul(b.into()))
			// ± 190_507
			.saturating_add(Weight::from_parts(86_247, 0).saturating_mul(m.into()))
			// ± 46_930
			.saturating_add(Weight::from_parts(554_463, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// `m` from 5 to 100.
	fn vote(m: u32, ) -> Weight {
		// At least 13_079 ns.
		Weight::from_parts(13_649_101, 0)
			// ± 244
			.saturating_add(Weight::from_parts(22_586, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// `m` from 4 to 100.
	/// `p` from 1 to 32.
	fn close_early_disapproved(m: u32, p: u32, ) -> Weight {
		// At least 16_905 ns.
		Weight::from_parts(15_689_277, 0)
			// ± 479
			.saturating_add(Weight::from_parts(24_254, 0).saturating_mul(m.into()))
			// ± 1_468
			.saturating_add(Weight::from_parts(186_925, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// `b` from 2 to 1024.
	/// `m` from 4 to 100.
	/// `p` from 1 to 32.
	fn close_early_approved(b: u32, m: u32, p: u32, ) -> Weight {
		// At least 24_246 ns.
		Weight::from_parts(20_055_283, 0)
			// ± 296
			.saturating_add(Weight::from_parts(1_413, 0).saturating_mul(b.into()))
			// ± 3_132
			.saturating_add(Weight::from_parts(51_912, 0).saturating_mul(m.into()))
			// ± 9_587
			.saturating_add(Weight::from_parts(294_389, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// `m` from 4 to 100.
	/// `p` from 1 to 32.
	fn close_disapproved(m: u32, p: u32, ) -> Weight {
		// At least 18_768 ns.
		Weight::from_parts(17_454_969, 0)
			// ± 577
			.saturating_add(Weight::from_parts(26_312, 0).saturating_mul(m.into()))
			// ± 1_767
			.saturating_add(Weight::from_parts(187_210, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// `b` from 2 to 1024.
	/// `m` from 4 to 100.
	/// `p` from 1 to 32.
	fn close_approved(b: u32, m: u32, p: u32, ) -> Weight {
		// At least 25_648 ns.
		Weight::from_parts(22_754_028, 0)
			// ± 114
			.saturating_add(Weight::from_parts(1_100, 0).saturating_mul(b.into()))
			// ± 1_205
			.saturating_add(Weight::from_parts(37_737, 0).saturating_mul(m.into()))
			// ± 3_688
			.saturating_add(Weight::from_parts(293_602, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// `p` from 1 to 32.
	fn disapprove_proposal(p: u32, ) -> Weight {
		// At least 9_203 ns.
		Weight::from_parts(9_621_279, 0)
			// ± 403
			.saturating_add(Weight::from_parts(165_529, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// `d` from 0 to 1.
	/// `p` from 1 to 32.
	fn kill(d: u32, p: u32, ) -> Weight {
		// At least 13_600 ns.
		Weight::from_parts(14_103_930, 0)
			// ± 18_584
			.saturating_add(Weight::from_parts(210_320, 0).saturating_mul(d.into()))
			// ± 904
			.saturating_add(Weight::from_parts(203_901, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	fn release_proposal_cost() -> Weight {
		// At least 8_272 ns.
		Weight::from_parts(8_813_000, 0)
			.saturating_add(T::DbWeight::get().reads(2))
	}
}
