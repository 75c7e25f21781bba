//! From the genesis hash to a final block: what is accepted, and everything that is refused.

use crate::support::{
	chain::{announcement, restart, vote, vote_for, voters, Chain, Justification},
	named,
};
use codec::Encode;
use ed25519_zebra::SigningKey;
use finality_grandpa::Precommit;
use kexin_primitives::H256;
use kexin_verifier::{
	error::{Error, HeaderError, JustificationError, Place, StateError},
	finality::{RestartBlock, Voters},
	header::{DigestItem, Header},
	FinalBlock, Finality, Trust,
};

const ROOT: H256 = H256::repeat_byte(9);

fn four() -> Chain {
	Chain::new(voters(0..4))
}

/// Votes by these voters for these blocks.
fn votes(chain: &Chain, targets: &[(usize, &Header)]) -> Vec<crate::support::chain::Vote> {
	let vote = |(voter, target): &(usize, &Header)| vote(&chain.keys[*voter], target, 9, chain.set_id);
	targets.iter().map(vote).collect()
}

#[track_caller]
fn assert_final(finality: &Finality, chain: &Chain, header: &Header) {
	let expected = FinalBlock {
		hash: header.hash(),
		number: header.number,
		state_root: header.state_root,
		set_id: chain.set_id,
		settled: true,
	};
	assert_eq!(finality.verify(chain.hash()), Ok(expected));
}

#[track_caller]
fn assert_justification(finality: &Finality, chain: &Chain, error: JustificationError) {
	let at = Place::Justification;
	assert_eq!(finality.verify(chain.hash()), Err(Error::Justification { at, error }));
}

/// The proof of finality of a new block with these votes.
fn voted(chain: &mut Chain, change: impl FnOnce(&Chain, &Header, &mut Justification)) -> Finality {
	let header = chain.grow(ROOT);
	let mut justification = chain.justify(&header);
	change(chain, &header, &mut justification);
	chain.finality(&[header], &justification)
}

#[test]
fn a_block_is_final_after_any_number_of_handovers() {
	for handovers in [0u16, 1, 3] {
		let mut chain = four();
		for number in 1..=handovers {
			chain.grow(ROOT);
			// Some voters stay and some leave.
			chain.hand_over(voters(number..number + 4 + number));
		}
		let header = chain.grow(ROOT);
		assert_final(&chain.prove(&header), &chain, &header);
		assert_eq!(chain.set_id, u64::from(handovers));
	}
}

#[test]
fn the_justification_of_a_later_block_makes_a_block_final() {
	let mut chain = four();
	let headers = (0..5).map(|_| chain.grow(ROOT)).collect::<Vec<_>>();
	let justification = chain.justify(&headers[4]);
	assert_final(&chain.finality(&headers, &justification), &chain, &headers[0]);
}

#[test]
fn the_previous_voters_finalize_the_block_that_announces_the_next() {
	let mut chain = four();
	let before = chain.clone();
	let header = chain.hand_over(voters(9..13));
	assert_final(&before.prove(&header), &before, &header);
}

#[test]
fn the_voters_after_a_handover_can_finalize_a_block_before_it() {
	let mut chain = four();
	let first = chain.grow(ROOT);
	let handover = chain.hand_over(voters(9..13));
	let last = chain.grow(ROOT);
	let justification = chain.justify(&last);
	assert_final(
		&chain.finality(&[first.clone(), handover, last], &justification),
		&chain,
		&first,
	);
}

#[test]
fn votes_for_later_blocks_count() {
	let mut chain = four();
	let headers = (0..4).map(|_| chain.grow(ROOT)).collect::<Vec<_>>();
	let precommits = votes(&chain, &[(0, &headers[0]), (1, &headers[1]), (2, &headers[3])]);
	let justification = chain.justify_by(&headers[0], precommits, headers[1..].to_vec());
	assert_final(&chain.finality(&headers[..1], &justification), &chain, &headers[0]);
}

