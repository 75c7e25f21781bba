//! Reports of authors who seal two blocks for one slot.
//!
//! `sc-consensus-babe` 0.60.0 looks for them when the seal is no longer part of the header: its reports have no signatures, and the ledger
//! refuses them. This looks at whole headers, before. The others must not come into the pool, where they would stand in the way: they provide the
//! same, and go [`Nowhere`].

use crate::chain::types::Client;
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

/// Slots in which what was sealed is remembered.
const SLOTS: usize = 1_000;

/// The first header that each author sealed for each of the last slots.
#[derive(Default)]
struct Sealed(BTreeMap<Slot, HashMap<AuthorityId, Header>>);

impl Sealed {
	/// The header that the author sealed for the slot before this one; none when this is the first, or the same again.
	fn other(&mut self, slot: Slot, author: &AuthorityId, header: &Header) -> Option<Header> {
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

/// A pool that takes nothing in.
pub struct Nowhere;

impl LocalTransactionPool for Nowhere {
	type Block = Block;
	type Hash = H256;
	type Error = sc_transaction_pool_api::error::Error;

	fn submit_local(&self, _at: H256, _transaction: OpaqueExtrinsic) -> Result<H256, Self::Error> {
		Ok(H256::zero())
	}
}

/// Looks at each block before it is imported.
pub struct Watched<Import> {
	import: Import,
	client: Arc<Client>,
	pool: OffchainTransactionPoolFactory<Block>,
	sealed: Arc<Mutex<Sealed>>,
}

impl<Import> Watched<Import> {
	/// Reports through this pool what is seen on the way to this import.
	pub fn new(import: Import, client: Arc<Client>, pool: OffchainTransactionPoolFactory<Block>) -> Self {
		Self {
			import,
			client,
			pool,
			sealed: Arc::default(),
		}
	}

	/// Reports the author of a block if it has sealed another one for the same slot.
	fn watch(&self, block: &BlockImportParams<Block>) -> Result<(), ApiError> {
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
		// The first block of an epoch is sealed by an authority that is only the next one at its parent.
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
			match sealed.other(slot, author, &header) {
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
		// At the parent the author's session is still known, unless it has just begun.
		for at in [*proof.second_header.parent_hash(), best] {
			if owner.is_none() {
				// Each is about another block, for which one instance can't be used twice.
				let api = self.client.runtime_api();
				owner = api.generate_key_ownership_proof(at, proof.slot, proof.offender.clone())?;
			}
		}
		let Some(owner) = owner else {
			return Ok(());
		};
		log::warn!(
			target: "babe",
			"{:?} sealed two blocks for slot {}, {:?} and {:?}: it is reported", proof.offender, *proof.slot,
			proof.first_header.hash(), proof.second_header.hash()
		);
		let mut api = self.client.runtime_api();
		api.register_extension(self.pool.offchain_transaction_pool(best));
		api.submit_report_equivocation_unsigned_extrinsic(best, proof, owner)?;
		Ok(())
	}
}

#[async_trait]
impl<Import: BlockImport<Block> + Send + Sync> BlockImport<Block> for Watched<Import> {
	type Error = Import::Error;

	async fn check_block(&self, block: BlockCheckParams<Block>) -> Result<ImportResult, Self::Error> {
		self.import.check_block(block).await
	}

	async fn import_block(&self, block: BlockImportParams<Block>) -> Result<ImportResult, Self::Error> {
		// What is old can't be reported any more, and a block that can't be looked at may still be imported.
		if block.origin != sp_consensus::BlockOrigin::NetworkInitialSync {
			if let Err(error) = self.watch(&block) {
				log::warn!(target: "babe", "block {:?} was not looked at for an equivocation: {error}", block.post_hash());
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
		assert_eq!(sealed.other(7.into(), &author(1), &one), None);
		assert_eq!(sealed.other(7.into(), &author(1), &one), None);
		assert_eq!(sealed.other(7.into(), &author(2), &other), None);
		assert_eq!(sealed.other(8.into(), &author(1), &other), None);
		assert_eq!(sealed.other(7.into(), &author(1), &other), Some(one));
	}

	#[test]
	fn only_the_last_slots_are_remembered() {
		let mut sealed = Sealed::default();
		for slot in 0..2_000u64 {
			sealed.other(slot.into(), &author(1), &header(1));
		}
		assert_eq!(sealed.0.len(), SLOTS);
		assert_eq!(sealed.other(0.into(), &author(1), &header(2)), None);
		assert_eq!(sealed.other(1_999.into(), &author(1), &header(2)), Some(header(1)));
	}
}
