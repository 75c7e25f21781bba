//! The positions of accesses, whatever becomes of the connection, the key or the journal.

use super::{access, consent, refused, Fate, Hospital, ATTEMPTS};
use kexin_primitives::{batch::Position, members::Powers, H256};
use std::{collections::BTreeSet, fs};

fn accesses(numbers: std::ops::Range<usize>) -> Vec<String> {
	numbers.map(access).collect()
}

/// A hospital whose import of ten accesses was cut off, and their sources.
fn cut_off(fate: Fate) -> (Hospital, Vec<H256>) {
	let hospital = Hospital::new();
	let sources = hospital.write("events.ndjson", &accesses(0..10));
	hospital.ledger.0.borrow_mut().fates = vec![fate; ATTEMPTS].into();
	assert!(hospital.import(&["events.ndjson"]).is_err());
	(hospital, sources)
}

fn recorded(hospital: &Hospital) -> Vec<H256> {
	hospital.ledger.0.borrow().recorded.clone()
}

#[test]
fn what_was_under_way_is_sent_again_with_the_same_positions() {
	for fate in [Fate::AnswerLost, Fate::NotSent] {
		let (hospital, sources) = cut_off(fate);
		let (summary, reports) = hospital.import(&["events.ndjson"]).unwrap();
		assert_eq!((summary.resumed, summary.recorded, summary.already), (10, 0, 0));
		assert_eq!(reports.len(), 10);
		assert_eq!(recorded(&hospital), sources);
	}
}

#[test]
fn what_was_under_way_is_sent_again_without_its_files() {
	let (hospital, sources) = cut_off(Fate::NotSent);
	fs::remove_file(hospital.directory.path().join("events.ndjson")).unwrap();
	assert_eq!(hospital.import(&[]).unwrap().0.resumed, 10);
	assert_eq!(recorded(&hospital), sources);
}

#[test]
fn what_was_under_way_goes_to_the_dataset_that_it_was_for() {
	let (mut hospital, sources) = cut_off(Fate::AnswerLost);
	hospital.dataset = H256::repeat_byte(1);
	let (summary, _) = hospital.import(&["events.ndjson"]).unwrap();
	assert_eq!((summary.resumed, summary.recorded, summary.quarantined), (10, 0, 10));
	assert_eq!(recorded(&hospital), sources);
	assert_eq!(hospital.quarantine().len(), 10);
}

#[test]
fn a_dataset_that_is_corrected_after_the_import_was_cut_off_gets_the_accesses() {
	let (mut hospital, sources) = cut_off(Fate::NotSent);
	hospital.ledger.0.borrow_mut().undeclared.push(hospital.dataset);
	hospital.dataset = H256::repeat_byte(1);
	let (summary, _) = hospital.import(&["events.ndjson"]).unwrap();
	assert_eq!((summary.resumed, summary.recorded, summary.quarantined), (0, 10, 0));
	assert_eq!(recorded(&hospital), sources);
	assert_eq!(hospital.quarantine(), []);
}

#[test]
fn a_wrong_activity_costs_one_search_for_it() {
	let hospital = Hospital::new();
	let sources = hospital.write("events.ndjson", &accesses(0..3_000));
	hospital.ledger.0.borrow_mut().poison = sources[500..].to_vec();
	hospital.ledger.0.borrow_mut().poisoned = "UnknownActivity";
	let (summary, _) = hospital.import(&["events.ndjson"]).unwrap();
	// All name the same activity: none.
	assert_eq!((summary.recorded, summary.quarantined), (500, 2_500));
	assert!(hospital.ledger.0.borrow().calls < 30);
}

#[test]
fn a_key_without_the_power_leaves_alone_what_is_under_way() {
	let (hospital, sources) = cut_off(Fate::AnswerLost);
	hospital.write("consent.json", &[consent(1, "active", &["TREAT"])]);
	{
		let mut model = hospital.ledger.0.borrow_mut();
		model.gateway = [8; 32];
		model.home.powers = Powers::STEWARD;
	}
	assert_eq!(hospital.import(&["consent.json"]).unwrap().0.consents, 1);
	hospital.write("more.ndjson", &accesses(10..11));
	for name in ["more.ndjson", "events.ndjson"] {
		let error = hospital.import(&[name]).unwrap_err().to_string();
		assert!(error.contains("lacks the power"), "{error}");
	}
	{
		let mut model = hospital.ledger.0.borrow_mut();
		model.gateway = [7; 32];
		model.home.powers = Powers::GATEWAY;
	}
	assert_eq!(hospital.import(&["events.ndjson"]).unwrap().0.resumed, 10);
	assert_eq!(recorded(&hospital), sources);
}

