//! Whose transactions are taken, and how many.
//!
//! There are no fees. Each member has an allowance, counted in picoseconds of execution; a transaction draws its
//! weight, and its length at the price at which a full block is full of both. The allowance refills with every block.

use super::{
	governance::{CouncilMajority, CouncilTwoThirds},
	system::{BLOCK_LENGTH, BLOCK_REF_TIME, NORMAL_RATIO},
};
use crate::*;
use frame_support::{
	parameter_types,
	traits::{ConstU32, Contains, Get},
	weights::{ConstantMultiplier, IdentityFee, Weight},
};
use sp_runtime::{traits::Convert, FixedU128};
use sp_staking::SessionIndex;

/// What a block has for signed transactions, in picoseconds.
pub const BLOCK_CAPACITY: u128 = (BLOCK_REF_TIME as u128) * (NORMAL_RATIO.deconstruct() as u128) / 1_000_000_000;
/// What a byte of a transaction draws, in picoseconds: a block that is full in length is full in weight.
pub const BYTE_PRICE: u128 = BLOCK_REF_TIME as u128 / BLOCK_LENGTH as u128;

parameter_types! {
	/// A member can permanently fill an eighth of every block, so that eight members at full speed leave nobody out.
	pub const AllowancePerBlock: u128 = BLOCK_CAPACITY / 8;
	/// A member that was quiet can fill eight whole blocks at once: a hospital that was cut off catches up.
	pub const MaxAllowance: u128 = BLOCK_CAPACITY * 8;
	/// Administrators and the council can fill a block with their decisions at once, whatever the other keys do.
	pub const MaxReserve: u128 = BLOCK_CAPACITY;
	/// The reserve refills slowly, since what is paid from it comes before all else: a hundred members that use theirs
	/// up without end take less than half of every block.
	pub const ReservePerBlock: u128 = BLOCK_CAPACITY / 256;
	pub const BytePrice: u128 = BYTE_PRICE;
}

/// The calls with which administrators and the council decide, alone or in batches.
pub struct Decisions;
impl Contains<RuntimeCall> for Decisions {
	fn contains(call: &RuntimeCall) -> bool {
		use pallet_utility::Call;
		match call {
			RuntimeCall::Council(_)
			| RuntimeCall::Governance(_)
			| RuntimeCall::Members(_)
			| RuntimeCall::Session(_) => true,
			RuntimeCall::Utility(Call::batch { calls } | Call::batch_all { calls } | Call::force_batch { calls }) => {
				!calls.is_empty() && calls.iter().all(Self::contains)
			},
			_ => false,
		}
	}
}

/// The present session.
pub struct CurrentSession;
impl Get<SessionIndex> for CurrentSession {
	fn get() -> SessionIndex {
		Session::current_index()
	}
}

/// What was measured for the council's own call that changes its members.
pub struct SeatChange;
impl Convert<u32, Weight> for SeatChange {
	fn convert(motions: u32) -> Weight {
		use pallet_collective::WeightInfo as _;
		let seats = pallet_members::MAX_SEATS;
		weights::pallet_collective::WeightInfo::<Runtime>::set_members(seats, seats, motions)
	}
}

impl pallet_members::Config for Runtime {
	type AdmitOrigin = CouncilMajority;
	type ChangeOrigin = CouncilTwoThirds;
	type Council = Council;
	type SeatChange = SeatChange;
	type Signature = Signature;
	type CurrentSession = CurrentSession;
	type SessionKeys = Session;
	type DefaultSessionBlocks = ConstU32<EPOCH_BLOCKS>;
	type DefaultKeyInterval = ConstU32<DAYS>;
	type AllowancePerBlock = AllowancePerBlock;
	type MaxAllowance = MaxAllowance;
	type ReservePerBlock = ReservePerBlock;
	type MaxReserve = MaxReserve;
	type Decisions = Decisions;
	type WeightInfo = weights::pallet_members::WeightInfo<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}

impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type OnChargeTransaction = pallet_members::ChargeAllowance<Runtime>;
	type WeightToFee = IdentityFee<Balance>;
	type LengthToFee = ConstantMultiplier<Balance, BytePrice>;
	type FeeMultiplierUpdate = pallet_transaction_payment::ConstFeeMultiplier<NoCongestionPrice>;
	type OperationalFeeMultiplier = frame_support::traits::ConstU8<1>;
	type WeightInfo = weights::AllowanceWeights;
}

parameter_types! {
	/// A full chain does not make a hospital's duty to report more expensive.
	pub const NoCongestionPrice: FixedU128 = FixedU128::from_u32(1);
}
