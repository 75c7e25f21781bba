//! Artifacts, activities and evidence.

use crate::{
	lineage::{ActivityId, ActivityKind, ArtifactId, ArtifactKind, Evidence, Input},
	members::MemberId,
	UnixMillis,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// What happened in the lineage.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, serde::Serialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum LineageEvent {
	/// An artifact was registered.
	#[codec(index = 0)]
	Registered {
		/// Its name.
		artifact: ArtifactId,
		/// What it is.
		kind: ArtifactKind,
		/// The member that registered it.
		owner: MemberId,
		/// The activity that generated it; none for an artifact from outside.
		generated_by: Option<ActivityId>,
	},
	/// An activity started.
	#[codec(index = 1)]
	Started {
		/// Its name.
		activity: ActivityId,
		/// What it does.
		kind: ActivityKind,
		/// The member that does it.
		agent: MemberId,
	},
	/// An activity ended, and its inputs and outputs were recorded.
	#[codec(index = 2)]
	Derived {
		/// Its name.
		activity: ActivityId,
		/// What it did.
		kind: ActivityKind,
		/// The member that did it.
		agent: MemberId,
		/// When it started.
		started: UnixMillis,
		/// What it used or read.
		inputs: Vec<Input>,
		/// What it generated.
		outputs: Vec<ArtifactId>,
	},
	/// Evidence was attached to an artifact.
	#[codec(index = 3)]
	EvidenceAttached {
		/// The artifact.
		artifact: ArtifactId,
		/// The member that attached it.
		by: MemberId,
		/// The evidence.
		evidence: Evidence,
	},
	/// A registration on which nothing rested gave way to another member's, which follows.
	#[codec(index = 4)]
	Lapsed {
		/// The artifact.
		artifact: ArtifactId,
		/// The member that had registered it.
		owner: MemberId,
	},
}
