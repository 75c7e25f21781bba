//! What a model was made from, and whether every access for it was within the consents.
//!
//! A report is a pure function of what is proved ([`derive()`]): the state of the ledger at one block, and the whole logs
//! of the data sets that the model was made from. A file that carries one is accepted when computing it again gives the
//! same, field by field.
//!
//! # The verdict
//!
//! The ancestry of a model is the model, what the activity that generated it *used*, what generated that, and so on.
//! Inputs that were only *read* make no ancestry. The model may be any artifact. An access is *for the model* when it
//! names an activity of the ancestry. The logs looked at are those of the data sets of the ancestry that a hospital
//! declared.
//!
//! | verdict | when | reasons |
//! |---|---|---|
//! | breached | the hospital permitted an access for the model that was outside the consents | `breach` |
//! | cannot tell | not breached, and something could hide a breach | the three after `breach` |
//! | compliant | otherwise | none |
//!
//! | reason or notice | about | when |
//! |---|---|---|
//! | `breach` | a data set | `count` permitted accesses for the model have this set of breaches |
//! | `no-access-reported` | an activity | it used a data set, and no permitted access to that names the activity |
//! | `unknown-origin` | an artifact | it came from outside the ledger and is no data set that a hospital declared |
//! | `unattributed-breach` | a data set | `count` permitted accesses with breaches could have been for the model |
//! | `consent-ended` | a data set | nothing is allowed with it any more: it ended, or consent was withdrawn |
//! | `superseded` | a data set | a newer version took its place |
//!
//! An access *could have been for the model* when it names no activity, is of the operation that an activity of the
//! ancestry performs with a data set that it used or read, and took place before that activity ended.
//!
//! The last two are notices: they change no verdict, since what was permitted when it happened stays so. When the
//! verdict is *breached*, what would otherwise have made it *cannot tell* is among the notices too.

mod ancestry;
mod derive;
mod scope;
mod verdict;

pub use ancestry::{Ancestor, Ancestry};
pub use derive::derive;

use crate::{
	error::{in_state, Error},
	finality::{Finality, Trust},
	state::State,
	Bytes,
};
use alloc::{
	collections::BTreeMap,
	format,
	string::{String, ToString},
	vec::Vec,
};
use kexin_primitives::{
	access::LogEntry,
	lineage::{ActivityId, ActivityKind, ArtifactId, ArtifactKind, EvidenceKind},
	members::{MemberId, MemberKind, Status as MemberStatus},
	scope::Scope,
	vocabulary::Region,
	DatasetId, UnixMillis, H256,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A report with everything that proves it: see "Report" in `docs/proofs.md`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
	/// [`Self::FORMAT`].
	pub format: String,
	/// What is said.
	pub report: Report,
	/// The whole log of each data set, in the order of [`Report::datasets`].
	pub logs: Vec<DatasetLog>,
	/// The proof that the block is final.
	pub finality: Finality,
	/// The trie nodes that lead from the block's state root to what the report says of the state.
	pub state: Vec<Bytes>,
}

/// The whole log of a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DatasetLog {
	/// The data set.
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
	pub block: Block,
	/// The artifact that was asked about.
	pub model: ArtifactId,
	/// Whether the accesses behind it were within the consents.
	pub verdict: Verdict,
	/// What else one should know.
	pub notices: Vec<Reason>,
	/// The ancestry, nearest first: breadth first from the model over what was used.
	pub artifacts: Vec<Artifact>,
	/// The activities that generated these artifacts, in the order in which the walk came to them.
	pub activities: Vec<Activity>,
	/// The data sets among the artifacts that a hospital declared, in the same order.
	pub datasets: Vec<Dataset>,
	/// The owners, the agents, those who attached evidence, reported accesses or received data, in the order of their
	/// numbers.
	pub members: Vec<Member>,
}

/// The block that a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Block {
	/// Its hash.
	pub hash: H256,
	/// Its number.
	pub number: u32,
	/// Its time. Nothing is said about what happened later.
	pub time: UnixMillis,
}

/// Whether the accesses behind a model were within the consents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verdict {
	/// The answer.
	pub status: Status,
	/// Why; empty when it is compliant.
	pub reasons: Vec<Reason>,
}

/// The answer to whether the accesses behind a model were within the consents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
	/// They were, all of them.
	Compliant,
	/// One was not.
	Breached,
	/// What is on the ledger does not say.
	CannotTell,
}

/// One reason of a verdict, or one notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reason {
	/// What it is.
	pub code: Code,
	/// The data set, activity or artifact that it is about.
	pub about: H256,
	/// How many accesses, when it is about accesses.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub count: Option<u64>,
	/// The same for people.
	pub text: String,
}

/// What a reason or notice is. The table above says when each is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
	/// Accesses for the model were outside the consents.
	Breach,
	/// A data set was used, and no access to it was reported for that.
	NoAccessReported,
	/// An artifact came from outside the ledger.
	UnknownOrigin,
	/// Accesses outside the consents name no activity and could have been for the model.
	UnattributedBreach,
	/// Nothing is allowed with a data set any more.
	ConsentEnded,
	/// A newer version took a data set's place.
	Superseded,
}

