//! Who authors and votes, and what becomes of a validator that signs twice.

use super::preset;
use crate::*;
use codec::Encode as _;
use frame_support::{
	assert_noop, assert_ok,
	storage::unhashed,
	traits::{Hooks as _, KeyOwnerProofSystem as _, OnInitialize as _},
};
use kexin_primitives::{
	members::{MemberKind, Name, Place},
	storage_keys,
	vocabulary::Region,
};
use pallet_collective::{Instance1, RawOrigin};
use sp_consensus_babe::{
	digests::{CompatibleDigestItem as _, PreDigest, SecondaryPlainPreDigest},
	AuthorityPair,
};
use sp_core::{crypto::Pair as _, sr25519};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::{traits::Header as _, Digest, DigestItem};

/// A name of `local`, by the number of its member.
const NAMES: [Sr25519Keyring; 4] = [
	Sr25519Keyring::Alice,
	Sr25519Keyring::Bob,
	Sr25519Keyring::Charlie,
	Sr25519Keyring::Dave,
];

fn council() -> RuntimeOrigin {
	RawOrigin::<AccountId, Instance1>::Members(3, 4).into()
}

fn accounts(names: &[Sr25519Keyring]) -> Vec<AccountId> {
	names.iter().map(|name| name.to_account_id()).collect()
}

fn digest(slot: u64) -> Digest {
	let authored = SecondaryPlainPreDigest {
		// None of those that equivocate here: they could author nothing more.
		authority_index: 2,
		slot: slot.into(),
	};
	Digest {
		logs: vec![DigestItem::babe_pre_digest(PreDigest::SecondaryPlain(authored))],
	}
}

/// Begins the block of this number, in the slot of the same number, and ends it.
fn block(number: BlockNumber) {
	System::initialize(&number, &Hash::repeat_byte(1), &digest(number.into()));
	AllPalletsWithSystem::on_initialize(number);
	Babe::on_finalize(number);
	Grandpa::on_finalize(number);
}

/// Goes on by so many sessions.
fn sessions(count: u32) {
	let last = Session::current_index() + count;
	while Session::current_index() < last {
		block(System::block_number() + 1);
	}
}

/// How often the voters changed.
fn voter_sets() -> u64 {
	pallet_grandpa::CurrentSetId::<Runtime>::get()
}

/// Four hospitals whose sessions have five blocks.
fn consortium(test: impl FnOnce()) {
	preset("local_testnet").execute_with(|| {
		pallet_members::SessionBlocks::<Runtime>::put(5);
		block(1);
		test();
	});
}

#[test]
fn the_voters_stay_as_long_as_the_validators_do() {
	consortium(|| {
		sessions(4);
		assert_eq!(voter_sets(), 0);
		assert_eq!(System::block_number(), 21);
		assert!(pallet_session::historical::HistoricalSessions::<Runtime>::contains_key(
			4
		));
	});
}

#[test]
fn a_validator_is_admitted_and_removed_from_the_session_after_the_next() {
	consortium(|| {
		let eve = Sr25519Keyring::Eve;
		let keys = SessionKeys {
			babe: eve.public().into(),
			grandpa: Ed25519Keyring::Eve.public().into(),
		};
		let region = Region(250);
		let name: Name = b"Paris Eye Hospital".to_vec().try_into().unwrap();
		let (kind, seat, owner) = (MemberKind::Hospital, false, eve.to_account_id());
		let place = Place::FirstKey {
			kind,
			name: &name,
			region,
			seat,
		};
		let acceptance = eve.sign(&Members::statement(&owner, &place)).into();
		assert_ok!(Members::admit(
			council(),
			kind,
			name.clone(),
			region,
			seat,
			owner.clone(),
			acceptance
		));
		assert_noop!(
			Members::admit_validator(council(), owner.clone()),
			pallet_members::Error::<Runtime>::NoSessionKeys
		);

		// Nobody takes somebody else's session keys.
		let claim = Session::set_keys(RuntimeOrigin::signed(owner.clone()), keys.clone(), vec![]);
		assert_eq!(claim, Err(pallet_session::Error::<Runtime>::InvalidProof.into()));
		let possession = sp_core::proof_of_possession::statement_of_ownership(&owner.encode());
		let proof = (
			eve.pair().sign(&possession),
			Ed25519Keyring::Eve.pair().sign(&possession),
		);
		assert_ok!(Session::set_keys(
			RuntimeOrigin::signed(owner.clone()),
			keys,
			proof.encode()
		));
		assert_ok!(Members::admit_validator(council(), owner.clone()));
		sessions(1);
		assert_eq!(Session::validators(), accounts(&NAMES));
		sessions(1);
		let five = [accounts(&NAMES), vec![owner]].concat();
		assert_eq!(Session::validators(), five);
		assert_eq!(Grandpa::grandpa_authorities().len(), 5);
		assert_eq!(voter_sets(), 1);

		assert_ok!(Members::remove(council(), 0));
		sessions(2);
		assert_eq!(Session::validators(), five[1..]);
		sessions(2);
		assert_eq!(voter_sets(), 2);
	});
}

