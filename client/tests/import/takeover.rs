//! The files of an earlier release are taken over.

use super::*;
use sqlx::{sqlite::SqliteConnectOptions, ConnectOptions as _, Connection as _, Executor as _};

/// The name of a document in an earlier release.
fn document(patient: &str, name: &str) -> H256 {
	let subject = Pseudonymiser::new([7; 32]).subject(patient);
	H256(sp_crypto_hashing::blake2_256(
		&[subject.as_bytes(), name.as_bytes()].concat(),
	))
}

/// A hospital whose earlier release granted two versions of a consent, and quarantined a record.
fn former() -> (Hospital, Vec<H256>) {
	let hospital = Hospital::new();
	let mut sources = hospital.write("1.json", &[consent(1, "active", &["TREAT", "HMARKT"])]);
	sources.extend(hospital.write("2.json", &[consent(2, "active", &["TREAT"])]));
	sources.extend(hospital.write("bad.json", &["{}".into()]));
	hospital.import(&["1.json"]).unwrap();
	hospital.import(&["2.json"]).unwrap();
	fs::remove_dir_all(hospital.state()).unwrap();
	fs::create_dir_all(hospital.state().join("quarantine")).unwrap();
	let document = document("Patient/1", "Consent/c");
	let line = |source: &H256, day: u64| {
		let changed = 1_767_225_600_000 + (day - 1) * 86_400_000;
		format!(
			"{{\"source\":\"{source:?}\",\"state\":\"final\",\"block\":null,\"document\":{{\"document\":\"{document:?}\",\
			 \"changed\":{changed},\"consents\":[\"{source:?}\"]}}}}\n"
		)
	};
	let quarantined = format!(
		"{{\"source\":\"{:?}\",\"state\":\"quarantined\",\"reason\":\"is bad\"}}\n",
		sources[2]
	);
	let text = [line(&sources[0], 1), line(&sources[1], 2), quarantined].concat();
	fs::write(hospital.state().join("journal.ndjson"), text).unwrap();
	let file = hospital.state().join(format!("quarantine/{:x}.json", sources[2]));
	fs::write(file, "{}").unwrap();
	(hospital, sources)
}

#[test]
fn a_journal_of_an_earlier_release_is_taken_over() {
	let (hospital, sources) = former();
	assert_eq!(hospital.quarantine(), [sources[2]]);
	assert!(!hospital.state().join("journal.ndjson").exists());
	assert!(!hospital.state().join("quarantine").exists());
	let (summary, _) = hospital.import(&["1.json", "2.json"]).unwrap();
	assert_eq!(summary.already + summary.consents, 2, "what was recorded is known");
	assert_eq!(hospital.in_force(), sources[..2]);
	// Each version that can come next finds the earlier ones.
	for next in [consent(3, "inactive", &["TREAT"]), consent(3, "active", &["NONSENSE"])] {
		let (hospital, _) = former();
		hospital.write("3.json", &[next]);
		hospital.import(&["3.json"]).unwrap();
		assert_eq!(hospital.in_force(), []);
	}
	let (hospital, sources) = former();
	hospital.write("0.json", &[consent(1, "inactive", &["TREAT"])]);
	hospital.import(&["0.json"]).unwrap();
	assert_eq!(hospital.in_force(), sources[..2], "an older version ends nothing");
}

#[test]
fn a_deletion_of_what_an_earlier_release_granted_is_not_passed_over() {
	let deletion = r#"{"resourceType":"Bundle","type":"history","entry":[{"request":{"method":"DELETE","url":"Consent/c"},"response":{"lastModified":"2026-02-01T00:00:00Z"}}]}"#;
	let (hospital, _) = former();
	hospital.write("3.json", &[deletion.into()]);
	let (_, reports) = hospital.import(&["3.json"]).unwrap();
	assert_eq!(outcomes(&reports), [QUARANTINED]);
	assert!(reports[0].reason.as_deref().unwrap().contains("kexin consent revoke"));
	hospital.import(&["2.json"]).unwrap();
	assert_eq!(hospital.in_force(), [], "an older version shows whose consent it was");
}

