//! The weights of `pallet_utility`, measured by `scripts/weights`.
//!
//! frame-benchmarking-cli 64.0.0, 2026-11-25, AMD EPYC, steps 50, repeat 20

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_imports, unused_parens, unused_variables)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What was measured.
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_utility::WeightInfo for WeightInfo<T> {
	/// `c` from 0 to 1000.
	fn batch(c: u32, ) -> Weight {
		// At least 3_245 ns.
		Weight::from_parts(3_375_000, 0)
			// ± 686
			.saturating_add(Weight::from_parts(2_472_472, 0).saturating_mul(c.into()))
	}
	fn as_derivative() -> Weight {
		// At least 3_175 ns.
		Weight::from_parts(3_395_000, 0)
	}
	/// `c` from 0 to 1000.
	fn batch_all(c: u32, ) -> Weight {
		// At least 3_235 ns.
		Weight::from_parts(3_335_000, 0)
			// ± 683
			.saturating_add(Weight::from_parts(2_670_932, 0).saturating_mul(c.into()))
	}
	fn dispatch_as() -> Weight {
		// At least 4_567 ns.
		Weight::from_parts(4_837_000, 0)
	}
	/// `c` from 0 to 1000.
	fn force_batch(c: u32, ) -> Weight {
		// At least 3_225 ns.
		Weight::from_parts(2_124_377, 0)
			// ± 1_055
			.saturating_add(Weight::from_parts(2_431_728, 0).saturating_mul(c.into()))
	}
	fn dispatch_as_fallible() -> Weight {
		// At least 4_607 ns.
		Weight::from_parts(4_877_000, 0)
	}
	fn if_else() -> Weight {
		// At least 5_738 ns.
		Weight::from_parts(6_049_000, 0)
	}
}
