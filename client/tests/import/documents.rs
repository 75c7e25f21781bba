//! What is in force is what the newest version of each document says, or less: whatever the order of the records, of
//! the imports, and however the connection fails.

use super::*;
use kexin_primitives::vocabulary::Purpose;

impl Hospital {
	/// One import of a file of the field cases.
	fn import_case(&self, name: &str) -> (Summary, Vec<RecordOutcome>) {
		let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/field-cases");
		fs::copy(from.join(name), self.directory.path().join(name)).unwrap();
		self.import(&[name]).unwrap()
	}

	/// The subjects with a consent in force.
	fn subjects(&self) -> Vec<Pseudonym> {
		let model = self.ledger.0.borrow();
		let alive = model.consents.iter().filter(|held| held.scope.is_some());
		alive.map(|held| held.subject).collect()
	}
}

fn subject(name: &str) -> Pseudonym {
	Pseudonymiser::new([7; 32]).subject(name)
}

#[test]
fn the_field_cases_leave_no_permission_that_was_not_given() {
	for files in [
		&["60-history-inactive.json"][..],
		&["64a-inactive-first.ndjson", "64b-then-active.ndjson"],
		&["64b-then-active.ndjson", "64a-inactive-first.ndjson"],
		&["03-history-delete.json"],
		&["01-samestamp.ndjson"],
		&["68a-refusal.ndjson", "68b-older-permit.ndjson"],
		&["68b-older-permit.ndjson", "68a-refusal.ndjson"],
		&["09-newer-unmapped.ndjson"],
		&["65-history-rejected.json"],
		&["71a-permit.ndjson", "71-uuid-refusal.json"],
		&["71-uuid-refusal.json", "71a-permit.ndjson"],
	] {
		let hospital = Hospital::new();
		for file in files {
			let (summary, reports) = hospital.import_case(file);
			let counted = summary.consents + summary.already + summary.not_applicable + summary.quarantined;
			assert_eq!(counted, reports.len(), "{file}");
			assert!(!reports.is_empty(), "{file}");
		}
		assert_eq!(hospital.in_force(), [], "{files:?}");
	}
}

#[test]
fn a_deletion_is_counted() {
	let hospital = Hospital::new();
	let (summary, reports) = hospital.import_case("03-history-delete.json");
	assert_eq!((summary.not_applicable, reports.len()), (2, 2));
	assert!(reports
		.iter()
		.any(|report| report.reason.as_deref() == Some("the consent was deleted")));
}

#[test]
fn a_corrected_patient_ends_the_consent_of_the_wrong_one() {
	let whole = Hospital::new();
	whole.import_case("77-patient-changed.ndjson");
	assert_eq!(whole.subjects(), [subject("Patient/pc-right")]);
	let by_lines = Hospital::new();
	let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/field-cases/77-patient-changed.ndjson");
	for (line, expected) in fs::read_to_string(file)
		.unwrap()
		.lines()
		.zip(["Patient/pc-wrong", "Patient/pc-right"])
	{
		by_lines.write("line.ndjson", &[line.into()]);
		by_lines.import(&["line.ndjson"]).unwrap();
		assert_eq!(by_lines.subjects(), [subject(expected)]);
	}
}

#[test]
fn what_a_newer_version_does_not_say_ends() {
	for newer in [
		consent(2, "rejected", &["TREAT"]),
		consent(2, "draft", &["TREAT"]),
		consent(2, "active", &["NONSENSE"]),
		consent(2, "active", &["TREAT"]).replacen("\"status\"", "\"status\":\"inactive\",\"status\"", 1),
		consent(2, "active", &["TREAT"]).replace("Patient/1", ""),
		consent(2, "active", &["TREAT"]).replacen("\"status\"", "\"language\":\"\\ud83d\",\"status\"", 1),
		format!(
			r#"{{"resourceType":"Bundle","entry":[{{"resource":{},"search":1,"fullUrl":"urn:uuid:1","fullUrl":"urn:uuid:2"}}]}}"#,
			consent(2, "active", &["TREAT"])
		),
	] {
		let hospital = Hospital::new();
		hospital.write("1.json", &[consent(1, "active", &["TREAT"])]);
		hospital.write("2.json", std::slice::from_ref(&newer));
		hospital.import(&["1.json"]).unwrap();
		assert_eq!(hospital.in_force().len(), 1);
		let (_, reports) = hospital.import(&["2.json"]).unwrap();
		assert_eq!(reports.len(), 1, "{newer}");
		assert_eq!(hospital.in_force(), [], "{newer}");
	}
}

