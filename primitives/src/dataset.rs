//! Data sets, and what an access to one as a whole is judged by.

use crate::{
	access::Breaches,
	members::MemberId,
	scope::{Request, Scope},
	DatasetId, UnixMillis, Versioned,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A version of a data set, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Dataset {
	/// The hospital whose data set it is.
	pub owner: MemberId,
	/// What the data set itself allows: its licence, validity and regions.
	pub label: Versioned<Scope>,
	/// What the label and the consents of all its subjects allow.
	pub cohort: Versioned<Scope>,
	/// How many subjects were enrolled.
	pub subjects: u32,
	/// When it was declared.
	pub declared: UnixMillis,
	/// When a newer version took its place.
	pub superseded: Option<UnixMillis>,
	/// The version that did.
	pub superseded_by: Option<DatasetId>,
	/// The version whose place it took.
	pub supersedes: Option<DatasetId>,
}

impl Dataset {
	/// The breaches of an access to the data set as a whole: one look-up, however many subjects there are.
	pub fn breaches(&self, request: &Request, at: UnixMillis) -> Breaches {
		self.superseded_at(at) | self.cohort.latest().breaches(request, at)
	}

	/// [`Breaches::SUPERSEDED`] when a newer version had taken its place at this moment.
	pub fn superseded_at(&self, at: UnixMillis) -> Breaches {
		match self.superseded {
			Some(superseded) if superseded <= at => Breaches::SUPERSEDED,
			_ => Breaches::empty(),
		}
	}
}
