//! An auditor's questions about a file.

use crate::support::{
	access_proof, json, named,
	sample::{activity, entry, Sample, COMPANY, NOW},
};
use kexin::report::{
	check::{verify, ProofFile, Questions, Refusal},
	markdown,
	page::Page,
	trusted::parse,
};
use kexin_primitives::{
	access::Outcome,
	lineage::{ActivityKind, InputRole},
	storage_keys,
	vocabulary::{Operation, Purpose},
	H256,
};
use kexin_verifier::{Document, Error, Trust};

/// The report of a sample after a change, and the genesis hash of its chain.
fn file(change: impl FnOnce(&mut Sample)) -> (ProofFile, H256) {
	let mut sample = Sample::new();
	change(&mut sample);
	let document = sample.document().unwrap();
	(ProofFile::from_bytes(&json(&document)).unwrap(), sample.chain.hash())
}

fn ask(file: &(ProofFile, H256), questions: &Questions) -> Result<(), Refusal> {
	verify(&file.0, &file.1.into(), questions).unwrap().1
}

fn recipient(id: u32) -> Questions {
	Questions {
		absent_recipients: vec![id],
		..Questions::default()
	}
}

fn purpose(purpose: Purpose) -> Questions {
	Questions {
		absent_purposes: vec![purpose],
		..Questions::default()
	}
}

#[test]
fn a_report_is_accepted_and_states_what_it_proves() {
	let (file, genesis) = file(|_| ());
	let (proved, answers) = verify(&file, &genesis.into(), &Questions::default()).unwrap();
	assert_eq!(answers, Ok(()));
	assert_eq!(proved.json["accepted"], true);
	assert_eq!(proved.json["verdict"]["status"], "compliant");
	assert_eq!(proved.json["accesses"]["forModel"], 5);
	let text = proved.lines.join("\n");
	for part in [
		"accepted",
		"compliant",
		"2027-01-15T08:00:00.000Z",
		"6 accesses to 2 datasets",
		"block 1 ",
	] {
		assert!(text.contains(part), "{part} in {text}");
	}
}

#[test]
fn an_old_report_is_refused_where_a_newer_one_is_wanted() {
	let file = file(|_| ());
	let at = |not_before| Questions {
		not_before: Some(not_before),
		..Questions::default()
	};
	assert_eq!(ask(&file, &at(NOW)), Ok(()));
	let too_old = Refusal::TooOld {
		time: NOW,
		not_before: NOW + 1,
	};
	assert_eq!(ask(&file, &at(NOW + 1)), Err(too_old.clone()));
	assert_eq!(too_old.code(), 4);
}

#[test]
fn absence_follows_from_whole_logs() {
	let file = file(|_| ());
	assert_eq!(ask(&file, &recipient(17)), Ok(()));
	assert_eq!(ask(&file, &purpose(Purpose::Marketing)), Ok(()));
	let there = ask(&file, &recipient(COMPANY)).unwrap_err();
	assert_eq!(there.code(), 5);
	assert!(
		there
			.to_string()
			.contains("6 accesses with recipient 1 in the log, 6 of them permitted"),
		"{there}"
	);
	assert!(ask(&file, &purpose(Purpose::ModelTraining)).is_err());
}

#[test]
fn a_denied_access_was_an_access() {
	let file = file(|sample| {
		let mut denied = entry("records", 1, Operation::Read, None);
		denied.event.recipient = Some(17);
		denied.event.outcome = Outcome::Denied;
		sample.ledger.record(denied);
	});
	let there = ask(&file, &recipient(17)).unwrap_err().to_string();
	assert!(
		there.contains("1 access with recipient 17 in the log, 0 of them permitted"),
		"{there}"
	);
}

#[test]
fn a_purpose_includes_those_under_it() {
	let file = file(|sample| {
		let mut trial = entry("records", 1, Operation::Read, None);
		trial.event.purpose = Some(Purpose::ClinicalTrialWithCare);
		sample.ledger.record(trial);
	});
	assert!(ask(&file, &purpose(Purpose::Research)).is_err());
	assert_eq!(ask(&file, &purpose(Purpose::BiomedicalResearch)), Ok(()));
}

