//! FHIR files as they are: every record is mapped or has a problem, none is lost, and nothing panics.

#[path = "../support/cases.rs"]
mod cases;
#[path = "../support/published.rs"]
mod published;

use kexin::{
	config::{address, Config},
	pseudonym::Pseudonymiser,
	standards::{
		fhir::read::{servers_of, FhirReader},
		record::{ConsentChange, Mapped, Problem, Reader as _, Record},
	},
};
use kexin_primitives::{
	access::{AccessEvent, Outcome},
	vocabulary::{Operation, Region},
	Pseudonym, H256,
};
use serde_json::{json, Value};
use std::{fs, path::Path};

/// Reads a file for a hospital, which may state no time zone.
fn read(file: &Path, bytes: &[u8], has_timezone: bool) -> Vec<Record> {
	read_for(file, bytes, |config| {
		config.timezone = has_timezone.then(|| "+00:00".parse().unwrap())
	})
}

/// Reads a file for a hospital with these settings.
fn read_for(file: &Path, bytes: &[u8], set: impl FnOnce(&mut Config)) -> Vec<Record> {
	let mut config = Config::load(Some("/dev/null".as_ref())).unwrap();
	set(&mut config);
	config.meet(servers_of(file, bytes)).unwrap();
	(config.member, config.region) = (Some(0), Some(Region(276)));
	config.recipients.insert("urn:example:npi|17".into(), 3);
	let pseudonyms = Pseudonymiser::new([7; 32]);
	let reader = FhirReader {
		config: &config,
		pseudonyms: &pseudonyms,
		activity: None,
	};
	reader.read(file, bytes)
}

#[test]
fn every_case_maps_to_what_it_expects() {
	for (file, bytes, case) in cases::files() {
		let records = read(&file, &bytes, case["withoutTimezone"] != true);
		let name = &case["case"];
		let expected = case["expect"].as_array().unwrap();
		assert_eq!(records.len(), expected.len(), "{name}: {records:?}");
		for (record, expected) in records.iter().zip(expected) {
			check(record, expected).unwrap_or_else(|error| panic!("{name}: {error}"));
		}
	}
}

/// The pseudonym of whom a record is about.
fn subject(record: &Record) -> Pseudonym {
	match &record.mapped {
		Ok(Mapped::Access(AccessEvent {
			subject: Some(subject), ..
		}))
		| Ok(Mapped::Consent(
			ConsentChange::Grant { subject, .. } | ConsentChange::End { subject } | ConsentChange::Revoke { subject },
		)) => *subject,
		other => panic!("{other:?}"),
	}
}

/// Two records of one patient, as they are written and with references to other servers.
fn two_servers(consent: &str, access: &str) -> String {
	let consent = json!({
		"resourceType": "Consent", "id": "c", "status": "active", "patient": { "reference": consent },
		"dateTime": "2026-01-01T00:00:00Z", "provision": { "type": "permit", "purpose": [{ "code": "TREAT" }] },
	});
	let access = json!({
		"resourceType": "AuditEvent", "action": "R", "recorded": "2026-02-01T00:00:00Z", "agent": [{ "altId": "a" }],
		"entity": [{ "what": { "reference": access } }],
	});
	format!("{consent}\n{access}")
}

#[test]
fn the_server_of_a_reference_counts_unless_the_hospital_says_that_it_is_its_own() {
	let [ris, ehr] = ["https://ris.hospital.example/fhir", "https://ehr.hospital.example/fhir"];
	let at = |server: &str| format!("{server}/Patient/7");
	for (consent, access, servers, is_same) in [
		(at(ris), at(ehr), &[ris][..], false),
		(at(ris), at(ehr), &[ris, ehr], true),
		(at(ris), at(ris), &[ehr], true),
		(at(ris), "Patient/7".into(), &[ris], true),
		(at(ris), "Patient/7".into(), &[ehr], false),
		("Patient/7".into(), "Patient/7/_history/3".into(), &[], true),
		(at("http://RIS.hospital.example:80/fhir/"), at(ris), &[ehr], true),
		(at("https://ris.hospital.example/other"), at(ris), &[ehr], false),
	] {
		let text = two_servers(&consent, &access);
		let records = read_for("two.ndjson".as_ref(), text.as_bytes(), |config| {
			config.servers = servers.iter().map(|base| address(base).unwrap()).collect();
		});
		assert_eq!(
			subject(&records[0]) == subject(&records[1]),
			is_same,
			"{consent} {access} {servers:?}"
		);
	}
}

