//! Reports: what they contain, and how altered ones are refused.

use crate::support::{
	json, named,
	sample::{activity, artifact, dataset, entry, member, Sample, AUDITOR, COMPANY, HOSPITAL, NOW},
	written,
};
use kexin_primitives::{
	access::{Breaches, LogEntry, Outcome},
	lineage::{ActivityKind, ArtifactKind, AttachedEvidence, Evidence, EvidenceKind, InputRole},
	members::{MemberKind, Status},
	storage_keys,
	vocabulary::Operation,
	Versioned, H256,
};
use kexin_verifier::{
	error::{Error, Place, StateError},
	report::{Accesses, Ancestry, Code, DatasetLog, Reason, VerdictStatus},
	Document, Proof, ProvedState, Report,
};
use serde_json::Value;

/// The report about the sample after a change. This also checks it, and reads it from a file.
#[track_caller]
pub fn report(change: impl FnOnce(&mut Sample)) -> Report {
	let mut sample = Sample::new();
	change(&mut sample);
	let document = sample.document().unwrap();
	let Ok(Proof::Report(read)) = Proof::from_json(&json(&document)) else {
		panic!("the file can't be read");
	};
	assert_eq!(*read, document);
	assert_eq!(read.verify(sample.chain.hash()), Ok(&document.report));
	document.report
}

pub fn codes(reasons: &[Reason]) -> Vec<(Code, H256, Option<u64>)> {
	reasons
		.iter()
		.map(|reason| (reason.code, reason.about, reason.count))
		.collect()
}

pub fn breached(mut entry: LogEntry, breaches: Breaches) -> LogEntry {
	entry.breaches = breaches;
	entry
}

#[test]
fn a_model_whose_accesses_were_within_the_consents_is_compliant() {
	let report = report(|_| {});
	assert_eq!(report.verdict.status, VerdictStatus::Compliant);
	assert_eq!((report.verdict.reasons, report.notices), (vec![], vec![]));
}

#[test]
fn the_report_shows_what_the_ledger_holds() {
	let report = report(|_| {});
	assert_eq!(report.block.time, NOW);
	let artifacts = report.artifacts.iter().map(|artifact| (artifact.id, artifact.distance));
	assert_eq!(
		artifacts.collect::<Vec<_>>(),
		[
			(named("model"), 0),
			(named("scans"), 1),
			(named("twins"), 1),
			(named("records"), 2)
		]
	);
	let evidence = &report.artifacts[0].evidence;
	assert_eq!(
		evidence.iter().map(|evidence| evidence.by).collect::<Vec<_>>(),
		[COMPANY, AUDITOR, AUDITOR]
	);
	let activities = report.activities.iter().map(|activity| activity.id);
	assert_eq!(activities.collect::<Vec<_>>(), [named("train"), named("imitate")]);
	assert_eq!(report.activities[0].used, [named("scans"), named("twins")]);
	assert_eq!(report.activities[0].read, [named("atlas")]);
	assert_eq!(report.activities[0].generated, [named("model")]);
	let datasets = report
		.datasets
		.iter()
		.map(|dataset| (dataset.id, dataset.log.count, dataset.in_force));
	assert_eq!(
		datasets.collect::<Vec<_>>(),
		[(named("scans"), 5, true), (named("records"), 1, true)]
	);
	let accesses = Accesses {
		for_model: 4,
		other: 1,
		..Accesses::default()
	};
	assert_eq!(report.datasets[0].log.accesses, accesses);
	let members = report.members.iter().map(|member| (member.id, member.name.as_str()));
	assert_eq!(
		members.collect::<Vec<_>>(),
		[(HOSPITAL, "Charité"), (COMPANY, "Models AG"), (AUDITOR, "Prüfer")]
	);
}

