//! What the ledger keeps of an activity.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use kexin_primitives::{
	lineage::{ActivityKind, ArtifactId, Evidence, Input, Output},
	members::MemberId,
	Moment,
};
use scale_info::TypeInfo;

/// Most inputs of one activity. A federated round over more sites is a tree of rounds.
pub const MAX_INPUTS: u32 = 64;
/// Most outputs of one activity.
pub const MAX_OUTPUTS: u32 = 16;
/// Most pieces of evidence that one member attaches to one artifact.
pub const MAX_EVIDENCE: u32 = 8;

/// The inputs of one activity.
pub type Inputs = BoundedVec<Input, ConstU32<MAX_INPUTS>>;
/// The outputs of one activity.
pub type Outputs = BoundedVec<Output, ConstU32<MAX_OUTPUTS>>;
/// What one member attached to one artifact, and when.
pub type AttachedEvidence = BoundedVec<(Evidence, Moment), ConstU32<MAX_EVIDENCE>>;

/// Something that was done over a time, with artifacts and by a member (PROV `Activity`).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Activity {
	/// What it does.
	pub kind: ActivityKind,
	/// The member that does it (PROV `wasAssociatedWith`).
	pub agent: MemberId,
	/// When it was registered.
	pub started: Moment,
	/// When its outputs were registered; none while it runs.
	pub ended: Option<Moment>,
	/// What it used or read.
	pub inputs: Inputs,
	/// What it generated.
	pub outputs: BoundedVec<ArtifactId, ConstU32<MAX_OUTPUTS>>,
}
