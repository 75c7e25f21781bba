//! The JSON that goes in and out of the ledger's methods.
//!
//! Names are in camel case, hashes are 0x-hex, moments milliseconds since 1970, purposes and operations their published
//! codes. Amounts of tokens are decimal strings, since JSON readers lose the digits of large numbers.

use super::error::Error;
use kexin_primitives::{
	lineage::{ActivityId, ActivityKind, ArtifactId, ArtifactKind, Direction, EvidenceKind, Trace as Walk},
	members::MemberId,
	scope::Scope,
	vocabulary::{Operation, Purpose, Region},
	DatasetId, Pseudonym, UnixMillis, H256,
};
use kexin_runtime_api::{AccessJudgement, ArtifactReport, ConsentView, DatasetView, LogSummary};
use serde::{Deserialize, Serialize};
use serde_json::value::{to_raw_value, RawValue};

/// The finalized block that an answer is true at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct At {
	/// Its hash.
	pub hash: H256,
	/// Its number.
	pub number: u32,
}

/// An answer, and the block that it is true at.
#[derive(Clone, Debug, Serialize)]
pub struct Answer<T> {
	/// The answer.
	#[serde(flatten)]
	pub answer: T,
	/// The block.
	pub block: At,
}

/// Bytes of an answer at the most: with what the protocol adds, it fits the stock limit of 15 MiB.
const MAX_ANSWER: usize = 15 * 1024 * 1024 - 1024;

/// The JSON of an answer that may be too large.
///
/// # Errors
/// [`Error::TooMany`] with what to do when it is.
pub fn bounded(answer: &impl Serialize, what_to_do: &str) -> Result<Box<RawValue>, Error> {
	let json = to_raw_value(answer).map_err(|error| Error::Runtime(error.to_string()))?;
	if json.get().len() > MAX_ANSWER {
		return Err(Error::TooMany(format!(
			"the answer takes {} MiB, more than the node sends at a time: {what_to_do}",
			json.get().len() >> 20
		)));
	}
	Ok(json)
}

/// An artifact.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
	artifact: ArtifactId,
	kind: ArtifactKind,
	owner: MemberId,
	registered: UnixMillis,
	generated_by: Option<ActivityId>,
	uses: u32,
	evidence: Vec<Evidence>,
}

/// A piece of evidence about an artifact.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
	by: MemberId,
	attached: UnixMillis,
	kind: EvidenceKind,
	document: H256,
	measure: i64,
	threshold: i64,
}

impl Artifact {
	/// What the runtime says of an artifact.
	pub fn new(id: ArtifactId, report: ArtifactReport) -> Self {
		let evidence = report.evidence.into_iter().map(|(by, evidence, attached)| Evidence {
			by,
			attached,
			kind: evidence.kind,
			document: evidence.document,
			measure: evidence.measure,
			threshold: evidence.threshold,
		});
		Self {
			artifact: id,
			kind: report.artifact.kind,
			owner: report.artifact.owner,
			registered: report.artifact.registered,
			generated_by: report.artifact.generated_by,
			uses: report.artifact.uses,
			evidence: evidence.collect(),
		}
	}
}

/// The question of `lineage_trace`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TraceParameters {
	/// Where the walk starts.
	pub artifact: ArtifactId,
	/// Which way it goes.
	pub direction: Direction,
	/// How far it goes at the most, in activities; without end when it is left out.
	pub depth: Option<u32>,
	/// How many artifacts a page has at the most.
	pub limit: Option<u32>,
	/// Where the last page ended.
	pub cursor: Option<String>,
}

/// A page of a walk.
#[derive(Clone, Debug, Serialize)]
pub struct Trace {
	nodes: Vec<Node>,
	edges: Vec<Edge>,
	next: Option<String>,
}

/// An artifact on a walk.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
	artifact: ArtifactId,
	kind: ArtifactKind,
	owner: MemberId,
	registered: UnixMillis,
	generated_by: Option<ActivityId>,
	distance: u32,
}

/// A derivation on a walk.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Edge {
	from: ArtifactId,
	activity: ActivityId,
	activity_kind: ActivityKind,
	to: ArtifactId,
}