#[test]
fn a_record_that_may_be_of_several_documents_ends_what_each_granted() {
	let of = |id: &str, version: u8| {
		consent(version, "active", &["TREAT"]).replace(r#""id":"c""#, &format!(r#""id":"{id}""#))
	};
	let ambiguous = of("a", 2).replace(r#""id":"a""#, r#""id":"a","id":"b""#);
	let hospital = Hospital::new();
	hospital.write("1.ndjson", &[of("a", 1), of("b", 1), of("c", 1)]);
	hospital.import(&["1.ndjson"]).unwrap();
	assert_eq!(hospital.in_force().len(), 3);
	hospital.write("2.json", std::slice::from_ref(&ambiguous));
	let (summary, _) = hospital.import(&["2.json"]).unwrap();
	assert!(!summary.is_whole(), "{summary:?}");
	assert_eq!(hospital.in_force().len(), 1);
	// It is held, and read in the same way when it is tried again.
	let (summary, _) = hospital.select(&[], true).unwrap();
	assert_eq!(summary.quarantined, 2);
	assert_eq!((hospital.in_force().len(), hospital.quarantine().len()), (1, 2));
	// Each is held until a newer version of its own document is there.
	hospital.write("3.json", &[of("a", 3)]);
	hospital.import(&["3.json"]).unwrap();
	hospital.select(&[], true).unwrap();
	assert_eq!((hospital.in_force().len(), hospital.quarantine().len()), (2, 1));
	hospital.write("4.json", &[of("b", 3)]);
	hospital.import(&["4.json"]).unwrap();
	hospital.select(&[], true).unwrap();
	assert_eq!((hospital.in_force().len(), hospital.quarantine().len()), (3, 0));
}

#[test]
fn a_newer_version_that_is_not_utf_8_ends_what_the_older_one_granted() {
	let newer = consent(2, "active", &["TREAT"]).replacen("\"status\"", "\"language\":\"M?\",\"status\"", 1);
	let latin = newer.replace('?', "\u{1}").into_bytes();
	let latin = latin
		.into_iter()
		.map(|byte| if byte == 1 { 0xfc } else { byte })
		.collect::<Vec<_>>();
	for [before, after] in [
		[&b""[..], b""],
		[b"{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":", b"}]}"],
	] {
		let hospital = Hospital::new();
		hospital.write("1.json", &[consent(1, "active", &["TREAT"])]);
		hospital.import(&["1.json"]).unwrap();
		fs::write(
			hospital.directory.path().join("2.json"),
			[before, &latin, after].concat(),
		)
		.unwrap();
		let (_, reports) = hospital.import(&["2.json"]).unwrap();
		assert_eq!(outcomes(&reports), [QUARANTINED]);
		assert_eq!(hospital.in_force(), []);
		assert_eq!(outcomes(&hospital.select(&[], true).unwrap().1), [QUARANTINED]);
	}
}

#[test]
fn a_version_that_the_ledger_refuses_ends_what_the_older_one_granted() {
	let hospital = Hospital::new();
	hospital.write("1.json", &[consent(1, "active", &["TREAT"])]);
	let refused = hospital.write("2.json", &[consent(2, "active", &["HMARKT"])]);
	hospital.import(&["1.json"]).unwrap();
	hospital.ledger.0.borrow_mut().poison = refused.clone();
	assert_eq!(outcomes(&hospital.import(&["2.json"]).unwrap().1), [QUARANTINED]);
	assert_eq!((hospital.in_force(), hospital.quarantine()), (vec![], refused));
}