#[test]
fn the_json_is_as_documented() {
	let document = Sample::new().document().unwrap();
	let json: Value = serde_json::from_slice(&json(&document)).unwrap();
	let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
	assert_eq!(names(&json), ["finality", "format", "logs", "report", "state"]);
	assert_eq!(
		names(&json["report"]),
		[
			"activities",
			"artifacts",
			"block",
			"datasets",
			"genesis",
			"members",
			"model",
			"notices",
			"verdict"
		]
	);
	assert_eq!(json["format"], "kexin-report/1");
	assert_eq!(json["report"]["verdict"]["status"], "compliant");
	assert_eq!(
		json["report"]["artifacts"][0]["generatedBy"],
		format!("{:?}", named("train"))
	);
	assert_eq!(json["report"]["artifacts"][0]["evidence"][0]["kind"], "performance");
	assert_eq!(json["report"]["artifacts"][1]["generatedBy"], Value::Null);
	assert_eq!(
		json["report"]["datasets"][0]["cohort"]["purposes"]["named"]["MLTRAINING"],
		NOW + 1_000
	);
	assert_eq!(
		json["report"]["datasets"][0]["label"]["regions"]["named"]["276"],
		kexin_primitives::FOREVER
	);
	assert_eq!(
		names(&json["report"]["datasets"][0]["log"]["accesses"]),
		["breachedForModel", "breachedOther", "forModel", "other"]
	);
	assert_eq!(json["report"]["members"][2]["kind"], "auditor");
	assert_eq!(json["report"]["members"][2]["status"], "active");
	assert_eq!(json["logs"][1]["dataset"], format!("{:?}", named("records")));
}

#[test]
fn a_permitted_access_outside_the_consents_is_a_breach() {
	let report = report(|sample| {
		for (number, breaches) in [
			(5, Breaches::PURPOSE),
			(6, Breaches::PURPOSE | Breaches::REGION),
			(7, Breaches::PURPOSE),
		] {
			let entry = entry("scans", number, Operation::Train, Some("train"));
			sample.ledger.record(breached(entry, breaches));
		}
	});
	assert_eq!(report.verdict.status, VerdictStatus::Breached);
	let scans = named("scans");
	assert_eq!(
		codes(&report.verdict.reasons),
		[(Code::Breach, scans, Some(2)), (Code::Breach, scans, Some(1))]
	);
	let breaches = report.verdict.reasons.iter().map(|reason| reason.breaches);
	assert_eq!(
		breaches.collect::<Vec<_>>(),
		[Some(Breaches::PURPOSE), Some(Breaches::PURPOSE | Breaches::REGION)]
	);
	let log = report.datasets[0].log;
	assert_eq!(
		(log.breaches, log.accesses.breached_for_model, log.accesses.for_model),
		(3, 3, 7)
	);
}

#[test]
fn denied_accesses_and_those_for_something_else_are_no_breach_of_the_model() {
	let report = report(|sample| {
		let mut denied = breached(entry("scans", 5, Operation::Train, Some("train")), Breaches::PURPOSE);
		denied.event.outcome = Outcome::Denied;
		sample.ledger.record(denied);
		let mut another = activity(ActivityKind::Training, &[("scans", InputRole::Used)], &["another"]);
		another.agent = AUDITOR;
		sample
			.ledger
			.put(storage_keys::activity(&named("another activity")), another);
		let mut elsewhere = entry("scans", 6, Operation::Train, Some("another activity"));
		elsewhere.event.recipient = Some(AUDITOR);
		sample.ledger.record(breached(elsewhere, Breaches::REGION));
		let mut reading = entry("scans", 7, Operation::Read, None);
		reading.event.recipient = Some(AUDITOR);
		sample.ledger.record(breached(reading, Breaches::PURPOSE));
		let mut late = breached(entry("scans", 8, Operation::Train, None), Breaches::PURPOSE);
		late.event.occurred = NOW - 399_999;
		sample.ledger.record(late);
	});
	assert_eq!(report.verdict.status, VerdictStatus::Compliant);
	assert_eq!(codes(&report.notices), [(Code::OtherBreach, named("scans"), Some(3))]);
	let accesses = Accesses {
		for_model: 5,
		breached_for_model: 0,
		other: 4,
		breached_other: 3,
	};
	assert_eq!(report.datasets[0].log.accesses, accesses);
	assert_eq!(report.datasets[0].log.breaches, 3);
}

