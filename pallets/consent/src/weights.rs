//! The weights of the calls.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// The weights that the runtime measures.
pub trait WeightInfo {
	/// Granting a consent.
	fn grant() -> Weight;
	/// Narrowing or revoking the consents of a subject that is enrolled in `d` datasets.
	fn narrow(d: u32) -> Weight;
	/// Declaring a dataset.
	fn declare_dataset() -> Weight;
	/// Enrolling `n` subjects that are in fewer than [`crate::MAX_DATASETS`] datasets.
	fn enrol(n: u32) -> Weight;
	/// Dropping the superseded datasets of a subject that is in [`crate::MAX_DATASETS`] of them.
	fn drop_superseded() -> Weight;
}

/// For tests: the database accesses alone.
impl WeightInfo for () {
	fn grant() -> Weight {
		ParityDbWeight::get().reads_writes(2, 2)
	}

	fn narrow(d: u32) -> Weight {
		ParityDbWeight::get()
			.reads_writes(2, 2)
			.saturating_add(ParityDbWeight::get().reads_writes(1, 1).saturating_mul(d.into()))
	}

	fn declare_dataset() -> Weight {
		ParityDbWeight::get().reads_writes(4, 4)
	}

	fn enrol(n: u32) -> Weight {
		ParityDbWeight::get()
			.reads_writes(2, 2)
			.saturating_add(ParityDbWeight::get().reads_writes(1, 1).saturating_mul(n.into()))
	}

	fn drop_superseded() -> Weight {
		ParityDbWeight::get().reads(crate::MAX_DATASETS.into())
	}
}
