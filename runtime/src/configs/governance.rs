//! The council of hospitals, and what it may do to the chain itself.

use super::system::RuntimeBlockWeights;
use crate::*;
use frame_support::{parameter_types, traits::ConstU32, weights::Weight};
use kexin_primitives::members::Powers;
use pallet_collective::{EnsureProportionAtLeast, EnsureProportionMoreThan, Instance1};
use pallet_members::EnsurePower;

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
	type MaxProposals = ConstU32<32>;
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
	type Consideration = ();
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
