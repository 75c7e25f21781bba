//! What the ledger judged is judged again, as far as a file shows by what.

use crate::support::{
	json,
	ledger::Ledger,
	named,
	sample::{activity, dataset, entry, Sample, COMPANY, HOSPITAL, NOW},
};
use kexin_primitives::{
	access::{Breaches, Judgement, LogEntry, Notices},
	lineage::{ActivityKind, InputRole},
	scope::{Dimension, Scope},
	storage_keys,
	subject::{Enrolled, Subject, SubjectConsent},
	vocabulary::{Operation, Purpose, Region},
	UnixMillis, Versioned, H256,
};
use kexin_verifier::{
	error::{Place, StateError},
	report::{self, Consents, Count, Judgements, NotAgain},
	state::ReadState as _,
	Document, Error, Proof, ProvedState,
};

const MODES: [Consents; 3] = [Consents::None, Consents::Model, Consents::All];

fn scope(purpose: Purpose) -> Versioned<Scope> {
	Versioned::V1(Scope {
		purposes: Dimension::only([purpose], NOW + 1_000).unwrap(),
		..Scope::everything(NOW - 3_000_000)
	})
}

/// Somebody who consented to this when everything began, and who is in the scans.
fn subject(purpose: Purpose) -> Subject {
	let consent = SubjectConsent {
		document: named("consent"),
		scope: scope(purpose),
		recorded: NOW - 3_000_000,
	};
	let enrolled = Enrolled {
		dataset: named("scans"),
		under: named("consent"),
		recorded: NOW - 3_000_000,
	};
	Subject {
		consents: vec![consent].try_into().unwrap(),
		datasets: vec![enrolled].try_into().unwrap(),
		narrowed: None,
		dropped: None,
	}
}

/// A training with the scans, judged by rules that the verifier knows.
fn access(number: u8, subject: Option<&str>) -> LogEntry {
	let mut entry = entry("scans", number, Operation::Train, Some("train"));
	entry.rules.spec_version = 1;
	entry.event.subject = subject.map(named);
	entry
}

fn with(breaches: Breaches, entry: LogEntry) -> LogEntry {
	LogEntry { breaches, ..entry }
}

/// The accesses that the sample begins with are judged by rules that the verifier does not know.
const OTHERS: u64 = 6;

/// A ledger in which Alice consented to the training of models and Bob to treatment alone, with these accesses.
fn ledger(entries: impl IntoIterator<Item = LogEntry>) -> Sample {
	let mut sample = Sample::new();
	let other = activity(
		ActivityKind::Training,
		&[("scans", InputRole::Used)],
		&["another model"],
	);
	let values = [("alice", Purpose::ModelTraining), ("bob", Purpose::Treatment)];
	for (name, purpose) in values {
		put(&mut sample.ledger, name, subject(purpose));
	}
	sample
		.ledger
		.put(storage_keys::activity(&named("train another")), other);
	sample.ledger.record_all(named("scans"), entries);
	sample
}

fn put(ledger: &mut Ledger, name: &str, subject: Subject) {
	ledger.put(storage_keys::subject(&named(name), HOSPITAL), subject);
}

fn document(sample: &mut Sample, consents: Consents) -> Result<Document, Error> {
	let header = sample.chain.grow(sample.ledger.root());
	let finality = sample.chain.prove(&header);
	let trust = sample.chain.hash();
	Document::assemble_with(
		consents,
		sample.model,
		trust,
		finality,
		&sample.ledger.nodes(),
		sample.logs(),
	)
}

fn judge(sample: &mut Sample, consents: Consents) -> Result<Judgements, Error> {
	let document = document(sample, consents)?;
	let file = json(&document);
	let Ok(Proof::Report(read)) = Proof::from_json(&file) else {
		panic!("the file can't be read");
	};
	assert_eq!(*read, document);
	Ok(document.judge(sample.chain.hash())?.1)
}

/// How many of these accesses are judged again, and how many are not for other reasons than unknown rules.
fn counts(sample: &mut Sample, consents: Consents) -> (u64, Vec<(NotAgain, u64)>) {
	let judgements = judge(sample, consents).unwrap();
	let mut not_again = judgements.not_again;
	let unknown = Count {
		reason: NotAgain::UnknownRules,
		count: OTHERS,
	};
	assert_eq!(not_again.remove(0), unknown);
	let not_again = not_again.iter().map(|not_again| (not_again.reason, not_again.count));
	(judgements.again, not_again.collect())
}

