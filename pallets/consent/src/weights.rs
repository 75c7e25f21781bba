//! What the calls cost.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// The weights that the runtime measures.
pub trait WeightInfo {
	/// Granting a consent.
	fn grant() -> Weight;
	/// Narrowing or revoking the consents of a subject that is enrolled in `d` data sets.
	fn narrow(d: u32) -> Weight;
	/// Declaring a data set.
	fn declare_dataset() -> Weight;
	/// Enrolling `n` subjects.
	fn enrol(n: u32) -> Weight;
}

/// For tests: the database accesses alone.
impl WeightInfo for () {
	fn grant() -> Weight {
		RocksDbWeight::get().reads_writes(2, 2)
	}

	fn narrow(d: u32) -> Weight {
		RocksDbWeight::get()
			.reads_writes(2, 2)
			.saturating_add(RocksDbWeight::get().reads_writes(1, 1).saturating_mul(d.into()))
	}

	fn declare_dataset() -> Weight {
		RocksDbWeight::get().reads_writes(4, 4)
	}

	fn enrol(n: u32) -> Weight {
		RocksDbWeight::get()
			.reads_writes(2, 2)
			.saturating_add(RocksDbWeight::get().reads_writes(1, 1).saturating_mul(n.into()))
	}
}
