//! Block headers, as far as a proof needs them.

use crate::finality::types::Voters;
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode};
use core::fmt;
use kexin_primitives::H256;
use sp_crypto_hashing::blake2_256;

/// The engine id of GRANDPA's digest items.
const GRANDPA: [u8; 4] = *b"FRNK";

/// A block header of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Header {
	/// The hash of the parent block's header.
	pub parent_hash: H256,
	/// The block's number.
	#[codec(compact)]
	pub number: u32,
	/// The root of the state after the block.
	pub state_root: H256,
	/// The root of the block's extrinsics.
	pub extrinsics_root: H256,
	/// What the block's author and runtime publish for other nodes.
	pub digest: Vec<DigestItem>,
}

/// An item of a header's digest.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum DigestItem {
	/// An item that belongs to no engine.
	#[codec(index = 0)]
	Other(Vec<u8>),
	/// From the runtime to a consensus engine.
	#[codec(index = 4)]
	Consensus([u8; 4], Vec<u8>),
	/// The author's signature.
	#[codec(index = 5)]
	Seal([u8; 4], Vec<u8>),
	/// From a consensus engine to the runtime.
	#[codec(index = 6)]
	PreRuntime([u8; 4], Vec<u8>),
	/// The runtime's code or its memory limit changed.
	#[codec(index = 8)]
	RuntimeEnvironmentUpdated,
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderError {
	/// It is not the encoding of a header, or something follows the encoding.
	Malformed,
	/// It announces voters in a form that can't be decoded.
	MalformedChange,
	/// It announces voters who take over this many blocks later, which this chain never does.
	Delayed(u32),
}

impl fmt::Display for HeaderError {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Malformed => formatter.write_str("is not the encoding of a block header"),
			Self::MalformedChange => formatter.write_str("announces voters in a form that can't be decoded"),
			Self::Delayed(delay) => write!(
				formatter,
				"announces voters who take over {delay} blocks later, which this chain never does"
			),
		}
	}
}

impl Header {
	/// Decodes a header, and refuses bytes after it.
	///
	/// # Errors
	/// [`HeaderError::Malformed`].
	pub fn from_bytes(bytes: &[u8]) -> Result<Self, HeaderError> {
		// The decoder accepts each number only in its shortest form, so a header has one encoding.
		Self::decode_all(&mut &bytes[..]).map_err(|_| HeaderError::Malformed)
	}

	/// The hash that names the block.
	pub fn hash(&self) -> H256 {
		H256(self.using_encoded(blake2_256))
	}

	/// The change of the voters that the block announces, if any. Of several announcements, nodes follow the first, and
	/// a restart before any other.
	///
	/// # Errors
	/// [`HeaderError`] when the announcement can't be followed.
	pub fn change(&self) -> Result<Option<Change>, HeaderError> {
		let mut next = None;
		let mut restart = None;
		for item in &self.digest {
			let DigestItem::Consensus(GRANDPA, log) = item else {
				continue;
			};
			match log.split_first() {
				Some((1, change)) => {
					let (voters, delay) = read::<(Voters, u32)>(change)?;
					if delay > 0 {
						return Err(HeaderError::Delayed(delay));
					}
					next = next.or(Some(Change::HandOver(voters)));
				},
				Some((2, change)) => {
					let (last_final, voters, delay) = read(change)?;
					restart = restart.or(Some(Change::Restart {
						last_final,
						voters,
						delay,
					}));
				},
				// Nodes ignore items that they don't know, and items about single voters.
				_ => {},
			}
		}
		Ok(restart.or(next))
	}
}

/// A change of the voters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
	/// The present voters hand over to these when the block is final.
	HandOver(Voters),
	/// The council restarts finality: these voters continue after a final block, whatever the previous ones vote.
	Restart {
		/// The number of the last block that the previous voters made final.
		last_final: u32,
		/// The new voters.
		voters: Voters,
		/// The number of blocks until they begin. It does not change what they may vote on.
		delay: u32,
	},
}

fn read<T: Decode>(change: &[u8]) -> Result<T, HeaderError> {
	T::decode_all(&mut &change[..]).map_err(|_| HeaderError::MalformedChange)
}
