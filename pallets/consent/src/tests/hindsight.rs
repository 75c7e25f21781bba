//! What is judged in random histories is judged again from the state at their end: the rules give the same, or the
//! state does not tell and says why.

use super::change::{change, Change, PURPOSES, SUBJECTS};
use crate::{mock::*, *};
use kexin_primitives::{
	access::{AccessEvent, Breaches, Judgement, LogEntry, Notices, Outcome, Rules},
	hindsight::{Again, Hindsight, Unsure},
	subject::judge,
	vocabulary::{Operation, Purpose},
};
use proptest::prelude::*;

/// How many datasets there are, with the numbers from 0 on.
const DATASETS: u64 = 3;

#[derive(Clone, Debug)]
enum Step {
	Wait(UnixMillis),
	Change(Change),
	/// As many consents as fit, which end soon.
	Fill(u64),
	/// A version of a dataset that supersedes it.
	Supersede(u64),
	Access {
		dataset: u64,
		subject: Option<u64>,
		purpose: Option<Purpose>,
		/// When it occurred, seen from ten milliseconds before it is recorded.
		since: UnixMillis,
	},
}

fn step() -> impl Strategy<Value = Step> {
	let (subject, dataset) = (|| 0..SUBJECTS, || 0..DATASETS);
	let access = (
		dataset(),
		proptest::option::of(subject()),
		proptest::option::of(proptest::sample::select(PURPOSES.to_vec())),
		0..14u64,
	);
	prop_oneof![
		4 => (0..6u64).prop_map(Step::Wait),
		1 => Just(Step::Wait(LATENESS)),
		9 => change(DATASETS).prop_map(Step::Change),
		1 => subject().prop_map(Step::Fill),
		1 => dataset().prop_map(Step::Supersede),
		9 => access.prop_map(|(dataset, subject, purpose, since)| Step::Access { dataset, subject, purpose, since }),
	]
}

/// A history as far as it was played.
#[derive(Default)]
struct History {
	/// How many documents there are.
	documents: u64,
	/// How many versions there are.
	versions: u64,
	entries: Vec<LogEntry>,
	/// When something other than an access was recorded.
	changed: Vec<UnixMillis>,
}

impl History {
	fn document(&mut self) -> H256 {
		self.documents += 1;
		hash(1_000 + self.documents)
	}

	/// Plays a step. The pallet may refuse it.
	fn play(&mut self, step: &Step) {
		let now = Timestamp::now();
		match step {
			Step::Access {
				dataset,
				subject,
				purpose,
				since,
			} => return self.access(*dataset, *subject, *purpose, now - 10 + since),
			Step::Wait(time) => return set_now(now + time),
			Step::Change(change) => {
				let document = self.document();
				let consent = |_, which| hash(1_000 + which);
				let _ = change.play(document, consent, |dataset| hash(100 + dataset));
			},
			Step::Fill(subject) => {
				for _ in 0..MAX_CONSENTS {
					let document = self.document();
					let brief = Versioned::V1(Scope::uniform(now - 5, now + 5));
					let _ = Consent::grant(steward(), hash(*subject), brief, document);
				}
			},
			Step::Supersede(dataset) => {
				self.versions += 1;
				let newer = hash(500 + self.versions);
				let _ = Consent::declare_dataset(steward(), newer, everything(), Some(hash(100 + dataset)));
			},
		}
		self.changed.push(now);
	}

	/// Records an access, as the access pallet does.
	fn access(&mut self, dataset: u64, subject: Option<u64>, purpose: Option<Purpose>, occurred: UnixMillis) {
		let id = hash(100 + dataset);
		let event = AccessEvent {
			source: H256::zero(),
			occurred,
			actor: H256::zero(),
			subject: subject.map(hash),
			purpose,
			operation: Operation::Train,
			region: None,
			recipient: None,
			activity: None,
			outcome: Outcome::Permitted,
		};
		let terms = Consent::dataset(id).unwrap();
		let request = event.request(None);
		let judgement = match event.subject {
			Some(subject) => {
				let known = Consent::subject(subject, HOSPITAL);
				judge(known.as_ref(), id, &terms, &request, occurred)
			},
			None => terms.breaches(&request, occurred).into(),
		};
		self.entries.push(LogEntry {
			dataset: id,
			reporter: HOSPITAL,
			recorded: Timestamp::now(),
			rules: Rules {
				spec_version: 1,
				code: H256::zero(),
			},
			breaches: judgement.breaches,
			notices: judgement.notices,
			event,
		});
	}
}

