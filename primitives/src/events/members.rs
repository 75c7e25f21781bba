//! Organisations, their keys, validators and nodes. What the genesis holds has no event.

use super::Account;
use crate::members::{MemberId, MemberKind, Powers};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use primitive_types::H256;
use scale_info::TypeInfo;

/// What happened to members.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, serde::Serialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum MemberEvent {
	/// The council admitted a member.
	#[codec(index = 0)]
	Admitted {
		/// Its number.
		member: MemberId,
		/// What it is.
		kind: MemberKind,
		/// Its first key, an administrator's.
		key: Account,
	},
	/// The council suspended a member.
	#[codec(index = 1)]
	Suspended {
		/// Its number.
		member: MemberId,
	},
	/// The council reinstated a suspended member.
	#[codec(index = 2)]
	Reinstated {
		/// Its number.
		member: MemberId,
	},
	/// The council removed a member and its keys.
	#[codec(index = 3)]
	Removed {
		/// Its number.
		member: MemberId,
	},
	/// A member added a key. With the power *council*, it takes the seat from the member's earlier one.
	#[codec(index = 4)]
	KeyAdded {
		/// The member.
		member: MemberId,
		/// The key.
		account: Account,
		/// What the key may do.
		powers: Powers,
	},
	/// A member revoked a key.
	#[codec(index = 5)]
	KeyRevoked {
		/// The member.
		member: MemberId,
		/// The key.
		account: Account,
	},
	/// The council admitted a hospital's validator.
	#[codec(index = 6)]
	ValidatorAdmitted {
		/// The hospital.
		member: MemberId,
		/// The account that holds the session keys.
		account: Account,
	},
	/// The council removed a hospital's validator.
	#[codec(index = 7)]
	ValidatorRemoved {
		/// The hospital.
		member: MemberId,
		/// The account that holds the session keys.
		account: Account,
	},
	/// A validator was proved to have signed two blocks for one slot, or two votes for one round.
	#[codec(index = 8)]
	ValidatorEquivocated {
		/// The hospital.
		member: MemberId,
		/// The account that holds the session keys.
		account: Account,
		/// Which protocol's rule it broke.
		kind: Offence,
		/// The session in which it signed; for votes, one in which its voters were in office.
		session: u32,
		/// Whether it was suspended. The last validator is not, nor one that is no validator any more.
		suspended: bool,
	},
	/// The council suspended a silent validator, so that the others can restart finality.
	#[codec(index = 9)]
	ValidatorSuspended {
		/// The hospital.
		member: MemberId,
		/// The account that holds the session keys.
		account: Account,
	},
	/// The council reinstated a suspended validator.
	#[codec(index = 10)]
	ValidatorReinstated {
		/// The hospital.
		member: MemberId,
	},
	/// A validator has authored no block for twenty turns.
	#[codec(index = 11)]
	ValidatorSilent {
		/// The account that holds the session keys.
		account: Account,
		/// The last block that it authored, or the block at which it was admitted.
		since: u32,
	},
	/// A member named its nodes.
	#[codec(index = 12)]
	NodesNamed {
		/// The member.
		member: MemberId,
		/// The ed25519 public keys of all its nodes.
		nodes: Vec<H256>,
	},
	/// The council closed the network to all nodes but the members', or opened it.
	#[codec(index = 13)]
	NetworkClosed {
		/// Whether it is closed.
		closed: bool,
	},
}

/// The kind of an offence, as FRAME names it: `babe:equivocatio` or `grandpa:equivoca`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Offence(pub [u8; 16]);

impl From<[u8; 16]> for Offence {
	fn from(kind: [u8; 16]) -> Self {
		Self(kind)
	}
}

impl serde::Serialize for Offence {
	fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		match core::str::from_utf8(&self.0) {
			Ok(text) => serializer.serialize_str(text),
			Err(_) => serializer.collect_seq(self.0),
		}
	}
}
