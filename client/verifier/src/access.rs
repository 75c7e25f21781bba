//! From a dataset's accumulator to the entries of its log.
//!
//! A complete log also shows what did *not* happen. For example, if none of its entries names a certain recipient, then
//! the hospital reported no access by that recipient.

use crate::{
	error::{in_state, Error, Fault},
	finality::{FinalBlock, Finality, Trust},
	state::{ProvedState, ReadState},
	Bytes,
};
use alloc::{string::String, vec::Vec};
use codec::Encode;
use kexin_primitives::{
	access::{Log, LogEntry, Notices, Outcome},
	dataset::Dataset,
	log::RangeError,
	members::MemberId,
	DatasetId, UnixMillis, Versioned, H256,
};
use serde::{Deserialize, Serialize};
use sp_crypto_hashing::blake2_256;

/// The proof that entries are in a dataset's log: see "Access proof" in `docs/proofs.md`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessProof {
	/// [`Self::FORMAT`].
	pub format: String,
	/// The block that the proof is about.
	pub block: BlockId,
	/// The proof that the block is final.
	pub finality: Finality,
	/// The trie nodes that lead from the block's state root to the dataset and its log.
	pub state: Vec<Bytes>,
	/// The dataset.
	pub dataset: DatasetId,
	/// The number of entries in its log at the block.
	pub count: u64,
	/// The index in the log of the first of these entries.
	pub first: u64,
	/// The entries.
	pub entries: Vec<LogEntry>,
	/// The hashes of the largest trees beside the entries and below their peaks, from left to right.
	pub hashes: Vec<H256>,
}

/// A block, as a proof names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BlockId {
	/// Its hash.
	pub hash: H256,
	/// Its number.
	pub number: u32,
}

impl From<FinalBlock> for BlockId {
	fn from(block: FinalBlock) -> Self {
		Self {
			hash: block.hash,
			number: block.number,
		}
	}
}

/// Entries that are proved to be in a dataset's log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProvedAccesses<'a> {
	/// The block at which they are.
	pub block: FinalBlock,
	/// The dataset.
	pub dataset: DatasetId,
	/// The number of entries in the log at the block.
	pub count: u64,
	/// The index in the log of the first of these entries.
	pub first: u64,
	/// The entries.
	pub entries: &'a [LogEntry],
	/// Whether they are all entries of the log: then nothing else was recorded up to the block.
	pub complete: bool,
}

impl AccessProof {
	/// The value of [`Self::format`].
	pub const FORMAT: &'static str = "kexin-access-proof/1";

	/// Makes the proof that `entries` are in the log of a dataset from the index `first` on, and checks it.
	///
	/// It takes only those `nodes` that lead to the dataset and its log. For `hashes`, see [`Self::hashes`].
	///
	/// # Errors
	/// [`Error`].
	pub fn assemble(
		trust: impl Into<Trust>,
		finality: Finality,
		nodes: &[Bytes],
		dataset: DatasetId,
		first: u64,
		entries: Vec<LogEntry>,
		hashes: Vec<H256>,
	) -> Result<Self, Error> {
		let block = finality.verify(trust)?;
		let state = ProvedState::gather(block.state_root, nodes);
		let log = DeclaredLog::read(&state, dataset)?;
		log.check(first, &entries, &hashes)?;
		Ok(Self {
			format: Self::FORMAT.into(),
			block: block.into(),
			finality,
			state: state.used_nodes(),
			dataset,
			count: log.log.accumulator.count(),
			first,
			entries,
			hashes,
		})
	}

	/// What is proved on the chain that you trust.
	///
	/// # Errors
	/// [`Error`]: [`Error::Differs`] names the first field that is not what is proved.
	pub fn verify(&self, trust: impl Into<Trust>) -> Result<ProvedAccesses<'_>, Error> {
		if self.format != Self::FORMAT {
			return Err(Error::Format(self.format.clone()));
		}
		let block = self.finality.verify(trust)?;
		let differs = |field: &str| Err(Error::Differs(field.into()));
		if self.block.hash != block.hash {
			return differs("block.hash");
		}
		if self.block.number != block.number {
			return differs("block.number");
		}
		let state = ProvedState::new(block.state_root, &self.state).map_err(in_state)?;
		let log = DeclaredLog::read(&state, self.dataset)?;
		state.every_node_used().map_err(in_state)?;
		let count = log.log.accumulator.count();
		if self.count != count {
			return differs("count");
		}
		log.check(self.first, &self.entries, &self.hashes)?;
		Ok(ProvedAccesses {
			block,
			dataset: self.dataset,
			count,
			first: self.first,
			entries: &self.entries,
			complete: self.first == 0 && length(&self.entries) == count,
		})
	}
}

/// The log of a dataset that a hospital declared.
pub(crate) struct DeclaredLog {
	id: DatasetId,
	owner: MemberId,
	pub log: Log,
}

impl DeclaredLog {
	/// The log of this dataset.
	fn read(state: &ProvedState, id: DatasetId) -> Result<Self, Error> {
		let log = state.log(&id).map_err(in_state)?;
		let dataset = state.dataset(&id).map_err(in_state)?.ok_or(Error::NoDataset(id))?;
		Ok(Self::new(id, &dataset, log))
	}

	pub fn new(id: DatasetId, dataset: &Dataset, log: Log) -> Self {
		Self {
			id,
			owner: dataset.owner,
			log,
		}
	}

