//! Datasets, and how an access to a whole dataset is judged.

use crate::{breaches::Breaches, members::MemberId, request::Request, scope::Scope, DatasetId, UnixMillis, Versioned};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A version of a dataset, as the ledger stores it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Dataset {
	/// The hospital that owns it.
	pub owner: MemberId,
	/// What the dataset itself allows: its licence, validity and regions.
	pub label: Versioned<Scope>,
	/// What the label allows, narrowed by the consent of each subject from the time of its enrolment on.
	pub cohort: Versioned<Scope>,
	/// How many subjects are enrolled.
	pub subjects: u32,
	/// When it was declared, by the time of the block.
	pub declared: UnixMillis,
	/// When the first subject was enrolled, by the time of the block; none while nobody is.
	pub enrolled: Option<UnixMillis>,
	/// When a newer version superseded it.
	pub superseded: Option<UnixMillis>,
	/// The version that superseded it.
	pub superseded_by: Option<DatasetId>,
	/// The version that it superseded.
	pub supersedes: Option<DatasetId>,
}

impl Dataset {
	/// The breaches of an access to the dataset as a whole. It takes one look-up, however many subjects are enrolled.
	///
	/// For a time that has passed, the answer is the same whenever it is asked: what is recorded later changes nothing
	/// before. An access whose time is still to come is judged by what is recorded so far.
	pub fn breaches(&self, request: &Request, at: UnixMillis) -> Breaches {
		self.breaches_had(self.superseded, self.enrolled, request, at)
	}

	/// The same, had it been superseded, and the first subject enrolled, at these times.
	pub(crate) fn breaches_had(
		&self,
		superseded: Option<UnixMillis>,
		enrolled: Option<UnixMillis>,
		request: &Request,
		at: UnixMillis,
	) -> Breaches {
		let mut breaches = superseded_at(superseded, at) | self.cohort.latest().breaches(request, at);
		breaches.set(Breaches::NO_SUBJECTS, enrolled.is_none_or(|enrolled| at < enrolled));
		breaches
	}
}

/// [`Breaches::SUPERSEDED`] if a newer version had superseded a dataset, as it did at `superseded`, at this time.
pub(crate) fn superseded_at(superseded: Option<UnixMillis>, at: UnixMillis) -> Breaches {
	match superseded {
		Some(superseded) if superseded <= at => Breaches::SUPERSEDED,
		_ => Breaches::empty(),
	}
}
