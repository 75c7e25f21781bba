//! The JSON of the answers, byte for byte.

use super::*;
use crate::rpc::{
	answer::golden::{answer, block, hash, BLOCK},
	proof::golden::{finality, finality_json},
};
use kexin_primitives::{
	lineage::{ActivityKind, ArtifactKind, EvidenceKind},
	members::{MemberKind, Status},
	scope::Scope,
	vocabulary::Region,
	FOREVER,
};
use kexin_verifier::{
	report::{
		Accesses, Code, LogSummary, Reason, ReportedActivity, ReportedArtifact, ReportedBlock, ReportedDataset,
		ReportedEvidence, ReportedMember, Verdict, VerdictStatus,
	},
	Report,
};
use serde_json::{json, to_value};

fn name(byte: u8) -> H256 {
	H256::repeat_byte(byte)
}

#[test]
fn audit_finality_is_pinned() {
	assert_eq!(
		answer(FinalityProof { finality: finality() }),
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
fn audit_report_is_pinned() {
	let reason = |code, count| Reason {
		code,
		about: name(1),
		dataset: None,
		count,
		breaches: None,
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
				"reasons": [{ "code": "unattributed-breach", "about": hash(1), "count": 2 }],
			},
			"notices": [{ "code": "consent-ended", "about": hash(1) }],
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
