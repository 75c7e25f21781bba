//! The files that an auditor is given.

use crate::{AccessProof, Document, Error};
use alloc::{
	boxed::Box,
	string::{String, ToString},
};
use serde::Deserialize;

/// A proof of either kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Proof {
	/// Entries of a data set's log.
	Access(Box<AccessProof>),
	/// A report about a model.
	Report(Box<Document>),
}

impl Proof {
	/// Reads a proof. Nothing is checked yet but the form.
	///
	/// Nothing is deeper than 128 levels, and what is read takes a small multiple of the file's own memory: how large a
	/// file may be is for the caller to say.
	///
	/// # Errors
	/// [`Error::Json`], or [`Error::Format`] for a format of tomorrow.
	pub fn from_json(json: &[u8]) -> Result<Self, Error> {
		/// What every format has, and what a newer one may change nothing about.
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

/// The cause of an error, which repeats parts of the file, without what would steer a terminal.
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
