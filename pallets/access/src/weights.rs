//! The weights of the calls.

use crate::types::{BatchShape, MAX_BATCH, MAX_PAGE};
use frame_support::weights::{constants::ParityDbWeight, Weight};

/// The weights that the runtime measures. Each benchmark of `record` varies one number; [`record`] adds up the results.
pub trait WeightInfo {
	/// Recording `n` events about the dataset as a whole in [`FEWEST_PAGES`] pages.
	fn record_events(n: u32) -> Weight;
	/// Recording a full batch about `s` subjects in [`FEWEST_PAGES`] pages.
	fn record_subjects(s: u32) -> Weight;
	/// Recording a full batch about the dataset as a whole for `a` activities in [`FEWEST_PAGES`] pages.
	fn record_activities(a: u32) -> Weight;
	/// Recording a full batch about the dataset as a whole in `p` pages.
	fn record_pages(p: u32) -> Weight;
	/// Passing over `s` seconds and dropping `p` pages.
	fn expire(s: u32, p: u32) -> Weight;
	/// Hashing the code of a new runtime.
	fn pin_rules() -> Weight;
}

/// The fewest pages that hold the sources of a full batch.
pub const FEWEST_PAGES: u32 = MAX_BATCH.div_ceil(MAX_PAGE);

/// The weight of recording a batch of this shape.
pub fn record<W: WeightInfo>(shape: BatchShape) -> Weight {
	let more_subjects = W::record_subjects(shape.subjects).saturating_sub(W::record_subjects(0));
	let more_activities = W::record_activities(shape.activities).saturating_sub(W::record_activities(0));
	let more_pages = W::record_pages(shape.pages).saturating_sub(W::record_pages(FEWEST_PAGES));
	W::record_events(shape.events)
		.saturating_add(more_subjects)
		.saturating_add(more_activities)
		.saturating_add(more_pages)
}

/// For tests: the database accesses, and a round figure for each event.
impl WeightInfo for () {
	fn record_events(n: u32) -> Weight {
		Weight::from_parts(10_000_000, 0)
			.saturating_mul(n.into())
			.saturating_add(ParityDbWeight::get().reads_writes(5, 2))
	}

	fn record_subjects(s: u32) -> Weight {
		ParityDbWeight::get().reads(s.into())
	}

	fn record_activities(a: u32) -> Weight {
		ParityDbWeight::get().reads(a.into())
	}

	fn record_pages(p: u32) -> Weight {
		ParityDbWeight::get().reads_writes(p.into(), p.into())
	}

	fn expire(s: u32, p: u32) -> Weight {
		ParityDbWeight::get().reads_writes(u64::from(s).saturating_add(2), u64::from(p).saturating_add(1))
	}

	fn pin_rules() -> Weight {
		ParityDbWeight::get().reads_writes(2, 1)
	}
}
