//! From a block that is trusted to a later one that is final: what is accepted, and everything that is refused.

use crate::support::{
	chain::{announcement, id, voters, Chain},
	ledger::Ledger,
};
use codec::Encode;
use kexin_primitives::{storage_keys, H256};
use kexin_verifier::{
	error::{Error, JustificationError, Place, StateError},
	finality::{RestartBlock, Voters},
	header::Header,
	Bytes, Finality, Trust, TrustedBlock,
};

const ROOT: H256 = H256::repeat_byte(9);

/// A chain of four voters after two changes of them, whose proofs begin at the newest block.
fn begun() -> (Chain, TrustedBlock) {
	let mut chain = Chain::new(voters(0..4));
	chain.hand_over(voters(10..14));
	chain.grow(ROOT);
	chain.hand_over(voters(20..24));
	let trusted = chain.begin_with(&chain.state());
	(chain, trusted)
}

/// Trust in a block of the chain besides its first.
fn trusting(chain: &Chain, block: TrustedBlock) -> Trust {
	Trust {
		block: Some(block),
		..chain.hash().into()
	}
}

/// The proof that the chain's newest block is final.
fn newest(chain: &Chain) -> Finality {
	chain.prove(&chain.tip)
}

fn named(header: &Header) -> TrustedBlock {
	TrustedBlock {
		hash: header.hash(),
		number: header.number,
	}
}

#[test]
fn a_proof_begins_at_a_block_that_is_trusted() {
	let (mut chain, trusted) = begun();
	let trust = trusting(&chain, trusted);
	for set_id in 2..5 {
		let header = chain.grow(ROOT);
		assert_eq!(newest(&chain).begins_at(), Some(trusted));
		let block = newest(&chain).verify(&trust).unwrap();
		assert_eq!(
			(block.hash, block.number, block.set_id),
			(header.hash(), header.number, set_id)
		);
		assert_eq!(block.as_trusted(), Some(named(&header)));
		chain.hand_over(voters(30 + set_id as u16..34 + set_id as u16));
	}
}

#[test]
fn who_trusts_a_block_takes_no_proof_from_the_first() {
	let mut chain = Chain::new(voters(0..4));
	chain.hand_over(voters(10..14));
	let header = chain.grow(ROOT);
	let trusted = named(&header);
	assert_eq!(newest(&chain).begins_at(), None);
	assert_eq!(newest(&chain).verify(chain.hash()).map(|block| block.set_id), Ok(1));
	// It could have been made with the keys of earlier voters, and pass the trusted block by.
	assert_eq!(
		newest(&chain).verify(trusting(&chain, trusted)),
		Err(Error::StartLeftOut(trusted))
	);
}

#[test]
fn the_size_does_not_grow_with_the_changes_of_the_voters_before_the_block_that_is_trusted() {
	let size = |chain: &Chain| serde_json::to_vec(&newest(chain)).unwrap().len();
	let lengths = [0u16, 50].map(|changes| {
		let mut chain = Chain::new(voters(0..4));
		for change in 1..=changes {
			chain.hand_over(voters(change * 4..change * 4 + 4));
		}
		chain.grow(ROOT);
		let from_genesis = size(&chain);
		let trusted = chain.begin_with(&chain.state());
		chain.grow(ROOT);
		assert!(newest(&chain).verify(trusting(&chain, trusted)).is_ok());
		(from_genesis, size(&chain))
	});
	let [(young, young_trusted), (old, old_trusted)] = lengths;
	assert!(old > young + 50 * 1_000, "{lengths:?}");
	assert_eq!(old_trusted, young_trusted);
	assert!(old_trusted < 2 * young, "{lengths:?}");
}

#[test]
fn a_block_that_is_not_trusted_begins_no_proof() {
	let (mut chain, trusted) = begun();
	chain.grow(ROOT);
	let finality = newest(&chain);
	let other = named(&chain.tip);
	for trust in [chain.hash().into(), trusting(&chain, other)] {
		let error = finality.verify(trust).unwrap_err();
		assert_eq!(error, Error::UntrustedStart(trusted));
		let message = error.to_string();
		assert!(message.contains(&format!("--trusted {trusted}")), "{message}");
		assert!(message.contains("without --trusted"), "{message}");
	}
	// The block of a restart is no block at which proofs begin.
	let trust = Trust {
		restarts: vec![RestartBlock {
			hash: trusted.hash,
			set_id: 2,
		}],
		..chain.hash().into()
	};
	assert_eq!(finality.verify(trust), Err(Error::UntrustedStart(trusted)));
}