#[test]
fn a_dataset_used_without_an_access_leaves_the_verdict_open() {
	for outcome in [None, Some(Outcome::Denied)] {
		let report = report(|sample| {
			sample.ledger.put(
				storage_keys::artifact(&named("model")),
				artifact(ArtifactKind::Model, Some("train again")),
			);
			let inputs = [("scans", InputRole::Used), ("records", InputRole::Used)];
			let again = activity(ActivityKind::Training, &inputs, &["model"]);
			sample.ledger.put(storage_keys::activity(&named("train again")), again);
			let mut records = entry("records", 5, Operation::Train, Some("train again"));
			if let Some(outcome) = outcome {
				records.event.outcome = outcome;
				sample.ledger.record(records);
			}
			sample
				.ledger
				.record(entry("scans", 5, Operation::Train, Some("train again")));
		});
		assert_eq!(report.verdict.status, VerdictStatus::CannotTell);
		assert_eq!(
			codes(&report.verdict.reasons),
			[(Code::NoAccessReported, named("train again"), None)]
		);
		assert_eq!(report.verdict.reasons[0].dataset, Some(named("records")));
	}
}

#[test]
fn an_artifact_from_outside_leaves_the_verdict_open() {
	let report = report(|sample| {
		sample.ledger.put(
			storage_keys::artifact(&named("twins")),
			artifact(ArtifactKind::SyntheticSet, None),
		);
		sample.datasets = vec![named("scans")];
	});
	assert_eq!(report.verdict.status, VerdictStatus::CannotTell);
	assert_eq!(
		codes(&report.verdict.reasons),
		[(Code::UnknownOrigin, named("twins"), None)]
	);
}

#[test]
fn a_dataset_that_no_hospital_declared_is_from_outside() {
	let report = report(|sample| {
		sample.ledger.remove(&storage_keys::dataset(&named("records")));
		sample.datasets = vec![named("scans")];
	});
	assert_eq!(
		codes(&report.verdict.reasons),
		[(Code::UnknownOrigin, named("records"), None)]
	);
	assert_eq!(report.datasets.len(), 1);
}

#[test]
fn breaches_that_could_have_been_for_the_model_leave_the_verdict_open() {
	let report = report(|sample| {
		for number in 5..7 {
			sample.ledger.record(breached(
				entry("scans", number, Operation::Train, None),
				Breaches::PURPOSE,
			));
		}
		let synthesis = entry("records", 5, Operation::Synthesise, None);
		sample.ledger.record(breached(synthesis, Breaches::REGION));
		// No activity that used these records does this.
		let mut training = entry("records", 6, Operation::Train, None);
		training.event.recipient = None;
		sample.ledger.record(breached(training, Breaches::REGION));
	});
	assert_eq!(report.verdict.status, VerdictStatus::CannotTell);
	assert_eq!(
		codes(&report.verdict.reasons),
		[
			(Code::UnattributedBreach, named("scans"), Some(2)),
			(Code::UnattributedBreach, named("records"), Some(1)),
		]
	);
}

#[test]
fn a_breach_outweighs_what_is_unclear() {
	let report = report(|sample| {
		sample.ledger.put(
			storage_keys::artifact(&named("twins")),
			artifact(ArtifactKind::SyntheticSet, None),
		);
		sample.datasets = vec![named("scans")];
		let training = entry("scans", 5, Operation::Train, Some("train"));
		sample.ledger.record(breached(training, Breaches::SUPERSEDED));
	});
	assert_eq!(report.verdict.status, VerdictStatus::Breached);
	assert_eq!(
		codes(&report.verdict.reasons),
		[(Code::Breach, named("scans"), Some(1))]
	);
	assert_eq!(codes(&report.notices), [(Code::UnknownOrigin, named("twins"), None)]);
}

