//! What the node answers to the commands that read, and how it is written for people.

use kexin::report::text::{self, Names};
use kexin_primitives::{
	access::{Breaches, Notices},
	lineage::{ActivityId, ArtifactId, ArtifactKind, EvidenceKind},
	members::MemberId,
	scope::Scope,
	DatasetId, UnixMillis, H256,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The block for which an answer holds.
#[derive(Deserialize)]
pub struct Block {
	hash: H256,
	number: u32,
}

impl fmt::Display for Block {
	fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(out, "As of block {} ({:?})", self.number, self.hash)
	}
}

/// Writes one fact as a line.
fn fact(out: &mut fmt::Formatter<'_>, name: &str, value: impl fmt::Display) -> fmt::Result {
	writeln!(out, "{:<20} {value}", format!("{name}:"))
}

/// Writes the facts of a scope as lines.
fn scope(out: &mut fmt::Formatter<'_>, scope: &Scope) -> fmt::Result {
	fact(out, "  From", text::time(scope.start))?;
	for dimension in scope.dimensions() {
		let allowed = text::dimension(&dimension, &Names::new(&[]));
		fact(out, &format!("  {}", text::heading(dimension.name)), allowed)?;
	}
	Ok(())
}

fn yes_or_no(value: bool) -> &'static str {
	if value {
		"yes"
	} else {
		"no"
	}
}

/// The node, its chain and how far it is finalized.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
	/// The name of the chain.
	pub chain: String,
	/// The node's version.
	pub version: String,
	/// The number of the newest block.
	pub best: u32,
	/// The number of the newest final block.
	pub finalized: u32,
	/// The hash of the newest final block.
	pub finalized_hash: H256,
	/// The number of nodes that the node is connected to.
	pub peers: Option<u64>,
}

impl fmt::Display for NodeStatus {
	fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
		fact(out, "Chain", text::plain(&self.chain))?;
		fact(out, "Node", text::plain(&self.version))?;
		fact(out, "Newest block", self.best)?;
		fact(
			out,
			"Newest final block",
			format_args!("{} ({:?})", self.finalized, self.finalized_hash),
		)?;
		let peers = self.peers.map_or_else(|| "unknown".into(), |peers| peers.to_string());
		write!(out, "{:<20} {peers}", "Peers:")
	}
}

/// The state of a dataset's log.
#[derive(Deserialize)]
pub struct Log {
	dataset: DatasetId,
	owner: MemberId,
	count: u64,
	root: H256,
	breaches: u64,
	block: Block,
}

impl fmt::Display for Log {
	fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
		fact(out, "Dataset", format_args!("{:?}", self.dataset))?;
		fact(out, "Owner", format_args!("member {}", self.owner))?;
		fact(out, "Accesses", self.count)?;
		fact(out, "Outside consent", self.breaches)?;
		fact(out, "Root of the log", format_args!("{:?}", self.root))?;
		write!(out, "{}", self.block)
	}
}

/// How an access would be judged.
#[derive(Deserialize)]
pub struct Judgement {
	permitted: bool,
	breaches: Breaches,
	notices: Notices,
	time: UnixMillis,
	block: Block,
}

impl fmt::Display for Judgement {
	fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
		let time = text::time(self.time);
		if self.permitted {
			writeln!(out, "Permitted at {time}")?;
		} else {
			let breaches = self.breaches.names().collect::<Vec<_>>().join(", ");
			writeln!(out, "Not permitted at {time}: {breaches}")?;
		}
		for notice in self.notices.names() {
			fact(out, "Notice", notice)?;
		}
		write!(out, "{}", self.block)
	}
}

/// What a data subject consented to.
#[derive(Deserialize)]
pub struct SubjectScopes {
	consents: Vec<SubjectConsent>,
	block: Block,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubjectConsent {
	hospital: MemberId,
	document: H256,
	in_force: bool,
	recorded: UnixMillis,
	scope: Scope,
	datasets: Vec<DatasetId>,
}

impl fmt::Display for SubjectScopes {
	fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
		if self.consents.is_empty() {
			writeln!(out, "No consent of this patient is on the ledger")?;
		}
		for consent in &self.consents {
			fact(out, "Document", format_args!("{:?}", consent.document))?;
			fact(out, "  Hospital", format_args!("member {}", consent.hospital))?;
			fact(out, "  Recorded", text::time(consent.recorded))?;
			fact(out, "  In force", yes_or_no(consent.in_force))?;
			scope(out, &consent.scope)?;
			for dataset in &consent.datasets {
				fact(out, "  Enrolled in", format_args!("{dataset:?}"))?;
			}
		}
		write!(out, "{}", self.block)
	}
}