#[test]
fn votes_on_two_branches_count_for_the_block_before_them() {
	let mut chain = four();
	let header = chain.grow(ROOT);
	let mut other = chain.clone();
	let (left, right) = (chain.grow(ROOT), other.grow(named("other")));
	let precommits = votes(&chain, &[(0, &header), (1, &left), (2, &right)]);
	let justification = chain.justify_by(&header, precommits, vec![left, right]);
	assert_final(&chain.finality([&header], &justification), &chain, &header);
}

#[test]
fn an_equivocating_voter_counts_once() {
	let mut chain = four();
	let header = chain.grow(ROOT);
	let later = chain.grow(ROOT);
	let of = |targets: &[(usize, &Header)]| {
		let justification = chain.justify_by(&header, votes(&chain, targets), vec![later.clone()]);
		chain.finality([&header], &justification)
	};
	assert_final(
		&of(&[(0, &header), (1, &header), (2, &header), (2, &later)]),
		&chain,
		&header,
	);
	let two = of(&[(0, &header), (2, &header), (2, &later)]);
	assert_justification(&two, &chain, JustificationError::TooFewVotes);
}

#[test]
fn weights_decide() {
	let mut chain = four();
	let keys = voters(20..23);
	let weighted: Voters = keys.iter().map(crate::support::chain::id).zip([10, 1, 1]).collect();
	let mut log = vec![1];
	(weighted, 0u32).encode_to(&mut log);
	let header = chain.grow_with(ROOT, vec![DigestItem::Consensus(*b"FRNK", log)]);
	chain.handovers.push(kexin_verifier::finality::Handover {
		header: header.encode().into(),
		justification: Some(chain.justify(&header).bytes()),
	});
	(chain.keys, chain.set_id) = (keys, 1);
	let header = chain.grow(ROOT);
	let by = |voters: &[usize]| {
		let targets = voters.iter().map(|voter| (*voter, &header)).collect::<Vec<_>>();
		chain.finality([&header], &chain.justify_by(&header, votes(&chain, &targets), vec![]))
	};
	assert_final(&by(&[0]), &chain, &header);
	assert_justification(&by(&[1, 2]), &chain, JustificationError::TooFewVotes);
}

#[test]
fn another_chain_is_refused() {
	let mut chain = four();
	let mut other = Chain::new(voters(30..34));
	let (header, foreign) = (chain.grow(ROOT), other.grow(ROOT));
	let expected = chain.hash();
	let wrong = Error::WrongGenesis {
		expected,
		found: other.hash(),
	};
	assert_eq!(other.prove(&foreign).verify(expected), Err(wrong));

	// With the true genesis, the votes are from unknown voters.
	let mut finality = other.prove(&foreign);
	finality.genesis = Some(chain.genesis.encode().into());
	finality.authorities = chain.authorities.clone();
	let stranger = H256(crate::support::chain::id(&other.keys[0]));
	assert_justification(&finality, &chain, JustificationError::UnknownVoter(stranger));

	// With the other chain's first voters, the trie nodes are not those of the true genesis.
	let mut finality = chain.prove(&header);
	finality.authorities = other.authorities.clone();
	assert!(matches!(
		finality.verify(expected),
		Err(Error::State {
			at: Place::Authorities,
			error: StateError::Incomplete(_),
		})
	));
}

#[test]
fn a_later_block_is_not_taken_for_the_first() {
	let mut chain = four();
	let header = chain.grow(chain.genesis.state_root);
	let mut finality = chain.prove(&header);
	finality.genesis = Some(header.encode().into());
	assert_eq!(finality.verify(header.hash()), Err(Error::NotTheFirst(1)));
}