fn elsewhere(entry: LogEntry) -> LogEntry {
	let mut entry = entry;
	entry.event.activity = Some(named("train another"));
	entry
}

fn honest() -> [LogEntry; 6] {
	[
		access(10, None),
		access(11, Some("alice")),
		with(Breaches::PURPOSE, access(12, Some("bob"))),
		with(Breaches::NOT_ENROLLED, access(13, Some("nobody"))),
		elsewhere(access(14, Some("alice"))),
		elsewhere(access(15, None)),
	]
}

#[test]
fn accesses_are_judged_again_as_far_as_the_file_shows_by_what() {
	let mut sample = ledger(honest());
	let not = |consents, activities| {
		let all = [
			(NotAgain::ConsentsNotShown, consents),
			(NotAgain::ActivityNotShown, activities),
		];
		all.into_iter().filter(|(_, count)| *count > 0).collect::<Vec<_>>()
	};
	assert_eq!(counts(&mut sample, Consents::None), (1, not(4, 1)));
	// Alice's consents are shown for another access, and the activity of her other one is not.
	assert_eq!(counts(&mut sample, Consents::Model), (4, not(0, 2)));
	assert_eq!(counts(&mut sample, Consents::All), (6, not(0, 0)));
	let judgements = judge(&mut sample, Consents::All).unwrap();
	let versions = judgements.rules.iter().map(|rules| rules.spec_version);
	assert_eq!(versions.collect::<Vec<_>>(), [0, 1]);
	let written = serde_json::to_value(judgements).unwrap();
	assert_eq!(written["again"], 6);
	assert_eq!(written["notAgain"][0]["reason"], "unknown-rules");
	assert_eq!(written["rules"][1]["specVersion"], 1);
}

#[test]
fn the_subjects_of_accesses_for_the_model_and_of_breaches_are_shown_with_the_model() {
	let mut sample = ledger([
		elsewhere(access(10, Some("alice"))),
		elsewhere(with(Breaches::PURPOSE, access(11, Some("bob")))),
	]);
	// Alice's access names an activity that is shown because of Bob's, but her consents are not shown.
	let hidden = vec![(NotAgain::ConsentsNotShown, 1)];
	assert_eq!(counts(&mut sample, Consents::Model), (1, hidden));
	assert_eq!(counts(&mut sample, Consents::All), (2, vec![]));
}

#[test]
fn a_judgement_that_the_rules_do_not_give_is_refused_where_it_is_judged_again() {
	let wrong = [
		(
			with(Breaches::PURPOSE, access(10, None)),
			Judgement::default(),
			MODES.as_slice(),
		),
		(
			with(Breaches::PURPOSE, access(10, Some("alice"))),
			Judgement::default(),
			&MODES[1..],
		),
		(access(10, Some("bob")), Breaches::PURPOSE.into(), &MODES[1..]),
		(access(10, Some("nobody")), Breaches::NOT_ENROLLED.into(), &MODES[1..]),
		(
			elsewhere(access(10, Some("bob"))),
			Breaches::PURPOSE.into(),
			&MODES[2..],
		),
		(
			with(Breaches::REGION, access(10, Some("bob"))),
			Breaches::PURPOSE.into(),
			&MODES[1..],
		),
	];
	for (entry, rules, refused) in wrong {
		let mut sample = ledger([entry]);
		for mode in MODES {
			let expected = Error::JudgedOtherwise {
				dataset: named("scans"),
				index: OTHERS - 1,
				ledger: entry.breaches.into(),
				rules,
			};
			let judged = judge(&mut sample, mode);
			match refused.contains(&mode) {
				true => assert_eq!(judged, Err(expected), "{mode:?}"),
				false => assert!(judged.is_ok(), "{mode:?}"),
			}
		}
	}
}

#[test]
fn notices_are_judged_again_too() {
	let noticed = |notices, entry| LogEntry { notices, ..entry };
	let mut late = subject(Purpose::ModelTraining);
	// Recorded after the accesses occurred, and before they were recorded.
	late.consents[0].recorded = NOW - 1_200_000;
	late.datasets[0].recorded = NOW - 1_200_000;
	let wrong_time = |mut entry: LogEntry| {
		entry.event.occurred = NOW - 2_500_000;
		entry
	};
	for (entry, right) in [
		(access(10, Some("carol")), Notices::RECORDED_AFTER),
		(access(10, Some("alice")), Notices::empty()),
		(wrong_time(access(10, Some("alice"))), Notices::NOT_FOR_ACTIVITY),
	] {
		for notices in [Notices::empty(), Notices::RECORDED_AFTER, Notices::NOT_FOR_ACTIVITY] {
			let mut sample = ledger([noticed(notices, entry)]);
			put(&mut sample.ledger, "carol", late.clone());
			match judge(&mut sample, Consents::All) {
				Ok(judgements) => assert_eq!((notices, judgements.again), (right, 1)),
				Err(Error::JudgedOtherwise { rules, .. }) => {
					assert_eq!(rules.notices, right);
					assert_ne!(notices, right);
				},
				Err(other) => panic!("{other}"),
			}
		}
	}
}