/// What a dataset allows.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatasetScopes {
	owner: MemberId,
	subjects: u32,
	declared: UnixMillis,
	enrolled: Option<UnixMillis>,
	in_force: bool,
	label: Scope,
	cohort: Scope,
	superseded: Option<UnixMillis>,
	superseded_by: Option<DatasetId>,
	supersedes: Option<DatasetId>,
	block: Block,
}

impl fmt::Display for DatasetScopes {
	fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
		fact(out, "Owner", format_args!("member {}", self.owner))?;
		fact(out, "Declared", text::time(self.declared))?;
		fact(out, "Subjects", self.subjects)?;
		if let Some(time) = self.enrolled {
			fact(out, "First enrolment", text::time(time))?;
		}
		fact(out, "In force", yes_or_no(self.in_force))?;
		if let Some(older) = self.supersedes {
			fact(out, "Supersedes", format_args!("{older:?}"))?;
		}
		if let Some(newer) = self.superseded_by {
			fact(out, "Superseded by", format_args!("{newer:?}"))?;
		}
		if let Some(time) = self.superseded {
			fact(out, "Superseded on", text::time(time))?;
		}
		writeln!(out, "Allowed by the dataset itself")?;
		scope(out, &self.label)?;
		writeln!(out, "Allowed by the dataset and the consents of its subjects")?;
		scope(out, &self.cohort)?;
		write!(out, "{}", self.block)
	}
}

/// An artifact.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
	artifact: ArtifactId,
	kind: ArtifactKind,
	owner: MemberId,
	registered: UnixMillis,
	generated_by: Option<ActivityId>,
	uses: u32,
	evidence: Vec<Evidence>,
	block: Block,
}

#[derive(Deserialize)]
struct Evidence {
	by: MemberId,
	attached: UnixMillis,
	kind: EvidenceKind,
	document: H256,
	measure: i64,
	threshold: i64,
}

impl fmt::Display for Artifact {
	fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
		fact(out, "Artifact", format_args!("{:?}", self.artifact))?;
		fact(out, "Kind", text::name(&self.kind))?;
		fact(out, "Owner", format_args!("member {}", self.owner))?;
		fact(out, "Registered", text::time(self.registered))?;
		match self.generated_by {
			Some(activity) => fact(out, "Generated by", format_args!("activity {activity:?}"))?,
			None => fact(out, "Generated by", "no activity on the ledger")?,
		}
		fact(out, "Uses", self.uses)?;
		for evidence in &self.evidence {
			fact(out, "Evidence", text::name(&evidence.kind))?;
			fact(out, "  Document", format_args!("{:?}", evidence.document))?;
			let (measure, threshold) = (text::millionths(evidence.measure), text::millionths(evidence.threshold));
			fact(out, "  Measured", format_args!("{measure}; required: {threshold}"))?;
			let attached = text::time(evidence.attached);
			fact(out, "  Attached", format_args!("{attached} by member {}", evidence.by))?;
		}
		write!(out, "{}", self.block)
	}
}

/// What an account can claim.
#[derive(Deserialize)]
pub struct Claimable {
	claimable: String,
	block: Block,
}

impl fmt::Display for Claimable {
	fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
		let amount = text::plain(&self.claimable);
		fact(out, "Claimable", format_args!("{amount} in the token's smallest unit"))?;
		write!(out, "{}", self.block)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use kexin_primitives::FOREVER;
	use serde_json::{json, Value};

	/// What people read of an answer.
	fn written<T: serde::de::DeserializeOwned + fmt::Display>(answer: Value) -> String {
		serde_json::from_value::<T>(answer).unwrap().to_string()
	}

	fn hash(byte: u8) -> String {
		format!("{:?}", H256::repeat_byte(byte))
	}

	fn block() -> Value {
		json!({ "hash": hash(7), "number": 12 })
	}

