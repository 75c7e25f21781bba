//! What a verdict needs, and what it must not rest on.

use crate::{
	reports::{breached, codes, report},
	support::{
		named,
		sample::{activity, artifact, dataset, entry, Sample, AUDITOR, COMPANY, HOSPITAL, NOW},
	},
};
use kexin_primitives::{
	access::{Breaches, LogEntry, Notices, Outcome},
	dataset::Dataset,
	lineage::{Activity, ActivityKind, ArtifactKind, InputRole},
	scope::Dimension,
	storage_keys,
	vocabulary::{Operation, Purpose},
	Versioned,
};
use kexin_verifier::report::{Code, Reason, VerdictStatus};

const NONE: [Reason; 0] = [];

/// An access to the scans for the training, outside the consents, after a change.
fn outside(number: u8, change: impl FnOnce(&mut LogEntry)) -> LogEntry {
	let mut entry = breached(
		entry("scans", number, Operation::Train, Some("train")),
		Breaches::PURPOSE,
	);
	change(&mut entry);
	entry
}

/// Trains the model again, from the scans alone. The accesses for that are those that the test records.
fn train_again(sample: &mut Sample, kind: ActivityKind, inputs: &[(&str, InputRole)]) {
	let mut kinds = [
		ArtifactKind::Model,
		ArtifactKind::AnnotationSet,
		ArtifactKind::SyntheticSet,
		ArtifactKind::Report,
	]
	.into_iter();
	let model = artifact(kinds.find(|made| kind.generates(*made)).unwrap(), Some("train again"));
	sample.ledger.put(storage_keys::artifact(&named("model")), model);
	let again = activity(kind, inputs, &["model"]);
	sample.ledger.put(storage_keys::activity(&named("train again")), again);
	sample.datasets = vec![named("scans")];
}

const SCANS: &[(&str, InputRole)] = &[("scans", InputRole::Used)];

fn change_scans(sample: &mut Sample, change: impl FnOnce(&mut Dataset)) {
	let mut scans = dataset();
	change(&mut scans);
	sample.ledger.put(storage_keys::dataset(&named("scans")), scans);
}

#[test]
fn an_activity_is_named_only_while_it_runs_and_for_its_agent() {
	let (started, ended) = (NOW - 2_000_000, NOW - 400_000);
	for (occurred, recipient, is_for_model) in [
		(started, Some(COMPANY), true),
		(ended, Some(COMPANY), true),
		(started, None, true),
		(started, Some(HOSPITAL), true),
		(started - 1, Some(COMPANY), false),
		(started, Some(AUDITOR), false),
	] {
		let report = report(|sample| {
			sample.ledger.record(outside(5, |entry| {
				(entry.event.occurred, entry.event.recipient) = (occurred, recipient);
				entry.recorded = entry.recorded.max(occurred);
			}));
		});
		// What could have been for the model leaves the verdict open, under whatever name it was reported.
		let (status, code) = match is_for_model {
			true => (VerdictStatus::Breached, Code::Breach),
			false => (VerdictStatus::CannotTell, Code::UnattributedBreach),
		};
		assert_eq!(report.verdict.status, status, "{occurred} {recipient:?}");
		assert_eq!(codes(&report.verdict.reasons), [(code, named("scans"), Some(1))]);
		assert_eq!(report.notices, NONE);
	}
}

/// Another training with the scans, by the auditor.
fn something_else() -> Activity {
	Activity {
		agent: AUDITOR,
		..activity(ActivityKind::Training, SCANS, &["something"])
	}
}

