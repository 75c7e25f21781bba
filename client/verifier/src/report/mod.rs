//! What a model was made from, and whether every access for it was within the consents.
//!
//! A report is a pure function of what is proved ([`derive()`]): the state of the ledger at one block, and the complete
//! logs of the datasets from which the model was made. The verifier computes the report in a file again and accepts it
//! if every field is the same.
//!
//! # The verdict
//!
//! | verdict | when |
//! |---|---|
//! | breached | the hospital permitted an access for the model that was outside the consents |
//! | cannot tell | not breached, but something could hide a breach, or nothing shows that a use was permitted |
//! | compliant | otherwise |
//!
//! [`Code`] lists the reasons of a verdict and the notices beside it. "The verdict" in `docs/proofs.md` defines when
//! each applies, and which accesses are for the model.

mod ancestry;
mod derive;
mod judgements;
mod verdict;

pub use ancestry::{Ancestor, Ancestry};
pub use derive::derive;
pub use judgements::{keys, Consents, Count, Judgements, NotAgain};

use crate::{
	error::{in_state, Error},
	finality::{FinalBlock, Finality, Trust},
	state::ProvedState,
	Bytes,
};
use alloc::{
	collections::BTreeMap,
	format,
	string::{String, ToString},
	vec::Vec,
};
use derive::derive_with;
use kexin_primitives::{
	access::{Breaches, LogEntry},
	lineage::{ActivityId, ActivityKind, ArtifactId, ArtifactKind, EvidenceKind},
	members::{MemberId, MemberKind, Status},
	scope::Scope,
	vocabulary::Region,
	DatasetId, UnixMillis, H256,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A report with its proof: see "Report" in `docs/proofs.md`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
	/// [`Self::FORMAT`].
	pub format: String,
	/// The report.
	pub report: Report,
	/// The complete log of each dataset, in the order of [`Report::datasets`].
	pub logs: Vec<DatasetLog>,
	/// The proof that the block is final.
	pub finality: Finality,
	/// The trie nodes that lead from the block's state root to what the report contains of the state, and to the
	/// consents.
	pub state: Vec<Bytes>,
	/// For which accesses the state shows the consents by which they were judged.
	#[serde(default, skip_serializing_if = "Consents::is_none")]
	pub consents: Consents,
}

/// The complete log of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DatasetLog {
	/// The dataset.
	pub dataset: DatasetId,
	/// Every entry, oldest first.
	pub entries: Vec<LogEntry>,
}

/// What is known about a model at one block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
	/// The hash of the chain's first block.
	pub genesis: H256,
	/// The block.
	pub block: ReportedBlock,
	/// The artifact that the report is about.
	pub model: ArtifactId,
	/// Whether the accesses behind it were within the consents.
	pub verdict: Verdict,
	/// What else you should know.
	pub notices: Vec<Reason>,
	/// The ancestry, nearest first: breadth first from the model over what was used.
	pub artifacts: Vec<ReportedArtifact>,
	/// The activities that generated these artifacts, in the order in which the walk reached them.
	pub activities: Vec<ReportedActivity>,
	/// The datasets among the artifacts that a hospital declared, in the same order.
	pub datasets: Vec<ReportedDataset>,
	/// The owners, the agents, and the members that attached evidence, reported accesses or received data, ordered by
	/// number.
	pub members: Vec<ReportedMember>,
}

/// The block that a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportedBlock {
	/// Its hash.
	pub hash: H256,
	/// Its number.
	pub number: u32,
	/// Its time. The report does not cover what happened later.
	pub time: UnixMillis,
}

/// Whether the accesses behind a model were within the consents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verdict {
	/// The answer.
	pub status: VerdictStatus,
	/// Why; empty when it is compliant.
	pub reasons: Vec<Reason>,
}

/// The answer to whether the accesses behind a model were within the consents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictStatus {
	/// All accesses were within the consents.
	Compliant,
	/// At least one access was not.
	Breached,
	/// The ledger does not hold enough to tell.
	CannotTell,
}

/// One reason of a verdict, or one notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reason {
	/// Its code.
	pub code: Code,
	/// The dataset, activity or artifact that it is about.
	pub about: H256,
	/// The dataset that the activity used, if it is about an activity.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub dataset: Option<DatasetId>,
	/// The number of accesses, if it is about accesses.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub count: Option<u64>,
	/// How these accesses were outside the consents, if it is about accesses that were so in the same way.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub breaches: Option<Breaches>,
}

