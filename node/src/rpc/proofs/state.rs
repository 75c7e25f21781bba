//! The state at one block as the verifier reads it, and the proof of what was read.

use super::prover::PARTS;
use crate::{
	chain::types::Client,
	rpc::{error::Error, verified},
};
use kexin_primitives::H256;
use kexin_verifier::{
	error::{Error as Refusal, StateError},
	state::{Pair, ReadState},
	Bytes,
};
use sc_client_api::{ProofProvider as _, StorageProvider as _};
use sp_core::storage::StorageKey;
use std::{cell::RefCell, collections::BTreeSet, sync::Arc};

/// Keys that are read for one answer at the most.
const MAX_KEYS: usize = 100_000;

/// Bytes of the trie nodes of a proof at the most: as hex, with the rest, they fit an answer of the stock limit of 15 MiB.
const MAX_PROOF: usize = 6 * 1024 * 1024;

/// The state at a block. It notes each key that is read, whether there is something under it or not.
pub struct State {
	client: Arc<Client>,
	block: H256,
	notes: RefCell<Notes>,
}

#[derive(Default)]
struct Notes {
	keys: BTreeSet<Vec<u8>>,
	/// Why something could not be read, for the first time.
	cause: Option<Error>,
}

impl State {
	/// The state at a block.
	pub fn new(client: Arc<Client>, block: H256) -> Self {
		Self {
			client,
			block,
			notes: RefCell::default(),
		}
	}

	/// The trie nodes that lead from the state root to what was read, or show that there is nothing.
	///
	/// # Errors
	/// [`Error::NotKept`] when the node has dropped the state of this block, [`Error::TooMany`] when the nodes are more than 6 MiB.
	pub fn proof(&self) -> Result<Vec<Bytes>, Error> {
		let notes = self.notes.borrow();
		let mut keys = notes.keys.iter().map(Vec::as_slice);
		let proof = self.client.read_proof(self.block, &mut keys)?;
		let nodes = proof.into_iter_nodes().map(Bytes).collect::<Vec<_>>();
		if nodes.iter().map(|node| node.0.len()).sum::<usize>() > MAX_PROOF {
			return Err(Error::TooMany(format!(
				"the proof takes more than {} MiB of the state: {PARTS}",
				MAX_PROOF >> 20
			)));
		}
		Ok(nodes)
	}

	/// Checks that what was read is what the block's hash stands for, as nobody else does where no proof is given.
	///
	/// # Errors
	/// Those of [`Self::proof`], [`Error::Damaged`].
	pub fn check(&self) -> Result<(), Error> {
		let nodes = self.proof()?;
		verified::check(&self.client, self.block, nodes.iter().map(AsRef::as_ref))
	}

	/// Why the state could not be read. What is damaged can look like anything else.
	pub fn unreadable(&self, error: StateError) -> Error {
		match self.check() {
			Err(damaged @ Error::Damaged(_)) => damaged,
			_ => self.notes.borrow_mut().explain(error),
		}
	}

	/// Why the verifier made nothing from this state and the logs of the index.
	pub fn refused(&self, refusal: Refusal) -> Error {
		match refusal {
			Refusal::NotRegistered(id) => Error::NotFound(format!("the artifact {id:?}")),
			Refusal::State { error, .. } => self.unreadable(error),
			other => Error::damaged(other),
		}
	}

	fn note(&self, key: &[u8]) -> Result<(), StateError> {
		self.notes.borrow_mut().note(key)
	}

	/// What the node answers, or the verifier's word for that it does not.
	fn answered<T>(&self, answer: sp_blockchain::Result<T>) -> Result<T, StateError> {
		answer.map_err(|error| self.notes.borrow_mut().unavailable(error.into()))
	}
}

impl ReadState for State {
	fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
		self.note(key)?;
		let value = self.client.storage(self.block, &StorageKey(key.to_vec()));
		Ok(self.answered(value)?.map(|value| value.0))
	}

	fn prefix(&self, prefix: &[u8]) -> Result<Vec<Pair>, StateError> {
		// That there are no other keys follows from the nodes that lead to the prefix.
		self.note(prefix)?;
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

impl Notes {
	fn note(&mut self, key: &[u8]) -> Result<(), StateError> {
		if self.keys.len() >= MAX_KEYS && !self.keys.contains(key) {
			return Err(self.unavailable(Error::TooMany(format!(
				"what is known about the artifact is more than {MAX_KEYS} values of the state: {PARTS}"
			))));
		}
		self.keys.insert(key.to_vec());
		Ok(())
	}

	fn unavailable(&mut self, cause: Error) -> StateError {
		let text = format!("{cause:?}");
		self.cause.get_or_insert(cause);
		StateError::Unavailable(text)
	}

	fn explain(&mut self, error: StateError) -> Error {
		self.cause.take().unwrap_or_else(|| Error::Runtime(error.to_string()))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn only_so_many_keys_are_read_and_the_error_says_what_to_do() {
		let mut notes = Notes::default();
		for key in 0..MAX_KEYS as u32 {
			notes.note(&key.to_be_bytes()).unwrap();
		}
		notes.note(&[0; 4]).unwrap();
		let refused = notes.note(b"one more").unwrap_err();
		let Error::TooMany(says) = notes.explain(refused) else {
			panic!("another error");
		};
		assert!(says.contains("ask for the parts"));
	}

	#[test]
	fn the_first_cause_is_told() {
		let mut notes = Notes::default();
		let first = notes.unavailable(Error::NotKept("the state".into()));
		notes.unavailable(Error::TooMany("later".into()));
		assert_eq!(notes.explain(first), Error::NotKept("the state".into()));
		let absent = StateError::Absent(vec![1].into());
		assert_eq!(notes.explain(absent.clone()), Error::Runtime(absent.to_string()));
	}
}
