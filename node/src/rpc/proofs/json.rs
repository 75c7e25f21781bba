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

#[cfg(test)]
mod tests {
	use super::*;
	use crate::rpc::json::Answer;
	use kexin_primitives::{
		access::{AccessEvent, Breaches, LogEntry, Outcome, Rules},
		lineage::{ActivityKind, ArtifactKind, EvidenceKind},
		members::{MemberKind, Status},
		scope::Scope,
		vocabulary::{Operation, Region},
		FOREVER, H256,
	};
	use kexin_verifier::{
		access,
		finality::Handover,
		report::{
			Accesses, Code, LogSummary, Reason, ReportedActivity, ReportedArtifact, ReportedBlock, ReportedDataset,
			ReportedEvidence, ReportedMember, Verdict, VerdictStatus,
		},
		AccessProof, Report,
	};
	use serde_json::{json, to_value, Value};

	const BLOCK: At = At {
		hash: H256::repeat_byte(0xbb),
		number: 7,
	};

	fn name(byte: u8) -> H256 {
		H256::repeat_byte(byte)
	}

	fn hash(byte: u8) -> String {
		format!("{:?}", name(byte))
	}

	fn block() -> Value {
		json!({ "hash": hash(0xbb), "number": 7 })
	}

	fn finality() -> Finality {
		Finality {
			genesis: vec![1].into(),
			authorities: vec![vec![2].into()],
			handovers: vec![Handover {
				header: vec![3].into(),
				justification: Some(vec![4].into()),
			}],
			headers: vec![vec![5].into()],
			justification: vec![0xab, 0xcd].into(),
		}
	}

	fn finality_json() -> Value {
		json!({
			"genesis": "0x01",
			"authorities": ["0x02"],
			"handovers": [{ "header": "0x03", "justification": "0x04" }],
			"headers": ["0x05"],
			"justification": "0xabcd",
		})
	}

	#[test]
	fn audit_finality_is_pinned() {
		let answer = Answer {
			answer: FinalityAnswer { finality: finality() },
			block: BLOCK,
		};
		assert_eq!(
			to_value(answer).unwrap(),
			json!({ "finality": finality_json(), "block": block() })
		);
	}

	#[test]
	fn audit_proof_is_pinned() {
		let answer = AuditProof {
			block: BLOCK,
			model: name(1),
			finality: finality(),
			state: vec![vec![6].into()],
			datasets: vec![DatasetCount {
				dataset: name(2),
				count: 3,
			}],
		};
		assert_eq!(
			to_value(answer).unwrap(),
			json!({
				"block": block(), "model": hash(1), "finality": finality_json(), "state": ["0x06"],
				"datasets": [{ "dataset": hash(2), "count": 3 }],
			})
		);
	}

	#[test]
	fn access_proof_is_pinned() {
		let answer = AccessProof {
			format: AccessProof::FORMAT.into(),
			block: access::BlockId {
				hash: BLOCK.hash,
				number: BLOCK.number,
			},
			finality: finality(),
			state: vec![vec![6].into()],
			dataset: name(1),
			count: 3,
			first: 2,
			entries: vec![LogEntry {
				dataset: name(1),
				reporter: 3,
				recorded: 2_000,
				rules: Rules {
					spec_version: 4,
					code: name(2),
				},
				breaches: Breaches::REGION,
				event: AccessEvent {
					source: name(3),
					occurred: 1_000,
					actor: name(4),
					subject: None,
					purpose: None,
					operation: Operation::Read,
					region: None,
					recipient: None,
					activity: Some(name(5)),
					outcome: Outcome::Denied,
				},
			}],
			hashes: vec![name(6)],
		};
		assert_eq!(
			to_value(answer).unwrap(),
			json!({
				"format": "kexin-access-proof/1", "block": block(), "finality": finality_json(), "state": ["0x06"],
				"dataset": hash(1), "count": 3, "first": 2,
				"entries": [{
					"dataset": hash(1), "reporter": 3, "recorded": 2000, "rules": { "specVersion": 4, "code": hash(2) },
					"breaches": ["region"],
					"event": {
						"source": hash(3), "occurred": 1000, "actor": hash(4), "subject": null, "purpose": null,
						"operation": "read", "region": null, "recipient": null, "activity": hash(5), "outcome": "denied",
					},
				}],
				"hashes": [hash(6)],
			})
		);
	}

