//! The node's client as the chain that the index follows.

use super::{follow::Chain, Block};
use crate::chain::types::Client;
use kexin_primitives::{history::History, H256};
use kexin_runtime_api::HistoryApi as _;
use sc_client_api::BlockBackend as _;
use sp_api::ProvideRuntimeApi as _;
use sp_blockchain::HeaderBackend as _;

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

	fn history(&self, hash: H256) -> Result<History, String> {
		let body = self.block_body(hash).map_err(|error| error.to_string())?;
		let body = body.ok_or("its transactions are not kept")?;
		let history = self
			.runtime_api()
			.history(hash, body)
			.map_err(|error| error.to_string())?;
		Ok(history.into_latest())
	}
}