/// Whether a breach of the scans that names this activity could have been for the model.
fn could_have_been(activity: Option<Activity>, change: impl FnOnce(&mut LogEntry)) -> bool {
	let report = report(|sample| {
		if let Some(activity) = activity {
			sample
				.ledger
				.put(storage_keys::activity(&named("something else")), activity);
		}
		sample.ledger.record(outside(5, |entry| {
			entry.event.activity = Some(named("something else"));
			entry.event.recipient = Some(AUDITOR);
			change(entry);
		}));
	});
	let told = report.verdict.reasons.iter().chain(&report.notices);
	let (expected, code) = match report.verdict.status {
		VerdictStatus::CannotTell => (true, Code::UnattributedBreach),
		status => (status != VerdictStatus::Compliant, Code::OtherBreach),
	};
	assert_eq!(told.map(|reason| reason.code).collect::<Vec<_>>(), [code]);
	expected
}

#[test]
fn only_an_activity_that_ended_with_the_dataset_takes_a_breach_from_the_model() {
	let other = something_else();
	let changed = |change: fn(&mut Activity)| {
		let mut other = something_else();
		change(&mut other);
		Some(other)
	};
	for recipient in [None, Some(AUDITOR), Some(HOSPITAL)] {
		assert!(!could_have_been(Some(other.clone()), |entry| entry.event.recipient = recipient));
	}
	for running_or_foreign in [
		None,
		changed(|other| {
			other.ended = None;
			(other.inputs, other.outputs) = Default::default();
		}),
		changed(|other| other.inputs = activity(ActivityKind::Training, &[("records", InputRole::Used)], &[]).inputs),
		changed(|other| other.started = NOW - 1_000_000),
		changed(|other| other.kind = ActivityKind::Evaluation),
		// Its agent trained the model with the scans, too.
		changed(|other| other.agent = COMPANY),
	] {
		assert!(could_have_been(running_or_foreign.clone(), |entry| entry
			.event
			.recipient = None));
	}
	assert!(could_have_been(Some(other.clone()), |entry| entry.event.recipient = Some(3)));
	assert!(could_have_been(Some(other), |entry| entry.notices = Notices::NOT_FOR_ACTIVITY));
}

#[test]
fn an_activity_of_the_models_agent_takes_no_breach_from_the_model_while_that_is_made() {
	let evaluation = |agent| Activity {
		agent,
		kind: ActivityKind::Evaluation,
		..something_else()
	};
	for (agent, occurred, possible) in [
		(COMPANY, NOW - 1_500_000, true),
		(COMPANY, NOW - 400_000, true),
		(COMPANY, NOW - 399_999, false),
		(AUDITOR, NOW - 1_500_000, false),
	] {
		let found = could_have_been(Some(evaluation(agent)), |entry| {
			entry.event.recipient = None;
			(entry.event.operation, entry.event.occurred) = (Operation::Evaluate, occurred);
		});
		assert_eq!(found, possible, "{agent} {occurred}");
	}
}

#[test]
fn data_that_the_models_agent_received_could_have_been_for_the_model() {
	for (recipient, occurred, possible) in [
		(Some(COMPANY), NOW - 3_000_000, true),
		(Some(COMPANY), NOW - 400_000, true),
		(Some(COMPANY), NOW - 399_999, false),
		(Some(AUDITOR), NOW - 400_001, false),
		(None, NOW - 400_001, false),
	] {
		let report = report(|sample| {
			sample.ledger.record(outside(5, |entry| {
				(entry.event.operation, entry.event.activity) = (Operation::Export, None);
				(entry.event.occurred, entry.event.recipient) = (occurred, recipient);
			}));
		});
		let cannot_tell = report.verdict.status == VerdictStatus::CannotTell;
		assert_eq!(cannot_tell, possible, "{recipient:?} {occurred}");
	}
}

#[test]
fn a_finished_model_keeps_its_verdict() {
	let report = report(|sample| {
		sample.ledger.record(outside(5, |entry| {
			(entry.event.occurred, entry.event.activity) = (NOW - 399_999, None);
		}));
	});
	assert_eq!(report.verdict.status, VerdictStatus::Compliant);
	assert_eq!(codes(&report.notices), [(Code::OtherBreach, named("scans"), Some(1))]);
}