#[test]
fn a_refusal_ends_what_an_earlier_release_granted() {
	let (hospital, _) = former();
	let refusal = r#"{"resourceType":"Consent","id":"no","status":"active","patient":{"reference":"Patient/1"},"dateTime":"2026-06-01","provision":{"type":"deny"}}"#;
	hospital.write("no.json", &[refusal.into()]);
	hospital.import(&["no.json"]).unwrap();
	assert_eq!(hospital.in_force(), []);
}

#[test]
fn a_journal_that_was_cut_off_at_any_byte_is_taken_over_with_what_was_whole() {
	let (hospital, sources) = former();
	let path = hospital.state().join("journal.ndjson");
	let text = fs::read(&path).unwrap();
	for cut in (0..=text.len()).step_by(7).chain([text.len()]) {
		fs::remove_dir_all(hospital.state()).unwrap();
		fs::create_dir_all(hospital.state()).unwrap();
		fs::write(&path, &text[..cut]).unwrap();
		let whole = text[..cut].iter().filter(|byte| **byte == b'\n').count();
		let found = runtime().block_on(async {
			let mut journal = Journal::open(&hospital.state()).await.unwrap();
			let mut found = 0;
			for source in &sources {
				found += usize::from(journal.is_final(source).await.unwrap());
			}
			found
		});
		assert_eq!(found, whole.min(2), "cut at {cut}");
	}
}

#[test]
fn damage_in_the_middle_is_an_error_and_nothing_is_taken_over() {
	let (hospital, sources) = former();
	let path = hospital.state().join("journal.ndjson");
	let text = fs::read_to_string(&path).unwrap();
	let (first, rest) = text.split_once('\n').unwrap();
	fs::write(&path, format!("{first}\n{}", rest.replacen("final", "fi\0al", 1))).unwrap();
	runtime().block_on(async {
		let error = Journal::open(&hospital.state()).await.err().unwrap().to_string();
		assert!(error.contains("line 2 is damaged"), "{error}");
		fs::write(&path, text).unwrap();
		let mut journal = Journal::open(&hospital.state()).await.unwrap();
		assert!(journal.is_final(&sources[0]).await.unwrap());
	});
}

#[test]
fn a_journal_with_the_tables_of_an_earlier_build_is_brought_up_to_date() {
	let hospital = Hospital::new();
	hospital.write("1.json", &[consent(1, "active", &["TREAT"])]);
	hospital.write("2.json", &[consent(2, "inactive", &["TREAT"])]);
	hospital.import(&["1.json"]).unwrap();
	let earlier = "DROP TABLE outbox; DROP TABLE home; DROP INDEX sources; DROP INDEX names; ALTER TABLE final DROP COLUMN dataset;
		DROP INDEX subjects; ALTER TABLE consents RENAME COLUMN stage TO alive;
		CREATE INDEX subjects ON consents (subject) WHERE alive = 1;
		DROP TABLE quarantine;
		CREATE TABLE quarantine (hash BLOB PRIMARY KEY, source BLOB NOT NULL, reason TEXT NOT NULL, file TEXT NOT NULL,
			line INTEGER NOT NULL, version TEXT, bytes BLOB NOT NULL);
		CREATE INDEX quarantined ON quarantine (source);
		INSERT INTO quarantine (hash, source, reason, file, line, bytes) VALUES
			(x'c09da522dac261c3d2566230bed10d2f3ef13f8e7654576c12e857e07f786098', zeroblob(32), 'why', 'file', 1, x'7b7d');
		PRAGMA user_version = 1";
	runtime().block_on(async {
		let options = SqliteConnectOptions::new().filename(hospital.state().join("journal.sqlite"));
		let mut database = options.connect().await.unwrap();
		database.execute(earlier).await.unwrap();
		database.close().await.unwrap();
	});
	assert_eq!(hospital.import(&["1.json"]).unwrap().0.already, 1);
	hospital.import(&["2.json"]).unwrap();
	assert_eq!(hospital.in_force(), []);
	assert_eq!(hospital.quarantine(), [H256::zero()]);
}
