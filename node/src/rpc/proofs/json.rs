//! The JSON of proofs: `docs/proofs.md` says what each field is.

use crate::rpc::json::At;
use kexin_primitives::{access::LogEntry, lineage::ArtifactId, DatasetId, H256};
use serde::{Deserialize, Serialize};
use sp_core::Bytes;

/// The answer of `audit_finality`, without the block.
#[derive(Clone, Debug, Serialize)]
pub struct FinalityAnswer {
	/// The proof.
	pub finality: Finality,
}

/// The proof that a block is final.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finality {
	/// The header of the first block.
	pub genesis: Bytes,
	/// The nodes that lead to the first voters.
	pub authorities: Vec<Bytes>,
	/// The changes of the voters, in order.
	pub handovers: Vec<Handover>,
	/// The header of the block and of those after it, up to the one that is justified.
	pub headers: Vec<Bytes>,
	/// The justification of the last header.
	pub justification: Bytes,
}

/// A change of the voters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Handover {
	/// The header that announces the next voters.
	pub header: Bytes,
	/// Its justification.
	pub justification: Bytes,
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

/// The answer of `access_proof`: a file for the auditor.
#[derive(Clone, Debug, Serialize)]
pub struct AccessProof {
	/// Which kind of file it is.
	pub format: &'static str,
	/// The block that it is about.
	pub block: At,
	/// The proof that the block is final.
	pub finality: Finality,
	/// The nodes that lead to the log in the state.
	pub state: Vec<Bytes>,
	/// The data set.
	pub dataset: DatasetId,
	/// How many entries its log has at the block.
	pub count: u64,
	/// The index of the first entry here.
	pub first: u64,
	/// The entries.
	pub entries: Vec<LogEntry>,
	/// The hashes beside them.
	pub hashes: Vec<H256>,
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
