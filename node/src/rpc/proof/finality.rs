//! Proofs that a block is final: see "Finality" in `docs/proofs.md`.

use super::state::RecordedState;
use crate::rpc::{answer::BlockRef, error::RpcError, verified::CheckedClient};
use codec::Encode as _;
use kexin_primitives::storage_keys;
use kexin_runtime::{BlockNumber, Hash};
use kexin_runtime_api::FinalityApi as _;
use kexin_verifier::{
	finality::{Handover, RestartBlock},
	header::{Change, Header},
	Bytes, Finality, ReadState as _, Trust,
};
use sc_client_api::BlockBackend as _;
use sc_consensus_grandpa::SharedAuthoritySet;
use sp_blockchain::HeaderBackend as _;
use sp_consensus::BlockStatus;
use sp_consensus_grandpa::GRANDPA_ENGINE_ID;
use sp_crypto_hashing::blake2_256;

/// The most blocks that are searched for a justification, and the most headers of a proof. Nodes store a justification
/// every few blocks, but none while finality stands still.
const MAX_HEADERS: usize = 4_096;

/// Proves blocks final from what the node keeps.
#[derive(Clone)]
pub struct FinalityProver {
	/// The blocks and their justifications.
	pub client: CheckedClient,
	/// The changes of the voters.
	pub voters: SharedAuthoritySet<Hash, BlockNumber>,
}

/// A block with the justification that is stored for it.
struct Justified {
	block: BlockRef,
	justification: Bytes,
}

impl FinalityProver {
	/// The block of a question: this one, which must be final and not after the last `indexed` block, or by default the
	/// newest one with a justification of its own.
	///
	/// # Errors
	/// [`RpcError::UnknownBlock`], [`RpcError::NotIndexed`], [`RpcError::NotJustified`].
	pub fn block(&self, at: Option<Hash>, indexed: BlockNumber) -> Result<BlockRef, RpcError> {
		let finalized = self.client.info().finalized_number;
		let Some(hash) = at else {
			// The genesis block needs no votes.
			let newest = self.first_justified((1..=indexed.min(finalized)).rev())?;
			return newest
				.map(|newest| newest.block)
				.ok_or(RpcError::NotJustified(finalized));
		};
		let unknown = || RpcError::UnknownBlock(format!("{hash:?}"));
		let number = self.client.number(hash)?.ok_or_else(unknown)?;
		if number > finalized {
			return Err(RpcError::NotJustified(number));
		}
		if self.client.hash(number)? != Some(hash) {
			return Err(unknown());
		}
		if number > indexed {
			return Err(RpcError::NotIndexed { block: number, indexed });
		}
		Ok(BlockRef { hash, number })
	}

	/// The proof that a block of [`Self::block`] is final.
	///
	/// # Errors
	/// [`RpcError::NotJustified`] while no later block is justified either, [`RpcError::NotKept`] when the node lacks a
	/// part of the proof.
	pub fn prove(&self, block: BlockRef) -> Result<Finality, RpcError> {
		let finalized = self.client.info().finalized_number;
		let justified = self.first_justified(block.number.max(1)..=finalized)?;
		let justified = justified.ok_or_else(|| {
			if finalized.saturating_sub(block.number) < MAX_HEADERS as u32 {
				RpcError::NotJustified(block.number)
			} else {
				RpcError::NotKept(format!(
					"a justification among the {MAX_HEADERS} blocks from {} on",
					block.number
				))
			}
		})?;
		let genesis = self.hash(0)?;
		let headers = (block.number..=justified.block.number).map(|number| self.header(self.hash(number)?));
		let mut finality = Finality {
			genesis: self.header(genesis)?,
			authorities: self.authorities(genesis)?,
			handovers: self.handovers(justified.block.number)?,
			headers: headers.collect::<Result<_, _>>()?,
			justification: justified.justification,
		};
		// More blocks may have been final than the council knew when it restarted finality. Then the voters before the
		// restart have voted for the block, and the handover to those after it does not belong in the proof.
		let is_restart = |handover: &Handover| handover.justification.is_none();
		if finality.handovers.last().is_some_and(is_restart)
			&& finality.verify(required_trust(&finality, genesis)).is_err()
		{
			finality.handovers.pop();
		}
		Ok(finality)
	}

	/// The trie nodes that lead to the first voters.
	fn authorities(&self, genesis: Hash) -> Result<Vec<Bytes>, RpcError> {
		let state = RecordedState::new(self.client.clone(), genesis);
		let voters = state.get(&storage_keys::authorities());
		voters.map_err(|error| state.unreadable(error))?;
		state.proof()
	}

