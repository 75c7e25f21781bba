//! What is around a record: whose it is, whether it is whole, and which version it is of.

use super::*;
use serde_json::{json, Value};

fn value(text: &str) -> Value {
	serde_json::from_str(text).unwrap()
}

fn permission(version: u8) -> Value {
	value(&consent(version, "active", &["TREAT"]))
}

fn ended(version: u8) -> Value {
	value(&consent(version, "inactive", &["TREAT"]))
}

/// A refusal of this patient.
fn refusal(patient: Value) -> Value {
	json!({
		"resourceType": "Consent", "id": "no", "status": "active", "patient": patient,
		"dateTime": "2026-05-01T00:00:00Z", "provision": { "type": "deny" },
	})
}

fn bundle(kind: &str, entries: Value) -> Value {
	json!({ "resourceType": "Bundle", "type": kind, "entry": entries })
}

impl Hospital {
	/// One import of these files, and whether a retry leaves in quarantine what is there.
	fn bring(&self, files: &[Value]) -> Vec<RecordOutcome> {
		let names = (0..files.len())
			.map(|number| format!("{number}.json"))
			.collect::<Vec<_>>();
		for (name, file) in names.iter().zip(files) {
			self.write(name, &[file.to_string()]);
		}
		let names = names.iter().map(String::as_str).collect::<Vec<_>>();
		let (_, reports) = self.import(&names).unwrap();
		let (held, in_force) = (self.quarantine(), self.in_force());
		self.select(&[], true).unwrap();
		assert_eq!((self.quarantine(), self.in_force()), (held, in_force), "{files:?}");
		reports
	}

	fn own(server: &str) -> Self {
		Self {
			servers: vec![server.into()],
			..Self::new()
		}
	}

	/// The subjects with a consent in force.
	fn permitting(&self) -> Vec<Pseudonym> {
		let model = self.ledger.0.borrow();
		let alive = model.consents.iter().filter(|held| held.scope.is_some());
		alive.map(|held| held.subject).collect()
	}
}

fn person(name: &str) -> Pseudonym {
	Pseudonymiser::new([7; 32]).subject(name)
}

#[test]
fn what_the_body_of_a_change_states_about_its_version_counts_for_nothing() {
	let put = |response: Value| {
		let mut entry = json!({ "resource": ended(1), "request": { "method": "PUT", "url": "Consent/c" } });
		if !response.is_null() {
			entry["response"] = response;
		}
		json!([entry])
	};
	let later = json!({ "status": "200", "etag": "W/\"9\"", "lastModified": "2026-01-09T00:00:00Z" });
	let earlier = json!({ "status": "200", "lastModified": "2025-12-09T00:00:00Z" });
	for (file, is_in_force) in [
		(bundle("transaction", put(Value::Null)), false),
		(bundle("batch", put(Value::Null)), false),
		(bundle("transaction", put(later)), false),
		(bundle("transaction", put(earlier)), true),
		// A history has what the server made of it.
		(bundle("history", put(Value::Null)), true),
		(bundle("searchset", json!([{ "resource": ended(1) }])), true),
	] {
		let hospital = Hospital::new();
		hospital.bring(&[permission(2)]);
		assert_eq!(hospital.in_force().len(), 1);
		hospital.bring(std::slice::from_ref(&file));
		assert_eq!(hospital.in_force().len() == 1, is_in_force, "{file}");
	}
	// What a server answers counts before what the record states.
	let entry = |status: &str, stated: &str, answered: &str| {
		let mut consent = value(&consent(1, status, &["TREAT"]));
		consent["meta"] = json!({ "versionId": stated });
		json!({ "resource": consent, "response": { "status": "200", "etag": format!("W/\"{answered}\"") } })
	};
	let hospital = Hospital::new();
	hospital.bring(&[bundle(
		"history",
		json!([entry("active", "2", "1"), entry("inactive", "1", "2")]),
	)]);
	assert_eq!(hospital.in_force(), []);
}

#[test]
fn what_a_server_did_not_create_is_no_version() {
	for (body, held, in_force) in [(permission(5), ended(3), 0), (ended(5), permission(3), 1)] {
		let hospital = Hospital::new();
		hospital.bring(&[held]);
		let mut body = body;
		body.as_object_mut().unwrap().remove("id");
		let entry = json!({
			"resource": body, "request": { "method": "POST", "url": "Consent", "ifNoneExist": "identifier=x" },
			"response": { "status": "200 OK", "location": "Consent/c/_history/4", "etag": "W/\"4\"" },
		});
		assert_eq!(
			outcomes(&hospital.bring(&[bundle("transaction", json!([entry]))])),
			[QUARANTINED]
		);
		assert_eq!(hospital.in_force().len(), in_force);
	}
}