#[test]
fn the_nodes_that_prove_the_first_voters_are_needed_and_no_others() {
	let mut chain = four();
	let header = chain.grow(ROOT);
	let at = Place::Authorities;
	for index in 0..chain.authorities.len() {
		let mut finality = chain.prove(&header);
		finality.authorities.remove(index);
		let error = finality.verify(chain.hash()).unwrap_err();
		assert!(matches!(
			error,
			Error::State {
				at: Place::Authorities,
				error: StateError::Incomplete(_)
			}
		));
	}
	let mut finality = chain.prove(&header);
	let foreign = H256(sp_crypto_hashing::blake2_256(b"foreign"));
	finality.authorities.push(b"foreign".to_vec().into());
	let error = StateError::UnusedNode(foreign);
	assert_eq!(finality.verify(chain.hash()), Err(Error::State { at, error }));
	finality.authorities.push(b"foreign".to_vec().into());
	let error = StateError::DuplicateNode(foreign);
	assert_eq!(finality.verify(chain.hash()), Err(Error::State { at, error }));
}

#[test]
fn a_forged_header_is_another_block() {
	let mut chain = four();
	let header = chain.grow(ROOT);
	let mut forged = header.clone();
	forged.state_root = named("forged");
	let justification = chain.justify(&header);
	let error = JustificationError::OtherBlock {
		hash: header.hash(),
		number: 1,
	};
	assert_justification(&chain.finality(&[forged.clone()], &justification), &chain, error);

	let child = chain.grow(ROOT);
	let justification = chain.justify(&child);
	let broken = chain.finality(&[forged, child], &justification);
	assert_eq!(broken.verify(chain.hash()), Err(Error::BrokenChain(Place::Header(1))));
}

#[test]
fn headers_that_do_not_form_a_chain_are_refused() {
	let mut chain = four();
	let headers = (0..3).map(|_| chain.grow(ROOT)).collect::<Vec<_>>();
	let justification = chain.justify(&headers[2]);
	let with_gap = chain.finality(&[headers[0].clone(), headers[2].clone()], &justification);
	assert_eq!(with_gap.verify(chain.hash()), Err(Error::BrokenChain(Place::Header(1))));
	assert_eq!(
		chain.finality(&[], &justification).verify(chain.hash()),
		Err(Error::NoHeaders)
	);

	let mut misnumbered = chain.grow(ROOT);
	misnumbered.number += 1;
	let justification = chain.justify(&misnumbered);
	let misnumbered = chain.finality(&[headers[2].clone(), misnumbered], &justification);
	assert_eq!(
		misnumbered.verify(chain.hash()),
		Err(Error::BrokenChain(Place::Header(1)))
	);
}

#[test]
fn anything_but_a_header_is_refused() {
	let mut chain = four();
	let header = chain.grow(ROOT);
	let malformed = |change: fn(&mut Vec<u8>)| {
		let mut finality = chain.prove(&header);
		change(&mut finality.headers[0].0);
		let error = HeaderError::Malformed;
		let at = Place::Header(0);
		assert_eq!(finality.verify(chain.hash()), Err(Error::Header { at, error }));
	};
	malformed(|bytes| bytes.push(0));
	malformed(|bytes| {
		bytes.pop();
	});
	malformed(|bytes| bytes.clear());
	// The number 1 in two bytes.
	malformed(|bytes| drop(bytes.splice(32..33, [5, 0])));
	malformed(|bytes| bytes[97] = 0xfe);
}

#[test]
fn a_forged_justification_is_refused() {
	let mut chain = four();
	let voter = H256(crate::support::chain::id(&chain.keys[1]));
	for bit in [0, 100, 511] {
		let forged = voted(&mut chain, |_, _, justification| {
			justification.commit.precommits[1].signature[bit / 8] ^= 1 << (bit % 8);
		});
		assert_justification(&forged, &chain, JustificationError::Signature(voter));
	}
	let first = H256(crate::support::chain::id(&chain.keys[0]));
	let forged = voted(&mut chain, |_, _, justification| justification.round += 1);
	assert_justification(&forged, &chain, JustificationError::Signature(first));
	let swapped = voted(&mut chain, |_, _, justification| {
		let signature = justification.commit.precommits[0].signature;
		justification.commit.precommits[1].signature = signature;
	});
	assert_justification(&swapped, &chain, JustificationError::Signature(voter));
}