	/// The handovers from voters to voters before a block.
	fn handovers(&self, before: BlockNumber) -> Result<Vec<Handover>, RpcError> {
		let changes = self.voters.authority_set_changes();
		let changes = changes.iter_from(0).ok_or_else(|| {
			RpcError::NotKept(
				"it does not know all changes of the validators, because it was not synchronised from the first block"
					.into(),
			)
		})?;
		let changes = changes.map(|(_, last)| *last).collect::<Vec<_>>();
		let restarts = matched(&changes, &self.restarts()?);
		let changes = changes.iter().zip(restarts).take_while(|(last, _)| **last < before);
		let handover = |(last, restart): (&BlockNumber, Option<BlockNumber>)| {
			if let Some(block) = restart {
				return Ok(Handover {
					header: self.header(self.hash(block)?)?,
					justification: None,
				});
			}
			let justified = self.justified(*last)?;
			let justified = justified.ok_or_else(|| {
				RpcError::NotKept(format!(
					"the justification of block {last}, which changed the validators"
				))
			})?;
			Ok(Handover {
				header: self.header(justified.block.hash)?,
				justification: Some(justified.justification),
			})
		};
		changes.map(handover).collect()
	}

	/// The blocks that restarted finality, each with the last block that was final before it, newest first. A restart
	/// whose voters have not taken over yet is left out.
	fn restarts(&self) -> Result<Vec<(BlockNumber, BlockNumber)>, RpcError> {
		let best = self.client.info();
		let mut restarts = Vec::new();
		let mut at = best.best_hash;
		// The state before a restart names the one before it.
		while let Some(block) = self.last_restart(at)? {
			let header = self.header(self.hash(block)?)?;
			let change = Header::from_bytes(&header.0).and_then(|header| header.change());
			if let Ok(Some(Change::Restart { last_final, delay, .. })) = change {
				if block.saturating_add(delay) <= best.best_number {
					restarts.push((block, last_final));
				}
			}
			at = self.hash(block.saturating_sub(1))?;
		}
		Ok(restarts)
	}

	/// The block that restarted finality last, as of another block.
	fn last_restart(&self, at: Hash) -> Result<Option<BlockNumber>, RpcError> {
		if self.client.block_status(at)? == BlockStatus::InChainPruned {
			return Err(RpcError::NotKept(format!("the state of block {at:?}")));
		}
		self.client.ask(at, |api| api.last_restart(at))
	}

	fn first_justified(&self, numbers: impl Iterator<Item = BlockNumber>) -> Result<Option<Justified>, RpcError> {
		numbers
			.take(MAX_HEADERS)
			.find_map(|number| self.justified(number).transpose())
			.transpose()
	}

	fn justified(&self, number: BlockNumber) -> Result<Option<Justified>, RpcError> {
		let hash = self.hash(number)?;
		let justifications = self.client.justifications(hash)?;
		Ok(justifications
			.and_then(|all| all.into_justification(GRANDPA_ENGINE_ID))
			.map(|justification| Justified {
				block: BlockRef { hash, number },
				justification: justification.into(),
			}))
	}

	fn hash(&self, number: BlockNumber) -> Result<Hash, RpcError> {
		let hash = self.client.hash(number)?;
		hash.ok_or_else(|| RpcError::NotKept(format!("block {number}")))
	}

	fn header(&self, hash: Hash) -> Result<Bytes, RpcError> {
		let header = self.client.header(hash)?;
		let header = header.ok_or_else(|| RpcError::NotKept(format!("the header of block {hash:?}")))?;
		Ok(header.encode().into())
	}
}

/// What a verifier must trust to accept the proof.
fn required_trust(finality: &Finality, genesis: Hash) -> Trust {
	let restarts = finality.handovers.iter().zip(1..);
	let restarts = restarts.filter(|(handover, _)| handover.justification.is_none());
	Trust {
		genesis,
		restarts: restarts
			.map(|(handover, set_id)| RestartBlock {
				hash: blake2_256(&handover.header.0).into(),
				set_id,
			})
			.collect(),
	}
}

/// For each change of the voters, the restart that caused it, if one did. A change is identified by the last block of
/// the voters before it; of several changes with the same block, the newest is the restart.
fn matched(changes: &[BlockNumber], restarts: &[(BlockNumber, BlockNumber)]) -> Vec<Option<BlockNumber>> {
	let mut restarts = restarts.iter().peekable();
	let newest_first = changes.iter().rev().map(|last| {
		let restart = restarts.next_if(|(_, last_final)| last_final == last);
		restart.map(|(block, _)| *block)
	});
	let mut matched = newest_first.collect::<Vec<_>>();
	matched.reverse();
	matched
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn each_restart_is_one_of_the_changes() {
		assert_eq!(matched(&[10, 20], &[]), [None, None]);
		assert_eq!(matched(&[10, 20, 30], &[(25, 20)]), [None, Some(25), None]);
		// A restart after the very block that changed the voters before.
		assert_eq!(matched(&[10, 10], &[(25, 10)]), [None, Some(25)]);
		// A second restart, before any other block was final.
		assert_eq!(
			matched(&[10, 10, 50], &[(35, 10), (25, 10)]),
			[Some(25), Some(35), None]
		);
		// A restart after a block that is not the newest of the changes.
		assert_eq!(matched(&[10, 20, 15, 40], &[(25, 15)]), [None, None, Some(25), None]);
	}
}
