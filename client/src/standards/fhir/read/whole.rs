//! Whether a resource says all that it should: it is not a part or a masked copy, and no primitive says two things.

use super::element::{codes, list, modifier};
use crate::standards::record::Problem;
use serde_json::{Map, Value};

/// Marks of resources that are not what the hospital recorded, but parts of it, or masked or aggregated copies. See
/// <https://terminology.hl7.org/CodeSystem-v3-ObservationValue.html>.
const MARKS: &[&str] = &["SUBSETTED", "ABSTRED", "AGGRED", "ANONYED", "MASKED", "REDACTED"];

/// The mark of test data, in which nobody permits anything.
const TEST: &str = "HTEST";

/// The elements of a Bundle, of its entries, and of what an entry says.
const BUNDLE: &[&str] = &[
	"entry",
	"extension",
	"fhir_comments",
	"id",
	"identifier",
	"issues",
	"language",
	"link",
	"meta",
	"resourceType",
	"signature",
	"text",
	"timestamp",
	"total",
	"type",
];
const ENTRY: &[&str] = &[
	"extension",
	"fhir_comments",
	"fullUrl",
	"id",
	"link",
	"request",
	"resource",
	"response",
	"search",
];
const REQUEST: &[&str] = &[
	"extension",
	"fhir_comments",
	"id",
	"ifMatch",
	"ifModifiedSince",
	"ifNoneExist",
	"ifNoneMatch",
	"method",
	"url",
];
const RESPONSE: &[&str] = &[
	"etag",
	"extension",
	"fhir_comments",
	"id",
	"lastModified",
	"location",
	"outcome",
	"status",
];

/// Elements of these that are texts.
const TEXTS: &[&str] = &["etag", "fullUrl", "lastModified", "location", "method", "status", "url"];

/// What keeps the records of a Bundle from being read.
#[derive(Clone, Debug)]
pub struct Mark {
	/// The problem.
	pub problem: Problem,
	/// The name of the element that is the reason.
	pub name: String,
	/// The element.
	pub value: Value,
}

impl Mark {
	/// Whether the Bundle has parts or copies of records, which are no versions of them.
	pub fn is_of_parts(&self) -> bool {
		self.name == "meta"
	}
}

/// The mark of a Bundle with these elements.
pub(super) fn mark_of_bundle(elements: &Map<String, Value>) -> Option<Mark> {
	let of = |name: &str, problem| Mark {
		problem,
		name: name.to_owned(),
		value: elements.get(name).cloned().unwrap_or_default(),
	};
	let part = mark("Bundle", elements.get("meta")).map(|problem| of("meta", problem));
	part.or_else(|| {
		let (name, path) = unknown(elements, BUNDLE)?;
		Some(of(name, unclear(&format!("Bundle.{path}"))))
	})
}

/// The problem with what an entry of a Bundle with these elements says.
pub(super) fn check_entry(elements: &Map<String, Value>) -> Result<(), Problem> {
	let inner = |name: &str, known| match elements.get(name) {
		None | Some(Value::Null) => None,
		Some(Value::Object(inner)) => unknown(inner, known).map(|(_, path)| format!("{name}.{path}")),
		Some(_) => Some(name.to_owned()),
	};
	let found = unknown(elements, ENTRY).map(|(_, path)| path);
	let found = found
		.or_else(|| inner("request", REQUEST))
		.or_else(|| inner("response", RESPONSE));
	found.map_or(Ok(()), |path| Err(unclear(&format!("Bundle.entry.{path}"))))
}

fn unclear(element: &str) -> Problem {
	Problem::new(
		element,
		"may change the meaning of the record, and the importer does not know how: a person must decide what it means",
	)
}

/// The name of the first element that is not known, or is not as it should be, and the path of what is not.
fn unknown<'a>(elements: &'a Map<String, Value>, known: &[&str]) -> Option<(&'a str, String)> {
	let is_said = |value: &Value| match value {
		Value::Null => false,
		Value::Array(items) => !items.is_empty(),
		Value::Object(items) => !items.is_empty(),
		Value::String(text) => !text.is_empty(),
		_ => true,
	};
	elements.iter().find_map(|(name, value)| {
		let is_odd = match name.strip_prefix('_') {
			Some(of) => {
				let stated = elements.get(of).is_some_and(|value| !value.is_null());
				!(adds_nothing(value) || (stated && adds(value)))
			},
			None if TEXTS.contains(&&name[..]) => !value.is_null() && !value.is_string(),
			None => !known.contains(&&name[..]) && is_said(value),
		};
		match is_odd {
			true => Some((&name[..], name.clone())),
			false => modifier(value).map(|path| (&name[..], format!("{name}.{path}"))),
		}
	})
}

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
		let is_test = |code: &str| code == TEST && kind != "AuditEvent";
		let code = codes(meta?.get(name)).find(|code| MARKS.contains(code) || is_test(code))?;
		let reason = match code {
			TEST => "has HTEST: this is test data, and not a record about a person".to_owned(),
			code => format!("has {code}: this is not the whole record as it was made. Import that one"),
		};
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
			("security", "HTEST", true),
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