#[test]
fn a_consent_that_is_gone_was_deleted() {
	for (method, status, outcome) in [
		("GET", "410 Gone", "final"),
		("DELETE", "410", "final"),
		("GET", "404", "not-applicable"),
	] {
		let hospital = Hospital::new();
		hospital.bring(&[permission(1)]);
		let entry = json!({ "request": { "method": method, "url": "Consent/c" }, "response": { "status": status } });
		let reports = hospital.bring(&[bundle("batch-response", json!([entry]))]);
		assert_eq!(outcomes(&reports), [outcome]);
		assert_eq!(hospital.in_force().is_empty(), outcome == "final", "{method} {status}");
	}
}

#[test]
fn an_identifier_is_no_name_that_lasts() {
	let mut nameless = permission(1);
	nameless.as_object_mut().unwrap().remove("id");
	nameless["identifier"] = json!([{ "system": "urn:form", "value": "7" }]);
	let conditional = |response: Value| {
		let request = json!({ "method": "PUT", "url": "Consent?identifier=urn:form|7" });
		bundle(
			"transaction",
			json!([{ "fullUrl": "urn:uuid:1", "resource": nameless, "request": request, "response": response }]),
		)
	};
	for (file, is_granted) in [
		(nameless.clone(), false),
		(conditional(Value::Null), false),
		(conditional(json!({ "status": "200" })), false),
		(
			conditional(json!({ "status": "201", "location": "Consent/5/_history/1" })),
			true,
		),
	] {
		let hospital = Hospital::new();
		let reports = hospital.bring(std::slice::from_ref(&file));
		assert_eq!(hospital.in_force().len() == 1, is_granted, "{file}: {reports:?}");
		assert_eq!(outcomes(&reports) == [QUARANTINED], !is_granted, "{file}");
	}
	let mut refused = refusal(json!({ "reference": "Patient/1" }));
	refused.as_object_mut().unwrap().remove("id");
	refused["identifier"] = nameless["identifier"].clone();
	let hospital = Hospital::new();
	hospital.bring(&[permission(1)]);
	hospital.bring(&[refused]);
	assert_eq!(hospital.in_force(), [], "a refusal counts without an id");
}

#[test]
fn what_an_envelope_says_that_is_not_known_is_for_a_person() {
	let bare = |more: Value| {
		let mut entry = json!({ "resource": permission(2) });
		entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
		bundle("collection", json!([entry]))
	};
	let around = |more: Value| {
		let mut file = bundle("collection", json!([{ "resource": permission(2) }]));
		file.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
		file
	};
	let absent = json!({ "extension": [{ "url": "urn:x", "valueCode": "not" }] });
	let put = json!({ "method": "PUT", "url": "Consent/c" });
	let with = |name: &str, value: Value| {
		let mut request = put.clone();
		request[name] = value;
		json!({ "request": request })
	};
	let nested = around(json!({ "implicitRules": "urn:negated" }));
	for (file, element) in [
		(
			bare(json!({ "modifierExtension": [{ "url": "urn:negated" }] })),
			"Bundle.entry.modifierExtension",
		),
		(
			bare(json!({ "search": { "modifierExtension": [{ "url": "x" }] } })),
			"Bundle.entry.search.modifierExtension",
		),
		(bare(json!({ "_fullUrl": absent })), "Bundle.entry._fullUrl"),
		(bare(json!({ "Request": put })), "Bundle.entry.Request"),
		(bare(json!({ "request": "PUT" })), "Bundle.entry.request"),
		(
			bare(json!({ "response": { "status": 412 } })),
			"Bundle.entry.response.status",
		),
		(
			bare(json!({ "request": { "method": ["DELETE"], "url": "Consent/c" } })),
			"Bundle.entry.request.method",
		),
		(bare(with("only", true.into())), "Bundle.entry.request.only"),
		(
			bare(json!({ "request": { "url": "Consent/c", "_method": absent } })),
			"Bundle.entry.request._method",
		),
		(
			bare(json!({ "response": { "_status": absent } })),
			"Bundle.entry.response._status",
		),
		(
			around(json!({ "implicitRules": "urn:negated" })),
			"Bundle.implicitRules",
		),
		(
			around(json!({ "modifierExtension": [{ "url": "urn:negated" }] })),
			"Bundle.modifierExtension",
		),
		(around(json!({ "except": ["Consent/c"] })), "Bundle.except"),
		(
			bundle("collection", json!([{ "resource": nested }])),
			"Bundle.implicitRules",
		),
	] {
		let hospital = Hospital::new();
		hospital.bring(&[permission(1)]);
		let reports = hospital.bring(std::slice::from_ref(&file));
		assert_eq!(outcomes(&reports), [QUARANTINED], "{file}");
		assert_eq!(reports[0].element.as_deref(), Some(element), "{file}");
		assert_eq!(hospital.in_force(), [], "{file}");
	}
	let known = bare(json!({
		"id": "1", "link": [{ "relation": "alternate", "url": "x" }], "fullUrl": "urn:uuid:1", "_fullUrl": absent,
		"extension": [{ "url": "x" }], "search": { "mode": "match", "score": 1 },
	}));
	let hospital = Hospital::new();
	assert_eq!(outcomes(&hospital.bring(&[known])), ["final"]);
}