impl Trace {
	/// The page that the runtime found, with the cursor of the next one.
	pub fn new(walk: Walk, cursor: impl Fn(u32) -> String) -> Self {
		let nodes = walk.nodes.into_iter().map(|node| Node {
			artifact: node.id,
			kind: node.artifact.kind,
			owner: node.artifact.owner,
			registered: node.artifact.registered,
			generated_by: node.artifact.generated_by,
			distance: node.distance,
		});
		let edges = walk.edges.into_iter().map(|edge| Edge {
			from: edge.from,
			activity: edge.activity,
			activity_kind: edge.kind,
			to: edge.to,
		});
		Self {
			nodes: nodes.collect(),
			edges: edges.collect(),
			next: walk.next.map(cursor),
		}
	}
}

/// The state of a data set's log.
#[derive(Clone, Debug, Serialize)]
pub struct Log {
	dataset: DatasetId,
	owner: MemberId,
	count: u64,
	root: H256,
	breaches: u64,
}

impl Log {
	/// What the runtime says of a log.
	pub fn new(dataset: DatasetId, log: LogSummary) -> Self {
		Self {
			dataset,
			owner: log.owner,
			count: log.count,
			root: log.root,
			breaches: log.breaches,
		}
	}
}

/// The question of `access_check`. What is left out is judged as the worst that it could be.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckParameters {
	/// The data set.
	pub dataset: DatasetId,
	/// Whose data; the data set as a whole when it is left out.
	pub subject: Option<Pseudonym>,
	/// Why.
	pub purpose: Option<Purpose>,
	/// What would be done.
	pub operation: Operation,
	/// Where, as an ISO 3166-1 numeric code.
	pub region: Option<Region>,
	/// The member that would receive the data.
	pub recipient: Option<MemberId>,
	/// When; the time of the block when it is left out.
	pub time: Option<UnixMillis>,
}

/// How an access would be judged.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
	permitted: bool,
	breaches: Vec<&'static str>,
	time: UnixMillis,
}

impl From<AccessJudgement> for Judgement {
	fn from(judgement: AccessJudgement) -> Self {
		Self {
			permitted: judgement.breaches.is_empty(),
			breaches: judgement.breaches.names().collect(),
			time: judgement.time,
		}
	}
}

/// The question of `consent_scope`: a subject or a data set.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScopeParameters {
	subject: Option<Pseudonym>,
	hospital: Option<MemberId>,
	dataset: Option<DatasetId>,
}

/// What `consent_scope` is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeOf {
	/// A subject, at one hospital or at all.
	Subject(Pseudonym, Option<MemberId>),
	/// A data set.
	Dataset(DatasetId),
}

impl TryFrom<ScopeParameters> for ScopeOf {
	type Error = Error;

	fn try_from(parameters: ScopeParameters) -> Result<Self, Error> {
		match parameters {
			ScopeParameters {
				subject: Some(subject),
				hospital,
				dataset: None,
			} => Ok(Self::Subject(subject, hospital)),
			ScopeParameters {
				subject: None,
				hospital: None,
				dataset: Some(dataset),
			} => Ok(Self::Dataset(dataset)),
			_ => Err(Error::InvalidParameter(
				"expected either {\"subject\", \"hospital\" (optional)} or {\"dataset\"}".into(),
			)),
		}
	}
}

/// Whether anything at all is allowed at the moment.
fn in_force(scope: &Scope, time: UnixMillis) -> bool {
	scope.start <= time && time < scope.end()
}

/// The answer of `consent_scope`.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Scopes {
	/// A subject's consents; any one of them suffices.
	Subject {
		/// The consents.
		consents: Vec<Consent>,
	},
	/// A data set, with its own label and the meet with the consents of all enrolled.
	Dataset(Box<Dataset>),
}

/// One consent of a subject.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Consent {
	hospital: MemberId,
	document: H256,
	in_force: bool,
	scope: Scope,
	datasets: Vec<DatasetId>,
}

/// A data set.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dataset {
	owner: MemberId,
	subjects: u32,
	in_force: bool,
	label: Scope,
	cohort: Scope,
	superseded: Option<UnixMillis>,
	superseded_by: Option<DatasetId>,
	supersedes: Option<DatasetId>,
}

