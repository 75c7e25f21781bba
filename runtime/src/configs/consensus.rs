//! Who authors blocks, who finalizes them, and what happens to whoever does either twice.

use crate::*;
use alloc::vec::Vec;
use frame_support::{
	parameter_types,
	traits::{ConstU32, ConstU64},
	weights::Weight,
};
use pallet_session::historical;
use sp_consensus_babe::{AllowedSlots, BabeEpochConfiguration};
use sp_runtime::{traits::OpaqueKeys, Perbill};
use sp_session::MembershipProof;
use sp_staking::{
	offence::{OffenceDetails, OffenceSeverity, OnOffenceHandler},
	SessionIndex,
};

/// Most validators.
pub const MAX_VALIDATORS: u32 = 100;
/// Sessions for which an equivocation can be reported: a week.
pub const REPORT_SESSIONS: u32 = 7 * DAYS / EPOCH_BLOCKS;

/// BABE's parameters at genesis: a quarter of the slots has a primary author by lot, the others a secondary one with a VRF, so that
/// every slot has a block.
pub const BABE_EPOCH_CONFIGURATION: BabeEpochConfiguration = BabeEpochConfiguration {
	c: (1, 4),
	allowed_slots: AllowedSlots::PrimaryAndSecondaryVRFSlots,
};

parameter_types! {
	pub const ReportLongevity: u64 = REPORT_SESSIONS as u64 * EPOCH_BLOCKS as u64;
}

impl pallet_babe::Config for Runtime {
	type EpochDuration = ConstU64<{ EPOCH_BLOCKS as u64 }>;
	type ExpectedBlockTime = ConstU64<SLOT_MILLISECONDS>;
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type DisabledValidators = Session;
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
	type MaxNominators = ConstU32<0>;
	type KeyOwnerProof = MembershipProof;
	type EquivocationReportSystem = pallet_babe::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = ConstU64<{ REPORT_SESSIONS as u64 }>;
	type KeyOwnerProof = MembershipProof;
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = sp_runtime::traits::ConvertInto;
	type ShouldEndSession = Babe;
	type NextSessionRotation = Babe;
	type SessionManager = historical::NoteHistoricalRoot<Self, ConsortiumValidators>;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	/// At most a third is disabled: finality survives no more.
	type DisablingStrategy = pallet_session::disabling::UpToLimitDisablingStrategy;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type KeyDeposit = ();
}

impl historical::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = NoFurtherIdentification;
}

/// A validator is identified by its account alone.
pub struct NoFurtherIdentification;
impl sp_runtime::traits::Convert<AccountId, Option<()>> for NoFurtherIdentification {
	fn convert(_: AccountId) -> Option<()> {
		Some(())
	}
}

/// The validators of the consortium: those of the members pallet.
pub struct ConsortiumValidators;

impl pallet_session::SessionManager<AccountId> for ConsortiumValidators {
	fn new_session(_: SessionIndex) -> Option<Vec<AccountId>> {
		Some(Members::validators())
	}

	fn start_session(_: SessionIndex) {}

	/// Drops the roots that no report can need any more.
	fn end_session(index: SessionIndex) {
		historical::Pallet::<Runtime>::prune_up_to(index.saturating_sub(REPORT_SESSIONS));
	}
}

impl historical::SessionManager<AccountId, ()> for ConsortiumValidators {
	fn new_session(index: SessionIndex) -> Option<Vec<(AccountId, ())>> {
		<Self as pallet_session::SessionManager<_>>::new_session(index)
			.map(|validators| validators.into_iter().map(|validator| (validator, ())).collect())
	}

	fn start_session(index: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::start_session(index)
	}

	fn end_session(index: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::end_session(index)
	}
}

impl pallet_offences::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = historical::IdentificationTuple<Self>;
	type OnOffenceHandler = SuspendOffenders;
}

/// Whoever equivocates stops validating at once.
pub struct SuspendOffenders;
impl OnOffenceHandler<AccountId, historical::IdentificationTuple<Runtime>, Weight> for SuspendOffenders {
	fn on_offence(
		offenders: &[OffenceDetails<AccountId, historical::IdentificationTuple<Runtime>>],
		_: &[Perbill],
		_: SessionIndex,
	) -> Weight {
		for details in offenders {
			let (validator, ()) = &details.offender;
			Session::report_offence(validator.clone(), OffenceSeverity::max_severity());
		}
		<Runtime as frame_system::Config>::DbWeight::get().reads_writes(2, 1)
	}
}

impl<C> frame_system::offchain::CreateTransactionBase<C> for Runtime
where
	RuntimeCall: From<C>,
{
	type RuntimeCall = RuntimeCall;
	type Extrinsic = UncheckedExtrinsic;
}

impl<C> frame_system::offchain::CreateBare<C> for Runtime
where
	RuntimeCall: From<C>,
{
	fn create_bare(call: RuntimeCall) -> UncheckedExtrinsic {
		UncheckedExtrinsic::new_bare(call)
	}
}