#[test]
fn the_number_is_that_of_the_block() {
	let (mut chain, trusted) = begun();
	chain.grow(ROOT);
	let number = trusted.number + 1;
	let error = newest(&chain).verify(trusting(&chain, TrustedBlock { number, ..trusted }));
	let (expected, found) = (number, trusted.number);
	assert_eq!(error, Err(Error::WrongStartNumber { expected, found }));
}

#[test]
fn a_proof_begins_at_one_block() {
	let (mut chain, trusted) = begun();
	chain.grow(ROOT);
	let trust = trusting(&chain, trusted);
	let both = Finality {
		genesis: Some(chain.genesis.encode().into()),
		..newest(&chain)
	};
	let neither = Finality {
		trusted: None,
		..newest(&chain)
	};
	for finality in [both, neither] {
		assert_eq!(finality.verify(&trust), Err(Error::NotOneStart));
	}
	// Neither header passes for the other.
	let mut finality = newest(&chain);
	std::mem::swap(&mut finality.genesis, &mut finality.trusted);
	assert_eq!(finality.verify(&trust), Err(Error::StartLeftOut(trusted)));
	assert!(matches!(finality.verify(chain.hash()), Err(Error::WrongGenesis { .. })));
	let first = named(&chain.genesis);
	let mut chain = Chain::new(voters(0..4));
	chain.trusted = Some(chain.genesis.clone());
	chain.grow(ROOT);
	assert!(matches!(
		newest(&chain).verify(trusting(&chain, first)),
		Err(Error::State {
			at: Place::Authorities,
			..
		})
	));
}

#[test]
fn the_state_of_the_block_names_the_chain() {
	let (mut chain, trusted) = begun();
	chain.grow(ROOT);
	let mut trust = trusting(&chain, trusted);
	let expected = H256::repeat_byte(1);
	let found = std::mem::replace(&mut trust.genesis, expected);
	assert_eq!(
		newest(&chain).verify(trust),
		Err(Error::WrongGenesis { expected, found })
	);
}

#[test]
fn the_number_of_the_voters_set_is_that_of_the_state() {
	for wrong in [1u64, 3] {
		let (mut chain, _) = begun();
		let mut state = chain.state();
		state.put_raw(storage_keys::set_id(), wrong.encode());
		let trusted = chain.begin_with(&state);
		chain.grow(ROOT);
		assert!(matches!(
			newest(&chain).verify(trusting(&chain, trusted)),
			Err(Error::Justification {
				at: Place::Justification,
				..
			})
		));
	}
}

#[test]
fn no_proof_begins_while_finality_restarts() {
	let (mut chain, _) = begun();
	let mut state = chain.state();
	state.put_raw(storage_keys::pending_change(), vec![0; 40]);
	let trusted = chain.begin_with(&state);
	chain.grow(ROOT);
	let error = newest(&chain).verify(trusting(&chain, trusted));
	assert_eq!(error, Err(Error::UnsettledStart(trusted.number)));
}

#[test]
fn each_value_of_the_state_is_proved() {
	let (chain, _) = begun();
	let keys = [
		storage_keys::authorities(),
		storage_keys::set_id(),
		storage_keys::genesis_hash(),
	];
	let verify = |state: &Ledger, change: &dyn Fn(&mut Vec<Bytes>)| {
		let mut chain = chain.clone();
		let header = chain.grow(state.root());
		let trusted = named(&header);
		// The nodes that an honest state would need, as far as this one has them.
		chain.trusted = Some(header);
		chain.authorities = state.prove(|state| {
			let _ = kexin_verifier::finality::StartState::read(state);
		});
		change(&mut chain.authorities);
		chain.grow(ROOT);
		newest(&chain).verify(trusting(&chain, trusted)).unwrap_err()
	};
	let in_state = |error| Error::State {
		at: Place::Authorities,
		error,
	};
	for key in &keys {
		let mut state = chain.state();
		state.remove(key);
		assert_eq!(
			verify(&state, &|_| ()),
			in_state(StateError::Absent(key.clone().into()))
		);
		let mut state = chain.state();
		state.put_raw(key.clone(), vec![1, 2, 3]);
		assert_eq!(verify(&state, &|_| ()), in_state(StateError::Value(key.clone().into())));
	}
	let state = chain.state();
	assert!(matches!(
		verify(&state, &|nodes| nodes.push(nodes[0].clone())),
		Error::State {
			error: StateError::DuplicateNode(_),
			..
		}
	));
	let count = {
		let mut chain = chain.clone();
		chain.begin_with(&state);
		chain.authorities.len()
	};
	for number in 0..count {
		let error = verify(&state, &|nodes| drop(nodes.remove(number)));
		assert!(matches!(
			error,
			Error::State {
				at: Place::Authorities,
				error: StateError::Incomplete(_)
			}
		));
	}
	let mut state = chain.state();
	state.put_raw(storage_keys::authorities(), Voters::new().encode());
	assert_eq!(verify(&state, &|_| ()), Error::NoVoters(Place::Trusted));
}