#[test]
fn a_dataset_that_is_refused_keeps_nothing_else_out() {
	let (mut hospital, sources) = cut_off(Fate::NotSent);
	hospital.write("consent.json", &[consent(1, "active", &["TREAT"])]);
	hospital.ledger.0.borrow_mut().undeclared.push(hospital.dataset);
	let (summary, _) = hospital.import(&["consent.json"]).unwrap();
	assert_eq!((summary.consents, summary.resumed, summary.quarantined), (1, 0, 10));
	hospital.dataset = H256::repeat_byte(1);
	assert_eq!(hospital.select(&[], true).unwrap().0.recorded, 10);
	let recorded = BTreeSet::from_iter(recorded(&hospital));
	assert_eq!(recorded, BTreeSet::from_iter(sources));
	assert_eq!(hospital.quarantine(), []);
}

#[test]
fn a_wrong_dataset_can_be_corrected() {
	let mut hospital = Hospital::new();
	let sources = hospital.write("events.ndjson", &accesses(0..2_500));
	hospital.ledger.0.borrow_mut().undeclared.push(hospital.dataset);
	let error = hospital.import(&["events.ndjson"]).unwrap_err().to_string();
	assert!(error.contains("UnknownDataset"), "{error}");
	hospital.dataset = H256::repeat_byte(1);
	let (summary, _) = hospital.import(&["events.ndjson"]).unwrap();
	assert_eq!((summary.recorded, summary.resumed, summary.quarantined), (2_500, 0, 0));
	assert_eq!(recorded(&hospital), sources);
}

#[test]
fn what_became_too_late_while_it_was_under_way_is_quarantined_at_once() {
	for with_files in [false, true] {
		became_too_late(with_files);
	}
}

fn became_too_late(with_files: bool) {
	let hospital = Hospital::new();
	let late = |number: usize| access(number).replace("2026-01-01", "2025-12-31");
	let lines = (0..100).map(|number| match number % 3 {
		0 => late(number),
		_ => access(number),
	});
	let sources = hospital.write("events.ndjson", &lines.collect::<Vec<_>>());
	hospital.ledger.0.borrow_mut().fates = vec![Fate::NotSent; ATTEMPTS].into();
	assert!(hospital.import(&["events.ndjson"]).is_err());
	{
		let mut model = hospital.ledger.0.borrow_mut();
		// 2025-12-31T23:59:00Z: the others have a minute left.
		model.earliest = 1_767_225_600_000 - 60_000;
		model.calls = 0;
	}
	let paths: &[&str] = if with_files { &["events.ndjson"] } else { &[] };
	let (summary, _) = hospital.import(paths).unwrap();
	assert_eq!((summary.resumed, summary.quarantined), (66, 34));
	assert_eq!(hospital.ledger.0.borrow().calls, 2);
	let expected = (0..100).filter(|number| number % 3 != 0).map(|number| sources[number]);
	assert_eq!(recorded(&hospital), expected.collect::<Vec<_>>());
}

#[test]
fn another_client_with_the_same_key_makes_nothing_lost() {
	for (fate, times) in [(Fate::NotSent, 1), (Fate::AnswerLost, 2)] {
		let (hospital, sources) = cut_off(fate);
		supersede(&hospital);
		assert_eq!(hospital.import(&["events.ndjson"]).unwrap().0.resumed, 10);
		assert_eq!(recorded(&hospital), sources.repeat(times));
	}
}

/// Another client begins a stream with the same key.
fn supersede(hospital: &Hospital) {
	let mut model = hospital.ledger.0.borrow_mut();
	let gateway = model.gateway;
	let other = Position {
		stream: u64::MAX / 4,
		event: 3,
	};
	model.streams.insert(gateway, other);
}

#[test]
fn what_may_be_in_the_log_is_quarantined_with_these_words() {
	let (hospital, _) = cut_off(Fate::AnswerLost);
	supersede(&hospital);
	{
		let mut model = hospital.ledger.0.borrow_mut();
		// The import is cut off again behind the new numbers.
		model.fates = [Fate::Answered].into_iter().chain([Fate::NotSent; ATTEMPTS]).collect();
	}
	assert!(hospital.import(&[]).is_err());
	hospital.ledger.0.borrow_mut().earliest = u64::MAX;
	let (summary, reports) = hospital.import(&[]).unwrap();
	assert_eq!((summary.resumed, summary.quarantined), (0, 10));
	for report in reports {
		let reason = report.reason.unwrap();
		assert!(reason.contains("it may be in the log all the same"), "{reason}");
	}
}

