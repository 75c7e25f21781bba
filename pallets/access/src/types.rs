//! What this pallet needs of others, and the shapes it stores and emits.

use frame_support::{traits::ConstU32, BoundedVec};
use kexin_primitives::{
	access::{AccessEvent, Breaches},
	lineage::ActivityId,
	members::MemberId,
	scope::Request,
	vocabulary::RecipientClass,
	DatasetId, Pseudonym, UnixMillis,
};

/// Most events of one batch. At about 150 bytes an event it stays under a tenth of a block's length.
pub const MAX_BATCH: u32 = 2_000;

/// The events of one call.
pub type Batch = BoundedVec<AccessEvent, ConstU32<MAX_BATCH>>;

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
	fn dataset_breaches(dataset: &Self::Dataset, request: &Request, at: UnixMillis) -> Breaches;
	/// The breaches of an access to the data of one subject.
	fn subject_breaches(
		id: DatasetId,
		dataset: &Self::Dataset,
		subject: &Self::Subject,
		request: &Request,
		at: UnixMillis,
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
	/// How many pages of sources, each read and written once.
	pub pages: u32,
}

impl BatchShape {
	/// The most that a batch can need. It is exact in the pages only where the batch is in the order of time and every page is
	/// full; what is too much is given back.
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
		Self {
			events: number,
			subjects: count(events.iter().filter(|event| event.subject.is_some())),
			// A second has its own page, and one for each source's first byte.
			pages: minutes
				.saturating_add(seconds)
				.saturating_add(seconds.saturating_mul(256).min(number)),
		}
	}
}

fn count(items: impl Iterator) -> u32 {
	u32::try_from(items.count()).unwrap_or(MAX_BATCH)
}