#[test]
fn a_justification_with_trailing_bytes_or_unused_headers_is_refused() {
	let mut chain = four();
	let header = chain.grow(ROOT);
	for change in [
		|bytes: &mut Vec<u8>| bytes.push(0),
		|bytes: &mut Vec<u8>| {
			bytes.pop();
		},
	] {
		let mut finality = chain.prove(&header);
		change(&mut finality.justification.0);
		assert_justification(&finality, &chain, JustificationError::Malformed);
	}
}

#[test]
fn too_few_voters_are_refused() {
	for (number, needed) in [(1u16, 1), (2, 2), (3, 3), (4, 3), (7, 5), (10, 7)] {
		let mut chain = Chain::new(voters(0..number));
		let header = chain.grow(ROOT);
		let by = |number: usize| {
			let targets = (0..number).map(|voter| (voter, &header)).collect::<Vec<_>>();
			chain.finality([&header], &chain.justify_by(&header, votes(&chain, &targets), vec![]))
		};
		assert_final(&by(needed), &chain, &header);
		assert_justification(&by(needed - 1), &chain, JustificationError::TooFewVotes);
	}
}

#[test]
fn a_vote_is_not_counted_twice() {
	let mut chain = four();
	let voter = H256(crate::support::chain::id(&chain.keys[0]));
	let twice = voted(&mut chain, |_, _, justification| {
		let votes = &mut justification.commit.precommits;
		let first = votes[0].clone();
		votes.truncate(2);
		votes.push(first);
	});
	assert_justification(&twice, &chain, JustificationError::DuplicateVote(voter));

	// A voter does not vote for three blocks either.
	let headers = (0..3).map(|_| chain.grow(ROOT)).collect::<Vec<_>>();
	let targets = [(1, &headers[0]), (0, &headers[0]), (0, &headers[1]), (0, &headers[2])];
	let justification = chain.justify_by(&headers[0], votes(&chain, &targets), headers[1..].to_vec());
	let thrice = chain.finality(&headers[..1], &justification);
	assert_justification(&thrice, &chain, JustificationError::DuplicateVote(voter));
}

#[test]
fn a_stranger_has_no_vote() {
	let mut chain = four();
	let stranger = &voters(50..51)[0];
	let with_stranger = voted(&mut chain, |_, header, justification| {
		justification.commit.precommits.push(vote(stranger, header, 9, 0));
	});
	let id = H256(crate::support::chain::id(stranger));
	assert_justification(&with_stranger, &chain, JustificationError::UnknownVoter(id));
}

#[test]
fn a_vote_for_another_set_is_refused() {
	let mut chain = four();
	let same = chain.keys.clone();
	chain.hand_over(same);
	for signed in [0, 2] {
		let other = voted(&mut chain, |chain, header, justification| {
			let votes = chain.keys.iter().map(|key| vote(key, header, 9, signed));
			justification.commit.precommits = votes.collect();
		});
		assert_justification(&other, &chain, JustificationError::WrongSet { expected: 1, signed });
	}
}

#[test]
fn votes_must_lead_to_the_block() {
	let mut chain = four();
	let headers = (0..4).map(|_| chain.grow(ROOT)).collect::<Vec<_>>();
	let targets = [(0, &headers[0]), (1, &headers[0]), (2, &headers[3])];
	let of = |ancestries: &[Header]| {
		let justification = chain.justify_by(&headers[0], votes(&chain, &targets), ancestries.to_vec());
		chain.finality(&headers[..1], &justification)
	};
	assert_final(&of(&headers[1..]), &chain, &headers[0]);
	assert_justification(&of(&headers[2..]), &chain, JustificationError::Ancestry);

	let unused = JustificationError::UnusedHeader;
	assert_justification(&of(&headers), &chain, unused(headers[0].hash()));
	let twice = [&headers[1..], &headers[3..]].concat();
	assert_justification(&of(&twice), &chain, unused(headers[3].hash()));
}

