//! Answers of the runtime that are checked against the hash of the block.
//!
//! The node's database has no checksums, so a flipped bit on the disk would be answered as true. So every piece of
//! state behind an answer is hashed again, up to the state root in the block's header.

use super::error::RpcError;
use crate::chain::{damage::Damage, types::Client};
use kexin_primitives::H256;
use kexin_runtime::{opaque::Block, Header};
use sp_api::{ApiError, ApiExt as _, ProvideRuntimeApi};
use sp_runtime::traits::Header as _;
use std::{collections::HashSet, ops::Deref, sync::Arc};

/// The runtime API.
pub type Api = <Client as ProvideRuntimeApi<Block>>::Api;

/// The client with checked answers. It remembers the damage that one of them met.
#[derive(Clone)]
pub struct CheckedClient {
	client: Arc<Client>,
	damage: Damage,
}

impl Deref for CheckedClient {
	type Target = Client;

	fn deref(&self) -> &Client {
		&self.client
	}
}

impl CheckedClient {
	/// The client; what it finds damaged is noted there.
	pub fn new(client: Arc<Client>, damage: Damage) -> Self {
		Self { client, damage }
	}

	/// What an answer found damaged; none as far as the node knows.
	pub fn damaged(&self) -> Option<&str> {
		self.damage.what()
	}

	/// Asks the runtime at a block.
	///
	/// # Errors
	/// [`RpcError::Runtime`] when it can't answer, [`RpcError::Damaged`] when the state that it read does not hash to
	/// the state root.
	pub fn ask<Answer>(
		&self,
		block: H256,
		question: impl FnOnce(&Api) -> Result<Answer, ApiError>,
	) -> Result<Answer, RpcError> {
		let mut api = self.client.runtime_api();
		api.record_proof();
		let answer = question(&api);
		let read = api.extract_proof().map(|proof| proof.into_nodes()).unwrap_or_default();
		// Damaged state may also be why the runtime did not answer.
		self.check(block, read.iter().map(Vec::as_slice))?;
		answer.map_err(|error| RpcError::Runtime(error.to_string()))
	}

	/// Checks that trie nodes which were read at a block hash to its state root, and its header to its hash.
	///
	/// # Errors
	/// [`RpcError::UnknownBlock`], [`RpcError::Damaged`].
	pub fn check<'a>(&self, block: H256, nodes: impl Iterator<Item = &'a [u8]> + Clone) -> Result<(), RpcError> {
		let header: Header = self
			.client
			.header(block)?
			.ok_or_else(|| RpcError::UnknownBlock(format!("{block:?}")))?;
		if header.hash() != block {
			return Err(self.found(format!("the header of block {block:?}")));
		}
		if !is_complete(*header.state_root(), nodes) {
			return Err(self.found(format!("the state of block {block:?}")));
		}
		Ok(())
	}

	fn found(&self, what: String) -> RpcError {
		self.damage.note(&what);
		RpcError::Damaged(what)
	}
}

/// Whether each node of a trie is its root or is named by another node.
fn is_complete<'a>(root: H256, nodes: impl Iterator<Item = &'a [u8]> + Clone) -> bool {
	let hashes = nodes.clone().map(sp_crypto_hashing::blake2_256);
	let mut unnamed = hashes.filter(|hash| *hash != root.0).collect::<HashSet<_>>();
	for node in nodes {
		for name in node.windows(32) {
			unnamed.remove(name);
		}
	}
	unnamed.is_empty()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_flipped_bit_anywhere_below_the_root_is_noticed() {
		let value = vec![7; 40];
		let leaf = [&[1, 2][..], &sp_crypto_hashing::blake2_256(&value)].concat();
		let branch = [&[9][..], &sp_crypto_hashing::blake2_256(&leaf), &[3]].concat();
		let root = H256(sp_crypto_hashing::blake2_256(&branch));
		let nodes = [branch, leaf, value];
		let check = |nodes: &[Vec<u8>]| is_complete(root, nodes.iter().map(Vec::as_slice));
		assert!(check(&nodes));
		assert!(check(&[]));
		for node in 0..nodes.len() {
			for byte in 0..nodes[node].len() {
				let mut damaged = nodes.clone();
				damaged[node][byte] ^= 4;
				assert!(!check(&damaged), "byte {byte} of node {node}");
			}
		}
	}
}
