//! Honest proofs of accesses.

use crate::support::{
	access_proof,
	chain::{voters, Chain},
	json,
	ledger::Ledger,
	named,
	sample::{dataset, entry, Sample},
};
use kexin_primitives::{storage_keys, vocabulary::Operation};
use kexin_verifier::{AccessProof, Proof};

/// A chain, and a ledger with one log of `entries` entries.
fn with_log(entries: u8) -> (Chain, Ledger) {
	let mut ledger = Ledger::with_filler(200);
	for word in ["scans", "archive"] {
		ledger.put(storage_keys::dataset(&named(word)), dataset());
	}
	for number in 0..entries {
		ledger.record(entry("scans", number, Operation::Train, Some("train")));
	}
	(Chain::new(voters(0..4)), ledger)
}

#[track_caller]
fn assert_proved(proof: &AccessProof, chain: &Chain, complete: bool) {
	let proved = proof.verify(chain.hash()).unwrap();
	assert_eq!(proved.complete, complete);
	assert_eq!(
		(proved.dataset, proved.count, proved.first),
		(proof.dataset, proof.count, proof.first)
	);
	assert_eq!(proved.entries, proof.entries);
	assert_eq!(
		(proved.block.hash, proved.block.number),
		(proof.block.hash, proof.block.number)
	);
	let Ok(Proof::Access(read)) = Proof::from_json(&json(proof)) else {
		panic!("the file is read");
	};
	assert_eq!(*read, *proof);
}

#[test]
fn one_event_is_proved() {
	for count in [1, 2, 3, 7, 20] {
		let (mut chain, ledger) = with_log(count);
		for first in 0..usize::from(count) {
			let proof = access_proof(&mut chain, &ledger, named("scans"), first, 1);
			assert_proved(&proof, &chain, count == 1);
		}
	}
}

#[test]
fn every_range_is_proved_and_the_whole_log_is_complete() {
	let count = 11;
	let (mut chain, ledger) = with_log(count as u8);
	for first in 0..count {
		for number in 1..=count - first {
			let proof = access_proof(&mut chain, &ledger, named("scans"), first, number);
			assert_proved(&proof, &chain, number == count);
		}
	}
}

#[test]
fn a_log_without_entries_is_complete_and_shows_that_nothing_was_recorded() {
	let (mut chain, ledger) = with_log(3);
	let proof = access_proof(&mut chain, &ledger, named("archive"), 0, 0);
	assert_eq!(proof.count, 0);
	assert_proved(&proof, &chain, true);
}

#[test]
fn an_empty_part_of_a_longer_log_is_not_complete() {
	let (mut chain, ledger) = with_log(3);
	let proof = access_proof(&mut chain, &ledger, named("scans"), 0, 0);
	assert_proved(&proof, &chain, false);
}

#[test]
fn a_proof_is_made_from_the_answers_of_a_node() {
	let (mut chain, ledger) = with_log(7);
	for (first, number) in [(0, 7), (3, 2), (0, 0)] {
		let proof = access_proof(&mut chain, &ledger, named("scans"), first, number);
		let nodes = [ledger.nodes(), ledger.nodes()].concat();
		let assemble = |entries: Vec<_>| {
			let hashes = proof.hashes.clone();
			let finality = proof.finality.clone();
			AccessProof::assemble(
				chain.hash(),
				finality,
				&nodes,
				proof.dataset,
				proof.first,
				entries,
				hashes,
			)
		};
		assert_eq!(assemble(proof.entries.clone()), Ok(proof.clone()));
		let mut forged = proof.entries.clone();
		forged.push(entry("scans", 9, Operation::Train, None));
		assert!(assemble(forged).is_err());
	}
}

#[test]
fn a_complete_log_shows_who_did_not_access_the_data() {
	let mut sample = Sample::new();
	let proof = access_proof(&mut sample.chain, &sample.ledger, named("scans"), 0, 5);
	let proved = proof.verify(sample.chain.hash()).unwrap();
	let by = |member| {
		proved
			.entries
			.iter()
			.filter(move |entry| entry.event.recipient == Some(member))
	};
	assert!(proved.complete && by(crate::support::sample::AUDITOR).count() == 0);
	assert_eq!(by(crate::support::sample::COMPANY).count(), 5);
}
