//! `audit_…`: proofs that auditors keep, and reports. `docs/proofs.md` describes the fields.

#[cfg(test)]
mod golden;

use super::{
	answer::{bounded, Answer, BlockRef},
	context::Context,
	error::RpcError,
	proof::{
		prover::Prover,
		state::{RecordedState, ASK_FOR_PARTS},
	},
	workers::in_time,
};
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
};
use kexin_primitives::{lineage::ArtifactId, DatasetId, H256};
use kexin_verifier::{
	report::{derive, Ancestry, DatasetLog},
	Bytes, Finality, ReadState as _,
};
use serde::Serialize;
use serde_json::value::RawValue;
use sp_blockchain::HeaderBackend as _;
use tokio::sync::Semaphore;

/// How many reports are made at once.
const REPORTS: usize = 2;
/// The most log entries behind a report.
const MAX_REPORT_ENTRIES: u64 = 100_000;
/// How many log entries are read from the index at once. A row of its driver is many times as large as an entry.
const READ_ENTRIES: u64 = 5_000;

/// The methods.
#[rpc(server)]
pub trait Audit {
	/// The proof that a block is final: by default the newest that has a justification of its own.
	#[method(name = "audit_finality")]
	async fn finality(&self, at: Option<H256>, trusted: Option<H256>) -> RpcResult<Box<RawValue>>;

	/// The proof of everything in a report about an artifact but the log entries, and the consents and activities that
	/// they name: an [`AuditProof`].
	#[method(name = "audit_proof")]
	async fn proof(&self, model: ArtifactId, at: Option<H256>, trusted: Option<H256>) -> RpcResult<Box<RawValue>>;

	/// The report about an artifact, without a proof: the verifier's [`kexin_verifier::Report`].
	#[method(name = "audit_report")]
	async fn report(&self, model: ArtifactId, at: Option<H256>) -> RpcResult<Box<RawValue>>;
}

/// Answers the methods from the chain and the index.
pub struct Audit {
	context: Context,
	reports: Semaphore,
}

#[async_trait]
impl AuditServer for Audit {
	async fn finality(&self, at: Option<H256>, trusted: Option<H256>) -> RpcResult<Box<RawValue>> {
		Ok(in_time(self.prove_finality(at, trusted)).await?)
	}

	async fn proof(&self, model: ArtifactId, at: Option<H256>, trusted: Option<H256>) -> RpcResult<Box<RawValue>> {
		let proof = async { prove(&Prover::new(&self.context).await?, model, at, trusted).await };
		Ok(in_time(proof).await?)
	}

	async fn report(&self, model: ArtifactId, at: Option<H256>) -> RpcResult<Box<RawValue>> {
		let report = async {
			// The logs are held in memory while a report is made.
			let _permit = self.reports.acquire().await;
			report(&Prover::new(&self.context).await?, model, at).await
		};
		Ok(in_time(report).await?)
	}
}

impl Audit {
	/// Answers from this context.
	pub fn new(context: Context) -> Self {
		Self {
			context,
			reports: Semaphore::new(REPORTS),
		}
	}

	async fn prove_finality(&self, at: Option<H256>, trusted: Option<H256>) -> Result<Box<RawValue>, RpcError> {
		let indexed = match &self.context.index {
			Some(_) => self.context.store().await?.1.number,
			// The proof needs no index, so a node without one proves every final block.
			None => u32::MAX,
		};
		let prover = self.context.finality.clone();
		let prove = move || {
			let block = prover.block(at, indexed)?;
			let finality = prover.prove(block, trusted)?;
			let proof = Answer::new(FinalityProof { finality }, block);
			bounded(
				&proof,
				"ask for a proof that begins at a later block that you trust, or about a block with fewer changes of the \
				 validators before it",
			)
		};
		self.context.workers.run(prove).await
	}
}

/// The answer of `audit_finality`, without the block.
#[derive(Clone, Debug, Serialize)]
pub struct FinalityProof {
	/// The proof.
	finality: Finality,
}

/// The answer of `audit_proof`: what a report about a model is made and proved from, besides the log entries.
#[derive(Clone, Debug, Serialize)]
pub struct AuditProof {
	/// The block of the report.
	block: BlockRef,
	/// The artifact that the report is about.
	model: ArtifactId,
	/// The proof that the block is final.
	finality: Finality,
	/// The trie nodes that lead to what the report reads from the state, but the consents and activities that entries
	/// name.
	state: Vec<Bytes>,
	/// The datasets in its ancestry that a hospital declared, nearest first.
	datasets: Vec<DatasetCount>,
}

/// A dataset, and how long its log is at the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DatasetCount {
	/// The dataset.
	dataset: DatasetId,
	/// How many entries its log has.
	count: u64,
}

