//! Reports of authors who seal two blocks for one slot.
//!
//! `sc-consensus-babe` 0.60.0 looks for them after it has removed the seal from the header, so its reports have no
//! signatures, and the ledger refuses them. [`EquivocationDetector`] looks at whole headers before that. The stock
//! reports go to a [`DiscardingPool`]: they carry the same pool tag as ours and would displace them.

use super::types::Client;
use jsonrpsee::core::async_trait;
use kexin_primitives::H256;
use kexin_runtime::{opaque::Block, Header};
use sc_consensus::{BlockCheckParams, BlockImport, BlockImportParams, ImportResult};
use sc_transaction_pool_api::{LocalTransactionPool, OffchainTransactionPoolFactory};
use sp_api::{ApiError, ApiExt as _, ProvideRuntimeApi as _};
use sp_blockchain::HeaderBackend as _;
use sp_consensus_babe::{
	digests::CompatibleDigestItem as _, AuthorityId, AuthorityPair, BabeApi as _, EquivocationProof, Slot,
};
use sp_core::Pair as _;
use sp_runtime::{traits::Header as _, OpaqueExtrinsic};
use std::{
	collections::{BTreeMap, HashMap},
	sync::{Arc, Mutex, PoisonError},
};

/// The number of slots whose headers are remembered.
const SLOTS: usize = 1_000;

/// The first header that each author sealed for each of the last slots.
#[derive(Default)]
struct Sealed(BTreeMap<Slot, HashMap<AuthorityId, Header>>);

impl Sealed {
	/// The header that the author sealed for the slot before this one; none when this is the first one, or the same.
	fn conflicting(&mut self, slot: Slot, author: &AuthorityId, header: &Header) -> Option<Header> {
		let first = self
			.0
			.entry(slot)
			.or_default()
			.entry(author.clone())
			.or_insert_with(|| header.clone())
			.clone();
		while self.0.len() > SLOTS {
			self.0.pop_first();
		}
		(first.hash() != header.hash()).then_some(first)
	}
}

/// A pool that discards every transaction.
pub struct DiscardingPool;

impl LocalTransactionPool for DiscardingPool {
	type Block = Block;
	type Hash = H256;
	type Error = sc_transaction_pool_api::error::Error;

	fn submit_local(&self, _at: H256, _transaction: OpaqueExtrinsic) -> Result<H256, Self::Error> {
		Ok(H256::zero())
	}
}

/// Looks for equivocations in each block before it is imported.
pub struct EquivocationDetector<Import> {
	import: Import,
	client: Arc<Client>,
	pool: OffchainTransactionPoolFactory<Block>,
	sealed: Arc<Mutex<Sealed>>,
}

impl<Import> EquivocationDetector<Import> {
	/// Passes blocks on to `import`, and reports equivocations through `pool`.
	pub fn new(import: Import, client: Arc<Client>, pool: OffchainTransactionPoolFactory<Block>) -> Self {
		Self {
			import,
			client,
			pool,
			sealed: Arc::default(),
		}
	}

	/// Reports the author of a block that has sealed another block for the same slot.
	fn inspect(&self, block: &BlockImportParams<Block>) -> Result<(), ApiError> {
		let header = block.post_header();
		let parent = *header.parent_hash();
		let logs = header.digest().logs();
		let digest = logs.iter().find_map(|log| log.as_babe_pre_digest());
		let seal = logs.last().and_then(|log| log.as_babe_seal());
		let (Some(digest), Some(seal)) = (digest, seal) else {
			return Ok(());
		};
		let (slot, unsealed) = (digest.slot(), block.header.hash());
		let api = self.client.runtime_api();
		// At the parent of an epoch's first block, the block's author still belongs to the next epoch.
		let epochs = [api.current_epoch(parent)?, api.next_epoch(parent)?];
		let author = epochs
			.iter()
			.filter_map(|epoch| epoch.authorities.get(usize::try_from(digest.authority_index()).ok()?))
			.map(|(author, _)| author)
			.find(|author| AuthorityPair::verify(&seal, unsealed, author));
		let Some(author) = author else {
			return Ok(());
		};
		let first_header = {
			let mut sealed = self.sealed.lock().unwrap_or_else(PoisonError::into_inner);
			match sealed.conflicting(slot, author, &header) {
				Some(first) => first,
				None => return Ok(()),
			}
		};
		self.report(EquivocationProof {
			offender: author.clone(),
			slot,
			first_header,
			second_header: header,
		})
	}

