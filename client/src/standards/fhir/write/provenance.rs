//! An artifact, or evidence about one, as a `Provenance`. R4 and R5 are alike in what is written here.

use super::{concept, hash, instant, resource, Bundle};
use crate::report::{summary::sentence, text};
use kexin_primitives::{lineage::ArtifactId, members::MemberId};
use kexin_verifier::report::{ReportedArtifact, ReportedEvidence};
use serde_json::{json, Value};

const PARTICIPANT: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";

/// An extension of the ledger's own.
fn extension(name: &str, kind: &str, value: impl Into<Value>) -> Value {
	json!({ "url": format!("urn:kexin:{name}"), kind: value.into() })
}

impl Bundle<'_> {
	fn agent(&self, role: &str, id: MemberId) -> Value {
		json!({ "type": concept(PARTICIPANT, role), "who": self.member(id) })
	}

	/// The origin of an artifact. What was only read is an extension, because every role of `entity` would make lineage
	/// of it.
	pub(super) fn provenance(&self, artifact: &ReportedArtifact) -> Value {
		let activity = artifact.generated_by.and_then(|id| self.activities.get(&id));
		let agents = activity.map(|activity| self.agent("performer", activity.agent));
		let agents = [self.agent("author", artifact.owner)].into_iter().chain(agents);
		let mut extensions = vec![extension("kind", "valueCode", text::name(&artifact.kind))];
		let (mut occurred, mut entities, mut what) = (Value::Null, vec![], Value::Null);
		if let Some(activity) = activity {
			occurred = resource([
				("start", instant(activity.started).into()),
				("end", json!(activity.ended.map(instant))),
			]);
			what = concept("urn:kexin:activity", &text::name(&activity.kind));
			let used = activity.used.iter();
			entities.extend(used.map(|id| json!({ "role": "source", "what": hash("artifact", *id) })));
			extensions.push(extension(
				"activity",
				"valueIdentifier",
				hash("activity", activity.id)["identifier"].clone(),
			));
			let read = activity.read.iter();
			extensions.extend(read.map(|id| extension("read", "valueReference", hash("artifact", *id))));
		}
		if artifact.id == self.report.model {
			extensions.push(extension(
				"verdict",
				"valueCode",
				text::name(&self.report.verdict.status),
			));
			let reasons = self.report.verdict.reasons.iter().map(|reason| ("reason", reason));
			let notices = self.report.notices.iter().map(|notice| ("notice", notice));
			let all = reasons.chain(notices);
			extensions.extend(all.map(|(name, reason)| extension(name, "valueString", sentence(reason))));
		}
		resource([
			("resourceType", "Provenance".into()),
			("extension", extensions.into()),
			("target", json!([hash("artifact", artifact.id)])),
			("occurredPeriod", occurred),
			("recorded", instant(artifact.registered).into()),
			("activity", what),
			("agent", agents.collect()),
			("entity", entities.into()),
		])
	}

	/// Who attached a piece of evidence, and about what.
	pub(super) fn evidence(&self, about: ArtifactId, evidence: &ReportedEvidence) -> Value {
		// A FHIR integer has 32 bits.
		let extensions = [
			extension("evidence", "valueCode", text::name(&evidence.kind)),
			extension("measure", "valueString", text::millionths(evidence.measure)),
			extension("threshold", "valueString", text::millionths(evidence.threshold)),
		];
		resource([
			("resourceType", "Provenance".into()),
			("extension", extensions.into_iter().collect()),
			("target", json!([hash("document", evidence.document)])),
			("recorded", instant(evidence.attached).into()),
			("agent", json!([self.agent("author", evidence.by)])),
			("entity", json!([{ "role": "source", "what": hash("artifact", about) }])),
		])
	}
}
