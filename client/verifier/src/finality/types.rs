//! What a proof of finality consists of and what it shows.

use crate::Bytes;
use alloc::vec::Vec;
use core::fmt;
use finality_grandpa::voter_set::VoterSet;
use kexin_primitives::H256;
use serde::{Deserialize, Serialize};

/// An ed25519 public key.
pub type VoterId = [u8; 32];

/// The voters of a set with their weights, as the chain encodes them.
pub type Voters = Vec<(VoterId, u64)>;

/// A set of voters and its number.
pub(crate) struct VotingSet {
	pub id: u64,
	pub voters: VoterSet<VoterId>,
}

/// What an auditor knows from elsewhere and from which everything else is proved. On most chains the genesis hash is
/// all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
	/// The hash of the chain's first block.
	pub genesis: H256,
	/// The blocks with which the council restarted finality.
	pub restarts: Vec<RestartBlock>,
	/// A later block at which proofs begin instead: see [`FinalBlock::as_trusted`].
	pub block: Option<TrustedBlock>,
}

impl From<H256> for Trust {
	fn from(genesis: H256) -> Self {
		Self {
			genesis,
			restarts: Vec::new(),
			block: None,
		}
	}
}

impl From<&Trust> for Trust {
	fn from(trust: &Trust) -> Self {
		trust.clone()
	}
}

/// The block with which the council restarted finality.
///
/// The number of its voter set is part of it: its voters have voted before, and what they signed then must not count as
/// a vote of the set that they are now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestartBlock {
	/// The block's hash.
	pub hash: H256,
	/// The number of the voter set that begins with the block.
	pub set_id: u64,
}

impl fmt::Display for RestartBlock {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(formatter, "{:?}:{}", self.hash, self.set_id)
	}
}

/// A block at which a proof may begin instead of the chain's first one.
///
/// Its state says which voters vote on what follows, under which number, and to which chain it belongs. So you trust
/// the block as a whole: that it is final, and that its state is what the rules give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedBlock {
	/// The block's hash.
	pub hash: H256,
	/// Its number. It adds nothing to the hash, but tells people and programs how old the block is.
	pub number: u32,
}

impl fmt::Display for TrustedBlock {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(formatter, "{:?}:{}", self.hash, self.number)
	}
}

/// A change of the voters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Handover {
	/// The header that announces the next voters, in SCALE.
	pub header: Bytes,
	/// Its justification by the previous voters, in SCALE; none where the council restarted finality.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub justification: Option<Bytes>,
}

/// A block that is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinalBlock {
	/// Its hash.
	pub hash: H256,
	/// Its number.
	pub number: u32,
	/// The root of the state after it.
	pub state_root: H256,
	/// The number of the voter set whose justification the proof shows.
	pub set_id: u64,
	/// Whether its state is known to name the voters of the next block with their number. It does not where finality
	/// restarted.
	pub settled: bool,
}

impl FinalBlock {
	/// The block as one at which later proofs can begin, if it is one.
	pub fn as_trusted(&self) -> Option<TrustedBlock> {
		(self.settled && self.number > 0).then_some(TrustedBlock {
			hash: self.hash,
			number: self.number,
		})
	}
}
