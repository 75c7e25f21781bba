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

/// Validators of whom the silent ones can be suspended.
pub trait SuspendSilent {
	/// Suspends the validators that author nothing. The session with which the others take over.
	///
	/// # Errors
	/// When no more are silent than finality survives.
	fn suspend_silent() -> Result<SessionIndex, DispatchError>;
}
