//! From the genesis hash to a final block.
//!
//! The genesis state names the first voters. Each later set is announced by a block that the set before made final, and
//! takes over with the next block, so that a chain of announcements with their justifications leads to the voters of
//! any day. Sets are numbered from 0, and a vote is signed for one of them: to leave one out, or to put them in another
//! order, makes the signatures of the next invalid.
//!
//! Where the council started finality anew without the voters who were gone, nobody announced those that follow, and the chain of announcements
//! ends. It goes on for who knows the hash of the block with which they began, and their number.
//!
//! This holds as long as voters with two thirds of the weight of each set sign one history only, then and later: they
//! destroy session keys that they no longer use. GRANDPA's votes name a block and a set, not the chain. Voters who use
//! the same keys on two chains can therefore make a block of the one look final on the other; nothing in a proof can
//! show it. A consortium makes new session keys for every chain.

mod justification;

pub use justification::JustificationError;

use crate::{
	error::{Error, Place},
	header::{Change, Header},
	state::{ReadState, State, StateError},
	Bytes,
};
use alloc::{collections::BTreeSet, vec::Vec};
use codec::DecodeAll;
use core::{fmt, ops::Range};
use finality_grandpa::voter_set::VoterSet;
use kexin_primitives::{storage_keys, H256};
use serde::{Deserialize, Serialize};
use sp_crypto_hashing::blake2_256;

/// An ed25519 public key.
pub type VoterId = [u8; 32];

/// The voters of a set with their weights, as the chain writes them down.
pub type Voters = Vec<(VoterId, u64)>;

/// What an auditor knows from elsewhere, from which everything else is proved. On most chains the genesis hash is all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
	/// The hash of the chain's first block.
	pub genesis: H256,
	/// Where the council started finality anew.
	pub restarts: Vec<Restart>,
}

/// The block with which the council started finality anew. The number of its voters belongs to it: those who begin have voted before, and what
/// they signed then must not count for them as the set that they are now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restart {
	/// The block's hash.
	pub hash: H256,
	/// The number of the set of voters that begins with it.
	pub set_id: u64,
}

impl fmt::Display for Restart {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(formatter, "{:?}:{}", self.hash, self.set_id)
	}
}

impl From<H256> for Trust {
	fn from(genesis: H256) -> Self {
		Self {
			genesis,
			restarts: Vec::new(),
		}
	}
}

impl From<&Trust> for Trust {
	fn from(trust: &Trust) -> Self {
		trust.clone()
	}
}

/// The proof that a block is final: see "Finality" in `docs/proofs.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finality {
	/// The header of the chain's first block, in SCALE.
	pub genesis: Bytes,
	/// The trie nodes that lead from the genesis header's state root to the voters of set 0.
	pub authorities: Vec<Bytes>,
	/// The changes of the voters, in order.
	pub handovers: Vec<Handover>,
	/// The header of the block that the proof is about, and those after it up to the one that the justification is for.
	pub headers: Vec<Bytes>,
	/// The justification of the last header by the last voters, as nodes keep it, in SCALE.
	pub justification: Bytes,
}

/// A change of the voters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Handover {
	/// The header that announces the next voters, in SCALE.
	pub header: Bytes,
	/// Its justification by the voters before them, in SCALE; none where the council started finality anew.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub justification: Option<Bytes>,
}

/// A block that is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinalBlock {
	/// Its hash.
	pub hash: H256,
	/// Its number.
	pub number: u32,
	/// The root of the state after it.
	pub state_root: H256,
	/// The number of the set of voters whose justification the proof shows.
	pub set_id: u64,
}

/// A set of voters and its number.
struct VotingSet {
	id: u64,
	voters: VoterSet<VoterId>,
}

impl VotingSet {
	fn new(id: u64, voters: Voters, at: Place) -> Result<Self, Error> {
		let voters = VoterSet::new(voters).ok_or(Error::NoVoters(at))?;
		Ok(Self { id, voters })
	}

	/// Checks that the set made a block final.
	fn check(&self, justification: &Bytes, header: &Header, hash: H256, at: Place) -> Result<(), Error> {
		justification::verify(justification.as_ref(), (hash, header.number), self)
			.map_err(|error| Error::Justification { at, error })
	}
}

