//! Where a list of what happened goes on.

use crate::{index::rows::Place, rpc::error::Error};
use codec::{Decode, DecodeAll as _, Encode};

/// The hash of a question without its page.
pub type Question = [u8; 8];

/// The last row of a page. Rows come at the end alone, so that it stays good for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Cursor {
	/// The question that it belongs to.
	pub question: Question,
	/// The place of the row.
	pub place: Place,
	/// Its index, where a place has several.
	pub index: u64,
}

/// What a cursor remembers of a question.
pub fn question(encoded: Vec<u8>) -> Question {
	sp_crypto_hashing::blake2_64(&encoded)
}

impl Cursor {
	/// As it is given out.
	pub fn text(&self) -> String {
		sp_core::bytes::to_hex(&self.encode(), false)
	}

	/// As it comes back, for this question.
	///
	/// # Errors
	/// [`Error::BadCursor`].
	pub fn parse(text: &str, question: Question) -> Result<Self, Error> {
		let bytes = sp_core::bytes::from_hex(text).map_err(|_| Error::BadCursor)?;
		let cursor = Self::decode_all(&mut &bytes[..]).map_err(|_| Error::BadCursor)?;
		(cursor.question == question).then_some(cursor).ok_or(Error::BadCursor)
	}
}