/// Judges an entry again from the present state.
fn again(entry: &LogEntry) -> Again {
	let dataset = Consent::dataset(entry.dataset).unwrap();
	let subject = entry
		.event
		.subject
		.and_then(|subject| Consent::subject(subject, HOSPITAL));
	let hindsight = Hindsight {
		id: entry.dataset,
		dataset: &dataset,
		subject: subject.as_ref(),
		activity: None,
		class: None,
	};
	hindsight.judge(entry)
}

fn declare() {
	for dataset in 0..DATASETS {
		frame_support::assert_ok!(Consent::declare_dataset(
			steward(),
			hash(100 + dataset),
			everything(),
			None
		));
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2_000))]

	#[test]
	fn no_judgement_of_the_ledger_is_ever_taken_for_wrong(steps in proptest::collection::vec(step(), 1..60)) {
		let result = std::cell::RefCell::new(Ok(()));
		ExtBuilder::build_and_execute(|| {
			declare();
			set_now(NOW + 20);
			let mut history = History::default();
			steps.iter().for_each(|step| history.play(step));
			*result.borrow_mut() = (|| {
				for entry in &history.entries {
					let judged = again(entry);
					prop_assert!(!matches!(judged, Again::Other(_)), "{judged:?} for {entry:?}");
					// Another judgement is found out where nothing else was recorded in the same block.
					let wrong = LogEntry { breaches: entry.breaches ^ Breaches::PURPOSE, ..*entry };
					if !history.changed.contains(&entry.recorded) && judged == Again::Same {
						let said = Judgement { breaches: entry.breaches, notices: entry.notices };
						prop_assert_eq!(again(&wrong), Again::Other(said));
					}
					// Most accesses are reported after they occurred, and then the state nearly always tells.
					let subject = entry.event.subject.and_then(|subject| Consent::subject(subject, HOSPITAL));
					let kept = subject.is_none_or(|subject| subject.dropped.is_none());
					if entry.event.occurred < entry.recorded && kept {
						prop_assert_eq!(judged, Again::Same);
					}
				}
				Ok(())
			})();
		});
		result.into_inner()?;
	}
}

/// An access to the data of a person for training, which the ledger judges now.
fn record(dataset: u64, subject: Option<u64>, occurred: UnixMillis) -> LogEntry {
	let mut history = History::default();
	history.access(dataset, subject, Some(Purpose::ModelTraining), occurred);
	history.entries.remove(0)
}

#[test]
fn what_was_dropped_may_have_permitted_what_is_left_does_not() {
	ExtBuilder::build_and_execute(|| {
		declare();
		let brief = || Versioned::V1(Scope::uniform(NOW, NOW + DAY));
		for document in 0..u64::from(MAX_CONSENTS) {
			frame_support::assert_ok!(Consent::grant(steward(), hash(1), brief(), hash(document)));
		}
		let subjects = vec![hash(1)].try_into().unwrap();
		frame_support::assert_ok!(Consent::enrol(steward(), hash(100), subjects));
		set_now(NOW + 2);
		let before = record(0, Some(1), NOW + 1);
		assert!(before.breaches.is_empty());
		set_now(NOW + DAY + LATENESS);
		frame_support::assert_ok!(Consent::grant(steward(), hash(1), everything(), hash(99)));
		// Its scope starts in the past, but it was recorded later.
		assert_eq!(again(&before), Again::Unsure(Unsure::Dropped));
		set_now(NOW + DAY + LATENESS + 2);
		let after = record(0, Some(1), NOW + DAY + LATENESS + 1);
		assert_eq!(again(&after), Again::Same);
		assert!(matches!(
			again(&LogEntry {
				breaches: Breaches::PURPOSE,
				..after
			}),
			Again::Other(_)
		));
	});
}