#[test]
fn a_vote_must_state_the_right_number_of_its_block() {
	let mut chain = four();
	let headers = (0..4).map(|_| chain.grow(ROOT)).collect::<Vec<_>>();
	let of = |number: u32, honest: &[(usize, &Header)]| {
		let mut votes = votes(&chain, honest);
		votes.push(vote_for(
			&chain.keys[2],
			Precommit::new(headers[3].hash(), number),
			9,
			0,
		));
		let justification = chain.justify_by(&headers[0], votes, headers[1..].to_vec());
		chain.finality(&headers[..1], &justification)
	};
	// Even if another vote takes the same path with the right number.
	for last in [&headers[0], &headers[3]] {
		let honest = [(0, &headers[0]), (1, last)];
		assert_final(&of(4, &honest), &chain, &headers[0]);
		for number in [3, 5] {
			assert_justification(&of(number, &honest), &chain, JustificationError::Ancestry);
		}
	}
	// The lowest vote, from which the numbers are counted.
	for (number, taken) in [(1, true), (0, false)] {
		let mut votes = votes(&chain, &[(0, &headers[1]), (1, &headers[1]), (3, &headers[1])]);
		votes.push(vote_for(
			&chain.keys[2],
			Precommit::new(headers[0].hash(), number),
			9,
			0,
		));
		let justification = chain.justify_by(&headers[1], votes, vec![headers[1].clone()]);
		let finality = chain.finality(&headers[1..2], &justification);
		if taken {
			assert_final(&finality, &chain, &headers[1]);
		} else {
			assert_justification(&finality, &chain, JustificationError::Ancestry);
		}
	}
}

#[test]
fn a_block_without_most_votes_is_not_final() {
	let mut chain = four();
	let (first, second) = (chain.grow(ROOT), chain.grow(ROOT));
	let targets = [(0, &first), (1, &first), (2, &second), (3, &second)];
	let justification = chain.justify_by(&second, votes(&chain, &targets), vec![second.clone()]);
	let finality = chain.finality(&[second], &justification);
	assert_justification(&finality, &chain, JustificationError::TooFewVotes);
}

/// A chain with three handovers, and a proof of its newest block.
fn with_handovers() -> (Chain, Finality) {
	let mut chain = four();
	for number in 1..=3 {
		chain.hand_over(voters(number * 10..number * 10 + 4));
	}
	let header = chain.grow(ROOT);
	let finality = chain.prove(&header);
	(chain, finality)
}

#[test]
fn a_forged_handover_is_refused() {
	let (chain, mut finality) = with_handovers();
	let forged = Header {
		digest: vec![announcement(&voters(60..64), 0)],
		..Header::from_bytes(&finality.handovers[1].header.0).unwrap()
	};
	let true_hash = Header::from_bytes(&finality.handovers[1].header.0).unwrap().hash();
	finality.handovers[1].header = forged.encode().into();
	let other = Error::Justification {
		at: Place::Handover(1),
		error: JustificationError::OtherBlock {
			hash: true_hash,
			number: 2,
		},
	};
	assert_eq!(finality.verify(chain.hash()), Err(other));

	// With a justification by the forged voters.
	let mut forgers = four();
	(forgers.keys, forgers.set_id) = (voters(60..64), 1);
	finality.handovers[1].justification = Some(forgers.justify(&forged).bytes());
	let stranger = H256(crate::support::chain::id(&forgers.keys[0]));
	let unknown = Error::Justification {
		at: Place::Handover(1),
		error: JustificationError::UnknownVoter(stranger),
	};
	assert_eq!(finality.verify(chain.hash()), Err(unknown));
}