#[test]
fn an_activity_is_named_only_by_accesses_to_its_own_inputs() {
	let report = report(|sample| {
		let mut records = entry("records", 1, Operation::Synthesise, Some("train"));
		records.breaches = Breaches::REGION;
		sample.ledger.record(records);
	});
	assert_eq!(
		codes(&report.verdict.reasons),
		[(Code::UnattributedBreach, named("records"), Some(1))]
	);
}

#[test]
fn breaches_for_something_else_are_never_passed_over_in_silence() {
	let report = report(|sample| {
		let breaches = (0..350u16).map(|number| {
			outside(5, |entry| {
				entry.event.source = named(&number.to_string());
				entry.event.activity = Some(named("another activity"));
				entry.event.recipient = Some(AUDITOR);
			})
		});
		let another = something_else();
		sample
			.ledger
			.put(storage_keys::activity(&named("another activity")), another);
		sample.ledger.record_all(named("scans"), breaches.collect::<Vec<_>>());
	});
	assert_eq!(report.verdict.status, VerdictStatus::Compliant);
	assert_eq!(codes(&report.notices), [(Code::OtherBreach, named("scans"), Some(350))]);
}

#[test]
fn the_activitys_own_operation_must_have_been_permitted() {
	for (operation, outcome, compliant) in [
		(Operation::Train, Outcome::Permitted, true),
		(Operation::Read, Outcome::Permitted, false),
		(Operation::Evaluate, Outcome::Permitted, false),
		(Operation::Train, Outcome::Denied, false),
		(Operation::Train, Outcome::Failed, false),
	] {
		let report = report(|sample| {
			train_again(sample, ActivityKind::Training, SCANS);
			let mut access = entry("scans", 6, operation, Some("train again"));
			access.event.outcome = outcome;
			sample.ledger.record(access);
		});
		let expected = [Reason {
			code: Code::NoAccessReported,
			about: named("train again"),
			dataset: Some(named("scans")),
			count: None,
			breaches: None,
		}];
		let expected = if compliant { &[][..] } else { &expected };
		assert_eq!(report.verdict.reasons, expected, "{operation} {outcome:?}");
	}
}

#[test]
fn single_subjects_do_not_open_a_dataset_that_is_closed() {
	// The accesses with odd numbers are to the data of one subject.
	for (numbers, closed, single) in [
		(&[5, 7][..], false, None),
		(&[5, 7], true, Some(2)),
		(&[5, 6, 7], true, None),
		(&[6], true, None),
	] {
		let report = report(|sample| {
			train_again(sample, ActivityKind::Training, SCANS);
			if closed {
				change_scans(sample, |scans| {
					let mut cohort = scans.cohort.latest().clone();
					cohort.purposes = Dimension::only([Purpose::Research], NOW).unwrap();
					scans.cohort = Versioned::V1(cohort);
				});
			}
			for number in numbers {
				sample
					.ledger
					.record(entry("scans", *number, Operation::Train, Some("train again")));
			}
		});
		let expected = single.map(|count| (Code::SingleSubjects, named("train again"), Some(count)));
		assert_eq!(
			codes(&report.verdict.reasons),
			expected.into_iter().collect::<Vec<_>>(),
			"{numbers:?} {closed}"
		);
	}
}

#[test]
fn only_what_was_within_the_consents_shows_that_a_use_was_permitted() {
	let report = report(|sample| {
		train_again(sample, ActivityKind::Training, SCANS);
		let access = entry("scans", 6, Operation::Train, Some("train again"));
		sample.ledger.record(breached(access, Breaches::PURPOSE));
	});
	assert_eq!(
		codes(&report.verdict.reasons),
		[(Code::Breach, named("scans"), Some(1))]
	);
	assert_eq!(report.notices, NONE);
}