#[test]
fn enrolments_that_were_dropped_are_told_apart() {
	ExtBuilder::build_and_execute(|| {
		frame_support::assert_ok!(Consent::grant(steward(), hash(1), everything(), hash(9)));
		let enrol = |dataset: u64| {
			frame_support::assert_ok!(Consent::declare_dataset(
				steward(),
				hash(100 + dataset),
				everything(),
				None
			));
			let subjects = vec![hash(1)].try_into().unwrap();
			frame_support::assert_ok!(Consent::enrol(steward(), hash(100 + dataset), subjects));
		};
		(0..u64::from(MAX_DATASETS)).for_each(enrol);
		set_now(NOW + 2);
		let (old, kept) = (record(0, Some(1), NOW + 1), record(1, Some(1), NOW + 1));
		frame_support::assert_ok!(Consent::declare_dataset(
			steward(),
			hash(500),
			everything(),
			Some(hash(100))
		));
		assert_eq!(again(&old), Again::Same);
		set_now(NOW + 2 + LATENESS);
		enrol(u64::from(MAX_DATASETS));
		assert!(!Consent::subject(hash(1), HOSPITAL).unwrap().is_in(&hash(100)));
		assert_eq!(again(&old), Again::Unsure(Unsure::Dropped));
		// What is left permits the other, and the ledger knew no less.
		assert_eq!(again(&kept), Again::Same);
	});
}

#[test]
fn an_access_that_occurs_after_it_was_recorded_is_judged_again_if_nothing_was_narrowed() {
	ExtBuilder::build_and_execute(|| {
		declare();
		let narrow = || {
			let scope = scope_for([Purpose::Treatment], u64::MAX);
			frame_support::assert_ok!(Consent::narrow(steward(), hash(1), None, scope, hash(3)));
		};
		frame_support::assert_ok!(Consent::grant(steward(), hash(1), everything(), hash(2)));
		frame_support::assert_ok!(Consent::enrol(steward(), hash(100), vec![hash(1)].try_into().unwrap()));
		set_now(NOW + 10);
		let (one, whole) = (record(0, Some(1), NOW + 20), record(0, None, NOW + 20));
		assert_eq!((again(&one), again(&whole)), (Again::Same, Again::Same));
		set_now(NOW + 15);
		narrow();
		assert_eq!(again(&one), Again::Unsure(Unsure::Narrowed));
		assert_eq!(again(&whole), Again::Unsure(Unsure::Narrowed));
		set_now(NOW + 30);
		let late = record(0, Some(1), NOW + 20);
		assert_eq!((late.breaches, again(&late)), (Breaches::PURPOSE, Again::Same));
	});
}

#[test]
fn what_was_recorded_in_the_same_block_may_have_come_before_or_after() {
	ExtBuilder::build_and_execute(|| {
		declare();
		set_now(NOW + 10);
		let unknown = record(0, Some(1), NOW + 5);
		let mut scope = everything();
		scope.latest_mut().start = NOW;
		frame_support::assert_ok!(Consent::grant(steward(), hash(1), scope, hash(2)));
		let consented = record(0, Some(1), NOW + 5);
		frame_support::assert_ok!(Consent::enrol(steward(), hash(100), vec![hash(1)].try_into().unwrap()));
		let enrolled = record(0, Some(1), NOW + 5);
		assert_eq!(unknown.breaches, Breaches::NOT_ENROLLED | Breaches::NO_SUBJECTS);
		assert_eq!(consented.breaches, Breaches::NOT_ENROLLED);
		assert_eq!(
			(enrolled.breaches, enrolled.notices),
			(Breaches::empty(), Notices::RECORDED_AFTER)
		);
		for entry in [unknown, consented, enrolled] {
			assert_eq!(again(&entry), Again::Same);
		}
		assert!(matches!(
			again(&LogEntry {
				notices: Notices::empty(),
				..enrolled
			}),
			Again::Other(_)
		));
		set_now(NOW + 11);
		let next = record(0, Some(1), NOW + 5);
		assert_eq!(again(&next), Again::Same);
		// In the next block, only one answer is right.
		assert!(matches!(
			again(&LogEntry {
				breaches: Breaches::NOT_ENROLLED,
				notices: Notices::empty(),
				..next
			}),
			Again::Other(_)
		));
	});
}
