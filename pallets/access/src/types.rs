//! What the pallet needs from others, and the types that it stores and emits.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use kexin_primitives::{
	access::{AccessEvent, Breaches, Judgement},
	lineage::{Activity, ActivityId},
	members::MemberId,
	scope::Request,
	vocabulary::RecipientClass,
	DatasetId, Pseudonym, UnixMillis, H256,
};
use scale_info::TypeInfo;

/// The most events of one batch. At about 150 bytes per event, a batch takes less than a tenth of a block's length.
pub const MAX_BATCH: u32 = 2_000;

/// The events of one call.
pub type Batch = BoundedVec<AccessEvent, ConstU32<MAX_BATCH>>;

/// The most sources of one page: 16 KiB, which are read, merged and written in the time of a few events.
pub const MAX_PAGE: u32 = 512;

/// Sources that one member has reported, in order.
pub type Page = BoundedVec<H256, ConstU32<MAX_PAGE>>;

/// Which of a member's pages for a time.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Level {
	/// The page of the whole minute that ends with the second.
	Minute,
	/// The page of the second.
	Second,
	/// The page of the second's sources with this first byte.
	Shard(u8),
}

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchShape {
	/// The number of events.
	pub events: u32,
	/// The number of different subjects; each is looked up once.
	pub subjects: u32,
	/// The number of different activities; each is looked up once.
	pub activities: u32,
	/// The number of pages of sources; each is read and written once.
	pub pages: u32,
}

impl BatchShape {
	/// The most that a batch can need. The number of pages is exact only if the batch is ordered by time and every page
	/// is full, and that of activities if the batch is ordered by them; the rest is refunded.
	pub fn at_most(events: &Batch) -> Self {
		let runs = |unit: u64| {
			let mut last = None;
			let starts = events.iter().filter(|event| {
				let now = event.occurred.checked_div(unit);
				let starts = last != now;
				last = now;
				starts
			});
			count(starts)
		};
		let (minutes, seconds) = (runs(60_000), runs(1_000));
		let number = count(events.iter());
		let named = events.iter().filter_map(|event| event.activity);
		let changes = named
			.clone()
			.zip(named.clone().skip(1))
			.filter(|(one, next)| one != next);
		let activities = count(named.take(1)).saturating_add(count(changes));
		Self {
			events: number,
			subjects: count(events.iter().filter(|event| event.subject.is_some())),
			activities,
			// A second has its own page, and one for each first byte of a source.
			pages: minutes
				.saturating_add(seconds)
				.saturating_add(seconds.saturating_mul(256).min(number)),
		}
	}
}

fn count(items: impl Iterator) -> u32 {
	u32::try_from(items.count()).unwrap_or(MAX_BATCH)
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
