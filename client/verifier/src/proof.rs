//! The files that an auditor receives.

use crate::{text::message, written, AccessProof, Document, Error};
use alloc::{
	boxed::Box,
	string::{String, ToString},
};
use serde::{Deserialize, Serialize};

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
	/// Only the form that the ledger writes is accepted: no other text has the same meaning to every reader of JSON.
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
		let head: Head = parse(json)?;
		match head.format.as_str() {
			AccessProof::FORMAT => read(json).map(Self::Access),
			Document::FORMAT => read(json).map(Self::Report),
			_ => Err(Error::Format(head.format)),
		}
	}
}

/// Reads what is in the written form.
fn read<'a, T: Deserialize<'a> + Serialize>(json: &'a [u8]) -> Result<T, Error> {
	let content = parse(json)?;
	written::check(json, &content)?;
	Ok(content)
}

fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Error> {
	serde_json::from_slice(json).map_err(|error| Error::Json(message(&error.to_string())))
}