#[test]
fn a_clock_that_is_ahead_records_nothing_twice() {
	let hospital = Hospital::new();
	let sources = hospital.write("events.ndjson", &accesses(0..10));
	{
		let mut model = hospital.ledger.0.borrow_mut();
		model.in_future = vec![sources[7]];
		// The batch is refused, its first half recorded, and the answer to that lost.
		model.fates = [Fate::Answered]
			.into_iter()
			.chain([Fate::AnswerLost; ATTEMPTS])
			.collect();
	}
	assert!(hospital.import(&["events.ndjson"]).is_err());
	assert_eq!(recorded(&hospital), sources[..5]);
	hospital.ledger.0.borrow_mut().in_future.clear();
	let (summary, _) = hospital.import(&["events.ndjson"]).unwrap();
	assert_eq!((summary.resumed, summary.quarantined), (10, 0));
	assert_eq!(recorded(&hospital), sources);
}

#[test]
fn a_ledger_that_never_takes_a_position_ends_the_import() {
	let (hospital, _) = cut_off(Fate::NotSent);
	hospital.ledger.0.borrow_mut().refuses_all = Some(refused("Superseded"));
	let error = hospital.import(&["events.ndjson"]).unwrap_err().to_string();
	assert!(error.contains("Superseded"), "{error}");
	hospital.ledger.0.borrow_mut().refuses_all = None;
	assert_eq!(hospital.import(&["events.ndjson"]).unwrap().0.resumed, 10);
}

#[test]
fn a_key_that_has_used_up_its_streams_says_so() {
	let hospital = Hospital::new();
	hospital.write("events.ndjson", &accesses(0..1));
	let last = Position {
		stream: u64::MAX,
		event: 1,
	};
	hospital.ledger.0.borrow_mut().streams.insert([7; 32], last);
	let error = hospital.import(&["events.ndjson"]).unwrap_err().to_string();
	assert!(error.contains("another key with the power `gateway`"), "{error}");
}

#[test]
fn a_new_key_finds_out_what_the_former_one_had_recorded_once_that_is_revoked() {
	for (fate, replayed) in [(Fate::AnswerLost, 10), (Fate::NotSent, 0)] {
		let (hospital, sources) = cut_off(fate);
		hospital.ledger.0.borrow_mut().gateway = [8; 32];
		let error = hospital.import(&["events.ndjson"]).unwrap_err().to_string();
		assert!(error.contains("revoke that key"), "{error}");
		hospital.ledger.0.borrow_mut().revoked.push([7; 32]);
		let (summary, reports) = hospital.import(&["events.ndjson"]).unwrap();
		assert_eq!(summary.resumed, 10);
		let answered = reports.iter().filter(|report| report.outcome == "replayed").count();
		assert_eq!(answered, replayed);
		assert_eq!(recorded(&hospital), sources);
	}
}

#[test]
fn a_journal_that_was_restored_from_a_copy_loses_nothing() {
	let hospital = Hospital::new();
	let mut sources = Vec::new();
	for (name, numbers) in [("1.ndjson", 0..5), ("2.ndjson", 5..10), ("3.ndjson", 10..15)] {
		sources.extend(hospital.write(name, &accesses(numbers)));
	}
	hospital.import(&["1.ndjson"]).unwrap();
	let (database, copy) = (hospital.state().join("journal.sqlite"), hospital.state().join("copy"));
	fs::copy(&database, &copy).unwrap();
	hospital.import(&["2.ndjson"]).unwrap();
	fs::copy(&copy, &database).unwrap();
	assert_eq!(hospital.import(&["3.ndjson"]).unwrap().0.recorded, 5);
	assert_eq!(recorded(&hospital), sources);
}

#[test]
fn several_batches_are_under_way_at_once_and_one_that_fails_loses_nothing() {
	for (lost, poison) in [(0, None), (1, None), (2, Some(1_500)), (3, Some(0))] {
		let hospital = Hospital::new();
		let mut sources = hospital.write("events.ndjson", &accesses(0..3_500));
		let bad = poison.map(|bad| sources.remove(bad));
		{
			let mut model = hospital.ledger.0.borrow_mut();
			model.poison.extend(bad);
			model.fates = vec![Fate::Answered; lost].into();
			model.fates.push_back(Fate::AnswerLost);
		}
		let (summary, reports) = hospital.import(&["events.ndjson"]).unwrap();
		assert_eq!(summary.recorded + summary.replayed, sources.len());
		assert_eq!(
			(summary.quarantined, reports.len()),
			(usize::from(bad.is_some()), 3_500)
		);
		assert_eq!(recorded(&hospital), sources);
	}
}