	fn report(&self, proof: EquivocationProof<Header>) -> Result<(), ApiError> {
		let best = self.client.info().best_hash;
		let mut owner = None;
		// At the parent, the author's session is still known, unless it has just begun.
		for at in [*proof.second_header.parent_hash(), best] {
			if owner.is_none() {
				// One instance of the API can't be used for two blocks.
				let api = self.client.runtime_api();
				owner = api.generate_key_ownership_proof(at, proof.slot, proof.offender.clone())?;
			}
		}
		let Some(owner) = owner else {
			return Ok(());
		};
		log::warn!(
			target: "babe",
			"{:?} sealed two blocks for slot {}, {:?} and {:?}: reporting it", proof.offender, *proof.slot,
			proof.first_header.hash(), proof.second_header.hash()
		);
		let mut api = self.client.runtime_api();
		api.register_extension(self.pool.offchain_transaction_pool(best));
		api.submit_report_equivocation_unsigned_extrinsic(best, proof, owner)?;
		Ok(())
	}
}

#[async_trait]
impl<Import: BlockImport<Block> + Send + Sync> BlockImport<Block> for EquivocationDetector<Import> {
	type Error = Import::Error;

	async fn check_block(&self, block: BlockCheckParams<Block>) -> Result<ImportResult, Self::Error> {
		self.import.check_block(block).await
	}

	async fn import_block(&self, block: BlockImportParams<Block>) -> Result<ImportResult, Self::Error> {
		// Old equivocations can't be reported any more. A block that can't be inspected is still imported.
		if block.origin != sp_consensus::BlockOrigin::NetworkInitialSync {
			if let Err(error) = self.inspect(&block) {
				log::warn!(target: "babe", "block {:?} could not be inspected for an equivocation: {error}", block.post_hash());
			}
		}
		self.import.import_block(block).await
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::crypto::UncheckedFrom as _;

	fn author(byte: u8) -> AuthorityId {
		sp_core::sr25519::Public::unchecked_from([byte; 32]).into()
	}

	fn header(number: u32) -> Header {
		Header::new(
			number,
			Default::default(),
			Default::default(),
			Default::default(),
			Default::default(),
		)
	}

	#[test]
	fn another_header_of_the_same_author_for_the_same_slot_is_found() {
		let mut sealed = Sealed::default();
		let (one, other) = (header(1), header(2));
		assert_eq!(sealed.conflicting(7.into(), &author(1), &one), None);
		assert_eq!(sealed.conflicting(7.into(), &author(1), &one), None);
		assert_eq!(sealed.conflicting(7.into(), &author(2), &other), None);
		assert_eq!(sealed.conflicting(8.into(), &author(1), &other), None);
		assert_eq!(sealed.conflicting(7.into(), &author(1), &other), Some(one));
	}

	#[test]
	fn only_the_last_slots_are_remembered() {
		let mut sealed = Sealed::default();
		for slot in 0..2_000u64 {
			sealed.conflicting(slot.into(), &author(1), &header(1));
		}
		assert_eq!(sealed.0.len(), SLOTS);
		assert_eq!(sealed.conflicting(0.into(), &author(1), &header(2)), None);
		assert_eq!(
			sealed.conflicting(1_999.into(), &author(1), &header(2)),
			Some(header(1))
		);
	}
}