/// Proves everything in a report about an artifact but the log entries, and the consents and activities outside the
/// ancestry that they name: of those there can be any number, so the reader fetches them with the stock
/// `state_getReadProof`.
async fn prove(
	prover: &Prover<'_>,
	model: ArtifactId,
	at: Option<H256>,
	trusted: Option<H256>,
) -> Result<Box<RawValue>, RpcError> {
	let walk = move |block, state: RecordedState| {
		let ancestry = Ancestry::walk(&state, model).map_err(|error| state.refused(error))?;
		let datasets = counts(&state, &ancestry)?;
		Ok((block, state, ancestry.members(), datasets))
	};
	let (block, state, mut members, datasets) = prover.read(at, walk).await?;
	for DatasetCount { dataset, count } in &datasets {
		members.extend(prover.store.members(*dataset, *count).await?);
	}
	let finality = prover.finality.clone();
	let prove = move || {
		state.now().map_err(|error| state.unreadable(error))?;
		for member in members {
			state.member(member).map_err(|error| state.unreadable(error))?;
		}
		let proof = AuditProof {
			block,
			model,
			finality: finality.prove(block, trusted)?,
			state: state.proof()?,
			datasets,
		};
		bounded(
			&proof,
			&format!("{ASK_FOR_PARTS}, or for a proof that begins at a later block that you trust"),
		)
	};
	prover.workers.run(prove).await
}

/// Makes the report about an artifact, by default at the last block of the index.
async fn report(prover: &Prover<'_>, model: ArtifactId, at: Option<H256>) -> Result<Box<RawValue>, RpcError> {
	let walk = move |block, state: RecordedState| {
		let ancestry = Ancestry::walk(&state, model).map_err(|error| state.refused(error))?;
		let datasets = counts(&state, &ancestry)?;
		// Before the index is asked for as many entries as a damaged log may say.
		state.check()?;
		Ok((block, datasets))
	};
	let (block, datasets) = prover.read(Some(at.unwrap_or(prover.indexed.hash)), walk).await?;
	check_total(datasets.iter().map(|dataset| dataset.count))?;
	let mut logs = Vec::with_capacity(datasets.len());
	for dataset in datasets {
		logs.push(read_log(prover, dataset).await?);
	}
	let client = prover.finality.client.clone();
	let judge = move || {
		let genesis = client.info().genesis_hash;
		let state = RecordedState::new(client, block.hash);
		let report = derive(genesis, block.into(), &state, model, &logs);
		state.check()?;
		bounded(&report.map_err(|error| state.refused(error))?, ASK_FOR_PARTS)
	};
	prover.workers.run(judge).await
}

/// The first `count` entries of a dataset's log.
async fn read_log(prover: &Prover<'_>, DatasetCount { dataset, count }: DatasetCount) -> Result<DatasetLog, RpcError> {
	let mut entries = Vec::new();
	for from in (0..count).step_by(READ_ENTRIES as usize) {
		let to = count.min(from + READ_ENTRIES);
		entries.extend(prover.store.range(dataset, from, to).await?);
	}
	Ok(DatasetLog { dataset, entries })
}

/// The datasets of an ancestry, and how long their logs are.
fn counts(state: &RecordedState, ancestry: &Ancestry) -> Result<Vec<DatasetCount>, RpcError> {
	let datasets = ancestry.datasets.iter().map(|(dataset, _)| {
		let log = state.log(dataset).map_err(|error| state.unreadable(error))?;
		Ok(DatasetCount {
			dataset: *dataset,
			count: log.accumulator.count(),
		})
	});
	datasets.collect()
}

/// Checks that logs of these lengths are not too long for a report.
fn check_total(counts: impl Iterator<Item = u64>) -> Result<(), RpcError> {
	let total = counts.fold(0, u64::saturating_add);
	if total <= MAX_REPORT_ENTRIES {
		return Ok(());
	}
	Err(RpcError::TooMuch(format!(
		"the logs behind the artifact have {total} entries, and a node makes reports from at most {MAX_REPORT_ENTRIES}: use kexin \
		 report, which has no limit"
	)))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_report_has_a_limit_of_entries_and_the_error_names_the_command_without_one() {
		assert_eq!(check_total([MAX_REPORT_ENTRIES - 1, 1].into_iter()), Ok(()));
		for counts in [[MAX_REPORT_ENTRIES, 1], [u64::MAX, u64::MAX]] {
			let Err(RpcError::TooMuch(message)) = check_total(counts.into_iter()) else {
				panic!("not refused");
			};
			assert!(message.contains("kexin report"));
		}
	}
}