#[test]
fn a_block_that_announces_voters_begins_proofs_by_these() {
	let mut chain = Chain::new(voters(0..4));
	let before = chain.clone();
	// The state after the block has the voters that it announces.
	(chain.keys, chain.set_id) = (voters(10..14), 1);
	let state = chain.state();
	let header = chain.grow_with(state.root(), vec![announcement(&chain.keys.clone(), 0)]);
	let trusted = chain.begin_at(header.clone(), &state);
	let next = chain.grow(ROOT);
	let trust = trusting(&chain, trusted);
	assert_eq!(newest(&chain).verify(&trust).map(|block| block.set_id), Ok(1));
	// Also for a proof about the block itself.
	let finality = chain.finality([&header, &next], &chain.justify(&next));
	assert_eq!(finality.verify(&trust).map(|block| block.number), Ok(header.number));
	// The voters before can't vote on what follows.
	let by_others = Chain {
		keys: before.keys.clone(),
		..chain.clone()
	};
	let stranger = H256(id(&before.keys[0]));
	assert_eq!(
		by_others.prove(&next).verify(&trust),
		Err(Error::Justification {
			at: Place::Justification,
			error: JustificationError::UnknownVoter(stranger),
		})
	);
}

#[test]
fn a_change_before_the_block_is_not_told_again() {
	let mut chain = Chain::new(voters(0..4));
	chain.hand_over(voters(10..14));
	let old = chain.handovers.clone();
	let trusted = chain.begin_with(&chain.state());
	chain.grow(ROOT);
	let finality = Finality {
		handovers: old,
		..newest(&chain)
	};
	let error = Err(Error::OutOfTurn(Place::Handover(0)));
	assert_eq!(finality.verify(trusting(&chain, trusted)), error);
}

#[test]
fn a_change_after_the_block_can_not_be_left_out() {
	let (mut chain, trusted) = begun();
	let old = chain.clone();
	let announces = chain.hand_over(voters(30..34));
	let last = chain.grow(ROOT);
	let path = [&announces, &last];
	let finality = old.finality(path, &old.justify(&last));
	let error = Err(Error::HandoverLeftOut(announces.number));
	assert_eq!(finality.verify(trusting(&chain, trusted)), error);
}

#[test]
fn a_proof_is_about_a_block_after_the_one_at_which_it_begins() {
	let mut chain = Chain::new(voters(0..4));
	let before = chain.grow(ROOT);
	let trusted = chain.begin_with(&chain.state());
	let start = chain.tip.clone();
	let beside = {
		let mut other = chain.clone();
		other.tip = before.clone();
		other.grow(H256::repeat_byte(2))
	};
	let next = chain.grow(ROOT);
	let trust = trusting(&chain, trusted);
	let verify = |headers: &[&Header], chain: &Chain| {
		let justification = chain.justify(headers[headers.len() - 1]);
		let finality = chain.finality(headers.iter().copied(), &justification);
		finality.verify(&trust).map(|block| block.number)
	};
	let too_old = |header: &Header| {
		Err(Error::BeforeStart {
			number: header.number,
			start: start.number,
		})
	};
	assert_eq!(verify(&[&start, &next], &chain), Ok(start.number));
	assert_eq!(verify(&[&before, &start, &next], &chain), too_old(&before));
	// The voters after the block do not vote on it, and not on what is before it.
	let out_of_turn = Err(Error::OutOfTurn(Place::Justification));
	assert_eq!(verify(&[&start], &chain), out_of_turn);
	assert_eq!(verify(&[&before], &chain), too_old(&before));
	assert_eq!(verify(&[&beside], &chain), too_old(&beside));
}