#[test]
fn keys_that_a_validator_changes_make_new_voters() {
	consortium(|| {
		let mut keys = Session::load_keys(&NAMES[0].to_account_id()).unwrap();
		keys.grandpa = Ed25519Keyring::Ferdie.public().into();
		pallet_session::NextKeys::<Runtime>::insert(NAMES[0].to_account_id(), &keys);
		sessions(2);
		assert_eq!(voter_sets(), 1);
		assert_eq!(Grandpa::grandpa_authorities()[0].0, keys.grandpa);
		let proof = Historical::prove((sp_consensus_grandpa::KEY_TYPE, keys.grandpa));
		assert!(proof.is_some(), "an equivocation with the new keys can be reported");
	});
}

/// A header of the slot, with the seal of an author.
fn sealed(author: Sr25519Keyring, slot: u64, state: Hash) -> Header {
	let mut header = Header::new(7, Hash::zero(), state, Hash::zero(), digest(slot));
	let seal = AuthorityPair::from(sr25519::Pair::from(author)).sign(header.hash().as_ref());
	header.digest_mut().push(DigestItem::babe_seal(seal));
	header
}

#[test]
fn whoever_authors_two_blocks_in_a_slot_is_no_validator_any_more() {
	consortium(|| {
		let [alice, ..] = NAMES;
		let owner = || Historical::prove((sp_consensus_babe::KEY_TYPE, alice.public())).unwrap();
		let report = |owner, slot: u64, second| {
			let proof = sp_consensus_babe::EquivocationProof {
				offender: alice.public().into(),
				slot: slot.into(),
				first_header: sealed(alice, slot, Hash::repeat_byte(1)),
				second_header: sealed(alice, slot, Hash::repeat_byte(second)),
			};
			Babe::report_equivocation_unsigned(RuntimeOrigin::none(), Box::new(proof), owner)
		};
		let refused = |result: frame_support::dispatch::DispatchResultWithPostInfo| {
			let known = pallet_babe::Error::<Runtime>::DuplicateOffenceReport;
			assert_eq!(result.unwrap_err().error, known.into());
		};
		assert_ok!(report(owner(), 3, 2));
		refused(report(owner(), 3, 3));
		// Another one in this session.
		refused(report(owner(), 4, 2));
		assert_eq!(pallet_offences::Reports::<Runtime>::iter().count(), 1);
		System::assert_has_event(
			pallet_members::Event::ValidatorEquivocated {
				member: 0,
				account: alice.to_account_id(),
				kind: *b"babe:equivocatio",
				session: 0,
				suspended: true,
			}
			.into(),
		);
		assert_eq!(
			Session::disabled_validators(),
			[0],
			"it authors nothing more in this session"
		);
		sessions(1);
		// It is a validator in this session, too.
		let (later, slot) = (owner(), u64::from(System::block_number()));
		sessions(1);
		assert_eq!(Session::validators(), accounts(&NAMES[1..]));

		assert_ok!(Members::reinstate_validator(council(), 0));
		sessions(2);
		assert_eq!(Session::validators(), accounts(&NAMES));
		assert!(Session::disabled_validators().is_empty());
		// Whoever has its old keys suspends it no more.
		refused(report(later, slot, 2));
		assert_eq!(Members::validators(), accounts(&NAMES));
	});
}

