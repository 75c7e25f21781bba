//! From a block's state root to values of the ledger's state.

use crate::Bytes;
use alloc::{collections::BTreeMap, string::String, vec::Vec};
use codec::{Decode, DecodeAll};
use core::{cell::Cell, fmt};
use hash_db::{HashDBRef, Prefix};
use kexin_primitives::{
	access::Log,
	dataset::Dataset,
	lineage::{Activity, ActivityId, Artifact, ArtifactId, AttachedEvidence},
	members::{Member, MemberId},
	storage_keys,
	subject::Subject,
	DatasetId, Pseudonym, UnixMillis, Versioned, H256,
};
use sp_core::Blake2Hasher;
use sp_crypto_hashing::blake2_256;
use sp_trie::{
	trie_types::{TrieDB, TrieDBBuilder, TrieError},
	DBValue, LayoutV1, Trie, TrieDBIterator,
};

/// The version of encodings that this verifier knows.
const VERSION: u8 = 1;

/// A key of the state and the value under it.
pub type Pair = (Vec<u8>, Vec<u8>);

/// Why a value of the state is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateError {
	/// The trie nodes neither prove what is under this key or prefix, nor that nothing is there.
	Incomplete(Bytes),
	/// A trie node on the way to this key or prefix can't be decoded.
	MalformedNode(Bytes),
	/// Nothing needs the trie node with this hash.
	UnusedNode(H256),
	/// The trie node with this hash is there twice.
	DuplicateNode(H256),
	/// Nothing is under this key, although every block of the ledger has a value there.
	Absent(Bytes),
	/// The encoding of the value under this key has a version that this verifier does not know.
	UnknownVersion {
		/// The key.
		key: Bytes,
		/// The version.
		version: u8,
	},
	/// The value under this key can't be decoded.
	Value(Bytes),
	/// The state could not be read, for a reason that only a reader other than [`ProvedState`] has.
	Unavailable(String),
}

impl fmt::Display for StateError {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Incomplete(key) => write!(
				formatter,
				"trie nodes that lead to the key {key} are missing or damaged"
			),
			Self::MalformedNode(key) => write!(formatter, "a trie node that leads to the key {key} can't be decoded"),
			Self::UnusedNode(hash) => write!(formatter, "nothing needs the trie node {hash:?}"),
			Self::DuplicateNode(hash) => write!(formatter, "the trie node {hash:?} is there twice"),
			Self::Absent(key) => write!(
				formatter,
				"nothing is under the key {key}: this is not the state of a Kexin ledger"
			),
			Self::UnknownVersion { key, version } => write!(
				formatter,
				"the value under the key {key} has version {version} of its encoding, which this verifier does not know: \
				 use a newer version of it"
			),
			Self::Value(key) => write!(
				formatter,
				"the value under the key {key} can't be decoded: it is not from a Kexin ledger, or this verifier is too old \
				 for it"
			),
			Self::Unavailable(cause) => write!(formatter, "the state could not be read: {cause}"),
		}
	}
}

/// Reads the ledger's state after one block.
///
/// [`ProvedState`] proves every answer. Another reader, for example of a node's own state, finds out what a proof must
/// contain.
pub trait ReadState {
	/// The value under a key.
	///
	/// # Errors
	/// [`StateError`] when it is not known whether there is a value.
	fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError>;

	/// Every key with this prefix and its value, in the order of the keys.
	///
	/// # Errors
	/// [`StateError`] when it is not known whether these are all.
	fn prefix(&self, prefix: &[u8]) -> Result<Vec<Pair>, StateError>;

	/// The log of a dataset; empty when nothing was recorded.
	///
	/// # Errors
	/// [`StateError`] when it is not known.
	fn log(&self, id: &DatasetId) -> Result<Log, StateError> {
		let key = storage_keys::log(id);
		let log: Log = read(self, &key)?.unwrap_or_default();
		// An accumulator with too few peaks would accept any entries for the missing trees.
		let (count, peaks) = (log.accumulator.count(), log.accumulator.peaks());
		if u32::try_from(peaks.len()) == Ok(count.count_ones()) {
			Ok(log)
		} else {
			Err(StateError::Value(key.into()))
		}
	}