#[test]
fn ended_consent_and_newer_versions_are_notices() {
	let report = report(|sample| {
		let mut scans = dataset();
		scans.cohort = Versioned::V1(scans.cohort.latest().revoke(NOW));
		sample.ledger.put(storage_keys::dataset(&named("scans")), scans);
		let mut records = dataset();
		records.superseded = Some(NOW - 10);
		records.superseded_by = Some(named("records of today"));
		sample.ledger.put(storage_keys::dataset(&named("records")), records);
	});
	assert_eq!(report.verdict.status, VerdictStatus::Compliant);
	assert_eq!(
		codes(&report.notices),
		[
			(Code::ConsentEnded, named("scans"), None),
			(Code::Superseded, named("records"), None)
		]
	);
	assert!(!report.datasets[0].in_force && report.datasets[1].in_force);
}

#[test]
fn a_report_can_be_about_any_artifact() {
	let report = report(|sample| {
		sample.model = named("records");
		sample.datasets = vec![named("records")];
	});
	assert_eq!(report.verdict.status, VerdictStatus::CannotTell);
	assert_eq!(
		codes(&report.verdict.reasons),
		[(Code::UnknownOrigin, named("records"), None)]
	);
	assert_eq!((report.artifacts.len(), report.activities.len()), (1, 0));
	assert_eq!(report.datasets[0].log.accesses.other, 1);
}

#[test]
fn a_model_that_a_hospital_declares_as_a_dataset_has_no_known_origin() {
	let report = report(|sample| {
		let declared = artifact(ArtifactKind::Dataset, None);
		sample.ledger.put(storage_keys::artifact(&named("weights")), declared);
		sample.ledger.put(storage_keys::dataset(&named("weights")), dataset());
		sample
			.ledger
			.record(entry("weights", 0, Operation::Train, Some("train")));
		sample.model = named("weights");
		sample.datasets = vec![named("weights")];
	});
	assert_eq!(report.verdict.status, VerdictStatus::CannotTell);
	assert_eq!(
		codes(&report.verdict.reasons),
		[(Code::UnknownOrigin, named("weights"), None)]
	);
}

#[test]
fn an_unregistered_artifact_has_no_report() {
	let mut sample = Sample::new();
	sample.model = named("unheard of");
	assert_eq!(sample.document(), Err(Error::NotRegistered(named("unheard of"))));
}

#[test]
fn the_walk_ends_whatever_the_state_holds() {
	// No honest ledger has a model that was made from itself.
	let report = report(|sample| {
		let inputs = [
			("scans", InputRole::Used),
			("model", InputRole::Used),
			("twins", InputRole::Used),
		];
		sample.ledger.put(
			storage_keys::activity(&named("train")),
			activity(ActivityKind::Training, &inputs, &["model"]),
		);
	});
	assert_eq!(report.artifacts.len(), 4);
}

#[test]
fn a_long_ancestry_is_walked() {
	let report = report(|sample| {
		let model = |number: u32| {
			if number == 0 {
				"model".into()
			} else {
				format!("model {number}")
			}
		};
		for number in 0..3_000u32 {
			let (id, parent, by) = (model(number), model(number + 1), format!("training {number}"));
			sample.ledger.put(
				storage_keys::artifact(&named(&id)),
				artifact(ArtifactKind::Model, Some(&by)),
			);
			let training = activity(ActivityKind::Training, &[(&parent, InputRole::Used)], &[&id]);
			sample.ledger.put(storage_keys::activity(&named(&by)), training);
		}
		sample.ledger.put(
			storage_keys::artifact(&named(&model(3_000))),
			artifact(ArtifactKind::Model, None),
		);
		sample.datasets = vec![];
	});
	assert_eq!(report.artifacts.last().unwrap().distance, 3_000);
	assert_eq!(report.verdict.status, VerdictStatus::CannotTell);
}

