//! What the calls cost.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// The weights that the runtime measures.
pub trait WeightInfo {
	/// `n` events about `s` different subjects in `p` different seconds.
	fn record(n: u32, s: u32, p: u32) -> Weight;
	/// Stepping over `s` seconds and dropping `p` pages.
	fn expire(s: u32, p: u32) -> Weight;
}

/// For tests: the database accesses, and a round sum for each event.
impl WeightInfo for () {
	fn record(n: u32, s: u32, p: u32) -> Weight {
		Weight::from_parts(10_000_000, 0)
			.saturating_mul(u64::from(n))
			.saturating_add(RocksDbWeight::get().reads(u64::from(s).saturating_add(u64::from(p)).saturating_add(4)))
			.saturating_add(RocksDbWeight::get().writes(u64::from(p).saturating_add(1)))
	}

	fn expire(s: u32, p: u32) -> Weight {
		RocksDbWeight::get().reads_writes(u64::from(s).saturating_add(2), u64::from(p).saturating_add(1))
	}
}
