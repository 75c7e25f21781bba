//! A ledger: values in a state trie, and logs.

use codec::Encode;
use kexin_primitives::{
	access::{Log, LogEntry, Outcome},
	log::{node_hash, prove, Subtree},
	storage_keys, Versioned, H256,
};
use kexin_verifier::{access::leaves, Bytes, ProvedState};
use sp_core::Blake2Hasher;
use sp_trie::{trie_types::TrieDBMutBuilderV1, MemoryDB, TrieMut};
use std::collections::BTreeMap;

/// A log with all its entries.
#[derive(Clone, Default)]
pub struct FullLog {
	pub log: Log,
	pub entries: Vec<LogEntry>,
}

impl FullLog {
	pub fn push(&mut self, entry: LogEntry) {
		self.log.accumulator.append(entry.leaf()).expect("the log is not full");
		if entry.event.outcome == Outcome::Permitted && !entry.breaches.is_empty() {
			self.log.breaches += 1;
		}
		self.entries.push(entry);
	}

	/// The hashes with which a range of entries is proved.
	pub fn hashes(&self, first: usize, number: usize) -> Vec<H256> {
		let mut levels = vec![leaves(&self.entries)];
		while let Some(level) = levels.last().filter(|level| level.len() > 1) {
			let next = level
				.chunks_exact(2)
				.map(|pair| node_hash(&pair[0], &pair[1]))
				.collect();
			levels.push(next);
		}
		let mut hash = |tree: Subtree| Ok::<_, ()>(levels[tree.height as usize][tree.index as usize]);
		prove(self.entries.len() as u64, first as u64, number as u64, &mut hash).expect("every hash is there")
	}
}

/// The state of a ledger.
#[derive(Clone, Default)]
pub struct Ledger {
	values: BTreeMap<Vec<u8>, Vec<u8>>,
	logs: BTreeMap<H256, FullLog>,
}

impl Ledger {
	/// A ledger with this number of values that no proof needs.
	pub fn with_filler(number: u32) -> Self {
		let mut ledger = Self::default();
		for number in 0..number {
			let key = sp_crypto_hashing::blake2_256(&number.to_le_bytes());
			ledger.put_raw(key.to_vec(), vec![8; (number % 90) as usize + 1]);
		}
		ledger
	}

	pub fn put_raw(&mut self, key: Vec<u8>, value: Vec<u8>) {
		self.values.insert(key, value);
	}

	pub fn put<T: Encode>(&mut self, key: Vec<u8>, value: T) {
		self.put_raw(key, Versioned::V1(value).encode());
	}

	pub fn remove(&mut self, key: &[u8]) {
		self.values.remove(key);
	}

	/// Every value, ordered by key.
	pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Vec<u8>> {
		self.values.values_mut()
	}

	/// Records an entry in the log of its dataset.
	pub fn record(&mut self, entry: LogEntry) {
		self.record_all(entry.dataset, [entry]);
	}

	/// Records entries in the log of a dataset.
	pub fn record_all(&mut self, dataset: H256, entries: impl IntoIterator<Item = LogEntry>) {
		let log = self.logs.entry(dataset).or_default();
		entries.into_iter().for_each(|entry| log.push(entry));
		let log = log.log.clone();
		self.put(storage_keys::log(&dataset), log);
	}

	pub fn log(&self, dataset: &H256) -> FullLog {
		self.logs.get(dataset).cloned().unwrap_or_default()
	}

	fn trie(&self) -> (H256, Vec<Bytes>) {
		let (mut db, mut root) = MemoryDB::<Blake2Hasher>::default_with_root();
		let mut trie = TrieDBMutBuilderV1::<Blake2Hasher>::new(&mut db, &mut root).build();
		for (key, value) in &self.values {
			trie.insert(key, value).expect("the trie is in memory");
		}
		drop(trie);
		let nodes = db.drain().into_values().filter(|(_, references)| *references > 0);
		(root, nodes.map(|(node, _)| Bytes(node)).collect())
	}

	pub fn root(&self) -> H256 {
		self.trie().0
	}

	/// Every node of the state trie.
	pub fn nodes(&self) -> Vec<Bytes> {
		self.trie().1
	}

	/// The nodes that prove what is read.
	pub fn prove(&self, read: impl FnOnce(&ProvedState)) -> Vec<Bytes> {
		let (root, nodes) = self.trie();
		let state = ProvedState::new(root, &nodes).expect("no node is there twice");
		read(&state);
		state.used_nodes()
	}
}