	/// A dataset; none when no hospital declared it.
	///
	/// # Errors
	/// [`StateError`] when it is not known.
	fn dataset(&self, id: &DatasetId) -> Result<Option<Dataset>, StateError> {
		let key = storage_keys::dataset(id);
		let dataset: Option<Dataset> = read(self, &key)?;
		// The ledger stores scopes in canonical form. Another form could be understood in two ways.
		let canonical = |dataset: &Dataset| {
			let mut scopes = [&dataset.label, &dataset.cohort].into_iter();
			scopes.all(|scope| scope.latest().canonical() == *scope.latest())
		};
		if dataset.as_ref().is_none_or(canonical) {
			Ok(dataset)
		} else {
			Err(StateError::Value(key.into()))
		}
	}

	/// A data subject at a hospital; none when the hospital never recorded a consent of it.
	///
	/// # Errors
	/// [`StateError`] when it is not known.
	fn subject(&self, pseudonym: &Pseudonym, hospital: MemberId) -> Result<Option<Subject>, StateError> {
		let key = storage_keys::subject(pseudonym, hospital);
		let subject: Option<Subject> = read(self, &key)?;
		// The order tells which consents were recorded first.
		let readable = |subject: &Subject| {
			let mut scopes = subject.consents.iter().map(|consent| consent.scope.latest());
			subject.consents.is_sorted_by_key(|consent| consent.recorded)
				&& scopes.all(|scope| scope.canonical() == *scope)
		};
		if subject.as_ref().is_none_or(readable) {
			Ok(subject)
		} else {
			Err(StateError::Value(key.into()))
		}
	}

	/// An artifact; none when it is not registered.
	///
	/// # Errors
	/// [`StateError`] when it is not known.
	fn artifact(&self, id: &ArtifactId) -> Result<Option<Artifact>, StateError> {
		read(self, &storage_keys::artifact(id))
	}

	/// An activity; none when it is not registered.
	///
	/// # Errors
	/// [`StateError`] when it is not known.
	fn activity(&self, id: &ActivityId) -> Result<Option<Activity>, StateError> {
		read(self, &storage_keys::activity(id))
	}

	/// All evidence about an artifact, ordered by the number of the member that attached it.
	///
	/// # Errors
	/// [`StateError`] when it is not known.
	fn evidence(&self, id: &ArtifactId) -> Result<Vec<(MemberId, AttachedEvidence)>, StateError> {
		let attached = self
			.prefix(&storage_keys::evidence_of(id))?
			.into_iter()
			.map(|(key, value)| {
				let by = storage_keys::evidence_by(id, &key).ok_or_else(|| StateError::Value(key.clone().into()))?;
				Ok((by, versioned(&key, &value)?))
			});
		let mut attached = attached.collect::<Result<Vec<_>, StateError>>()?;
		attached.sort_by_key(|(by, _)| *by);
		Ok(attached)
	}

	/// A member; none when no member has this number.
	///
	/// # Errors
	/// [`StateError`] when it is not known.
	fn member(&self, id: MemberId) -> Result<Option<Member>, StateError> {
		read(self, &storage_keys::member(id))
	}

	/// The time of the block.
	///
	/// # Errors
	/// [`StateError`] when it is not known.
	fn now(&self) -> Result<UnixMillis, StateError> {
		let key = storage_keys::now();
		let value = self.get(&key)?.ok_or_else(|| StateError::Absent(key.clone().into()))?;
		UnixMillis::decode_all(&mut &value[..]).map_err(|_| StateError::Value(key.into()))
	}
}

fn read<T: Decode>(state: &(impl ReadState + ?Sized), key: &[u8]) -> Result<Option<T>, StateError> {
	state.get(key)?.map(|value| versioned(key, &value)).transpose()
}