/// An artifact of the ancestry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Artifact {
	/// The hash of its content.
	pub id: ArtifactId,
	/// What it is.
	pub kind: ArtifactKind,
	/// The member that registered it.
	pub owner: MemberId,
	/// When it was registered.
	pub registered: UnixMillis,
	/// The activity that made it; none for what came from outside.
	pub generated_by: Option<ActivityId>,
	/// How many activities it is away from the model.
	pub distance: u32,
	/// What was attached to it, by the number of the member and then in the order of attaching.
	pub evidence: Vec<Evidence>,
}

/// A piece of evidence about an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
	/// The member that attached it.
	pub by: MemberId,
	/// When.
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
pub struct Activity {
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
	/// The inputs that its outputs depend on.
	pub used: Vec<ArtifactId>,
	/// The inputs that it only looked at.
	pub read: Vec<ArtifactId>,
	/// Its outputs.
	pub generated: Vec<ArtifactId>,
}

/// A data set of the ancestry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dataset {
	/// The hash of its content.
	pub id: DatasetId,
	/// The hospital whose data set it is.
	pub owner: MemberId,
	/// What the data set itself allows.
	#[serde(deserialize_with = "scope::deserialize")]
	pub label: Scope,
	/// What the label and the consents of all its subjects allow.
	#[serde(deserialize_with = "scope::deserialize")]
	pub cohort: Scope,
	/// How many subjects were enrolled.
	pub subjects: u32,
	/// When it was declared.
	pub declared: UnixMillis,
	/// When a newer version took its place.
	pub superseded: Option<UnixMillis>,
	/// The version that did.
	pub superseded_by: Option<DatasetId>,
	/// The version whose place it took.
	pub supersedes: Option<DatasetId>,
	/// Whether, at the time of the block, the cohort has started and not ended: something can be allowed.
	pub in_force: bool,
	/// What its log says.
	pub log: LogSummary,
}

/// What a data set's log says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogSummary {
	/// How many accesses were recorded.
	pub count: u64,
	/// The hash that stands for the log.
	pub root: H256,
	/// How many of them were outside the consents and permitted, as the ledger counted.
	pub breaches: u64,
	/// The same by whom they were for.
	pub accesses: Accesses,
}

/// The accesses in a log, by whom they were for. Breached are those that were outside the consents and permitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Accesses {
	/// Those that name an activity of the ancestry.
	pub for_model: u64,
	/// Those of them that are breached.
	pub breached_for_model: u64,
	/// The others.
	pub other: u64,
	/// Those of them that are breached.
	pub breached_other: u64,
}

/// A member that is named somewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Member {
	/// Its number.
	pub id: MemberId,
	/// Its name as it was admitted under: any characters, those that steer a terminal or a page among them.
	pub name: String,
	/// What it is.
	pub kind: MemberKind,
	/// The country it is in, by its ISO 3166-1 numeric code.
	pub region: Region,
	/// Whether it may act at the block.
	#[serde(with = "MemberStatusName")]
	pub status: MemberStatus,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "MemberStatus", rename_all = "kebab-case")]
enum MemberStatusName {
	Active,
	Suspended,
	Removed,
}

impl Document {
	/// What [`Self::format`] says.
	pub const FORMAT: &'static str = "kexin-report/1";

	/// Makes the report about a model with its proof, which is checked on the way.
	///
	/// Of `nodes` those are taken that the report needs, and `logs` may be in any order.
	///
	/// # Errors
	/// [`Error`]: of [`StateError::Incomplete`](crate::error::StateError::Incomplete) the key says what is missing.
	pub fn assemble(
		model: ArtifactId,
		trust: impl Into<Trust>,
		finality: Finality,
		nodes: &[Bytes],
		mut logs: Vec<DatasetLog>,
	) -> Result<Self, Error> {
		let trust = trust.into();
		let block = finality.verify(&trust)?;
		let state = State::gather(block.state_root, nodes);
		let ancestry = Ancestry::walk(&state, model)?;
		let places = ancestry
			.datasets
			.iter()
			.map(|(id, _)| *id)
			.zip(0usize..)
			.collect::<BTreeMap<_, _>>();
		logs.sort_by_key(|log| places.get(&log.dataset).copied().unwrap_or(usize::MAX));
		let report = derive(trust.genesis, block.into(), &state, model, &logs)?;
		Ok(Self {
			format: Self::FORMAT.into(),
			report,
			logs,
			finality,
			state: state.used_nodes(),
		})
	}

	/// The report, when everything it says is proved on the chain of which this is known.
	///
	/// # Errors
	/// [`Error`]: [`Error::Differs`] names the first field that says something else than what is proved.
	pub fn verify(&self, trust: impl Into<Trust>) -> Result<&Report, Error> {
		if self.format != Self::FORMAT {
			return Err(Error::Format(self.format.clone()));
		}
		let trust = trust.into();
		let block = self.finality.verify(&trust)?;
		let state = State::new(block.state_root, &self.state).map_err(in_state)?;
		let proved = derive(trust.genesis, block.into(), &state, self.report.model, &self.logs)?;
		state.every_node_used().map_err(in_state)?;
		if self.report == proved {
			return Ok(&self.report);
		}
		let json = |report: &Report| serde_json::to_value(report).map_err(|error| Error::Json(error.to_string()));
		let field = difference("report".into(), &json(&self.report)?, &json(&proved)?);
		Err(Error::Differs(field.unwrap_or_else(|| "report".into())))
	}
}

/// The path of the first place where two values differ; none when they are equal.
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
