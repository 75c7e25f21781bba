//! What the ledger's methods answer from.

use super::{
	answer::BlockRef,
	error::RpcError,
	proof::finality::FinalityProver,
	verified::{Api, CheckedClient},
	workers::Workers,
};
use crate::index::{store::Store, Index};
use kexin_primitives::H256;
use sc_rpc::SubscriptionTaskExecutor;
use sp_api::ApiError;
use sp_blockchain::HeaderBackend as _;
use std::sync::Arc;

/// What the methods of every domain answer from.
#[derive(Clone)]
pub struct Context {
	/// The client that executes and stores blocks.
	pub client: CheckedClient,
	/// The index of finalized events; `None` when the node keeps none.
	pub index: Option<Arc<Index>>,
	/// The threads for long answers.
	pub workers: Workers,
	/// The prover of finality.
	pub finality: FinalityProver,
	/// The executor of subscriptions.
	pub executor: SubscriptionTaskExecutor,
}

impl Context {
	/// The block of a question: this one, or by default the last finalized one.
	///
	/// # Errors
	/// [`RpcError::UnknownBlock`].
	pub fn block(&self, at: Option<H256>) -> Result<BlockRef, RpcError> {
		let hash = at.unwrap_or_else(|| self.client.info().finalized_hash);
		match self.client.number(hash) {
			Ok(Some(number)) => Ok(BlockRef { hash, number }),
			_ => Err(RpcError::UnknownBlock(format!("{hash:?}"))),
		}
	}

	/// Asks the runtime at a block, and checks its answer as [`CheckedClient::ask`] does.
	///
	/// # Errors
	/// Those of [`CheckedClient::ask`].
	pub fn ask<T>(&self, block: BlockRef, question: impl FnOnce(&Api) -> Result<T, ApiError>) -> Result<T, RpcError> {
		self.client.ask(block.hash, question)
	}

	/// The index.
	///
	/// # Errors
	/// [`RpcError::NoIndex`].
	pub fn index(&self) -> Result<&Index, RpcError> {
		self.index.as_deref().ok_or(RpcError::NoIndex)
	}

	/// The index's database, and the last block that is in it. Waits a little for a block that has just become final.
	///
	/// # Errors
	/// [`RpcError::NoIndex`], [`RpcError::IndexUnavailable`].
	pub async fn store(&self) -> Result<(&Store, BlockRef), RpcError> {
		let finalized = self.client.info().finalized_number;
		let (store, indexed) = self.index()?.at(finalized).await.map_err(RpcError::IndexUnavailable)?;
		Ok((store, indexed.into()))
	}
}
