//! The calls of the pallets for consensus. Their own benchmarks take staking for granted, or proofs that were made
//! once.

use super::*;
use alloc::boxed::Box;
use codec::Encode as _;
use frame_benchmarking::v2::*;
use frame_support::traits::KeyOwnerProofSystem as _;
use sp_consensus_babe::digests::{CompatibleDigestItem as _, PreDigest, SecondaryPlainPreDigest};
use sp_core::crypto::KeyTypeId;
use sp_runtime::{traits::Header as _, Digest, DigestItem, RuntimeAppPublic as _};
use sp_session::MembershipProof;

/// A call that is ready to be made.
type Ready = Box<dyn FnOnce()>;

/// Where the calls are benchmarked.
pub struct Pallet<T>(core::marker::PhantomData<T>);

/// A runtime whose calls are made ready.
pub trait Config: frame_system::Config {
	/// Setting session keys.
	fn set_keys() -> Ready;
	/// Removing them, which nobody may do from outside.
	fn purge_keys() -> Ready;
	/// Reporting two blocks of one slot, among as many validators as there can be.
	fn report_author() -> Ready;
	/// Reporting two votes of one round, among as many validators as there can be.
	fn report_voter() -> Ready;
	/// Planning a change of BABE's parameters, which nobody may do.
	fn plan_config_change() -> Ready;
	/// Noting that finality stands still, which the session does.
	fn note_stalled() -> Ready;
	/// Looking whether a motion would restart finality too early, with as many votes and validators as there can be.
	fn restarts_too_early() -> Ready;
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn set_keys() {
		let call = T::set_keys();
		#[block]
		{
			call();
		}
	}

	#[benchmark]
	fn purge_keys() {
		let call = T::purge_keys();
		#[block]
		{
			call();
		}
	}

	#[benchmark]
	fn report_author() {
		let call = T::report_author();
		#[block]
		{
			call();
		}
	}

	#[benchmark]
	fn report_voter() {
		let call = T::report_voter();
		#[block]
		{
			call();
		}
	}

	#[benchmark]
	fn plan_config_change() {
		let call = T::plan_config_change();
		#[block]
		{
			call();
		}
	}

	#[benchmark]
	fn note_stalled() {
		let call = T::note_stalled();
		#[block]
		{
			call();
		}
	}

	#[benchmark]
	fn restarts_too_early() {
		let look = T::restarts_too_early();
		#[block]
		{
			look();
		}
	}
}

/// An account that has just made session keys.
fn with_new_keys() -> (AccountId, SessionKeys, alloc::vec::Vec<u8>) {
	let account: AccountId = account("validator", 0, 0);
	System::inc_providers(&account);
	let generated = SessionKeys::generate(&account.encode(), None);
	(account, generated.keys, generated.proof.encode())
}

/// As many validators as there can be in session, one of them with these keys.
fn in_session(keys: SessionKeys) {
	validators();
	let in_session = Members::validators();
	pallet_session::NextKeys::<Runtime>::insert(&in_session[0], keys);
	pallet_session::Validators::<Runtime>::put(in_session);
	// Without a stored root, the ledger computes it.
	pallet_session::historical::HistoricalSessions::<Runtime>::remove(Session::current_index());
}

/// A motion to restart finality, which so many seats have approved.
fn restart_approved_by(seats: u32) -> Hash {
	type Motions = pallet_collective::ProposalOf<Runtime, pallet_collective::Instance1>;
	type Votes = pallet_collective::Voting<Runtime, pallet_collective::Instance1>;
	let motion = Hash::repeat_byte(1);
	Motions::insert(
		motion,
		RuntimeCall::Governance(pallet_governance::Call::restart_finality { last_final: 1 }),
	);
	let ayes = (0..seats)
		.map(|seat| account("seat", seat, 0))
		.collect::<alloc::vec::Vec<AccountId>>();
	let nays = alloc::vec::Vec::<AccountId>::new();
	let end = System::block_number() + 1;
	let votes = (0u32, seats, ayes, nays, end).encode();
	let votes = pallet_collective::Votes::decode(&mut &votes[..]).expect("they are these fields");
	Votes::insert(motion, votes);
	motion
}

