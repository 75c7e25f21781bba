//! A chain that is made up.

use crate::index::{follow::Chain, Block};
use kexin_primitives::{
	access::{AccessEvent, Breaches, LogEntry, Outcome, Rules},
	history::{History, RecordCall, RecordedBatch},
	log::Accumulator,
	members::MemberId,
	vocabulary::Operation,
	DatasetId, H256,
};
use std::{
	collections::HashMap,
	sync::{
		atomic::{AtomicU32, Ordering},
		Mutex,
	},
};

/// A name that is easy to tell from others.
pub fn name(kind: u8, number: u64) -> H256 {
	let mut hash = H256::from_low_u64_be(number);
	hash.0[0] = kind;
	hash
}

/// An event of which only this matters.
pub fn event(source: u64) -> AccessEvent {
	AccessEvent {
		source: name(b'e', source),
		occurred: source,
		actor: name(b'w', 0),
		subject: None,
		purpose: None,
		operation: Operation::Read,
		region: None,
		recipient: None,
		activity: None,
		outcome: Outcome::Permitted,
	}
}

/// What an access is recorded with: whether it was recorded earlier, and its breaches.
pub type Recorded = (AccessEvent, bool, Breaches);

/// What happens in the next block, and the logs that grow by it.
#[derive(Clone, Default)]
pub struct Ledger {
	pub logs: HashMap<DatasetId, Accumulator>,
	pub entries: HashMap<DatasetId, Vec<LogEntry>>,
}

impl Ledger {
	/// Records a batch as the runtime does. A call that fails is there without its batch.
	pub fn record(
		&mut self,
		history: &mut History,
		transaction: u32,
		dataset: DatasetId,
		reporter: MemberId,
		events: &[Recorded],
		fails: bool,
	) {
		history.calls.push(RecordCall {
			transaction,
			dataset,
			events: events.iter().map(|(event, ..)| *event).collect(),
		});
		if fails {
			return;
		}
		let mut batch = RecordedBatch {
			transaction,
			dataset,
			reporter,
			first: self.logs.entry(dataset).or_default().count(),
			recorded: 0,
			replayed: Vec::new(),
			breached: Vec::new(),
			recorded_at: history.time,
			rules: Rules {
				spec_version: 1,
				code: name(b'c', 0),
			},
			root: H256::zero(),
		};
		for (position, (event, replayed, breaches)) in (0..).zip(events) {
			if *replayed {
				batch.replayed.push(position);
				continue;
			}
			if !breaches.is_empty() {
				batch.breached.push((position, *breaches));
			}
			batch.recorded += 1;
			let entry = LogEntry {
				dataset,
				reporter,
				recorded: batch.recorded_at,
				rules: batch.rules,
				breaches: *breaches,
				event: *event,
			};
			self.logs.entry(dataset).or_default().append(entry.leaf()).unwrap();
			self.entries.entry(dataset).or_default().push(entry);
		}
		batch.root = self.logs[&dataset].root();
		history.batches.push(batch);
	}
}

/// The blocks. All are final, save those that are held back.
pub struct Made {
	salt: u64,
	state: Mutex<(Vec<History>, usize)>,
	pruned: AtomicU32,
}

impl Made {
	/// A chain with the first block alone. Chains of one salt have the same blocks.
	pub fn new(salt: u64) -> Self {
		Self {
			salt,
			state: Mutex::new((vec![History::default()], 0)),
			pruned: AtomicU32::new(0),
		}
	}

	/// Adds a final block.
	pub fn push(&self, history: History) {
		let mut state = self.state.lock().unwrap();
		state.0.push(history);
		state.1 += 1;
	}

	/// Says that this block is the last final one.
	pub fn hold_at(&self, number: usize) {
		self.state.lock().unwrap().1 = number;
	}

	/// Drops the state of the blocks before this one.
	pub fn prune(&self, before: u32) {
		self.pruned.store(before, Ordering::Relaxed);
	}

	/// What happened in the blocks.
	pub fn blocks(&self) -> Vec<History> {
		self.state.lock().unwrap().0.clone()
	}

	/// A block of this number.
	pub fn block(&self, number: u32) -> Block {
		Block {
			hash: name(b'b', self.salt << 32 | u64::from(number)),
			number,
		}
	}
}

impl Chain for Made {
	fn finalized(&self) -> Block {
		let number = self.state.lock().unwrap().1 as u32;
		self.block(number)
	}

	fn hash(&self, number: u32) -> Result<Option<H256>, String> {
		let known = (number as usize) < self.state.lock().unwrap().0.len();
		Ok(known.then(|| self.block(number).hash))
	}

	fn history(&self, hash: H256) -> Result<History, String> {
		let number = hash.to_low_u64_be() as u32;
		if number < self.pruned.load(Ordering::Relaxed) {
			return Err("state already discarded".into());
		}
		let history = self.state.lock().unwrap().0.get(number as usize).cloned();
		history.ok_or_else(|| "no such block".into())
	}
}