#[test]
fn rules_of_another_version_are_never_taken_for_wrong() {
	for version in [0, 2, 100, u32::MAX] {
		let mut entry = with(Breaches::all(), access(10, Some("alice")));
		entry.rules.spec_version = version;
		let mut sample = ledger([entry]);
		let judgements = judge(&mut sample, Consents::All).unwrap();
		assert_eq!((judgements.again, judgements.not_again[0].count), (0, OTHERS + 1));
	}
}

#[test]
fn what_the_state_does_not_tell_is_counted_with_its_reason() {
	let entry = access(10, Some("bob"));
	let early = |mut entry: LogEntry| {
		entry.event.occurred = entry.recorded + 5;
		entry
	};
	let (mut dropped, mut narrowed) = (subject(Purpose::Treatment), subject(Purpose::Treatment));
	dropped.dropped = Some(entry.recorded);
	narrowed.narrowed = Some(entry.recorded + 1);
	for (subject, entry, reason) in [
		(&dropped, entry, Some(NotAgain::ConsentsDropped)),
		(&dropped, with(Breaches::REGION, entry), Some(NotAgain::ConsentsDropped)),
		(&narrowed, with(Breaches::PURPOSE, entry), None),
		(&narrowed, early(entry), Some(NotAgain::NarrowedMeanwhile)),
		(
			&subject(Purpose::Treatment),
			early(with(Breaches::PURPOSE, entry)),
			None,
		),
	] {
		let mut sample = ledger([entry]);
		put(&mut sample.ledger, "bob", subject.clone());
		let expected = match reason {
			Some(reason) => (0, vec![(reason, 1)]),
			None => (1, vec![]),
		};
		assert_eq!(counts(&mut sample, Consents::All), expected);
	}
}

/// Why the file is refused that shows these consents, or how many accesses it does not judge again and why.
fn judged_with(
	subject: Subject,
	entry: LogEntry,
	consents: Consents,
) -> Result<Vec<(NotAgain, u64)>, (Judgement, Judgement)> {
	let mut sample = ledger([entry]);
	put(&mut sample.ledger, "bob", subject);
	match judge(&mut sample, consents) {
		Ok(_) => Ok(counts(&mut sample, consents).1),
		Err(Error::JudgedOtherwise { ledger, rules, .. }) => Err((ledger, rules)),
		Err(other) => panic!("{other}"),
	}
}

#[test]
fn what_is_shown_is_checked_beside_what_is_not() {
	let subject = || {
		let mut dropped = subject(Purpose::Treatment);
		dropped.dropped = Some(NOW);
		dropped
	};
	let entry = access(10, Some("bob"));
	let hidden = [
		(Consents::None, NotAgain::ConsentsNotShown),
		(Consents::All, NotAgain::ConsentsDropped),
	];
	let changed = |change: &dyn Fn(&mut LogEntry)| {
		let mut changed = entry;
		change(&mut changed);
		changed
	};
	let wrong = changed(&|entry| entry.notices = Notices::NOT_FOR_ACTIVITY);
	let early = changed(&|entry| entry.event.occurred = NOW - 2_500_000);
	let noticed = changed(&|entry| {
		entry.event.occurred = NOW - 2_500_000;
		entry.notices = Notices::NOT_FOR_ACTIVITY;
	});
	let [abroad, unnoticed] = [Breaches::REGION, Breaches::PURPOSE].map(|breaches| {
		changed(&|entry| {
			entry.event.region = Some(Region(840));
			entry.breaches = breaches;
		})
	});
	for (consents, reason) in hidden {
		let judge = |entry: &LogEntry| judged_with(subject(), *entry, consents);
		for right in [&entry, &noticed, &abroad] {
			assert_eq!(judge(right), Ok(vec![(reason, 1)]), "{right:?}");
		}
		// The activity is known.
		for (wrong, notices) in [(&wrong, Notices::empty()), (&early, Notices::NOT_FOR_ACTIVITY)] {
			let (_, rules) = judge(wrong).unwrap_err();
			assert_eq!((rules.breaches, rules.notices), (wrong.breaches, notices));
		}
		// So is the label, which no consent widens.
		let (ledger, rules) = judge(&unnoticed).unwrap_err();
		assert_eq!(ledger, Breaches::PURPOSE.into());
		assert_eq!(rules, (Breaches::PURPOSE | Breaches::REGION).into());
	}
	// The consents are known, and the activity is not.
	let whole = elsewhere(access(10, None));
	for (notices, expected) in [
		(Notices::empty(), Ok(vec![(NotAgain::ActivityNotShown, 1)])),
		(Notices::NOT_FOR_ACTIVITY, Ok(vec![(NotAgain::ActivityNotShown, 1)])),
		(
			Notices::RECORDED_AFTER,
			Err((
				Judgement {
					breaches: Breaches::empty(),
					notices: Notices::RECORDED_AFTER,
				},
				Judgement::default(),
			)),
		),
	] {
		let entry = LogEntry { notices, ..whole };
		assert_eq!(judged_with(subject(), entry, Consents::None), expected);
	}
}