#[test]
fn whoever_votes_twice_in_a_round_is_no_validator_any_more() {
	consortium(|| {
		let voter = Ed25519Keyring::Bob;
		let vote = |hash: u8| {
			let vote = finality_grandpa::Prevote {
				target_hash: Hash::repeat_byte(hash),
				target_number: 3,
			};
			let message =
				sp_consensus_grandpa::localized_payload(9, 0, &finality_grandpa::Message::Prevote(vote.clone()));
			(vote, voter.pair().sign(&message).into())
		};
		let proof = sp_consensus_grandpa::EquivocationProof::new(
			0,
			sp_consensus_grandpa::Equivocation::Prevote(finality_grandpa::Equivocation {
				round_number: 9,
				identity: voter.public().into(),
				first: vote(1),
				second: vote(2),
			}),
		);
		let owner = Historical::prove((sp_consensus_grandpa::KEY_TYPE, voter.public())).unwrap();
		assert_ok!(Grandpa::report_equivocation_unsigned(
			RuntimeOrigin::none(),
			Box::new(proof),
			owner
		));
		let offence = pallet_members::ValidatorsOf::<Runtime>::get(1)
			.unwrap()
			.offence
			.unwrap();
		assert_eq!(offence.kind, *b"grandpa:equivoca");
		sessions(2);
		assert_eq!(Session::validators().len(), 3);
		assert_eq!(Grandpa::grandpa_authorities().len(), 3);
	});
}

#[test]
fn new_session_keys_do_not_save_whoever_authors_two_blocks_in_a_slot() {
	consortium(|| {
		use configs::consensus::KeyOwners;
		let [alice, bob, ..] = NAMES;
		sessions(1);
		assert_ok!(set_new_keys(alice, 9));
		let slot = u64::from(System::block_number());
		let report = |author: Sr25519Keyring| {
			let proof = sp_consensus_babe::EquivocationProof {
				offender: author.public().into(),
				slot: slot.into(),
				first_header: sealed(author, slot, Hash::repeat_byte(1)),
				second_header: sealed(author, slot, Hash::repeat_byte(2)),
			};
			let owner = KeyOwners::prove((sp_consensus_babe::KEY_TYPE, proof.offender.clone())).unwrap();
			Babe::report_equivocation_unsigned(RuntimeOrigin::none(), Box::new(proof), owner)
		};
		assert_ok!(report(alice));
		let keys = Session::load_keys(&alice.to_account_id()).unwrap();
		assert_ne!(
			keys.babe,
			alice.public().into(),
			"looking for the owner changes nothing"
		);
		assert_eq!(Session::current_index(), 1);
		assert!(report(Sr25519Keyring::Eve).is_err(), "no validator has this key");
		sessions(2);
		assert_eq!(Session::validators(), accounts(&NAMES[1..]));

		// Those who change nothing can be reported as before, with keys of earlier sessions too.
		let owner = KeyOwners::prove((sp_consensus_grandpa::KEY_TYPE, Ed25519Keyring::Bob.public())).unwrap();
		sessions(1);
		let key = (sp_consensus_grandpa::KEY_TYPE, Ed25519Keyring::Bob.public());
		assert_eq!(KeyOwners::check_proof(key, owner), Some((bob.to_account_id(), ())));
	});
}

#[test]
fn no_key_reports_an_equivocation() {
	consortium(|| {
		let [alice, bob, ..] = NAMES;
		let key_owner_proof = Historical::prove((sp_consensus_babe::KEY_TYPE, alice.public())).unwrap();
		let proof = sp_consensus_babe::EquivocationProof {
			offender: alice.public().into(),
			slot: 3.into(),
			first_header: sealed(alice, 3, Hash::repeat_byte(1)),
			second_header: sealed(alice, 3, Hash::repeat_byte(2)),
		};
		let report = RuntimeCall::Babe(pallet_babe::Call::report_equivocation {
			equivocation_proof: Box::new(proof),
			key_owner_proof,
		});
		assert_noop!(
			dispatch(report.clone(), bob),
			frame_system::Error::<Runtime>::CallFiltered
		);
		assert_ok!(dispatch(nested(report, 1), bob));
		assert_eq!(Members::validators(), accounts(&NAMES));
	});
}

