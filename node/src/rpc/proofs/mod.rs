//! Proofs that auditors take home: `docs/proofs.md`. Nothing here needs to be believed; what is wrong does not pass the verifier.

pub mod finality;
mod json;
mod prover;
mod state;

use super::{
	error::Error,
	json::{bounded, Answer},
	workers::{in_time, Workers},
};
use crate::index::Index;
use finality::Finalities;
use json::{FinalityAnswer, RangeParameters};
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
};
use kexin_primitives::{lineage::ArtifactId, DatasetId, H256};
use prover::Prover;
use serde_json::value::RawValue;
use sp_blockchain::HeaderBackend as _;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Reports that are made at a time.
const REPORTS: usize = 2;

/// The methods.
#[rpc(server)]
pub trait Proofs {
	/// The proof that a block is final, by default the newest that has one.
	#[method(name = "audit_finality")]
	async fn finality(&self, at: Option<H256>) -> RpcResult<Box<RawValue>>;

	/// The proof that entries stand in a data set's log: the verifier's [`kexin_verifier::AccessProof`].
	#[method(name = "access_proof")]
	async fn access(&self, dataset: DatasetId, range: RangeParameters, at: Option<H256>) -> RpcResult<Box<RawValue>>;

	/// The proof of everything that a report about an artifact tells, besides the entries of the logs: a [`json::AuditProof`].
	#[method(name = "audit_proof")]
	async fn audit(&self, model: ArtifactId, at: Option<H256>) -> RpcResult<Box<RawValue>>;

	/// The report about an artifact, for who believes this node, since it comes without a proof: the verifier's [`kexin_verifier::Report`].
	#[method(name = "audit_report")]
	async fn report(&self, model: ArtifactId, at: Option<H256>) -> RpcResult<Box<RawValue>>;
}

/// Makes the proofs from the client's blocks and the index.
pub struct Proofs {
	finalities: Finalities,
	index: Option<Arc<Index>>,
	workers: Workers,
	reports: Semaphore,
}

impl Proofs {
	/// Makes proofs from these blocks and this index; none when the node keeps none.
	pub fn new(finalities: Finalities, index: Option<Arc<Index>>, workers: Workers) -> Self {
		Self {
			finalities,
			index,
			workers,
			reports: Semaphore::new(REPORTS),
		}
	}

	/// What answers are made from.
	async fn prover(&self) -> Result<Prover<'_>, Error> {
		let index = self.index.as_ref().ok_or(Error::NoIndex)?;
		let finalized = self.finalities.client.info().finalized_number;
		let (store, indexed) = index.at(finalized).await.map_err(Error::IndexAway)?;
		Ok(Prover {
			finalities: &self.finalities,
			store,
			indexed,
			workers: &self.workers,
		})
	}

	async fn access(
		&self,
		dataset: DatasetId,
		range: RangeParameters,
		at: Option<H256>,
	) -> Result<Box<RawValue>, Error> {
		self.prover().await?.access(dataset, range, at).await
	}

	async fn audit(&self, model: ArtifactId, at: Option<H256>) -> Result<Box<RawValue>, Error> {
		self.prover().await?.audit(model, at).await
	}

	async fn report(&self, model: ArtifactId, at: Option<H256>) -> Result<Box<RawValue>, Error> {
		// Its logs are held while it waits.
		let _turn = self.reports.acquire().await;
		self.prover().await?.report(model, at).await
	}

	async fn finality(&self, at: Option<H256>) -> Result<Box<RawValue>, Error> {
		let known = match &self.index {
			Some(_) => self.prover().await?.indexed.number,
			// Finality is proved from the chain alone.
			None => u32::MAX,
		};
		let finalities = self.finalities.clone();
		let prove = move || {
			let block = finalities.at(at, known)?;
			let finality = finalities.prove(block)?;
			let proof = Answer {
				answer: FinalityAnswer { finality },
				block,
			};
			bounded(&proof, "ask about a block with fewer changes of the voters before it")
		};
		self.workers.run(prove).await
	}
}

#[async_trait]
impl ProofsServer for Proofs {
	async fn finality(&self, at: Option<H256>) -> RpcResult<Box<RawValue>> {
		Ok(in_time(self.finality(at)).await?)
	}

	async fn access(&self, dataset: DatasetId, range: RangeParameters, at: Option<H256>) -> RpcResult<Box<RawValue>> {
		Ok(in_time(self.access(dataset, range, at)).await?)
	}

	async fn audit(&self, model: ArtifactId, at: Option<H256>) -> RpcResult<Box<RawValue>> {
		Ok(in_time(self.audit(model, at)).await?)
	}

	async fn report(&self, model: ArtifactId, at: Option<H256>) -> RpcResult<Box<RawValue>> {
		Ok(in_time(self.report(model, at)).await?)
	}
}