	#[test]
	fn audit_report_is_pinned() {
		let reason = |code, count| Reason {
			code,
			about: name(1),
			count,
			text: "why".into(),
		};
		let answer = Report {
			genesis: name(9),
			block: ReportedBlock {
				hash: BLOCK.hash,
				number: BLOCK.number,
				time: 5_000,
			},
			model: name(1),
			verdict: Verdict {
				status: VerdictStatus::CannotTell,
				reasons: vec![reason(Code::UnattributedBreach, Some(2))],
			},
			notices: vec![reason(Code::ConsentEnded, None)],
			artifacts: vec![ReportedArtifact {
				id: name(1),
				kind: ArtifactKind::Model,
				owner: 3,
				registered: 4_000,
				generated_by: Some(name(2)),
				distance: 0,
				evidence: vec![ReportedEvidence {
					by: 3,
					attached: 4_500,
					kind: EvidenceKind::TeeQuote,
					document: name(3),
					measure: -1,
					threshold: 1,
				}],
			}],
			activities: vec![ReportedActivity {
				id: name(2),
				kind: ActivityKind::FederatedRound,
				agent: 3,
				started: 3_000,
				ended: Some(4_000),
				used: vec![name(4)],
				read: vec![name(5)],
				generated: vec![name(1)],
			}],
			datasets: vec![ReportedDataset {
				id: name(4),
				owner: 0,
				label: Scope::everything(10),
				cohort: Scope::everything(20),
				subjects: 6,
				declared: 2_000,
				superseded: Some(4_800),
				superseded_by: Some(name(6)),
				supersedes: None,
				in_force: true,
				log: LogSummary {
					count: 10,
					root: name(7),
					breaches: 4,
					accesses: Accesses {
						for_model: 6,
						breached_for_model: 1,
						other: 4,
						breached_other: 3,
					},
				},
			}],
			members: vec![ReportedMember {
				id: 3,
				name: "Retina AI".into(),
				kind: MemberKind::Company,
				region: Region(276),
				status: Status::Suspended,
			}],
		};
		let whole = json!({ "named": {}, "other": FOREVER });
		let scope = |start: u64| {
			json!({
				"start": start, "end": FOREVER, "purposes": whole, "operations": whole, "regions": whole, "recipients": whole,
				"recipientClasses": whole,
			})
		};
		assert_eq!(
			to_value(answer).unwrap(),
			json!({
				"genesis": hash(9),
				"block": { "hash": hash(0xbb), "number": 7, "time": 5000 },
				"model": hash(1),
				"verdict": {
					"status": "cannot-tell",
					"reasons": [{ "code": "unattributed-breach", "about": hash(1), "count": 2, "text": "why" }],
				},
				"notices": [{ "code": "consent-ended", "about": hash(1), "text": "why" }],
				"artifacts": [{
					"id": hash(1), "kind": "model", "owner": 3, "registered": 4000, "generatedBy": hash(2), "distance": 0,
					"evidence": [{
						"by": 3, "attached": 4500, "kind": "tee-quote", "document": hash(3), "measure": -1, "threshold": 1,
					}],
				}],
				"activities": [{
					"id": hash(2), "kind": "federated-round", "agent": 3, "started": 3000, "ended": 4000, "used": [hash(4)],
					"read": [hash(5)], "generated": [hash(1)],
				}],
				"datasets": [{
					"id": hash(4), "owner": 0, "label": scope(10), "cohort": scope(20), "subjects": 6, "declared": 2000,
					"superseded": 4800, "supersededBy": hash(6), "supersedes": null, "inForce": true,
					"log": {
						"count": 10, "root": hash(7), "breaches": 4,
						"accesses": { "forModel": 6, "breachedForModel": 1, "other": 4, "breachedOther": 3 },
					},
				}],
				"members": [{ "id": 3, "name": "Retina AI", "kind": "company", "region": 276, "status": "suspended" }],
			})
		);
	}

	#[test]
	fn a_range_has_these_fields_and_no_others() {
		let range: RangeParameters = serde_json::from_value(json!({ "index": 1, "from": 2, "to": 3 })).unwrap();
		assert_eq!((range.index, range.from, range.to), (Some(1), Some(2), Some(3)));
		assert!(serde_json::from_value::<RangeParameters>(json!({ "first": 1 })).is_err());
	}
}
