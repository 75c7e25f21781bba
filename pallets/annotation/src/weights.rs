//! The weights of the calls.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// The weights that the runtime measures.
pub trait WeightInfo {
	/// Funding a campaign.
	fn create() -> Weight;
	/// Contributing labels.
	fn contribute() -> Weight;
	/// Judging `n` contributions.
	fn review(n: u32) -> Weight;
	/// Claiming rewards.
	fn claim() -> Weight;
	/// Closing a campaign.
	fn close() -> Weight;
	/// Dropping `n` contributions.
	fn prune(n: u32) -> Weight;
}

/// For tests: the database accesses alone.
impl WeightInfo for () {
	fn create() -> Weight {
		ParityDbWeight::get().reads_writes(5, 4)
	}

	fn contribute() -> Weight {
		ParityDbWeight::get().reads_writes(4, 2)
	}

	fn review(n: u32) -> Weight {
		ParityDbWeight::get()
			.reads_writes(3, 1)
			.saturating_add(ParityDbWeight::get().reads_writes(2, 2).saturating_mul(n.into()))
	}

	fn claim() -> Weight {
		ParityDbWeight::get().reads_writes(5, 3)
	}

	fn close() -> Weight {
		ParityDbWeight::get().reads_writes(5, 3)
	}

	fn prune(n: u32) -> Weight {
		ParityDbWeight::get()
			.reads_writes(3, 0)
			.saturating_add(ParityDbWeight::get().reads_writes(1, 1).saturating_mul(n.into()))
	}
}
