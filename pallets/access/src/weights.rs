//! The weights of the calls.

use crate::types::BatchShape;
use frame_support::weights::{constants::ParityDbWeight, Weight};

/// The weights that the runtime measures. Each benchmark of `record` varies one number; [`record`] adds up the results.
pub trait WeightInfo {
	/// Recording `n` events about the dataset as a whole.
	fn record_events(n: u32) -> Weight;
	/// Recording a full batch about `s` subjects.
	fn record_subjects(s: u32) -> Weight;
	/// Recording a full batch about the dataset as a whole for `a` activities.
	fn record_activities(a: u32) -> Weight;
	/// Hashing the code of a new runtime.
	fn pin_rules() -> Weight;
}

/// The weight of recording a batch of this shape.
pub fn record<W: WeightInfo>(shape: BatchShape) -> Weight {
	let more_subjects = W::record_subjects(shape.subjects).saturating_sub(W::record_subjects(0));
	let more_others = W::record_activities(shape.others).saturating_sub(W::record_activities(0));
	W::record_events(shape.events)
		.saturating_add(more_subjects)
		.saturating_add(more_others)
}

/// For tests: the database accesses, and a round figure for each event.
impl WeightInfo for () {
	fn record_events(n: u32) -> Weight {
		Weight::from_parts(10_000_000, 0)
			.saturating_mul(n.into())
			.saturating_add(ParityDbWeight::get().reads_writes(5, 3))
	}

	fn record_subjects(s: u32) -> Weight {
		ParityDbWeight::get().reads(s.into())
	}

	fn record_activities(a: u32) -> Weight {
		ParityDbWeight::get().reads(a.into())
	}

	fn pin_rules() -> Weight {
		ParityDbWeight::get().reads_writes(2, 1)
	}
}
