//! Data subjects, and how an access to the data of one is judged.

use crate::{
	breaches::{Breaches, Judgement, Notices},
	dataset::{superseded_at, Dataset},
	request::Request,
	scope::Scope,
	DatasetId, UnixMillis, Versioned, H256,
};
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The most consents of one subject at one hospital. Only widening takes a new one; narrowing and withdrawing don't.
pub const MAX_CONSENTS: u32 = 8;
/// The most dataset versions in which one subject is enrolled. One call to withdraw closes them all.
pub const MAX_DATASETS: u32 = 16;

/// One consent of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct SubjectConsent {
	/// blake2-256 of the signed document.
	pub document: H256,
	/// What it allows, and until when.
	pub scope: Versioned<Scope>,
	/// When it was recorded, by the time of the block. The start of its scope is what the document states.
	pub recorded: UnixMillis,
}

/// A subject's enrolment in a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Enrolled {
	/// The dataset.
	pub dataset: DatasetId,
	/// The document of the consent under which the subject joined.
	pub under: H256,
	/// When it was recorded, by the time of the block.
	pub recorded: UnixMillis,
}

/// A data subject at one hospital.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Subject {
	/// The consents in the order in which they were recorded. An access is permitted if any of them permits it.
	pub consents: BoundedVec<SubjectConsent, ConstU32<MAX_CONSENTS>>,
	/// The datasets in which the subject is enrolled.
	pub datasets: BoundedVec<Enrolled, ConstU32<MAX_DATASETS>>,
	/// When consents of the subject were last narrowed or withdrawn, by the time of the block.
	pub narrowed: Option<UnixMillis>,
	/// When consents or enrolments of the subject that judge nothing any longer were last dropped to make room, by the
	/// time of the block. What they judged before can't always be judged again.
	pub dropped: Option<UnixMillis>,
}

/// The judgement of an access to the data of a person in a dataset. A hospital that never recorded a consent of the
/// person does not know it; then the cohort takes the place of its consents.
pub fn judge(
	subject: Option<&Subject>,
	id: DatasetId,
	dataset: &Dataset,
	request: &Request,
	at: UnixMillis,
) -> Judgement {
	match subject {
		Some(subject) => subject.judge(id, dataset, request, at),
		None => (Breaches::NOT_ENROLLED | dataset.breaches(request, at)).into(),
	}
}

impl Subject {
	/// Whether the subject is enrolled in a dataset.
	pub fn is_in(&self, id: &DatasetId) -> bool {
		self.datasets.iter().any(|enrolled| enrolled.dataset == *id)
	}

	/// The judgement of an access to this subject's data in a dataset, by the label and by the consent with the fewest
	/// breaches. Of several such consents, it is one that was recorded before the access, if there is one.
	///
	/// What is permitted without [`Notices::RECORDED_AFTER`] was permitted by what the ledger knew at the time of the
	/// access, so what is recorded later changes nothing about it, unless that time is still to come.
	pub fn judge(&self, id: DatasetId, dataset: &Dataset, request: &Request, at: UnixMillis) -> Judgement {
		let label = superseded_at(dataset.superseded, at) | dataset.label.latest().breaches(request, at);
		judge_by(label, &self.consents, self.joined(&id), request, at)
	}

	/// When it was recorded that the subject is enrolled in a dataset; none if it is not.
	pub(crate) fn joined(&self, id: &DatasetId) -> Option<UnixMillis> {
		let mut enrolments = self.datasets.iter();
		let enrolled = enrolments.find(|enrolled| enrolled.dataset == *id);
		enrolled.map(|enrolled| enrolled.recorded)
	}
}

/// The judgement by the breaches of a dataset's label, by the consents of a subject, and by when it joined the dataset.
pub(crate) fn judge_by(
	label: Breaches,
	consents: &[SubjectConsent],
	joined: Option<UnixMillis>,
	request: &Request,
	at: UnixMillis,
) -> Judgement {
	let (consent, known) = consents
		.iter()
		.map(|consent| (consent.scope.latest().breaches(request, at), consent.recorded <= at))
		.min_by_key(|(breaches, known)| (breaches.bits().count_ones(), !known))
		.unwrap_or_else(|| (Scope::nothing().breaches(request, at), true));
	let mut breaches = label | consent;
	breaches.set(Breaches::NOT_ENROLLED, joined.is_none());
	// The dataset was declared before anybody was enrolled.
	let all_known = known && joined.is_none_or(|joined| joined <= at);
	let mut notices = Notices::empty();
	notices.set(Notices::RECORDED_AFTER, breaches.is_empty() && !all_known);
	Judgement { breaches, notices }
}