fn versioned<T: Decode>(key: &[u8], value: &[u8]) -> Result<T, StateError> {
	match value.first() {
		Some(version) if *version != VERSION => Err(StateError::UnknownVersion {
			key: key.to_vec().into(),
			version: *version,
		}),
		_ => Versioned::<T>::decode_all(&mut &value[..])
			.map(Versioned::into_latest)
			.map_err(|_| StateError::Value(key.to_vec().into())),
	}
}

/// The part of a state that trie nodes prove.
///
/// Every value is looked up by hash from the root on, so a node that does not belong to the state is never reached.
/// [`Self::every_node_used`] still refuses such nodes, so that a proof carries nothing unchecked.
#[derive(Clone, Debug)]
pub struct ProvedState {
	root: H256,
	nodes: Nodes,
}

#[derive(Clone, Debug, Default)]
struct Nodes(BTreeMap<H256, Node>);

#[derive(Clone, Debug)]
struct Node {
	encoded: Vec<u8>,
	used: Cell<bool>,
}

impl HashDBRef<Blake2Hasher, DBValue> for Nodes {
	fn get(&self, hash: &H256, _: Prefix) -> Option<DBValue> {
		self.0.get(hash).map(|node| {
			node.used.set(true);
			node.encoded.clone()
		})
	}

	fn contains(&self, hash: &H256, _: Prefix) -> bool {
		self.0.contains_key(hash)
	}
}

impl ProvedState {
	/// The part of the state with this root that the trie nodes prove. They may be in any order.
	///
	/// # Errors
	/// [`StateError::DuplicateNode`].
	pub fn new(root: H256, nodes: &[Bytes]) -> Result<Self, StateError> {
		let mut state = Self::empty(root);
		for node in nodes {
			if let Some(twice) = state.add(node) {
				return Err(StateError::DuplicateNode(twice));
			}
		}
		Ok(state)
	}

	/// As [`Self::new`], but a trie node may be there more than once, as in the answers to several requests.
	pub fn gather(root: H256, nodes: &[Bytes]) -> Self {
		let mut state = Self::empty(root);
		for node in nodes {
			state.add(node);
		}
		state
	}

	fn empty(root: H256) -> Self {
		Self {
			root,
			nodes: Nodes::default(),
		}
	}

	/// Adds a trie node. Returns its hash if it was there before.
	fn add(&mut self, node: &Bytes) -> Option<H256> {
		let hash = H256(blake2_256(node.as_ref()));
		let node = Node {
			encoded: node.0.clone(),
			used: Cell::new(false),
		};
		self.nodes.0.insert(hash, node).map(|_| hash)
	}

	/// The trie nodes that were needed for what was read so far.
	pub fn used_nodes(&self) -> Vec<Bytes> {
		let used = self.nodes.0.values().filter(|node| node.used.get());
		used.map(|node| Bytes(node.encoded.clone())).collect()
	}

	/// Checks that what was read so far needed every trie node.
	///
	/// # Errors
	/// [`StateError::UnusedNode`].
	pub fn every_node_used(&self) -> Result<(), StateError> {
		match self.nodes.0.iter().find(|(_, node)| !node.used.get()) {
			Some((hash, _)) => Err(StateError::UnusedNode(*hash)),
			None => Ok(()),
		}
	}

	fn trie(&self) -> TrieDB<'_, '_, Blake2Hasher> {
		TrieDBBuilder::new(&self.nodes, &self.root).build()
	}
}

impl ReadState for ProvedState {
	fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
		self.trie().get(key).map_err(|error| state_error(*error, key))
	}

	fn prefix(&self, prefix: &[u8]) -> Result<Vec<Pair>, StateError> {
		let trie = self.trie();
		TrieDBIterator::<LayoutV1<Blake2Hasher>>::new_prefixed(&trie, prefix)
			.and_then(Iterator::collect)
			.map_err(|error| state_error(*error, prefix))
	}
}

fn state_error(error: TrieError<H256>, key: &[u8]) -> StateError {
	let key = key.to_vec().into();
	match error {
		TrieError::InvalidStateRoot(_) | TrieError::IncompleteDatabase(_) => StateError::Incomplete(key),
		_ => StateError::MalformedNode(key),
	}
}
