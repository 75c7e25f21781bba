//! An access as an `AuditEvent`.

use super::{coding, concept, hash, instant, resource, Bundle, DICOM};
use crate::standards::fhir::{Version, OPERATION};
use kexin_primitives::{
	access::{LogEntry, Outcome},
	vocabulary::Operation,
};
use serde_json::{json, Value};

const PURPOSE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
const ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const KIND: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
/// The names of the details that only the ledger has.
const DETAIL: &str = "urn:kexin:detail";

impl Bundle<'_> {
	/// An entry of a log.
	pub(super) fn audit_event(&self, index: u64, entry: &LogEntry) -> Value {
		let event = entry.event;
		let operation = coding(OPERATION, event.operation.code());
		let kind = coding(DICOM, kind(event.operation));
		let purpose = event.purpose.map(|purpose| json!([concept(PURPOSE, purpose.code())]));
		let common = [
			("resourceType", "AuditEvent".into()),
			("action", action(event.operation).into()),
			("recorded", instant(entry.recorded).into()),
			("agent", self.agents(entry)),
			("source", json!({ "observer": self.member(entry.reporter) })),
			("entity", self.entities(index, entry)),
		];
		let own = match self.version {
			Version::R4 => vec![
				("type", kind),
				("subtype", json!([operation])),
				("period", json!({ "start": instant(event.occurred) })),
				(
					"outcome",
					if event.outcome == Outcome::Permitted { "0" } else { "8" }.into(),
				),
				("outcomeDesc", json!(reason(event.outcome))),
				("purposeOfEvent", json!(purpose)),
			],
			Version::R5 => vec![
				("category", json!([{ "coding": [kind] }])),
				("code", json!({ "coding": [operation] })),
				("occurredDateTime", instant(event.occurred).into()),
				("outcome", outcome(event.outcome)),
				("authorization", json!(purpose)),
				(
					"patient",
					json!(event.subject.map(|subject| hash("pseudonym", subject))),
				),
			],
		};
		resource(common.into_iter().chain(own))
	}

	/// Who accessed the data, and who received it.
	fn agents(&self, entry: &LogEntry) -> Value {
		let actor = json!({ "who": hash("pseudonym", entry.event.actor), "requestor": true });
		let recipient = entry
			.event
			.recipient
			.map(|id| json!({ "type": concept(DICOM, "110152"), "who": self.member(id), "requestor": false }));
		[actor].into_iter().chain(recipient).collect()
	}

	/// The patient, the dataset, the activity, and the source record with what the ledger made of it.
	fn entities(&self, index: u64, entry: &LogEntry) -> Value {
		let event = entry.event;
		let role = |code: &str| match self.version {
			Version::R4 => coding(ROLE, code),
			Version::R5 => concept(ROLE, code),
		};
		let thing = |what: Value| match self.version {
			Version::R4 => json!({ "what": what, "type": coding(KIND, "2"), "role": role("4") }),
			Version::R5 => json!({ "what": what, "role": role("4") }),
		};
		let patient = event
			.subject
			.filter(|_| self.version == Version::R4)
			.map(|subject| json!({ "what": hash("pseudonym", subject), "type": coding(KIND, "1"), "role": role("1") }));
		let mut source = thing(hash("source", event.source));
		source["detail"] = self.details(index, entry);
		let activity = event.activity.map(|id| thing(hash("activity", id)));
		let rest = [thing(hash("artifact", entry.dataset))].into_iter().chain(activity);
		patient.into_iter().chain(rest).chain([source]).collect()
	}

	fn details(&self, index: u64, entry: &LogEntry) -> Value {
		let breaches = entry.breaches.names().map(|name| ("breach", name.to_owned()));
		let notices = entry.notices.names().map(|name| ("notice", name.to_owned()));
		let region = entry.event.region.map(|region| ("region", region.0.to_string()));
		let rest = [
			("index", index.to_string()),
			("specVersion", entry.rules.spec_version.to_string()),
			("code", format!("{:?}", entry.rules.code)),
		];
		let all = breaches.chain(notices).chain(region).chain(rest).map(|(name, value)| {
			let kind = match self.version {
				Version::R4 => name.into(),
				Version::R5 => concept(DETAIL, name),
			};
			json!({ "type": kind, "valueString": value })
		});
		all.collect()
	}
}

/// DICOM's code for what happened.
fn kind(operation: Operation) -> &'static str {
	match operation {
		Operation::Export | Operation::Share => "110106",
		_ => "110110",
	}
}

fn action(operation: Operation) -> &'static str {
	match operation {
		Operation::Read | Operation::Export | Operation::Share => "R",
		Operation::Collect => "C",
		Operation::Correct => "U",
		Operation::Delete => "D",
		_ => "E",
	}
}

/// Why no data was given.
fn reason(outcome: Outcome) -> Option<&'static str> {
	match outcome {
		Outcome::Permitted => None,
		Outcome::Denied => Some("denied by the hospital"),
		Outcome::Failed => Some("failed for a technical reason"),
	}
}

fn outcome(outcome: Outcome) -> Value {
	const SEVERITY: &str = "http://hl7.org/fhir/issue-severity";
	match reason(outcome) {
		None => json!({ "code": coding(SEVERITY, "success") }),
		Some(reason) => json!({ "code": coding(SEVERITY, "error"), "detail": [{ "text": reason }] }),
	}
}
