//! Blocks, time and tokens.

use crate::*;
use frame_support::{
	derive_impl,
	dispatch::DispatchClass,
	parameter_types,
	traits::{ConstU32, ConstU64, Contains, VariantCountOf},
	weights::{
		constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_SECOND},
		Weight,
	},
};
use frame_system::limits::{BlockLength, BlockWeights};
use sp_runtime::{traits::AccountIdLookup, Perbill};

/// The share of a block that signed transactions may fill. The rest is for hooks, inherents and what operators send in
/// need.
pub const NORMAL_RATIO: Perbill = Perbill::from_percent(75);
/// Execution time of a block, in picoseconds: half of the slot. The other half is for building, sending and importing
/// it.
pub const BLOCK_REF_TIME: u64 = WEIGHT_REF_TIME_PER_SECOND;
/// Length of a block, in bytes.
pub const BLOCK_LENGTH: u32 = 5 * 1024 * 1024;

parameter_types! {
	pub const Version: RuntimeVersion = VERSION;
	pub RuntimeBlockWeights: BlockWeights =
		BlockWeights::with_sensible_defaults(Weight::from_parts(BLOCK_REF_TIME, u64::MAX), NORMAL_RATIO);
	pub RuntimeBlockLength: BlockLength = BlockLength::builder()
		.max_length(BLOCK_LENGTH)
		.modify_max_length_for_class(DispatchClass::Normal, |length| *length = NORMAL_RATIO.mul_floor(BLOCK_LENGTH))
		.build();
}

/// How many calls may enclose a batch.
const MAX_NESTING: u32 = 8;

/// The number of calls in which the call that begins now is nested. Each opens a layer of storage, and when there is no
/// room for another layer, a call fails whatever it does.
pub fn nesting() -> u32 {
	use frame_support::storage::{transactional::TRANSACTION_LEVEL_KEY, unhashed};
	unhashed::get_or_default(TRANSACTION_LEVEL_KEY)
}

/// Calls that nobody can make, whatever the origin: they would change code or state without the checks that make the
/// log's pinned rules true, take the session keys of a validator that the council has not let go, or use up a motion.
/// Nodes report equivocations without a signature; a report that a key signs would be free.
pub struct NoBypass;
impl Contains<RuntimeCall> for NoBypass {
	fn contains(call: &RuntimeCall) -> bool {
		use frame_system::Call;
		match call {
			RuntimeCall::Council(call) => super::governance::is_in_order(call),
			RuntimeCall::Utility(_) => nesting() <= MAX_NESTING,
			call => !matches!(
				call,
				RuntimeCall::Session(pallet_session::Call::purge_keys {})
					| RuntimeCall::Babe(pallet_babe::Call::report_equivocation { .. })
					| RuntimeCall::Grandpa(pallet_grandpa::Call::report_equivocation { .. })
					| RuntimeCall::System(
						Call::set_code_without_checks { .. }
							| Call::authorize_upgrade_without_checks { .. }
							| Call::set_storage { .. }
							| Call::kill_storage { .. }
							| Call::kill_prefix { .. }
					)
			),
		}
	}
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = Block;
	type BaseCallFilter = NoBypass;
	type BlockWeights = RuntimeBlockWeights;
	type BlockLength = RuntimeBlockLength;
	type AccountId = AccountId;
	type Nonce = Nonce;
	type Hash = Hash;
	type Lookup = AccountIdLookup<AccountId, ()>;
	type BlockHashCount = ConstU32<4_096>;
	type DbWeight = ParityDbWeight;
	type Version = Version;
	type AccountData = pallet_balances::AccountData<Balance>;
	type SS58Prefix = frame_support::traits::ConstU16<SS58_PREFIX>;
	type MaxConsumers = ConstU32<16>;
	type SingleBlockMigrations = Migrations;
	type SystemWeightInfo = weights::frame_system::WeightInfo<Runtime>;
	type ExtensionsWeightInfo = weights::frame_system_extensions::WeightInfo<Runtime>;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = Babe;
	type MinimumPeriod = ConstU64<{ SLOT_MILLISECONDS / 2 }>;
	type WeightInfo = weights::pallet_timestamp::WeightInfo<Runtime>;
}

impl pallet_authorship::Config for Runtime {
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Babe>;
	type EventHandler = super::consensus::NoteAuthor;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type WeightInfo = weights::pallet_balances::WeightInfo<Runtime>;
	type Balance = Balance;
	/// The smallest unit: a reward of any size reaches an account that holds nothing. Accounts that are kept alive for
	/// nothing are bounded by membership instead.
	type ExistentialDeposit = frame_support::traits::ConstU128<1>;
	type AccountStore = System;
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
}

impl pallet_utility::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = OriginCaller;
	type WeightInfo = weights::pallet_utility::WeightInfo<Runtime>;
}
