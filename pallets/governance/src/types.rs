//! The council's decisions about the chain.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::DispatchError;
use sp_staking::SessionIndex;

/// An approved upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Upgrade<Hash, BlockNumber> {
	/// The blake2-256 hash of the runtime.
	pub code: Hash,
	/// The first block in which it can be applied.
	pub from: BlockNumber,
}

/// A restart of finality that the council decided and that has not happened yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct PendingRestart<BlockNumber> {
	/// The session with which the remaining validators take over.
	pub session: SessionIndex,
	/// The last final block.
	pub last_final: BlockNumber,
}

/// The number of a set of GRANDPA voters. The set of the genesis has the number 0.
pub type SetId = u64;

/// The number of voter changes that the ledger remembers: 12 KiB, or 85 hours if every session has one. If finality
/// stands still over more changes before it restarts, the ledger numbers the voters too high from then on, and their
/// equivocations can't be reported.
pub const MAX_ANNOUNCEMENTS: u32 = 1_024;

/// An announcement of new voters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Announcement<BlockNumber> {
	/// The number of the set that they follow.
	pub previous_set_id: SetId,
	/// The block that announced them: the first of its session.
	pub block: BlockNumber,
}

/// How finality restarts with the voters of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinalityRestart<BlockNumber> {
	/// The last final block.
	pub last_final: BlockNumber,
	/// The number of the set that made it final.
	pub previous_set_id: SetId,
}

/// A restart of finality that has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct CompletedRestart<BlockNumber> {
	/// The number of the set with which finality restarted.
	pub set_id: SetId,
	/// The block that announced it.
	pub block: BlockNumber,
}

/// Validators, of which the silent ones can be suspended.
pub trait SuspendSilent {
	/// Suspends the validators that author no blocks. Returns the session with which the others take over.
	///
	/// # Errors
	/// When so few are silent that finality survives.
	fn suspend_silent() -> Result<SessionIndex, DispatchError>;

	/// For benchmarks: makes as many validators as there can be, so many of them silent that finality does not survive.
	#[cfg(feature = "runtime-benchmarks")]
	fn silence();
}
