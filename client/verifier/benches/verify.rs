//! How long a proof takes to check, and how large it is.
//!
//! `cargo bench -p kexin-verifier`. Every figure is the median of several runs, all in one process and on one core.

#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)]

#[path = "../tests/verifier/support/mod.rs"]
mod support;

use codec::Encode;
use kexin_primitives::{
	access::LogEntry,
	storage_keys,
	subject::{Enrolled, Subject, SubjectConsent},
	vocabulary::Operation,
	Versioned, H256,
};
use kexin_verifier::{access::leaves, report::Consents, AccessProof, Bytes, Document, Proof};
use sp_crypto_hashing::{blake2_256, twox_128};
use std::{
	hint::black_box,
	time::{Duration, Instant},
};
use support::{
	access_proof,
	chain::{voters, Chain},
	ledger::Ledger,
	named,
	sample::{self, Sample},
};

const EVENTS: u32 = 1_000_000;

/// `number` entries, as a ledger has them.
fn entries(number: u32) -> impl Iterator<Item = LogEntry> {
	(0..number).map(|number| {
		let mut entry = sample::entry("scans", 5, Operation::Train, Some("train"));
		entry.event.source = H256(blake2_256(&number.to_le_bytes()));
		entry.event.occurred += u64::from(number);
		entry.recorded += u64::from(number / 1_000);
		entry
	})
}

/// The state of a ledger in use, with this many datasets that have logs.
fn ledger(datasets: u32) -> Ledger {
	let mut ledger = Ledger::default();
	let pallets =
		"System Timestamp Babe Authorship Balances TransactionPayment Council Members Offences Historical Session \
	               Grandpa Governance Utility Consent Lineage Annotation Access";
	for pallet in pallets.split_whitespace() {
		for item in ["First", "Second", "Third", "Fourth"] {
			let key = [twox_128(pallet.as_bytes()), twox_128(item.as_bytes())].concat();
			ledger.put_raw(key, vec![1; 40]);
		}
	}
	ledger.put(storage_keys::dataset(&named("scans")), sample::dataset());
	for number in 0..datasets {
		let id = named(&format!("dataset {number}"));
		let mut entry = sample::entry("scans", 0, Operation::Read, None);
		entry.dataset = id;
		ledger.record(entry);
		ledger.put(storage_keys::dataset(&id), sample::dataset());
	}
	ledger
}

fn median(runs: usize, mut run: impl FnMut()) -> Duration {
	let time = |_| {
		let start = Instant::now();
		run();
		start.elapsed()
	};
	let mut times = (0..runs).map(time).collect::<Vec<_>>();
	times.sort();
	times[runs / 2]
}

fn micros(duration: Duration) -> f64 {
	duration.as_secs_f64() * 1e6
}

fn per_second(number: u32, duration: Duration) -> f64 {
	f64::from(number) / duration.as_secs_f64() / 1e6
}

fn length(parts: &[Bytes]) -> usize {
	parts.iter().map(|part| part.0.len()).sum()
}

/// The bytes of a proof of finality, without the hex and the names.
fn finality_length(proof: &AccessProof) -> usize {
	let finality = &proof.finality;
	let handovers = finality.handovers.iter();
	let handovers: usize = handovers
		.map(|handover| handover.header.0.len() + handover.justification.as_ref().map_or(0, |bytes| bytes.0.len()))
		.sum();
	finality.genesis.as_ref().map_or(0, |header| header.0.len())
		+ length(&finality.authorities)
		+ handovers
		+ length(&finality.headers)
		+ finality.justification.0.len()
}

fn json_length(value: &impl serde::Serialize) -> usize {
	serde_json::to_vec(value).expect("a proof is JSON").len()
}

fn one_event(ledger: &Ledger, number: u16, handovers: u16) {
	let mut chain = Chain::new(voters(0..number));
	for handover in 1..=handovers {
		chain.hand_over(voters(handover..handover + number));
	}
	let proof = access_proof(&mut chain, ledger, named("scans"), 123_456, 1);
	let genesis = chain.hash();
	let check = median(201, || assert!(black_box(&proof).verify(genesis).is_ok()));
	println!(
		"one event, {number} voters, {handovers} handovers: {:.0} µs; {} bytes, JSON {}",
		micros(check),
		finality_length(&proof) + log_length(&proof) + length(&proof.state),
		json_length(&proof),
	);
}

/// The bytes of the entries and the hashes beside them.
fn log_length(proof: &AccessProof) -> usize {
	proof.entries.encode().len() + 32 * proof.hashes.len()
}

fn sizes(ledger: &Ledger, datasets: u32) {
	let proof = access_proof(&mut Chain::new(voters(0..4)), ledger, named("scans"), 123_456, 1);
	println!(
		"one event of {EVENTS} without finality, {datasets} datasets: entry and {} hashes {} bytes (JSON {}), \
		 {} state nodes {} bytes (JSON {})",
		proof.hashes.len(),
		log_length(&proof),
		json_length(&proof.entries) + json_length(&proof.hashes),
		proof.state.len(),
		length(&proof.state),
		json_length(&proof.state),
	);
}