/// Makes a call with the key of a member.
fn dispatch(call: RuntimeCall, name: Sr25519Keyring) -> sp_runtime::DispatchResult {
	use sp_runtime::traits::Dispatchable as _;
	let made = call.dispatch(RuntimeOrigin::signed(name.to_account_id()));
	made.map(|_| ()).map_err(|error| error.error)
}

/// The call in so many batches, each with another call. They succeed even if the call fails.
fn nested(call: RuntimeCall, times: u32) -> RuntimeCall {
	(0..times).fold(call, |call, _| {
		let remark = RuntimeCall::System(frame_system::Call::remark { remark: vec![] });
		RuntimeCall::Utility(pallet_utility::Call::batch {
			calls: vec![remark, call],
		})
	})
}

#[test]
fn batches_are_nested_to_a_bounded_depth() {
	consortium(|| {
		let has_nodes = |id| pallet_members::NodesOf::<Runtime>::contains_key(id);
		let name = RuntimeCall::Members(pallet_members::Call::name_nodes {
			nodes: vec![[1; 32]].try_into().unwrap(),
		});
		for (id, times, named) in [(0, 254, false), (1, 10, false), (2, 9, true)] {
			assert_ok!(dispatch(nested(name.clone(), times), NAMES[id as usize]));
			assert_eq!(has_nodes(id), named, "{times}");
		}
	});
}

/// Proposes a call with three of four seats, and approves it. The call that closes the motion, and its hash.
fn approved(call: RuntimeCall) -> (RuntimeCall, Hash) {
	use sp_runtime::traits::Hash as _;
	let proposal_hash = BlakeTwo256::hash_of(&call);
	let propose = pallet_collective::Call::propose {
		threshold: 3,
		proposal: Box::new(call),
		length_bound: 1_000,
	};
	assert_ok!(dispatch(RuntimeCall::Council(propose), NAMES[0]));
	for name in &NAMES[..3] {
		assert_ok!(Council::vote(
			RuntimeOrigin::signed(name.to_account_id()),
			proposal_hash,
			0,
			true
		));
	}
	let close = pallet_collective::Call::close {
		proposal_hash,
		index: 0,
		proposal_weight_bound: frame_support::weights::Weight::MAX,
		length_bound: 1_000,
	};
	(RuntimeCall::Council(close), proposal_hash)
}

#[test]
fn nobody_makes_an_approved_motion_fail_by_nesting_its_close() {
	consortium(|| {
		let (close, motion) = approved(nested(
			RuntimeCall::Members(pallet_members::Call::suspend { member: 3 }),
			2,
		));
		for times in [1, 6, 8, 254] {
			assert_ok!(dispatch(nested(close.clone(), times), NAMES[3]));
		}
		assert!(pallet_collective::ProposalOf::<Runtime, Instance1>::contains_key(
			motion
		));
		assert_ok!(dispatch(close, NAMES[3]));
		assert!(!Members::is_active(3));
	});
}

#[test]
fn a_motion_has_the_threshold_that_its_call_needs() {
	consortium(|| {
		let propose = |threshold, proposal: &RuntimeCall| {
			let proposal = Box::new(proposal.clone());
			let length_bound = 1_000;
			let propose = pallet_collective::Call::propose {
				threshold,
				proposal,
				length_bound,
			};
			dispatch(RuntimeCall::Council(propose), NAMES[0])
		};
		let refused = sp_runtime::DispatchError::from(frame_system::Error::<Runtime>::CallFiltered);
		let restart = RuntimeCall::Governance(pallet_governance::Call::restart_finality { last_final: 1 });
		for threshold in [0, 1, 2, 4, 5] {
			assert_noop!(propose(threshold, &restart), refused);
		}
		assert_noop!(propose(3, &nested(restart.clone(), 1)), refused);
		assert_noop!(propose(3, &nested(restart.clone(), 250)), refused);
		assert_ok!(propose(3, &restart));
		// Of four seats, more than half are as many as two thirds; of five they are not.
		let cancel = RuntimeCall::Governance(pallet_governance::Call::cancel_upgrade {});
		pallet_collective::Members::<Runtime, Instance1>::append(Sr25519Keyring::Eve.to_account_id());
		assert_noop!(propose(4, &cancel), refused);
		assert_noop!(propose(2, &cancel), refused);
		assert_ok!(propose(3, &cancel));
	});
}