#[test]
fn an_ancestry_names_the_members_of_a_report_that_the_logs_do_not_name() {
	let mut sample = Sample::new();
	let ledger = &mut sample.ledger;
	for number in 10..15 {
		ledger.put(
			storage_keys::member(number),
			member("Another", MemberKind::Company, false),
		);
	}
	let mut twins = artifact(ArtifactKind::SyntheticSet, Some("imitate"));
	twins.owner = 10;
	ledger.put(storage_keys::artifact(&named("twins")), twins);
	let inputs = [("records", InputRole::Used), ("archive", InputRole::Used)];
	let mut imitate = activity(ActivityKind::Synthesis, &inputs, &["twins"]);
	imitate.agent = 10;
	ledger.put(storage_keys::activity(&named("imitate")), imitate);
	let mut archive = dataset();
	archive.owner = 12;
	ledger.put(storage_keys::dataset(&named("archive")), archive);
	let mut archive = artifact(ArtifactKind::Dataset, None);
	archive.owner = 12;
	ledger.put(storage_keys::artifact(&named("archive")), archive);
	sample.datasets.push(named("archive"));
	let ledger = &mut sample.ledger;
	let evidence = Evidence {
		kind: EvidenceKind::Privacy,
		document: named("document"),
		measure: 0,
		threshold: 0,
	};
	for (by, attached) in [(13, vec![(evidence, NOW)]), (14, vec![])] {
		let attached: AttachedEvidence = attached.try_into().unwrap();
		ledger.put(storage_keys::evidence(&named("records"), by), attached);
	}
	let state = ProvedState::new(sample.ledger.root(), &sample.ledger.nodes()).unwrap();
	let ancestry = Ancestry::walk(&state, sample.model).unwrap();
	let expected = [HOSPITAL, COMPANY, AUDITOR, 10, 12, 13];
	assert_eq!(ancestry.members(), expected.into());
	let report = sample.document().unwrap().report;
	let members = report.members.iter().map(|member| member.id).collect::<Vec<_>>();
	assert_eq!(members, expected);
}

#[test]
fn a_report_shows_the_status_of_members() {
	let report = report(|sample| {
		let mut company = member("Gone GmbH", MemberKind::Company, false);
		company.status = Status::Removed;
		sample.ledger.put(storage_keys::member(COMPANY), company);
	});
	assert_eq!(report.members[1].status, Status::Removed);
}

// Attacks.

/// The result for the document after a change. Of the accesses to the scans, the third after the first four has
/// breaches.
#[track_caller]
fn changed(change: impl FnOnce(&mut Document)) -> Error {
	let mut sample = Sample::new();
	for number in 5..8 {
		let mut entry = entry("scans", number, Operation::Train, Some("train"));
		if number == 7 {
			entry.breaches = Breaches::PURPOSE;
		}
		sample.ledger.record(entry);
	}
	let mut document = sample.document().unwrap();
	change(&mut document);
	document.verify(sample.chain.hash()).unwrap_err()
}

#[test]
fn every_field_of_the_report_is_proved() {
	let mut sample = Sample::new();
	for number in 5..7 {
		let entry = entry("scans", number, Operation::Train, Some("train"));
		sample.ledger.record(breached(entry, Breaches::PURPOSE));
	}
	let mut records = dataset();
	records.superseded = Some(NOW - 10);
	sample.ledger.put(storage_keys::dataset(&named("records")), records);
	let document = sample.document().unwrap();
	let honest: Value = serde_json::from_slice(&json(&document)).unwrap();
	let mut leaves = vec![];
	paths(&honest["report"], "/report".into(), &mut leaves);
	assert!(leaves.len() > 150, "{}", leaves.len());
	for path in leaves {
		for other in others(honest.pointer(&path).unwrap()) {
			let mut edited = honest.clone();
			*edited.pointer_mut(&path).unwrap() = other.clone();
			// A value that can't be read makes the file unreadable.
			let Ok(Proof::Report(edited)) = Proof::from_json(&written(&edited.to_string())) else {
				continue;
			};
			let error = edited.verify(sample.chain.hash());
			if path == "/report/model" {
				assert!(error.is_err());
				continue;
			}
			let field = error.unwrap_err();
			let Error::Differs(field) = field else {
				panic!("{path}: {field:?}")
			};
			let expected = path.replace('/', ".").replacen('.', "", 1);
			let field = field.replace('[', ".").replace(']', "");
			// A scope may differ in another value first: its end follows from the rest.
			assert!(
				field == expected || (expected.contains("cohort") || expected.contains("label")),
				"{field} {expected}"
			);
		}
	}
}

