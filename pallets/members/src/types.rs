//! Keys and allowances.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use kexin_primitives::members::{MemberId, Powers};
use scale_info::TypeInfo;
use sp_staking::{offence::Kind, SessionIndex};

/// Most keys of one member. Removing a member removes them all in one call.
pub const MAX_KEYS_PER_MEMBER: u32 = 64;
/// Most seats on the council.
pub const MAX_SEATS: u32 = 100;
/// Most validators.
pub const MAX_VALIDATORS: u32 = 100;
/// Most nodes of one member.
pub const MAX_NODES_PER_MEMBER: u32 = 4;
/// The ed25519 public key of a node, which its peer id is made of.
pub type NodeKey = [u8; 32];
/// The nodes of a member.
pub type Nodes = BoundedVec<NodeKey, ConstU32<MAX_NODES_PER_MEMBER>>;

/// A validator is silent after this many rounds in which it should have authored a block. Who authors is drawn by lot: of honest
/// validators, one in some hundred million is.
pub const SILENT_TURNS: u32 = 20;

/// The kind of an offence that is none: the validator authored nothing while finality stood still.
pub const SILENCE: Kind = *b"kexin:is-silent!";

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

/// A hospital's validator.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Validator<AccountId, BlockNumber> {
	/// The account that has the session keys.
	pub account: AccountId,
	/// The offence for which it is suspended.
	pub offence: Option<Offence<BlockNumber>>,
}

/// Why a validator is suspended: it signed two blocks for one slot, or two votes for one round, or it was silent when the council restarted
/// finality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Offence<BlockNumber> {
	/// `babe:equivocatio`, `grandpa:equivoca` or [`SILENCE`].
	pub kind: Kind,
	/// The session in which it signed; of silence, that in which the council decided.
	pub session: SessionIndex,
	/// The block whose body holds the proof: both signatures, as a report. Of silence, the block in which the council decided.
	pub reported: BlockNumber,
}
