//! The council of hospitals, and what it may do to the chain itself.

use super::system::RuntimeBlockWeights;
use crate::*;
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{
	parameter_types,
	traits::{Consideration, ConstU32, MaybeConsideration},
	weights::Weight,
};
use kexin_primitives::members::Powers;
use pallet_collective::{EnsureProportionAtLeast, EnsureProportionMoreThan, Instance1};
use pallet_members::EnsurePower;
use scale_info::TypeInfo;
use sp_runtime::DispatchError;

/// More than half of the council.
pub type CouncilMajority = EnsureProportionMoreThan<AccountId, Instance1, 1, 2>;
/// Two thirds of the council.
pub type CouncilTwoThirds = EnsureProportionAtLeast<AccountId, Instance1, 2, 3>;

parameter_types! {
	/// Half of a block.
	pub MaxMotionWeight: Weight = RuntimeBlockWeights::get().max_block.saturating_div(2);
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
	type WeightInfo = weights::pallet_collective::WeightInfo<Runtime>;
	/// The seats follow the members pallet and nothing else.
	#[cfg(not(feature = "runtime-benchmarks"))]
	type SetMembersOrigin = frame_support::traits::NeverEnsureOrigin<()>;
	/// The pallet's benchmarks seat whom they need.
	#[cfg(feature = "runtime-benchmarks")]
	type SetMembersOrigin = frame_system::EnsureRoot<AccountId>;
	type MaxProposalWeight = MaxMotionWeight;
	type DisapproveOrigin = CouncilTwoThirds;
	type KillOrigin = CouncilTwoThirds;
	type Consideration = NotedMotion;
}

/// A motion whose proposer the members pallet has noted. Nothing is held for it, so nothing has to be released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct NotedMotion;

impl Consideration<AccountId, u32> for NotedMotion {
	fn new(proposer: &AccountId, _: u32) -> Result<Self, DispatchError> {
		Members::note_motion(proposer, &pallet_collective::Proposals::<Runtime, Instance1>::get())?;
		Ok(Self)
	}

	fn update(self, _: &AccountId, _: u32) -> Result<Self, DispatchError> {
		Ok(self)
	}

	fn drop(self, _: &AccountId) -> Result<(), DispatchError> {
		Ok(())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn ensure_successful(proposer: &AccountId, _: u32) {
		Members::ensure_motion(proposer);
	}
}

impl MaybeConsideration<AccountId, u32> for NotedMotion {
	fn is_none(&self) -> bool {
		true
	}
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