/// The paths of all values that are not objects or lists.
fn paths(value: &Value, path: String, leaves: &mut Vec<String>) {
	match value {
		Value::Object(fields) => fields
			.iter()
			.for_each(|(name, value)| paths(value, format!("{path}/{name}"), leaves)),
		Value::Array(items) => {
			(0..)
				.zip(items)
				.for_each(|(index, value): (usize, _)| paths(value, format!("{path}/{index}"), leaves));
		},
		_ => leaves.push(path),
	}
}

/// Other values that could be in its place.
fn others(value: &Value) -> Vec<Value> {
	let hash = || Value::from(format!("{:?}", named("forged")));
	match value {
		Value::Bool(value) => vec![(!value).into()],
		Value::Number(number) => vec![(number.as_i64().unwrap() + 1).into(), 0.into()]
			.into_iter()
			.filter(|other| other != value)
			.collect(),
		Value::String(text) if text.starts_with("0x") => vec![hash(), Value::Null],
		Value::String(_) => [
			"compliant",
			"cannot-tell",
			"removed",
			"hospital",
			"person",
			"model",
			"inference",
			"fairness",
		]
		.iter()
		.map(|word| Value::from(*word))
		.filter(|other| other != value)
		.collect(),
		_ => vec![hash(), 1.into()],
	}
}

/// JSON readers differ in which of two values they take, so a file must not state a value twice.
#[test]
fn a_file_that_states_something_twice_is_refused() {
	let mut sample = Sample::new();
	let honest = String::from_utf8(json(&sample.document().unwrap())).unwrap();
	let until = NOW + 1_000;
	for (once, more) in [
		(format!("\"MLTRAINING\": {until}"), "\"MLTRAINING\": 5,".to_owned()),
		(format!("\"MLTRAINING\": {until}"), format!("\"MLTRAINING\": {until},")),
		// The values that are not named have this time anyway.
		(format!("\"MLTRAINING\": {until}"), "\"TREAT\": 0,".to_owned()),
		("\"276\": ".to_owned(), "\"276\": 5,".to_owned()),
		("\"status\": ".to_owned(), "\"status\": \"breached\",".to_owned()),
		("\"entries\": ".to_owned(), "\"entries\": [],".to_owned()),
		("\"outcome\": ".to_owned(), "\"outcome\": \"denied\",".to_owned()),
		("\"state\": ".to_owned(), "\"state\": [],".to_owned()),
		("\"format\": ".to_owned(), "\"format\": \"kexin-report/1\",".to_owned()),
	] {
		assert!(honest.contains(&once), "{once}");
		let twice = honest.replacen(&once, &format!("{more}{once}"), 1);
		assert!(
			matches!(Proof::from_json(twice.as_bytes()), Err(Error::Json(_))),
			"{more}"
		);
	}
}

#[test]
fn an_edited_verdict_is_refused() {
	assert_eq!(
		changed(|document| document.report.verdict.status = VerdictStatus::Compliant),
		Error::Differs("report.verdict.status".into())
	);
	assert_eq!(
		changed(|document| document.report.verdict.reasons.clear()),
		Error::Differs("report.verdict.reasons".into())
	);
	assert_eq!(
		changed(|document| document.report.notices.push(document.report.verdict.reasons[0].clone())),
		Error::Differs("report.notices".into())
	);
	assert_eq!(
		changed(|document| document.report.verdict.reasons[0].count = None),
		Error::Differs("report.verdict.reasons[0].count".into())
	);
}

