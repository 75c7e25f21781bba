//! The errors of the ledger's methods.
//!
//! | code | meaning | what to do |
//! |---|---|---|
//! | -32602 | a parameter is malformed | correct it: the message or `data` says what is expected |
//! | 8001 | the node does not know the block | name a block of this chain that the node has |
//! | 8002 | the artifact or dataset is not registered | check the hash, or ask at a later block |
//! | 8003 | the walk reaches too many artifacts or derivations | ask for a smaller depth, or for ancestors |
//! | 8004 | the cursor belongs to another question | start without a cursor |
//! | 8005 | the runtime at that block could not answer | ask at a later block; the message has the cause |
//! | 8006 | this node keeps no index of events | ask a node that does, or start this one with `--index sqlite` |
//! | 8007 | the index can't answer now | ask again later, or for less; the message or the node's log has the cause |
//! | 8008 | the block is not in the index yet | ask again in a few seconds, or see `index_status` |
//! | 8009 | the block has no proof of finality yet | ask again in a few seconds |
//! | 8010 | the answer would be too large | ask for less: the message states the limit |
//! | 8011 | the log has fewer entries at that block | ask for fewer, or at a later block |
//! | 8012 | the node does not keep what the proof needs | ask an archive node that synchronised from block 0 |
//! | 8013 | the node's database is damaged | ask another node; restore this one's database from its peers |
//! | 8014 | the proof can't begin at the trusted block | name another or none; the message has the cause |
//!
//! The refusals of the authenticated listener have the codes 8101 to 8106: see
//! [`crate::listeners::authenticated::refusal`].

use jsonrpsee::types::{error::INVALID_PARAMS_CODE, ErrorObjectOwned};
use kexin_primitives::{lineage::ArtifactId, DatasetId};
use std::fmt::Display;

/// Why a method gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RpcError {
	/// A parameter is malformed.
	InvalidParameter(String),
	/// The node does not know the block.
	UnknownBlock(String),
	/// This is not registered at the block.
	NotFound(String),
	/// The walk reaches too many artifacts or derivations.
	WalkTooLarge,
	/// The cursor belongs to another question.
	BadCursor,
	/// The runtime could not answer.
	Runtime(String),
	/// The node keeps no index.
	NoIndex,
	/// The index can't answer now.
	IndexUnavailable(String),
	/// The block is not in the index yet.
	NotIndexed {
		/// The number of the block.
		block: u32,
		/// The last block that is in the index.
		indexed: u32,
	},
	/// The block of this number has no proof of finality yet.
	NotJustified(u32),
	/// The answer would be too large.
	TooMuch(String),
	/// The log has only this many entries.
	OutOfRange(u64),
	/// The node does not keep what is needed.
	NotKept(String),
	/// This part of the node's database is damaged.
	Damaged(String),
	/// The proof can't begin at the block that the caller trusts, for this reason.
	CannotBegin(String),
}

impl RpcError {
	/// The artifact is not registered.
	pub fn no_artifact(id: ArtifactId) -> Self {
		Self::NotFound(format!("the artifact {id:?}"))
	}

	/// The dataset is not registered.
	pub fn no_dataset(id: DatasetId) -> Self {
		Self::NotFound(format!("the dataset {id:?}"))
	}

	/// The index holds something that is not on the ledger.
	pub fn damaged_index(how: impl Display) -> Self {
		Self::IndexUnavailable(format!(
			"it is damaged, {how}: stop the node and run kexin-node index rebuild with the node's --index"
		))
	}
}

impl From<crate::index::store::Error> for RpcError {
	fn from(error: crate::index::store::Error) -> Self {
		// What stays so is for the operator: the answer refers to the log.
		let level = if error.may_pass() {
			log::Level::Debug
		} else {
			log::Level::Error
		};
		log::log!(target: "index", level, "the index could not answer: {error}");
		Self::IndexUnavailable(error.public_cause().into())
	}
}

