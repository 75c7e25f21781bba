//! The council of hospitals, and what it may do to the chain itself.

use super::system::RuntimeBlockWeights;
use crate::*;
use frame_support::{
	parameter_types,
	traits::{ConstU32, NeverEnsureOrigin},
	weights::Weight,
};
use frame_system::WeightInfo as _;
use kexin_primitives::members::Powers;
use pallet_collective::{EnsureProportionAtLeast, EnsureProportionMoreThan, Instance1};
use pallet_members::{EnsurePower, WeightInfo as _};
use sp_runtime::Perbill;

/// More than half of the council.
pub type CouncilMajority = EnsureProportionMoreThan<AccountId, Instance1, 1, 2>;
/// Two thirds of the council.
pub type CouncilTwoThirds = EnsureProportionAtLeast<AccountId, Instance1, 2, 3>;

parameter_types! {
	pub MaxMotionWeight: Weight = Perbill::from_percent(50) * RuntimeBlockWeights::get().max_block;
}

impl pallet_collective::Config<Instance1> for Runtime {
	type RuntimeOrigin = RuntimeOrigin;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type MotionDuration = ConstU32<{ 7 * DAYS }>;
	type MaxProposals = ConstU32<32>;
	type MaxMembers = ConstU32<{ pallet_members::MAX_SEATS }>;
	/// Whoever does not vote has not agreed.
	type DefaultVote = pallet_collective::PrimeDefaultVote;
	type WeightInfo = pallet_collective::weights::SubstrateWeight<Runtime>;
	/// The seats follow the members pallet and nothing else.
	type SetMembersOrigin = NeverEnsureOrigin<()>;
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
	type WeightInfo = GovernanceWeights;
}

/// What the council's decisions cost at the most, made of the weights of calls that do the same or more.
pub struct GovernanceWeights;
impl pallet_governance::WeightInfo for GovernanceWeights {
	/// It writes a hash down.
	fn approve_upgrade() -> Weight {
		<Runtime as frame_system::Config>::SystemWeightInfo::authorize_upgrade()
	}

	/// It reads and removes what approving wrote.
	fn cancel_upgrade() -> Weight {
		Self::approve_upgrade().saturating_add(<Runtime as frame_system::Config>::DbWeight::get().reads_writes(1, 1))
	}

	/// It does the same: it hashes the code, looks for its version, and writes it.
	fn apply_upgrade() -> Weight {
		<Runtime as frame_system::Config>::SystemWeightInfo::apply_authorized_upgrade()
	}

	/// It suspends each of the validators as removing one does.
	fn restart_finality() -> Weight {
		let one = <Runtime as pallet_members::Config>::WeightInfo::remove_validator();
		one.saturating_mul(pallet_members::MAX_VALIDATORS.into())
	}
}
