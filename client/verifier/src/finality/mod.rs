//! From the genesis hash, or from a later block that you trust, to a final block.
//!
//! The genesis state names the first voters. Each later set of voters is announced by a block that the previous set
//! made final, and takes over with the next block. So a chain of announcements with their justifications leads to the
//! voters of any day. Sets are numbered from 0, and a vote is signed for one set: if a set is left out or out of order,
//! the signatures of the next one are invalid.
//!
//! If voters are gone for good, the council can restart finality without them. No previous set announced the voters
//! that follow, so the chain of announcements ends there. You can verify beyond a restart if you know the hash of the
//! block with which the new voters began, and the number of their set.
//!
//! A proof has a justification for each change of the voters since it begins. So that it does not grow with the age of
//! the chain, it may begin at a later block that you trust. The state of that block names the voters of the next one,
//! the number of their set, and the chain's first block.
//!
//! All this holds as long as voters with two thirds of the weight of each set sign only one history, then and later:
//! they destroy session keys that they no longer use. GRANDPA's votes name a block and a set, but not the chain. Voters
//! who use the same keys on two chains can therefore make a block of one look final on the other, and no proof can show
//! it. A consortium makes new session keys for every chain.

pub(crate) mod justification;
pub(crate) mod types;

pub use justification::JustificationError;
pub(crate) use types::VotingSet;
pub use types::{FinalBlock, Handover, RestartBlock, Trust, TrustedBlock, VoterId, Voters};

use crate::{
	error::{Error, Place},
	header::{Change, Header},
	state::{ProvedState, ReadState, StateError},
	Bytes,
};
use alloc::{collections::BTreeSet, vec::Vec};
use codec::{Decode, DecodeAll};
use core::ops::Range;
use finality_grandpa::voter_set::VoterSet;
use kexin_primitives::{storage_keys, H256};
use serde::{Deserialize, Serialize};
use sp_crypto_hashing::blake2_256;

/// The proof that a block is final: see "Finality" in `docs/proofs.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finality {
	/// The header of the chain's first block, in SCALE, if the proof begins there.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub genesis: Option<Bytes>,
	/// The header of the block that you trust, in SCALE, if the proof begins there.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub trusted: Option<Bytes>,
	/// The trie nodes that lead from the state root of that header to the voters of set 0, or for a block that you
	/// trust, to what [`StartState`] reads.
	pub authorities: Vec<Bytes>,
	/// The changes of the voters, in order.
	pub handovers: Vec<Handover>,
	/// The header of the block that the proof is about, and the headers after it up to the justified one.
	pub headers: Vec<Bytes>,
	/// The justification of the last header by the last voters, as nodes store it, in SCALE.
	pub justification: Bytes,
}

/// What the state of a block that you trust shows about the blocks after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartState {
	/// The voters of the next block, unless finality is restarting.
	pub voters: Voters,
	/// The number of their set.
	pub set_id: u64,
	/// Whether finality is restarting: other voters are decided on, and not in the state yet.
	pub restarting: bool,
	/// The hash of the chain's first block.
	pub genesis: H256,
}

impl StartState {
	/// Reads it.
	///
	/// # Errors
	/// [`StateError`] when it is not known.
	pub fn read(state: &(impl ReadState + ?Sized)) -> Result<Self, StateError> {
		Ok(Self {
			voters: value(state, storage_keys::authorities())?,
			set_id: value(state, storage_keys::set_id())?,
			restarting: state.get(&storage_keys::pending_change())?.is_some(),
			genesis: value(state, storage_keys::genesis_hash())?,
		})
	}
}

/// The value under a key that every state has.
fn value<T: Decode>(state: &(impl ReadState + ?Sized), key: Vec<u8>) -> Result<T, StateError> {
	let value = state.get(&key)?.ok_or_else(|| StateError::Absent(key.clone().into()))?;
	T::decode_all(&mut &value[..]).map_err(|_| StateError::Value(key.into()))
}

/// The block at which a proof begins.
struct Start {
	hash: H256,
	number: u32,
	/// The voters of the next block.
	set: VotingSet,
}

impl VotingSet {
	fn new(id: u64, voters: Voters, at: Place) -> Result<Self, Error> {
		let voters = VoterSet::new(voters).ok_or(Error::NoVoters(at))?;
		Ok(Self { id, voters })
	}

