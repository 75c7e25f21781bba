//! The files that an auditor receives.

use crate::{AccessProof, Document, Error};
use alloc::{
	boxed::Box,
	string::{String, ToString},
};
use serde::Deserialize;

/// A proof of either kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Proof {
	/// Entries of a dataset's log.
	Access(Box<AccessProof>),
	/// A report about a model.
	Report(Box<Document>),
}

impl Proof {
	/// Reads a proof. This checks its form only: call `verify` on what you get.
	///
	/// JSON nested deeper than 128 levels is refused, and the result takes a small multiple of the file's size in
	/// memory. Limit the size of the file yourself.
	///
	/// # Errors
	/// [`Error::Json`], or [`Error::Format`] for a format that this version does not know.
	pub fn from_json(json: &[u8]) -> Result<Self, Error> {
		/// The field that every format has, newer ones included.
		#[derive(Deserialize)]
		struct Head {
			format: String,
		}
		let head: Head = read(json)?;
		match head.format.as_str() {
			AccessProof::FORMAT => read(json).map(Self::Access),
			Document::FORMAT => read(json).map(Self::Report),
			_ => Err(Error::Format(head.format)),
		}
	}
}

fn read<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Error> {
	serde_json::from_slice(json).map_err(|error| Error::Json(printable(&error.to_string())))
}

/// The cause of an error without control characters: it repeats parts of the file, which must not steer a terminal.
fn printable(cause: &str) -> String {
	cause
		.chars()
		.map(|character| {
			if character.is_control() {
				char::REPLACEMENT_CHARACTER
			} else {
				character
			}
		})
		.collect()
}
