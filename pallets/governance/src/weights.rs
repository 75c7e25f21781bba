//! The weights of the calls.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// The weights that the runtime measures.
pub trait WeightInfo {
	/// Approving an upgrade.
	fn approve_upgrade() -> Weight;
	/// Cancelling an upgrade.
	fn cancel_upgrade() -> Weight;
	/// Applying a runtime.
	fn apply_upgrade() -> Weight;
	/// Restarting finality with as many validators as there can be.
	fn restart_finality() -> Weight;
}

/// For tests: the database accesses alone.
impl WeightInfo for () {
	fn approve_upgrade() -> Weight {
		ParityDbWeight::get().reads_writes(2, 1)
	}

	fn cancel_upgrade() -> Weight {
		ParityDbWeight::get().reads_writes(1, 1)
	}

	fn apply_upgrade() -> Weight {
		ParityDbWeight::get().reads_writes(2, 2)
	}

	fn restart_finality() -> Weight {
		ParityDbWeight::get().reads_writes(200, 100)
	}
}