#[test]
fn what_was_granted_ends_also_if_the_answer_was_lost_and_a_newer_version_comes_next() {
	let wide = consent(1, "active", &["TREAT", "HMARKT"]);
	for (newer, left) in [
		(consent(2, "inactive", &["TREAT"]), 0),
		(consent(2, "active", &["NONSENSE"]), 0),
		(consent(2, "active", &["TREAT"]), 1),
		(refusal(Some("2026-06-01")), 0),
	] {
		for fate in [Fate::AnswerLost, Fate::NotSent] {
			let hospital = Hospital::new();
			hospital.write("1.json", std::slice::from_ref(&wide));
			hospital.write("2.json", std::slice::from_ref(&newer));
			hospital.ledger.0.borrow_mut().fates = [fate; ATTEMPTS].into();
			assert!(hospital.import(&["1.json"]).is_err());
			hospital.import(&["2.json"]).unwrap();
			let marketing = Purpose::from_code("HMARKT");
			for held in &hospital.ledger.0.borrow().consents {
				let allows = |scope: &Scope| scope.purposes.until(marketing.as_ref()) > 0;
				assert!(!held.scope.as_ref().is_some_and(allows), "{newer} {fate:?}: {held:?}");
			}
			assert_eq!(hospital.in_force().is_empty(), left == 0, "{newer} {fate:?}");
			let (summary, _) = hospital.import(&["2.json"]).unwrap();
			assert_eq!((summary.already + summary.not_applicable + summary.quarantined), 1);
		}
	}
}

#[test]
fn a_grant_whose_answer_was_lost_is_granted_by_the_next_import_of_anything() {
	for fate in [Fate::AnswerLost, Fate::NotSent] {
		let hospital = Hospital::new();
		let sources = hospital.write("1.json", &[consent(1, "active", &["TREAT"])]);
		hospital.ledger.0.borrow_mut().fates = [fate; ATTEMPTS].into();
		assert!(hospital.import(&["1.json"]).is_err());
		hospital.import(&[]).unwrap();
		assert_eq!(hospital.in_force(), sources);
		assert_eq!(hospital.consents()[0].1, [""; 0]);
	}
}

#[test]
fn an_end_that_the_ledger_refuses_is_sent_by_the_next_import() {
	for last in [
		consent(2, "inactive", &["TREAT"]),
		consent(2, "rejected", &["TREAT"]),
		consent(2, "active", &["NONSENSE"]),
		refusal(Some("2026-06-01")),
	] {
		for error in [
			refused("Unexpected"),
			LedgerError::Failed("unexpected".into()),
			LedgerError::Refused("unexpected".into()),
			LedgerError::Token("no right".into()),
		] {
			let hospital = Hospital::new();
			hospital.write("1.json", &[consent(1, "active", &["TREAT"])]);
			hospital.write("2.json", std::slice::from_ref(&last));
			hospital.import(&["1.json"]).unwrap();
			hospital.ledger.0.borrow_mut().refuses_ends = Some(error);
			for files in [&["2.json"][..], &[], &["2.json"]] {
				assert!(hospital.import(files).is_err(), "{last}");
				assert!(hospital.quarantine().is_empty(), "{last}");
			}
			hospital.ledger.0.borrow_mut().refuses_ends = None;
			hospital.import(&[]).unwrap();
			assert_eq!(hospital.in_force(), [], "{last}");
		}
	}
}

