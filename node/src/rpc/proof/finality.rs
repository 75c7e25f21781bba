//! Proofs that a block is final: see "Finality" in `docs/proofs.md`.

use super::state::RecordedState;
use crate::rpc::{answer::BlockRef, error::RpcError, verified::CheckedClient};
use codec::Encode as _;
use kexin_primitives::storage_keys;
use kexin_runtime::{BlockNumber, Hash};
use kexin_runtime_api::FinalityApi as _;
use kexin_verifier::{
	finality::{Handover, RestartBlock, StartState, TrustedBlock},
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

	/// The proof that a block of [`Self::block`] is final. It begins at the chain's first block, or at the one that is
	/// `trusted`.
	///
	/// # Errors
	/// [`RpcError::NotJustified`] while no later block is justified either, [`RpcError::NotKept`] when the node lacks a
	/// part of the proof, [`RpcError::CannotBegin`].
	pub fn prove(&self, block: BlockRef, trusted: Option<Hash>) -> Result<Finality, RpcError> {
		let genesis = self.hash(0)?;
		let start = match trusted.filter(|trusted| *trusted != genesis) {
			Some(trusted) => self.start(trusted, block.number)?,
			None => BlockRef {
				hash: genesis,
				number: 0,
			},
		};
		let from_first = start.number == 0;
		let finalized = self.client.info().finalized_number;
		let voting = start.number.saturating_add(1);
		let justified = self.first_justified(block.number.max(voting)..=finalized)?;
		let justified = justified.ok_or_else(|| {
			if block.number == start.number {
				RpcError::CannotBegin(format!(
					"the proof is about block {} itself, and no later block has a proof of finality yet: ask again in a few seconds",
					block.number
				))
			} else if finalized.saturating_sub(block.number) < MAX_HEADERS as u32 {
				RpcError::NotJustified(block.number)
			} else {
				RpcError::NotKept(format!(
					"a justification among the {MAX_HEADERS} blocks from {} on",
					block.number
				))
			}
		})?;
		let (set_id, authorities) = self.voters_after(start)?;
		let header = Some(self.header(start.hash)?);
		let headers = (block.number..=justified.block.number).map(|number| self.header(self.hash(number)?));
		let mut finality = Finality {
			genesis: header.clone().filter(|_| from_first),
			trusted: header.filter(|_| !from_first),
			authorities,
			handovers: self.handovers(start.number, justified.block.number)?,
			headers: headers.collect::<Result<_, _>>()?,
			justification: justified.justification,
		};
		// More blocks may have been final than the council knew when it restarted finality. Then the voters before the
		// restart have voted for the block, and the handover to those after it does not belong in the proof.
		let is_restart = |handover: &Handover| handover.justification.is_none();
		let refusal = |finality: &Finality| finality.verify(required_trust(finality, genesis, start, set_id)).err();
		if finality.handovers.last().is_some_and(is_restart) && refusal(&finality).is_some() {
			finality.handovers.pop();
		}
		// Around a restart of finality, a state may not name those who vote on the next block.
		match refusal(&finality) {
			Some(refusal) if !from_first => Err(RpcError::CannotBegin(format!("{refusal}"))),
			_ => Ok(finality),
		}
	}

	/// The block that is trusted, if a proof about the block `wanted` can begin there.
	fn start(&self, trusted: Hash, wanted: BlockNumber) -> Result<BlockRef, RpcError> {
		let number = self.client.number(trusted)?;
		let canonical = number.map(|number| self.client.hash(number)).transpose()?.flatten();
		let number = number.filter(|_| canonical == Some(trusted));
		let kept = self.client.block_status(trusted)? == BlockStatus::InChainWithState;
		let number = begin(number, kept, self.client.info().finalized_number, wanted);
		number
			.map(|number| BlockRef { hash: trusted, number })
			.map_err(|cause| RpcError::CannotBegin(format!("{trusted:?} {cause}")))
	}

	/// The number of the voters' set after the block at which a proof begins, and the trie nodes that show it with all
	/// that a verifier reads there.
	fn voters_after(&self, start: BlockRef) -> Result<(u64, Vec<Bytes>), RpcError> {
		let state = RecordedState::new(self.client.clone(), start.hash);
		let set_id = match start.number {
			0 => state.get(&storage_keys::authorities()).map(|_| 0),
			_ => StartState::read(&state).map(|found| found.set_id),
		};
		let set_id = set_id.map_err(|error| state.unreadable(error))?;
		Ok((set_id, state.proof()?))
	}

	/// The handovers from voters to voters after one block and before another.
	fn handovers(&self, after: BlockNumber, before: BlockNumber) -> Result<Vec<Handover>, RpcError> {
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
		// The voters of a restart began with its block, and all others after the last block of those before them.
		let changes = changes.filter(|(last, restart)| restart.unwrap_or(**last) > after);
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

/// The number of the block that is trusted, if a proof can begin there as far as the node knows: with that number, if
/// the block is on the node's chain, whether its state is kept, up to where the chain is final, and the number of the
/// block that the proof is about.
fn begin(
	number: Option<BlockNumber>,
	kept: bool,
	finalized: BlockNumber,
	wanted: BlockNumber,
) -> Result<BlockNumber, String> {
	let number =
		number.ok_or("is no block that this node knows on its chain: check its hash, or ask a node that has it")?;
	if number > finalized {
		return Err(format!(
			"is block {number}, which is not final yet: name a block up to {finalized}"
		));
	}
	if number > wanted {
		return Err(format!(
			"is block {number}, and the proof is about the older block {wanted}: name a trusted block up to that"
		));
	}
	if !kept {
		return Err(format!(
			"is block {number}, whose state this node no longer keeps: name a newer block that you trust, or ask an archive node"
		));
	}
	Ok(number)
}

/// What a verifier must trust to accept the proof that begins at a block, after which the set of this number votes. The
/// genesis hash stands for the chain's first block.
fn required_trust(finality: &Finality, genesis: Hash, start: BlockRef, set_id: u64) -> Trust {
	let restarts = finality.handovers.iter().zip(set_id.saturating_add(1)..);
	let restarts = restarts.filter(|(handover, _)| handover.justification.is_none());
	Trust {
		genesis,
		restarts: restarts
			.map(|(handover, set_id)| RestartBlock {
				hash: blake2_256(&handover.header.0).into(),
				set_id,
			})
			.collect(),
		block: (start.number > 0).then_some(TrustedBlock {
			hash: start.hash,
			number: start.number,
		}),
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
	fn a_proof_begins_at_a_final_block_that_the_node_keeps_and_that_is_not_after_the_one_asked_for() {
		for number in [1, 5, 8] {
			assert_eq!(begin(Some(number), true, 10, 8), Ok(number));
		}
		let refusals = [
			(begin(None, false, 10, 8), "ask a node that has it"),
			(begin(Some(11), true, 10, 8), "not final yet: name a block up to 10"),
			(begin(Some(9), true, 10, 8), "name a trusted block up to that"),
			(begin(Some(5), false, 10, 8), "ask an archive node"),
		];
		for (refusal, advice) in refusals {
			let message = refusal.unwrap_err();
			assert!(message.contains(advice), "{message}");
		}
	}

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
