//! Proofs that a block is final: see "Finality" in `docs/proofs.md`.

use super::state::State;
use crate::{
	chain::types::Client,
	rpc::{error::Error, json::At},
};
use codec::{Decode as _, Encode as _};
use kexin_primitives::storage_keys;
use kexin_runtime::{BlockNumber, Hash, Runtime};
use kexin_verifier::{
	finality::{Handover, RestartBlock},
	header::{Change, Header},
	Bytes, Finality, ReadState as _, Trust,
};
use pallet_governance::{CompletedRestart, LastRestart};
use sc_client_api::{BlockBackend as _, StorageProvider as _};
use sc_consensus_grandpa::SharedAuthoritySet;
use sp_blockchain::HeaderBackend as _;
use sp_consensus_grandpa::GRANDPA_ENGINE_ID;
use sp_core::storage::StorageKey;
use sp_crypto_hashing::blake2_256;
use std::sync::Arc;

/// Blocks that are looked through for a justification, and headers of a proof, at most. Voters store one every few blocks; where finality
/// stood still, there is none until it went on.
const MAX_HEADERS: usize = 4_096;

/// Proves blocks final from what the node keeps.
#[derive(Clone)]
pub struct Finalities {
	/// The blocks and their justifications.
	pub client: Arc<Client>,
	/// When the voters changed.
	pub voters: SharedAuthoritySet<Hash, BlockNumber>,
}

/// A block with the justification that is stored for it.
struct Justified {
	at: At,
	justification: Bytes,
}

impl Finalities {
	/// The block that is asked about, which has to be final and not after `known`; by default the newest with a stored justification.
	///
	/// # Errors
	/// [`Error::UnknownBlock`], [`Error::NotIndexed`], [`Error::NotJustified`].
	pub fn at(&self, at: Option<Hash>, known: u32) -> Result<At, Error> {
		let finalized = self.client.info().finalized_number;
		let Some(hash) = at else {
			// The first block is final without votes.
			let newest = self.first_justified((1..=known.min(finalized)).rev())?;
			return newest.map(|newest| newest.at).ok_or(Error::NotJustified(finalized));
		};
		let unknown = || Error::UnknownBlock(format!("{hash:?}"));
		let number = self.client.number(hash)?.ok_or_else(unknown)?;
		if number > finalized {
			return Err(Error::NotJustified(number));
		}
		if self.client.hash(number)? != Some(hash) {
			return Err(unknown());
		}
		if number > known {
			return Err(Error::NotIndexed {
				block: number,
				indexed: known,
			});
		}
		Ok(At { hash, number })
	}

	/// The proof that a block of [`Self::at`] is final.
	///
	/// # Errors
	/// [`Error::NotJustified`] while no later block is justified either, [`Error::NotKept`] when the node lacks a part of the proof.
	pub fn prove(&self, at: At) -> Result<Finality, Error> {
		let finalized = self.client.info().finalized_number;
		let justified = self.first_justified(at.number.max(1)..=finalized)?;
		let justified = justified.ok_or_else(|| {
			if finalized.saturating_sub(at.number) < MAX_HEADERS as u32 {
				Error::NotJustified(at.number)
			} else {
				Error::NotKept(format!(
					"a justification among the {MAX_HEADERS} blocks from {} on",
					at.number
				))
			}
		})?;
		let genesis = self.hash(0)?;
		let headers = (at.number..=justified.at.number).map(|number| self.header(self.hash(number)?));
		let mut finality = Finality {
			genesis: self.header(genesis)?,
			authorities: self.authorities(genesis)?,
			handovers: self.handovers(justified.at.number)?,
			headers: headers.collect::<Result<_, _>>()?,
			justification: justified.justification,
		};
		// More may have been final than the council knew when it started finality anew: then those before have voted for it.
		let is_restart = |handover: &Handover| handover.justification.is_none();
		if finality.handovers.last().is_some_and(is_restart)
			&& finality.verify(taken_for_granted(&finality, genesis)).is_err()
		{
			finality.handovers.pop();
		}
		Ok(finality)
	}

