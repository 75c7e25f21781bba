//! What the council decided.

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

/// A restart of finality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Restart<BlockNumber> {
	/// The session with which the remaining validators take over.
	pub session: SessionIndex,
	/// The last block that is final.
	pub last_final: BlockNumber,
}

/// The number of a set of finality's voters. That of the genesis is 0.
pub type SetId = u64;

/// Changes of the voters that are kept in mind, 12 KiB: where each session has one, those of 85 hours. Should finality stand still over more of
/// them before it is started anew, the ledger numbers the voters too high from then on, and their equivocations can't be reported.
pub const MAX_ANNOUNCEMENTS: u32 = 1_024;

/// Where other voters were announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Announcement<BlockNumber> {
	/// The number of the set before them.
	pub before: SetId,
	/// The block that announced them, the first of its session.
	pub block: BlockNumber,
}

/// How the voters of a session begin anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anew<BlockNumber> {
	/// The last block that is final.
	pub last_final: BlockNumber,
	/// The number of the set that made it final.
	pub before: SetId,
}

/// A restart of finality that has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Restarted<BlockNumber> {
	/// The number of the set that began anew.
	pub set_id: SetId,
	/// The block that announced it.
	pub block: BlockNumber,
}

/// Validators of whom the silent ones can be suspended.
pub trait SuspendSilent {
	/// Suspends the validators that author nothing. The session with which the others take over.
	///
	/// # Errors
	/// When no more are silent than finality survives.
	fn suspend_silent() -> Result<SessionIndex, DispatchError>;

	/// Makes as many validators as there can be, of whom more are silent than finality survives.
	#[cfg(feature = "runtime-benchmarks")]
	fn silence();
}
