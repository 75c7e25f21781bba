//! What the ledger's methods answer when they can't.
//!
//! | code | meaning | what to do |
//! |---|---|---|
//! | -32602 | a parameter is malformed | the message says which, and what is expected |
//! | 8001 | the block is not known | take a block of this chain that the node has |
//! | 8002 | the artifact or data set is not registered | check the hash, or ask at a later block |
//! | 8003 | the walk comes to too many artifacts or derivations | ask for a smaller depth, or for the ancestors of what was made |
//! | 8004 | the cursor belongs to another question | start without a cursor |
//! | 8005 | the runtime at that block could not answer | ask at a later block; the message has the cause |
//! | 8006 | this node keeps no index of events | ask a node that does, or start this one with `--index sqlite` |
//! | 8007 | the index can't be asked now | ask again later, or for less; the message or the node's log has the cause |
//! | 8008 | the block is not in the index yet | ask again in a few seconds, or see `index_status` |
//! | 8009 | the block has no proof of finality yet | ask again in a few seconds |
//! | 8010 | too much for one answer | the message says how much one can ask for |
//! | 8011 | the log has fewer entries at that block | ask for fewer, or at a later block |
//! | 8012 | the node does not keep what the proof needs | ask an archive node that was synchronised from the first block |
//! | 8013 | the node's database is damaged | ask another node; make this one's database again from its peers |
//!
//! What the door refuses has the codes 8101 to 8106: see [`crate::listeners::authenticated::refusal`].

use jsonrpsee::types::{error::INVALID_PARAMS_CODE, ErrorObjectOwned};
use std::fmt::Display;

/// Why a method gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
	/// A parameter is malformed.
	InvalidParameter(String),
	/// The block is not known.
	UnknownBlock(String),
	/// There is no such thing at that block.
	NotFound(String),
	/// The walk comes to too many artifacts or derivations.
	TooLarge,
	/// The cursor belongs to another question.
	BadCursor,
	/// The runtime could not answer.
	Runtime(String),
	/// The node keeps no index.
	NoIndex,
	/// The index can't be asked.
	IndexAway(String),
	/// The block is not in the index, which has come to another.
	NotIndexed {
		/// The number of the block.
		block: u32,
		/// The last block that is in the index.
		indexed: u32,
	},
	/// The block has no proof of finality yet.
	NotJustified(u32),
	/// More than one answer holds.
	TooMany(String),
	/// The log has only so many entries.
	OutOfRange(u64),
	/// The node does not keep what is needed.
	NotKept(String),
	/// This in the node's database is not what it was.
	Damaged(String),
}

impl Error {
	/// What is in the index is not what is on the ledger.
	pub fn damaged(how: impl Display) -> Self {
		Self::IndexAway(format!(
			"it is damaged, {how}: stop the node and run kexin-node index rebuild"
		))
	}
}

impl From<crate::index::store::Error> for Error {
	fn from(error: crate::index::store::Error) -> Self {
		log::debug!(target: "index", "a question was not answered: {error}");
		Self::IndexAway(error.told().into())
	}
}

impl From<sp_blockchain::Error> for Error {
	fn from(error: sp_blockchain::Error) -> Self {
		Self::NotKept(error.to_string())
	}
}

impl From<Error> for ErrorObjectOwned {
	fn from(error: Error) -> Self {
		let (code, message) = match error {
			Error::InvalidParameter(what) => (INVALID_PARAMS_CODE, what),
			Error::UnknownBlock(block) => (8001, format!("the block {block} is not known to this node")),
			Error::NotFound(what) => (8002, format!("{what} is not registered at this block")),
			Error::TooLarge => (
				8003,
				"the walk comes to too many artifacts or derivations: ask for a smaller depth, or for the ancestors of what was made".into(),
			),
			Error::BadCursor => (8004, "the cursor belongs to another question: start without one".into()),
			Error::Runtime(cause) => (8005, format!("the runtime at this block could not answer: {cause}")),
			Error::NoIndex => (
				8006,
				"this node keeps no index of events: ask one that does, or start this one with --index sqlite".into(),
			),
			Error::IndexAway(cause) => (8007, format!("the index can't be asked now: {cause}")),
			Error::NotIndexed { block, indexed } => (
				8008,
				format!("the index has come to block {indexed}, and not yet to {block}: ask again in a few seconds"),
			),
			Error::NotJustified(block) => (
				8009,
				format!("nothing proves yet that block {block} is final: ask again in a few seconds"),
			),
			Error::TooMany(bound) => (8010, bound),
			Error::OutOfRange(count) => (8011, format!("the log has {count} entries at this block")),
			Error::NotKept(what) => (8012, format!("this node does not keep what the proof needs: {what}")),
			Error::Damaged(what) => (
				8013,
				format!(
					"{what} is damaged in this node's database: ask another node. To mend this one, stop it, run kexin-node purge-chain, and \
					 start it again"
				),
			),
		};
		ErrorObjectOwned::owned(code, message, None::<()>)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_error_has_a_code_of_its_own_in_the_table() {
		let text = String::new;
		let errors = [
			Error::InvalidParameter(text()),
			Error::UnknownBlock(text()),
			Error::NotFound(text()),
			Error::TooLarge,
			Error::BadCursor,
			Error::Runtime(text()),
			Error::NoIndex,
			Error::IndexAway(text()),
			Error::NotIndexed { block: 2, indexed: 1 },
			Error::NotJustified(1),
			Error::TooMany(text()),
			Error::OutOfRange(1),
			Error::NotKept(text()),
			Error::Damaged(text()),
		];
		let codes = errors.map(|error| ErrorObjectOwned::from(error).code());
		assert_eq!(
			codes,
			[-32602, 8001, 8002, 8003, 8004, 8005, 8006, 8007, 8008, 8009, 8010, 8011, 8012, 8013]
		);
		let table = include_str!("error.rs");
		for code in codes {
			assert!(table.contains(&format!("//! | {code} |")), "{code}");
		}
	}
}
