//! The state at one block as the verifier reads it, and the proof of everything that was read.

use crate::rpc::{error::RpcError, verified::CheckedClient};
use kexin_primitives::H256;
use kexin_verifier::{
	error::{Error as Refusal, StateError},
	state::{Pair, ReadState},
	Bytes,
};
use sc_client_api::{ProofProvider as _, StorageProvider as _};
use sp_core::storage::StorageKey;
use std::{cell::RefCell, collections::BTreeSet};

/// What to do about an ancestry that is too large.
pub const ASK_FOR_PARTS: &str = "ask for the artifacts that it was made from";

/// The most keys that are read for one answer.
const MAX_KEYS: usize = 100_000;

/// The most bytes of a proof's trie nodes: as hex, with the rest of the answer, they fit the stock limit of 15 MiB.
const MAX_PROOF: usize = 6 * 1024 * 1024;

/// The state at a block. It records every key that is read, whether there is a value or not.
pub struct RecordedState {
	client: CheckedClient,
	block: H256,
	record: RefCell<Record>,
}

#[derive(Default)]
struct Record {
	keys: BTreeSet<Vec<u8>>,
	/// Why a value could not be read, for the first time.
	cause: Option<RpcError>,
}

impl RecordedState {
	/// The state at a block.
	pub fn new(client: CheckedClient, block: H256) -> Self {
		Self {
			client,
			block,
			record: RefCell::default(),
		}
	}

	/// The trie nodes that lead from the state root to every value that was read, or show that there is none.
	///
	/// # Errors
	/// [`RpcError::NotKept`] when the node has pruned the state of this block, [`RpcError::TooMuch`] when the nodes
	/// take more than 6 MiB.
	pub fn proof(&self) -> Result<Vec<Bytes>, RpcError> {
		let record = self.record.borrow();
		let mut keys = record.keys.iter().map(Vec::as_slice);
		let proof = self.client.read_proof(self.block, &mut keys)?;
		let nodes = proof.into_iter_nodes().map(Bytes).collect::<Vec<_>>();
		if nodes.iter().map(|node| node.0.len()).sum::<usize>() > MAX_PROOF {
			return Err(RpcError::TooMuch(format!(
				"the proof takes more than {} MiB of the state: {ASK_FOR_PARTS}",
				MAX_PROOF >> 20
			)));
		}
		Ok(nodes)
	}

	/// Checks that what was read hashes to the block's state root, for answers without a proof that the reader could
	/// check.
	///
	/// # Errors
	/// Those of [`Self::proof`], [`RpcError::Damaged`].
	pub fn check(&self) -> Result<(), RpcError> {
		let nodes = self.proof()?;
		self.client.check(self.block, nodes.iter().map(AsRef::as_ref))
	}

	/// Why the state could not be read. Damage may look like any other error, so it is checked first.
	pub fn unreadable(&self, error: StateError) -> RpcError {
		match self.check() {
			Err(damaged @ RpcError::Damaged(_)) => damaged,
			_ => self.record.borrow_mut().explain(error),
		}
	}

	/// Why the verifier refused this state, or the logs of the index with it.
	pub fn refused(&self, refusal: Refusal) -> RpcError {
		match refusal {
			Refusal::NotRegistered(id) => RpcError::no_artifact(id),
			Refusal::State { error, .. } => self.unreadable(error),
			other => RpcError::damaged_index(other),
		}
	}

	fn record(&self, key: &[u8]) -> Result<(), StateError> {
		self.record.borrow_mut().add(key)
	}

	/// The node's answer, or the verifier's error for none.
	fn answered<T>(&self, answer: sp_blockchain::Result<T>) -> Result<T, StateError> {
		answer.map_err(|error| self.record.borrow_mut().unavailable(error.into()))
	}
}

impl ReadState for RecordedState {
	fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
		self.record(key)?;
		let value = self.client.storage(self.block, &StorageKey(key.to_vec()));
		Ok(self.answered(value)?.map(|value| value.0))
	}

	fn prefix(&self, prefix: &[u8]) -> Result<Vec<Pair>, StateError> {
		// The trie nodes that lead to the prefix show that there are no other keys.
		self.record(prefix)?;
		let prefix = StorageKey(prefix.to_vec());
		let keys = self.answered(self.client.storage_keys(self.block, Some(&prefix), None))?;
		let pairs = keys.map(|StorageKey(key)| {
			let value = self.get(&key)?;
			let value = value.ok_or_else(|| StateError::Absent(key.clone().into()))?;
			Ok((key, value))
		});
		pairs.collect()
	}
}

impl Record {
	fn add(&mut self, key: &[u8]) -> Result<(), StateError> {
		if self.keys.len() >= MAX_KEYS && !self.keys.contains(key) {
			return Err(self.unavailable(RpcError::TooMuch(format!(
				"the artifact's ancestry has more than {MAX_KEYS} values in the state: {ASK_FOR_PARTS}"
			))));
		}
		self.keys.insert(key.to_vec());
		Ok(())
	}

	fn unavailable(&mut self, cause: RpcError) -> StateError {
		let text = format!("{cause:?}");
		self.cause.get_or_insert(cause);
		StateError::Unavailable(text)
	}

	fn explain(&mut self, error: StateError) -> RpcError {
		self.cause
			.take()
			.unwrap_or_else(|| RpcError::Runtime(error.to_string()))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn too_many_keys_are_an_error_that_says_what_to_do() {
		let mut record = Record::default();
		for key in 0..MAX_KEYS as u32 {
			record.add(&key.to_be_bytes()).unwrap();
		}
		record.add(&[0; 4]).unwrap();
		let refused = record.add(b"one more").unwrap_err();
		let RpcError::TooMuch(message) = record.explain(refused) else {
			panic!("another error");
		};
		assert!(message.contains("ask for the artifacts"));
	}

	#[test]
	fn the_first_cause_is_reported() {
		let mut record = Record::default();
		let first = record.unavailable(RpcError::NotKept("the state".into()));
		record.unavailable(RpcError::TooMuch("later".into()));
		assert_eq!(record.explain(first), RpcError::NotKept("the state".into()));
		let absent = StateError::Absent(vec![1].into());
		assert_eq!(record.explain(absent.clone()), RpcError::Runtime(absent.to_string()));
	}
}
