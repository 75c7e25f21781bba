//! Proofs that auditors take home: `docs/proofs.md`. Nothing here needs to be believed; what is wrong does not pass the verifier.

pub mod finality;
mod json;
mod state;

use super::{
	error::Error,
	json::{Answer, At},
	workers::{in_time, Workers},
};
use crate::index::{store::Store, Index};
use finality::Finalities;
use json::{AccessProof, AuditProof, DatasetCount, FinalityAnswer, RangeParameters};
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
};
use kexin_primitives::{access::LogEntry, keys, lineage::ArtifactId, DatasetId, H256};
use sp_blockchain::HeaderBackend as _;
use state::State;
use std::sync::Arc;

/// Entries of one proof at the most.
const MAX_ENTRIES: u64 = 5_000;

/// The methods.
#[rpc(server)]
pub trait Proofs {
	/// The proof that a block is final, by default the newest that has one.
	#[method(name = "audit_finality")]
	async fn finality(&self, at: Option<H256>) -> RpcResult<Answer<FinalityAnswer>>;

	/// The proof that entries stand in a data set's log.
	#[method(name = "access_proof")]
	async fn access(&self, dataset: DatasetId, range: RangeParameters, at: Option<H256>) -> RpcResult<AccessProof>;

	/// The proof of everything that a report about an artifact tells, besides the entries of the logs.
	#[method(name = "audit_proof")]
	async fn audit(&self, model: ArtifactId, at: Option<H256>) -> RpcResult<AuditProof>;
}

/// Makes the proofs from the client's blocks and the index.
pub struct Proofs {
	finalities: Finalities,
	index: Option<Arc<Index>>,
	workers: Workers,
}

impl Proofs {
	/// Makes proofs from these blocks and this index; none when the node keeps none.
	pub fn new(finalities: Finalities, index: Option<Arc<Index>>, workers: Workers) -> Self {
		Self {
			finalities,
			index,
			workers,
		}
	}

	/// The index, and the number of the block that it has come to.
	async fn index(&self) -> Result<(&Store, u32), Error> {
		let index = self.index.as_ref().ok_or(Error::NoIndex)?;
		let finalized = self.finalities.client.info().finalized_number;
		let (store, block) = index.at(finalized).await.map_err(Error::IndexAway)?;
		Ok((store, block.number))
	}

	/// The block that is asked about, and its state.
	async fn block(&self, at: Option<H256>, known: u32) -> Result<(At, State), Error> {
		let finalities = self.finalities.clone();
		let find = move || {
			let block = finalities.at(at, known)?;
			Ok((block, State::new(finalities.client, block.hash)))
		};
		self.workers.run(find).await
	}

	async fn finality(&self, at: Option<H256>) -> Result<Answer<FinalityAnswer>, Error> {
		let known = match &self.index {
			Some(_) => self.index().await?.1,
			// Finality is proved from the chain alone.
			None => u32::MAX,
		};
		let finalities = self.finalities.clone();
		let prove = move || {
			let block = finalities.at(at, known)?;
			let finality = finalities.prove(block)?;
			Ok(Answer {
				answer: FinalityAnswer { finality },
				block,
			})
		};
		self.workers.run(prove).await
	}

	async fn access(&self, dataset: DatasetId, asked: RangeParameters, at: Option<H256>) -> Result<AccessProof, Error> {
		let (store, known) = self.index().await?;
		let (block, state) = self.block(at, known).await?;
		if !state.is_declared(dataset)? {
			return Err(Error::NotFound(format!("the data set {dataset:?}")));
		}
		let log = state.log(dataset)?.accumulator;
		let count = log.count();
		let (first, end) = range(asked, count)?;
		let entries = store.range(dataset, first, end).await?;
		let hashes = store.prove(dataset, count, first, end - first).await?;
		let leaves = entries.iter().map(LogEntry::leaf).collect::<Vec<_>>();
		if leaves.len() as u64 != end - first || log.verify(first, &leaves, &hashes).is_err() {
			// An auditor would find it out at home.
			return Err(Error::IndexAway(format!(
				"its entries of {dataset:?} are not those of the log: stop the node and run kexin-node index rebuild"
			)));
		}
		let finalities = self.finalities.clone();
		let prove = move || Ok((state.proof([keys::log(&dataset)])?, finalities.prove(block)?));
		let (state, finality) = self.workers.run(prove).await?;
		Ok(AccessProof {
			format: "kexin-access-proof/1",
			block,
			finality,
			state,
			dataset,
			count,
			first,
			entries,
			hashes,
		})
	}

	async fn audit(&self, model: ArtifactId, at: Option<H256>) -> Result<AuditProof, Error> {
		let (store, known) = self.index().await?;
		let (block, state) = self.block(at, known).await?;
		let walker = state.clone();
		let mut ancestry = self.workers.run(move || walker.ancestry(model)).await?;
		let mut datasets = Vec::with_capacity(ancestry.datasets.len());
		for (dataset, count) in std::mem::take(&mut ancestry.datasets) {
			ancestry.add_members(store.members(dataset, count).await?);
			datasets.push(DatasetCount { dataset, count });
		}
		let finalities = self.finalities.clone();
		let prove = move || Ok((state.proof(ancestry.keys)?, finalities.prove(block)?));
		let (state, finality) = self.workers.run(prove).await?;
		Ok(AuditProof {
			block,
			model,
			finality,
			state,
			datasets,
		})
	}
}

/// What is asked for, as the first index and the one after the last.
fn range(range: RangeParameters, count: u64) -> Result<(u64, u64), Error> {
	let (from, to) = match range {
		RangeParameters {
			index: Some(index),
			from: None,
			to: None,
		} => (index, index.saturating_add(1)),
		RangeParameters {
			index: None,
			from: Some(from),
			to,
		} => (from, to.unwrap_or(count)),
		_ => {
			return Err(Error::InvalidParameter(
				"expected either {\"index\"} or {\"from\", \"to\" (optional)}".into(),
			))
		},
	};
	if from > to {
		return Err(Error::InvalidParameter(format!("from {from} is after to {to}")));
	}
	if to > count {
		return Err(Error::OutOfRange(count));
	}
	if to - from > MAX_ENTRIES {
		return Err(Error::TooMany(format!(
			"a proof has {MAX_ENTRIES} entries at the most, and {} were asked for",
			to - from
		)));
	}
	Ok((from, to))
}

#[async_trait]
impl ProofsServer for Proofs {
	async fn finality(&self, at: Option<H256>) -> RpcResult<Answer<FinalityAnswer>> {
		Ok(in_time(self.finality(at)).await?)
	}

	async fn access(&self, dataset: DatasetId, range: RangeParameters, at: Option<H256>) -> RpcResult<AccessProof> {
		Ok(in_time(self.access(dataset, range, at)).await?)
	}

	async fn audit(&self, model: ArtifactId, at: Option<H256>) -> RpcResult<AuditProof> {
		Ok(in_time(self.audit(model, at)).await?)
	}
}