/// The code of a reason or notice: what makes a verdict *breached*, what makes it *cannot tell*, and what is only worth
/// knowing, each in the order in which a report lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
	/// Accesses for the model were permitted although they were outside the consents.
	Breach,
	/// An activity used a dataset, but no permitted access for it was reported that performs its own operation.
	NoAccessReported,
	/// An activity used a dataset that as a whole did not permit it: only single subjects consented.
	SingleSubjects,
	/// Nobody is enrolled in a dataset, or nobody was yet when it was accessed, so nobody consented.
	NoSubjects,
	/// An activity states no input that its outputs depend on.
	NothingUsed,
	/// No activity generated an artifact, and it is no dataset that the artifact of the report was made from.
	UnknownOrigin,
	/// Permitted accesses outside the consents are not shown to be for something else, and could have been for the
	/// model.
	UnattributedBreach,
	/// Other permitted accesses outside the consents were for something else.
	OtherBreach,
	/// Permitted accesses for the model rest on consents or enrolments that were recorded only after them.
	RecordedAfter,
	/// Permitted accesses for the model were recorded before the time at which they are said to have occurred.
	RecordedBefore,
	/// Accesses have the source of an earlier one in the log: the hospital reported a record more than once.
	Repeated,
	/// Nothing is allowed with a dataset any longer: it ended, or consent was withdrawn. What was permitted when it
	/// happened stays permitted.
	ConsentEnded,
	/// A newer version superseded a dataset.
	Superseded,
}

/// An artifact of the ancestry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportedArtifact {
	/// The hash of its content.
	pub id: ArtifactId,
	/// What it is.
	pub kind: ArtifactKind,
	/// The member that registered it.
	pub owner: MemberId,
	/// When it was registered.
	pub registered: UnixMillis,
	/// The activity that generated it; none for an artifact from outside the ledger.
	pub generated_by: Option<ActivityId>,
	/// The number of activities between it and the model.
	pub distance: u32,
	/// The evidence about it, ordered by the number of the member that attached it, then by time.
	pub evidence: Vec<ReportedEvidence>,
}

/// A piece of evidence about an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportedEvidence {
	/// The member that attached it.
	pub by: MemberId,
	/// When it was attached.
	pub attached: UnixMillis,
	/// What it is about.
	pub kind: EvidenceKind,
	/// blake2-256 of the document.
	pub document: H256,
	/// What was measured, in millionths.
	pub measure: i64,
	/// What was required, in millionths.
	pub threshold: i64,
}

/// An activity of the ancestry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportedActivity {
	/// The hash of its description.
	pub id: ActivityId,
	/// What it does.
	pub kind: ActivityKind,
	/// The member that did it.
	pub agent: MemberId,
	/// When it was registered.
	pub started: UnixMillis,
	/// When its outputs were registered.
	pub ended: Option<UnixMillis>,
	/// The inputs on which its outputs depend.
	pub used: Vec<ArtifactId>,
	/// The inputs that it only read.
	pub read: Vec<ArtifactId>,
	/// Its outputs.
	pub generated: Vec<ArtifactId>,
}

/// A dataset of the ancestry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportedDataset {
	/// The hash of its content.
	pub id: DatasetId,
	/// The hospital that owns it.
	pub owner: MemberId,
	/// What the dataset itself allows.
	pub label: Scope,
	/// What the label and the consents of all its subjects allow.
	pub cohort: Scope,
	/// The number of enrolled subjects.
	pub subjects: u32,
	/// When it was declared.
	pub declared: UnixMillis,
	/// When a newer version superseded it.
	pub superseded: Option<UnixMillis>,
	/// The version that superseded it.
	pub superseded_by: Option<DatasetId>,
	/// The version that it superseded.
	pub supersedes: Option<DatasetId>,
	/// Whether the cohort has started and not ended at the time of the block, so that something can be allowed.
	pub in_force: bool,
	/// A summary of its log.
	pub log: LogSummary,
}

/// A summary of a dataset's log.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogSummary {
	/// The number of recorded accesses.
	pub count: u64,
	/// The hash that identifies the log.
	pub root: H256,
	/// How many of them were permitted but outside the consents, as the ledger counted.
	pub breaches: u64,
	/// The same, divided by what the accesses were for.
	pub accesses: Accesses,
}

/// The accesses in a log, divided by what they were for. An access is breached if it was permitted but outside the
/// consents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Accesses {
	/// Accesses for the model, as the module defines it.
	pub for_model: u64,
	/// How many of those are breached.
	pub breached_for_model: u64,
	/// The other accesses.
	pub other: u64,
	/// How many of those are breached.
	pub breached_other: u64,
}