/// A chain that begins at a block that is trusted, on which finality restarts after block `last_final` from there.
fn restarted(last_final: u32) -> (Chain, Trust) {
	let (mut chain, trusted) = begun();
	chain.grow(ROOT);
	chain.grow(ROOT);
	let restart = chain.restart(voters(22..24), trusted.number + last_final);
	let trust = Trust {
		restarts: vec![RestartBlock {
			hash: restart.hash(),
			set_id: 3,
		}],
		..trusting(&chain, trusted)
	};
	(chain, trust)
}

#[test]
fn a_restart_after_the_block_has_to_be_trusted_too() {
	let (mut chain, trust) = restarted(1);
	chain.grow(ROOT);
	assert_eq!(newest(&chain).verify(&trust).map(|block| block.set_id), Ok(3));
	for set_id in [None, Some(2), Some(4)] {
		let restarts = trust.restarts.iter().zip(set_id);
		let restarts = restarts.map(|(restart, set_id)| RestartBlock { set_id, ..*restart });
		let other = Trust {
			restarts: restarts.collect(),
			..trust.clone()
		};
		assert!(matches!(
			newest(&chain).verify(other),
			Err(Error::UntrustedRestart { .. })
		));
	}
}

#[test]
fn later_proofs_do_not_begin_where_finality_restarted() {
	let (mut chain, trust) = restarted(1);
	let first = trust.block.unwrap().number + 1;
	// The restart is in the second block after that, and takes effect eight blocks later.
	let settled = first + 2 + 8;
	let mut named = Vec::new();
	while chain.tip.number < settled + 2 {
		chain.grow(ROOT);
		let block = newest(&chain).verify(&trust).unwrap();
		assert_eq!(block.settled, block.as_trusted().is_some());
		named.extend(block.as_trusted().map(|block| block.number));
	}
	assert_eq!(named, [settled, settled + 1, settled + 2]);
}

#[test]
fn later_proofs_do_not_begin_after_a_restart_whose_voters_may_be_numbered_in_two_ways() {
	// The block that is trusted was the last final one.
	let (mut chain, trust) = restarted(0);
	(0..12).for_each(|_| drop(chain.grow(ROOT)));
	assert!(newest(&chain).verify(&trust).unwrap().settled);

	let (mut chain, trusted) = begun();
	chain.hand_over(voters(30..34));
	chain.grow(ROOT);
	let restart = chain.restart(voters(32..34), trusted.number);
	(0..12).for_each(|_| drop(chain.grow(ROOT)));
	let trust = Trust {
		restarts: vec![RestartBlock {
			hash: restart.hash(),
			set_id: 4,
		}],
		..trusting(&chain, trusted)
	};
	let block = newest(&chain).verify(&trust).unwrap();
	assert_eq!((block.settled, block.as_trusted()), (false, None));
}

#[test]
fn no_proof_begins_at_a_block_that_was_not_final_when_finality_restarted() {
	let mut chain = Chain::new(voters(0..4));
	let last_final = chain.grow(ROOT);
	// Announced in vain: the state names voters who never take over.
	(chain.keys, chain.set_id) = (voters(10..14), 1);
	let state = chain.state();
	let header = chain.grow_with(state.root(), vec![announcement(&chain.keys.clone(), 0)]);
	let trusted = chain.begin_at(header, &state);
	let restart = chain.restart(voters(0..3), last_final.number);
	chain.grow(ROOT);
	let trust = Trust {
		restarts: vec![RestartBlock {
			hash: restart.hash(),
			set_id: 2,
		}],
		..trusting(&chain, trusted)
	};
	let error = Err(Error::UnsettledStart(trusted.number));
	assert_eq!(newest(&chain).verify(&trust), error);
}

#[test]
fn the_first_block_is_none_at_which_later_proofs_begin() {
	let mut chain = Chain::new(voters(0..4));
	let genesis = chain.genesis.clone();
	let next = chain.grow(ROOT);
	let finality = chain.finality([&genesis, &next], &chain.justify(&next));
	assert_eq!(finality.verify(chain.hash()).unwrap().as_trusted(), None);
}

#[test]
fn the_written_form_names_one_start() {
	let (mut chain, _) = begun();
	chain.grow(ROOT);
	let from_block = serde_json::to_value(newest(&chain)).unwrap();
	assert!(from_block.get("genesis").is_none() && from_block.get("trusted").is_some());
	let from_first = serde_json::to_value(newest(&Chain::new(voters(0..4)))).unwrap();
	assert!(from_first.get("genesis").is_some() && from_first.get("trusted").is_none());
}
