//! What the calls cost.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// The weights that the runtime measures.
pub trait WeightInfo {
	/// Funding a campaign.
	fn create() -> Weight;
	/// Contributing.
	fn contribute() -> Weight;
	/// Judging `n` contributions.
	fn review(n: u32) -> Weight;
	/// Claiming.
	fn claim() -> Weight;
	/// Closing a campaign.
	fn close() -> Weight;
	/// Dropping `n` contributions.
	fn prune(n: u32) -> Weight;
}

/// For tests: the database accesses alone.
impl WeightInfo for () {
	fn create() -> Weight {
		RocksDbWeight::get().reads_writes(5, 4)
	}

	fn contribute() -> Weight {
		RocksDbWeight::get().reads_writes(4, 2)
	}

	fn review(n: u32) -> Weight {
		RocksDbWeight::get()
			.reads_writes(3, 1)
			.saturating_add(RocksDbWeight::get().reads_writes(2, 2).saturating_mul(n.into()))
	}

	fn claim() -> Weight {
		RocksDbWeight::get().reads_writes(5, 3)
	}

	fn close() -> Weight {
		RocksDbWeight::get().reads_writes(5, 3)
	}

	fn prune(n: u32) -> Weight {
		RocksDbWeight::get()
			.reads_writes(3, 0)
			.saturating_add(RocksDbWeight::get().reads_writes(1, 1).saturating_mul(n.into()))
	}
}
