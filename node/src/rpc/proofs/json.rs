//! The JSON of proofs, where it is not the verifier's: `docs/proofs.md` says what each field is.

use crate::rpc::json::At;
use kexin_primitives::{lineage::ArtifactId, DatasetId};
use kexin_verifier::{Bytes, Finality};
use serde::{Deserialize, Serialize};

/// The answer of `audit_finality`, without the block.
#[derive(Clone, Debug, Serialize)]
pub struct FinalityAnswer {
	/// The proof.
	pub finality: Finality,
}

/// Which entries `access_proof` is asked for: one, or those from one index to before another, by default all that follow.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeParameters {
	/// The index of the only one.
	pub index: Option<u64>,
	/// The index of the first.
	pub from: Option<u64>,
	/// The index after that of the last.
	pub to: Option<u64>,
}

/// The answer of `audit_proof`: what a report about a model is made and proved from, besides the entries of the logs.
#[derive(Clone, Debug, Serialize)]
pub struct AuditProof {
	/// The block that it is about.
	pub block: At,
	/// The artifact that was asked about.
	pub model: ArtifactId,
	/// The proof that the block is final.
	pub finality: Finality,
	/// The nodes that lead to everything in the state that a report tells.
	pub state: Vec<Bytes>,
	/// The data sets in its ancestry that a hospital declared, nearest first.
	pub datasets: Vec<DatasetCount>,
}

/// A data set, and how long its log is at the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DatasetCount {
	/// The data set.
	pub dataset: DatasetId,
	/// How many entries its log has.
	pub count: u64,
}
