//! Motions of the council, upgrades of the runtime and restarts of finality.

use super::Account;
use crate::H256;
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// What the council did.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, serde::Serialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum GovernanceEvent {
	/// The council approved an upgrade.
	#[codec(index = 0)]
	UpgradeApproved {
		/// blake2-256 of the runtime.
		code: H256,
		/// The first block in which it can be applied.
		from: u32,
	},
	/// The council cancelled an approved upgrade.
	#[codec(index = 1)]
	UpgradeCancelled {
		/// blake2-256 of the runtime.
		code: H256,
	},
	/// An approved runtime was applied. It is in force from the next block on.
	#[codec(index = 2)]
	UpgradeApplied {
		/// blake2-256 of the runtime.
		code: H256,
	},
	/// The council suspended the silent validators; the others restart finality.
	#[codec(index = 3)]
	RestartDecided {
		/// The last final block.
		last_final: u32,
		/// The session with which the others take over.
		session: u32,
	},
	/// A member of the council proposed a motion.
	#[codec(index = 4)]
	MotionProposed {
		/// Who proposed it.
		account: Account,
		/// The number of the motion.
		index: u32,
		/// blake2-256 of the proposed call.
		motion: H256,
		/// How many ayes it needs.
		threshold: u32,
	},
	/// A member of the council voted.
	#[codec(index = 5)]
	MotionVoted {
		/// Who voted.
		account: Account,
		/// blake2-256 of the proposed call.
		motion: H256,
		/// Whether it was an aye.
		aye: bool,
		/// The ayes so far.
		ayes: u32,
		/// The nays so far.
		nays: u32,
	},
	/// A motion was closed.
	#[codec(index = 6)]
	MotionClosed {
		/// blake2-256 of the proposed call.
		motion: H256,
		/// The ayes.
		ayes: u32,
		/// The nays, with those who did not vote.
		nays: u32,
	},
	/// The council agreed to a motion.
	#[codec(index = 7)]
	MotionApproved {
		/// blake2-256 of the proposed call.
		motion: H256,
	},
	/// The council did not agree to a motion.
	#[codec(index = 8)]
	MotionDisapproved {
		/// blake2-256 of the proposed call.
		motion: H256,
	},
	/// The call of an approved motion was dispatched.
	#[codec(index = 9)]
	MotionExecuted {
		/// blake2-256 of the call.
		motion: H256,
		/// Whether the call succeeded.
		succeeded: bool,
	},
	/// Two thirds of the council dropped a motion.
	#[codec(index = 10)]
	MotionKilled {
		/// blake2-256 of the proposed call.
		motion: H256,
	},
	/// A single member of the council dispatched a call with its own vote alone.
	#[codec(index = 11)]
	SeatExecuted {
		/// blake2-256 of the call.
		motion: H256,
		/// Whether the call succeeded.
		succeeded: bool,
	},
}
