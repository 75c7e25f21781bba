//! Whether a resource says all that it should: it is not a part or a masked copy, and no primitive says two things.

use super::element::{codes, list};
use crate::standards::record::Problem;
use serde_json::Value;

/// Marks of resources that are not what the hospital recorded, but parts of it, or masked or aggregated copies. See
/// <https://terminology.hl7.org/CodeSystem-v3-ObservationValue.html>.
const MARKS: &[&str] = &["SUBSETTED", "ABSTRED", "AGGRED", "ANONYED", "MASKED", "REDACTED"];

/// Elements that the mapping reads. What stands beside one of them as `_name` is a part of it (FHIR, JSON
/// representation of primitive elements).
const READ: &[&str] = &[
	"action",
	"actor",
	"agent",
	"altId",
	"authorization",
	"category",
	"code",
	"coding",
	"contained",
	"date",
	"dateTime",
	"decision",
	"end",
	"entity",
	"id",
	"identifier",
	"lastUpdated",
	"meta",
	"name",
	"occurredDateTime",
	"occurredPeriod",
	"outcome",
	"outcomeDesc",
	"patient",
	"period",
	"provision",
	"purpose",
	"purposeOfEvent",
	"purposeOfUse",
	"recorded",
	"reference",
	"requestor",
	"role",
	"scope",
	"start",
	"status",
	"subject",
	"subtype",
	"system",
	"tag",
	"type",
	"use",
	"value",
	"verification",
	"verified",
	"versionId",
	"what",
	"who",
];

/// Elements without which an event would be read as another one.
const NEEDED: &[&str] = &["end", "occurredDateTime", "outcome", "recorded", "start"];

/// Elements that hold nothing that is mapped.
const ASIDE: &[&str] = &[
	"extension",
	"policy",
	"policyBasis",
	"policyRule",
	"policyText",
	"source",
	"sourceAttachment",
	"sourceReference",
	"text",
];

/// Checks a resource of this type.
pub(super) fn check(kind: &str, resource: &Value) -> Result<(), Problem> {
	if let Some(problem) = mark(kind, resource.get("meta")) {
		return Err(problem);
	}
	let consent = kind == "Consent";
	match companion(resource, kind, consent) {
		None => Ok(()),
		Some(element) => Err(Problem::new(
			element,
			"says something else about the value beside it, or why that is missing: a person must decide what the record means",
		)),
	}
}

/// The problem with a mark in a resource's `meta`.
pub(super) fn mark(kind: &str, meta: Option<&Value>) -> Option<Problem> {
	["tag", "security"].into_iter().find_map(|name| {
		let code = codes(meta?.get(name)).find(|code| MARKS.contains(code))?;
		let reason = format!("has {code}: this is not the whole record as it was made. Import that one");
		Some(Problem::new(format!("{kind}.meta.{name}"), reason))
	})
}

/// The path of the first `_name` that is not in accord with its element.
fn companion(value: &Value, path: &str, consent: bool) -> Option<String> {
	match value {
		Value::Object(elements) => elements.iter().find_map(|(name, element)| {
			let path = format!("{path}.{name}");
			match name.strip_prefix('_') {
				Some(of) if READ.contains(&of) => {
					let stated = elements.get(of).is_some_and(|value| !value.is_null());
					let matters = stated || consent || NEEDED.contains(&of);
					(matters && !adds_nothing(element) && !(stated && adds(element))).then_some(path)
				},
				None if !ASIDE.contains(&&name[..]) => companion(element, &path, consent),
				_ => None,
			}
		}),
		Value::Array(elements) => {
			let mut elements = (0..).zip(elements);
			elements.find_map(|(number, element)| companion(element, &format!("{path}[{number}]"), consent))
		},
		_ => None,
	}
}

/// Whether a `_name` is empty, or only gives its element an id.
fn adds_nothing(value: &Value) -> bool {
	match value {
		Value::Null => true,
		Value::Array(elements) => elements.iter().all(adds_nothing),
		Value::Object(element) => element.iter().all(|(name, value)| name == "id" || value.is_null()),
		_ => false,
	}
}

/// Whether a `_name` has extensions that add to a value. An extension never takes anything from it, except those that
/// say that there is no value.
fn adds(value: &Value) -> bool {
	match value {
		Value::Null => true,
		Value::Array(elements) => elements.iter().all(adds),
		Value::Object(element) => {
			let known = element
				.keys()
				.all(|name| matches!(&name[..], "id" | "extension" | "fhir_comments"));
			let absent = list(element.get("extension")).iter().any(|extension| {
				let url = extension.get("url").and_then(Value::as_str).unwrap_or_default();
				["data-absent-reason", "iso21090-nullFlavor"]
					.iter()
					.any(|name| url.ends_with(name))
			});
			known && !absent
		},
		_ => false,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

	#[test]
	fn a_part_or_a_masked_copy_is_told_by_its_mark() {
		for (name, code, is_marked) in [
			("tag", "SUBSETTED", true),
			("security", "MASKED", true),
			("tag", "reviewed", false),
			("security", "R", false),
		] {
			let mut meta = json!({});
			meta[name] = json!([{ "system": "x", "code": "other" }, { "code": code }]);
			let checked = check("Consent", &json!({ "meta": meta }));
			assert_eq!(checked.is_err(), is_marked, "{name} {code}");
		}
	}

	#[test]
	fn a_primitive_that_says_two_things_is_found_where_it_matters() {
		let absent = json!({ "extension": [{ "url": ABSENT, "valueCode": "masked" }] });
		let precise = json!({ "id": "a", "extension": [{ "url": "urn:example:precision", "valueCode": "s" }] });
		for (kind, value, expected) in [
			(
				"Consent",
				json!({ "status": "active", "_status": "inactive" }),
				Some("Consent._status"),
			),
			(
				"Consent",
				json!({ "status": "active", "_status": absent }),
				Some("Consent._status"),
			),
			("Consent", json!({ "status": "active", "_status": precise }), None),
			("Consent", json!({ "status": "active", "_status": { "id": "a" } }), None),
			("Consent", json!({ "status": "active", "_status": null }), None),
			("Consent", json!({ "_dateTime": precise }), Some("Consent._dateTime")),
			(
				"Consent",
				json!({ "provision": [{ "purpose": [{ "_code": absent }] }] }),
				Some("Consent.provision[0].purpose[0]._code"),
			),
			(
				"Consent",
				json!({ "category": [{ "coding": [{ "code": "x", "_display": absent }] }] }),
				None,
			),
			(
				"Consent",
				json!({ "text": { "_status": absent }, "policy": [{ "_uri": absent }] }),
				None,
			),
			("AuditEvent", json!({ "_action": absent }), None),
			(
				"AuditEvent",
				json!({ "action": "R", "_action": absent }),
				Some("AuditEvent._action"),
			),
			("AuditEvent", json!({ "_outcome": absent }), Some("AuditEvent._outcome")),
			(
				"AuditEvent",
				json!({ "_recorded": absent }),
				Some("AuditEvent._recorded"),
			),
			(
				"AuditEvent",
				json!({ "agent": [{ "who": { "reference": "x", "_uuid": "y" } }], "_access": {} }),
				None,
			),
			(
				"AuditEvent",
				json!({ "agent": [{ "who": { "reference": "x", "_reference": ["y"] } }] }),
				Some("AuditEvent.agent[0].who._reference"),
			),
		] {
			let element = check(kind, &value).err().map(|problem| problem.element);
			assert_eq!(element.as_deref(), expected, "{value}");
		}
	}
}