/// A member that the report names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportedMember {
	/// Its number.
	pub id: MemberId,
	/// The name under which it was admitted. It may contain any characters, including those that steer a terminal or a
	/// page.
	pub name: String,
	/// What it is.
	pub kind: MemberKind,
	/// Its country, an ISO 3166-1 numeric code.
	pub region: Region,
	/// Whether it may act at the block.
	#[serde(with = "MemberStatusName")]
	pub status: Status,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Status", rename_all = "kebab-case")]
enum MemberStatusName {
	Active,
	Suspended,
	Removed,
}

impl Document {
	/// The value of [`Self::format`].
	pub const FORMAT: &'static str = "kexin-report/1";

	/// Makes the report about a model with its proof, and checks both.
	///
	/// It takes only those `nodes` that the report needs. The `logs` may be in any order.
	///
	/// # Errors
	/// [`Error`]: the key of [`StateError::Incomplete`](crate::error::StateError::Incomplete) is what is missing.
	pub fn assemble(
		model: ArtifactId,
		trust: impl Into<Trust>,
		finality: Finality,
		nodes: &[Bytes],
		logs: Vec<DatasetLog>,
	) -> Result<Self, Error> {
		Self::assemble_with(Consents::None, model, trust, finality, nodes, logs)
	}

	/// As [`Self::assemble`], with the consents by which accesses were judged. [`keys`] names what they need.
	///
	/// # Errors
	/// [`Error`].
	pub fn assemble_with(
		consents: Consents,
		model: ArtifactId,
		trust: impl Into<Trust>,
		finality: Finality,
		nodes: &[Bytes],
		mut logs: Vec<DatasetLog>,
	) -> Result<Self, Error> {
		let trust = trust.into();
		let block = finality.verify(&trust)?;
		let state = ProvedState::gather(block.state_root, nodes);
		let ancestry = Ancestry::walk(&state, model)?;
		let places = ancestry
			.datasets
			.iter()
			.map(|(id, _)| *id)
			.zip(0usize..)
			.collect::<BTreeMap<_, _>>();
		logs.sort_by_key(|log| places.get(&log.dataset).copied().unwrap_or(usize::MAX));
		let (report, _) = derive_with(consents, trust.genesis, block.into(), &state, model, &logs)?;
		Ok(Self {
			format: Self::FORMAT.into(),
			report,
			logs,
			finality,
			state: state.used_nodes(),
			consents,
		})
	}

	/// The report, if everything in it is proved on the chain that you trust.
	///
	/// # Errors
	/// Those of [`Self::judge`].
	pub fn verify(&self, trust: impl Into<Trust>) -> Result<&Report, Error> {
		self.judge(trust).map(|_| &self.report)
	}

	/// As [`Self::verify`]: the block that the report is about, and how many of the accesses were judged again.
	///
	/// # Errors
	/// [`Error`]: [`Error::Differs`] names the first field that is not what is proved, [`Error::JudgedOtherwise`] an
	/// access that the ledger did not judge by its rules.
	pub fn judge(&self, trust: impl Into<Trust>) -> Result<(FinalBlock, Judgements), Error> {
		if self.format != Self::FORMAT {
			return Err(Error::Format(self.format.clone()));
		}
		let trust = trust.into();
		let block = self.finality.verify(&trust)?;
		let state = ProvedState::new(block.state_root, &self.state).map_err(in_state)?;
		let model = self.report.model;
		let (proved, judgements) = derive_with(self.consents, trust.genesis, block.into(), &state, model, &self.logs)?;
		state.every_node_used().map_err(in_state)?;
		if self.report == proved {
			return Ok((block, judgements));
		}
		let json = |report: &Report| serde_json::to_value(report).map_err(|error| Error::Json(error.to_string()));
		let field = difference("report".into(), &json(&self.report)?, &json(&proved)?);
		Err(Error::Differs(field.unwrap_or_else(|| "report".into())))
	}
}

/// The path of the first difference between two values; none when they are equal.
fn difference(path: String, found: &Value, proved: &Value) -> Option<String> {
	match (found, proved) {
		(Value::Object(found), Value::Object(proved)) => {
			let inside = found.iter().find_map(|(name, value)| {
				let path = format!("{path}.{name}");
				match proved.get(name) {
					Some(proved) => difference(path, value, proved),
					None => Some(path),
				}
			});
			let missing = || proved.keys().find(|name| !found.contains_key(*name));
			inside.or_else(|| missing().map(|name| format!("{path}.{name}")))
		},
		(Value::Array(found), Value::Array(proved)) => {
			let mut pairs = (0usize..).zip(found.iter().zip(proved));
			let inside =
				pairs.find_map(|(index, (found, proved))| difference(format!("{path}[{index}]"), found, proved));
			inside.or_else(|| (found.len() != proved.len()).then_some(path))
		},
		_ => (found != proved).then_some(path),
	}
}
