//! How an answer is made from the chain and the index.

use super::{
	finality::Finalities,
	json::{AuditProof, DatasetCount, RangeParameters},
	state::State,
};
use crate::{
	index::{store::Store, Block},
	rpc::{
		error::Error,
		json::{bounded, At},
		workers::Workers,
	},
};
use kexin_primitives::{lineage::ArtifactId, DatasetId, H256};
use kexin_verifier::{
	access::{self, leaves},
	report::{derive, Ancestry, DatasetLog},
	AccessProof, ReadState as _,
};
use serde_json::value::RawValue;
use sp_blockchain::HeaderBackend as _;

/// What to do about an ancestry that is too large.
pub const PARTS: &str = "ask for the parts that the artifact was made from";

/// Entries of one proof at the most.
const MAX_ENTRIES: u64 = 5_000;
/// Entries behind one report at the most.
const MAX_LOGS: u64 = 100_000;

/// What answers are made from. The chain is read by workers, so that no thread of the server waits for it.
pub struct Prover<'a> {
	/// The chain.
	pub finalities: &'a Finalities,
	/// The index.
	pub store: &'a Store,
	/// The block that the index has come to.
	pub indexed: Block,
	/// Who reads the chain.
	pub workers: &'a Workers,
}

impl Prover<'_> {
	/// The proof that entries stand in a data set's log.
	///
	/// # Errors
	/// [`Error`].
	pub async fn access(
		&self,
		dataset: DatasetId,
		asked: RangeParameters,
		at: Option<H256>,
	) -> Result<Box<RawValue>, Error> {
		let look_up = move |block, state: State| {
			// What is looked up here is not proved.
			let declared = state.dataset(&dataset).map_err(|error| state.unreadable(error))?;
			declared.ok_or_else(|| Error::NotFound(format!("the data set {dataset:?}")))?;
			let log = state.log(&dataset).map_err(|error| state.unreadable(error))?;
			Ok((block, log.accumulator))
		};
		let (block, log) = self.at(at, look_up).await?;
		let count = log.count();
		let (first, end) = range(asked, count)?;
		let entries = self.store.range(dataset, first, end).await?;
		let hashes = self.store.prove(dataset, count, first, end - first).await?;
		if entries.len() as u64 != end - first || log.verify(first, &leaves(&entries), &hashes).is_err() {
			// An auditor would find it out at home.
			return Err(Error::damaged(format_args!(
				"entries of data set {dataset:?} are not those of its log"
			)));
		}
		let finalities = self.finalities.clone();
		let prove = move || {
			let state = State::new(finalities.client.clone(), block.hash);
			state.log(&dataset).map_err(|error| state.unreadable(error))?;
			let proof = AccessProof {
				format: AccessProof::FORMAT.into(),
				block: block.into(),
				finality: finalities.prove(block)?,
				state: state.proof()?,
				dataset,
				count,
				first,
				entries,
				hashes,
			};
			bounded(&proof, "ask for fewer entries")
		};
		self.workers.run(prove).await
	}

	/// The proof of everything that a report about an artifact tells, besides the entries of the logs.
	///
	/// # Errors
	/// [`Error`].
	pub async fn audit(&self, model: ArtifactId, at: Option<H256>) -> Result<Box<RawValue>, Error> {
		let walk = move |block, state: State| {
			let ancestry = Ancestry::walk(&state, model).map_err(|error| state.refused(error))?;
			let datasets = counts(&state, &ancestry)?;
			Ok((block, state, ancestry.members(), datasets))
		};
		let (block, state, mut members, datasets) = self.at(at, walk).await?;
		for DatasetCount { dataset, count } in &datasets {
			members.extend(self.store.members(*dataset, *count).await?);
		}
		let finalities = self.finalities.clone();
		let prove = move || {
			state.now().map_err(|error| state.unreadable(error))?;
			for member in members {
				state.member(member).map_err(|error| state.unreadable(error))?;
			}
			let proof = AuditProof {
				block,
				model,
				finality: finalities.prove(block)?,
				state: state.proof()?,
				datasets,
			};
			bounded(&proof, PARTS)
		};
		self.workers.run(prove).await
	}

	/// The report about an artifact, by default at the last block of the index.
	///
	/// # Errors
	/// [`Error`].
	pub async fn report(&self, model: ArtifactId, at: Option<H256>) -> Result<Box<RawValue>, Error> {
		let walk = move |block, state: State| {
			let ancestry = Ancestry::walk(&state, model).map_err(|error| state.refused(error))?;
			Ok((block, counts(&state, &ancestry)?))
		};
		let (block, datasets) = self.at(Some(at.unwrap_or(self.indexed.hash)), walk).await?;
		not_too_long(datasets.iter().map(|dataset| dataset.count))?;
		let mut logs = Vec::with_capacity(datasets.len());
		for dataset in datasets {
			logs.push(self.log(dataset).await?);
		}
		let client = self.finalities.client.clone();
		let judge = move || {
			let genesis = client.info().genesis_hash;
			let state = State::new(client, block.hash);
			let report = derive(genesis, block.into(), &state, model, &logs);
			state.check()?;
			bounded(&report.map_err(|error| state.refused(error))?, PARTS)
		};
		self.workers.run(judge).await
	}

	/// Reads the state of the block that is asked about.
	async fn at<T: Send + 'static>(
		&self,
		at: Option<H256>,
		read: impl FnOnce(At, State) -> Result<T, Error> + Send + 'static,
	) -> Result<T, Error> {
		let (finalities, known) = (self.finalities.clone(), self.indexed.number);
		let work = move || {
			let block = finalities.at(at, known)?;
			read(block, State::new(finalities.client, block.hash))
		};
		self.workers.run(work).await
	}

	/// The first entries of a log, so many.
	async fn log(&self, DatasetCount { dataset, count }: DatasetCount) -> Result<DatasetLog, Error> {
		let mut entries = Vec::new();
		// In pages, since a row of the driver is many times as large as an entry.
		for from in (0..count).step_by(MAX_ENTRIES as usize) {
			let to = count.min(from + MAX_ENTRIES);
			entries.extend(self.store.range(dataset, from, to).await?);
		}
		Ok(DatasetLog { dataset, entries })
	}
}

