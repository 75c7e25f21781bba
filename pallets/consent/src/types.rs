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

/// The most consents of one subject at one hospital. Only widening takes a new one; narrowing and withdrawing don't.
pub const MAX_CONSENTS: u32 = 8;
/// The most dataset versions in which one subject is enrolled. One call to withdraw closes them all.
pub const MAX_DATASETS: u32 = 16;
/// The most subjects that one call enrols. Larger datasets take several calls.
pub const MAX_ENROLLED: u32 = 1_000;

/// The subjects that one call enrols.
pub type Enrolment = BoundedVec<Pseudonym, ConstU32<MAX_ENROLLED>>;

/// One consent of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct SubjectConsent {
	/// blake2-256 of the signed document.
	pub document: H256,
	/// What it allows, and until when.
	pub scope: Versioned<Scope>,
}

/// A subject's enrolment in a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Enrolled {
	/// The dataset.
	pub dataset: DatasetId,
	/// The document of the consent under which the subject joined.
	pub under: H256,
}

/// A data subject at one hospital.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Subject {
	/// The consents, newest last. An access is permitted if any of them permits it.
	pub consents: BoundedVec<SubjectConsent, ConstU32<MAX_CONSENTS>>,
	/// The datasets in which the subject is enrolled.
	pub datasets: BoundedVec<Enrolled, ConstU32<MAX_DATASETS>>,
}

impl Subject {
	/// Whether the subject is enrolled in a dataset.
	pub fn is_in(&self, id: &DatasetId) -> bool {
		self.datasets.iter().any(|enrolled| enrolled.dataset == *id)
	}

	/// The breaches of an access to this subject's data in a dataset, as judged by the label and by the consent with
	/// the fewest breaches, or by the newest of several such consents.
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

/// Registers declared datasets as artifacts. The runtime implements it with the lineage pallet.
pub trait RegisterArtifact {
	/// Registers the dataset.
	///
	/// # Errors
	/// When the hash already names an artifact.
	fn register_dataset(owner: MemberId, dataset: DatasetId) -> DispatchResult;
}

/// What the benchmarks need from other pallets.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper {
	/// Sets the time of the block.
	fn set_time(now: UnixMillis);
}
