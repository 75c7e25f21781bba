//! Keys, allowances, nodes and validators.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use kexin_primitives::members::{MemberId, Powers};
use scale_info::TypeInfo;
use sp_staking::{offence::Kind, SessionIndex};

/// The most keys of one member. One call removes a member with all its keys.
pub const MAX_KEYS_PER_MEMBER: u32 = 64;
/// The most seats on the council.
pub const MAX_SEATS: u32 = 100;
/// The most open motions of the council that one member proposed. So no seat can keep the others from proposing.
pub const MOTIONS_PER_SEAT: u32 = 4;
/// The most open motions of the council. There is room for those of every seat.
pub const MAX_MOTIONS: u32 = MAX_SEATS * MOTIONS_PER_SEAT;
/// The most validators.
pub const MAX_VALIDATORS: u32 = 100;
/// The most nodes of one member.
pub const MAX_NODES_PER_MEMBER: u32 = 4;
/// The ed25519 public key of a node, from which its peer id is made.
pub type NodeKey = [u8; 32];
/// The nodes of a member.
pub type Nodes = BoundedVec<NodeKey, ConstU32<MAX_NODES_PER_MEMBER>>;

/// A validator is silent after this many turns in which it authored no block. In a turn, the validators that are not
/// silent author as many blocks as they are. So a turn lasts about as many slots as there are validators, silent ones
/// included. Authors are drawn by lot, so an honest validator appears silent about once in some hundred million turns.
///
/// Blocks count, not slots: honest validators leave slots empty, too, while the whole network stands still, or while
/// authoring is slowed down because blocks are not final.
pub const SILENT_TURNS: u32 = 20;

/// The kind of an offence for a validator that authored nothing while finality stood still. It is no misbehaviour.
pub const SILENCE: Kind = *b"kexin:is-silent!";

/// A key: an account that acts for a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Key {
	/// The member for which it acts.
	pub member: MemberId,
	/// Its powers.
	pub powers: Powers,
}

/// The allowance that a member had left at a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Allowance<BlockNumber> {
	/// What all keys of the member share, in picoseconds of execution.
	pub available: u128,
	/// What only its administrators and its key on the council draw on, in picoseconds of execution.
	pub reserve: u128,
	/// The block at which that was so.
	pub updated: BlockNumber,
}

/// A hospital's validator.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Validator<AccountId, BlockNumber> {
	/// The account with the session keys.
	pub account: AccountId,
	/// The offence for which it is suspended; none when it is not suspended.
	pub offence: Option<Offence<BlockNumber>>,
}

/// Whose validator an account is or was, and for which sessions it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Nominee {
	/// The member.
	pub member: MemberId,
	/// The first session for which an equivocation counts: one in the session before was reported, or the council has
	/// admitted or reinstated the validator since.
	pub answers_from: SessionIndex,
}

/// Why a validator is suspended: it signed two blocks for one slot or two votes for one round, or it was silent when
/// the council restarted finality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Offence<BlockNumber> {
	/// `babe:equivocatio`, `grandpa:equivoca` or [`SILENCE`].
	pub kind: Kind,
	/// The session in which it signed; for silence, the session in which the council decided.
	pub session: SessionIndex,
	/// The block whose body holds the proof, a report with both signatures; for silence, the block in which the council
	/// decided.
	pub reported: BlockNumber,
}

/// What the benchmarks need from other pallets.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper<AccountId, Signature> {
	/// Gives the account session keys.
	fn set_session_keys(account: &AccountId);
	/// The account of this number whose secret is at hand.
	fn account(number: u32) -> AccountId;
	/// Signs with the secret of such an account.
	fn sign(account: &AccountId, message: &[u8]) -> Signature;
}