impl From<sp_blockchain::Error> for RpcError {
	fn from(error: sp_blockchain::Error) -> Self {
		Self::NotKept(error.to_string())
	}
}

impl RpcError {
	fn code(&self) -> i32 {
		match self {
			Self::InvalidParameter(_) => INVALID_PARAMS_CODE,
			Self::UnknownBlock(_) => 8001,
			Self::NotFound(_) => 8002,
			Self::WalkTooLarge => 8003,
			Self::BadCursor => 8004,
			Self::Runtime(_) => 8005,
			Self::NoIndex => 8006,
			Self::IndexUnavailable(_) => 8007,
			Self::NotIndexed { .. } => 8008,
			Self::NotJustified(_) => 8009,
			Self::TooMuch(_) => 8010,
			Self::OutOfRange(_) => 8011,
			Self::NotKept(_) => 8012,
			Self::Damaged(_) => 8013,
			Self::CannotBegin(_) => 8014,
		}
	}

	fn message(self) -> String {
		match self {
			Self::InvalidParameter(message) | Self::TooMuch(message) => message,
			Self::UnknownBlock(block) => format!("this node does not know block {block}: name a block that it has"),
			Self::NotFound(what) => {
				format!("{what} is not registered at this block: check the hash, or ask at a later block")
			},
			Self::WalkTooLarge => "the walk reaches too many artifacts or derivations: ask for a smaller depth, or for ancestors"
				.into(),
			Self::BadCursor => "the cursor belongs to another question: start without a cursor".into(),
			Self::Runtime(cause) => {
				format!("the runtime at this block could not answer, ask at a later block: {cause}")
			},
			Self::NoIndex => {
				"this node keeps no index of events: ask a node that does, or start this one with --index sqlite".into()
			},
			Self::IndexUnavailable(cause) => format!("the index can't answer now: {cause}"),
			Self::NotIndexed { block, indexed } => {
				format!("the index is at block {indexed} and has not reached {block} yet: ask again in a few seconds")
			},
			Self::NotJustified(block) => {
				format!("block {block} has no proof of finality yet: ask again in a few seconds")
			},
			Self::OutOfRange(count) => {
				format!("the log has {count} entries at this block: ask for fewer, or at a later block")
			},
			Self::NotKept(what) => format!(
				"this node does not keep what the proof needs, ask an archive node that was synchronised from the first block: {what}"
			),
			Self::Damaged(what) => format!(
				"{what} is damaged in this node's database: ask another node. To repair this one, stop it, run kexin-node purge-chain, \
				 and start it again"
			),
			Self::CannotBegin(cause) => format!(
				"the proof can't begin at the block that you trust: {cause}; or name no trusted block, for a proof from the first one"
			),
		}
	}
}

impl From<RpcError> for ErrorObjectOwned {
	fn from(error: RpcError) -> Self {
		Self::owned(error.code(), error.message(), None::<()>)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_error_has_its_own_code_in_the_table() {
		let text = String::new;
		let errors = [
			RpcError::InvalidParameter(text()),
			RpcError::UnknownBlock(text()),
			RpcError::NotFound(text()),
			RpcError::WalkTooLarge,
			RpcError::BadCursor,
			RpcError::Runtime(text()),
			RpcError::NoIndex,
			RpcError::IndexUnavailable(text()),
			RpcError::NotIndexed { block: 2, indexed: 1 },
			RpcError::NotJustified(1),
			RpcError::TooMuch(text()),
			RpcError::OutOfRange(1),
			RpcError::NotKept(text()),
			RpcError::Damaged(text()),
			RpcError::CannotBegin(text()),
		];
		let codes = errors.map(|error| ErrorObjectOwned::from(error).code());
		assert_eq!(
			codes,
			[-32602, 8001, 8002, 8003, 8004, 8005, 8006, 8007, 8008, 8009, 8010, 8011, 8012, 8013, 8014]
		);
		let table = include_str!("error.rs");
		for code in codes {
			assert!(table.contains(&format!("//! | {code} |")), "{code}");
		}
	}
}