	/// Checks that this set made the block final.
	fn check(&self, justification: &Bytes, header: &Header, hash: H256, at: Place) -> Result<(), Error> {
		justification::verify(justification.as_ref(), (hash, header.number), self)
			.map_err(|error| Error::Justification { at, error })
	}
}

/// The state of following the changes of the voters.
struct Followed {
	/// The present voters.
	set: VotingSet,
	/// The block at which the proof begins.
	start: u32,
	/// The last block for which the previous voters could vote.
	since: u32,
	/// The number of the block of the last change.
	last: u32,
	/// The hashes of the blocks of all changes.
	blocks: BTreeSet<H256>,
	/// The numbers of blocks whose announcements are void: finality restarted before they were final.
	void: Vec<Range<u32>>,
	/// The numbers of blocks whose state may not name the voters of the next block: see [`FinalBlock::settled`].
	unsettled: Vec<Range<u32>>,
}

impl Followed {
	/// Follows one more change.
	fn follow(&mut self, handover: &Handover, trust: &Trust, at: Place) -> Result<(), Error> {
		let (header, hash, change) = read(&handover.header, at)?;
		if header.number <= self.last {
			return Err(Error::OutOfTurn(at));
		}
		let id = self.set.id.checked_add(1).ok_or(Error::OutOfTurn(at))?;
		let voters = match (change.ok_or(Error::NothingAnnounced(at))?, &handover.justification) {
			(Change::HandOver(voters), Some(justification)) => {
				self.set.check(justification, &header, hash, at)?;
				self.since = header.number;
				voters
			},
			(
				Change::Restart {
					last_final,
					voters,
					delay,
				},
				None,
			) => {
				let restart = RestartBlock { hash, set_id: id };
				if !trust.restarts.contains(&restart) {
					return Err(Error::UntrustedRestart {
						number: header.number,
						restart,
					});
				}
				if last_final >= header.number {
					return Err(Error::OutOfTurn(at));
				}
				// The state at the start may name voters who never took over.
				if last_final < self.start {
					return Err(Error::UnsettledStart(self.start));
				}
				// The state names the new voters after the delay. If more was final than the council knew, the ledger
				// may number them unlike the voters from then on.
				let settled = match last_final < self.since {
					true => u32::MAX,
					false => header.number.saturating_add(delay),
				};
				self.since = self.since.max(last_final);
				let void = self.since.saturating_add(1);
				self.void.push(void..header.number);
				self.unsettled.push(void..settled);
				voters
			},
			_ => return Err(Error::WrongHandover(at)),
		};
		self.set = VotingSet::new(id, voters, at)?;
		self.last = header.number;
		self.blocks.insert(hash);
		Ok(())
	}

	/// Whether the change that this block announces was followed or is void.
	fn knows(&self, number: u32, hash: H256) -> bool {
		self.blocks.contains(&hash) || self.void.iter().any(|numbers| numbers.contains(&number))
	}
}

impl Finality {
	/// The block that the proof is about, once it is shown to be final on the chain that you trust.
	///
	/// # Errors
	/// The variants of [`Error`] about finality.
	pub fn verify(&self, trust: impl Into<Trust>) -> Result<FinalBlock, Error> {
		let trust = trust.into();
		let Start { hash, number, set } = self.start(&trust)?;
		let mut followed = Followed {
			set,
			start: number,
			since: number,
			last: number,
			// Its state has the voters that it announces.
			blocks: BTreeSet::from([hash]),
			void: Vec::new(),
			unsettled: Vec::new(),
		};
		for (index, handover) in self.handovers.iter().enumerate() {
			followed.follow(handover, &trust, Place::Handover(index))?;
		}
		let (block, header, justified) = self.chain(&followed)?;
		if block.number < number || (block.number == number && block.hash != hash) {
			return Err(Error::BeforeStart {
				number: block.number,
				start: number,
			});
		}
		if header.number <= followed.since {
			return Err(Error::OutOfTurn(Place::Justification));
		}
		let set = followed.set;
		set.check(&self.justification, &header, justified, Place::Justification)?;
		Ok(FinalBlock {
			set_id: set.id,
			settled: !followed.unsettled.iter().any(|numbers| numbers.contains(&block.number)),
			..block
		})
	}

	/// The block at which the proof begins, if that is not the chain's first: as the proof names it, without any check.
	pub fn begins_at(&self) -> Option<TrustedBlock> {
		let header = Header::from_bytes(self.trusted.as_ref()?.as_ref()).ok()?;
		Some(TrustedBlock {
			hash: header.hash(),
			number: header.number,
		})
	}

