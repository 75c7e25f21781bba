//! The weights of the calls.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// The weights that the runtime measures.
pub trait WeightInfo {
	/// Registering an artifact.
	fn register() -> Weight;
	/// Starting an activity.
	fn start() -> Weight;
	/// Ending an activity with `i` inputs and `o` outputs.
	fn derive(i: u32, o: u32) -> Weight;
	/// Attaching evidence.
	fn attach_evidence() -> Weight;
}

/// For tests: the database accesses alone.
impl WeightInfo for () {
	fn register() -> Weight {
		ParityDbWeight::get().reads_writes(2, 1)
	}

	fn start() -> Weight {
		ParityDbWeight::get().reads_writes(2, 1)
	}

	fn derive(i: u32, o: u32) -> Weight {
		ParityDbWeight::get()
			.reads_writes(2, 1)
			.saturating_add(ParityDbWeight::get().reads_writes(1, 2).saturating_mul(i.into()))
			.saturating_add(ParityDbWeight::get().reads_writes(1, 1).saturating_mul(o.into()))
	}

	fn attach_evidence() -> Weight {
		ParityDbWeight::get().reads_writes(3, 1)
	}
}