#[test]
fn a_missing_handover_is_noticed() {
	for left_out in 0..3 {
		let (chain, mut finality) = with_handovers();
		finality.handovers.remove(left_out);
		assert!(matches!(
			finality.verify(chain.hash()),
			Err(Error::Justification {
				error: JustificationError::UnknownVoter(_),
				..
			})
		));
	}
	// Even if the same voters continue under another number.
	let mut chain = four();
	for _ in 0..2 {
		let same: Vec<SigningKey> = chain.keys.clone();
		chain.hand_over(same);
	}
	let header = chain.grow(ROOT);
	let mut finality = chain.prove(&header);
	finality.handovers.remove(0);
	let error = Error::Justification {
		at: Place::Handover(0),
		error: JustificationError::WrongSet { expected: 0, signed: 1 },
	};
	assert_eq!(finality.verify(chain.hash()), Err(error));
}

#[test]
fn the_voters_before_a_handover_can_not_vote_after_it() {
	let mut chain = four();
	let before = chain.clone();
	let handover = chain.hand_over(voters(10..14));
	let header = chain.grow(ROOT);
	let justification = before.justify(&header);
	let finality = before.finality(&[handover, header], &justification);
	assert_eq!(finality.verify(chain.hash()), Err(Error::HandoverLeftOut(1)));
}

#[test]
fn a_handover_repeated_or_out_of_turn_is_refused() {
	let (chain, mut finality) = with_handovers();
	let again = finality.handovers[0].clone();
	finality.handovers.insert(1, again);
	let error = Error::OutOfTurn(Place::Handover(1));
	assert_eq!(finality.verify(chain.hash()), Err(error));

	let (chain, mut finality) = with_handovers();
	finality.handovers.swap(0, 1);
	assert!(finality.verify(chain.hash()).is_err());

	// The newest voters sign a block from before their handover.
	let mut chain = four();
	let old = chain.grow(ROOT);
	chain.hand_over(voters(10..14));
	let error = Error::OutOfTurn(Place::Justification);
	assert_eq!(chain.prove(&old).verify(chain.hash()), Err(error));
}

#[test]
fn a_handover_of_another_chain_is_refused() {
	let mut chain = four();
	let mut other = Chain::new(voters(70..74));
	other.hand_over(voters(80..84));
	let header = other.grow(ROOT);
	let mut finality = other.prove(&header);
	finality.genesis = Some(chain.genesis.encode().into());
	finality.authorities = chain.authorities.clone();
	let stranger = H256(crate::support::chain::id(&voters(70..71)[0]));
	let error = Error::Justification {
		at: Place::Handover(0),
		error: JustificationError::UnknownVoter(stranger),
	};
	assert_eq!(finality.verify(chain.hash()), Err(error.clone()));

	// Even if it follows true handovers.
	chain.hand_over(voters(10..14));
	other.tip.number += 1;
	let mut finality = chain.prove(&chain.tip.clone());
	finality.handovers.push(other.handovers[0].clone());
	assert_eq!(finality.verify(chain.hash()), Err(Error::OutOfTurn(Place::Handover(1))));
}

#[test]
fn a_handover_must_announce_voters() {
	let hand_over = |items: Vec<DigestItem>| {
		let mut chain = four();
		let header = chain.grow_with(ROOT, items);
		chain.handovers.push(kexin_verifier::finality::Handover {
			header: header.encode().into(),
			justification: Some(chain.justify(&header).bytes()),
		});
		let next = chain.grow(ROOT);
		chain.prove(&next).verify(chain.hash()).unwrap_err()
	};
	let item = |log: Vec<u8>| vec![DigestItem::Consensus(*b"FRNK", log)];
	let at = Place::Handover(0);
	let header = |error| Error::Header { at, error };
	assert_eq!(hand_over(vec![]), Error::NothingAnnounced(at));
	assert_eq!(
		hand_over(vec![DigestItem::Consensus(*b"BABE", vec![1])]),
		Error::NothingAnnounced(at)
	);
	assert_eq!(
		hand_over(item([3, 0, 0, 0, 0, 0, 0, 0, 0].to_vec())),
		Error::NothingAnnounced(at)
	);
	assert_eq!(
		hand_over(vec![announcement(&voters(0..4), 7)]),
		header(HeaderError::Delayed(7))
	);
	assert_eq!(hand_over(item(vec![1, 4, 0])), header(HeaderError::MalformedChange));
	assert_eq!(hand_over(item(vec![2, 4, 0])), header(HeaderError::MalformedChange));
	assert_eq!(hand_over(vec![restart(&voters(0..4), 0)]), Error::WrongHandover(at));
	assert_eq!(hand_over(vec![announcement(&[], 0)]), Error::NoVoters(at));
}