/// The proof that a key belongs to a validator in session.
fn owned(kind: KeyTypeId, key: impl AsRef<[u8]>) -> MembershipProof {
	Historical::prove((kind, key)).expect("its owner is in session")
}

impl Config for Runtime {
	fn set_keys() -> Ready {
		let (account, keys, proof) = with_new_keys();
		let origin = RuntimeOrigin::signed(account.clone());
		// Others take the place of these.
		Session::set_keys(origin.clone(), keys, proof).expect("the keys are its own");
		Members::note_keys_changed(&account);
		System::set_block_number(System::block_number() + pallet_members::KeyInterval::<Runtime>::get());
		let (_, keys, proof) = with_new_keys();
		Box::new(move || Session::set_keys(origin, keys, proof).expect("the keys are its own"))
	}

	fn purge_keys() -> Ready {
		let (account, keys, proof) = with_new_keys();
		let origin = RuntimeOrigin::signed(account);
		Session::set_keys(origin.clone(), keys, proof).expect("the keys are its own");
		Box::new(move || Session::purge_keys(origin).expect("it has keys"))
	}

	fn report_author() -> Ready {
		let (_, keys, _) = with_new_keys();
		let offender = keys.babe.clone();
		in_session(keys);
		let slot = 3.into();
		let sealed = |state: u8| {
			let claim = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
				authority_index: 0,
				slot,
			});
			let digest = Digest {
				logs: alloc::vec![DigestItem::babe_pre_digest(claim)],
			};
			let mut header = Header::new(7, Hash::zero(), Hash::repeat_byte(state), Hash::zero(), digest);
			let seal = offender.sign(&header.hash().as_ref()).expect("the key was just made");
			header.digest_mut().push(DigestItem::babe_seal(seal));
			header
		};
		let proof = sp_consensus_babe::EquivocationProof {
			offender: offender.clone(),
			slot,
			first_header: sealed(1),
			second_header: sealed(2),
		};
		let owner = owned(sp_consensus_babe::KEY_TYPE, &offender);
		let report = move || Babe::report_equivocation_unsigned(RuntimeOrigin::none(), Box::new(proof), owner);
		Box::new(move || {
			report().expect("it is one");
		})
	}

	fn report_voter() -> Ready {
		let (_, keys, _) = with_new_keys();
		let identity = keys.grandpa.clone();
		in_session(keys);
		let vote = |hash: u8| {
			let vote = finality_grandpa::Prevote {
				target_hash: Hash::repeat_byte(hash),
				target_number: 3,
			};
			let message = finality_grandpa::Message::Prevote(vote.clone());
			let payload = sp_consensus_grandpa::localized_payload(9, 0, &message);
			(vote, identity.sign(&payload).expect("the key was just made"))
		};
		let votes = finality_grandpa::Equivocation {
			round_number: 9,
			identity: identity.clone(),
			first: vote(1),
			second: vote(2),
		};
		let proof = sp_consensus_grandpa::EquivocationProof::new(0, sp_consensus_grandpa::Equivocation::Prevote(votes));
		let owner = owned(sp_consensus_grandpa::KEY_TYPE, &identity);
		let report = move || Grandpa::report_equivocation_unsigned(RuntimeOrigin::none(), Box::new(proof), owner);
		Box::new(move || {
			report().expect("it is one");
		})
	}

	fn plan_config_change() -> Ready {
		let config = sp_consensus_babe::digests::NextConfigDescriptor::V1 {
			c: (1, 4),
			allowed_slots: sp_consensus_babe::AllowedSlots::PrimaryAndSecondaryVRFSlots,
		};
		Box::new(move || Babe::plan_config_change(RuntimeOrigin::root(), config).expect("the origin is root"))
	}

	fn note_stalled() -> Ready {
		Box::new(|| Grandpa::note_stalled(RuntimeOrigin::root(), 8, 1).expect("the origin is root"))
	}

	fn restarts_too_early() -> Ready {
		validators();
		let in_session = Members::validators();
		in_session.iter().for_each(Members::note_author);
		pallet_session::Validators::<Runtime>::put(in_session);
		let motion = restart_approved_by(pallet_members::MAX_SEATS);
		Box::new(move || assert!(configs::governance::restarts_too_early(&motion)))
	}
}
