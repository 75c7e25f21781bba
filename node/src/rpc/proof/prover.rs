//! What proofs are made from: the chain's blocks and states, and the index.

use super::{finality::FinalityProver, state::RecordedState};
use crate::{
	index::store::Store,
	rpc::{answer::BlockRef, context::Context, error::RpcError, workers::Workers},
};
use kexin_primitives::H256;

/// What proofs are made from. Workers read the chain, so that no thread of the server waits for it.
pub struct Prover<'a> {
	/// The chain, and the prover of its finality.
	pub finality: &'a FinalityProver,
	/// The index's database.
	pub store: &'a Store,
	/// The last block in the index.
	pub indexed: BlockRef,
	/// The threads that read the chain.
	pub workers: &'a Workers,
}

impl<'a> Prover<'a> {
	/// What proofs are made from now.
	///
	/// # Errors
	/// [`RpcError::NoIndex`], [`RpcError::IndexUnavailable`].
	pub async fn new(context: &'a Context) -> Result<Self, RpcError> {
		let (store, indexed) = context.store().await?;
		Ok(Self {
			finality: &context.finality,
			store,
			indexed,
			workers: &context.workers,
		})
	}

	/// Reads the state of a block as [`FinalityProver::block`] chooses it.
	///
	/// # Errors
	/// Those of [`FinalityProver::block`] and of the reading.
	pub async fn read<T: Send + 'static>(
		&self,
		at: Option<H256>,
		read: impl FnOnce(BlockRef, RecordedState) -> Result<T, RpcError> + Send + 'static,
	) -> Result<T, RpcError> {
		let (finality, indexed) = (self.finality.clone(), self.indexed.number);
		let work = move || {
			let block = finality.block(at, indexed)?;
			read(block, RecordedState::new(finality.client, block.hash))
		};
		self.workers.run(work).await
	}
}
