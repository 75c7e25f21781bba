//! Artifacts, activities and evidence, in the terms of W3C PROV-DM: an artifact is an entity, an activity uses
//! artifacts and generates others, and a member is an agent.

use crate::{members::MemberId, UnixMillis, H256};
use alloc::vec::Vec;
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// An artifact, named by the hash of its content.
pub type ArtifactId = H256;
/// An activity, named by the hash of its description (a protocol, a plan, a configuration).
pub type ActivityId = H256;

/// Declares an enumeration with a number in SCALE and a name in JSON for each value.
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
		/// A version of a dataset.
		0 Dataset "dataset",
		/// Labels from annotators.
		1 AnnotationSet "annotation-set",
		/// Synthetic data.
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
		/// Measures a model or a dataset.
		5 Evaluation "evaluation",
	}
}

impl ActivityKind {
	/// Whether an activity of this kind makes artifacts of that kind.
	///
	/// Each kind of activity must have been permitted its own operation on the data that it uses, so a model comes from
	/// nothing but what has to be permitted to train. No activity makes a dataset: the data of patients comes from
	/// hospitals, which declare it. Every activity may make a report about its work.
	pub fn generates(self, artifact: ArtifactKind) -> bool {
		match artifact {
			ArtifactKind::Dataset => false,
			// A model can label data, too.
			ArtifactKind::AnnotationSet => matches!(self, Self::Annotation | Self::Inference),
			// The answers of a model are synthetic data.
			ArtifactKind::SyntheticSet => matches!(self, Self::Synthesis | Self::Inference),
			ArtifactKind::ModelUpdate | ArtifactKind::Model => matches!(self, Self::Training | Self::FederatedRound),
			ArtifactKind::Report => true,
		}
	}
}

named! {
	/// The role of an input. Only inputs that were used make lineage.
	InputRole {
		/// The outputs depend on it (PROV `used`).
		0 Used "used",
		/// It was read, but the outputs don't depend on it.
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
		/// A statement of the privacy budget that was spent.
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
	/// The artifact.
	pub artifact: ArtifactId,
	/// Its role.
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

/// An artifact, as the ledger stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Artifact {
	/// What it is.
	pub kind: ArtifactKind,
	/// The member that registered it (PROV `wasAttributedTo`).
	pub owner: MemberId,
	/// When it was registered.
	pub registered: UnixMillis,
	/// The activity that generated it (PROV `wasGeneratedBy`); none for an artifact from outside the ledger.
	pub generated_by: Option<ActivityId>,
	/// The number of activities that used or read it.
	pub uses: u32,
}

/// The most inputs of one activity. A federated round over more sites is a tree of rounds.
pub const MAX_INPUTS: u32 = 64;
/// The most outputs of one activity.
pub const MAX_OUTPUTS: u32 = 16;
/// The most pieces of evidence that one member attaches to one artifact.
pub const MAX_EVIDENCE: u32 = 8;

/// The inputs of one activity.
pub type Inputs = BoundedVec<Input, ConstU32<MAX_INPUTS>>;
/// The outputs of one activity.
pub type Outputs = BoundedVec<Output, ConstU32<MAX_OUTPUTS>>;

/// Work by a member with artifacts over a period of time (PROV `Activity`), as the ledger stores it.
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
	/// What was required, in millionths. The document states whether as a minimum or a maximum.
	pub threshold: i64,
}

/// The evidence that one member attached to one artifact, each with the time.
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
	/// The largest number of activities between the start and an artifact.
	pub depth: u32,
	/// The number of artifacts to skip.
	pub offset: u32,
	/// The largest number of artifacts to return.
	pub limit: u32,
}

/// An artifact that a walk reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct TraceNode {
	/// Its name.
	pub id: ArtifactId,
	/// What the ledger stores about it.
	pub artifact: Artifact,
	/// The number of activities between the start and it.
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

/// One page of a breadth-first walk. All pages together hold every artifact and every derivation of the walk exactly
/// once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Trace {
	/// The artifacts, nearest first.
	pub nodes: Vec<TraceNode>,
	/// The derivations by which the walk continues from these artifacts.
	pub edges: Vec<TraceEdge>,
	/// The offset of the next page; none on the last.
	pub next: Option<u32>,
}

/// Why a walk has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum TraceError {
	/// The artifact is not registered.
	NotFound,
	/// The walk reaches too many artifacts. Ask for a smaller depth.
	TooLarge,
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn only_some_kinds_of_activities_make_an_artifact_of_a_kind() {
		use ActivityKind::*;
		let kinds = [Training, FederatedRound, Inference, Annotation, Synthesis, Evaluation];
		for (artifact, expected) in [
			(ArtifactKind::Dataset, &[][..]),
			(ArtifactKind::AnnotationSet, &[Inference, Annotation]),
			(ArtifactKind::SyntheticSet, &[Inference, Synthesis]),
			(ArtifactKind::ModelUpdate, &[Training, FederatedRound]),
			(ArtifactKind::Model, &[Training, FederatedRound]),
			(ArtifactKind::Report, &kinds),
		] {
			let makers = kinds.into_iter().filter(|kind| kind.generates(artifact));
			assert_eq!(makers.collect::<Vec<_>>(), expected, "{artifact:?}");
		}
	}
}