impl Scopes {
	/// The consents of a subject, at one hospital or at all.
	pub fn of_subject(views: Vec<ConsentView>, hospital: Option<MemberId>, time: UnixMillis) -> Self {
		let views = views
			.into_iter()
			.filter(|view| hospital.is_none_or(|hospital| view.hospital == hospital));
		let consents = views.map(|view| Consent {
			hospital: view.hospital,
			document: view.document,
			in_force: in_force(&view.scope, time),
			scope: view.scope,
			datasets: view.datasets,
		});
		Self::Subject {
			consents: consents.collect(),
		}
	}

	/// A data set.
	pub fn of_dataset(view: DatasetView, time: UnixMillis) -> Self {
		let open = view.superseded.is_none_or(|superseded| time < superseded);
		Self::Dataset(Box::new(Dataset {
			owner: view.owner,
			subjects: view.subjects,
			in_force: open && in_force(&view.cohort, time),
			label: view.label,
			cohort: view.cohort,
			superseded: view.superseded,
			superseded_by: view.superseded_by,
			supersedes: view.supersedes,
		}))
	}
}

/// What an account can claim.
#[derive(Clone, Debug, Serialize)]
pub struct Claimable {
	/// The amount in the smallest unit, as a decimal string.
	pub claimable: String,
}

#[cfg(test)]
mod tests {
	use super::*;
	use kexin_primitives::{
		access::Breaches,
		lineage::{Artifact as LedgerArtifact, TraceEdge, TraceNode},
		scope::Dimension,
		FOREVER,
	};
	use serde_json::{json, to_value};

	const BLOCK: At = At {
		hash: H256::repeat_byte(0xbb),
		number: 7,
	};

	fn hash(byte: u8) -> String {
		format!("{:?}", H256::repeat_byte(byte))
	}

	fn answer<T: Serialize>(answer: T) -> serde_json::Value {
		to_value(Answer { answer, block: BLOCK }).unwrap()
	}

	fn block() -> serde_json::Value {
		json!({ "hash": hash(0xbb), "number": 7 })
	}

	fn artifact() -> LedgerArtifact {
		LedgerArtifact {
			kind: ArtifactKind::Model,
			owner: 3,
			registered: 1_000,
			generated_by: Some(H256::repeat_byte(2)),
			uses: 4,
		}
	}

	#[test]
	fn an_answer_that_is_too_large_says_what_to_do() {
		// The quotes count.
		let longest = "x".repeat(MAX_ANSWER - 2);
		assert_eq!(bounded(&longest, "").unwrap().get().len(), MAX_ANSWER);
		let Err(Error::TooMany(says)) = bounded(&(longest + "x"), "ask for less") else {
			panic!("not refused");
		};
		assert!(says.ends_with("ask for less"));
	}

	#[test]
	fn lineage_artifact_is_pinned() {
		let evidence = kexin_primitives::lineage::Evidence {
			kind: EvidenceKind::TeeQuote,
			document: H256::repeat_byte(9),
			measure: -1,
			threshold: 1,
		};
		let report = ArtifactReport {
			artifact: artifact(),
			evidence: vec![(5, evidence, 2_000)],
		};
		assert_eq!(
			answer(Artifact::new(H256::repeat_byte(1), report)),
			json!({
				"artifact": hash(1), "kind": "model", "owner": 3, "registered": 1000, "generatedBy": hash(2), "uses": 4,
				"evidence": [{
					"by": 5, "attached": 2000, "kind": "tee-quote", "document": hash(9), "measure": -1, "threshold": 1,
				}],
				"block": block(),
			})
		);
	}

	#[test]
	fn lineage_trace_is_pinned() {
		let walk = Walk {
			nodes: vec![TraceNode {
				id: H256::repeat_byte(1),
				artifact: artifact(),
				distance: 0,
			}],
			edges: vec![TraceEdge {
				from: H256::repeat_byte(4),
				activity: H256::repeat_byte(2),
				kind: ActivityKind::FederatedRound,
				to: H256::repeat_byte(1),
			}],
			next: Some(1),
		};
		assert_eq!(
			answer(Trace::new(walk, |offset| format!("cursor{offset}"))),
			json!({
				"nodes": [{
					"artifact": hash(1), "kind": "model", "owner": 3, "registered": 1000, "generatedBy": hash(2), "distance": 0,
				}],
				"edges": [{
					"from": hash(4), "activity": hash(2), "activityKind": "federated-round", "to": hash(1),
				}],
				"next": "cursor1",
				"block": block(),
			})
		);
	}

