//! What the pallet needs from others, and the types that it stores and emits.

use alloc::collections::BTreeSet;
pub use kexin_primitives::batch::{Batch, Position, MAX_BATCH};
use kexin_primitives::{
	access::{Breaches, Judgement},
	lineage::{Activity, ActivityId},
	members::MemberId,
	scope::Request,
	vocabulary::RecipientClass,
	DatasetId, Pseudonym, UnixMillis,
};

/// Judges accesses by the consents in force. The runtime implements it with the consent pallet.
pub trait Consents {
	/// What one look-up of a dataset returns.
	type Dataset;
	/// What one look-up of a data subject returns.
	type Subject;

	/// The dataset and the member that owns it.
	fn dataset(dataset: DatasetId) -> Option<(MemberId, Self::Dataset)>;
	/// The subject at this hospital.
	fn subject(subject: Pseudonym, hospital: MemberId) -> Option<Self::Subject>;
	/// The breaches of an access to the dataset as a whole.
	fn dataset_breaches(dataset: &Self::Dataset, request: &Request, at: UnixMillis) -> Breaches;
	/// The judgement of an access to the data of one subject; none for a person whom the hospital does not know.
	fn judge_subject(
		id: DatasetId,
		dataset: &Self::Dataset,
		subject: Option<&Self::Subject>,
		request: &Request,
		at: UnixMillis,
	) -> Judgement;
}

/// The members that receive data. The runtime implements it with the members pallet.
pub trait Recipients {
	/// The class of a member; none when no member ever had this number.
	fn class(member: MemberId) -> Option<RecipientClass>;
}

/// The activities for which data is accessed. The runtime implements it with the lineage pallet.
pub trait Activities {
	/// The activity; none when it is not registered.
	fn activity(activity: ActivityId) -> Option<Activity>;
}

/// What determines the weight of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchShape {
	/// The number of new events.
	pub events: u32,
	/// The number of different subjects; each is looked up once.
	pub subjects: u32,
	/// The number of different activities and recipients; each is looked up once, an activity being the larger one.
	pub others: u32,
}

impl BatchShape {
	/// The most that a batch can need.
	pub fn at_most(batch: &Batch) -> Self {
		let count = |number| u32::try_from(number).unwrap_or(MAX_BATCH);
		let activities = batch.usages.iter().filter_map(|usage| usage.activity);
		let recipients = batch.usages.iter().filter_map(|usage| usage.recipient);
		Self {
			events: batch.number(),
			subjects: count(batch.subjects.len()),
			others: count(different(activities).saturating_add(different(recipients))),
		}
	}
}

fn different<T: Ord>(items: impl Iterator<Item = T>) -> usize {
	items.collect::<BTreeSet<_>>().len()
}

/// What the benchmarks need from other pallets.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper<Origin> {
	/// Declares a dataset with these subjects enrolled. Returns a gateway of its owner, and the owner.
	fn set_up(dataset: DatasetId, subjects: &[Pseudonym]) -> (Origin, MemberId);
	/// Registers an activity.
	fn insert_activity(id: ActivityId, activity: Activity);
	/// Sets the time of the block.
	fn set_time(now: UnixMillis);
}
