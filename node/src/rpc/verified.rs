//! Answers of the runtime that follow from the hash of the block that is asked about, whatever has happened to the node's database.
//!
//! The database has no checksums of its own: a bit that flips on the disk would be told as true. So each piece of state that an answer was
//! made from is hashed again, up to the state's root in the block's header.

use super::error::Error;
use crate::chain::types::Client;
use kexin_primitives::H256;
use kexin_runtime::{opaque::Block, Header};
use sp_api::{ApiError, ApiExt as _, ProvideRuntimeApi};
use sp_runtime::traits::Header as _;
use std::{collections::HashSet, sync::Arc};

/// The runtime as it is asked.
pub type Api = <Client as ProvideRuntimeApi<Block>>::Api;

/// Asks the runtime at a block.
///
/// # Errors
/// [`Error::Runtime`] when it can't answer, [`Error::Damaged`] when the answer is not made of what the block's hash stands for.
pub fn ask<Answer>(
	client: &Arc<Client>,
	block: H256,
	question: impl FnOnce(&Api) -> Result<Answer, ApiError>,
) -> Result<Answer, Error> {
	let mut api = client.runtime_api();
	api.record_proof();
	let answer = question(&api);
	let read = api.extract_proof().map(|proof| proof.into_nodes()).unwrap_or_default();
	// A damaged piece can also keep the runtime from answering.
	check(client, block, read.iter().map(Vec::as_slice))?;
	answer.map_err(|error| Error::Runtime(error.to_string()))
}

/// Checks that nodes of a trie that were read at a block are what its hash stands for.
///
/// # Errors
/// [`Error::UnknownBlock`], [`Error::Damaged`].
pub fn check<'a>(
	client: &Arc<Client>,
	block: H256,
	nodes: impl Iterator<Item = &'a [u8]> + Clone,
) -> Result<(), Error> {
	let header: Header = client
		.header(block)?
		.ok_or_else(|| Error::UnknownBlock(format!("{block:?}")))?;
	if header.hash() != block {
		return Err(Error::Damaged(format!("the header of block {block:?}")));
	}
	if !whole(*header.state_root(), nodes) {
		return Err(Error::Damaged(format!("the state of block {block:?}")));
	}
	Ok(())
}

/// Whether each node of a trie is its root or named by another one.
fn whole<'a>(root: H256, nodes: impl Iterator<Item = &'a [u8]> + Clone) -> bool {
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
	fn a_bit_that_flipped_anywhere_below_the_root_is_noticed() {
		let value = vec![7; 40];
		let leaf = [&[1, 2][..], &sp_crypto_hashing::blake2_256(&value)].concat();
		let branch = [&[9][..], &sp_crypto_hashing::blake2_256(&leaf), &[3]].concat();
		let root = H256(sp_crypto_hashing::blake2_256(&branch));
		let nodes = [branch, leaf, value];
		let check = |nodes: &[Vec<u8>]| whole(root, nodes.iter().map(Vec::as_slice));
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
