//! Values of the state at one block, and the proofs of them.

use crate::{rpc::error::Error, service::Client};
use codec::{Decode, DecodeAll as _};
use kexin_primitives::{
	access::Log,
	dataset::Dataset,
	keys,
	lineage::{Activity, Artifact, ArtifactId, ArtifactKind, InputRole},
	members::MemberId,
	DatasetId, Versioned, H256,
};
use sc_client_api::{ProofProvider as _, StorageProvider as _};
use sp_core::{storage::StorageKey, Bytes};
use std::{
	collections::{BTreeSet, HashSet, VecDeque},
	sync::Arc,
};

/// Artifacts in an ancestry at the most.
pub const MAX_ANCESTRY: usize = 20_000;

/// Bytes of the trie nodes of a proof at the most: as hex, with the rest, they fit an answer of the stock limit of 15 MiB.
const MAX_PROOF: usize = 6 * 1024 * 1024;

/// The state at a block.
#[derive(Clone)]
pub struct State {
	client: Arc<Client>,
	block: H256,
}

/// What a report about an artifact needs of the state.
#[derive(Debug, Default)]
pub struct Ancestry {
	/// Every key that it reads, or finds empty.
	pub keys: BTreeSet<Vec<u8>>,
	/// The data sets that a hospital declared, with the lengths of their logs, nearest first.
	pub datasets: Vec<(DatasetId, u64)>,
}

impl State {
	/// The state at a block.
	pub fn new(client: Arc<Client>, block: H256) -> Self {
		Self { client, block }
	}

	/// The trie nodes that lead from the state root to what is under these keys, or show that there is nothing.
	///
	/// # Errors
	/// [`Error::NotKept`] when the node has dropped the state of this block, [`Error::TooMany`] when the nodes are more than 6 MiB.
	pub fn proof(&self, keys: impl IntoIterator<Item = Vec<u8>>) -> Result<Vec<Bytes>, Error> {
		let keys = keys.into_iter().collect::<Vec<_>>();
		let proof = self
			.client
			.read_proof(self.block, &mut keys.iter().map(Vec::as_slice))?;
		let nodes = proof.into_iter_nodes().map(Bytes).collect::<Vec<_>>();
		if nodes.iter().map(|node| node.len()).sum::<usize>() > MAX_PROOF {
			return Err(Error::TooMany(format!(
				"the proof takes more than {} MiB of the state: ask for the parts that the artifact was made from",
				MAX_PROOF >> 20
			)));
		}
		Ok(nodes)
	}

	/// The log of a data set; empty when nothing was recorded.
	///
	/// # Errors
	/// [`Error`].
	pub fn log(&self, dataset: DatasetId) -> Result<Log, Error> {
		Ok(self.get(keys::log(&dataset))?.unwrap_or_default())
	}

	/// Whether a hospital declared the data set.
	///
	/// # Errors
	/// [`Error`].
	pub fn is_declared(&self, dataset: DatasetId) -> Result<bool, Error> {
		Ok(self.get::<Dataset>(keys::dataset(&dataset))?.is_some())
	}

	/// Walks breadth first from an artifact over what was used.
	///
	/// # Errors
	/// [`Error::NotFound`] when it is not registered, [`Error::TooMany`] beyond [`MAX_ANCESTRY`].
	pub fn ancestry(&self, model: ArtifactId) -> Result<Ancestry, Error> {
		let mut ancestry = Ancestry::default();
		let mut members = BTreeSet::new();
		let mut seen = HashSet::from([model]);
		let mut activities = HashSet::new();
		let mut queue = VecDeque::from([model]);
		ancestry.keys.insert(keys::now());
		while let Some(id) = queue.pop_front() {
			let artifact: Option<Artifact> = self.read(keys::artifact(&id), &mut ancestry.keys)?;
			let artifact = artifact.ok_or_else(|| Error::NotFound(format!("the artifact {id:?}")))?;
			members.insert(artifact.owner);
			members.extend(self.evidence(&id, &mut ancestry.keys)?);
			if artifact.kind == ArtifactKind::Dataset {
				members.extend(self.dataset(id, &mut ancestry)?);
			}
			let Some(made_by) = artifact.generated_by.filter(|id| activities.insert(*id)) else {
				continue;
			};
			let activity: Option<Activity> = self.read(keys::activity(&made_by), &mut ancestry.keys)?;
			let activity = activity.ok_or_else(|| Error::NotFound(format!("the activity {made_by:?}")))?;
			members.insert(activity.agent);
			let used = activity.inputs.iter().filter(|input| input.role == InputRole::Used);
			queue.extend(used.map(|input| input.artifact).filter(|input| seen.insert(*input)));
			if seen.len() > MAX_ANCESTRY {
				return Err(Error::TooMany(format!(
					"the artifact has more than {MAX_ANCESTRY} ancestors: ask for the parts that it was made from"
				)));
			}
		}
		ancestry.add_members(members);
		Ok(ancestry)
	}

	/// Notes the data set of this name with its log, if a hospital declared one, and returns its owner.
	fn dataset(&self, id: DatasetId, ancestry: &mut Ancestry) -> Result<Option<MemberId>, Error> {
		let dataset: Option<Dataset> = self.read(keys::dataset(&id), &mut ancestry.keys)?;
		if dataset.is_some() {
			let log: Option<Log> = self.read(keys::log(&id), &mut ancestry.keys)?;
			ancestry
				.datasets
				.push((id, log.unwrap_or_default().accumulator.count()));
		}
		Ok(dataset.map(|dataset| dataset.owner))
	}

	/// Notes all evidence about an artifact, and returns who attached it.
	fn evidence(&self, id: &ArtifactId, keys: &mut BTreeSet<Vec<u8>>) -> Result<Vec<MemberId>, Error> {
		let prefix = keys::evidence_of(id);
		let found = self
			.client
			.storage_keys(self.block, Some(&StorageKey(prefix.clone())), None)?;
		let found = found.map(|key| key.0).collect::<Vec<_>>();
		let members = found.iter().filter_map(|key| keys::evidence_by(id, key));
		let members = members.collect();
		// That there are no others follows from the nodes that lead to the prefix.
		keys.insert(prefix);
		keys.extend(found);
		Ok(members)
	}

	fn read<T: Decode>(&self, key: Vec<u8>, keys: &mut BTreeSet<Vec<u8>>) -> Result<Option<T>, Error> {
		keys.insert(key.clone());
		self.get(key)
	}

	fn get<T: Decode>(&self, key: Vec<u8>) -> Result<Option<T>, Error> {
		let value = self.client.storage(self.block, &StorageKey(key))?;
		let value = value
			.map(|value| Versioned::<T>::decode_all(&mut &value.0[..]))
			.transpose();
		let value = value.map_err(|_| Error::Runtime("a value of its state is in a form of another version".into()))?;
		Ok(value.map(Versioned::into_latest))
	}
}

impl Ancestry {
	/// Adds members that a report names.
	pub fn add_members(&mut self, members: impl IntoIterator<Item = MemberId>) {
		self.keys.extend(members.into_iter().map(keys::member));
	}
}
