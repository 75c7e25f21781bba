//! The node's client as the chain that the index follows.

use super::{follow::Chain, Block};
use crate::chain::types::Client;
use kexin_primitives::{events::BlockEvents, H256};
use kexin_runtime_api::LedgerEventsApi as _;
use sc_client_api::BlockBackend as _;
use sp_api::ProvideRuntimeApi as _;
use sp_blockchain::HeaderBackend as _;
use sp_runtime::traits::{Block as _, Header as _};

impl Chain for Client {
	fn finalized(&self) -> Block {
		let info = self.info();
		Block {
			hash: info.finalized_hash,
			number: info.finalized_number,
		}
	}

	fn hash(&self, number: u32) -> Result<Option<H256>, String> {
		self.block_hash(number).map_err(|error| error.to_string())
	}

	fn events(&self, hash: H256) -> Result<BlockEvents, String> {
		let block = self.block(hash).map_err(|error| error.to_string())?;
		let block = block.ok_or("its transactions are not kept")?.block;
		let parent = *block.header().parent_hash();
		self.runtime_api()
			.ledger_events(parent, block)
			.map_err(|error| error.to_string())
	}
}