#[test]
fn an_old_report_passed_off_as_new_is_refused() {
	for change in [
		|document: &mut Document| document.report.block.number += 1,
		|document: &mut Document| document.report.block.time += 86_400_000,
		|document: &mut Document| document.report.block.hash = named("today"),
	] {
		let error = changed(change);
		let Error::Differs(field) = error else {
			panic!("{error:?}")
		};
		assert!(field.starts_with("report.block."), "{field}");
	}
	// With the finality of the new block, the old state belongs to another block.
	let mut sample = Sample::new();
	let mut yesterday = sample.document().unwrap();
	sample.ledger.record(entry("scans", 9, Operation::Train, None));
	let today = sample.document().unwrap();
	yesterday.finality = today.finality;
	yesterday.report.block = today.report.block;
	assert!(matches!(
		yesterday.verify(sample.chain.hash()),
		Err(Error::State {
			at: Place::State,
			error: StateError::Incomplete(_)
		})
	));
}

#[test]
fn a_report_of_another_chain_is_refused() {
	let mut sample = Sample::new();
	let mut document = sample.document().unwrap();
	let other = named("another chain");
	let wrong = Error::WrongGenesis {
		expected: other,
		found: sample.chain.hash(),
	};
	document.report.genesis = other;
	assert_eq!(document.verify(other), Err(wrong));
	assert_eq!(
		document.verify(sample.chain.hash()),
		Err(Error::Differs("report.genesis".into()))
	);
}

#[test]
fn removed_added_reordered_and_edited_events_are_refused() {
	let scans = named("scans");
	let entries = |change: fn(&mut Vec<LogEntry>)| changed(|document| change(&mut document.logs[0].entries));
	let (found, proved) = (7, 8);
	let missing = Error::EntriesMissing {
		dataset: scans,
		found,
		proved,
	};
	assert_eq!(
		entries(|entries| {
			entries.remove(3);
		}),
		missing
	);
	assert_eq!(
		entries(|entries| {
			entries.pop();
		}),
		missing
	);
	let (found, proved) = (9, 8);
	let added = Error::EntriesAdded {
		dataset: scans,
		found,
		proved,
	};
	assert_eq!(entries(|entries| entries.push(entries[0])), added);
	let reordered = Error::Reordered {
		dataset: scans,
		index: 3,
	};
	assert_eq!(entries(|entries| entries.swap(2, 3)), reordered);
	assert_eq!(
		entries(|entries| entries[2].event.actor = H256::zero()),
		Error::EntryAltered(scans)
	);
}

#[test]
fn a_hidden_breach_is_refused() {
	let hidden = Error::BreachHidden {
		dataset: named("scans"),
		found: 0,
		proved: 1,
	};
	assert_eq!(
		changed(|document| document.logs[0].entries[7].breaches = Breaches::empty()),
		hidden
	);
	assert_eq!(
		changed(|document| document.logs[0].entries[7].event.outcome = Outcome::Failed),
		hidden
	);
	let elsewhere = changed(|document| document.logs[0].entries[7].event.activity = None);
	assert_eq!(elsewhere, Error::EntryAltered(named("scans")));
}

