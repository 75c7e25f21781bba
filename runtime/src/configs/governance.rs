//! The council of hospitals, and what it may do to the chain itself.

use super::system::{nesting, RuntimeBlockWeights};
use crate::*;
use alloc::vec::Vec;
use codec::{Decode, Encode};
use frame_support::{parameter_types, traits::ConstU32, weights::Weight};
use kexin_primitives::members::Powers;
use pallet_collective::{EnsureProportionAtLeast, EnsureProportionMoreThan, Instance1};
use pallet_members::{EnsurePower, NotedMotion};

/// More than half of the council.
pub type CouncilMajority = EnsureProportionMoreThan<AccountId, Instance1, 1, 2>;
/// Two thirds of the council.
pub type CouncilTwoThirds = EnsureProportionAtLeast<AccountId, Instance1, 2, 3>;

parameter_types! {
	/// Half of a block.
	pub MaxMotionWeight: Weight = RuntimeBlockWeights::get().max_block.saturating_div(2);
	/// The open motions, in the order of their proposals.
	pub OpenMotions: Vec<Hash> = pallet_collective::Proposals::<Runtime, Instance1>::get().into_inner();
}

impl pallet_collective::Config<Instance1> for Runtime {
	type RuntimeOrigin = RuntimeOrigin;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type MotionDuration = ConstU32<{ 7 * DAYS }>;
	type MaxProposals = ConstU32<{ pallet_members::MAX_MOTIONS }>;
	type MaxMembers = ConstU32<{ pallet_members::MAX_SEATS }>;
	/// A member that does not vote has not agreed.
	type DefaultVote = pallet_collective::PrimeDefaultVote;
	type WeightInfo = weights::CouncilWeights;
	/// The seats follow the members pallet and nothing else.
	#[cfg(not(feature = "runtime-benchmarks"))]
	type SetMembersOrigin = frame_support::traits::NeverEnsureOrigin<()>;
	/// The pallet's benchmarks seat whom they need.
	#[cfg(feature = "runtime-benchmarks")]
	type SetMembersOrigin = frame_system::EnsureRoot<AccountId>;
	type MaxProposalWeight = MaxMotionWeight;
	type DisapproveOrigin = CouncilTwoThirds;
	type KillOrigin = CouncilTwoThirds;
	type Consideration = NotedMotion<Runtime, OpenMotions>;
}

/// Whether a call of the council uses no motion up in vain.
///
/// A motion is closed by a transaction of its own: nested in enough other calls, what it does would fail, and it would
/// be used up all the same. The pool takes such a transaction only from a key with a seat.
pub fn is_in_order(call: &pallet_collective::Call<Runtime, Instance1>) -> bool {
	use pallet_collective::Call;
	match call {
		Call::propose {
			threshold, proposal, ..
		} => {
			let seats = pallet_collective::Members::<Runtime, Instance1>::decode_len().unwrap_or_default();
			let hidden = matches!(**proposal, RuntimeCall::Utility(_)) && restarts_finality(proposal);
			u32::try_from(seats).is_ok_and(|seats| *threshold == votes_needed(proposal, seats)) && !hidden
		},
		Call::close { proposal_hash, .. } => nesting() == 0 && !restarts_too_early(proposal_hash),
		_ => true,
	}
}

/// The votes with which the council decides about a call. A motion with another threshold would take the place of the
/// one that the council wants: there is only one motion about a call at a time.
fn votes_needed(call: &RuntimeCall, seats: u32) -> u32 {
	match call {
		RuntimeCall::Members(pallet_members::Call::admit { seat: false, .. })
		| RuntimeCall::Governance(pallet_governance::Call::cancel_upgrade {}) => (seats / 2).saturating_add(1),
		_ => seats.saturating_mul(2).div_ceil(3),
	}
}

/// Whether a call restarts finality, by itself or in a batch.
fn restarts_finality(call: &RuntimeCall) -> bool {
	use pallet_utility::Call;
	match call {
		RuntimeCall::Governance(pallet_governance::Call::restart_finality { .. }) => true,
		RuntimeCall::Utility(call) => match call {
			Call::batch { calls } | Call::batch_all { calls } | Call::force_batch { calls } => {
				calls.iter().any(restarts_finality)
			},
			Call::as_derivative { call, .. }
			| Call::dispatch_as { call, .. }
			| Call::dispatch_as_fallible { call, .. }
			| Call::with_weight { call, .. } => restarts_finality(call),
			Call::if_else { main, fallback } => restarts_finality(main) || restarts_finality(fallback),
			Call::__Ignore(..) => false,
		},
		_ => false,
	}
}

/// Whether a motion that the council has approved would restart finality while too few validators are known as silent.
/// To close it now would use it up: the ledger refuses the restart, and the council would have to vote again. When its
/// time is over, it can be closed all the same.
pub fn restarts_too_early(motion: &Hash) -> bool {
	let Some(RuntimeCall::Governance(pallet_governance::Call::restart_finality { .. })) =
		pallet_collective::ProposalOf::<Runtime, Instance1>::get(motion)
	else {
		return false;
	};
	// The pallet keeps the fields of its votes to itself.
	type Fields = (u32, u32, Vec<AccountId>, Vec<AccountId>, BlockNumber);
	let votes = pallet_collective::Voting::<Runtime, Instance1>::get(motion).map(|votes| votes.encode());
	let Some((_, threshold, ayes, _, end)) = votes.and_then(|votes| Fields::decode(&mut &votes[..]).ok()) else {
		return false;
	};
	let approved = u32::try_from(ayes.len()).is_ok_and(|ayes| ayes >= threshold);
	approved && System::block_number() < end && Members::finality_survives(&Session::validators())
}

impl pallet_governance::Config for Runtime {
	type ApproveOrigin = CouncilTwoThirds;
	type CancelOrigin = CouncilMajority;
	type ApplyOrigin = EnsurePower<Runtime, { Powers::COUNCIL.bits() }>;
	type RestartOrigin = CouncilTwoThirds;
	type Validators = super::consensus::ConsortiumValidators;
	/// Hospitals have a day to look at what was approved.
	type DefaultUpgradeDelay = ConstU32<DAYS>;
	type WeightInfo = weights::pallet_governance::WeightInfo<Runtime>;
}