/// The changes of the voters, as far as they were followed.
struct Followed {
	/// The voters of now.
	set: VotingSet,
	/// The last block on which those before them had a say.
	since: u32,
	/// The block of the last change.
	last: u32,
	/// The blocks of all changes.
	blocks: BTreeSet<H256>,
	/// The numbers of blocks whose announcements no voters made final before finality was started anew.
	void: Vec<Range<u32>>,
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
			(Change::Restart { last_final, voters, .. }, None) => {
				let restart = Restart { hash, set_id: id };
				if !trust.restarts.contains(&restart) {
					return Err(Error::UntrustedRestart {
						number: header.number,
						restart,
					});
				}
				if last_final >= header.number {
					return Err(Error::OutOfTurn(at));
				}
				// The council may have known of less than was final.
				self.since = self.since.max(last_final);
				self.void.push(self.since.saturating_add(1)..header.number);
				voters
			},
			_ => return Err(Error::WrongHandover(at)),
		};
		self.set = VotingSet::new(id, voters, at)?;
		self.last = header.number;
		self.blocks.insert(hash);
		Ok(())
	}

	/// Whether the change that this block announces was followed, or never came about.
	fn knows(&self, number: u32, hash: H256) -> bool {
		self.blocks.contains(&hash) || self.void.iter().any(|numbers| numbers.contains(&number))
	}
}

impl Finality {
	/// The block that the proof is about, which is final on the chain of which this is known.
	///
	/// # Errors
	/// Those of [`Error`] that are about finality.
	pub fn verify(&self, trust: impl Into<Trust>) -> Result<FinalBlock, Error> {
		let trust = trust.into();
		let mut followed = Followed {
			set: VotingSet::new(0, self.first_voters(trust.genesis)?, Place::Genesis)?,
			since: 0,
			last: 0,
			blocks: BTreeSet::new(),
			void: Vec::new(),
		};
		for (index, handover) in self.handovers.iter().enumerate() {
			followed.follow(handover, &trust, Place::Handover(index))?;
		}
		let (block, header, hash) = self.chain(&followed)?;
		if header.number <= followed.since {
			return Err(Error::OutOfTurn(Place::Justification));
		}
		let set = followed.set;
		set.check(&self.justification, &header, hash, Place::Justification)?;
		Ok(FinalBlock {
			set_id: set.id,
			..block
		})
	}

	/// The voters of set 0.
	fn first_voters(&self, genesis: H256) -> Result<Voters, Error> {
		let found = H256(blake2_256(self.genesis.as_ref()));
		if found != genesis {
			return Err(Error::WrongGenesis {
				expected: genesis,
				found,
			});
		}
		let (header, ..) = read(&self.genesis, Place::Genesis)?;
		if header.number != 0 {
			return Err(Error::NotTheFirst(header.number));
		}
		let read = || {
			let state = State::new(header.state_root, &self.authorities)?;
			let key = storage_keys::authorities();
			let value = state.get(&key)?.ok_or_else(|| StateError::Absent(key.clone().into()))?;
			let voters = Voters::decode_all(&mut &value[..]).map_err(|_| StateError::Value(key.into()))?;
			state.every_node_used()?;
			Ok(voters)
		};
		read().map_err(|error| Error::State {
			at: Place::Authorities,
			error,
		})
	}

	/// The block of the first of `headers`, and the last of them. The voters before an announcement have no say after
	/// it, so that one on the way must be among the handovers.
	fn chain(&self, followed: &Followed) -> Result<(FinalBlock, Header, H256), Error> {
		let mut block = None;
		let mut before: Option<(Header, H256, bool)> = None;
		for (index, bytes) in self.headers.iter().enumerate() {
			let at = Place::Header(index);
			let (header, hash, change) = read(bytes, at)?;
			if let Some((parent, parent_hash, hands_over)) = before {
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
			});
			let left_out = change.is_some() && !followed.knows(header.number, hash);
			before = Some((header, hash, left_out));
		}
		let (header, hash, _) = before.ok_or(Error::NoHeaders)?;
		Ok((block.ok_or(Error::NoHeaders)?, header, hash))
	}
}

/// A header, its hash and the change that it announces.
fn read(bytes: &Bytes, at: Place) -> Result<(Header, H256, Option<Change>), Error> {
	let read = || {
		let header = Header::from_bytes(bytes.as_ref())?;
		let hash = header.hash();
		let change = header.change()?;
		Ok((header, hash, change))
	};
	read().map_err(|error| Error::Header { at, error })
}