#[test]
fn a_validator_that_begins_is_not_silent() {
	consortium(|| {
		let alice = NAMES[0].to_account_id();
		let last = || pallet_members::LastAuthored::<Runtime>::get(NAMES[0].to_account_id());
		Members::note_offence(&alice, *b"babe:equivocatio", 0);
		sessions(4);
		assert_eq!(last(), Some(0));
		assert_ok!(Members::reinstate_validator(council(), 0));
		sessions(2);
		assert_eq!(Session::validators(), accounts(&NAMES));
		let began = System::block_number();
		assert_eq!(last(), Some(began));
		sessions(1);
		assert_eq!(last(), Some(began), "it has authored nothing since");
	});
}

/// Sets new session keys of a validator, made from this number.
fn set_new_keys(validator: Sr25519Keyring, number: u8) -> sp_runtime::DispatchResult {
	let babe = sr25519::Pair::from_seed(&[number; 32]);
	let grandpa = sp_core::ed25519::Pair::from_seed(&[number; 32]);
	let keys = SessionKeys {
		babe: babe.public().into(),
		grandpa: grandpa.public().into(),
	};
	let owner = validator.to_account_id();
	let possession = sp_core::proof_of_possession::statement_of_ownership(&owner.encode());
	let proof = (babe.sign(&possession), grandpa.sign(&possession));
	Session::set_keys(RuntimeOrigin::signed(owner), keys, proof.encode())
}

#[test]
fn a_validator_makes_new_voters_once_a_day_at_the_most() {
	consortium(|| {
		let day = pallet_members::KeyInterval::<Runtime>::get();
		assert_eq!(day, DAYS);
		let mut set = 0;
		// It tries in every session of nearly two days.
		pallet_members::SessionBlocks::<Runtime>::put(day / 10);
		sessions(1);
		for session in 1..=19 {
			if set_new_keys(Sr25519Keyring::Alice, session).is_ok() {
				set += 1;
			}
			sessions(1);
		}
		assert!(set <= 4, "at most twice until each is taken up: {set}");
		assert_eq!(voter_sets(), 2);
		let refused = set_new_keys(Sr25519Keyring::Alice, 99);
		assert_eq!(
			refused,
			Err(pallet_session::Error::<Runtime>::NoAssociatedValidatorId.into())
		);
		// The others are not kept from theirs, and neither is an account that is no validator.
		let before = voter_sets();
		assert_ok!(set_new_keys(Sr25519Keyring::Bob, 98));
		sessions(2);
		assert_eq!(voter_sets(), before + 1);
	});
}

#[test]
fn nobody_takes_the_session_keys_of_a_validator_away() {
	consortium(|| {
		use frame_support::traits::Contains as _;
		let purge = RuntimeCall::Session(pallet_session::Call::purge_keys {});
		assert!(!configs::system::NoBypass::contains(&purge));
		// Should all keys be gone all the same, the chain goes on with those that it has.
		let _ = pallet_session::NextKeys::<Runtime>::clear(u32::MAX, None);
		assert_eq!(pallet_session::NextKeys::<Runtime>::iter().count(), 0);
		use pallet_session::SessionManager as _;
		assert_eq!(configs::consensus::ConsortiumValidators::new_session(9), None);
	});
}