#[test]
fn a_version_that_was_superseded_is_checked_beside_what_is_not_shown() {
	let entry = access(10, Some("bob"));
	for (superseded, sure) in [
		(entry.event.occurred, true),
		(entry.event.occurred + 1, false),
		(entry.recorded + 1, false),
	] {
		let mut sample = ledger([entry]);
		let value = kexin_primitives::dataset::Dataset {
			superseded: Some(superseded),
			superseded_by: Some(H256::zero()),
			..dataset()
		};
		sample.ledger.put(storage_keys::dataset(&named("scans")), value);
		assert_eq!(judge(&mut sample, Consents::None).is_err(), sure);
	}
}

#[test]
fn the_ledger_never_allowed_less_than_the_state_does() {
	let mut wrong = with(Breaches::PURPOSE, access(10, Some("alice")));
	let mut left = subject(Purpose::ModelTraining);
	left.dropped = Some(wrong.recorded);
	left.narrowed = Some(wrong.recorded);
	for occurred in [wrong.event.occurred, wrong.recorded + 5] {
		wrong.event.occurred = occurred;
		let mut sample = ledger([wrong]);
		put(&mut sample.ledger, "alice", left.clone());
		let error = judge(&mut sample, Consents::All).unwrap_err();
		assert!(matches!(error, Error::JudgedOtherwise { .. }), "{error}");
	}
}

/// A file with the consents of all accesses, and what comes of it after a change.
fn changed(change: impl FnOnce(&mut Document, &Sample)) -> Error {
	let mut sample = ledger(honest());
	let mut document = document(&mut sample, Consents::All).unwrap();
	change(&mut document, &sample);
	document.verify(sample.chain.hash()).unwrap_err()
}

#[test]
fn consents_can_neither_be_left_out_nor_exchanged() {
	let key = storage_keys::subject(&named("bob"), HOSPITAL);
	let value_of_bob = |sample: &Sample| {
		let (mut state, root) = (sample.ledger.nodes(), sample.ledger.root());
		let read = ProvedState::new(root, &state).unwrap();
		let value = read.get(&key).unwrap().unwrap();
		state.retain(|node| node.0.windows(value.len()).any(|part| part == value));
		(state, value)
	};
	let incomplete = |key: Vec<u8>| Error::State {
		at: Place::State,
		error: StateError::Incomplete(key.into()),
	};
	// His consents are gone.
	let error = changed(|document, sample| {
		let (nodes, _) = value_of_bob(sample);
		assert!(!nodes.is_empty());
		document.state.retain(|node| !nodes.contains(node));
	});
	assert_eq!(error, incomplete(key.clone()));
	// Others than he signed.
	let error = changed(|document, sample| {
		let (_, value) = value_of_bob(sample);
		for node in &mut document.state {
			if node.0.windows(value.len()).any(|part| part == value) {
				let last = node.0.len() - 1;
				node.0[last] ^= 1;
			}
		}
	});
	assert_eq!(error, incomplete(key.clone()));
	// The file says that it shows fewer consents than it does, or more.
	for fewer in [Consents::None, Consents::Model] {
		let error = changed(|document, _| document.consents = fewer);
		assert!(
			matches!(
				error,
				Error::State {
					error: StateError::UnusedNode(_),
					..
				}
			),
			"{error}"
		);
	}
	let mut sample = ledger(honest());
	for more in [Consents::Model, Consents::All] {
		let mut document = document(&mut sample, Consents::None).unwrap();
		document.consents = more;
		let error = document.verify(sample.chain.hash()).unwrap_err();
		assert!(
			matches!(
				error,
				Error::State {
					error: StateError::Incomplete(_),
					..
				}
			),
			"{error}"
		);
	}
}

