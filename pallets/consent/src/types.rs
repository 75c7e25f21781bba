//! Subjects, and how accesses to their data are judged.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::DispatchResult, traits::ConstU32, BoundedVec};
use kexin_primitives::{
	access::Breaches,
	dataset::Dataset,
	members::MemberId,
	scope::{Request, Scope},
	DatasetId, Pseudonym, UnixMillis, Versioned, H256,
};
use scale_info::TypeInfo;

/// Most consents of one subject at one hospital. Each is a widening; narrowing and withdrawing need no new one.
pub const MAX_CONSENTS: u32 = 8;
/// Most data set versions that one subject is enrolled in. A withdrawal closes them all in one call.
pub const MAX_DATASETS: u32 = 16;
/// Most subjects enrolled in one call. Larger data sets take several.
pub const MAX_ENROLLED: u32 = 1_000;

/// The subjects of one call.
pub type Enrolment = BoundedVec<Pseudonym, ConstU32<MAX_ENROLLED>>;

/// One consent of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct SubjectConsent {
	/// blake2-256 of the signed document.
	pub document: H256,
	/// What it allows, and until when.
	pub scope: Versioned<Scope>,
}

/// A subject's place in a data set.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Enrolled {
	/// The data set.
	pub dataset: DatasetId,
	/// The document of the consent that the subject joined under.
	pub under: H256,
}

/// A data subject, as one hospital knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Subject {
	/// The consents, newest last. What any one of them permits is permitted.
	pub consents: BoundedVec<SubjectConsent, ConstU32<MAX_CONSENTS>>,
	/// The data sets that the subject is enrolled in.
	pub datasets: BoundedVec<Enrolled, ConstU32<MAX_DATASETS>>,
}

impl Subject {
	/// Whether the subject is enrolled in a data set.
	pub fn is_in(&self, id: &DatasetId) -> bool {
		self.datasets.iter().any(|enrolled| enrolled.dataset == *id)
	}

	/// The breaches of an access to this subject's data in a data set: by the label, and by the consent that comes nearest
	/// to permitting it, the newest of several.
	pub fn breaches(&self, id: DatasetId, dataset: &Dataset, request: &Request, at: UnixMillis) -> Breaches {
		let consent = self
			.consents
			.iter()
			.rev()
			.map(|consent| consent.scope.latest().breaches(request, at))
			.min_by_key(|breaches| breaches.bits().count_ones())
			.unwrap_or_else(|| Scope::nothing().breaches(request, at));
		let enrolled = if self.is_in(&id) {
			Breaches::empty()
		} else {
			Breaches::NOT_ENROLLED
		};
		dataset.superseded_at(at) | dataset.label.latest().breaches(request, at) | consent | enrolled
	}
}

/// Where declared data sets become artifacts. The runtime wires it to the lineage pallet.
pub trait RegisterArtifact {
	/// Registers the data set.
	///
	/// # Errors
	/// When the hash names an artifact already.
	fn register_dataset(owner: MemberId, dataset: DatasetId) -> DispatchResult;
}