#[test]
fn a_motion_to_restart_finality_that_is_closed_too_early_can_be_closed_again() {
	use sp_runtime::traits::{Dispatchable as _, Hash as _};
	consortium(|| {
		block(2);
		let call = RuntimeCall::Governance(pallet_governance::Call::restart_finality { last_final: 1 });
		let hash = BlakeTwo256::hash_of(&call);
		let signed = |name: Sr25519Keyring| RuntimeOrigin::signed(name.to_account_id());
		assert_ok!(Council::propose(signed(NAMES[0]), 3, Box::new(call), 100));
		for name in &NAMES[..3] {
			assert_ok!(Council::vote(signed(*name), hash, 0, true));
		}
		let close = || {
			let close = RuntimeCall::Council(pallet_collective::Call::close {
				proposal_hash: hash,
				index: 0,
				proposal_weight_bound: frame_support::weights::Weight::MAX,
				length_bound: 100,
			});
			close.dispatch(signed(NAMES[3])).map_err(|error| error.error)
		};
		// Charlie authors every block here.
		while System::block_number() <= pallet_members::SILENT_TURNS {
			assert_noop!(close(), frame_system::Error::<Runtime>::CallFiltered);
			block(System::block_number() + 1);
		}
		assert_ok!(close());
		assert!(pallet_governance::Restarting::<Runtime>::exists());
	});
}

#[test]
fn a_motion_to_restart_finality_that_was_not_needed_can_be_closed_when_its_time_is_over() {
	consortium(|| {
		block(2);
		let call = RuntimeCall::Governance(pallet_governance::Call::restart_finality { last_final: 1 });
		use sp_runtime::traits::Hash as _;
		let hash = BlakeTwo256::hash_of(&call);
		let signed = |name: Sr25519Keyring| RuntimeOrigin::signed(name.to_account_id());
		let too_early = || configs::governance::restarts_too_early(&hash);
		assert!(!too_early(), "there is no such motion");
		assert_ok!(Council::propose(signed(NAMES[0]), 3, Box::new(call), 100));
		for name in &NAMES[..3] {
			assert!(!too_early(), "it is not approved");
			assert_ok!(Council::vote(signed(*name), hash, 0, true));
		}
		assert!(too_early());
		System::set_block_number(2 + 7 * DAYS);
		NAMES
			.iter()
			.for_each(|name| Members::note_author(&name.to_account_id()));
		assert!(!too_early());
	});
}

#[test]
fn finality_starts_anew_without_the_silent_ones() {
	consortium(|| {
		// Charlie authors every block here.
		block(System::block_number() + 1);
		let last_final = System::block_number() - 1;
		let restart = || Governance::restart_finality(council(), last_final);
		assert_noop!(restart(), pallet_members::Error::<Runtime>::FinalityIsPossible);
		while System::block_number() <= pallet_members::SILENT_TURNS {
			block(System::block_number() + 1);
		}
		assert_ok!(restart());
		let session = Session::current_index() + 2;
		let mut forced = Vec::new();
		let mut restarting = Vec::new();
		while System::block_number() < 110 {
			block(System::block_number() + 1);
			if unhashed::exists(&storage_keys::pending_change()) {
				restarting.push(System::block_number());
			}
			let changes = System::digest().logs.into_iter().filter_map(|log| {
				log.consensus_try_to::<sp_consensus_grandpa::ConsensusLog<BlockNumber>>(
					&sp_consensus_grandpa::GRANDPA_ENGINE_ID,
				)
			});
			forced.extend(changes.map(|change| (Session::current_index(), change)));
		}
		let [(since, sp_consensus_grandpa::ConsensusLog::ForcedChange(after, change))] = &forced[..] else {
			panic!("not one forced change: {forced:?}");
		};
		assert_eq!((*since, *after), (session, last_final));
		assert_eq!(change.next_authorities, [(Ed25519Keyring::Charlie.public().into(), 1)]);
		assert_eq!(Session::validators(), accounts(&NAMES[2..3]));
		assert_eq!(Grandpa::grandpa_authorities(), change.next_authorities);

		// What a proof that begins at a block reads there.
		let last = pallet_governance::LastRestart::<Runtime>::get().unwrap();
		assert_eq!(change.delay, 2);
		assert_eq!(restarting, [last.block, last.block + 1]);
		assert_eq!(unhashed::get(&storage_keys::set_id()), Some(last.set_id));
		let voters = unhashed::get(&storage_keys::authorities());
		assert_eq!(voters.as_ref(), Some(&change.next_authorities));
		assert_eq!(unhashed::get(&storage_keys::genesis_hash()), Some(Hash::repeat_byte(1)));
	});
}
