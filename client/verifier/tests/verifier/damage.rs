//! Damaged files are refused, whatever the damage, and nothing panics.

use crate::support::{
	access_proof,
	chain::{vote, vote_for, voters, Chain},
	json,
	ledger::Ledger,
	mutate::Numbers,
	named,
	sample::Sample,
};
use codec::Encode;
use finality_grandpa::Precommit;
use kexin_primitives::H256;
use kexin_verifier::{
	error::{Error, JustificationError},
	header::Header,
	report::Ancestry,
	Bytes, Proof, ProvedState, ReadState,
};
use proptest::prelude::*;
use sp_crypto_hashing::blake2_256;

fn verify(proof: &Proof, genesis: H256) -> Result<(), Error> {
	match proof {
		Proof::Access(proof) => proof.verify(genesis).map(drop),
		Proof::Report(document) => document.verify(genesis).map(drop),
	}
}

/// Changes one byte of the file, ten thousand times. If the result reads as something else, it is refused.
fn flip_bytes(file: &[u8], genesis: H256, seed: u64) {
	let honest = Proof::from_json(file).unwrap();
	assert_eq!(verify(&honest, genesis), Ok(()));
	let mut numbers = Numbers::new(seed);
	let mut read_as_other = 0;
	for _ in 0..10_000 {
		let mut damaged = file.to_vec();
		let at = numbers.below(file.len());
		// One bit, another character of JSON, or any other byte.
		damaged[at] = match numbers.below(3) {
			0 => damaged[at] ^ 1 << numbers.below(8),
			1 => file[numbers.below(file.len())],
			_ => numbers.below(256) as u8,
		};
		let Ok(proof) = Proof::from_json(&damaged) else {
			continue;
		};
		if proof == honest {
			continue;
		}
		read_as_other += 1;
		let result = verify(&proof, genesis);
		assert!(
			result.is_err(),
			"the byte at {at} was changed from {} to {}",
			file[at],
			damaged[at]
		);
	}
	assert!(read_as_other > 2_000, "only {read_as_other} changes were read");
}

fn small() -> Sample {
	Sample::on(Chain::new(voters(0..4)), Ledger::default())
}

#[test]
fn ten_thousand_changed_bytes_of_a_report() {
	let mut sample = small();
	sample.chain.hand_over(voters(4..8));
	let document = sample.document().unwrap();
	flip_bytes(&json(&document), sample.chain.hash(), 1);
}

#[test]
fn ten_thousand_changed_bytes_of_an_access_proof() {
	let mut sample = small();
	sample.chain.hand_over(voters(4..8));
	for (number, seed) in [(5, 2), (1, 3)] {
		let proof = access_proof(&mut sample.chain, &sample.ledger, named("scans"), 0, number);
		flip_bytes(&json(&proof), sample.chain.hash(), seed);
	}
	// Final by votes for a later block, one of which is an equivocation.
	let mut proof = access_proof(&mut sample.chain, &sample.ledger, named("scans"), 1, 1);
	let block = sample.chain.tip.clone();
	let (next, last) = (sample.chain.grow(H256::zero()), sample.chain.grow(H256::zero()));
	let votes = [(0, &next), (1, &next), (2, &next), (2, &last)];
	let votes = votes.map(|(voter, header)| vote(&sample.chain.keys[voter], header, 9, 1));
	let justification = sample.chain.justify_by(&next, votes.to_vec(), vec![last]);
	proof.finality = sample.chain.finality([&block, &next], &justification);
	flip_bytes(&json(&proof), sample.chain.hash(), 4);
}

#[test]
fn files_cut_off_anywhere() {
	let mut sample = small();
	let file = json(&sample.document().unwrap());
	for end in (0..file.len()).step_by(97) {
		assert!(
			matches!(Proof::from_json(&file[..end]), Err(Error::Json(_))),
			"cut off at {end}"
		);
	}
}

/// Reads everything that a report or a proof reads.
fn read_all(state: &ProvedState, ids: &[H256]) {
	for id in ids {
		let _ = (
			state.log(id),
			state.dataset(id),
			state.artifact(id),
			state.activity(id),
			state.evidence(id),
		);
		let _ = Ancestry::walk(state, *id);
	}
	let _ = (state.now(), state.member(0), state.prefix(&[]), state.get(&[]));
}

