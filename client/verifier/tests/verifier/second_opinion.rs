//! How an implementation that shares no code with this one judges the same proofs.
//!
//! smoldot is stricter in one point: it refuses an equivocation, which GRANDPA counts once.

use crate::support::{
	chain::{vote, voters, Chain, Justification},
	ledger::Ledger,
	named,
	sample::{entry, Sample},
};
use codec::Encode;
use kexin_primitives::{storage_keys, vocabulary::Operation, H256};
use kexin_verifier::{
	finality::Voters,
	header::{Change, Header},
	Bytes, ProvedState, ReadState,
};
use proptest::prelude::*;
use smoldot::{
	finality::verify::{verify_justification, JustificationVerifyConfig},
	trie::proof_decode::{decode_and_verify_proof, Config},
};
use std::collections::{BTreeMap, BTreeSet};

/// Whether smoldot accepts a justification of the block by the chain's voters.
fn smoldot_takes(chain: &Chain, header: &Header, justification: &[u8]) -> bool {
	let ids = chain.keys.iter().map(crate::support::chain::id).collect::<Vec<_>>();
	let target = smoldot::finality::decode::decode_grandpa_justification(justification, 4).is_ok_and(|decoded| {
		*decoded.target_hash == header.hash().0 && decoded.target_number == u64::from(header.number)
	});
	target
		&& verify_justification(JustificationVerifyConfig {
			justification,
			block_number_bytes: 4,
			authorities_set_id: chain.set_id,
			authorities_list: ids.iter().map(|id| &id[..]),
			randomness_seed: [1; 32],
		})
		.is_ok()
}

fn we_take(chain: &Chain, header: &Header, justification: &[u8]) -> bool {
	let mut finality = chain.prove(header);
	finality.justification = Bytes(justification.to_vec());
	finality.verify(chain.hash()).is_ok()
}

#[track_caller]
fn agree(chain: &Chain, header: &Header, justification: &[u8], taken: bool) {
	assert_eq!(we_take(chain, header, justification), taken);
	assert_eq!(smoldot_takes(chain, header, justification), taken);
}

#[test]
fn honest_justifications_are_accepted_by_both() {
	for number in [1, 4, 7] {
		let mut chain = Chain::new(voters(0..number));
		chain.hand_over(voters(number..2 * number));
		let header = chain.grow(H256::zero());
		agree(&chain, &header, &chain.justify(&header).encode(), true);
	}
	let mut chain = Chain::new(voters(0..4));
	let headers = (0..3).map(|_| chain.grow(H256::zero())).collect::<Vec<_>>();
	let votes = headers
		.iter()
		.zip(&chain.keys)
		.map(|(header, key)| vote(key, header, 9, 0));
	let later = chain.justify_by(&headers[0], votes.collect(), headers[1..].to_vec());
	agree(&chain, &headers[0], &later.encode(), true);
}

#[test]
fn an_equivocation_is_counted_here_and_not_by_smoldot() {
	let mut chain = Chain::new(voters(0..4));
	let (header, later) = (chain.grow(H256::zero()), chain.grow(H256::zero()));
	let votes = [(0, &header), (1, &header), (2, &header), (2, &later)];
	let votes = votes
		.into_iter()
		.map(|(voter, header)| vote(&chain.keys[voter], header, 9, 0));
	let justification = chain.justify_by(&header, votes.collect(), vec![later.clone()]).encode();
	assert!(we_take(&chain, &header, &justification));
	assert!(!smoldot_takes(&chain, &header, &justification));
}

/// The headers of a justification, by which GRANDPA's own code counts its votes.
struct Headers(BTreeMap<H256, Header>);

impl finality_grandpa::Chain<H256, u32> for Headers {
	fn ancestry(&self, base: H256, block: H256) -> Result<Vec<H256>, finality_grandpa::Error> {
		let mut route = Vec::new();
		let mut hash = block;
		while hash != base {
			let header = self.0.get(&hash).ok_or(finality_grandpa::Error::NotDescendent)?;
			hash = header.parent_hash;
			route.push(hash);
		}
		route.pop();
		Ok(route)
	}
}

/// Whether GRANDPA's own code counts enough votes. It takes signatures and the numbers of blocks for granted.
fn grandpa_takes(chain: &Chain, justification: &Justification) -> bool {
	let voters = chain.keys.iter().map(|key| (crate::support::chain::id(key), 1u64));
	let voters = finality_grandpa::voter_set::VoterSet::new(voters).unwrap();
	let headers = justification.votes_ancestries.iter();
	let headers = Headers(headers.map(|header| (header.hash(), header.clone())).collect());
	let result = finality_grandpa::validate_commit(&justification.commit, &voters, &headers);
	result.is_ok_and(|result| result.is_valid())
}