	#[test]
	fn access_log_and_check_are_pinned() {
		let log = LogSummary {
			owner: 1,
			count: 2,
			root: H256::repeat_byte(3),
			breaches: 1,
		};
		assert_eq!(
			answer(Log::new(H256::repeat_byte(8), log)),
			json!({
				"dataset": hash(8), "owner": 1, "count": 2, "root": hash(3), "breaches": 1, "block": block(),
			})
		);
		let judgement = AccessJudgement {
			time: 5,
			breaches: Breaches::PURPOSE | Breaches::RECIPIENT_CLASS,
		};
		assert_eq!(
			answer(Judgement::from(judgement)),
			json!({
				"permitted": false, "breaches": ["purpose", "recipient-class"], "time": 5, "block": block(),
			})
		);
	}

	#[test]
	fn consent_scope_is_pinned() {
		let mut scope = Scope::everything(10);
		scope.purposes = Dimension::only([Purpose::ModelTraining], 99).unwrap();
		scope.regions = Dimension::only([Region(276)], FOREVER).unwrap();
		let view = ConsentView {
			hospital: 1,
			document: H256::repeat_byte(6),
			scope,
			datasets: vec![H256::repeat_byte(8)],
		};
		let whole = json!({ "named": {}, "other": FOREVER });
		let expected = json!({
			"hospital": 1,
			"document": hash(6),
			"inForce": true,
			"scope": {
				"start": 10,
				"end": 99,
				"purposes": { "named": { "MLTRAINING": 99 }, "other": 0 },
				"operations": whole,
				"regions": { "named": { "276": FOREVER }, "other": 0 },
				"recipients": whole,
				"recipientClasses": whole,
			},
			"datasets": [hash(8)],
		});
		assert_eq!(
			answer(Scopes::of_subject(vec![view.clone()], None, 10)),
			json!({ "consents": [expected], "block": block() })
		);
		assert_eq!(
			answer(Scopes::of_subject(vec![view], Some(2), 10)),
			json!({ "consents": [], "block": block() })
		);
	}

	#[test]
	fn annotation_claimable_is_pinned() {
		assert_eq!(
			answer(Claimable {
				claimable: u128::MAX.to_string()
			}),
			json!({ "claimable": "340282366920938463463374607431768211455", "block": block() })
		);
	}

	#[test]
	fn a_question_is_about_a_subject_or_a_data_set() {
		let parse = |value| ScopeOf::try_from(serde_json::from_value::<ScopeParameters>(value).unwrap());
		assert_eq!(
			parse(json!({ "subject": hash(1) })),
			Ok(ScopeOf::Subject(H256::repeat_byte(1), None))
		);
		assert_eq!(
			parse(json!({ "dataset": hash(1) })),
			Ok(ScopeOf::Dataset(H256::repeat_byte(1)))
		);
		assert!(matches!(parse(json!({})), Err(Error::InvalidParameter(_))));
		assert!(matches!(
			parse(json!({ "subject": hash(1), "dataset": hash(2) })),
			Err(Error::InvalidParameter(_))
		));
	}

	#[test]
	fn what_is_malformed_is_named() {
		let error = |value| {
			serde_json::from_value::<CheckParameters>(value)
				.unwrap_err()
				.to_string()
		};
		assert!(error(json!({ "dataset": "0x12", "operation": "read" })).contains("32"));
		assert!(error(json!({ "dataset": hash(1), "operation": "steal" })).contains("steal"));
		assert!(error(json!({ "dataset": hash(1), "operation": "read", "purpose": "treat" })).contains("TREAT"));
		assert!(error(json!({ "dataset": hash(1), "operation": "read", "extra": 1 })).contains("extra"));
	}
}
