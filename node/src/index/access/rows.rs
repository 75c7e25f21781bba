//! From the batches of a block to the rows of the logs. Pure: no database, no chain.

use crate::index::{place::Place, Block};
use codec::Encode;
use kexin_primitives::{
	access::{Breaches, LogEntry, Notices, Rules},
	events::access::Batch,
	lineage::ActivityId,
	log::{node_hash, Accumulator, LogFull, Subtree},
	members::MemberId,
	DatasetId, Pseudonym, UnixMillis, H256,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Roots are kept of trees whose height is a multiple of this, so that at most 2^8 of them, or as many entries, make
/// any other.
pub const TREE_STEP: u32 = 8;

/// The log of a dataset, as far as the index has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
	/// Its number in the index.
	pub id: i64,
	/// The accumulator over its entries.
	pub accumulator: Accumulator,
	/// The members that its entries name.
	pub members: BTreeSet<MemberId>,
}

/// The logs that are needed for the next blocks.
#[derive(Clone, Debug, Default)]
pub struct Logs {
	known: HashMap<DatasetId, Log>,
	last: i64,
	/// Whether events of some log were skipped, so that what comes after them can't be placed.
	pub has_gaps: bool,
}

impl Logs {
	/// Knows no log yet. `last` is the last number that was given to one.
	pub fn new(last: i64, has_gaps: bool) -> Self {
		Self {
			known: HashMap::new(),
			last,
			has_gaps,
		}
	}

	/// Whether the log of this dataset is here.
	pub fn has(&self, dataset: &DatasetId) -> bool {
		self.known.contains_key(dataset)
	}

	/// Puts in the log of a dataset as the index has it; none when nothing was recorded.
	pub fn insert(&mut self, dataset: DatasetId, log: Option<Log>) {
		let log = log.unwrap_or_else(|| {
			self.last += 1;
			Log {
				id: self.last,
				accumulator: Accumulator::default(),
				members: BTreeSet::new(),
			}
		});
		self.known.insert(dataset, log);
	}
}

/// A batch does not continue the log that the index has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discontinuous(pub DatasetId);

/// The rows of one block or several.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Rows {
	pub logs: BTreeMap<DatasetId, (i64, Accumulator)>,
	pub log_members: Vec<LogMember>,
	pub trees: Vec<Tree>,
	pub batches: Vec<BatchRow>,
	pub entries: Vec<Entry>,
	/// The entries with breaches, as subscribers get them. They are no rows of their own.
	pub breaches: Vec<Breach>,
}

/// A member that a log names first in this entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct LogMember {
	pub log: i64,
	pub member: MemberId,
	pub position: u64,
}

/// The root of a perfect tree of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Tree {
	pub log: i64,
	pub tree: Subtree,
	pub hash: H256,
}

/// What the entries of a batch share.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct BatchRow {
	pub place: Place,
	pub log: i64,
	pub first: u64,
	pub recorded: u32,
	pub reporter: MemberId,
	pub time: UnixMillis,
	pub rules: Rules,
	pub earliest: UnixMillis,
	pub latest: UnixMillis,
}

/// An entry of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Entry {
	pub batch: Place,
	pub position: u64,
	pub occurred: UnixMillis,
	pub breaches: Breaches,
	pub notices: Notices,
	pub subject: Option<Pseudonym>,
	pub activity: Option<ActivityId>,
	pub event: Vec<u8>,
}

/// A new entry with breaches.
#[derive(Clone, Debug, PartialEq)]
pub struct Breach {
	/// The block that recorded it.
	pub block: Block,
	/// Its index in the log of its dataset.
	pub index: u64,
	/// The entry.
	pub entry: LogEntry,
}

impl Rows {
	/// Adds the rows of a batch. Its log has to be among `logs`, and grows by it.
	///
	/// # Errors
	/// [`Discontinuous`] when the log does not grow to the root of the batch. Nothing was added then.
	pub fn add(&mut self, block: Block, place: Place, batch: &Batch, logs: &mut Logs) -> Result<(), Discontinuous> {
		let discontinuous = Discontinuous(batch.dataset);
		let log = logs.known.get_mut(&batch.dataset).ok_or(discontinuous)?;
		if batch.first != log.accumulator.count() {
			return Err(discontinuous);
		}
		let mut accumulator = log.accumulator.clone();
		let mut trees = Vec::new();
		for entry in batch.entries() {
			append(&mut accumulator, entry.leaf(), &mut trees).map_err(|_| discontinuous)?;
		}
		if accumulator.root() != batch.root {
			return Err(discontinuous);
		}
		if batch.entries.is_empty() {
			// Everything in it was recorded before.
			return Ok(());
		}
		log.accumulator = accumulator;
		self.logs.insert(batch.dataset, (log.id, log.accumulator.clone()));
		self.trees.extend(trees.into_iter().map(|(tree, hash)| Tree {
			log: log.id,
			tree,
			hash,
		}));
		let times = batch.entries.iter().map(|(event, _)| event.occurred);
		self.batches.push(BatchRow {
			place,
			log: log.id,
			first: batch.first,
			recorded: u32::try_from(batch.entries.len()).unwrap_or(u32::MAX),
			reporter: batch.reporter,
			time: batch.recorded,
			rules: batch.rules,
			earliest: times.clone().min().unwrap_or(0),
			latest: times.max().unwrap_or(0),
		});
		for (index, entry) in (batch.first..).zip(batch.entries()) {
			for member in entry.members() {
				if log.members.insert(member) {
					self.log_members.push(LogMember {
						log: log.id,
						member,
						position: index,
					});
				}
			}
			self.entries.push(Entry::new(place, index, &entry));
			if !entry.breaches.is_empty() {
				self.breaches.push(Breach { block, index, entry });
			}
		}
		Ok(())
	}

	/// Adds the rows of the blocks after these.
	pub fn extend(&mut self, later: Self) {
		self.logs.extend(later.logs);
		self.log_members.extend(later.log_members);
		self.trees.extend(later.trees);
		self.batches.extend(later.batches);
		self.entries.extend(later.entries);
		self.breaches.extend(later.breaches);
	}

	/// About how many rows these are.
	pub fn count(&self) -> usize {
		self.entries.len() + self.batches.len() + self.trees.len() + self.log_members.len()
	}
}

impl Entry {
	fn new(batch: Place, position: u64, entry: &LogEntry) -> Self {
		let event = &entry.event;
		Self {
			batch,
			position,
			occurred: event.occurred,
			breaches: entry.breaches,
			notices: entry.notices,
			subject: event.subject,
			activity: event.activity,
			event: event.encode(),
		}
	}
}

/// Appends a leaf, and notes the roots to keep of the trees that it completes.
fn append(log: &mut Accumulator, leaf: H256, trees: &mut Vec<(Subtree, H256)>) -> Result<(), LogFull> {
	let count = log.count().checked_add(1).ok_or(LogFull)?;
	if count.trailing_zeros() >= TREE_STEP {
		let mut hash = leaf;
		for (height, left) in (1..=count.trailing_zeros()).zip(log.peaks().iter().rev()) {
			hash = node_hash(left, &hash);
			if height % TREE_STEP == 0 {
				let index = (count >> height) - 1;
				trees.push((Subtree { height, index }, hash));
			}
		}
	}
	log.append(leaf)
}