#[test]
fn a_record_without_an_address_is_of_the_server_that_its_bundle_names() {
	let document = json!([
		{ "fullUrl": "urn:uuid:p", "resource": { "resourceType": "Patient", "id": "1" } },
		{ "fullUrl": "urn:uuid:c", "resource": permission(1) },
	]);
	let around = |server: &str, inner: &Value| {
		bundle(
			"searchset",
			json!([{ "fullUrl": format!("https://{server}/fhir/Bundle/1"), "resource": inner }]),
		)
	};
	let beside = |servers: &[&str]| {
		let mut entries = vec![json!({ "resource": permission(1) })];
		entries.extend(servers.iter().map(|server| {
			json!({ "fullUrl": format!("https://{server}/fhir/Patient/1"), "resource": { "resourceType": "Patient", "id": "1" } })
		}));
		bundle("document", entries.into())
	};
	let inner = bundle("document", document);
	for (file, subject) in [
		(inner.clone(), Some("Patient/1")),
		(around("own.example", &inner), Some("Patient/1")),
		(around("other.example", &inner), Some("other.example/fhir/Patient/1")),
		(beside(&["own.example"]), Some("Patient/1")),
		(beside(&["other.example"]), Some("other.example/fhir/Patient/1")),
		(
			around("other.example", &beside(&[])),
			Some("other.example/fhir/Patient/1"),
		),
		(around("other.example", &beside(&["own.example"])), None),
		(beside(&["own.example", "other.example"]), None),
	] {
		let hospital = Hospital::own("own.example/fhir");
		hospital.bring(std::slice::from_ref(&file));
		assert_eq!(
			hospital.permitting(),
			subject.map(person).into_iter().collect::<Vec<_>>(),
			"{file}"
		);
	}
}

#[test]
fn a_place_in_a_history_tells_nothing_where_its_direction_is_in_doubt() {
	let entry = |status: &str, more: Value| {
		let mut consent = value(&consent(1, status, &["TREAT"]));
		consent.as_object_mut().unwrap().remove("meta");
		let mut entry = json!({ "resource": consent, "request": { "method": "PUT", "url": "Consent/c" } });
		entry["response"] = more;
		entry
	};
	let other = |id: &str, changed: &str| {
		json!({
			"resource": { "resourceType": "Observation", "id": id, "meta": { "lastUpdated": changed } },
			"request": { "method": "PUT", "url": format!("Observation/{id}") },
		})
	};
	let same = json!({ "status": "200", "lastModified": "2026-02-01T00:00:00Z" });
	let bare = json!({ "status": "200" });
	let both = |more: &Value| vec![entry("active", more.clone()), entry("inactive", more.clone())];
	let history = |entries: Vec<Value>, link: Option<&str>| {
		let mut history = bundle("history", entries.into());
		if let Some(link) = link {
			history["link"] = json!([{ "relation": "self", "url": link }]);
		}
		history
	};
	let (first, last) = (other("a", "2026-01-01T00:00:00Z"), other("b", "2026-03-01T00:00:00Z"));
	for (file, is_in_force) in [
		(history(both(&same), None), true),
		(
			history(
				both(&same),
				Some("https://own.example/fhir/Consent/c/_history?_count=50"),
			),
			true,
		),
		(
			history(
				both(&same),
				Some("https://own.example/fhir/Consent/c/_history?_sort=_lastUpdated"),
			),
			false,
		),
		(
			history([vec![last.clone()], both(&bare), vec![first.clone()]].concat(), None),
			true,
		),
		(history([vec![first], both(&bare), vec![last]].concat(), None), false),
	] {
		let hospital = Hospital::own("own.example/fhir");
		hospital.bring(std::slice::from_ref(&file));
		assert_eq!(hospital.in_force().len() == 1, is_in_force, "{file}");
	}
}

