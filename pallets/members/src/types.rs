//! The shapes of members and keys.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use kexin_primitives::{
	members::{MemberId, MemberKind, Powers},
	vocabulary::Region,
};
use scale_info::TypeInfo;

/// Most keys of one member. Removing a member removes them all in one call.
pub const MAX_KEYS_PER_MEMBER: u32 = 64;
/// Most seats on the council.
pub const MAX_SEATS: u32 = 100;
/// Most validators.
pub const MAX_VALIDATORS: u32 = 100;
/// Longest name of a member, in bytes.
pub const MAX_NAME: u32 = 64;

/// A member's name as people read it, in UTF-8.
pub type Name = BoundedVec<u8, ConstU32<MAX_NAME>>;

/// Whether a member may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Status {
	/// Its keys act.
	Active,
	/// Its keys do nothing until the council reinstates it.
	Suspended,
	/// It is gone, and its keys with it. What it did stays on the ledger under its number.
	Removed,
}

/// An organisation or person that the council admitted.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Member {
	/// What it is.
	pub kind: MemberKind,
	/// Its name.
	pub name: Name,
	/// The country it is in.
	pub region: Region,
	/// Whether it may act.
	pub status: Status,
	/// Whether the council gave it a seat.
	pub seat: bool,
	/// How many keys it has.
	pub keys: u32,
}

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