#[test]
fn nobody_consents_for_a_dataset_without_subjects() {
	let report = report(|sample| change_scans(sample, |scans| scans.subjects = 0));
	assert_eq!(report.verdict.status, VerdictStatus::CannotTell);
	assert_eq!(
		codes(&report.verdict.reasons),
		[(Code::NoSubjects, named("scans"), None)]
	);
}

#[test]
fn an_access_before_anybody_was_enrolled_breaches_nobodys_consent() {
	for (breaches, expected) in [
		(Breaches::NO_SUBJECTS, Code::NoSubjects),
		(Breaches::NO_SUBJECTS | Breaches::PURPOSE, Code::Breach),
	] {
		let report = report(|sample| {
			train_again(sample, ActivityKind::Training, SCANS);
			let access = entry("scans", 6, Operation::Train, Some("train again"));
			sample.ledger.record(access);
			let early = entry("scans", 7, Operation::Train, Some("train again"));
			sample.ledger.record(breached(early, breaches));
		});
		let reasons = report.verdict.reasons.iter();
		assert_eq!(reasons.map(|reason| reason.code).collect::<Vec<_>>(), [expected]);
	}
}

#[test]
fn what_was_recorded_only_after_an_access_is_a_notice() {
	let report = report(|sample| {
		train_again(sample, ActivityKind::Training, SCANS);
		let mut access = entry("scans", 6, Operation::Train, Some("train again"));
		access.notices = Notices::RECORDED_AFTER;
		sample.ledger.record(access);
	});
	assert_eq!(report.verdict.status, VerdictStatus::Compliant);
	assert_eq!(codes(&report.notices), [(Code::RecordedAfter, named("scans"), Some(1))]);
}

#[test]
fn what_was_recorded_before_it_occurred_is_a_notice() {
	for (ahead, expected) in [(0, None), (1, Some((Code::RecordedBefore, named("scans"), Some(1))))] {
		let report = report(|sample| {
			let mut access = entry("scans", 6, Operation::Train, Some("train"));
			access.event.occurred = access.recorded + ahead;
			sample.ledger.record(access);
		});
		assert_eq!(report.verdict.status, VerdictStatus::Compliant);
		assert_eq!(codes(&report.notices), expected.into_iter().collect::<Vec<_>>());
	}
}

#[test]
fn what_was_reported_again_is_a_notice() {
	let report = report(|sample| {
		let recorded = entry("scans", 8, Operation::Train, None).recorded;
		for number in [6, 8, 6, 6] {
			sample.ledger.record(LogEntry {
				recorded,
				..entry("scans", number, Operation::Train, Some("train"))
			});
		}
	});
	assert_eq!(report.verdict.status, VerdictStatus::Compliant);
	assert_eq!(codes(&report.notices), [(Code::Repeated, named("scans"), Some(2))]);
}

#[test]
fn a_model_is_made_from_something() {
	let report = report(|sample| {
		train_again(sample, ActivityKind::Training, &[("scans", InputRole::Read)]);
		sample.datasets.clear();
	});
	assert_eq!(report.verdict.status, VerdictStatus::CannotTell);
	assert_eq!(
		codes(&report.verdict.reasons),
		[(Code::NothingUsed, named("train again"), None)]
	);
}

#[test]
fn every_kind_of_activity_has_its_own_operation() {
	for (kind, own) in [
		(ActivityKind::Training, Operation::Train),
		(ActivityKind::FederatedRound, Operation::Train),
		(ActivityKind::Inference, Operation::Infer),
		(ActivityKind::Annotation, Operation::Annotate),
		(ActivityKind::Synthesis, Operation::Synthesise),
		(ActivityKind::Evaluation, Operation::Evaluate),
	] {
		for operation in Operation::ALL {
			let report = report(|sample| {
				train_again(sample, kind, SCANS);
				sample.ledger.record(entry("scans", 6, *operation, Some("train again")));
			});
			let compliant = report.verdict.status == VerdictStatus::Compliant;
			assert_eq!(compliant, *operation == own, "{kind:?} {operation}");
		}
	}
}