#[test]
fn a_field_that_is_not_stated_could_be_anything() {
	let file = file(|sample| {
		let mut silent = entry("records", 1, Operation::Read, None);
		(silent.event.purpose, silent.event.recipient) = (None, None);
		sample.ledger.record(silent);
	});
	for (questions, field) in [(recipient(17), "recipient"), (purpose(Purpose::Marketing), "purpose")] {
		let open = ask(&file, &questions).unwrap_err().to_string();
		assert!(open.contains(&format!("1 access states no {field}")), "{open}");
	}
}

#[test]
fn absence_needs_something_in_which_to_be_absent() {
	let empty = file(|sample| {
		sample.model = named("atlas");
		sample.datasets.clear();
	});
	let (proved, answers) = verify(&empty.0, &empty.1.into(), &recipient(17)).unwrap();
	let refusal = answers.unwrap_err();
	assert_eq!((refusal.code(), refusal.name().as_str()), (5, "not-absent"));
	assert!(refusal.to_string().contains("no log"), "{refusal}");
	let text = proved.lines.join("\n");
	assert!(!text.contains("absent ") && !text.contains("none missing"), "{text}");
	assert_eq!(proved.json["complete"], false);
	assert_eq!(ask(&empty, &Questions::default()), Ok(()));
	// What an artifact behind the model was made from may have been accessed elsewhere.
	let inputs = ["scans", "twins", "atlas"].map(|word| (word, InputRole::Used));
	let from_outside = activity(ActivityKind::Training, &inputs, &["model"]);
	let from_nothing = activity(ActivityKind::Synthesis, &[], &["twins"]);
	for (name, changed, datasets) in [("train", from_outside, 2), ("imitate", from_nothing, 1)] {
		let file = file(|sample| {
			sample.ledger.put(storage_keys::activity(&named(name)), changed);
			sample.datasets.truncate(datasets);
		});
		let (proved, answers) = verify(&file.0, &file.1.into(), &recipient(17)).unwrap();
		let refusal = answers.unwrap_err();
		assert_eq!(refusal.code(), 5, "{name}");
		assert!(refusal.to_string().contains("the ledger does not know"), "{refusal}");
		assert!(!proved.lines.join("\n").contains("absent "));
		assert_eq!(proved.json["complete"], false);
	}
	// An empty log is something in which everything is absent.
	let mut sample = Sample::new();
	let proof = access_proof(&mut sample.chain, &sample.ledger, named("archive"), 0, 0);
	let file = (ProofFile::from_bytes(&json(&proof)).unwrap(), sample.chain.hash());
	assert_eq!(ask(&file, &recipient(17)), Ok(()));
}

#[test]
fn nothing_is_accepted_on_a_genesis_hash_that_only_the_node_claims() {
	let (file, genesis) = file(|_| ());
	let (proved, _) = verify(&file, &genesis.into(), &Questions::default()).unwrap();
	assert!(proved.lines[0].starts_with("accepted"));
	let claimed = proved.on_claim(genesis);
	let text = claimed.lines.join("\n");
	assert!(
		!text.contains("accepted") && text.contains(&format!("{genesis:?}")),
		"{text}"
	);
	assert!(text.contains("nothing is proved before"), "{text}");
	assert_eq!(claimed.json["accepted"], false);
}

