//! The weights of the calls.

use frame_support::weights::{constants::ParityDbWeight, Weight};

/// The weights that the runtime measures.
pub trait WeightInfo {
	/// Admitting a member.
	fn admit() -> Weight;
	/// Suspending a member with [`crate::MAX_KEYS_PER_MEMBER`] keys.
	fn suspend() -> Weight;
	/// Reinstating a member with [`crate::MAX_KEYS_PER_MEMBER`] keys.
	fn reinstate() -> Weight;
	/// Removing a member with [`crate::MAX_KEYS_PER_MEMBER`] keys.
	fn remove() -> Weight;
	/// Adding a key that takes the seat of a member with as many others as it can have.
	fn add_key() -> Weight;
	/// Making a key a validator, or reinstating one, when there is one fewer than [`crate::MAX_VALIDATORS`].
	fn admit_validator() -> Weight;
	/// Removing one of [`crate::MAX_VALIDATORS`] validators.
	fn remove_validator() -> Weight;
	/// Naming [`crate::MAX_NODES_PER_MEMBER`] nodes.
	fn name_nodes() -> Weight;
	/// Closing a network of [`crate::MAX_VALIDATORS`] validators.
	fn close_network() -> Weight;
	/// Revoking one of [`crate::MAX_KEYS_PER_MEMBER`] keys.
	fn revoke_key() -> Weight;
	/// Charging a transaction's cost to an allowance, as part of the extension that charges for transactions.
	fn charge() -> Weight;
}

/// For tests: the database accesses alone.
impl WeightInfo for () {
	fn admit() -> Weight {
		ParityDbWeight::get().reads_writes(70, 9)
	}

	fn suspend() -> Weight {
		ParityDbWeight::get().reads_writes(140, 4)
	}

	fn reinstate() -> Weight {
		ParityDbWeight::get().reads_writes(140, 4)
	}

	fn remove() -> Weight {
		ParityDbWeight::get().reads_writes(200, 200)
	}

	fn add_key() -> Weight {
		ParityDbWeight::get().reads_writes(140, 7)
	}

	fn revoke_key() -> Weight {
		ParityDbWeight::get().reads_writes(140, 7)
	}

	fn admit_validator() -> Weight {
		ParityDbWeight::get().reads_writes(140, 4)
	}

	fn remove_validator() -> Weight {
		ParityDbWeight::get().reads_writes(140, 4)
	}

	fn charge() -> Weight {
		ParityDbWeight::get().reads_writes(4, 1)
	}

	fn name_nodes() -> Weight {
		ParityDbWeight::get().reads_writes(3, 1)
	}

	fn close_network() -> Weight {
		ParityDbWeight::get().reads_writes(102, 1)
	}
}
