//! States that are proved, but that the ledger's rules never make: two thirds of the validators would have to conspire.

use crate::support::{
	access_proof, named,
	sample::{activity, artifact, dataset, entry, Sample, AUDITOR, NOW},
};
use kexin_primitives::{
	access::{Breaches, LogEntry, Notices},
	dataset::Dataset,
	lineage::{Activity, ActivityKind, ArtifactKind, InputRole},
	storage_keys,
	vocabulary::Operation,
};
use kexin_verifier::error::{Error, Fault};

/// Why a report and a proof of the last accesses are refused when the log of the scans has these entries as well.
#[track_caller]
fn refused(fault: Fault, change: impl FnOnce(&mut Sample)) {
	let mut sample = Sample::new();
	change(&mut sample);
	let against_rules = Error::AgainstRules {
		about: named("scans"),
		fault,
	};
	assert_eq!(sample.document(), Err(against_rules.clone()));
	let number = sample.ledger.log(&named("scans")).entries.len();
	for first in [0, number - 2] {
		let proof = access_proof(&mut sample.chain, &sample.ledger, named("scans"), first, number - first);
		match proof.verify(sample.chain.hash()) {
			Err(error) if fault != Fault::AfterBlock => assert_eq!(error, against_rules),
			// An access proof does not show the time of the block.
			result => assert!(fault == Fault::AfterBlock && result.is_ok()),
		}
	}
	assert!(against_rules.to_string().contains("rules never make that"));
}

fn with(change: impl FnOnce(&mut LogEntry)) -> impl FnOnce(&mut Sample) {
	|sample| {
		let mut odd = entry("scans", 5, Operation::Train, Some("train"));
		change(&mut odd);
		sample.ledger.record_all(named("scans"), [odd]);
	}
}

#[test]
fn an_entry_of_another_dataset() {
	refused(Fault::OtherDataset(5), with(|entry| entry.dataset = named("records")));
}

#[test]
fn an_entry_that_another_member_reported() {
	refused(Fault::OtherReporter(5), with(|entry| entry.reporter = AUDITOR));
}

#[test]
fn an_entry_whose_notices_do_not_fit() {
	refused(
		Fault::Misjudged(5),
		with(|entry| {
			entry.breaches = Breaches::PURPOSE;
			entry.notices = Notices::RECORDED_AFTER;
		}),
	);
	refused(
		Fault::Misjudged(5),
		with(|entry| {
			entry.event.activity = None;
			entry.notices = Notices::NOT_FOR_ACTIVITY;
		}),
	);
}

#[test]
fn an_entry_that_was_recorded_before_the_one_in_front_of_it() {
	refused(Fault::Earlier(5), with(|entry| entry.recorded -= 5_000));
}

#[test]
fn an_entry_that_was_judged_by_an_older_version_than_the_one_in_front_of_it() {
	refused(Fault::OlderRules(6), |sample| {
		with(|entry| entry.rules.spec_version = 2)(sample);
		with(|entry| entry.rules.spec_version = 1)(sample);
	});
}

#[test]
fn an_entry_that_was_recorded_after_the_block() {
	refused(Fault::AfterBlock, with(|entry| entry.recorded = NOW + 1));
}

#[test]
fn breaches_that_are_counted_unlike_the_entries() {
	for (breaches, found, counted) in [
		(Breaches::empty(), 0, 7),
		(Breaches::PURPOSE, 1, 0),
		(Breaches::PURPOSE, 1, 6),
	] {
		refused(Fault::Miscounted { found, counted }, |sample| {
			with(|entry| entry.breaches = breaches)(sample);
			let mut log = sample.ledger.log(&named("scans")).log;
			log.breaches = counted;
			sample.ledger.put(storage_keys::log(&named("scans")), log);
		});
	}
}

/// Why a report is refused when the ancestry is not one that the rules make.
#[track_caller]
fn impossible(about: &str, fault: Fault, change: impl FnOnce(&mut Sample)) {
	let mut sample = Sample::new();
	change(&mut sample);
	let about = named(about);
	assert_eq!(sample.document(), Err(Error::AgainstRules { about, fault }));
}

#[test]
fn a_model_that_no_training_made() {
	impossible("model", Fault::WrongKind, |sample| {
		let inputs = [("scans", InputRole::Used), ("twins", InputRole::Used)];
		let evaluation = activity(ActivityKind::Evaluation, &inputs, &["model"]);
		sample.ledger.put(storage_keys::activity(&named("train")), evaluation);
	});
	impossible("twins", Fault::WrongKind, |sample| {
		let twins = artifact(ArtifactKind::Dataset, Some("imitate"));
		sample.ledger.put(storage_keys::artifact(&named("twins")), twins);
	});
}

#[test]
fn a_model_that_is_no_output_of_the_activity_that_made_it() {
	let inputs = [("scans", InputRole::Used), ("twins", InputRole::Used)];
	let train = || activity(ActivityKind::Training, &inputs, &["model"]);
	let other_time = Activity {
		ended: Some(NOW - 400_001),
		..train()
	};
	let running = Activity { ended: None, ..train() };
	let other_agent = Activity {
		agent: AUDITOR,
		..train()
	};
	for (activity, fault) in [
		(other_time, Fault::OtherTime),
		(running, Fault::OtherTime),
		(other_agent, Fault::OtherAgent),
		(
			activity(ActivityKind::Training, &inputs, &["another model"]),
			Fault::NotAnOutput,
		),
	] {
		impossible("model", fault, |sample| {
			sample.ledger.put(storage_keys::activity(&named("train")), activity);
		});
	}
}

#[test]
fn a_dataset_that_its_hospital_did_not_declare_or_that_has_subjects_from_nowhere() {
	let changed = |fault, change: fn(&mut Dataset)| {
		impossible("scans", fault, |sample| {
			let mut scans = dataset();
			change(&mut scans);
			sample.ledger.put(storage_keys::dataset(&named("scans")), scans);
		});
	};
	changed(Fault::NotFromOwner, |scans| scans.owner = AUDITOR);
	changed(Fault::NeverEnrolled, |scans| scans.enrolled = None);
}

#[test]
fn a_part_of_a_log_may_have_fewer_breaches_than_the_whole() {
	let mut sample = Sample::new();
	for (number, breaches) in [(5, Breaches::PURPOSE), (6, Breaches::empty())] {
		let mut entry = entry("scans", number, Operation::Train, Some("train"));
		entry.breaches = breaches;
		sample.ledger.record(entry);
	}
	for (first, number) in [(0, 7), (0, 5), (5, 1), (6, 1)] {
		let proof = access_proof(&mut sample.chain, &sample.ledger, named("scans"), first, number);
		assert!(proof.verify(sample.chain.hash()).is_ok());
	}
}

#[test]
fn an_id_that_is_no_dataset_has_no_log() {
	let mut sample = Sample::new();
	for word in ["atlas", "unheard of"] {
		let proof = access_proof(&mut sample.chain, &sample.ledger, named(word), 0, 0);
		assert_eq!(proof.verify(sample.chain.hash()), Err(Error::NoDataset(named(word))));
	}
}
