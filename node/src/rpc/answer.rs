//! The envelope of an answer: what was found, and the block at which it is true.
//!
//! In all JSON, names are in camel case, hashes are 0x-hex, times are milliseconds since 1970, purposes and operations
//! have their published codes. Amounts of tokens are decimal strings, because many JSON readers lose digits of large
//! numbers.

use super::error::RpcError;
use crate::index;
use kexin_primitives::H256;
use serde::Serialize;
use serde_json::value::{to_raw_value, RawValue};

/// The most bytes of an answer: with what the protocol adds, it fits the stock limit of 15 MiB.
const MAX_BYTES: usize = 15 * 1024 * 1024 - 1024;

/// A block, by its hash and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BlockRef {
	/// Its hash.
	pub hash: H256,
	/// Its number.
	pub number: u32,
}

impl From<index::Block> for BlockRef {
	fn from(block: index::Block) -> Self {
		Self {
			hash: block.hash,
			number: block.number,
		}
	}
}

impl From<BlockRef> for kexin_verifier::access::BlockId {
	fn from(block: BlockRef) -> Self {
		Self {
			hash: block.hash,
			number: block.number,
		}
	}
}

/// An answer, and the finalized block at which it is true.
#[derive(Clone, Debug, Serialize)]
pub struct Answer<T> {
	/// The answer, whose fields stand beside `block`.
	#[serde(flatten)]
	pub answer: T,
	/// The block.
	pub block: BlockRef,
}

impl<T> Answer<T> {
	/// An answer that is true at this block.
	pub fn new(answer: T, block: BlockRef) -> Self {
		Self { answer, block }
	}
}

/// The JSON of an answer that may be too large to send.
///
/// # Errors
/// [`RpcError::TooMuch`] with this advice when it is.
pub fn bounded(answer: &impl Serialize, advice: &str) -> Result<Box<RawValue>, RpcError> {
	let json = to_raw_value(answer).map_err(|error| RpcError::Runtime(error.to_string()))?;
	if json.get().len() > MAX_BYTES {
		return Err(RpcError::TooMuch(format!(
			"the answer takes {} MiB, more than the node sends at once: {advice}",
			json.get().len() >> 20
		)));
	}
	Ok(json)
}

/// What the golden tests of the methods' JSON share.
#[cfg(test)]
pub mod golden {
	use super::*;
	use serde_json::{json, to_value, Value};

	/// A block for answers.
	pub const BLOCK: BlockRef = BlockRef {
		hash: H256::repeat_byte(0xbb),
		number: 7,
	};

	/// The JSON of [`BLOCK`].
	pub fn block() -> Value {
		json!({ "hash": hash(0xbb), "number": 7 })
	}

	/// The JSON of the hash that repeats a byte.
	pub fn hash(byte: u8) -> String {
		format!("{:?}", H256::repeat_byte(byte))
	}

	/// The JSON of an answer at [`BLOCK`].
	pub fn answer<T: Serialize>(answer: T) -> Value {
		to_value(Answer::new(answer, BLOCK)).unwrap()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_answer_that_is_too_large_gives_advice() {
		// The quotes count.
		let longest = "x".repeat(MAX_BYTES - 2);
		assert_eq!(bounded(&longest, "").unwrap().get().len(), MAX_BYTES);
		let Err(RpcError::TooMuch(message)) = bounded(&(longest + "x"), "ask for less") else {
			panic!("not refused");
		};
		assert!(message.ends_with("ask for less"));
	}
}