#[test]
fn an_older_version_ends_where_the_newer_one_starts_later() {
	// The newer version starts: when it is signed, or at the end of the day of a signature without an hour.
	for (signed, older) in [
		("2027-01-15T07:59:00Z", "narrow"),
		("2027-01-14", "narrow"),
		("2027-01-15", "revoke"),
		("2027-01-15T08:01:00Z", "revoke"),
		("2028-06-01", "revoke"),
	] {
		let hospital = Hospital::new();
		hospital.write("1.json", &[consent(1, "active", &["TREAT", "HMARKT"])]);
		let newer = consent(2, "active", &["TREAT"]);
		let newer = newer.replace(
			"\"dateTime\":\"2026-01-01T00:00:00Z\"",
			&format!("\"dateTime\":\"{signed}\""),
		);
		hospital.write("2.json", &[newer]);
		hospital.import(&["1.json"]).unwrap();
		hospital.import(&["2.json"]).unwrap();
		let changes = hospital.consents().into_iter().map(|(_, changes)| changes);
		assert_eq!(changes.collect::<Vec<_>>(), [vec![older], vec![]], "{signed}");
	}
}

#[test]
fn of_two_records_that_say_the_same_one_stays_in_quarantine_until_it_is_granted() {
	let hospital = Hospital::new();
	let permission = consent(1, "active", &["TREAT"]);
	let tagged = permission.replace("{\"resourceType\"", "{\"language\":\"en\",\"resourceType\"");
	let sources = hospital.write("1.ndjson", &[permission, tagged]);
	hospital.ledger.0.borrow_mut().poison = sources;
	let (summary, _) = hospital.import(&["1.ndjson"]).unwrap();
	assert_eq!((summary.quarantined, summary.already), (1, 1));
	let (summary, _) = hospital.select(&[], true).unwrap();
	assert_eq!((summary.quarantined, hospital.quarantine().len()), (1, 1));
	hospital.ledger.0.borrow_mut().poison.clear();
	let (summary, _) = hospital.select(&[], true).unwrap();
	assert_eq!((summary.consents, hospital.in_force().len()), (1, 1));
	assert!(hospital.quarantine().is_empty());
	assert_eq!(hospital.import(&["1.ndjson"]).unwrap().0.already, 2);
	assert_eq!(hospital.in_force().len(), 1);
}

#[test]
fn a_consent_that_the_ledger_has_dropped_does_not_keep_another_alive() {
	for status in ["inactive", "active"] {
		let hospital = Hospital::new();
		let first = hospital.write("1.json", &[consent(1, "active", &["TREAT"])])[0];
		hospital.write("2.json", &[consent(2, "active", &["TREAT"])]);
		let third = hospital.write("3.json", &[consent(3, status, &["HMARKT"])])[0];
		hospital.import(&["1.json"]).unwrap();
		hospital.import(&["2.json"]).unwrap();
		hospital
			.ledger
			.0
			.borrow_mut()
			.consents
			.retain(|held| held.document != first);
		let (summary, _) = hospital.import(&["3.json"]).unwrap();
		assert_eq!(summary.consents + summary.already, 1);
		let expected = if status == "active" { vec![third] } else { vec![] };
		let narrowed = hospital.consents().remove(0).1;
		assert!(narrowed == ["narrow"] || narrowed == ["revoke"], "{narrowed:?}");
		let in_force = hospital.in_force();
		assert_eq!(
			in_force
				.into_iter()
				.filter(|document| *document == third)
				.collect::<Vec<_>>(),
			expected
		);
	}
}