impl From<At> for access::BlockId {
	fn from(block: At) -> Self {
		Self {
			hash: block.hash,
			number: block.number,
		}
	}
}

/// The data sets of an ancestry, and how long their logs are.
fn counts(state: &State, ancestry: &Ancestry) -> Result<Vec<DatasetCount>, Error> {
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
fn not_too_long(counts: impl Iterator<Item = u64>) -> Result<(), Error> {
	let total = counts.fold(0, u64::saturating_add);
	if total <= MAX_LOGS {
		return Ok(());
	}
	Err(Error::TooMany(format!(
		"the logs behind the artifact have {total} entries, and a node makes a report from {MAX_LOGS} at the most: kexin report makes \
		 it from any number"
	)))
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_report_is_made_from_so_many_entries_and_says_who_makes_it_from_more() {
		assert_eq!(not_too_long([MAX_LOGS - 1, 1].into_iter()), Ok(()));
		for counts in [[MAX_LOGS, 1], [u64::MAX, u64::MAX]] {
			let Err(Error::TooMany(says)) = not_too_long(counts.into_iter()) else {
				panic!("not refused");
			};
			assert!(says.contains("kexin report"));
		}
	}

	#[test]
	fn a_range_is_of_the_log_and_not_too_long() {
		let asked = |index, from, to| range(RangeParameters { index, from, to }, 10_000);
		assert_eq!(asked(Some(9_999), None, None), Ok((9_999, 10_000)));
		assert_eq!(asked(None, Some(5_000), None), Ok((5_000, 10_000)));
		assert_eq!(asked(None, Some(7), Some(7)), Ok((7, 7)));
		assert_eq!(asked(Some(10_000), None, None), Err(Error::OutOfRange(10_000)));
		assert_eq!(asked(None, Some(0), Some(10_001)), Err(Error::OutOfRange(10_000)));
		assert!(matches!(asked(None, Some(4_999), None), Err(Error::TooMany(_))));
		for (index, from, to) in [
			(Some(0), Some(0), None),
			(None, None, Some(1)),
			(None, Some(2), Some(1)),
		] {
			assert!(matches!(asked(index, from, to), Err(Error::InvalidParameter(_))));
		}
	}
}
