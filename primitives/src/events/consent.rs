//! Consents, and the datasets that patients are enrolled in.

use crate::{members::MemberId, DatasetId, Pseudonym, H256};
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// What happened to consents and datasets.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, serde::Serialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ConsentEvent {
	/// A subject consented.
	#[codec(index = 0)]
	Granted {
		/// The hospital.
		hospital: MemberId,
		/// The data subject.
		subject: Pseudonym,
		/// blake2-256 of the signed document.
		document: H256,
	},
	/// A subject narrowed one consent, or all of them.
	#[codec(index = 1)]
	Narrowed {
		/// The hospital.
		hospital: MemberId,
		/// The data subject.
		subject: Pseudonym,
		/// The document of the consent; none for all of them.
		consent: Option<H256>,
		/// blake2-256 of the signed document.
		document: H256,
	},
	/// A subject withdrew one consent, or all of them.
	#[codec(index = 2)]
	Revoked {
		/// The hospital.
		hospital: MemberId,
		/// The data subject.
		subject: Pseudonym,
		/// The document of the consent; none for all of them.
		consent: Option<H256>,
		/// blake2-256 of the signed document.
		document: H256,
	},
	/// A hospital declared a version of a dataset.
	#[codec(index = 3)]
	DatasetDeclared {
		/// The dataset.
		dataset: DatasetId,
		/// The hospital.
		owner: MemberId,
		/// The version that it supersedes.
		supersedes: Option<DatasetId>,
	},
	/// Subjects were enrolled in a dataset.
	#[codec(index = 4)]
	Enrolled {
		/// The dataset.
		dataset: DatasetId,
		/// How many joined.
		joined: u32,
		/// How many were enrolled before.
		already: u32,
	},
}