	/// The nodes that lead to the first voters.
	fn authorities(&self, genesis: Hash) -> Result<Vec<Bytes>, Error> {
		let state = State::new(self.client.clone(), genesis);
		let voters = state.get(&storage_keys::authorities());
		voters.map_err(|error| state.unreadable(error))?;
		state.proof()
	}

	/// The changes of the voters before a block.
	fn handovers(&self, before: BlockNumber) -> Result<Vec<Handover>, Error> {
		let changes = self.voters.authority_set_changes();
		let changes = changes.iter_from(0).ok_or_else(|| {
			Error::NotKept(
				"it does not know all changes of the voters; it was not synchronised from the first block".into(),
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
				Error::NotKept(format!("the justification of block {last}, which changed the voters"))
			})?;
			Ok(Handover {
				header: self.header(justified.at.hash)?,
				justification: Some(justified.justification),
			})
		};
		changes.map(handover).collect()
	}

	/// The blocks with which finality was started anew, and the last final block of each, the newest first. Without one whose voters have not
	/// taken over yet.
	fn restarts(&self) -> Result<Vec<(BlockNumber, BlockNumber)>, Error> {
		let best = self.client.info();
		let mut restarts = Vec::new();
		let mut at = best.best_hash;
		// Each is later than the one that the state before it knows.
		while let Some(CompletedRestart { block, .. }) = self.last_restart(at)? {
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

	fn last_restart(&self, at: Hash) -> Result<Option<CompletedRestart<BlockNumber>>, Error> {
		let key = StorageKey(LastRestart::<Runtime>::hashed_key().to_vec());
		let Some(value) = self.client.storage(at, &key)? else {
			return Ok(None);
		};
		let restart = CompletedRestart::decode(&mut &value.0[..]);
		restart
			.map(Some)
			.map_err(|error| Error::Damaged(format!("the last restart of finality at block {at:?}: {error}")))
	}

	fn first_justified(&self, numbers: impl Iterator<Item = BlockNumber>) -> Result<Option<Justified>, Error> {
		numbers
			.take(MAX_HEADERS)
			.find_map(|number| self.justified(number).transpose())
			.transpose()
	}

	fn justified(&self, number: BlockNumber) -> Result<Option<Justified>, Error> {
		let hash = self.hash(number)?;
		let justifications = self.client.justifications(hash)?;
		Ok(justifications
			.and_then(|all| all.into_justification(GRANDPA_ENGINE_ID))
			.map(|justification| Justified {
				at: At { hash, number },
				justification: justification.into(),
			}))
	}

	fn hash(&self, number: BlockNumber) -> Result<Hash, Error> {
		let hash = self.client.hash(number)?;
		hash.ok_or_else(|| Error::NotKept(format!("block {number}")))
	}

	fn header(&self, hash: Hash) -> Result<Bytes, Error> {
		let header = self.client.header(hash)?;
		let header = header.ok_or_else(|| Error::NotKept(format!("the header of block {hash:?}")))?;
		Ok(header.encode().into())
	}
}

/// The trust that a proof needs.
fn taken_for_granted(finality: &Finality, genesis: Hash) -> Trust {
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

/// The restart with which each change of the voters came about, if it did so with one. A change is known by the last block of the voters before
/// it; of several with the same, the newest is the restart.
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
		// After the very block that changed the voters before.
		assert_eq!(matched(&[10, 10], &[(25, 10)]), [None, Some(25)]);
		// Again, though nothing had become final since.
		assert_eq!(
			matched(&[10, 10, 50], &[(35, 10), (25, 10)]),
			[Some(25), Some(35), None]
		);
		// After a block that was not the last.
		assert_eq!(matched(&[10, 20, 15, 40], &[(25, 15)]), [None, None, Some(25), None]);
	}
}
