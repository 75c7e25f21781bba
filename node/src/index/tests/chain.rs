//! A chain that is made up.

use crate::index::{follow::Chain, Block};
use kexin_primitives::{
	access::{AccessEvent, Judgement, LogEntry, Outcome, Rules},
	events::{
		access::{AccessLogEvent, Batch},
		BlockEvents, LedgerEvent,
	},
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

/// An access, whether it was recorded before, and its judgement.
pub type Recorded = (AccessEvent, bool, Judgement);

/// What happens in the next block, and the logs that grow by it.
#[derive(Clone, Default)]
pub struct Ledger {
	pub logs: HashMap<DatasetId, Accumulator>,
	pub entries: HashMap<DatasetId, Vec<LogEntry>>,
}

impl Ledger {
	/// Records a batch as the runtime does.
	pub fn record(&mut self, block: &mut BlockEvents, dataset: DatasetId, reporter: MemberId, events: &[Recorded]) {
		let mut batch = Batch {
			dataset,
			reporter,
			first: self.logs.entry(dataset).or_default().count(),
			entries: Vec::new(),
			replayed: 0,
			recorded: block.time,
			rules: Rules {
				spec_version: 1,
				code: name(b'c', 0),
			},
			root: H256::zero(),
		};
		for (event, replayed, judgement) in events {
			if *replayed {
				batch.replayed += 1;
			} else {
				batch.entries.push((*event, *judgement));
			}
		}
		for entry in batch.entries() {
			self.logs.entry(dataset).or_default().append(entry.leaf()).unwrap();
			self.entries.entry(dataset).or_default().push(entry);
		}
		batch.root = self.logs[&dataset].root();
		add(block, AccessLogEvent::BatchRecorded(batch));
	}
}

/// Adds an event to a block.
pub fn add(block: &mut BlockEvents, event: impl Into<LedgerEvent>) {
	block.events.push(event.into().seal());
}

/// The blocks. All are final, save those that are held back.
pub struct Made {
	salt: u64,
	state: Mutex<(Vec<BlockEvents>, usize)>,
	pruned: AtomicU32,
}

impl Made {
	/// A chain with the first block alone. Chains of one salt have the same blocks.
	pub fn new(salt: u64) -> Self {
		Self {
			salt,
			state: Mutex::new((vec![BlockEvents::default()], 0)),
			pruned: AtomicU32::new(0),
		}
	}

	/// Adds a final block.
	pub fn push(&self, block: BlockEvents) {
		let mut state = self.state.lock().unwrap();
		state.0.push(block);
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

	/// The events of the blocks.
	pub fn blocks(&self) -> Vec<BlockEvents> {
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

	fn events(&self, hash: H256) -> Result<BlockEvents, String> {
		let number = hash.to_low_u64_be() as u32;
		if number < self.pruned.load(Ordering::Relaxed) {
			return Err("state already discarded".into());
		}
		let block = self.state.lock().unwrap().0.get(number as usize).cloned();
		block.ok_or_else(|| "no such block".into())
	}
}