	/// Checks that `entries` are the whole log, at a block of this time.
	pub fn check_all(&self, entries: &[LogEntry], time: UnixMillis) -> Result<(), Error> {
		let (dataset, found, proved) = (self.id, length(entries), self.log.accumulator.count());
		match found.cmp(&proved) {
			core::cmp::Ordering::Less => return Err(Error::EntriesMissing { dataset, found, proved }),
			core::cmp::Ordering::Greater => return Err(Error::EntriesAdded { dataset, found, proved }),
			core::cmp::Ordering::Equal => self.check(0, entries, &[])?,
		}
		match entries.last() {
			Some(last) if last.recorded > time => Err(self.against_rules(Fault::AfterBlock)),
			_ => Ok(()),
		}
	}

	/// Checks that `entries` are in the log from the index `first` on, and that the rules can make such a log.
	fn check(&self, first: u64, entries: &[LogEntry], hashes: &[H256]) -> Result<(), Error> {
		self.log
			.accumulator
			.verify(first, &leaves(entries), hashes)
			.map_err(|error| diagnose(error, self.id, &self.log, first, entries, hashes))?;
		for (index, entry) in (first..).zip(entries) {
			if entry.dataset != self.id {
				return Err(self.against_rules(Fault::OtherDataset(index)));
			}
			if entry.reporter != self.owner {
				return Err(self.against_rules(Fault::OtherReporter(index)));
			}
			if !possible(entry) {
				return Err(self.against_rules(Fault::Misjudged(index)));
			}
		}
		if let Some(index) = earlier(first, entries) {
			return Err(self.against_rules(Fault::Earlier(index)));
		}
		if let Some(index) = falls(first, entries, |entry| entry.rules.spec_version) {
			return Err(self.against_rules(Fault::OlderRules(index)));
		}
		// The entries that are not shown may have breaches too.
		let others = self.log.accumulator.count().saturating_sub(length(entries));
		let (found, counted) = (breaches(entries), self.log.breaches);
		if counted < found || counted > found.saturating_add(others) {
			return Err(self.against_rules(Fault::Miscounted { found, counted }));
		}
		Ok(())
	}

	fn against_rules(&self, fault: Fault) -> Error {
		Error::AgainstRules { about: self.id, fault }
	}
}

/// Whether the rules can give the notices of an entry beside its breaches and its event: what rests on a consent that
/// was recorded later has no breaches, and only an activity that is named can be the wrong one.
fn possible(entry: &LogEntry) -> bool {
	let recorded_after = entry.notices.contains(Notices::RECORDED_AFTER);
	let not_for_activity = entry.notices.contains(Notices::NOT_FOR_ACTIVITY);
	(!recorded_after || entry.breaches.is_empty()) && (!not_for_activity || entry.event.activity.is_some())
}

/// The hashes of entries in the log's accumulator, as [`LogEntry::leaf`] makes them one by one.
pub fn leaves(entries: &[LogEntry]) -> Vec<H256> {
	// A log may have millions of entries: one buffer serves them all.
	let mut input = Vec::new();
	let mut leaf = |entry: &LogEntry| {
		input.clear();
		input.push(0);
		Versioned::V1(*entry).encode_to(&mut input);
		H256(blake2_256(&input))
	};
	entries.iter().map(&mut leaf).collect()
}

/// The number of entries that are permitted accesses with breaches. The ledger counts them too.
fn breaches(entries: &[LogEntry]) -> u64 {
	let breached = |entry: &&LogEntry| entry.event.outcome == Outcome::Permitted && !entry.breaches.is_empty();
	entries
		.iter()
		.filter(breached)
		.fold(0, |number, _| number.saturating_add(1))
}

/// What was done to entries that are not those of the log, as far as it can be told.
fn diagnose(
	error: RangeError,
	dataset: DatasetId,
	log: &Log,
	first: u64,
	entries: &[LogEntry],
	hashes: &[H256],
) -> Error {
	let (number, proved) = (length(entries), log.accumulator.count());
	if error == RangeError::OutOfRange {
		return Error::EntriesAdded {
			dataset,
			found: first.saturating_add(number),
			proved,
		};
	}
	// Entries from the first one on, without hashes, were meant to be the whole log.
	if first == 0 && hashes.is_empty() && number < proved {
		return Error::EntriesMissing {
			dataset,
			found: number,
			proved,
		};
	}
	if error == RangeError::WrongNumberOfHashes {
		return Error::WrongNumberOfHashes(dataset);
	}
	let found = breaches(entries);
	if number == proved && found != log.breaches {
		return Error::BreachHidden {
			dataset,
			found,
			proved: log.breaches,
		};
	}
	match earlier(first, entries) {
		Some(index) => Error::Reordered { dataset, index },
		None => Error::EntryAltered(dataset),
	}
}

/// The index of the first entry that was recorded earlier than the entry before it.
fn earlier(first: u64, entries: &[LogEntry]) -> Option<u64> {
	falls(first, entries, |entry| entry.recorded)
}

/// The index of the first entry that has less of this than the entry before it.
fn falls<T: PartialOrd>(first: u64, entries: &[LogEntry], of: impl Fn(&LogEntry) -> T) -> Option<u64> {
	let pairs = entries.iter().zip(entries.iter().skip(1));
	let mut pairs = (first.saturating_add(1)..).zip(pairs);
	let found = pairs.find(|(_, (entry, next))| of(next) < of(entry));
	found.map(|(index, _)| index)
}

fn length<T>(list: &[T]) -> u64 {
	u64::try_from(list.len()).unwrap_or(u64::MAX)
}