#[test]
fn missing_foreign_and_exchanged_logs_are_refused() {
	assert_eq!(
		changed(|document| drop(document.logs.pop())),
		Error::LogMissing(named("records"))
	);
	assert_eq!(
		changed(|document| drop(document.logs.remove(0))),
		Error::LogMissing(named("scans"))
	);
	assert_eq!(
		changed(|document| document.logs.swap(0, 1)),
		Error::LogMissing(named("scans"))
	);
	let foreign = DatasetLog {
		dataset: named("foreign"),
		entries: vec![],
	};
	assert_eq!(
		changed(|document| document.logs.push(foreign)),
		Error::ForeignLog(named("foreign"))
	);
	assert_eq!(
		changed(|document| document.logs.push(document.logs[1].clone())),
		Error::ForeignLog(named("records"))
	);
	assert_eq!(
		changed(|document| document.logs[0].entries = document.logs[1].entries.clone()),
		Error::EntriesMissing {
			dataset: named("scans"),
			found: 1,
			proved: 8
		}
	);
}

#[test]
fn missing_and_foreign_nodes_are_refused() {
	let number = Sample::new().document().unwrap().state.len();
	for index in 0..number {
		let error = changed(|document| drop(document.state.remove(index)));
		assert!(matches!(
			error,
			Error::State {
				at: Place::State,
				error: StateError::Incomplete(_)
			}
		));
	}
	let error = changed(|document| document.state.push(b"foreign".to_vec().into()));
	let hash = H256(sp_crypto_hashing::blake2_256(b"foreign"));
	assert_eq!(
		error,
		Error::State {
			at: Place::State,
			error: StateError::UnusedNode(hash)
		}
	);
	let twice = changed(|document| document.state.push(document.state[0].clone()));
	assert!(matches!(
		twice,
		Error::State {
			at: Place::State,
			error: StateError::DuplicateNode(_)
		}
	));
}

#[test]
fn withheld_evidence_is_refused() {
	// The trie nodes show that there is more.
	assert_eq!(
		changed(|document| {
			document.report.artifacts[0].evidence.pop();
		}),
		Error::Differs("report.artifacts[0].evidence".into())
	);
}

#[test]
fn an_unknown_format_is_refused() {
	let error = changed(|document| document.format = "kexin-report/2".into());
	assert_eq!(error, Error::Format("kexin-report/2".into()));
}

#[test]
fn making_a_report_sorts_the_logs() {
	let mut sample = Sample::new();
	let header = sample.chain.grow(sample.ledger.root());
	let finality = sample.chain.prove(&header);
	let mut logs = sample.logs();
	logs.reverse();
	let nodes = sample.ledger.nodes();
	let document = Document::assemble(sample.model, sample.chain.hash(), finality, &nodes, logs).unwrap();
	assert_eq!(document.logs, sample.logs());
	assert!(document.verify(sample.chain.hash()).is_ok());
}

#[test]
fn a_report_takes_each_node_that_it_needs_once_and_no_others() {
	let mut sample = Sample::new();
	let honest = sample.document().unwrap();
	let nodes = sample.ledger.nodes();
	assert!(honest.state.len() < nodes.len());
	let twice = [nodes.clone(), nodes].concat();
	let finality = honest.finality.clone();
	let document = Document::assemble(sample.model, sample.chain.hash(), finality, &twice, sample.logs());
	assert_eq!(document, Ok(honest));
}

#[test]
fn the_error_for_missing_nodes_names_what_they_prove() {
	let mut sample = Sample::new();
	let header = sample.chain.grow(sample.ledger.root());
	let finality = sample.chain.prove(&header);
	let error = Document::assemble(sample.model, sample.chain.hash(), finality, &[], sample.logs());
	let at = Place::State;
	let missing = StateError::Incomplete(storage_keys::artifact(&sample.model).into());
	assert_eq!(error, Err(Error::State { at, error: missing }));
}

#[test]
fn the_ancestry_names_the_logs_that_a_report_needs() {
	let sample = Sample::new();
	let state = kexin_verifier::ProvedState::new(sample.ledger.root(), &sample.ledger.nodes()).unwrap();
	let ancestry = Ancestry::walk(&state, sample.model).unwrap();
	let datasets = ancestry.datasets.iter().map(|(id, _)| *id);
	assert_eq!(datasets.collect::<Vec<_>>(), sample.datasets);
}