fn whole_log(ledger: &Ledger) {
	let mut chain = Chain::new(voters(0..4));
	let proof = access_proof(&mut chain, ledger, named("scans"), 0, EVENTS as usize);
	let genesis = chain.hash();
	let check = median(5, || {
		let proved = black_box(&proof).verify(genesis).expect("the proof is honest");
		assert!(proved.complete);
	});

	// The same bytes, laid out beforehand, so that only hashing remains.
	let mut inputs = Vec::new();
	let mut ends = Vec::new();
	for entry in &proof.entries {
		inputs.push(0);
		Versioned::V1(*entry).encode_to(&mut inputs);
		ends.push(inputs.len());
	}
	let hash = median(5, || {
		let mut start = 0;
		for end in &ends {
			black_box(blake2_256(&inputs[start..*end]));
			start = *end;
		}
		for pair in 1..EVENTS {
			black_box(blake2_256(black_box(&[pair as u8; 65])));
		}
	});
	let leaf = median(5, || drop(black_box(leaves(&proof.entries))));
	let naive = median(3, || {
		drop(black_box(proof.entries.iter().map(LogEntry::leaf).collect::<Vec<_>>()))
	});
	println!(
		"a complete log of {EVENTS}: {:.2} million events/s; bare hashing of the same {} MB: {:.2} million events/s; \
		 ratio {:.2}",
		per_second(EVENTS, check),
		(inputs.len() + 65 * EVENTS as usize) / 1_000_000,
		per_second(EVENTS, hash),
		hash.as_secs_f64() / check.as_secs_f64(),
	);
	println!(
		"leaf hashes alone: {:.2} million events/s; one by one with `LogEntry::leaf`: {:.2}",
		per_second(EVENTS, leaf),
		per_second(EVENTS, naive),
	);
}

fn whole_report() {
	let number = 100_000;
	let mut sample = Sample::new();
	sample.ledger.record_all(named("scans"), entries(number));
	let document = sample.document().expect("the report is made");
	let genesis = sample.chain.hash();
	let file = serde_json::to_vec(&document).expect("a document is JSON");
	let check = median(5, || assert!(document.verify(genesis).is_ok()));
	let read = median(5, || assert!(matches!(Proof::from_json(&file), Ok(Proof::Report(_)))));
	println!(
		"a report with {number} events ({} MB): read in {:.0} ms, checked in {:.0} ms",
		file.len() / 1_000_000,
		micros(read) / 1e3,
		micros(check) / 1e3,
	);
}

/// Reports with the consents of this many persons, each of whom one access was about.
fn consents(persons: u32) {
	let mut sample = Sample::new();
	let person = |number: u32| H256(blake2_256(&[&b"person"[..], &number.to_le_bytes()].concat()));
	let accesses = entries(persons).zip(0..).map(|(mut entry, number)| {
		entry.rules.spec_version = 1;
		entry.event.subject = Some(person(number));
		entry.event.occurred = entry.recorded - 1_000;
		entry
	});
	sample.ledger.record_all(named("scans"), accesses);
	for number in 0..persons {
		let consent = SubjectConsent {
			document: person(number),
			scope: Versioned::V1(sample::dataset().cohort.latest().clone()),
			recorded: 0,
		};
		let enrolled = Enrolled {
			dataset: named("scans"),
			under: person(number),
			recorded: 0,
		};
		let subject = Subject {
			consents: vec![consent].try_into().unwrap(),
			datasets: vec![enrolled].try_into().unwrap(),
			..Subject::default()
		};
		sample
			.ledger
			.put(storage_keys::subject(&person(number), sample::HOSPITAL), subject);
	}
	let header = sample.chain.grow(sample.ledger.root());
	let (genesis, nodes) = (sample.chain.hash(), sample.ledger.nodes());
	let [without, with] = [Consents::None, Consents::All].map(|consents| {
		let finality = sample.chain.prove(&header);
		let document = Document::assemble_with(consents, sample.model, genesis, finality, &nodes, sample.logs())
			.expect("it is proved");
		let size = serde_json::to_vec(&document).expect("a document is JSON").len();
		let check = median(3, || assert!(document.verify(genesis).is_ok()));
		let (_, judgements) = document.judge(genesis).expect("it is proved");
		(size, check, judgements.again)
	});
	println!(
		"{persons} accesses to the data of as many persons: {} kB, checked in {:.0} ms; with their consents {} kB, checked in \
		 {:.0} ms, {} judged again; ratio of sizes {:.2}, of times {:.2}, {} bytes a person",
		without.0 / 1_000,
		micros(without.1) / 1e3,
		with.0 / 1_000,
		micros(with.1) / 1e3,
		with.2,
		with.0 as f64 / without.0 as f64,
		with.1.as_secs_f64() / without.1.as_secs_f64(),
		(with.0 - without.0) / persons as usize,
	);
}

fn main() {
	// `cargo test --all-targets` runs benchmarks too, to check that they run.
	if !std::env::args().any(|argument| argument == "--bench") {
		return;
	}
	let mut large = ledger(100);
	large.record_all(named("scans"), entries(EVENTS));
	for (voters, handovers) in [(4, 0), (4, 3), (100, 0), (100, 3)] {
		one_event(&large, voters, handovers);
	}
	sizes(&large, 100);
	let mut alone = ledger(0);
	alone.record_all(named("scans"), entries(EVENTS));
	sizes(&alone, 1);
	drop(alone);
	whole_log(&large);
	whole_report();
	for persons in [1_000, 100_000] {
		consents(persons);
	}
}