	/// The block at which the proof begins.
	fn start(&self, trust: &Trust) -> Result<Start, Error> {
		match (&self.genesis, &self.trusted) {
			(Some(header), None) => match trust.block {
				// Who had the keys of earlier voters could make one that contradicts the trusted block.
				Some(trusted) => Err(Error::StartLeftOut(trusted)),
				None => self.first_block(header, trust.genesis),
			},
			(None, Some(header)) => self.trusted_block(header, trust),
			_ => Err(Error::NotOneStart),
		}
	}

	/// The chain's first block, whose state names the voters of set 0.
	fn first_block(&self, header: &Bytes, genesis: H256) -> Result<Start, Error> {
		let found = H256(blake2_256(header.as_ref()));
		if found != genesis {
			return Err(Error::WrongGenesis {
				expected: genesis,
				found,
			});
		}
		let (header, ..) = read(header, Place::Genesis)?;
		if header.number != 0 {
			return Err(Error::NotTheFirst(header.number));
		}
		let voters = self.in_state_of(&header, |state| value(state, storage_keys::authorities()))?;
		Ok(Start {
			hash: genesis,
			number: 0,
			set: VotingSet::new(0, voters, Place::Genesis)?,
		})
	}

	/// A later block that is trusted, whose state names the voters of the next block.
	fn trusted_block(&self, header: &Bytes, trust: &Trust) -> Result<Start, Error> {
		let (header, hash, _) = read(header, Place::Trusted)?;
		let found = TrustedBlock {
			hash,
			number: header.number,
		};
		let trusted = trust.block.filter(|trusted| trusted.hash == hash);
		let trusted = trusted.ok_or(Error::UntrustedStart(found))?;
		if trusted.number != found.number {
			return Err(Error::WrongStartNumber {
				expected: trusted.number,
				found: found.number,
			});
		}
		let state = self.in_state_of(&header, StartState::read)?;
		if state.genesis != trust.genesis {
			return Err(Error::WrongGenesis {
				expected: trust.genesis,
				found: state.genesis,
			});
		}
		if state.restarting {
			return Err(Error::UnsettledStart(found.number));
		}
		Ok(Start {
			hash,
			number: found.number,
			set: VotingSet::new(state.set_id, state.voters, Place::Trusted)?,
		})
	}

	/// What the trie nodes show about the state of the block at which the proof begins.
	fn in_state_of<T>(
		&self,
		header: &Header,
		read: impl FnOnce(&ProvedState) -> Result<T, StateError>,
	) -> Result<T, Error> {
		let read = || {
			let state = ProvedState::new(header.state_root, &self.authorities)?;
			let found = read(&state)?;
			state.every_node_used()?;
			Ok(found)
		};
		read().map_err(|error| Error::State {
			at: Place::Authorities,
			error,
		})
	}

	/// The block of the first of `headers`, and the last header with its hash. An announcement ends the votes of the
	/// previous set, so each announcement on the way must be among the handovers.
	fn chain(&self, followed: &Followed) -> Result<(FinalBlock, Header, H256), Error> {
		let mut block = None;
		let mut previous: Option<(Header, H256, bool)> = None;
		for (index, bytes) in self.headers.iter().enumerate() {
			let at = Place::Header(index);
			let (header, hash, change) = read(bytes, at)?;
			if let Some((parent, parent_hash, hands_over)) = previous {
				if header.parent_hash != parent_hash || Some(header.number) != parent.number.checked_add(1) {
					return Err(Error::BrokenChain(at));
				}
				if hands_over {
					return Err(Error::HandoverLeftOut(parent.number));
				}
			}
			block.get_or_insert(FinalBlock {
				hash,
				number: header.number,
				state_root: header.state_root,
				set_id: 0,
				settled: false,
			});
			let left_out = change.is_some() && !followed.knows(header.number, hash);
			previous = Some((header, hash, left_out));
		}
		let (header, hash, _) = previous.ok_or(Error::NoHeaders)?;
		Ok((block.ok_or(Error::NoHeaders)?, header, hash))
	}
}

/// Reads a header, its hash and the change of voters that it announces.
fn read(bytes: &Bytes, at: Place) -> Result<(Header, H256, Option<Change>), Error> {
	let read = || {
		let header = Header::from_bytes(bytes.as_ref())?;
		let hash = header.hash();
		let change = header.change()?;
		Ok((header, hash, change))
	};
	read().map_err(|error| Error::Header { at, error })
}