	fn whole_scope() -> Value {
		let whole = json!({ "named": {}, "other": FOREVER });
		json!({
			"start": 1_000, "end": 9_000, "purposes": { "named": { "MLTRAINING": 9_000 }, "other": 0 }, "operations": whole,
			"regions": whole, "recipients": whole, "recipientClasses": whole,
		})
	}

	#[test]
	fn the_status_names_the_chain_and_how_far_it_is_final() {
		let status = NodeStatus {
			chain: "Pilot\u{1b}[2J".into(),
			version: "0.1.0".into(),
			best: 15,
			finalized: 12,
			finalized_hash: H256::repeat_byte(7),
			peers: None,
		};
		let written = status.to_string();
		assert!(written.contains("Newest final block:  12 (0x0707"), "{written}");
		assert!(written.contains("unknown") && !written.contains('\u{1b}'), "{written}");
	}

	#[test]
	fn a_log_and_a_judgement_say_for_which_block_they_hold() {
		let log = json!({
			"dataset": hash(1), "owner": 2, "count": 30, "root": hash(3), "breaches": 4, "block": block(),
		});
		let log = written::<Log>(log);
		assert!(
			log.contains("Accesses:            30\nOutside consent:     4\n"),
			"{log}"
		);
		assert!(log.ends_with(&format!("As of block 12 ({})", hash(7))), "{log}");
		let answer = |permitted, breaches| {
			let notices = ["recorded-after"];
			json!({ "permitted": permitted, "breaches": breaches, "notices": notices, "time": 0, "block": block() })
		};
		let refused = written::<Judgement>(answer(false, json!(["purpose", "recipient-class"])));
		assert!(
			refused.starts_with("Not permitted at 1970-01-01T00:00:00.000Z: purpose, recipient-class\n"),
			"{refused}"
		);
		let permitted = written::<Judgement>(answer(true, json!([])));
		assert!(permitted.starts_with("Permitted at"), "{permitted}");
		assert!(
			permitted.contains("Notice:              recorded-after\n"),
			"{permitted}"
		);
	}

	#[test]
	fn scopes_say_what_is_allowed_and_until_when() {
		let consent = json!({
			"hospital": 1, "document": hash(6), "inForce": false, "recorded": 0, "scope": whole_scope(),
			"datasets": [hash(8)],
		});
		let subject = written::<SubjectScopes>(json!({ "consents": [consent], "block": block() }));
		for line in [
			"  In force:          no\n",
			"  Purposes:          MLTRAINING until 1970-01-01T00:00:09.000Z; any other never\n",
			"  Recipient classes: any for ever\n",
			&format!("  Enrolled in:       {}\n", hash(8)),
		] {
			assert!(subject.contains(line), "{line}: {subject}");
		}
		let nobody = written::<SubjectScopes>(json!({ "consents": [], "block": block() }));
		assert!(nobody.starts_with("No consent"), "{nobody}");
		let dataset = json!({
			"owner": 1, "subjects": 4, "declared": 0, "enrolled": null, "inForce": true, "label": whole_scope(),
			"cohort": whole_scope(), "superseded": 0, "supersededBy": hash(2), "supersedes": null, "block": block(),
		});
		let dataset = written::<DatasetScopes>(dataset);
		assert!(
			dataset.contains("Superseded by:") && !dataset.contains("Supersedes:"),
			"{dataset}"
		);
	}

	#[test]
	fn an_artifact_shows_its_evidence() {
		let answer = json!({
			"artifact": hash(1), "kind": "model", "owner": 3, "registered": 1_000, "generatedBy": null, "uses": 4,
			"evidence": [{
				"by": 5, "attached": 2_000, "kind": "tee-quote", "document": hash(9), "measure": -1, "threshold": 1,
			}],
			"block": block(),
		});
		let artifact = written::<Artifact>(answer);
		assert!(artifact.contains("Evidence:            tee-quote\n"), "{artifact}");
		assert!(artifact.contains("-0.000001; required: 0.000001"), "{artifact}");
		let claimable = written::<Claimable>(json!({ "claimable": "17", "block": block() }));
		assert!(
			claimable.starts_with("Claimable:           17 in the token's smallest unit\n"),
			"{claimable}"
		);
	}
}