#[test]
fn an_address_names_nobody_until_it_is_known_which_servers_are_the_hospitals() {
	let at = "https://ris.example/fhir/Patient/7";
	let records = read("two.ndjson".as_ref(), two_servers(at, at).as_bytes(), true);
	for (record, element) in records
		.iter()
		.zip(["Consent.patient", "AuditEvent patient reference 0"])
	{
		let problem = record.mapped.as_ref().unwrap_err();
		assert!(
			problem.element == element && problem.reason.contains("`servers`"),
			"{problem:?}"
		);
		assert_eq!(record.version.as_ref().and_then(|version| version.subject), None);
	}
	let access = two_servers("Patient/7", "Patient/7").lines().nth(1).unwrap().to_owned();
	let access = access.replace(
		r#"{"altId":"a"}"#,
		r#"{"altId":"a","who":{"reference":"https://ris.example/fhir/Practitioner/1"}}"#,
	);
	let record = &read("one.ndjson".as_ref(), access.as_bytes(), true)[0];
	assert_eq!(record.mapped.as_ref().unwrap_err().element, "AuditEvent.agent.who");
}

/// A Bundle of the records of [`two_servers`], each with the base of its server.
fn bundle_of(bases: [&str; 2]) -> Vec<u8> {
	let text = two_servers("Patient/7", "Patient/7");
	let entries = text.lines().zip(bases).map(|(resource, base)| {
		let mut resource: Value = serde_json::from_str(resource).unwrap();
		resource["id"] = "c".into();
		let kind = resource["resourceType"].as_str().unwrap().to_owned();
		json!({ "fullUrl": format!("{base}/{kind}/c"), "resource": resource })
	});
	json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries.collect::<Vec<_>>() })
		.to_string()
		.into_bytes()
}

#[test]
fn a_relative_reference_in_a_bundle_is_of_the_server_of_its_entry() {
	let [ris, ehr] = ["https://ris.example/fhir", "https://ehr.example/fhir"];
	let local = read(
		"one.ndjson".as_ref(),
		two_servers("Patient/7", "Patient/7").as_bytes(),
		true,
	);
	for (bases, servers, is_local) in [
		// The only server that records are from is the hospital's if it names none.
		([ris, ris], &[][..], [true, true]),
		([ris, ehr], &[ehr], [false, true]),
		([ris, ehr], &[ris, ehr], [true, true]),
	] {
		let records = read_for("bundle.json".as_ref(), &bundle_of(bases), |config| {
			config.servers = servers.iter().map(|base| address(base).unwrap()).collect();
		});
		let found = [0, 1].map(|number| subject(&records[number]) == subject(&local[number]));
		assert_eq!(found, is_local, "{bases:?} {servers:?}");
		let plain = |number: usize| H256(sp_crypto_hashing::blake2_256(&records[number].bytes));
		let by_bytes = [0, 1].map(|number| records[number].source == plain(number));
		assert_eq!(by_bytes, is_local, "{bases:?} {servers:?}");
	}
}

