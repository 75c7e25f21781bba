//! Keys and allowances.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use kexin_primitives::members::{MemberId, Powers};
use scale_info::TypeInfo;

/// Most keys of one member. Removing a member removes them all in one call.
pub const MAX_KEYS_PER_MEMBER: u32 = 64;
/// Most seats on the council.
pub const MAX_SEATS: u32 = 100;
/// Most validators.
pub const MAX_VALIDATORS: u32 = 100;

/// What an account is to the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Key {
	/// The member it acts for.
	pub member: MemberId,
	/// What it may do.
	pub powers: Powers,
}

/// What a member may still send, as of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Allowance<BlockNumber> {
	/// Picoseconds of execution.
	pub available: u128,
	/// The block at which that was true.
	pub updated: BlockNumber,
}
