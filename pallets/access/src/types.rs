//! What this pallet needs of others, and the shapes it stores and emits.

use alloc::collections::BTreeSet;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use kexin_primitives::{
	access::{AccessEvent, Breaches},
	lineage::ActivityId,
	log::Accumulator,
	members::MemberId,
	scope::Request,
	vocabulary::RecipientClass,
	DatasetId, Moment, Pseudonym, H256,
};
use scale_info::TypeInfo;

/// Most events of one batch. At about 150 bytes an event it stays under a tenth of a block's length.
pub const MAX_BATCH: u32 = 2_000;

/// Most events that one hospital may report for one second of occurrence. It bounds the page that recognises
/// replays to 256 KiB; the busiest hospital systems stay far below it.
pub const MAX_PER_SECOND: u32 = 8_192;

/// The events of one call.
pub type Batch = BoundedVec<AccessEvent, ConstU32<MAX_BATCH>>;

/// The sources that one hospital has reported for one second, sorted.
pub type Page = BoundedVec<H256, ConstU32<MAX_PER_SECOND>>;

/// A data set's log: the accumulator over its entries, and how many of them gave data outside the consents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Log {
	/// The accumulator.
	pub accumulator: Accumulator,
	/// Entries with breaches whose access was permitted by the hospital.
	pub breaches: u64,
}

/// Judges accesses by the consents in force. The runtime wires it to the consent pallet.
pub trait Consents {
	/// What is looked up once for a data set.
	type Dataset;
	/// What is looked up once for a data subject.
	type Subject;

	/// The data set and the member that owns it.
	fn dataset(dataset: DatasetId) -> Option<(MemberId, Self::Dataset)>;
	/// The subject, as the hospital knows it.
	fn subject(subject: Pseudonym, hospital: MemberId) -> Option<Self::Subject>;
	/// The breaches of an access to the data set as a whole.
	fn dataset_breaches(dataset: &Self::Dataset, request: &Request, at: Moment) -> Breaches;
	/// The breaches of an access to the data of one subject.
	fn subject_breaches(
		id: DatasetId,
		dataset: &Self::Dataset,
		subject: &Self::Subject,
		request: &Request,
		at: Moment,
	) -> Breaches;
}

/// The members that receive data. The runtime wires it to the members pallet.
pub trait Recipients {
	/// The class of a member, or none when there never was such a member.
	fn class(member: MemberId) -> Option<RecipientClass>;
}

/// The activities that accesses are for. The runtime wires it to the lineage pallet.
pub trait Activities {
	/// Whether the activity is registered.
	fn exists(activity: ActivityId) -> bool;
}

/// What the weight of a batch depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchShape {
	/// How many events.
	pub events: u32,
	/// How many different subjects, each looked up once.
	pub subjects: u32,
	/// How many different seconds of occurrence, each a page of sources.
	pub seconds: u32,
}

impl BatchShape {
	/// Measures a batch.
	pub fn of(events: &Batch) -> Self {
		fn count<T: Ord>(values: impl Iterator<Item = T>) -> u32 {
			u32::try_from(values.collect::<BTreeSet<_>>().len()).unwrap_or(MAX_BATCH)
		}
		Self {
			events: u32::try_from(events.len()).unwrap_or(MAX_BATCH),
			subjects: count(events.iter().filter_map(|event| event.subject)),
			seconds: count(events.iter().map(|event| second_of(event.occurred))),
		}
	}
}

/// The second that a moment falls into, in seconds since 1970-01-01T00:00:00Z.
pub fn second_of(moment: Moment) -> u64 {
	moment.div_euclid(1_000)
}