#[test]
fn consents_at_another_hospital_permit_nothing() {
	let mut sample = ledger([access(10, Some("dave"))]);
	sample.ledger.put(
		storage_keys::subject(&named("dave"), COMPANY),
		subject(Purpose::ModelTraining),
	);
	let error = judge(&mut sample, Consents::All).unwrap_err();
	assert!(
		matches!(error, Error::JudgedOtherwise { rules, .. } if rules == Breaches::NOT_ENROLLED.into()),
		"{error}"
	);
	let message = error.to_string();
	assert!(
		message.contains("it found no breach, and the rules find at least not-enrolled"),
		"{message}"
	);
}

#[test]
fn a_subject_in_another_form_than_the_ledger_writes_is_refused() {
	let mut twice = subject(Purpose::ModelTraining);
	let earlier = SubjectConsent {
		recorded: NOW - 4_000_000,
		..twice.consents[0].clone()
	};
	twice.consents.try_push(earlier).unwrap();
	let mut unsorted = subject(Purpose::ModelTraining);
	unsorted.consents[0].scope.latest_mut().start = UnixMillis::MAX;
	for odd in [twice, unsorted] {
		let mut sample = ledger([access(10, Some("alice"))]);
		put(&mut sample.ledger, "alice", odd);
		let error = judge(&mut sample, Consents::All).unwrap_err();
		assert!(
			matches!(
				error,
				Error::State {
					error: StateError::Value(_),
					..
				}
			),
			"{error}"
		);
	}
}

#[test]
fn each_choice_of_consents_has_one_form() {
	let mut sample = ledger(honest());
	for (mode, text) in [
		(Consents::None, None),
		(Consents::Model, Some("model")),
		(Consents::All, Some("all")),
	] {
		let document = document(&mut sample, mode).unwrap();
		let written = serde_json::to_value(&document).unwrap();
		assert_eq!(written.get("consents").and_then(|text| text.as_str()), text);
	}
	let document = document(&mut sample, Consents::None).unwrap();
	let file = String::from_utf8(serde_json::to_vec(&document).unwrap()).unwrap();
	let explicit = format!("{},\"consents\":\"none\"}}", &file[..file.len() - 1]);
	assert!(matches!(Proof::from_json(explicit.as_bytes()), Err(Error::Json(_))));
}

#[test]
fn the_keys_lead_to_all_that_a_file_needs() {
	let mut sample = ledger(honest());
	for mode in MODES {
		let whole = document(&mut sample, mode).unwrap();
		let header = sample.chain.tip.clone();
		let without = document(&mut sample, Consents::None).unwrap();
		let state = ProvedState::new(sample.ledger.root(), &without.state).unwrap();
		let keys = report::keys(&state, sample.model, &sample.logs(), mode).unwrap();
		let more = sample.ledger.prove(|state| {
			for key in &keys {
				drop(state.get(key).unwrap());
			}
		});
		let nodes = [without.state, more].concat();
		let finality = sample.chain.prove(&header);
		let again =
			Document::assemble_with(mode, sample.model, sample.chain.hash(), finality, &nodes, sample.logs()).unwrap();
		assert_eq!(again, whole);
	}
}

#[test]
fn a_dataset_that_was_superseded_or_joined_later_is_judged_as_it_was() {
	let entry = access(10, None);
	for (superseded, enrolled, expected) in [
		(Some(entry.recorded + 1), Some(NOW - 3_000_000), Breaches::empty()),
		(Some(entry.event.occurred), Some(NOW - 3_000_000), Breaches::SUPERSEDED),
		(None, Some(entry.recorded + 1), Breaches::NO_SUBJECTS),
	] {
		let mut sample = ledger([with(expected, entry)]);
		let value = kexin_primitives::dataset::Dataset {
			superseded,
			superseded_by: superseded.map(|_| H256::zero()),
			enrolled,
			..dataset()
		};
		sample.ledger.put(storage_keys::dataset(&named("scans")), value);
		assert_eq!(counts(&mut sample, Consents::None).0, 1);
	}
}