/// A refusal of the same patient, of this day.
fn refusal(day: Option<&str>) -> String {
	let day = day.map(|day| format!(r#","dateTime":"{day}""#)).unwrap_or_default();
	format!(
		r#"{{"resourceType":"Consent","id":"no","status":"active","patient":{{"reference":"Patient/1"}}{day},"provision":{{"type":"deny"}}}}"#
	)
}

#[test]
fn a_refusal_stands_against_what_was_not_permitted_later() {
	for (day, in_force) in [
		(Some("2025-06-01"), 1),
		(Some("2026-06-01"), 0),
		// On the same day, the order is unknown.
		(Some("2026-01-01"), 0),
		(None, 0),
	] {
		for order in [["no.json", "yes.json"], ["yes.json", "no.json"]] {
			let hospital = Hospital::new();
			hospital.write("no.json", &[refusal(day)]);
			hospital.write("yes.json", &[consent(1, "active", &["TREAT"])]);
			for file in order {
				hospital.import(&[file]).unwrap();
			}
			assert_eq!(hospital.in_force().len(), in_force, "{day:?} {order:?}");
			let together = Hospital::new();
			together.write("no.json", &[refusal(day)]);
			together.write("yes.json", &[consent(1, "active", &["TREAT"])]);
			together.import(&order).unwrap();
			assert_eq!(together.in_force().len(), in_force, "{day:?} {order:?}");
		}
	}
}

#[test]
fn a_refusal_that_its_document_takes_back_forbids_nothing_any_more() {
	let version = |number: u8, status: &str| {
		let meta = format!(r#""meta":{{"versionId":"{number}"}},"status":"{status}""#);
		refusal(None).replace(r#""status":"active""#, &meta)
	};
	for (status, in_force) in [("entered-in-error", 1), ("rejected", 0), ("draft", 0)] {
		let hospital = Hospital::new();
		hospital.write("no.json", &[version(1, "active")]);
		hospital.write("yes.json", &[consent(1, "active", &["TREAT"])]);
		hospital.write("back.json", &[version(2, status)]);
		let (summary, _) = hospital.import(&["no.json", "yes.json"]).unwrap();
		assert_eq!((summary.quarantined, hospital.in_force().len()), (1, 0));
		hospital.import(&["back.json"]).unwrap();
		assert_eq!(hospital.in_force().len(), 0, "what is in quarantine waits for a person");
		hospital.select(&[], true).unwrap();
		assert_eq!(hospital.in_force().len(), in_force, "{status}");
	}
}

#[test]
fn a_retry_reads_the_time_of_a_decision_as_the_settings_say_now() {
	for (zone, refused, in_force) in [
		("+00:00", "2026-01-01T00:00:00Z", 1),
		("+00:00", "2026-06-01T13:00:00Z", 0),
		("-02:00", "2026-06-01T13:00:00Z", 1),
	] {
		let hospital = Hospital::new();
		let decided =
			consent(1, "active", &["TREAT"]).replace("2026-01-01T00:00:00Z\",\"prov", "2026-06-01T12:00:00\",\"prov");
		hospital.write("yes.json", &[decided]);
		hospital.write("no.json", &[refusal(Some(refused))]);
		hospital.timezone.set(None);
		assert_eq!(hospital.import(&["no.json", "yes.json"]).unwrap().0.quarantined, 1);
		assert_eq!(hospital.in_force(), []);
		hospital.timezone.set(Some(zone));
		hospital.select(&[], true).unwrap();
		assert_eq!(hospital.in_force().len(), in_force, "{zone} {refused}");
	}
}

#[test]
fn versions_without_an_order_permit_nothing() {
	let bare = |status, purpose| {
		consent(1, status, &[purpose]).replace("\"meta\":{\"lastUpdated\":\"2026-01-01T00:00:00Z\"},", "")
	};
	let hospital = Hospital::new();
	hospital.write("1.json", &[bare("active", "TREAT")]);
	hospital.write("2.json", &[bare("active", "HMARKT")]);
	let same = bare("active", "TREAT").replace("{\"resourceType\"", "{\"language\":\"en\",\"resourceType\"");
	hospital.write("same.json", &[same]);
	hospital.import(&["1.json"]).unwrap();
	let (_, reports) = hospital.import(&["same.json"]).unwrap();
	assert_eq!((outcomes(&reports), hospital.in_force().len()), (vec!["already"], 1));
	let (_, reports) = hospital.import(&["2.json"]).unwrap();
	assert_eq!((outcomes(&reports), hospital.in_force().len()), (vec![QUARANTINED], 0));
	let ended = Hospital::new();
	ended.write("1.json", &[bare("active", "TREAT")]);
	ended.write("2.json", &[bare("inactive", "TREAT")]);
	ended.import(&["1.json"]).unwrap();
	assert_eq!(outcomes(&ended.import(&["2.json"]).unwrap().1), ["final"]);
	assert_eq!(ended.in_force(), []);
	assert!(reports[0].reason.as_deref().unwrap().contains("versionId"));
}

/// What a version of the one document says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Saying {
	Permit { patient: bool, purposes: u8 },
	Deny,
	Status(&'static str),
	Unmapped,
	Deleted,
}

const PURPOSES: [&str; 3] = ["TREAT", "HMARKT", "HRESCH"];

fn saying() -> impl Strategy<Value = Saying> {
	prop_oneof![
		4 => (any::<bool>(), 1u8..8).prop_map(|(patient, purposes)| Saying::Permit { patient, purposes }),
		1 => Just(Saying::Deny),
		2 => prop_oneof![Just("inactive"), Just("entered-in-error"), Just("rejected"), Just("draft")]
			.prop_map(Saying::Status),
		1 => Just(Saying::Unmapped),
		1 => Just(Saying::Deleted),
	]
}

/// A version as a line of a file. `id` and `time` tell what it states about itself.
fn line(number: usize, saying: Saying, id: bool, time: bool) -> String {
	let at = format!("2026-03-{:02}T00:00:00Z", number + 1);
	let version = format!("{}", number + 1);
	if saying == Saying::Deleted {
		let mut response = serde_json::json!({ "status": "204" });
		if id {
			response["etag"] = format!("W/\"{version}\"").into();
		}
		if time {
			response["lastModified"] = at.into();
		}
		let entry = serde_json::json!({ "request": { "method": "DELETE", "url": "Consent/d" }, "response": response });
		return serde_json::json!({ "resourceType": "Bundle", "type": "history", "entry": [entry] }).to_string();
	}
	let (patient, purposes) = match saying {
		Saying::Permit { patient, purposes } => (patient, purposes),
		_ => (true, 7),
	};
	let coded = PURPOSES.iter().enumerate().filter(|(bit, _)| purposes >> bit & 1 == 1);
	let coded = coded
		.map(|(_, code)| serde_json::json!({ "code": code }))
		.collect::<Vec<_>>();
	let mut meta = serde_json::json!({});
	if id {
		meta["versionId"] = version.into();
	}
	if time {
		meta["lastUpdated"] = at.into();
	}
	let provision = match saying {
		Saying::Deny => serde_json::json!({ "type": "deny" }),
		Saying::Unmapped => serde_json::json!({ "type": "permit", "purpose": coded, "class": [{ "code": "x" }] }),
		_ => serde_json::json!({ "type": "permit", "purpose": coded }),
	};
	let status = match saying {
		Saying::Status(status) => status,
		_ => "active",
	};
	let patient = if patient { "Patient/a" } else { "Patient/b" };
	serde_json::json!({
		"resourceType": "Consent", "id": "d", "meta": meta, "status": status, "patient": { "reference": patient },
		"dateTime": "2026-01-01T00:00:00Z", "provision": provision,
		// Versions that say the same are different records nevertheless.
		"language": format!("x-{number}"),
	})
	.to_string()
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(200))]
	/// Versions of one document in any order, cut into any imports, over a connection that fails: what is in force
	/// afterwards is what the last version says, or less. It is no less if every version tells its place.
	#[test]
	fn what_is_in_force_is_what_the_last_version_says(
		history in proptest::collection::vec((saying(), any::<bool>(), any::<bool>()), 1..7),
		complete in prop_oneof![Just(None), Just(Some((true, false))), Just(Some((false, true))), Just(Some((true, true)))],
		order in Just((0..7usize).collect::<Vec<_>>()).prop_shuffle(),
		cuts in proptest::collection::vec(any::<bool>(), 7),
		fates in proptest::collection::vec(
			prop_oneof![4 => Just(Fate::Answered), 3 => Just(Fate::AnswerLost), 6 => Just(Fate::NotSent)], 0..40,
		),
		patience in proptest::collection::vec(0..3usize, 8),
	) {
		let hospital = Hospital::new();
		hospital.ledger.0.borrow_mut().fates = fates.into();
		let order = order.into_iter().filter(|number| *number < history.len());
		let mut file = Vec::new();
		let mut imports = Vec::new();
		for number in order {
			let (saying, id, time) = history[number];
			let (id, time) = complete.unwrap_or((id, time));
			file.push(line(number, saying, id, time));
			if cuts[number] {
				imports.push(std::mem::take(&mut file));
			}
		}
		imports.push(file);
		for (import, patience) in imports.iter().zip(patience) {
			hospital.write("lines.ndjson", import);
			// After an import that fails, the next night may bring the same file or the next one.
			let _ = (0..patience + 1).any(|_| hospital.import(&["lines.ndjson"]).is_ok());
		}
		let done = (0..10).any(|_| hospital.import(&["lines.ndjson"]).is_ok());
		prop_assert!(done, "the connection recovers in the end");
		let (last, ..) = *history.last().unwrap();
		let mut found = 0u8;
		for held in &hospital.ledger.0.borrow().consents {
			let Some(scope) = &held.scope else { continue };
			let Saying::Permit { patient, purposes } = last else {
				return Err(TestCaseError::fail(format!("{held:?} is in force")));
			};
			prop_assert_eq!(held.subject, subject(if patient { "Patient/a" } else { "Patient/b" }));
			for (bit, code) in PURPOSES.iter().enumerate() {
				let allowed = scope.purposes.until(Purpose::from_code(code).as_ref()) > 0;
				prop_assert!(!allowed || purposes >> bit & 1 == 1, "{} is in force", code);
				found |= u8::from(allowed) << bit;
			}
		}
		if let (Some(_), Saying::Permit { purposes, .. }) = (complete, last) {
			prop_assert_eq!(found, purposes);
		}
	}

	/// The same where only the entries of a history tell the versions apart, by their order or by their times, and
	/// versions can have the same bytes.
	#[test]
	fn the_entries_of_a_history_tell_its_versions_apart(
		history in proptest::collection::vec(saying(), 1..7),
		timed in any::<bool>(),
	) {
		let hospital = Hospital::new();
		hospital.write("history.json", &[history_of(&history, timed)]);
		hospital.import(&["history.json"]).unwrap();
		let expected = usize::from(matches!(history.last(), Some(Saying::Permit { .. })));
		prop_assert_eq!(hospital.in_force().len(), expected);
	}

	/// A history that grows from import to import, in which an older record may come back as a newer version: what is
	/// in force is what the last version says, or less.
	#[test]
	fn a_record_that_comes_back_as_a_newer_version_counts_again(
		history in proptest::collection::vec(saying(), 2..7),
		timed in any::<bool>(),
		cuts in proptest::collection::vec(any::<bool>(), 7),
	) {
		let hospital = Hospital::new();
		for number in 1..=history.len() {
			if number < history.len() && !cuts[number] {
				continue;
			}
			hospital.write("history.json", &[history_of(&history[..number], timed)]);
			hospital.import(&["history.json"]).unwrap();
			for held in &hospital.ledger.0.borrow().consents {
				let Some(scope) = &held.scope else { continue };
				let Saying::Permit { patient, purposes } = history[number - 1] else {
					return Err(TestCaseError::fail(format!("{held:?} is in force")));
				};
				prop_assert_eq!(held.subject, subject(if patient { "Patient/a" } else { "Patient/b" }));
				for (bit, code) in PURPOSES.iter().enumerate() {
					let allowed = scope.purposes.until(Purpose::from_code(code).as_ref()) > 0;
					prop_assert!(!allowed || purposes >> bit & 1 == 1, "{} is in force", code);
				}
			}
		}
	}
}

/// The history of a document, whose versions only its entries tell apart: by their order, or by their times.
fn history_of(history: &[Saying], timed: bool) -> String {
	let entries = history.iter().enumerate().rev().map(|(number, saying)| {
		let mut line: serde_json::Value = serde_json::from_str(&line(number, *saying, false, false)).unwrap();
		line.as_object_mut().unwrap().remove("language");
		let mut entry = match line["resourceType"].as_str() {
			Some("Bundle") => line["entry"][0].clone(),
			_ => serde_json::json!({ "resource": line }),
		};
		if timed {
			entry["response"]["lastModified"] = format!("2026-03-{:02}T00:00:00Z", number + 1).into();
		}
		entry
	});
	let mut entries = entries.collect::<Vec<_>>();
	if timed {
		entries.reverse();
	}
	serde_json::json!({ "resourceType": "Bundle", "type": "history", "entry": entries }).to_string()
}

/// A history of these entries, the newest first: a record and the id of its version.
fn versions(entries: &[(&str, u32)]) -> String {
	let entries = entries.iter().map(|(record, version)| {
		serde_json::json!({
			"resource": serde_json::from_str::<serde_json::Value>(record).unwrap(),
			"request": { "method": "PUT", "url": "Consent/c" },
			"response": { "status": "200", "etag": format!("W/\"{version}\"") },
		})
	});
	serde_json::json!({ "resourceType": "Bundle", "type": "history", "entry": entries.collect::<Vec<_>>() }).to_string()
}

/// A consent without a word about its version.
fn bare(status: &str, purposes: &[&str]) -> String {
	let mut consent: serde_json::Value = serde_json::from_str(&consent(1, status, purposes)).unwrap();
	consent.as_object_mut().unwrap().remove("meta");
	consent.to_string()
}

#[test]
fn what_a_version_added_ends_when_an_older_record_comes_back() {
	let hospital = Hospital::new();
	let (one, other) = (bare("active", &["TREAT"]), bare("active", &["TREAT", "HMARKT"]));
	for history in [
		versions(&[(&one, 1)]),
		versions(&[(&other, 2), (&one, 1)]),
		versions(&[(&one, 3), (&other, 2), (&one, 1)]),
	] {
		hospital.write("history.json", &[history]);
		hospital.import(&["history.json"]).unwrap();
	}
	let model = hospital.ledger.0.borrow();
	let marketing = Purpose::from_code("HMARKT");
	assert!(model
		.consents
		.iter()
		.filter_map(|held| held.scope.as_ref())
		.all(|scope| scope.purposes.until(marketing.as_ref()) == 0));
}

#[test]
fn a_refusal_that_comes_back_counts_again() {
	let hospital = Hospital::new();
	let dated = |record: &str, day: &str| record.replace("2026-01-01", day);
	let refusal = dated(&bare("active", &[]), "2026-03-01");
	let refusal = refusal.replace("{\"purpose\":[],\"type\":\"permit\"}", "{\"type\":\"deny\"}");
	assert!(refusal.contains("deny"));
	let later = dated(&bare("active", &["TREAT"]), "2026-04-01");
	let other = dated(&bare("active", &["HMARKT"]), "2026-02-01").replace("\"id\":\"c\"", "\"id\":\"d2\"");
	hospital.write("other.json", &[other]);
	for (history, in_force) in [
		(versions(&[(&refusal, 1)]), 0),
		(versions(&[(&later, 2), (&refusal, 1)]), 2),
		(versions(&[(&refusal, 3), (&later, 2), (&refusal, 1)]), 0),
	] {
		hospital.write("history.json", &[history]);
		hospital.import(&["history.json", "other.json"]).unwrap();
		assert_eq!(hospital.in_force().len(), in_force);
	}
}

#[test]
fn a_permission_that_comes_back_after_its_end_is_not_passed_over() {
	let hospital = Hospital::new();
	let (active, inactive) = (bare("active", &["TREAT"]), bare("inactive", &["TREAT"]));
	hospital.write("1.json", &[versions(&[(&inactive, 2), (&active, 1)])]);
	hospital.write("2.json", &[versions(&[(&active, 3), (&inactive, 2), (&active, 1)])]);
	hospital.write("0.json", &[versions(&[(&active, 1)])]);
	for file in ["0.json", "1.json"] {
		hospital.import(&[file]).unwrap();
	}
	let (summary, _) = hospital.import(&["2.json"]).unwrap();
	assert_eq!((summary.quarantined, hospital.in_force().len()), (1, 0));
}
