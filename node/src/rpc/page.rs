//! Lists that are read page by page from the index: the size of a page, its cursor, and the blocks of its rows.

use super::{answer::BlockRef, error::RpcError};
use crate::{chain::types::Client, index::place::Place};
use codec::{Decode, DecodeAll as _, Encode};
use kexin_primitives::H256;
use serde::Deserialize;
use sp_blockchain::HeaderBackend as _;
use std::collections::HashMap;

/// Rows of a page when the question states no limit.
const DEFAULT_LIMIT: u32 = 100;
/// The most rows of a page.
pub const MAX_LIMIT: u32 = 1_000;

/// The page of a list that is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageParameters {
	/// The most rows of the page: 100 by default, 1,000 at most.
	pub limit: Option<u32>,
	/// Where the last page ended: its `next`.
	pub cursor: Option<String>,
}

/// How many rows a page has at most.
pub fn limit(asked: Option<u32>) -> u32 {
	asked.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT)
}

/// Drops the row that was read beyond the limit, and returns whether there was one, so whether the list goes on.
pub fn cut<Row>(rows: &mut Vec<Row>, limit: u32) -> bool {
	let more = rows.len() > limit as usize;
	rows.truncate(limit as usize);
	more
}

/// The hash of a question without its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct QuestionHash([u8; 8]);

impl QuestionHash {
	/// The hash of a method's name and the parameters that choose rows.
	pub fn of(question: impl Encode) -> Self {
		Self(sp_crypto_hashing::blake2_64(&question.encode()))
	}
}

/// The last row of a page. New rows come only at the end of a list, so a cursor never expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Cursor {
	/// The question that it belongs to.
	pub question: QuestionHash,
	/// The place of the row.
	pub place: Place,
	/// The index of the row at its place, which may have several.
	pub index: u64,
}

impl Cursor {
	/// The cursor as a parameter.
	pub fn text(&self) -> String {
		sp_core::bytes::to_hex(&self.encode(), false)
	}

	/// The cursor in a parameter of this question.
	///
	/// # Errors
	/// [`RpcError::BadCursor`].
	pub fn parse(text: &str, question: QuestionHash) -> Result<Self, RpcError> {
		let bytes = sp_core::bytes::from_hex(text).map_err(|_| RpcError::BadCursor)?;
		let cursor = Self::decode_all(&mut &bytes[..]).map_err(|_| RpcError::BadCursor)?;
		(cursor.question == question)
			.then_some(cursor)
			.ok_or(RpcError::BadCursor)
	}
}

/// The blocks of a page's rows, each looked up once.
pub struct Blocks<'a> {
	client: &'a Client,
	known: HashMap<u32, H256>,
}

impl<'a> Blocks<'a> {
	/// Looks blocks up in this client.
	pub fn new(client: &'a Client) -> Self {
		Self {
			client,
			known: HashMap::new(),
		}
	}

	/// The finalized block of this number.
	///
	/// # Errors
	/// [`RpcError::UnknownBlock`], [`RpcError::NotKept`].
	pub fn get(&mut self, number: u32) -> Result<BlockRef, RpcError> {
		let hash = match self.known.get(&number) {
			Some(hash) => *hash,
			None => {
				let hash = self.client.hash(number)?;
				let hash = hash.ok_or_else(|| RpcError::UnknownBlock(number.to_string()))?;
				self.known.insert(number, hash);
				hash
			},
		};
		Ok(BlockRef { hash, number })
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	#[test]
	fn a_page_has_these_fields_and_no_others() {
		let page: PageParameters = serde_json::from_value(json!({ "limit": 1, "cursor": "0x00" })).unwrap();
		assert_eq!((page.limit, page.cursor.as_deref()), (Some(1), Some("0x00")));
		assert!(serde_json::from_value::<PageParameters>(json!({ "offset": 1 })).is_err());
	}

	#[test]
	fn a_page_has_1_to_1000_rows() {
		assert_eq!([None, Some(0), Some(7), Some(1_001)].map(limit), [100, 1, 7, 1_000]);
		let mut rows = vec![1, 2, 3];
		assert!(cut(&mut rows, 2));
		assert_eq!(rows, [1, 2]);
		assert!(!cut(&mut rows, 2));
	}

	#[test]
	fn a_cursor_belongs_to_one_question() {
		let question = QuestionHash::of(("consent_history", 1));
		let cursor = Cursor {
			question,
			place: 9,
			index: 2,
		};
		assert_eq!(Cursor::parse(&cursor.text(), question), Ok(cursor));
		let other = QuestionHash::of(("consent_history", 2));
		for (text, question) in [(&cursor.text()[..], other), ("0x00", question), ("next", question)] {
			assert_eq!(Cursor::parse(text, question), Err(RpcError::BadCursor));
		}
	}
}
