//! What a Bundle says about an entry is a part of the record: neither hides the entry its resource, nor the reverse.

use super::*;

/// A Bundle of these entries, and of this type.
fn bundle(kind: &str, entries: &[String]) -> String {
	format!(
		r#"{{"resourceType":"Bundle","type":"{kind}","entry":[{}]}}"#,
		entries.join(",")
	)
}

fn entry(resource: &str, more: &str) -> String {
	format!(r#"{{"resource":{resource},{more}}}"#)
}

/// A consent of somebody whom only the Bundle names.
fn of_somebody() -> String {
	consent(1, "active", &["TREAT"]).replace("Patient/1", "urn:uuid:0c3f6f0e-7b0b-4d4e-9d7c-6a9f1f0e00aa")
}

const SOMEBODY: &str =
	r#"{"fullUrl":"urn:uuid:0c3f6f0e-7b0b-4d4e-9d7c-6a9f1f0e00aa","resource":{"resourceType":"Patient","id":"1"}}"#;

#[test]
fn an_entry_that_is_quarantined_for_its_envelope_and_its_resource_do_not_hide_each_other() {
	let refused = r#""request":{"method":"PUT","url":"x"},"response":{"status":"412 Precondition Failed"}"#;
	let patch = r#""request":{"method":"PATCH","url":"AuditEvent/1"}"#;
	let part = |resource: &str| {
		let entries = [entry(resource, r#""search":{"mode":"match"}"#)];
		bundle("searchset", &entries).replacen("\"type\"", "\"meta\":{\"tag\":[{\"code\":\"SUBSETTED\"}]},\"type\"", 1)
	};
	let permission = consent(1, "active", &["TREAT"]);
	for (resource, held) in [
		(access(1), bundle("batch-response", &[entry(&access(1), refused)])),
		(access(1), bundle("transaction", &[entry(&access(1), patch)])),
		(access(1), part(&access(1))),
		(
			permission.clone(),
			bundle("batch-response", &[entry(&permission, refused)]),
		),
		(permission.clone(), part(&permission)),
	] {
		for order in [["held.json", "proper.json"], ["proper.json", "held.json"]] {
			for together in [true, false] {
				let hospital = Hospital::new();
				hospital.write("held.json", std::slice::from_ref(&held));
				hospital.write("proper.json", std::slice::from_ref(&resource));
				let mut reports = Vec::new();
				let imports = if together { order.chunks(2) } else { order.chunks(1) };
				for paths in imports {
					reports.extend(hospital.import(paths).unwrap().1);
				}
				let mut found = outcomes(&reports);
				found.sort();
				assert_eq!(found, ["final", QUARANTINED], "{held} {order:?} {together}");
				let quarantine = hospital.quarantine();
				assert_eq!(quarantine.len(), 1, "{held} {order:?} {together}");
				let (summary, _) = hospital.select(&[], true).unwrap();
				assert_eq!(
					(summary.quarantined, summary.recorded, summary.consents),
					(1, 0, 0),
					"{held}"
				);
				assert_eq!(hospital.quarantine(), quarantine, "a retry finds it again");
				let ledger = hospital.ledger.0.borrow();
				assert_eq!(ledger.recorded.len() + ledger.consents.len(), 1);
				assert!(ledger.consents.iter().all(|held| held.changes.is_empty()), "{held}");
			}
		}
	}
}

#[test]
fn a_bundle_that_does_not_tell_who_somebody_is_does_not_hide_one_that_does() {
	let unclear = bundle("collection", &[entry(&of_somebody(), r#""fullUrl":"urn:uuid:1""#)]);
	let clear = bundle(
		"collection",
		&[SOMEBODY.into(), entry(&of_somebody(), r#""fullUrl":"urn:uuid:1""#)],
	);
	for order in [["unclear.json", "clear.json"], ["clear.json", "unclear.json"]] {
		for (together, is_refused) in [(true, false), (true, true), (false, false), (false, true)] {
			let hospital = Hospital::new();
			hospital.write("unclear.json", std::slice::from_ref(&unclear));
			hospital.write("clear.json", std::slice::from_ref(&clear));
			let source = resolved_source(
				&of_somebody(),
				&[("urn:uuid:0c3f6f0e-7b0b-4d4e-9d7c-6a9f1f0e00aa", "Patient/1")],
			);
			if is_refused {
				hospital.ledger.0.borrow_mut().poison = vec![source];
			}
			let imports = if together { order.chunks(2) } else { order.chunks(1) };
			for paths in imports {
				hospital.import(paths).unwrap();
			}
			if is_refused {
				assert_eq!(hospital.in_force(), []);
				assert!(!hospital.quarantine().is_empty(), "{order:?} {together}");
				hospital.ledger.0.borrow_mut().poison.clear();
				hospital.select(&[], true).unwrap();
			}
			assert_eq!(hospital.in_force(), [source], "{order:?} {together} {is_refused}");
			hospital.select(&[], true).unwrap();
			assert_eq!(hospital.in_force(), [source], "{order:?} {together} {is_refused}");
			assert!(hospital.quarantine().is_empty(), "{order:?} {together} {is_refused}");
		}
	}
}

/// The source of a resource in a Bundle that tells what its references point to.
fn resolved_source(resource: &str, resolved: &[(&str, &str)]) -> H256 {
	let resolved = serde_json::json!(resolved.iter().copied().collect::<std::collections::BTreeMap<_, _>>());
	H256(sp_crypto_hashing::blake2_256(
		format!("{resolved}\0{}", canonical(resource)).as_bytes(),
	))
}

#[test]
fn the_refusals_of_two_people_with_the_same_bytes_both_count() {
	let refusal = of_somebody().replace("\"permit\",\"purpose\":[{\"code\":\"TREAT\"}]", "\"deny\"");
	assert!(refusal.contains("deny"));
	let hospital = Hospital::new();
	let permission = |number: u8| {
		let permission = consent(1, "active", &["TREAT"]).replace("Patient/1", &format!("Patient/{number}"));
		permission.replace("\"id\":\"c\"", &format!("\"id\":\"c{number}\""))
	};
	hospital.write("permissions.ndjson", &[1, 2].map(permission));
	hospital.import(&["permissions.ndjson"]).unwrap();
	assert_eq!(hospital.in_force().len(), 2);
	for (number, more) in [(1, r#""fullUrl":"urn:uuid:1""#), (2, r#""search":{"mode":"match"}"#)] {
		let somebody = SOMEBODY.replace("\"id\":\"1\"", &format!("\"id\":\"{number}\""));
		let file = format!("{number}.json");
		hospital.write(&file, &[bundle("collection", &[somebody, entry(&refusal, more)])]);
		hospital.import(&[&file]).unwrap();
		assert_eq!(hospital.in_force().len(), 2 - number);
	}
}

#[test]
fn a_permission_is_granted_only_under_a_name_that_lasts() {
	let post = |url: &str, more: &str| {
		entry(
			&consent(1, "active", &["TREAT"]).replace(
				"\"status\"",
				"\"identifier\":[{\"system\":\"s\",\"value\":\"v\"}],\"status\"",
			),
			&format!(r#""fullUrl":"{url}","request":{{"method":"POST","url":"Consent"}}{more}"#),
		)
	};
	let location = r#","response":{"status":"201","location":"Consent/5/_history/1"}"#;
	for (file, is_granted) in [
		(bundle("transaction", &[post("urn:uuid:1", "")]), false),
		(
			bundle("transaction", &[post("https://a.example/fhir/Consent/c", "")]),
			false,
		),
		(bundle("transaction", &[post("urn:uuid:1", location)]), true),
		(bundle("history", &[post("https://a.example/fhir/Consent/c", "")]), true),
		(consent(1, "active", &["TREAT"]).replace("\"id\":\"c\",", ""), false),
	] {
		let hospital = Hospital::new();
		hospital.write("1.json", std::slice::from_ref(&file));
		let (summary, reports) = hospital.import(&["1.json"]).unwrap();
		assert_eq!(
			(summary.consents == 1, summary.quarantined == 0),
			(is_granted, is_granted),
			"{file}: {reports:?}"
		);
	}
	// A refusal counts without a name.
	let hospital = Hospital::new();
	hospital.write("1.json", &[consent(1, "active", &["TREAT"])]);
	hospital.import(&["1.json"]).unwrap();
	let refusal = r#"{"resourceType":"Consent","status":"active","patient":{"reference":"Patient/1"},"dateTime":"2026-02","provision":{"type":"deny"}}"#;
	hospital.write(
		"2.json",
		&[bundle(
			"transaction",
			&[entry(refusal, r#""request":{"method":"POST","url":"Consent"}"#)],
		)],
	);
	hospital.import(&["2.json"]).unwrap();
	assert_eq!(hospital.in_force(), []);
}

#[test]
fn a_change_of_a_consent_that_is_not_shown_is_a_version() {
	for (method, status, is_in_force) in [
		("PUT", "200", false),
		("POST", "201", false),
		("GET", "200", true),
		("HEAD", "200", true),
	] {
		let hospital = Hospital::new();
		hospital.write("1.json", &[consent(1, "active", &["TREAT"])]);
		hospital.import(&["1.json"]).unwrap();
		let change = format!(
			r#"{{"request":{{"method":"{method}","url":"Consent/c"}},"response":{{"status":"{status}","location":"Consent/c/_history/2","lastModified":"2026-01-05T00:00:00Z"}}}}"#
		);
		hospital.write("2.json", &[bundle("transaction-response", &[change])]);
		assert_eq!(outcomes(&hospital.import(&["2.json"]).unwrap().1), [QUARANTINED]);
		assert_eq!(hospital.in_force().len() == 1, is_in_force, "{method}");
	}
}

#[test]
fn a_record_of_another_server_with_the_same_bytes_is_another_record() {
	let at = |server: &str, resource: &str, kind: &str| {
		entry(
			resource,
			&format!(
				r#""fullUrl":"https://{server}.example/fhir/{kind}/{}""#,
				if kind == "Consent" { "c" } else { "1" }
			),
		)
	};
	let permission = consent(1, "active", &["TREAT"]);
	let entries =
		["ehr", "ris"].map(|server| [at(server, &access(1), "AuditEvent"), at(server, &permission, "Consent")]);
	let mut hospital = Hospital::new();
	hospital.servers = vec!["ehr.example/fhir".into()];
	hospital.write("both.json", &[bundle("searchset", &entries.concat())]);
	let (summary, _) = hospital.import(&["both.json"]).unwrap();
	assert_eq!((summary.recorded, summary.consents, summary.already), (2, 2, 0));
	assert_eq!(hospital.import(&["both.json"]).unwrap().0.already, 4);
}

#[test]
fn a_change_of_a_consent_that_is_not_shown_ends_what_it_permitted() {
	let hospital = Hospital::new();
	hospital.write("1.json", &[consent(1, "active", &["TREAT"])]);
	hospital.import(&["1.json"]).unwrap();
	assert_eq!(hospital.in_force().len(), 1);
	let patch = r#"{"resource":{"resourceType":"Parameters"},"request":{"method":"PATCH","url":"Consent/c"},"response":{"lastModified":"2026-01-05T00:00:00Z"}}"#;
	hospital.write("2.json", &[bundle("transaction", &[patch.into()])]);
	assert_eq!(outcomes(&hospital.import(&["2.json"]).unwrap().1), [QUARANTINED]);
	assert_eq!(hospital.in_force(), []);
}