#[test]
fn of_two_announcements_the_first_counts() {
	let mut chain = four();
	let keys = voters(10..14);
	let header = chain.grow_with(ROOT, vec![announcement(&keys, 0), announcement(&voters(20..24), 0)]);
	chain.handovers.push(kexin_verifier::finality::Handover {
		header: header.encode().into(),
		justification: Some(chain.justify(&header).bytes()),
	});
	(chain.keys, chain.set_id) = (keys, 1);
	let header = chain.grow(ROOT);
	assert_final(&chain.prove(&header), &chain, &header);
}

/// A chain on which block 3 is the last that the voters made final: block 4 announces others in vain, block 6 restarts
/// finality, and the voters of the restart hand over with block 8.
fn restarted() -> (Chain, Header) {
	let mut chain = four();
	chain.hand_over(voters(10..14));
	chain.grow(ROOT);
	chain.grow(ROOT);
	chain.grow_with(ROOT, vec![announcement(&voters(20..24), 0)]);
	chain.grow(ROOT);
	let restart = chain.restart(voters(12..14), 3);
	chain.grow(ROOT);
	chain.hand_over(voters(30..34));
	chain.grow(ROOT);
	(chain, restart)
}

/// Trust in these restart blocks, each with the number of its voter set.
fn trusting(chain: &Chain, restarts: &[(&Header, u64)]) -> Trust {
	let restart = |(header, set_id): &(&Header, u64)| RestartBlock {
		hash: header.hash(),
		set_id: *set_id,
	};
	Trust {
		genesis: chain.hash(),
		restarts: restarts.iter().map(restart).collect(),
		block: None,
	}
}

#[test]
fn what_follows_a_restart_is_final_if_you_trust_it() {
	let (chain, restart) = restarted();
	let finality = chain.prove(&chain.tip);
	let untrusted = Error::UntrustedRestart {
		number: 6,
		restart: RestartBlock {
			hash: restart.hash(),
			set_id: 2,
		},
	};
	for others in [&[][..], &[(&chain.tip, 2)], &[(&restart, 1), (&restart, 3)]] {
		assert_eq!(finality.verify(trusting(&chain, others)), Err(untrusted.clone()));
	}
	let block = finality
		.verify(trusting(&chain, &[(&chain.tip, 3), (&restart, 2)]))
		.unwrap();
	assert_eq!((block.number, block.set_id), (9, 3));
	// A trusted restart does not replace a justification, and the genesis must still be right.
	let mut other = trusting(&chain, &[(&restart, 2)]);
	other.genesis = ROOT;
	assert!(matches!(finality.verify(other), Err(Error::WrongGenesis { .. })));
}