#[test]
fn the_server_of_a_record_is_also_known_by_what_was_asked_for_and_answered() {
	let consent = two_servers("Patient/7", "Patient/7").lines().next().unwrap().to_owned();
	let local = read("one.ndjson".as_ref(), consent.as_bytes(), true);
	let consent: Value = serde_json::from_str(&consent).unwrap();
	let other = "https://other.example/fhir/Consent/c";
	for more in [
		json!({ "fullUrl": other }),
		json!({ "request": { "method": "PUT", "url": other } }),
		json!({ "fullUrl": "urn:uuid:1", "response": { "status": "200", "location": format!("{other}/_history/1") } }),
		json!({ "request": { "method": "PUT", "url": "Consent/c" }, "response": { "location": other } }),
	] {
		let mut entry = more.clone();
		entry["resource"] = consent.clone();
		let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [entry] }).to_string();
		let records = read_for("bundle.json".as_ref(), bundle.as_bytes(), |config| {
			config.servers = vec!["own.example/fhir".into()];
		});
		assert_ne!(subject(&records[0]), subject(&local[0]), "{more}");
		assert_ne!(records[0].source, local[0].source, "{more}");
		let document = records[0].version.as_ref().and_then(|version| version.document.clone());
		assert_eq!(document.as_deref(), Some("other.example/fhir/Consent/c"), "{more}");
	}
}

#[test]
fn an_identifier_names_one_person_alone() {
	let consent = |identifier: Value| {
		let text = two_servers("Patient/7", "Patient/7");
		let mut consent: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
		consent["patient"] = json!({ "identifier": identifier });
		read("one.json".as_ref(), consent.to_string().as_bytes(), true)
			.remove(0)
			.mapped
	};
	assert!(consent(json!({ "system": "a", "value": "b|c" })).is_ok());
	for identifier in [
		json!({ "value": "7" }),
		json!({ "value": "Patient/7" }),
		json!({ "value": "a|b" }),
		json!({ "system": "a|b", "value": "c" }),
	] {
		assert_eq!(
			consent(identifier.clone()).unwrap_err().element,
			"Consent.patient",
			"{identifier}"
		);
	}
}

#[test]
fn a_reference_to_an_entry_of_the_bundle_is_its_resource() {
	let patient = |name: &str, more: Value| {
		let mut entry = json!({ "fullUrl": "urn:uuid:0C3F6F0E-7b0b-4d4e-9d7c-6a9f1f0e00aa", "resource": { "resourceType": "Patient" } });
		if !name.is_empty() {
			entry["resource"]["id"] = name.into();
		}
		for (name, value) in more.as_object().unwrap() {
			entry[name] = value.clone();
		}
		entry
	};
	let put = json!({ "request": { "method": "PUT", "url": "Patient/7" } });
	let post = json!({ "request": { "method": "POST", "url": "Patient" } });
	let mut posted = post.clone();
	posted["response"] = json!({ "status": "201", "location": "Patient/7/_history/1" });
	let local = read(
		"one.ndjson".as_ref(),
		two_servers("Patient/7", "Patient/7").as_bytes(),
		true,
	);
	for (patients, is_known) in [
		(vec![patient("7", json!({}))], true),
		(vec![patient("7", put.clone())], true),
		(vec![patient("x", posted)], true),
		(vec![patient("7", put.clone()), patient("7", put.clone())], true),
		(vec![patient("7", post.clone())], false),
		(vec![patient("7", put.clone()), patient("8", put)], false),
		(vec![patient("", json!({}))], false),
		(
			vec![patient(
				"7",
				json!({ "resource": { "resourceType": "Practitioner", "id": "7" } }),
			)],
			false,
		),
		(vec![], false),
	] {
		let text = two_servers(
			"urn:uuid:0c3f6f0e-7b0b-4d4e-9d7c-6a9f1f0e00aa",
			"urn:uuid:0c3f6f0e-7b0b-4d4e-9d7c-6a9f1f0e00aa",
		);
		let consent: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
		let mut entries = vec![json!({ "fullUrl": "urn:uuid:1", "resource": consent })];
		entries.extend(patients.clone());
		let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
		let records = read("bundle.json".as_ref(), bundle.to_string().as_bytes(), true);
		assert_eq!(records.len(), entries.len());
		match is_known {
			true => assert_eq!(subject(&records[0]), subject(&local[0]), "{patients:?}"),
			false => assert_eq!(
				records[0].mapped.as_ref().unwrap_err().element,
				"Consent.patient",
				"{patients:?}"
			),
		}
	}
}