/// The difference between the number in a vote and that of the block.
fn shifts() -> impl Strategy<Value = i64> {
	prop_oneof![Just(0), -2..3i64, Just(i64::from(u32::MAX))]
}

proptest! {
	#[test]
	fn any_bytes_are_no_proof(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
		prop_assert!(Proof::from_json(&bytes).is_err());
	}

	#[test]
	fn any_bytes_are_read_as_a_header_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
		if let Ok(header) = Header::from_bytes(&bytes) {
			prop_assert_eq!(header.encode(), bytes);
			let _ = header.change();
		}
	}

	#[test]
	fn any_bytes_are_no_justification(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
		let mut chain = Chain::new(voters(0..1));
		let header = chain.grow(H256::zero());
		let mut finality = chain.prove(&header);
		finality.justification = Bytes(bytes);
		prop_assert!(finality.verify(chain.hash()).is_err());
	}

	/// Signed votes that contradict each other come from voters who conspire, or who belong to the attacker.
	#[test]
	fn any_votes_are_judged_without_panic(
		numbers in proptest::collection::vec((0..4usize, 0..7usize, shifts()), 0..8),
		shown in proptest::collection::vec(0..7usize, 0..8),
		target in 0..7usize,
	) {
		let mut chain = Chain::new(voters(0..4));
		let mut headers = (0..4).map(|_| chain.grow(H256::zero())).collect::<Vec<_>>();
		let mut branch = chain.clone();
		branch.tip = headers[1].clone();
		headers.extend((0..3).map(|_| branch.grow(H256::repeat_byte(1))));
		let votes = numbers.iter().map(|(voter, at, shift)| {
			let number = (i64::from(headers[*at].number) + shift).clamp(0, i64::from(u32::MAX)) as u32;
			vote_for(&chain.keys[*voter], Precommit::new(headers[*at].hash(), number), 9, 0)
		});
		let shown = shown.iter().map(|at| headers[*at].clone()).collect();
		let justification = chain.justify_by(&headers[target], votes.collect(), shown);
		let finality = chain.finality(&headers[target..=target], &justification);
		if finality.verify(chain.hash()).is_ok() {
			let voters = numbers.iter().map(|(voter, ..)| voter).collect::<std::collections::BTreeSet<_>>();
			prop_assert!(voters.len() >= 3);
		}
	}

	/// A state root that does not commit to a trie comes from voters who conspire, or who belong to the attacker.
	#[test]
	fn any_nodes_are_read_without_panic(
		nodes in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 1..4),
		id in any::<[u8; 32]>(),
	) {
		let root = H256(blake2_256(&nodes[0]));
		let nodes = nodes.into_iter().map(Bytes).collect::<Vec<_>>();
		if let Ok(state) = ProvedState::new(root, &nodes) {
			read_all(&state, &[H256(id)]);
		}
	}

	#[test]
	fn damaged_tries_are_read_without_panic(
		changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
	) {
		thread_local! {
			static HONEST: (H256, Vec<Bytes>) = {
				let sample = small();
				(sample.ledger.root(), sample.ledger.nodes())
			};
		}
		let (root, mut nodes) = HONEST.with(Clone::clone);
		// The root node is damaged, so the nodes below it are reached in unusual ways.
		let top = nodes.iter_mut().find(|node| H256(blake2_256(node.as_ref())) == root).unwrap();
		for (at, byte) in changes {
			let at = at.index(top.0.len());
			top.0[at] = byte;
		}
		let root = H256(blake2_256(top.as_ref()));
		if let Ok(state) = ProvedState::new(root, &nodes) {
			read_all(&state, &[named("scans"), named("model"), named("records")]);
		}
	}
}

#[test]
fn a_vote_for_the_largest_number_does_not_overflow() {
	let chain = Chain::new(voters(0..1));
	let mut header = chain.genesis.clone();
	header.number = u32::MAX;
	let error = chain.prove(&header).verify(chain.hash());
	assert!(matches!(
		error,
		Err(Error::Justification {
			error: JustificationError::Ancestry,
			..
		})
	));
}