#[test]
fn a_file_says_at_which_block_it_begins_and_at_which_later_proofs_can() {
	let mut sample = Sample::new();
	let first = sample.document().unwrap();
	let genesis = sample.chain.hash();
	let verified = |document: &Document, trust: &Trust| {
		let file = ProofFile::from_bytes(&json(document)).unwrap();
		verify(&file, trust, &Questions::default()).map(|(proved, _)| proved)
	};
	let block = first.report.block;
	let named = format!("{:?}:{}", block.hash, block.number);
	let proved = verified(&first, &genesis.into()).unwrap();
	assert_eq!(proved.json["trusted"], named);
	assert_eq!(proved.json["begins"], serde_json::Value::Null);
	assert_eq!(parse(&named).unwrap(), proved.later.unwrap());
	let line = format!("later      proofs can begin at this block: --trusted {named}");
	assert_eq!(proved.lines.last(), Some(&line));
	// What only the node claims is nothing on which later proofs could stand.
	let claimed = proved.on_claim(genesis);
	assert!(!claimed.lines.join("\n").contains("--trusted"));
	assert_eq!(
		(claimed.later, &claimed.json["trusted"]),
		(None, &serde_json::Value::Null)
	);

	let trusted = sample.chain.begin_with(&sample.chain.state());
	let header = sample.chain.grow(sample.ledger.root());
	let trust = Trust {
		block: Some(trusted),
		..genesis.into()
	};
	let finality = sample.chain.prove(&header);
	let nodes = sample.ledger.nodes();
	let document = Document::assemble(sample.model, &trust, finality, &nodes, sample.logs()).unwrap();
	let proved = verified(&document, &trust).unwrap();
	assert_eq!(proved.json["begins"], trusted.to_string());
	assert_eq!(proved.begins, Some(trusted));
	assert!(proved.lines.join("\n").contains(&format!("--trusted {trusted}")));
	let refused = verified(&document, &genesis.into()).unwrap_err();
	assert_eq!((refused.code(), refused.name()), (1, "UntrustedStart".into()));
	let page = markdown::render(&Page::new(&document, H256::zero()));
	assert!(page.contains(&format!("--trusted {trusted}")));
}

#[test]
fn a_part_of_a_log_shows_nothing_about_the_rest() {
	let mut sample = Sample::new();
	let mut proof = |first, number| {
		let proof = access_proof(&mut sample.chain, &sample.ledger, named("scans"), first, number);
		(ProofFile::from_bytes(&json(&proof)).unwrap(), sample.chain.hash())
	};
	let (all, part) = (proof(0, 5), proof(1, 3));
	assert_eq!(ask(&all, &recipient(17)), Ok(()));
	let open = ask(&part, &recipient(17)).unwrap_err();
	assert!(open.to_string().contains("3 of 5"), "{open}");
	assert_eq!(ask(&part, &Questions::default()), Ok(()));
	let text = verify(&part.0, &part.1.into(), &Questions::default())
		.unwrap()
		.0
		.lines
		.join("\n");
	assert!(
		text.contains("3 of 5 from index 1 on") && text.contains("a part of its log"),
		"{text}"
	);
	let time = Questions {
		not_before: Some(1),
		..Questions::default()
	};
	assert!(matches!(
		verify(&all.0, &all.1.into(), &time),
		Err(Refusal::Unreadable(_))
	));
}

#[test]
fn what_is_not_proved_is_refused_by_name() {
	let (file, genesis) = file(|_| ());
	let refusal = verify(&file, &named("elsewhere").into(), &Questions::default()).unwrap_err();
	assert_eq!((refusal.code(), refusal.name().as_str()), (1, "WrongGenesis"));
	let mut short = Sample::new().document().unwrap();
	short.logs[0].entries.pop();
	let short = ProofFile::from_bytes(&json(&short)).unwrap();
	let refusal = verify(&short, &genesis.into(), &Questions::default()).unwrap_err();
	assert_eq!((refusal.code(), refusal.name().as_str()), (1, "EntriesMissing"));
	assert!(matches!(
		refusal,
		Refusal::Refused(Error::EntriesMissing {
			found: 4,
			proved: 5,
			..
		})
	));
	for (text, code) in [
		("", 2),
		("{}", 2),
		("{\"format\": \"kexin-report/9\"}", 2),
		("\u{0}", 2),
	] {
		assert_eq!(
			ProofFile::from_bytes(text.as_bytes()).unwrap_err().code(),
			code,
			"{text}"
		);
	}
}