#[test]
fn what_is_not_there_or_inside_of_something_else_is_named() {
	let page = json!({
		"resourceType": "Bundle", "type": "searchset", "entry": [],
		"link": [{ "relation": "self", "url": "x" }, { "relation": "next", "url": "y" }],
	});
	let records = read("page.json".as_ref(), page.to_string().as_bytes(), true);
	assert!(
		matches!(&records[..], [Record { mapped: Ok(Mapped::NotApplicable(reason)), .. }] if reason.contains("page"))
	);
	let consent: Value = serde_json::from_str(two_servers("Patient/7", "x").lines().next().unwrap()).unwrap();
	for (resource, element) in [
		(
			json!({ "resourceType": "Parameters", "parameter": [{ "name": "return", "resource": consent }] }),
			"Parameters.parameter.0.resource",
		),
		(
			json!({ "resourceType": "Observation", "contained": [consent] }),
			"Observation.contained.0",
		),
	] {
		let records = read("one.json".as_ref(), resource.to_string().as_bytes(), true);
		assert_eq!(records[0].mapped.as_ref().unwrap_err().element, element);
	}
}

#[test]
fn a_file_or_a_bundle_without_records_is_never_nothing() {
	let quarantined = |text: &str, element: &str| {
		let records = read("one.json".as_ref(), text.as_bytes(), true);
		let found = records.iter().map(|record| match &record.mapped {
			Err(problem) => problem.element.clone(),
			Ok(mapped) => format!("{mapped:?}"),
		});
		assert_eq!(found.collect::<Vec<_>>(), [element], "{text:?}");
	};
	quarantined("", "file");
	quarantined("[]", "file");
	quarantined(
		r#"{"resourceType":"Bundle","implicitRules":"urn:x","implicitRules":null,"entry":[{"resource":{"resourceType":"Consent"}}]}"#,
		"file",
	);
	assert_eq!(read("empty.ndjson".as_ref(), b"\n", true).len(), 1);
	quarantined(
		r#"{"resourceType":"Bundle","type":"searchset","total":57}"#,
		"Bundle.entry",
	);
	quarantined(
		r#"{"resourceType":"Bundle","total":9,"entry":[{"resource":null,"search":{"mode":"match"}},{}]}"#,
		"Bundle.entry",
	);
	quarantined(
		r#"{"resourceType":"Bundle","type":"searchset","entries":[{"resource":{"resourceType":"Consent"}}]}"#,
		"Bundle.entries",
	);
	quarantined(
		r#"{"resourceType":"Bundle","entry":[{"Resource":{"resourceType":"Consent"}}]}"#,
		"Bundle.entry.Resource",
	);
	quarantined(r#"{"resourceType":"consent","id":"x"}"#, "resourceType");
	quarantined(r#"{"resourceType":"auditevent","id":"x"}"#, "resourceType");
	quarantined(
		r#"{"resourceType":"bundle","entry":[{"resource":{"resourceType":"Consent"}}]}"#,
		"resourceType",
	);
	quarantined(
		r#"{"resourceType":"Basic","contained":[{"resourceType":"CONSENT"}]}"#,
		"Basic.contained.0",
	);
	for empty in [
		r#"{"resourceType":"Bundle","type":"searchset","total":0}"#,
		r#"{"resourceType":"Bundle","type":"searchset","entry":[]}"#,
	] {
		let records = read("one.json".as_ref(), empty.as_bytes(), true);
		assert!(
			matches!(&records[..], [Record { mapped: Ok(Mapped::NotApplicable(reason)), .. }] if reason.contains("no entries")),
			"{empty}"
		);
	}
	for (bytes, reason) in [
		(&b"\xff\xfe{\0}\0"[..], "UTF-16"),
		(b"\x1f\x8b\x08", "gzip"),
		(b"<Consent xmlns=\"http://hl7.org/fhir\"/>", "XML"),
	] {
		let problem = read("one.json".as_ref(), bytes, true).remove(0).mapped.unwrap_err();
		assert!(problem.reason.contains(reason), "{problem:?}");
	}
}

#[test]
fn an_identifier_beside_an_address_does_not_make_another_record() {
	let known = json!({ "system": "urn:mrn", "value": "7" });
	let event = access_with(json!({ "patient": { "reference": "Patient/1", "identifier": known } }));
	let patient = json!({ "resourceType": "Patient", "id": "1", "identifier": [known] });
	let file = json!({ "resourceType": "Bundle", "type": "searchset", "entry": [{ "resource": event }, { "resource": patient }] });
	let [within, by_itself] =
		[file, event].map(|file| read("one.json".as_ref(), file.to_string().as_bytes(), true).remove(0));
	assert_eq!(within.source, by_itself.source);
	assert_eq!(within.mapped, by_itself.mapped);
}

/// An access to the data of a patient, with these elements.
fn access_with(more: Value) -> Value {
	let mut event = json!({
		"resourceType": "AuditEvent", "action": "R", "recorded": "2026-02-01T00:00:00Z", "outcome": "0",
		"agent": [{ "altId": "a" }], "entity": [{ "what": { "reference": "Patient/1" } }],
	});
	event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
	event
}

#[test]
fn a_code_of_a_hospitals_own_does_not_make_nothing_of_an_access() {
	let dicom = "http://dicom.nema.org/resources/ontology/DCM";
	for (more, is_access) in [
		(json!({ "type": { "system": "urn:local", "code": "110100" } }), true),
		(json!({ "type": { "code": "110100" } }), true),
		(json!({ "type": { "code": "110100" }, "entity": [] }), false),
		(
			json!({ "type": { "system": "urn:local", "code": "110100" }, "entity": [] }),
			true,
		),
		(json!({ "type": { "system": dicom, "code": "110100" } }), false),
		(
			json!({ "category": [{ "coding": [{ "system": dicom, "code": "110114" }] }] }),
			false,
		),
	] {
		let event = access_with(more);
		let record = read("one.json".as_ref(), event.to_string().as_bytes(), true).remove(0);
		assert_eq!(matches!(record.mapped, Ok(Mapped::Access(_))), is_access, "{event}");
	}
	let export = json!({ "type": { "system": "urn:local", "code": "110106" } });
	let record = read("one.json".as_ref(), access_with(export).to_string().as_bytes(), true).remove(0);
	assert!(matches!(record.mapped, Ok(Mapped::Access(event)) if event.operation == Operation::Read));
}

#[test]
fn an_access_on_a_day_without_an_hour_can_not_be_judged() {
	for (more, element) in [
		(
			json!({ "occurredDateTime": "2026-02-01" }),
			"AuditEvent.occurredDateTime",
		),
		(
			json!({ "period": { "start": "2026-02-01" } }),
			"AuditEvent.period.start",
		),
		(json!({ "recorded": "2026-02-01" }), "AuditEvent.recorded"),
	] {
		let event = access_with(more).to_string();
		let problem = read("one.json".as_ref(), event.as_bytes(), true)
			.remove(0)
			.mapped
			.unwrap_err();
		assert!(
			problem.element == element && problem.reason.contains("hour"),
			"{problem:?}"
		);
	}
}

#[test]
fn a_denial_is_stated_by_whole_words() {
	for (text, outcome) in [
		("could not read order 4031", Outcome::Failed),
		("Dr. Denys was not found", Outcome::Failed),
		("HTTP 403", Outcome::Denied),
		("AccessDenied", Outcome::Denied),
		("unauthorised", Outcome::Denied),
	] {
		let event = access_with(json!({ "outcome": "8", "outcomeDesc": text })).to_string();
		let record = read("one.json".as_ref(), event.as_bytes(), true).remove(0);
		assert!(
			matches!(&record.mapped, Ok(Mapped::Access(event)) if event.outcome == outcome),
			"{text}: {record:?}"
		);
	}
}

#[test]
fn many_records_about_many_entries_take_no_square() {
	const MANY: usize = 1500;
	for differ in [false, true] {
		let patients = (0..MANY).map(|number| {
			let value = if differ { number } else { 0 };
			let patient = json!({ "resourceType": "Patient", "id": "x", "identifier": [{ "system": "s", "value": value.to_string() }] });
			json!({ "fullUrl": "urn:uuid:p", "resource": patient })
		});
		let events = (0..MANY).map(|number| {
			let mut event = access_with(json!({ "id": number.to_string() }));
			event["entity"][0]["what"]["reference"] = "urn:uuid:p".into();
			json!({ "resource": event })
		});
		let entries = patients.chain(events).collect::<Vec<_>>();
		let file = json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string();
		let records = read("many.json".as_ref(), file.as_bytes(), true);
		assert_eq!(records.len(), 2 * MANY);
		let kept = records.iter().map(|record| record.alone().len()).sum::<usize>();
		assert!(kept < 20 * file.len(), "{kept} of {}", file.len());
	}
}

#[test]
fn what_many_records_need_of_an_entry_is_kept_once() {
	const MANY: usize = 300;
	let identifiers = (0..20_000).map(|number| json!({ "system": "urn:example:card", "value": number.to_string() }));
	let identifiers = identifiers.collect::<Vec<_>>();
	let patient = json!({ "resourceType": "Patient", "id": "p", "identifier": identifiers });
	let mut entries = vec![json!({ "fullUrl": "urn:uuid:p", "resource": patient })];
	entries.extend((0..MANY).map(|number| {
		let mut event = access_with(json!({ "id": number.to_string() }));
		event["entity"][0]["what"]["reference"] = "urn:uuid:p".into();
		json!({ "resource": event })
	}));
	let file = json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string();
	let records = read("many.json".as_ref(), file.as_bytes(), true);
	let mut kept = records.iter().map(|record| record.bytes.len()).sum::<usize>();
	let mut shared = std::collections::BTreeMap::new();
	for record in &records {
		if let Some(alone) = &record.alone {
			kept += alone.before.len() + alone.after.len();
			shared.extend(alone.shared.iter().map(|part| (part.as_ptr(), part.len())));
		}
	}
	kept += shared.values().sum::<usize>();
	assert!(kept < 3 * file.len(), "{kept} of {}", file.len());
	let needed = records.iter().filter(|record| record.alone().len() > file.len() / 2);
	assert!(needed.count() >= MANY);
}

/// An import that is run again reads what it quarantined, so that has to say what the whole file said.
#[test]
fn an_entry_of_a_bundle_is_read_alone_as_in_the_bundle() {
	let mut alone = 0;
	for (file, bytes, case) in cases::files() {
		for record in read(&file, &bytes, true) {
			if record.alone.is_none() {
				continue;
			}
			alone += 1;
			// The import remembers the hospital's server.
			let again = &read_for("alone.json".as_ref(), &record.alone(), |config| {
				config.timezone = Some("+00:00".parse().unwrap());
				config.meet(servers_of(&file, &bytes)).unwrap();
			})[0];
			let case = &case["case"];
			assert_eq!((&again.mapped, &again.bytes), (&record.mapped, &record.bytes), "{case}");
			assert_eq!((again.source, again.alone()), (record.source, record.alone()), "{case}");
			let version = |record: &Record| {
				let version = record.version.clone();
				version.map(|version| (version.document, version.subject, version.id, version.changed))
			};
			assert_eq!(version(again), version(&record), "{case}");
		}
	}
	assert!(alone > 8, "{alone}");
}

/// Compares what a record maps to with what a case expects.
fn check(record: &Record, expected: &Value) -> Result<(), String> {
	let mapped = match (&record.mapped, expected["problem"].as_str()) {
		(Ok(mapped), None) => mapped,
		(Err(problem), Some(element)) if problem.element == element => return Ok(()),
		(mapped, _) => return Err(format!("expected {expected}, found {mapped:?}")),
	};
	let (outcome, preview) = mapped.preview();
	let fields = match expected {
		Value::String(name) if name == outcome => return Ok(()),
		Value::Object(fields) if fields.contains_key(outcome) => fields[outcome].as_object().unwrap(),
		_ => return Err(format!("expected {expected}, found {mapped:?}")),
	};
	match fields.iter().find(|(name, value)| preview[&name[..]] != **value) {
		None => Ok(()),
		Some((name, value)) => Err(format!("expected {name} to be {value}, found {}", preview[&name[..]])),
	}
}

/// Reads a published file, and checks what must hold for every one.
fn read_published(file: &Path) -> Vec<Record> {
	let bytes = fs::read(file).unwrap();
	let records = read(file, &bytes, true);
	let name = file.display();
	for record in &records {
		if let Err(Problem { element, reason }) = &record.mapped {
			assert!(!element.is_empty() && !reason.is_empty(), "{name}");
		}
		assert!(contains(&bytes, &record.bytes), "{name}: line {}", record.line);
	}
	// One value, one in each line, or values that span lines and follow each other.
	match serde_json::Deserializer::from_slice(&bytes)
		.into_iter()
		.collect::<Result<Vec<Value>, _>>()
	{
		Ok(values) if !values.is_empty() => {
			let expected = values.iter().map(resources).sum::<usize>();
			assert_eq!(records.len(), expected, "{name}: a record is lost");
		},
		_ if file.extension().is_some_and(|extension| extension == "ndjson") => {
			for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
				let expected = match serde_json::from_slice(line) {
					Ok(value) => resources(&value),
					Err(_) => usize::from(!String::from_utf8_lossy(line).trim().is_empty()),
				};
				let found = records.iter().filter(|record| record.line == number).count();
				assert_eq!(found, expected, "{name}: line {number}");
			}
		},
		_ => assert!(!records.is_empty(), "{name}: the file is lost"),
	}
	records
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
	part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
}

/// How many records a file with this value has.
fn resources(value: &Value) -> usize {
	match value {
		Value::Array(values) => values.iter().map(resources).sum(),
		Value::Object(resource) if value["resourceType"] == "Bundle" => {
			let entries = resource.get("entry").and_then(Value::as_array);
			let says = |entry: &Value| {
				["fullUrl", "request", "response"]
					.iter()
					.any(|name| entry.get(name).is_some())
			};
			let resources = entries.into_iter().flatten().map(|entry| match entry.get("resource") {
				Some(resource) => self::resources(resource),
				None => usize::from(says(entry)),
			});
			let links = resource.get("link").and_then(Value::as_array);
			let goes_on = links.into_iter().flatten().any(|link| link["relation"] == "next");
			resources.sum::<usize>() + usize::from(goes_on)
		},
		_ => 1,
	}
}

#[test]
fn the_examples_of_hl7_are_mapped_or_have_a_problem() {
	let files = published::hl7_examples();
	let mut accesses = 0;
	for file in &files {
		let records = read_published(file);
		assert_eq!(records.len(), 1, "{}", file.display());
		let name = file.file_stem().unwrap().to_string_lossy();
		match (&name[..], &records[0].mapped) {
			("AuditEvent-example-search" | "AuditEvent-example-disclosure", Ok(Mapped::Access(_))) => accesses += 1,
			("AuditEvent-example-search" | "AuditEvent-example-disclosure", other) => panic!("{name}: {other:?}"),
			("AuditEvent-example-logout", mapped) => assert!(matches!(mapped, Ok(Mapped::NotApplicable(_)))),
			_ => (),
		}
	}
	if !files.is_empty() {
		assert_eq!(accesses, 4, "two of each version");
	}
}

#[test]
fn further_public_files_are_mapped_or_have_a_problem() {
	for file in published::shared_files() {
		read_published(&file);
	}
}
