//! `index_…`: the state of the index of finalized events.

use super::{answer::BlockRef, context::Context};
use crate::index::{place::block_of, rows};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};
use serde::Serialize;
use sp_blockchain::HeaderBackend as _;

/// The methods.
#[rpc(server)]
pub trait Index {
	/// How far the index has come.
	#[method(name = "index_status")]
	fn status(&self) -> RpcResult<Status>;
}

/// Answers the methods from the index.
pub struct Index(pub Context);

impl IndexServer for Index {
	fn status(&self) -> RpcResult<Status> {
		let progress = self.0.index()?.progress();
		let info = self.0.client.info();
		let finalized = BlockRef {
			hash: info.finalized_hash,
			number: info.finalized_number,
		};
		let indexed = progress.indexed.map(BlockRef::from);
		Ok(Status {
			indexed,
			finalized,
			lag: indexed.map(|indexed| finalized.number.saturating_sub(indexed.number)),
			error: progress.error,
			damaged: self.0.client.damaged().map(Into::into),
			skipped: progress.skipped.iter().map(Skipped::from).collect(),
		})
	}
}

/// How far the index has come.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
	/// The last block in the index; `None` until its database is open.
	indexed: Option<BlockRef>,
	/// The last finalized block.
	finalized: BlockRef,
	/// How many blocks the index is behind.
	lag: Option<u32>,
	/// Why the index has stopped; `None` while it works.
	error: Option<String>,
	/// What an answer found damaged in the node's own database, which is not the index; `None` as far as the node
	/// knows.
	damaged: Option<String>,
	/// The events that the index has skipped, because a newer runtime wrote them.
	skipped: Vec<Skipped>,
}

/// Events of one domain and version that the index has skipped.
#[derive(Clone, Debug, Serialize)]
struct Skipped {
	/// The number of the domain.
	domain: u8,
	/// The version of its vocabulary.
	version: u8,
	/// How many events.
	events: u64,
	/// The number of the block with the first one.
	from: u32,
}

impl From<(&(u8, u8), &rows::Skipped)> for Skipped {
	fn from(((domain, version), skipped): (&(u8, u8), &rows::Skipped)) -> Self {
		Self {
			domain: *domain,
			version: *version,
			events: skipped.events,
			from: block_of(skipped.first),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::rpc::answer::golden::{block, BLOCK};
	use serde_json::{json, to_value};

	#[test]
	fn index_status_is_pinned() {
		let status = Status {
			indexed: Some(BLOCK),
			finalized: BLOCK,
			lag: Some(0),
			error: None,
			damaged: None,
			skipped: vec![Skipped {
				domain: 9,
				version: 1,
				events: 4,
				from: 3,
			}],
		};
		let skipped = json!({ "domain": 9, "version": 1, "events": 4, "from": 3 });
		assert_eq!(
			to_value(status).unwrap(),
			json!({ "indexed": block(), "finalized": block(), "lag": 0, "error": null, "damaged": null, "skipped": [skipped] })
		);
		let closed = Status {
			indexed: None,
			finalized: BLOCK,
			lag: None,
			error: Some("away".into()),
			damaged: Some("the state of block 0x01".into()),
			skipped: Vec::new(),
		};
		assert_eq!(
			to_value(closed).unwrap(),
			json!({
				"indexed": null, "finalized": block(), "lag": null, "error": "away",
				"damaged": "the state of block 0x01", "skipped": []
			})
		);
	}
}