/// Trees of blocks, each with the number of its parent among those before it, and votes of seven voters for some.
fn tree() -> impl Strategy<Value = (Vec<usize>, Vec<(usize, usize)>, usize)> {
	let parents = (1..7usize).prop_flat_map(|size| {
		(0..size)
			.map(|number| 0..number.max(1))
			.collect::<Vec<std::ops::Range<usize>>>()
	});
	let votes = proptest::collection::vec((0..7usize, 0..7usize), 4..9);
	(parents, votes, 0..7usize)
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(1_000))]

	#[test]
	fn votes_are_counted_as_grandpa_counts_them((parents, votes, target) in tree()) {
		let root = Chain::new(voters(0..7));
		let mut blocks: Vec<Header> = Vec::new();
		for (number, parent) in parents.iter().enumerate() {
			let mut chain = root.clone();
			if number > 0 {
				chain.tip = blocks[*parent].clone();
			}
			blocks.push(chain.grow(named(&number.to_string())));
		}
		let at = |number: usize| &blocks[number % blocks.len()];
		let mut cast = BTreeMap::<usize, BTreeSet<usize>>::new();
		for (voter, block) in votes {
			let of = cast.entry(voter).or_default();
			if of.len() < 2 {
				of.insert(block % blocks.len());
			}
		}
		let equivocations = cast.values().filter(|blocks| blocks.len() > 1).count();
		// With more of them than GRANDPA bears, it takes any branch.
		prop_assume!(equivocations < 3);
		let cast = cast.iter().flat_map(|(voter, blocks)| blocks.iter().map(move |block| (*voter, *block)));
		let votes = cast.map(|(voter, block)| vote(&root.keys[voter], at(block), 9, 0)).collect::<Vec<_>>();
		let lowest = votes.iter().map(|vote| vote.precommit.target_number).min().unwrap();
		let hashes = blocks.iter().map(|block| (block.hash(), block)).collect::<BTreeMap<_, _>>();
		let mut needed = BTreeMap::new();
		for vote in &votes {
			let mut block = hashes[&vote.precommit.target_hash];
			while block.number > lowest {
				needed.insert(block.hash(), block.clone());
				block = hashes[&block.parent_hash];
			}
		}
		let justification = root.justify_by(at(target), votes, needed.into_values().collect());
		let taken = we_take(&root, at(target), &justification.encode());
		prop_assert_eq!(taken, grandpa_takes(&root, &justification));
	}
}

#[test]
fn forged_justifications_are_accepted_by_neither() {
	let mut chain = Chain::new(voters(0..4));
	let headers = (0..3).map(|_| chain.grow(H256::zero())).collect::<Vec<_>>();
	let stranger = &voters(9..10)[0];
	let refused = |change: &dyn Fn(&mut Justification)| {
		let votes = headers
			.iter()
			.zip(&chain.keys)
			.map(|(header, key)| vote(key, header, 9, 0));
		let mut justification = chain.justify_by(&headers[0], votes.collect(), headers[1..].to_vec());
		change(&mut justification);
		agree(&chain, &headers[0], &justification.encode(), false);
	};
	refused(&|justification| justification.round += 1);
	refused(&|justification| justification.commit.precommits.truncate(2));
	refused(&|justification| drop(justification.votes_ancestries.pop()));
	refused(&|justification| justification.votes_ancestries.push(headers[0].clone()));
	refused(&|justification| justification.commit.precommits[0].signature[3] ^= 1);
	refused(&|justification| justification.commit.precommits[1] = justification.commit.precommits[0].clone());
	refused(&|justification| justification.commit.precommits[1] = vote(stranger, &headers[0], 9, 0));
	refused(&|justification| justification.commit.precommits[1] = vote(&chain.keys[1], &headers[1], 9, 1));
	refused(&|justification| justification.commit.target_hash = headers[1].hash());
	refused(&|justification| justification.votes_ancestries[0].state_root = named("forged"));
}

#[test]
fn damaged_justifications_are_accepted_by_neither() {
	let mut chain = Chain::new(voters(0..4));
	let header = chain.grow(H256::zero());
	let honest = chain.justify(&header).encode();
	for at in 0..honest.len() {
		let mut damaged = honest.clone();
		damaged[at] ^= 1 << (at % 8);
		agree(&chain, &header, &damaged, false);
	}
}