#[test]
fn an_identifier_alone_is_the_patient_of_the_bundle_who_has_it() {
	let mrn = |value: &str| json!({ "system": "urn:mrn", "value": value });
	let patient = |id: &str, value: &str| {
		json!({
			"fullUrl": format!("https://own.example/fhir/Patient/{id}"),
			"resource": { "resourceType": "Patient", "id": id, "identifier": [mrn("other"), mrn(value)] },
		})
	};
	let refuse = json!({ "resource": refusal(json!({ "identifier": mrn("7") })) });
	let mut contained = refusal(json!({ "reference": "#p" }));
	contained["contained"] = json!([{ "resourceType": "Patient", "id": "p", "identifier": [mrn("7")] }]);
	for (entries, in_force) in [
		(json!([patient("1", "7"), refuse]), 0),
		(json!([refuse, patient("1", "7"), patient("1", "7")]), 0),
		(json!([patient("1", "7"), { "resource": contained }]), 0),
		(json!([patient("2", "7"), refuse]), 1),
		// It may be either.
		(json!([patient("1", "7"), patient("2", "7"), refuse]), 1),
	] {
		let hospital = Hospital::own("own.example/fhir");
		hospital.bring(&[permission(1)]);
		let file = bundle("searchset", entries);
		hospital.bring(std::slice::from_ref(&file));
		assert_eq!(hospital.in_force().len(), in_force, "{file}");
		assert_eq!(
			hospital.quarantine().is_empty(),
			file["entry"].as_array().unwrap().len() < 3 || in_force == 0,
			"{file}"
		);
	}
	// It was the patient's, and may be another one's now.
	let mut consent = permission(1);
	consent["patient"] = json!({ "identifier": mrn("7") });
	let mut past = patient("1", "7");
	past["resource"]["identifier"][1]["use"] = "old".into();
	let hospital = Hospital::own("own.example/fhir");
	hospital.bring(&[bundle("searchset", json!([past, { "resource": consent }]))]);
	assert_eq!((hospital.in_force().len(), hospital.quarantine().len()), (0, 1));
	// The same bytes about two people are two records.
	let hospital = Hospital::own("own.example/fhir");
	for id in ["1", "2"] {
		let mut consent = permission(1);
		(consent["id"], consent["patient"]) =
			(json!(format!("c{id}")), json!({ "reference": format!("Patient/{id}") }));
		hospital.bring(&[consent]);
	}
	for (id, left) in [("1", 1), ("2", 0)] {
		hospital.bring(&[bundle("searchset", json!([patient(id, "7"), refuse]))]);
		assert_eq!(hospital.in_force().len(), left);
	}
}

#[test]
fn a_patient_who_is_known_by_another_record_needs_a_person() {
	let old = |kind: &str| {
		json!({
			"resourceType": "Patient", "id": "1", "identifier": [{ "system": "urn:mrn", "value": "7" }],
			"active": false, "link": [{ "other": { "reference": "Patient/2" }, "type": kind }],
		})
	};
	for kind in ["replaced-by", "refer", "seealso"] {
		let hospital = Hospital::new();
		let reports = hospital.bring(&[old(kind)]);
		assert_eq!(outcomes(&reports), [QUARANTINED]);
		assert_eq!(reports[0].element.as_deref(), Some("Patient.link"));
	}
	let mut seen = old("seealso");
	seen["active"] = true.into();
	assert_eq!(outcomes(&Hospital::new().bring(&[seen.clone()])), ["not-applicable"]);
	let url = "urn:uuid:0c3f6f0e-7b0b-4d4e-9d7c-6a9f1f0e00aa";
	for (reference, patient, in_force) in [
		(json!({ "reference": "Patient/1" }), old("replaced-by"), 0),
		(json!({ "reference": url }), old("replaced-by"), 0),
		(
			json!({ "identifier": { "system": "urn:mrn", "value": "7" } }),
			old("replaced-by"),
			0,
		),
		(json!({ "reference": "Patient/2" }), old("replaced-by"), 1),
		(json!({ "reference": "Patient/1" }), seen, 1),
	] {
		let mut consent = permission(1);
		consent["patient"] = reference;
		let file = bundle(
			"collection",
			json!([{ "resource": consent }, { "fullUrl": url, "resource": patient }]),
		);
		let hospital = Hospital::new();
		hospital.bring(std::slice::from_ref(&file));
		assert_eq!(hospital.in_force().len(), in_force, "{file}");
	}
}
