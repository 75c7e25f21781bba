//! Artifacts, activities and evidence. The terms are those of W3C PROV-DM: an artifact is an entity, an activity uses
//! artifacts and generates others, a member is an agent.

use crate::{members::MemberId, UnixMillis, H256};
use alloc::vec::Vec;
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// An artifact, named by the hash of its content.
pub type ArtifactId = H256;
/// An activity, named by the hash of its description (a protocol, a plan, a configuration).
pub type ActivityId = H256;

/// Adds `ALL` and `name` to an enumeration that JSON spells in kebab case.
macro_rules! named {
	(
		$(#[$doc:meta])*
		$name:ident { $( $(#[$variant_doc:meta])* $index:literal $variant:ident $text:literal ),+ $(,)? }
	) => {
		$(#[$doc])*
		#[derive(
			Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
			serde::Serialize, serde::Deserialize,
		)]
		pub enum $name {
			$( $(#[$variant_doc])* #[codec(index = $index)] #[serde(rename = $text)] $variant, )+
		}
	};
}

named! {
	/// What an artifact is.
	ArtifactKind {
		/// A version of a data set.
		0 Dataset "dataset",
		/// Labels made by annotators.
		1 AnnotationSet "annotation-set",
		/// Data made by a generator.
		2 SyntheticSet "synthetic-set",
		/// A contribution to a model, such as the weights of one federated round.
		3 ModelUpdate "model-update",
		/// A model.
		4 Model "model",
		/// A document about other artifacts.
		5 Report "report",
	}
}

named! {
	/// What an activity does.
	ActivityKind {
		/// Fits a model.
		0 Training "training",
		/// One round of federated training.
		1 FederatedRound "federated-round",
		/// Applies a model.
		2 Inference "inference",
		/// Labels data.
		3 Annotation "annotation",
		/// Makes synthetic data.
		4 Synthesis "synthesis",
		/// Measures a model or a data set.
		5 Evaluation "evaluation",
	}
}

named! {
	/// How an input took part. Only what was used makes lineage.
	InputRole {
		/// The outputs depend on it (PROV `used`).
		0 Used "used",
		/// It was looked at, and the outputs do not depend on it.
		1 Read "read",
	}
}

named! {
	/// What a piece of evidence is about.
	EvidenceKind {
		/// A fairness report.
		0 Fairness "fairness",
		/// A similarity check of synthetic data.
		1 Similarity "similarity",
		/// A quote of a trusted execution environment.
		2 TeeQuote "tee-quote",
		/// An accounting of the privacy budget.
		3 Privacy "privacy",
		/// A performance measure.
		4 Performance "performance",
	}
}

/// An input of an activity.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, serde::Serialize,
)]
#[serde(rename_all = "camelCase")]
pub struct Input {
	/// Which artifact.
	pub artifact: ArtifactId,
	/// How it took part.
	pub role: InputRole,
}

/// An output of an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Output {
	/// The hash of its content.
	pub artifact: ArtifactId,
	/// What it is.
	pub kind: ArtifactKind,
}

/// An artifact as the ledger keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Artifact {
	/// What it is.
	pub kind: ArtifactKind,
	/// The member that registered it (PROV `wasAttributedTo`).
	pub owner: MemberId,
	/// When it was registered.
	pub registered: UnixMillis,
	/// The activity that made it (PROV `wasGeneratedBy`); none for what came from outside.
	pub generated_by: Option<ActivityId>,
	/// How many activities have used or read it.
	pub uses: u32,
}

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

/// Something that was done over a time, with artifacts and by a member (PROV `Activity`), as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Activity {
	/// What it does.
	pub kind: ActivityKind,
	/// The member that does it (PROV `wasAssociatedWith`).
	pub agent: MemberId,
	/// When it was registered.
	pub started: UnixMillis,
	/// When its outputs were registered; none while it runs.
	pub ended: Option<UnixMillis>,
	/// What it used or read.
	pub inputs: Inputs,
	/// What it generated.
	pub outputs: BoundedVec<ArtifactId, ConstU32<MAX_OUTPUTS>>,
}

/// A piece of evidence about an artifact: a hashed document, what was measured, and what was required.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, serde::Serialize,
)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
	/// What it is about.
	pub kind: EvidenceKind,
	/// blake2-256 of the document.
	pub document: H256,
	/// What was measured, in millionths.
	pub measure: i64,
	/// What was required, in millionths, in the document's own sense (at least or at most).
	pub threshold: i64,
}

/// What one member attached to one artifact, and when.
pub type AttachedEvidence = BoundedVec<(Evidence, UnixMillis), ConstU32<MAX_EVIDENCE>>;

/// Which way a trace walks.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	serde::Serialize,
	serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
	/// To what the artifact was made from.
	Ancestors,
	/// To what was made from the artifact.
	Descendants,
}

/// A question about the graph around an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct TraceQuery {
	/// Where the walk starts.
	pub artifact: ArtifactId,
	/// Which way it goes.
	pub direction: Direction,
	/// How many activities away from the start it goes at the most.
	pub depth: u32,
	/// How many nodes of the walk to pass over.
	pub offset: u32,
	/// How many nodes to return at the most.
	pub limit: u32,
}

/// An artifact that a walk came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct TraceNode {
	/// Its name.
	pub id: ArtifactId,
	/// What the ledger knows of it.
	pub artifact: Artifact,
	/// How many activities it is away from the start.
	pub distance: u32,
}

/// One derivation: `to` was generated by an activity that used `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct TraceEdge {
	/// The artifact that was used.
	pub from: ArtifactId,
	/// The activity.
	pub activity: ActivityId,
	/// What the activity did.
	pub kind: ActivityKind,
	/// The artifact that was generated.
	pub to: ArtifactId,
}

/// One page of a walk, breadth first. All pages together hold every node and every edge of the walk exactly once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Trace {
	/// The artifacts, nearest first.
	pub nodes: Vec<TraceNode>,
	/// The edges by which the walk goes on from these artifacts.
	pub edges: Vec<TraceEdge>,
	/// The offset of the next page; none on the last.
	pub next: Option<u32>,
}

/// Why a walk gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum TraceError {
	/// The artifact is not registered.
	NotFound,
	/// The walk comes to more artifacts than it may. Ask for a smaller depth.
	TooLarge,
}
