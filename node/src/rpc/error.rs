//! What the ledger's methods answer when they can't.
//!
//! | code | meaning | what to do |
//! |---|---|---|
//! | -32602 | a parameter is malformed | the message says which, and what is expected |
//! | 8001 | the block is not known | take a block of this chain that the node has |
//! | 8002 | the artifact or data set is not registered | check the hash, or ask at a later block |
//! | 8003 | the walk comes to too many artifacts | ask for a smaller depth |
//! | 8004 | the cursor belongs to another question | start without a cursor |
//! | 8005 | the runtime at that block could not answer | ask at a later block; the message has the cause |

use jsonrpsee::types::{error::INVALID_PARAMS_CODE, ErrorObjectOwned};

/// Why a method gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
	/// A parameter is malformed.
	InvalidParameter(String),
	/// The block is not known.
	UnknownBlock(String),
	/// There is no such thing at that block.
	NotFound(String),
	/// The walk comes to too many artifacts.
	TooLarge,
	/// The cursor belongs to another question.
	BadCursor,
	/// The runtime could not answer.
	Runtime(String),
}

impl From<Error> for ErrorObjectOwned {
	fn from(error: Error) -> Self {
		let (code, message) = match error {
			Error::InvalidParameter(what) => (INVALID_PARAMS_CODE, what),
			Error::UnknownBlock(block) => (8001, format!("the block {block} is not known to this node")),
			Error::NotFound(what) => (8002, format!("{what} is not registered at this block")),
			Error::TooLarge => (
				8003,
				"the walk comes to too many artifacts: ask for a smaller depth".into(),
			),
			Error::BadCursor => (8004, "the cursor belongs to another question: start without one".into()),
			Error::Runtime(cause) => (8005, format!("the runtime at this block could not answer: {cause}")),
		};
		ErrorObjectOwned::owned(code, message, None::<()>)
	}
}