#[test]
fn the_voters_of_a_restart_finalize_the_blocks_between_the_last_final_one_and_the_restart() {
	let mut chain = four();
	let headers = (0..4).map(|_| chain.grow(ROOT)).collect::<Vec<_>>();
	let announces_in_vain = chain.grow_with(ROOT, vec![announcement(&voters(20..24), 0)]);
	let restart = chain.restart(voters(0..2), 3);
	let last = chain.grow(ROOT);
	let trust = trusting(&chain, &[(&restart, 1)]);
	let path = [&headers[3], &announces_in_vain, &restart, &last];
	let verify = |chain: &Chain, headers: &[&Header]| {
		let target = headers[headers.len() - 1];
		let finality = chain.finality(headers.iter().copied(), &chain.justify(target));
		finality.verify(&trust).map(|block| block.number)
	};
	for end in 1..=path.len() {
		assert_eq!(verify(&chain, &path[..end]), Ok(4), "by a justification of {end}");
	}
	// The voters of a restart can't vote on blocks before the last final one.
	assert_eq!(
		verify(&chain, &[&headers[2]]),
		Err(Error::OutOfTurn(Place::Justification))
	);
	// Without the restart, its block is a missing handover, as is the block whose announcement is void.
	chain.handovers.clear();
	(chain.keys, chain.set_id) = (voters(0..4), 0);
	assert_eq!(verify(&chain, &path[..2]), Ok(4), "the announcement itself");
	assert_eq!(verify(&chain, &path[..3]), Err(Error::HandoverLeftOut(5)));
	assert_eq!(verify(&chain, &path[2..]), Err(Error::HandoverLeftOut(6)));
}

#[test]
fn a_restart_out_of_turn_is_refused() {
	let at = Place::Handover(1);
	// After its own block, or later.
	for last_final in [4, 9] {
		let mut chain = four();
		chain.grow(ROOT);
		chain.hand_over(voters(10..14));
		chain.grow(ROOT);
		let restart = chain.restart(voters(12..14), last_final);
		chain.grow(ROOT);
		let finality = chain.prove(&chain.tip);
		assert_eq!(
			finality.verify(trusting(&chain, &[(&restart, 2)])),
			Err(Error::OutOfTurn(at)),
			"{last_final}"
		);
	}
	let (chain, restart) = restarted();
	let trust = trusting(&chain, &[(&restart, 2)]);
	let mut finality = chain.prove(&chain.tip);
	finality.handovers[1].justification = finality.handovers[0].justification.clone();
	assert_eq!(finality.verify(&trust), Err(Error::WrongHandover(at)));
	let mut finality = chain.prove(&chain.tip);
	finality.handovers[0].justification = None;
	assert_eq!(finality.verify(&trust), Err(Error::WrongHandover(Place::Handover(0))));
	let mut finality = chain.prove(&chain.tip);
	finality.handovers.insert(1, finality.handovers[1].clone());
	assert_eq!(finality.verify(&trust), Err(Error::OutOfTurn(Place::Handover(2))));
}

#[test]
fn a_missing_handover_before_a_restart_is_noticed() {
	let (chain, restart) = restarted();
	let mut finality = chain.prove(&chain.tip);
	finality.handovers.remove(0);
	assert!(matches!(
		finality.verify(trusting(&chain, &[(&restart, 2)])),
		Err(Error::UntrustedRestart { .. })
	));
}

#[test]
fn more_may_be_final_than_the_council_knew() {
	let mut chain = four();
	chain.grow(ROOT);
	let announces = chain.hand_over(voters(10..14));
	chain.grow(ROOT);
	let restart = chain.restart(voters(12..14), 1);
	chain.grow(ROOT);
	let trust = trusting(&chain, &[(&restart, 2)]);
	assert_eq!(chain.prove(&chain.tip).verify(&trust).map(|block| block.set_id), Ok(2));
	// The voters of the restart can't vote on what was final before it.
	let finality = chain.finality([&announces], &chain.justify(&announces));
	assert_eq!(finality.verify(&trust), Err(Error::OutOfTurn(Place::Justification)));
}

#[test]
fn finality_can_restart_again_although_nothing_became_final_since() {
	let mut chain = four();
	chain.grow(ROOT);
	let first = chain.restart(voters(0..2), 1);
	chain.grow(ROOT);
	let second = chain.restart(voters(0..1), 1);
	chain.grow(ROOT);
	let trust = trusting(&chain, &[(&first, 1), (&second, 2)]);
	assert_eq!(chain.prove(&chain.tip).verify(&trust).map(|block| block.set_id), Ok(2));
}