#[test]
fn both_hash_headers_alike_and_read_the_same_announcement() {
	let mut chain = Chain::new(voters(0..4));
	let keys = voters(10..14);
	let header = chain.hand_over(keys.clone());
	let bytes = header.encode();
	let decoded = smoldot::header::decode(&bytes, 4).unwrap();
	assert_eq!(decoded.hash(4), header.hash().0);
	assert_eq!((decoded.number, *decoded.state_root), (1, header.state_root.0));
	let announced = decoded.digest.logs().find_map(|item| match item {
		smoldot::header::DigestItemRef::GrandpaConsensus(smoldot::header::GrandpaConsensusLogRef::ScheduledChange(
			change,
		)) => {
			let voters = change
				.next_authorities
				.map(|voter| (*voter.public_key, voter.weight.get()));
			Some((voters.collect::<Voters>(), change.delay))
		},
		_ => None,
	});
	let Some((voters, 0)) = announced else {
		panic!("not announced at once: {announced:?}");
	};
	assert_eq!(header.change(), Ok(Some(Change::HandOver(voters))));
}

/// What smoldot reads under a key; none when the trie nodes don't prove it.
fn smoldot_reads(root: H256, nodes: &[Bytes], key: &[u8]) -> Option<Option<Vec<u8>>> {
	let nodes = nodes.iter().map(|node| node.0.clone()).collect::<Vec<_>>();
	let proof = decode_and_verify_proof(Config { proof: nodes.encode() }).ok()?;
	let value = proof.storage_value(&root.0, key).ok()?;
	Some(value.map(|(value, _)| value.to_vec()))
}

fn we_read(root: H256, nodes: &[Bytes], key: &[u8]) -> Option<Option<Vec<u8>>> {
	let state = ProvedState::new(root, nodes).ok()?;
	let value = state.get(key).ok()?;
	state.every_node_used().ok()?;
	Some(value)
}

#[test]
fn both_read_the_same_values() {
	let sample = Sample::new();
	let (root, all) = (sample.ledger.root(), sample.ledger.nodes());
	let model = named("model");
	for (key, there) in [
		(storage_keys::log(&named("scans")), true),
		(storage_keys::dataset(&named("scans")), true),
		(storage_keys::artifact(&model), true),
		(storage_keys::activity(&named("train")), true),
		(storage_keys::evidence(&model, 2), true),
		(storage_keys::member(0), true),
		(storage_keys::now(), true),
		(storage_keys::artifact(&named("unheard of")), false),
		(storage_keys::member(7), false),
		(storage_keys::evidence_of(&model), false),
		(vec![], false),
	] {
		let nodes = sample.ledger.prove(|state| drop(state.get(&key)));
		let value = we_read(root, &nodes, &key).expect("the trie nodes prove it");
		assert_eq!(value.is_some(), there);
		assert_eq!(smoldot_reads(root, &nodes, &key), Some(value.clone()));
		assert_eq!(smoldot_reads(root, &all, &key), Some(value));

		for at in 0..nodes.len() {
			let mut missing = nodes.clone();
			missing.remove(at);
			let mut damaged = nodes.clone();
			damaged[at].0[0] ^= 1;
			for nodes in [missing, damaged] {
				assert_eq!(we_read(root, &nodes, &key), None);
				assert_eq!(smoldot_reads(root, &nodes, &key), None);
			}
		}
	}
}

#[test]
fn both_list_the_same_evidence() {
	let sample = Sample::new();
	let root = sample.ledger.root();
	let prefix = storage_keys::evidence_of(&sample.model);
	let nodes = sample.ledger.prove(|state| drop(state.prefix(&prefix)));
	let ours = ProvedState::new(root, &nodes).unwrap().prefix(&prefix).unwrap();
	let nodes = nodes.iter().map(|node| node.0.clone()).collect::<Vec<_>>();
	let proof = decode_and_verify_proof(Config { proof: nodes.encode() }).unwrap();
	let theirs = proof
		.iter_runtime_context_ordered()
		.filter(|(entry, _)| entry.key.starts_with(&prefix));
	let theirs = theirs.filter_map(|(entry, value)| match value {
		smoldot::trie::proof_decode::StorageValue::Known { value, .. } => Some((entry.key, value.to_vec())),
		_ => None,
	});
	assert_eq!(ours.len(), 2);
	assert_eq!(ours, theirs.collect::<Vec<_>>());
}

#[test]
fn a_proof_of_a_log_is_read_by_both() {
	let mut ledger = Ledger::with_filler(1_000);
	for number in 0..100 {
		ledger.record(entry("scans", number, Operation::Train, None));
	}
	let key = storage_keys::log(&named("scans"));
	let nodes = ledger.prove(|state| drop(state.get(&key)));
	let value = we_read(ledger.root(), &nodes, &key);
	assert_eq!(value, smoldot_reads(ledger.root(), &nodes, &key));
	assert!(value.flatten().is_some());
}
